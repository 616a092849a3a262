/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The devices whose probe is deferred. */
#include "lib/system/devices/deferred.h"

#include <errno.h>
#include <string.h>

#include "lib/base/files.h"
#include "lib/base/json.h"
#include "lib/system/unreadable.h"

#define DEFERRED "sys/kernel/debug/devices_deferred"
#define DEFERRED_BYTES (4 << 20)

/* "DEVICE\tDRIVER: reason\n"; the reason is empty where nobody gave one, and the tab is missing before Linux 5.8. */
static int deferred_devices_add(json_t *list, char *line)
{
	char *tab = strchr(line, '\t');
	json_t *entry;

	if (!line[0])
		return 0;
	if (tab)
		*tab++ = '\0';
	entry = json_pack("{s:o, s:o}", "device", gw_json_text(line), "reason", gw_json_text(tab ? tab : ""));
	return json_array_append_new(list, entry) < 0 ? -ENOMEM : 0;
}

int gw_deferred_devices_read(json_t **ret, int root, json_t *unreadable)
{
	_cleanup_free_ char *text = NULL;
	char *save = NULL;
	json_t *list;
	size_t size;
	int r = gw_file_whole(root, DEFERRED, DEFERRED_BYTES, &text, &size);

	*ret = NULL;
	if (r == -ENOMEM)
		return r;
	if (r < 0)
		return gw_unreadable_add(unreadable, "/" DEFERRED, r);
	list = json_array();
	if (!list)
		return -ENOMEM;
	for (char *line = strtok_r(text, "\n", &save); line && r == 0; line = strtok_r(NULL, "\n", &save))
		r = deferred_devices_add(list, line);
	if (r < 0) {
		json_decref(list);
		return r;
	}
	*ret = list;
	return 0;
}
