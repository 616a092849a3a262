/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Card by card, from the first one on. */
#include "lib/boot/compare/minors.h"

#include <errno.h>
#include <string.h>

#include "lib/base/json.h"
#include "lib/boot/model/cards.h"
#include "lib/boot/model/devices.h"

bool gw_boot_card_same(const struct gw_boot_card *a, const struct gw_boot_card *b)
{
	return strcmp(a->driver, b->driver) == 0 && strcmp(a->device, b->device) == 0;
}

void gw_boot_minor_words(int minor, const struct gw_boot_card *now, const struct gw_boot_card *then, const char *boot,
			 struct gw_text *summary, struct gw_text *explanation, struct gw_text *advice)
{
	gw_text_add(summary, "card%d is %s (driver %s), and was %s (driver %s) in %s", minor, now->device, now->driver,
		    then->device, then->driver, boot);
	gw_text_add(
		explanation,
		"DRM numbers its devices in the order in which their drivers register them, and nothing holds that order: whichever driver is first in a boot becomes card%d.",
		minor);
	gw_text_add(
		advice,
		"Have programs open the device by /dev/dri/by-path, not by its number. If a program cannot, have one driver loaded before the other: \"softdep SECOND pre: FIRST\" in /etc/modprobe.d, and both in the initramfs or neither.");
}

static int minors_report(const struct gw_boot_model *model, const struct gw_boot_fact *fact,
			 const struct gw_boot_card *now, const struct gw_boot_card *then,
			 struct gw_boot_findings *findings)
{
	struct gw_boot_finding *finding = gw_boot_finding_add(findings, GW_CLASS_MINOR_ORDER);
	uint32_t device = gw_boot_device_find(model, fact->subject, 0);

	if (!finding)
		return -ENOMEM;
	if (device != GW_BOOT_NOTHING)
		gw_boot_finding_consumer(model, finding, device);
	finding->device = fact->subject;
	finding->driver = fact->other;
	finding->effect = GW_BOOT_FRAGILE;
	finding->formed_ns = finding->known_ns = fact->time_ns;
	gw_boot_minor_words(fact->result, now, then, "the last boot", &finding->summary, &finding->explanation,
			    &finding->advice);
	return 0;
}

int gw_boot_compare_minors(const struct gw_boot_model *model, struct gw_boot_findings *findings)
{
	const json_t *cards = json_object_get(model->evidence->previous, "cards");
	const struct gw_boot_fact *facts[GW_BOOT_CARDS_MAX];
	json_t *card;
	size_t i;

	gw_boot_cards_find(model, facts);
	json_array_foreach(cards, i, card) {
		struct gw_boot_card now, then = { gw_json_string(card, "device"), gw_json_string(card, "driver") };
		json_int_t minor = json_integer_value(json_object_get(card, "minor"));
		const struct gw_boot_fact *fact = minor >= 0 && minor < GW_BOOT_CARDS_MAX ? facts[minor] : NULL;

		if (!fact)
			continue;
		now = (struct gw_boot_card){ gw_boot_text(model, fact->subject), gw_boot_text(model, fact->other) };
		if (!gw_boot_card_same(&now, &then))
			return minors_report(model, fact, &now, &then, findings);
	}
	return 0;
}
