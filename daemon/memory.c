/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Memory: taken and locked at start, so that looking at a machine in reclaim does not need reclaim. */
#include "daemon/memory.h"

#include <errno.h>
#include <linux/capability.h>
#include <malloc.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "lib/base/cleanup.h"

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
static void memory_prefault_heap(size_t size)
{
	char *reserve = malloc(size);

	if (!reserve)
		return;
	memset(reserve, 0x5a, size);
	__asm__ volatile("" : : "r"(reserve) : "memory"); /* or the compiler drops it all */
	free(reserve);
}

static bool memory_may_lock_any_amount(void)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = { 0 };
	struct rlimit limit;

	if (getrlimit(RLIMIT_MEMLOCK, &limit) == 0 && limit.rlim_cur == RLIM_INFINITY)
		return true;
	return syscall(SYS_capget, &header, data) == 0 &&
	       (data[CAP_TO_INDEX(CAP_IPC_LOCK)].effective & CAP_TO_MASK(CAP_IPC_LOCK));
}

/* Under a limit that is large enough for now, a later allocation would fail: worse than not locking. */
static int memory_lock_all(void)
{
	if (!memory_may_lock_any_amount())
		return -EPERM;
	return mlockall(MCL_CURRENT | MCL_FUTURE) < 0 ? -errno : 0;
}

int gw_memory_lock(void)
{
	int r;

	mallopt(M_MMAP_MAX, 0);	       /* large blocks come from the heap, too */
	mallopt(M_TRIM_THRESHOLD, -1); /* which never shrinks */
	mallopt(M_ARENA_MAX, 1);
	r = memory_lock_all();
	memory_prefault_heap(GW_MEMORY_RESERVE);
	prefault_stack();
	return r;
}

void gw_memory_give_back(void)
{
	malloc_trim(GW_MEMORY_RESERVE);
}
