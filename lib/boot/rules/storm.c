/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * deferral-storm: each driver that binds has the driver core try all deferred
 * devices again. A few retries per device are how it is meant to work; hundreds
 * of probes in vain, or a slow one that is repeated, cost a boot its time.
 */
#include "lib/boot/rules/storm.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

#include "lib/boot/model/attempts.h"
#include "lib/boot/rules/words.h"

/* Many probes in vain, and many for each device. */
#define MANY_PROBES 200
#define MANY_EACH 5
/* A single device: so often, and so much time in its driver. */
#define MANY_OF_ONE 10
#define MUCH_TIME_NS 100000000ULL

struct storm {
	uint64_t probes, futile_ns, first_ns, last_ns;
	uint32_t worst; /* device */
	size_t devices;
	bool single; /* one device alone is a storm */
};

static void storm_add_device(struct storm *storm, const struct gw_boot_model *model, uint32_t index)
{
	const struct gw_boot_device *device = &model->devices[index];
	const struct gw_boot_attempt *last = gw_boot_attempts_last(model, device);

	storm->devices++;
	storm->probes += device->retries;
	storm->futile_ns = gw_boot_time_sum(storm->futile_ns, device->futile_ns);
	storm->single |= device->retries >= MANY_OF_ONE && device->futile_ns >= MUCH_TIME_NS;
	if (storm->worst == GW_BOOT_NOTHING || device->retries > model->devices[storm->worst].retries)
		storm->worst = index;
	if (device->first_deferred_ns < storm->first_ns)
		storm->first_ns = device->first_deferred_ns;
	if (last && last->end_ns != GW_BOOT_UNKNOWN && last->end_ns > storm->last_ns)
		storm->last_ns = last->end_ns;
}

static bool storm_is_reached(const struct storm *storm)
{
	return storm->single || (storm->probes >= MANY_PROBES && storm->probes >= MANY_EACH * storm->devices);
}

static void storm_write(const struct gw_boot_model *model, struct gw_boot_finding *finding, const struct storm *storm)
{
	gw_text_add(&finding->summary, "%" PRIu64 " probes in vain (-EPROBE_DEFER) of %zu device%s", storm->probes,
		    storm->devices, storm->devices == 1 ? "" : "s");
	gw_text_add(&finding->summary, ", %" PRIu32 " of ", model->devices[storm->worst].retries);
	gw_boot_write_device(&finding->summary, model, storm->worst);
	if (storm->futile_ns) {
		gw_text_add(&finding->summary, ", took ");
		gw_text_add_age(&finding->summary, storm->futile_ns);
	}
	gw_text_add(&finding->explanation, "From ");
	gw_boot_write_time(&finding->explanation, storm->first_ns);
	gw_text_add(&finding->explanation, " to ");
	gw_boot_write_time(&finding->explanation, storm->last_ns);
	gw_text_add(
		&finding->explanation,
		" each device that was bound had the driver core try all deferred ones again, which still lacked their suppliers.");
	if (finding->related)
		gw_text_add(&finding->explanation, " %s needs %s.", gw_boot_text(model, finding->device),
			    gw_boot_text(model, finding->supplier_name));
	gw_text_add(&finding->advice, "Have the supplier's driver loaded before the consumers': ");
	if (finding->module && finding->supplier_module)
		gw_text_add(&finding->advice,
			    "\"softdep %s pre: %s\" in /etc/modprobe.d/gpuwatch.conf, or both in the initramfs. ",
			    gw_boot_text(model, finding->module), gw_boot_text(model, finding->supplier_module));
	else
		gw_text_add(&finding->advice, "by a softdep in /etc/modprobe.d, in the initramfs, or built in. ");
	gw_text_add(
		&finding->advice,
		"For the drivers' developers: ask for suppliers before anything that takes time; a device link spares the probe altogether.");
}

static int storm_report(const struct gw_boot_model *model, struct gw_boot_findings *findings, const struct storm *storm)
{
	struct gw_boot_finding *finding = gw_boot_finding_add(findings, GW_CLASS_DEFERRAL_STORM);
	const struct gw_boot_device *worst = &model->devices[storm->worst];

	if (!finding)
		return -ENOMEM;
	finding->group = calloc(storm->devices, sizeof(*finding->group));
	if (!finding->group)
		return -ENOMEM;
	finding->group[finding->n_group++] = storm->worst;
	for (uint32_t i = 0; i < model->n_devices; i++)
		if (model->devices[i].retries && i != storm->worst)
			finding->group[finding->n_group++] = i;
	gw_boot_finding_consumer(model, finding, storm->worst);
	if (worst->n_needs)
		gw_boot_finding_need(model, finding, &model->needs[worst->first_need]);
	finding->effect = GW_BOOT_SLOW;
	finding->retries = storm->probes;
	finding->lost_ns = storm->futile_ns;
	finding->begin_ns = finding->formed_ns = storm->first_ns;
	finding->end_ns = finding->known_ns = storm->last_ns;
	finding->has_result = true;
	finding->result = -EPROBE_DEFER;
	storm_write(model, finding, storm);
	return 0;
}

int gw_boot_rule_storm(const struct gw_boot_model *model, struct gw_boot_findings *findings)
{
	struct storm storm = { .worst = GW_BOOT_NOTHING, .first_ns = GW_BOOT_UNKNOWN };

	for (uint32_t i = 0; i < model->n_devices; i++)
		if (model->devices[i].retries)
			storm_add_device(&storm, model, i);
	return storm.devices && storm_is_reached(&storm) ? storm_report(model, findings, &storm) : 0;
}
