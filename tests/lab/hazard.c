// SPDX-License-Identifier: GPL-2.0
/*
 * hazard: a section between dma_fence_begin_signalling() and dma_fence_end_signalling() in which a rule of the
 * cross-driver contract is broken, without any deadlock coming of it. /harmless does what looks alike and is allowed.
 */
#include <linux/gfp.h>
#include <linux/mm.h>
#include <linux/mmap_lock.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>

#include "lab.h"

#define HAZARD_ROUNDS 8

enum hazard_variant {
	HAZARD_KMALLOC,
	HAZARD_NOFS,
	HAZARD_PAGES,
	HAZARD_RESV,
	HAZARD_MMAP_READ,
	HAZARD_MMAP_WRITE,
	HAZARD_FENCE,
	HAZARD_FENCE_ANY,
	HAZARD_NESTED,
	HAZARD_HARMLESS,
};

struct hazard {
	struct lab_timeline timeline;
	struct dma_fence *other; /* signalled: nobody blocks on it */
	struct mm_struct *mm; /* of whoever started it */
	struct dma_resv resv;
};

static __always_inline void allocate(gfp_t gfp)
{
	kfree(kmalloc(96, gfp));
}

static __always_inline void allocate_page(gfp_t gfp)
{
	struct page *page = alloc_pages(gfp, 2);

	if (page)
		__free_pages(page, 2);
}

static __always_inline void lock_resv(struct hazard *hazard)
{
	dma_resv_lock(&hazard->resv, NULL);
	dma_resv_unlock(&hazard->resv);
}

static __always_inline void lock_mmap(struct hazard *hazard, bool write)
{
	if (write) {
		mmap_write_lock(hazard->mm);
		mmap_write_unlock(hazard->mm);
	} else {
		mmap_read_lock(hazard->mm);
		mmap_read_unlock(hazard->mm);
	}
}

static __always_inline void wait_for_another(struct hazard *hazard, bool any)
{
	if (any)
		dma_fence_wait_any_timeout(&hazard->other, 1, false, HZ, NULL);
	else
		dma_fence_wait(hazard->other, false);
	/* Not a tail call: the caller stays on the stack. */
	barrier();
}

/* One function each, so that whoever looks can tell them apart. */
static noinline void breach_kmalloc(struct hazard *hazard)
{
	allocate(GFP_KERNEL);
}

static noinline void breach_nofs(struct hazard *hazard)
{
	allocate(GFP_NOFS);
}

static noinline void breach_pages(struct hazard *hazard)
{
	allocate_page(GFP_KERNEL);
}

static noinline void breach_resv(struct hazard *hazard)
{
	lock_resv(hazard);
}

static noinline void breach_mmap_read(struct hazard *hazard)
{
	lock_mmap(hazard, false);
}

static noinline void breach_mmap_write(struct hazard *hazard)
{
	lock_mmap(hazard, true);
}

static noinline void breach_fence(struct hazard *hazard)
{
	wait_for_another(hazard, false);
}

static noinline void breach_fence_any(struct hazard *hazard)
{
	wait_for_another(hazard, true);
}

/* A section within the section does not end it. */
static noinline void breach_nested(struct hazard *hazard)
{
	bool cookie = dma_fence_begin_signalling();

	dma_fence_end_signalling(cookie);
	allocate(GFP_KERNEL);
}

static noinline void harmless(struct hazard *hazard)
{
	allocate(GFP_NOWAIT);
	allocate(GFP_ATOMIC);
	allocate_page(GFP_NOWAIT);
	if (dma_resv_trylock(&hazard->resv))
		dma_resv_unlock(&hazard->resv);
	if (mmap_read_trylock(hazard->mm))
		mmap_read_unlock(hazard->mm);
}

static void (*const breaches[])(struct hazard *hazard) = {
	[HAZARD_KMALLOC] = breach_kmalloc,     [HAZARD_NOFS] = breach_nofs,
	[HAZARD_PAGES] = breach_pages,	       [HAZARD_RESV] = breach_resv,
	[HAZARD_MMAP_READ] = breach_mmap_read, [HAZARD_MMAP_WRITE] = breach_mmap_write,
	[HAZARD_FENCE] = breach_fence,	       [HAZARD_FENCE_ANY] = breach_fence_any,
	[HAZARD_NESTED] = breach_nested,       [HAZARD_HARMLESS] = harmless,
};

/* After the section everything is allowed. */
static void after_section(struct hazard *hazard)
{
	allocate(GFP_KERNEL);
	allocate_page(GFP_KERNEL);
	lock_resv(hazard);
	lock_mmap(hazard, false);
	wait_for_another(hazard, false);
}

static noinline void signal_one(struct hazard *hazard, int variant)
{
	struct dma_fence *fence = lab_fence_create(&hazard->timeline);
	bool cookie;

	if (!fence)
		return;
	cookie = dma_fence_begin_signalling();
	breaches[variant](hazard);
	dma_fence_signal(fence);
	dma_fence_end_signalling(cookie);
	dma_fence_put(fence);
	after_section(hazard);
}

static int signaller_thread(struct lab_actor *actor)
{
	unsigned int i;

	for (i = 0; i < HAZARD_ROUNDS; i++)
		signal_one(actor->inst->priv, actor->inst->variant->value);
	return 0;
}

static int hazard_start(struct lab_instance *inst)
{
	struct hazard *hazard = kzalloc(sizeof(*hazard), GFP_KERNEL);
	struct lab_actor *signaller;

	if (!hazard)
		return -ENOMEM;
	inst->priv = hazard;
	dma_resv_init(&hazard->resv);
	lab_timeline_init(&hazard->timeline, "gfx", inst->id);
	hazard->mm = current->mm;
	mmgrab(hazard->mm);
	hazard->other = lab_fence_create(&hazard->timeline);
	if (!hazard->other)
		return -ENOMEM;
	dma_fence_signal(hazard->other);
	signaller = lab_actor_run(inst, "signaller", LAB_ROOT, "gpulab-sign", signaller_thread);
	if (!signaller)
		return -ENOMEM;
	lab_actor_join(signaller);
	signaller->state = "exited";
	return 0;
}

static void hazard_release(struct lab_instance *inst)
{
}

static void hazard_finish(struct lab_instance *inst)
{
	struct hazard *hazard = inst->priv;

	if (!hazard)
		return;
	dma_fence_put(hazard->other);
	mmdrop(hazard->mm);
	dma_resv_fini(&hazard->resv);
	kfree(hazard);
}

static const struct lab_variant hazard_variants[] = {
	{ "kmalloc", HAZARD_KMALLOC },
	{ "nofs", HAZARD_NOFS },
	{ "pages", HAZARD_PAGES },
	{ "resv", HAZARD_RESV },
	{ "mmap-read", HAZARD_MMAP_READ },
	{ "mmap-write", HAZARD_MMAP_WRITE },
	{ "fence", HAZARD_FENCE },
	{ "fence-any", HAZARD_FENCE_ANY },
	{ "nested", HAZARD_NESTED },
	{ "harmless", HAZARD_HARMLESS },
	{ "" },
};

const struct lab_family lab_hazard_family = {
	.name = "hazard",
	.expected_class = "hazard",
	.variants = hazard_variants,
	.start = hazard_start,
	.release = hazard_release,
	.finish = hazard_finish,
};
