/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A report's class, the functions and modules on its tasks' stacks, and its kernel, held against each entry. */
#include "lib/report/known.h"

#include <errno.h>
#include <fnmatch.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/array.h"
#include "lib/base/ini.h"
#include "lib/base/json.h"
#include "lib/report/kernel-range.h"
#include "lib/report/report.h"

#define ENTRIES_MAX 4096

/* Values as they are in the file; lists are separated by blanks. */
enum known_key {
	KNOWN_CLASS,
	KNOWN_FUNCTIONS,
	KNOWN_MODULES,
	KNOWN_KERNELS,
	KNOWN_WHAT,
	KNOWN_LINK,
	KNOWN_FIXED_IN,
	KNOWN_WORKAROUND,
	KNOWN_KEYS
};

static const char *const key_names[KNOWN_KEYS] = {
	[KNOWN_CLASS] = "Class",      [KNOWN_FUNCTIONS] = "Functions",
	[KNOWN_MODULES] = "Modules",  [KNOWN_KERNELS] = "Kernels",
	[KNOWN_WHAT] = "What",	      [KNOWN_LINK] = "Link",
	[KNOWN_FIXED_IN] = "FixedIn", [KNOWN_WORKAROUND] = "Workaround",
};

struct known_entry {
	char *id;
	char *values[KNOWN_KEYS]; /* NULL = not given */
};

struct gw_known {
	struct known_entry *entries;
	size_t count, allocated;
};

int gw_known_new(struct gw_known **ret)
{
	*ret = calloc(1, sizeof(**ret));
	return *ret ? 0 : -ENOMEM;
}

static void known_entry_clear(struct known_entry *entry)
{
	free(entry->id);
	for (size_t i = 0; i < KNOWN_KEYS; i++)
		free(entry->values[i]);
	*entry = (struct known_entry){ .id = NULL };
}

void gw_known_free(struct gw_known *known)
{
	if (!known)
		return;
	for (size_t i = 0; i < known->count; i++)
		known_entry_clear(&known->entries[i]);
	free(known->entries);
	free(known);
}

/* ---- the file ----------------------------------------------------------------------------------------------- */

struct known_parser {
	struct gw_known *known;
	const char *file;
	gw_known_complain complain;
	void *userdata;
	struct known_entry draft; /* of the section that is being read; id NULL = none */
	unsigned int line;
	bool spoilt;
	int errors;
};

static void known_complain(struct known_parser *parser, const char *what, const char *about)
{
	char message[1024];

	parser->errors++;
	parser->spoilt = true;
	snprintf(message, sizeof(message), "%.200s:%u: %.400s: %s", parser->file, parser->line, about, what);
	if (parser->complain)
		parser->complain(message, parser->userdata);
}

static struct known_entry *known_find(struct gw_known *known, const char *id)
{
	for (size_t i = 0; i < known->count; i++)
		if (strcmp(known->entries[i].id, id) == 0)
			return &known->entries[i];
	return NULL;
}

static void known_remove(struct gw_known *known, struct known_entry *entry)
{
	size_t index = (size_t)(entry - known->entries);

	known_entry_clear(entry);
	memmove(entry, entry + 1, (known->count - index - 1) * sizeof(*entry));
	known->count--;
}

static bool known_draft_is_empty(const struct known_entry *draft)
{
	for (size_t i = 0; i < KNOWN_KEYS; i++)
		if (draft->values[i])
			return false;
	return true;
}

/* What says nothing about a report would be about each. */
static void known_check(struct known_parser *parser)
{
	char *const *values = parser->draft.values;

	if (!values[KNOWN_WHAT])
		known_complain(parser, "has no What=, add it", parser->draft.id);
	else if (!values[KNOWN_FUNCTIONS] && !values[KNOWN_MODULES])
		known_complain(parser, "has neither Functions= nor Modules=, add one", parser->draft.id);
}

static int known_end_section(struct known_parser *parser)
{
	struct gw_known *known = parser->known;
	struct known_entry *old = parser->draft.id ? known_find(known, parser->draft.id) : NULL;
	bool empty = known_draft_is_empty(&parser->draft);

	if (parser->draft.id && !empty && !parser->spoilt)
		known_check(parser);
	if (parser->draft.id && !parser->spoilt) {
		if (old && empty) {
			known_remove(known, old);
		} else if (old) {
			known_entry_clear(old);
			*old = parser->draft;
			parser->draft = (struct known_entry){ .id = NULL };
		} else if (!empty && known->count < ENTRIES_MAX) {
			if (gw_array_reserve(known->entries, known->count, known->allocated, 1) < 0)
				return -ENOMEM;
			known->entries[known->count++] = parser->draft;
			parser->draft = (struct known_entry){ .id = NULL };
		}
	}
	known_entry_clear(&parser->draft);
	parser->spoilt = false;
	return 0;
}

/* The first item of a list that is no class, or NULL. Ends the item with a NUL. */
static const char *known_bad_class(char *list)
{
	char *save = NULL;

	for (char *item = strtok_r(list, " \t", &save); item; item = strtok_r(NULL, " \t", &save))
		if (gw_class_from_name(item) < 0)
			return item;
	return NULL;
}

static int known_assign(struct known_parser *parser, const struct gw_ini_line *line)
{
	size_t key = 0;
	char *value;

	while (key < KNOWN_KEYS && strcmp(key_names[key], line->name) != 0)
		key++;
	if (!parser->draft.id)
		return known_complain(parser, "stands in no section, put [NAME] before it", line->name), 0;
	if (key == KNOWN_KEYS)
		return known_complain(parser, "is no key of this file, see gpuwatch-known-hangs(5)", line->name), 0;
	if (!line->value[0])
		return known_complain(parser, "is empty, remove the line", line->name), 0;
	if (parser->draft.values[key])
		return known_complain(parser, "is given twice, leave one", line->name), 0;
	if (key == KNOWN_KERNELS && !gw_kernel_range_valid(line->value))
		return known_complain(parser, "write a range of versions, such as 4.20-6.6, 6.7- or -6.6", line->value),
		       0;
	value = strdup(line->value);
	if (!value)
		return -ENOMEM;
	parser->draft.values[key] = value;
	if (key == KNOWN_CLASS) {
		const char *bad = known_bad_class(line->value);

		if (bad)
			known_complain(parser, "is no class of a report", bad);
	}
	return 0;
}

static int known_line(const struct gw_ini_line *line, void *userdata)
{
	struct known_parser *parser = userdata;
	int r = 0;

	parser->line = line->number;
	switch (line->kind) {
	case GW_INI_SECTION:
		r = known_end_section(parser);
		parser->draft.id = strdup(line->name);
		r = r < 0 || !parser->draft.id ? -ENOMEM : 0;
		break;
	case GW_INI_ASSIGNMENT:
		r = known_assign(parser, line);
		break;
	case GW_INI_NO_SECTION:
	case GW_INI_NO_LINE:
		known_complain(parser, "is neither [NAME] nor KEY=VALUE", line->text);
		break;
	case GW_INI_TOO_LONG:
	case GW_INI_NOT_PRINTABLE:
		known_complain(parser, "is too long or not printable", "line");
		break;
	}
	return r;
}

int gw_known_parse(struct gw_known *known, const char *name, const char *text, size_t size, gw_known_complain complain,
		   void *userdata)
{
	static const struct gw_ini_rules rules = { .line_max = GW_INI_LINE_MAX, .no_control = true };
	struct known_parser parser = { .known = known, .file = name, .complain = complain, .userdata = userdata };
	int r = gw_ini_read(text, size, &rules, known_line, &parser);

	r = r ?: known_end_section(&parser);
	known_entry_clear(&parser.draft);
	return r < 0 ? r : parser.errors;
}

/* ---- a report --------------------------------------------------------------------------------------------------- */

/* The next item of a list, copied; false = there is none. One that is longer than @ret is cut, and matches nothing. */
static bool known_next(const char **list, char *ret, size_t size)
{
	size_t length;

	*list += strspn(*list, " \t");
	length = strcspn(*list, " \t");
	snprintf(ret, size, "%.*s", (int)length, *list);
	*list += length;
	return length > 0;
}

static bool known_list_has(const char *list, const char *name)
{
	char item[256];

	while (known_next(&list, item, sizeof(item)))
		if (fnmatch(item, name, 0) == 0)
			return true;
	return false;
}

/* "function+0x1a/0x40 [module]", without what compilers append to a name. */
static void known_split_frame(const char *frame, char *function, char *module, size_t size)
{
	const char *bracket = strchr(frame, '[');

	snprintf(function, size, "%.*s", (int)strcspn(frame, "+ ."), frame);
	snprintf(module, size, "%.*s", bracket ? (int)strcspn(bracket + 1, " ]") : 0, bracket ? bracket + 1 : "");
}

/* Whether a pattern is that of a function, or a module's, on any stack of the report. */
static bool known_on_stacks(const json_t *report, const char *pattern, enum known_key key)
{
	json_t *nodes = json_object_get(report, "nodes"), *node, *frame;
	char function[256], module[256];
	size_t i, k;

	json_array_foreach(nodes, i, node) {
		json_t *stack = json_object_get(node, "stack");

		json_array_foreach(stack, k, frame) {
			const char *text = json_string_value(frame);

			known_split_frame(text ? text : "", function, module, sizeof(function));
			if (fnmatch(pattern, key == KNOWN_FUNCTIONS ? function : module, 0) == 0)
				return true;
		}
	}
	return false;
}

/* All functions have to be there, and one of the modules. */
static bool known_has_items(const struct known_entry *entry, enum known_key key, const json_t *report)
{
	const char *list = entry->values[key];
	bool all = true, any = false;
	char item[256];

	if (!list)
		return true;
	while (known_next(&list, item, sizeof(item))) {
		bool found = known_on_stacks(report, item, key);

		all &= found;
		any |= found;
	}
	return key == KNOWN_FUNCTIONS ? all : any;
}

static bool known_is_about(const struct known_entry *entry, const json_t *report)
{
	const char *classes = entry->values[KNOWN_CLASS], *kernels = entry->values[KNOWN_KERNELS];

	if (classes && !known_list_has(classes, gw_json_string(report, "class")))
		return false;
	if (kernels && !gw_kernel_range_has(kernels, gw_json_string(report, "kernel")))
		return false;
	return known_has_items(entry, KNOWN_MODULES, report) && known_has_items(entry, KNOWN_FUNCTIONS, report);
}

static json_t *known_text(const struct known_entry *entry, enum known_key key)
{
	return gw_json_text(entry->values[key] ? entry->values[key] : "");
}

int gw_known_annotate(const struct gw_known *known, json_t *report)
{
	for (size_t i = 0; known && i < known->count; i++) {
		const struct known_entry *entry = &known->entries[i];
		json_t *object;

		if (!known_is_about(entry, report))
			continue;
		object =
			json_pack("{s:o, s:o, s:o, s:o, s:o}", "id", gw_json_text(entry->id), "what",
				  known_text(entry, KNOWN_WHAT), "link", known_text(entry, KNOWN_LINK), "fixed_in",
				  known_text(entry, KNOWN_FIXED_IN), "workaround", known_text(entry, KNOWN_WORKAROUND));
		return json_object_set_new(report, "known", object) < 0 ? -ENOMEM : 0;
	}
	return 0;
}
