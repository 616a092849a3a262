/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Events from records of the kernel log, /dev/kmsg. */
#ifndef GPUWATCH_LIB_BOOT_EVIDENCE_KMSG_H
#define GPUWATCH_LIB_BOOT_EVIDENCE_KMSG_H

#include "lib/boot/evidence/event.h"

/*
 * gw_boot_event_from_kmsg - parse one record of /dev/kmsg
 * @text: PRIORITY,SEQUENCE,USEC,FLAGS[,...];MESSAGE and continuation lines; @size bytes, need not be terminated
 * @sequence: set to the record's sequence number whenever that can be read
 *
 * Knows initcall_debug's lines, `probe of ... returned ...`, what the driver core says about deferral, its timeout and
 * suppliers, and trace events printed by tp_printk. Returns 1 if it is an event, 0 if it is something else,
 * -EBADMSG if it is not a kmsg record.
 */
int gw_boot_event_from_kmsg(struct gw_boot_event *ret, uint64_t *sequence, const char *text, size_t size);

/* A record's priority is its level and, above these, its facility: the kernel's is 0. */
#define GW_BOOT_KERNEL_PRIORITIES 8

/* The same of a message alone: sets what it is about. Returns 1 if it is an event, else 0 and @ret is not to be used. */
int gw_boot_event_from_message(struct gw_boot_event *ret, const char *message);

#endif
