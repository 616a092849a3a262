/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * SRCU: who waits for readers of a domain, and DRM's own readers, the sections
 * between drm_dev_enter() and drm_dev_exit() that drm_dev_unplug() waits for.
 * Other readers leave no trace that says who they are.
 */
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
	wait_end(GW_WAIT_SRCU, (u64)domain);
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
	if (!sections || sections->drm_depth++)
		return 0;
	sections->drm_device = (u64)device;
	sections->drm_since_ns = bpf_ktime_get_ns();
	return 0;
}

SEC("kprobe/drm_dev_exit")
int BPF_KPROBE(drm_section_end)
{
	struct gw_sections *sections = sections_for_end();

	if (sections && sections->drm_depth && !--sections->drm_depth)
		sections->drm_device = 0;
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
