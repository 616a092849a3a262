/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One edge to each task inside. */
#include "lib/analysis/build/section.h"

#include <errno.h>

#include "lib/analysis/build/handover.h"
#include "lib/analysis/build/holder.h"
#include "lib/analysis/record/left.h"

/*
 * drm_dev_enter() may see an unplug that begins in the same moment, and fail, after its section was recorded: one of the
 * unplugged device that began so shortly before the unplug's wait counts for little. In between the task may have been preempted: one
 * that began so long before it is not proven.
 */
#define ENTRY_RACE_NS 50000ULL
#define ENTRY_PREEMPTED_NS 10000000ULL

static int section_runs_in(struct gw_builder *builder, uint32_t node, const struct gw_task_record *task,
			   enum gw_relation relation, enum gw_confidence confidence, uint64_t since_ns)
{
	uint32_t to;

	if (gw_builder_task(builder, task, &to) < 0)
		return -ENOMEM;
	return gw_builder_edge(builder, node, to, relation, GW_EVIDENCE_TRACEPOINT, confidence, since_ns);
}

/* A grace period waits for the sections that had begun before it; what came later counts less. */
static enum gw_confidence section_confidence(const struct gw_builder *builder, const struct gw_sections *sections,
					     uint64_t since_ns)
{
	if (!since_ns || sections->drm_since_ns > since_ns)
		return GW_CONFIDENCE_PROBABLE;
	if (sections->drm_since_ns + ENTRY_PREEMPTED_NS > since_ns &&
	    gw_index_find(&builder->unplugs, sections->drm_device).count)
		return sections->drm_since_ns + ENTRY_RACE_NS > since_ns ? GW_CONFIDENCE_HINT : GW_CONFIDENCE_PROBABLE;
	return GW_CONFIDENCE_PROVEN;
}

/* ---- sections that were never left ------------------------------------------------ */

/*
 * A section may be left by somebody else than who entered it, as a lock may be released, as long as anything of the driver is to come.
 */
static bool section_may_be_left(struct gw_builder *builder, const struct gw_section *section)
{
	return section->kind == GW_SECTION_DRM &&
	       gw_handover_may_come(builder, gw_builder_module_of(builder, &section->device));
}

/* The section, as what @node waits for: dead with who entered it, or by itself where that task lives on. */
static int section_never_left(struct gw_builder *builder, uint32_t node, const struct gw_section *section,
			      enum gw_confidence confidence, uint32_t *ret)
{
	struct gw_node *left;
	int r = gw_graph_node(builder->graph, GW_NODE_SECTION, section->object, section->task, ret);

	if (r < 0)
		return r;
	left = gw_builder_node(builder, *ret);
	left->section = section;
	left->since_ns = section->since_ns;
	left->end = GW_END_DEAD_OWNER;
	return gw_builder_edge(builder, node, *ret, GW_RELATION_DEPENDS_ON, GW_EVIDENCE_TRACEPOINT, confidence,
			       section->since_ns);
}

/* Its task has exited. Who calls drm_dev_exit() without a section of its own may have ended this one. */
static int section_of_gone_task(struct gw_builder *builder, uint32_t node, const struct gw_section *section,
				enum gw_confidence confidence)
{
	uint32_t left, task;

	if (section->flags & GW_SECTION_F_LEFT_ELSEWHERE)
		confidence = GW_CONFIDENCE_HINT;
	else if (confidence > GW_CONFIDENCE_PROBABLE && section_may_be_left(builder, section))
		confidence = GW_CONFIDENCE_PROBABLE;
	if (section_never_left(builder, node, section, confidence, &left) < 0 ||
	    gw_builder_gone_task(builder, section->task, section->start_ns, section->pid, section->comm, &task) < 0)
		return -ENOMEM;
	return gw_builder_edge(builder, left, task, GW_RELATION_ENTERED_BY, GW_EVIDENCE_TRACEPOINT,
			       GW_CONFIDENCE_PROVEN, 0);
}

/* Why the task never leaves its section; NULL: it may. */
static const char *section_was_left_behind(const struct gw_builder *builder, const struct gw_task_record *task,
					   enum gw_confidence *sure)
{
	const struct gw_section *section = gw_snapshot_section(builder->now, task->address);
	const char *why = gw_left_behind(builder->now, builder->before, task, sure);

	return section && !(section->flags & GW_SECTION_F_LEFT_ELSEWHERE) ? why : NULL;
}

/*
 * A task is in a section of its own accord, and so explains the wait: what looks like sections that were never left may be ends
 * that were missed.
 */
static bool section_is_explained(const struct gw_builder *builder, const struct gw_index_range *inside,
				 uint64_t since_ns)
{
	for (size_t i = 0; i < inside->count; i++) {
		const struct gw_task_record *task = inside->members[i].record;
		enum gw_confidence sure;

		if (section_confidence(builder, &task->watch.sections, since_ns) == GW_CONFIDENCE_PROVEN &&
		    !section_was_left_behind(builder, task, &sure))
			return true;
	}
	return false;
}

static int section_of_task(struct gw_builder *builder, uint32_t node, const struct gw_task_record *task,
			   enum gw_confidence confidence, bool explained)
{
	const struct gw_section *section = gw_snapshot_section(builder->now, task->address);
	enum gw_confidence sure;
	const char *why = section_was_left_behind(builder, task, &sure);
	uint32_t left, to;

	if (!why)
		return section_runs_in(builder, node, task, GW_RELATION_RUNS_IN, confidence,
				       task->watch.sections.drm_since_ns);
	if (section_never_left(builder, node, section, confidence, &left) < 0 ||
	    gw_builder_task(builder, task, &to) < 0)
		return -ENOMEM;
	if (sure > GW_CONFIDENCE_PROBABLE && (explained || section_may_be_left(builder, section)))
		sure = GW_CONFIDENCE_PROBABLE;
	gw_builder_dead(builder, left, sure, why);
	return gw_builder_edge(builder, left, to, GW_RELATION_ENTERED_BY, GW_EVIDENCE_TRACEPOINT, GW_CONFIDENCE_PROVEN,
			       0);
}

static int section_add_if_gone(struct gw_builder *builder, uint32_t node, uint32_t kind,
			       const struct gw_section *section, bool explained)
{
	uint64_t since_ns = gw_builder_node(builder, node)->since_ns;
	bool before = kind != GW_SECTION_DRM || (since_ns && section->since_ns <= since_ns);

	if (section->kind != kind || !(section->flags & GW_SECTION_F_EXITED))
		return 0;
	return section_of_gone_task(builder, node, section,
				    before && !explained ? GW_CONFIDENCE_PROVEN : GW_CONFIDENCE_PROBABLE);
}

/* Those of tasks that have exited, of invalidations of the mm. */
static int section_add_gone_of_mm(struct gw_builder *builder, uint32_t node, uint64_t mm)
{
	struct gw_index_range sections = gw_index_find(&builder->sections, mm);
	int r = 0;

	for (size_t i = 0; i < sections.count && r == 0; i++) {
		const struct gw_section_record *record = sections.members[i].record;

		r = section_add_if_gone(builder, node, GW_SECTION_NOTIFIER, &record->section, false);
	}
	return r;
}

/* The same of drm_dev_enter() sections, whatever the device. */
static int section_add_gone_of_drm(struct gw_builder *builder, uint32_t node, bool explained)
{
	const struct gw_section_record *const *sections;
	size_t count = gw_snapshot_sections(builder->now, &sections);
	int r = 0;

	for (size_t i = 0; i < count && r == 0; i++)
		r = section_add_if_gone(builder, node, GW_SECTION_DRM, &sections[i]->section, explained);
	return r;
}

/* ---- invalidate callbacks ------------------------------------------------------------ */

/* Either one task's invalidation of the mm, or, for mmu_interval_read_begin(), all that run. */
int gw_expand_notifier(struct gw_builder *builder, uint32_t node)
{
	struct gw_index_range inside = gw_index_find(&builder->notifiers, gw_builder_node(builder, node)->address);
	uint64_t only = gw_builder_node(builder, node)->extra;

	if (only) {
		const struct gw_task_record *task = gw_snapshot_task(builder->now, only);

		gw_builder_node(builder, node)->since_ns = task->watch.sections.notifier_since_ns;
		return section_runs_in(builder, node, task, GW_RELATION_RUNS_IN,
				       gw_builder_section(builder, task, GW_STACK_NOTIFIER),
				       task->watch.sections.notifier_since_ns);
	}
	for (size_t i = 0; i < inside.count; i++) {
		const struct gw_task_record *task = inside.members[i].record;

		if (section_runs_in(builder, node, task, GW_RELATION_RUNS_IN,
				    gw_builder_section(builder, task, GW_STACK_NOTIFIER),
				    task->watch.sections.notifier_since_ns) < 0)
			return -ENOMEM;
	}
	return section_add_gone_of_mm(builder, node, gw_builder_node(builder, node)->address);
}

/* ---- DRM ----------------------------------------------------------------------------- */

int gw_expand_srcu(struct gw_builder *builder, uint32_t node)
{
	struct gw_index_range inside = gw_index_find(&builder->drm_sections, 1);
	uint64_t since_ns = gw_builder_node(builder, node)->since_ns;
	bool explained;

	if (!builder->unplug_srcu || gw_builder_node(builder, node)->address != builder->unplug_srcu)
		return gw_builder_live(builder, node, "has readers that leave no record");
	explained = section_is_explained(builder, &inside, since_ns);
	for (size_t i = 0; i < inside.count; i++) {
		const struct gw_task_record *task = inside.members[i].record;

		if (section_of_task(builder, node, task, section_confidence(builder, &task->watch.sections, since_ns),
				    explained) < 0)
			return -ENOMEM;
	}
	return section_add_gone_of_drm(builder, node, explained);
}

int gw_expand_device(struct gw_builder *builder, uint32_t node)
{
	uint64_t address = gw_builder_node(builder, node)->address;
	const struct gw_device *device = gw_snapshot_device(builder->now, address);
	struct gw_index_range unplugs = gw_index_find(&builder->unplugs, address);

	if (device && device->kind == GW_DEVICE_PLAIN)
		return gw_expand_power(builder, node);
	for (size_t i = 0; i < unplugs.count; i++)
		if (section_runs_in(builder, node, unplugs.members[i].record, GW_RELATION_UNPLUGGED_BY,
				    gw_builder_section(builder, unplugs.members[i].record, GW_STACK_UNPLUG), 0) < 0)
			return -ENOMEM;
	return 0;
}
