/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sysfs' links from names to devices, and from devices to drivers, modules and nodes. */
#include "lib/system/holders/device.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/files.h"
#include "lib/base/json.h"
#include "lib/base/text.h"

/* ---- names ------------------------------------------------------------------ */

/* The last part of where a link below sysfs points to; "" if it is none. */
static void device_link_name(int root, char *ret, size_t size, const char *path)
{
	if (gw_link_name(root, path, ret, size) < 0)
		*ret = '\0';
}

static void device_set_driver(struct gw_device *device, int root, const char *directory)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/driver", directory);
	device_link_name(root, device->driver, sizeof(device->driver), path);
	snprintf(path, sizeof(path), "%s/driver/module", directory);
	device_link_name(root, device->module, sizeof(device->module), path);
}

/* A device that its driver has made for itself has no driver in sysfs, and is called after it: "vgem", "vkms.0". */
static void device_guess_module(struct gw_device *device, int root)
{
	char path[PATH_MAX];
	int size = (int)strcspn(device->name, ".");

	snprintf(path, sizeof(path), "sys/module/%.*s/refcnt", size, device->name);
	if (!*device->driver && size && gw_path_exists(root, path))
		snprintf(device->module, sizeof(device->module), "%.*s", size, device->name);
}

static bool device_set_by_class(struct gw_device *device, int root, const char *name)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "sys/class/drm/%s/device", name);
	device_link_name(root, device->name, sizeof(device->name), path);
	if (!*device->name)
		return false;
	device_set_driver(device, root, path);
	device_guess_module(device, root);
	return true;
}

static bool device_set_by_address(struct gw_device *device, int root, const char *name)
{
	static const char *const domains[] = { "", "0000:" };
	char path[PATH_MAX];

	for (size_t i = 0; i < sizeof(domains) / sizeof(domains[0]); i++) {
		snprintf(path, sizeof(path), "sys/bus/pci/devices/%s%s", domains[i], name);
		if (!gw_path_exists(root, path))
			continue;
		snprintf(device->name, sizeof(device->name), "%s%s", domains[i], name);
		device_set_driver(device, root, path);
		return true;
	}
	return false;
}

static bool device_set_by_module(struct gw_device *device, int root, const char *name)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "sys/module/%s", name);
	if (!gw_path_exists(root, path))
		return false;
	snprintf(device->module, sizeof(device->module), "%s", name);
	return true;
}

/* Of the module only, whatever the name of its driver: KFD has one node for all GPUs. */
static bool device_set_kfd(struct gw_device *device, int root)
{
	return gw_path_exists(root, "sys/class/kfd/kfd") &&
	       (device_set_by_module(device, root, "amdgpu") || device_set_by_module(device, root, "amdkfd"));
}

/* ---- nodes ------------------------------------------------------------------ */

static void device_add_node(struct gw_device *device, const char *directory, const char *name)
{
	if (device->n_nodes == GW_DEVICE_NODES) {
		device->nodes_cut = true;
		return;
	}
	snprintf(device->nodes[device->n_nodes++], sizeof(device->nodes[0]), "%s%.48s", directory, name);
}

/* One of the device's; of a module any whose device has it as its driver's. */
static bool device_is_mine(const struct gw_device *device, int root, const char *node)
{
	struct gw_device other = { .name = "" };

	if (!device_set_by_class(&other, root, node))
		return false;
	return *device->name ? strcmp(other.name, device->name) == 0 : strcmp(other.module, device->module) == 0;
}

/* Connectors are below the class, too: "card0-HDMI-A-1". */
static bool device_is_node(const char *name)
{
	const char *number = gw_text_after(name, "card");

	if (!number)
		number = gw_text_after(name, "renderD");
	return number && *number && number[strspn(number, "0123456789")] == '\0';
}

static void device_add_nodes(struct gw_device *device, int root)
{
	DIR *stream = gw_directory_list(root, "sys/class/drm");
	struct dirent *entry;

	while (stream && (entry = gw_directory_next(stream)))
		if (device_is_node(entry->d_name) && device_is_mine(device, root, entry->d_name))
			device_add_node(device, "dri/", entry->d_name);
	if (stream)
		closedir(stream);
	if (strcmp(device->module, "amdgpu") == 0 || strcmp(device->module, "amdkfd") == 0)
		device_add_node(device, "", "kfd");
	/* Which minor is whose is in a file of the driver's; what is open of NVIDIA's counts for all of its GPUs. */
	if (strcmp(device->module, "nvidia") == 0)
		device_add_node(device, "", "nvidia*");
}

int gw_device_find(struct gw_device *ret, int root, const char *name)
{
	const char *base = strrchr(name, '/') ? strrchr(name, '/') + 1 : name;
	bool found;

	*ret = (struct gw_device){ .name = "" };
	found = strcmp(base, "kfd") == 0 && device_set_kfd(ret, root);
	found = found || (device_is_node(base) && device_set_by_class(ret, root, base));
	found = found || (*base && *base != '.' &&
			  (device_set_by_address(ret, root, base) || device_set_by_module(ret, root, base)));
	if (!found)
		return -ENODEV;
	device_add_nodes(ret, root);
	return 0;
}

bool gw_device_has_node(const struct gw_device *device, const char *link)
{
	const char *name = gw_text_after(link, "/dev/");

	for (size_t i = 0; name && i < device->n_nodes; i++) {
		const char *node = device->nodes[i];
		size_t size = strcspn(node, "*");

		/* A device that was removed under its process: "/dev/dri/card0 (deleted)". */
		if (strncmp(name, node, size) == 0 && (node[size] == '*' || !name[size] || name[size] == ' '))
			return true;
	}
	return false;
}

/* ---- the kernel's own users --------------------------------------------------- */

json_t *gw_device_module_users(const struct gw_device *device, int root)
{
	char path[PATH_MAX];
	json_t *users = json_array();
	struct dirent *entry;
	DIR *stream = NULL;

	if (*device->module) {
		snprintf(path, sizeof(path), "sys/module/%s/holders", device->module);
		stream = gw_directory_list(root, path);
	}
	while (users && stream && (entry = gw_directory_next(stream)))
		if (json_array_append_new(users, gw_json_text(entry->d_name)) < 0) {
			json_decref(users);
			users = NULL;
		}
	if (stream)
		closedir(stream);
	return users;
}

long gw_device_module_count(const struct gw_device *device, int root)
{
	char path[PATH_MAX], text[32];

	snprintf(path, sizeof(path), "sys/module/%s/refcnt", device->module);
	if (!*device->module || gw_file_text(root, path, text, sizeof(text)) <= 0)
		return -1;
	return strtol(text, NULL, 10);
}

static bool device_has_frame_buffer(const struct gw_device *device, int root)
{
	DIR *stream = gw_directory_list(root, "sys/class/graphics");
	struct dirent *entry;
	bool found = false;

	while (stream && !found && (entry = gw_directory_next(stream))) {
		char path[PATH_MAX], name[64];
		struct gw_device owner = { .name = "" };

		snprintf(path, sizeof(path), "sys/class/graphics/%s/device", entry->d_name);
		device_link_name(root, name, sizeof(name), path);
		if (*name)
			device_set_driver(&owner, root, path);
		found = *name &&
			(*device->name ? strcmp(name, device->name) == 0 : strcmp(owner.module, device->module) == 0);
	}
	if (stream)
		closedir(stream);
	return found;
}

static bool device_console_draws(int root, const char *console)
{
	char path[PATH_MAX], bound[8], name[128];

	snprintf(path, sizeof(path), "sys/class/vtconsole/%s/bind", console);
	if (gw_file_text(root, path, bound, sizeof(bound)) <= 0 || strcmp(bound, "1") != 0)
		return false;
	snprintf(path, sizeof(path), "sys/class/vtconsole/%s/name", console);
	return gw_file_text(root, path, name, sizeof(name)) > 0 && strstr(name, "frame buffer");
}

json_t *gw_device_consoles(const struct gw_device *device, int root)
{
	DIR *stream = device_has_frame_buffer(device, root) ? gw_directory_list(root, "sys/class/vtconsole") : NULL;
	json_t *consoles = json_array();
	struct dirent *entry;

	while (consoles && stream && (entry = gw_directory_next(stream)))
		if (device_console_draws(root, entry->d_name) &&
		    json_array_append_new(consoles, gw_json_text(entry->d_name)) < 0) {
			json_decref(consoles);
			consoles = NULL;
		}
	if (stream)
		closedir(stream);
	return consoles;
}
