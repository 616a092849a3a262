/* SPDX-License-Identifier: GPL-2.0-only */
/* What a device is called: struct gw_device. */
#ifndef GPUWATCH_BPF_LIB_DEVICE_H
#define GPUWATCH_BPF_LIB_DEVICE_H

#include "bpf/abi/records.h"
#include "bpf/lib/kernel.h"

/* dev_name() */
static __always_inline const char *device_name(struct device *device)
{
	const char *name = BPF_CORE_READ(device, init_name);

	return name ? name : BPF_CORE_READ(device, kobj.name);
}

/* Fills in what @device, a struct device, is called. */
static __always_inline void device_describe(struct gw_device *ret, struct device *device)
{
	ret->device = (u64)device;
	ret->card = ret->render = -1;
	if (!device)
		return;
	bpf_probe_read_kernel_str(ret->name, sizeof(ret->name), device_name(device));
	bpf_probe_read_kernel_str(ret->driver, sizeof(ret->driver), BPF_CORE_READ(device, driver, name));
}

#endif
