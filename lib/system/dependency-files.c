/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The files of the table of dependencies. */
#include "lib/system/dependency-files.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/files.h"

#define FILE_SIZE_MAX (1 << 20)
#define NAMES_MAX 256

#ifndef GW_DATADIR
#define GW_DATADIR "/usr/share"
#endif

const char gw_depends_table[] = GW_DATADIR "/gpuwatch/dependencies.conf";

const char *const gw_depends_directories[] = {
	"/etc/gpuwatch/dependencies.d",
	"/run/gpuwatch/dependencies.d",
	NULL,
};

struct reader {
	gw_depends_file file;
	gw_depends_complain complain;
	void *userdata;
	int unreadable;
};

/* ---- one file --------------------------------------------------------------------------------- */

static void complain(struct reader *reader, const char *path, int error)
{
	char message[PATH_MAX + 256];

	reader->unreadable++;
	if (!reader->complain)
		return;
	snprintf(message, sizeof(message), "%s: cannot be read: %s%s", path, strerror(-error),
		 error == -ENOENT ? ", install gpuwatch's data files" : "");
	reader->complain(message, reader->userdata);
}

static int read_file(struct reader *reader, const char *path)
{
	_cleanup_free_ char *text = NULL;
	size_t size;
	int r = gw_file_whole(AT_FDCWD, path, FILE_SIZE_MAX, &text, &size);

	if (r == -ENOMEM)
		return r;
	if (r < 0) {
		complain(reader, path, r);
		return 0;
	}
	return reader->file(path, text, size, reader->userdata);
}

/* ---- the directories ------------------------------------------------------------------------------ */

/* A path, and where in it the name begins. */
struct drop_in {
	char *path;
	size_t name;
};

struct drop_ins {
	struct drop_in items[NAMES_MAX];
	size_t count;
};

static void drop_ins_clear(struct drop_ins *drop_ins)
{
	for (size_t i = 0; i < drop_ins->count; i++)
		free(drop_ins->items[i].path);
}

static const char *name_of(const struct drop_in *drop_in)
{
	return drop_in->path + drop_in->name;
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(name_of(a), name_of(b));
}

/* Of the same name only the first one counts: an empty file or a link to /dev/null masks. */
static int add_drop_in(struct drop_ins *drop_ins, const char *directory, const char *name)
{
	struct drop_in *item = &drop_ins->items[drop_ins->count];

	for (size_t i = 0; i < drop_ins->count; i++)
		if (strcmp(name_of(&drop_ins->items[i]), name) == 0)
			return 0;
	if (drop_ins->count == NAMES_MAX)
		return -E2BIG;
	if (asprintf(&item->path, "%s/%s", directory, name) < 0)
		return -ENOMEM;
	item->name = strlen(directory) + 1;
	drop_ins->count++;
	return 0;
}

static int list_directory(struct drop_ins *drop_ins, const char *directory)
{
	_cleanup_closedir_ DIR *stream = gw_directory_list(AT_FDCWD, directory);
	struct dirent *entry;
	int r = 0;

	if (!stream)
		return errno == ENOENT || errno == ENOTDIR ? 0 : -errno;
	while (r == 0 && (entry = gw_directory_next(stream))) {
		size_t length = strlen(entry->d_name);

		if (entry->d_name[0] != '.' && length > 5 && strcmp(entry->d_name + length - 5, ".conf") == 0)
			r = add_drop_in(drop_ins, directory, entry->d_name);
	}
	return r;
}

int gw_depends_files_each(const char *table, const char *const *directories, gw_depends_file file,
			  gw_depends_complain complaint, void *userdata)
{
	struct reader reader = { .file = file, .complain = complaint, .userdata = userdata };
	_cleanup_(drop_ins_clear) struct drop_ins drop_ins = { .count = 0 };
	int r = read_file(&reader, table ? table : gw_depends_table);

	for (directories = directories ? directories : gw_depends_directories; *directories && r >= 0; directories++) {
		int error = list_directory(&drop_ins, *directories);

		if (error == -ENOMEM)
			r = error;
		else if (error < 0)
			complain(&reader, *directories, error);
	}
	qsort(drop_ins.items, drop_ins.count, sizeof(drop_ins.items[0]), compare_names);
	for (size_t i = 0; i < drop_ins.count && r >= 0; i++)
		r = read_file(&reader, drop_ins.items[i].path);
	return r < 0 ? r : reader.unreadable;
}

/* ---- into a table ------------------------------------------------------------------------------------- */

struct loading {
	struct gw_depends *depends;
	gw_depends_complain complain;
	void *userdata;
	int errors;
};

static int parse_file(const char *name, const char *text, size_t size, void *userdata)
{
	struct loading *loading = userdata;
	int errors = gw_depends_parse(loading->depends, name, text, size, loading->complain, loading->userdata);

	if (errors < 0)
		return errors;
	loading->errors += errors;
	return 0;
}

static void pass_on(const char *message, void *userdata)
{
	struct loading *loading = userdata;

	if (loading->complain)
		loading->complain(message, loading->userdata);
}

int gw_depends_load(struct gw_depends **ret, const char *table, const char *const *directories,
		    gw_depends_complain complaint, void *userdata)
{
	struct loading loading = { .complain = complaint, .userdata = userdata };
	int r = gw_depends_new(&loading.depends);

	if (r < 0)
		return r;
	r = gw_depends_files_each(table, directories, parse_file, pass_on, &loading);
	if (r < 0) {
		gw_depends_free(loading.depends);
		return r;
	}
	*ret = loading.depends;
	return r + loading.errors;
}
