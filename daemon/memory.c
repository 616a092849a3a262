/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Memory: taken and locked at start, so that looking at a machine in reclaim does not need reclaim. */
#include "daemon/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <link.h>
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

#include "bpf/abi/records.h"
#include "lib/base/files.h"

#define STACK_RESERVE (256 << 10)
#define LOOK_LEAST (3U << 20)	 /* bytes of heap for a look at few tasks, and for reports: see docs/performance.md */
#define MAPPED_LEAST (128 << 10) /* bytes, while the daemon starts */
#define TASKS_MAX 50000		 /* more would be too much of the unit's memory */

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

/* ---- what need not be locked --------------------------------------------------------------------- */

/* Of libkmod and libsystemd, for compressed modules, their signatures and journal files: nothing on the way to a report. */
static bool memory_is_needless(const char *path)
{
	static const char *const libraries[] = { "/libcrypto.so", "/libgcrypt.so", "/libgpg-error.so",
						 "/libkmod.so",	  "/liblzma.so",   "/libzstd.so" };

	for (size_t i = 0; i < sizeof(libraries) / sizeof(libraries[0]); i++)
		if (strstr(path, libraries[i]))
			return true;
	return false;
}

/* Whole pages of what was never written to, which can be read from its file again. */
static void memory_unlock(uintptr_t start, uintptr_t end)
{
	const uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);

	start = (start + page - 1) & ~(page - 1);
	end &= ~(page - 1);
	if (start < end && munlock((void *)start, end - start) == 0)
		madvise((void *)start, end - start, MADV_DONTNEED);
}

void gw_memory_unlock_constants(const void *data, size_t size)
{
	memory_unlock((uintptr_t)data, (uintptr_t)data + size);
}

static int memory_unlock_needless(struct dl_phdr_info *info, size_t size, void *userdata)
{
	for (size_t i = 0; i < info->dlpi_phnum && memory_is_needless(info->dlpi_name); i++) {
		const ElfW(Phdr) *segment = &info->dlpi_phdr[i];
		uintptr_t start = info->dlpi_addr + segment->p_vaddr;

		if (segment->p_type == PT_LOAD && !(segment->p_flags & PF_W))
			memory_unlock(start, start + segment->p_memsz);
	}
	return 0;
}

/* ---- locking ------------------------------------------------------------------------------------ */

/* Under a limit that is large enough for now, a later allocation would fail: worse than not locking. */
static int memory_lock_all(void)
{
	if (!memory_may_lock_any_amount())
		return -EPERM;
	if (mlockall(MCL_CURRENT | MCL_FUTURE) < 0)
		return -errno;
	return dl_iterate_phdr(memory_unlock_needless, NULL);
}

/* How many there are in the system: the last figure but one of "0.20 0.18 0.12 1/80 11206". */
static uint32_t memory_count_tasks(void)
{
	char text[128] = "";
	unsigned int tasks = 0;

	gw_file_text(AT_FDCWD, "/proc/loadavg", text, sizeof(text));
	return sscanf(text, "%*s %*s %*s %*u/%u", &tasks) == 1 ? tasks : 0;
}

/* A look at all tasks has a record of each that sleeps. */
static void memory_measure(struct gw_memory *memory, uint32_t tasks)
{
	memory->tasks = tasks < TASKS_MAX ? tasks : TASKS_MAX;
	memory->looks = LOOK_LEAST + memory->tasks * sizeof(struct gw_task_record);
}

/* What starting needs for a while, the kernel's types above all, is mapped, so that it leaves no holes in the heap. */
void gw_memory_begin(void)
{
	mallopt(M_MMAP_THRESHOLD, MAPPED_LEAST); /* or it would grow with each block that is freed */
}

int gw_memory_lock(struct gw_memory *memory, size_t kept)
{
	int r;

	mallopt(M_MMAP_MAX, 0);	       /* large blocks come from the heap, too */
	mallopt(M_TRIM_THRESHOLD, -1); /* which never shrinks */
	mallopt(M_ARENA_MAX, 1);
	r = memory_lock_all();
	memory->kept = kept;
	memory_measure(memory, memory_count_tasks());
	memory_prefault_heap(memory->kept + memory->looks);
	prefault_stack();
	return r;
}

void gw_memory_follow(struct gw_memory *memory)
{
	const size_t before = memory->looks;
	uint32_t tasks = memory_count_tasks();

	if (memory->tasks == TASKS_MAX || tasks < memory->tasks + memory->tasks / 4)
		return;
	memory_measure(memory, tasks);
	/* Beyond what is free at the heap's end, which is set aside for recordings, too. */
	memory_prefault_heap(mallinfo2().keepcost + memory->looks - before);
}

void gw_memory_give_back(const struct gw_memory *memory)
{
	malloc_trim(memory->kept + memory->looks);
}
