/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One edge to each task inside. */
#include "lib/analysis/build/section.h"

#include <errno.h>

static int section_runs_in(struct gw_builder *builder, uint32_t node, const struct gw_task_record *task,
			   enum gw_relation relation, enum gw_confidence confidence, uint64_t since_ns)
{
	uint32_t to;

	if (gw_builder_task(builder, task, &to) < 0)
		return -ENOMEM;
	return gw_builder_edge(builder, node, to, relation, GW_EVIDENCE_TRACEPOINT, confidence, since_ns);
}

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
	return 0;
}

/* A grace period waits for the sections that had begun before it; what came later counts less. */
int gw_expand_srcu(struct gw_builder *builder, uint32_t node)
{
	struct gw_index_range inside = gw_index_find(&builder->drm_sections, 1);
	uint64_t since_ns = gw_builder_node(builder, node)->since_ns;

	if (!builder->unplug_srcu || gw_builder_node(builder, node)->address != builder->unplug_srcu)
		return gw_builder_live(builder, node, "has readers that leave no record");
	for (size_t i = 0; i < inside.count; i++) {
		const struct gw_task_record *task = inside.members[i].record;
		uint64_t entered_ns = task->watch.sections.drm_since_ns;
		bool before = since_ns && entered_ns <= since_ns;

		if (section_runs_in(builder, node, task, GW_RELATION_RUNS_IN,
				    before ? GW_CONFIDENCE_PROVEN : GW_CONFIDENCE_PROBABLE, entered_ns) < 0)
			return -ENOMEM;
	}
	return 0;
}

int gw_expand_device(struct gw_builder *builder, uint32_t node)
{
	struct gw_index_range unplugs = gw_index_find(&builder->unplugs, gw_builder_node(builder, node)->address);

	for (size_t i = 0; i < unplugs.count; i++)
		if (section_runs_in(builder, node, unplugs.members[i].record, GW_RELATION_UNPLUGGED_BY,
				    gw_builder_section(builder, unplugs.members[i].record, GW_STACK_UNPLUG), 0) < 0)
			return -ENOMEM;
	return 0;
}
