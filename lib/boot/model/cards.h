/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The DRM devices by their minors, as their drivers registered them last. */
#ifndef GPUWATCH_LIB_BOOT_MODEL_CARDS_H
#define GPUWATCH_LIB_BOOT_MODEL_CARDS_H

#include "lib/boot/model/model.h"

/* Minors of the primary node: render nodes begin at 128. */
#define GW_BOOT_CARDS_MAX 64

/* @cards: the fact of each minor, or NULL: its subject is the device, its other name the driver. */
void gw_boot_cards_find(const struct gw_boot_model *model, const struct gw_boot_fact *cards[GW_BOOT_CARDS_MAX]);

#endif
