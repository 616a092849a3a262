/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Waits that only a stack shows: for a file of sysfs to be left, an interrupt's thread, a VMA's readers, kswapd; and what is none of them. */
#include "build-snapshot.h"

#define TEST(name) static void name(void **state)
#define MUTEX GW_LOCK_F_MUTEX
#define PROBABLE GW_CONFIDENCE_PROBABLE

#define REMOVES                                                                                                        \
	"schedule kernfs_drain __kernfs_remove kernfs_remove_by_name_ns sysfs_remove_file_ns amdgpu:amdgpu_ras_fini "  \
	"process_one_work worker_thread kthread"
#define STORES                                                                                                         \
	"schedule __mutex_lock amdgpu:amdgpu_set_pp_od dev_attr_store sysfs_kf_write kernfs_fop_write_iter vfs_write " \
	"do_syscall_64"
#define THROTTLED                                                                                                      \
	"schedule throttle_direct_reclaim try_to_free_pages __alloc_pages_slowpath drm:drm_gem_get_pages "             \
	"msm:msm_ioctl_gem_submit do_syscall_64"
#define SHRINKS                                                                                                        \
	"schedule __mutex_lock msm:msm_gem_shrinker_scan do_shrink_slab shrink_node balance_pgdat kswapd kthread"
#define CHANGES_VMA                                                                                                    \
	"schedule __vma_start_exclude_readers __vma_start_write mprotect_fixup do_mprotect_pkey do_syscall_64"
#define FAULTS                                                                                                         \
	"schedule __mutex_lock xe:xe_shrinker_scan do_shrink_slab try_to_free_pages __alloc_pages_slowpath "           \
	"handle_mm_fault do_user_addr_fault exc_page_fault"

/* @needs sleeps in what @frames show, and holds the mutex for which @needed waits. */
struct pair {
	struct gw_task_record *needs, *needed;
	struct gw_lock_record *lock;
};

static struct pair pair(struct world *w, const char *frames, const char *others)
{
	struct pair p = { .needs = kthread(w, 101, "needs"), .needed = kthread(w, 102, "needed") };

	stack(w, p.needs, frames);
	p.needs->state = TASK_UNINTERRUPTIBLE;
	p.needs->last_ran_ns = w->now_ns;
	stack(w, p.needed, others);
	p.lock = lock_of(w, GW_LOCK_MUTEX, p.needs);
	waits_for_lock(w, p.needed, p.lock, MUTEX);
	return p;
}

static void assert_explains(struct world *w, const char *words)
{
	const char *explanation = the_report(w, GW_KIND_DEADLOCK)->explanation;

	if (!strstr(explanation, words))
		fail_msg("no '%s' in: %s", words, explanation);
}

/* ---- files of sysfs ------------------------------------------------------------------- */

TEST(who_removes_a_file_holds_what_its_store_function_wants)
{
	struct world *w = world_new();

	pair(w, REMOVES, STORES);
	look(w, 2);
	assert_deadlock(w, GW_CLASS_LOCK_CYCLE, PROBABLE, "101 102", "");
	assert_explains(w, "for needed (pid 102) to leave a file of sysfs");
	world_free(w);
}

/* ---- threads of interrupts ---------------------------------------------------------------- */

#define DISABLES                                                                                                       \
	"schedule __synchronize_irq disable_irq amdgpu:amdgpu_irq_disable_all process_one_work worker_thread kthread"
#define HANDLES "schedule __mutex_lock amdgpu:amdgpu_irq_handler_thread irq_thread_fn irq_thread kthread"

TEST(who_disables_an_interrupt_holds_what_its_thread_wants)
{
	struct world *w = world_new();

	pair(w, DISABLES, HANDLES);
	look(w, 2);
	assert_deadlock(w, GW_CLASS_LOCK_CYCLE, PROBABLE, "101 102", "");
	assert_explains(w, "for needed (pid 102) to return from the handler of an interrupt");
	assert_non_null(strstr(the_report(w, GW_KIND_DEADLOCK)->advice, "must not wait for a task that takes it"));
	world_free(w);
}

/* Up to 6.1 and in free_irq() the wait is inlined, or not. */
TEST(who_frees_an_interrupt_waits_for_its_thread)
{
	static const char *const frames[] = {
		"schedule synchronize_irq amdgpu:amdgpu_irq_fini kthread",
		"schedule __free_irq free_irq amdgpu:amdgpu_irq_fini kthread",
	};

	for (size_t i = 0; i < sizeof(frames) / sizeof(frames[0]); i++) {
		struct world *w = world_new();

		pair(w, frames[i], HANDLES);
		look(w, 2);
		assert_deadlock(w, GW_CLASS_LOCK_CYCLE, PROBABLE, "101 102", "");
		world_free(w);
	}
}

TEST(interrupt_of_another_module_is_not_meant)
{
	struct world *w = world_new();

	pair(w, DISABLES, "schedule __mutex_lock xe:xe_irq_thread irq_thread_fn irq_thread kthread");
	look(w, 2);
	assert_no_deadlock(w);
	world_free(w);
}

/* It works something off, for another one of the module, but is no thread of an interrupt's. */
TEST(thread_of_no_interrupt_is_not_meant)
{
	struct world *w = world_new();

	pair(w, DISABLES, "schedule __mutex_lock amdgpu:amdgpu_ring_thread kthread");
	look(w, 2);
	assert_no_deadlock(w);
	world_free(w);
}

/* Another handler of the module's waits with a timer: that interrupt may be the one. */
TEST(thread_of_an_interrupt_that_goes_on_ends_it)
{
	struct world *w = world_new();
	struct gw_task_record *other;

	pair(w, DISABLES, HANDLES);
	other = kthread(w, 103, "irq/2");
	stack(w, other, "schedule_timeout msleep amdgpu:amdgpu_hotplug_thread irq_thread_fn irq_thread kthread");
	other->state = TASK_UNINTERRUPTIBLE;
	other->flags |= GW_TASK_F_TIMER;
	look(w, 2);
	assert_no_deadlock(w);
	world_free(w);
}

TEST(who_removes_a_file_reads_what_its_store_function_writes)
{
	struct world *w = world_new();
	struct pair p = pair(w, REMOVES, STORES);

	p.lock->kind = GW_LOCK_RWSEM;
	read_held_by(p.lock, p.needs, 1);
	p.needed->watch.waits[0].flags = GW_LOCK_F_WRITE;
	look(w, 3);
	assert_deadlock(w, GW_CLASS_LOCK_CYCLE, PROBABLE, "101 102", "");
	world_free(w);
}

/* What it sleeps for comes by itself. */
TEST(reader_that_merely_sleeps_is_not_stuck)
{
	struct world *w = world_new();
	struct pair p =
		pair(w, "schedule msleep amdgpu:amdgpu_ras_fini process_one_work worker_thread kthread", STORES);

	p.lock->kind = GW_LOCK_RWSEM;
	read_held_by(p.lock, p.needs, 1);
	p.needed->watch.waits[0].flags = GW_LOCK_F_WRITE;
	look(w, 5);
	assert_no_deadlock(w);
	world_free(w);
}

/* ---- callbacks of runtime power management, asynchronous calls ----------------------------- */

#define DISABLES_PM                                                                                                    \
	"schedule __pm_runtime_disable amdgpu:amdgpu_pci_remove pci_device_remove unbind_store kernfs_fop_write_iter " \
	"vfs_write do_syscall_64"
#define RESUMES                                                                                                        \
	"schedule __mutex_lock amdgpu:amdgpu_pmops_runtime_resume __rpm_callback rpm_callback rpm_resume "             \
	"__pm_runtime_resume amdgpu:amdgpu_drm_ioctl do_syscall_64"

TEST(who_disables_runtime_pm_holds_what_its_callback_wants)
{
	struct world *w = world_new();

	pair(w, DISABLES_PM, RESUMES);
	look(w, 2);
	assert_deadlock(w, GW_CLASS_RUNTIME_PM_CYCLE, PROBABLE, "102 101", "");
	assert_explains(w, "for needed (pid 102) to return from a callback of runtime power management");
	assert_non_null(strstr(the_report(w, GW_KIND_DEADLOCK)->summary, "waits for that callback to end"));
	world_free(w);
}

/* It is in the driver, and has called for power, but its callback does not run. */
TEST(who_is_in_no_callback_does_not_keep_runtime_pm)
{
	static const char *const others[] = {
		"schedule __mutex_lock amdgpu:amdgpu_drm_ioctl do_syscall_64",
		"schedule __mutex_lock xe:xe_pm_runtime_resume __rpm_callback rpm_callback rpm_resume kthread",
	};

	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		struct world *w = world_new();

		pair(w, DISABLES_PM, others[i]);
		look(w, 2);
		assert_no_deadlock(w);
		world_free(w);
	}
}

#define SYNCHRONIZES "schedule async_synchronize_cookie_domain async_synchronize_full amdgpu:amdgpu_fbdev_fini kthread"
#define CALLED                                                                                                         \
	"schedule __mutex_lock amdgpu:amdgpu_fbdev_setup async_run_entry_fn process_one_work worker_thread kthread"

TEST(who_waits_for_asynchronous_calls_holds_what_one_wants)
{
	struct world *w = world_new();

	pair(w, SYNCHRONIZES, CALLED);
	look(w, 2);
	assert_deadlock(w, GW_CLASS_LOCK_CYCLE, PROBABLE, "101 102", "");
	assert_explains(w, "for needed (pid 102) to return from an asynchronous call");
	world_free(w);
}

/* It is the other one's call that may be waited for. */
TEST(asynchronous_call_that_goes_on_ends_it)
{
	struct world *w = world_new();
	struct gw_task_record *other = kthread(w, 103, "kworker/u8:1");

	pair(w, SYNCHRONIZES, CALLED);
	stack(w, other,
	      "schedule_timeout msleep ata:ata_probe async_run_entry_fn process_one_work worker_thread kthread");
	other->state = TASK_UNINTERRUPTIBLE;
	other->flags |= GW_TASK_F_TIMER;
	look(w, 2);
	assert_no_deadlock(w);
	world_free(w);
}

#define REMOVES_PROC                                                                                                          \
	"schedule_timeout wait_for_completion proc_entry_rundown remove_proc_subtree nvidia:nv_procfs_exit process_one_work " \
	"worker_thread kthread"
#define READS_PROC "schedule __mutex_lock nvidia:nv_procfs_read proc_reg_read vfs_read do_syscall_64"
#define REMOVES_DEBUGFS                                                                                                    \
	"schedule_timeout wait_for_completion remove_one simple_recursive_removal debugfs_remove msm:msm_debugfs_cleanup " \
	"process_one_work worker_thread kthread"
#define READS_DEBUGFS "schedule __mutex_lock msm:msm_gpu_show full_proxy_read vfs_read do_syscall_64"

TEST(who_removes_a_file_of_procfs_holds_what_its_reader_wants)
{
	struct world *w = world_new();

	pair(w, REMOVES_PROC, READS_PROC);
	look(w, 2);
	assert_deadlock(w, GW_CLASS_LOCK_CYCLE, PROBABLE, "101 102", "");
	assert_explains(w, "for needed (pid 102) to leave a file of procfs");
	world_free(w);
}

TEST(who_removes_a_file_of_debugfs_holds_what_its_reader_wants)
{
	struct world *w = world_new();
	struct pair p = pair(w, REMOVES_DEBUGFS, READS_DEBUGFS);

	/* As programs record it: for a completion that nobody is known to complete. */
	waits(w, p.needs, GW_WAIT_COMPLETION, 0xffffc90000100000);
	look(w, 2);
	assert_deadlock(w, GW_CLASS_LOCK_CYCLE, PROBABLE, "101 102", "");
	assert_explains(w, "for needed (pid 102) to leave a file of debugfs");
	world_free(w);
}

/* Each kind of file is left for itself. */
TEST(reader_of_another_kind_of_file_is_not_meant)
{
	struct world *w = world_new();

	pair(w, REMOVES_DEBUGFS, "schedule __mutex_lock msm:msm_show sysfs_kf_seq_show vfs_read do_syscall_64");
	look(w, 3);
	assert_no_deadlock(w);
	world_free(w);
}

TEST(store_function_that_gets_on_ends_it)
{
	struct world *w = world_new();
	struct pair p = pair(w, REMOVES, "schedule msleep amdgpu:amdgpu_set_pp_od kernfs_fop_write_iter do_syscall_64");

	waits_no_more(p.needed);
	p.needed->state = TASK_UNINTERRUPTIBLE;
	look(w, 3);
	assert_no_deadlock(w);
	world_free(w);
}

/* Another driver's file is not the one that is removed. */
TEST(file_of_another_module_is_not_meant)
{
	struct world *w = world_new();

	pair(w, REMOVES,
	     "schedule __mutex_lock drm:drm_connector_store nouveau:nouveau_store kernfs_fop_write_iter do_syscall_64");
	look(w, 3);
	assert_no_deadlock(w);
	world_free(w);
}

/* One of the two is inside of that file: as long as one of them can go on, so may the removal. */
TEST(one_of_several_that_is_not_stuck_may_be_the_one)
{
	struct world *w = world_new();
	struct gw_task_record *slow;

	pair(w, REMOVES, STORES);
	slow = kthread(w, 103, "slow");
	stack(w, slow, "schedule msleep amdgpu:amdgpu_get_pp_od kernfs_seq_show vfs_read do_syscall_64");
	slow->state = TASK_UNINTERRUPTIBLE;
	look(w, 3);
	assert_no_deadlock(w);
	world_free(w);
}

/* So many others are stuck in the driver's files, for one mutex or each for its own; @slow: and then one that is not. */
static void many_are_in_files(struct world *w, uint32_t count, bool one_mutex, bool slow)
{
	struct pair p = pair(w, REMOVES, STORES);

	for (uint32_t i = 0; i < count; i++) {
		struct gw_task_record *task = kthread(w, 201 + i, "stores");

		stack(w, task, STORES);
		waits_for_lock(w, task, one_mutex ? p.lock : lock_of(w, GW_LOCK_MUTEX, p.needs), MUTEX);
	}
	if (slow) {
		struct gw_task_record *task = kthread(w, 103, "slow");

		stack(w, task, "schedule msleep amdgpu:amdgpu_get_pp_od kernfs_seq_show vfs_read do_syscall_64");
		task->state = TASK_UNINTERRUPTIBLE;
	}
	look(w, 3);
}

TEST(one_of_many_that_is_not_stuck_may_be_the_one)
{
	for (uint32_t one_mutex = 0; one_mutex < 2; one_mutex++) {
		struct world *w = world_new();

		many_are_in_files(w, 20, one_mutex, true);
		assert_no_deadlock(w);
		world_free(w);
	}
}

/* They are as stuck as one of them. */
TEST(many_that_want_one_mutex_do_not_hide_that_all_are_stuck)
{
	struct world *w = world_new();

	many_are_in_files(w, 20, true, false);
	assert_int_equal(count_reports(w, GW_KIND_DEADLOCK, GW_STATE_ACTIVE), 1);
	assert_int_equal(the_report(w, GW_KIND_DEADLOCK)->class, GW_CLASS_LOCK_CYCLE);
	world_free(w);
}

/* It was in the file at each other look, and runs in between. */
TEST(one_of_several_that_runs_may_be_the_one)
{
	struct world *w = world_new();
	struct gw_task_record *runner;

	pair(w, REMOVES, STORES);
	runner = kthread(w, 103, "runner");
	stack(w, runner, "schedule msleep amdgpu:amdgpu_get_pp_od kernfs_seq_show vfs_read do_syscall_64");
	for (int i = 0; i < 8; i++) {
		runner->state = i % 2 ? 0 : TASK_UNINTERRUPTIBLE;
		look(w, 1);
	}
	assert_no_deadlock(w);
	world_free(w);
}

/* It ran between the looks: it removes one file after the other. */
TEST(removal_that_gets_on_is_no_loop)
{
	struct world *w = world_new();
	struct pair p = pair(w, REMOVES, STORES);

	for (int i = 0; i < 6; i++) {
		p.needs->switches++;
		p.needs->last_ran_ns = w->now_ns;
		look(w, 1);
	}
	assert_no_deadlock(w);
	world_free(w);
}

/* ---- VMAs ------------------------------------------------------------------------------ */

TEST(who_changes_a_vma_holds_what_a_fault_in_it_needs)
{
	struct world *w = world_new();
	struct pair p = pair(w, CHANGES_VMA, FAULTS);

	p.needs->mm = p.needed->mm = new_address(w);
	look(w, 2);
	assert_deadlock(w, GW_CLASS_LOCK_CYCLE, PROBABLE, "101 102", "");
	assert_explains(w, "to let go of the lock of a VMA");
	world_free(w);
}

TEST(fault_of_another_process_is_not_meant)
{
	struct world *w = world_new();
	struct pair p = pair(w, CHANGES_VMA, FAULTS);

	p.needs->mm = new_address(w);
	p.needed->mm = new_address(w);
	look(w, 3);
	assert_no_deadlock(w);
	world_free(w);
}

/* ---- kswapd ---------------------------------------------------------------------------- */

TEST(throttled_task_holds_what_kswapd_needs)
{
	struct world *w = world_new();

	pair(w, THROTTLED, SHRINKS);
	look(w, 2);
	assert_deadlock(w, GW_CLASS_RECLAIM_CYCLE, PROBABLE, "101 102", "");
	assert_explains(w, "in direct reclaim");
	assert_explains(w, "for needed (pid 102) to free memory");
	world_free(w);
}

/* Where the compiler has inlined the function that waits. */
TEST(throttled_task_sleeps_in_the_caller)
{
	struct world *w = world_new();

	pair(w,
	     "schedule try_to_free_pages __alloc_pages_slowpath drm:drm_gem_get_pages msm:msm_ioctl_gem_submit do_syscall_64",
	     SHRINKS);
	look(w, 2);
	assert_deadlock(w, GW_CLASS_RECLAIM_CYCLE, PROBABLE, "101 102", "");
	assert_explains(w, "for needed (pid 102) to free memory");
	world_free(w);
}

/* What sleeps further in is no throttled task: it reclaims itself. */
TEST(who_reclaims_waits_for_no_kswapd)
{
	struct world *w = world_new();

	pair(w,
	     "schedule shrink_inactive_list shrink_node do_try_to_free_pages try_to_free_pages __alloc_pages_slowpath "
	     "drm:drm_gem_get_pages msm:msm_ioctl_gem_submit do_syscall_64",
	     SHRINKS);
	look(w, 3);
	assert_no_deadlock(w);
	world_free(w);
}

/* Of another node; it has no stack. */
TEST(one_of_several_kswapds_that_runs_may_be_the_one)
{
	for (uint32_t asleep = 0; asleep < 2; asleep++) {
		struct world *w = world_new();
		struct gw_present_record *other = present(w, 54, "kswapd1");

		other->flags = GW_TASK_F_KTHREAD;
		other->state = asleep;
		pair(w, THROTTLED, SHRINKS);
		look(w, 3);
		if (asleep)
			assert_deadlock(w, GW_CLASS_RECLAIM_CYCLE, PROBABLE, "101 102", "");
		else
			assert_no_deadlock(w);
		world_free(w);
	}
}

TEST(kswapd_that_goes_on_lets_go_of_who_is_throttled)
{
	struct world *w = world_new();
	struct pair p = pair(w, THROTTLED, "kswapd kthread");

	waits_no_more(p.needed);
	p.needed->state = 0;
	look(w, 3);
	assert_no_deadlock(w);
	world_free(w);
}

/* Without __GFP_FS it waits for a second at most. */
TEST(throttling_that_ends_by_itself_is_no_loop)
{
	struct world *w = world_new();
	struct pair p = pair(w, THROTTLED, SHRINKS);

	p.needs->flags |= GW_TASK_F_TIMER;
	look(w, 3);
	assert_no_deadlock(w);
	world_free(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(who_removes_a_file_holds_what_its_store_function_wants),
		cmocka_unit_test(who_disables_runtime_pm_holds_what_its_callback_wants),
		cmocka_unit_test(who_is_in_no_callback_does_not_keep_runtime_pm),
		cmocka_unit_test(who_waits_for_asynchronous_calls_holds_what_one_wants),
		cmocka_unit_test(asynchronous_call_that_goes_on_ends_it),
		cmocka_unit_test(who_disables_an_interrupt_holds_what_its_thread_wants),
		cmocka_unit_test(who_frees_an_interrupt_waits_for_its_thread),
		cmocka_unit_test(interrupt_of_another_module_is_not_meant),
		cmocka_unit_test(thread_of_no_interrupt_is_not_meant),
		cmocka_unit_test(thread_of_an_interrupt_that_goes_on_ends_it),
		cmocka_unit_test(who_removes_a_file_of_procfs_holds_what_its_reader_wants),
		cmocka_unit_test(who_removes_a_file_of_debugfs_holds_what_its_reader_wants),
		cmocka_unit_test(who_removes_a_file_reads_what_its_store_function_writes),
		cmocka_unit_test(reader_that_merely_sleeps_is_not_stuck),
		cmocka_unit_test(reader_of_another_kind_of_file_is_not_meant),
		cmocka_unit_test(store_function_that_gets_on_ends_it),
		cmocka_unit_test(file_of_another_module_is_not_meant),
		cmocka_unit_test(one_of_several_that_is_not_stuck_may_be_the_one),
		cmocka_unit_test(one_of_many_that_is_not_stuck_may_be_the_one),
		cmocka_unit_test(many_that_want_one_mutex_do_not_hide_that_all_are_stuck),
		cmocka_unit_test(one_of_several_that_runs_may_be_the_one),
		cmocka_unit_test(removal_that_gets_on_is_no_loop),
		cmocka_unit_test(who_changes_a_vma_holds_what_a_fault_in_it_needs),
		cmocka_unit_test(fault_of_another_process_is_not_meant),
		cmocka_unit_test(throttled_task_holds_what_kswapd_needs),
		cmocka_unit_test(throttled_task_sleeps_in_the_caller),
		cmocka_unit_test(who_reclaims_waits_for_no_kswapd),
		cmocka_unit_test(one_of_several_kswapds_that_runs_may_be_the_one),
		cmocka_unit_test(kswapd_that_goes_on_lets_go_of_who_is_throttled),
		cmocka_unit_test(throttling_that_ends_by_itself_is_no_loop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
