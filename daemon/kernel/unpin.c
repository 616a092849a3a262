/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Takes the BPF programs of a daemon that is gone out of the kernel. */
#include "daemon/kernel/unpin.h"

#include <errno.h>
#include <ftw.h>
#include <linux/magic.h>
#include <stdio.h>
#include <sys/vfs.h>

static int unpin_one(const char *path, const struct stat *st, int type, struct FTW *where)
{
	if (remove(path) == 0)
		return 0;
	return where->level == 0 ? 0 : errno; /* the directory itself may belong to somebody else */
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
