// SPDX-License-Identifier: GPL-2.0-or-later
/* The driver of a device behind an IOMMU: says whether it was probed with it or without. */
#include <linux/iommu.h>
#include <linux/mod_devicetable.h>
#include <linux/module.h>
#include <linux/platform_device.h>

static int master_probe(struct platform_device *pdev)
{
	pr_info("master: probed %s its IOMMU\n", device_iommu_mapped(&pdev->dev) ? "with" : "without");
	return 0;
}

static const struct of_device_id master_of_match[] = {
	{ .compatible = "gpuwatch,master" },
	{},
};
MODULE_DEVICE_TABLE(of, master_of_match);

static struct platform_driver master_driver = {
	.probe = master_probe,
	.driver = {
		.name = "gpuwatch-master",
		.of_match_table = master_of_match,
	},
};
module_platform_driver(master_driver);
MODULE_DESCRIPTION("A device behind an IOMMU");
MODULE_LICENSE("GPL");
