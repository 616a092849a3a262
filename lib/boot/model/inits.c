/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Initcalls and the loading of modules; the init function of a module is both, and counts once. */
#include "lib/boot/model/inits.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/array.h"

/* What several sources, or several lines of one, say about one call is this close. */
#define SAME_NS 50000000ULL

static bool init_is_event(const struct gw_boot_fact *fact)
{
	return fact->type == GW_BOOT_INITCALL_BEGIN || fact->type == GW_BOOT_INITCALL_END ||
	       fact->type == GW_BOOT_MODULE_BEGIN || fact->type == GW_BOOT_MODULE_END;
}

static bool init_is_module_event(const struct gw_boot_fact *fact)
{
	return fact->type == GW_BOOT_MODULE_BEGIN || fact->type == GW_BOOT_MODULE_END;
}

static bool init_is_begin(const struct gw_boot_fact *fact)
{
	return fact->type == GW_BOOT_MODULE_BEGIN || fact->type == GW_BOOT_INITCALL_BEGIN;
}

static uint32_t init_module_of(const struct gw_boot_fact *fact)
{
	return init_is_module_event(fact) ? fact->subject : fact->other;
}

static uint32_t init_function_of(const struct gw_boot_fact *fact)
{
	return init_is_module_event(fact) ? GW_BOOT_NO_NAME : fact->subject;
}

/* A module has one init function; what is built in goes by its function. */
static uint64_t init_key_of(const struct gw_boot_fact *fact)
{
	return init_module_of(fact) ? gw_boot_pair(0, init_module_of(fact)) : gw_boot_pair(init_function_of(fact), 0);
}

static uint64_t init_distance(uint64_t a, uint64_t b)
{
	return a > b ? a - b : b - a;
}

/* Whether a begin is another word about the same call. */
static bool init_begins_again(const struct gw_boot_init *last, const struct gw_boot_fact *fact)
{
	if (last->begin_ns == GW_BOOT_UNKNOWN || init_distance(last->begin_ns, fact->time_ns) > SAME_NS)
		return false;
	return !last->ended || !(last->sources & 1u << fact->source);
}

static bool init_ends_again(const struct gw_boot_init *last, const struct gw_boot_fact *fact)
{
	if (!last->ended)
		return true;
	return last->result == fact->result && init_distance(last->end_ns, fact->time_ns) <= SAME_NS;
}

/* The init that the fact is about: the last one of its key if that fits, or a new one. */
static struct gw_boot_init *inits_find_or_add(struct gw_boot_model *model, struct gw_boot_map *map,
					      const struct gw_boot_fact *fact)
{
	uint32_t known = gw_boot_map_get(map, init_key_of(fact));

	if (known != GW_BOOT_NOT_FOUND) {
		struct gw_boot_init *last = &model->inits[known];

		if (init_is_begin(fact) ? init_begins_again(last, fact) : init_ends_again(last, fact))
			return last;
		last->again = true;
	}
	if (gw_array_reserve(model->inits, model->n_inits, model->allocated_inits, 1) < 0 ||
	    gw_boot_map_set(map, init_key_of(fact), (uint32_t)model->n_inits) < 0)
		return NULL;
	model->inits[model->n_inits] = (struct gw_boot_init){
		.begin_ns = GW_BOOT_UNKNOWN,
		.end_ns = GW_BOOT_UNKNOWN,
		.module = init_module_of(fact),
		.builtin = GW_BOOT_NOTHING,
	};
	return &model->inits[model->n_inits++];
}

static void init_read_fact(struct gw_boot_init *init, const struct gw_boot_fact *fact)
{
	uint64_t begin = GW_BOOT_UNKNOWN;

	init->sources |= (uint8_t)(1u << fact->source);
	init->function = init->function ? init->function : init_function_of(fact);
	init->pid = init->pid ? init->pid : fact->pid;
	if (init_is_begin(fact)) {
		begin = fact->time_ns;
	} else if (!init->ended) {
		init->ended = true;
		init->result = fact->result;
		init->end_ns = fact->time_ns;
		if (fact->duration_ns)
			begin = fact->duration_ns < fact->time_ns ? fact->time_ns - fact->duration_ns : 0;
	}
	if (init->begin_ns == GW_BOOT_UNKNOWN)
		init->begin_ns = begin;
}

static int init_compare(const void *a, const void *b)
{
	const struct gw_boot_init *x = a, *y = b;
	uint64_t at_x = x->begin_ns != GW_BOOT_UNKNOWN ? x->begin_ns : x->end_ns;
	uint64_t at_y = y->begin_ns != GW_BOOT_UNKNOWN ? y->begin_ns : y->end_ns;

	return at_x < at_y ? -1 : at_x > at_y;
}

static int inits_find_builtins(struct gw_boot_model *model)
{
	struct gw_boot_map map = { .slots = NULL };
	int r = 0;

	for (size_t i = model->evidence->n_builtins; i-- > 0 && r == 0;)
		r = gw_boot_map_set(&map, model->evidence->builtins[i].function, (uint32_t)i);
	for (size_t i = 0; i < model->n_inits; i++)
		if (!model->inits[i].module)
			model->inits[i].builtin = gw_boot_map_get(&map, model->inits[i].function);
	gw_boot_map_deinit(&map);
	return r;
}

int gw_boot_inits_build(struct gw_boot_model *model)
{
	struct gw_boot_map map = { .slots = NULL };
	struct gw_boot_init *init;
	int r = 0;

	for (size_t i = 0; i < model->n_facts && r == 0; i++) {
		if (!init_is_event(&model->facts[i]) || !model->facts[i].subject)
			continue;
		init = inits_find_or_add(model, &map, &model->facts[i]);
		if (init)
			init_read_fact(init, &model->facts[i]);
		else
			r = -ENOMEM;
	}
	gw_boot_map_deinit(&map);
	for (size_t i = 0; i < model->n_inits; i++) {
		model->begun_only += !model->inits[i].ended;
		model->ended_only += model->inits[i].begin_ns == GW_BOOT_UNKNOWN;
	}
	if (model->n_inits)
		qsort(model->inits, model->n_inits, sizeof(*model->inits), init_compare);
	return r ?: inits_find_builtins(model);
}
