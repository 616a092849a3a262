// SPDX-License-Identifier: GPL-2.0
/* The codec: defers for as long as the driver core lets it, then goes on without its MMU. */
#include <linux/device/driver.h>
#include <linux/mod_devicetable.h>
#include <linux/module.h>

#include "orion.h"

static int strict = -1;
module_param(strict, int, 0644);
MODULE_PARM_DESC(strict, "number of the codec that fails when the time for its MMU has run out");

static int codec_setup(struct device *dev)
{
	int r;

	if (orion_mmu_ready(dev))
		return 0;
	r = driver_deferred_probe_check_state(dev);
	if (r == -EPROBE_DEFER)
		return dev_err_probe(dev, r, "MMU not ready\n");
	if (to_platform_device(dev)->id == strict)
		return dev_err_probe(dev, r, "no MMU\n");
	dev_info(dev, "no MMU: going on without it\n");
	return 0;
}

static int codec_probe(struct platform_device *pdev)
{
	return orion_probe(pdev, codec_setup);
}

static const struct platform_device_id codec_ids[] = { { .name = "orion-codec" }, {} };
MODULE_DEVICE_TABLE(platform, codec_ids);

static struct platform_driver orion_codec = {
	.driver = { .name = "orion-codec" },
	.probe = codec_probe,
	.id_table = codec_ids,
};
orion_module_driver(orion_codec);

MODULE_DESCRIPTION("Orion board: codec");
MODULE_LICENSE("GPL");
