/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The kinds of perf events that BPF programs are attached to here, and how a process opens one itself. */
#ifndef GPUWATCH_DAEMON_PERF_EVENT_H
#define GPUWATCH_DAEMON_PERF_EVENT_H

#include <stdint.h>

enum gw_perf_kind {
	GW_PERF_KPROBE,	    /* of a function's entry */
	GW_PERF_KRETPROBE,  /* of its return */
	GW_PERF_CLOCK,	    /* ticks of a CPU while it runs the kernel */
	GW_PERF_BREAKPOINT, /* whenever a CPU comes to an instruction of the kernel: it has four of them */
};

/* Also the message to the opener, see opener.h: both are one program, of one version. */
struct gw_perf_event {
	uint32_t kind; /* enum gw_perf_kind */
	uint32_t cpu;  /* of a clock or breakpoint */
	uint64_t interval_ns;
	uint64_t address;   /* of a breakpoint */
	char function[128]; /* of a probe; the one that a breakpoint is in */
};

/* Opens it, disabled. Returns a file descriptor that the caller owns; -EACCES or -EPERM: this process may not; -errno. */
int gw_perf_event_open(const struct gw_perf_event *event);

#endif
