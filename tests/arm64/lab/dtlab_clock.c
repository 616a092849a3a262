// SPDX-License-Identifier: GPL-2.0
/* A clock of the device tree, with a fixed rate. */
#include <linux/clk-provider.h>
#include <linux/module.h>
#include <linux/of.h>
#include <linux/platform_device.h>

static int dtlab_clock_probe(struct platform_device *pdev)
{
	struct clk_hw *clock = devm_clk_hw_register_fixed_rate(&pdev->dev, dev_name(&pdev->dev), NULL, 0, 1000000);

	if (IS_ERR(clock))
		return PTR_ERR(clock);
	return devm_of_clk_add_hw_provider(&pdev->dev, of_clk_hw_simple_get, clock);
}

static const struct of_device_id dtlab_clock_match[] = { { .compatible = "gpuwatch,lab-clock" }, {} };
MODULE_DEVICE_TABLE(of, dtlab_clock_match);

static struct platform_driver dtlab_clock_driver = {
	.probe = dtlab_clock_probe,
	.driver = {
		.name = "dtlab-clock",
		.of_match_table = dtlab_clock_match,
	},
};
module_platform_driver(dtlab_clock_driver);

MODULE_DESCRIPTION("gpuwatch's tests: a clock of the device tree");
MODULE_LICENSE("GPL");
