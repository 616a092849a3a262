/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Probes: the one table of where programs attach and what each is good for;
 * and their states.
 */
#ifndef GPUWATCH_DAEMON_KERNEL_PROBES_H
#define GPUWATCH_DAEMON_KERNEL_PROBES_H

#include "daemon/kernel/loader.h"
#include "daemon/kernel/objects.h"
#include "daemon/kernel/pins.h"
#include "lib/system/kallsyms.h"

struct gw_probes;

/* Everything a probe needs to attach. The pointers are not owned and are only used during calls. */
struct gw_probe_context {
	struct gw_objects *objects;
	struct gw_pins *pins;		    /* NULL: do not pin */
	const struct gw_kallsyms *kallsyms; /* where module functions are */
	const struct btf *btf;		    /* the kernel's types; NULL: not at hand */
};

int gw_probes_new(struct gw_probes **ret);

/* Detaches what is not pinned. */
void gw_probes_free(struct gw_probes *probes);

/*
 * gw_probes_update - attach what can be attached now, detach what went away
 *
 * Idempotent. Returns how many rows changed their state.
 */
int gw_probes_update(struct gw_probes *probes, const struct gw_probe_context *context);

size_t gw_probes_rows(const struct gw_probes *probes, const struct gw_probe_info **ret);

/* Whether a probe is missing without which nothing works: -errno, and @why in one line. 0: none. */
int gw_probes_missing(const struct gw_probes *probes, const char **why);

/* Link of the snapshot iterator. */
int gw_probes_iterator(const struct gw_probes *probes);

/* Whether some probe depends on a module of this name. */
bool gw_probes_want_module(const struct gw_probes *probes, const char *module);

#endif
