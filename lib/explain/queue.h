/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the kernel's last listing of busy workqueues shows: which item a task waits for, and which items cannot start. */
#ifndef GPUWATCH_LIB_EXPLAIN_QUEUE_H
#define GPUWATCH_LIB_EXPLAIN_QUEUE_H

#include "lib/explain/partner.h"

/* The item whose end the actor waits for; NULL = the log does not show it. */
const struct gw_log_item *gw_queue_flushed(const struct gw_scene *scene, uint32_t actor);

/*
 * An item that cannot start, and that by its name would signal a fence of the driver that the actor waits in, or reset it; else one that is
 * held back behind the actor's own item. NULL = there is none.
 */
const struct gw_log_item *gw_queue_signaller(const struct gw_scene *scene, uint32_t actor);

/* Where it waits for an item on every CPU: the one task that does not leave its own. */
struct gw_partners gw_queue_cpu_keeper(const struct gw_scene *scene, uint32_t actor);

/* Who keeps an item from ending: the worker that executes it, or those whose items it is behind, or who keeps its CPU. */
struct gw_partners gw_queue_keepers(const struct gw_scene *scene, const struct gw_log_item *item);

#endif
