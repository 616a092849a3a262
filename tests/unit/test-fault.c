// SPDX-License-Identifier: GPL-2.0-or-later
/* Page faults of devices: how they are known, and what waits behind them. */
#include "build-snapshot.h"

#include "lib/analysis/record/fault.h"
#include "lib/analysis/words/faults.h"
#include "lib/analysis/words/waits.h"

#define PROVEN GW_CONFIDENCE_PROVEN
#define PROBABLE GW_CONFIDENCE_PROBABLE
#define WRITE GW_LOCK_F_WRITE
#define READ GW_LOCK_F_READ
#define TEST(name) static void name(void **state __attribute__((unused)))
#define T(name) cmocka_unit_test(name)

#define DEVICE 0xffff88800aaa0000ULL
#define OTHER_DEVICE 0xffff88800bbb0000ULL

/*
 * The process holds its mmap_lock for writing and waits for the GPU. The GPU's page fault in that process is handled by
 * a worker, which waits for mmap_lock.
 */
struct faulting {
	struct gw_task_record *process, *handler;
	struct gw_timeline_record *ring;
	struct gw_fence_record *fence;
	struct gw_fault_record *fault;
	struct gw_driver_record *driver;
};

/* What the ring's driver has signalled on all of its timelines. */
static struct gw_driver_record *driver_of(struct world *w, struct gw_timeline_record *ring)
{
	struct gw_driver_record *driver = new_record(w, GW_RECORD_DRIVER, sizeof(*driver));

	driver->ops = ring->timeline.ops = new_address(w);
	driver->signals = 100;
	return driver;
}

static struct faulting faulting(struct world *w)
{
	struct faulting f;
	struct gw_lock_record *lock;

	f.process = user_task(w, 101, "app");
	f.handler = worker(w, 102, new_address(w), "iommu_sva_handle_iopf", new_address(w));
	lock = mmap_lock_of(w, f.process->mm);
	lock->owner = f.process->address;
	lock->owner_kind = GW_OWNER_EXCLUSIVE;
	f.ring = timeline(w, "compute");
	signalled_by_interrupt(f.ring, GW_SIGNALLER_HARDIRQ);
	f.driver = driver_of(w, f.ring);
	f.fence = fence(w, f.ring, 7);
	waits_for_fence(w, f.process, f.fence);
	f.fault = handles_fault(w, f.handler, DEVICE, "gpulab");
	waits_for_lock(w, f.handler, lock, READ);
	return f;
}

TEST(fault_waits_for_memory_whose_holder_waits_for_the_device)
{
	struct world *w = world_new();

	faulting(w);
	look(w, 2);
	assert_deadlock(w, GW_CLASS_FAULT_PREEMPT, PROBABLE, "102 101", "");
	world_free(w);
}

TEST(words_say_what_the_verdict_rests_on)
{
	struct world *w = world_new();
	const struct gw_report *report;

	faulting(w);
	look(w, 2);
	report = the_report(w, GW_KIND_DEADLOCK);
	assert_non_null(strstr(report->explanation, "whose device stands still for the page fault that is handled by"));
	assert_non_null(strstr(report->explanation, "a GPU page fault of PASID 7 on device 0000:03:00.0 (gpulab)"));
	assert_non_null(strstr(report->explanation, "Not proven: that the fault holds up"));
	world_free(w);
}

TEST(fault_that_is_handled_at_this_moment_is_only_slow)
{
	struct world *w = world_new();
	struct faulting f = faulting(w);

	waits_no_more(f.handler);
	runs(f.handler);
	look(w, 3);
	assert_silent(w);
	world_free(w);
}

TEST(fault_whose_handler_is_not_blocked_at_all_is_only_slow)
{
	struct world *w = world_new();
	struct faulting f = faulting(w);
	struct gw_present_record *handler = present(w, 103, "kworker/u4:2");

	f.fault->task = handler->address;
	waits_no_more(f.handler);
	look(w, 3);
	assert_silent(w);
	world_free(w);
}

TEST(fault_of_one_of_several_devices_of_a_driver_is_a_guess)
{
	struct world *w = world_new();
	struct faulting f = faulting(w);

	f.fault->flags = 0;
	look(w, 3);
	assert_no_deadlock(w);
	world_free(w);
}

TEST(fault_of_another_driver_holds_nothing_up)
{
	struct world *w = world_new();
	struct faulting f = faulting(w);

	snprintf(f.fault->device.driver, sizeof(f.fault->device.driver), "another");
	snprintf(f.fault->module, sizeof(f.fault->module), "another");
	look(w, 3);
	assert_silent(w);
	world_free(w);
}

TEST(fault_of_the_schedulers_device)
{
	struct world *w = world_new();
	struct faulting f = faulting(w);
	struct gw_fence_record *finished = fence_of(w, GW_FENCE_SCHED_FINISHED, f.fence, NULL);

	f.fault->flags = 0;
	scheduler_of(w, finished, DEVICE);
	waits_no_more(f.process);
	waits_for_fence(w, f.process, finished);
	look(w, 2);
	assert_deadlock(w, GW_CLASS_FAULT_PREEMPT, PROBABLE, "102 101", "");
	world_free(w);
}

TEST(fault_of_another_device_than_the_schedulers)
{
	struct world *w = world_new();
	struct faulting f = faulting(w);
	struct gw_fence_record *finished = fence_of(w, GW_FENCE_SCHED_FINISHED, f.fence, NULL);

	scheduler_of(w, finished, OTHER_DEVICE);
	waits_no_more(f.process);
	waits_for_fence(w, f.process, finished);
	look(w, 3);
	assert_silent(w);
	world_free(w);
}

TEST(timeline_that_advances_is_not_held_up)
{
	struct world *w = world_new();
	struct faulting f = faulting(w);

	for (int i = 0; i < 3; i++) {
		f.ring->timeline.signallers[0].count++;
		f.driver->signals++;
		look(w, 1);
	}
	assert_no_deadlock(w);
	world_free(w);
}

TEST(device_whose_other_fences_are_signalled_goes_on_beside_the_fault)
{
	struct world *w = world_new();
	struct faulting f = faulting(w);

	for (int i = 0; i < 3; i++) {
		f.driver->signals++;
		look(w, 1);
	}
	assert_no_deadlock(w);
	world_free(w);
}

TEST(device_whose_other_fences_are_not_counted_may_go_on_beside_the_fault)
{
	struct world *w = world_new();
	struct faulting f = faulting(w);

	f.driver->ops = new_address(w);
	look(w, 3);
	assert_no_deadlock(w);
	world_free(w);
}

/* ---- a fault that waits for a fence itself ------------------------------------------------- */

TEST(fault_waits_for_a_fence_that_others_had_waited_for_before_it_began)
{
	struct world *w = world_new();
	struct gw_task_record *handler = worker(w, 102, new_address(w), "iommu_sva_handle_iopf", new_address(w)),
			      *victim = kthread(w, 103, "victim");
	struct gw_timeline_record *ring = timeline(w, "compute");
	struct gw_fence_record *f = fence(w, ring, 7);

	signalled_by_interrupt(ring, GW_SIGNALLER_HARDIRQ);
	driver_of(w, ring);
	waits_for_fence(w, victim, f);
	handles_fault(w, handler, DEVICE, "gpulab")->since_ns = w->now_ns += MS;
	waits_for_fence(w, handler, f);
	look(w, 2);
	assert_deadlock(w, GW_CLASS_FAULT_PREEMPT, PROBABLE, "102", "103");
	world_free(w);
}

TEST(fault_may_wait_for_a_job_that_its_own_handler_submitted)
{
	struct world *w = world_new();
	struct gw_task_record *handler = worker(w, 102, new_address(w), "iommu_sva_handle_iopf", new_address(w));
	struct gw_timeline_record *ring = timeline(w, "copy");

	signalled_by_interrupt(ring, GW_SIGNALLER_HARDIRQ);
	driver_of(w, ring);
	handles_fault(w, handler, DEVICE, "gpulab");
	waits_for_fence(w, handler, fence(w, ring, 7));
	look(w, 3);
	assert_no_deadlock(w);
	world_free(w);
}

/* ---- how a fault is known --------------------------------------------------------------------- */

/* What is known of a task's fault, "" = it handles none; "function of module, as it was seen". */
static void assert_fault(struct world *w, const struct gw_task_record *task, const char *expected)
{
	struct gw_snapshot *snapshot = snapshot_of(w);
	struct gw_fault fault;
	char text[128] = "";

	if (gw_fault_of(snapshot, task->address, &fault))
		snprintf(text, sizeof(text), "%s of %s, %s", fault.function ? fault.function : "something",
			 fault.module, fault.seen);
	assert_string_equal(text, expected);
	gw_snapshot_free(snapshot);
}

TEST(handlers_are_known_by_stack)
{
	static const struct {
		const char *frames, *expected;
	} rows[] = {
		{ "down_read amdgpu:svm_range_restore_pages amdgpu:amdgpu_vm_handle_fault process_one_work kthread",
		  "svm_range_restore_pages of amdgpu, stack" },
		{ "down_read amdgpu:svm_range_restore_work process_one_work kthread",
		  "svm_range_restore_work of amdgpu, stack" },
		{ "schedule __ww_mutex_lock panfrost:panfrost_mmu_map_fault_addr panfrost:panfrost_mmu_irq_handler_thread irq_thread_fn",
		  "panfrost_mmu_map_fault_addr of panfrost, stack" },
		{ "schedule irq_thread kthread", "" },
		{ "down_read nouveau:nouveau_svm_fault process_one_work kthread",
		  "nouveau_svm_fault of nouveau, stack" },
		{ "down_read xe:pf_queue_work_func process_one_work kthread", "pf_queue_work_func of xe, stack" },
		{ "down_read xe:xe_pagefault_queue_work process_one_work kthread",
		  "xe_pagefault_queue_work of xe, stack" },
		{ "down_read iopf_handle_group process_one_work kthread", "iopf_handle_group of , stack" },
		{ "down_read iommu_sva_handle_iopf process_one_work kthread", "iommu_sva_handle_iopf of , stack" },
		{ "down_read drm_gpusvm_helper:drm_gpusvm_range_find_or_insert other:fault process_one_work kthread",
		  "drm_gpusvm_range_find_or_insert of other, stack" },
		{ "down_read other:fault process_one_work kthread", "" },
		{ "down_read do_fault __handle_mm_fault handle_mm_fault process_one_work kthread", "" },
		{ "down_read other:amdgpu_vm_handle_fault process_one_work kthread", "" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct world *w = world_new();
		struct gw_task_record *task = worker(w, 101, new_address(w), "work", new_address(w));

		stack(w, task, rows[i].frames);
		assert_fault(w, task, rows[i].expected);
		world_free(w);
	}
}

TEST(gpusvm_serves_ioctls_too)
{
	struct world *w = world_new();
	struct gw_task_record *task = user_task(w, 101, "app");

	stack(w, task, "down_read drm_gpusvm_helper:drm_gpusvm_range_find_or_insert xe:xe_vm_bind_ioctl do_syscall_64");
	assert_fault(w, task, "");
	world_free(w);
}

TEST(iommu_v2_is_known_by_its_work)
{
	struct world *w = world_new();
	struct gw_task_record *task = worker(w, 101, new_address(w), "do_fault", new_address(w));

	stack(w, task, "schedule down_read do_fault process_one_work worker_thread kthread");
	assert_fault(w, task, "do_fault of , stack");
	world_free(w);
}

TEST(hook_counts_unless_the_stack_shows_that_its_end_was_missed)
{
	struct world *w = world_new();
	struct gw_task_record *task = kthread(w, 101, "irq/42-amdgpu");
	struct gw_fault_record *record = handles_fault(w, task, DEVICE, "amdgpu");

	record->source = GW_FAULT_FROM_HOOK;
	task->watch.sections.fault_since_ns = w->now_ns;
	assert_fault(w, task, "something of amdgpu, hook");
	stack(w, task, "down_read amdgpu:amdgpu_vm_handle_fault amdgpu:amdgpu_irq_dispatch kthread");
	assert_fault(w, task, "amdgpu_vm_handle_fault of amdgpu, hook");
	stack(w, task, "schedule irq_thread kthread");
	assert_fault(w, task, "");
	world_free(w);
}

/* ---- what gpuwatch-cli faults shows ------------------------------------------------------------ */

TEST(every_fault_is_listed_blocked_or_not)
{
	struct world *w = world_new();
	struct faulting f = faulting(w);
	struct gw_present_record *runs = present(w, 103, "kworker/u4:2");
	struct gw_fault_record *other = new_record(w, GW_RECORD_FAULT, sizeof(*other));
	struct gw_snapshot *snapshot;
	json_t *json, *rows;

	other->task = runs->address;
	other->source = GW_FAULT_FROM_QUEUE;
	snapshot = snapshot_of(w);
	json = gw_faults_json(snapshot);
	rows = json_object_get(json, "faults");
	assert_int_equal(json_array_size(rows), 2);
	assert_int_equal(json_integer_value(json_object_get(json_array_get(rows, 0), "handler_pid")), f.handler->pid);
	assert_string_equal(json_string_value(json_object_get(json_array_get(rows, 0), "device_name")), "0000:03:00.0");
	assert_non_null(strstr(json_string_value(json_object_get(json_array_get(rows, 0), "waits_for")), "mmap_lock"));
	assert_int_equal(json_integer_value(json_object_get(json_array_get(rows, 1), "handler_pid")), 103);
	assert_string_equal(json_string_value(json_object_get(json_array_get(rows, 1), "seen")), "driver-queue");
	assert_null(json_object_get(json_array_get(rows, 1), "waits_for"));
	json_decref(json);
	gw_snapshot_free(snapshot);
	world_free(w);
}

TEST(chain_of_a_victim_ends_where_it_comes_back_to)
{
	struct world *w = world_new();
	struct faulting f = faulting(w);
	struct gw_task_record *victim = kthread(w, 104, "victim");
	struct gw_snapshot *snapshot;
	json_t *json, *row = NULL;
	const char *chain;
	size_t i;

	waits_for_fence(w, victim, f.fence);
	snapshot = snapshot_of(w);
	json = gw_waits_json(snapshot, GW_WAITS_TRACKED, 0);
	json_array_foreach(json_object_get(json, "waits"), i, row)
		if (json_integer_value(json_object_get(row, "pid")) == 104)
			break;
	chain = json_string_value(json_object_get(row, "chain"));
	assert_non_null(strstr(chain, "app (pid 101)"));
	assert_null(strstr(strstr(chain, "app (pid 101)") + 1, "app (pid 101)"));
	json_decref(json);
	gw_snapshot_free(snapshot);
	world_free(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(fault_waits_for_memory_whose_holder_waits_for_the_device),
		T(words_say_what_the_verdict_rests_on),
		T(fault_that_is_handled_at_this_moment_is_only_slow),
		T(fault_whose_handler_is_not_blocked_at_all_is_only_slow),
		T(fault_of_one_of_several_devices_of_a_driver_is_a_guess),
		T(fault_of_another_driver_holds_nothing_up),
		T(fault_of_the_schedulers_device),
		T(fault_of_another_device_than_the_schedulers),
		T(timeline_that_advances_is_not_held_up),
		T(device_whose_other_fences_are_signalled_goes_on_beside_the_fault),
		T(device_whose_other_fences_are_not_counted_may_go_on_beside_the_fault),
		T(fault_waits_for_a_fence_that_others_had_waited_for_before_it_began),
		T(fault_may_wait_for_a_job_that_its_own_handler_submitted),
		T(handlers_are_known_by_stack),
		T(gpusvm_serves_ioctls_too),
		T(iommu_v2_is_known_by_its_work),
		T(hook_counts_unless_the_stack_shows_that_its_end_was_missed),
		T(every_fault_is_listed_blocked_or_not),
		T(chain_of_a_victim_ends_where_it_comes_back_to),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
