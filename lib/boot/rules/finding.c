/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Findings: who they are about. */
#include "lib/boot/rules/finding.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/array.h"
#include "lib/boot/model/features.h"

const char *gw_boot_effect_name(enum gw_boot_effect effect)
{
	static const char *const names[] = {
		[GW_BOOT_LOST] = "lost",
		[GW_BOOT_FRAGILE] = "fragile",
		[GW_BOOT_SLOW] = "slow",
	};

	return names[effect];
}

void gw_boot_findings_deinit(struct gw_boot_findings *findings)
{
	for (size_t i = 0; i < findings->count; i++) {
		gw_text_clear(&findings->items[i].summary);
		gw_text_clear(&findings->items[i].explanation);
		gw_text_clear(&findings->items[i].advice);
		free(findings->items[i].group);
	}
	free(findings->items);
	*findings = (struct gw_boot_findings){ .items = NULL };
}

struct gw_boot_finding *gw_boot_finding_add(struct gw_boot_findings *findings, enum gw_class class)
{
	if (gw_array_reserve(findings->items, findings->count, findings->allocated, 1) < 0)
		return NULL;
	findings->items[findings->count] = (struct gw_boot_finding){
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
	return &findings->items[findings->count++];
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

int gw_boot_finding_group(struct gw_boot_finding *finding, const uint32_t *devices, size_t count)
{
	finding->group = calloc(count, sizeof(*finding->group));
	if (!finding->group)
		return -ENOMEM;
	memcpy(finding->group, devices, count * sizeof(*finding->group));
	finding->n_group = count;
	return 0;
}

enum gw_confidence gw_boot_order_confidence(const struct gw_boot_model *model, uint8_t sources_a, uint8_t sources_b)
{
	bool one_clock = sources_a & sources_b || model->aligned;

	if (model->clock_jumped || !one_clock)
		return GW_CONFIDENCE_PROBABLE;
	return GW_CONFIDENCE_PROVEN;
}

const char *gw_boot_finding_feature(const struct gw_boot_model *model, const struct gw_boot_finding *finding)
{
	const struct gw_dependency *entry = finding->entry;

	if (!*finding->feature || !entry || gw_boot_feature_missing(model, entry, finding->consumer))
		return finding->feature;
	if (finding->effect != GW_BOOT_LOST || entry->feature.iommu_group)
		return "";
	return gw_boot_feature_path_exists(model, entry) ? "" : finding->feature;
}
