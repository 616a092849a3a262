/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Consumers with their suppliers below them: "tree" of gw_boot_json(). */
#ifndef GPUWATCH_LIB_BOOT_DOCUMENT_TREE_H
#define GPUWATCH_LIB_BOOT_DOCUMENT_TREE_H

#include "lib/boot/document/relevant.h"

/* New reference, or NULL when out of memory. */
json_t *gw_boot_tree_json(const struct gw_boot_model *model, const struct gw_boot_relevant *relevant);

#endif
