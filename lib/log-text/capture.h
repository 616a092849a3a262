/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Headings of stacks that do not come from the kernel's log: what people paste of /proc, of crash, of drgn, and lines of the
 * log that they cut short. The frames below are those of lib/log-text/frame.h.
 */
#ifndef GPUWATCH_LIB_LOG_TEXT_CAPTURE_H
#define GPUWATCH_LIB_LOG_TEXT_CAPTURE_H

#include <stdbool.h>

#include "lib/log-text/task-line.h"

struct gw_log_capture {
	struct gw_log_name name; /* pid 0 or comm "": not in the line */
	char state;		 /* 0 = not in the line */
	const char *frame;	 /* the rest of the line, which is a frame; NULL = frames have lines of their own */
};

/*
 * "cat /proc/812/stack", "==> /proc/812/task/815/stack <==", "/proc/812/stack:[<0>] f+0x1/0x2", "812 (Xorg) D 1 812 …",
 * "PID: 812  TASK: ffff…  CPU: 3  COMMAND: "Xorg"", "prog.stack_trace(812)".
 */
bool gw_log_capture_parse(const char *text, struct gw_log_capture *ret);

/*
 * "task:Xorg state:D", as people shorten a listing: without its number, and without the fields in front of that. A line that
 * was wrapped looks the same.
 */
bool gw_log_capture_short_listing(const char *text, struct gw_log_capture *ret);

/* Whether a stack that no heading precedes begins there: where a task sleeps, or what only /proc/PID/stack prints. */
bool gw_log_capture_begins(const char *text, const char *function);

/* Whether a stack ends with that function. */
bool gw_log_capture_ends(const char *function);

#endif
