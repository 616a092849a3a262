/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whom an actor waits for, where the log does not say it: the other blocked actors of the same driver that, by what they
 * do, could be it. One alone is probable; of several each is a guess.
 */
#ifndef GPUWATCH_LIB_EXPLAIN_PARTNER_H
#define GPUWATCH_LIB_EXPLAIN_PARTNER_H

#include "lib/explain/scene.h"

/* Partners of one actor that are kept. */
#define GW_PARTNERS_MAX 8

struct gw_partners {
	uint32_t actors[GW_PARTNERS_MAX];
	uint32_t count;
	bool many;  /* more than were kept, or one of them is not seen to be stuck */
	bool named; /* the kernel's own listing names them, and these are all */
};

/* Both in the same driver, as far as their stacks tell: a GPU's, or a module that no table names. */
bool gw_partner_same_driver(const struct gw_actor *a, const struct gw_actor *b);

/* Whoever else is in the midst of something in the driver that the actor is in, and may have what it waits for; NULL = nobody. */
const struct gw_scene_idler *gw_partner_idler(const struct gw_scene *scene, const struct gw_actor *actor);

/* All of several wait for a lock in the same function: whichever is meant, it comes to the same. */
bool gw_partners_alike(const struct gw_scene *scene, const struct gw_partners *partners);

/* Who may hold the lock that it waits for. */
struct gw_partners gw_partner_holders(const struct gw_scene *scene, uint32_t actor);
/* Who else may have the rw-semaphore that it waits for, of which the kernel names one reader who gets on: whoever does not. */
struct gw_partners gw_partner_readers(const struct gw_scene *scene, uint32_t actor, uint32_t named);
/* Who of its driver polls or runs as the actor does, and may have the lock that it tries to take. */
struct gw_partners gw_partner_pollers(const struct gw_scene *scene, uint32_t actor);
/* Whose reset alone could end the fence that it waits for. */
struct gw_partners gw_partner_resets(const struct gw_scene *scene, uint32_t actor);
/* Who would signal that fence. */
struct gw_partners gw_partner_signallers(const struct gw_scene *scene, uint32_t actor);
/* Where no words show who signals: the driver's own kernel threads, there to run its jobs, that wait for a work item. */
struct gw_partners gw_partner_threads(const struct gw_scene *scene, uint32_t actor);
/* The thread of its driver that is to park or to end. */
struct gw_partners gw_partner_stopped(const struct gw_scene *scene, uint32_t actor);
/* Whose invalidate callback it waits for. */
struct gw_partners gw_partner_invalidations(const struct gw_scene *scene, uint32_t actor);
/* Who may run the work that it flushes or cancels. */
struct gw_partners gw_partner_workers(const struct gw_scene *scene, uint32_t actor);
/* The threads of its driver that execute the items of a kthread_worker, if it waits for one of those. */
struct gw_partners gw_partner_queue_threads(const struct gw_scene *scene, uint32_t actor);
/* The one item of its driver that is blocked, and that waits for a lock which nobody but the actor can have. */
struct gw_partners gw_partner_flushed(const struct gw_scene *scene, uint32_t actor);
/* Whose work would wake it from a sleep in a function of its driver. */
struct gw_partners gw_partner_wakers(const struct gw_scene *scene, uint32_t actor);
/* Who runs the runtime PM callback of the device that it wants. */
struct gw_partners gw_partner_callbacks(const struct gw_scene *scene, uint32_t actor);
/* Who may be on another CPU with the spinlock that it wants, or does not answer it from there. */
struct gw_partners gw_partner_spinners(const struct gw_scene *scene, uint32_t actor);
/* Who died with page locks. */
struct gw_partners gw_partner_dead(const struct gw_scene *scene, uint32_t actor);
/* Who moves pages for the driver that the actor is in, and waits for a lock that the kernel's lines show the actor to have. */
struct gw_partners gw_partner_migrations(const struct gw_scene *scene, uint32_t actor);
/* Who handles a page fault, and waits for a lock that the kernel's lines show the actor, or one of its driver, to have;
 * where the kernel names no owners, for one that they may have. */
struct gw_partners gw_partner_faults(const struct gw_scene *scene, uint32_t actor);
/* Who handles a page fault in the memory of another process, with that one's mmap_lock. */
struct gw_partners gw_partner_remote_faults(const struct gw_scene *scene, uint32_t actor);
/* Who unplugs the device that the fence it waits for may be of. */
struct gw_partners gw_partner_unplugs(const struct gw_scene *scene, uint32_t actor);
/* Who is in a drm_dev_enter() section that an unplug waits for. */
struct gw_partners gw_partner_sections(const struct gw_scene *scene, uint32_t actor);

#endif
