/* SPDX-License-Identifier: GPL-2.0-only */
/* Sleeping locks that a task cannot get at once: mutex, ww_mutex, rwsem, percpu-rwsem, rt_mutex, semaphore. */
#include "bpf/lib/wait.h"

/*
 * Spinning is no wait: not on a spinlock, and not before a mutex' sleep
 * (MUTEX|SPIN), which is followed by another begin when it comes to that.
 */
SEC("tp_btf/contention_begin")
int BPF_PROG(lock_wait_start, void *lock, u32 flags)
{
	struct gw_wait wait = {
		.kind = GW_WAIT_LOCK,
		.flags = flags,
		.object = (u64)lock,
	};

	if (!(flags & GW_LOCK_F_SPIN))
		wait_begin(ctx, &wait);
	return 0;
}

SEC("tp_btf/contention_end")
int BPF_PROG(lock_wait_end, void *lock)
{
	wait_end(GW_WAIT_LOCK, (u64)lock);
	return 0;
}

/* Of a writer the events above show whether it waits for another one. That it waits for readers they do not. */
SEC("fentry/percpu_down_write")
int BPF_PROG(percpu_write_wait_start, void *lock)
{
	struct gw_wait wait = {
		.kind = GW_WAIT_LOCK,
		.flags = GW_LOCK_F_PERCPU | GW_LOCK_F_WRITE,
		.object = (u64)lock,
	};

	wait_begin(ctx, &wait);
	return 0;
}

SEC("fexit/percpu_down_write")
int BPF_PROG(percpu_write_wait_end, void *lock)
{
	wait_end(GW_WAIT_LOCK, (u64)lock);
	return 0;
}
