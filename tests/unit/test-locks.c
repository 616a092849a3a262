/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Locks alone, locks that their owner left, sections that were never left: found, and their healthy twins are not. */
#include "build-snapshot.h"

#define TEST(name) static void name(void **state)
#define MUTEX GW_LOCK_F_MUTEX
#define READ GW_LOCK_F_READ
#define WRITE GW_LOCK_F_WRITE
#define PROVEN GW_CONFIDENCE_PROVEN
#define PROBABLE GW_CONFIDENCE_PROBABLE

#define IN_AMDGPU "schedule __mutex_lock amdgpu:amdgpu_cs_ioctl drm:drm_ioctl __x64_sys_ioctl do_syscall_64"
#define FLUSHES_IN_AMDGPU                                                                                              \
	"schedule kthread_flush_worker amdgpu:amdgpu_dm_commit drm:drm_ioctl __x64_sys_ioctl do_syscall_64"
#define IN_NFS "schedule __mutex_lock nfs:nfs_getattr vfs_statx do_syscall_64"

/* ---- loops of locks alone ----------------------------------------------------------- */

/* Tasks 101, 102 and so on, each of which holds a lock and waits for the next one's. */
static void ring_of_locks(struct world *w, uint32_t count, const char *frames)
{
	struct gw_task_record *tasks[8];
	struct gw_lock_record *locks[8];

	for (uint32_t i = 0; i < count; i++) {
		tasks[i] = kthread(w, 101 + i, "party");
		stack(w, tasks[i], frames);
		locks[i] = lock_of(w, GW_LOCK_MUTEX, tasks[i]);
	}
	for (uint32_t i = 0; i < count; i++)
		waits_for_lock(w, tasks[i], locks[(i + 1) % count], MUTEX);
}

TEST(task_takes_the_same_mutex_twice)
{
	struct world *w = world_new();

	ring_of_locks(w, 1, IN_AMDGPU);
	look(w, 2);
	assert_deadlock(w, GW_CLASS_LOCK_CYCLE, PROVEN, "101", "");
	world_free(w);
}

TEST(two_tasks_take_two_mutexes_in_both_orders)
{
	struct world *w = world_new();

	ring_of_locks(w, 2, IN_AMDGPU);
	look(w, 2);
	assert_deadlock(w, GW_CLASS_LOCK_CYCLE, PROVEN, "101 102", "");
	assert_non_null(strstr(the_report(w, GW_KIND_DEADLOCK)->advice, "lockdep names both places"));
	world_free(w);
}

TEST(three_tasks_take_three_locks_in_a_ring)
{
	struct world *w = world_new();

	ring_of_locks(w, 3, IN_AMDGPU);
	look(w, 2);
	assert_deadlock(w, GW_CLASS_LOCK_CYCLE, PROVEN, "101 102 103", "");
	world_free(w);
}

/* It was the last one to read; most likely it has let go, and somebody else reads still. */
TEST(reader_that_wants_to_write_need_not_wait_for_itself)
{
	struct world *w = world_new();
	struct gw_task_record *task = kthread(w, 101, "upgrades");
	struct gw_lock_record *lock = lock_of(w, GW_LOCK_RWSEM, NULL);

	stack(w, task, IN_AMDGPU);
	read_held_by(lock, task, 1);
	waits_for_lock(w, task, lock, WRITE);
	look(w, 3);
	assert_no_deadlock(w);
	world_free(w);
}

TEST(locks_of_no_gpu_are_left_to_others)
{
	struct world *w = world_new();

	ring_of_locks(w, 2, IN_NFS);
	look(w, 3);
	assert_silent(w);
	world_free(w);
}

/* Between two looks it let go of what it held, and waits anew. */
TEST(task_that_backs_off_is_in_no_loop)
{
	struct world *w = world_new();
	struct gw_task_record *a = kthread(w, 101, "a"), *b = kthread(w, 102, "b");

	stack(w, a, IN_AMDGPU);
	stack(w, b, IN_AMDGPU);
	for (int i = 0; i < 4; i++) {
		struct gw_lock_record *first = lock_of(w, GW_LOCK_MUTEX, a), *second = lock_of(w, GW_LOCK_MUTEX, b);

		waits_for_lock(w, a, second, MUTEX);
		waits_for_lock(w, b, first, MUTEX);
		look(w, 1);
		remove_record(w, first);
		remove_record(w, second);
		waits_no_more(a);
		waits_no_more(b);
	}
	assert_no_deadlock(w);
	world_free(w);
}

/* ---- threads with a queue of their own ----------------------------------------------- */

TEST(who_flushes_a_thread_holds_what_its_item_needs)
{
	struct world *w = world_new();
	struct gw_task_record *thread = kthread(w, 101, "queue"), *flusher = kthread(w, 102, "flusher");

	stack(w, thread, IN_AMDGPU);
	waits(w, flusher, GW_WAIT_THREAD_WORK, thread->address);
	waits_for_lock(w, thread, lock_of(w, GW_LOCK_MUTEX, flusher), MUTEX);
	look(w, 2);
	assert_deadlock(w, GW_CLASS_WORKQUEUE_CYCLE, PROVEN, "102 101", "");
	assert_non_null(strstr(the_report(w, GW_KIND_DEADLOCK)->explanation, "for the work items of queue (pid 101)"));
	world_free(w);
}

TEST(thread_that_sleeps_in_its_item_ends_it)
{
	struct world *w = world_new();
	struct gw_task_record *thread = kthread(w, 101, "queue"), *flusher = kthread(w, 102, "flusher");

	stack(w, thread, "schedule msleep amdgpu:amdgpu_slow_item kthread_worker_fn kthread");
	thread->state = 2;
	waits(w, flusher, GW_WAIT_THREAD_WORK, thread->address);
	look(w, 3);
	assert_no_deadlock(w);
	world_free(w);
}

/* Two queues flush each other, by nothing that is a driver's; @waiter_frames: where somebody waits for the first one. */
static struct world *queues_flush_each_other(const char *frames, const char *waiter_frames)
{
	struct world *w = world_new();
	struct gw_task_record *a = kthread(w, 101, "crtc0"), *b = kthread(w, 102, "crtc1");
	struct gw_task_record *waiter = user_task(w, 103, "modeset");

	gpu_module(w, "amdgpu");
	stack(w, a, frames);
	stack(w, b, frames);
	stack(w, waiter, waiter_frames);
	waits(w, a, GW_WAIT_THREAD_WORK, b->address);
	waits(w, b, GW_WAIT_THREAD_WORK, a->address);
	waits(w, waiter, GW_WAIT_THREAD_WORK, a->address);
	look(w, 2);
	return w;
}

#define FLUSHES "schedule kthread_flush_worker kthread_worker_fn kthread"

TEST(loop_of_nobodys_that_holds_up_a_gpus_user_is_the_gpus)
{
	struct world *w = queues_flush_each_other(FLUSHES, FLUSHES_IN_AMDGPU);

	assert_deadlock(w, GW_CLASS_WORKQUEUE_CYCLE, PROVEN, "101 102", "103");
	world_free(w);
}

TEST(loop_of_nobodys_that_holds_up_no_gpus_user_is_none)
{
	struct world *w = queues_flush_each_other(FLUSHES, "schedule kthread_flush_work vfs_ioctl do_syscall_64");

	assert_no_deadlock(w);
	world_free(w);
}

TEST(loop_of_others_that_holds_up_a_gpus_user_stays_theirs)
{
	struct world *w =
		queues_flush_each_other("schedule kthread_flush_worker nfs:nfs_flush kthread", FLUSHES_IN_AMDGPU);

	assert_no_deadlock(w);
	world_free(w);
}

/* ---- tasks that somebody has stopped -------------------------------------------------- */

static void stops_and_is_named(uint32_t state, const char *frames, const char *words, const char *advice)
{
	struct world *w = world_new();
	struct gw_task_record *signaller = user_task(w, 90, "compositor");
	const struct gw_report *report;

	signaller->state = state;
	stack(w, signaller, frames);
	waits_for_fence(w, kthread(w, 101, "waiter"), fence(w, timeline_by(w, "gfx", signaller), 7));
	look(w, 12);
	report = the_report(w, GW_KIND_STALL);
	assert_non_null(strstr(report->summary, words));
	assert_non_null(strstr(report->advice, advice));
	assert_string_equal(json_string_value(json_object_get(find_node(report, report->root_node), "end")), "stopped");
	world_free(w);
}

TEST(signaller_that_was_stopped_is_the_end_of_the_chain)
{
	stops_and_is_named(4, "schedule do_signal_stop get_signal syscall_exit_to_user_mode do_syscall_64",
			   "compositor (pid 90) is stopped by a signal, until it gets SIGCONT", "go on by SIGCONT");
}

TEST(signaller_that_is_debugged_is_the_end_of_the_chain)
{
	stops_and_is_named(8, "schedule ptrace_stop get_signal syscall_exit_to_user_mode do_syscall_64",
			   "compositor (pid 90) is stopped by a debugger", "end the debugger");
}

/* The freezer of cgroups puts them to a sleep that seems to end by a signal. */
TEST(signaller_whose_cgroup_is_frozen_is_the_end_of_the_chain)
{
	stops_and_is_named(1, "schedule get_signal arch_do_signal_or_restart syscall_exit_to_user_mode do_syscall_64",
			   "compositor (pid 90) is frozen by its cgroup", "thaw it");
}

TEST(signaller_that_is_frozen_is_the_end_of_the_chain)
{
	stops_and_is_named(0x8000, "schedule __refrigerator get_signal do_syscall_64", "compositor (pid 90) is frozen",
			   "thaw it");
}

/* ---- the only reader that is left ------------------------------------------------------- */

#define READS                                                                                                          \
	"schedule dma_fence_default_wait amdgpu:wait_job amdgpu:amdgpu_read_section amdgpu:amdgpu_ioctl do_syscall_64"
#define READS_SLOWLY "schedule msleep amdgpu:work_slowly amdgpu:amdgpu_read_section amdgpu:amdgpu_ioctl do_syscall_64"

/* A writer came while it read; then it began to wait for a fence, whose signaller wants to read behind the writer. */
static struct gw_lock_record *reader_blocks_after_the_writer_came(struct world *w)
{
	struct gw_task_record *reader = kthread(w, 101, "reader"), *signaller = kthread(w, 102, "signaller");
	struct gw_lock_record *lock = lock_of(w, GW_LOCK_RWSEM, NULL);

	stack(w, reader, READS);
	read_held_by(lock, reader, 1);
	waits_for_lock(w, kthread(w, 103, "writer"), lock, WRITE);
	waits_for_fence(w, reader, fence(w, timeline_by(w, "gfx", signaller), 7));
	waits_for_lock(w, signaller, lock, GW_LOCK_F_READ);
	return lock;
}

TEST(reader_that_nobody_else_can_be_holds_the_lock)
{
	struct world *w = world_new();

	reader_blocks_after_the_writer_came(w);
	look(w, 3);
	assert_deadlock(w, GW_CLASS_FENCE_LOCK_CYCLE, PROBABLE, "101 102", "103");
	world_free(w);
}

/* The last one to read has let go, and waits for what the writer holds: as long as the one that reads still is at work. */
static struct world *last_reader_waits_for_the_writer(bool another_runs)
{
	struct world *w = world_new();
	struct gw_task_record *last = kthread(w, 101, "last"), *writer = kthread(w, 102, "writer");
	struct gw_lock_record *lock = lock_of(w, GW_LOCK_RWSEM, NULL);

	stack(w, last, IN_AMDGPU);
	stack(w, writer, "schedule rwsem_down_write_slowpath amdgpu:amdgpu_signal kthread");
	read_held_by(lock, last, 1);
	present(w, 50, "gpuwatchd")->state = 0;
	if (another_runs)
		present(w, 51, "reader")->state = 0;
	waits_for_lock(w, writer, lock, WRITE);
	waits_for_lock(w, last, lock_of(w, GW_LOCK_MUTEX, writer), MUTEX);
	return w;
}

TEST(last_reader_is_not_accused_while_another_task_runs)
{
	struct world *w = last_reader_waits_for_the_writer(true);

	look(w, 4);
	assert_no_deadlock(w);
	look(w, 3);
	assert_deadlock(w, GW_CLASS_LOCK_CYCLE, PROBABLE, "102 101", "");
	world_free(w);
}

TEST(last_reader_is_accused_where_nobody_else_runs)
{
	struct world *w = last_reader_waits_for_the_writer(false);

	look(w, 3);
	assert_deadlock(w, GW_CLASS_LOCK_CYCLE, PROBABLE, "102 101", "");
	world_free(w);
}

/* Who holds the lock for a moment only has let go of it by then. */
TEST(last_reader_has_some_time_before_it_is_accused)
{
	struct world *w = last_reader_waits_for_the_writer(false);

	for (int i = 0; i < 4; i++) {
		w->now_ns -= SECOND - 200 * MS;
		look(w, 1);
	}
	assert_no_deadlock(w);
	world_free(w);
}

/* Nobody looked for those that sleep interruptibly. */
TEST(last_reader_that_blocked_later_is_not_accused_where_sleepers_were_not_read)
{
	struct world *w = world_new();

	w->blocked_only = true;
	reader_blocks_after_the_writer_came(w);
	look(w, 5);
	assert_no_deadlock(w);
	world_free(w);
}

/* A thread of the process read its mmap_lock last and waits for a fence, whose signaller wants to write; @frames: another one. */
static void mmap_lock_is_read(struct world *w, const char *frames)
{
	struct gw_task_record *last = user_task(w, 101, "last"), *other = user_task(w, 104, "other");
	struct gw_task_record *signaller = kthread(w, 102, "signaller");
	struct gw_lock_record *lock = mmap_lock_of(w, last->mm);

	other->mm = last->mm;
	other->state = TASK_UNINTERRUPTIBLE;
	stack(w, other, frames);
	stack(w, last, READS);
	read_held_by(lock, last, 1);
	waits_for_fence(w, last, fence(w, timeline_by(w, "gfx", signaller), 7));
	stack(w, signaller, "schedule rwsem_down_write_slowpath amdgpu:amdgpu_signal kthread");
	waits_for_lock(w, signaller, lock, WRITE);
	look(w, 4);
}

TEST(mmap_lock_may_be_read_by_whoever_faults)
{
	struct world *w = world_new();

	mmap_lock_is_read(w, "schedule io_schedule filemap_fault __do_fault handle_mm_fault do_user_addr_fault");
	assert_no_deadlock(w);
	world_free(w);
}

TEST(mmap_lock_is_not_read_by_who_sleeps_for_a_disk)
{
	struct world *w = world_new();

	mmap_lock_is_read(w, "schedule io_schedule ext4_sync_file do_fsync do_syscall_64");
	assert_deadlock(w, GW_CLASS_FENCE_LOCK_CYCLE, PROBABLE, "101 102", "");
	world_free(w);
}

/* It may have read before the one that the lock names, and read still. */
TEST(reader_that_somebody_else_of_its_driver_can_be_is_a_hint)
{
	struct world *w = world_new();

	stack(w, user_task(w, 104, "slow"), "schedule msleep amdgpu:work_slowly amdgpu:amdgpu_ioctl do_syscall_64");
	reader_blocks_after_the_writer_came(w);
	look(w, 3);
	assert_no_deadlock(w);
	world_free(w);
}

/* The last reader has let go of the lock, and waits for the writer; the one that came before it reads still. */
static struct gw_task_record *reader_before_the_last(struct world *w, struct gw_task_record *passed)
{
	struct gw_task_record *signaller = kthread(w, 102, "signaller");
	struct gw_task_record *before = kthread(w, 104, "before");
	struct gw_lock_record *lock = lock_of(w, GW_LOCK_RWSEM, NULL);

	stack(w, before, READS_SLOWLY);
	before->flags |= GW_TASK_F_TIMER;
	stack(w, passed, READS);
	read_held_by(lock, passed, 1);
	waits_for_fence(w, passed, fence(w, timeline_by(w, "gfx", signaller), 7));
	waits_for_lock(w, signaller, lock, WRITE);
	stack(w, signaller, "schedule rwsem_down_write_slowpath amdgpu:amdgpu_signal kthread");
	return before;
}

TEST(last_reader_is_not_accused_where_another_one_may_read)
{
	struct world *w = world_new();
	const struct gw_report *report;
	const json_t *lock;

	reader_before_the_last(w, kthread(w, 101, "passed"));
	look(w, 12);
	assert_no_deadlock(w);
	report = the_report(w, GW_KIND_STALL);
	lock = find_node(report, report->root_node);
	assert_string_equal(json_string_value(json_object_get(lock, "type")), "lock");
	assert_string_equal(json_string_value(json_object_get(lock, "end")), "readers");
	assert_non_null(strstr(report->explanation, "is held for reading by 1 task,"));
	assert_non_null(strstr(report->explanation, "these may hold it: passed (pid 101)"));
	assert_non_null(strstr(report->explanation, "; before (pid 104)"));
	assert_non_null(find_node(report, "task:104"));
	world_free(w);
}

/* Whoever of them holds it is stuck; that its waiters are behind the loop that one of them is in would be a guess. */
TEST(nobody_is_a_victim_of_who_merely_may_read)
{
	struct world *w = world_new();
	struct gw_task_record *before = reader_before_the_last(w, kthread(w, 101, "passed"));
	struct gw_task_record *other = kthread(w, 105, "other");

	waits_for_lock(w, before, lock_of(w, GW_LOCK_MUTEX, other), GW_LOCK_F_MUTEX);
	waits_for_lock(w, other, lock_of(w, GW_LOCK_MUTEX, before), GW_LOCK_F_MUTEX);
	look(w, 12);
	assert_deadlock(w, GW_CLASS_LOCK_CYCLE, PROVEN, "104 105", "");
	assert_non_null(strstr(the_report(w, GW_KIND_STALL)->explanation, "these may hold it: passed (pid 101)"));
	world_free(w);
}

/* The reader that the lock shows is in one loop, who else may read in another: the lock's waiters are behind the first. */
TEST(who_waits_for_a_reader_is_behind_that_readers_loop)
{
	struct world *w = world_new();
	struct gw_lock_record *lock = lock_of(w, GW_LOCK_RWSEM, NULL);
	char victims[64];

	waits_for_lock(w, kthread(w, 105, "writer"), lock, WRITE);
	look(w, 1);
	for (uint32_t pid = 101; pid <= 103; pid += 2) {
		struct gw_task_record *a = kthread(w, pid, "party"), *b = kthread(w, pid + 1, "party");

		stack(w, a, IN_AMDGPU);
		stack(w, b, IN_AMDGPU);
		waits_for_lock(w, a, lock_of(w, GW_LOCK_MUTEX, b), MUTEX);
		waits_for_lock(w, b, lock_of(w, GW_LOCK_MUTEX, a), MUTEX);
		if (pid == 101)
			read_held_by(lock, a, 1);
	}
	look(w, 3);
	assert_int_equal(count_reports(w, GW_KIND_DEADLOCK, GW_STATE_ACTIVE), 2);
	for (size_t i = 0; i < 2; i++) {
		const struct gw_report *report = nth_report(w, GW_KIND_DEADLOCK, GW_STATE_ACTIVE, i);

		pids_of(report, report->victims, victims, sizeof(victims));
		assert_string_equal(victims, find_node(report, "task:101") ? "105" : "");
	}
	world_free(w);
}

/* It makes no difference whether one that waits for what the reader holds, or waits for, reads, too. */
TEST(who_waits_behind_the_reader_does_not_hide_it)
{
	struct world *w = world_new();
	struct gw_task_record *passed = kthread(w, 101, "passed"), *before = reader_before_the_last(w, passed);

	waits_for_lock(w, before, lock_of(w, GW_LOCK_MUTEX, passed), GW_LOCK_F_MUTEX);
	look(w, 3);
	assert_deadlock(w, GW_CLASS_FENCE_LOCK_CYCLE, PROBABLE, "101 102", "104");
	world_free(w);
}

/* ---- several readers ------------------------------------------------------------------ */

/* The first of two readers waits for a fence, whose signaller wants to write; the last one sleeps. */
static struct gw_lock_record *two_readers(struct world *w, struct gw_task_record **last)
{
	struct gw_task_record *first = kthread(w, 101, "first"), *signaller = kthread(w, 103, "signaller");
	struct gw_lock_record *lock = lock_of(w, GW_LOCK_RWSEM, NULL);

	*last = kthread(w, 102, "last");
	stack(w, first, READS);
	stack(w, *last, READS_SLOWLY);
	stack(w, signaller, "schedule rwsem_down_write_slowpath amdgpu:amdgpu_signal kthread");
	read_held_by(lock, *last, 2);
	waits_for_fence(w, first, fence(w, timeline_by(w, "gfx", signaller), 7));
	waits_for_lock(w, signaller, lock, WRITE);
	return lock;
}

TEST(one_of_several_readers_waits_for_whom_the_lock_is_needed)
{
	struct world *w = world_new();
	struct gw_task_record *last;

	two_readers(w, &last);
	look(w, 2);
	assert_deadlock(w, GW_CLASS_FENCE_LOCK_CYCLE, PROBABLE, "101 103", "");
	world_free(w);
}

/* A tool that somebody calls again and again, for example. */
static void many_wait_for(struct world *w, struct gw_lock_record *lock, uint32_t flags)
{
	for (uint32_t i = 0; i < 400; i++) {
		struct gw_task_record *task = user_task(w, 1001 + i, "monitor");

		stack(w, task, "schedule rwsem_down_read_slowpath amdgpu:amdgpu_read_section amdgpu:amdgpu_ioctl");
		waits_for_lock(w, task, lock, flags);
	}
}

TEST(many_that_wait_do_not_hide_the_readers)
{
	struct world *w = world_new();
	struct gw_task_record *last;

	many_wait_for(w, two_readers(w, &last), READ);
	look(w, 2);
	assert_int_equal(count_reports(w, GW_KIND_DEADLOCK, GW_STATE_ACTIVE), 1);
	world_free(w);
}

TEST(many_that_wait_do_not_hide_the_only_reader)
{
	struct world *w = world_new();

	many_wait_for(w, reader_blocks_after_the_writer_came(w), READ);
	look(w, 4);
	assert_int_equal(count_reports(w, GW_KIND_DEADLOCK, GW_STATE_ACTIVE), 1);
	world_free(w);
}

/* Nor do they hide one that is another. */
TEST(many_that_wait_do_not_hide_that_another_one_may_read)
{
	struct world *w = world_new();

	many_wait_for(w, reader_blocks_after_the_writer_came(w), READ);
	stack(w, user_task(w, 104, "slow"), "schedule msleep amdgpu:work_slowly amdgpu:amdgpu_ioctl do_syscall_64");
	look(w, 4);
	assert_no_deadlock(w);
	world_free(w);
}

/* Two hundred more read. */
static void many_read(struct world *w, struct gw_lock_record *lock)
{
	for (uint32_t i = 0; i < 200; i++)
		stack(w, kthread(w, 1001 + i, "slow"), READS_SLOWLY);
	lock->readers += 200;
}

TEST(many_readers_are_known_by_their_number)
{
	for (uint32_t missing = 0; missing < 2; missing++) {
		struct world *w = world_new();
		struct gw_task_record *last;
		struct gw_lock_record *lock = two_readers(w, &last);

		many_read(w, lock);
		lock->readers += missing;
		look(w, 3);
		if (missing)
			assert_no_deadlock(w);
		else
			assert_deadlock(w, GW_CLASS_FENCE_LOCK_CYCLE, PROBABLE, "101 103", "");
		world_free(w);
	}
}

TEST(more_tasks_than_readers_show_nobody)
{
	struct world *w = world_new();
	struct gw_task_record *last, *third = kthread(w, 104, "third");

	stack(w, third, READS_SLOWLY);
	two_readers(w, &last);
	look(w, 3);
	assert_no_deadlock(w);
	world_free(w);
}

/* It naps: a look in which it is awake shows as many as there are readers. */
TEST(reader_that_is_awake_for_a_moment_is_still_one)
{
	struct world *w = world_new();
	struct gw_task_record *last, *third = kthread(w, 104, "third");

	stack(w, third, READS_SLOWLY);
	two_readers(w, &last);
	look(w, 1);
	third->state = 0;
	look(w, 1);
	third->state = TASK_UNINTERRUPTIBLE;
	last->state = 0;
	look(w, 1);
	last->state = TASK_UNINTERRUPTIBLE;
	third->state = 0;
	look(w, 1);
	assert_no_deadlock(w);
	world_free(w);
}

TEST(reader_that_nobody_sees_may_be_the_second_one)
{
	struct world *w = world_new();
	struct gw_task_record *last;
	struct gw_lock_record *lock = two_readers(w, &last);

	lock->readers = 3;
	look(w, 3);
	assert_no_deadlock(w);
	world_free(w);
}

/* Both sleep in a function for which the lock is not needed, and that is all that they have in common. */
TEST(function_of_the_last_reader_alone_counts)
{
	struct world *w = world_new();
	struct gw_task_record *last, *beside = kthread(w, 104, "beside");

	two_readers(w, &last);
	stack(w, beside, "schedule msleep amdgpu:amdgpu_other_section kthread");
	stack(w, last, "schedule msleep amdgpu:amdgpu_other_section kthread");
	look(w, 3);
	assert_no_deadlock(w);
	world_free(w);
}

/* Each reads in a function of its own, and nobody else of the driver sleeps; @beside: somebody does. */
static struct gw_task_record *readers_apart(struct world *w, bool beside)
{
	struct gw_task_record *last, *third = beside ? kthread(w, 104, "beside") : NULL;

	two_readers(w, &last);
	stack(w, last, "schedule wait_event amdgpu:amdgpu_query kthread");
	if (beside)
		stack(w, third, "schedule msleep amdgpu:amdgpu_other_section kthread");
	return third;
}

TEST(as_many_sleep_in_the_driver_as_there_are_readers)
{
	struct world *w = world_new();

	readers_apart(w, false);
	look(w, 3);
	assert_deadlock(w, GW_CLASS_FENCE_LOCK_CYCLE, PROBABLE, "101 103", "");
	world_free(w);
}

/* It is more than there are: which of them read is not known. Nor is it while one of them is awake for a moment. */
TEST(more_sleep_in_the_driver_than_there_are_readers)
{
	struct world *w = world_new();
	struct gw_task_record *beside = readers_apart(w, true);

	look(w, 3);
	beside->state = 0;
	look(w, 1);
	assert_no_deadlock(w);
	world_free(w);
}

/* ---- percpu rwsems ------------------------------------------------------------------------ */

/* A reader waits for a fence, whose signaller waits for the readers to leave; another one comes the same way. */
static struct gw_lock_record *percpu_reader(struct world *w, uint32_t readers)
{
	struct gw_task_record *reader = kthread(w, 101, "reader"), *writer = kthread(w, 102, "writer");
	struct gw_task_record *next = kthread(w, 103, "next");
	struct gw_lock_record *lock = lock_of(w, GW_LOCK_PERCPU_RWSEM, writer);

	lock->readers = readers;
	stack(w, reader, READS);
	stack(w, writer, "schedule amdgpu:amdgpu_signal kthread");
	stack(w, next, "schedule amdgpu:amdgpu_read_section amdgpu:amdgpu_ioctl do_syscall_64");
	waits_for_fence(w, reader, fence(w, timeline_by(w, "gfx", writer), 7));
	waits_for_lock(w, writer, lock, GW_LOCK_F_PERCPU | WRITE);
	waits_for_lock(w, next, lock, GW_LOCK_F_PERCPU | READ);
	return lock;
}

TEST(reader_of_a_percpu_rwsem_is_in_the_function_by_which_the_next_one_came)
{
	struct world *w = world_new();

	percpu_reader(w, 1);
	look(w, 2);
	assert_deadlock(w, GW_CLASS_FENCE_LOCK_CYCLE, PROBABLE, "101 102", "103");
	world_free(w);
}

TEST(many_readers_of_a_percpu_rwsem_are_known_by_their_number)
{
	for (uint32_t missing = 0; missing < 2; missing++) {
		struct world *w = world_new();

		many_read(w, percpu_reader(w, 1 + missing));
		look(w, 3);
		if (missing)
			assert_no_deadlock(w);
		else
			assert_deadlock(w, GW_CLASS_FENCE_LOCK_CYCLE, PROBABLE, "101 102", "103");
		world_free(w);
	}
}

TEST(percpu_rwsem_has_a_reader_that_is_not_seen)
{
	struct world *w = world_new();

	percpu_reader(w, 2);
	look(w, 12);
	assert_no_deadlock(w);
	assert_non_null(strstr(the_report(w, GW_KIND_STALL)->explanation, "and the kernel records none of them"));
	world_free(w);
}

/* It may be the reader, in a function of its own, and the other one read another lock. */
TEST(task_of_the_driver_that_sleeps_may_read_the_percpu_rwsem)
{
	struct world *w = world_new();
	struct gw_task_record *slow = kthread(w, 104, "slow");

	stack(w, slow, "schedule msleep amdgpu:amdgpu_other_section kthread");
	slow->flags |= GW_TASK_F_TIMER;
	percpu_reader(w, 1);
	look(w, 12);
	assert_no_deadlock(w);
	world_free(w);
}

TEST(percpu_rwsem_that_a_writer_holds_is_its_own)
{
	struct world *w = world_new();
	struct gw_task_record *reader = kthread(w, 101, "reader"), *writer = kthread(w, 102, "writer");
	struct gw_lock_record *lock = lock_of(w, GW_LOCK_PERCPU_RWSEM, writer);

	waits_for_fence(w, writer, fence(w, timeline_by(w, "gfx", reader), 7));
	waits_for_lock(w, reader, lock, GW_LOCK_F_PERCPU | READ);
	look(w, 2);
	assert_deadlock(w, GW_CLASS_FENCE_LOCK_CYCLE, PROVEN, "102 101", "");
	world_free(w);
}

/* ---- locks that are handed over ------------------------------------------------------- */

/* Waits, out of a driver, for a mutex whose owner is gone. */
static struct gw_task_record *waits_for_gone_owner(struct world *w, struct gw_lock_record **ret_lock)
{
	struct gw_task_record *owner = kthread(w, 90, "owner"), *waiter = kthread(w, 101, "waiter");

	*ret_lock = lock_of(w, GW_LOCK_MUTEX, owner);
	remove_record(w, owner);
	stack(w, waiter, IN_AMDGPU);
	waits_for_lock(w, waiter, *ret_lock, MUTEX);
	return waiter;
}

/* The last one that took it for reading is gone, and a writer waits for so many readers. */
static void last_reader_is_gone(struct world *w, uint32_t readers)
{
	struct gw_task_record *reader = kthread(w, 90, "reader"), *writer = kthread(w, 101, "writer");
	struct gw_lock_record *lock = lock_of(w, GW_LOCK_RWSEM, NULL);

	read_held_by(lock, reader, readers);
	remove_record(w, reader);
	stack(w, writer, IN_AMDGPU);
	waits_for_lock(w, writer, lock, GW_LOCK_F_WRITE);
}

/* Nothing shows that it was the one that still reads: so others have their time to be seen. */
TEST(only_reader_is_gone)
{
	struct world *w = world_new();

	last_reader_is_gone(w, 1);
	look(w, 9);
	assert_no_deadlock(w);
	look(w, 3);
	assert_deadlock(w, GW_CLASS_LEAKED_LOCK, PROBABLE, "101 90", "");
	/* The lock has its name, and nothing more: it may have let go, and another one reads. */
	assert_non_null(strstr(the_report(w, GW_KIND_DEADLOCK)->summary, "has most likely not released"));
	assert_non_null(strstr(the_report(w, GW_KIND_DEADLOCK)->explanation, ", most likely held by "));
	assert_null(strstr(the_report(w, GW_KIND_DEADLOCK)->explanation, "owns the lock"));
	world_free(w);
}

TEST(one_of_two_readers_is_gone)
{
	struct world *w = world_new();

	last_reader_is_gone(w, 2);
	look(w, 75);
	assert_no_deadlock(w);
	world_free(w);
}

/* It may have read before the last one came, and still do. */
TEST(last_reader_is_gone_and_another_task_sleeps_in_the_driver)
{
	struct world *w = world_new();
	struct gw_task_record *sleeper = kthread(w, 102, "sleeper");

	last_reader_is_gone(w, 1);
	stack(w, sleeper, "schedule msleep amdgpu:amdgpu_device_wait kthread");
	look(w, 75);
	assert_no_deadlock(w);
	world_free(w);
}

TEST(only_reader_sleeps_in_a_system_call_of_its_own)
{
	struct world *w = world_new();
	struct gw_task_record *reader = user_task(w, 90, "reader"), *writer = kthread(w, 101, "writer");
	struct gw_lock_record *lock = lock_of(w, GW_LOCK_RWSEM, NULL);

	read_held_by(lock, reader, 1);
	reader->state = TASK_INTERRUPTIBLE;
	stack(w, reader, "schedule ep_poll do_epoll_wait do_syscall_64 entry_SYSCALL_64_after_hwframe");
	stack(w, writer, IN_AMDGPU);
	waits_for_lock(w, writer, lock, GW_LOCK_F_WRITE);
	look(w, 9);
	assert_no_deadlock(w);
	look(w, 3);
	assert_deadlock(w, GW_CLASS_LEAKED_LOCK, PROBABLE, "101 90", "");
	world_free(w);
}

TEST(work_of_the_same_driver_may_release_the_lock_of_an_owner_that_is_gone)
{
	struct world *w = world_new();
	struct gw_lock_record *lock;
	struct gw_task_record *released_by = worker(w, 201, 0x7000, "amdgpu_release_work [amdgpu]", 0x8000);

	waits_for_gone_owner(w, &lock);
	look(w, 3);
	assert_no_deadlock(w);
	runs(released_by);
	look(w, 3);
	assert_no_deadlock(w);
	remove_record(w, released_by);
	look(w, 2);
	assert_deadlock(w, GW_CLASS_LEAKED_LOCK, PROBABLE, "101 90", "");
	world_free(w);
}

/* So many items are stuck behind who waits for the lock; the one behind them is not. */
TEST(one_of_many_items_may_release_the_lock_of_an_owner_that_is_gone)
{
	struct world *w = world_new();
	struct gw_lock_record *lock, *stuck;

	stuck = lock_of(w, GW_LOCK_MUTEX, waits_for_gone_owner(w, &lock));
	for (uint32_t i = 0; i < 20; i++)
		waits_for_lock(w, worker(w, 201 + i, 0x7000 + 0x100 * i, "amdgpu_stuck_work [amdgpu]", 0x8000), stuck,
			       MUTEX);
	runs(worker(w, 301, 0xa000, "amdgpu_release_work [amdgpu]", 0x8000));
	look(w, 3);
	assert_no_deadlock(w);
	world_free(w);
}

TEST(work_of_another_module_does_not_release_it)
{
	struct world *w = world_new();
	struct gw_lock_record *lock;

	worker(w, 201, 0x7000, "nfs_release_work [nfs]", 0x8000);
	waits_for_gone_owner(w, &lock);
	look(w, 2);
	assert_deadlock(w, GW_CLASS_LEAKED_LOCK, PROBABLE, "101 90", "");
	world_free(w);
}

TEST(work_that_waits_for_the_lock_itself_does_not_release_it)
{
	struct world *w = world_new();
	struct gw_lock_record *lock;
	struct gw_task_record *behind = worker(w, 201, 0x7000, "amdgpu_other_work [amdgpu]", 0x8000);

	waits_for_gone_owner(w, &lock);
	waits_for_lock(w, behind, lock, MUTEX);
	look(w, 2);
	assert_deadlock(w, GW_CLASS_LEAKED_LOCK, PROBABLE, "101 90", "201");
	world_free(w);
}

TEST(work_that_has_just_begun_is_one_of_many)
{
	struct world *w = world_new();
	struct gw_lock_record *lock;
	struct gw_task_record *passing = worker(w, 201, 0x7000, "amdgpu_vblank_work [amdgpu]", 0x8000);

	waits_for_gone_owner(w, &lock);
	for (int i = 0; i < 2; i++) {
		passing->watch.sections.work_since_ns = w->now_ns + SECOND - 10 * MS;
		look(w, 1);
	}
	assert_deadlock(w, GW_CLASS_LEAKED_LOCK, PROBABLE, "101 90", "");
	world_free(w);
}

TEST(work_that_is_stuck_itself_leaves_less_than_a_proof)
{
	struct world *w = world_new();
	struct gw_lock_record *lock;
	struct gw_task_record *waiter = waits_for_gone_owner(w, &lock);
	struct gw_task_record *released_by = worker(w, 201, 0x7000, "amdgpu_release_work [amdgpu]", 0x8000);

	stack(w, released_by, IN_AMDGPU);
	waits_for_lock(w, released_by, lock_of(w, GW_LOCK_MUTEX, waiter), MUTEX);
	look(w, 2);
	assert_int_equal(the_report(w, GW_KIND_DEADLOCK)->confidence, PROBABLE);
	world_free(w);
}

TEST(idle_worker_may_have_handed_its_lock_over)
{
	struct world *w = world_new();
	struct gw_task_record *idle = task_with_flags(w, 90, "kworker/0:1", GW_TASK_F_KTHREAD | GW_TASK_F_WORKER);
	struct gw_task_record *waiter = kthread(w, 101, "waiter");

	stack(w, idle, "schedule worker_thread kthread ret_from_fork");
	stack(w, waiter, IN_AMDGPU);
	worker(w, 201, 0x7000, "amdgpu_release_work [amdgpu]", 0x8000);
	waits_for_lock(w, waiter, lock_of(w, GW_LOCK_MUTEX, idle), MUTEX);
	look(w, 3);
	assert_no_deadlock(w);
	world_free(w);
}

TEST(lock_of_an_item_that_is_over_is_leaked_for_sure_where_nothing_of_its_driver_is_left)
{
	struct world *w = world_new();
	struct gw_task_record *idle = task_with_flags(w, 90, "kworker/0:1", GW_TASK_F_KTHREAD | GW_TASK_F_WORKER);
	struct gw_task_record *waiter = kthread(w, 101, "waiter"), *sleeper;
	struct gw_lock_record *lock = lock_of(w, GW_LOCK_RWSEM, idle);

	stack(w, idle, "schedule worker_thread kthread ret_from_fork");
	stack(w, waiter, IN_AMDGPU);
	waits_for_lock(w, waiter, lock, GW_LOCK_F_WRITE);
	sleeper = kthread(w, 102, "sleeper");
	stack(w, sleeper, "schedule msleep amdgpu:amdgpu_device_wait kthread");
	look(w, 2);
	assert_deadlock(w, GW_CLASS_LEAKED_LOCK, PROBABLE, "101 90", "");
	remove_record(w, sleeper);
	look(w, 2);
	assert_deadlock(w, GW_CLASS_LEAKED_LOCK, PROVEN, "101 90", "");
	world_free(w);
}

/* An idle worker has left a lock, and a worker of the same driver might release it. */
static struct gw_task_record *left_beside_a_worker(struct world *w)
{
	struct gw_task_record *idle = task_with_flags(w, 90, "kworker/0:1", GW_TASK_F_KTHREAD | GW_TASK_F_WORKER);
	struct gw_task_record *waiter = kthread(w, 101, "waiter"), *beside;

	stack(w, idle, "schedule worker_thread kthread ret_from_fork");
	stack(w, waiter, IN_AMDGPU);
	beside = worker(w, 201, 0x7000, "amdgpu_other_work [amdgpu]", 0x8000);
	waits_for_lock(w, waiter, lock_of(w, GW_LOCK_MUTEX, idle), MUTEX);
	return beside;
}

TEST(who_waits_for_a_lock_that_was_left_is_no_victim_of_another_loop)
{
	struct world *w = world_new();
	struct gw_task_record *stuck = left_beside_a_worker(w), *other = kthread(w, 202, "other");

	stack(w, stuck, IN_AMDGPU);
	stack(w, other, IN_AMDGPU);
	waits_for_lock(w, stuck, lock_of(w, GW_LOCK_MUTEX, other), MUTEX);
	waits_for_lock(w, other, lock_of(w, GW_LOCK_MUTEX, stuck), MUTEX);
	look(w, 3);
	assert_int_equal(count_reports(w, GW_KIND_DEADLOCK, GW_STATE_ACTIVE), 2);
	for (size_t i = 0; i < 2; i++) {
		const struct gw_report *report = nth_report(w, GW_KIND_DEADLOCK, GW_STATE_ACTIVE, i);

		if (report->class == GW_CLASS_LEAKED_LOCK)
			assert_report(report, GW_CLASS_LEAKED_LOCK, PROBABLE, "101 90", "");
		else
			assert_report(report, GW_CLASS_LOCK_CYCLE, PROVEN, "201 202", "");
	}
	world_free(w);
}

/* Each time another item of a driver that always has some. */
TEST(busy_driver_does_not_hide_a_lock_that_was_left_for_ever)
{
	struct world *w = world_new();
	struct gw_task_record *busy = left_beside_a_worker(w);

	runs(busy);
	for (int i = 0; i < 40; i++) {
		busy->watch.sections.work_since_ns = w->now_ns + SECOND - 100 * MS;
		look(w, 1);
	}
	assert_no_deadlock(w);
	for (int i = 0; i < 30; i++) {
		busy->watch.sections.work_since_ns = w->now_ns + SECOND - 100 * MS;
		look(w, 1);
	}
	assert_deadlock(w, GW_CLASS_LEAKED_LOCK, PROBABLE, "101 90", "");
	world_free(w);
}

static struct gw_timer_record *timer_of(struct world *w, const char *name)
{
	struct gw_timer_record *timer = new_record(w, GW_RECORD_TIMER, sizeof(*timer));

	timer->timer = new_address(w);
	timer->function = function(w, name);
	timer->expires = 1000;
	return timer;
}

TEST(timer_of_the_same_driver_may_release_a_lock_that_was_left)
{
	struct world *w = world_new();
	struct gw_lock_record *lock;
	struct gw_timer_record *timer = timer_of(w, "amdgpu_release_work [amdgpu]");

	waits_for_gone_owner(w, &lock);
	look(w, 30);
	assert_no_deadlock(w);
	remove_record(w, timer);
	look(w, 2);
	assert_deadlock(w, GW_CLASS_LEAKED_LOCK, PROBABLE, "101 90", "");
	world_free(w);
}

TEST(timer_of_another_module_does_not_release_it)
{
	struct world *w = world_new();
	struct gw_lock_record *lock;

	timer_of(w, "nfs_release_work [nfs]");
	waits_for_gone_owner(w, &lock);
	look(w, 2);
	assert_deadlock(w, GW_CLASS_LEAKED_LOCK, PROBABLE, "101 90", "");
	world_free(w);
}

/* The heartbeat of a driver has run since, and released nothing. */
TEST(timer_that_is_armed_again_and_again_does_not_release_it)
{
	struct world *w = world_new();
	struct gw_lock_record *lock;
	struct gw_timer_record *timer = timer_of(w, "amdgpu_heartbeat [amdgpu]");

	waits_for_gone_owner(w, &lock);
	look(w, 2);
	assert_no_deadlock(w);
	timer->expires += 1000;
	look(w, 2);
	assert_deadlock(w, GW_CLASS_LEAKED_LOCK, PROBABLE, "101 90", "");
	world_free(w);
}

/* ---- sections that are never left -------------------------------------------------------- */

#define SLEEPS_IN_NANOSLEEP                                                                                            \
	"schedule do_nanosleep hrtimer_nanosleep __x64_sys_clock_nanosleep do_syscall_64 "                             \
	"entry_SYSCALL_64_after_hwframe"

#define DRM_DEVICE 0xffff888000042000ULL

/* Entered a section of the device some time ago. */
static struct gw_section_record *enters(struct world *w, struct gw_task_record *task)
{
	struct gw_section_record *record = new_record(w, GW_RECORD_SECTION, sizeof(*record));
	struct gw_section *section = &record->section;

	w->now_ns += 10 * MS;
	section->kind = GW_SECTION_DRM;
	section->object = DRM_DEVICE;
	section->since_ns = w->now_ns;
	section->task = task->address;
	section->start_ns = task->start_ns;
	section->pid = section->tgid = task->pid;
	section->device.kind = GW_DEVICE_DRM;
	section->device.address = DRM_DEVICE;
	section->device.card = 1;
	snprintf(section->device.name, sizeof(section->device.name), "0000:03:00.0");
	snprintf(section->device.driver, sizeof(section->device.driver), "amdgpu");
	snprintf(section->comm, sizeof(section->comm), "%.15s", task->comm);
	task->watch.sections.drm_depth = 1;
	task->watch.sections.drm_device = DRM_DEVICE;
	task->watch.sections.drm_since_ns = w->now_ns;
	return record;
}

/* And the same section when the task has exited in it. */
static void exits_inside(struct world *w, struct gw_section_record *record, struct gw_task_record *task)
{
	record->section.flags |= GW_SECTION_F_EXITED;
	record->section.exited_ns = w->now_ns;
	remove_record(w, task);
}

static struct gw_task_record *unplugs(struct world *w, uint32_t pid)
{
	struct gw_task_record *task = kthread(w, pid, "unplugger");

	task->watch.sections.unplug_device = DRM_DEVICE;
	stack(w, task, "schedule schedule_timeout wait_for_completion __synchronize_srcu drm:drm_dev_unplug kthread");
	waits(w, task, GW_WAIT_SRCU, w->host.unplug_srcu);
	return task;
}

TEST(process_sleeps_in_user_space_with_a_section)
{
	struct world *w = world_new();
	struct gw_task_record *process = user_task(w, 90, "render");
	const struct gw_report *report;

	stack(w, process, SLEEPS_IN_NANOSLEEP);
	enters(w, process);
	unplugs(w, 101);
	look(w, 2);
	assert_deadlock(w, GW_CLASS_LEAKED_SECTION, PROVEN, "101 90", "");
	report = the_report(w, GW_KIND_DEADLOCK);
	assert_non_null(strstr(report->summary, "render (pid 90) never left a drm_dev_enter() section"));
	assert_non_null(strstr(report->summary, "DRM device 0000:03:00.0 (amdgpu, card1)"));
	assert_non_null(strstr(report->explanation, "render (pid 90) entered it "));
	/* Its driver may leave the section for it when its files are closed. */
	assert_string_equal(json_string_value(json_object_get(report->action, "code")), "close");
	world_free(w);
}

/* It may be what leaves the section for it, by a delayed item for example. */
TEST(section_that_something_of_the_driver_may_yet_leave)
{
	struct world *w = world_new();
	struct gw_task_record *process = user_task(w, 90, "render");

	stack(w, process, SLEEPS_IN_NANOSLEEP);
	enters(w, process);
	unplugs(w, 101);
	timer_of(w, "amdgpu_device_exit_work [amdgpu]");
	look(w, 2);
	assert_deadlock(w, GW_CLASS_LEAKED_SECTION, PROBABLE, "101 90", "");
	world_free(w);
}

TEST(section_of_a_task_that_is_gone_and_that_something_of_the_driver_may_yet_leave)
{
	struct world *w = world_new();
	struct gw_task_record *process = user_task(w, 90, "render");
	struct gw_section_record *section = enters(w, process);

	unplugs(w, 101);
	exits_inside(w, section, process);
	timer_of(w, "amdgpu_device_exit_work [amdgpu]");
	look(w, 2);
	assert_deadlock(w, GW_CLASS_LEAKED_SECTION, PROBABLE, "101 90", "");
	world_free(w);
}

TEST(process_runs_in_user_space_with_a_section)
{
	struct world *w = world_new();
	struct gw_task_record *process = user_task(w, 90, "render");

	enters(w, process);
	unplugs(w, 101);
	runs(process);
	for (int i = 0; i < 3; i++) {
		process->utime_ns += 100 * MS;
		look(w, 1);
	}
	assert_deadlock(w, GW_CLASS_LEAKED_SECTION, PROVEN, "101 90", "");
	world_free(w);
}

TEST(process_that_enters_again_and_again_leaves_its_sections)
{
	struct world *w = world_new();
	struct gw_task_record *process = user_task(w, 90, "render");
	struct gw_section_record *section = enters(w, process);

	unplugs(w, 101);
	runs(process);
	for (int i = 0; i < 4; i++) {
		process->utime_ns += 100 * MS;
		process->watch.sections.drm_since_ns += MS;
		section->section.since_ns += MS;
		look(w, 1);
	}
	assert_no_deadlock(w);
	world_free(w);
}

TEST(task_that_sleeps_in_its_driver_is_still_in_its_section)
{
	struct world *w = world_new();
	struct gw_task_record *process = user_task(w, 90, "render");

	stack(w, process, "schedule amdgpu:wait_for_ring amdgpu:ioctl __x64_sys_ioctl do_syscall_64");
	enters(w, process);
	unplugs(w, 101);
	look(w, 3);
	assert_no_deadlock(w);
	world_free(w);
}

TEST(task_that_exited_in_a_section_never_leaves_it)
{
	struct world *w = world_new();
	struct gw_task_record *process = user_task(w, 90, "render");
	struct gw_section_record *section = enters(w, process);

	exits_inside(w, section, process);
	unplugs(w, 101);
	look(w, 2);
	assert_deadlock(w, GW_CLASS_LEAKED_SECTION, PROVEN, "101 90", "");
	assert_non_null(strstr(the_report(w, GW_KIND_DEADLOCK)->explanation, "has exited without leaving it"));
	assert_string_equal(json_string_value(json_object_get(the_report(w, GW_KIND_DEADLOCK)->action, "code")),
			    "reboot");
	world_free(w);
}

TEST(section_that_another_task_may_have_left_proves_nothing)
{
	struct world *w = world_new();
	struct gw_task_record *gone = user_task(w, 90, "render"), *process = user_task(w, 91, "render");
	struct gw_section_record *first = enters(w, gone), *second = enters(w, process);

	exits_inside(w, first, gone);
	stack(w, process, SLEEPS_IN_NANOSLEEP);
	first->section.flags |= GW_SECTION_F_LEFT_ELSEWHERE;
	second->section.flags |= GW_SECTION_F_LEFT_ELSEWHERE;
	unplugs(w, 101);
	look(w, 3);
	assert_no_deadlock(w);
	world_free(w);
}

TEST(section_entered_in_the_moment_of_the_unplug_may_have_been_refused)
{
	struct world *w = world_new();
	struct gw_task_record *process = user_task(w, 90, "render"), *unplugger;

	stack(w, process, SLEEPS_IN_NANOSLEEP);
	enters(w, process);
	unplugger = unplugs(w, 101);
	unplugger->watch.waits[0].since_ns = process->watch.sections.drm_since_ns + 1000;
	look(w, 3);
	assert_no_deadlock(w);
	world_free(w);
}

/* Or before it, if the task was preempted in between. */
TEST(section_entered_shortly_before_the_unplug_is_not_proven)
{
	struct world *w = world_new();
	struct gw_task_record *process = user_task(w, 90, "render"), *unplugger;

	stack(w, process, SLEEPS_IN_NANOSLEEP);
	enters(w, process);
	unplugger = unplugs(w, 101);
	unplugger->watch.waits[0].since_ns = process->watch.sections.drm_since_ns + 5 * MS;
	look(w, 3);
	assert_deadlock(w, GW_CLASS_LEAKED_SECTION, PROBABLE, "101 90", "");
	world_free(w);
}

TEST(task_that_exited_in_an_invalidation_never_ends_it)
{
	struct world *w = world_new();
	struct gw_task_record *process = user_task(w, 90, "render"), *reader = kthread(w, 101, "reader");
	struct gw_section_record *section = enters(w, process);
	uint64_t mm = process->mm;

	section->section.kind = GW_SECTION_NOTIFIER;
	section->section.object = mm;
	exits_inside(w, section, process);
	waits(w, reader, GW_WAIT_NOTIFIER, mm);
	look(w, 2);
	assert_deadlock(w, GW_CLASS_LEAKED_SECTION, PROVEN, "101 90", "");
	world_free(w);
}

/* ---- runtime power management ------------------------------------------------------------- */

#define IN_SUSPEND                                                                                                     \
	"schedule __flush_work cancel_work_sync amdgpu:amdgpu_pmops_runtime_suspend __rpm_callback rpm_callback "      \
	"rpm_suspend pm_runtime_work process_one_work worker_thread kthread"
#define WAITS_FOR_RESUME                                                                                               \
	"schedule rpm_resume __pm_runtime_resume amdgpu:amdgpu_housekeeping process_one_work worker_thread kthread"

static struct gw_device_record *device(struct world *w, const char *name, int32_t power)
{
	struct gw_device_record *record = new_record(w, GW_RECORD_DEVICE, sizeof(*record));

	record->device.address = record->device.device = new_address(w);
	record->device.kind = GW_DEVICE_PLAIN;
	record->device.card = record->device.render = -1;
	record->device.power = power;
	snprintf(record->device.name, sizeof(record->device.name), "%s", name);
	snprintf(record->device.driver, sizeof(record->device.driver), "amdgpu");
	return record;
}

/* A worker suspends the device, and its callback cancels an item. */
static struct gw_task_record *suspends(struct world *w, const struct gw_device_record *of, uint64_t work)
{
	struct gw_task_record *task = worker(w, 101, 0x7100, "pm_runtime_work", 0x8100);

	stack(w, task, IN_SUSPEND);
	waits(w, task, GW_WAIT_POWER_CALL, of->device.address);
	flushes(w, task, work, "amdgpu_housekeeping [amdgpu]");
	return task;
}

TEST(suspend_callback_cancels_work_that_waits_for_the_device)
{
	struct world *w = world_new();
	struct gw_device_record *gpu = device(w, "0000:03:00.0", RPM_SUSPENDING);
	struct gw_task_record *housekeeping = worker(w, 102, 0x7000, "amdgpu_housekeeping [amdgpu]", 0x8000);
	const struct gw_report *report;

	suspends(w, gpu, 0x7000);
	stack(w, housekeeping, WAITS_FOR_RESUME);
	waits(w, housekeeping, GW_WAIT_POWER, gpu->device.address);
	look(w, 2);
	assert_deadlock(w, GW_CLASS_RUNTIME_PM_CYCLE, PROVEN, "101 102", "");
	report = the_report(w, GW_KIND_DEADLOCK);
	assert_non_null(strstr(report->summary, "a power management callback of device 0000:03:00.0 (amdgpu)"));
	world_free(w);
}

TEST(callback_that_is_merely_slow_is_no_deadlock)
{
	struct world *w = world_new();
	struct gw_device_record *gpu = device(w, "0000:03:00.0", RPM_RESUMING);
	struct gw_task_record *resumes = kthread(w, 101, "resumes"), *user = kthread(w, 102, "user");

	stack(w, resumes,
	      "schedule schedule_timeout msleep amdgpu:amdgpu_pmops_runtime_resume __rpm_callback rpm_callback rpm_resume __pm_runtime_resume");
	waits(w, resumes, GW_WAIT_POWER_CALL, gpu->device.address);
	stack(w, user, "schedule rpm_resume __pm_runtime_resume amdgpu:amdgpu_ioctl");
	waits(w, user, GW_WAIT_POWER, gpu->device.address);
	look(w, 3);
	assert_no_deadlock(w);
	world_free(w);
}

/* A call that has waited goes on to do it itself: it does not wait for itself then. */
TEST(waiter_that_runs_the_callback_by_now_does_not_wait_for_itself)
{
	struct world *w = world_new();
	struct gw_device_record *gpu = device(w, "0000:03:00.0", RPM_RESUMING);
	struct gw_task_record *task = kthread(w, 101, "resumes");

	stack(w, task,
	      "schedule amdgpu:amdgpu_pmops_runtime_resume __rpm_callback rpm_callback rpm_resume __pm_runtime_resume");
	waits(w, task, GW_WAIT_POWER, gpu->device.address);
	look(w, 3);
	assert_no_deadlock(w);
	world_free(w);
}

/* The callback of one device needs another one, which somebody else resumes. */
TEST(callback_that_waits_for_another_device_runs_no_callback_of_that_one)
{
	struct world *w = world_new();
	struct gw_device_record *gpu = device(w, "0000:03:00.0", RPM_RESUMING);
	struct gw_device_record *supplier = device(w, "0000:02:00.0", RPM_RESUMING);
	struct gw_task_record *task = kthread(w, 101, "resumes");

	stack(w, task,
	      "schedule rpm_resume __pm_runtime_resume amdgpu:amdgpu_pmops_runtime_resume __rpm_callback rpm_callback rpm_resume __pm_runtime_resume");
	waits(w, task, GW_WAIT_POWER_CALL, gpu->device.address);
	waits(w, task, GW_WAIT_POWER, supplier->device.address);
	look(w, 3);
	assert_no_deadlock(w);
	world_free(w);
}

TEST(device_that_has_changed_its_state_lets_its_waiters_go)
{
	struct world *w = world_new();
	struct gw_device_record *gpu = device(w, "0000:03:00.0", RPM_ACTIVE);
	struct gw_task_record *housekeeping = worker(w, 102, 0x7000, "amdgpu_housekeeping [amdgpu]", 0x8000);

	suspends(w, gpu, 0x7000);
	stack(w, housekeeping, WAITS_FOR_RESUME);
	waits(w, housekeeping, GW_WAIT_POWER, gpu->device.address);
	look(w, 3);
	assert_no_deadlock(w);
	world_free(w);
}

/* ---- locks of pages --------------------------------------------------------------------------- */

#define FAULTS                                                                                                         \
	"schedule io_schedule folio_wait_bit_common __folio_lock shmem_fault handle_mm_fault amdgpu:svm_range_fault"
#define MIGRATES "schedule rwsem_down_write_slowpath down_write amdgpu:svm_migrate_vma_to_vram amdgpu:svm_ioctl"
#define COPIES "schedule rwsem_down_write_slowpath down_write amdgpu:svm_ioctl"
#define FOLIO 0xffffea0000042000ULL

/* Waits for a page with the mm's lock held for reading, and another task, with such a stack, for that lock. */
static struct gw_task_record *waits_for_page(struct world *w, const char *frames)
{
	struct gw_task_record *fault = kthread(w, 101, "fault"), *other = kthread(w, 102, "other");
	struct gw_lock_record *lock = lock_of(w, GW_LOCK_RWSEM, NULL);

	stack(w, fault, FAULTS);
	waits(w, fault, GW_WAIT_PAGE, FOLIO);
	read_held_by(lock, fault, 1);
	stack(w, other, frames);
	waits_for_lock(w, other, lock, WRITE);
	return other;
}

TEST(migration_waits_for_the_lock_that_a_fault_holds)
{
	struct world *w = world_new();

	waits_for_page(w, MIGRATES);
	look(w, 3);
	assert_deadlock(w, GW_CLASS_PAGE_LOCK_CYCLE, PROBABLE, "101 102", "");
	world_free(w);
}

TEST(page_may_be_held_by_anybody)
{
	struct world *w = world_new();

	waits_for_page(w, COPIES);
	look(w, 14);
	assert_no_deadlock(w);
	assert_non_null(strstr(the_report(w, GW_KIND_STALL)->explanation, "anybody may release it"));
	world_free(w);
}

TEST(migration_that_goes_on_releases_its_pages)
{
	struct world *w = world_new();
	struct gw_task_record *migration = kthread(w, 103, "copies");

	waits_for_page(w, MIGRATES);
	stack(w, migration, "schedule schedule_timeout amdgpu:svm_migrate_copy_done amdgpu:svm_migrate_vma_to_vram");
	waits_for_fence(w, migration, fence(w, timeline(w, "sdma"), 7));
	look(w, 3);
	assert_no_deadlock(w);
	world_free(w);
}

/* So many are stuck in a migration, for one mutex or each for its own; the one behind them is not. */
TEST(one_of_many_migrations_may_go_on)
{
	for (uint32_t one_mutex = 0; one_mutex < 2; one_mutex++) {
		struct world *w = world_new();
		struct gw_task_record *other = waits_for_page(w, MIGRATES), *goes_on;
		struct gw_lock_record *lock = lock_of(w, GW_LOCK_MUTEX, other);

		for (uint32_t i = 0; i < 20; i++) {
			struct gw_task_record *task = kthread(w, 201 + i, "stuck");

			stack(w, task, "schedule __mutex_lock amdgpu:svm_migrate_vma_to_vram amdgpu:svm_ioctl");
			waits_for_lock(w, task, one_mutex ? lock : lock_of(w, GW_LOCK_MUTEX, other), MUTEX);
		}
		goes_on = kthread(w, 103, "copies");
		stack(w, goes_on,
		      "schedule schedule_timeout amdgpu:svm_migrate_copy_done amdgpu:svm_migrate_vma_to_vram");
		waits_for_fence(w, goes_on, fence(w, timeline(w, "sdma"), 7));
		look(w, 4);
		assert_no_deadlock(w);
		world_free(w);
	}
}

/* Read from the stack: when the task ran last, which each look sees a little differently. */
TEST(page_wait_without_a_sharp_beginning_is_one_wait)
{
	struct world *w = world_new();
	struct gw_task_record *fault = kthread(w, 101, "fault"), *other = kthread(w, 102, "other");
	struct gw_lock_record *lock = lock_of(w, GW_LOCK_RWSEM, NULL);
	struct gw_wait *wait;

	stack(w, fault, FAULTS);
	wait = waits(w, fault, GW_WAIT_PAGE, FOLIO);
	wait->flags = GW_WAIT_F_ON_STACK;
	read_held_by(lock, fault, 1);
	stack(w, other, MIGRATES);
	waits_for_lock(w, other, lock, WRITE);
	for (int i = 0; i < 4; i++) {
		wait->since_ns += 300;
		look(w, 1);
	}
	assert_deadlock(w, GW_CLASS_PAGE_LOCK_CYCLE, PROBABLE, "101 102", "");
	world_free(w);
}

/* A CPU faults on memory of the GPU: since 6.15 it has locked the page when it gets to the driver. */
TEST(fault_on_a_device_page_holds_it_since_6_15)
{
	static const char *const releases[] = { "6.12.95", "6.15.0" };
	static const char *const stacks[] = {
		"schedule rwsem_down_write_slowpath amdgpu:svm_migrate_to_ram do_swap_page handle_mm_fault",
		"schedule rwsem_down_write_slowpath amdgpu:svm_fetch_page do_swap_page handle_mm_fault",
	};

	for (size_t i = 0; i < 4; i++) {
		struct world *w = world_new();

		snprintf(w->host.release, sizeof(w->host.release), "%s", releases[i % 2]);
		waits_for_page(w, stacks[i / 2]);
		look(w, 3);
		assert_int_equal(count_reports(w, GW_KIND_DEADLOCK, GW_STATE_ACTIVE), i % 2);
		world_free(w);
	}
}

TEST(page_that_is_being_migrated_has_an_address)
{
	struct world *w = world_new();
	struct gw_task_record *fault = user_task(w, 101, "render"), *migration = kthread(w, 102, "migrates");

	stack(w, fault, "schedule io_schedule migration_entry_wait_on_locked migration_entry_wait do_swap_page");
	waits(w, fault, GW_WAIT_PAGE, fault->mm)->context = 0x7f0000001000;
	stack(w, migration, MIGRATES);
	waits_for_lock(w, migration, lock_of(w, GW_LOCK_MUTEX, fault), MUTEX);
	look(w, 3);
	assert_deadlock(w, GW_CLASS_PAGE_LOCK_CYCLE, PROBABLE, "101 102", "");
	assert_non_null(
		strstr(the_report(w, GW_KIND_DEADLOCK)->summary, "the migration of the page at 0x7f0000001000"));
	world_free(w);
}

#define T(name) cmocka_unit_test(name)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(task_takes_the_same_mutex_twice),
		T(two_tasks_take_two_mutexes_in_both_orders),
		T(three_tasks_take_three_locks_in_a_ring),
		T(reader_that_wants_to_write_need_not_wait_for_itself),
		T(locks_of_no_gpu_are_left_to_others),
		T(task_that_backs_off_is_in_no_loop),
		T(only_reader_is_gone),
		T(one_of_two_readers_is_gone),
		T(last_reader_is_gone_and_another_task_sleeps_in_the_driver),
		T(only_reader_sleeps_in_a_system_call_of_its_own),
		T(work_of_the_same_driver_may_release_the_lock_of_an_owner_that_is_gone),
		T(one_of_many_items_may_release_the_lock_of_an_owner_that_is_gone),
		T(work_of_another_module_does_not_release_it),
		T(work_that_waits_for_the_lock_itself_does_not_release_it),
		T(work_that_has_just_begun_is_one_of_many),
		T(work_that_is_stuck_itself_leaves_less_than_a_proof),
		T(idle_worker_may_have_handed_its_lock_over),
		T(lock_of_an_item_that_is_over_is_leaked_for_sure_where_nothing_of_its_driver_is_left),
		T(who_flushes_a_thread_holds_what_its_item_needs),
		T(thread_that_sleeps_in_its_item_ends_it),
		T(loop_of_nobodys_that_holds_up_a_gpus_user_is_the_gpus),
		T(loop_of_nobodys_that_holds_up_no_gpus_user_is_none),
		T(loop_of_others_that_holds_up_a_gpus_user_stays_theirs),
		T(signaller_that_was_stopped_is_the_end_of_the_chain),
		T(signaller_whose_cgroup_is_frozen_is_the_end_of_the_chain),
		T(signaller_that_is_debugged_is_the_end_of_the_chain),
		T(signaller_that_is_frozen_is_the_end_of_the_chain),
		T(reader_that_nobody_else_can_be_holds_the_lock),
		T(last_reader_is_not_accused_while_another_task_runs),
		T(last_reader_is_accused_where_nobody_else_runs),
		T(last_reader_has_some_time_before_it_is_accused),
		T(last_reader_that_blocked_later_is_not_accused_where_sleepers_were_not_read),
		T(mmap_lock_may_be_read_by_whoever_faults),
		T(mmap_lock_is_not_read_by_who_sleeps_for_a_disk),
		T(reader_that_somebody_else_of_its_driver_can_be_is_a_hint),
		T(last_reader_is_not_accused_where_another_one_may_read),
		T(nobody_is_a_victim_of_who_merely_may_read),
		T(who_waits_for_a_reader_is_behind_that_readers_loop),
		T(who_waits_behind_the_reader_does_not_hide_it),
		T(one_of_several_readers_waits_for_whom_the_lock_is_needed),
		T(many_that_wait_do_not_hide_the_readers),
		T(many_that_wait_do_not_hide_the_only_reader),
		T(many_that_wait_do_not_hide_that_another_one_may_read),
		T(many_readers_are_known_by_their_number),
		T(many_readers_of_a_percpu_rwsem_are_known_by_their_number),
		T(more_tasks_than_readers_show_nobody),
		T(reader_that_is_awake_for_a_moment_is_still_one),
		T(reader_that_nobody_sees_may_be_the_second_one),
		T(function_of_the_last_reader_alone_counts),
		T(as_many_sleep_in_the_driver_as_there_are_readers),
		T(more_sleep_in_the_driver_than_there_are_readers),
		T(reader_of_a_percpu_rwsem_is_in_the_function_by_which_the_next_one_came),
		T(percpu_rwsem_has_a_reader_that_is_not_seen),
		T(task_of_the_driver_that_sleeps_may_read_the_percpu_rwsem),
		T(percpu_rwsem_that_a_writer_holds_is_its_own),
		T(timer_of_the_same_driver_may_release_a_lock_that_was_left),
		T(timer_of_another_module_does_not_release_it),
		T(timer_that_is_armed_again_and_again_does_not_release_it),
		T(who_waits_for_a_lock_that_was_left_is_no_victim_of_another_loop),
		T(busy_driver_does_not_hide_a_lock_that_was_left_for_ever),
		T(process_sleeps_in_user_space_with_a_section),
		T(section_that_something_of_the_driver_may_yet_leave),
		T(section_of_a_task_that_is_gone_and_that_something_of_the_driver_may_yet_leave),
		T(process_runs_in_user_space_with_a_section),
		T(process_that_enters_again_and_again_leaves_its_sections),
		T(task_that_sleeps_in_its_driver_is_still_in_its_section),
		T(task_that_exited_in_a_section_never_leaves_it),
		T(section_that_another_task_may_have_left_proves_nothing),
		T(section_entered_in_the_moment_of_the_unplug_may_have_been_refused),
		T(section_entered_shortly_before_the_unplug_is_not_proven),
		T(task_that_exited_in_an_invalidation_never_ends_it),
		T(suspend_callback_cancels_work_that_waits_for_the_device),
		T(callback_that_is_merely_slow_is_no_deadlock),
		T(waiter_that_runs_the_callback_by_now_does_not_wait_for_itself),
		T(callback_that_waits_for_another_device_runs_no_callback_of_that_one),
		T(device_that_has_changed_its_state_lets_its_waiters_go),
		T(migration_waits_for_the_lock_that_a_fault_holds),
		T(page_may_be_held_by_anybody),
		T(migration_that_goes_on_releases_its_pages),
		T(one_of_many_migrations_may_go_on),
		T(page_wait_without_a_sharp_beginning_is_one_wait),
		T(fault_on_a_device_page_holds_it_since_6_15),
		T(page_that_is_being_migrated_has_an_address),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
