/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * FENCE records: fences, what they are made of, and what they depend on. A
 * queue takes the place of recursion.
 */
#ifndef GPUWATCH_BPF_SNAPSHOT_FENCE_H
#define GPUWATCH_BPF_SNAPSHOT_FENCE_H

#include "bpf/snapshot/fault.h"
#include "bpf/snapshot/getter.h"
#include "bpf/snapshot/output.h"
#include "bpf/snapshot/reset.h"
#include "bpf/snapshot/work.h"

struct seen {
	struct scratch *scratch;
	u64 fence;
	bool found;
};

static long find_fence(u32 i, void *context)
{
	struct seen *seen = context;

	if (i >= FENCES_PER_TASK)
		return 1;
	seen->found = seen->scratch->fences[i] == seen->fence;
	return seen->found;
}

/* Asks for a record of @fence, unless this task has one already or too many. */
static __noinline int queue_fence(struct scratch *scratch, u64 fence)
{
	struct seen seen = { .scratch = scratch, .fence = fence };
	u32 count = scratch->fence_count;

	if (!fence || count >= FENCES_PER_TASK)
		return 0;
	bpf_loop(count, find_fence, &seen, 0);
	if (seen.found)
		return 0;
	scratch->fences[count] = fence;
	scratch->fence_count = count + 1;
	return 0;
}

static long queue_member(u32 i, void *context)
{
	struct scratch *scratch = ((struct output *)context)->scratch;

	if (i < GW_FENCE_MEMBERS)
		queue_fence(scratch, scratch->fence.members[i]);
	return 0;
}

/* Queues the present record's members. */
static __always_inline void queue_members(struct output *out)
{
	bpf_loop(out->scratch->fence.member_count, queue_member, out, 0);
}

/* Members from an array of @count pointers at @fences. */
static __always_inline void read_members(struct gw_fence_record *record, u64 fences, u32 count)
{
	if (count > GW_FENCE_MEMBERS) {
		record->flags |= GW_FENCE_F_CUT;
		count = GW_FENCE_MEMBERS;
	}
	record->member_count = count;
	bpf_probe_read_kernel(record->members, count * sizeof(record->members[0]), (const void *)fences);
}

static __always_inline bool is_signaled(u64 fence)
{
	struct dma_fence *address = (void *)fence;

	return fence_flag(BPF_CORE_READ(address, flags), FENCE_SIGNALED);
}

#define ARRAY_WALK_MAX 1024

struct pick {
	struct gw_fence_record *record;
	u64 fences;
};

static long pick_unsignaled(u32 i, void *context)
{
	struct pick *pick = context;
	struct gw_fence_record *record = pick->record;
	u64 fence = read_u64(pick->fences + i * 8);
	u32 count = record->member_count;

	if (!fence || is_signaled(fence))
		return 0;
	if (count >= GW_FENCE_MEMBERS) {
		record->flags |= GW_FENCE_F_CUT;
		return 1;
	}
	record->members[count] = fence;
	record->member_count = count + 1;
	return 0;
}

/* The same where there are too many for a record: those that are not signalled, for nothing else is waited for. */
static __always_inline void read_array_members(struct gw_fence_record *record, u64 fences, u32 count)
{
	struct pick pick = { .record = record, .fences = fences };

	if (count <= GW_FENCE_MEMBERS) {
		read_members(record, fences, count);
		return;
	}
	if (count > ARRAY_WALK_MAX)
		record->flags |= GW_FENCE_F_CUT;
	bpf_loop(count < ARRAY_WALK_MAX ? count : ARRAY_WALK_MAX, pick_unsignaled, &pick, 0);
}

struct unsignaled {
	struct gw_fence_record *record;
	s32 count;
};

static long count_unsignaled(u32 i, void *context)
{
	struct unsignaled *unsignaled = context;

	if (i < GW_FENCE_MEMBERS && !is_signaled(unsignaled->record->members[i]))
		unsignaled->count++;
	return 0;
}

/* An array that is done with its first member counts down from one, whatever it has. */
static __always_inline void read_array(struct gw_fence_record *record)
{
	struct unsignaled unsignaled = { .record = record };
	struct dma_fence *base = (void *)record->address;
	struct dma_fence_array *array = container_of(base, struct dma_fence_array, base);
	s32 pending = BPF_CORE_READ(array, num_pending.counter);

	record->kind = GW_FENCE_ARRAY;
	read_array_members(record, (u64)BPF_CORE_READ(array, fences), BPF_CORE_READ(array, num_fences));
	bpf_loop(record->member_count, count_unsignaled, &unsignaled, 0);
	if (pending < unsignaled.count)
		record->flags |= GW_FENCE_F_ANY;
}

static __always_inline void read_chain(struct gw_fence_record *record)
{
	struct dma_fence *base = (void *)record->address;
	struct dma_fence_chain *chain = container_of(base, struct dma_fence_chain, base);

	record->kind = GW_FENCE_CHAIN;
	record->member_count = 2;
	record->members[0] = (u64)BPF_CORE_READ(chain, fence);
	record->members[1] = (u64)BPF_CORE_READ(chain, prev);
}

/* ---- drm_sched ------------------------------------------------------------------ */

#define RUN_QUEUES_MAX 16
#define ENTITIES_MAX 256

/* The search for the entity of a job among those that its scheduler serves. */
struct entity_search {
	u64 fence_context;
	u64 run_queues; /* of an array of run queues, or of pointers to them */
	bool pointers;
	u64 head; /* the list of the present run queue */
	u64 entry;
	u64 entity;
};

static long try_entity(u32 i, void *context)
{
	struct entity_search *search = context;
	u64 entity;

	search->entry = read_u64(search->entry);
	if (!search->entry || search->entry == search->head)
		return 1;
	entity = search->entry - control.layout.entity_list;
	if (read_member(entity, control.layout.entity_fence_context) != search->fence_context)
		return 0;
	search->entity = entity;
	return 1;
}

static long try_run_queue(u32 i, void *context)
{
	struct entity_search *search = context;
	u64 queue = search->run_queues;

	queue = search->pointers ? read_u64(queue + i * 8) : queue + i * control.layout.rq_size;
	if (!queue)
		return 1;
	search->head = queue + control.layout.rq_entities;
	search->entry = search->head;
	bpf_loop(ENTITIES_MAX, try_entity, search, 0);
	return search->entity != 0;
}

/* What the job's entity waits for before it hands out its next job. */
__noinline u64 entity_dependency(u64 scheduler, u64 fence_context)
{
	const struct gw_layout *layout = &control.layout;
	struct entity_search search = { .fence_context = fence_context };
	u32 count = 0;

	if (layout->scheduler_rq < 0 || layout->rq_entities < 0 || layout->entity_list < 0 ||
	    layout->entity_fence_context < 0)
		return 0;
	search.run_queues = scheduler + layout->scheduler_rq;
	if (layout->scheduler_num_rqs >= 0) {
		search.pointers = true;
		search.run_queues = read_u64(search.run_queues);
		bpf_probe_read_kernel(&count, sizeof(count), (void *)(scheduler + layout->scheduler_num_rqs));
	} else {
		count = layout->scheduler_rq_count;
	}
	if (!search.run_queues)
		return 0;
	bpf_loop(count < RUN_QUEUES_MAX ? count : RUN_QUEUES_MAX, try_run_queue, &search, 0);
	return read_member(search.entity, layout->entity_dependency);
}

/* The hardware has as many jobs as it takes. */
static __always_inline bool scheduler_is_full(u64 scheduler)
{
	u32 limit = 0, count = 0;

	if (control.layout.scheduler_limit < 0 || control.layout.scheduler_count < 0)
		return false;
	bpf_probe_read_kernel(&limit, sizeof(limit), (void *)(scheduler + control.layout.scheduler_limit));
	bpf_probe_read_kernel(&count, sizeof(count), (void *)(scheduler + control.layout.scheduler_count));
	return limit && count >= limit;
}

/* The finished fence of the oldest job that the hardware has; 0: none, or its timeout handler has taken it off the list. */
__noinline u64 scheduler_oldest_job(u64 scheduler)
{
	const struct gw_layout *layout = &control.layout;
	u64 list, first, fence;

	if (layout->scheduler_pending_list < 0 || layout->job_list < 0 || layout->sched_fence_finished < 0)
		return 0;
	list = scheduler + layout->scheduler_pending_list;
	first = read_u64(list);
	if (!first || first == list)
		return 0;
	fence = read_member(first - layout->job_list, layout->job_fence);
	return fence ? fence + layout->sched_fence_finished : 0;
}

/* A job that is not on the hardware yet, although its entity waits for nothing. */
static __always_inline void read_room(struct gw_fence_record *record)
{
	if (record->dependency || (record->flags & (GW_FENCE_F_PUSHED | GW_FENCE_F_SIGNALED)) ||
	    !scheduler_is_full(record->scheduler))
		return;
	record->flags |= GW_FENCE_F_NO_ROOM;
	record->dependency = scheduler_oldest_job(record->scheduler);
}

static __always_inline void read_sched(struct gw_fence_record *record, u32 kind)
{
	const struct gw_layout *layout = &control.layout;
	s32 offset = kind == GW_FENCE_SCHED_FINISHED ? layout->sched_fence_finished : layout->sched_fence_scheduled;
	u64 job;

	if (offset < 0)
		return;
	job = record->address - offset;
	record->kind = kind;
	record->scheduler = read_member(job, layout->sched_fence_sched);
	if (!record->scheduler)
		return;
	record->sched_task = read_member(record->scheduler, layout->scheduler_thread);
	if (layout->scheduler_work_run_job >= 0)
		record->sched_work = record->scheduler + layout->scheduler_work_run_job;
	if (kind == GW_FENCE_SCHED_FINISHED) {
		record->member_count = 1;
		record->members[0] = read_member(job, layout->sched_fence_parent);
		if (layout->sched_fence_scheduled >= 0 && is_signaled(job + layout->sched_fence_scheduled))
			record->flags |= GW_FENCE_F_PUSHED;
	}
	/* drm_sched_fence_init(): finished is in the context after the entity's own. */
	record->dependency = entity_dependency(record->scheduler, record->context - (kind == GW_FENCE_SCHED_FINISHED));
	read_room(record);
	bpf_probe_read_kernel_str(record->timeline, sizeof(record->timeline),
				  (void *)read_member(record->scheduler, layout->scheduler_name));
	__builtin_memcpy(record->driver, "drm_sched", sizeof("drm_sched"));
}

/* ---- names ---------------------------------------------------------------------- */

/* By the getters' code; then remembered for the timeline, whose other fences need not be followed any more. */
static __always_inline void read_names(struct gw_fence_record *record, struct dma_fence_ops *ops)
{
	struct gw_fence_names *known, found = {};
	u64 context = record->context;
	int unsettled;

	if (record->driver[0] || !ops)
		return;
	known = bpf_map_lookup_elem(&names, &context);
	if (known) {
		__builtin_memcpy(record->driver, known->driver, sizeof(record->driver));
		__builtin_memcpy(record->timeline, known->timeline, sizeof(record->timeline));
		return;
	}
	unsettled = read_getter((u64)BPF_CORE_READ(ops, get_driver_name), record->address, found.driver);
	unsettled |= read_getter((u64)BPF_CORE_READ(ops, get_timeline_name), record->address, found.timeline);
	if (!found.driver[0])
		return;
	__builtin_memcpy(record->driver, found.driver, sizeof(record->driver));
	__builtin_memcpy(record->timeline, found.timeline, sizeof(record->timeline));
	if (!unsettled)
		bpf_map_update_elem(&names, &context, &found, BPF_ANY);
}

/* ---- records -------------------------------------------------------------------- */

static __always_inline struct gw_fence_record *new_fence_record(struct output *out, u64 address)
{
	struct gw_fence_record *record = &out->scratch->fence;

	__builtin_memset(record, 0, sizeof(*record));
	record->header.type = GW_RECORD_FENCE;
	record->header.size = sizeof(*record);
	record->address = address;
	return record;
}

static __noinline int emit_fence(struct output *out, u64 address)
{
	struct gw_fence_record *record = new_fence_record(out, address);
	struct dma_fence *fence = (void *)address;
	struct dma_fence_ops *ops;
	unsigned long flags = BPF_CORE_READ(fence, flags);

	record->context = BPF_CORE_READ(fence, context);
	record->seqno = BPF_CORE_READ(fence, seqno);
	record->ops = (u64)BPF_CORE_READ(fence, ops);
	ops = (void *)record->ops;
	if (ops) {
		record->ops_driver = (u64)BPF_CORE_READ(ops, get_driver_name);
		if (BPF_CORE_READ(ops, signaled))
			record->flags |= GW_FENCE_F_POLLED;
	}
	if (fence_flag(flags, FENCE_SIGNALED))
		record->flags |= GW_FENCE_F_SIGNALED;
	if (fence_flag(flags, FENCE_ENABLED))
		record->flags |= GW_FENCE_F_ENABLED;
	if (record->ops && record->ops == control.symbols.array_ops)
		read_array(record);
	else if (record->ops && record->ops == control.symbols.chain_ops)
		read_chain(record);
	else if (record->ops && record->ops == control.symbols.sched_scheduled_ops)
		read_sched(record, GW_FENCE_SCHED_SCHEDULED);
	else if (record->ops && record->ops == control.symbols.sched_finished_ops)
		read_sched(record, GW_FENCE_SCHED_FINISHED);
	read_names(record, ops);
	emit(out, record, sizeof(*record));
	queue_members(out);
	queue_fence(out->scratch, record->dependency);
	return 0;
}

#define CHAIN_WALK_MAX 1024

/* The node of a chain that is signalled when a point is. */
struct point_search {
	u64 node, point;
	bool found;
};

static __always_inline bool is_chain(u64 fence)
{
	struct dma_fence *base = (void *)fence;

	return fence && (u64)BPF_CORE_READ(base, ops) == control.symbols.chain_ops;
}

/* As dma_fence_chain_find_seqno() does: from the head backwards, as long as the node before has the point, too. */
static long find_point(u32 i, void *context)
{
	struct point_search *search = context;
	struct dma_fence *base = (void *)search->node;
	struct dma_fence_chain *chain = container_of(base, struct dma_fence_chain, base);
	struct dma_fence *before = BPF_CORE_READ(chain, prev);

	search->found = BPF_CORE_READ(chain, prev_seqno) < search->point;
	/* What was before is signalled, and gone; or of another timeline. */
	if (search->found || !is_chain((u64)before) || BPF_CORE_READ(before, context) != BPF_CORE_READ(base, context))
		return 1;
	search->node = (u64)before;
	return 0;
}

/* 0: it is signalled, or nobody has submitted it yet. */
static __always_inline u64 fence_of_point(u64 head, u64 point)
{
	struct point_search search = { .node = head, .point = point };
	struct dma_fence *base = (void *)head;

	if (!is_chain(head) || BPF_CORE_READ(base, seqno) < point)
		return 0;
	bpf_loop(CHAIN_WALK_MAX, find_point, &search, 0);
	return search.found ? search.node : 0;
}

struct syncobjs {
	struct gw_fence_record *record;
	u64 points; /* an array, 0 = none: the syncobjs are waited for as they are */
	u64 task;
};

/* The callback of a task's wait among those of a fence. */
struct waiter_search {
	u64 begin, node; /* of the ring of callbacks */
	u64 task, fence;
	bool found;
};

static long try_waiter(u32 i, void *context)
{
	struct waiter_search *search = context;
	u64 entry = search->node - bpf_core_field_offset(struct dma_fence_cb, node) - control.layout.waiter_callback;

	if (!search->node || search->node == search->begin)
		return 1;
	search->found = read_u64(entry + control.layout.waiter_task) == search->task &&
			read_u64(entry + control.layout.waiter_fence) == search->fence;
	search->node = read_u64(search->node);
	return search->found;
}

/*
 * Whether the wait is for this fence: a sync object may have been given another one meanwhile, and a wait keeps the one that it
 * began with.
 */
static __always_inline bool is_awaited(u64 fence, u64 task)
{
	struct waiter_search search = { .begin = fence + bpf_core_field_offset(struct dma_fence, cb_list),
					.task = task,
					.fence = fence };

	search.node = read_u64(search.begin);
	bpf_loop(LIST_WALK_MAX, try_waiter, &search, 0);
	return search.found;
}

/* A member that is a sync object: it has a fence, or none yet. */
static long read_syncobj(u32 i, void *context)
{
	struct syncobjs *syncobjs = context;
	u64 point = syncobjs->points ? read_u64(syncobjs->points + i * 8) : 0, fence;

	if (i >= GW_FENCE_MEMBERS)
		return 1;
	fence = read_member(syncobjs->record->members[i], control.layout.syncobj_fence);
	if (!point && control.layout.waiter_callback >= 0) {
		if (is_signaled(fence) || !is_awaited(fence, syncobjs->task))
			fence = 0;
		syncobjs->record->flags |= GW_FENCE_F_AWAITED;
	}
	syncobjs->record->members[i] = point ? fence_of_point(fence, point) : fence;
	return 0;
}

/* The fences of a wait for one of several, as if they were an array at the wait's object. */
static __noinline int emit_wait_any(struct output *out, const struct gw_wait *wait)
{
	struct gw_fence_record *record = new_fence_record(out, wait->object);
	struct syncobjs syncobjs = { .record = record, .points = wait->seqno, .task = out->scratch->task.address };

	record->kind = GW_FENCE_ARRAY;
	if (!(wait->flags & GW_WAIT_F_ALL))
		record->flags |= GW_FENCE_F_ANY;
	read_members(record, wait->object, wait->count);
	if (wait->kind == GW_WAIT_SYNCOBJ)
		bpf_loop(record->member_count, read_syncobj, &syncobjs, 0);
	emit(out, record, sizeof(*record));
	queue_members(out);
	return 0;
}

static long emit_queued(u32 i, void *context)
{
	struct output *out = context;

	if (i >= FENCES_PER_TASK || i >= out->scratch->fence_count)
		return 1;
	emit_fence(out, out->scratch->fences[i]);
	/* Not there: with what it calls, it has as much stack as 6.1 allows. */
	if (out->scratch->fence.scheduler)
		emit_device(out, out->scratch->fence.scheduler);
	emit_signalling_items(out, out->scratch->fence.context);
	emit_reset(out, out->scratch->fence.scheduler);
	return 0;
}

/* ---- poll(2) ---------------------------------------------------------------------- */

/* The first fence of a dma_buf that is not signalled yet. */
struct resv_search {
	u64 table;
	u64 fence;
};

static long try_resv_fence(u32 i, void *context)
{
	struct resv_search *search = context;
	u64 fence = read_u64(search->table + i * 8) & ~3UL; /* enum dma_resv_usage in the low bits */

	if (!fence || is_signaled(fence))
		return 0;
	search->fence = fence;
	return 1;
}

static __always_inline u64 resv_fence(struct dma_buf *buffer)
{
	struct resv_search search = {};
	struct dma_resv_list *list = BPF_CORE_READ(buffer, resv, fences);
	u32 count = BPF_CORE_READ(list, num_fences);

	search.table = (u64)list + bpf_core_field_offset(struct dma_resv_list, table);
	bpf_loop(count < 64 ? count : 64, try_resv_fence, &search, 0);
	return search.fence;
}

/* Turns a poll as it was recorded into what the record says: the fence that it waits for. */
static __noinline int resolve_poll(struct gw_wait *wait)
{
	struct poll_wqueues *waiter = (void *)wait->object;
	struct file *file = (void *)wait->context;
	void *data = BPF_CORE_READ(file, private_data);
	struct dma_fence *fence;

	if (wait->flags & POLL_IS_DMA_BUF)
		fence = (void *)resv_fence(data);
	else
		fence = BPF_CORE_READ((struct sync_file *)data, fence);
	wait->flags &= ~POLL_IS_DMA_BUF;
	wait->object = (u64)fence;
	wait->count = BPF_CORE_READ(waiter, inline_index);
	wait->context = BPF_CORE_READ(fence, context);
	wait->seqno = BPF_CORE_READ(fence, seqno);
	return 0;
}

#endif
