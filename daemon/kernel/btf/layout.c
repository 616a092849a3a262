/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the BPF programs cannot find out by themselves: member offsets of
 * modules' types, from their BTF, and addresses of symbols.
 */
#include "daemon/kernel/btf/layout.h"

#include <bpf/libbpf.h>
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

static const struct member {
	size_t field; /* in struct gw_layout */
	const char *module, *type, *member;
} members[] = {
#define MEMBER(field, module, type, member)                                                                            \
	{                                                                                                              \
		offsetof(struct gw_layout, field), module, type, member                                                \
	}
	MEMBER(sched_fence_scheduled, "gpu_sched", "drm_sched_fence", "scheduled"),
	MEMBER(sched_fence_finished, "gpu_sched", "drm_sched_fence", "finished"),
	MEMBER(sched_fence_parent, "gpu_sched", "drm_sched_fence", "parent"),
	MEMBER(sched_fence_sched, "gpu_sched", "drm_sched_fence", "sched"),
	MEMBER(scheduler_ops, "gpu_sched", "drm_gpu_scheduler", "ops"),
	MEMBER(scheduler_name, "gpu_sched", "drm_gpu_scheduler", "name"),
	MEMBER(scheduler_thread, "gpu_sched", "drm_gpu_scheduler", "thread"),
	MEMBER(scheduler_work_run_job, "gpu_sched", "drm_gpu_scheduler", "work_run_job"),
	MEMBER(scheduler_rq, "gpu_sched", "drm_gpu_scheduler", "sched_rq"),
	MEMBER(scheduler_num_rqs, "gpu_sched", "drm_gpu_scheduler", "num_rqs"),
	MEMBER(scheduler_timeout, "gpu_sched", "drm_gpu_scheduler", "timeout"),
	MEMBER(scheduler_work_tdr, "gpu_sched", "drm_gpu_scheduler", "work_tdr"),
	MEMBER(scheduler_pending_list, "gpu_sched", "drm_gpu_scheduler", "pending_list"),
	MEMBER(rq_entities, "gpu_sched", "drm_sched_rq", "entities"),
	MEMBER(entity_list, "gpu_sched", "drm_sched_entity", "list"),
	MEMBER(entity_fence_context, "gpu_sched", "drm_sched_entity", "fence_context"),
	MEMBER(entity_dependency, "gpu_sched", "drm_sched_entity", "dependency"),
	MEMBER(scheduler_device, "gpu_sched", "drm_gpu_scheduler", "dev"),
	MEMBER(entity_job_queue, "gpu_sched", "drm_sched_entity", "job_queue"),
	MEMBER(entity_rq, "gpu_sched", "drm_sched_entity", "rq"),
	MEMBER(rq_scheduler, "gpu_sched", "drm_sched_rq", "sched"),
	MEMBER(queue_job_count, "gpu_sched", "spsc_queue", "job_count"),
	MEMBER(job_queue_node, "gpu_sched", "drm_sched_job", "queue_node"),
	MEMBER(job_fence, "gpu_sched", "drm_sched_job", "s_fence"),
	MEMBER(job_list, "gpu_sched", "drm_sched_job", "list"),
	MEMBER(syncobj_fence, "drm", "drm_syncobj", "fence"),
	MEMBER(waiter_task, "drm", "syncobj_wait_entry", "task"),
	MEMBER(waiter_fence, "drm", "syncobj_wait_entry", "fence"),
	MEMBER(waiter_callback, "drm", "syncobj_wait_entry", "fence_cb"),
	MEMBER(device_unplugged, "drm", "drm_device", "unplugged"),
	MEMBER(device_dev, "drm", "drm_device", "dev"),
	MEMBER(device_driver, "drm", "drm_device", "driver"),
	MEMBER(driver_name, "drm", "drm_driver", "name"),
	MEMBER(device_primary, "drm", "drm_device", "primary"),
	MEMBER(device_render, "drm", "drm_device", "render"),
	MEMBER(minor_index, "drm", "drm_minor", "index"),
	MEMBER(gem_resv, "drm", "drm_gem_object", "resv"),
	MEMBER(gem_own_resv, "drm", "drm_gem_object", "_resv"),
	MEMBER(gem_device, "drm", "drm_gem_object", "dev"),
	MEMBER(amdgpu_device, "amdgpu", "amdgpu_device", "dev"),
#undef MEMBER
};

/* Where types are looked for: first among those of a module, then among the kernel's own. */
struct layout_types {
	const struct gw_types *kernel;
	struct btf *module; /* NULL: not a module of this kernel, built in or not loaded */
};

static struct layout_types layout_open(const struct gw_types *kernel, const char *module)
{
	struct layout_types types = { .kernel = kernel };
	char path[64];

	snprintf(path, sizeof(path), "/sys/kernel/btf/%s", module);
	types.module = btf__parse_split(path, gw_types_all(kernel));
	if (libbpf_get_error(types.module))
		types.module = NULL;
	return types;
}

static const struct btf *layout_all(const struct layout_types *types)
{
	return types->module ? types->module : gw_types_all(types->kernel);
}

/* A structure of the module's own, whose types come after those of the kernel. Returns its number, or -ENOENT. */
static int layout_find_own(const struct btf *module, const char *name)
{
	for (uint32_t id = btf__type_cnt(btf__base_btf(module)); id < btf__type_cnt(module); id++) {
		const struct btf_type *type = btf__type_by_id(module, id);

		if (btf_is_struct(type) && strcmp(btf__name_by_offset(module, type->name_off), name) == 0)
			return (int)id;
	}
	return -ENOENT;
}

static int layout_find(const struct layout_types *types, const char *name)
{
	int id = types->module ? layout_find_own(types->module, name) : -ENOENT;

	return id > 0 ? id : gw_types_find(types->kernel, name, BTF_KIND_STRUCT);
}

/* Bit offset of a member, also in anonymous members; -1 if there is none. */
static int layout_find_member(const struct btf *btf, const struct btf_type *type, const char *name)
{
	const struct btf_member *list = btf_members(type);
	int i, inner;

	for (i = 0; i < btf_vlen(type); i++) {
		const char *member = btf__name_by_offset(btf, list[i].name_off);
		const struct btf_type *nested;
		int offset = btf_member_bit_offset(type, i);

		if (strcmp(member, name) == 0)
			return offset;
		if (*member)
			continue;
		nested = btf__type_by_id(btf, list[i].type);
		inner = nested && btf_is_composite(nested) ? layout_find_member(btf, nested, name) : -1;
		if (inner >= 0)
			return offset + inner;
	}
	return -1;
}

static int layout_offset(const struct layout_types *types, const char *type, const char *member)
{
	const struct btf *btf = layout_all(types);
	int id = layout_find(types, type), bits;

	if (id < 0)
		return -1;
	bits = layout_find_member(btf, btf__type_by_id(btf, id), member);
	return bits < 0 || bits % 8 ? -1 : bits / 8;
}

int gw_layout_offset(const struct gw_types *kernel, const char *type, const char *member)
{
	const struct layout_types types = { .kernel = kernel };

	return layout_offset(&types, type, member);
}

/* Up to 6.6 a scheduler holds an array of run queues: how many, and how big. */
static void layout_read_run_queues(struct gw_layout *ret, const struct layout_types *types)
{
	const struct btf *btf = layout_all(types);
	int id = layout_find(types, "drm_sched_rq"), i;
	const struct btf_type *type;

	if (id >= 0)
		ret->rq_size = btf__type_by_id(btf, id)->size;
	id = layout_find(types, "drm_gpu_scheduler");
	if (id < 0)
		return;
	type = btf__type_by_id(btf, id);
	for (i = 0; i < btf_vlen(type); i++) {
		const struct btf_type *member = btf__type_by_id(btf, btf_members(type)[i].type);

		if (btf_is_array(member) &&
		    strcmp(btf__name_by_offset(btf, btf_members(type)[i].name_off), "sched_rq") == 0)
			ret->scheduler_rq_count = btf_array(member)->nelems;
	}
}

/* How many jobs, and since 6.8 (commit a78422e9dff3) how many credits of jobs, the hardware has and may have at once. */
static void layout_read_room(struct gw_layout *ret, const struct layout_types *types)
{
	ret->scheduler_limit = layout_offset(types, "drm_gpu_scheduler", "credit_limit");
	ret->scheduler_count = layout_offset(types, "drm_gpu_scheduler", "credit_count");
	if (ret->scheduler_limit >= 0)
		return;
	ret->scheduler_limit = layout_offset(types, "drm_gpu_scheduler", "hw_submission_limit");
	ret->scheduler_count = layout_offset(types, "drm_gpu_scheduler", "hw_rq_count");
}

static void layout_read_module(struct gw_layout *ret, const char *module, const struct layout_types *types)
{
	size_t i;

	for (i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
		if (strcmp(members[i].module, module) == 0)
			*(__s32 *)((char *)ret + members[i].field) =
				layout_offset(types, members[i].type, members[i].member);
	}
	if (strcmp(module, "gpu_sched") == 0) {
		layout_read_run_queues(ret, types);
		layout_read_room(ret, types);
	}
}

static int layout_array_length(const struct gw_types *kernel, const char *variable)
{
	const struct btf *btf = gw_types_all(kernel);
	int id = gw_types_find(kernel, variable, BTF_KIND_VAR);
	const struct btf_type *type = id < 0 ? NULL : btf__type_by_id(btf, btf__type_by_id(btf, id)->type);

	return type && btf_is_array(type) ? (int)btf_array(type)->nelems : -1;
}

void gw_layout_read(struct gw_layout *ret, const struct gw_types *kernel)
{
	static const char *const modules[] = { "drm", "gpu_sched", "amdgpu" };

	memset(ret, -1, sizeof(*ret));
	ret->timer_wheels = layout_array_length(kernel, "timer_bases");
	for (size_t i = 0; i < sizeof(modules) / sizeof(modules[0]); i++) {
		struct layout_types types = layout_open(kernel, modules[i]);

		layout_read_module(ret, modules[i], &types);
		btf__free(types.module);
	}
}

/*
 * Drivers that serve page faults from a queue of their own. The way to the device is a member, and what lies in it, for
 * each step: a structure that is embedded is no step.
 */
struct fault_queue {
	const char *module, *function, *type, *work;
	struct {
		const char *type, *member, *inner_type, *inner;
	} steps[GW_FAULT_STEPS];
};

static const struct fault_queue fault_queues[GW_FAULT_QUEUES] = {
	/* up to 6.18 */
	{ "xe",
	  "pf_queue_work_func",
	  "pf_queue",
	  "worker",
	  { { "pf_queue", "gt", NULL, NULL },
	    { "xe_gt", "tile", NULL, NULL },
	    { "xe_tile", "xe", NULL, NULL },
	    { "xe_device", "drm", "drm_device", "dev" } } },
	{ "xe",
	  "xe_pagefault_queue_work",
	  "xe_pagefault_queue",
	  "worker",
	  { { "xe_pagefault_queue", "xe", NULL, NULL }, { "xe_device", "drm", "drm_device", "dev" } } },
};

static int layout_step(const struct layout_types *types, const struct fault_queue *queue, size_t step)
{
	int outer = layout_offset(types, queue->steps[step].type, queue->steps[step].member), inner = 0;

	if (queue->steps[step].inner)
		inner = layout_offset(types, queue->steps[step].inner_type, queue->steps[step].inner);
	return outer < 0 || inner < 0 ? -1 : outer + inner;
}

/* The steps stay 0 if one of them is unknown: the fault is seen, and its device is not. */
static void layout_read_fault_queue(struct gw_fault_queue *ret, const struct fault_queue *queue,
				    const struct layout_types *types)
{
	uint32_t count = 0;

	ret->work = layout_offset(types, queue->type, queue->work);
	while (count < GW_FAULT_STEPS && queue->steps[count].type) {
		ret->steps[count] = layout_step(types, queue, count);
		if (ret->steps[count++] < 0 || ret->work < 0)
			return;
	}
	ret->step_count = count;
}

static uint64_t layout_address(const struct gw_kallsyms *kallsyms, const char *name)
{
	struct gw_symbol symbol;

	return gw_kallsyms_find(kallsyms, name, &symbol) ? symbol.address : 0;
}

void gw_layout_symbols(struct gw_symbols *ret, const struct gw_kallsyms *kallsyms)
{
	ret->array_ops = layout_address(kallsyms, "dma_fence_array_ops");
	ret->chain_ops = layout_address(kallsyms, "dma_fence_chain_ops");
	ret->sched_scheduled_ops = layout_address(kallsyms, "drm_sched_fence_ops_scheduled");
	ret->sched_finished_ops = layout_address(kallsyms, "drm_sched_fence_ops_finished");
	ret->nr_node_ids = layout_address(kallsyms, "nr_node_ids");
	ret->process_timeout = layout_address(kallsyms, "process_timeout");
	ret->hrtimer_wakeup = layout_address(kallsyms, "hrtimer_wakeup");
	ret->unplug_srcu = layout_address(kallsyms, "drm_unplug_srcu");
	ret->clocksource_jiffies = layout_address(kallsyms, "clocksource_jiffies");
	ret->text_begin = layout_address(kallsyms, "_stext");
	ret->text_end = layout_address(kallsyms, "_etext");
	ret->delayed_work_timer_fn = layout_address(kallsyms, "delayed_work_timer_fn");
	ret->kthread_worker_fn = layout_address(kallsyms, "kthread_worker_fn");
	ret->kthread_timer_fn = layout_address(kallsyms, "kthread_delayed_work_timer_fn");
	ret->wake_page_function = layout_address(kallsyms, "wake_page_function");
}

void gw_layout_fault_queues(struct gw_fault_queue *ret, const struct gw_types *kernel,
			    const struct gw_kallsyms *kallsyms)
{
	memset(ret, 0, GW_FAULT_QUEUES * sizeof(*ret));
	for (size_t i = 0; i < GW_FAULT_QUEUES && fault_queues[i].module; i++) {
		struct layout_types types;

		ret[i].function = layout_address(kallsyms, fault_queues[i].function);
		if (!ret[i].function)
			continue;
		types = layout_open(kernel, fault_queues[i].module);
		layout_read_fault_queue(&ret[i], &fault_queues[i], &types);
		btf__free(types.module);
	}
}

void gw_layout_boot_symbols(struct gw_boot_symbols *ret, const struct gw_kallsyms *kallsyms)
{
	ret->pending_list = layout_address(kallsyms, "deferred_probe_pending_list");
	ret->timeout_work = layout_address(kallsyms, "deferred_probe_timeout_work");
	ret->timeout_seconds = layout_address(kallsyms, "driver_deferred_probe_timeout");
	ret->async_run_entry_fn = layout_address(kallsyms, "async_run_entry_fn");
	ret->of_fwnode_ops = layout_address(kallsyms, "of_fwnode_ops");
}
