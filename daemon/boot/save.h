/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Saves the evidence of this boot in the form that lib/boot/evidence/load.h describes. */
#ifndef GPUWATCH_DAEMON_BOOT_SAVE_H
#define GPUWATCH_DAEMON_BOOT_SAVE_H

#include <stdio.h>

#include "daemon/boot/gather.h"

/* Returns 0 or -errno. */
int gw_boot_save(const struct gw_boot_sources *sources, FILE *file);

#endif
