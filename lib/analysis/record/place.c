/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Functions that only wait, and what is left of a stack without them. */
#include "lib/analysis/record/place.h"

#include "bpf/abi/kernel-constants.h"
#include "lib/analysis/record/subsystem.h"
#include "lib/analysis/record/wait.h"

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

/* The core kernel's ways to wait: whoever calls them means something, not they. */
static const char *const place_waits[] = {
	"__schedule",
	"schedule",
	"schedule_timeout*",
	"schedule_hrtimeout*",
	"hrtimer_sleeper_start_expires",
	"schedule_preempt_disabled",
	"preempt_schedule*",
	"io_schedule*",
	"__switch_to*",
	"wait_woken",
	"__wait_for_common",
	"wait_for_completion*",
	"wait_for_common*",
	"do_wait_for_common",
	"__mutex_lock*",
	"mutex_lock*",
	"__ww_mutex_lock*",
	"ww_mutex_lock*",
	"rwsem_down_*",
	"down",
	"down_*",
	"__down",
	"__down_*",
	"percpu_down_*",
	"__percpu_down_*",
	"percpu_rwsem_wait",
	"rt_mutex_*",
	"__rt_mutex_*",
	"rwbase_*",
	"rtlock_*",
	"rt_spin_lock*",
	"__wait_on_bit*",
	"out_of_line_wait_on_bit*",
	"bit_wait*",
	"folio_wait_bit*",
	"__folio_lock*",
	"msleep*",
	"usleep_range*",
	"__const_udelay",
	"__udelay",
	"__ndelay",
	"__delay",
	"delay_*",
	"__cond_resched",
	"asm_sysvec_*",
	"sysvec_*",
	"prepare_to_wait*",
	"__synchronize_srcu*",
	"synchronize_srcu*",
	"__flush_work*",
	"flush_work*",
	"flush_delayed_work",
	"__cancel_work*",
	"cancel_work_sync",
	"cancel_delayed_work_sync",
	"__flush_workqueue",
	"flush_workqueue*",
	"drain_workqueue",
	"destroy_workqueue",
	"kthread_stop*",
	"kthread_park",
	"dma_fence_wait*",
	"dma_fence_default_wait",
	"dma_resv_wait*",
};

/* How a stack begins, for all of its kind. */
static const char *const place_entries[] = {
	"do_syscall_64",	   "entry_SYSCALL*", "x64_sys_call",  "do_syscall_x64",
	"invoke_syscall*",	   "el0_*",	     "el0t_*",	      "do_el0_svc*",
	"ret_from_fork*",	   "kthread",	     "worker_thread", "process_one_work",
	"process_scheduled_works", "__x64_sys_*",    "__arm64_sys_*",
};

static bool place_is_any_of(const struct gw_symbol_record *symbol, const char *const *patterns, size_t count)
{
	for (size_t i = 0; !symbol->module[0] && i < count; i++)
		if (gw_function_is(symbol->name, patterns[i]))
			return true;
	return false;
}

static bool place_is_driver(const struct gw_snapshot *snapshot, const struct gw_symbol_record *symbol)
{
	struct gw_subsystem subsystem = gw_subsystem_of_symbol(snapshot, symbol);

	return subsystem.kind == GW_SUBSYSTEM_GPU && !subsystem.generic;
}

static struct gw_place place_on(const struct gw_snapshot *snapshot, const __u64 *stack, uint32_t depth)
{
	struct gw_place place = { .function = NULL };

	for (uint32_t i = 0; i < depth && !place.driver; i++) {
		const struct gw_symbol_record *symbol = gw_snapshot_symbol(snapshot, stack[i]);

		/* A frame that nobody can name may be anybody's. */
		if (!symbol && !place.function)
			return place;
		if (!symbol)
			continue;
		if (!place.function && !place_is_any_of(symbol, place_waits, LENGTH(place_waits)) &&
		    !place_is_any_of(symbol, place_entries, LENGTH(place_entries)))
			place.function = symbol;
		if (place.function && place_is_driver(snapshot, symbol))
			place.driver = symbol;
	}
	if (place.driver == place.function)
		place.driver = NULL;
	return place;
}

/* A work item whose last call is that of the wait has left the stack. */
static const struct gw_symbol_record *place_work_function(const struct gw_snapshot *snapshot,
							  const struct gw_task_record *task)
{
	const struct gw_sections *sections = &task->watch.sections;

	return sections->work && gw_task_sleeps(task) ? gw_snapshot_symbol(snapshot, sections->work_function) : NULL;
}

struct gw_place gw_place_of(const struct gw_snapshot *snapshot, const struct gw_task_record *task)
{
	uint32_t depth = task->flags & GW_TASK_F_ON_CPU ? 0 : task->stack_depth;
	struct gw_place place = place_on(snapshot, task->stack, depth);

	if (!place.function && depth)
		place.function = place_work_function(snapshot, task);
	return place;
}

struct gw_place gw_place_of_samples(const struct gw_snapshot *snapshot, const struct gw_running_record *running)
{
	return place_on(snapshot, running->stack, running->stack_depth);
}

enum gw_signals gw_place_signals(const struct gw_task_record *task)
{
	if (task->flags & GW_TASK_F_KTHREAD)
		return GW_SIGNALS_NONE;
	if (task->state & TASK_INTERRUPTIBLE)
		return GW_SIGNALS_ANY;
	return task->state & TASK_WAKEKILL ? GW_SIGNALS_FATAL : GW_SIGNALS_NONE;
}

bool gw_place_may_be_killed(const struct gw_task_record *task)
{
	return gw_task_sleeps(task) && task->tgid > 1 && gw_place_signals(task) != GW_SIGNALS_NONE;
}

enum gw_alarm gw_place_alarm(const struct gw_snapshot *snapshot, const struct gw_task_record *task,
			     uint64_t *expires_ns)
{
	const struct gw_alarm_record *alarm = gw_snapshot_alarm(snapshot, task->address);

	*expires_ns = 0;
	if (!gw_task_sleeps(task) || gw_place_signals(task) == GW_SIGNALS_NONE)
		return GW_ALARM_NONE;
	if (!alarm || (alarm->flags & GW_ALARM_F_UNKNOWN))
		return GW_ALARM_UNREAD;
	if (alarm->flags & GW_ALARM_F_PENDING)
		return GW_ALARM_PENDING;
	if (alarm->flags & GW_ALARM_F_ARMED) {
		*expires_ns = alarm->expires_ns;
		return GW_ALARM_TIMER;
	}
	if (alarm->flags & GW_ALARM_F_CPU_TIME)
		return GW_ALARM_CPU_TIME;
	return gw_snapshot_has_siblings(snapshot, task) ? GW_ALARM_THREADS : GW_ALARM_NONE;
}

/* Where a signal does end the sleep, it is about to. */
bool gw_place_outlasts_kill(const struct gw_task_record *task)
{
	return (task->flags & GW_TASK_F_KILLED) && gw_task_sleeps(task) && gw_place_signals(task) == GW_SIGNALS_NONE;
}

const char *gw_signals_name(enum gw_signals signals)
{
	static const char *const names[] = {
		[GW_SIGNALS_NONE] = "none", [GW_SIGNALS_FATAL] = "fatal", [GW_SIGNALS_ANY] = "any"
	};

	return names[signals];
}
