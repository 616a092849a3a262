/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How long it takes to judge the boot of a large machine, and to write the document about it.
 *
 * usage: boot MOST
 *
 * From 100 to MOST devices, see measure.h.
 */
#include "tests/bench/measure.h"
#include "tests/unit/build-boot.h"

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

static void (*const boot_shapes[])(struct machine *m, uint32_t count) = { boot_healthy, boot_waiting };
static const char *const boot_names[] = { "healthy", "waiting" };

static uint64_t boot_work(size_t shape, uint32_t count, uint64_t *before_kib)
{
	struct machine *m = machine_new();
	uint64_t begin;

	boot_shapes[shape](m, count);
	*before_kib = measure_kib();
	begin = measure_now();
	analyse(m);
	return measure_now() - begin;
}

int main(int argc, char **argv)
{
	return measure_main(argc, argv, boot_work, boot_names, sizeof(boot_names) / sizeof(boot_names[0]),
			    DEVICES_LEAST);
}
