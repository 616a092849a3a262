/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Semaphores have no owner: who took one is seen here, and so is whether it is
 * used as a lock, which its holder releases, or as a signal, which others give.
 * Only tasks that use semaphores pay: a trampoline and a hash hit (some 40 ns
 * each time), for the one that takes it a clock (57 ns), and an insertion for
 * each new semaphore. A wait itself is a contended lock, see lock.c.
 */
#include "bpf/lib/semaphore.h"
#include "bpf/lib/interrupt.h"

static __always_inline struct gw_semaphore *semaphore_entry(u64 address)
{
	struct gw_semaphore *entry = bpf_map_lookup_elem(&semaphores, &address);
	struct gw_semaphore new = { .address = address };

	if (entry)
		return entry;
	bpf_map_update_elem(&semaphores, &address, &new, BPF_NOEXIST);
	return bpf_map_lookup_elem(&semaphores, &address);
}

static __always_inline int semaphore_taken(u64 address)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct gw_semaphore *entry = semaphore_entry(address);

	if (!entry)
		return 0;
	entry->holder = (u64)task;
	entry->start_ns = task->start_time;
	entry->pid = task->pid;
	entry->since_ns = bpf_ktime_get_ns();
	entry->holders++;
	return 0;
}

/* Whoever releases it, the one that took it last need not be a holder any more. */
SEC("fentry/up")
int BPF_PROG(semaphore_release, void *semaphore)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct gw_semaphore *entry = semaphore_entry((u64)semaphore);

	if (!entry)
		return 0;
	if (entry->holder == (u64)task && !interrupt_level(task)) {
		entry->by_holder++;
		if (entry->releaser != (u64)task || entry->releaser_start_ns != task->start_time)
			entry->in_a_row = 0;
		entry->in_a_row++;
		entry->releaser = (u64)task;
		entry->releaser_start_ns = task->start_time;
	} else {
		entry->by_others++;
		entry->by_holder = 0;
		entry->in_a_row = 0;
	}
	entry->holder = 0;
	if (entry->holders)
		entry->holders--;
	return 0;
}

SEC("fexit/down")
int BPF_PROG(semaphore_down, void *semaphore)
{
	return semaphore_taken((u64)semaphore);
}

SEC("fexit/down_interruptible")
int BPF_PROG(semaphore_down_interruptible, void *semaphore, int result)
{
	return result ? 0 : semaphore_taken((u64)semaphore);
}

SEC("fexit/down_killable")
int BPF_PROG(semaphore_down_killable, void *semaphore, int result)
{
	return result ? 0 : semaphore_taken((u64)semaphore);
}

SEC("fexit/down_trylock")
int BPF_PROG(semaphore_down_trylock, void *semaphore, int result)
{
	return result ? 0 : semaphore_taken((u64)semaphore);
}

SEC("fexit/down_timeout")
int BPF_PROG(semaphore_down_timeout, void *semaphore, long timeout, int result)
{
	return result ? 0 : semaphore_taken((u64)semaphore);
}
