/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One rule for each kind of wait. */
#include "lib/explain/partner.h"

#include <string.h>

#include "lib/base/units.h"
#include "lib/explain/snapshot.h"

typedef bool (*partner_fits)(const struct gw_scene *scene, const struct gw_actor *waiter, const struct gw_actor *other);

static struct gw_partners partner_find(const struct gw_scene *scene, uint32_t actor, partner_fits fits)
{
	struct gw_partners partners = { .count = 0 };

	for (uint32_t i = 0; i < scene->n_actors; i++) {
		const struct gw_actor *other = &scene->actors[i];

		if (i == actor || !(other->blocked || other->busy || other->died || other->runs || other->sleeps) ||
		    !fits(scene, &scene->actors[actor], other))
			continue;
		if (partners.count < GW_PARTNERS_MAX)
			partners.actors[partners.count++] = i;
		else
			partners.many = true;
	}
	return partners;
}

static bool partner_is_kernel(const struct gw_scene *scene, const struct gw_actor *actor)
{
	const struct gw_log_task *task = &scene->model->tasks[actor->task];

	return task->kernel || *task->work_function;
}

static bool partner_is_one_driver(const struct gw_subsystem *a, const struct gw_subsystem *b)
{
	if (a->kind == GW_SUBSYSTEM_UNKNOWN || a->kind != b->kind)
		return false;
	return a->generic || b->generic || strcmp(a->name, b->name) == 0;
}

bool gw_partner_same_driver(const struct gw_actor *a, const struct gw_actor *b)
{
	return partner_is_one_driver(&a->driver, &b->driver);
}

const struct gw_scene_idler *gw_partner_idler(const struct gw_scene *scene, const struct gw_actor *actor)
{
	for (uint32_t i = 0; i < scene->n_idlers; i++)
		if (partner_is_one_driver(&actor->driver, &scene->idlers[i].driver))
			return &scene->idlers[i];
	return NULL;
}

bool gw_partners_alike(const struct gw_scene *scene, const struct gw_partners *partners)
{
	const struct gw_actor *first = &scene->actors[partners->actors[0]];
	const struct gw_log_frame *place = gw_scene_place(scene, first);

	for (uint32_t i = 0; i < partners->count; i++) {
		const struct gw_actor *at = &scene->actors[partners->actors[i]];
		const struct gw_log_frame *other = gw_scene_place(scene, at);

		if (!at->blocked || !gw_text_wait_is_lock(at->wait.kind) || at->wait.kind != first->wait.kind ||
		    !place || !other || place->function != other->function || place->module != other->module)
			return false;
	}
	return partners->count > 1 && !partners->many;
}

/* ---- locks ------------------------------------------------------------------------------------------ */

/* It sleeps or spins for something else than a lock: so it is not in the same queue. */
static bool partner_waits_elsewhere(const struct gw_actor *actor)
{
	return actor->wait.kind != GW_TEXT_WAIT_UNKNOWN && !gw_text_wait_is_lock(actor->wait.kind) && !actor->died;
}

static bool partner_entered_there(const struct gw_scene *scene, const struct gw_actor *waiter,
				  const struct gw_actor *other)
{
	return waiter->inner.kind != GW_SUBSYSTEM_UNKNOWN && partner_waits_elsewhere(other) &&
	       other->entry.kind == waiter->inner.kind;
}

static bool partner_is_there(const struct gw_scene *scene, const struct gw_actor *waiter, const struct gw_actor *other)
{
	return waiter->inner.kind != GW_SUBSYSTEM_UNKNOWN && partner_waits_elsewhere(other) &&
	       other->inner.kind == waiter->inner.kind;
}

static bool partner_is_there_by_name(const struct gw_scene *scene, const struct gw_actor *waiter,
				     const struct gw_actor *other)
{
	return partner_is_there(scene, waiter, other) && strcmp(other->inner.name, waiter->inner.name) == 0;
}

/* A lock that display code takes is not that of one who submits a job, and waits for a fence there. */
static bool partner_has_locks_of(const struct gw_scene *scene, const struct gw_actor *waiter,
				 const struct gw_actor *other)
{
	const struct gw_log_frame *place = gw_scene_place(scene, waiter);

	return other->displays || other->wait.kind != GW_TEXT_WAIT_FENCE || !place ||
	       !gw_scene_displays(place->function);
}

static bool partner_holds_in_driver(const struct gw_scene *scene, const struct gw_actor *waiter,
				    const struct gw_actor *other)
{
	return partner_waits_elsewhere(other) && gw_partner_same_driver(waiter, other) &&
	       partner_has_locks_of(scene, waiter, other);
}

static bool partner_changes_power(const struct gw_scene *scene, const struct gw_actor *waiter,
				  const struct gw_actor *other)
{
	return other->callback && partner_waits_elsewhere(other);
}

static struct gw_partners partner_all_holders(const struct gw_scene *scene, uint32_t actor)
{
	struct gw_partners partners;

	/* A lock of the clocks, of a bus and so on, whoever wants it: the one of them that is in the midst of something there has it. */
	if (scene->actors[actor].inner.kind == GW_SUBSYSTEM_BUS) {
		partners = partner_find(scene, actor, partner_is_there_by_name);
		if (partners.count)
			return partners;
	}
	if (scene->actors[actor].driver.kind != GW_SUBSYSTEM_UNKNOWN)
		return partner_find(scene, actor, partner_holds_in_driver);
	/* The device's lock, which its state is changed under. */
	if (scene->actors[actor].inner.kind == GW_SUBSYSTEM_POWER)
		return partner_find(scene, actor, partner_changes_power);
	/* File systems and the rest of memory management have too many locks for a guess. */
	if (scene->actors[actor].inner.kind != GW_SUBSYSTEM_NETWORK &&
	    scene->actors[actor].inner.kind != GW_SUBSYSTEM_USB)
		return (struct gw_partners){ .count = 0 };
	partners = partner_find(scene, actor, partner_entered_there);
	return partners.count ? partners : partner_find(scene, actor, partner_is_there);
}

static bool partner_stays_in_driver(const struct gw_scene *scene, const struct gw_actor *waiter,
				    const struct gw_actor *other)
{
	return other->hung && partner_holds_in_driver(scene, waiter, other);
}

struct gw_partners gw_partner_readers(const struct gw_scene *scene, uint32_t actor, uint32_t named)
{
	if (scene->actors[named].hung)
		return (struct gw_partners){ .count = 0 };
	return partner_find(scene, actor, partner_stays_in_driver);
}

static bool partner_polls(const struct gw_scene *scene, const struct gw_actor *waiter, const struct gw_actor *other)
{
	bool runs = other->runs && other->wait.kind != GW_TEXT_WAIT_SPIN;
	bool sleeps = other->blocked && !other->hung && other->wait.kind == GW_TEXT_WAIT_SLEEP;

	return (runs || sleeps) && gw_partner_same_driver(waiter, other);
}

struct gw_partners gw_partner_pollers(const struct gw_scene *scene, uint32_t actor)
{
	return partner_find(scene, actor, partner_polls);
}

/* ---- fences ------------------------------------------------------------------------------------------- */

static bool partner_resets(const struct gw_scene *scene, const struct gw_actor *waiter, const struct gw_actor *other)
{
	return other->resets && other->blocked && partner_is_kernel(scene, other) &&
	       gw_partner_same_driver(waiter, other);
}

struct gw_partners gw_partner_resets(const struct gw_scene *scene, uint32_t actor)
{
	return partner_find(scene, actor, partner_resets);
}

/* What waits for a fence itself is no signaller that is held up, but for one that reclaims memory in the middle of it. */
static bool partner_signals(const struct gw_scene *scene, const struct gw_actor *waiter, const struct gw_actor *other)
{
	return other->signals && other->blocked && partner_is_kernel(scene, other) &&
	       gw_partner_same_driver(waiter, other) && (other->wait.kind != GW_TEXT_WAIT_FENCE || other->reclaims);
}

struct gw_partners gw_partner_signallers(const struct gw_scene *scene, uint32_t actor)
{
	return partner_find(scene, actor, partner_signals);
}

/*
 * A thread that the driver made, with its main function on the stack, and that cannot go on before a work item has ended;
 * a worker is everybody's.
 */
static bool partner_is_driver_thread(const struct gw_scene *scene, const struct gw_actor *waiter,
				     const struct gw_actor *other)
{
	const struct gw_log_frame *frames;
	uint32_t count = gw_scene_frames(scene, other, &frames);
	bool own = false;

	if (!other->blocked || *scene->model->tasks[other->task].work_function || !partner_is_kernel(scene, other) ||
	    !gw_partner_same_driver(waiter, other) ||
	    (other->wait.kind != GW_TEXT_WAIT_WORK && other->wait.kind != GW_TEXT_WAIT_WORKQUEUE))
		return false;
	for (uint32_t i = 0; i < count; i++) {
		if (!frames[i].reliable)
			continue;
		if (own && strcmp(frames[i].function, "kthread") == 0)
			return true;
		own = *frames[i].module && gw_scene_subsystem(scene, &frames[i]).kind == GW_SUBSYSTEM_GPU;
	}
	return false;
}

struct gw_partners gw_partner_threads(const struct gw_scene *scene, uint32_t actor)
{
	return partner_find(scene, actor, partner_is_driver_thread);
}

static bool partner_is_stopped(const struct gw_scene *scene, const struct gw_actor *waiter,
			       const struct gw_actor *other)
{
	const struct gw_log_task *task = &scene->model->tasks[other->task];

	return other->blocked && task->kernel && !*task->work_function && gw_partner_same_driver(waiter, other);
}

static bool partner_signals_and_is_stopped(const struct gw_scene *scene, const struct gw_actor *waiter,
					   const struct gw_actor *other)
{
	return other->signals && partner_is_stopped(scene, waiter, other);
}

/* A scheduler's thread, of those that the driver has. */
struct gw_partners gw_partner_stopped(const struct gw_scene *scene, uint32_t actor)
{
	struct gw_partners partners = partner_find(scene, actor, partner_is_stopped);

	return partners.count > 1 ? partner_find(scene, actor, partner_signals_and_is_stopped) : partners;
}

static bool partner_invalidates(const struct gw_scene *scene, const struct gw_actor *waiter,
				const struct gw_actor *other)
{
	return other->invalidates && other->blocked && gw_partner_same_driver(waiter, other);
}

struct gw_partners gw_partner_invalidations(const struct gw_scene *scene, uint32_t actor)
{
	return partner_find(scene, actor, partner_invalidates);
}

/* ---- work ------------------------------------------------------------------------------------------------ */

static bool partner_works(const struct gw_scene *scene, const struct gw_actor *waiter, const struct gw_actor *other)
{
	return other->blocked && *scene->model->tasks[other->task].work_function &&
	       gw_partner_same_driver(waiter, other);
}

/* Who waits for a lock is an unlikely item to be flushed; who does something else is likelier. */
static bool partner_works_elsewhere(const struct gw_scene *scene, const struct gw_actor *waiter,
				    const struct gw_actor *other)
{
	return partner_works(scene, waiter, other) && !gw_text_wait_is_lock(other->wait.kind);
}

/* Unless the kernel says that the flusher has the lock: an item that another one waits for would be blocked, too. */
static bool partner_works_behind(const struct gw_scene *scene, const struct gw_actor *waiter,
				 const struct gw_actor *other)
{
	const struct gw_log_model *model = scene->model;

	for (uint32_t i = 0; partner_works(scene, waiter, other) && i < model->n_blockers; i++)
		if (model->blockers[i].owner != GW_LOG_NONE &&
		    gw_scene_actor(scene, model->blockers[i].waiter) == other &&
		    gw_scene_actor(scene, model->blockers[i].owner) == waiter)
			return true;
	return false;
}

struct gw_partners gw_partner_workers(const struct gw_scene *scene, uint32_t actor)
{
	struct gw_partners partners = partner_find(scene, actor, partner_works_elsewhere);

	return partners.count ? partners : partner_find(scene, actor, partner_works_behind);
}

static bool partner_has_function(const struct gw_scene *scene, const struct gw_actor *actor, const char *function)
{
	const struct gw_log_frame *frames;
	uint32_t count = gw_scene_frames(scene, actor, &frames);

	for (uint32_t i = 0; i < count; i++)
		if (frames[i].reliable && strcmp(frames[i].function, function) == 0)
			return true;
	return false;
}

static bool partner_is_queue_thread(const struct gw_scene *scene, const struct gw_actor *waiter,
				    const struct gw_actor *other)
{
	return other->blocked && gw_partner_same_driver(waiter, other) &&
	       partner_has_function(scene, other, "kthread_worker_fn");
}

struct gw_partners gw_partner_queue_threads(const struct gw_scene *scene, uint32_t actor)
{
	const char *function = scene->actors[actor].wait.function;

	if (strncmp(function, "kthread_", 8) != 0 && strncmp(function, "__kthread_", 10) != 0)
		return (struct gw_partners){ .count = 0 };
	return partner_find(scene, actor, partner_is_queue_thread);
}

/* Waits that begin within such a time count as begun together. */
#define TOGETHER_NS (2 * GW_NSEC_PER_SEC)

/* ---- loops that whoever is meant would close ------------------------------------------------------------- */

static bool partner_is_alone(const struct gw_partners *partners, uint32_t actor)
{
	return partners->count == 1 && !partners->many && partners->actors[0] == actor;
}

/* Or one of several that are stuck alike. */
static bool partner_is_meant(const struct gw_scene *scene, const struct gw_partners *partners, uint32_t actor)
{
	for (uint32_t i = 0; i < partners->count; i++)
		if (partners->actors[i] == actor)
			return partner_is_alone(partners, actor) || gw_partners_alike(scene, partners);
	return false;
}

/* The one item of the driver that is blocked, while its flusher has been for long. */
static bool partner_flushes(const struct gw_scene *scene, uint32_t flusher, uint32_t worker)
{
	const struct gw_actor *at = &scene->actors[flusher];
	struct gw_partners works;

	if (at->wait.kind != GW_TEXT_WAIT_WORK || !at->hung || !scene->actors[worker].hung)
		return false;
	works = partner_find(scene, flusher, partner_works);
	return partner_is_alone(&works, worker);
}

/* What it waits for, nobody but that actor would bring about. */
static bool partner_depends(const struct gw_scene *scene, uint32_t actor, uint32_t on)
{
	struct gw_partners others;

	switch (scene->actors[actor].wait.kind) {
	case GW_TEXT_WAIT_FENCE:
		if (gw_partner_resets(scene, actor).count)
			return false;
		others = gw_partner_signallers(scene, actor);
		if (others.count == 0)
			others = gw_partner_faults(scene, actor);
		break;
	case GW_TEXT_WAIT_RUNTIME_PM:
		others = gw_partner_callbacks(scene, actor);
		break;
	case GW_TEXT_WAIT_COMPLETION:
		others = gw_partner_wakers(scene, actor);
		break;
	case GW_TEXT_WAIT_THREAD:
		others = gw_partner_stopped(scene, actor);
		break;
	default:
		return partner_flushes(scene, actor, on);
	}
	return partner_is_meant(scene, &others, on);
}

/* How much shows that it is this one that has the lock: it waits for that very item; it allocates in the midst of something. */
static int partner_holds_rank(const struct gw_scene *scene, uint32_t holder, uint32_t waiter)
{
	const struct gw_actor *actor = &scene->actors[holder];

	if (partner_flushes(scene, holder, waiter) || actor->wait.kind == GW_TEXT_WAIT_COMPLETION ||
	    actor->wait.kind == GW_TEXT_WAIT_THREAD)
		return 2;
	return actor->reclaims;
}

static bool partner_holds_likelier(const struct gw_scene *scene, uint32_t a, uint32_t b, uint32_t waiter)
{
	int x = partner_holds_rank(scene, a, waiter), y = partner_holds_rank(scene, b, waiter);
	uint64_t since_a = gw_text_since_ns(scene, &scene->actors[a]),
		 since_b = gw_text_since_ns(scene, &scene->actors[b]);

	if (x != y)
		return x > y;
	/* The detector counts whole seconds, from when it looked. */
	if (since_a && since_b && (since_a + TOGETHER_NS < since_b || since_b + TOGETHER_NS < since_a))
		return since_a < since_b;
	return scene->model->tasks[scene->actors[a].task].pid < scene->model->tasks[scene->actors[b].task].pid;
}

/* Several tasks that all depend on the actor: whichever has the lock that it waits for closes a loop. The likeliest. */
static struct gw_partners partner_closing(const struct gw_scene *scene, uint32_t actor, struct gw_partners partners)
{
	uint32_t best;

	if (partners.count < 2 || partners.many)
		return partners;
	best = partners.actors[0];
	for (uint32_t i = 0; i < partners.count; i++) {
		if (!partner_depends(scene, partners.actors[i], actor))
			return partners;
		if (partner_holds_likelier(scene, partners.actors[i], best, actor))
			best = partners.actors[i];
	}
	return (struct gw_partners){ .actors = { best }, .count = 1 };
}

struct gw_partners gw_partner_holders(const struct gw_scene *scene, uint32_t actor)
{
	return partner_closing(scene, actor, partner_all_holders(scene, actor));
}

/* Its flusher is the only task that can have the lock that it waits for. */
struct gw_partners gw_partner_flushed(const struct gw_scene *scene, uint32_t actor)
{
	struct gw_partners works = partner_find(scene, actor, partner_works), holders;

	if (works.count != 1 || works.many || !partner_flushes(scene, actor, works.actors[0]))
		return (struct gw_partners){ .count = 0 };
	holders = gw_partner_holders(scene, works.actors[0]);
	return partner_is_alone(&holders, actor) ? works : (struct gw_partners){ .count = 0 };
}

/* The length of what two functions of one driver begin with, "virtio_gpu_": its first two words. */
static size_t partner_prefix(const char *function)
{
	const char *second = strchr(function, '_'), *third = second ? strchr(second + 1, '_') : NULL;

	return third && third - function >= 6 ? (size_t)(third - function) + 1 : 0;
}

/* Of the work item that it executes, or of a thread: what kthread() calls; "" = neither. */
static const char *partner_main_function(const struct gw_scene *scene, const struct gw_actor *actor)
{
	const struct gw_log_frame *frames;
	const char *function = scene->model->tasks[actor->task].work_function;
	uint32_t count = gw_scene_frames(scene, actor, &frames);

	if (*function || !partner_is_kernel(scene, actor))
		return function;
	for (uint32_t i = 0; i < count; i++) {
		if (!frames[i].reliable)
			continue;
		if (strcmp(frames[i].function, "kthread") == 0)
			return function;
		function = frames[i].function;
	}
	return "";
}

static bool partner_wakes(const struct gw_scene *scene, const struct gw_actor *waiter, const struct gw_actor *other)
{
	const struct gw_log_frame *place = gw_scene_place(scene, waiter);
	size_t length = place ? partner_prefix(place->function) : 0;

	if (!length || !other->signals || !other->blocked || !gw_partner_same_driver(waiter, other))
		return false;
	return strncmp(partner_main_function(scene, other), place->function, length) == 0;
}

struct gw_partners gw_partner_wakers(const struct gw_scene *scene, uint32_t actor)
{
	return partner_find(scene, actor, partner_wakes);
}

/* ---- runtime PM ---------------------------------------------------------------------------------------------- */

/* A driver's functions around the callback and around who wants the device: same module, or the same first word. */
static bool partner_same_owner(const struct gw_log_frame *a, const struct gw_log_frame *b)
{
	static const char *const general[] = {
		"pm_", "dev_", "bus_", "platform_", "pci_", "generic_", "device_", "rpm_"
	};
	size_t word = strcspn(a->function, "_");

	if (*a->module && a->module == b->module)
		return true;
	for (size_t i = 0; i < sizeof(general) / sizeof(general[0]); i++)
		if (strncmp(a->function, general[i], strlen(general[i])) == 0)
			return false;
	return word >= 3 && a->function[word] && strncmp(a->function, b->function, word + 1) == 0;
}

/* Frames beside a place in a stack that are compared. */
#define NEIGHBOURS 6

static bool partner_calls_back(const struct gw_scene *scene, const struct gw_actor *waiter,
			       const struct gw_actor *other)
{
	const struct gw_log_frame *mine, *its;
	uint32_t count = gw_scene_frames(scene, waiter, &mine), end;

	if (!other->callback)
		return false;
	gw_scene_frames(scene, other, &its);
	end = waiter->wait.caller + NEIGHBOURS < count ? waiter->wait.caller + NEIGHBOURS : count;
	for (uint32_t i = waiter->wait.caller; i < end; i++)
		for (uint32_t j = other->callback_frame, n = 0; j > 0 && n < NEIGHBOURS; j--, n++)
			if (mine[i].reliable && its[j - 1].reliable && partner_same_owner(&mine[i], &its[j - 1]))
				return true;
	return false;
}

/* In a callback, all modules between that and the wait are one: its own driver wants the device back. */
static bool partner_wants_its_own(const struct gw_scene *scene, const struct gw_actor *actor)
{
	const struct gw_log_frame *frames;
	const char *module = NULL;

	gw_scene_frames(scene, actor, &frames);
	for (uint32_t i = actor->wait.caller; i < actor->callback_frame; i++) {
		if (!frames[i].reliable || !*frames[i].module)
			continue;
		if (module && module != frames[i].module)
			return false;
		module = frames[i].module;
	}
	return module != NULL;
}

struct gw_partners gw_partner_callbacks(const struct gw_scene *scene, uint32_t actor)
{
	struct gw_partners partners = partner_find(scene, actor, partner_calls_back);
	const struct gw_actor *at = &scene->actors[actor];

	/* Nobody else is in one: it waits for the end of what it runs itself. */
	if (partners.count == 0 && at->hung && at->callback && !at->wait.timed && partner_wants_its_own(scene, at))
		partners = (struct gw_partners){ .actors = { actor }, .count = 1 };
	return partners;
}

/* ---- CPUs -------------------------------------------------------------------------------------------------------- */

static bool partner_is_on_cpu(const struct gw_scene *scene, const struct gw_actor *waiter, const struct gw_actor *other)
{
	return (other->busy || other->runs) && other->wait.kind != GW_TEXT_WAIT_SPIN;
}

static bool partner_is_on_cpu_in_driver(const struct gw_scene *scene, const struct gw_actor *waiter,
					const struct gw_actor *other)
{
	return partner_is_on_cpu(scene, waiter, other) && gw_partner_same_driver(waiter, other);
}

struct gw_partners gw_partner_spinners(const struct gw_scene *scene, uint32_t actor)
{
	struct gw_partners partners = partner_find(scene, actor, partner_is_on_cpu_in_driver);

	return partners.count ? partners : partner_find(scene, actor, partner_is_on_cpu);
}

/* ---- what was left behind --------------------------------------------------------------------------------------- */

static bool partner_died_inside(const struct gw_scene *scene, const struct gw_actor *waiter,
				const struct gw_actor *other)
{
	return other->died && (other->invalidates || other->reclaims ||
			       strncmp(scene->model->tasks[other->task].comm, "kcompactd", 9) == 0 ||
			       strncmp(scene->model->tasks[other->task].comm, "kswapd", 6) == 0 ||
			       strncmp(scene->model->tasks[other->task].comm, "khugepaged", 10) == 0);
}

struct gw_partners gw_partner_dead(const struct gw_scene *scene, uint32_t actor)
{
	return partner_find(scene, actor, partner_died_inside);
}

static bool partner_in_section(const struct gw_scene *scene, const struct gw_actor *waiter,
			       const struct gw_actor *other)
{
	return !other->unplugs && other->wait.kind == GW_TEXT_WAIT_FENCE && gw_partner_same_driver(waiter, other);
}

struct gw_partners gw_partner_sections(const struct gw_scene *scene, uint32_t actor)
{
	return partner_find(scene, actor, partner_in_section);
}

/* Whether the kernel names who owns the locks that tasks wait for. */
static bool partner_has_lines(const struct gw_scene *scene)
{
	for (uint32_t i = 0; i < scene->model->n_blockers; i++)
		if (scene->model->tasks[scene->model->blockers[i].waiter].incident == scene->incident)
			return true;
	return false;
}

static bool partner_is_blocked_by(const struct gw_scene *scene, const struct gw_actor *waiter,
				  const struct gw_actor *owner)
{
	const struct gw_log_model *model = scene->model;

	for (uint32_t i = 0; i < model->n_blockers; i++)
		if (model->blockers[i].owner != GW_LOG_NONE &&
		    gw_scene_actor(scene, model->blockers[i].waiter) == waiter &&
		    gw_scene_actor(scene, model->blockers[i].owner) == owner)
			return true;
	return false;
}

/* Of modules that no table names, both entered memory management from the same one. */
static bool partner_same_module(const struct gw_actor *a, const struct gw_actor *b)
{
	return a->entry.kind == GW_SUBSYSTEM_OTHER && b->entry.kind == GW_SUBSYSTEM_OTHER && *a->entry.name &&
	       strcmp(a->entry.name, b->entry.name) == 0;
}

/* Page locks are taken before the lock that it waits for, which the kernel's line shows the waiter to have. */
static bool partner_migrates(const struct gw_scene *scene, const struct gw_actor *waiter, const struct gw_actor *other)
{
	return other->migrates && other->blocked && gw_text_wait_is_lock(other->wait.kind) &&
	       (gw_partner_same_driver(waiter, other) || partner_same_module(waiter, other)) &&
	       partner_is_blocked_by(scene, other, waiter);
}

struct gw_partners gw_partner_migrations(const struct gw_scene *scene, uint32_t actor)
{
	return partner_find(scene, actor, partner_migrates);
}

/*
 * The device may stand still until the fault is handled, and nobody else is there to signal its fence. Of the driver's other
 * waiters, too: which device a fence is of is in no log.
 */
static bool partner_handles_fault(const struct gw_scene *scene, const struct gw_actor *waiter,
				  const struct gw_actor *other)
{
	const struct gw_log_model *model = scene->model;

	if (!partner_has_lines(scene))
		return other->faults && other->blocked && gw_text_wait_is_lock(other->wait.kind) &&
		       gw_partner_same_driver(waiter, other);
	for (uint32_t i = 0; other->faults && other->blocked && i < model->n_blockers; i++) {
		const struct gw_actor *owner = model->blockers[i].owner != GW_LOG_NONE
						       ? gw_scene_actor(scene, model->blockers[i].owner)
						       : NULL;

		if (owner && gw_scene_actor(scene, model->blockers[i].waiter) == other &&
		    (owner == waiter ||
		     (owner->wait.kind == GW_TEXT_WAIT_FENCE && gw_partner_same_driver(owner, waiter))))
			return true;
	}
	return false;
}

struct gw_partners gw_partner_faults(const struct gw_scene *scene, uint32_t actor)
{
	return partner_find(scene, actor, partner_handles_fault);
}

/* Which process' it is no log shows: it is not its own. Some ways to wait for a page let go of mmap_lock first. */
static bool partner_faults_elsewhere(const struct gw_scene *scene, const struct gw_actor *waiter,
				     const struct gw_actor *other)
{
	static const char *const remote[] = { "get_user_pages_remote", "__get_user_pages_remote",
					      "pin_user_pages_remote" };
	bool found = false;

	for (size_t i = 0; i < sizeof(remote) / sizeof(remote[0]); i++)
		found |= partner_has_function(scene, other, remote[i]);
	return found && other->blocked && !partner_has_function(scene, other, "__folio_lock_or_retry") &&
	       !partner_has_function(scene, other, "handle_userfault");
}

struct gw_partners gw_partner_remote_faults(const struct gw_scene *scene, uint32_t actor)
{
	return partner_find(scene, actor, partner_faults_elsewhere);
}

static bool partner_unplugs(const struct gw_scene *scene, const struct gw_actor *waiter, const struct gw_actor *other)
{
	return other->unplugs && other->wait.kind == GW_TEXT_WAIT_SRCU && gw_partner_same_driver(waiter, other);
}

struct gw_partners gw_partner_unplugs(const struct gw_scene *scene, uint32_t actor)
{
	return partner_find(scene, actor, partner_unplugs);
}
