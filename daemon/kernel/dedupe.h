/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Removes duplicates from the records of a snapshot that was taken in several
 * passes: of what was met more than once, one record stays.
 */
#ifndef GPUWATCH_DAEMON_KERNEL_DEDUPE_H
#define GPUWATCH_DAEMON_KERNEL_DEDUPE_H

#include <stddef.h>

/*
 * gw_dedupe - remove duplicates, in place
 * @data, @size: whole records, 8-byte aligned
 * @ret: the size that is left, in bytes
 *
 * Of TASK, FENCE, LOCK, SEMAPHORE, RESET and DEVICE records with one address, and of ACTIVITY, RUNNING, SECTION and FAULT
 * records of one task, the first stays, but a LOCK record of unknown kind gives way to one that has a kind; a PRESENT
 * record goes when the task has a TASK record; of WORK records of one item one
 * per place stays, and IDLE goes when there is another place. The order of
 * what stays is kept. Returns 0 or -ENOMEM (nothing changed).
 */
int gw_dedupe(void *data, size_t size, size_t *ret);

#endif
