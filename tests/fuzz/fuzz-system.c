/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Takes arbitrary bytes as what the kernel shows: a trace buffer, a device tree, loaded modules; tests/fuzz/run builds and runs it. */
#include <string.h>

#include "tests/fuzz/directory.h"

#include "lib/system/devices/devicetree.h"
#include "lib/system/modules/gpu.h"
#include "lib/system/trace-buffer.h"

#define NODES 8 /* as many as one hexadecimal digit and a bit name */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int on_event(const struct gw_boot_event *event, void *userdata)
{
	return 0;
}

static void read_trace(const uint8_t *data, size_t size)
{
	struct gw_trace_seen seen;

	directory_write("trace", data, size);
	directory_write("trace_clock", (const uint8_t *)"[global]\n", 9);
	gw_trace_buffer_read(directory, on_event, NULL, &seen);
	if (!memchr(seen.missing, '\0', sizeof(seen.missing)) || strchr(seen.missing, '\n'))
		abort();
}

static int on_supplier(const char *node, const char *property, bool optional, void *userdata)
{
	if (node[0] != '/')
		abort();
	return 0;
}

/* ---- device tree -------------------------------------------------------------------------------- */

static const char *const properties[] = { "phandle",	  "linux,phandle", "iommus",	 "#iommu-cells",  "clocks",
					  "#clock-cells", "status",	   "compatible", "power-domains", "vdd-supply",
					  "reset-gpios",  "#gpio-cells",   "iommu-map",	 "pinctrl-0" };
#define PROPERTIES (sizeof(properties) / sizeof(properties[0]))

/* Nodes stay, as they are costly to make; each property is there until the next tree. */
static char tree_path[sizeof(directory) + 8];
static int tree_nodes[NODES];
static bool tree_has[NODES][PROPERTIES];

static void tree_make_nodes(void)
{
	char path[sizeof(tree_path) + 8];

	snprintf(tree_path, sizeof(tree_path), "%s/tree", directory);
	if (mkdir(tree_path, 0700) < 0)
		abort();
	for (unsigned i = 0; i < NODES; i++) {
		snprintf(path, sizeof(path), "%s/n%u", tree_path, i);
		if (mkdir(path, 0700) < 0)
			abort();
		tree_nodes[i] = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	}
}

static void tree_remove_properties(void)
{
	for (unsigned i = 0; i < NODES; i++)
		for (size_t k = 0; k < PROPERTIES; k++)
			if (tree_has[i][k] && unlinkat(tree_nodes[i], properties[k], 0) < 0)
				abort();
	memset(tree_has, 0, sizeof(tree_has));
}

/*
 * Each node is a length and that many bytes: two hexadecimal digits of a property, then its value.
 */
static void tree_make_property(unsigned node, const uint8_t *data, size_t size)
{
	size_t which = data[0] % PROPERTIES;
	int fd = openat(tree_nodes[node], properties[which], O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	if (fd < 0 || write(fd, data + 1, size - 1) != (ssize_t)size - 1)
		abort();
	close(fd);
	tree_has[node][which] = true;
}

/* One node more is asked for than there are. */
static void tree_ask(struct gw_devicetree *tree)
{
	char text[64];

	for (unsigned i = 0; i <= NODES; i++) {
		char node[8];

		snprintf(node, sizeof(node), "/n%u", i);
		gw_devicetree_suppliers(tree, node, on_supplier, NULL);
		gw_devicetree_compatible(tree, node, text, sizeof(text));
	}
}

static void read_tree(const uint8_t *data, size_t size)
{
	struct gw_devicetree *tree;

	if (!tree_path[0])
		tree_make_nodes();
	tree_remove_properties();
	while (size >= 2 && data[0] >= 1) {
		size_t length = data[0] < size - 1 ? data[0] : size - 1;

		tree_make_property(data[1] / 16 % NODES, data + 1, length);
		data += 1 + length;
		size -= 1 + length;
	}
	if (gw_devicetree_open(&tree, tree_path) < 0)
		return;
	tree_ask(tree);
	gw_devicetree_close(tree);
}

/* ---- modules ------------------------------------------------------------------------------------ */

static void read_modules(const uint8_t *data, size_t size)
{
	struct gw_gpu_modules modules;
	char *text = strndup((const char *)data, size);

	if (!text)
		abort();
	if (gw_gpu_modules_parse(&modules, text, "foo*,bar") == 0)
		gw_gpu_modules_deinit(&modules);
	free(text);
}

/* The first byte is what it is. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size == 0)
		return 0;
	directory_make();
	switch (data[0] % 4) {
	case 0:
		read_tree(data + 1, size - 1);
		break;
	case 1:
		read_modules(data + 1, size - 1);
		break;
	default:
		read_trace(data + 1, size - 1);
		break;
	}
	return 0;
}
