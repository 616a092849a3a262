// SPDX-License-Identifier: GPL-2.0
/*
 * Actors: the kernel threads, workers and processes of an instance, with what the truth file says about each.
 */
#include <linux/delay.h>
#include <linux/kthread.h>
#include <linux/sched/task.h>
#include <linux/slab.h>
#include <linux/timekeeping.h>

#include "lab.h"

/* Longer than any step takes, even on an emulated machine under load. */
#define LAB_STEP_TIMEOUT (30 * HZ)

struct lab_actor *lab_actor_add(struct lab_instance *inst, const char *role, enum lab_part part)
{
	struct lab_actor *actor = kzalloc(sizeof(*actor), GFP_KERNEL);

	if (!actor)
		return NULL;
	actor->inst = inst;
	actor->role = role;
	actor->part = part;
	actor->state = "blocked";
	init_completion(&actor->blocking);
	init_completion(&actor->left);
	spin_lock(&inst->actors_lock);
	list_add_tail(&actor->node, &inst->actors);
	spin_unlock(&inst->actors_lock);
	return actor;
}

static void actor_set_task(struct lab_actor *actor, struct task_struct *task)
{
	spin_lock(&actor->inst->actors_lock);
	if (!actor->task) {
		actor->pid = task_pid_nr(task);
		actor->tgid = task_tgid_nr(task);
		get_task_comm(actor->comm, task);
		actor->task = get_task_struct(task);
	}
	spin_unlock(&actor->inst->actors_lock);
}

static int actor_main(void *data)
{
	struct lab_actor *actor = data;
	int ret = actor->fn(actor);

	complete_all(&actor->left);
	return ret;
}

struct lab_actor *lab_actor_run_index(struct lab_instance *inst, const char *role, enum lab_part part,
				      unsigned int index, const char *name, int (*fn)(struct lab_actor *actor))
{
	struct lab_actor *actor = lab_actor_add(inst, role, part);
	struct task_struct *task;

	if (!actor)
		return NULL;
	actor->fn = fn;
	actor->index = index;
	task = kthread_create(actor_main, actor, "%s/%u", name, inst->id);
	if (IS_ERR(task)) {
		spin_lock(&inst->actors_lock);
		list_del(&actor->node);
		spin_unlock(&inst->actors_lock);
		kfree(actor);
		return NULL;
	}
	actor->own_thread = true;
	actor_set_task(actor, task);
	wake_up_process(task);
	return actor;
}

struct lab_actor *lab_actor_run(struct lab_instance *inst, const char *role, enum lab_part part, const char *name,
				int (*fn)(struct lab_actor *actor))
{
	return lab_actor_run_index(inst, role, part, 0, name, fn);
}

void lab_actor_adopt(struct lab_actor *actor)
{
	actor_set_task(actor, current);
}

void lab_actor_blocks(struct lab_actor *actor)
{
	WRITE_ONCE(actor->since_ns, ktime_get_ns());
	complete_all(&actor->blocking);
}

int lab_wait(struct completion *done)
{
	long left = wait_for_completion_interruptible_timeout(done, LAB_STEP_TIMEOUT);

	if (left < 0)
		return -EINTR;
	return left ? 0 : -ETIMEDOUT;
}

int lab_actor_wait_blocking(struct lab_actor *actor)
{
	int ret = lab_wait(&actor->blocking);

	if (!ret)
		msleep(actor->inst->params.stagger_ms);
	return ret;
}

bool lab_thread_wait(struct lab_instance *inst, struct completion *go)
{
	while (!lab_stopping(inst)) {
		if (wait_for_completion_interruptible_timeout(go, HZ / 10) > 0)
			return !lab_stopping(inst);
	}
	return false;
}

void lab_actor_join(struct lab_actor *actor)
{
	if (!actor->own_thread)
		return;
	actor->own_thread = false;
	/* A thread that is told to stop before it ever ran would not run at all. */
	wait_for_completion(&actor->left);
	kthread_stop(actor->task);
}

int lab_victims_run(struct lab_instance *inst, int (*fn)(struct lab_actor *actor))
{
	unsigned int i;
	int ret;

	for (i = 0; i < inst->params.victims; i++) {
		struct lab_actor *actor = lab_actor_run_index(inst, "victim", LAB_VICTIM, i, "gpulab-vict", fn);

		if (!actor)
			return -ENOMEM;
		ret = lab_actor_wait_blocking(actor);
		if (ret)
			return ret;
	}
	return 0;
}
