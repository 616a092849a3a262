/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Walks through cgroupfs for ids that are not known yet, and remembers what it found. */
#include "lib/system/workload/cgroups.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/files.h"
#include "lib/base/json.h"
#include "lib/system/workload/workload.h"

#define KEPT 256       /* ids that are remembered */
#define WALK_MOST 8192 /* directories of one walk */
#define DEPTH_MOST 32

struct cgroup {
	uint64_t id;	  /* 0 = free */
	json_t *workload; /* NULL = has none, or is not found (yet) */
	bool wanted;	  /* by the walk that is under way */
};

struct gw_cgroups {
	char *root;
	struct cgroup kept[KEPT];
	size_t next; /* to be replaced when all are in use: the oldest */
};

struct walk {
	struct gw_cgroups *cgroups;
	char path[PATH_MAX];
	size_t wanted; /* that are still to be found */
	size_t left;   /* directories that it may still open */
	bool failed;   /* no memory */
};

/* ---- what is known ----------------------------------------------------------- */

static struct cgroup *cgroups_find(struct gw_cgroups *cgroups, uint64_t id)
{
	for (size_t i = 0; i < KEPT; i++)
		if (cgroups->kept[i].id == id)
			return &cgroups->kept[i];
	return NULL;
}

/* An entry that nobody wants in this walk. */
static struct cgroup *cgroups_add(struct gw_cgroups *cgroups, uint64_t id)
{
	for (size_t tries = 0; tries < KEPT; tries++) {
		struct cgroup *cgroup = &cgroups->kept[cgroups->next];

		cgroups->next = (cgroups->next + 1) % KEPT;
		if (cgroup->wanted)
			continue;
		json_decref(cgroup->workload);
		*cgroup = (struct cgroup){ .id = id };
		return cgroup;
	}
	return NULL;
}

static uint64_t cgroups_id_of(const json_t *object)
{
	json_int_t id = json_integer_value(json_object_get(object, "cgroup_id"));

	return id > 0 ? (uint64_t)id : 0;
}

/* ---- a walk -------------------------------------------------------------------- */

static void walk_found(struct walk *walk, uint64_t id)
{
	struct cgroup *cgroup = cgroups_find(walk->cgroups, id);
	struct gw_workload workload;

	if (!cgroup || !cgroup->wanted)
		return;
	gw_workload_parse(&workload, walk->path);
	cgroup->workload = gw_workload_json(&workload, walk->path);
	walk->failed |= !cgroup->workload;
	cgroup->wanted = false;
	walk->wanted--;
}

static void walk_directory(struct walk *walk, int parent, const char *name, unsigned depth)
{
	size_t length = strlen(walk->path);
	struct dirent *entry;
	DIR *stream;

	if (depth > DEPTH_MOST || walk->left == 0 || !(stream = gw_directory_list(parent, name)))
		return;
	walk->left--;
	while (walk->wanted && (entry = gw_directory_next(stream))) {
		size_t size = strlen(entry->d_name);

		if (entry->d_type != DT_DIR || length + size + 2 > sizeof(walk->path))
			continue;
		walk->path[length] = '/';
		memcpy(walk->path + length + 1, entry->d_name, size + 1);
		walk_found(walk, entry->d_ino);
		walk_directory(walk, dirfd(stream), entry->d_name, depth + 1);
		walk->path[length] = '\0';
	}
	closedir(stream);
}

/* Where there is version 1, the ids are those of the unified hierarchy beside it. */
static int cgroups_open(const struct gw_cgroups *cgroups)
{
	int root = gw_directory_open(AT_FDCWD, cgroups->root), unified;

	if (root < 0 || gw_path_exists(root, "cgroup.controllers"))
		return root;
	unified = gw_directory_open(root, "unified");
	if (unified < 0)
		return root;
	close(root);
	return unified;
}

static int cgroups_walk(struct gw_cgroups *cgroups, size_t wanted)
{
	struct walk walk = { .cgroups = cgroups, .wanted = wanted, .left = WALK_MOST };
	int root = cgroups_open(cgroups);

	if (root >= 0) {
		walk_directory(&walk, root, ".", 0);
		close(root);
	}
	for (size_t i = 0; i < KEPT; i++)
		cgroups->kept[i].wanted = false;
	return walk.failed ? -ENOMEM : 0;
}

/* ---- interface -------------------------------------------------------------------- */

static int cgroups_resolve(struct gw_cgroups *cgroups, const json_t *list)
{
	size_t wanted = 0, i;
	json_t *object;

	json_array_foreach(list, i, object) {
		uint64_t id = cgroups_id_of(object);
		struct cgroup *cgroup = id && !cgroups_find(cgroups, id) ? cgroups_add(cgroups, id) : NULL;

		if (cgroup) {
			cgroup->wanted = true;
			wanted++;
		}
	}
	return wanted ? cgroups_walk(cgroups, wanted) : 0;
}

int gw_cgroups_annotate(struct gw_cgroups *cgroups, json_t *list)
{
	json_t *object;
	size_t i;
	int r = cgroups_resolve(cgroups, list);

	json_array_foreach(list, i, object) {
		uint64_t id = cgroups_id_of(object);
		struct cgroup *cgroup = id ? cgroups_find(cgroups, id) : NULL;

		if (cgroup && cgroup->workload && json_object_set(object, "workload", cgroup->workload) < 0)
			r = -ENOMEM;
	}
	return r;
}

/* An id is never used again while the machine runs: a directory of the same name has another one. */
bool gw_cgroups_lives(struct gw_cgroups *cgroups, uint64_t id)
{
	struct cgroup *cgroup = cgroups_find(cgroups, id);
	const char *path = cgroup ? gw_json_string(cgroup->workload, "cgroup") : "";
	_cleanup_close_ int root = *path ? cgroups_open(cgroups) : -1;
	struct stat directory;

	return root >= 0 && fstatat(root, path + 1, &directory, 0) == 0 && directory.st_ino == id;
}

int gw_cgroups_new(struct gw_cgroups **ret, const char *root)
{
	struct gw_cgroups *cgroups = calloc(1, sizeof(*cgroups));

	if (!cgroups || !(cgroups->root = strdup(root))) {
		free(cgroups);
		return -ENOMEM;
	}
	*ret = cgroups;
	return 0;
}

void gw_cgroups_free(struct gw_cgroups *cgroups)
{
	if (!cgroups)
		return;
	for (size_t i = 0; i < KEPT; i++)
		json_decref(cgroups->kept[i].workload);
	free(cgroups->root);
	free(cgroups);
}
