/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The table of dependencies: its language, see gpuwatch-dependencies(5), and what is asked of it. */
#include "lib/boot/table/dependencies.h"

#include <errno.h>
#include <fnmatch.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/array.h"
#include "lib/base/cleanup.h"
#include "lib/base/ini.h"
#include "lib/base/module-name.h"
#include "lib/report/kernel-range.h"

#define ID_SIZE 64
#define ENTRIES_MAX 4096
#define ITEMS_MAX 256 /* of a list */

struct gw_depends {
	struct gw_dependency *entries;
	size_t count, allocated;
};

/* ---- keys ------------------------------------------------------------------------------------ */

enum key_type { TEXT, LIST, PATH, BOOL, KERNELS };

struct key {
	const char *name;
	enum key_type type;
	size_t offset; /* of its member in struct gw_dependency */
};

#define MEMBER(name) offsetof(struct gw_dependency, name)

static const struct key keys[] = {
	{ "Consumer", TEXT, MEMBER(consumer.name) },
	{ "ConsumerInitcalls", LIST, MEMBER(consumer.initcalls) },
	{ "ConsumerModules", LIST, MEMBER(consumer.modules) },
	{ "ConsumerDrivers", LIST, MEMBER(consumer.drivers) },
	{ "ConsumerDevices", LIST, MEMBER(consumer.devices) },
	{ "Supplier", TEXT, MEMBER(supplier.name) },
	{ "SupplierInitcalls", LIST, MEMBER(supplier.initcalls) },
	{ "SupplierModules", LIST, MEMBER(supplier.modules) },
	{ "SupplierDrivers", LIST, MEMBER(supplier.drivers) },
	{ "SupplierDevices", LIST, MEMBER(supplier.devices) },
	{ "Feature", TEXT, MEMBER(feature.name) },
	{ "FeaturePath", PATH, MEMBER(feature.path) },
	{ "FeatureIOMMUGroup", BOOL, MEMBER(feature.iommu_group) },
	{ "Optional", BOOL, MEMBER(optional) },
	{ "Kernels", KERNELS, MEMBER(kernels) },
	{ "Why", TEXT, MEMBER(why) },
	{ "Source", TEXT, MEMBER(source) },
};

#define N_KEYS (sizeof(keys) / sizeof(keys[0]))

static const struct key *depends_find_key(const char *name)
{
	for (size_t i = 0; i < N_KEYS; i++)
		if (strcmp(keys[i].name, name) == 0)
			return &keys[i];
	return NULL;
}

static char **depends_text_member(struct gw_dependency *entry, const struct key *key)
{
	return (char **)((char *)entry + key->offset);
}

static char ***depends_list_member(struct gw_dependency *entry, const struct key *key)
{
	return (char ***)((char *)entry + key->offset);
}

static void depends_entry_deinit(struct gw_dependency *entry)
{
	for (size_t i = 0; i < N_KEYS; i++) {
		char **list;

		if (keys[i].type == LIST) {
			list = *depends_list_member(entry, &keys[i]);
			for (size_t k = 0; list && list[k]; k++)
				free(list[k]);
			free(list);
		} else if (keys[i].type != BOOL) {
			free(*depends_text_member(entry, &keys[i]));
		}
	}
	free((char *)entry->id);
	*entry = (struct gw_dependency){ .id = NULL };
}

int gw_depends_new(struct gw_depends **ret)
{
	*ret = calloc(1, sizeof(**ret));
	return *ret ? 0 : -ENOMEM;
}

void gw_depends_free(struct gw_depends *depends)
{
	if (!depends)
		return;
	for (size_t i = 0; i < depends->count; i++)
		depends_entry_deinit(&depends->entries[i]);
	free(depends->entries);
	free(depends);
}

size_t gw_depends_list(const struct gw_depends *depends, const struct gw_dependency **ret)
{
	*ret = depends->entries;
	return depends->count;
}

bool gw_dependency_for_kernel(const struct gw_dependency *dependency, const char *release)
{
	return !dependency->kernels || gw_kernel_range_has(dependency->kernels, release);
}

/* ---- patterns -------------------------------------------------------------------------------------- */

bool gw_party_has(char *const *patterns, const char *name)
{
	for (; patterns && *patterns; patterns++)
		if (fnmatch(*patterns, name, 0) == 0)
			return true;
	return false;
}

bool gw_party_has_module(const struct gw_party *party, const char *module)
{
	char name[256], pattern[256];

	if (!gw_module_name(name, sizeof(name), module, strlen(module)))
		return false;
	for (char **patterns = party->modules; patterns && *patterns; patterns++)
		if (gw_module_name(pattern, sizeof(pattern), *patterns, strlen(*patterns)) &&
		    fnmatch(pattern, name, 0) == 0)
			return true;
	return false;
}

/* ---- complaints ------------------------------------------------------------------------------------ */

struct parser {
	struct gw_depends *depends;
	const char *file;
	unsigned int line;
	gw_depends_complain complain;
	void *userdata;
	int errors;
	bool no_memory;

	struct gw_dependency draft; /* of the section that is being read; id NULL: none, or not a good one */
	unsigned int section_line;
	bool in_section, spoilt, empty;
};

_printf_(3, 4) static void depends_complain_at(struct parser *parser, unsigned int line, const char *format, ...)
{
	char message[1024];
	va_list arguments;
	int n;

	parser->errors++;
	parser->spoilt = true;
	if (!parser->complain)
		return;
	n = snprintf(message, sizeof(message), "%.200s:%u: ", parser->file, line);
	va_start(arguments, format);
	vsnprintf(message + n, sizeof(message) - (size_t)n, format, arguments);
	va_end(arguments);
	parser->complain(message, parser->userdata);
}

#define complain(parser, ...) depends_complain_at(parser, (parser)->line, __VA_ARGS__)

/* ---- values ------------------------------------------------------------------------------------------ */

static void depends_set_text(struct parser *parser, const struct key *key, const char *value)
{
	char **member = depends_text_member(&parser->draft, key);

	if (*member) {
		complain(parser, "%s= is given twice in [%s], leave one", key->name, parser->draft.id);
		return;
	}
	*member = strdup(value);
	parser->no_memory |= !*member;
}

/* Adds the blank-separated items of @value. */
static void depends_add_items(struct parser *parser, const struct key *key, char *value)
{
	char ***member = depends_list_member(&parser->draft, key), *save = NULL;
	size_t count = 0;

	while (*member && (*member)[count])
		count++;
	for (char *item = strtok_r(value, " \t", &save); item; item = strtok_r(NULL, " \t", &save)) {
		char **list;

		if (count == ITEMS_MAX) {
			complain(parser, "%s= has more than %d names, use a pattern such as foo*", key->name,
				 ITEMS_MAX);
			return;
		}
		list = reallocarray(*member, count + 2, sizeof(*list));
		if (list) {
			*member = list;
			list[count] = strdup(item);
			list[count + 1] = NULL;
		}
		if (!list || !list[count]) {
			parser->no_memory = true;
			return;
		}
		count++;
	}
}

static void depends_set_bool(struct parser *parser, const struct key *key, const char *value)
{
	bool *member = (bool *)((char *)&parser->draft + key->offset);

	if (strcmp(value, "yes") != 0 && strcmp(value, "no") != 0)
		complain(parser, "%s=%s: write yes or no", key->name, value);
	else
		*member = strcmp(value, "yes") == 0;
}

static void depends_set_value(struct parser *parser, const struct key *key, char *value)
{
	switch (key->type) {
	case LIST:
		depends_add_items(parser, key, value);
		return;
	case BOOL:
		depends_set_bool(parser, key, value);
		return;
	case PATH:
		if (value[0] != '/') {
			complain(parser, "%s=%s: write an absolute path, such as /dev/kfd", key->name, value);
			return;
		}
		break;
	case KERNELS:
		if (!gw_kernel_range_valid(value)) {
			complain(parser, "%s=%s: write a range of versions, such as 4.20-6.6, 6.7- or -6.6", key->name,
				 value);
			return;
		}
		break;
	case TEXT:
		break;
	}
	depends_set_text(parser, key, value);
}

/* ---- entries ------------------------------------------------------------------------------------------- */

static bool depends_party_has_names(const struct gw_party *party)
{
	return party->initcalls || party->modules || party->drivers || party->devices;
}

/* What an entry must have. */
static void depends_check_entry(struct parser *parser)
{
	const struct gw_dependency *draft = &parser->draft;
	const char *missing = !draft->consumer.name   ? "Consumer="
			      : !draft->supplier.name ? "Supplier="
			      : !draft->why	      ? "Why="
			      : !draft->source	      ? "Source="
						      : NULL;

	if (missing)
		depends_complain_at(parser, parser->section_line, "[%s] has no %s, add it", draft->id, missing);
	if (!depends_party_has_names(&draft->consumer))
		depends_complain_at(
			parser, parser->section_line,
			"[%s] does not name the consumer, add ConsumerModules=, ConsumerDrivers=, ConsumerInitcalls= or ConsumerDevices=",
			draft->id);
	if (!depends_party_has_names(&draft->supplier))
		depends_complain_at(
			parser, parser->section_line,
			"[%s] does not name the supplier, add SupplierModules=, SupplierDrivers=, SupplierInitcalls= or SupplierDevices=",
			draft->id);
	if (!draft->feature.name && (draft->feature.path || draft->feature.iommu_group))
		depends_complain_at(parser, parser->section_line,
				    "[%s] does not name the feature, add Feature=", draft->id);
}

static size_t depends_find_entry(const struct gw_depends *depends, const char *id)
{
	size_t i;

	for (i = 0; i < depends->count; i++)
		if (strcmp(depends->entries[i].id, id) == 0)
			break;
	return i;
}

static void depends_remove_entry(struct gw_depends *depends, const char *id)
{
	size_t i = depends_find_entry(depends, id);

	if (i == depends->count)
		return;
	depends_entry_deinit(&depends->entries[i]);
	depends->count--;
	memmove(&depends->entries[i], &depends->entries[i + 1], (depends->count - i) * sizeof(*depends->entries));
}

/* Takes the draft; it keeps the place of the one that it replaces. */
static void depends_put_entry(struct parser *parser)
{
	struct gw_depends *depends = parser->depends;
	size_t i = depends_find_entry(depends, parser->draft.id);

	if (i == ENTRIES_MAX) {
		depends_complain_at(parser, parser->section_line, "more than %d entries, remove some", ENTRIES_MAX);
		return;
	}
	if (gw_array_reserve(depends->entries, i, depends->allocated, 1) < 0) {
		parser->no_memory = true;
		return;
	}
	if (i < depends->count)
		depends_entry_deinit(&depends->entries[i]);
	else
		depends->count++;
	depends->entries[i] = parser->draft;
	parser->draft = (struct gw_dependency){ .id = NULL };
}

static void depends_end_section(struct parser *parser)
{
	if (parser->draft.id && !parser->spoilt) {
		if (parser->empty)
			depends_remove_entry(parser->depends, parser->draft.id);
		else
			depends_check_entry(parser);
		if (!parser->empty && !parser->spoilt)
			depends_put_entry(parser);
	}
	depends_entry_deinit(&parser->draft);
	parser->spoilt = false;
}

/* ---- lines --------------------------------------------------------------------------------------------- */

/* Control characters have no place in names and sentences, and would come out again on terminals and in JSON. */
static const struct gw_ini_rules rules = { .line_max = GW_INI_LINE_MAX, .no_control = true };

static bool depends_is_id(const char *name)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";

	return strlen(name) < ID_SIZE && strspn(name, allowed) == strlen(name);
}

static void depends_section(struct parser *parser, const struct gw_ini_line *line)
{
	depends_end_section(parser);
	parser->in_section = true;
	parser->empty = true;
	parser->section_line = line->number;
	if (line->kind == GW_INI_NO_SECTION || !depends_is_id(line->name)) {
		complain(parser, "'%.80s' is not a [name], write letters, digits, '.', '_' and '-' in brackets",
			 line->text);
		return;
	}
	parser->draft.id = strdup(line->name);
	parser->no_memory |= !parser->draft.id;
}

static void depends_assignment(struct parser *parser, const struct gw_ini_line *line)
{
	const struct key *key;

	if (!parser->in_section) {
		complain(parser, "'%.80s' stands before any [name], put it into an entry", line->text);
		return;
	}
	parser->empty = false;
	if (!parser->draft.id) /* has been complained about */
		return;
	if (line->kind == GW_INI_NO_LINE) {
		complain(parser, "'%.80s' is neither [name] nor Key=Value", line->text);
		return;
	}
	key = depends_find_key(line->name);
	if (!key)
		complain(parser, "unknown key '%.80s', see gpuwatch-dependencies(5) for those that there are",
			 line->name);
	else if (!line->value[0])
		complain(parser, "%s= is empty, remove the line", key->name);
	else
		depends_set_value(parser, key, line->value);
}

static int depends_line(const struct gw_ini_line *line, void *userdata)
{
	struct parser *parser = userdata;

	parser->line = line->number;
	switch (line->kind) {
	case GW_INI_SECTION:
	case GW_INI_NO_SECTION:
		depends_section(parser, line);
		break;
	case GW_INI_ASSIGNMENT:
	case GW_INI_NO_LINE:
		depends_assignment(parser, line);
		break;
	case GW_INI_TOO_LONG:
		complain(parser, "line is longer than %zu bytes, shorten it", rules.line_max);
		parser->empty = false;
		break;
	case GW_INI_NOT_PRINTABLE:
		complain(parser, "line contains control characters, remove them");
		parser->empty = false;
		break;
	}
	return parser->no_memory ? -ENOMEM : 0;
}

int gw_depends_parse(struct gw_depends *depends, const char *name, const char *text, size_t size,
		     gw_depends_complain complaint, void *userdata)
{
	struct parser parser = {
		.depends = depends,
		.file = name,
		.complain = complaint,
		.userdata = userdata,
	};

	gw_ini_read(text, size, &rules, depends_line, &parser);
	if (parser.no_memory)
		depends_entry_deinit(&parser.draft);
	else
		depends_end_section(&parser);
	return parser.no_memory ? -ENOMEM : parser.errors;
}
