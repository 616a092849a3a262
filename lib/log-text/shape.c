/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Judged by the parsers that read the line later, and by the words that known lines begin with. */
#include "lib/log-text/shape.h"

#include <string.h>

#include "lib/log-text/boot-line.h"
#include "lib/log-text/frame.h"
#include "lib/log-text/lines/scan.h"
#include "lib/log-text/task-line.h"

/* Whole as they are. */
static const char *const whole_lines[] = {
	"Call Trace:",
	"Call trace:",
	"<TASK>",
	"</TASK>",
	"<IRQ>",
	"</IRQ>",
	"<NMI>",
	"</NMI>",
	"stack backtrace:",
	"Modules linked in",
	"Stack:",
	"CPU: ",
	"Code: ",
	"RSP: ",
	"NMI backtrace",
	"Sending NMI",
	"Showing all locks",
	"Showing busy workqueues",
	"workqueue ",
	"pwq ",
	"pool ",
	"sysrq: ",
	"SysRq : ",
	"Kernel panic",
	"Hardware name:",
	"RAX: ",
	"RDX: ",
	"RBP: ",
	"R10: ",
	"R13: ",
	"CS: ",
	"FS: ",
	"CR2: ",
	"---[ end",
	"---[ ",
	"DR0: ",
	"PKRU: ",
	"Hardware name",
	"RIP: 0033:",
	"======",
};

/* Perhaps not whole. */
static const char *const beginnings[] = {
	"INFO: task ", "task:",	      "BUG: ",	   "NVRM: ",	 "[drm",      "watchdog: ", "Workqueue: ",
	"amdgpu ",     "i915 ",	      "xe ",	   "nouveau ",	 "note: ",    "nvidia",	    "Oops: ",
	"RIP: ",       "in-flight: ", "pending: ", "inactive: ", "delayed: ",
};

static bool shape_begins(const char *text, const char *const *words, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (gw_scan_word(&text, words[i]))
			return true;
	return false;
}

static bool shape_is_whole(const char *text)
{
	struct gw_log_frame_text frame;
	struct gw_log_blocked blocked;
	struct gw_log_listing listing;
	struct gw_log_name name;
	struct gw_log_work work;
	struct gw_log_held held;
	uint32_t number;
	size_t length;
	const char *function;

	switch (text[0]) {
	case 'I':
		if (gw_log_hung_parse(text, &name, &number))
			return true;
		/* A number may have been cut; the kernel ends most of these lines with a mark. */
		return gw_log_blocked_parse(text, &blocked) && strchr(".>d", text[strlen(text) - 1]);
	case 't':
		if (strncmp(text, "task:", 5) == 0)
			return gw_log_listing_parse(text, &listing);
		break;
	case 'W':
		/* A worker's function is there, its module perhaps on the next line. */
		return gw_log_work_parse(text, &work) && work.function_length && work.module_length;
	case '#':
		if (gw_log_held_parse(text, &held, &length, &function) && function && *function)
			return true;
		break;
	case 'n':
		if (gw_log_exited_parse(text, &name))
			return true;
		break;
	default:
		break;
	}
	if (gw_log_frame_parse(&frame, text))
		return frame.certain;
	if (strstr(text, " wchan=") || gw_log_is_boot_line(text))
		return true;
	return gw_log_holder_parse(text, &name) || gw_log_frame_register(&frame, text);
}

enum gw_log_shape gw_log_shape_of(const char *text)
{
	if (shape_is_whole(text) || shape_begins(text, whole_lines, sizeof(whole_lines) / sizeof(whole_lines[0])))
		return GW_LOG_SHAPE_COMPLETE;
	if (shape_begins(text, beginnings, sizeof(beginnings) / sizeof(beginnings[0])) || text[0] == '#')
		return GW_LOG_SHAPE_BEGUN;
	return GW_LOG_SHAPE_UNKNOWN;
}
