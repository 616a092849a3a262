/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A line about what is missing, and the failure of the same device that follows it. */
#include "lib/boot/rules/driver-errors.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/units.h"
#include "lib/boot/evidence/error-names.h"
#include "lib/boot/model/attempts.h"
#include "lib/boot/model/cards.h"
#include "lib/boot/model/devices.h"
#include "lib/boot/rules/words.h"

/* A probe that fails because of it fails soon, even if it waits for user space to load the file (60 s). */
#define SOON_NS (70 * GW_NSEC_PER_SEC)

/* How the device's probe ended in which that was printed: with an error, and for good; or NULL. */
static const struct gw_boot_attempt *error_failure(const struct gw_boot_model *model, const struct gw_boot_fact *fact,
						   const struct gw_boot_device *device)
{
	if (device->bound)
		return NULL;
	for (uint32_t i = 0; i < device->n_attempts; i++) {
		const struct gw_boot_attempt *attempt = &model->attempts[device->first_attempt + i];

		if (!attempt->ended || attempt->end_ns < fact->time_ns)
			continue;
		if (attempt->result < 0 && !gw_boot_attempt_deferred(attempt) &&
		    attempt->end_ns - fact->time_ns <= SOON_NS)
			return attempt;
		return NULL;
	}
	return NULL;
}

/* What is asked of all facts, found in one pass each. */
struct errors {
	const struct gw_boot_model *model;
	struct gw_boot_findings *findings;
	uint32_t *next;	    /* per fact: the next of its type about its device, or GW_BOOT_NOTHING */
	uint32_t *part;	    /* per fact about an aggregate: the part that failed last before it, a name */
	uint32_t *up;	    /* per device: the last fact that shows that it came up, or GW_BOOT_NOTHING */
	uint32_t *given_up; /* per device: the last in which its driver reports that it does not, or GW_BOOT_NOTHING */
	uint32_t *firmware; /* per device: the last about firmware that it did not get, or GW_BOOT_NOTHING */
	uint32_t *waits;    /* per device made of parts: how often it was put off */
	uint32_t *unbound; /* per device: the part that failed for good, after which the log has no word of the whole */
	struct gw_boot_map wholes; /* by the name of a part: the last fact about the aggregate that could not bind it */
	struct gw_boot_map loaded; /* by device and file of firmware: the last fact that it came after all */
	uint64_t mounted_ns;	   /* the first root file system, GW_BOOT_UNKNOWN = none */
	uint32_t framebuffer;	   /* a device that has the firmware's frame buffer, or GW_BOOT_NOTHING */
	bool all_listed;	   /* the state of the machine has its devices: what is not among them was removed */
};

static bool error_is_of_driver(uint8_t type)
{
	return type == GW_BOOT_FIRMWARE_MISSING || type == GW_BOOT_FIRMWARE_ERROR || type == GW_BOOT_RESOURCE_BUSY ||
	       type == GW_BOOT_AGGREGATE_BIND || type == GW_BOOT_COMPONENT_BIND;
}

/* @failed: the part of the device that could not be bound last: until then others are bound in vain. */
static bool error_shows_up(const struct gw_boot_fact *fact, uint32_t failed)
{
	if (fact->type == GW_BOOT_COMPONENT_BIND)
		return fact->result == 0 && (failed == GW_BOOT_NOT_FOUND || failed == fact->other);
	return fact->type == GW_BOOT_DRM_MINOR || (fact->type == GW_BOOT_PROBE_END && fact->result == 0);
}

static int errors_link(struct errors *errors)
{
	const struct gw_boot_model *model = errors->model;
	struct gw_boot_map later = { .slots = NULL };
	int r = 0;

	for (size_t i = model->n_facts; i-- > 0 && r == 0;) {
		uint64_t key = gw_boot_pair(model->fact_device[i], model->facts[i].type);

		errors->next[i] = GW_BOOT_NOTHING;
		if (model->fact_device[i] == GW_BOOT_NOTHING || !error_is_of_driver(model->facts[i].type))
			continue;
		errors->next[i] = gw_boot_map_get(&later, key);
		r = gw_boot_map_set(&later, key, (uint32_t)i);
	}
	gw_boot_map_deinit(&later);
	return r;
}

/* What a fact shows about its device. */
static int errors_take(struct errors *errors, uint32_t device, uint32_t index, uint32_t failed)
{
	const struct gw_boot_fact *fact = &errors->model->facts[index];

	if (error_shows_up(fact, failed))
		errors->up[device] = index;
	if (fact->type == GW_BOOT_GIVEN_UP && !(fact->flags & GW_BOOT_F_ENGINES))
		errors->given_up[device] = index;
	if (fact->type == GW_BOOT_FIRMWARE_MISSING)
		errors->firmware[device] = index;
	if (fact->type == GW_BOOT_AGGREGATE_BIND)
		errors->waits[device] += fact->result == -EPROBE_DEFER;
	if (fact->type == GW_BOOT_AGGREGATE_BIND || fact->type == GW_BOOT_PROBE_END || errors->up[device] == index)
		errors->unbound[device] = GW_BOOT_NOTHING;
	if (fact->type == GW_BOOT_COMPONENT_BIND && fact->result < 0)
		errors->unbound[device] = fact->result == -EPROBE_DEFER ? GW_BOOT_NOTHING : index;
	if (fact->type == GW_BOOT_FIRMWARE_LOADED)
		return gw_boot_map_set(&errors->loaded, gw_boot_pair(device, fact->other), index);
	return 0;
}

static int errors_pass(struct errors *errors)
{
	const struct gw_boot_model *model = errors->model;
	struct gw_boot_map parts = { .slots = NULL };
	int r = 0;

	for (size_t i = 0; i < model->n_facts && r == 0; i++) {
		const struct gw_boot_fact *fact = &model->facts[i];
		uint32_t device = model->fact_device[i], part;

		if (fact->type == GW_BOOT_ROOT_MOUNTED && errors->mounted_ns == GW_BOOT_UNKNOWN)
			errors->mounted_ns = fact->time_ns;
		if (device == GW_BOOT_NOTHING)
			continue;
		r = errors_take(errors, device, (uint32_t)i, gw_boot_map_get(&parts, device));
		if (r == 0 && fact->type == GW_BOOT_COMPONENT_BIND && fact->result < 0)
			r = gw_boot_map_set(&parts, device, fact->other);
		part = fact->type == GW_BOOT_AGGREGATE_BIND ? gw_boot_map_get(&parts, device) : GW_BOOT_NOT_FOUND;
		errors->part[i] = part == GW_BOOT_NOT_FOUND ? GW_BOOT_NO_NAME : part;
		if (r == 0 && errors->part[i] != GW_BOOT_NO_NAME)
			r = gw_boot_map_set(&errors->wholes, part, (uint32_t)i);
		if (fact->type == GW_BOOT_DRM_MINOR && gw_boot_is_framebuffer(gw_boot_text(model, fact->other)))
			errors->framebuffer = device;
	}
	gw_boot_map_deinit(&parts);
	return r;
}

/* Devices of one driver often follow one another: its name is compared once for them. */
static void errors_find_framebuffer(struct errors *errors)
{
	const struct gw_boot_model *model = errors->model;
	uint32_t driver = GW_BOOT_NO_NAME;
	bool has = false;

	for (uint32_t i = 0; i < model->n_devices; i++) {
		const struct gw_boot_device *device = &model->devices[i];

		if (!device->bound)
			continue;
		if (device->driver != driver) {
			driver = device->driver;
			has = gw_boot_is_framebuffer(gw_boot_text(model, driver));
		}
		if (has)
			errors->framebuffer = i;
	}
}

/* The driver's own word, where the log ends before that of the driver core; as an attempt that has not ended. */
static bool error_gave_up(const struct errors *errors, const struct gw_boot_fact *fact, uint32_t device,
			  struct gw_boot_attempt *ret)
{
	uint32_t index = errors->given_up[device];
	const struct gw_boot_fact *word;

	if (index == GW_BOOT_NOTHING || errors->model->devices[device].n_attempts ||
	    errors->model->devices[device].bound || errors->up[device] != GW_BOOT_NOTHING)
		return false;
	word = &errors->model->facts[index];
	*ret = (struct gw_boot_attempt){
		.ended = false, .begin_ns = GW_BOOT_UNKNOWN, .end_ns = word->time_ns, .driver = word->other
	};
	return word->time_ns >= fact->time_ns && word->time_ns - fact->time_ns <= SOON_NS;
}

/* Of several lines before the same failure the last one counts. */
static bool error_is_last(const struct errors *errors, size_t fact, const struct gw_boot_attempt *failure)
{
	uint32_t next = errors->next[fact];

	return next == GW_BOOT_NOTHING || errors->model->facts[next].time_ns > failure->end_ns;
}

static struct gw_boot_finding *error_finding(const struct errors *errors, enum gw_class class, uint32_t device,
					     const struct gw_boot_attempt *failure)
{
	const struct gw_boot_model *model = errors->model;
	struct gw_boot_finding *finding = gw_boot_finding_add(errors->findings, class);

	if (!finding)
		return NULL;
	gw_boot_finding_consumer(model, finding, device);
	gw_boot_finding_attempt(finding, failure);
	finding->formed_ns = finding->known_ns = failure->end_ns;
	finding->confidence = GW_CONFIDENCE_PROBABLE;
	finding->effect = GW_BOOT_LOST;
	gw_boot_write_device(&finding->summary, model, device);
	if (!failure->ended) {
		gw_text_add(&finding->summary,
			    class == GW_CLASS_TAKEN_BY_OTHER ? " was not given to a guest" : " did not come up");
		return finding;
	}
	gw_text_add(&finding->summary, " failed (");
	gw_boot_write_result(&finding->summary, failure->result);
	gw_text_add(&finding->summary, ")");
	return finding;
}

/* ---- firmware --------------------------------------------------------------------------------------------------- */

static void firmware_advise(struct gw_boot_finding *finding, const char *file, bool mounted)
{
	gw_text_add(&finding->explanation, mounted ? ". A root file system was mounted by then."
						   : ". No record shows a root file system by then.");
	if (mounted)
		gw_text_add(
			&finding->advice,
			"Install the package that has %s (it belongs below /lib/firmware), then bind the driver again or reboot.",
			file);
	else
		gw_text_add(
			&finding->advice,
			"Put %s into the initramfs, or into the kernel (CONFIG_EXTRA_FIRMWARE), or build the driver as a module that is loaded from the root file system. If /lib/firmware does not have the file either, install the package that has it.",
			file);
}

/*
 * A device that is there, but whose driver reports as an error that it lacks a file. It may try again when somebody opens the
 * device: what was asked for before there was a root file system may come later, without a word.
 */
static int firmware_report_error(const struct errors *errors, size_t index)
{
	const struct gw_boot_model *model = errors->model;
	const struct gw_boot_fact *fact = &model->facts[index];
	uint32_t device = model->fact_device[index],
		 loaded = gw_boot_map_get(&errors->loaded, gw_boot_pair(device, fact->other));
	const char *file = gw_boot_text(model, fact->other);
	bool mounted = errors->mounted_ns <= fact->time_ns;
	struct gw_boot_finding *finding;

	if (errors->next[index] != GW_BOOT_NOTHING || (loaded != GW_BOOT_NOT_FOUND && loaded > index) ||
	    error_failure(model, fact, &model->devices[device]))
		return 0;
	finding = gw_boot_finding_add(errors->findings, GW_CLASS_FIRMWARE_MISSING);
	if (!finding)
		return -ENOMEM;
	gw_boot_finding_consumer(model, finding, device);
	finding->end_ns = finding->formed_ns = finding->known_ns = fact->time_ns;
	finding->confidence = mounted ? GW_CONFIDENCE_PROBABLE : GW_CONFIDENCE_HINT;
	finding->effect = GW_BOOT_LOST;
	finding->feature = file;
	gw_boot_write_device(&finding->summary, model, device);
	gw_text_add(&finding->summary, " is without the firmware %s", file);
	gw_text_add(&finding->explanation, "The driver of %s reported as an error that it did not get %s, at ",
		    gw_boot_text(model, finding->device), file);
	gw_boot_write_time(&finding->explanation, fact->time_ns);
	gw_text_add(&finding->explanation,
		    ". What that file is for does not work, and no record shows that it came later");
	firmware_advise(finding, file, mounted);
	return 0;
}

static int firmware_report(const struct errors *errors, const struct gw_boot_fact *fact, uint32_t device,
			   const struct gw_boot_attempt *failure)
{
	struct gw_boot_finding *finding = error_finding(errors, GW_CLASS_FIRMWARE_MISSING, device, failure);
	const struct gw_boot_model *model = errors->model;
	const char *file = gw_boot_text(model, fact->other);
	bool mounted = errors->mounted_ns <= fact->time_ns;

	if (!finding)
		return -ENOMEM;
	/* The driver returned what the loader had returned. */
	if (failure->ended && failure->result == fact->result)
		finding->confidence = GW_CONFIDENCE_PROVEN;
	finding->feature = file;
	gw_text_add(&finding->summary, " without its firmware %s", file);
	gw_text_add(&finding->explanation, "%s asked for %s at ", gw_boot_text(model, finding->device), file);
	gw_boot_write_time(&finding->explanation, fact->time_ns);
	gw_text_add(&finding->explanation, " and got ");
	gw_boot_write_result(&finding->explanation, fact->result);
	gw_text_add(&finding->explanation, failure->ended ? "; its probe ended at " : "; its driver gave up at ");
	gw_boot_write_time(&finding->explanation, failure->end_ns);
	if (failure->ended) {
		gw_text_add(&finding->explanation, " with ");
		gw_boot_write_result(&finding->explanation, failure->result);
	}
	firmware_advise(finding, file, mounted);
	return 0;
}

/* ---- what is somebody else's -------------------------------------------------------------------------------------- */

static int taken_report(const struct errors *errors, const struct gw_boot_fact *fact, uint32_t device,
			const struct gw_boot_attempt *failure)
{
	struct gw_boot_finding *finding = error_finding(errors, GW_CLASS_TAKEN_BY_OTHER, device, failure);
	const struct gw_boot_model *model = errors->model;
	const char *words = gw_boot_text(model, fact->other), *owner = strstr(words, "address conflict with ");
	uint32_t other = errors->framebuffer;

	if (!finding)
		return -ENOMEM;
	gw_text_add(&finding->summary, ": its memory is another one's");
	gw_text_add(&finding->explanation, "At ");
	gw_boot_write_time(&finding->explanation, fact->time_ns);
	gw_text_add(&finding->explanation, " the kernel reported about %s: \"%s\".",
		    gw_boot_text(model, finding->device), words);
	if (owner)
		gw_text_add(&finding->explanation, " It belongs to %s.", owner + strlen("address conflict with "));
	else if (other != GW_BOOT_NOTHING && other != device)
		gw_text_add(&finding->explanation,
			    " %s has the frame buffer that the firmware left, and may be the one.",
			    gw_boot_device_name(model, other));
	else
		gw_text_add(&finding->explanation, " No record names whose it is; /proc/iomem does.");
	gw_text_add(
		&finding->advice,
		"Read /proc/iomem for who has that range. A frame buffer of the firmware gives way if the GPU's driver asks it to; otherwise boot with initcall_blacklist=simpledrm_platform_driver_init or video=efifb:off.");
	return 0;
}

/* A driver that failed on a device which something like vfio has by now. */
static int taken_judge_device(const struct errors *errors, uint32_t index)
{
	const struct gw_boot_model *model = errors->model;
	const struct gw_boot_device *device = &model->devices[index];
	const char *driver = gw_boot_text(model, device->driver);
	const struct gw_boot_attempt *failure = NULL;
	struct gw_boot_finding *finding;

	if (!device->bound || !gw_boot_keeps_devices(driver))
		return 0;
	for (uint32_t i = 0; i < device->n_attempts; i++) {
		const struct gw_boot_attempt *attempt = &model->attempts[device->first_attempt + i];

		if (attempt->ended && attempt->result < 0 && attempt->driver && attempt->driver != device->driver)
			failure = attempt;
	}
	if (!failure)
		return 0;
	finding = error_finding(errors, GW_CLASS_TAKEN_BY_OTHER, index, failure);
	if (!finding)
		return -ENOMEM;
	gw_text_add(&finding->summary, ": %s has the device", driver);
	gw_text_add(&finding->explanation, "%s is bound to %s, which keeps it for a guest.",
		    gw_boot_text(model, finding->device), driver);
	gw_text_add(
		&finding->advice,
		"If this machine is to use it, take it out of the ids of %s (on the kernel command line or in /etc/modprobe.d) and bind it to its own driver.",
		driver);
	return 0;
}

/* ---- devices that are made of parts ---------------------------------------------------------------------------------- */

/* Of those that wait for a part it is not known yet what becomes of them while the boot goes on. */
#define LONG_WAIT_NS (20 * GW_NSEC_PER_SEC)

/* A log that shows nothing but that it is put off again and again. */
#define WAITS_OF_LOG 3

static bool aggregate_waits_in_log(const struct errors *errors, uint32_t device)
{
	return errors->model->evidence->log.given && errors->waits[device] >= WAITS_OF_LOG;
}

static bool aggregate_waited_long(const struct gw_boot_model *model, const struct gw_boot_fact *failed)
{
	return model->now_ns - failed->time_ns >= LONG_WAIT_NS ||
	       (model->timeout_ns != GW_BOOT_UNKNOWN && model->timeout_ns >= failed->time_ns);
}

static bool aggregate_is_lost(const struct errors *errors, size_t fact)
{
	const struct gw_boot_model *model = errors->model;
	const struct gw_boot_fact *failed = &model->facts[fact];
	uint32_t up = errors->up[model->fact_device[fact]];

	if (failed->result >= 0 || errors->next[fact] != GW_BOOT_NOTHING || (up != GW_BOOT_NOTHING && up > fact))
		return false;
	return failed->result != -EPROBE_DEFER || aggregate_waited_long(model, failed) ||
	       aggregate_waits_in_log(errors, model->fact_device[fact]);
}

/* The file of firmware that the part asked for in vain shortly before it failed, or NULL. */
static const char *aggregate_firmware(const struct errors *errors, uint32_t part, const struct gw_boot_fact *failed)
{
	const struct gw_boot_model *model = errors->model;
	uint32_t device = part ? gw_boot_device_find(model, part, 0) : GW_BOOT_NOTHING, fact;

	fact = device == GW_BOOT_NOTHING || failed->result == -EPROBE_DEFER ? GW_BOOT_NOTHING
									    : errors->firmware[device];
	if (fact == GW_BOOT_NOTHING || model->facts[fact].time_ns > failed->time_ns ||
	    failed->time_ns - model->facts[fact].time_ns > SOON_NS)
		return NULL;
	return gw_boot_text(model, model->facts[fact].other);
}

static void aggregate_write_firmware(struct gw_boot_finding *finding, const char *part, const char *file)
{
	finding->feature = file;
	gw_text_add(&finding->summary, ", which did not get its firmware %s", file);
	gw_text_add(&finding->explanation, " Before that, %s asked for %s in vain.", part, file);
	gw_text_add(
		&finding->advice,
		"Install the package that has %s (it belongs below /lib/firmware). If the driver is built in or in the initramfs, put the file there, too.",
		file);
}

static int aggregate_report(const struct errors *errors, size_t fact)
{
	const struct gw_boot_model *model = errors->model;
	const struct gw_boot_fact *failed = &model->facts[fact];
	bool waits = failed->result == -EPROBE_DEFER, whole = failed->type == GW_BOOT_AGGREGATE_BIND;
	uint32_t part = whole ? errors->part[fact] : failed->other;
	const char *name = part ? gw_boot_text(model, part) : "one of its parts";
	const char *firmware = aggregate_firmware(errors, part, failed);
	struct gw_boot_finding *finding = gw_boot_finding_add(errors->findings, waits	   ? GW_CLASS_DEFERRED_FOREVER
										: firmware ? GW_CLASS_FIRMWARE_MISSING
											   : GW_CLASS_SILENT_ABSENCE);

	if (!finding)
		return -ENOMEM;
	gw_boot_finding_consumer(model, finding, model->fact_device[fact]);
	if (whole && !finding->driver)
		finding->driver = failed->other;
	finding->supplier_name = part;
	finding->has_result = true;
	finding->result = failed->result;
	finding->end_ns = finding->formed_ns = finding->known_ns = failed->time_ns;
	finding->confidence =
		waits && !aggregate_waited_long(model, failed) ? GW_CONFIDENCE_HINT : GW_CONFIDENCE_PROBABLE;
	finding->effect = GW_BOOT_LOST;
	gw_text_add(&finding->summary, "%s", gw_boot_text(model, finding->device));
	if (finding->driver)
		gw_text_add(&finding->summary, " (driver %s)", gw_boot_text(model, finding->driver));
	gw_text_add(&finding->summary, " %s %s", waits ? "waits for" : "did not come up: it could not bind", name);
	gw_text_add(&finding->explanation,
		    "%s is made of parts that have drivers of their own, and comes up when all of them are there. At ",
		    gw_boot_text(model, finding->device));
	gw_boot_write_time(&finding->explanation, failed->time_ns);
	gw_text_add(&finding->explanation, " binding %s ended with ", name);
	gw_boot_write_result(&finding->explanation, failed->result);
	gw_text_add(&finding->explanation, ", and no record shows that it came up since.");
	if (firmware)
		aggregate_write_firmware(finding, name, firmware);
	else
		gw_text_add(&finding->advice,
			    "Search the kernel log for lines about %s: what it needs is missing, or its driver fails.",
			    name);
	return 0;
}

/* Whether the report of the aggregate names the firmware that its part did not get: one cause, one report. */
static bool aggregate_reports_firmware(const struct errors *errors, uint32_t device)
{
	const struct gw_boot_model *model = errors->model;
	uint32_t name = model->devices[device].name, whole = gw_boot_map_get(&errors->wholes, name);

	return whole != GW_BOOT_NOT_FOUND && aggregate_is_lost(errors, whole) &&
	       aggregate_firmware(errors, name, &model->facts[whole]);
}

/* ---- all of them -------------------------------------------------------------------------------------------------------- */

static int error_judge(const struct errors *errors, size_t index)
{
	const struct gw_boot_model *model = errors->model;
	const struct gw_boot_fact *fact = &model->facts[index];
	uint32_t device = model->fact_device[index];
	const struct gw_boot_attempt *failure;
	struct gw_boot_attempt given_up;

	if (fact->type == GW_BOOT_FIRMWARE_ERROR)
		return firmware_report_error(errors, index);
	if (fact->type == GW_BOOT_AGGREGATE_BIND)
		return aggregate_is_lost(errors, index) ? aggregate_report(errors, index) : 0;
	if (fact->type != GW_BOOT_FIRMWARE_MISSING && fact->type != GW_BOOT_RESOURCE_BUSY)
		return 0;
	if (fact->type == GW_BOOT_FIRMWARE_MISSING && aggregate_reports_firmware(errors, device))
		return 0;
	failure = error_failure(model, fact, &model->devices[device]);
	/* vfio's probe is over, and what a guest wants of the device comes later. */
	if (!failure && fact->type == GW_BOOT_RESOURCE_BUSY && (fact->flags & GW_BOOT_F_GUEST)) {
		given_up = (struct gw_boot_attempt){ .begin_ns = GW_BOOT_UNKNOWN, .end_ns = fact->time_ns };
		failure = &given_up;
	} else if (!failure && error_gave_up(errors, fact, device, &given_up))
		failure = &given_up;
	if (!failure || !error_is_last(errors, index, failure))
		return 0;
	return fact->type == GW_BOOT_FIRMWARE_MISSING ? firmware_report(errors, fact, device, failure)
						      : taken_report(errors, fact, device, failure);
}

/* A device that was removed again is not missing. */
static bool error_device_is_gone(const struct errors *errors, uint32_t device)
{
	return errors->all_listed && !errors->model->devices[device].state;
}

static int errors_judge(struct errors *errors)
{
	const struct gw_boot_model *model = errors->model;
	int r;

	for (size_t i = 0; i < model->n_devices; i++)
		errors->up[i] = errors->given_up[i] = errors->firmware[i] = errors->unbound[i] = GW_BOOT_NOTHING;
	errors->all_listed = json_array_size(json_object_get(model->evidence->state, "devices")) > 0;
	r = errors_link(errors) ?: errors_pass(errors);
	errors_find_framebuffer(errors);
	for (size_t i = 0; i < model->n_facts && r == 0; i++)
		if (model->fact_device[i] != GW_BOOT_NOTHING && !error_device_is_gone(errors, model->fact_device[i]))
			r = error_judge(errors, i);
	for (uint32_t i = 0; i < model->n_devices && r == 0; i++) {
		r = taken_judge_device(errors, i);
		if (r == 0 && errors->unbound[i] != GW_BOOT_NOTHING && !error_device_is_gone(errors, i))
			r = aggregate_report(errors, errors->unbound[i]);
	}
	return r;
}

int gw_boot_rule_driver_errors(const struct gw_boot_model *model, struct gw_boot_findings *findings)
{
	struct errors errors = {
		.model = model,
		.findings = findings,
		.next = calloc(model->n_facts + 1, sizeof(*errors.next)),
		.part = calloc(model->n_facts + 1, sizeof(*errors.part)),
		.up = calloc(model->n_devices + 1, sizeof(*errors.up)),
		.given_up = calloc(model->n_devices + 1, sizeof(*errors.given_up)),
		.firmware = calloc(model->n_devices + 1, sizeof(*errors.firmware)),
		.waits = calloc(model->n_devices + 1, sizeof(*errors.waits)),
		.unbound = calloc(model->n_devices + 1, sizeof(*errors.unbound)),
		.mounted_ns = GW_BOOT_UNKNOWN,
		.framebuffer = GW_BOOT_NOTHING,
	};
	bool allocated = errors.next && errors.part && errors.up && errors.given_up && errors.firmware &&
			 errors.waits && errors.unbound;
	int r = allocated ? errors_judge(&errors) : -ENOMEM;

	free(errors.next);
	free(errors.part);
	free(errors.up);
	free(errors.given_up);
	free(errors.firmware);
	free(errors.waits);
	free(errors.unbound);
	gw_boot_map_deinit(&errors.loaded);
	gw_boot_map_deinit(&errors.wholes);
	return r;
}
