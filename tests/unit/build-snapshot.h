/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A made-up machine for tests, told in the words of the subject:
 *
 *	struct world *w = world_new();
 *	struct gw_task_record *holder = kthread(w, 101, "holder"), *signaller = kthread(w, 102, "signaller");
 *	struct gw_lock_record *mutex = lock_of(w, GW_LOCK_MUTEX, holder);
 *	struct gw_timeline_record *ring = timeline_by(w, "gfx", signaller);
 *
 *	waits_for_fence(w, holder, fence(w, ring, 7));
 *	waits_for_lock(w, signaller, mutex, GW_LOCK_F_MUTEX);
 *	look(w, 2);
 *	assert_deadlock(w, GW_CLASS_FENCE_LOCK_CYCLE, GW_CONFIDENCE_PROVEN, "101 102", "");
 *
 * Records may be changed between looks. Time passes with every wait that
 * begins and every look.
 */
#ifndef GPUWATCH_BUILD_SNAPSHOT_H
#define GPUWATCH_BUILD_SNAPSHOT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bpf/abi/kernel-constants.h"
#include "lib/analysis/analysis.h"
#include "lib/analysis/record/recording.h"

#define MS 1000000ULL
#define SECOND 1000000000ULL

#ifndef RECORDS_MAX
#define RECORDS_MAX 65536
#endif
#define NAMES_MAX 128

struct world {
	struct gw_host_record host;
	uint64_t now_ns, sequence;
	bool incomplete;
	bool blocked_only;			/* looks leave out who sleeps interruptibly in a driver */
	struct gw_record *records[RECORDS_MAX]; /* everything but host, snapshot, symbols; NULL = removed */
	size_t n_records;
	char names[NAMES_MAX][128]; /* of functions: symbol records */
	size_t n_names;
	uint64_t next_address;
	/* What the analysis said. */
	struct gw_analysis *analysis;
	size_t n_changes;
};

#define INFINITE_WAIT 0
#define FUNCTION_BASE 0xffffffff81000000ULL

/* ---- the machine ---------------------------------------------------------------- */

static inline struct world *world_with_policy(struct gw_policy policy)
{
	struct world *w = calloc(1, sizeof(*w));

	assert_non_null(w);
	w->host = (struct gw_host_record){
		.header = { .type = GW_RECORD_HOST, .size = sizeof(w->host) },
		.layout_version = GW_LAYOUT_VERSION,
		.mmap_lock_offset = 0x70,
		.attached_ns = 1 * SECOND,
		.unplug_srcu = 0xffffffffc0abc000ULL,
		.release = "6.1.0-test",
		.boot_id = "11111111-2222-3333-4444-555555555555",
		.machine = "x86_64",
	};
	w->now_ns = 100 * SECOND;
	w->next_address = 0xffff888000100000ULL;
	assert_int_equal(gw_analysis_new(&w->analysis, &policy), 0);
	return w;
}

static inline struct world *world_new(void)
{
	return world_with_policy(GW_POLICY_DEFAULT);
}

static inline void world_free(struct world *w)
{
	for (size_t i = 0; i < w->n_records; i++)
		free(w->records[i]);
	gw_analysis_free(w->analysis);
	free(w);
}

static inline uint64_t new_address(struct world *w)
{
	return w->next_address += 0x1000;
}

static inline void *new_record(struct world *w, enum gw_record_type type, size_t size)
{
	struct gw_record *record = calloc(1, size);

	assert_non_null(record);
	assert_true(w->n_records < RECORDS_MAX);
	record->type = type;
	record->size = (uint32_t)size;
	w->records[w->n_records++] = record;
	return record;
}

static inline void remove_record(struct world *w, const void *record)
{
	for (size_t i = 0; i < w->n_records; i++) {
		if (w->records[i] == record) {
			free(w->records[i]);
			w->records[i] = NULL;
			return;
		}
	}
	fail_msg("no such record");
}

/* A module that was found to drive a GPU; "" = none was found. */
static inline void gpu_module(struct world *w, const char *name)
{
	struct gw_module_record *module = new_record(w, GW_RECORD_MODULE, sizeof(*module));

	module->flags = name[0] ? GW_MODULE_F_GPU : 0;
	snprintf(module->name, sizeof(module->name), "%s", name);
}

/* ---- functions and stacks ---------------------------------------------------------- */

/* The address of a function; "name" or "name [module]". */
static inline uint64_t function(struct world *w, const char *name)
{
	size_t i;

	for (i = 0; i < w->n_names && strcmp(w->names[i], name) != 0; i++)
		;
	if (i == w->n_names) {
		assert_true(i < NAMES_MAX);
		snprintf(w->names[w->n_names++], sizeof(w->names[0]), "%s", name);
	}
	return FUNCTION_BASE + i * 0x100 + 0x10;
}

/* The stack of a task, innermost first, in one string: "schedule do_nanosleep do_syscall_64 ...". */
static inline void stack(struct world *w, struct gw_task_record *task, const char *frames)
{
	char copy[1024], *rest = copy, *frame;

	snprintf(copy, sizeof(copy), "%s", frames);
	task->stack_depth = 0;
	while ((frame = strsep(&rest, " "))) {
		char name[120];
		char *colon = strchr(frame, ':'); /* module:function */

		assert_true(task->stack_depth < GW_STACK_DEPTH);
		if (colon)
			snprintf(name, sizeof(name), "%s [%.*s]", colon + 1, (int)(colon - frame), frame);
		else
			snprintf(name, sizeof(name), "%s", frame);
		task->stack[task->stack_depth++] = function(w, name);
	}
}

/* ---- tasks ------------------------------------------------------------------------- */

/* Sleeping uninterruptibly, on nothing that is tracked. */
static inline struct gw_task_record *task_with_flags(struct world *w, uint32_t pid, const char *comm, uint32_t flags)
{
	struct gw_task_record *task = new_record(w, GW_RECORD_TASK, sizeof(*task));

	task->address = new_address(w);
	task->start_ns = pid * MS;
	task->pid = pid;
	task->tgid = pid;
	task->state = 2;
	task->flags = flags;
	task->switches = 10;
	task->last_ran_ns = w->now_ns;
	task->user_syscall = ~0ULL;
	snprintf(task->comm, sizeof(task->comm), "%s", comm);
	return task;
}

static inline struct gw_task_record *kthread(struct world *w, uint32_t pid, const char *comm)
{
	return task_with_flags(w, pid, comm, GW_TASK_F_KTHREAD);
}

static inline struct gw_task_record *user_task(struct world *w, uint32_t pid, const char *comm)
{
	struct gw_task_record *task = task_with_flags(w, pid, comm, 0);

	task->mm = new_address(w);
	return task;
}

/* A worker that executes @work, with @name as its function, on @workqueue. */
static inline struct gw_task_record *worker(struct world *w, uint32_t pid, uint64_t work, const char *name,
					    uint64_t workqueue)
{
	struct gw_task_record *task = task_with_flags(w, pid, "kworker/u4:1", GW_TASK_F_KTHREAD | GW_TASK_F_WORKER);

	task->watch.sections.work = work;
	task->watch.sections.work_function = function(w, name);
	task->watch.sections.work_since_ns = w->now_ns;
	task->watch.sections.workqueue = workqueue;
	task->watch.sections.work_pwq = workqueue + 0x100;
	return task;
}

static inline void runs(struct gw_task_record *task)
{
	task->state = 0;
	task->flags |= GW_TASK_F_ON_CPU;
}

/* Not blocked, not of interest: only its existence is known. */
static inline struct gw_present_record *present(struct world *w, uint32_t pid, const char *comm)
{
	struct gw_present_record *task = new_record(w, GW_RECORD_PRESENT, sizeof(*task));

	task->address = new_address(w);
	task->start_ns = pid * MS;
	task->pid = pid;
	task->tgid = pid;
	task->state = 1;
	snprintf(task->comm, sizeof(task->comm), "%s", comm);
	return task;
}

/* ---- fences -------------------------------------------------------------------------- */

static inline struct gw_timeline_record *timeline(struct world *w, const char *name)
{
	struct gw_timeline_record *record = new_record(w, GW_RECORD_TIMELINE, sizeof(*record));

	record->timeline.context = 40 + w->n_records;
	record->timeline.seqno = 6;
	snprintf(record->name, sizeof(record->name), "%s", name);
	snprintf(record->driver, sizeof(record->driver), "gpulab");
	return record;
}

static inline struct gw_signaller *next_signaller(struct gw_timeline_record *record)
{
	size_t i = 0;

	while (record->timeline.signallers[i].kind != GW_SIGNALLER_NONE)
		i++;
	assert_true(i < GW_SIGNALLERS);
	if (i)
		record->timeline.changes++;
	return &record->timeline.signallers[i];
}

static inline void signalled_by(struct gw_timeline_record *record, const struct gw_task_record *task, uint64_t count)
{
	struct gw_signaller *signaller = next_signaller(record);

	*signaller = (struct gw_signaller){
		.kind = GW_SIGNALLER_TASK,
		.task = task->address,
		.start_ns = task->start_ns,
		.pid = task->pid,
		.count = count,
		.flags = task->flags & GW_TASK_F_KTHREAD ? PF_KTHREAD : 0,
	};
	memcpy(signaller->comm, task->comm, sizeof(signaller->comm));
}

static inline void signalled_by_work(struct world *w, struct gw_timeline_record *record, uint64_t work,
				     const char *name, uint64_t count)
{
	*next_signaller(record) = (struct gw_signaller){
		.kind = GW_SIGNALLER_WORK,
		.work = work,
		.function = function(w, name),
		.count = count,
	};
}

static inline void signalled_by_interrupt(struct gw_timeline_record *record, enum gw_signaller_kind kind)
{
	*next_signaller(record) = (struct gw_signaller){ .kind = kind, .count = 1000 };
}

static inline struct gw_timeline_record *timeline_by(struct world *w, const char *name,
						     const struct gw_task_record *signaller)
{
	struct gw_timeline_record *record = timeline(w, name);

	signalled_by(record, signaller, 100);
	return record;
}

static inline struct gw_fence_record *fence(struct world *w, const struct gw_timeline_record *ring, uint64_t seqno)
{
	struct gw_fence_record *record = new_record(w, GW_RECORD_FENCE, sizeof(*record));

	record->address = new_address(w);
	record->context = ring->timeline.context;
	record->seqno = seqno;
	memcpy(record->driver, ring->driver, sizeof(record->driver));
	memcpy(record->timeline, ring->name, sizeof(record->timeline));
	return record;
}

/* A fence with members: of @kind, in a context of its own. */
static inline struct gw_fence_record *fence_of(struct world *w, enum gw_fence_kind kind,
					       const struct gw_fence_record *a, const struct gw_fence_record *b)
{
	struct gw_fence_record *record = new_record(w, GW_RECORD_FENCE, sizeof(*record));

	record->address = new_address(w);
	record->context = 1000 + w->n_records;
	record->seqno = 1;
	record->kind = kind;
	if (a)
		record->members[record->member_count++] = a->address;
	if (b)
		record->members[record->member_count++] = b->address;
	return record;
}

/* ---- page faults of devices -------------------------------------------------------------- */

/* @task handles one: of the device at that address, which is the only one of its driver. */
static inline struct gw_fault_record *handles_fault(struct world *w, const struct gw_task_record *task, uint64_t device,
						    const char *driver)
{
	struct gw_fault_record *record = new_record(w, GW_RECORD_FAULT, sizeof(*record));

	record->task = task->address;
	record->since_ns = w->now_ns;
	record->device.device = device;
	record->pasid = 7;
	record->source = GW_FAULT_FROM_IOPF;
	record->flags = GW_FAULT_F_SOLE;
	snprintf(record->device.name, sizeof(record->device.name), "0000:03:00.0");
	snprintf(record->device.driver, sizeof(record->device.driver), "%s", driver);
	snprintf(record->module, sizeof(record->module), "%s", driver);
	return record;
}

/* The device that a scheduler's jobs run on. */
static inline void scheduler_of(struct world *w, struct gw_fence_record *finished, uint64_t device)
{
	struct gw_device_record *record = new_record(w, GW_RECORD_DEVICE, sizeof(*record));

	finished->scheduler = new_address(w);
	record->device.address = finished->scheduler;
	record->device.device = device;
	record->device.kind = GW_DEVICE_SCHEDULER;
}

/* The finished fence of a job that is on the hardware, where @hardware is its fence. */
static inline struct gw_fence_record *finished_fence(struct world *w, uint64_t scheduler,
						     const struct gw_fence_record *hardware)
{
	struct gw_fence_record *record = fence_of(w, GW_FENCE_SCHED_FINISHED, hardware, NULL);

	record->scheduler = scheduler;
	snprintf(record->driver, sizeof(record->driver), "drm_sched");
	snprintf(record->timeline, sizeof(record->timeline), "gfx");
	return record;
}

/* The timeout handler of a scheduler: its timer runs. */
static inline struct gw_reset_record *timeout_handler(struct world *w, uint64_t scheduler)
{
	struct gw_reset_record *record = new_record(w, GW_RECORD_RESET, sizeof(*record));

	record->scheduler = scheduler;
	record->work = scheduler + 0x40;
	record->timeout_ns = 20 * SECOND;
	record->expires_ns = w->now_ns + 20 * SECOND;
	record->place = GW_WORK_DELAYED;
	record->jobs = 1;
	snprintf(record->name, sizeof(record->name), "gfx");
	return record;
}

/* ---- waits ------------------------------------------------------------------------------ */

static inline struct gw_wait *waits(struct world *w, struct gw_task_record *task, enum gw_wait_kind kind,
				    uint64_t object)
{
	struct gw_wait *wait = &task->watch.waits[task->watch.depth++];

	assert_true(task->watch.depth <= GW_WAIT_DEPTH);
	w->now_ns += 10 * MS;
	*wait = (struct gw_wait){ .kind = kind, .object = object, .since_ns = w->now_ns };
	task->state = 2;
	return wait;
}

static inline struct gw_wait *waits_for_fence(struct world *w, struct gw_task_record *task,
					      const struct gw_fence_record *f)
{
	struct gw_wait *wait = waits(w, task, GW_WAIT_FENCE, f->address);

	wait->context = f->context;
	wait->seqno = f->seqno;
	return wait;
}

/* For one of two fences. */
static inline struct gw_wait *waits_for_any(struct world *w, struct gw_task_record *task,
					    const struct gw_fence_record *a, const struct gw_fence_record *b)
{
	struct gw_fence_record *array = fence_of(w, GW_FENCE_ARRAY, a, b);
	struct gw_wait *wait = waits(w, task, GW_WAIT_FENCE_ANY, array->address);

	array->context = array->seqno = 0;
	array->flags = GW_FENCE_F_ANY;
	wait->count = 2;
	return wait;
}

/* What of the process's own sends @task a signal. */
static inline struct gw_alarm_record *alarm_of(struct world *w, const struct gw_task_record *task, uint32_t flags)
{
	struct gw_alarm_record *record = new_record(w, GW_RECORD_ALARM, sizeof(*record));

	record->task = task->address;
	record->flags = flags;
	return record;
}

static inline void waits_no_more(struct gw_task_record *task)
{
	memset(task->watch.waits, 0, sizeof(task->watch.waits));
	task->watch.depth = 0;
}

static inline struct gw_lock_record *lock_of(struct world *w, enum gw_lock_kind kind,
					     const struct gw_task_record *owner)
{
	struct gw_lock_record *record = new_record(w, GW_RECORD_LOCK, sizeof(*record));

	record->address = new_address(w) + 0x70;
	record->kind = kind;
	if (owner) {
		record->owner = owner->address;
		record->owner_pid = owner->pid;
		record->owner_kind = GW_OWNER_EXCLUSIVE;
	}
	return record;
}

/* @task is the last of so many that took it for reading. */
static inline void read_held_by(struct gw_lock_record *record, const struct gw_task_record *task, uint32_t readers)
{
	record->owner = task->address;
	record->owner_pid = task->pid;
	record->owner_kind = GW_OWNER_READER_HINT;
	record->readers = readers;
}

/* The mmap_lock of an mm. */
static inline struct gw_lock_record *mmap_lock_of(struct world *w, uint64_t mm)
{
	struct gw_lock_record *record = lock_of(w, GW_LOCK_RWSEM, NULL);

	record->address = mm + w->host.mmap_lock_offset;
	return record;
}

static inline struct gw_wait *waits_for_lock(struct world *w, struct gw_task_record *task,
					     const struct gw_lock_record *l, uint32_t flags)
{
	struct gw_wait *wait = waits(w, task, GW_WAIT_LOCK, l->address);

	wait->flags = flags;
	return wait;
}

static inline struct gw_wait *flushes(struct world *w, struct gw_task_record *task, uint64_t work, const char *name)
{
	struct gw_wait *wait = waits(w, task, GW_WAIT_WORK, work);

	wait->context = function(w, name);
	return wait;
}

/* @work is held back by max_active; @active items run. */
static inline struct gw_work_record *queued_inactive(struct world *w, uint64_t work, const char *name,
						     uint64_t workqueue, uint32_t active)
{
	struct gw_work_record *record = new_record(w, GW_RECORD_WORK, sizeof(*record));

	record->work = work;
	record->function = function(w, name);
	record->workqueue = workqueue;
	record->pwq = workqueue + 0x100;
	record->place = GW_WORK_INACTIVE;
	record->nr_active = active;
	record->max_active = active;
	snprintf(record->name, sizeof(record->name), "gpulab-ord");
	return record;
}

/* The item that this worker executes. */
static inline struct gw_work_record *executed(struct world *w, const struct gw_task_record *worker, const char *name)
{
	const struct gw_sections *sections = &worker->watch.sections;
	struct gw_work_record *record = queued_inactive(w, sections->work, name, sections->workqueue, 1);

	record->place = GW_WORK_EXECUTING;
	record->worker = worker->address;
	return record;
}

/* ---- looking -------------------------------------------------------------------------------- */

struct bytes {
	char *data;
	size_t size, allocated;
};

static inline void put(struct bytes *bytes, const void *record, size_t size)
{
	if (bytes->size + size > bytes->allocated) {
		bytes->allocated = (bytes->size + size) * 2;
		bytes->data = realloc(bytes->data, bytes->allocated);
		assert_non_null(bytes->data);
	}
	memcpy(bytes->data + bytes->size, record, size);
	bytes->size += size;
}

static inline void put_task(struct bytes *bytes, struct gw_task_record *task)
{
	task->header.size =
		(uint32_t)(offsetof(struct gw_task_record, stack) + task->stack_depth * sizeof(task->stack[0]));
	put(bytes, task, task->header.size);
}

static inline void put_symbol(struct bytes *bytes, const struct world *w, size_t i)
{
	struct gw_symbol_record symbol = {
		.header = { .type = GW_RECORD_SYMBOL, .size = sizeof(symbol) },
		.address = FUNCTION_BASE + i * 0x100 + 0x10,
		.offset = 0x10,
	};
	const char *bracket = strstr(w->names[i], " [");

	if (bracket) {
		snprintf(symbol.name, sizeof(symbol.name), "%.*s", (int)(bracket - w->names[i]), w->names[i]);
		snprintf(symbol.module, sizeof(symbol.module), "%.*s", (int)strlen(bracket + 2) - 1, bracket + 2);
	} else {
		snprintf(symbol.name, sizeof(symbol.name), "%s", w->names[i]);
	}
	put(bytes, &symbol, sizeof(symbol));
}

/* The records of one snapshot of the world as it is, host record not included. */
static inline struct bytes snapshot_bytes(struct world *w)
{
	struct gw_snapshot_record head = {
		.header = { .type = GW_RECORD_SNAPSHOT, .size = sizeof(head) },
		.sequence = w->sequence++,
		.mono_ns = w->now_ns,
		.real_ns = 1700000000 * SECOND + w->now_ns,
		.incomplete = w->incomplete,
		.full = w->blocked_only ? GW_SLEEPERS_NONE : GW_SLEEPERS_IN_MODULES,
	};
	struct bytes bytes = { .data = NULL };

	put(&bytes, &head, sizeof(head));
	for (size_t i = 0; i < w->n_records; i++) {
		if (w->records[i] && w->records[i]->type == GW_RECORD_TASK)
			put_task(&bytes, (struct gw_task_record *)w->records[i]);
		else if (w->records[i])
			put(&bytes, w->records[i], w->records[i]->size);
	}
	for (size_t i = 0; i < w->n_names; i++)
		put_symbol(&bytes, w, i);
	return bytes;
}

/* A seed for tests/fuzz: the snapshot twice, as a stream. */
static inline void save_for_fuzzing(const struct world *w, const struct bytes *records, const char *directory)
{
	static unsigned int number;
	char path[4096];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%d-%u", directory, (int)getpid(), number++);
	file = fopen(path, "w");
	assert_non_null(file);
	fputc('S', file);
	fwrite(&w->host, sizeof(w->host), 1, file);
	fwrite(records->data, records->size, 1, file);
	fwrite(records->data, records->size, 1, file);
	fclose(file);
}

static inline struct gw_snapshot *snapshot_of(struct world *w)
{
	struct bytes stream = { .data = NULL }, records = snapshot_bytes(w);
	struct gw_snapshot **snapshots, *snapshot;
	size_t count;

	put(&stream, &w->host, sizeof(w->host));
	put(&stream, records.data, records.size);
	if (getenv("GPUWATCH_CORPUS"))
		save_for_fuzzing(w, &records, getenv("GPUWATCH_CORPUS"));
	assert_int_equal(gw_stream_parse(stream.data, stream.size, false, &snapshots, &count, NULL), GW_PARSE_OK);
	assert_int_equal(count, 1);
	snapshot = snapshots[0];
	free(snapshots);
	free(stream.data);
	free(records.data);
	return snapshot;
}

/* For tests/unit/check-schema, which holds every report of every test against the schema. */
static inline void append_to_file(const struct world *w, const struct gw_report *report, const char *path)
{
	json_t *json = gw_report_json(report, w->host.boot_id, w->host.release);
	FILE *file = fopen(path, "a");

	assert_non_null(json);
	assert_non_null(file);
	json_dumpf(json, file, JSON_COMPACT);
	fputc('\n', file);
	fclose(file);
	json_decref(json);
}

static inline void count_change(const struct gw_report *report, void *userdata)
{
	struct world *w = userdata;

	if (getenv("GPUWATCH_REPORTS"))
		append_to_file(w, report, getenv("GPUWATCH_REPORTS"));
	assert_non_null(report->summary);
	assert_true(report->id[0]);
	w->n_changes++;
}

/* Lets a second pass and looks, so many times. */
static inline void look(struct world *w, unsigned int times)
{
	while (times--) {
		w->now_ns += SECOND;
		assert_int_equal(gw_analysis_step(w->analysis, snapshot_of(w), count_change, w), 0);
	}
}

/* ---- what was said ---------------------------------------------------------------------------- */

static inline size_t count_reports(const struct world *w, enum gw_kind kind, enum gw_state state)
{
	const struct gw_report *const *reports;
	size_t n = gw_analysis_reports(w->analysis, &reports), count = 0;

	for (size_t i = 0; i < n; i++)
		count += reports[i]->kind == kind && reports[i]->state == state;
	return count;
}

static inline const struct gw_report *nth_report(const struct world *w, enum gw_kind kind, enum gw_state state,
						 size_t at)
{
	const struct gw_report *const *reports;
	size_t n = gw_analysis_reports(w->analysis, &reports);

	for (size_t i = 0; i < n; i++)
		if (reports[i]->kind == kind && reports[i]->state == state && at-- == 0)
			return reports[i];
	fail_msg("no such report");
	return NULL;
}

static inline const struct gw_report *the_report(const struct world *w, enum gw_kind kind)
{
	assert_int_equal(count_reports(w, kind, GW_STATE_ACTIVE), 1);
	return nth_report(w, kind, GW_STATE_ACTIVE, 0);
}

static inline const json_t *find_node(const struct gw_report *report, const char *id)
{
	const json_t *node;
	size_t i;

	json_array_foreach(report->nodes, i, node)
		if (strcmp(json_string_value(json_object_get(node, "id")), id) == 0)
			return node;
	return NULL;
}

/* The pids of the tasks among node ids, in order: "101 102". */
static inline void pids_of(const struct gw_report *report, const json_t *ids, char *text, size_t size)
{
	const json_t *id, *node;
	size_t i, length = 0;

	text[0] = '\0';
	json_array_foreach(ids, i, id) {
		node = find_node(report, json_string_value(id));
		assert_non_null(node);
		if (strcmp(json_string_value(json_object_get(node, "type")), "task") == 0)
			length += (size_t)snprintf(text + length, size - length, "%s%d", length ? " " : "",
						   (int)json_integer_value(json_object_get(node, "pid")));
	}
}

/* The types along the cycle: "task fence timeline task lock". */
static inline void types_of(const struct gw_report *report, char *text, size_t size)
{
	const json_t *id;
	size_t i, length = 0;

	text[0] = '\0';
	json_array_foreach(report->cycle, i, id)
		length += (size_t)snprintf(
			text + length, size - length, "%s%s", length ? " " : "",
			json_string_value(json_object_get(find_node(report, json_string_value(id)), "type")));
}

static inline void assert_report(const struct gw_report *report, enum gw_class class, enum gw_confidence confidence,
				 const char *cycle, const char *victims)
{
	char text[4096];

	assert_string_equal(gw_class_name(report->class), gw_class_name(class));
	assert_string_equal(gw_confidence_name(report->confidence), gw_confidence_name(confidence));
	pids_of(report, report->cycle, text, sizeof(text));
	assert_string_equal(text, cycle);
	pids_of(report, report->victims, text, sizeof(text));
	assert_string_equal(text, victims);
}

/* There is one deadlock, and it is this one: the pids of its cycle's tasks from the root on, and of its victims. */
static inline void assert_deadlock(const struct world *w, enum gw_class class, enum gw_confidence confidence,
				   const char *cycle, const char *victims)
{
	assert_report(the_report(w, GW_KIND_DEADLOCK), class, confidence, cycle, victims);
}

static inline void assert_silent(const struct world *w)
{
	const struct gw_report *const *reports;
	size_t n = gw_analysis_reports(w->analysis, &reports);

	for (size_t i = 0; i < n; i++)
		print_error("unexpected %s: %s\n", gw_class_name(reports[i]->class), reports[i]->summary);
	assert_int_equal(n, 0);
}

static inline void assert_no_deadlock(const struct world *w)
{
	assert_int_equal(count_reports(w, GW_KIND_DEADLOCK, GW_STATE_ACTIVE), 0);
	assert_int_equal(count_reports(w, GW_KIND_DEADLOCK, GW_STATE_RESOLVED), 0);
}

/* The classic: holder waits for a fence under a lock that its signaller waits for. */
struct classic {
	struct gw_task_record *holder, *signaller;
	struct gw_lock_record *lock;
	struct gw_timeline_record *ring;
	struct gw_fence_record *fence;
};

static inline struct classic classic(struct world *w, uint32_t pid)
{
	struct classic c;

	c.holder = kthread(w, pid, "holder");
	c.signaller = kthread(w, pid + 1, "signaller");
	c.lock = lock_of(w, GW_LOCK_MUTEX, c.holder);
	c.ring = timeline_by(w, "gfx", c.signaller);
	c.fence = fence(w, c.ring, 7);
	waits_for_fence(w, c.holder, c.fence);
	waits_for_lock(w, c.signaller, c.lock, GW_LOCK_F_MUTEX);
	return c;
}

/* Of the one active deadlock. */
static inline void assert_types(const struct world *w, const char *expected)
{
	char types[1024];

	types_of(the_report(w, GW_KIND_DEADLOCK), types, sizeof(types));
	assert_string_equal(types, expected);
}

#endif
