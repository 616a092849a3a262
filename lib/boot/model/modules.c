/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Modules of the state, and which of them could drive a device. */
#include "lib/boot/model/modules.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/command-line.h"
#include "lib/base/module-name.h"
#include "lib/boot/model/devices.h"

uint32_t gw_boot_module_find(const struct gw_boot_model *model, const char *name)
{
	char spelled[GW_BOOT_NAME_SIZE];
	uint32_t number;

	gw_module_name(spelled, sizeof(spelled), name, strlen(name));
	number = gw_boot_names_find(&model->evidence->names, spelled);
	return number == GW_BOOT_NOT_FOUND ? GW_BOOT_NOTHING : gw_boot_map_get(&model->module_of, number);
}

static enum gw_boot_module_state module_state_of(const char *state)
{
	if (strcmp(state, "builtin") == 0)
		return GW_BOOT_MODULE_BUILTIN;
	if (strcmp(state, "available") == 0)
		return GW_BOOT_MODULE_AVAILABLE;
	if (strcmp(state, "live") == 0 || strcmp(state, "coming") == 0 || strcmp(state, "going") == 0)
		return GW_BOOT_MODULE_LOADED;
	return GW_BOOT_MODULE_UNKNOWN;
}

/* Adds the items of a list to a set; @spelled: in the one spelling of a module's name. */
static int modules_add_listed(json_t *set, struct gw_parameter list, bool spelled)
{
	char name[GW_BOOT_NAME_SIZE];
	const char *item;
	size_t length;

	while (gw_parameter_next_item(&list, &item, &length)) {
		if (spelled)
			gw_module_name(name, sizeof(name), item, length);
		else
			snprintf(name, sizeof(name), "%.*s", (int)(length < sizeof(name) ? length : 0), item);
		if (json_object_set_new(set, name, json_true()) < 0)
			return -ENOMEM;
	}
	return 0;
}

/*
 * Lists of modprobe.blacklist= (libkmod) add up. Of module_blacklist= the last one counts, and the kernel compares with its
 * own spelling, which has no dash (blacklisted(), kernel/module/main.c). Returns a set of names, NULL when out of memory.
 */
static json_t *modules_blacklist(const char *line)
{
	json_t *set = json_object();
	struct gw_parameter parameter;
	int r = set ? 0 : -ENOMEM;

	if (r >= 0 && gw_command_line_find(line, "module_blacklist", &parameter))
		r = modules_add_listed(set, parameter, false);
	while (r >= 0 && gw_command_line_next(&line, &parameter))
		if (gw_parameter_is(&parameter, "modprobe.blacklist"))
			r = modules_add_listed(set, parameter, true);
	if (r >= 0)
		return set;
	json_decref(set);
	return NULL;
}

static int modules_add(struct gw_boot_model *model, const json_t *json, const json_t *blacklist)
{
	const char *name = json_string_value(json_object_get(json, "name"));
	const char *state = json_string_value(json_object_get(json, "state"));
	char spelled[GW_BOOT_NAME_SIZE];
	struct gw_boot_module *module = &model->modules[model->n_modules];

	if (!name || !*name)
		return 0;
	gw_module_name(spelled, sizeof(spelled), name, strlen(name));
	*module = (struct gw_boot_module){
		.name = gw_boot_names_add(&model->evidence->names, spelled),
		.state = module_state_of(state ? state : ""),
		.blacklisted =
			json_is_true(json_object_get(json, "blacklisted")) || json_object_get(blacklist, spelled),
		.json = json,
	};
	if (module->name == GW_BOOT_NOT_FOUND)
		return -ENOMEM;
	return gw_boot_map_set(&model->module_of, module->name, (uint32_t)model->n_modules++);
}

int gw_boot_modules_build(struct gw_boot_model *model)
{
	json_t *modules = json_object_get(model->evidence->state, "modules"), *json;
	json_t *blacklist = modules_blacklist(gw_boot_evidence_command_line(model->evidence));
	int r = 0;
	size_t i;

	model->modules = calloc(json_array_size(modules) + 1, sizeof(*model->modules));
	if (!model->modules || !blacklist)
		r = -ENOMEM;
	json_array_foreach(modules, i, json)
		if (r >= 0)
			r = modules_add(model, json, blacklist);
	json_decref(blacklist);
	return r < 0 ? r : 0;
}

/* ---- where a driver is to be had --------------------------------------------------------------- */

static uint32_t module_find_candidate(const struct gw_boot_model *model, const char *key)
{
	json_t *list = *key ? json_object_get(json_object_get(model->evidence->state, "candidates"), key) : NULL, *name;
	size_t i;

	json_array_foreach(list, i, name) {
		const char *module = json_string_value(name);
		uint32_t found = module ? gw_boot_module_find(model, module) : GW_BOOT_NOTHING;

		if (found != GW_BOOT_NOTHING)
			return found;
	}
	return GW_BOOT_NOTHING;
}

uint32_t gw_boot_module_candidate(const struct gw_boot_model *model, uint32_t device)
{
	const struct gw_boot_device *it = &model->devices[device];
	uint32_t found = module_find_candidate(model, gw_boot_device_text(it, "modalias"));

	if (found == GW_BOOT_NOTHING)
		found = module_find_candidate(model, gw_boot_device_text(it, "of_node"));
	if (found == GW_BOOT_NOTHING && it->module)
		found = gw_boot_module_find(model, gw_boot_text(model, it->module));
	return found;
}
