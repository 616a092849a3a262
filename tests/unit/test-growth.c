/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Twice the input takes about twice the work, not four times: counted operations, on shapes that a file or a machine can have. */
#include "build-snapshot.h"

#include "lib/analysis/analysis.h"
#include "lib/analysis/record/recording.h"
#include "lib/analysis/words/waits.h"
#include "lib/boot/boot.h"
#include "lib/boot/evidence/log-text.h"
#include "lib/picture/picture.h"
#include "operations.h"

#define COUNT 1500
#define FACTOR_MOST 3.0 /* of the operations for twice as much; 4 is quadratic */

/* All of them wait for one mutex. */
static void build_queue(struct world *w, uint32_t count)
{
	struct gw_task_record *owner = kthread(w, 1, "owner");
	struct gw_lock_record *lock = lock_of(w, GW_LOCK_MUTEX, owner);

	waits_for_fence(w, owner, fence(w, timeline(w, "gfx"), 7));
	for (uint32_t i = 0; i < count; i++)
		waits_for_lock(w, user_task(w, 10 + i, "victim"), lock, 0);
}

/* Each waits for a mutex that the next one has. */
static void build_chain(struct world *w, uint32_t count)
{
	struct gw_task_record *next = user_task(w, 1, "end");

	for (uint32_t i = 0; i < count; i++) {
		struct gw_task_record *task = user_task(w, 10 + i, "link");

		waits_for_lock(w, task, lock_of(w, GW_LOCK_MUTEX, next), 0);
		next = task;
	}
}

/* All of them wait for fences of one timeline, which two threads signal. */
static void build_timeline(struct world *w, uint32_t count)
{
	struct gw_task_record *signaller = kthread(w, 1, "signaller");
	struct gw_timeline_record *ring = timeline_by(w, "gfx", signaller);

	for (uint32_t i = 0; i < count; i++)
		waits_for_fence(w, user_task(w, 10 + i, "waiter"), fence(w, ring, 100 + i));
}

static uint64_t operations_of_waits(void (*build)(struct world *w, uint32_t count), uint32_t count)
{
	struct world *w = world_new();
	struct gw_snapshot *snapshot;
	uint64_t before;
	json_t *json;

	build(w, count);
	snapshot = snapshot_of(w);
	before = operations();
	json = gw_waits_json(snapshot, GW_WAITS_TRACKED, 0);
	before = operations() - before;
	assert_non_null(json);
	assert_true(json_array_size(json_object_get(json, "waits")) >= count);
	json_decref(json);
	gw_snapshot_free(snapshot);
	world_free(w);
	return before;
}

static void check_waits(void (*build)(struct world *w, uint32_t count))
{
	uint64_t once = operations_of_waits(build, COUNT), twice = operations_of_waits(build, 2 * COUNT);

	if ((double)twice > FACTOR_MOST * (double)once)
		fail_msg("%llu operations for %d waits, %llu for twice as many", (unsigned long long)once, COUNT,
			 (unsigned long long)twice);
}

/* Each waits for a mutex that the next one has, the last one for one that the first one has; nothing of it is a GPU's. */
static void build_loop(struct world *w, uint32_t count)
{
	struct gw_task_record *first = user_task(w, 1, "first"), *next = first;

	for (uint32_t i = 0; i < count; i++) {
		struct gw_task_record *task = user_task(w, 10 + i, "link");

		waits_for_lock(w, task, lock_of(w, GW_LOCK_MUTEX, next), 0);
		next = task;
	}
	waits_for_lock(w, first, lock_of(w, GW_LOCK_MUTEX, next), 0);
}

/* All of them wait behind two that wait for each other. */
static void build_behind_a_loop(struct world *w, uint32_t count)
{
	struct gw_task_record *a = user_task(w, 1, "a"), *b = user_task(w, 2, "b");
	struct gw_lock_record *of_a = lock_of(w, GW_LOCK_MUTEX, a), *of_b = lock_of(w, GW_LOCK_MUTEX, b);

	waits_for_lock(w, a, of_b, 0);
	waits_for_lock(w, b, of_a, 0);
	for (uint32_t i = 0; i < count; i++)
		waits_for_lock(w, user_task(w, 10 + i, "victim"), of_a, 0);
}

/* Each of another code path. */
static void build_hazards(struct world *w, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		struct gw_hazard_record *record = new_record(w, GW_RECORD_HAZARD, sizeof(*record));

		record->hazard = (struct gw_hazard){
			.rule = GW_HAZARD_FENCE_WAIT,
			.count = 1,
			.section_ip = 0xffffffffc0000000 + i * 0x100,
			.stack_depth = 1,
			.stack = { 0xffffffffc0000010 + i * 0x100 },
		};
	}
}

/* ---- what only stacks and modules show ------------------------------------------------------- */

/* A function of a module of its own. */
static uint64_t function_of_module(struct world *w, uint32_t i)
{
	struct gw_symbol_record *record = new_record(w, GW_RECORD_SYMBOL, sizeof(*record));

	record->address = 0xffffffffc1000010 + i * 0x100;
	record->offset = 0x10;
	snprintf(record->module, sizeof(record->module), "module%u", i);
	snprintf(record->name, sizeof(record->name), "function");
	return record->address;
}

/* All of them remove files of sysfs that nobody is in. */
static void build_removers(struct world *w, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++)
		stack(w, kthread(w, 10 + i, "remover"), "schedule kernfs_drain kernfs_remove");
}

/* The same of one module, and as many are in files of another one. */
static void build_removers_of_another_module(struct world *w, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		stack(w, kthread(w, 10 + i, "remover"), "schedule kernfs_drain kernfs_remove a:a_fini");
		stack(w, user_task(w, 100000 + i, "reader"), "schedule b:b_show sysfs_kf_seq_show vfs_read");
	}
}

/* Each changes a VMA of its own process. */
static void build_writers_of_vmas(struct world *w, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++)
		stack(w, user_task(w, 10 + i, "writer"), "schedule __vma_start_write mprotect_fixup");
}

/* Nobody migrates any. */
static void build_pages(struct world *w, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++)
		waits(w, user_task(w, 10 + i, "waiter"), GW_WAIT_PAGE, new_address(w));
}

/* Each left by the same worker, and wanted by a module of its own. */
static void build_left_locks(struct world *w, uint32_t count)
{
	struct gw_task_record *owner = worker(w, 1, 0, "", 0);

	stack(w, owner, "schedule worker_thread kthread");
	owner->state = TASK_UNINTERRUPTIBLE | TASK_NOLOAD;
	for (uint32_t i = 0; i < count; i++) {
		struct gw_task_record *task = user_task(w, 10 + i, "waiter");

		task->stack[task->stack_depth++] = function_of_module(w, i);
		waits_for_lock(w, task, lock_of(w, GW_LOCK_MUTEX, owner), 0);
	}
}

/* All wanted by one module, whose timers have been armed since. */
static void build_left_locks_of_one_module(struct world *w, uint32_t count)
{
	struct gw_task_record *owner = worker(w, 1, 0, "", 0);

	stack(w, owner, "schedule worker_thread kthread");
	owner->state = TASK_UNINTERRUPTIBLE | TASK_NOLOAD;
	for (uint32_t i = 0; i < count; i++) {
		struct gw_task_record *task = user_task(w, 10 + i, "waiter");

		stack(w, task, "a:a_ioctl");
		waits_for_lock(w, task, lock_of(w, GW_LOCK_MUTEX, owner), 0);
	}
}

static void add_timers(struct world *w, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		struct gw_timer_record *timer = new_record(w, GW_RECORD_TIMER, sizeof(*timer));

		timer->timer = new_address(w);
		timer->function = function(w, "a_timer [a]");
		timer->expires = 1000 + w->sequence;
	}
}

/* A machine with as many delayed items, and one with as many modules. */
static void build_delayed_items(struct world *w, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		struct gw_timer_record *timer = new_record(w, GW_RECORD_TIMER, sizeof(*timer));

		timer->timer = timer->work = new_address(w);
		timer->function = function(w, "a_work [a]");
	}
}

static void build_modules(struct world *w, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		struct gw_module_record *module = new_record(w, GW_RECORD_MODULE, sizeof(*module));
		struct gw_task_record *task = user_task(w, 10 + i, "waiter");

		module->flags = GW_MODULE_F_GPU;
		snprintf(module->name, sizeof(module->name), "module%u", i);
		task->stack[task->stack_depth++] = function_of_module(w, i);
		waits(w, task, GW_WAIT_PAGE, new_address(w));
	}
}

/* All went the same long way, and each waits to write what the next one reads, with too many others for the lock to name them. */
static void build_read_locks(struct world *w, uint32_t count)
{
	struct gw_task_record *next = user_task(w, 1, "end");

	for (uint32_t i = 0; i < count; i++) {
		struct gw_task_record *task = user_task(w, 10 + i, "writer");
		struct gw_lock_record *lock = lock_of(w, GW_LOCK_RWSEM, NULL);

		stack(w, task, "schedule rwsem_down_write_slowpath a:f a:e a:d a:c a:b a:a_ioctl __x64_sys_ioctl");
		read_held_by(lock, next, 20);
		waits_for_lock(w, task, lock, 0);
		next = task;
	}
}

/* One that is read by two, and wanted by all; each of them is in the same functions as the readers. */
static void build_waiters_of_a_read_lock(struct world *w, uint32_t count)
{
	struct gw_lock_record *lock = lock_of(w, GW_LOCK_RWSEM, NULL);

	for (uint32_t i = 0; i < count; i++) {
		struct gw_task_record *task = user_task(w, 10 + i, "waiter");

		stack(w, task, "schedule rwsem_down_write_slowpath a:f a:e a:d a:c a:b a:a_ioctl __x64_sys_ioctl");
		if (i < 2)
			waits_for_fence(w, task, fence(w, timeline(w, "gfx"), 7));
		else
			waits_for_lock(w, task, lock, 0);
		if (i == 1)
			read_held_by(lock, task, 2);
	}
}

/* Each has one last reader, and all sleep in one module, each of them for a lock of its own. */
static void build_hinted_readers(struct world *w, uint32_t count)
{
	struct gw_task_record *next = user_task(w, 1, "end");

	for (uint32_t i = 0; i < count; i++) {
		struct gw_task_record *task = user_task(w, 10 + i, "writer");
		struct gw_lock_record *lock = lock_of(w, GW_LOCK_RWSEM, NULL);

		stack(w, task, "schedule rwsem_down_write_slowpath a:f a:e a:d a:c a:b a:a_ioctl __x64_sys_ioctl");
		read_held_by(lock, next, 1);
		waits_for_lock(w, task, lock, 0);
		next = task;
	}
}

/* The same of locks that claim to have as many readers as there are tasks. */
static void build_locks_of_many_readers(struct world *w, uint32_t count)
{
	build_hinted_readers(w, count);
	for (size_t i = 0; i < w->n_records; i++)
		if (w->records[i] && w->records[i]->type == GW_RECORD_LOCK)
			((struct gw_lock_record *)w->records[i])->readers = count - 1;
}

/* Each has a timeline of a driver that has no timer, where another module has many. */
static void build_timelines(struct world *w, uint32_t count)
{
	struct gw_task_record *signaller = kthread(w, 1, "signaller");

	waits_for_lock(w, signaller, lock_of(w, GW_LOCK_MUTEX, signaller), 0);
	for (uint32_t i = 0; i < count; i++) {
		struct gw_fence_record *wanted = fence(w, timeline_by(w, "gfx", signaller), 7);

		wanted->ops_driver = function(w, "b_name [b]");
		waits_for_fence(w, user_task(w, 10 + i, "waiter"), wanted);
	}
	add_timers(w, count);
}

/* The same of timelines that a process signals. */
static void build_timelines_of_a_process(struct world *w, uint32_t count)
{
	struct gw_task_record *signaller = user_task(w, 1, "signaller");

	waits_for_lock(w, signaller, lock_of(w, GW_LOCK_MUTEX, signaller), 0);
	for (uint32_t i = 0; i < count; i++)
		waits_for_fence(w, user_task(w, 10 + i, "waiter"), fence(w, timeline_by(w, "gfx", signaller), 7));
}

/* Each handles a page fault of the device. */
static void build_faults(struct world *w, uint32_t count)
{
	struct gw_timeline_record *ring = timeline(w, "gfx");

	for (uint32_t i = 0; i < count; i++) {
		struct gw_task_record *task = kthread(w, 10 + i, "handler");

		handles_fault(w, task, 0xffff888000000040, "a");
		waits_for_fence(w, task, fence(w, ring, 7 + i));
	}
}

/* @later: what comes before the second look, may be NULL. */
static uint64_t operations_of_judging(void (*build)(struct world *w, uint32_t count),
				      void (*later)(struct world *w, uint32_t count), uint32_t count)
{
	struct world *w = world_new();
	struct gw_analysis *analysis;
	uint64_t sum = 0;

	build(w, count);
	assert_int_equal(gw_analysis_new(&analysis, &GW_POLICY_DEFAULT), 0);
	for (int look = 0; look < 2; look++) {
		struct gw_snapshot *snapshot = snapshot_of(w);
		uint64_t before = operations();

		assert_int_equal(gw_analysis_step(analysis, snapshot, NULL, NULL), 0);
		sum += operations() - before;
		w->now_ns += SECOND;
		if (look == 0 && later)
			later(w, count);
	}
	gw_analysis_free(analysis);
	world_free(w);
	return sum;
}

static void check_judging_changes(void (*build)(struct world *w, uint32_t count),
				  void (*later)(struct world *w, uint32_t count), uint32_t count)
{
	uint64_t once = operations_of_judging(build, later, count);
	uint64_t twice = operations_of_judging(build, later, 2 * count);

	if ((double)twice > FACTOR_MOST * (double)once)
		fail_msg("%llu operations for %u, %llu for twice as many", (unsigned long long)once, count,
			 (unsigned long long)twice);
}

static void check_judging(void (*build)(struct world *w, uint32_t count), uint32_t count)
{
	check_judging_changes(build, NULL, count);
}

/* A loop of so many nodes, as a file may have it. */
static json_t *reports_of_a_loop(uint32_t count)
{
	json_t *nodes = json_array(), *edges = json_array(), *cycle = json_array();

	for (uint32_t i = 0; i < count; i++) {
		json_t *id = json_sprintf("task:%u", i), *next = json_sprintf("task:%u", (i + 1) % count);

		assert_int_equal(json_array_append_new(nodes, json_pack("{s:O}", "id", id)), 0);
		assert_int_equal(json_array_append_new(edges, json_pack("{s:O, s:o}", "from", id, "to", next)), 0);
		assert_int_equal(json_array_append_new(cycle, id), 0);
	}
	return json_pack("[{s:o, s:o, s:o}]", "nodes", nodes, "edges", edges, "cycle", cycle);
}

static uint64_t operations_of_pictures(uint32_t count)
{
	json_t *reports = reports_of_a_loop(count);
	FILE *out = fopen("/dev/null", "w");
	uint64_t before = operations();

	assert_non_null(reports);
	assert_non_null(out);
	gw_picture_svg(out, reports, 0);
	gw_picture_html(out, reports, 0);
	gw_picture_dot(out, reports, 0);
	before = operations() - before;
	fclose(out);
	json_decref(reports);
	return before;
}

/* What is drawn has an end: beyond that, more nodes cost what reading them costs. */
static void test_pictures_of_a_loop(void **state)
{
	uint64_t once = operations_of_pictures(4 * COUNT), twice = operations_of_pictures(8 * COUNT);

	if ((double)twice > FACTOR_MOST * (double)once)
		fail_msg("%llu operations for a loop of %d, %llu for one of %d", (unsigned long long)once, 4 * COUNT,
			 (unsigned long long)twice, 8 * COUNT);
}

static void test_judging_a_chain(void **state)
{
	check_judging(build_chain, COUNT);
}

static void test_judging_a_loop(void **state)
{
	check_judging(build_loop, COUNT);
}

static void test_judging_those_behind_a_loop(void **state)
{
	check_judging(build_behind_a_loop, COUNT);
}

static void test_judging_hazards(void **state)
{
	check_judging(build_hazards, 4 * COUNT);
}

static void test_judging_removers(void **state)
{
	check_judging(build_removers, COUNT);
}

static void test_judging_removers_of_another_module(void **state)
{
	check_judging(build_removers_of_another_module, COUNT);
}

static void test_judging_writers_of_vmas(void **state)
{
	check_judging(build_writers_of_vmas, COUNT);
}

static void test_judging_pages(void **state)
{
	check_judging(build_pages, COUNT);
}

static void test_judging_left_locks(void **state)
{
	check_judging(build_left_locks, COUNT);
}

static void test_judging_timelines(void **state)
{
	check_judging(build_timelines, COUNT);
}

static void test_judging_timelines_of_a_process(void **state)
{
	check_judging(build_timelines_of_a_process, COUNT);
}

static void test_judging_faults(void **state)
{
	check_judging(build_faults, COUNT);
}

static void test_judging_delayed_items(void **state)
{
	check_judging(build_delayed_items, COUNT);
}

static void test_judging_modules(void **state)
{
	check_judging(build_modules, COUNT);
}

static void test_judging_read_locks(void **state)
{
	check_judging(build_read_locks, 120);
}

static void test_judging_waiters_of_a_read_lock(void **state)
{
	check_judging(build_waiters_of_a_read_lock, COUNT);
}

static void test_judging_hinted_readers(void **state)
{
	check_judging(build_hinted_readers, COUNT);
}

static void test_judging_locks_of_many_readers(void **state)
{
	check_judging(build_locks_of_many_readers, COUNT);
}

static void test_judging_left_locks_of_one_module(void **state)
{
	check_judging_changes(build_left_locks_of_one_module, add_timers, COUNT);
}

/* ---- logs of boots ----------------------------------------------------------------------------- */

static void log_without_reason(FILE *out, uint32_t i)
{
	fprintf(out, "[ 30.%06u] platform %x.device: deferred probe pending: (reason unknown)\n", i, 0x10000000 + i);
}

/* Its driver gave a reason of its own. */
static void log_reason(FILE *out, uint32_t i)
{
	fprintf(out, "[ 30.%06u] platform %x.device: deferred probe pending: driver: cannot get clock %u\n", i,
		0x10000000 + i, i);
}

/* Each waits for the next one. */
static void log_chain(FILE *out, uint32_t i)
{
	fprintf(out, "[ 30.%06u] platform device.%u: deferred probe pending: supplier device.%u not ready\n", i, i,
		i + 1);
}

/* Of each two, the second one's reason names a part of what the first one waits for. */
static void log_open_circle(FILE *out, uint32_t i)
{
	if (i % 2)
		fprintf(out, "[ 30.%06u] platform %x.part%u: deferred probe pending: driver: cannot get part%u\n", i,
			0x100000 + i / 2, i / 2, i / 2);
	else
		fprintf(out,
			"[ 30.%06u] platform device.%u: deferred probe pending: wait for supplier /soc/part%u@%x\n", i,
			i, i / 2, 0x100000 + i / 2);
}

static uint64_t operations_of_boot(void (*line)(FILE *out, uint32_t i), uint32_t count)
{
	struct gw_boot_evidence *evidence;
	struct gw_depends *depends;
	struct gw_boot *boot;
	uint64_t before;
	char *log = NULL;
	size_t size;
	FILE *out = open_memstream(&log, &size);

	assert_non_null(out);
	fputs("[  0.000000] Linux version 6.12.0-test\n", out);
	for (uint32_t i = 0; i < count; i++)
		line(out, i);
	assert_int_equal(fclose(out), 0);
	assert_int_equal(gw_depends_new(&depends), 0);
	assert_int_equal(gw_boot_evidence_new(&evidence, depends), 0);
	assert_int_equal(gw_boot_evidence_add_log(evidence, log, size, NULL, NULL), 0);
	before = operations();
	assert_int_equal(gw_boot_analyse(&boot, evidence), 0);
	before = operations() - before;
	gw_boot_free(boot);
	gw_boot_evidence_free(evidence);
	gw_depends_free(depends);
	free(log);
	return before;
}

static void check_boot(void (*line)(FILE *out, uint32_t i))
{
	uint64_t once = operations_of_boot(line, 2 * COUNT), twice = operations_of_boot(line, 4 * COUNT);

	if ((double)twice > FACTOR_MOST * (double)once)
		fail_msg("%llu operations for %d devices, %llu for twice as many", (unsigned long long)once, 2 * COUNT,
			 (unsigned long long)twice);
}

static void test_boot_that_waits_without_reason(void **state)
{
	check_boot(log_without_reason);
}

static void test_boot_that_waits_for_reasons(void **state)
{
	check_boot(log_reason);
}

static void test_boot_that_waits_in_a_chain(void **state)
{
	check_boot(log_chain);
}

static void test_boot_with_open_circles(void **state)
{
	check_boot(log_open_circle);
}

/* ---- memory ------------------------------------------------------------------------------------ */

#define TINY_SNAPSHOTS 20000
#define MEMORY_FACTOR_MOST 4

/* Of AddressSanitizer's <sanitizer/allocator_interface.h>, which Debian's gcc comes without. */
size_t __sanitizer_get_current_allocated_bytes(void);
int __sanitizer_install_malloc_and_free_hooks(void (*malloc_hook)(const volatile void *, size_t),
					      void (*free_hook)(const volatile void *));

static size_t allocated_most;

static void note_allocation(const volatile void *pointer, size_t size)
{
	size_t now = __sanitizer_get_current_allocated_bytes();

	allocated_most = now > allocated_most ? now : allocated_most;
}

static void note_free(const volatile void *pointer)
{
}

static struct bytes recording_of_tiny_snapshots(size_t count)
{
	struct world *w = world_new();
	struct gw_recording_writer writer;
	struct gw_recording_header header;
	struct gw_end_record end;
	struct bytes file = { .data = NULL };

	gw_recording_begin(&writer, &header);
	put(&file, &header, sizeof(header));
	put(&file, &w->host, sizeof(w->host));
	assert_int_equal(gw_recording_add(&writer, &w->host, sizeof(w->host)), 0);
	for (size_t i = 0; i < count; i++) {
		struct gw_snapshot_record head = {
			.header = { .type = GW_RECORD_SNAPSHOT, .size = sizeof(head) },
			.sequence = i,
			.mono_ns = SECOND + i * SECOND,
		};

		put(&file, &head, sizeof(head));
		assert_int_equal(gw_recording_add(&writer, &head, sizeof(head)), 0);
	}
	gw_recording_end(&writer, &end);
	put(&file, &end, sizeof(end));
	world_free(w);
	return file;
}

/* As replay does it: one snapshot after the other. */
static void test_memory_of_tiny_snapshots(void **state)
{
	struct bytes file = recording_of_tiny_snapshots(TINY_SNAPSHOTS);
	size_t before = __sanitizer_get_current_allocated_bytes();
	struct gw_analysis *analysis;
	struct gw_stream *stream;

	allocated_most = before;
	assert_true(__sanitizer_install_malloc_and_free_hooks(note_allocation, note_free) > 0);
	assert_int_equal(gw_analysis_new(&analysis, &GW_POLICY_DEFAULT), 0);
	assert_int_equal(gw_recording_open(&stream, file.data, file.size, NULL), GW_PARSE_OK);
	assert_int_equal(gw_stream_count(stream), TINY_SNAPSHOTS);
	for (size_t i = 0; i < gw_stream_count(stream); i++) {
		struct gw_snapshot *snapshot;

		assert_int_equal(gw_stream_snapshot(stream, i, &snapshot), 0);
		assert_int_equal(gw_snapshot_head(snapshot)->sequence, i);
		assert_int_equal(gw_analysis_step(analysis, snapshot, NULL, NULL), 0);
	}
	gw_stream_close(stream);
	gw_analysis_free(analysis);
	if (allocated_most - before > MEMORY_FACTOR_MOST * file.size)
		fail_msg("%zu bytes for a recording of %zu", allocated_most - before, file.size);
	free(file.data);
}

static void test_waits_in_a_queue(void **state)
{
	check_waits(build_queue);
}

static void test_waits_in_a_chain(void **state)
{
	check_waits(build_chain);
}

static void test_waits_for_a_timeline(void **state)
{
	check_waits(build_timeline);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_waits_in_a_queue),
		cmocka_unit_test(test_waits_in_a_chain),
		cmocka_unit_test(test_waits_for_a_timeline),
		cmocka_unit_test(test_pictures_of_a_loop),
		cmocka_unit_test(test_judging_a_chain),
		cmocka_unit_test(test_judging_a_loop),
		cmocka_unit_test(test_judging_those_behind_a_loop),
		cmocka_unit_test(test_judging_hazards),
		cmocka_unit_test(test_judging_removers),
		cmocka_unit_test(test_judging_removers_of_another_module),
		cmocka_unit_test(test_judging_writers_of_vmas),
		cmocka_unit_test(test_judging_pages),
		cmocka_unit_test(test_judging_left_locks),
		cmocka_unit_test(test_judging_read_locks),
		cmocka_unit_test(test_judging_delayed_items),
		cmocka_unit_test(test_judging_modules),
		cmocka_unit_test(test_judging_waiters_of_a_read_lock),
		cmocka_unit_test(test_judging_hinted_readers),
		cmocka_unit_test(test_judging_locks_of_many_readers),
		cmocka_unit_test(test_judging_timelines),
		cmocka_unit_test(test_judging_timelines_of_a_process),
		cmocka_unit_test(test_judging_faults),
		cmocka_unit_test(test_judging_left_locks_of_one_module),
		cmocka_unit_test(test_boot_that_waits_without_reason),
		cmocka_unit_test(test_boot_that_waits_for_reasons),
		cmocka_unit_test(test_boot_that_waits_in_a_chain),
		cmocka_unit_test(test_boot_with_open_circles),
		cmocka_unit_test(test_memory_of_tiny_snapshots),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
