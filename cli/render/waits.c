/* SPDX-License-Identifier: GPL-2.0-or-later */
/* gpuwatch.waits.v1, gpuwatch.timelines.v1 and gpuwatch.faults.v1 for people. */
#include "cli/render/waits.h"

#include <inttypes.h>
#include <string.h>

#include "cli/lib/json-field.h"
#include "cli/lib/text.h"
#include "cli/render/table.h"
#include "cli/render/workload.h"
#include "lib/base/cleanup.h"
#include "lib/base/units.h"

#define CHAIN_COLUMNS 100 /* from this width on the chain has a column */

struct wait_count {
	size_t count;
	uint64_t oldest_ns;
};

static void wait_count_add(struct wait_count *count, const json_t *wait)
{
	uint64_t age_ns = field_number(wait, "age_ns");

	count->count++;
	if (age_ns > count->oldest_ns)
		count->oldest_ns = age_ns;
}

/* Of all that is in D, what the programs recorded or a GPU's function shows. */
static bool wait_is_tracked(const json_t *wait)
{
	return !field_is(wait, "kind", "unknown") || field_given(wait, "function");
}

char *waits_summary(const json_t *waits)
{
	_cleanup_free_ char *age = NULL;
	struct wait_count tracked = { 0 };
	json_t *wait;
	size_t i;

	json_array_foreach(field_array(waits, "waits"), i, wait)
		if (wait_is_tracked(wait))
			wait_count_add(&tracked, wait);
	if (tracked.count == 0)
		return text_format("nothing waits for a GPU");
	age = text_duration(tracked.oldest_ns);
	return text_format("%zu wait%s tracked, oldest %s", tracked.count, tracked.count > 1 ? "s" : "", age);
}

#define UNEXPLAINED_NS (2 * GW_NSEC_PER_SEC)

/* It is long, in no report, and it may be a GPU's: what polls is woken by other things, too, and a daemon without the field is older. */
static bool wait_is_unexplained(const json_t *wait)
{
	const json_t *subsystem = field_object(wait, "subsystem");

	if (!subsystem || field_number(wait, "age_ns") < UNEXPLAINED_NS || field_is(wait, "kind", "poll") ||
	    field_given(wait, "report"))
		return false;
	return field_is(subsystem, "kind", "gpu") || field_is(subsystem, "kind", "unknown");
}

char *waits_unexplained(const json_t *waits)
{
	struct wait_count unexplained = { 0 };
	_cleanup_free_ char *age = NULL;
	json_t *wait;
	size_t i;

	json_array_foreach(field_array(waits, "waits"), i, wait)
		if (wait_is_unexplained(wait))
			wait_count_add(&unexplained, wait);
	if (unexplained.count == 0)
		return NULL;
	age = text_duration(unexplained.oldest_ns);
	return text_format("%zu wait%s unexplained, oldest %s", unexplained.count, unexplained.count > 1 ? "s" : "",
			   age);
}

/* A wait that is known from the stack only has a function instead of an object; one of an older daemon has no phrase. */
static char *wait_object(const json_t *wait)
{
	const char *kind = field_string(wait, "kind"), *function = field_string(wait, "function");
	_cleanup_free_ char *object = field_text(json_object_get(wait, "object"));

	if (field_given(wait, "phrase"))
		return text_format("%s", field_string(wait, "phrase"));
	if (*function && (!*kind || strcmp(kind, "unknown") == 0))
		return text_format("in %s", function);
	if (!*object || strcmp(object, "0x0") == 0)
		return text_format("%s%s%s", kind, *function ? " in " : "", function);
	return text_format("%s %s", kind, object);
}

/* At least this long, when nobody saw it begin. */
static char *wait_age(const json_t *wait)
{
	_cleanup_free_ char *age = text_duration_short(field_number(wait, "age_ns"));
	bool least = json_is_false(json_object_get(wait, "known_since"));

	return text_format("%s%s", least ? ">" : "", age);
}

/* ["notifier", "reclaim"] to "notifier, reclaim" */
static char *wait_list_text(const json_t *list)
{
	char *text = NULL;
	json_t *item;
	size_t size, i;
	FILE *stream = text_stream(&text, &size);

	json_array_foreach(list, i, item) {
		_cleanup_free_ char *word = field_text(item);

		fprintf(stream, "%s%s", i ? ", " : "", word);
	}
	text_finish(stream);
	return text;
}

static const char *wait_age_style(uint64_t age)
{
	if (age >= 10 * GW_NSEC_PER_SEC)
		return STYLE_RED;
	return age >= 500 * GW_NSEC_PER_MSEC ? STYLE_YELLOW : "";
}

/* Where nobody's is known there is no column for it. */
static bool waits_have_workloads(const json_t *list)
{
	json_t *wait;
	size_t i;

	json_array_foreach(list, i, wait)
		if (*workload_name(wait))
			return true;
	return false;
}

static void wait_row(struct table *table, const json_t *wait, bool chain, bool workload)
{
	_cleanup_free_ char *age = wait_age(wait), *object = wait_object(wait);
	_cleanup_free_ char *inside = wait_list_text(field_array(wait, "inside"));

	table_row(table);
	table_cell(table, "", "%" PRIu64, field_number(wait, "pid"));
	table_cell(table, "", "%s", field_string(wait, "comm"));
	table_cell(table, "", "%s", field_string(wait, "state"));
	table_cell(table, wait_age_style(field_number(wait, "age_ns")), "%s", age);
	table_cell(table, "", "%s", object);
	table_cell(table, "", "%s", inside);
	if (chain)
		table_cell(table, "", "%s", field_string(wait, "chain"));
	if (workload)
		table_cell(table, "", "%s", workload_name(wait));
}

void render_waits(const struct terminal *terminal, const json_t *waits)
{
	static const struct column columns[] = {
		{ "PID", COLUMN_NUMBER }, { "COMMAND", COLUMN_TEXT },	{ "STATE", COLUMN_TEXT },
		{ "AGE", COLUMN_NUMBER }, { "WAITS FOR", COLUMN_WRAP }, { "INSIDE", COLUMN_WRAP },
		{ "CHAIN", COLUMN_WRAP }, { "WORKLOAD", COLUMN_WRAP },
	};
	const json_t *list = field_array(waits, "waits");
	bool chain = !terminal->limited || terminal->width >= CHAIN_COLUMNS;
	bool workload = chain && waits_have_workloads(list);
	_cleanup_table_ struct table *table =
		table_new(terminal, columns, sizeof(columns) / sizeof(columns[0]) - !chain - !workload);
	json_t *wait;
	size_t i;

	if (json_array_size(list) == 0) {
		terminal_put(terminal, "Nothing waits for a GPU.\n");
		return;
	}
	json_array_foreach(list, i, wait)
		wait_row(table, wait, chain, workload);
	table_print(table, 0);
}

/* "GPU amdgpu", "network file system nfs", "memory reclaim": the kind in words, and the name where it says more. */
static char *wait_subsystem(const json_t *wait)
{
	const json_t *subsystem = field_object(wait, "subsystem");
	_cleanup_free_ char *kind = text_words(field_string(subsystem, "kind"));
	const char *name = field_string(subsystem, "name");

	if (strcmp(kind, "gpu") == 0)
		return text_format("GPU %s", name);
	return text_format("%s%s%s", kind, *name && strcmp(name, kind) != 0 ? " " : "",
			   strcmp(name, kind) != 0 ? name : "");
}

/* With who holds it, of a lock, and where that is: of one that is not static nothing else is a name. */
static char *all_wait_object(const json_t *wait, bool wide)
{
	_cleanup_free_ char *object = wait_object(wait);
	const char *holder = field_string(wait, "holder"), *place = wide ? field_string(wait, "holder_place") : "";
	bool last = field_is(field_object(wait, "lock"), "lock_type", "semaphore"); /* which anybody may release */

	if (field_is(wait, "kind", "unknown"))
		return text_format("%s", "");
	if (!*holder)
		return text_format("%s", object);
	return text_format("%s, %s by %s%s%s", object, last ? "last taken" : "held", holder, *place ? " in " : "",
			   place);
}

static void all_wait_row(struct table *table, const json_t *wait, bool wide, bool workload)
{
	_cleanup_free_ char *age = wait_age(wait), *object = all_wait_object(wait, wide),
			    *subsystem = wait_subsystem(wait);

	table_row(table);
	table_cell(table, "", "%" PRIu64, field_number(wait, "pid"));
	table_cell(table, "", "%s", field_string(wait, "comm"));
	table_cell(table, "", "%s", field_string(wait, "state"));
	table_cell(table, wait_age_style(field_number(wait, "age_ns")), "%s", age);
	table_cell(table, "", "%s", subsystem);
	table_cell(table, "", "%s", field_string(wait, "place"));
	table_cell(table, "", "%s", object);
	if (workload)
		table_cell(table, "", "%s", workload_name(wait));
}

void render_all_waits(const struct terminal *terminal, const json_t *waits)
{
	static const struct column columns[] = {
		{ "PID", COLUMN_NUMBER },     { "COMMAND", COLUMN_TEXT },   { "STATE", COLUMN_TEXT },
		{ "AGE", COLUMN_NUMBER },     { "SUBSYSTEM", COLUMN_WRAP }, { "IN", COLUMN_WRAP },
		{ "WAITS FOR", COLUMN_WRAP }, { "WORKLOAD", COLUMN_WRAP },
	};
	const json_t *list = field_array(waits, "waits");
	bool wide = !terminal->limited || terminal->width >= CHAIN_COLUMNS,
	     workload = wide && waits_have_workloads(list);
	_cleanup_table_ struct table *table =
		table_new(terminal, columns, sizeof(columns) / sizeof(columns[0]) - !workload);
	json_t *wait;
	size_t i;

	if (json_array_size(list) == 0) {
		terminal_put(terminal,
			     "Nothing waits for a GPU, and no task is in an uninterruptible sleep for long.\n");
		return;
	}
	json_array_foreach(list, i, wait)
		all_wait_row(table, wait, wide, workload);
	table_print(table, 0);
}

static char *timeline_signaller_text(const json_t *signaller)
{
	const char *kind = field_string(signaller, "kind"), *comm = field_string(signaller, "comm");
	const char *function = field_string(signaller, "function");

	if (*function)
		return text_format("work %s", function);
	if (*comm && strcmp(kind, "softirq") != 0 && strcmp(kind, "hardirq") != 0)
		return text_format("%s (pid %" PRIu64 ")", comm, field_number(signaller, "pid"));
	return text_format("%s", kind);
}

static void timeline_row(struct table *table, const json_t *timeline)
{
	const json_t *signallers = field_array(timeline, "signallers");
	_cleanup_free_ char *last = timeline_signaller_text(json_array_get(signallers, 0));
	_cleanup_free_ char *rate = NULL;
	uint64_t waiting = field_number(timeline, "waiting");

	rate = field_given(timeline, "rate_per_s") ? text_format("%.1f/s", field_real(timeline, "rate_per_s"))
						   : text_format("%s", "");
	table_row(table);
	table_cell(table, "", "%s", field_string(timeline, "driver"));
	table_cell(table, "", "%s", field_string(timeline, "timeline"));
	table_cell(table, "", "%" PRIu64, field_number(timeline, "context"));
	table_cell(table, "", "%" PRIu64, field_number(timeline, "seqno"));
	table_cell(table, "", "%s", rate);
	table_cell(table, waiting ? STYLE_YELLOW : "", "%" PRIu64, waiting);
	table_cell(table, "", "%s", last);
}

void render_timelines(const struct terminal *terminal, const json_t *timelines)
{
	static const struct column columns[] = {
		{ "DRIVER", COLUMN_TEXT },	  { "TIMELINE", COLUMN_CUT }, { "CONTEXT", COLUMN_NUMBER },
		{ "SEQNO", COLUMN_NUMBER },	  { "RATE", COLUMN_NUMBER },  { "WAITING", COLUMN_NUMBER },
		{ "LAST SIGNALLER", COLUMN_CUT },
	};
	const json_t *list = field_array(timelines, "timelines");
	_cleanup_table_ struct table *table = table_new(terminal, columns, sizeof(columns) / sizeof(columns[0]));
	json_t *timeline;
	size_t i;

	if (json_array_size(list) == 0) {
		terminal_put(terminal, "No fence timeline has signalled yet.\n");
		return;
	}
	json_array_foreach(list, i, timeline)
		timeline_row(table, timeline);
	table_print(table, 0);
}

/* "0000:03:00.0 (amdgpu)", as much of it as is known. */
static char *fault_device(const json_t *fault)
{
	const char *name = field_string(fault, "device_name"), *driver = field_string(fault, "driver");

	if (*name && *driver)
		return text_format("%s (%s)", name, driver);
	return text_format("%s", *name ? name : *driver ? driver : "-");
}

static char *fault_process(const json_t *fault)
{
	_cleanup_free_ char *pasid = NULL;

	if (field_given(fault, "pasid"))
		pasid = text_format("PASID %" PRIu64, field_number(fault, "pasid"));
	if (field_given(fault, "pid"))
		return text_format("pid %" PRIu64 "%s%s", field_number(fault, "pid"), pasid ? ", " : "",
				   pasid ? pasid : "");
	return text_format("%s", pasid ? pasid : "-");
}

static char *fault_age(const json_t *fault)
{
	return field_given(fault, "age_ns") ? text_duration_short(field_number(fault, "age_ns")) : text_format("-");
}

static void fault_row(struct table *table, const json_t *fault)
{
	_cleanup_free_ char *device = fault_device(fault), *process = fault_process(fault), *age = fault_age(fault);
	const char *object = field_string(fault, "waits_for");

	table_row(table);
	table_cell(table, "", "%" PRIu64, field_number(fault, "handler_pid"));
	table_cell(table, "", "%s", field_string(fault, "comm"));
	table_cell(table, "", "%s", field_string(fault, "state"));
	table_cell(table, wait_age_style(field_number(fault, "age_ns")), "%s", age);
	table_cell(table, "", "%s", device);
	table_cell(table, "", "%s", process);
	table_cell(table, "", "%s", field_string(fault, "seen"));
	table_cell(table, "", "%s", *object ? object : "-");
}

void render_faults(const struct terminal *terminal, const json_t *faults)
{
	static const struct column columns[] = {
		{ "PID", COLUMN_NUMBER },   { "COMMAND", COLUMN_TEXT },	  { "STATE", COLUMN_TEXT },
		{ "AGE", COLUMN_NUMBER },   { "DEVICE", COLUMN_WRAP },	  { "PROCESS", COLUMN_WRAP },
		{ "SEEN BY", COLUMN_TEXT }, { "WAITS FOR", COLUMN_WRAP },
	};
	const json_t *list = field_array(faults, "faults");
	_cleanup_table_ struct table *table = table_new(terminal, columns, sizeof(columns) / sizeof(columns[0]));
	json_t *fault;
	size_t i;

	if (json_array_size(list) == 0) {
		terminal_put(terminal, "No GPU page fault is being handled.\n");
		return;
	}
	json_array_foreach(list, i, fault)
		fault_row(table, fault);
	table_print(table, 0);
}
