/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Samples the kernel stacks of tasks that do not sleep, on demand: what all samples of a task have in common is where it
 * spins. Sampling a task ends with the next look at the kernel.
 */
#ifndef GPUWATCH_DAEMON_SAMPLER_H
#define GPUWATCH_DAEMON_SAMPLER_H

#include <stddef.h>
#include <stdint.h>

#include "bpf/abi/shared.h"
#include "daemon/perf/perf.h"
#include "lib/system/kallsyms.h"

struct gw_sampler;

struct gw_sampled_task {
	uint64_t address; /* struct task_struct */
	uint32_t cpu;	  /* where it runs */
};

/* @perf: has the perf events, not owned. @program, @samples: file descriptors of the program and its map, not owned. Returns 0 or -ENOMEM. */
int gw_sampler_new(struct gw_sampler **ret, struct gw_perf *perf, int program, int samples);
void gw_sampler_free(struct gw_sampler *sampler);

/*
 * gw_sampler_follow - these are the tasks that spin now
 *
 * Ends sampling of all tasks, forgets what was sampled of those that are not among @tasks, and begins to sample those
 * that are new, and again those of whom no sample was taken, on the CPU where they are now. A task must have got CPU time
 * lately: interrupts of its CPU are served, then. What cannot be sampled is left out.
 */
void gw_sampler_follow(struct gw_sampler *sampler, const struct gw_sampled_task *tasks, size_t count);

/* Fills in samples and stack of the record of a task that was sampled. */
void gw_sampler_fill(const struct gw_sampler *sampler, struct gw_kallsyms *kallsyms, struct gw_running_record *record);

#endif
