// SPDX-License-Identifier: GPL-2.0
/* A master that works with its IOMMU or, as well as it can, without: whether it has one is for the driver core to
 * settle. */
#include <linux/iommu.h>
#include <linux/module.h>
#include <linux/of.h>
#include <linux/platform_device.h>

static int dtlab_gpu_probe(struct platform_device *pdev)
{
	dev_info(&pdev->dev, "bound %s an IOMMU\n", device_iommu_mapped(&pdev->dev) ? "with" : "without");
	return 0;
}

static const struct of_device_id dtlab_gpu_match[] = { { .compatible = "gpuwatch,lab-gpu" }, {} };
MODULE_DEVICE_TABLE(of, dtlab_gpu_match);

static struct platform_driver dtlab_gpu_driver = {
	.probe = dtlab_gpu_probe,
	.driver = {
		.name = "dtlab-gpu",
		.of_match_table = dtlab_gpu_match,
	},
};
module_platform_driver(dtlab_gpu_driver);

MODULE_DESCRIPTION("gpuwatch's tests: a device behind an IOMMU");
MODULE_LICENSE("GPL");
