/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Each heading by the words that nothing else has. */
#include "lib/log-text/capture.h"

#include <stdio.h>
#include <string.h>

#include "lib/log-text/lines/scan.h"

static void capture_copy(char comm[GW_LOG_COMM_SIZE], const char *from, size_t length)
{
	while (length > 0 && from[length - 1] == ' ')
		length--;
	snprintf(comm, GW_LOG_COMM_SIZE, "%.*s", (int)(length < GW_LOG_COMM_SIZE ? length : GW_LOG_COMM_SIZE - 1),
		 from);
}

/* Of a thread its own number counts. */
static bool capture_proc(const char *text, struct gw_log_capture *ret)
{
	const char *at = gw_scan_after(text, "/proc/");

	if (!at || !gw_scan_number(&at, &ret->name.pid))
		return false;
	if (gw_scan_word(&at, "/task/") && !gw_scan_number(&at, &ret->name.pid))
		return false;
	if (!gw_scan_word(&at, "/stack") || ret->name.pid == 0)
		return false;
	if (*at == ':' && at[1] == '[')
		ret->frame = at + 1;
	return true;
}

/* /proc/PID/stat, whose second field is the name and whose third is the state. */
static bool capture_stat(const char *text, struct gw_log_capture *ret)
{
	const char *at = text, *end;
	uint32_t ppid;

	if (!gw_scan_number(&at, &ret->name.pid) || !gw_scan_word(&at, " ("))
		return false;
	/* The name may hold anything; what follows it are numbers. */
	end = strrchr(at, ')');
	if (!end || end == at || end[1] != ' ' || ret->name.pid == 0)
		return false;
	capture_copy(ret->name.comm, at, (size_t)(end - at));
	ret->state = end[2];
	at = end + 3;
	return ret->state && strchr("RSDTtZXI", ret->state) && *at++ == ' ' && gw_scan_number(&at, &ppid);
}

static bool capture_crash(const char *text, struct gw_log_capture *ret)
{
	const char *at = text, *comm = gw_scan_after(text, "COMMAND: \"");

	if (!comm || !gw_scan_word(&at, "PID: ") || !strstr(text, "TASK: "))
		return false;
	gw_scan_spaces(&at);
	if (!gw_scan_number(&at, &ret->name.pid))
		return false;
	capture_copy(ret->name.comm, comm, strcspn(comm, "\""));
	return true;
}

static bool capture_drgn(const char *text, struct gw_log_capture *ret)
{
	const char *at = gw_scan_after(text, "prog.stack_trace(");

	return at && gw_scan_number(&at, &ret->name.pid) && *at == ')' && ret->name.pid;
}

bool gw_log_capture_parse(const char *text, struct gw_log_capture *ret)
{
	static bool (*const parsers[])(const char *text, struct gw_log_capture *ret) = { capture_proc, capture_stat,
											 capture_crash, capture_drgn };

	for (size_t i = 0; i < sizeof(parsers) / sizeof(parsers[0]); i++) {
		*ret = (struct gw_log_capture){ .frame = NULL };
		if (parsers[i](text, ret))
			return true;
	}
	return false;
}

bool gw_log_capture_short_listing(const char *text, struct gw_log_capture *ret)
{
	const char *at = text, *state = gw_scan_after(text, " state:");

	if (!gw_scan_word(&at, "task:") || !state || !*state || !strchr("RSDI", *state) ||
	    strcspn(state + 1, " ") != 0 || strchr(state, ':'))
		return false;
	*ret = (struct gw_log_capture){ .state = *state };
	capture_copy(ret->name.comm, at, (size_t)(state - strlen(" state:") - at));
	return ret->name.comm[0] != '\0';
}

static bool capture_is_one_of(const char *function, const char *const *begin, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (strncmp(function, begin[i], strlen(begin[i])) == 0)
			return true;
	return false;
}

bool gw_log_capture_begins(const char *text, const char *function)
{
	static const char *const sleeps[] = { "context_switch", "__switch_to", "__schedule" };

	return strncmp(text, "[<0>] ", 6) == 0 ||
	       (strncmp(function, "__schedule_bug", 14) != 0 &&
		capture_is_one_of(function, sleeps, sizeof(sleeps) / sizeof(sleeps[0])));
}

bool gw_log_capture_ends(const char *function)
{
	static const char *const outermost[] = { "ret_from_fork", "entry_SYSCALL", "el0", "ret_fast_syscall",
						 "system_call" };

	return capture_is_one_of(function, outermost, sizeof(outermost) / sizeof(outermost[0]));
}
