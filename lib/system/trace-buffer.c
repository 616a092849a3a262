/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Events of the boot that the kernel's own tracing kept. */
#include "lib/system/trace-buffer.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/cleanup.h"
#include "lib/base/files.h"
#include "lib/base/text.h"
#include "lib/base/units.h"
#include "lib/boot/evidence/kmsg.h"

#define TRACING "/sys/kernel/tracing"
#define LINES_MAX (1u << 20)

struct reading {
	gw_trace_event event;
	void *userdata;
	struct gw_trace_seen *seen;
	uint64_t lines;
	bool seen_initcalls;
	bool seen_beginning; /* entries from before the first initcall level */
};

/* The first reason stands. */
_printf_(2, 3) static void trace_missing(struct gw_trace_seen *seen, const char *format, ...)
{
	va_list arguments;

	if (seen->missing[0])
		return;
	va_start(arguments, format);
	vsnprintf(seen->missing, sizeof(seen->missing), format, arguments);
	va_end(arguments);
}

/* ---- a line ---------------------------------------------------------------------------------------- */

struct line {
	const char *comm;
	size_t comm_length;
	uint32_t pid;
	uint64_t time_ns;
	const char *text; /* "EVENT: ..." */
};

static bool trace_is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* "COMM-PID " or "COMM-PID (TGID) " that ends at @end; a comm may have anything in it. */
static bool trace_parse_task(struct line *ret, const char *line, const char *end)
{
	const char *digits;

	while (end > line && end[-1] == ' ')
		end--;
	if (end > line && end[-1] == ')') { /* option record-tgid */
		end = memrchr(line, '(', (size_t)(end - line));
		while (end && end > line && end[-1] == ' ')
			end--;
	}
	if (!end)
		return false;
	for (digits = end; digits > line && trace_is_digit(digits[-1]); digits--)
		;
	if (digits == end || digits == line || digits[-1] != '-')
		return false;
	ret->pid = (uint32_t)strtoul(digits, NULL, 10);
	while (*line == ' ')
		line++;
	ret->comm = line;
	ret->comm_length = line < digits ? (size_t)(digits - 1 - line) : 0;
	return true;
}

/* "12.345678: "; returns what follows, or NULL. */
static const char *trace_parse_time(const char *s, uint64_t *ret)
{
	uint64_t seconds = 0, fraction = 0, scale = GW_NSEC_PER_SEC;
	size_t digits;

	digits = strspn(s, "0123456789");
	if (!digits || digits > 10 || s[digits] != '.' || !trace_is_digit(s[digits + 1]))
		return NULL;
	for (; trace_is_digit(*s); s++)
		seconds = seconds * 10 + (uint64_t)(*s - '0');
	for (s++; trace_is_digit(*s) && scale > 1; s++) {
		fraction = fraction * 10 + (uint64_t)(*s - '0');
		scale /= 10;
	}
	if (s[0] != ':' || s[1] != ' ')
		return NULL;
	*ret = seconds * GW_NSEC_PER_SEC + fraction * scale;
	return s + 2;
}

/* "            COMM-PID     [CPU] FLAGS  TIME: EVENT: ..."; without FLAGS when the option irq-info is off. */
static bool trace_parse_line(struct line *ret, const char *line)
{
	const char *cpu = line, *s;

	while ((cpu = strchr(cpu, '['))) {
		size_t digits = strspn(cpu + 1, "0123456789");

		if (digits && cpu[1 + digits] == ']' && cpu[2 + digits] == ' ' && trace_parse_task(ret, line, cpu)) {
			s = cpu + 2 + digits;
			s += strspn(s, " ");
			ret->text = trace_parse_time(s, &ret->time_ns);
			if (!ret->text) {
				s += strcspn(s, " ");
				ret->text = trace_parse_time(s + strspn(s, " "), &ret->time_ns);
			}
			return ret->text != NULL;
		}
		cpu++;
	}
	return false;
}

/* ---- events ------------------------------------------------------------------------------------------ */

/* "module_request: NAME wait=1 call_site=F", "module_free: NAME" */
static bool trace_module_event(struct gw_boot_event *event, const char *text)
{
	const char *name, *wait;
	size_t length;

	*event = (struct gw_boot_event){ .type = GW_BOOT_NONE };
	if ((name = gw_text_after(text, "module_request: "))) {
		event->type = GW_BOOT_MODULE_REQUEST;
		wait = strstr(name, " wait=");
		if (wait && wait[6] == '0')
			event->flags |= GW_BOOT_F_NO_WAIT;
	} else if ((name = gw_text_after(text, "module_free: "))) {
		event->type = GW_BOOT_MODULE_FREE;
	} else {
		return false;
	}
	length = strcspn(name, " \n");
	if (length >= sizeof(event->subject)) {
		length = sizeof(event->subject) - 1;
		event->flags |= GW_BOOT_F_CUT;
	}
	memcpy(event->subject, name, length);
	return length > 0;
}

/*
 * The buffer has the address of a module's init function, which is made a name when it is read. The function is freed
 * after its call, so that the name is none, or that of whatever came to lie there: seen on 7.2.
 */
static bool trace_names_freed_function(const char *text)
{
	return gw_text_after(text, "initcall_") && (strstr(text, "func=0x") || strchr(text, '['));
}

/* The words of these events are those that tp_printk writes into the kernel log, so its parser knows them. */
static bool trace_known_event(struct gw_boot_event *event, const char *text)
{
	static const char *const names[] = { "initcall_start: ", "initcall_finish: ", "driver_", "device_link_" };
	char record[1200];
	uint64_t sequence;
	int n;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (!gw_text_after(text, names[i]) || trace_names_freed_function(text))
			continue;
		n = snprintf(record, sizeof(record), "6,0,0,-;%.1000s", text);
		record[strcspn(record, "\n")] = '\0';
		n = (int)strlen(record);
		return gw_boot_event_from_kmsg(event, &sequence, record, (size_t)n) == 1;
	}
	return false;
}

static int trace_take_entry(struct reading *reading, const struct line *line)
{
	struct gw_trace_seen *seen = reading->seen;
	struct gw_boot_event event;
	size_t length = line->comm_length;

	if (!seen->events && !seen->others)
		seen->first_ns = line->time_ns;
	if (gw_text_after(line->text, "initcall_"))
		reading->seen_initcalls = true;
	if (gw_text_after(line->text, "initcall_level: level=early") ||
	    gw_text_after(line->text, "initcall_level: level=console"))
		reading->seen_beginning = true;
	if (!trace_known_event(&event, line->text) && !trace_module_event(&event, line->text)) {
		seen->others++;
		return 0;
	}
	event.source = GW_BOOT_FROM_TRACE;
	event.sequence = reading->lines;
	event.time_ns = line->time_ns;
	event.pid = line->pid;
	if (length >= sizeof(event.comm))
		length = sizeof(event.comm) - 1;
	memcpy(event.comm, line->comm, length);
	event.comm[length] = '\0';
	seen->events++;
	return reading->event(&event, reading->userdata);
}

/* "# entries-in-buffer/entries-written: 1350/1400   #P:2" */
static void trace_take_comment(struct reading *reading, const char *line)
{
	const char *numbers = gw_text_after(line, "# entries-in-buffer/entries-written: ");
	uint64_t kept, written;

	if (numbers && sscanf(numbers, "%" SCNu64 "/%" SCNu64, &kept, &written) == 2 && written > kept)
		reading->seen->lost += written - kept;
}

/* ---- a buffer ------------------------------------------------------------------------------------------ */

static int trace_read_lines(struct reading *reading, FILE *file)
{
	_cleanup_free_ char *text = NULL;
	struct line line;
	size_t room = 0;
	int r = 0;

	while (r >= 0 && getline(&text, &room, file) > 0) {
		if (text[0] == '#') {
			trace_take_comment(reading, text);
			continue;
		}
		if (++reading->lines > LINES_MAX) {
			trace_missing(reading->seen, "the trace buffer has more than %u lines, the rest was not read",
				      LINES_MAX);
			break;
		}
		if (trace_parse_line(&line, text))
			r = trace_take_entry(reading, &line);
		else if (text[0] != '\n' &&
			 !gw_text_after(text, "CPU:")) /* "CPU:1 [LOST 20 EVENTS]" is in the numbers above */
			reading->seen->malformed++;
	}
	return r;
}

/* The clock in brackets: "[local] global counter ..." */
static bool trace_clock_counts_from_boot(int directory, struct gw_trace_seen *seen)
{
	static const char *const good[] = { "local", "global", "mono", "mono_raw", "boot", "perf" };
	char text[256], *name;

	if (gw_file_text(directory, "trace_clock", text, sizeof(text)) < 0)
		return true;
	name = strchr(text, '[');
	name = name ? name + 1 : text;
	name[strcspn(name, "]")] = '\0';
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		if (strcmp(name, good[i]) == 0)
			return true;
	trace_missing(seen, "the trace clock '%s' does not count from boot; boot with trace_clock=global", name);
	return false;
}

/* Whether reading would stop whoever else is tracing. */
static bool trace_reading_pauses(int directory)
{
	char text[8];

	return gw_file_text(directory, "options/pause-on-trace", text, sizeof(text)) == 1 && text[0] == '1';
}

static int trace_read_buffer(struct reading *reading, int directory, const char *path)
{
	_cleanup_fclose_ FILE *file = NULL;
	int fd;

	if (!trace_clock_counts_from_boot(directory, reading->seen))
		return 0;
	if (trace_reading_pauses(directory)) {
		trace_missing(reading->seen, "reading %s/trace would pause tracing: the option pause-on-trace is on",
			      path);
		return 0;
	}
	fd = openat(directory, "trace", O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (fd < 0) {
		trace_missing(reading->seen, "%s/trace: %s", path, strerror(errno));
		return 0;
	}
	file = fdopen(fd, "r");
	if (!file) {
		close(fd);
		return -ENOMEM;
	}
	return trace_read_lines(reading, file);
}

static void trace_explain(struct reading *reading)
{
	struct gw_trace_seen *seen = reading->seen;

	if (!seen->events)
		trace_missing(
			seen,
			"no trace events of the boot were kept; boot with trace_event=initcall:* trace_clock=global");
	else if (seen->lost)
		trace_missing(seen,
			      "the kernel wrote over %" PRIu64
			      " entries of its trace buffer; boot with a larger trace_buf_size=",
			      seen->lost);
	else if (reading->seen_initcalls && !reading->seen_beginning)
		/* tracing_set_default_clock() of kernel/trace/trace.c: switches the clock, which empties the buffers. */
		trace_missing(
			seen,
			"the trace buffer begins at %" PRIu64
			" ms; where the kernel finds its clock unstable it drops what came before, unless it boots with trace_clock=global",
			seen->first_ns / GW_NSEC_PER_MSEC);
}

int gw_trace_buffer_read(const char *directory, gw_trace_event event, void *userdata, struct gw_trace_seen *seen)
{
	const char *path = directory ? directory : TRACING;
	struct reading reading = { .event = event, .userdata = userdata, .seen = seen };
	_cleanup_close_ int top = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	_cleanup_close_ int own = -1;
	int r = 0;

	*seen = (struct gw_trace_seen){ .events = 0 };
	if (top < 0) {
		trace_missing(seen, "%s: %s", path, strerror(errno));
		return 0;
	}
	own = openat(top, "instances/gpuwatch", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (own >= 0)
		r = trace_read_buffer(&reading, own, path);
	if (r >= 0)
		r = trace_read_buffer(&reading, top, path);
	if (r >= 0)
		trace_explain(&reading);
	return r < 0 ? r : 0;
}
