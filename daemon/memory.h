/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Memory: what the daemon may need while the machine cannot reclaim any is
 * taken, touched and locked at start, and never given back.
 */
#ifndef GPUWATCH_DAEMON_MEMORY_H
#define GPUWATCH_DAEMON_MEMORY_H

#include <stddef.h>

/*
 * gw_memory_lock - lock all memory and set @reserve bytes of heap aside
 *
 * Call before anything else allocates much. Returns 0, or -errno when locking
 * was refused (the reserve is there all the same).
 */
int gw_memory_lock(size_t reserve);

#endif
