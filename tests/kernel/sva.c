// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Shared virtual addressing on a real IOMMU that cannot do it: what is refused is traced, too. QEMU's card has no PASIDs, and
 * its page requests are made up here.
 */
#include <linux/iommu.h>
#include <linux/pci.h>
#include <linux/sched.h>

#include "drive.h"

/* A page request of a process that the card does not know: it is answered at once. */
static int request_page(struct device *dev)
{
	struct iopf_fault event = {
		.fault.type = IOMMU_FAULT_PAGE_REQ,
		.fault.prm = {
			.flags = IOMMU_FAULT_PAGE_REQUEST_PASID_VALID | IOMMU_FAULT_PAGE_REQUEST_LAST_PAGE,
			.pasid = 5,
			.grpid = 1,
			.perm = IOMMU_FAULT_PERM_READ,
			.addr = 0x1000,
		},
	};

	return iommu_report_device_fault(dev, &event) == -EINVAL ? 0 : -EEXIST;
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

int drive_iommu(const char *arg)
{
	struct pci_dev *card = drive_card();
	int ret = -EEXIST;

	if (!card)
		return -ENODEV;
	if (IS_ERR(iommu_sva_bind_device(&card->dev, current->mm)))
		ret = request_page(&card->dev) ?: flush_queue(&card->dev);
	pci_dev_put(card);
	return ret;
}
