/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reports as a table, as a chain, and in full. */
#include "cli/render/report.h"

#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/param.h>
#include <unistd.h>

#include "cli/lib/error.h"
#include "cli/lib/json-field.h"
#include "cli/lib/text.h"
#include "cli/render/chain.h"
#include "cli/render/node.h"
#include "cli/render/table.h"
#include "cli/render/verdict.h"
#include "cli/render/workload.h"
#include "lib/base/cleanup.h"
#include "lib/base/clock.h"
#include "lib/base/files.h"

#define VICTIMS_SHOWN 8	    /* in the chain view; all in the detail */
#define SUMMARY_COLUMNS 120 /* from this width on the table has room for the summary */

void report_view_live(struct report_view *view, const struct terminal *terminal)
{
	view->terminal = terminal;
	view->now_ns = gw_now_mono_ns();
	view->boot_id[0] = '\0';
	gw_file_text(AT_FDCWD, "/proc/sys/kernel/random/boot_id", view->boot_id, sizeof(view->boot_id));
}

bool report_is_active(const json_t *report)
{
	return !field_is(report, "state", "resolved");
}

bool report_is_kind(const json_t *report, const char *kind)
{
	return field_is(report, "kind", kind);
}

/* ---- times --------------------------------------------------------------- */

/* The moment that the ages of this report count up to; 0 = unknown. */
static uint64_t report_moment(const struct report_view *view, const json_t *report)
{
	const char *boot_id = field_string(report, "boot_id");
	bool same_boot = !*view->boot_id || strcmp(view->boot_id, boot_id) == 0;

	if (!report_is_active(report) && field_given(report, "resolved_mono_ns"))
		return field_number(report, "resolved_mono_ns");
	if (report_is_active(report) && view->now_ns && same_boot)
		return view->now_ns;
	return field_number(report, "detected_mono_ns");
}

/* "" when the beginning is unknown, as of what a log shows only once. Owned by the caller. */
static char *report_age_since(uint64_t since, uint64_t moment)
{
	if (since == 0 || moment <= since)
		return text_format("%s", "");
	return text_duration(moment - since);
}

/* When the report's situation began; 0 = unknown. */
static uint64_t report_begin(const json_t *report)
{
	uint64_t formed = field_number(report, "formed_mono_ns");

	return formed ? formed : field_number(report, "detected_mono_ns");
}

static char *report_age(const struct report_view *view, const json_t *report)
{
	return report_age_since(report_begin(report), report_moment(view, report));
}

/* For a table's cell. */
static char *report_age_short(const struct report_view *view, const json_t *report)
{
	uint64_t begin = report_begin(report), moment = report_moment(view, report);

	return begin && moment > begin ? text_duration_short(moment - begin) : text_format("%s", "");
}

/* ---- table --------------------------------------------------------------- */

static const char *report_confidence_style(const char *confidence)
{
	if (strcmp(confidence, "proven") == 0)
		return STYLE_RED;
	return strcmp(confidence, "probable") == 0 ? STYLE_YELLOW : STYLE_DIM;
}

static size_t report_count_tasks(const struct chain *chain)
{
	size_t count = 0;

	for (size_t i = 0; i < chain->step_count; i++)
		count += node_is_task(chain->nodes[chain->steps[i].node].json);
	return count;
}

/* Victims that are not in the chain already. */
static size_t report_count_victims(const struct chain *chain, const json_t *report)
{
	size_t count = 0, i;
	json_t *id;

	json_array_foreach(field_array(report, "victims"), i, id) {
		size_t node = json_is_string(id) ? chain_find(chain, json_string_value(id)) : CHAIN_NONE;

		count += node == CHAIN_NONE || !chain->nodes[node].in_chain;
	}
	return count;
}

static void report_row(const struct report_view *view, struct table *table, const json_t *report, bool summary)
{
	const char *confidence = field_string(report, "confidence");
	_cleanup_free_ char *age = report_age_short(view, report);
	_cleanup_chain_ struct chain chain;
	bool active = report_is_active(report);

	chain_build(&chain, report);
	table_row(table);
	table_cell(table, "", "%s", field_string(report, "id"));
	table_cell(table, "", "%s", field_string(report, "class"));
	table_cell(table, active ? "" : STYLE_GREEN, "%s", field_string(report, "state"));
	table_cell(table, report_confidence_style(confidence), "%s", confidence);
	table_cell(table, "", "%s", age);
	table_cell(table, "", "%zu", report_count_tasks(&chain));
	table_cell(table, "", "%zu", report_count_victims(&chain, report));
	if (summary)
		table_cell(table, "", "%s", field_string(report, "summary"));
}

static bool report_table_has_summary(const struct terminal *terminal)
{
	return !terminal->limited || terminal->width >= SUMMARY_COLUMNS;
}

static void report_print_table(const struct report_view *view, const json_t *reports)
{
	static const struct column columns[] = {
		{ "ID", COLUMN_TEXT },	       { "CLASS", COLUMN_TEXT },   { "STATE", COLUMN_TEXT },
		{ "CONFIDENCE", COLUMN_TEXT }, { "AGE", COLUMN_NUMBER },   { "TASKS", COLUMN_NUMBER },
		{ "BLOCKED", COLUMN_NUMBER },  { "SUMMARY", COLUMN_WRAP },
	};
	bool summary = report_table_has_summary(view->terminal);
	size_t count = sizeof(columns) / sizeof(columns[0]) - !summary;
	_cleanup_table_ struct table *table = table_new(view->terminal, columns, count);
	json_t *report;
	size_t i;

	json_array_foreach(reports, i, report)
		report_row(view, table, report, summary);
	table_print(table, 0);
}

/* ---- the lines of a chain ------------------------------------------------ */

struct chain_line {
	const char *rail; /* before the first line */
	char *text;
	char *age;
	char *evidence;
};

struct chain_layout {
	size_t text, age, evidence; /* columns; evidence 0 = none at all */
};

#define RAIL_COLUMNS 5 /* "  │  " */

static const char *report_kind_title(const json_t *report)
{
	static const struct {
		const char *kind, *title;
	} titles[] = {
		{ "deadlock", "Deadlock" }, { "livelock", "Livelock" },	      { "stall", "Stall" },
		{ "hazard", "Hazard" },	    { "probe-order", "Probe order" },
	};

	for (size_t i = 0; i < sizeof(titles) / sizeof(titles[0]); i++)
		if (report_is_kind(report, titles[i].kind))
			return titles[i].title;
	return "Report";
}

/* "for 3.2 s", "resolved after 5.0 s", or "detected after 0.5 s" when nobody knows how it went on. */
static char *report_heading_state(const struct report_view *view, const json_t *report)
{
	_cleanup_free_ char *age = report_age(view, report);

	/* A boot is over: what it lost does not last, it is so. */
	if (report_is_kind(report, "probe-order") && report_is_active(report))
		return text_format("%s", "");
	if (!report_is_active(report))
		return text_format(STYLE_GREEN "resolved%s%s" STYLE_END, *age ? " after " : "", age);
	if (!*age)
		return text_format("%s", "");
	return text_format("%s %s", view->now_ns ? "for" : "detected after", age);
}

static void report_print_heading(const struct report_view *view, const json_t *report)
{
	const char *confidence = field_string(report, "confidence");
	const char *title_style =
		report_is_active(report) && report_is_kind(report, "deadlock") ? STYLE_ALERT : STYLE_BOLD;
	_cleanup_free_ char *state = report_heading_state(view, report), *line = NULL;
	const struct {
		const char *style, *text;
	} words[] = {
		{ title_style, report_kind_title(report) },
		{ STYLE_BOLD, field_string(report, "id") },
		{ "", field_string(report, "class") },
		{ report_confidence_style(confidence), confidence },
		{ "", state },
	};
	FILE *stream;
	size_t size;

	stream = text_stream(&line, &size);
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (*words[i].text)
			fprintf(stream, "%s%s%s" STYLE_END, i ? "  " : "", words[i].style, words[i].text);
	text_finish(stream);
	terminal_paragraph(view->terminal, "", 0, line);
}

/* ", which no longer exists": why a chain ends at this node. Owned by the caller. */
static char *chain_end_text(const struct chain *chain, size_t node)
{
	const char *note = field_string(chain->nodes[node].json, "note");

	return text_format("%s%s", *note ? ", which " : "", note);
}

/* "which waits for mutex ...": what step @i says about the next one. */
static char *chain_step_text(const struct chain *chain, size_t i)
{
	const struct chain_step *step = &chain->steps[i];
	const json_t *from = chain->nodes[step->node].json, *to = chain->nodes[step->edge->to].json;
	_cleanup_free_ char *phrase = edge_phrase(step->edge->json, from, to), *target = node_text(to), *end = NULL;

	if (chain->loop || chain->returns)
		end = text_format("%s", i + 1 == chain->step_count ? STYLE_RED " ← closes the loop" STYLE_END : "");
	else
		end = chain->steps[i + 1].edge ? text_format("%s", "") : chain_end_text(chain, step->edge->to);
	return text_format("%s%s %s%s", i > 0 && node_is_task(from) ? "which " : "", phrase, target, end);
}

/* A fence and its timeline are one thing to a reader: one line has both. */
static bool chain_step_is_redundant(const struct chain *chain, size_t i)
{
	const struct chain_step *step = &chain->steps[i];
	const json_t *fence = chain->nodes[step->node].json, *timeline;

	if (!step->edge || !field_is(step->edge->json, "relation", "on-timeline"))
		return false;
	timeline = chain->nodes[step->edge->to].json;
	return i > 0 && i + 1 < chain->step_count && chain->steps[i + 1].edge && field_is(fence, "type", "fence") &&
	       field_number(fence, "context") == field_number(timeline, "context");
}

/* How the chain ends: it closes, nobody is left, or (a stall) it is just as far as it goes. */
static const char *chain_last_rail(const json_t *report, const struct chain *chain)
{
	return !chain->loop && report_is_kind(report, "deadlock") ? "  ✗  " : "  ╰─ ";
}

static struct chain_line chain_line_new(const char *rail, char *text, const json_t *edge, uint64_t moment)
{
	_cleanup_free_ char *evidence = edge_evidence(edge);

	return (struct chain_line){
		.rail = rail,
		.text = text,
		.age = report_age_since(field_number(edge, "since_mono_ns"), moment),
		.evidence = text_format(*evidence ? "[%s]" : "%s", evidence),
	};
}

static void chain_line_clear(struct chain_line *line)
{
	free(line->text);
	free(line->age);
	free(line->evidence);
}

static char *chain_first_text(const struct chain *chain)
{
	size_t first = chain->steps[0].node;
	_cleanup_free_ char *node = node_text(chain->nodes[first].json), *end = chain_end_text(chain, first);

	return text_format("%s%s", node, chain->steps[0].edge ? "" : end);
}

static size_t chain_lines(const struct report_view *view, const json_t *report, const struct chain *chain,
			  struct chain_line **ret)
{
	struct chain_line *lines = calloc(chain->step_count + 1, sizeof(*lines));
	uint64_t moment = report_moment(view, report);
	size_t count = 0;

	if (!lines)
		out_of_memory();
	lines[count++] = chain_line_new(chain->loop ? "  ╭▶ " : "  ·  ", chain_first_text(chain), NULL, 0);
	for (size_t i = 0; i < chain->step_count && chain->steps[i].edge; i++)
		if (!chain_step_is_redundant(chain, i))
			lines[count++] =
				chain_line_new("  │  ", chain_step_text(chain, i), chain->steps[i].edge->json, moment);
	if (count > 1)
		lines[count - 1].rail = chain_last_rail(report, chain);
	*ret = lines;
	return count;
}

/* What fits beside each other: the text gets what the others leave, evidence comes off first. */
static struct chain_layout chain_measure(const struct terminal *terminal, const struct chain_line *lines, size_t count)
{
	struct chain_layout layout = { 0 };
	size_t widest = 0, room;

	for (size_t i = 0; i < count; i++) {
		widest = MAX(widest, terminal_columns(terminal, lines[i].text, strlen(lines[i].text)));
		layout.age = MAX(layout.age, strlen(lines[i].age));
		layout.evidence = MAX(layout.evidence, strlen(lines[i].evidence));
	}
	room = terminal->width - RAIL_COLUMNS - (layout.age ? layout.age + 2 : 0);
	if (layout.evidence && room < layout.evidence + 2 + MIN(widest, 36))
		layout.evidence = 0;
	layout.text = MIN(widest, room - (layout.evidence ? layout.evidence + 2 : 0));
	return layout;
}

static void chain_line_print(const struct terminal *terminal, const struct chain_line *line,
			     const struct chain_layout *layout, const char *rail_after)
{
	const char *text = line->text;
	bool first = true;

	do {
		const char *next;
		size_t bytes = terminal_chunk(terminal, text, layout->text - (first ? 0 : 2), &next);

		terminal_print(terminal, "%s%s%.*s" STYLE_END, first ? line->rail : rail_after, first ? "" : "  ",
			       (int)bytes, text);
		if (first && (*line->age || (*line->evidence && layout->evidence))) {
			size_t used = terminal_columns(terminal, text, bytes);

			terminal_print(terminal, "%*s", (int)(layout->text - MIN(used, layout->text)), "");
			if (layout->age)
				terminal_print(terminal, "  %*s", (int)layout->age, line->age);
			if (*line->evidence && layout->evidence)
				terminal_print(terminal, "  " STYLE_DIM "%s" STYLE_END, line->evidence);
		}
		terminal_put(terminal, "\n");
		first = false;
		text = next;
	} while (*text);
}

static void chain_lines_print(const struct report_view *view, struct chain_line *lines, size_t count,
			      const char *rail_after)
{
	struct chain_layout layout = chain_measure(view->terminal, lines, count);

	for (size_t i = 0; i < count; i++) {
		chain_line_print(view->terminal, &lines[i], &layout, i + 1 < count ? rail_after : "     ");
		chain_line_clear(&lines[i]);
	}
	free(lines);
}

static void report_print_chain(const struct report_view *view, const json_t *report, const struct chain *chain)
{
	struct chain_line *lines;
	size_t count;

	if (chain->step_count == 0)
		return;
	count = chain_lines(view, report, chain, &lines);
	terminal_put(view->terminal, "\n");
	chain_lines_print(view, lines, count, "  │  ");
}

/* ---- what follows the chain ---------------------------------------------- */

/* Of victims only those that are not in the chain. Owned by the caller. */
static char *report_victims_text(const struct chain *chain, const json_t *report, size_t show)
{
	const json_t *victims = field_array(report, "victims");
	size_t size, i, written = 0, left = report_count_victims(chain, report);
	char *text = NULL;
	json_t *id;
	FILE *stream = text_stream(&text, &size);

	json_array_foreach(victims, i, id) {
		const char *name = json_is_string(id) ? json_string_value(id) : "?";
		size_t node = chain_find(chain, name);
		_cleanup_free_ char *words = NULL;

		if (node != CHAIN_NONE && chain->nodes[node].in_chain)
			continue;
		if (written == show) {
			fprintf(stream, " and %zu more", left - written);
			break;
		}
		words = node != CHAIN_NONE ? node_text(chain->nodes[node].json) : text_format("%s", name);
		fprintf(stream, "%s%s", written ? ", " : "", words);
		written++;
	}
	text_finish(stream);
	return text;
}

/* "silent-device, orphaned-fence or sched-dep-cycle" */
static void report_print_may_be(const struct report_view *view, const json_t *classes)
{
	size_t count = json_array_size(classes), size, i;
	_cleanup_free_ char *text = NULL;
	FILE *stream = text_stream(&text, &size);
	json_t *class;

	json_array_foreach(classes, i, class)
		fprintf(stream, "%s%s", i == 0 ? "" : i + 1 == count ? " or " : ", ", json_string_value(class));
	text_finish(stream);
	if (count)
		terminal_labelled(view->terminal, "May be", text);
}

/* Of a report that was read in a kernel log: what else the log has, and what it has not. */
static void report_print_log(const struct report_view *view, const json_t *log)
{
	json_t *entry;
	size_t i;

	report_print_may_be(view, field_array(log, "may_be"));
	json_array_foreach(field_array(log, "missing"), i, entry)
		terminal_labelled(view->terminal, i ? "" : "Not known", json_string_value(entry));
	json_array_foreach(field_array(log, "events"), i, entry) {
		uint64_t count = field_number(entry, "count");
		_cleanup_free_ char *text = text_format("%s%s%s%s", field_string(entry, "text"), count > 1 ? " (" : "",
							count > 1 ? "one of several" : "", count > 1 ? ")" : "");

		terminal_labelled(view->terminal, i ? "" : "Log", text);
	}
}

/* As dmesg prints it; the explanation cites the latest of them. */
static void report_print_kernel_log(const struct report_view *view, const json_t *words)
{
	json_t *word;
	size_t i;

	json_array_foreach(words, i, word) {
		uint64_t log_us = field_number(word, "log_us");
		bool earlier = field_number(word, "before_us") > 0; /* than what is reported began */
		_cleanup_free_ char *text =
			text_format("[%5" PRIu64 ".%06" PRIu64 "] %s%s", log_us / GW_USEC_PER_SEC,
				    log_us % GW_USEC_PER_SEC, earlier ? "(earlier) " : "", field_string(word, "text"));

		terminal_labelled(view->terminal, i ? "" : "Kernel log", text);
	}
}

/* "kill -KILL 812 (works)"; nothing where it was not judged. Of a report that is over no action is left. */
static void report_print_action(const struct terminal *terminal, const json_t *action, bool active)
{
	const char *command = field_string(action, "command"), *device = field_string(action, "device");
	_cleanup_free_ char *works = NULL, *text = NULL;
	json_t *smaller;
	size_t i;

	if (!field_given(action, "code"))
		return;
	if (!active) {
		terminal_labelled(terminal, "Action", "none: this is over");
		return;
	}
	if (field_is(action, "works", "unknown"))
		works = text_format("may work");
	else
		works = text_format("%s", field_is(action, "works", "yes") ? "works" : "does not work");
	if (!*device)
		device = field_string(action, "driver");
	if (*command)
		text = text_format("%s (%s)", command, works);
	else
		text = text_format("%s%s%s (%s)", field_string(action, "code"), *device ? " " : "", device, works);
	terminal_labelled(terminal, "Action", text);
	json_array_foreach(field_array(action, "smaller"), i, smaller)
		terminal_labelled(terminal, i ? "" : "No help", field_string(smaller, "sentence"));
}

/* The advice of a log that shows the end of it has that in it. */
static void report_print_advice(const struct terminal *terminal, const json_t *root, bool active)
{
	const char *advice = field_string(root, "advice");
	bool past = *advice && !active && field_given(field_object(root, "action"), "code");
	_cleanup_free_ char *text = text_format("%s%s", past ? "While it stood: " : "", advice);

	terminal_labelled(terminal, "Advice", text);
}

static void report_print_known(const struct report_view *view, const json_t *known)
{
	static const struct {
		const char *label, *field;
	} lines[] = {
		{ "Known hang", "what" },
		{ "Fixed in", "fixed_in" },
		{ "Workaround", "workaround" },
		{ "See", "link" },
	};

	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		if (*field_string(known, lines[i].field))
			terminal_labelled(view->terminal, lines[i].label, field_string(known, lines[i].field));
}

/* Who waits for whom: not for a boot, where nobody waits any more. */
static void report_print_waits(const struct report_view *view, const json_t *report, const struct chain *chain,
			       size_t victims)
{
	const json_t *root = field_object(report, "root_cause");
	_cleanup_free_ char *blocked = report_victims_text(chain, report, victims);

	report_print_chain(view, report, chain);
	terminal_put(view->terminal, "\n");
	terminal_labelled(view->terminal, "Blocked", blocked);
	render_workloads(view->terminal, report);
	terminal_labelled(view->terminal, "Root cause", field_string(root, "explanation"));
	report_print_action(view->terminal, field_object(root, "action"), report_is_active(report));
	report_print_advice(view->terminal, root, report_is_active(report));
	report_print_known(view, field_object(report, "known"));
	report_print_kernel_log(view, field_array(report, "kernel_log"));
	report_print_log(view, field_object(report, "log"));
}

static void report_print(const struct report_view *view, const json_t *report, const struct chain *chain,
			 size_t victims, bool summary)
{
	report_print_heading(view, report);
	if (summary)
		terminal_paragraph(view->terminal, "  ", 2, field_string(report, "summary"));
	if (!report_is_kind(report, "probe-order")) {
		report_print_waits(view, report, chain, victims);
		return;
	}
	terminal_put(view->terminal, "\n");
	render_verdict(view->terminal, report);
}

void render_report_chain(const struct report_view *view, const json_t *report)
{
	_cleanup_chain_ struct chain chain;

	chain_build(&chain, report);
	report_print(view, report, &chain, VICTIMS_SHOWN, true);
}

void render_report_list(const struct report_view *view, const json_t *reports)
{
	json_t *report;
	size_t i;

	report_print_table(view, reports);
	json_array_foreach(reports, i, report) {
		_cleanup_chain_ struct chain chain;

		chain_build(&chain, report);
		terminal_put(view->terminal, "\n");
		report_print(view, report, &chain, VICTIMS_SHOWN, !report_table_has_summary(view->terminal));
	}
}

void render_report_end(const struct report_view *view, const json_t *report)
{
	_cleanup_free_ char *age = report_age(view, report);

	terminal_print(view->terminal, STYLE_GREEN "Resolved" STYLE_END "  " STYLE_BOLD "%s" STYLE_END "  %s%s%s\n",
		       field_string(report, "id"), field_string(report, "class"), *age ? "  after " : "", age);
}

/* ---- everything ---------------------------------------------------------- */

static void report_print_times(const struct report_view *view, const json_t *report)
{
	uint64_t formed = field_number(report, "formed_mono_ns"), detected = field_number(report, "detected_mono_ns");
	_cleanup_free_ char *when = text_time(field_string(report, "detected_at"));
	_cleanup_free_ char *age = report_age_since(formed, detected);
	_cleanup_free_ char *text =
		text_format("%s%s%s%s", when, *age ? ", " : "", age, *age ? " after it formed" : "");

	terminal_labelled(view->terminal, "Detected", text);
	terminal_labelled(view->terminal, "Kernel", field_string(report, "kernel"));
	terminal_labelled(view->terminal, "Boot", field_string(report, "boot_id"));
}

static void report_print_stack(const struct report_view *view, const json_t *stack)
{
	json_t *frame;
	size_t i;

	json_array_foreach(stack, i, frame)
		if (json_is_string(frame))
			terminal_print(view->terminal, "       " STYLE_DIM "%s" STYLE_END "\n",
				       json_string_value(frame));
}

static void report_print_nodes(const struct report_view *view, const struct chain *chain)
{
	if (chain->node_count)
		terminal_put(view->terminal, "\n  " STYLE_BOLD "Participants" STYLE_END "\n");
	for (size_t i = 0; i < chain->node_count; i++) {
		const json_t *node = chain->nodes[i].json;
		_cleanup_free_ char *text = node_text(node), *details = node_details(node);
		_cleanup_free_ char *line = text_format("%s%s%s", text, *details ? ": " : "", details);

		terminal_paragraph(view->terminal, "  -  ", 5, line);
		report_print_stack(view, field_array(node, "stack"));
	}
}

/* "compositor (pid 812) waits for fence 17:42 (amdgpu, sdma0)  3.2 s  [tracepoint]" */
static void report_print_edges(const struct report_view *view, const json_t *report, const struct chain *chain)
{
	struct chain_line *lines = calloc(chain->edge_count + 1, sizeof(*lines));
	uint64_t moment = report_moment(view, report);

	if (!lines)
		out_of_memory();
	for (size_t i = 0; i < chain->edge_count; i++) {
		const struct chain_edge *edge = &chain->edges[i];
		const json_t *from_node = chain->nodes[edge->from].json, *to_node = chain->nodes[edge->to].json;
		_cleanup_free_ char *from = node_text(from_node), *to = node_text(to_node);
		_cleanup_free_ char *phrase = edge_phrase(edge->json, from_node, to_node);

		lines[i] = chain_line_new("  -  ", text_format("%s %s %s", from, phrase, to), edge->json, moment);
	}
	if (chain->edge_count)
		terminal_put(view->terminal, "\n  " STYLE_BOLD "Edges" STYLE_END "\n");
	chain_lines_print(view, lines, chain->edge_count, "     ");
}

void render_report_detail(const struct report_view *view, const json_t *report)
{
	_cleanup_chain_ struct chain chain;

	chain_build(&chain, report);
	report_print(view, report, &chain, SIZE_MAX, true);
	report_print_times(view, report);
	if (!report_is_kind(report, "probe-order")) /* the verdict has them with their roles */
		report_print_nodes(view, &chain);
	report_print_edges(view, report, &chain);
}
