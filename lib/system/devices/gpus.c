/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Cards below /sys/class/drm, and what their links lead to. */
#include "lib/system/devices/gpus.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/files.h"
#include "lib/base/text.h"
#include "lib/system/kfd-sysfs.h"

/* The number behind @prefix, if there is nothing else; -1: it is another name, as that of a connector. */
static int32_t gpus_number(const char *name, const char *prefix)
{
	const char *number = gw_text_after(name, prefix);

	if (!number || !*number || strlen(number) > 6 || number[strspn(number, "0123456789")])
		return -1;
	return (int32_t)strtol(number, NULL, 10);
}

static void gpus_link(int root, const char *directory, const char *link, char *ret, size_t size)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/%s", directory, link);
	if (gw_link_name(root, path, ret, size) < 0)
		*ret = '\0';
}

/* The device's nodes lie side by side. */
static int32_t gpus_find_render(int root, const char *directory)
{
	char path[PATH_MAX];
	struct dirent *entry;
	int32_t render = -1;
	DIR *stream;

	snprintf(path, sizeof(path), "%s/drm", directory);
	stream = gw_directory_list(root, path);
	while (stream && render < 0 && (entry = gw_directory_next(stream)))
		render = gpus_number(entry->d_name, "renderD");
	if (stream)
		closedir(stream);
	return render;
}

static void gpus_add(struct gw_gpus *gpus, int root, int32_t card)
{
	char directory[64];
	struct gw_gpu *gpu;

	if (gpus->count == GW_GPUS_MAX) {
		gpus->cut = true;
		return;
	}
	gpu = &gpus->items[gpus->count];
	*gpu = (struct gw_gpu){ .card = card, .kfd_node = -1 };
	snprintf(directory, sizeof(directory), "sys/class/drm/card%" PRId32, card);
	gpus_link(root, directory, "device", gpu->name, sizeof(gpu->name));
	gpus_link(root, directory, "device/driver", gpu->driver, sizeof(gpu->driver));
	gpus_link(root, directory, "device/driver/module", gpu->module, sizeof(gpu->module));
	snprintf(directory, sizeof(directory), "sys/class/drm/card%" PRId32 "/device", card);
	gpu->render = gpus_find_render(root, directory);
	gpus->count += *gpu->name != '\0';
}

/* A GPU of KFD's has a render node, by which it is found; a CPU has not. */
static int gpus_on_kfd_node(uint64_t number, int directory, const char *properties, int error, void *userdata)
{
	struct gw_gpus *gpus = userdata;
	uint64_t render;

	if (error || !gw_kfd_property(properties, "drm_render_minor", &render) || render == 0)
		return 0;
	for (size_t i = 0; i < gpus->count; i++)
		if (gpus->items[i].render == (int64_t)render)
			gpus->items[i].kfd_node = (int32_t)number;
	return 0;
}

static int gpus_compare(const void *a, const void *b)
{
	const struct gw_gpu *x = a, *y = b;

	return (x->card > y->card) - (x->card < y->card);
}

void gw_gpus_read(struct gw_gpus *ret, int root)
{
	DIR *stream = gw_directory_list(root, "sys/class/drm");
	struct dirent *entry;

	ret->count = 0;
	ret->cut = false;
	while (stream && (entry = gw_directory_next(stream)))
		if (gpus_number(entry->d_name, "card") >= 0)
			gpus_add(ret, root, gpus_number(entry->d_name, "card"));
	if (stream)
		closedir(stream);
	qsort(ret->items, ret->count, sizeof(ret->items[0]), gpus_compare);
	gw_kfd_each_node(root, gpus_on_kfd_node, ret);
}
