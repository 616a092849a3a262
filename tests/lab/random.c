// SPDX-License-Identifier: GPL-2.0
/*
 * random: topologies drawn from a seed. Two to eight parties, threads and work items, stand in a row: each offers something (a
 * lock that it holds, a fence that it has to signal, its own work item, the end of a section that it is in) and needs what the
 * next one offers. How the row ends makes it dead or healthy: see enum ending. All is drawn from `seed`, so that a seed makes
 * the same topology again.
 */
#include <drm/drm_device.h>
#include <drm/drm_drv.h>
#include <linux/delay.h>
#include <linux/dma-fence-chain.h>
#include <linux/hrtimer.h>
#include <linux/kthread.h>
#include <linux/mm.h>
#include <linux/mmap_lock.h>
#include <linux/mmu_notifier.h>
#include <linux/prandom.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>
#include <linux/workqueue.h>

#include "lab.h"

#define MIN_PARTIES 2
#define MAX_PARTIES 8
#define MIN_LATE_MS 1500 /* of what ends by itself */
#define MAX_LATE_MS 5000
#define SECTION_EVERY                                                                                                  \
	4 /* seeds: all DRM devices share one SRCU domain, so that one topology's sections hold up another's unplug */

enum random_variant { RANDOM_ANY, RANDOM_DEAD, RANDOM_HEALTHY };

/* What the last party of the row does. */
enum ending {
	/* dead */
	END_LOOP, /* needs what the first one offers */
	END_EXIT_FENCE, /* has exited without signalling */
	END_EXIT_LOCK, /* has exited with the lock */
	/* healthy */
	END_TIMER, /* waits for a fence that an interrupt signals */
	END_TIMEOUT, /* needs what the first one offers, but gives up in the end */
	END_SLEEP, /* sleeps */
	END_SECOND, /* needs what the first one offers, which an interrupt signals as often, and now, too */
	ENDINGS,
};

static const char *const ending_names[] = { "loop",    "exited-fence", "exited-lock",	  "timer",
					    "timeout", "sleep",	       "second-signaller" };

enum offer {
	OFFER_LOCK,
	OFFER_FENCE,
	OFFER_WORK, /* its end */
	OFFER_SECTION, /* it is between drm_dev_enter() and drm_dev_exit(): drm_dev_unplug() needs that */
	OFFER_NOTIFIER, /* it is in an invalidate callback, with the mmap_lock that another one needs */
};
static const char *const offer_names[] = { "lock", "fence", "work", "section", "notifier" };

/* How a fence is waited for. */
enum wrapping { WRAP_NONE, WRAP_ANY, WRAP_ARRAY, WRAP_CHAIN, WRAP_JOB, WRAPPINGS };
static const char *const wrapping_names[] = { "plain", "any", "array", "chain", "job" };

struct random;

struct party {
	struct random *random;
	unsigned int index;
	bool is_work;
	enum offer offer;
	struct lab_lock lock;
	enum wrapping wrapping;
	struct lab_timeline timeline[2]; /* the second one: of a second fence, for wrappings of several */
	struct dma_fence *fence[2], *waited;
	struct lab_ring *ring; /* of the job that depends on the fence, for WRAP_JOB */
	struct drm_device *drm; /* of the section */
	int section;
	bool unplugged;
	struct work_struct work;
	struct workqueue_struct *wq;
	bool goes; /* a work item warms up until this is set */
	bool owes; /* has exited with its lock */
	struct completion ready, go;
	struct lab_actor *actor;
};

struct random {
	struct lab_instance *inst;
	struct rnd_state state;
	enum ending ending;
	unsigned int late_ms, num_parties;
	struct party parties[MAX_PARTIES];
	struct party *notified; /* who is in the callback, NULL = nobody */
	struct mmu_interval_notifier notifier; /* of the process's memory; its mm is NULL: there is none */
	struct mutex update_lock; /* guards its sequence number */
	struct lab_timeline irq_timeline;
	struct dma_fence *timed; /* signalled by an interrupt; a reference */
	struct hrtimer timer;
	atomic_t ended;
};

static unsigned int draw(struct random *random, unsigned int below)
{
	return prandom_u32_state(&random->state) % below;
}

static struct party *next_party(struct party *party)
{
	struct random *random = party->random;

	return &random->parties[(party->index + 1) % random->num_parties];
}

static bool is_last(const struct party *party)
{
	return party->index == party->random->num_parties - 1;
}

/* ---- what an interrupt signals ---- */

static enum hrtimer_restart timer_fire(struct hrtimer *timer)
{
	dma_fence_signal(container_of(timer, struct random, timer)->timed);
	return HRTIMER_NORESTART;
}

/* Takes over the reference of @fence. */
static void signal_later(struct random *random, struct dma_fence *fence, unsigned int ms)
{
	hrtimer_cancel(&random->timer);
	dma_fence_put(random->timed);
	random->timed = fence;
	if (fence)
		hrtimer_start(&random->timer, ms_to_ktime(ms), HRTIMER_MODE_REL);
}

/* So that the timeline is known for interrupts. */
static void warm_by_interrupt(struct random *random, struct lab_timeline *timeline)
{
	unsigned int i;

	for (i = 0; i < random->inst->params.warmup; i++) {
		struct dma_fence *fence = lab_fence_create(timeline);

		if (!fence)
			return;
		signal_later(random, dma_fence_get(fence), 1);
		dma_fence_wait(fence, false);
		dma_fence_put(fence);
	}
}

/* ---- what a party needs ---- */

static void wait_fence(struct party *owner)
{
	long left = 1;

	if (owner->wrapping == WRAP_ANY)
		left = dma_fence_wait_any_timeout(owner->fence, 2, false, MAX_SCHEDULE_TIMEOUT, NULL);
	else
		dma_fence_wait(owner->waited, false);
	WARN_ON(left <= 0);
}

static void need(struct party *owner)
{
	switch (owner->offer) {
	case OFFER_LOCK:
		lab_lock_contend(&owner->lock);
		lab_lock_contend_done(&owner->lock);
		break;
	case OFFER_FENCE:
		wait_fence(owner);
		break;
	case OFFER_WORK:
		flush_work(&owner->work);
		break;
	case OFFER_SECTION:
		owner->unplugged = true;
		drm_dev_unplug(owner->drm);
		break;
	case OFFER_NOTIFIER:
		mmap_read_lock(owner->random->notifier.mm);
		mmap_read_unlock(owner->random->notifier.mm);
		break;
	}
}

static void last_needs(struct party *party)
{
	struct random *random = party->random;

	switch (random->ending) {
	case END_TIMER:
		signal_later(random, lab_fence_create(&random->irq_timeline), random->late_ms);
		if (random->timed)
			dma_fence_wait(random->timed, false);
		break;
	case END_TIMEOUT:
		dma_fence_wait_timeout(random->parties[0].waited, false, msecs_to_jiffies(random->late_ms));
		break;
	case END_SLEEP:
		msleep(random->late_ms);
		break;
	default:
		need(&random->parties[0]);
		break;
	}
}

/* ---- parties ---- */

static void take(struct party *party)
{
	if (party->offer == OFFER_LOCK)
		lab_lock_hold(&party->lock);
	if (party->offer == OFFER_SECTION)
		WARN_ON(!drm_dev_enter(party->drm, &party->section));
}

static void give_back(struct party *party)
{
	if (party->offer == OFFER_LOCK)
		lab_lock_release(&party->lock);
	if (party->offer == OFFER_SECTION)
		drm_dev_exit(party->section);
	if (party->offer != OFFER_FENCE)
		return;
	dma_fence_signal(party->fence[0]);
	dma_fence_signal(party->fence[1]);
}

/* Whoever releases a semaphore each time that it has taken it may be thought to hold it. */
static void warm_up_lock(struct party *party, unsigned int count)
{
	unsigned int i;

	for (i = 0; party->offer == OFFER_LOCK && party->lock.type == LAB_SEMAPHORE && i < count; i++) {
		lab_lock_hold(&party->lock);
		lab_lock_release(&party->lock);
	}
}

static void warm_up(struct party *party, unsigned int count)
{
	unsigned int i;

	warm_up_lock(party, count);

	for (i = 0; party->offer == OFFER_FENCE && i < ARRAY_SIZE(party->timeline); i++)
		lab_timeline_warmup(&party->timeline[i], count);
}

static void play(struct party *party)
{
	lab_actor_blocks(party->actor);
	if (is_last(party))
		last_needs(party);
	else
		need(next_party(party));
	give_back(party);
	atomic_inc(&party->random->ended);
}

/* Until all others have what they offer, then to the end of its part. */
static void wait_and_play(struct party *party)
{
	complete(&party->ready);
	if (lab_thread_wait(party->random->inst, &party->go))
		play(party);
	else
		give_back(party);
}

static bool invalidate(struct mmu_interval_notifier *notifier, const struct mmu_notifier_range *range,
		       unsigned long cur_seq)
{
	struct random *random = container_of(notifier, struct random, notifier);
	struct party *party = random->notified;

	if (!mmu_notifier_range_blockable(range))
		return false;
	mutex_lock(&random->update_lock);
	mmu_interval_set_seq(notifier, cur_seq);
	mutex_unlock(&random->update_lock);
	/* The process itself has no part in it. */
	if (range->event != MMU_NOTIFY_RELEASE && current == party->actor->task)
		wait_and_play(party);
	return true;
}

static const struct mmu_interval_notifier_ops notifier_ops = {
	.invalidate = invalidate,
};

/* A part that is played in the callback: the thread unmaps the process's memory. */
static void play_in_callback(struct random *random)
{
	struct mm_struct *mm = random->notifier.mm;

	kthread_use_mm(mm);
	vm_munmap(random->inst->request.address, random->inst->request.length);
	kthread_unuse_mm(mm);
}

static int party_thread(struct lab_actor *actor)
{
	struct random *random = actor->inst->priv;
	struct party *party = &random->parties[actor->index];

	warm_up(party, actor->inst->params.warmup);
	take(party);
	if (is_last(party) && (random->ending == END_EXIT_FENCE || random->ending == END_EXIT_LOCK)) {
		party->owes = party->offer == OFFER_LOCK;
		complete(&party->ready);
	} else if (party->offer == OFFER_NOTIFIER) {
		play_in_callback(random);
	} else {
		wait_and_play(party);
	}
	return 0;
}

static void party_work(struct work_struct *work)
{
	struct party *party = container_of(work, struct party, work);

	if (!party->goes) {
		warm_up(party, 1);
		return;
	}
	lab_actor_adopt(party->actor);
	take(party);
	wait_and_play(party);
}

/* A device is unplugged once. */
static struct party *whom_victims_need(struct random *random, unsigned int index)
{
	struct party *party = &random->parties[index % random->num_parties];

	return party->offer == OFFER_SECTION ? next_party(party) : party;
}

static int victim_thread(struct lab_actor *actor)
{
	struct random *random = actor->inst->priv;

	lab_actor_blocks(actor);
	need(whom_victims_need(random, actor->index));
	return 0;
}

/* ---- drawing ---- */

static void draw_ending(struct random *random)
{
	switch (random->inst->variant->value) {
	case RANDOM_DEAD:
		random->ending = draw(random, 4) ? END_LOOP : END_LOOP + draw(random, END_TIMER);
		break;
	case RANDOM_HEALTHY:
		random->ending = END_TIMER + draw(random, ENDINGS - END_TIMER);
		break;
	default:
		random->ending = draw(random, 2) ? END_LOOP : draw(random, ENDINGS);
		break;
	}
}

/* At most one of a row is in a section, and one in a callback: there are one device and one process. */
static bool can_offer(const struct random *random, enum offer offer)
{
	unsigned int i;

	if (offer == OFFER_NOTIFIER ? !random->inst->request.address : random->inst->params.seed % SECTION_EVERY)
		return false;
	for (i = 0; i < random->num_parties; i++)
		if (random->parties[i].offer == offer)
			return false;
	return true;
}

static void draw_section(struct random *random, struct party *party)
{
	enum offer offer = draw(random, 2) ? OFFER_SECTION : OFFER_NOTIFIER;

	if (draw(random, 2) || party->index == 0 || (offer == OFFER_NOTIFIER && party->is_work))
		return;
	if (!can_offer(random, offer))
		return;
	party->offer = offer;
	if (offer == OFFER_NOTIFIER)
		random->notified = party;
}

/*
 * A loop can be undone by its fences only, so there is one: the first party's. Who is last in a row that ends in somebody who has
 * exited is a thread, and offers what is needed for that.
 */
static void draw_party(struct random *random, struct party *party)
{
	static const enum lab_lock_type types[] = { LAB_MUTEX, LAB_MUTEX,      LAB_RESV,     LAB_RESV,
						    LAB_RWSEM, LAB_RWSEM_READ, LAB_SEMAPHORE };
	bool exits = is_last(party) && (random->ending == END_EXIT_FENCE || random->ending == END_EXIT_LOCK);
	enum lab_lock_type type;

	party->is_work = !draw(random, 3) && !exits;
	party->offer = draw(random, party->is_work ? 3 : 2);
	party->wrapping = draw(random, WRAPPINGS);
	type = types[draw(random, ARRAY_SIZE(types))];
	if (party->index == 0 && !exits)
		party->offer = OFFER_FENCE;
	if (party->index == 0 && random->ending >= END_TIMER)
		party->wrapping = WRAP_NONE;
	if (!exits)
		draw_section(random, party);
	if (exits)
		party->offer = random->ending == END_EXIT_LOCK ? OFFER_LOCK : OFFER_FENCE;
	/* Several workers may run an item, and who holds a semaphore shows by habit; only these two can be leaked. */
	if ((party->is_work && type == LAB_SEMAPHORE) || (exits && type != LAB_MUTEX && type != LAB_RESV))
		type = LAB_MUTEX;
	lab_lock_init(&party->lock, type);
}

static void draw_all(struct random *random)
{
	unsigned int i;

	prandom_seed_state(&random->state, random->inst->params.seed * 0x9e3779b97f4a7c15ULL + 1);
	draw_ending(random);
	if (random->ending == END_EXIT_LOCK && !lab_lock_can_be_leaked())
		random->ending = END_EXIT_FENCE;
	random->num_parties = MIN_PARTIES + draw(random, MAX_PARTIES - MIN_PARTIES + 1);
	random->late_ms = MIN_LATE_MS + draw(random, MAX_LATE_MS - MIN_LATE_MS);
	random->inst->params.victims = draw(random, 3);
	for (i = 0; i < random->num_parties; i++) {
		struct party *party = &random->parties[i];

		party->random = random;
		party->index = i;
		init_completion(&party->ready);
		init_completion(&party->go);
		INIT_WORK(&party->work, party_work);
		lab_timeline_init(&party->timeline[0], "gfx", random->inst->id * 10 + i);
		lab_timeline_init(&party->timeline[1], "sdma", random->inst->id * 10 + i);
		draw_party(random, party);
	}
}

/* ---- setting up ---- */

static int run_work(struct random *random, struct party *party)
{
	unsigned int i;

	party->wq = alloc_workqueue("gpulab-rand/%u", WQ_UNBOUND, 0, random->inst->id);
	party->actor = lab_actor_add(random->inst, "party", LAB_PARTICIPANT);
	if (!party->wq || !party->actor)
		return -ENOMEM;
	for (i = 0; party->offer == OFFER_FENCE && i < random->inst->params.warmup; i++) {
		queue_work(party->wq, &party->work);
		flush_work(&party->work);
	}
	party->goes = true;
	queue_work(party->wq, &party->work);
	return lab_wait(&party->ready);
}

static int run_thread(struct random *random, struct party *party)
{
	bool exits = is_last(party) && (random->ending == END_EXIT_FENCE || random->ending == END_EXIT_LOCK);

	party->actor = lab_actor_run_index(random->inst, exits ? "gone" : "party", exits ? LAB_ROOT : LAB_PARTICIPANT,
					   party->index, "gpulab-rand", party_thread);
	if (!party->actor)
		return -ENOMEM;
	if (exits) {
		lab_actor_join(party->actor);
		party->actor->state = "exited";
	}
	return lab_wait(&party->ready);
}

static int wrap_in_chain(struct party *party)
{
	struct dma_fence_chain *chain = dma_fence_chain_alloc();

	if (!chain)
		return -ENOMEM;
	dma_fence_chain_init(chain, NULL, dma_fence_get(party->fence[0]), 1);
	party->waited = &chain->base;
	return 0;
}

/* The finished fence of a job that depends on it. */
static int wrap_in_job(struct party *party)
{
	struct lab_job *job;

	party->ring = lab_ring_create("rand", party->random->inst->id * 10 + party->index);
	if (!party->ring)
		return -ENOMEM;
	job = lab_job_create(party->ring, NULL, NULL, &party->waited);
	if (!job)
		return -ENOMEM;
	if (lab_job_depend(job, dma_fence_get(party->fence[0]))) {
		lab_job_abandon(job);
		return -ENOMEM;
	}
	lab_job_push(job);
	return 0;
}

static int wrap_in_array(struct party *party)
{
	struct dma_fence **members;
	struct dma_fence_array *array;

	members = kmalloc_array(2, sizeof(*members), GFP_KERNEL);
	if (!members)
		return -ENOMEM;
	members[0] = dma_fence_get(party->fence[0]);
	members[1] = dma_fence_get(party->fence[1]);
	array = lab_fence_array_create(2, members, dma_fence_context_alloc(1));
	if (!array) {
		dma_fence_put(members[0]);
		dma_fence_put(members[1]);
		kfree(members);
		return -ENOMEM;
	}
	party->waited = &array->base;
	return 0;
}

static int wrap(struct party *party)
{
	switch (party->wrapping) {
	case WRAP_CHAIN:
		return wrap_in_chain(party);
	case WRAP_ARRAY:
		return wrap_in_array(party);
	case WRAP_JOB:
		return party->offer == OFFER_FENCE ? wrap_in_job(party) : 0;
	default:
		party->waited = dma_fence_get(party->fence[0]);
		return 0;
	}
}

static int create_fences(struct party *party)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(party->fence); i++) {
		party->fence[i] = lab_fence_create(&party->timeline[i]);
		if (!party->fence[i])
			return -ENOMEM;
	}
	if (party->offer == OFFER_FENCE && party->random->inst->num_fences < LAB_MAX_FENCES)
		lab_truth_lab_fence(party->random->inst, party->fence[0]);
	return wrap(party);
}

static int create_device(struct party *party)
{
	struct drm_device *drm = lab_drm_create("gpulab-rand");

	if (IS_ERR(drm))
		return PTR_ERR(drm);
	party->drm = drm;
	return 0;
}

static int watch_memory(struct random *random)
{
	const struct gpulab_start *request = &random->inst->request;
	int ret;

	mmget(current->mm);
	ret = mmu_interval_notifier_insert(&random->notifier, current->mm, request->address, request->length,
					   &notifier_ops);
	if (ret) {
		mmput(current->mm);
		random->notifier.mm = NULL;
	}
	return ret;
}

static int set_up_party(struct random *random, struct party *party)
{
	int ret = 0;

	if (party->offer == OFFER_SECTION)
		ret = create_device(party);
	if (party->offer == OFFER_NOTIFIER)
		ret = watch_memory(random);
	return ret ?: (party->is_work ? run_work(random, party) : run_thread(random, party)) ?: create_fences(party);
}

static int set_up(struct random *random)
{
	unsigned int i;
	int ret = 0;

	for (i = 0; i < random->num_parties && !ret; i++)
		ret = set_up_party(random, &random->parties[i]);
	if (!ret && random->ending == END_SECOND) {
		warm_by_interrupt(random, &random->parties[0].timeline[0]);
		signal_later(random, dma_fence_get(random->parties[0].fence[0]), random->late_ms);
	}
	if (!ret && random->ending == END_TIMER)
		warm_by_interrupt(random, &random->irq_timeline);
	return ret;
}

/* In an order of its own, so that the loop closes anywhere. */
static int let_go(struct random *random)
{
	unsigned int first = draw(random, random->num_parties), i;
	int ret = 0;

	for (i = 0; i < random->num_parties && !ret; i++) {
		struct party *party = &random->parties[(first + i) % random->num_parties];

		if (party->actor->part != LAB_PARTICIPANT)
			continue;
		complete(&party->go);
		ret = lab_wait(&party->actor->blocking);
		msleep(draw(random, 2 * random->inst->params.stagger_ms + 1));
	}
	return ret;
}

static int random_start(struct lab_instance *inst)
{
	struct random *random = kzalloc(sizeof(*random), GFP_KERNEL);

	if (!random)
		return -ENOMEM;
	inst->priv = random;
	random->inst = inst;
	mutex_init(&random->update_lock);
	lab_hrtimer_setup(&random->timer, timer_fire);
	lab_timeline_init(&random->irq_timeline, "irq", inst->id);
	draw_all(random);
	return set_up(random) ?: let_go(random) ?: lab_victims_run(inst, victim_thread);
}

static void random_release(struct lab_instance *inst)
{
	struct random *random = inst->priv;
	unsigned int i;

	for (i = 0; random && i < random->num_parties; i++) {
		struct party *party = &random->parties[i];

		if (party->offer == OFFER_FENCE) {
			lab_fence_cancel(party->fence[0]);
			lab_fence_cancel(party->fence[1]);
		}
		if (party->owes)
			lab_lock_release_for_owner(&party->lock);
		party->owes = false;
	}
}

static void party_free(struct party *party)
{
	if (party->wq)
		destroy_workqueue(party->wq);
	/* Some are never waited for. */
	if (party->fence[0])
		dma_fence_signal(party->fence[0]);
	if (party->fence[1])
		dma_fence_signal(party->fence[1]);
	dma_fence_put(party->waited);
	if (party->ring)
		lab_ring_destroy(party->ring);
	if (party->drm)
		lab_drm_destroy(party->drm, party->unplugged);
	dma_fence_put(party->fence[0]);
	dma_fence_put(party->fence[1]);
	lab_lock_fini(&party->lock);
}

static void leave_memory(struct random *random)
{
	struct mm_struct *mm = random->notifier.mm;

	if (!mm)
		return;
	mmu_interval_notifier_remove(&random->notifier);
	mmput(mm);
}

static void random_finish(struct lab_instance *inst)
{
	struct random *random = inst->priv;
	unsigned int i;

	if (!random)
		return;
	leave_memory(random);
	signal_later(random, NULL, 0);
	for (i = 0; i < random->num_parties; i++)
		party_free(&random->parties[i]);
	kfree(random);
}

static const char *lock_name(const struct lab_lock *lock)
{
	return lock->type == LAB_RWSEM_READ ? "rwsem-read" : lab_lock_type_name(lock);
}

static void random_show(struct lab_instance *inst, struct seq_file *seq)
{
	struct random *random = inst->priv;
	unsigned int i;

	if (!random)
		return;
	seq_printf(seq, ",\"seed\":%u,\"ending\":\"%s\",\"dead\":%s,\"late_ms\":%u,\"ended\":%d,\"row\":[",
		   inst->params.seed, ending_names[random->ending], random->ending < END_TIMER ? "true" : "false",
		   random->late_ms, atomic_read(&random->ended));
	for (i = 0; i < random->num_parties; i++) {
		struct party *party = &random->parties[i];

		seq_printf(seq, "%s\"%s:%s:%s\"", i ? "," : "", party->is_work ? "work" : "thread",
			   offer_names[party->offer],
			   party->offer == OFFER_FENCE	? wrapping_names[party->wrapping]
			   : party->offer == OFFER_LOCK ? lock_name(&party->lock)
			   : party->offer == OFFER_WORK ? "flush"
							: "");
	}
	seq_puts(seq, "]");
}

static const struct lab_variant random_variants[] = {
	{ "any", RANDOM_ANY },
	{ "dead", RANDOM_DEAD },
	{ "healthy", RANDOM_HEALTHY },
	{ "" },
};

const struct lab_family lab_random_family = {
	.name = "random",
	.expected_class = "",
	.variants = random_variants,
	.start = random_start,
	.release = random_release,
	.finish = random_finish,
	.show = random_show,
};
