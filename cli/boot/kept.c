/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Files by their age: a boot's is written once, when it has settled. */
#include "cli/boot/kept.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/lib/boot-evidence.h"
#include "cli/lib/error.h"
#include "cli/lib/file.h"
#include "cli/lib/json-field.h"
#include "cli/lib/order.h"
#include "lib/base/array.h"
#include "lib/base/cleanup.h"

#define SUFFIX ".jsonl"

struct kept_file {
	char path[PATH_MAX];
	struct timespec written;
};

struct kept {
	struct kept_file *files; /* the newest first */
	size_t count, allocated;
};

bool kept_is_directory(const char *path)
{
	struct stat status;

	return stat(path, &status) == 0 && S_ISDIR(status.st_mode);
}

static int kept_newest_first(const void *a, const void *b)
{
	const struct kept_file *x = a, *y = b;

	if (x->written.tv_sec != y->written.tv_sec)
		return x->written.tv_sec > y->written.tv_sec ? -1 : 1;
	if (x->written.tv_nsec != y->written.tv_nsec)
		return x->written.tv_nsec > y->written.tv_nsec ? -1 : 1;
	return strcmp(x->path, y->path);
}

/* As in /proc/sys/kernel/random/boot_id: whatever else lies in the directory is somebody else's. */
#define BOOT_ID_LENGTH 36

static bool kept_is_boot_id(const char *name, size_t length)
{
	return length == BOOT_ID_LENGTH && strspn(name, "0123456789abcdef-") >= length;
}

static bool kept_is_of_a_boot(const char *name)
{
	size_t length = strlen(name), suffix = strlen(SUFFIX);

	return length > suffix && strcmp(name + length - suffix, SUFFIX) == 0 && kept_is_boot_id(name, length - suffix);
}

static void kept_take(struct kept *kept, const char *directory, const char *name)
{
	struct kept_file file;
	struct stat status;

	if (!kept_is_of_a_boot(name) ||
	    snprintf(file.path, sizeof(file.path), "%s/%s", directory, name) >= (int)sizeof(file.path) ||
	    stat(file.path, &status) < 0 || !S_ISREG(status.st_mode))
		return;
	file.written = status.st_mtim;
	if (gw_array_reserve(kept->files, kept->count, kept->allocated, 1) < 0)
		out_of_memory();
	kept->files[kept->count++] = file;
}

/* EXIT_NOTHING or EXIT_FILE. */
static int kept_list(struct kept *kept, const char *directory)
{
	DIR *stream = opendir(directory);
	struct dirent *entry;

	if (!stream)
		return file_reject(directory, strerror(errno));
	while ((entry = readdir(stream)))
		kept_take(kept, directory, entry->d_name);
	closedir(stream);
	if (kept->count)
		qsort(kept->files, kept->count, sizeof(*kept->files), kept_newest_first);
	return EXIT_NOTHING;
}

/* What was written last is the newest, whatever the clock says: a machine without one begins in the past with each boot. */
static void kept_make_newest(struct kept *kept, const char *path)
{
	struct timespec times[2] = { { .tv_nsec = UTIME_OMIT } };
	size_t i = 0;

	while (i < kept->count && strcmp(kept->files[i].path, path) != 0)
		i++;
	if (i == 0 || i == kept->count)
		return;
	times[1].tv_sec = kept->files[0].written.tv_sec + 1;
	utimensat(AT_FDCWD, path, times, 0);
	kept->files[i].written = times[1];
	qsort(kept->files, kept->count, sizeof(*kept->files), kept_newest_first);
}

int kept_add(const char *directory, const char *boot_id, const void *evidence, size_t size)
{
	struct kept kept = { .count = 0 };
	char path[PATH_MAX];
	int r;

	if (!kept_is_boot_id(boot_id, strlen(boot_id)) ||
	    snprintf(path, sizeof(path), "%s/%s" SUFFIX, directory, boot_id) >= (int)sizeof(path))
		return file_reject(directory, "the evidence has no boot to be named by");
	r = file_write(path, true, evidence, size);
	r = r ?: kept_list(&kept, directory);
	if (r == EXIT_NOTHING)
		kept_make_newest(&kept, path);
	for (size_t i = KEPT_MAX; r == EXIT_NOTHING && i < kept.count; i++)
		unlink(kept.files[i].path);
	free(kept.files);
	return r;
}

/* The document of a file, NULL = it is of that boot, or cannot be used. */
static json_t *kept_document(const char *path, const char *boot_id)
{
	_cleanup_free_ char *data = NULL, *message = NULL;
	json_t *order;
	size_t size;

	if (file_read(path, EVIDENCE_LIMIT, &data, &size) != EXIT_NOTHING)
		return NULL;
	order = evidence_document(data, size, &message);
	if (order && *boot_id && field_is(order, "boot_id", boot_id)) {
		json_decref(order);
		return NULL;
	}
	return order;
}

int kept_last_good(const char *directory, const char *boot_id, json_t **ret)
{
	struct kept kept = { .count = 0 };
	int r = kept_list(&kept, directory);
	json_t *last = NULL;

	*ret = NULL;
	for (size_t i = 0; r == EXIT_NOTHING && i < kept.count && !*ret; i++) {
		json_t *order = kept_document(kept.files[i].path, boot_id);

		if (order && order_lost(order) == 0)
			*ret = order;
		else if (order && !last)
			last = order;
		else
			json_decref(order);
	}
	free(kept.files);
	if (*ret)
		json_decref(last);
	else
		*ret = last;
	if (r == EXIT_NOTHING && !*ret)
		r = file_reject(directory, "it has no other boot's evidence");
	return r;
}
