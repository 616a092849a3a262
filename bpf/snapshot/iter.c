/* SPDX-License-Identifier: GPL-2.0-only */
/* The snapshot: walks all tasks and writes records of those that matter. */
#include "bpf/lib/started.h"
#include "bpf/lib/task-clock.h"
#include "bpf/lib/tries.h"
#include "bpf/lib/wait.h"
#include "bpf/snapshot/alarm.h"
#include "bpf/snapshot/entity.h"
#include "bpf/snapshot/fault.h"
#include "bpf/snapshot/fence.h"
#include "bpf/snapshot/inner.h"
#include "bpf/snapshot/lock.h"
#include "bpf/snapshot/page.h"
#include "bpf/snapshot/pending.h"
#include "bpf/snapshot/section.h"
#include "bpf/snapshot/timer.h"
#include "bpf/snapshot/work.h"

/*
 * Addresses that earlier passes met and that user space wants to know more of:
 * tasks, and work items or work queues whose workers are asked for.
 */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, GW_WANTED_MAX);
	__type(key, u64);
	__type(value, u8);
} wanted SEC(".maps");

static __always_inline bool is_wanted(u64 address)
{
	return address && bpf_map_lookup_elem(&wanted, &address);
}

static __always_inline bool is_on_cpu(struct task_struct *task)
{
	if (bpf_core_field_size(struct task_struct___on_cpu_u8, on_cpu) == 1)
		return BPF_CORE_READ((struct task_struct___on_cpu_u8 *)task, on_cpu);
	return BPF_CORE_READ((struct task_struct___on_cpu_int *)task, on_cpu);
}

/* Whatever the fatal signal was: the kernel then makes SIGKILL pending in each thread (complete_signal()). */
static __always_inline bool is_killed(struct task_struct *task)
{
	return BPF_CORE_READ(task, pending.signal.sig[0]) & (1UL << (SIGKILL_NUMBER - 1));
}

static __always_inline u32 task_flags(struct task_struct *task)
{
	u32 flags = 0;

	if (task->flags & PF_KTHREAD)
		flags |= GW_TASK_F_KTHREAD;
	if (task->flags & PF_WQ_WORKER)
		flags |= GW_TASK_F_WORKER;
	if ((task->flags & PF_EXITING) || task->exit_state)
		flags |= GW_TASK_F_EXITING;
	if (is_on_cpu(task))
		flags |= GW_TASK_F_ON_CPU;
	if (is_killed(task))
		flags |= GW_TASK_F_KILLED;
	return flags;
}

/* A worker's struct worker, NULL for other tasks. */
static __always_inline struct worker *worker_of(struct task_struct *task)
{
	struct kthread *kthread = task->worker_private;

	if (!(task->flags & PF_WQ_WORKER))
		return NULL;
	return BPF_CORE_READ(kthread, data);
}

static __always_inline bool list_is_empty(u64 list)
{
	return read_u64(list) == list;
}

/*
 * A kernel thread that works off a struct kthread_worker is between two items, and has none to come, as far as that is known by now.
 * Read in the order in which an item goes through them, without the worker's lock: else one might be missed on its way.
 * Not static: see describe_work(). 6.12 refuses a pointer to a task as the argument of such a function: so it is a number.
 */
__noinline u32 is_without_item(u64 address)
{
	struct kthread *kthread = BPF_CORE_READ((struct task_struct *)address, worker_private);
	struct kthread_worker *worker;

	if (!kthread || !control.symbols.kthread_worker_fn ||
	    (u64)BPF_CORE_READ(kthread, threadfn) != control.symbols.kthread_worker_fn)
		return 0;
	worker = BPF_CORE_READ(kthread, data);
	return worker && list_is_empty((u64)worker + bpf_core_field_offset(struct kthread_worker, delayed_work_list)) &&
	       list_is_empty((u64)worker + bpf_core_field_offset(struct kthread_worker, work_list)) &&
	       !BPF_CORE_READ(worker, current_work);
}

/* ---- filling a TASK record ---------------------------------------------------- */

static __always_inline u64 stack_pointer(struct task_struct *task)
{
#if defined(__TARGET_ARCH_arm64)
	return task->thread.cpu_context.sp;
#else
	return task->thread.sp;
#endif
}

/* Also those that are over, as long as the task has not noticed: it will subtract them. */
static __always_inline void count_standing(const struct task_entry *entry)
{
	u32 i;

	for (i = 0; i < GW_WAIT_DEPTH; i++) {
		if (i < entry->watch.depth && is_active(entry->watch.waits[i].kind))
			control.standing_waits++;
	}
}

/*
 * What the programs recorded, without waits that are surely over: a sleeping
 * task's stack cannot be shorter than where a standing wait began.
 */
static __always_inline void read_watch(struct gw_task_record *record, struct task_struct *task)
{
	struct task_entry *entry = bpf_task_storage_get(&tasks, task, NULL, 0);
	u32 i;

	__builtin_memset(&record->watch, 0, sizeof(record->watch));
	if (!entry)
		return;
	count_standing(entry);
	record->watch = entry->watch;
	/* Over, or never begun: see drm_section_start(). */
	if (record->watch.sections.drm_since_ns < control.unplugged_ns)
		record->watch.sections.drm_depth = 0;
	if (record->watch.depth > GW_WAIT_DEPTH)
		record->watch.depth = GW_WAIT_DEPTH;
	if (record->flags & GW_TASK_F_ON_CPU)
		return;
	for (i = 0; i < GW_WAIT_DEPTH; i++) {
		if (i < record->watch.depth && (s32)((u32)stack_pointer(task) - entry->marks[i]) > 0)
			record->watch.depth = i;
	}
}

/* Tasks that sleep for their own reasons are many, and nobody asks when they wake up. */
static __always_inline bool is_sleep_of_interest(const struct gw_task_record *record)
{
	if ((record->flags & GW_TASK_F_ON_CPU) || !(record->state & (TASK_INTERRUPTIBLE | TASK_UNINTERRUPTIBLE)))
		return false;
	return record->watch.depth || control.query.mode == GW_QUERY_WANTED || control.query.mode == GW_QUERY_READERS ||
	       (record->state & (TASK_UNINTERRUPTIBLE | TASK_NOLOAD)) == TASK_UNINTERRUPTIBLE;
}

/* What the hook of a wait could not see: how the task sleeps. */
static __always_inline void read_sleep(struct scratch *scratch, struct task_struct *task)
{
	struct gw_task_record *record = &scratch->task;
	u32 last, due_s;
	int timer;

	if (!is_sleep_of_interest(record))
		return;
	timer = find_timer(scratch, record->address, stack_pointer(task));
	due_s = timer == TIMER_PENDING ? timer_due_s(scratch) : 0;
	if (timer == TIMER_PENDING)
		record->flags |= due_s < GW_FAR_S ? GW_TASK_F_TIMER : GW_TASK_F_TIMER | GW_TASK_F_FAR;
	else if (timer == TIMER_NONE)
		record->flags |= GW_TASK_F_NO_TIMER;
	/* After these calls: with the depth read before them, 6.1 was seen to leave TIMEOUT out. */
	last = record->watch.depth - 1;
	if (last >= GW_WAIT_DEPTH)
		return;
	record->watch.waits[last].due_s = due_s;
	if (record->watch.waits[last].kind != GW_WAIT_FENCE)
		return;
	if (record->state & TASK_INTERRUPTIBLE)
		record->watch.waits[last].flags |= GW_WAIT_F_INTERRUPTIBLE;
	if (timer == TIMER_PENDING)
		record->watch.waits[last].flags |= GW_WAIT_F_TIMEOUT;
	else if (timer == TIMER_UNKNOWN)
		record->watch.waits[last].flags |= GW_WAIT_F_END_UNKNOWN;
}

/* Tries of one that waits for nothing else; so many of them are a loop. */
#define TRIES_MIN 3
#define TRIES_FRESH_NS 4000000000ULL /* it may be on a CPU without a breakpoint meanwhile */

static __always_inline void read_tries(struct gw_task_record *record)
{
	struct gw_tries *seen = bpf_map_lookup_elem(&tries, &record->address);
	struct gw_wait *wait = &record->watch.waits[0];

	if (!seen || record->watch.depth || seen->count < TRIES_MIN ||
	    seen->last_ns + TRIES_FRESH_NS < control.query.now_ns)
		return;
	__builtin_memset(wait, 0, sizeof(*wait));
	wait->kind = GW_WAIT_TRYLOCK;
	wait->flags = seen->flags;
	wait->object = seen->lock;
	wait->since_ns = seen->since_ns;
	wait->count = seen->count;
	record->watch.depth = 1;
}

static __always_inline void read_work(struct gw_sections *sections, struct task_struct *task)
{
	struct worker *worker = worker_of(task);
	struct started *started;

	if (!worker)
		return;
	sections->work = (u64)BPF_CORE_READ(worker, current_work);
	if (!sections->work)
		return;
	sections->work_function = (u64)BPF_CORE_READ(worker, current_func);
	sections->work_pwq = (u64)BPF_CORE_READ(worker, current_pwq);
	sections->workqueue = (u64)BPF_CORE_READ(worker, current_pwq, wq);
	started = started_slot(task->pid);
	if (started && started->work == sections->work)
		sections->work_since_ns = started->since_ns;
}

static __always_inline void read_user_registers(struct gw_task_record *record, struct task_struct *task)
{
	struct pt_regs *regs;

	record->user_ip = 0;
	record->user_syscall = ~0ULL;
	if (task->flags & PF_KTHREAD)
		return;
	regs = (struct pt_regs *)bpf_task_pt_regs(task);
	if (!regs)
		return;
#if defined(__TARGET_ARCH_arm64)
	record->user_ip = BPF_CORE_READ(regs, pc);
	record->user_syscall = (s64)BPF_CORE_READ(regs, syscallno);
#else
	record->user_ip = BPF_CORE_READ(regs, ip);
	record->user_syscall = BPF_CORE_READ(regs, orig_ax);
#endif
}

static __always_inline void read_blocker(struct gw_task_record *record, struct task_struct *task)
{
	struct task_struct___blocked_on *blocked = (void *)task;
	struct task_struct___blocker *blocker = (void *)task;
	u64 value = 0;

	if (bpf_core_field_exists(struct task_struct___blocker, blocker))
		value = BPF_CORE_READ(blocker, blocker);
	if (!value && bpf_core_field_exists(struct task_struct___blocked_on, blocked_on))
		value = (u64)BPF_CORE_READ(blocked, blocked_on);
	record->blocker = value & ~BLOCKER_TYPE_MASK;
	record->blocker_type = value & BLOCKER_TYPE_MASK;
}

/* At the latest, in CLOCK_MONOTONIC. Of all run queues only that of this CPU, which ticks, is up to date. */
static __noinline u64 last_ran(struct task_struct *task)
{
	const struct rq *its = bpf_per_cpu_ptr(&runqueues, task->thread_info.cpu);
	const struct rq *own = bpf_this_cpu_ptr(&runqueues);
	struct run_queue_clocks clocks;

	if (!its || !task->se.exec_start)
		return 0;
	clocks = (struct run_queue_clocks){ its->clock, its->clock_task };
	return task_clock_ran(task->se.exec_start, &clocks, own->clock, bpf_ktime_get_ns());
}

static __always_inline void read_identity(struct gw_task_record *record, struct task_struct *task)
{
	record->header.type = GW_RECORD_TASK;
	record->address = (u64)task;
	record->start_ns = task->start_time;
	record->pid = task->pid;
	record->tgid = task->tgid;
	record->state = task->__state;
	record->flags = task_flags(task);
	record->mm = (u64)task->mm;
	record->utime_ns = task->utime;
	record->switches = task->nvcsw + task->nivcsw;
	record->last_ran_ns = last_ran(task);
	bpf_probe_read_kernel_str(record->comm, sizeof(record->comm), task->comm);
	record->cgroup_id = BPF_CORE_READ(task, cgroups, dfl_cgrp, kn, id);
}

static __always_inline void read_stack(struct gw_task_record *record, struct task_struct *task)
{
	long size = 0;

	if (!(record->flags & GW_TASK_F_ON_CPU))
		size = bpf_get_task_stack(task, record->stack, sizeof(record->stack), 0);
	record->stack_depth = size > 0 ? size / sizeof(record->stack[0]) : 0;
}

/* ---- what a task waits for ------------------------------------------------------ */

static __always_inline int emit_wait(struct output *out, const struct gw_wait *wait)
{
	switch (wait->kind) {
	case GW_WAIT_FENCE:
	case GW_WAIT_POLL:
		return queue_fence(out->scratch, wait->object);
	case GW_WAIT_FENCE_ANY:
	case GW_WAIT_SYNCOBJ:
		return emit_wait_any(out, wait);
	case GW_WAIT_LOCK:
	case GW_WAIT_TRYLOCK:
		return emit_lock(out, wait->object, wait->flags);
	case GW_WAIT_ENTITY:
		return queue_fence(out->scratch, wait->context);
	case GW_WAIT_WORK:
		return emit_item(out, wait->object);
	case GW_WAIT_WORKQUEUE:
		return emit_flushed_workqueue(out, wait->object);
	case GW_WAIT_POWER:
	case GW_WAIT_POWER_CALL:
		return emit_plain_device(out, wait->object);
	}
	return 0;
}

/* As a callback the verifier walks through all this once, not once per wait. */
static long emit_nth_wait(u32 i, void *context)
{
	struct output *out = context;

	if (i < GW_WAIT_DEPTH)
		emit_wait(out, &out->scratch->task.watch.waits[i]);
	return 0;
}

/* Where the kernel itself says which lock a task is blocked on, it may be one that began unobserved. */
static __always_inline void emit_blocker(struct output *out, const struct gw_task_record *record)
{
	u32 flags = 0;

	if (!record->blocker)
		return;
	switch (record->blocker_type) {
	case BLOCKER_TYPE_MUTEX:
		flags = GW_LOCK_F_MUTEX;
		break;
	case BLOCKER_TYPE_RWSEM_READER:
		flags = GW_LOCK_F_READ;
		break;
	case BLOCKER_TYPE_RWSEM_WRITER:
		flags = GW_LOCK_F_WRITE;
		break;
	}
	emit_lock(out, record->blocker, flags);
}

static __always_inline void emit_objects(struct output *out, struct task_struct *task)
{
	struct gw_task_record *record = &out->scratch->task;
	struct worker *worker = worker_of(task);

	out->scratch->fence_count = 0;
	out->scratch->work_count = 0;
	bpf_loop(record->watch.depth, emit_nth_wait, out, 0);
	if (!record->watch.depth || record->watch.waits[0].kind != GW_WAIT_LOCK)
		emit_blocker(out, record);
	if (worker)
		emit_worker(out, worker, (u64)task);
	/* Fences queue more fences: the limit is their number, not their depth. */
	bpf_loop(FENCES_PER_TASK, emit_queued, out, 0);
}

static long resolve_nth_wait(u32 i, void *context)
{
	struct scratch *scratch = ((struct output *)context)->scratch;

	if (i >= GW_WAIT_DEPTH)
		return 1;
	if (scratch->task.watch.waits[i].kind == GW_WAIT_POLL)
		resolve_poll(&scratch->task.watch.waits[i]);
	else if (scratch->task.watch.waits[i].kind == GW_WAIT_ENTITY)
		resolve_entity(&scratch->task.watch.waits[i]);
	return 0;
}

static __always_inline void emit_activity(struct output *out, struct task_struct *task)
{
	struct gw_activity_record record = {
		.header = { .type = GW_RECORD_ACTIVITY, .size = sizeof(record) },
		.task = (u64)task,
	};
	struct task_entry *entry = bpf_task_storage_get(&tasks, task, NULL, 0);

	if (!entry || !entry->activity.kind)
		return;
	record.activity = entry->activity;
	emit(out, &record, sizeof(record));
}

/* Also of a task that runs: whoever waits behind the fault must see that it is being handled. */
static __always_inline void emit_fault_of(struct output *out, struct task_struct *task)
{
	struct gw_fault_record *record = &out->scratch->fault;
	struct task_entry *entry = bpf_task_storage_get(&tasks, task, NULL, 0);
	struct worker *worker = worker_of(task);

	__builtin_memset(record, 0, sizeof(*record));
	record->header.type = GW_RECORD_FAULT;
	record->header.size = sizeof(*record);
	record->task = (u64)task;
	if (entry)
		read_fault_of_hook(record, entry);
	if (worker || record->source)
		emit_fault(out, worker);
}

/* Sleeps for a while without a recorded wait: it may do so again and again. */
static __always_inline bool may_nap(const struct gw_task_record *record)
{
	return (record->flags & GW_TASK_F_TIMER) && (record->state & TASK_UNINTERRUPTIBLE) &&
	       (!record->watch.depth || record->watch.waits[0].kind == GW_WAIT_TRYLOCK);
}

/* What has a record and runs, now and then at least, may be what others wait for. */
static __always_inline void emit_running(struct output *out, struct task_struct *task)
{
	struct gw_running_record *record = &out->scratch->running;

	if (out->scratch->task.state && !may_nap(&out->scratch->task))
		return;
	__builtin_memset(record, 0, sizeof(*record));
	record->header.type = GW_RECORD_RUNNING;
	record->header.size = sizeof(*record);
	record->task = (u64)task;
	record->exec_ns = task->se.sum_exec_runtime;
	if (bpf_core_field_exists(task->thread_info.cpu))
		record->cpu = task->thread_info.cpu;
	emit(out, record, sizeof(*record));
}

static __always_inline void emit_task(struct output *out, struct task_struct *task)
{
	struct gw_task_record *record = &out->scratch->task;
	u32 size;

	if ((record->flags & (GW_TASK_F_KTHREAD | GW_TASK_F_WORKER)) == GW_TASK_F_KTHREAD &&
	    is_without_item(record->address))
		record->flags |= GW_TASK_F_NO_ITEM;
	read_sleep(out->scratch, task);
	read_page_wait(out->scratch, stack_pointer(task));
	read_tries(record);
	read_work(&record->watch.sections, task);
	read_user_registers(record, task);
	read_blocker(record, task);
	read_stack(record, task);
	bpf_loop(record->watch.depth, resolve_nth_wait, out, 0);
	size = record->stack_depth;
	if (size > GW_STACK_DEPTH)
		size = GW_STACK_DEPTH;
	size = __builtin_offsetof(struct gw_task_record, stack) + size * sizeof(record->stack[0]);
	record->header.size = size;
	emit(out, record, size);
	emit_inner(out);
	emit_alarm(out, task);
	emit_activity(out, task);
	emit_running(out, task);
	emit_sections(out, task);
	emit_objects(out, task);
}

static __always_inline void emit_present(struct output *out)
{
	struct gw_task_record *record = &out->scratch->task;
	struct gw_present_record present = {
		.header = { .type = GW_RECORD_PRESENT, .size = sizeof(present) },
		.address = record->address,
		.start_ns = record->start_ns,
		.pid = record->pid,
		.tgid = record->tgid,
		.state = record->state,
		.flags = record->flags,
	};

	__builtin_memcpy(present.comm, record->comm, sizeof(present.comm));
	emit(out, &present, sizeof(present));
}

/* ---- which tasks -------------------------------------------------------------------- */

static __always_inline bool is_blocked(const struct gw_task_record *record)
{
	if (record->watch.depth && record->watch.waits[0].since_ns + control.query.min_wait_ns <= control.query.now_ns)
		return true;
	/* Waits that nobody recorded: workers and other kernel threads that merely idle say so with NOLOAD. */
	return (record->state & (TASK_UNINTERRUPTIBLE | TASK_NOLOAD)) == TASK_UNINTERRUPTIBLE ||
	       (record->state & TASK_FROZEN);
}

/*
 * Whoever others may depend on without being blocked: in a section that drm_dev_unplug() would wait for, or executing a
 * work item.
 */
static __always_inline bool is_inside(const struct gw_task_record *record, struct task_struct *task)
{
	struct worker *worker = worker_of(task);

	return record->watch.sections.drm_depth || (worker && BPF_CORE_READ(worker, current_work));
}

static __always_inline bool works_on_wanted(struct task_struct *task)
{
	struct worker *worker = worker_of(task);

	return worker && (is_wanted((u64)BPF_CORE_READ(worker, current_work)) ||
			  is_wanted((u64)BPF_CORE_READ(worker, current_pwq, wq)));
}

/*
 * Sleeps interruptibly, or idle, in a function of a module: such a task has no record, as most of them wait for work to come, but it
 * may hold for reading what others wait for, or have been left a lock. Reads all such tasks' stacks: asked for only where that may
 * be in somebody's way.
 */
static __always_inline bool may_read(struct gw_task_record *record, struct task_struct *task)
{
	u64 begin = control.query.modules_begin, end = control.query.modules_end;
	u32 i;

	if (!(record->state & (TASK_INTERRUPTIBLE | TASK_NOLOAD)) || is_blocked(record) || is_inside(record, task))
		return false;
	read_stack(record, task);
	for (i = 0; i < GW_STACK_DEPTH; i++) {
		if (i >= record->stack_depth)
			return false;
		if (record->stack[i] >= begin && record->stack[i] < end)
			return true;
	}
	return false;
}

static __always_inline bool is_of_interest(struct gw_task_record *record, struct task_struct *task)
{
	switch (control.query.mode) {
	case GW_QUERY_WANTED:
		return true; /* it was asked for */
	case GW_QUERY_READERS:
		return may_read(record, task);
	case GW_QUERY_FULL:
		return record->state || is_blocked(record) || is_inside(record, task);
	default:
		return is_blocked(record) || is_inside(record, task);
	}
}

/* The kernel log has a clock of its own, which is the one that the scheduler updates with each tick. */
static __noinline int emit_clock(struct output *out)
{
	struct gw_clock_record record = { .header = { .type = GW_RECORD_CLOCK, .size = sizeof(record) } };
	const struct rq *own;

	if (!&runqueues)
		return 0;
	own = bpf_this_cpu_ptr(&runqueues);
	record.mono_ns = bpf_ktime_get_ns();
	record.log_ns = own->clock;
	emit(out, &record, sizeof(record));
	return 0;
}

/* After the last task. */
static __always_inline int emit_last(struct output *out)
{
	if (control.query.mode == GW_QUERY_WANTED)
		return 0;
	if (control.query.mode != GW_QUERY_BLOCKED)
		emit_hrtimers(out);
	if (control.query.mode == GW_QUERY_READERS)
		return 0;
	emit_clock(out);
	return emit_timers(out);
}

SEC("iter/task")
int snapshot_tasks(struct bpf_iter__task *ctx)
{
	struct task_struct *task = ctx->task;
	struct output out = {};

	out.scratch = scratch_area();
	out.seq = ctx->meta->seq;
	if (!out.scratch)
		return 0;
	if (!task)
		return emit_last(&out);
	if (control.query.mode == GW_QUERY_WANTED && !is_wanted((u64)task) && !works_on_wanted(task))
		return 0;
	read_identity(&out.scratch->task, task);
	read_watch(&out.scratch->task, task);
	if (is_of_interest(&out.scratch->task, task))
		emit_task(&out, task);
	else if (control.query.mode == GW_QUERY_READERS)
		return 0;
	else
		emit_present(&out);
	emit_fault_of(&out, task);
	return 0;
}
