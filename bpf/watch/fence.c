/* SPDX-License-Identifier: GPL-2.0-only */
/* Fences: who waits for them, and who signals which timeline. */
#include "bpf/lib/interrupt.h"
#include "bpf/lib/started.h"
#include "bpf/lib/timelines.h"
#include "bpf/lib/wait.h"

/* ---- waits ------------------------------------------------------------------ */

static __always_inline u32 wait_flags(bool interruptible, long timeout)
{
	return (interruptible ? GW_WAIT_F_INTERRUPTIBLE : 0) | (timeout != LONG_MAX ? GW_WAIT_F_TIMEOUT : 0);
}

/*
 * Also passed when the fence is signalled already. The function around the
 * tracepoint would also tell whether the wait ends by itself, but an fentry
 * program there costs twice as much even when it does nothing: the iterator
 * finds the timer instead, see bpf/snapshot/timer.h.
 */
SEC("tp_btf/dma_fence_wait_start")
int BPF_PROG(fence_wait_start, struct dma_fence *fence)
{
	struct gw_wait wait = {};

	if (fence_flag(fence->flags, FENCE_SIGNALED))
		return 0;
	wait.kind = GW_WAIT_FENCE;
	wait.object = (u64)fence;
	wait.context = fence->context;
	wait.seqno = fence->seqno;
	wait_begin_for(ctx, &wait, (u64)fence->ops);
	return 0;
}

SEC("tp_btf/dma_fence_wait_end")
int BPF_PROG(fence_wait_end, struct dma_fence *fence)
{
	wait_end(GW_WAIT_FENCE, (u64)fence);
	return 0;
}

/* The verifier does not let a program load an argument that is a pointer to a pointer; a helper does. */
static __always_inline u64 argument(void *ctx, u32 i)
{
	u64 value = 0;

	bpf_get_func_arg(ctx, i, &value);
	return value;
}

SEC("fentry/dma_fence_wait_any_timeout")
int fence_wait_any_start(void *ctx)
{
	u64 timeout = argument(ctx, 3);
	struct gw_wait wait = {
		.kind = GW_WAIT_FENCE_ANY,
		.flags = wait_flags(argument(ctx, 2), timeout),
		.object = argument(ctx, 0),
		.count = argument(ctx, 1),
	};

	if (timeout)
		wait_begin_for(ctx, &wait, driver_operations_of(pointer_at(wait.object)));
	return 0;
}

SEC("fexit/dma_fence_wait_any_timeout")
int fence_wait_any_end(void *ctx)
{
	wait_end(GW_WAIT_FENCE_ANY, argument(ctx, 0));
	return 0;
}

/* The fence of the first of several syncobjs; 0 = it has none yet, or cannot be read. */
static __always_inline u64 syncobj_fence_of(u64 syncobjs)
{
	s32 offset = control.layout.syncobj_fence;

	return offset < 0 ? 0 : pointer_at(pointer_at(syncobjs) + offset);
}

/*
 * The drm module's own wait. Its last argument is a constant in all callers, so
 * that the compiler makes a variant of the function; the first five arguments
 * keep their registers.
 */
SEC("kprobe/drm_syncobj_array_wait_timeout")
int BPF_KPROBE(syncobj_wait_start, void *syncobjs, void *points, u32 count, u32 flags, long timeout)
{
	struct gw_wait wait = {
		.kind = GW_WAIT_SYNCOBJ,
		.flags = wait_flags(true, timeout) |
			 (flags & 1 ? GW_WAIT_F_ALL : 0) | /* DRM_SYNCOBJ_WAIT_FLAGS_WAIT_ALL */
			 (points ? GW_WAIT_F_POINTS : 0),
		.object = (u64)syncobjs,
		.seqno = (u64)points,
		.count = count,
	};

	if (timeout)
		wait_begin_for(ctx, &wait, driver_operations_of(syncobj_fence_of(wait.object)));
	return 0;
}

/* A return probe does not see the arguments; a task is in one such wait at most. */
SEC("kretprobe/drm_syncobj_array_wait_timeout")
int BPF_KRETPROBE(syncobj_wait_end)
{
	wait_end(GW_WAIT_SYNCOBJ, 0);
	return 0;
}

/*
 * poll(2) and select(2): a file's poll method registers and returns, and the
 * wait comes after all files' methods. It ends with poll_freewait(). epoll does
 * not call the method with a struct poll_wqueues of the task's own.
 */
static __always_inline void poll_begin(struct file *file, struct poll_table_struct *table, u32 flags)
{
	/* pt is the first member of struct poll_wqueues, which is on the caller's stack */
	struct poll_wqueues *waiter = (struct poll_wqueues *)table;
	struct gw_wait wait = {
		.kind = GW_WAIT_POLL,
		.flags = GW_WAIT_F_INTERRUPTIBLE | flags,
		.object = (u64)waiter,
		.context = (u64)file,
	};

	if (waiter && BPF_CORE_READ(waiter, polling_task) == bpf_get_current_task_btf())
		wait_begin(waiter, &wait);
}

SEC("fentry/sync_file_poll")
int BPF_PROG(sync_file_poll_start, struct file *file, struct poll_table_struct *table)
{
	struct sync_file *sync = file->private_data;

	if (!fence_flag(BPF_CORE_READ(sync, fence, flags), FENCE_SIGNALED))
		poll_begin(file, table, 0);
	return 0;
}

SEC("fentry/dma_buf_poll")
int BPF_PROG(dma_buf_poll_start, struct file *file, struct poll_table_struct *table)
{
	poll_begin(file, table, POLL_IS_DMA_BUF);
	return 0;
}

SEC("fentry/poll_freewait")
int BPF_PROG(poll_end, struct poll_wqueues *waiter)
{
	wait_end(GW_WAIT_POLL, (u64)waiter);
	return 0;
}

/* ---- signallers --------------------------------------------------------------- */

/* Timelines that lost their slot to another context, until they signal again. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, GW_EVICTED_MAX);
	__type(key, u64);
	__type(value, struct gw_timeline);
} evicted SEC(".maps");

/* Stays all zeroes: a timeline to begin with, too large for the stack. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct gw_timeline);
} no_timeline SEC(".maps");

/* What the running worker executes: what current_wq_worker() does. */
static __always_inline struct worker *current_worker(struct task_struct *task)
{
	struct kthread *kthread = task->worker_private;

	return BPF_CORE_READ(kthread, data);
}

static __always_inline void signaller_describe(struct gw_signaller *who, struct task_struct *task, u32 level)
{
	if (level) {
		who->kind = level & HARDIRQ_NMI_MASK ? GW_SIGNALLER_HARDIRQ : GW_SIGNALLER_SOFTIRQ;
		return;
	}
	who->kind = GW_SIGNALLER_TASK;
	who->task = (u64)task;
	who->pid = task->pid;
	who->flags = task->flags;
	who->start_ns = task->start_time;
	bpf_probe_read_kernel_str(who->comm, sizeof(who->comm), task->comm);
	if (task->flags & PF_WQ_WORKER) {
		struct worker *worker = current_worker(task);

		who->kind = GW_SIGNALLER_WORK;
		who->work = (u64)BPF_CORE_READ(worker, current_work);
		who->function = (u64)BPF_CORE_READ(worker, current_func);
	}
}

/* A work item is the same signaller whichever worker runs it, as long as its function is the same. */
static __always_inline bool signaller_equals(const struct gw_signaller *a, const struct gw_signaller *b)
{
	if (a->kind != b->kind)
		return false;
	if (a->kind == GW_SIGNALLER_TASK)
		return a->task == b->task && a->start_ns == b->start_ns;
	return a->function == b->function;
}

/* Gives the context its slot. The timeline that was there is kept aside if it looks like one that will be back. */
static __always_inline void take_slot(struct gw_timeline *timeline, u64 context)
{
	struct gw_timeline *back;
	u64 old = timeline->context;

	if (old) {
		control.evicted_timelines++;
		/* Contexts of a single fence, as of fence arrays, are not worth it. */
		if (timeline->changes || timeline->signallers[0].count > 1)
			bpf_map_update_elem(&evicted, &old, timeline, BPF_ANY);
	}
	back = bpf_map_lookup_elem(&evicted, &context);
	if (back) {
		*timeline = *back;
		return;
	}
	__builtin_memset(timeline, 0, sizeof(*timeline));
	timeline->context = context;
}

/* A driver with an item for each job has another one each time. */
static __always_inline void note_item(struct gw_timeline *timeline, u64 before, u64 now)
{
	if (before != now)
		timeline->items++;
}

/* Puts @who first; the others keep their order. */
static __always_inline void signaller_put_first(struct gw_timeline *timeline, const struct gw_signaller *who)
{
	struct gw_signaller *list = timeline->signallers;
	u64 count = 0, work = who->work;
	u32 errors = 0;
	int place = GW_SIGNALLERS - 1, i;

	for (i = GW_SIGNALLERS - 1; i >= 0; i--) {
		if (signaller_equals(&list[i], who)) {
			place = i;
			count = list[i].count;
			errors = list[i].errors;
			work = list[i].work;
		}
	}
	for (i = GW_SIGNALLERS - 1; i > 0; i--) {
		if (i <= place)
			list[i] = list[i - 1];
	}
	list[0] = *who;
	list[0].count = count + 1;
	list[0].errors += errors;
	note_item(timeline, work, who->work);
	if (place && list[1].kind != GW_SIGNALLER_NONE)
		timeline->changes++;
}

/*
 * Who signals for a driver, by its struct dma_fence_ops: all that is known of a
 * timeline that is new, as every timeline is in drivers that make one per job.
 */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, GW_DRIVERS_MAX);
	__type(key, u64);
	__type(value, struct gw_timeline);
} drivers SEC(".maps");

static __noinline int learn_of_driver(u64 ops, const struct gw_signaller *who)
{
	struct gw_timeline *driver;

	if (!who)
		return 0;
	driver = bpf_map_lookup_elem(&drivers, &ops);
	if (!driver) {
		u32 zero = 0;
		struct gw_timeline *empty = bpf_map_lookup_elem(&no_timeline, &zero);

		if (empty)
			bpf_map_update_elem(&drivers, &ops, empty, BPF_NOEXIST);
		driver = bpf_map_lookup_elem(&drivers, &ops);
	}
	if (!driver)
		return 0;
	driver->ops = ops;
	signaller_put_first(driver, who);
	return 0;
}

/* An item that has signalled may only be cleaning up: see struct gw_work_record. */
static __always_inline void note_signal_of_work(struct task_struct *task, u64 context)
{
	struct started *started = started_slot(task->pid);

	if (started)
		started->signalled =
			!started->signalled || started->signalled == context ? context : GW_SIGNALLED_SEVERAL;
}

static __noinline int learn(struct dma_fence *fence, struct task_struct *task)
{
	struct gw_signaller who = {};
	struct gw_timeline *timeline;
	u64 ops = (u64)fence->ops;
	u64 context = fence->context;

	/* Containers are signalled by whoever signals their last member: nothing to learn. */
	if (ops == control.symbols.array_ops || ops == control.symbols.chain_ops)
		return 0;
	timeline = timeline_slot(context);
	if (timeline->context != context)
		take_slot(timeline, context);
	timeline->ops = ops;
	timeline->seqno = fence->seqno;
	timeline->habit = 0;
	signaller_describe(&who, task, interrupt_level(task));
	who.errors = fence->error != 0;
	if (who.kind == GW_SIGNALLER_WORK)
		note_signal_of_work(task, context);
	signaller_put_first(timeline, &who);
	if (ops)
		learn_of_driver(ops, &who);
	return 0;
}

/* Whether the worker that runs is the one that signalled last, with the same function. Notes the present item. */
static __always_inline bool is_same_work(struct gw_timeline *timeline, struct task_struct *task)
{
	struct gw_signaller *latest = &timeline->signallers[0];
	struct worker *worker;
	u64 work;

	if (latest->task != (u64)task || !(task->flags & PF_WQ_WORKER))
		return false;
	worker = current_worker(task);
	if (latest->function != (u64)BPF_CORE_READ(worker, current_func))
		return false;
	work = (u64)BPF_CORE_READ(worker, current_work);
	note_item(timeline, latest->work, work);
	latest->work = work;
	return true;
}

static __always_inline bool is_same(struct gw_timeline *timeline, struct task_struct *task, u32 level)
{
	struct gw_signaller *latest = &timeline->signallers[0];

	if (level)
		return latest->kind == (level & HARDIRQ_NMI_MASK ? GW_SIGNALLER_HARDIRQ : GW_SIGNALLER_SOFTIRQ);
	if (latest->kind == GW_SIGNALLER_TASK)
		return latest->task == (u64)task && latest->pid == (u32)task->pid;
	return latest->kind == GW_SIGNALLER_WORK && is_same_work(timeline, task);
}

/*
 * Where the stack lies that @on_stack is on, the low half of that. Each task has a stack of its own, aligned to this or more, and an
 * interrupt on top of it another one; only what comes on top of user space has the task's on x86.
 */
static __always_inline u32 stack_of(const void *on_stack)
{
	u32 low = (u32)(u64)on_stack;

#ifdef __bpf__
	/* The verifier lets nobody mask a pointer. Half of one that has been copied is a number. */
	asm volatile("%0 = %1" : "=w"(low) : "w"((u32)(u64)on_stack));
#endif
	return low & ~0x3fffU;
}

static __noinline int look_closely(struct dma_fence *fence, u32 stack)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct gw_timeline *timeline = timeline_slot(fence->context);
	struct gw_signaller *latest = &timeline->signallers[0];

	if (timeline->context != fence->context || !is_same(timeline, task, interrupt_level(task)))
		return learn(fence, task);
	latest->count++;
	latest->errors += fence->error != 0;
	timeline->seqno = fence->seqno;
	if (latest->kind == GW_SIGNALLER_WORK)
		note_signal_of_work(task, fence->context);
	/* Whoever retires fences is looked at closely for good. */
	if (latest->kind == GW_SIGNALLER_TASK && latest->count >= GW_CLOSE_LOOKS && latest->errors < GW_CLOSE_LOOKS / 2)
		timeline->habit = stack;
	return 0;
}

/*
 * Passed by every fence: no map look-up, no clock, no helper, and as few
 * instructions as can be. A timeline nearly always has the same signaller as
 * before; the stack that this runs on shows that it has, and that it is no
 * interrupt on top of it.
 */
SEC("tp_btf/dma_fence_signaled")
int fence_signaled(u64 *ctx)
{
	struct dma_fence *fence = (struct dma_fence *)ctx[0];
	u64 context = fence->context;
	struct gw_timeline *timeline = timeline_slot(context);
	u32 stack = stack_of(ctx);

	barrier_var(timeline);
	if (timeline->context != context || timeline->habit != stack || !(timeline->signallers[0].count & 7))
		return look_closely(fence, stack);
	timeline->signallers[0].count++;
	return 0;
}
