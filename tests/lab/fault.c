// SPDX-License-Identifier: GPL-2.0
/*
 * page-fault: a device stands still for a page fault in a process's memory, and the fault waits for mmap_lock, whose
 * holder waits for a job of a device; or the fault is on memory of the device itself, and waits for the job. The device's
 * "hardware" signals its jobs' fences from a timer's interrupt, and does not while a page request of it is unanswered.
 */
#include <linux/delay.h>
#include <linux/mm.h>
#include <linux/mmap_lock.h>
#include <linux/module.h>
#include <linux/platform_device.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>

#include "lab.h"

#define JOB_NS (300 * NSEC_PER_USEC)

enum fault_variant { FAULT_MEMORY, FAULT_DEVICE_MEMORY, FAULT_SLOW, FAULT_OTHER_DEVICE, FAULT_BESIDE, FAULT_MOVES };

struct engine {
	struct lab_timeline timeline;
	spinlock_t lock;
	struct hrtimer timer;
	struct dma_fence *job;
	u64 duration_ns;
	bool stalled;
};

struct fault_cycle {
	struct lab_instance *inst;
	char driver_name[LAB_NAME_LEN];
	struct platform_driver driver;
	bool has_driver;
	struct platform_device *devices[2];
	struct lab_pager *pager;
	struct mm_struct *mm;
	unsigned long address;
	struct engine compute, copy;
	struct dma_fence *fence;
	struct lab_actor *handler; /* on memory of the device: the kernel's worker that handles the fault */
	struct dma_fence *moved; /* what it waits for */
	struct completion locked, go;
};

/* ---- the hardware ---- */

static enum hrtimer_restart engine_interrupt(struct hrtimer *timer)
{
	struct engine *engine = container_of(timer, struct engine, timer);
	struct dma_fence *job = NULL;
	unsigned long flags;

	spin_lock_irqsave(&engine->lock, flags);
	if (!engine->stalled)
		swap(job, engine->job);
	spin_unlock_irqrestore(&engine->lock, flags);
	if (job) {
		dma_fence_signal(job);
		dma_fence_put(job);
	}
	return HRTIMER_NORESTART;
}

static void engine_init(struct engine *engine, const char *name, unsigned int id)
{
	lab_timeline_init(&engine->timeline, name, id);
	spin_lock_init(&engine->lock);
	lab_hrtimer_setup(&engine->timer, engine_interrupt);
}

static void engine_stall(struct engine *engine, bool stalled)
{
	unsigned long flags;
	bool run;

	spin_lock_irqsave(&engine->lock, flags);
	engine->stalled = stalled;
	run = !stalled && engine->job;
	spin_unlock_irqrestore(&engine->lock, flags);
	if (run)
		hrtimer_start(&engine->timer, ns_to_ktime(engine->duration_ns), HRTIMER_MODE_REL);
}

/* The engine's next job; there is none now. The caller gets a reference. */
static struct dma_fence *engine_submit(struct engine *engine, u64 duration_ns)
{
	struct dma_fence *fence = lab_fence_create(&engine->timeline);
	unsigned long flags;

	if (!fence)
		return NULL;
	spin_lock_irqsave(&engine->lock, flags);
	engine->job = dma_fence_get(fence);
	engine->duration_ns = duration_ns;
	spin_unlock_irqrestore(&engine->lock, flags);
	if (!engine->stalled)
		hrtimer_start(&engine->timer, ns_to_ktime(duration_ns), HRTIMER_MODE_REL);
	return fence;
}

static void engine_work(struct engine *engine, unsigned int jobs)
{
	while (jobs--) {
		struct dma_fence *fence = engine_submit(engine, JOB_NS);

		if (!fence)
			return;
		dma_fence_wait(fence, false);
		dma_fence_put(fence);
	}
}

static void engine_fini(struct engine *engine)
{
	hrtimer_cancel(&engine->timer);
	lab_fence_cancel(engine->job);
	dma_fence_put(engine->job);
	engine->job = NULL;
}

/* The page request has been answered. */
static void answered(void *data)
{
	struct fault_cycle *fc = data;

	engine_stall(&fc->compute, false);
}

static int device_probe(struct platform_device *device)
{
	return 0;
}

static int devices_create(struct fault_cycle *fc)
{
	unsigned int i, count = fc->inst->variant->value == FAULT_OTHER_DEVICE ? 2 : 1;
	int ret;

	snprintf(fc->driver_name, sizeof(fc->driver_name), "gpulab-gpu%u", fc->inst->id);
	fc->driver.probe = device_probe;
	fc->driver.driver.name = fc->driver_name;
	ret = platform_driver_register(&fc->driver);
	if (ret)
		return ret;
	fc->has_driver = true;
	for (i = 0; i < count; i++) {
		struct platform_device *device = platform_device_register_simple(fc->driver_name, i, NULL, 0);

		if (IS_ERR(device))
			return PTR_ERR(device);
		fc->devices[i] = device;
	}
	return 0;
}

/* ---- the actors ---- */

/* The process's thread, in an ioctl of the driver. */
static int holder_thread(struct lab_actor *actor)
{
	struct fault_cycle *fc = actor->inst->priv;

	mmap_write_lock(fc->mm);
	complete(&fc->locked);
	if (lab_thread_wait(actor->inst, &fc->go)) {
		if (actor->inst->variant->value == FAULT_SLOW) {
			wait_for_completion_interruptible_timeout(&actor->inst->stop, actor->inst->params.seconds * HZ);
		} else {
			lab_actor_blocks(actor);
			dma_fence_wait(fc->fence, false);
		}
	}
	mmap_write_unlock(fc->mm);
	return 0;
}

/* Moves memory of the device, for which it waits until the device is done with what it does with it. */
static void fault_in_device_memory(struct lab_instance *inst)
{
	struct fault_cycle *fc = inst->priv;

	if (!READ_ONCE(fc->moved))
		return;
	lab_actor_adopt(fc->handler);
	lab_actor_blocks(fc->handler);
	dma_fence_wait(fc->moved, false);
}

static int client_thread(struct lab_actor *actor)
{
	struct fault_cycle *fc = actor->inst->priv;

	complete(&fc->locked);
	dma_fence_wait(fc->fence, false);
	return 0;
}

/* Keeps the other engine of the device busy. */
static int busy_thread(struct lab_actor *actor)
{
	struct fault_cycle *fc = actor->inst->priv;

	while (!lab_stopping(actor->inst)) {
		engine_work(&fc->copy, 1);
		msleep(20);
	}
	return 0;
}

static int victim_thread(struct lab_actor *actor)
{
	struct fault_cycle *fc = actor->inst->priv;

	lab_actor_blocks(actor);
	dma_fence_wait(fc->fence, false);
	return 0;
}

/* ---- the scenario ---- */

static int find_address(struct fault_cycle *fc)
{
	struct vm_area_struct *vma;

	mmap_read_lock(fc->mm);
	vma = find_vma(fc->mm, 0);
	if (vma)
		fc->address = vma->vm_start;
	mmap_read_unlock(fc->mm);
	return vma ? 0 : -ENOENT;
}

static int prepare(struct lab_instance *inst, struct fault_cycle *fc)
{
	int ret;

	fc->mm = current->mm;
	mmgrab(fc->mm);
	init_completion(&fc->locked);
	init_completion(&fc->go);
	fc->address = inst->request.address;
	engine_init(&fc->compute, "compute", inst->id);
	engine_init(&fc->copy, "copy", inst->id);
	ret = (fc->address ? 0 : find_address(fc)) ?: devices_create(fc);
	if (ret)
		return ret;
	fc->pager = lab_pager_create(&fc->devices[0]->dev, fc->mm, answered, fc);
	if (IS_ERR(fc->pager)) {
		ret = PTR_ERR(fc->pager);
		fc->pager = NULL;
		return ret;
	}
	engine_work(&fc->compute, inst->params.warmup);
	engine_work(&fc->copy, inst->params.warmup);
	return 0;
}

/* Only a device that cannot go on beside a fault stands still for it. */
static bool stands_still(const struct lab_instance *inst)
{
	return inst->variant->value != FAULT_OTHER_DEVICE && inst->variant->value != FAULT_BESIDE;
}

/* A client waits for a job; then the device faults, and the handler waits for that job, or in /moves for one that moves memory. */
static int fault_start_in_device(struct lab_instance *inst, struct fault_cycle *fc)
{
	bool moves = inst->variant->value == FAULT_MOVES;
	int ret;

	fc->handler = lab_actor_add(inst, "handler", LAB_PARTICIPANT);
	if (!fc->handler)
		return -ENOMEM;
	engine_stall(&fc->compute, true);
	fc->fence = engine_submit(&fc->compute, JOB_NS);
	if (!fc->fence)
		return -ENOMEM;
	lab_truth_lab_fence(inst, fc->fence);
	if (!lab_actor_run(inst, "client", LAB_HELPER, "gpulab-client", client_thread))
		return -ENOMEM;
	ret = lab_wait(&fc->locked);
	if (ret)
		return ret;
	msleep(inst->params.stagger_ms);
	fc->moved = moves ? engine_submit(&fc->copy, inst->params.seconds * NSEC_PER_SEC) : dma_fence_get(fc->fence);
	if (!fc->moved)
		return -ENOMEM;
	ret = lab_pager_request(fc->pager, fc->address) ?: lab_actor_wait_blocking(fc->handler);
	return ret ?: lab_victims_run(inst, victim_thread);
}

static int fault_start(struct lab_instance *inst)
{
	struct fault_cycle *fc = kzalloc(sizeof(*fc), GFP_KERNEL);
	struct lab_actor *holder;
	int ret;

	if (!fc)
		return -ENOMEM;
	inst->priv = fc;
	fc->inst = inst;
	ret = prepare(inst, fc);
	if (ret)
		return ret;
	if (inst->variant->value == FAULT_DEVICE_MEMORY || inst->variant->value == FAULT_MOVES)
		return fault_start_in_device(inst, fc);
	holder = lab_actor_run(inst, "holder", inst->variant->value == FAULT_SLOW ? LAB_HELPER : LAB_PARTICIPANT,
			       "gpulab-hold", holder_thread);
	ret = holder ? lab_wait(&fc->locked) : -ENOMEM;
	if (ret)
		return ret;
	engine_stall(&fc->compute, stands_still(inst));
	fc->fence = engine_submit(&fc->compute, stands_still(inst) ? JOB_NS : inst->params.seconds * NSEC_PER_SEC);
	if (!fc->fence)
		return -ENOMEM;
	lab_truth_lab_fence(inst, fc->fence);
	lab_truth_lock_at(inst, "mmap_lock", &fc->mm->mmap_lock);
	if (inst->variant->value == FAULT_BESIDE &&
	    !lab_actor_run(inst, "busy", LAB_HELPER, "gpulab-busy", busy_thread))
		return -ENOMEM;
	ret = lab_pager_request(fc->pager, fc->address);
	if (ret)
		return ret;
	msleep(inst->params.stagger_ms);
	complete(&fc->go);
	if (inst->variant->value != FAULT_SLOW)
		ret = lab_actor_wait_blocking(holder);
	return ret ?: lab_victims_run(inst, victim_thread);
}

static void fault_release(struct lab_instance *inst)
{
	struct fault_cycle *fc = inst->priv;

	if (fc) {
		lab_fence_cancel(fc->fence);
		lab_fence_cancel(fc->moved);
	}
}

static void fault_finish(struct lab_instance *inst)
{
	struct fault_cycle *fc = inst->priv;
	unsigned int i;

	if (!fc)
		return;
	if (fc->pager)
		lab_pager_destroy(fc->pager);
	engine_fini(&fc->compute);
	engine_fini(&fc->copy);
	for (i = 0; i < ARRAY_SIZE(fc->devices); i++)
		if (fc->devices[i])
			platform_device_unregister(fc->devices[i]);
	if (fc->has_driver)
		platform_driver_unregister(&fc->driver);
	mmdrop(fc->mm);
	dma_fence_put(fc->fence);
	dma_fence_put(fc->moved);
	kfree(fc);
}

static const struct lab_variant fault_variants[] = {
	{ "memory", FAULT_MEMORY, true },
	{ "device-memory", FAULT_DEVICE_MEMORY, true },
	{ "" },
};

static const struct lab_variant healthy_variants[] = {
	{ "slow", FAULT_SLOW, true },
	{ "other-device", FAULT_OTHER_DEVICE, true },
	{ "beside", FAULT_BESIDE, true },
	{ "moves", FAULT_MOVES, true },
	{ "" },
};

const struct lab_family lab_pager_family = {
	.name = "page-fault",
	.expected_class = "fault-preempt",
	.variants = fault_variants,
	.start = fault_start,
	.fault = fault_in_device_memory,
	.release = fault_release,
	.reset = fault_release,
	.finish = fault_finish,
};

const struct lab_family lab_pager_fine_family = {
	.name = "page-fault-healthy",
	.expected_class = "none",
	.variants = healthy_variants,
	.start = fault_start,
	.fault = fault_in_device_memory,
	.release = fault_release,
	.finish = fault_finish,
};
