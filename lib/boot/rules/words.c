/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Words that several rules use. */
#include "lib/boot/rules/words.h"

#include <inttypes.h>

#include "lib/base/units.h"

void gw_boot_write_time(struct gw_text *text, uint64_t time_ns)
{
	if (gw_boot_is_position(time_ns)) {
		gw_text_add(text, "line %" PRIu64, (time_ns - GW_BOOT_POSITIONS) / GW_BOOT_POSITION_STEP);
		return;
	}
	gw_text_add(text, "%" PRIu64 ".%03" PRIu64 " s", time_ns / GW_NSEC_PER_SEC,
		    time_ns % GW_NSEC_PER_SEC / GW_NSEC_PER_MSEC);
}

void gw_boot_write_note(struct gw_text *text, const struct gw_boot_model *model, const struct gw_boot_attempt *attempt)
{
	if (attempt->note)
		gw_text_add(text, " The line before it in the kernel log: \"%s\".", gw_boot_text(model, attempt->note));
}

void gw_boot_write_root_wait(struct gw_text *text, const struct gw_boot_model *model)
{
	if (model->root_awaited)
		gw_text_add(
			text,
			" The kernel waits for its root device %s: until that comes, no module on it can be loaded. What is needed until then has to be built in or in the initramfs.",
			gw_boot_text(model, model->root_awaited));
}

/* Names that a sentence has room for. */
#define NAMES_MAX 12

void gw_boot_write_devices(struct gw_text *text, const struct gw_boot_model *model, const uint32_t *devices,
			   size_t count)
{
	size_t shown = count > NAMES_MAX + 1 ? NAMES_MAX : count;

	for (size_t i = 0; i < shown; i++) {
		const char *between = i == 0 ? "" : i + 1 == count ? " and " : ", ";

		gw_text_add(text, "%s%s", between, gw_boot_device_name(model, devices[i]));
	}
	if (shown < count)
		gw_text_add(text, " and %zu more", count - shown);
}

void gw_boot_write_device(struct gw_text *text, const struct gw_boot_model *model, uint32_t device)
{
	const struct gw_boot_device *it = &model->devices[device];

	gw_text_add(text, "%s", gw_boot_text(model, it->name));
	if (it->driver)
		gw_text_add(text, " (driver %s)", gw_boot_text(model, it->driver));
}

static void write_firmware(struct gw_text *text, const struct gw_boot_finding *finding)
{
	if (!finding->property)
		return;
	gw_text_add(text, " The firmware's property \"%s\" names it", *finding->property ? finding->property : "?");
	if (finding->node && *finding->node)
		gw_text_add(text, " (node %s)", finding->node);
	gw_text_add(text, ".");
}

void gw_boot_write_origin(struct gw_text *text, const struct gw_boot_finding *finding)
{
	if (!finding->related)
		return;
	switch (finding->origin) {
	case GW_BOOT_BY_LINK:
		gw_text_add(text, " A device link records the dependency.");
		write_firmware(text, finding);
		break;
	case GW_BOOT_BY_FIRMWARE:
		write_firmware(text, finding);
		break;
	case GW_BOOT_BY_TABLE:
		break;
	case GW_BOOT_BY_SOFTDEP:
		gw_text_add(text, " Its module has a soft dependency on the other one.");
		break;
	case GW_BOOT_BY_WAIT:
		gw_text_add(text, " The driver core reported that it waits for it.");
		break;
	}
	if (finding->entry && finding->entry->why)
		gw_text_add(text, " %s", finding->entry->why);
}

void gw_boot_write_group(struct gw_text *text, const struct gw_boot_finding *finding)
{
	if (finding->n_group > 1)
		gw_text_add(text, " and %zu more device%s", finding->n_group - 1, finding->n_group > 2 ? "s" : "");
}
