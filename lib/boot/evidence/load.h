/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Evidence of a boot as a file: JSON lines, as `gpuwatch-cli probe-order
 * --save` writes them and `--from` reads them.
 *
 * The first line is the header:
 *     {"schema": "gpuwatch.boot.v1", "boot_id", "kernel", "machine", "taken_at", "taken_mono_ns"}
 *
 * Each of the others is one of these, in any order:
 *     {"event": {...}}				gw_boot_event_json()
 *     {"kmsg": "..."}				a raw record of /dev/kmsg
 *     {"state": {...}}				gw_boot_evidence_set_state()
 *     {"initcalls": [{"function", "module", "level", "address"}, ...]}
 *     {"table": "...", "name": "..."}		text and name of a file of dependencies
 *     {"lost": {...}}				gw_boot_evidence_set_lost()
 *     {"previous": {...}}			gw_boot_evidence_set_previous()
 *
 * Unknown objects and fields are left alone.
 */
#ifndef GPUWATCH_LIB_BOOT_EVIDENCE_LOAD_H
#define GPUWATCH_LIB_BOOT_EVIDENCE_LOAD_H

#include "lib/boot/evidence/evidence.h"

#define GW_BOOT_SCHEMA "gpuwatch.boot.v1"

/*
 * gw_boot_evidence_load - one line of such a file; @size bytes, need not be terminated
 *
 * Returns 0, -EBADMSG (the line is no evidence; goes on with the next), or -ENOMEM.
 */
int gw_boot_evidence_load(struct gw_boot_evidence *evidence, const char *line, size_t size);

#endif
