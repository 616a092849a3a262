/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Memory: taken and locked at start, so that looking at a machine in reclaim does not need reclaim. */
#include "memory.h"

#include <errno.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define STACK_RESERVE (256 << 10)

/* Touches the stack once, down to where the deepest call may come. */
__attribute__((noinline)) static void prefault_stack(void)
{
	volatile char reserve[STACK_RESERVE];
	const size_t page = (size_t)sysconf(_SC_PAGESIZE);

	for (size_t i = 0; i < sizeof(reserve); i += page)
		reserve[i] = 0;
}

/* Touched and freed again: with trimming off it stays in the heap for whoever allocates next. */
static void prefault_heap(size_t size)
{
	char *reserve = malloc(size);

	if (!reserve)
		return;
	memset(reserve, 0x5a, size);
	__asm__ volatile("" : : "r"(reserve) : "memory"); /* or the compiler drops it all */
	free(reserve);
}

int gw_memory_lock(size_t reserve)
{
	int r = 0;

	mallopt(M_MMAP_MAX, 0);	       /* large blocks come from the heap, too */
	mallopt(M_TRIM_THRESHOLD, -1); /* which never shrinks */
	mallopt(M_ARENA_MAX, 1);
	if (mlockall(MCL_CURRENT | MCL_FUTURE) < 0)
		r = -errno;
	prefault_heap(reserve);
	prefault_stack();
	return r;
}
