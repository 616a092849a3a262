// SPDX-License-Identifier: GPL-2.0
/* A device that needs a clock, or (careless=1) that goes on without, and is the worse for it. */
#include <linux/clk.h>
#include <linux/module.h>
#include <linux/of.h>
#include <linux/platform_device.h>

static bool careless;
module_param(careless, bool, 0444);
MODULE_PARM_DESC(careless, "bind without the clock when it is not there yet");

static int dtlab_codec_probe(struct platform_device *pdev)
{
	struct clk *clock = devm_clk_get(&pdev->dev, NULL);

	if (IS_ERR(clock) && !careless)
		return dev_err_probe(&pdev->dev, PTR_ERR(clock), "no clock\n");
	dev_info(&pdev->dev, "bound %s its clock\n", IS_ERR(clock) ? "without" : "with");
	return 0;
}

static const struct of_device_id dtlab_codec_match[] = { { .compatible = "gpuwatch,lab-codec" }, {} };
MODULE_DEVICE_TABLE(of, dtlab_codec_match);

static struct platform_driver dtlab_codec_driver = {
	.probe = dtlab_codec_probe,
	.driver = {
		.name = "dtlab-codec",
		.of_match_table = dtlab_codec_match,
	},
};
module_platform_driver(dtlab_codec_driver);

MODULE_DESCRIPTION("gpuwatch's tests: a device that needs a clock");
MODULE_LICENSE("GPL");
