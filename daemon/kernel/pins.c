/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Pins: names of maps and links in a BPF file system, which keep them alive
 * when the daemon ends. They lie in one directory per build,
 * PIN_DIRECTORY/HASH, so that an upgrade never takes over what it does not
 * understand.
 */
#include "daemon/kernel/pins.h"

#include <bpf/bpf.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include "lib/base/cleanup.h"

/* bpffs names may not begin with a dot, as data sections' maps do. */
#define MAP_PREFIX "map_"
#define LINK_PREFIX "link_"

struct gw_pins {
	char directory[256]; /* of all builds */
	char own[288];	     /* of this one */
};

static int pins_make_directory(const char *path)
{
	return mkdir(path, 0700) < 0 && errno != EEXIST ? -errno : 0;
}

/* The file system that the directory is on or would be made on. */
static bool pins_on_bpffs(const char *directory)
{
	char parent[256];
	struct statfs fs;
	char *slash;

	snprintf(parent, sizeof(parent), "%s", directory);
	while (statfs(parent, &fs) < 0) {
		slash = strrchr(parent, '/');
		if (errno != ENOENT || !slash || slash == parent)
			return false;
		*slash = '\0';
	}
	return (unsigned long)fs.f_type == BPF_FS_MAGIC;
}

int gw_pins_new(struct gw_pins **ret, const char *directory, uint64_t hash, char *message, size_t size)
{
	_cleanup_free_ struct gw_pins *pins = calloc(1, sizeof(*pins));
	int r;

	if (!pins)
		return -ENOMEM;
	if (strlen(directory) >= sizeof(pins->directory)) {
		snprintf(message, size, "the name of the pin directory is too long");
		return -ENAMETOOLONG;
	}
	strcpy(pins->directory, directory);
	snprintf(pins->own, sizeof(pins->own), "%s/%016" PRIx64, directory, hash);
	if (!pins_on_bpffs(directory)) {
		snprintf(message, size, "%s is not on a BPF file system: mount -t bpf bpf /sys/fs/bpf", directory);
		return -EINVAL;
	}
	r = pins_make_directory(pins->directory);
	if (r >= 0)
		r = pins_make_directory(pins->own);
	if (r < 0) {
		snprintf(message, size, "cannot make %s: %s", pins->own, strerror(-r));
		return r;
	}
	*ret = gw_steal(pins);
	return 0;
}

void gw_pins_free(struct gw_pins *pins)
{
	free(pins);
}

/* Dots are not allowed in a name's first place and easily misread elsewhere. */
static void pins_path(const struct gw_pins *pins, const char *prefix, const char *name, char *path, size_t size)
{
	char *dot;

	snprintf(path, size, "%s/%s%s", pins->own, prefix, name);
	for (dot = path + strlen(pins->own); (dot = strchr(dot, '.'));)
		*dot = '-';
}

struct bpf_link *gw_pins_open_link(struct gw_pins *pins, const char *name)
{
	struct bpf_link *link;
	char path[512];

	pins_path(pins, LINK_PREFIX, name, path, sizeof(path));
	link = bpf_link__open(path);
	return libbpf_get_error(link) ? NULL : link;
}

int gw_pins_put_link(struct gw_pins *pins, const char *name, struct bpf_link *link)
{
	char path[512];

	pins_path(pins, LINK_PREFIX, name, path, sizeof(path));
	if (unlink(path) < 0 && errno != ENOENT)
		return -errno;
	return bpf_link__pin(link, path);
}

int gw_pins_open_map(struct gw_pins *pins, const char *name)
{
	char path[512];

	pins_path(pins, MAP_PREFIX, name, path, sizeof(path));
	return bpf_obj_get(path);
}

int gw_pins_put_map(struct gw_pins *pins, const char *name, int fd)
{
	char path[512];
	int r;

	pins_path(pins, MAP_PREFIX, name, path, sizeof(path));
	r = bpf_obj_pin(fd, path);
	return r == -EEXIST ? 0 : r;
}

/* Returns 0 or -ENAMETOOLONG. */
static int pins_join(char *path, size_t size, const char *directory, const char *name)
{
	int length = snprintf(path, size, "%s/%s", directory, name);

	return length < 0 || (size_t)length >= size ? -ENAMETOOLONG : 0;
}

static int pins_drop_file(const char *directory, const char *name)
{
	char path[512];
	int r = pins_join(path, sizeof(path), directory, name);

	if (r < 0)
		return r;
	return unlink(path) < 0 ? -errno : 0;
}

/* Calls @visit for each name in a directory, until it returns something else than 0. Returns that, 0 or -errno. */
static int pins_each_name(const char *directory, int (*visit)(const char *directory, const char *name, void *userdata),
			  void *userdata)
{
	DIR *stream = opendir(directory);
	struct dirent *entry;
	int r = 0;

	if (!stream)
		return -errno;
	while (r == 0 && (entry = readdir(stream))) {
		if (entry->d_name[0] != '.')
			r = visit(directory, entry->d_name, userdata);
	}
	closedir(stream);
	return r;
}

struct map_visit {
	int (*visit)(const char *name, void *userdata);
	void *userdata;
};

static int pins_visit_map(const char *directory, const char *name, void *userdata)
{
	const struct map_visit *map = userdata;
	char real[64];

	if (strncmp(name, MAP_PREFIX, strlen(MAP_PREFIX)) != 0)
		return 0;
	snprintf(real, sizeof(real), "%s", name + strlen(MAP_PREFIX));
	for (char *dash = real; (dash = strchr(dash, '-'));)
		*dash = '.';
	return map->visit(real, map->userdata);
}

int gw_pins_each_map(struct gw_pins *pins, int (*visit)(const char *name, void *userdata), void *userdata)
{
	struct map_visit map = { visit, userdata };

	return pins_each_name(pins->own, pins_visit_map, &map);
}

struct build_visit {
	int (*visit)(uint64_t hash, void *userdata);
	void *userdata;
};

static int pins_visit_build(const char *directory, const char *name, void *userdata)
{
	const struct build_visit *build = userdata;
	char *end;
	uint64_t hash = strtoull(name, &end, 16);

	return end - name == 16 && !*end ? build->visit(hash, build->userdata) : 0;
}

int gw_pins_each_build(const char *directory, int (*visit)(uint64_t hash, void *userdata), void *userdata)
{
	struct build_visit build = { visit, userdata };
	int r = pins_each_name(directory, pins_visit_build, &build);

	return r == -ENOENT ? 0 : r;
}

static int pins_drop_link(const char *directory, const char *name, void *userdata)
{
	const char *link = name + strlen(LINK_PREFIX), *wanted = userdata;
	size_t length = strlen(wanted);

	if (strncmp(name, LINK_PREFIX, strlen(LINK_PREFIX)) != 0 || strncmp(link, wanted, length) != 0 ||
	    (link[length] && link[length] != '@'))
		return 0;
	return pins_drop_file(directory, name);
}

void gw_pins_drop_link(struct gw_pins *pins, const char *name)
{
	pins_each_name(pins->own, pins_drop_link, (void *)name);
}

static int pins_drop_name(const char *directory, const char *name, void *userdata)
{
	return pins_drop_file(directory, name);
}

/* Links before maps does not matter: a link holds its program, and that its maps. */
static int pins_drop_directory(const char *path)
{
	int r = pins_each_name(path, pins_drop_name, NULL);

	if (r >= 0 && rmdir(path) < 0)
		r = -errno;
	return r;
}

static int pins_drop_other(const char *directory, const char *name, void *userdata)
{
	const struct gw_pins *pins = userdata;
	char path[512];
	int r = pins_join(path, sizeof(path), directory, name);

	if (r >= 0 && strcmp(path, pins->own) != 0)
		pins_drop_directory(path);
	return r;
}

void gw_pins_drop_others(struct gw_pins *pins)
{
	pins_each_name(pins->directory, pins_drop_other, pins);
}

int gw_pins_drop_all(struct gw_pins *pins)
{
	int r = pins_drop_directory(pins->own);

	rmdir(pins->directory);
	return r;
}
