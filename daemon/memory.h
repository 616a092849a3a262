/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Memory: what the daemon may need while the machine cannot reclaim any is
 * taken, touched and locked at start, and kept. What it does not need then,
 * the code of libraries that only serve to read modules and journals, is not.
 */
#ifndef GPUWATCH_DAEMON_MEMORY_H
#define GPUWATCH_DAEMON_MEMORY_H

#include <stddef.h>
#include <stdint.h>

struct gw_memory {
	size_t kept;	/* bytes of heap set aside for what is kept over time: recordings */
	size_t looks;	/* for looks at the kernel */
	uint32_t tasks; /* that those are enough for */
};

/* First of all: what is large and needed only while starting goes back to the system, then. */
void gw_memory_begin(void);

/*
 * gw_memory_lock - lock all memory and set a reserve aside
 * @kept: bytes that the daemon may keep over time, see above
 *
 * Call when everything is loaded: from then on large blocks come from the heap, too. Returns 0, or -errno when locking
 * was refused (the reserve is there all the same).
 */
int gw_memory_lock(struct gw_memory *memory, size_t kept);

/* After a look, while nothing is stuck: if there are many more tasks than the reserve was made for, makes it larger. */
void gw_memory_follow(struct gw_memory *memory);

/* These constants of the program, which lie in its file, are not needed for now: they need not be in memory. */
void gw_memory_unlock_constants(const void *data, size_t size);

/* After a client has gone, or modules were read: what lies free at the heap's end beyond the reserve goes back to the system. */
void gw_memory_give_back(const struct gw_memory *memory);

#endif
