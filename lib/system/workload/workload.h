/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whose a task is, by the path of its cgroup: a unit, a container, a pod, a job of Slurm or Flux. Pure. */
#ifndef GPUWATCH_LIB_SYSTEM_WORKLOAD_WORKLOAD_H
#define GPUWATCH_LIB_SYSTEM_WORKLOAD_WORKLOAD_H

#include <jansson.h>

#include "lib/base/cleanup.h"

/* "" is what the path does not show. What stands deepest in the path counts. */
struct gw_workload {
	char unit[256]; /* systemd's, "docker-….scope"; of a user's programs that of its manager, "user@1000.service" */
	char user_unit[256]; /* of the user's own manager */
	char runtime[16];    /* docker, containerd, cri-o, podman; "" = a container, not known of which of them */
	char container[128]; /* id, as the runtime prints it, or name (LXC) */
	char pod[64];	     /* Kubernetes' UID, with dashes */
	char slurm_job[32];
	char slurm_step[32]; /* "0", "batch", "extern", "interactive" */
	char flux_job[64];   /* "f" and base 58 */
};

/* @path: from the root of the cgroup hierarchy, "/system.slice/…", of any length and content. */
void gw_workload_parse(struct gw_workload *ret, const char *path);

/*
 * gw_workload_json - the workload as the JSON of reports and waits has it
 * @path: of the cgroup
 *
 * Fields that are "" are left out, all others are beside "cgroup" and "name", which is the shortest phrase for people. Returns
 * a new reference; NULL when out of memory.
 */
json_t *gw_workload_json(const struct gw_workload *workload, const char *path);

#endif
