/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Learned signallers, and how far a habit can be trusted. */
#include "lib/analysis/build/timeline.h"

#include <errno.h>
#include <string.h>

#include "bpf/abi/kernel-constants.h"
#include "lib/analysis/build/fault.h"
#include "lib/analysis/record/habit.h"
#include "lib/analysis/record/stack.h"
#include "lib/analysis/record/subsystem.h"

/* ---- which of them count ------------------------------------------------------------- */

bool gw_signaller_is_device(const struct gw_builder *builder, const struct gw_signaller *signaller)
{
	const struct gw_task_record *task;

	if (signaller->kind != GW_SIGNALLER_TASK)
		return gw_habit_is_interrupt(signaller);
	task = gw_snapshot_task(builder->now, signaller->task);
	return task && task->start_ns == signaller->start_ns && gw_stack_awaits_interrupt(builder->now, task);
}

static bool timeline_work_is_idle(const struct gw_builder *builder, const struct gw_signaller *signaller)
{
	const struct gw_work_record *record = signaller->work ? gw_snapshot_work(builder->now, signaller->work) : NULL;

	if (gw_index_find(&builder->functions, signaller->function).count ||
	    gw_index_find(&builder->inactive_functions, signaller->function).count)
		return false;
	return !record || record->function != signaller->function || record->place == GW_WORK_IDLE;
}

/* It is gone, or sleeps for reasons that have nothing to do with the GPU, and no timer will make it go on. */
static bool timeline_task_is_idle(const struct gw_builder *builder, const struct gw_signaller *signaller)
{
	const struct gw_task_record *task = gw_snapshot_task(builder->now, signaller->task);
	const struct gw_present_record *present = gw_snapshot_present(builder->now, signaller->task);
	struct gw_wait wait;

	if (task && task->start_ns == signaller->start_ns) {
		if (gw_state_is_dead(task->state, task->flags) || gw_stack_user_sleep(builder->now, task))
			return true;
		return gw_task_sleeps(task) && !gw_task_wait(task, &wait) && !gw_stack_timed_sleep(builder->now, task);
	}
	if (present && present->start_ns == signaller->start_ns)
		return present->state != 0;
	return builder->complete;
}

/* It is gone, and somebody else has taken over. */
static bool timeline_was_replaced(const struct gw_builder *builder, const struct gw_timeline *timeline, uint32_t i)
{
	const struct gw_signaller *signaller = &timeline->signallers[i];

	if (i == 0 || gw_habit(&timeline->signallers[0]) < GW_HABITUAL_SIGNALS || !builder->complete)
		return false;
	return signaller->kind == GW_SIGNALLER_TASK && !gw_snapshot_task(builder->now, signaller->task) &&
	       !gw_snapshot_present(builder->now, signaller->task);
}

static bool timeline_task_lives(const struct gw_builder *builder, const struct gw_signaller *signaller)
{
	const struct gw_task_record *task = gw_snapshot_task(builder->now, signaller->task);
	const struct gw_present_record *present = gw_snapshot_present(builder->now, signaller->task);

	return (task && task->start_ns == signaller->start_ns) || (present && present->start_ns == signaller->start_ns);
}

/*
 * Who signalled the driver's other timelines, and is gone: this one is another's. The same of a process that does nothing: those
 * were its own, or it signalled them in passing.
 */
static bool timeline_is_not_inherited_by(const struct gw_builder *builder, const struct gw_timeline_record *record,
					 const struct gw_signaller *signaller)
{
	if (!record->inherited || signaller->kind != GW_SIGNALLER_TASK)
		return false;
	return (builder->complete && !timeline_task_lives(builder, signaller)) ||
	       (!(signaller->flags & PF_KTHREAD) && timeline_task_is_idle(builder, signaller));
}

/* Signals once in a while, and is not about to: it cannot be what everybody waits for. */
static bool timeline_does_without(const struct gw_builder *builder, const struct gw_timeline *timeline, uint32_t i)
{
	const struct gw_signaller *signaller = &timeline->signallers[i];

	if (timeline_was_replaced(builder, timeline, i))
		return true;
	if (!gw_habit_is_occasional(timeline, i))
		return false;
	if (signaller->kind == GW_SIGNALLER_TASK)
		return timeline_task_is_idle(builder, signaller);
	return signaller->kind != GW_SIGNALLER_WORK || timeline_work_is_idle(builder, signaller);
}

/* Those that count, the most habitual one first: chains are followed along first edges. Returns how many. */
static size_t timeline_signallers(const struct gw_builder *builder, const struct gw_timeline_record *record,
				  const struct gw_signaller *ret[GW_SIGNALLERS])
{
	size_t count = 0, at;

	for (uint32_t i = 0; record && i < GW_SIGNALLERS; i++) {
		const struct gw_signaller *signaller = &record->timeline.signallers[i];

		if (signaller->kind == GW_SIGNALLER_NONE || timeline_does_without(builder, &record->timeline, i) ||
		    timeline_is_not_inherited_by(builder, record, signaller))
			continue;
		for (at = count++; at > 0 && gw_habit(ret[at - 1]) < gw_habit(signaller); at--)
			ret[at] = ret[at - 1];
		ret[at] = signaller;
	}
	return count;
}

/* ---- how far they are trusted ---------------------------------------------------------- */

static bool timeline_is_full(const struct gw_timeline *timeline)
{
	return timeline->signallers[GW_SIGNALLERS - 1].kind != GW_SIGNALLER_NONE;
}

/*
 * A full table where somebody has no habit is one that signallers pass through. Of a driver's many timelines each may
 * have a signaller of its own, unless only one of all is left.
 */
static bool timeline_may_have_forgotten(const struct gw_builder *builder, const struct gw_timeline_record *record)
{
	const struct gw_signaller *signallers[GW_SIGNALLERS];
	bool habits = true;

	if (record->inherited)
		return timeline_signallers(builder, record, signallers) > 1;

	for (uint32_t i = 0; i < GW_SIGNALLERS; i++)
		habits &= gw_habit(&record->timeline.signallers[i]) >= GW_HABITUAL_SIGNALS ||
			  gw_habit_is_occasional(&record->timeline, i);
	return timeline_is_full(&record->timeline) && !habits;
}

/*
 * A timer of the driver's runs, or that of a delayed work item of its, or a thread sleeps there for a time: it may be the driver's own
 * check for hangs, which ends what takes too long, be it at its second turn or its tenth, and however often each job has put it off. Which of the kernel's own timers
 * are a built-in driver's is not known, nor whose a fence of DRM's own kinds is: it may have one, too. And a job's timeout may end what
 * the driver has on its hardware.
 */
static bool timeline_has_check_to_come(const struct gw_builder *builder, const struct gw_node *node)
{
	const struct gw_symbol_record *driver =
		node->fence ? gw_snapshot_symbol(builder->now, node->fence->ops_driver) : NULL;
	uint64_t now_ns = gw_snapshot_head(builder->now)->mono_ns;
	bool generic = driver && gw_subsystem_of("", driver->module).generic;

	if (!node->fence || (node->waited_since_ns && node->waited_since_ns + GW_CHECK_PATIENCE_NS < now_ns))
		return false;
	if (!driver)
		return node->fence->ops_driver && builder->timers.count > 0;
	if (!driver->module[0] || builder->timers_left_out)
		return true;
	/* Of a scheduler's own fences it is known which timeout is theirs. */
	if (generic ? builder->has_gpu_timer : builder->has_job_timer)
		return true;
	return gw_index_first(&builder->timers, gw_builder_module(builder, driver->module));
}

static bool timeline_has_item_for_each_job(const struct gw_timeline *timeline, const struct gw_signaller *signaller)
{
	return signaller->kind == GW_SIGNALLER_WORK && timeline->items > 0;
}

/*
 * How sure it is that nobody but these signallers signals. Where fences can be polled, tasks signal in passing what
 * they find finished, and whoever comes next may do so; a full table may have forgotten somebody; and what is known
 * from the driver's other timelines only need not hold for this one. Where a driver has an item for each job, the one that signalled
 * last is that of a job which is done.
 */
static enum gw_confidence timeline_trust(const struct gw_builder *builder, const struct gw_node *node,
					 const struct gw_signaller *signaller)
{
	const struct gw_timeline *timeline = &node->timeline->timeline;
	bool user = signaller->kind == GW_SIGNALLER_TASK && !(signaller->flags & PF_KTHREAD);

	if (timeline_may_have_forgotten(builder, node->timeline) || (node->polled && user))
		return GW_CONFIDENCE_HINT;
	/*
	 * What a process may signal, its other threads may, and whoever else has its file open; and of many signals some may have been an
	 * interrupt's on top of it.
	 */
	if (user || node->timeline->inherited || timeline->changes > 0 || node->polled ||
	    gw_habit(signaller) < GW_HABITUAL_SIGNALS || timeline_has_item_for_each_job(timeline, signaller) ||
	    timeline_has_check_to_come(builder, node))
		return GW_CONFIDENCE_PROBABLE;
	return GW_CONFIDENCE_PROVEN;
}

/* Unless several took turns, one followed the other, and the next one may come any time. */
static bool timeline_signallers_come_and_go(const struct gw_timeline *timeline)
{
	uint32_t habitual = 0;

	for (uint32_t i = 0; i < GW_SIGNALLERS; i++)
		habitual += timeline->signallers[i].kind != GW_SIGNALLER_NONE && !gw_habit_is_occasional(timeline, i);
	return timeline_is_full(timeline) || (habitual > 1 && timeline->changes < 2 * habitual);
}

/*
 * The same of one that is gone for good. Where signallers come and go, or signalled once and left, the next one may
 * come any time; another process may take over a fence of user space's.
 */
static enum gw_confidence timeline_trust_gone(const struct gw_builder *builder, const struct gw_node *node,
					      const struct gw_signaller *signaller)
{
	enum gw_confidence confidence = timeline_trust(builder, node, signaller);

	if (node->timeline->inherited || timeline_signallers_come_and_go(&node->timeline->timeline))
		return GW_CONFIDENCE_HINT;
	if (signaller->flags & PF_KTHREAD)
		return confidence;
	if (gw_habit(signaller) < GW_HABITUAL_SIGNALS)
		return GW_CONFIDENCE_HINT;
	return confidence < GW_CONFIDENCE_PROBABLE ? confidence : GW_CONFIDENCE_PROBABLE;
}

/* A driver that lives can start another kernel thread in the place of one that is gone: after a reset it does. */
static enum gw_confidence timeline_trust_replaceable(const struct gw_builder *builder, const struct gw_node *node,
						     const struct gw_signaller *signaller)
{
	enum gw_confidence confidence = timeline_trust_gone(builder, node, signaller);

	return confidence < GW_CONFIDENCE_PROBABLE ? confidence : GW_CONFIDENCE_PROBABLE;
}

/* A signaller out of habit is not told at once from the next task that got its address. */
static bool timeline_signaller_may_have_changed(const struct gw_builder *builder, const struct gw_signaller *signaller)
{
	const struct gw_task_record *task = gw_snapshot_task(builder->now, signaller->task);
	const struct gw_present_record *present = gw_snapshot_present(builder->now, signaller->task);

	return signaller->count >= GW_CLOSE_LOOKS && ((task && task->start_ns != signaller->start_ns) ||
						      (present && present->start_ns != signaller->start_ns));
}

static int timeline_signalled_by_task(struct gw_builder *builder, uint32_t node, const struct gw_signaller *signaller)
{
	enum gw_confidence confidence = timeline_trust(builder, gw_builder_node(builder, node), signaller);
	uint32_t task;

	if (gw_builder_task_at(builder, signaller->task, signaller->start_ns, &task) < 0)
		return -ENOMEM;
	if (task == GW_NO_NODE && !builder->complete)
		return gw_builder_live(builder, node, "has a signaller that is not in this snapshot");
	if (task == GW_NO_NODE && timeline_signaller_may_have_changed(builder, signaller))
		return gw_builder_live(builder, node, "has a signaller that may have been replaced");
	if (task == GW_NO_NODE) {
		confidence = timeline_trust_replaceable(builder, gw_builder_node(builder, node), signaller);
		if (gw_builder_gone_task(builder, signaller->task, signaller->start_ns, signaller->pid, signaller->comm,
					 &task) < 0)
			return -ENOMEM;
	}
	return gw_builder_edge(builder, node, task, GW_RELATION_SIGNALLED_BY, GW_EVIDENCE_LEARNED_SIGNALLER, confidence,
			       0);
}

/* When its worker began with it was not seen, and what it has signalled since neither. */
static bool timeline_work_began_unseen(const struct gw_builder *builder, uint64_t item)
{
	struct gw_index_range workers = gw_index_find(&builder->executing, item);

	for (size_t i = 0; i < workers.count; i++)
		if (!((const struct gw_task_record *)workers.members[i].record)->watch.sections.work_since_ns)
			return true;
	return false;
}

/*
 * It has signalled a fence of the timeline in this execution, or may have; or its timer runs, which queues it again, on whatever
 * workqueue; or no record shows where it is.
 */
static bool timeline_work_may_begin_anew(const struct gw_builder *builder, const struct gw_node *node, uint64_t item)
{
	struct gw_index_range places = gw_snapshot_places(builder->now, item);

	for (size_t i = 0; i < places.count; i++) {
		const struct gw_work_record *record = places.members[i].record;

		if (record->place == GW_WORK_DELAYED ||
		    (record->place == GW_WORK_EXECUTING &&
		     (record->position == (uint32_t)node->address || record->position == GW_SIGNALLED_SEVERAL)))
			return true;
	}
	return places.count == 0 || timeline_work_began_unseen(builder, item);
}

/*
 * An item that is being executed and has signalled a fence of this timeline already may only be cleaning up, and
 * another execution signal the next one.
 */
static enum gw_confidence timeline_trust_work(const struct gw_builder *builder, const struct gw_node *node,
					      const struct gw_signaller *signaller, uint64_t item)
{
	enum gw_confidence confidence = timeline_trust(builder, node, signaller);

	if (item && confidence > GW_CONFIDENCE_PROBABLE && timeline_work_may_begin_anew(builder, node, item))
		return GW_CONFIDENCE_PROBABLE;
	return confidence;
}

/*
 * Where a driver has an item for each job, the one that signalled last is that of a job which is done, also while its memory
 * still shows it: the next one's item is executed, or queued, in its place.
 */
static bool timeline_item_is_done(const struct gw_builder *builder, const struct gw_node *node,
				  const struct gw_signaller *signaller)
{
	struct gw_index_range places = gw_snapshot_places(builder->now, signaller->work);

	if (!timeline_has_item_for_each_job(&node->timeline->timeline, signaller))
		return false;
	for (size_t i = 0; i < places.count; i++)
		if (((const struct gw_work_record *)places.members[i].record)->place != GW_WORK_IDLE)
			return false;
	return gw_index_find(&builder->functions, signaller->function).count ||
	       gw_index_find(&builder->inactive_functions, signaller->function).count;
}

/* The interrupt comes, unless the device stands still for a page fault. */
static int timeline_signalled_by_device(struct gw_builder *builder, uint32_t node)
{
	int faults = gw_expand_held_up(builder, node);

	if (faults < 0)
		return faults;
	return faults ? 0 : gw_builder_live(builder, node, "is signalled by an interrupt");
}

static int timeline_signalled_by(struct gw_builder *builder, uint32_t node, const struct gw_signaller *signaller)
{
	uint64_t item = signaller->work;
	uint32_t work;

	if (gw_signaller_is_device(builder, signaller))
		return timeline_signalled_by_device(builder, node);
	if (signaller->kind == GW_SIGNALLER_TASK)
		return timeline_signalled_by_task(builder, node, signaller);
	/* The item that signalled last may be freed, and another one of its function signal next. */
	if (!gw_builder_knows_work(builder, item, signaller->function) ||
	    timeline_item_is_done(builder, gw_builder_node(builder, node), signaller))
		item = 0;
	if (gw_builder_work(builder, item, signaller->function, &work) < 0)
		return -ENOMEM;
	gw_builder_node(builder, work)->quiet_since_ns = gw_builder_node(builder, node)->quiet_since_ns;
	return gw_builder_edge(builder, node, work, GW_RELATION_SIGNALLED_BY, GW_EVIDENCE_LEARNED_SIGNALLER,
			       timeline_trust_work(builder, gw_builder_node(builder, node), signaller, item), 0);
}

/* As far as a record of it, or of a section of it, shows; NULL = not at all. */
static const struct gw_device *timeline_unplugged_device(const struct gw_builder *builder, uint64_t drm)
{
	const struct gw_device *device = gw_snapshot_device(builder->now, drm);
	struct gw_index_range sections = gw_index_find(&builder->sections, drm);

	for (size_t i = 0; (!device || !device->driver[0]) && i < sections.count; i++) {
		const struct gw_section_record *record = sections.members[i].record;

		if (record->section.kind == GW_SECTION_DRM)
			device = &record->section.device;
	}
	return device;
}

static const char *timeline_skip_dashes(const char *name)
{
	return name + strspn(name, "-_");
}

/* Drivers are called after their modules, but for dashes and what comes behind: vc4-drm, rockchip-drm. */
static bool timeline_names_agree(const char *a, const char *b)
{
	for (;;) {
		a = timeline_skip_dashes(a);
		b = timeline_skip_dashes(b);
		if (!*a || !*b)
			return true;
		if (*a++ != *b++)
			return false;
	}
}

/*
 * Its fences are those of another device: of a hybrid machine's other GPU, for which a task may wait inside of a section of the one
 * that is unplugged.
 */
static bool timeline_is_of_another_device(const struct gw_builder *builder, const struct gw_node *node)
{
	const struct gw_device *device = timeline_unplugged_device(builder, node->device);
	const struct gw_symbol_record *driver =
		node->fence ? gw_snapshot_symbol(builder->now, node->fence->ops_driver) : NULL;

	if (!device)
		return false;
	if (node->hardware && device->device)
		return node->hardware != device->device;
	return driver && !timeline_names_agree(driver->module, gw_builder_module_of(builder, device));
}

/* A device that is only unbound goes on with what it has begun, and its interrupt comes. */
static bool timeline_misses_interrupt(const struct gw_builder *builder, const struct gw_node *node)
{
	return node->quiet_since_ns && gw_snapshot_head(builder->now)->mono_ns - node->quiet_since_ns >= GW_SILENT_NS;
}

/*
 * The signallers of a timeline whose device is being unplugged: a thread that is gone will not come any more, and an interrupt
 * that has not come for a while neither.
 * What is left is that the driver retires the fences once drm_dev_unplug() has returned.
 * Returns false if somebody else may still signal.
 */
static bool timeline_only_driver_is_left(const struct gw_builder *builder, const struct gw_node *node,
					 enum gw_confidence *confidence)
{
	const struct gw_signaller *signallers[GW_SIGNALLERS];
	size_t count = timeline_signallers(builder, node->timeline, signallers);

	*confidence = count ? GW_CONFIDENCE_PROVEN : GW_CONFIDENCE_PROBABLE;
	for (size_t i = 0; i < count; i++) {
		const struct gw_signaller *signaller = signallers[i];

		if (gw_signaller_is_device(builder, signaller) && timeline_misses_interrupt(builder, node))
			*confidence = GW_CONFIDENCE_PROBABLE;
		else if (signaller->kind != GW_SIGNALLER_TASK || !builder->complete ||
			 timeline_task_lives(builder, signaller))
			return false;
		else if (timeline_trust_gone(builder, node, signaller) < GW_CONFIDENCE_PROVEN)
			*confidence = GW_CONFIDENCE_PROBABLE;
	}
	return true;
}

static int timeline_expand_unplugged(struct gw_builder *builder, uint32_t node, enum gw_confidence confidence)
{
	uint32_t device;

	if (gw_graph_node(builder->graph, GW_NODE_DEVICE, gw_builder_node(builder, node)->device, 0, &device) < 0)
		return -ENOMEM;
	return gw_builder_edge(builder, node, device, GW_RELATION_DRIVEN_BY, GW_EVIDENCE_INFERRED, confidence, 0);
}

/* Only the device signals it, and has not for a while. */
static bool timeline_is_silent(const struct gw_builder *builder, const struct gw_node *node,
			       const struct gw_signaller *const *signallers, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (!gw_signaller_is_device(builder, signallers[i]))
			return false;
	return count > 0 && node->quiet_since_ns && !node->timeline->inherited;
}

/* Of more resets than that the first ones are asked. */
#define RESETS_MAX 16

/* Then nothing shows which one a reset is of. */
static bool timeline_has_several_gpus(const struct gw_builder *builder, const char *module)
{
	const struct gw_gpu_record *const *gpus;
	size_t count = gw_snapshot_gpus(builder->now, &gpus), found = 0;

	for (size_t i = 0; i < count; i++)
		found += strcmp(gpus[i]->module, module) == 0;
	return found > 1;
}

/*
 * A driver with queues of its own has a reset of its own, too, known by its name. One that is being executed was begun because
 * the device does not answer. While it is blocked, and the interrupt has been missing for as long as no job should take, nobody
 * else ends the fences of that driver's timelines, if it has one GPU.
 */
static int timeline_reset_by_driver(struct gw_builder *builder, uint32_t node, bool *ret)
{
	const struct gw_fence_record *fence = gw_builder_node(builder, node)->fence;
	const struct gw_symbol_record *driver = fence ? gw_snapshot_symbol(builder->now, fence->ops_driver) : NULL;
	struct gw_index_range resets = gw_index_find(&builder->resets, true);

	*ret = false;
	if (!driver || timeline_has_several_gpus(builder, driver->module))
		return 0;
	for (size_t i = 0; driver->module[0] && i < resets.count && i < RESETS_MAX; i++) {
		const struct gw_sections *sections =
			&((const struct gw_task_record *)resets.members[i].record)->watch.sections;
		uint32_t work;

		if (strcmp(gw_snapshot_symbol(builder->now, sections->work_function)->module, driver->module) != 0)
			continue;
		*ret = true;
		if (gw_builder_work(builder, sections->work, sections->work_function, &work) < 0 ||
		    gw_builder_edge(builder, node, work, GW_RELATION_RESET_BY, GW_EVIDENCE_INFERRED,
				    GW_CONFIDENCE_PROBABLE, 0) < 0)
			return -ENOMEM;
	}
	return 0;
}

int gw_expand_timeline(struct gw_builder *builder, uint32_t node)
{
	const struct gw_timeline_record *record =
		gw_snapshot_timeline(builder->now, gw_builder_node(builder, node)->address);
	const struct gw_signaller *signallers[GW_SIGNALLERS];
	enum gw_confidence confidence;
	bool silent, resets = false;
	size_t count;

	gw_builder_node(builder, node)->timeline = record;
	gw_builder_node(builder, node)->rule = GW_RULE_ANY;
	gw_builder_node(builder, node)->quiet_since_ns = gw_progress_quiet_since(
		builder->progress, gw_builder_node(builder, node)->address, gw_snapshot_head(builder->now)->mono_ns);
	if (gw_builder_node(builder, node)->device &&
	    !timeline_is_of_another_device(builder, gw_builder_node(builder, node)) &&
	    timeline_only_driver_is_left(builder, gw_builder_node(builder, node), &confidence))
		return timeline_expand_unplugged(builder, node, confidence);
	count = timeline_signallers(builder, record, signallers);
	silent = timeline_is_silent(builder, gw_builder_node(builder, node), signallers, count);
	if (silent && timeline_misses_interrupt(builder, gw_builder_node(builder, node)) &&
	    timeline_reset_by_driver(builder, node, &resets) < 0)
		return -ENOMEM;
	for (size_t i = 0; i < count && !resets; i++)
		if (timeline_signalled_by(builder, node, signallers[i]) < 0)
			return -ENOMEM;
	if (silent && !resets)
		gw_builder_node(builder, node)->end = GW_END_SILENT_DEVICE;
	return count ? 0 : gw_builder_live(builder, node, "has no signaller on record");
}
