/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From snapshots to verdicts: each class is found, with exactly its participants; each near miss stays silent. */
#include "build-snapshot.h"

#define TEST(name) static void name(void **state)
#define MUTEX GW_LOCK_F_MUTEX
#define READ GW_LOCK_F_READ
#define WRITE GW_LOCK_F_WRITE
#define PROVEN GW_CONFIDENCE_PROVEN
#define PROBABLE GW_CONFIDENCE_PROBABLE

#define SLEEPS_IN_NANOSLEEP                                                                                            \
	"schedule do_nanosleep hrtimer_nanosleep __x64_sys_clock_nanosleep do_syscall_64 "                             \
	"entry_SYSCALL_64_after_hwframe"

/* ---- fence-lock-cycle ---------------------------------------------------------------- */

TEST(holder_waits_for_fence_whose_signaller_needs_its_mutex)
{
	struct world *w = world_new();

	classic(w, 101);
	look(w, 2);
	assert_deadlock(w, GW_CLASS_FENCE_LOCK_CYCLE, PROVEN, "101 102", "");
	assert_types(w, "task fence timeline task lock");
	assert_string_equal(the_report(w, GW_KIND_DEADLOCK)->root_node, "task:101");
	world_free(w);
}

TEST(write_held_rwsem_closes_a_loop)
{
	struct world *w = world_new();
	struct classic c = classic(w, 101);

	c.lock->kind = GW_LOCK_RWSEM;
	c.signaller->watch.waits[0].flags = READ;
	look(w, 2);
	assert_deadlock(w, GW_CLASS_FENCE_LOCK_CYCLE, PROVEN, "101 102", "");
	world_free(w);
}

TEST(only_reader_blocked_since_before_the_writer_is_probable)
{
	struct world *w = world_new();
	struct classic c = classic(w, 101);

	c.lock->kind = GW_LOCK_RWSEM;
	read_held_by(c.lock, c.holder, 1);
	c.signaller->watch.waits[0].flags = WRITE;
	look(w, 3);
	assert_deadlock(w, GW_CLASS_FENCE_LOCK_CYCLE, PROBABLE, "101 102", "");
	look(w, 3);
	assert_deadlock(w, GW_CLASS_FENCE_LOCK_CYCLE, PROBABLE, "101 102", "");
	world_free(w);
}

TEST(one_of_several_readers_is_only_a_hint)
{
	struct world *w = world_new();
	struct classic c = classic(w, 101);

	c.lock->kind = GW_LOCK_RWSEM;
	read_held_by(c.lock, c.holder, 2);
	c.signaller->watch.waits[0].flags = WRITE;
	look(w, 3);
	assert_silent(w);
	world_free(w);
}

TEST(hinted_reader_that_blocked_after_the_writer_came_may_have_unlocked)
{
	struct world *w = world_new();
	struct classic c = classic(w, 101);

	c.lock->kind = GW_LOCK_RWSEM;
	read_held_by(c.lock, c.holder, 1);
	c.signaller->watch.waits[0].flags = WRITE;
	c.signaller->watch.waits[0].since_ns = c.holder->watch.waits[0].since_ns - MS;
	look(w, 3);
	assert_silent(w);
	world_free(w);
}

TEST(reader_of_read_held_lock_makes_progress)
{
	struct world *w = world_new();
	struct classic c = classic(w, 101);

	c.lock->kind = GW_LOCK_RWSEM;
	read_held_by(c.lock, c.holder, 1);
	c.signaller->watch.waits[0].flags = READ;
	look(w, 3);
	assert_silent(w);
	world_free(w);
}

TEST(reader_behind_a_queued_writer_is_stuck)
{
	struct world *w = world_new();
	struct classic c = classic(w, 101);
	struct gw_task_record *writer = kthread(w, 103, "writer");

	c.lock->kind = GW_LOCK_RWSEM;
	read_held_by(c.lock, c.holder, 1);
	waits_for_lock(w, writer, c.lock, WRITE);
	c.signaller->watch.waits[0].flags = READ;
	look(w, 3);
	assert_deadlock(w, GW_CLASS_FENCE_LOCK_CYCLE, PROBABLE, "101 102", "103");
	world_free(w);
}

TEST(signalling_work_executed_by_a_worker_that_needs_the_lock)
{
	struct world *w = world_new();
	struct gw_task_record *holder = kthread(w, 101, "holder");
	struct gw_task_record *kworker =
		worker(w, 102, 0xffff8880aaaa0000, "gpulab_signal [gpulab]", 0xffff8880bbbb0000);
	struct gw_lock_record *lock = lock_of(w, GW_LOCK_MUTEX, holder);
	struct gw_timeline_record *ring = timeline(w, "gfx");

	executed(w, kworker, "gpulab_signal [gpulab]");
	signalled_by_work(w, ring, 0xffff8880aaaa0000, "gpulab_signal [gpulab]", 8);
	waits_for_fence(w, holder, fence(w, ring, 7));
	waits_for_lock(w, kworker, lock, MUTEX);
	look(w, 2);
	assert_deadlock(w, GW_CLASS_FENCE_LOCK_CYCLE, PROVEN, "101 102", "");
	assert_types(w, "task fence timeline work task lock");
	world_free(w);
}

TEST(another_item_of_the_signalling_function_is_only_probable)
{
	struct world *w = world_new();
	struct gw_task_record *holder = kthread(w, 101, "holder");
	struct gw_task_record *kworker =
		worker(w, 102, 0xffff8880aaaa0000, "gpulab_signal [gpulab]", 0xffff8880bbbb0000);
	struct gw_lock_record *lock = lock_of(w, GW_LOCK_MUTEX, holder);
	struct gw_timeline_record *ring = timeline(w, "gfx");

	signalled_by_work(w, ring, 0xffff8880aaaa9000, "gpulab_signal [gpulab]", 8);
	waits_for_fence(w, holder, fence(w, ring, 7));
	waits_for_lock(w, kworker, lock, MUTEX);
	look(w, 2);
	assert_deadlock(w, GW_CLASS_FENCE_LOCK_CYCLE, PROBABLE, "101 102", "");
	world_free(w);
}

/* The item that signalled last is in memory still, idle, and the next job's is blocked; @times: it was another one before. */
static void next_job_is_blocked(struct world *w, uint32_t times)
{
	struct gw_task_record *holder = kthread(w, 101, "holder");
	struct gw_task_record *kworker =
		worker(w, 102, 0xffff8880aaaa0000, "gpulab_signal [gpulab]", 0xffff8880bbbb0000);
	struct gw_timeline_record *ring = timeline(w, "gfx");

	signalled_by_work(w, ring, 0xffff8880aaaa9000, "gpulab_signal [gpulab]", 8);
	ring->timeline.items = times;
	queued_inactive(w, 0xffff8880aaaa9000, "gpulab_signal [gpulab]", 0xffff8880bbbb0000, 0)->place = GW_WORK_IDLE;
	waits_for_fence(w, holder, fence(w, ring, 7));
	waits_for_lock(w, kworker, lock_of(w, GW_LOCK_MUTEX, holder), MUTEX);
	look(w, 12);
}

TEST(item_of_the_next_job_takes_the_place_of_one_that_is_done)
{
	struct world *w = world_new();

	next_job_is_blocked(w, 7);
	assert_deadlock(w, GW_CLASS_FENCE_LOCK_CYCLE, PROBABLE, "101 102", "");
	world_free(w);
}

/* Each ring of a driver has an item: that of another one may be blocked for as long as it likes. */
TEST(item_of_another_ring_does_not_signal_this_one)
{
	struct world *w = world_new();

	next_job_is_blocked(w, 0);
	assert_no_deadlock(w);
	assert_non_null(strstr(the_report(w, GW_KIND_STALL)->explanation, "is not queued"));
	world_free(w);
}

TEST(wait_any_is_stuck_when_all_its_fences_are)
{
	struct world *w = world_new();
	struct gw_task_record *holder = kthread(w, 101, "holder"), *signaller = kthread(w, 102, "signaller");
	struct gw_lock_record *lock = lock_of(w, GW_LOCK_MUTEX, holder);
	struct gw_timeline_record *gfx = timeline_by(w, "gfx", signaller), *sdma = timeline_by(w, "sdma", signaller);

	waits_for_any(w, holder, fence(w, gfx, 7), fence(w, sdma, 3));
	waits_for_lock(w, signaller, lock, MUTEX);
	look(w, 2);
	assert_deadlock(w, GW_CLASS_FENCE_LOCK_CYCLE, PROVEN, "101 102", "");
	world_free(w);
}

TEST(wait_any_with_one_live_fence_is_not_stuck)
{
	struct world *w = world_new();
	struct gw_task_record *holder = kthread(w, 101, "holder"), *signaller = kthread(w, 102, "signaller");
	struct gw_lock_record *lock = lock_of(w, GW_LOCK_MUTEX, holder);
	struct gw_timeline_record *gfx = timeline_by(w, "gfx", signaller), *sdma = timeline(w, "sdma");

	signalled_by_interrupt(sdma, GW_SIGNALLER_HARDIRQ);
	waits_for_any(w, holder, fence(w, gfx, 7), fence(w, sdma, 3));
	waits_for_lock(w, signaller, lock, MUTEX);
	look(w, 3);
	assert_silent(w);
	world_free(w);
}

TEST(wait_any_whose_fences_are_not_all_known_is_not_stuck)
{
	struct world *w = world_new();
	struct gw_task_record *holder = kthread(w, 101, "holder"), *signaller = kthread(w, 102, "signaller");
	struct gw_lock_record *lock = lock_of(w, GW_LOCK_MUTEX, holder);
	struct gw_timeline_record *gfx = timeline_by(w, "gfx", signaller);

	waits_for_any(w, holder, fence(w, gfx, 7), fence(w, gfx, 8))->count = 3;
	waits_for_lock(w, signaller, lock, MUTEX);
	look(w, 3);
	assert_silent(w);
	world_free(w);
}

TEST(syncobj_wait_for_all_is_stuck_with_one_dead_fence)
{
	struct world *w = world_new();
	struct gw_task_record *holder = kthread(w, 101, "holder"), *signaller = kthread(w, 102, "signaller");
	struct gw_lock_record *lock = lock_of(w, GW_LOCK_MUTEX, holder);
	struct gw_timeline_record *gfx = timeline_by(w, "gfx", signaller), *sdma = timeline(w, "sdma");
	struct gw_wait *wait;

	signalled_by_interrupt(sdma, GW_SIGNALLER_HARDIRQ);
	wait = waits_for_any(w, holder, fence(w, gfx, 7), fence(w, sdma, 3));
	wait->kind = GW_WAIT_SYNCOBJ;
	wait->flags = GW_WAIT_F_ALL;
	((struct gw_fence_record *)w->records[w->n_records - 1])->flags |= GW_FENCE_F_AWAITED;
	waits_for_lock(w, signaller, lock, MUTEX);
	look(w, 2);
	assert_deadlock(w, GW_CLASS_FENCE_LOCK_CYCLE, PROVEN, "101 102", "");
	world_free(w);
}

/* A point may be signalled long before the fence that the syncobj has by now. */
TEST(syncobj_wait_for_a_point_of_a_timeline_is_not_proven)
{
	struct world *w = world_new();
	struct gw_task_record *holder = kthread(w, 101, "holder"), *signaller = kthread(w, 102, "signaller");
	struct gw_lock_record *lock = lock_of(w, GW_LOCK_MUTEX, holder);
	struct gw_timeline_record *gfx = timeline_by(w, "gfx", signaller);
	struct gw_wait *wait;

	wait = waits_for_any(w, holder, fence(w, gfx, 7), fence(w, gfx, 8));
	/* Whether these are the wait's own fences is no question: its points alone are. */
	((struct gw_fence_record *)w->records[w->n_records - 1])->flags |= GW_FENCE_F_AWAITED;
	wait->kind = GW_WAIT_SYNCOBJ;
	wait->flags = GW_WAIT_F_ALL | GW_WAIT_F_POINTS;
	waits_for_lock(w, signaller, lock, MUTEX);
	look(w, 2);
	assert_deadlock(w, GW_CLASS_FENCE_LOCK_CYCLE, PROBABLE, "101 102", "");
	world_free(w);
}

/* What a program means by for ever is a timeout of many years: for points it is one. */
TEST(syncobj_wait_for_a_point_with_a_far_timeout_is_no_deadlock)
{
	struct world *w = world_new();
	struct gw_task_record *holder = kthread(w, 101, "holder"), *signaller = kthread(w, 102, "signaller");
	struct gw_timeline_record *gfx = timeline_by(w, "gfx", signaller);
	struct gw_wait *wait = waits_for_any(w, holder, fence(w, gfx, 7), fence(w, gfx, 8));

	wait->kind = GW_WAIT_SYNCOBJ;
	wait->flags = GW_WAIT_F_ALL | GW_WAIT_F_POINTS | GW_WAIT_F_TIMEOUT;
	wait->due_s = 2 * GW_FAR_S;
	waits_for_lock(w, signaller, lock_of(w, GW_LOCK_MUTEX, holder), MUTEX);
	look(w, 2);
	assert_no_deadlock(w);
	world_free(w);
}

TEST(wait_whose_timer_cannot_be_seen_is_not_proven)
{
	struct world *w = world_new();
	struct classic c = classic(w, 101);

	c.holder->watch.waits[0].flags |= GW_WAIT_F_END_UNKNOWN;
	look(w, 2);
	assert_deadlock(w, GW_CLASS_FENCE_LOCK_CYCLE, PROBABLE, "101 102", "");
	world_free(w);
}

/* No call waits for a mutex with a timeout. */
TEST(timer_that_an_earlier_sleep_left_on_the_stack_ends_no_wait_for_a_lock)
{
	struct world *w = world_new();
	struct classic c = classic(w, 101);

	c.signaller->flags |= GW_TASK_F_TIMER;
	look(w, 2);
	assert_deadlock(w, GW_CLASS_FENCE_LOCK_CYCLE, PROVEN, "101 102", "");
	world_free(w);
}

/* The worker waits for the holder's lock; whether it has signalled in this execution is in its record. */
static struct gw_task_record *work_signals_and_wants_lock(struct world *w, uint32_t signalled)
{
	struct gw_task_record *holder = kthread(w, 101, "holder");
	struct gw_task_record *signaller =
		worker(w, 102, 0xffff8880aaaa0000, "gpulab_signal [gpulab]", 0xffff8880bbbb0000);
	struct gw_timeline_record *ring = timeline(w, "gfx");
	struct gw_work_record *item = executed(w, signaller, "gpulab_signal [gpulab]");

	signalled_by_work(w, ring, 0xffff8880aaaa0000, "gpulab_signal [gpulab]", 8);
	item->position = signalled && signalled != GW_SIGNALLED_SEVERAL
				 ? (uint32_t)ring->timeline.context + signalled - 1
				 : signalled;
	waits_for_fence(w, holder, fence(w, ring, 7));
	waits_for_lock(w, signaller, lock_of(w, GW_LOCK_MUTEX, holder), MUTEX);
	look(w, 2);
	return signaller;
}

TEST(work_item_that_has_not_signalled_yet_is_the_signaller)
{
	struct world *w = world_new();

	work_signals_and_wants_lock(w, 0);
	assert_deadlock(w, GW_CLASS_FENCE_LOCK_CYCLE, PROVEN, "101 102", "");
	world_free(w);
}

TEST(work_item_that_has_signalled_another_timeline_is_the_signaller)
{
	struct world *w = world_new();

	work_signals_and_wants_lock(w, 2);
	assert_deadlock(w, GW_CLASS_FENCE_LOCK_CYCLE, PROVEN, "101 102", "");
	world_free(w);
}

TEST(work_item_that_has_signalled_may_only_clean_up)
{
	struct world *w = world_new();

	work_signals_and_wants_lock(w, 1);
	assert_deadlock(w, GW_CLASS_FENCE_LOCK_CYCLE, PROBABLE, "101 102", "");
	world_free(w);
}

/* One context is remembered. */
TEST(work_item_that_has_signalled_several_timelines_may_only_clean_up)
{
	struct world *w = world_new();

	work_signals_and_wants_lock(w, GW_SIGNALLED_SEVERAL);
	assert_deadlock(w, GW_CLASS_FENCE_LOCK_CYCLE, PROBABLE, "101 102", "");
	world_free(w);
}

TEST(work_item_whose_begin_was_not_seen_may_have_signalled)
{
	struct world *w = world_new();
	struct gw_task_record *kworker = work_signals_and_wants_lock(w, 0);

	assert_deadlock(w, GW_CLASS_FENCE_LOCK_CYCLE, PROVEN, "101 102", "");
	kworker->watch.sections.work_since_ns = 0;
	look(w, 2);
	assert_deadlock(w, GW_CLASS_FENCE_LOCK_CYCLE, PROBABLE, "101 102", "");
	world_free(w);
}

TEST(work_item_whose_record_is_missing_may_have_signalled)
{
	struct world *w = world_new();
	struct gw_task_record *holder = kthread(w, 101, "holder");
	struct gw_task_record *kworker =
		worker(w, 102, 0xffff8880aaaa0000, "gpulab_signal [gpulab]", 0xffff8880bbbb0000);
	struct gw_timeline_record *ring = timeline(w, "gfx");

	signalled_by_work(w, ring, 0xffff8880aaaa0000, "gpulab_signal [gpulab]", 8);
	waits_for_fence(w, holder, fence(w, ring, 7));
	waits_for_lock(w, kworker, lock_of(w, GW_LOCK_MUTEX, holder), MUTEX);
	look(w, 2);
	assert_deadlock(w, GW_CLASS_FENCE_LOCK_CYCLE, PROBABLE, "101 102", "");
	world_free(w);
}

TEST(fence_that_was_not_read_proves_nothing)
{
	struct world *w = world_new();
	struct classic c = classic(w, 101);

	remove_record(w, c.fence);
	look(w, 2);
	assert_deadlock(w, GW_CLASS_FENCE_LOCK_CYCLE, PROBABLE, "101 102", "");
	world_free(w);
}

static void wait_for_container(struct world *w, enum gw_fence_kind kind, uint32_t flags, bool second_lives)
{
	struct gw_task_record *holder = kthread(w, 101, "holder"), *signaller = kthread(w, 102, "signaller");
	struct gw_lock_record *lock = lock_of(w, GW_LOCK_MUTEX, holder);
	struct gw_timeline_record *gfx = timeline_by(w, "gfx", signaller), *sdma = timeline(w, "sdma");
	struct gw_fence_record *container;

	if (second_lives)
		signalled_by_interrupt(sdma, GW_SIGNALLER_HARDIRQ);
	else
		signalled_by(sdma, signaller, 50);
	container = fence_of(w, kind, fence(w, gfx, 7), fence(w, sdma, 3));
	container->flags |= flags;
	waits_for_fence(w, holder, container);
	waits_for_lock(w, signaller, lock, MUTEX);
	look(w, 2);
}

TEST(fence_array_is_stuck_with_one_dead_member)
{
	struct world *w = world_new();

	wait_for_container(w, GW_FENCE_ARRAY, 0, true);
	assert_deadlock(w, GW_CLASS_FENCE_LOCK_CYCLE, PROVEN, "101 102", "");
	assert_types(w, "task fence fence timeline task lock");
	world_free(w);
}

TEST(fence_array_that_signals_on_any_needs_only_the_live_member)
{
	struct world *w = world_new();

	wait_for_container(w, GW_FENCE_ARRAY, GW_FENCE_F_ANY, true);
	assert_silent(w);
	world_free(w);
}

TEST(fence_array_that_signals_on_any_is_stuck_with_all_members_dead)
{
	struct world *w = world_new();

	wait_for_container(w, GW_FENCE_ARRAY, GW_FENCE_F_ANY, false);
	assert_deadlock(w, GW_CLASS_FENCE_LOCK_CYCLE, PROVEN, "101 102", "");
	world_free(w);
}

TEST(fence_array_that_signals_on_any_may_have_live_members_beyond_the_record)
{
	struct world *w = world_new();

	wait_for_container(w, GW_FENCE_ARRAY, GW_FENCE_F_ANY | GW_FENCE_F_CUT, false);
	assert_silent(w);
	world_free(w);
}

TEST(fence_chain_is_stuck_with_its_previous_link)
{
	struct world *w = world_new();

	wait_for_container(w, GW_FENCE_CHAIN, 0, true);
	assert_deadlock(w, GW_CLASS_FENCE_LOCK_CYCLE, PROVEN, "101 102", "");
	world_free(w);
}

TEST(loop_of_three_tasks_has_all_three_in_order)
{
	struct world *w = world_new();
	struct gw_task_record *holder = kthread(w, 101, "holder"), *middle = kthread(w, 103, "middle");
	struct gw_task_record *signaller = kthread(w, 102, "signaller");
	struct gw_lock_record *outer = lock_of(w, GW_LOCK_MUTEX, holder), *inner = lock_of(w, GW_LOCK_RWSEM, middle);

	waits_for_fence(w, holder, fence(w, timeline_by(w, "gfx", signaller), 7));
	waits_for_lock(w, middle, outer, MUTEX);
	waits_for_lock(w, signaller, inner, READ);
	look(w, 2);
	assert_deadlock(w, GW_CLASS_FENCE_LOCK_CYCLE, PROVEN, "101 102 103", "");
	world_free(w);
}

TEST(two_timelines_close_one_loop)
{
	struct world *w = world_new();
	struct gw_task_record *a = kthread(w, 101, "a"), *b = kthread(w, 102, "b"), *c = kthread(w, 103, "c");

	waits_for_fence(w, a, fence(w, timeline_by(w, "gfx", b), 7));
	waits_for_fence(w, b, fence(w, timeline_by(w, "sdma", c), 9));
	waits_for_lock(w, c, lock_of(w, GW_LOCK_MUTEX, a), MUTEX);
	look(w, 2);
	assert_deadlock(w, GW_CLASS_FENCE_LOCK_CYCLE, PROVEN, "101 102 103", "");
	world_free(w);
}

TEST(victims_and_their_victims_are_listed_longest_wait_first)
{
	struct world *w = world_new();
	struct classic c = classic(w, 101);
	struct gw_task_record *first = kthread(w, 110, "victim"), *second = kthread(w, 111, "victim"),
			      *third = kthread(w, 112, "victim");
	struct gw_lock_record *lock = lock_of(w, GW_LOCK_MUTEX, first);

	waits_for_fence(w, first, c.fence);
	waits_for_lock(w, third, lock, MUTEX);
	waits_for_lock(w, second, c.lock, MUTEX);
	look(w, 2);
	assert_deadlock(w, GW_CLASS_FENCE_LOCK_CYCLE, PROVEN, "101 102", "110 112 111");
	world_free(w);
}

TEST(a_task_that_another_loop_blocks_is_no_victim_of_this_one)
{
	struct world *w = world_new();
	struct classic one = classic(w, 101);

	classic(w, 201);
	waits_for_fence(w, kthread(w, 301, "victim"), one.fence);
	look(w, 2);
	assert_int_equal(count_reports(w, GW_KIND_DEADLOCK, GW_STATE_ACTIVE), 2);
	for (size_t i = 0; i < 2; i++) {
		const struct gw_report *report = nth_report(w, GW_KIND_DEADLOCK, GW_STATE_ACTIVE, i);

		if (strcmp(report->root_node, "task:101") == 0)
			assert_report(report, GW_CLASS_FENCE_LOCK_CYCLE, PROVEN, "101 102", "301");
		else
			assert_report(report, GW_CLASS_FENCE_LOCK_CYCLE, PROVEN, "201 202", "");
	}
	world_free(w);
}

TEST(the_loop_that_formed_first_is_the_cause_whoever_joins)
{
	struct world *w = world_new();
	struct classic c = classic(w, 101);
	struct gw_task_record *late = kthread(w, 50, "late");

	look(w, 2);
	/* A shorter way round appears: a second signaller-needs-lock-of-waiter loop through the same signaller. */
	late->watch.sections.notifier_mm = 0;
	waits_for_fence(w, late, c.fence);
	look(w, 2);
	assert_deadlock(w, GW_CLASS_FENCE_LOCK_CYCLE, PROVEN, "101 102", "50");
	world_free(w);
}

TEST(interruptible_wait_is_stuck_too_and_the_advice_says_how_to_end_it)
{
	struct world *w = world_new();
	struct classic c = classic(w, 101);

	c.holder->flags = 0; /* kernel threads take no signals */
	c.holder->state = 1;
	c.holder->watch.waits[0].flags = GW_WAIT_F_INTERRUPTIBLE;
	alarm_of(w, c.holder, 0);
	look(w, 2);
	assert_deadlock(w, GW_CLASS_FENCE_LOCK_CYCLE, PROVEN, "101 102", "");
	assert_non_null(strstr(the_report(w, GW_KIND_DEADLOCK)->advice, "Kill process 101: the sleep of"));
	world_free(w);
}

TEST(process_that_was_killed_in_vain_is_not_to_be_killed_again)
{
	static const char words[] = " holder (pid 101) was killed, and cannot end before its wait does.";
	struct world *w = world_new();
	struct classic c = classic(w, 101);

	c.holder->flags = 0;
	c.holder->state = TASK_INTERRUPTIBLE;
	look(w, 2);
	assert_non_null(strstr(the_report(w, GW_KIND_DEADLOCK)->advice, "Kill process 101: the sleep of"));
	assert_null(strstr(the_report(w, GW_KIND_DEADLOCK)->explanation, "was killed"));
	/* The signal wakes it up, and it sleeps again in another way: the report is renewed. */
	c.holder->flags = GW_TASK_F_KILLED;
	look(w, 1);
	assert_null(strstr(the_report(w, GW_KIND_DEADLOCK)->advice, "Kill process"));
	c.holder->state = TASK_UNINTERRUPTIBLE;
	c.holder->flags = 0;
	look(w, 1);
	c.holder->flags = GW_TASK_F_KILLED;
	look(w, 1);
	assert_null(strstr(the_report(w, GW_KIND_DEADLOCK)->advice, "Kill process"));
	assert_non_null(strstr(the_report(w, GW_KIND_DEADLOCK)->explanation, words));
	world_free(w);
}

TEST(beside_a_process_that_was_killed_another_one_may_be)
{
	struct world *w = world_new();
	struct classic c = classic(w, 101);

	c.holder->flags = GW_TASK_F_KILLED;
	c.signaller->flags = 0;
	c.signaller->state = TASK_UNINTERRUPTIBLE | TASK_WAKEKILL;
	look(w, 2);
	assert_non_null(strstr(the_report(w, GW_KIND_DEADLOCK)->advice, "Kill process 102: the sleep of"));
	world_free(w);
}

/* ---- near misses of it ----------------------------------------------------------------- */

TEST(interrupt_that_signals_is_never_stuck)
{
	struct world *w = world_new();
	struct gw_task_record *holder = kthread(w, 101, "holder"), *waiter = kthread(w, 102, "waiter");
	struct gw_timeline_record *ring = timeline(w, "gfx");

	signalled_by_interrupt(ring, GW_SIGNALLER_SOFTIRQ);
	waits_for_fence(w, holder, fence(w, ring, 7));
	waits_for_lock(w, waiter, lock_of(w, GW_LOCK_MUTEX, holder), MUTEX);
	look(w, 3);
	assert_silent(w);
	world_free(w);
}

TEST(second_signaller_that_lives_may_signal)
{
	struct world *w = world_new();
	struct classic c = classic(w, 101);

	signalled_by(c.ring, kthread(w, 103, "other"), 5);
	look(w, 3);
	assert_silent(w);
	world_free(w);
}

TEST(an_interrupt_among_the_signallers_may_signal)
{
	struct world *w = world_new();
	struct classic c = classic(w, 101);

	signalled_by_interrupt(c.ring, GW_SIGNALLER_HARDIRQ);
	look(w, 3);
	assert_silent(w);
	world_free(w);
}

TEST(two_signallers_in_the_same_loop_are_at_best_probable)
{
	struct world *w = world_new();
	struct classic c = classic(w, 101);
	struct gw_task_record *other = kthread(w, 103, "other");

	signalled_by(c.ring, other, 50);
	waits_for_lock(w, other, c.lock, MUTEX);
	look(w, 3);
	assert_deadlock(w, GW_CLASS_FENCE_LOCK_CYCLE, PROBABLE, "101 102", "103");
	world_free(w);
}

/* A timeline with three signallers, each with so many signals, of which the first is the classic one's. */
static struct classic classic_with_three(struct world *w, uint64_t signals)
{
	struct classic c = classic(w, 101);

	for (uint32_t pid = 103; pid < 105; pid++) {
		struct gw_task_record *other = kthread(w, pid, "other");

		signalled_by(c.ring, other, signals);
		waits_for_lock(w, other, c.lock, MUTEX);
	}
	return c;
}

TEST(three_signallers_that_are_all_stuck_are_as_good_as_one)
{
	struct world *w = world_new();

	classic_with_three(w, 50);
	look(w, 3);
	assert_deadlock(w, GW_CLASS_FENCE_LOCK_CYCLE, PROBABLE, "101 102", "103 104");
	world_free(w);
}

TEST(table_that_signallers_pass_through_may_have_forgotten_one)
{
	struct world *w = world_new();
	struct classic c = classic_with_three(w, 2);

	c.ring->timeline.signallers[0].count = 7;
	look(w, 3);
	assert_silent(w);
	world_free(w);
}

/* ---- after a recovery ---------------------------------------------------------------------- */

/* The classic one's signaller has signalled 20 fences, and a reset so many after them, with errors or not. */
static struct classic classic_after_reset(struct world *w, uint64_t signals, uint32_t errors)
{
	struct classic c = classic(w, 101);
	struct gw_signaller thread = c.ring->timeline.signallers[0];

	c.ring->timeline.signallers[0] = (struct gw_signaller){ .kind = GW_SIGNALLER_NONE };
	signalled_by_work(w, c.ring, 0xffff888000555000, "lab_reset", signals);
	c.ring->timeline.signallers[0].errors = errors;
	c.ring->timeline.signallers[1] = thread;
	c.ring->timeline.signallers[1].count = 20;
	c.ring->timeline.changes = 1;
	return c;
}

TEST(reset_that_signalled_once_does_not_hide_who_signals)
{
	struct world *w = world_new();

	classic_after_reset(w, 1, 0);
	look(w, 2);
	assert_deadlock(w, GW_CLASS_FENCE_LOCK_CYCLE, PROBABLE, "101 102", "");
	world_free(w);
}

TEST(reset_that_retired_many_fences_does_not_hide_who_signals)
{
	struct world *w = world_new();

	classic_after_reset(w, 60, 60);
	look(w, 2);
	assert_deadlock(w, GW_CLASS_FENCE_LOCK_CYCLE, PROBABLE, "101 102", "");
	world_free(w);
}

TEST(reset_under_way_may_signal)
{
	struct world *w = world_new();

	classic_after_reset(w, 1, 1);
	runs(worker(w, 103, 0xffff888000555000, "lab_reset", 0xffff888000777000));
	look(w, 3);
	assert_silent(w);
	world_free(w);
}

TEST(reset_whose_timer_runs_may_signal)
{
	struct world *w = world_new();
	struct gw_work_record *reset;

	classic_after_reset(w, 1, 1);
	reset = queued_inactive(w, 0xffff888000555000, "lab_reset", 0, 0);
	reset->place = GW_WORK_DELAYED;
	look(w, 3);
	assert_silent(w);
	world_free(w);
}

TEST(thread_that_took_over_a_moment_ago_may_signal)
{
	struct world *w = world_new();

	classic_after_reset(w, 3, 0);
	look(w, 3);
	assert_silent(w);
	world_free(w);
}

TEST(operator_that_retired_a_fence_is_back_in_its_shell)
{
	struct world *w = world_new();
	struct classic c = classic(w, 101);
	struct gw_task_record *shell = user_task(w, 103, "sh");

	signalled_by(c.ring, shell, 1);
	shell->state = 1;
	stack(w, shell, "schedule do_wait kernel_wait4 do_syscall_64");
	look(w, 2);
	assert_deadlock(w, GW_CLASS_FENCE_LOCK_CYCLE, PROBABLE, "101 102", "");
	world_free(w);
}

TEST(recovery_thread_that_sleeps_until_it_signals_may_signal)
{
	struct world *w = world_new();
	struct classic c = classic(w, 101);
	struct gw_task_record *recovery = kthread(w, 103, "recovery");

	signalled_by(c.ring, recovery, 1);
	stack(w, recovery, "schedule schedule_timeout msleep gpulab:recovery_thread kthread");
	look(w, 3);
	assert_silent(w);
	world_free(w);
}

TEST(interrupt_that_signalled_once_may_do_so_again)
{
	struct world *w = world_new();
	struct classic c = classic(w, 101);

	signalled_by_interrupt(c.ring, GW_SIGNALLER_HARDIRQ);
	c.ring->timeline.signallers[1].count = 1;
	look(w, 3);
	assert_silent(w);
	world_free(w);
}

TEST(signaller_that_took_over_from_one_that_is_gone_counts_alone)
{
	struct world *w = world_new();
	struct classic c = classic(w, 101);
	struct gw_task_record *former = kthread(w, 103, "former");

	signalled_by(c.ring, former, 50);
	remove_record(w, former);
	look(w, 2);
	assert_deadlock(w, GW_CLASS_FENCE_LOCK_CYCLE, PROBABLE, "101 102", "");
	world_free(w);
}

TEST(user_task_that_always_signals_is_a_signaller)
{
	struct world *w = world_new();
	struct gw_task_record *holder = kthread(w, 101, "holder"), *signaller = user_task(w, 102, "client");
	struct gw_lock_record *lock = lock_of(w, GW_LOCK_MUTEX, holder);
	struct gw_timeline_record *ring = timeline_by(w, "gfx", signaller);

	ring->timeline.signallers[0].count = GW_CLOSE_LOOKS; /* each of them was looked at */
	waits_for_fence(w, holder, fence(w, ring, 7));
	waits_for_lock(w, signaller, lock, MUTEX);
	look(w, 3);
	assert_deadlock(w, GW_CLASS_FENCE_LOCK_CYCLE, PROBABLE, "101 102", "");
	world_free(w);
}

TEST(user_task_may_have_signalled_polled_fences_in_passing)
{
	struct world *w = world_new();
	struct gw_task_record *compositor = user_task(w, 101, "compositor");
	struct gw_fence_record *next = fence(w, timeline_by(w, "gfx", compositor), 7);

	next->flags |= GW_FENCE_F_POLLED;
	waits_for_fence(w, compositor, next);
	look(w, 3);
	assert_silent(w);
	world_free(w);
}

TEST(thread_that_retires_polled_fences_is_at_best_probable)
{
	struct world *w = world_new();
	struct classic c = classic(w, 101);

	c.fence->flags |= GW_FENCE_F_POLLED;
	look(w, 3);
	assert_deadlock(w, GW_CLASS_FENCE_LOCK_CYCLE, PROBABLE, "101 102", "");
	world_free(w);
}

TEST(signaller_known_from_other_timelines_of_the_driver_is_at_best_probable)
{
	struct world *w = world_new();
	struct classic c = classic(w, 101);

	c.ring->inherited = 1;
	look(w, 3);
	assert_deadlock(w, GW_CLASS_FENCE_LOCK_CYCLE, PROBABLE, "101 102", "");
	world_free(w);
}

TEST(drivers_with_several_signallers_tell_nothing_of_a_new_timeline)
{
	struct world *w = world_new();
	struct classic c = classic(w, 101);
	struct gw_task_record *other = kthread(w, 103, "other");

	c.ring->inherited = 1;
	signalled_by(c.ring, other, 50);
	waits_for_lock(w, other, c.lock, MUTEX);
	look(w, 3);
	assert_silent(w);
	world_free(w);
}

/* Whatever it signalled was on other timelines. */
TEST(process_that_is_idle_does_not_inherit_a_timeline)
{
	struct world *w = world_new();
	struct gw_task_record *shell = user_task(w, 103, "shell");
	struct gw_timeline_record *ring = timeline_by(w, "gfx", shell);

	stack(w, shell, "schedule do_wait __x64_sys_wait4 do_syscall_64");
	ring->inherited = 1;
	waits_for_fence(w, kthread(w, 101, "waiter"), fence(w, ring, 7));
	look(w, 12);
	assert_null(strstr(the_report(w, GW_KIND_STALL)->explanation, "shell"));
	world_free(w);
}

/* Another task has its memory by now. */
TEST(thread_that_is_gone_does_not_inherit_a_timeline)
{
	struct world *w = world_new();
	struct gw_task_record *former = kthread(w, 103, "former");
	struct gw_timeline_record *ring = timeline_by(w, "gfx", former);

	former->start_ns += SECOND;
	ring->inherited = 1;
	waits_for_fence(w, kthread(w, 101, "waiter"), fence(w, ring, 7));
	look(w, 12);
	assert_null(strstr(the_report(w, GW_KIND_STALL)->explanation, "former"));
	assert_non_null(strstr(the_report(w, GW_KIND_STALL)->explanation, "no signaller on record"));
	world_free(w);
}

TEST(drivers_whose_other_signallers_are_gone_have_one)
{
	struct world *w = world_new();
	struct classic c = classic(w, 101);

	c.ring->inherited = 1;
	for (uint32_t pid = 103; pid < 105; pid++) {
		struct gw_task_record *former = kthread(w, pid, "former");

		signalled_by(c.ring, former, 50);
		remove_record(w, former);
	}
	look(w, 2);
	assert_deadlock(w, GW_CLASS_FENCE_LOCK_CYCLE, PROBABLE, "101 102", "");
	world_free(w);
}

/* The first fence of a timeline may be signalled by whoever sets it up, and the others by an interrupt. */
TEST(signaller_seen_once_is_no_habit)
{
	struct world *w = world_new();
	struct classic c = classic(w, 101);

	c.ring->timeline.signallers[0].count = 3;
	look(w, 3);
	assert_deadlock(w, GW_CLASS_FENCE_LOCK_CYCLE, PROBABLE, "101 102", "");
	world_free(w);
}

TEST(signaller_of_a_few_fences_is_a_habit)
{
	struct world *w = world_new();
	struct classic c = classic(w, 101);

	c.ring->timeline.signallers[0].count = 4;
	look(w, 3);
	assert_deadlock(w, GW_CLASS_FENCE_LOCK_CYCLE, PROVEN, "101 102", "");
	world_free(w);
}

TEST(timeline_that_never_signalled_has_an_unknown_signaller)
{
	struct world *w = world_new();
	struct classic c = classic(w, 101);

	remove_record(w, c.ring);
	look(w, 3);
	assert_silent(w);
	world_free(w);
}

TEST(wait_with_a_timeout_ends_by_itself)
{
	struct world *w = world_new();
	struct classic c = classic(w, 101);

	c.holder->watch.waits[0].flags = GW_WAIT_F_TIMEOUT;
	look(w, 3);
	assert_silent(w);
	world_free(w);
}

TEST(wait_with_a_timeout_of_a_day_or_more_is_one_without_an_end)
{
	struct world *w = world_new();
	struct classic c = classic(w, 101);

	c.holder->watch.waits[0].flags = GW_WAIT_F_TIMEOUT;
	c.holder->watch.waits[0].due_s = 2 * GW_FAR_S;
	look(w, 3);
	assert_deadlock(w, GW_CLASS_FENCE_LOCK_CYCLE, PROVEN, "101 102", "");
	assert_non_null(
		strstr(the_report(w, GW_KIND_DEADLOCK)->explanation, ", with a timeout of 2 d 0 h, to be signalled"));
	world_free(w);
}

TEST(timeout_that_is_due_within_a_day_ends_the_wait)
{
	struct world *w = world_new();
	struct classic c = classic(w, 101);

	c.holder->watch.waits[0].flags = GW_WAIT_F_TIMEOUT;
	c.holder->watch.waits[0].due_s = GW_FAR_S - 1;
	look(w, 3);
	assert_silent(w);
	world_free(w);
}

TEST(write_flag_of_a_lock_is_no_timeout)
{
	struct world *w = world_new();
	struct classic c = classic(w, 101);

	assert_int_equal(WRITE, GW_WAIT_F_TIMEOUT);
	c.lock->kind = GW_LOCK_RWSEM;
	c.signaller->watch.waits[0].flags = WRITE;
	look(w, 2);
	assert_deadlock(w, GW_CLASS_FENCE_LOCK_CYCLE, PROVEN, "101 102", "");
	world_free(w);
}

TEST(running_owner_makes_progress)
{
	struct world *w = world_new();
	struct classic c = classic(w, 101);

	runs(c.holder);
	look(w, 3);
	assert_silent(w);
	world_free(w);
}

TEST(owner_that_waits_for_nothing_tracked_makes_progress)
{
	struct world *w = world_new();
	struct gw_task_record *owner = kthread(w, 101, "owner"), *waiter = kthread(w, 102, "waiter");

	waits_for_lock(w, waiter, lock_of(w, GW_LOCK_MUTEX, owner), MUTEX);
	look(w, 3);
	assert_silent(w);
	world_free(w);
}

TEST(signalled_fence_ends_the_wait)
{
	struct world *w = world_new();
	struct classic c = classic(w, 101);

	c.fence->flags |= GW_FENCE_F_SIGNALED;
	look(w, 3);
	assert_silent(w);
	world_free(w);
}

TEST(fence_whose_memory_is_another_one_by_now_is_not_judged)
{
	struct world *w = world_new();
	struct classic c = classic(w, 101);

	c.fence->seqno++;
	look(w, 3);
	assert_silent(w);
	world_free(w);
}

TEST(slow_but_healthy_chain_is_silent)
{
	struct world *w = world_new();
	struct gw_task_record *tasks[20];
	struct gw_lock_record *lock = NULL;

	for (uint32_t i = 0; i < 20; i++) {
		tasks[i] = kthread(w, 100 + i, "chain");
		if (lock)
			waits_for_lock(w, tasks[i], lock, MUTEX);
		lock = lock_of(w, GW_LOCK_MUTEX, tasks[i]);
	}
	look(w, 9);
	assert_silent(w);
	world_free(w);
}

TEST(plain_lock_cycle_is_not_ours)
{
	struct world *w = world_new();
	struct gw_task_record *a = kthread(w, 101, "a"), *b = kthread(w, 102, "b");
	struct gw_lock_record *one = lock_of(w, GW_LOCK_MUTEX, a), *two = lock_of(w, GW_LOCK_MUTEX, b);

	waits_for_lock(w, a, two, MUTEX);
	waits_for_lock(w, b, one, MUTEX);
	look(w, 30);
	assert_silent(w);
	world_free(w);
}

TEST(fence_behind_a_plain_lock_cycle_is_a_stall)
{
	struct world *w = world_new();
	struct gw_task_record *a = kthread(w, 101, "a"), *b = kthread(w, 102, "b"), *waiter = kthread(w, 103, "waiter");
	struct gw_lock_record *one = lock_of(w, GW_LOCK_MUTEX, a), *two = lock_of(w, GW_LOCK_MUTEX, b);

	waits_for_lock(w, a, two, MUTEX);
	waits_for_lock(w, b, one, MUTEX);
	waits_for_fence(w, waiter, fence(w, timeline_by(w, "gfx", a), 7));
	look(w, 12);
	assert_no_deadlock(w);
	assert_int_equal(count_reports(w, GW_KIND_STALL, GW_STATE_ACTIVE), 1);
	world_free(w);
}

TEST(stale_wait_of_a_task_that_sleeps_in_epoll_is_ignored)
{
	struct world *w = world_new();
	struct classic c = classic(w, 101);

	/* Of a lock, no function stands on the stack of who waits for it. */
	c.signaller->flags = 0;
	c.signaller->state = 1;
	stack(w, c.signaller, "schedule ep_poll do_epoll_wait do_syscall_64 entry_SYSCALL_64_after_hwframe");
	look(w, 3);
	assert_no_deadlock(w);
	world_free(w);
}

/* ---- twice ------------------------------------------------------------------------------- */

TEST(nothing_is_said_after_one_look)
{
	struct world *w = world_new();

	classic(w, 101);
	look(w, 1);
	assert_silent(w);
	assert_true(gw_analysis_wants_more(w->analysis));
	look(w, 1);
	assert_int_equal(count_reports(w, GW_KIND_DEADLOCK, GW_STATE_ACTIVE), 1);
	world_free(w);
}

TEST(wait_that_broke_in_between_is_another_wait)
{
	struct world *w = world_new();
	struct classic c = classic(w, 101);

	for (int i = 0; i < 5; i++) {
		look(w, 1);
		assert_silent(w);
		waits_no_more(c.holder);
		waits_for_fence(w, c.holder, c.fence);
	}
	world_free(w);
}

TEST(same_pid_but_another_task_is_another_wait)
{
	struct world *w = world_new();
	struct classic c = classic(w, 101);

	look(w, 1);
	c.holder->start_ns++;
	look(w, 1);
	assert_silent(w);
	world_free(w);
}

TEST(loop_younger_than_the_threshold_is_not_reported_yet)
{
	struct world *w = world_with_policy(
		(struct gw_policy){ .min_wait_ns = 3 * SECOND, .stall_ns = 10 * SECOND, .keep_resolved = 4 });

	classic(w, 101);
	look(w, 2);
	assert_silent(w);
	look(w, 1);
	assert_int_equal(count_reports(w, GW_KIND_DEADLOCK, GW_STATE_ACTIVE), 1);
	world_free(w);
}

TEST(candidate_survives_a_look_at_a_spurious_wakeup)
{
	struct world *w = world_new();
	struct classic c = classic(w, 101);

	look(w, 1);
	runs(c.holder);
	look(w, 1);
	assert_silent(w);
	c.holder->state = 2;
	c.holder->flags &= ~GW_TASK_F_ON_CPU;
	look(w, 1);
	assert_int_equal(count_reports(w, GW_KIND_DEADLOCK, GW_STATE_ACTIVE), 1);
	world_free(w);
}

/* ---- notifier-cycle ------------------------------------------------------------------------- */

/* A process unmaps; its driver's callback waits for a fence; the signaller wants the process's mmap_lock. */
static struct classic unmaps(struct world *w, uint32_t lock_flags)
{
	struct classic c;

	c.holder = user_task(w, 101, "compute");
	c.signaller = kthread(w, 102, "signaller");
	c.lock = mmap_lock_of(w, c.holder->mm);
	c.ring = timeline_by(w, "gfx", c.signaller);
	c.fence = fence(w, c.ring, 7);
	c.holder->watch.sections.notifier_mm = c.holder->mm;
	c.holder->watch.sections.notifier_since_ns = w->now_ns;
	c.holder->watch.sections.notifier_depth = 1;
	c.lock->readers = 1;
	stack(w, c.holder,
	      "schedule dma_fence_default_wait dma_fence_wait_timeout gpulab:invalidate mn_itree_invalidate __mmu_notifier_invalidate_range_start unmap_vmas do_vmi_munmap __x64_sys_munmap do_syscall_64 entry_SYSCALL_64_after_hwframe");
	waits_for_fence(w, c.holder, c.fence);
	waits_for_lock(w, c.signaller, c.lock, lock_flags);
	return c;
}

TEST(munmap_holds_its_mmap_lock_for_reading_and_the_signaller_wants_to_write)
{
	struct world *w = world_new();
	struct classic c = unmaps(w, WRITE);

	look(w, 2);
	assert_deadlock(w, GW_CLASS_NOTIFIER_CYCLE, PROVEN, "101 102", "");
	assert_types(w, "task fence timeline task lock notifier");
	assert_non_null(strstr(the_report(w, GW_KIND_DEADLOCK)->summary, "mmap_lock"));
	assert_string_equal(the_report(w, GW_KIND_DEADLOCK)->root_node, "task:101");
	assert_int_equal(c.lock->readers, 1);
	world_free(w);
}

TEST(signaller_that_only_reads_the_downgraded_mmap_lock_makes_progress)
{
	struct world *w = world_new();

	unmaps(w, READ);
	look(w, 3);
	assert_silent(w);
	world_free(w);
}

TEST(write_held_mmap_lock_names_its_owner)
{
	struct world *w = world_new();
	struct classic c = unmaps(w, READ);

	c.lock->readers = 0;
	c.lock->owner_kind = GW_OWNER_EXCLUSIVE;
	c.lock->owner = c.holder->address;
	look(w, 2);
	assert_deadlock(w, GW_CLASS_NOTIFIER_CYCLE, PROVEN, "101 102", "");
	world_free(w);
}

TEST(invalidation_from_the_reverse_map_holds_no_mmap_lock)
{
	struct world *w = world_new();
	struct classic c = unmaps(w, WRITE);

	stack(w, c.holder,
	      "schedule dma_fence_wait_timeout gpulab:invalidate __mmu_notifier_invalidate_range_start try_to_unmap_one rmap_walk_anon shrink_page_list kswapd kthread");
	look(w, 3);
	assert_silent(w);
	world_free(w);
}

TEST(munmap_of_ones_own_mm_says_nothing_about_another_mm)
{
	struct world *w = world_new();
	struct classic c = unmaps(w, WRITE);

	c.holder->mm = new_address(w);
	look(w, 2);
	assert_deadlock(w, GW_CLASS_NOTIFIER_CYCLE, PROBABLE, "101 102", "");
	world_free(w);
}

TEST(signaller_waits_for_the_invalidation_to_end)
{
	struct world *w = world_new();
	struct classic c = unmaps(w, WRITE);

	waits_no_more(c.signaller);
	waits(w, c.signaller, GW_WAIT_NOTIFIER, c.holder->mm);
	look(w, 2);
	assert_deadlock(w, GW_CLASS_NOTIFIER_CYCLE, PROVEN, "101 102", "");
	assert_types(w, "task fence timeline task notifier");
	world_free(w);
}

TEST(driver_lock_held_across_a_callback_that_waits_is_a_notifier_cycle)
{
	struct world *w = world_new();
	struct classic c = classic(w, 101);

	c.holder->watch.sections.notifier_mm = new_address(w);
	look(w, 2);
	assert_deadlock(w, GW_CLASS_NOTIFIER_CYCLE, PROVEN, "101 102", "");
	world_free(w);
}

/* Unregisters a notifier with a mutex held that the callback of a process wants; @since_ns: when the callback began. */
static struct gw_task_record *unregisters(struct world *w, const char *frames, uint64_t since_ns)
{
	struct gw_task_record *process = user_task(w, 101, "compute"), *release = kthread(w, 102, "release");

	process->watch.sections.notifier_mm = process->mm;
	process->watch.sections.notifier_since_ns = since_ns;
	process->watch.sections.notifier_depth = 1;
	stack(w, process,
	      "schedule __mutex_lock amdkfd:invalidate __mmu_notifier_invalidate_range_start unmap_vmas do_vmi_munmap __x64_sys_munmap do_syscall_64 entry_SYSCALL_64_after_hwframe");
	waits_for_lock(w, process, lock_of(w, GW_LOCK_MUTEX, release), GW_LOCK_F_MUTEX);
	stack(w, release, frames);
	waits(w, release, GW_WAIT_SRCU, new_address(w));
	return process;
}

#define UNREGISTERS "schedule_timeout __synchronize_srcu mmu_notifier_unregister amdkfd:release kthread"

TEST(who_unregisters_a_notifier_waits_for_its_callbacks)
{
	struct world *w = world_new();

	unregisters(w, UNREGISTERS, w->now_ns);
	look(w, 2);
	assert_deadlock(w, GW_CLASS_NOTIFIER_CYCLE, PROBABLE, "101 102", "");
	assert_null(strstr(the_report(w, GW_KIND_DEADLOCK)->summary, "fence"));
	assert_non_null(strstr(the_report(w, GW_KIND_DEADLOCK)->advice, "must not hold a lock that they take"));
	world_free(w);
}

TEST(callback_that_began_after_the_grace_period_does_not_keep_it)
{
	struct world *w = world_new();
	struct gw_task_record *process = unregisters(w, UNREGISTERS, w->now_ns);

	w->now_ns += SECOND;
	process->watch.sections.notifier_since_ns = w->now_ns;
	process->watch.waits[0].since_ns = w->now_ns;
	look(w, 3);
	assert_no_deadlock(w);
	world_free(w);
}

/* It is not in the domain of those that a grace period ends. */
TEST(callback_of_an_interval_notifier_does_not_keep_unregistering)
{
	struct world *w = world_new();
	struct gw_task_record *process = unregisters(w, UNREGISTERS, w->now_ns);

	stack(w, process,
	      "schedule __mutex_lock amdkfd:invalidate mn_itree_invalidate __mmu_notifier_invalidate_range_start unmap_vmas do_vmi_munmap __x64_sys_munmap do_syscall_64 entry_SYSCALL_64_after_hwframe");
	look(w, 3);
	assert_no_deadlock(w);
	world_free(w);
}

/* A release callback, which runs inside of it, waits for a domain of its driver's own. */
TEST(grace_period_of_another_domain_is_not_that_of_notifiers)
{
	struct world *w = world_new();

	unregisters(w, "schedule_timeout __synchronize_srcu amdkfd:release mmu_notifier_unregister amdkfd:fini kthread",
		    w->now_ns);
	look(w, 3);
	assert_no_deadlock(w);
	world_free(w);
}

/* ---- reclaim-cycle, fault-preempt --------------------------------------------------------------- */

static void reclaims(struct world *w, struct gw_task_record *task)
{
	task->watch.sections.reclaim_since_ns = w->now_ns;
	stack(w, task,
	      "dma_fence_wait_timeout gpulab:shrink do_shrink_slab shrink_node do_try_to_free_pages try_to_free_pages __alloc_pages kthread");
}

TEST(signaller_in_direct_reclaim_waits_for_its_own_fence)
{
	struct world *w = world_new();
	struct gw_task_record *signaller = kthread(w, 101, "signaller"), *victim = kthread(w, 102, "victim");
	struct gw_fence_record *own = fence(w, timeline_by(w, "gfx", signaller), 7);

	reclaims(w, signaller);
	waits_for_fence(w, signaller, own);
	waits_for_fence(w, victim, own);
	look(w, 2);
	assert_deadlock(w, GW_CLASS_RECLAIM_CYCLE, PROVEN, "101", "102");
	assert_types(w, "task reclaim fence timeline");
	world_free(w);
}

TEST(reclaim_under_a_lock_that_the_signaller_needs)
{
	struct world *w = world_new();
	struct classic c = classic(w, 101);

	reclaims(w, c.holder);
	look(w, 2);
	assert_deadlock(w, GW_CLASS_RECLAIM_CYCLE, PROVEN, "101 102", "");
	world_free(w);
}

TEST(page_fault_handler_waits_for_a_fence_behind_it)
{
	struct world *w = world_new();
	struct classic c = classic(w, 101);

	c.holder->watch.sections.fault_since_ns = w->now_ns;
	reclaims(w, c.holder);
	stack(w, c.holder,
	      "dma_fence_wait_timeout gpulab:shrink do_shrink_slab shrink_node do_try_to_free_pages try_to_free_pages __alloc_pages amdgpu:amdgpu_vm_handle_fault amdgpu:amdgpu_irq_dispatch process_one_work worker_thread kthread");
	look(w, 2);
	assert_deadlock(w, GW_CLASS_FAULT_PREEMPT, PROVEN, "101 102", "");
	assert_types(w, "task fault reclaim fence timeline task lock");
	world_free(w);
}

/* ---- sections whose end was missed ---------------------------------------------------------------- */

TEST(invalidation_whose_end_was_missed_is_over)
{
	struct world *w = world_new();
	struct classic c = unmaps(w, WRITE);

	waits_no_more(c.signaller);
	waits(w, c.signaller, GW_WAIT_NOTIFIER, c.holder->mm);
	stack(w, c.holder, "dma_fence_wait_timeout gpulab:ioctl __x64_sys_ioctl do_syscall_64");
	look(w, 3);
	assert_silent(w);
	world_free(w);
}

TEST(invalidation_that_no_stack_shows_is_not_proven)
{
	struct world *w = world_new();
	struct classic c = unmaps(w, WRITE);

	waits_no_more(c.signaller);
	waits(w, c.signaller, GW_WAIT_NOTIFIER, c.holder->mm);
	c.holder->stack_depth = 0;
	look(w, 2);
	assert_deadlock(w, GW_CLASS_NOTIFIER_CYCLE, PROBABLE, "101 102", "");
	world_free(w);
}

TEST(invalidation_below_the_frames_that_were_kept_is_not_proven)
{
	struct world *w = world_new();
	struct classic c = unmaps(w, WRITE);

	waits_no_more(c.signaller);
	waits(w, c.signaller, GW_WAIT_NOTIFIER, c.holder->mm);
	stack(w, c.holder, "dma_fence_wait_timeout");
	while (c.holder->stack_depth < GW_STACK_DEPTH)
		c.holder->stack[c.holder->stack_depth++] = function(w, "deep [gpulab]");
	look(w, 2);
	assert_deadlock(w, GW_CLASS_NOTIFIER_CYCLE, PROBABLE, "101 102", "");
	world_free(w);
}

TEST(reclaim_whose_end_was_missed_is_over)
{
	struct world *w = world_new();
	struct classic c = classic(w, 101);

	reclaims(w, c.holder);
	stack(w, c.holder, "dma_fence_wait_timeout gpulab:submit kthread");
	look(w, 2);
	assert_deadlock(w, GW_CLASS_FENCE_LOCK_CYCLE, PROVEN, "101 102", "");
	world_free(w);
}

/* Since 6.17 madvise() may hold one VMA's lock; then mmap_lock has another reader. */
TEST(mmap_lock_of_another_reader_is_not_held_by_the_invalidation)
{
	struct world *w = world_new();
	struct classic c = unmaps(w, WRITE);
	struct gw_task_record *reader = user_task(w, 103, "reader");

	stack(w, c.holder,
	      "dma_fence_wait_timeout gpulab:invalidate __mmu_notifier_invalidate_range_start zap_page_range_single madvise_vma_behavior do_madvise __x64_sys_madvise do_syscall_64");
	c.lock->owner = reader->address;
	c.lock->owner_kind = GW_OWNER_READER_HINT;
	look(w, 3);
	assert_no_deadlock(w);
	world_free(w);
}

/* It read the memory map before, and has let go; then it reclaims memory, and the reverse map calls it. */
TEST(last_reader_of_mmap_lock_may_have_let_go_before_its_invalidation)
{
	struct world *w = world_new();
	struct classic c = unmaps(w, WRITE);

	stack(w, c.holder,
	      "dma_fence_wait_timeout gpulab:invalidate __mmu_notifier_invalidate_range_start try_to_unmap_one rmap_walk_anon try_to_unmap shrink_folio_list shrink_lruvec do_try_to_free_pages");
	read_held_by(c.lock, c.holder, 1);
	look(w, 3);
	assert_deadlock(w, GW_CLASS_NOTIFIER_CYCLE, PROBABLE, "101 102", "");
	world_free(w);
}

static void advises(enum gw_confidence confidence, const char *release)
{
	struct world *w = world_new();
	struct classic c = unmaps(w, WRITE);

	snprintf(w->host.release, sizeof(w->host.release), "%s", release);

	stack(w, c.holder,
	      "dma_fence_wait_timeout gpulab:invalidate __mmu_notifier_invalidate_range_start zap_page_range_single madvise_vma_behavior do_madvise __x64_sys_madvise do_syscall_64");
	look(w, 2);
	assert_deadlock(w, GW_CLASS_NOTIFIER_CYCLE, confidence, "101 102", "");
	world_free(w);
}

TEST(madvise_holds_mmap_lock_up_to_6_16)
{
	advises(PROVEN, "6.16.12-amd64");
}

TEST(madvise_alone_does_not_prove_since_6_17_that_mmap_lock_is_held)
{
	advises(PROBABLE, "6.17.0-amd64");
}

/* ---- workqueue-cycle ------------------------------------------------------------------------------ */

#define WORK_A 0xffff8880aaaa0000ULL
#define WORK_B 0xffff8880aaab0000ULL
#define QUEUE 0xffff8880bbbb0000ULL

/* On an ordered workqueue a worker waits for a fence that the next item signals. */
static struct gw_task_record *ordered_queue(struct world *w, uint32_t active)
{
	struct gw_task_record *waiter = worker(w, 101, WORK_A, "gpulab_wait [gpulab]", QUEUE);
	struct gw_timeline_record *ring = timeline(w, "gfx");

	signalled_by_work(w, ring, WORK_B, "gpulab_signal [gpulab]", 8);
	queued_inactive(w, WORK_B, "gpulab_signal [gpulab]", QUEUE, active);
	waits_for_fence(w, waiter, fence(w, ring, 7));
	return waiter;
}

TEST(signalling_work_is_queued_behind_the_waiter)
{
	struct world *w = world_new();

	ordered_queue(w, 1);
	look(w, 2);
	assert_deadlock(w, GW_CLASS_WORKQUEUE_CYCLE, PROVEN, "101", "");
	assert_types(w, "task fence timeline work");
	world_free(w);
}

TEST(signalling_work_is_queued_behind_several_that_all_wait)
{
	struct world *w = world_new();
	struct gw_task_record *first = ordered_queue(w, 2);
	struct gw_task_record *second = worker(w, 102, WORK_A + 0x100, "gpulab_wait [gpulab]", QUEUE);

	waits_for_fence(w, second, fence(w, (struct gw_timeline_record *)w->records[1], 8));
	look(w, 2);
	assert_deadlock(w, GW_CLASS_WORKQUEUE_CYCLE, PROVEN, "101", "102");
	assert_int_equal(first->pid, 101);
	world_free(w);
}

TEST(queued_work_runs_when_one_active_item_can_end)
{
	struct world *w = world_new();

	ordered_queue(w, 2);
	worker(w, 102, WORK_A + 0x100, "gpulab_busy [gpulab]", QUEUE);
	look(w, 3);
	assert_silent(w);
	world_free(w);
}

TEST(queued_work_runs_when_an_active_item_is_not_seen_blocked)
{
	struct world *w = world_new();

	ordered_queue(w, 2);
	look(w, 3);
	assert_silent(w);
	world_free(w);
}

TEST(queued_work_with_a_free_worker_runs)
{
	struct world *w = world_new();

	ordered_queue(w, 1);
	((struct gw_work_record *)w->records[2])->place = GW_WORK_QUEUED;
	look(w, 3);
	assert_silent(w);
	world_free(w);
}

TEST(idle_signalling_work_may_be_queued_any_time)
{
	struct world *w = world_new();

	ordered_queue(w, 1);
	((struct gw_work_record *)w->records[2])->place = GW_WORK_IDLE;
	look(w, 3);
	assert_silent(w);
	world_free(w);
}

TEST(waiter_flushes_the_work_that_needs_its_lock)
{
	struct world *w = world_new();
	struct gw_task_record *flusher = kthread(w, 101, "flusher"), *victim = kthread(w, 103, "victim");
	struct gw_task_record *kworker = worker(w, 102, WORK_A, "gpulab_signal [gpulab]", QUEUE);
	struct gw_timeline_record *ring = timeline(w, "gfx");

	signalled_by_work(w, ring, WORK_A, "gpulab_signal [gpulab]", 8);
	flushes(w, flusher, WORK_A, "gpulab_signal [gpulab]");
	waits(w, flusher, GW_WAIT_COMPLETION, 0xffffc90000aa0000);
	waits_for_lock(w, kworker, lock_of(w, GW_LOCK_MUTEX, flusher), MUTEX);
	waits_for_fence(w, victim, fence(w, ring, 7));
	look(w, 2);
	assert_deadlock(w, GW_CLASS_WORKQUEUE_CYCLE, PROVEN, "101 102", "103");
	world_free(w);
}

TEST(flusher_signals_only_after_the_work_that_waits_for_its_fence)
{
	struct world *w = world_new();
	struct gw_task_record *flusher = kthread(w, 101, "flusher");
	struct gw_task_record *kworker = worker(w, 102, WORK_A, "gpulab_wait [gpulab]", QUEUE);

	waits_for_fence(w, kworker, fence(w, timeline_by(w, "gfx", flusher), 7));
	flushes(w, flusher, WORK_A, "gpulab_wait [gpulab]");
	look(w, 2);
	assert_deadlock(w, GW_CLASS_WORKQUEUE_CYCLE, PROVEN, "101 102", "");
	world_free(w);
}

TEST(flush_of_a_whole_workqueue_needs_every_item_on_it)
{
	struct world *w = world_new();
	struct gw_task_record *flusher = kthread(w, 101, "flusher");
	struct gw_task_record *kworker = worker(w, 102, WORK_A, "gpulab_wait [gpulab]", QUEUE);

	worker(w, 103, WORK_B, "gpulab_busy [gpulab]", QUEUE);
	waits_for_fence(w, kworker, fence(w, timeline_by(w, "gfx", flusher), 7));
	waits(w, flusher, GW_WAIT_WORKQUEUE, QUEUE);
	waits(w, flusher, GW_WAIT_COMPLETION, 0xffffc90000aa0000);
	look(w, 2);
	assert_deadlock(w, GW_CLASS_WORKQUEUE_CYCLE, PROVEN, "101 102", "");
	world_free(w);
}

TEST(item_whose_begin_was_not_seen_may_have_begun_after_the_flush)
{
	struct world *w = world_new();
	struct gw_task_record *flusher = kthread(w, 101, "flusher");
	struct gw_task_record *kworker = worker(w, 102, WORK_A, "gpulab_wait [gpulab]", QUEUE);

	kworker->watch.sections.work_since_ns = 0;
	waits_for_fence(w, kworker, fence(w, timeline_by(w, "gfx", flusher), 7));
	waits(w, flusher, GW_WAIT_WORKQUEUE, QUEUE);
	waits(w, flusher, GW_WAIT_COMPLETION, 0xffffc90000aa0000);
	look(w, 2);
	assert_deadlock(w, GW_CLASS_WORKQUEUE_CYCLE, PROBABLE, "101 102", "");
	world_free(w);
}

TEST(item_that_began_after_the_flush_may_not_count)
{
	struct world *w = world_new();
	struct gw_task_record *flusher = kthread(w, 101, "flusher"), *kworker;

	waits(w, flusher, GW_WAIT_WORKQUEUE, QUEUE);
	w->now_ns += SECOND;
	kworker = worker(w, 102, WORK_A, "gpulab_wait [gpulab]", QUEUE);
	waits_for_fence(w, kworker, fence(w, timeline_by(w, "gfx", flusher), 7));
	look(w, 2);
	assert_deadlock(w, GW_CLASS_WORKQUEUE_CYCLE, PROBABLE, "101 102", "");
	world_free(w);
}

/* It is the one before it that the flush waits for, and that one goes on. */
TEST(item_that_began_after_the_flush_does_not_count_beside_an_older_one)
{
	struct world *w = world_new();
	struct gw_task_record *flusher = kthread(w, 101, "flusher"), *kworker;

	worker(w, 103, WORK_B, "gpulab_busy [gpulab]", QUEUE);
	waits(w, flusher, GW_WAIT_WORKQUEUE, QUEUE);
	w->now_ns += SECOND;
	kworker = worker(w, 102, WORK_A, "gpulab_wait [gpulab]", QUEUE);
	waits_for_fence(w, kworker, fence(w, timeline_by(w, "gfx", flusher), 7));
	look(w, 3);
	assert_no_deadlock(w);
	world_free(w);
}

TEST(item_of_which_nobody_saw_the_beginning_is_not_flushed_for_sure)
{
	struct world *w = world_new();
	struct gw_task_record *flusher = kthread(w, 101, "flusher");
	struct gw_task_record *kworker = worker(w, 102, WORK_A, "gpulab_wait [gpulab]", QUEUE);

	kworker->watch.sections.work_since_ns = 0;
	waits(w, flusher, GW_WAIT_WORKQUEUE, QUEUE);
	waits_for_fence(w, kworker, fence(w, timeline_by(w, "gfx", flusher), 7));
	look(w, 3);
	assert_deadlock(w, GW_CLASS_WORKQUEUE_CYCLE, PROBABLE, "101 102", "");
	world_free(w);
}

TEST(flush_of_work_that_nobody_knows_is_not_stuck)
{
	struct world *w = world_new();
	struct gw_task_record *flusher = kthread(w, 101, "flusher");
	struct gw_task_record *kworker = worker(w, 102, WORK_B, "gpulab_wait [gpulab]", QUEUE);

	waits_for_fence(w, kworker, fence(w, timeline_by(w, "gfx", flusher), 7));
	flushes(w, flusher, WORK_A, "gpulab_wait [gpulab]");
	look(w, 3);
	assert_silent(w);
	world_free(w);
}

TEST(work_that_flushes_itself)
{
	struct world *w = world_new();
	struct gw_task_record *kworker = worker(w, 102, WORK_A, "gpulab_signal [gpulab]", QUEUE);

	flushes(w, kworker, WORK_A, "gpulab_signal [gpulab]");
	look(w, 2);
	assert_deadlock(w, GW_CLASS_WORKQUEUE_CYCLE, PROVEN, "102", "");
	world_free(w);
}

/* ---- drm_sched -------------------------------------------------------------------------------------- */

static struct gw_fence_record *job(struct world *w, uint64_t context, uint64_t sched_task)
{
	struct gw_fence_record *finished = new_record(w, GW_RECORD_FENCE, sizeof(*finished));

	finished->address = new_address(w);
	finished->kind = GW_FENCE_SCHED_FINISHED;
	finished->context = context;
	finished->seqno = 9;
	finished->scheduler = new_address(w);
	finished->sched_task = sched_task;
	snprintf(finished->driver, sizeof(finished->driver), "drm_sched");
	snprintf(finished->timeline, sizeof(finished->timeline), "gfx_%d", (int)context);
	return finished;
}

TEST(jobs_that_depend_on_each_other)
{
	struct world *w = world_new();
	struct gw_task_record *first = kthread(w, 101, "waiter"), *second = kthread(w, 102, "waiter");
	struct gw_fence_record *a = job(w, 70, present(w, 20, "gfx")->address);
	struct gw_fence_record *b = job(w, 80, present(w, 21, "sdma")->address);

	a->dependency = b->address;
	b->dependency = a->address;
	waits_for_fence(w, first, a);
	waits_for_fence(w, second, b);
	look(w, 2);
	assert_deadlock(w, GW_CLASS_SCHED_DEP_CYCLE, PROVEN, "", "101 102");
	assert_types(w, "job fence job fence");
	waits_no_more(first);
	look(w, 1);
	assert_int_equal(count_reports(w, GW_KIND_DEADLOCK, GW_STATE_RESOLVED), 1);
	world_free(w);
}

TEST(scheduler_thread_that_needs_the_lock_of_who_waits_for_its_job)
{
	struct world *w = world_new();
	struct gw_task_record *holder = kthread(w, 101, "holder"), *runner = kthread(w, 102, "gfx");

	waits_for_fence(w, holder, job(w, 70, runner->address));
	waits_for_lock(w, runner, lock_of(w, GW_LOCK_MUTEX, holder), MUTEX);
	look(w, 2);
	assert_deadlock(w, GW_CLASS_FENCE_LOCK_CYCLE, PROVEN, "101 102", "");
	assert_types(w, "task fence job task lock");
	world_free(w);
}

TEST(scheduler_work_that_needs_the_lock_of_who_waits_for_its_job)
{
	struct world *w = world_new();
	struct gw_task_record *holder = kthread(w, 101, "holder");
	struct gw_task_record *kworker = worker(w, 102, WORK_A, "drm_sched_run_job_work [gpu_sched]", QUEUE);
	struct gw_fence_record *finished = job(w, 70, 0);

	finished->sched_work = WORK_A;
	waits_for_fence(w, holder, finished);
	waits_for_lock(w, kworker, lock_of(w, GW_LOCK_MUTEX, holder), MUTEX);
	look(w, 2);
	assert_deadlock(w, GW_CLASS_FENCE_LOCK_CYCLE, PROVEN, "101 102", "");
	assert_types(w, "task fence job work task lock");
	world_free(w);
}

TEST(job_on_the_hardware_depends_on_the_hardware_fence)
{
	struct world *w = world_new();
	struct gw_task_record *holder = kthread(w, 101, "holder"), *runner = kthread(w, 102, "gfx");
	struct gw_timeline_record *ring = timeline(w, "hw");
	struct gw_fence_record *finished = job(w, 70, runner->address);

	signalled_by_interrupt(ring, GW_SIGNALLER_HARDIRQ);
	finished->members[finished->member_count++] = fence(w, ring, 7)->address;
	waits_for_fence(w, holder, finished);
	waits_for_lock(w, runner, lock_of(w, GW_LOCK_MUTEX, holder), MUTEX);
	look(w, 3);
	assert_silent(w);
	world_free(w);
}

TEST(tasks_that_wait_for_each_others_fences)
{
	struct world *w = world_new();
	struct gw_task_record *a = kthread(w, 101, "a"), *b = kthread(w, 102, "b");

	waits_for_fence(w, a, fence(w, timeline_by(w, "gfx", b), 7));
	waits_for_fence(w, b, fence(w, timeline_by(w, "sdma", a), 9));
	look(w, 2);
	assert_deadlock(w, GW_CLASS_SCHED_DEP_CYCLE, PROVEN, "101 102", "");
	world_free(w);
}

/* ---- orphaned-fence ------------------------------------------------------------------------------------ */

static struct gw_timeline_record *orphaned_ring(struct world *w, bool user)
{
	struct gw_task_record *signaller = user ? user_task(w, 90, "producer") : kthread(w, 90, "signaller");
	struct gw_timeline_record *ring = timeline_by(w, "gfx", signaller);

	remove_record(w, signaller);
	return ring;
}

/* Its driver may start another one in its place, as it does after a reset. */
TEST(kernel_thread_that_signalled_is_gone)
{
	struct world *w = world_new();
	struct gw_fence_record *f = fence(w, orphaned_ring(w, false), 7);

	waits_for_fence(w, kthread(w, 101, "waiter"), f);
	waits_for_fence(w, kthread(w, 102, "victim"), f);
	look(w, 2);
	assert_deadlock(w, GW_CLASS_ORPHANED_FENCE, PROBABLE, "101 90", "102");
	assert_types(w, "task fence timeline task");
	world_free(w);
}

TEST(all_timelines_of_one_dead_signaller_are_one_report)
{
	struct world *w = world_new();
	struct gw_task_record *signaller = kthread(w, 90, "signaller");
	struct gw_timeline_record *gfx = timeline_by(w, "gfx", signaller), *sdma = timeline_by(w, "sdma", signaller);

	remove_record(w, signaller);
	waits_for_fence(w, kthread(w, 101, "waiter"), fence(w, gfx, 7));
	waits_for_fence(w, kthread(w, 102, "victim"), fence(w, sdma, 7));
	look(w, 2);
	assert_deadlock(w, GW_CLASS_ORPHANED_FENCE, PROBABLE, "101 90", "102");
	world_free(w);
}

TEST(another_process_may_signal_for_one_that_is_gone)
{
	struct world *w = world_new();

	waits_for_fence(w, kthread(w, 101, "waiter"), fence(w, orphaned_ring(w, true), 7));
	look(w, 3);
	assert_deadlock(w, GW_CLASS_ORPHANED_FENCE, PROBABLE, "101 90", "");
	world_free(w);
}

TEST(signallers_that_come_and_go_leave_no_orphans)
{
	struct world *w = world_new();
	struct gw_timeline_record *ring = orphaned_ring(w, false);
	struct gw_task_record *second = kthread(w, 91, "signaller");

	signalled_by(ring, second, 50);
	remove_record(w, second);
	waits_for_fence(w, kthread(w, 101, "waiter"), fence(w, ring, 7));
	look(w, 3);
	assert_silent(w);
	world_free(w);
}

TEST(process_that_signalled_once_and_left_leaves_no_orphans)
{
	struct world *w = world_new();
	struct gw_timeline_record *ring = orphaned_ring(w, true);

	ring->timeline.signallers[0].count = 1;
	waits_for_fence(w, kthread(w, 101, "waiter"), fence(w, ring, 7));
	look(w, 3);
	assert_silent(w);
	world_free(w);
}

TEST(signaller_that_merely_sleeps_is_not_gone)
{
	struct world *w = world_new();
	struct gw_task_record *signaller = kthread(w, 90, "signaller");
	struct gw_timeline_record *ring = timeline_by(w, "gfx", signaller);
	struct gw_present_record *still = present(w, 90, "signaller");

	still->address = signaller->address;
	remove_record(w, signaller);
	waits_for_fence(w, kthread(w, 101, "waiter"), fence(w, ring, 7));
	look(w, 3);
	assert_silent(w);
	world_free(w);
}

TEST(address_of_a_gone_signaller_used_by_a_new_task)
{
	struct world *w = world_new();
	struct gw_task_record *signaller = kthread(w, 90, "signaller");
	struct gw_timeline_record *ring = timeline_by(w, "gfx", signaller);

	ring->timeline.signallers[0].count = GW_CLOSE_LOOKS - 1;
	signaller->start_ns += 50 * SECOND;
	signaller->pid = 95;
	waits_for_fence(w, kthread(w, 101, "waiter"), fence(w, ring, 7));
	look(w, 2);
	assert_deadlock(w, GW_CLASS_ORPHANED_FENCE, PROBABLE, "101 90", "");
	world_free(w);
}

TEST(signaller_out_of_habit_may_have_been_replaced_at_its_address)
{
	struct world *w = world_new();
	struct gw_task_record *signaller = kthread(w, 90, "signaller");
	struct gw_timeline_record *ring = timeline_by(w, "gfx", signaller);

	ring->timeline.signallers[0].count = GW_CLOSE_LOOKS;
	signaller->start_ns += 50 * SECOND;
	signaller->pid = 95;
	waits_for_fence(w, kthread(w, 101, "waiter"), fence(w, ring, 7));
	look(w, 3);
	assert_silent(w);
	world_free(w);
}

TEST(incomplete_snapshot_proves_nobody_gone)
{
	struct world *w = world_new();

	waits_for_fence(w, kthread(w, 101, "waiter"), fence(w, orphaned_ring(w, false), 7));
	w->incomplete = true;
	look(w, 3);
	assert_silent(w);
	world_free(w);
}

TEST(zombie_signals_no_more)
{
	struct world *w = world_new();
	struct gw_task_record *signaller = kthread(w, 90, "signaller");

	waits_for_fence(w, kthread(w, 101, "waiter"), fence(w, timeline_by(w, "gfx", signaller), 7));
	signaller->flags |= GW_TASK_F_EXITING;
	signaller->state = 0x80;
	look(w, 2);
	assert_deadlock(w, GW_CLASS_ORPHANED_FENCE, PROBABLE, "101 90", "");
	world_free(w);
}

TEST(exiting_task_may_still_signal)
{
	struct world *w = world_new();
	struct gw_task_record *signaller = kthread(w, 90, "signaller");

	waits_for_fence(w, kthread(w, 101, "waiter"), fence(w, timeline_by(w, "gfx", signaller), 7));
	signaller->flags |= GW_TASK_F_EXITING;
	look(w, 3);
	assert_silent(w);
	world_free(w);
}

/* ---- leaked-lock ------------------------------------------------------------------------------------------ */

TEST(page_fault_in_the_middle_of_a_read_is_no_sleep_of_its_own)
{
	struct world *w = world_new();
	struct gw_task_record *reader = user_task(w, 90, "reader");

	stack(w, reader,
	      "schedule handle_userfault do_anonymous_page handle_mm_fault exc_page_fault asm_exc_page_fault _copy_to_iter pipe_read vfs_read ksys_read do_syscall_64 entry_SYSCALL_64_after_hwframe");
	reader->state = 1;
	waits_for_lock(w, user_task(w, 101, "writer"), lock_of(w, GW_LOCK_MUTEX, reader), MUTEX);
	look(w, 3);
	assert_no_deadlock(w);
	world_free(w);
}

TEST(lock_of_a_task_that_is_gone)
{
	struct world *w = world_new();
	struct gw_task_record *owner = kthread(w, 90, "owner");
	struct gw_lock_record *lock = lock_of(w, GW_LOCK_MUTEX, owner);

	remove_record(w, owner);
	waits_for_lock(w, kthread(w, 101, "waiter"), lock, MUTEX);
	waits_for_lock(w, kthread(w, 102, "victim"), lock, MUTEX);
	look(w, 2);
	assert_deadlock(w, GW_CLASS_LEAKED_LOCK, PROBABLE, "101 90", "102");
	assert_types(w, "task lock task");
	world_free(w);
}

/* Takes a lock and goes back to user space with it. */
static struct gw_task_record *leaks_to_user_space(struct world *w, struct gw_lock_record **ret_lock)
{
	struct gw_task_record *owner = user_task(w, 90, "leaker");
	struct gw_lock_record *lock = lock_of(w, GW_LOCK_MUTEX, owner);

	owner->state = 1;
	waits_for_lock(w, kthread(w, 101, "waiter"), lock, MUTEX);
	*ret_lock = lock;
	return owner;
}

TEST(owner_sleeps_in_a_system_call_of_its_own)
{
	struct world *w = world_new();
	struct gw_lock_record *lock;

	stack(w, leaks_to_user_space(w, &lock), SLEEPS_IN_NANOSLEEP);
	look(w, 2);
	assert_deadlock(w, GW_CLASS_LEAKED_LOCK, PROBABLE, "101 90", "");
	world_free(w);
}

TEST(owner_that_sleeps_below_a_driver_still_works_with_its_lock)
{
	struct world *w = world_new();
	struct gw_lock_record *lock;

	stack(w, leaks_to_user_space(w, &lock),
	      "schedule do_nanosleep gpulab:wait_a_while gpulab:ioctl __x64_sys_ioctl do_syscall_64 entry_SYSCALL_64_after_hwframe");
	look(w, 3);
	assert_silent(w);
	world_free(w);
}

TEST(owner_with_a_frame_that_nobody_can_name_is_not_judged)
{
	struct world *w = world_new();
	struct gw_lock_record *lock;
	struct gw_task_record *owner = leaks_to_user_space(w, &lock);

	stack(w, owner, SLEEPS_IN_NANOSLEEP);
	owner->stack[2] = 0xffffffffdeadbeef;
	look(w, 3);
	assert_silent(w);
	world_free(w);
}

TEST(lock_that_belongs_to_the_sleep_itself_is_not_leaked)
{
	struct world *w = world_new();
	struct gw_task_record *reader = user_task(w, 90, "getty"), *other = user_task(w, 101, "getty");

	reader->state = 1;
	stack(w, reader, "schedule n_tty_read tty_read vfs_read do_syscall_64 entry_SYSCALL_64_after_hwframe");
	stack(w, other,
	      "schedule __mutex_lock n_tty_read tty_read vfs_read do_syscall_64 entry_SYSCALL_64_after_hwframe");
	waits_for_lock(w, other, lock_of(w, GW_LOCK_MUTEX, reader), MUTEX);
	look(w, 3);
	assert_silent(w);
	world_free(w);
}

/*
 * A writer that had another one before it, and waits for the readers by now: its wait is still on record, and who queues behind
 * it finds it as the owner. That is no lock that it waits for and holds.
 */
TEST(writer_of_a_percpu_rwsem_that_waits_for_readers_is_no_loop)
{
	struct world *w = world_new();
	struct gw_task_record *writer = kthread(w, 101, "writer"), *reader = kthread(w, 102, "reader");
	struct gw_lock_record *lock = lock_of(w, GW_LOCK_PERCPU_RWSEM, writer);

	stack(w, writer, "schedule amdgpu:writer_thread kthread");
	stack(w, reader, "schedule amdgpu:reader_thread kthread");
	waits_for_lock(w, writer, lock, GW_LOCK_F_PERCPU | GW_LOCK_F_WRITE);
	waits_for_lock(w, reader, lock, GW_LOCK_F_PERCPU | GW_LOCK_F_READ);
	look(w, 3);
	assert_no_deadlock(w);
	world_free(w);
}

TEST(percpu_rwsem_may_be_handed_to_user_space)
{
	struct world *w = world_new();
	struct gw_lock_record *lock;

	stack(w, leaks_to_user_space(w, &lock), SLEEPS_IN_NANOSLEEP);
	lock->kind = GW_LOCK_PERCPU_RWSEM;
	look(w, 3);
	assert_silent(w);
	world_free(w);
}

/* It may release the lock in a later system call. */
TEST(owner_that_spends_time_in_user_mode_is_probable)
{
	struct world *w = world_new();
	struct gw_lock_record *lock;
	struct gw_task_record *owner = leaks_to_user_space(w, &lock);

	runs(owner);
	for (int i = 0; i < 30; i++) {
		owner->utime_ns += SECOND;
		look(w, 1);
	}
	assert_deadlock(w, GW_CLASS_LEAKED_LOCK, PROBABLE, "101 90", "");
	assert_non_null(
		strstr(the_report(w, GW_KIND_DEADLOCK)->explanation, "it may do so itself in a later system call"));
	world_free(w);
}

TEST(waiters_that_come_and_go_prove_nothing_against_the_owner)
{
	struct world *w = world_new();
	struct gw_lock_record *lock;
	struct gw_task_record *owner = leaks_to_user_space(w, &lock);
	struct gw_task_record *second = kthread(w, 102, "waiter"), *first = NULL;

	waits_for_lock(w, second, lock, MUTEX);
	first = (struct gw_task_record *)w->records[2];
	assert_int_equal(first->pid, 101);
	runs(owner);
	for (int i = 0; i < 8; i++) {
		owner->utime_ns += SECOND;
		waits_no_more(first);
		waits_for_lock(w, first, lock, MUTEX);
		first->watch.waits[0].since_ns = second->watch.waits[0].since_ns - (9 - (uint64_t)i) * MS;
		look(w, 1);
	}
	assert_silent(w);
	world_free(w);
}

TEST(owner_that_only_runs_in_the_kernel_makes_progress)
{
	struct world *w = world_new();
	struct gw_lock_record *lock;

	runs(leaks_to_user_space(w, &lock));
	look(w, 4);
	assert_silent(w);
	world_free(w);
}

TEST(worker_that_waits_for_work_forgot_its_lock)
{
	struct world *w = world_new();
	struct gw_task_record *owner = worker(w, 90, 0, "none", 0);

	stack(w, owner, "schedule worker_thread kthread ret_from_fork");
	waits_for_lock(w, kthread(w, 101, "waiter"), lock_of(w, GW_LOCK_MUTEX, owner), MUTEX);
	look(w, 2);
	assert_deadlock(w, GW_CLASS_LEAKED_LOCK, PROBABLE, "101 90", "");
	world_free(w);
}

TEST(worker_that_makes_other_workers_holds_the_pools_lock)
{
	struct world *w = world_new();
	struct gw_task_record *owner = worker(w, 90, 0, "none", 0);

	stack(w, owner, "schedule create_worker worker_thread kthread ret_from_fork");
	waits_for_lock(w, kthread(w, 101, "waiter"), lock_of(w, GW_LOCK_MUTEX, owner), MUTEX);
	look(w, 3);
	assert_silent(w);
	world_free(w);
}

/* ---- unplug-srcu --------------------------------------------------------------------------------------------- */

/* A reader waits for a fence of the device inside drm_dev_enter(); then the device is unplugged. */
static struct gw_task_record *unplugs(struct world *w, const struct gw_timeline_record *ring)
{
	struct gw_task_record *reader = kthread(w, 101, "reader"), *unplugger = kthread(w, 102, "unplugger");
	uint64_t device = new_address(w);

	reader->watch.sections.drm_device = device;
	reader->watch.sections.drm_since_ns = w->now_ns;
	reader->watch.sections.drm_depth = 1;
	unplugger->watch.sections.unplug_device = device;
	stack(w, unplugger,
	      "__synchronize_srcu drm:drm_dev_unplug gpulab:remove device_release_driver_internal kthread");
	waits_for_fence(w, reader, fence(w, ring, 7));
	waits(w, unplugger, GW_WAIT_SRCU, w->host.unplug_srcu);
	waits(w, unplugger, GW_WAIT_COMPLETION, 0xffffc90000bb0000);
	return reader;
}

TEST(unplug_waits_for_a_section_that_waits_for_a_dead_fence)
{
	struct world *w = world_new();

	unplugs(w, orphaned_ring(w, false));
	look(w, 2);
	assert_deadlock(w, GW_CLASS_UNPLUG_SRCU, PROVEN, "101 102", "");
	assert_types(w, "task fence timeline device task srcu");
	world_free(w);
}

TEST(fence_of_an_unplugged_device_gets_no_interrupt)
{
	struct world *w = world_new();
	struct gw_timeline_record *ring = timeline(w, "gfx");

	signalled_by_interrupt(ring, GW_SIGNALLER_HARDIRQ);
	unplugs(w, ring);
	look(w, 8);
	assert_no_deadlock(w); /* it may be unbound, and there */
	look(w, 4);
	assert_deadlock(w, GW_CLASS_UNPLUG_SRCU, PROBABLE, "101 102", "");
	world_free(w);
}

TEST(signaller_that_lives_may_end_an_unplug)
{
	struct world *w = world_new();

	unplugs(w, timeline_by(w, "gfx", kthread(w, 90, "signaller")));
	look(w, 3);
	assert_silent(w);
	world_free(w);
}

TEST(section_with_a_timeout_ends_an_unplug)
{
	struct world *w = world_new();

	unplugs(w, orphaned_ring(w, false))->watch.waits[0].flags |= GW_WAIT_F_TIMEOUT;
	look(w, 3);
	assert_silent(w);
	world_free(w);
}

TEST(grace_period_of_another_srcu_has_unknown_readers)
{
	struct world *w = world_new();

	unplugs(w, timeline(w, "gfx"));
	w->host.unplug_srcu = 0;
	look(w, 3);
	assert_no_deadlock(w);
	world_free(w);
}

/* ---- other waits ---------------------------------------------------------------------------------------------------
 */

TEST(kthread_stop_of_a_thread_that_waits_for_the_stoppers_fence)
{
	struct world *w = world_new();
	struct gw_task_record *stopper = kthread(w, 101, "stopper"), *thread = kthread(w, 102, "thread");

	waits_for_fence(w, thread, fence(w, timeline_by(w, "gfx", stopper), 7));
	waits(w, stopper, GW_WAIT_TASK, thread->address);
	waits(w, stopper, GW_WAIT_COMPLETION, 0xffffc90000cc0000);
	look(w, 2);
	assert_deadlock(w, GW_CLASS_SCHED_DEP_CYCLE, PROVEN, "102 101", "");
	world_free(w);
}

TEST(poll_has_other_ways_to_wake_up)
{
	struct world *w = world_new();
	struct classic c = classic(w, 101);

	c.holder->watch.waits[0].kind = GW_WAIT_POLL;
	look(w, 3);
	assert_silent(w);
	world_free(w);
}

TEST(completion_has_an_unknown_completer)
{
	struct world *w = world_new();
	struct classic c = classic(w, 101);

	waits(w, c.holder, GW_WAIT_COMPLETION, 0xffffc90000cc0000);
	look(w, 3);
	assert_silent(w);
	world_free(w);
}

TEST(lock_read_from_the_task_itself_closes_a_loop_without_a_beginning)
{
	struct world *w = world_new();
	struct classic c = classic(w, 101);

	waits_no_more(c.signaller);
	c.signaller->blocker = c.lock->address;
	c.signaller->blocker_type = 0;
	look(w, 2);
	assert_deadlock(w, GW_CLASS_FENCE_LOCK_CYCLE, PROVEN, "101 102", "");
	assert_non_null(
		strstr(the_report(w, GW_KIND_DEADLOCK)->explanation, "No program saw the wait of pid 102 begin."));
	c.signaller->switches++;
	look(w, 1);
	assert_int_equal(count_reports(w, GW_KIND_DEADLOCK, GW_STATE_ACTIVE), 0);
	world_free(w);
}

TEST(wait_of_a_task_that_has_not_run_since_began_before_the_attach)
{
	struct world *w = world_new();
	struct classic c = classic(w, 101);

	waits_no_more(c.signaller);
	c.signaller->blocker = c.lock->address;
	w->host.attached_ns = w->now_ns;
	c.signaller->last_ran_ns = w->now_ns - SECOND;
	look(w, 2);
	assert_non_null(strstr(the_report(w, GW_KIND_DEADLOCK)->explanation,
			       "The wait of pid 102 began before gpuwatch was attached"));
	world_free(w);
}

#define T(name) cmocka_unit_test(name)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(holder_waits_for_fence_whose_signaller_needs_its_mutex),
		T(write_held_rwsem_closes_a_loop),
		T(only_reader_blocked_since_before_the_writer_is_probable),
		T(one_of_several_readers_is_only_a_hint),
		T(hinted_reader_that_blocked_after_the_writer_came_may_have_unlocked),
		T(reader_of_read_held_lock_makes_progress),
		T(reader_behind_a_queued_writer_is_stuck),
		T(signalling_work_executed_by_a_worker_that_needs_the_lock),
		T(another_item_of_the_signalling_function_is_only_probable),
		T(wait_any_is_stuck_when_all_its_fences_are),
		T(wait_any_with_one_live_fence_is_not_stuck),
		T(wait_any_whose_fences_are_not_all_known_is_not_stuck),
		T(syncobj_wait_for_all_is_stuck_with_one_dead_fence),
		T(syncobj_wait_for_a_point_of_a_timeline_is_not_proven),
		T(syncobj_wait_for_a_point_with_a_far_timeout_is_no_deadlock),
		T(wait_whose_timer_cannot_be_seen_is_not_proven),
		T(timer_that_an_earlier_sleep_left_on_the_stack_ends_no_wait_for_a_lock),
		T(work_item_that_has_not_signalled_yet_is_the_signaller),
		T(work_item_that_has_signalled_another_timeline_is_the_signaller),
		T(work_item_that_has_signalled_may_only_clean_up),
		T(work_item_that_has_signalled_several_timelines_may_only_clean_up),
		T(work_item_whose_begin_was_not_seen_may_have_signalled),
		T(work_item_whose_record_is_missing_may_have_signalled),
		T(fence_that_was_not_read_proves_nothing),
		T(fence_array_is_stuck_with_one_dead_member),
		T(fence_array_that_signals_on_any_needs_only_the_live_member),
		T(fence_array_that_signals_on_any_is_stuck_with_all_members_dead),
		T(fence_array_that_signals_on_any_may_have_live_members_beyond_the_record),
		T(fence_chain_is_stuck_with_its_previous_link),
		T(loop_of_three_tasks_has_all_three_in_order),
		T(two_timelines_close_one_loop),
		T(victims_and_their_victims_are_listed_longest_wait_first),
		T(a_task_that_another_loop_blocks_is_no_victim_of_this_one),
		T(the_loop_that_formed_first_is_the_cause_whoever_joins),
		T(interruptible_wait_is_stuck_too_and_the_advice_says_how_to_end_it),
		T(process_that_was_killed_in_vain_is_not_to_be_killed_again),
		T(beside_a_process_that_was_killed_another_one_may_be),
		T(interrupt_that_signals_is_never_stuck),
		T(second_signaller_that_lives_may_signal),
		T(an_interrupt_among_the_signallers_may_signal),
		T(two_signallers_in_the_same_loop_are_at_best_probable),
		T(three_signallers_that_are_all_stuck_are_as_good_as_one),
		T(table_that_signallers_pass_through_may_have_forgotten_one),
		T(reset_that_signalled_once_does_not_hide_who_signals),
		T(reset_that_retired_many_fences_does_not_hide_who_signals),
		T(reset_under_way_may_signal),
		T(reset_whose_timer_runs_may_signal),
		T(thread_that_took_over_a_moment_ago_may_signal),
		T(operator_that_retired_a_fence_is_back_in_its_shell),
		T(recovery_thread_that_sleeps_until_it_signals_may_signal),
		T(interrupt_that_signalled_once_may_do_so_again),
		T(signaller_that_took_over_from_one_that_is_gone_counts_alone),
		T(user_task_that_always_signals_is_a_signaller),
		T(user_task_may_have_signalled_polled_fences_in_passing),
		T(thread_that_retires_polled_fences_is_at_best_probable),
		T(signaller_known_from_other_timelines_of_the_driver_is_at_best_probable),
		T(drivers_with_several_signallers_tell_nothing_of_a_new_timeline),
		T(process_that_is_idle_does_not_inherit_a_timeline),
		T(thread_that_is_gone_does_not_inherit_a_timeline),
		T(drivers_whose_other_signallers_are_gone_have_one),
		T(signaller_seen_once_is_no_habit),
		T(signaller_of_a_few_fences_is_a_habit),
		T(timeline_that_never_signalled_has_an_unknown_signaller),
		T(wait_with_a_timeout_ends_by_itself),
		T(wait_with_a_timeout_of_a_day_or_more_is_one_without_an_end),
		T(timeout_that_is_due_within_a_day_ends_the_wait),
		T(write_flag_of_a_lock_is_no_timeout),
		T(running_owner_makes_progress),
		T(owner_that_waits_for_nothing_tracked_makes_progress),
		T(signalled_fence_ends_the_wait),
		T(fence_whose_memory_is_another_one_by_now_is_not_judged),
		T(slow_but_healthy_chain_is_silent),
		T(plain_lock_cycle_is_not_ours),
		T(fence_behind_a_plain_lock_cycle_is_a_stall),
		T(stale_wait_of_a_task_that_sleeps_in_epoll_is_ignored),
		T(nothing_is_said_after_one_look),
		T(wait_that_broke_in_between_is_another_wait),
		T(same_pid_but_another_task_is_another_wait),
		T(loop_younger_than_the_threshold_is_not_reported_yet),
		T(candidate_survives_a_look_at_a_spurious_wakeup),
		T(munmap_holds_its_mmap_lock_for_reading_and_the_signaller_wants_to_write),
		T(signaller_that_only_reads_the_downgraded_mmap_lock_makes_progress),
		T(write_held_mmap_lock_names_its_owner),
		T(invalidation_from_the_reverse_map_holds_no_mmap_lock),
		T(munmap_of_ones_own_mm_says_nothing_about_another_mm),
		T(signaller_waits_for_the_invalidation_to_end),
		T(driver_lock_held_across_a_callback_that_waits_is_a_notifier_cycle),
		T(who_unregisters_a_notifier_waits_for_its_callbacks),
		T(callback_that_began_after_the_grace_period_does_not_keep_it),
		T(callback_of_an_interval_notifier_does_not_keep_unregistering),
		T(grace_period_of_another_domain_is_not_that_of_notifiers),
		T(item_of_the_next_job_takes_the_place_of_one_that_is_done),
		T(item_of_another_ring_does_not_signal_this_one),
		T(signaller_in_direct_reclaim_waits_for_its_own_fence),
		T(reclaim_under_a_lock_that_the_signaller_needs),
		T(page_fault_handler_waits_for_a_fence_behind_it),
		T(invalidation_whose_end_was_missed_is_over),
		T(invalidation_that_no_stack_shows_is_not_proven),
		T(invalidation_below_the_frames_that_were_kept_is_not_proven),
		T(reclaim_whose_end_was_missed_is_over),
		T(mmap_lock_of_another_reader_is_not_held_by_the_invalidation),
		T(last_reader_of_mmap_lock_may_have_let_go_before_its_invalidation),
		T(madvise_holds_mmap_lock_up_to_6_16),
		T(madvise_alone_does_not_prove_since_6_17_that_mmap_lock_is_held),
		T(signalling_work_is_queued_behind_the_waiter),
		T(signalling_work_is_queued_behind_several_that_all_wait),
		T(queued_work_runs_when_one_active_item_can_end),
		T(queued_work_runs_when_an_active_item_is_not_seen_blocked),
		T(queued_work_with_a_free_worker_runs),
		T(idle_signalling_work_may_be_queued_any_time),
		T(waiter_flushes_the_work_that_needs_its_lock),
		T(flusher_signals_only_after_the_work_that_waits_for_its_fence),
		T(flush_of_a_whole_workqueue_needs_every_item_on_it),
		T(item_whose_begin_was_not_seen_may_have_begun_after_the_flush),
		T(item_that_began_after_the_flush_may_not_count),
		T(item_that_began_after_the_flush_does_not_count_beside_an_older_one),
		T(item_of_which_nobody_saw_the_beginning_is_not_flushed_for_sure),
		T(flush_of_work_that_nobody_knows_is_not_stuck),
		T(work_that_flushes_itself),
		T(jobs_that_depend_on_each_other),
		T(scheduler_thread_that_needs_the_lock_of_who_waits_for_its_job),
		T(scheduler_work_that_needs_the_lock_of_who_waits_for_its_job),
		T(job_on_the_hardware_depends_on_the_hardware_fence),
		T(tasks_that_wait_for_each_others_fences),
		T(kernel_thread_that_signalled_is_gone),
		T(all_timelines_of_one_dead_signaller_are_one_report),
		T(another_process_may_signal_for_one_that_is_gone),
		T(signallers_that_come_and_go_leave_no_orphans),
		T(process_that_signalled_once_and_left_leaves_no_orphans),
		T(signaller_that_merely_sleeps_is_not_gone),
		T(address_of_a_gone_signaller_used_by_a_new_task),
		T(signaller_out_of_habit_may_have_been_replaced_at_its_address),
		T(incomplete_snapshot_proves_nobody_gone),
		T(zombie_signals_no_more),
		T(exiting_task_may_still_signal),
		T(page_fault_in_the_middle_of_a_read_is_no_sleep_of_its_own),
		T(lock_of_a_task_that_is_gone),
		T(owner_sleeps_in_a_system_call_of_its_own),
		T(owner_that_sleeps_below_a_driver_still_works_with_its_lock),
		T(owner_with_a_frame_that_nobody_can_name_is_not_judged),
		T(lock_that_belongs_to_the_sleep_itself_is_not_leaked),
		T(writer_of_a_percpu_rwsem_that_waits_for_readers_is_no_loop),
		T(percpu_rwsem_may_be_handed_to_user_space),
		T(owner_that_spends_time_in_user_mode_is_probable),
		T(waiters_that_come_and_go_prove_nothing_against_the_owner),
		T(owner_that_only_runs_in_the_kernel_makes_progress),
		T(worker_that_waits_for_work_forgot_its_lock),
		T(worker_that_makes_other_workers_holds_the_pools_lock),
		T(unplug_waits_for_a_section_that_waits_for_a_dead_fence),
		T(fence_of_an_unplugged_device_gets_no_interrupt),
		T(signaller_that_lives_may_end_an_unplug),
		T(section_with_a_timeout_ends_an_unplug),
		T(grace_period_of_another_srcu_has_unknown_readers),
		T(kthread_stop_of_a_thread_that_waits_for_the_stoppers_fence),
		T(poll_has_other_ways_to_wake_up),
		T(completion_has_an_unknown_completer),
		T(lock_read_from_the_task_itself_closes_a_loop_without_a_beginning),
		T(wait_of_a_task_that_has_not_run_since_began_before_the_attach),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
