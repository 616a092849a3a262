// SPDX-License-Identifier: GPL-2.0
/*
 * busy-holder: whoever holds what others need spins in the kernel. retry-loop: it sleeps for a short time, again and again.
 * Either is a process in an ioctl, too, which leaves when it is killed. In both it waits for a register that the device does
 * not change; "stop" changes it. busy-late: the device answers after all, after `seconds`: nothing is wrong but its pace.
 */
#include <linux/cpumask.h>
#include <linux/delay.h>
#include <linux/sched/signal.h>
#include <linux/semaphore.h>
#include <linux/slab.h>
#include <linux/workqueue.h>

#include "lab.h"

enum busy_variant {
	/* how it waits for the register */
	BUSY_SPIN = 0,
	BUSY_YIELD = 1, /* cond_resched() */
	BUSY_USLEEP = 2,
	BUSY_MSLEEP = 3,
	BUSY_HOW = 3,
	/* what it holds */
	BUSY_SEMAPHORE = 0 << 2,
	BUSY_MUTEX = 1 << 2,
	BUSY_RWSEM = 2 << 2, /* for writing */
	BUSY_WHAT = 3 << 2,
	/* where it runs */
	BUSY_WORK = 1 << 4,
	BUSY_CPU = 1 << 5, /* on a CPU whose work item the waiter needs, and that is all that it holds */
	BUSY_PROCESS = 1 << 6,
};

struct busy {
	struct lab_instance *inst;
	struct semaphore semaphore;
	struct mutex mutex, modeset;
	struct rw_semaphore rwsem;
	u32 status; /* the register: what it waits for is not 0 */
	struct lab_actor *holder;
	struct completion held, modeset_held;
	struct workqueue_struct *wq;
	struct work_struct work;
	struct work_struct local; /* for the CPU of the holder */
	unsigned int cpu;
	struct delayed_work answer;
};

/* Who is killed need not wait any longer; no kernel thread is. */
static bool device_answers(struct busy *busy)
{
	return READ_ONCE(busy->status) || fatal_signal_pending(current);
}

/* Loops without bound, as drivers have them. */

static noinline void spin_on_register(struct busy *busy)
{
	while (!device_answers(busy))
		udelay(5);
}

static noinline void spin_and_yield(struct busy *busy)
{
	while (!device_answers(busy)) {
		udelay(5);
		cond_resched();
	}
}

static noinline void poll_register(struct busy *busy)
{
	while (!device_answers(busy))
		usleep_range(500, 1000);
}

static noinline void poll_firmware(struct busy *busy)
{
	while (!device_answers(busy))
		msleep(20);
}

static void wait_for_register(struct busy *busy)
{
	switch (busy->inst->variant->value & BUSY_HOW) {
	case BUSY_SPIN:
		spin_on_register(busy);
		break;
	case BUSY_YIELD:
		spin_and_yield(busy);
		break;
	case BUSY_USLEEP:
		poll_register(busy);
		break;
	case BUSY_MSLEEP:
		poll_firmware(busy);
		break;
	}
}

static void take(struct busy *busy, bool write)
{
	switch (busy->inst->variant->value & BUSY_WHAT) {
	case BUSY_SEMAPHORE:
		down(&busy->semaphore);
		break;
	case BUSY_MUTEX:
		mutex_lock(&busy->mutex);
		break;
	case BUSY_RWSEM:
		if (write)
			down_write(&busy->rwsem);
		else
			down_read(&busy->rwsem);
		break;
	}
}

static void give(struct busy *busy, bool write)
{
	switch (busy->inst->variant->value & BUSY_WHAT) {
	case BUSY_SEMAPHORE:
		up(&busy->semaphore);
		break;
	case BUSY_MUTEX:
		mutex_unlock(&busy->mutex);
		break;
	case BUSY_RWSEM:
		if (write)
			up_write(&busy->rwsem);
		else
			up_read(&busy->rwsem);
		break;
	}
}

static void hold_and_wait(struct busy *busy)
{
	take(busy, true);
	complete(&busy->held);
	wait_for_register(busy);
	give(busy, true);
}

static int holder_thread(struct lab_actor *actor)
{
	struct busy *busy = actor->inst->priv;

	if (!(actor->inst->variant->value & BUSY_CPU)) {
		hold_and_wait(busy);
		return 0;
	}
	/* As whoever tries to lock a folio until that succeeds. */
	set_cpus_allowed_ptr(current, cpumask_of(busy->cpu));
	complete(&busy->held);
	wait_for_register(busy);
	return 0;
}

static void local_work(struct work_struct *work)
{
}

static void holder_work(struct work_struct *work)
{
	struct busy *busy = container_of(work, struct busy, work);

	lab_actor_adopt(busy->holder);
	hold_and_wait(busy);
}

/* Holds the modeset lock, and needs what the busy one has. */
static int waiter_thread(struct lab_actor *actor)
{
	struct busy *busy = actor->inst->priv;

	mutex_lock(&busy->modeset);
	complete(&busy->modeset_held);
	/* The process comes when all has been started. */
	if (actor->inst->variant->value & BUSY_PROCESS && !lab_thread_wait(actor->inst, &busy->held))
		goto out;
	if (actor->inst->variant->value & BUSY_CPU)
		schedule_work_on(busy->cpu, &busy->local);
	lab_actor_blocks(actor);
	if (actor->inst->variant->value & BUSY_CPU) {
		flush_work(&busy->local);
	} else {
		take(busy, false);
		give(busy, false);
	}
out:
	mutex_unlock(&busy->modeset);
	return 0;
}

static int victim_thread(struct lab_actor *actor)
{
	struct busy *busy = actor->inst->priv;

	lab_actor_blocks(actor);
	mutex_lock(&busy->modeset);
	mutex_unlock(&busy->modeset);
	return 0;
}

static void answer_work(struct work_struct *work)
{
	struct busy *busy = container_of(to_delayed_work(work), struct busy, answer);

	WRITE_ONCE(busy->status, 1);
}

static int run_holder(struct lab_instance *inst, struct busy *busy)
{
	if (inst->variant->value & BUSY_PROCESS) {
		busy->holder = lab_actor_add(inst, "holder", LAB_ROOT);
		return busy->holder ? 0 : -ENOMEM;
	}
	if (!(inst->variant->value & BUSY_WORK)) {
		busy->holder = lab_actor_run(inst, "holder", LAB_ROOT, "gpulab-busy", holder_thread);
		return busy->holder ? 0 : -ENOMEM;
	}
	busy->holder = lab_actor_add(inst, "holder", LAB_ROOT);
	busy->wq = alloc_workqueue("gpulab-busy/%u", WQ_UNBOUND, 1, inst->id);
	if (!busy->holder || !busy->wq)
		return -ENOMEM;
	queue_work(busy->wq, &busy->work);
	return 0;
}

static int busy_start(struct lab_instance *inst)
{
	struct busy *busy = kzalloc(sizeof(*busy), GFP_KERNEL);
	struct lab_actor *waiter;
	int ret;

	if (!busy)
		return -ENOMEM;
	inst->priv = busy;
	busy->inst = inst;
	sema_init(&busy->semaphore, 1);
	mutex_init(&busy->mutex);
	mutex_init(&busy->modeset);
	init_rwsem(&busy->rwsem);
	init_completion(&busy->held);
	init_completion(&busy->modeset_held);
	INIT_WORK(&busy->work, holder_work);
	INIT_WORK(&busy->local, local_work);
	busy->cpu = cpumask_last(cpu_online_mask);
	INIT_DELAYED_WORK(&busy->answer, answer_work);
	ret = run_holder(inst, busy);
	if (!ret && !(inst->variant->value & BUSY_PROCESS))
		ret = lab_wait(&busy->held);
	if (ret)
		return ret;
	busy->holder->state = "busy";
	waiter = lab_actor_run(inst, "waiter", LAB_PARTICIPANT, "gpulab-wait", waiter_thread);
	if (!waiter)
		ret = -ENOMEM;
	else
		ret = inst->variant->value & BUSY_PROCESS ? lab_wait(&busy->modeset_held)
							  : lab_actor_wait_blocking(waiter);
	if (!strcmp(inst->family->name, "busy-late"))
		schedule_delayed_work(&busy->answer, inst->params.seconds * HZ);
	return ret ?: lab_victims_run(inst, victim_thread);
}

static int busy_enter(struct lab_instance *inst)
{
	struct busy *busy = inst->priv;

	if (!(inst->variant->value & BUSY_PROCESS))
		return -EINVAL;
	lab_actor_adopt(busy->holder);
	hold_and_wait(busy);
	complete_all(&busy->holder->left);
	return READ_ONCE(busy->status) ? 0 : -EINTR;
}

static void busy_release(struct lab_instance *inst)
{
	struct busy *busy = inst->priv;

	if (busy)
		WRITE_ONCE(busy->status, 1);
}

static void busy_finish(struct lab_instance *inst)
{
	struct busy *busy = inst->priv;

	if (!busy)
		return;
	cancel_delayed_work_sync(&busy->answer);
	/* A process that never came into the kernel does not leave it. */
	if (inst->variant->value & BUSY_PROCESS && busy->holder && busy->holder->task)
		wait_for_completion(&busy->holder->left);
	if (busy->wq)
		destroy_workqueue(busy->wq);
	kfree(busy);
}

static const struct lab_variant holder_variants[] = {
	{ "semaphore", BUSY_SEMAPHORE | BUSY_SPIN },
	{ "yields", BUSY_MUTEX | BUSY_YIELD },
	{ "work", BUSY_RWSEM | BUSY_YIELD | BUSY_WORK },
	{ "cpu", BUSY_SPIN | BUSY_CPU },
	{ "process", BUSY_MUTEX | BUSY_YIELD | BUSY_PROCESS, true },
	{ "" },
};

static const struct lab_variant retry_variants[] = {
	{ "usleep", BUSY_SEMAPHORE | BUSY_USLEEP },
	{ "msleep", BUSY_RWSEM | BUSY_MSLEEP },
	{ "work", BUSY_MUTEX | BUSY_MSLEEP | BUSY_WORK },
	{ "process", BUSY_RWSEM | BUSY_USLEEP | BUSY_PROCESS, true },
	{ "" },
};

static const struct lab_variant late_variants[] = {
	{ "spins", BUSY_MUTEX | BUSY_YIELD },
	{ "polls", BUSY_MUTEX | BUSY_USLEEP },
	{ "" },
};

const struct lab_family lab_busy_holder_family = {
	.name = "busy-holder",
	.expected_class = "busy-holder",
	.variants = holder_variants,
	.start = busy_start,
	.enter = busy_enter,
	.release = busy_release,
	.finish = busy_finish,
};

const struct lab_family lab_retry_loop_family = {
	.name = "retry-loop",
	.expected_class = "retry-loop",
	.variants = retry_variants,
	.start = busy_start,
	.enter = busy_enter,
	.release = busy_release,
	.finish = busy_finish,
};

const struct lab_family lab_busy_late_family = {
	.name = "busy-late",
	.expected_class = "none",
	.variants = late_variants,
	.start = busy_start,
	.release = busy_release,
	.finish = busy_finish,
};
