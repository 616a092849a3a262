/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whom an actor needs to leave a file of sysfs, procfs or debugfs, or the lock of a VMA, by what the live engine reads in stacks. */
#ifndef GPUWATCH_LIB_EXPLAIN_NEED_H
#define GPUWATCH_LIB_EXPLAIN_NEED_H

#include "lib/analysis/record/snapshot.h"
#include "lib/explain/partner.h"

/* Whether the actor waits for that, whoever it is. */
bool gw_need_is_shown(const struct gw_scene *scene, const struct gw_snapshot *snapshot, uint32_t actor);

/* Whoever it may be; none if the actor does not wait for that. */
struct gw_partners gw_need_partners(const struct gw_scene *scene, const struct gw_snapshot *snapshot, uint32_t actor);

/* The process whose VMA the actor changes, 0 = of none that is known: it has that process' mmap_lock for writing meanwhile. */
uint32_t gw_need_memory(const struct gw_scene *scene, const struct gw_snapshot *snapshot, uint32_t actor);

#endif
