/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a directory of modules says about them: who depends on whom, soft
 * dependencies, what is built in, which modules claim a device. By libkmod.
 */
#ifndef GPUWATCH_LIB_SYSTEM_MODULES_INDEX_H
#define GPUWATCH_LIB_SYSTEM_MODULES_INDEX_H

#include <jansson.h>

#include "lib/boot/table/dependencies.h"

struct gw_module_index;

/*
 * gw_module_index_open
 * @directory: lib/modules/RELEASE
 * @loaded: the directory of loaded modules, /sys/module, for their state; it is taken over on success. -1 = all that is not
 *	built in is "available"
 *
 * modprobe's configuration is read for the running kernel's directory only. Returns 0 or -errno (-ENOENT: no such
 * directory, or depmod has not been run there; -EBADMSG: an index in it is damaged).
 */
int gw_module_index_open(struct gw_module_index **ret, const char *directory, int loaded);
void gw_module_index_close(struct gw_module_index *index);

/* Asks for a module, under any of its names ("-" and "_" are the same); its dependencies come with it. 0 or -ENOMEM. */
int gw_module_index_add(struct gw_module_index *index, const char *name);

/* All that the table names without patterns. Returns 0 or -ENOMEM. */
int gw_module_index_add_table(struct gw_module_index *index, const struct gw_depends *depends);

/* The modules that claim an alias ("pci:v00001002d…", "of:NnameT*Cvendor,chip"), as a new array; they are asked for, too. */
json_t *gw_module_index_candidates(struct gw_module_index *index, const char *alias);

/* `modules` of gw_boot_evidence_set_state(): all that was asked for and exists, sorted by name. New reference, NULL = memory. */
json_t *gw_module_index_json(struct gw_module_index *index);

#endif
