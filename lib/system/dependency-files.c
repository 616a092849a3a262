/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The files of the table of dependencies. */
#include "lib/system/dependency-files.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/drop-ins.h"
#include "lib/base/files.h"

#define FILE_SIZE_MAX (1 << 20)

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

/* ---- the files -------------------------------------------------------------------------------- */

static void depends_files_complain(struct reader *reader, const char *path, int error)
{
	char message[PATH_MAX + 256];

	reader->unreadable++;
	if (!reader->complain)
		return;
	snprintf(message, sizeof(message), "%s: cannot be read: %s%s", path, strerror(-error),
		 error == -ENOENT ? ", install gpuwatch's data files" : "");
	reader->complain(message, reader->userdata);
}

static int depends_files_read(struct reader *reader, const char *path)
{
	_cleanup_free_ char *text = NULL;
	size_t size;
	int r = gw_file_whole(AT_FDCWD, path, FILE_SIZE_MAX, &text, &size);

	if (r == -ENOMEM)
		return r;
	if (r < 0) {
		depends_files_complain(reader, path, r);
		return 0;
	}
	return reader->file(path, text, size, reader->userdata);
}

static void depends_files_unreadable(const char *path, int error, void *userdata)
{
	depends_files_complain(userdata, path, error);
}

int gw_depends_files_each(const char *table, const char *const *directories, gw_depends_file file,
			  gw_depends_complain complaint, void *userdata)
{
	struct reader reader = { .file = file, .complain = complaint, .userdata = userdata };
	_cleanup_(gw_drop_ins_deinit) struct gw_drop_ins drop_ins = { .count = 0 };
	int r = depends_files_read(&reader, table ? table : gw_depends_table);

	if (r >= 0)
		r = gw_drop_ins_find(&drop_ins, directories ? directories : gw_depends_directories, "",
				     depends_files_unreadable, &reader);
	for (size_t i = 0; i < drop_ins.count && r >= 0; i++)
		r = depends_files_read(&reader, drop_ins.items[i].path);
	return r < 0 ? r : reader.unreadable;
}

/* ---- into a table ------------------------------------------------------------------------------------- */

struct loading {
	struct gw_depends *depends;
	gw_depends_complain complain;
	void *userdata;
	int errors;
};

static int depends_files_parse(const char *name, const char *text, size_t size, void *userdata)
{
	struct loading *loading = userdata;
	int errors = gw_depends_parse(loading->depends, name, text, size, loading->complain, loading->userdata);

	if (errors < 0)
		return errors;
	loading->errors += errors;
	return 0;
}

static void depends_files_pass_on(const char *message, void *userdata)
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
	r = gw_depends_files_each(table, directories, depends_files_parse, depends_files_pass_on, &loading);
	if (r < 0) {
		gw_depends_free(loading.depends);
		return r;
	}
	*ret = loading.depends;
	return r + loading.errors;
}
