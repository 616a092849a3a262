/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is a GPU, a display or an IOMMU; and the DRM devices by their minors, as their drivers registered them last. */
#ifndef GPUWATCH_LIB_BOOT_MODEL_CARDS_H
#define GPUWATCH_LIB_BOOT_MODEL_CARDS_H

#include "lib/boot/model/model.h"

/* Minors of the primary node: render nodes begin at 128. */
#define GW_BOOT_CARDS_MAX 64

/* @cards: the fact of each minor, or NULL: its subject is the device, its other name the driver. */
void gw_boot_cards_find(const struct gw_boot_model *model, const struct gw_boot_fact *cards[GW_BOOT_CARDS_MAX]);

/* Whether a module, by its name, is one of DRM's; of what the state has. */
bool gw_boot_drives_gpu(const struct gw_boot_model *model, uint32_t module);

/* Whether the device is a GPU, a display or an IOMMU: by the state; in a log alone by the names that drivers and nodes have. */
bool gw_boot_is_graphics(const struct gw_boot_model *model, uint32_t device);

/* Whether that is a driver of the frame buffer that the firmware left behind, which gives way to the GPU's. */
bool gw_boot_is_framebuffer(const char *driver);

/* Whether that is a driver that keeps a device for a guest. */
bool gw_boot_keeps_devices(const char *driver);

#endif
