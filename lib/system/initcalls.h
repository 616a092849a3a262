/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The initcalls of the running kernel, from its symbol table. (Those of a kernel in a file: kernel-image.h.) */
#ifndef GPUWATCH_LIB_SYSTEM_INITCALLS_H
#define GPUWATCH_LIB_SYSTEM_INITCALLS_H

#include "lib/boot/evidence/initcalls.h"
#include "lib/system/kallsyms.h"

/*
 * gw_initcalls_read - those that are built into the kernel
 * @kallsyms: whose addresses are not hidden
 *
 * Returns 0, also where the table has none of them (CONFIG_KALLSYMS_ALL is off), or -ENOMEM.
 */
int gw_initcalls_read(struct gw_initcalls **ret, const struct gw_kallsyms *kallsyms);

#endif
