// SPDX-License-Identifier: GPL-2.0
/*
 * leaked-section: a task has gone on without drm_dev_exit(), and drm_dev_unplug() waits for it with the device's lock
 * held. drm-section: sections that merely last, or that a timer or a work item leaves in the end; one that drm_dev_enter() refused, long
 * after the unplug or while it began; one that waits for another GPU; one whose end is missed.
 */
#include <drm/drm_device.h>
#include <drm/drm_drv.h>
#include <linux/delay.h>
#include <linux/device.h>
#include <linux/kprobes.h>
#include <linux/ptrace.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/timer.h>
#include <linux/workqueue.h>

#include "lab.h"

enum section_variant { SECTION_EXITED, SECTION_WORKER, SECTION_USER };

struct section {
	struct lab_instance *inst;
	struct drm_device *drm;
	int idx;
	atomic_t entered;
	bool unplugged;
	struct lab_actor *owner;
	struct workqueue_struct *wq;
	struct work_struct work;
	atomic_t ended; /* unplugs that returned */

	struct timer_list timer; /* left-timer */
	struct work_struct slow; /* left-queued */

	struct kprobe unseen; /* missed-end */
	int unseen_idx;

	/* refused */
	struct kprobe read_lock;
	bool probed;
	struct task_struct *refused;
	atomic_t armed;
	struct completion entering;

	/* other-gpu */
	struct lab_ring *ring;
	struct dma_fence *finished;
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
	atomic_inc(&section->ended);
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

enum lasting_variant {
	LASTING_SLEEPS,
	LASTING_RUNS,
	LASTING_LEFT_TIMER,
	LASTING_LEFT_QUEUED,
	LASTING_REFUSED,
	LASTING_REFUSED_LATE,
	LASTING_OTHER_GPU,
	LASTING_MISSED_END
};

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

static int run_until_blocking(struct lab_instance *inst, enum lab_part part, int (*fn)(struct lab_actor *actor))
{
	struct lab_actor *actor = lab_actor_run(inst, "reader", part, "gpulab-read", fn);

	return actor ? lab_actor_wait_blocking(actor) : -ENOMEM;
}

static int lasting_readers(struct lab_instance *inst)
{
	return run_until_blocking(inst, LAB_HELPER, refused_thread) ?:
	       run_until_blocking(inst, LAB_ROOT, lasting_thread) ?: section_start_unplug(inst);
}

/* ---- sections that something else leaves ---- */

static void leaving_timer(struct timer_list *timer)
{
	section_leave(container_of(timer, struct section, timer));
}

static void leaving_work(struct work_struct *work)
{
	section_leave(container_of(work, struct section, work));
}

static void section_slow(struct work_struct *work)
{
	struct section *section = container_of(work, struct section, slow);
	unsigned long end = jiffies + section->inst->params.seconds * HZ;

	while (!lab_stopping(section->inst) && time_before(jiffies, end))
		msleep(50);
}

/* Who entered it has exited. On an ordered workqueue the item comes when the one before it is done. */
static int left_readers(struct lab_instance *inst, struct section *section)
{
	int ret = enter_in_thread(inst, section);

	if (ret)
		return ret;
	if (inst->variant->value == LASTING_LEFT_TIMER) {
		mod_timer(&section->timer, jiffies + inst->params.seconds * HZ);
		return section_start_unplug(inst);
	}
	section->wq = alloc_ordered_workqueue("gpulab-leave/%u", 0, inst->id);
	if (!section->wq)
		return -ENOMEM;
	queue_work(section->wq, &section->slow);
	queue_work(section->wq, &section->work);
	return section_start_unplug(inst);
}

/* ---- a section that is refused while the unplug begins ---- */

/* One instance at a time. */
static struct section *the_refused;

/* What drm_dev_enter() calls instead of __srcu_read_lock(), as if it had been preempted there. */
static int read_lock_late(struct srcu_struct *domain)
{
	struct section *section = the_refused;
	int (*lock)(struct srcu_struct *) = (void *)section->read_lock.addr;

	if (section->inst->variant->value == LASTING_REFUSED_LATE)
		usleep_range(1000, 2000);
	complete(&section->entering);
	while (!READ_ONCE(section->drm->unplugged) && !lab_stopping(section->inst))
		usleep_range(100, 200);
	return lock(domain);
}

static int before_read_lock(struct kprobe *probe, struct pt_regs *regs)
{
	struct section *section = container_of(probe, struct section, read_lock);

	if (current != READ_ONCE(section->refused) || !atomic_xchg(&section->armed, 0))
		return 0;
	instruction_pointer_set(regs, (unsigned long)read_lock_late);
	return 1;
}

/* Then it needs what the unplug's task holds. */
static int refused_meanwhile_thread(struct lab_actor *actor)
{
	struct section *section = actor->inst->priv;

	int idx;

	WRITE_ONCE(section->refused, current);
	atomic_set(&section->armed, 1);
	if (drm_dev_enter(section->drm, &idx)) {
		drm_dev_exit(idx);
		return -EEXIST;
	}
	lab_actor_blocks(actor);
	device_lock(section->drm->dev);
	device_unlock(section->drm->dev);
	return 0;
}

/* Holds the device until the unplug is over. */
static int unplug_meanwhile_thread(struct lab_actor *actor)
{
	struct section *section = actor->inst->priv;

	device_lock(section->drm->dev);
	if (lab_thread_wait(actor->inst, &section->entering)) {
		section->unplugged = true;
		lab_actor_blocks(actor);
		drm_dev_unplug(section->drm);
	}
	device_unlock(section->drm->dev);
	atomic_inc(&section->ended);
	return 0;
}

static int refused_readers(struct lab_instance *inst, struct section *section)
{
	struct lab_actor *refused, *unplugger;
	int ret;

	if (the_refused)
		return -EBUSY;
	the_refused = section;
	section->read_lock.symbol_name = "__srcu_read_lock";
	section->read_lock.pre_handler = before_read_lock;
	ret = register_kprobe(&section->read_lock);
	if (ret)
		return ret;
	section->probed = true;
	ret = run_until_blocking(inst, LAB_ROOT, lasting_thread);
	if (ret)
		return ret;
	unplugger = lab_actor_run(inst, "unplugger", LAB_PARTICIPANT, "gpulab-unpl", unplug_meanwhile_thread);
	msleep(inst->params.stagger_ms);
	refused = lab_actor_run(inst, "refused", LAB_PARTICIPANT, "gpulab-refuse", refused_meanwhile_thread);
	if (!refused || !unplugger)
		return -ENOMEM;
	return lab_actor_wait_blocking(unplugger) ?: lab_actor_wait_blocking(refused);
}

/* ---- a section that waits for another GPU ---- */

static int other_gpu_thread(struct lab_actor *actor)
{
	struct section *section = actor->inst->priv;
	int ret = section_enter(section);

	lab_actor_blocks(actor);
	if (!ret)
		dma_fence_wait(section->finished, false);
	section_leave(section);
	return ret;
}

/* The thread that signals what that GPU is done with has gone, and its driver starts another one. */
static int hardware_again_thread(struct lab_actor *actor)
{
	struct section *section = actor->inst->priv;

	wait_for_completion_interruptible_timeout(&actor->inst->stop, actor->inst->params.seconds * HZ);
	return lab_ring_start_hardware(section->ring, actor->inst->id);
}

static int other_gpu_readers(struct lab_instance *inst, struct section *section)
{
	struct lab_job *job;
	int ret;

	section->ring = lab_ring_create("gfx", inst->id);
	ret = section->ring ? lab_ring_warmup(section->ring, inst->params.warmup) : -ENOMEM;
	if (ret)
		return ret;
	lab_ring_stop_hardware(section->ring);
	if (!lab_actor_run(inst, "hardware", LAB_HELPER, "gpulab-again", hardware_again_thread))
		return -ENOMEM;
	job = lab_job_create(section->ring, NULL, NULL, &section->finished);
	if (!job)
		return -ENOMEM;
	lab_job_push(job);
	return run_until_blocking(inst, LAB_PARTICIPANT, other_gpu_thread) ?: section_start_unplug(inst);
}

/* ---- a section whose end is missed ---- */

static noinline void section_end_unseen(struct section *section)
{
	barrier_data(section);
}

/* In the handler of a probe no other probe's is called: who watches drm_dev_exit() by one does not see this. */
static int before_end_unseen(struct kprobe *probe, struct pt_regs *regs)
{
	drm_dev_exit(container_of(probe, struct section, unseen)->unseen_idx);
	return 0;
}

static void missed_work(struct work_struct *work)
{
	struct section *section = container_of(work, struct section, work);

	lab_actor_adopt(section->owner);
	if (drm_dev_enter(section->drm, &section->unseen_idx))
		section_end_unseen(section);
}

/* The worker that was in it has nothing more to do; somebody else is in another section. */
static int missed_readers(struct lab_instance *inst, struct section *section)
{
	int ret;

	section->unseen.addr = (kprobe_opcode_t *)section_end_unseen;
	section->unseen.pre_handler = before_end_unseen;
	ret = register_kprobe(&section->unseen);
	if (ret)
		return ret;
	INIT_WORK(&section->work, missed_work);
	ret = enter_in_work(inst, section);
	unregister_kprobe(&section->unseen);
	ret = ret ?: run_until_blocking(inst, LAB_ROOT, lasting_thread);
	if (ret)
		return ret;
	msleep(inst->params.stagger_ms);
	return section_start_unplug(inst);
}

static int lasting_start(struct lab_instance *inst)
{
	struct section *section = kzalloc(sizeof(*section), GFP_KERNEL);
	struct drm_device *drm;

	if (!section)
		return -ENOMEM;
	inst->priv = section;
	section->inst = inst;
	timer_setup(&section->timer, leaving_timer, 0);
	INIT_WORK(&section->work, leaving_work);
	INIT_WORK(&section->slow, section_slow);
	init_completion(&section->entering);
	drm = lab_drm_create("gpulab-section");
	if (IS_ERR(drm))
		return PTR_ERR(drm);
	section->drm = drm;
	switch (inst->variant->value) {
	case LASTING_LEFT_TIMER:
	case LASTING_LEFT_QUEUED:
		return left_readers(inst, section);
	case LASTING_REFUSED:
	case LASTING_REFUSED_LATE:
		return refused_readers(inst, section);
	case LASTING_OTHER_GPU:
		return other_gpu_readers(inst, section);
	case LASTING_MISSED_END:
		return missed_readers(inst, section);
	default:
		return lasting_readers(inst);
	}
}

/* What would leave the section in time does so now. */
static void lasting_release(struct lab_instance *inst)
{
	struct section *section = inst->priv;

	if (section && (inst->variant->value == LASTING_LEFT_TIMER || inst->variant->value == LASTING_LEFT_QUEUED))
		section_leave(section);
}

static void lasting_finish(struct lab_instance *inst)
{
	struct section *section = inst->priv;

	if (!section)
		return;
	if (section->probed)
		unregister_kprobe(&section->read_lock);
	if (the_refused == section)
		the_refused = NULL;
	lab_timer_stop(&section->timer);
	lab_ring_destroy(section->ring);
	dma_fence_put(section->finished);
	section_finish(inst);
}

static void lasting_show(struct lab_instance *inst, struct seq_file *seq)
{
	struct section *section = inst->priv;

	section_show(inst, seq);
	if (section)
		seq_printf(seq, ",\"ended\":%d", atomic_read(&section->ended));
}

static const struct lab_variant lasting_variants[] = {
	{ "sleeps", LASTING_SLEEPS },
	{ "runs", LASTING_RUNS },
	{ "left-timer", LASTING_LEFT_TIMER },
	{ "left-queued", LASTING_LEFT_QUEUED },
	{ "refused", LASTING_REFUSED },
	{ "refused-late", LASTING_REFUSED_LATE },
	{ "other-gpu", LASTING_OTHER_GPU },
	{ "missed-end", LASTING_MISSED_END },
	{ "" },
};

const struct lab_family lab_drm_section_family = {
	.name = "drm-section",
	.expected_class = "none",
	.variants = lasting_variants,
	.start = lasting_start,
	.release = lasting_release,
	.finish = lasting_finish,
	.show = lasting_show,
};
