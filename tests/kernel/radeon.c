// SPDX-License-Identifier: GPL-2.0-or-later
/* What radeon only does on a card whose command processor starts, which the emulated card's does not. */
#include <drm/drm_device.h>
#include <linux/pci.h>

#include "drive.h"

struct radeon_device;

/*
 * The argument: "gart" sets the card's GART up again, which the driver frees when it gives up acceleration, so that user
 * memory can be bound to it; "complete" completes the fences of ring 0 as a failed reset does.
 */
int drive_radeon(const char *arg)
{
	int (*gart_init)(struct radeon_device *) = drive_symbol("r100_pci_gart_init");
	int (*gart_enable)(struct radeon_device *) = drive_symbol("r100_pci_gart_enable");
	void (*complete)(struct radeon_device *, int) = drive_symbol("radeon_fence_driver_force_completion");
	struct pci_dev *card = drive_card();
	struct drm_device *drm = card ? pci_get_drvdata(card) : NULL;
	int ret = -EINVAL;

	if (!drm || !gart_init || !gart_enable || !complete) {
		ret = -ENODEV;
	} else if (arg && !strcmp(arg, "gart")) {
		ret = gart_init(drm->dev_private) ?: gart_enable(drm->dev_private);
	} else if (arg && !strcmp(arg, "complete")) {
		complete(drm->dev_private, 0);
		ret = 0;
	}
	pci_dev_put(card);
	return ret;
}
