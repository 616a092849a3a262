/* SPDX-License-Identifier: GPL-2.0-only */
/* DEVICE records: what devices are called that tasks wait for or unplug. */
#ifndef GPUWATCH_BPF_SNAPSHOT_DEVICE_H
#define GPUWATCH_BPF_SNAPSHOT_DEVICE_H

#include "bpf/lib/drm-device.h"
#include "bpf/snapshot/output.h"

static __noinline int emit_drm_device(struct output *out, u64 drm)
{
	struct gw_device_record record = { .header = { .type = GW_RECORD_DEVICE, .size = sizeof(record) } };

	drm_device_describe(&record.device, drm);
	emit(out, &record, sizeof(record));
	return 0;
}

static __noinline int emit_plain_device(struct output *out, u64 address)
{
	struct gw_device_record record = { .header = { .type = GW_RECORD_DEVICE, .size = sizeof(record) } };
	struct device *device = (void *)address;

	device_describe(&record.device, device);
	record.device.address = address;
	record.device.kind = GW_DEVICE_PLAIN;
	record.device.power = BPF_CORE_READ(device, power.runtime_status);
	emit(out, &record, sizeof(record));
	return 0;
}

#endif
