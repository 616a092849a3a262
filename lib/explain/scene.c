/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From a model's tasks to actors. */
#include "lib/explain/scene.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/units.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* NVIDIA's driver asks for a reset or a reboot with this Xid. */
#define XID_RECOVERY_ACTION 154

/* ---- whose a frame is ------------------------------------------------------------------------------- */

/* A GPU's driver calls DRM, and DRM its functions. */
static bool scene_shows_driver(const char *module, const struct gw_log_frame *outer, const struct gw_log_frame *inner)
{
	const struct gw_log_frame *other = outer->module == module ? inner : outer;

	return outer->module != inner->module && (outer->module == module || inner->module == module) &&
	       (other == inner || *other->module) &&
	       gw_subsystem_of(other->function, other->module).kind == GW_SUBSYSTEM_GPU;
}

static bool scene_module_is_gpu(const struct gw_scene *scene, const char *module)
{
	const struct gw_log_model *model = scene->model;
	const struct gw_log_frame *inner = NULL;

	for (uint32_t i = 0; i < model->n_frames; i++) {
		const struct gw_log_frame *frame = &model->frames[i];

		/* Perhaps stale: not in the path. */
		if (!frame->reliable)
			continue;
		if (inner && scene_shows_driver(module, frame, inner))
			return true;
		inner = frame;
	}
	return false;
}

/* Modules that are asked about are few; what was found out is kept. */
struct scene_module {
	const char *name;
	bool gpu;
};

#define MODULES_MAX 64

struct gw_scene_modules {
	struct scene_module modules[MODULES_MAX];
	uint32_t count;
};

static bool scene_calls_gpu(const struct gw_scene *scene, const char *module)
{
	struct gw_scene_modules *known = scene->modules;

	for (uint32_t i = 0; i < known->count; i++)
		if (known->modules[i].name == module)
			return known->modules[i].gpu;
	if (known->count == MODULES_MAX)
		return false;
	known->modules[known->count] = (struct scene_module){ module, scene_module_is_gpu(scene, module) };
	return known->modules[known->count++].gpu;
}

struct gw_subsystem gw_scene_subsystem(const struct gw_scene *scene, const struct gw_log_frame *frame)
{
	struct gw_subsystem found = gw_subsystem_of(frame->function, frame->module);

	if (found.kind == GW_SUBSYSTEM_OTHER && scene_calls_gpu(scene, frame->module))
		return (struct gw_subsystem){ GW_SUBSYSTEM_GPU, frame->module, false };
	return found;
}

/* ---- samples ------------------------------------------------------------------------------------------- */

uint32_t gw_scene_frames(const struct gw_scene *scene, const struct gw_actor *actor, const struct gw_log_frame **ret)
{
	const struct gw_log_sample *sample;

	*ret = NULL;
	if (actor->sample == GW_LOG_NONE)
		return 0;
	sample = &scene->model->samples[actor->sample];
	*ret = scene->model->frames + sample->first_frame;
	return sample->n_frames;
}

static bool scene_has(const char *function, const char *const *words, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (strstr(function, words[i]))
			return true;
	return false;
}

static bool scene_begins(const char *function, const char *const *words, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (strncmp(function, words[i], strlen(words[i])) == 0)
			return true;
	return false;
}

/*
 * A list has no stack of a task that another CPU runs: only of one that waits for a CPU, or that prints the list. What stands there
 * otherwise, another CPU printed at the same time.
 */
static bool scene_is_of_nobody(const struct gw_scene *scene, const struct gw_log_sample *sample)
{
	static const char *const begin[] = { "__schedule",	 "schedule",	   "__switch_to",   "context_switch",
					     "preempt_schedule", "sched_show",	   "show_",	    "dump_",
					     "__dump_",		 "raw_irqentry",   "irqentry_exit", "asm_sysvec_",
					     "sysvec_",		 "__cond_resched", "_cond_resched" };
	const struct gw_log_frame *frames = scene->model->frames + sample->first_frame;
	uint32_t first = 0;

	if (!scene->state_listed || sample->kind != GW_LOG_SAMPLE_LISTED || sample->state != 'R')
		return false;
	while (first < sample->n_frames && (!frames[first].reliable || frames[first].interrupt))
		first++;
	for (size_t i = 0; first < sample->n_frames && i < COUNT(begin); i++)
		if (strncmp(frames[first].function, begin[i], strlen(begin[i])) == 0)
			return false;
	return first < sample->n_frames;
}

/* Two CPUs printed at once, and frames of the one are among those of the other: nobody is blocked in a thread's first function. */
static bool scene_is_torn(const struct gw_scene *scene, const struct gw_log_sample *sample)
{
	const struct gw_log_model *model = scene->model;
	static const char *const outer[] = { "kthread",		 "ret_from_fork", "worker_thread",
					     "process_one_work", "do_syscall_64", "entry_SYSCALL" };
	struct gw_text_wait wait;

	if (scene_is_of_nobody(scene, sample))
		return true;
	if (sample->torn || sample->state != 'D')
		return sample->torn;
	wait = gw_text_wait_of(model, sample);
	/* Its other frames are among those of another task. */
	if (wait.mixed || (wait.kind == GW_TEXT_WAIT_UNKNOWN && sample->n_frames))
		return true;
	return wait.kind == GW_TEXT_WAIT_EVENT && wait.caller < sample->n_frames &&
	       scene_has(model->frames[sample->first_frame + wait.caller].function, outer, COUNT(outer));
}

/* Where a task once slept, of one that another CPU runs: ARM prints that for the stack which it cannot have. */
static bool scene_is_stale(const struct gw_scene *scene, const struct gw_log_sample *sample)
{
	return sample->state == 'R' && sample->n_frames == 1 &&
	       strncmp(scene->model->frames[sample->first_frame].function, "__switch_to", 11) == 0;
}

/* A sight of a task that sleeps says more than that of one which ran; a later one more than an earlier one. */
static int scene_sample_rank(const struct gw_scene *scene, const struct gw_log_sample *sample)
{
	if (sample->n_frames == 0 || scene_is_stale(scene, sample))
		return 0;
	if (scene_is_torn(scene, sample))
		return 1;
	switch (sample->kind) {
	case GW_LOG_SAMPLE_HUNG:
		return 5;
	case GW_LOG_SAMPLE_LISTED:
		return sample->state == 'D' ? 5 : 4;
	case GW_LOG_SAMPLE_OOPS:
		return 3;
	case GW_LOG_SAMPLE_BUSY:
		return 3;
	case GW_LOG_SAMPLE_TABLE:
	case GW_LOG_SAMPLE_CPU:
		return 2;
	default:
		return 0;
	}
}

/* A stack that comes without the state, from /proc/PID/stack. */
static bool scene_is_preempted(const struct gw_log_model *model, const struct gw_log_sample *sample)
{
	return sample->state == 0 && sample->kind == GW_LOG_SAMPLE_LISTED && gw_text_wait_is_preempted(model, sample);
}

static bool scene_saw_it_run(const struct gw_scene *scene, const struct gw_log_sample *sample)
{
	if (sample->n_frames == 0 || scene_is_torn(scene, sample) || sample->kind == GW_LOG_SAMPLE_OOPS ||
	    sample->kind == GW_LOG_SAMPLE_LOCKDEP)
		return false;
	return sample->state == 'R' || scene_is_preempted(scene->model, sample);
}

static void scene_pick_sample(const struct gw_scene *scene, struct gw_actor *actor)
{
	const struct gw_log_model *model = scene->model;
	int best = 0;

	actor->sample = GW_LOG_NONE;
	for (uint32_t s = model->tasks[actor->task].first_sample; s != GW_LOG_NONE; s = model->samples[s].next) {
		const struct gw_log_sample *sample = &model->samples[s];
		int rank = scene_sample_rank(scene, sample);

		actor->hung |= sample->kind == GW_LOG_SAMPLE_HUNG;
		actor->busy |= sample->kind == GW_LOG_SAMPLE_BUSY;
		actor->blocked |= sample->kind == GW_LOG_SAMPLE_HUNG || sample->state == 'D';
		actor->seen_running += scene_saw_it_run(scene, sample);
		if (rank > 0 && rank >= best) {
			best = rank;
			actor->sample = s;
		}
	}
}

/* ---- what an actor does ---------------------------------------------------------------------------------- */

static const char *const signal_words[] = { "run_job",	   "drm_sched_main", "retire",	 "complete",
					    "completion",  "signal",	     "dequeue",	 "fence_process",
					    "ring_thread", "_eop",	     "job_done", "free_job" };
static const char *const invalidate_words[] = { "notifier_invalidate", "hmm_invalidate",  "invalidate_range",
						"migrate_pages",       "migrate_folio",	  "try_to_migrate",
						"compact_zone",	       "svm_range_evict", "unmap_folio" };
static const char *const display_words[] = { "dm_",	"atomic", "crtc",      "drm_mode", "modeset",
					     "display", "_disp_", "vblank",    "plane",	   "connector",
					     "hotplug", "_hpd_",  "page_flip", "drm_fb_",  "backlight" };
static const char *const fault_words[] = { "iopf",	  "pagefault",	  "pf_queue_work", "prq_event_thread",
					   "retry_fault", "restore_pages" };
static const char *const hardware_words[] = { "flip_done",	   "crtc_commit_wait", "wait_for_vblank",
					      "wait_one_vblank",   "virtio_gpu_queue", "wait_for_idle",
					      "wait_idle_engines", "rpc_recv",	       "rpcRecvPoll" };
static const char *const idle_words[] = { "cpuidle",	      "default_idle",  "intel_idle", "do_idle",
					  "cpu_idle",	      "mwait_idle",    "acpi_idle",  "cpu_startup_entry",
					  "native_safe_halt", "acpi_safe_halt" };
static const char *const reclaim_words[] = { "do_try_to_free_pages", "try_to_free_pages", "shrink_slab", "shrink_node",
					     "try_to_free_mem_cgroup" };

bool gw_scene_signals(const char *function)
{
	return scene_has(function, signal_words, COUNT(signal_words));
}

bool gw_scene_displays(const char *function)
{
	return scene_has(function, display_words, COUNT(display_words));
}

static void scene_note_callback(struct gw_actor *actor, const struct gw_log_frame *frame, uint32_t index)
{
	if (actor->callback ||
	    (strcmp(frame->function, "rpm_callback") != 0 && strcmp(frame->function, "__rpm_callback") != 0))
		return;
	actor->callback = true;
	actor->callback_frame = index;
}

/* These flush an item on each CPU, and it is nothing of theirs that keeps it from running. */
static bool scene_asks_every_cpu(const char *function)
{
	static const char *const functions[] = { "lru_add_drain_all", "__lru_add_drain_all", "schedule_on_each_cpu",
						 "drain_all_pages", "__drain_all_pages" };

	for (size_t i = 0; i < COUNT(functions); i++)
		if (strcmp(function, functions[i]) == 0)
			return true;
	return false;
}

static void scene_note_frame(const struct gw_scene *scene, struct gw_actor *actor, const struct gw_log_frame *frame,
			     uint32_t index)
{
	struct gw_subsystem subsystem = gw_scene_subsystem(scene, frame);
	bool gpu = subsystem.kind == GW_SUBSYSTEM_GPU;

	if (actor->inner.kind == GW_SUBSYSTEM_UNKNOWN)
		actor->inner = subsystem;
	if (subsystem.kind != GW_SUBSYSTEM_UNKNOWN)
		actor->entry = subsystem;
	/* A driver says more than DRM's core. */
	if (gpu && (actor->gpu.kind == GW_SUBSYSTEM_UNKNOWN || (actor->gpu.generic && !subsystem.generic)))
		actor->gpu = subsystem;
	actor->resets |= gpu && gw_subsystem_resets(frame->function);
	actor->signals |= gpu && gw_scene_signals(frame->function);
	actor->displays |= gpu && gw_scene_displays(frame->function);
	actor->invalidates |= scene_has(frame->function, invalidate_words, COUNT(invalidate_words));
	actor->reclaims |= scene_has(frame->function, reclaim_words, COUNT(reclaim_words));
	actor->migrates |= *frame->module && strstr(frame->function, "migrate");
	actor->faults |=
		scene->model->tasks[actor->task].kernel && scene_has(frame->function, fault_words, COUNT(fault_words));
	actor->hardware |= gpu && scene_has(frame->function, hardware_words, COUNT(hardware_words));
	actor->idle |= scene_has(frame->function, idle_words, COUNT(idle_words));
	actor->unplugs |= strcmp(frame->function, "drm_dev_unplug") == 0;
	actor->every_cpu |= scene_asks_every_cpu(frame->function);
	scene_note_callback(actor, frame, index);
}

static void scene_note_work(const struct gw_scene *scene, struct gw_actor *actor)
{
	const struct gw_log_task *task = &scene->model->tasks[actor->task];
	struct gw_log_frame frame = { .function = task->work_function, .module = task->work_module };
	bool gpu;

	if (!*task->work_function)
		return;
	gpu = gw_scene_subsystem(scene, &frame).kind == GW_SUBSYSTEM_GPU || actor->gpu.kind == GW_SUBSYSTEM_GPU;
	/* A function that ends with a wait is left before it: the work item alone shows whose it is. */
	if (actor->gpu.kind == GW_SUBSYSTEM_UNKNOWN && gpu)
		actor->gpu = gw_scene_subsystem(scene, &frame);
	/* The kernel's own queue for page faults of devices, or the driver's. */
	actor->faults |= scene_has(task->workqueue, fault_words, COUNT(fault_words));
	actor->resets |= gpu && gw_subsystem_resets(task->work_function);
	actor->signals |= gpu && gw_scene_signals(task->work_function);
}

/* What a thread sleeps for when it has nothing to do is an event, and none of these. */
static bool scene_sleeps(const struct gw_scene *scene, const struct gw_actor *actor)
{
	if (actor->blocked || actor->busy || actor->sample == GW_LOG_NONE ||
	    actor->driver.kind == GW_SUBSYSTEM_UNKNOWN || scene->model->samples[actor->sample].state != 'S' ||
	    scene->model->samples[actor->sample].torn)
		return false;
	return gw_text_wait_is_lock(actor->wait.kind) || actor->wait.kind == GW_TEXT_WAIT_FENCE ||
	       actor->wait.kind == GW_TEXT_WAIT_WORK || actor->wait.kind == GW_TEXT_WAIT_WORKQUEUE;
}

/*
 * A table of ps and /proc/PID/stack do not always come with the state: what sleeps is known by where. In a function of its own
 * a thread may as well wait for something to do.
 */
static bool scene_sleeps_by_place(const struct gw_scene *scene, const struct gw_actor *actor)
{
	const struct gw_log_sample *sample = &scene->model->samples[actor->sample];

	if (sample->state || scene_is_preempted(scene->model, sample) ||
	    (sample->kind != GW_LOG_SAMPLE_TABLE && sample->kind != GW_LOG_SAMPLE_LISTED))
		return false;
	switch (actor->wait.kind) {
	case GW_TEXT_WAIT_PAGE:
	case GW_TEXT_WAIT_FENCE:
		return true;
	case GW_TEXT_WAIT_EVENT:
		return sample->kind == GW_LOG_SAMPLE_TABLE || actor->hardware;
	case GW_TEXT_WAIT_WORK:
	case GW_TEXT_WAIT_WORKQUEUE:
	case GW_TEXT_WAIT_SRCU:
		return sample->kind == GW_LOG_SAMPLE_LISTED;
	default:
		return gw_text_wait_is_lock(actor->wait.kind);
	}
}

/* Frames that are perhaps stale count where there are no others. */
static void scene_read_actor(const struct gw_scene *scene, struct gw_actor *actor)
{
	const struct gw_log_frame *frames;
	uint32_t count;

	scene_pick_sample(scene, actor);
	actor->died |= scene->model->tasks[actor->task].died;
	actor->inner = actor->entry = actor->gpu = actor->driver =
		(struct gw_subsystem){ GW_SUBSYSTEM_UNKNOWN, "", false };
	actor->wait.function = "";
	count = gw_scene_frames(scene, actor, &frames);
	if (count)
		actor->wait = gw_text_wait_of(scene->model, &scene->model->samples[actor->sample]);
	for (uint32_t i = 0; i < count; i++)
		if (frames[i].reliable == actor->wait.reliable && !frames[i].interrupt)
			scene_note_frame(scene, actor, &frames[i], i);
	scene_note_work(scene, actor);
	actor->runs = actor->seen_running && !actor->idle && !actor->blocked;
	/* Without a stack a name has to do: NVIDIA's threads, and its tools, which do nothing but call the driver. */
	if (count == 0 && (strncmp(scene->model->tasks[actor->task].comm, "nvidia-", 7) == 0 ||
			   strncmp(scene->model->tasks[actor->task].comm, "nv_queue", 8) == 0))
		actor->gpu = (struct gw_subsystem){ GW_SUBSYSTEM_GPU, "nvidia", false };
	actor->driver = actor->gpu.kind == GW_SUBSYSTEM_GPU || actor->inner.kind != GW_SUBSYSTEM_OTHER ? actor->gpu
												       : actor->inner;
	actor->sleeps = scene_sleeps(scene, actor);
	if (count)
		actor->blocked |= scene_sleeps_by_place(scene, actor);
}

uint32_t gw_scene_busy_frames(const struct gw_scene *scene, const struct gw_actor *actor,
			      const struct gw_log_frame **frames, bool *interrupt)
{
	uint32_t count = gw_scene_frames(scene, actor, frames), idle = 0;

	*interrupt = false;
	for (uint32_t i = 0; i < count && actor->idle && !*interrupt; i++)
		*interrupt = (*frames)[i].interrupt;
	if (!actor->idle || *interrupt)
		return count;
	while (idle < count && !scene_has((*frames)[idle].function, idle_words, COUNT(idle_words)))
		idle++;
	return idle;
}

/* Where a running task is met by chance: what a debugging kernel calls everywhere, spinlocks, loops that pass time, and whoever asks. */
bool gw_scene_is_helper(const char *function)
{
	static const char *const begin[] = { "__sanitizer_cov_",
					     "write_comp_data",
					     "check_kcov_mode",
					     "kasan_",
					     "__kasan_",
					     "__asan_",
					     "__tsan_",
					     "kcsan_",
					     "check_memory_regio",
					     "lock_is_held",
					     "lock_acquire",
					     "lock_release",
					     "__lock_acquire",
					     "__lock_release",
					     "rcu_read_lock_",
					     "rcu_lock_",
					     "rcu_is_watching",
					     "__rcu_read_",
					     "_raw_spin_",
					     "_raw_read_",
					     "_raw_write_",
					     "__raw_spin_",
					     "arch_local_irq_",
					     "delay_tsc",
					     "__delay",
					     "__const_udelay",
					     "__udelay",
					     "preempt_count_",
					     "native_queued_spin",
					     "__pv_queued_spin",
					     "trace_hardirqs_",
					     "debug_lockdep_",
					     "__schedule",
					     "preempt_schedule",
					     "irqentry_exit",
					     "raw_irqentry_exit",
					     "sched_show_task",
					     "_sched_show_task",
					     "dump_cpu_task",
					     "dump_stack",
					     "__dump_stack",
					     "show_stack",
					     "unwind_backtrace",
					     "dump_backtrace",
					     "rcu_dump_cpu_stacks",
					     "nmi_cpu_backtrace",
					     "rcu_sched_clock_irq",
					     "rcu_check_callbacks",
					     "update_process_times",
					     "tick_sched_",
					     "tick_nohz_handler",
					     "__hrtimer_run_queues",
					     "hrtimer_interrupt",
					     "arch_timer_handler",
					     "handle_percpu_devid_irq",
					     "generic_handle_",
					     "__handle_domain_irq",
					     "gic_handle_irq",
					     "el1_irq",
					     "el1_interrupt",
					     "el1h_",
					     "call_on_irq_stack",
					     "do_interrupt_handler",
					     "arch_local_irq_restore",
					     "asm_sysvec_",
					     "sysvec_" };

	for (size_t i = 0; i < COUNT(begin); i++)
		if (strncmp(function, begin[i], strlen(begin[i])) == 0)
			return true;
	return false;
}

const struct gw_log_frame *gw_scene_place(const struct gw_scene *scene, const struct gw_actor *actor)
{
	static const char *const nothing[] = { "process_one_work", "worker_thread", "kthread",	  "ret_from_fork",
					       "do_syscall_64",	   "entry_SYSCALL", "do_el0_svc", "entry_INT80" };
	const struct gw_log_frame *frames, *helper = NULL;
	uint32_t count = gw_scene_frames(scene, actor, &frames);

	for (uint32_t i = actor->wait.caller; i < count; i++) {
		if (frames[i].reliable != actor->wait.reliable || frames[i].interrupt ||
		    scene_begins(frames[i].function, nothing, COUNT(nothing)))
			continue;
		if (!gw_scene_is_helper(frames[i].function))
			return &frames[i];
		helper = helper ? helper : &frames[i];
	}
	return helper;
}

/* ---- the cast --------------------------------------------------------------------------------------------- */

static void scene_add(struct gw_scene *scene, uint32_t task)
{
	if (scene->n_actors == scene->allocated || scene->by_task[task])
		return;
	scene->actors[scene->n_actors] = (struct gw_actor){ .task = task };
	scene_read_actor(scene, &scene->actors[scene->n_actors]);
	scene->by_task[task] = ++scene->n_actors;
}

struct gw_actor *gw_scene_actor(const struct gw_scene *scene, uint32_t task)
{
	return scene->by_task[task] ? &scene->actors[scene->by_task[task] - 1] : NULL;
}

/* Where tasks have names, a stack without one is that of a task whose heading was torn off. */
static bool scene_has_names(const struct gw_scene *scene)
{
	for (uint32_t i = 0; i < scene->model->n_tasks; i++)
		if (!scene->model->tasks[i].unnamed)
			return true;
	return false;
}

/* A thread that is where its main function waits for work is in the midst of nothing. */
static bool scene_waits_for_work(const struct gw_scene *scene, const struct gw_actor *actor,
				 const struct gw_log_frame *place)
{
	const struct gw_log_frame *frames;
	uint32_t count = gw_scene_frames(scene, actor, &frames), next = (uint32_t)(place - frames) + 1;

	while (next < count && !frames[next].reliable)
		next++;
	return next < count && strcmp(frames[next].function, "kthread") == 0;
}

static void scene_add_idler(struct gw_scene *scene, const struct gw_actor *actor)
{
	const struct gw_log_frame *place = gw_scene_place(scene, actor);

	if (actor->driver.kind == GW_SUBSYSTEM_UNKNOWN || !place || !actor->wait.reliable ||
	    scene->n_idlers == GW_IDLERS_MAX || scene_waits_for_work(scene, actor, place))
		return;
	scene->idlers[scene->n_idlers++] = (struct gw_scene_idler){ actor->task, actor->driver, place };
}

/* It runs, and no CPU was asked what it does there. */
static bool scene_is_unseen(const struct gw_scene *scene, uint32_t index)
{
	const struct gw_log_model *model = scene->model;
	bool runs = false;

	for (uint32_t s = model->tasks[index].first_sample; s != GW_LOG_NONE; s = model->samples[s].next) {
		if (model->samples[s].n_frames || model->samples[s].kind == GW_LOG_SAMPLE_CPU)
			return false;
		runs = model->samples[s].state == 'R';
	}
	return runs;
}

/* Whoever sleeps for something of its own is not part of it. */
static bool scene_counts(struct gw_scene *scene, uint32_t index)
{
	const struct gw_log_task *task = &scene->model->tasks[index];
	struct gw_actor actor = { .task = index };

	if (task->incident != scene->incident || (task->unnamed && scene_has_names(scene)))
		return false;
	scene_read_actor(scene, &actor);
	if (actor.blocked || actor.busy || actor.died || actor.runs || actor.sleeps)
		return true;
	scene_add_idler(scene, &actor);
	scene->unseen |= scene_is_unseen(scene, index);
	return false;
}

/* Names of workers are unique at any time, so one that another number was printed for is the same worker. */
static uint32_t scene_same_worker(const struct gw_scene *scene, uint32_t index)
{
	const struct gw_log_model *model = scene->model;
	const struct gw_log_task *task = &model->tasks[index];

	if (task->first_sample != GW_LOG_NONE || strncmp(task->comm, "kworker/", 8) != 0)
		return index;
	for (uint32_t i = 0; i < model->n_tasks; i++)
		if (i != index && model->tasks[i].incident == task->incident && model->tasks[i].comm == task->comm &&
		    model->tasks[i].first_sample != GW_LOG_NONE)
			return i;
	return index;
}

static void scene_add_blockers(struct gw_scene *scene)
{
	const struct gw_log_model *model = scene->model;

	for (uint32_t i = 0; i < model->n_blockers; i++) {
		const struct gw_log_blocker *blocker = &model->blockers[i];
		struct gw_actor *waiter;

		if (model->tasks[blocker->waiter].incident != scene->incident)
			continue;
		scene_add(scene, blocker->waiter);
		waiter = gw_scene_actor(scene, blocker->waiter);
		if (waiter)
			waiter->blocked = true;
		if (blocker->owner == GW_LOG_NONE)
			continue;
		uint32_t owner = scene_same_worker(scene, blocker->owner);

		scene_add(scene, owner);
		scene->by_task[blocker->owner] = scene->by_task[owner];
	}
}

static void scene_add_holders(struct gw_scene *scene)
{
	for (uint32_t i = 0; i < scene->model->n_held; i++)
		if (!scene->model->held[i].lockdep &&
		    scene->model->tasks[scene->model->held[i].task].incident == scene->incident)
			scene_add(scene, scene->model->held[i].task);
}

/* What comes after the last task shows that none of them is cut off. */
static void scene_read_listing(struct gw_scene *scene, const struct gw_log_event *event, bool *listing)
{
	if (event->kind == GW_LOG_EVENT_SYSRQ && strstr(event->text, "Show State")) {
		*listing = scene->state_listed = true;
	} else if (event->kind == GW_LOG_EVENT_SYSRQ && strstr(event->text, "Show Blocked State")) {
		scene->blocked_listed = true;
	} else if (event->kind == GW_LOG_EVENT_LOST) {
		*listing = scene->all_listed = scene->blocked_listed = false;
	} else if (event->kind == GW_LOG_EVENT_WORKQUEUE_LOCKUP && *listing &&
		   strstr(event->text, "Showing busy workqueues")) {
		*listing = false;
		scene->all_listed = true;
	}
}

/* The first two tasks of every machine; a listing without them was cut. */
static bool scene_has_first_tasks(const struct gw_scene *scene)
{
	unsigned found = 0;

	for (uint32_t i = 0; i < scene->model->n_tasks; i++) {
		const struct gw_log_task *task = &scene->model->tasks[i];

		found += task->incident == scene->incident && (task->pid == 1 || task->pid == 2) &&
			 task->first_sample != GW_LOG_NONE;
	}
	return found == 2;
}

/* The kernel gives up on a frame after ten seconds, and a driver on a job after two to ten; the next one then takes as long. */
#define RELAPSE_GAP_US ((int64_t)30 * 1000000)
#define RELAPSE_MIN 4

/* A reset that succeeds, and the next one, and so on: the GPU works between them. Several lines within a second are one reset. */
#define RELAPSE_SUCCESSES_MIN 6
#define RELAPSE_ONE_US ((int64_t)1000000)

/* Where no times are printed: hardly anything else stands between them. */
#define RELAPSE_GAP_LINES 3

/* Firmware is given longer, NVIDIA's 45 seconds for a call. */
#define FIRMWARE_GAP_US ((int64_t)60 * 1000000)

/* What is an end by its number alone, most telling first. */
static const enum gw_log_event_kind relapse_kinds[] = { GW_LOG_EVENT_RESET_BEGIN, GW_LOG_EVENT_FIRMWARE,
							GW_LOG_EVENT_FLIP_TIMEOUT, GW_LOG_EVENT_RESET_SUCCESS };

int64_t gw_scene_end_us(const struct gw_scene *scene)
{
	return scene->model->spans[scene->incident].last_us;
}

/* A GPU that works between two resets, or a display that shows a frame between two that it does not, has recovered. */
static struct gw_scene_relapse scene_find_relapse(const struct gw_scene *scene, enum gw_log_event_kind kind)
{
	const int64_t gap_us = kind == GW_LOG_EVENT_FIRMWARE ? FIRMWARE_GAP_US : RELAPSE_GAP_US;
	struct gw_scene_relapse relapse = { .kind = kind };
	int64_t first_us = -1, last_us = -1;
	uint64_t last_line = 0;

	for (uint32_t i = 0; i < scene->model->n_events; i++) {
		const struct gw_log_event *event = &scene->model->events[i];

		if (event->incident != scene->incident)
			continue;
		if (event->kind == GW_LOG_EVENT_RESET_SUCCESS && kind != GW_LOG_EVENT_RESET_SUCCESS)
			relapse.count = 0;
		if (event->kind != kind)
			continue;
		if (kind == GW_LOG_EVENT_RESET_SUCCESS && relapse.count && event->time_us >= 0 &&
		    event->time_us - last_us < RELAPSE_ONE_US)
			continue;
		if (relapse.count == 0 || (event->time_us < 0) != (last_us < 0) || event->time_us < last_us ||
		    event->time_us - last_us > gap_us || (last_us < 0 && event->line - last_line > RELAPSE_GAP_LINES)) {
			relapse.count = 0;
			first_us = event->time_us;
		}
		relapse.count++;
		relapse.text = event->text;
		last_us = event->time_us;
		last_line = event->line;
	}
	if (relapse.count < (kind == GW_LOG_EVENT_RESET_SUCCESS ? RELAPSE_SUCCESSES_MIN : RELAPSE_MIN) ||
	    (last_us < 0 ? scene->model->spans[scene->incident].last_line - last_line > RELAPSE_GAP_LINES
			 : gw_scene_end_us(scene) - last_us > gap_us))
		return (struct gw_scene_relapse){ .count = 0 };
	relapse.timed = last_us >= 0;
	relapse.seconds = (uint32_t)((last_us - first_us) / 1000000);
	return relapse;
}

/* "GPU recovery action changed from 0x0 (None) to 0x1 (GPU Reset Required)": the last one counts. */
static void scene_read_action(struct gw_scene *scene, const struct gw_log_event *event)
{
	const char *action = event->number == XID_RECOVERY_ACTION ? strstr(event->text, " to 0x") : NULL;

	if (!action || (event->kind != GW_LOG_EVENT_XID && event->kind != GW_LOG_EVENT_NEEDS_REBOOT))
		return;
	scene->needs_reboot = event->kind == GW_LOG_EVENT_NEEDS_REBOOT;
	scene->needs_reset = strstr(action, "(GPU Reset Required)") != NULL;
}

static bool scene_is_end(enum gw_log_event_kind kind)
{
	return kind == GW_LOG_EVENT_DEVICE_LOST || kind == GW_LOG_EVENT_WEDGED || kind == GW_LOG_EVENT_RESET_FAILED ||
	       kind == GW_LOG_EVENT_RESUME_FAILED;
}

static void scene_read_events(struct gw_scene *scene)
{
	bool listing = false;

	scene->device = scene->device_text = "";
	for (uint32_t i = 0; i < scene->model->n_events; i++) {
		const struct gw_log_event *event = &scene->model->events[i];

		if (event->incident != scene->incident)
			continue;
		scene_read_listing(scene, event, &listing);
		scene->device_lost |= event->kind == GW_LOG_EVENT_DEVICE_LOST;
		scene->wedged |= event->kind == GW_LOG_EVENT_WEDGED;
		scene_read_action(scene, event);
		scene->nvidia |= strstr(event->text, "NVRM") != NULL;
		/* The last word counts. */
		if (event->kind >= GW_LOG_EVENT_RESET_BEGIN && event->kind <= GW_LOG_EVENT_RESET_FAILED)
			scene->reset_failed = event->kind == GW_LOG_EVENT_RESET_FAILED;
		scene->resume_failed |= event->kind == GW_LOG_EVENT_RESUME_FAILED;
		if (scene_is_end(event->kind))
			scene->device_text = event->text;
		if (event->kind == GW_LOG_EVENT_RESET_SUCCESS)
			scene->unrecoverable = scene->needs_reset = scene->resume_failed = false;
		scene->unrecoverable |=
			event->kind == GW_LOG_EVENT_FIRMWARE && strstr(event->text, "unrecoverable state");
		if (*event->device && event->kind <= GW_LOG_EVENT_DEVCOREDUMP)
			scene->device = event->device;
	}
	scene->iommu_silent = !scene->device_lost && !scene->wedged && !scene->reset_failed &&
			      scene_find_relapse(scene, GW_LOG_EVENT_IOMMU).count;
	scene->relapse.count = 0;
	for (size_t i = 0; i < COUNT(relapse_kinds) && scene->relapse.count == 0; i++)
		scene->relapse = scene_find_relapse(scene, relapse_kinds[i]);
	scene->all_listed &= scene->model->left_out == 0 && scene_has_first_tasks(scene);
	scene->blocked_listed |= scene->all_listed;
}

static bool scene_stands(const struct gw_log_ring *ring, const struct gw_log_ring *before)
{
	return ring->whole && before->whole && ring->number == before->number && ring->name == before->name &&
	       ring->reading != before->reading && ring->incident == before->incident &&
	       ring->signalled == before->signalled && ring->signalled != ring->emitted &&
	       before->signalled != before->emitted;
}

/* Readings of several GPUs are told apart by nothing but their numbers: of another one these are mostly others. */
static const struct gw_log_ring *scene_find_ring(const struct gw_scene *scene)
{
	const struct gw_log_model *model = scene->model;

	for (uint32_t i = 0; i < model->n_rings; i++)
		for (uint32_t j = 0; j < i && model->rings[i].incident == scene->incident; j++)
			if (scene_stands(&model->rings[i], &model->rings[j]))
				return &model->rings[i];
	return NULL;
}

static uint32_t scene_last_listing(const struct gw_scene *scene)
{
	uint32_t listing = 0;

	for (uint32_t i = 0; i < scene->model->n_items; i++)
		if (scene->model->items[i].incident == scene->incident && scene->model->items[i].listing > listing)
			listing = scene->model->items[i].listing;
	return listing;
}

/*
 * When somebody of it was seen for the last time: how long they waited after that no log shows, however long it goes on. A text
 * without times is over when its longest wait is.
 */
static uint64_t scene_now_ns(const struct gw_scene *scene)
{
	uint64_t now_ns = 0;

	for (uint32_t i = 0; i < scene->model->n_samples; i++) {
		const struct gw_log_sample *sample = &scene->model->samples[i];
		uint64_t age_ns = (uint64_t)sample->blocked_s * GW_NSEC_PER_SEC;

		if (scene->model->tasks[sample->task].incident != scene->incident)
			continue;
		if (sample->kind == GW_LOG_SAMPLE_LOCKDEP || sample->kind == GW_LOG_SAMPLE_OOPS)
			continue;
		if (sample->time_us > 0 && now_ns < (uint64_t)sample->time_us * GW_NSEC_PER_USEC)
			now_ns = (uint64_t)sample->time_us * GW_NSEC_PER_USEC;
		if (now_ns < age_ns + GW_NSEC_PER_SEC)
			now_ns = age_ns + GW_NSEC_PER_SEC;
	}
	return now_ns ? now_ns : GW_NSEC_PER_SEC;
}

int gw_scene_init(struct gw_scene *scene, const struct gw_log_model *model, uint32_t incident)
{
	*scene = (struct gw_scene){ .model = model, .incident = incident, .device = "" };
	scene->allocated = model->n_tasks < GW_ACTORS_MAX ? model->n_tasks : GW_ACTORS_MAX;
	scene->actors = calloc(scene->allocated + 1, sizeof(*scene->actors));
	scene->by_task = calloc(model->n_tasks ? model->n_tasks : 1, sizeof(*scene->by_task));
	scene->modules = calloc(1, sizeof(*scene->modules));
	if (!scene->actors || !scene->by_task || !scene->modules)
		return -ENOMEM;
	scene->now_ns = scene_now_ns(scene);
	scene->listing = scene_last_listing(scene);
	scene->ring = scene_find_ring(scene);
	scene_read_events(scene);
	for (uint32_t i = 0; i < model->n_tasks; i++)
		if (scene_counts(scene, i))
			scene_add(scene, i);
	scene_add_blockers(scene);
	scene_add_holders(scene);
	return 0;
}

void gw_scene_deinit(struct gw_scene *scene)
{
	free(scene->actors);
	free(scene->by_task);
	free(scene->modules);
}
