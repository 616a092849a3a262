/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What of the system should be there and could not be read: an array of lines for people. */
#ifndef GPUWATCH_LIB_SYSTEM_UNREADABLE_H
#define GPUWATCH_LIB_SYSTEM_UNREADABLE_H

#include <jansson.h>

/* "PATH: reason" onto @unreadable, which may be NULL; @error: -errno. Returns 0 or -ENOMEM. */
int gw_unreadable_add(json_t *unreadable, const char *path, int error);

#endif
