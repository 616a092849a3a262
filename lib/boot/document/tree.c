/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Two kinds of trees: of the table's parties, where a supplier of one entry is
 * the consumer of the next, and of devices that links or firmware tie together.
 */
#include "lib/boot/document/tree.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/json.h"
#include "lib/base/text.h"
#include "lib/boot/document/json.h"
#include "lib/boot/evidence/error-names.h"
#include "lib/boot/model/attempts.h"
#include "lib/boot/model/needs.h"

#define DEPTH_MAX 12
/* Nodes in all: chains may be shared by many. */
#define NODES_MAX 4096

struct planting {
	const struct gw_boot_model *model;
	const struct gw_boot_findings *findings;
	const struct gw_boot_relevant *relevant;
	uint32_t nodes;
};

/* What a node shows. */
struct leaf {
	const char *name, *role, *origin, *state;
	uint64_t ready_ns;
	struct gw_text note;
};

/* Takes over the children and the note. */
static json_t *tree_node(struct planting *planting, struct leaf *leaf, json_t *children)
{
	char id[32];
	char *note = gw_text_finish(&leaf->note);
	json_t *node = NULL;

	snprintf(id, sizeof(id), "t%" PRIu32, ++planting->nodes);
	if (note && children)
		node = json_pack("{s:s, s:o, s:s, s:s, s:o, s:s, s:s, s:O}", "id", id, "name", gw_json_text(leaf->name),
				 "role", leaf->role, "state", leaf->state, "ready_ns",
				 gw_boot_json_time(leaf->ready_ns), "note", note, "origin", leaf->origin, "children",
				 children);
	json_decref(children);
	free(note);
	return node;
}

/* ---- devices ------------------------------------------------------------------------------------------- */

static void tree_leaf_from_device(struct leaf *leaf, const struct gw_boot_model *model, uint32_t index)
{
	const struct gw_boot_device *device = &model->devices[index];
	const struct gw_boot_attempt *bound = gw_boot_attempts_current(model, device);
	const struct gw_boot_attempt *last = gw_boot_attempts_last(model, device);

	leaf->name = gw_boot_text(model, device->name);
	leaf->ready_ns = bound ? bound->end_ns : GW_BOOT_UNKNOWN;
	leaf->state = device->bound ? "ready" : device->deferred ? "deferred" : "absent";
	if (device->bound && device->driver)
		gw_text_add(&leaf->note, "driver %s", gw_boot_text(model, device->driver));
	if (device->bound && device->retries)
		gw_text_add(&leaf->note, ", after %" PRIu32 " deferral%s", device->retries,
			    device->retries == 1 ? "" : "s");
	if (device->deferred && device->retries)
		gw_text_add(&leaf->note, "deferred %" PRIu32 " time%s", device->retries,
			    device->retries == 1 ? "" : "s");
	if (!device->bound && !device->deferred && last && last->ended && last->result < 0) {
		leaf->state = "failed";
		gw_text_add(&leaf->note, "%s: ", gw_boot_text(model, last->driver));
		gw_boot_write_result(&leaf->note, last->result);
	} else if (!device->bound && !device->deferred) {
		gw_text_add(&leaf->note, "no driver");
	}
}

static json_t *tree_device_node(struct planting *planting, uint32_t index, const char *origin, int depth);

static json_t *tree_device_children(struct planting *planting, uint32_t index, int depth)
{
	const struct gw_boot_model *model = planting->model;
	const struct gw_boot_device *device = &model->devices[index];
	json_t *children = json_array();

	for (uint32_t i = 0; children && depth < DEPTH_MAX && i < device->n_needs && planting->nodes < NODES_MAX; i++) {
		const struct gw_boot_need *need = &model->needs[device->first_need + i];
		const char *origin = gw_boot_origin_name(need->origin);
		struct leaf missing = {
			.role = "supplier", .origin = origin, .state = "absent", .ready_ns = GW_BOOT_UNKNOWN
		};
		json_t *child;

		if (need->origin == GW_BOOT_BY_TABLE)
			continue; /* the parties' trees have it */
		if (need->supplier != GW_BOOT_NOTHING) {
			child = tree_device_node(planting, need->supplier, origin, depth + 1);
		} else {
			missing.name = gw_boot_text(model, need->supplier_name);
			gw_text_add(&missing.note, "%s",
				    *missing.name == '/' ? "node of the firmware" : "no such device");
			child = tree_node(planting, &missing, json_array());
		}
		if (json_array_append_new(children, child) < 0) {
			json_decref(children);
			return NULL;
		}
	}
	return children;
}

static json_t *tree_device_node(struct planting *planting, uint32_t index, const char *origin, int depth)
{
	struct leaf leaf = { .role = depth ? "supplier" : "consumer", .origin = origin };

	tree_leaf_from_device(&leaf, planting->model, index);
	return tree_node(planting, &leaf, tree_device_children(planting, index, depth));
}

/* ---- parties ------------------------------------------------------------------------------------------- */

/* One side of an entry, as it is on this machine. */
struct side {
	const struct gw_party *party;
	const uint32_t *devices;
	size_t n_devices;
	uint32_t init, builtin, module;
};

static struct side tree_consumer_side(const struct gw_boot_pair *pair)
{
	return (struct side){ &pair->entry->consumer, pair->consumers,	      pair->n_consumers,
			      pair->consumer_init,    pair->consumer_builtin, pair->consumer_module };
}

static struct side tree_supplier_side(const struct gw_boot_pair *pair)
{
	return (struct side){ &pair->entry->supplier, pair->suppliers,	      pair->n_suppliers,
			      pair->supplier_init,    pair->supplier_builtin, pair->supplier_module };
}

static bool tree_module_loaded(const struct gw_boot_model *model, uint32_t module)
{
	return module != GW_BOOT_NOTHING && model->modules[module].state != GW_BOOT_MODULE_AVAILABLE;
}

static bool tree_side_present(const struct gw_boot_model *model, const struct side *side)
{
	return side->n_devices > 0 || side->init != GW_BOOT_NOTHING || side->builtin != GW_BOOT_NOTHING ||
	       tree_module_loaded(model, side->module);
}

/* The first of its devices to be bound, or NULL. */
static const struct gw_boot_attempt *tree_first_bound(const struct gw_boot_model *model, const struct side *side,
						      uint32_t *device)
{
	const struct gw_boot_attempt *first = NULL;

	for (size_t i = 0; i < side->n_devices; i++) {
		const struct gw_boot_attempt *bound =
			gw_boot_attempts_current(model, &model->devices[side->devices[i]]);

		if (bound && (!first || bound->end_ns < first->end_ns)) {
			first = bound;
			*device = side->devices[i];
		}
	}
	return first;
}

static void tree_leaf_from_init(struct leaf *leaf, const struct gw_boot_model *model, const struct side *side)
{
	const struct gw_boot_init *init = side->init == GW_BOOT_NOTHING ? NULL : &model->inits[side->init];

	if (init && init->ended && init->result != 0) {
		leaf->state = "failed";
		gw_text_add(&leaf->note, "%s returned ",
			    gw_boot_text(model, init->function ? init->function : init->module));
		gw_boot_write_result(&leaf->note, init->result);
	} else if (init) {
		leaf->state = "ready";
		leaf->ready_ns = init->end_ns;
		gw_text_add(&leaf->note, init->module ? "module %s" : "%s",
			    gw_boot_text(model, init->module ? init->module : init->function));
	} else if (side->builtin != GW_BOOT_NOTHING) {
		leaf->state = "ready";
		gw_text_add(&leaf->note, "%s, built in",
			    gw_boot_text(model, model->evidence->builtins[side->builtin].function));
	} else if (tree_module_loaded(model, side->module)) {
		leaf->state = "ready";
		gw_text_add(&leaf->note, "module %s", gw_boot_text(model, model->modules[side->module].name));
	} else if (side->module != GW_BOOT_NOTHING) {
		leaf->state = "absent";
		gw_text_add(&leaf->note, "module %s is not loaded",
			    gw_boot_text(model, model->modules[side->module].name));
	} else {
		leaf->state = "absent";
		gw_text_add(&leaf->note, "not on this machine");
	}
}

static void tree_leaf_from_side(struct leaf *leaf, const struct gw_boot_model *model, const struct side *side)
{
	uint32_t device = GW_BOOT_NOTHING;
	const struct gw_boot_attempt *bound = tree_first_bound(model, side, &device);

	leaf->name = side->party->name;
	leaf->ready_ns = bound ? bound->end_ns : GW_BOOT_UNKNOWN;
	if (side->n_devices == 0) {
		tree_leaf_from_init(leaf, model, side);
		return;
	}
	if (device == GW_BOOT_NOTHING)
		device = side->devices[0];
	leaf->state = model->devices[device].bound ? "ready" : model->devices[device].deferred ? "deferred" : "absent";
	gw_text_add(&leaf->note, "%s", gw_boot_device_name(model, device));
	if (side->n_devices > 1)
		gw_text_add(&leaf->note, " and %zu more", side->n_devices - 1);
}

/* What a report says of the entry outweighs that both are ready. */
static void tree_apply_findings(struct leaf *leaf, const struct gw_boot_findings *findings,
				const struct gw_boot_pair *pair)
{
	for (size_t i = 0; i < findings->count; i++) {
		const struct gw_boot_finding *finding = &findings->items[i];

		if (finding->entry != pair->entry || finding->resolved_ns)
			continue;
		if (finding->effect == GW_BOOT_FRAGILE && strcmp(leaf->state, "ready") == 0)
			leaf->state = "fragile";
		if (finding->class == GW_CLASS_INITCALL_ORDER)
			gw_text_add(&leaf->note, finding->effect == GW_BOOT_FRAGILE ? "; in order by linking only"
										    : "; after its consumer");
		else if (finding->class == GW_CLASS_PROBED_BEFORE_SUPPLIER)
			gw_text_add(&leaf->note, "; after its consumer");
		else if (finding->class == GW_CLASS_PROBE_OVERLAP)
			gw_text_add(&leaf->note, "; not ready when its consumer was probed");
	}
}

static json_t *tree_party_children(struct planting *planting, const char *name, int depth)
{
	const struct gw_boot_model *model = planting->model;
	json_t *children = json_array();

	for (size_t i = 0; children && depth < DEPTH_MAX && i < model->n_pairs && planting->nodes < NODES_MAX; i++) {
		const struct gw_boot_pair *pair = &model->pairs[i];
		struct side side = tree_supplier_side(pair);
		struct leaf leaf = { .role = "supplier", .origin = "table" };

		if (strcmp(pair->entry->consumer.name, name) != 0 ||
		    (pair->entry->optional && !tree_side_present(model, &side)))
			continue;
		tree_leaf_from_side(&leaf, model, &side);
		tree_apply_findings(&leaf, planting->findings, pair);
		if (json_array_append_new(children,
					  tree_node(planting, &leaf,
						    tree_party_children(planting, side.party->name, depth + 1))) < 0) {
			json_decref(children);
			return NULL;
		}
	}
	return children;
}

/* A consumer that is here, that no other entry has as its supplier, and that no earlier entry named. */
static bool tree_is_root(const struct gw_boot_model *model, size_t index)
{
	const char *name = model->pairs[index].entry->consumer.name;
	struct side side = tree_consumer_side(&model->pairs[index]);

	if (!tree_side_present(model, &side))
		return false;
	for (size_t i = 0; i < model->n_pairs; i++) {
		const struct gw_boot_pair *other = &model->pairs[i];
		struct side consumer = tree_consumer_side(other);

		if (i < index && strcmp(other->entry->consumer.name, name) == 0 && tree_side_present(model, &consumer))
			return false;
		if (i != index && strcmp(other->entry->supplier.name, name) == 0 && tree_side_present(model, &consumer))
			return false;
	}
	return true;
}

static int tree_add_parties(struct planting *planting, json_t *tree)
{
	const struct gw_boot_model *model = planting->model;

	for (size_t i = 0; i < model->n_pairs && planting->nodes < NODES_MAX; i++) {
		struct side side = tree_consumer_side(&model->pairs[i]);
		struct leaf leaf = { .role = "consumer", .origin = "" };

		if (!tree_is_root(model, i))
			continue;
		tree_leaf_from_side(&leaf, model, &side);
		if (json_array_append_new(
			    tree, tree_node(planting, &leaf, tree_party_children(planting, side.party->name, 1))) < 0)
			return -1;
	}
	return 0;
}

/* ---- all ----------------------------------------------------------------------------------------------- */

/* Devices that others on show need: they are not roots. */
static bool *tree_find_suppliers(const struct planting *planting)
{
	const struct gw_boot_model *model = planting->model;
	bool *suppliers = calloc(model->n_devices + 1, sizeof(*suppliers));

	for (size_t i = 0; suppliers && i < model->n_needs; i++)
		if (model->needs[i].supplier != GW_BOOT_NOTHING && model->needs[i].origin != GW_BOOT_BY_TABLE &&
		    planting->relevant->devices[model->needs[i].consumer])
			suppliers[model->needs[i].supplier] = true;
	return suppliers;
}

static bool tree_has_own_needs(const struct gw_boot_model *model, uint32_t index)
{
	const struct gw_boot_device *device = &model->devices[index];

	for (uint32_t i = 0; i < device->n_needs; i++)
		if (model->needs[device->first_need + i].origin != GW_BOOT_BY_TABLE)
			return true;
	return false;
}

static int tree_add_devices(struct planting *planting, json_t *tree)
{
	const struct gw_boot_model *model = planting->model;
	bool *suppliers = tree_find_suppliers(planting);
	int r = suppliers ? 0 : -1;

	for (uint32_t i = 0; i < model->n_devices && r == 0 && planting->nodes < NODES_MAX; i++)
		if (planting->relevant->devices[i] && !suppliers[i] && tree_has_own_needs(model, i))
			r = json_array_append_new(tree, tree_device_node(planting, i, "", 0));
	free(suppliers);
	return r;
}

json_t *gw_boot_tree_json(const struct gw_boot_model *model, const struct gw_boot_findings *findings,
			  const struct gw_boot_relevant *relevant)
{
	struct planting planting = { .model = model, .findings = findings, .relevant = relevant };
	json_t *tree = json_array();

	if (tree && tree_add_parties(&planting, tree) == 0 && tree_add_devices(&planting, tree) == 0)
		return tree;
	json_decref(tree);
	return NULL;
}
