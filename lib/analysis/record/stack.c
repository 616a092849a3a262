/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Lists of kernel functions, and what it means to find them on a stack. */
#include "lib/analysis/record/stack.h"

#include <stdio.h>
#include <string.h>

#include "bpf/abi/kernel-constants.h"

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

/* Where system calls sleep without holding a lock of their own. */
static const char *const user_sleeps[] = {
	"do_nanosleep",
	"hrtimer_nanosleep",
	"ep_poll",
	"poll_schedule_timeout",
	"do_poll",
	"do_select",
	"do_sys_poll",
	"futex_wait_queue",
	"futex_wait_queue_me",
	"futex_do_wait",
	"futex_wait",
	"__futex_wait",
	"do_wait",
	"do_sigtimedwait",
	"sigsuspend",
	"do_signal_stop", /* on the way back to user space, as are the next two */
	"do_jobctl_trap",
	"ptrace_stop",
	"__do_sys_pause",
	"__x64_sys_pause",
	"pipe_read",
	"anon_pipe_read",
	"unix_stream_read_generic",
	"unix_stream_data_wait",
	"signalfd_dequeue",
	"signalfd_read",
	"n_tty_read",
	"do_msgrcv",
	"inet_csk_accept",
};

/* What lies above the function that decided to sleep. */
static const char *const schedulers[] = {
	"__schedule",
	"schedule",
	"schedule_timeout",
	"schedule_timeout_interruptible",
	"schedule_hrtimeout",
	"schedule_hrtimeout_range",
	"schedule_hrtimeout_range_clock",
	"io_schedule",
	"wait_woken",
	"inet_csk_wait_for_connect",
	"__switch_to",
};

/* Functions that stand on the stack of whoever is in a section. */
static const char *const notifier_section[] = { "__mmu_notifier_invalidate_range_start" };
static const char *const reclaim_section[] = { "try_to_free_pages", "do_try_to_free_pages",
					       "try_to_free_mem_cgroup_pages" };
static const char *const unplug_section[] = { "drm_dev_unplug" };

/* How user space enters the kernel: x86, arm64, riscv, s390, powerpc. */
static const char *const system_call_entries[] = {
	"entry_SYSCALL_64_after_hwframe",
	"do_syscall_64",
	"el0_svc",
	"el0t_64_sync",
	"do_el0_svc",
	"do_trap_ecall_u",
	"__do_syscall",
	"system_call_exception",
	"do_fast_syscall_32",
	"do_int80_emulation",
};

/*
 * Callers that hold mmap_lock when they reach mmu_notifier_invalidate_range_start(). Not so: KSM, khugepaged,
 * migration and reclaim, which come through the reverse map.
 */
static const char *const mmap_lock_holders[] = {
	"__x64_sys_munmap",
	"__vm_munmap",
	"do_munmap",
	"do_vmi_munmap",
	"do_vmi_align_munmap",
	"unmap_region",
	"vms_complete_munmap_vmas",
	"do_mprotect_pkey",
	"mprotect_fixup",
	"move_page_tables",
	"__do_sys_mremap",
	"__x64_sys_mremap",
	"__do_sys_brk",
	"__x64_sys_brk",
	"copy_page_range",
	"dup_mmap",
	"mmap_region",
	"__x64_sys_mprotect",
	"vm_mmap_pgoff",
	"vms_clear_ptes",
	"__arm64_sys_munmap",
	"__arm64_sys_mremap",
	"__arm64_sys_brk",
	"__arm64_sys_mprotect",
};

/* Holds mmap_lock up to 6.16; since 6.17 it may hold the lock of one VMA instead. */
static const char *const madvise[] = { "do_madvise", "madvise_vma_behavior", "__x64_sys_madvise",
				       "__arm64_sys_madvise" };

static const char *const reverse_map[] = {
	"rmap_walk",
	"rmap_walk_anon",
	"rmap_walk_file",
	"rmap_walk_ksm",
	"try_to_unmap",
	"try_to_migrate",
	"folio_referenced",
	"page_referenced",
	"shrink_page_list",
	"shrink_folio_list",
	"shrink_node",
	"migrate_pages",
	"kswapd",
	"balance_pgdat",
	"kcompactd",
	"ksm_do_scan",
	"unmap_mapping_range",
	"unmap_mapping_pages",
	"truncate_pagecache",
};

/* What a task waits for in them. */
static const struct {
	const char *function;
	uint32_t kind;
} gpu_waits[] = {
	{ "dma_fence_wait_timeout", GW_WAIT_FENCE },	       { "dma_fence_default_wait", GW_WAIT_FENCE },
	{ "dma_fence_wait_any_timeout", GW_WAIT_FENCE_ANY },   { "dma_resv_wait_timeout", GW_WAIT_FENCE },
	{ "drm_syncobj_array_wait_timeout", GW_WAIT_SYNCOBJ }, { "drm_syncobj_array_wait", GW_WAIT_SYNCOBJ },
	{ "mmu_interval_read_begin", GW_WAIT_NOTIFIER },       { "drm_sched_entity_flush", GW_WAIT_COMPLETION },
	{ "drm_sched_entity_fini", GW_WAIT_COMPLETION },       { "drm_sched_stop", GW_WAIT_COMPLETION },
	{ "drm_sched_entity_destroy", GW_WAIT_COMPLETION },    { "drm_dev_unplug", GW_WAIT_SRCU },
};

/* The name in the list that is the function of the symbol, or NULL. */
static const char *stack_match(const struct gw_symbol_record *symbol, const char *const *names, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (gw_function_is(symbol->name, names[i]))
			return names[i];
	return NULL;
}

static const char *stack_find(const struct gw_snapshot *snapshot, const struct gw_task_record *task,
			      const char *const *names, size_t count)
{
	for (uint32_t i = 0; i < task->stack_depth; i++) {
		const struct gw_symbol_record *symbol = gw_snapshot_symbol(snapshot, task->stack[i]);
		const char *name = symbol ? stack_match(symbol, names, count) : NULL;

		if (name)
			return name;
	}
	return NULL;
}

static bool stack_is_valid(const struct gw_task_record *task)
{
	return task->stack_depth > 0 && !(task->flags & GW_TASK_F_ON_CPU);
}

/* The innermost frame that is not the scheduler's: it decided to sleep. NULL if it has no name. */
static const struct gw_symbol_record *stack_sleeper(const struct gw_snapshot *snapshot,
						    const struct gw_task_record *task)
{
	for (uint32_t i = 0; stack_is_valid(task) && i < task->stack_depth; i++) {
		const struct gw_symbol_record *symbol = gw_snapshot_symbol(snapshot, task->stack[i]);

		if (!symbol || symbol->module[0] || !stack_match(symbol, schedulers, LENGTH(schedulers)))
			return symbol;
	}
	return NULL;
}

/* The same, or who waits for the completion for which it is: a log's stack has these functions, that of a snapshot has not. */
static const struct gw_symbol_record *stack_sleeper_beyond_completion(const struct gw_snapshot *snapshot,
								      const struct gw_task_record *task)
{
	static const char *const completions[] = { "__wait_for_common", "wait_for_common", "wait_for_completion" };

	for (uint32_t i = 0; i < task->stack_depth; i++) {
		const struct gw_symbol_record *symbol = gw_snapshot_symbol(snapshot, task->stack[i]);

		if (!symbol || symbol->module[0] ||
		    (!stack_match(symbol, schedulers, LENGTH(schedulers)) &&
		     !stack_match(symbol, completions, LENGTH(completions))))
			return symbol;
	}
	return NULL;
}

const char *gw_stack_user_sleep(const struct gw_snapshot *snapshot, const struct gw_task_record *task)
{
	const struct gw_symbol_record *sleeper = stack_sleeper(snapshot, task);
	bool entered = false;

	if (!sleeper || task->flags & GW_TASK_F_KTHREAD)
		return NULL;
	for (uint32_t i = 0; i < task->stack_depth; i++) {
		const struct gw_symbol_record *symbol = gw_snapshot_symbol(snapshot, task->stack[i]);

		/* A frame that nobody can name may be a driver's. */
		if (!symbol || symbol->module[0])
			return NULL;
		entered |= stack_match(symbol, system_call_entries, LENGTH(system_call_entries)) != NULL;
	}
	return entered ? stack_match(sleeper, user_sleeps, LENGTH(user_sleeps)) : NULL;
}

bool gw_stack_idle_worker(const struct gw_snapshot *snapshot, const struct gw_task_record *task)
{
	static const char *const loop[] = { "worker_thread" };
	const struct gw_symbol_record *sleeper = stack_sleeper(snapshot, task);

	if (!sleeper || !(task->flags & GW_TASK_F_WORKER) || task->watch.sections.work)
		return false;
	return stack_match(sleeper, loop, LENGTH(loop));
}

bool gw_stack_idle_thread(const struct gw_snapshot *snapshot, const struct gw_task_record *task)
{
	static const char *const queue[] = { "kthread_worker_fn" };
	static const char *const interrupt[] = { "irq_wait_for_interrupt", "irq_thread" };
	const struct gw_symbol_record *sleeper = stack_sleeper(snapshot, task);

	if (!sleeper || sleeper->module[0] || !(task->flags & GW_TASK_F_KTHREAD) || !(task->state & TASK_INTERRUPTIBLE))
		return false;
	return stack_match(sleeper, interrupt, LENGTH(interrupt)) ||
	       (task->flags & GW_TASK_F_NO_ITEM && stack_match(sleeper, queue, LENGTH(queue)));
}

bool gw_stack_awaits_interrupt(const struct gw_snapshot *snapshot, const struct gw_task_record *task)
{
	static const char *const idle[] = { "irq_wait_for_interrupt", "irq_thread", "smpboot_thread_fn" };
	const struct gw_symbol_record *sleeper = stack_is_valid(task) ? stack_sleeper(snapshot, task) : NULL;

	return sleeper && !sleeper->module[0] && (task->flags & GW_TASK_F_KTHREAD) &&
	       (task->state & TASK_INTERRUPTIBLE) && stack_match(sleeper, idle, LENGTH(idle));
}

bool gw_stack_timed_sleep(const struct gw_snapshot *snapshot, const struct gw_task_record *task)
{
	static const char *const timed[] = {
		"schedule_timeout",   "schedule_hrtimeout_range_clock", "msleep", "msleep_interruptible",
		"usleep_range_state", "schedule_hrtimeout_range"
	};

	return stack_is_valid(task) && stack_find(snapshot, task, timed, LENGTH(timed));
}

bool gw_stack_is_whole(const struct gw_snapshot *snapshot, const struct gw_task_record *task)
{
	if (!stack_is_valid(task) || task->stack_depth >= GW_STACK_DEPTH)
		return false;
	for (uint32_t i = 0; i < task->stack_depth; i++)
		if (!gw_snapshot_symbol(snapshot, task->stack[i]))
			return false;
	return true;
}

enum gw_stack_answer gw_stack_in_section(const struct gw_snapshot *snapshot, const struct gw_task_record *task,
					 enum gw_stack_section section)
{
	static const struct {
		const char *const *names;
		size_t count;
	} functions[GW_STACK_SECTIONS] = {
		[GW_STACK_NOTIFIER] = { notifier_section, LENGTH(notifier_section) },
		[GW_STACK_RECLAIM] = { reclaim_section, LENGTH(reclaim_section) },
		[GW_STACK_UNPLUG] = { unplug_section, LENGTH(unplug_section) },
	};

	if (!stack_is_valid(task))
		return GW_STACK_UNKNOWN;
	if (stack_find(snapshot, task, functions[section].names, functions[section].count))
		return GW_STACK_YES;
	return gw_stack_is_whole(snapshot, task) ? GW_STACK_NO : GW_STACK_UNKNOWN;
}

/*
 * One of these stands on the stack of whoever is in a wait of that kind. Those of locks and completions the kernel leaves out
 * of the stacks that it gives. A job's entity may be waited for by a wait for its scheduler's thread or work item.
 */
static const struct {
	uint32_t kind;
	const char *const names[6]; /* up to the first NULL */
} wait_functions[] = {
	{ GW_WAIT_FENCE, { "dma_fence_*", "dma_resv_*" } },
	{ GW_WAIT_FENCE_ANY, { "dma_fence_wait_any_timeout" } },
	{ GW_WAIT_SYNCOBJ, { "drm_syncobj_array_wait_timeout" } },
	{ GW_WAIT_SRCU, { "__synchronize_srcu", "synchronize_srcu", "synchronize_srcu_expedited" } },
	{ GW_WAIT_WORK, { "flush_work", "__flush_work", "drm_sched_entity_*" } },
	{ GW_WAIT_WORKQUEUE, { "__flush_workqueue", "flush_workqueue" } },
	{ GW_WAIT_NOTIFIER, { "mmu_interval_read_begin", "mmu_interval_notifier_remove" } },
	{ GW_WAIT_TASK, { "kthread_stop" } },
	{ GW_WAIT_ENTITY, { "drm_sched_entity_flush", "drm_sched_entity_fini" } },
	{ GW_WAIT_PARK, { "kthread_park", "drm_sched_entity_*" } },
	{ GW_WAIT_THREAD_WORK,
	  { "kthread_flush_worker", "kthread_flush_work", "kthread_cancel_work_sync", "__kthread_cancel_work_sync" } },
};

static size_t stack_count_names(const char *const *names, size_t most)
{
	size_t count = 0;

	while (count < most && names[count])
		count++;
	return count;
}

enum gw_stack_answer gw_stack_in_wait(const struct gw_snapshot *snapshot, const struct gw_task_record *task,
				      uint32_t kind)
{
	for (size_t i = 0; i < LENGTH(wait_functions); i++) {
		const char *const *names = wait_functions[i].names;

		if (wait_functions[i].kind != kind)
			continue;
		if (!stack_is_valid(task))
			return GW_STACK_UNKNOWN;
		if (stack_find(snapshot, task, names, stack_count_names(names, LENGTH(wait_functions[i].names))))
			return GW_STACK_YES;
		return gw_stack_is_whole(snapshot, task) ? GW_STACK_NO : GW_STACK_UNKNOWN;
	}
	return GW_STACK_UNKNOWN;
}

/* The function that decided to sleep is on the stack, and nobody can name it. */
static bool stack_sleeper_is_unnamed(const struct gw_snapshot *snapshot, const struct gw_task_record *task)
{
	for (uint32_t i = 0; stack_is_valid(task) && i < task->stack_depth; i++) {
		const struct gw_symbol_record *symbol = gw_snapshot_symbol(snapshot, task->stack[i]);

		if (!symbol || symbol->module[0] || !stack_match(symbol, schedulers, LENGTH(schedulers)))
			return !symbol;
	}
	return false;
}

bool gw_stack_waits_its_own_way(const struct gw_snapshot *snapshot, const struct gw_task_record *task)
{
	static const char *const common[] = { "dma_fence_*", "dma_resv_*" };
	const struct gw_symbol_record *sleeper = stack_sleeper(snapshot, task);

	return sleeper ? !stack_match(sleeper, common, LENGTH(common)) : stack_sleeper_is_unnamed(snapshot, task);
}

static bool stack_kernel_before(const struct gw_snapshot *snapshot, unsigned int major, unsigned int minor)
{
	unsigned int is_major, is_minor;

	if (sscanf(gw_snapshot_host(snapshot)->release, "%u.%u", &is_major, &is_minor) != 2)
		return false;
	return is_major < major || (is_major == major && is_minor < minor);
}

/*
 * Between migrate_vma_setup() and migrate_vma_finalize() it is the driver's function that is on the stack: svm_migrate_*,
 * nouveau_dmem_migrate_*, drm_pagemap_migrate_* and so on. A CPU that faults on a device's page is in the driver's
 * migrate_to_ram(), whatever that one calls it: do_swap_page() calls no other function of a module. It has the page locked from the
 * beginning since 6.15 (1afaeb8293c9); before, it may not have locked anything yet.
 */
bool gw_stack_migrates(const struct gw_snapshot *snapshot, const struct gw_task_record *task)
{
	bool early = stack_kernel_before(snapshot, 6, 15), in_module = false;

	for (uint32_t i = 0; stack_is_valid(task) && i < task->stack_depth; i++) {
		const struct gw_symbol_record *symbol = gw_snapshot_symbol(snapshot, task->stack[i]);

		if (symbol && in_module && !early && gw_function_is(symbol->name, "do_swap_page"))
			return true;
		in_module = symbol && symbol->module[0];
		if (symbol && strstr(symbol->name, "migrate") &&
		    !gw_function_is(symbol->name, "migration_entry_wait*") &&
		    !(early && strstr(symbol->name, "migrate_to_ram")))
			return true;
	}
	return false;
}

/* drivers/base/power/runtime.c */
static const char *const power_calls[] = { "rpm_resume", "rpm_suspend", "rpm_idle" };
static const char *const power_callbacks[] = { "__rpm_callback", "rpm_callback" };

enum gw_stack_answer gw_stack_in_power_callback(const struct gw_snapshot *snapshot, const struct gw_task_record *task)
{
	if (!stack_is_valid(task))
		return GW_STACK_UNKNOWN;
	for (uint32_t i = 0; i < task->stack_depth; i++) {
		const struct gw_symbol_record *symbol = gw_snapshot_symbol(snapshot, task->stack[i]);

		if (!symbol)
			continue;
		if (stack_match(symbol, power_callbacks, LENGTH(power_callbacks)))
			return GW_STACK_YES;
		if (stack_match(symbol, power_calls, LENGTH(power_calls)))
			return GW_STACK_NO;
	}
	return task->stack_depth >= GW_STACK_DEPTH ? GW_STACK_UNKNOWN : GW_STACK_NO;
}

static uint32_t stack_count(const struct gw_snapshot *snapshot, const struct gw_task_record *task, const char *name)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < task->stack_depth; i++) {
		const struct gw_symbol_record *symbol = gw_snapshot_symbol(snapshot, task->stack[i]);

		count += symbol && gw_function_is(symbol->name, name);
	}
	return count;
}

bool gw_stack_lacks_power_callbacks(const struct gw_snapshot *snapshot, const struct gw_task_record *task,
				    uint32_t callbacks)
{
	/* Either may be inlined. */
	return gw_stack_is_whole(snapshot, task) && stack_count(snapshot, task, power_callbacks[0]) < callbacks &&
	       stack_count(snapshot, task, power_callbacks[1]) < callbacks;
}

bool gw_stack_waits_for_power(const struct gw_snapshot *snapshot, const struct gw_task_record *task)
{
	const struct gw_symbol_record *sleeper = stack_sleeper(snapshot, task);

	return sleeper && stack_match(sleeper, power_calls, LENGTH(power_calls));
}

bool gw_stack_holds_mmap_lock(const struct gw_snapshot *snapshot, const struct gw_task_record *task)
{
	if (!stack_is_valid(task))
		return false;
	return stack_find(snapshot, task, mmap_lock_holders, LENGTH(mmap_lock_holders)) ||
	       (stack_kernel_before(snapshot, 6, 17) && stack_find(snapshot, task, madvise, LENGTH(madvise)));
}

uint64_t gw_stack_function(const struct gw_snapshot *snapshot, const struct gw_task_record *task, uint32_t frame)
{
	const struct gw_symbol_record *symbol =
		stack_is_valid(task) ? gw_snapshot_symbol(snapshot, task->stack[frame]) : NULL;

	return symbol ? symbol->address - symbol->offset : 0;
}

bool gw_stack_is_inside(const struct gw_snapshot *snapshot, const struct gw_task_record *task,
			const struct gw_symbol_record *function)
{
	for (uint32_t i = 0; i < task->stack_depth; i++)
		if (gw_stack_function(snapshot, task, i) == function->address - function->offset)
			return true;
	return false;
}

static bool stack_module_has(const struct gw_snapshot *snapshot, const struct gw_task_record *task, const char *module)
{
	for (uint32_t i = 0; i < task->stack_depth; i++) {
		const struct gw_symbol_record *symbol = gw_snapshot_symbol(snapshot, task->stack[i]);

		if (symbol && strcmp(symbol->module, module) == 0)
			return true;
	}
	return false;
}

bool gw_stack_shares_module(const struct gw_snapshot *snapshot, const struct gw_task_record *task,
			    const struct gw_task_record *other)
{
	for (uint32_t i = 0; stack_is_valid(task) && i < task->stack_depth; i++) {
		const struct gw_symbol_record *symbol = gw_snapshot_symbol(snapshot, task->stack[i]);

		if (symbol && symbol->module[0] && stack_module_has(snapshot, other, symbol->module))
			return true;
	}
	return false;
}

/* Of the frames from the one before *@at inwards the first that is of the module; NULL: there is none. */
static const struct gw_symbol_record *stack_next_inwards(const struct gw_snapshot *snapshot,
							 const struct gw_task_record *task, const char *module,
							 uint32_t *at)
{
	while (*at > 0) {
		const struct gw_symbol_record *symbol = gw_snapshot_symbol(snapshot, task->stack[--*at]);

		if (symbol && strcmp(symbol->module, module) == 0)
			return symbol;
	}
	return NULL;
}

/* The entry alone, which may be that of all threads or ioctls of a driver, is no way. */
#define WAY_MIN 2

bool gw_stack_shares_way(const struct gw_snapshot *snapshot, const struct gw_task_record *task,
			 const struct gw_task_record *other)
{
	const struct gw_symbol_record *inner = gw_stack_module_frame(snapshot, other), *a, *b;
	uint32_t at_a = task->stack_depth, at_b = other->stack_depth, shared = 0;

	if (!inner || !stack_is_valid(task))
		return false;
	do {
		a = stack_next_inwards(snapshot, task, inner->module, &at_a);
		b = stack_next_inwards(snapshot, other, inner->module, &at_b);
	} while (a && b && a->address - a->offset == b->address - b->offset && ++shared < WAY_MIN);
	return shared >= WAY_MIN;
}

/* Since 6.4 a fault of the task itself may have the lock of one VMA instead: whoever asks must count. */
bool gw_stack_faults(const struct gw_snapshot *snapshot, const struct gw_task_record *task)
{
	static const char *const faults[] = { "handle_mm_fault", "__get_user_pages", "hmm_range_fault",
					      "fixup_user_fault" };
	static const char *const without_lock[] = { "handle_userfault", "__folio_lock_or_retry" };

	return stack_is_valid(task) && stack_find(snapshot, task, faults, LENGTH(faults)) &&
	       !stack_find(snapshot, task, without_lock, LENGTH(without_lock));
}

enum gw_stack_need gw_stack_need(const struct gw_snapshot *snapshot, const struct gw_task_record *task)
{
	static const struct {
		const char *function;
		enum gw_stack_need need;
	} functions[] = {
		{ "kernfs_drain", GW_STACK_NEEDS_ATTRIBUTE },
		{ "__kernfs_remove", GW_STACK_NEEDS_ATTRIBUTE },
		{ "proc_entry_rundown", GW_STACK_NEEDS_PROC },
		{ "__debugfs_file_removed", GW_STACK_NEEDS_DEBUGFS }, /* which the next one inlines, or not */
		{ "remove_one", GW_STACK_NEEDS_DEBUGFS },
		{ "__pm_runtime_barrier", GW_STACK_NEEDS_CALLBACK }, /* which the next two inline, or not */
		{ "pm_runtime_barrier", GW_STACK_NEEDS_CALLBACK },
		{ "__pm_runtime_disable", GW_STACK_NEEDS_CALLBACK },
		{ "async_synchronize_cookie_domain", GW_STACK_NEEDS_ASYNC },
		{ "__synchronize_irq", GW_STACK_NEEDS_INTERRUPT }, /* which the next four inline, or not */
		{ "synchronize_irq", GW_STACK_NEEDS_INTERRUPT },
		{ "disable_irq", GW_STACK_NEEDS_INTERRUPT },
		{ "__free_irq", GW_STACK_NEEDS_INTERRUPT },
		{ "free_irq", GW_STACK_NEEDS_INTERRUPT },
		{ "__vma_start_write", GW_STACK_NEEDS_VMA },
		{ "__vma_enter_locked", GW_STACK_NEEDS_VMA },
		{ "__vma_start_exclude_readers", GW_STACK_NEEDS_VMA },
		{ "throttle_direct_reclaim", GW_STACK_NEEDS_KSWAPD }, /* which the next one inlines, or not */
		{ "try_to_free_pages", GW_STACK_NEEDS_KSWAPD },
		{ "kthread_create_on_node", GW_STACK_NEEDS_KTHREADD }, /* which the next one is inlined into, or not */
		{ "__kthread_create_on_node", GW_STACK_NEEDS_KTHREADD },
	};
	const struct gw_symbol_record *sleeper = stack_sleeper_beyond_completion(snapshot, task);

	for (size_t i = 0; sleeper && !sleeper->module[0] && i < LENGTH(functions); i++)
		if (gw_function_is(sleeper->name, functions[i].function))
			return functions[i].need;
	return GW_STACK_NEEDS_NOTHING;
}

const char *gw_stack_to_leave(enum gw_stack_need need)
{
	static const char *const what[] = {
		[GW_STACK_NEEDS_ATTRIBUTE] = " to leave a file of sysfs",
		[GW_STACK_NEEDS_PROC] = " to leave a file of procfs",
		[GW_STACK_NEEDS_DEBUGFS] = " to leave a file of debugfs",
		[GW_STACK_NEEDS_CALLBACK] = " to return from a callback of runtime power management",
		[GW_STACK_NEEDS_INTERRUPT] = " to return from the handler of an interrupt",
		[GW_STACK_NEEDS_ASYNC] = " to return from an asynchronous call",
		[GW_STACK_NEEDS_VMA] = " to let go of the lock of a VMA",
	};

	return need < LENGTH(what) ? what[need] : NULL;
}

/* Executes what a module has for one of its files. */
static bool stack_is_in_file(const struct gw_snapshot *snapshot, enum gw_stack_need need,
			     const struct gw_task_record *task)
{
	static const char *const operations[][3] = {
		[GW_STACK_NEEDS_ATTRIBUTE] = { "sysfs_kf_*", "kernfs_fop_*", "kernfs_seq_show" },
		[GW_STACK_NEEDS_PROC] = { "proc_reg_*", "pde_*", "proc_simple_write" },
		[GW_STACK_NEEDS_DEBUGFS] = { "full_proxy_*", "short_proxy_*", "debugfs_attr_*" },
	};

	return gw_stack_module_frame(snapshot, task) &&
	       stack_find(snapshot, task, operations[need], LENGTH(operations[need]));
}

/* As far as modules are on the stack of who waits, the innermost one of @task is one of them. */
static bool stack_is_of_module_of(const struct gw_snapshot *snapshot, const struct gw_task_record *task,
				  const struct gw_task_record *waiter)
{
	const struct gw_symbol_record *inner = gw_stack_module_frame(snapshot, task);

	return !gw_stack_module_frame(snapshot, waiter) || stack_module_has(snapshot, waiter, inner->module);
}

bool gw_stack_may_be_needed(const struct gw_snapshot *snapshot, enum gw_stack_need need,
			    const struct gw_task_record *task)
{
	/* Of them only one that handles an interrupt has a module's function on its stack. */
	static const char *const irq_thread[] = { "irq_thread" };
	static const char *const async[] = { "async_run_entry_fn" };
	static const char *const kswapd[] = { "balance_pgdat" };
	static const char *const kthreadd[] = { "kthreadd" }; /* which sleeps in it when nobody wants a thread */

	switch (need) {
	case GW_STACK_NEEDS_ATTRIBUTE:
	case GW_STACK_NEEDS_PROC:
	case GW_STACK_NEEDS_DEBUGFS:
		return stack_is_in_file(snapshot, need, task);
	case GW_STACK_NEEDS_CALLBACK:
		return gw_stack_module_frame(snapshot, task) &&
		       gw_stack_in_power_callback(snapshot, task) == GW_STACK_YES;
	case GW_STACK_NEEDS_INTERRUPT:
		return gw_stack_module_frame(snapshot, task) && (task->flags & GW_TASK_F_KTHREAD) &&
		       stack_find(snapshot, task, irq_thread, LENGTH(irq_thread));
	case GW_STACK_NEEDS_VMA:
		/* In a page fault of its own, or in madvise(), which since 6.17 has the lock of a VMA alone. */
		return task->mm && stack_is_valid(task) &&
		       (gw_stack_faults(snapshot, task) || stack_find(snapshot, task, madvise, LENGTH(madvise)));
	case GW_STACK_NEEDS_ASYNC:
		return stack_is_valid(task) && stack_find(snapshot, task, async, LENGTH(async));
	case GW_STACK_NEEDS_KSWAPD:
		return stack_is_valid(task) && stack_find(snapshot, task, kswapd, LENGTH(kswapd));
	case GW_STACK_NEEDS_KTHREADD:
		return stack_is_valid(task) && stack_find(snapshot, task, kthreadd, LENGTH(kthreadd)) &&
		       !stack_match(stack_sleeper(snapshot, task), kthreadd, LENGTH(kthreadd));
	case GW_STACK_NEEDS_NOTHING:
	case GW_STACK_NEEDS:
		break;
	}
	return false;
}

bool gw_stack_is_needed(const struct gw_snapshot *snapshot, enum gw_stack_need need, const struct gw_task_record *task,
			const struct gw_task_record *other)
{
	if (!gw_stack_may_be_needed(snapshot, need, other))
		return false;
	if (need == GW_STACK_NEEDS_VMA)
		return other->mm == task->mm;
	return need > GW_STACK_NEEDS_INTERRUPT || stack_is_of_module_of(snapshot, other, task);
}

bool gw_stack_waits_for_notifiers(const struct gw_snapshot *snapshot, const struct gw_task_record *task)
{
	static const char *const grace_period[] = { "__wait_for_common", "wait_for_completion", "__synchronize_srcu",
						    "synchronize_srcu", "synchronize_srcu_expedited" };
	static const char *const waits[] = { "mmu_notifier_unregister", "mmu_notifier_synchronize",
					     "__mmu_notifier_release", "mn_hlist_release" };

	for (uint32_t i = 0; stack_is_valid(task) && i < task->stack_depth; i++) {
		const struct gw_symbol_record *symbol = gw_snapshot_symbol(snapshot, task->stack[i]);

		if (symbol && !symbol->module[0] &&
		    (stack_match(symbol, schedulers, LENGTH(schedulers)) ||
		     stack_match(symbol, grace_period, LENGTH(grace_period))))
			continue;
		return symbol && !symbol->module[0] && stack_match(symbol, waits, LENGTH(waits));
	}
	return false;
}

bool gw_stack_in_interval_callback(const struct gw_snapshot *snapshot, const struct gw_task_record *task)
{
	static const char *const callers[] = { "mn_itree_invalidate" };

	return stack_is_valid(task) && stack_find(snapshot, task, callers, LENGTH(callers));
}

bool gw_stack_in_reverse_map(const struct gw_snapshot *snapshot, const struct gw_task_record *task)
{
	return stack_is_valid(task) && stack_find(snapshot, task, reverse_map, LENGTH(reverse_map));
}

bool gw_stack_is_frozen(const struct gw_snapshot *snapshot, const struct gw_task_record *task)
{
	static const char *const traps[] = { "do_freezer_trap", "get_signal" };
	const struct gw_symbol_record *sleeper = stack_is_valid(task) ? stack_sleeper(snapshot, task) : NULL;

	return sleeper && !sleeper->module[0] && (task->state & TASK_INTERRUPTIBLE) &&
	       stack_match(sleeper, traps, LENGTH(traps));
}

uint32_t gw_stack_gpu_wait(const char *function)
{
	for (size_t i = 0; i < LENGTH(gpu_waits); i++)
		if (gw_function_is(function, gpu_waits[i].function))
			return gpu_waits[i].kind;
	return GW_WAIT_NONE;
}

const struct gw_symbol_record *gw_stack_module_frame(const struct gw_snapshot *snapshot,
						     const struct gw_task_record *task)
{
	for (uint32_t i = 0; stack_is_valid(task) && i < task->stack_depth; i++) {
		const struct gw_symbol_record *symbol = gw_snapshot_symbol(snapshot, task->stack[i]);

		if (symbol && symbol->module[0])
			return symbol;
	}
	return NULL;
}
