// SPDX-License-Identifier: GPL-2.0
/*
 * polling-work: a delayed work item signals a timeline's fences when it finds their jobs done, and else arms itself again; the last job is
 * never done. polling-work-fine: it is, after a while.
 */
#include <linux/delay.h>
#include <linux/slab.h>
#include <linux/workqueue.h>

#include "lab.h"

enum polling_variant { POLLING_OFTEN, POLLING_SELDOM, POLLING_LATE, POLLING_LATE_SELDOM };

struct polling {
	struct lab_instance *inst;
	struct lab_timeline timeline;
	struct workqueue_struct *wq;
	struct delayed_work retire;
	struct dma_fence *outstanding, *fence; /* what the item signals; what is waited for */
	struct lab_lock lock;
	unsigned long done_at, delay; /* jiffies */
	bool never;
};

static void polling_retire(struct work_struct *work)
{
	struct polling *polling = container_of(to_delayed_work(work), struct polling, retire);

	if (!READ_ONCE(polling->never) && time_after_eq(jiffies, polling->done_at))
		dma_fence_signal(polling->outstanding);
	else
		queue_delayed_work(polling->wq, &polling->retire, polling->delay);
}

static void polling_submit(struct polling *polling, struct dma_fence *fence, unsigned int ms)
{
	polling->outstanding = fence;
	polling->done_at = jiffies + msecs_to_jiffies(ms);
	queue_delayed_work(polling->wq, &polling->retire, 1);
}

static int polling_warmup(struct polling *polling, unsigned int count)
{
	while (count--) {
		struct dma_fence *fence = lab_fence_create(&polling->timeline);

		if (!fence)
			return -ENOMEM;
		polling->delay = 1;
		polling_submit(polling, fence, 10);
		dma_fence_wait(fence, false);
		flush_delayed_work(&polling->retire);
		dma_fence_put(fence);
	}
	return 0;
}

static int polling_holder_thread(struct lab_actor *actor)
{
	struct polling *polling = actor->inst->priv;

	lab_lock_hold(&polling->lock);
	lab_actor_blocks(actor);
	dma_fence_wait(polling->fence, false);
	lab_lock_release(&polling->lock);
	return 0;
}

static int polling_victim_thread(struct lab_actor *actor)
{
	struct polling *polling = actor->inst->priv;

	lab_actor_blocks(actor);
	lab_lock_contend(&polling->lock);
	lab_lock_contend_done(&polling->lock);
	return 0;
}

static int polling_start(struct lab_instance *inst)
{
	struct polling *polling = kzalloc(sizeof(*polling), GFP_KERNEL);
	int variant = inst->variant->value;
	struct lab_actor *holder;
	int ret;

	if (!polling)
		return -ENOMEM;
	inst->priv = polling;
	polling->inst = inst;
	lab_lock_init(&polling->lock, LAB_MUTEX);
	lab_timeline_init(&polling->timeline, "copy", inst->id);
	INIT_DELAYED_WORK(&polling->retire, polling_retire);
	polling->wq = alloc_workqueue("gpulab-retire/%u", WQ_UNBOUND, 0, inst->id);
	ret = polling->wq ? polling_warmup(polling, inst->params.warmup) : -ENOMEM;
	polling->fence = ret ? NULL : lab_fence_create(&polling->timeline);
	if (!polling->fence)
		return ret ?: -ENOMEM;
	lab_truth_lab_fence(inst, polling->fence);
	lab_truth_lock(inst, &polling->lock);
	polling->delay = variant == POLLING_SELDOM || variant == POLLING_LATE_SELDOM ? HZ : msecs_to_jiffies(10);
	WRITE_ONCE(polling->never, variant <= POLLING_SELDOM);
	polling_submit(polling, polling->fence, inst->params.seconds * 1000);
	holder = lab_actor_run(inst, "holder", LAB_PARTICIPANT, "gpulab-hold", polling_holder_thread);
	ret = holder ? lab_actor_wait_blocking(holder) : -ENOMEM;
	return ret ?: lab_victims_run(inst, polling_victim_thread);
}

static void polling_release(struct lab_instance *inst)
{
	struct polling *polling = inst->priv;

	if (polling)
		lab_fence_cancel(polling->fence);
}

static void polling_finish(struct lab_instance *inst)
{
	struct polling *polling = inst->priv;

	if (!polling)
		return;
	cancel_delayed_work_sync(&polling->retire);
	if (polling->wq)
		destroy_workqueue(polling->wq);
	dma_fence_put(polling->fence);
	lab_lock_fini(&polling->lock);
	kfree(polling);
}

static void polling_show(struct lab_instance *inst, struct seq_file *seq)
{
	struct polling *polling = inst->priv;

	if (polling)
		seq_printf(seq,
			   ",\"work\":{\"address\":\"0x%px\",\"function\":\"%ps\",\"workqueue\":\"gpulab-retire/%u\"}",
			   &polling->retire.work, polling->retire.work.func, inst->id);
}

static const struct lab_variant polling_variants[] = { { "often", POLLING_OFTEN },
						       { "seldom", POLLING_SELDOM },
						       { "" } };

const struct lab_family lab_polling_work_family = {
	.name = "polling-work",
	.expected_class = "retry-loop",
	.variants = polling_variants,
	.start = polling_start,
	.release = polling_release,
	.reset = polling_release,
	.finish = polling_finish,
	.show = polling_show,
};

static const struct lab_variant polling_fine_variants[] = { { "late", POLLING_LATE },
							    { "late-seldom", POLLING_LATE_SELDOM },
							    { "" } };

const struct lab_family lab_polling_work_fine_family = {
	.name = "polling-work-fine",
	.expected_class = "none",
	.variants = polling_fine_variants,
	.start = polling_start,
	.release = polling_release,
	.finish = polling_finish,
	.show = polling_show,
};
