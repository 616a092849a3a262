/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The hot programs, from the same sources, compiled for this machine and called in user space: how long their instructions
 * take on a real processor. See native/bpf/bpf_helpers.h for what stands for the kernel.
 *
 * usage: native
 *
 * Prints a line for each event: EVENT PICOSECONDS, over a call of an empty function; where the clock counts instructions, those
 * are thousandths of one.
 */
#include <stdio.h>
#include <stdlib.h>

#include "bpf/watch/fence.c"
#include "bpf/watch/lock.c"

#define CALLS 5000
#define ROUNDS 1000

static struct task_struct task = { .pid = 4242, .tgid = 4242, .comm = "task" };
static struct kernfs_node node = { .id = 77 };
static struct cgroup group = { .kn = &node };
static struct css_set groups = { .dfl_cgrp = &group };
static struct dma_fence fence = { .context = 5 };
static struct dma_fence_ops ops;

struct task_struct *native_task = &task;
struct task_entry native_entry;
static struct native_storage storage = { .map = &tasks, .entry = &native_entry };
struct native_storage *native_storage = &storage;
int native_busy, native_pagefault_disabled;
struct pcpu_hot pcpu_hot;
int __preempt_count;

__noinline __u64 bpf_get_current_pid_tgid(void)
{
	return (__u64)native_task->tgid << 32 | (__u32)native_task->pid;
}

static __noinline int empty(u64 *ctx)
{
	asm volatile("" : : "r"(ctx) : "memory");
	return 0;
}

/* A program, as the kernel calls it: through a pointer, with arguments in memory. */
typedef int (*program)(u64 *ctx);

static const struct event {
	const char *name;
	program begin, end;
	u64 arguments[2];
	bool signaled;
} events_measured[] = {
	{ "unwaited", (program)fence_signaled, NULL, { (u64)&fence }, false },
	{ "waited", (program)fence_wait_start, (program)fence_wait_end, { (u64)&fence }, true },
	{ "slept", (program)fence_wait_start, (program)fence_wait_end, { (u64)&fence }, false },
	{ "contended", (program)lock_wait_start, (program)lock_wait_end, { (u64)&task, 0 }, false },
};

static u64 now(void)
{
	return bpf_ktime_get_ns();
}

static u64 calls(program begin, program end, u64 *arguments)
{
	volatile program first = begin, second = end;
	u64 start = now();

	for (u32 i = 0; i < CALLS; i++) {
		first(arguments);
		if (second)
			second(arguments);
	}
	return now() - start;
}

/* The fewest of many short rounds: whatever else the machine does makes it more. */
static u64 least(program begin, program end, u64 *arguments)
{
	u64 ret = (u64)-1;

	for (u32 i = 0; i < ROUNDS; i++) {
		u64 ns = calls(begin, end, arguments);

		ret = ns < ret ? ns : ret;
	}
	return ret;
}

int main(void)
{
	native_map_prepare(&waiting);
	native_map_prepare(&started);
	native_map_prepare(&no_timeline);
	native_map_prepare(&wait_times);
	native_map_prepare(&wait_workloads);
	fence.ops = &ops;
	task.cgroups = &groups;
	for (u32 i = 0; i < sizeof(events_measured) / sizeof(events_measured[0]); i++) {
		const struct event *event = &events_measured[i];
		u64 arguments[2] = { event->arguments[0], event->arguments[1] };
		u64 floor, ns;

		fence.flags = event->signaled ? 1UL << DMA_FENCE_FLAG_SIGNALED_BIT : 0;
		floor = least(empty, event->end ? empty : NULL, arguments);
		ns = least(event->begin, event->end, arguments);
		printf("%s %llu\n", event->name, (unsigned long long)(ns > floor ? (ns - floor) * 1000 / CALLS : 0));
	}
	return 0;
}
