/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Probes: attaches the programs of the table (probe-table.h) to what this
 * kernel has, or adopts what an earlier process attached; follows modules;
 * knows the state of each.
 */
#ifndef GPUWATCH_DAEMON_KERNEL_PROBES_H
#define GPUWATCH_DAEMON_KERNEL_PROBES_H

#include <stdbool.h>
#include <stddef.h>

#include "daemon/kernel/objects.h"
#include "daemon/kernel/pins.h"
#include "daemon/kernel/probe-info.h"
#include "daemon/perf/perf.h"
#include "lib/system/kallsyms.h"

struct gw_probes;

/* Everything a probe needs to attach. The pointers are not owned and are only used during calls. */
struct gw_probe_context {
	struct gw_objects *objects;
	struct gw_perf *perf;		    /* has the events for kprobes */
	struct gw_pins *pins;		    /* NULL: do not pin */
	const struct gw_kallsyms *kallsyms; /* which functions and trace events there are */
	const struct gw_types *types;	    /* the kernel's */
};

/* Those whose objects belong to @set. Returns 0 or -ENOMEM. */
int gw_probes_new(struct gw_probes **ret, enum gw_object_set set);

/* Detaches what is not pinned. */
void gw_probes_free(struct gw_probes *probes);

/*
 * gw_probes_update - adopt or attach what can be attached now, detach what went away
 *
 * Idempotent. Objects that no probe can be attached of are not loaded. Returns
 * how many rows changed their state.
 */
int gw_probes_update(struct gw_probes *probes, const struct gw_probe_context *context);

/* Adopts what is pinned, and attaches nothing: whatever else there is, is absent, for this reason. */
void gw_probes_adopt(struct gw_probes *probes, struct gw_pins *pins, const char *why);

/* Their number never changes. */
size_t gw_probes_rows(const struct gw_probes *probes, const struct gw_probe_info **ret);

/* Whether a probe is missing without which nothing works, or all are: -errno, and @why in one line. 0: none. */
int gw_probes_missing(const struct gw_probes *probes, const char **why);

/* Link of the snapshot iterator. */
int gw_probes_iterator(const struct gw_probes *probes);

/* Whether some probe depends on a module of this name. */
bool gw_probes_want_module(const struct gw_probes *probes, const char *module);

#endif
