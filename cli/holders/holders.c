/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sysfs and /proc for who holds the device, the daemon for who is stuck in its driver; one document of both. */
#include "cli/holders/holders.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#include "cli/holders/text.h"
#include "cli/lib/error.h"
#include "cli/lib/json-field.h"
#include "cli/lib/output.h"
#include "cli/lib/text.h"
#include "lib/base/files.h"
#include "lib/base/units.h"
#include "lib/client/client.h"
#include "lib/system/holders/device.h"
#include "lib/system/holders/files.h"

#define STUCK_USEC (2 * GW_USEC_PER_SEC) /* younger waits are of every machine that works */
#define ASK_USEC (2 * GW_USEC_PER_SEC)	 /* for the daemon to answer in all */

static void holders_put(json_t *document, const char *key, json_t *value)
{
	if (json_object_set_new(document, key, value) < 0)
		out_of_memory();
}

static void holders_not_seen(json_t *document, const char *text)
{
	if (json_array_append_new(field_array(document, "not_seen"), json_string(text)) < 0)
		out_of_memory();
}

/* ---- the machine ------------------------------------------------------------ */

static json_t *holders_device(const struct gw_device *device)
{
	json_t *nodes = json_array();

	for (size_t i = 0; i < device->n_nodes; i++) {
		_cleanup_free_ char *path = text_format("/dev/%s", device->nodes[i]);

		if (json_array_append_new(nodes, json_string(path)) < 0)
			out_of_memory();
	}
	return json_pack("{s:s, s:s, s:s, s:o}", "name", device->name, "driver", device->driver, "module",
			 device->module, "nodes", nodes);
}

static void holders_add_machine(json_t *document, const struct gw_device *device, int root)
{
	long count = gw_device_module_count(device, root);
	struct gw_unseen_files unseen;

	holders_put(document, "device", holders_device(device));
	if (count >= 0)
		holders_put(document, "module_count", json_integer(count));
	holders_put(document, "module_users", gw_device_module_users(device, root));
	holders_put(document, "consoles", gw_device_consoles(device, root));
	holders_put(document, "processes", gw_open_files_read(device, root, &unseen));
	holders_not_seen(
		document,
		"mappings of buffers whose file is closed: to read them needs the lock that a stuck process holds");
	if (unseen.refused) {
		_cleanup_free_ char *text =
			text_format("open files of %" PRIu64 " processes of others: run it as root", unseen.refused);

		holders_not_seen(document, text);
	}
	if (unseen.dma_bufs) {
		_cleanup_free_ char *text =
			text_format("of which driver %" PRIu64 " open dma-bufs are: each holds its driver's module",
				    unseen.dma_bufs);

		holders_not_seen(document, text);
	}
}

/* ---- the daemon ------------------------------------------------------------- */

/* Whoever hangs in the device's driver. */
static bool holders_is_stuck(const json_t *wait, const char *module)
{
	const json_t *subsystem = field_object(wait, "subsystem");

	return *module && field_is(subsystem, "kind", "gpu") && field_is(subsystem, "name", module);
}

static void holders_add_stuck(const struct cli *cli, json_t *document, const char *module)
{
	_cleanup_client_ struct gw_client client;
	struct gw_client_target target = cli->target;
	_cleanup_json_ json_t *waits = NULL;
	json_t *stuck = json_array(), *wait;
	size_t i;
	int r;

	target.limit_usec = ASK_USEC;
	r = gw_client_open(&client, &target);
	if (r == GW_CLIENT_OK)
		r = gw_client_call(&client, &waits, "ListAllWaits", "t", (uint64_t)STUCK_USEC);
	json_array_foreach(field_array(waits, "waits"), i, wait)
		if (holders_is_stuck(wait, module) && json_array_append(stuck, wait) < 0)
			out_of_memory();
	holders_put(document, "stuck", stuck);
	if (r != GW_CLIENT_OK) {
		_cleanup_free_ char *text =
			text_format("tasks that are stuck in the driver: %s", client.outcome.message);

		holders_not_seen(document, text);
	} else if (!*module) {
		holders_not_seen(document, "tasks that are stuck in the driver: the device has none that is a module");
	}
}

/* ---- the command -------------------------------------------------------------- */

static bool holders_found(const json_t *document)
{
	static const char *const lists[] = { "stuck", "processes", "module_users", "consoles" };

	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++)
		if (json_array_size(field_array(document, lists[i])))
			return true;
	return field_number(document, "module_count") > 0;
}

int command_holders(const struct cli *cli)
{
	_cleanup_json_ json_t *document = json_pack("{s:s, s:[]}", "schema", "gpuwatch.holders.v1", "not_seen");
	int root = gw_directory_open(AT_FDCWD, "/");
	struct gw_device device;

	if (!document)
		out_of_memory();
	if (root < 0 || gw_device_find(&device, root, cli->argument) < 0) {
		complain(
			"there is no GPU or module %s here: a PCI address, a card, a render node or a driver's module is one",
			cli->argument);
		return EXIT_FILE;
	}
	holders_add_machine(document, &device, root);
	close(root);
	holders_add_stuck(cli, document, device.module);
	output_document(cli, document, render_holders);
	return holders_found(document) ? EXIT_FOUND : EXIT_NOTHING;
}
