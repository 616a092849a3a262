/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where fences are structures of others, or a scheduler's, what they need is in their records. */
#include "lib/analysis/build/fence.h"

#include <errno.h>

#include "lib/analysis/build/timeline.h"
#include "lib/analysis/record/habit.h"

static int fence_depend_on(struct gw_builder *builder, uint32_t node, uint64_t address, enum gw_confidence confidence)
{
	uint32_t fence;
	int r = gw_builder_fence(builder, address, 0, 0, gw_builder_node(builder, node)->device, &fence);

	if (r < 0)
		return r;
	gw_builder_tell_fence(builder, fence, gw_builder_node(builder, node)->hardware,
			      gw_builder_node(builder, node)->waited_since_ns);
	return gw_builder_edge(builder, node, fence, GW_RELATION_DEPENDS_ON, GW_EVIDENCE_FENCE_STRUCTURE, confidence,
			       0);
}

static int fence_expand_members(struct gw_builder *builder, uint32_t node, const struct gw_fence_record *record)
{
	bool any = record->kind == GW_FENCE_ARRAY && (record->flags & GW_FENCE_F_ANY);

	gw_builder_node(builder, node)->rule = any ? GW_RULE_ANY : GW_RULE_ALL;
	if (any && (record->flags & GW_FENCE_F_CUT))
		gw_builder_live(builder, node, "has more members than were read");
	for (uint32_t i = 0; i < record->member_count; i++) {
		if (record->members[i] && fence_depend_on(builder, node, record->members[i], GW_CONFIDENCE_PROVEN) < 0)
			return -ENOMEM;
	}
	return 0;
}

/* A scheduler's, although the record does not show it: of its timeout handler nothing is known. */
static bool fence_is_of_unread_job(const struct gw_builder *builder, const struct gw_fence_record *record)
{
	const struct gw_symbol_record *driver = gw_snapshot_symbol(builder->now, record->ops_driver);

	return driver && gw_function_is(driver->name, "drm_sched_fence_get_driver_name");
}

static int fence_expand_plain(struct gw_builder *builder, uint32_t node)
{
	uint64_t context = gw_builder_node(builder, node)->context, device = gw_builder_node(builder, node)->device;
	const struct gw_fence_record *record = gw_builder_node(builder, node)->fence;
	uint32_t timeline;

	if (!context)
		return gw_builder_live(builder, node, "has a context that cannot be read");
	if (gw_graph_node(builder->graph, GW_NODE_TIMELINE, context, 0, &timeline) < 0)
		return -ENOMEM;
	if (device)
		gw_builder_node(builder, timeline)->device = device;
	if (record && !gw_builder_node(builder, timeline)->fence)
		gw_builder_node(builder, timeline)->fence = record;
	gw_builder_tell_fence(builder, node, gw_builder_node(builder, node)->hardware,
			      gw_builder_node(builder, node)->waited_since_ns);
	if (gw_builder_node(builder, node)->seqno > gw_builder_node(builder, timeline)->seqno)
		gw_builder_node(builder, timeline)->seqno = gw_builder_node(builder, node)->seqno;
	if (record && (record->flags & GW_FENCE_F_POLLED))
		gw_builder_node(builder, timeline)->polled = true;
	/* One that was not read may be signalled, polled, made of others, or ended by a timeout handler. */
	return gw_builder_edge(
		builder, node, timeline, GW_RELATION_ON_TIMELINE, GW_EVIDENCE_FENCE_STRUCTURE,
		record && !fence_is_of_unread_job(builder, record) ? GW_CONFIDENCE_PROVEN : GW_CONFIDENCE_PROBABLE, 0);
}

/*
 * ---- jobs on the hardware -----------------------------------------------------------------
 *
 * A job's timeout handler waits behind a timer, then runs in a work item. As long as its timer runs, or nothing holds
 * up the work, it ends the job: no deadlock. Once the time is over, and only interrupts have signalled the hardware's
 * timeline, it is the only one left.
 */

/* The handler's time has come: a worker executes it, or it is queued. */
static bool fence_reset_is_due(const struct gw_builder *builder, const struct gw_reset_record *reset)
{
	return gw_builder_worker(builder, reset->work, 0) || reset->place == GW_WORK_INACTIVE ||
	       reset->place == GW_WORK_QUEUED;
}

/* Nobody but the device has signalled the timeline that the hardware's fence is on. */
static bool fence_device_is_silent(const struct gw_builder *builder, const struct gw_fence_record *hardware)
{
	const struct gw_timeline_record *record =
		hardware ? gw_snapshot_timeline(builder->now, hardware->context) : NULL;

	if (!hardware || hardware->kind != GW_FENCE_PLAIN || (hardware->flags & GW_FENCE_F_SIGNALED))
		return false;
	for (uint32_t i = 0; record && i < GW_SIGNALLERS; i++) {
		const struct gw_signaller *signaller = &record->timeline.signallers[i];

		if (signaller->kind != GW_SIGNALLER_NONE && !gw_signaller_is_device(builder, signaller) &&
		    !gw_habit_is_occasional(&record->timeline, i))
			return false;
	}
	return true;
}

static int fence_reset_expand_due(struct gw_builder *builder, uint32_t node, const struct gw_reset_record *reset)
{
	uint32_t work;

	if (gw_builder_work(builder, reset->work, 0, &work) < 0)
		return -ENOMEM;
	gw_builder_node(builder, work)->reset = reset;
	return gw_builder_edge(builder, node, work, GW_RELATION_RESET_BY, GW_EVIDENCE_INFERRED, GW_CONFIDENCE_PROBABLE,
			       0);
}

/* The timeline says what the handler can do for it. */
static int fence_note_reset_on_timeline(struct gw_builder *builder, uint64_t context,
					const struct gw_reset_record *reset)
{
	uint32_t timeline;

	if (gw_graph_node(builder->graph, GW_NODE_TIMELINE, context, 0, &timeline) < 0)
		return -ENOMEM;
	gw_builder_node(builder, timeline)->reset = reset;
	gw_builder_node(builder, timeline)->timeouts =
		gw_progress_timeouts(builder->progress, reset->scheduler, context);
	return 0;
}

static const struct gw_fence_record *fence_of_hardware(const struct gw_builder *builder,
						       const struct gw_fence_record *record)
{
	return record->member_count > 0 ? gw_snapshot_fence(builder->now, record->members[0]) : NULL;
}

/* The handler takes the hardware's fence away from the jobs (drm_sched_stop()) and ends or starts them again. */
static bool fence_job_is_pushed(const struct gw_builder *builder, const struct gw_fence_record *record)
{
	const struct gw_reset_record *reset = gw_snapshot_reset(builder->now, record->scheduler);

	if (record->kind != GW_FENCE_SCHED_FINISHED)
		return false;
	if (record->member_count > 0 && record->members[0])
		return true;
	return (record->flags & GW_FENCE_F_PUSHED) && reset && fence_reset_is_due(builder, reset);
}

/*
 * Nothing ends the job but its hardware's fence. A handler that was not read may, and one whose timer is stopped for the moment,
 * as while somebody resets another ring of the device.
 */
static bool fence_job_has_no_other_end(const struct gw_reset_record *reset, bool due)
{
	return reset && (due || reset->expires_ns || reset->timeout_ns == GW_TIMEOUT_NEVER);
}

static int fence_expand_pushed_job(struct gw_builder *builder, uint32_t node, const struct gw_fence_record *record)
{
	const struct gw_reset_record *reset = gw_snapshot_reset(builder->now, record->scheduler);
	const struct gw_fence_record *hardware = fence_of_hardware(builder, record);
	bool due = reset && fence_reset_is_due(builder, reset);
	uint64_t device = gw_builder_node(builder, node)->device;
	uint32_t fence;

	if (!record->member_count || !record->members[0] || (due && fence_device_is_silent(builder, hardware)))
		return fence_reset_expand_due(builder, node, reset);
	if (gw_builder_fence(builder, record->members[0], 0, 0, device, &fence) < 0)
		return -ENOMEM;
	gw_builder_tell_fence(builder, fence, gw_builder_node(builder, node)->hardware,
			      gw_builder_node(builder, node)->waited_since_ns);
	if (gw_builder_edge(builder, node, fence, GW_RELATION_SIGNALLED_BY, GW_EVIDENCE_FENCE_STRUCTURE,
			    fence_job_has_no_other_end(reset, due) ? GW_CONFIDENCE_PROVEN : GW_CONFIDENCE_PROBABLE,
			    0) < 0)
		return -ENOMEM;
	if (!reset)
		return 0;
	if (hardware && hardware->kind == GW_FENCE_PLAIN && hardware->context &&
	    fence_note_reset_on_timeline(builder, hardware->context, reset) < 0)
		return -ENOMEM;
	gw_builder_node(builder, node)->reset = reset;
	gw_builder_node(builder, node)->rule = GW_RULE_ANY;
	if (due)
		return fence_reset_expand_due(builder, node, reset);
	return reset->expires_ns ? gw_builder_live(builder, node, "is ended by its scheduler's timeout handler") : 0;
}

/* A scheduler's fence comes true with the hardware's fence, or, before there is one, with the job being run. */
static int fence_expand_scheduled(struct gw_builder *builder, uint32_t node, const struct gw_fence_record *record)
{
	const struct gw_device *device = gw_snapshot_device(builder->now, record->scheduler);
	uint32_t job;

	if (device)
		gw_builder_node(builder, node)->hardware = device->device;
	if (fence_job_is_pushed(builder, record))
		return fence_expand_pushed_job(builder, node, record);
	if (gw_graph_node(builder->graph, GW_NODE_JOB, record->address, 0, &job) < 0)
		return -ENOMEM;
	gw_builder_node(builder, job)->fence = record;
	gw_builder_node(builder, job)->context = record->context;
	gw_builder_node(builder, job)->seqno = record->seqno;
	gw_builder_node(builder, job)->device = gw_builder_node(builder, node)->device;
	return gw_builder_edge(builder, node, job, GW_RELATION_SIGNALLED_WITH, GW_EVIDENCE_FENCE_STRUCTURE,
			       GW_CONFIDENCE_PROVEN, 0);
}

int gw_expand_fence(struct gw_builder *builder, uint32_t node)
{
	const struct gw_fence_record *record = gw_builder_node(builder, node)->fence;

	if (gw_builder_node(builder, node)->leaf != GW_LEAF_NONE)
		return 0;
	if (!record)
		return fence_expand_plain(builder, node);
	if (record->flags & GW_FENCE_F_SIGNALED)
		return gw_builder_live(builder, node, "is signalled");
	switch (record->kind) {
	case GW_FENCE_ARRAY:
	case GW_FENCE_CHAIN:
		return fence_expand_members(builder, node, record);
	case GW_FENCE_SCHED_SCHEDULED:
	case GW_FENCE_SCHED_FINISHED:
		return fence_expand_scheduled(builder, node, record);
	default:
		return fence_expand_plain(builder, node);
	}
}

static int fence_run_job_by_task(struct gw_builder *builder, uint32_t job, uint64_t address)
{
	enum gw_confidence confidence = GW_CONFIDENCE_PROVEN;
	uint32_t task;

	if (gw_builder_task_at(builder, address, 0, &task) < 0)
		return -ENOMEM;
	if (task == GW_NO_NODE && !builder->complete)
		return 0;
	/* A scheduler whose thread is gone is made anew, or gone itself, its memory something else's. */
	if (task == GW_NO_NODE) {
		confidence = GW_CONFIDENCE_PROBABLE;
		if (gw_builder_gone_task(builder, address, 0, 0, "", &task) < 0)
			return -ENOMEM;
	}
	return gw_builder_edge(builder, job, task, GW_RELATION_RUN_BY, GW_EVIDENCE_FENCE_STRUCTURE, confidence, 0);
}

/*
 * The hardware has as many jobs as it takes. Of several any one that ends makes room: the oldest is the likely one. Where
 * none is left, the timeout handler has taken off the one that it resets.
 */
static int fence_job_needs_room(struct gw_builder *builder, uint32_t node, const struct gw_fence_record *record)
{
	const struct gw_reset_record *reset = gw_snapshot_reset(builder->now, record->scheduler);

	if (record->dependency)
		return fence_depend_on(builder, node, record->dependency, GW_CONFIDENCE_PROBABLE);
	return reset && fence_reset_is_due(builder, reset) ? fence_reset_expand_due(builder, node, reset) : 0;
}

static int fence_job_needs(struct gw_builder *builder, uint32_t node, const struct gw_fence_record *record)
{
	if (record->flags & GW_FENCE_F_NO_ROOM)
		return fence_job_needs_room(builder, node, record);
	return record->dependency ? fence_depend_on(builder, node, record->dependency, GW_CONFIDENCE_PROVEN) : 0;
}

int gw_expand_job(struct gw_builder *builder, uint32_t node)
{
	const struct gw_fence_record *record = gw_builder_node(builder, node)->fence;
	uint32_t work;

	if (fence_job_needs(builder, node, record) < 0)
		return -ENOMEM;
	if (record->sched_task)
		return fence_run_job_by_task(builder, node, record->sched_task);
	if (!record->sched_work)
		return 0;
	if (gw_builder_work(builder, record->sched_work, 0, &work) < 0)
		return -ENOMEM;
	return gw_builder_edge(builder, node, work, GW_RELATION_RUN_BY, GW_EVIDENCE_FENCE_STRUCTURE,
			       GW_CONFIDENCE_PROVEN, 0);
}
