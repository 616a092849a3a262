// SPDX-License-Identifier: GPL-2.0
/* The display: does it right, and defers until its MMU is ready. */
#include <linux/mod_devicetable.h>
#include <linux/module.h>

#include "orion.h"

static int display_probe(struct platform_device *pdev)
{
	return orion_probe(pdev, orion_mmu_defer);
}

static const struct platform_device_id display_ids[] = { { .name = "orion-display" }, {} };
MODULE_DEVICE_TABLE(platform, display_ids);

static struct platform_driver orion_display = {
	.driver = { .name = "orion-display" },
	.probe = display_probe,
	.id_table = display_ids,
};
orion_module_driver(orion_display);

MODULE_DESCRIPTION("Orion board: display");
MODULE_LICENSE("GPL");
