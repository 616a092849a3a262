/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Devices with their probes and waits. */
#include "lib/boot/document/devices.h"

#include "lib/base/json.h"
#include "lib/boot/document/json.h"
#include "lib/boot/model/attempts.h"
#include "lib/boot/model/cards.h"

static int device_add_span(json_t *spans, uint64_t begin_ns, uint64_t end_ns, const char *kind, bool ended,
			   int32_t result, const char *driver)
{
	return json_array_append_new(
		spans,
		json_pack("{s:o, s:o, s:s, s:o, s:o, s:o}", "begin_ns", gw_boot_json_time(begin_ns), "end_ns",
			  gw_boot_json_time(end_ns), "kind", kind, "result", ended ? json_integer(result) : json_null(),
			  "result_name", gw_boot_json_result_name(ended, result), "driver", gw_json_text(driver)));
}

/* Its probes, and between a deferral and the next probe, or now, the wait. */
static json_t *device_spans_json(const struct gw_boot_model *model, const struct gw_boot_device *device)
{
	json_t *spans = json_array();
	int failed = !spans;

	for (uint32_t i = 0; i < device->n_attempts && !failed; i++) {
		const struct gw_boot_attempt *attempt = &model->attempts[device->first_attempt + i];
		bool last = i + 1 == device->n_attempts;
		uint64_t until = last ? model->now_ns : attempt[1].begin_ns;

		failed = device_add_span(spans, attempt->begin_ns, attempt->end_ns, "probe", attempt->ended,
					 attempt->result, gw_boot_text(model, attempt->driver));
		if (!failed && gw_boot_attempt_deferred(attempt) && until != GW_BOOT_UNKNOWN &&
		    until > attempt->end_ns && (!last || device->deferred))
			failed = device_add_span(spans, attempt->end_ns, until, "deferred", true, -EPROBE_DEFER, "");
	}
	return gw_json_unless(spans, failed);
}

static uint64_t device_waited_now(const struct gw_boot_model *model, const struct gw_boot_device *device)
{
	const struct gw_boot_attempt *bound = gw_boot_attempts_current(model, device);

	if (device->deferred)
		return gw_boot_waited(device, model->now_ns);
	return bound ? gw_boot_waited(device, bound->end_ns) : 0;
}

static json_t *device_json(const struct gw_boot_model *model, const struct gw_boot_relevant *relevant, uint32_t index)
{
	const struct gw_boot_device *device = &model->devices[index];
	const struct gw_boot_attempt *bound = gw_boot_attempts_current(model, device);
	json_t *object = json_object();
	bool failed = !object;

	gw_json_put(object, "name", gw_json_text(gw_boot_text(model, device->name)), &failed);
	gw_json_put(object, "bus", gw_json_text(gw_boot_text(model, device->bus)), &failed);
	gw_json_put(object, "driver", gw_json_text(gw_boot_text(model, device->driver)), &failed);
	gw_json_put(object, "bound", json_boolean(device->bound), &failed);
	gw_json_put(object, "spans", device_spans_json(model, device), &failed);
	gw_json_put(object, "retries", json_integer(device->retries), &failed);
	gw_json_put(object, "lost_ns",
		    gw_json_number(gw_boot_is_position(model->now_ns) ? 0 : device_waited_now(model, device)), &failed);
	gw_json_put(object, "ready_ns", gw_boot_json_time(bound ? bound->end_ns : GW_BOOT_UNKNOWN), &failed);
	gw_json_put(object, "findings", gw_boot_relevant_findings(relevant->device_findings, index), &failed);
	return gw_json_unless(object, failed);
}

json_t *gw_boot_devices_json(const struct gw_boot_model *model, const struct gw_boot_relevant *relevant)
{
	json_t *array = json_array();

	for (uint32_t i = 0; array && i < model->n_devices; i++) {
		if (relevant->devices[i] && json_array_append_new(array, device_json(model, relevant, i)) < 0) {
			json_decref(array);
			array = NULL;
		}
	}
	return array;
}

/* ---- DRM's minors ------------------------------------------------------------------------------------------------ */

json_t *gw_boot_cards_json(const struct gw_boot_model *model)
{
	const struct gw_boot_fact *cards[GW_BOOT_CARDS_MAX];
	json_t *array = json_array();
	bool failed = !array;

	gw_boot_cards_find(model, cards);
	for (int i = 0; i < GW_BOOT_CARDS_MAX && !failed; i++)
		if (cards[i])
			failed |= json_array_append_new(
					  array, json_pack("{s:i, s:o, s:o}", "minor", i, "driver",
							   gw_json_text(gw_boot_text(model, cards[i]->other)), "device",
							   gw_json_text(gw_boot_text(model, cards[i]->subject)))) < 0;
	return gw_json_unless(array, failed);
}
