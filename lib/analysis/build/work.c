/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From what the workqueue's records say of each item to edges. */
#include "lib/analysis/build/work.h"

#include <errno.h>

/* An edge to a task; @since_ns: see gw_builder_edge(). */
static int work_needs_task(struct gw_builder *builder, uint32_t node, const struct gw_task_record *task,
			   enum gw_relation relation, enum gw_confidence confidence, uint64_t since_ns)
{
	uint32_t to;

	if (gw_builder_task(builder, task, &to) < 0)
		return -ENOMEM;
	return gw_builder_edge(builder, node, to, relation, GW_EVIDENCE_WORKQUEUE_STATE, confidence, since_ns);
}

static int work_executed_by(struct gw_builder *builder, uint32_t node, const struct gw_task_record *worker,
			    enum gw_confidence confidence)
{
	return work_needs_task(builder, node, worker, GW_RELATION_EXECUTED_BY, confidence,
			       worker->watch.sections.work_since_ns);
}

static int work_behind_task(struct gw_builder *builder, uint32_t node, const struct gw_task_record *worker,
			    enum gw_confidence confidence)
{
	return work_needs_task(builder, node, worker, GW_RELATION_QUEUED_BEHIND, confidence,
			       worker->watch.sections.work_since_ns);
}

/*
 * How sure it is that these workers have the slots. More of them than there are items in the slots are those of several nodes of
 * the machine, each with slots of its own; and with a free slot, it is something else that holds the item back.
 */
static enum gw_confidence work_trust_slots(const struct gw_index_range *workers, const struct gw_work_record *record)
{
	return workers->count > record->nr_active || record->max_active > record->nr_active ? GW_CONFIDENCE_PROBABLE
											    : GW_CONFIDENCE_PROVEN;
}

/* Several active items: the first of them that ends makes room, for all that are queued behind them. */
static int work_behind_slots(struct gw_builder *builder, uint32_t node, uint64_t key,
			     const struct gw_index_range *workers, const struct gw_work_record *record)
{
	uint32_t slots;
	int added = gw_graph_node(builder->graph, GW_NODE_SLOTS, key, 0, &slots);

	if (added < 0)
		return added;
	gw_builder_node(builder, slots)->rule = GW_RULE_ANY;
	gw_builder_node(builder, slots)->work = record;
	for (size_t i = 0; added == GW_GRAPH_ADDED && i < workers->count; i++)
		if (work_behind_task(builder, slots, workers->members[i].record, GW_CONFIDENCE_PROVEN) < 0)
			return -ENOMEM;
	return gw_builder_edge(builder, node, slots, GW_RELATION_QUEUED_BEHIND, GW_EVIDENCE_WORKQUEUE_STATE,
			       work_trust_slots(workers, record), 0);
}

/* Waits for an active item only if every one that counts is seen in a worker: one that is merely queued will run. */
static int work_behind_active(struct gw_builder *builder, uint32_t node, const struct gw_work_record *record)
{
	struct gw_index_range workers = gw_index_find(&builder->pools, record->pwq);
	uint64_t key = record->pwq;

	if (workers.count < record->nr_active) {
		/* Since 6.9 max_active of an unbound workqueue counts across its pools. */
		workers = gw_index_find(&builder->workqueues, record->workqueue);
		key = record->workqueue;
	}
	if (record->nr_active == 0 || workers.count < record->nr_active)
		return gw_builder_live(builder, node, "runs when an active item ends");
	if (workers.count == 1)
		return work_behind_task(builder, node, workers.members[0].record, work_trust_slots(&workers, record));
	return work_behind_slots(builder, node, key, &workers, record);
}

/* Some item of this function: each job of a driver may have one of its own, and which signals next is not known. */
static int work_expand_function(struct gw_builder *builder, uint32_t node)
{
	uint64_t function = gw_builder_node(builder, node)->function;
	struct gw_index_range workers = gw_index_find(&builder->functions, function);
	struct gw_index_range inactive = gw_index_find(&builder->inactive_functions, function);
	uint32_t work;

	if (workers.count + inactive.count == 0)
		return gw_builder_live(builder, node, "is not queued");
	gw_builder_node(builder, node)->rule = GW_RULE_ANY;
	for (size_t i = 0; i < workers.count; i++)
		if (work_executed_by(builder, node, workers.members[i].record, GW_CONFIDENCE_PROBABLE) < 0)
			return -ENOMEM;
	for (size_t i = 0; i < inactive.count; i++) {
		const struct gw_work_record *record = inactive.members[i].record;

		if (gw_builder_work(builder, record->work, record->function, &work) < 0 ||
		    gw_builder_edge(builder, node, work, GW_RELATION_DEPENDS_ON, GW_EVIDENCE_INFERRED,
				    GW_CONFIDENCE_PROBABLE, 0) < 0)
			return -ENOMEM;
	}
	return 0;
}

/*
 * The item waits on the list of a CPU's own pool, and something that does not come to an end runs on that CPU: the pool's
 * worker does not get it. Another task may be on its way to the CPU by now, so that this is an inference.
 */
static int work_behind_spinner(struct gw_builder *builder, uint32_t node, const struct gw_work_record *record)
{
	const struct gw_task_record *task = record->worker ? gw_snapshot_task(builder->now, record->worker) : NULL;
	const struct gw_spell *spell = task ? gw_spells_find(builder->spells, task) : NULL;

	if (!spell || spell->kind != GW_SPELL_RUNS)
		return gw_builder_live(builder, node, "is taken by the next free worker");
	return work_needs_task(builder, node, task, GW_RELATION_NEEDS_CPU_OF, GW_CONFIDENCE_PROBABLE, 0);
}

/* Each worker of the pool is on record: it executes an item, or starts another worker. */
static bool work_pool_is_full(const struct gw_builder *builder, const struct gw_pool_record *pool,
			      const struct gw_index_range *workers)
{
	size_t own = workers->count;

	for (size_t i = 0; i < workers->count; i++)
		own -= ((const struct gw_task_record *)workers->members[i].record)->address == pool->rescuer;
	return gw_snapshot_task(builder->now, pool->manager) && own + 1 >= pool->workers;
}

/* Executes an item, of whatever pool, and not merely sleeps until it is called. */
static const struct gw_task_record *work_busy_rescuer(const struct gw_builder *builder,
						      const struct gw_pool_record *pool)
{
	const struct gw_task_record *rescuer = gw_snapshot_task(builder->now, pool->rescuer);

	return rescuer && rescuer->watch.sections.work ? rescuer : NULL;
}

/*
 * The item waits on the list of a pool that has no idle worker. Whoever is done with its item takes it: a worker of the pool,
 * a new one, or the rescuer of the workqueue.
 */
static int work_behind_pool(struct gw_builder *builder, uint32_t node, const struct gw_pool_record *pool,
			    const struct gw_index_range *workers)
{
	const struct gw_task_record *rescuer = work_busy_rescuer(builder, pool);

	if (pool->rescuer && !rescuer)
		return gw_builder_live(builder, node, "is taken by the rescuer of its workqueue");
	gw_builder_node(builder, node)->rule = GW_RULE_ANY;
	for (size_t i = 0; i < workers->count; i++)
		if (workers->members[i].record != rescuer &&
		    work_needs_task(builder, node, workers->members[i].record, GW_RELATION_QUEUED_BEHIND,
				    GW_CONFIDENCE_PROBABLE, 0) < 0)
			return -ENOMEM;
	if (rescuer &&
	    work_needs_task(builder, node, rescuer, GW_RELATION_QUEUED_BEHIND, GW_CONFIDENCE_PROBABLE, 0) < 0)
		return -ENOMEM;
	return work_needs_task(builder, node, gw_snapshot_task(builder->now, pool->manager), GW_RELATION_NEEDS_WORKER,
			       GW_CONFIDENCE_PROBABLE, 0);
}

static int work_expand_queued(struct gw_builder *builder, uint32_t node, const struct gw_work_record *record)
{
	const struct gw_pool_record *pool = gw_snapshot_pool(builder->now, record->pwq);
	struct gw_index_range workers = gw_index_find(&builder->full_pools, pool ? pool->pool : 0);

	return pool && work_pool_is_full(builder, pool, &workers) ? work_behind_pool(builder, node, pool, &workers)
								  : work_behind_spinner(builder, node, record);
}

/*
 * While a worker executes it, the item may have been queued again on another workqueue: the kernel keeps two executions apart on
 * one workqueue only. Sets how sure it is that the present one must end first. Returns false if the other one begins.
 */
static bool work_waits_for_execution(const struct gw_builder *builder, uint64_t address,
				     const struct gw_task_record *worker, enum gw_confidence *confidence)
{
	struct gw_index_range places = gw_snapshot_places(builder->now, address);
	const struct gw_sections *sections = &worker->watch.sections;

	*confidence = GW_CONFIDENCE_PROVEN;
	for (size_t i = 0; i < places.count; i++) {
		const struct gw_work_record *record = places.members[i].record;
		bool elsewhere = record->workqueue && sections->workqueue && record->workqueue != sections->workqueue;

		if (!elsewhere || record->function != sections->work_function || record->place == GW_WORK_EXECUTING)
			continue;
		if (record->place == GW_WORK_QUEUED)
			return false;
		*confidence = GW_CONFIDENCE_PROBABLE;
	}
	return true;
}

/*
 * A delayed item that arms itself again and again, while a timeline that it signals does not advance: what it polls for does not come.
 * It is live: the next execution may find it. One that is queued runs first.
 */
static bool work_polls(struct gw_builder *builder, uint32_t node, const struct gw_work_record *record)
{
	const struct gw_poll *poll = NULL;

	if (record->place != GW_WORK_INACTIVE && record->place != GW_WORK_QUEUED &&
	    gw_builder_node(builder, node)->quiet_since_ns)
		poll = gw_progress_poll(builder->progress, record->work, record->function);
	if (!poll || poll->renewed_ns <= gw_builder_node(builder, node)->quiet_since_ns)
		return false;
	gw_builder_node(builder, node)->poll = poll;
	gw_builder_node(builder, node)->end = GW_END_RETRY_LOOP;
	gw_builder_live(builder, node, "arms itself again and again");
	return true;
}

int gw_expand_work(struct gw_builder *builder, uint32_t node)
{
	uint64_t address = gw_builder_node(builder, node)->address;
	uint64_t function = gw_builder_node(builder, node)->function;
	const struct gw_work_record *record = address ? gw_snapshot_work(builder->now, address) : NULL;
	const struct gw_task_record *worker = gw_builder_worker(builder, address, function);
	enum gw_confidence confidence;

	if (!address)
		return work_expand_function(builder, node);
	if (record && function && record->function != function)
		record = NULL; /* the memory is another item by now */
	gw_builder_node(builder, node)->work = record;
	if (record && !function)
		gw_builder_node(builder, node)->function = record->function;
	if (worker && work_waits_for_execution(builder, address, worker, &confidence))
		return work_executed_by(builder, node, worker, confidence);
	if (worker)
		return gw_builder_live(builder, node, "is executed, and queued on another workqueue, too");
	if (!record)
		return gw_builder_live(builder, node, "is in no queue that was read");
	if (work_polls(builder, node, record))
		return 0;
	switch (record->place) {
	case GW_WORK_INACTIVE:
		return work_behind_active(builder, node, record);
	case GW_WORK_EXECUTING:
		return gw_builder_live(builder, node, "is executed by a worker that runs");
	case GW_WORK_QUEUED:
		return work_expand_queued(builder, node, record);
	case GW_WORK_DELAYED:
		return gw_builder_live(builder, node, "is queued when its timer expires");
	default:
		return gw_builder_live(builder, node, "is not queued");
	}
}

static bool work_is_flushed(const struct gw_task_record *worker, uint64_t flush_ns)
{
	uint64_t began_ns = worker->watch.sections.work_since_ns;

	return flush_ns && began_ns && began_ns <= flush_ns;
}

/*
 * A flush waits for what was there when it began: @older, there is such an item. Then it most likely waits for that alone; else for what
 * seems to have come later.
 */
static enum gw_confidence work_item_confidence(const struct gw_task_record *worker, uint64_t flush_ns, bool older)
{
	if (work_is_flushed(worker, flush_ns))
		return GW_CONFIDENCE_PROVEN;
	return older ? GW_CONFIDENCE_HINT : GW_CONFIDENCE_PROBABLE;
}

/* Of what a worker of the workqueue executes, for its name. */
static void work_name_workqueue(struct gw_builder *builder, uint32_t node, const struct gw_task_record *worker)
{
	const struct gw_work_record *record = gw_snapshot_work(builder->now, worker->watch.sections.work);

	if (record && record->workqueue == gw_builder_node(builder, node)->address)
		gw_builder_node(builder, node)->work = record;
}

int gw_expand_workqueue(struct gw_builder *builder, uint32_t node)
{
	uint64_t address = gw_builder_node(builder, node)->address;
	struct gw_index_range workers = gw_index_find(&builder->workqueues, address);
	struct gw_index_range inactive = gw_index_find(&builder->inactive_workqueues, address);
	uint64_t flush_ns = gw_builder_node(builder, node)->since_ns;
	bool older = false;
	uint32_t work;

	for (size_t i = 0; i < workers.count && !older; i++)
		older = work_is_flushed(workers.members[i].record, flush_ns);
	for (size_t i = 0; i < workers.count; i++) {
		const struct gw_task_record *worker = workers.members[i].record;

		work_name_workqueue(builder, node, worker);
		if (work_executed_by(builder, node, worker, work_item_confidence(worker, flush_ns, older)) < 0)
			return -ENOMEM;
	}
	for (size_t i = 0; i < inactive.count; i++) {
		const struct gw_work_record *record = inactive.members[i].record;

		gw_builder_node(builder, node)->work = record;
		if (gw_builder_work(builder, record->work, record->function, &work) < 0 ||
		    gw_builder_edge(builder, node, work, GW_RELATION_DEPENDS_ON, GW_EVIDENCE_WORKQUEUE_STATE,
				    GW_CONFIDENCE_PROBABLE, 0) < 0)
			return -ENOMEM;
	}
	return 0;
}
