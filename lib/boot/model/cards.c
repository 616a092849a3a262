/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The last line about a minor counts. */
#include "lib/boot/model/cards.h"

#include <string.h>

void gw_boot_cards_find(const struct gw_boot_model *model, const struct gw_boot_fact *cards[GW_BOOT_CARDS_MAX])
{
	memset(cards, 0, GW_BOOT_CARDS_MAX * sizeof(*cards));
	for (size_t i = 0; i < model->n_facts; i++) {
		const struct gw_boot_fact *fact = &model->facts[i];

		if (fact->type == GW_BOOT_DRM_MINOR && fact->result >= 0 && fact->result < GW_BOOT_CARDS_MAX)
			cards[fact->result] = fact;
	}
}
