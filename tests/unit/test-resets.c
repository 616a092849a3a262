/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Jobs that the hardware does not end, and the timeout handlers of their schedulers. */
#include "tests/unit/build-snapshot.h"

#define TEST(name) static void name(void **state __attribute__((unused)))
#define T(name) cmocka_unit_test(name)

#define MUTEX GW_LOCK_F_MUTEX
#define SCHEDULER 0xffff888000aaa000ULL
#define TIMEOUT_WQ 0xffff888000bbb000ULL

/* A holder of a mutex waits for a job that a silent device does not end. */
struct job {
	struct gw_task_record *holder;
	struct gw_lock_record *lock;
	struct gw_timeline_record *ring;
	struct gw_fence_record *finished;
	struct gw_reset_record *reset;
};

static struct job silent_job(struct world *w)
{
	struct job job = { .holder = kthread(w, 101, "commit"), .ring = timeline(w, "gfx") };

	job.lock = lock_of(w, GW_LOCK_MUTEX, job.holder);
	signalled_by_interrupt(job.ring, GW_SIGNALLER_HARDIRQ);
	job.finished = finished_fence(w, SCHEDULER, fence(w, job.ring, 7));
	job.reset = timeout_handler(w, SCHEDULER);
	waits_for_fence(w, job.holder, job.finished);
	return job;
}

/* The handler's timer has expired, and a worker executes it. */
static struct gw_task_record *handler_runs(struct world *w, struct job *job)
{
	job->reset->expires_ns = 0;
	job->reset->place = GW_WORK_IDLE;
	return worker(w, 102, job->reset->work, "drm_sched_job_timedout", TIMEOUT_WQ);
}

TEST(handler_that_wants_what_the_waiter_holds_is_a_reset_cycle)
{
	struct world *w = world_new();
	struct job job = silent_job(w);

	waits_for_lock(w, handler_runs(w, &job), job.lock, MUTEX);
	look(w, 2);
	assert_deadlock(w, GW_CLASS_RESET_CYCLE, GW_CONFIDENCE_PROBABLE, "101 102", "");
	assert_types(w, "task fence work task lock");
	world_free(w);
}

TEST(handler_that_flushes_the_waiter_is_a_reset_cycle)
{
	struct world *w = world_new();
	struct job job = silent_job(w);
	struct gw_task_record *restore = worker(w, 103, 0xffff888000ccc000, "restore_work", 0xffff888000ddd000);

	waits_for_fence(w, restore, job.finished);
	flushes(w, handler_runs(w, &job), 0xffff888000ccc000, "restore_work");
	look(w, 2);
	assert_deadlock(w, GW_CLASS_RESET_CYCLE, GW_CONFIDENCE_PROBABLE, "103 102", "101");
	world_free(w);
}

TEST(handler_that_is_queued_behind_the_waiter_is_a_reset_cycle)
{
	struct world *w = world_new();
	struct job job = silent_job(w);

	job.reset->expires_ns = 0;
	job.reset->place = GW_WORK_INACTIVE;
	queued_inactive(w, job.reset->work, "drm_sched_job_timedout", TIMEOUT_WQ, 1);
	waits_for_fence(w, worker(w, 103, 0xffff888000ccc000, "restore_work", TIMEOUT_WQ), job.finished);
	look(w, 2);
	assert_deadlock(w, GW_CLASS_RESET_CYCLE, GW_CONFIDENCE_PROBABLE, "103", "101");
	world_free(w);
}

/* drm_sched_stop() takes the job's fence away, and drm_sched_start() gives it back or ends the job. */
TEST(job_whose_scheduler_is_stopped_needs_the_reset)
{
	struct world *w = world_new();
	struct job job = silent_job(w);

	job.finished->member_count = 0;
	job.finished->flags |= GW_FENCE_F_PUSHED;
	waits_for_lock(w, handler_runs(w, &job), job.lock, MUTEX);
	look(w, 2);
	assert_deadlock(w, GW_CLASS_RESET_CYCLE, GW_CONFIDENCE_PROBABLE, "101 102", "");
	world_free(w);
}

/* ---- interrupts that have threads --------------------------------------------------------- */

/* A job that only the thread of the device's interrupt ends, and a handler that wants what the waiter holds. */
static struct gw_task_record *job_ended_by_thread(struct world *w, const char *frames)
{
	struct gw_task_record *thread = kthread(w, 104, "irq/45-gpu");
	struct job job = silent_job(w);

	memset(job.ring->timeline.signallers, 0, sizeof(job.ring->timeline.signallers));
	signalled_by(job.ring, thread, 1000);
	thread->state = TASK_INTERRUPTIBLE;
	stack(w, thread, frames);
	waits_for_lock(w, handler_runs(w, &job), job.lock, MUTEX);
	return thread;
}

TEST(thread_that_waits_for_its_interrupt_is_the_device)
{
	struct world *w = world_new();

	job_ended_by_thread(w, "schedule irq_wait_for_interrupt irq_thread kthread");
	look(w, 2);
	assert_deadlock(w, GW_CLASS_RESET_CYCLE, GW_CONFIDENCE_PROBABLE, "101 102", "");
	world_free(w);
}

/* On PREEMPT_RT timers and softirqs have threads, too. */
TEST(thread_of_a_cpu_that_waits_for_softirqs_is_the_device)
{
	struct world *w = world_new();

	job_ended_by_thread(w, "schedule smpboot_thread_fn kthread");
	look(w, 2);
	assert_deadlock(w, GW_CLASS_RESET_CYCLE, GW_CONFIDENCE_PROBABLE, "101 102", "");
	world_free(w);
}

/* It is in the middle of one, and may signal next. */
TEST(thread_that_handles_its_interrupt_is_not)
{
	struct world *w = world_new();

	job_ended_by_thread(w, "schedule gpu:gpu_job_irq irq_thread_fn irq_thread kthread");
	look(w, 12);
	assert_no_deadlock(w);
	world_free(w);
}

TEST(silent_device_with_a_threaded_interrupt)
{
	struct world *w = world_new();
	struct gw_task_record *thread = kthread(w, 104, "irq/45-gpu");
	struct gw_timeline_record *ring = timeline_by(w, "gfx", thread);

	thread->state = TASK_INTERRUPTIBLE;
	stack(w, thread, "schedule irq_wait_for_interrupt irq_thread kthread");
	waits_for_fence(w, user_task(w, 101, "compute"), fence(w, ring, 7));
	look(w, 12);
	assert_no_deadlock(w);
	assert_string_equal(gw_class_name(the_report(w, GW_KIND_STALL)->class), "silent-device");
	world_free(w);
}

/* ---- resets of the driver's own ------------------------------------------------------------ */

/* A process waits for a silent device with a mutex that a work item wants. */
static struct gw_task_record *item_wants_waiters_mutex(struct world *w, const char *item)
{
	struct gw_task_record *holder = user_task(w, 101, "compute"),
			      *executor = worker(w, 102, 0xffff888000ccc000, item, 0);
	struct gw_timeline_record *ring = timeline(w, "queue0");
	struct gw_fence_record *awaited = fence(w, ring, 7);

	awaited->ops_driver = function(w, "queue_fence_driver_name [panthor]");
	signalled_by_interrupt(ring, GW_SIGNALLER_HARDIRQ);
	waits_for_fence(w, holder, awaited);
	waits_for_lock(w, executor, lock_of(w, GW_LOCK_MUTEX, holder), MUTEX);
	return executor;
}

TEST(reset_of_the_drivers_own_that_wants_what_the_waiter_holds)
{
	struct world *w = world_new();

	item_wants_waiters_mutex(w, "panthor_device_reset_work [panthor]");
	look(w, 10);
	assert_no_deadlock(w);
	look(w, 3);
	assert_deadlock(w, GW_CLASS_RESET_CYCLE, GW_CONFIDENCE_PROBABLE, "101 102", "");
	assert_non_null(strstr(the_report(w, GW_KIND_DEADLOCK)->explanation,
			       "by its name it is a reset of that driver, and the device may still answer"));
	world_free(w);
}

/* It may be that of the other GPU. */
TEST(reset_of_a_driver_that_has_several_gpus_is_nobodys)
{
	struct world *w = world_new();

	for (int i = 0; i < 2; i++) {
		struct gw_gpu_record *gpu = new_record(w, GW_RECORD_GPU, sizeof(*gpu));

		*gpu = (struct gw_gpu_record){ gpu->header, i, 128 + i, -1, 0, "", "panthor", "panthor" };
	}
	item_wants_waiters_mutex(w, "panthor_device_reset_work [panthor]");
	look(w, 14);
	assert_no_deadlock(w);
	assert_int_equal(the_report(w, GW_KIND_STALL)->class, GW_CLASS_SILENT_DEVICE);
	world_free(w);
}

TEST(item_of_the_driver_that_is_no_reset_ends_nothing)
{
	struct world *w = world_new();

	item_wants_waiters_mutex(w, "panthor_stats_work [panthor]");
	look(w, 14);
	assert_no_deadlock(w);
	world_free(w);
}

TEST(reset_of_another_driver_ends_nothing)
{
	struct world *w = world_new();

	item_wants_waiters_mutex(w, "nouveau_reset_work [nouveau]");
	look(w, 14);
	assert_no_deadlock(w);
	world_free(w);
}

TEST(reset_of_the_drivers_own_that_gets_on_ends_it)
{
	struct world *w = world_new();

	waits_no_more(item_wants_waiters_mutex(w, "panthor_device_reset_work [panthor]"));
	look(w, 14);
	assert_no_deadlock(w);
	world_free(w);
}

TEST(device_that_answers_now_and_then_needs_no_reset)
{
	struct world *w = world_new();
	struct gw_timeline_record *ring = NULL;

	item_wants_waiters_mutex(w, "panthor_device_reset_work [panthor]");
	for (size_t i = 0; i < w->n_records; i++)
		if (w->records[i] && w->records[i]->type == GW_RECORD_TIMELINE)
			ring = (struct gw_timeline_record *)w->records[i];
	assert_non_null(ring);
	for (int i = 0; i < 4; i++) {
		look(w, 5);
		ring->timeline.signallers[0].count++;
	}
	assert_no_deadlock(w);
	world_free(w);
}

/* ---- healthy ones ------------------------------------------------------------------------- */

TEST(handler_that_is_not_due_may_end_the_job)
{
	struct world *w = world_new();
	struct gw_task_record *holder = kthread(w, 101, "holder"), *signaller = kthread(w, 102, "signaller");
	struct gw_lock_record *lock = lock_of(w, GW_LOCK_MUTEX, holder);
	struct gw_timeline_record *ring = timeline_by(w, "gfx", signaller);

	timeout_handler(w, SCHEDULER);
	waits_for_fence(w, holder, finished_fence(w, SCHEDULER, fence(w, ring, 7)));
	waits_for_lock(w, signaller, lock, MUTEX);
	look(w, 3);
	assert_no_deadlock(w);
	world_free(w);
}

TEST(handler_that_is_disabled_ends_nothing)
{
	struct world *w = world_new();
	struct gw_task_record *holder = kthread(w, 101, "holder"), *signaller = kthread(w, 102, "signaller");
	struct gw_lock_record *lock = lock_of(w, GW_LOCK_MUTEX, holder);
	struct gw_timeline_record *ring = timeline_by(w, "gfx", signaller);
	struct gw_reset_record *reset = timeout_handler(w, SCHEDULER);

	reset->timeout_ns = GW_TIMEOUT_NEVER;
	reset->expires_ns = 0;
	reset->place = GW_WORK_IDLE;
	waits_for_fence(w, holder, finished_fence(w, SCHEDULER, fence(w, ring, 7)));
	waits_for_lock(w, signaller, lock, MUTEX);
	look(w, 2);
	assert_deadlock(w, GW_CLASS_FENCE_LOCK_CYCLE, GW_CONFIDENCE_PROVEN, "101 102", "");
	world_free(w);
}

TEST(handler_that_runs_may_end_the_job)
{
	struct world *w = world_new();
	struct job job = silent_job(w);

	runs(handler_runs(w, &job));
	look(w, 9);
	assert_silent(w);
	world_free(w);
}

TEST(handler_that_waits_for_somebody_slow_is_a_stall_through_the_reset)
{
	struct world *w = world_new();
	struct job job = silent_job(w);
	struct gw_task_record *slow = kthread(w, 103, "slow");

	waits_for_lock(w, handler_runs(w, &job), lock_of(w, GW_LOCK_MUTEX, slow), MUTEX);
	look(w, 12);
	assert_no_deadlock(w);
	assert_string_equal(the_report(w, GW_KIND_STALL)->root_node, "task:103");
	assert_non_null(strstr(the_report(w, GW_KIND_STALL)->explanation, "has outlasted its job's timeout"));
	world_free(w);
}

TEST(thread_that_signals_the_hardware_fence_may_do_so_before_the_handler)
{
	struct world *w = world_new();
	struct job job = silent_job(w);

	signalled_by(job.ring, kthread(w, 103, "retire"), 50);
	waits_for_lock(w, handler_runs(w, &job), job.lock, MUTEX);
	look(w, 3);
	assert_no_deadlock(w);
	world_free(w);
}

/* ---- silent devices ------------------------------------------------------------------------ */

TEST(device_that_stays_silent_says_when_its_timeout_handler_comes)
{
	struct world *w = world_new();
	struct job job = silent_job(w);
	const struct gw_report *report;

	job.reset->expires_ns = w->now_ns + 60 * SECOND;
	look(w, 11);
	report = the_report(w, GW_KIND_STALL);
	assert_string_equal(gw_class_name(report->class), "silent-device");
	assert_non_null(strstr(report->explanation, "its last signalled fence is 6, and 7 is waited for"));
	assert_non_null(strstr(report->explanation, "the timeout handler of scheduler gfx begins in 50.0 s"));
	assert_string_equal(json_string_value(json_object_get(report->action, "code")), "wait");
	world_free(w);
}

TEST(device_without_a_timeout_handler_says_so)
{
	struct world *w = world_new();
	struct job job = silent_job(w);

	job.reset->timeout_ns = GW_TIMEOUT_NEVER;
	job.reset->expires_ns = 0;
	job.reset->place = GW_WORK_IDLE;
	look(w, 11);
	assert_non_null(strstr(the_report(w, GW_KIND_STALL)->explanation, "handler of scheduler gfx is disabled"));
	assert_string_equal(json_string_value(json_object_get(the_report(w, GW_KIND_STALL)->action, "code")),
			    "gpu-reset");
	assert_string_equal(json_string_value(json_object_get(the_report(w, GW_KIND_STALL)->action, "driver")),
			    "gpulab");
	world_free(w);
}

static void scheduler_device(struct world *w, const struct job *job)
{
	struct gw_device_record *record = new_record(w, GW_RECORD_DEVICE, sizeof(*record));

	record->device =
		(struct gw_device){ .address = job->reset->scheduler, .kind = GW_DEVICE_SCHEDULER, .card = -1 };
	snprintf(record->device.name, sizeof(record->device.name), "0000:0c:00.0");
	snprintf(record->device.driver, sizeof(record->device.driver), "amdgpu");
}

/* Where it is known which device that is, its driver can be made to let go of it. */
TEST(device_without_a_timeout_handler_may_be_unbound)
{
	struct world *w = world_new();
	struct job job = silent_job(w);
	const json_t *action;

	scheduler_device(w, &job);
	job.reset->timeout_ns = GW_TIMEOUT_NEVER;
	job.reset->expires_ns = 0;
	job.reset->place = GW_WORK_IDLE;
	look(w, 11);
	action = the_report(w, GW_KIND_STALL)->action;
	assert_string_equal(json_string_value(json_object_get(action, "code")), "unbind");
	assert_string_equal(json_string_value(json_object_get(action, "device")), "0000:0c:00.0");
	assert_string_equal(json_string_value(json_object_get(action, "command")),
			    "echo 0000:0c:00.0 | tee /sys/bus/*/devices/0000:0c:00.0/driver/unbind");
	world_free(w);
}

/* The handler runs each second, and starts the timer again. */
static void times_out(struct world *w, struct job *job, unsigned int times)
{
	job->reset->timeout_ns = SECOND;
	while (times--) {
		job->reset->expires_ns = w->now_ns + SECOND;
		look(w, 1);
	}
}

TEST(handler_that_runs_again_and_again_in_vain_is_no_reason_to_wait)
{
	struct world *w = world_new();
	struct job job = silent_job(w);
	const struct gw_report *report;
	const char *sentence;

	times_out(w, &job, 14);
	report = the_report(w, GW_KIND_STALL);
	sentence = json_string_value(json_object_get(report->action, "sentence"));
	assert_string_equal(gw_class_name(report->class), "silent-device");
	assert_string_equal(json_string_value(json_object_get(report->action, "code")), "reboot");
	assert_string_equal(json_string_value(json_object_get(report->action, "works")), "unknown");
	assert_non_null(strstr(sentence, "has run at least 9 times, and the same fence is still not signalled"));
	assert_non_null(strstr(report->explanation, "scheduler gfx has run at least 9 times meanwhile"));
	world_free(w);
}

TEST(device_whose_handler_runs_in_vain_may_be_unbound)
{
	struct world *w = world_new();
	struct job job = silent_job(w);

	scheduler_device(w, &job);
	times_out(w, &job, 14);
	assert_string_equal(json_string_value(json_object_get(the_report(w, GW_KIND_STALL)->action, "code")), "unbind");
	world_free(w);
}

/* The second reset may help, as the third may not be needed. */
TEST(handler_that_ran_twice_may_help_the_next_time)
{
	struct world *w = world_new();
	struct job job = silent_job(w);

	times_out(w, &job, 2);
	job.reset->timeout_ns = 60 * SECOND;
	job.reset->expires_ns = w->now_ns + 60 * SECOND;
	look(w, 11);
	assert_string_equal(json_string_value(json_object_get(the_report(w, GW_KIND_STALL)->action, "code")), "wait");
	world_free(w);
}

/* A job that comes starts the timer anew, though nothing has run out. */
TEST(timer_that_is_put_off_has_not_run)
{
	struct world *w = world_new();
	struct job job = silent_job(w);

	job.reset->timeout_ns = 10 * SECOND;
	for (unsigned int i = 0; i < 14; i++) {
		job.reset->expires_ns = w->now_ns + 10 * SECOND;
		look(w, 1);
	}
	assert_string_equal(json_string_value(json_object_get(the_report(w, GW_KIND_STALL)->action, "code")), "wait");
	world_free(w);
}

/* A reset that ends its job was not in vain. */
TEST(handler_that_helps_is_counted_anew)
{
	struct world *w = world_new();
	struct job job = silent_job(w);

	waits_no_more(job.holder);
	times_out(w, &job, 6);
	job.ring->timeline.signallers[0].count++;
	job.reset->timeout_ns = 60 * SECOND;
	job.reset->expires_ns = w->now_ns + 60 * SECOND;
	look(w, 2);
	waits_for_fence(w, job.holder, job.finished);
	look(w, 11);
	assert_string_equal(json_string_value(json_object_get(the_report(w, GW_KIND_STALL)->action, "code")), "wait");
	world_free(w);
}

TEST(device_that_advances_is_slow)
{
	struct world *w = world_new();
	struct job job = silent_job(w);

	for (unsigned int i = 0; i < 12; i++) {
		job.ring->timeline.signallers[0].count++;
		look(w, 1);
	}
	assert_string_equal(gw_class_name(the_report(w, GW_KIND_STALL)->class), "long-wait");
	world_free(w);
}

/* ---- entities, completions with a timeout, drm_dev_enter() ------------------------------------- */

/* The scheduled fence of a job whose scheduler's run-job work is @work. */
static struct gw_fence_record *scheduled_fence(struct world *w, uint64_t work, const struct gw_fence_record *dependency)
{
	struct gw_fence_record *record = fence_of(w, GW_FENCE_SCHED_SCHEDULED, NULL, NULL);

	record->scheduler = SCHEDULER;
	record->sched_work = work;
	record->dependency = dependency ? dependency->address : 0;
	return record;
}

static void drains_entity(struct world *w, struct gw_task_record *task, const struct gw_fence_record *next_job)
{
	waits(w, task, GW_WAIT_ENTITY, 0xffff888000eee000)->context = next_job->address;
}

TEST(entity_whose_next_job_needs_a_fence_behind_the_waiters_lock)
{
	struct world *w = world_new();
	struct gw_task_record *holder = user_task(w, 101, "close"), *signaller = kthread(w, 102, "signaller");
	struct gw_lock_record *lock = lock_of(w, GW_LOCK_MUTEX, holder);
	struct gw_fence_record *dependency = fence(w, timeline_by(w, "copy", signaller), 7);

	drains_entity(w, holder, scheduled_fence(w, 0, dependency));
	waits_for_lock(w, signaller, lock, MUTEX);
	look(w, 2);
	assert_deadlock(w, GW_CLASS_FENCE_LOCK_CYCLE, GW_CONFIDENCE_PROVEN, "101 102", "");
	assert_types(w, "task fence job fence timeline task lock");
	world_free(w);
}

/* A return probe with too few instances: the task has left the call, and sleeps elsewhere. */
TEST(wait_for_an_entity_whose_end_was_missed_is_over)
{
	static const struct {
		const char *frames;
		bool deadlock;
	} stacks[] = {
		{ "schedule drm_sched_entity_flush foo:foo_close kthread", true },
		{ "schedule wait_for_completion drm_sched_entity_fini foo:foo_close kthread", true },
		{ "schedule foo:foo_wait foo:foo_close kthread", false },
	};

	for (size_t i = 0; i < sizeof(stacks) / sizeof(stacks[0]); i++) {
		struct world *w = world_new();
		struct gw_task_record *holder = kthread(w, 101, "close"), *signaller = kthread(w, 102, "signaller");
		struct gw_lock_record *lock = lock_of(w, GW_LOCK_MUTEX, holder);
		struct gw_fence_record *dependency = fence(w, timeline_by(w, "copy", signaller), 7);

		drains_entity(w, holder, scheduled_fence(w, 0, dependency));
		stack(w, holder, stacks[i].frames);
		waits_for_lock(w, signaller, lock, MUTEX);
		look(w, 2);
		assert_int_equal(count_reports(w, GW_KIND_DEADLOCK, GW_STATE_ACTIVE), stacks[i].deadlock);
		world_free(w);
	}
}

TEST(entity_whose_scheduler_wants_the_waiters_lock)
{
	struct world *w = world_new();
	struct gw_task_record *holder = user_task(w, 101, "close"),
			      *run = worker(w, 102, 0xffff888000ccc000, "run_job", 1);
	struct gw_lock_record *lock = lock_of(w, GW_LOCK_MUTEX, holder);

	drains_entity(w, holder, scheduled_fence(w, 0xffff888000ccc000, NULL));
	waits_for_lock(w, run, lock, MUTEX);
	look(w, 2);
	assert_deadlock(w, GW_CLASS_FENCE_LOCK_CYCLE, GW_CONFIDENCE_PROVEN, "101 102", "");
	world_free(w);
}

/* A job of another context is on the hardware, and is being reset: drm_sched_job_timedout() has taken it off the list. */
static struct gw_reset_record *no_room(struct world *w, struct gw_fence_record *next)
{
	struct gw_reset_record *reset = timeout_handler(w, SCHEDULER);

	next->scheduler = SCHEDULER;
	next->flags |= GW_FENCE_F_NO_ROOM;
	reset->expires_ns = 0;
	reset->place = GW_WORK_IDLE;
	return reset;
}

TEST(job_that_finds_no_room_needs_the_reset_of_what_is_on_the_hardware)
{
	struct world *w = world_new();
	struct gw_task_record *holder = user_task(w, 101, "close");
	struct gw_lock_record *lock = lock_of(w, GW_LOCK_MUTEX, holder);
	struct gw_fence_record *next = scheduled_fence(w, 0xffff888000ccc000, NULL);
	struct gw_reset_record *reset = no_room(w, next);

	drains_entity(w, holder, next);
	waits_for_lock(w, worker(w, 102, reset->work, "drm_sched_job_timedout", TIMEOUT_WQ), lock, MUTEX);
	look(w, 2);
	assert_deadlock(w, GW_CLASS_RESET_CYCLE, GW_CONFIDENCE_PROBABLE, "101 102", "");
	assert_non_null(strstr(the_report(w, GW_KIND_DEADLOCK)->explanation,
			       "whose hardware has a job that has outlasted its timeout"));
	world_free(w);
}

TEST(job_that_finds_no_room_needs_the_oldest_one_on_the_hardware)
{
	struct world *w = world_new();
	struct gw_task_record *holder = user_task(w, 101, "close"), *signaller = kthread(w, 102, "signaller");
	struct gw_lock_record *lock = lock_of(w, GW_LOCK_MUTEX, holder);
	struct gw_timeline_record *ring = timeline_by(w, "gfx", signaller);
	struct gw_fence_record *oldest = finished_fence(w, 0, fence(w, ring, 7));
	struct gw_fence_record *next = scheduled_fence(w, 0xffff888000ccc000, oldest);

	next->flags |= GW_FENCE_F_NO_ROOM;
	drains_entity(w, holder, next);
	waits_for_lock(w, signaller, lock, MUTEX);
	look(w, 2);
	assert_deadlock(w, GW_CLASS_FENCE_LOCK_CYCLE, GW_CONFIDENCE_PROBABLE, "101 102", "");
	world_free(w);
}

TEST(job_that_finds_no_room_gets_some_when_the_handler_goes_on)
{
	struct world *w = world_new();
	struct gw_task_record *holder = user_task(w, 101, "close"), *handler;
	struct gw_lock_record *other = lock_of(w, GW_LOCK_MUTEX, user_task(w, 103, "slow"));
	struct gw_fence_record *next = scheduled_fence(w, 0xffff888000ccc000, NULL);
	struct gw_reset_record *reset = no_room(w, next);

	drains_entity(w, holder, next);
	handler = worker(w, 102, reset->work, "drm_sched_job_timedout", TIMEOUT_WQ);
	waits_for_lock(w, handler, other, MUTEX);
	look(w, 12);
	assert_no_deadlock(w);
	assert_non_null(strstr(the_report(w, GW_KIND_STALL)->explanation, "slow (pid 103)"));
	world_free(w);
}

TEST(entity_whose_next_job_waits_for_a_slow_fence_is_no_deadlock)
{
	struct world *w = world_new();
	struct gw_timeline_record *ring = timeline(w, "copy");

	signalled_by_interrupt(ring, GW_SIGNALLER_HARDIRQ);
	drains_entity(w, user_task(w, 101, "close"), scheduled_fence(w, 0, fence(w, ring, 7)));
	look(w, 12);
	assert_no_deadlock(w);
	assert_non_null(strstr(the_report(w, GW_KIND_STALL)->explanation, "last signalled fence is 6"));
	world_free(w);
}

TEST(thread_that_wants_the_lock_of_who_parks_it)
{
	struct world *w = world_new();
	struct gw_task_record *parker = kthread(w, 101, "reset"), *scheduler = kthread(w, 102, "gfx");
	struct gw_lock_record *lock = lock_of(w, GW_LOCK_MUTEX, parker);

	waits(w, parker, GW_WAIT_PARK, scheduler->address);
	waits_for_lock(w, scheduler, lock, MUTEX);
	look(w, 2);
	assert_deadlock(w, GW_CLASS_WORKQUEUE_CYCLE, GW_CONFIDENCE_PROVEN, "101 102", "");
	world_free(w);
}

/* A commit worker of a GPU driver that waits for a page flip, each time for ten seconds at most. */
static struct gw_task_record *commit_worker(struct world *w)
{
	struct gw_task_record *commit = worker(w, 101, 0xffff888000ccc000, "commit_work", 0xffff888000ddd000);
	struct gw_wait *wait = waits(w, commit, GW_WAIT_COMPLETION, 0xffff888000fff000);

	wait->flags = GW_WAIT_F_TIMEOUT;
	stack(w, commit,
	      "schedule schedule_timeout wait_for_completion_timeout drm_kms_helper:drm_atomic_helper_wait_for_flip_done amdgpu:amdgpu_dm_atomic_commit_tail worker_thread kthread");
	return commit;
}

TEST(flip_that_never_comes_is_a_silent_device_with_all_behind)
{
	struct world *w = world_new();
	struct gw_task_record *commit = commit_worker(w), *flusher = kthread(w, 102, "flusher");

	queued_inactive(w, 0xffff888000cce000, "commit_work", 0xffff888000ddd000, 1);
	flushes(w, flusher, 0xffff888000cce000, "commit_work");
	look(w, 12);
	assert_no_deadlock(w);
	assert_string_equal(gw_class_name(the_report(w, GW_KIND_STALL)->class), "silent-device");
	assert_string_equal(the_report(w, GW_KIND_STALL)->root_node, "task:101");
	waits_no_more(commit);
	waits_no_more(flusher);
	look(w, 1);
	assert_int_equal(count_reports(w, GW_KIND_STALL, GW_STATE_RESOLVED), 1);
	world_free(w);
}

TEST(flip_that_comes_late_is_nothing)
{
	struct world *w = world_new();

	commit_worker(w);
	look(w, 8);
	assert_silent(w);
	world_free(w);
}

TEST(sleep_in_a_section_that_others_queue_behind_is_a_silent_device)
{
	struct world *w = world_new();
	struct gw_task_record *submitter = user_task(w, 101, "submit"), *next = user_task(w, 102, "next");
	const struct gw_report *report;

	submitter->watch.sections.drm_device = 0xffff888000eee000;
	submitter->watch.sections.drm_depth = 1;
	stack(w, submitter,
	      "schedule virtio_gpu:virtio_gpu_queue_ctrl_sgs virtio_gpu:virtio_gpu_cmd_submit "
	      "do_syscall_64");
	waits_for_lock(w, next, lock_of(w, GW_LOCK_MUTEX, submitter), MUTEX);
	stack(w, next, "schedule __mutex_lock virtio_gpu:virtio_gpu_execbuffer_ioctl do_syscall_64");
	look(w, 12);
	report = the_report(w, GW_KIND_STALL);
	assert_string_equal(gw_class_name(report->class), "silent-device");
	assert_int_equal(report->confidence, GW_CONFIDENCE_PROBABLE);
	assert_non_null(strstr(report->explanation,
			       "inside a drm_dev_enter() section: most likely its device does not answer"));
	world_free(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(handler_that_wants_what_the_waiter_holds_is_a_reset_cycle),
		T(handler_that_flushes_the_waiter_is_a_reset_cycle),
		T(handler_that_is_queued_behind_the_waiter_is_a_reset_cycle),
		T(job_whose_scheduler_is_stopped_needs_the_reset),
		T(thread_that_waits_for_its_interrupt_is_the_device),
		T(thread_of_a_cpu_that_waits_for_softirqs_is_the_device),
		T(thread_that_handles_its_interrupt_is_not),
		T(silent_device_with_a_threaded_interrupt),
		T(reset_of_the_drivers_own_that_wants_what_the_waiter_holds),
		T(reset_of_a_driver_that_has_several_gpus_is_nobodys),
		T(item_of_the_driver_that_is_no_reset_ends_nothing),
		T(reset_of_another_driver_ends_nothing),
		T(reset_of_the_drivers_own_that_gets_on_ends_it),
		T(device_that_answers_now_and_then_needs_no_reset),
		T(handler_that_is_not_due_may_end_the_job),
		T(handler_that_is_disabled_ends_nothing),
		T(handler_that_runs_may_end_the_job),
		T(handler_that_waits_for_somebody_slow_is_a_stall_through_the_reset),
		T(thread_that_signals_the_hardware_fence_may_do_so_before_the_handler),
		T(device_that_stays_silent_says_when_its_timeout_handler_comes),
		T(device_without_a_timeout_handler_says_so),
		T(device_without_a_timeout_handler_may_be_unbound),
		T(handler_that_runs_again_and_again_in_vain_is_no_reason_to_wait),
		T(device_whose_handler_runs_in_vain_may_be_unbound),
		T(handler_that_ran_twice_may_help_the_next_time),
		T(timer_that_is_put_off_has_not_run),
		T(handler_that_helps_is_counted_anew),
		T(device_that_advances_is_slow),
		T(entity_whose_next_job_needs_a_fence_behind_the_waiters_lock),
		T(wait_for_an_entity_whose_end_was_missed_is_over),
		T(entity_whose_scheduler_wants_the_waiters_lock),
		T(job_that_finds_no_room_needs_the_reset_of_what_is_on_the_hardware),
		T(job_that_finds_no_room_needs_the_oldest_one_on_the_hardware),
		T(job_that_finds_no_room_gets_some_when_the_handler_goes_on),
		T(entity_whose_next_job_waits_for_a_slow_fence_is_no_deadlock),
		T(thread_that_wants_the_lock_of_who_parks_it),
		T(flip_that_never_comes_is_a_silent_device_with_all_behind),
		T(flip_that_comes_late_is_nothing),
		T(sleep_in_a_section_that_others_queue_behind_is_a_silent_device),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
