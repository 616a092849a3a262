/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The reports about this boot that were told. */
#include "daemon/boot/told.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/cleanup.h"

struct gw_boot_told {
	char *path; /* NULL: no file */
	char boot_id[40];
	json_t *reports; /* object: by id, in the order in which they were found */
};

static const char *text(const json_t *json, const char *key)
{
	const char *value = json_string_value(json_object_get(json, key));

	return value ? value : "";
}

static bool is_active(const json_t *json)
{
	return strcmp(text(json, "state"), gw_state_name(GW_STATE_ACTIVE)) == 0;
}

/* ---- telling ------------------------------------------------------------------------------ */

static enum gw_class class_from_name(const char *name)
{
	enum gw_class class = 0;

	while (class < GW_CLASS_SILENT_ABSENCE && strcmp(gw_class_name(class), name) != 0)
		class ++;
	return class;
}

static enum gw_confidence confidence_from_name(const char *name)
{
	enum gw_confidence confidence = GW_CONFIDENCE_HINT;

	while (confidence < GW_CONFIDENCE_PROVEN && strcmp(gw_confidence_name(confidence), name) != 0)
		confidence++;
	return confidence;
}

static void tell_one(json_t *json, gw_boot_tell tell, void *userdata)
{
	struct gw_report report = {
		.kind = GW_KIND_PROBE_ORDER,
		.class = class_from_name(text(json, "class")),
		.state = is_active(json) ? GW_STATE_ACTIVE : GW_STATE_RESOLVED,
		.confidence = confidence_from_name(text(json, "confidence")),
		.summary = (char *)text(json, "summary"),
		.advice = (char *)text(json_object_get(json, "root_cause"), "advice"),
	};

	snprintf(report.id, sizeof(report.id), "%s", text(json, "id"));
	tell(&report, json, userdata);
}

/* Whether a person would read the same. */
static bool says_the_same(const json_t *a, const json_t *b)
{
	static const char *const keys[] = { "state", "class", "confidence", "summary" };

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (strcmp(text(a, keys[i]), text(b, keys[i])) != 0)
			return false;
	return true;
}

/* ---- the file -------------------------------------------------------------------------------- */

static void load(struct gw_boot_told *told)
{
	json_t *file = told->path ? json_load_file(told->path, 0, NULL) : NULL;
	json_t *reports = json_object_get(file, "reports");

	if (json_is_object(reports) && strcmp(text(file, "boot_id"), told->boot_id) == 0)
		json_object_update(told->reports, reports);
	json_decref(file);
}

/* In one piece: a daemon that is killed leaves the old one or the new one. */
static int save(const struct gw_boot_told *told)
{
	char new[280];
	json_t *file;
	int r;

	if (!told->path)
		return 0;
	snprintf(new, sizeof(new), "%s.new", told->path);
	file = json_pack("{s:s, s:O}", "boot_id", told->boot_id, "reports", told->reports);
	if (!file)
		return -ENOMEM;
	r = json_dump_file(file, new, JSON_COMPACT | JSON_ENSURE_ASCII) < 0 || rename(new, told->path) < 0 ? -errno : 0;
	json_decref(file);
	return r;
}

/* ---- comparing -------------------------------------------------------------------------------- */

static bool contains(json_t *reports, const char *id)
{
	size_t i;
	json_t *report;

	json_array_foreach(reports, i, report)
		if (strcmp(text(report, "id"), id) == 0)
			return true;
	return false;
}

static void keep_detection(json_t *report, const json_t *known)
{
	static const char *const keys[] = { "detected_at", "detected_mono_ns" };

	if (json_integer_value(json_object_get(known, "detected_mono_ns")) <
	    json_integer_value(json_object_get(report, "formed_mono_ns")))
		return;
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (json_object_get(known, keys[i]))
			json_object_set(report, keys[i], json_object_get(known, keys[i]));
}

void gw_boot_told_keep_detection(const struct gw_boot_told *told, json_t *reports)
{
	size_t i;
	json_t *report, *known;

	json_array_foreach(reports, i, report) {
		known = json_object_get(told->reports, text(report, "id"));
		if (known)
			keep_detection(report, known);
	}
}

/* Returns whether something was told. */
static bool take_found(struct gw_boot_told *told, json_t *reports, gw_boot_tell tell, void *userdata)
{
	bool changed = false;
	size_t i;
	json_t *report;

	json_array_foreach(reports, i, report) {
		const char *id = text(report, "id");
		json_t *known = json_object_get(told->reports, id);
		bool same = known && says_the_same(known, report);

		/* One that was over before anybody heard of it is history, not news. */
		if (!known && !is_active(report))
			same = true;
		json_object_set(told->reports, id, report);
		if (same)
			continue;
		tell_one(report, tell, userdata);
		changed = true;
	}
	return changed;
}

static bool resolve_missing(struct gw_boot_told *told, json_t *reports, uint64_t now_ns, gw_boot_tell tell,
			    void *userdata)
{
	bool changed = false;
	const char *id;
	json_t *report;

	json_object_foreach(told->reports, id, report) {
		if (!is_active(report) || contains(reports, id))
			continue;
		json_object_set_new(report, "state", json_string(gw_state_name(GW_STATE_RESOLVED)));
		json_object_set_new(report, "resolved_mono_ns", json_integer((json_int_t)now_ns));
		tell_one(report, tell, userdata);
		changed = true;
	}
	return changed;
}

int gw_boot_told_update(struct gw_boot_told *told, json_t *reports, uint64_t now_ns, gw_boot_tell tell, void *userdata)
{
	bool changed = take_found(told, reports, tell, userdata);

	changed |= resolve_missing(told, reports, now_ns, tell, userdata);
	return changed ? save(told) : 0;
}

/* ---- asking -------------------------------------------------------------------------------------- */

void gw_boot_told_each_active(const struct gw_boot_told *told, gw_boot_tell tell, void *userdata)
{
	const char *id;
	json_t *report;

	json_object_foreach(told->reports, id, report)
		if (is_active(report))
			tell_one(report, tell, userdata);
}

json_t *gw_boot_told_list(const struct gw_boot_told *told, bool include_resolved)
{
	json_t *array = json_array(), *report;
	const char *id;

	if (array)
		json_object_foreach(told->reports, id, report)
			if (include_resolved || is_active(report))
				json_array_insert(array, 0, report);
	return array;
}

json_t *gw_boot_told_report(const struct gw_boot_told *told, const char *id)
{
	return json_incref(json_object_get(told->reports, id));
}

size_t gw_boot_told_active(const struct gw_boot_told *told)
{
	size_t count = 0;
	const char *id;
	json_t *report;

	json_object_foreach(told->reports, id, report)
		count += is_active(report);
	return count;
}

/* ---- life ----------------------------------------------------------------------------------------- */

int gw_boot_told_new(struct gw_boot_told **ret, const char *path, const char *boot_id)
{
	struct gw_boot_told *told = calloc(1, sizeof(*told));

	if (!told)
		return -ENOMEM;
	snprintf(told->boot_id, sizeof(told->boot_id), "%s", boot_id);
	told->path = path ? strdup(path) : NULL;
	told->reports = json_object();
	if (!told->reports || (path && !told->path)) {
		gw_boot_told_free(told);
		return -ENOMEM;
	}
	load(told);
	*ret = told;
	return 0;
}

void gw_boot_told_free(struct gw_boot_told *told)
{
	if (!told)
		return;
	json_decref(told->reports);
	free(told->path);
	free(told);
}
