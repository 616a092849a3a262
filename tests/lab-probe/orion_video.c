// SPDX-License-Identifier: GPL-2.0
/*
 * The video decoder: comes up without its MMU, too, but then cannot play what is protected: /dev/orion-protectedN is
 * not there, and nothing says so but a line in the log.
 */
#include <linux/delay.h>
#include <linux/fs.h>
#include <linux/miscdevice.h>
#include <linux/mod_devicetable.h>
#include <linux/module.h>

#include "orion.h"

static unsigned int probe_ms;
module_param(probe_ms, uint, 0644);
MODULE_PARM_DESC(probe_ms, "how long a probe takes");

static const struct file_operations protected_fops = { .owner = THIS_MODULE };

static void remove_protected(void *data)
{
	misc_deregister(data);
}

static int add_protected(struct device *dev)
{
	struct miscdevice *misc = devm_kzalloc(dev, sizeof(*misc), GFP_KERNEL);
	int r;

	if (!misc)
		return -ENOMEM;
	misc->minor = MISC_DYNAMIC_MINOR;
	misc->name = devm_kasprintf(dev, GFP_KERNEL, "orion-protected%d", to_platform_device(dev)->id);
	misc->fops = &protected_fops;
	if (!misc->name)
		return -ENOMEM;
	r = misc_register(misc);
	return r ?: devm_add_action_or_reset(dev, remove_protected, misc);
}

static int video_setup(struct device *dev)
{
	int ready = orion_mmu_ready(dev);

	msleep(probe_ms);
	if (ready)
		return add_protected(dev);
	dev_info(dev, "no MMU: protected playback is off\n");
	return 0;
}

static int video_probe(struct platform_device *pdev)
{
	return orion_probe(pdev, video_setup);
}

static const struct platform_device_id video_ids[] = { { .name = "orion-video" }, {} };
MODULE_DEVICE_TABLE(platform, video_ids);

static struct platform_driver orion_video = {
	.driver = { .name = "orion-video" },
	.probe = video_probe,
	.id_table = video_ids,
};
orion_module_driver(orion_video);

MODULE_DESCRIPTION("Orion board: video decoder");
MODULE_LICENSE("GPL");
