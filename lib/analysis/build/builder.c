/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The records by what they are looked up for, and the nodes and edges that expanders add. */
#include "lib/analysis/build/builder.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "bpf/abi/kernel-constants.h"
#include "lib/analysis/record/left.h"
#include "lib/analysis/record/subsystem.h"
#include "lib/base/array.h"
#include "lib/base/hash.h"

static bool builder_waits_for_srcu(const struct gw_task_record *task)
{
	struct gw_wait wait;

	return gw_task_wait(task, &wait) && wait.kind == GW_WAIT_SRCU;
}

enum gw_confidence gw_builder_section(const struct gw_builder *builder, const struct gw_task_record *task,
				      enum gw_stack_section section)
{
	return gw_stack_in_section(builder->now, task, section) == GW_STACK_YES ? GW_CONFIDENCE_PROVEN
										: GW_CONFIDENCE_PROBABLE;
}

/* The object of a section, 0 if the task has left it. */
static uint64_t builder_inside(const struct gw_builder *builder, const struct gw_task_record *task,
			       enum gw_stack_section section, uint64_t object)
{
	return gw_stack_in_section(builder->now, task, section) == GW_STACK_NO ? 0 : object;
}

/* Each device once, although a call waits and then does it itself. */
static int builder_index_power(struct gw_builder *builder, const struct gw_task_record *task)
{
	const struct gw_wait *waits = task->watch.waits;
	uint64_t last = 0;
	int r = 0;

	for (uint32_t i = 0; i < task->watch.depth && r == 0; i++) {
		if ((waits[i].kind != GW_WAIT_POWER && waits[i].kind != GW_WAIT_POWER_CALL) || waits[i].object == last)
			continue;
		last = waits[i].object;
		r = gw_index_add(&builder->power_calls, last, task);
	}
	return r;
}

/* A worker that is blocked, for good as far as that shows, in an item which resets the GPU of its driver. */
static bool builder_is_blocked_reset(const struct gw_builder *builder, const struct gw_task_record *task)
{
	const struct gw_symbol_record *item = NULL;
	struct gw_wait wait;

	if (task->watch.sections.work && gw_task_sleeps(task) && !gw_task_has_timer(task) &&
	    gw_task_wait(task, &wait) && !gw_wait_has_timeout(&wait))
		item = gw_snapshot_symbol(builder->now, task->watch.sections.work_function);
	return item && item->module[0] && gw_subsystem_item_resets(item->name);
}

static int builder_index_task(struct gw_builder *builder, const struct gw_task_record *task)
{
	const struct gw_sections *sections = &task->watch.sections;
	const struct gw_pool_record *pool = gw_snapshot_pool(builder->now, sections->work_pwq);
	uint64_t mm = builder_inside(builder, task, GW_STACK_NOTIFIER, sections->notifier_mm);
	bool in_drm = sections->drm_depth > 0 && sections->drm_device && !builder_waits_for_srcu(task);
	struct gw_wait wait;
	int r = gw_index_add(&builder->executing, sections->work, task);

	r = r ?: gw_index_add(&builder->functions, sections->work_function, task);
	r = r ?: gw_index_add(&builder->pools, sections->work_pwq, task);
	r = r ?: gw_index_add(&builder->full_pools, pool ? pool->pool : 0, task);
	r = r ?: gw_index_add(&builder->workqueues, sections->workqueue, task);
	r = r ?: gw_index_add(&builder->notifiers, mm, task);
	r = r ?: gw_index_add(&builder->in_notifiers, mm != 0, task);
	r = r ?: gw_index_add(&builder->drm_sections, in_drm, task);
	r = r
		    ?: gw_index_add(&builder->unplugs,
				    builder_inside(builder, task, GW_STACK_UNPLUG, sections->unplug_device), task);
	r = r ?: gw_index_add(&builder->mms, task->mm, task);
	r = r ?: builder_index_power(builder, task);
	r = r ?: gw_index_add(&builder->resets, builder_is_blocked_reset(builder, task), task);
	builder->names_mutexes |= task->blocker && task->blocker_type == BLOCKER_TYPE_MUTEX &&
				  gw_task_waits_for_lock(task, task->blocker);
	if (gw_task_wait(task, &wait) && wait.kind == GW_WAIT_LOCK)
		r = r ?: gw_index_add(&builder->lock_waiters, wait.object, task);
	return r;
}

static int builder_index_records(struct gw_builder *builder)
{
	const struct gw_task_record *const *tasks;
	const struct gw_work_record *const *works;
	size_t n_tasks = gw_snapshot_tasks(builder->now, &tasks), n_works = gw_snapshot_works(builder->now, &works);
	int r = 0;

	for (size_t i = 0; i < n_tasks && r == 0; i++)
		r = builder_index_task(builder, tasks[i]);
	for (size_t i = 0; i < n_works && r == 0; i++) {
		if (works[i]->place != GW_WORK_INACTIVE)
			continue;
		r = gw_index_add(&builder->inactive_functions, works[i]->function, works[i]);
		r = r ?: gw_index_add(&builder->inactive_workqueues, works[i]->workqueue, works[i]);
	}
	return r;
}

/* All indexes of a builder, for what is done to each. */
#define ALL_INDEXES(builder)                                                                                           \
	{                                                                                                              \
		&(builder)->executing, &(builder)->functions, &(builder)->pools, &(builder)->full_pools,               \
			&(builder)->workqueues, &(builder)->notifiers, &(builder)->in_notifiers,                       \
			&(builder)->drm_sections, &(builder)->unplugs, &(builder)->mms, &(builder)->power_calls,       \
			&(builder)->resets, &(builder)->lock_waiters, &(builder)->inactive_functions,                  \
			&(builder)->inactive_workqueues, &(builder)->gpu_waits, &(builder)->gpu_symbols,               \
			&(builder)->timers, &(builder)->faults_by_task, &(builder)->sections                           \
	}

static int builder_finish_indexes(struct gw_builder *builder)
{
	struct gw_index *all[] = ALL_INDEXES(builder);
	int r = 0;

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]) && r == 0; i++)
		r = gw_index_finish(all[i]);
	return r;
}

static int builder_index_symbols(struct gw_builder *builder)
{
	const struct gw_symbol_record *const *symbols;
	size_t count = gw_snapshot_symbols(builder->now, &symbols);
	int r = 0;

	for (size_t i = 0; i < count && r == 0; i++) {
		if (gw_stack_gpu_wait(symbols[i]->name) != GW_WAIT_NONE)
			r = gw_index_add(&builder->gpu_waits, symbols[i]->address, symbols[i]);
		if (r == 0 && gw_subsystem_of_symbol(builder->now, symbols[i]).kind == GW_SUBSYSTEM_GPU)
			r = gw_index_add(&builder->gpu_symbols, symbols[i]->address, symbols[i]);
	}
	return r;
}

static int builder_compare_modules(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static int builder_index_modules(struct gw_builder *builder)
{
	const struct gw_symbol_record *const *symbols;
	size_t count = gw_snapshot_symbols(builder->now, &symbols), n = 0;

	for (size_t i = 0; i < count; i++) {
		if (!symbols[i]->module[0] || (n && strcmp(builder->modules[n - 1], symbols[i]->module) == 0))
			continue;
		if (gw_array_reserve(builder->modules, n, builder->allocated_modules, 1) < 0)
			return -ENOMEM;
		builder->modules[n++] = symbols[i]->module;
	}
	gw_array_sort(builder->modules, n, sizeof(*builder->modules), builder_compare_modules);
	for (size_t i = 0; i < n; i++)
		if (i == 0 || strcmp(builder->modules[builder->n_modules - 1], builder->modules[i]) != 0)
			builder->modules[builder->n_modules++] = builder->modules[i];
	return 0;
}

uint64_t gw_builder_module(const struct gw_builder *builder, const char *name)
{
	const char **found = NULL;

	if (builder->n_modules)
		found = bsearch(&name, builder->modules, builder->n_modules, sizeof(*builder->modules),
				builder_compare_modules);
	return found ? (uint64_t)(found - builder->modules) + 1 : 0;
}

uint64_t gw_builder_module_at(const struct gw_builder *builder, uint64_t address)
{
	const struct gw_symbol_record *symbol = gw_snapshot_symbol(builder->now, address);

	return symbol && symbol->module[0] ? gw_builder_module(builder, symbol->module) : 0;
}

static uint64_t builder_module_of_frame(const struct gw_builder *builder, const struct gw_snapshot *snapshot,
					const struct gw_task_record *task, uint32_t frame)
{
	const struct gw_symbol_record *symbol = gw_snapshot_symbol(snapshot, task->stack[frame]);

	return symbol && symbol->module[0] ? gw_builder_module(builder, symbol->module) : 0;
}

uint64_t gw_builder_first_of_module(const struct gw_builder *builder, const struct gw_snapshot *snapshot,
				    const struct gw_task_record *task, uint32_t frame)
{
	uint64_t module = builder_module_of_frame(builder, snapshot, task, frame);

	for (uint32_t i = 0; i < frame; i++)
		if (module && builder_module_of_frame(builder, snapshot, task, i) == module)
			return 0;
	return module;
}

/* @record will come by itself, and go on in the function at @address. */
static int builder_add_timer(struct gw_builder *builder, uint64_t address, const void *record)
{
	const struct gw_symbol_record *function = gw_snapshot_symbol(builder->now, address);

	builder->has_gpu_timer |= function && gw_subsystem_of_symbol(builder->now, function).kind == GW_SUBSYSTEM_GPU;
	builder->has_job_timer |= function && strcmp(function->name, "drm_sched_job_timedout") == 0;
	return gw_index_add(&builder->timers, gw_builder_module_at(builder, address), record);
}

static int builder_index_timers(struct gw_builder *builder)
{
	const struct gw_timer_record *const *timers;
	const struct gw_task_record *const *tasks;
	size_t n_timers = gw_snapshot_timers(builder->now, &timers), n_tasks = gw_snapshot_tasks(builder->now, &tasks);
	int r = 0;

	for (size_t i = 0; i < n_timers && r == 0; i++) {
		builder->timers_left_out |= !timers[i]->function;
		r = builder_add_timer(builder, timers[i]->function, timers[i]);
	}
	for (size_t i = 0; i < n_tasks; i++)
		for (uint32_t j = 0; gw_task_naps(tasks[i]) && j < tasks[i]->stack_depth && r == 0; j++)
			r = builder_add_timer(builder, tasks[i]->stack[j], tasks[i]);
	return r;
}

static int builder_index_sections(struct gw_builder *builder)
{
	const struct gw_section_record *const *sections;
	size_t count = gw_snapshot_sections(builder->now, &sections);
	int r = 0;

	for (size_t i = 0; i < count && r == 0; i++)
		r = gw_index_add(&builder->sections, sections[i]->section.object, sections[i]);
	return r;
}

static int builder_note_fault(struct gw_builder *builder, uint64_t task, uint64_t start_ns)
{
	struct gw_builder_fault noted = { .task = task, .start_ns = start_ns };

	if (!gw_fault_of(builder->now, task, &noted.fault))
		return 0;
	if (gw_array_reserve(builder->faults, builder->n_faults, builder->allocated_faults, 1) < 0)
		return -ENOMEM;
	builder->faults[builder->n_faults++] = noted;
	return 0;
}

static int builder_index_faults(struct gw_builder *builder)
{
	const struct gw_task_record *const *tasks;
	const struct gw_fault_record *const *records;
	size_t n_tasks = gw_snapshot_tasks(builder->now, &tasks),
	       n_records = gw_snapshot_faults(builder->now, &records);
	int r = 0;

	for (size_t i = 0; i < n_tasks && r == 0; i++)
		r = builder_note_fault(builder, tasks[i]->address, tasks[i]->start_ns);
	/* Of a task that is not blocked there is no more than that. */
	for (size_t i = 0; i < n_records && r == 0; i++)
		if (!gw_snapshot_task(builder->now, records[i]->task))
			r = builder_note_fault(builder, records[i]->task, 0);
	for (size_t i = 0; i < builder->n_faults && r == 0; i++)
		r = gw_index_add(&builder->faults_by_task, builder->faults[i].task, &builder->faults[i]);
	return r;
}

int gw_builder_init(struct gw_builder *builder, struct gw_graph *graph, const struct gw_snapshot *now,
		    const struct gw_snapshot *before, const struct gw_spells *spells,
		    const struct gw_progress *progress)
{
	int r;

	*builder = (struct gw_builder){
		.graph = graph,
		.now = now,
		.before = before,
		.spells = spells,
		.progress = progress,
		.unplug_srcu = gw_snapshot_host(now)->unplug_srcu,
		.mmap_lock_offset = gw_snapshot_host(now)->mmap_lock_offset,
		.complete = !gw_snapshot_head(now)->incomplete,
	};
	r = builder_index_records(builder);
	r = r ?: builder_index_symbols(builder);
	r = r ?: builder_index_modules(builder);
	r = r ?: builder_index_timers(builder);
	r = r ?: builder_index_sections(builder);
	r = r ?: builder_index_faults(builder);
	return r ?: builder_finish_indexes(builder);
}

void gw_builder_deinit(struct gw_builder *builder)
{
	struct gw_index *all[] = ALL_INDEXES(builder);

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		gw_index_deinit(all[i]);
	for (size_t i = 0; i < GW_STACK_NEEDS; i++)
		gw_index_deinit(&builder->needed[i].tasks), gw_index_deinit(&builder->needed[i].awake);
	gw_index_deinit(&builder->inside.tasks);
	gw_index_deinit(&builder->woken.tasks);
	gw_index_deinit(&builder->in_modules.tasks);
	gw_index_deinit(&builder->alike.tasks);
	gw_index_deinit(&builder->handover.timers);
	gw_index_deinit(&builder->handover.workers);
	gw_index_deinit(&builder->handover.queued);
	gw_index_deinit(&builder->handover.inside);
	free(builder->modules);
	free(builder->faults);
}

int gw_builder_edge(struct gw_builder *builder, uint32_t from, uint32_t to, enum gw_relation relation,
		    enum gw_evidence evidence, enum gw_confidence confidence, uint64_t since_ns)
{
	const struct gw_edge edge = {
		.from = from,
		.to = to,
		.relation = relation,
		.evidence = evidence,
		.confidence = confidence,
		.since_ns = since_ns,
	};

	return gw_graph_edge(builder->graph, &edge);
}

int gw_builder_live(struct gw_builder *builder, uint32_t node, const char *why)
{
	gw_builder_node(builder, node)->leaf = GW_LEAF_LIVE;
	gw_builder_node(builder, node)->why = why;
	return 0;
}

int gw_builder_dead(struct gw_builder *builder, uint32_t node, enum gw_confidence confidence, const char *why)
{
	gw_builder_node(builder, node)->leaf = GW_LEAF_DEAD;
	gw_builder_node(builder, node)->confidence = confidence;
	gw_builder_node(builder, node)->why = why;
	return 0;
}

const char *gw_builder_module_of(const struct gw_builder *builder, const struct gw_device *device)
{
	const struct gw_gpu_record *const *gpus;
	size_t count = gw_snapshot_gpus(builder->now, &gpus);

	for (size_t i = 0; i < count; i++)
		if (gpus[i]->module[0] && strcmp(gpus[i]->name, device->name) == 0)
			return gpus[i]->module;
	return device->driver;
}

int gw_builder_task(struct gw_builder *builder, const struct gw_task_record *task, uint32_t *ret)
{
	int r = gw_graph_node(builder->graph, GW_NODE_TASK, task->address, task->start_ns, ret);
	struct gw_node *node;

	if (r <= 0)
		return r;
	node = gw_builder_node(builder, *ret);
	node->task = task;
	node->pid = task->pid;
	node->comm = task->comm;
	/* Its end was missed: the kernel skipped the program, or a return probe had no free instance. */
	if (gw_task_wait(task, &node->wait) && gw_stack_in_wait(builder->now, task, node->wait.kind) == GW_STACK_NO)
		node->wait = (struct gw_wait){ .kind = GW_WAIT_NONE };
	node->since_ns = node->wait.since_ns;
	return 0;
}

int gw_builder_task_at(struct gw_builder *builder, uint64_t address, uint64_t start_ns, uint32_t *ret)
{
	const struct gw_task_record *task = gw_snapshot_task(builder->now, address);
	const struct gw_present_record *present = gw_snapshot_present(builder->now, address);
	int r;

	*ret = GW_NO_NODE;
	if (task && (start_ns == 0 || task->start_ns == start_ns))
		return gw_state_is_dead(task->state, task->flags) ? 0 : gw_builder_task(builder, task, ret);
	if (!present || (start_ns != 0 && present->start_ns != start_ns) ||
	    gw_state_is_dead(present->state, present->flags))
		return 0;
	r = gw_graph_node(builder->graph, GW_NODE_TASK, address, present->start_ns, ret);
	if (r < 0)
		return r;
	gw_builder_node(builder, *ret)->pid = present->pid;
	gw_builder_node(builder, *ret)->comm = present->comm;
	return 0;
}

int gw_builder_gone_task(struct gw_builder *builder, uint64_t address, uint64_t start_ns, uint32_t pid,
			 const char *comm, uint32_t *ret)
{
	int r = gw_graph_node(builder->graph, GW_NODE_TASK, address, start_ns, ret);
	struct gw_node *node;

	if (r <= 0)
		return r;
	node = gw_builder_node(builder, *ret);
	node->gone = true;
	node->pid = pid;
	node->comm = comm;
	return gw_builder_dead(builder, *ret, GW_CONFIDENCE_PROVEN, "no longer exists");
}

int gw_builder_fence(struct gw_builder *builder, uint64_t address, uint64_t context, uint64_t seqno, uint64_t device,
		     uint32_t *ret)
{
	const struct gw_fence_record *record = gw_snapshot_fence(builder->now, address);
	int r = gw_graph_node(builder->graph, GW_NODE_FENCE, address, 0, ret);
	struct gw_node *node;

	if (r < 0)
		return r;
	node = gw_builder_node(builder, *ret);
	if (device)
		node->device = device;
	if (record && context && (record->context != context || record->seqno != seqno))
		return gw_builder_live(builder, *ret, "has been freed, its memory used again");
	if (r == GW_GRAPH_FOUND)
		return 0;
	node->context = context ? context : record ? record->context : 0;
	node->seqno = context ? seqno : record ? record->seqno : 0;
	node->fence = record;
	return 0;
}

int gw_builder_work(struct gw_builder *builder, uint64_t work, uint64_t function, uint32_t *ret)
{
	int r = gw_graph_node(builder->graph, GW_NODE_WORK, work, work ? 0 : function, ret);

	if (r < 0)
		return r;
	if (function)
		gw_builder_node(builder, *ret)->function = function;
	return 0;
}

const struct gw_task_record *gw_builder_worker(const struct gw_builder *builder, uint64_t work, uint64_t function)
{
	struct gw_index_range workers = gw_index_find(&builder->executing, work);

	for (size_t i = 0; i < workers.count; i++) {
		const struct gw_task_record *worker = workers.members[i].record;

		if (!function || worker->watch.sections.work_function == function)
			return worker;
	}
	return NULL;
}

const struct gw_fault *gw_builder_fault_of(const struct gw_builder *builder, uint64_t task)
{
	const struct gw_builder_fault *noted = gw_index_first(&builder->faults_by_task, task);

	return noted ? &noted->fault : NULL;
}

static void builder_tell(struct gw_node *node, uint64_t hardware, uint64_t waited_since_ns)
{
	if (hardware)
		node->hardware = hardware;
	/* Unsigned: 0 - 1 is the latest of all. */
	if (waited_since_ns - 1 < node->waited_since_ns - 1)
		node->waited_since_ns = waited_since_ns;
}

void gw_builder_tell_fence(struct gw_builder *builder, uint32_t fence, uint64_t hardware, uint64_t waited_since_ns)
{
	uint32_t timeline =
		gw_graph_find(builder->graph, GW_NODE_TIMELINE, gw_builder_node(builder, fence)->context, 0);

	builder_tell(gw_builder_node(builder, fence), hardware, waited_since_ns);
	/* It may have been expanded before. */
	if (timeline != GW_NO_NODE)
		builder_tell(gw_builder_node(builder, timeline), hardware, waited_since_ns);
}

bool gw_builder_knows_work(const struct gw_builder *builder, uint64_t work, uint64_t function)
{
	const struct gw_work_record *record = work ? gw_snapshot_work(builder->now, work) : NULL;

	return (record && record->function == function) || gw_builder_worker(builder, work, function);
}

bool gw_builder_has_gpu_on_stack(const struct gw_builder *builder, const struct gw_task_record *task)
{
	for (uint32_t i = 0; i < task->stack_depth; i++)
		if (gw_index_find(&builder->gpu_symbols, task->stack[i]).count)
			return true;
	return false;
}

/* ---- many that wait for one lock --------------------------------------------------------- */

/* They wait for the same lock, and came to it the same way: what holds for one of them holds for all. */
static bool builder_are_alike(const struct gw_builder *builder, const struct gw_task_record *a,
			      const struct gw_task_record *b)
{
	struct gw_wait x, y;

	return gw_task_sleeps(a) && gw_task_sleeps(b) && gw_task_wait(a, &x) && gw_task_wait(b, &y) &&
	       x.kind == GW_WAIT_LOCK && y.kind == GW_WAIT_LOCK && x.object == y.object && x.flags == y.flags &&
	       a->mm == b->mm && a->state == b->state && a->flags == b->flags && a->stack_depth == b->stack_depth &&
	       memcmp(a->stack, b->stack, a->stack_depth * sizeof(a->stack[0])) == 0 &&
	       gw_left_for_user_mode(builder->before, a) == gw_left_for_user_mode(builder->before, b);
}

/* Those of which it is the same are compared with each other. */
static uint64_t builder_likeness(const struct gw_builder *builder, const struct gw_task_record *task)
{
	uint64_t sum = gw_hash_number(GW_HASH_START, task->mm);
	struct gw_wait wait;

	if (!gw_task_sleeps(task) || !gw_task_wait(task, &wait) || wait.kind != GW_WAIT_LOCK)
		return 0;
	sum = gw_hash_number(sum, wait.object);
	sum = gw_hash_number(sum, (uint64_t)task->state << 32 | task->flags);
	sum = gw_hash_number(sum, (uint64_t)wait.flags << 1 | gw_left_for_user_mode(builder->before, task));
	for (uint32_t i = 0; i < task->stack_depth; i++)
		sum = gw_hash_number(sum, task->stack[i]);
	return sum;
}

int gw_builder_index_alike(struct gw_builder *builder)
{
	struct gw_builder_needed *alike = &builder->alike;
	const struct gw_task_record *const *tasks;
	size_t n_tasks = gw_snapshot_tasks(builder->now, &tasks);
	int r = 0;

	if (alike->made)
		return alike->r;
	for (size_t i = 0; i < n_tasks && r == 0; i++)
		r = gw_index_add(&alike->tasks, builder_likeness(builder, tasks[i]), tasks[i]);
	alike->made = true;
	alike->r = r ?: gw_index_finish(&alike->tasks);
	return alike->r;
}

bool gw_builder_has_its_like(const struct gw_builder *builder, const struct gw_task_record *task)
{
	uint64_t likeness = builder_likeness(builder, task);
	const struct gw_task_record *first = likeness ? gw_index_first(&builder->alike.tasks, likeness) : NULL;

	return first && first != task && builder_are_alike(builder, first, task);
}
