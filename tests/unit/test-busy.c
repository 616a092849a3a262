/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Spells: owners that run or nap from look to look, and what a chain that ends at one becomes. */
#include "tests/unit/build-snapshot.h"

/* A waiter for a fence, whose signaller waits for a mutex of this owner. */
struct chain {
	struct gw_task_record *waiter, *signaller, *owner;
	struct gw_running_record *running;
};

static struct gw_running_record *running_of(struct world *w, struct gw_task_record *task)
{
	struct gw_running_record *record = new_record(w, GW_RECORD_RUNNING, sizeof(*record));

	record->task = task->address;
	record->exec_ns = 5 * SECOND;
	record->cpu = 1;
	return record;
}

static struct chain chain_to(struct world *w, struct gw_task_record *owner)
{
	struct chain c = { .owner = owner, .running = running_of(w, owner) };

	c.waiter = kthread(w, 101, "waiter");
	c.signaller = kthread(w, 102, "signaller");
	waits_for_fence(w, c.waiter, fence(w, timeline_by(w, "gfx", c.signaller), 7));
	waits_for_lock(w, c.signaller, lock_of(w, GW_LOCK_MUTEX, owner), GW_LOCK_F_MUTEX);
	return c;
}

/* So many looks, between which it gets this much of the CPU. */
static void spins(struct world *w, struct chain *c, unsigned int looks, uint64_t each_ns)
{
	while (looks--) {
		c->running->exec_ns += each_ns;
		look(w, 1);
	}
}

/* Sleeps with a timer at each look, and has run so often in between. */
static void naps(struct world *w, struct gw_task_record *task, unsigned int looks, uint64_t times)
{
	task->state = 2;
	task->flags |= GW_TASK_F_TIMER;
	while (looks--) {
		task->switches += times;
		look(w, 1);
	}
}

static void assert_livelock(struct world *w, enum gw_class class, const char *root, const char *words)
{
	const struct gw_report *report = the_report(w, GW_KIND_LIVELOCK);

	assert_string_equal(gw_class_name(report->class), gw_class_name(class));
	assert_true(report->confidence <= GW_CONFIDENCE_PROBABLE);
	assert_string_equal(report->root_node, root);
	if (!strstr(report->explanation, words))
		fail_msg("no '%s' in: %s", words, report->explanation);
	assert_no_deadlock(w);
}

static void an_owner_that_spins_is_a_busy_holder(void **state)
{
	struct world *w = world_new();
	struct chain c = chain_to(w, kthread(w, 103, "spinner"));

	runs(c.owner);
	spins(w, &c, 12, SECOND);
	assert_livelock(w, GW_CLASS_BUSY_HOLDER, "task:103", "spinner (pid 103) runs in the kernel");
	world_free(w);
}

static void where_it_spins_is_what_all_samples_share(void **state)
{
	struct world *w = world_new();
	struct chain c = chain_to(w, kthread(w, 103, "spinner"));

	runs(c.owner);
	c.running->samples = 8;
	c.running->stack[c.running->stack_depth++] = function(w, "__const_udelay");
	c.running->stack[c.running->stack_depth++] = function(w, "wait_idle [nvidia]");
	spins(w, &c, 12, SECOND);
	assert_livelock(w, GW_CLASS_BUSY_HOLDER, "task:103", "it spins in wait_idle() of module nvidia");
	world_free(w);
}

static void an_owner_that_naps_is_a_retry_loop(void **state)
{
	struct world *w = world_new();
	struct chain c = chain_to(w, kthread(w, 103, "poller"));

	stack(w, c.owner, "schedule usleep_range_state nvidia:poll_gsp kthread");
	naps(w, c.owner, 12, 500);
	assert_livelock(w, GW_CLASS_RETRY_LOOP, "task:103", "in poll_gsp() of module nvidia");
	world_free(w);
}

/* Between two sleeps it may be caught running. */
static void a_poller_that_is_seen_running_now_and_then_still_polls(void **state)
{
	struct world *w = world_new();
	struct chain c = chain_to(w, kthread(w, 103, "poller"));

	for (unsigned int i = 0; i < 4; i++) {
		naps(w, c.owner, 2, 500);
		c.owner->state = 0;
		c.owner->switches += 500;
		look(w, 1);
		/* The timer has fired, and it is not awake yet. */
		c.owner->state = 2;
		c.owner->flags &= ~GW_TASK_F_TIMER;
		c.owner->switches += 500;
		look(w, 1);
	}
	naps(w, c.owner, 1, 500);
	assert_livelock(w, GW_CLASS_RETRY_LOOP, "task:103", "sleeps again and again");
	world_free(w);
}

/* It sleeps for work to come, and works: without timers, again and again. */
static void a_task_that_wakes_up_for_work_does_not_poll(void **state)
{
	struct world *w = world_new();
	struct chain c = chain_to(w, kthread(w, 103, "server"));

	for (unsigned int i = 0; i < 12; i++) {
		c.owner->state = i % 3 == 0 ? 0 : 2;
		c.owner->switches += 500;
		look(w, 1);
	}
	assert_int_equal(count_reports(w, GW_KIND_LIVELOCK, GW_STATE_ACTIVE), 0);
	world_free(w);
}

static void one_long_sleep_is_no_retry_loop(void **state)
{
	struct world *w = world_new();
	struct chain c = chain_to(w, kthread(w, 103, "sleeper"));

	naps(w, c.owner, 12, 0);
	assert_int_equal(count_reports(w, GW_KIND_LIVELOCK, GW_STATE_ACTIVE), 0);
	assert_int_equal(count_reports(w, GW_KIND_STALL, GW_STATE_ACTIVE), 1);
	world_free(w);
}

static void an_owner_that_gets_no_cpu_does_not_spin(void **state)
{
	struct world *w = world_new();
	struct chain c = chain_to(w, kthread(w, 103, "starved"));

	c.owner->state = 0;
	spins(w, &c, 12, 0);
	assert_int_equal(count_reports(w, GW_KIND_LIVELOCK, GW_STATE_ACTIVE), 0);
	world_free(w);
}

static void an_owner_in_user_mode_does_not_spin_in_the_kernel(void **state)
{
	struct world *w = world_new();
	struct chain c = chain_to(w, user_task(w, 103, "process"));

	runs(c.owner);
	for (unsigned int i = 0; i < 12; i++) {
		c.owner->utime_ns += SECOND;
		spins(w, &c, 1, SECOND);
	}
	assert_int_equal(count_reports(w, GW_KIND_LIVELOCK, GW_STATE_ACTIVE), 0);
	world_free(w);
}

static void a_worker_that_goes_from_item_to_item_is_not_stuck_in_one(void **state)
{
	struct world *w = world_new();
	struct chain c = chain_to(w, worker(w, 103, 0xffff888000001000ULL, "work", 0xffff888000002000ULL));

	runs(c.owner);
	for (unsigned int i = 0; i < 12; i++) {
		c.owner->watch.sections.work_since_ns += SECOND;
		spins(w, &c, 1, SECOND);
	}
	assert_int_equal(count_reports(w, GW_KIND_LIVELOCK, GW_STATE_ACTIVE), 0);
	world_free(w);
}

static void nothing_is_said_before_others_have_waited_for_long(void **state)
{
	struct world *w = world_new();
	struct chain c = chain_to(w, kthread(w, 103, "spinner"));

	runs(c.owner);
	spins(w, &c, 8, SECOND);
	assert_silent(w);
	world_free(w);
}

static void it_is_over_when_the_waiters_go_on(void **state)
{
	struct world *w = world_new();
	struct chain c = chain_to(w, kthread(w, 103, "spinner"));

	runs(c.owner);
	spins(w, &c, 12, SECOND);
	waits_no_more(c.waiter);
	waits_no_more(c.signaller);
	look(w, 1);
	assert_int_equal(count_reports(w, GW_KIND_LIVELOCK, GW_STATE_RESOLVED), 1);
	world_free(w);
}

/* A task stops on its way back to user space only: a lock that it owns there is one that it forgot. */
static void an_owner_that_is_stopped_has_left_the_lock_behind(void **state)
{
	struct world *w = world_new();
	struct gw_task_record *owner = user_task(w, 103, "stopped");

	chain_to(w, owner);
	owner->state = TASK_STOPPED;
	stack(w, owner,
	      "schedule do_signal_stop get_signal arch_do_signal_or_restart syscall_exit_to_user_mode do_syscall_64 "
	      "entry_SYSCALL_64_after_hwframe");
	look(w, 3);
	assert_report(the_report(w, GW_KIND_DEADLOCK), GW_CLASS_LEAKED_LOCK, GW_CONFIDENCE_PROBABLE, "102 103", "101");
	world_free(w);
}

/* Flushes an item that is queued on the pool of a CPU which this task has. */
static struct chain flushes_behind(struct world *w, struct gw_task_record *spinner)
{
	struct chain c = { .owner = spinner, .running = running_of(w, spinner) };
	struct gw_work_record *item = queued_inactive(w, 0xffff888000009000ULL, "drain", 0xffff888000008000ULL, 0);

	item->place = GW_WORK_QUEUED;
	item->worker = spinner->address;
	c.waiter = kthread(w, 101, "waiter");
	c.signaller = kthread(w, 102, "signaller");
	waits_for_fence(w, c.waiter, fence(w, timeline_by(w, "gfx", c.signaller), 7));
	flushes(w, c.signaller, item->work, "drain");
	return c;
}

static void an_item_whose_cpu_is_taken_ends_at_who_spins_there(void **state)
{
	struct world *w = world_new();
	struct chain c = flushes_behind(w, kthread(w, 103, "spinner"));

	runs(c.owner);
	spins(w, &c, 12, SECOND);
	assert_livelock(w, GW_CLASS_BUSY_HOLDER, "task:103",
			"which cannot start on its CPU, taken by spinner (pid 103)");
	world_free(w);
}

static void an_item_whose_cpu_is_shared_starts(void **state)
{
	struct world *w = world_new();
	struct chain c = flushes_behind(w, kthread(w, 103, "passer-by"));

	c.owner->state = 0;
	spins(w, &c, 12, SECOND / 100);
	assert_int_equal(count_reports(w, GW_KIND_LIVELOCK, GW_STATE_ACTIVE), 0);
	world_free(w);
}

/* A submitter in direct reclaim holds the GPU's lock, and waits for 10 jiffies for a fence whose signaller wants the lock. */
static struct gw_task_record *reclaims(struct world *w)
{
	struct gw_task_record *submitter = kthread(w, 101, "submitter"), *ring = kthread(w, 102, "ring");

	submitter->watch.sections.reclaim_since_ns = w->now_ns;
	stack(w, submitter,
	      "schedule_timeout dma_fence_wait_timeout msm:wait_for_idle shrink_slab do_try_to_free_pages alloc_pages kthread");
	waits_for_fence(w, submitter, fence(w, timeline_by(w, "gfx", ring), 7))->flags = GW_WAIT_F_TIMEOUT;
	waits_for_lock(w, ring, lock_of(w, GW_LOCK_MUTEX, submitter), GW_LOCK_F_MUTEX);
	return submitter;
}

/* At each look another wait of the same reclaim. */
static void retries(struct world *w, struct gw_task_record *task, unsigned int looks)
{
	while (looks--) {
		task->switches += 20;
		task->watch.waits[0].since_ns = w->now_ns;
		look(w, 1);
	}
}

static void timed_waits_in_reclaim_are_no_way_out_of_it(void **state)
{
	struct world *w = world_new();

	retries(w, reclaims(w), 5);
	assert_deadlock(w, GW_CLASS_RECLAIM_CYCLE, GW_CONFIDENCE_PROBABLE, "101 102", "");
	assert_int_equal(w->n_changes, 1);
	world_free(w);
}

/* What was seen between two waits is the same reclaim still. */
static void a_look_between_two_waits_does_not_end_it(void **state)
{
	struct world *w = world_new();
	struct gw_task_record *submitter = reclaims(w);
	struct gw_task_state watch;

	retries(w, submitter, 5);
	watch = submitter->watch;
	waits_no_more(submitter);
	submitter->state = 0;
	submitter->switches += 20;
	look(w, 1);
	submitter->watch = watch;
	submitter->state = 2;
	retries(w, submitter, 2);
	assert_deadlock(w, GW_CLASS_RECLAIM_CYCLE, GW_CONFIDENCE_PROBABLE, "101 102", "");
	assert_int_equal(w->n_changes, 1);
	world_free(w);
}

/* Holds a mutex that the signaller of the fence needs, for which it waits with a timeout. */
static struct gw_task_record *holds_and_retries(struct world *w)
{
	struct classic c = classic(w, 101);

	c.holder->watch.waits[0].flags = GW_WAIT_F_TIMEOUT;
	return c.holder;
}

static void who_retries_a_fence_for_long_is_taken_for_waiting(void **state)
{
	struct world *w = world_new();
	struct gw_task_record *holder = holds_and_retries(w);

	retries(w, holder, 9);
	assert_no_deadlock(w);
	retries(w, holder, 5);
	assert_deadlock(w, GW_CLASS_FENCE_LOCK_CYCLE, GW_CONFIDENCE_PROBABLE, "101 102", "");
	assert_non_null(strstr(the_report(w, GW_KIND_DEADLOCK)->explanation, "that these short waits never end"));
	world_free(w);
}

/* A look that finds it awake cannot tell from its stack that the wait has a timeout. */
static void who_retries_a_fence_may_be_awake_at_a_look(void **state)
{
	struct world *w = world_new();
	struct gw_task_record *holder = holds_and_retries(w);

	retries(w, holder, 6);
	holder->state = 0;
	holder->watch.waits[0].flags = 0;
	retries(w, holder, 1);
	holder->state = 2;
	holder->watch.waits[0].flags = GW_WAIT_F_TIMEOUT;
	retries(w, holder, 7);
	assert_deadlock(w, GW_CLASS_FENCE_LOCK_CYCLE, GW_CONFIDENCE_PROBABLE, "101 102", "");
	world_free(w);
}

/* A look between the moment in which the timer fires and that in which it wakes up shows a wait without a timeout. */
static void who_retries_a_fence_may_be_about_to_wake_up_at_a_look(void **state)
{
	struct world *w = world_new();
	struct gw_task_record *holder = holds_and_retries(w);

	retries(w, holder, 6);
	holder->watch.waits[0].flags = 0;
	retries(w, holder, 1);
	holder->watch.waits[0].flags = GW_WAIT_F_TIMEOUT;
	retries(w, holder, 7);
	assert_deadlock(w, GW_CLASS_FENCE_LOCK_CYCLE, GW_CONFIDENCE_PROBABLE, "101 102", "");
	world_free(w);
}

/* Its timeout is longer than the daemon's interval: some looks show one wait twice. */
static void a_retried_wait_may_last_from_look_to_look(void **state)
{
	struct world *w = world_new();
	struct gw_task_record *holder = holds_and_retries(w);

	for (unsigned int i = 0; i < 5; i++) {
		retries(w, holder, 1);
		look(w, 2);
	}
	assert_deadlock(w, GW_CLASS_FENCE_LOCK_CYCLE, GW_CONFIDENCE_PROBABLE, "101 102", "");
	world_free(w);
}

/* The same where two looks are closer than its turns. */
static void who_retries_a_fence_may_not_have_woken_up_since_the_look_before(void **state)
{
	struct world *w = world_new();
	struct gw_task_record *holder = holds_and_retries(w);

	retries(w, holder, 6);
	holder->watch.waits[0].flags = 0;
	look(w, 1);
	holder->watch.waits[0].flags = GW_WAIT_F_TIMEOUT;
	retries(w, holder, 6);
	assert_deadlock(w, GW_CLASS_FENCE_LOCK_CYCLE, GW_CONFIDENCE_PROBABLE, "101 102", "");
	world_free(w);
}

static void one_long_wait_with_a_timeout_is_no_retry(void **state)
{
	struct world *w = world_new();

	retries(w, holds_and_retries(w), 1);
	look(w, 14);
	assert_no_deadlock(w);
	world_free(w);
}

/* Naps for other reasons do not count for the fence that it waits for in the end. */
static void who_napped_before_has_not_retried_the_fence(void **state)
{
	struct world *w = world_new();
	struct gw_task_record *holder = holds_and_retries(w);
	struct gw_task_state watch = holder->watch;

	waits_no_more(holder);
	naps(w, holder, 12, 20);
	holder->watch = watch;
	retries(w, holder, 2);
	assert_no_deadlock(w);
	world_free(w);
}

static void who_waits_for_one_fence_after_the_other_gets_on(void **state)
{
	struct world *w = world_new();
	struct gw_task_record *holder = holds_and_retries(w);
	uint64_t fence = holder->watch.waits[0].object;

	for (unsigned int i = 0; i < 14; i++) {
		holder->watch.waits[0].object = i % 2 ? fence : fence + 0x100;
		retries(w, holder, 1);
	}
	assert_no_deadlock(w);
	world_free(w);
}

static void one_timed_wait_in_reclaim_is_a_way_out(void **state)
{
	struct world *w = world_new();

	reclaims(w);
	look(w, 5);
	assert_no_deadlock(w);
	world_free(w);
}

static void a_reclaim_that_ends_between_looks_is_another_one(void **state)
{
	struct world *w = world_new();
	struct gw_task_record *submitter = reclaims(w);

	for (unsigned int i = 0; i < 6; i++) {
		submitter->watch.sections.reclaim_since_ns = w->now_ns;
		retries(w, submitter, 1);
	}
	assert_no_deadlock(w);
	world_free(w);
}

/* ---- loops that try to take a lock -------------------------------------------------------- */

/* @trying holds a mutex, for which @owner waits, and tries to take what @owner has. */
struct trylock {
	struct gw_task_record *trying, *owner;
	struct gw_lock_record *mine, *other;
};

static struct trylock trylock(struct world *w)
{
	struct trylock t = { .trying = kthread(w, 101, "trying"), .owner = kthread(w, 102, "owner") };

	stack(w, t.trying, "schedule usleep_range_state nvidia:os_acquire kthread");
	t.mine = lock_of(w, GW_LOCK_MUTEX, t.trying);
	t.other = lock_of(w, GW_LOCK_MUTEX, t.owner);
	waits_for_lock(w, t.trying, t.other, GW_LOCK_F_MUTEX);
	t.trying->watch.waits[0].kind = GW_WAIT_TRYLOCK;
	stack(w, t.owner, "schedule __mutex_lock nvidia:rm_control kthread");
	waits_for_lock(w, t.owner, t.mine, GW_LOCK_F_MUTEX);
	return t;
}

static void who_tries_to_take_what_its_waiter_holds_is_in_a_loop(void **state)
{
	struct world *w = world_new();
	struct trylock t = trylock(w);

	naps(w, t.trying, 6, 500);
	assert_deadlock(w, GW_CLASS_LOCK_CYCLE, GW_CONFIDENCE_PROBABLE, "101 102", "");
	assert_non_null(strstr(the_report(w, GW_KIND_DEADLOCK)->explanation, "tries again and again to take mutex"));
	assert_non_null(strstr(the_report(w, GW_KIND_DEADLOCK)->explanation, "a loop may give up"));
	assert_non_null(strstr(the_report(w, GW_KIND_DEADLOCK)->advice, "lockdep does not see it"));
	world_free(w);
}

/* Its CPU was not followed for a while. */
static void tries_that_are_seen_anew_are_the_same_loop(void **state)
{
	struct world *w = world_new();
	struct trylock t = trylock(w);

	naps(w, t.trying, 6, 500);
	t.trying->watch.waits[0].since_ns = w->now_ns;
	naps(w, t.trying, 3, 500);
	assert_deadlock(w, GW_CLASS_LOCK_CYCLE, GW_CONFIDENCE_PROBABLE, "102 101", "");
	assert_int_equal(count_reports(w, GW_KIND_DEADLOCK, GW_STATE_RESOLVED), 0);
	world_free(w);
}

static void who_spins_on_a_trylock_is_in_it_as_well(void **state)
{
	struct world *w = world_new();
	struct trylock t = trylock(w);
	struct gw_running_record *running = running_of(w, t.trying);

	runs(t.trying);
	for (unsigned int i = 0; i < 6; i++) {
		running->exec_ns += SECOND;
		look(w, 1);
	}
	assert_deadlock(w, GW_CLASS_LOCK_CYCLE, GW_CONFIDENCE_PROBABLE, "101 102", "");
	world_free(w);
}

/* Each holds its own lock only for a part of a turn, and nobody sleeps for it. */
static void two_that_back_off_from_each_other_are_in_no_loop(void **state)
{
	struct world *w = world_new();
	struct trylock t = trylock(w);

	t.owner->watch.waits[0].kind = GW_WAIT_TRYLOCK;
	for (unsigned int i = 0; i < 12; i++) {
		naps(w, t.owner, 0, 0);
		t.owner->switches += 500;
		naps(w, t.trying, 1, 500);
	}
	assert_no_deadlock(w);
	world_free(w);
}

/* The owner is not stuck but slow: whoever tries gets the lock then. */
static void a_trylock_whose_owner_polls_ends_at_the_owner(void **state)
{
	struct world *w = world_new();
	struct trylock t = trylock(w);
	struct gw_task_record *victim = kthread(w, 103, "victim");

	waits_no_more(t.owner);
	stack(w, t.owner, "schedule usleep_range_state nvidia:poll_gsp kthread");
	stack(w, victim, "schedule __mutex_lock nvidia:rm_control kthread");
	waits_for_lock(w, victim, t.mine, GW_LOCK_F_MUTEX);
	for (unsigned int i = 0; i < 12; i++) {
		naps(w, t.owner, 0, 0);
		t.owner->switches += 500;
		naps(w, t.trying, 1, 500);
	}
	assert_livelock(w, GW_CLASS_RETRY_LOOP, "task:102", "in poll_gsp() of module nvidia");
	world_free(w);
}

/* Nobody has the lock for himself alone: it tries for a reason of its own. */
static void a_trylock_that_nobody_holds_is_no_wait(void **state)
{
	struct world *w = world_new();
	struct trylock t = trylock(w);

	t.other->owner = 0;
	t.other->owner_kind = GW_OWNER_NONE;
	naps(w, t.trying, 24, 500);
	assert_livelock(w, GW_CLASS_RETRY_LOOP, "task:101", "in os_acquire() of module nvidia");
	world_free(w);
}

/* ---- delayed work items that arm themselves again ---------------------------------------------- */

/* A task waits for a fence of a timeline that this item signals when it finds a job done. */
struct poller {
	struct gw_timer_record *timer;
	struct gw_work_record *item;
	struct gw_timeline_record *ring;
};

static struct poller poller(struct world *w)
{
	struct poller p = { .timer = new_record(w, GW_RECORD_TIMER, sizeof(*p.timer)) };

	p.timer->timer = new_address(w);
	p.timer->function = function(w, "gpu_retire [gpu]");
	p.timer->work = new_address(w);
	p.timer->expires = 1000;
	p.item = queued_inactive(w, p.timer->work, "gpu_retire [gpu]", new_address(w), 0);
	p.item->place = GW_WORK_DELAYED;
	p.ring = timeline(w, "copy");
	signalled_by_work(w, p.ring, p.timer->work, "gpu_retire [gpu]", 1000);
	waits_for_fence(w, kthread(w, 101, "waiter"), fence(w, p.ring, 7));
	return p;
}

static void polls(struct world *w, struct poller *p, unsigned int looks)
{
	while (looks--) {
		p->timer->expires += 250;
		look(w, 1);
	}
}

static void an_item_that_arms_itself_again_and_again_is_a_retry_loop(void **state)
{
	struct world *w = world_new();
	struct poller p = poller(w);
	char root[32];

	polls(w, &p, 12);
	assert_no_deadlock(w);
	snprintf(root, sizeof(root), "work:0x%llx", (unsigned long long)p.timer->work);
	assert_livelock(w, GW_CLASS_RETRY_LOOP, root, "arms itself again and again, at least ");
	world_free(w);
}

/* A look may come while the item is executed: it has no timer then. */
static void an_item_that_is_just_being_executed_still_polls(void **state)
{
	struct world *w = world_new();
	struct poller p = poller(w);

	polls(w, &p, 12);
	p.timer->work = 0;
	p.item->place = GW_WORK_IDLE;
	look(w, 1);
	assert_int_equal(count_reports(w, GW_KIND_LIVELOCK, GW_STATE_ACTIVE), 1);
	p.timer->work = p.item->work;
	p.item->place = GW_WORK_DELAYED;
	polls(w, &p, 1);
	assert_int_equal(count_reports(w, GW_KIND_LIVELOCK, GW_STATE_ACTIVE), 1);
	world_free(w);
}

static void an_item_that_is_due_once_does_not_poll(void **state)
{
	struct world *w = world_new();

	poller(w);
	look(w, 12);
	assert_int_equal(count_reports(w, GW_KIND_LIVELOCK, GW_STATE_ACTIVE), 0);
	assert_string_equal(gw_class_name(the_report(w, GW_KIND_STALL)->class), "long-wait");
	world_free(w);
}

/* Its jobs end one after the other. */
static void an_item_that_finds_jobs_done_gets_on(void **state)
{
	struct world *w = world_new();
	struct poller p = poller(w);

	for (int i = 0; i < 12; i++) {
		p.ring->timeline.signallers[0].count++;
		polls(w, &p, 1);
	}
	assert_int_equal(count_reports(w, GW_KIND_LIVELOCK, GW_STATE_ACTIVE), 0);
	world_free(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_owner_that_spins_is_a_busy_holder),
		cmocka_unit_test(where_it_spins_is_what_all_samples_share),
		cmocka_unit_test(an_owner_that_naps_is_a_retry_loop),
		cmocka_unit_test(who_retries_a_fence_for_long_is_taken_for_waiting),
		cmocka_unit_test(who_retries_a_fence_may_be_awake_at_a_look),
		cmocka_unit_test(who_retries_a_fence_may_be_about_to_wake_up_at_a_look),
		cmocka_unit_test(a_retried_wait_may_last_from_look_to_look),
		cmocka_unit_test(who_retries_a_fence_may_not_have_woken_up_since_the_look_before),
		cmocka_unit_test(one_long_wait_with_a_timeout_is_no_retry),
		cmocka_unit_test(who_napped_before_has_not_retried_the_fence),
		cmocka_unit_test(who_waits_for_one_fence_after_the_other_gets_on),
		cmocka_unit_test(a_poller_that_is_seen_running_now_and_then_still_polls),
		cmocka_unit_test(a_task_that_wakes_up_for_work_does_not_poll),
		cmocka_unit_test(one_long_sleep_is_no_retry_loop),
		cmocka_unit_test(an_owner_that_gets_no_cpu_does_not_spin),
		cmocka_unit_test(an_owner_in_user_mode_does_not_spin_in_the_kernel),
		cmocka_unit_test(a_worker_that_goes_from_item_to_item_is_not_stuck_in_one),
		cmocka_unit_test(nothing_is_said_before_others_have_waited_for_long),
		cmocka_unit_test(it_is_over_when_the_waiters_go_on),
		cmocka_unit_test(an_owner_that_is_stopped_has_left_the_lock_behind),
		cmocka_unit_test(an_item_whose_cpu_is_taken_ends_at_who_spins_there),
		cmocka_unit_test(an_item_whose_cpu_is_shared_starts),
		cmocka_unit_test(who_tries_to_take_what_its_waiter_holds_is_in_a_loop),
		cmocka_unit_test(tries_that_are_seen_anew_are_the_same_loop),
		cmocka_unit_test(who_spins_on_a_trylock_is_in_it_as_well),
		cmocka_unit_test(two_that_back_off_from_each_other_are_in_no_loop),
		cmocka_unit_test(a_trylock_whose_owner_polls_ends_at_the_owner),
		cmocka_unit_test(a_trylock_that_nobody_holds_is_no_wait),
		cmocka_unit_test(timed_waits_in_reclaim_are_no_way_out_of_it),
		cmocka_unit_test(a_look_between_two_waits_does_not_end_it),
		cmocka_unit_test(one_timed_wait_in_reclaim_is_a_way_out),
		cmocka_unit_test(a_reclaim_that_ends_between_looks_is_another_one),
		cmocka_unit_test(an_item_that_arms_itself_again_and_again_is_a_retry_loop),
		cmocka_unit_test(an_item_that_is_just_being_executed_still_polls),
		cmocka_unit_test(an_item_that_is_due_once_does_not_poll),
		cmocka_unit_test(an_item_that_finds_jobs_done_gets_on),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
