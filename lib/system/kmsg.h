/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The kernel log, /dev/kmsg: what is in it now, and later what has come since.
 * Never blocks. Needs CAP_SYSLOG where kernel.dmesg_restrict is 1 (Debian's
 * default).
 */
#ifndef GPUWATCH_LIB_SYSTEM_KMSG_H
#define GPUWATCH_LIB_SYSTEM_KMSG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct gw_kmsg;

/* What has been read so far. */
struct gw_kmsg_seen {
	uint64_t records;
	uint64_t first; /* sequence number of the first record; not 0: the log had wrapped before it was read */
	uint64_t last;	/* of the last one; meaningless while records is 0 */
	uint64_t
		overwritten; /* records that the kernel wrote over before they could be read, the first ones included */
	uint64_t too_long;   /* records that did not fit, left out */
};

/* @path: NULL = /dev/kmsg. Returns 0 or -errno (-EPERM: CAP_SYSLOG is missing). */
int gw_kmsg_open(struct gw_kmsg **ret, const char *path);
void gw_kmsg_close(struct gw_kmsg *kmsg);

/* To be polled for EPOLLIN; belongs to @kmsg. */
int gw_kmsg_fd(const struct gw_kmsg *kmsg);

/* One raw record, not terminated, valid during the call. A negative value ends the reading and is returned. */
typedef int (*gw_kmsg_record)(const char *text, size_t size, void *userdata);

/*
 * gw_kmsg_read - all records that are there and were not read before
 *
 * Ends when there is no more, or after GW_KMSG_MAX records (then returns 1: call again). Returns 0, 1, -errno, or what
 * the callback returned.
 */
int gw_kmsg_read(struct gw_kmsg *kmsg, gw_kmsg_record record, void *userdata);

/* More than any log buffer holds: keeps a flood of messages from holding up the caller. */
#define GW_KMSG_MAX (1u << 17)

const struct gw_kmsg_seen *gw_kmsg_seen(const struct gw_kmsg *kmsg);

#endif
