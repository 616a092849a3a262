// SPDX-License-Identifier: GPL-2.0
/* Lanes: need nothing, and there are many of them. */
#include <linux/mod_devicetable.h>
#include <linux/module.h>

#include "orion.h"

static int lane_probe(struct platform_device *pdev)
{
	return 0;
}

static const struct platform_device_id lane_ids[] = { { .name = "orion-lane" }, {} };
MODULE_DEVICE_TABLE(platform, lane_ids);

static struct platform_driver orion_lane = {
	.driver = { .name = "orion-lane" },
	.probe = lane_probe,
	.id_table = lane_ids,
};
orion_module_driver(orion_lane);

MODULE_DESCRIPTION("Orion board: lanes");
MODULE_LICENSE("GPL");
