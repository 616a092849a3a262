/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The yardstick of the benchmark: programs that do nothing, on the hooks that
 * a fence's life passes (signalled, wait start, wait end) and a lock that
 * somebody else has (contention begin, contention end).
 *
 * Beside them, for the hooks of waits, programs that call what whoever keeps a
 * record of each wait calls, and do nothing with it: the kernel finds the
 * task's storage as a wait begins and as it ends, and reads the clock, of a
 * lock as it begins only.
 */
#include "bpf/abi/records.h"
#include "bpf/lib/kernel.h"

SEC("tp_btf/dma_fence_signaled")
int empty_signaled(void *ctx)
{
	return 0;
}

SEC("tp_btf/dma_fence_wait_start")
int empty_wait_start(void *ctx)
{
	return 0;
}

SEC("tp_btf/dma_fence_wait_end")
int empty_wait_end(void *ctx)
{
	return 0;
}

SEC("tp_btf/contention_begin")
int empty_contention_begin(void *ctx)
{
	return 0;
}

SEC("tp_btf/contention_end")
int empty_contention_end(void *ctx)
{
	return 0;
}

struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, u64);
} tasks SEC(".maps");

__u32 begun; /* a wait that sleeps: the benchmark has one at a time */
__u64 now;   /* so that the clock is read */

static __always_inline u64 *find(u64 flags)
{
	return bpf_task_storage_get(&tasks, bpf_get_current_task_btf(), NULL, flags);
}

static __always_inline void begin(void)
{
	begun = find(BPF_LOCAL_STORAGE_GET_F_CREATE) ? 1 : 0;
	now = bpf_ktime_get_ns();
}

SEC("tp_btf/dma_fence_wait_start")
int BPF_PROG(helpers_wait_start, struct dma_fence *fence)
{
	if (!fence_flag(fence->flags, FENCE_SIGNALED))
		begin();
	return 0;
}

SEC("tp_btf/dma_fence_wait_end")
int helpers_wait_end(void *ctx)
{
	if (begun) {
		begun = find(0) ? 0 : 1;
		now = bpf_ktime_get_ns();
	}
	return 0;
}

SEC("tp_btf/contention_begin")
int BPF_PROG(helpers_contention_begin, void *lock, u32 flags)
{
	if (!(flags & GW_LOCK_F_SPIN))
		begin();
	return 0;
}

SEC("tp_btf/contention_end")
int helpers_contention_end(void *ctx)
{
	if (begun)
		begun = find(0) ? 0 : 1;
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
