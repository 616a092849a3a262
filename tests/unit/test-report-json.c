/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What leaves the core: reports and views as JSON, and text that is fit for it. */
#include "build-snapshot.h"

#include "lib/analysis/words/timelines.h"
#include "lib/analysis/words/waits.h"
#include "lib/base/json.h"
#include "lib/base/text.h"
#include "lib/report/covered.h"

#define TEST(name) static void name(void **state)
#define MUTEX GW_LOCK_F_MUTEX

static const char *string_at(const json_t *object, const char *key)
{
	const char *value = json_string_value(json_object_get(object, key));

	assert_non_null(value);
	return value;
}

static json_int_t integer_at(const json_t *object, const char *key)
{
	assert_true(json_is_integer(json_object_get(object, key)));
	return json_integer_value(json_object_get(object, key));
}

/* ---- reports ------------------------------------------------------------------------ */

TEST(report_is_the_golden_one)
{
	struct world *w = world_new();
	struct classic c = classic(w, 101);
	json_t *report, *golden = json_load_file("tests/unit/golden-report.json", 0, NULL);

	waits_for_fence(w, kthread(w, 110, "victim"), c.fence);
	stack(w, c.holder, "schedule dma_fence_default_wait dma_fence_wait_timeout gpulab:holder_thread kthread");
	look(w, 2);
	report = gw_report_json(the_report(w, GW_KIND_DEADLOCK), w->host.boot_id, w->host.release);
	assert_non_null(report);
	if (!golden || !json_equal(report, golden))
		json_dumpf(report, stderr, JSON_INDENT(2));
	assert_non_null(golden);
	assert_true(json_equal(report, golden));
	json_decref(report);
	json_decref(golden);
	world_free(w);
}

TEST(name_with_odd_bytes_stays_one_line_of_utf8)
{
	struct world *w = world_new();
	struct classic c = classic(w, 101);
	json_t *report;

	memcpy(c.holder->comm, "a\xff\n\x1b\xc3\xa9\xe2\x82", 9);
	look(w, 2);
	report = gw_report_json(the_report(w, GW_KIND_DEADLOCK), w->host.boot_id, w->host.release);
	assert_non_null(report);
	assert_string_equal(string_at(json_array_get(json_object_get(report, "nodes"), 0), "comm"), "a???\xc3\xa9??");
	assert_non_null(strstr(string_at(report, "summary"), "a???\xc3\xa9?? (pid 101)"));
	json_decref(report);
	world_free(w);
}

TEST(numbers_beyond_a_json_integer_are_its_largest)
{
	json_t *number = gw_json_number(UINT64_MAX);

	assert_true(json_integer_value(number) == INT64_MAX);
	json_decref(number);
}

TEST(addresses_are_strings_of_full_length)
{
	json_t *address = gw_json_address(0xabc);

	assert_string_equal(json_string_value(address), "0x0000000000000abc");
	json_decref(address);
}

TEST(time_is_rfc_3339)
{
	json_t *time = gw_json_time(1700000000123456789ULL);

	assert_string_equal(json_string_value(time), "2023-11-14T22:13:20.123456Z");
	json_decref(time);
}

TEST(ages_read_well)
{
	static const struct {
		uint64_t ns;
		const char *text;
	} ages[] = {
		{ 0, "0 ms" },
		{ 350 * MS, "350 ms" },
		{ 3250 * MS, "3.2 s" },
		{ 99900 * MS, "99.9 s" },
		{ 250 * SECOND, "4 min 10 s" },
		{ 7500 * SECOND, "2 h 5 min" },
		{ 3 * 86400 * SECOND + 4 * 3600 * SECOND, "3 d 4 h" },
	};

	for (size_t i = 0; i < sizeof(ages) / sizeof(ages[0]); i++) {
		struct gw_text text = { .data = NULL };
		char *age;

		gw_text_add_age(&text, ages[i].ns);
		age = gw_text_finish(&text);
		assert_string_equal(age, ages[i].text);
		free(age);
	}
}

TEST(report_without_anything_is_still_an_object_of_the_schema)
{
	struct gw_report empty = { .kind = GW_KIND_HAZARD, .class = GW_CLASS_LONG_WAIT };
	json_t *report = gw_report_json(&empty, NULL, NULL);

	assert_non_null(report);
	assert_string_equal(string_at(report, "kind"), "hazard");
	assert_int_equal(json_array_size(json_object_get(report, "nodes")), 0);
	json_decref(report);
}

/* ---- the words ------------------------------------------------------------------------- */

static void assert_says(const struct world *w, const char *words)
{
	const struct gw_report *report = the_report(w, GW_KIND_DEADLOCK);

	if (!strstr(report->explanation, words) && !strstr(report->summary, words))
		print_error("not said: %s\n%s\n%s\n", words, report->summary, report->explanation);
	assert_true(strstr(report->explanation, words) || strstr(report->summary, words));
	assert_null(strchr(report->summary, '\n'));
}

TEST(explanation_goes_once_round_the_loop)
{
	struct world *w = world_new();

	classic(w, 101);
	look(w, 2);
	assert_says(
		w,
		"holder (pid 101) waits for fence 44:7 (gpulab gfx), to be signalled by signaller (pid 102); signaller (pid 102) waits for mutex 0xffff888000103070, held by holder (pid 101).");
	world_free(w);
}

TEST(weak_evidence_is_named)
{
	struct world *w = world_new();
	struct classic c = classic(w, 101);

	c.ring->inherited = 1;
	look(w, 2);
	assert_says(
		w,
		"Not proven: that signaller (pid 102) signals timeline 44 (gpulab gfx). This is only learned from fences of the driver's other timelines.");
	world_free(w);
}

/* Tasks by themselves, of a crowd by the lock that they wait for; a report of whoever asks by its first waiter. */
TEST(what_a_report_is_about_is_covered_by_it)
{
	json_t *reports =
		json_pack("[{s:s, s:[{s:s}, {s:s}]}]", "id", "d-1", "nodes", "id", "task:101", "id", "lock:0x10");
	json_t *waits = json_pack("{s:[{s:i}, {s:i, s:{s:s}}, {s:i, s:{s:s}}]}", "waits", "pid", 101, "pid", 102,
				  "lock", "id", "lock:0x10", "pid", 103, "lock", "id", "lock:0x20");
	json_t *mine = json_pack("{s:[{s:s}], s:[{s:s}]}", "nodes", "id", "lock:0x10", "edges", "from", "task:101");
	json_t *other = json_pack("{s:[{s:s}], s:[]}", "nodes", "id", "task:103", "edges");
	json_t *covered = gw_covered_nodes(reports), *rows = json_object_get(waits, "waits");

	assert_int_equal(gw_covered_name(covered, waits), 0);
	assert_string_equal(string_at(json_array_get(rows, 0), "report"), "d-1");
	assert_string_equal(string_at(json_array_get(rows, 1), "report"), "d-1");
	assert_null(json_object_get(json_array_get(rows, 2), "report"));
	assert_true(gw_covered_has(covered, mine));
	assert_false(gw_covered_has(covered, other));
	json_decref(reports);
	json_decref(waits);
	json_decref(mine);
	json_decref(other);
	json_decref(covered);
}

TEST(long_loop_is_cut_short)
{
	struct world *w = world_new();
	struct gw_task_record *first = kthread(w, 100, "first"), *task = first;

	for (uint32_t i = 1; i < 9; i++) {
		struct gw_task_record *next = kthread(w, 100 + i, "next");

		waits_for_lock(w, task, lock_of(w, GW_LOCK_MUTEX, next), MUTEX);
		task = next;
	}
	waits_for_fence(w, task, fence(w, timeline_by(w, "gfx", first), 7));
	look(w, 2);
	assert_says(w, "; and so on");
	world_free(w);
}

TEST(static_lock_has_its_name)
{
	struct world *w = world_new();
	struct classic c = classic(w, 101);

	c.lock->address = function(w, "gpulab_mutex [gpulab]");
	c.signaller->watch.waits[0].object = c.lock->address;
	look(w, 2);
	assert_says(w, "mutex gpulab_mutex");
	world_free(w);
}

TEST(node_has_the_phrase_that_the_texts_use)
{
	struct world *w = world_new();
	const struct gw_report *report;
	struct classic c = classic(w, 101);
	json_t *node;
	size_t i;

	c.holder->tgid = 99;
	look(w, 2);
	report = the_report(w, GW_KIND_DEADLOCK);
	assert_int_equal(json_array_size(report->nodes), 5);
	json_array_foreach(report->nodes, i, node)
		if (strcmp(string_at(node, "type"), "timeline") != 0) /* its fence is named in its place */
			assert_says(w, string_at(node, "phrase"));
	assert_string_equal(string_at(json_array_get(report->nodes, 0), "phrase"), "holder (thread 101 of pid 99)");
	world_free(w);
}

/* ---- waits ------------------------------------------------------------------------------ */

static json_t *waits_of_scope(struct world *w, enum gw_waits_scope scope, uint64_t min_age_ns)
{
	struct gw_snapshot *snapshot;
	json_t *json;

	w->now_ns += SECOND;
	snapshot = snapshot_of(w);
	json = gw_waits_json(snapshot, scope, min_age_ns);
	assert_non_null(json);
	assert_string_equal(string_at(json, "schema"), "gpuwatch.waits.v1");
	gw_snapshot_free(snapshot);
	return json;
}

static json_t *waits_json(struct world *w, uint64_t min_age_ns)
{
	return waits_of_scope(w, GW_WAITS_TRACKED, min_age_ns);
}

static void assert_subsystem_of(const json_t *json, uint32_t pid, const char *kind, const char *name)
{
	const json_t *wait;
	size_t i;

	json_array_foreach(json_object_get(json, "waits"), i, wait) {
		if (integer_at(wait, "pid") != pid)
			continue;
		assert_string_equal(string_at(json_object_get(wait, "subsystem"), "kind"), kind);
		assert_string_equal(string_at(json_object_get(wait, "subsystem"), "name"), name);
		return;
	}
	fail_msg("pid %u is not listed", pid);
}

/* Operators ask: the driver or not? */
TEST(every_task_in_d_is_listed_with_whose_fault_it_is)
{
	struct world *w = world_new();
	struct gw_task_record *nfs = user_task(w, 101, "nfs"), *fuse = user_task(w, 102, "fuse");
	struct gw_task_record *disk = user_task(w, 103, "disk"), *behind = user_task(w, 104, "behind");
	struct gw_task_record *gpu = user_task(w, 105, "gpu"), *fault = user_task(w, 106, "fault");
	struct gw_task_record *idle = user_task(w, 107, "idle"), *dark = user_task(w, 108, "dark");
	json_t *json;

	stack(w, nfs, "schedule rpc_wait_bit_killable nfs:nfs_file_open do_syscall_64");
	stack(w, fuse, "schedule request_wait_answer fuse:fuse_lookup do_syscall_64");
	stack(w, disk, "schedule io_schedule rq_qos_wait wbt_wait submit_bio ext4:ext4_readpage do_syscall_64");
	stack(w, behind, "schedule mutex_lock drm_ioctl do_syscall_64");
	waits_for_lock(w, behind, lock_of(w, GW_LOCK_MUTEX, nfs), MUTEX);
	stack(w, gpu, "schedule amdgpu:amdgpu_ring_wait drm_ioctl do_syscall_64");
	stack(w, fault, "schedule folio_wait_bit nfs:nfs_readpage handle_mm_fault amdgpu:amdgpu_cs_ioctl drm_ioctl");
	stack(w, idle, "schedule do_nanosleep do_syscall_64");
	idle->state = TASK_INTERRUPTIBLE;
	json = waits_of_scope(w, GW_WAITS_ALL, 0);
	assert_int_equal(json_array_size(json_object_get(json, "waits")), 7);
	assert_subsystem_of(json, 101, "network-file-system", "nfs");
	assert_subsystem_of(json, 102, "fuse", "fuse");
	assert_subsystem_of(json, 103, "block", "block");
	assert_subsystem_of(json, 104, "network-file-system", "nfs");
	assert_subsystem_of(json, 105, "gpu", "amdgpu");
	assert_subsystem_of(json, 106, "network-file-system", "nfs");
	assert_subsystem_of(json, dark->pid, "unknown", "");
	json_decref(json);
	json = waits_of_scope(w, GW_WAITS_ALL, 30 * SECOND);
	assert_int_equal(json_array_size(json_object_get(json, "waits")), 0);
	json_decref(json);
	json = waits_of_scope(w, GW_WAITS_TRACKED, 0);
	assert_int_equal(json_array_size(json_object_get(json, "waits")), 1);
	json_decref(json);
	world_free(w);
}

TEST(waits_are_listed_longest_first_with_what_they_wait_for)
{
	struct world *w = world_new();
	struct classic c = classic(w, 101);
	json_t *json, *first, *second;

	stack(w, c.holder, "schedule dma_fence_default_wait gpulab:holder_thread kthread");
	json = waits_json(w, 0);
	assert_int_equal(json_array_size(json_object_get(json, "waits")), 2);
	first = json_array_get(json_object_get(json, "waits"), 0);
	second = json_array_get(json_object_get(json, "waits"), 1);
	assert_int_equal(integer_at(first, "pid"), 101);
	assert_string_equal(string_at(first, "kind"), "fence");
	assert_int_equal(integer_at(first, "age_ns"), w->now_ns - c.holder->watch.waits[0].since_ns);
	assert_true(json_is_true(json_object_get(first, "known_since")));
	assert_int_equal(integer_at(json_object_get(first, "fence"), "seqno"), 7);
	assert_string_equal(string_at(json_object_get(first, "fence"), "timeline"), "gfx");
	assert_string_equal(string_at(first, "phrase"), "fence 44:7 (gpulab gfx)");
	assert_string_equal(string_at(second, "kind"), "lock");
	assert_string_equal(string_at(second, "phrase"), "mutex 0xffff888000103070");
	assert_string_equal(string_at(json_object_get(second, "lock"), "lock_type"), "mutex");
	assert_string_equal(string_at(second, "holder"), "holder (pid 101)");
	assert_string_equal(string_at(second, "holder_place"), "holder_thread [gpulab]");
	assert_string_equal(
		string_at(first, "chain"),
		"holder (pid 101) → fence 44:7 (gpulab gfx) → signaller (pid 102) → mutex 0xffff888000103070 → holder (pid 101)");
	json_decref(json);
	world_free(w);
}

TEST(young_waits_completions_and_running_tasks_are_left_out)
{
	struct world *w = world_new();
	struct classic c = classic(w, 101);
	json_t *json;

	waits(w, kthread(w, 103, "completion"), GW_WAIT_COMPLETION, 0x1000);
	runs(c.holder);
	w->now_ns += 5 * SECOND;
	waits_for_fence(w, kthread(w, 104, "young"), c.fence);
	json = waits_json(w, 2 * SECOND);
	assert_int_equal(json_array_size(json_object_get(json, "waits")), 1);
	assert_int_equal(integer_at(json_array_get(json_object_get(json, "waits"), 0), "pid"), 102);
	json_decref(json);
	world_free(w);
}

TEST(wait_known_by_its_stack_has_no_beginning)
{
	struct world *w = world_new();
	struct gw_task_record *task = kthread(w, 101, "early");
	json_t *json, *wait;

	stack(w, task, "schedule dma_fence_wait_timeout gpulab:holder_thread");
	task->last_ran_ns = w->now_ns - 5 * SECOND;
	json = waits_json(w, 0);
	wait = json_array_get(json_object_get(json, "waits"), 0);
	assert_true(json_is_false(json_object_get(wait, "known_since")));
	assert_int_equal(integer_at(wait, "since_mono_ns"), 0);
	assert_int_equal(integer_at(wait, "age_ns"), 6 * SECOND);
	assert_string_equal(string_at(wait, "function"), "dma_fence_wait_timeout");
	assert_string_equal(string_at(wait, "kind"), "fence");
	json_decref(json);
	world_free(w);
}

TEST(poll_is_shown_with_its_fence_and_without_one_not_at_all)
{
	struct world *w = world_new();
	struct gw_timeline_record *ring = timeline(w, "gfx");
	json_t *json;

	waits_for_fence(w, user_task(w, 101, "compositor"), fence(w, ring, 7))->kind = GW_WAIT_POLL;
	waits(w, user_task(w, 102, "idle"), GW_WAIT_POLL, 0);
	json = waits_json(w, 0);
	assert_int_equal(json_array_size(json_object_get(json, "waits")), 1);
	assert_string_equal(string_at(json_array_get(json_object_get(json, "waits"), 0), "kind"), "poll");
	json_decref(json);
	world_free(w);
}

/* ---- timelines ------------------------------------------------------------------------------ */

TEST(timelines_have_rate_signallers_and_waiters)
{
	struct world *w = world_new();
	struct classic c = classic(w, 101);
	struct gw_snapshot *before, *now;
	const json_t *timeline;
	json_t *json;

	timeline_by(w, "idle", c.signaller);
	waits_for_fence(w, kthread(w, 110, "victim"), fence_of(w, GW_FENCE_ARRAY, c.fence, NULL));
	before = snapshot_of(w);
	c.ring->timeline.signallers[0].count += 500;
	w->now_ns += 2 * SECOND;
	now = snapshot_of(w);
	json = gw_timelines_json(now, before);
	assert_string_equal(string_at(json, "schema"), "gpuwatch.timelines.v1");
	assert_int_equal(json_array_size(json_object_get(json, "timelines")), 2);
	timeline = json_array_get(json_object_get(json, "timelines"), 0);
	assert_string_equal(string_at(timeline, "driver"), "gpulab");
	assert_string_equal(string_at(timeline, "timeline"), "gfx");
	assert_int_equal(integer_at(timeline, "signalled"), 600);
	assert_int_equal((int)json_real_value(json_object_get(timeline, "rate_per_s")), 250);
	assert_int_equal(integer_at(timeline, "waiting"), 2);
	assert_string_equal(string_at(json_array_get(json_object_get(timeline, "signallers"), 0), "comm"), "signaller");
	assert_int_equal(integer_at(json_array_get(json_object_get(json, "timelines"), 1), "waiting"), 0);
	json_decref(json);
	json = gw_timelines_json(now, NULL);
	timeline = json_array_get(json_object_get(json, "timelines"), 0);
	assert_true(json_is_null(json_object_get(timeline, "rate_per_s")));
	json_decref(json);
	gw_snapshot_free(before);
	gw_snapshot_free(now);
	world_free(w);
}

#define T(name) cmocka_unit_test(name)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(report_is_the_golden_one),
		T(name_with_odd_bytes_stays_one_line_of_utf8),
		T(numbers_beyond_a_json_integer_are_its_largest),
		T(addresses_are_strings_of_full_length),
		T(time_is_rfc_3339),
		T(ages_read_well),
		T(report_without_anything_is_still_an_object_of_the_schema),
		T(explanation_goes_once_round_the_loop),
		T(weak_evidence_is_named),
		T(what_a_report_is_about_is_covered_by_it),
		T(long_loop_is_cut_short),
		T(static_lock_has_its_name),
		T(node_has_the_phrase_that_the_texts_use),
		T(every_task_in_d_is_listed_with_whose_fault_it_is),
		T(waits_are_listed_longest_first_with_what_they_wait_for),
		T(young_waits_completions_and_running_tasks_are_left_out),
		T(wait_known_by_its_stack_has_no_beginning),
		T(poll_is_shown_with_its_fence_and_without_one_not_at_all),
		T(timelines_have_rate_signallers_and_waiters),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
