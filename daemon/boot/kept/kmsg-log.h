/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The kernel log of this boot, kept: a file below /run to which its records are
 * copied, for the kernel writes over them some day, and what was known of the
 * boot must not be forgotten then.
 */
#ifndef GPUWATCH_DAEMON_BOOT_KEPT_KMSG_LOG_H
#define GPUWATCH_DAEMON_BOOT_KEPT_KMSG_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/system/kmsg.h"

#define GW_KMSG_LOG_MAX (4u << 20) /* bytes; what comes later is not kept, the boot came first */

#define GW_KMSG_LOG_NAME "boot.kmsg" /* see GW_BOOT_LOG_NAME */

struct gw_kmsg_log;

/*
 * gw_kmsg_log_open - open, or make; a log of another boot is thrown away
 * @kmsg: NULL = /dev/kmsg
 *
 * Returns 0 or -errno. That the kernel log cannot be read is no error here: see gw_kmsg_log_update().
 */
int gw_kmsg_log_open(struct gw_kmsg_log **ret, const char *path, const char *boot_id, const char *kmsg);
void gw_kmsg_log_close(struct gw_kmsg_log *log);

/* Takes over what is new. Returns 0 or -errno (-EPERM: CAP_SYSLOG is missing). */
int gw_kmsg_log_update(struct gw_kmsg_log *log);

struct gw_kmsg_log_info {
	uint64_t overwritten; /* records that the kernel wrote over before they could be read */
	bool full;	      /* later records are not kept */
};
void gw_kmsg_log_info(const struct gw_kmsg_log *log, struct gw_kmsg_log_info *ret);

/* All records that are kept, in order. Returns 0, -errno, or what @record returned if negative. */
int gw_kmsg_log_each(const struct gw_kmsg_log *log, gw_kmsg_record record, void *userdata);

#endif
