/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Pairs of messages about resets. */
#include "daemon/watch/resets.h"

#include <stdio.h>
#include <string.h>

#include "daemon/watch/buckets.h"
#include "lib/base/json.h"
#include "lib/base/units.h"

/* Of one that began this long ago the end was lost. */
#define FORGOTTEN_US (600 * GW_USEC_PER_SEC)

static struct gw_reset_pending *resets_find(struct gw_resets *resets, const char *device)
{
	for (size_t i = 0; i < resets->n_pending; i++)
		if (strcmp(resets->pending[i].device, device) == 0)
			return &resets->pending[i];
	return NULL;
}

static void resets_forget(struct gw_resets *resets, struct gw_reset_pending *pending)
{
	size_t at = (size_t)(pending - resets->pending);

	resets->n_pending--;
	memmove(pending, pending + 1, (resets->n_pending - at) * sizeof(*pending));
}

/* As dev_printk() begins a message: "amdgpu 0000:03:00.0: ". */
static void resets_driver(char *ret, size_t size, const char *text, const char *device)
{
	size_t length = strcspn(text, " ");
	bool begins = device && device == text + length + 1 && length < size;

	snprintf(ret, size, "%.*s", begins ? (int)length : 0, text);
}

static void resets_begin(struct gw_resets *resets, const char *device, const char *driver, uint64_t time_us)
{
	struct gw_reset_pending *pending = resets_find(resets, device);

	/* Several messages of one reset count as its begin: the first one is. */
	if (pending && time_us - pending->begin_us < FORGOTTEN_US)
		return;
	if (pending)
		resets_forget(resets, pending);
	else if (resets->n_pending == GW_RESETS_PENDING)
		resets_forget(resets, resets->pending);
	pending = &resets->pending[resets->n_pending++];
	pending->begin_us = time_us;
	snprintf(pending->device, sizeof(pending->device), "%s", device);
	snprintf(pending->driver, sizeof(pending->driver), "%s", driver);
}

static struct gw_reset_row *resets_row(struct gw_resets *resets, const char *driver, bool succeeded)
{
	struct gw_reset_row *row;

	/* The last two are for all drivers that the others have no room for. */
	if (resets->n_rows >= GW_RESETS_ROWS - 2)
		driver = "other";
	for (size_t i = 0; i < resets->n_rows; i++)
		if (resets->rows[i].succeeded == succeeded && strcmp(resets->rows[i].driver, driver) == 0)
			return &resets->rows[i];
	row = &resets->rows[resets->n_rows++];
	row->succeeded = succeeded;
	snprintf(row->driver, sizeof(row->driver), "%s", driver);
	return row;
}

static void resets_end(struct gw_resets *resets, const char *device, bool succeeded, uint64_t time_us)
{
	struct gw_reset_pending *pending = resets_find(resets, device);
	uint64_t took_us;

	if (!pending)
		return;
	took_us = time_us - pending->begin_us;
	if (took_us < FORGOTTEN_US)
		gw_buckets_count(&resets_row(resets, pending->driver, succeeded)->times, took_us * GW_NSEC_PER_USEC);
	resets_forget(resets, pending);
}

void gw_resets_add(struct gw_resets *resets, enum gw_log_event_kind kind, const char *text, const char *device,
		   size_t length, uint64_t time_us)
{
	char address[sizeof(resets->pending[0].device)], driver[sizeof(resets->pending[0].driver)];

	snprintf(address, sizeof(address), "%.*s", device ? (int)length : 0, device ? device : "");
	resets_driver(driver, sizeof(driver), text, device);
	if (kind == GW_LOG_EVENT_RESET_BEGIN)
		resets_begin(resets, address, driver, time_us);
	else if (kind == GW_LOG_EVENT_RESET_SUCCESS || kind == GW_LOG_EVENT_RESET_FAILED)
		resets_end(resets, address, kind == GW_LOG_EVENT_RESET_SUCCESS, time_us);
}

json_t *gw_resets_json(const struct gw_resets *resets)
{
	json_t *list = json_array();
	bool failed = !list;

	for (size_t i = 0; i < resets->n_rows; i++) {
		const struct gw_reset_row *row = &resets->rows[i];
		json_t *json = json_object();

		gw_json_put(json, "driver", gw_json_text(row->driver), &failed);
		gw_json_put(json, "outcome", json_string(row->succeeded ? "succeeded" : "failed"), &failed);
		gw_buckets_put(json, &row->times, &failed);
		failed |= json_array_append_new(list, json) < 0;
	}
	return gw_json_unless(list, failed);
}
