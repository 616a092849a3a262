/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Breakpoints in kernel functions on chosen CPUs, set and taken away by a thread: since 6.2, and where that was taken over, the
 * kernel waits for an RCU grace period before it sets one on a CPU, which a task that spins holds up for as long as it spins.
 */
#ifndef GPUWATCH_DAEMON_BREAKPOINTS_H
#define GPUWATCH_DAEMON_BREAKPOINTS_H

#include <stddef.h>
#include <stdint.h>

#define GW_BREAKPOINTS_MAX 4 /* as many as a CPU of x86 has */
#define GW_BREAKPOINT_CPUS 16

struct gw_breakpoints;

struct gw_breakpoint {
	const char *function; /* kept by reference */
	uint64_t address;     /* 0: this kernel has no such function */
	int program;	      /* file descriptor, not owned, open until gw_breakpoints_free() */
};

/* Starts the thread. @socket: of the opener, see daemon/perf/perf.h; kept by reference. Returns 0 or -errno. */
int gw_breakpoints_new(struct gw_breakpoints **ret, const char *socket);

/*
 * gw_breakpoints_want - these breakpoints, on these CPUs, instead of those that are set
 * @list, @count: at most GW_BREAKPOINTS_MAX; @cpus, @n_cpus: at most GW_BREAKPOINT_CPUS, each once
 *
 * Never waits: they are set soon, or once the kernel can. What a CPU has no breakpoint left for is left out.
 */
void gw_breakpoints_want(struct gw_breakpoints *breakpoints, const struct gw_breakpoint *list, size_t count,
			 const uint32_t *cpus, size_t n_cpus);

/* Ends the thread; where that is stuck in the kernel, it is left behind with what is its own. */
void gw_breakpoints_free(struct gw_breakpoints *breakpoints);

#endif
