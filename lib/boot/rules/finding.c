/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Findings: who they are about, and words that all rules use. */
#include "lib/boot/rules/finding.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/units.h"

const char *gw_boot_effect_name(enum gw_boot_effect effect)
{
	static const char *const names[] = {
		[GW_BOOT_LOST] = "lost",
		[GW_BOOT_FRAGILE] = "fragile",
		[GW_BOOT_SLOW] = "slow",
	};

	return names[effect];
}

void gw_boot_finding_deinit(struct gw_boot_finding *finding)
{
	gw_text_clear(&finding->summary);
	gw_text_clear(&finding->explanation);
	gw_text_clear(&finding->advice);
	free(finding->group);
}

struct gw_boot_finding *gw_boot_finding_add(struct gw_boot_model *model, enum gw_class class)
{
	if (!GW_BOOT_RESERVE(model->findings, model->n_findings, model->allocated_findings))
		return NULL;
	model->findings[model->n_findings] = (struct gw_boot_finding){
		.class = class,
		.confidence = GW_CONFIDENCE_PROVEN,
		.consumer = GW_BOOT_NOTHING,
		.supplier = GW_BOOT_NOTHING,
		.consumer_init = GW_BOOT_NOTHING,
		.supplier_init = GW_BOOT_NOTHING,
		.begin_ns = GW_BOOT_UNKNOWN,
		.end_ns = GW_BOOT_UNKNOWN,
		.supplier_begin_ns = GW_BOOT_UNKNOWN,
		.supplier_ready_ns = GW_BOOT_UNKNOWN,
		.formed_ns = GW_BOOT_UNKNOWN,
		.known_ns = GW_BOOT_UNKNOWN,
		.feature = "",
	};
	return &model->findings[model->n_findings++];
}

uint64_t gw_boot_waited(const struct gw_boot_device *device, uint64_t until_ns)
{
	return device->first_deferred_ns < until_ns && until_ns != GW_BOOT_UNKNOWN
		       ? until_ns - device->first_deferred_ns
		       : 0;
}

void gw_boot_finding_consumer(const struct gw_boot_model *model, struct gw_boot_finding *finding, uint32_t device)
{
	const struct gw_boot_device *it = &model->devices[device];

	finding->consumer = device;
	finding->device = it->name;
	finding->driver = it->driver;
	finding->bus = it->bus;
	finding->module = it->module;
	finding->retries = it->retries;
}

void gw_boot_finding_supplier(const struct gw_boot_model *model, struct gw_boot_finding *finding, uint32_t device)
{
	const struct gw_boot_device *it = &model->devices[device];

	finding->supplier = device;
	finding->supplier_name = it->name;
	finding->supplier_driver = it->driver;
	finding->supplier_module = it->module;
}

void gw_boot_finding_need(const struct gw_boot_model *model, struct gw_boot_finding *finding,
			  const struct gw_boot_need *need)
{
	finding->supplier_name = need->supplier_name;
	finding->origin = need->origin;
	finding->related = true;
	finding->entry = need->entry;
	finding->property = need->property;
	finding->node = need->node;
	if (need->entry && need->entry->feature.name)
		finding->feature = need->entry->feature.name;
	if (need->supplier != GW_BOOT_NOTHING)
		gw_boot_finding_supplier(model, finding, need->supplier);
}

void gw_boot_finding_attempt(struct gw_boot_finding *finding, const struct gw_boot_attempt *attempt)
{
	finding->begin_ns = attempt->begin_ns;
	finding->end_ns = attempt->end_ns;
	finding->has_result = attempt->ended;
	finding->result = attempt->result;
	finding->driver = attempt->driver ? attempt->driver : finding->driver;
}

enum gw_confidence gw_boot_order_confidence(const struct gw_boot_model *model, uint8_t sources_a, uint8_t sources_b)
{
	bool one_clock = sources_a & sources_b || model->aligned;

	if (model->clock_jumped || !one_clock)
		return GW_CONFIDENCE_PROBABLE;
	return GW_CONFIDENCE_PROVEN;
}

/* ---- features -------------------------------------------------------------------------------- */

static bool path_missing(const struct gw_boot_model *model, const char *path)
{
	return path && json_is_false(json_object_get(json_object_get(model->boot->state, "paths"), path));
}

/* Known not to have an IOMMU group, although IOMMUs make groups on this machine; vfio makes some without any. */
static bool group_missing(const struct gw_boot_model *model, uint32_t device)
{
	const json_t *group = json_object_get(model->devices[device].state, "iommu_group");
	const json_t *iommu = json_object_get(model->boot->state, "iommu");

	return json_is_integer(group) && json_integer_value(group) < 0 &&
	       json_array_size(json_object_get(iommu, "units")) > 0 &&
	       json_integer_value(json_object_get(iommu, "groups")) > 0;
}

bool gw_boot_feature_missing(const struct gw_boot_model *model, const struct gw_dependency *entry, uint32_t device)
{
	if (!entry || !entry->feature.name)
		return false;
	if (path_missing(model, entry->feature.path))
		return true;
	return entry->feature.iommu_group && device != GW_BOOT_NOTHING && model->devices[device].bound &&
	       group_missing(model, device);
}

const char *gw_boot_feature_of(const struct gw_boot_model *model, const struct gw_boot_finding *finding)
{
	const struct gw_dependency *entry = finding->entry;

	if (!*finding->feature || !entry || gw_boot_feature_missing(model, entry, finding->consumer))
		return finding->feature;
	if (finding->effect != GW_BOOT_LOST || entry->feature.iommu_group)
		return "";
	return entry->feature.path && json_is_true(json_object_get(json_object_get(model->boot->state, "paths"),
								   entry->feature.path))
		       ? ""
		       : finding->feature;
}

/* ---- words ----------------------------------------------------------------------------------- */

void gw_boot_say_time(struct gw_text *text, uint64_t time_ns)
{
	gw_text_add(text, "%" PRIu64 ".%03" PRIu64 " s", time_ns / GW_NSEC_PER_SEC,
		    time_ns % GW_NSEC_PER_SEC / GW_NSEC_PER_MSEC);
}

void gw_boot_say_device(struct gw_text *text, const struct gw_boot_model *model, uint32_t device)
{
	const struct gw_boot_device *it = &model->devices[device];

	gw_text_add(text, "%s", gw_boot_text(model, it->name));
	if (it->driver)
		gw_text_add(text, " (driver %s)", gw_boot_text(model, it->driver));
}

static void say_firmware(struct gw_text *text, const struct gw_boot_finding *finding)
{
	if (!finding->property)
		return;
	gw_text_add(text, " The firmware's property \"%s\" names it", *finding->property ? finding->property : "?");
	if (finding->node && *finding->node)
		gw_text_add(text, " (node %s)", finding->node);
	gw_text_add(text, ".");
}

void gw_boot_say_origin(struct gw_text *text, const struct gw_boot_finding *finding)
{
	if (!finding->related)
		return;
	switch (finding->origin) {
	case GW_BOOT_BY_LINK:
		gw_text_add(text, " A device link says that it needs it.");
		say_firmware(text, finding);
		break;
	case GW_BOOT_BY_FIRMWARE:
		say_firmware(text, finding);
		break;
	case GW_BOOT_BY_TABLE:
		break;
	case GW_BOOT_BY_SOFTDEP:
		gw_text_add(text, " Its module has a soft dependency on the other one.");
		break;
	case GW_BOOT_BY_WAIT:
		gw_text_add(text, " The driver core said that it waits for it.");
		break;
	}
	if (finding->entry && finding->entry->why)
		gw_text_add(text, " %s", finding->entry->why);
}

void gw_boot_say_group(struct gw_text *text, const struct gw_boot_finding *finding)
{
	if (finding->n_group > 1)
		gw_text_add(text, " and %zu more device%s", finding->n_group - 1, finding->n_group > 2 ? "s" : "");
}

/* ---- where a driver is to be had --------------------------------------------------------------- */

static uint32_t find_candidate(const struct gw_boot_model *model, const char *key)
{
	json_t *list = *key ? json_object_get(json_object_get(model->boot->state, "candidates"), key) : NULL, *name;
	size_t i;

	json_array_foreach(list, i, name) {
		const char *module = json_string_value(name);
		uint32_t found = module ? gw_boot_module_find(model, module) : GW_BOOT_NOTHING;

		if (found != GW_BOOT_NOTHING)
			return found;
	}
	return GW_BOOT_NOTHING;
}

uint32_t gw_boot_candidate(const struct gw_boot_model *model, uint32_t device)
{
	const struct gw_boot_device *it = &model->devices[device];
	uint32_t found = find_candidate(model, gw_boot_device_text(it, "modalias"));

	if (found == GW_BOOT_NOTHING)
		found = find_candidate(model, gw_boot_device_text(it, "of_node"));
	if (found == GW_BOOT_NOTHING && it->module)
		found = gw_boot_module_find(model, gw_boot_text(model, it->module));
	return found;
}

const struct gw_boot_pair *gw_boot_pair_of(const struct gw_boot_model *model, const struct gw_dependency *entry)
{
	for (size_t i = 0; entry && i < model->n_pairs; i++)
		if (model->pairs[i].entry == entry)
			return &model->pairs[i];
	return NULL;
}
