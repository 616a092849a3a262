/* SPDX-License-Identifier: GPL-2.0-only */
/* WORK records: who executes a work item, or what it is queued behind. */
#ifndef GPUWATCH_BPF_SNAPSHOT_WORK_H
#define GPUWATCH_BPF_SNAPSHOT_WORK_H

#include "bpf/lib/started.h"
#include "bpf/lib/timelines.h"
#include "bpf/snapshot/output.h"

#define PWQS_MAX 64 /* of one work queue: one per CPU, or per group of them */

struct item {
	u64 work;
	u64 function; /* 0: as the item itself says */
	u64 pwq;
	u64 worker;
	u32 place;
	u32 position;
};

static __always_inline void read_active(struct gw_work_record *record)
{
	struct pool_workqueue *pwq = (void *)record->pwq;
	struct workqueue_struct *workqueue = (void *)record->workqueue;
	struct workqueue_struct___max_active *limits = (void *)workqueue;
	struct wq_node_nr_active *active;
	u64 list;
	s32 node;

	record->nr_active = BPF_CORE_READ(pwq, nr_active);
	if (bpf_core_field_exists(struct pool_workqueue___max_active, max_active)) {
		record->max_active = BPF_CORE_READ((struct pool_workqueue___max_active *)pwq, max_active);
		return;
	}
	record->max_active = BPF_CORE_READ(limits, max_active);
	if (!bpf_core_field_exists(struct workqueue_struct___max_active, node_nr_active) ||
	    !(BPF_CORE_READ(workqueue, flags) & WQ_UNBOUND))
		return;
	node = BPF_CORE_READ(pwq, pool, node);
	if (node < 0)
		bpf_probe_read_kernel(&node, sizeof(node), (void *)control.symbols.nr_node_ids);
	list = record->workqueue + bpf_core_field_offset(struct workqueue_struct___max_active, node_nr_active);
	active = (void *)read_u64(list + (u32)node * 8);
	if (!active)
		return;
	record->nr_active = BPF_CORE_READ(active, nr.counter);
	record->max_active = BPF_CORE_READ(active, max);
}

/*
 * Fills in the scratch area's record, but for where the item is. Not static: the verifier checks such a function once, and
 * not on each of the many paths to it.
 */
__noinline int describe_work(u64 address, u64 function, u64 pool_workqueue)
{
	struct work_struct *work = (void *)address;
	struct pool_workqueue *pwq = (void *)pool_workqueue;
	struct scratch *scratch = scratch_area();
	struct gw_work_record *record;

	if (!scratch)
		return 0;
	record = &scratch->work;
	__builtin_memset(record, 0, sizeof(*record));
	record->header.type = GW_RECORD_WORK;
	record->header.size = sizeof(*record);
	record->work = address;
	record->function = function ?: (u64)BPF_CORE_READ(work, func);
	record->pwq = pool_workqueue;
	if (pwq) {
		record->workqueue = (u64)BPF_CORE_READ(pwq, wq);
		BPF_CORE_READ_STR_INTO(&record->name, pwq, wq, name);
		read_active(record);
	}
	return 0;
}

static __noinline int emit_work(struct output *out, const struct item *item)
{
	struct gw_work_record *record = &out->scratch->work;

	if (out->scratch->work_count >= WORKS_PER_TASK)
		return 1;
	out->scratch->work_count++;
	describe_work(item->work, item->function, item->pwq);
	record->worker = item->worker;
	record->place = item->place;
	record->position = item->position;
	emit(out, record, sizeof(*record));
	return 0;
}

static __always_inline u64 work_data(u64 address)
{
	struct work_struct *work = (void *)address;

	return BPF_CORE_READ(work, data.counter);
}

/* The pool_workqueue that an item is queued on, 0 if it is not queued. */
static __always_inline u64 queued_on(u64 address)
{
	u64 data = work_data(address);

	return data & WORK_STRUCT_PWQ ? data & ~WORK_STRUCT_PWQ_FLAGS : 0;
}

static __always_inline u64 workqueue_of(u64 address)
{
	struct pool_workqueue *pwq = (void *)address;

	return pwq ? (u64)BPF_CORE_READ(pwq, wq) : 0;
}

/* Where items wait and no worker of the pool is idle: whose they are waiting for. */
static __noinline int emit_pool(struct output *out, u64 pool_workqueue)
{
	struct pool_workqueue *pwq = (void *)pool_workqueue;
	struct worker_pool *pool = BPF_CORE_READ(pwq, pool);
	u64 list = (u64)pool + bpf_core_field_offset(struct worker_pool, worklist);
	struct gw_pool_record record = {
		.header = { .type = GW_RECORD_POOL, .size = sizeof(record) },
		.pwq = pool_workqueue,
		.pool = (u64)pool,
	};

	if (!pool || BPF_CORE_READ(pool, nr_idle) || read_u64(list) == list)
		return 0;
	record.manager = (u64)BPF_CORE_READ(pool, manager, task);
	record.rescuer = (u64)BPF_CORE_READ(pwq, wq, rescuer, task);
	record.workers = BPF_CORE_READ(pool, nr_workers);
	emit(out, &record, sizeof(record));
	return 0;
}

/* A walk over a list of queued items. */
struct walk {
	struct output *out;
	u64 head;
	u64 entry;
	u64 workqueue; /* only items of this one */
	u32 place;
	u32 position;
};

static long walk_item(u32 i, void *context)
{
	struct walk *walk = context;
	struct item item = { .place = walk->place };

	walk->entry = read_u64(walk->entry);
	if (!walk->entry || walk->entry == walk->head)
		return 1;
	item.work = (u64)container_of(walk->entry, struct work_struct, entry);
	item.pwq = queued_on(item.work);
	item.position = walk->position++;
	if (workqueue_of(item.pwq) != walk->workqueue)
		return 0;
	return emit_work(walk->out, &item);
}

static __always_inline void walk_works(struct walk *walk, u64 head)
{
	walk->head = head;
	walk->entry = head;
	walk->position = 0;
	bpf_loop(LIST_WALK_MAX, walk_item, walk, 0);
}

struct search {
	u64 head;
	u64 entry;
	u64 wanted;
	u32 before;
	bool found;
};

static long search_item(u32 i, void *context)
{
	struct search *search = context;

	search->entry = read_u64(search->entry);
	if (!search->entry || search->entry == search->head)
		return 1;
	search->found = search->entry == search->wanted;
	search->before += !search->found;
	return search->found;
}

/* How many items are before @work on the list; 0, too, if it is not there. */
__noinline u32 position_on(u64 list, u64 work)
{
	struct search search = { .head = list, .entry = list };

	search.wanted = work + bpf_core_field_offset(struct work_struct, entry);
	bpf_loop(LIST_WALK_MAX, search_item, &search, 0);
	return search.found ? search.before : 0;
}

static __always_inline u64 inactive_list(u64 pwq)
{
	return pwq + bpf_core_field_offset(struct pool_workqueue, inactive_works);
}

static __always_inline u64 pool_list(u64 pwq)
{
	u64 pool = (u64)BPF_CORE_READ((struct pool_workqueue *)pwq, pool);

	return pool ? pool + bpf_core_field_offset(struct worker_pool, worklist) : 0;
}

/* The items of @workqueue that wait on @pwq: held back, then handed to the pool. */
static __noinline int emit_waiting_works(struct output *out, u64 pwq, u64 workqueue)
{
	struct walk walk = { .out = out, .workqueue = workqueue, .place = GW_WORK_INACTIVE };
	u64 list = pool_list(pwq);

	walk_works(&walk, inactive_list(pwq));
	walk.place = GW_WORK_QUEUED;
	if (list)
		walk_works(&walk, list);
	return 0;
}

/* What a worker executes, and what waits behind it in the same work queue. */
static __noinline int emit_worker(struct output *out, struct worker *worker, u64 task)
{
	struct item item = {
		.work = (u64)BPF_CORE_READ(worker, current_work),
		.function = (u64)BPF_CORE_READ(worker, current_func),
		.pwq = (u64)BPF_CORE_READ(worker, current_pwq),
		.worker = task,
		.place = GW_WORK_EXECUTING,
	};
	struct started *started;

	started = started_slot(BPF_CORE_READ((struct task_struct *)task, pid));
	if (!item.work)
		return 0;
	if (started && started->work == item.work)
		item.position = (u32)started->signalled;
	if (item.pwq)
		emit_pool(out, item.pwq);
	emit_work(out, &item);
	if (item.pwq)
		emit_waiting_works(out, item.pwq, workqueue_of(item.pwq));
	return 0;
}

/* Whom the CPU runs on whose pool the item is queued. An unbound pool's workers run on any CPU. */
static __always_inline u64 taken_by(u64 address)
{
	struct pool_workqueue *pwq = (void *)address;
	int cpu = BPF_CORE_READ(pwq, pool, cpu);
	const struct rq *rq;

	if (!&runqueues || cpu < 0)
		return 0;
	rq = bpf_per_cpu_ptr(&runqueues, cpu);
	return rq ? (u64)rq->curr : 0;
}

/*
 * Where an item is that somebody flushes, or that signals. IDLE also stands for one that a worker executes: its worker
 * tells.
 */
static __noinline int emit_item(struct output *out, u64 work)
{
	struct item item = { .work = work, .pwq = queued_on(work), .place = GW_WORK_IDLE };
	bool inactive = work_data(work) & WORK_STRUCT_INACTIVE;

	if (item.pwq) {
		item.place = inactive ? GW_WORK_INACTIVE : GW_WORK_QUEUED;
		if (!inactive) {
			item.worker = taken_by(item.pwq);
			emit_pool(out, item.pwq);
		}
		item.position = position_on(inactive ? inactive_list(item.pwq) : pool_list(item.pwq), work);
	} else if (work_data(work) & WORK_STRUCT_PENDING) {
		item.place = GW_WORK_DELAYED;
	}
	return emit_work(out, &item);
}

/* Where the items are that have signalled this timeline, unless their memory is something else's by now. */
static __noinline int emit_signalling_items(struct output *out, u64 context)
{
	struct gw_timeline *timeline = timeline_slot(context);
	u32 i;

	if (timeline->context != context)
		return 0;
	for (i = 0; i < GW_SIGNALLERS; i++) {
		const struct gw_signaller *who = &timeline->signallers[i];
		struct work_struct *work = (void *)who->work;

		if (who->kind == GW_SIGNALLER_WORK && work && (u64)BPF_CORE_READ(work, func) == who->function)
			emit_item(out, (u64)work);
	}
	return 0;
}

struct pwq_walk {
	struct output *out;
	u64 workqueue;
	u64 head;
	u64 entry;
};

static long walk_pwq(u32 i, void *context)
{
	struct pwq_walk *walk = context;

	walk->entry = read_u64(walk->entry);
	if (!walk->entry || walk->entry == walk->head)
		return 1;
	emit_waiting_works(walk->out, (u64)container_of(walk->entry, struct pool_workqueue, pwqs_node),
			   walk->workqueue);
	return 0;
}

/* Everything that waits in a work queue that somebody flushes. */
static __noinline int emit_flushed_workqueue(struct output *out, u64 workqueue)
{
	struct pwq_walk walk = { .out = out, .workqueue = workqueue };

	walk.head = workqueue + bpf_core_field_offset(struct workqueue_struct, pwqs);
	walk.entry = walk.head;
	bpf_loop(PWQS_MAX, walk_pwq, &walk, 0);
	return 0;
}

#endif
