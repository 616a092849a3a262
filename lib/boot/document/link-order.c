/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What only link order holds: the initcalls of a kernel image against the table, no boot needed. */
#include "lib/boot/document/link-order.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/json.h"

#define NO_POSITION SIZE_MAX

struct image {
	const struct gw_initcall *initcalls;
	size_t count;
	const json_t *modules; /* NULL = not known */
};

/* One party: in the image, as a module, or neither. */
struct side {
	const struct gw_party *party;
	size_t position;      /* in the image, or NO_POSITION */
	const json_t *module; /* or NULL */
};

static size_t link_order_position(const struct image *image, const struct gw_party *party)
{
	for (size_t i = 0; party->initcalls && i < image->count; i++)
		if (gw_party_has(party->initcalls, image->initcalls[i].function))
			return i;
	/* A driver that is built in goes by the name that it would have as a module. */
	for (size_t i = 0; party->modules && !party->initcalls && i < image->count; i++)
		if (*image->initcalls[i].module && gw_party_has_module(party, image->initcalls[i].module))
			return i;
	return NO_POSITION;
}

static const json_t *link_order_module(const struct image *image, const struct gw_party *party)
{
	json_t *module;
	size_t i;

	json_array_foreach((json_t *)image->modules, i, module)
		if (*gw_json_string(module, "name") && strcmp(gw_json_string(module, "state"), "builtin") != 0 &&
		    gw_party_has_module(party, gw_json_string(module, "name")))
			return module;
	return NULL;
}

static struct side link_order_side(const struct image *image, const struct gw_party *party)
{
	struct side side = { .party = party, .position = link_order_position(image, party) };

	if (side.position == NO_POSITION)
		side.module = link_order_module(image, party);
	return side;
}

static bool link_order_absent(const struct side *side)
{
	return side->position == NO_POSITION && !side->module;
}

/* ---- what orders two modules ------------------------------------------------------------------------------ */

static bool link_order_names_party(const json_t *list, const struct gw_party *party)
{
	const json_t *item;
	size_t i;

	json_array_foreach((json_t *)list, i, item)
		if (json_is_string(item) && gw_party_has_module(party, json_string_value(item)))
			return true;
	return false;
}

static const json_t *link_order_module_named(const struct image *image, const char *name)
{
	char *names[] = { (char *)name, NULL };
	const struct gw_party party = { .modules = names };

	return link_order_module(image, &party);
}

/* Whether the module depends on one of the party, itself or through what it depends on. Depth is bounded. */
static bool link_order_depends_on(const struct image *image, const json_t *module, const struct gw_party *party,
				  int depth)
{
	const json_t *depends = json_object_get(module, "depends"), *item;
	size_t i;

	if (link_order_names_party(depends, party))
		return true;
	json_array_foreach((json_t *)depends, i, item) {
		const json_t *next = json_is_string(item) && depth > 0
					     ? link_order_module_named(image, json_string_value(item))
					     : NULL;

		if (next && link_order_depends_on(image, next, party, depth - 1))
			return true;
	}
	return false;
}

struct verdict {
	const char *state, *held_by;
};

static struct verdict link_order_judge_modules(const struct image *image, const struct side *consumer,
					       const struct side *supplier)
{
	if (consumer->position != NO_POSITION) /* before any module */
		return (struct verdict){ "reversed", "" };
	if (supplier->position != NO_POSITION)
		return (struct verdict){ "ordered", "level" };
	if (link_order_depends_on(image, consumer->module, supplier->party, 4))
		return (struct verdict){ "module", "depends" };
	if (link_order_names_party(json_object_get(consumer->module, "softdep_pre"), supplier->party) ||
	    link_order_names_party(json_object_get(supplier->module, "softdep_post"), consumer->party))
		return (struct verdict){ "module", "softdep" };
	return (struct verdict){ "unordered", "" };
}

static struct verdict link_order_judge(const struct image *image, const struct side *consumer,
				       const struct side *supplier)
{
	const struct gw_initcall *first, *second;

	if (link_order_absent(consumer) || link_order_absent(supplier))
		return (struct verdict){ "absent", "" };
	if (consumer->position == NO_POSITION || supplier->position == NO_POSITION)
		return link_order_judge_modules(image, consumer, supplier);
	first = &image->initcalls[supplier->position];
	second = &image->initcalls[consumer->position];
	if (consumer->position < supplier->position)
		return (struct verdict){ "reversed", "" };
	if (first->level != second->level || first->sync != second->sync)
		return (struct verdict){ "ordered", "level" };
	return (struct verdict){ "fragile", "link order" };
}

/* ---- words --------------------------------------------------------------------------------------------------- */

static const char *link_order_advice(const struct verdict *verdict, const struct side *consumer,
				     const struct side *supplier)
{
	if (strcmp(verdict->state, "fragile") == 0)
		return "Make the consumer's a late_initcall(), so that the level orders them whatever the Makefiles do.";
	if (strcmp(verdict->state, "unordered") == 0)
		return "Add a softdep line for the two to /etc/modprobe.d, so that modprobe loads the supplier first.";
	if (strcmp(verdict->state, "reversed") != 0)
		return "";
	if (consumer->position != NO_POSITION && supplier->position == NO_POSITION)
		return "Build the supplier in, or the consumer as a module: what is built in always comes first.";
	return "Make the consumer's a late_initcall(), or link the supplier before it.";
}

static json_t *link_order_side_json(const struct image *image, const struct side *side)
{
	const struct gw_initcall *initcall = side->position == NO_POSITION ? NULL : &image->initcalls[side->position];
	const char *module = initcall ? initcall->module : gw_json_string(side->module, "name");

	return json_pack("{s:o, s:o, s:o, s:s, s:o}", "name", gw_json_text(side->party->name), "function",
			 gw_json_text(initcall ? initcall->function : ""), "module", gw_json_text(module ? module : ""),
			 "level", initcall ? gw_initcall_level_name(initcall->level) : "", "position",
			 initcall ? json_integer((json_int_t)side->position) : json_null());
}

static json_t *link_order_pair_json(const struct image *image, const struct gw_dependency *entry)
{
	struct side consumer = link_order_side(image, &entry->consumer),
		    supplier = link_order_side(image, &entry->supplier);
	struct verdict verdict = link_order_judge(image, &consumer, &supplier);

	return json_pack("{s:o, s:o, s:o, s:s, s:s, s:o, s:o, s:s}", "id", gw_json_text(entry->id), "consumer",
			 link_order_side_json(image, &consumer), "supplier", link_order_side_json(image, &supplier),
			 "state", verdict.state, "held_by", verdict.held_by, "why",
			 gw_json_text(entry->why ? entry->why : ""), "source",
			 gw_json_text(entry->source ? entry->source : ""), "advice",
			 link_order_advice(&verdict, &consumer, &supplier));
}

json_t *gw_boot_link_order_json(const struct gw_depends *depends, const struct gw_initcall *initcalls, size_t count,
				const char *kernel, const json_t *modules)
{
	const struct image image = { .initcalls = initcalls, .count = count, .modules = modules };
	const struct gw_dependency *entries = NULL;
	size_t n = depends ? gw_depends_list(depends, &entries) : 0;
	json_t *pairs = json_array();

	for (size_t i = 0; pairs && i < n; i++) {
		if (*kernel && !gw_dependency_for_kernel(&entries[i], kernel))
			continue;
		if (json_array_append_new(pairs, link_order_pair_json(&image, &entries[i])) < 0) {
			json_decref(pairs);
			return NULL;
		}
	}
	return json_pack("{s:s, s:o, s:o, s:o}", "schema", "gpuwatch.link-order.v1", "kernel", gw_json_text(kernel),
			 "initcalls", gw_json_number(count), "pairs", pairs);
}
