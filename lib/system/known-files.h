/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The files of known hangs: the installed ones, and the administrator's own in /etc/gpuwatch/known-hangs.d. */
#ifndef GPUWATCH_LIB_SYSTEM_KNOWN_FILES_H
#define GPUWATCH_LIB_SYSTEM_KNOWN_FILES_H

#include <stdbool.h>

#include "lib/report/known.h"

/*
 * gw_known_load - all of them into a new table
 * @complain: told of errors (one line each); may be NULL
 *
 * That no file is installed is no error: nothing is known then. Returns the number of errors or -ENOMEM.
 */
int gw_known_load(struct gw_known **ret, gw_known_complain complain, void *userdata);

/* Where the project's own file is expected; *ret is whether it is there. A program that was copied alone has none. */
const char *gw_known_installed(bool *ret);

#endif
