/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Device by device, then card by card. */
#include "lib/boot/compare/compare.h"

#include <fnmatch.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/hash.h"
#include "lib/base/json.h"
#include "lib/base/text.h"
#include "lib/base/units.h"
#include "lib/boot/compare/minors.h"
#include "lib/report/report.h"

/* What takes this much longer is worth a line. */
#define LATER_NS GW_NSEC_PER_SEC

#define WORD_SIZE 128
#define WANTED_MAX 4096

/* ---- a list of what must be bound ------------------------------------------------------------------------------ */

/* One or two words; false: the line is something else. Nothing is added for an empty line or a comment. */
static bool expectation_line(json_t *devices, const char *line, size_t length)
{
	char text[2 * WORD_SIZE], device[WORD_SIZE], driver[WORD_SIZE] = "", more[2];
	int words;

	if (length >= sizeof(text))
		return false;
	snprintf(text, sizeof(text), "%.*s", (int)length, line);
	text[strcspn(text, "#")] = '\0';
	words = sscanf(text, "%127s %127s %1s", device, driver, more);
	if (words <= 0)
		return true;
	/* A word that ends with a colon begins a message. */
	if (words > 2 || device[strlen(device) - 1] == ':' || json_array_size(devices) >= WANTED_MAX)
		return false;
	return json_array_append_new(devices, json_pack("{s:o, s:o, s:b}", "name", gw_json_text(device), "driver",
							gw_json_text(words > 1 ? driver : ""), "bound", true)) == 0;
}

json_t *gw_boot_expectation(const char *text, size_t size)
{
	json_t *devices = json_array();
	const char *end = text + size;
	bool good = devices && !memchr(text, '\0', size);

	while (good && text < end) {
		const char *newline = memchr(text, '\n', (size_t)(end - text)), *stop = newline ? newline : end;

		good = expectation_line(devices, text, (size_t)(stop - text));
		text = stop + 1;
	}
	if (good && json_array_size(devices) > 0)
		return json_pack("{s:o, s:s, s:s}", "devices", devices, "boot_id", "", "kernel", "");
	json_decref(devices);
	return NULL;
}

/* ---- devices ----------------------------------------------------------------------------------------------------- */

static bool compare_matches(const char *pattern, const char *name)
{
	return strcmp(pattern, name) == 0 || fnmatch(pattern, name, 0) == 0;
}

/* DRM's name of a driver is often the beginning of its own: msm of msm_dpu, rockchip of rockchip-drm; a log may have either. */
static bool compare_is_short_for(const char *name, const char *driver)
{
	size_t length = strlen(name);

	return length && strncmp(name, driver, length) == 0 && (driver[length] == '-' || driver[length] == '_');
}

static bool compare_same_driver(const char *wanted, const char *driver)
{
	return compare_matches(wanted, driver) || compare_is_short_for(driver, wanted) ||
	       compare_is_short_for(wanted, driver);
}

/* The device of that name, one that is bound before others; NULL = there is none. */
static const json_t *compare_find(const json_t *order, const char *name)
{
	json_t *devices = json_object_get(order, "devices"), *device;
	const json_t *found = NULL;
	size_t i;

	json_array_foreach(devices, i, device)
		if (compare_matches(name, gw_json_string(device, "name")) &&
		    (!found || json_is_true(json_object_get(device, "bound"))))
			found = device;
	return found;
}

/* A log that begins with the boot, and has the probes that went well, too, as initcall_debug prints them. */
static bool compare_has_probes(const json_t *order)
{
	json_t *device, *span;
	size_t i, k;

	if (!*gw_json_string(order, "kernel"))
		return false;
	json_array_foreach(json_object_get(order, "devices"), i, device)
		json_array_foreach(json_object_get(device, "spans"), k, span)
			if (strcmp(gw_json_string(span, "kind"), "probe") == 0 &&
			    strcmp(gw_json_string(span, "result_name"), "0") == 0)
				return true;
	return false;
}

/* Only where the state of the system was read, or every probe was logged, it is known that a device is not there. */
static bool compare_has_state(const json_t *order)
{
	json_t *missing = json_object_get(order, "missing"), *part;
	size_t i;

	json_array_foreach(missing, i, part)
		if (strcmp(gw_json_string(part, "part"), "state") == 0)
			return compare_has_probes(order);
	return true;
}

static const char *compare_state(const json_t *wanted, const json_t *device, bool state_known)
{
	const char *driver = gw_json_string(wanted, "driver");
	json_int_t before = json_integer_value(json_object_get(wanted, "ready_ns"));
	json_int_t after = json_integer_value(json_object_get(device, "ready_ns"));

	if (!device)
		return state_known ? "missing" : "not-seen";
	if (!json_is_true(json_object_get(device, "bound")))
		return "missing";
	if (*driver && !compare_same_driver(driver, gw_json_string(device, "driver")))
		return "other-driver";
	return before > 0 && after > before && (uint64_t)(after - before) >= LATER_NS ? "later" : "same";
}

static json_t *compare_time(const json_t *device)
{
	json_t *time = json_object_get(device, "ready_ns");

	return time ? json_incref(time) : json_null();
}

static json_t *compare_devices(const json_t *before, const json_t *after)
{
	json_t *wanted, *devices = json_object_get(before, "devices"), *array = json_array();
	bool state_known = compare_has_state(after), failed = !array;
	size_t i;

	json_array_foreach(devices, i, wanted) {
		const json_t *device = compare_find(after, gw_json_string(wanted, "name"));

		if (failed || !json_is_true(json_object_get(wanted, "bound")))
			continue;
		failed |= json_array_append_new(array,
						json_pack("{s:o, s:o, s:o, s:s, s:o, s:o}", "device",
							  gw_json_text(gw_json_string(wanted, "name")), "driver",
							  gw_json_text(gw_json_string(wanted, "driver")), "driver_now",
							  gw_json_text(gw_json_string(device, "driver")), "state",
							  compare_state(wanted, device, state_known), "before_ns",
							  compare_time(wanted), "after_ns", compare_time(device))) < 0;
	}
	return gw_json_unless(array, failed);
}

/* ---- cards --------------------------------------------------------------------------------------------------------- */

static const json_t *compare_card(const json_t *order, json_int_t minor)
{
	json_t *cards = json_object_get(order, "cards"), *card;
	size_t i;

	json_array_foreach(cards, i, card)
		if (json_integer_value(json_object_get(card, "minor")) == minor)
			return card;
	return NULL;
}

static struct gw_boot_card compare_card_of(const json_t *card)
{
	return (struct gw_boot_card){ gw_json_string(card, "device"), gw_json_string(card, "driver") };
}

static bool compare_same_card(const json_t *a, const json_t *b)
{
	struct gw_boot_card x = compare_card_of(a), y = compare_card_of(b);

	return gw_boot_card_same(&x, &y);
}

/* The cards that both boots have and that are others; the firmware's frame buffer, which a GPU's driver replaces, too. */
static json_t *compare_cards(const json_t *before, const json_t *after)
{
	json_t *cards = json_object_get(before, "cards"), *card, *array = json_array();
	bool failed = !array;
	size_t i;

	json_array_foreach(cards, i, card) {
		json_int_t minor = json_integer_value(json_object_get(card, "minor"));
		const json_t *other = compare_card(after, minor);

		if (other && !failed && !compare_same_card(card, other))
			failed |= json_array_append_new(array, json_pack("{s:I, s:O, s:O}", "minor", minor, "before",
									 card, "after", other)) < 0;
	}
	return gw_json_unless(array, failed);
}

static json_t *compare_node(const json_t *card)
{
	const char *name = gw_json_string(card, "device"), *driver = gw_json_string(card, "driver");
	struct gw_text id = { .data = NULL }, phrase = { .data = NULL };
	json_t *id_json, *phrase_json;

	gw_text_add(&id, "device:%s", name);
	gw_text_add(&phrase, "device %s (%s)", name, driver);
	id_json = gw_text_json(&id);
	phrase_json = gw_text_json(&phrase);
	return json_pack("{s:o, s:s, s:o, s:o, s:o, s:s, s:o, s:s, s:i}", "id", id_json, "type", "device", "phrase",
			 phrase_json, "name", gw_json_text(name), "driver", gw_json_text(driver), "module", "",
			 "address", gw_json_address(0), "bus", "", "retries", 0);
}

static json_t *compare_probe_order(const json_t *card)
{
	return json_pack(
		"{s:s, s:o, s:o, s:s, s:s, s:s, s:s, s:s, s:s, s:n, s:n, s:n, s:n, s:n, s:s, s:i, s:i, s:i, s:s}",
		"effect", "fragile", "device", gw_json_text(gw_json_string(card, "device")), "driver",
		gw_json_text(gw_json_string(card, "driver")), "bus", "", "module", "", "supplier", "",
		"supplier_driver", "", "supplier_module", "", "feature", "", "begin_ns", "end_ns", "supplier_begin_ns",
		"supplier_ready_ns", "result", "result_name", "", "retries", 0, "lost_ns", 0, "devices", 1, "source",
		"");
}

static void compare_write(struct gw_report *report, const json_t *change)
{
	struct gw_boot_card now = compare_card_of(json_object_get(change, "after")),
			    then = compare_card_of(json_object_get(change, "before"));
	int minor = (int)json_integer_value(json_object_get(change, "minor"));
	struct gw_text summary = { .data = NULL }, why = { .data = NULL }, advice = { .data = NULL },
		       root = { .data = NULL };

	gw_boot_minor_words(minor, &now, &then, "the other boot", &summary, &why, &advice);
	gw_text_add(&root, "device:%s", now.device);
	report->summary = gw_text_finish(&summary);
	report->explanation = gw_text_finish(&why);
	report->advice = gw_text_finish(&advice);
	report->root_node = gw_text_finish(&root);
}

/* minor-order, of the first card that is another one: the others follow from it. */
static json_t *compare_report(const json_t *change, const json_t *after)
{
	const json_t *now = json_object_get(change, "after"), *then = json_object_get(change, "before");
	struct gw_report *report = calloc(1, sizeof(*report));
	json_t *json = NULL;

	if (!report)
		return NULL;
	report->kind = GW_KIND_PROBE_ORDER;
	report->class = GW_CLASS_MINOR_ORDER;
	report->confidence = GW_CONFIDENCE_PROVEN;
	report->key = gw_hash_string(gw_hash_string(GW_HASH_START, gw_json_string(then, "device")),
				     gw_json_string(now, "device"));
	snprintf(report->id, sizeof(report->id), "p-%012" PRIx64, report->key & UINT64_C(0xffffffffffff));
	compare_write(report, change);
	report->nodes = json_array();
	report->probe_order = compare_probe_order(now);
	if (report->summary && report->explanation && report->advice && report->root_node && report->probe_order &&
	    json_array_append_new(report->nodes, compare_node(now)) == 0 &&
	    (strcmp(gw_json_string(now, "device"), gw_json_string(then, "device")) == 0 ||
	     json_array_append_new(report->nodes, compare_node(then)) == 0))
		json = gw_report_json(report, gw_json_string(after, "boot_id"), gw_json_string(after, "kernel"));
	gw_report_free(report);
	return json;
}

/* ---- the document ---------------------------------------------------------------------------------------------------- */

static json_t *compare_side(const json_t *order)
{
	return json_pack("{s:o, s:o}", "boot_id", gw_json_text(gw_json_string(order, "boot_id")), "kernel",
			 gw_json_text(gw_json_string(order, "kernel")));
}

json_t *gw_boot_compare(const json_t *before, const json_t *after)
{
	json_t *object = json_object(), *cards = compare_cards(before, after), *reports = json_array();
	bool failed = !object || !reports;

	if (json_array_size(cards) > 0)
		failed |= json_array_append_new(reports, compare_report(json_array_get(cards, 0), after)) < 0;
	gw_json_put(object, "schema", json_string(GW_BOOT_COMPARE_SCHEMA), &failed);
	gw_json_put(object, "before", compare_side(before), &failed);
	gw_json_put(object, "after", compare_side(after), &failed);
	gw_json_put(object, "devices", compare_devices(before, after), &failed);
	gw_json_put(object, "cards", cards, &failed);
	gw_json_put(object, "reports", reports, &failed);
	return gw_json_unless(object, failed);
}
