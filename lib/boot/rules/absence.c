/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * silent-absence: a driver has bound, nothing failed, and yet a feature is
 * missing, because what gives it was not there. Where an order is to blame
 * and reported, that report says so instead.
 */
#include "lib/boot/rules/absence.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/command-line.h"
#include "lib/base/units.h"
#include "lib/boot/model/attempts.h"
#include "lib/boot/model/features.h"
#include "lib/boot/model/modules.h"
#include "lib/boot/model/pairs.h"
#include "lib/boot/rules/words.h"

/* The kernel's handlers take whatever begins so. */
static bool absence_item_is(const char *item, size_t length, const char *word)
{
	return length >= strlen(word) && memcmp(item, word, strlen(word)) == 0;
}

/*
 * Switched off by the command line: missing as it was asked for. iommu= (arch/x86/kernel/pci-dma.c) and amd_iommu= have no
 * word that takes "off" back, intel_iommu= has "on".
 */
static bool absence_iommu_is_off(const struct gw_boot_model *model)
{
	const char *line = gw_boot_evidence_command_line(model->evidence), *item;
	bool off = false, intel_off = false;
	struct gw_parameter parameter;
	size_t length;

	while (gw_command_line_next(&line, &parameter)) {
		bool common = gw_parameter_is(&parameter, "iommu"), amd = gw_parameter_is(&parameter, "amd_iommu");
		bool intel = gw_parameter_is(&parameter, "intel_iommu");

		while ((common || amd || intel) && gw_parameter_next_item(&parameter, &item, &length)) {
			bool says_off = absence_item_is(item, length, "off");

			off |= (says_off && !intel) || (common && absence_item_is(item, length, "soft"));
			if (intel && (says_off || absence_item_is(item, length, "on")))
				intel_off = says_off;
		}
	}
	return off || intel_off;
}

static bool absence_is_about(const struct gw_boot_finding *finding, uint32_t device)
{
	for (size_t i = 0; i < finding->n_group; i++)
		if (finding->group[i] == device)
			return true;
	return finding->consumer == device;
}

/* Whether another finding is about the same entry, or the same device and supplier. */
static bool absence_is_reported(const struct gw_boot_findings *findings, const struct gw_dependency *entry,
				uint32_t device, uint32_t supplier)
{
	for (size_t i = 0; i < findings->count; i++) {
		const struct gw_boot_finding *finding = &findings->items[i];

		if (finding->effect != GW_BOOT_LOST || finding->resolved_ns)
			continue;
		if (entry && finding->entry == entry)
			return true;
		if (absence_is_about(finding, device) && (!supplier || finding->supplier_name == supplier))
			return true;
	}
	return false;
}

/* Whether the supplier's party is on this machine at all: a device, a call that was seen, a module that is loaded. */
static bool absence_supplier_present(const struct gw_boot_model *model, const struct gw_boot_pair *pair)
{
	return pair->n_suppliers > 0 || pair->supplier_init != GW_BOOT_NOTHING ||
	       pair->supplier_builtin != GW_BOOT_NOTHING ||
	       (pair->supplier_module != GW_BOOT_NOTHING &&
		model->modules[pair->supplier_module].state != GW_BOOT_MODULE_AVAILABLE);
}

/* ---- words -------------------------------------------------------------------------------------------- */

static void absence_write_where(struct gw_text *text, const struct gw_dependency *entry)
{
	if (entry->feature.path)
		gw_text_add(text, " (%s)", entry->feature.path);
	else if (entry->feature.iommu_group)
		gw_text_add(text, " (no IOMMU group)");
}

static void absence_write_supplier(const struct gw_boot_model *model, struct gw_boot_finding *finding,
				   const struct gw_boot_pair *pair)
{
	const struct gw_dependency *entry = pair->entry;
	const struct gw_boot_module *module =
		pair->supplier_module == GW_BOOT_NOTHING ? NULL : &model->modules[pair->supplier_module];
	const char *name = module ? gw_boot_text(model, module->name) : "";
	const char *consumer = gw_boot_text(model, finding->module);

	if (module && module->blacklisted && module->state == GW_BOOT_MODULE_AVAILABLE) {
		gw_text_add(&finding->summary, ": module %s is blacklisted", name);
		gw_text_add(&finding->advice, "Take %s off the blacklist, or do without %s.", name,
			    entry->feature.name);
	} else if (module && module->state == GW_BOOT_MODULE_AVAILABLE) {
		gw_text_add(&finding->summary, ": module %s is not loaded", name);
		gw_text_add(
			&finding->advice,
			"Load it before the consumer: put \"softdep %s pre: %s\" into /etc/modprobe.d/gpuwatch.conf and reboot, or modprobe %s and bind %s again.",
			*consumer ? consumer : "CONSUMER", name, name, gw_boot_text(model, finding->device));
	} else if (absence_supplier_present(model, pair)) {
		gw_text_add(
			&finding->explanation,
			" %s is there, so it was there too late, or the consumer could not use it; the records do not show which.",
			entry->supplier.name);
		gw_text_add(&finding->advice, "Search the kernel log for messages of %s about %s.",
			    gw_boot_text(model, finding->driver), entry->supplier.name);
	} else {
		gw_text_add(&finding->summary, ": there is no %s", entry->supplier.name);
		gw_text_add(
			&finding->advice,
			"This kernel has neither a module nor a built-in driver for %s: install or build it, or enable it in the firmware's setup.",
			entry->supplier.name);
	}
	if (module)
		finding->supplier_module = module->name;
}

/* ---- the table ---------------------------------------------------------------------------------------- */

static int absence_report_entry(const struct gw_boot_model *model, struct gw_boot_findings *findings,
				const struct gw_boot_pair *pair, const uint32_t *devices, size_t count)
{
	struct gw_boot_finding *finding = gw_boot_finding_add(findings, GW_CLASS_SILENT_ABSENCE);
	const struct gw_dependency *entry = pair->entry;
	const struct gw_boot_attempt *attempt;

	if (!finding || gw_boot_finding_group(finding, devices, count) < 0)
		return -ENOMEM;
	gw_boot_finding_consumer(model, finding, devices[0]);
	if (pair->n_suppliers)
		gw_boot_finding_supplier(model, finding, pair->suppliers[0]);
	else
		finding->supplier_name = gw_boot_names_add(&model->evidence->names, entry->supplier.name);
	if (finding->supplier_name == GW_BOOT_NOT_FOUND)
		return -ENOMEM;
	finding->entry = entry;
	finding->origin = GW_BOOT_BY_TABLE;
	finding->related = true;
	finding->feature = entry->feature.name;
	attempt = gw_boot_attempts_current(model, &model->devices[devices[0]]);
	if (attempt)
		gw_boot_finding_attempt(finding, attempt);
	finding->formed_ns = finding->end_ns;
	finding->known_ns = model->now_ns;
	finding->confidence = absence_supplier_present(model, pair) ? GW_CONFIDENCE_PROBABLE : GW_CONFIDENCE_PROVEN;
	finding->effect = GW_BOOT_LOST;
	gw_boot_write_device(&finding->summary, model, finding->consumer);
	gw_boot_write_group(&finding->summary, finding);
	gw_text_add(&finding->summary, " came up without %s", entry->feature.name);
	gw_text_add(&finding->explanation, "%s is bound, but %s is missing", gw_boot_text(model, finding->device),
		    entry->feature.name);
	absence_write_where(&finding->explanation, entry);
	gw_text_add(&finding->explanation, ".");
	gw_boot_write_origin(&finding->explanation, finding);
	absence_write_supplier(model, finding, pair);
	return 0;
}

static int absence_judge_pair(const struct gw_boot_model *model, struct gw_boot_findings *findings,
			      const struct gw_boot_pair *pair)
{
	const struct gw_dependency *entry = pair->entry;
	uint32_t *missing;
	size_t count = 0;
	int r = 0;

	if (!entry->feature.name || !model->evidence->state ||
	    (entry->optional && !absence_supplier_present(model, pair)) ||
	    (entry->feature.iommu_group && absence_iommu_is_off(model)))
		return 0;
	missing = calloc(pair->n_consumers + 1, sizeof(*missing));
	if (!missing)
		return -ENOMEM;
	for (size_t i = 0; i < pair->n_consumers; i++)
		if (model->devices[pair->consumers[i]].bound &&
		    gw_boot_feature_missing(model, entry, pair->consumers[i]) &&
		    !absence_is_reported(findings, entry, pair->consumers[i], 0))
			missing[count++] = pair->consumers[i];
	if (count)
		r = absence_report_entry(model, findings, pair, missing, count);
	free(missing);
	return r;
}

/* ---- firmware ------------------------------------------------------------------------------------------- */

/* Bound, and known to be in no group. That no device has one says nothing here: the firmware names the IOMMU. */
static bool absence_is_without_group(const struct gw_boot_device *device)
{
	const json_t *group = json_object_get(device->state, "iommu_group");

	return device->bound && json_is_integer(group) && json_integer_value(group) < 0;
}

static void absence_write_master(const struct gw_boot_model *model, struct gw_boot_finding *finding)
{
	const struct gw_boot_device *supplier = &model->devices[finding->supplier];
	const char *device = gw_boot_text(model, finding->device), *iommu = gw_boot_text(model, finding->supplier_name);
	uint32_t candidate = supplier->bound ? GW_BOOT_NOTHING : gw_boot_module_candidate(model, finding->supplier);

	gw_boot_write_device(&finding->summary, model, finding->consumer);
	gw_text_add(&finding->summary, " came up without its IOMMU %s", iommu);
	gw_text_add(&finding->explanation,
		    "%s is bound, but in no IOMMU group: its DMA is neither translated nor confined.", device);
	gw_boot_write_origin(&finding->explanation, finding);
	if (supplier->bound) {
		gw_text_add(
			&finding->explanation,
			" %s is there, so it was there too late, or it did not take the device; the records do not show which.",
			iommu);
		gw_text_add(
			&finding->advice,
			"Search the kernel log for messages of %s and %s about %s. If the IOMMU came too late, put its driver into the initramfs or build it in.",
			iommu, gw_boot_text(model, finding->driver), device);
	} else if (candidate != GW_BOOT_NOTHING) {
		finding->supplier_module = model->modules[candidate].name;
		gw_text_add(&finding->advice,
			    "Have module %s loaded before the consumer's driver: in the initramfs, or built in.",
			    gw_boot_text(model, finding->supplier_module));
	} else {
		gw_text_add(&finding->advice,
			    "No driver for %s is known to exist in this kernel: install or build one.", iommu);
	}
}

static int absence_report_master(const struct gw_boot_model *model, struct gw_boot_findings *findings,
				 const struct gw_boot_need *need)
{
	struct gw_boot_finding *finding = gw_boot_finding_add(findings, GW_CLASS_SILENT_ABSENCE);
	const struct gw_boot_attempt *attempt = gw_boot_attempts_current(model, &model->devices[need->consumer]);

	if (!finding)
		return -ENOMEM;
	gw_boot_finding_consumer(model, finding, need->consumer);
	gw_boot_finding_need(model, finding, need);
	if (attempt)
		gw_boot_finding_attempt(finding, attempt);
	finding->feature = "IOMMU";
	finding->formed_ns = finding->end_ns;
	finding->known_ns = model->now_ns;
	finding->confidence = GW_CONFIDENCE_PROBABLE;
	finding->effect = GW_BOOT_LOST;
	absence_write_master(model, finding);
	return 0;
}

/* Documentation/devicetree/bindings/iommu/iommu.txt: a master's "iommus" names what it is behind. */
static int absence_judge_master(const struct gw_boot_model *model, struct gw_boot_findings *findings,
				const struct gw_boot_need *need)
{
	if (!need->property || strcmp(need->property, "iommus") != 0 || need->supplier == GW_BOOT_NOTHING ||
	    !absence_is_without_group(&model->devices[need->consumer]) || absence_iommu_is_off(model) ||
	    absence_is_reported(findings, need->entry, need->consumer, need->supplier_name))
		return 0;
	return absence_report_master(model, findings, need);
}

/* ---- what was missing in an earlier binding --------------------------------------------------------------- */

/* A consumer that was bound and unbound again before the supplier ever came, and is bound now with all there is. */
static int absence_report_put_right(const struct gw_boot_model *model, struct gw_boot_findings *findings,
				    const struct gw_boot_need *need, const struct gw_boot_attempt *then,
				    const struct gw_boot_attempt *now)
{
	struct gw_boot_finding *finding = gw_boot_finding_add(findings, GW_CLASS_SILENT_ABSENCE);

	if (!finding)
		return -ENOMEM;
	gw_boot_finding_consumer(model, finding, need->consumer);
	gw_boot_finding_need(model, finding, need);
	gw_boot_finding_attempt(finding, then);
	finding->formed_ns = finding->known_ns = then->end_ns;
	finding->resolved_ns = now->end_ns;
	finding->confidence = GW_CONFIDENCE_PROBABLE;
	finding->effect = GW_BOOT_LOST;
	gw_boot_write_device(&finding->summary, model, finding->consumer);
	gw_text_add(&finding->summary, " had come up without %s, until it was bound again", finding->feature);
	gw_text_add(&finding->explanation, "%s was bound at ", gw_boot_text(model, finding->device));
	gw_boot_write_time(&finding->explanation, then->end_ns);
	gw_text_add(&finding->explanation, " without %s, unbound, and bound again at ",
		    gw_boot_text(model, finding->supplier_name));
	gw_boot_write_time(&finding->explanation, now->end_ns);
	gw_text_add(&finding->explanation, ", when that was there.");
	gw_boot_write_origin(&finding->explanation, finding);
	gw_text_add(
		&finding->advice,
		"No action is needed now. To have it right at the next boot, have the supplier's driver loaded before the consumer's.");
	return 0;
}

static int absence_judge_history(const struct gw_boot_model *model, struct gw_boot_findings *findings,
				 const struct gw_boot_need *need)
{
	const struct gw_boot_device *consumer = &model->devices[need->consumer];
	const struct gw_boot_device *supplier = &model->devices[need->supplier];
	const struct gw_boot_attempt *now = gw_boot_attempts_current(model, consumer), *then, *came;

	if (!now || !need->entry->feature.name || supplier->bound_before ||
	    gw_boot_feature_missing(model, need->entry, need->consumer))
		return 0;
	then = gw_boot_attempts_next_bound(model, consumer, 0);
	came = gw_boot_attempts_next_bound(model, supplier, 0);
	if (!then || !came || then == now || then->until_ns >= came->end_ns || came->end_ns >= now->end_ns)
		return 0;
	return absence_report_put_right(model, findings, need, then, now);
}

/* ---- devices that their drivers keep without their engines ---------------------------------------------------- */

/* The firmware loader waits for user space for a minute at most. */
#define FIRMWARE_BEFORE_NS (70 * GW_NSEC_PER_SEC)

/* Per device: the driver's word, the last file before it that it did not get, and how often it became a card. */
struct engines {
	uint32_t word, firmware; /* facts, or GW_BOOT_NOTHING */
	uint32_t cards;
	bool reported;
};

static void engines_mark_reported(struct engines *engines, const struct gw_boot_findings *findings)
{
	for (size_t i = 0; i < findings->count; i++) {
		const struct gw_boot_finding *finding = &findings->items[i];

		if (finding->effect != GW_BOOT_LOST || finding->resolved_ns)
			continue;
		if (finding->consumer != GW_BOOT_NOTHING)
			engines[finding->consumer].reported = true;
		for (size_t k = 0; k < finding->n_group; k++)
			engines[finding->group[k]].reported = true;
	}
}

/* It becomes a card in that probe, after the word; what a card goes through later is another story. */
static void engines_take(struct engines *engines, const struct gw_boot_fact *fact, uint32_t index)
{
	if (fact->type == GW_BOOT_GIVEN_UP && (fact->flags & GW_BOOT_F_ENGINES) && !engines->cards)
		engines->word = index;
	if (fact->type == GW_BOOT_FIRMWARE_MISSING)
		engines->firmware = index;
	engines->cards += fact->type == GW_BOOT_DRM_MINOR;
	if (fact->type == GW_BOOT_UNBIND || engines->cards > 1)
		engines->word = GW_BOOT_NOTHING;
}

static void engines_write_firmware(const struct gw_boot_model *model, struct gw_boot_finding *finding,
				   const struct gw_boot_fact *word, uint32_t firmware)
{
	const struct gw_boot_fact *asked = firmware == GW_BOOT_NOTHING ? NULL : &model->facts[firmware];

	if (asked && asked->time_ns <= word->time_ns && word->time_ns - asked->time_ns <= FIRMWARE_BEFORE_NS)
		gw_text_add(&finding->explanation, " Before that it asked for %s in vain, which may be why.",
			    gw_boot_text(model, asked->other));
	gw_text_add(
		&finding->advice,
		"Search the kernel log for lines about %s before that. If they name a file of firmware, install the package that has it, and have it in the initramfs if the driver is in it.",
		gw_boot_text(model, finding->device));
}

static int engines_report(const struct gw_boot_model *model, struct gw_boot_findings *findings,
			  const struct engines *engines, uint32_t device)
{
	struct gw_boot_finding *finding = gw_boot_finding_add(findings, GW_CLASS_SILENT_ABSENCE);
	const struct gw_boot_fact *word = &model->facts[engines->word];

	if (!finding)
		return -ENOMEM;
	gw_boot_finding_consumer(model, finding, device);
	if (!finding->driver)
		finding->driver = word->other;
	finding->end_ns = finding->formed_ns = finding->known_ns = word->time_ns;
	finding->confidence = GW_CONFIDENCE_PROBABLE;
	finding->effect = GW_BOOT_LOST;
	gw_text_add(&finding->summary, "%s (driver %s) came up without its engines: a display at most",
		    gw_boot_text(model, finding->device), gw_boot_text(model, finding->driver));
	gw_text_add(&finding->explanation, "At ");
	gw_boot_write_time(&finding->explanation, word->time_ns);
	gw_text_add(&finding->explanation,
		    " its driver reported that it could not start them. Nothing draws or computes on it.");
	engines_write_firmware(model, finding, word, engines->firmware);
	return 0;
}

static int absence_judge_engines(const struct gw_boot_model *model, struct gw_boot_findings *findings)
{
	struct engines *engines = calloc(model->n_devices + 1, sizeof(*engines));
	int r = 0;

	if (!engines)
		return -ENOMEM;
	for (size_t i = 0; i < model->n_devices; i++)
		engines[i].word = engines[i].firmware = GW_BOOT_NOTHING;
	engines_mark_reported(engines, findings);
	for (size_t i = 0; i < model->n_facts; i++)
		if (model->fact_device[i] != GW_BOOT_NOTHING)
			engines_take(&engines[model->fact_device[i]], &model->facts[i], (uint32_t)i);
	for (uint32_t i = 0; i < model->n_devices && r == 0; i++)
		if (engines[i].word != GW_BOOT_NOTHING && !engines[i].reported)
			r = engines_report(model, findings, &engines[i], i);
	free(engines);
	return r;
}

int gw_boot_rule_absence(const struct gw_boot_model *model, struct gw_boot_findings *findings)
{
	for (size_t i = 0; i < model->n_pairs; i++)
		if (absence_judge_pair(model, findings, &model->pairs[i]) < 0)
			return -ENOMEM;
	for (size_t i = 0; i < model->n_needs; i++)
		if (absence_judge_master(model, findings, &model->needs[i]) < 0)
			return -ENOMEM;
	for (size_t i = 0; i < model->n_needs; i++)
		if (model->needs[i].entry && model->needs[i].ordered &&
		    absence_judge_history(model, findings, &model->needs[i]) < 0)
			return -ENOMEM;
	return absence_judge_engines(model, findings);
}
