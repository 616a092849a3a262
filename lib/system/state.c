/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The system as it is now, as far as the order of drivers is concerned. */
#include "lib/system/state.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>

#include "lib/base/files.h"
#include "lib/base/text.h"
#include "lib/base/units.h"
#include "lib/system/device-scan.h"
#include "lib/system/module-index.h"

#define LINKS_MAX 65536
#define DEFERRED_BYTES (4 << 20)
#define NAME_SIZE 512 /* of a link: two names, each with its bus */

struct look {
	int root;
	const char *root_path;
	const struct gw_depends *depends;
	struct gw_module_index *modules; /* NULL: there is none */
	json_t *state, *unreadable;
};

static int put(json_t *object, const char *key, json_t *value)
{
	return json_object_set_new(object, key, value) < 0 ? -ENOMEM : 0;
}

static int unreadable(struct look *look, const char *path, int error)
{
	return gw_unreadable_add(look->unreadable, path, error);
}

/* ---- command line ------------------------------------------------------------------------------------ */

static int look_cmdline(struct look *look)
{
	char text[8192];
	ssize_t r = gw_file_text(look->root, "proc/cmdline", text, sizeof(text));

	return r < 0 ? unreadable(look, "/proc/cmdline", (int)r) : put(look->state, "cmdline", gw_json_text(text));
}

/* ---- clocks ------------------------------------------------------------------------------------------ */

/* "NAME   : MS.FRACTION" with six digits behind the point, kernel/sched/debug.c. */
static bool find_clock(const char *text, const char *name, int64_t *ret_ns)
{
	const char *line = strstr(text, name);
	long long ms, ns;

	if (!line || sscanf(line + strlen(name), " : %12lld.%6lld", &ms, &ns) != 2)
		return false;
	*ret_ns = ms * (int64_t)GW_NSEC_PER_MSEC + ns;
	return true;
}

/* The scheduler reads CLOCK_MONOTONIC and local_clock(), which is printk's, one after the other. */
static int look_clocks(struct look *look)
{
	int64_t monotonic, local;
	char text[512];

	if (gw_file_text(look->root, "sys/kernel/debug/sched/debug", text, sizeof(text)) < 0 ||
	    !find_clock(text, "\nktime", &monotonic) || !find_clock(text, "\ncpu_clk", &local))
		return 0;
	return put(look->state, "log_offset_ns", json_integer(monotonic - local));
}

/* ---- device links ---------------------------------------------------------------------------------------- */

/*
 * Splits "BUS:SUPPLIER--BUS:CONSUMER". Names may have dashes in them: the supplier's is known from its link.
 * Returns the consumer, or NULL.
 */
static char *split_link(char *name, const char *supplier)
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

static bool read_flag(int links, const char *name, const char *file)
{
	char path[NAME_SIZE + 32], text[8];

	snprintf(path, sizeof(path), "%s/%s", name, file);
	return gw_file_text(links, path, text, sizeof(text)) > 0 && text[0] == '1';
}

static json_t *read_link(int links, const char *entry)
{
	char name[NAME_SIZE], path[NAME_SIZE + 32], supplier[NAME_SIZE], status[64], removal[64], *consumer;

	snprintf(name, sizeof(name), "%s", entry);
	snprintf(path, sizeof(path), "%s/supplier", entry);
	if (gw_link_name(links, path, supplier, sizeof(supplier)) < 0)
		supplier[0] = '\0';
	consumer = split_link(name, supplier);
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
			 gw_json_text(removal), "runtime_pm", read_flag(links, entry, "runtime_pm"), "sync_state_only",
			 read_flag(links, entry, "sync_state_only"));
}

static int add_link(json_t *list, int links, const char *entry)
{
	json_t *link = read_link(links, entry);

	if (json_is_null(link))
		return 0;
	return json_array_append_new(list, link) < 0 ? -ENOMEM : 0;
}

static int look_links(struct look *look)
{
	_cleanup_close_ int links = gw_directory_open(look->root, "sys/class/devlink");
	_cleanup_closedir_ DIR *stream = links < 0 ? NULL : gw_directory_list(links, ".");
	struct dirent *entry;
	json_t *list;
	int r = 0;

	if (!stream)
		return unreadable(look, "/sys/class/devlink", links < 0 ? links : -errno);
	list = json_array();
	while (list && r == 0 && (entry = gw_directory_next(stream)) && json_array_size(list) < LINKS_MAX)
		if (strlen(entry->d_name) < NAME_SIZE)
			r = add_link(list, links, entry->d_name);
	if (r < 0) {
		json_decref(list);
		return r;
	}
	return put(look->state, "links", list);
}

/* ---- deferred devices ---------------------------------------------------------------------------------------- */

/* "DEVICE\tDRIVER: reason\n"; the reason is empty where nobody gave one, and the tab is missing before Linux 5.8. */
static int add_deferred(json_t *list, char *line)
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

static int look_deferred(struct look *look)
{
	_cleanup_free_ char *text = NULL;
	char *save = NULL;
	json_t *list;
	size_t size;
	int r = gw_file_whole(look->root, "sys/kernel/debug/devices_deferred", DEFERRED_BYTES, &text, &size);

	if (r == -ENOMEM)
		return r;
	if (r < 0)
		return unreadable(look, "/sys/kernel/debug/devices_deferred", r);
	list = json_array();
	for (char *line = strtok_r(text, "\n", &save); list && line && r == 0; line = strtok_r(NULL, "\n", &save))
		r = add_deferred(list, line);
	if (r < 0) {
		json_decref(list);
		return r;
	}
	return put(look->state, "deferred", list);
}

/* ---- IOMMUs ------------------------------------------------------------------------------------------------------ */

/* Names in a directory; NULL = memory, an empty array where it does not exist. */
static json_t *list_names(int root, const char *path)
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

static int look_iommu(struct look *look)
{
	json_t *groups = list_names(look->root, "sys/kernel/iommu_groups");
	json_t *iommu = json_pack("{s:o, s:I}", "units", list_names(look->root, "sys/class/iommu"), "groups",
				  (json_int_t)json_array_size(groups));
	bool failed = !groups;

	json_decref(groups);
	if (failed) {
		json_decref(iommu);
		return -ENOMEM;
	}
	return put(look->state, "iommu", iommu);
}

/* ---- KFD ---------------------------------------------------------------------------------------------------------- */

/* The service may have a /dev of its own (PrivateDevices=): what is missing there may be in the real one. */
static bool dev_is_whole(const struct look *look)
{
	return gw_path_exists(look->root, "dev/kmsg");
}

static const char *const node_properties[] = {
	"simd_count", "cpu_cores_count", "vendor_id", "device_id", "location_id",
};

/* "simd_count 128" on lines of their own. */
static int read_properties(json_t *node, char *text)
{
	char *save = NULL;

	for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		size_t length = strcspn(line, " ");

		for (size_t i = 0; i < sizeof(node_properties) / sizeof(node_properties[0]); i++)
			if (strlen(node_properties[i]) == length && memcmp(line, node_properties[i], length) == 0 &&
			    put(node, node_properties[i], gw_json_number(strtoull(line + length, NULL, 10))) < 0)
				return -ENOMEM;
	}
	return 0;
}

static int add_node(struct look *look, json_t *nodes, int directory, const char *name)
{
	char path[NAME_SIZE], text[8192];
	json_t *node = json_pack("{s:i}", "node", atoi(name));
	ssize_t r;

	if (json_array_append_new(nodes, node) < 0)
		return -ENOMEM;
	snprintf(path, sizeof(path), "%.200s/properties", name);
	r = gw_file_text(directory, path, text, sizeof(text));
	if (r < 0) {
		snprintf(path, sizeof(path), "/sys/class/kfd/kfd/topology/nodes/%.200s/properties", name);
		return unreadable(look, path, (int)r);
	}
	return read_properties(node, text);
}

static int look_nodes(struct look *look, json_t *nodes)
{
	_cleanup_close_ int directory = gw_directory_open(look->root, "sys/class/kfd/kfd/topology/nodes");
	_cleanup_closedir_ DIR *stream = directory < 0 ? NULL : gw_directory_list(directory, ".");
	struct dirent *entry;
	int r = 0;

	while (stream && r == 0 && (entry = gw_directory_next(stream)))
		r = add_node(look, nodes, directory, entry->d_name);
	return r;
}

static int look_kfd(struct look *look)
{
	json_t *kfd = json_pack("{s:b, s:[]}", "class", gw_path_exists(look->root, "sys/class/kfd"), "nodes");
	bool node = gw_path_exists(look->root, "dev/kfd");
	int r = kfd ? look_nodes(look, json_object_get(kfd, "nodes")) : -ENOMEM;

	if (r == 0 && (node || dev_is_whole(look)))
		r = put(kfd, "device_node", json_boolean(node));
	if (r < 0) {
		json_decref(kfd);
		return r;
	}
	return put(look->state, "kfd", kfd);
}

/* ---- paths of the table ------------------------------------------------------------------------------------------- */

static int add_path(struct look *look, json_t *paths, const char *path)
{
	struct stat st;
	bool exists = fstatat(look->root, path + 1, &st, 0) == 0;

	if (!exists && errno != ENOENT && errno != ENOTDIR)
		return unreadable(look, path, -errno);
	if (!exists && strncmp(path, "/dev/", 5) == 0 && !dev_is_whole(look))
		return unreadable(look, path, -EACCES);
	return put(paths, path, json_boolean(exists));
}

static int look_paths(struct look *look)
{
	const struct gw_dependency *entries = NULL;
	size_t count = look->depends ? gw_depends_list(look->depends, &entries) : 0;
	json_t *paths = json_object();
	int r = paths ? 0 : -ENOMEM;

	for (size_t i = 0; i < count && r == 0; i++)
		if (entries[i].feature.path && !json_object_get(paths, entries[i].feature.path))
			r = add_path(look, paths, entries[i].feature.path);
	if (r < 0) {
		json_decref(paths);
		return r;
	}
	return put(look->state, "paths", paths);
}

/* ---- modules and devices -------------------------------------------------------------------------------------------- */

static int open_modules(struct look *look, const char *release)
{
	char path[PATH_MAX];
	int loaded = gw_directory_open(look->root, "sys/module"), r;

	snprintf(path, sizeof(path), "%s/lib/modules/%s", look->root_path, release);
	r = gw_module_index_open_at(&look->modules, path, loaded);
	if (r < 0 && loaded >= 0)
		close(loaded);
	if (r == -ENOMEM)
		return r;
	snprintf(path, sizeof(path), "/lib/modules/%s/modules.dep.bin", release);
	return r < 0 ? unreadable(look, path, r) : 0;
}

/* What was loaded has initstate; the other directories are those of built-in code with parameters. */
static int add_loaded(struct look *look)
{
	_cleanup_closedir_ DIR *stream = gw_directory_list(look->root, "sys/module");
	struct dirent *entry;
	int r = 0;

	if (!stream)
		return unreadable(look, "/sys/module", -errno);
	while (r == 0 && (entry = gw_directory_next(stream))) {
		char path[NAME_MAX + 32];

		snprintf(path, sizeof(path), "%s/initstate", entry->d_name);
		if (faccessat(dirfd(stream), path, F_OK, 0) == 0)
			r = gw_module_index_add(look->modules, entry->d_name);
	}
	return r;
}

static int look_modules(struct look *look)
{
	int r;

	if (!look->modules)
		return 0;
	r = add_loaded(look);
	if (r == 0 && look->depends)
		r = gw_module_index_add_table(look->modules, look->depends);
	return r ?: put(look->state, "modules", gw_module_index_json(look->modules));
}

static int look_devices(struct look *look)
{
	json_t *candidates = json_object(), *devices = NULL;
	int r = candidates ? 0 : -ENOMEM;

	r = r ?: gw_device_scan(&devices, look->root, look->root_path, look->modules, candidates, look->unreadable);
	if (r < 0) {
		json_decref(candidates);
		return r;
	}
	if (put(look->state, "devices", devices) < 0) {
		json_decref(candidates);
		return -ENOMEM;
	}
	return put(look->state, "candidates", candidates);
}

/* ---- all of it ---------------------------------------------------------------------------------------------------------- */

static int look_at_all(struct look *look, const char *release)
{
	int r = open_modules(look, release);

	r = r ?: look_cmdline(look);
	r = r ?: look_clocks(look);
	r = r ?: look_devices(look);
	r = r ?: look_links(look);
	r = r ?: look_deferred(look);
	r = r ?: look_iommu(look);
	r = r ?: look_kfd(look);
	r = r ?: look_paths(look);
	return r ?: look_modules(look); /* the last one: the others ask for modules */
}

int gw_boot_state_read_from(json_t **ret, const char *root, const char *release, const struct gw_depends *depends,
			    json_t *unreadable_)
{
	struct look look = { .depends = depends, .unreadable = unreadable_, .state = json_object() };
	_cleanup_close_ int directory = gw_directory_open(AT_FDCWD, root);
	struct utsname host;
	int r = look.state ? 0 : -ENOMEM;

	look.root = directory;
	look.root_path = strcmp(root, "/") == 0 ? "" : root;
	if (!release && uname(&host) < 0)
		host.release[0] = '\0';
	r = r ?: look_at_all(&look, release ? release : host.release);
	gw_module_index_close(look.modules);
	if (r < 0) {
		json_decref(look.state);
		return r;
	}
	*ret = look.state;
	return 0;
}

int gw_boot_state_read(json_t **ret, const struct gw_depends *depends, json_t *unreadable_)
{
	return gw_boot_state_read_from(ret, "/", NULL, depends, unreadable_);
}
