/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The kernel log, /dev/kmsg: what is in it now, and later what has come since.
 * Never blocks. Needs CAP_SYSLOG where kernel.dmesg_restrict is 1 (Debian's
 * default).
 */
#ifndef GPUWATCH_LIB_SYSTEM_KMSG_H
#define GPUWATCH_LIB_SYSTEM_KMSG_H

#include <stddef.h>

struct gw_kmsg;

/* @path: NULL = /dev/kmsg. Returns 0 or -errno (-EPERM: CAP_SYSLOG is missing). */
int gw_kmsg_open(struct gw_kmsg **ret, const char *path);
void gw_kmsg_close(struct gw_kmsg *kmsg);

/* One raw record, not terminated, valid during the call. A negative value ends the reading and is returned. */
typedef int (*gw_kmsg_record)(const char *text, size_t size, void *userdata);

/*
 * gw_kmsg_read - all records that are there and were not read before
 *
 * What the kernel has written over meanwhile is left out: the numbers of the records show it. Ends when there is no more,
 * or after GW_KMSG_MAX records (then returns 1: call again). Returns 0, 1, -errno, or what
 * the callback returned.
 */
int gw_kmsg_read(struct gw_kmsg *kmsg, gw_kmsg_record record, void *userdata);

/* More than any log buffer holds: keeps a flood of messages from holding up the caller. */
#define GW_KMSG_MAX (1u << 17)

#endif
