/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What to do: on the machine, from the shape of the finding; in the code, from its class. */
#include "lib/analysis/sentences/advice.h"

#include <stddef.h>

#include "lib/analysis/record/wait.h"
#include "lib/analysis/words/action.h"

/* What people do about a class: on a machine of which there is only a log, and in the code. */
struct advice {
	const char *machine, *developers;
};

static struct advice advice_of(enum gw_class class)
{
	static const struct {
		enum gw_class class;
		struct advice advice;
	} rows[] = {
		{ GW_CLASS_FENCE_LOCK_CYCLE,
		  { "A GPU reset that retires the fence ends this; otherwise a reboot does.",
		    "For the driver's developers: whatever must run before a fence signals may take only locks that nobody holds while waiting for a fence; annotate it with dma_fence_begin_signalling() and run with lockdep." } },
		{ GW_CLASS_NOTIFIER_CYCLE,
		  { "A GPU reset that retires the fence ends this; otherwise a reboot does.",
		    "For the driver's developers: MMU-notifier callbacks may wait for fences, so the path that signals them must not take mmap_lock, wait for an invalidation or allocate memory with GFP_KERNEL." } },
		{ GW_CLASS_RECLAIM_CYCLE,
		  { "A GPU reset that retires the fence ends this; otherwise a reboot does. More free memory makes it rarer.",
		    "For the driver's developers: the path that signals a fence must not allocate memory with GFP_KERNEL, nor take a lock under which somebody else does." } },
		{ GW_CLASS_FAULT_PREEMPT,
		  { "Reset the GPU.",
		    "For the driver's developers: a GPU page fault must be served without waiting for fences of jobs that cannot be preempted while the fault is pending (Documentation/driver-api/dma-buf.rst, \"Recoverable Hardware Page Faults Implications\")." } },
		{ GW_CLASS_UNPLUG_SRCU,
		  { "The device cannot be removed any more; a reboot ends this.",
		    "For the driver's developers: retire all fences of the device before drm_dev_unplug(), and do not wait for fences inside drm_dev_enter() sections." } },
		{ GW_CLASS_SCHED_DEP_CYCLE,
		  { "End the processes that submitted these jobs, or reset the GPU.",
		    "For the driver's developers: a job may depend only on fences that existed when it was armed; check for dependencies that are added later." } },
		{ GW_CLASS_WORKQUEUE_CYCLE,
		  { "A GPU reset that retires the fence ends this; otherwise a reboot does.",
		    "For the driver's developers: work that signals fences needs a workqueue of its own, with WQ_MEM_RECLAIM, on which nothing waits for fences; and never flush it under a lock that it takes or before a fence that it waits for." } },
		{ GW_CLASS_ORPHANED_FENCE,
		  { "A reset or reload of the driver that retires the fence ends this; otherwise a reboot does.",
		    "For the driver's developers: signal every outstanding fence with an error before the thread, work or device that would have signalled it goes away." } },
		{ GW_CLASS_LOCK_CYCLE,
		  { "A reboot ends this.",
		    "For the developers: these locks are taken in different orders, or one of them twice; lockdep names both places." } },
		{ GW_CLASS_RESET_CYCLE,
		  { "The reset itself is stuck, so a reboot ends this.",
		    "For the driver's developers: whoever holds a lock that the timeout or reset worker takes must not wait for a fence that only this worker can end." } },
		{ GW_CLASS_RUNTIME_PM_CYCLE,
		  { "A reboot ends this; keeping the device powered (echo on > /sys/…/power/control) avoids it.",
		    "For the driver's developers: a runtime PM callback must not wait for a task that waits for it, or for the device to be resumed." } },
		{ GW_CLASS_BUSY_HOLDER,
		  { "A reboot ends this, if it does not end by itself.",
		    "What waits for the task at the end of the chain is not to blame. For the driver's developers: a loop that polls a device needs a bound, and must not hold what others need." } },
		{ GW_CLASS_RETRY_LOOP,
		  { "A reboot ends this, if it does not end by itself.",
		    "What waits for the task at the end of the chain is not to blame: examine what it polls. For the driver's developers: a loop of short sleeps needs a bound, and must not hold what others need." } },
		{ GW_CLASS_PAGE_LOCK_CYCLE,
		  { "Most likely nothing short of a reboot ends this.",
		    "For the driver's developers: whoever holds the locks of pages, as between migrate_vma_setup() and migrate_vma_finalize(), must not wait for mmap_lock or for a fence whose signaller may fault." } },
		{ GW_CLASS_LEAKED_LOCK,
		  { "Most likely nothing short of a reboot frees the lock.",
		    "For the driver's developers: a path of the owner returns without unlocking; check its error paths." } },
		{ GW_CLASS_LEAKED_SECTION,
		  { "Most likely nothing short of a reboot ends this: the end of the process does not leave the section for it.",
		    "For the driver's developers: a path returns without drm_dev_exit(); check its error paths." } },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (rows[i].class == class)
			return rows[i].advice;
	/* A long wait; the other kinds of reports have texts of their own. */
	return (struct advice){
		"",
		"Examine the end of the chain: the GPU may be busy with a long job, hung, or waiting for a slow task. `gpuwatch-cli timelines` shows whether the timeline still advances."
	};
}

static bool advice_has_fence(const struct gw_graph *graph, const struct gw_finding *finding)
{
	for (uint32_t i = 0; i < finding->chain.count; i++) {
		enum gw_node_type type = graph->nodes[finding->chain.items[i]].type;

		if (type == GW_NODE_FENCE || type == GW_NODE_JOB || type == GW_NODE_TIMELINE)
			return true;
	}
	return false;
}

/* Lockdep orders locks by who waits for them: a trylock never waits, and a semaphore has no owner. */
static bool advice_is_beyond_lockdep(const struct gw_graph *graph, const struct gw_finding *finding)
{
	for (uint32_t i = 0; i < finding->chain.count; i++) {
		const struct gw_node *node = &graph->nodes[finding->chain.items[i]];
		struct gw_wait wait;

		if (node->lock && node->lock->kind == GW_LOCK_SEMAPHORE)
			return true;
		if (node->type == GW_NODE_TASK && node->task && gw_task_wait(node->task, &wait) &&
		    wait.kind == GW_WAIT_TRYLOCK)
			return true;
	}
	return false;
}

/* Where no fence is part of it, a rule about fences does not help. NULL: the class's own text is right. */
static const char *advice_without_fence(enum gw_class class)
{
	switch (class) {
	case GW_CLASS_NOTIFIER_CYCLE:
		return "For the driver's developers: MMU-notifier callbacks may take locks, so whoever waits for mmap_lock or for such callbacks, as unregistering one does, or allocates memory with GFP_KERNEL, must not hold a lock that they take.";
	case GW_CLASS_RECLAIM_CYCLE:
		return "For the developers: what direct reclaim waits for, as a lock that a shrinker takes, must not be held, or be under way, while somebody allocates memory with GFP_KERNEL.";
	case GW_CLASS_UNPLUG_SRCU:
		return "For the driver's developers: drm_dev_unplug() waits for all drm_dev_enter() sections: do not call it with a lock that is taken inside of one, nor from what a section waits for.";
	case GW_CLASS_WORKQUEUE_CYCLE:
		return "For the developers: who waits for a work item, or for a thread, must not hold what that one needs, nor keep its place in the workqueue.";
	case GW_CLASS_SCHED_DEP_CYCLE:
		return "For the developers: who waits for a task must not be what that task waits for.";
	default:
		return NULL;
	}
}

/* Nor of jobs, where there is none. */
static const char *advice_without_job(const struct gw_graph *graph, const struct gw_finding *finding)
{
	bool tasks = false, jobs = false;

	for (uint32_t i = 0; i < finding->chain.count; i++) {
		tasks |= graph->nodes[finding->chain.items[i]].type == GW_NODE_TASK;
		jobs |= graph->nodes[finding->chain.items[i]].type == GW_NODE_JOB;
	}
	return tasks && !jobs
		       ? "For the driver's developers: whatever must run before a fence signals must not wait for a task that waits for that fence."
		       : NULL;
}

/* One waits for the other itself, for its end or to come out of something, and not for a lock of it. */
static bool advice_waits_for_task(const struct gw_graph *graph, const struct gw_finding *finding)
{
	for (uint32_t i = 0; i < finding->edges.count; i++) {
		enum gw_relation relation = graph->edges[finding->edges.items[i]].relation;

		if (relation == GW_RELATION_EXCLUDES || relation == GW_RELATION_STOPS)
			return true;
	}
	return false;
}

/* What of the shape of the loop makes the class's own text wrong; NULL: nothing does. */
static const char *advice_by_shape(const struct gw_graph *graph, const struct gw_finding *finding)
{
	if (finding->class == GW_CLASS_LOCK_CYCLE && advice_is_beyond_lockdep(graph, finding))
		return "For the developers: these locks are taken in different orders, or one of them twice; lockdep does not see it, for it follows neither loops of trylocks nor semaphores.";
	if (finding->class == GW_CLASS_LOCK_CYCLE && advice_waits_for_task(graph, finding))
		return "For the developers: whoever has a lock must not wait for a task that takes it: not for its end, nor for it to come out of a file, a handler or an asynchronous call.";
	if (!advice_has_fence(graph, finding) && advice_without_fence(finding->class))
		return advice_without_fence(finding->class);
	return finding->class == GW_CLASS_SCHED_DEP_CYCLE ? advice_without_job(graph, finding) : NULL;
}

/* A reset of the GPU retires fences, and none may be part of it. */
static const char *advice_on_machine(const struct gw_graph *graph, const struct gw_finding *finding)
{
	bool by_reset = finding->class == GW_CLASS_FENCE_LOCK_CYCLE || finding->class == GW_CLASS_NOTIFIER_CYCLE ||
			finding->class == GW_CLASS_RECLAIM_CYCLE || finding->class == GW_CLASS_WORKQUEUE_CYCLE;

	return by_reset && !advice_has_fence(graph, finding) ? "A reboot ends this."
							     : advice_of(finding->class).machine;
}

/* Of a log nobody knows the states of the waits: what ends it follows from its class alone. */
char *gw_explain_advice(const struct gw_graph *graph, const struct gw_finding *finding)
{
	struct advice advice = advice_of(finding->class);
	bool stall = finding->class == GW_CLASS_LONG_WAIT || finding->class == GW_CLASS_SILENT_DEVICE;
	struct gw_text text = { .data = NULL };

	if (graph->from_text) {
		gw_text_add(&text, "%s", advice_on_machine(graph, finding));
	} else {
		struct gw_action action = gw_action_of(graph, finding);

		gw_action_sentence(&text, graph, &action);
	}
	if (advice_by_shape(graph, finding))
		advice.developers = advice_by_shape(graph, finding);
	if (stall && graph->nodes[finding->root].end == GW_END_STOPPED)
		advice.developers = "Find out who has stopped it, and why.";
	else if (stall && !advice_has_fence(graph, finding))
		advice.developers =
			"Examine the end of the chain: what is there may be slow or stuck. `gpuwatch-cli show` has its kernel stack.";
	gw_text_add(&text, "%s%s", text.length ? " " : "", advice.developers);
	return gw_text_finish(&text);
}
