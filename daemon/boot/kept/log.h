/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The log of boot events: a file below /run to which the records of the ring
 * buffer are appended as they are read, so that they outlive the daemon. A
 * record is there once, whatever happens in between.
 */
#ifndef GPUWATCH_DAEMON_BOOT_KEPT_LOG_H
#define GPUWATCH_DAEMON_BOOT_KEPT_LOG_H

#include <stddef.h>
#include <stdint.h>

#include "bpf/abi/boot-records.h"

/* Of records: 6.5 MiB. What comes later is counted and left out: the boot itself came first. */
#define GW_BOOT_LOG_MAX (32u << 10)

#define GW_BOOT_LOG_NAME "boot.log" /* below the directory of what lasts until the next boot */
#define GW_BOOT_PATH_MAX 300

struct gw_boot_log;

/*
 * gw_boot_log_open - open, or make
 * @boot_id: of this boot; a log of another one is thrown away, as is one in another layout
 *
 * Returns 0 or -errno; -EWOULDBLOCK: another process has it.
 */
int gw_boot_log_open(struct gw_boot_log **ret, const char *path, const char *boot_id);
void gw_boot_log_close(struct gw_boot_log *log);

/* For reading only, beside the process that has it: the records that it has now. Returns 0, -ESTALE: of another boot; -errno. */
int gw_boot_log_open_copy(struct gw_boot_log **ret, const char *path, const char *boot_id);

/* Appends a record unless it is the last one of the log already. Returns 1, 0 (left out) or -errno. */
int gw_boot_log_add(struct gw_boot_log *log, const struct gw_boot_record *record);

/* Recording began at this time (as CLOCK_MONOTONIC, ns); another time than before means that it had ended. */
int gw_boot_log_set_started(struct gw_boot_log *log, uint64_t started_ns);

/* Records that the programs could not keep, and whose count ends with them. Returns 0 or -errno. */
int gw_boot_log_add_dropped(struct gw_boot_log *log, uint64_t dropped);

struct gw_boot_log_info {
	uint64_t records;
	uint64_t next;		 /* the highest number of a record, plus one */
	uint64_t dropped;	 /* gw_boot_log_add_dropped() */
	uint64_t left_out;	 /* records after the log was full */
	uint64_t first_ns;	 /* when recording began for the first time, 0 = never */
	uint64_t interrupted_ns; /* when it began anew for the last time, 0 = it never ended */
};
void gw_boot_log_info(const struct gw_boot_log *log, struct gw_boot_log_info *ret);

/* Takes a record; a negative value ends the reading and is returned. */
typedef int (*gw_boot_log_visit)(const struct gw_boot_record *record, void *userdata);

/* All records, in the order in which they were read from the ring buffer. Returns 0, -errno, or what @visit returned. */
int gw_boot_log_each(const struct gw_boot_log *log, gw_boot_log_visit visit, void *userdata);

#endif
