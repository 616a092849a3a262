/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Verdicts from logs: one text for each class, end and trap, and what must come out of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/explain/explain.h"
#include "lib/log-text/read.h"

/* ---- texts ------------------------------------------------------------------------------------------------ */

#define LINE_MAX_SIZE 8192

/* A hung-task report: "comm:pid", what comes before the stack, frames from the innermost on. */
struct told {
	char text[65536];
	size_t length;
};

__attribute__((format(printf, 2, 3))) static void tell(struct told *told, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	told->length +=
		(size_t)vsnprintf(told->text + told->length, sizeof(told->text) - told->length, format, arguments);
	va_end(arguments);
	assert_true(told->length < sizeof(told->text));
}

static void tell_frames(struct told *told, const char *frames)
{
	char copy[LINE_MAX_SIZE], *save = NULL;

	snprintf(copy, sizeof(copy), "%s", frames);
	tell(told, "Call Trace:\n <TASK>\n");
	for (char *frame = strtok_r(copy, " ", &save); frame; frame = strtok_r(NULL, " ", &save)) {
		char *module = strchr(frame, '@');

		if (module)
			*module++ = '\0';
		tell(told, " %s+0x1c/0x90%s%s%s\n", frame, module ? " [" : "", module ? module : "", module ? "]" : "");
	}
	tell(told, " </TASK>\n");
}

static void hung(struct told *told, const char *comm, unsigned pid, const char *work, const char *frames)
{
	tell(told, "INFO: task %s:%u blocked for more than 123 seconds.\n", comm, pid);
	tell(told, "      Not tainted 6.12.8-test #1\n");
	tell(told, "task:%-15.15s state:D stack:0     pid:%u  tgid:%u  ppid:%d      flags:0x00004000\n", comm, pid, pid,
	     work ? 2 : 1);
	if (work)
		tell(told, "Workqueue: events %s\n", work);
	tell_frames(told, frames);
}

#define SLEEP "__schedule schedule "
#define MUTEX SLEEP "schedule_preempt_disabled __mutex_lock "
#define FENCE SLEEP "schedule_timeout dma_fence_default_wait dma_fence_wait_timeout "
#define IOCTL " drm_ioctl@drm do_syscall_64"
#define WORK " process_one_work worker_thread kthread ret_from_fork"

/* ---- what comes out ----------------------------------------------------------------------------------------- */

static const struct gw_report *report_about(const struct gw_explanation *explanation)
{
	assert_int_equal(explanation->count, 1);
	return explanation->reports[0];
}

static bool has_victim(const struct gw_report *report, const char *id)
{
	json_t *victim;
	size_t i;

	json_array_foreach(report->victims, i, victim)
		if (strcmp(json_string_value(victim), id) == 0)
			return true;
	return false;
}

static const char *subsystem(const struct gw_report *report, const char *key)
{
	return json_string_value(json_object_get(report->subsystem, key));
}

/* For tests/unit/check-schema. */
static void keep_report(const struct gw_report *report, const char *release)
{
	json_t *json = gw_report_json(report, "", release);
	const char *path = getenv("GPUWATCH_REPORTS");
	FILE *file = path ? fopen(path, "a") : NULL;

	assert_non_null(json);
	if (file) {
		json_dumpf(json, file, JSON_COMPACT);
		fputc('\n', file);
		fclose(file);
	}
	json_decref(json);
}

static void explain_text(struct gw_explanation *explanation, const char *text)
{
	const char *directory = getenv("GPUWATCH_CORPUS");
	struct gw_log_model model;
	static unsigned number;
	char path[4096];
	FILE *file;

	if (directory) {
		snprintf(path, sizeof(path), "%s/explain-%u", directory, number++);
		file = fopen(path, "w");
		assert_non_null(file);
		fputs(text, file);
		fclose(file);
	}
	assert_int_equal(gw_log_read(&model, text, strlen(text), NULL, NULL), 0);
	assert_int_equal(gw_explain_log(explanation, &model), 0);
	for (size_t i = 0; i < explanation->count; i++)
		keep_report(explanation->reports[i], model.release);
	gw_log_model_deinit(&model);
}

/* One report of that class, confidence, root and subsystem; @victims: ids, "" = none. */
static void assert_explained(const struct told *told, enum gw_class class, enum gw_confidence confidence,
			     const char *root, const char *kind, const char *name, const char *victims)
{
	struct gw_explanation explanation;
	const struct gw_report *report;
	char copy[256], *save = NULL;
	size_t count = 0;

	explain_text(&explanation, told->text);
	report = report_about(&explanation);
	print_message("%s\n", report->summary);
	assert_string_equal(gw_class_name(report->class), gw_class_name(class));
	assert_int_equal(report->confidence, confidence);
	assert_string_equal(report->root_node, root);
	assert_string_equal(subsystem(report, "kind"), kind);
	assert_string_equal(subsystem(report, "name"), name);
	/* Where no task's stack is there, or it runs in no module, there is no shape. */
	assert_true(strlen(report->signature) == 16 || report->signature[0] == '\0');
	snprintf(copy, sizeof(copy), "%s", victims);
	for (char *id = strtok_r(copy, " ", &save); id; id = strtok_r(NULL, " ", &save), count++)
		assert_true(has_victim(report, id));
	assert_int_equal(json_array_size(report->victims), count);
	gw_explanation_deinit(&explanation);
}

static void assert_nothing(const struct told *told)
{
	struct gw_explanation explanation;

	explain_text(&explanation, told->text);
	for (size_t i = 0; i < explanation.count; i++)
		print_message("%s\n", explanation.reports[i]->summary);
	assert_int_equal(explanation.count, 0);
	gw_explanation_deinit(&explanation);
}

/* ---- deadlocks -------------------------------------------------------------------------------------------------- */

static void test_opposite_blockers_prove(void **state)
{
	struct told told = { .length = 0 };

	(void)state;
	hung(&told, "left", 71, NULL, MUTEX "brix_a@brix" IOCTL);
	tell(&told, "INFO: task left:71 is blocked on a mutex likely owned by task right:72.\n");
	hung(&told, "right", 72, NULL, MUTEX "brix_b@brix" IOCTL);
	tell(&told, "INFO: task right:72 is blocked on a mutex likely owned by task left:71.\n");
	hung(&told, "third", 73, NULL, MUTEX "brix_a@brix" IOCTL);
	tell(&told, "INFO: task third:73 is blocked on a mutex likely owned by task right:72.\n");
	assert_explained(&told, GW_CLASS_LOCK_CYCLE, GW_CONFIDENCE_PROVEN, "task:71", "gpu", "brix", "task:73");
}

static void test_own_lock(void **state)
{
	struct told told = { .length = 0 };

	(void)state;
	hung(&told, "modprobe", 80, NULL, MUTEX "nouveau_display_init@nouveau do_one_initcall");
	tell(&told, "INFO: task modprobe:80 is blocked on a mutex likely owned by task modprobe:80.\n");
	assert_explained(&told, GW_CLASS_LOCK_CYCLE, GW_CONFIDENCE_PROVEN, "task:80", "gpu", "nouveau", "");
}

static void test_reset_needs_waiter(void **state)
{
	struct told told = { .length = 0 };

	(void)state;
	hung(&told, "kworker/u8:1", 90, "drm_sched_job_timedout [gpu_sched]",
	     MUTEX "xe_display_suspend@xe xe_gt_reset@xe drm_sched_job_timedout@gpu_sched" WORK);
	hung(&told, "kworker/u8:2", 91, "commit_work [drm_kms_helper]",
	     FENCE "xe_atomic_wait@xe commit_tail@drm_kms_helper" WORK);
	assert_explained(&told, GW_CLASS_RESET_CYCLE, GW_CONFIDENCE_PROBABLE, "task:91", "gpu", "xe", "");
}

/* The lock is one of the display's, and who waits for the fence submits a job: somebody else has it. */
static void test_reset_needs_the_display(void **state)
{
	struct told told = { .length = 0 };
	struct gw_explanation explanation;

	(void)state;
	hung(&told, "kworker/u8:1", 90, "drm_sched_job_timedout [gpu_sched]",
	     MUTEX "xe_display_suspend@xe xe_gt_reset@xe drm_sched_job_timedout@gpu_sched" WORK);
	hung(&told, "game", 91, NULL, FENCE "xe_job_alloc@xe xe_exec_ioctl@xe" IOCTL);
	explain_text(&explanation, told.text);
	assert_true(explanation.count > 0);
	for (size_t i = 0; i < explanation.count; i++)
		assert_int_equal(explanation.reports[i]->kind, GW_KIND_STALL);
	gw_explanation_deinit(&explanation);
}

static void test_flushed_restore(void **state)
{
	struct told told = { .length = 0 };

	(void)state;
	hung(&told, "kworker/1:1", 92, "amdgpu_job_timedout [amdgpu]",
	     SLEEP
	     "schedule_timeout wait_for_completion __flush_work flush_delayed_work kgd2kfd_pre_reset@amdgpu amdgpu_device_gpu_recover@amdgpu amdgpu_job_timedout@amdgpu" WORK);
	hung(&told, "kworker/1:2", 93, "amdgpu_amdkfd_restore_worker [amdgpu]",
	     FENCE "amdgpu_amdkfd_restore_bos@amdgpu amdgpu_amdkfd_restore_worker@amdgpu" WORK);
	hung(&told, "rocm", 94, NULL, MUTEX "kfd_ioctl@amdgpu do_syscall_64");
	tell(&told, "INFO: task rocm:94 is blocked on a mutex likely owned by task kworker/1:2:93.\n");
	assert_explained(&told, GW_CLASS_RESET_CYCLE, GW_CONFIDENCE_PROBABLE, "task:93", "gpu", "amdgpu", "task:94");
}

static void test_signaller_needs_lock(void **state)
{
	struct told told = { .length = 0 };

	(void)state;
	hung(&told, "client", 95, NULL, FENCE "brix_wait_idle@brix" IOCTL);
	hung(&told, "kworker/3:0", 96, "brix_retire_work [brix]", MUTEX "brix_retire_work@brix" WORK);
	tell(&told, "INFO: task kworker/3:0:96 is blocked on a mutex likely owned by task client:95.\n");
	assert_explained(&told, GW_CLASS_FENCE_LOCK_CYCLE, GW_CONFIDENCE_PROBABLE, "task:95", "gpu", "brix", "");
}

/* Nothing says that the worker signals the fence: the client may wait for a slow GPU. */
static void test_bystander_is_no_signaller(void **state)
{
	struct told told = { .length = 0 };

	(void)state;
	hung(&told, "client", 95, NULL, FENCE "brix_wait_idle@brix" IOCTL);
	hung(&told, "kworker/3:0", 96, "brix_hotplug_work [brix]", MUTEX "brix_hotplug_work@brix" WORK);
	tell(&told, "INFO: task kworker/3:0:96 is blocked on a mutex likely owned by task client:95.\n");
	assert_explained(&told, GW_CLASS_LONG_WAIT, GW_CONFIDENCE_PROBABLE, "task:95", "gpu", "brix", "task:96");
}

static void test_runtime_pm(void **state)
{
	struct told told = { .length = 0 };

	(void)state;
	hung(&told, "kworker/0:3", 97, "pm_runtime_work",
	     SLEEP
	     "schedule_timeout wait_for_completion __flush_work cancel_work_sync brix_runtime_suspend@brix pci_pm_runtime_suspend __rpm_callback rpm_callback rpm_suspend pm_runtime_work" WORK);
	hung(&told, "kworker/0:4", 98, "brix_poll_work [brix]",
	     SLEEP "rpm_resume __pm_runtime_resume brix_poll_work@brix" WORK);
	/* dma_fence_wait() makes it a GPU's module. */
	hung(&told, "user", 99, NULL, FENCE "brix_wait@brix" IOCTL);
	struct gw_explanation explanation;
	bool found = false;

	explain_text(&explanation, told.text);
	for (size_t i = 0; i < explanation.count; i++) {
		if (explanation.reports[i]->class != GW_CLASS_RUNTIME_PM_CYCLE)
			continue;
		found = true;
		assert_string_equal(explanation.reports[i]->root_node, "task:97");
		assert_string_equal(subsystem(explanation.reports[i], "name"), "brix");
	}
	assert_true(found);
	gw_explanation_deinit(&explanation);
}

static void test_lists_of_locks(void **state)
{
	struct told told = { .length = 0 };

	(void)state;
	hung(&told, "one", 101, NULL, MUTEX "vc4_first@vc4" IOCTL);
	hung(&told, "two", 102, NULL, MUTEX "vc4_second@vc4" IOCTL);
	tell(&told, "Showing all locks held in the system:\n2 locks held by one/101:\n"
		    " #0: ffff888000000a01 (&vc4->a){+.+.}-{3:3}, at: vc4_x+0x1/0x2\n"
		    " #1: ffff888000000b02 (&vc4->b){+.+.}-{3:3}, at: vc4_first+0x1/0x2\n"
		    "2 locks held by two/102:\n"
		    " #0: ffff888000000b02 (&vc4->b){+.+.}-{3:3}, at: vc4_y+0x1/0x2\n"
		    " #1: ffff888000000a01 (&vc4->a){+.+.}-{3:3}, at: vc4_second+0x1/0x2\n");
	assert_explained(&told, GW_CLASS_LOCK_CYCLE, GW_CONFIDENCE_PROBABLE, "task:101", "gpu", "vc4", "");
}

static void test_leaked_page_locks(void **state)
{
	struct told told = { .length = 0 };

	(void)state;
	tell(&told, "BUG: unable to handle page fault for address: ffffc90000000000\n"
		    "Oops: Oops: 0002 [#1] SMP\nCPU: 3 UID: 0 PID: 44 Comm: kcompactd1 Not tainted 6.12.8-test #1\n"
		    "RIP: 0010:radeon_mn_invalidate+0x10/0x90 [radeon]\n");
	tell(&told,
	     "501 database         wchan=folio_wait_bit_common\n502 web worker       wchan=migration_entry_wait\n");
	assert_explained(&told, GW_CLASS_LEAKED_LOCK, GW_CONFIDENCE_PROBABLE, "task:44:gone", "gpu", "radeon",
			 "task:502");
}

/* ---- chains ----------------------------------------------------------------------------------------------------------- */

static void test_end_is_not_in_the_text(void **state)
{
	struct told told = { .length = 0 };
	struct gw_explanation explanation;
	const struct gw_report *report;

	(void)state;
	tell(&told, "INFO: task reader:61 <reader> blocked on an rw-semaphore likely owned by task a:b c:62 <writer>\n"
		    "INFO: task other:63 <writer> blocked on an rw-semaphore likely owned by task a:b c:62 <writer>\n");
	explain_text(&explanation, told.text);
	report = report_about(&explanation);
	assert_int_equal(report->class, GW_CLASS_LONG_WAIT);
	assert_string_equal(report->root_node, "task:62");
	assert_true(has_victim(report, "task:61") && has_victim(report, "task:63"));
	assert_non_null(strstr(json_string_value(json_array_get(json_object_get(report->log, "missing"), 1)),
			       "/proc/62/stack"));
	gw_explanation_deinit(&explanation);
}

static void test_silent_device(void **state)
{
	struct told told = { .length = 0 };

	(void)state;
	tell(&told, "NVRM: Xid (PCI:0000:81:00): 79, pid='<unknown>', GPU has fallen off the bus.\n");
	tell(&told, "INFO: task nvidia-modeset/:70 blocked on a semaphore likely last held by task app:1:71\n");
	assert_explained(&told, GW_CLASS_SILENT_DEVICE, GW_CONFIDENCE_HINT, "device:0xffff88afffffffc0", "gpu",
			 "nvidia", "task:70 task:71");
}

static void test_not_the_gpu(void **state)
{
	struct told nfs = { .length = 0 }, usb = { .length = 0 };

	(void)state;
	hung(&nfs, "python", 64, NULL,
	     SLEEP
	     "rpc_wait_bit_killable@sunrpc __wait_on_bit nfs4_run_open_task@nfsv4 nfs4_do_open@nfsv4 do_filp_open do_syscall_64");
	assert_explained(&nfs, GW_CLASS_LONG_WAIT, GW_CONFIDENCE_PROBABLE, "task:64", "network-file-system", "nfs", "");
	hung(&usb, "kworker/7:1", 65, "hub_event [usbcore]",
	     SLEEP "schedule_timeout wait_for_completion_timeout usb_start_wait_urb@usbcore hub_event@usbcore" WORK);
	assert_explained(&usb, GW_CLASS_LONG_WAIT, GW_CONFIDENCE_PROBABLE, "task:65", "usb", "usbcore", "");
}

/* A GPU's ioctl that waits for a server is the server's fault. */
static void test_server_below_ioctl(void **state)
{
	struct told told = { .length = 0 };

	(void)state;
	hung(&told, "trainer", 66, NULL,
	     SLEEP
	     "rpc_wait_bit_killable@sunrpc nfs_wb_folio@nfs shrink_folio_list shrink_node do_try_to_free_pages amdgpu_bo_create@amdgpu" IOCTL);
	assert_explained(&told, GW_CLASS_LONG_WAIT, GW_CONFIDENCE_PROBABLE, "task:66", "network-file-system", "nfs",
			 "");
}

/* ---- CPUs ------------------------------------------------------------------------------------------------------------------ */

static void busy(struct told *told, double seconds, const char *comm, unsigned pid, const char *where,
		 const char *frames)
{
	tell(told, "[%.6f] watchdog: BUG: soft lockup - CPU#1 stuck for 26s! [%s:%u]\n", seconds, comm, pid);
	tell(told, "[%.6f] CPU: 1 PID: %u Comm: %s Not tainted 6.12.8-test #1\n", seconds, pid, comm);
	tell(told, "[%.6f] RIP: 0010:%s\n", seconds, where);
	tell_frames(told, frames);
}

static void test_busy_driver(void **state)
{
	struct told told = { .length = 0 };

	(void)state;
	busy(&told, 300, "nv_queue", 67, "os_io_read+0x1/0x2 [nvidia]", "nv_poll@nvidia kthread");
	busy(&told, 328, "nv_queue", 67, "os_io_read+0x1/0x2 [nvidia]", "nv_poll@nvidia kthread");
	assert_explained(&told, GW_CLASS_BUSY_HOLDER, GW_CONFIDENCE_PROBABLE, "task:67", "gpu", "nvidia", "");
}

/* kswapd asks every driver for memory in turn; it was seen in this one's shrinker once. */
static void test_shrinker_is_not_to_blame(void **state)
{
	struct told told = { .length = 0 };

	(void)state;
	busy(&told, 300, "kswapd0", 68, "i915_gem_shrinker_scan+0x1/0x2 [i915]",
	     "do_shrink_slab shrink_slab shrink_node balance_pgdat kswapd kthread");
	busy(&told, 328, "kswapd0", 68, "shrink_lruvec+0x1/0x2", "shrink_node balance_pgdat kswapd kthread");
	assert_explained(&told, GW_CLASS_BUSY_HOLDER, GW_CONFIDENCE_PROBABLE, "task:68", "memory", "reclaim", "");
}

static void test_lockup_that_ended(void **state)
{
	struct told told = { .length = 0 };
	struct gw_explanation explanation;

	(void)state;
	busy(&told, 300, "stress", 69, "brix_burst+0x1/0x2 [brix]", "do_syscall_64");
	tell(&told, "[ 900.000000] usb 1-1: new high-speed USB device number 4\n");
	explain_text(&explanation, told.text);
	assert_int_equal(report_about(&explanation)->state, GW_STATE_RESOLVED);
	gw_explanation_deinit(&explanation);
}

/* ---- who runs, who spins, who forgot --------------------------------------------------------------------------------------- */

/* A thread that holds what others need, and was on a CPU when they were asked. */
static void test_running_holder(void **state)
{
	struct told told = { .length = 0 };

	(void)state;
	hung(&told, "compositor", 111, NULL,
	     SLEEP
	     "schedule_timeout __down_common __down down os_acquire_mutex@nvidia nvkms_ioctl@nvidia_modeset do_syscall_64");
	tell(&told, "INFO: task compositor:111 blocked on a semaphore likely last held by task nvidia-modeset/:112\n");
	for (int look = 0; look < 2; look++) {
		tell(&told,
		     "NMI backtrace for cpu 3\nCPU: 3 UID: 0 PID: 112 Comm: nvidia-modeset/ Not tainted 6.12.8-test #1\n"
		     "RIP: 0010:write_entry+0x1/0x2 [nvidia_modeset]\n");
		tell_frames(&told, "prefetch@nvidia_modeset main_loop@nvidia_modeset kthread ret_from_fork");
	}
	assert_explained(&told, GW_CLASS_BUSY_HOLDER, GW_CONFIDENCE_PROBABLE, "task:112", "gpu", "nvidia", "task:111");
}

/* The lockup detector names who waits for the spinlock; who has it is on another CPU. */
static void test_lockup_names_victim(void **state)
{
	struct told told = { .length = 0 };

	(void)state;
	busy(&told, 300, "render", 113, "native_queued_spin_lock_slowpath+0x1/0x2",
	     "_raw_spin_lock_irqsave brix_submit@brix drm_ioctl@drm do_syscall_64");
	tell(&told,
	     "[  300.2] NMI backtrace for cpu 5\n[  300.2] CPU: 5 PID: 114 Comm: irq/77-brix Not tainted 6.12.8-test #1\n"
	     "[  300.2] RIP: 0010:brix_poll_register+0x1/0x2 [brix]\n");
	tell_frames(&told, "brix_irq_thread@brix irq_thread kthread");
	/* The driver is a GPU's by whom it calls. */
	hung(&told, "other", 115, NULL, FENCE "brix_wait@brix" IOCTL);
	struct gw_explanation explanation;

	explain_text(&explanation, told.text);
	assert_true(explanation.count >= 1);
	assert_int_equal(explanation.reports[0]->class, GW_CLASS_BUSY_HOLDER);
	assert_string_equal(explanation.reports[0]->root_node, "task:114");
	assert_true(has_victim(explanation.reports[0], "task:113"));
	gw_explanation_deinit(&explanation);
}

static void test_idle_worker_kept_lock(void **state)
{
	struct told told = { .length = 0 };

	(void)state;
	hung(&told, "nvidia-smi", 116, NULL,
	     SLEEP
	     "schedule_preempt_disabled rwsem_down_write_slowpath down_write os_acquire_rwlock_write@nvidia nvidia_ioctl@nvidia do_syscall_64");
	tell(&told,
	     "INFO: task nvidia-smi:116 <writer> blocked on an rw-semaphore likely owned by task kworker/9:2:117 <writer>\n");
	tell(&told, "task:kworker/9:2     state:I stack:0     pid:117   tgid:117   ppid:2      flags:0x00004000\n");
	tell_frames(&told, SLEEP "worker_thread kthread ret_from_fork");
	assert_explained(&told, GW_CLASS_LEAKED_LOCK, GW_CONFIDENCE_PROBABLE, "task:117", "gpu", "nvidia", "");
}

static void test_reclaim_cycle(void **state)
{
	struct told told = { .length = 0 };

	(void)state;
	hung(&told, "chrome", 118, NULL,
	     FENCE
	     "dma_resv_wait_timeout msm_gem_shrinker_scan@msm do_shrink_slab shrink_slab shrink_node do_try_to_free_pages msm_gem_get_pages@msm msm_ioctl_gem_submit@msm" IOCTL);
	hung(&told, "ring0", 119, "x", MUTEX "msm_job_run@msm drm_sched_main@gpu_sched kthread");
	assert_explained(&told, GW_CLASS_RECLAIM_CYCLE, GW_CONFIDENCE_PROBABLE, "task:118", "gpu", "msm", "");
}

/* The scheduler's thread allocates, and its reclaim waits for a fence of its own. */
static void test_signaller_reclaims(void **state)
{
	struct told told = { .length = 0 };

	(void)state;
	hung(&told, "kworker/u9:1", 121, "drm_sched_run_job_work [gpu_sched]",
	     FENCE
	     "panfrost_gem_shrinker_scan@panfrost do_shrink_slab shrink_slab shrink_node do_try_to_free_pages try_to_free_pages panfrost_job_run@panfrost drm_sched_run_job_work@gpu_sched" WORK);
	hung(&told, "game", 122, NULL, FENCE "panfrost_ioctl_wait_bo@panfrost" IOCTL);
	assert_explained(&told, GW_CLASS_RECLAIM_CYCLE, GW_CONFIDENCE_PROBABLE, "task:121", "gpu", "panfrost",
			 "task:122");
}

static void test_unplug(void **state)
{
	struct told told = { .length = 0 };

	(void)state;
	hung(&told, "bash", 123, NULL,
	     SLEEP
	     "schedule_timeout wait_for_completion __synchronize_srcu synchronize_srcu drm_dev_unplug@drm xe_pci_remove@xe pci_device_remove do_syscall_64");
	hung(&told, "game", 124, NULL, FENCE "xe_wait_user_fence@xe" IOCTL);
	assert_explained(&told, GW_CLASS_UNPLUG_SRCU, GW_CONFIDENCE_PROBABLE, "task:124", "gpu", "xe", "");
}

/* A work item that the kernel shows to wait for the flusher's lock is the one that is flushed. */
static void test_flush_under_lock(void **state)
{
	struct told told = { .length = 0 };

	(void)state;
	hung(&told, "modprobe", 125, NULL,
	     SLEEP
	     "schedule_timeout wait_for_completion __flush_work cancel_work_sync nouveau_display_fini@nouveau do_syscall_64");
	hung(&told, "kworker/2:2", 126, "nouveau_hpd_work [nouveau]", MUTEX "nouveau_hpd_work@nouveau" WORK);
	tell(&told, "INFO: task kworker/2:2:126 is blocked on a mutex likely owned by task modprobe:125.\n");
	assert_explained(&told, GW_CLASS_WORKQUEUE_CYCLE, GW_CONFIDENCE_PROBABLE, "task:125", "gpu", "nouveau", "");
}

#define FLUSH SLEEP "schedule_timeout __wait_for_common __flush_work cancel_work_sync "

/* "kthread" in place of a workqueue's item: the parent is kthreadd. */
static void hung_thread(struct told *told, const char *comm, unsigned pid, const char *frames)
{
	tell(told, "INFO: task %s:%u blocked for more than 123 seconds.\n", comm, pid);
	tell(told, "task:%-15.15s state:D stack:0     pid:%u  tgid:%u  ppid:2      flags:0x00004000\n", comm, pid, pid);
	tell_frames(told, frames);
}

static void test_thread_flushes_who_waits_for_its_fence(void **state)
{
	struct told told = { .length = 0 };

	(void)state;
	hung_thread(&told, "brix-ring/0", 90, FLUSH "brix_ring_park@brix brix_ring_main@brix kthread ret_from_fork");
	/* The wait is its function's last call: no frame of the driver. */
	hung(&told, "kworker/1:2", 91, "brix_sync_work [brix]", FENCE "process_one_work worker_thread kthread");
	hung(&told, "client", 92, NULL, FENCE "brix_wait_idle@brix" IOCTL);
	assert_explained(&told, GW_CLASS_WORKQUEUE_CYCLE, GW_CONFIDENCE_PROBABLE, "task:90", "gpu", "brix", "task:92");
}

static void test_client_flushes_who_waits_for_the_gpu(void **state)
{
	struct told told = { .length = 0 };
	struct gw_explanation explanation;

	(void)state;
	hung(&told, "client", 90, NULL, FLUSH "brix_file_close@brix" IOCTL);
	hung(&told, "kworker/1:2", 91, "brix_sync_work [brix]", FENCE "brix_sync_work@brix" WORK);
	explain_text(&explanation, told.text);
	assert_int_equal(report_about(&explanation)->kind, GW_KIND_STALL);
	gw_explanation_deinit(&explanation);
}

/* The only item of the driver that is blocked waits for a lock, and whoever waits for it flushes it or waits for its fence. */
static void test_flush_of_the_only_item(void **state)
{
	struct told told = { .length = 0 };

	(void)state;
	hung_thread(&told, "brix-idle", 90, FLUSH "brix_idle_main@brix kthread ret_from_fork");
	hung(&told, "kworker/1:2", 91, "brix_retire_work [brix]", MUTEX "brix_retire_work@brix" WORK);
	hung(&told, "client", 92, NULL, FENCE "brix_wait_idle@brix" IOCTL);
	assert_explained(&told, GW_CLASS_WORKQUEUE_CYCLE, GW_CONFIDENCE_PROBABLE, "task:90", "gpu", "brix", "task:92");
}

/* Another task is in the driver, and may have the lock. */
static void test_flush_while_another_may_hold(void **state)
{
	struct told told = { .length = 0 };
	struct gw_explanation explanation;

	(void)state;
	hung_thread(&told, "brix-idle", 90, FLUSH "brix_idle_main@brix kthread ret_from_fork");
	hung(&told, "kworker/1:2", 91, "brix_retire_work [brix]", MUTEX "brix_retire_work@brix" WORK);
	hung(&told, "client", 92, NULL, SLEEP "schedule_timeout msleep brix_poll_register@brix" IOCTL);
	explain_text(&explanation, told.text);
	for (size_t i = 0; i < explanation.count; i++)
		assert_int_equal(explanation.reports[i]->kind, GW_KIND_STALL);
	gw_explanation_deinit(&explanation);
}

/* Whoever waits for its fence may have the lock that it waits for: all of them close a loop, and the first one is named. */
static void test_first_of_those_that_may_hold(void **state)
{
	struct told told = { .length = 0 };

	(void)state;
	hung(&told, "late", 92, NULL, FENCE "brix_wait_idle@brix" IOCTL);
	hung(&told, "early", 90, NULL, FENCE "brix_wait_idle@brix" IOCTL);
	hung(&told, "kworker/3:0", 96, "brix_retire_work [brix]", MUTEX "brix_retire_work@brix" WORK);
	assert_explained(&told, GW_CLASS_FENCE_LOCK_CYCLE, GW_CONFIDENCE_PROBABLE, "task:90", "gpu", "brix", "task:92");
}

/* One of them waits for something else as well as anybody: then nothing follows. */
static void test_one_may_hold_and_get_on(void **state)
{
	struct told told = { .length = 0 };
	struct gw_explanation explanation;

	(void)state;
	hung(&told, "early", 90, NULL, FENCE "brix_wait_idle@brix" IOCTL);
	hung(&told, "reader", 91, NULL, SLEEP "io_schedule brix_read_firmware@brix" IOCTL);
	hung(&told, "kworker/3:0", 96, "brix_retire_work [brix]", MUTEX "brix_retire_work@brix" WORK);
	explain_text(&explanation, told.text);
	for (size_t i = 0; i < explanation.count; i++)
		assert_int_equal(explanation.reports[i]->kind, GW_KIND_STALL);
	gw_explanation_deinit(&explanation);
}

static void listed(struct told *told, const char *comm, unsigned pid, char state, const char *frames)
{
	tell(told, "task:%-15.15s state:%c stack:0     pid:%u  tgid:%u  ppid:1      flags:0x00004000\n", comm, state,
	     pid, pid);
	tell_frames(told, frames);
}

/* It sleeps so that a signal would end it: no detector reports it, a listing of all tasks does. */
static void test_holder_sleeps_interruptibly(void **state)
{
	struct told told = { .length = 0 };

	(void)state;
	hung(&told, "kworker/3:0", 96, "brix_retire_work [brix]", MUTEX "brix_retire_work@brix" WORK);
	listed(&told, "client", 90, 'S', FENCE "brix_wait_idle@brix" IOCTL);
	listed(&told, "daemon", 91, 'S', SLEEP "schedule_timeout brix_wait_event@brix" IOCTL);
	assert_explained(&told, GW_CLASS_FENCE_LOCK_CYCLE, GW_CONFIDENCE_PROBABLE, "task:90", "gpu", "brix", "");
}

/* No function of DRM shows whose module it is: its tasks are of one driver all the same. */
static void test_holder_in_a_module_of_its_own(void **state)
{
	struct told told = { .length = 0 };

	(void)state;
	tell(&told, "watchdog: BUG: soft lockup - CPU#1 stuck for 26s! [brix-poll:90]\n");
	tell(&told, "CPU: 1 PID: 90 Comm: brix-poll Not tainted 6.12.8-test #1\n");
	tell(&told, "RIP: 0010:brix_poll_register+0x27/0x40 [brix]\n");
	tell_frames(&told, "brix_wait_engine@brix brix_poll_main@brix kthread ret_from_fork");
	hung(&told, "user", 91, NULL,
	     SLEEP "schedule_timeout ___down_common down brix_get@brix brix_open@brix do_syscall_64");
	assert_explained(&told, GW_CLASS_BUSY_HOLDER, GW_CONFIDENCE_PROBABLE, "task:90", "other", "brix", "task:91");
}

/* It sleeps for microseconds, and a task has waited for minutes. */
static void test_retries(void **state)
{
	struct told told = { .length = 0 };

	(void)state;
	hung(&told, "user", 91, NULL, MUTEX "brix_get@brix brix_open@brix do_syscall_64");
	listed(&told, "brix-poll", 90, 'D',
	       SLEEP "schedule_hrtimeout_range_clock usleep_range_state brix_poll@brix brix_main@brix kthread");
	assert_explained(&told, GW_CLASS_RETRY_LOOP, GW_CONFIDENCE_PROBABLE, "task:90", "other", "brix", "task:91");
}

/* A driver gives its device a second, again and again. */
static void test_device_does_not_complete(void **state)
{
	struct told told = { .length = 0 };

	(void)state;
	hung(&told, "kworker/1:1", 90, "brix_commit_work [brix]",
	     SLEEP "schedule_timeout __wait_for_common wait_for_completion_timeout brix_commit_tail@brix" WORK);
	hung(&told, "user", 91, NULL, MUTEX "brix_get@brix brix_open@brix do_syscall_64");
	assert_explained(&told, GW_CLASS_SILENT_DEVICE, GW_CONFIDENCE_PROBABLE, "task:90", "other", "brix", "task:91");
}

/* The device stands still until its page fault is handled, for which mmap_lock is needed, which the waiter has. */
static void test_fault_needs_waiter(void **state)
{
	struct told told = { .length = 0 };

	(void)state;
	hung(&told, "client", 90, NULL, FENCE "brix_pin@brix" IOCTL);
	hung(&told, "kworker/u8:6", 91, "iopf_handle_group",
	     SLEEP "rwsem_down_read_slowpath down_read iommu_sva_handle_iopf iopf_handle_group" WORK);
	tell(&told,
	     "INFO: task kworker/u8:6:91 <reader> blocked on an rw-semaphore likely owned by task client:90 <writer>\n");
	assert_explained(&told, GW_CLASS_FAULT_PREEMPT, GW_CONFIDENCE_PROBABLE, "task:91", "gpu", "brix", "");
}

/* The fault waits for another one: the device of the fence may be another one, too. */
static void test_fault_needs_another(void **state)
{
	struct told told = { .length = 0 };
	struct gw_explanation explanation;

	(void)state;
	hung(&told, "client", 90, NULL, FENCE "brix_pin@brix" IOCTL);
	hung(&told, "kworker/u8:6", 91, "iopf_handle_group",
	     SLEEP "rwsem_down_read_slowpath down_read iommu_sva_handle_iopf iopf_handle_group" WORK);
	tell(&told,
	     "INFO: task kworker/u8:6:91 <reader> blocked on an rw-semaphore likely owned by task other:92 <writer>\n");
	explain_text(&explanation, told.text);
	for (size_t i = 0; i < explanation.count; i++)
		assert_int_equal(explanation.reports[i]->kind, GW_KIND_STALL);
	gw_explanation_deinit(&explanation);
}

/* The entity of a scheduler cannot come to rest while its work item waits for who wants it to. */
static void test_entity_does_not_rest(void **state)
{
	struct told told = { .length = 0 };

	(void)state;
	hung(&told, "user", 90, NULL,
	     SLEEP
	     "schedule_timeout __wait_for_common wait_for_completion drm_sched_entity_fini@gpu_sched brix_close@brix" IOCTL);
	hung(&told, "kworker/1:1", 91, "drm_sched_run_job_work [gpu_sched]",
	     MUTEX "brix_run_job@brix drm_sched_run_job_work@gpu_sched" WORK);
	assert_explained(&told, GW_CLASS_WORKQUEUE_CYCLE, GW_CONFIDENCE_PROBABLE, "task:90", "gpu", "brix", "");
}

/* A return trampoline is found as the end of the function before it. */
static void test_return_trampoline(void **state)
{
	struct told told = { .length = 0 };

	(void)state;
	hung(&told, "client", 95, NULL, FENCE "brix_wait_idle@brix" IOCTL);
	tell(&told, "INFO: task kworker/3:0:96 blocked for more than 123 seconds.\n");
	tell(&told, "task:kworker/3:0     state:D stack:0     pid:96  ppid:2      flags:0x00004000\n");
	tell(&told, "Workqueue: events brix_retire_work [brix]\nCall Trace:\n <TASK>\n __schedule+0x2eb/0x8d0\n"
		    " schedule+0x5a/0xd0\n __mutex_lock.constprop.0+0x379/0x6d0\n trace_clock_x86_tsc+0x20/0x20\n"
		    " brix_retire_work+0x24/0x80 [brix]\n process_one_work+0x17e/0x3a0\n </TASK>\n");
	assert_explained(&told, GW_CLASS_FENCE_LOCK_CYCLE, GW_CONFIDENCE_PROBABLE, "task:95", "gpu", "brix", "");
}

/* A listing of all tasks, in the midst of which another CPU prints the stack of a blocked one. */
static void test_frames_of_another_task(void **state)
{
	struct told told = { .length = 0 };

	(void)state;
	hung(&told, "client", 95, NULL, FENCE "brix_wait_idle@brix" IOCTL);
	hung(&told, "kworker/3:0", 96, "brix_retire_work [brix]", MUTEX "brix_retire_work@brix" WORK);
	tell(&told, "task:cpuhp/0         state:S stack:0     pid:18    ppid:2      flags:0x00004000\nCall Trace:\n"
		    " __schedule+0x34d/0xa00\n schedule+0x5a/0xd0\n dma_fence_default_wait+0x1b5/0x2a0\n"
		    " brix_wait_idle+0x2e/0x40 [brix]\n </TASK>\n <TASK>\n __schedule+0x34d/0xa00\n"
		    " smpboot_thread_fn+0x147/0x1d0\n kthread+0xd7/0x100\n </TASK>\n");
	assert_explained(&told, GW_CLASS_FENCE_LOCK_CYCLE, GW_CONFIDENCE_PROBABLE, "task:95", "gpu", "brix", "");
}

/* ---- busy workqueues ------------------------------------------------------------------------------------------- */

static void busy_queue(struct told *told, const char *queue, const char *items)
{
	tell(told, "Showing busy workqueues and worker pools:\nworkqueue %s: flags=0x2000a\n", queue);
	tell(told, "  pwq 8: cpus=0-1 flags=0x4 nice=0 active=1 refcnt=5\n%s", items);
	tell(told, "pool 8: cpus=0-1 flags=0x4 nice=0 hung=0s workers=4 idle: 12 39 37\n");
}

/* Two items of the driver are blocked; the listing shows which one is flushed. */
static void flush_one_of_two(struct told *told, const char *items)
{
	hung(told, "modprobe", 90, NULL, FLUSH "brix_fini@brix do_syscall_64");
	hung(told, "kworker/u8:1", 91, "brix_sync_work [brix]", FENCE "brix_sync_work@brix" WORK);
	hung(told, "kworker/u8:2", 92, "brix_retire_work [brix]", MUTEX "brix_retire_work@brix" WORK);
	tell(told, "INFO: task kworker/u8:2:92 is blocked on a mutex likely owned by task modprobe:90.\n");
	busy_queue(told, "brix-ordered", items);
}

static void test_listed_flush(void **state)
{
	struct told told = { .length = 0 };

	(void)state;
	flush_one_of_two(&told, "    in-flight: 91:brix_sync_work [brix]\n"
				"    in-flight: 92(RESCUER):brix_retire_work [brix] for 8s BAR(90)\n");
	assert_explained(&told, GW_CLASS_WORKQUEUE_CYCLE, GW_CONFIDENCE_PROBABLE, "task:90", "gpu", "brix", "task:91");
}

/* The item that is flushed runs: nobody is shown to keep it from ending. */
static void test_listed_flush_of_a_running_item(void **state)
{
	struct told told = { .length = 0 };
	struct gw_explanation explanation;

	(void)state;
	flush_one_of_two(
		&told, "    in-flight: 91:brix_sync_work [brix], 92:brix_retire_work [brix], 93:other_work BAR(90)\n");
	explain_text(&explanation, told.text);
	for (size_t i = 0; i < explanation.count; i++)
		assert_int_equal(explanation.reports[i]->kind, GW_KIND_STALL);
	gw_explanation_deinit(&explanation);
}

static void test_signaller_is_held_back(void **state)
{
	struct told told = { .length = 0 };

	(void)state;
	hung(&told, "kworker/u8:1", 91, "brix_sync_work [brix]", FENCE "brix_sync_work@brix" WORK);
	hung(&told, "client", 92, NULL, FENCE "brix_wait_idle@brix" IOCTL);
	busy_queue(&told, "brix-ordered",
		   "    in-flight: 91:brix_sync_work [brix]\n"
		   "    inactive: 2*brix_retire_work [brix]\n");
	assert_explained(&told, GW_CLASS_WORKQUEUE_CYCLE, GW_CONFIDENCE_PROBABLE, "task:91", "gpu", "brix", "task:92");
}

/* It waits for a worker, not for another item; or it is another driver's. */
static void test_pending_is_not_held_back(void **state)
{
	static const char *const items[] = {
		"    in-flight: 91:brix_sync_work [brix]\n    pending: brix_retire_work [brix]\n",
		"    in-flight: 91:brix_sync_work [brix]\n    inactive: nfs_retire_work [nfs]\n",
		"    in-flight: 91:brix_sync_work [brix]\n    inactive: brix_log_work [brix]\n"
	};

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct told told = { .length = 0 };
		struct gw_explanation explanation;

		hung(&told, "kworker/u8:1", 91, "brix_sync_work [brix]", FENCE "brix_sync_work@brix" WORK);
		busy_queue(&told, "brix-ordered", items[i]);
		explain_text(&explanation, told.text);
		assert_int_equal(report_about(&explanation)->kind, GW_KIND_STALL);
		gw_explanation_deinit(&explanation);
	}
}

/* ---- every task is listed ---------------------------------------------------------------------------------------- */

/* What `echo t` prints around the tasks. */
static void list_begins(struct told *told)
{
	tell(told, "sysrq: Show State\n");
	listed(told, "systemd", 1, 'S', SLEEP "do_epoll_wait do_syscall_64");
	listed(told, "kthreadd", 2, 'S', SLEEP "kthreadd ret_from_fork");
}

static void list_ends(struct told *told)
{
	tell(told, "Showing busy workqueues and worker pools:\n");
}

/* "silent-device orphaned-fence" of the only report; "" = it leaves nothing open. */
static void assert_open(const struct told *told, enum gw_kind kind, enum gw_class class, const char *classes)
{
	struct gw_explanation explanation;
	const struct gw_report *report;
	char text[256] = "";
	json_t *name;
	size_t i;

	explain_text(&explanation, told->text);
	report = report_about(&explanation);
	assert_int_equal(report->kind, kind);
	assert_string_equal(gw_class_name(report->class), gw_class_name(class));
	json_array_foreach(json_object_get(report->log, "may_be"), i, name)
		snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s%s", i ? " " : "",
			 json_string_value(name));
	assert_string_equal(text, classes);
	gw_explanation_deinit(&explanation);
}

/* Threads that execute items of their own, as a driver's display code has them. */
static void test_flush_of_a_thread(void **state)
{
	struct told told = { .length = 0 }, other = { .length = 0 };

	(void)state;
	hung(&told, "client", 90, NULL,
	     SLEEP "schedule_timeout __wait_for_common wait_for_completion kthread_flush_worker brix_close@brix" IOCTL);
	hung(&told, "brix-crtc", 91, NULL, MUTEX "brix_vblank_work@brix kthread_worker_fn kthread ret_from_fork");
	assert_explained(&told, GW_CLASS_WORKQUEUE_CYCLE, GW_CONFIDENCE_PROBABLE, "task:90", "gpu", "brix", "");
	/* A thread with a loop of its own executes no item. */
	hung(&other, "client", 90, NULL,
	     SLEEP "schedule_timeout __wait_for_common wait_for_completion kthread_flush_worker brix_close@brix" IOCTL);
	hung(&other, "brix-crtc", 91, NULL, MUTEX "brix_vblank_work@brix brix_main@brix kthread ret_from_fork");
	assert_open(&other, GW_KIND_STALL, GW_CLASS_LONG_WAIT, "");
}

static bool may_be(const struct gw_report *report, const char *class)
{
	json_t *name;
	size_t i;

	json_array_foreach(json_object_get(report->log, "may_be"), i, name)
		if (strcmp(json_string_value(name), class) == 0)
			return true;
	return false;
}

/* A fault that the kernel handles for every driver: nothing shows that who waits for a fence has that process' mmap_lock. */
static void test_fault_of_the_core(void **state)
{
	struct told told = { .length = 0 };
	struct gw_explanation explanation;

	(void)state;
	hung(&told, "render", 90, NULL, FENCE "brix_wait_ioctl@brix" IOCTL);
	hung(&told, "kworker/u8:6", 91, "iopf_handle_group",
	     SLEEP "rwsem_down_read_slowpath down_read iopf_handle_group" WORK);
	tell(&told, "sysrq: Show Blocked State\n");
	explain_text(&explanation, told.text);
	assert_int_equal(explanation.count, 2);
	for (size_t i = 0; i < explanation.count; i++)
		assert_int_equal(explanation.reports[i]->kind, GW_KIND_STALL);
	/* But it may be so, and the list excludes nothing of it. */
	assert_true(may_be(explanation.reports[0], "fault-preempt") || may_be(explanation.reports[1], "fault-preempt"));
	gw_explanation_deinit(&explanation);
}

static void two_wait_for_a_lock(struct told *told)
{
	hung(told, "client", 90, NULL, MUTEX "brix_submit@brix" IOCTL);
	hung(told, "other", 91, NULL, MUTEX "brix_unmap@brix" IOCTL);
}

/* Nobody else is in the driver: one of the two has it, or somebody left it. */
static void test_nobody_else_has_the_lock(void **state)
{
	struct told told = { .length = 0 };

	(void)state;
	two_wait_for_a_lock(&told);
	list_begins(&told);
	list_ends(&told);
	assert_open(&told, GW_KIND_STALL, GW_CLASS_LONG_WAIT, "lock-cycle leaked-lock");
}

/* The list is cut, or was never there, or lines of it are lost: who has the lock may be in what is missing. */
static void test_list_is_cut(void **state)
{
	(void)state;
	for (int cut = 0; cut < 4; cut++) {
		struct told told = { .length = 0 };
		struct gw_explanation explanation;

		two_wait_for_a_lock(&told);
		if (cut == 1)
			list_begins(&told);
		if (cut == 2)
			tell(&told, "sysrq: Show State\n");
		if (cut == 3) {
			list_begins(&told);
			tell(&told, "** 412 printk messages dropped **\n");
		}
		if (cut >= 2)
			list_ends(&told);
		explain_text(&explanation, told.text);
		for (size_t i = 0; i < explanation.count; i++) {
			assert_int_equal(explanation.reports[i]->class, GW_CLASS_LONG_WAIT);
			assert_int_equal(json_array_size(json_object_get(explanation.reports[i]->log, "may_be")), 0);
		}
		gw_explanation_deinit(&explanation);
	}
}

static void test_signaller_is_not_blocked(void **state)
{
	struct told told = { .length = 0 }, unlisted = { .length = 0 };

	(void)state;
	hung(&told, "client", 90, NULL, FENCE "brix_wait_idle@brix" IOCTL);
	tell(&told, "sysrq: Show Blocked State\n");
	assert_open(&told, GW_KIND_STALL, GW_CLASS_LONG_WAIT, "silent-device orphaned-fence sched-dep-cycle");
	hung(&unlisted, "client", 90, NULL, FENCE "brix_wait_idle@brix" IOCTL);
	assert_open(&unlisted, GW_KIND_STALL, GW_CLASS_LONG_WAIT, "");
}

/* What amdgpu_fence_info prints of two rings; the first one was given 0x2c jobs. */
static void list_rings(struct told *told, unsigned finished)
{
	tell(told, "--- ring 0 (gfx_0.0.0) ---\nLast signaled fence          0x%08x\n", finished);
	tell(told, "Last emitted                 0x0000002c\nLast signaled trailing fence 0x00000000\n"
		   "Last emitted                 0x00000007\nLast preempted               0x00000000\n"
		   "--- ring 1 (sdma0) ---\nLast signaled fence          0x00000105\n"
		   "Last emitted                 0x00000105\n");
}

static void wait_beside_rings(struct told *told, const char *module, unsigned first, unsigned second)
{
	char frames[256];

	snprintf(frames, sizeof(frames), FENCE "gem_wait_ioctl@%s" IOCTL, module);
	hung(told, "client", 90, NULL, frames);
	tell(told, "sysrq: Show Blocked State\n");
	list_rings(told, first);
	if (second)
		list_rings(told, second);
}

/* Two readings show that the GPU does not get on with what it has to do. */
static void test_ring_stands(void **state)
{
	struct told told = { .length = 0 };
	struct gw_explanation explanation;
	const struct gw_report *report;

	(void)state;
	wait_beside_rings(&told, "amdgpu", 0x2a, 0x2a);
	explain_text(&explanation, told.text);
	report = report_about(&explanation);
	assert_int_equal(report->kind, GW_KIND_STALL);
	assert_int_equal(report->class, GW_CLASS_SILENT_DEVICE);
	assert_int_equal(report->confidence, GW_CONFIDENCE_HINT);
	assert_non_null(strstr(report->explanation, "finished no job of ring 0 (gfx_0.0.0)"));
	assert_true(has_victim(report, "task:90"));
	gw_explanation_deinit(&explanation);
}

/* It gets on; or it has nothing to do; or one look alone shows it; or the fence is another driver's. */
static void test_ring_gets_on(void **state)
{
	static const struct {
		const char *module;
		unsigned first, second;
	} looks[] = {
		{ "amdgpu", 0x2a, 0x2b }, { "amdgpu", 0x2c, 0x2c }, { "amdgpu", 0x2a, 0 }, { "i915", 0x2a, 0x2a }
	};

	(void)state;
	for (size_t i = 0; i < sizeof(looks) / sizeof(looks[0]); i++) {
		struct told told = { .length = 0 };

		wait_beside_rings(&told, looks[i].module, looks[i].first, looks[i].second);
		assert_open(&told, GW_KIND_STALL, GW_CLASS_LONG_WAIT, "silent-device orphaned-fence sched-dep-cycle");
	}
}

/* A job may take its time, and nobody waits for long. */
static void test_ring_without_waiter(void **state)
{
	struct told told = { .length = 0 };
	struct gw_explanation explanation;

	(void)state;
	list_rings(&told, 0x2a);
	list_rings(&told, 0x2a);
	explain_text(&explanation, told.text);
	assert_int_equal(explanation.count, 0);
	gw_explanation_deinit(&explanation);
}

/* An expedited grace period complains of a CPU that was busy for some milliseconds. */
static void test_short_stall(void **state)
{
	static const unsigned jiffies[] = { 11, 6720 };

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct told told = { .length = 0 };
		struct gw_explanation explanation;

		tell(&told,
		     "rcu: INFO: rcu_sched detected expedited stalls on CPUs/tasks: { 8-... } %u jiffies s: 225 root: 0x1/.\n",
		     jiffies[i]);
		tell(&told,
		     "Task dump for CPU 8:\n"
		     "task:kworker/8:1     state:R  running task     stack:    0 pid:  208 ppid:     2 flags:0x00004008\n"
		     "Workqueue: events brix_damage_work [brix]\n");
		tell_frames(&told, "brix_copy@brix brix_damage_work@brix" WORK);
		explain_text(&explanation, told.text);
		assert_int_equal(explanation.count, i);
		if (i)
			assert_string_equal(gw_class_name(explanation.reports[0]->class), "busy-holder");
		gw_explanation_deinit(&explanation);
	}
}

/* It may be an item that cannot start before one that waits; a list of busy workqueues would show that. */
static void test_signaller_may_be_held_back(void **state)
{
	(void)state;
	for (int whole = 0; whole < 2; whole++) {
		struct told told = { .length = 0 };

		hung(&told, "kworker/u8:1", 91, "brix_sync_work [brix]", FENCE "brix_sync_work@brix" WORK);
		if (whole) {
			list_begins(&told);
			list_ends(&told);
		} else {
			tell(&told, "sysrq: Show Blocked State\n");
		}
		assert_open(&told, GW_KIND_STALL, GW_CLASS_LONG_WAIT,
			    whole ? "silent-device orphaned-fence sched-dep-cycle"
				  : "silent-device orphaned-fence sched-dep-cycle workqueue-cycle reset-cycle");
	}
}

#define UNPLUG                                                                                                         \
	SLEEP                                                                                                          \
	"schedule_timeout __wait_for_common __synchronize_srcu synchronize_srcu drm_dev_unplug@drm brix_remove@brix do_syscall_64"

/* Nobody else is in the driver: so somebody left the section. Who waits for a lock there, or sleeps, may be in it. */
static void test_section_is_nobodys(void **state)
{
	static const char *const frames[] = { NULL, MUTEX "brix_submit@brix" IOCTL,
					      SLEEP "brix_wait_idle@brix brix_ioctl@brix" IOCTL,
					      SLEEP "schedule_timeout brix_main@brix kthread ret_from_fork" };
	static const char states[] = { 'S', 'D', 'S', 'S' };

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		struct told told = { .length = 0 };

		hung(&told, "bash", 90, NULL, UNPLUG);
		list_begins(&told);
		if (frames[i])
			listed(&told, "other", 91, states[i], frames[i]);
		list_ends(&told);
		assert_open(&told, GW_KIND_STALL, GW_CLASS_LONG_WAIT,
			    i == 0 || i == 3 ? "leaked-section" : "leaked-section unplug-srcu");
	}
}

static void assert_words(const struct told *told, const char *words)
{
	struct gw_explanation explanation;

	explain_text(&explanation, told->text);
	print_message("%s\n", explanation.reports[0]->explanation);
	assert_non_null(strstr(explanation.reports[0]->explanation, words));
	assert_int_equal(explanation.reports[0]->kind, GW_KIND_STALL);
	gw_explanation_deinit(&explanation);
}

/* Two that wait in one driver: a loop of the two looks like two that wait for what somebody left, so it is neither. */
static void test_exclusion_is_said(void **state)
{
	struct told told = { .length = 0 }, asleep = { .length = 0 }, runs = { .length = 0 }, works = { .length = 0 };

	(void)state;
	two_wait_for_a_lock(&told);
	list_begins(&told);
	listed(&told, "brix-gfx", 92, 'S', SLEEP "brix_main@brix kthread ret_from_fork");
	list_ends(&told);
	assert_words(&told, "is held by one of those that wait, or was left behind: no other task is at work in brix");
	/* A third one is in the midst of something there. */
	two_wait_for_a_lock(&asleep);
	list_begins(&asleep);
	listed(&asleep, "third", 92, 'S', SLEEP "brix_wait_idle@brix brix_ioctl@brix" IOCTL);
	list_ends(&asleep);
	assert_words(&asleep, "perhaps by third (pid 92) in brix_wait_idle() [brix]");
	/* Somebody is on a CPU that nobody asked. */
	two_wait_for_a_lock(&runs);
	list_begins(&runs);
	tell(&runs, "task:third           state:R  running task     stack:0     pid:92    tgid:92    ppid:1\n");
	list_ends(&runs);
	assert_words(&runs, "is held by a task that the log does not name.");
	assert_open(&runs, GW_KIND_STALL, GW_CLASS_LONG_WAIT, "lock-cycle leaked-lock busy-holder retry-loop");
	/* Who is blocked is listed, and nobody else. */
	two_wait_for_a_lock(&works);
	tell(&works, "sysrq: Show Blocked State\n");
	assert_words(&works, "is held by a task that the log does not name.");
	assert_open(&works, GW_KIND_STALL, GW_CLASS_LONG_WAIT, "lock-cycle leaked-lock busy-holder retry-loop");
}

/* ---- lockdep reports who went on with a lock ------------------------------------------------------------------------ */

#define LOCK_A "ffff888000000a01 (&brix->a){+.+.}-{3:3}"

static void all_locks(struct told *told, const char *more)
{
	hung(told, "client", 90, NULL, MUTEX "brix_submit@brix" IOCTL);
	tell(told,
	     "Showing all locks held in the system:\n1 lock held by client/90:\n #0: " LOCK_A
	     ", at: brix_submit+0x1/0x2\n%s",
	     more);
}

static void test_lock_is_left(void **state)
{
	static const char *const texts[] = {
		"WARNING: lock held when returning to user space!\n6.12.8-test #1 Not tainted\n"
		"------------------------------------------------\nbash/91 is leaving the kernel with locks still held!\n"
		"1 lock held by bash/91:\n #0: " LOCK_A ", at: brix_open+0x1/0x2\n",
		"====================================\nWARNING: bash/91 still has locks held!\n"
		"------------------------------------\n1 lock held by bash/91:\n #0: " LOCK_A
		", at: brix_open+0x1/0x2\n",
		"BUG: workqueue leaked atomic, lock or RCU: kworker/1:2[91]\n"
		"     preempt=0x00000000 lock=0->1 RCU=0->0 workfn=brix_work [brix]\n"
		"1 lock held by kworker/1:2/91:\n #0: " LOCK_A ", at: brix_work+0x1/0x2\n",
	};

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct told told = { .length = 0 };

		tell(&told, "%s", texts[i]);
		all_locks(&told, "");
		assert_explained(&told, GW_CLASS_LEAKED_LOCK, GW_CONFIDENCE_PROBABLE, "task:91", "gpu", "brix", "");
	}
}

#define OTHER_HAS_A "1 lock held by bash/91:\n #0: " LOCK_A ", at: brix_open+0x1/0x2\n"

/* Where its stack shows what it does now, the list alone will do; in the driver it may still come to release the lock. */
static void test_lock_of_a_sleeper(void **state)
{
	struct told told = { .length = 0 }, inside = { .length = 0 }, unseen = { .length = 0 };

	(void)state;
	all_locks(&told, OTHER_HAS_A);
	listed(&told, "bash", 91, 'S',
	       SLEEP "do_nanosleep hrtimer_nanosleep common_nsleep __x64_sys_clock_nanosleep do_syscall_64");
	assert_explained(&told, GW_CLASS_LEAKED_LOCK, GW_CONFIDENCE_PROBABLE, "task:91", "gpu", "brix", "");
	all_locks(&inside, OTHER_HAS_A);
	listed(&inside, "bash", 91, 'S', SLEEP "brix_wait_idle@brix brix_ioctl@brix" IOCTL);
	assert_explained(&inside, GW_CLASS_LONG_WAIT, GW_CONFIDENCE_PROBABLE, "task:91", "gpu", "brix", "task:90");
	all_locks(&unseen, OTHER_HAS_A);
	assert_explained(&unseen, GW_CLASS_LONG_WAIT, GW_CONFIDENCE_PROBABLE, "task:91", "gpu", "brix", "task:90");
}

/* ---- a kernel that names owners names none ------------------------------------------------------------------------- */

static void hung_in(struct told *told, const char *release, const char *comm, unsigned pid, const char *frames)
{
	tell(told, "INFO: task %s:%u blocked for more than 123 seconds.\n      Not tainted %s #1\n", comm, pid,
	     release);
	listed(told, comm, pid, 'D', frames);
}

static void test_owner_is_gone(void **state)
{
	struct told told = { .length = 0 };
	struct gw_explanation explanation;

	(void)state;
	for (int round = 0; round < 2; round++) {
		hung_in(&told, "6.17.2", "client", 90, MUTEX "brix_submit@brix" IOCTL);
		hung_in(&told, "6.17.2", "other", 91, MUTEX "brix_submit@brix" IOCTL);
	}
	list_begins(&told);
	list_ends(&told);
	explain_text(&explanation, told.text);
	assert_int_equal(report_about(&explanation)->class, GW_CLASS_LEAKED_LOCK);
	assert_int_equal(explanation.reports[0]->confidence, GW_CONFIDENCE_PROBABLE);
	assert_true(has_victim(explanation.reports[0], "task:91"));
	assert_non_null(strstr(explanation.reports[0]->summary, "which a task that is gone has not released"));
	gw_explanation_deinit(&explanation);
}

/* An older kernel, a report that was perhaps cut, a lock whose owner the kernel did look for. */
static void test_owner_is_perhaps_there(void **state)
{
	(void)state;
	for (int i = 0; i < 3; i++) {
		struct told told = { .length = 0 };

		for (int round = 0; round < (i == 1 ? 1 : 2); round++) {
			hung_in(&told, i == 0 ? "6.12.8" : "6.17.2", "client", 90, MUTEX "brix_submit@brix" IOCTL);
			if (i == 2)
				tell(&told,
				     "INFO: task client:90 is blocked on a mutex, but the owner is not found.\n");
		}
		list_begins(&told);
		list_ends(&told);
		assert_open(&told, GW_KIND_STALL, GW_CLASS_LONG_WAIT, "lock-cycle leaked-lock");
	}
}

/* ---- several that are stuck alike; pages; CPUs --------------------------------------------------------------------- */

/* Whichever of them signals, it needs the lock. */
static void test_signallers_are_stuck_alike(void **state)
{
	struct told told = { .length = 0 };

	(void)state;
	hung(&told, "client", 90, NULL, FENCE "brix_submit@brix" IOCTL);
	for (unsigned pid = 91; pid < 94; pid++)
		hung(&told, "kworker/u8:1", pid, "brix_retire_work [brix]", MUTEX "brix_retire_work@brix" WORK);
	assert_explained(&told, GW_CLASS_FENCE_LOCK_CYCLE, GW_CONFIDENCE_PROBABLE, "task:90", "gpu", "brix",
			 "task:92 task:93");
}

/* One of them waits elsewhere, and may get on. */
static void test_one_signaller_is_elsewhere(void **state)
{
	struct told told = { .length = 0 };
	struct gw_explanation explanation;

	(void)state;
	hung(&told, "client", 90, NULL, FENCE "brix_submit@brix" IOCTL);
	hung(&told, "kworker/u8:1", 91, "brix_retire_work [brix]", MUTEX "brix_retire_work@brix" WORK);
	hung(&told, "kworker/u8:2", 92, "brix_retire_work [brix]",
	     SLEEP "msleep brix_wait_register@brix brix_retire_work@brix" WORK);
	explain_text(&explanation, told.text);
	for (size_t i = 0; i < explanation.count; i++)
		assert_int_not_equal(explanation.reports[i]->kind, GW_KIND_DEADLOCK);
	gw_explanation_deinit(&explanation);
}

static void wait_for_a_moved_page(struct told *told, unsigned owner)
{
	hung(told, "client", 90, NULL,
	     SLEEP
	     "io_schedule folio_wait_bit_common shmem_get_folio_gfp handle_mm_fault __get_user_pages brix_pin@brix" IOCTL);
	hung(told, "kworker/u8:1", 91, "brix_svm_work [brix]",
	     SLEEP "rwsem_down_write_slowpath down_write brix_migrate_range@brix brix_svm_work@brix" WORK);
	tell(told,
	     "INFO: task kworker/u8:1:91 <writer> blocked on an rw-semaphore likely owned by task client:%u <reader>\n",
	     owner);
}

static void test_page_is_moved_by_who_needs_the_lock(void **state)
{
	struct told told = { .length = 0 }, other = { .length = 0 };
	struct gw_explanation explanation;

	(void)state;
	wait_for_a_moved_page(&told, 90);
	explain_text(&explanation, told.text);
	assert_int_equal(report_about(&explanation)->class, GW_CLASS_PAGE_LOCK_CYCLE);
	assert_string_equal(explanation.reports[0]->root_node, "task:90");
	gw_explanation_deinit(&explanation);
	/* Somebody else's lock: it gets on when that one does. */
	wait_for_a_moved_page(&other, 99);
	explain_text(&explanation, other.text);
	for (size_t i = 0; i < explanation.count; i++)
		assert_int_not_equal(explanation.reports[i]->kind, GW_KIND_DEADLOCK);
	gw_explanation_deinit(&explanation);
}

/* A page is mostly its disk's: that somebody in a GPU's driver has it is worth a word where somebody is stuck there. */
static void test_page_of_nobody(void **state)
{
	struct told alone = { .length = 0 }, beside = { .length = 0 };
	struct gw_explanation explanation;

	(void)state;
	hung(&alone, "watchdog", 90, NULL,
	     SLEEP "io_schedule folio_wait_bit_common filemap_fault do_user_addr_fault exc_page_fault");
	assert_open(&alone, GW_KIND_STALL, GW_CLASS_LONG_WAIT, "");
	hung(&beside, "watchdog", 90, NULL,
	     SLEEP "io_schedule folio_wait_bit_common filemap_fault do_user_addr_fault exc_page_fault");
	hung(&beside, "client", 91, NULL, SLEEP "schedule_timeout brix_wait_ring@brix" IOCTL);
	explain_text(&explanation, beside.text);
	assert_int_equal(explanation.count, 2);
	assert_true(may_be(explanation.reports[0], "page-lock-cycle") ||
		    may_be(explanation.reports[1], "page-lock-cycle"));
	gw_explanation_deinit(&explanation);
}

/* khugepaged and its like wait for an item on each CPU: whoever does not leave one is to blame, and not memory. */
static void test_cpu_is_not_left(void **state)
{
	struct told told = { .length = 0 };

	(void)state;
	tell(&told, "watchdog: BUG: soft lockup - CPU#1 stuck for 26s! [brix-poll:80]\n"
		    "CPU: 1 PID: 80 Comm: brix-poll Not tainted 6.12.8-test #1\n");
	tell_frames(&told, "delay_tsc brix_wait_register@brix brix_poll@brix drm_ioctl@drm do_syscall_64");
	hung(&told, "khugepaged", 42, NULL,
	     SLEEP
	     "schedule_timeout __wait_for_common wait_for_completion __flush_work flush_work __lru_add_drain_all khugepaged kthread");
	assert_explained(&told, GW_CLASS_BUSY_HOLDER, GW_CONFIDENCE_PROBABLE, "task:80", "gpu", "brix", "task:42");
}

/* The listing shows whose item it is, and on which CPU it waits. */
static void test_item_waits_for_its_cpu(void **state)
{
	static const char *const pools[] = { "cpus=1 node=0 flags=0x0", "cpus=0-3 flags=0x4" };

	(void)state;
	for (int i = 0; i < 2; i++) {
		struct told told = { .length = 0 };
		struct gw_explanation explanation;

		tell(&told, "watchdog: BUG: soft lockup - CPU#1 stuck for 26s! [brix-poll:80]\n"
			    "CPU: 1 PID: 80 Comm: brix-poll Not tainted 6.12.8-test #1\n");
		tell_frames(&told, "delay_tsc brix_wait_register@brix brix_poll@brix drm_ioctl@drm do_syscall_64");
		hung(&told, "client", 90, NULL, FLUSH "brix_sync@brix" IOCTL);
		tell(&told, "Showing busy workqueues and worker pools:\nworkqueue events: flags=0x0\n");
		tell(&told, "  pwq 6: %s nice=0 active=2 refcnt=4\n    pending: local_work [brix] BAR(90)\n", pools[i]);
		explain_text(&explanation, told.text);
		assert_string_equal(gw_class_name(explanation.reports[0]->class), "busy-holder");
		assert_int_equal(has_victim(explanation.reports[0], "task:90"), i == 0);
		gw_explanation_deinit(&explanation);
	}
}

/* Until 6.3 a thread of the scheduler completes it. */
static void test_entity_waits_for_its_thread(void **state)
{
	struct told told = { .length = 0 };

	(void)state;
	hung(&told, "user", 90, NULL,
	     SLEEP
	     "schedule_timeout __wait_for_common wait_for_completion drm_sched_entity_fini@gpu_sched brix_close@brix" IOCTL);
	hung(&told, "brix-gfx", 91, NULL, MUTEX "brix_run_job@brix drm_sched_main@gpu_sched kthread ret_from_fork");
	tell(&told, "task:brix-gfx        state:D stack:0     pid:91    tgid:91    ppid:2      flags:0x00004000\n");
	assert_explained(&told, GW_CLASS_WORKQUEUE_CYCLE, GW_CONFIDENCE_PROBABLE, "task:90", "gpu", "brix", "");
}

/* Two CPUs print at once: a wait for a fence that a flush calls is of two tasks. */
static void test_fence_below_a_flush(void **state)
{
	struct told told = { .length = 0 };

	(void)state;
	hung(&told, "modprobe", 90, NULL, FLUSH "brix_fini@brix do_syscall_64");
	hung(&told, "kworker/u8:1", 91, "brix_sync_work [brix]", FENCE "brix_sync_work@brix" WORK);
	hung(&told, "kworker/u8:1", 91, "brix_sync_work [brix]",
	     FENCE "__flush_work flush_work brix_fini@brix do_syscall_64");
	assert_open(&told, GW_KIND_STALL, GW_CLASS_LONG_WAIT, "");
}

/* The clocks' lock is held by who changes a clock's rate, not by a GPU's driver that wants it as well. */
static void test_lock_of_the_clocks(void **state)
{
	struct told told = { .length = 0 };

	(void)state;
	hung(&told, "kworker/u8:2", 90, "commit_work [drm_kms_helper]",
	     MUTEX "clk_prepare_lock clk_set_min_rate vc4_atomic_commit_tail@vc4 commit_tail@drm_kms_helper" WORK);
	hung(&told, "chromium", 91, NULL, MUTEX "clk_prepare_lock clk_round_rate v3d_submit_cl_ioctl@v3d" IOCTL);
	hung(&told, "kworker/1:2", 92, "dbs_work_handler",
	     SLEEP
	     "schedule_timeout wait_for_completion_timeout rpi_firmware_property_list raspberrypi_fw_set_rate clk_change_rate clk_set_rate dev_pm_opp_set_rate" WORK);
	assert_explained(&told, GW_CLASS_LONG_WAIT, GW_CONFIDENCE_PROBABLE, "task:92", "bus", "clock",
			 "task:90 task:91");
}

#define RESUME SLEEP "rpm_resume __pm_runtime_resume "
#define SUSPENDS " pci_pm_runtime_suspend __rpm_callback rpm_callback rpm_suspend pm_runtime_work" WORK

/* The driver's callback wants the very device that it suspends. */
static void test_callback_resumes_its_device(void **state)
{
	struct told told = { .length = 0 }, other = { .length = 0 };

	(void)state;
	hung(&told, "kworker/2:2", 90, "pm_runtime_work",
	     RESUME "brix_runtime_get@brix brix_flush@brix brix_runtime_suspend@brix" SUSPENDS);
	assert_explained(&told, GW_CLASS_RUNTIME_PM_CYCLE, GW_CONFIDENCE_PROBABLE, "task:90", "other", "brix", "");
	/* Another driver's device, which may be on its way. */
	hung(&other, "kworker/2:2", 90, "pm_runtime_work",
	     RESUME "pci_config_pm_runtime_get acme_link@acme_hub brix_runtime_suspend@brix" SUSPENDS);
	assert_open(&other, GW_KIND_STALL, GW_CLASS_LONG_WAIT, "");
}

/* Lines alone, without any stack. */
static void test_lines_without_stacks(void **state)
{
	struct told told = { .length = 0 };

	(void)state;
	tell(&told, "INFO: task swapper/0:1 is blocked on a mutex likely owned by task swapper/0:1.\n");
	assert_explained(&told, GW_CLASS_LOCK_CYCLE, GW_CONFIDENCE_PROVEN, "task:1", "unknown", "", "");
}

/* One report of two that wait in one driver for what nobody in the log can have. */
static void test_locks_of_one_driver(void **state)
{
	struct told told = { .length = 0 };

	(void)state;
	two_wait_for_a_lock(&told);
	assert_open(&told, GW_KIND_STALL, GW_CLASS_LONG_WAIT, "");
}

/* Since 6.15 the kernel's word for a reset that went well has "wedged" in it. */
static void test_wedged_but_recovered(void **state)
{
	static const char *const lines[] = {
		"amdgpu 0000:0c:00.0: [drm] device wedged, but recovered through reset\n",
		"xe 0000:03:00.0: [drm] device wedged, needs recovery\n",
	};

	(void)state;
	for (int i = 0; i < 2; i++) {
		struct told told = { .length = 0 };
		struct gw_explanation explanation;

		tell(&told, "amdgpu 0000:0c:00.0: amdgpu: ring gfx_0.0.0 timeout, signaled seq=136, emitted seq=138\n");
		tell(&told, "%s", lines[i]);
		explain_text(&explanation, told.text);
		assert_int_equal(explanation.count, i);
		if (i)
			assert_int_equal(explanation.reports[0]->class, GW_CLASS_SILENT_DEVICE);
		gw_explanation_deinit(&explanation);
	}
}

/* An ioctl that touches memory which is in swap: what takes so long is not its driver. */
static void test_swapped_memory(void **state)
{
	struct told told = { .length = 0 };

	(void)state;
	hung(&told, "Xorg", 90, NULL,
	     SLEEP
	     "io_schedule folio_wait_bit_common __folio_lock_or_retry do_swap_page handle_mm_fault brix_exec@brix" IOCTL);
	assert_explained(&told, GW_CLASS_LONG_WAIT, GW_CONFIDENCE_PROBABLE, "task:90", "unknown", "", "");
}

/* A GPU that does not come up again, or whose reset ends without it, is lost, however long the log goes on; other devices are no GPU. */
static void test_lost_in_sleep(void **state)
{
	static const struct {
		const char *line;
		size_t reports;
	} rows[] = {
		{ "amdgpu 0000:0a:00.0: amdgpu: amdgpu_device_ip_resume failed (-62).", 1 },
		{ "i915 0000:00:02.0: PM: failed to resume async: error -5", 1 },
		{ "i915 0000:00:02.0: [drm] *ERROR* GT0: Failed to initialise HW following reset (-EIO)", 1 },
		{ "usb 3-1.2: PM: failed to resume async: error -71", 0 },
		{ "amdgpu 0000:0a:00.0: PM: failed to suspend async: error -16", 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		for (int recovers = 0; recovers < 2; recovers++) {
			struct told told = { .length = 0 };
			struct gw_explanation explanation;

			tell(&told, "[  610.000000] PM: suspend entry (deep)\n[  615.000000] %s\n", rows[i].line);
			if (recovers)
				tell(&told, "[  620.000000] amdgpu 0000:0a:00.0: amdgpu: GPU reset(1) succeeded!\n");
			tell(&told, "[  900.000000] wlan0: associated\n");
			explain_text(&explanation, told.text);
			assert_int_equal(explanation.count, recovers ? 0 : rows[i].reports);
			if (explanation.count)
				assert_int_equal(explanation.reports[0]->class, GW_CLASS_SILENT_DEVICE);
			gw_explanation_deinit(&explanation);
		}
	}
}

/* The fence of a GPU that is lost is signalled by nobody; that of another driver's GPU may be. */
static void test_fence_of_a_lost_device(void **state)
{
	static const char *const lines[] = {
		"amdgpu 0000:2b:00.0: amdgpu: device lost from bus!",
		"NVRM: GPU 0000:01:00.0: GPU has fallen off the bus.",
	};

	(void)state;
	for (int other = 0; other < 2; other++) {
		struct told told = { .length = 0 };
		struct gw_explanation explanation;

		tell(&told, "%s\n", lines[other]);
		hung(&told, "irq/38-pciehp", 201, NULL,
		     FENCE "amdgpu_fence_wait_empty@amdgpu amdgpu_pci_remove@amdgpu pciehp_ist irq_thread_fn");
		explain_text(&explanation, told.text);
		assert_int_equal(explanation.count, 1 + other);
		assert_int_equal(explanation.reports[0]->class, other ? GW_CLASS_LONG_WAIT : GW_CLASS_SILENT_DEVICE);
		assert_true(has_victim(explanation.reports[0], "task:201") || other);
		gw_explanation_deinit(&explanation);
	}
}

/* A GPU's driver may have the lock of a process's memory, too: nobody is acquitted of what nobody is seen to hold. */
static void test_lock_of_anybody(void **state)
{
	struct told told = { .length = 0 };

	(void)state;
	hung(&told, "khugepaged", 231, NULL,
	     SLEEP "rwsem_down_write_slowpath down_write collapse_huge_page khugepaged kthread");
	assert_explained(&told, GW_CLASS_LONG_WAIT, GW_CONFIDENCE_PROBABLE, "task:231", "unknown", "", "");
}

/* "dmesg | grep -i brix": frames without the line that names the task. */
static void test_searched_for(void **state)
{
	static const char *const heading[] = { "",
					       "[  399.000000] WARNING: CPU: 1 PID: 9 at drivers/brix/brix.c:77\n" };

	(void)state;
	for (int warns = 0; warns < 2; warns++) {
		struct told told = { .length = 0 };
		struct gw_explanation explanation;

		tell(&told, "%s", heading[warns]);
		for (int i = 0; i < 5; i++)
			tell(&told, "[  400.00000%d]  brix_step_%d+0x4c/0xd0 [brix]\n", i, i);
		explain_text(&explanation, told.text);
		assert_int_equal(explanation.count, 0);
		assert_int_equal(json_array_size(explanation.open), 1 - warns);
		if (!warns)
			assert_non_null(
				strstr(json_string_value(json_object_get(json_array_get(explanation.open, 0), "text")),
				       "brix_step_0()"));
		gw_explanation_deinit(&explanation);
	}
}

/* Tegra's driver is a GPU's; and a function is no thread's for having "kthread" in its name. */
static void test_functions_of_vendors(void **state)
{
	struct told told = { .length = 0 }, other = { .length = 0 };
	struct gw_explanation explanation;

	(void)state;
	hung(&told, "camera", 1211, NULL,
	     SLEEP "schedule_timeout nvgpu_cond_wait@nvgpu gk20a_channel_release@nvgpu __fput");
	explain_text(&explanation, told.text);
	assert_null(strstr(report_about(&explanation)->explanation, "No function of a GPU's driver"));
	assert_string_equal(subsystem(explanation.reports[0], "name"), "nvgpu");
	gw_explanation_deinit(&explanation);
	hung(&other, "nvidia-modeset/", 711, NULL,
	     SLEEP
	     "schedule_timeout ___down_common __down down nvkms_kthread_q_callback@nvidia_modeset _main_loop@nvidia_modeset kthread");
	explain_text(&explanation, other.text);
	assert_non_null(strstr(report_about(&explanation)->summary, "in nvkms_kthread_q_callback()"));
	gw_explanation_deinit(&explanation);
}

/* The kernel names the pool that gets nowhere, and lists which of its workers run; before 6.2 it names the pool alone. */
static void test_stalled_pool(void **state)
{
	(void)state;
	for (int lists = 0; lists < 2; lists++) {
		for (int goes_on = 0; goes_on < 2; goes_on++) {
			struct told told = { .length = 0 };
			struct gw_explanation explanation;

			tell(&told,
			     "[  600.0] BUG: workqueue lockup - pool cpus=2 node=0 flags=0x0 nice=0 stuck for 62s!\n"
			     "[  600.1] Showing busy workqueues and worker pools:\n[  600.1] workqueue events: flags=0x0\n"
			     "[  600.1]   pwq 10: cpus=2 node=0 flags=0x0 nice=0 active=3 refcnt=4\n"
			     "[  600.1]     in-flight: 2210:brix_hotplug_work [brix]\n");
			if (lists)
				tell(&told,
				     "[  600.2] Showing backtraces of running workers in stalled CPU-bound worker pools:\n"
				     "[  600.2] pool 10:\n"
				     "[  600.2] task:kworker/2:3     state:R  running task     stack:0     pid:2210  tgid:2210  ppid:2\n"
				     "[  600.2] Call Trace:\n[  600.2]  brix_poll_sink+0x1/0x20 [brix]\n"
				     "[  600.2]  brix_hotplug_work+0x1/0x20 [brix]\n[  600.2]  process_one_work+0x1/0x20\n");
			if (goes_on)
				tell(&told, "[  900.0] wlan0: associated\n");
			explain_text(&explanation, told.text);
			assert_int_equal(explanation.count, lists);
			assert_int_equal(json_array_size(explanation.open), !lists && !goes_on);
			if (lists) {
				assert_int_equal(explanation.reports[0]->class, GW_CLASS_BUSY_HOLDER);
				assert_string_equal(explanation.reports[0]->root_node, "task:2210");
				assert_int_equal(explanation.reports[0]->resolved_mono_ns != 0, goes_on);
			}
			gw_explanation_deinit(&explanation);
		}
	}
}

/* Who reclaims under a lock that the driver's own shrinker takes keeps all who reclaim waiting: that is the driver's. */
static void test_lock_of_a_shrinker(void **state)
{
	static const char *const frames[] = {
		SLEEP
		"schedule_timeout io_schedule_timeout shrink_inactive_list do_try_to_free_pages try_to_free_pages "
		"__alloc_pages_slowpath i915_gem_get_pages@i915 i915_gem_do_execbuffer@i915" IOCTL,
		SLEEP
		"schedule_timeout io_schedule_timeout shrink_inactive_list do_try_to_free_pages try_to_free_pages "
		"__alloc_pages_slowpath vfs_read",
	};

	(void)state;
	for (int other = 0; other < 2; other++) {
		struct told told = { .length = 0 };
		struct gw_explanation explanation;

		hung(&told, "kswapd0", 80, NULL,
		     MUTEX "i915_gem_shrinker_scan@i915 do_shrink_slab shrink_slab shrink_node balance_pgdat kswapd");
		tell(&told, "INFO: task kswapd0:80 is blocked on a mutex likely owned by task chrome:4410.\n");
		hung(&told, "chrome", 4410, NULL, frames[other]);
		explain_text(&explanation, told.text);
		assert_string_equal(subsystem(report_about(&explanation), "kind"), other ? "memory" : "gpu");
		gw_explanation_deinit(&explanation);
	}
}

/* Firmware that does not answer, and tasks in its driver: that is worth a report beside theirs; tasks of other drivers are not its victims. */
static void test_firmware_beside_tasks(void **state)
{
	static const char *const drivers[] = { "nvidia_modeset", "amdgpu" };

	(void)state;
	for (int other = 0; other < 2; other++) {
		struct told told = { .length = 0 };
		struct gw_explanation explanation;
		char frames[512];

		snprintf(frames, sizeof(frames), MUTEX "brix_flip@%s" IOCTL, drivers[other]);
		hung(&told, "compositor", 71, NULL, frames);
		for (int i = 0; i < 5; i++)
			tell(&told,
			     "NVRM: Xid (PCI:0000:01:00): 119, pid=2099, name=kwin, Timeout after 6s of waiting for RPC response from GPU0 GSP!\n");
		explain_text(&explanation, told.text);
		assert_int_equal(explanation.count, 2 - other);
		for (size_t i = 0; i < explanation.count; i++)
			assert_int_equal(explanation.reports[i]->class == GW_CLASS_SILENT_DEVICE,
					 explanation.reports[i]->victims_total == 0 && i == 1);
		gw_explanation_deinit(&explanation);
	}
}

/* Pasted twice, its time begins anew. */
static void test_pasted_twice(void **state)
{
	struct told told = { .length = 0 };
	struct gw_explanation explanation;

	(void)state;
	for (int i = 0; i < 2; i++) {
		tell(&told,
		     "[  100.000000] brix: ready\n[ 4101.000000] INFO: task client:95 blocked for more than 123 seconds.\n");
		tell(&told,
		     "[ 4101.000001] task:client          state:D stack:0     pid:95  ppid:1      flags:0x00004000\n");
		tell(&told,
		     "[ 4101.000002] Call Trace:\n[ 4101.000003]  __schedule+0x2eb/0x8d0\n"
		     "[ 4101.000004]  dma_fence_default_wait+0x1a5/0x250\n[ 4101.000005]  brix_wait_idle+0x1/0x2 [brix]\n");
	}
	explain_text(&explanation, told.text);
	report_about(&explanation);
	gw_explanation_deinit(&explanation);
}

/* Two CPUs print at once: the later sight of the worker is a piece of the earlier one. */
static void test_torn_stack(void **state)
{
	struct told told = { .length = 0 };

	(void)state;
	hung(&told, "kworker/2:1", 95, "drm_sched_job_timedout [gpu_sched]",
	     MUTEX "amdgpu_device_gpu_recover@amdgpu drm_sched_job_timedout@gpu_sched" WORK);
	hung(&told, "kworker/u8:3", 96, "commit_work [drm_kms_helper]",
	     FENCE
	     "drm_atomic_helper_wait_for_fences@drm_kms_helper commit_tail@drm_kms_helper amdgpu_dm_commit@amdgpu" WORK);
	hung(&told, "kworker/2:1", 95, "drm_sched_job_timedout [gpu_sched]", "__schedule kthread ret_from_fork");
	assert_explained(&told, GW_CLASS_RESET_CYCLE, GW_CONFIDENCE_PROBABLE, "task:96", "gpu", "amdgpu", "");
}

static void test_reader_waits_for_invalidation(void **state)
{
	struct told told = { .length = 0 };

	(void)state;
	hung(&told, "client", 90, NULL,
	     FENCE "brix_invalidate@brix __mmu_notifier_invalidate_range_start unmap_vmas do_vmi_munmap do_syscall_64");
	hung_thread(&told, "brix-ring/0", 91,
		    SLEEP "mmu_interval_read_begin brix_signal_jobs@brix kthread ret_from_fork");
	assert_explained(&told, GW_CLASS_NOTIFIER_CYCLE, GW_CONFIDENCE_PROBABLE, "task:90", "gpu", "brix", "");
}

/* As kernels print it that do not name the process of a thread. */
static void hung_child(struct told *told, const char *comm, unsigned pid, unsigned parent, const char *frames)
{
	tell(told, "INFO: task %s:%u blocked for more than 123 seconds.\n", comm, pid);
	tell(told, "task:%-15.15s state:D stack:    0 pid:%u ppid:%u     flags:0x00004000\n", comm, pid, parent);
	tell_frames(told, frames);
}

#define MUNMAP                                                                                                          \
	FENCE "brix_invalidate@brix __mmu_notifier_invalidate_range_start unmap_vmas unmap_region do_mas_align_munmap " \
	      "__vm_munmap __x64_sys_munmap do_syscall_64"
#define MMAP SLEEP "rwsem_down_write_slowpath down_write_killable vm_mmap_pgoff do_syscall_64"

static void test_thread_of_the_same_parent_is_behind(void **state)
{
	struct told told = { .length = 0 };

	(void)state;
	hung_child(&told, "client", 90, 70, MUNMAP);
	hung_thread(&told, "brix-ring/0", 91,
		    SLEEP "rwsem_down_write_slowpath down_write brix_signal_jobs@brix kthread ret_from_fork");
	hung_child(&told, "client-thread", 92, 70, MMAP);
	assert_explained(&told, GW_CLASS_NOTIFIER_CYCLE, GW_CONFIDENCE_PROBABLE, "task:90", "gpu", "brix", "task:92");
}

static void test_child_of_another_parent_is_not_behind(void **state)
{
	struct told told = { .length = 0 };
	struct gw_explanation explanation;

	(void)state;
	hung_child(&told, "client", 90, 70, MUNMAP);
	hung_thread(&told, "brix-ring/0", 91,
		    SLEEP "rwsem_down_write_slowpath down_write brix_signal_jobs@brix kthread ret_from_fork");
	hung_child(&told, "other", 92, 71, MMAP);
	explain_text(&explanation, told.text);
	for (size_t i = 0; i < explanation.count; i++)
		assert_false(explanation.reports[i]->kind == GW_KIND_DEADLOCK &&
			     has_victim(explanation.reports[i], "task:92"));
	gw_explanation_deinit(&explanation);
}

/* ---- steps that only stacks and listings show ---------------------------------------------------------------------- */

/* No more than a stall, of all that comes out. */
static void assert_stalls(const struct told *told)
{
	struct gw_explanation explanation;

	explain_text(&explanation, told->text);
	assert_true(explanation.count > 0);
	for (size_t i = 0; i < explanation.count; i++) {
		print_message("%s\n", explanation.reports[i]->summary);
		assert_int_equal(explanation.reports[i]->kind, GW_KIND_STALL);
	}
	gw_explanation_deinit(&explanation);
}

#define DRAIN SLEEP "kernfs_drain __kernfs_remove kernfs_remove_by_name_ns brix_fini@brix do_syscall_64"
#define SHOW(function) MUTEX function " dev_attr_show sysfs_kf_seq_show seq_read_iter vfs_read do_syscall_64"

/* It removes a file of sysfs with the lock that the file's function wants. */
static void test_attribute_is_in_use(void **state)
{
	struct told told = { .length = 0 };

	(void)state;
	hung(&told, "cat", 90, NULL, SHOW("brix_show@brix"));
	hung(&told, "modprobe", 91, NULL, DRAIN);
	hung(&told, "client", 92, NULL, MUTEX "brix_submit@brix" IOCTL);
	assert_explained(&told, GW_CLASS_LOCK_CYCLE, GW_CONFIDENCE_PROBABLE, "task:90", "gpu", "brix", "task:92");
}

/* Who else is in a file: another driver's, one that waits for something of its own as well, or nobody who waits. */
static void test_attribute_is_anothers(void **state)
{
	static const char *const readers[] = { SHOW("nfs_show@nfs"), FENCE "brix_status@brix kernfs_fop_write_iter",
					       SLEEP "schedule_timeout brix_status@brix do_syscall_64" };

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct told told = { .length = 0 };

		if (i == 1)
			hung(&told, "cat", 90, NULL, SHOW("brix_show@brix"));
		hung(&told, "modprobe", 91, NULL, DRAIN);
		hung(&told, "other", 92, NULL, readers[i]);
		hung(&told, "client", 93, NULL, MUTEX "brix_submit@brix" IOCTL);
		assert_stalls(&told);
	}
}

#define MADVISE                                                                                                        \
	FENCE "brix_invalidate@brix __mmu_notifier_invalidate_range_start zap_vma_range madvise_do_behavior "          \
	      "do_madvise __x64_sys_madvise do_syscall_64"
#define CHANGE SLEEP "__vma_start_exclude_readers __vma_start_write brix_signal_jobs@brix kthread ret_from_fork"

/* A thread of the driver changes a VMA that madvise() has locked, and has mmap_lock meanwhile. */
static void test_vma_is_in_use(void **state)
{
	struct told told = { .length = 0 }, other = { .length = 0 };

	(void)state;
	/* Before 6.17 madvise() has mmap_lock. */
	tell(&told, "Linux version 7.2.0-test\n");
	tell(&other, "Linux version 7.2.0-test\n");
	hung(&told, "client", 90, NULL, MADVISE);
	hung_thread(&told, "brix-ring/0", 91, CHANGE);
	tell(&told, "task:client-thread   state:D stack:0     pid:92  tgid:90  ppid:1      flags:0x00004000\n");
	tell_frames(&told, MMAP);
	assert_explained(&told, GW_CLASS_NOTIFIER_CYCLE, GW_CONFIDENCE_PROBABLE, "task:90", "gpu", "brix", "task:92");
	/* It is another process that changes its memory. */
	hung(&other, "client", 90, NULL, MADVISE);
	hung(&other, "stranger", 93, NULL,
	     SLEEP "__vma_start_exclude_readers __vma_start_write vma_merge do_mprotect_pkey do_syscall_64");
	assert_stalls(&other);
}

#define REMOTE_FAULT(waits)                                                                                            \
	SLEEP "io_schedule folio_wait_bit_common " waits " handle_mm_fault __get_user_pages "                          \
	      "__get_user_pages_remote brix_fault@brix kthread ret_from_fork"
#define OWN_FAULT                                                                                                      \
	SLEEP "rwsem_down_read_slowpath down_read_killable lock_mm_and_find_vma do_user_addr_fault exc_page_fault"

/* Whose memory a thread of the driver works on, the log does not show; one process waits for its mmap_lock, and none of its own has that. */
static void test_fault_in_another_memory(void **state)
{
	struct told told = { .length = 0 }, released = { .length = 0 };

	(void)state;
	hung_thread(&told, "brix-fault", 91, REMOTE_FAULT("__filemap_get_folio shmem_fault __do_fault"));
	listed(&told, "client", 92, 'D', OWN_FAULT);
	assert_explained(&told, GW_CLASS_LONG_WAIT, GW_CONFIDENCE_HINT, "task:91", "other", "brix", "task:92");
	/* It has let go of that lock before it waits. */
	hung_thread(&released, "brix-fault", 91, REMOTE_FAULT("__folio_lock_or_retry do_swap_page"));
	tell(&released, "sysrq: Show Blocked State\n");
	listed(&released, "client", 92, 'D', OWN_FAULT);
	assert_explained(&released, GW_CLASS_LONG_WAIT, GW_CONFIDENCE_PROBABLE, "task:91", "unknown", "", "");
}

static void two_wait_in_a_queue(struct told *told, const char *items)
{
	hung(told, "kworker/u8:1", 91, "brix_sync_work [brix]", FENCE "brix_sync_work@brix" WORK);
	hung(told, "kworker/u8:2", 92, "brix_sync_work [brix]", FENCE "brix_sync_work@brix" WORK);
	hung(told, "client", 93, NULL, FENCE "brix_wait_idle@brix" IOCTL);
	busy_queue(told, "brix-full", items);
}

/* Two items fill a workqueue, and either's end would let the third one start, which they wait for. */
static void test_queue_is_full(void **state)
{
	struct told told = { .length = 0 };

	(void)state;
	two_wait_in_a_queue(&told, "    in-flight: 91:brix_sync_work [brix], 92:brix_sync_work [brix]\n"
				   "    inactive: brix_retire_work [brix]\n");
	assert_explained(&told, GW_CLASS_WORKQUEUE_CYCLE, GW_CONFIDENCE_PROBABLE, "task:91", "gpu", "brix",
			 "task:92 task:93");
}

/* One more item of it is active, and nothing shows that it will not end. */
static void test_queue_will_move(void **state)
{
	static const char *const items[] = {
		"    in-flight: 91:brix_sync_work [brix], 92:brix_sync_work [brix], 94:brix_log_work [brix]\n"
		"    inactive: brix_retire_work [brix]\n",
		"    in-flight: 91:brix_sync_work [brix], 92:brix_sync_work [brix]\n"
		"    pending: brix_log_work [brix]\n    inactive: brix_retire_work [brix]\n",
		"    in-flight: 91:brix_sync_work [brix], 94:brix_log_work [brix]\n"
		"    inactive: brix_retire_work [brix]\n",
	};

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct told told = { .length = 0 };

		two_wait_in_a_queue(&told, items[i]);
		assert_stalls(&told);
	}
}

#define WRITE SLEEP "schedule_preempt_disabled rwsem_down_write_slowpath down_write brix_retire_work@brix" WORK
#define POLL SLEEP "schedule_timeout msleep brix_poll@brix brix_main@brix kthread"

/* The line names a reader that gets on; another one, if it is one, waits for the writer. Neither is to blame for sure. */
static void test_one_reader_is_named(void **state)
{
	struct told told = { .length = 0 }, alone = { .length = 0 };
	static const char line[] =
		"INFO: task kworker/3:0:96 <writer> blocked on an rw-semaphore likely owned by task brix-poll:90 <reader>\n";

	(void)state;
	for (int i = 0; i < 2; i++) {
		struct told *of = i ? &alone : &told;

		hung(of, "kworker/3:0", 96, "brix_retire_work [brix]", WRITE);
		tell(of, "%s", line);
		listed(of, "brix-poll", 90, 'D', POLL);
	}
	hung(&told, "client", 91, NULL, FENCE "brix_wait_idle@brix" IOCTL);
	tell(&told, "sysrq: Show Blocked State\n");
	assert_open(&told, GW_KIND_STALL, GW_CLASS_LONG_WAIT, "fence-lock-cycle retry-loop");
	assert_explained(&alone, GW_CLASS_RETRY_LOOP, GW_CONFIDENCE_PROBABLE, "task:90", "other", "brix", "task:96");
}

/* What it tries for is in no stack: it may be a lock, of one of those whom it keeps waiting, or of another one who polls. */
static void test_tries_for_something(void **state)
{
	struct told told = { .length = 0 }, two = { .length = 0 };

	(void)state;
	hung(&told, "user", 91, NULL, MUTEX "brix_get@brix" IOCTL);
	listed(&told, "brix-poll", 90, 'D', POLL);
	tell(&told, "sysrq: Show Blocked State\n");
	assert_open(&told, GW_KIND_LIVELOCK, GW_CLASS_RETRY_LOOP, "retry-loop lock-cycle");
	hung(&two, "user", 91, NULL, MUTEX "brix_get@brix" IOCTL);
	tell(&two, "INFO: task user:91 is blocked on a mutex likely owned by task brix-poll:90.\n");
	listed(&two, "brix-poll", 90, 'D', POLL);
	listed(&two, "brix-other", 92, 'D', POLL);
	tell(&two, "sysrq: Show Blocked State\n");
	assert_open(&two, GW_KIND_STALL, GW_CLASS_LONG_WAIT, "retry-loop busy-holder lock-cycle");
}

/* The same of one that runs, and gives its CPU to others now and then: no detector reports it. */
static void runs_twice(struct told *told)
{
	hung(told, "user", 91, NULL, MUTEX "brix_get@brix" IOCTL);
	for (int look = 0; look < 2; look++) {
		tell(told, "NMI backtrace for cpu 3\nCPU: 3 PID: 90 Comm: brix-try Not tainted 6.12.8-test #1\n"
			   "RIP: 0010:brix_try+0x1/0x2 [brix]\n");
		tell_frames(told, "brix_main@brix kthread ret_from_fork");
	}
	tell(told, "INFO: task user:91 is blocked on a mutex likely owned by task brix-try:90.\n");
}

static void test_runs_for_something(void **state)
{
	struct told told = { .length = 0 }, two = { .length = 0 };

	(void)state;
	runs_twice(&told);
	tell(&told, "sysrq: Show Blocked State\n");
	assert_open(&told, GW_KIND_LIVELOCK, GW_CLASS_BUSY_HOLDER, "busy-holder retry-loop lock-cycle");
	runs_twice(&two);
	listed(&two, "brix-other", 92, 'D', POLL);
	tell(&two, "sysrq: Show Blocked State\n");
	assert_open(&two, GW_KIND_STALL, GW_CLASS_LONG_WAIT, "retry-loop busy-holder lock-cycle");
}

/* Threads that look every few milliseconds, and one that waits for something else of the driver. */
static void test_polling_is_no_hang(void **state)
{
	struct told told = { .length = 0 };

	(void)state;
	listed(&told, "brix-poll", 90, 'D', POLL);
	listed(&told, "brix-poll", 91, 'D', POLL);
	listed(&told, "client", 92, 'S', SLEEP "schedule_timeout drm_read@drm vfs_read do_syscall_64");
	tell(&told, "sysrq: Show Blocked State\n");
	assert_nothing(&told);
	/* But who waits for one of them is worth a report, even if no detector was on. */
	listed(&told, "user", 93, 'D', MUTEX "brix_get@brix" IOCTL);
	listed(&told, "other", 94, 'D', MUTEX "brix_get@brix" IOCTL);
	assert_stalls(&told);
}

/* Another CPU prints in between: the times of the last sight run backwards, and some of its frames are another task's. */
static void test_times_run_backwards(void **state)
{
	struct told told = { .length = 0 };

	(void)state;
	hung(&told, "client", 95, NULL, FENCE "brix_wait_idle@brix" IOCTL);
	hung(&told, "kworker/3:0", 96, "brix_retire_work [brix]", MUTEX "brix_retire_work@brix" WORK);
	tell(&told,
	     "[  102.046011] task:kworker/3:0     state:D stack:0     pid:96  tgid:96  ppid:2      flags:0x00004000\n"
	     "[  102.046020] Call Trace:\n[  102.045934]  __schedule+0x528/0x1060\n[  102.046205]  schedule+0x27/0xa0\n"
	     "[  102.046369]  rescuer_thread+0x3f1/0x590\n[  102.046521]  kthread+0xe3/0x120\n");
	assert_explained(&told, GW_CLASS_FENCE_LOCK_CYCLE, GW_CONFIDENCE_PROBABLE, "task:95", "gpu", "brix", "");
}

/* A list has no stack of a task on another CPU: the frames are those of one that another CPU reported at that moment. */
static void test_stack_of_nobody(void **state)
{
	struct told told = { .length = 0 };

	(void)state;
	hung(&told, "client", 95, NULL, MUTEX "brix_submit@brix" IOCTL);
	tell(&told, "sysrq: Show State\n");
	listed(&told, "khungtaskd", 35, 'R', "brix_flush@brix kthread ret_from_fork");
	assert_explained(&told, GW_CLASS_LONG_WAIT, GW_CONFIDENCE_PROBABLE, "task:95", "gpu", "brix", "");
	/* This one waits for a CPU. */
	listed(&told, "brix-run", 36, 'R',
	       SLEEP "__cond_resched brix_poll_register@brix brix_main@brix kthread ret_from_fork");
	assert_explained(&told, GW_CLASS_BUSY_HOLDER, GW_CONFIDENCE_HINT, "task:36", "gpu", "brix", "task:95");
}

/* Only the innermost frame is left of it. */
static void test_rest_of_a_stack(void **state)
{
	struct told told = { .length = 0 };

	(void)state;
	hung(&told, "client", 95, NULL, FENCE "brix_wait_idle@brix" IOCTL);
	hung(&told, "kworker/3:0", 96, "brix_retire_work [brix]", MUTEX "brix_retire_work@brix" WORK);
	tell(&told, "task:kworker/3:0     state:D stack:0     pid:96  tgid:96  ppid:2      flags:0x00004000\n"
		    "Call Trace:\n <TASK>\n __schedule+0x528/0x1060\n");
	assert_explained(&told, GW_CLASS_FENCE_LOCK_CYCLE, GW_CONFIDENCE_PROBABLE, "task:95", "gpu", "brix", "");
}

static void test_host_of_virtual_machine(void **state)
{
	struct told told = { .length = 0 };

	(void)state;
	hung(&told, "Xorg", 120, NULL,
	     SLEEP
	     "virtio_gpu_queue_fenced_ctrl_buffer@virtio_gpu virtio_gpu_primary_plane_update@virtio_gpu commit_tail@drm_kms_helper" IOCTL);
	assert_explained(&told, GW_CLASS_SILENT_DEVICE, GW_CONFIDENCE_PROBABLE, "task:120", "gpu", "virtio_gpu", "");
}

/* ---- what public reports are like ---------------------------------------------------------------------------------- */

static size_t count_open(const char *text, size_t *recovered)
{
	struct gw_explanation explanation;
	size_t open;

	explain_text(&explanation, text);
	assert_int_equal(explanation.count, 0);
	open = json_array_size(explanation.open);
	*recovered = json_array_size(explanation.recovered);
	gw_explanation_deinit(&explanation);
	return open;
}

#define STALLED                                                                                                        \
	"[   80.900000] rcu: INFO: rcu_preempt self-detected stall on CPU\n"                                           \
	"[   80.910000] rcu:     6-....: (5250 ticks this GP) idle=ec24/1/0x4000000000000000 fqs=2600\n"
#define SPINS                                                                                                          \
	"[   80.950000] CPU: 6 UID: 0 PID: 18 Comm: spinner Not tainted 6.12.8-test #1\n"                              \
	"[   80.960000] Call trace:\n"                                                                                 \
	"[   80.960100]  smp_call_function_single+0xdc/0x1a0 (P)\n"                                                    \
	"[   80.960200]  brix_sync_cpus+0x228/0x3c0\n"                                                                 \
	"[   80.960300]  brix_wait+0x18/0x30\n"

/* A detector found a task that waits for another CPU, and of that the log has nothing: no silence. One look is no detector. */
static void test_detector_found_a_waiter(void **state)
{
	struct gw_explanation explanation;
	const struct gw_report *report;
	size_t recovered;

	(void)state;
	explain_text(&explanation, STALLED SPINS);
	report = report_about(&explanation);
	assert_int_equal(report->class, GW_CLASS_LONG_WAIT);
	assert_string_equal(report->root_node, "task:18");
	assert_non_null(strstr(report->summary, "another CPU"));
	gw_explanation_deinit(&explanation);
	assert_int_equal(count_open("[   80.900000] NMI backtrace for cpu 6\n" SPINS, &recovered), 0);
	/* Nor is it one where no task is named. */
	assert_int_equal(count_open(STALLED, &recovered), 1);
	assert_int_equal(count_open(STALLED "[  400.000000] usb 1-2: new high-speed USB device number 9\n", &recovered),
			 0);
	assert_int_equal(recovered, 1);
}

/* RCU lists the task of a CPU in the form of a sleeping one, and its own thread, which only gets no time. */
static void test_stall_of_rcu_lists(void **state)
{
	static const char text[] =
		STALLED "[   80.920000] rcu: rcu_preempt kthread starved for 10492 jiffies! g12045 f0x0\n"
			"[   80.930000] rcu_preempt     R  running task    22872    10      2 0x80000000\n"
			"[   80.930100] Call Trace:\n[   80.930200]  __schedule+0x86c/0x1ed0\n"
			"[   80.930300]  rcu_gp_kthread+0x9d9/0x2310\n"
			"[   80.940000] %s:\n"
			"[   80.950000] looper          R  running task    28096  4312   3955 0x20020008\n"
			"[   80.950100] Call Trace:\n"
			"[   80.950200]  <IRQ>  [<ffffffff8140c8fc>] sched_show_task+0x2cb/0x2d6\n"
			"[   80.950300]  [<ffffffff8140cb87>] dump_cpu_task+0x79/0x7e\n"
			"[   80.950400]  <EOI>  [<ffffffff8113d9d4>] brix_retry+0x54/0x60\n"
			"[   80.950500]  [<ffffffff8151ce0d>] brix_walk+0x30d/0x3f0\n";
	struct gw_explanation explanation;
	const struct gw_report *report;
	char told[4096];
	size_t recovered;

	(void)state;
	snprintf(told, sizeof(told), text, "rcu: Task dump for CPU 0");
	explain_text(&explanation, told);
	report = report_about(&explanation);
	assert_int_equal(report->class, GW_CLASS_BUSY_HOLDER);
	assert_string_equal(report->root_node, "task:4312");
	assert_non_null(strstr(report->summary, "it is in brix_retry()"));
	gw_explanation_deinit(&explanation);
	/* A list of all tasks has running ones, too. */
	snprintf(told, sizeof(told), text, "sysrq: Show State");
	assert_int_equal(count_open(told, &recovered), 1);
}

/* The detector asks within the tick, which ARM does not mark. */
static void test_tick_is_no_place(void **state)
{
	struct told told = { .length = 0 };
	struct gw_explanation explanation;

	(void)state;
	tell(&told,
	     "rcu: INFO: rcu_preempt self-detected stall on CPU\nTask dump for CPU 0:\n"
	     "task:looper          state:R  running task     stack:    0 pid:   61 ppid:     1 flags:0x0000000a\n"
	     "Call trace:\n dump_backtrace+0x1/0x2\n show_stack+0x1/0x2\n sched_show_task+0x1/0x2\n"
	     " rcu_dump_cpu_stacks+0x1/0x2\n rcu_sched_clock_irq+0x1/0x2\n update_process_times+0x1/0x2\n"
	     " tick_sched_timer+0x1/0x2\n __hrtimer_run_queues+0x1/0x2\n hrtimer_interrupt+0x1/0x2\n"
	     " arch_timer_handler_phys+0x1/0x2\n handle_percpu_devid_irq+0x1/0x2\n generic_handle_irq+0x1/0x2\n"
	     " __handle_domain_irq+0x1/0x2\n gic_handle_irq+0x1/0x2\n el1_irq+0x1/0x2\n brix_retry+0x1/0x2\n");
	explain_text(&explanation, told.text);
	assert_non_null(strstr(report_about(&explanation)->summary, "it is in brix_retry()"));
	gw_explanation_deinit(&explanation);
}

/* An idle CPU that is not left is held by an interrupt. Where the log does not show one, nobody is acquitted for where it is idle. */
static void test_idle_below_an_interrupt(void **state)
{
	static const char *const interrupts[] = {
		" <IRQ>\n brix_irq_handler+0x1/0x2 [amdgpu]\n handle_irq+0x1/0x2\n </IRQ>\n",
		" <IRQ>\n brix_poll+0x1/0x2 [igb]\n net_rx_action+0x1/0x2\n </IRQ>\n",
		" brix_irq_handler+0x1/0x2 [amdgpu]\n el1_irq+0x1/0x2\n", ""
	};
	static const char *const kinds[] = { "gpu", "network", "gpu", "unknown" }, *const places[] = {
		"brix_irq_handler()", "brix_poll()", "brix_irq_handler()", "acpi_idle_enter()"
	};

	(void)state;
	for (size_t i = 0; i < sizeof(interrupts) / sizeof(interrupts[0]); i++) {
		struct told told = { .length = 0 };
		struct gw_explanation explanation;
		const struct gw_report *report;

		tell(&told,
		     "rcu: INFO: rcu_preempt detected stalls on CPUs/tasks:\nNMI backtrace for cpu 0\n"
		     "CPU: 0 PID: 0 Comm: swapper/0 Not tainted 6.7.0\nCall Trace:\n%s <TASK>\n"
		     " acpi_idle_enter+0x1/0x2\n cpuidle_enter+0x1/0x2\n do_idle+0x1/0x2\n </TASK>\n",
		     interrupts[i]);
		explain_text(&explanation, told.text);
		report = report_about(&explanation);
		assert_string_equal(subsystem(report, "kind"), kinds[i]);
		assert_non_null(strstr(report->summary, places[i]));
		gw_explanation_deinit(&explanation);
	}
}

/* Where it is by chance is what its caller does there. */
static void test_helpers_are_no_place(void **state)
{
	static const char text[] = "watchdog: BUG: soft lockup - CPU#2 stuck for 23s! [looper:812]\n"
				   "CPU: 2 PID: 812 Comm: looper Not tainted 6.12.8-test #1\n"
				   "RIP: 0010:__sanitizer_cov_trace_pc+0x1c/0x60\n"
				   "Call Trace:\n <TASK>\n"
				   " lock_is_held_type+0x10/0x40\n delay_tsc+0x20/0x90\n brix_walk+0x55/0x90\n"
				   " do_syscall_64+0x82/0x190\n </TASK>\n";
	struct gw_explanation explanation;
	const struct gw_report *report;

	(void)state;
	explain_text(&explanation, text);
	report = report_about(&explanation);
	assert_int_equal(report->class, GW_CLASS_BUSY_HOLDER);
	assert_non_null(strstr(report->summary, "it is in brix_walk()"));
	assert_non_null(strstr(report->explanation, "No function of a GPU's driver is on any stack here."));
	gw_explanation_deinit(&explanation);
}

#define HUNG_AT(time, comm, number)                                                                                    \
	"Jun  6 12:23:15 box kernel: [" time "] INFO: task " comm ":" number " blocked for more than 120 seconds.\n"   \
	"Jun  6 12:23:15 box kernel: [" time "] task:" comm " state:D stack:0 pid:" number " ppid:2 flags:0x4000\n"    \
	"Jun  6 12:23:15 box kernel: [" time "] Call Trace:\n"                                                         \
	"Jun  6 12:23:15 box kernel: [" time "]  schedule+0x2c/0x70\n"                                                 \
	"Jun  6 12:23:15 box kernel: [" time "]  dma_fence_default_wait+0x20a/0x280\n"                                 \
	"Jun  6 12:23:15 box kernel: [" time "]  brix_flip+0x78/0x870 [brix]\n"

static void assert_age(const char *text, uint64_t seconds, enum gw_state expected)
{
	struct gw_explanation explanation;
	const struct gw_report *report;

	explain_text(&explanation, text);
	report = report_about(&explanation);
	print_message("%s\n", report->summary);
	assert_int_equal((report->detected_mono_ns - report->formed_mono_ns) / 1000000000, seconds);
	assert_int_equal(report->state, expected);
	gw_explanation_deinit(&explanation);
}

/* syslog's lines of other programs have another clock, and a log that goes on shows nobody waiting. */
static void test_age_is_what_was_seen(void **state)
{
	(void)state;
	assert_age("Jun  6 12:17:03 box cron[7]: started\n" HUNG_AT("87603.066176", "flipper", "71"), 120,
		   GW_STATE_ACTIVE);
	assert_age(
		HUNG_AT("87603.066176", "flipper", "71") "Jun  6 12:24:02 box kernel: brix: a line without its time\n",
		120, GW_STATE_ACTIVE);
	assert_age(HUNG_AT("87603.066176", "flipper", "71") "Jun  6 13:17:03 box kernel: brix: long after that\n", 120,
		   GW_STATE_RESOLVED);
	/* A warning about another task, long after that. */
	assert_age(
		HUNG_AT("87603.066176", "flipper",
			"71") "Jun  6 12:39:23 box kernel: [88603.066176] WARNING: CPU: 0 PID: 9 at brix.c:7\n"
			      "Jun  6 12:39:23 box kernel: [88603.066177] CPU: 0 PID: 9 Comm: other Not tainted 6.1.0\n"
			      "Jun  6 12:39:23 box kernel: [88603.066178] RIP: 0010:brix_other+0x1/0x2 [brix]\n",
		120, GW_STATE_RESOLVED);
	/* Two boots: the first one's time is none of the second one's. */
	assert_age("[55825.318992] brix: another boot\n[  443.613095] brix: this one\n"
		   "[  484.778344] INFO: task flipper:71 blocked for more than 120 seconds.\n"
		   "[  484.778354] task:flipper state:D stack:0 pid:71 ppid:2 flags:0x00004000\n",
		   120, GW_STATE_ACTIVE);
}

/* Two logs in one mail, of which one has years in its dates. */
static void test_dates_of_two_logs(void **state)
{
	static const char text[] =
		"[Wed Jul  3 16:39:34 2024] INFO: task left:71 blocked for more than 122 seconds.\n"
		"[Wed Jul  3 16:39:34 2024] task:left state:D stack:0 pid:71 ppid:1 flags:0x00004000\n"
		"[Wed Jul  3 16:39:34 2024] Call Trace:\n[Wed Jul  3 16:39:34 2024]  schedule+0x2c/0x70\n"
		"[Wed Jul  3 16:39:34 2024]  brix_wait+0x20a/0x280 [brix]\n"
		"Feb 02 05:34:46 box kernel: INFO: task right:72 blocked for more than 122 seconds.\n"
		"Feb 02 05:34:46 box kernel: task:right state:D stack:0 pid:72 ppid:1 flags:0x00004000\n"
		"Feb 02 05:34:46 box kernel: Call Trace:\nFeb 02 05:34:46 box kernel:  schedule+0x2c/0x70\n"
		"Feb 02 05:34:46 box kernel:  brix_wait+0x20a/0x280 [brix]\n";
	struct gw_explanation explanation;

	(void)state;
	explain_text(&explanation, text);
	assert_true(explanation.count > 0);
	for (size_t i = 0; i < explanation.count; i++) {
		const struct gw_report *report = explanation.reports[i];

		assert_int_equal(report->state, GW_STATE_ACTIVE);
		assert_int_equal((report->detected_mono_ns - report->formed_mono_ns) / 1000000000, 122);
	}
	gw_explanation_deinit(&explanation);
}

/* The detector stopped in the midst of a round: those that it did not come to have not ended. */
static void test_detector_stopped(void **state)
{
	static const char later[] = "[  9000.0] brix: much later\n";
	char text[4096];

	(void)state;
	snprintf(text, sizeof(text), "%s%s%s%s", HUNG_AT("7603.066176", "flipper", "71"),
		 HUNG_AT("7603.066300", "other", "72"), HUNG_AT("7724.895077", "flipper", "71"), later);
	assert_age(text, 241, GW_STATE_ACTIVE);
	snprintf(text, sizeof(text), "%s%s%s%s%s", HUNG_AT("7603.066176", "flipper", "71"),
		 HUNG_AT("7603.066300", "other", "72"), HUNG_AT("7724.895077", "flipper", "71"),
		 HUNG_AT("7724.895300", "other", "72"), later);
	assert_age(text, 241, GW_STATE_RESOLVED);
}

/* A hang that is named, and what only has its words: a title, prose, a patch. */
static void test_words_and_prose(void **state)
{
	static const struct {
		const char *text;
		size_t open;
	} texts[] = {
		{ "[ 1696.7] nouveau 0000:01:00.0: fifo: SCHED_ERROR 0a [CTXSW_TIMEOUT]\n"
		  "[ 1696.8] nouveau 0000:01:00.0: fifo: runlist 0: scheduled for recovery\n"
		  "[ 1696.8] nouveau 0000:01:00.0: fifo: engine 0: scheduled for recovery\n",
		  2 },
		{ "[ 1696.7] nouveau 0000:01:00.0: browser[812]: failed to idle channel 6 [browser[812]]\n", 1 },
		{ "[   62.1] Asynchronous wait on fence i915:desk[882]:13ae0 timed out (hint:brix_ready+0x0/0x60)\n",
		  1 },
		{ "[   62.1] [drm:amdgpu_dm_commit_planes [amdgpu]] *ERROR* Waiting for fences timed out!\n", 1 },
		{ "[   62.1] [drm:adreno_idle] *ERROR* A320: timeout waiting to drain ringbuffer 0 rptr/wptr = 10/12\n",
		  1 },
		{ "[   62.1] mali fb000000.gpu: KCPU Fence signal timeout detected for ctx:7682_9\n", 1 },
		{ "[   62.1] Asynchronous wait on fence i915:desk[882]:13ae0 took its time\n", 0 },
		{ "[   62.1] nouveau 0000:01:00.0: fifo: runlist 0: started\n", 0 },
		{ "I would expect it to lead to job timeouts, not the sort of soft lockup reported here.\n", 0 },
		{ "+\t\tdev_err(core->dev, \"gpu sched timeout\");\n", 0 },
		{ "+\t/* currently managing hangcheck ourselves: */\n", 0 },
	};
	size_t recovered;

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		print_message("%s", texts[i].text);
		assert_int_equal(count_open(texts[i].text, &recovered), texts[i].open);
	}
}

/* Names of functions in prose show that something was seen, and not what hangs; other names show nothing. */
static void test_functions_in_prose(void **state)
{
	static const struct {
		const char *text;
		size_t open;
	} texts[] = {
		{ "Every process is blocked in this path:\n\n```text\nnative_queued_spin_lock_slowpath\n_raw_spin_lock\n"
		  "brix_resource_usage\nbrix_show\ndev_attr_show\n```\n",
		  1 },
		{ "My packages:\n\nlib_brix\npython_brix\nbrix_tools\nbrix_data\n", 0 },
		{ "It is in one of these:\n\nmutex_lock_slow\nbrix_show\n\nNo more.\nbrix_open\nbrix_close\n", 0 },
	};
	size_t recovered;

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		assert_int_equal(count_open(texts[i].text, &recovered), texts[i].open);
}

/* 32-bit ARM has the caller of the lock at the end of the lock's own line, and a mail has lost a blank. */
static void test_caller_of_the_last_line(void **state)
{
	struct told told = { .length = 0 };
	struct gw_explanation explanation;
	const struct gw_report *report;

	(void)state;
	tell(&told,
	     "[Feb 09 10:20:44] kern kernel: INFO: task kworker/3:3:77 blockedfor more than 368 seconds.\n"
	     "[Feb 09 10:20:44] kern kernel: task:kworker/3:3 state:D stack: 0 pid: 77 ppid: 2 flags:0x00000000\n"
	     "[Feb 09 10:20:44] kern kernel: Backtrace:\n"
	     "[Feb 09 10:20:44] kern kernel: [<c0bdfb88>] (__schedule) from [<c0be06f0>] (schedule+0x7c/0x134)\n"
	     "[Feb 09 10:20:44] kern kernel: [<c0be0674>] (schedule) from [<c0be23d8>] (__mutex_lock+0x354/0x618)\n"
	     "[Feb 09 10:20:44] kern kernel: [<c0be2084>] (__mutex_lock) from [<c09f5cc0>] (brix_list+0x4c/0x284 [brix])\n");
	explain_text(&explanation, told.text);
	report = report_about(&explanation);
	assert_non_null(strstr(report->summary, "6 min 8 s for a mutex that it takes in brix_list() [brix]"));
	gw_explanation_deinit(&explanation);
}

/* ---- nothing ------------------------------------------------------------------------------------------------------------- */

static void test_recovered(void **state)
{
	struct told told = { .length = 0 };

	(void)state;
	tell(&told,
	     "[drm:amdgpu_job_timedout [amdgpu]] *ERROR* ring gfx_0.0.0 timeout, signaled seq=4, emitted seq=6\n"
	     "amdgpu 0000:03:00.0: amdgpu: GPU reset begin!\n"
	     "amdgpu 0000:03:00.0: amdgpu: GPU reset succeeded, trying to resume\n"
	     "amdgpu 0000:03:00.0: amdgpu: GPU reset(2) succeeded!\n"
	     "[drm:drm_atomic_helper_wait_for_flip_done [drm_kms_helper]] *ERROR* [CRTC:51:crtc-0] flip_done timed out\n");
	assert_nothing(&told);
}

/* What the log shows no end of has not recovered. */
/* A stack of /proc of what an interrupt took the CPU from; among many stacks it may have come at any moment. */
static void test_pasted_while_it_ran(void **state)
{
	static const char stack[] =
		"[<0>] raw_irqentry_exit_cond_resched+0x31/0x40\n[<0>] irqentry_exit+0x34/0x640\n"
		"[<0>] sysvec_apic_timer_interrupt+0x57/0xc0\n"
		"[<0>] asm_sysvec_apic_timer_interrupt+0x1b/0x20\n[<0>] hmm_range_fault+0x3c/0xb0\n"
		"[<0>] brix_get_pages+0x104/0x200 [amdgpu]\n[<0>] process_one_work+0x1af/0x430\n"
		"[<0>] worker_thread+0x1bf/0x350\n[<0>] kthread+0xfb/0x140\n[<0>] ret_from_fork+0x1f8/0x2a0\n";
	struct told told = { .length = 0 }, many = { .length = 0 };
	struct gw_explanation explanation;

	(void)state;
	tell(&told, "%s", stack);
	explain_text(&explanation, told.text);
	assert_int_equal(report_about(&explanation)->class, GW_CLASS_BUSY_HOLDER);
	assert_int_equal(report_about(&explanation)->confidence, GW_CONFIDENCE_HINT);
	assert_non_null(strstr(report_about(&explanation)->summary, "was on a CPU when somebody looked"));
	gw_explanation_deinit(&explanation);
	for (int i = 0; i < 6; i++)
		tell(&many, "==> /proc/%d/stack <==\n%s", 50 + i, stack);
	assert_nothing(&many);
}

/* A detector's first line without the rest is no news about whose fault it is, but some. */
static void test_lockup_is_open(void **state)
{
	struct told told = { .length = 0 };
	struct gw_explanation explanation;

	(void)state;
	for (int round = 0; round < 2; round++) {
		tell(&told, round ? "[  400.000000] usb 1-1: new device\n"
				  : "[  192.031997] watchdog: CPU7: Watchdog detected hard LOCKUP on cpu 0\n");
		explain_text(&explanation, told.text);
		assert_int_equal(explanation.count, 0);
		assert_int_equal(json_array_size(round ? explanation.recovered : explanation.open), 1);
		gw_explanation_deinit(&explanation);
	}
}

static void test_open_or_recovered(void **state)
{
	static const struct {
		const char *more;
		size_t recovered, open;
	} logs[] = {
		{ "", 0, 2 },
		{ "[  504.0] usb 1-1: connected\n", 0, 2 },
		{ "[  504.0] brix 0000:03:00.0: [drm] GPU reset succeeded!\n", 2, 0 },
		{ "[  560.0] usb 1-1: connected\n", 1, 0 },
		{ "[  502.0] [drm] *ERROR* [CRTC:51:crtc-0] flip_done timed out\n", 0, 3 },
		{ "[  502.0] [drm] *ERROR* [CRTC:51:crtc-0] flip_done timed out\n[  540.0] usb 1-1: connected\n", 2,
		  0 },
		{ "[drm] *ERROR* [CRTC:51:crtc-0] flip_done timed out\n", 0, 3 },
		{ "[  502.0] [drm:brix_job_timedout [brix]] *ERROR* ring gfx timeout, but soft recovered\n", 2, 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(logs) / sizeof(logs[0]); i++) {
		struct told told = { .length = 0 };
		struct gw_explanation explanation;

		tell(&told,
		     "[  500.0] brix 0000:03:00.0: [drm] ring gfx timeout, signaled seq=4, emitted seq=6\n"
		     "[  501.0] brix 0000:03:00.0: [drm] GPU reset begin!\n%s",
		     logs[i].more);
		explain_text(&explanation, told.text);
		assert_int_equal(explanation.count, 0);
		assert_int_equal(json_array_size(explanation.recovered), logs[i].recovered);
		assert_int_equal(json_array_size(explanation.open), logs[i].open);
		gw_explanation_deinit(&explanation);
	}
}

/* The worker that would have gone on with a reset is dead, and nobody is seen to wait for it. */
static void test_died_alone(void **state)
{
	struct told told = { .length = 0 };
	struct gw_explanation explanation;

	(void)state;
	tell(&told, "BUG: kernel NULL pointer dereference, address: 0000000000000028\n"
		    "CPU: 1 PID: 61 Comm: kworker/1:2 Not tainted 6.12.8-test\n"
		    "RIP: 0010:brix_stop+0x2a/0xc0 [brix]\n");
	tell_frames(&told, "brix_reset@brix drm_sched_job_timedout@gpu_sched" WORK);
	explain_text(&explanation, told.text);
	assert_int_equal(explanation.count, 0);
	assert_int_equal(json_array_size(explanation.open), 1);
	assert_string_equal(json_string_value(json_object_get(json_array_get(explanation.open, 0), "text")),
			    "kworker/1:2 (pid 61) died in brix_stop() [brix]");
	gw_explanation_deinit(&explanation);
}

/* Who died in the driver may have left the lock that others wait for; who died in another one has not. */
static void test_died_and_others_wait(void **state)
{
	static const char *const drivers[] = { "brix", "zorb" };

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct told told = { .length = 0 };
		struct gw_explanation explanation;
		bool said;

		tell(&told,
		     "BUG: kernel NULL pointer dereference, address: 0000000000000028\n"
		     "CPU: 1 PID: 61 Comm: left Not tainted 6.12.8-test\nRIP: 0010:%s_update+0x2a/0xc0 [%s]\n",
		     drivers[i], drivers[i]);
		tell_frames(&told, i == 0 ? "brix_ioctl@brix" IOCTL : "zorb_ioctl@zorb" IOCTL);
		hung(&told, "right", 72, NULL, MUTEX "brix_ioctl@brix" IOCTL);
		explain_text(&explanation, told.text);
		assert_string_equal(report_about(&explanation)->root_node, "task:72");
		said = strstr(report_about(&explanation)->explanation,
			      "left (pid 61) died in brix_update() [brix] and may have left that lock locked.") != NULL;
		assert_int_equal(said, i == 0);
		gw_explanation_deinit(&explanation);
	}
}

/* A thread of the kernel that is gone does its work no more, in whatever code; a process that died in nobody's driver is no news. */
static void test_kernel_thread_died(void **state)
{
	static const char *const names[] = { "kswapd0", "python3" };

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct told told = { .length = 0 };
		size_t recovered;

		tell(&told,
		     "list_del corruption. prev->next should be ffff98679438a5d0, but was ca53e83f5e8cf5a8\n"
		     "kernel BUG at lib/list_debug.c:51!\nCPU: 4 PID: 148 Comm: %s Not tainted 6.12.8-test\n"
		     "RIP: 0010:__list_del_entry_valid.cold+0x31/0x47\n",
		     names[i]);
		tell_frames(&told, "__dentry_kill shrink_dentry_list");
		assert_int_equal(count_open(told.text, &recovered), i == 0);
	}
}

/* Again and again, up to the end of the log; and what is less than that. */
static void test_relapses(void **state)
{
	static const struct {
		unsigned times, gap_s, after_s;
		const char *between, *event;
		bool found;
	} logs[] = {
		{ 4, 10, 1, "", "[drm] *ERROR* [CRTC:51:crtc-0] flip_done timed out", true },
		{ 3, 10, 1, "", "[drm] *ERROR* [CRTC:51:crtc-0] flip_done timed out", false },
		{ 4, 10, 60, "", "[drm] *ERROR* [CRTC:51:crtc-0] flip_done timed out", false },
		{ 4, 600, 1, "", "[drm] *ERROR* [CRTC:51:crtc-0] flip_done timed out", false },
		{ 5, 2, 1, "", "i915 0000:00:02.0: Resetting rcs0 for hang on rcs0", true },
		{ 4, 45, 1, "", "NVRM: Xid (PCI:0000:41:00): 119, pid=12, name=brix, Timeout waiting for RPC from GSP!",
		  true },
		{ 3, 45, 1, "", "NVRM: Xid (PCI:0000:41:00): 119, pid=12, name=brix, Timeout waiting for RPC from GSP!",
		  false },
		{ 4, 45, 90, "",
		  "NVRM: Xid (PCI:0000:41:00): 119, pid=12, name=brix, Timeout waiting for RPC from GSP!", false },
		{ 4, 90, 1, "", "NVRM: Xid (PCI:0000:41:00): 119, pid=12, name=brix, Timeout waiting for RPC from GSP!",
		  false },
		{ 7, 12, 1, "amdgpu 0000:03:00.0: amdgpu: GPU reset(2) succeeded!",
		  "amdgpu 0000:03:00.0: amdgpu: GPU reset begin!", true },
		{ 7, 12, 60, "amdgpu 0000:03:00.0: amdgpu: GPU reset(2) succeeded!",
		  "amdgpu 0000:03:00.0: amdgpu: GPU reset begin!", false },
		{ 7, 90, 1, "amdgpu 0000:03:00.0: amdgpu: GPU reset(2) succeeded!",
		  "amdgpu 0000:03:00.0: amdgpu: GPU reset begin!", false },
		{ 5, 2, 1, "i915 0000:00:02.0: [drm] GPU reset succeeded",
		  "i915 0000:00:02.0: Resetting rcs0 for hang on rcs0", false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(logs) / sizeof(logs[0]); i++) {
		struct told told = { .length = 0 };
		unsigned time_s = 100;

		for (unsigned k = 0; k < logs[i].times; k++, time_s += logs[i].gap_s) {
			tell(&told, "[%5u.0] %s\n", time_s, logs[i].event);
			if (*logs[i].between)
				tell(&told, "[%5u.5] %s\n", time_s, logs[i].between);
		}
		tell(&told, "[%5u.0] usb 1-1: connected\n", time_s - logs[i].gap_s + logs[i].after_s);
		if (logs[i].found) {
			struct gw_explanation explanation;

			explain_text(&explanation, told.text);
			assert_int_equal(report_about(&explanation)->class, GW_CLASS_SILENT_DEVICE);
			assert_int_equal(report_about(&explanation)->confidence, GW_CONFIDENCE_HINT);
			gw_explanation_deinit(&explanation);
		} else {
			assert_nothing(&told);
		}
	}
}

/* The last word of the driver counts. */
static void test_words_of_the_driver(void **state)
{
	static const struct {
		const char *text, *summary;
	} logs[] = {
		{ "NVRM: Xid (PCI:0000:2d:00): 154, GPU recovery action changed from 0x0 (None) to 0x1 (GPU Reset Required)\n",
		  "the GPU 0000:2d:00 needs a reset, by its driver's own words" },
		{ "NVRM: Xid (PCI:0000:2d:00): 154, GPU recovery action changed from 0x0 (None) to 0x2 (Node Reboot Required)\n",
		  "the GPU 0000:2d:00 needs a reboot of the machine, by its driver's own words" },
		{ "NVRM: Xid (PCI:0000:2d:00): 154, GPU recovery action changed from 0x0 (None) to 0x1 (GPU Reset Required)\n"
		  "NVRM: Xid (PCI:0000:2d:00): 154, GPU recovery action changed from 0x1 (GPU Reset Required) to 0x0 (None)\n",
		  NULL },
		{ "amdgpu 0000:0c:00.0: The cp might be in an unrecoverable state due to an unsuccessful queues preemption\n",
		  "the GPU 0000:0c:00.0 is perhaps in a state that it does not recover from, by its driver's own words" },
		{ "amdgpu 0000:0c:00.0: The cp might be in an unrecoverable state due to an unsuccessful queues preemption\n"
		  "amdgpu 0000:0c:00.0: GPU reset(3) succeeded!\n",
		  NULL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(logs) / sizeof(logs[0]); i++) {
		struct gw_explanation explanation;

		explain_text(&explanation, logs[i].text);
		assert_int_equal(explanation.count, logs[i].summary != NULL);
		if (logs[i].summary)
			assert_string_equal(explanation.reports[0]->summary, logs[i].summary);
		gw_explanation_deinit(&explanation);
	}
}

/* Words of drivers that are a report, or open, or, once they end, neither. */
static void test_more_words_of_drivers(void **state)
{
	static const struct {
		const char *text;
		unsigned times;
		const char *summary; /* NULL = none */
		size_t open;
	} logs[] = {
		{ "etnaviv-gpu 130000.gpu: recover hung GPU!", 4, "the GPU was reset 4 times", 0 },
		{ "etnaviv-gpu 130000.gpu: recover hung GPU!", 1, NULL, 1 },
		{ "etnaviv-gpu 130000.gpu: recovered", 4, NULL, 0 },
		{ "panthor fb000000.gpu: [drm] *ERROR* Failed to boot MCU after reset, making device unusable.", 1,
		  "the GPU could not be reset", 0 },
		{ "panthor fb000000.gpu: [drm] MCU booted after reset", 1, NULL, 0 },
		{ "nvidia-modeset: ERROR: GPU:0: Error while waiting for GPU progress: 0x0000c77d:0 2:0:4048:4040", 4,
		  "a display did not report a frame in time, 4 times", 0 },
		{ "nvidia-modeset: ERROR: GPU:0: Idling display engine timed out: 0x0000c67d:0:0:407", 1, NULL, 1 },
		{ "nvidia-modeset: WARNING: GPU:0: Lost display notification (0:0x00000000); continuing.", 4, NULL, 0 },
		{ "amdgpu 0000:c1:00.0: [drm] *ERROR* dc_dmub_srv_log_diagnostic_data: DMCUB error - collecting diagnostic data",
		  4, "the GPU 0000:c1:00.0 has firmware that did not answer, 4 times", 0 },
		{ "amdgpu 0000:0c:00.0: amdgpu: SMU: No response msg_reg: 12 resp_reg: 0", 1, NULL, 1 },
		{ "amdgpu 0000:0c:00.0: amdgpu: SMU is initialized successfully!", 4, NULL, 0 },
		{ "xe 0000:03:00.0: [drm] *ERROR* GT0: TLB invalidation fence timeout, seqno=4000 recv=3999", 4,
		  "the GPU 0000:03:00.0 has firmware that did not answer", 0 },
		{ "xe 0000:03:00.0: [drm] *ERROR* GT0: Timed out wait for G2H, fence 1311, action 3003, done no", 1,
		  NULL, 1 },
		{ "xe 0000:03:00.0: [drm] *ERROR* GT0: Schedule disable failed to respond, guc_id=12", 1, NULL, 1 },
		{ "nouveau 0000:01:00.0: gsp: rc engn:00000001 chid:32 type:109 scope:1 part:233", 1, NULL, 1 },
		{ "nouveau 0000:01:00.0: gsp: Xid:109 pid='Xorg', name=Xorg CTX SWITCH TIMEOUT, Info 0x3c046", 1, NULL,
		  1 },
		{ "nouveau 0000:01:00.0: gsp: rpc fn:76 len:0x00000258 timeout -110", 1, NULL, 1 },
		{ "NVRM: GPU 0000:01:00.0: RmInitAdapter failed! (0x62:0x40:2393)", 1, NULL, 1 },
		{ "i915 0000:00:02.0: [drm] *ERROR* intel_gt_reset_global timed out, cancelling all in-flight rendering.",
		  1, "the GPU 0000:00:02.0 is wedged, by its driver's own words", 0 },
		{ "[drm:amdgpu_job_timedout [amdgpu]] *ERROR* GPU Recovery Failed: -62", 1,
		  "the GPU could not be reset, by its driver's own words", 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(logs) / sizeof(logs[0]); i++) {
		struct told told = { .length = 0 };
		struct gw_explanation explanation;

		for (unsigned k = 0; k < logs[i].times; k++)
			tell(&told, "[%5u.0] %s\n", 100 + k, logs[i].text);
		print_message("%s", told.text);
		explain_text(&explanation, told.text);
		assert_int_equal(explanation.count, logs[i].summary != NULL);
		assert_int_equal(json_array_size(explanation.open), logs[i].open);
		if (logs[i].summary) {
			assert_non_null(strstr(explanation.reports[0]->summary, logs[i].summary));
			assert_int_equal(strlen(explanation.reports[0]->signature), 16);
		}
		gw_explanation_deinit(&explanation);
	}
}

/* That the log goes on shows nothing of a GPU that was not started, nor where it goes on with firmware that does not answer. */
static void test_silence_is_no_recovery(void **state)
{
	static const char *const logs[][2] = {
		{ "NVRM: GPU 0000:01:00.0: RmInitAdapter failed! (0x62:0x40:2393)", "usb 1-1: connected" },
		{ "nouveau 0000:01:00.0: gsp: rc engn:00000001 chid:32 type:109 scope:1 part:233",
		  "nouveau 0000:01:00.0: gsp: rpc fn:76 len:0x00000258 timeout -110" },
		{ "nouveau 0000:01:00.0: gsp: rc engn:00000001 chid:32 type:109 scope:1 part:233",
		  "usb 1-1: connected" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(logs) / sizeof(logs[0]); i++) {
		struct told told = { .length = 0 };
		size_t recovered;

		tell(&told, "[  100.0] %s\n[  150.0] %s\n", logs[i][0], logs[i][1]);
		assert_int_equal(count_open(told.text, &recovered), i == 2 ? 0 : i + 1);
		assert_int_equal(recovered, i == 2);
	}
}

/* No function shows where it hangs: whose words, and which, are the shape. */
static void test_signature_without_a_function(void **state)
{
	static const char *const texts[] = {
		"[  100.0] i915 0000:00:02.0: [drm] *ERROR* GT wedged\n",
		"[ 7100.0] i915 0000:03:00.0: [drm] *ERROR* GT wedged\n",
		"[  100.0] xe 0000:00:02.0: [drm] *ERROR* GT wedged\n",
		"[  100.0] watchdog: BUG: soft lockup - CPU#6 stuck for 22s! [brix:61]\n",
		"[  900.0] watchdog: BUG: soft lockup - CPU#3 stuck for 26s! [orion:71]\n",
	};
	char signatures[5][17];

	(void)state;
	for (size_t i = 0; i < 5; i++) {
		struct gw_explanation explanation;

		explain_text(&explanation, texts[i]);
		snprintf(signatures[i], sizeof(signatures[i]), "%s", report_about(&explanation)->signature);
		assert_int_equal(strlen(signatures[i]), 16);
		gw_explanation_deinit(&explanation);
	}
	assert_string_equal(signatures[0], signatures[1]);
	assert_string_not_equal(signatures[0], signatures[2]);
	assert_string_equal(signatures[3], signatures[4]);
	assert_string_not_equal(signatures[0], signatures[3]);
}

/* Interrupts of an IOMMU that waits keep a CPU from its idle task, which is to blame for nothing; once is no end. */
static void test_iommu_waits(void **state)
{
	struct told told = { .length = 0 }, once = { .length = 0 };
	struct gw_explanation explanation;

	(void)state;
	for (unsigned i = 0; i < 5; i++)
		tell(&told, "[  %u.0] AMD-Vi: Completion-Wait loop timed out\n", 100 + i);
	tell(&told, "[  122.0] watchdog: BUG: soft lockup - CPU#6 stuck for 22s! [swapper/6:0]\n");
	explain_text(&explanation, told.text);
	assert_int_equal(report_about(&explanation)->class, GW_CLASS_SILENT_DEVICE);
	assert_non_null(strstr(report_about(&explanation)->summary, "the IOMMU does not complete its commands"));
	assert_int_equal(report_about(&explanation)->victims_total, 1);
	gw_explanation_deinit(&explanation);
	tell(&once, "[  100.0] AMD-Vi: Completion-Wait loop timed out\n");
	assert_nothing(&once);
}

/*
 * Of one look at a task that no line names it is only a hint; a thread that has nothing to do is nothing, and so is a stack
 * of a text that names others: its heading was torn off.
 */
static void test_stack_without_a_name(void **state)
{
	struct told told = { .length = 0 }, idle = { .length = 0 };
	struct gw_explanation explanation;

	(void)state;
	tell(&told, "[<0>] virtio_gpu_queue_ctrl_sgs+0x118/0x358 [virtio_gpu]\n"
		    "[<0>] virtio_gpu_cmd_get_edids+0xf4/0x1a8 [virtio_gpu]\n[<0>] process_one_work+0x168/0x3f0\n");
	explain_text(&explanation, told.text);
	assert_int_equal(report_about(&explanation)->confidence, GW_CONFIDENCE_HINT);
	assert_non_null(strstr(report_about(&explanation)->summary, "unnamed task 1 waits in"));
	gw_explanation_deinit(&explanation);
	tell(&idle, "[<0>] brix_thread+0x118/0x358 [brix]\n[<0>] kthread+0x168/0x3f0\n[<0>] ret_from_fork+0x1/0x2\n"
		    "[<0>] ep_poll+0x118/0x358\n[<0>] do_epoll_wait+0x1/0x2\n");
	assert_nothing(&idle);
	tell(&told, "task:brix state:S stack:0 pid:61 tgid:61 ppid:1 flags:0x4\n");
	assert_nothing(&told);
}

/* Of one stack that is pasted it is worth a word; of a listing of all that are blocked it is not. */
static void test_pasted_stack(void **state)
{
	struct told told = { .length = 0 }, listed = { .length = 0 };
	struct gw_explanation explanation;

	(void)state;
	tell(&told, "# cat /proc/61/stack\n[<0>] rwsem_down_read_slowpath+0x2ff/0x4b0\n[<0>] exit_mm+0x2d/0xc0\n");
	explain_text(&explanation, told.text);
	assert_int_equal(report_about(&explanation)->confidence, GW_CONFIDENCE_HINT);
	assert_string_equal(report_about(&explanation)->root_node, "task:61");
	gw_explanation_deinit(&explanation);
	tell(&listed, "sysrq: Show Blocked State\ntask:brix state:D stack:0 pid:61 ppid:1 flags:0x4\n");
	tell_frames(&listed, SLEEP "rwsem_down_read_slowpath exit_mm do_exit");
	assert_nothing(&listed);
}

/* The detector's line alone: no function is named, and nobody is told to look around one. */
static void test_busy_without_a_stack(void **state)
{
	struct told told = { .length = 0 };
	struct gw_explanation explanation;

	(void)state;
	tell(&told, "[  122.0] watchdog: BUG: soft lockup - CPU#6 stuck for 22s! [brix:61]\n");
	explain_text(&explanation, told.text);
	assert_int_equal(report_about(&explanation)->class, GW_CLASS_BUSY_HOLDER);
	assert_non_null(strstr(report_about(&explanation)->advice, "The stack of that CPU"));
	gw_explanation_deinit(&explanation);
}

/* Whoever waits for a CPU that is not left is reported after the detector fell silent: it has not ended. */
static void test_busy_while_others_wait(void **state)
{
	static const char *const later[] = { "",
					     "[  240.0] INFO: task client:95 blocked for more than 122 seconds.\n"
					     "[  240.0] task:client state:D stack:0 pid:95 tgid:95 ppid:1 flags:0x4\n"
					     "[  240.0]  schedule+0x1/0x2\n[  240.0]  __mutex_lock+0x1/0x2\n"
					     "[  240.0]  brix_close+0x1/0x2 [brix]\n" };

	(void)state;
	for (int i = 0; i < 2; i++) {
		struct told told = { .length = 0 };
		struct gw_explanation explanation;

		tell(&told,
		     "[  100.0] rcu: INFO: rcu_preempt self-detected stall on CPU\n"
		     "[  100.0] CPU: 12 UID: 0 PID: 80 Comm: brix-thread Not tainted 6.12.8-test\n"
		     "[  100.0] RIP: 0010:brix_evict+0x12/0x40 [brix]\n[  100.0] Call Trace:\n"
		     "[  100.0]  brix_thread+0x12/0x40 [brix]\n%s[  241.0] usb 1-1: connected\n",
		     later[i]);
		explain_text(&explanation, told.text);
		assert_int_equal(report_about(&explanation)->class, GW_CLASS_BUSY_HOLDER);
		assert_int_equal(report_about(&explanation)->state, i ? GW_STATE_ACTIVE : GW_STATE_RESOLVED);
		gw_explanation_deinit(&explanation);
	}
}

/* Waits that drivers have of their own. */
static void test_waits_of_drivers(void **state)
{
	static const char *const fences[] = {
		"intel_atomic_commit_fence_wait@i915 intel_atomic_commit_tail@i915",
		"kcl_fence_default_wait@amdkcl dma_fence_wait_timeout amdgpu_bo_create@amdgpu",
		"amd_sched_entity_fini@amdgpu amdgpu_ctx_do_release@amdgpu",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(fences) / sizeof(fences[0]); i++) {
		struct told told = { .length = 0 };
		struct gw_explanation explanation;
		char frames[256];

		snprintf(frames, sizeof(frames), SLEEP "%s", fences[i]);
		hung(&told, "client", 95, NULL, frames);
		explain_text(&explanation, told.text);
		assert_non_null(strstr(report_about(&explanation)->summary, " for a fence of "));
		gw_explanation_deinit(&explanation);
	}
}

/* Before its last lines. */
static void test_possible_and_cut(void **state)
{
	struct told told = { .length = 0 };
	struct gw_explanation explanation;

	(void)state;
	tell(&told, "WARNING: possible circular locking dependency detected\n"
		    "brix-sync/44 is trying to acquire lock:\n"
		    "ffff888753e39a80 (&brix->mutex#3){+.+.}, at: brix_move+0x4d5/0xbe0 [brix]\n"
		    "but task is already holding lock:\n");
	explain_text(&explanation, told.text);
	assert_int_equal(report_about(&explanation)->kind, GW_KIND_HAZARD);
	assert_string_equal(report_about(&explanation)->root_node, "task:44");
	gw_explanation_deinit(&explanation);
}

/* The kernel repeats itself every two minutes while a task hangs. */
static void test_hang_that_ended(void **state)
{
	static const char *const after[] = { "[  600.0] usb 1-1: connected", "[ 9000.0] usb 1-1: connected" };

	(void)state;
	for (int i = 0; i < 2; i++) {
		struct told told = { .length = 0 };
		struct gw_explanation explanation;

		tell(&told,
		     "[  500.0] INFO: task client:95 blocked for more than 122 seconds.\n"
		     "[  500.0] task:client state:D stack:0 pid:95 tgid:95 ppid:1 flags:0x4\n"
		     "[  500.0] Call Trace:\n[  500.0]  schedule+0x1/0x2\n"
		     "[  500.0]  dma_fence_wait_timeout+0x1/0x2\n[  500.0]  drm_ioctl+0x1/0x2 [drm]\n%s\n",
		     after[i]);
		explain_text(&explanation, told.text);
		assert_int_equal(report_about(&explanation)->state, i ? GW_STATE_RESOLVED : GW_STATE_ACTIVE);
		gw_explanation_deinit(&explanation);
	}
}

/* "comm:pid" is blocked on a mutex of the other's, at that time, with that in front. */
static void tell_blocked(struct told *told, const char *before, const char *comm, unsigned pid, const char *owner,
			 const char *function)
{
	tell(told, "%sINFO: task %s:%u blocked for more than 122 seconds.\n", before, comm, pid);
	tell(told, "%sINFO: task %s:%u is blocked on a mutex likely owned by task %s.\n", before, comm, pid, owner);
	tell(told, "%stask:%s state:D stack:0 pid:%u tgid:%u ppid:1 flags:0x4\n", before, comm, pid, pid);
	tell(told, "%sCall Trace:\n%s schedule+0x1/0x2\n%s __mutex_lock+0x1/0x2\n", before, before, before);
	tell(told, "%s %s+0x1/0x2 [brix]\n%s drm_ioctl+0x1/0x2 [drm]\n", before, function, before);
}

static void tell_loop(struct told *told, const char *before)
{
	tell_blocked(told, before, "left", 71, "right:72", "brix_a");
	tell_blocked(told, before, "right", 72, "left:71", "brix_b");
}

#define JUNE "Jun 16 16:06:02 box kernel: "
#define HOURS_LATER "Jun 16 18:30:02 box kernel: wlan0: associated\n"
#define BOOTED_ANEW "the machine was booted again after that"

static void assert_end(const struct told *told, enum gw_state state, const char *advice, uint64_t seconds)
{
	struct gw_explanation explanation;
	const struct gw_report *report;

	explain_text(&explanation, told->text);
	report = report_about(&explanation);
	print_message("%s\n%s\n", report->summary, report->advice);
	assert_int_equal(report->state, state);
	assert_non_null(strstr(report->advice, advice));
	assert_int_equal(report->resolved_mono_ns ? (report->resolved_mono_ns - report->formed_mono_ns) / 1000000000
						  : 0,
			 seconds);
	gw_explanation_deinit(&explanation);
}

/* That the detector fell silent ends no loop that is proven; another boot does. */
static void test_proven_loop_does_not_end(void **state)
{
	static const char *const marks[] = { "-- Boot 5755a5ee783643c5b3703cbb3d748ac9 --\n", "-- Reboot --\n" };
	struct told told = { .length = 0 };

	(void)state;
	tell_loop(&told, JUNE);
	tell(&told, "%s", HOURS_LATER);
	assert_end(&told, GW_STATE_ACTIVE, "A reboot ends this", 0);
	for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++) {
		told.length = 0;
		tell_loop(&told, JUNE);
		tell(&told, "%s%s", marks[i], HOURS_LATER);
		assert_end(&told, GW_STATE_RESOLVED, BOOTED_ANEW, 122);
	}
	/* A mark in somebody's words. */
	told.length = 0;
	tell_loop(&told, JUNE);
	tell(&told, "-- Boot it again --\n%s", HOURS_LATER);
	assert_end(&told, GW_STATE_ACTIVE, "A reboot ends this", 0);
}

/* A hang of an earlier boot ended with that, where the log shows that the other boot is a later one. */
static void test_booted_again(void **state)
{
	static const struct {
		const char *above, *before, *below;
		enum gw_state state;
	} texts[] = {
		{ "", JUNE, "Jun 16 16:30:02 box kernel: Linux version 6.17.1 (x)\n" HOURS_LATER, GW_STATE_RESOLVED },
		{ "[    0.000000] Linux version 6.17.1 (x)\n", "[  100.000000] ",
		  "[    0.000000] Linux version 6.17.1 (x)\n[   21.000000] usb 1-1: connected\n", GW_STATE_RESOLVED },
		{ "", "[  100.000000] ", "[    0.000000] Linux version 6.17.1 (x)\n[  821.000000] usb 1-1: connected\n",
		  GW_STATE_RESOLVED },
		/* Perhaps what comes before the excerpt, in the same boot. */
		{ "", "[  100.000000] ", "[    0.000000] Linux version 6.17.1 (x)\n[   21.000000] usb 1-1: connected\n",
		  GW_STATE_ACTIVE },
		{ "", JUNE, "Jun 16 12:30:02 box kernel: Linux version 6.17.1 (x)\n", GW_STATE_ACTIVE },
		{ "", "[  100.000000] ", "[   21.000000] usb 1-1: connected\n", GW_STATE_ACTIVE },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct told told = { .length = 0 };

		tell(&told, "%s", texts[i].above);
		tell_loop(&told, texts[i].before);
		tell(&told, "%s", texts[i].below);
		assert_end(&told, texts[i].state,
			   texts[i].state == GW_STATE_RESOLVED ? BOOTED_ANEW : "A reboot ends this",
			   texts[i].state == GW_STATE_RESOLVED ? 122 : 0);
	}
}

/* An excerpt, and the whole log of the same boot below it: the hang stands. */
static void test_excerpt_above_the_whole(void **state)
{
	struct told told = { .length = 0 };

	(void)state;
	tell_loop(&told, "[  100.000000] ");
	tell(&told, "[    0.000000] Linux version 6.17.1 (x)\n");
	tell_loop(&told, "[  100.000000] ");
	tell(&told, "[  821.000000] usb 1-1: connected\n");
	assert_end(&told, GW_STATE_ACTIVE, "A reboot ends this", 0);
}

/* What hung for some minutes ended then, and not when another task was reported a day later. */
static void test_end_of_one_of_two(void **state)
{
	struct told told = { .length = 0 };
	struct gw_explanation explanation;
	unsigned resolved = 0;

	(void)state;
	tell_blocked(&told, "[  500.000000] ", "left", 71, "other:75", "brix_a");
	tell_blocked(&told, "[90000.000000] ", "right", 72, "another:76", "zorb_b");
	explain_text(&explanation, told.text);
	assert_int_equal(explanation.count, 2);
	for (size_t i = 0; i < explanation.count; i++) {
		const struct gw_report *report = explanation.reports[i];

		if (report->state != GW_STATE_RESOLVED)
			continue;
		resolved++;
		assert_int_equal((report->detected_mono_ns - report->formed_mono_ns) / 1000000000, 122);
		assert_int_equal((report->resolved_mono_ns - report->formed_mono_ns) / 1000000000, 242);
	}
	assert_int_equal(resolved, 1);
	gw_explanation_deinit(&explanation);
}

/* Drivers that print the end of every reset, and have not; others settle by going on. */
static void test_reset_without_end(void **state)
{
	static const struct {
		const char *text;
		size_t open, recovered;
	} texts[] = {
		{ "[  150.2] amdgpu 0000:03:00.0: amdgpu: GPU reset begin!\n", 2, 0 },
		{ "[  150.2] xe 0000:03:00.0: [drm] GT0: reset started\n", 2, 0 },
		{ "[  150.2] amdgpu 0000:03:00.0: amdgpu: GPU recovery disabled.\n", 2, 0 },
		{ "[  150.2] amdgpu 0000:03:00.0: amdgpu: GPU reset begin!\n"
		  "[  152.2] amdgpu 0000:03:00.0: amdgpu: GPU reset(2) succeeded!\n",
		  0, 2 },
		{ "[  150.2] xe 0000:03:00.0: [drm] GT0: reset started\n"
		  "[  152.2] xe 0000:03:00.0: [drm] GT0: reset done\n",
		  0, 2 },
		{ "[  150.2] i915 0000:03:00.0: [drm] Resetting chip for hang\n", 0, 1 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct told told = { .length = 0 };
		size_t recovered;

		tell(&told,
		     "[  150.1] amdgpu 0000:03:00.0: amdgpu: ring gfx_0.0.0 timeout, signaled seq=200, emitted seq=202\n"
		     "%s[  900.0] wlan0: deauthenticated\n",
		     texts[i].text);
		assert_int_equal(count_open(told.text, &recovered), texts[i].open);
		assert_int_equal(recovered, texts[i].recovered);
	}
}

/* dmesg -e prints times from line to line; where none is printed, one below the other shows as much. */
static void test_display_stands_still(void **state)
{
	static const char *const flips[] = {
		"brix 0000:03:00.0: [drm] *ERROR* [CRTC:73:crtc-0] flip_done timed out\n",
		"brix 0000:03:00.0: [drm] *ERROR* [PLANE:58:plane-3] commit wait timed out\n",
	};
	static const char *const fronts[] = { "[ +10.240042] ", "[ +10,240042] ", "" };
	static const char *const begins[] = { "[Apr18 16:58] ", "[avr.18 16:58] ", "" };

	(void)state;
	for (size_t i = 0; i < sizeof(fronts) / sizeof(fronts[0]); i++) {
		struct told told = { .length = 0 };

		tell(&told, "%s%s", begins[i], flips[0]);
		for (int k = 0; k < 3; k++)
			tell(&told, "%s%s", fronts[i], flips[(k + 1) % 2]);
		assert_explained(&told, GW_CLASS_SILENT_DEVICE, GW_CONFIDENCE_HINT, "device:0xffff88afffffffc0", "gpu",
				 "", "");
		/* The log goes on. */
		tell(&told, "%susb 1-1: connected\n", *fronts[i] ? "[ +40.000000] " : "");
		for (int k = 0; k < 20; k++)
			tell(&told, "%susb 1-1: connected\n", *fronts[i] ? "[  +0.100000] " : "");
		assert_nothing(&told);
	}
}

/* Without a clock: the last line of the log is open; one in its midst is not. */
static void test_flip_without_a_clock(void **state)
{
	struct told told = { .length = 0 };
	size_t recovered;

	(void)state;
	tell(&told, "brix 0000:03:00.0: [drm] *ERROR* [CRTC:73:crtc-0] flip_done timed out\n");
	assert_int_equal(count_open(told.text, &recovered), 1);
	for (int i = 0; i < 20; i++)
		tell(&told, "usb 1-1: connected\n");
	assert_int_equal(count_open(told.text, &recovered), 0);
	assert_int_equal(recovered, 1);
}

/* "All QSes seen": RCU's own thread does not run, and what the CPU runs that found it is to blame for nothing. */
static void test_rcu_thread_starves(void **state)
{
	static const struct {
		const char *line;
		bool accused;
	} stalls[] = {
		{ "rcu: All QSes seen, last rcu_preempt kthread activity 18002, jiffies_till_next_fqs=2, root ->qsmask 0x0\n",
		  false },
		{ "", true },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(stalls) / sizeof(stalls[0]); i++) {
		struct told told = { .length = 0 };
		struct gw_explanation explanation;

		tell(&told,
		     "[  122.1] rcu: INFO: rcu_preempt detected stalls on CPUs/tasks:\n"
		     "[  122.1] \t(detected by 3, t=18002 jiffies, g=18269, q=147 ncpus=4)\n%s"
		     "[  122.2] task:client state:R  running task stack:0 pid:95 tgid:95 ppid:1 flags:0x00004000\n"
		     "[  122.2] Call Trace:\n[  122.2]  brix_loop+0x1/0x2 [brix]\n[  122.2]  drm_ioctl+0x1/0x2 [drm]\n"
		     "[  122.3] rcu: rcu_preempt kthread starved for 18002 jiffies! g18269 f0x2 RCU_GP_WAIT_FQS(5)\n",
		     stalls[i].line);
		explain_text(&explanation, told.text);
		assert_int_equal(explanation.count, stalls[i].accused);
		if (!stalls[i].accused)
			assert_non_null(
				strstr(json_string_value(json_object_get(json_array_get(explanation.open, 0), "text")),
				       "RCU's own thread gets no CPU"));
		gw_explanation_deinit(&explanation);
	}
}

/* Of two machines in one text none is blamed for the other's hang. */
static void test_two_machines(void **state)
{
	struct told told = { .length = 0 };
	struct gw_explanation explanation;

	(void)state;
	for (int machine = 1; machine <= 2; machine++)
		tell(&told,
		     "Feb  7 11:04:21 box%d kernel: INFO: task client:95 blocked for more than 122 seconds.\n"
		     "Feb  7 11:04:21 box%d kernel: task:client state:D stack:0 pid:95 tgid:95 ppid:1 flags:0x4\n"
		     "Feb  7 11:04:21 box%d kernel: Call Trace:\nFeb  7 11:04:21 box%d kernel:  schedule+0x1/0x2\n"
		     "Feb  7 11:04:21 box%d kernel:  dma_fence_wait_timeout+0x1/0x2\n"
		     "Feb  7 11:04:21 box%d kernel:  %s+0x1/0x2 [drm]\n",
		     machine, machine, machine, machine, machine, machine, machine == 1 ? "drm_ioctl" : "drm_release");
	explain_text(&explanation, told.text);
	assert_int_equal(explanation.count, 2);
	assert_string_not_equal(explanation.reports[0]->id, explanation.reports[1]->id);
	gw_explanation_deinit(&explanation);
}

static void test_healthy_boot(void **state)
{
	struct told told = { .length = 0 };

	(void)state;
	tell(&told, "[    0.000000] Linux version 6.12.8-test (gcc)\n"
		    "[    1.250000] amdgpu 0000:03:00.0: amdgpu: SMU is initialized successfully!\n"
		    "[    1.300000] [drm] Initialized amdgpu 3.59.0 for 0000:03:00.0 on minor 1\n"
		    "[    2.000000] usb 1-4: device descriptor read/64, error -71\n"
		    "[    2.100000] watchdog: Delayed init of the lockup detector failed: -19\n");
	assert_nothing(&told);
}

static void test_possible_is_no_hang(void **state)
{
	struct told told = { .length = 0 };
	struct gw_explanation explanation;

	(void)state;
	tell(&told, "WARNING: possible circular locking dependency detected\n"
		    "brix/44 is trying to acquire lock:\nstack backtrace:\n"
		    "CPU: 1 PID: 44 Comm: brix Not tainted 6.12.8-test\n");
	tell_frames(&told,
		    "dump_stack_lvl check_noncircular __lock_acquire lock_acquire __mutex_lock brix_move@brix" IOCTL);
	explain_text(&explanation, told.text);
	assert_int_equal(report_about(&explanation)->kind, GW_KIND_HAZARD);
	assert_non_null(strstr(report_about(&explanation)->explanation, "brix_move()"));
	gw_explanation_deinit(&explanation);
}

/* Whoever prints the stack stands on it in front of the function that takes the lock, on ARM with other names. */
static void test_possible_on_arm(void **state)
{
	struct told told = { .length = 0 };
	struct gw_explanation explanation;

	(void)state;
	tell(&told, "WARNING: possible recursive locking detected\n"
		    "brix/44 is trying to acquire lock:\nstack backtrace:\n"
		    "CPU: 1 PID: 44 Comm: brix Not tainted 6.12.8-test\n");
	tell_frames(
		&told,
		"unwind_backtrace show_stack dump_backtrace dump_stack_lvl print_deadlock_bug __lock_acquire lock_acquire __mutex_lock brix_move@brix" IOCTL);
	explain_text(&explanation, told.text);
	assert_non_null(strstr(report_about(&explanation)->explanation, "brix_move()"));
	gw_explanation_deinit(&explanation);
}

/* Of two logs in one text the other one's stacks are none of lockdep's. */
static void test_possible_beside_another_log(void **state)
{
	struct told told = { .length = 0 };
	struct gw_explanation explanation;

	(void)state;
	tell(&told,
	     "[ 7934.0] Kernel panic - not syncing: brix\n[ 7934.1] CPU: 1 PID: 28 Comm: watcher Not tainted 6.1.0\n"
	     "[ 7934.2] Call Trace:\n[ 7934.3]  brix_panic+0x1/0x2 [brix]\n"
	     "WARNING: possible circular locking dependency detected\nbrix/44 is trying to acquire lock:\n");
	explain_text(&explanation, told.text);
	assert_string_equal(report_about(&explanation)->root_node, "task:44");
	gw_explanation_deinit(&explanation);
}

/* Cut off above the lock that it waits for: what is left of the stack is the scheduler, and stale. */
static void test_cut_in_the_scheduler(void **state)
{
	struct told told = { .length = 0 };
	struct gw_explanation explanation;
	json_t *stack;

	(void)state;
	tell(&told,
	     "INFO: task brix:95 blocked for more than 122 seconds.\n"
	     "task:brix            state:D stack:0     pid:95    tgid:95    ppid:1      flags:0x00004002\nCall Trace:\n"
	     " __schedule+0x1/0x2\n ? brix_free_hook+0x1/0x2\n schedule+0x1/0x2\n"
	     " schedule_preempt_disabled+0x1/0x2\n");
	explain_text(&explanation, told.text);
	assert_non_null(strstr(report_about(&explanation)->summary, "its stack is not whole"));
	stack = json_object_get(json_array_get(report_about(&explanation)->nodes, 0), "stack");
	for (size_t i = 0; i < json_array_size(stack); i++)
		assert_string_not_equal(json_string_value(json_array_get(stack, i)), "brix_free_hook");
	gw_explanation_deinit(&explanation);
}

/* The freezer waits for a task as a detector does. */
static void test_refuses_to_freeze(void **state)
{
	struct told told = { .length = 0 };
	struct gw_explanation explanation;

	(void)state;
	tell(&told,
	     "Freezing user space processes failed after 20.003 seconds (1 tasks refusing to freeze, wq_busy=0):\n"
	     "task:player          state:D stack:0     pid:95    tgid:95    ppid:1      flags:0x00004006\n");
	tell_frames(&told, SLEEP "io_schedule folio_wait_bit_common filemap_fault __do_fault do_fault handle_mm_fault");
	explain_text(&explanation, told.text);
	assert_int_equal(report_about(&explanation)->class, GW_CLASS_LONG_WAIT);
	assert_string_equal(report_about(&explanation)->root_node, "task:95");
	assert_int_equal((report_about(&explanation)->detected_mono_ns - report_about(&explanation)->formed_mono_ns) /
				 1000000000,
			 20);
	gw_explanation_deinit(&explanation);
}

/* Of a task that another CPU runs a list has the place where it once slept; what the detector saw says more. */
static void test_stack_that_is_not_there(void **state)
{
	struct told told = { .length = 0 };
	struct gw_explanation explanation;

	(void)state;
	tell(&told, "watchdog: BUG: soft lockup - CPU#1 stuck for 23s! [brix:61]\n"
		    "CPU: 1 PID: 61 Comm: brix Not tainted 6.1.0\npc : brix_poll+0x4/0x8 [brix]\n");
	tell_frames(&told, "brix_poll@brix" IOCTL);
	tell(&told,
	     "rcu: INFO: rcu_sched detected stalls on CPUs/tasks:\nTask dump for CPU 1:\n"
	     "task:brix            state:R  running task     stack:    0 pid:   61 ppid:     2 flags:0x0000000a\n"
	     "Call trace:\n __switch_to+0xa8/0x10c\n 0x0\n");
	explain_text(&explanation, told.text);
	assert_non_null(strstr(report_about(&explanation)->summary, "brix_poll()"));
	gw_explanation_deinit(&explanation);
}

static void test_disk_at_work(void **state)
{
	struct told told = { .length = 0 };

	(void)state;
	tell(&told,
	     "sysrq: Show Blocked State\ntask:jbd2/sda1-8     state:D stack:0 pid:301 ppid:2 flags:0x00004000\n");
	tell_frames(&told, SLEEP
		    "io_schedule blk_mq_get_tag submit_bio_noacct jbd2_journal_commit_transaction kjournald2 kthread");
	assert_nothing(&told);
}

/* The same hang on another machine has the same signature; another hang has not. */
static void test_signature(void **state)
{
	struct told here = { .length = 0 }, there = { .length = 0 }, other = { .length = 0 };
	struct gw_explanation a, b, c;

	(void)state;
	hung(&here, "client", 95, NULL, FENCE "brix_wait_idle@brix" IOCTL);
	hung(&there, "compositor", 4711, NULL, FENCE "brix_wait_idle@brix" IOCTL);
	hung(&other, "client", 95, NULL, FENCE "brix_wait_busy@brix" IOCTL);
	explain_text(&a, here.text);
	explain_text(&b, there.text);
	explain_text(&c, other.text);
	assert_string_equal(report_about(&a)->signature, report_about(&b)->signature);
	assert_string_not_equal(report_about(&a)->signature, report_about(&c)->signature);
	gw_explanation_deinit(&a);
	gw_explanation_deinit(&b);
	gw_explanation_deinit(&c);
}

/* Of a poller, whoever waits in front of it; and a driver counts that no text shows to be a GPU's. */
static void test_signature_of_an_end(void **state)
{
	static const char *const waiters[] = { "brix_get@brix brix_open@brix", "brix_ioctl@brix" };
	static const char *const drivers[] = { "brix_poll@brix", "brix_poll@brix", "xilb_poll@xilb" };
	char signatures[3][17];

	(void)state;
	for (int i = 0; i < 3; i++) {
		struct told told = { .length = 0 };
		struct gw_explanation explanation;
		char frames[256];

		snprintf(frames, sizeof(frames), MUTEX "%s do_syscall_64", waiters[i % 2]);
		hung(&told, "user", 91, NULL, frames);
		tell(&told, "INFO: task user:91 is blocked on a mutex likely owned by task poll:90.\n");
		snprintf(frames, sizeof(frames), SLEEP "schedule_timeout msleep read_poll_timeout %s kthread",
			 drivers[i]);
		listed(&told, "poll", 90, 'D', frames);
		explain_text(&explanation, told.text);
		snprintf(signatures[i], sizeof(signatures[i]), "%s", report_about(&explanation)->signature);
		gw_explanation_deinit(&explanation);
	}
	assert_int_equal(strlen(signatures[0]), 16);
	assert_string_equal(signatures[0], signatures[1]);
	assert_string_not_equal(signatures[0], signatures[2]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_opposite_blockers_prove),
		cmocka_unit_test(test_own_lock),
		cmocka_unit_test(test_reset_needs_waiter),
		cmocka_unit_test(test_reset_needs_the_display),
		cmocka_unit_test(test_flushed_restore),
		cmocka_unit_test(test_signaller_needs_lock),
		cmocka_unit_test(test_bystander_is_no_signaller),
		cmocka_unit_test(test_runtime_pm),
		cmocka_unit_test(test_lists_of_locks),
		cmocka_unit_test(test_leaked_page_locks),
		cmocka_unit_test(test_end_is_not_in_the_text),
		cmocka_unit_test(test_silent_device),
		cmocka_unit_test(test_not_the_gpu),
		cmocka_unit_test(test_server_below_ioctl),
		cmocka_unit_test(test_busy_driver),
		cmocka_unit_test(test_shrinker_is_not_to_blame),
		cmocka_unit_test(test_lockup_that_ended),
		cmocka_unit_test(test_running_holder),
		cmocka_unit_test(test_lockup_names_victim),
		cmocka_unit_test(test_idle_worker_kept_lock),
		cmocka_unit_test(test_reclaim_cycle),
		cmocka_unit_test(test_signaller_reclaims),
		cmocka_unit_test(test_unplug),
		cmocka_unit_test(test_flush_under_lock),
		cmocka_unit_test(test_thread_flushes_who_waits_for_its_fence),
		cmocka_unit_test(test_client_flushes_who_waits_for_the_gpu),
		cmocka_unit_test(test_flush_of_the_only_item),
		cmocka_unit_test(test_flush_while_another_may_hold),
		cmocka_unit_test(test_first_of_those_that_may_hold),
		cmocka_unit_test(test_one_may_hold_and_get_on),
		cmocka_unit_test(test_holder_sleeps_interruptibly),
		cmocka_unit_test(test_holder_in_a_module_of_its_own),
		cmocka_unit_test(test_retries),
		cmocka_unit_test(test_device_does_not_complete),
		cmocka_unit_test(test_fault_needs_waiter),
		cmocka_unit_test(test_fault_needs_another),
		cmocka_unit_test(test_entity_does_not_rest),
		cmocka_unit_test(test_return_trampoline),
		cmocka_unit_test(test_frames_of_another_task),
		cmocka_unit_test(test_listed_flush),
		cmocka_unit_test(test_listed_flush_of_a_running_item),
		cmocka_unit_test(test_signaller_is_held_back),
		cmocka_unit_test(test_pending_is_not_held_back),
		cmocka_unit_test(test_nobody_else_has_the_lock),
		cmocka_unit_test(test_list_is_cut),
		cmocka_unit_test(test_signaller_is_not_blocked),
		cmocka_unit_test(test_short_stall),
		cmocka_unit_test(test_ring_stands),
		cmocka_unit_test(test_ring_gets_on),
		cmocka_unit_test(test_ring_without_waiter),
		cmocka_unit_test(test_signaller_may_be_held_back),
		cmocka_unit_test(test_section_is_nobodys),
		cmocka_unit_test(test_exclusion_is_said),
		cmocka_unit_test(test_lock_is_left),
		cmocka_unit_test(test_lock_of_a_sleeper),
		cmocka_unit_test(test_owner_is_gone),
		cmocka_unit_test(test_owner_is_perhaps_there),
		cmocka_unit_test(test_signallers_are_stuck_alike),
		cmocka_unit_test(test_one_signaller_is_elsewhere),
		cmocka_unit_test(test_page_is_moved_by_who_needs_the_lock),
		cmocka_unit_test(test_page_of_nobody),
		cmocka_unit_test(test_cpu_is_not_left),
		cmocka_unit_test(test_item_waits_for_its_cpu),
		cmocka_unit_test(test_entity_waits_for_its_thread),
		cmocka_unit_test(test_fence_below_a_flush),
		cmocka_unit_test(test_lock_of_the_clocks),
		cmocka_unit_test(test_callback_resumes_its_device),
		cmocka_unit_test(test_lines_without_stacks),
		cmocka_unit_test(test_locks_of_one_driver),
		cmocka_unit_test(test_wedged_but_recovered),
		cmocka_unit_test(test_swapped_memory),
		cmocka_unit_test(test_lost_in_sleep),
		cmocka_unit_test(test_fence_of_a_lost_device),
		cmocka_unit_test(test_lock_of_anybody),
		cmocka_unit_test(test_searched_for),
		cmocka_unit_test(test_functions_of_vendors),
		cmocka_unit_test(test_stalled_pool),
		cmocka_unit_test(test_lock_of_a_shrinker),
		cmocka_unit_test(test_firmware_beside_tasks),
		cmocka_unit_test(test_pasted_twice),
		cmocka_unit_test(test_torn_stack),
		cmocka_unit_test(test_reader_waits_for_invalidation),
		cmocka_unit_test(test_thread_of_the_same_parent_is_behind),
		cmocka_unit_test(test_child_of_another_parent_is_not_behind),
		cmocka_unit_test(test_attribute_is_in_use),
		cmocka_unit_test(test_attribute_is_anothers),
		cmocka_unit_test(test_vma_is_in_use),
		cmocka_unit_test(test_fault_in_another_memory),
		cmocka_unit_test(test_queue_is_full),
		cmocka_unit_test(test_queue_will_move),
		cmocka_unit_test(test_one_reader_is_named),
		cmocka_unit_test(test_tries_for_something),
		cmocka_unit_test(test_runs_for_something),
		cmocka_unit_test(test_polling_is_no_hang),
		cmocka_unit_test(test_times_run_backwards),
		cmocka_unit_test(test_stack_of_nobody),
		cmocka_unit_test(test_rest_of_a_stack),
		cmocka_unit_test(test_host_of_virtual_machine),
		cmocka_unit_test(test_recovered),
		cmocka_unit_test(test_pasted_while_it_ran),
		cmocka_unit_test(test_lockup_is_open),
		cmocka_unit_test(test_open_or_recovered),
		cmocka_unit_test(test_died_alone),
		cmocka_unit_test(test_relapses),
		cmocka_unit_test(test_words_of_the_driver),
		cmocka_unit_test(test_more_words_of_drivers),
		cmocka_unit_test(test_silence_is_no_recovery),
		cmocka_unit_test(test_signature_without_a_function),
		cmocka_unit_test(test_kernel_thread_died),
		cmocka_unit_test(test_died_and_others_wait),
		cmocka_unit_test(test_iommu_waits),
		cmocka_unit_test(test_stack_without_a_name),
		cmocka_unit_test(test_possible_and_cut),
		cmocka_unit_test(test_pasted_stack),
		cmocka_unit_test(test_busy_without_a_stack),
		cmocka_unit_test(test_busy_while_others_wait),
		cmocka_unit_test(test_waits_of_drivers),
		cmocka_unit_test(test_hang_that_ended),
		cmocka_unit_test(test_proven_loop_does_not_end),
		cmocka_unit_test(test_booted_again),
		cmocka_unit_test(test_excerpt_above_the_whole),
		cmocka_unit_test(test_end_of_one_of_two),
		cmocka_unit_test(test_reset_without_end),
		cmocka_unit_test(test_display_stands_still),
		cmocka_unit_test(test_flip_without_a_clock),
		cmocka_unit_test(test_rcu_thread_starves),
		cmocka_unit_test(test_two_machines),
		cmocka_unit_test(test_healthy_boot),
		cmocka_unit_test(test_possible_is_no_hang),
		cmocka_unit_test(test_possible_on_arm),
		cmocka_unit_test(test_possible_beside_another_log),
		cmocka_unit_test(test_cut_in_the_scheduler),
		cmocka_unit_test(test_refuses_to_freeze),
		cmocka_unit_test(test_stack_that_is_not_there),
		cmocka_unit_test(test_disk_at_work),
		cmocka_unit_test(test_signature),
		cmocka_unit_test(test_signature_of_an_end),
		cmocka_unit_test(test_flush_of_a_thread),
		cmocka_unit_test(test_fault_of_the_core),
		cmocka_unit_test(test_detector_found_a_waiter),
		cmocka_unit_test(test_stall_of_rcu_lists),
		cmocka_unit_test(test_tick_is_no_place),
		cmocka_unit_test(test_idle_below_an_interrupt),
		cmocka_unit_test(test_helpers_are_no_place),
		cmocka_unit_test(test_age_is_what_was_seen),
		cmocka_unit_test(test_dates_of_two_logs),
		cmocka_unit_test(test_detector_stopped),
		cmocka_unit_test(test_words_and_prose),
		cmocka_unit_test(test_functions_in_prose),
		cmocka_unit_test(test_caller_of_the_last_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
