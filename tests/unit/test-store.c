/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The life of reports: once, twice, changed, resolved, and again; and stalls beside deadlocks. */
#include "build-snapshot.h"

#define TEST(name) static void name(void **state)
#define MUTEX GW_LOCK_F_MUTEX

static const char *stack_of_a_fence_wait =
	"schedule dma_fence_default_wait dma_fence_wait_timeout gpulab:holder_thread kthread";

/* ---- deadlocks ------------------------------------------------------------------------ */

TEST(report_is_told_once_while_nothing_changes)
{
	struct world *w = world_new();

	classic(w, 101);
	look(w, 20);
	assert_int_equal(w->n_changes, 1);
	assert_int_equal(nth_report(w, GW_KIND_DEADLOCK, GW_STATE_ACTIVE, 0)->resolved_mono_ns, 0);
	world_free(w);
}

TEST(detection_is_the_first_look_and_formation_the_last_wait)
{
	struct world *w = world_new();
	struct classic c = classic(w, 101);
	uint64_t first = w->now_ns + SECOND;

	look(w, 3);
	assert_int_equal(the_report(w, GW_KIND_DEADLOCK)->detected_mono_ns, first);
	assert_int_equal(the_report(w, GW_KIND_DEADLOCK)->formed_mono_ns, c.signaller->watch.waits[0].since_ns);
	world_free(w);
}

/* The daemon's schedule rests on this. */
TEST(report_comes_when_it_was_said_to)
{
	struct world *w = world_with_policy((struct gw_policy){ .min_wait_ns = 7 * SECOND, .stall_ns = 60 * SECOND });
	uint64_t confirm_ns;
	struct classic c;

	look(w, 1);
	assert_int_equal(gw_analysis_confirm_ns(w->analysis), 0);
	c = classic(w, 101);
	look(w, 1);
	confirm_ns = gw_analysis_confirm_ns(w->analysis);
	assert_int_equal(confirm_ns, c.signaller->watch.waits[0].since_ns + 7 * SECOND);
	while (w->now_ns + SECOND < confirm_ns) {
		look(w, 1);
		assert_silent(w);
		assert_int_equal(gw_analysis_confirm_ns(w->analysis), confirm_ns);
	}
	look(w, 1);
	assert_int_equal(count_reports(w, GW_KIND_DEADLOCK, GW_STATE_ACTIVE), 1);
	assert_int_equal(gw_analysis_confirm_ns(w->analysis), 0);
	world_free(w);
}

/* One that was not seen again is none that the next look is to be early for. */
TEST(candidate_that_is_not_seen_again_waits_for_no_look)
{
	struct world *w = world_with_policy((struct gw_policy){ .min_wait_ns = 7 * SECOND, .stall_ns = 60 * SECOND });
	struct classic c = classic(w, 101);

	look(w, 1);
	assert_true(gw_analysis_confirm_ns(w->analysis) > 0);
	waits_no_more(c.holder);
	look(w, 1);
	assert_int_equal(gw_analysis_confirm_ns(w->analysis), 0);
	world_free(w);
}

TEST(new_victim_changes_the_report_but_not_its_id)
{
	struct world *w = world_new();
	struct classic c = classic(w, 101);
	char id[32];

	look(w, 2);
	strcpy(id, the_report(w, GW_KIND_DEADLOCK)->id);
	waits_for_fence(w, kthread(w, 110, "victim"), c.fence);
	look(w, 1);
	assert_int_equal(w->n_changes, 2);
	assert_deadlock(w, GW_CLASS_FENCE_LOCK_CYCLE, GW_CONFIDENCE_PROVEN, "101 102", "110");
	assert_string_equal(the_report(w, GW_KIND_DEADLOCK)->id, id);
	world_free(w);
}

TEST(wait_of_one_participant_ends_and_the_report_is_resolved)
{
	struct world *w = world_new();
	struct classic c = classic(w, 101);

	look(w, 2);
	assert_true(gw_analysis_wants_more(w->analysis));
	waits_no_more(c.holder);
	look(w, 1);
	assert_int_equal(count_reports(w, GW_KIND_DEADLOCK, GW_STATE_ACTIVE), 0);
	assert_int_equal(count_reports(w, GW_KIND_DEADLOCK, GW_STATE_RESOLVED), 1);
	assert_int_equal(nth_report(w, GW_KIND_DEADLOCK, GW_STATE_RESOLVED, 0)->resolved_mono_ns, w->now_ns);
	assert_int_equal(w->n_changes, 2);
	assert_false(gw_analysis_wants_more(w->analysis));
	world_free(w);
}

TEST(participant_that_is_gone_resolves_the_report)
{
	struct world *w = world_new();
	struct classic c = classic(w, 101);

	look(w, 2);
	remove_record(w, c.holder);
	look(w, 1);
	assert_int_equal(count_reports(w, GW_KIND_DEADLOCK, GW_STATE_ACTIVE), 0);
	world_free(w);
}

TEST(incomplete_snapshot_resolves_nothing)
{
	struct world *w = world_new();
	struct classic c = classic(w, 101);

	look(w, 2);
	remove_record(w, c.holder);
	w->incomplete = true;
	look(w, 2);
	assert_int_equal(count_reports(w, GW_KIND_DEADLOCK, GW_STATE_ACTIVE), 1);
	w->incomplete = false;
	look(w, 1);
	assert_int_equal(count_reports(w, GW_KIND_DEADLOCK, GW_STATE_ACTIVE), 0);
	world_free(w);
}

TEST(same_tasks_in_new_waits_are_a_new_report)
{
	struct world *w = world_new();
	struct classic c = classic(w, 101);
	char id[32];

	look(w, 2);
	strcpy(id, the_report(w, GW_KIND_DEADLOCK)->id);
	waits_no_more(c.holder);
	waits_for_fence(w, c.holder, c.fence);
	look(w, 2);
	assert_string_not_equal(the_report(w, GW_KIND_DEADLOCK)->id, id);
	assert_int_equal(count_reports(w, GW_KIND_DEADLOCK, GW_STATE_RESOLVED), 1);
	world_free(w);
}

TEST(another_analysis_gives_the_same_id)
{
	struct world *w = world_new();
	struct gw_analysis *restarted;
	char id[32];

	classic(w, 101);
	look(w, 2);
	strcpy(id, the_report(w, GW_KIND_DEADLOCK)->id);
	assert_int_equal(gw_analysis_new(&restarted, &GW_POLICY_DEFAULT), 0);
	gw_analysis_free(w->analysis);
	w->analysis = restarted;
	look(w, 2);
	assert_string_equal(the_report(w, GW_KIND_DEADLOCK)->id, id);
	world_free(w);
}

TEST(order_of_the_records_does_not_change_the_id)
{
	struct world *w = world_new();
	struct classic c = classic(w, 101);
	struct gw_analysis *other;
	char id[32];

	waits_for_fence(w, kthread(w, 50, "victim"), c.fence);
	look(w, 2);
	strcpy(id, the_report(w, GW_KIND_DEADLOCK)->id);
	for (size_t i = 0; i < w->n_records / 2; i++) {
		struct gw_record *record = w->records[i];

		w->records[i] = w->records[w->n_records - 1 - i];
		w->records[w->n_records - 1 - i] = record;
	}
	assert_int_equal(gw_analysis_new(&other, &GW_POLICY_DEFAULT), 0);
	gw_analysis_free(w->analysis);
	w->analysis = other;
	look(w, 2);
	assert_string_equal(the_report(w, GW_KIND_DEADLOCK)->id, id);
	assert_deadlock(w, GW_CLASS_FENCE_LOCK_CYCLE, GW_CONFIDENCE_PROVEN, "101 102", "50");
	world_free(w);
}

TEST(confidence_grows_with_the_evidence)
{
	struct world *w = world_new();
	struct classic c = classic(w, 101);

	c.ring->inherited = 1;
	look(w, 2);
	assert_int_equal(the_report(w, GW_KIND_DEADLOCK)->confidence, GW_CONFIDENCE_PROBABLE);
	c.ring->inherited = 0;
	look(w, 1);
	assert_int_equal(the_report(w, GW_KIND_DEADLOCK)->confidence, GW_CONFIDENCE_PROBABLE);
	look(w, 1);
	assert_int_equal(the_report(w, GW_KIND_DEADLOCK)->confidence, GW_CONFIDENCE_PROVEN);
	assert_int_equal(w->n_changes, 2);
	world_free(w);
}

TEST(one_look_that_does_not_prove_it_changes_nothing)
{
	struct world *w = world_new();
	struct classic c = classic(w, 101);

	look(w, 2);
	for (int i = 0; i < 4; i++) {
		c.ring->inherited = i % 2 == 0;
		look(w, 1);
		assert_int_equal(the_report(w, GW_KIND_DEADLOCK)->confidence, GW_CONFIDENCE_PROVEN);
	}
	assert_int_equal(w->n_changes, 1);
	world_free(w);
}

TEST(two_looks_that_do_not_prove_it_make_it_probable)
{
	struct world *w = world_new();
	struct classic c = classic(w, 101);

	look(w, 2);
	c.ring->inherited = 1;
	look(w, 2);
	assert_int_equal(the_report(w, GW_KIND_DEADLOCK)->confidence, GW_CONFIDENCE_PROBABLE);
	assert_non_null(strstr(the_report(w, GW_KIND_DEADLOCK)->explanation, "something may still end them"));
	look(w, 4);
	assert_int_equal(w->n_changes, 2);
	c.ring->inherited = 0;
	look(w, 2);
	assert_int_equal(the_report(w, GW_KIND_DEADLOCK)->confidence, GW_CONFIDENCE_PROVEN);
	assert_null(strstr(the_report(w, GW_KIND_DEADLOCK)->explanation, "something may still end them"));
	world_free(w);
}

/* Its waits stand, and there is no loop any more. */
TEST(loop_that_is_not_seen_again_is_probable_while_its_waits_stand)
{
	struct world *w = world_new();
	struct classic c = classic(w, 101);

	look(w, 2);
	signalled_by_interrupt(c.ring, GW_SIGNALLER_HARDIRQ);
	look(w, 1);
	assert_int_equal(the_report(w, GW_KIND_DEADLOCK)->confidence, GW_CONFIDENCE_PROVEN);
	look(w, 1);
	assert_int_equal(the_report(w, GW_KIND_DEADLOCK)->confidence, GW_CONFIDENCE_PROBABLE);
	assert_int_equal(the_report(w, GW_KIND_DEADLOCK)->state, GW_STATE_ACTIVE);
	world_free(w);
}

TEST(incomplete_looks_do_not_count_against_a_proof)
{
	struct world *w = world_new();
	struct classic c = classic(w, 101);

	look(w, 2);
	c.ring->inherited = 1;
	w->incomplete = true;
	look(w, 3);
	assert_int_equal(the_report(w, GW_KIND_DEADLOCK)->confidence, GW_CONFIDENCE_PROVEN);
	world_free(w);
}

TEST(resolved_reports_are_bounded_and_the_oldest_go_first)
{
	struct world *w =
		world_with_policy((struct gw_policy){ .min_wait_ns = MS, .stall_ns = 10 * SECOND, .keep_resolved = 3 });
	struct classic c = classic(w, 101);
	const struct gw_report *const *reports;

	for (int i = 0; i < 8; i++) {
		look(w, 2);
		waits_no_more(c.holder);
		waits_for_fence(w, c.holder, c.fence);
	}
	look(w, 2);
	assert_int_equal(count_reports(w, GW_KIND_DEADLOCK, GW_STATE_ACTIVE), 1);
	assert_int_equal(count_reports(w, GW_KIND_DEADLOCK, GW_STATE_RESOLVED), 3);
	assert_int_equal(gw_analysis_reports(w->analysis, &reports), 4);
	assert_int_equal(reports[0]->state, GW_STATE_ACTIVE);
	for (int i = 1; i < 3; i++)
		assert_true(reports[i]->detected_mono_ns > reports[i + 1]->detected_mono_ns);
	world_free(w);
}

TEST(another_policy_neither_forgets_what_stands_nor_reports_it_again)
{
	struct world *w = world_new();
	struct classic c = classic(w, 101);
	struct gw_policy policy = GW_POLICY_DEFAULT;

	look(w, 2);
	policy.stall_ns = 60 * SECOND;
	gw_analysis_set_policy(w->analysis, &policy);
	look(w, 2);
	assert_int_equal(w->n_changes, 1);
	waits_no_more(c.holder);
	look(w, 1);
	assert_int_equal(w->n_changes, 2);
	assert_int_equal(count_reports(w, GW_KIND_DEADLOCK, GW_STATE_RESOLVED), 1);
	world_free(w);
}

TEST(oldest_waiter_of_a_dead_end_leaves_and_the_next_one_is_reported)
{
	struct world *w = world_new();
	struct gw_task_record *owner = kthread(w, 90, "owner"), *first = kthread(w, 101, "first");
	struct gw_lock_record *lock = lock_of(w, GW_LOCK_MUTEX, owner);

	remove_record(w, owner);
	waits_for_lock(w, first, lock, MUTEX);
	waits_for_lock(w, kthread(w, 102, "second"), lock, MUTEX);
	look(w, 2);
	assert_deadlock(w, GW_CLASS_LEAKED_LOCK, GW_CONFIDENCE_PROBABLE, "101 90", "102");
	waits_no_more(first);
	look(w, 2);
	assert_deadlock(w, GW_CLASS_LEAKED_LOCK, GW_CONFIDENCE_PROBABLE, "102 90", "");
	world_free(w);
}

TEST(one_of_two_alternatives_ends_and_with_it_the_verdict)
{
	struct world *w = world_new();
	struct classic c = classic(w, 101);
	struct gw_task_record *other = kthread(w, 103, "other");

	signalled_by(c.ring, other, 50);
	waits_for_lock(w, other, c.lock, MUTEX);
	look(w, 2);
	assert_int_equal(count_reports(w, GW_KIND_DEADLOCK, GW_STATE_ACTIVE), 1);
	waits_no_more(other);
	look(w, 1);
	assert_int_equal(count_reports(w, GW_KIND_DEADLOCK, GW_STATE_ACTIVE), 0);
	world_free(w);
}

/* The value of a node's text field, "" if it has none. */
static const char *node_text(const struct gw_report *report, const char *id, const char *field)
{
	const char *text = json_string_value(json_object_get(find_node(report, id), field));

	return text ? text : "";
}

/* ---- stalls ------------------------------------------------------------------------------ */

TEST(long_wait_with_an_unknown_end_is_a_stall)
{
	struct world *w = world_new();
	struct gw_timeline_record *ring = timeline(w, "gfx");
	struct gw_task_record *waiter = kthread(w, 101, "waiter");

	signalled_by_interrupt(ring, GW_SIGNALLER_HARDIRQ);
	waits_for_fence(w, waiter, fence(w, ring, 7));
	look(w, 9);
	assert_silent(w);
	look(w, 1);
	assert_string_equal(gw_class_name(the_report(w, GW_KIND_STALL)->class), "silent-device");
	assert_int_equal(json_array_size(the_report(w, GW_KIND_STALL)->cycle), 0);
	assert_int_equal(the_report(w, GW_KIND_STALL)->id[0], 's');
	assert_non_null(find_node(the_report(w, GW_KIND_STALL), "task:101"));
	look(w, 10);
	assert_int_equal(w->n_changes, 1);
	waits_no_more(waiter);
	look(w, 1);
	assert_int_equal(count_reports(w, GW_KIND_STALL, GW_STATE_RESOLVED), 1);
	world_free(w);
}

TEST(all_waits_for_one_timeline_are_one_stall)
{
	struct world *w = world_new();
	struct gw_timeline_record *ring = timeline(w, "gfx");

	signalled_by_interrupt(ring, GW_SIGNALLER_HARDIRQ);
	for (uint32_t i = 0; i < 20; i++)
		waits_for_fence(w, kthread(w, 101 + i, "waiter"), fence(w, ring, 7 + i));
	look(w, 11);
	assert_int_equal(the_report(w, GW_KIND_STALL)->victims_total, 19);
	world_free(w);
}

TEST(stall_shows_the_chain_to_whoever_is_slow)
{
	struct world *w = world_new();
	struct gw_task_record *signaller = kthread(w, 102, "signaller"), *slow = kthread(w, 103, "slow");
	const struct gw_report *report;

	waits_for_fence(w, kthread(w, 101, "waiter"), fence(w, timeline_by(w, "gfx", signaller), 7));
	waits_for_lock(w, signaller, lock_of(w, GW_LOCK_MUTEX, slow), MUTEX);
	look(w, 11);
	report = the_report(w, GW_KIND_STALL);
	assert_string_equal(report->root_node, "task:103");
	assert_non_null(strstr(report->explanation, "slow (pid 103)"));
	world_free(w);
}

/* A hint is no deadlock, but what closes the loop is shown, and why it is none. */
TEST(stall_shows_the_edge_that_closes_its_loop)
{
	struct world *w = world_new();
	struct gw_task_record *compositor = user_task(w, 101, "compositor");
	struct gw_fence_record *next = fence(w, timeline_by(w, "gfx", compositor), 7);
	const struct gw_report *report;

	next->flags |= GW_FENCE_F_POLLED;
	waits_for_fence(w, compositor, next);
	look(w, 11);
	report = the_report(w, GW_KIND_STALL);
	assert_int_equal(json_array_size(report->nodes), 3);
	assert_int_equal(json_array_size(report->edges), 3);
	assert_non_null(strstr(report->explanation,
			       "These waits form a loop, and it is not proven that nothing else ends it."));
	assert_null(strstr(report->explanation, "may be slow"));
	world_free(w);
}

TEST(stall_follows_the_member_of_an_array_that_is_not_signalled)
{
	struct world *w = world_new();
	struct gw_task_record *signaller = kthread(w, 102, "signaller"), *slow = kthread(w, 103, "slow");
	struct gw_timeline_record *ring = timeline_by(w, "gfx", signaller);
	struct gw_fence_record *done = fence(w, ring, 6), *array = fence_of(w, GW_FENCE_ARRAY, done, fence(w, ring, 7));

	done->flags |= GW_FENCE_F_SIGNALED;
	waits_for_fence(w, kthread(w, 101, "waiter"), array);
	waits_for_lock(w, signaller, lock_of(w, GW_LOCK_MUTEX, slow), MUTEX);
	look(w, 11);
	assert_string_equal(the_report(w, GW_KIND_STALL)->root_node, "task:103");
	world_free(w);
}

TEST(wait_with_a_timeout_and_a_poll_are_no_stalls)
{
	struct world *w = world_new();
	struct gw_timeline_record *ring = timeline(w, "gfx");

	waits_for_fence(w, kthread(w, 101, "waiter"), fence(w, ring, 7))->flags = GW_WAIT_F_TIMEOUT;
	waits_for_fence(w, user_task(w, 102, "compositor"), fence(w, ring, 8))->kind = GW_WAIT_POLL;
	look(w, 30);
	assert_silent(w);
	world_free(w);
}

TEST(long_wait_for_a_lock_alone_is_no_stall)
{
	struct world *w = world_new();

	waits_for_lock(w, kthread(w, 101, "waiter"), lock_of(w, GW_LOCK_MUTEX, kthread(w, 102, "owner")), MUTEX);
	look(w, 30);
	assert_silent(w);
	world_free(w);
}

/* nvidia-smi and its like: nothing but locks, and at their end somebody who sleeps in the driver. */
TEST(long_wait_for_a_lock_whose_holder_sleeps_in_a_gpu_module_is_a_stall)
{
	struct world *w = world_new();
	struct gw_task_record *owner = kthread(w, 102, "owner"), *waiter = user_task(w, 101, "nvidia-smi");
	struct gw_lock_record *lock = lock_of(w, GW_LOCK_MUTEX, owner);
	const struct gw_report *report;

	gpu_module(w, "vendor");
	stack(w, owner, "schedule vendor:vendor_wait_firmware vendor:vendor_main kthread");
	waits_for_lock(w, waiter, lock, MUTEX);
	waits_for_lock(w, user_task(w, 103, "second"), lock, MUTEX);
	look(w, 9);
	assert_silent(w);
	look(w, 3);
	report = the_report(w, GW_KIND_STALL);
	assert_string_equal(report->root_node, "task:102");
	assert_string_equal(node_text(report, "task:102", "end"), "sleeps-in");
	assert_non_null(
		strstr(report->explanation, "owner (pid 102) sleeps in vendor_wait_firmware() of module vendor."));
	assert_int_equal(report->victims_total, 1);
	world_free(w);
}

TEST(long_wait_in_another_driver_is_no_stall)
{
	struct world *w = world_new();
	struct gw_task_record *owner = user_task(w, 102, "owner");

	gpu_module(w, "vendor");
	stack(w, owner, "schedule rpc_wait_bit_killable nfs:nfs4_do_open vfs_open do_syscall_64");
	waits_for_lock(w, user_task(w, 101, "waiter"), lock_of(w, GW_LOCK_MUTEX, owner), MUTEX);
	look(w, 30);
	assert_silent(w);
	world_free(w);
}

/* A GPU driver's fence waits for an NFS server: the stall is real, and no GPU driver's fault. */
TEST(stall_that_ends_at_a_file_server_says_so)
{
	struct world *w = world_new();
	struct gw_task_record *signaller = user_task(w, 102, "signaller");
	const struct gw_report *report;

	gpu_module(w, "vendor");
	stack(w, signaller, "schedule rpc_wait_bit_killable nfs:nfs_read_folio vendor:vendor_submit do_syscall_64");
	waits_for_fence(w, kthread(w, 101, "waiter"), fence(w, timeline_by(w, "gfx", signaller), 7));
	look(w, 11);
	report = the_report(w, GW_KIND_STALL);
	assert_non_null(
		strstr(report->explanation, "What holds it up is no GPU driver, but nfs (network-file-system)."));
	assert_string_equal(json_string_value(json_object_get(report->subsystem, "kind")), "network-file-system");
	world_free(w);
}

TEST(page_fault_of_a_gpu_driver_at_a_file_server_is_no_stall)
{
	struct world *w = world_new();

	gpu_module(w, "vendor");
	stack(w, user_task(w, 101, "app"),
	      "schedule rpc_wait_bit_killable nfs:nfs_read_folio handle_mm_fault vendor:vendor_submit do_syscall_64");
	look(w, 30);
	assert_silent(w);
	world_free(w);
}

static struct gw_task_record *sleeps_in_module(struct world *w, uint32_t state)
{
	struct gw_task_record *task = user_task(w, 101, "app");

	gpu_module(w, "vendor");
	task->state = state;
	stack(w, task, "schedule vendor:vendor_wait_idle vendor:vendor_ioctl do_syscall_64");
	return task;
}

TEST(uninterruptible_sleep_in_a_gpu_module_is_a_stall)
{
	struct world *w = world_new();

	sleeps_in_module(w, TASK_UNINTERRUPTIBLE);
	look(w, 9);
	assert_silent(w);
	look(w, 2);
	assert_string_equal(the_report(w, GW_KIND_STALL)->summary,
			    "app (pid 101) sleeps in vendor_wait_idle() of module vendor");
	world_free(w);
}

TEST(sleep_that_ends_by_itself_or_by_any_signal_is_no_stall)
{
	struct world *w = world_new();
	struct gw_task_record *task = sleeps_in_module(w, TASK_INTERRUPTIBLE);

	look(w, 15);
	assert_silent(w);
	task->state = TASK_UNINTERRUPTIBLE;
	task->flags |= GW_TASK_F_TIMER;
	look(w, 15);
	assert_silent(w);
	task->flags |= GW_TASK_F_FAR;
	look(w, 15);
	assert_non_null(strstr(the_report(w, GW_KIND_STALL)->explanation, "; a timer does, in a day or later."));
	world_free(w);
}

TEST(long_wait_for_fences_that_are_not_known_is_a_stall)
{
	struct world *w = world_new();

	waits(w, kthread(w, 101, "waiter"), GW_WAIT_SYNCOBJ, 0xffffc90000dd0000)->count = 2;
	look(w, 11);
	assert_non_null(strstr(the_report(w, GW_KIND_STALL)->summary, "cannot be identified (syncobj)"));
	world_free(w);
}

TEST(stall_that_turns_out_to_be_a_deadlock_gives_way)
{
	struct world *w = world_new();
	struct gw_task_record *holder = kthread(w, 101, "holder"), *signaller = kthread(w, 102, "signaller");
	struct gw_lock_record *lock = lock_of(w, GW_LOCK_MUTEX, holder);

	waits_for_fence(w, holder, fence(w, timeline_by(w, "gfx", signaller), 7));
	look(w, 11);
	assert_int_equal(count_reports(w, GW_KIND_STALL, GW_STATE_ACTIVE), 1);
	waits_for_lock(w, signaller, lock, MUTEX);
	look(w, 2);
	assert_int_equal(count_reports(w, GW_KIND_STALL, GW_STATE_ACTIVE), 0);
	assert_int_equal(count_reports(w, GW_KIND_STALL, GW_STATE_RESOLVED), 1);
	assert_int_equal(count_reports(w, GW_KIND_DEADLOCK, GW_STATE_ACTIVE), 1);
	look(w, 10);
	assert_int_equal(count_reports(w, GW_KIND_STALL, GW_STATE_ACTIVE), 0);
	world_free(w);
}

TEST(victims_of_a_deadlock_are_no_stalls)
{
	struct world *w = world_new();
	struct classic c = classic(w, 101);

	waits_for_fence(w, kthread(w, 110, "victim"), c.fence);
	look(w, 30);
	assert_int_equal(count_reports(w, GW_KIND_STALL, GW_STATE_ACTIVE), 0);
	assert_int_equal(count_reports(w, GW_KIND_DEADLOCK, GW_STATE_ACTIVE), 1);
	world_free(w);
}

/* ---- waits from before the programs ---------------------------------------------------------- */

static struct gw_task_record *waits_since_before(struct world *w, uint32_t pid)
{
	struct gw_task_record *task = kthread(w, pid, "early");

	w->host.attached_ns = w->now_ns;
	task->last_ran_ns = w->now_ns - 3 * SECOND;
	stack(w, task, stack_of_a_fence_wait);
	return task;
}

TEST(wait_from_before_the_attach_is_a_stall_that_says_what_it_does_not_know)
{
	struct world *w = world_new();
	struct gw_task_record *task = waits_since_before(w, 101);
	const struct gw_report *report;

	look(w, 1);
	assert_silent(w);
	assert_true(gw_analysis_wants_more(w->analysis));
	look(w, 1);
	report = the_report(w, GW_KIND_STALL);
	assert_int_equal(report->confidence, GW_CONFIDENCE_PROBABLE);
	assert_int_equal(report->formed_mono_ns, 0);
	assert_non_null(strstr(report->explanation, "gpuwatch has no record of this wait"));
	assert_non_null(strstr(report->explanation, "dma_fence_default_wait"));
	assert_non_null(strstr(report->explanation, "gpulab"));
	assert_string_equal(report->root_node, "task:101");
	look(w, 5);
	assert_int_equal(w->n_changes, 1);
	task->switches++;
	look(w, 1);
	assert_int_equal(count_reports(w, GW_KIND_STALL, GW_STATE_RESOLVED), 1);
	world_free(w);
}

TEST(sleep_that_nobody_tracks_is_named_by_its_function)
{
	struct world *w = world_new();
	struct gw_task_record *task = waits_since_before(w, 101);
	const struct gw_report *report;

	task->state = TASK_UNINTERRUPTIBLE | TASK_WAKEKILL;
	task->flags = GW_TASK_F_NO_TIMER;
	stack(w, task, "schedule schedule_timeout gpu_sched:drm_sched_entity_flush amdgpu:amdgpu_flush do_syscall_64");
	look(w, 2);
	report = the_report(w, GW_KIND_STALL);
	assert_string_equal(
		report->summary,
		"early (pid 101) sleeps in drm_sched_entity_flush() of module gpu_sched, called from amdgpu_flush() of module amdgpu");
	assert_null(strstr(report->explanation, "which fence"));
	assert_null(strstr(report->explanation, "before gpuwatch was attached"));
	assert_non_null(strstr(report->explanation, "A fatal signal wakes it up, and no timer does."));
	assert_string_equal(node_text(report, "task:101", "end"), "sleeps-in");
	assert_string_equal(node_text(report, "task:101", "place"), "amdgpu_flush [amdgpu]");
	assert_string_equal(node_text(report, "task:101", "signals"), "fatal");
	world_free(w);
}

TEST(chain_ends_in_the_function_that_the_last_task_sleeps_in)
{
	struct world *w = world_new();
	struct gw_task_record *signaller = kthread(w, 102, "signaller"), *slow = kthread(w, 103, "slow");
	const struct gw_report *report;

	stack(w, slow, "schedule schedule_timeout amdgpu:amdgpu_ring_wait kthread");
	waits_for_fence(w, kthread(w, 101, "waiter"), fence(w, timeline_by(w, "gfx", signaller), 7));
	waits_for_lock(w, signaller, lock_of(w, GW_LOCK_MUTEX, slow), MUTEX);
	look(w, 11);
	report = the_report(w, GW_KIND_STALL);
	assert_non_null(strstr(report->explanation,
			       "The chain ends there: slow (pid 103) sleeps in amdgpu_ring_wait() of module amdgpu."));
	assert_non_null(strstr(report->explanation, "No signal wakes it up."));
	assert_string_equal(node_text(report, "task:103", "end"), "sleeps-in");
	world_free(w);
}

TEST(task_without_a_named_stack_has_no_place)
{
	struct world *w = world_new();
	struct gw_task_record *signaller = kthread(w, 102, "signaller"), *slow = kthread(w, 103, "slow");

	slow->stack[slow->stack_depth++] = 0xffffffffdead0000ULL;
	waits_for_fence(w, kthread(w, 101, "waiter"), fence(w, timeline_by(w, "gfx", signaller), 7));
	waits_for_lock(w, signaller, lock_of(w, GW_LOCK_MUTEX, slow), MUTEX);
	look(w, 11);
	assert_string_equal(node_text(the_report(w, GW_KIND_STALL), "task:103", "end"), "");
	assert_string_equal(node_text(the_report(w, GW_KIND_STALL), "task:103", "place"), "");
	world_free(w);
}

TEST(task_that_ran_in_between_is_no_early_wait)
{
	struct world *w = world_new();
	struct gw_task_record *task = waits_since_before(w, 101);

	for (int i = 0; i < 6; i++) {
		task->switches++;
		look(w, 1);
	}
	assert_silent(w);
	world_free(w);
}

TEST(early_waits_in_one_driver_are_one_stall)
{
	struct world *w = world_new();
	struct gw_task_record *other;

	waits_since_before(w, 101);
	waits_since_before(w, 102)->last_ran_ns -= SECOND;
	other = waits_since_before(w, 103);
	stack(w, other, "schedule dma_fence_wait_timeout otherdrv:cleanup kthread");
	look(w, 2);
	assert_int_equal(count_reports(w, GW_KIND_STALL, GW_STATE_ACTIVE), 2);
	for (size_t i = 0; i < 2; i++) {
		const struct gw_report *report = nth_report(w, GW_KIND_STALL, GW_STATE_ACTIVE, i);

		if (strcmp(report->root_node, "task:102") == 0)
			assert_int_equal(json_array_size(report->victims), 1);
		else
			assert_string_equal(report->root_node, "task:103");
	}
	world_free(w);
}

TEST(lock_that_the_kernel_remembers_leads_to_an_early_wait)
{
	struct world *w = world_new();
	struct gw_task_record *holder = waits_since_before(w, 101), *blocked = kthread(w, 102, "blocked");

	blocked->blocker = lock_of(w, GW_LOCK_MUTEX, holder)->address;
	look(w, 2);
	assert_int_equal(json_array_size(the_report(w, GW_KIND_STALL)->victims), 1);
	assert_non_null(find_node(the_report(w, GW_KIND_STALL), "task:102"));
	world_free(w);
}

TEST(interruptible_early_wait_must_be_long)
{
	struct world *w = world_new();
	struct gw_task_record *task = waits_since_before(w, 101);

	task->state = 1;
	look(w, 6);
	assert_silent(w);
	look(w, 2);
	assert_int_equal(count_reports(w, GW_KIND_STALL, GW_STATE_ACTIVE), 1);
	world_free(w);
}

#define T(name) cmocka_unit_test(name)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(report_is_told_once_while_nothing_changes),
		T(detection_is_the_first_look_and_formation_the_last_wait),
		T(report_comes_when_it_was_said_to),
		T(candidate_that_is_not_seen_again_waits_for_no_look),
		T(new_victim_changes_the_report_but_not_its_id),
		T(wait_of_one_participant_ends_and_the_report_is_resolved),
		T(participant_that_is_gone_resolves_the_report),
		T(incomplete_snapshot_resolves_nothing),
		T(same_tasks_in_new_waits_are_a_new_report),
		T(another_analysis_gives_the_same_id),
		T(order_of_the_records_does_not_change_the_id),
		T(confidence_grows_with_the_evidence),
		T(one_look_that_does_not_prove_it_changes_nothing),
		T(two_looks_that_do_not_prove_it_make_it_probable),
		T(loop_that_is_not_seen_again_is_probable_while_its_waits_stand),
		T(incomplete_looks_do_not_count_against_a_proof),
		T(resolved_reports_are_bounded_and_the_oldest_go_first),
		T(another_policy_neither_forgets_what_stands_nor_reports_it_again),
		T(oldest_waiter_of_a_dead_end_leaves_and_the_next_one_is_reported),
		T(one_of_two_alternatives_ends_and_with_it_the_verdict),
		T(long_wait_with_an_unknown_end_is_a_stall),
		T(all_waits_for_one_timeline_are_one_stall),
		T(stall_shows_the_chain_to_whoever_is_slow),
		T(stall_shows_the_edge_that_closes_its_loop),
		T(stall_follows_the_member_of_an_array_that_is_not_signalled),
		T(wait_with_a_timeout_and_a_poll_are_no_stalls),
		T(long_wait_for_a_lock_alone_is_no_stall),
		T(long_wait_for_a_lock_whose_holder_sleeps_in_a_gpu_module_is_a_stall),
		T(long_wait_in_another_driver_is_no_stall),
		T(stall_that_ends_at_a_file_server_says_so),
		T(page_fault_of_a_gpu_driver_at_a_file_server_is_no_stall),
		T(uninterruptible_sleep_in_a_gpu_module_is_a_stall),
		T(sleep_that_ends_by_itself_or_by_any_signal_is_no_stall),
		T(long_wait_for_fences_that_are_not_known_is_a_stall),
		T(stall_that_turns_out_to_be_a_deadlock_gives_way),
		T(victims_of_a_deadlock_are_no_stalls),
		T(wait_from_before_the_attach_is_a_stall_that_says_what_it_does_not_know),
		T(sleep_that_nobody_tracks_is_named_by_its_function),
		T(chain_ends_in_the_function_that_the_last_task_sleeps_in),
		T(task_without_a_named_stack_has_no_place),
		T(task_that_ran_in_between_is_no_early_wait),
		T(early_waits_in_one_driver_are_one_stall),
		T(lock_that_the_kernel_remembers_leads_to_an_early_wait),
		T(interruptible_early_wait_must_be_long),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
