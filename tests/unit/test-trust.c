/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Worlds that look like a deadlock, and in which somebody can still end it: who, a sceptic would ask first. */
#include "tests/unit/build-snapshot.h"

#define TEST(name) static void name(void **state)
#define MUTEX GW_LOCK_F_MUTEX
#define PROVEN GW_CONFIDENCE_PROVEN
#define PROBABLE GW_CONFIDENCE_PROBABLE

#define ITEM 0xffff888000555000ULL
#define QUEUE 0xffff888000777000ULL
#define OTHER_QUEUE 0xffff888000999000ULL

static void assert_never_proven(const struct world *w)
{
	const struct gw_report *const *reports;
	size_t n = gw_analysis_reports(w->analysis, &reports);

	for (size_t i = 0; i < n; i++)
		if (reports[i]->kind == GW_KIND_DEADLOCK)
			assert_int_not_equal(reports[i]->confidence, PROVEN);
}

/* ---- ends of waits that were missed ------------------------------------------------------------------------------- */

/* @task waits for what the worker of ITEM is to do, which needs the lock that @task holds. */
static struct gw_task_record *item_needs(struct world *w, struct gw_task_record *task)
{
	struct gw_task_record *executes = worker(w, 201, ITEM, "lab_item", QUEUE);

	executed(w, executes, "lab_item");
	waits_for_lock(w, executes, lock_of(w, GW_LOCK_MUTEX, task), MUTEX);
	return executes;
}

TEST(flush_whose_end_was_missed_is_over)
{
	struct world *w = world_new();
	struct gw_task_record *task = kthread(w, 101, "driver");

	item_needs(w, task);
	flushes(w, task, ITEM, "lab_item");
	stack(w, task, "gpulab:lab_wait_for_ready gpulab:lab_remove kthread ret_from_fork");
	look(w, 3);
	assert_no_deadlock(w);
	world_free(w);
}

TEST(flush_that_is_on_the_stack_stands)
{
	struct world *w = world_new();
	struct gw_task_record *task = kthread(w, 101, "driver");

	item_needs(w, task);
	flushes(w, task, ITEM, "lab_item");
	stack(w, task, "__flush_work gpulab:lab_remove kthread ret_from_fork");
	look(w, 2);
	assert_deadlock(w, GW_CLASS_WORKQUEUE_CYCLE, PROVEN, "101 201", "");
	world_free(w);
}

TEST(completion_after_a_flush_whose_end_was_missed_is_not_the_flushs)
{
	struct world *w = world_new();
	struct gw_task_record *task = kthread(w, 101, "driver");

	item_needs(w, task);
	flushes(w, task, ITEM, "lab_item");
	waits(w, task, GW_WAIT_COMPLETION, 0xffffc90000bb0000);
	stack(w, task, "gpulab:lab_wait_for_firmware gpulab:lab_remove kthread ret_from_fork");
	look(w, 3);
	assert_no_deadlock(w);
	world_free(w);
}

TEST(fence_wait_whose_end_was_missed_is_over)
{
	struct world *w = world_new();
	struct classic c = classic(w, 101);

	stack(w, c.holder, "gpulab:lab_sleep gpulab:lab_ioctl kthread ret_from_fork");
	look(w, 3);
	assert_no_deadlock(w);
	world_free(w);
}

TEST(flush_of_a_workqueue_whose_end_was_missed_is_over)
{
	struct world *w = world_new();
	struct gw_task_record *task = kthread(w, 101, "driver");

	item_needs(w, task);
	waits(w, task, GW_WAIT_WORKQUEUE, QUEUE);
	stack(w, task, "gpulab:lab_wait_for_ready gpulab:lab_remove kthread ret_from_fork");
	look(w, 3);
	assert_no_deadlock(w);
	world_free(w);
}

TEST(stop_of_a_thread_whose_end_was_missed_is_over)
{
	struct world *w = world_new();
	struct gw_task_record *task = kthread(w, 101, "driver"), *thread = kthread(w, 102, "thread");
	struct gw_lock_record *lock = lock_of(w, GW_LOCK_MUTEX, task);
	const enum gw_wait_kind kinds[] = { GW_WAIT_TASK, GW_WAIT_PARK, GW_WAIT_THREAD_WORK };

	gpu_module(w, "gpulab");
	waits_for_lock(w, thread, lock, MUTEX);
	stack(w, thread, "gpulab:lab_thread kthread ret_from_fork");
	stack(w, task, "gpulab:lab_wait_for_ready gpulab:lab_remove kthread ret_from_fork");
	for (size_t i = 0; i < 3; i++) {
		waits_no_more(task);
		waits(w, task, kinds[i], thread->address);
		look(w, 3);
		assert_no_deadlock(w);
	}
	world_free(w);
}

/* ---- waits that a driver has a function of its own for ----------------------------------------------------------- */

/* Such a function may look at the device, give up after a lockup, or return -EDEADLK. */
TEST(fence_wait_of_a_drivers_own_may_end_by_itself)
{
	struct world *w = world_new();
	struct classic c = classic(w, 101);

	stack(w, c.holder,
	      "gpulab:lab_fence_wait dma_fence_wait_timeout gpulab:lab_ioctl drm:drm_ioctl kthread ret_from_fork");
	look(w, 3);
	assert_deadlock(w, GW_CLASS_FENCE_LOCK_CYCLE, PROBABLE, "101 102", "");
	assert_non_null(strstr(the_report(w, GW_KIND_DEADLOCK)->explanation,
			       " Not proven: that holder (pid 101) never gives up: it waits in a function of its "
			       "driver's own."));
	world_free(w);
}

TEST(fence_wait_as_the_kernel_does_it_has_no_end)
{
	struct world *w = world_new();
	struct classic c = classic(w, 101);

	stack(w, c.holder,
	      "dma_fence_default_wait dma_fence_wait_timeout gpulab:lab_ioctl drm:drm_ioctl kthread ret_from_fork");
	look(w, 2);
	assert_deadlock(w, GW_CLASS_FENCE_LOCK_CYCLE, PROVEN, "101 102", "");
	world_free(w);
}

/* ---- addresses that are used again -------------------------------------------------------------------------------- */

/* The lock was left by a task that is gone, and its memory is another task's. */
TEST(owner_that_began_after_the_wait_for_it_does_not_own_the_lock)
{
	struct world *w = world_new();
	struct classic c = classic(w, 101);

	w->now_ns += SECOND;
	c.holder->start_ns = w->now_ns;
	w->now_ns += SECOND;
	waits_no_more(c.holder);
	waits_for_fence(w, c.holder, c.fence);
	look(w, 3);
	assert_never_proven(w);
	for (size_t i = 0; i < count_reports(w, GW_KIND_DEADLOCK, GW_STATE_ACTIVE); i++) {
		const struct gw_report *report = nth_report(w, GW_KIND_DEADLOCK, GW_STATE_ACTIVE, i);

		assert_string_equal(gw_class_name(report->class), gw_class_name(GW_CLASS_LEAKED_LOCK));
		assert_null(strstr(report->summary, "pid 101"));
		assert_non_null(strstr(report->explanation, "no longer exists"));
	}
	world_free(w);
}

/* The waiter was woken up since, and may have lost the lock to a new task. */
TEST(owner_that_began_before_the_waiter_ran_last_owns_the_lock)
{
	struct world *w = world_new();
	struct classic c = classic(w, 101);

	w->now_ns += SECOND;
	c.holder->start_ns = w->now_ns;
	w->now_ns += SECOND;
	c.signaller->last_ran_ns = w->now_ns;
	waits_no_more(c.holder);
	waits_for_fence(w, c.holder, c.fence);
	look(w, 2);
	assert_deadlock(w, GW_CLASS_FENCE_LOCK_CYCLE, PROVEN, "101 102", "");
	world_free(w);
}

/* The last reader is gone, and its memory a new task's; who reads is not known. */
TEST(reader_that_began_after_the_writer_does_not_read)
{
	struct world *w = world_new();
	struct gw_task_record *innocent = kthread(w, 101, "innocent"), *writer = kthread(w, 102, "writer");
	struct gw_lock_record *lock = lock_of(w, GW_LOCK_RWSEM, NULL);
	const char *frames = "gpulab:lab_wait gpulab:lab_thread kthread ret_from_fork";

	gpu_module(w, "gpulab");
	read_held_by(lock, innocent, 1);
	waits_for_lock(w, writer, lock, GW_LOCK_F_WRITE);
	w->now_ns += SECOND;
	innocent->start_ns = w->now_ns;
	w->now_ns += SECOND;
	waits_for_fence(w, innocent, fence(w, timeline_by(w, "gfx", writer), 7));
	stack(w, innocent, "dma_fence_default_wait dma_fence_wait_timeout gpulab:lab_thread kthread ret_from_fork");
	stack(w, writer, frames);
	look(w, 3);
	assert_no_deadlock(w);
	world_free(w);
}

TEST(fence_that_an_array_shows_used_again_is_over)
{
	struct world *w = world_new();
	struct gw_task_record *other = kthread(w, 90, "other");
	struct classic c = classic(w, 101);

	/* It comes first, and knows the fence by its address alone. */
	waits_for_any(w, other, c.fence, NULL);
	c.holder->watch.waits[0].seqno = 3;
	look(w, 3);
	assert_no_deadlock(w);
	world_free(w);
}

/* ---- other devices ------------------------------------------------------------------------------------------------ */

/* A hybrid machine: inside a section of the device that is unplugged a task waits for a job of the other GPU. */
TEST(fence_of_another_driver_is_not_the_unplugged_devices)
{
	struct world *w = world_new();
	struct gw_task_record *reader = kthread(w, 101, "reader"), *unplugger = kthread(w, 102, "unplugger");
	struct gw_timeline_record *ring = timeline(w, "compute");
	struct gw_section_record *section = new_record(w, GW_RECORD_SECTION, sizeof(*section));
	uint64_t device = new_address(w);
	struct gw_fence_record *f;

	signalled_by_interrupt(ring, GW_SIGNALLER_HARDIRQ);
	f = fence(w, ring, 7);
	f->ops_driver = function(w, "other_get_driver_name [othergpu]");
	snprintf(f->driver, sizeof(f->driver), "othergpu");
	section->section = (struct gw_section){ .kind = GW_SECTION_DRM,
						.object = device,
						.since_ns = w->now_ns,
						.task = reader->address,
						.start_ns = reader->start_ns,
						.pid = reader->pid };
	section->section.device = (struct gw_device){ .address = device, .kind = GW_DEVICE_DRM };
	snprintf(section->section.device.driver, sizeof(section->section.device.driver), "gpulab");
	reader->watch.sections.drm_depth = 1;
	reader->watch.sections.drm_device = device;
	reader->watch.sections.drm_since_ns = w->now_ns;
	waits_for_fence(w, reader, f);
	unplugger->watch.sections.unplug_device = device;
	stack(w, unplugger, "__synchronize_srcu drm:drm_dev_unplug gpulab:remove kthread");
	waits(w, unplugger, GW_WAIT_SRCU, w->host.unplug_srcu);
	look(w, 20);
	assert_no_deadlock(w);
	world_free(w);
}

/* ---- who else may come -------------------------------------------------------------------------------------------- */

static struct gw_timer_record *timer_of(struct world *w, const char *name, uint64_t work)
{
	struct gw_timer_record *timer = new_record(w, GW_RECORD_TIMER, sizeof(*timer));

	timer->timer = new_address(w);
	timer->function = function(w, name);
	timer->work = work;
	timer->expires = 1000;
	return timer;
}

/* It has never had to do anything yet. */
TEST(hang_check_of_the_driver_may_end_it)
{
	struct world *w = world_new();
	struct classic c = classic(w, 101);
	struct gw_timer_record *timer;

	c.fence->ops_driver = function(w, "lab_get_driver_name [gpulab]");
	timer = timer_of(w, "lab_hangcheck [gpulab]", 0);
	look(w, 3);
	assert_deadlock(w, GW_CLASS_FENCE_LOCK_CYCLE, PROBABLE, "101 102", "");
	/* Each job puts it off; or it has come, ended nothing, and does so at its next turn. */
	for (int i = 0; i < 3; i++) {
		timer->expires += 1000;
		look(w, 1);
	}
	assert_deadlock(w, GW_CLASS_FENCE_LOCK_CYCLE, PROBABLE, "101 102", "");
	/* One that checks has done so by then. */
	look(w, 60);
	assert_deadlock(w, GW_CLASS_FENCE_LOCK_CYCLE, PROVEN, "101 102", "");
	world_free(w);
}

/* A thread of the driver's sleeps for a time, looks, and sleeps again; one without an end to its sleep, or of another driver, does not. */
TEST(hang_check_may_be_a_thread_that_sleeps_for_a_time)
{
	static const struct {
		const char *stack;
		uint32_t state, flags;
		enum gw_confidence confidence;
	} threads[] = {
		{ "schedule schedule_timeout msleep_interruptible gpulab:watch kthread", TASK_INTERRUPTIBLE,
		  GW_TASK_F_TIMER, PROBABLE },
		{ "schedule schedule_timeout msleep gpulab:watch kthread", TASK_UNINTERRUPTIBLE, GW_TASK_F_TIMER,
		  PROBABLE },
		{ "schedule gpulab:main kthread", TASK_INTERRUPTIBLE, GW_TASK_F_NO_TIMER, PROVEN },
		{ "schedule schedule_timeout gpulab:watch kthread", TASK_INTERRUPTIBLE, GW_TASK_F_TIMER | GW_TASK_F_FAR,
		  PROVEN },
		{ "schedule schedule_timeout net:watch kthread", TASK_INTERRUPTIBLE, GW_TASK_F_TIMER, PROVEN },
	};

	for (size_t i = 0; i < sizeof(threads) / sizeof(threads[0]); i++) {
		struct world *w = world_new();
		struct classic c = classic(w, 101);
		struct gw_task_record *thread = kthread(w, 103, "watchdog");

		c.fence->ops_driver = function(w, "lab_get_driver_name [gpulab]");
		stack(w, thread, threads[i].stack);
		thread->state = threads[i].state;
		thread->flags |= threads[i].flags;
		look(w, 2);
		assert_deadlock(w, GW_CLASS_FENCE_LOCK_CYCLE, threads[i].confidence, "101 102", "");
		world_free(w);
	}
}

/* Asked for from the first look on that shows a loop, until a check would have come. */
TEST(those_who_sleep_in_modules_are_asked_for_while_a_loop_is_young)
{
	struct world *w = world_new();

	look(w, 1);
	assert_false(gw_analysis_wants_sleepers(w->analysis));
	classic(w, 101);
	look(w, 1);
	assert_true(gw_analysis_wants_sleepers(w->analysis));
	look(w, 50);
	assert_true(gw_analysis_wants_sleepers(w->analysis));
	look(w, 20);
	assert_false(gw_analysis_wants_sleepers(w->analysis));
	world_free(w);
}

/* An item of the driver's, or a scheduler's timeout handler, may be the recovery, unless it waits for somebody without an end. */
TEST(recovery_that_is_under_way_may_end_it)
{
	static const struct {
		const char *function;
		uint32_t state, flags;
		enum gw_confidence confidence;
	} items[] = {
		{ "gpulab_recover [gpulab]", TASK_UNINTERRUPTIBLE, GW_TASK_F_TIMER, PROBABLE },
		{ "gpulab_recover [gpulab]", 0, GW_TASK_F_ON_CPU, PROBABLE },
		{ "drm_sched_job_timedout [gpu_sched]", 0, 0, PROBABLE },
		{ "gpulab_recover [gpulab]", TASK_UNINTERRUPTIBLE, GW_TASK_F_NO_TIMER, PROVEN },
		{ "net_recover [net]", TASK_UNINTERRUPTIBLE, GW_TASK_F_TIMER, PROVEN },
	};

	for (size_t i = 0; i < sizeof(items) / sizeof(items[0]); i++) {
		struct world *w = world_new();
		struct classic c = classic(w, 101);
		struct gw_task_record *kworker =
			worker(w, 103, 0xffff8880aaaa0000, items[i].function, 0xffff8880bbbb0000);

		c.fence->ops_driver = function(w, "lab_get_driver_name [gpulab]");
		kworker->state = items[i].state;
		kworker->flags |= items[i].flags;
		look(w, 2);
		assert_deadlock(w, GW_CLASS_FENCE_LOCK_CYCLE, items[i].confidence, "101 102", "");
		if (items[i].confidence == PROBABLE)
			assert_non_null(
				strstr(the_report(w, GW_KIND_DEADLOCK)->explanation, "may be the recovery of gpulab"));
		look(w, 60);
		assert_deadlock(w, GW_CLASS_FENCE_LOCK_CYCLE, PROVEN, "101 102", "");
		world_free(w);
	}
}

/* Behind an item that goes on; behind one that does not, it is held up. */
TEST(hang_check_that_is_queued_may_end_it)
{
	for (int goes_on = 0; goes_on < 2; goes_on++) {
		struct world *w = world_new();
		struct classic c = classic(w, 101);
		struct gw_task_record *kworker =
			worker(w, 103, 0xffff8880aaaa0000, "net_poll [net]", 0xffff8880bbbb0000);

		c.fence->ops_driver = function(w, "lab_get_driver_name [gpulab]");
		kworker->state = TASK_UNINTERRUPTIBLE;
		kworker->flags |= goes_on ? GW_TASK_F_TIMER : GW_TASK_F_NO_TIMER;
		queued_inactive(w, 0xffff8880aaaa1000, "gpulab_check [gpulab]", 0xffff8880bbbb0000, 1);
		look(w, 2);
		assert_deadlock(w, GW_CLASS_FENCE_LOCK_CYCLE, goes_on ? PROBABLE : PROVEN, "101 102", "");
		world_free(w);
	}
}

/* A job's timeout resets its device, and so ends what the driver has on its hardware. */
TEST(timeout_of_a_job_may_end_a_fence_of_the_hardware)
{
	struct world *w = world_new();
	struct classic c = classic(w, 101);

	c.fence->ops_driver = function(w, "lab_get_driver_name [gpulab]");
	timer_of(w, "drm_sched_job_timedout [gpu_sched]", 0xffff8880aaaa0000);
	look(w, 2);
	assert_deadlock(w, GW_CLASS_FENCE_LOCK_CYCLE, PROBABLE, "101 102", "");
	look(w, 60);
	assert_deadlock(w, GW_CLASS_FENCE_LOCK_CYCLE, PROVEN, "101 102", "");
	world_free(w);
}

/* Any timer may be its, whose name nobody knows. */
TEST(hang_check_of_a_driver_without_a_name_may_end_it)
{
	struct world *w = world_new();
	struct classic c = classic(w, 101);

	c.fence->ops_driver = 0xffffffffc1234560;
	look(w, 2);
	assert_deadlock(w, GW_CLASS_FENCE_LOCK_CYCLE, PROVEN, "101 102", "");
	timer_of(w, "lab_hangcheck [gpulab]", 0);
	look(w, 2);
	assert_deadlock(w, GW_CLASS_FENCE_LOCK_CYCLE, PROBABLE, "101 102", "");
	world_free(w);
}

/* Where it sleeps nobody can name: that may be its driver's own function, which gives up. */
TEST(wait_in_a_function_without_a_name_is_not_proven)
{
	struct world *w = world_new();
	struct classic c = classic(w, 101);

	c.holder->stack_depth = 0;
	c.holder->stack[c.holder->stack_depth++] = function(w, "schedule");
	c.holder->stack[c.holder->stack_depth++] = 0xffffffffc1234567;
	look(w, 2);
	assert_deadlock(w, GW_CLASS_FENCE_LOCK_CYCLE, PROBABLE, "101 102", "");
	world_free(w);
}

/* DRM's own fences of a display do not show whose they are. */
TEST(hang_check_of_some_driver_may_end_a_fence_of_drms_own)
{
	static const char *const checks[] = { "i915_watchdog [i915]", "net_watchdog [net]" };

	for (size_t i = 0; i < 2; i++) {
		struct world *w = world_new();
		struct classic c = classic(w, 101);

		c.fence->ops_driver = function(w, "drm_crtc_fence_get_driver_name [drm]");
		timer_of(w, checks[i], 0);
		look(w, 2);
		assert_deadlock(w, GW_CLASS_FENCE_LOCK_CYCLE, i == 0 ? PROBABLE : PROVEN, "101 102", "");
		world_free(w);
	}
}

TEST(hang_check_may_be_among_timers_that_a_look_had_no_room_for)
{
	struct world *w = world_new();
	struct classic c = classic(w, 101);

	c.fence->ops_driver = function(w, "lab_get_driver_name [gpulab]");
	timer_of(w, "net_watchdog [net]", 0)->function = 0;
	look(w, 2);
	assert_deadlock(w, GW_CLASS_FENCE_LOCK_CYCLE, PROBABLE, "101 102", "");
	world_free(w);
}

TEST(timer_of_another_driver_ends_nothing)
{
	struct world *w = world_new();
	struct classic c = classic(w, 101);

	c.fence->ops_driver = function(w, "lab_get_driver_name [gpulab]");
	timer_of(w, "net_watchdog [net]", 0);
	look(w, 2);
	assert_deadlock(w, GW_CLASS_FENCE_LOCK_CYCLE, PROVEN, "101 102", "");
	world_free(w);
}

/* Which of the kernel's own timers are the driver's cannot be seen. */
TEST(hang_check_of_a_driver_that_is_built_in_may_end_it)
{
	struct world *w = world_new();
	struct classic c = classic(w, 101);

	c.fence->ops_driver = function(w, "lab_get_driver_name");
	look(w, 3);
	assert_deadlock(w, GW_CLASS_FENCE_LOCK_CYCLE, PROBABLE, "101 102", "");
	/* One that checks has done so by then. */
	w->now_ns += 60 * SECOND;
	look(w, 2);
	assert_deadlock(w, GW_CLASS_FENCE_LOCK_CYCLE, PROVEN, "101 102", "");
	world_free(w);
}

/* A user space driver, or a virtual machine: whoever has the file may signal. */
/* Another process may have its file, a child for example; and an interrupt may have come on top of user space. */
TEST(process_that_signals_may_not_be_the_only_one)
{
	struct world *w = world_new();
	struct gw_task_record *holder = kthread(w, 101, "holder"), *signaller = user_task(w, 102, "emulator");

	waits_for_fence(w, holder, fence(w, timeline_by(w, "gfx", signaller), 7));
	waits_for_lock(w, signaller, lock_of(w, GW_LOCK_MUTEX, holder), MUTEX);
	look(w, 2);
	assert_deadlock(w, GW_CLASS_FENCE_LOCK_CYCLE, PROBABLE, "101 102", "");
	world_free(w);
}

/* A timer of the driver's ends fences that take too long, each with an error. */
TEST(interrupt_that_ends_fences_with_errors_may_do_so_again)
{
	struct world *w = world_new();
	struct classic c = classic(w, 101);

	signalled_by_interrupt(c.ring, GW_SIGNALLER_SOFTIRQ);
	c.ring->timeline.signallers[1].count = 3;
	c.ring->timeline.signallers[1].errors = 3;
	look(w, 3);
	assert_no_deadlock(w);
	world_free(w);
}

/* ---- signals --------------------------------------------------------------------------------------------------------- */

/* A classic whose holder is a process, which a signal wakes up. */
static struct classic classic_of_process(struct world *w, uint32_t state)
{
	struct classic c;

	c.holder = user_task(w, 101, "client");
	c.signaller = kthread(w, 102, "signaller");
	c.lock = lock_of(w, GW_LOCK_MUTEX, c.holder);
	c.ring = timeline_by(w, "gfx", c.signaller);
	c.fence = fence(w, c.ring, 7);
	waits_for_fence(w, c.holder, c.fence);
	waits_for_lock(w, c.signaller, c.lock, MUTEX);
	c.holder->state = state;
	return c;
}

static void assert_doubt(const struct world *w, const char *words)
{
	const char *explanation = the_report(w, GW_KIND_DEADLOCK)->explanation;

	if (!strstr(explanation, words))
		print_error("%s\n", explanation);
	assert_non_null(strstr(explanation, words));
}

TEST(interruptible_wait_of_a_process_that_has_set_no_alarm)
{
	struct world *w = world_new();
	struct classic c = classic_of_process(w, TASK_INTERRUPTIBLE);

	alarm_of(w, c.holder, 0);
	look(w, 2);
	assert_deadlock(w, GW_CLASS_FENCE_LOCK_CYCLE, PROVEN, "101 102", "");
	world_free(w);
}

/* As a watchdog does that ends a process which does not go on. */
TEST(another_thread_of_the_process_may_end_its_killable_wait)
{
	struct world *w = world_new();
	struct classic c = classic_of_process(w, TASK_UNINTERRUPTIBLE | TASK_WAKEKILL);

	alarm_of(w, c.holder, 0);
	present(w, 103, "watchdog")->tgid = c.holder->tgid;
	look(w, 2);
	assert_deadlock(w, GW_CLASS_FENCE_LOCK_CYCLE, PROBABLE, "101 102", "");
	assert_doubt(w, "another thread of its process may send one");
	world_free(w);
}

TEST(alarm_of_the_process_ends_its_interruptible_wait)
{
	static const uint32_t states[] = { TASK_INTERRUPTIBLE, TASK_UNINTERRUPTIBLE | TASK_WAKEKILL };

	for (size_t i = 0; i < 2; i++) {
		struct world *w = world_new();
		struct classic c = classic_of_process(w, states[i]);
		struct gw_alarm_record *alarm = alarm_of(w, c.holder, GW_ALARM_F_ARMED);

		alarm->expires_ns = c.holder->watch.waits[0].since_ns + 30 * SECOND;
		look(w, 2);
		assert_deadlock(w, GW_CLASS_FENCE_LOCK_CYCLE, PROBABLE, "101 102", "");
		assert_doubt(
			w,
			" Not proven: that client (pid 101) waits on: a timer of its process sends a signal 30 s after "
			"the wait began, which ends the wait unless the process blocks or ignores it.");
		/* It has fired, and the process ignores it. */
		alarm->flags = 0;
		look(w, 2);
		assert_deadlock(w, GW_CLASS_FENCE_LOCK_CYCLE, PROVEN, "101 102", "");
		world_free(w);
	}
}

TEST(alarm_ends_no_uninterruptible_wait)
{
	struct world *w = world_new();
	struct classic c = classic_of_process(w, TASK_UNINTERRUPTIBLE);

	alarm_of(w, c.holder, GW_ALARM_F_ARMED | GW_ALARM_F_PENDING);
	look(w, 2);
	assert_deadlock(w, GW_CLASS_FENCE_LOCK_CYCLE, PROVEN, "101 102", "");
	world_free(w);
}

TEST(signal_that_may_come_is_no_proof)
{
	static const struct {
		uint32_t flags;
		const char *words;
	} ways[] = {
		{ GW_ALARM_F_PENDING, "a signal that ends its wait is pending." },
		{ GW_ALARM_F_CPU_TIME, "its other threads have used up a limit of CPU time." },
		{ GW_ALARM_F_UNKNOWN, "whether a timer of its process is to send one was not read." },
		{ GW_ALARM_F_ARMED, "a timer of its process sends a signal, which ends the wait" },
	};

	for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
		struct world *w = world_new();
		struct classic c = classic_of_process(w, TASK_INTERRUPTIBLE);

		alarm_of(w, c.holder, ways[i].flags);
		look(w, 3);
		assert_deadlock(w, GW_CLASS_FENCE_LOCK_CYCLE, PROBABLE, "101 102", "");
		assert_doubt(w, ways[i].words);
		world_free(w);
	}
}

/* As in recordings of before it was read. */
TEST(process_of_whose_alarms_nothing_is_known_may_have_one)
{
	struct world *w = world_new();

	classic_of_process(w, TASK_INTERRUPTIBLE);
	look(w, 3);
	assert_deadlock(w, GW_CLASS_FENCE_LOCK_CYCLE, PROBABLE, "101 102", "");
	assert_doubt(w, "whether a timer of its process is to send one was not read.");
	world_free(w);
}

/* ---- sync objects -------------------------------------------------------------------------------------------------- */

/* The holder waits for a sync object, which has the classic's fence by now. */
static struct gw_fence_record *classic_of_syncobj(struct world *w)
{
	struct classic c = classic(w, 101);
	struct gw_fence_record *array = fence_of(w, GW_FENCE_ARRAY, c.fence, NULL);
	struct gw_wait *wait;

	array->context = array->seqno = 0;
	waits_no_more(c.holder);
	wait = waits(w, c.holder, GW_WAIT_SYNCOBJ, array->address);
	wait->count = 1;
	wait->flags = GW_WAIT_F_ALL;
	return array;
}

TEST(syncobj_whose_fence_was_replaced_may_be_waited_for_with_the_old_one)
{
	struct world *w = world_new();

	classic_of_syncobj(w);
	look(w, 3);
	assert_deadlock(w, GW_CLASS_FENCE_LOCK_CYCLE, PROBABLE, "101 102", "");
	world_free(w);
}

TEST(syncobj_whose_fence_has_the_waiter_is_waited_for_with_it)
{
	struct world *w = world_new();

	classic_of_syncobj(w)->flags |= GW_FENCE_F_AWAITED;
	look(w, 2);
	assert_deadlock(w, GW_CLASS_FENCE_LOCK_CYCLE, PROVEN, "101 102", "");
	world_free(w);
}

/* The wait was not found at the fence that the sync object has. */
TEST(syncobj_whose_fence_was_replaced_is_waited_for_with_another_one)
{
	struct world *w = world_new();
	struct gw_fence_record *array = classic_of_syncobj(w);

	array->flags |= GW_FENCE_F_AWAITED;
	array->members[0] = 0;
	look(w, 3);
	assert_no_deadlock(w);
	world_free(w);
}

/* Any of two ends the wait: of one nothing is known. */
TEST(one_of_two_syncobjs_was_given_another_fence)
{
	struct world *w = world_new();
	struct classic c = classic(w, 101);
	struct gw_wait *wait;

	waits_no_more(c.holder);
	wait = waits_for_any(w, c.holder, c.fence, NULL);
	((struct gw_fence_record *)w->records[w->n_records - 1])->flags |= GW_FENCE_F_AWAITED;
	wait->kind = GW_WAIT_SYNCOBJ;
	look(w, 3);
	assert_no_deadlock(w);
	world_free(w);
}

/* ---- locks that were left ------------------------------------------------------------------------------------------- */

/* A worker has returned with a lock that a task of the driver waits for. */
static struct gw_task_record *left_by_worker(struct world *w)
{
	struct gw_task_record *owner = worker(w, 201, 0, "lab_item", QUEUE), *waiter = kthread(w, 102, "waiter");

	owner->watch.sections = (struct gw_sections){ .work = 0 };
	owner->state = TASK_UNINTERRUPTIBLE | TASK_NOLOAD;
	stack(w, owner, "worker_thread kthread ret_from_fork");
	waits_for_lock(w, waiter, lock_of(w, GW_LOCK_MUTEX, owner), MUTEX);
	stack(w, waiter, "gpulab:lab_take gpulab:lab_thread kthread ret_from_fork");
	return owner;
}

TEST(lock_left_by_a_worker_that_nobody_may_release)
{
	struct world *w = world_new();

	left_by_worker(w);
	look(w, 2);
	assert_deadlock(w, GW_CLASS_LEAKED_LOCK, PROVEN, "102 201", "");
	world_free(w);
}

/* It sleeps for an event of its own, and releases the lock then. */
TEST(lock_left_to_a_thread_that_sleeps_in_the_driver)
{
	struct world *w = world_new();
	struct gw_task_record *heir = kthread(w, 103, "heir");

	left_by_worker(w);
	heir->state = TASK_INTERRUPTIBLE;
	stack(w, heir, "gpulab:lab_wait_for_event gpulab:lab_thread kthread ret_from_fork");
	look(w, 3);
	assert_never_proven(w);
	world_free(w);
}

/* No worker has taken it yet. */
TEST(lock_left_by_a_worker_to_an_item_that_is_queued)
{
	struct world *w = world_new();

	left_by_worker(w);
	queued_inactive(w, 0x7000, "lab_release_work [gpulab]", QUEUE, 1)->place = GW_WORK_QUEUED;
	look(w, 3);
	assert_never_proven(w);
	world_free(w);
}

/* Its timer is put off again and again, and may be what releases the lock when it fires. */
TEST(lock_left_by_a_worker_of_a_driver_whose_timer_is_put_off)
{
	struct world *w = world_new();
	struct gw_timer_record *timer = timer_of(w, "lab_release [gpulab]", 0);

	left_by_worker(w);
	for (int i = 0; i < 4; i++) {
		look(w, 1);
		timer->expires += 1000;
	}
	assert_deadlock(w, GW_CLASS_LEAKED_LOCK, PROBABLE, "102 201", "");
	world_free(w);
}

TEST(lock_left_by_a_worker_where_nobody_looked_for_sleepers)
{
	struct world *w = world_new();

	w->blocked_only = true;
	left_by_worker(w);
	look(w, 3);
	assert_never_proven(w);
	world_free(w);
}

/* It came to the lock through a helper, as GPU drivers come through TTM: the timer is the driver's. */
TEST(lock_left_by_a_worker_whose_waiter_came_through_a_helper)
{
	struct world *w = world_new();
	struct gw_task_record *waiter;
	struct gw_timer_record *timer = timer_of(w, "lab_release [gpulab]", 0);

	left_by_worker(w);
	waiter = (struct gw_task_record *)w->records[w->n_records - 2]; /* before the lock */
	assert_int_equal(waiter->pid, 102);
	stack(w, waiter, "ttm:ttm_bo_reserve gpulab:lab_take gpulab:lab_thread kthread ret_from_fork");
	for (int i = 0; i < 4; i++) {
		look(w, 1);
		timer->expires += 1000;
	}
	assert_deadlock(w, GW_CLASS_LEAKED_LOCK, PROBABLE, "102 201", "");
	world_free(w);
}

/* Its innermost module is the helper's, and it is in the driver all the same. */
TEST(lock_left_to_a_thread_that_sleeps_in_a_helper_of_the_driver)
{
	struct world *w = world_new();
	struct gw_task_record *heir = kthread(w, 103, "heir");

	left_by_worker(w);
	heir->state = TASK_INTERRUPTIBLE;
	stack(w, heir, "ttm:ttm_wait gpulab:lab_wait_for_event gpulab:lab_thread kthread ret_from_fork");
	look(w, 3);
	assert_never_proven(w);
	world_free(w);
}

/* ---- locks that a task owns which it is recorded to wait for --------------------------------------------------------- */

struct twice {
	struct gw_task_record *owner, *behind;
	struct gw_lock_record *mutex;
};

/* A task owns the mutex that it waits for, and another one waits behind it. */
static struct twice takes_twice(struct world *w)
{
	struct twice t = { .owner = kthread(w, 101, "owner"), .behind = kthread(w, 102, "behind") };

	gpu_module(w, "gpulab");
	t.mutex = lock_of(w, GW_LOCK_MUTEX, t.owner);
	stack(w, t.owner, "gpulab:lab_take gpulab:lab_thread kthread ret_from_fork");
	stack(w, t.behind, "gpulab:lab_other gpulab:lab_thread kthread ret_from_fork");
	waits_for_lock(w, t.owner, t.mutex, GW_LOCK_F_MUTEX);
	waits_for_lock(w, t.behind, t.mutex, GW_LOCK_F_MUTEX);
	return t;
}

TEST(mutex_that_a_task_takes_twice)
{
	struct world *w = world_new();
	struct twice t = takes_twice(w);

	t.owner->blocker = t.behind->blocker = t.mutex->address;
	t.owner->last_ran_ns = w->now_ns; /* the kernel's own word counts, whenever it ran */
	look(w, 2);
	assert_deadlock(w, GW_CLASS_LOCK_CYCLE, PROVEN, "101", "102");
	world_free(w);
}

/* The kernel names the mutex of one task, and none of the other: that one has got it, and the end of its wait was missed. */
TEST(wait_for_a_mutex_that_the_kernel_does_not_confirm_is_over)
{
	struct world *w = world_new();
	struct twice t = takes_twice(w);

	t.behind->blocker = t.mutex->address;
	look(w, 3);
	assert_no_deadlock(w);
	world_free(w);
}

/* Where no kernel names it, who takes a mutex twice does not run any more. */
TEST(mutex_that_a_task_takes_twice_where_the_kernel_names_none)
{
	struct world *w = world_new();

	takes_twice(w);
	look(w, 2);
	assert_deadlock(w, GW_CLASS_LOCK_CYCLE, PROVEN, "101", "102");
	world_free(w);
}

TEST(task_that_has_run_since_may_have_got_the_lock_that_it_owns)
{
	struct world *w = world_new();
	struct twice t = takes_twice(w);

	t.owner->last_ran_ns = t.owner->watch.waits[0].since_ns + 100 * MS;
	w->now_ns += SECOND;
	look(w, 2);
	assert_deadlock(w, GW_CLASS_LOCK_CYCLE, PROBABLE, "101", "102");
	world_free(w);
}

/* ---- the OOM killer --------------------------------------------------------------------------------------------------- */

/* A signaller reclaims memory and waits for a lock, whose holder, a process, waits for the signaller's fence. */
static struct gw_task_record *holds_up_reclaim(struct world *w)
{
	struct gw_task_record *signaller = kthread(w, 101, "signaller"), *holder = user_task(w, 102, "process");

	signaller->watch.sections.reclaim_since_ns = w->now_ns;
	stack(w, signaller,
	      "gpulab:shrink do_shrink_slab shrink_node do_try_to_free_pages try_to_free_pages __alloc_pages kthread");
	waits_for_lock(w, signaller, lock_of(w, GW_LOCK_MUTEX, holder), GW_LOCK_F_MUTEX);
	waits_for_fence(w, holder, fence(w, timeline_by(w, "gfx", signaller), 7));
	alarm_of(w, holder, 0);
	return holder;
}

TEST(process_that_holds_up_reclaim_and_takes_no_signal)
{
	struct world *w = world_new();

	holds_up_reclaim(w);
	look(w, 2);
	assert_deadlock(w, GW_CLASS_RECLAIM_CYCLE, PROVEN, "101 102", "");
	world_free(w);
}

TEST(process_that_holds_up_reclaim_may_be_killed_for_its_memory)
{
	struct world *w = world_new();

	holds_up_reclaim(w)->state = TASK_INTERRUPTIBLE;
	look(w, 2);
	assert_deadlock(w, GW_CLASS_RECLAIM_CYCLE, PROBABLE, "101 102", "");
	assert_non_null(strstr(the_report(w, GW_KIND_DEADLOCK)->explanation,
			       "Not proven: that the OOM killer does not end process (pid 102)"));
	world_free(w);
}

/* ---- locks that a thread of its driver's has kept ------------------------------------------------------------------ */

#define IDLE_QUEUE "kthread_worker_fn kthread ret_from_fork"
#define IDLE_INTERRUPT "irq_wait_for_interrupt irq_thread kthread ret_from_fork"

/* A thread that executes items, or handles interrupts, owns a lock that a task of the driver waits for. */
static struct gw_task_record *left_by_thread(struct world *w, const char *frames, uint32_t flags)
{
	struct gw_task_record *owner = kthread(w, 201, "thread"), *waiter = kthread(w, 102, "waiter");

	owner->flags |= flags;
	owner->state = TASK_INTERRUPTIBLE;
	stack(w, owner, frames);
	waits_for_lock(w, waiter, lock_of(w, GW_LOCK_MUTEX, owner), MUTEX);
	stack(w, waiter, "gpulab:lab_take gpulab:lab_thread kthread ret_from_fork");
	return owner;
}

/* The next item, or interrupt, may release it: nothing is said for ten seconds, and nothing is proven at all. */
static void left_by_thread_is_probable(const char *frames, uint32_t flags, const char *words)
{
	struct world *w = world_new();

	left_by_thread(w, frames, flags);
	look(w, 9);
	assert_no_deadlock(w);
	look(w, 3);
	assert_deadlock(w, GW_CLASS_LEAKED_LOCK, PROBABLE, "102 201", "");
	assert_non_null(strstr(the_report(w, GW_KIND_DEADLOCK)->explanation, words));
	look(w, 60);
	assert_deadlock(w, GW_CLASS_LEAKED_LOCK, PROBABLE, "102 201", "");
	world_free(w);
}

TEST(lock_left_by_an_item_of_a_kthread_worker)
{
	left_by_thread_is_probable(IDLE_QUEUE, GW_TASK_F_NO_ITEM, "has finished its work item");
}

TEST(lock_left_by_a_thread_of_an_interrupt)
{
	left_by_thread_is_probable(IDLE_INTERRUPT, 0, "is done with its interrupt");
}

static void holds_its_lock(const char *frames, uint32_t flags)
{
	struct world *w = world_new();

	left_by_thread(w, frames, flags);
	look(w, 75);
	assert_no_deadlock(w);
	world_free(w);
}

/* Its last call, for an event, has left no frame of the item. */
TEST(kthread_worker_that_executes_an_item_has_not_left_its_lock)
{
	holds_its_lock(IDLE_QUEUE, 0);
	holds_its_lock("gpulab:lab_wait_for_event gpulab:lab_item " IDLE_QUEUE, 0);
	holds_its_lock("gpulab:lab_wait_for_event gpulab:lab_item " IDLE_QUEUE, GW_TASK_F_NO_ITEM);
}

TEST(interrupt_that_is_handled_has_not_left_its_lock)
{
	holds_its_lock("gpulab:lab_wait_for_event gpulab:lab_handler irq_thread_fn irq_thread kthread", 0);
	holds_its_lock("irq_thread_fn irq_thread kthread ret_from_fork", 0);
}

/* It may be what has the next item queued, or the device send the next interrupt: for a minute. */
static void left_by_thread_while_somebody_sleeps(const char *frames, uint32_t flags)
{
	struct world *w = world_new();
	struct gw_task_record *heir = kthread(w, 103, "heir");

	left_by_thread(w, frames, flags);
	heir->state = TASK_INTERRUPTIBLE;
	stack(w, heir, "gpulab:lab_wait_for_event gpulab:lab_thread kthread ret_from_fork");
	look(w, 50);
	assert_no_deadlock(w);
	look(w, 15);
	assert_deadlock(w, GW_CLASS_LEAKED_LOCK, PROBABLE, "102 201", "");
	world_free(w);
}

TEST(lock_left_by_a_thread_of_a_driver_that_somebody_sleeps_in)
{
	left_by_thread_while_somebody_sleeps(IDLE_QUEUE, GW_TASK_F_NO_ITEM);
	left_by_thread_while_somebody_sleeps(IDLE_INTERRUPT, 0);
}

/* ---- jobs whose timeout handler is not seen ----------------------------------------------------------------------- */

static struct gw_fence_record *job_of_classic(struct world *w, struct classic *c)
{
	struct gw_fence_record *job = finished_fence(w, 0xffff888000500000, c->fence);

	waits_no_more(c->holder);
	waits_for_fence(w, c->holder, job);
	return job;
}

TEST(job_whose_timeout_handler_was_not_read_may_end)
{
	struct world *w = world_new();
	struct classic c = classic(w, 101);

	job_of_classic(w, &c);
	look(w, 3);
	assert_deadlock(w, GW_CLASS_FENCE_LOCK_CYCLE, PROBABLE, "101 102", "");
	world_free(w);
}

TEST(job_whose_timeout_handler_is_disabled_does_not_end)
{
	struct world *w = world_new();
	struct classic c = classic(w, 101);
	struct gw_reset_record *reset = timeout_handler(w, job_of_classic(w, &c)->scheduler);

	reset->timeout_ns = GW_TIMEOUT_NEVER;
	reset->expires_ns = 0;
	reset->place = GW_WORK_IDLE;
	look(w, 2);
	assert_deadlock(w, GW_CLASS_FENCE_LOCK_CYCLE, PROVEN, "101 102", "");
	world_free(w);
}

/* Somebody resets another ring, and has stopped this one's timer; it starts that again. */
TEST(job_whose_timeout_handler_is_held_may_end)
{
	struct world *w = world_new();
	struct classic c = classic(w, 101);
	struct gw_reset_record *reset = timeout_handler(w, job_of_classic(w, &c)->scheduler);

	reset->expires_ns = 0;
	reset->place = GW_WORK_IDLE;
	look(w, 3);
	assert_deadlock(w, GW_CLASS_FENCE_LOCK_CYCLE, PROBABLE, "101 102", "");
	world_free(w);
}

/* It is made anew by a reset, or gone, and its memory is something else's. */
TEST(scheduler_whose_thread_is_gone_may_have_another_one)
{
	struct world *w = world_new();
	struct gw_task_record *waiter = kthread(w, 101, "waiter");
	struct gw_fence_record *job = finished_fence(w, 0xffff888000500000, NULL);

	job->sched_task = 0xffff888000666000;
	waits_for_fence(w, waiter, job);
	look(w, 3);
	assert_deadlock(w, GW_CLASS_ORPHANED_FENCE, PROBABLE, "101 0", "");
	world_free(w);
}

/* ---- runtime power management ------------------------------------------------------------------------------------- */

/* Of two calls around the wait the stack has the inner one alone: the end of the outer one was missed. */
TEST(power_call_whose_end_was_missed_runs_no_callback)
{
	static const char *const frames[] = {
		"__flush_work gpulab:lab_suspend __rpm_callback rpm_callback rpm_suspend pm_runtime_work kthread",
		"__flush_work gpulab:lab_suspend __rpm_callback rpm_callback rpm_suspend gpulab:lab_suspend __rpm_callback "
		"rpm_callback rpm_suspend pm_runtime_work kthread",
	};

	for (size_t i = 0; i < 2; i++) {
		struct world *w = world_new();
		struct gw_task_record *suspends = kthread(w, 101, "suspends");
		struct gw_task_record *user = worker(w, 201, ITEM, "lab_item", QUEUE);
		struct gw_device_record *devices[2];

		for (size_t d = 0; d < 2; d++) {
			devices[d] = new_record(w, GW_RECORD_DEVICE, sizeof(*devices[d]));
			devices[d]->device.address = devices[d]->device.device = new_address(w);
			devices[d]->device.kind = GW_DEVICE_PLAIN;
			devices[d]->device.power = RPM_SUSPENDING;
			waits(w, suspends, GW_WAIT_POWER_CALL, devices[d]->device.address);
		}
		stack(w, suspends, frames[i]);
		flushes(w, suspends, ITEM, "lab_item");
		executed(w, user, "lab_item");
		stack(w, user, "rpm_resume __pm_runtime_resume gpulab:lab_item process_one_work worker_thread kthread");
		waits(w, user, GW_WAIT_POWER, devices[0]->device.address);
		look(w, 3);
		assert_deadlock(w, GW_CLASS_RUNTIME_PM_CYCLE, i == 0 ? PROBABLE : PROVEN, "101 201", "");
		world_free(w);
	}
}

/* ---- work items --------------------------------------------------------------------------------------------------- */

/* The holder waits for a fence that ITEM signals, whose worker waits for the holder's lock. */
static struct gw_task_record *classic_of_item(struct world *w)
{
	struct gw_task_record *holder = kthread(w, 101, "holder"), *executes = item_needs(w, holder);
	struct gw_timeline_record *ring = timeline(w, "gfx");

	signalled_by_work(w, ring, ITEM, "lab_item", 100);
	waits_for_fence(w, holder, fence(w, ring, 7));
	return executes;
}

TEST(item_that_signals_and_is_blocked)
{
	struct world *w = world_new();

	classic_of_item(w);
	look(w, 2);
	assert_deadlock(w, GW_CLASS_FENCE_LOCK_CYCLE, PROVEN, "101 201", "");
	world_free(w);
}

/* A job's item has signalled, and the next job's is queued once the device is done. */
TEST(item_of_another_job_may_signal)
{
	struct world *w = world_new();

	classic_of_item(w);
	for (size_t i = 0; i < w->n_records; i++)
		if (w->records[i]->type == GW_RECORD_TIMELINE)
			((struct gw_timeline_record *)w->records[i])->timeline.items = 99;
	look(w, 3);
	assert_deadlock(w, GW_CLASS_FENCE_LOCK_CYCLE, PROBABLE, "101 201", "");
	assert_doubt(w, "several items with its function have signalled that.");
	world_free(w);
}

/* Another workqueue's worker takes it meanwhile: the kernel keeps an item from running twice on one of them only. */
TEST(item_that_is_queued_elsewhere_meanwhile_may_signal)
{
	struct world *w = world_new();
	struct gw_work_record *again;

	classic_of_item(w);
	again = queued_inactive(w, ITEM, "lab_item", OTHER_QUEUE, 1);
	again->place = GW_WORK_QUEUED;
	look(w, 3);
	assert_no_deadlock(w);
	world_free(w);
}

TEST(item_whose_timer_runs_meanwhile_may_signal)
{
	struct world *w = world_new();
	struct gw_work_record *again;

	classic_of_item(w);
	again = queued_inactive(w, ITEM, "lab_item", 0, 0);
	again->place = GW_WORK_DELAYED;
	look(w, 3);
	assert_deadlock(w, GW_CLASS_FENCE_LOCK_CYCLE, PROBABLE, "101 201", "");
	/* It has expired: now the queue is known. */
	again->place = GW_WORK_QUEUED;
	again->workqueue = QUEUE;
	look(w, 2);
	assert_deadlock(w, GW_CLASS_FENCE_LOCK_CYCLE, PROVEN, "101 201", "");
	world_free(w);
}

/* It only cleans up; that it is queued again comes first among its records. */
TEST(item_that_has_signalled_and_is_queued_again)
{
	struct world *w = world_new();
	struct gw_timeline_record *ring = timeline(w, "gfx");
	struct gw_task_record *holder = kthread(w, 101, "holder"), *executes;
	struct gw_work_record *again = queued_inactive(w, ITEM, "lab_item", QUEUE, 1);

	again->place = GW_WORK_QUEUED;
	executes = worker(w, 201, ITEM, "lab_item", QUEUE);
	executed(w, executes, "lab_item")->position = (uint32_t)ring->timeline.context;
	waits_for_lock(w, executes, lock_of(w, GW_LOCK_MUTEX, holder), MUTEX);
	signalled_by_work(w, ring, ITEM, "lab_item", 100);
	waits_for_fence(w, holder, fence(w, ring, 7));
	look(w, 3);
	assert_never_proven(w);
	world_free(w);
}

TEST(item_that_is_queued_again_behind_itself_signals_no_sooner)
{
	struct world *w = world_new();
	struct gw_work_record *again;

	classic_of_item(w);
	again = queued_inactive(w, ITEM, "lab_item", QUEUE, 1);
	again->place = GW_WORK_QUEUED;
	look(w, 2);
	assert_deadlock(w, GW_CLASS_FENCE_LOCK_CYCLE, PROVEN, "101 201", "");
	world_free(w);
}

/* holder waits for a fence of an item that waits for an active one to end, which needs the holder's lock. */
static struct gw_work_record *queued_behind_holder(struct world *w, uint32_t active)
{
	struct gw_task_record *holder = kthread(w, 101, "holder"), *blocked = worker(w, 201, ITEM, "lab_other", QUEUE);
	struct gw_timeline_record *ring = timeline(w, "gfx");

	executed(w, blocked, "lab_other");
	signalled_by_work(w, ring, ITEM + 0x800, "lab_item", 100);
	waits_for_lock(w, blocked, lock_of(w, GW_LOCK_MUTEX, holder), MUTEX);
	waits_for_fence(w, holder, fence(w, ring, 7));
	return queued_inactive(w, ITEM + 0x800, "lab_item", QUEUE, active);
}

TEST(item_behind_a_blocked_one)
{
	struct world *w = world_new();

	queued_behind_holder(w, 1);
	look(w, 2);
	assert_deadlock(w, GW_CLASS_WORKQUEUE_CYCLE, PROVEN, "201 101", "");
	world_free(w);
}

TEST(item_that_is_held_back_although_there_is_room)
{
	struct world *w = world_new();

	queued_behind_holder(w, 1)->max_active = 4;
	look(w, 3);
	assert_never_proven(w);
	world_free(w);
}

/* They are those of more than one node: of this one's active items not all need be among them. */
TEST(workers_of_all_nodes_are_not_those_of_one)
{
	struct world *w = world_new();
	struct gw_work_record *item = queued_behind_holder(w, 2);
	struct gw_task_record *far[2];

	/* Two of another node: both are stuck for good. */
	for (uint32_t i = 0; i < 2; i++) {
		far[i] = worker(w, 202 + i, ITEM + 0x1000 * (i + 1), "lab_other", QUEUE);
		far[i]->watch.sections.work_pwq = QUEUE + 0x200;
		executed(w, far[i], "lab_other");
		waits_for_lock(w, far[i], lock_of(w, GW_LOCK_MUTEX, (struct gw_task_record *)w->records[0]), MUTEX);
	}
	assert_int_equal(item->nr_active, 2);
	look(w, 3);
	assert_never_proven(w);
	world_free(w);
}

/* ---- sections ----------------------------------------------------------------------------------------------------- */

/* Who still reads explains the wait: the record of one that was left long ago may only be stale. */
TEST(section_that_is_stale_is_not_leaked_while_another_one_stands)
{
	struct world *w = world_new();
	struct gw_task_record *stale = user_task(w, 101, "client"), *inside = user_task(w, 102, "slow"),
			      *unplugger = kthread(w, 103, "unplugger");
	uint64_t device = new_address(w);
	struct gw_task_record *both[] = { stale, inside };

	for (size_t i = 0; i < 2; i++) {
		struct gw_section_record *section = new_record(w, GW_RECORD_SECTION, sizeof(*section));

		both[i]->watch.sections.drm_depth = 1;
		both[i]->watch.sections.drm_device = device;
		both[i]->watch.sections.drm_since_ns = w->now_ns;
		section->section = (struct gw_section){ .kind = GW_SECTION_DRM,
							.object = device,
							.since_ns = w->now_ns,
							.task = both[i]->address,
							.start_ns = both[i]->start_ns,
							.pid = both[i]->pid };
	}
	stale->state = TASK_INTERRUPTIBLE;
	stack(w, stale,
	      "schedule do_nanosleep hrtimer_nanosleep __x64_sys_clock_nanosleep do_syscall_64 "
	      "entry_SYSCALL_64_after_hwframe");
	stack(w, inside,
	      "gpulab:lab_wait_for_device gpulab:lab_ioctl drm:drm_ioctl do_syscall_64 "
	      "entry_SYSCALL_64_after_hwframe");
	w->now_ns += SECOND;
	unplugger->watch.sections.unplug_device = device;
	stack(w, unplugger, "__synchronize_srcu drm:drm_dev_unplug gpulab:remove kthread");
	waits(w, unplugger, GW_WAIT_SRCU, w->host.unplug_srcu);
	look(w, 3);
	assert_never_proven(w);
	world_free(w);
}

/* ---- looks -------------------------------------------------------------------------------------------------------- */

TEST(incomplete_looks_alone_prove_nothing)
{
	struct world *w = world_new();

	classic(w, 101);
	w->incomplete = true;
	look(w, 4);
	assert_deadlock(w, GW_CLASS_FENCE_LOCK_CYCLE, PROBABLE, "101 102", "");
	assert_non_null(strstr(the_report(w, GW_KIND_DEADLOCK)->explanation, "the look was incomplete"));
	w->incomplete = false;
	look(w, 2);
	assert_deadlock(w, GW_CLASS_FENCE_LOCK_CYCLE, PROVEN, "101 102", "");
	world_free(w);
}

TEST(complete_look_and_an_incomplete_one_prove_nothing)
{
	struct world *w = world_new();

	classic(w, 101);
	look(w, 1);
	w->incomplete = true;
	look(w, 1);
	assert_never_proven(w);
	world_free(w);
}

/* It was not there for a while: what its waits were proof of then is none now, and one look is none either. */
TEST(loop_that_was_proven_and_comes_back_is_probable_at_first)
{
	struct world *w = world_new();
	struct classic c = classic(w, 101);

	look(w, 2);
	assert_deadlock(w, GW_CLASS_FENCE_LOCK_CYCLE, PROVEN, "101 102", "");
	c.fence->flags = GW_FENCE_F_SIGNALED;
	look(w, 5);
	assert_deadlock(w, GW_CLASS_FENCE_LOCK_CYCLE, PROBABLE, "101 102", "");
	c.fence->flags = 0;
	look(w, 1);
	assert_deadlock(w, GW_CLASS_FENCE_LOCK_CYCLE, PROBABLE, "101 102", "");
	look(w, 1);
	assert_deadlock(w, GW_CLASS_FENCE_LOCK_CYCLE, PROVEN, "101 102", "");
	world_free(w);
}

/* In between others could end it, in look after look. */
TEST(loop_that_comes_back_after_long_is_seen_anew)
{
	struct world *w = world_new();
	struct classic c = classic(w, 101);

	look(w, 1);
	c.fence->flags = GW_FENCE_F_SIGNALED;
	look(w, 5);
	c.fence->flags = 0;
	look(w, 1);
	assert_no_deadlock(w);
	look(w, 1);
	assert_deadlock(w, GW_CLASS_FENCE_LOCK_CYCLE, PROVEN, "101 102", "");
	world_free(w);
}

#define T(name) cmocka_unit_test(name)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(lock_left_by_a_worker_whose_waiter_came_through_a_helper),
		T(lock_left_to_a_thread_that_sleeps_in_a_helper_of_the_driver),
		T(mutex_that_a_task_takes_twice),
		T(wait_for_a_mutex_that_the_kernel_does_not_confirm_is_over),
		T(mutex_that_a_task_takes_twice_where_the_kernel_names_none),
		T(task_that_has_run_since_may_have_got_the_lock_that_it_owns),
		T(process_that_holds_up_reclaim_and_takes_no_signal),
		T(process_that_holds_up_reclaim_may_be_killed_for_its_memory),
		T(flush_whose_end_was_missed_is_over),
		T(flush_that_is_on_the_stack_stands),
		T(completion_after_a_flush_whose_end_was_missed_is_not_the_flushs),
		T(fence_wait_whose_end_was_missed_is_over),
		T(flush_of_a_workqueue_whose_end_was_missed_is_over),
		T(stop_of_a_thread_whose_end_was_missed_is_over),
		T(fence_wait_of_a_drivers_own_may_end_by_itself),
		T(fence_wait_as_the_kernel_does_it_has_no_end),
		T(owner_that_began_after_the_wait_for_it_does_not_own_the_lock),
		T(owner_that_began_before_the_waiter_ran_last_owns_the_lock),
		T(reader_that_began_after_the_writer_does_not_read),
		T(fence_that_an_array_shows_used_again_is_over),
		T(fence_of_another_driver_is_not_the_unplugged_devices),
		T(hang_check_of_the_driver_may_end_it),
		T(hang_check_may_be_a_thread_that_sleeps_for_a_time),
		T(those_who_sleep_in_modules_are_asked_for_while_a_loop_is_young),
		T(recovery_that_is_under_way_may_end_it),
		T(hang_check_that_is_queued_may_end_it),
		T(timeout_of_a_job_may_end_a_fence_of_the_hardware),
		T(hang_check_of_a_driver_without_a_name_may_end_it),
		T(wait_in_a_function_without_a_name_is_not_proven),
		T(hang_check_of_some_driver_may_end_a_fence_of_drms_own),
		T(hang_check_may_be_among_timers_that_a_look_had_no_room_for),
		T(timer_of_another_driver_ends_nothing),
		T(hang_check_of_a_driver_that_is_built_in_may_end_it),
		T(process_that_signals_may_not_be_the_only_one),
		T(interrupt_that_ends_fences_with_errors_may_do_so_again),
		T(interruptible_wait_of_a_process_that_has_set_no_alarm),
		T(another_thread_of_the_process_may_end_its_killable_wait),
		T(alarm_of_the_process_ends_its_interruptible_wait),
		T(alarm_ends_no_uninterruptible_wait),
		T(signal_that_may_come_is_no_proof),
		T(process_of_whose_alarms_nothing_is_known_may_have_one),
		T(syncobj_whose_fence_was_replaced_may_be_waited_for_with_the_old_one),
		T(syncobj_whose_fence_has_the_waiter_is_waited_for_with_it),
		T(syncobj_whose_fence_was_replaced_is_waited_for_with_another_one),
		T(one_of_two_syncobjs_was_given_another_fence),
		T(lock_left_by_a_worker_that_nobody_may_release),
		T(lock_left_to_a_thread_that_sleeps_in_the_driver),
		T(lock_left_by_a_worker_to_an_item_that_is_queued),
		T(lock_left_by_a_worker_of_a_driver_whose_timer_is_put_off),
		T(lock_left_by_a_worker_where_nobody_looked_for_sleepers),
		T(lock_left_by_an_item_of_a_kthread_worker),
		T(lock_left_by_a_thread_of_an_interrupt),
		T(kthread_worker_that_executes_an_item_has_not_left_its_lock),
		T(interrupt_that_is_handled_has_not_left_its_lock),
		T(lock_left_by_a_thread_of_a_driver_that_somebody_sleeps_in),
		T(item_of_another_job_may_signal),
		T(job_whose_timeout_handler_was_not_read_may_end),
		T(job_whose_timeout_handler_is_disabled_does_not_end),
		T(job_whose_timeout_handler_is_held_may_end),
		T(scheduler_whose_thread_is_gone_may_have_another_one),
		T(power_call_whose_end_was_missed_runs_no_callback),
		T(item_that_signals_and_is_blocked),
		T(item_that_is_queued_elsewhere_meanwhile_may_signal),
		T(item_whose_timer_runs_meanwhile_may_signal),
		T(item_that_has_signalled_and_is_queued_again),
		T(item_that_is_queued_again_behind_itself_signals_no_sooner),
		T(item_behind_a_blocked_one),
		T(item_that_is_held_back_although_there_is_room),
		T(workers_of_all_nodes_are_not_those_of_one),
		T(section_that_is_stale_is_not_leaked_while_another_one_stands),
		T(incomplete_looks_alone_prove_nothing),
		T(complete_look_and_an_incomplete_one_prove_nothing),
		T(loop_that_was_proven_and_comes_back_is_probable_at_first),
		T(loop_that_comes_back_after_long_is_seen_anew),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
