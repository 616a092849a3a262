/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Goes through the links of all processes' open files. */
#include "lib/system/holders/files.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/files.h"
#include "lib/base/json.h"
#include "lib/base/text.h"

/* ---- one process ------------------------------------------------------------ */

/* The letter behind the name in /proc/PID/stat; the name may hold anything, ") D (" as well. */
static json_t *files_state(int process)
{
	char stat[1024], state[2] = "";
	const char *end = gw_file_text(process, "stat", stat, sizeof(stat)) > 0 ? strrchr(stat, ')') : NULL;

	if (end && end[1] == ' ')
		state[0] = end[2];
	return gw_json_text(state);
}

/* Paths to how often they are open; NULL when out of memory. Links that are gone meanwhile are nobody's. */
static json_t *files_of(const struct gw_device *device, DIR *links, struct gw_unseen_files *unseen)
{
	json_t *paths = json_object();
	struct dirent *entry;
	bool failed = !paths;

	while (!failed && (entry = gw_directory_next(links))) {
		char link[256];

		if (gw_link_read(dirfd(links), entry->d_name, link, sizeof(link)) < 0)
			continue;
		unseen->dma_bufs += gw_text_after(link, "/dmabuf:") != NULL;
		if (!gw_device_has_node(device, link))
			continue;
		gw_text_sanitize(link);
		gw_json_put(paths, link, json_integer(json_integer_value(json_object_get(paths, link)) + 1), &failed);
	}
	return gw_json_unless(paths, failed);
}

static json_t *files_list(const json_t *paths)
{
	json_t *list = json_array(), *count;
	const char *path;

	json_object_foreach((json_t *)paths, path, count)
		if (json_array_append_new(list, json_pack("{s:s, s:O}", "path", path, "count", count)) < 0) {
			json_decref(list);
			return NULL;
		}
	return list;
}

/* Returns 0 or -ENOMEM. */
static int files_add(json_t *holders, int process, long pid, const json_t *paths)
{
	char comm[64] = "";

	gw_file_text(process, "comm", comm, sizeof(comm));
	return json_array_append_new(holders, json_pack("{s:I, s:o, s:o, s:o}", "pid", (json_int_t)pid, "comm",
							gw_json_text(comm), "state", files_state(process), "files",
							files_list(paths))) < 0
		       ? -ENOMEM
		       : 0;
}

static int files_look(const struct gw_device *device, int process, long pid, json_t *holders,
		      struct gw_unseen_files *unseen)
{
	DIR *links = gw_directory_list(process, "fd");
	json_t *paths;
	int r = 0;

	if (!links) {
		unseen->refused += errno == EACCES || errno == EPERM;
		return 0;
	}
	paths = files_of(device, links, unseen);
	closedir(links);
	if (!paths)
		return -ENOMEM;
	if (json_object_size(paths))
		r = files_add(holders, process, pid, paths);
	json_decref(paths);
	return r;
}

/* ---- all processes -------------------------------------------------------------- */

/* /proc lists them by pid. */
json_t *gw_open_files_read(const struct gw_device *device, int root, struct gw_unseen_files *unseen)
{
	DIR *stream = gw_directory_list(root, "proc");
	json_t *holders = json_array();
	struct dirent *entry;
	int r = holders ? 0 : -ENOMEM;

	*unseen = (struct gw_unseen_files){ 0 };
	while (stream && r == 0 && (entry = gw_directory_next(stream))) {
		int process =
			isdigit((unsigned char)entry->d_name[0]) ? gw_directory_open(dirfd(stream), entry->d_name) : -1;

		if (process < 0)
			continue;
		r = files_look(device, process, strtol(entry->d_name, NULL, 10), holders, unseen);
		close(process);
	}
	if (stream)
		closedir(stream);
	if (r == 0)
		return holders;
	json_decref(holders);
	return NULL;
}
