/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The system as it is now, as far as the order of drivers is concerned. */
#include "lib/system/state.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>

#include "lib/base/files.h"
#include "lib/base/json.h"
#include "lib/base/units.h"
#include "lib/system/devices/deferred.h"
#include "lib/system/devices/links.h"
#include "lib/system/devices/scan.h"
#include "lib/system/kfd-sysfs.h"
#include "lib/system/modules/index.h"
#include "lib/system/unreadable.h"

struct state_reader {
	int root;
	const char *root_path;
	const struct gw_depends *depends;
	struct gw_module_index *modules; /* NULL: there is none */
	json_t *state, *unreadable;
};

static int state_put(json_t *object, const char *key, json_t *value)
{
	return json_object_set_new(object, key, value) < 0 ? -ENOMEM : 0;
}

static int state_unreadable(struct state_reader *reader, const char *path, int error)
{
	return gw_unreadable_add(reader->unreadable, path, error);
}

/* ---- command line ------------------------------------------------------------------------------------ */

static int state_read_command_line(struct state_reader *reader)
{
	char text[8192];
	ssize_t r = gw_file_text(reader->root, "proc/cmdline", text, sizeof(text));

	return r < 0 ? state_unreadable(reader, "/proc/cmdline", (int)r)
		     : state_put(reader->state, "cmdline", gw_json_text(text));
}

/* ---- clocks ------------------------------------------------------------------------------------------ */

/* "NAME   : MS.FRACTION" with six digits behind the point, kernel/sched/debug.c. */
static bool state_find_clock(const char *text, const char *name, int64_t *ret_ns)
{
	const char *line = strstr(text, name);
	long long ms, ns;

	if (!line || sscanf(line + strlen(name), " : %12lld.%6lld", &ms, &ns) != 2)
		return false;
	*ret_ns = ms * (int64_t)GW_NSEC_PER_MSEC + ns;
	return true;
}

/* The scheduler reads CLOCK_MONOTONIC and local_clock(), which is printk's, one after the other. */
static int state_read_clocks(struct state_reader *reader)
{
	int64_t monotonic, local;
	char text[512];

	if (gw_file_text(reader->root, "sys/kernel/debug/sched/debug", text, sizeof(text)) < 0 ||
	    !state_find_clock(text, "\nktime", &monotonic) || !state_find_clock(text, "\ncpu_clk", &local))
		return 0;
	return state_put(reader->state, "log_offset_ns", json_integer(monotonic - local));
}

/* ---- device links and deferred devices --------------------------------------------------------------- */

static int state_read_links(struct state_reader *reader)
{
	json_t *links;
	int r = gw_device_links_read(&links, reader->root, reader->unreadable);

	return links ? state_put(reader->state, "links", links) : r;
}

static int state_read_deferred(struct state_reader *reader)
{
	json_t *deferred;
	int r = gw_deferred_devices_read(&deferred, reader->root, reader->unreadable);

	return deferred ? state_put(reader->state, "deferred", deferred) : r;
}

/* ---- IOMMUs ------------------------------------------------------------------------------------------------------ */

/* Names in a directory; NULL = memory, an empty array where it does not exist. */
static json_t *state_list_names(int root, const char *path)
{
	_cleanup_closedir_ DIR *stream = gw_directory_list(root, path);
	json_t *names = json_array();
	struct dirent *entry;

	while (names && stream && (entry = gw_directory_next(stream)))
		if (json_array_append_new(names, gw_json_text(entry->d_name)) < 0) {
			json_decref(names);
			return NULL;
		}
	return names;
}

static int state_read_iommu(struct state_reader *reader)
{
	json_t *groups = state_list_names(reader->root, "sys/kernel/iommu_groups");
	json_t *iommu = json_pack("{s:o, s:I}", "units", state_list_names(reader->root, "sys/class/iommu"), "groups",
				  (json_int_t)json_array_size(groups));
	bool failed = !groups;

	json_decref(groups);
	if (failed) {
		json_decref(iommu);
		return -ENOMEM;
	}
	return state_put(reader->state, "iommu", iommu);
}

/* ---- KFD ---------------------------------------------------------------------------------------------------------- */

/* The service may have a /dev of its own (PrivateDevices=): what is missing there may be in the real one. */
static bool state_dev_is_whole(const struct state_reader *reader)
{
	return gw_path_exists(reader->root, "dev/kmsg");
}

struct kfd_nodes {
	struct state_reader *reader;
	json_t *nodes;
};

static int state_add_kfd_node(uint64_t number, int directory, const char *properties, int error, void *userdata)
{
	static const char *const keys[] = { "simd_count", "cpu_cores_count", "vendor_id", "device_id", "location_id" };
	const struct kfd_nodes *add = userdata;
	json_t *node = json_pack("{s:I}", "node", (json_int_t)number);
	uint64_t value;
	char path[128];
	int r = 0;

	if (json_array_append_new(add->nodes, node) < 0)
		return -ENOMEM;
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]) && r == 0; i++)
		if (gw_kfd_property(properties, keys[i], &value))
			r = state_put(node, keys[i], gw_json_number(value));
	snprintf(path, sizeof(path), "/" GW_KFD_CLASS "/topology/nodes/%" PRIu64 "/properties", number);
	return error ? state_unreadable(add->reader, path, error) : r;
}

static int state_read_kfd(struct state_reader *reader)
{
	json_t *kfd = json_pack("{s:b, s:[]}", "class", gw_path_exists(reader->root, "sys/class/kfd"), "nodes");
	bool node = gw_path_exists(reader->root, "dev/kfd");
	struct kfd_nodes add = { reader, json_object_get(kfd, "nodes") };
	int r = kfd ? gw_kfd_each_node(reader->root, state_add_kfd_node, &add) : -ENOMEM;

	if (r == 0 && (node || state_dev_is_whole(reader)))
		r = state_put(kfd, "device_node", json_boolean(node));
	if (r < 0) {
		json_decref(kfd);
		return r;
	}
	return state_put(reader->state, "kfd", kfd);
}

/* ---- paths of the table ------------------------------------------------------------------------------------------- */

static int state_add_path(struct state_reader *reader, json_t *paths, const char *path)
{
	struct stat st;
	bool exists = fstatat(reader->root, path + 1, &st, 0) == 0;

	if (!exists && errno != ENOENT && errno != ENOTDIR)
		return state_unreadable(reader, path, -errno);
	if (!exists && strncmp(path, "/dev/", 5) == 0 && !state_dev_is_whole(reader))
		return state_unreadable(reader, path, -EACCES);
	return state_put(paths, path, json_boolean(exists));
}

static int state_read_paths(struct state_reader *reader)
{
	const struct gw_dependency *entries = NULL;
	size_t count = reader->depends ? gw_depends_list(reader->depends, &entries) : 0;
	json_t *paths = json_object();
	int r = paths ? 0 : -ENOMEM;

	for (size_t i = 0; i < count && r == 0; i++)
		if (entries[i].feature.path && !json_object_get(paths, entries[i].feature.path))
			r = state_add_path(reader, paths, entries[i].feature.path);
	if (r < 0) {
		json_decref(paths);
		return r;
	}
	return state_put(reader->state, "paths", paths);
}

/* ---- modules and devices -------------------------------------------------------------------------------------------- */

static int state_open_modules(struct state_reader *reader, const char *release)
{
	char path[PATH_MAX];
	int loaded = gw_directory_open(reader->root, "sys/module"), r;

	snprintf(path, sizeof(path), "%s/lib/modules/%s", reader->root_path, release);
	r = gw_module_index_open(&reader->modules, path, loaded);
	if (r < 0 && loaded >= 0)
		close(loaded);
	if (r == -ENOMEM)
		return r;
	snprintf(path, sizeof(path), "/lib/modules/%s/modules.dep.bin", release);
	return r < 0 ? state_unreadable(reader, path, r) : 0;
}

/* What was loaded has initstate; the other directories are those of built-in code with parameters. */
static int state_add_loaded(struct state_reader *reader)
{
	_cleanup_closedir_ DIR *stream = gw_directory_list(reader->root, "sys/module");
	struct dirent *entry;
	int r = 0;

	if (!stream)
		return state_unreadable(reader, "/sys/module", -errno);
	while (r == 0 && (entry = gw_directory_next(stream))) {
		char path[NAME_MAX + 32];

		snprintf(path, sizeof(path), "%s/initstate", entry->d_name);
		if (faccessat(dirfd(stream), path, F_OK, 0) == 0)
			r = gw_module_index_add(reader->modules, entry->d_name);
	}
	return r;
}

static int state_read_modules(struct state_reader *reader)
{
	int r;

	if (!reader->modules)
		return 0;
	r = state_add_loaded(reader);
	if (r == 0 && reader->depends)
		r = gw_module_index_add_table(reader->modules, reader->depends);
	return r ?: state_put(reader->state, "modules", gw_module_index_json(reader->modules));
}

static int state_read_devices(struct state_reader *reader)
{
	json_t *candidates = json_object(), *devices = NULL;
	int r = candidates ? 0 : -ENOMEM;

	r = r
		    ?: gw_device_scan(&devices, reader->root, reader->root_path, reader->modules, candidates,
				      reader->unreadable);
	if (r < 0) {
		json_decref(candidates);
		return r;
	}
	if (state_put(reader->state, "devices", devices) < 0) {
		json_decref(candidates);
		return -ENOMEM;
	}
	return state_put(reader->state, "candidates", candidates);
}

/* ---- all of it ---------------------------------------------------------------------------------------------------------- */

static int state_read_all(struct state_reader *reader, const char *release)
{
	int r = state_open_modules(reader, release);

	r = r ?: state_read_command_line(reader);
	r = r ?: state_read_clocks(reader);
	r = r ?: state_read_devices(reader);
	r = r ?: state_read_links(reader);
	r = r ?: state_read_deferred(reader);
	r = r ?: state_read_iommu(reader);
	r = r ?: state_read_kfd(reader);
	r = r ?: state_read_paths(reader);
	return r ?: state_read_modules(reader); /* the last one: the others ask for modules */
}

int gw_boot_state_read_from(json_t **ret, const char *root, const char *release, const struct gw_depends *depends,
			    json_t *unreadable_)
{
	struct state_reader reader = { .depends = depends, .unreadable = unreadable_, .state = json_object() };
	_cleanup_close_ int directory = gw_directory_open(AT_FDCWD, root);
	struct utsname host;
	int r = reader.state ? 0 : -ENOMEM;

	reader.root = directory;
	reader.root_path = strcmp(root, "/") == 0 ? "" : root;
	if (!release && uname(&host) < 0)
		host.release[0] = '\0';
	r = r ?: state_read_all(&reader, release ? release : host.release);
	gw_module_index_close(reader.modules);
	if (r < 0) {
		json_decref(reader.state);
		return r;
	}
	*ret = reader.state;
	return 0;
}

int gw_boot_state_read(json_t **ret, const struct gw_depends *depends, json_t *unreadable_)
{
	return gw_boot_state_read_from(ret, "/", NULL, depends, unreadable_);
}
