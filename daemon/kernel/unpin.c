/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Takes the BPF programs of a daemon that is gone out of the kernel. */
#include "daemon/kernel/unpin.h"

#include <errno.h>
#include <ftw.h>
#include <linux/magic.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/vfs.h>

#define HASH_DIGITS 16

/* @name: what follows it may be more of the path. */
static bool unpin_is_hash(const char *name)
{
	return strcspn(name, "/") == HASH_DIGITS && strspn(name, "0123456789abcdef") == HASH_DIGITS;
}

/* DIRECTORY/HASH/map_... and link_..., see pins.c. */
static bool unpin_is_ours(const char *path, const struct FTW *where)
{
	const char *name = path + where->base;

	switch (where->level) {
	case 0:
		return true;
	case 1:
		return unpin_is_hash(name);
	case 2:
		return where->base > HASH_DIGITS && unpin_is_hash(name - HASH_DIGITS - 1) &&
		       name[-HASH_DIGITS - 2] == '/' &&
		       (strncmp(name, "map_", 4) == 0 || strncmp(name, "link_", 5) == 0);
	}
	return false;
}

/* Whatever else lies there is somebody else's, and so are the directories that it keeps from being empty. */
static int unpin_one(const char *path, const struct stat *st, int type, struct FTW *where)
{
	if (!unpin_is_ours(path, where) || remove(path) == 0)
		return 0;
	return where->level == 0 || errno == ENOTEMPTY ? 0
						       : errno; /* the directory itself may belong to somebody else */
}

int gw_unpin(const char *directory)
{
	struct statfs fs;
	int r;

	if (statfs(directory, &fs) < 0)
		return errno == ENOENT ? 0 : -errno;
	if ((unsigned)fs.f_type != BPF_FS_MAGIC)
		return -ENOTSUP;
	r = nftw(directory, unpin_one, 8, FTW_DEPTH | FTW_MOUNT | FTW_PHYS);
	return r < 0 ? -errno : -r;
}
