/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * ALARM records: whether something of the process's own sends a signal to a task whose sleep a signal ends. Whether the signal is
 * blocked or ignored is not asked: then one that does nothing counts, too.
 */
#ifndef GPUWATCH_BPF_SNAPSHOT_ALARM_H
#define GPUWATCH_BPF_SNAPSHOT_ALARM_H

#include "bpf/snapshot/output.h"
#include "bpf/snapshot/timer.h"

#define ALARMS_MAX 64 /* POSIX timers of one process that are looked at */

/* include/uapi/asm-generic/siginfo.h, include/uapi/linux/time.h */
#define SIGEV_NONE 1
#define CLOCK_REALTIME 0
#define CLOCK_BOOTTIME 7
#define CLOCK_TAI 11

struct alarm_walk {
	struct gw_alarm_record record;
	u64 begin; /* the list's head, at which one that is a ring ends */
	u64 node;
	u32 threads;
};

static __always_inline bool is_queued(struct hrtimer *timer)
{
	struct hrtimer___queued *newer = (void *)timer;

	if (bpf_core_field_exists(timer->state))
		return BPF_CORE_READ(timer, state) & 1; /* HRTIMER_STATE_ENQUEUED */
	if (bpf_core_field_exists(newer->is_queued))
		return BPF_CORE_READ(newer, is_queued);
	return true;
}

static __always_inline void note_armed(struct gw_alarm_record *record, struct hrtimer *timer)
{
	u64 expires_ns = BPF_CORE_READ(timer, _softexpires);

	if (!is_queued(timer))
		return;
	record->flags |= GW_ALARM_F_ARMED;
	if (BPF_CORE_READ(timer, base, clockid) == MONOTONIC &&
	    (!record->expires_ns || expires_ns < record->expires_ns))
		record->expires_ns = expires_ns;
}

/* Those of CPU time go on only while other threads run. One that wakes up a suspended machine is taken for armed. */
static __always_inline void note_posix_timer(struct alarm_walk *walk, struct k_itimer *timer)
{
	s32 clock = BPF_CORE_READ(timer, it_clock);

	if (BPF_CORE_READ(timer, it_sigev_notify) == SIGEV_NONE)
		return;
	if (clock == CLOCK_REALTIME || clock == MONOTONIC || clock == CLOCK_BOOTTIME || clock == CLOCK_TAI)
		note_armed(&walk->record, (void *)((u64)timer + bpf_core_field_offset(struct k_itimer, it.real.timer)));
	else if (clock > MONOTONIC && clock <= 3)
		walk->record.flags |= walk->threads > 1 ? GW_ALARM_F_CPU_TIME : 0;
	else
		walk->record.flags |= GW_ALARM_F_ARMED;
}

static long walk_alarm(u32 i, void *context)
{
	struct alarm_walk *walk = context;

	if (!walk->node || walk->node == walk->begin)
		return 1;
	note_posix_timer(walk, (void *)(walk->node - bpf_core_field_offset(struct k_itimer, list)));
	walk->node = read_u64(walk->node);
	return 0;
}

static __always_inline bool is_ended_by_signal(const struct gw_task_record *record)
{
	return !(record->flags & (GW_TASK_F_KTHREAD | GW_TASK_F_ON_CPU)) &&
	       (record->state & (TASK_INTERRUPTIBLE | TASK_WAKEKILL));
}

static __noinline int emit_alarm(struct output *out, struct task_struct *task)
{
	struct signal_struct *signal = BPF_CORE_READ(task, signal);
	struct alarm_walk walk = {
		.record.header = { .type = GW_RECORD_ALARM, .size = sizeof(walk.record) },
		.record.task = (u64)task,
		.begin = (u64)signal + bpf_core_field_offset(struct signal_struct, posix_timers),
		.threads = BPF_CORE_READ(signal, nr_threads),
	};
	u64 pending = BPF_CORE_READ(task, pending.signal.sig[0]) | BPF_CORE_READ(signal, shared_pending.signal.sig[0]);

	if (!is_ended_by_signal(&out->scratch->task) || !signal)
		return 0;
	if (pending & ~BPF_CORE_READ(task, blocked.sig[0]))
		walk.record.flags |= GW_ALARM_F_PENDING;
	if (walk.threads > 1 && BPF_CORE_READ(signal, posix_cputimers.timers_active))
		walk.record.flags |= GW_ALARM_F_CPU_TIME;
	note_armed(&walk.record, (void *)((u64)signal + bpf_core_field_offset(struct signal_struct, real_timer)));
	walk.node = read_u64(walk.begin);
	bpf_loop(ALARMS_MAX, walk_alarm, &walk, 0);
	if (walk.node && walk.node != walk.begin)
		walk.record.flags |= GW_ALARM_F_UNKNOWN;
	emit(out, &walk.record, sizeof(walk.record));
	return 0;
}

#endif
