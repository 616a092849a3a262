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

/*
 * gw_memory_lock_again - after fork(), in the parent, if its memory is locked
 *
 * A page that both processes have is copied when one of them writes to it, and
 * the copy needs memory: take it now, not when the machine has none. Returns 0 or -errno.
 */
int gw_memory_lock_again(void);

/* After a client of the daemon has gone: what lies free at the heap's end beyond the reserve goes back to the system. */
void gw_memory_give_back(void);

#endif
