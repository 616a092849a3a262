/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Semaphores: who took one last, how far that makes it a holder, and what follows for loops and dead ends. */
#include "tests/unit/build-snapshot.h"

#define LOCK_LIKE 20 /* releases by who had taken it */

/* A semaphore that @holder has taken, as the programs have seen it used. */
static struct gw_semaphore *semaphore_of(struct world *w, const struct gw_task_record *holder, uint64_t by_holder,
					 uint64_t by_others, struct gw_lock_record **lock)
{
	struct gw_semaphore_record *record = new_record(w, GW_RECORD_SEMAPHORE, sizeof(*record));

	*lock = lock_of(w, GW_LOCK_SEMAPHORE, holder);
	(*lock)->owner_kind = GW_OWNER_LAST_HOLDER;
	record->semaphore = (struct gw_semaphore){
		.address = (*lock)->address,
		.holder = holder->address,
		.start_ns = holder->start_ns,
		.since_ns = w->now_ns,
		.by_holder = by_holder,
		.by_others = by_others,
		.releaser = holder->address,
		.releaser_start_ns = holder->start_ns,
		.in_a_row = by_holder,
		.pid = holder->pid,
		.holders = 1,
	};
	return &record->semaphore;
}

/* The holder waits for a fence, whose signaller waits for the semaphore. */
struct loop {
	struct gw_task_record *holder, *signaller;
	struct gw_lock_record *lock;
	struct gw_semaphore *seen;
};

static struct loop loop_of(struct world *w, uint64_t by_holder, uint64_t by_others)
{
	struct loop l = { .holder = kthread(w, 101, "holder"), .signaller = kthread(w, 102, "signaller") };

	l.seen = semaphore_of(w, l.holder, by_holder, by_others, &l.lock);
	waits_for_fence(w, l.holder, fence(w, timeline_by(w, "gfx", l.signaller), 7));
	waits_for_lock(w, l.signaller, l.lock, 0);
	return l;
}

static void a_semaphore_that_its_holders_release_is_a_lock(void **state)
{
	struct world *w = world_new();

	loop_of(w, LOCK_LIKE, 0);
	look(w, 3);
	assert_deadlock(w, GW_CLASS_FENCE_LOCK_CYCLE, GW_CONFIDENCE_PROBABLE, "101 102", "");
	assert_non_null(strstr(the_report(w, GW_KIND_DEADLOCK)->explanation, "any interrupt may release a semaphore"));
	world_free(w);
}

static void one_that_was_never_released_is_taken_for_a_lock(void **state)
{
	struct world *w = world_new();

	loop_of(w, 0, 0);
	look(w, 3);
	assert_deadlock(w, GW_CLASS_FENCE_LOCK_CYCLE, GW_CONFIDENCE_PROBABLE, "101 102", "");
	world_free(w);
}

static void one_that_others_release_is_a_signal(void **state)
{
	struct world *w = world_new();

	loop_of(w, 0, 2);
	look(w, 3);
	assert_no_deadlock(w);
	world_free(w);
}

/* It may have been another semaphore's memory before. */
static void one_that_others_released_once_is_a_lock_by_habit(void **state)
{
	struct world *w = world_new();

	loop_of(w, LOCK_LIKE, 1);
	look(w, 3);
	assert_deadlock(w, GW_CLASS_FENCE_LOCK_CYCLE, GW_CONFIDENCE_PROBABLE, "101 102", "");
	world_free(w);
}

static void one_with_several_holders_proves_nothing_by_its_last(void **state)
{
	struct world *w = world_new();

	loop_of(w, LOCK_LIKE, 0).seen->holders = 2;
	look(w, 3);
	assert_no_deadlock(w);
	world_free(w);
}

static void two_semaphores_in_both_orders(void **state)
{
	struct world *w = world_new();
	struct gw_task_record *a = kthread(w, 101, "a"), *b = kthread(w, 102, "b");
	struct gw_lock_record *first, *second;

	semaphore_of(w, a, LOCK_LIKE, 0, &first);
	semaphore_of(w, b, LOCK_LIKE, 0, &second);
	waits_for_lock(w, a, second, 0);
	waits_for_lock(w, b, first, 0);
	stack(w, a, "schedule_timeout ___down_common __down down nvidia:os_acquire_mutex");
	look(w, 3);
	assert_deadlock(w, GW_CLASS_LOCK_CYCLE, GW_CONFIDENCE_PROBABLE, "101 102", "");
	assert_non_null(strstr(the_report(w, GW_KIND_DEADLOCK)->advice, "lockdep does not see it"));
	world_free(w);
}

/* down_timeout() gives up, but in a day or later. */
static void a_semaphore_that_is_waited_for_with_a_timeout(void **state)
{
	struct world *w = world_new();
	struct gw_task_record *a = kthread(w, 101, "a"), *b = kthread(w, 102, "b");
	struct gw_lock_record *first, *second;

	semaphore_of(w, a, LOCK_LIKE, 0, &first);
	semaphore_of(w, b, LOCK_LIKE, 0, &second);
	waits_for_lock(w, a, second, 0);
	waits_for_lock(w, b, first, 0);
	stack(w, a, "schedule_timeout ___down_common __down down nvidia:os_acquire_mutex");
	b->flags |= GW_TASK_F_TIMER;
	look(w, 3);
	assert_no_deadlock(w);
	b->flags |= GW_TASK_F_FAR;
	look(w, 3);
	assert_deadlock(w, GW_CLASS_LOCK_CYCLE, GW_CONFIDENCE_PROBABLE, "101 102", "");
	world_free(w);
}

/* @a waits for what @b has in down_timeout(), again and again; @b in down() for what @a has. */
static struct gw_task_record *retries_what_needs_it(struct world *w)
{
	struct gw_task_record *a = kthread(w, 101, "a"), *b = kthread(w, 102, "b");
	struct gw_lock_record *first, *second;

	semaphore_of(w, a, 0, 0, &first);
	semaphore_of(w, b, 0, 0, &second);
	waits_for_lock(w, a, second, 0);
	waits_for_lock(w, b, first, 0);
	stack(w, a, "schedule_timeout ___down_common __down_timeout nvidia:rm_acquire kthread");
	stack(w, b, "schedule_timeout ___down_common __down down nvidia:os_acquire_mutex kthread");
	a->flags |= GW_TASK_F_TIMER;
	return a;
}

/* At each look another turn. */
static void retries(struct world *w, struct gw_task_record *task, unsigned int looks)
{
	while (looks--) {
		task->switches += 5;
		task->watch.waits[0].since_ns = w->now_ns;
		look(w, 1);
	}
}

static void who_retries_a_semaphore_for_long_is_taken_for_waiting(void **state)
{
	struct world *w = world_new();
	struct gw_task_record *a = retries_what_needs_it(w);

	retries(w, a, 9);
	assert_no_deadlock(w);
	retries(w, a, 5);
	assert_deadlock(w, GW_CLASS_LOCK_CYCLE, GW_CONFIDENCE_PROBABLE, "102 101", "");
	assert_non_null(strstr(the_report(w, GW_KIND_DEADLOCK)->explanation, "that these short waits never end"));
	/* The timer has fired, and it has not woken up yet. */
	a->flags &= ~GW_TASK_F_TIMER;
	look(w, 1);
	assert_deadlock(w, GW_CLASS_LOCK_CYCLE, GW_CONFIDENCE_PROBABLE, "102 101", "");
	a->flags |= GW_TASK_F_TIMER;
	retries(w, a, 2);
	assert_int_equal(count_reports(w, GW_KIND_DEADLOCK, GW_STATE_RESOLVED), 0);
	world_free(w);
}

static void one_long_wait_for_a_semaphore_is_no_retry(void **state)
{
	struct world *w = world_new();

	retries(w, retries_what_needs_it(w), 1);
	look(w, 14);
	assert_no_deadlock(w);
	world_free(w);
}

static void who_tries_one_semaphore_after_the_other_gets_on(void **state)
{
	struct world *w = world_new();
	struct gw_task_record *a = retries_what_needs_it(w), *c = kthread(w, 103, "c");
	uint64_t second = a->watch.waits[0].object;
	struct gw_lock_record *third;

	semaphore_of(w, c, 0, 0, &third);
	for (unsigned int i = 0; i < 14; i++) {
		a->watch.waits[0].object = i % 2 ? second : third->address;
		retries(w, a, 1);
	}
	assert_no_deadlock(w);
	world_free(w);
}

/* Each look shows another wait for it, without a timer: the semaphore goes round. */
static void a_semaphore_that_goes_round_is_not_retried(void **state)
{
	struct world *w = world_new();
	struct gw_task_record *a = retries_what_needs_it(w);

	a->flags &= ~GW_TASK_F_TIMER;
	retries(w, a, 14);
	assert_no_deadlock(w);
	world_free(w);
}

/* sema_init(&done, 0) and down() wait for an event: the one that took it last is the one that waits again. */
static void a_waiter_that_took_it_last_waits_for_a_signal(void **state)
{
	struct world *w = world_new();
	struct gw_task_record *waiter = kthread(w, 101, "waiter");
	struct gw_lock_record *done;

	semaphore_of(w, waiter, 0, 0, &done);
	waits_for_lock(w, waiter, done, 0);
	stack(w, waiter, "schedule_timeout ___down_common __down down nvidia:os_acquire_semaphore");
	look(w, 3);
	assert_no_deadlock(w);
	world_free(w);
}

static void a_lock_like_one_taken_twice_is_a_deadlock(void **state)
{
	struct world *w = world_new();
	struct gw_task_record *twice = kthread(w, 101, "twice");
	struct gw_lock_record *lock;

	semaphore_of(w, twice, LOCK_LIKE, 0, &lock);
	waits_for_lock(w, twice, lock, 0);
	stack(w, twice, "schedule_timeout ___down_common __down down nvidia:os_acquire_mutex");
	look(w, 3);
	assert_deadlock(w, GW_CLASS_LOCK_CYCLE, GW_CONFIDENCE_PROBABLE, "101", "");
	world_free(w);
}

/* It may be a signal now, in memory that had a semaphore which was used as a lock. */
static void a_habit_of_others_may_be_of_an_earlier_semaphore(void **state)
{
	struct world *w = world_new();
	struct gw_task_record *twice = kthread(w, 101, "twice"), *other = kthread(w, 102, "other");
	struct gw_lock_record *lock;

	semaphore_of(w, twice, LOCK_LIKE, 0, &lock)->releaser = other->address;
	waits_for_lock(w, twice, lock, 0);
	stack(w, twice, "schedule_timeout ___down_common __down down nvidia:os_acquire_mutex");
	look(w, 3);
	assert_no_deadlock(w);
	world_free(w);
}

/* A holder that is gone, and waiters. */
static struct world *left_behind(uint64_t by_holder)
{
	struct world *w = world_new();
	struct gw_task_record *holder = kthread(w, 101, "holder"), *waiter = kthread(w, 102, "waiter");
	struct gw_lock_record *lock;

	semaphore_of(w, holder, by_holder, 0, &lock);
	waits_for_lock(w, waiter, lock, 0);
	remove_record(w, holder);
	return w;
}

static void a_holder_that_is_gone_has_leaked_it_if_it_is_a_lock(void **state)
{
	struct world *w = left_behind(LOCK_LIKE);

	look(w, 3);
	assert_report(the_report(w, GW_KIND_DEADLOCK), GW_CLASS_LEAKED_LOCK, GW_CONFIDENCE_PROBABLE, "102 101", "");
	world_free(w);
}

static void a_holder_that_is_gone_may_have_left_the_release_to_others(void **state)
{
	struct world *w = left_behind(0);

	look(w, 3);
	assert_no_deadlock(w);
	world_free(w);
}

/* Others have released the one that was at this address before. */
static void a_holder_that_is_gone_has_no_habit_of_others(void **state)
{
	struct world *w = world_new();
	struct gw_task_record *holder = kthread(w, 101, "holder"), *waiter = kthread(w, 102, "waiter");
	struct gw_lock_record *lock;

	semaphore_of(w, holder, LOCK_LIKE, 0, &lock)->releaser_start_ns = 7;
	waits_for_lock(w, waiter, lock, 0);
	remove_record(w, holder);
	look(w, 3);
	assert_no_deadlock(w);
	world_free(w);
}

/* The address of the holder is another task's by now. */
static void a_holder_is_known_by_its_start(void **state)
{
	struct world *w = world_new();
	struct loop l = loop_of(w, LOCK_LIKE, 0);

	l.seen->start_ns = l.seen->releaser_start_ns = 7;
	look(w, 3);
	assert_report(the_report(w, GW_KIND_DEADLOCK), GW_CLASS_LEAKED_LOCK, GW_CONFIDENCE_PROBABLE, "102 101", "101");
	world_free(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_semaphore_that_its_holders_release_is_a_lock),
		cmocka_unit_test(one_that_was_never_released_is_taken_for_a_lock),
		cmocka_unit_test(one_that_others_release_is_a_signal),
		cmocka_unit_test(one_that_others_released_once_is_a_lock_by_habit),
		cmocka_unit_test(one_with_several_holders_proves_nothing_by_its_last),
		cmocka_unit_test(two_semaphores_in_both_orders),
		cmocka_unit_test(a_semaphore_that_is_waited_for_with_a_timeout),
		cmocka_unit_test(who_retries_a_semaphore_for_long_is_taken_for_waiting),
		cmocka_unit_test(one_long_wait_for_a_semaphore_is_no_retry),
		cmocka_unit_test(who_tries_one_semaphore_after_the_other_gets_on),
		cmocka_unit_test(a_semaphore_that_goes_round_is_not_retried),
		cmocka_unit_test(a_waiter_that_took_it_last_waits_for_a_signal),
		cmocka_unit_test(a_lock_like_one_taken_twice_is_a_deadlock),
		cmocka_unit_test(a_habit_of_others_may_be_of_an_earlier_semaphore),
		cmocka_unit_test(a_holder_that_is_gone_has_leaked_it_if_it_is_a_lock),
		cmocka_unit_test(a_holder_that_is_gone_may_have_left_the_release_to_others),
		cmocka_unit_test(a_holder_that_is_gone_has_no_habit_of_others),
		cmocka_unit_test(a_holder_is_known_by_its_start),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
