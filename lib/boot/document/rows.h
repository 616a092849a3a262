/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What happened, in boot order: initcalls, modules and probes. */
#ifndef GPUWATCH_LIB_BOOT_DOCUMENT_ROWS_H
#define GPUWATCH_LIB_BOOT_DOCUMENT_ROWS_H

#include "lib/boot/document/relevant.h"

/*
 * gw_boot_rows_json - an array of all that is relevant, in boot order
 *
 * id			"r1"
 * time_ns, end_ns	of a call that has not begun or ended as far as it was seen: null
 * kind			"initcall", "module", "probe"
 * name
 * function		of initcalls and modules
 * device, driver, bus	of probes
 * module		"" = built in, or not known
 * level		of initcalls
 * result, result_name	null and "" = has not ended
 * source		where it is known from: "bpf", "kmsg", "trace"
 * outcome		"bound", "deferred", "failed", "rejected", "running", "ok"
 * findings[]		ids of reports
 * depth		how many calls it ran in
 * parent		id of the row in which it ran, or null
 *
 * New reference, or NULL when out of memory.
 */
json_t *gw_boot_rows_json(const struct gw_boot_model *model, const struct gw_boot_relevant *relevant);

#endif
