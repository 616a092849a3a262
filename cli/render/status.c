/* SPDX-License-Identifier: GPL-2.0-or-later */
/* gpuwatch.status.v1 for people: an overview, what is missing, then every probe. */
#include "cli/render/status.h"

#include <inttypes.h>
#include <string.h>

#include "cli/lib/json-field.h"
#include "cli/lib/text.h"
#include "cli/render/table.h"
#include "lib/base/cleanup.h"

struct probe_state {
	const char *name, *style;
	bool attached; /* it sees what it should see */
	bool degraded; /* something is lost by it */
};

/* A state that this version does not know is shown, and not taken for good. */
static const struct probe_state *probe_state(const char *name)
{
	static const struct probe_state states[] = {
		{ "attached", STYLE_GREEN, true, false }, { "adopted", STYLE_GREEN, true, false },
		{ "waiting", STYLE_DIM, false, false },	  { "absent", STYLE_YELLOW, false, true },
		{ "failed", STYLE_ALERT, false, true },	  { "", STYLE_YELLOW, false, true },
	};
	const struct probe_state *state = states;

	while (*state->name && strcmp(state->name, name) != 0)
		state++;
	return state;
}

size_t status_failed_probes(const json_t *status)
{
	size_t count = 0, i;
	json_t *probe;

	json_array_foreach(field_array(status, "probes"), i, probe)
		count += field_is(probe, "state", "failed");
	return count;
}

/* "2 deadlocks, 1 stall" */
static char *status_reports_text(const json_t *reports)
{
	const char *kind, *separator = "";
	char *text = NULL;
	json_t *count;
	size_t size;
	FILE *stream = text_stream(&text, &size);

	json_object_foreach((json_t *)reports, kind, count) {
		json_int_t number = json_integer_value(count);

		if (number <= 0)
			continue;
		fprintf(stream, "%s%s%" JSON_INTEGER_FORMAT " %s%s" STYLE_END, separator,
			strcmp(kind, "deadlock") == 0 ? STYLE_ALERT : STYLE_YELLOW, number, kind,
			number > 1 ? "s" : "");
		separator = ", ";
	}
	fprintf(stream, "%s", *separator ? "" : "none active");
	text_finish(stream);
	return text;
}

/* One of two texts, or "" where the daemon does not answer that. */
static const char *status_switch_text(const json_t *status, const char *key, const char *yes, const char *no)
{
	const json_t *value = json_object_get(status, key);

	if (json_is_true(value))
		return yes;
	return json_is_false(value) ? no : "";
}

static char *status_counters_text(const json_t *counters)
{
	const char *name, *separator = "";
	char *text = NULL;
	json_t *value;
	size_t size;
	FILE *stream = text_stream(&text, &size);

	json_object_foreach((json_t *)counters, name, value) {
		_cleanup_free_ char *number = field_text(value), *words = text_words(name);

		fprintf(stream, "%s%s %s", separator, words, number);
		separator = ", ";
	}
	text_finish(stream);
	return text;
}

static void status_print_running(const struct terminal *terminal, const json_t *status)
{
	_cleanup_free_ char *since = text_time(field_string(status, "started_at"));
	_cleanup_free_ char *line =
		text_format("%s%s%s (pid %" PRIu64 ", version %s)", *since ? "running since " : "", since,
			    *since ? "" : "running", field_number(status, "pid"), field_string(status, "version"));

	terminal_labelled(terminal, "Daemon", line);
	terminal_labelled(terminal, "Kernel", field_string(status, "kernel"));
	terminal_labelled(terminal, "Boot", field_string(status, "boot_id"));
}

static void status_print_overview(const struct terminal *terminal, const json_t *status)
{
	_cleanup_free_ char *waits = text_format("%" PRIu64 " active", field_number(status, "active_waits"));
	_cleanup_free_ char *wakeups = text_format("%.1f per second", field_real(status, "wakeups_per_s"));
	_cleanup_free_ char *reports = status_reports_text(field_object(status, "active_reports"));
	_cleanup_free_ char *counters = status_counters_text(field_object(status, "counters"));

	status_print_running(terminal, status);
	terminal_labelled(terminal, "Reports", reports);
	terminal_labelled(terminal, "Waits", field_given(status, "active_waits") ? waits : "");
	terminal_labelled(terminal, "Wake-ups", field_given(status, "wakeups_per_s") ? wakeups : "");
	terminal_labelled(terminal, "Memory", status_switch_text(status, "memory_locked", "locked", "not locked"));
	terminal_labelled(terminal, "Pinned",
			  status_switch_text(status, "pinned",
					     "yes: the programs go on watching while the daemon restarts",
					     "no: what happens while the daemon restarts is not recorded"));
	terminal_labelled(terminal, "Counters", counters);
}

static void status_print_limitations(const struct terminal *terminal, const json_t *limitations)
{
	json_t *limitation;
	size_t i;

	if (json_array_size(limitations) == 0)
		return;
	terminal_put(terminal, "\n" STYLE_YELLOW "Limitations" STYLE_END "\n");
	json_array_foreach(limitations, i, limitation) {
		_cleanup_free_ char *text = field_text(limitation);

		terminal_paragraph(terminal, "  - ", 4, text);
	}
}

/* What only a patched kernel has, and this one has not. */
static bool probe_needs_patch(const json_t *probe)
{
	return field_given(probe, "patch") && !probe_state(field_string(probe, "state"))->attached &&
	       !field_is(probe, "state", "failed");
}

/* What each kernel patch that is missing would add. */
static void status_print_patches(const struct terminal *terminal, const json_t *probes)
{
	static const struct column columns[] = {
		{ "WOULD SHOW", COLUMN_WRAP },
		{ "KERNEL PATCH", COLUMN_WRAP },
	};
	_cleanup_table_ struct table *table = table_new(terminal, columns, sizeof(columns) / sizeof(columns[0]));
	size_t count = 0, i;
	json_t *probe;

	json_array_foreach(probes, i, probe) {
		if (!probe_needs_patch(probe))
			continue;
		table_row(table);
		table_cell(table, "", "%s", field_string(probe, "lost"));
		table_cell(table, STYLE_DIM, "%s", field_string(probe, "patch"));
		count++;
	}
	if (count == 0)
		return;
	terminal_put(terminal, "\n" STYLE_BOLD "With gpuwatch's kernel patches" STYLE_END "\n");
	table_print(table, 2);
}

static void status_probe_row(struct table *table, const json_t *probe)
{
	const char *name = field_string(probe, "state"), *module = field_string(probe, "module");
	const struct probe_state *state = probe_state(name);

	table_row(table);
	table_cell(table, state->degraded ? state->style : "", "%s", field_string(probe, "name"));
	table_cell(table, "", "%s", field_string(probe, "target"));
	table_cell(table, "", "%s", *module ? module : "-");
	table_cell(table, state->style, "%s", *name ? name : "unknown");
}

/* Those that something is lost by come first. */
static void status_print_probes(const struct terminal *terminal, const json_t *probes)
{
	static const struct column columns[] = {
		{ "PROBE", COLUMN_TEXT },
		{ "TARGET", COLUMN_CUT },
		{ "MODULE", COLUMN_TEXT },
		{ "STATE", COLUMN_TEXT },
	};
	_cleanup_table_ struct table *table = table_new(terminal, columns, sizeof(columns) / sizeof(columns[0]));
	size_t attached = 0, count = 0, i;
	json_t *probe;

	for (int degraded = 1; degraded >= 0; degraded--)
		json_array_foreach(probes, i, probe)
			if (!probe_needs_patch(probe) &&
			    probe_state(field_string(probe, "state"))->degraded == degraded)
				status_probe_row(table, probe);
	json_array_foreach(probes, i, probe) {
		attached += probe_state(field_string(probe, "state"))->attached;
		count += !probe_needs_patch(probe);
	}
	terminal_print(terminal, "\n" STYLE_BOLD "Probes" STYLE_END ": %zu of %zu attached\n", attached, count);
	if (count)
		table_print(table, 2);
}

/* "card0", "renderD128"; "-": there is none. */
static void status_gpu_cell(struct table *table, const json_t *gpu, const char *key, const char *prefix)
{
	if (field_given(gpu, key))
		table_cell(table, "", "%s%" PRIu64, prefix, field_number(gpu, key));
	else
		table_cell(table, "", "-");
}

static void status_print_gpus(const struct terminal *terminal, const json_t *gpus)
{
	static const struct column columns[] = {
		{ "DEVICE", COLUMN_TEXT }, { "DRIVER", COLUMN_TEXT },	{ "CARD", COLUMN_TEXT },
		{ "RENDER", COLUMN_TEXT }, { "KFD NODE", COLUMN_TEXT },
	};
	_cleanup_table_ struct table *table = table_new(terminal, columns, sizeof(columns) / sizeof(columns[0]));
	json_t *gpu;
	size_t i;

	if (json_array_size(gpus) == 0)
		return;
	terminal_put(terminal, "\n" STYLE_BOLD "GPUs" STYLE_END "\n");
	json_array_foreach(gpus, i, gpu) {
		const char *driver = field_string(gpu, "driver");

		table_row(table);
		table_cell(table, "", "%s", field_string(gpu, "name"));
		table_cell(table, "", "%s", *driver ? driver : "-");
		status_gpu_cell(table, gpu, "card", "card");
		status_gpu_cell(table, gpu, "render", "renderD");
		status_gpu_cell(table, gpu, "kfd_node", "");
	}
	table_print(table, 2);
}

void render_status(const struct terminal *terminal, const json_t *status)
{
	status_print_overview(terminal, status);
	status_print_limitations(terminal, field_array(status, "limitations"));
	status_print_gpus(terminal, field_array(status, "gpus"));
	status_print_probes(terminal, field_array(status, "probes"));
	status_print_patches(terminal, field_array(status, "probes"));
}
