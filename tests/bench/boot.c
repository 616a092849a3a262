/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How long it takes to judge the boot of a large machine, and to write the document about it.
 *
 * usage: boot MOST
 *
 * Prints a line for each shape and each power of ten from 100 to MOST devices: SHAPE DEVICES NS KIB. NS is what the clock says,
 * which is instructions where a guest's clock counts them; KIB is the most memory that this took.
 */
#include "tests/unit/build-boot.h"

#include <sys/resource.h>
#include <sys/wait.h>

#define DEVICES_LEAST 100
#define BUSES 50 /* devices of one supplier */

static void boot_name(char *name, size_t size, const char *what, uint32_t number)
{
	snprintf(name, size, "%s.%u", what, number);
}

static void boot_supplier(struct machine *m, uint32_t number)
{
	char name[32];

	boot_name(name, sizeof(name), "bus", number);
	device(m, name, "bus-driver", "bus_driver");
	probe(m, name, "bus-driver", 5000 + number, 5001 + number, 0, 1);
}

/* A device that is deferred until its supplier is there. */
static json_t *boot_device(struct machine *m, uint32_t number, bool comes)
{
	char name[32], supplier[32];
	json_t *json;

	boot_name(name, sizeof(name), "device", number);
	boot_name(supplier, sizeof(supplier), "bus", number / BUSES);
	json = device(m, name, comes ? "driver" : "", comes ? "driver" : "");
	needs_by_firmware(json, "bus-supply", "/soc/bus", supplier);
	probe(m, name, "driver", 1000 + number, 1001 + number, DEFERRED, 2);
	if (comes)
		probe(m, name, "driver", 9000 + number, 9001 + number, 0, 3);
	else
		is_deferred(m, name, "wait for supplier");
	return json;
}

/* All of them come up, each after one deferral. */
static void boot_healthy(struct machine *m, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		if (i % BUSES == 0)
			boot_supplier(m, i / BUSES);
		boot_device(m, i, true);
	}
}

/* Every tenth supplier never does, and so none of its devices. */
static void boot_waiting(struct machine *m, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		bool there = i / BUSES % 10;

		if (i % BUSES == 0 && there)
			boot_supplier(m, i / BUSES);
		boot_device(m, i, there);
	}
}

static const struct shape {
	const char *name;
	void (*build)(struct machine *m, uint32_t count);
} shapes[] = {
	{ "healthy", boot_healthy },
	{ "waiting", boot_waiting },
};

static uint64_t boot_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 * MS + (uint64_t)now.tv_nsec;
}

static uint64_t boot_kib(void)
{
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	return (uint64_t)usage.ru_maxrss;
}

/* In a process of its own, so that its memory is its own, too. */
static int boot_measure(const struct shape *shape, uint32_t count)
{
	pid_t child = fork();
	int status;

	if (child == 0) {
		struct machine *m = machine_new();
		uint64_t before, ns;

		shape->build(m, count);
		before = boot_kib();
		ns = boot_now();
		analyse(m);
		ns = boot_now() - ns;
		printf("%s %u %llu %llu\n", shape->name, count, (unsigned long long)ns,
		       (unsigned long long)(boot_kib() - before));
		fflush(stdout);
		_exit(0);
	}
	return child > 0 && waitpid(child, &status, 0) == child && WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

int main(int argc, char **argv)
{
	uint32_t most = argc == 2 ? (uint32_t)strtoul(argv[1], NULL, 10) : 0;

	if (most < DEVICES_LEAST) {
		fprintf(stderr, "usage: boot MOST\n");
		return 2;
	}
	for (size_t i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++)
		for (uint32_t count = DEVICES_LEAST; count <= most; count *= 10)
			if (boot_measure(&shapes[i], count))
				return 1;
	return 0;
}
