/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Records in the layout of bpf/abi/records.h, parsed like any others. */
#include "lib/explain/snapshot.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/array.h"
#include "lib/base/units.h"

#define TASKS_BASE UINT64_C(0xffff888000000000)
#define MEMORY_BASE UINT64_C(0xffff893000000000)
#define FUNCTIONS_BASE UINT64_C(0xffffffff81000000)

/* Modules that no table names, and that a GPU's driver is made of: one, or a few. */
#define MODULES_MAX 16

/* task->__state */
#define STATE_RUNNING 0u
#define STATE_INTERRUPTIBLE 1u
#define STATE_UNINTERRUPTIBLE 2u

struct snapshot_writer {
	const struct gw_scene *scene;
	char *data;
	size_t size, allocated;
	const struct gw_log_frame **functions; /* open addressing: any frame that has the function and module */
	uint32_t functions_size;
	struct gw_log_frame *works;	  /* by actor: the function of its work item */
	const char *modules[MODULES_MAX]; /* that are written */
	uint32_t n_modules;
	bool failed;
};

uint64_t gw_text_task_address(uint32_t actor)
{
	return TASKS_BASE + ((uint64_t)actor + 1) * 8192;
}

/* ---- time ----------------------------------------------------------------------------------------- */

/* Each report of a hung task leads back to the beginning of its wait; the first one is the most exact. */
uint64_t gw_text_since_ns(const struct gw_scene *scene, const struct gw_actor *actor)
{
	const struct gw_log_model *model = scene->model;

	for (uint32_t s = model->tasks[actor->task].first_sample; s != GW_LOG_NONE; s = model->samples[s].next) {
		const struct gw_log_sample *sample = &model->samples[s];
		uint64_t seen_ns = sample->time_us > 0 ? (uint64_t)sample->time_us * GW_NSEC_PER_USEC : scene->now_ns;
		uint64_t age_ns = (uint64_t)sample->blocked_s * GW_NSEC_PER_SEC;

		if (seen_ns + GW_ANOTHER_LOG_US * GW_NSEC_PER_USEC < scene->now_ns)
			seen_ns = scene->now_ns;
		if (sample->blocked_s)
			return seen_ns > age_ns ? seen_ns - age_ns : 1;
	}
	return 0;
}

/* ---- records ------------------------------------------------------------------------------------------ */

static void snapshot_write(struct snapshot_writer *writer, const void *record, size_t size)
{
	if (writer->failed)
		return;
	if (gw_array_reserve(writer->data, writer->size, writer->allocated, size) < 0) {
		writer->failed = true;
		return;
	}
	memcpy(writer->data + writer->size, record, size);
	writer->size += size;
}

static void snapshot_write_head(struct snapshot_writer *writer)
{
	struct gw_host_record host = {
		.header = { .type = GW_RECORD_HOST, .size = sizeof(host) },
		.layout_version = GW_LAYOUT_VERSION,
	};
	struct gw_snapshot_record head = {
		.header = { .type = GW_RECORD_SNAPSHOT, .size = sizeof(head) },
		.sequence = 1,
		.mono_ns = writer->scene->now_ns,
		.full = GW_SLEEPERS_ALL,
	};

	snprintf(host.release, sizeof(host.release), "%s", writer->scene->model->release);
	snapshot_write(writer, &host, sizeof(host));
	snapshot_write(writer, &head, sizeof(head));
}

/* A module that no table names, and that drives a GPU, as stacks show: once each. */
static void snapshot_write_module(struct snapshot_writer *writer, const struct gw_log_frame *frame)
{
	struct gw_module_record module = {
		.header = { .type = GW_RECORD_MODULE, .size = sizeof(module) },
		.flags = GW_MODULE_F_GPU,
	};

	for (uint32_t i = 0; i < writer->n_modules; i++)
		if (writer->modules[i] == frame->module)
			return;
	if (writer->n_modules == MODULES_MAX ||
	    gw_subsystem_of(frame->function, frame->module).kind != GW_SUBSYSTEM_OTHER ||
	    gw_scene_subsystem(writer->scene, frame).kind != GW_SUBSYSTEM_GPU)
		return;
	writer->modules[writer->n_modules++] = frame->module;
	snprintf(module.name, sizeof(module.name), "%s", frame->module);
	snapshot_write(writer, &module, sizeof(module));
}

static void snapshot_write_symbol(struct snapshot_writer *writer, const struct gw_log_frame *frame, uint64_t address)
{
	struct gw_symbol_record symbol = {
		.header = { .type = GW_RECORD_SYMBOL, .size = sizeof(symbol) },
		.address = address,
	};

	snprintf(symbol.name, sizeof(symbol.name), "%s", frame->function);
	snprintf(symbol.module, sizeof(symbol.module), "%s", frame->module);
	snapshot_write(writer, &symbol, sizeof(symbol));
	snapshot_write_module(writer, frame);
}

/* The address that stands for the frame's function; its symbol is written when it is met first. */
static uint64_t snapshot_function(struct snapshot_writer *writer, const struct gw_log_frame *frame)
{
	uint32_t mask = writer->functions_size - 1;
	uint32_t slot =
		(uint32_t)(((uintptr_t)frame->function ^ (uintptr_t)frame->module >> 3) * 2654435761u >> 7) & mask;
	uint64_t address;
	bool found;

	while (writer->functions[slot] && (writer->functions[slot]->function != frame->function ||
					   writer->functions[slot]->module != frame->module))
		slot = (slot + 1) & mask;
	address = FUNCTIONS_BASE + (uint64_t)slot * 16;
	found = writer->functions[slot] != NULL;
	writer->functions[slot] = frame;
	if (!found)
		snapshot_write_symbol(writer, frame, address);
	return address;
}

static uint32_t snapshot_state(const struct gw_actor *actor)
{
	if (actor->blocked)
		return STATE_UNINTERRUPTIBLE;
	return actor->busy || actor->runs ? STATE_RUNNING : STATE_INTERRUPTIBLE;
}

static uint32_t snapshot_flags(const struct gw_log_task *task)
{
	if (strncmp(task->comm, "kworker/", 8) == 0)
		return GW_TASK_F_KTHREAD | GW_TASK_F_WORKER;
	return task->kernel ? GW_TASK_F_KTHREAD : 0;
}

/* A function that ends with a wait has left the stack: then the work item shows it. */
static void snapshot_put_work(struct snapshot_writer *writer, uint32_t index, struct gw_task_record *record)
{
	const struct gw_log_task *task = &writer->scene->model->tasks[writer->scene->actors[index].task];
	struct gw_log_frame *frame = &writer->works[index];

	/* A worker that waits for its next item keeps the name of the last one. */
	if (!*task->work_function || !writer->scene->actors[index].blocked)
		return;
	*frame = (struct gw_log_frame){ .function = task->work_function, .module = task->work_module };
	record->watch.sections.work = record->address;
	record->watch.sections.work_function = snapshot_function(writer, frame);
}

static void snapshot_write_task(struct snapshot_writer *writer, uint32_t index)
{
	const struct gw_actor *actor = &writer->scene->actors[index];
	const struct gw_log_task *task = &writer->scene->model->tasks[actor->task];
	struct gw_task_record record = {
		.header = { .type = GW_RECORD_TASK, .size = sizeof(record) },
		.address = gw_text_task_address(index),
		.start_ns = index + 1,
		.pid = task->pid,
		.tgid = task->tgid ? task->tgid : task->pid,
		.state = snapshot_state(actor),
		.flags = snapshot_flags(task),
		.user_syscall = ~UINT64_C(0),
	};
	const struct gw_log_frame *frames;
	uint32_t count = gw_scene_frames(writer->scene, actor, &frames);

	snprintf(record.comm, sizeof(record.comm), "%.*s", (int)sizeof(record.comm) - 1, task->comm);
	for (uint32_t i = 0; i < count && record.stack_depth < GW_STACK_DEPTH; i++)
		if (frames[i].reliable == actor->wait.reliable && !frames[i].inlined)
			record.stack[record.stack_depth++] = snapshot_function(writer, &frames[i]);
	if (!task->kernel && task->tgid)
		record.mm = MEMORY_BASE + (uint64_t)task->tgid * 4096;
	snapshot_put_work(writer, index, &record);
	if (actor->invalidates)
		record.watch.sections.notifier_mm = record.address;
	if (actor->reclaims)
		record.watch.sections.reclaim_since_ns = 1;
	snapshot_write(writer, &record, sizeof(record));
}

int gw_text_snapshot(const struct gw_scene *scene, struct gw_snapshot **ret)
{
	struct snapshot_writer writer = { .scene = scene, .functions_size = 1024 };
	struct gw_snapshot **snapshots = NULL;
	size_t count = 0;
	int r;

	while (writer.functions_size < scene->n_actors * (GW_STACK_DEPTH + 1) * 2)
		writer.functions_size *= 2;
	writer.functions = calloc(writer.functions_size, sizeof(*writer.functions));
	writer.works = calloc(scene->n_actors + 1, sizeof(*writer.works));
	if (!writer.functions || !writer.works) {
		free(writer.functions);
		free(writer.works);
		return -ENOMEM;
	}
	snapshot_write_head(&writer);
	for (uint32_t i = 0; i < scene->n_actors; i++)
		snapshot_write_task(&writer, i);
	free(writer.functions);
	free(writer.works);
	r = writer.failed ? -ENOMEM : gw_stream_parse(writer.data, writer.size, false, &snapshots, &count, NULL);
	free(writer.data);
	if (r != GW_PARSE_OK || count != 1) {
		if (r == GW_PARSE_OK)
			gw_snapshots_free(snapshots, count);
		return -ENOMEM;
	}
	*ret = snapshots[0];
	free(snapshots);
	return 0;
}
