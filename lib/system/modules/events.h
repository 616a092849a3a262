/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Kernel modules that come and go: uevents of the kernel's own netlink group. */
#ifndef GPUWATCH_LIB_SYSTEM_MODULES_EVENTS_H
#define GPUWATCH_LIB_SYSTEM_MODULES_EVENTS_H

#include <stdbool.h>

/* A non-blocking socket that is readable when the kernel has sent something, or -errno. */
int gw_module_events_open(void);

/*
 * gw_module_events_filter - has the kernel queue nothing but what is about modules
 *
 * Devices may come and go by the thousand, and once the queue has overflowed, all
 * that depends on modules must be read anew. gw_module_events_open() does it.
 * Returns 0 or -errno.
 */
int gw_module_events_filter(int fd);

/*
 * gw_module_events_next - the next event about a module
 * @name: receives the module's name, at least 64 bytes
 *
 * Returns 1; 0 when there is none; -ENOBUFS when events were lost, so that any
 * module may have changed; another -errno.
 */
int gw_module_events_next(int fd, char *name);

/* Whether a module, or code built in under its name that has parameters, is there now. */
bool gw_module_loaded(const char *name);

#endif
