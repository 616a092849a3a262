/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Memory: what the daemon may need while the machine cannot reclaim any is
 * taken, touched and locked at start, and kept.
 */
#ifndef GPUWATCH_DAEMON_MEMORY_H
#define GPUWATCH_DAEMON_MEMORY_H

#include <stddef.h>

#define GW_MEMORY_RESERVE (16U << 20) /* bytes of heap */

/*
 * gw_memory_lock - lock all memory and set GW_MEMORY_RESERVE aside
 *
 * Call before anything else allocates much. Returns 0, or -errno when locking
 * was refused (the reserve is there all the same).
 */
int gw_memory_lock(void);

/* After a client of the daemon has gone: what lies free at the heap's end beyond the reserve goes back to the system. */
void gw_memory_give_back(void);

#endif
