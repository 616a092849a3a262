/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which files in directories such as gpuwatchd.conf.d count. */
#include "lib/base/drop-ins.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/array.h"
#include "lib/base/files.h"

static bool drop_in_counts(int directory, const char *name)
{
	size_t length = strlen(name);

	return name[0] != '.' && length > strlen(".conf") && strcmp(name + length - strlen(".conf"), ".conf") == 0 &&
	       gw_path_exists(directory, name);
}

static int drop_ins_add(struct gw_drop_ins *drop_ins, const char *path, const char *name, unsigned int directory)
{
	struct gw_drop_in *item;

	if (gw_array_reserve(drop_ins->items, drop_ins->count, drop_ins->allocated, 1) < 0)
		return -ENOMEM;
	item = &drop_ins->items[drop_ins->count];
	if (asprintf(&item->path, "%s/%s", path, name) < 0)
		return -ENOMEM;
	item->name = item->path + strlen(path) + 1;
	item->directory = directory;
	drop_ins->count++;
	return 0;
}

static int drop_ins_list(struct gw_drop_ins *drop_ins, const char *path, unsigned int directory)
{
	_cleanup_closedir_ DIR *stream = gw_directory_list(AT_FDCWD, path);
	struct dirent *entry;
	int r = 0;

	if (!stream)
		return errno == ENOENT || errno == ENOTDIR ? 0 : -errno;
	while (r == 0 && (entry = gw_directory_next(stream)))
		if (drop_in_counts(dirfd(stream), entry->d_name))
			r = drop_ins_add(drop_ins, path, entry->d_name, directory);
	return r;
}

static int drop_ins_compare(const void *a, const void *b)
{
	const struct gw_drop_in *x = a, *y = b;
	int by_name = strcmp(x->name, y->name);

	return by_name ? by_name : (x->directory > y->directory) - (x->directory < y->directory);
}

/* Keeps the first of each name. */
static void drop_ins_mask(struct gw_drop_ins *drop_ins)
{
	size_t kept = 0;

	for (size_t i = 0; i < drop_ins->count; i++) {
		if (kept > 0 && strcmp(drop_ins->items[kept - 1].name, drop_ins->items[i].name) == 0)
			free(drop_ins->items[i].path);
		else
			drop_ins->items[kept++] = drop_ins->items[i];
	}
	drop_ins->count = kept;
}

int gw_drop_ins_find(struct gw_drop_ins *ret, const char *const *directories, const char *below,
		     gw_drop_ins_unreadable unreadable, void *userdata)
{
	char path[PATH_MAX];

	*ret = (struct gw_drop_ins){ .count = 0 };
	for (unsigned int i = 0; directories[i]; i++) {
		int r;

		snprintf(path, sizeof(path), "%s%s%s", directories[i], *below ? "/" : "", below);
		r = drop_ins_list(ret, path, i);
		if (r == -ENOMEM) {
			gw_drop_ins_deinit(ret);
			return r;
		}
		if (r < 0)
			unreadable(path, r, userdata);
	}
	if (ret->count)
		qsort(ret->items, ret->count, sizeof(*ret->items), drop_ins_compare);
	drop_ins_mask(ret);
	return 0;
}

void gw_drop_ins_deinit(struct gw_drop_ins *drop_ins)
{
	for (size_t i = 0; i < drop_ins->count; i++)
		free(drop_ins->items[i].path);
	free(drop_ins->items);
	*drop_ins = (struct gw_drop_ins){ .count = 0 };
}
