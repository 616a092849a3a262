/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The system as it is now, as far as the order of drivers is concerned: the
 * state object of gw_boot_evidence_set_state(), read from sysfs, debugfs, /proc and the modules
 * directory. Nothing of any process is read.
 */
#ifndef GPUWATCH_LIB_SYSTEM_STATE_H
#define GPUWATCH_LIB_SYSTEM_STATE_H

#include <jansson.h>

#include "lib/boot/table/dependencies.h"

/*
 * gw_boot_state_read - look at the system
 * @ret: a new object
 * @depends: the table, for the paths and modules that it names; may be NULL
 * @unreadable: an array, to which "PATH: reason" is added for each part that should be there and could not be read;
 *	may be NULL
 *
 * Takes well under a second for ten thousand devices. Returns 0 or -ENOMEM.
 */
int gw_boot_state_read(json_t **ret, const struct gw_depends *depends, json_t *unreadable);

/* The same of a tree below @root, which has sys, proc, dev and lib/modules/@release in it; @release NULL = of this kernel. */
int gw_boot_state_read_from(json_t **ret, const char *root, const char *release, const struct gw_depends *depends,
			    json_t *unreadable);

#endif
