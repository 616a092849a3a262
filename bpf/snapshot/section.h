/* SPDX-License-Identifier: GPL-2.0-only */
/* SECTION records: the DRM section that a task is inside of; with it the device that it unplugs. */
#ifndef GPUWATCH_BPF_SNAPSHOT_SECTION_H
#define GPUWATCH_BPF_SNAPSHOT_SECTION_H

#include "bpf/lib/drm-device.h"
#include "bpf/lib/section.h"
#include "bpf/snapshot/device.h"

static __noinline int emit_section(struct output *out, struct task_struct *task)
{
	const struct gw_sections *sections = &out->scratch->task.watch.sections;
	struct gw_section_record record = {
		.header = { .type = GW_RECORD_SECTION, .size = sizeof(record) },
		.section = {
			.kind = GW_SECTION_DRM,
			.object = sections->drm_device,
			.since_ns = sections->drm_since_ns,
		},
	};

	if (!task)
		return 0;
	if (control.left_elsewhere_ns >= sections->drm_since_ns)
		record.section.flags |= GW_SECTION_F_LEFT_ELSEWHERE;
	section_describe(&record.section, task);
	drm_device_describe(&record.section.device, sections->drm_device);
	emit(out, &record, sizeof(record));
	return 0;
}

static __always_inline void emit_sections(struct output *out, struct task_struct *task)
{
	const struct gw_sections *sections = &out->scratch->task.watch.sections;

	if (sections->drm_depth && sections->drm_device)
		emit_section(out, task);
	if (sections->unplug_device)
		emit_drm_device(out, sections->unplug_device);
}

#endif
