/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * initcall-order: a consumer whose init function ran before its supplier's, or
 * ran after it for no other reason than the order in which both were linked.
 * Where both are drivers of devices, the order of probes is what counts.
 */
#include "lib/boot/rules/initcalls.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/boot/model/features.h"
#include "lib/boot/rules/words.h"

/* One side: a call that was seen, or the place in the kernel image. */
struct side {
	const struct gw_boot_init *init;       /* NULL = not seen */
	const struct gw_boot_builtin *builtin; /* NULL = not built in, or the image's initcalls are not known */
	uint32_t init_index;
	bool is_module; /* loaded, or a file */
};

static struct side initcall_side(const struct gw_boot_model *model, uint32_t init, uint32_t builtin, uint32_t module)
{
	struct side side = { .init_index = init };

	if (init != GW_BOOT_NOTHING)
		side.init = &model->inits[init];
	if (side.init && side.init->builtin != GW_BOOT_NOTHING)
		builtin = side.init->builtin;
	if (builtin != GW_BOOT_NOTHING && !(side.init && side.init->module))
		side.builtin = &model->evidence->builtins[builtin];
	side.is_module = side.init ? side.init->module != 0
				   : !side.builtin && module != GW_BOOT_NOTHING &&
					     model->modules[module].state == GW_BOOT_MODULE_LOADED;
	return side;
}

enum verdict {
	VERDICT_NONE, /* in order, or not known */
	VERDICT_FRAGILE,
	VERDICT_REVERSED,
};

/* Both calls were seen. A consumer that had its supplier's module loaded while its own call ran was waiting for it. */
static enum verdict initcall_judge_seen(const struct side *consumer, const struct side *supplier)
{
	if (consumer->init->begin_ns == GW_BOOT_UNKNOWN || supplier->init->end_ns == GW_BOOT_UNKNOWN ||
	    supplier->init->result != 0)
		return VERDICT_NONE;
	if (supplier->init->end_ns <= consumer->init->begin_ns)
		return consumer->builtin && supplier->builtin && consumer->builtin->level == supplier->builtin->level
			       ? VERDICT_FRAGILE
			       : VERDICT_NONE;
	if (consumer->init->end_ns != GW_BOOT_UNKNOWN && supplier->init->begin_ns >= consumer->init->begin_ns &&
	    supplier->init->end_ns <= consumer->init->end_ns)
		return VERDICT_NONE;
	return VERDICT_REVERSED;
}

static enum verdict initcall_judge(const struct side *consumer, const struct side *supplier)
{
	if (consumer->init && supplier->init)
		return initcall_judge_seen(consumer, supplier);
	if (!consumer->builtin || consumer->builtin->level == GW_INITCALL_CONSOLE)
		return VERDICT_NONE;
	if (!supplier->builtin)
		return supplier->is_module ? VERDICT_REVERSED : VERDICT_NONE;
	if (supplier->builtin->level == GW_INITCALL_CONSOLE)
		return VERDICT_NONE;
	if (consumer->builtin < supplier->builtin)
		return VERDICT_REVERSED;
	return consumer->builtin->level == supplier->builtin->level ? VERDICT_FRAGILE : VERDICT_NONE;
}

/* ---- words -------------------------------------------------------------------------------------- */

static const char *initcall_side_name(const struct gw_boot_model *model, const struct side *side)
{
	const char *function = side->init ? gw_boot_text(model, side->init->function) : "";

	if (*function)
		return function;
	if (side->builtin)
		return gw_boot_text(model, side->builtin->function);
	return side->init ? gw_boot_text(model, side->init->module) : "";
}

/* "radeon_module_init of radeon" */
static void initcall_write_side(struct gw_text *text, const struct gw_boot_model *model, const struct gw_party *party,
				const struct side *side)
{
	gw_text_add(text, "%s", party->name);
	if (*initcall_side_name(model, side))
		gw_text_add(text, " (%s)", initcall_side_name(model, side));
}

static void initcall_write_calls(struct gw_text *text, const struct gw_boot_model *model, const struct gw_party *party,
				 const struct side *side)
{
	initcall_write_side(text, model, party, side);
	if (side->init && side->init->begin_ns != GW_BOOT_UNKNOWN) {
		gw_text_add(text, " began at ");
		gw_boot_write_time(text, side->init->begin_ns);
	}
	if (side->init && side->init->ended) {
		gw_text_add(text, "%s ended at ", side->init->begin_ns != GW_BOOT_UNKNOWN ? " and" : "");
		gw_boot_write_time(text, side->init->end_ns);
	}
	if (side->builtin)
		gw_text_add(text, "%s %s initcall %zu of the kernel", side->init ? ", as" : " is",
			    gw_initcall_level_name((enum gw_initcall_level)side->builtin->level),
			    (size_t)(side->builtin - model->evidence->builtins));
	else if (!side->init)
		gw_text_add(text, " is a module");
	gw_text_add(text, ".");
}

static void initcall_write(const struct gw_boot_model *model, struct gw_boot_finding *finding,
			   const struct side *consumer, const struct side *supplier, enum verdict verdict)
{
	const struct gw_dependency *entry = finding->entry;

	initcall_write_side(&finding->summary, model, &entry->consumer, consumer);
	gw_text_add(&finding->summary, verdict == VERDICT_FRAGILE ? " comes after " : " was initialised before ");
	initcall_write_side(&finding->summary, model, &entry->supplier, supplier);
	gw_text_add(&finding->summary,
		    verdict == VERDICT_FRAGILE ? " only because of the order of linking" : ", which it needs");
	if (finding->effect == GW_BOOT_LOST && gw_boot_feature_missing(model, entry, finding->consumer))
		gw_text_add(&finding->summary, ": %s is missing", finding->feature);

	initcall_write_calls(&finding->explanation, model, &entry->consumer, consumer);
	gw_text_add(&finding->explanation, " ");
	initcall_write_calls(&finding->explanation, model, &entry->supplier, supplier);
	if (entry->why)
		gw_text_add(&finding->explanation, " %s", entry->why);
	if (verdict == VERDICT_REVERSED && finding->effect == GW_BOOT_FRAGILE)
		gw_text_add(&finding->explanation,
			    " No device that it concerns is bound on this machine, so nothing was lost.");
	if (verdict == VERDICT_FRAGILE)
		gw_text_add(
			&finding->explanation,
			" It went well in this kernel. Both are of one level, within which only the order of the Makefiles decides.");
}

/* The level after that of a device's initcall is the last one: drivers that others need keep theirs. */
static void initcall_advise(const struct gw_boot_model *model, struct gw_boot_finding *finding,
			    const struct side *consumer, const struct side *supplier, enum verdict verdict)
{
	struct gw_text *advice = &finding->advice;
	const char *function = initcall_side_name(model, consumer);

	if (consumer->init && consumer->init->module && supplier->init && supplier->init->module) {
		gw_text_add(
			advice,
			"Load the supplier first: put \"softdep %s pre: %s\" into /etc/modprobe.d/gpuwatch.conf, and run update-initramfs -u or dracut -f if either is in the initramfs.",
			gw_boot_text(model, consumer->init->module), gw_boot_text(model, supplier->init->module));
	} else if (!supplier->builtin && supplier->is_module) {
		gw_text_add(advice,
			    "Build both in or both as modules: what is built in always comes before all modules.");
	} else {
		gw_text_add(
			advice,
			"%sIn the kernel's source make %s a late_initcall(), or the consumer a module; then the level orders them and not the Makefile.",
			verdict == VERDICT_FRAGILE ? "This kernel needs no action. " : "",
			*function ? function : "the consumer's");
	}
	if (verdict == VERDICT_REVERSED && finding->bus && finding->consumer != GW_BOOT_NOTHING)
		gw_text_add(
			advice,
			" Until then: unbind %s from its driver and bind it again (/sys/bus/%s/drivers/%s/unbind and bind), if nothing uses it.",
			gw_boot_text(model, finding->device), gw_boot_text(model, finding->bus),
			gw_boot_text(model, finding->driver));
}

/* ---- the finding ---------------------------------------------------------------------------------- */

static uint8_t initcall_sources(const struct side *side)
{
	return side->init ? side->init->sources : 0;
}

static enum gw_confidence initcall_confidence(const struct gw_boot_model *model, const struct side *consumer,
					      const struct side *supplier, enum verdict verdict)
{
	if (consumer->init && supplier->init)
		return gw_boot_order_confidence(model, initcall_sources(consumer), initcall_sources(supplier));
	/* That the level is the same is as sure as the image; that they ran so is inferred. */
	return verdict == VERDICT_FRAGILE ? GW_CONFIDENCE_PROVEN : GW_CONFIDENCE_PROBABLE;
}

/* The first bound device of the consumer: without one nothing can have been lost. */
static uint32_t initcall_bound_consumer(const struct gw_boot_model *model, const struct gw_boot_pair *pair)
{
	for (size_t i = 0; i < pair->n_consumers; i++)
		if (model->devices[pair->consumers[i]].bound)
			return pair->consumers[i];
	return GW_BOOT_NOTHING;
}

static enum gw_boot_effect initcall_effect(const struct gw_boot_model *model, const struct gw_boot_pair *pair,
					   uint32_t device, enum verdict verdict)
{
	bool has_devices = pair->entry->consumer.drivers || pair->entry->consumer.devices;

	if (verdict == VERDICT_FRAGILE)
		return GW_BOOT_FRAGILE;
	return device == GW_BOOT_NOTHING && has_devices && model->evidence->state ? GW_BOOT_FRAGILE : GW_BOOT_LOST;
}

static uint32_t initcall_side_module(const struct side *side)
{
	if (side->init && side->init->module)
		return side->init->module;
	return side->builtin ? side->builtin->module : GW_BOOT_NO_NAME;
}

static int initcall_name_parties(const struct gw_boot_model *model, struct gw_boot_finding *finding,
				 const struct side *consumer, const struct side *supplier)
{
	struct gw_boot_names *names = &model->evidence->names;

	if (finding->consumer == GW_BOOT_NOTHING)
		finding->device = gw_boot_names_add(names, finding->entry->consumer.name);
	finding->supplier_name = gw_boot_names_add(names, finding->entry->supplier.name);
	finding->module = initcall_side_module(consumer);
	finding->supplier_module = initcall_side_module(supplier);
	return finding->device == GW_BOOT_NOT_FOUND || finding->supplier_name == GW_BOOT_NOT_FOUND ? -ENOMEM : 0;
}

static int initcall_report(const struct gw_boot_model *model, struct gw_boot_findings *findings,
			   const struct gw_boot_pair *pair, const struct side *consumer, const struct side *supplier,
			   enum verdict verdict)
{
	struct gw_boot_finding *finding = gw_boot_finding_add(findings, GW_CLASS_INITCALL_ORDER);
	uint32_t device = initcall_bound_consumer(model, pair);

	if (!finding)
		return -ENOMEM;
	if (device != GW_BOOT_NOTHING)
		gw_boot_finding_consumer(model, finding, device);
	finding->entry = pair->entry;
	finding->origin = GW_BOOT_BY_TABLE;
	finding->related = true;
	finding->feature = pair->entry->feature.name ? pair->entry->feature.name : "";
	finding->consumer_init = consumer->init_index;
	finding->supplier_init = supplier->init_index;
	finding->effect = initcall_effect(model, pair, device, verdict);
	finding->confidence = initcall_confidence(model, consumer, supplier, verdict);
	if (consumer->init) {
		finding->formed_ns = consumer->init->begin_ns;
		finding->begin_ns = consumer->init->begin_ns;
		finding->end_ns = consumer->init->end_ns;
		finding->has_result = consumer->init->ended;
		finding->result = consumer->init->result;
	}
	if (supplier->init) {
		finding->supplier_begin_ns = supplier->init->begin_ns;
		finding->supplier_ready_ns = finding->known_ns = supplier->init->end_ns;
	}
	if (initcall_name_parties(model, finding, consumer, supplier) < 0)
		return -ENOMEM;
	initcall_write(model, finding, consumer, supplier, verdict);
	initcall_advise(model, finding, consumer, supplier, verdict);
	return 0;
}

/* Where both sides are drivers with devices here, deferral can order them, and the order of probes tells whether it
 * did. */
static bool initcall_ordered_by_probes(const struct gw_boot_pair *pair)
{
	return pair->n_consumers > 0 && pair->n_suppliers > 0;
}

/*
 * A driver's module may be loaded at any time where it has no device. (What is built in is told of all the same: it
 * would be as wrong for a device that comes later.)
 */
static bool initcall_nothing_at_stake(const struct gw_boot_model *model, const struct gw_boot_pair *pair,
				      const struct side *consumer, const struct side *supplier)
{
	return pair->entry->consumer.drivers && (!consumer->builtin || !supplier->builtin) && model->evidence->state &&
	       initcall_bound_consumer(model, pair) == GW_BOOT_NOTHING;
}

int gw_boot_rule_initcalls(const struct gw_boot_model *model, struct gw_boot_findings *findings)
{
	for (size_t i = 0; i < model->n_pairs; i++) {
		const struct gw_boot_pair *pair = &model->pairs[i];
		struct side consumer =
			initcall_side(model, pair->consumer_init, pair->consumer_builtin, pair->consumer_module);
		struct side supplier =
			initcall_side(model, pair->supplier_init, pair->supplier_builtin, pair->supplier_module);
		enum verdict verdict = VERDICT_NONE;

		if (!initcall_ordered_by_probes(pair) && !initcall_nothing_at_stake(model, pair, &consumer, &supplier))
			verdict = initcall_judge(&consumer, &supplier);
		if (verdict != VERDICT_NONE &&
		    initcall_report(model, findings, pair, &consumer, &supplier, verdict) < 0)
			return -ENOMEM;
	}
	return 0;
}
