// SPDX-License-Identifier: GPL-2.0
/*
 * semaphore-cycle, semaphore-leak: loops and dead ends of struct semaphore, as a driver's own OS layer uses it for its
 * locks. semaphore-healthy: semaphores that look like it and are none.
 */
#include <linux/delay.h>
#include <linux/semaphore.h>
#include <linux/slab.h>
#include <linux/workqueue.h>

#include "lab.h"

enum semaphore_variant {
	CYCLE_PAIR,
	CYCLE_MUTEX,
	CYCLE_RETRIES,
	LEAK_EXITED,
	HEALTHY_SIGNAL,
	HEALTHY_HANDED,
	HEALTHY_TIMED,
	HEALTHY_GIVES_UP,
};

#define TURN msecs_to_jiffies(250)

struct lab_semaphores {
	struct semaphore first, second;
	struct mutex mutex;
	struct completion taken, go;
	struct delayed_work release;
	bool held_by_nobody; /* its holder has gone */
};

/* Takes and releases it, so that there is a habit to learn. */
static void warm_up(struct semaphore *semaphore, unsigned int count)
{
	while (count--) {
		down(semaphore);
		up(semaphore);
	}
}

/* ---- two tasks, two locks, both orders ---- */

/* Waits for a short time, again and again. Returns whether it has got it. */
static bool retry_first(struct lab_instance *inst)
{
	bool gives_up = inst->variant->value == HEALTHY_GIVES_UP;
	unsigned long end = jiffies + inst->params.seconds * HZ;
	struct lab_semaphores *s = inst->priv;

	while (down_timeout(&s->first, TURN))
		if (gives_up && time_after(jiffies, end))
			return false;
	return true;
}

/* HEALTHY_TIMED, HEALTHY_GIVES_UP: one of the two gives up. */
static void take_first(struct lab_instance *inst)
{
	struct lab_semaphores *s = inst->priv;
	bool got = true;

	switch (inst->variant->value) {
	case CYCLE_RETRIES:
	case HEALTHY_GIVES_UP:
		got = retry_first(inst);
		break;
	case HEALTHY_TIMED:
		got = !down_timeout(&s->first, inst->params.seconds * HZ);
		break;
	default:
		down(&s->first);
	}
	if (got)
		up(&s->first);
}

static bool is_healthy_cycle(struct lab_instance *inst)
{
	return inst->variant->value == HEALTHY_TIMED || inst->variant->value == HEALTHY_GIVES_UP;
}

static int inner_thread(struct lab_actor *actor)
{
	struct lab_semaphores *s = actor->inst->priv;
	bool mutex = actor->inst->variant->value == CYCLE_MUTEX;

	if (mutex)
		mutex_lock(&s->mutex);
	else
		down(&s->second);
	complete(&s->taken);
	if (lab_thread_wait(actor->inst, &s->go)) {
		lab_actor_blocks(actor);
		take_first(actor->inst);
	}
	if (mutex)
		mutex_unlock(&s->mutex);
	else
		up(&s->second);
	return 0;
}

static int outer_thread(struct lab_actor *actor)
{
	struct lab_semaphores *s = actor->inst->priv;

	warm_up(&s->first, actor->inst->params.warmup);
	down(&s->first);
	complete(&s->go);
	lab_actor_blocks(actor);
	if (actor->inst->variant->value == CYCLE_MUTEX) {
		mutex_lock(&s->mutex);
		mutex_unlock(&s->mutex);
	} else {
		down(&s->second);
	}
	/* Of a pair the loop was broken by giving second to this task: see semaphore_release(). */
	up(&s->first);
	return 0;
}

static int victim_thread(struct lab_actor *actor)
{
	struct lab_semaphores *s = actor->inst->priv;

	lab_actor_blocks(actor);
	down(&s->first);
	up(&s->first);
	return 0;
}

static int cycle_start(struct lab_instance *inst)
{
	enum lab_part part = is_healthy_cycle(inst) ? LAB_HELPER : LAB_PARTICIPANT;
	struct lab_semaphores *s = inst->priv;
	struct lab_actor *inner, *outer;
	int ret;

	warm_up(&s->second, inst->params.warmup);
	inner = lab_actor_run(inst, "inner", part, "gpulab-inner", inner_thread);
	ret = inner ? lab_wait(&s->taken) : -ENOMEM;
	if (ret)
		return ret;
	outer = lab_actor_run(inst, "outer", part, "gpulab-outer", outer_thread);
	ret = outer ? lab_actor_wait_blocking(outer) : -ENOMEM;
	ret = ret ?: lab_actor_wait_blocking(inner);
	return ret ?: lab_victims_run(inst, victim_thread);
}

/* ---- a holder that has gone ---- */

static int leaking_thread(struct lab_actor *actor)
{
	struct lab_semaphores *s = actor->inst->priv;

	warm_up(&s->first, actor->inst->params.warmup);
	down(&s->first);
	s->held_by_nobody = true;
	return 0;
}

static int leak_start(struct lab_instance *inst)
{
	struct lab_actor *owner = lab_actor_run(inst, "owner", LAB_ROOT, "gpulab-owner", leaking_thread);
	struct lab_actor *waiter;
	int ret;

	if (!owner)
		return -ENOMEM;
	lab_actor_join(owner);
	owner->state = "exited";
	waiter = lab_actor_run(inst, "waiter", LAB_PARTICIPANT, "gpulab-wait", victim_thread);
	ret = waiter ? lab_actor_wait_blocking(waiter) : -ENOMEM;
	return ret ?: lab_victims_run(inst, victim_thread);
}

/* ---- nothing is wrong ---- */

/* Somebody else's up(), late: an event that comes, or a release that was left to a work item. */
static void release_work(struct work_struct *work)
{
	struct lab_semaphores *s = container_of(to_delayed_work(work), struct lab_semaphores, release);

	up(&s->first);
}

/* Waits for an event with a semaphore, again and again: who took it last is who waits. */
static int signalled_thread(struct lab_actor *actor)
{
	struct lab_semaphores *s = actor->inst->priv;

	down(&s->first);
	while (!lab_stopping(actor->inst)) {
		schedule_delayed_work(&s->release, 3 * HZ);
		down(&s->first);
	}
	return 0;
}

/* Takes it, leaves the release to a work item, and ends. */
static int handing_thread(struct lab_actor *actor)
{
	struct lab_semaphores *s = actor->inst->priv;

	down(&s->first);
	schedule_delayed_work(&s->release, 6 * HZ);
	return 0;
}

static int healthy_start(struct lab_instance *inst)
{
	struct lab_actor *actor;

	if (inst->variant->value == HEALTHY_SIGNAL)
		return lab_actor_run(inst, "waiter", LAB_HELPER, "gpulab-wait", signalled_thread) ? 0 : -ENOMEM;
	actor = lab_actor_run(inst, "owner", LAB_HELPER, "gpulab-owner", handing_thread);
	if (!actor)
		return -ENOMEM;
	lab_actor_join(actor);
	return lab_actor_run(inst, "waiter", LAB_HELPER, "gpulab-wait", victim_thread) ? 0 : -ENOMEM;
}

/* ---- what they share ---- */

static int semaphore_start(struct lab_instance *inst)
{
	struct lab_semaphores *s = kzalloc(sizeof(*s), GFP_KERNEL);

	if (!s)
		return -ENOMEM;
	inst->priv = s;
	sema_init(&s->first, 1);
	sema_init(&s->second, 1);
	mutex_init(&s->mutex);
	init_completion(&s->taken);
	init_completion(&s->go);
	INIT_DELAYED_WORK(&s->release, release_work);
	lab_truth_lock_at(inst, "semaphore", &s->first);
	switch (inst->variant->value) {
	case CYCLE_PAIR:
	case CYCLE_MUTEX:
	case CYCLE_RETRIES:
	case HEALTHY_TIMED:
	case HEALTHY_GIVES_UP:
		return cycle_start(inst);
	case LEAK_EXITED:
		return leak_start(inst);
	default:
		return healthy_start(inst);
	}
}

/* Anybody may release a semaphore. */
static void semaphore_release(struct lab_instance *inst)
{
	struct lab_semaphores *s = inst->priv;

	if (!s)
		return;
	switch (inst->variant->value) {
	case CYCLE_PAIR:
	case CYCLE_RETRIES:
		up(&s->second);
		break;
	case CYCLE_MUTEX:
		up(&s->first);
		break;
	case LEAK_EXITED:
		if (s->held_by_nobody)
			up(&s->first);
		break;
	default:
		mod_delayed_work(system_wq, &s->release, 0);
		break;
	}
}

static void semaphore_finish(struct lab_instance *inst)
{
	struct lab_semaphores *s = inst->priv;

	if (!s)
		return;
	cancel_delayed_work_sync(&s->release);
	kfree(s);
}

static const struct lab_variant cycle_variants[] = {
	{ "pair", CYCLE_PAIR }, { "mutex", CYCLE_MUTEX }, { "retries", CYCLE_RETRIES }, { "" }
};
static const struct lab_variant leak_variants[] = { { "exited", LEAK_EXITED }, { "" } };
static const struct lab_variant healthy_variants[] = {
	{ "signal", HEALTHY_SIGNAL },
	{ "handed", HEALTHY_HANDED },
	{ "timed", HEALTHY_TIMED },
	{ "gives-up", HEALTHY_GIVES_UP },
	{ "" },
};

const struct lab_family lab_semaphore_cycle_family = {
	.name = "semaphore-cycle",
	.expected_class = "lock-cycle",
	.variants = cycle_variants,
	.start = semaphore_start,
	.release = semaphore_release,
	.finish = semaphore_finish,
};

const struct lab_family lab_semaphore_leak_family = {
	.name = "semaphore-leak",
	.expected_class = "leaked-lock",
	.variants = leak_variants,
	.start = semaphore_start,
	.release = semaphore_release,
	.finish = semaphore_finish,
};

const struct lab_family lab_semaphore_healthy_family = {
	.name = "semaphore-healthy",
	.expected_class = "none",
	.variants = healthy_variants,
	.start = semaphore_start,
	.release = semaphore_release,
	.finish = semaphore_finish,
};
