/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a person reads: sentences that are true of the shape that they are about, and the action that ends it. */
#include "build-snapshot.h"
#include "lib/analysis/graph/graph.h"
#include "lib/report/relation.h"

#define TEST(name) static void name(void **state)
#define MUTEX GW_LOCK_F_MUTEX

static const json_t *action_of(const struct world *w, enum gw_kind kind)
{
	const struct gw_report *report = the_report(w, kind);

	assert_non_null(report->action);
	assert_non_null(strstr(report->advice, json_string_value(json_object_get(report->action, "sentence"))));
	return report->action;
}

static void assert_action(const struct world *w, enum gw_kind kind, const char *code, const char *works)
{
	const json_t *action = action_of(w, kind);

	assert_string_equal(json_string_value(json_object_get(action, "code")), code);
	assert_string_equal(json_string_value(json_object_get(action, "works")), works);
}

static void assert_kill(const struct world *w, uint32_t pid, const char *works)
{
	assert_action(w, GW_KIND_DEADLOCK, "kill", works);
	assert_int_equal(json_integer_value(json_object_get(action_of(w, GW_KIND_DEADLOCK), "pid")), pid);
}

/* ---- sentences ------------------------------------------------------------------------------- */

/* The first lock of the chain is another participant's. */
TEST(summary_names_the_lock_that_the_waiter_holds)
{
	struct world *w = world_new();
	struct gw_task_record *holder = kthread(w, 101, "holder"), *signaller = kthread(w, 102, "signaller");
	struct gw_task_record *between = kthread(w, 103, "between");
	struct gw_lock_record *of_holder = lock_of(w, GW_LOCK_RWSEM, holder), *of_between;
	char held[128], other[64];

	of_between = lock_of(w, GW_LOCK_MUTEX, between);
	waits_for_fence(w, holder, fence(w, timeline_by(w, "gfx", signaller), 7));
	waits_for_lock(w, signaller, of_between, MUTEX);
	waits_for_lock(w, between, of_holder, GW_LOCK_F_WRITE);
	look(w, 2);
	snprintf(held, sizeof(held), "holds rwsem 0x%llx, which its signaller needs, directly or through others",
		 (unsigned long long)of_holder->address);
	snprintf(other, sizeof(other), "0x%llx", (unsigned long long)of_between->address);
	assert_non_null(strstr(the_report(w, GW_KIND_DEADLOCK)->summary, held));
	assert_null(strstr(the_report(w, GW_KIND_DEADLOCK)->summary, other));
	world_free(w);
}

TEST(summary_calls_an_mmap_lock_so)
{
	struct world *w = world_new();
	struct gw_task_record *holder = user_task(w, 101, "holder"), *signaller = kthread(w, 102, "signaller");
	struct gw_lock_record *lock = mmap_lock_of(w, holder->mm);

	lock->owner = holder->address;
	lock->owner_pid = holder->pid;
	lock->owner_kind = GW_OWNER_EXCLUSIVE;
	waits_for_fence(w, holder, fence(w, timeline_by(w, "gfx", signaller), 7));
	waits_for_lock(w, signaller, lock, GW_LOCK_F_READ);
	look(w, 2);
	assert_non_null(strstr(the_report(w, GW_KIND_DEADLOCK)->summary, "and holds mmap_lock of process 101"));
	world_free(w);
}

/* A process waits for an answer with a mutex held; @pid 102 of @module wants that. */
static void answer_is_awaited(const char *module, bool kernel, const char *words)
{
	struct world *w = world_new();
	struct gw_task_record *asks = user_task(w, 101, "asks");
	struct gw_task_record *other = kernel ? kthread(w, 102, "reaper") : user_task(w, 102, "client");
	char frames[128];

	snprintf(frames, sizeof(frames), "schedule __mutex_lock %s:handle_answer process_one_work kthread", module);
	gpu_module(w, "vgpu");
	stack(w, asks, "schedule vgpu:vgpu_ctrl_wait vgpu:vgpu_ioctl do_syscall_64");
	stack(w, other, frames);
	asks->state = TASK_UNINTERRUPTIBLE;
	asks->last_ran_ns = w->now_ns;
	waits_for_lock(w, other, lock_of(w, GW_LOCK_MUTEX, asks), MUTEX);
	look(w, 12);
	assert_int_equal(words != NULL,
			 strstr(the_report(w, GW_KIND_STALL)->explanation, "this is a deadlock") != NULL);
	if (words)
		assert_non_null(strstr(the_report(w, GW_KIND_STALL)->explanation, words));
	world_free(w);
}

TEST(thread_of_the_driver_behind_a_sleeper_may_be_what_it_sleeps_for)
{
	answer_is_awaited(
		"vgpu", true,
		"reaper (pid 102) of vgpu is blocked behind it: if that task is the one that wakes it up, this is a deadlock.");
	answer_is_awaited("vgpu", false, NULL);
	answer_is_awaited("other", true, NULL);
}

/* kthread_use_mm(): the memory is that of a process all the same. */
TEST(memory_that_a_kernel_thread_borrows_is_of_its_process)
{
	struct world *w = world_new();
	struct gw_task_record *holder = user_task(w, 101, "holder"), *signaller = kthread(w, 102, "signaller");
	struct gw_lock_record *lock = mmap_lock_of(w, holder->mm);

	signaller->mm = holder->mm;
	lock->owner = holder->address;
	lock->owner_pid = holder->pid;
	lock->owner_kind = GW_OWNER_EXCLUSIVE;
	waits_for_fence(w, holder, fence(w, timeline_by(w, "gfx", signaller), 7));
	waits_for_lock(w, signaller, lock, GW_LOCK_F_READ);
	look(w, 2);
	assert_non_null(strstr(the_report(w, GW_KIND_DEADLOCK)->explanation, "waits for mmap_lock of process 101"));
	world_free(w);
}

/* What lies on the stack of a task beyond the innermost frame, the next one first: "FUNCTION+0x1f FUNCTION+0x0". */
static void sleeps_within(struct world *w, const struct gw_task_record *task, const char *functions)
{
	struct gw_inner_record *inner = new_record(w, GW_RECORD_INNER, sizeof(*inner));
	char copy[256], *rest = copy, *function;

	snprintf(copy, sizeof(copy), "%s", functions);
	inner->task = task->address;
	for (size_t i = 0; i < GW_INNER_DEPTH && (function = strsep(&rest, " ")); i++) {
		struct gw_symbol_record *symbol = new_record(w, GW_RECORD_SYMBOL, sizeof(*symbol));
		char *offset = strchr(function, '+');

		symbol->address = inner->addresses[i] = new_address(w);
		symbol->offset = strtoul(offset, NULL, 16);
		snprintf(symbol->name, sizeof(symbol->name), "%.*s", (int)(offset - function), function);
	}
}

/* Of several waiters the first one's function may not be known. */
TEST(lock_is_a_ww_mutex_if_any_waiter_takes_it_as_one)
{
	struct world *w = world_new();
	struct classic c = classic(w, 101);
	struct gw_task_record *victim = user_task(w, 103, "victim");

	waits_for_lock(w, victim, c.lock, MUTEX);
	look(w, 2);
	assert_non_null(strstr(the_report(w, GW_KIND_DEADLOCK)->summary, "holds mutex 0x"));
	sleeps_within(w, victim, "kthread_bind+0x14 __ww_mutex_lock.constprop.0+0x8f schedule+0x2a __mutex_lock+0x4c");
	waits_for_lock(w, user_task(w, 104, "another"), c.lock, MUTEX); /* news, so that it is reported again */
	look(w, 3);
	assert_non_null(strstr(the_report(w, GW_KIND_DEADLOCK)->summary, "holds ww_mutex 0x"));
	world_free(w);
}

/* Nor is a pointer to a function a return address into it. */
TEST(sleeper_in_mutex_lock_waits_for_no_ww_mutex)
{
	struct world *w = world_new();
	struct classic c = classic(w, 101);
	struct gw_task_record *victim = user_task(w, 103, "victim");

	waits_for_lock(w, victim, c.lock, MUTEX);
	sleeps_within(w, c.signaller, "__mutex_lock.constprop.0+0x31 __ww_mutex_lock+0x10");
	sleeps_within(w, victim, "ww_mutex_lock+0x0");
	look(w, 2);
	assert_non_null(strstr(the_report(w, GW_KIND_DEADLOCK)->summary, "holds mutex 0x"));
	world_free(w);
}

static void assert_lock_is_called(const struct world *w, const char *name)
{
	const char *summary = the_report(w, GW_KIND_DEADLOCK)->summary;

	if (!strstr(summary, name))
		fail_msg("%s: %s", name, summary);
}

/* A buffer's lock, by what points to it or by the function that takes it; any other ww_mutex is called that. */
TEST(ww_mutex_of_a_buffer_is_called_dma_resv)
{
	struct world *w = world_new();
	struct classic c = classic(w, 101);
	struct gw_resv_record *resv;

	sleeps_within(w, c.signaller, "__ww_mutex_lock.constprop.0+0x8f");
	stack(w, c.signaller, "schedule amdgpu:amdgpu_work process_one_work");
	look(w, 2);
	assert_lock_is_called(w, "holds ww_mutex 0x");
	stack(w, c.signaller, "schedule drm_exec:drm_exec_lock_obj amdgpu:amdgpu_work process_one_work");
	waits_for_lock(w, user_task(w, 103, "another"), c.lock, MUTEX); /* news, so that it is reported again */
	look(w, 3);
	assert_lock_is_called(w, "holds dma_resv 0x");
	world_free(w);
	w = world_new();
	c = classic(w, 101);
	resv = new_record(w, GW_RECORD_RESV, sizeof(*resv));
	*resv = (struct gw_resv_record){ resv->header, c.lock->address, new_address(w), 0, GW_RESV_GEM, 0 };
	look(w, 2);
	assert_lock_is_called(w, "holds dma_resv 0x");
	world_free(w);
}

/* Another task waits for the lock in a function that its holder is in. */
TEST(lock_is_named_by_the_function_that_took_it)
{
	struct world *w = world_new();
	struct classic c = classic(w, 101);

	stack(w, c.holder, "schedule dma_fence_wait_timeout amdgpu:wait_idle amdgpu:submit amdgpu:ioctl");
	stack(w, c.signaller, "schedule amdgpu:submit amdgpu:work process_one_work");
	look(w, 2);
	assert_lock_is_called(w, " taken in submit [amdgpu]");
	world_free(w);
}

/* Both tasks are in it: neither shows that it took its own lock there. */
TEST(function_that_takes_any_lock_names_none)
{
	struct world *w = world_new();
	struct gw_task_record *a = user_task(w, 101, "a"), *b = user_task(w, 102, "b");
	struct gw_lock_record *of_a = lock_of(w, GW_LOCK_MUTEX, a), *of_b = lock_of(w, GW_LOCK_MUTEX, b);

	stack(w, a, "schedule amdgpu:take amdgpu:ioctl do_syscall_64");
	stack(w, b, "schedule amdgpu:take amdgpu:ioctl do_syscall_64");
	waits_for_lock(w, a, of_b, MUTEX);
	waits_for_lock(w, b, of_a, MUTEX);
	look(w, 2);
	assert_null(strstr(the_report(w, GW_KIND_DEADLOCK)->summary, "taken in"));
	world_free(w);
}

TEST(each_task_of_a_chain_says_where_it_is)
{
	struct world *w = world_new();
	struct classic c = classic(w, 101);

	gpu_module(w, "vendor");
	stack(w, c.holder, "schedule dma_fence_default_wait dma_fence_wait_timeout vendor:vendor_submit kthread");
	stack(w, c.signaller, "schedule __mutex_lock vendor:vendor_retire kthread");
	look(w, 2);
	assert_non_null(
		strstr(the_report(w, GW_KIND_DEADLOCK)->summary, "holder (pid 101), in vendor_submit [vendor], waits"));
	assert_non_null(strstr(the_report(w, GW_KIND_DEADLOCK)->explanation,
			       "signaller (pid 102), in vendor_retire [vendor], waits for"));
	world_free(w);
}

/* A semaphore has no owner that could own it, and what is doubted is said in the words of a lock. */
TEST(leaked_semaphore_is_not_owned)
{
	struct world *w = world_new();
	struct gw_task_record *waiter = kthread(w, 101, "waiter");
	struct gw_lock_record *lock = lock_of(w, GW_LOCK_SEMAPHORE, NULL);
	struct gw_semaphore_record *seen = new_record(w, GW_RECORD_SEMAPHORE, sizeof(*seen));

	gpu_module(w, "vendor");
	lock->owner = new_address(w);
	lock->owner_kind = GW_OWNER_LAST_HOLDER;
	seen->semaphore = (struct gw_semaphore){ .address = lock->address,
						 .holder = lock->owner,
						 .start_ns = 90 * MS,
						 .since_ns = 99 * SECOND,
						 .by_holder = 8,
						 .releaser = lock->owner,
						 .releaser_start_ns = 90 * MS,
						 .in_a_row = 8,
						 .pid = 90,
						 .holders = 1 };
	stack(w, waiter, "schedule vendor:vendor_submit kthread");
	waits_for_lock(w, waiter, lock, 0);
	look(w, 3);
	assert_null(strstr(the_report(w, GW_KIND_DEADLOCK)->explanation, "owns"));
	assert_non_null(
		strstr(the_report(w, GW_KIND_DEADLOCK)->explanation, "nobody has released the semaphore since"));
	assert_non_null(strstr(the_report(w, GW_KIND_DEADLOCK)->explanation, "holds semaphore 0x"));
	world_free(w);
}

/* Its card and render node are DRM's, its node of KFD is sysfs'. */
TEST(device_has_all_its_names)
{
	struct world *w = world_new();
	struct classic c = classic(w, 101);
	struct gw_gpu_record *gpu = new_record(w, GW_RECORD_GPU, sizeof(*gpu));

	*gpu = (struct gw_gpu_record){ gpu->header, 0, 128, 2, 0, "0000:03:00.0", "gpulab", "gpulab" };
	assert_non_null(c.fence);
	look(w, 2);
	assert_action(w, GW_KIND_DEADLOCK, "gpu-reset", "unknown");
	assert_string_equal(json_string_value(json_object_get(action_of(w, GW_KIND_DEADLOCK), "device")),
			    "0000:03:00.0");
	world_free(w);
}

/* Which of two it is nobody knows. */
TEST(driver_of_two_devices_names_none)
{
	struct world *w = world_new();

	classic(w, 101);
	for (int i = 0; i < 2; i++) {
		struct gw_gpu_record *gpu = new_record(w, GW_RECORD_GPU, sizeof(*gpu));

		*gpu = (struct gw_gpu_record){ gpu->header, i, 128 + i, -1, 0, "", "gpulab", "gpulab" };
		snprintf(gpu->name, sizeof(gpu->name), "0000:0%d:00.0", i + 3);
	}
	look(w, 2);
	assert_null(json_object_get(action_of(w, GW_KIND_DEADLOCK), "device"));
	world_free(w);
}

/* ---- what the root itself waits for ------------------------------------------------------------ */

static void assert_summary(const struct world *w, const char *part)
{
	if (!strstr(the_report(w, GW_KIND_DEADLOCK)->summary, part))
		fail_msg("no \"%s\" in: %s", part, the_report(w, GW_KIND_DEADLOCK)->summary);
}

static void assert_mentions_no_fence(const struct world *w)
{
	const struct gw_report *report = the_report(w, GW_KIND_DEADLOCK);

	if (strstr(report->summary, "fence") || strstr(report->advice, "fence"))
		fail_msg("there is no fence in it: %s %s", report->summary, report->advice);
}

/* As amdgpu's notifier_lock: the callback takes a lock, under which somebody waits for mmap_lock. */
TEST(callback_that_waits_for_a_lock_waits_for_no_fence)
{
	struct world *w = world_new();
	struct gw_task_record *unmapper = user_task(w, 101, "compute"), *holder = kthread(w, 102, "holder");
	struct gw_lock_record *mmap_lock = mmap_lock_of(w, unmapper->mm);

	gpu_module(w, "gpulab");
	mmap_lock->readers = 1;
	unmapper->watch.sections.notifier_mm = unmapper->mm;
	unmapper->watch.sections.notifier_since_ns = w->now_ns;
	unmapper->watch.sections.notifier_depth = 1;
	stack(w, unmapper,
	      "schedule __mutex_lock gpulab:invalidate mn_itree_invalidate __mmu_notifier_invalidate_range_start unmap_vmas do_vmi_munmap __x64_sys_munmap do_syscall_64 entry_SYSCALL_64_after_hwframe");
	waits_for_lock(w, unmapper, lock_of(w, GW_LOCK_MUTEX, holder), MUTEX);
	waits_for_lock(w, holder, mmap_lock, GW_LOCK_F_WRITE);
	look(w, 2);
	assert_deadlock(w, GW_CLASS_NOTIFIER_CYCLE, GW_CONFIDENCE_PROVEN, "101 102", "");
	assert_summary(w, "waits in an MMU-notifier callback for mutex 0x");
	assert_summary(w, ", whose holder needs mmap_lock of ");
	assert_mentions_no_fence(w);
	world_free(w);
}

static void reclaims(struct world *w, struct gw_task_record *task)
{
	task->watch.sections.reclaim_since_ns = w->now_ns;
	stack(w, task,
	      "schedule __mutex_lock gpulab:shrink do_shrink_slab shrink_node do_try_to_free_pages try_to_free_pages __alloc_pages kthread");
}

/* The fence is what the lock's holder waits for. */
TEST(reclaim_that_waits_for_a_lock_waits_for_no_fence)
{
	struct world *w = world_new();
	struct gw_task_record *signaller = kthread(w, 101, "signaller"), *holder = kthread(w, 102, "holder");

	reclaims(w, signaller);
	waits_for_lock(w, signaller, lock_of(w, GW_LOCK_MUTEX, holder), MUTEX);
	waits_for_fence(w, holder, fence(w, timeline_by(w, "gfx", signaller), 7));
	look(w, 2);
	assert_deadlock(w, GW_CLASS_RECLAIM_CYCLE, GW_CONFIDENCE_PROVEN, "101 102", "");
	assert_summary(w, "waits in direct reclaim for mutex 0x");
	assert_summary(w, ", whose holder waits, directly or through others, for what needs that reclaim to end");
	world_free(w);
}

TEST(section_that_waits_for_a_lock_of_the_unplug_waits_for_no_fence)
{
	struct world *w = world_new();
	struct gw_task_record *reader = kthread(w, 101, "reader"), *unplugger = kthread(w, 102, "unplugger");
	uint64_t device = new_address(w);

	reader->watch.sections.drm_device = device;
	reader->watch.sections.drm_since_ns = w->now_ns;
	reader->watch.sections.drm_depth = 1;
	unplugger->watch.sections.unplug_device = device;
	stack(w, unplugger,
	      "__synchronize_srcu drm:drm_dev_unplug gpulab:remove device_release_driver_internal kthread");
	w->now_ns += SECOND;
	waits_for_lock(w, reader, lock_of(w, GW_LOCK_MUTEX, unplugger), MUTEX);
	waits(w, unplugger, GW_WAIT_SRCU, w->host.unplug_srcu);
	look(w, 2);
	assert_deadlock(w, GW_CLASS_UNPLUG_SRCU, GW_CONFIDENCE_PROVEN, "101 102", "");
	assert_summary(w, "waits in a drm_dev_enter() section for mutex 0x");
	assert_mentions_no_fence(w);
	world_free(w);
}

/* The lock is what the thread waits for. */
TEST(who_stops_a_thread_waits_for_its_end_and_not_for_its_lock)
{
	struct world *w = world_new();
	struct gw_task_record *stopper = kthread(w, 101, "stopper"), *thread = kthread(w, 102, "thread");

	gpu_module(w, "gpulab");
	stack(w, stopper, "schedule wait_for_completion kthread_stop gpulab:stop kthread ret_from_fork");
	waits(w, stopper, GW_WAIT_TASK, thread->address);
	waits_for_lock(w, thread, lock_of(w, GW_LOCK_MUTEX, stopper), MUTEX);
	look(w, 2);
	assert_deadlock(w, GW_CLASS_LOCK_CYCLE, GW_CONFIDENCE_PROVEN, "101 102", "");
	assert_summary(w, "waits for the end of thread (pid 102), and that task waits");
	assert_null(strstr(the_report(w, GW_KIND_DEADLOCK)->advice, "lockdep names"));
	world_free(w);
}

/* The item that is to signal comes behind the one that the worker executes, and the worker flushes nothing. */
TEST(who_keeps_the_place_of_a_work_item_need_not_flush_it)
{
	struct world *w = world_new();
	uint64_t workqueue = new_address(w), work = new_address(w), behind = new_address(w);
	struct gw_task_record *first = worker(w, 101, work, "first [gpulab]", workqueue),
			      *owner = kthread(w, 102, "owner");
	struct gw_timeline_record *ring = timeline(w, "gfx");

	executed(w, first, "first [gpulab]");
	queued_inactive(w, behind, "second [gpulab]", workqueue, 1);
	signalled_by_work(w, ring, behind, "second [gpulab]", 100);
	waits_for_lock(w, first, lock_of(w, GW_LOCK_MUTEX, owner), MUTEX);
	waits_for_fence(w, owner, fence(w, ring, 7));
	look(w, 2);
	assert_deadlock(w, GW_CLASS_WORKQUEUE_CYCLE, GW_CONFIDENCE_PROVEN, "101 102", "");
	assert_summary(w, "waits for mutex 0x");
	assert_summary(w, ", whose holder waits, directly or through others, for what needs that wait to end");
	world_free(w);
}

/* No job depends on any other. */
TEST(signaller_that_waits_for_the_end_of_who_waits_for_its_fence)
{
	struct world *w = world_new();
	struct gw_task_record *waiter = kthread(w, 101, "waiter"), *signaller = kthread(w, 102, "signaller");

	waits_for_fence(w, waiter, fence(w, timeline_by(w, "gfx", signaller), 7));
	waits(w, signaller, GW_WAIT_TASK, waiter->address);
	look(w, 2);
	assert_deadlock(w, GW_CLASS_SCHED_DEP_CYCLE, GW_CONFIDENCE_PROVEN, "101 102", "");
	assert_summary(w, ", whose signaller waits, directly or through others, for what needs that wait to end");
	assert_null(strstr(the_report(w, GW_KIND_DEADLOCK)->advice, "job"));
	world_free(w);
}

/* The kernel has the name of the last reader, who may have let go. */
TEST(who_read_an_rwsem_last_is_not_said_to_hold_it)
{
	struct world *w = world_new();
	struct gw_task_record *holder = kthread(w, 101, "holder"), *signaller = kthread(w, 102, "signaller");
	struct gw_lock_record *rwsem = lock_of(w, GW_LOCK_RWSEM, NULL);

	read_held_by(rwsem, holder, 1);
	waits_for_fence(w, holder, fence(w, timeline_by(w, "gfx", signaller), 7));
	waits_for_lock(w, signaller, rwsem, GW_LOCK_F_WRITE);
	look(w, 3);
	assert_deadlock(w, GW_CLASS_FENCE_LOCK_CYCLE, GW_CONFIDENCE_PROBABLE, "101 102", "");
	assert_summary(w, " and most likely holds rwsem 0x");
	world_free(w);
}

TEST(who_read_an_rwsem_last_is_not_said_to_be_its_holder)
{
	struct world *w = world_new();
	struct gw_task_record *first = kthread(w, 101, "first"), *second = kthread(w, 102, "second");
	struct gw_lock_record *rwsem = lock_of(w, GW_LOCK_RWSEM, NULL), *mutex = lock_of(w, GW_LOCK_MUTEX, first);

	gpu_module(w, "gpulab");
	stack(w, first, "schedule rwsem_down_write_slowpath gpulab:first kthread ret_from_fork");
	stack(w, second, "schedule __mutex_lock gpulab:second kthread ret_from_fork");
	read_held_by(rwsem, second, 1);
	waits_for_lock(w, first, rwsem, GW_LOCK_F_WRITE);
	waits_for_lock(w, second, mutex, MUTEX);
	look(w, 3);
	assert_deadlock(w, GW_CLASS_LOCK_CYCLE, GW_CONFIDENCE_PROBABLE, "101 102", "");
	assert_summary(w, ", most likely held by second (pid 102), which waits, ");
	world_free(w);
}

TEST(stall_in_a_section_waits_for_what_is_behind_the_section)
{
	struct world *w = world_new();
	struct gw_task_record *task = kthread(w, 101, "task");
	struct gw_timeline_record *ring = timeline(w, "gfx");
	const char *summary;

	reclaims(w, task);
	stack(w, task,
	      "schedule dma_fence_wait_timeout gpulab:shrink do_shrink_slab shrink_node do_try_to_free_pages try_to_free_pages __alloc_pages kthread");
	signalled_by_interrupt(ring, GW_SIGNALLER_HARDIRQ);
	waits_for_fence(w, task, fence(w, ring, 7));
	look(w, 15);
	summary = the_report(w, GW_KIND_STALL)->summary;
	if (!strstr(summary, ", in direct reclaim, has waited more than ") || strstr(summary, "for direct reclaim"))
		fail_msg("%s", summary);
	world_free(w);
}

/* ---- who can run, and does not -------------------------------------------------------------------- */

TEST(task_that_no_cpu_runs_is_not_said_to_run)
{
	struct world *w = world_new();
	struct gw_task_record *waiter = kthread(w, 101, "waiter"), *signaller = kthread(w, 102, "signaller");

	waits_for_fence(w, waiter, fence(w, timeline_by(w, "gfx", signaller), 7));
	signaller->state = 0;
	look(w, 15);
	assert_non_null(
		strstr(the_report(w, GW_KIND_STALL)->explanation,
		       "signaller (pid 102) can run, but no CPU has run it since the look before; it last ran 1"));
	world_free(w);
}

/* It has run in between, as any task in a queue of its CPU does. */
TEST(task_that_ran_since_the_look_before_only_waits_for_a_cpu)
{
	struct world *w = world_new();
	struct gw_task_record *waiter = kthread(w, 101, "waiter"), *signaller = kthread(w, 102, "signaller");

	waits_for_fence(w, waiter, fence(w, timeline_by(w, "gfx", signaller), 7));
	for (int i = 0; i < 15; i++) {
		signaller->state = 0;
		signaller->switches++;
		signaller->last_ran_ns = w->now_ns + SECOND;
		look(w, 1);
	}
	assert_non_null(
		strstr(the_report(w, GW_KIND_STALL)->explanation, "signaller (pid 102) can run, and waits for a CPU."));
	world_free(w);
}

/* ---- actions --------------------------------------------------------------------------------- */

/* A lock may be handed over, and a reboot is not the only end of a wait that a signal ends. */
TEST(killable_wait_of_a_holder_ends_the_loop)
{
	struct world *w = world_new();
	struct classic c = classic(w, 101);

	c.holder->flags = 0;
	c.holder->tgid = 100;
	c.holder->state = TASK_UNINTERRUPTIBLE | TASK_WAKEKILL;
	look(w, 2);
	assert_kill(w, 100, "yes");
	assert_string_equal(json_string_value(json_object_get(action_of(w, GW_KIND_DEADLOCK), "command")),
			    "kill -KILL 100");
	world_free(w);
}

TEST(fence_of_uninterruptible_waits_may_be_retired_by_a_reset)
{
	struct world *w = world_new();

	classic(w, 101).holder->flags = 0;
	look(w, 2);
	assert_action(w, GW_KIND_DEADLOCK, "gpu-reset", "unknown");
	world_free(w);
}

TEST(kernel_thread_takes_no_signal)
{
	struct world *w = world_new();

	classic(w, 101).holder->state = TASK_INTERRUPTIBLE;
	look(w, 2);
	assert_action(w, GW_KIND_DEADLOCK, "gpu-reset", "unknown");
	world_free(w);
}

static struct gw_task_record *crossed_locks(struct world *w)
{
	struct gw_task_record *a = user_task(w, 101, "a"), *b = user_task(w, 102, "b");
	struct gw_lock_record *of_a = lock_of(w, GW_LOCK_MUTEX, a), *of_b = lock_of(w, GW_LOCK_MUTEX, b);

	stack(w, a, "schedule __mutex_lock amdgpu:amdgpu_a do_syscall_64");
	stack(w, b, "schedule __mutex_lock amdgpu:amdgpu_b do_syscall_64");
	waits_for_lock(w, a, of_b, MUTEX);
	waits_for_lock(w, b, of_a, MUTEX);
	return b;
}

TEST(locks_alone_need_a_reboot)
{
	struct world *w = world_new();

	crossed_locks(w);
	look(w, 2);
	assert_action(w, GW_KIND_DEADLOCK, "reboot", "yes");
	world_free(w);
}

TEST(one_killable_wait_for_a_lock_is_enough)
{
	struct world *w = world_new();

	crossed_locks(w)->state = TASK_UNINTERRUPTIBLE | TASK_WAKEKILL;
	look(w, 2);
	assert_kill(w, 102, "yes");
	world_free(w);
}

/* Its fence is not signalled by that. */
TEST(killing_the_signaller_may_not_be_enough)
{
	struct world *w = world_new();
	struct classic c = classic(w, 101);

	c.signaller->flags = 0;
	c.signaller->state = TASK_UNINTERRUPTIBLE | TASK_WAKEKILL;
	look(w, 2);
	assert_kill(w, 102, "unknown");
	world_free(w);
}

TEST(killing_who_waits_for_a_leaked_lock_does_not_free_it)
{
	struct world *w = world_new();
	struct gw_task_record *waiter = user_task(w, 101, "waiter");
	struct gw_lock_record *lock = lock_of(w, GW_LOCK_MUTEX, NULL);

	lock->owner = 0xffff888000ff0000;
	lock->owner_kind = GW_OWNER_EXCLUSIVE;
	waits_for_lock(w, waiter, lock, MUTEX);
	waiter->state = TASK_UNINTERRUPTIBLE | TASK_WAKEKILL;
	look(w, 2);
	assert_action(w, GW_KIND_DEADLOCK, "reboot", "yes");
	assert_non_null(strstr(the_report(w, GW_KIND_DEADLOCK)->explanation, "still owns the lock"));
	world_free(w);
}

/* Whether a lesser action is named as one that does not end it. */
static bool is_no_help(const struct world *w, const char *code)
{
	json_t *smaller;
	size_t i;

	json_array_foreach(json_object_get(action_of(w, GW_KIND_DEADLOCK), "smaller"), i, smaller) {
		assert_string_equal(json_string_value(json_object_get(smaller, "works")), "no");
		if (strcmp(json_string_value(json_object_get(smaller, "code")), code) == 0)
			return true;
	}
	return false;
}

TEST(lesser_actions_that_do_not_help_are_named)
{
	struct world *w = world_new();

	crossed_locks(w);
	look(w, 2);
	assert_true(is_no_help(w, "kill"));
	assert_true(is_no_help(w, "gpu-reset"));
	assert_false(is_no_help(w, "unbind"));
	world_free(w);
	w = world_new();
	classic(w, 101).holder->flags = 0;
	look(w, 2);
	assert_true(is_no_help(w, "kill"));
	assert_false(is_no_help(w, "gpu-reset"));
	world_free(w);
	w = world_new();
	crossed_locks(w)->state = TASK_UNINTERRUPTIBLE | TASK_WAKEKILL;
	look(w, 2);
	assert_false(is_no_help(w, "kill"));
	world_free(w);
}

/* A scheduler's thread is in run_job() and wants what the holder has. Returns the job's fence. */
static struct gw_fence_record *stuck_in_run_job(struct world *w, struct gw_task_record *holder)
{
	struct gw_task_record *runner = kthread(w, 102, "gfx");
	struct gw_fence_record *finished = finished_fence(w, new_address(w), NULL);

	finished->sched_task = runner->address;
	waits_for_lock(w, runner, lock_of(w, GW_LOCK_MUTEX, holder), GW_LOCK_F_MUTEX);
	return finished;
}

/* drm_sched_stop() waits for run_job(). */
TEST(reset_does_not_end_what_stands_in_run_job)
{
	struct world *w = world_new();
	struct gw_task_record *holder = kthread(w, 101, "holder");

	waits_for_fence(w, holder, stuck_in_run_job(w, holder));
	look(w, 2);
	assert_action(w, GW_KIND_DEADLOCK, "reboot", "yes");
	assert_true(is_no_help(w, "gpu-reset"));
	world_free(w);
}

/* It may retire the driver's own fence that the loop goes through, and then run_job() gets on. */
TEST(reset_may_retire_another_fence_of_the_loop)
{
	struct world *w = world_new();
	struct gw_task_record *holder = kthread(w, 101, "holder"), *signaller = kthread(w, 103, "signaller");
	struct gw_timeline_record *ring = timeline(w, "copy");

	signalled_by(ring, signaller, 8);
	waits_for_fence(w, holder, fence(w, ring, 9));
	waits_for_fence(w, signaller, stuck_in_run_job(w, holder));
	look(w, 2);
	assert_action(w, GW_KIND_DEADLOCK, "gpu-reset", "unknown");
	world_free(w);
}

/* The kernel log has that it was tried. */
TEST(reset_that_failed_is_not_advised_again)
{
	struct world *w = world_new();
	struct classic c = classic(w, 101);
	struct gw_word_record *word = new_record(w, GW_RECORD_WORD, sizeof(*word));

	snprintf(c.fence->driver, sizeof(c.fence->driver), "amdgpu");
	word->log_us = 50 * 1000000;
	snprintf(word->text, sizeof(word->text), "amdgpu 0000:0c:00.0: amdgpu: GPU reset(2) failed");
	look(w, 2);
	assert_action(w, GW_KIND_DEADLOCK, "reboot", "yes");
	assert_true(is_no_help(w, "gpu-reset"));
	world_free(w);
}

/* It runs on in user space with a lock of its driver. */
TEST(owner_in_user_space_may_be_closed)
{
	struct world *w = world_new();
	struct gw_task_record *owner = user_task(w, 102, "owner"), *waiter = kthread(w, 101, "waiter");

	stack(w, owner, "schedule do_nanosleep hrtimer_nanosleep __x64_sys_nanosleep do_syscall_64");
	stack(w, waiter, "schedule __mutex_lock amdgpu:amdgpu_a kthread");
	owner->state = TASK_INTERRUPTIBLE;
	waits_for_lock(w, waiter, lock_of(w, GW_LOCK_MUTEX, owner), MUTEX);
	look(w, 2);
	assert_int_equal(the_report(w, GW_KIND_DEADLOCK)->class, GW_CLASS_LEAKED_LOCK);
	assert_action(w, GW_KIND_DEADLOCK, "close", "unknown");
	assert_string_equal(json_string_value(json_object_get(action_of(w, GW_KIND_DEADLOCK), "command")),
			    "kill -TERM 102");
	world_free(w);
}

TEST(killing_the_only_waiter_ends_a_dead_end)
{
	struct world *w = world_new();
	struct gw_task_record *gone = kthread(w, 102, "gone"), *waiter = user_task(w, 101, "waiter");
	struct gw_fence_record *orphan = fence(w, timeline_by(w, "gfx", gone), 7);

	waits_for_fence(w, waiter, orphan);
	waiter->state = TASK_INTERRUPTIBLE;
	remove_record(w, gone);
	look(w, 2);
	assert_kill(w, 101, "yes");
	waits_for_fence(w, kthread(w, 103, "other"), orphan);
	look(w, 2);
	assert_kill(w, 101, "unknown");
	world_free(w);
}

TEST(stall_is_waited_for)
{
	struct world *w = world_new();
	struct gw_timeline_record *ring = timeline(w, "gfx");

	signalled_by_interrupt(ring, GW_SIGNALLER_HARDIRQ);
	waits_for_fence(w, kthread(w, 101, "waiter"), fence(w, ring, 7));
	for (unsigned int i = 0; i < 11; i++) {
		ring->timeline.signallers[0].count++; /* it advances: slow, not silent */
		look(w, 1);
	}
	assert_action(w, GW_KIND_STALL, "wait", "unknown");
	world_free(w);
}

/* Who waits for a process that a signal stopped is helped by letting that go on; a debugger's is the debugger's. */
TEST(stopped_process_is_let_go_on)
{
	const struct {
		uint32_t state;
		const char *code;
	} cases[] = { { TASK_STOPPED, "continue" }, { TASK_TRACED, "continue" } };

	for (size_t i = 0; i < 2; i++) {
		struct world *w = world_new();
		struct gw_task_record *signaller = user_task(w, 90, "compositor");

		signaller->state = cases[i].state;
		waits_for_fence(w, kthread(w, 101, "waiter"), fence(w, timeline_by(w, "gfx", signaller), 7));
		look(w, 12);
		assert_action(w, GW_KIND_STALL, cases[i].code, "unknown");
		/* No signal ends what a debugger has stopped. */
		assert_int_equal(!json_object_get(action_of(w, GW_KIND_STALL), "command"),
				 cases[i].state == TASK_TRACED);
		assert_null(strstr(the_report(w, GW_KIND_STALL)->explanation, "slow"));
		assert_null(strstr(the_report(w, GW_KIND_STALL)->advice, "busy"));
		world_free(w);
	}
}

/* What the fences of dma_fence_array and dma_fence_chain are made of is a driver's, they are not. */
TEST(reset_is_of_the_driver_whose_fence_is_in_the_container)
{
	struct world *w = world_new();
	struct classic c = classic(w, 101);
	struct gw_fence_record *array = fence_of(w, GW_FENCE_ARRAY, c.fence, NULL);

	snprintf(array->driver, sizeof(array->driver), "dma_fence_array");
	waits_for_fence(w, c.holder, array);
	look(w, 2);
	assert_string_equal(json_string_value(json_object_get(action_of(w, GW_KIND_DEADLOCK), "driver")), "gpulab");
	world_free(w);
}

/* A driver's own domain has no drm_dev_enter() sections. */
TEST(srcu_domain_of_a_driver_is_not_called_drm)
{
	struct world *w = world_new();
	struct gw_task_record *waiter = kthread(w, 102, "ring");

	waits(w, waiter, GW_WAIT_SRCU, new_address(w));
	waits_for_fence(w, user_task(w, 101, "reader"), fence(w, timeline_by(w, "gfx", waiter), 7));
	look(w, 12);
	assert_null(strstr(the_report(w, GW_KIND_STALL)->explanation, "drm_dev_enter"));
	assert_non_null(strstr(the_report(w, GW_KIND_STALL)->explanation, "an SRCU grace period to end"));
	world_free(w);
}

/* Who reads under a driver's own domain leaves no record: whoever of the driver is blocked behind it may be the one. */
TEST(reader_of_a_drivers_srcu_domain_may_be_blocked_behind_it)
{
	static const char suspect[] =
		"of xe is blocked behind it: if that task is one of these readers, this is a deadlock";

	for (int same = 0; same < 2; same++) {
		struct world *w = world_new();
		struct gw_task_record *waiter = kthread(w, 102, "ring"), *reader = user_task(w, 101, "reader");

		waits(w, waiter, GW_WAIT_SRCU, new_address(w));
		stack(w, waiter, "schedule __synchronize_srcu xe:xe_reset kthread");
		waits_for_lock(w, reader, lock_of(w, GW_LOCK_MUTEX, waiter), GW_LOCK_F_MUTEX);
		stack(w, reader,
		      same ? "schedule __mutex_lock xe:xe_ioctl do_syscall_64"
			   : "schedule __mutex_lock nfs:nfs_ioctl do_syscall_64");
		look(w, 12);
		assert_int_equal(strstr(the_report(w, GW_KIND_STALL)->explanation, suspect) != NULL, same);
		world_free(w);
	}
}

/* What it executes is a workqueue's, and that has a name. */
TEST(flushed_workqueue_is_named_by_what_it_executes)
{
	struct world *w = world_new();
	struct classic c = classic(w, 101);
	struct gw_task_record *executes = worker(w, 103, 0xffff888000ccc000, "lab_work", 0xffff888000ddd000);
	struct gw_work_record *item = queued_inactive(w, 0xffff888000ccc000, "lab_work", 0xffff888000ddd000, 1);

	item->place = GW_WORK_EXECUTING;
	snprintf(item->name, sizeof(item->name), "lab-queue");
	waits_for_lock(w, executes, c.lock, MUTEX);
	c.holder->watch.depth = 0;
	waits(w, c.holder, GW_WAIT_WORKQUEUE, 0xffff888000ddd000);
	look(w, 2);
	assert_non_null(strstr(the_report(w, GW_KIND_DEADLOCK)->explanation, "workqueue lab-queue to finish"));
	world_free(w);
}

/* Patience is the first thing; but what sleeps at the end of the chain can be killed. */
TEST(process_at_the_end_of_a_stall_may_be_killed_if_a_signal_ends_its_sleep)
{
	const struct {
		uint32_t state;
		bool killable;
	} cases[] = { { TASK_INTERRUPTIBLE, true }, { TASK_UNINTERRUPTIBLE, false } };

	for (size_t i = 0; i < 2; i++) {
		struct world *w = world_new();
		struct gw_task_record *holder = user_task(w, 101, "holder");

		gpu_module(w, "gpulab");
		holder->state = cases[i].state;
		stack(w, holder, "schedule gpulab:lab_ioctl do_syscall_64");
		waits_for_lock(w, user_task(w, 102, "waiter"), lock_of(w, GW_LOCK_MUTEX, holder), MUTEX);
		look(w, 12);
		assert_action(w, GW_KIND_STALL, "wait", "unknown");
		assert_int_equal(strstr(the_report(w, GW_KIND_STALL)->advice, "Otherwise kill process 101") != NULL,
				 cases[i].killable);
		world_free(w);
	}
}

/* In a report's table each edge is a phrase: its name in JSON is for programs. */
static void relations_have_words(void **state)
{
	for (int relation = 0; relation <= GW_RELATION_CREATED_BY; relation++) {
		const char *name = gw_relation_name(relation);
		json_t *edge = json_pack("{s:s}", "relation", name), *task = json_pack("{s:s}", "type", "task");
		const char *phrase = gw_relation_phrase(edge, task, task);

		if (!strchr(phrase, ' '))
			assert_true(strcmp(name, "flushes") == 0 || strcmp(name, "on-timeline") == 0);
		assert_null(strchr(phrase, '-'));
		json_decref(edge);
		json_decref(task);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(summary_names_the_lock_that_the_waiter_holds),
		cmocka_unit_test(summary_calls_an_mmap_lock_so),
		cmocka_unit_test(thread_of_the_driver_behind_a_sleeper_may_be_what_it_sleeps_for),
		cmocka_unit_test(memory_that_a_kernel_thread_borrows_is_of_its_process),
		cmocka_unit_test(lock_is_a_ww_mutex_if_any_waiter_takes_it_as_one),
		cmocka_unit_test(leaked_semaphore_is_not_owned),
		cmocka_unit_test(device_has_all_its_names),
		cmocka_unit_test(driver_of_two_devices_names_none),
		cmocka_unit_test(sleeper_in_mutex_lock_waits_for_no_ww_mutex),
		cmocka_unit_test(ww_mutex_of_a_buffer_is_called_dma_resv),
		cmocka_unit_test(lock_is_named_by_the_function_that_took_it),
		cmocka_unit_test(function_that_takes_any_lock_names_none),
		cmocka_unit_test(each_task_of_a_chain_says_where_it_is),
		cmocka_unit_test(callback_that_waits_for_a_lock_waits_for_no_fence),
		cmocka_unit_test(reclaim_that_waits_for_a_lock_waits_for_no_fence),
		cmocka_unit_test(section_that_waits_for_a_lock_of_the_unplug_waits_for_no_fence),
		cmocka_unit_test(who_stops_a_thread_waits_for_its_end_and_not_for_its_lock),
		cmocka_unit_test(who_keeps_the_place_of_a_work_item_need_not_flush_it),
		cmocka_unit_test(signaller_that_waits_for_the_end_of_who_waits_for_its_fence),
		cmocka_unit_test(who_read_an_rwsem_last_is_not_said_to_hold_it),
		cmocka_unit_test(who_read_an_rwsem_last_is_not_said_to_be_its_holder),
		cmocka_unit_test(stall_in_a_section_waits_for_what_is_behind_the_section),
		cmocka_unit_test(task_that_no_cpu_runs_is_not_said_to_run),
		cmocka_unit_test(task_that_ran_since_the_look_before_only_waits_for_a_cpu),
		cmocka_unit_test(killable_wait_of_a_holder_ends_the_loop),
		cmocka_unit_test(fence_of_uninterruptible_waits_may_be_retired_by_a_reset),
		cmocka_unit_test(locks_alone_need_a_reboot),
		cmocka_unit_test(one_killable_wait_for_a_lock_is_enough),
		cmocka_unit_test(kernel_thread_takes_no_signal),
		cmocka_unit_test(killing_the_signaller_may_not_be_enough),
		cmocka_unit_test(killing_who_waits_for_a_leaked_lock_does_not_free_it),
		cmocka_unit_test(lesser_actions_that_do_not_help_are_named),
		cmocka_unit_test(reset_does_not_end_what_stands_in_run_job),
		cmocka_unit_test(reset_may_retire_another_fence_of_the_loop),
		cmocka_unit_test(reset_that_failed_is_not_advised_again),
		cmocka_unit_test(owner_in_user_space_may_be_closed),
		cmocka_unit_test(killing_the_only_waiter_ends_a_dead_end),
		cmocka_unit_test(stall_is_waited_for),
		cmocka_unit_test(stopped_process_is_let_go_on),
		cmocka_unit_test(reset_is_of_the_driver_whose_fence_is_in_the_container),
		cmocka_unit_test(srcu_domain_of_a_driver_is_not_called_drm),
		cmocka_unit_test(reader_of_a_drivers_srcu_domain_may_be_blocked_behind_it),
		cmocka_unit_test(flushed_workqueue_is_named_by_what_it_executes),
		cmocka_unit_test(process_at_the_end_of_a_stall_may_be_killed_if_a_signal_ends_its_sleep),
		cmocka_unit_test(relations_have_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
