/* SPDX-License-Identifier: GPL-2.0-or-later */
/* For each entry of the table whom on this machine it is about. */
#ifndef GPUWATCH_LIB_BOOT_MODEL_PAIRS_H
#define GPUWATCH_LIB_BOOT_MODEL_PAIRS_H

#include "lib/boot/model/model.h"

/*
 * From the table, after devices, inits and modules. Returns 0, -ENOMEM, or -E2BIG: the table has so many patterns, and the
 * machine so many names, that trying each on each would take more than seconds.
 */
int gw_boot_pairs_build(struct gw_boot_model *model);

/* The pair of an entry of the table, or NULL; @entry may be NULL. */
const struct gw_boot_pair *gw_boot_pair_of(const struct gw_boot_model *model, const struct gw_dependency *entry);

/* Whether an initcall, or a module's loading, is one of a party's. */
bool gw_boot_party_has_init(const struct gw_boot_model *model, const struct gw_party *party,
			    const struct gw_boot_init *init);

#endif
