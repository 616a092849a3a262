// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * amd_iommu_v2 with a real IOMMU, the address space of the calling process, and page requests as the IOMMU's log would
 * deliver them: QEMU's devices send none.
 */
#include <drm/amd_asic_type.h>
#include <linux/amd-iommu.h>
#include <linux/delay.h>
#include <linux/notifier.h>
#include <linux/pci.h>
#include <linux/sched.h>

#include "drive.h"

#define PASID 5

/* As drivers/iommu/amd/amd_iommu_types.h has it, which only the driver can include. */
struct amd_iommu_fault {
	u64 address;
	u32 pasid;
	u32 sbdf;
	u16 tag;
	u16 flags;
};

#define PCI_SBDF(domain, device) ((u32)(domain) << 16 | (device))

static int invalid_ppr(struct pci_dev *pdev, u32 pasid, unsigned long address, u16 flags)
{
	return AMD_IOMMU_INV_PRI_RSP_INVALID;
}

/* A page request of the card for an address, the last one of its group. */
static int request_page(struct pci_dev *card, u64 address)
{
	struct notifier_block *ppr = drive_symbol("ppr_nb");
	struct amd_iommu_fault fault = {
		.address = address,
		.pasid = PASID,
		.sbdf = PCI_SBDF(pci_domain_nr(card->bus), pci_dev_id(card)),
		.tag = 1 | BIT(9),
		.flags = PPR_FAULT_USER | PPR_FAULT_READ,
	};

	return ppr ? ppr->notifier_call(ppr, 0, &fault) == NOTIFY_OK ? 0 : -EIO : -ENOENT;
}

/* The race that nothing but link order prevents: whether amd_iommu_v2_init() has run. */
static int set_initialised(bool initialised)
{
	bool *done = drive_symbol("amd_iommu_v2_init_done");
	int (*check)(u32 type) = drive_symbol("kgd2kfd_check_iommu");

	if (!done || !check)
		return -ENOENT;
	WRITE_ONCE(*done, initialised);
	if (check(CHIP_RAVEN) != (initialised ? 0 : -EPROBE_DEFER))
		return -EBUSY;
	return check(CHIP_OLAND);
}

/*
 * The argument: "bind ADDRESS" with a mapped address of the process, later "unbind"; "early" for a machine whose IOMMUv2
 * driver is not initialised yet, later "late".
 */
int drive_iommu(const char *arg)
{
	struct pci_dev *card = drive_card();
	unsigned long address;
	int ret = -EINVAL;

	if (!card)
		return -ENODEV;
	if (arg && (!strcmp(arg, "early") || !strcmp(arg, "late"))) {
		ret = set_initialised(!strcmp(arg, "late"));
	} else if (arg && sscanf(arg, "bind %lx", &address) == 1) {
		ret = amd_iommu_init_device(card, 16);
		if (ret)
			goto out;
		ret = amd_iommu_set_invalid_ppr_cb(card, invalid_ppr) ?: amd_iommu_bind_pasid(card, PASID, current) ?:
			request_page(card, address) ?: request_page(card, 0);
		/* The faults are work items. */
		msleep(100);
	} else if (arg && !strcmp(arg, "unbind")) {
		amd_iommu_unbind_pasid(card, PASID);
		amd_iommu_free_device(card);
		ret = 0;
	}
out:
	pci_dev_put(card);
	return ret;
}
