/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Events of the boot that the kernel's own tracing kept: of initcalls, requests for modules
 * and, on kernels with our patches, of the driver core. Whoever wants them puts
 * trace_event=initcall:* trace_clock=global on the kernel command line: without
 * the clock, a kernel that finds its own unstable empties the buffer late in the
 * boot (tracing_set_default_clock(); on all versions, where sched_clock is not
 * stable). tp_printk writes them into the kernel log as they come, and needs a
 * large one (log_buf_len=).
 *
 * Init functions of modules are left out: their names are not known any more.
 *
 * They are read as text, from `trace`: every interface that gives them in
 * binary form takes them out of the buffer, where whoever else traces would
 * miss them. Nothing is written, nothing switched on or off.
 */
#ifndef GPUWATCH_LIB_SYSTEM_TRACE_BUFFER_H
#define GPUWATCH_LIB_SYSTEM_TRACE_BUFFER_H

#include <stddef.h>
#include <stdint.h>

#include "lib/boot/evidence/event.h"

struct gw_trace_seen {
	uint64_t events;    /* given to the callback */
	uint64_t others;    /* entries of other events */
	uint64_t malformed; /* lines that could not be read */
	uint64_t lost;	    /* entries that the kernel wrote over */
	uint64_t first_ns;  /* time of the first entry of the buffer, in the trace clock */
	char missing[256];  /* "" or one line: why there are none, or not all of the boot, and what to do */
};

/* Valid during the call. A negative value ends the reading and is returned. */
typedef int (*gw_trace_event)(const struct gw_boot_event *event, void *userdata);

/*
 * gw_trace_buffer_read - the buffer as it is now
 * @directory: of tracefs; NULL = /sys/kernel/tracing
 *
 * Reads the top-level buffer and that of the instance "gpuwatch" if there is one (trace_instance=gpuwatch,initcall:*).
 * Returns 0, also when there is nothing (see missing), what the callback returned, or -ENOMEM.
 */
int gw_trace_buffer_read(const char *directory, gw_trace_event event, void *userdata, struct gw_trace_seen *seen);

#endif
