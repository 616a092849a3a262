// SPDX-License-Identifier: GPL-2.0
/*
 * page-lock-cycle: a fault waits for the lock of a page with mmap_lock held for reading, and who holds the page waits for
 * mmap_lock. page-lock: the lock of a page that its owner never released, and one that is released late.
 */
#include <linux/delay.h>
#include <linux/mm.h>
#include <linux/pagemap.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>

#define LAB_NEEDS_MEMORY
#include "lab.h"

enum page_variant { PAGE_MIGRATION, PAGE_LEFT, PAGE_LATE };

struct page_lock {
	struct lab_instance *inst;
	struct mm_struct *mm;
	unsigned long address;
	struct page *page;
	atomic_t locked;
	struct completion has, go;
};

static void page_lock_release(struct page_lock *lock)
{
	if (atomic_xchg(&lock->locked, 0))
		unlock_page(lock->page);
}

/* Holds the page as a migration does, and wants mmap_lock; or is done, with the page still locked. */
static int migrate_range_thread(struct lab_actor *actor)
{
	struct page_lock *lock = actor->inst->priv;
	unsigned long end = jiffies + actor->inst->params.seconds * HZ;

	lock_page(lock->page);
	atomic_set(&lock->locked, 1);
	complete_all(&lock->has);
	if (actor->inst->variant->value == PAGE_LEFT)
		return 0;
	if (actor->inst->variant->value == PAGE_MIGRATION && lab_thread_wait(actor->inst, &lock->go)) {
		lab_actor_blocks(actor);
		mmap_write_lock(lock->mm);
		mmap_write_unlock(lock->mm);
	}
	while (actor->inst->variant->value == PAGE_LATE && !lab_stopping(actor->inst) && time_before(jiffies, end))
		msleep(50);
	page_lock_release(lock);
	return 0;
}

/* As a GPU's fault worker does on behalf of the process. */
static int fault_thread(struct lab_actor *actor)
{
	struct page_lock *lock = actor->inst->priv;
	struct page *page;

	mmap_read_lock(lock->mm);
	lab_actor_blocks(actor);
	if (lab_get_user_page(lock->mm, lock->address, &page) == 1)
		put_page(page);
	mmap_read_unlock(lock->mm);
	return 0;
}

static int page_victim_thread(struct lab_actor *actor)
{
	struct page_lock *lock = actor->inst->priv;

	lab_actor_blocks(actor);
	mmap_write_lock(lock->mm);
	mmap_write_unlock(lock->mm);
	return 0;
}

/* The page stays in the page cache, and the next access faults. */
static int page_take_away(struct page_lock *lock, u64 address)
{
	struct folio *folio;
	int ret;

	lock->address = address;
	ret = get_user_pages_fast(lock->address, 1, FOLL_WRITE, &lock->page);
	if (ret != 1)
		return ret < 0 ? ret : -EFAULT;
	folio = page_folio(lock->page);
	unmap_mapping_range(folio->mapping, (loff_t)(folio->index + folio_page_idx(folio, lock->page)) << PAGE_SHIFT,
			    PAGE_SIZE, 1);
	return 0;
}

static int page_lock_start(struct lab_instance *inst)
{
	bool migration = inst->variant->value == PAGE_MIGRATION;
	struct page_lock *lock = kzalloc(sizeof(*lock), GFP_KERNEL);
	struct lab_actor *owner, *fault;
	int ret;

	if (!lock)
		return -ENOMEM;
	inst->priv = lock;
	init_completion(&lock->has);
	init_completion(&lock->go);
	lock->mm = current->mm;
	mmgrab(lock->mm);
	ret = page_take_away(lock, inst->request.address);
	if (ret)
		return ret;
	owner = lab_actor_run(inst, "owner", migration ? LAB_PARTICIPANT : LAB_HELPER, "gpulab-owner",
			      migrate_range_thread);
	ret = owner ? lab_wait(&lock->has) : -ENOMEM;
	if (ret)
		return ret;
	fault = lab_actor_run(inst, "fault", LAB_PARTICIPANT, "gpulab-fault", fault_thread);
	ret = fault ? lab_actor_wait_blocking(fault) : -ENOMEM;
	if (ret)
		return ret;
	complete_all(&lock->go);
	if (migration)
		ret = lab_actor_wait_blocking(owner);
	return ret ?: lab_victims_run(inst, page_victim_thread);
}

static void page_lock_stop(struct lab_instance *inst)
{
	struct page_lock *lock = inst->priv;

	if (lock && lock->page)
		page_lock_release(lock);
}

static void page_lock_finish(struct lab_instance *inst)
{
	struct page_lock *lock = inst->priv;

	if (!lock)
		return;
	if (lock->page)
		put_page(lock->page);
	if (lock->mm)
		mmdrop(lock->mm);
	kfree(lock);
}

static const struct lab_variant page_cycle_variants[] = { { "migration", PAGE_MIGRATION, true }, { "" } };

const struct lab_family lab_page_lock_cycle_family = {
	.name = "page-lock-cycle",
	.expected_class = "page-lock-cycle",
	.variants = page_cycle_variants,
	.start = page_lock_start,
	.release = page_lock_stop,
	.finish = page_lock_finish,
};

static const struct lab_variant page_variants[] = { { "left", PAGE_LEFT, true }, { "late", PAGE_LATE, true }, { "" } };

const struct lab_family lab_page_lock_family = {
	.name = "page-lock",
	.expected_class = "long-wait",
	.variants = page_variants,
	.start = page_lock_start,
	.release = page_lock_stop,
	.finish = page_lock_finish,
};
