/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How the work of a look grows with what is blocked: snapshots of made-up machines, read and judged twice, as for a report.
 *
 * usage: scale MOST
 *
 * From 100 to MOST tasks, see measure.h.
 */
#define RECORDS_MAX 1000000
#include "tests/bench/measure.h"
#include "tests/unit/build-snapshot.h"

#define TASKS_LEAST 100
#define RINGS 64
#define OLD (60 * SECOND) /* all waits are older than what makes them a stall, however many there are */

/* Asleep in this function. */
static struct gw_task_record *scale_task_in(struct world *w, uint32_t i, const char *function)
{
	struct gw_task_record *task = user_task(w, 10 + i, "task");
	char frames[128];

	snprintf(frames, sizeof(frames),
		 "schedule %s amdgpu:amdgpu_cs_ioctl drm:drm_ioctl __x64_sys_ioctl do_syscall_64", function);
	stack(w, task, frames);
	return task;
}

static struct gw_task_record *scale_task(struct world *w, uint32_t i)
{
	return scale_task_in(w, i, "__mutex_lock");
}

/* All of them wait for one mutex, whose owner waits for a fence that only the first of them signals. */
static void scale_queue(struct world *w, uint32_t count)
{
	struct gw_task_record *owner = kthread(w, 1, "owner"), *signaller = kthread(w, 2, "signaller");
	struct gw_lock_record *lock = lock_of(w, GW_LOCK_MUTEX, owner);

	waits_for_fence(w, owner, fence(w, timeline_by(w, "gfx", signaller), 7));
	waits_for_lock(w, signaller, lock, GW_LOCK_F_MUTEX);
	for (uint32_t i = 0; i < count; i++)
		waits_for_lock(w, scale_task(w, i), lock, GW_LOCK_F_MUTEX);
}

/* Each waits for a mutex that the next one has; the last one's is the first one's. */
static void scale_ring(struct world *w, uint32_t count)
{
	struct gw_task_record *first = scale_task(w, 0), *next = first;

	for (uint32_t i = 1; i < count; i++) {
		struct gw_task_record *task = scale_task(w, i);

		waits_for_lock(w, task, lock_of(w, GW_LOCK_MUTEX, next), GW_LOCK_F_MUTEX);
		next = task;
	}
	waits_for_lock(w, first, lock_of(w, GW_LOCK_MUTEX, next), GW_LOCK_F_MUTEX);
}

/* Each waits for a fence of its own, of a timeline that an interrupt signals. */
static void scale_fences(struct world *w, uint32_t count)
{
	struct gw_timeline_record *rings[RINGS];

	for (size_t i = 0; i < RINGS; i++) {
		rings[i] = timeline(w, "gfx");
		signalled_by_interrupt(rings[i], GW_SIGNALLER_HARDIRQ);
	}
	for (uint32_t i = 0; i < count; i++)
		waits_for_fence(w, scale_task_in(w, i, "dma_fence_wait_timeout"), fence(w, rings[i % RINGS], 100 + i));
}

/* Pairs, each of which is a deadlock of its own. */
static void scale_pairs(struct world *w, uint32_t count)
{
	for (uint32_t i = 0; i < count; i += 2)
		classic(w, 10 + i);
}

/* One look; the bytes come from the kernel, and making them up does not count. */
static uint64_t scale_look(struct world *w)
{
	struct bytes stream = { .data = NULL }, records;
	struct gw_snapshot **snapshots;
	uint64_t begin;
	size_t count;

	w->now_ns += SECOND;
	records = snapshot_bytes(w);
	put(&stream, &w->host, sizeof(w->host));
	put(&stream, records.data, records.size);
	free(records.data);
	begin = measure_now();
	assert_int_equal(gw_stream_parse(stream.data, stream.size, false, &snapshots, &count, NULL), GW_PARSE_OK);
	assert_int_equal(gw_analysis_step(w->analysis, snapshots[0], NULL, NULL), 0);
	begin = measure_now() - begin;
	free(snapshots);
	free(stream.data);
	return begin;
}

static void (*const scale_shapes[])(struct world *w, uint32_t count) = { scale_queue, scale_ring, scale_fences,
									 scale_pairs };
static const char *const scale_names[] = { "queue", "ring", "fences", "pairs" };

static uint64_t scale_work(size_t shape, uint32_t count, uint64_t *before_kib)
{
	struct world *w = world_new();

	scale_shapes[shape](w, count);
	w->now_ns += OLD;
	*before_kib = measure_kib();
	return scale_look(w) + scale_look(w);
}

int main(int argc, char **argv)
{
	return measure_main(argc, argv, scale_work, scale_names, sizeof(scale_names) / sizeof(scale_names[0]),
			    TASKS_LEAST);
}
