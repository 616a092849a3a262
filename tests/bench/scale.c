/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How the work of a look grows with what is blocked: snapshots of made-up machines, read and judged twice, as for a report.
 *
 * usage: scale MOST
 *
 * Prints a line for each shape and each power of ten from 100 to MOST tasks: SHAPE TASKS NS KIB. NS is what the clock says,
 * which is instructions where a guest's clock counts them; KIB is the most memory that this took.
 */
#define RECORDS_MAX 1000000
#include "tests/unit/build-snapshot.h"

#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>

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

static const struct shape {
	const char *name;
	void (*build)(struct world *w, uint32_t count);
} shapes[] = {
	{ "queue", scale_queue },
	{ "ring", scale_ring },
	{ "fences", scale_fences },
	{ "pairs", scale_pairs },
};

static uint64_t scale_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * SECOND + (uint64_t)now.tv_nsec;
}

static uint64_t scale_kib(void)
{
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	return (uint64_t)usage.ru_maxrss;
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
	begin = scale_now();
	assert_int_equal(gw_stream_parse(stream.data, stream.size, false, &snapshots, &count, NULL), GW_PARSE_OK);
	assert_int_equal(gw_analysis_step(w->analysis, snapshots[0], NULL, NULL), 0);
	begin = scale_now() - begin;
	free(snapshots);
	free(stream.data);
	return begin;
}

/* In a process of its own, so that its memory is its own, too. */
static int scale_measure(const struct shape *shape, uint32_t count)
{
	pid_t child = fork();
	int status;

	if (child == 0) {
		struct world *w = world_new();
		uint64_t before, ns;

		shape->build(w, count);
		w->now_ns += OLD;
		before = scale_kib();
		ns = scale_look(w);
		ns += scale_look(w);
		printf("%s %u %llu %llu\n", shape->name, count, (unsigned long long)ns,
		       (unsigned long long)(scale_kib() - before));
		fflush(stdout);
		_exit(0);
	}
	return child > 0 && waitpid(child, &status, 0) == child && WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

int main(int argc, char **argv)
{
	uint32_t most = argc == 2 ? (uint32_t)strtoul(argv[1], NULL, 10) : 0;

	if (most < TASKS_LEAST) {
		fprintf(stderr, "usage: scale MOST\n");
		return 2;
	}
	for (size_t i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++)
		for (uint32_t count = TASKS_LEAST; count <= most; count *= 10)
			if (scale_measure(&shapes[i], count))
				return 1;
	return 0;
}
