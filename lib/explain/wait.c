/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The innermost frames up to the first one that is not part of waiting. */
#include "lib/explain/wait.h"

#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

struct wait_row {
	const char *pattern; /* ends with '*': whatever begins so */
	enum gw_text_wait_kind kind;
	bool timed;
};

/* GW_TEXT_WAIT_UNKNOWN: part of any wait. Of several on a stack the outermost that says more counts. */
static const struct wait_row wait_rows[] = {
	{ "context_switch", GW_TEXT_WAIT_UNKNOWN, false },
	{ "__switch_to*", GW_TEXT_WAIT_UNKNOWN, false },
	{ "__schedule*", GW_TEXT_WAIT_UNKNOWN, false },
	{ "schedule", GW_TEXT_WAIT_UNKNOWN, false },
	{ "preempt_schedule*", GW_TEXT_WAIT_UNKNOWN, false },
	{ "schedule_preempt_disabled", GW_TEXT_WAIT_UNKNOWN, false },
	{ "schedule_timeout*", GW_TEXT_WAIT_UNKNOWN, false },
	{ "schedule_rtlock", GW_TEXT_WAIT_UNKNOWN, false },
	/* Preempted by an interrupt, on the way to sleep or anywhere. */
	{ "raw_irqentry_exit*", GW_TEXT_WAIT_UNKNOWN, false },
	{ "irqentry_exit*", GW_TEXT_WAIT_UNKNOWN, false },
	{ "sysvec_*", GW_TEXT_WAIT_UNKNOWN, false },
	{ "asm_sysvec_*", GW_TEXT_WAIT_UNKNOWN, false },
	{ "hrtimer_sleeper_start_expires", GW_TEXT_WAIT_UNKNOWN, false },
	{ "bit_wait*", GW_TEXT_WAIT_UNKNOWN, false },
	{ "__wait_on_bit*", GW_TEXT_WAIT_EVENT, false },
	{ "out_of_line_wait_on_bit*", GW_TEXT_WAIT_EVENT, false },
	{ "prepare_to_wait*", GW_TEXT_WAIT_UNKNOWN, false },
	{ "finish_wait", GW_TEXT_WAIT_UNKNOWN, false },
	{ "io_schedule*", GW_TEXT_WAIT_IO, false },
	{ "__ww_mutex_lock*", GW_TEXT_WAIT_WW_MUTEX, false },
	{ "ww_mutex_lock*", GW_TEXT_WAIT_WW_MUTEX, false },
	{ "__mutex_lock*", GW_TEXT_WAIT_MUTEX, false },
	{ "mutex_lock*", GW_TEXT_WAIT_MUTEX, false },
	{ "rwsem_down_read*", GW_TEXT_WAIT_RWSEM_READ, false },
	{ "call_rwsem_down_read*", GW_TEXT_WAIT_RWSEM_READ, false }, /* before 5.2 */
	{ "call_rwsem_down_write*", GW_TEXT_WAIT_RWSEM_WRITE, false },
	{ "__down_read*", GW_TEXT_WAIT_RWSEM_READ, false },
	{ "down_read*", GW_TEXT_WAIT_RWSEM_READ, false },
	{ "rwsem_down_write*", GW_TEXT_WAIT_RWSEM_WRITE, false },
	{ "__down_write*", GW_TEXT_WAIT_RWSEM_WRITE, false },
	{ "down_write*", GW_TEXT_WAIT_RWSEM_WRITE, false },
	{ "percpu_down*", GW_TEXT_WAIT_PERCPU_RWSEM, false },
	{ "percpu_rwsem_wait*", GW_TEXT_WAIT_PERCPU_RWSEM, false },
	{ "__percpu_down*", GW_TEXT_WAIT_PERCPU_RWSEM, false },
	{ "___down_common", GW_TEXT_WAIT_SEMAPHORE, false },
	{ "__down*", GW_TEXT_WAIT_SEMAPHORE, false },
	{ "down", GW_TEXT_WAIT_SEMAPHORE, false },
	{ "down_interruptible", GW_TEXT_WAIT_SEMAPHORE, false },
	{ "down_killable", GW_TEXT_WAIT_SEMAPHORE, false },
	{ "down_timeout", GW_TEXT_WAIT_SEMAPHORE, true },
	{ "rt_mutex*", GW_TEXT_WAIT_MUTEX, false },
	{ "__rt_mutex*", GW_TEXT_WAIT_MUTEX, false },
	{ "dma_fence_default_wait", GW_TEXT_WAIT_FENCE, false },
	{ "dma_fence_wait*", GW_TEXT_WAIT_FENCE, false },
	{ "dma_resv_wait*", GW_TEXT_WAIT_FENCE, false },
	{ "drm_syncobj_array_wait*", GW_TEXT_WAIT_FENCE, false },
	{ "i915_request_wait*", GW_TEXT_WAIT_FENCE, false },
	{ "intel_atomic_commit_fence_wait", GW_TEXT_WAIT_FENCE, false },
	{ "i915_sw_fence_wait", GW_TEXT_WAIT_FENCE, false },
	{ "radeon_fence_wait*", GW_TEXT_WAIT_FENCE, false },
	{ "radeon_fence_default_wait", GW_TEXT_WAIT_FENCE, false },
	{ "vmw_fence_obj_wait", GW_TEXT_WAIT_FENCE, false },
	{ "msm_wait_fence", GW_TEXT_WAIT_FENCE, false },
	{ "kcl_fence_default_wait", GW_TEXT_WAIT_FENCE, false }, /* of AMD's driver for older kernels */
	{ "kcl_fence_wait*", GW_TEXT_WAIT_FENCE, false },
	{ "fence_default_wait", GW_TEXT_WAIT_FENCE, false }, /* before 4.10 */
	{ "fence_wait*", GW_TEXT_WAIT_FENCE, false },
	{ "drm_sched_entity_flush", GW_TEXT_WAIT_FENCE, false },
	{ "amddrm_sched_entity_flush", GW_TEXT_WAIT_FENCE, false },
	{ "amd_sched_entity_fini", GW_TEXT_WAIT_FENCE, false }, /* before 4.16 */
	{ "flush_work*", GW_TEXT_WAIT_WORK, false },
	{ "__flush_work*", GW_TEXT_WAIT_WORK, false },
	{ "flush_delayed_work", GW_TEXT_WAIT_WORK, false },
	{ "cancel_work_sync", GW_TEXT_WAIT_WORK, false },
	{ "cancel_delayed_work_sync", GW_TEXT_WAIT_WORK, false },
	{ "__cancel_work*", GW_TEXT_WAIT_WORK, false },
	{ "kthread_flush_work", GW_TEXT_WAIT_WORK, false },
	{ "kthread_flush_worker", GW_TEXT_WAIT_WORK, false },
	{ "__kthread_cancel_work_sync", GW_TEXT_WAIT_WORK, false },
	{ "kthread_cancel_work_sync", GW_TEXT_WAIT_WORK, false },
	{ "kthread_cancel_delayed_work_sync", GW_TEXT_WAIT_WORK, false },
	{ "flush_workqueue*", GW_TEXT_WAIT_WORKQUEUE, false },
	{ "__flush_workqueue*", GW_TEXT_WAIT_WORKQUEUE, false },
	{ "drain_workqueue", GW_TEXT_WAIT_WORKQUEUE, false },
	{ "destroy_workqueue", GW_TEXT_WAIT_WORKQUEUE, false },
	{ "wait_for_common*", GW_TEXT_WAIT_COMPLETION, false },
	{ "__wait_for_common*", GW_TEXT_WAIT_COMPLETION, false },
	{ "do_wait_for_common", GW_TEXT_WAIT_COMPLETION, false },
	{ "wait_for_completion_timeout", GW_TEXT_WAIT_COMPLETION, true },
	{ "wait_for_completion*", GW_TEXT_WAIT_COMPLETION, false },
	{ "rpm_resume", GW_TEXT_WAIT_RUNTIME_PM, false },
	{ "rpm_suspend", GW_TEXT_WAIT_RUNTIME_PM, false },
	{ "rpm_idle", GW_TEXT_WAIT_RUNTIME_PM, false },
	{ "__pm_runtime*", GW_TEXT_WAIT_RUNTIME_PM, false },
	{ "pm_runtime_barrier", GW_TEXT_WAIT_RUNTIME_PM, false },
	{ "__synchronize_srcu*", GW_TEXT_WAIT_SRCU, false },
	{ "synchronize_srcu*", GW_TEXT_WAIT_SRCU, false },
	{ "synchronize_rcu*", GW_TEXT_WAIT_SRCU, false },
	{ "synchronize_sched*", GW_TEXT_WAIT_SRCU, false },
	{ "__wait_rcu_gp", GW_TEXT_WAIT_SRCU, false },
	{ "folio_wait_*", GW_TEXT_WAIT_PAGE, false },
	{ "__folio_lock*", GW_TEXT_WAIT_PAGE, false },
	{ "folio_lock*", GW_TEXT_WAIT_PAGE, false },
	{ "wait_on_page_*", GW_TEXT_WAIT_PAGE, false },
	{ "__lock_page*", GW_TEXT_WAIT_PAGE, false },
	{ "migration_entry_wait*", GW_TEXT_WAIT_PAGE, false },
	{ "softleaf_entry_wait*", GW_TEXT_WAIT_PAGE, false },
	{ "__migration_entry_wait*", GW_TEXT_WAIT_PAGE, false },
	{ "mmu_interval_read_begin", GW_TEXT_WAIT_NOTIFIER, false },
	{ "mmu_interval_notifier_remove", GW_TEXT_WAIT_NOTIFIER, false },
	{ "kthread_stop*", GW_TEXT_WAIT_THREAD, false },
	{ "kthread_park", GW_TEXT_WAIT_THREAD, false },
	{ "msleep*", GW_TEXT_WAIT_SLEEP, true },
	{ "usleep_range*", GW_TEXT_WAIT_SLEEP, true },
	{ "fsleep", GW_TEXT_WAIT_SLEEP, true },
	{ "schedule_hrtimeout*", GW_TEXT_WAIT_SLEEP, true },
	{ "do_nanosleep", GW_TEXT_WAIT_SLEEP, true },
	{ "hrtimer_nanosleep", GW_TEXT_WAIT_SLEEP, true },
	{ "native_queued_spin_lock_slowpath", GW_TEXT_WAIT_SPIN, false },
	{ "__pv_queued_spin_lock_slowpath", GW_TEXT_WAIT_SPIN, false },
	{ "pv_native_safe_halt", GW_TEXT_WAIT_UNKNOWN, false },
	{ "kvm_wait", GW_TEXT_WAIT_UNKNOWN, false },
	{ "queued_spin_lock_slowpath", GW_TEXT_WAIT_SPIN, false },
	{ "queued_read_lock_slowpath", GW_TEXT_WAIT_SPIN, false },
	{ "queued_write_lock_slowpath", GW_TEXT_WAIT_SPIN, false },
	{ "do_raw_spin_lock", GW_TEXT_WAIT_SPIN, false },
	{ "_raw_spin_lock*", GW_TEXT_WAIT_SPIN, false },
	{ "_raw_read_lock*", GW_TEXT_WAIT_SPIN, false },
	{ "_raw_write_lock*", GW_TEXT_WAIT_SPIN, false },
	{ "smp_call_function*", GW_TEXT_WAIT_SPIN, false },
	{ "csd_lock_wait*", GW_TEXT_WAIT_SPIN, false },
	{ "on_each_cpu*", GW_TEXT_WAIT_SPIN, false },
	{ "multi_cpu_stop", GW_TEXT_WAIT_SPIN, false },
	/* Ways into a lock that say nothing of their own. */
	{ "os_acquire_rwlock_read", GW_TEXT_WAIT_RWSEM_READ, false }, /* NVIDIA's */
	{ "os_acquire_rwlock_write", GW_TEXT_WAIT_RWSEM_WRITE, false },
	{ "os_acquire_mutex", GW_TEXT_WAIT_SEMAPHORE, false },
	{ "os_acquire_semaphore", GW_TEXT_WAIT_SEMAPHORE, false },
	{ "portSyncRwLockAcquire*", GW_TEXT_WAIT_UNKNOWN, false },
	{ "portSyncMutexAcquire*", GW_TEXT_WAIT_UNKNOWN, false },
	{ "portSyncSemaphoreAcquire*", GW_TEXT_WAIT_UNKNOWN, false },
	{ "modeset_lock", GW_TEXT_WAIT_UNKNOWN, false },
	{ "drm_modeset_lock*", GW_TEXT_WAIT_UNKNOWN, false },
	{ "ttm_bo_reserve", GW_TEXT_WAIT_UNKNOWN, false },
	{ "rtnl_lock", GW_TEXT_WAIT_UNKNOWN, false },
	{ "device_lock", GW_TEXT_WAIT_UNKNOWN, false },
	{ "dma_resv_lock*", GW_TEXT_WAIT_UNKNOWN, false },
};

static const struct wait_row *wait_find(const char *function)
{
	for (size_t i = 0; i < COUNT(wait_rows); i++) {
		const char *pattern = wait_rows[i].pattern;
		size_t length = strlen(pattern);

		if (pattern[length - 1] == '*' ? strncmp(function, pattern, length - 1) == 0
					       : strcmp(function, pattern) == 0)
			return &wait_rows[i];
	}
	return NULL;
}

/* schedule_timeout() hands it to a timer, and sets none up for a wait without end: "? __pfx_process_timeout". */
static bool wait_has_timer(const char *function)
{
	return strcmp(function, "__pfx_process_timeout") == 0 || strcmp(function, "process_timeout") == 0;
}

/* What lies in front of a function, and nobody returns to. */
static bool wait_is_padding(const char *function)
{
	return strncmp(function, "__pfx_", 6) == 0;
}

/* Reads the sample's frames of that reliability from the innermost one on. Stale ones lie in front of where it sleeps, too. */
static struct gw_text_wait wait_read(const struct gw_log_model *model, const struct gw_log_sample *sample,
				     bool reliable)
{
	struct gw_text_wait wait = { .function = "", .caller = sample->n_frames, .reliable = reliable };
	const struct gw_log_frame *frames = model->frames + sample->first_frame;
	bool met = reliable || (sample->state != 'D' && sample->state != 'S');

	for (uint32_t i = 0; i < sample->n_frames; i++) {
		const struct wait_row *row;

		wait.timed |= wait.kind != GW_TEXT_WAIT_UNKNOWN ? false : wait_has_timer(frames[i].function);
		if (frames[i].reliable != reliable || frames[i].interrupt || wait_is_padding(frames[i].function))
			continue;
		row = wait_find(frames[i].function);
		met |= row != NULL;
		if (!row && !met)
			continue;
		if (!row) {
			wait.caller = i;
			break;
		}
		if (row->kind == GW_TEXT_WAIT_UNKNOWN)
			continue;
		wait.mixed |= wait.kind == GW_TEXT_WAIT_FENCE && row->kind != GW_TEXT_WAIT_FENCE;
		wait.kind = row->kind;
		wait.function = frames[i].function;
		wait.timed |= row->timed;
	}
	if (wait.kind == GW_TEXT_WAIT_UNKNOWN && wait.caller < sample->n_frames)
		wait.kind = GW_TEXT_WAIT_EVENT;
	return wait;
}

static bool wait_has_reliable(const struct gw_log_model *model, const struct gw_log_sample *sample)
{
	for (uint32_t i = 0; i < sample->n_frames; i++)
		if (model->frames[sample->first_frame + i].reliable)
			return true;
	return false;
}

/* Stale frames that show no wait are no place, where it is known which ones are not stale: the stack was cut off too early. */
struct gw_text_wait gw_text_wait_of(const struct gw_log_model *model, const struct gw_log_sample *sample)
{
	struct gw_text_wait wait = wait_read(model, sample, true), stale;

	if (wait.kind != GW_TEXT_WAIT_UNKNOWN)
		return wait;
	stale = wait_read(model, sample, false);
	return stale.kind == GW_TEXT_WAIT_UNKNOWN && sample->state == 'D' && wait_has_reliable(model, sample) ? wait
													      : stale;
}

bool gw_text_wait_is_preempted(const struct gw_log_model *model, const struct gw_log_sample *sample)
{
	static const char *const begin[] = { "raw_irqentry_exit", "irqentry_exit", "asm_sysvec_", "sysvec_",
					     "preempt_schedule" };
	const struct gw_log_frame *frames = model->frames + sample->first_frame;

	if (sample->n_frames == 0 || !frames->reliable)
		return false;
	for (size_t i = 0; i < COUNT(begin); i++)
		if (strncmp(frames->function, begin[i], strlen(begin[i])) == 0)
			return true;
	return false;
}

bool gw_text_wait_is_lock(enum gw_text_wait_kind kind)
{
	return kind >= GW_TEXT_WAIT_MUTEX && kind <= GW_TEXT_WAIT_PERCPU_RWSEM;
}
