/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A scene as a snapshot, so that what judges and describes live ones does it with this one: tasks and their stacks. */
#ifndef GPUWATCH_LIB_EXPLAIN_SNAPSHOT_H
#define GPUWATCH_LIB_EXPLAIN_SNAPSHOT_H

#include "lib/analysis/record/snapshot.h"
#include "lib/explain/scene.h"

/* Addresses of what has none in a text: made up, the same for the same text. */
uint64_t gw_text_task_address(uint32_t actor);

/* When an actor's wait began, in the snapshot's time; 0 = not known. */
uint64_t gw_text_since_ns(const struct gw_scene *scene, const struct gw_actor *actor);

/* Returns 0 or -ENOMEM. */
int gw_text_snapshot(const struct gw_scene *scene, struct gw_snapshot **ret);

#endif
