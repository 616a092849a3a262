// SPDX-License-Identifier: GPL-2.0
/*
 * lock-cycle: locks alone, taken in a ring by as many tasks as there are locks. lock-care: the same orders of locks in
 * code that takes care, and a lock that somebody else releases than who took it.
 */
#include <linux/delay.h>
#include <linux/sched/task.h>
#include <linux/slab.h>
#include <linux/workqueue.h>

#include "lab.h"

#define PARTIES_MAX 3

struct party {
	struct lab_lock lock;
	atomic_t held;
	struct completion has, go;
};

struct ring {
	unsigned int count;
	struct party parties[PARTIES_MAX];
};

static const struct {
	unsigned int count;
	enum lab_lock_type locks[PARTIES_MAX];
} rings[] = {
	{ 1, { LAB_MUTEX } },
	{ 1, { LAB_RWSEM_READ } },
	{ 2, { LAB_MUTEX, LAB_MUTEX } },
	{ 3, { LAB_MUTEX, LAB_RWSEM, LAB_RESV } },
	{ 3, { LAB_RWSEM_READ, LAB_MUTEX, LAB_MUTEX } },
};

static int party_thread(struct lab_actor *actor)
{
	struct ring *ring = actor->inst->priv;
	struct party *own = &ring->parties[actor->index];
	struct party *next = &ring->parties[(actor->index + 1) % ring->count];

	lab_lock_hold(&own->lock);
	atomic_set(&own->held, 1);
	complete_all(&own->has);
	if (lab_thread_wait(actor->inst, &own->go)) {
		lab_actor_blocks(actor);
		lab_lock_contend(&next->lock);
		lab_lock_contend_done(&next->lock);
	}
	if (atomic_xchg(&own->held, 0))
		lab_lock_release(&own->lock);
	return 0;
}

static int ring_victim_thread(struct lab_actor *actor)
{
	struct ring *ring = actor->inst->priv;

	lab_actor_blocks(actor);
	lab_lock_contend(&ring->parties[0].lock);
	lab_lock_contend_done(&ring->parties[0].lock);
	return 0;
}

static struct ring *ring_create(struct lab_instance *inst)
{
	struct ring *ring = kzalloc(sizeof(*ring), GFP_KERNEL);
	unsigned int i;

	if (!ring)
		return NULL;
	ring->count = rings[inst->variant->value].count;
	for (i = 0; i < ring->count; i++) {
		lab_lock_init(&ring->parties[i].lock, rings[inst->variant->value].locks[i]);
		init_completion(&ring->parties[i].has);
		init_completion(&ring->parties[i].go);
	}
	return ring;
}

static int ring_start(struct lab_instance *inst)
{
	struct lab_actor *actors[PARTIES_MAX];
	struct ring *ring = ring_create(inst);
	unsigned int i;
	int ret;

	if (!ring)
		return -ENOMEM;
	inst->priv = ring;
	lab_truth_lock(inst, &ring->parties[0].lock);
	for (i = 0; i < ring->count; i++) {
		actors[i] = lab_actor_run_index(inst, "holder", LAB_PARTICIPANT, i, "gpulab-lock", party_thread);
		ret = actors[i] ? lab_wait(&ring->parties[i].has) : -ENOMEM;
		if (ret)
			return ret;
	}
	for (i = 0; i < ring->count; i++) {
		complete_all(&ring->parties[i].go);
		ret = lab_actor_wait_blocking(actors[i]);
		if (ret)
			return ret;
	}
	return lab_victims_run(inst, ring_victim_thread);
}

static void ring_release(struct lab_instance *inst)
{
	struct ring *ring = inst->priv;

	if (ring && atomic_xchg(&ring->parties[0].held, 0))
		lab_lock_release_for_owner(&ring->parties[0].lock);
}

static void ring_finish(struct lab_instance *inst)
{
	struct ring *ring = inst->priv;
	unsigned int i;

	for (i = 0; ring && i < ring->count; i++)
		lab_lock_fini(&ring->parties[i].lock);
	kfree(ring);
}

static const struct lab_variant ring_variants[] = {
	{ "self", 0 }, { "upgrade", 1 }, { "abba", 2 }, { "three", 3 }, { "three-read", 4 }, { "" },
};

const struct lab_family lab_lock_cycle_family = {
	.name = "lock-cycle",
	.expected_class = "lock-cycle",
	.variants = ring_variants,
	.start = ring_start,
	.release = ring_release,
	.finish = ring_finish,
};

/* ---- healthy ---- */

enum order_variant {
	ORDER_BACKS_OFF,
	ORDER_SLOW,
	ORDER_HANDED_OVER,
	ORDER_HANDED_OVER_BUSY,
	ORDER_HANDED_OVER_DELAYED,
	ORDER_HANDED_OVER_TIMER,
	ORDER_HANDED_OVER_QUEUED,
	ORDER_HANDED_OVER_TASK,
};

struct order {
	struct mutex locks[2];
	unsigned long end; /* jiffies */
	struct lab_instance *inst;
	struct work_struct work, before;
	struct delayed_work delayed;
	struct timer_list timer;
	struct workqueue_struct *queue; /* ordered */
	atomic_t held;
};

static bool order_is_over(const struct order *order)
{
	return lab_stopping(order->inst) || time_after(jiffies, order->end);
}

/* Holds one lock, tries the other one, lets go of both and tries again: what ww_mutexes do, and drivers by hand. */
static int back_off_thread(struct lab_actor *actor)
{
	struct order *order = actor->inst->priv;
	struct mutex *first = &order->locks[actor->index], *second = &order->locks[!actor->index];

	while (!order_is_over(order)) {
		mutex_lock(first);
		msleep(20);
		if (mutex_trylock(second))
			mutex_unlock(second);
		mutex_unlock(first);
		msleep(1 + actor->index);
	}
	return 0;
}

/* Holds both locks, in the one order that everybody keeps, for as long as it likes. */
static int slow_thread(struct lab_actor *actor)
{
	struct order *order = actor->inst->priv;

	mutex_lock(&order->locks[0]);
	mutex_lock(&order->locks[1]);
	while (!order_is_over(order))
		msleep(50);
	mutex_unlock(&order->locks[1]);
	mutex_unlock(&order->locks[0]);
	return 0;
}

static int order_waiter_thread(struct lab_actor *actor)
{
	struct order *order = actor->inst->priv;
	struct mutex *lock = &order->locks[actor->index % 2];

	lab_actor_blocks(actor);
	mutex_lock(lock);
	mutex_unlock(lock);
	return 0;
}

static void release_lock(struct order *order)
{
	if (atomic_xchg(&order->held, 0))
		mutex_unlock(&order->locks[0]);
}

static void release_work(struct work_struct *work)
{
	struct order *order = container_of(work, struct order, work);

	while (!order_is_over(order)) {
		if (order->inst->variant->value == ORDER_HANDED_OVER_BUSY)
			cond_resched();
		else
			msleep(50);
	}
	release_lock(order);
}

static void release_delayed(struct work_struct *work)
{
	release_lock(container_of(to_delayed_work(work), struct order, delayed));
}

/* A mutex is not released in an interrupt: a work item does it at once. */
static void release_timer(struct timer_list *timer)
{
	queue_work(system_unbound_wq, &container_of(timer, struct order, timer)->work);
}

/* Stands on the ordered queue in front of the item that releases the lock. */
static void before_release_work(struct work_struct *work)
{
	struct order *order = container_of(work, struct order, before);

	while (!order_is_over(order))
		msleep(50);
}

/* Takes the lock, has somebody else release it, and is gone. */
static int hand_over_thread(struct lab_actor *actor)
{
	struct order *order = actor->inst->priv;

	mutex_lock(&order->locks[0]);
	atomic_set(&order->held, 1);
	switch (actor->inst->variant->value) {
	case ORDER_HANDED_OVER_DELAYED:
		schedule_delayed_work(&order->delayed, order->inst->params.seconds * HZ);
		break;
	case ORDER_HANDED_OVER_TIMER:
		mod_timer(&order->timer, order->end);
		break;
	case ORDER_HANDED_OVER_QUEUED:
		queue_work(order->queue, &order->before);
		queue_work(order->queue, &order->work);
		break;
	case ORDER_HANDED_OVER_TASK:
		break;
	default:
		queue_work(system_unbound_wq, &order->work);
	}
	return 0;
}

static int heir_thread(struct lab_actor *actor)
{
	struct order *order = actor->inst->priv;

	while (!order_is_over(order))
		msleep_interruptible(50);
	release_lock(order);
	return 0;
}

static int order_start_holders(struct lab_instance *inst)
{
	static int (*const functions[])(struct lab_actor *) = {
		[ORDER_BACKS_OFF] = back_off_thread,
		[ORDER_SLOW] = slow_thread,
		[ORDER_HANDED_OVER] = hand_over_thread,
		[ORDER_HANDED_OVER_BUSY] = hand_over_thread,
		[ORDER_HANDED_OVER_DELAYED] = hand_over_thread,
		[ORDER_HANDED_OVER_TIMER] = hand_over_thread,
		[ORDER_HANDED_OVER_QUEUED] = hand_over_thread,
		[ORDER_HANDED_OVER_TASK] = hand_over_thread,
	};
	unsigned int i, count = inst->variant->value == ORDER_BACKS_OFF ? 2 : 1;

	for (i = 0; i < count; i++) {
		struct lab_actor *actor = lab_actor_run_index(inst, "holder", LAB_HELPER, i, "gpulab-lock",
							      functions[inst->variant->value]);

		if (!actor)
			return -ENOMEM;
		if (functions[inst->variant->value] == hand_over_thread)
			lab_actor_join(actor);
	}
	if (inst->variant->value == ORDER_HANDED_OVER_TASK &&
	    !lab_actor_run(inst, "heir", LAB_HELPER, "gpulab-heir", heir_thread))
		return -ENOMEM;
	msleep(inst->params.stagger_ms);
	return 0;
}

static int order_start(struct lab_instance *inst)
{
	struct order *order = kzalloc(sizeof(*order), GFP_KERNEL);
	int ret;

	if (!order)
		return -ENOMEM;
	inst->priv = order;
	order->inst = inst;
	order->end = jiffies + inst->params.seconds * HZ;
	mutex_init(&order->locks[0]);
	mutex_init(&order->locks[1]);
	INIT_WORK(&order->work, release_work);
	INIT_WORK(&order->before, before_release_work);
	INIT_DELAYED_WORK(&order->delayed, release_delayed);
	timer_setup(&order->timer, release_timer, 0);
	order->queue = alloc_ordered_workqueue("gpulab-order/%u", 0, inst->id);
	if (!order->queue)
		return -ENOMEM;
	ret = order_start_holders(inst);
	if (ret || inst->variant->value == ORDER_BACKS_OFF)
		return ret;
	return lab_victims_run(inst, order_waiter_thread);
}

/* Who sleeps until the end looks up now and then; these do not. */
static void order_release(struct lab_instance *inst)
{
	struct order *order = inst->priv;

	if (!order || !order->queue)
		return;
	if (inst->variant->value == ORDER_HANDED_OVER_DELAYED)
		mod_delayed_work(system_wq, &order->delayed, 0);
	if (inst->variant->value == ORDER_HANDED_OVER_TIMER)
		mod_timer(&order->timer, jiffies);
}

static void order_finish(struct lab_instance *inst)
{
	struct order *order = inst->priv;

	if (!order)
		return;
	if (order->queue) {
		timer_delete_sync(&order->timer);
		flush_delayed_work(&order->delayed);
		destroy_workqueue(order->queue);
		flush_work(&order->work);
	}
	kfree(order);
}

static const struct lab_variant order_variants[] = {
	{ "backs-off", ORDER_BACKS_OFF },
	{ "slow", ORDER_SLOW },
	{ "handed-over", ORDER_HANDED_OVER },
	{ "handed-over-busy", ORDER_HANDED_OVER_BUSY },
	{ "handed-over-delayed", ORDER_HANDED_OVER_DELAYED },
	{ "handed-over-timer", ORDER_HANDED_OVER_TIMER },
	{ "handed-over-queued", ORDER_HANDED_OVER_QUEUED },
	{ "handed-over-task", ORDER_HANDED_OVER_TASK },
	{ "" },
};

const struct lab_family lab_lock_order_family = {
	.name = "lock-care",
	.expected_class = "none",
	.variants = order_variants,
	.start = order_start,
	.release = order_release,
	.finish = order_finish,
};
