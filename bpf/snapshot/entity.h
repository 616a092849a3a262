/* SPDX-License-Identifier: GPL-2.0-only */
/* What a wait for an entity of drm_sched needs: its next job, or whoever starts jobs. */
#ifndef GPUWATCH_BPF_SNAPSHOT_ENTITY_H
#define GPUWATCH_BPF_SNAPSHOT_ENTITY_H

#include "bpf/snapshot/output.h"

/* The scheduled fence of the first job in the queue, 0 if there is none. */
static __always_inline u64 entity_next_job(u64 entity)
{
	const struct gw_layout *layout = &control.layout;
	u64 node = layout->entity_job_queue < 0 ? 0 : read_u64(entity + layout->entity_job_queue);
	u64 fence;

	if (!node || layout->job_queue_node < 0)
		return 0;
	fence = read_member(node - layout->job_queue_node, layout->job_fence);
	return fence && layout->sched_fence_scheduled >= 0 ? fence + layout->sched_fence_scheduled : 0;
}

/* drm_sched_entity_fini() waits until nobody starts a job of the entity: the scheduler's thread, or its work item. */
static __always_inline void resolve_fini(struct gw_wait *wait)
{
	const struct gw_layout *layout = &control.layout;
	u64 scheduler = read_member(read_member(wait->object, layout->entity_rq), layout->rq_scheduler);
	u64 thread = read_member(scheduler, layout->scheduler_thread);
	struct work_struct *work = (void *)(scheduler + layout->scheduler_work_run_job);

	wait->flags &= ~ENTITY_IS_FINI;
	if (thread) {
		wait->kind = GW_WAIT_PARK;
		wait->object = thread;
	} else if (scheduler && layout->scheduler_work_run_job >= 0) {
		wait->kind = GW_WAIT_WORK;
		wait->object = (u64)work;
		wait->context = (u64)BPF_CORE_READ(work, func);
	}
}

/* Turns a wait as it was recorded into what the record says. */
static __noinline int resolve_entity(struct gw_wait *wait)
{
	if (wait->flags & ENTITY_IS_FINI)
		resolve_fini(wait);
	else
		wait->context = entity_next_job(wait->object);
	return 0;
}

#endif
