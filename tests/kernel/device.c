// SPDX-License-Identifier: GPL-2.0-or-later
/* A DRM device with nothing but sync objects, for user space to wait on, which is pulled out under it. */
#include <drm/drm_device.h>
#include <drm/drm_drv.h>
#include <drm/drm_file.h>
#include <drm/drm_gem.h>
#include <drm/drm_ioctl.h>
#include <linux/platform_device.h>

#include "drive.h"

DEFINE_DRM_GEM_FOPS(device_fops);

static const struct drm_driver device_driver = {
	.driver_features = DRIVER_GEM | DRIVER_RENDER | DRIVER_SYNCOBJ,
	.fops = &device_fops,
	.name = "gwsync",
	.desc = "a device with sync objects",
	.major = 1,
};

static struct platform_device *parent;
static struct drm_device *device;

static int add(void)
{
	int ret;

	parent = platform_device_register_simple("gwdrive-sync", PLATFORM_DEVID_NONE, NULL, 0);
	if (IS_ERR(parent))
		return PTR_ERR(parent);
	device = drm_dev_alloc(&device_driver, &parent->dev);
	if (IS_ERR(device)) {
		ret = PTR_ERR(device);
		goto err_parent;
	}
	ret = drm_dev_register(device, 0);
	if (!ret)
		return 0;
	drm_dev_put(device);
err_parent:
	platform_device_unregister(parent);
	return ret;
}

static int unplug(void)
{
	drm_dev_unplug(device);
	drm_dev_put(device);
	platform_device_unregister(parent);
	return 0;
}

/* The argument: "add", and later "unplug". */
int drive_device(const char *arg)
{
	if (arg && !strcmp(arg, "add"))
		return add();
	if (arg && !strcmp(arg, "unplug"))
		return unplug();
	return -EINVAL;
}
