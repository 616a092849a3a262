/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A file that --save wrote, or --json: the daemon's analysis of a boot, on any machine. */
#ifndef GPUWATCH_CLI_LIB_BOOT_EVIDENCE_H
#define GPUWATCH_CLI_LIB_BOOT_EVIDENCE_H

#include <stddef.h>

#include <jansson.h>

#define EVIDENCE_LIMIT                                                                                                 \
	((size_t)32 << 20) /* bytes: two of them are compared in 3 s, a list of 2 million devices with one in 4 s */

/*
 * evidence_document - the gpuwatch.probe-order.v1 that a file comes to
 * @data: NUL-terminated: evidence (gpuwatch.boot.v1, JSON lines), or such a document itself
 * @message: set when NULL is returned: what is wrong with the file; owned by the caller
 *
 * The tables of dependencies are those in the file; where it has none, those of this machine. New reference.
 */
json_t *evidence_document(const char *data, size_t size, char **message);

#endif
