/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Looked up one by one: a machine has few. */
#include "lib/analysis/words/gpus.h"

#include <string.h>

const struct gw_gpu_record *gw_gpu_named(const struct gw_snapshot *snapshot, const char *name)
{
	const struct gw_gpu_record *const *gpus;
	size_t count = gw_snapshot_gpus(snapshot, &gpus);

	for (size_t i = 0; i < count; i++)
		if (strcmp(gpus[i]->name, name) == 0)
			return gpus[i];
	return NULL;
}

const struct gw_gpu_record *gw_gpu_of_driver(const struct gw_snapshot *snapshot, const char *driver)
{
	const struct gw_gpu_record *const *gpus, *only = NULL;
	size_t count = gw_snapshot_gpus(snapshot, &gpus);

	for (size_t i = 0; i < count && *driver; i++) {
		if (strcmp(gpus[i]->driver, driver) != 0 && strcmp(gpus[i]->module, driver) != 0)
			continue;
		/* A device may have several cards, as a GPU that is split up. */
		if (only && strcmp(only->name, gpus[i]->name) != 0)
			return NULL;
		only = gpus[i];
	}
	return only;
}
