// SPDX-License-Identifier: GPL-2.0
/* The MMU: what other devices need. As slow, and as faulty, as it is told to be. */
#include <linux/delay.h>
#include <linux/mod_devicetable.h>
#include <linux/module.h>

#include "orion.h"

static unsigned int probe_ms;
module_param(probe_ms, uint, 0644);
MODULE_PARM_DESC(probe_ms, "how long a probe takes");

static int result;
module_param(result, int, 0644);
MODULE_PARM_DESC(result, "what a probe returns: 0 or a negative error");

static bool async;
module_param(async, bool, 0444);
MODULE_PARM_DESC(async, "probe on a worker, not in whoever loads the module");

static int mmu_setup(struct device *dev)
{
	int r = orion_mmu_defer(dev);

	if (r)
		return r;
	msleep(probe_ms);
	return result ?: devm_orion_mmu_register(dev);
}

static int mmu_probe(struct platform_device *pdev)
{
	return orion_probe(pdev, mmu_setup);
}

static const struct platform_device_id mmu_ids[] = { { .name = "orion-mmu" }, {} };
MODULE_DEVICE_TABLE(platform, mmu_ids);

static struct platform_driver orion_mmu = {
	.driver = { .name = "orion-mmu" },
	.probe = mmu_probe,
	.id_table = mmu_ids,
};

static int __init orion_mmu_init(void)
{
	orion_mmu.driver.probe_type = async ? PROBE_PREFER_ASYNCHRONOUS : PROBE_DEFAULT_STRATEGY;
	return orion_driver_register(&orion_mmu);
}
module_init(orion_mmu_init);

static void __exit orion_mmu_exit(void)
{
	platform_driver_unregister(&orion_mmu);
}
module_exit(orion_mmu_exit);

MODULE_DESCRIPTION("Orion board: MMU");
MODULE_LICENSE("GPL");
