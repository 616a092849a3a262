/* SPDX-License-Identifier: GPL-2.0-or-later */
/* minor-order: a card of DRM is another device than in another boot. */
#ifndef GPUWATCH_LIB_BOOT_COMPARE_MINORS_H
#define GPUWATCH_LIB_BOOT_COMPARE_MINORS_H

#include "lib/boot/rules/finding.h"

/* A card's device and its driver. */
struct gw_boot_card {
	const char *device, *driver;
};

bool gw_boot_card_same(const struct gw_boot_card *a, const struct gw_boot_card *b);

/* What is to be reported of it. @boot: "the last boot" */
void gw_boot_minor_words(int minor, const struct gw_boot_card *now, const struct gw_boot_card *then, const char *boot,
			 struct gw_text *summary, struct gw_text *explanation, struct gw_text *advice);

/*
 * The first card that is another one than in the boot before, of which the evidence has the cards: the others follow from it.
 * Returns 0 or -ENOMEM.
 */
int gw_boot_compare_minors(const struct gw_boot_model *model, struct gw_boot_findings *findings);

#endif
