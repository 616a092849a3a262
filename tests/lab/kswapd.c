// SPDX-License-Identifier: GPL-2.0
/*
 * kswapd-cycle: a process allocates under a mutex and is throttled until kswapd has freed memory; kswapd is in a shrinker that
 * waits for a fence, whose signaller needs the mutex. kswapd-healthy: the signaller needs nothing, and is only late.
 *
 * Nothing of this needs memory to be short. Watermarks that are above what is free make kswapd shrink, and then the process sleep:
 * each is put back as soon as that has happened. A process sleeps on until somebody wakes it up, whatever the watermarks are by then;
 * everybody else whom that moment has put to sleep is woken up at once.
 */
#include <drm/drm_device.h>
#include <linux/delay.h>
#include <linux/gfp.h>
#include <linux/mm.h>
#include <linux/mmzone.h>
#include <linux/oom.h>
#include <linux/pagemap.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/swap.h>
#include <linux/timer.h>

#include "lab.h"

enum kswapd_variant { KSWAPD_THROTTLED, KSWAPD_LATE };

#define PATIENCE (10 * HZ) /* until kswapd shrinks, and until the process is throttled */
#define CACHE_PAGES 128 /* more than a CPU keeps before it puts them on a list */
#define GUARD (12 * HZ) /* then the watermarks are as they were, whatever has become of the rest */

struct kswapd_cycle {
	struct lab_instance *inst;
	struct lab_timeline timeline;
	struct dma_fence *fence;
	struct mutex lock;
	struct shrinker *shrinker;
	struct lab_actor *process, *kswapd, *signaller;
	struct completion warm, shrinks, go, allocates;
	struct timer_list guard;
	struct notifier_block oom;
	struct page *cache[CACHE_PAGES];
	bool armed, over; /* over: the process has been throttled, or will not be */
};

/* One instance at a time: there is one kswapd. */
static struct kswapd_cycle *the_cycle;

static DEFINE_SPINLOCK(marks_lock);
static unsigned long marks[MAX_NR_ZONES][NR_WMARK];
static bool marks_raised;

static struct pglist_data *the_node(void)
{
	return NODE_DATA(first_online_node);
}

/* ---- watermarks ---- */

static bool zone_counts(const struct zone *zone)
{
	return managed_zone((struct zone *)zone) && zone_idx(zone) <= ZONE_NORMAL;
}

/* Above what is free; those of a throttled process, which compares with half of it, by so little that atomic allocations go on. */
static void zone_raise(struct zone *zone, enum zone_watermarks from)
{
	unsigned long free = zone_page_state(zone, NR_FREE_PAGES);
	unsigned long mark = 2 * free + free / 8 + 64;
	unsigned int i;

	for (i = from; i <= WMARK_HIGH; i++)
		WRITE_ONCE(zone->_watermark[i], mark);
}

static void marks_put_back(void)
{
	struct pglist_data *node = the_node();
	unsigned int z, i;

	spin_lock_bh(&marks_lock);
	for (z = 0; marks_raised && z < MAX_NR_ZONES; z++)
		for (i = 0; i < NR_WMARK; i++)
			WRITE_ONCE(node->node_zones[z]._watermark[i], marks[z][i]);
	marks_raised = false;
	spin_unlock_bh(&marks_lock);
}

static void marks_raise(enum zone_watermarks from)
{
	struct pglist_data *node = the_node();
	unsigned int z, i;

	spin_lock_bh(&marks_lock);
	for (z = 0; z < MAX_NR_ZONES; z++) {
		for (i = 0; !marks_raised && i < NR_WMARK; i++)
			marks[z][i] = node->node_zones[z]._watermark[i];
	}
	marks_raised = true;
	for (z = 0; z < MAX_NR_ZONES; z++)
		if (zone_counts(&node->node_zones[z]))
			zone_raise(&node->node_zones[z], from);
	spin_unlock_bh(&marks_lock);
}

/*
 * On 7.2 a zone that has free pages, and none that could be reclaimed, does not count for who is to be throttled, and a guest without
 * a disk has none: allow_direct_reclaim(). These are a file's, clean; a reference keeps them where they are.
 */
static int cache_fill(struct kswapd_cycle *cycle)
{
	struct address_space *mapping = lab_drm_device()->anon_inode->i_mapping;
	unsigned int i;
	int ret;

	for (i = 0; i < CACHE_PAGES; i++) {
		cycle->cache[i] = alloc_page(GFP_KERNEL);
		if (!cycle->cache[i])
			return -ENOMEM;
		ret = filemap_add_folio(mapping, page_folio(cycle->cache[i]), i, GFP_KERNEL);
		if (ret)
			return ret;
		folio_unlock(page_folio(cycle->cache[i]));
	}
	return 0;
}

static void cache_drop(struct kswapd_cycle *cycle)
{
	unsigned int i;

	truncate_inode_pages(lab_drm_device()->anon_inode->i_mapping, 0);
	for (i = 0; i < CACHE_PAGES && cycle->cache[i]; i++)
		put_page(cycle->cache[i]);
}

/* Whether @task is throttled. Wakes up all others that are if @others. */
static bool throttled(const struct task_struct *task, bool others)
{
	struct wait_queue_head *queue = &the_node()->pfmemalloc_wait;
	struct wait_queue_entry *entry;
	bool found = false;

	spin_lock_irq(&queue->lock);
	list_for_each_entry(entry, &queue->head, entry) {
		if (entry->private == task)
			found = true;
		else if (others)
			wake_up_process(entry->private);
	}
	spin_unlock_irq(&queue->lock);
	return found;
}

static void wake_all(void)
{
	marks_put_back();
	wake_up_all(&the_node()->pfmemalloc_wait);
}

static void guard_fires(struct timer_list *guard)
{
	wake_all();
}

/* As if memory had been found: nobody is killed for watermarks that are not true. */
static int spare_all(struct notifier_block *block, unsigned long unused, void *freed)
{
	if (READ_ONCE(marks_raised))
		*(unsigned long *)freed += 1;
	return NOTIFY_OK;
}

/* ---- kswapd ---- */

static unsigned long count_objects(struct shrinker *shrinker, struct shrink_control *sc)
{
	struct kswapd_cycle *cycle = READ_ONCE(the_cycle);

	return cycle && READ_ONCE(cycle->armed) && current_is_kswapd() ? 1 << 20 : 0;
}

static unsigned long scan_objects(struct shrinker *shrinker, struct shrink_control *sc)
{
	struct kswapd_cycle *cycle = READ_ONCE(the_cycle);

	if (!cycle || !READ_ONCE(cycle->armed) || !current_is_kswapd())
		return SHRINK_STOP;
	WRITE_ONCE(cycle->armed, false);
	lab_actor_adopt(cycle->kswapd);
	lab_actor_blocks(cycle->kswapd);
	complete_all(&cycle->shrinks);
	dma_fence_wait(cycle->fence, false);
	return SHRINK_STOP;
}

/* Only kswapd asks for the high watermark. */
static int make_kswapd_shrink(struct kswapd_cycle *cycle)
{
	unsigned long end = jiffies + PATIENCE;

	WRITE_ONCE(cycle->armed, true);
	while (!completion_done(&cycle->shrinks) && !lab_stopping(cycle->inst) && time_before(jiffies, end)) {
		marks_raise(WMARK_HIGH);
		wake_up_interruptible(&the_node()->kswapd_wait);
		wait_for_completion_timeout(&cycle->shrinks, HZ / 20);
	}
	marks_put_back();
	WRITE_ONCE(cycle->armed, false);
	return completion_done(&cycle->shrinks) ? 0 : -ETIMEDOUT;
}

/* ---- tasks ---- */

static int signaller_thread(struct lab_actor *actor)
{
	struct kswapd_cycle *cycle = actor->inst->priv;
	unsigned int tenths = actor->inst->params.seconds * 10;

	lab_timeline_warmup(&cycle->timeline, actor->inst->params.warmup);
	complete(&cycle->warm);
	if (!lab_thread_wait(actor->inst, &cycle->go))
		return 0;
	lab_actor_blocks(actor);
	if (actor->inst->variant->value == KSWAPD_LATE) {
		while (tenths-- && !lab_stopping(actor->inst))
			msleep(100);
		dma_fence_signal(cycle->fence);
		return 0;
	}
	mutex_lock(&cycle->lock);
	dma_fence_signal(cycle->fence);
	mutex_unlock(&cycle->lock);
	return 0;
}

static int victim_thread(struct lab_actor *actor)
{
	struct kswapd_cycle *cycle = actor->inst->priv;

	if (!lab_thread_wait(actor->inst, &cycle->go))
		return 0;
	lab_actor_blocks(actor);
	mutex_lock(&cycle->lock);
	mutex_unlock(&cycle->lock);
	return 0;
}

/* Raises the watermarks until the process sleeps, and lets everybody else go on. A kernel thread is not throttled. */
static int marks_thread(struct lab_actor *actor)
{
	struct kswapd_cycle *cycle = actor->inst->priv;
	unsigned long end;
	bool done = false;

	if (!lab_thread_wait(actor->inst, &cycle->allocates))
		return 0;
	for (end = jiffies + PATIENCE; !done && !lab_stopping(actor->inst) && time_before(jiffies, end);) {
		marks_raise(WMARK_MIN);
		usleep_range(50, 100);
		if (!throttled(cycle->process->task, false))
			continue;
		/* It may have been on its way to look at the watermarks once more. */
		marks_put_back();
		usleep_range(1000, 2000);
		done = throttled(cycle->process->task, true);
	}
	WRITE_ONCE(cycle->over, true);
	marks_put_back();
	throttled(cycle->process->task, true);
	timer_delete_sync(&cycle->guard);
	return 0;
}

static void allocate_until_throttled(struct kswapd_cycle *cycle)
{
	unsigned long end = jiffies + PATIENCE;
	struct page *page;

	while (!READ_ONCE(cycle->over) && !lab_stopping(cycle->inst) && time_before(jiffies, end) &&
	       !fatal_signal_pending(current)) {
		page = alloc_page(GFP_KERNEL | __GFP_NOWARN | __GFP_NORETRY);
		if (page)
			__free_page(page);
		usleep_range(50, 100); /* who runs all the time with a lock held is a hang of its own */
	}
}

/* ---- the family ---- */

static int kswapd_start(struct lab_instance *inst)
{
	struct kswapd_cycle *cycle;
	unsigned int i;
	int ret;

	if (the_cycle)
		return -EBUSY;
	cycle = kzalloc(sizeof(*cycle), GFP_KERNEL);
	if (!cycle)
		return -ENOMEM;
	inst->priv = cycle;
	cycle->inst = inst;
	mutex_init(&cycle->lock);
	init_completion(&cycle->warm);
	init_completion(&cycle->shrinks);
	init_completion(&cycle->go);
	init_completion(&cycle->allocates);
	timer_setup(&cycle->guard, guard_fires, 0);
	cycle->oom.notifier_call = spare_all;
	register_oom_notifier(&cycle->oom);
	lab_timeline_init(&cycle->timeline, "copy", inst->id);
	lab_truth_lock_at(inst, "mutex", &cycle->lock);
	cycle->process = lab_actor_add(inst, "process", LAB_PARTICIPANT);
	cycle->kswapd = lab_actor_add(inst, "kswapd", LAB_PARTICIPANT);
	cycle->signaller = lab_actor_run(inst, "signaller", LAB_PARTICIPANT, "gpulab-sign", signaller_thread);
	if (!cycle->process || !cycle->kswapd || !cycle->signaller ||
	    !lab_actor_run(inst, "marks", LAB_HELPER, "gpulab-marks", marks_thread))
		return -ENOMEM;
	for (i = 0; i < inst->params.victims; i++)
		if (!lab_actor_run_index(inst, "victim", LAB_VICTIM, i, "gpulab-vict", victim_thread))
			return -ENOMEM;
	ret = lab_wait(&cycle->warm);
	ret = ret ?: cache_fill(cycle);
	if (ret)
		return ret;
	cycle->fence = lab_fence_create(&cycle->timeline);
	cycle->shrinker = lab_shrinker_create(count_objects, scan_objects);
	if (!cycle->fence || !cycle->shrinker)
		return -ENOMEM;
	lab_truth_lab_fence(inst, cycle->fence);
	WRITE_ONCE(the_cycle, cycle);
	return 0;
}

static int kswapd_enter(struct lab_instance *inst)
{
	struct kswapd_cycle *cycle = inst->priv;
	int ret;

	lab_actor_adopt(cycle->process);
	ret = make_kswapd_shrink(cycle);
	mutex_lock(&cycle->lock);
	if (!ret) {
		complete_all(&cycle->go);
		ret = lab_actor_wait_blocking(cycle->signaller);
	}
	if (!ret) {
		mod_timer(&cycle->guard, jiffies + GUARD);
		lab_actor_blocks(cycle->process);
		complete_all(&cycle->allocates);
		allocate_until_throttled(cycle);
	}
	mutex_unlock(&cycle->lock);
	/* The end of the process would be that of the instance. */
	if (inst->variant->value == KSWAPD_LATE)
		wait_for_completion_interruptible(&inst->stop);
	complete_all(&cycle->process->left);
	return ret;
}

static void kswapd_release(struct lab_instance *inst)
{
	struct kswapd_cycle *cycle = inst->priv;

	if (!cycle)
		return;
	lab_fence_cancel(cycle->fence);
	wake_all();
}

static void kswapd_reset(struct lab_instance *inst)
{
	struct kswapd_cycle *cycle = inst->priv;

	if (cycle)
		lab_fence_cancel(cycle->fence);
}

static void kswapd_finish(struct lab_instance *inst)
{
	struct kswapd_cycle *cycle = inst->priv;

	if (!cycle)
		return;
	/* Who never came into the kernel does not leave it. */
	if (cycle->process && cycle->process->task)
		wait_for_completion(&cycle->process->left);
	timer_delete_sync(&cycle->guard);
	wake_all();
	lab_shrinker_destroy(cycle->shrinker);
	unregister_oom_notifier(&cycle->oom);
	cache_drop(cycle);
	if (the_cycle == cycle)
		WRITE_ONCE(the_cycle, NULL);
	dma_fence_put(cycle->fence);
	kfree(cycle);
}

static const struct lab_variant kswapd_variants[] = { { "throttled", KSWAPD_THROTTLED, true }, { "" } };

const struct lab_family lab_kswapd_family = {
	.name = "kswapd-cycle",
	.expected_class = "reclaim-cycle",
	.variants = kswapd_variants,
	.start = kswapd_start,
	.enter = kswapd_enter,
	.release = kswapd_release,
	.reset = kswapd_reset,
	.finish = kswapd_finish,
};

static const struct lab_variant kswapd_healthy_variants[] = { { "late", KSWAPD_LATE, true }, { "" } };

const struct lab_family lab_kswapd_healthy_family = {
	.name = "kswapd-healthy",
	.expected_class = "none",
	.variants = kswapd_healthy_variants,
	.start = kswapd_start,
	.enter = kswapd_enter,
	.release = kswapd_release,
	.finish = kswapd_finish,
};
