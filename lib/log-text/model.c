/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The model's memory: arrays that double up to a limit, and tables to find tasks and strings in. */
#include "lib/log-text/model.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/array.h"
#include "lib/base/hash.h"

/* What is kept of a text at most; a real log has a hundredth of it. */
#define TASKS_MAX (1u << 16)
#define SAMPLES_MAX (1u << 18)
#define FRAMES_MAX (1u << 21)
#define OTHERS_MAX (1u << 17)
#define RINGS_MAX 1024
#define STRINGS_MAX (1u << 18)
#define TEXT_MAX ((size_t)64 << 20)

/* Strings live in blocks that never move. */
#define BLOCK_SIZE 65536

struct block {
	struct block *next;
	size_t used;
	char data[BLOCK_SIZE];
};

struct gw_log_store {
	struct block *blocks;
	size_t text; /* bytes of all strings */
	const char **strings;
	uint32_t n_strings, strings_size; /* a power of two; open addressing */
	uint32_t *tasks;		  /* index + 1, 0 = free */
	uint32_t tasks_size;
	uint32_t allocated_tasks, allocated_samples, allocated_frames;
	uint32_t allocated_blockers, allocated_held, allocated_items, allocated_rings, allocated_events;
	uint32_t allocated_spans;
};

int gw_log_model_init(struct gw_log_model *model)
{
	*model = (struct gw_log_model){ .last_us = -1, .release = "" };
	model->store = calloc(1, sizeof(*model->store));
	return model->store ? gw_log_add_incident(model) : -ENOMEM;
}

void gw_log_model_deinit(struct gw_log_model *model)
{
	struct gw_log_store *store = model->store;

	free(model->tasks);
	free(model->samples);
	free(model->frames);
	free(model->blockers);
	free(model->held);
	free(model->items);
	free(model->rings);
	free(model->events);
	free(model->spans);
	for (struct block *block = store ? store->blocks : NULL, *next; block; block = next) {
		next = block->next;
		free(block);
	}
	if (store) {
		free(store->strings);
		free(store->tasks);
	}
	free(store);
	*model = (struct gw_log_model){ .incidents = 0 };
}

/* Makes room for one more item. Returns 0, -ENOMEM, or -ENOSPC beyond @most. */
#define GROW(model, name, most)                                                                                        \
	((model)->n_##name >= (most)                                                                                   \
		 ? -ENOSPC                                                                                             \
		 : gw_array_reserve((model)->name, (model)->n_##name, (model)->store->allocated_##name, 1))

/* -ENOSPC is no error to whoever reads on. */
static int model_full(struct gw_log_model *model, int r)
{
	if (r == -ENOSPC) {
		model->left_out++;
		return 0;
	}
	return r;
}

int gw_log_add_incident(struct gw_log_model *model)
{
	if (gw_array_reserve(model->spans, model->incidents, model->store->allocated_spans, 1) < 0)
		return -ENOMEM;
	model->spans[model->incidents++] = (struct gw_log_incident){ .last_us = -1, .next = GW_LOG_NONE };
	return 0;
}

/* ---- strings ------------------------------------------------------------------------------ */

static char *model_reserve(struct gw_log_store *store, size_t size)
{
	struct block *block = store->blocks;
	char *at;

	if (!block || block->used + size > BLOCK_SIZE) {
		block = malloc(sizeof(*block));
		if (!block)
			return NULL;
		block->next = store->blocks;
		block->used = 0;
		store->blocks = block;
	}
	at = block->data + block->used;
	block->used += size;
	store->text += size;
	return at;
}

static uint32_t model_string_slot(const struct gw_log_store *store, const char *text, size_t length)
{
	uint32_t mask = store->strings_size - 1;
	uint32_t slot = (uint32_t)(gw_hash_bytes(GW_HASH_START, text, length) >> 7) & mask;

	while (store->strings[slot] &&
	       (strncmp(store->strings[slot], text, length) != 0 || store->strings[slot][length] != '\0'))
		slot = (slot + 1) & mask;
	return slot;
}

static int model_strings_grow(struct gw_log_store *store)
{
	struct gw_log_store old = *store;

	store->strings_size = old.strings_size ? old.strings_size * 2 : 1024;
	store->strings = calloc(store->strings_size, sizeof(*store->strings));
	if (!store->strings) {
		*store = old;
		return -ENOMEM;
	}
	for (uint32_t i = 0; i < old.strings_size; i++)
		if (old.strings[i])
			store->strings[model_string_slot(store, old.strings[i], strlen(old.strings[i]))] =
				old.strings[i];
	free(old.strings);
	return 0;
}

const char *gw_log_intern(struct gw_log_model *model, const char *text, size_t length)
{
	struct gw_log_store *store = model->store;
	uint32_t slot;
	char *copy;

	length = strnlen(text, length < BLOCK_SIZE - 1 ? length : BLOCK_SIZE - 1);
	if (length == 0)
		return "";
	if (store->n_strings * 2 >= store->strings_size && model_strings_grow(store) < 0)
		return NULL;
	slot = model_string_slot(store, text, length);
	if (store->strings[slot])
		return store->strings[slot];
	if (store->n_strings >= STRINGS_MAX || store->text + length >= TEXT_MAX) {
		model->left_out++;
		return "";
	}
	copy = model_reserve(store, length + 1);
	if (!copy)
		return NULL;
	memcpy(copy, text, length);
	copy[length] = '\0';
	store->strings[slot] = copy;
	store->n_strings++;
	return copy;
}

/* ---- tasks ---------------------------------------------------------------------------------- */

/*
 * Whether a number can be of the same thread under both names: workers and threads change what they are called, but two
 * programs are two incidents in a text that has nothing else to tell them apart.
 */
static bool model_same_thread(const char *a, const char *b)
{
	return !*a || !*b || strncmp(a, b, 3) == 0;
}

/* Tasks without a number are told apart by name. */
static uint32_t model_task_slot(const struct gw_log_model *model, uint32_t incident, uint32_t pid, const char *comm)
{
	const struct gw_log_store *store = model->store;
	uint32_t mask = store->tasks_size - 1;
	uint64_t hash = gw_hash_number(gw_hash_number(GW_HASH_START, incident), pid);
	uint32_t slot;

	if (pid == 0)
		hash = gw_hash_string(hash, comm);
	for (slot = (uint32_t)(hash >> 7) & mask; store->tasks[slot]; slot = (slot + 1) & mask) {
		const struct gw_log_task *task = &model->tasks[store->tasks[slot] - 1];

		if (task->incident == incident && task->pid == pid &&
		    (pid != 0 ? model_same_thread(task->comm, comm) : strcmp(task->comm, comm) == 0))
			break;
	}
	return slot;
}

static int model_tasks_grow(struct gw_log_model *model)
{
	struct gw_log_store *store = model->store;
	uint32_t size = store->tasks_size ? store->tasks_size * 2 : 256;
	uint32_t *table = calloc(size, sizeof(*table));

	if (!table)
		return -ENOMEM;
	free(store->tasks);
	store->tasks = table;
	store->tasks_size = size;
	for (uint32_t i = 0; i < model->n_tasks; i++) {
		const struct gw_log_task *task = &model->tasks[i];

		table[model_task_slot(model, task->incident, task->pid, task->comm)] = i + 1;
	}
	return 0;
}

int gw_log_task(struct gw_log_model *model, uint32_t incident, uint32_t pid, const char *comm, uint32_t *ret)
{
	struct gw_log_store *store = model->store;
	const char *name = gw_log_intern(model, comm, strlen(comm));
	uint32_t slot;
	int r;

	*ret = GW_LOG_NONE;
	if (!name || (model->n_tasks * 2 >= store->tasks_size && model_tasks_grow(model) < 0))
		return -ENOMEM;
	slot = model_task_slot(model, incident, pid, name);
	if (!store->tasks[slot]) {
		r = GROW(model, tasks, TASKS_MAX);
		if (r < 0)
			return model_full(model, r) ?: -ENOSPC;
		model->tasks[model->n_tasks] = (struct gw_log_task){
			.incident = incident,
			.pid = pid,
			.comm = name,
			.workqueue = "",
			.work_function = "",
			.work_module = "",
			.first_sample = GW_LOG_NONE,
			.last_sample = GW_LOG_NONE,
		};
		store->tasks[slot] = ++model->n_tasks;
	}
	*ret = store->tasks[slot] - 1;
	/* A line cut short knew less of the name. */
	if (strlen(name) > strlen(model->tasks[*ret].comm))
		model->tasks[*ret].comm = name;
	return 0;
}

/* ---- what is known of them ------------------------------------------------------------------- */

int gw_log_add_sample(struct gw_log_model *model, const struct gw_log_sample *sample, uint32_t *ret)
{
	struct gw_log_task *task = &model->tasks[sample->task];
	int r = GROW(model, samples, SAMPLES_MAX);

	*ret = GW_LOG_NONE;
	if (r < 0)
		return model_full(model, r);
	*ret = model->n_samples++;
	model->samples[*ret] = *sample;
	model->samples[*ret].next = GW_LOG_NONE;
	model->samples[*ret].first_frame = model->n_frames;
	model->samples[*ret].n_frames = 0;
	if (task->last_sample == GW_LOG_NONE)
		task->first_sample = *ret;
	else
		model->samples[task->last_sample].next = *ret;
	task->last_sample = *ret;
	return 0;
}

int gw_log_add_frame(struct gw_log_model *model, uint32_t index, const struct gw_log_frame *frame)
{
	struct gw_log_sample *sample = &model->samples[index];
	uint32_t needed = sample->n_frames + 1;
	int r = 0;

	if (sample->n_frames >= GW_LOG_STACK_MAX)
		return model_full(model, -ENOSPC);
	/* Two stacks printed at the same time: the one that was left is taken up at the end. */
	if (sample->first_frame + sample->n_frames != model->n_frames) {
		for (uint32_t i = 0; i < sample->n_frames && r == 0; i++) {
			r = GROW(model, frames, FRAMES_MAX);
			if (r == 0)
				model->frames[model->n_frames++] = model->frames[sample->first_frame + i];
		}
		if (r < 0)
			return model_full(model, r);
		sample->first_frame = model->n_frames - sample->n_frames;
	}
	r = GROW(model, frames, FRAMES_MAX);
	if (r < 0)
		return model_full(model, r);
	model->frames[model->n_frames++] = *frame;
	sample->n_frames = needed;
	return 0;
}

int gw_log_add_blocker(struct gw_log_model *model, const struct gw_log_blocker *blocker)
{
	int r = GROW(model, blockers, OTHERS_MAX);

	if (r == 0)
		model->blockers[model->n_blockers++] = *blocker;
	return model_full(model, r);
}

int gw_log_add_held(struct gw_log_model *model, const struct gw_log_held *held)
{
	int r = GROW(model, held, OTHERS_MAX);

	if (r == 0)
		model->held[model->n_held++] = *held;
	return model_full(model, r);
}

int gw_log_add_item(struct gw_log_model *model, const struct gw_log_item *item)
{
	int r = GROW(model, items, OTHERS_MAX);

	if (r == 0)
		model->items[model->n_items++] = *item;
	return model_full(model, r);
}

int gw_log_add_ring(struct gw_log_model *model, const struct gw_log_ring *ring)
{
	int r = GROW(model, rings, RINGS_MAX);

	if (r == 0)
		model->rings[model->n_rings++] = *ring;
	return model_full(model, r);
}

int gw_log_add_event(struct gw_log_model *model, const struct gw_log_event *event)
{
	int r = GROW(model, events, OTHERS_MAX);

	if (r == 0)
		model->events[model->n_events++] = *event;
	return model_full(model, r);
}

const char *gw_log_event_name(enum gw_log_event_kind kind)
{
	static const char *const names[GW_LOG_EVENTS] = {
		[GW_LOG_EVENT_BOOT] = "boot",
		[GW_LOG_EVENT_JOB_TIMEOUT] = "job-timeout",
		[GW_LOG_EVENT_GPU_HANG] = "gpu-hang",
		[GW_LOG_EVENT_RESET_BEGIN] = "reset-begin",
		[GW_LOG_EVENT_RESET_SUCCESS] = "reset-succeeded",
		[GW_LOG_EVENT_RESET_FAILED] = "reset-failed",
		[GW_LOG_EVENT_RESET_OFF] = "reset-disabled",
		[GW_LOG_EVENT_WEDGED] = "wedged",
		[GW_LOG_EVENT_FLIP_TIMEOUT] = "flip-timeout",
		[GW_LOG_EVENT_INIT_FAILED] = "init-failed",
		[GW_LOG_EVENT_RESUME_FAILED] = "resume-failed",
		[GW_LOG_EVENT_XID] = "xid",
		[GW_LOG_EVENT_DEVICE_LOST] = "device-lost",
		[GW_LOG_EVENT_NEEDS_REBOOT] = "needs-reboot",
		[GW_LOG_EVENT_IOMMU] = "iommu",
		[GW_LOG_EVENT_FIRMWARE] = "firmware",
		[GW_LOG_EVENT_FENCE_FALLBACK] = "fence-fallback",
		[GW_LOG_EVENT_DEVCOREDUMP] = "devcoredump",
		[GW_LOG_EVENT_SOFT_LOCKUP] = "soft-lockup",
		[GW_LOG_EVENT_HARD_LOCKUP] = "hard-lockup",
		[GW_LOG_EVENT_RCU_STALL] = "rcu-stall",
		[GW_LOG_EVENT_WORKQUEUE_LOCKUP] = "workqueue-lockup",
		[GW_LOG_EVENT_OOPS] = "oops",
		[GW_LOG_EVENT_PANIC] = "panic",
		[GW_LOG_EVENT_LOCKDEP] = "lockdep",
		[GW_LOG_EVENT_OUT_OF_MEMORY] = "out-of-memory",
		[GW_LOG_EVENT_HUNG_TASK] = "hung-task",
		[GW_LOG_EVENT_SYSRQ] = "sysrq",
		[GW_LOG_EVENT_BARE_STACK] = "bare-stack",
		[GW_LOG_EVENT_LOST] = "messages-lost",
	};

	return names[kind];
}
