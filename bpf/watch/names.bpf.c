/* SPDX-License-Identifier: GPL-2.0-only */
/* Learns the names of fences' drivers and timelines from the kernel's own tracepoint. */
#include "bpf/lib/names.h"

/* events/dma_fence/dma_fence_enable_signal/format: a __data_loc is (length << 16 | offset). */
struct trace_event_raw_dma_fence___loc {
	u32 __data_loc_driver;
	u32 __data_loc_timeline;
	unsigned int context;
	unsigned int seqno;
} __attribute__((preserve_access_index));

SEC("tp/dma_fence/dma_fence_enable_signal")
int fence_names(struct trace_event_raw_dma_fence___loc *event)
{
	struct gw_fence_names found = {};
	u32 context = event->context;

	bpf_probe_read_kernel_str(found.driver, sizeof(found.driver),
				  (void *)event + (event->__data_loc_driver & 0xffff));
	bpf_probe_read_kernel_str(found.timeline, sizeof(found.timeline),
				  (void *)event + (event->__data_loc_timeline & 0xffff));
	bpf_map_update_elem(&names, &context, &found, BPF_ANY);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
