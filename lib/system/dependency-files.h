/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The files of the table of dependencies: the one that is installed, and the
 * administrator's own, which add to it and replace entries of the same id.
 */
#ifndef GPUWATCH_LIB_SYSTEM_DEPENDENCY_FILES_H
#define GPUWATCH_LIB_SYSTEM_DEPENDENCY_FILES_H

#include "lib/boot/table/dependencies.h"
#include "lib/system/data-files.h"

/* The installed table; the build says where. */
extern const char gw_depends_table[];

/* /etc/gpuwatch/dependencies.d, /run/gpuwatch/dependencies.d, NULL: an earlier one masks files of the same name. */
extern const char *const gw_depends_directories[];

/*
 * gw_depends_files_each - the files, in the order in which they count
 * @table: NULL = gw_depends_table; @directories: NULL = gw_depends_directories
 * @complain: told of files that cannot be read, a missing table included (one line); may be NULL
 *
 * The directories' *.conf are sorted by name. Returns the number of files that could not be read, what the callback
 * returned, or -ENOMEM.
 */
int gw_depends_files_each(const char *table, const char *const *directories, gw_data_file file,
			  gw_depends_complain complain, void *userdata);

/* All of them into a new table. Returns the number of errors, which have been complained about, or -ENOMEM. */
int gw_depends_load(struct gw_depends **ret, const char *table, const char *const *directories,
		    gw_depends_complain complain, void *userdata);

#endif
