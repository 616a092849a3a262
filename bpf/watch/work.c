/* SPDX-License-Identifier: GPL-2.0-only */
/* Work items and other things that one task does for another: flushes, completions, kthread_stop(). */
#include "bpf/lib/started.h"
#include "bpf/lib/wait.h"

/*
 * Every work item passes here. Who runs which item is read from struct worker
 * when somebody asks; only the begin is nowhere in the kernel.
 */
SEC("tp_btf/workqueue_execute_start")
int BPF_PROG(work_start, struct work_struct *work)
{
	struct started *started = started_slot((u32)bpf_get_current_pid_tgid());

	if (!started)
		return 0;
	started->work = (u64)work;
	started->since_ns = bpf_ktime_get_ns();
	started->signalled = 0;
	return 0;
}

static __always_inline int flush_begin(void *hook, struct work_struct *work)
{
	struct gw_wait wait = {
		.kind = GW_WAIT_WORK,
		.object = (u64)work,
		.context = (u64)work->func,
	};

	wait_begin(hook, &wait);
	return 0;
}

/*
 * __flush_work() is common to flushing and cancelling, but 6.1's flush_work()
 * has it inlined. Where it has not, the same wait begins twice, which counts
 * once.
 */
SEC("fentry/flush_work")
int BPF_PROG(flush_work_start, struct work_struct *work)
{
	return flush_begin(ctx, work);
}

SEC("fexit/flush_work")
int BPF_PROG(flush_work_end, struct work_struct *work)
{
	wait_end(GW_WAIT_WORK, (u64)work);
	return 0;
}

SEC("fentry/__flush_work")
int BPF_PROG(cancel_work_start, struct work_struct *work)
{
	return flush_begin(ctx, work);
}

SEC("fexit/__flush_work")
int BPF_PROG(cancel_work_end, struct work_struct *work)
{
	wait_end(GW_WAIT_WORK, (u64)work);
	return 0;
}

SEC("fentry/__flush_workqueue")
int BPF_PROG(flush_workqueue_start, struct workqueue_struct *workqueue)
{
	struct gw_wait wait = {
		.kind = GW_WAIT_WORKQUEUE,
		.object = (u64)workqueue,
	};

	wait_begin(ctx, &wait);
	return 0;
}

SEC("fexit/__flush_workqueue")
int BPF_PROG(flush_workqueue_end, struct workqueue_struct *workqueue)
{
	wait_end(GW_WAIT_WORKQUEUE, (u64)workqueue);
	return 0;
}

/*
 * The function that all waits for completions share is "inline", which means
 * notrace. These are the two that can wait for ever and that a signal does not
 * end, but for a deadly one.
 */
static __always_inline int completion_begin(void *hook, u64 completion)
{
	struct gw_wait wait = {
		.kind = GW_WAIT_COMPLETION,
		.object = completion,
	};

	wait_begin(hook, &wait);
	return 0;
}

SEC("fentry/wait_for_completion")
int BPF_PROG(completion_wait_start, void *completion)
{
	return completion_begin(ctx, (u64)completion);
}

SEC("fexit/wait_for_completion")
int BPF_PROG(completion_wait_end, void *completion)
{
	wait_end(GW_WAIT_COMPLETION, (u64)completion);
	return 0;
}

SEC("fentry/wait_for_completion_killable")
int BPF_PROG(completion_wait_killable_start, void *completion)
{
	return completion_begin(ctx, (u64)completion);
}

SEC("fexit/wait_for_completion_killable")
int BPF_PROG(completion_wait_killable_end, void *completion)
{
	wait_end(GW_WAIT_COMPLETION, (u64)completion);
	return 0;
}

/*
 * Drivers wait for their device so, and do it again when the time is over. Waits
 * at the same depth that follow each other within a second are one, which began
 * with the first of them.
 */
#define AGAIN_NS 1000000000ULL

SEC("fentry/wait_for_completion_timeout")
int BPF_PROG(completion_wait_timeout_start, void *completion)
{
	struct gw_wait wait = {
		.kind = GW_WAIT_COMPLETION,
		.flags = GW_WAIT_F_TIMEOUT,
		.object = (u64)completion,
	};

	wait_begin(ctx, &wait);
	wait_continue(GW_WAIT_COMPLETION, AGAIN_NS);
	return 0;
}

SEC("fexit/wait_for_completion_timeout")
int BPF_PROG(completion_wait_timeout_end, void *completion, unsigned long timeout, unsigned long left)
{
	if (!left)
		wait_expire(GW_WAIT_COMPLETION);
	wait_end(GW_WAIT_COMPLETION, (u64)completion);
	return 0;
}

SEC("fentry/kthread_park")
int BPF_PROG(kthread_park_start, struct task_struct *task)
{
	struct gw_wait wait = {
		.kind = GW_WAIT_PARK,
		.object = (u64)task,
	};

	wait_begin(ctx, &wait);
	return 0;
}

SEC("fexit/kthread_park")
int BPF_PROG(kthread_park_end, struct task_struct *task)
{
	wait_end(GW_WAIT_PARK, (u64)task);
	return 0;
}

SEC("fentry/kthread_stop")
int BPF_PROG(kthread_stop_start, struct task_struct *task)
{
	struct gw_wait wait = {
		.kind = GW_WAIT_TASK,
		.object = (u64)task,
	};

	wait_begin(ctx, &wait);
	return 0;
}

SEC("fexit/kthread_stop")
int BPF_PROG(kthread_stop_end, struct task_struct *task)
{
	wait_end(GW_WAIT_TASK, (u64)task);
	return 0;
}

/* ---- threads that have a queue of their own, struct kthread_worker --------------- */

static __always_inline int thread_work_begin(void *hook, struct kthread_worker *worker, u64 function)
{
	struct gw_wait wait = {
		.kind = GW_WAIT_THREAD_WORK,
		.context = function,
	};

	if (worker)
		wait.object = (u64)BPF_CORE_READ(worker, task);
	/* An item that was never queued, or a worker without a thread. */
	if (wait.object)
		wait_begin(hook, &wait);
	return 0;
}

static __always_inline int thread_item_begin(void *hook, struct kthread_work *work)
{
	return thread_work_begin(hook, BPF_CORE_READ(work, worker), (u64)BPF_CORE_READ(work, func));
}

static __always_inline int thread_work_end(void)
{
	wait_end(GW_WAIT_THREAD_WORK, 0);
	return 0;
}

SEC("fentry/kthread_flush_worker")
int BPF_PROG(thread_flush_worker_start, struct kthread_worker *worker)
{
	return thread_work_begin(ctx, worker, 0);
}

SEC("fexit/kthread_flush_worker")
int BPF_PROG(thread_flush_worker_end)
{
	return thread_work_end();
}

SEC("fentry/kthread_flush_work")
int BPF_PROG(thread_flush_work_start, struct kthread_work *work)
{
	return thread_item_begin(ctx, work);
}

SEC("fexit/kthread_flush_work")
int BPF_PROG(thread_flush_work_end)
{
	return thread_work_end();
}

SEC("fentry/kthread_cancel_work_sync")
int BPF_PROG(thread_cancel_work_start, struct kthread_work *work)
{
	return thread_item_begin(ctx, work);
}

SEC("fexit/kthread_cancel_work_sync")
int BPF_PROG(thread_cancel_work_end)
{
	return thread_work_end();
}
