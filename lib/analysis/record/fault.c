/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Joins records, hooks, events and stacks to one description of a fault. */
#include "lib/analysis/record/fault.h"

#include <string.h>

#include "lib/analysis/record/stack.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Where a function counts as a handler. */
enum fault_place {
	FAULT_ON_STACK,	 /* wherever it is on a stack */
	FAULT_IN_WORKER, /* on a worker's: others call it for an ioctl, too */
	FAULT_AS_WORK,	 /* as the function of a work item: mm/memory.c has one of the same name */
};

struct fault_handler {
	const char *function;
	const char *module; /* "" = the kernel itself; what is built in has no module either */
	enum fault_place place;
};

/*
 * Every handler that is known. A driver that serves its faults in the I/O page fault queue needs no row, nor does one
 * with a queue of its own in daemon/kernel/btf/layout.c, but for recordings of what was seen by stack alone.
 */
static const struct fault_handler fault_handlers[] = {
	{ "iommu_sva_handle_iopf", "", FAULT_ON_STACK },	 /* 6.9 and later */
	{ "iopf_handle_group", "", FAULT_ON_STACK },		 /* up to 6.8 */
	{ "do_fault", "", FAULT_AS_WORK },			 /* AMD's IOMMUv2, up to 6.6 */
	{ "amdgpu_vm_handle_fault", "amdgpu", FAULT_ON_STACK },	 /* retry faults */
	{ "svm_range_restore_pages", "amdgpu", FAULT_ON_STACK }, /* amdkfd: what it does for one of a compute queue */
	{ "svm_range_restore_work", "amdgpu", FAULT_ON_STACK },	 /* amdkfd: queues stand still until it is done */
	{ "nouveau_svm_fault", "nouveau", FAULT_ON_STACK },
	{ "panfrost_mmu_map_fault_addr", "panfrost", FAULT_ON_STACK }, /* heaps that grow as the GPU faults in them */
	{ "panfrost_mmu_irq_handler_thread", "panfrost", FAULT_ON_STACK },
	{ "pf_queue_work_func", "xe", FAULT_ON_STACK }, /* up to 6.18 */
	{ "xe_pagefault_queue_work", "xe", FAULT_ON_STACK },
	{ "drm_gpusvm_range_find_or_insert", "drm_gpusvm_helper", FAULT_IN_WORKER },
	{ "drm_gpusvm_range_get_pages", "drm_gpusvm_helper", FAULT_IN_WORKER },
	{ "drm_pagemap_populate_mm", "drm_gpusvm_helper", FAULT_IN_WORKER },
};

static const struct fault_handler *fault_handler_of(const struct gw_symbol_record *symbol, bool worker, bool work)
{
	for (size_t i = 0; symbol && i < COUNT(fault_handlers); i++) {
		const struct fault_handler *handler = &fault_handlers[i];

		if ((handler->place == FAULT_AS_WORK && !work) || (handler->place == FAULT_IN_WORKER && !worker))
			continue;
		if ((!symbol->module[0] || strcmp(symbol->module, handler->module) == 0) &&
		    gw_function_is(symbol->name, handler->function))
			return handler;
	}
	return NULL;
}

/* The module that called a helper: the first other one further out. */
static const char *fault_caller(const struct gw_snapshot *snapshot, const struct gw_task_record *task, uint32_t frame)
{
	const struct gw_symbol_record *helper = gw_snapshot_symbol(snapshot, task->stack[frame]);

	for (uint32_t i = frame + 1; i < task->stack_depth; i++) {
		const struct gw_symbol_record *symbol = gw_snapshot_symbol(snapshot, task->stack[i]);

		if (symbol && symbol->module[0] && strcmp(symbol->module, helper->module) != 0)
			return symbol->module;
	}
	return "";
}

static bool fault_by_stack(const struct gw_snapshot *snapshot, const struct gw_task_record *task, struct gw_fault *ret)
{
	bool worker = task->flags & GW_TASK_F_WORKER;
	const struct gw_symbol_record *work = gw_snapshot_symbol(snapshot, task->watch.sections.work_function);
	const struct fault_handler *handler = worker ? fault_handler_of(work, true, true) : NULL;

	if (handler)
		ret->module = handler->module;
	for (uint32_t i = 0; !handler && !(task->flags & GW_TASK_F_ON_CPU) && i < task->stack_depth; i++) {
		handler = fault_handler_of(gw_snapshot_symbol(snapshot, task->stack[i]), worker, false);
		if (handler)
			ret->module =
				handler->place == FAULT_IN_WORKER ? fault_caller(snapshot, task, i) : handler->module;
	}
	if (!handler)
		return false;
	ret->function = handler->function;
	ret->driver = ret->module;
	ret->since_ns = task->watch.sections.work_since_ns;
	ret->seen = "stack";
	return true;
}

static void fault_by_record(const struct gw_fault_record *record, struct gw_fault *ret)
{
	static const char *const seen[GW_FAULT_SOURCES] = {
		[GW_FAULT_FROM_NOTHING] = "stack",     [GW_FAULT_FROM_IOPF] = "iopf-queue",
		[GW_FAULT_FROM_IOMMU_V2] = "iommu-v2", [GW_FAULT_FROM_QUEUE] = "driver-queue",
		[GW_FAULT_FROM_HOOK] = "hook",
	};

	if (record->since_ns)
		ret->since_ns = record->since_ns;
	ret->device = record->device.device;
	ret->address = record->address;
	ret->mm = record->mm;
	ret->pid = record->pid;
	ret->pasid = record->pasid;
	ret->sole = record->flags & GW_FAULT_F_SOLE;
	ret->name = record->device.name;
	if (record->device.driver[0])
		ret->driver = record->device.driver;
	if (record->module[0])
		ret->module = record->module;
	ret->seen = seen[record->source];
}

static void fault_by_event(const struct gw_activity *activity, struct gw_fault *ret)
{
	ret->since_ns = activity->since_ns;
	ret->pid = activity->pid ? activity->pid : ret->pid;
	ret->pasid = activity->pasid;
	ret->address = activity->address ? activity->address : ret->address;
	ret->seen = "event";
}

bool gw_fault_of(const struct gw_snapshot *snapshot, uint64_t task, struct gw_fault *ret)
{
	const struct gw_task_record *blocked = gw_snapshot_task(snapshot, task);
	const struct gw_fault_record *record = gw_snapshot_fault(snapshot, task);
	const struct gw_activity *activity = gw_snapshot_activity(snapshot, task);
	bool on_stack, hooked = blocked && blocked->watch.sections.fault_since_ns;

	*ret = (struct gw_fault){ .name = "", .driver = "", .module = "" };
	on_stack = blocked && fault_by_stack(snapshot, blocked, ret);
	if (activity && activity->kind != GW_ACTIVITY_FAULT)
		activity = NULL;
	if (blocked && !on_stack && !activity && gw_stack_is_whole(snapshot, blocked)) {
		hooked = false;
		if (record && record->source == GW_FAULT_FROM_HOOK)
			record = NULL;
	}
	if (hooked) {
		ret->since_ns = blocked->watch.sections.fault_since_ns;
		ret->seen = "hook";
	}
	if (record)
		fault_by_record(record, ret);
	if (activity)
		fault_by_event(activity, ret);
	return on_stack || hooked || record || activity;
}
