/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Names of kernel modules: people and files write - where the kernel has _. */
#ifndef GPUWATCH_LIB_BASE_MODULE_NAME_H
#define GPUWATCH_LIB_BASE_MODULE_NAME_H

#include <stdbool.h>
#include <stddef.h>

/*
 * gw_module_name - the kernel's spelling of a module's name
 * @name: @length bytes; may be a pattern as of fnmatch(3): between brackets a dash is the pattern's
 *
 * Returns whether it fits; cut and terminated in any case.
 */
bool gw_module_name(char *ret, size_t size, const char *name, size_t length);

#endif
