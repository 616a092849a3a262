// SPDX-License-Identifier: GPL-2.0
/* A driver for nothing that is there. Each driver that is registered makes the deferred-probe timeout begin anew. */
#include <linux/module.h>
#include <linux/platform_device.h>

static struct platform_driver dtlab_spare_driver = {
	.driver = {
		.name = "dtlab-spare",
	},
};
module_platform_driver(dtlab_spare_driver);

MODULE_DESCRIPTION("gpuwatch's tests: a driver without devices");
MODULE_LICENSE("GPL");
