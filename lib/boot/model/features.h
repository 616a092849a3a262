/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Features that the table names: whether the state shows that they are missing. */
#ifndef GPUWATCH_LIB_BOOT_MODEL_FEATURES_H
#define GPUWATCH_LIB_BOOT_MODEL_FEATURES_H

#include "lib/boot/model/model.h"

/* The feature of the table's entry: whether it is missing for that device. @entry may be NULL: no. */
bool gw_boot_feature_missing(const struct gw_boot_model *model, const struct gw_dependency *entry, uint32_t device);

/* Whether the state shows that the path of the entry's feature exists. */
bool gw_boot_feature_path_exists(const struct gw_boot_model *model, const struct gw_dependency *entry);

#endif
