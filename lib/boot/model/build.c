/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The model of a boot, step by step. */
#include "lib/boot/model/build.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/boot/model/attempts.h"
#include "lib/boot/model/awaited.h"
#include "lib/boot/model/clock.h"
#include "lib/boot/model/devices.h"
#include "lib/boot/model/inits.h"
#include "lib/boot/model/modules.h"
#include "lib/boot/model/needs.h"
#include "lib/boot/model/pairs.h"

static int model_copy_facts(struct gw_boot_model *model)
{
	const struct gw_boot_evidence *evidence = model->evidence;

	model->facts = calloc(evidence->n_facts + 1, sizeof(*model->facts));
	model->fact_device = calloc(evidence->n_facts + 1, sizeof(*model->fact_device));
	model->fact_ready = calloc(evidence->n_facts + 1, sizeof(*model->fact_ready));
	if (!model->facts || !model->fact_device || !model->fact_ready)
		return -ENOMEM;
	if (evidence->n_facts)
		memcpy(model->facts, evidence->facts, evidence->n_facts * sizeof(*model->facts));
	model->n_facts = evidence->n_facts;
	return 0;
}

static uint64_t model_lost_number(const struct gw_boot_model *model, const char *key)
{
	json_int_t value = json_integer_value(json_object_get(model->evidence->lost, key));

	return value > 0 ? (uint64_t)value : 0;
}

/* Since when probes and initcalls were recorded: by BPF from its attach on, by the kernel log from its first line on.
 */
static void model_find_beginning(struct gw_boot_model *model)
{
	uint64_t attached = model_lost_number(model, "attached_ns");

	model->seen_from_ns = attached ? attached : GW_BOOT_UNKNOWN;
	model->initcalls_from_ns = GW_BOOT_UNKNOWN;
	for (size_t i = model->n_facts; i-- > 0;) {
		const struct gw_boot_fact *fact = &model->facts[i];
		bool probe = fact->type == GW_BOOT_PROBE_BEGIN || fact->type == GW_BOOT_PROBE_END;
		bool initcall = fact->type == GW_BOOT_INITCALL_BEGIN || fact->type == GW_BOOT_INITCALL_END;

		if (probe && fact->time_ns < model->seen_from_ns)
			model->seen_from_ns = fact->time_ns;
		if (initcall)
			model->initcalls_from_ns = fact->time_ns;
	}
	/* initcall_debug gives probes as well, so that the first initcall is the beginning of both. */
	if (model->initcalls_from_ns < model->seen_from_ns)
		model->seen_from_ns = model->initcalls_from_ns;
	/* Where the log still has its first record, nothing was before the first initcall. */
	if (model->initcalls_from_ns != GW_BOOT_UNKNOWN && model->kmsg_first == 0 && model->evidence->n_marks)
		model->initcalls_from_ns = 0;
	if (model->initcalls_from_ns == 0)
		model->seen_from_ns = 0;
}

static void model_find_now(struct gw_boot_model *model)
{
	bool exact = false;

	model->now_ns = model->evidence->host.taken_mono_ns;
	model->timeout_ns = GW_BOOT_UNKNOWN;
	for (size_t i = 0; i < model->n_facts; i++) {
		const struct gw_boot_fact *fact = &model->facts[i];

		if (!model->evidence->host.taken_mono_ns && fact->time_ns > model->now_ns)
			model->now_ns = fact->time_ns;
		if (fact->type == GW_BOOT_ROOT_WAIT)
			model->root_awaited = fact->other;
		else if (fact->type == GW_BOOT_ROOT_MOUNTED)
			model->root_awaited = GW_BOOT_NO_NAME;
		if (fact->type != GW_BOOT_DEFER_TIMEOUT || fact->result != 0)
			continue;
		/* The kernel log's clock may be another one. */
		if (model->timeout_ns == GW_BOOT_UNKNOWN || (fact->source == GW_BOOT_FROM_BPF && !exact))
			model->timeout_ns = fact->time_ns;
		exact |= fact->source == GW_BOOT_FROM_BPF;
	}
}

static int model_build(struct gw_boot_model *model)
{
	int r = model_copy_facts(model);

	r = r ?: gw_boot_clock_align(model);
	r = r ?: gw_boot_devices_build(model);
	r = r ?: gw_boot_attempts_build(model);
	r = r ?: gw_boot_inits_build(model);
	r = r ?: gw_boot_modules_build(model);
	r = r ?: gw_boot_pairs_build(model);
	r = r ?: gw_boot_awaited_find(model);
	r = r ?: gw_boot_needs_build(model);
	if (r < 0)
		return r;
	model_find_beginning(model);
	model_find_now(model);
	return 0;
}

int gw_boot_model_build(struct gw_boot_model **ret, struct gw_boot_evidence *evidence)
{
	struct gw_boot_model *model = calloc(1, sizeof(*model));
	int r;

	if (!model)
		return -ENOMEM;
	model->evidence = evidence;
	r = model_build(model);
	if (r < 0) {
		gw_boot_model_free(model);
		return r;
	}
	*ret = model;
	return 0;
}
