// SPDX-License-Identifier: GPL-2.0
/* The camera: needs its MMU and does not look whether it is there. */
#include <linux/delay.h>
#include <linux/mod_devicetable.h>
#include <linux/module.h>

#include "orion.h"

static unsigned int probe_ms;
module_param(probe_ms, uint, 0644);
MODULE_PARM_DESC(probe_ms, "how long a probe takes");

static int camera_setup(struct device *dev)
{
	msleep(probe_ms);
	return 0;
}

static int camera_probe(struct platform_device *pdev)
{
	return orion_probe(pdev, camera_setup);
}

static const struct platform_device_id camera_ids[] = { { .name = "orion-camera" }, {} };
MODULE_DEVICE_TABLE(platform, camera_ids);

static struct platform_driver orion_camera = {
	.driver = { .name = "orion-camera" },
	.probe = camera_probe,
	.id_table = camera_ids,
};
orion_module_driver(orion_camera);

MODULE_DESCRIPTION("Orion board: camera");
MODULE_LICENSE("GPL");
