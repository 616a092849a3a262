/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How KFD lays out /sys/class/kfd/kfd: directories named by numbers, and files of "KEY VALUE" lines. */
#ifndef GPUWATCH_LIB_SYSTEM_KFD_SYSFS_H
#define GPUWATCH_LIB_SYSTEM_KFD_SYSFS_H

#include <stdbool.h>
#include <stdint.h>

/* One number: @directory is its own (O_PATH), valid during the call. Returns 0 to go on, or -errno. */
typedef int (*gw_kfd_entry)(uint64_t number, int directory, void *userdata);

/*
 * gw_kfd_each - the entries of a directory whose names are numbers, in their order
 * @path: below @directory
 *
 * There are none where the directory does not exist; what goes away meanwhile
 * is left out. Returns 0, what @entry returned to end it, or -ENOMEM.
 */
int gw_kfd_each(int directory, const char *path, gw_kfd_entry entry, void *userdata);

/* The number in a file, decimal or "0x...", 0 if it cannot be read. */
uint64_t gw_kfd_number(int directory, const char *path);

/* One node: @properties is the text of its file of that name, "" if it could not be read (@error: -errno, else 0). */
typedef int (*gw_kfd_node)(uint64_t number, int directory, const char *properties, int error, void *userdata);

/* The nodes of the topology, CPUs and GPUs: as gw_kfd_each(). @root: a directory that has sys/. */
int gw_kfd_each_node(int root, gw_kfd_node node, void *userdata);

/* Whether the text of a properties file has @key; its value is decimal. @ret is 0 without it. */
bool gw_kfd_property(const char *properties, const char *key, uint64_t *ret);

#define GW_KFD_CLASS "sys/class/kfd/kfd"

#endif
