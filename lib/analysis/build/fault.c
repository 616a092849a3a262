/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which faults a timeline's device has, and how sure it is that it is the same device. */
#include "lib/analysis/build/fault.h"

#include <errno.h>
#include <string.h>

/* ---- one device ------------------------------------------------------------------- */

/* The module that has the functions of a timeline's fences; "" = unknown, or built in. */
static const char *fault_module_of_fences(const struct gw_builder *builder, const struct gw_node *timeline)
{
	uint64_t function = timeline->fence ? timeline->fence->ops_driver : 0;
	const struct gw_symbol_record *symbol = function ? gw_snapshot_symbol(builder->now, function) : NULL;

	return symbol ? symbol->module : "";
}

static bool fault_is_of_driver(const struct gw_builder *builder, const struct gw_node *timeline,
			       const struct gw_fault *fault)
{
	const char *driver = timeline->fence ? timeline->fence->driver : "";
	const char *module = fault_module_of_fences(builder, timeline);

	if (driver[0] && (strcmp(driver, fault->driver) == 0 || strcmp(driver, fault->module) == 0))
		return true;
	return module[0] && strcmp(module, fault->module) == 0;
}

/* Returns false if the timeline is another device's, as far as is known. */
static bool fault_is_of_device(const struct gw_builder *builder, const struct gw_node *timeline,
			       const struct gw_fault *fault, enum gw_confidence *confidence)
{
	*confidence = GW_CONFIDENCE_PROBABLE;
	if (fault->device && timeline->hardware)
		return fault->device == timeline->hardware;
	if (!fault_is_of_driver(builder, timeline, fault))
		return false;
	if (!fault->sole)
		*confidence = GW_CONFIDENCE_HINT;
	return true;
}

/* ---- held up ------------------------------------------------------------------------- */

/*
 * Whether any fence of the driver was signalled since the look before: then the device goes on beside the fault. So it may
 * where that was not counted in both looks.
 */
static bool fault_device_may_advance(const struct gw_builder *builder, const struct gw_timeline_record *record)
{
	const struct gw_driver_record *now = gw_snapshot_driver(builder->now, record->timeline.ops), *then;

	if (!now)
		return true;
	if (!builder->before)
		return false;
	then = gw_snapshot_driver(builder->before, record->timeline.ops);
	return !then || then->signals != now->signals;
}

/*
 * A handler that waits for a fence which nobody else had waited for when the fault began may have submitted that job
 * itself, to an engine that the fault does not stop: moving memory is such a job.
 */
static bool fault_may_wait_for_own_job(const struct gw_builder *builder, const struct gw_node *timeline,
				       const struct gw_builder_fault *fault)
{
	const struct gw_task_record *task = gw_snapshot_task(builder->now, fault->task);
	struct gw_wait wait;

	if (!task || !gw_task_wait(task, &wait) || !gw_wait_is_fence(&wait))
		return false;
	return timeline->waited_since_ns == 0 || fault->fault.since_ns == 0 ||
	       timeline->waited_since_ns >= fault->fault.since_ns;
}

static int fault_holds_up(struct gw_builder *builder, uint32_t timeline, const struct gw_builder_fault *fault,
			  enum gw_confidence confidence)
{
	const struct gw_node *node = gw_builder_node(builder, timeline);
	uint32_t task;

	if (!node->timeline || node->timeline->inherited || fault_device_may_advance(builder, node->timeline) ||
	    fault_may_wait_for_own_job(builder, node, fault))
		confidence = GW_CONFIDENCE_HINT;
	if (gw_builder_task_at(builder, fault->task, fault->start_ns, &task) < 0)
		return -ENOMEM;
	if (task == GW_NO_NODE)
		return 0;
	if (gw_builder_edge(builder, timeline, task, GW_RELATION_HELD_UP_BY, GW_EVIDENCE_INFERRED, confidence,
			    fault->fault.since_ns) < 0)
		return -ENOMEM;
	return 1;
}

int gw_expand_held_up(struct gw_builder *builder, uint32_t timeline)
{
	enum gw_confidence confidence;
	int count = 0, r;

	for (size_t i = 0; i < builder->n_faults; i++) {
		const struct gw_builder_fault *fault = &builder->faults[i];

		if (!fault_is_of_device(builder, gw_builder_node(builder, timeline), &fault->fault, &confidence))
			continue;
		r = fault_holds_up(builder, timeline, fault, confidence);
		if (r < 0)
			return r;
		count += r;
	}
	return count;
}
