/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The installed file, then drop-ins. */
#include "lib/system/data-files.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/cleanup.h"
#include "lib/base/drop-ins.h"
#include "lib/base/files.h"

#define FILE_SIZE_MAX (1 << 20)

struct data_reader {
	gw_data_file file;
	gw_data_complain complain;
	void *userdata;
	int unreadable;
};

static void data_files_complain(struct data_reader *reader, const char *path, int error)
{
	char message[PATH_MAX + 256];

	reader->unreadable++;
	if (!reader->complain)
		return;
	snprintf(message, sizeof(message), "%s: cannot be read: %s%s", path, strerror(-error),
		 error == -ENOENT ? ", install gpuwatch's data files" : "");
	reader->complain(message, reader->userdata);
}

static int data_files_read(struct data_reader *reader, const char *path)
{
	_cleanup_free_ char *text = NULL;
	size_t size;
	int r = gw_file_whole(AT_FDCWD, path, FILE_SIZE_MAX, &text, &size);

	if (r == -ENOMEM)
		return r;
	if (r < 0) {
		data_files_complain(reader, path, r);
		return 0;
	}
	return reader->file(path, text, size, reader->userdata);
}

static void data_files_unreadable(const char *path, int error, void *userdata)
{
	data_files_complain(userdata, path, error);
}

int gw_data_files_each(const char *installed, const char *const *directories, gw_data_file file,
		       gw_data_complain complaint, void *userdata)
{
	struct data_reader reader = { .file = file, .complain = complaint, .userdata = userdata };
	_cleanup_(gw_drop_ins_deinit) struct gw_drop_ins drop_ins = { .count = 0 };
	int r = installed ? data_files_read(&reader, installed) : 0;

	if (r >= 0)
		r = gw_drop_ins_find(&drop_ins, directories, "", data_files_unreadable, &reader);
	for (size_t i = 0; i < drop_ins.count && r >= 0; i++)
		r = data_files_read(&reader, drop_ins.items[i].path);
	return r < 0 ? r : reader.unreadable;
}
