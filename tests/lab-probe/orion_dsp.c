// SPDX-License-Identifier: GPL-2.0
/* Signal processors: each asks for its firmware. With needed=1 the probe fails without, else it goes on. */
#include <linux/firmware.h>
#include <linux/mod_devicetable.h>
#include <linux/module.h>

#include "orion.h"

static bool needed;
module_param(needed, bool, 0644);
MODULE_PARM_DESC(needed, "fail without the firmware");

static int dsp_load(struct device *dev)
{
	const struct firmware *firmware;
	int r = request_firmware(&firmware, "orion/dsp.bin", dev);

	if (r == 0)
		release_firmware(firmware);
	return needed ? r : 0;
}

static int dsp_probe(struct platform_device *pdev)
{
	return orion_probe(pdev, dsp_load);
}

static const struct platform_device_id dsp_ids[] = { { .name = "orion-dsp" }, {} };
MODULE_DEVICE_TABLE(platform, dsp_ids);

static struct platform_driver orion_dsp = {
	.driver = { .name = "orion-dsp" },
	.probe = dsp_probe,
	.id_table = dsp_ids,
};
orion_module_driver(orion_dsp);

MODULE_DESCRIPTION("Orion board: signal processors");
MODULE_LICENSE("GPL");
