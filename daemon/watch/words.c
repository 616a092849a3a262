/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Two short lists, so that a driver which reports the same again and again does not drive out an oops. */
#include "daemon/watch/words.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/log-text/event.h"
#include "lib/log-text/frame.h"
#include "lib/log-text/lines/line.h"
#include "lib/log-text/lines/scan.h"
#include "lib/log-text/task-line.h"
#include "lib/system/kmsg.h"

/* An oops has its task, its registers and its stack within so many lines. */
#define OOPS_LINES 80

struct words_list {
	struct gw_word_record words[GW_WORDS_MAX]; /* oldest first */
	enum gw_log_event_kind kinds[GW_WORDS_MAX];
	size_t count;
};

struct gw_words {
	char *path;
	struct gw_kmsg *kmsg; /* NULL: not open (yet) */
	struct words_list tasks, gpus;
	struct gw_resets resets;
	struct gw_word_record oops; /* whose dump is being read */
	unsigned oops_lines;	    /* that may still belong to it, 0 = there is none */
};

/* Of an incident in the log; the rest is noise, or said better by another message. */
static bool words_count(enum gw_log_event_kind kind)
{
	switch (kind) {
	case GW_LOG_EVENT_JOB_TIMEOUT:
	case GW_LOG_EVENT_GPU_HANG:
	case GW_LOG_EVENT_RESET_BEGIN:
	case GW_LOG_EVENT_RESET_SUCCESS:
	case GW_LOG_EVENT_RESET_FAILED:
	case GW_LOG_EVENT_WEDGED:
	case GW_LOG_EVENT_FLIP_TIMEOUT:
	case GW_LOG_EVENT_XID:
	case GW_LOG_EVENT_DEVICE_LOST:
	case GW_LOG_EVENT_NEEDS_REBOOT:
	case GW_LOG_EVENT_FIRMWARE:
	case GW_LOG_EVENT_SOFT_LOCKUP:
	case GW_LOG_EVENT_HUNG_TASK:
	case GW_LOG_EVENT_OOPS:
		return true;
	default:
		return false;
	}
}

static void words_forget(struct words_list *list, size_t at)
{
	list->count--;
	memmove(&list->words[at], &list->words[at + 1], (list->count - at) * sizeof(list->words[0]));
	memmove(&list->kinds[at], &list->kinds[at + 1], (list->count - at) * sizeof(list->kinds[0]));
}

/* In place of what it repeats, or of the oldest one if there are too many. */
static void words_keep(struct words_list *list, enum gw_log_event_kind kind, const struct gw_word_record *word)
{
	for (size_t i = 0; i < list->count; i++) {
		const struct gw_word_record *other = &list->words[i];

		if (list->kinds[i] == kind &&
		    (word->pid ? other->pid == word->pid : strcmp(other->text, word->text) == 0)) {
			words_forget(list, i);
			break;
		}
	}
	if (list->count == GW_WORDS_MAX)
		words_forget(list, 0);
	list->kinds[list->count] = kind;
	list->words[list->count++] = *word;
}

static void words_name(struct gw_word_record *word, const struct gw_log_name *name)
{
	word->pid = name->pid;
	memcpy(word->comm, name->comm, sizeof(word->comm) - 1);
}

/* The first line of a dump that is in a module: of the registers, else of the stack. */
static bool words_find_module(struct gw_word_record *word, const char *text)
{
	struct gw_log_frame_text frame;

	if (!gw_log_frame_register(&frame, text) &&
	    (!gw_log_frame_parse(&frame, text) || !frame.certain || !frame.reliable))
		return false;
	if (frame.module_length == 0 || frame.module_length >= sizeof(word->module))
		return false;
	memcpy(word->module, frame.module, frame.module_length);
	return true;
}

/* Lines behind an oops name the task that died, and the module that it was in. */
static void words_add_to_oops(struct gw_words *words, const char *text)
{
	struct gw_word_record *oops = &words->oops;
	struct gw_log_name name = { .pid = 0 };

	words->oops_lines--;
	if (gw_log_exited_parse(text, &name))
		words->oops_lines = 0;
	if (oops->pid == 0 && (name.pid || gw_log_cpu_parse(text, &name)) && name.pid)
		words_name(oops, &name);
	else if (oops->pid && words_find_module(oops, text))
		words->oops_lines = 0;
	else
		return;
	words_keep(&words->tasks, GW_LOG_EVENT_OOPS, oops);
}

static void words_add_event(struct gw_words *words, enum gw_log_event_kind kind, struct gw_word_record *word)
{
	struct gw_log_name name = { .pid = 0 };
	uint32_t seconds;

	if (kind == GW_LOG_EVENT_OOPS) {
		/* Of several lines of one oops the first one names its cause. */
		if (words->oops_lines == 0)
			words->oops = *word;
		words->oops_lines = OOPS_LINES;
		return;
	}
	if (kind != GW_LOG_EVENT_SOFT_LOCKUP && kind != GW_LOG_EVENT_HUNG_TASK) {
		words_keep(&words->gpus, kind, word);
		return;
	}
	if (!gw_log_soft_lockup_parse(word->text, &name, &seconds) && !gw_log_hung_parse(word->text, &name, &seconds))
		return;
	words_name(word, &name);
	words_keep(&words->tasks, kind, word);
}

/* User space writes into the log, too, this daemon's own messages among it: its records have a facility. */
static bool words_is_kernels(const char *record)
{
	uint32_t priority;

	return gw_scan_number(&record, &priority) && priority < 8;
}

void gw_words_add(struct gw_words *words, const char *record, size_t size)
{
	const char *end = memchr(record, '\n', size), *device;
	char text[sizeof(words->oops.text)] = "";
	struct gw_word_record word = { .header = { GW_RECORD_WORD, sizeof(word) } };
	struct gw_log_event event;
	struct gw_log_line line;
	size_t length;

	if (size == 0 || !words_is_kernels(record))
		return;
	gw_log_line_parse(&line, record, end ? (size_t)(end - record) : size);
	if (line.time_us < 0)
		return;
	memcpy(text, line.text, line.length < sizeof(text) ? line.length : sizeof(text) - 1);
	if (words->oops_lines)
		words_add_to_oops(words, text);
	if (!gw_log_event_parse(&event, text, &device, &length) || !words_count(event.kind))
		return;
	word.log_us = (uint64_t)line.time_us;
	gw_resets_add(&words->resets, event.kind, text, device, length, word.log_us);
	memcpy(word.text, text, sizeof(text));
	words_add_event(words, event.kind, &word);
}

static int words_on_record(const char *text, size_t size, void *userdata)
{
	gw_words_add(userdata, text, size);
	return 0;
}

int gw_words_update(struct gw_words *words)
{
	int r = 0;

	if (!words->kmsg)
		r = gw_kmsg_open(&words->kmsg, words->path);
	return r < 0 ? r : gw_kmsg_read(words->kmsg, words_on_record, words);
}

const struct gw_resets *gw_words_resets(const struct gw_words *words)
{
	return &words->resets;
}

int gw_words_append(const struct gw_words *words, void **data, size_t *size)
{
	size_t tasks = words->tasks.count * sizeof(words->tasks.words[0]),
	       gpus = words->gpus.count * sizeof(words->gpus.words[0]);
	char *grown;

	if (tasks + gpus == 0)
		return 0;
	grown = realloc(*data, *size + tasks + gpus);
	if (!grown)
		return -ENOMEM;
	memcpy(grown + *size, words->tasks.words, tasks);
	memcpy(grown + *size + tasks, words->gpus.words, gpus);
	*data = grown;
	*size += tasks + gpus;
	return 0;
}

int gw_words_new(struct gw_words **ret, const char *path)
{
	struct gw_words *words = calloc(1, sizeof(*words));

	if (!words)
		return -ENOMEM;
	words->path = path ? strdup(path) : NULL;
	if (path && !words->path) {
		gw_words_free(words);
		return -ENOMEM;
	}
	*ret = words;
	return 0;
}

void gw_words_free(struct gw_words *words)
{
	if (!words)
		return;
	gw_kmsg_close(words->kmsg);
	free(words->path);
	free(words);
}
