/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which lock a task tries to take in a loop that never waits for it: breakpoints at the trylock functions on the CPU of the
 * task, on demand. A program that is attached to them for good would cost everybody: they are on fast paths.
 */
#ifndef GPUWATCH_DAEMON_TRYLOCKS_H
#define GPUWATCH_DAEMON_TRYLOCKS_H

#include <bpf/libbpf.h>
#include <stddef.h>

#include "daemon/sampler.h"
#include "lib/system/kallsyms.h"

struct gw_trylocks;

/* @object: loaded, has the programs; @tries: file descriptor of the map. Neither is owned. Returns 0 or -errno. */
int gw_trylocks_new(struct gw_trylocks **ret, const struct bpf_object *object, int tries);
void gw_trylocks_free(struct gw_trylocks *trylocks);

/*
 * gw_trylocks_follow - these are the tasks that spin or nap now, and where
 *
 * Forgets others after some calls, with @count 0 and no tasks at once. The tries of those that were followed before go on being
 * counted. What a CPU has no breakpoint left for is left out, and so is a task that has not tried any lock for some calls.
 * Does not wait for the kernel.
 */
void gw_trylocks_follow(struct gw_trylocks *trylocks, const struct gw_kallsyms *kallsyms,
			const struct gw_sampled_task *tasks, size_t count);

/* Whether a breakpoint in this function is one of these. */
bool gw_trylocks_name(const char *function);

#endif
