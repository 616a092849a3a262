// SPDX-License-Identifier: GPL-2.0
/*
 * random: topologies drawn from a seed. Two to eight parties, threads and work items, stand in a row: each offers something (a
 * lock that it holds, a fence that it has to signal, its own work item) and needs what the next one offers. How the row ends
 * makes it dead or healthy: see enum ending. All is drawn from `seed`, so that a seed makes the same topology again.
 */
#include <linux/delay.h>
#include <linux/dma-fence-chain.h>
#include <linux/hrtimer.h>
#include <linux/prandom.h>
#include <linux/slab.h>
#include <linux/workqueue.h>

#include "lab.h"

#define MIN_PARTIES 2
#define MAX_PARTIES 8
#define MIN_LATE_MS 1500 /* of what ends by itself */
#define MAX_LATE_MS 5000

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

enum offer { OFFER_LOCK, OFFER_FENCE, OFFER_WORK };
static const char *const offer_names[] = { "lock", "fence", "work" };

/* How a fence is waited for. */
enum wrapping { WRAP_NONE, WRAP_ANY, WRAP_ARRAY, WRAP_CHAIN, WRAPPINGS };
static const char *const wrapping_names[] = { "plain", "any", "array", "chain" };

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

static void take_lock(struct party *party)
{
	if (party->offer == OFFER_LOCK)
		lab_lock_hold(&party->lock);
}

static void give_back(struct party *party)
{
	if (party->offer == OFFER_LOCK)
		lab_lock_release(&party->lock);
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

static int party_thread(struct lab_actor *actor)
{
	struct random *random = actor->inst->priv;
	struct party *party = &random->parties[actor->index];

	warm_up(party, actor->inst->params.warmup);
	take_lock(party);
	complete(&party->ready);
	if (is_last(party) && (random->ending == END_EXIT_FENCE || random->ending == END_EXIT_LOCK)) {
		party->owes = party->offer == OFFER_LOCK;
		return 0;
	}
	if (lab_thread_wait(actor->inst, &party->go))
		play(party);
	else
		give_back(party);
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
	take_lock(party);
	complete(&party->ready);
	if (lab_thread_wait(party->random->inst, &party->go))
		play(party);
	else
		give_back(party);
}

static int victim_thread(struct lab_actor *actor)
{
	struct random *random = actor->inst->priv;

	lab_actor_blocks(actor);
	need(&random->parties[actor->index % random->num_parties]);
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

static int wrap(struct party *party)
{
	struct dma_fence **members;
	struct dma_fence_array *array;
	struct dma_fence_chain *chain;

	if (party->wrapping == WRAP_CHAIN) {
		chain = dma_fence_chain_alloc();
		if (!chain)
			return -ENOMEM;
		dma_fence_chain_init(chain, NULL, dma_fence_get(party->fence[0]), 1);
		party->waited = &chain->base;
		return 0;
	}
	if (party->wrapping != WRAP_ARRAY) {
		party->waited = dma_fence_get(party->fence[0]);
		return 0;
	}
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

static int set_up(struct random *random)
{
	unsigned int i;
	int ret = 0;

	for (i = 0; i < random->num_parties && !ret; i++) {
		struct party *party = &random->parties[i];

		ret = (party->is_work ? run_work(random, party) : run_thread(random, party)) ?: create_fences(party);
	}
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
	dma_fence_put(party->waited);
	/* Some are never waited for. */
	if (party->fence[0])
		dma_fence_signal(party->fence[0]);
	if (party->fence[1])
		dma_fence_signal(party->fence[1]);
	dma_fence_put(party->fence[0]);
	dma_fence_put(party->fence[1]);
	lab_lock_fini(&party->lock);
}

static void random_finish(struct lab_instance *inst)
{
	struct random *random = inst->priv;
	unsigned int i;

	if (!random)
		return;
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
							: "flush");
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
