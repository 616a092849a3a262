/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Saves the evidence of this boot in the form that core/boot.h describes. */
#ifndef GPUWATCH_BOOT_SAVE_H
#define GPUWATCH_BOOT_SAVE_H

#include "boot-gather.h"

/* A sealed memfd, read position at its start, owned by the caller; or -errno. */
int gw_boot_save(const struct gw_boot_sources *sources);

#endif
