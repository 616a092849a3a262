/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the silence of a log shows: a kernel that names owners of locks, and names none, found no task that owns it. */
#ifndef GPUWATCH_LIB_EXPLAIN_LEFT_H
#define GPUWATCH_LIB_EXPLAIN_LEFT_H

#include "lib/explain/scene.h"

/* Whether whoever took the lock that the actor waits for exists no more. */
bool gw_left_by_gone(const struct gw_scene *scene, uint32_t actor);

#endif
