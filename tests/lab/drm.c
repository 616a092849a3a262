// SPDX-License-Identifier: GPL-2.0
/*
 * Real DRM devices of a driver "gpulab": user space makes syncobjs on them and has lab fences put in.
 */
#include <drm/drm_device.h>
#include <drm/drm_drv.h>
#include <drm/drm_file.h>
#include <drm/drm_gem.h>
#include <drm/drm_ioctl.h>
#include <drm/drm_syncobj.h>
#include <linux/module.h>
#include <linux/platform_device.h>
#include <linux/slab.h>
#include <linux/workqueue.h>

#include "lab.h"

static struct drm_device *lab_drm;
static struct workqueue_struct *lab_drm_wq;
static struct lab_timeline lab_user_timeline;

/* A fence in a syncobj that a work item signals after a while. */
struct delayed_fence {
	struct delayed_work work;
	struct dma_fence *fence;
};

static void delayed_fence_signal(struct work_struct *work)
{
	struct delayed_fence *delayed = container_of(to_delayed_work(work), struct delayed_fence, work);

	dma_fence_signal(delayed->fence);
	dma_fence_put(delayed->fence);
	kfree(delayed);
}

static int attach_ioctl(struct drm_device *drm, void *data, struct drm_file *file)
{
	struct gpulab_attach *args = data;
	struct drm_syncobj *syncobj;
	struct delayed_fence *delayed;

	syncobj = drm_syncobj_find(file, args->handle);
	if (!syncobj)
		return -ENOENT;
	delayed = kzalloc(sizeof(*delayed), GFP_KERNEL);
	if (delayed)
		delayed->fence = lab_fence_create_pinning(&lab_user_timeline);
	if (!delayed || !delayed->fence) {
		kfree(delayed);
		drm_syncobj_put(syncobj);
		return -ENOMEM;
	}
	args->context = delayed->fence->context;
	args->seqno = delayed->fence->seqno;
	drm_syncobj_replace_fence(syncobj, delayed->fence);
	drm_syncobj_put(syncobj);
	INIT_DELAYED_WORK(&delayed->work, delayed_fence_signal);
	queue_delayed_work(lab_drm_wq, &delayed->work, msecs_to_jiffies(args->delay_ms));
	return 0;
}

static const struct drm_ioctl_desc lab_drm_ioctls[] = {
	DRM_IOCTL_DEF_DRV(GPULAB_ATTACH, attach_ioctl, DRM_RENDER_ALLOW),
};

DEFINE_DRM_GEM_FOPS(lab_drm_fops);

static const struct drm_driver lab_drm_driver = {
	.driver_features = DRIVER_GEM | DRIVER_RENDER | DRIVER_SYNCOBJ | DRIVER_SYNCOBJ_TIMELINE,
	.ioctls = lab_drm_ioctls,
	.num_ioctls = ARRAY_SIZE(lab_drm_ioctls),
	.fops = &lab_drm_fops,
	.name = LAB_DRIVER_NAME,
	.desc = "gpuwatch test lab",
	LAB_DRM_DRIVER_DATE.major = 1,
	.minor = 0,
};

/* Binds to the device of that name, and to no other one of the lab's. */
static int lab_device_probe(struct platform_device *device)
{
	return 0;
}

static lab_remove_t lab_device_remove(struct platform_device *device)
{
	lab_reset(true);
	return LAB_REMOVED;
}

static struct platform_driver lab_device_driver = {
	.driver = { .name = LAB_DRIVER_NAME },
	.probe = lab_device_probe,
	.remove = lab_device_remove,
};

struct drm_device *lab_drm_create(const char *name)
{
	struct platform_device *parent;
	struct drm_device *drm;
	int ret;

	parent = platform_device_register_simple(name, PLATFORM_DEVID_AUTO, NULL, 0);
	if (IS_ERR(parent))
		return ERR_CAST(parent);
	drm = drm_dev_alloc(&lab_drm_driver, &parent->dev);
	if (IS_ERR(drm)) {
		platform_device_unregister(parent);
		return drm;
	}
	ret = drm_dev_register(drm, 0);
	if (ret) {
		drm_dev_put(drm);
		platform_device_unregister(parent);
		return ERR_PTR(ret);
	}
	return drm;
}

void lab_drm_destroy(struct drm_device *drm, bool unplugged)
{
	struct platform_device *parent = to_platform_device(drm->dev);

	if (!unplugged)
		drm_dev_unregister(drm);
	drm_dev_put(drm);
	platform_device_unregister(parent);
}

struct drm_device *lab_drm_device(void)
{
	return lab_drm;
}

struct device *lab_drm_parent(void)
{
	return lab_drm->dev;
}

int lab_drm_init(void)
{
	int ret;

	lab_timeline_init(&lab_user_timeline, "user", 0);
	lab_drm_wq = alloc_workqueue("gpulab-user", WQ_UNBOUND, 0);
	if (!lab_drm_wq)
		return -ENOMEM;
	ret = platform_driver_register(&lab_device_driver);
	if (ret)
		goto destroy;
	lab_drm = lab_drm_create(LAB_DRIVER_NAME);
	if (!IS_ERR(lab_drm))
		return 0;
	ret = PTR_ERR(lab_drm);
	platform_driver_unregister(&lab_device_driver);
destroy:
	destroy_workqueue(lab_drm_wq);
	return ret;
}

/* Fences in user space's hands pin the module: no work is pending here. */
void lab_drm_fini(void)
{
	lab_drm_destroy(lab_drm, false);
	platform_driver_unregister(&lab_device_driver);
	destroy_workqueue(lab_drm_wq);
}
