/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What of a boot is shown: GPUs, IOMMUs, all that the table of dependencies
 * and the reports name, and the suppliers of all these.
 */
#ifndef GPUWATCH_LIB_BOOT_DOCUMENT_RELEVANT_H
#define GPUWATCH_LIB_BOOT_DOCUMENT_RELEVANT_H

#include "lib/boot/rules/finding.h"

struct gw_boot_relevant {
	bool *devices, *inits;			   /* by index */
	json_t **device_findings, **init_findings; /* arrays of report ids, NULL = none */
	size_t n_devices, n_inits;
};

/* 0 or -ENOMEM; deinit in both cases. */
int gw_boot_relevant_init(struct gw_boot_relevant *relevant, const struct gw_boot_model *model,
			  const struct gw_boot_findings *findings);
void gw_boot_relevant_deinit(struct gw_boot_relevant *relevant);

/* A new reference to the list of one of them; NULL when out of memory. */
json_t *gw_boot_relevant_findings(json_t *const *lists, uint32_t index);

#endif
