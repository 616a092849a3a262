/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * SRCU: who waits for readers of a domain, and DRM's own readers, the sections
 * between drm_dev_enter() and drm_dev_exit() that drm_dev_unplug() waits for.
 * Other readers leave no trace that says who they are.
 */
#include "bpf/lib/drm-device.h"
#include "bpf/lib/section.h"
#include "bpf/lib/wait.h"

SEC("fentry/__synchronize_srcu")
int BPF_PROG(srcu_wait_start, void *domain)
{
	struct gw_wait wait = {
		.kind = GW_WAIT_SRCU,
		.object = (u64)domain,
	};

	wait_begin(ctx, &wait);
	return 0;
}

SEC("fexit/__synchronize_srcu")
int BPF_PROG(srcu_wait_end, void *domain)
{
	/* A grace period is over when all sections are that had begun before it. */
	if ((u64)domain == control.symbols.unplug_srcu && domain) {
		u64 since_ns = wait_since(GW_WAIT_SRCU, (u64)domain);

		if (since_ns > control.unplugged_ns)
			control.unplugged_ns = since_ns;
	}
	wait_end(GW_WAIT_SRCU, (u64)domain);
	return 0;
}

/* Sections whose task has exited in them, by section_key(). */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, GW_SECTIONS_MAX);
	__type(key, u64);
	__type(value, struct gw_section);
} left_sections SEC(".maps");

static __always_inline u64 section_key(struct task_struct *task, u32 kind)
{
	return task->start_time << 1 | (kind == GW_SECTION_DRM);
}

static __noinline int section_keep(const struct gw_sections *sections, u32 kind)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct gw_section left = { .kind = kind, .flags = GW_SECTION_F_EXITED };
	u64 key = section_key(task, kind);

	if (!sections)
		return 0;
	left.exited_ns = bpf_ktime_get_ns();
	section_describe(&left, task);
	if (kind == GW_SECTION_DRM) {
		left.object = sections->drm_device;
		left.since_ns = sections->drm_since_ns;
		drm_device_describe(&left.device, left.object);
	} else {
		left.object = sections->notifier_mm;
		left.since_ns = sections->notifier_since_ns;
	}
	bpf_map_update_elem(&left_sections, &key, &left, BPF_ANY);
	return 0;
}

/* Each exit passes here: one look-up, of a task that was ever in a section or a wait. */
SEC("tp_btf/sched_process_exit")
int sections_left(void *ctx)
{
	struct gw_sections *sections = sections_for_end();

	if (!sections)
		return 0;
	if (sections->drm_depth && sections->drm_device)
		section_keep(sections, GW_SECTION_DRM);
	if (sections->notifier_depth)
		section_keep(sections, GW_SECTION_NOTIFIER);
	return 0;
}

/*
 * drm_dev_enter() fails, and needs no exit, once dev->unplugged is set. Reading
 * that here is cheaper than a return probe on every ioctl.
 */
static __always_inline bool is_unplugged(void *device)
{
	bool unplugged = true; /* where it cannot be read, a section is not recorded: it might never be left */

	if (control.layout.device_unplugged >= 0)
		bpf_probe_read_kernel(&unplugged, sizeof(unplugged), device + control.layout.device_unplugged);
	return unplugged;
}

SEC("kprobe/drm_dev_enter")
int BPF_KPROBE(drm_section_start, void *device)
{
	struct gw_sections *sections;

	if (is_unplugged(device))
		return 0;
	sections = sections_for_begin();
	if (!sections)
		return 0;
	/* The end of an earlier one was missed, or drm_dev_enter() saw an unplug that began in this moment, and failed. */
	if (sections->drm_depth && sections->drm_since_ns < control.unplugged_ns)
		sections->drm_depth = 0;
	if (sections->drm_depth++)
		return 0;
	sections->drm_device = (u64)device;
	sections->drm_since_ns = bpf_ktime_get_ns();
	return 0;
}

SEC("kprobe/drm_dev_exit")
int BPF_KPROBE(drm_section_end)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct gw_sections *sections = sections_for_end();
	u64 key = section_key(task, GW_SECTION_DRM);

	if (!sections || !sections->drm_depth) {
		control.left_elsewhere_ns = bpf_ktime_get_ns();
		return 0;
	}
	if (--sections->drm_depth)
		return 0;
	sections->drm_device = 0;
	/* Files that it still had open are closed after it was recorded as gone. */
	if (task->flags & PF_EXITING)
		bpf_map_delete_elem(&left_sections, &key);
	return 0;
}

SEC("kprobe/drm_dev_unplug")
int BPF_KPROBE(drm_unplug_start, void *device)
{
	struct gw_sections *sections = sections_for_begin();

	if (sections)
		sections->unplug_device = (u64)device;
	return 0;
}

SEC("kretprobe/drm_dev_unplug")
int BPF_KRETPROBE(drm_unplug_end)
{
	struct gw_sections *sections = sections_for_end();

	if (sections)
		sections->unplug_device = 0;
	return 0;
}
