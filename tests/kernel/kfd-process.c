// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The calling process, which has /dev/kfd open, gets what the first virtual address space on a GPU would give it
 * (init_kfd_vm() of amdgpu: the record of its buffers, and an eviction fence). With that, amdkfd's eviction and restore,
 * its userptr workers and its shared virtual memory run their own code, on no buffers and no queues.
 */
#include <linux/delay.h>
#include <linux/sched.h>

#include "amdgpu.h"
#include "amdgpu_amdkfd.h"
#include "kfd_priv.h"
#include "kfd_svm.h"

#include "drive.h"

static struct amdgpu_amdkfd_fence *eviction_fence(struct kfd_process *p, struct svm_range_bo *bo)
{
	typeof(&amdgpu_amdkfd_fence_create) create = DRIVE_SYMBOL(amdgpu_amdkfd_fence_create);

	if (!create)
		return NULL;
#if DRIVE_7_2
	return create(dma_fence_context_alloc(1), current->mm, bo, p->context_id);
#else
	return create(dma_fence_context_alloc(1), current->mm, bo);
#endif
}

static int give_vm(struct kfd_process *p)
{
	work_func_t restore = drive_symbol("amdgpu_amdkfd_restore_userptr_worker");
	struct amdkfd_process_info *info;

	if (!restore)
		return -ENOENT;
	info = kzalloc(sizeof(*info), GFP_KERNEL);
	if (!info)
		return -ENOMEM;
	mutex_init(&info->lock);
#if DRIVE_7_2
	mutex_init(&info->notifier_lock);
	info->context_id = p->context_id;
#endif
	INIT_LIST_HEAD(&info->vm_list_head);
	INIT_LIST_HEAD(&info->kfd_bo_list);
	INIT_LIST_HEAD(&info->userptr_valid_list);
	INIT_LIST_HEAD(&info->userptr_inval_list);
	info->eviction_fence = eviction_fence(p, NULL);
	if (!info->eviction_fence) {
		kfree(info);
		return -ENOMEM;
	}
	info->pid = get_task_pid(current->group_leader, PIDTYPE_PID);
	INIT_DELAYED_WORK(&info->restore_userptr_work, restore);
	p->kgd_process_info = info;
	rcu_assign_pointer(p->ef, dma_fence_get(&info->eviction_fence->base));
	return 0;
}

/* p->ef stays: amdkfd signals it when the process is gone. */
static int take_vm(struct kfd_process *p)
{
	struct amdkfd_process_info *info = p->kgd_process_info;

	if (!info)
		return -EINVAL;
	cancel_delayed_work_sync(&p->eviction_work);
	cancel_delayed_work_sync(&p->restore_work);
	cancel_delayed_work_sync(&p->svms.restore_work);
	cancel_delayed_work_sync(&info->restore_userptr_work);
	p->kgd_process_info = NULL;
	dma_fence_put(&info->eviction_fence->base);
	put_pid(info->pid);
	kfree(info);
	return 0;
}

/* Somebody wants the memory of the process: asks for its eviction fence. */
static int evict(struct kfd_process *p)
{
	struct dma_fence *fence = dma_fence_get(rcu_access_pointer(p->ef));
	long left;

	if (!fence)
		return -EINVAL;
	left = dma_fence_wait_timeout(fence, false, HZ);
	dma_fence_put(fence);
	/* The restore follows after PROCESS_RESTORE_TIME_MS, twice that is enough. */
	msleep(300);
	return left > 0 ? 0 : -ETIME;
}

/* A user pointer buffer was invalidated. */
static int evict_userptr(struct kfd_process *p)
{
	typeof(&amdgpu_amdkfd_evict_userptr) invalidate = DRIVE_SYMBOL(amdgpu_amdkfd_evict_userptr);
	struct kgd_mem mem = { .process_info = p->kgd_process_info };
	int ret;

	if (!invalidate || !mem.process_info)
		return -EINVAL;
#if DRIVE_7_2
	{
		struct mmu_interval_notifier notifier = { .mm = current->mm };

		ret = invalidate(&notifier, 1, &mem);
	}
#else
	ret = invalidate(&mem, current->mm);
#endif
	msleep(100);
	return ret;
}

/*
 * Ranges of which a GPU has mapped a part, split off by an unmapping that is not finished, are evicted when the CPU's
 * mapping changes. The part is a record without pages, so that there is nothing to map again.
 */
static int map_ranges(struct kfd_process *p)
{
	struct svm_range *range, *part;
	int ret = -ENOENT;

	mutex_lock(&p->svms.lock);
	list_for_each_entry(range, &p->svms.list, list)
	{
		part = kzalloc(sizeof(*part), GFP_KERNEL);
		ret = part ? 0 : -ENOMEM;
		if (ret)
			break;
		mutex_init(&part->lock);
		part->mapped_to_gpu = true;
		list_add(&part->child_list, &range->child_list);
	}
	mutex_unlock(&p->svms.lock);
	return ret;
}

static int unmap_ranges(struct kfd_process *p)
{
	struct svm_range *range, *part, *next;

	mutex_lock(&p->svms.lock);
	list_for_each_entry(range, &p->svms.list, list)
		list_for_each_entry_safe(part, next, &range->child_list, child_list)
	{
		list_del(&part->child_list);
		kfree(part);
	}
	mutex_unlock(&p->svms.lock);
	return 0;
}

/* The eviction of a buffer of shared virtual memory that no range uses any more. */
static int evict_svm_bo(struct kfd_process *p)
{
	work_func_t worker = drive_symbol("svm_range_evict_svm_bo_worker");
	struct svm_range_bo *bo;

	if (!worker)
		return -ENOENT;
	bo = kzalloc(sizeof(*bo), GFP_KERNEL);
	if (!bo)
		return -ENOMEM;
	kref_init(&bo->kref);
	INIT_LIST_HEAD(&bo->range_list);
	spin_lock_init(&bo->list_lock);
	INIT_WORK(&bo->eviction_work, worker);
	bo->eviction_fence = eviction_fence(p, bo);
	if (!bo->eviction_fence) {
		kfree(bo);
		return -ENOMEM;
	}
	/* The worker drops the last reference. */
	schedule_work(&bo->eviction_work);
	msleep(100);
	return 0;
}

int drive_kfd_process(const char *arg)
{
	typeof(&kfd_lookup_process_by_mm) lookup = DRIVE_SYMBOL(kfd_lookup_process_by_mm);
	typeof(&kfd_unref_process) unref = DRIVE_SYMBOL(kfd_unref_process);
	struct kfd_process *p = lookup && unref ? lookup(current->mm) : NULL;
	int ret = -EINVAL;

	if (!p)
		return -ESRCH;
	if (!arg)
		ret = -EINVAL;
	else if (!strcmp(arg, "give-vm"))
		ret = give_vm(p);
	else if (!strcmp(arg, "take-vm"))
		ret = take_vm(p);
	else if (!strcmp(arg, "evict"))
		ret = evict(p);
	else if (!strcmp(arg, "evict-userptr"))
		ret = evict_userptr(p);
	else if (!strcmp(arg, "map-ranges"))
		ret = map_ranges(p);
	else if (!strcmp(arg, "unmap-ranges"))
		ret = unmap_ranges(p);
	else if (!strcmp(arg, "evict-svm-bo"))
		ret = evict_svm_bo(p);
	unref(p);
	return ret;
}
