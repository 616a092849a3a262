/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How libbpf learns what a program attaches to: from gw_types_target(), in the place of its own search, which goes through all of
 * the kernel's types for each program.
 */
#ifndef GPUWATCH_DAEMON_KERNEL_BTF_HANDLERS_H
#define GPUWATCH_DAEMON_KERNEL_BTF_HANDLERS_H

#include "daemon/kernel/btf/types.h"

/* For all objects that this process opens from now on. Returns 0 or -errno; may be called again. Not from several threads. */
int gw_handlers_register(void);

/*
 * gw_handlers_use - the types for what this thread loads from now on
 * @types: not owned; NULL: none, then a program that attaches to one is refused with -ESRCH
 */
void gw_handlers_use(const struct gw_types *types);

#endif
