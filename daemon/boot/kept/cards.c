/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One JSON array in DIRECTORY/cards, the newest boot last. */
#include "daemon/boot/kept/cards.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/cleanup.h"
#include "lib/base/files.h"
#include "lib/base/json.h"

/* Bytes of the file at most: a card takes a hundred. */
#define CARDS_SIZE_MAX 65536

/* A file that cannot be used is as none: it is written anew. */
static json_t *cards_load(const char *directory)
{
	_cleanup_free_ char *text = NULL;
	char path[512];
	json_t *boots;
	size_t size;

	snprintf(path, sizeof(path), "%s/cards", directory);
	if (gw_file_whole(AT_FDCWD, path, CARDS_SIZE_MAX, &text, &size) < 0)
		return json_array();
	boots = json_loadb(text, size, 0, NULL);
	if (json_is_array(boots))
		return boots;
	json_decref(boots);
	return json_array();
}

static bool cards_is_of(const json_t *boot, const char *boot_id)
{
	return strcmp(gw_json_string(boot, "boot_id"), boot_id) == 0;
}

json_t *gw_cards_previous(const char *directory, const char *boot_id)
{
	json_t *boots = cards_load(directory), *found = NULL;

	for (size_t i = json_array_size(boots); i > 0 && !found; i--)
		if (!cards_is_of(json_array_get(boots, i - 1), boot_id))
			found = json_incref(json_array_get(boots, i - 1));
	json_decref(boots);
	return found;
}

/* Written beside it, then put in its place: a power failure leaves the one or the other. */
static int cards_write(const char *directory, const json_t *boots)
{
	char path[512], written[520];
	int fd, r;
	_cleanup_free_ char *text = json_dumps(boots, JSON_COMPACT | JSON_ENSURE_ASCII);

	if (!text)
		return -ENOMEM;
	snprintf(path, sizeof(path), "%s/cards", directory);
	snprintf(written, sizeof(written), "%s.new", path);
	fd = open(written, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return -errno;
	r = gw_fd_write(fd, text, strlen(text));
	if (r == 0 && fsync(fd) < 0)
		r = -errno;
	close(fd);
	return r == 0 && rename(written, path) < 0 ? -errno : r;
}

int gw_cards_keep(const char *directory, const char *boot_id, const json_t *cards)
{
	json_t *boots, *last;
	int r = 0;

	if (json_array_size(cards) == 0)
		return 0;
	boots = cards_load(directory);
	last = json_array_get(boots, json_array_size(boots) - 1);
	if (last && cards_is_of(last, boot_id)) {
		if (json_equal(json_object_get(last, "cards"), cards)) {
			json_decref(boots);
			return 0;
		}
		json_array_remove(boots, json_array_size(boots) - 1);
	}
	if (json_array_append_new(boots, json_pack("{s:s, s:O}", "boot_id", boot_id, "cards", cards)) < 0)
		r = -ENOMEM;
	while (json_array_size(boots) > GW_CARDS_BOOTS)
		json_array_remove(boots, 0);
	r = r ?: cards_write(directory, boots);
	json_decref(boots);
	return r;
}
