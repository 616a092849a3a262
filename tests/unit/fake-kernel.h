/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A kernel for tests of the daemon, in place of daemon/kernel/loader and the
 * observer of the boot: snapshots come from a made-up world (build-snapshot.h),
 * and wake events when a test wants them.
 *
 * Defines what those two give, so a test that includes this cannot link them, too.
 */
#ifndef GPUWATCH_TESTS_UNIT_FAKE_KERNEL_H
#define GPUWATCH_TESTS_UNIT_FAKE_KERNEL_H

#include "build-snapshot.h"

#include <errno.h>
#include <sys/eventfd.h>

#include "daemon/boot/observer.h"
#include "daemon/kernel/loader.h"

struct gw_loader {
	struct world *world;
	int wake; /* eventfd */
	uint64_t active_waits;
	bool armed, hazard;
	int fails; /* what a snapshot returns, 0 = it succeeds */
	struct gw_loader_counters counters;
	struct gw_probe_info probes[2]; /* one attached, one failed */
};

static inline struct gw_loader *fake_kernel_new(void)
{
	struct gw_loader *loader = calloc(1, sizeof(*loader));

	assert_non_null(loader);
	loader->world = world_new();
	loader->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	assert_true(loader->wake >= 0);
	loader->probes[0] = (struct gw_probe_info){ "wait", "tp_btf/wait", "", "waits", "", GW_PROBE_ATTACHED, 0, "" };
	loader->probes[1] =
		(struct gw_probe_info){ "unplug", "kprobe/unplug", "drm", "unplugs", "", GW_PROBE_FAILED, EPERM, "" };
	return loader;
}

static inline void fake_kernel_free(struct gw_loader *loader)
{
	world_free(loader->world);
	close(loader->wake);
	free(loader);
}

/* ---- daemon/kernel/loader.h ----------------------------------------------------------------- */

int gw_loader_wake_fd(const struct gw_loader *loader)
{
	return loader->wake;
}

int gw_loader_drain(struct gw_loader *loader)
{
	uint64_t events = 0;

	return read(loader->wake, &events, sizeof(events)) < 0 ? 0 : (int)events;
}

bool gw_loader_saw_hazard(struct gw_loader *loader)
{
	bool hazard = loader->hazard;

	loader->hazard = false;
	return hazard;
}

void gw_loader_arm(struct gw_loader *loader)
{
	loader->armed = true;
}

bool gw_loader_symbol(const struct gw_loader *loader, uint64_t address, struct gw_symbol *ret)
{
	return false;
}

uint64_t gw_loader_active_waits(const struct gw_loader *loader)
{
	return loader->active_waits;
}

bool gw_loader_pinned(const struct gw_loader *loader)
{
	return false;
}

int gw_loader_map(const struct gw_loader *loader, const char *name, size_t value_size)
{
	return -ENOENT;
}

void gw_loader_counters(const struct gw_loader *loader, struct gw_loader_counters *ret)
{
	*ret = loader->counters;
}

const struct gw_gpus *gw_loader_gpus(struct gw_loader *loader)
{
	static const struct gw_gpus gpus = { .items = { { "0000:03:00.0", "amdgpu", "amdgpu", 0, 128, 1 } },
					     .count = 1 };

	return &gpus;
}

const struct gw_host_record *gw_loader_host(const struct gw_loader *loader)
{
	return &loader->world->host;
}

void gw_loader_sample(struct gw_loader *loader, const struct gw_sampled_task *tasks, size_t count)
{
}

void gw_loader_follow_tries(struct gw_loader *loader, const struct gw_sampled_task *tasks, size_t count)
{
}

int gw_loader_snapshot(struct gw_loader *loader, enum gw_sleepers sleepers, bool timelines, uint64_t min_wait_ns,
		       void **data, size_t *size)
{
	struct bytes records;
	char *larger;

	if (loader->fails < 0)
		return loader->fails;
	loader->world->now_ns += SECOND;
	records = snapshot_bytes(loader->world);
	larger = realloc(*data, *size + records.size);
	assert_non_null(larger);
	memcpy(larger + *size, records.data, records.size);
	*data = larger;
	*size += records.size;
	free(records.data);
	return 0;
}

size_t gw_loader_probes(const struct gw_loader *loader, const struct gw_probe_info **ret)
{
	*ret = loader->probes;
	return sizeof(loader->probes) / sizeof(loader->probes[0]);
}

/* ---- daemon/boot/observer.h ------------------------------------------------------------------ */

struct gw_boot_observer {
	uint64_t asked[GW_BOOT_JOBS];
	struct gw_boot_observer_counters counters;
	const json_t *summary;
};

uint64_t gw_boot_observer_ask(struct gw_boot_observer *observer, enum gw_boot_job job)
{
	return ++observer->asked[job];
}

size_t gw_boot_observer_rows(const struct gw_boot_observer *observer, const struct gw_probe_info **ret)
{
	static const struct gw_probe_info row = { "boot", "boot", "", "drivers", "", GW_PROBE_ADOPTED, 0, "" };

	*ret = &row;
	return 1;
}

void gw_boot_observer_counters(const struct gw_boot_observer *observer, struct gw_boot_observer_counters *ret)
{
	*ret = observer->counters;
}

const json_t *gw_boot_observer_summary(const struct gw_boot_observer *observer)
{
	return observer->summary;
}

#endif
