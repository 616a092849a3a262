/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Marks, then spreads them from consumers to suppliers. */
#include "lib/boot/document/relevant.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/boot/document/report.h"
#include "lib/boot/model/cards.h"
#include "lib/boot/model/devices.h"
#include "lib/boot/model/pairs.h"

json_t *gw_boot_relevant_findings(json_t *const *lists, uint32_t index)
{
	return lists[index] ? json_incref(lists[index]) : json_array();
}

/* Of a crowd that shares one fate, so many are shown: as many as its report has nodes. */
#define CROWD_MAX GW_BOOT_REPORT_NODES_MAX

static int relevant_add_id(json_t **lists, uint32_t index, const char *id)
{
	if (index == GW_BOOT_NOTHING)
		return 0;
	if (!lists[index])
		lists[index] = json_array();
	return json_array_append_new(lists[index], json_string(id)) < 0 ? -ENOMEM : 0;
}

static int relevant_mark_finding(struct gw_boot_relevant *relevant, const struct gw_boot_finding *finding)
{
	int r = finding->n_group ? 0 : relevant_add_id(relevant->device_findings, finding->consumer, finding->id);

	for (size_t i = 0; i < finding->n_group && i < CROWD_MAX; i++) {
		relevant->devices[finding->group[i]] = true;
		r = r ?: relevant_add_id(relevant->device_findings, finding->group[i], finding->id);
	}
	if (finding->consumer != GW_BOOT_NOTHING)
		relevant->devices[finding->consumer] = true;
	if (finding->supplier != GW_BOOT_NOTHING)
		relevant->devices[finding->supplier] = true;
	r = r ?: relevant_add_id(relevant->device_findings, finding->supplier, finding->id);
	r = r ?: relevant_add_id(relevant->init_findings, finding->consumer_init, finding->id);
	return r ?: relevant_add_id(relevant->init_findings, finding->supplier_init, finding->id);
}

static void relevant_mark_devices(struct gw_boot_relevant *relevant, const struct gw_boot_model *model)
{
	for (size_t i = 0; i < model->n_devices; i++)
		relevant->devices[i] |= gw_boot_is_graphics(model, (uint32_t)i);
	for (size_t i = 0; i < model->n_pairs; i++) {
		const struct gw_boot_pair *pair = &model->pairs[i];

		for (size_t k = 0; k < pair->n_consumers; k++)
			relevant->devices[pair->consumers[k]] = true;
		for (size_t k = 0; k < pair->n_suppliers; k++)
			relevant->devices[pair->suppliers[k]] = true;
	}
	/* What DRM has as a device is a GPU, or a display. */
	for (size_t i = 0; i < model->n_facts; i++)
		if (model->facts[i].type == GW_BOOT_DRM_MINOR && model->fact_device[i] != GW_BOOT_NOTHING)
			relevant->devices[model->fact_device[i]] = true;
	/* Masters of IOMMUs, as firmware has it, and what still waits for something. */
	for (size_t i = 0; i < model->n_needs; i++)
		if (model->needs[i].property && strncmp(model->needs[i].property, "iommu", 5) == 0)
			relevant->devices[model->needs[i].consumer] = true;
	for (size_t i = 0, waiting = 0; i < model->n_devices && waiting < CROWD_MAX; i++) {
		waiting += model->devices[i].deferred;
		relevant->devices[i] |= model->devices[i].deferred;
	}
}

static int relevant_spread(struct gw_boot_relevant *relevant, const struct gw_boot_model *model)
{
	uint32_t *queue = calloc(model->n_devices + 1, sizeof(*queue));
	size_t count = 0;

	if (!queue)
		return -ENOMEM;
	for (uint32_t i = 0; i < model->n_devices; i++)
		if (relevant->devices[i])
			queue[count++] = i;
	for (size_t at = 0; at < count; at++) {
		const struct gw_boot_device *device = &model->devices[queue[at]];

		for (uint32_t k = 0; k < device->n_needs; k++) {
			uint32_t supplier = model->needs[device->first_need + k].supplier;

			if (supplier == GW_BOOT_NOTHING || relevant->devices[supplier])
				continue;
			relevant->devices[supplier] = true;
			queue[count++] = supplier;
		}
	}
	free(queue);
	return 0;
}

/* Calls of the table's parties, of DRM drivers, and of modules whose drivers have a device that is shown. */
static int relevant_mark_inits(struct gw_boot_relevant *relevant, const struct gw_boot_model *model)
{
	struct gw_boot_map modules = { .slots = NULL };
	int r = 0;

	for (size_t i = 0; i < model->n_devices && r == 0; i++)
		if (relevant->devices[i] && model->devices[i].module)
			r = gw_boot_map_set(&modules, model->devices[i].module, 1);
	for (size_t i = 0; i < model->n_inits && r == 0; i++) {
		const struct gw_boot_init *init = &model->inits[i];
		bool found = relevant->init_findings[i] || gw_boot_drives_gpu(model, init->module) ||
			     (init->module && gw_boot_map_get(&modules, init->module) != GW_BOOT_NOT_FOUND);

		for (size_t k = 0; k < model->n_pairs && !found; k++)
			found = gw_boot_party_has_init(model, &model->pairs[k].entry->consumer, init) ||
				gw_boot_party_has_init(model, &model->pairs[k].entry->supplier, init);
		relevant->inits[i] = found;
	}
	gw_boot_map_deinit(&modules);
	return r;
}

int gw_boot_relevant_init(struct gw_boot_relevant *relevant, const struct gw_boot_model *model,
			  const struct gw_boot_findings *findings)
{
	int r = 0;

	*relevant = (struct gw_boot_relevant){
		.devices = calloc(model->n_devices + 1, sizeof(*relevant->devices)),
		.inits = calloc(model->n_inits + 1, sizeof(*relevant->inits)),
		.device_findings = calloc(model->n_devices + 1, sizeof(json_t *)),
		.init_findings = calloc(model->n_inits + 1, sizeof(json_t *)),
		.n_devices = model->n_devices,
		.n_inits = model->n_inits,
	};
	if (!relevant->devices || !relevant->inits || !relevant->device_findings || !relevant->init_findings)
		return -ENOMEM;
	for (size_t i = 0; i < findings->count && r == 0; i++)
		if (findings->items[i].id[0])
			r = relevant_mark_finding(relevant, &findings->items[i]);
	if (r < 0)
		return r;
	relevant_mark_devices(relevant, model);
	r = relevant_spread(relevant, model);
	return r ?: relevant_mark_inits(relevant, model);
}

void gw_boot_relevant_deinit(struct gw_boot_relevant *relevant)
{
	for (size_t i = 0; relevant->device_findings && i < relevant->n_devices; i++)
		json_decref(relevant->device_findings[i]);
	for (size_t i = 0; relevant->init_findings && i < relevant->n_inits; i++)
		json_decref(relevant->init_findings[i]);
	free(relevant->device_findings);
	free(relevant->init_findings);
	free(relevant->devices);
	free(relevant->inits);
}
