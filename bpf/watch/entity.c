/* SPDX-License-Identifier: GPL-2.0-only */
/* Waits for the entities of drm_sched: that its jobs have been taken, that its scheduler is done with it. */
#include "bpf/lib/wait.h"

static __always_inline u32 entity_jobs(u64 entity)
{
	const struct gw_layout *layout = &control.layout;
	u32 jobs = 0;

	if (layout->entity_job_queue < 0 || layout->queue_job_count < 0)
		return 1;
	bpf_probe_read_kernel(&jobs, sizeof(jobs),
			      (void *)(entity + layout->entity_job_queue + layout->queue_job_count));
	return jobs;
}

/* Called whenever a client closes: an entity without jobs is not waited for. */
static __always_inline int entity_begin(void *hook, u64 entity, u32 flags)
{
	struct gw_wait wait = {
		.kind = GW_WAIT_ENTITY,
		.flags = flags,
		.object = entity,
	};

	if (entity_jobs(entity))
		wait_begin(hook, &wait);
	return 0;
}

/* A process that exits waits for so long at most; others for ever. */
SEC("kprobe/drm_sched_entity_flush")
int BPF_KPROBE(entity_flush_start, void *entity, long timeout)
{
	bool exits = bpf_get_current_task_btf()->flags & PF_EXITING;

	return entity_begin(ctx, (u64)entity, exits && timeout != LONG_MAX ? GW_WAIT_F_TIMEOUT : 0);
}

SEC("kretprobe/drm_sched_entity_flush")
int BPF_KRETPROBE(entity_flush_end)
{
	wait_end(GW_WAIT_ENTITY, 0);
	return 0;
}

SEC("kprobe/drm_sched_entity_fini")
int BPF_KPROBE(entity_fini_start, void *entity)
{
	return entity_begin(ctx, (u64)entity, ENTITY_IS_FINI);
}

SEC("kretprobe/drm_sched_entity_fini")
int BPF_KRETPROBE(entity_fini_end)
{
	wait_end(GW_WAIT_ENTITY, 0);
	return 0;
}
