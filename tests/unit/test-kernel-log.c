/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What of the kernel log is kept, and which reports cite it. */
#include "build-snapshot.h"
#include "daemon/watch/words.h"

#define TEST(name) static void name(void **state)
#define MUTEX GW_LOCK_F_MUTEX

/* ---- what is kept ---------------------------------------------------------------------- */

/* The records that come of a log; free() them. */
static struct gw_word_record *kept(const char *const *log, size_t lines, size_t *count)
{
	struct gw_words *words;
	void *data = NULL;
	size_t size = 0;

	assert_int_equal(gw_words_new(&words, NULL), 0);
	for (size_t i = 0; i < lines; i++)
		gw_words_add(words, log[i], strlen(log[i]));
	assert_int_equal(gw_words_append(words, &data, &size), 0);
	gw_words_free(words);
	assert_int_equal(size % sizeof(struct gw_word_record), 0);
	*count = size / sizeof(struct gw_word_record);
	return data;
}

static void assert_kept(const char *const *log, size_t lines, uint32_t pid, const char *comm, const char *text)
{
	size_t count;
	struct gw_word_record *words = kept(log, lines, &count);

	assert_int_equal(count, 1);
	assert_int_equal(words[0].pid, pid);
	assert_string_equal(words[0].comm, comm);
	assert_string_equal(words[0].text, text);
	free(words);
}

static void assert_nothing_kept(const char *const *log, size_t lines)
{
	size_t count;

	free(kept(log, lines, &count));
	assert_int_equal(count, 0);
}

#define KEPT(log, pid, comm, text) assert_kept(log, sizeof(log) / sizeof(log[0]), pid, comm, text)
#define NOTHING_KEPT(log) assert_nothing_kept(log, sizeof(log) / sizeof(log[0]))

TEST(oops_has_the_task_that_a_later_line_names)
{
	static const char *const log[] = {
		"1,801,123456789,-;BUG: kernel NULL pointer dereference, address: 0000000000000000",
		"1,802,123456790,-;#PF: supervisor read access in kernel mode",
		"4,803,123456791,-;Oops: 0000 [#1] PREEMPT SMP PTI",
		"4,804,123456792,-;CPU: 3 UID: 0 PID: 812 Comm: Xorg Tainted: G           OE      6.12.9-amd64",
		"4,805,123456793,-;RIP: 0010:__list_add_valid+0x12/0x60",
		"4,806,123456794,-; ? srso_return_thunk+0x5/0x5f [bar]",
		"4,807,123456794,-; foo_submit+0x5/0x50 [foo]",
		"4,808,123456794,-; drm_ioctl_kernel+0x5/0x50 [drm]",
		"6,809,123456795,-;note: Xorg[812] exited with irqs disabled",
	};

	size_t count;
	struct gw_word_record *words = kept(log, sizeof(log) / sizeof(log[0]), &count);

	assert_string_equal(words[0].module, "foo");
	free(words);
	KEPT(log, 812, "Xorg", "BUG: kernel NULL pointer dereference, address: 0000000000000000");
}

TEST(oops_without_a_register_dump_is_named_by_its_end)
{
	static const char *const log[] = {
		"2,801,5000000,-;kernel BUG at drivers/gpu/drm/foo/foo.c:12!",
		"6,805,5000009,-;note: kworker/u8:3[77] exited with preempt_count 1",
	};

	KEPT(log, 77, "kworker/u8:3", "kernel BUG at drivers/gpu/drm/foo/foo.c:12!");
}

/* A warning has such a line, too. */
TEST(line_that_names_a_task_without_an_oops_is_nothing)
{
	static const char *const log[] = {
		"4,803,123456791,-;WARNING: CPU: 3 PID: 812 at kernel/foo.c:1 foo+0x1/0x2",
		"4,804,123456792,-;CPU: 3 UID: 0 PID: 812 Comm: Xorg Not tainted 6.12.9-amd64",
	};

	NOTHING_KEPT(log);
}

TEST(lockups_and_hung_tasks_have_their_task)
{
	static const char *const lockup[] = {
		"0,1,9000000,-;watchdog: BUG: soft lockup - CPU#2 stuck for 26s! [kworker/2:1:61]",
		"0,2,37000000,-;watchdog: BUG: soft lockup - CPU#2 stuck for 52s! [kworker/2:1:61]",
	};
	static const char *const hung[] = {
		"3,1,9000000,-;INFO: task kworker/u8:1:44 blocked for more than 120 seconds."
	};

	KEPT(lockup, 61, "kworker/2:1", "watchdog: BUG: soft lockup - CPU#2 stuck for 52s! [kworker/2:1:61]");
	KEPT(hung, 44, "kworker/u8:1", "INFO: task kworker/u8:1:44 blocked for more than 120 seconds.");
}

/* The daemon's own words may come back by the log, with what they cite. */
TEST(messages_of_user_space_are_not_the_kernels)
{
	static const char *const log[] = {
		"30,1,9000000,-;gpuwatchd[400]: the kernel log: amdgpu 0000:0c:00.0: ring gfx timeout",
		"12,2,9000001,-;[drm:amdgpu_job_timedout [amdgpu]] *ERROR* ring gfx timeout",
	};

	NOTHING_KEPT(log);
}

TEST(flood_of_timeouts_does_not_drive_out_an_oops)
{
	static const char *const oops[] = {
		"2,801,5000000,-;kernel BUG at drivers/gpu/drm/foo/foo.c:12!",
		"6,805,5000009,-;note: foo[77] exited with preempt_count 1",
	};
	struct gw_words *words;
	char line[128];
	void *data = NULL;
	size_t size = 0;

	assert_int_equal(gw_words_new(&words, NULL), 0);
	for (size_t i = 0; i < 2; i++)
		gw_words_add(words, oops[i], strlen(oops[i]));
	for (unsigned i = 0; i < 1000; i++) {
		snprintf(line, sizeof(line), "3,%u,%u,-;amdgpu 0000:0c:00.0: ring gfx timeout, signaled seq=%u", i, i,
			 i);
		gw_words_add(words, line, strlen(line));
	}
	assert_int_equal(gw_words_append(words, &data, &size), 0);
	gw_words_free(words);
	assert_int_equal(size, (1 + GW_WORDS_MAX) * sizeof(struct gw_word_record));
	assert_int_equal(((struct gw_word_record *)data)[0].pid, 77);
	assert_string_equal(((struct gw_word_record *)data)[GW_WORDS_MAX].text,
			    "amdgpu 0000:0c:00.0: ring gfx timeout, signaled seq=999");
	free(data);
}

/* ---- what is cited ----------------------------------------------------------------------- */

static struct gw_word_record *word(struct world *w, uint64_t log_s, uint32_t pid, const char *comm, const char *text)
{
	struct gw_word_record *record = new_record(w, GW_RECORD_WORD, sizeof(*record));

	record->log_us = log_s * 1000000;
	record->pid = pid;
	snprintf(record->comm, sizeof(record->comm), "%s", comm);
	snprintf(record->text, sizeof(record->text), "%s", text);
	return record;
}

static size_t cited(const struct world *w, size_t at, const char *key, const char *value)
{
	const json_t *words = the_report(w, GW_KIND_DEADLOCK)->kernel_log;

	assert_non_null(words);
	if (json_array_size(words) > at)
		assert_string_equal(json_string_value(json_object_get(json_array_get(words, at), key)), value);
	return json_array_size(words);
}

/* A mutex whose owner is gone: its memory still shows the pid. */
static struct world *leaked_by(uint32_t pid)
{
	struct world *w = world_new();
	struct gw_task_record *waiter = kthread(w, 101, "waiter");
	struct gw_lock_record *lock = lock_of(w, GW_LOCK_MUTEX, NULL);

	gpu_module(w, "foo");
	stack(w, waiter, "schedule __mutex_lock foo:foo_submit");
	lock->owner_kind = GW_OWNER_EXCLUSIVE;
	lock->owner = new_address(w);
	lock->owner_pid = pid;
	waits_for_lock(w, waiter, lock, MUTEX);
	return w;
}

TEST(owner_that_died_by_an_oops_has_its_name_and_the_message)
{
	struct world *w = leaked_by(812);
	const struct gw_report *report;

	word(w, 99, 812, "Xorg", "BUG: kernel NULL pointer dereference, address: 0000000000000000");
	look(w, 2);
	report = the_report(w, GW_KIND_DEADLOCK);
	assert_int_equal(report->class, GW_CLASS_LEAKED_LOCK);
	assert_int_equal(report->confidence, GW_CONFIDENCE_PROVEN);
	assert_null(strstr(report->explanation, "Not proven"));
	assert_non_null(strstr(report->summary, "which Xorg (pid 812) has not released"));
	assert_non_null(strstr(report->explanation, "That task died by an oops, and it still owns the lock."));
	assert_non_null(strstr(report->explanation,
			       "The kernel log at [99.000000], about the oops of Xorg (pid 812): \"BUG: "));
	assert_int_equal(cited(w, 0, "kind", "oops"), 1);
	world_free(w);
}

/* Long before anybody waited for the lock: by then the pid may have been another task's. */
TEST(oops_from_long_before_the_wait_is_not_the_owners)
{
	struct world *w = leaked_by(812);
	const struct gw_report *report;

	word(w, 40, 812, "Xorg", "BUG: kernel NULL pointer dereference, address: 0000000000000000");
	look(w, 2);
	report = the_report(w, GW_KIND_DEADLOCK);
	assert_int_equal(report->confidence, GW_CONFIDENCE_PROBABLE);
	assert_null(strstr(report->summary, "Xorg"));
	assert_null(strstr(report->explanation, "died by an oops"));
	world_free(w);
}

/* The memory of the owner is another task's by now. */
TEST(oops_in_the_waiters_driver_may_be_the_owners)
{
	struct world *w = leaked_by(900);
	struct gw_word_record *oops =
		word(w, 99, 812, "Xorg", "BUG: kernel NULL pointer dereference, address: 0000000000000000");

	snprintf(oops->module, sizeof(oops->module), "foo");
	look(w, 2);
	assert_int_equal(cited(w, 0, "module", "foo"), 1);
	assert_non_null(strstr(the_report(w, GW_KIND_DEADLOCK)->explanation, "That may be the task that is gone."));
	assert_null(strstr(the_report(w, GW_KIND_DEADLOCK)->explanation, "died by an oops"));
	world_free(w);
}

TEST(oops_in_another_driver_is_not_cited)
{
	struct world *w = leaked_by(900);
	struct gw_word_record *oops =
		word(w, 99, 812, "Xorg", "BUG: kernel NULL pointer dereference, address: 0000000000000000");

	snprintf(oops->module, sizeof(oops->module), "food");
	look(w, 2);
	assert_int_equal(cited(w, 0, "", ""), 0);
	world_free(w);
}

TEST(oops_of_another_task_is_not_cited)
{
	struct world *w = leaked_by(812);

	word(w, 99, 813, "Xorg", "BUG: kernel NULL pointer dereference, address: 0000000000000000");
	look(w, 2);
	assert_int_equal(cited(w, 0, "", ""), 0);
	assert_int_equal(the_report(w, GW_KIND_DEADLOCK)->confidence, GW_CONFIDENCE_PROBABLE);
	assert_null(strstr(the_report(w, GW_KIND_DEADLOCK)->explanation, "oops"));
	world_free(w);
}

/* Its pid was another task's before. */
TEST(word_from_before_the_task_began_is_not_about_it)
{
	struct world *w = world_new();
	struct classic c = classic(w, 101);

	c.holder->start_ns = 90 * SECOND;
	word(w, 50, 101, "other", "INFO: task other:101 blocked for more than 120 seconds.");
	look(w, 2);
	assert_int_equal(cited(w, 0, "", ""), 0);
	world_free(w);
}

TEST(trouble_of_the_fences_driver_is_cited)
{
	struct world *w = world_new();
	struct gw_task_record *holder = kthread(w, 101, "holder"), *signaller = kthread(w, 102, "signaller");
	struct gw_fence_record *f = fence(w, timeline_by(w, "gfx", signaller), 7);

	snprintf(f->driver, sizeof(f->driver), "amdgpu");
	waits_for_fence(w, holder, f);
	waits_for_lock(w, signaller, lock_of(w, GW_LOCK_MUTEX, holder), MUTEX);
	word(w, 99, 0, "", "[drm:amdgpu_job_timedout [amdgpu]] *ERROR* ring gfx timeout");
	word(w, 99, 0, "", "i915 0000:00:02.0: [drm] GPU HANG: ecode 12:1:85dffffb");
	look(w, 2);
	assert_int_equal(cited(w, 0, "kind", "job-timeout"), 1);
	world_free(w);
}

TEST(report_is_renewed_when_the_log_has_more_to_say)
{
	struct world *w = leaked_by(812);
	size_t changes;

	look(w, 2);
	changes = w->n_changes;
	look(w, 2);
	assert_int_equal(w->n_changes, changes);
	word(w, 101, 101, "waiter", "INFO: task waiter:101 blocked for more than 120 seconds.");
	look(w, 2);
	assert_int_equal(w->n_changes, changes + 1);
	assert_int_equal(cited(w, 0, "kind", "hung-task"), 1);
	world_free(w);
}

/* ---- and from when on -------------------------------------------------------------------- */

#define TIMEOUT "[drm:amdgpu_job_timedout [amdgpu]] *ERROR* ring gfx timeout"
#define WEDGED "amdgpu 0000:0c:00.0: amdgpu: device is wedged"
#define RESET_ENDED "amdgpu 0000:0c:00.0: amdgpu: GPU reset(2) succeeded!"

/* A holder and a signaller wait for each other since second 100, for a fence of a job on this device. */
static struct world *hang_of(const char *device)
{
	struct world *w = world_new();
	struct classic c = classic(w, 101);
	struct gw_device_record *record = new_record(w, GW_RECORD_DEVICE, sizeof(*record));

	snprintf(c.fence->driver, sizeof(c.fence->driver), "amdgpu");
	c.fence->scheduler = new_address(w);
	record->device.address = c.fence->scheduler;
	record->device.kind = GW_DEVICE_SCHEDULER;
	snprintf(record->device.name, sizeof(record->device.name), "%s", device);
	snprintf(record->device.driver, sizeof(record->device.driver), "amdgpu");
	return w;
}

static size_t n_cited(struct world *w)
{
	look(w, 2);
	return json_array_size(the_report(w, GW_KIND_DEADLOCK)->kernel_log);
}

TEST(timeout_that_recovered_before_the_hang_is_not_cited)
{
	struct world *w = hang_of("0000:0c:00.0");

	word(w, 90, 0, "", TIMEOUT);
	word(w, 20, 0, "", TIMEOUT);
	assert_int_equal(n_cited(w), 0);
	assert_null(strstr(the_report(w, GW_KIND_DEADLOCK)->explanation, "kernel log"));
	world_free(w);
}

TEST(timeout_since_the_first_wait_began_is_cited)
{
	struct world *w = hang_of("0000:0c:00.0");

	word(w, 101, 0, "", TIMEOUT);
	look(w, 2);
	assert_int_equal(cited(w, 0, "kind", "job-timeout"), 1);
	assert_null(strstr(the_report(w, GW_KIND_DEADLOCK)->explanation, "earlier"));
	world_free(w);
}

TEST(message_that_names_another_device_of_the_driver_is_not_cited)
{
	struct world *w = hang_of("0000:0d:00.0");

	word(w, 101, 0, "", "amdgpu 0000:0c:00.0: amdgpu: ring gfx timeout, signaled seq=7, emitted seq=9");
	assert_int_equal(n_cited(w), 0);
	world_free(w);
}

TEST(device_that_was_lost_before_stays_so_and_the_report_shows_how_long)
{
	struct world *w = hang_of("0000:0c:00.0");

	word(w, 40, 0, "", WEDGED);
	look(w, 2);
	assert_int_equal(cited(w, 0, "kind", "wedged"), 1);
	assert_non_null(
		strstr(the_report(w, GW_KIND_DEADLOCK)->explanation,
		       "The kernel log at [40.000000], earlier: 58.6 s before the oldest of these waits began: "));
	world_free(w);
}

TEST(reset_that_succeeded_ends_what_was_before_it)
{
	struct world *w = hang_of("0000:0c:00.0");

	word(w, 40, 0, "", WEDGED);
	word(w, 50, 0, "", RESET_ENDED);
	assert_int_equal(n_cited(w), 0);
	world_free(w);
}

/* A worker that resets reports first what it resets. */
TEST(message_since_the_work_item_that_waits_began_is_cited)
{
	struct world *w = hang_of("0000:0c:00.0");

	((struct gw_task_record *)w->records[0])->watch.sections.work_since_ns = 80 * SECOND;
	word(w, 85, 0, "", TIMEOUT);
	word(w, 70, 0, "", TIMEOUT);
	assert_int_equal(n_cited(w), 1);
	world_free(w);
}

TEST(work_item_that_runs_for_hours_is_no_time_of_the_hang)
{
	struct world *w = hang_of("0000:0c:00.0");

	((struct gw_task_record *)w->records[0])->watch.sections.work_since_ns = 30 * SECOND;
	word(w, 85, 0, "", TIMEOUT);
	assert_int_equal(n_cited(w), 0);
	world_free(w);
}

/* A second a day, for months. */
TEST(log_whose_clock_has_drifted_away_is_put_right)
{
	struct world *w = hang_of("0000:0c:00.0");
	struct gw_clock_record *clock = new_record(w, GW_RECORD_CLOCK, sizeof(*clock));

	clock->mono_ns = 100 * SECOND;
	clock->log_ns = 60 * SECOND;
	word(w, 61, 0, "", TIMEOUT);
	word(w, 55, 0, "", TIMEOUT);
	assert_int_equal(n_cited(w), 1);
	world_free(w);
}

/* That wait is over: this one is another. */
TEST(task_that_was_stuck_before_is_not_cited_for_it)
{
	struct world *w = hang_of("0000:0c:00.0");

	word(w, 90, 101, "holder", "INFO: task holder:101 blocked for more than 120 seconds.");
	assert_int_equal(n_cited(w), 0);
	world_free(w);
}

static void oops_in(struct world *w, uint64_t log_s, const char *module)
{
	struct gw_word_record *oops =
		word(w, log_s, 812, "Xorg", "BUG: kernel NULL pointer dereference, address: 0000000000000000");

	snprintf(oops->module, sizeof(oops->module), "%s", module);
}

TEST(older_oops_in_the_driver_is_not_cited_where_nobody_is_gone)
{
	struct world *w = hang_of("0000:0c:00.0");

	oops_in(w, 40, "amdgpu");
	assert_int_equal(n_cited(w), 0);
	world_free(w);
}

TEST(older_oops_may_be_the_owners_and_the_report_shows_how_old_it_is)
{
	struct world *w = leaked_by(900);

	oops_in(w, 40, "foo");
	look(w, 2);
	assert_int_equal(cited(w, 0, "module", "foo"), 1);
	assert_non_null(
		strstr(the_report(w, GW_KIND_DEADLOCK)->explanation,
		       ", earlier: 58.6 s before the oldest of these waits began, about the oops of Xorg (pid 812)"));
	world_free(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(oops_from_long_before_the_wait_is_not_the_owners),
		cmocka_unit_test(oops_has_the_task_that_a_later_line_names),
		cmocka_unit_test(oops_without_a_register_dump_is_named_by_its_end),
		cmocka_unit_test(line_that_names_a_task_without_an_oops_is_nothing),
		cmocka_unit_test(lockups_and_hung_tasks_have_their_task),
		cmocka_unit_test(messages_of_user_space_are_not_the_kernels),
		cmocka_unit_test(flood_of_timeouts_does_not_drive_out_an_oops),
		cmocka_unit_test(owner_that_died_by_an_oops_has_its_name_and_the_message),
		cmocka_unit_test(oops_in_the_waiters_driver_may_be_the_owners),
		cmocka_unit_test(oops_in_another_driver_is_not_cited),
		cmocka_unit_test(oops_of_another_task_is_not_cited),
		cmocka_unit_test(word_from_before_the_task_began_is_not_about_it),
		cmocka_unit_test(trouble_of_the_fences_driver_is_cited),
		cmocka_unit_test(report_is_renewed_when_the_log_has_more_to_say),
		cmocka_unit_test(timeout_that_recovered_before_the_hang_is_not_cited),
		cmocka_unit_test(timeout_since_the_first_wait_began_is_cited),
		cmocka_unit_test(message_that_names_another_device_of_the_driver_is_not_cited),
		cmocka_unit_test(device_that_was_lost_before_stays_so_and_the_report_shows_how_long),
		cmocka_unit_test(reset_that_succeeded_ends_what_was_before_it),
		cmocka_unit_test(message_since_the_work_item_that_waits_began_is_cited),
		cmocka_unit_test(work_item_that_runs_for_hours_is_no_time_of_the_hang),
		cmocka_unit_test(log_whose_clock_has_drifted_away_is_put_right),
		cmocka_unit_test(task_that_was_stuck_before_is_not_cited_for_it),
		cmocka_unit_test(older_oops_in_the_driver_is_not_cited_where_nobody_is_gone),
		cmocka_unit_test(older_oops_may_be_the_owners_and_the_report_shows_how_old_it_is),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
