/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From the id of a cgroup, which a task's record has, to its path and whose it is. Looks at cgroupfs only, never at a process:
 * on a 64-bit machine the id is the inode number of the cgroup's directory.
 */
#ifndef GPUWATCH_LIB_SYSTEM_WORKLOAD_CGROUPS_H
#define GPUWATCH_LIB_SYSTEM_WORKLOAD_CGROUPS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "lib/base/cleanup.h"

#define GW_CGROUP_ROOT "/sys/fs/cgroup"

struct gw_cgroups; /* ids that were asked for, with what was found */

/*
 * gw_cgroups_new
 * @root: where the unified hierarchy is; on a machine that has version 1 beside it, its "unified" is used
 *
 * Returns 0 or -ENOMEM.
 */
int gw_cgroups_new(struct gw_cgroups **ret, const char *root);
void gw_cgroups_free(struct gw_cgroups *cgroups);

/*
 * gw_cgroups_annotate - give each object of a list that has a "cgroup_id" its "workload", see gw_workload_json()
 * @list: JSON array of task nodes or waits; may be NULL
 *
 * Ids that are not known yet cost one walk through cgroupfs for all of them together, which ends after 8192 directories. What is
 * in the root cgroup, or in one that is gone, has no workload. Returns 0 or -ENOMEM.
 */
int gw_cgroups_annotate(struct gw_cgroups *cgroups, json_t *list);

/*
 * gw_cgroups_lives - whether a cgroup is still there
 *
 * One that gw_cgroups_annotate() was not asked for since long, or did not find, counts as gone.
 */
bool gw_cgroups_lives(struct gw_cgroups *cgroups, uint64_t id);

#endif
