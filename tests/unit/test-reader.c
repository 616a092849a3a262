/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Snapshots of a kernel that is made up: this test defines what libbpf would ask the kernel for. Each of its tasks waits for a
 * lock, whose owner is the task after it; the first one alone is blocked for long, so that each pass of the iterator finds
 * what the pass before has asked for.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <bpf/bpf.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "daemon/kernel/reader.h"
#include "lib/base/clock.h"

#define WANTED 1000 /* the map's file descriptor */
#define TASK(i) (0xffff888000000000ULL + (i)*0x1000ULL)
#define LOCK(i) (TASK(i) + 0x800)

/* The one kernel there is: the functions below get no other pointer. */
static struct {
	struct gw_control control;
	uint64_t chain;	  /* tasks that wait one behind the other */
	uint64_t crowd;	  /* owners of locks that the first task waits for, beside the chain */
	uint64_t *wanted; /* what the map has */
	size_t n_wanted;
	unsigned int passes;
	int error; /* of the iterator, in the second pass */
} kernel;

/* ---- what libbpf gives ---------------------------------------------------------------------- */

static void kernel_emit(int fd, const void *record, size_t size)
{
	assert_int_equal(write(fd, record, size), size);
}

static void kernel_emit_lock(int fd, uint64_t lock, uint64_t owner)
{
	struct gw_lock_record record = {
		.header = { .type = GW_RECORD_LOCK, .size = sizeof(record) },
		.address = lock,
		.kind = GW_LOCK_MUTEX,
		.owner = owner,
	};

	kernel_emit(fd, &record, sizeof(record));
}

static void kernel_emit_task(int fd, uint64_t i)
{
	struct gw_task_record record = {
		.header = { .type = GW_RECORD_TASK, .size = offsetof(struct gw_task_record, stack) },
		.address = TASK(i),
		.pid = (uint32_t)i + 1,
	};

	kernel_emit(fd, &record, record.header.size);
	if (i + 1 < kernel.chain)
		kernel_emit_lock(fd, LOCK(i), TASK(i + 1));
}

int bpf_iter_create(int link)
{
	int fd = memfd_create("pass", MFD_CLOEXEC);

	assert_true(fd >= 0);
	kernel.passes++;
	if (kernel.passes == 2 && kernel.error) {
		close(fd);
		errno = kernel.error;
		return -1;
	}
	if (kernel.control.query.mode != GW_QUERY_WANTED) {
		kernel_emit_task(fd, 0);
		for (uint64_t i = 0; i < kernel.crowd; i++)
			kernel_emit_lock(fd, LOCK(1000000 + i), TASK(1000000 + i));
	}
	for (size_t i = 0; i < kernel.n_wanted && kernel.control.query.mode == GW_QUERY_WANTED; i++)
		kernel_emit_task(fd, (kernel.wanted[i] - TASK(0)) / (TASK(1) - TASK(0)));
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	return fd;
}

int bpf_map_get_next_key(int fd, const void *key, void *next)
{
	assert_int_equal(fd, WANTED);
	assert_null(key); /* only to empty it */
	if (kernel.n_wanted == 0)
		return -1;
	memcpy(next, &kernel.wanted[kernel.n_wanted - 1], sizeof(kernel.wanted[0]));
	return 0;
}

int bpf_map_delete_elem(int fd, const void *key)
{
	assert_memory_equal(key, &kernel.wanted[kernel.n_wanted - 1], sizeof(kernel.wanted[0]));
	kernel.n_wanted--;
	return 0;
}

int bpf_map_update_elem(int fd, const void *key, const void *value, __u64 flags)
{
	assert_int_equal(fd, WANTED);
	assert_true(kernel.n_wanted < GW_WANTED_MAX); /* as the kernel's map */
	memcpy(&kernel.wanted[kernel.n_wanted++], key, sizeof(kernel.wanted[0]));
	return 0;
}

/* ---- looks ---------------------------------------------------------------------------------- */

struct look {
	void *data;
	size_t size;
	uint64_t tasks; /* with a record */
	bool incomplete;
};

static struct look look(uint64_t chain, uint64_t crowd, int error)
{
	struct gw_timeline *timelines = calloc(GW_TIMELINE_SLOTS, sizeof(*timelines));
	struct gw_kallsyms *kallsyms = NULL;
	const struct gw_gpu_modules no_modules = { 0 };
	const struct gw_gpus no_gpus = { 0 };
	const struct gw_reader_source source = {
		.control = &kernel.control,
		.timelines = timelines,
		.wanted = WANTED,
		.evicted = -1,
		.drivers = -1,
		.names = -1,
		.getters = -1,
		.hazards = -1,
		.sections = -1,
		.kallsyms = &kallsyms,
		.gpu_modules = &no_modules,
		.gpus = &no_gpus,
	};
	struct look look = { 0 };
	struct gw_reader *reader;

	kernel.chain = chain;
	kernel.crowd = crowd;
	kernel.error = error;
	kernel.passes = 0;
	kernel.n_wanted = 0;
	kernel.wanted = calloc(GW_WANTED_MAX, sizeof(kernel.wanted[0]));
	assert_int_equal(gw_reader_new(&reader, &source), 0);
	assert_int_equal(
		gw_reader_snapshot(reader, 0, GW_SLEEPERS_NONE, false, GW_NSEC_PER_SEC, &look.data, &look.size), 0);
	for (size_t at = 0; at < look.size;) {
		const struct gw_record *record = (const struct gw_record *)((const char *)look.data + at);

		look.tasks += record->type == GW_RECORD_TASK;
		at += record->size;
	}
	look.incomplete = ((const struct gw_snapshot_record *)look.data)->incomplete;
	gw_reader_free(reader);
	free(kernel.wanted);
	free(timelines);
	return look;
}

static void whole(uint64_t chain, uint64_t crowd, uint64_t tasks)
{
	struct look seen = look(chain, crowd, 0);

	assert_false(seen.incomplete);
	assert_int_equal(seen.tasks, tasks);
	free(seen.data);
}

static void incomplete(uint64_t chain, uint64_t crowd, int error, uint64_t tasks)
{
	struct look seen = look(chain, crowd, error);

	assert_true(seen.incomplete);
	assert_int_equal(seen.tasks, tasks);
	free(seen.data);
}

/* ---- tests ---------------------------------------------------------------------------------- */

static void what_is_asked_for_is_in_the_look(void **state)
{
	whole(1, 0, 1);
	whole(2, 0, 2);
	whole(6, 0, 6);
}

/* What the last pass met would take another one. */
static void chain_that_is_longer_than_there_are_passes_makes_it_incomplete(void **state)
{
	incomplete(7, 0, 0, 6);
	incomplete(100, 0, 0, 6);
}

/* More than one pass can ask for are asked for by the next ones. */
static void objects_of_several_passes_are_whole(void **state)
{
	whole(1, GW_WANTED_MAX, 1 + GW_WANTED_MAX);
	whole(1, GW_WANTED_MAX + 1, 1 + GW_WANTED_MAX + 1);
	whole(1, 5 * GW_WANTED_MAX, 1 + 5 * GW_WANTED_MAX);
}

static void objects_beyond_the_limit_make_it_incomplete(void **state)
{
	incomplete(1, 5 * GW_WANTED_MAX + 1, 0, 1 + 5 * GW_WANTED_MAX);
	incomplete(1, 6 * GW_WANTED_MAX + 1, 0, 1 + 5 * GW_WANTED_MAX);
}

static void pass_that_fails_makes_it_incomplete(void **state)
{
	incomplete(3, 0, EPERM, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_asked_for_is_in_the_look),
		cmocka_unit_test(chain_that_is_longer_than_there_are_passes_makes_it_incomplete),
		cmocka_unit_test(objects_of_several_passes_are_whole),
		cmocka_unit_test(objects_beyond_the_limit_make_it_incomplete),
		cmocka_unit_test(pass_that_fails_makes_it_incomplete),
	};

	return cmocka_run_group_tests_name("reader", tests, NULL, NULL);
}
