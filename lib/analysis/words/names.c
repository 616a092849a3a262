/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Names of nodes. */
#include "lib/analysis/words/names.h"

#include <inttypes.h>
#include <string.h>

#include "lib/analysis/graph/locks.h"
#include "lib/analysis/record/fault.h"
#include "lib/analysis/words/gpus.h"
#include "lib/analysis/words/word.h"

void gw_name_id(struct gw_text *text, const struct gw_node *node)
{
	switch (node->type) {
	case GW_NODE_TASK:
		if (node->pid == 0)
			gw_text_add(text, "task:0x%" PRIx64, node->address);
		else
			gw_text_add(text, "task:%" PRIu32 "%s", node->pid, node->gone ? ":gone" : "");
		return;
	case GW_NODE_TIMELINE:
		gw_text_add(text, "timeline:%" PRIu64, node->address);
		return;
	case GW_NODE_WORKQUEUE:
		gw_text_add(text, "workqueue:0x%" PRIx64, node->address);
		return;
	case GW_NODE_SLOTS:
		gw_text_add(text, "active-work:0x%" PRIx64, node->address);
		return;
	case GW_NODE_WORK:
		gw_text_add(text, node->address ? "work:0x%" PRIx64 : "work-function:0x%" PRIx64,
			    node->address ? node->address : node->extra);
		return;
	case GW_NODE_NOTIFIER:
	case GW_NODE_SECTION:
	case GW_NODE_PAGE:
		gw_text_add(text, "%s:0x%" PRIx64, gw_node_type_name(node->type), node->address);
		if (node->extra)
			gw_text_add(text, ":0x%" PRIx64, node->extra);
		return;
	default:
		gw_text_add(text, "%s:0x%" PRIx64, gw_node_type_name(node->type), node->address);
	}
}

void gw_name_address(struct gw_text *text, const struct gw_snapshot *snapshot, uint64_t address)
{
	const struct gw_symbol_record *symbol = gw_snapshot_symbol(snapshot, address);

	if (!symbol) {
		gw_text_add(text, "0x%" PRIx64, address);
		return;
	}
	gw_text_add(text, "%s", symbol->name);
	if (symbol->offset)
		gw_text_add(text, "+0x%" PRIx64, (uint64_t)symbol->offset);
	if (symbol->module[0])
		gw_text_add(text, " [%s]", symbol->module);
}

void gw_name_function(struct gw_text *text, const struct gw_symbol_record *function)
{
	gw_text_add(text, function->module[0] ? "%s [%s]" : "%s", function->name, function->module);
}

static const struct gw_timeline_record *name_timeline_record(const struct gw_graph *graph, const struct gw_node *node)
{
	if (node->type == GW_NODE_TIMELINE)
		return node->timeline;
	return node->context ? gw_snapshot_timeline(graph->snapshot, node->context) : NULL;
}

const char *gw_name_driver(const struct gw_graph *graph, const struct gw_node *node)
{
	const struct gw_fence_record *fence = node->fence;
	const struct gw_timeline_record *timeline = name_timeline_record(graph, node);
	const struct gw_symbol_record *symbol;

	if (fence && fence->driver[0])
		return fence->driver;
	if (timeline && timeline->driver[0])
		return timeline->driver;
	symbol = fence ? gw_snapshot_symbol(graph->snapshot, fence->ops_driver) : NULL;
	return symbol ? symbol->module : "";
}

const char *gw_name_timeline(const struct gw_graph *graph, const struct gw_node *node)
{
	const struct gw_fence_record *fence = node->fence;
	const struct gw_timeline_record *timeline = name_timeline_record(graph, node);

	if (fence && fence->timeline[0])
		return fence->timeline;
	return timeline ? timeline->name : "";
}

const char *gw_name_workqueue(const struct gw_node *node)
{
	return node->work ? node->work->name : "";
}

const struct gw_device *gw_name_find_device(const struct gw_snapshot *snapshot, uint64_t address)
{
	const struct gw_device *device = gw_snapshot_device(snapshot, address);
	const struct gw_section_record *const *sections;
	size_t count = gw_snapshot_sections(snapshot, &sections);

	for (size_t i = 0; !device && i < count; i++)
		if (sections[i]->section.object == address)
			device = &sections[i]->section.device;
	return device && device->name[0] ? device : NULL;
}

const struct gw_device *gw_name_fence_device(const struct gw_graph *graph, const struct gw_node *node)
{
	return node->fence && node->fence->scheduler ? gw_name_find_device(graph->snapshot, node->fence->scheduler)
						     : NULL;
}

/* "(amdgpu gfx_0.0.0 of 0000:0c:00.0)" */
static void name_add_driver(struct gw_text *text, const char *driver, const char *timeline,
			    const struct gw_device *device)
{
	if (!driver[0] && !timeline[0])
		return;
	gw_text_add(text, " (%s%s%s", driver, driver[0] && timeline[0] ? " " : "", timeline);
	gw_text_add(text, device ? " of %s)" : ")", device ? device->name : "");
}

void gw_name_fence(struct gw_text *text, uint64_t context, uint64_t seqno, uint64_t address)
{
	if (context)
		gw_text_add(text, "fence %" PRIu64 ":%" PRIu64, context, seqno);
	else
		gw_text_add(text, "fence 0x%" PRIx64, address);
}

static void name_fence(struct gw_text *text, const struct gw_graph *graph, const struct gw_node *node)
{
	if (node->type == GW_NODE_TIMELINE)
		gw_text_add(text, "timeline %" PRIu64, node->address);
	else
		gw_name_fence(text, node->context, node->seqno, node->address);
	name_add_driver(text, gw_name_driver(graph, node), gw_name_timeline(graph, node),
			gw_name_fence_device(graph, node));
}

#define NAME_WAITERS_ASKED 8

/* A kernel thread may only borrow the memory, for which kthread_use_mm() is. */
static bool name_is_of_process(const struct gw_node *node, uint64_t mm)
{
	return node->task && node->task->mm == mm && !(node->task->flags & GW_TASK_F_KTHREAD);
}

/* The process whose memory it is, by the tasks that wait for the node or that it depends on; 0 = none of them is of it. */
static uint32_t name_process_of(const struct gw_graph *graph, const struct gw_node *node, uint64_t mm)
{
	const struct gw_node *task = node;

	for (uint32_t i = 0; i < node->n_in && i < NAME_WAITERS_ASKED; i++) {
		const struct gw_node *from = &graph->nodes[graph->edges[graph->in[node->first_in + i]].from];

		if (name_is_of_process(from, mm))
			return from->task->tgid;
	}
	for (int steps = 0; steps < 2 && task->n_out; steps++) {
		task = &graph->nodes[graph->edges[task->first_out].to];
		if (name_is_of_process(task, mm))
			return task->task->tgid;
	}
	return 0;
}

static void name_memory(struct gw_text *text, const struct gw_graph *graph, const struct gw_node *node, uint64_t mm)
{
	uint32_t process = name_process_of(graph, node, mm);

	if (process)
		gw_text_add(text, "process %" PRIu32, process);
	else
		gw_text_add(text, "mm 0x%" PRIx64, mm);
}

void gw_name_lock(struct gw_text *text, const char *lock_type, const char *symbol, uint64_t address, uint64_t mm)
{
	const char *type = strcmp(lock_type, "unknown") == 0 ? "lock" : lock_type;

	if (mm)
		gw_text_add(text, "mmap_lock of mm 0x%" PRIx64, mm);
	else if (symbol[0])
		gw_text_add(text, "%s %s", type, symbol);
	else
		gw_text_add(text, "%s 0x%" PRIx64, type, address);
}

static void name_lock(struct gw_text *text, const struct gw_graph *graph, const struct gw_node *node)
{
	const struct gw_symbol_record *symbol = gw_snapshot_symbol(graph->snapshot, node->address);
	const struct gw_symbol_record *taken = symbol ? NULL : gw_lock_taken_in(graph, node);

	if (node->mm) {
		gw_text_add(text, "mmap_lock of ");
		name_memory(text, graph, node, node->mm);
		return;
	}
	gw_name_lock(text, gw_lock_structure(graph, node) ? gw_lock_structure(graph, node) : gw_lock_type(graph, node),
		     symbol ? symbol->name : "", node->address, 0);
	if (taken) {
		gw_text_add(text, " taken in ");
		gw_name_function(text, taken);
	}
}

void gw_name_reclaim(struct gw_text *text)
{
	gw_text_add(text, "direct reclaim");
}

static void name_work(struct gw_text *text, const struct gw_graph *graph, const struct gw_node *node)
{
	const struct gw_symbol_record *symbol = gw_snapshot_symbol(graph->snapshot, node->function);
	const char *workqueue = gw_name_workqueue(node);

	if (symbol)
		gw_text_add(text, "work item %s", symbol->name);
	else
		gw_text_add(text, "work item 0x%" PRIx64, node->address ? node->address : node->function);
	if (workqueue[0])
		gw_text_add(text, " of workqueue %s", workqueue);
}

void gw_name_task(struct gw_text *text, const char *comm, uint32_t pid, uint32_t tgid)
{
	/* Of the idle task, and of one that a text has no number of, the name is all. */
	if (pid == 0 && tgid == 0 && comm[0]) {
		gw_text_add(text, "%s", comm);
		return;
	}
	gw_text_add(text, "%s ", comm[0] ? comm : "task");
	if (tgid == 0 || tgid == pid)
		gw_text_add(text, "(pid %" PRIu32 ")", pid);
	else
		gw_text_add(text, "(thread %" PRIu32 " of pid %" PRIu32 ")", pid, tgid);
}

static void name_task(struct gw_text *text, const struct gw_graph *graph, const struct gw_node *node)
{
	const struct gw_present_record *present = gw_snapshot_present(graph->snapshot, node->address);
	const struct gw_word_record *oops = node->gone ? gw_word_of_oops(graph, node) : NULL;

	if (node->pid == 0 && node->task && node->comm[0])
		gw_name_task(text, node->comm, 0, 0);
	else if (node->pid == 0 && graph->from_text)
		gw_text_add(text, "a task that is gone");
	else if (node->pid == 0)
		gw_text_add(text, "a task that is gone (it was at 0x%" PRIx64 ")", node->address);
	else if (oops && !node->comm[0])
		gw_name_task(text, oops->comm, node->pid, 0);
	else if (node->gone && !node->comm[0])
		gw_text_add(text, "a task that is gone (its memory shows pid %" PRIu32 ")", node->pid);
	else if (node->gone)
		gw_name_task(text, node->comm, node->pid, 0);
	else
		gw_name_task(text, node->comm, node->pid, node->task ? node->task->tgid : present ? present->tgid : 0);
}

static void name_fault(struct gw_text *text, const struct gw_graph *graph, const struct gw_node *node)
{
	struct gw_fault fault;

	gw_text_add(text, "a GPU page fault");
	if (!gw_fault_of(graph->snapshot, node->address, &fault))
		return;
	if (fault.address)
		gw_text_add(text, " at 0x%" PRIx64, fault.address);
	if (fault.pid && fault.pasid)
		gw_text_add(text, " of pid %" PRIu32 " (PASID %" PRIu32 ")", fault.pid, fault.pasid);
	else if (fault.pid)
		gw_text_add(text, " of pid %" PRIu32, fault.pid);
	else if (fault.pasid)
		gw_text_add(text, " of PASID %" PRIu32, fault.pasid);
	if (fault.name[0])
		gw_text_add(text, " on device %s", fault.name);
	if (fault.driver[0])
		gw_text_add(text, fault.name[0] ? " (%s)" : " of driver %s", fault.driver);
}

static void name_eviction(struct gw_text *text, const struct gw_node *node)
{
	const struct gw_activity *activity = node->activity;

	gw_text_add(text, "%s of the KFD queues of pid %" PRIu32 " (PASID %" PRIu32 ")",
		    activity->kind == GW_ACTIVITY_RESTORE ? "the restore" : "the eviction", activity->pid,
		    activity->pasid);
}

/* "(amdgpu, card0, renderD128, KFD node 1)" */
static void name_device_more(struct gw_text *text, const struct gw_device *device, const struct gw_gpu_record *gpu)
{
	int32_t card = device->card >= 0 ? device->card : gpu ? gpu->card : -1;
	int32_t render = device->render > 0 ? device->render : gpu ? gpu->render : -1;
	const char *separator = " (";

	if (device->driver[0]) {
		gw_text_add(text, "%s%s", separator, device->driver);
		separator = ", ";
	}
	if (card >= 0) {
		gw_text_add(text, "%scard%" PRId32, separator, card);
		separator = ", ";
	}
	if (render >= 0) {
		gw_text_add(text, "%srenderD%" PRId32, separator, render);
		separator = ", ";
	}
	if (gpu && gpu->kfd_node >= 0) {
		gw_text_add(text, "%sKFD node %" PRId32, separator, gpu->kfd_node);
		separator = ", ";
	}
	if (*separator == ',')
		gw_text_add(text, ")");
}

static void name_device(struct gw_text *text, const struct gw_graph *graph, uint64_t address)
{
	const struct gw_device *device = gw_name_find_device(graph->snapshot, address);

	if (!device) {
		gw_text_add(text, "DRM device 0x%" PRIx64, address);
		return;
	}
	gw_text_add(text, "%sdevice %s", device->kind == GW_DEVICE_DRM ? "DRM " : "", device->name);
	name_device_more(text, device, gw_gpu_named(graph->snapshot, device->name));
}

static void name_section(struct gw_text *text, const struct gw_graph *graph, const struct gw_node *node)
{
	if (node->section->kind == GW_SECTION_NOTIFIER) {
		gw_text_add(text, "an MMU-notifier invalidation of ");
		name_memory(text, graph, node, node->address);
		return;
	}
	gw_text_add(text, "a drm_dev_enter() section of ");
	name_device(text, graph, node->address);
}

static void name_migration(struct gw_text *text, const struct gw_graph *graph, const struct gw_node *node)
{
	gw_text_add(text, "the migration of the page at 0x%" PRIx64 " of ", node->extra);
	name_memory(text, graph, node, node->address);
}

void gw_name_phrase(struct gw_text *text, const struct gw_graph *graph, const struct gw_node *node)
{
	if (node->label) {
		gw_text_add(text, "%s", node->label);
		return;
	}
	switch (node->type) {
	case GW_NODE_TASK:
		name_task(text, graph, node);
		return;
	case GW_NODE_FENCE:
	case GW_NODE_TIMELINE:
		name_fence(text, graph, node);
		return;
	case GW_NODE_JOB:
		gw_text_add(text, "the job of ");
		name_fence(text, graph, node);
		return;
	case GW_NODE_LOCK:
		name_lock(text, graph, node);
		return;
	case GW_NODE_NOTIFIER:
		gw_text_add(text, "an MMU-notifier invalidation of ");
		name_memory(text, graph, node, node->address);
		return;
	case GW_NODE_SRCU:
		gw_text_add(text, "an SRCU grace period");
		return;
	case GW_NODE_DEVICE:
		name_device(text, graph, node->address);
		return;
	case GW_NODE_PAGE:
		if (node->extra)
			name_migration(text, graph, node);
		else
			gw_text_add(text, "the lock of page 0x%" PRIx64, node->address);
		return;
	case GW_NODE_SECTION:
		name_section(text, graph, node);
		return;
	case GW_NODE_FAULT:
		name_fault(text, graph, node);
		return;
	case GW_NODE_EVICTION:
		name_eviction(text, node);
		return;
	case GW_NODE_RECLAIM:
		gw_name_reclaim(text);
		return;
	case GW_NODE_WORK:
		name_work(text, graph, node);
		return;
	case GW_NODE_WORKQUEUE:
		gw_text_add(text, "workqueue %s", gw_name_workqueue(node)[0] ? gw_name_workqueue(node) : "(unnamed)");
		return;
	case GW_NODE_SLOTS:
		gw_text_add(text, "the active items of workqueue %s", gw_name_workqueue(node));
		return;
	}
}
