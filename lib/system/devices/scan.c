/* SPDX-License-Identifier: GPL-2.0-or-later */
/* All devices that a driver could bind to, and whom firmware names as their suppliers. */
#include "lib/system/devices/scan.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/files.h"
#include "lib/base/json.h"
#include "lib/system/devices/devicetree.h"
#include "lib/system/unreadable.h"

#define DEVICES_MAX 65536
#define NAME_SIZE 256
#define ALIAS_SIZE 1024

struct scan {
	int root;
	const char *root_path;
	struct gw_module_index *modules;
	struct gw_devicetree *tree; /* NULL = none */
	json_t *candidates;
	json_t *unreadable;
	json_t *devices;
	json_t *drivers; /* {"BUS/DRIVER": its module} */
	json_t *nodes;	 /* {NODE: the device made from it} */
	bool too_many;
};

static int scan_put_text(json_t *object, const char *key, const char *text)
{
	return json_object_set_new(object, key, gw_json_text(text)) < 0 ? -ENOMEM : 0;
}

/* ---- drivers ----------------------------------------------------------------------------------------- */

/*
 * The module that a driver came from, "" = built in. Built-in code has a directory in /sys/module, too, when it has
 * parameters; only what was loaded has initstate.
 */
static int scan_driver_module(struct scan *scan, int bus, const char *bus_name, const char *driver, const char **ret)
{
	char key[NAME_SIZE * 2], path[NAME_SIZE * 2], module[NAME_SIZE];
	json_t *known;

	snprintf(key, sizeof(key), "%s/%s", bus_name, driver);
	known = json_object_get(scan->drivers, key);
	if (!known) {
		snprintf(path, sizeof(path), "drivers/%s/module", driver);
		if (gw_link_name(bus, path, module, sizeof(module)) < 0)
			module[0] = '\0';
		snprintf(path, sizeof(path), "sys/module/%s/initstate", module);
		if (module[0] && !gw_path_exists(scan->root, path))
			module[0] = '\0';
		known = gw_json_text(module);
		if (json_object_set_new_nocheck(scan->drivers, key, known) < 0)
			return -ENOMEM;
		if (module[0] && scan->modules && gw_module_index_add(scan->modules, module) < 0)
			return -ENOMEM;
	}
	*ret = json_string_value(known);
	return 0;
}

/* ---- a device ------------------------------------------------------------------------------------------ */

/* What the kernel says about a device, before anything of it becomes JSON. */
struct facts {
	char path[PATH_MAX];
	char driver[NAME_SIZE];
	char alias[ALIAS_SIZE];
	char node[PATH_MAX]; /* of the device tree, "/..."; "" = none */
	char unit[NAME_SIZE];
	int group; /* -1 = none */
};

/* "../../../devices/pci0000:00/0000:00:01.0": what follows "devices/". */
static void scan_shorten(char *path, const char *directory)
{
	char *at = strstr(path, directory);

	if (at)
		memmove(path, at + strlen(directory), strlen(at + strlen(directory)) + 1);
}

static void scan_read_link(int devices, const char *name, const char *file, char *ret, size_t size, bool last)
{
	char path[NAME_SIZE + 32];

	snprintf(path, sizeof(path), "%s/%s", name, file);
	if ((last ? gw_link_name(devices, path, ret, size) : gw_link_read(devices, path, ret, size)) < 0)
		ret[0] = '\0';
}

static void scan_read_facts(struct facts *facts, int devices, const char *name)
{
	char path[NAME_SIZE + 32], group[16];

	if (gw_link_read(devices, name, facts->path, sizeof(facts->path)) < 0)
		facts->path[0] = '\0';
	scan_shorten(facts->path, "/devices/");
	scan_read_link(devices, name, "driver", facts->driver, sizeof(facts->driver), true);
	scan_read_link(devices, name, "of_node", facts->node, sizeof(facts->node), false);
	scan_shorten(facts->node, "/devicetree/base");
	scan_read_link(devices, name, "iommu", facts->unit, sizeof(facts->unit), true);
	scan_read_link(devices, name, "iommu_group", group, sizeof(group), true);
	facts->group = group[0] >= '0' && group[0] <= '9' ? atoi(group) : -1;
	snprintf(path, sizeof(path), "%s/modalias", name);
	if (gw_file_text(devices, path, facts->alias, sizeof(facts->alias)) < 0)
		facts->alias[0] = '\0';
}

/* Blocks of memory, clock events and the like have no driver and never will. */
static bool scan_concerns_drivers(const struct facts *facts)
{
	return facts->driver[0] || facts->alias[0] || facts->node[0] || facts->group >= 0;
}

/* Several devices may have the node: the one nearest to the root was made from it, the others by its driver. */
static int scan_remember_node(struct scan *scan, const char *node, json_t *device)
{
	json_t *known = json_object_get(scan->nodes, node);

	if (known && strlen(gw_json_string(known, "path")) <= strlen(gw_json_string(device, "path")))
		return 0;
	return json_object_set_nocheck(scan->nodes, node, device) < 0 ? -ENOMEM : 0;
}

static json_t *scan_device_json(struct scan *scan, int bus, const char *bus_name, const char *name,
				const struct facts *facts)
{
	const char *module = "";
	json_t *device;

	if (facts->driver[0] && scan_driver_module(scan, bus, bus_name, facts->driver, &module) < 0)
		return NULL;
	device = json_pack("{s:o, s:o, s:o, s:o, s:o, s:i, s:o}", "name", gw_json_text(name), "bus",
			   gw_json_text(bus_name), "path", gw_json_text(facts->path), "driver",
			   gw_json_text(facts->driver), "modalias", gw_json_text(facts->alias), "iommu_group",
			   facts->group, "module", gw_json_text(module));
	if (!device)
		return NULL;
	if ((facts->node[0] && scan_put_text(device, "of_node", facts->node) < 0) ||
	    (facts->unit[0] && scan_put_text(device, "iommu", facts->unit) < 0)) {
		json_decref(device);
		return NULL;
	}
	return device;
}

static int scan_add_device(struct scan *scan, int bus, int devices, const char *bus_name, const char *name)
{
	struct facts facts;
	json_t *device;

	if (json_array_size(scan->devices) >= DEVICES_MAX) {
		scan->too_many = true;
		return 0;
	}
	scan_read_facts(&facts, devices, name);
	if (!scan_concerns_drivers(&facts))
		return 0;
	device = scan_device_json(scan, bus, bus_name, name, &facts);
	if (!device || json_array_append_new(scan->devices, device) < 0)
		return -ENOMEM;
	return facts.node[0] == '/' ? scan_remember_node(scan, facts.node, device) : 0;
}

/* ---- buses ------------------------------------------------------------------------------------------------- */

static int scan_bus(struct scan *scan, int buses, const char *name)
{
	_cleanup_close_ int bus = gw_directory_open(buses, name);
	_cleanup_close_ int devices = bus < 0 ? -1 : gw_directory_open(bus, "devices");
	_cleanup_closedir_ DIR *stream = devices < 0 ? NULL : gw_directory_list(devices, ".");
	struct dirent *entry;
	int r = 0;

	while (stream && r == 0 && (entry = gw_directory_next(stream)))
		if (strlen(entry->d_name) < NAME_SIZE)
			r = scan_add_device(scan, bus, devices, name, entry->d_name);
	return r;
}

static int scan_buses(struct scan *scan)
{
	_cleanup_close_ int buses = gw_directory_open(scan->root, "sys/bus");
	_cleanup_closedir_ DIR *stream = buses < 0 ? NULL : gw_directory_list(buses, ".");
	struct dirent *entry;
	int r = 0;

	if (!stream)
		return gw_unreadable_add(scan->unreadable, "/sys/bus", buses < 0 ? buses : -errno);
	while (r == 0 && (entry = gw_directory_next(stream)))
		if (strlen(entry->d_name) < NAME_SIZE)
			r = scan_bus(scan, buses, entry->d_name);
	return r;
}

/* ---- suppliers -------------------------------------------------------------------------------------------------- */

struct naming {
	struct scan *scan;
	json_t *consumer;
	json_t *suppliers;
};

/* The device that was made from the node, or from the node around it: regulators lie in their chip's node. */
static json_t *scan_device_of_node(const struct scan *scan, const char *node)
{
	char path[PATH_MAX];

	if (snprintf(path, sizeof(path), "%s", node) >= (int)sizeof(path))
		return NULL;
	while (path[0]) {
		json_t *device = json_object_get(scan->nodes, path);

		if (device)
			return device;
		*strrchr(path, '/') = '\0';
	}
	return NULL;
}

static int scan_add_candidates(struct scan *scan, const char *key, const char *alias)
{
	json_t *clean, *names;
	int r;

	if (!scan->modules || !key[0] || !alias[0])
		return 0;
	clean = gw_json_text(key);
	if (!clean || json_object_get(scan->candidates, json_string_value(clean))) {
		json_decref(clean);
		return clean ? 0 : -ENOMEM;
	}
	names = gw_module_index_candidates(scan->modules, alias);
	r = names && json_array_size(names) == 0 ? 0
						 : json_object_set(scan->candidates, json_string_value(clean), names);
	json_decref(names);
	json_decref(clean);
	return r < 0 ? -ENOMEM : 0;
}

/* A node that no device was made from: who could drive it, by what it is compatible with. */
static int scan_add_node_candidates(struct scan *scan, const char *node)
{
	char compatible[NAME_SIZE], alias[NAME_SIZE * 3];
	const char *name = strrchr(node, '/');

	if (gw_devicetree_compatible(scan->tree, node, compatible, sizeof(compatible)) <= 0)
		return 0;
	snprintf(alias, sizeof(alias), "of:N%.*sT(null)C%s", (int)strcspn(name + 1, "@"), name + 1, compatible);
	return scan_add_candidates(scan, compatible, alias);
}

static int scan_add_supplier(json_t *suppliers, const char *node, const char *property, const char *device,
			     bool optional)
{
	json_t *supplier = json_pack("{s:o, s:o, s:o, s:b}", "node", gw_json_text(node), "property",
				     gw_json_text(property), "device", gw_json_text(device), "optional", optional);

	return json_array_append_new(suppliers, supplier) < 0 ? -ENOMEM : 0;
}

static int scan_name_supplier(const char *node, const char *property, bool optional, void *userdata)
{
	struct naming *naming = userdata;
	json_t *device = scan_device_of_node(naming->scan, node);

	if (device == naming->consumer)
		return 0;
	if (!device && scan_add_node_candidates(naming->scan, node) < 0)
		return -ENOMEM;
	return scan_add_supplier(naming->suppliers, node, property, gw_json_string(device, "name"), optional);
}

/*
 * The unit that serves the device, when it is the driver of another device that makes it (Arm's SMMU, virtio-iommu). Those
 * of AMD and Intel are no driver's: their PCI function or ACPI table never gets one.
 */
static int scan_add_unit(struct scan *scan, json_t *device, json_t *suppliers)
{
	const char *unit = gw_json_string(device, "iommu");
	char path[NAME_SIZE + 64], name[NAME_SIZE];

	if (!unit[0])
		return 0;
	snprintf(path, sizeof(path), "sys/class/iommu/%s/device/driver", unit);
	if (gw_link_name(scan->root, path, name, sizeof(name)) < 0)
		return 0;
	snprintf(path, sizeof(path), "sys/class/iommu/%s/device", unit);
	if (gw_link_name(scan->root, path, name, sizeof(name)) < 0)
		return 0;
	return scan_add_supplier(suppliers, unit, "iommu", name, true);
}

static int scan_add_suppliers(struct scan *scan, json_t *device)
{
	struct naming naming = { .scan = scan, .consumer = device, .suppliers = json_array() };
	const char *node = gw_json_string(device, "of_node");
	int r = naming.suppliers ? 0 : -ENOMEM;

	if (r == 0 && scan->tree && node[0])
		r = gw_devicetree_suppliers(scan->tree, node, scan_name_supplier, &naming);
	r = r ?: scan_add_unit(scan, device, naming.suppliers);
	if (r == 0 && json_array_size(naming.suppliers) && json_object_set(device, "suppliers", naming.suppliers) < 0)
		r = -ENOMEM;
	json_decref(naming.suppliers);
	return r;
}

static int scan_finish_devices(struct scan *scan)
{
	json_t *device;
	size_t i;
	int r = 0;

	json_array_foreach(scan->devices, i, device) {
		const char *alias = gw_json_string(device, "modalias");

		r = scan_add_suppliers(scan, device);
		if (r == 0 && !gw_json_string(device, "driver")[0])
			r = scan_add_candidates(scan, alias, alias);
		if (r < 0)
			return r;
	}
	return 0;
}

/* ---- all of it -------------------------------------------------------------------------------------------------------- */

static int scan_open_tree(struct scan *scan)
{
	char path[PATH_MAX];
	int r;

	snprintf(path, sizeof(path), "%s/sys/firmware/devicetree/base", scan->root_path);
	r = gw_devicetree_open(&scan->tree, path);
	if (r == -ENOMEM)
		return r;
	return r < 0 && r != -ENOENT ? gw_unreadable_add(scan->unreadable, "/sys/firmware/devicetree/base", r) : 0;
}

int gw_device_scan(json_t **ret, int root, const char *root_path, struct gw_module_index *modules, json_t *candidates,
		   json_t *unreadable)
{
	struct scan scan = {
		.root = root,
		.root_path = root_path,
		.modules = modules,
		.candidates = candidates,
		.unreadable = unreadable,
		.devices = json_array(),
		.drivers = json_object(),
		.nodes = json_object(),
	};
	int r = scan.devices && scan.drivers && scan.nodes ? scan_open_tree(&scan) : -ENOMEM;

	r = r ?: scan_buses(&scan);
	r = r ?: scan_finish_devices(&scan);
	if (r == 0 && scan.too_many)
		r = gw_unreadable_add(unreadable, "/sys/bus, devices after the first 65536", -E2BIG);
	gw_devicetree_close(scan.tree);
	json_decref(scan.drivers);
	json_decref(scan.nodes);
	if (r < 0) {
		json_decref(scan.devices);
		return r;
	}
	*ret = scan.devices;
	return 0;
}
