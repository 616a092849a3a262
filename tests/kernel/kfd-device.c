// SPDX-License-Identifier: GPL-2.0-or-later
/* The stand-in's compute side: amdkfd's device, in its topology, with a queue manager that does nothing. */
#include <linux/pci.h>

#include "amdgpu.h"
#include "amdgpu_amdkfd.h"
#include "kfd_device_queue_manager.h"
#include "kfd_migrate.h"
#include "kfd_priv.h"
#include "kfd_svm.h"
#include "kfd_topology.h"

#include "drive.h"
#include "stand-in.h"

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

static void dqm_pre_reset(struct device_queue_manager *dqm)
{
}

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
	.pre_reset = dqm_pre_reset,
};

/* What kgd2kfd_device_init() sets up after the check at which it gives up on the stand-in. */
static int complete_device(struct kfd_dev *kfd)
{
	struct device_queue_manager *dqm = kzalloc(sizeof(*dqm), GFP_KERNEL);
	struct pci_dev *card = drive_card();

	if (!dqm || !card) {
		kfree(dqm);
		return -ENOMEM;
	}
	dqm->ops = dqm_ops;
	dqm->dev = kfd;
	mutex_init(&dqm->lock_hidden);
	INIT_LIST_HEAD(&dqm->queues);
	kfd->dqm = dqm;
	kfd->max_doorbell_slices = 16;
	/* Doorbells that somebody can map: the memory of the emulated card. */
	kfd->doorbell_base = pci_resource_start(card, 0);
	pci_dev_put(card);
	INIT_LIST_HEAD(&kfd->smi_clients);
	spin_lock_init(&kfd->smi_lock);
	kfd->init_complete = true;
	return 0;
}

static int add(void)
{
	typeof(&kgd2kfd_probe) probe = DRIVE_SYMBOL(kgd2kfd_probe);
	typeof(&kgd2kfd_device_init) init = DRIVE_SYMBOL(kgd2kfd_device_init);
	typeof(&kfd_topology_add_device) topology_add = DRIVE_SYMBOL(kfd_topology_add_device);
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
	if (!probe || !init || !topology_add)
		return -ENOENT;
	bitmap_set(resources.cp_queue_bitmap, 0, 8);
	kfd = probe(adev, false);
	if (!kfd)
		return -ENODEV;
	adev->kfd.dev = kfd;
	/* The test device cannot do PCIe atomics, which this GPU needs: that ends the real initialisation. */
	if (init(kfd, &adev->ddev, &resources))
		return -EEXIST;
	return complete_device(kfd) ?: topology_add(kfd);
}

/* Suspend, resume, reset; the real functions on a queue manager that does nothing. */
static int power(struct kfd_dev *kfd)
{
	typeof(&kgd2kfd_suspend) suspend = DRIVE_SYMBOL(kgd2kfd_suspend);
	typeof(&kgd2kfd_resume) resume = DRIVE_SYMBOL(kgd2kfd_resume);
	typeof(&kgd2kfd_resume_iommu) resume_iommu = DRIVE_SYMBOL(kgd2kfd_resume_iommu);
	typeof(&kgd2kfd_pre_reset) pre_reset = DRIVE_SYMBOL(kgd2kfd_pre_reset);
	typeof(&kgd2kfd_post_reset) post_reset = DRIVE_SYMBOL(kgd2kfd_post_reset);

	if (!suspend || !resume || !resume_iommu || !pre_reset || !post_reset)
		return -ENOENT;
	suspend(kfd, false);
	return resume_iommu(kfd) ?: resume(kfd, false) ?: pre_reset(kfd) ?: post_reset(kfd);
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
	pdd = device_data ? device_data(kfd, p) : NULL;
	if (pdd)
		pdd->drm_priv = node;
	unref(p);
	return pdd ? 0 : -ENODEV;
}

/* A GPU page fault of the calling process. */
static int fault(struct amdgpu_device *adev)
{
	typeof(&svm_range_restore_pages) restore = DRIVE_SYMBOL(svm_range_restore_pages);

	if (!restore)
		return -ENOENT;
	/* This GPU cannot do shared virtual memory: it has no memory of its own to register. */
	return restore(adev, 1, 0x1234, false) == -EFAULT ? 0 : -EEXIST;
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
		range->actual_loc = kfd->id;
		ret = to_ram(range, current->mm, KFD_MIGRATE_TRIGGER_PREFETCH, NULL);
		if (ret)
			break;
	}
	mutex_unlock(&p->svms.lock);
	mmap_read_unlock(current->mm);
	unref(p);
	return ret;
}

static int remove(struct kfd_dev *kfd)
{
	typeof(&kfd_topology_remove_device) topology_remove = DRIVE_SYMBOL(kfd_topology_remove_device);
	typeof(&kgd2kfd_device_exit) device_exit = DRIVE_SYMBOL(kgd2kfd_device_exit);
	int ret;

	if (!topology_remove || !device_exit)
		return -ENOENT;
	ret = topology_remove(kfd);
	kfree(kfd->dqm);
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
		return set_node(kfd, kfd);
	if (!strcmp(arg, "no-node"))
		return set_node(kfd, NULL);
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
