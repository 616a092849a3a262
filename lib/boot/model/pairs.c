/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The table's entries on this machine. */
#include "lib/boot/model/pairs.h"

#include <errno.h>
#include <stdlib.h>

#include "lib/boot/model/devices.h"

#define TRIES_MOST ((size_t)1 << 24) /* of a pattern on a name: a second or two */

static bool pair_party_has_device(const struct gw_boot_model *model, const struct gw_party *party,
				  const struct gw_boot_device *device)
{
	const char *modalias = gw_boot_device_text(device, "modalias");
	bool by_driver = party->drivers || party->modules;
	bool by_device = party->devices && *modalias;

	if (by_device && !gw_party_has(party->devices, modalias))
		return false;
	if (!by_driver || (by_device && !device->driver))
		return by_device;
	return (device->driver && gw_party_has(party->drivers, gw_boot_text(model, device->driver))) ||
	       (device->module && gw_party_has_module(party, gw_boot_text(model, device->module)));
}

bool gw_boot_party_has_init(const struct gw_boot_model *model, const struct gw_party *party,
			    const struct gw_boot_init *init)
{
	if (init->module)
		return gw_party_has_module(party, gw_boot_text(model, init->module));
	return gw_party_has(party->initcalls, gw_boot_text(model, init->function));
}

static int pair_find_devices(const struct gw_boot_model *model, const struct gw_party *party, uint32_t **ret,
			     size_t *count)
{
	uint32_t *found = calloc(model->n_devices + 1, sizeof(*found)), *fitting;
	size_t n = 0;

	if (!found)
		return -ENOMEM;
	for (size_t i = 0; i < model->n_devices; i++)
		if (pair_party_has_device(model, party, &model->devices[i]))
			found[n++] = (uint32_t)i;
	fitting = reallocarray(found, n + 1, sizeof(*found));
	*ret = fitting ? fitting : found;
	*count = n;
	return 0;
}

/* The consumer's first call of those that were not made again later. */
static uint32_t pair_find_consumer_init(const struct gw_boot_model *model, const struct gw_party *party)
{
	for (size_t i = 0; i < model->n_inits; i++)
		if (!model->inits[i].again && gw_boot_party_has_init(model, party, &model->inits[i]))
			return (uint32_t)i;
	return GW_BOOT_NOTHING;
}

/* The call after which the supplier was there; of those that failed the first, if none went well. */
static uint32_t pair_find_supplier_init(const struct gw_boot_model *model, const struct gw_party *party)
{
	uint32_t found = GW_BOOT_NOTHING;

	for (size_t i = 0; i < model->n_inits; i++) {
		if (!gw_boot_party_has_init(model, party, &model->inits[i]))
			continue;
		if (model->inits[i].ended && model->inits[i].result == 0)
			return (uint32_t)i;
		found = found == GW_BOOT_NOTHING ? (uint32_t)i : found;
	}
	return found;
}

static uint32_t pair_find_builtin(const struct gw_boot_evidence *evidence, const struct gw_party *party)
{
	for (size_t i = 0; party->initcalls && i < evidence->n_builtins; i++)
		if (gw_party_has(party->initcalls, gw_boot_evidence_name(evidence, evidence->builtins[i].function)))
			return (uint32_t)i;
	return GW_BOOT_NOTHING;
}

/* A module of the party that is loaded or built in, or else one that could be. */
static uint32_t pair_find_module(const struct gw_boot_model *model, const struct gw_party *party)
{
	uint32_t found = GW_BOOT_NOTHING;

	for (size_t i = 0; party->modules && i < model->n_modules; i++) {
		const struct gw_boot_module *module = &model->modules[i];

		if (module->state == GW_BOOT_MODULE_UNKNOWN ||
		    !gw_party_has_module(party, gw_boot_text(model, module->name)))
			continue;
		if (module->state != GW_BOOT_MODULE_AVAILABLE)
			return (uint32_t)i;
		found = found == GW_BOOT_NOTHING ? (uint32_t)i : found;
	}
	return found;
}

static int pairs_add(struct gw_boot_model *model, const struct gw_dependency *entry)
{
	struct gw_boot_pair *pair = &model->pairs[model->n_pairs++];

	*pair = (struct gw_boot_pair){
		.entry = entry,
		.consumer_init = pair_find_consumer_init(model, &entry->consumer),
		.supplier_init = pair_find_supplier_init(model, &entry->supplier),
		.consumer_builtin = pair_find_builtin(model->evidence, &entry->consumer),
		.supplier_builtin = pair_find_builtin(model->evidence, &entry->supplier),
		.consumer_module = pair_find_module(model, &entry->consumer),
		.supplier_module = pair_find_module(model, &entry->supplier),
	};
	if (pair_find_devices(model, &entry->consumer, &pair->consumers, &pair->n_consumers) < 0)
		return -ENOMEM;
	return pair_find_devices(model, &entry->supplier, &pair->suppliers, &pair->n_suppliers);
}

static size_t party_count_patterns(const struct gw_party *party)
{
	char *const *const lists[] = { party->drivers, party->modules, party->devices, party->initcalls };
	size_t count = 0;

	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++)
		for (char *const *pattern = lists[i]; pattern && *pattern; pattern++)
			count++;
	return count;
}

/* Each pattern is tried on each name. A machine's ten thousand devices and a table of a hundred entries are far below that. */
static bool pairs_are_too_many(const struct gw_boot_model *model, const struct gw_dependency *entries, size_t count)
{
	size_t names = model->n_devices + model->n_inits + model->n_modules + model->evidence->n_builtins, patterns = 0;

	for (size_t i = 0; i < count; i++)
		patterns += party_count_patterns(&entries[i].consumer) + party_count_patterns(&entries[i].supplier);
	return names && patterns > TRIES_MOST / names;
}

int gw_boot_pairs_build(struct gw_boot_model *model)
{
	const struct gw_dependency *entries = NULL;
	size_t count = gw_boot_evidence_dependencies(model->evidence, &entries);

	if (pairs_are_too_many(model, entries, count))
		return -E2BIG;

	model->pairs = calloc(count + 1, sizeof(*model->pairs));
	if (!model->pairs)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++)
		if (gw_dependency_for_kernel(&entries[i], model->evidence->host.kernel) &&
		    pairs_add(model, &entries[i]) < 0)
			return -ENOMEM;
	return 0;
}

const struct gw_boot_pair *gw_boot_pair_of(const struct gw_boot_model *model, const struct gw_dependency *entry)
{
	for (size_t i = 0; entry && i < model->n_pairs; i++)
		if (model->pairs[i].entry == entry)
			return &model->pairs[i];
	return NULL;
}
