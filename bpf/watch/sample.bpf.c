/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where a task spins: samples of its kernel stack, on demand, at the ticks of a clock of its CPU. It needs nothing
 * of the kernel's types, so that loading it costs next to nothing.
 */
#include "bpf/abi/shared.h"
#include "bpf/lib/kernel.h"

char LICENSE[] SEC("license") = "GPL";

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, GW_SAMPLED_MAX);
	__type(key, u64);
	__type(value, struct gw_samples);
} samples SEC(".maps");

/* Some 50 times a second, until there are enough of the task. */
SEC("perf_event")
int sample_stack(void *context)
{
	u64 task = bpf_get_current_task();
	struct gw_samples *taken = bpf_map_lookup_elem(&samples, &task);
	struct gw_sample *sample;
	long size;

	if (!taken || taken->count >= GW_SAMPLES_MAX)
		return 0;
	sample = &taken->list[taken->count];
	size = bpf_get_stack(context, sample->stack, sizeof(sample->stack), 0);
	if (size <= 0)
		return 0;
	sample->depth = size / sizeof(sample->stack[0]);
	taken->count++;
	return 0;
}
