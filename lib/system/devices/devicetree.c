/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whom the nodes of the device tree name as suppliers. */
#include "lib/system/devices/devicetree.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/array.h"
#include "lib/base/cleanup.h"
#include "lib/base/files.h"

#define NODES_MAX 65536
#define DEPTH_MAX 32
#define PROPERTY_MAX 8192 /* bytes of a property that are read */
#define CELLS_MAX 16	  /* MAX_PHANDLE_ARGS */

struct phandle {
	uint32_t value;
	char *path;
};

struct gw_devicetree {
	int base;
	struct phandle *phandles; /* sorted */
	size_t count, allocated;
	size_t nodes;
};

/* ---- properties that name suppliers ------------------------------------------------------------------ */

struct binding {
	const char *name;
	const char *cells; /* property of the supplier: how many numbers follow its phandle; NULL = none */
	bool suffix;	   /* the name is what the property's ends with */
	bool optional;
};

/* of_supplier_bindings of Linux 7.2; those of 6.1 are among them. remote-endpoint names peers, not suppliers. */
static const struct binding bindings[] = {
	{ "clocks", "#clock-cells", false, false },
	{ "interconnects", "#interconnect-cells", false, false },
	{ "iommus", "#iommu-cells", false, true },
	{ "mboxes", "#mbox-cells", false, false },
	{ "io-channels", "#io-channel-cells", false, false },
	{ "io-backends", "#io-backend-cells", false, false },
	{ "dmas", "#dma-cells", false, true },
	{ "power-domains", "#power-domain-cells", false, false },
	{ "hwlocks", "#hwlock-cells", false, false },
	{ "extcon", NULL, false, false },
	{ "nvmem-cells", "#nvmem-cell-cells", false, false },
	{ "phys", "#phy-cells", false, false },
	{ "wakeup-parent", NULL, false, false },
	{ "pinctrl-0", NULL, false, false },
	{ "pinctrl-1", NULL, false, false },
	{ "pinctrl-2", NULL, false, false },
	{ "pinctrl-3", NULL, false, false },
	{ "pinctrl-4", NULL, false, false },
	{ "pinctrl-5", NULL, false, false },
	{ "pinctrl-6", NULL, false, false },
	{ "pinctrl-7", NULL, false, false },
	{ "pinctrl-8", NULL, false, false },
	{ "pwms", "#pwm-cells", false, false },
	{ "resets", "#reset-cells", false, false },
	{ "leds", NULL, false, false },
	{ "backlight", NULL, false, false },
	{ "panel", NULL, false, false },
	{ "msi-parent", "#msi-cells", false, false },
	{ "access-controllers", "#access-controller-cells", false, false },
	{ "pses", "#pse-cells", false, false },
	{ "power-supplies", NULL, false, false },
	{ "mmc-pwrseq", NULL, false, false },
	{ "-supply", NULL, true, false },
	{ "-gpio", "#gpio-cells", true, false },
	{ "-gpios", "#gpio-cells", true, false },
	{ "gpios", "#gpio-cells", false, false },
};

/* (requester id, IOMMU, its id, length), as Documentation/devicetree/bindings/pci/pci-iommu.txt has it. */
static const struct binding iommu_map = { "iommu-map", NULL, false, true };

static const struct binding *devicetree_find_binding(const char *property)
{
	size_t length = strlen(property);

	for (size_t i = 0; i < sizeof(bindings) / sizeof(bindings[0]); i++) {
		size_t n = strlen(bindings[i].name);

		if (bindings[i].suffix ? length > n && strcmp(property + length - n, bindings[i].name) == 0
				       : strcmp(property, bindings[i].name) == 0)
			return strcmp(property + (length > 9 ? length - 9 : 0), ",nr-gpios") ? &bindings[i] : NULL;
	}
	return strcmp(property, iommu_map.name) == 0 ? &iommu_map : NULL;
}

/* ---- phandles ---------------------------------------------------------------------------------------- */

static uint32_t devicetree_number(const unsigned char *bytes)
{
	return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

/* A property of one cell; false if it is none. */
static bool devicetree_read_cell(int directory, const char *path, uint32_t *ret)
{
	unsigned char bytes[8];

	if (gw_file_read(directory, path, bytes, sizeof(bytes)) != 4)
		return false;
	*ret = devicetree_number(bytes);
	return true;
}

static int devicetree_add_phandle(struct gw_devicetree *tree, uint32_t value, const char *path)
{
	if (gw_array_reserve(tree->phandles, tree->count, tree->allocated, 1) < 0)
		return -ENOMEM;
	tree->phandles[tree->count] = (struct phandle){ .value = value, .path = strdup(path) };
	return tree->phandles[tree->count].path ? (tree->count++, 0) : -ENOMEM;
}

/* Adds the phandles of the node in @directory, whose path is @path of @length, and of all below it. */
static int devicetree_walk(struct gw_devicetree *tree, int directory, char *path, size_t length, unsigned int depth)
{
	_cleanup_closedir_ DIR *stream = gw_directory_list(directory, ".");
	struct dirent *entry;
	uint32_t value;
	int r = 0;

	if (!stream || depth > DEPTH_MAX || tree->nodes++ > NODES_MAX)
		return 0;
	if (devicetree_read_cell(directory, "phandle", &value))
		r = devicetree_add_phandle(tree, value, length ? path : "/");
	while (r == 0 && (entry = gw_directory_next(stream))) {
		size_t n = strlen(entry->d_name);
		_cleanup_close_ int child = -1;

		if (entry->d_type != DT_DIR || length + n + 2 > PATH_MAX)
			continue;
		child = gw_directory_open(directory, entry->d_name);
		if (child < 0)
			continue;
		path[length] = '/';
		memcpy(path + length + 1, entry->d_name, n + 1);
		r = devicetree_walk(tree, child, path, length + 1 + n, depth + 1);
		path[length] = '\0';
	}
	return r;
}

static int devicetree_compare_phandles(const void *a, const void *b)
{
	const struct phandle *x = a, *y = b;

	return x->value < y->value ? -1 : x->value > y->value;
}

static const char *devicetree_find_phandle(const struct gw_devicetree *tree, uint32_t value)
{
	const struct phandle key = { .value = value };
	const struct phandle *found;

	found = tree->count ? bsearch(&key, tree->phandles, tree->count, sizeof(key), devicetree_compare_phandles)
			    : NULL;
	return found ? found->path : NULL;
}

int gw_devicetree_open(struct gw_devicetree **ret, const char *base)
{
	struct gw_devicetree *tree = calloc(1, sizeof(*tree));
	char path[PATH_MAX] = "";
	int r;

	if (!tree)
		return -ENOMEM;
	tree->base = gw_directory_open(AT_FDCWD, base);
	r = tree->base < 0 ? tree->base : devicetree_walk(tree, tree->base, path, 0, 0);
	if (r < 0) {
		gw_devicetree_close(tree);
		return r;
	}
	if (tree->count)
		qsort(tree->phandles, tree->count, sizeof(*tree->phandles), devicetree_compare_phandles);
	*ret = tree;
	return 0;
}

void gw_devicetree_close(struct gw_devicetree *tree)
{
	if (!tree)
		return;
	for (size_t i = 0; i < tree->count; i++)
		free(tree->phandles[i].path);
	free(tree->phandles);
	if (tree->base >= 0)
		close(tree->base);
	free(tree);
}

/* ---- suppliers ---------------------------------------------------------------------------------------- */

/* Paths of nodes begin with a slash, which *at() would take for the machine's root. */
static int devicetree_property_path(char *ret, size_t size, const char *node, const char *property)
{
	int n = snprintf(ret, size, ".%s/%s", strcmp(node, "/") == 0 ? "" : node, property);

	return n < 0 || (size_t)n >= size ? -ENAMETOOLONG : 0;
}

static uint32_t devicetree_cells(const struct gw_devicetree *tree, const char *node, const char *property)
{
	char path[PATH_MAX];
	uint32_t cells;

	if (!property || devicetree_property_path(path, sizeof(path), node, property) < 0 ||
	    !devicetree_read_cell(tree->base, path, &cells))
		return 0;
	return cells;
}

/* As of_device_is_available() has it, for the node and all above it. */
static bool devicetree_is_available(const struct gw_devicetree *tree, const char *node)
{
	char path[PATH_MAX], ancestor[PATH_MAX], status[16];

	if (snprintf(ancestor, sizeof(ancestor), "%s", node) >= (int)sizeof(ancestor))
		return false;
	while (ancestor[0]) {
		if (devicetree_property_path(path, sizeof(path), ancestor, "status") == 0 &&
		    gw_file_text(tree->base, path, status, sizeof(status)) > 0 && strcmp(status, "okay") != 0 &&
		    strcmp(status, "ok") != 0)
			return false;
		*strrchr(ancestor, '/') = '\0';
	}
	return true;
}

/* Whether @node is @other or lies below it. */
static bool devicetree_is_within(const char *node, const char *other)
{
	size_t length = strlen(other);

	return strncmp(node, other, length) == 0 && (!node[length] || node[length] == '/');
}

struct property {
	const struct gw_devicetree *tree;
	const char *node, *name;
	const struct binding *binding;
	gw_devicetree_supplier supplier;
	void *userdata;
};

static int devicetree_name_supplier(const struct property *property, const char *node)
{
	/* A node and what lies in it come up together. */
	if (devicetree_is_within(node, property->node) || devicetree_is_within(property->node, node) ||
	    !devicetree_is_available(property->tree, node))
		return 0;
	return property->supplier(node, property->name, property->binding->optional, property->userdata);
}

static int devicetree_read_list(const struct property *property, const unsigned char *bytes, size_t cells)
{
	int r = 0;

	for (size_t i = 0; i < cells && r >= 0;) {
		uint32_t value = devicetree_number(bytes + i++ * 4), arguments;
		const char *node;

		if (!value) /* an entry that is left empty */
			continue;
		node = devicetree_find_phandle(property->tree, value);
		if (!node) /* what follows cannot be told apart from arguments */
			break;
		arguments = devicetree_cells(property->tree, node, property->binding->cells);
		if (arguments > CELLS_MAX)
			break;
		r = devicetree_name_supplier(property, node);
		i += arguments;
	}
	return r;
}

static int devicetree_read_iommu_map(const struct property *property, const unsigned char *bytes, size_t cells)
{
	int r = 0;

	for (size_t i = 1; i < cells && r >= 0; i += 4) {
		const char *node = devicetree_find_phandle(property->tree, devicetree_number(bytes + i * 4));

		r = node ? devicetree_name_supplier(property, node) : 0;
	}
	return r;
}

static int devicetree_read_property(const struct property *property)
{
	unsigned char bytes[PROPERTY_MAX];
	char path[PATH_MAX];
	ssize_t size;

	if (devicetree_property_path(path, sizeof(path), property->node, property->name) < 0)
		return 0;
	size = gw_file_read(property->tree->base, path, bytes, sizeof(bytes));
	if (size < 4)
		return 0;
	if (property->binding == &iommu_map)
		return devicetree_read_iommu_map(property, bytes, (size_t)size / 4);
	return devicetree_read_list(property, bytes, (size_t)size / 4);
}

int gw_devicetree_suppliers(const struct gw_devicetree *tree, const char *node, gw_devicetree_supplier supplier,
			    void *userdata)
{
	_cleanup_closedir_ DIR *stream = NULL;
	struct dirent *entry;
	char path[PATH_MAX];
	int r = 0;

	if (node[0] != '/' || devicetree_property_path(path, sizeof(path), node, ".") < 0)
		return 0;
	stream = gw_directory_list(tree->base, path);
	while (stream && r >= 0 && (entry = gw_directory_next(stream))) {
		struct property property = {
			.tree = tree,
			.node = node,
			.name = entry->d_name,
			.binding = entry->d_type == DT_DIR ? NULL : devicetree_find_binding(entry->d_name),
			.supplier = supplier,
			.userdata = userdata,
		};

		if (property.binding)
			r = devicetree_read_property(&property);
	}
	return r < 0 ? r : 0;
}

int gw_devicetree_compatible(const struct gw_devicetree *tree, const char *node, char *ret, size_t size)
{
	char path[PATH_MAX];
	ssize_t length;

	if (devicetree_property_path(path, sizeof(path), node, "compatible") < 0)
		return -ENAMETOOLONG;
	length = gw_file_text(tree->base, path, ret, size);
	return length < 0 ? (int)length : (int)strlen(ret);
}
