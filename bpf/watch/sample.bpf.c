/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where a task spins, on demand: samples of its kernel stack, at the ticks of a clock of its CPU; and which lock it tries to
 * take, at breakpoints of that CPU. It needs next to nothing of the kernel's types, so that loading it costs little.
 */
#include "bpf/abi/shared.h"
#include "bpf/lib/kernel.h"
#include "bpf/lib/tries.h"

#include <bpf/bpf_tracing.h>

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

/*
 * At the entry of a trylock function, whoever calls it on that CPU: a debug exception for each call, as long as the breakpoint is
 * there. One try alone says nothing, it may succeed.
 */
static __always_inline int lock_tried(struct pt_regs *context, u32 flags)
{
	u64 task = bpf_get_current_task(), lock = PT_REGS_PARM1(context);
	struct gw_tries *seen = bpf_map_lookup_elem(&tries, &task);

	if (!seen)
		return 0;
	seen->last_ns = bpf_ktime_get_ns();
	if (seen->lock != lock || seen->flags != flags) {
		seen->lock = lock;
		seen->flags = flags;
		seen->since_ns = seen->last_ns;
		seen->count = 0;
	}
	seen->count++;
	return 0;
}

SEC("perf_event")
int mutex_tried(struct pt_regs *context)
{
	return lock_tried(context, GW_LOCK_F_MUTEX);
}

SEC("perf_event")
int read_tried(struct pt_regs *context)
{
	return lock_tried(context, GW_LOCK_F_READ);
}

SEC("perf_event")
int write_tried(struct pt_regs *context)
{
	return lock_tried(context, GW_LOCK_F_WRITE);
}

SEC("perf_event")
int semaphore_tried(struct pt_regs *context)
{
	return lock_tried(context, 0);
}
