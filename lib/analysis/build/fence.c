/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a fence needs: its members, its job, or whoever signals its timeline. */
#include "lib/analysis/build/builder.h"

#include <errno.h>

/* A user task that has left may be missed as a signaller if it signalled so often. */
#define HABITUAL_SIGNALS 4

#define PF_KTHREAD 0x00200000u /* include/linux/sched.h */

int gw_builder_fence(struct gw_builder *builder, uint64_t address, uint64_t context, uint64_t seqno, uint64_t device,
		     uint32_t *ret)
{
	const struct gw_fence_record *record = gw_snapshot_fence(builder->now, address);
	int r = gw_graph_node(builder->graph, GW_NODE_FENCE, address, 0, ret);
	struct gw_node *node;

	if (r < 0)
		return r;
	node = gw_builder_node(builder, *ret);
	if (device)
		node->device = device;
	if (r == GW_GRAPH_FOUND)
		return 0;
	node->context = context ? context : record ? record->context : 0;
	node->seqno = context ? seqno : record ? record->seqno : 0;
	if (record && (record->context != node->context || record->seqno != node->seqno))
		return gw_builder_live(builder, *ret, "has been freed, its memory used again");
	node->fence = record;
	return 0;
}

static int depend_on(struct gw_builder *builder, uint32_t node, uint64_t address, enum gw_relation relation)
{
	uint32_t fence;
	int r = gw_builder_fence(builder, address, 0, 0, gw_builder_node(builder, node)->device, &fence);

	return r < 0 ? r
		     : gw_builder_edge(builder, node, fence, relation, GW_EVIDENCE_FENCE_STRUCTURE,
				       GW_CONFIDENCE_PROVEN, 0);
}

static int expand_members(struct gw_builder *builder, uint32_t node, const struct gw_fence_record *record)
{
	bool any = record->kind == GW_FENCE_ARRAY && (record->flags & GW_FENCE_F_ANY);

	gw_builder_node(builder, node)->rule = any ? GW_RULE_ANY : GW_RULE_ALL;
	if (any && (record->flags & GW_FENCE_F_CUT))
		gw_builder_live(builder, node, "has more members than are known");
	for (uint32_t i = 0; i < record->member_count; i++) {
		if (record->members[i] && depend_on(builder, node, record->members[i], GW_RELATION_DEPENDS_ON) < 0)
			return -ENOMEM;
	}
	return 0;
}

static int expand_plain(struct gw_builder *builder, uint32_t node)
{
	uint64_t context = gw_builder_node(builder, node)->context, device = gw_builder_node(builder, node)->device;
	const struct gw_fence_record *record = gw_builder_node(builder, node)->fence;
	uint32_t timeline;

	if (!context)
		return gw_builder_live(builder, node, "is not known any closer");
	if (gw_graph_node(builder->graph, GW_NODE_TIMELINE, context, 0, &timeline) < 0)
		return -ENOMEM;
	if (device)
		gw_builder_node(builder, timeline)->device = device;
	if (record && (record->flags & GW_FENCE_F_POLLED))
		gw_builder_node(builder, timeline)->polled = true;
	return gw_builder_edge(builder, node, timeline, GW_RELATION_ON_TIMELINE, GW_EVIDENCE_FENCE_STRUCTURE,
			       GW_CONFIDENCE_PROVEN, 0);
}

/* A scheduler's fence comes true with the hardware's fence, or, before there is one, with the job being run. */
static int expand_scheduled(struct gw_builder *builder, uint32_t node, const struct gw_fence_record *record)
{
	uint32_t job;

	if (record->kind == GW_FENCE_SCHED_FINISHED && record->member_count > 0 && record->members[0])
		return depend_on(builder, node, record->members[0], GW_RELATION_SIGNALLED_BY);
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
		return expand_plain(builder, node);
	if (record->flags & GW_FENCE_F_SIGNALED)
		return gw_builder_live(builder, node, "is signalled");
	switch (record->kind) {
	case GW_FENCE_ARRAY:
	case GW_FENCE_CHAIN:
		return expand_members(builder, node, record);
	case GW_FENCE_SCHED_SCHEDULED:
	case GW_FENCE_SCHED_FINISHED:
		return expand_scheduled(builder, node, record);
	default:
		return expand_plain(builder, node);
	}
}

static int run_by_task(struct gw_builder *builder, uint32_t job, uint64_t address)
{
	uint32_t task;

	if (gw_builder_task_at(builder, address, 0, &task) < 0)
		return -ENOMEM;
	if (task == GW_NO_NODE && !builder->complete)
		return 0;
	if (task == GW_NO_NODE && gw_builder_gone_task(builder, address, 0, 0, "", &task) < 0)
		return -ENOMEM;
	return gw_builder_edge(builder, job, task, GW_RELATION_RUN_BY, GW_EVIDENCE_FENCE_STRUCTURE,
			       GW_CONFIDENCE_PROVEN, 0);
}

int gw_expand_job(struct gw_builder *builder, uint32_t node)
{
	const struct gw_fence_record *record = gw_builder_node(builder, node)->fence;
	uint32_t work;

	if (record->dependency && depend_on(builder, node, record->dependency, GW_RELATION_DEPENDS_ON) < 0)
		return -ENOMEM;
	if (record->sched_task)
		return run_by_task(builder, node, record->sched_task);
	if (!record->sched_work)
		return 0;
	if (gw_builder_work(builder, record->sched_work, 0, &work) < 0)
		return -ENOMEM;
	return gw_builder_edge(builder, node, work, GW_RELATION_RUN_BY, GW_EVIDENCE_FENCE_STRUCTURE,
			       GW_CONFIDENCE_PROVEN, 0);
}

/* ---- timelines --------------------------------------------------------------- */

static bool is_interrupt(const struct gw_signaller *signaller)
{
	return signaller->kind == GW_SIGNALLER_SOFTIRQ || signaller->kind == GW_SIGNALLER_HARDIRQ;
}

/*
 * How sure it is that nobody but these signallers signals. Where fences can be polled, tasks signal in passing what
 * they find finished, and whoever comes next may do so; a full table may have forgotten somebody; and what is known
 * from the driver's other timelines only need not hold for this one.
 */
static enum gw_confidence trust(const struct gw_node *node, const struct gw_signaller *signaller)
{
	const struct gw_timeline *timeline = &node->timeline->timeline;
	bool user = signaller->kind == GW_SIGNALLER_TASK && !(signaller->flags & PF_KTHREAD);

	if (timeline->signallers[GW_SIGNALLERS - 1].kind != GW_SIGNALLER_NONE || (node->polled && user))
		return GW_CONFIDENCE_HINT;
	if (node->timeline->inherited)
		return timeline->changes > 0 ? GW_CONFIDENCE_HINT : GW_CONFIDENCE_PROBABLE;
	return timeline->changes > 0 || node->polled ? GW_CONFIDENCE_PROBABLE : GW_CONFIDENCE_PROVEN;
}

/*
 * The same of one that is gone. Where signallers come and go, or signalled once and left, the next one may come any
 * time; another process may take over a fence of user space's, nobody a kernel thread's.
 */
static enum gw_confidence trust_gone(const struct gw_node *node, const struct gw_signaller *signaller)
{
	enum gw_confidence grade = trust(node, signaller);

	if (node->timeline->inherited || node->timeline->timeline.changes > 0)
		return GW_CONFIDENCE_HINT;
	if (signaller->flags & PF_KTHREAD)
		return grade;
	if (signaller->count < HABITUAL_SIGNALS)
		return GW_CONFIDENCE_HINT;
	return grade < GW_CONFIDENCE_PROBABLE ? grade : GW_CONFIDENCE_PROBABLE;
}

/* A signaller out of habit is not told at once from the next task that got its address. */
static bool may_have_changed(const struct gw_builder *builder, const struct gw_signaller *signaller)
{
	const struct gw_task_record *task = gw_snapshot_task(builder->now, signaller->task);
	const struct gw_present_record *present = gw_snapshot_present(builder->now, signaller->task);

	return signaller->count >= GW_CLOSE_LOOKS && ((task && task->start_ns != signaller->start_ns) ||
						      (present && present->start_ns != signaller->start_ns));
}

static int signalled_by_task(struct gw_builder *builder, uint32_t node, const struct gw_signaller *signaller)
{
	enum gw_confidence grade = trust(gw_builder_node(builder, node), signaller);
	uint32_t task;

	if (gw_builder_task_at(builder, signaller->task, signaller->start_ns, &task) < 0)
		return -ENOMEM;
	if (task == GW_NO_NODE && !builder->complete)
		return gw_builder_live(builder, node, "has a signaller that is not in this snapshot");
	if (task == GW_NO_NODE && may_have_changed(builder, signaller))
		return gw_builder_live(builder, node, "has a signaller that may have been replaced");
	if (task == GW_NO_NODE) {
		grade = trust_gone(gw_builder_node(builder, node), signaller);
		if (gw_builder_gone_task(builder, signaller->task, signaller->start_ns, signaller->pid, signaller->comm,
					 &task) < 0)
			return -ENOMEM;
	}
	return gw_builder_edge(builder, node, task, GW_RELATION_SIGNALLED_BY, GW_EVIDENCE_LEARNED_SIGNALLER, grade, 0);
}

static int signalled_by(struct gw_builder *builder, uint32_t node, const struct gw_signaller *signaller)
{
	uint64_t item = signaller->work;
	uint32_t work;

	if (is_interrupt(signaller))
		return gw_builder_live(builder, node, "is signalled by an interrupt");
	if (signaller->kind == GW_SIGNALLER_TASK)
		return signalled_by_task(builder, node, signaller);
	/* The item that signalled last may be freed, and another one of its function signal next. */
	if (!gw_builder_knows_work(builder, item, signaller->function))
		item = 0;
	if (gw_builder_work(builder, item, signaller->function, &work) < 0)
		return -ENOMEM;
	return gw_builder_edge(builder, node, work, GW_RELATION_SIGNALLED_BY, GW_EVIDENCE_LEARNED_SIGNALLER,
			       trust(gw_builder_node(builder, node), signaller), 0);
}

/*
 * The signallers of a timeline whose device is being unplugged: an interrupt will not come any more, and a thread that
 * is gone neither. What is left is that the driver retires the fences once drm_dev_unplug() has returned.
 * Returns false if somebody else may still signal.
 */
static bool only_driver_is_left(const struct gw_builder *builder, const struct gw_node *node, enum gw_confidence *grade)
{
	const struct gw_timeline *timeline = node->timeline ? &node->timeline->timeline : NULL;

	*grade = GW_CONFIDENCE_PROVEN;
	for (size_t i = 0; timeline && i < GW_SIGNALLERS; i++) {
		const struct gw_signaller *signaller = &timeline->signallers[i];
		const struct gw_task_record *task = gw_snapshot_task(builder->now, signaller->task);
		const struct gw_present_record *present = gw_snapshot_present(builder->now, signaller->task);

		if (signaller->kind == GW_SIGNALLER_NONE)
			continue;
		if (is_interrupt(signaller))
			*grade = GW_CONFIDENCE_PROBABLE;
		else if (signaller->kind != GW_SIGNALLER_TASK || !builder->complete ||
			 (task && task->start_ns == signaller->start_ns) ||
			 (present && present->start_ns == signaller->start_ns))
			return false;
		else if (trust_gone(node, signaller) < GW_CONFIDENCE_PROVEN)
			*grade = GW_CONFIDENCE_PROBABLE;
	}
	if (!timeline || timeline->signallers[0].kind == GW_SIGNALLER_NONE)
		*grade = GW_CONFIDENCE_PROBABLE;
	return true;
}

static int expand_unplugged(struct gw_builder *builder, uint32_t node, enum gw_confidence grade)
{
	uint32_t device;

	if (gw_graph_node(builder->graph, GW_NODE_DEVICE, gw_builder_node(builder, node)->device, 0, &device) < 0)
		return -ENOMEM;
	return gw_builder_edge(builder, node, device, GW_RELATION_DRIVEN_BY, GW_EVIDENCE_INFERRED, grade, 0);
}

int gw_expand_timeline(struct gw_builder *builder, uint32_t node)
{
	const struct gw_timeline_record *record =
		gw_snapshot_timeline(builder->now, gw_builder_node(builder, node)->address);
	const struct gw_timeline *timeline = record ? &record->timeline : NULL;
	enum gw_confidence grade;
	size_t known = 0;

	gw_builder_node(builder, node)->timeline = record;
	gw_builder_node(builder, node)->rule = GW_RULE_ANY;
	if (gw_builder_node(builder, node)->device &&
	    only_driver_is_left(builder, gw_builder_node(builder, node), &grade))
		return expand_unplugged(builder, node, grade);
	for (size_t i = 0; timeline && i < GW_SIGNALLERS; i++) {
		if (timeline->signallers[i].kind == GW_SIGNALLER_NONE)
			continue;
		known++;
		if (signalled_by(builder, node, &timeline->signallers[i]) < 0)
			return -ENOMEM;
	}
	return known ? 0 : gw_builder_live(builder, node, "has no signaller that was ever seen");
}
