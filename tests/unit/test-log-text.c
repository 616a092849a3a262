/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Kernel logs as people paste them. One hang is told in every format and with every damage that is known, and must read
 * the same each time.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/log-text/lines/utf16.h"
#include "lib/log-text/message.h"
#include "lib/log-text/read.h"
#include "tests/unit/operations.h"

/* ---- one hang ------------------------------------------------------------------------------------------- */

static const char *const hang[] = {
	"[drm:brix_job_timedout [brix]] *ERROR* ring gfx timeout, signaled seq=41, emitted seq=43",
	"INFO: task brix-display:cs0:2019 blocked for more than 120 seconds.",
	"      Tainted: G        W  OE      6.15.4-brix #3",
	"\"echo 0 > /proc/sys/kernel/hung_task_timeout_secs\" disables this message.",
	"task:brix-display:cs state:D stack:12904 pid:2019  tgid:2011  ppid:1      task_flags:0x400040 flags:0x00004006",
	"Call Trace:",
	" <TASK>",
	" __schedule+0x3f1/0xb20",
	" schedule+0x2f/0x140",
	" ? brix_never_here+0x12/0x40 [brix]",
	" schedule_preempt_disabled+0x15/0x30",
	" __mutex_lock.constprop.0+0x3a1/0x700",
	" brix_queue_submit.isra.0+0x9b/0x430 [brix]",
	" drm_ioctl+0x210/0x4f0 [drm]",
	" do_syscall_64+0x82/0x190",
	" </TASK>",
	"INFO: task brix-display:cs0:2019 is blocked on a mutex likely owned by task kworker/3:1H:377.",
	"INFO: task kworker/3:1H:377 blocked for more than 121 seconds.",
	"task:kworker/3:1H    state:D stack:0     pid:377   tgid:377   ppid:2      task_flags:0x4208060 flags:0x00004000",
	"Workqueue: brix-tdr brix_reset_work [brix]",
	"Call Trace:",
	" <TASK>",
	" __schedule+0x3f1/0xb20",
	" schedule+0x2f/0x140",
	" schedule_timeout+0x151/0x160",
	" dma_fence_default_wait+0x1d2/0x240",
	" dma_fence_wait_timeout+0x11d/0x130",
	" brix_stop_ring+0x77/0x120 [brix]",
	" brix_reset_work+0x2a/0x90 [brix]",
	" process_one_work+0x18c/0x370",
	" worker_thread+0x28f/0x3c0",
	" </TASK>",
};

#define LINES (sizeof(hang) / sizeof(hang[0]))
#define TEXT_SIZE 65536

struct text {
	char data[TEXT_SIZE];
	size_t length;
};

__attribute__((format(printf, 2, 3))) static void add(struct text *text, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	text->length += (size_t)vsnprintf(text->data + text->length, TEXT_SIZE - text->length, format, arguments);
	va_end(arguments);
	assert_true(text->length < TEXT_SIZE);
}

/* What tests/fuzz/run begins from. */
static void save(const char *data, size_t length)
{
	const char *directory = getenv("GPUWATCH_CORPUS");
	static unsigned number;
	char path[4096];
	FILE *file;

	if (!directory)
		return;
	snprintf(path, sizeof(path), "%s/text-%u", directory, number++);
	file = fopen(path, "w");
	if (file) {
		fwrite(data, 1, length, file);
		fclose(file);
	}
}

static void read_text(struct gw_log_model *model, const struct text *text)
{
	/* Exactly as long as it is, for the sanitizer to see what is read behind it. */
	char *copy = malloc(text->length ? text->length : 1);

	assert_non_null(copy);
	memcpy(copy, text->data, text->length);
	save(copy, text->length < 8192 ? text->length : 8192);
	assert_int_equal(gw_log_read(model, copy, text->length, NULL, NULL), 0);
	free(copy);
}

static const struct gw_log_task *task_of(const struct gw_log_model *model, uint32_t pid)
{
	for (uint32_t i = 0; i < model->n_tasks; i++)
		if (model->tasks[i].pid == pid)
			return &model->tasks[i];
	fail_msg("no task %u", pid);
	return NULL;
}

/* The reliable functions of its last sample that has any, "a b[module]". */
static void assert_stack(const struct gw_log_model *model, uint32_t pid, const char *expected)
{
	const struct gw_log_task *task = task_of(model, pid);
	char stack[2048] = "";

	for (uint32_t s = task->first_sample; s != GW_LOG_NONE; s = model->samples[s].next) {
		const struct gw_log_sample *sample = &model->samples[s];

		if (sample->n_frames)
			stack[0] = '\0';
		for (uint32_t i = 0; i < sample->n_frames; i++) {
			const struct gw_log_frame *frame = &model->frames[sample->first_frame + i];
			size_t length = strlen(stack);

			if (frame->reliable)
				snprintf(stack + length, sizeof(stack) - length, "%s%s%s%s%s", length ? " " : "",
					 frame->function, *frame->module ? "[" : "", frame->module,
					 *frame->module ? "]" : "");
		}
	}
	assert_string_equal(stack, expected);
}

#define WAITER_STACK                                                                                                   \
	"__schedule schedule schedule_preempt_disabled __mutex_lock brix_queue_submit[brix] drm_ioctl[drm] do_syscall_64"
#define OWNER_STACK                                                                                                    \
	"__schedule schedule schedule_timeout dma_fence_default_wait dma_fence_wait_timeout brix_stop_ring[brix] brix_reset_work[brix] process_one_work worker_thread"

static void assert_hang(const struct text *text)
{
	const struct gw_log_task *waiter, *owner;
	struct gw_log_model model;

	read_text(&model, text);
	assert_int_equal(model.incidents, 1);
	assert_int_equal(model.n_blockers, 1);
	waiter = &model.tasks[model.blockers[0].waiter];
	owner = &model.tasks[model.blockers[0].owner];
	assert_int_equal(waiter->pid, 2019);
	assert_int_equal(waiter->tgid, 2011);
	assert_string_equal(waiter->comm, "brix-display:cs0");
	assert_int_equal(waiter->rounds, 1);
	assert_false(waiter->kernel);
	assert_int_equal(owner->pid, 377);
	assert_string_equal(owner->comm, "kworker/3:1H");
	assert_string_equal(owner->workqueue, "brix-tdr");
	assert_string_equal(owner->work_function, "brix_reset_work");
	assert_string_equal(owner->work_module, "brix");
	assert_true(owner->kernel);
	assert_int_equal(model.samples[waiter->first_sample].blocked_s, 120);
	assert_int_equal(model.samples[waiter->first_sample].state, 'D');
	assert_stack(&model, 2019, WAITER_STACK);
	assert_stack(&model, 377, OWNER_STACK);
	assert_true(strncmp(model.release, "6.15.4-brix", strlen(model.release)) == 0);
	assert_int_equal(model.events[0].kind, GW_LOG_EVENT_JOB_TIMEOUT);
	gw_log_model_deinit(&model);
}

/* ---- formats ---------------------------------------------------------------------------------------------- */

/* Each writes one line of the hang as a format has it. */
typedef void (*write_line)(struct text *text, const char *line, size_t number);

static void plain(struct text *text, const char *line, size_t number)
{
	(void)number;
	add(text, "%s\n", line);
}

static void dmesg(struct text *text, const char *line, size_t number)
{
	add(text, "[ 4101.%06zu] %s\n", number * 17, line);
}

static void dmesg_date(struct text *text, const char *line, size_t number)
{
	(void)number;
	add(text, "[Sat Feb  7 11:04:21 2026] %s\n", line);
}

static void dmesg_iso(struct text *text, const char *line, size_t number)
{
	add(text, "2026-02-07T11:04:21,%06zu+01:00 %s\n", number * 17, line);
}

static void dmesg_relative(struct text *text, const char *line, size_t number)
{
	add(text, number ? "[  +0.0000%02zu] %s\n" : "[Feb 7 11:04%.0zu] %s\n", number, line);
}

static void dmesg_delta(struct text *text, const char *line, size_t number)
{
	add(text, "[ 4101.%06zu <    0.000017>] %s\n", number * 17, line);
}

static void dmesg_decoded(struct text *text, const char *line, size_t number)
{
	add(text, "kern  :err   : [ 4101.%06zu] %s\n", number * 17, line);
}

static void dmesg_caller(struct text *text, const char *line, size_t number)
{
	add(text, "[ 4101.%06zu][   T52] %s\n", number * 17, line);
}

static void console(struct text *text, const char *line, size_t number)
{
	add(text, "<3>[ 4101.%06zu] %s\r\n", number * 17, line);
}

static void coloured(struct text *text, const char *line, size_t number)
{
	add(text, "\033[32m[ 4101.%06zu] \033[0m\033[31m%s\033[0m\n", number * 17, line);
}

static void kmsg(struct text *text, const char *line, size_t number)
{
	add(text, "3,%zu,4101%06zu,-,caller=T52;%s\n SUBSYSTEM=pci\n", number + 900, number * 17, line);
}

static void syslog_short(struct text *text, const char *line, size_t number)
{
	add(text, "Feb  7 11:04:21 brixbox kernel: %s\n", line);
	if (number == 9)
		add(text, "Feb  7 11:04:21 brixbox cron[77]: Call Trace: is none of ours\n");
}

static void syslog_alone(struct text *text, const char *line, size_t number)
{
	(void)number;
	add(text, "Feb  7 11:04:21 brixbox kernel: %s\n", line);
}

static void syslog_time(struct text *text, const char *line, size_t number)
{
	add(text, "Feb  7 11:04:21 brixbox kernel: [ 4101.%06zu] %s\n", number * 17, line);
}

static void journal_iso(struct text *text, const char *line, size_t number)
{
	(void)number;
	add(text, "2026-02-07T11:04:21+0100 brixbox kernel: %s\n", line);
}

static void journal_monotonic(struct text *text, const char *line, size_t number)
{
	add(text, "[ 4101.%06zu] brixbox kernel: %s\n", number * 17, line);
}

static void quoted(struct text *text, const char *line, size_t number)
{
	add(text, "> > [ 4101.%06zu] %s\n", number * 17, line);
}

static void unindented(struct text *text, const char *line, size_t number)
{
	(void)number;
	while (*line == ' ')
		line++;
	add(text, "%s\n", line);
}

static void escaped(struct text *text, const char *line)
{
	for (; *line; line++)
		add(text, *line == '"' ? "\\%c" : "%c", *line);
}

static void journal_json(struct text *text, const char *line, size_t number)
{
	add(text,
	    "{\"__REALTIME_TIMESTAMP\":\"17704\",\"_SOURCE_MONOTONIC_TIMESTAMP\":\"4101%06zu\",\"SYSLOG_IDENTIFIER\":\"kernel\",\"MESSAGE\":\"",
	    number * 17);
	escaped(text, line);
	add(text, "\"}\n");
	if (number == 9)
		add(text, "{\"SYSLOG_IDENTIFIER\":\"cron\",\"MESSAGE\":\"Call Trace:\"}\n");
}

static void journal_pretty(struct text *text, const char *line, size_t number)
{
	add(text,
	    "{\n\t\"_SOURCE_MONOTONIC_TIMESTAMP\" : \"4101%06zu\",\n\t\"SYSLOG_IDENTIFIER\" : \"kernel\",\n\t\"MESSAGE\" : \"",
	    number * 17);
	escaped(text, line);
	add(text, "\",\n\t\"PRIORITY\" : \"3\"\n}\n");
}

static void journal_export(struct text *text, const char *line, size_t number)
{
	add(text, "__CURSOR=s=1;i=%zu\nMESSAGE=%s\nSYSLOG_IDENTIFIER=kernel\n_SOURCE_MONOTONIC_TIMESTAMP=4101%06zu\n\n",
	    number, line, number * 17);
}

static void journal_full(struct text *text, const char *line, size_t number)
{
	(void)number;
	add(text, "Sat 2026-02-07 11:04:21 CET brixbox kernel: %s\n", line);
}

static void journal_unix(struct text *text, const char *line, size_t number)
{
	add(text, "1770458661.%06zu brixbox kernel: %s\n", number * 17, line);
	if (number == 9)
		add(text, "1770458661.000155 brixbox cron[77]: Call Trace: is none of ours\n");
}

static void journal_other_language(struct text *text, const char *line, size_t number)
{
	(void)number;
	add(text, "f\xc3\xa9vr. 07 11:04:21 brixbox kernel: %s\n", line);
}

static void time_of_day(struct text *text, const char *line, size_t number)
{
	add(text, "11:04:21.%06zu brixbox kernel: %s\n", number * 17, line);
}

static void structured(struct text *text, const char *line, size_t number)
{
	add(text, "<3>1 2026-02-07T11:04:21.%06zu+01:00 brixbox kernel - - - [ 4101.%06zu] %s\n", number * 17,
	    number * 17, line);
	if (number == 9)
		add(text, "<30>1 2026-02-07T11:04:21.000155+01:00 brixbox cron 77 - - Call Trace: is none of ours\n");
}

static void marked(struct text *text, const char *line, size_t number)
{
	add(text, "%s[ 4101.%06zu] %s\n", number ? "" : "\xef\xbb\xbf", number * 17, line);
}

static void serial(struct text *text, const char *line, size_t number)
{
	add(text, "[ 4101.%06zu] %s\r\r\n", number * 17, line);
}

/* Without the cursor, and without a blank before the colon. */
static void journal_fields(struct text *text, const char *line, size_t number)
{
	add(text,
	    "__REALTIME_TIMESTAMP=17704\nSYSLOG_IDENTIFIER=kernel\n_SOURCE_MONOTONIC_TIMESTAMP=4101%06zu\nMESSAGE=%s\n\n",
	    number * 17, line);
}

static void json_indented(struct text *text, const char *line, size_t number)
{
	add(text,
	    "{\n    \"SYSLOG_IDENTIFIER\": \"kernel\",\n    \"_SOURCE_MONOTONIC_TIMESTAMP\": \"4101%06zu\",\n    \"MESSAGE\": \"",
	    number * 17);
	escaped(text, line);
	add(text, "\"\n}\n");
}

/* A vendor's kernel for telephones prints the CPU and the task, too. */
static void telephone(struct text *text, const char *line, size_t number)
{
	add(text, "<3>[ 4101.%06zu]  (%zu)[61:khungtaskd]%s\n", number * 17, number % 8, line);
}

static void telephone_cpu(struct text *text, const char *line, size_t number)
{
	add(text, "<6>[ 4101.%06zu,%zu] %s\n", number * 17, number % 8, line);
}

static void viewer(struct text *text, const char *line, size_t number)
{
	add(text, "2026-02-07 11:04:21.%03zu [ERR] kernel - %s\n", number, line);
}

static void searched(struct text *text, const char *line, size_t number)
{
	add(text, "/var/log/kern.log:%zu:Feb  7 11:04:21 brixbox kernel: [ 4101.%06zu] %s\n", number + 98, number * 17,
	    line);
}

static void columns(struct text *text, const char *line, size_t number)
{
	add(text, "brix_box-%zu\tkern.err\t%s\n", number, line);
}

static void coloured_by_name(struct text *text, const char *line, size_t number)
{
	add(text, "^[[32m[ 4101.%06zu] ^[[0m^[[1;31m%s^[[0m\n", number * 17, line);
}

static void coloured_octal(struct text *text, const char *line, size_t number)
{
	add(text, "Feb  7 11:04:21 brixbox kernel: #033[32m[ 4101.%06zu] #033[0m%s\n", number * 17, line);
}

static void cloud(struct text *text, const char *line, size_t number)
{
	add(text, "{\"insertId\":\"%zu\",\"resource\":{\"labels\":{\"zone\":\"a\"}},\"jsonPayload\":{\"MESSAGE\":\"",
	    number);
	escaped(text, line);
	add(text, "\",\"PRIORITY\":\"3\"}}\n");
}

/* Copied from the source of a web page. */
static void web_page(struct text *text, const char *line, size_t number)
{
	add(text, "%s<div class=\"l\"><span>[ 4101.%06zu]</span> ", number ? "" : "<pre><code>", number * 17);
	for (; *line; line++)
		add(text, *line == '<' ? "&lt;" : *line == '>' ? "&gt;" : "%c", *line);
	add(text, number % 3 ? "</div>" : "</div>\n");
}

/* All lines of a report are one message of the collector. */
static void at_once(struct text *text, const char *line, size_t number)
{
	if (number == 0)
		add(text, "Feb  7 11:04:21 brixbox kernel: ");
	add(text, "%s%s", line, number % 7 == 6 || number == LINES - 1 ? "\nFeb  7 11:04:21 brixbox kernel: " : "#012");
}

static void object_at_once(struct text *text, const char *line, size_t number)
{
	if (number % 7 == 0)
		add(text, "{\"log\":\"");
	escaped(text, line);
	add(text, "%s", number % 7 == 6 || number == LINES - 1 ? "\"}\n" : "\\n");
}

static void test_formats(void **state)
{
	static const write_line formats[] = { plain,
					      dmesg,
					      dmesg_date,
					      dmesg_iso,
					      dmesg_relative,
					      dmesg_delta,
					      dmesg_decoded,
					      dmesg_caller,
					      console,
					      coloured,
					      kmsg,
					      syslog_short,
					      syslog_time,
					      journal_iso,
					      journal_monotonic,
					      quoted,
					      unindented,
					      journal_json,
					      journal_pretty,
					      journal_export,
					      journal_full,
					      journal_unix,
					      journal_other_language,
					      time_of_day,
					      structured,
					      marked,
					      serial,
					      journal_fields,
					      json_indented,
					      telephone,
					      telephone_cpu,
					      viewer,
					      searched,
					      columns,
					      coloured_by_name,
					      coloured_octal,
					      cloud,
					      web_page,
					      at_once,
					      object_at_once };
	struct text *text = malloc(sizeof(*text));

	(void)state;
	for (size_t f = 0; f < sizeof(formats) / sizeof(formats[0]); f++) {
		print_message("format %zu\n", f);
		text->length = 0;
		for (size_t i = 0; i < LINES; i++)
			formats[f](text, hang[i], i);
		assert_hang(text);
	}
	free(text);
}

/* Somebody cites lines in a sentence, and the log itself has nothing in front: no line of it loses anything. */
static void test_cited_in_sentences(void **state)
{
	struct text *text = malloc(sizeof(*text));

	(void)state;
	text->length = 0;
	add(text, "We see INFO: task brix:9 in the log, and\nwe see Call Trace: below it.\n\n");
	for (size_t i = 0; i < LINES; i++)
		plain(text, hang[i], i);
	assert_hang(text);
	free(text);
}

/* ---- damage ------------------------------------------------------------------------------------------------- */

/* At blanks, as mail programs do; then in the middle of words, as terminals do. */
static void wrap(struct text *text, const char *line, size_t width, bool anywhere)
{
	while (strlen(line) > width) {
		size_t cut = width;

		while (!anywhere && cut > 1 && line[cut] != ' ')
			cut--;
		if (cut <= 1)
			break;
		add(text, "%.*s\n", (int)cut, line);
		line += cut + (!anywhere && line[cut] == ' ');
	}
	add(text, "%s\n", line);
}

static void assert_wrapped(write_line format, size_t width, bool anywhere)
{
	struct text *text = malloc(sizeof(*text)), *line = malloc(sizeof(*line));

	text->length = 0;
	for (size_t i = 0; i < LINES; i++) {
		line->length = 0;
		format(line, hang[i], i);
		line->data[line->length - 1] = '\0';
		wrap(text, line->data, width, anywhere);
	}
	assert_hang(text);
	free(text);
	free(line);
}

/* What Windows saves; and what is no such text, whatever its bytes are. */
static void test_utf16(void **state)
{
	static const char little[] = "\xff\xfe[\0\x39\0]\0 \0h\0\xfc\0 \0\x3d\xd8\x00\xde\x00\xd8!\0";
	static const char utf8[] = "[9] h\xc3\xbc \xf0\x9f\x98\x80\xef\xbf\xbd!";
	static const char line[] = "[    9.000000] INFO: task brix:7 blocked for more than 120 seconds.\n";
	char big[2 * sizeof(line)], *decoded;
	size_t size = sizeof(little) - 1;

	(void)state;
	assert_int_equal(gw_log_utf16_decode(little, &size, &decoded), 0);
	assert_string_equal(decoded, utf8);
	assert_int_equal(size, sizeof(utf8) - 1);
	free(decoded);
	for (size_t i = 0; i < sizeof(line) - 1; i++) {
		big[2 * i] = '\0';
		big[2 * i + 1] = line[i];
	}
	/* Cut in the middle of the last character. */
	size = 2 * (sizeof(line) - 1) - 1;
	assert_int_equal(gw_log_utf16_decode(big, &size, &decoded), 0);
	assert_non_null(decoded);
	assert_memory_equal(decoded, line, sizeof(line) - 2);
	assert_int_equal(size, sizeof(line) - 2);
	free(decoded);
	size = sizeof(line) - 1;
	assert_int_equal(gw_log_utf16_decode(line, &size, &decoded), 0);
	assert_null(decoded);
	size = 0;
	assert_int_equal(gw_log_utf16_decode(line, &size, &decoded), 0);
	assert_null(decoded);
}

static void test_wrapped(void **state)
{
	(void)state;
	for (size_t width = 60; width < 100; width++) {
		print_message("width %zu\n", width);
		assert_wrapped(dmesg, width, false);
		assert_wrapped(dmesg, width, true);
		assert_wrapped(syslog_alone, width, false);
		assert_wrapped(syslog_time, width, true);
	}
	for (size_t width = 64; width < 90; width++) {
		print_message("plain, width %zu\n", width);
		assert_wrapped(plain, width, false);
		assert_wrapped(unindented, width, true);
	}
}

static int keep_message(const struct gw_log_message *message, void *userdata)
{
	strcat(userdata, message->text);
	strcat(userdata, "|");
	return 0;
}

/* Paths that were wrapped off, marks of code and headings of pstore's parts are not glued to what stands before them. */
static void test_pieces(void **state)
{
	static const struct {
		const char *text, *messages;
	} rows[] = {
		{ "platform gpu: deferred probe pending: acme: wait for supplier\n/soc/pmic@66\n",
		  "platform gpu: deferred probe pending: acme: wait for supplier /soc/pmic@66|" },
		{ "```\n[    1.000000] one\n```\nAny idea?\n", "one|Any idea?|" },
		{ "Panic#1 Part2\n<4>[    1.000000] one\nPanic#1 Part1\n<4>[    2.000000] two\n", "one|two|" },
		{ "Panic#1 Part1\n<4>[    2.000000] two\nPanic#1 Part2\n<4>[    1.000000] one", "one|two|" },
		{ "Oops#1 Part1\n<4>[    1.000000] of the first\nOops#2 Part1\n<4>[    2.000000] of the second\n",
		  "of the first|of the second|" },
		{ "[    1.000000] kfd kfd: amdgpu: skipped device 1002:67e3, PCI rejects\natomics 730<0\n",
		  "kfd kfd: amdgpu: skipped device 1002:67e3, PCI rejects atomics 730<0|" },
		{ "[    1.000000] [   T40]\nmutex_lock_nested+0x5bd/0xbf3\n", "mutex_lock_nested+0x5bd/0xbf3|" },
		{ "+# [    1.000000] one\n> # [    2.000000] &lt;TASK&gt;\n", "one|<TASK>|" },
		{ "[\xc2\xa0\xc2\xa0 1.000000] one\xc2\xa0more \xc3\x82\n[&nbsp; 2.000000] two\n",
		  "one more \xc3\x82|two|" },
		{ "#0: ffff888100052138 (&dev->mutex){....}-{4:4}, at: f+0x1/0x2\n",
		  "#0: ffff888100052138 (&dev->mutex){....}-{4:4}, at: f+0x1/0x2|" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char found[512] = "";
		bool newest_first;

		assert_int_equal(
			gw_log_messages(rows[i].text, strlen(rows[i].text), keep_message, NULL, found, &newest_first),
			0);
		assert_string_equal(found, rows[i].messages);
	}
}

static void test_newest_first(void **state)
{
	struct text *text = malloc(sizeof(*text)), *line = malloc(sizeof(*line));
	static const write_line formats[] = { dmesg, syslog_short, plain, journal_json };

	(void)state;
	for (size_t f = 0; f < 4; f++) {
		text->length = 0;
		for (size_t i = LINES; i > 0; i--)
			formats[f](text, hang[i - 1], i - 1);
		assert_hang(text);
	}
	/* Wrapped, too. */
	text->length = 0;
	for (size_t i = LINES; i > 0; i--) {
		line->length = 0;
		syslog_alone(line, hang[i - 1], i - 1);
		line->data[line->length - 1] = '\0';
		wrap(text, line->data, 72, false);
	}
	assert_hang(text);
	free(text);
	free(line);
}

static void test_mixed_writers(void **state)
{
	struct text *text = calloc(1, sizeof(*text));

	(void)state;
	for (size_t i = 0; i < LINES; i++) {
		dmesg_caller(text, hang[i], i);
		add(text, "[ 4101.%06zu][    C2]  not_of_this_stack+0x1/0x10\n", i * 17);
		add(text, "[ 4101.%06zu][  T900] brix-audio 0000:05:00.1: spurious response\n", i * 17);
	}
	assert_hang(text);
	free(text);
}

static void test_cut_beginning(void **state)
{
	struct text *text = calloc(1, sizeof(*text));
	struct gw_log_model model;

	(void)state;
	add(text, "81] INFO: task brix:7 blocked for more than 122 seconds.\n");
	for (size_t i = 4; i < LINES; i++)
		dmesg(text, hang[i], i);
	read_text(&model, text);
	assert_int_equal(task_of(&model, 7)->rounds, 1);
	assert_stack(&model, 2019, WAITER_STACK);
	gw_log_model_deinit(&model);
	free(text);
}

static void test_every_cut(void **state)
{
	struct text *text = calloc(1, sizeof(*text)), *cut = calloc(1, sizeof(*cut));

	(void)state;
	for (size_t i = 0; i < LINES; i++)
		dmesg(text, hang[i], i);
	for (size_t from = 0; from < text->length; from += 13) {
		struct gw_log_model model;

		cut->length = text->length - from;
		memcpy(cut->data, text->data + from, cut->length);
		read_text(&model, cut);
		assert_true(model.n_tasks <= 3);
		gw_log_model_deinit(&model);
	}
	free(text);
	free(cut);
}

static void test_two_boots(void **state)
{
	struct text *text = calloc(1, sizeof(*text));
	struct gw_log_model model;

	(void)state;
	for (size_t i = 0; i < LINES; i++)
		dmesg(text, hang[i], i);
	add(text, "[    0.000000] Linux version 6.15.4-brix (gcc)\n");
	add(text, "[    9.000000] INFO: task udevd:2019 blocked for more than 120 seconds.\n");
	read_text(&model, text);
	assert_int_equal(model.incidents, 2);
	assert_int_equal(model.n_tasks, 3);
	gw_log_model_deinit(&model);
	free(text);
}

static void test_rounds(void **state)
{
	struct text *text = calloc(1, sizeof(*text));
	struct gw_log_model model;

	(void)state;
	for (size_t round = 0; round < 3; round++)
		for (size_t i = 0; i < LINES; i++)
			add(text, "[ %zu.000000] %s\n", 4101 + round * 122, hang[i]);
	read_text(&model, text);
	assert_int_equal(model.incidents, 1);
	assert_int_equal(model.n_tasks, 2);
	assert_int_equal(task_of(&model, 2019)->rounds, 3);
	gw_log_model_deinit(&model);
	free(text);
}

/* ---- lines -------------------------------------------------------------------------------------------------- */

static void read_string(struct gw_log_model *model, const char *string)
{
	save(string, strlen(string));
	assert_int_equal(gw_log_read(model, string, strlen(string), NULL, NULL), 0);
}

static void test_frames(void **state)
{
	static const char text[] =
		"task:brix state:D stack:0 pid: 31 ppid: 1 flags:0x4\n"
		"Call trace:\n"
		" __switch_to+0xe0/0x1c4 (T)\n"
		" [<ffffffffc0a1b2c3>] old_form+0x12/0x30 [brix]\n"
		" [<0>] proc_form+0x12/0x30\n"
		" #4 [ffffb8c3] crash_form at ffffffff81a2b3c4 [brix]\n"
		" place_form+0x1/0x2 drivers/gpu/brix/core.c:411\n"
		" inline_form include/linux/srcu.h:215 [inline]\n"
		" paren_form (drivers/gpu/brix/core.c:12 drivers/gpu/brix/core.c:99 (discriminator 2))\n"
		" arm_form from caller_form+0x58/0xc8\n"
		" arm_module_form [brix] from caller_form+0x58/0xc8 [brix]\n"
		"[<c0a39a24>] (old_arm_form [brix]) from [<c0a3a000>] (caller_form+0x58/0xc8)\n"
		"#2  drgn_form (drivers/gpu/brix/core.c:1209:3)\n"
		"#3  0xffffffff8197a1c0 in gdb_form (lock=0xffff888003a41a00, state=2) at kernel/locking/mutex.c:285\n"
		" bare_place (drivers/gpu/brix/core.c:12 (discriminator 2)) brix\n"
		" trampoline_form+0x20/0x20\n"
		" build_form+0x1/0x2 [brix 0123456789abcdef0123456789abcdef01234567]\n"
		" cold_form.cold+0x1/0x2\n"
		" bare_form\n"
		" bare_module [brix]\n"
		" ? stale_form+0x1/0x2\n"
		" marked_form+0x1/0x2 (PL)\n";
	struct gw_log_model model;

	(void)state;
	read_string(&model, text);
	assert_stack(
		&model, 31,
		"__switch_to old_form[brix] proc_form crash_form[brix] place_form inline_form paren_form arm_form caller_form arm_module_form[brix] caller_form[brix] old_arm_form[brix] caller_form drgn_form gdb_form bare_place[brix] build_form[brix] cold_form bare_form bare_module[brix] marked_form");
	gw_log_model_deinit(&model);
}

/* What is pasted from elsewhere than the log. */
static void test_captures(void **state)
{
	static const char text[] = "# cat /proc/51/stack\n"
				   "[<0>] brix_wait+0x12/0x30 [brix]\n"
				   "[<0>] do_syscall_64+0x12/0x30\n"
				   "==> /proc/50/task/52/stack <==\n"
				   "[<0>] brix_idle+0x12/0x30 [brix]\n"
				   "/proc/53/stack:[<0>] brix_open+0x12/0x30 [brix]\n"
				   "/proc/53/stack:[<0>] do_syscall_64+0x12/0x30\n"
				   "/proc/54/stack:[<0>] brix_close+0x12/0x30 [brix]\n"
				   "55 (brix (2) d) D 1 55 55 0 -1 4194560\n"
				   "[<0>] brix_close+0x12/0x30 [brix]\n"
				   "PID: 56       TASK: ffff88bf94ae9080  CPU: 0    COMMAND: \"brix sync\"\n"
				   " #0 [ffffc90035ff7ba8] __schedule at ffffffff816b60fa\n"
				   " #1 [ffffc90035ff7c30] brix_sync at ffffffffc06b65f3 [brix]\n"
				   ">>> print(prog.stack_trace(57))\n"
				   "#0  __schedule (kernel/sched/core.c:6786:2)\n"
				   "#1  brix_sync (drivers/gpu/brix/core.c:9:2)\n";
	struct gw_log_model model;

	(void)state;
	read_string(&model, text);
	assert_stack(&model, 51, "brix_wait[brix] do_syscall_64");
	assert_stack(&model, 52, "brix_idle[brix]");
	assert_stack(&model, 53, "brix_open[brix] do_syscall_64");
	assert_stack(&model, 54, "brix_close[brix]");
	assert_string_equal(task_of(&model, 55)->comm, "brix (2) d");
	assert_stack(&model, 55, "brix_close[brix]");
	assert_string_equal(task_of(&model, 56)->comm, "brix sync");
	assert_stack(&model, 56, "__schedule brix_sync[brix]");
	assert_stack(&model, 57, "__schedule brix_sync");
	assert_int_equal(model.n_tasks, 7);
	gw_log_model_deinit(&model);
}

/* A listing that was shortened is that of the report above it, also behind the line that names who blocks it. */
static void test_short_listing_goes_on(void **state)
{
	static const char text[] = "INFO: task brix_one:61 blocked for more than 860 seconds.\n"
				   "INFO: task brix_one:61 blocked on a semaphore likely last held by task brix/:50\n\n"
				   "task:brix_one  state:D\n  __down_common+0x1/0x2\n  brix_wait+0x5ed/0xda0 [brix]\n"
				   "task:brix_two  state:D\n  brix_idle+0x5ed/0xda0 [brix]\n";
	struct gw_log_model model;

	(void)state;
	read_string(&model, text);
	assert_stack(&model, 61, "__down_common brix_wait[brix]");
	assert_int_equal(model.n_tasks, 3);
	assert_string_equal(model.tasks[2].comm, "brix_two");
	gw_log_model_deinit(&model);
}

/* A stack below which there is no name; and what is none: the rest of one, one of a warning, one of a program. */
static void test_unnamed(void **state)
{
	static const char *const texts[] = {
		"[<0>] brix_wait+0x12/0x30 [brix]\n[<0>] do_syscall_64+0x12/0x30\n[<0>] entry_SYSCALL_64_after_hwframe+0x1/0x2\n"
		"[<0>] brix_idle+0x12/0x30 [brix]\n[<0>] kthread+0x12/0x30\n[<0>] ret_from_fork+0x1/0x2\n",
		"Jan 22 08:07:58 host kernel:  __schedule+0x3f1/0xb20\nJan 22 08:07:58 host kernel:  brix_wait+0x2f/0x140 [brix]\n",
		" brix_wait+0x2f/0x140 [brix]\n __schedule+0x3f1/0xb20\n schedule+0x1/0x2\n",
		"WARNING: CPU: 3 PID: 7 at kernel/sched/core.c:91\n __schedule+0x3f1/0xb20\n brix_wait+0x2f/0x140 [brix]\n",
		"Call Trace:\n __schedule_bug+0x3f1/0xb20\n __schedule+0x3f1/0xb20\n",
		"#0  0xb69c9558 in ioctl () from /usr/lib/libc.so.6\n#1  0xb6bad868 in __schedule (fd=3) at ../../brix.h:448\n",
	};
	static const uint32_t tasks[] = { 2, 1, 0, 0, 0, 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct gw_log_model model;

		read_string(&model, texts[i]);
		assert_int_equal(model.n_tasks, tasks[i]);
		gw_log_model_deinit(&model);
	}
}

/* A listing without a number: its fields were left out, or the line was cut. */
static void test_short_listings(void **state)
{
	struct gw_log_model model;

	(void)state;
	read_string(&model, "task:brix state:D\n brix_wait+0x1/0x2 [brix]\n");
	assert_int_equal(model.n_tasks, 1);
	assert_int_equal(model.samples[model.tasks[0].first_sample].state, 'D');
	gw_log_model_deinit(&model);
	read_string(
		&model,
		"INFO: task brix:61 blocked for more than 122 seconds.\ntask:brix state:D\n brix_wait+0x1/0x2 [brix]\n");
	assert_int_equal(model.n_tasks, 1);
	assert_stack(&model, 61, "brix_wait[brix]");
	gw_log_model_deinit(&model);
	read_string(&model, "task:brix            state:D stack:0     pi\n brix_wait+0x1/0x2 [brix]\n");
	assert_int_equal(model.n_tasks, 0);
	gw_log_model_deinit(&model);
}

/* Lines that an editor or grep -n numbered. */
static void test_numbered_lines(void **state)
{
	static const char text[] = "> 162 [  843.072392] INFO: task brix:61 blocked for more than 120 seconds.\n"
				   "1163:[  843.133422] task:brix state:D stack:0 pid:61 ppid:1 flags:0x4\n"
				   "  1164:\t[  843.133443]  brix_wait+0x50/0x50 [brix]\n"
				   "1165-Jan 22 08:07:58 host kernel:  brix_ioctl+0x50/0x51 [brix]\n";
	struct gw_log_model model;

	(void)state;
	read_string(&model, text);
	assert_stack(&model, 61, "brix_ioctl[brix]");
	assert_int_equal(model.samples[0].time_us, 843072392);
	gw_log_model_deinit(&model);
}

/* Each line marked as code, as a collector keeps it, and as docker does. */
static void test_kept_by_others(void **state)
{
	static const char *const texts[] = {
		"`[  847.213] task:brix state:D stack:0 pid:61 ppid:1 flags:0x4`\n`[  847.213]  brix_wait+0x1/0x2 [brix]`\n",
		"{\"ts\":\"2026-09-01\",\"msg\":\"[  847.213] task:brix state:D stack:0 pid:61 ppid:1 flags:0x4\"}\n"
		"{\"ts\":\"2026-09-01\",\"msg\":\"[  847.213]  brix_wait+0x1/0x2 [brix]\"}\n",
		"{\"log\":\"<6>[  847.213] task:brix state:D stack:0 pid:61 ppid:1 flags:0x4\\n\",\"stream\":\"stdout\"}\n"
		"{\"log\":\"<6>[  847.213]  brix_wait+0x1/0x2 [brix]\\n\",\"stream\":\"stdout\"}\n",
		"- {\"dt\": \"2026-06-16T16:06:02.1\", \"lvl\": \"target\", \"msg\": \"[  847.213] task:brix state:D stack:0 pid:61 ppid:1 flags:0x4\"}\n"
		"- {\"dt\": \"2026-06-16T16:06:02.1\", \"lvl\": \"target\", \"msg\": \"[  847.213]  brix_wait+0x1/0x2 [brix]\"}\n",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct gw_log_model model;

		read_string(&model, texts[i]);
		assert_stack(&model, 61, "brix_wait[brix]");
		assert_int_equal(model.last_us, 847213000);
		gw_log_model_deinit(&model);
	}
}

/* Rows that grep left of a table of ps; and lines that only look so. */
static void test_rows_without_heading(void **state)
{
	static const char *const none[] = { "  61 S    brix_wait brix\n", "  61 D    brix_wait brix_main\n",
					    "  61 D    brix\n", "[  1.0] 61 D brix_wait brix\n",
					    "61 Done brix_wait brix\n" };
	struct gw_log_model model;

	(void)state;
	read_string(&model, "   61 D+   brix_wait        brix\n   62 Ds   kworker/u8:1+events brix_wait\n");
	assert_stack(&model, 61, "brix_wait");
	assert_stack(&model, 62, "brix_wait");
	assert_string_equal(task_of(&model, 62)->comm, "kworker/u8:1+events");
	gw_log_model_deinit(&model);
	for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++) {
		read_string(&model, none[i]);
		assert_int_equal(model.n_tasks, 0);
		gw_log_model_deinit(&model);
	}
}

/* A function's name that has a word of the table in it reports nothing. */
static void test_names_are_no_events(void **state)
{
	struct gw_log_model model;

	(void)state;
	read_string(&model, "[drm] [brix-drm] [GPU ID 0x2d00] brix_reset_gamma failed with error code: -35\n"
			    "[drm:brix_reset [brix]] *ERROR* reading the clock failed\n");
	assert_int_equal(model.n_events, 0);
	gw_log_model_deinit(&model);
	read_string(&model, "[drm:brix_reset [brix]] *ERROR* ring reset failed\n");
	assert_int_equal(model.n_events, 1);
	assert_int_equal(model.events[0].kind, GW_LOG_EVENT_RESET_FAILED);
	gw_log_model_deinit(&model);
}

static const struct gw_log_item *item_of(const struct gw_log_model *model, const char *function)
{
	for (uint32_t i = 0; i < model->n_items; i++)
		if (strcmp(model->items[i].function, function) == 0)
			return &model->items[i];
	fail_msg("no item %s", function);
	return NULL;
}

/* As kernels print them from 4.19 on; numbers alone name tasks. */
static void test_busy_workqueues(void **state)
{
	static const char text[] =
		"Showing busy workqueues and worker pools:\n"
		"workqueue brix-ordered: flags=0x2000a\n"
		"  pwq 8: cpus=0-1 flags=0x4 nice=0 active=1/1 refcnt=5\n"
		"    in-flight: 31:brix_sync [brix] BAR(749) BAR(750), 45(RESCUER):other_work for 8s\n"
		"    pending: 3*brix_log [brix], vmstat_update\n"
		"    delayed: brix_retire BAR(812)\n"
		"pool 8: cpus=0-1 flags=0x4 nice=0 hung=0s workers=4 idle: 12 39 37\n"
		"task:brix            state:D stack:0     pid:749   tgid:749   ppid:2      flags:0x00004000\n";
	struct gw_log_model model;

	(void)state;
	read_string(&model, text);
	assert_int_equal(model.n_items, 5);
	assert_int_equal(model.tasks[item_of(&model, "brix_sync")->worker].pid, 31);
	assert_int_equal(model.tasks[item_of(&model, "brix_sync")->flusher].pid, 750);
	assert_string_equal(item_of(&model, "brix_sync")->module, "brix");
	assert_string_equal(item_of(&model, "brix_sync")->workqueue, "brix-ordered");
	assert_int_equal(model.tasks[item_of(&model, "other_work")->worker].pid, 45);
	assert_int_equal(item_of(&model, "brix_log")->state, GW_LOG_ITEM_PENDING);
	assert_int_equal(item_of(&model, "vmstat_update")->state, GW_LOG_ITEM_PENDING);
	assert_int_equal(item_of(&model, "brix_retire")->state, GW_LOG_ITEM_HELD_BACK);
	assert_int_equal(model.tasks[item_of(&model, "brix_retire")->flusher].pid, 812);
	/* What follows is none of it. */
	assert_int_equal(task_of(&model, 749)->first_sample == GW_LOG_NONE, 0);
	gw_log_model_deinit(&model);
}

static void test_old_listings(void **state)
{
	struct gw_log_model model;

	(void)state;
	read_string(&model, "SysRq : Show Blocked State\n"
			    "  task                        PC stack   pid father\n"
			    "rs:main Q:Reg   D 0000001d9a59cb9c     0   949      1 0x00000000\n"
			    "Call Trace:\n [<ffffffff81a2b3c4>] io_schedule+0x1/0x2\n"
			    "kworker/u8:2    D    0   812      2 0x80004000\n"
			    "Call Trace:\n rpm_resume+0x1/0x2\n"
			    "brix            R  running task        0    33      1 0x00000008\n"
			    "Call Trace:\n brix_spin+0x1/0x2 [brix]\n");
	assert_string_equal(task_of(&model, 949)->comm, "rs:main Q:Reg");
	assert_true(task_of(&model, 812)->kernel);
	assert_stack(&model, 949, "io_schedule");
	assert_stack(&model, 812, "rpm_resume");
	assert_stack(&model, 33, "brix_spin[brix]");
	gw_log_model_deinit(&model);
}

static void assert_blocker(const char *line, uint32_t waiter, uint32_t owner, enum gw_log_lock_kind kind)
{
	struct gw_log_model model;

	read_string(&model, line);
	assert_int_equal(model.n_blockers, 1);
	assert_int_equal(model.tasks[model.blockers[0].waiter].pid, waiter);
	if (owner)
		assert_int_equal(model.tasks[model.blockers[0].owner].pid, owner);
	else
		assert_int_equal(model.blockers[0].owner, GW_LOG_NONE);
	assert_int_equal(model.blockers[0].kind, kind);
	gw_log_model_deinit(&model);
}

static void test_blockers(void **state)
{
	(void)state;
	assert_blocker("INFO: task a b:c:7 is blocked on a mutex likely owned by task (sd-rmrf):9.\n", 7, 9,
		       GW_LOG_LOCK_MUTEX);
	assert_blocker("INFO: task a:7 is blocked on a mutex, but the owner is not found.\n", 7, 0, GW_LOG_LOCK_MUTEX);
	assert_blocker("INFO: task a:7 blocked on a semaphore likely last held by task nvidia-modeset/:9\n", 7, 9,
		       GW_LOG_LOCK_SEMAPHORE);
	assert_blocker("INFO: task a:7 <writer> blocked on an rw-semaphore likely owned by task b:1:9 <reader>\n", 7, 9,
		       GW_LOG_LOCK_RWSEM);
	assert_blocker("INFO: task a:7 is blocked on a mutex likely owned\nby task b:9.\n", 7, 9, GW_LOG_LOCK_MUTEX);
	assert_blocker("[  1.0] INFO: task a:7 is blocked on a mutex likely owned by task kworker/1:2:4\n56.\n", 7, 456,
		       GW_LOG_LOCK_MUTEX);
}

static void test_held_locks(void **state)
{
	struct gw_log_model model;

	(void)state;
	read_string(&model,
		    "Showing all locks held in the system:\n"
		    "2 locks held by brix/u8:3/71:\n"
		    " #0: ffff888100a1b2c3 (&brix->lock){+.+.}-{3:3}, at: brix_lock include/brix.h:3 [inline]\n"
		    " #0: ffff888100a1b2c3 (&brix->lock){+.+.}-{3:3}, at: brix_open+0x1/0x2 drivers/brix.c:9\n"
		    " #1: ffff888100a1b2d4 ((work_completion)(&b->work)){+.+.}-{0:0}, at: process_one_work+0x1/0x2\n"
		    "1 lock held by sh/72/#0:\n"
		    " #0:  (&rq->lock){....}, at: [<ffffffff81>] brix_old+0x1/0x2\n");
	assert_int_equal(model.n_held, 3);
	assert_int_equal(model.tasks[model.held[0].task].pid, 71);
	assert_string_equal(model.held[0].name, "&brix->lock");
	assert_string_equal(model.held[0].function, "brix_open");
	assert_true(model.held[0].address == 0xffff888100a1b2c3);
	assert_string_equal(model.held[1].name, "(work_completion)(&b->work)");
	assert_int_equal(model.tasks[model.held[2].task].pid, 72);
	assert_true(model.held[2].address == 0);
	assert_string_equal(model.held[2].function, "brix_old");
	gw_log_model_deinit(&model);
}

static void test_lockdep_is_no_hang(void **state)
{
	struct gw_log_model model;

	(void)state;
	read_string(&model, "[   3.1] WARNING: possible circular locking dependency detected\n"
			    "[   3.1] brix/44 is trying to acquire lock:\n"
			    "[   3.1] ffff888100a1b2c3 (&a){+.+.}-{3:3}, at: brix_a+0x1/0x2 [brix]\n"
			    "[   3.1] -> #1 (&b){+.+.}-{3:3}:\n"
			    "[   3.1]        brix_chain+0x1/0x2 [brix]\n"
			    "[   3.1] 1 lock held by brix/44:\n"
			    "[   3.1]  #0: ffff888100a1b2c4 (&b){+.+.}-{3:3}, at: brix_b+0x1/0x2 [brix]\n"
			    "[   3.1] stack backtrace:\n"
			    "[   3.1] CPU: 1 PID: 44 Comm: brix Not tainted 6.1.0\n"
			    "[   3.1] Call Trace:\n"
			    "[   3.1]  brix_a+0x1/0x2 [brix]\n");
	assert_int_equal(model.n_tasks, 1);
	assert_int_equal(model.samples[task_of(&model, 44)->first_sample].kind, GW_LOG_SAMPLE_LOCKDEP);
	assert_true(model.held[0].lockdep);
	assert_stack(&model, 44, "brix_a[brix]");
	gw_log_model_deinit(&model);
}

static void test_busy_cpus(void **state)
{
	struct gw_log_model model;

	(void)state;
	read_string(&model,
		    "watchdog: BUG: soft lockup - CPU#2 stuck for 26s! [a:b c:61]\n"
		    "CPU: 2 PID: 61 Comm: a:b c Not tainted 6.1.0\n"
		    "RIP: 0010:brix_poll+0x1/0x2 [brix]\n"
		    "Call Trace:\n <IRQ>\n tick+0x1/0x2\n </IRQ>\n <TASK>\n brix_idle+0x1/0x2 [brix]\n </TASK>\n"
		    "rcu: INFO: rcu_sched self-detected stall on CPU\n"
		    "CPU: 3 UID: 0 PID: 62 Comm: brix/1 Not tainted 6.12.0\n"
		    "pc : brix_arm+0x1/0x2 [brix]\n"
		    "watchdog: CPU4: Watchdog detected hard LOCKUP on cpu 4\n"
		    "CPU: 4 UID: 0 PID: 63 Comm: brix/2 Not tainted 6.12.0\n"
		    "RIP: 0010:brix_hard+0x1/0x2 [brix]\n"
		    "NMI backtrace for cpu 5\n"
		    "CPU: 5 PID: 64 Comm: brix/3 Not tainted 6.12.0\n"
		    "RIP: 0010:brix_other+0x1/0x2 [brix]\n");
	assert_string_equal(task_of(&model, 61)->comm, "a:b c");
	assert_int_equal(model.samples[task_of(&model, 61)->first_sample].blocked_s, 26);
	assert_stack(&model, 61, "brix_poll[brix] tick brix_idle[brix]");
	for (uint32_t pid = 61; pid < 64; pid++)
		assert_int_equal(model.samples[task_of(&model, pid)->first_sample].kind, GW_LOG_SAMPLE_BUSY);
	assert_stack(&model, 62, "brix_arm[brix]");
	assert_stack(&model, 63, "brix_hard[brix]");
	assert_int_equal(model.samples[task_of(&model, 64)->first_sample].kind, GW_LOG_SAMPLE_CPU);
	gw_log_model_deinit(&model);
}

static void test_oops(void **state)
{
	struct gw_log_model model;

	(void)state;
	read_string(&model, "[ 5.0] BUG: kernel NULL pointer dereference, address: 0000000000000008\n"
			    "[ 5.0] Oops: Oops: 0000 [#1] SMP NOPTI\n"
			    "[ 5.0] CPU: 1 UID: 0 PID: 55 Comm: kcompactd0 Tainted: P  O  6.12.0 #1\n"
			    "[ 5.0] RIP: 0010:brix_invalidate+0x1/0x2 [brix]\n"
			    "[ 5.0] note: kcompactd0[55] exited with irqs disabled\n"
			    "[ 6.0] Oops: Oops: 0000 [#2]  Comm: second    Tainted: P      D    O\n");
	assert_true(task_of(&model, 55)->died);
	assert_stack(&model, 55, "brix_invalidate[brix]");
	assert_int_equal(model.n_tasks, 2);
	assert_string_equal(model.tasks[1].comm, "second");
	assert_true(model.tasks[1].died);
	gw_log_model_deinit(&model);
}

static void test_tables(void **state)
{
	struct gw_log_model model;

	(void)state;
	read_string(&model, "    PID     LWP STAT WCHAN                            COMMAND\n"
			    "     71      72 Dl+  folio_wait_bit_common            brix: writer process\n"
			    "     73      73 R+   -                                ps\n"
			    "     74      74 D    rpm_resume                       [kworker/1:1-pm]\n"
			    "\n"
			    "  8001 (sd-rmrf)  wchan=down_read_killable\n");
	assert_int_equal(model.n_tasks, 3);
	assert_string_equal(task_of(&model, 72)->comm, "brix: writer process");
	assert_int_equal(task_of(&model, 72)->tgid, 71);
	assert_stack(&model, 72, "folio_wait_bit_common");
	assert_string_equal(task_of(&model, 74)->comm, "kworker/1:1-pm");
	assert_stack(&model, 8001, "down_read_killable");
	gw_log_model_deinit(&model);
	/* A suffix of the compiler's is none of the name; without a name there is no row. */
	read_string(&model, "501 writer  wchan=folio_wait_bit_common.isra.0\n502 reader  wchan=.isra.0\n");
	assert_int_equal(model.n_tasks, 1);
	assert_stack(&model, 501, "folio_wait_bit_common");
	gw_log_model_deinit(&model);
}

static void assert_event(const char *line, enum gw_log_event_kind kind, const char *device)
{
	struct gw_log_model model;

	read_string(&model, line);
	assert_int_equal(model.n_events, 1);
	assert_int_equal(model.events[0].kind, kind);
	assert_string_equal(model.events[0].device, device);
	gw_log_model_deinit(&model);
}

static void test_events(void **state)
{
	struct gw_log_model model;

	(void)state;
	assert_event("amdgpu 0000:03:00.0: amdgpu: GPU reset begin!\n", GW_LOG_EVENT_RESET_BEGIN, "0000:03:00.0");
	assert_event("amdgpu 0000:03:00.0: amdgpu: GPU reset succeeded, trying to resume\n", GW_LOG_EVENT_RESET_BEGIN,
		     "0000:03:00.0");
	assert_event("amdgpu 0000:03:00.0: amdgpu: GPU reset(4) succeeded!\n", GW_LOG_EVENT_RESET_SUCCESS,
		     "0000:03:00.0");
	assert_event("amdgpu 0000:03:00.0: amdgpu: GPU reset end with ret = -110\n", GW_LOG_EVENT_RESET_FAILED,
		     "0000:03:00.0");
	assert_event("NVRM: Xid (PCI:0000:41:00): 79, pid=12, GPU has fallen off the bus.\n", GW_LOG_EVENT_DEVICE_LOST,
		     "0000:41:00");
	assert_event("NVRM: Xid (PCI:0000:41:00): 13, Graphics Exception\n", GW_LOG_EVENT_XID, "0000:41:00");
	assert_event("i915 0000:00:02.0: [drm] GPU HANG: ecode 9:1:85dffffb, in brix [1234]\n", GW_LOG_EVENT_GPU_HANG,
		     "0000:00:02.0");
	assert_event("xe 0000:03:00.0: [drm] device wedged, needs recovery\n", GW_LOG_EVENT_WEDGED, "0000:03:00.0");
	assert_event("[drm] Fence fallback timer expired on ring sdma0\n", GW_LOG_EVENT_FENCE_FALLBACK, "");
	assert_event("[drm:amdgpu_mes_reg_write] *ERROR* MES failed to respond to msg=REMOVE_QUEUE\n",
		     GW_LOG_EVENT_FIRMWARE, "");
	assert_event(
		"NVRM: Xid (PCI:0000:41:00): 119, pid=12, name=brix, Timeout waiting for RPC from GSP! Expected function 76\n",
		GW_LOG_EVENT_FIRMWARE, "0000:41:00");
	assert_event(
		"NVRM: Xid (PCI:0000:41:00): 119, pid=12, name=brix, Timeout after 45s of waiting for RPC response from GPU0 GSP!\n",
		GW_LOG_EVENT_FIRMWARE, "0000:41:00");
	assert_event(
		"NVRM: Xid (PCI:0000:41:00): 109, pid=12, name=brix, channel 0x1, errorString CTX SWITCH TIMEOUT\n",
		GW_LOG_EVENT_GPU_HANG, "0000:41:00");
	assert_event("radeon 0000:01:00.0: ring 3 stalled for more than 10240msec\n", GW_LOG_EVENT_JOB_TIMEOUT,
		     "0000:01:00.0");
	assert_event("radeon 0000:01:00.0: GPU lockup (current fence id 0x3 last fence id 0x4 on ring 3)\n",
		     GW_LOG_EVENT_GPU_HANG, "0000:01:00.0");
	assert_event("i915 0000:00:02.0: [drm] *ERROR* GT0: GUC: TLB invalidation response timed out for seqno 7\n",
		     GW_LOG_EVENT_FIRMWARE, "0000:00:02.0");
	assert_event("mali 10.gpu: Wait for MCU power on failed on scheduling tick/tock\n", GW_LOG_EVENT_FIRMWARE, "");
	assert_event("mali 10.gpu: Sending reset to GPU - all running jobs will be lost\n", GW_LOG_EVENT_GPU_HANG, "");
	assert_event("[drm:dpu_kms_wait_for_commit_done:525] [dpu error]wait for commit done returned -110\n",
		     GW_LOG_EVENT_FLIP_TIMEOUT, "");
	assert_event("[drm:dpu_encoder_frame_done_timeout:2727] [dpu error]enc33 frame done timeout\n",
		     GW_LOG_EVENT_FLIP_TIMEOUT, "");
	assert_event("mali 10.gpu: Reset complete\n", GW_LOG_EVENT_RESET_SUCCESS, "");
	assert_event("mali 10.gpu: Failed to hard-reset the GPU (timed out after 500 ms)\n", GW_LOG_EVENT_RESET_FAILED,
		     "");
	read_string(&model,
		    "usb 1-4: reset of hub failed\nata3: link is slow to respond, wedged\nmpt2sas: Reset complete\n"
		    "enet 1: ring 3 stalled for more than 10240msec\n");
	assert_int_equal(model.n_events, 0);
	gw_log_model_deinit(&model);
}

/* Who sleeps and could not be frozen has slept for as long; who runs, or is listed for another reason, is no such task. */
static void test_freezer(void **state)
{
	static const char list[] =
		"task:brix-io     state:D stack:0     pid:81    tgid:81    ppid:1      flags:0x00004006\n"
		"Call Trace:\n <TASK>\n __schedule+0x1/0x2\n schedule+0x1/0x2\n brix_wait+0x1/0x2 [brix]\n"
		" </TASK>\n"
		"task:brix-run    state:R stack:0     pid:82    tgid:82    ppid:1      flags:0x00004006\n"
		"task:brix-too    state:D stack:0     pid:83    tgid:83    ppid:1      flags:0x00004006\n";
	static const struct {
		const char *heading;
		bool refuse;
	} logs[] = {
		{ "Freezing user space processes failed after 20.008 seconds (3 tasks refusing to freeze, wq_busy=0):\n",
		  true },
		{ "Freezing of tasks failed after 20.008 seconds (3 tasks refusing to freeze, wq_busy=0):\n", true },
		{ "Freezing user space processes completed (elapsed 0.002 seconds)\n", false },
		{ "Freezing of tasks failed after 20.008 seconds (3 tasks refusing to freeze, wq_busy=0):\nsysrq: Show Blocked State\n",
		  false },
	};
	struct gw_log_model model;

	(void)state;
	for (size_t i = 0; i < sizeof(logs) / sizeof(logs[0]); i++) {
		char text[2048];

		snprintf(text, sizeof(text), "%s%s", logs[i].heading, list);
		read_string(&model, text);
		for (uint32_t pid = 81; pid <= 83; pid++) {
			const struct gw_log_sample *sample = &model.samples[task_of(&model, pid)->first_sample];
			bool refuses = logs[i].refuse && pid != 82;

			assert_int_equal(sample->kind, refuses ? GW_LOG_SAMPLE_HUNG : GW_LOG_SAMPLE_LISTED);
			assert_int_equal(sample->blocked_s, refuses ? 20 : 0);
		}
		assert_stack(&model, 81, "__schedule schedule brix_wait[brix]");
		gw_log_model_deinit(&model);
	}
}

/* Kernels and people write the same name in several ways; the number says whose it is. */
static void test_names_that_differ(void **state)
{
	struct gw_log_model model;

	(void)state;
	read_string(&model,
		    "INFO: task \"brix/u8:1\":81 blocked for more than 188 seconds.\n"
		    "task:brix/u8:1      state:D stack:0     pid:81    tgid:81    ppid:2      flags:0x00000008\n"
		    "Call trace:\n schedule+0x1/0x2\n brix_wait+0x1/0x2 [brix]\n"
		    "INFO: task brix-d:82 blocked for more than 120 seconds.\n"
		    "hidden          D ffff8817dddf80b0     0    82      1 0x00000080\n"
		    "Call Trace:\n [<ffffffff8168c889>] schedule+0x29/0x70\n [<ffffffff8168c989>] brix_go+0x29/0x70\n"
		    "INFO: task brix-e:83 blocked for more than 120 seconds.\n"
		    "other           D ffff8817dddf80b0     0    84      1 0x00000080\n"
		    "CPU: 3 PID: 85 Comm: brix-f Not\n");
	assert_int_equal(model.n_tasks, 5);
	assert_string_equal(task_of(&model, 81)->comm, "brix/u8:1");
	assert_stack(&model, 81, "schedule brix_wait[brix]");
	assert_string_equal(task_of(&model, 82)->comm, "brix-d");
	assert_stack(&model, 82, "schedule brix_go");
	assert_string_equal(task_of(&model, 84)->comm, "other");
	assert_string_equal(task_of(&model, 85)->comm, "brix-f");
	gw_log_model_deinit(&model);
}

/* The last line of a stack has the function, even where it ends within the number behind it; elsewhere that is no frame. */
static void test_cut_within_a_frame(void **state)
{
	static const char *const ends[] = { "+0x1c", "+0x1c/" };
	struct gw_log_model model;
	char text[1024];

	(void)state;
	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		snprintf(text, sizeof(text),
			 "task:brix state:D stack:0 pid:81 tgid:81 ppid:1 flags:0x0\nCall Trace:\n"
			 " schedule+0x1/0x2\n brix_wait%s",
			 ends[i]);
		read_string(&model, text);
		assert_stack(&model, 81, "schedule brix_wait");
		gw_log_model_deinit(&model);
	}
	/* The beginning of the next line is no module; that of a build id comes behind one. */
	read_string(&model, "[Wed Jun  8 16:38:26 2022] task:brix state:D stack:0 pid:81 tgid:81 ppid:1 flags:0x0\n"
			    "[Wed Jun  8 16:38:26 2022] Call Trace:\n"
			    "[Wed Jun  8 16:38:26 2022]  brix_wait+0x1/0x2 [brix 0123abc\n"
			    "[Wed Jun  8 16:38:26 2022]  schedule+0x1/0x2\n[Wed Ju\n");
	assert_stack(&model, 81, "brix_wait[brix] schedule");
	gw_log_model_deinit(&model);
	read_string(&model,
		    "task:brix state:D stack:0 pid:81 tgid:81 ppid:1 flags:0x0\nCall Trace:\n schedule+0x1/0x2\n"
		    "brix: it failed\nbrix_wait+0x1c\n");
	assert_stack(&model, 81, "schedule");
	gw_log_model_deinit(&model);
}

/* Where interrupts were last switched is wrapped, and the function stands alone: it is not where the task is. */
static void test_wrapped_state_of_interrupts(void **state)
{
	struct gw_log_model model;

	(void)state;
	read_string(&model, "watchdog: BUG: soft lockup - CPU#1 stuck for 23s! [brix:61]\n"
			    "hardirqs last disabled at (0): [<ffffffc010074960>]\ncopy_brix+0x54c/0x12b8\n"
			    "softirqs last  enabled at (0): [<ffffffc010074960>] copy_brix+0x54c/0x12b8\n"
			    "CPU: 1 PID: 61 Comm: brix Not tainted 6.1.0\n"
			    "pc : brix_read+0x4/0x8\nCall trace:\n brix_read+0x4/0x8\n brix_find+0x8/0x20\n");
	assert_stack(&model, 61, "brix_read brix_read brix_find");
	assert_int_equal(model.samples[task_of(&model, 61)->first_sample].next, GW_LOG_NONE);
	gw_log_model_deinit(&model);
}

static void test_nothing(void **state)
{
	struct gw_log_model model;

	(void)state;
	read_string(&model, "");
	gw_log_model_deinit(&model);
	read_string(&model, "Dear list,\n\nmy screen is black. What can I do?\n\n-- \nA. User\n");
	assert_int_equal(model.n_tasks + model.n_events, 0);
	gw_log_model_deinit(&model);
}

/* The hang again and again, so many times. */
static uint64_t work_of(size_t rounds)
{
	struct gw_log_model model;
	char *text = malloc(rounds * 4096);
	size_t length = 0;
	uint64_t begin, took;

	for (size_t round = 0; round < rounds; round++)
		for (size_t i = 0; i < LINES; i++)
			length += (size_t)sprintf(text + length, "[%zu.000000] %s\n", 4101 + round * 122, hang[i]);
	begin = operations();
	assert_int_equal(gw_log_read(&model, text, length, NULL, NULL), 0);
	took = operations() - begin;
	assert_int_equal(task_of(&model, 2019)->rounds, rounds);
	gw_log_model_deinit(&model);
	free(text);
	return took;
}

/* Work is that of the size: a text that is twice as long takes twice as much, not four times. */
static void test_linear(void **state)
{
	uint64_t few = work_of(500), many = work_of(1000);

	(void)state;
	print_message("%" PRIu64 " operations, %" PRIu64 "\n", few, many);
	assert_true(many < few * 5 / 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_formats),
		cmocka_unit_test(test_cited_in_sentences),
		cmocka_unit_test(test_utf16),
		cmocka_unit_test(test_wrapped),
		cmocka_unit_test(test_pieces),
		cmocka_unit_test(test_newest_first),
		cmocka_unit_test(test_mixed_writers),
		cmocka_unit_test(test_cut_beginning),
		cmocka_unit_test(test_every_cut),
		cmocka_unit_test(test_two_boots),
		cmocka_unit_test(test_rounds),
		cmocka_unit_test(test_frames),
		cmocka_unit_test(test_captures),
		cmocka_unit_test(test_short_listing_goes_on),
		cmocka_unit_test(test_unnamed),
		cmocka_unit_test(test_short_listings),
		cmocka_unit_test(test_numbered_lines),
		cmocka_unit_test(test_kept_by_others),
		cmocka_unit_test(test_rows_without_heading),
		cmocka_unit_test(test_names_are_no_events),
		cmocka_unit_test(test_busy_workqueues),
		cmocka_unit_test(test_old_listings),
		cmocka_unit_test(test_blockers),
		cmocka_unit_test(test_held_locks),
		cmocka_unit_test(test_lockdep_is_no_hang),
		cmocka_unit_test(test_busy_cpus),
		cmocka_unit_test(test_oops),
		cmocka_unit_test(test_tables),
		cmocka_unit_test(test_events),
		cmocka_unit_test(test_freezer),
		cmocka_unit_test(test_names_that_differ),
		cmocka_unit_test(test_cut_within_a_frame),
		cmocka_unit_test(test_wrapped_state_of_interrupts),
		cmocka_unit_test(test_nothing),
		cmocka_unit_test(test_linear),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
