/* SPDX-License-Identifier: GPL-2.0-or-later */
/* probe-failed: what the rules before it leave of the failures of GPUs, displays and IOMMUs. */
#include "lib/boot/rules/failures.h"

#include <errno.h>
#include <fnmatch.h>
#include <stdlib.h>

#include "lib/base/units.h"
#include "lib/boot/evidence/error-names.h"
#include "lib/boot/model/attempts.h"
#include "lib/boot/model/cards.h"
#include "lib/boot/model/devices.h"
#include "lib/boot/rules/words.h"

/* Devices that another finding is about or blames, and when devices made of parts failed. */
struct failures {
	const struct gw_boot_model *model;
	struct gw_boot_findings *findings;
	bool *reported;
	uint64_t *up_ns;	   /* per device: when it was last seen to be there, GW_BOOT_UNKNOWN = never */
	uint32_t *given_up;	   /* per device: the last fact by which its driver gives it up, or GW_BOOT_NOTHING */
	struct gw_boot_map wholes; /* by result and second */
	uint32_t *devices;	   /* that failed and are to be reported */
	size_t count;
};

static uint64_t failed_second(const struct gw_boot_attempt *failure, uint64_t before)
{
	return gw_boot_pair((uint32_t)failure->result, (uint32_t)(failure->end_ns / GW_NSEC_PER_SEC - before));
}

/* The part of a device made of parts fails with the whole. */
static bool failed_with_whole(const struct failures *failures, const struct gw_boot_attempt *failure)
{
	return gw_boot_map_get(&failures->wholes, failed_second(failure, 0)) != GW_BOOT_NOT_FOUND ||
	       gw_boot_map_get(&failures->wholes, failed_second(failure, 1)) != GW_BOOT_NOT_FOUND;
}

static int failed_read_facts(struct failures *failures)
{
	const struct gw_boot_model *model = failures->model;
	int r = 0;

	for (size_t i = 0; i < model->n_facts && r == 0; i++) {
		const struct gw_boot_fact *fact = &model->facts[i];

		if (fact->type == GW_BOOT_AGGREGATE_BIND)
			r = gw_boot_map_set(
				&failures->wholes,
				gw_boot_pair((uint32_t)fact->result, (uint32_t)(fact->time_ns / GW_NSEC_PER_SEC)), 1);
		else if (model->fact_device[i] != GW_BOOT_NOTHING &&
			 (fact->type == GW_BOOT_DRM_MINOR ||
			  (fact->type == GW_BOOT_COMPONENT_BIND && fact->result == 0)))
			failures->up_ns[model->fact_device[i]] = fact->time_ns;
		else if (model->fact_device[i] != GW_BOOT_NOTHING && fact->type == GW_BOOT_GIVEN_UP &&
			 !(fact->flags & GW_BOOT_F_ENGINES))
			failures->given_up[model->fact_device[i]] = (uint32_t)i;
	}
	return r;
}

static void failed_find_reported(struct failures *failures)
{
	const struct gw_boot_model *model = failures->model;
	const struct gw_boot_findings *findings = failures->findings;

	for (size_t i = 0; i < findings->count; i++) {
		const struct gw_boot_finding *finding = &findings->items[i];
		uint32_t blamed = finding->supplier_name ? gw_boot_device_find(model, finding->supplier_name, 0)
							 : GW_BOOT_NOTHING;

		if (finding->resolved_ns)
			continue;
		if (finding->consumer != GW_BOOT_NOTHING)
			failures->reported[finding->consumer] = true;
		if (finding->supplier != GW_BOOT_NOTHING)
			failures->reported[finding->supplier] = true;
		if (blamed != GW_BOOT_NOTHING)
			failures->reported[blamed] = true;
		for (size_t k = 0; k < finding->n_group; k++)
			failures->reported[finding->group[k]] = true;
	}
}

/*
 * The failure of a GPU, a display or an IOMMU, for good and of its own; or NULL. A driver of the firmware's frame buffer gives
 * way to the GPU's.
 */
static const struct gw_boot_attempt *failed_attempt(const struct failures *failures, uint32_t index)
{
	const struct gw_boot_model *model = failures->model;
	const struct gw_boot_device *device = &model->devices[index];
	const struct gw_boot_attempt *last = gw_boot_attempts_last(model, device);
	const char *driver = last ? gw_boot_text(model, last->driver) : "";

	if (device->bound || device->deferred || !last || !last->ended || last->result >= 0 ||
	    gw_boot_attempt_deferred(last) || gw_boot_attempt_rejected(last) ||
	    (failures->up_ns[index] != GW_BOOT_UNKNOWN && failures->up_ns[index] >= last->end_ns) ||
	    gw_boot_is_framebuffer(driver) || fnmatch("*fb", driver, 0) == 0 || !gw_boot_is_graphics(model, index) ||
	    failures->reported[index] || failed_with_whole(failures, last))
		return NULL;
	return last;
}

static int failed_report(const struct failures *failures, const uint32_t *devices, size_t count)
{
	const struct gw_boot_model *model = failures->model;
	const struct gw_boot_attempt *failure = gw_boot_attempts_last(model, &model->devices[devices[0]]);
	struct gw_boot_finding *finding = gw_boot_finding_add(failures->findings, GW_CLASS_PROBE_FAILED);

	if (!finding || gw_boot_finding_group(finding, devices, count) < 0)
		return -ENOMEM;
	gw_boot_finding_consumer(model, finding, devices[0]);
	gw_boot_finding_attempt(finding, failure);
	finding->formed_ns = finding->known_ns = failure->end_ns;
	finding->confidence = model->devices[devices[0]].known_now ? GW_CONFIDENCE_PROVEN : GW_CONFIDENCE_PROBABLE;
	finding->effect = GW_BOOT_LOST;
	gw_boot_write_device(&finding->summary, model, devices[0]);
	gw_boot_write_group(&finding->summary, finding);
	gw_text_add(&finding->summary, " failed (");
	gw_boot_write_result(&finding->summary, failure->result);
	gw_text_add(&finding->summary, ")");
	gw_text_add(&finding->explanation, "The probe of %s ended at ", gw_boot_text(model, finding->device));
	gw_boot_write_time(&finding->explanation, failure->end_ns);
	gw_text_add(&finding->explanation, " with ");
	gw_boot_write_result(&finding->explanation, failure->result);
	gw_text_add(&finding->explanation, ", and no record shows that it came up since.");
	gw_boot_write_note(&finding->explanation, model, failure);
	gw_text_add(&finding->advice,
		    "Search the kernel log for lines about %s before that: the records do not show what it lacked.",
		    gw_boot_text(model, finding->device));
	return 0;
}

/* A log may have the driver's own word, and not how the probe ended. */
static bool failed_gave_up(const struct failures *failures, uint32_t index)
{
	const struct gw_boot_device *device = &failures->model->devices[index];

	return failures->given_up[index] != GW_BOOT_NOTHING && !device->bound && !device->n_attempts &&
	       failures->up_ns[index] == GW_BOOT_UNKNOWN && !failures->reported[index];
}

static int failed_report_given_up(const struct failures *failures, uint32_t index)
{
	const struct gw_boot_model *model = failures->model;
	const struct gw_boot_fact *word = &model->facts[failures->given_up[index]];
	struct gw_boot_finding *finding = gw_boot_finding_add(failures->findings, GW_CLASS_PROBE_FAILED);

	if (!finding)
		return -ENOMEM;
	gw_boot_finding_consumer(model, finding, index);
	finding->driver = word->other;
	finding->end_ns = finding->formed_ns = finding->known_ns = word->time_ns;
	finding->confidence = GW_CONFIDENCE_PROBABLE;
	finding->effect = GW_BOOT_LOST;
	gw_text_add(&finding->summary, "%s did not come up: its driver %s gave it up",
		    gw_boot_text(model, finding->device), gw_boot_text(model, finding->driver));
	gw_text_add(&finding->explanation, "The driver reported at ");
	gw_boot_write_time(&finding->explanation, word->time_ns);
	gw_text_add(&finding->explanation,
		    " that it could not start the device. How its probe ended is not in the log.");
	gw_text_add(&finding->advice, "Search the kernel log for lines about %s before that, firmware above all.",
		    gw_boot_text(model, finding->device));
	return 0;
}

/* Those alike come together, in their own order. */
static int failed_compare(const void *a, const void *b, void *userdata)
{
	const struct gw_boot_model *model = userdata;
	const uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
	const struct gw_boot_attempt *left = gw_boot_attempts_last(model, &model->devices[x]);
	const struct gw_boot_attempt *right = gw_boot_attempts_last(model, &model->devices[y]);

	if (left->driver != right->driver)
		return left->driver < right->driver ? -1 : 1;
	if (left->result != right->result)
		return left->result < right->result ? -1 : 1;
	return x < y ? -1 : x > y;
}

static bool failed_alike(const struct gw_boot_model *model, uint32_t a, uint32_t b)
{
	const struct gw_boot_attempt *left = gw_boot_attempts_last(model, &model->devices[a]);
	const struct gw_boot_attempt *right = gw_boot_attempts_last(model, &model->devices[b]);

	return left->driver == right->driver && left->result == right->result;
}

/* Devices that one driver failed on with one error have one report. */
static int failed_judge_all(struct failures *failures)
{
	const struct gw_boot_model *model = failures->model;
	int r;

	for (size_t i = 0; i < model->n_devices; i++) {
		failures->up_ns[i] = GW_BOOT_UNKNOWN;
		failures->given_up[i] = GW_BOOT_NOTHING;
	}
	r = failed_read_facts(failures);
	failed_find_reported(failures);
	for (uint32_t i = 0; i < model->n_devices && r == 0; i++)
		if (failed_attempt(failures, i))
			failures->devices[failures->count++] = i;
	qsort_r(failures->devices, failures->count, sizeof(*failures->devices), failed_compare, (void *)model);
	for (size_t from = 0, to; from < failures->count && r == 0; from = to) {
		for (to = from;
		     to < failures->count && failed_alike(model, failures->devices[from], failures->devices[to]); to++)
			;
		r = failed_report(failures, &failures->devices[from], to - from);
	}
	for (uint32_t i = 0; i < model->n_devices && r == 0; i++)
		r = failed_gave_up(failures, i) ? failed_report_given_up(failures, i) : 0;
	return r;
}

int gw_boot_rule_failures(const struct gw_boot_model *model, struct gw_boot_findings *findings)
{
	struct failures failures = {
		.model = model,
		.findings = findings,
		.reported = calloc(model->n_devices + 1, sizeof(*failures.reported)),
		.up_ns = calloc(model->n_devices + 1, sizeof(*failures.up_ns)),
		.given_up = calloc(model->n_devices + 1, sizeof(*failures.given_up)),
		.devices = calloc(model->n_devices + 1, sizeof(*failures.devices)),
	};
	bool allocated = failures.reported && failures.up_ns && failures.given_up && failures.devices;
	int r = allocated ? failed_judge_all(&failures) : -ENOMEM;

	gw_boot_map_deinit(&failures.wholes);
	free(failures.reported);
	free(failures.up_ns);
	free(failures.given_up);
	free(failures.devices);
	return r;
}
