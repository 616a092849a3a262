// SPDX-License-Identifier: GPL-2.0
/*
 * Displays that are made of parts, by the kernel's component framework: orion-drm.N comes up when its part orion-part.N can be
 * bound. The parameter says of each what its part does:
 *
 * good      it binds
 * broken    it fails
 * firmware  it fails for want of firmware, which nobody has
 * error     it binds, but the display's driver reports as an error that it lacks firmware, as msm does
 * loaded    the same, and got it after all
 */
#include <linux/component.h>
#include <linux/firmware.h>
#include <linux/mod_devicetable.h>
#include <linux/module.h>
#include <linux/platform_device.h>

#define PARTS_MAX 8

static char *parts[PARTS_MAX];
static unsigned int n_parts;
module_param_array(parts, charp, &n_parts, 0444);

static struct platform_device *displays[PARTS_MAX], *pieces[PARTS_MAX];

static int part_load(struct device *dev)
{
	const struct firmware *firmware;
	int r = request_firmware(&firmware, "orion/part.bin", dev);

	if (r == 0)
		release_firmware(firmware);
	return r;
}

static int part_bind(struct device *dev, struct device *display, void *data)
{
	const char *does = parts[to_platform_device(dev)->id];
	bool loaded = strcmp(does, "loaded") == 0;

	if (strcmp(does, "broken") == 0)
		return -EINVAL;
	if (strcmp(does, "firmware") == 0)
		return part_load(dev);
	if (loaded || strcmp(does, "error") == 0)
		dev_err(display, "[drm:part_bind [orion_parts]] *ERROR* failed to load part.fw\n");
	if (loaded)
		dev_info(display, "[drm:part_bind [orion_parts]] loaded orion/part.fw from new location\n");
	return 0;
}

static void part_unbind(struct device *dev, struct device *display, void *data)
{
}

static const struct component_ops part_ops = { .bind = part_bind, .unbind = part_unbind };

static void part_del(void *dev)
{
	component_del(dev, &part_ops);
}

static int part_probe(struct platform_device *pdev)
{
	int r = component_add(&pdev->dev, &part_ops);

	return r ?: devm_add_action_or_reset(&pdev->dev, part_del, &pdev->dev);
}

static int display_bind(struct device *dev)
{
	return component_bind_all(dev, NULL);
}

static void display_unbind(struct device *dev)
{
	component_unbind_all(dev, NULL);
}

static const struct component_master_ops display_ops = { .bind = display_bind, .unbind = display_unbind };

static void display_del(void *dev)
{
	component_master_del(dev, &display_ops);
}

static int display_is_part(struct device *dev, void *id)
{
	return strcmp(dev_driver_string(dev), "orion-part") == 0 && to_platform_device(dev)->id == *(int *)id;
}

static int display_probe(struct platform_device *pdev)
{
	struct component_match *match = NULL;
	int r;

	component_match_add(&pdev->dev, &match, display_is_part, &pdev->id);
	r = component_master_add_with_match(&pdev->dev, &display_ops, match);
	return r ?: devm_add_action_or_reset(&pdev->dev, display_del, &pdev->dev);
}

static struct platform_driver part_driver = { .driver = { .name = "orion-part" }, .probe = part_probe };
static struct platform_driver display_driver = { .driver = { .name = "orion-drm" }, .probe = display_probe };

static void parts_remove(void)
{
	for (unsigned int i = 0; i < n_parts; i++) {
		platform_device_unregister(pieces[i]);
		platform_device_unregister(displays[i]);
	}
	platform_driver_unregister(&part_driver);
	platform_driver_unregister(&display_driver);
}

static int __init orion_parts_init(void)
{
	int r = platform_driver_register(&display_driver);

	if (r)
		return r;
	r = platform_driver_register(&part_driver);
	if (r) {
		platform_driver_unregister(&display_driver);
		return r;
	}
	for (unsigned int i = 0; i < n_parts && r == 0; i++) {
		displays[i] = platform_device_register_simple("orion-drm", (int)i, NULL, 0);
		pieces[i] = platform_device_register_simple("orion-part", (int)i, NULL, 0);
		r = PTR_ERR_OR_ZERO(displays[i]) ?: PTR_ERR_OR_ZERO(pieces[i]);
	}
	if (r)
		parts_remove();
	return r;
}
module_init(orion_parts_init);

static void __exit orion_parts_exit(void)
{
	parts_remove();
}
module_exit(orion_parts_exit);

MODULE_DESCRIPTION("Orion board: displays made of parts");
MODULE_LICENSE("GPL");
