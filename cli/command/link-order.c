/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The initcalls of a kernel image against the table of dependencies. */
#include "cli/command/link-order.h"

#include <errno.h>
#include <string.h>

#include "cli/boot/link-order.h"
#include "cli/lib/error.h"
#include "cli/lib/fetch.h"
#include "cli/lib/json-field.h"
#include "cli/lib/output.h"
#include "lib/base/cleanup.h"
#include "lib/boot/document/link-order.h"
#include "lib/system/dependency-files.h"
#include "lib/system/kernel-image.h"
#include "lib/system/modules/index.h"

/* What --vmlinux needs, and what is freed at its end. */
struct link_order {
	struct gw_depends *depends;
	struct gw_kernel_image image;
	struct gw_module_index *modules;
};

static void link_order_clear(struct link_order *order)
{
	gw_depends_free(order->depends);
	gw_kernel_image_deinit(&order->image);
	gw_module_index_close(order->modules);
}

static void link_order_on_message(const char *message, void *userdata)
{
	*(bool *)userdata = true;
	complain("%s", message);
}

/* What is wrong with the table is reported, and the rest of it used; without any of it there is nothing to check. */
static bool link_order_load_table(struct link_order *order)
{
	const struct gw_dependency *list;
	bool complained = false;

	if (gw_depends_load(&order->depends, NULL, NULL, link_order_on_message, &complained) < 0)
		out_of_memory();
	if (gw_depends_list(order->depends, &list) > 0)
		return true;
	if (!complained)
		complain("the table of dependencies is empty: there is nothing to compare the kernel with");
	return false;
}

static bool link_order_read_image(struct link_order *order, const char *path)
{
	_cleanup_free_ char *error = NULL;

	if (gw_kernel_image_read(&order->image, path, &error) == 0)
		return true;
	if (!error)
		out_of_memory();
	complain("%s", error);
	return false;
}

/* NULL without --modules; false if they cannot be read. */
static bool link_order_read_modules(struct link_order *order, const char *directory, json_t **ret)
{
	int r;

	*ret = NULL;
	if (!directory)
		return true;
	r = gw_module_index_open(&order->modules, directory, -1);
	if (r < 0) {
		complain("cannot read the modules in %s: %s%s", directory,
			 r == -EBADMSG ? "an index in it is damaged" : strerror(-r),
			 r == -ENOENT ? " (has depmod been run there?)" : "");
		return false;
	}
	if (gw_module_index_add_table(order->modules, order->depends) < 0 ||
	    !(*ret = gw_module_index_json(order->modules)))
		out_of_memory();
	return true;
}

static bool link_order_any_reversed(const json_t *document)
{
	json_t *pair;
	size_t i;

	json_array_foreach(field_array(document, "pairs"), i, pair)
		if (field_is(pair, "state", "reversed"))
			return true;
	return false;
}

static int link_order_print(const struct cli *cli, const struct link_order *order, const json_t *modules)
{
	const struct gw_initcall *initcalls;
	size_t count = gw_initcalls_list(order->image.initcalls, &initcalls);
	_cleanup_json_ json_t *document =
		gw_boot_link_order_json(order->depends, initcalls, count, order->image.release, modules);

	if (!document)
		out_of_memory();
	output_clean(cli, document);
	if (cli_has(cli, OPTION_JSON))
		output_json(cli, document, false);
	else
		render_link_order(&cli->terminal, document, cli_has(cli, OPTION_ALL));
	return link_order_any_reversed(document) ? EXIT_FOUND : EXIT_NOTHING;
}

int command_link_order(const struct cli *cli)
{
	_cleanup_(link_order_clear) struct link_order order = { 0 };
	_cleanup_json_ json_t *modules = NULL;

	if (!link_order_load_table(&order) || !link_order_read_image(&order, cli->vmlinux) ||
	    !link_order_read_modules(&order, cli->modules, &modules))
		return EXIT_FILE;
	return link_order_print(cli, &order, modules);
}
