// SPDX-License-Identifier: GPL-2.0
/*
 * leaked-section: a task has gone on without drm_dev_exit(), and drm_dev_unplug() waits for it with the device's lock
 * held. drm-section: sections that merely last, and one that drm_dev_enter() refused.
 */
#include <drm/drm_device.h>
#include <drm/drm_drv.h>
#include <linux/delay.h>
#include <linux/device.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/workqueue.h>

#include "lab.h"

enum section_variant { SECTION_EXITED, SECTION_WORKER, SECTION_USER };

struct section {
	struct drm_device *drm;
	int idx;
	atomic_t entered;
	bool unplugged;
	struct lab_actor *owner;
	struct workqueue_struct *wq;
	struct work_struct work;
};

static int section_enter(struct section *section)
{
	if (!drm_dev_enter(section->drm, &section->idx))
		return -ENODEV;
	atomic_set(&section->entered, 1);
	return 0;
}

static void section_leave(struct section *section)
{
	if (atomic_xchg(&section->entered, 0))
		drm_dev_exit(section->idx);
}

static int section_thread(struct lab_actor *actor)
{
	return section_enter(actor->inst->priv);
}

static void section_work(struct work_struct *work)
{
	struct section *section = container_of(work, struct section, work);

	lab_actor_adopt(section->owner);
	section_enter(section);
}

static int enter_in_thread(struct lab_instance *inst, struct section *section)
{
	section->owner = lab_actor_run(inst, "owner", LAB_ROOT, "gpulab-owner", section_thread);
	if (!section->owner)
		return -ENOMEM;
	lab_actor_join(section->owner);
	section->owner->state = "exited";
	return 0;
}

static int enter_in_work(struct lab_instance *inst, struct section *section)
{
	section->owner = lab_actor_add(inst, "owner", LAB_ROOT);
	section->wq = alloc_workqueue("gpulab-owner/%u", WQ_UNBOUND | WQ_MEM_RECLAIM, 1, inst->id);
	if (!section->owner || !section->wq)
		return -ENOMEM;
	queue_work(section->wq, &section->work);
	flush_work(&section->work);
	section->owner->state = "idle";
	return 0;
}

/* In the ioctl of the process, which returns to user space after this. */
static int enter_in_process(struct lab_instance *inst, struct section *section)
{
	section->owner = lab_actor_add(inst, "owner", LAB_ROOT);
	if (!section->owner)
		return -ENOMEM;
	lab_actor_adopt(section->owner);
	section->owner->state = "user";
	return section_enter(section);
}

/* As a bus does when a device is removed. */
static int section_unplug_thread(struct lab_actor *actor)
{
	struct section *section = actor->inst->priv;

	device_lock(section->drm->dev);
	section->unplugged = true;
	lab_actor_blocks(actor);
	drm_dev_unplug(section->drm);
	device_unlock(section->drm->dev);
	return 0;
}

static int section_victim_thread(struct lab_actor *actor)
{
	struct section *section = actor->inst->priv;

	lab_actor_blocks(actor);
	device_lock(section->drm->dev);
	device_unlock(section->drm->dev);
	return 0;
}

static int section_start_unplug(struct lab_instance *inst)
{
	struct lab_actor *unplugger =
		lab_actor_run(inst, "unplugger", LAB_PARTICIPANT, "gpulab-unpl", section_unplug_thread);
	int ret = unplugger ? lab_actor_wait_blocking(unplugger) : -ENOMEM;

	return ret ?: lab_victims_run(inst, section_victim_thread);
}

static int section_start(struct lab_instance *inst)
{
	struct section *section = kzalloc(sizeof(*section), GFP_KERNEL);
	struct drm_device *drm;
	int ret;

	if (!section)
		return -ENOMEM;
	inst->priv = section;
	INIT_WORK(&section->work, section_work);
	drm = lab_drm_create("gpulab-section");
	if (IS_ERR(drm))
		return PTR_ERR(drm);
	section->drm = drm;
	if (inst->variant->value == SECTION_USER)
		ret = enter_in_process(inst, section);
	else if (inst->variant->value == SECTION_WORKER)
		ret = enter_in_work(inst, section);
	else
		ret = enter_in_thread(inst, section);
	msleep(inst->params.stagger_ms);
	return ret ?: section_start_unplug(inst);
}

static int section_unlock(struct lab_instance *inst)
{
	struct section *section = inst->priv;

	if (inst->variant->value != SECTION_USER || !section)
		return -EINVAL;
	if (current != section->owner->task)
		return -EPERM;
	section_leave(section);
	complete_all(&section->owner->left);
	return 0;
}

/* A process is asked to leave its section; who cannot do it any more has it left for them. */
static void section_release(struct lab_instance *inst)
{
	struct section *section = inst->priv;

	if (!section)
		return;
	if (inst->variant->value == SECTION_USER && section->owner && !completion_done(&inst->client->closed)) {
		kill_pid(task_pid(section->owner->task), SIGUSR1, 1);
		wait_for_completion_timeout(&section->owner->left, 5 * HZ);
	}
	section_leave(section);
}

static void section_finish(struct lab_instance *inst)
{
	struct section *section = inst->priv;

	if (!section)
		return;
	if (section->wq)
		destroy_workqueue(section->wq);
	if (section->drm)
		lab_drm_destroy(section->drm, section->unplugged);
	kfree(section);
}

static void section_show(struct lab_instance *inst, struct seq_file *seq)
{
	struct section *section = inst->priv;

	if (section && section->drm)
		seq_printf(seq, ",\"device\":{\"name\":\"%s\",\"driver\":\"%s\"}", dev_name(section->drm->dev),
			   LAB_DRIVER_NAME);
}

static const struct lab_variant section_variants[] = {
	{ "exited", SECTION_EXITED },
	{ "worker", SECTION_WORKER },
	{ "user-sleep", SECTION_USER, true },
	{ "user-spin", SECTION_USER, true },
	{ "" },
};

const struct lab_family lab_leaked_section_family = {
	.name = "leaked-section",
	.expected_class = "leaked-section",
	.variants = section_variants,
	.start = section_start,
	.release = section_release,
	.finish = section_finish,
	.show = section_show,
	.unlock = section_unlock,
};

/* ---- healthy ---- */

enum lasting_variant { LASTING_SLEEPS, LASTING_RUNS };

/* In a section for as long as the scenario lasts. */
static int lasting_thread(struct lab_actor *actor)
{
	unsigned long end = jiffies + actor->inst->params.seconds * HZ;
	struct section *section = actor->inst->priv;
	int ret = section_enter(section);

	lab_actor_blocks(actor);
	while (!ret && !lab_stopping(actor->inst) && time_before(jiffies, end)) {
		if (actor->inst->variant->value == LASTING_RUNS)
			cond_resched();
		else
			msleep_interruptible(100);
	}
	section_leave(section);
	return ret;
}

/* drm_dev_enter() of a device that was unplugged long ago is refused, and there is no section that could last. */
static int refused_thread(struct lab_actor *actor)
{
	struct drm_device *drm = lab_drm_create("gpulab-refused");
	int idx;

	if (IS_ERR(drm))
		return PTR_ERR(drm);
	drm_dev_unplug(drm);
	if (drm_dev_enter(drm, &idx))
		drm_dev_exit(idx);
	lab_drm_destroy(drm, true);
	lab_actor_blocks(actor);
	while (!lab_stopping(actor->inst))
		msleep_interruptible(100);
	return 0;
}

static int lasting_start(struct lab_instance *inst)
{
	static const struct {
		enum lab_part part;
		int (*function)(struct lab_actor *actor);
	} readers[] = { { LAB_HELPER, refused_thread }, { LAB_ROOT, lasting_thread } };
	struct section *section = kzalloc(sizeof(*section), GFP_KERNEL);
	struct drm_device *drm;
	unsigned int i;

	if (!section)
		return -ENOMEM;
	inst->priv = section;
	drm = lab_drm_create("gpulab-section");
	if (IS_ERR(drm))
		return PTR_ERR(drm);
	section->drm = drm;
	for (i = 0; i < ARRAY_SIZE(readers); i++) {
		struct lab_actor *actor =
			lab_actor_run(inst, "reader", readers[i].part, "gpulab-read", readers[i].function);
		int ret = actor ? lab_actor_wait_blocking(actor) : -ENOMEM;

		if (ret)
			return ret;
	}
	return section_start_unplug(inst);
}

static const struct lab_variant lasting_variants[] = { { "sleeps", LASTING_SLEEPS }, { "runs", LASTING_RUNS }, { "" } };

const struct lab_family lab_drm_section_family = {
	.name = "drm-section",
	.expected_class = "none",
	.variants = lasting_variants,
	.start = lasting_start,
	.finish = section_finish,
	.show = section_show,
};
