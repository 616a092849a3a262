/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who needs whom. Device links and firmware say it of devices, the table of
 * drivers. A link that the consumer's driver made itself while it was probed
 * says nothing about order: the driver had its supplier in hand.
 */
#include "lib/boot/model/needs.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/array.h"
#include "lib/boot/model/attempts.h"
#include "lib/boot/model/devices.h"
#include "lib/boot/model/modules.h"

const char *gw_boot_origin_name(enum gw_boot_origin origin)
{
	static const char *const names[] = {
		[GW_BOOT_BY_LINK] = "device-link", [GW_BOOT_BY_FIRMWARE] = "firmware", [GW_BOOT_BY_TABLE] = "table",
		[GW_BOOT_BY_SOFTDEP] = "softdep",  [GW_BOOT_BY_WAIT] = "device-link",
	};

	return names[origin];
}

static int needs_add(struct gw_boot_model *model, const struct gw_boot_need *need)
{
	if (need->consumer == need->supplier)
		return 0;
	if (gw_array_reserve(model->needs, model->n_needs, model->allocated_needs, 1) < 0)
		return -ENOMEM;
	model->needs[model->n_needs++] = *need;
	return 0;
}

/* ---- device links ----------------------------------------------------------------------------- */

/* The number of a name of any length, as events have it; GW_BOOT_NOT_FOUND: nothing has that name. */
static uint32_t needs_find_name(const struct gw_boot_model *model, const char *text)
{
	char name[GW_BOOT_NAME_SIZE];

	snprintf(name, sizeof(name), "%s", text);
	return gw_boot_names_find(&model->evidence->names, name);
}

/* "bus:name"; names may have colons, buses do not. */
static uint32_t needs_find_linked(const struct gw_boot_model *model, const char *text)
{
	const struct gw_boot_names *names = &model->evidence->names;
	const char *colon = strchr(text, ':');
	char bus_name[GW_BOOT_NAME_SIZE] = "";
	uint32_t bus, name;

	if (!colon || (size_t)(colon - text) >= sizeof(bus_name))
		return GW_BOOT_NOTHING;
	memcpy(bus_name, text, (size_t)(colon - text));
	bus = gw_boot_names_find(names, bus_name);
	name = needs_find_name(model, colon + 1);
	if (name == GW_BOOT_NOT_FOUND)
		return GW_BOOT_NOTHING;
	if (bus != GW_BOOT_NOT_FOUND && gw_boot_device_find(model, name, bus) != GW_BOOT_NOTHING)
		return gw_boot_device_find(model, name, bus);
	return gw_boot_device_find(model, name, 0);
}

static int needs_add_link(struct gw_boot_model *model, const json_t *link)
{
	const char *supplier = json_string_value(json_object_get(link, "supplier"));
	const char *consumer = json_string_value(json_object_get(link, "consumer"));
	const char *status = json_string_value(json_object_get(link, "status"));
	struct gw_boot_need need = { .origin = GW_BOOT_BY_LINK };

	if (!supplier || !consumer || json_is_true(json_object_get(link, "sync_state_only")))
		return 0;
	/* Not for probing, but for runtime power management: snd_hda_intel's to its GPU. */
	if (status && strcmp(status, "not tracked") == 0 && json_is_true(json_object_get(link, "runtime_pm")))
		return 0;
	need.supplier = needs_find_linked(model, supplier);
	need.consumer = needs_find_linked(model, consumer);
	if (need.supplier == GW_BOOT_NOTHING || need.consumer == GW_BOOT_NOTHING)
		return 0;
	need.supplier_name = model->devices[need.supplier].name;
	need.created_ns = GW_BOOT_UNKNOWN;
	need.ordered = false; /* what is known of its making is in the event, if there is one */
	return needs_add(model, &need);
}

/* Links that were made and are gone again, or of which no state is known. */
static int needs_add_made_link(struct gw_boot_model *model, size_t fact)
{
	const struct gw_boot_fact *event = &model->facts[fact];
	struct gw_boot_need need = {
		.consumer = model->fact_device[fact],
		.supplier = gw_boot_device_find(model, event->other, 0),
		.supplier_name = event->other,
		.origin = GW_BOOT_BY_LINK,
		.created_ns = event->time_ns,
	};

	if (event->flags & DL_FLAG_SYNC_STATE_ONLY || need.supplier == GW_BOOT_NOTHING ||
	    (event->flags & DL_FLAG_STATELESS && event->flags & DL_FLAG_PM_RUNTIME))
		return 0;
	/* The kernel log does not say what kind of link it is. */
	need.ordered = event->source != GW_BOOT_FROM_KMSG &&
		       !gw_boot_attempts_probed_at(model, &model->devices[need.consumer], need.created_ns);
	return needs_add(model, &need);
}

static int needs_add_links(struct gw_boot_model *model)
{
	json_t *links = json_object_get(model->evidence->state, "links"), *link;
	size_t i;
	int r = 0;

	for (i = 0; i < model->n_facts && r == 0; i++)
		if (model->facts[i].type == GW_BOOT_LINK_ADD && model->fact_device[i] != GW_BOOT_NOTHING &&
		    model->facts[i].other)
			r = needs_add_made_link(model, i);
	json_array_foreach(links, i, link)
		r = r ?: needs_add_link(model, link);
	return r;
}

/* ---- firmware ----------------------------------------------------------------------------------- */

/* Ends of a graph name each other and say nothing about order (Documentation/devicetree, graph.txt). */
static bool needs_property_orders(const char *property)
{
	return strcmp(property, "remote-endpoint") != 0;
}

static int needs_add_firmware_supplier(struct gw_boot_model *model, uint32_t consumer, const json_t *supplier)
{
	const char *name = json_string_value(json_object_get(supplier, "device"));
	const char *node = json_string_value(json_object_get(supplier, "node"));
	const char *property = json_string_value(json_object_get(supplier, "property"));
	struct gw_boot_need need = {
		.consumer = consumer,
		.supplier = GW_BOOT_NOTHING,
		.origin = GW_BOOT_BY_FIRMWARE,
		.created_ns = GW_BOOT_UNKNOWN,
		.property = property ? property : "",
		.node = node,
	};
	uint32_t number = name && *name ? needs_find_name(model, name) : GW_BOOT_NOT_FOUND;

	if (number != GW_BOOT_NOT_FOUND)
		need.supplier = gw_boot_device_find(model, number, 0);
	need.supplier_name = gw_boot_names_add(&model->evidence->names, name && *name ? name : node ? node : "");
	if (need.supplier_name == GW_BOOT_NOT_FOUND)
		return -ENOMEM;
	need.ordered = need.supplier != GW_BOOT_NOTHING && needs_property_orders(need.property);
	return need.supplier_name ? needs_add(model, &need) : 0;
}

static int needs_add_firmware(struct gw_boot_model *model)
{
	for (uint32_t i = 0; i < model->n_devices; i++) {
		json_t *suppliers = json_object_get(model->devices[i].state, "suppliers"), *supplier;
		size_t k;

		json_array_foreach(suppliers, k, supplier)
			if (needs_add_firmware_supplier(model, i, supplier) < 0)
				return -ENOMEM;
	}
	return 0;
}

/* ---- the driver core ------------------------------------------------------------------------------ */

static int needs_add_awaited(struct gw_boot_model *model)
{
	for (uint32_t i = 0; i < model->n_devices; i++) {
		const struct gw_boot_device *device = &model->devices[i];
		struct gw_boot_need need = {
			.consumer = i,
			.supplier = device->awaited_device,
			.supplier_name = device->awaited,
			.origin = GW_BOOT_BY_WAIT,
			.created_ns = GW_BOOT_UNKNOWN,
			.node = device->awaited_node ? gw_boot_text(model, device->awaited_node) : NULL,
			.ordered = true,
		};

		if (device->awaited && needs_add(model, &need) < 0)
			return -ENOMEM;
	}
	return 0;
}

/* ---- the table ------------------------------------------------------------------------------------ */

/*
 * Of several devices that could be the supplier, the one that was there first: which of them serves which consumer is
 * not known, so that only a consumer that came before all of them came too early.
 */
static uint32_t needs_first_supplier(const struct gw_boot_model *model, const struct gw_boot_pair *pair)
{
	uint32_t first = GW_BOOT_NOTHING;
	uint64_t first_ns = GW_BOOT_UNKNOWN;

	for (size_t i = 0; i < pair->n_suppliers; i++) {
		const struct gw_boot_device *device = &model->devices[pair->suppliers[i]];
		const struct gw_boot_attempt *bound = gw_boot_attempts_next_bound(model, device, 0);

		/* Bound at an unknown moment: nothing can be said about order. */
		if (device->bound && !bound)
			return pair->suppliers[i];
		if (first == GW_BOOT_NOTHING || (bound && bound->end_ns < first_ns)) {
			first = pair->suppliers[i];
			first_ns = bound ? bound->end_ns : GW_BOOT_UNKNOWN;
		}
	}
	return first;
}

static int needs_add_table(struct gw_boot_model *model, const struct gw_boot_pair *pair)
{
	uint32_t supplier = needs_first_supplier(model, pair);
	uint32_t name = gw_boot_names_add(&model->evidence->names, pair->entry->supplier.name);

	if (name == GW_BOOT_NOT_FOUND)
		return -ENOMEM;
	for (size_t i = 0; i < pair->n_consumers; i++) {
		struct gw_boot_need need = {
			.consumer = pair->consumers[i],
			.supplier = supplier,
			.supplier_name = supplier == GW_BOOT_NOTHING ? name : model->devices[supplier].name,
			.origin = GW_BOOT_BY_TABLE,
			.ordered = supplier != GW_BOOT_NOTHING,
			.created_ns = GW_BOOT_UNKNOWN,
			.entry = pair->entry,
		};

		if (needs_add(model, &need) < 0)
			return -ENOMEM;
	}
	return 0;
}

/* ---- soft dependencies of modules -------------------------------------------------------------------- */

/* The first device that each module's driver has. */
static int needs_index_drivers(const struct gw_boot_model *model, struct gw_boot_map *device_of_module)
{
	for (uint32_t i = (uint32_t)model->n_devices; i-- > 0;)
		if (model->devices[i].module && gw_boot_map_set(device_of_module, model->devices[i].module, i) < 0)
			return -ENOMEM;
	return 0;
}

static int needs_add_softdep(struct gw_boot_model *model, const struct gw_boot_map *device_of_module, uint32_t consumer,
			     const char *module)
{
	uint32_t index = gw_boot_module_find(model, module), supplier;
	struct gw_boot_need need = {
		.consumer = consumer, .origin = GW_BOOT_BY_SOFTDEP, .ordered = true, .created_ns = GW_BOOT_UNKNOWN
	};

	supplier = index == GW_BOOT_NOTHING ? GW_BOOT_NOT_FOUND
					    : gw_boot_map_get(device_of_module, model->modules[index].name);
	if (supplier == GW_BOOT_NOT_FOUND)
		return 0;
	need.supplier = supplier;
	need.supplier_name = model->devices[supplier].name;
	return needs_add(model, &need);
}

/* Only between drivers that have devices: that a module is loaded in vain is no concern of anybody's. */
static int needs_add_softdeps(struct gw_boot_model *model)
{
	struct gw_boot_map device_of_module = { .slots = NULL };
	int r = needs_index_drivers(model, &device_of_module);

	for (uint32_t i = 0; i < model->n_devices && r == 0; i++) {
		const char *name = gw_boot_text(model, model->devices[i].module);
		uint32_t index = *name ? gw_boot_module_find(model, name) : GW_BOOT_NOTHING;
		json_t *list =
			index == GW_BOOT_NOTHING ? NULL : json_object_get(model->modules[index].json, "softdep_pre");
		const json_t *item;
		size_t k;

		json_array_foreach(list, k, item)
			if (json_is_string(item) && r == 0)
				r = needs_add_softdep(model, &device_of_module, i, json_string_value(item));
	}
	gw_boot_map_deinit(&device_of_module);
	return r;
}

/* ---- all of them ---------------------------------------------------------------------------------- */

/* The same two once, with what is the strongest; ordered if any says so. */
static int needs_compare(const void *a, const void *b)
{
	const struct gw_boot_need *x = a, *y = b;

	if (x->consumer != y->consumer)
		return x->consumer < y->consumer ? -1 : 1;
	if (x->supplier != y->supplier)
		return x->supplier < y->supplier ? -1 : 1;
	if (x->supplier_name != y->supplier_name)
		return x->supplier_name < y->supplier_name ? -1 : 1;
	if (x->ordered != y->ordered)
		return x->ordered ? -1 : 1;
	return x->origin < y->origin ? -1 : x->origin > y->origin;
}

static bool needs_same(const struct gw_boot_need *a, const struct gw_boot_need *b)
{
	return a->consumer == b->consumer && a->supplier == b->supplier && a->supplier_name == b->supplier_name;
}

static void needs_unite(struct gw_boot_model *model)
{
	size_t kept = 0;

	if (model->n_needs)
		qsort(model->needs, model->n_needs, sizeof(*model->needs), needs_compare);
	for (size_t i = 0; i < model->n_needs; i++) {
		struct gw_boot_need *need = &model->needs[i], *last = kept ? &model->needs[kept - 1] : NULL;

		if (!last || !needs_same(last, need)) {
			model->needs[kept++] = *need;
			continue;
		}
		last->entry = last->entry ? last->entry : need->entry;
		last->node = last->property || !need->node ? last->node : need->node;
		last->property = last->property ? last->property : need->property;
	}
	model->n_needs = kept;
	for (size_t i = 0; i < kept; i++) {
		struct gw_boot_device *consumer = &model->devices[model->needs[i].consumer];

		if (!consumer->n_needs++)
			consumer->first_need = (uint32_t)i;
	}
}

static bool needs_supplier(const struct gw_boot_model *model, uint32_t consumer, uint32_t supplier)
{
	size_t low = 0, high = model->n_needs;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		const struct gw_boot_need *need = &model->needs[middle];

		if (need->consumer == consumer && need->supplier == supplier)
			return true;
		if (need->consumer < consumer || (need->consumer == consumer && need->supplier < supplier))
			low = middle + 1;
		else
			high = middle;
	}
	return false;
}

/* Two that need each other: neither can be first (fw_devlink calls it a cycle and does not order them). */
static void needs_break_cycles(struct gw_boot_model *model)
{
	for (size_t i = 0; i < model->n_needs; i++)
		if (model->needs[i].supplier != GW_BOOT_NOTHING &&
		    needs_supplier(model, model->needs[i].supplier, model->needs[i].consumer))
			model->needs[i].ordered = false;
}

int gw_boot_needs_build(struct gw_boot_model *model)
{
	int r = needs_add_links(model);

	r = r ?: needs_add_firmware(model);
	r = r ?: needs_add_awaited(model);
	r = r ?: needs_add_softdeps(model);
	for (size_t i = 0; i < model->n_pairs && r == 0; i++)
		r = needs_add_table(model, &model->pairs[i]);
	if (r < 0)
		return r;
	needs_unite(model);
	needs_break_cycles(model);
	return 0;
}
