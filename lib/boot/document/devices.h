/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Devices with their probes and waits: what a timeline draws. */
#ifndef GPUWATCH_LIB_BOOT_DOCUMENT_DEVICES_H
#define GPUWATCH_LIB_BOOT_DOCUMENT_DEVICES_H

#include "lib/boot/document/relevant.h"

/*
 * gw_boot_devices_json - an array of all that are relevant
 *
 * name, bus, driver
 * bound		now
 * spans[]		its probes, and between a deferral and the next probe, or now, the wait:
 *     begin_ns, end_ns
 *     kind		"probe", "deferred"
 *     result, result_name
 *     driver
 * retries		how often it was deferred
 * lost_ns		how long it waited
 * ready_ns		null = not known, or not
 * findings[]		ids of reports
 *
 * New reference, or NULL when out of memory.
 */
json_t *gw_boot_devices_json(const struct gw_boot_model *model, const struct gw_boot_relevant *relevant);

/* The DRM devices by their minors, [{minor, driver, device}], as their drivers registered them last. */
json_t *gw_boot_cards_json(const struct gw_boot_model *model);

#endif
