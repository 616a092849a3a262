/* SPDX-License-Identifier: GPL-2.0-or-later */
/* perf_event_open(). */
#include "daemon/perf/event.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/hw_breakpoint.h>
#include <linux/perf_event.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "lib/base/files.h"

#define KPROBE_TYPE "/sys/bus/event_source/devices/kprobe/type"
#define KPROBE_RETURNS 1 /* config:0, see the file format/retprobe beside it */

static int event_open(struct perf_event_attr *attributes, int cpu)
{
	int fd;

	attributes->size = sizeof(*attributes);
	attributes->disabled = 1;
	fd = (int)syscall(SYS_perf_event_open, attributes, -1, cpu, -1, PERF_FLAG_FD_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

/* On any CPU: the kernel wants one named all the same. */
static int event_open_kprobe(const struct gw_perf_event *event)
{
	struct perf_event_attr attributes = {
		.config = event->kind == GW_PERF_KRETPROBE ? KPROBE_RETURNS : 0,
		.kprobe_func = (uint64_t)(uintptr_t)event->function,
	};
	char type[16] = "";
	int r = gw_file_text(AT_FDCWD, KPROBE_TYPE, type, sizeof(type));

	if (r < 0)
		return r;
	attributes.type = (uint32_t)atoi(type);
	return event_open(&attributes, 0);
}

/*
 * A clock of the CPU, at whose ticks the program asks which task is there. Not one of the task: the first of those makes
 * the kernel wait for an RCU grace period (account_event() in kernel/events/core.c), which a spinning task may hold up.
 */
static int event_open_clock(const struct gw_perf_event *event)
{
	struct perf_event_attr attributes = {
		.type = PERF_TYPE_SOFTWARE,
		.config = PERF_COUNT_SW_CPU_CLOCK,
		.sample_period = event->interval_ns,
		.exclude_user = 1,
	};

	return event_open(&attributes, (int)event->cpu);
}

/* Of a CPU and not of the task, as a clock is. It needs no wait for anybody when it goes, which a kprobe does. */
static int event_open_breakpoint(const struct gw_perf_event *event)
{
	struct perf_event_attr attributes = {
		.type = PERF_TYPE_BREAKPOINT,
		.bp_type = HW_BREAKPOINT_X,
		.bp_addr = event->address,
		.bp_len = sizeof(long),
		.sample_period = 1,
		.exclude_user = 1,
	};

	return event_open(&attributes, (int)event->cpu);
}

int gw_perf_event_open(const struct gw_perf_event *event)
{
	switch (event->kind) {
	case GW_PERF_KPROBE:
	case GW_PERF_KRETPROBE:
		return event_open_kprobe(event);
	case GW_PERF_CLOCK:
		return event_open_clock(event);
	case GW_PERF_BREAKPOINT:
		return event_open_breakpoint(event);
	}
	return -EINVAL;
}
