/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Work items that no worker of their pool is left for, and who keeps one from being created. */
#include "tests/unit/build-snapshot.h"

#define TEST(name) static void name(void **state __attribute__((unused)))
#define T(name) cmocka_unit_test(name)

#define RING 0xffff888000aaa000ULL
#define RING_QUEUE 0xffff888000bbb000ULL
#define BUSY_QUEUE 0xffff888000ccc000ULL
#define POOL 0xffff888000ddd000ULL

/* The item that signals @fence is queued on a pool, whose workers are @busy and @manager, which waits for kthreadd. */
struct scene {
	struct gw_task_record *busy, *manager, *kthreadd;
	struct gw_fence_record *fence;
	struct gw_pool_record *of_ring, *of_busy;
};

static struct gw_pool_record *pool_of(struct world *w, uint64_t workqueue, uint64_t manager)
{
	struct gw_pool_record *record = new_record(w, GW_RECORD_POOL, sizeof(*record));

	*record = (struct gw_pool_record){ record->header, workqueue + 0x100, POOL, manager, 0, 2, 0 };
	return record;
}

static struct scene exhausted_pool(struct world *w)
{
	struct scene s = { .busy = worker(w, 101, 0xffff888000eee000ULL, "busy_work", BUSY_QUEUE) };
	struct gw_timeline_record *ring = timeline(w, "gfx");

	s.manager = task_with_flags(w, 102, "kworker/u4:2", GW_TASK_F_KTHREAD | GW_TASK_F_WORKER | GW_TASK_F_NO_TIMER);
	s.kthreadd = kthread(w, 2, "kthreadd");
	s.fence = fence(w, ring, 7);
	signalled_by_work(w, ring, RING, "ring_work", 9);
	queued_inactive(w, RING, "ring_work", RING_QUEUE, 1)->place = GW_WORK_QUEUED;
	s.of_ring = pool_of(w, RING_QUEUE, s.manager->address);
	s.of_busy = pool_of(w, BUSY_QUEUE, s.manager->address);
	waits_for_fence(w, s.busy, s.fence);
	waits(w, s.manager, GW_WAIT_COMPLETION, new_address(w));
	stack(w, s.manager,
	      "schedule __kthread_create_on_node kthread_create_on_node create_worker worker_thread kthread");
	stack(w, s.kthreadd,
	      "schedule dma_fence_wait_timeout i915:i915_gem_shrink shrink_slab try_to_free_pages kthreadd");
	waits_for_fence(w, s.kthreadd, s.fence);
	return s;
}

TEST(item_without_a_worker_waits_for_kthreadd)
{
	struct world *w = world_new();
	const char *explanation;

	exhausted_pool(w);
	look(w, 2);
	assert_deadlock(w, GW_CLASS_WORKQUEUE_CYCLE, GW_CONFIDENCE_PROBABLE, "2 102", "101");
	explanation = the_report(w, GW_KIND_DEADLOCK)->explanation;
	assert_non_null(strstr(explanation, "for kthreadd (pid 2) to create a thread"));
	world_free(w);
}

TEST(worker_that_can_go_on_takes_the_item)
{
	struct world *w = world_new();
	struct scene s = exhausted_pool(w);

	waits_no_more(s.busy);
	runs(s.busy);
	look(w, 3);
	assert_silent(w);
	world_free(w);
}

/* One is not on record: it may be about to sleep. */
TEST(pool_of_more_workers_than_are_known_is_not_exhausted)
{
	struct world *w = world_new();
	struct scene s = exhausted_pool(w);

	s.of_ring->workers = s.of_busy->workers = 3;
	look(w, 3);
	assert_silent(w);
	world_free(w);
}

TEST(idle_kthreadd_creates_a_worker)
{
	struct world *w = world_new();
	struct scene s = exhausted_pool(w);

	waits_no_more(s.kthreadd);
	stack(w, s.kthreadd, "schedule kthreadd ret_from_fork");
	look(w, 3);
	assert_silent(w);
	world_free(w);
}

/* Its own rescuer takes an item that has waited for a worker. */
TEST(rescuer_takes_the_item)
{
	struct world *w = world_new();
	struct scene s = exhausted_pool(w);

	s.of_ring->rescuer = present(w, 103, "gpulab-ring")->address;
	look(w, 3);
	assert_silent(w);
	world_free(w);
}

/* There is one for all items of a workqueue. */
TEST(rescuer_that_is_stuck_itself_takes_nothing)
{
	struct world *w = world_new();
	struct scene s = exhausted_pool(w);
	struct gw_task_record *rescuer = worker(w, 103, 0xffff888000fff000ULL, "wait_work", RING_QUEUE);

	s.of_ring->rescuer = rescuer->address;
	waits_for_fence(w, rescuer, s.fence);
	look(w, 2);
	assert_non_null(the_report(w, GW_KIND_DEADLOCK));
	waits_no_more(rescuer);
	runs(rescuer);
	look(w, 2);
	assert_int_equal(count_reports(w, GW_KIND_DEADLOCK, GW_STATE_ACTIVE), 0);
	world_free(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(item_without_a_worker_waits_for_kthreadd),
		T(worker_that_can_go_on_takes_the_item),
		T(pool_of_more_workers_than_are_known_is_not_exhausted),
		T(idle_kthreadd_creates_a_worker),
		T(rescuer_takes_the_item),
		T(rescuer_that_is_stuck_itself_takes_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
