/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the programs share that measure how work grows with its size. Each is called with the MOST of something, and prints a
 * line for each shape and each power of ten up to that: SHAPE COUNT NS KIB. NS is what the clock says, which is instructions
 * where a guest's clock counts them; KIB is the most memory that this took.
 */
#ifndef GPUWATCH_TESTS_BENCH_MEASURE_H
#define GPUWATCH_TESTS_BENCH_MEASURE_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static inline uint64_t measure_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

static inline uint64_t measure_kib(void)
{
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	return (uint64_t)usage.ru_maxrss;
}

/*
 * Builds what is to be worked on, sets @before_kib, and returns how long the work took.
 */
typedef uint64_t (*measure_work)(size_t shape, uint32_t count, uint64_t *before_kib);

/* In a process of its own, so that its memory is its own, too. */
static inline int measure_apart(measure_work work, const char *name, size_t shape, uint32_t count)
{
	pid_t child = fork();
	int status;

	if (child == 0) {
		uint64_t before_kib = 0, ns = work(shape, count, &before_kib);

		printf("%s %u %llu %llu\n", name, count, (unsigned long long)ns,
		       (unsigned long long)(measure_kib() - before_kib));
		fflush(stdout);
		_exit(0);
	}
	return child > 0 && waitpid(child, &status, 0) == child && WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

/* The program: @names of @shapes shapes, each from @least on. */
static inline int measure_main(int argc, char **argv, measure_work work, const char *const *names, size_t shapes,
			       uint32_t least)
{
	uint32_t most = argc == 2 ? (uint32_t)strtoul(argv[1], NULL, 10) : 0;

	if (most < least) {
		fprintf(stderr, "usage: %s MOST\n", argv[0]);
		return 2;
	}
	for (size_t i = 0; i < shapes; i++)
		for (uint32_t count = least; count <= most; count *= 10)
			if (measure_apart(work, names[i], i, count))
				return 1;
	return 0;
}

#endif
