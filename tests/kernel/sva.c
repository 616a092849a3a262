// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Shared virtual addressing on a real IOMMU that cannot do it: what is refused is traced, too. QEMU's card has no PASIDs, and
 * its page requests are made up here.
 */
#include <linux/iommu.h>
#include <linux/pci.h>
#include <linux/sched.h>
#include <linux/slab.h>

#include "drive.h"

static struct iopf_fault read_request(unsigned long address)
{
	return (struct iopf_fault){
		.fault.type = IOMMU_FAULT_PAGE_REQ,
		.fault.prm = {
			.flags = IOMMU_FAULT_PAGE_REQUEST_PASID_VALID | IOMMU_FAULT_PAGE_REQUEST_LAST_PAGE,
			.pasid = 5,
			.grpid = 1,
			.perm = IOMMU_FAULT_PERM_READ,
			.addr = address,
		},
	};
}

/* A page request of a process that the card does not know: it is answered at once. */
static int request_page(struct device *dev)
{
	struct iopf_fault event = read_request(0x1000);

	return iommu_report_device_fault(dev, &event) == -EINVAL ? 0 : -EEXIST;
}

/* A page request of the calling process, as if it were bound to the card: its page is brought, and the card gets an answer. */
static int handle_request(struct device *dev)
{
	work_func_t handle = drive_symbol("iommu_sva_handle_iopf");
	struct iommu_fault_param *param = kzalloc(sizeof(*param), GFP_KERNEL);
	struct iopf_group *group = kzalloc(sizeof(*group), GFP_KERNEL);
	struct iommu_domain domain = { .mm = current->mm };
	struct iommu_attach_handle attached = { .domain = &domain };

	if (!handle || !param || !group) {
		kfree(group);
		kfree(param);
		return handle ? -ENOMEM : -ENOENT;
	}
	mutex_init(&param->lock);
	refcount_set(&param->users, 2);
	param->dev = dev;
	INIT_LIST_HEAD(&group->faults);
	INIT_LIST_HEAD(&group->pending_node);
	group->last_fault = read_request(current->mm->start_code);
	list_add(&group->last_fault.list, &group->faults);
	group->fault_count = 1;
	group->attach_handle = &attached;
	group->fault_param = param;
	/* Frees the group. */
	handle(&group->work);
	kfree(param);
	return 0;
}

/* The card cannot be given a process, and one of two users of a binding lets it go. */
static int bind_and_unbind(struct device *dev)
{
	int (*set)(struct iommu_domain *, struct device *, ioasid_t, struct iommu_domain *) =
		drive_symbol("iommu_sva_set_dev_pasid");
	struct mm_struct *mm = kzalloc(sizeof(*mm), GFP_KERNEL);
	struct iommu_mm_data data = { .pasid = 5, .mm = mm };
	struct iommu_domain domain = { .mm = mm };
	struct iommu_sva binding = { .handle.domain = &domain, .dev = dev };
	int ret = set ? mm ? 0 : -ENOMEM : -ENOENT;

	if (!ret) {
		refcount_set(&binding.users, 2);
		mm->iommu_mm = &data;
		ret = set(&domain, dev, data.pasid, NULL) == -EINVAL ? 0 : -EEXIST;
		iommu_sva_unbind_device(&binding);
	}
	kfree(mm);
	return ret;
}

/* Faults that are queued are waited for, of which there are none. */
static int flush_queue(struct device *dev)
{
	struct iopf_queue *queue = iopf_queue_alloc("gwdrive");
	int ret;

	if (!queue)
		return -ENOMEM;
	ret = iopf_queue_add_device(queue, dev);
	if (!ret) {
		ret = iopf_queue_flush_dev(dev);
		iopf_queue_remove_device(queue, dev);
	}
	iopf_queue_free(queue);
	return ret;
}

static int use_card(struct device *dev)
{
	if (!IS_ERR(iommu_sva_bind_device(dev, current->mm)))
		return -EEXIST;
	return request_page(dev) ?: handle_request(dev) ?: bind_and_unbind(dev) ?: flush_queue(dev);
}

int drive_iommu(const char *arg)
{
	struct pci_dev *card = drive_card();
	int ret = card ? use_card(&card->dev) : -ENODEV;

	pci_dev_put(card);
	return ret;
}
