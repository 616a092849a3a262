/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Modules of the state, and for each entry of the table whom on this machine it is about. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/boot/model/model.h"

/* ---- modules ------------------------------------------------------------------------------- */

/* The kernel's spelling. Cut like the names of events. */
static void spell(char *ret, size_t size, const char *name, size_t length)
{
	size_t i;

	for (i = 0; i < length && i + 1 < size && name[i]; i++)
		ret[i] = name[i] == '-' ? '_' : name[i];
	ret[i] = '\0';
}

uint32_t gw_boot_module_find(const struct gw_boot_model *model, const char *name)
{
	char spelled[GW_BOOT_NAME_SIZE];
	uint32_t number;

	spell(spelled, sizeof(spelled), name, strlen(name));
	number = gw_boot_names_find(&model->boot->names, spelled);
	return number == GW_BOOT_NOT_FOUND ? GW_BOOT_NOTHING : gw_boot_map_get(&model->module_of, number);
}

static enum gw_boot_module_state state_of(const char *state)
{
	if (strcmp(state, "builtin") == 0)
		return GW_BOOT_MODULE_BUILTIN;
	if (strcmp(state, "available") == 0)
		return GW_BOOT_MODULE_AVAILABLE;
	if (strcmp(state, "live") == 0 || strcmp(state, "coming") == 0 || strcmp(state, "going") == 0)
		return GW_BOOT_MODULE_LOADED;
	return GW_BOOT_MODULE_UNKNOWN;
}

/* Modules named in modprobe.blacklist=a,b or module_blacklist=a,b of the command line. */
static bool on_blacklist(const char *cmdline, const char *option, const char *module)
{
	char spelled[GW_BOOT_NAME_SIZE], name[GW_BOOT_NAME_SIZE];
	const char *at = cmdline;

	spell(spelled, sizeof(spelled), module, strlen(module));
	while ((at = strstr(at, option))) {
		bool word = at == cmdline || at[-1] == ' ';

		at += strlen(option);
		while (word && *at && *at != ' ' && *at != '\n') {
			size_t length = strcspn(at, ", \n");

			spell(name, sizeof(name), at, length);
			if (strcmp(name, spelled) == 0)
				return true;
			at += length + (at[length] == ',');
		}
	}
	return false;
}

static bool is_blacklisted(const struct gw_boot_model *model, const json_t *json, const char *name)
{
	const char *cmdline = json_string_value(json_object_get(model->boot->state, "cmdline"));

	if (json_is_true(json_object_get(json, "blacklisted")))
		return true;
	return cmdline &&
	       (on_blacklist(cmdline, "modprobe.blacklist=", name) || on_blacklist(cmdline, "module_blacklist=", name));
}

static int add_module(struct gw_boot_model *model, const json_t *json)
{
	const char *name = json_string_value(json_object_get(json, "name"));
	const char *state = json_string_value(json_object_get(json, "state"));
	char spelled[GW_BOOT_NAME_SIZE];
	struct gw_boot_module *module = &model->modules[model->n_modules];

	if (!name || !*name)
		return 0;
	spell(spelled, sizeof(spelled), name, strlen(name));
	*module = (struct gw_boot_module){
		.name = gw_boot_names_add(&model->boot->names, spelled),
		.state = state_of(state ? state : ""),
		.blacklisted = is_blacklisted(model, json, name),
		.json = json,
	};
	if (module->name == GW_BOOT_NOT_FOUND)
		return -ENOMEM;
	return gw_boot_map_set(&model->module_of, module->name, (uint32_t)model->n_modules++);
}

int gw_boot_modules_build(struct gw_boot_model *model)
{
	json_t *modules = json_object_get(model->boot->state, "modules"), *json;
	size_t i;

	model->modules = calloc(json_array_size(modules) + 1, sizeof(*model->modules));
	if (!model->modules)
		return -ENOMEM;
	json_array_foreach(modules, i, json)
		if (add_module(model, json) < 0)
			return -ENOMEM;
	return 0;
}

/* ---- who belongs to a party ------------------------------------------------------------------- */

static bool party_has_device(const struct gw_boot_model *model, const struct gw_party *party,
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

static bool party_has_init(const struct gw_boot_model *model, const struct gw_party *party,
			   const struct gw_boot_init *init)
{
	if (init->module)
		return gw_party_has_module(party, gw_boot_text(model, init->module));
	return gw_party_has(party->initcalls, gw_boot_text(model, init->function));
}

static int find_devices(const struct gw_boot_model *model, const struct gw_party *party, uint32_t **ret, size_t *count)
{
	uint32_t *found = calloc(model->n_devices + 1, sizeof(*found)), *fitting;
	size_t n = 0;

	if (!found)
		return -ENOMEM;
	for (size_t i = 0; i < model->n_devices; i++)
		if (party_has_device(model, party, &model->devices[i]))
			found[n++] = (uint32_t)i;
	fitting = reallocarray(found, n + 1, sizeof(*found));
	*ret = fitting ? fitting : found;
	*count = n;
	return 0;
}

/* The consumer's first call of those that were not made again later. */
static uint32_t find_consumer_init(const struct gw_boot_model *model, const struct gw_party *party)
{
	for (size_t i = 0; i < model->n_inits; i++)
		if (!model->inits[i].again && party_has_init(model, party, &model->inits[i]))
			return (uint32_t)i;
	return GW_BOOT_NOTHING;
}

/* The call after which the supplier was there; of those that failed the first, if none went well. */
static uint32_t find_supplier_init(const struct gw_boot_model *model, const struct gw_party *party)
{
	uint32_t found = GW_BOOT_NOTHING;

	for (size_t i = 0; i < model->n_inits; i++) {
		if (!party_has_init(model, party, &model->inits[i]))
			continue;
		if (model->inits[i].ended && model->inits[i].result == 0)
			return (uint32_t)i;
		found = found == GW_BOOT_NOTHING ? (uint32_t)i : found;
	}
	return found;
}

static uint32_t find_builtin(const struct gw_boot *boot, const struct gw_party *party)
{
	for (size_t i = 0; party->initcalls && i < boot->n_builtins; i++)
		if (gw_party_has(party->initcalls, gw_boot_name(boot, boot->builtins[i].function)))
			return (uint32_t)i;
	return GW_BOOT_NOTHING;
}

/* A module of the party that is loaded or built in, or else one that could be. */
static uint32_t find_module(const struct gw_boot_model *model, const struct gw_party *party)
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

static int add_pair(struct gw_boot_model *model, const struct gw_dependency *entry)
{
	struct gw_boot_pair *pair = &model->pairs[model->n_pairs++];

	*pair = (struct gw_boot_pair){
		.entry = entry,
		.consumer_init = find_consumer_init(model, &entry->consumer),
		.supplier_init = find_supplier_init(model, &entry->supplier),
		.consumer_builtin = find_builtin(model->boot, &entry->consumer),
		.supplier_builtin = find_builtin(model->boot, &entry->supplier),
		.consumer_module = find_module(model, &entry->consumer),
		.supplier_module = find_module(model, &entry->supplier),
	};
	if (find_devices(model, &entry->consumer, &pair->consumers, &pair->n_consumers) < 0)
		return -ENOMEM;
	return find_devices(model, &entry->supplier, &pair->suppliers, &pair->n_suppliers);
}

int gw_boot_pairs_build(struct gw_boot_model *model)
{
	const struct gw_dependency *entries = NULL;
	size_t count = gw_boot_dependencies(model->boot, &entries);

	model->pairs = calloc(count + 1, sizeof(*model->pairs));
	if (!model->pairs)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++)
		if (gw_dependency_for_kernel(&entries[i], model->boot->host.kernel) && add_pair(model, &entries[i]) < 0)
			return -ENOMEM;
	return 0;
}
