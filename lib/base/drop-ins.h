/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which files in directories such as gpuwatchd.conf.d count, by systemd's
 * rules: the *.conf of all directories, sorted by name; of those of one name
 * only the first directory's, so that an empty file or a link to /dev/null
 * there masks the others.
 */
#ifndef GPUWATCH_LIB_BASE_DROP_INS_H
#define GPUWATCH_LIB_BASE_DROP_INS_H

#include <stddef.h>

struct gw_drop_in {
	char *path;
	const char *name;	/* the last part of it */
	unsigned int directory; /* its place among the directories */
};

/* All zeroes is none; ends with gw_drop_ins_deinit(). */
struct gw_drop_ins {
	struct gw_drop_in *items; /* in the order in which they apply: a later one goes before an earlier one */
	size_t count, allocated;
};

/* A directory that is there and cannot be read: -errno. */
typedef void (*gw_drop_ins_unreadable)(const char *path, int error, void *userdata);

/*
 * gw_drop_ins_find - the files that count; reads none of them
 * @directories, @below: NULL-terminated, an earlier one goes before a later
 *	one; files are looked for in DIRECTORY/BELOW (DIRECTORY if it is "")
 *
 * Hidden files are left out, and links to nothing. A directory that does not
 * exist has none; what others have counts when one cannot be read. Returns 0,
 * or -ENOMEM (then there are none).
 */
int gw_drop_ins_find(struct gw_drop_ins *ret, const char *const *directories, const char *below,
		     gw_drop_ins_unreadable unreadable, void *userdata);

void gw_drop_ins_deinit(struct gw_drop_ins *drop_ins);

#endif
