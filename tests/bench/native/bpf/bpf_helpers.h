/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What libbpf's header of this name has, for programs that are compiled for this machine and run in user space. Helpers are
 * functions that do what the kernel's do on their usual way; maps have no more than the values that are looked up.
 */
#ifndef GPUWATCH_TESTS_BENCH_NATIVE_BPF_HELPERS_H
#define GPUWATCH_TESTS_BENCH_NATIVE_BPF_HELPERS_H

#include <linux/bpf.h>
#include <linux/types.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define SEC(name)
#define __uint(name, value) int(*name)[value]
#define __type(name, value) typeof(value) *name
#undef __always_inline
#define __always_inline inline __attribute__((always_inline))
#define __noinline __attribute__((noinline))
#define __weak __attribute__((weak))
#define __ksym
#define barrier_var(variable) asm volatile("" : "+r"(variable))

struct task_struct;
struct task_entry;

/* What the kernel keeps of a task for the programs: maps are found in it by a small index. */
struct native_storage {
	void *map;
	struct task_entry *entry;
};

extern struct task_struct *native_task;
extern struct native_storage *native_storage;
extern int native_busy, native_pagefault_disabled;
extern struct task_entry native_entry;

static inline struct task_struct *bpf_get_current_task_btf(void)
{
	return native_task;
}

__u64 bpf_get_current_pid_tgid(void);

static __noinline void *native_storage_get(void *map, struct task_struct *task)
{
	struct native_storage *storage;
	void *entry = NULL;

	if (!task || ++native_busy != 1)
		return NULL;
	storage = *(struct native_storage *volatile *)&native_storage;
	if (storage && storage->map == map)
		entry = storage->entry;
	native_busy--;
	return entry;
}
#define bpf_task_storage_get(map, task, value, flags) native_storage_get(map, task)

static __noinline __u64 bpf_ktime_get_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (__u64)now.tv_sec * 1000000000 + (__u64)now.tv_nsec;
}

static __noinline long bpf_probe_read_kernel(void *to, __u32 size, const void *from)
{
	if ((__s64)from <= 0)
		return -1;
	native_pagefault_disabled++;
	for (; size >= 8; size -= 8, to = (char *)to + 8, from = (const char *)from + 8)
		*(volatile __u64 *)to = *(const volatile __u64 *)from;
	for (; size; size--, to = (char *)to + 1, from = (const char *)from + 1)
		*(volatile char *)to = *(const volatile char *)from;
	native_pagefault_disabled--;
	return 0;
}
#define bpf_probe_read_kernel_str(to, size, from) bpf_probe_read_kernel(to, size, from)

/*
 * Arrays have their values where native_map_prepare() put them, and are looked up as the verifier has it, inline; nothing is
 * in the other maps.
 */
#define native_map_count(map) (sizeof(*(map)->max_entries) / sizeof(int))
#define native_map_prepare(map) ((map)->value = calloc(native_map_count(map), sizeof(*(map)->value)))
#define bpf_map_lookup_elem(map, at)                                                                                   \
	({                                                                                                             \
		__u32 index_ = (__u32) * (at);                                                                         \
		sizeof(*(map)->type) == BPF_MAP_TYPE_ARRAY * sizeof(int) && index_ < native_map_count(map)             \
			? &(map)->value[index_]                                                                        \
			: NULL;                                                                                        \
	})
#define bpf_map_update_elem(map, at, value, flags) ((void)(at), (void)(value), 0L)
#define bpf_ringbuf_output(map, data, size, flags) ((void)(data), 0L)
#define bpf_this_cpu_ptr(variable) (variable)
#define bpf_get_func_arg(ctx, i, value) (*(value) = ((__u64 *)(ctx))[i], 0L)
#define bpf_loop(count, function, context, flags)                                                                      \
	({                                                                                                             \
		for (__u32 i_ = 0; i_ < (count) && !function(i_, context); i_++)                                       \
			;                                                                                              \
		0L;                                                                                                    \
	})

#endif
