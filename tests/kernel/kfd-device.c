// SPDX-License-Identifier: GPL-2.0-or-later
/* The stand-in's compute side: amdkfd's device, in its topology, with a queue manager that does nothing. */
#include <linux/pci.h>

#include "amdgpu.h"
#include "amdgpu_amdkfd.h"
#include "amdgpu_reset.h"
#include "amdgpu_ttm.h"
#include "kfd_device_queue_manager.h"
#include "kfd_migrate.h"
#include "kfd_priv.h"
#include "kfd_svm.h"
#include "kfd_topology.h"

#include "drive.h"
#include "stand-in.h"

/* What has the queues: newer kernels divide a device into nodes. */
#if DRIVE_7_2
typedef struct kfd_node drive_node;
#else
typedef struct kfd_dev drive_node;
#endif

static drive_node *node_of(struct kfd_dev *kfd)
{
#if DRIVE_7_2
	return kfd->nodes[0];
#else
	return kfd;
#endif
}

static int dqm_create_queue(struct device_queue_manager *dqm, struct queue *q, struct qcm_process_device *qpd,
			    const struct kfd_criu_queue_priv_data *data, const void *mqd, const void *stack)
{
	list_add(&q->list, &qpd->queues_list);
	qpd->queue_count++;
	return 0;
}

static int dqm_destroy_queue(struct device_queue_manager *dqm, struct qcm_process_device *qpd, struct queue *q)
{
	list_del(&q->list);
	qpd->queue_count--;
	return 0;
}

static int dqm_process(struct device_queue_manager *dqm, struct qcm_process_device *qpd)
{
	return 0;
}

static int dqm_nothing(struct device_queue_manager *dqm)
{
	return 0;
}

#if !DRIVE_7_2
static void dqm_pre_reset(struct device_queue_manager *dqm)
{
}
#endif

static const struct device_queue_manager_ops dqm_ops = {
	.create_queue = dqm_create_queue,
	.destroy_queue = dqm_destroy_queue,
	.register_process = dqm_process,
	.unregister_process = dqm_process,
	.process_termination = dqm_process,
	.evict_process_queues = dqm_process,
	.restore_process_queues = dqm_process,
	.start = dqm_nothing,
	.stop = dqm_nothing,
#if !DRIVE_7_2
	.pre_reset = dqm_pre_reset,
#endif
};

#if DRIVE_7_2
static int add_node(struct kfd_dev *kfd)
{
	struct kfd_node *node = kzalloc(sizeof(*node), GFP_KERNEL);

	if (!node)
		return -ENOMEM;
	node->adev = kfd->adev;
	node->kfd = kfd;
	node->kfd2kgd = kfd->kfd2kgd;
	node->xcc_mask = 1;
	node->compute_vmid_bitmap = kfd->shared_resources.compute_vmid_bitmap;
	spin_lock_init(&node->watch_points_lock);
	kfd->nodes[0] = node;
	kfd->num_nodes = 1;
	return 0;
}
#else
static int add_node(struct kfd_dev *kfd)
{
	return 0;
}
#endif

/* Doorbells that somebody can map: the memory of the emulated card. */
static int set_doorbells(struct kfd_dev *kfd)
{
	struct pci_dev *card = drive_card();

	if (!card)
		return -ENODEV;
	kfd->max_doorbell_slices = 16;
#if DRIVE_7_2
	kfd->adev->doorbell.base = pci_resource_start(card, 0);
#else
	kfd->doorbell_base = pci_resource_start(card, 0);
#endif
	pci_dev_put(card);
	return 0;
}

/* ---- an address space of a process: its root is a buffer that nobody writes tables into ---- */

#if DRIVE_7_2
static struct amdgpu_fpriv *space;
static struct drm_file node_file;

/* User queues need it, and doorbells are buffers. */
static int address_space_add(struct amdgpu_device *adev)
{
	void *cpu, *root;
	int ret = stand_in_memory_start(adev);

	if (ret)
		return ret;
	adev->doorbell.size = 1 << 20;
	ret = ttm_range_man_init(&adev->mman.bdev, AMDGPU_PL_DOORBELL, false, adev->doorbell.size >> PAGE_SHIFT)
		      ?: stand_in_buffer(adev, &root, &cpu);
	if (ret)
		return ret;
	space = kzalloc(sizeof(*space), GFP_KERNEL);
	if (!space)
		return -ENOMEM;
	space->vm.root.bo = root;
	node_file.driver_priv = space;
	return 0;
}

static void address_space_remove(struct amdgpu_device *adev)
{
	stand_in_buffer_free(adev, space->vm.root.bo);
	kfree(space);
	ttm_range_man_fini(&adev->mman.bdev, AMDGPU_PL_DOORBELL);
	stand_in_memory_stop(adev);
}

static void *render_node(struct kfd_dev *kfd)
{
	return &node_file;
}
#else
static int address_space_add(struct amdgpu_device *adev)
{
	return 0;
}

static void address_space_remove(struct amdgpu_device *adev)
{
}

/* Nobody looks into it. */
static void *render_node(struct kfd_dev *kfd)
{
	return kfd;
}
#endif

/* What kgd2kfd_device_init() sets up after the check at which it gives up on the stand-in. */
static int complete_device(struct kfd_dev *kfd)
{
	struct device_queue_manager *dqm = kzalloc(sizeof(*dqm), GFP_KERNEL);
	int ret = dqm ? add_node(kfd) ?: set_doorbells(kfd) : -ENOMEM;

	if (ret) {
		kfree(dqm);
		return ret;
	}
	dqm->ops = dqm_ops;
	dqm->dev = node_of(kfd);
	mutex_init(&dqm->lock_hidden);
	INIT_LIST_HEAD(&dqm->queues);
	node_of(kfd)->dqm = dqm;
	INIT_LIST_HEAD(&node_of(kfd)->smi_clients);
	spin_lock_init(&node_of(kfd)->smi_lock);
	kfd->init_complete = true;
	return 0;
}

static bool init_device(struct kfd_dev *kfd, const struct kgd2kfd_shared_resources *resources)
{
	typeof(&kgd2kfd_device_init) init = DRIVE_SYMBOL(kgd2kfd_device_init);

#if DRIVE_7_2
	return init && init(kfd, resources);
#else
	return init && init(kfd, &kfd->adev->ddev, resources);
#endif
}

static int add(void)
{
	typeof(&kgd2kfd_probe) probe = DRIVE_SYMBOL(kgd2kfd_probe);
	typeof(&kfd_topology_add_device) topology_add = DRIVE_SYMBOL(kfd_topology_add_device);
	typeof(&amdgpu_amdkfd_gpuvm_init_mem_limits) init_limits = DRIVE_SYMBOL(amdgpu_amdkfd_gpuvm_init_mem_limits);
	struct amdgpu_device *adev = stand_in_add();
	struct kgd2kfd_shared_resources resources = {
		.compute_vmid_bitmap = 0xff00,
		.num_pipe_per_mec = 4,
		.num_queue_per_pipe = 8,
		.gpuvm_size = 1ULL << 47,
	};
	struct kfd_dev *kfd;

	if (IS_ERR(adev))
		return PTR_ERR(adev);
	if (!probe || !topology_add || !init_limits)
		return -ENOENT;
	/* A process may map no more than the memory that this counts, which amdgpu does when it finds its first GPU. */
	init_limits();
	bitmap_set(resources.cp_queue_bitmap, 0, 8);
	kfd = probe(adev, false);
	if (!kfd)
		return -ENODEV;
	adev->kfd.dev = kfd;
	/* The test device cannot do PCIe atomics, which this GPU needs: that ends the real initialisation. */
	if (init_device(kfd, &resources))
		return -EEXIST;
	return complete_device(kfd) ?: address_space_add(adev) ?: topology_add(node_of(kfd));
}

/* Suspend, resume, reset; the real functions on a queue manager that does nothing. */
static int power(struct kfd_dev *kfd)
{
	typeof(&kgd2kfd_suspend) suspend = DRIVE_SYMBOL(kgd2kfd_suspend);
	typeof(&kgd2kfd_resume) resume = DRIVE_SYMBOL(kgd2kfd_resume);
	typeof(&kgd2kfd_pre_reset) pre_reset = DRIVE_SYMBOL(kgd2kfd_pre_reset);
	typeof(&kgd2kfd_post_reset) post_reset = DRIVE_SYMBOL(kgd2kfd_post_reset);
#if !DRIVE_7_2
	typeof(&kgd2kfd_resume_iommu) resume_iommu = DRIVE_SYMBOL(kgd2kfd_resume_iommu);

	if (!resume_iommu)
		return -ENOENT;
#endif

	if (!suspend || !resume || !pre_reset || !post_reset)
		return -ENOENT;
#if DRIVE_7_2
	{
		struct amdgpu_reset_context context = { .src = AMDGPU_RESET_SRC_USER };

		suspend(kfd, true);
		return resume(kfd, true) ?: pre_reset(kfd, &context) ?: post_reset(kfd);
	}
#else
	suspend(kfd, false);
	return resume_iommu(kfd) ?: resume(kfd, false) ?: pre_reset(kfd) ?: post_reset(kfd);
#endif
}

/*
 * A process may bind to a device for which it has opened a render node; the stand-in's has nothing behind it, and must
 * be taken away before somebody looks for the address space there.
 */
static int set_node(struct kfd_dev *kfd, void *node)
{
	typeof(&kfd_lookup_process_by_mm) lookup = DRIVE_SYMBOL(kfd_lookup_process_by_mm);
	typeof(&kfd_unref_process) unref = DRIVE_SYMBOL(kfd_unref_process);
	typeof(&kfd_get_process_device_data) device_data = DRIVE_SYMBOL(kfd_get_process_device_data);
	struct kfd_process *p = lookup && unref ? lookup(current->mm) : NULL;
	struct kfd_process_device *pdd;

	if (!p)
		return -ESRCH;
	pdd = device_data ? device_data(node_of(kfd), p) : NULL;
	if (pdd)
		pdd->drm_priv = node;
	unref(p);
	return pdd ? 0 : -ENODEV;
}

#if DRIVE_7_2
/* The process asks for an address space of its render node that another one has made its own: it does not get it. */
static int acquire(struct kfd_dev *kfd)
{
	typeof(&kfd_lookup_process_by_mm) lookup = DRIVE_SYMBOL(kfd_lookup_process_by_mm);
	typeof(&kfd_unref_process) unref = DRIVE_SYMBOL(kfd_unref_process);
	typeof(&kfd_get_process_device_data) device_data = DRIVE_SYMBOL(kfd_get_process_device_data);
	typeof(&kfd_process_device_init_vm) init_vm = DRIVE_SYMBOL(kfd_process_device_init_vm);
	const struct file_operations *fops = drive_symbol("amdgpu_driver_kms_fops");
	struct file *file = kzalloc(sizeof(*file), GFP_KERNEL);
	struct amdkfd_process_info other = { 0 };
	struct kfd_process *p = NULL;
	int ret = -ENOENT;

	if (lookup && unref && device_data && init_vm && fops && file)
		p = lookup(current->mm);
	if (p) {
		file->f_op = fops;
		file->private_data = &node_file;
		space->vm.process_info = &other;
		ret = init_vm(device_data(node_of(kfd), p), file);
		space->vm.process_info = NULL;
		unref(p);
	}
	kfree(file);
	return ret == -EINVAL ? 0 : -EEXIST;
}

/* The ioctl wants the queue's buffers in the process's address space on the GPU, where the stand-in has none. */
static int create_queue(struct kfd_dev *kfd)
{
	typeof(&kfd_lookup_process_by_mm) lookup = DRIVE_SYMBOL(kfd_lookup_process_by_mm);
	typeof(&kfd_unref_process) unref = DRIVE_SYMBOL(kfd_unref_process);
	typeof(&kfd_bind_process_to_device) bind = DRIVE_SYMBOL(kfd_bind_process_to_device);
	typeof(&pqm_create_queue) create = DRIVE_SYMBOL(pqm_create_queue);
	struct queue_properties properties = { .type = KFD_QUEUE_TYPE_COMPUTE, .queue_size = PAGE_SIZE };
	struct kfd_process *p = lookup && unref && bind && create ? lookup(current->mm) : NULL;
	unsigned int id;
	int ret;

	if (!p)
		return -ESRCH;
	mutex_lock(&p->mutex);
	ret = PTR_ERR_OR_ZERO(bind(node_of(kfd), p))
		      ?: create(&p->pqm, node_of(kfd), &properties, &id, NULL, NULL, NULL, NULL);
	mutex_unlock(&p->mutex);
	unref(p);
	return ret;
}
#endif

/* A GPU page fault of the calling process; this GPU cannot do shared virtual memory: it has no memory of its own to register. */
static int fault(struct amdgpu_device *adev)
{
	typeof(&svm_range_restore_pages) restore = DRIVE_SYMBOL(svm_range_restore_pages);

	if (!restore)
		return -ENOENT;
#if DRIVE_7_2
	return restore(adev, 1, 0, 0, 0x1234, 0, false) == -EFAULT ? 0 : -EEXIST;
#else
	return restore(adev, 1, 0x1234, false) == -EFAULT ? 0 : -EEXIST;
#endif
}

/* The process's ranges come back from the GPU's memory, where none of their pages is. */
static int migrate(struct kfd_dev *kfd)
{
	typeof(&svm_migrate_vram_to_ram) to_ram = DRIVE_SYMBOL(svm_migrate_vram_to_ram);
	typeof(&kfd_lookup_process_by_mm) lookup = DRIVE_SYMBOL(kfd_lookup_process_by_mm);
	typeof(&kfd_unref_process) unref = DRIVE_SYMBOL(kfd_unref_process);
	struct kfd_process *p = lookup && unref && to_ram ? lookup(current->mm) : NULL;
	struct svm_range *range;
	int ret = -ENOENT;

	if (!p)
		return -ESRCH;
	mmap_read_lock(current->mm);
	mutex_lock(&p->svms.lock);
	list_for_each_entry(range, &p->svms.list, list)
	{
		range->actual_loc = node_of(kfd)->id;
#if DRIVE_7_2
		ret = to_ram(range, current->mm, range->start, range->last, KFD_MIGRATE_TRIGGER_PREFETCH, NULL);
#else
		ret = to_ram(range, current->mm, KFD_MIGRATE_TRIGGER_PREFETCH, NULL);
#endif
		if (ret)
			break;
	}
	mutex_unlock(&p->svms.lock);
	mmap_read_unlock(current->mm);
	unref(p);
	return ret;
}

/* Ends the processes of a device that goes, of which there are none left. */
static void teardown(struct kfd_dev *kfd)
{
#if DRIVE_7_2
	typeof(&kgd2kfd_teardown_processes) end = DRIVE_SYMBOL(kgd2kfd_teardown_processes);

	if (end)
		end(kfd->adev);
#endif
}

static int remove(struct kfd_dev *kfd)
{
	typeof(&kfd_topology_remove_device) topology_remove = DRIVE_SYMBOL(kfd_topology_remove_device);
	typeof(&kgd2kfd_device_exit) device_exit = DRIVE_SYMBOL(kgd2kfd_device_exit);
	int ret;

	if (!topology_remove || !device_exit)
		return -ENOENT;
	teardown(kfd);
	ret = topology_remove(node_of(kfd));
	kfree(node_of(kfd)->dqm);
	address_space_remove(kfd->adev);
#if DRIVE_7_2
	kfree(kfd->nodes[0]);
#endif
	/* What its exit undoes is what its initialisation had not done. */
	kfd->init_complete = false;
	device_exit(kfd);
	stand_in()->kfd.dev = NULL;
	return ret ?: stand_in_remove();
}

int drive_kfd_device(const char *arg)
{
	struct kfd_dev *kfd = stand_in() ? stand_in()->kfd.dev : NULL;

	if (arg && !strcmp(arg, "add"))
		return add();
	if (!arg || !kfd)
		return -EINVAL;
	if (!strcmp(arg, "node"))
		return set_node(kfd, render_node(kfd));
	if (!strcmp(arg, "no-node"))
		return set_node(kfd, NULL);
#if DRIVE_7_2
	if (!strcmp(arg, "acquire"))
		return acquire(kfd);
	if (!strcmp(arg, "queue"))
		return create_queue(kfd);
#endif
	if (!strcmp(arg, "migrate"))
		return migrate(kfd);
	if (!strcmp(arg, "power"))
		return power(kfd);
	if (!strcmp(arg, "fault"))
		return fault(stand_in());
	if (!strcmp(arg, "remove"))
		return remove(kfd);
	return -EINVAL;
}
