/* SPDX-License-Identifier: GPL-2.0-only */
/* The same of a struct drm_device, whose members are where struct gw_layout has them. */
#ifndef GPUWATCH_BPF_LIB_DRM_DEVICE_H
#define GPUWATCH_BPF_LIB_DRM_DEVICE_H

#include "bpf/lib/device.h"
#include "bpf/lib/state.h"

/* A pointer member; NULL if it cannot be read. */
static __always_inline void *drm_device_member(u64 drm, s32 offset)
{
	void *value = NULL;

	if (drm && offset >= 0)
		bpf_probe_read_kernel(&value, sizeof(value), (void *)(drm + offset));
	return value;
}

/* The number of one of its device nodes; -1: it has none. */
static __always_inline s32 drm_device_minor(u64 drm, s32 offset)
{
	void *minor = drm_device_member(drm, offset);
	s32 index = -1;

	if (minor && control.layout.minor_index >= 0)
		bpf_probe_read_kernel(&index, sizeof(index), minor + control.layout.minor_index);
	return index;
}

static __always_inline void drm_driver_name(struct gw_device *ret, void *driver)
{
	void *name = drm_device_member((u64)driver, control.layout.driver_name);

	if (name)
		bpf_probe_read_kernel_str(ret->driver, sizeof(ret->driver), name);
}

static __always_inline void drm_device_describe(struct gw_device *ret, u64 drm)
{
	device_describe(ret, drm_device_member(drm, control.layout.device_dev));
	ret->address = drm;
	ret->kind = GW_DEVICE_DRM;
	if (!ret->driver[0] && control.layout.driver_name >= 0)
		drm_driver_name(ret, drm_device_member(drm, control.layout.device_driver));
	ret->card = drm_device_minor(drm, control.layout.device_primary);
	ret->render = drm_device_minor(drm, control.layout.device_render);
}

#endif
