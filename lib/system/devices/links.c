/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The device links that the driver core has made. */
#include "lib/system/devices/links.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/files.h"
#include "lib/base/json.h"
#include "lib/system/unreadable.h"

#define LINKS_MAX 65536
#define NAME_SIZE 512 /* of a link: two names, each with its bus */

/*
 * Splits "BUS:SUPPLIER--BUS:CONSUMER". Names may have dashes in them: the supplier's is known from its link.
 * Returns the consumer, or NULL.
 */
static char *device_links_split(char *name, const char *supplier)
{
	char *colon = strchr(name, ':'), *dashes;
	size_t length = strlen(supplier);

	if (colon && length && strncmp(colon + 1, supplier, length) == 0 && strncmp(colon + 1 + length, "--", 2) == 0)
		dashes = colon + 1 + length;
	else
		dashes = strstr(name, "--");
	if (!dashes)
		return NULL;
	*dashes = '\0';
	return dashes + 2;
}

static bool device_links_read_flag(int links, const char *name, const char *file)
{
	char path[NAME_SIZE + 32], text[8];

	snprintf(path, sizeof(path), "%s/%s", name, file);
	return gw_file_text(links, path, text, sizeof(text)) > 0 && text[0] == '1';
}

static json_t *device_links_json(int links, const char *entry)
{
	char name[NAME_SIZE], path[NAME_SIZE + 32], supplier[NAME_SIZE], status[64], removal[64], *consumer;

	snprintf(name, sizeof(name), "%s", entry);
	snprintf(path, sizeof(path), "%s/supplier", entry);
	if (gw_link_name(links, path, supplier, sizeof(supplier)) < 0)
		supplier[0] = '\0';
	consumer = device_links_split(name, supplier);
	if (!consumer)
		return json_null();
	snprintf(path, sizeof(path), "%s/status", entry);
	if (gw_file_text(links, path, status, sizeof(status)) < 0)
		strcpy(status, "unknown");
	snprintf(path, sizeof(path), "%s/auto_remove_on", entry);
	if (gw_file_text(links, path, removal, sizeof(removal)) < 0)
		strcpy(removal, "unknown");
	return json_pack("{s:o, s:o, s:o, s:o, s:b, s:b}", "supplier", gw_json_text(name), "consumer",
			 gw_json_text(consumer), "status", gw_json_text(status), "auto_remove_on",
			 gw_json_text(removal), "runtime_pm", device_links_read_flag(links, entry, "runtime_pm"),
			 "sync_state_only", device_links_read_flag(links, entry, "sync_state_only"));
}

static int device_links_add(json_t *list, int links, const char *entry)
{
	json_t *link = device_links_json(links, entry);

	if (json_is_null(link))
		return 0;
	return json_array_append_new(list, link) < 0 ? -ENOMEM : 0;
}

int gw_device_links_read(json_t **ret, int root, json_t *unreadable)
{
	_cleanup_close_ int links = gw_directory_open(root, "sys/class/devlink");
	_cleanup_closedir_ DIR *stream = links < 0 ? NULL : gw_directory_list(links, ".");
	struct dirent *entry;
	json_t *list;
	int r = 0;

	*ret = NULL;
	if (!stream)
		return gw_unreadable_add(unreadable, "/sys/class/devlink", links < 0 ? links : -errno);
	list = json_array();
	if (!list)
		return -ENOMEM;
	while (r == 0 && (entry = gw_directory_next(stream)) && json_array_size(list) < LINKS_MAX)
		if (strlen(entry->d_name) < NAME_SIZE)
			r = device_links_add(list, links, entry->d_name);
	if (r < 0) {
		json_decref(list);
		return r;
	}
	*ret = list;
	return 0;
}
