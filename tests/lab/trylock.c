// SPDX-License-Identifier: GPL-2.0
/*
 * Loops that try to take a lock and never wait for it, as drivers' own "interruptible" or portable locks are made of. In
 * trylock-cycle the one that tries holds what the owner of that lock waits for. In trylock-behind the owner polls a register
 * that does not change. trylock-fine: the owner lets go after `seconds`, or whoever tries lets go of its own lock in between.
 */
#include <linux/delay.h>
#include <linux/slab.h>

#include "lab.h"

enum trylock_variant {
	/* between two tries */
	TRYLOCK_YIELD = 0, /* cond_resched() */
	TRYLOCK_USLEEP = 1,
	TRYLOCK_MSLEEP = 2,
	TRYLOCK_HOW = 3,
	/* what it tries to take */
	TRYLOCK_MUTEX = 0 << 2,
	TRYLOCK_READ = 1 << 2, /* an rwsem that the owner has for writing */
	TRYLOCK_WRITE = 2 << 2,
	TRYLOCK_SEMAPHORE = 3 << 2,
	TRYLOCK_WHAT = 3 << 2,
	/* what its owner does */
	TRYLOCK_NEEDS = 0 << 4, /* wants the other one's lock */
	TRYLOCK_POLLS = 1 << 4,
	TRYLOCK_LATE = 2 << 4, /* polls for `seconds` */
	TRYLOCK_BACKS_OFF = 3 << 4, /* both try, and let go of their own one between two tries */
	TRYLOCK_OWNER = 3 << 4,
};

struct trylock {
	struct lab_instance *inst;
	struct mutex mine; /* of the one that tries; victims and, in a cycle, the owner want it */
	struct mutex mutex;
	struct rw_semaphore rwsem;
	struct semaphore semaphore;
	struct completion held, taken;
	unsigned long end; /* jiffies */
};

static int trylock_of(const struct trylock *lock, int mask)
{
	return lock->inst->variant->value & mask;
}

static bool trylock_is_over(const struct trylock *lock)
{
	return lab_stopping(lock->inst) ||
	       (trylock_of(lock, TRYLOCK_OWNER) >= TRYLOCK_LATE && time_after(jiffies, lock->end));
}

static void trylock_take(struct trylock *lock)
{
	switch (trylock_of(lock, TRYLOCK_WHAT)) {
	case TRYLOCK_MUTEX:
		mutex_lock(&lock->mutex);
		break;
	case TRYLOCK_READ:
	case TRYLOCK_WRITE:
		down_write(&lock->rwsem);
		break;
	case TRYLOCK_SEMAPHORE:
		down(&lock->semaphore);
		break;
	}
}

static void trylock_give(struct trylock *lock, bool tried)
{
	switch (trylock_of(lock, TRYLOCK_WHAT)) {
	case TRYLOCK_MUTEX:
		mutex_unlock(&lock->mutex);
		break;
	case TRYLOCK_READ:
		if (tried) {
			up_read(&lock->rwsem);
			break;
		}
		fallthrough;
	case TRYLOCK_WRITE:
		up_write(&lock->rwsem);
		break;
	case TRYLOCK_SEMAPHORE:
		up(&lock->semaphore);
		break;
	}
}

static bool trylock_try(struct trylock *lock)
{
	switch (trylock_of(lock, TRYLOCK_WHAT)) {
	case TRYLOCK_MUTEX:
		return mutex_trylock(&lock->mutex);
	case TRYLOCK_READ:
		return down_read_trylock(&lock->rwsem);
	case TRYLOCK_WRITE:
		return down_write_trylock(&lock->rwsem);
	default:
		return !down_trylock(&lock->semaphore);
	}
}

static void trylock_pause(const struct trylock *lock)
{
	switch (trylock_of(lock, TRYLOCK_HOW)) {
	case TRYLOCK_YIELD:
		udelay(5);
		cond_resched();
		break;
	case TRYLOCK_USLEEP:
		usleep_range(500, 1000);
		break;
	case TRYLOCK_MSLEEP:
		msleep(20);
		break;
	}
}

/* What passes for taking a lock where that must not sleep uninterruptibly. */
static noinline bool acquire_by_trying(struct trylock *lock)
{
	while (!trylock_try(lock)) {
		if (lab_stopping(lock->inst))
			return false;
		trylock_pause(lock);
	}
	return true;
}

static int trying_thread(struct lab_actor *actor)
{
	struct trylock *lock = actor->inst->priv;

	mutex_lock(&lock->mine);
	complete_all(&lock->taken);
	lab_actor_blocks(actor);
	if (acquire_by_trying(lock))
		trylock_give(lock, true);
	mutex_unlock(&lock->mine);
	return 0;
}

static noinline void poll_for_end(struct trylock *lock)
{
	while (!trylock_is_over(lock))
		usleep_range(1000, 2000);
}

static int owner_thread(struct lab_actor *actor)
{
	struct trylock *lock = actor->inst->priv;

	trylock_take(lock);
	complete_all(&lock->held);
	if (trylock_of(lock, TRYLOCK_OWNER) == TRYLOCK_NEEDS) {
		if (lab_thread_wait(actor->inst, &lock->taken)) {
			lab_actor_blocks(actor);
			mutex_lock(&lock->mine);
			mutex_unlock(&lock->mine);
		}
	} else {
		lab_actor_blocks(actor);
		poll_for_end(lock);
	}
	trylock_give(lock, false);
	return 0;
}

/* Two of them hold one lock each and try the other one's; neither keeps its own over a turn. */
static int backing_off_thread(struct lab_actor *actor)
{
	struct trylock *lock = actor->inst->priv;
	struct mutex *own = actor->index ? &lock->mutex : &lock->mine;
	struct mutex *other = actor->index ? &lock->mine : &lock->mutex;

	lab_actor_blocks(actor);
	while (!trylock_is_over(lock)) {
		mutex_lock(own);
		usleep_range(2000, 3000);
		if (mutex_trylock(other))
			mutex_unlock(other);
		usleep_range(2000, 3000);
		mutex_unlock(own);
		cond_resched();
	}
	return 0;
}

static int trylock_victim_thread(struct lab_actor *actor)
{
	struct trylock *lock = actor->inst->priv;

	lab_actor_blocks(actor);
	mutex_lock(&lock->mine);
	mutex_unlock(&lock->mine);
	return 0;
}

static int trylock_run_two(struct lab_instance *inst, struct trylock *lock)
{
	bool cycle = trylock_of(lock, TRYLOCK_OWNER) == TRYLOCK_NEEDS;
	struct lab_actor *owner =
		lab_actor_run(inst, "owner", cycle ? LAB_PARTICIPANT : LAB_ROOT, "gpulab-owner", owner_thread);
	struct lab_actor *trying;
	int ret = owner ? lab_wait(&lock->held) : -ENOMEM;

	if (ret)
		return ret;
	if (!cycle)
		owner->state = "busy";
	/* It does not block: that is the point. */
	trying = lab_actor_run(inst, "trying", LAB_ROOT, "gpulab-try", trying_thread);
	if (!trying)
		return -ENOMEM;
	trying->state = "busy";
	ret = lab_wait(&lock->taken);
	ret = ret ?: lab_actor_wait_blocking(owner);
	inst->formed_ns = max(trying->since_ns, owner->since_ns);
	return ret;
}

static int trylock_start(struct lab_instance *inst)
{
	struct trylock *lock = kzalloc(sizeof(*lock), GFP_KERNEL);
	int ret = 0;

	if (!lock)
		return -ENOMEM;
	inst->priv = lock;
	lock->inst = inst;
	mutex_init(&lock->mine);
	mutex_init(&lock->mutex);
	init_rwsem(&lock->rwsem);
	sema_init(&lock->semaphore, 1);
	init_completion(&lock->held);
	init_completion(&lock->taken);
	lock->end = jiffies + inst->params.seconds * HZ;
	/* Used as a lock before: who takes it releases it. */
	for (unsigned int i = 0; i < inst->params.warmup; i++) {
		trylock_take(lock);
		trylock_give(lock, false);
	}
	if (trylock_of(lock, TRYLOCK_OWNER) != TRYLOCK_BACKS_OFF) {
		ret = trylock_run_two(inst, lock);
		return ret ?: lab_victims_run(inst, trylock_victim_thread);
	}
	for (unsigned int i = 0; i < 2; i++) {
		struct lab_actor *actor =
			lab_actor_run_index(inst, "trying", LAB_HELPER, i, "gpulab-try", backing_off_thread);

		ret = actor ? lab_actor_wait_blocking(actor) : -ENOMEM;
		if (ret)
			return ret;
	}
	return 0;
}

static void trylock_finish(struct lab_instance *inst)
{
	kfree(inst->priv);
}

static void trylock_release(struct lab_instance *inst)
{
	/* All loops see that it is being stopped. */
}

static const struct lab_variant cycle_variants[] = {
	{ "yields", TRYLOCK_NEEDS | TRYLOCK_READ | TRYLOCK_YIELD },
	{ "usleep", TRYLOCK_NEEDS | TRYLOCK_MUTEX | TRYLOCK_USLEEP },
	{ "msleep", TRYLOCK_NEEDS | TRYLOCK_WRITE | TRYLOCK_MSLEEP },
	{ "semaphore", TRYLOCK_NEEDS | TRYLOCK_SEMAPHORE | TRYLOCK_USLEEP },
	{ "" },
};

static const struct lab_variant behind_variants[] = {
	{ "usleep", TRYLOCK_POLLS | TRYLOCK_READ | TRYLOCK_USLEEP },
	{ "yields", TRYLOCK_POLLS | TRYLOCK_MUTEX | TRYLOCK_YIELD },
	{ "" },
};

static const struct lab_variant fine_variants[] = {
	{ "late", TRYLOCK_LATE | TRYLOCK_MUTEX | TRYLOCK_USLEEP },
	{ "backs-off", TRYLOCK_BACKS_OFF | TRYLOCK_MUTEX },
	{ "" },
};

const struct lab_family lab_trylock_cycle_family = {
	.name = "trylock-cycle",
	.expected_class = "lock-cycle",
	.variants = cycle_variants,
	.start = trylock_start,
	.release = trylock_release,
	.finish = trylock_finish,
};

const struct lab_family lab_trylock_behind_family = {
	.name = "trylock-behind",
	.expected_class = "retry-loop",
	.variants = behind_variants,
	.start = trylock_start,
	.release = trylock_release,
	.finish = trylock_finish,
};

const struct lab_family lab_trylock_fine_family = {
	.name = "trylock-fine",
	.expected_class = "none",
	.variants = fine_variants,
	.start = trylock_start,
	.release = trylock_release,
	.finish = trylock_finish,
};
