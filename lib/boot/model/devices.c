/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which device an event is about: most lines of the kernel log give a name without its bus. */
#include "lib/boot/model/devices.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/array.h"
#include "lib/base/json.h"

uint32_t gw_boot_device_find(const struct gw_boot_model *model, uint32_t name, uint32_t bus)
{
	uint32_t first = gw_boot_map_get(&model->first_of, name);

	if (bus)
		return gw_boot_map_get(&model->device_of, gw_boot_pair(name, bus));
	if (first == GW_BOOT_NOT_FOUND || model->devices[first].next_of_name == GW_BOOT_NOTHING)
		return first;
	/* Ambiguous: only the one whose bus is not known either. */
	return gw_boot_map_get(&model->device_of, gw_boot_pair(name, 0));
}

static uint32_t devices_add(struct gw_boot_model *model, uint32_t name, uint32_t bus)
{
	uint32_t index = (uint32_t)model->n_devices, first = gw_boot_map_get(&model->first_of, name);

	if (gw_array_reserve(model->devices, model->n_devices, model->allocated_devices, 1) < 0 ||
	    gw_boot_map_set(&model->device_of, gw_boot_pair(name, bus), index) < 0 ||
	    gw_boot_map_set(&model->first_of, name, index) < 0)
		return GW_BOOT_NOTHING;
	model->devices[model->n_devices++] = (struct gw_boot_device){
		.name = name,
		.bus = bus,
		.next_of_name = first,
		.first_deferred_ns = GW_BOOT_UNKNOWN,
		.pending_ns = GW_BOOT_UNKNOWN,
		.ignored_ns = GW_BOOT_UNKNOWN,
		.awaited_device = GW_BOOT_NOTHING,
	};
	return index;
}

/* The device of that name and bus, made known if it is not yet. */
static uint32_t devices_find_or_add(struct gw_boot_model *model, uint32_t name, uint32_t bus)
{
	uint32_t found = gw_boot_device_find(model, name, bus);

	return found == GW_BOOT_NOTHING ? devices_add(model, name, bus) : found;
}

const char *gw_boot_device_text(const struct gw_boot_device *device, const char *key)
{
	return gw_json_string(device->state, key);
}

static uint32_t device_name_at(struct gw_boot_model *model, const json_t *object, const char *key)
{
	return gw_boot_names_add(&model->evidence->names, gw_json_string(object, key));
}

/* As events have it: longer names are cut there, and have to be found again. */
static uint32_t device_cut_name_at(struct gw_boot_model *model, const json_t *object, const char *key, size_t size)
{
	const char *text = gw_json_string(object, key);
	char name[GW_BOOT_NAME_SIZE];
	size_t most = (size < sizeof(name) ? size : sizeof(name)) - 1, length = strnlen(text, most + 1);

	if (length <= most)
		return gw_boot_names_add(&model->evidence->names, text);
	memcpy(name, text, most);
	name[most] = '\0';
	return gw_boot_names_add(&model->evidence->names, name);
}

static int devices_add_from_state(struct gw_boot_model *model, const json_t *json)
{
	uint32_t name = device_cut_name_at(model, json, "name", GW_BOOT_NAME_SIZE),
		 bus = device_cut_name_at(model, json, "bus", 16);
	uint32_t driver = device_name_at(model, json, "driver"), module = device_name_at(model, json, "module"), index;

	if (name == GW_BOOT_NO_NAME)
		return 0;
	if (name == GW_BOOT_NOT_FOUND || bus == GW_BOOT_NOT_FOUND || driver == GW_BOOT_NOT_FOUND ||
	    module == GW_BOOT_NOT_FOUND)
		return -ENOMEM;
	index = gw_boot_map_get(&model->device_of, gw_boot_pair(name, bus));
	index = index == GW_BOOT_NOT_FOUND ? devices_add(model, name, bus) : index;
	if (index == GW_BOOT_NOTHING)
		return -ENOMEM;
	model->devices[index].state = json;
	model->devices[index].driver = driver;
	model->devices[index].module = module;
	model->devices[index].known_now = json_is_string(json_object_get(json, "driver"));
	model->devices[index].bound = driver != GW_BOOT_NO_NAME;
	return 0;
}

static bool device_is_subject(uint8_t type)
{
	switch (type) {
	case GW_BOOT_PROBE_BEGIN:
	case GW_BOOT_PROBE_END:
	case GW_BOOT_DEFER:
	case GW_BOOT_DEFER_REASON:
	case GW_BOOT_UNDEFER:
	case GW_BOOT_DEFER_RETRY:
	case GW_BOOT_DEFER_TIMEOUT:
	case GW_BOOT_SUPPLIER_WAIT:
	case GW_BOOT_LINK_ADD:
	case GW_BOOT_UNBIND:
	case GW_BOOT_IOMMU_PROBE:
	case GW_BOOT_IOMMU_GROUP:
	case GW_BOOT_OF_XLATE:
	case GW_BOOT_FIRMWARE_MISSING:
	case GW_BOOT_COMPONENT_BIND:
	case GW_BOOT_AGGREGATE_BIND:
	case GW_BOOT_RESOURCE_BUSY:
	case GW_BOOT_DRM_MINOR:
	case GW_BOOT_GIVEN_UP:
	case GW_BOOT_FIRMWARE_ERROR:
	case GW_BOOT_FIRMWARE_LOADED:
		return true;
	default:
		return false;
	}
}

/* What the state calls deferred: debugfs gives names without a bus. */
static void device_mark_deferred(struct gw_boot_model *model, uint32_t index, const json_t *entry)
{
	struct gw_boot_device *device = &model->devices[index];
	uint32_t reason = device_name_at(model, entry, "reason");

	device->deferred = !device->bound;
	if (reason != GW_BOOT_NO_NAME && reason != GW_BOOT_NOT_FOUND)
		device->reason = reason;
}

static int devices_add_deferred(struct gw_boot_model *model)
{
	json_t *deferred = json_object_get(model->evidence->state, "deferred"), *entry;
	size_t i;

	json_array_foreach(deferred, i, entry) {
		uint32_t name = device_cut_name_at(model, entry, "device", GW_BOOT_NAME_SIZE), index;

		if (name == GW_BOOT_NO_NAME)
			continue;
		if (name == GW_BOOT_NOT_FOUND)
			return -ENOMEM;
		index = gw_boot_map_get(&model->first_of, name);
		/* Of several of that name, one that is not bound. */
		while (index != GW_BOOT_NOTHING && model->devices[index].bound)
			index = model->devices[index].next_of_name;
		index = index == GW_BOOT_NOTHING ? devices_find_or_add(model, name, 0) : index;
		if (index == GW_BOOT_NOTHING)
			return -ENOMEM;
		device_mark_deferred(model, index, entry);
	}
	return 0;
}

int gw_boot_devices_build(struct gw_boot_model *model)
{
	json_t *devices = json_object_get(model->evidence->state, "devices"), *json;
	size_t i;

	json_array_foreach(devices, i, json)
		if (devices_add_from_state(model, json) < 0)
			return -ENOMEM;
	/* First what names a bus, so that the rest finds it. */
	for (int pass = 0; pass < 2; pass++) {
		for (i = 0; i < model->n_facts; i++) {
			const struct gw_boot_fact *fact = &model->facts[i];

			if (pass == 0)
				model->fact_device[i] = GW_BOOT_NOTHING;
			if (!device_is_subject(fact->type) || !fact->subject || (fact->bus == 0) != (pass == 1))
				continue;
			model->fact_device[i] = devices_find_or_add(model, fact->subject, fact->bus);
			if (model->fact_device[i] == GW_BOOT_NOTHING)
				return -ENOMEM;
		}
	}
	return devices_add_deferred(model);
}
