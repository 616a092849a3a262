/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The DRM cards of the last boots, in a file that outlives them: which of them is which may change from boot to boot. */
#ifndef GPUWATCH_DAEMON_BOOT_KEPT_CARDS_H
#define GPUWATCH_DAEMON_BOOT_KEPT_CARDS_H

#include <jansson.h>

/* Boots that are kept, this one included. */
#define GW_CARDS_BOOTS 3

/* The cards of the last boot before @boot_id, {"boot_id", "cards": [...]}: a new reference, NULL = none are kept. */
json_t *gw_cards_previous(const char *directory, const char *boot_id);

/*
 * gw_cards_keep - keep this boot's cards, and no more than those of the last boots
 * @cards: as in gpuwatch.probe-order.v1; nothing is written if there are none, or if they are kept already
 *
 * Returns 0 or -errno.
 */
int gw_cards_keep(const char *directory, const char *boot_id, const json_t *cards);

#endif
