/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Files of a table: the one that is installed, and the administrator's own, which add to it. */
#ifndef GPUWATCH_LIB_SYSTEM_DATA_FILES_H
#define GPUWATCH_LIB_SYSTEM_DATA_FILES_H

#include <stddef.h>

/* A file's text, valid during the call. A negative value ends the reading and is returned. */
typedef int (*gw_data_file)(const char *name, const char *text, size_t size, void *userdata);

/* Told one line. */
typedef void (*gw_data_complain)(const char *message, void *userdata);

/*
 * gw_data_files_each - the files, in the order in which they count
 * @installed: the table; NULL = there is none
 * @directories: NULL-terminated; an earlier one masks files of the same name
 * @complain: told of files that cannot be read, a missing table included; may be NULL
 *
 * The directories' *.conf are sorted by name. Returns the number of files that could not be read, what the callback
 * returned, or -ENOMEM.
 */
int gw_data_files_each(const char *installed, const char *const *directories, gw_data_file file,
		       gw_data_complain complain, void *userdata);

#endif
