/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Nodes for actors and for what they wait for; edges from what lines say, then from what stacks suggest. */
#include "lib/explain/graph.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/analysis/record/stack.h"
#include "lib/base/array.h"
#include "lib/base/cleanup.h"
#include "lib/explain/left.h"
#include "lib/explain/need.h"
#include "lib/explain/partner.h"
#include "lib/explain/queue.h"
#include "lib/explain/snapshot.h"

/* Made-up addresses, apart for each kind of object. */
#define FENCES_BASE UINT64_C(0xffff889000000000)
#define LOCKS_BASE UINT64_C(0xffff88a000000000)
#define DEVICES_BASE UINT64_C(0xffff88b000000000)
#define WORKS_BASE UINT64_C(0xffff88c000000000)
#define OWNED_BASE UINT64_C(0xffff88d000000000)
#define NOTIFIERS_BASE UINT64_C(0xffff88e000000000)
#define ITEMS_BASE UINT64_C(0xffff88f000000000)
#define GONE_BASE UINT64_C(0xffff891000000000)
#define PAGES_BASE UINT64_C(0xffff892000000000)

/* ---- texts ------------------------------------------------------------------------------------------- */

_printf_(2, 3) static const char *text_graph_label(struct gw_text_graph *graph, const char *format, ...)
{
	va_list arguments;
	char *text;
	int length;

	if (gw_array_reserve(graph->labels, graph->n_labels, graph->allocated_labels, 1) < 0)
		return NULL;
	va_start(arguments, format);
	length = vasprintf(&text, format, arguments);
	va_end(arguments);
	if (length < 0)
		return NULL;
	graph->labels[graph->n_labels++] = text;
	return text;
}

/* "dm_suspend() [amdgpu]" */
static const char *text_graph_place(struct gw_text_graph *graph, const struct gw_log_frame *frame)
{
	if (!frame)
		return "";
	return text_graph_label(graph, "%s()%s%s%s", frame->function, *frame->module ? " [" : "", frame->module,
				*frame->module ? "]" : "");
}

static const struct gw_actor *text_graph_at(const struct gw_text_graph *graph, uint32_t actor)
{
	return &graph->scene->actors[actor];
}

/* "waits in f() [m] for a work item …" */
static const char *text_graph_unknown(struct gw_text_graph *graph, uint32_t actor, const char *what)
{
	const struct gw_log_frame *place = gw_scene_place(graph->scene, text_graph_at(graph, actor));
	const char *text = place ? text_graph_label(graph, "waits in %s %s", text_graph_place(graph, place), what)
				 : text_graph_label(graph, "waits %s", what);

	return text ? text : "waits";
}

static const struct gw_task_record *text_graph_record(const struct gw_text_graph *graph, uint32_t actor)
{
	return gw_snapshot_task(graph->snapshot, gw_text_task_address(actor));
}

/* ---- nodes and edges ------------------------------------------------------------------------------------ */

static struct gw_node *text_graph_node(struct gw_text_graph *graph, uint32_t node)
{
	return &graph->graph.nodes[node];
}

/* A node with a label, made if it is not there; GW_NO_NODE when out of memory. */
static uint32_t text_graph_object(struct gw_text_graph *graph, enum gw_node_type type, uint64_t address,
				  const char *label)
{
	uint32_t node;

	if (!label || gw_graph_node(&graph->graph, type, address, 0, &node) < 0)
		return GW_NO_NODE;
	if (!text_graph_node(graph, node)->label)
		text_graph_node(graph, node)->label = label;
	return node;
}

static int text_graph_edge(struct gw_text_graph *graph, uint32_t from, uint32_t to, enum gw_relation relation,
			   enum gw_confidence confidence)
{
	const struct gw_node *node;

	if (from == GW_NO_NODE || to == GW_NO_NODE)
		return -ENOMEM;
	node = text_graph_node(graph, from);
	return gw_graph_edge(&graph->graph, &(struct gw_edge){
						    .from = from,
						    .to = to,
						    .relation = relation,
						    .evidence = GW_EVIDENCE_TEXT,
						    .confidence = confidence,
						    .since_ns = node->type == GW_NODE_TASK ? node->since_ns : 0,
					    });
}

static void text_graph_live(struct gw_text_graph *graph, uint32_t node, const char *why)
{
	struct gw_node *n = text_graph_node(graph, node);

	n->leaf = GW_LEAF_LIVE;
	n->why = why;
}

/* Edges to all partners: one is probable, of several each is a guess, and any of them would do. */
static int text_graph_partners(struct gw_text_graph *graph, uint32_t node, const struct gw_partners *partners,
			       enum gw_relation relation, bool reliable)
{
	bool one = partners->count == 1 && !partners->many;
	bool sure = one || (partners->named && !partners->many) || gw_partners_alike(graph->scene, partners);
	enum gw_confidence confidence = sure && reliable ? GW_CONFIDENCE_PROBABLE : GW_CONFIDENCE_HINT;

	if (!one)
		text_graph_node(graph, node)->rule = GW_RULE_ANY;
	for (uint32_t i = 0; i < partners->count; i++)
		if (text_graph_edge(graph, node, graph->nodes[partners->actors[i]], relation, confidence) < 0)
			return -ENOMEM;
	return 0;
}

/* Whether an object that several wait for is met the first time: its own edges are made then. */
static bool text_graph_first(struct gw_text_graph *graph, uint32_t node)
{
	bool first = !graph->met[node];

	graph->met[node] = true;
	return first;
}

/* An owner that sleeps for something of its own, outside of every driver, has forgotten the lock. */
static const char *text_graph_forgot(const struct gw_text_graph *graph, uint32_t actor)
{
	const struct gw_task_record *task = text_graph_record(graph, actor);

	if (gw_stack_idle_worker(graph->snapshot, task))
		return "has finished its work item and waits for another one";
	return gw_stack_user_sleep(graph->snapshot, task) ? "sleeps in a system call that has nothing to do with it"
							  : NULL;
}

/* Nobody releases it any more. */
static void text_graph_left(struct gw_text_graph *graph, uint32_t lock, const char *why)
{
	text_graph_node(graph, lock)->leaf = GW_LEAF_DEAD;
	text_graph_node(graph, lock)->confidence = GW_CONFIDENCE_PROBABLE;
	text_graph_node(graph, lock)->why = why;
}

/* ---- locks that lines name --------------------------------------------------------------------------------- */

static const char *text_graph_lock_kind(enum gw_log_lock_kind kind)
{
	return kind == GW_LOG_LOCK_MUTEX       ? "a mutex"
	       : kind == GW_LOG_LOCK_SEMAPHORE ? "a semaphore"
					       : "an rw-semaphore";
}

/* A semaphore's last holder may have released it; of an rwsem's readers one is named. */
static enum gw_confidence text_graph_blocker_confidence(const struct gw_log_blocker *blocker)
{
	return blocker->last_holder || blocker->kind == GW_LOG_LOCK_SEMAPHORE ||
			       blocker->owner_access == GW_LOG_ACCESS_READ
		       ? GW_CONFIDENCE_PROBABLE
		       : GW_CONFIDENCE_PROVEN;
}

/*
 * The node that what an actor waits for is needed by: the page fault of a device that it handles, its direct reclaim (of a fence), else
 * itself.
 */
static uint32_t text_graph_inside(struct gw_text_graph *graph, uint32_t actor, bool reclaims)
{
	enum gw_node_type type = text_graph_at(graph, actor)->faults ? GW_NODE_FAULT : GW_NODE_RECLAIM;
	uint32_t node = graph->nodes[actor], section;

	if (!text_graph_at(graph, actor)->faults && !reclaims)
		return node;
	if (gw_graph_node(&graph->graph, type, gw_text_task_address(actor), actor + 1, &section) < 0 ||
	    text_graph_edge(graph, node, section, GW_RELATION_INSIDE, GW_CONFIDENCE_PROBABLE) < 0)
		return GW_NO_NODE;
	return section;
}

/* Several have it for reading, as it seems, and the line names one: which of them keep it, no line shows. */
static int text_graph_readers(struct gw_text_graph *graph, uint32_t lock, const struct gw_partners *readers,
			      uint32_t named)
{
	for (uint32_t i = 0; i < readers->count; i++)
		if (text_graph_edge(graph, lock, graph->nodes[readers->actors[i]], GW_RELATION_HELD_BY,
				    GW_CONFIDENCE_HINT) < 0)
			return -ENOMEM;
	return text_graph_edge(graph, lock, graph->nodes[named], GW_RELATION_HELD_BY, GW_CONFIDENCE_HINT);
}

/* Whether the kernel named who blocks the actor; then there are edges. */
static int text_graph_blocker(struct gw_text_graph *graph, uint32_t actor, bool *found)
{
	const struct gw_log_model *model = graph->scene->model;
	enum gw_confidence confidence;
	const struct gw_log_blocker *blocker = NULL;
	const struct gw_actor *owner;
	uint32_t lock, owner_index;

	*found = false;
	/* The last one said is how it stands. */
	for (uint32_t i = 0; i < model->n_blockers; i++)
		if (gw_scene_actor(graph->scene, model->blockers[i].waiter) == text_graph_at(graph, actor))
			blocker = &model->blockers[i];
	owner = blocker && blocker->owner != GW_LOG_NONE ? gw_scene_actor(graph->scene, blocker->owner) : NULL;
	if (!owner)
		return 0;
	*found = true;
	owner_index = (uint32_t)(owner - graph->scene->actors);
	/* Where its stack is not there, the line alone shows that it waits. */
	if (text_graph_node(graph, graph->nodes[actor])->wait.kind == GW_WAIT_NONE)
		text_graph_node(graph, graph->nodes[actor])->wait.kind = GW_WAIT_LOCK;
	confidence = text_graph_blocker_confidence(blocker);
	/* The number of the worker that has this name now is another one: see gw_scene_init(). */
	if (owner->task != blocker->owner && confidence > GW_CONFIDENCE_PROBABLE)
		confidence = GW_CONFIDENCE_PROBABLE;
	lock = text_graph_object(graph, GW_NODE_LOCK, OWNED_BASE + owner_index * 64 + blocker->kind * 16,
				 text_graph_lock_kind(blocker->kind));
	if (text_graph_edge(graph, text_graph_inside(graph, actor, false), lock, GW_RELATION_WAITS_FOR, confidence) < 0)
		return -ENOMEM;
	/* One edge to the owner, however many wait. */
	if (!text_graph_first(graph, lock))
		return 0;
	if (blocker->owner_access == GW_LOG_ACCESS_READ) {
		struct gw_partners readers = gw_partner_readers(graph->scene, actor, owner_index);

		if (readers.count)
			return text_graph_readers(graph, lock, &readers, owner_index);
	}
	if (!owner->blocked && !owner->died && !blocker->last_holder && blocker->owner_access != GW_LOG_ACCESS_READ &&
	    text_graph_forgot(graph, owner_index))
		text_graph_left(graph, lock, text_graph_forgot(graph, owner_index));
	return text_graph_edge(graph, lock, graph->nodes[owner_index], GW_RELATION_HELD_BY, confidence);
}

/* ---- lists of held locks -------------------------------------------------------------------------------------- */

/* The last lock of a list is the one that a task still waits for, if it waits for a lock. */
static void text_graph_find_wanted(struct gw_text_graph *graph)
{
	const struct gw_log_model *model = graph->scene->model;

	for (uint32_t i = 0; i < model->n_held; i++) {
		const struct gw_actor *holder =
			model->held[i].lockdep ? NULL : gw_scene_actor(graph->scene, model->held[i].task);

		if (holder && !model->held[i].left && gw_text_wait_is_lock(holder->wait.kind))
			graph->wanted[holder - graph->scene->actors] = &model->held[i];
	}
}

/* Names of locks that are none: what lockdep is told of work items, acquire contexts and RCU. */
static bool text_graph_is_lock(const struct gw_log_held *held)
{
	return strncmp(held->name, "(w", 2) != 0 && !strstr(held->name, "_acquire") &&
	       !strstr(held->name, "rcu_read_lock") && !strstr(held->name, "srcu");
}

static bool text_graph_same_lock(const struct gw_log_held *a, const struct gw_log_held *b)
{
	if (a->address && b->address)
		return a->address == b->address;
	return a->name == b->name;
}

/* Whether the actor has what another one wants, as a list shows. */
static bool text_graph_has(const struct gw_text_graph *graph, const struct gw_log_held *held,
			   const struct gw_log_held *wanted)
{
	const struct gw_actor *holder = held->lockdep ? NULL : gw_scene_actor(graph->scene, held->task);

	return holder && held->task != wanted->task && text_graph_same_lock(held, wanted) &&
	       graph->wanted[holder - graph->scene->actors] != held;
}

/* The list of one that does not wait for anything: it went on without releasing the lock; NULL = it may be in the midst of something. */
static const char *text_graph_went_on(const struct gw_text_graph *graph, const struct gw_log_held *held,
				      uint32_t holder)
{
	if (text_graph_at(graph, holder)->blocked || text_graph_at(graph, holder)->died)
		return NULL;
	return held->left ? "was not released by its last holder, as the kernel itself reports"
			  : text_graph_forgot(graph, holder);
}

static int text_graph_holders(struct gw_text_graph *graph, uint32_t lock, const struct gw_log_held *wanted)
{
	const struct gw_log_model *model = graph->scene->model;
	uint32_t before = GW_LOG_NONE, holders = 0;

	for (uint32_t i = 0; i < model->n_held; i++) {
		const struct gw_log_held *held = &model->held[i];
		uint32_t holder;

		if (!text_graph_has(graph, held, wanted))
			continue;
		holder = (uint32_t)(gw_scene_actor(graph->scene, held->task) - graph->scene->actors);
		if (text_graph_went_on(graph, held, holder))
			text_graph_left(graph, lock, text_graph_went_on(graph, held, holder));
		if (holder == before)
			continue;
		before = holder;
		holders++;
		if (text_graph_edge(graph, lock, graph->nodes[holder], GW_RELATION_HELD_BY, GW_CONFIDENCE_PROBABLE) < 0)
			return -ENOMEM;
	}
	/* Of several readers each one may be the last. */
	if (holders > 1)
		text_graph_node(graph, lock)->leaf = GW_LEAF_NONE;
	return 0;
}

static int text_graph_held(struct gw_text_graph *graph, uint32_t actor, bool *found)
{
	const struct gw_log_model *model = graph->scene->model;
	const struct gw_log_held *wanted = graph->wanted[actor];
	uint32_t lock;

	*found = false;
	if (!wanted || !text_graph_is_lock(wanted))
		return 0;
	for (uint32_t i = 0; i < model->n_held && !*found; i++)
		*found = text_graph_has(graph, &model->held[i], wanted);
	if (!*found)
		return 0;
	lock = text_graph_object(graph, GW_NODE_LOCK,
				 wanted->address ? wanted->address : LOCKS_BASE + (uintptr_t)wanted->name,
				 text_graph_label(graph, "%s", wanted->name));
	if (text_graph_edge(graph, graph->nodes[actor], lock, GW_RELATION_WAITS_FOR, GW_CONFIDENCE_PROBABLE) < 0)
		return -ENOMEM;
	return text_graph_first(graph, lock) ? text_graph_holders(graph, lock, wanted) : 0;
}

/* ---- what stacks suggest ------------------------------------------------------------------------------------------ */

static const char *text_graph_lock_words(enum gw_text_wait_kind kind)
{
	switch (kind) {
	case GW_TEXT_WAIT_WW_MUTEX:
		return "a ww_mutex";
	case GW_TEXT_WAIT_RWSEM_READ:
	case GW_TEXT_WAIT_RWSEM_WRITE:
		return "an rw-semaphore";
	case GW_TEXT_WAIT_SEMAPHORE:
		return "a semaphore";
	case GW_TEXT_WAIT_PERCPU_RWSEM:
		return "a percpu rw-semaphore";
	default:
		return "a mutex";
	}
}

/* Who waits in the same function waits for the same lock, as far as can be told. */
static uint64_t text_graph_lock_address(const struct gw_log_frame *place, uint32_t actor)
{
	return LOCKS_BASE + (place ? ((uintptr_t)place->function & 0xfffffffff) << 4 : (uint64_t)actor << 4);
}

/* Whether a line of the kernel names the task as owner of an rw-semaphore. */
static bool text_graph_owns_rwsem(const struct gw_text_graph *graph, const struct gw_actor *actor)
{
	const struct gw_log_model *model = graph->scene->model;

	for (uint32_t i = 0; i < model->n_blockers; i++)
		if (model->blockers[i].kind == GW_LOG_LOCK_RWSEM && model->blockers[i].owner == actor->task)
			return true;
	return false;
}

/* madvise() may hold the lock of one VMA instead, but not if the kernel names it as owner of an rw-semaphore. */
static bool text_graph_holds_mmap_lock(const struct gw_text_graph *graph, uint32_t actor)
{
	const struct gw_actor *at = text_graph_at(graph, actor);

	return at->blocked && (gw_stack_holds_mmap_lock(graph->snapshot, text_graph_record(graph, actor)) ||
			       (at->invalidates && text_graph_owns_rwsem(graph, at)));
}

/* Functions that take the mmap_lock of their own process. */
static bool text_graph_takes_mmap_lock(const struct gw_text_graph *graph, const struct gw_actor *actor)
{
	static const char *const functions[] = { "vm_mmap_pgoff",      "__vm_munmap",	 "do_mprotect_pkey",
						 "__do_sys_brk",       "__x64_sys_brk",	 "do_madvise",
						 "do_user_addr_fault", "exc_page_fault", "lock_mm_and_find_vma" };
	const struct gw_log_frame *place = gw_scene_place(graph->scene, actor);

	for (size_t i = 0; place && i < sizeof(functions) / sizeof(functions[0]); i++)
		if (strcmp(place->function, functions[i]) == 0)
			return true;
	return false;
}

/* Older kernels do not print the process of a thread: children of one parent are perhaps threads of one process. */
static bool text_graph_perhaps_one_process(const struct gw_log_task *a, const struct gw_log_task *b)
{
	return !a->tgid && !b->tgid && a->ppid > 2 && a->ppid == b->ppid;
}

/*
 * Threads of one process that wait for an rw-semaphore, while one of them changes its memory, wait for mmap_lock. Where the
 * log does not show whose threads they are, whoever waits in a function that takes that lock.
 */
static struct gw_partners text_graph_mmap_holders(const struct gw_text_graph *graph, uint32_t actor)
{
	const struct gw_actor *at = text_graph_at(graph, actor);
	const struct gw_log_task *tasks = graph->scene->model->tasks, *task = &tasks[at->task];
	struct gw_partners partners = { .count = 0 };
	bool sure = task->tgid != 0;

	if ((at->wait.kind != GW_TEXT_WAIT_RWSEM_READ && at->wait.kind != GW_TEXT_WAIT_RWSEM_WRITE) ||
	    (!sure && !text_graph_takes_mmap_lock(graph, at)))
		return partners;
	for (uint32_t i = 0; i < graph->scene->n_actors && partners.count < GW_PARTNERS_MAX; i++) {
		const struct gw_log_task *other = &tasks[text_graph_at(graph, i)->task];

		if (i == actor)
			continue;
		if (((sure ? other->tgid == task->tgid : text_graph_perhaps_one_process(task, other)) &&
		     text_graph_holds_mmap_lock(graph, i)) ||
		    (sure && graph->memory[i] == task->tgid))
			partners.actors[partners.count++] = i;
	}
	return partners;
}

/* Nobody of its own process has the mmap_lock that it takes: the one task that has another process' lock, as a guess. */
static struct gw_partners text_graph_remote_holder(const struct gw_text_graph *graph, uint32_t actor)
{
	struct gw_partners partners = { .count = 0 };

	if (text_graph_at(graph, actor)->wait.kind == GW_TEXT_WAIT_RWSEM_READ &&
	    text_graph_takes_mmap_lock(graph, text_graph_at(graph, actor)))
		partners = gw_partner_remote_faults(graph->scene, actor);
	if (partners.count > 1)
		partners.count = 0;
	return partners;
}

/* Whoever took the lock, and has no number in the log. */
static int text_graph_gone_owner(struct gw_text_graph *graph, uint32_t lock)
{
	uint32_t owner;

	if (gw_graph_node(&graph->graph, GW_NODE_TASK, GONE_BASE + (uint64_t)lock * 64, lock + 1, &owner) < 0)
		return -ENOMEM;
	text_graph_node(graph, owner)->gone = true;
	text_graph_left(graph, lock, "has an owner that exists no more");
	return text_graph_edge(graph, lock, owner, GW_RELATION_HELD_BY, GW_CONFIDENCE_PROBABLE);
}

/* A list of all tasks shows who else is at work in the driver; if nobody is, one of those that wait has the lock, or it was left. */
static const char *text_graph_open_lock(struct gw_text_graph *graph, uint32_t actor)
{
	const struct gw_actor *at = text_graph_at(graph, actor);
	const struct gw_scene_idler *idler = gw_partner_idler(graph->scene, at);
	const struct gw_log_task *task = idler ? &graph->scene->model->tasks[idler->task] : NULL;

	if (!graph->scene->all_listed || graph->scene->unseen || at->driver.kind == GW_SUBSYSTEM_UNKNOWN ||
	    at->driver.generic)
		return "is held by a task that the log does not name";
	if (task)
		return text_graph_label(
			graph, "is held by a task that the log does not name, perhaps by %s (pid %" PRIu32 ") in %s",
			task->comm, task->pid, text_graph_place(graph, idler->place));
	return text_graph_label(graph,
				"is held by one of those that wait, or was left behind: no other task is at work in %s",
				at->driver.name);
}

static int text_graph_lock(struct gw_text_graph *graph, uint32_t actor)
{
	const struct gw_actor *at = text_graph_at(graph, actor);
	const struct gw_log_frame *place = gw_scene_place(graph->scene, at);
	struct gw_partners mmap_holders = text_graph_mmap_holders(graph, actor);
	struct gw_partners partners = mmap_holders.count ? mmap_holders : gw_partner_holders(graph->scene, actor);
	const char *label =
		place ? text_graph_label(graph, "%s that it takes in %s", text_graph_lock_words(at->wait.kind),
					 text_graph_place(graph, place))
		      : text_graph_lock_words(at->wait.kind);
	uint32_t lock = text_graph_object(graph, GW_NODE_LOCK, text_graph_lock_address(place, actor), label);

	if (text_graph_edge(graph, text_graph_inside(graph, actor, false), lock, GW_RELATION_WAITS_FOR,
			    at->wait.reliable ? GW_CONFIDENCE_PROBABLE : GW_CONFIDENCE_HINT) < 0)
		return -ENOMEM;
	if (!text_graph_first(graph, lock))
		return 0;
	if (gw_left_by_gone(graph->scene, actor))
		return text_graph_gone_owner(graph, lock);
	if (partners.count)
		return text_graph_partners(graph, lock, &partners, GW_RELATION_HELD_BY, at->wait.reliable);
	partners = text_graph_remote_holder(graph, actor);
	if (partners.count)
		return text_graph_partners(graph, lock, &partners, GW_RELATION_HELD_BY, false);
	text_graph_live(graph, lock, text_graph_open_lock(graph, actor));
	return 0;
}

/* A fence of a device that is being unplugged: nobody but the end of that retires it. */
static int text_graph_unplugged(struct gw_text_graph *graph, uint32_t fence, uint32_t unplugger)
{
	uint32_t device = text_graph_object(graph, GW_NODE_DEVICE, DEVICES_BASE + (uint64_t)unplugger * 64 + 32,
					    "the device that is being unplugged");

	if (text_graph_edge(graph, fence, device, GW_RELATION_DRIVEN_BY, GW_CONFIDENCE_PROBABLE) < 0)
		return -ENOMEM;
	return text_graph_first(graph, device) ? text_graph_edge(graph, device, graph->nodes[unplugger],
								 GW_RELATION_UNPLUGGED_BY, GW_CONFIDENCE_PROBABLE)
					       : 0;
}

/* A work item that the kernel's listing names, and who keeps it from ending. */
static int text_graph_item(struct gw_text_graph *graph, const struct gw_log_item *item, uint32_t *ret)
{
	struct gw_partners keepers = gw_queue_keepers(graph->scene, item);
	uint32_t work =
		text_graph_object(graph, GW_NODE_WORK, ITEMS_BASE + (uint64_t)(item - graph->scene->model->items) * 64,
				  text_graph_label(graph, "work item %s", item->function));

	*ret = work;
	if (work == GW_NO_NODE)
		return -ENOMEM;
	if (!text_graph_first(graph, work))
		return 0;
	if (keepers.count == 0) {
		text_graph_live(graph, work, "can go on, as far as the log shows");
		return 0;
	}
	return text_graph_partners(
		graph, work, &keepers,
		item->state == GW_LOG_ITEM_RUNS ? GW_RELATION_EXECUTED_BY : GW_RELATION_QUEUED_BEHIND, true);
}

/* A fence that nobody who is blocked would signal: an item that cannot start, perhaps. */
static int text_graph_held_back(struct gw_text_graph *graph, uint32_t fence, const struct gw_log_item *item)
{
	uint32_t work;
	int r = text_graph_item(graph, item, &work);

	if (r == 0 && gw_subsystem_resets(item->function))
		return text_graph_edge(graph, fence, work, GW_RELATION_RESET_BY, GW_CONFIDENCE_PROBABLE);
	return r
		       ?: text_graph_edge(graph, fence, work, GW_RELATION_SIGNALLED_BY,
					  gw_scene_signals(item->function) ? GW_CONFIDENCE_PROBABLE
									   : GW_CONFIDENCE_HINT);
}

static int text_graph_fence(struct gw_text_graph *graph, uint32_t actor)
{
	const struct gw_actor *at = text_graph_at(graph, actor);
	struct gw_partners partners = gw_partner_resets(graph->scene, actor);
	enum gw_relation relation = GW_RELATION_RESET_BY;
	const char *label =
		at->gpu.generic || !*at->gpu.name ? "a fence" : text_graph_label(graph, "a fence of %s", at->gpu.name);
	uint32_t fence = text_graph_object(graph, GW_NODE_FENCE, FENCES_BASE + (uint64_t)actor * 64, label);

	if (partners.count == 0) {
		partners = gw_partner_signallers(graph->scene, actor);
		relation = GW_RELATION_SIGNALLED_BY;
	}
	/* Who signals fences of its driver, and allocates there, waits in reclaim for one of its own. */
	if (partners.count == 0 && at->signals && at->reclaims &&
	    text_graph_record(graph, actor)->flags & GW_TASK_F_KTHREAD)
		partners = (struct gw_partners){ .actors = { actor }, .count = 1 };
	if (text_graph_edge(graph, partners.count ? text_graph_inside(graph, actor, at->reclaims) : graph->nodes[actor],
			    fence, GW_RELATION_WAITS_FOR,
			    at->wait.reliable ? GW_CONFIDENCE_PROBABLE : GW_CONFIDENCE_HINT) < 0)
		return -ENOMEM;
	if (partners.count == 0) {
		const struct gw_log_item *item = gw_queue_signaller(graph->scene, actor);

		if (item)
			return text_graph_held_back(graph, fence, item);
		partners = gw_partner_faults(graph->scene, actor);
		if (partners.count)
			return text_graph_partners(graph, fence, &partners, GW_RELATION_HELD_UP_BY, true);
		partners = gw_partner_unplugs(graph->scene, actor);
		if (partners.count)
			return text_graph_unplugged(graph, fence, partners.actors[0]);
		partners = gw_partner_threads(graph->scene, actor);
		if (partners.count)
			return text_graph_partners(graph, fence, &partners, relation, at->wait.reliable);
		text_graph_live(graph, fence, "has a signaller that the log does not name");
		return 0;
	}
	return text_graph_partners(graph, fence, &partners, relation, at->wait.reliable);
}

/* A work item that the text does not name; @relation: how the actor waits for it. */
static int text_graph_work(struct gw_text_graph *graph, uint32_t actor, struct gw_partners partners,
			   enum gw_relation relation, const char *unknown)
{
	const struct gw_actor *at = text_graph_at(graph, actor);
	const char *function = "";
	uint32_t work;

	if (partners.count == 0) {
		text_graph_live(graph, graph->nodes[actor], unknown);
		return 0;
	}
	if (partners.count == 1)
		function = graph->scene->model->tasks[text_graph_at(graph, partners.actors[0])->task].work_function;
	work = text_graph_object(graph, GW_NODE_WORK, WORKS_BASE + (uint64_t)actor * 64,
				 *function ? text_graph_label(graph, "work item %s", function) : "a work item");
	if (text_graph_edge(graph, graph->nodes[actor], work, relation,
			    at->wait.reliable ? GW_CONFIDENCE_PROBABLE : GW_CONFIDENCE_HINT) < 0)
		return -ENOMEM;
	return text_graph_partners(graph, work, &partners, GW_RELATION_EXECUTED_BY, at->wait.reliable);
}

/* The kernel's own list of who waits for which item, else a guess from stacks. */
static int text_graph_flush(struct gw_text_graph *graph, uint32_t actor)
{
	const struct gw_log_item *item = gw_queue_flushed(graph->scene, actor);
	struct gw_partners threads = gw_partner_queue_threads(graph->scene, actor);
	struct gw_partners workers = gw_partner_workers(graph->scene, actor);
	uint32_t work;
	int r;

	if (threads.count == 1)
		return text_graph_edge(graph, graph->nodes[actor], graph->nodes[threads.actors[0]], GW_RELATION_FLUSHES,
				       text_graph_at(graph, actor)->wait.reliable ? GW_CONFIDENCE_PROBABLE
										  : GW_CONFIDENCE_HINT);
	if (workers.count == 0)
		workers = gw_partner_flushed(graph->scene, actor);
	if (workers.count == 0 && !item)
		workers = gw_queue_cpu_keeper(graph->scene, actor);
	if (!item)
		return text_graph_work(
			graph, actor, workers, GW_RELATION_FLUSHES,
			text_graph_unknown(graph, actor,
					   "for a work item to finish, and the log does not show who runs it"));
	r = text_graph_item(graph, item, &work);
	return r ?: text_graph_edge(graph, graph->nodes[actor], work, GW_RELATION_FLUSHES, GW_CONFIDENCE_PROBABLE);
}

/* Devices are told apart by who runs their callbacks. */
static int text_graph_runtime_pm(struct gw_text_graph *graph, uint32_t actor)
{
	const struct gw_actor *at = text_graph_at(graph, actor);
	struct gw_partners partners = gw_partner_callbacks(graph->scene, actor);
	uint32_t device;

	if (partners.count == 0) {
		text_graph_live(graph, graph->nodes[actor],
				text_graph_unknown(
					graph, actor,
					"for a device's runtime PM, and the log does not show who changes its state"));
		return 0;
	}
	device = text_graph_object(graph, GW_NODE_DEVICE, DEVICES_BASE + (uint64_t)partners.actors[0] * 64,
				   "a change of a device's power state");
	if (text_graph_edge(graph, graph->nodes[actor], device, GW_RELATION_WAITS_FOR,
			    at->wait.reliable ? GW_CONFIDENCE_PROBABLE : GW_CONFIDENCE_HINT) < 0)
		return -ENOMEM;
	return text_graph_first(graph, device)
		       ? text_graph_partners(graph, device, &partners, GW_RELATION_CALLBACK_IN, at->wait.reliable)
		       : 0;
}

/* Of a GPU's driver: who moves pages, and waits for a lock in the midst of it. */
static int text_graph_moved_page(struct gw_text_graph *graph, uint32_t actor, const struct gw_partners *partners)
{
	uint32_t page = text_graph_object(graph, GW_NODE_PAGE, PAGES_BASE + (uint64_t)actor * 64, "the lock of a page");

	if (text_graph_edge(graph, graph->nodes[actor], page, GW_RELATION_WAITS_FOR, GW_CONFIDENCE_PROBABLE) < 0)
		return -ENOMEM;
	return text_graph_partners(graph, page, partners, GW_RELATION_HELD_BY, true);
}

/* Page locks and migration entries: of a task that died with them, if there is one. */
static int text_graph_pages(struct gw_text_graph *graph, uint32_t actor)
{
	struct gw_partners partners = gw_partner_dead(graph->scene, actor);
	uint32_t lock;

	if (partners.count == 0) {
		partners = gw_partner_migrations(graph->scene, actor);
		if (partners.count)
			return text_graph_moved_page(graph, actor, &partners);
		text_graph_live(graph, graph->nodes[actor],
				text_graph_unknown(graph, actor, "for a page, and the log does not show who has it"));
		return 0;
	}
	lock = text_graph_object(graph, GW_NODE_LOCK, LOCKS_BASE, "page locks and migration entries");
	if (text_graph_edge(graph, graph->nodes[actor], lock, GW_RELATION_WAITS_FOR, GW_CONFIDENCE_PROBABLE) < 0)
		return -ENOMEM;
	return text_graph_first(graph, lock) ? text_graph_partners(graph, lock, &partners, GW_RELATION_HELD_BY, true)
					     : 0;
}

static int text_graph_srcu(struct gw_text_graph *graph, uint32_t actor)
{
	const struct gw_actor *at = text_graph_at(graph, actor);
	struct gw_partners partners = { .count = 0 };
	uint32_t srcu;

	if (at->unplugs)
		partners = gw_partner_sections(graph->scene, actor);
	if (partners.count == 0) {
		text_graph_live(graph, graph->nodes[actor],
				text_graph_unknown(graph, actor, "for a grace period of RCU"));
		return 0;
	}
	srcu = text_graph_object(graph, GW_NODE_SRCU, DEVICES_BASE, "drm_unplug_srcu");
	if (text_graph_edge(graph, graph->nodes[actor], srcu, GW_RELATION_WAITS_FOR, GW_CONFIDENCE_PROBABLE) < 0)
		return -ENOMEM;
	/* All sections have to end, so each of them counts. */
	for (uint32_t i = 0; i < partners.count; i++)
		if (text_graph_edge(graph, srcu, graph->nodes[partners.actors[i]], GW_RELATION_RUNS_IN,
				    GW_CONFIDENCE_PROBABLE) < 0)
			return -ENOMEM;
	return 0;
}

/* ---- ends ------------------------------------------------------------------------------------------------------------ */

/* The job of a task that the driver itself named when it timed out: only the reset ends its wait. */
static bool text_graph_had_timeout(const struct gw_text_graph *graph, const struct gw_actor *at)
{
	const struct gw_log_model *model = graph->scene->model;

	for (uint32_t i = 0; i < model->n_events; i++) {
		const struct gw_log_event *event = &model->events[i];

		if (event->kind == GW_LOG_EVENT_JOB_TIMEOUT && event->task != GW_LOG_NONE &&
		    event->incident == graph->scene->incident &&
		    (event->task == at->task || model->tasks[event->task].tgid == model->tasks[at->task].pid))
			return true;
	}
	return false;
}

static int text_graph_no_stack(struct gw_text_graph *graph, uint32_t actor)
{
	const struct gw_actor *at = text_graph_at(graph, actor);
	struct gw_partners resets = { .count = 0 };
	uint32_t fence;

	if (text_graph_had_timeout(graph, at))
		for (uint32_t i = 0; i < graph->scene->n_actors && resets.count < GW_PARTNERS_MAX; i++)
			if (i != actor && graph->scene->actors[i].resets && graph->scene->actors[i].blocked)
				resets.actors[resets.count++] = i;
	if (resets.count == 0) {
		text_graph_live(graph, graph->nodes[actor],
				at->sample == GW_LOG_NONE || graph->scene->model->samples[at->sample].n_frames == 0
					? "waits for something that the log does not show: its stack is not there"
					: "waits for something that the log does not show: its stack is not whole");
		return 0;
	}
	fence = text_graph_object(graph, GW_NODE_FENCE, FENCES_BASE + (uint64_t)actor * 64, "its job, which timed out");
	if (text_graph_edge(graph, graph->nodes[actor], fence, GW_RELATION_WAITS_FOR, GW_CONFIDENCE_HINT) < 0)
		return -ENOMEM;
	return text_graph_partners(graph, fence, &resets, GW_RELATION_RESET_BY, false);
}

/* Completes "it ...". */
static const char *text_graph_sleep_words(struct gw_text_graph *graph, const struct gw_actor *at)
{
	const struct gw_log_frame *place = gw_scene_place(graph->scene, at);
	const char *format = "sleeps in %s", *words;

	if (!place)
		return "sleeps";
	if (at->wait.kind == GW_TEXT_WAIT_SLEEP)
		format = "sleeps for short times, again and again, in %s";
	else if (at->hardware && strncmp(place->function, "virtio_gpu_queue", 16) == 0)
		format = "waits in %s for the host to take commands";
	else if (at->hardware)
		format = "waits for the device in %s";
	words = text_graph_label(graph, format, text_graph_place(graph, place));
	return words ? words : "sleeps";
}

static int text_graph_in_function(struct gw_text_graph *graph, uint32_t actor)
{
	const struct gw_actor *at = text_graph_at(graph, actor);
	struct gw_partners dead = gw_partner_dead(graph->scene, actor);
	struct gw_partners wakers = gw_partner_wakers(graph->scene, actor);
	struct gw_partners needed = gw_need_partners(graph->scene, graph->snapshot, actor);

	if (needed.count)
		return text_graph_partners(graph, graph->nodes[actor], &needed, GW_RELATION_EXCLUDES,
					   at->wait.reliable);
	/* A line of ps that stops within memory management, while somebody died there. */
	if (dead.count && at->gpu.kind != GW_SUBSYSTEM_GPU && graph->scene->model->samples[at->sample].n_frames == 1)
		return text_graph_pages(graph, actor);
	/* A thread of the driver completes it with each turn of its loop, a work item when it has done what the actor waits for. */
	if (wakers.count == 1 && at->wait.kind == GW_TEXT_WAIT_COMPLETION &&
	    !*graph->scene->model->tasks[text_graph_at(graph, wakers.actors[0])->task].work_function)
		return text_graph_edge(graph, graph->nodes[actor], graph->nodes[wakers.actors[0]], GW_RELATION_PARKS,
				       GW_CONFIDENCE_PROBABLE);
	return text_graph_work(graph, actor, wakers,
			       at->wait.kind == GW_TEXT_WAIT_COMPLETION ? GW_RELATION_FLUSHES : GW_RELATION_WAITS_FOR,
			       text_graph_sleep_words(graph, at));
}

/* mmu_interval_read_begin() waits until no invalidation of the memory is under way. */
static int text_graph_notifier(struct gw_text_graph *graph, uint32_t actor)
{
	struct gw_partners partners = gw_partner_invalidations(graph->scene, actor);
	uint32_t notifier;

	if (partners.count == 0)
		return text_graph_in_function(graph, actor);
	notifier = text_graph_object(graph, GW_NODE_NOTIFIER, NOTIFIERS_BASE + (uint64_t)actor * 64,
				     "an invalidation of its memory");
	if (text_graph_edge(graph, graph->nodes[actor], notifier, GW_RELATION_WAITS_FOR, GW_CONFIDENCE_PROBABLE) < 0)
		return -ENOMEM;
	return text_graph_partners(graph, notifier, &partners, GW_RELATION_RUNS_IN, true);
}

/* kthread_park() and kthread_stop() wait until that thread has come so far. */
static int text_graph_thread(struct gw_text_graph *graph, uint32_t actor)
{
	const struct gw_text_wait *wait = &text_graph_at(graph, actor)->wait;
	struct gw_partners partners = gw_partner_stopped(graph->scene, actor);

	if (partners.count != 1)
		return text_graph_in_function(graph, actor);
	return text_graph_edge(graph, graph->nodes[actor], graph->nodes[partners.actors[0]],
			       strcmp(wait->function, "kthread_park") == 0 ? GW_RELATION_PARKS : GW_RELATION_STOPS,
			       wait->reliable ? GW_CONFIDENCE_PROBABLE : GW_CONFIDENCE_HINT);
}

static int text_graph_wait(struct gw_text_graph *graph, uint32_t actor)
{
	enum gw_text_wait_kind kind = text_graph_at(graph, actor)->wait.kind;

	switch (kind) {
	case GW_TEXT_WAIT_UNKNOWN:
		return text_graph_no_stack(graph, actor);
	case GW_TEXT_WAIT_FENCE:
		return text_graph_fence(graph, actor);
	case GW_TEXT_WAIT_WORK:
	case GW_TEXT_WAIT_WORKQUEUE:
		return text_graph_flush(graph, actor);
	case GW_TEXT_WAIT_RUNTIME_PM:
		return text_graph_runtime_pm(graph, actor);
	case GW_TEXT_WAIT_SRCU:
		return text_graph_srcu(graph, actor);
	case GW_TEXT_WAIT_PAGE:
		return text_graph_pages(graph, actor);
	case GW_TEXT_WAIT_NOTIFIER:
		return text_graph_notifier(graph, actor);
	case GW_TEXT_WAIT_THREAD:
		return text_graph_thread(graph, actor);
	default:
		return gw_text_wait_is_lock(kind) ? text_graph_lock(graph, actor)
						  : text_graph_in_function(graph, actor);
	}
}

/* What it spins for is held, or to be answered, by somebody on another CPU. */
static int text_graph_spin(struct gw_text_graph *graph, uint32_t actor)
{
	const struct gw_actor *at = text_graph_at(graph, actor);
	const struct gw_log_frame *place = gw_scene_place(graph->scene, at);
	struct gw_partners partners = gw_partner_spinners(graph->scene, actor);
	const char *label =
		place ? text_graph_label(graph, "a spinlock, or another CPU, in %s", text_graph_place(graph, place))
		      : "a spinlock, or another CPU";
	uint32_t lock = text_graph_object(graph, GW_NODE_LOCK, text_graph_lock_address(place, actor), label);

	if (text_graph_edge(graph, graph->nodes[actor], lock, GW_RELATION_WAITS_FOR, GW_CONFIDENCE_PROBABLE) < 0)
		return -ENOMEM;
	if (!text_graph_first(graph, lock))
		return 0;
	if (partners.count == 0) {
		text_graph_live(graph, lock, "is held by a task that the log does not name");
		return 0;
	}
	return text_graph_partners(graph, lock, &partners, GW_RELATION_HELD_BY, true);
}

static const char *text_graph_idle_words(const struct gw_actor *at)
{
	if (at->busy || at->seen_running > 1)
		return "does not leave its CPU";
	if (at->runs)
		return "is on a CPU";
	return at->sample == GW_LOG_NONE ? "is in a state that the log does not show" : "is not blocked";
}

static int text_graph_actor(struct gw_text_graph *graph, uint32_t actor)
{
	const struct gw_actor *at = text_graph_at(graph, actor);
	struct gw_node *node = text_graph_node(graph, graph->nodes[actor]);
	bool found = false;
	int r;

	if (at->died) {
		node->leaf = GW_LEAF_DEAD;
		node->confidence = GW_CONFIDENCE_PROBABLE;
		node->gone = true;
		node->why = "died in an oops";
		return 0;
	}
	if (!at->blocked && (at->busy || at->runs) && at->wait.kind == GW_TEXT_WAIT_SPIN)
		return text_graph_spin(graph, actor);
	if (!at->blocked && !at->sleeps) {
		text_graph_live(graph, graph->nodes[actor], text_graph_idle_words(at));
		return 0;
	}
	r = text_graph_blocker(graph, actor, &found);
	if (r == 0 && !found)
		r = text_graph_held(graph, actor, &found);
	return r == 0 && !found ? text_graph_wait(graph, actor) : r;
}

/* ---- the whole ---------------------------------------------------------------------------------------------------------- */

static enum gw_wait_kind text_graph_wait_kind(enum gw_text_wait_kind kind)
{
	switch (kind) {
	case GW_TEXT_WAIT_FENCE:
		return GW_WAIT_FENCE;
	case GW_TEXT_WAIT_WORK:
		return GW_WAIT_WORK;
	case GW_TEXT_WAIT_WORKQUEUE:
		return GW_WAIT_WORKQUEUE;
	case GW_TEXT_WAIT_COMPLETION:
		return GW_WAIT_COMPLETION;
	case GW_TEXT_WAIT_SRCU:
		return GW_WAIT_SRCU;
	case GW_TEXT_WAIT_NOTIFIER:
		return GW_WAIT_NOTIFIER;
	case GW_TEXT_WAIT_THREAD:
		return GW_WAIT_TASK;
	case GW_TEXT_WAIT_PAGE:
		return GW_WAIT_PAGE;
	case GW_TEXT_WAIT_RUNTIME_PM:
		return GW_WAIT_POWER;
	default:
		return gw_text_wait_is_lock(kind) ? GW_WAIT_LOCK : GW_WAIT_NONE;
	}
}

static int text_graph_add_task(struct gw_text_graph *graph, uint32_t actor)
{
	const struct gw_actor *at = text_graph_at(graph, actor);
	uint64_t address = gw_text_task_address(actor);
	struct gw_node *node;

	if (gw_graph_node(&graph->graph, GW_NODE_TASK, address, actor + 1, &graph->nodes[actor]) < 0)
		return -ENOMEM;
	node = text_graph_node(graph, graph->nodes[actor]);
	node->task = gw_snapshot_task(graph->snapshot, address);
	node->pid = graph->scene->model->tasks[at->task].pid;
	node->comm = node->task->comm;
	node->since_ns = at->blocked ? gw_text_since_ns(graph->scene, at) : 0;
	node->wait.kind = at->blocked || at->sleeps ? text_graph_wait_kind(at->wait.kind) : GW_WAIT_NONE;
	node->wait.since_ns = node->since_ns;
	return 0;
}

/* What the driver reported of its device, most certain first; NULL = nothing that would be an end. */
static const char *text_graph_device_words(struct gw_text_graph *graph)
{
	const struct gw_scene *scene = graph->scene;

	if (scene->device_lost)
		return "does not answer any more, by its driver's own words";
	if (scene->wedged)
		return "is wedged, by its driver's own words";
	if (scene->resume_failed)
		return "did not come up again after it slept, by its driver's own words";
	if (scene->reset_failed)
		return "could not be reset, by its driver's own words";
	if (scene->iommu_silent)
		return "does not complete its commands, by its driver's own words";
	if (scene->needs_reboot)
		return "needs a reboot of the machine, by its driver's own words";
	if (scene->needs_reset)
		return "needs a reset, by its driver's own words";
	if (scene->unrecoverable)
		return "is perhaps in a state that it does not recover from, by its driver's own words";
	return NULL;
}

/* Whether the words are of the driver that the actor is in: another GPU's driver has others. */
static bool text_graph_is_word_of(const char *text, const struct gw_actor *at)
{
	if (!*text || at->gpu.kind != GW_SUBSYSTEM_GPU || at->gpu.generic)
		return false;
	return strstr(text, strcmp(at->gpu.name, "nvidia") == 0 ? "NVRM" : at->gpu.name) != NULL;
}

/* Whoever is blocked is in the driver whose firmware does not answer: that may be what the driver waits for. */
static bool text_graph_waits_for_firmware(const struct gw_scene *scene, const struct gw_actor *at)
{
	return scene->relapse.kind == GW_LOG_EVENT_FIRMWARE && text_graph_is_word_of(scene->relapse.text, at);
}

/* Only where no other task is blocked: of one that is, the log shows more than that. */
static const char *text_graph_relapse_words(struct gw_text_graph *graph)
{
	const struct gw_scene *scene = graph->scene;
	const char *words;

	if (scene->relapse.count == 0)
		return NULL;
	for (uint32_t i = 0; i < scene->n_actors; i++)
		if ((scene->actors[i].blocked || scene->actors[i].busy) &&
		    !text_graph_waits_for_firmware(scene, &scene->actors[i]))
			return NULL;
	words = scene->relapse.kind == GW_LOG_EVENT_FLIP_TIMEOUT    ? "did not report a frame in time,"
		: scene->relapse.kind == GW_LOG_EVENT_FIRMWARE	    ? "has firmware that did not answer,"
		: scene->relapse.kind == GW_LOG_EVENT_RESET_SUCCESS ? "was reset and hung again,"
								    : "was reset";
	if (!scene->relapse.timed)
		return text_graph_label(graph, "%s %" PRIu32 " times, up to the end of the log", words,
					scene->relapse.count);
	return text_graph_label(graph, "%s %" PRIu32 " times within %" PRIu32 " s, up to the end of the log", words,
				scene->relapse.count, scene->relapse.seconds);
}

/* These two print what their rings have done. */
static bool text_graph_has_rings(const struct gw_actor *at)
{
	return at->gpu.kind == GW_SUBSYSTEM_GPU &&
	       (at->gpu.generic || strcmp(at->gpu.name, "amdgpu") == 0 || strcmp(at->gpu.name, "radeon") == 0);
}

/* The fence that an actor waits for; GW_NO_NODE = it waits for none. */
static uint32_t text_graph_fence_of(const struct gw_text_graph *graph, uint32_t actor)
{
	const struct gw_actor *at = text_graph_at(graph, actor);

	if (!at->blocked || at->wait.kind != GW_TEXT_WAIT_FENCE)
		return GW_NO_NODE;
	return gw_graph_find(&graph->graph, GW_NODE_FENCE, FENCES_BASE + (uint64_t)actor * 64, 0);
}

/* The same of a driver that prints its rings. */
static uint32_t text_graph_open_fence(const struct gw_text_graph *graph, uint32_t actor)
{
	const struct gw_actor *at = text_graph_at(graph, actor);

	return text_graph_has_rings(at) ? text_graph_fence_of(graph, actor) : GW_NO_NODE;
}

/* Any job takes its time: worth a word where somebody has long waited for a fence. */
static const char *text_graph_ring_words(struct gw_text_graph *graph)
{
	const struct gw_log_ring *ring = graph->scene->ring;
	bool waits = false;

	for (uint32_t i = 0; ring && i < graph->scene->n_actors; i++)
		waits |= text_graph_at(graph, i)->hung && text_graph_at(graph, i)->wait.kind == GW_TEXT_WAIT_FENCE &&
			 text_graph_has_rings(text_graph_at(graph, i));
	if (!waits)
		return NULL;
	graph->stands = true;
	return text_graph_label(graph,
				"finished no job of ring %" PRIu32
				"%s%s%s between two looks: the last one that it finished is 0x%" PRIx64
				", and it was given 0x%" PRIx64,
				ring->number, *ring->name ? " (" : "", ring->name, *ring->name ? ")" : "",
				ring->signalled, ring->emitted);
}

/* The GPU itself, where its driver gave it up. */
static int text_graph_add_device(struct gw_text_graph *graph)
{
	const struct gw_scene *scene = graph->scene;
	const char *words = text_graph_device_words(graph), *label;

	graph->device = GW_NO_NODE;
	if (!words)
		words = text_graph_ring_words(graph);
	graph->relapses = !words;
	if (!words)
		words = text_graph_relapse_words(graph);
	if (!words)
		return 0;
	label = scene->iommu_silent ? text_graph_label(graph, "the IOMMU")
		: graph->relapses && scene->relapse.kind == GW_LOG_EVENT_FLIP_TIMEOUT
			? text_graph_label(graph, "a display")
			: text_graph_label(graph, "the GPU%s%s", *scene->device ? " " : "", scene->device);
	graph->device = text_graph_object(graph, GW_NODE_DEVICE, DEVICES_BASE - 64, label);
	if (graph->device == GW_NO_NODE)
		return -ENOMEM;
	text_graph_live(graph, graph->device, words);
	return 0;
}

/* What ends in the driver of a GPU that does not answer, or is not known at all, ends there. */
static int text_graph_end_at_device(struct gw_text_graph *graph)
{
	/* What waits for a GPU need not wait for the IOMMU. */
	if (graph->scene->iommu_silent)
		return 0;
	for (uint32_t i = 0; graph->device != GW_NO_NODE && i < graph->scene->n_actors; i++) {
		const struct gw_actor *at = text_graph_at(graph, i);
		struct gw_node *node = text_graph_node(graph, graph->nodes[i]);

		if (node->leaf != GW_LEAF_LIVE || (at->gpu.kind != GW_SUBSYSTEM_GPU && at->sample != GW_LOG_NONE))
			continue;
		node->leaf = GW_LEAF_NONE;
		node->why = NULL;
		if (text_graph_edge(graph, graph->nodes[i], graph->device, GW_RELATION_WAITS_FOR, GW_CONFIDENCE_HINT) <
		    0)
			return -ENOMEM;
	}
	return 0;
}

static bool text_graph_is_given_up(const struct gw_scene *scene, bool relapses, const struct gw_actor *at)
{
	return relapses ? text_graph_waits_for_firmware(scene, at) : text_graph_is_word_of(scene->device_text, at);
}

/* Fences that nobody signals are signalled by the GPU, which gets nowhere. Which of its rings each is of no log shows. */
static int text_graph_fences_end_at_device(struct gw_text_graph *graph)
{
	for (uint32_t i = 0; graph->device != GW_NO_NODE && i < graph->scene->n_actors; i++) {
		const struct gw_actor *at = text_graph_at(graph, i);
		uint32_t fence = graph->stands ? text_graph_open_fence(graph, i)
				 : text_graph_is_given_up(graph->scene, graph->relapses, at)
					 ? text_graph_fence_of(graph, i)
					 : GW_NO_NODE;
		struct gw_node *node = fence != GW_NO_NODE ? text_graph_node(graph, fence) : NULL;

		if (!node || node->leaf != GW_LEAF_LIVE)
			continue;
		node->leaf = GW_LEAF_NONE;
		node->why = NULL;
		if (text_graph_edge(graph, fence, graph->device, GW_RELATION_DEPENDS_ON, GW_CONFIDENCE_HINT) < 0)
			return -ENOMEM;
	}
	return 0;
}

int gw_text_graph_init(struct gw_text_graph *graph, const struct gw_scene *scene)
{
	int r;

	*graph = (struct gw_text_graph){ .scene = scene };
	r = gw_text_snapshot(scene, &graph->snapshot);
	if (r < 0)
		return r;
	gw_graph_init(&graph->graph, graph->snapshot);
	graph->graph.from_text = true;
	graph->nodes = calloc(scene->n_actors + 1, sizeof(*graph->nodes));
	/* Each actor adds its own node, one that it waits for, one that it is inside of, a device, an item, and an owner that is gone, at most. */
	graph->met = calloc((size_t)scene->n_actors * 6 + 2, sizeof(*graph->met));
	graph->wanted = calloc(scene->n_actors + 1, sizeof(*graph->wanted));
	graph->memory = calloc(scene->n_actors + 1, sizeof(*graph->memory));
	if (!graph->nodes || !graph->met || !graph->wanted || !graph->memory)
		return -ENOMEM;
	text_graph_find_wanted(graph);
	for (uint32_t i = 0; i < scene->n_actors; i++)
		graph->memory[i] = gw_need_memory(scene, graph->snapshot, i);
	for (uint32_t i = 0; i < scene->n_actors && r == 0; i++)
		r = text_graph_add_task(graph, i);
	r = r ?: text_graph_add_device(graph);
	for (uint32_t i = 0; i < scene->n_actors && r == 0; i++)
		r = text_graph_actor(graph, i);
	r = r ?: text_graph_fences_end_at_device(graph);
	if (!graph->stands)
		r = r ?: text_graph_end_at_device(graph);
	return r ?: gw_graph_finish(&graph->graph);
}

void gw_text_graph_deinit(struct gw_text_graph *graph)
{
	if (graph->snapshot) {
		gw_graph_deinit(&graph->graph);
		gw_snapshot_free(graph->snapshot);
	}
	for (size_t i = 0; i < graph->n_labels; i++)
		free(graph->labels[i]);
	free(graph->labels);
	free(graph->nodes);
	free(graph->met);
	free(graph->wanted);
	free(graph->memory);
}

const struct gw_actor *gw_text_graph_actor(const struct gw_text_graph *graph, uint32_t node)
{
	/* The actors' nodes were made first, in their order. */
	return node < graph->scene->n_actors ? text_graph_at(graph, node) : NULL;
}
