/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From the daemon's documents to pages of HTML; how reports look is lib/picture's. */
#include "exporter/pages.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/clock.h"
#include "lib/base/json.h"
#include "lib/base/text.h"
#include "lib/picture/boot.h"
#include "lib/picture/page.h"
#include "lib/picture/svg.h"

#define ACTIVE_MOST 20 /* reports with their graphs; the others are in /v1/reports */
#define ENDED_MOST 20
#define WAITS_MOST 100
#define LANES_MOST 60 /* devices of a boot */
#define LANES_NOW 8   /* of these beside what is now */

static const char script[] =
#include <pages-script.h>
	;

/* ---- pieces -------------------------------------------------------------------------------------- */

/* Outside of what the script replaces. Relative: a reverse proxy may have put a folder before all paths. */
static const char header[] =
	"<header><nav><a href=\"./\">Now</a> · <a href=\"boot\">Boot</a> · <a href=\"metrics\">metrics</a> · JSON: "
	"<a href=\"v1/status\">status</a>, <a href=\"v1/waits\">waits</a>, <a href=\"v1/reports\">reports</a>, "
	"<a href=\"v1/probe-order\">probe order</a></nav>\n<p class=\"refresh\"></p></header>\n";

static void pages_text(FILE *out, const char *tag, const char *text)
{
	fprintf(out, "<%s>", tag);
	gw_svg_escape(out, text);
	fprintf(out, "</%s>", tag);
}

static void pages_silent(FILE *out, const char *message)
{
	fputs("<div class=\"note bad\"><strong>gpuwatchd does not answer</strong><br/>", out);
	gw_svg_escape(out, message);
	fputs("</div>\n<p>What is stuck at this moment is not known. When the daemon was stopped: <code>systemctl start "
	      "gpuwatchd</code>.</p>\n",
	      out);
}

static bool pages_is(const json_t *object, const char *key, const char *value)
{
	return strcmp(gw_json_string(object, key), value) == 0;
}

/* ---- health ------------------------------------------------------------------------------------------ */

static size_t pages_count(const json_t *reports, const char *kind)
{
	size_t count = 0, i;
	json_t *report;

	json_array_foreach(reports, i, report)
		count += pages_is(report, "state", "active") && pages_is(report, "kind", kind);
	return count;
}

/* "2 deadlocks"; @many is the plural. */
static void pages_kind(FILE *out, const json_t *reports, const char *kind, const char *many, const char *class,
		       bool *any)
{
	size_t count = pages_count(reports, kind);

	if (!count)
		return;
	fprintf(out, "<span class=\"badge %s\">%zu %s</span>\n", class, count, count == 1 ? kind : many);
	*any = true;
}

static void pages_health(FILE *out, const json_t *reports)
{
	bool any = false;

	fputs("<div class=\"badges\">\n", out);
	pages_kind(out, reports, "deadlock", "deadlocks", "bad", &any);
	pages_kind(out, reports, "livelock", "livelocks", "bad", &any);
	pages_kind(out, reports, "stall", "stalls", "warn", &any);
	pages_kind(out, reports, "hazard", "hazards", "warn", &any);
	pages_kind(out, reports, "probe-order", "findings of probe order", "warn", &any);
	if (!any)
		fputs("<span class=\"badge good\">no report is active</span>\n", out);
	fputs("</div>\n", out);
}

static void pages_limitations(FILE *out, const json_t *status)
{
	const json_t *limitations = json_object_get(status, "limitations");
	json_t *limitation;
	size_t i;

	if (!json_array_size(limitations))
		return;
	fprintf(out, "<details><summary>%zu limitation%s on this machine</summary>\n<ul>\n",
		json_array_size(limitations), json_array_size(limitations) == 1 ? "" : "s");
	json_array_foreach(limitations, i, limitation)
		pages_text(out, "li", json_string_value(limitation));
	fputs("</ul></details>\n", out);
}

static void pages_status(FILE *out, const json_t *status)
{
	fputs("<dl>\n", out);
	gw_page_fact(out, "Kernel", gw_json_string(status, "kernel"));
	gw_page_fact(out, "gpuwatchd", gw_json_string(status, "version"));
	gw_page_fact(out, "Started", gw_json_string(status, "started_at"));
	fputs("</dl>\n", out);
	pages_limitations(out, status);
}

/* ---- waits ------------------------------------------------------------------------------------------------ */

static void pages_wait(FILE *out, const json_t *wait)
{
	const char *phrase = gw_json_string(wait, "phrase"), *function = gw_json_string(wait, "function");
	json_int_t age_ns = json_integer_value(json_object_get(wait, "age_ns"));
	struct gw_text age = { .data = NULL };
	_cleanup_free_ char *text = NULL;

	gw_text_add_age(&age, age_ns > 0 ? (uint64_t)age_ns : 0);
	text = gw_text_finish(&age);
	fputs("<tr>", out);
	pages_text(out, "td", gw_json_string(wait, "comm"));
	fprintf(out, "<td class=\"number\">%lld</td>", (long long)json_integer_value(json_object_get(wait, "pid")));
	pages_text(out, "td", gw_json_string(wait, "state"));
	fputs("<td class=\"number\">", out);
	gw_svg_escape(out, text);
	fputs("</td>", out);
	pages_text(out, "td", *phrase ? phrase : *function ? function : gw_json_string(wait, "kind"));
	pages_text(out, "td", gw_json_string(json_object_get(wait, "workload"), "name"));
	fputs("</tr>\n", out);
}

/* Longest first. */
static int pages_compare(const void *one, const void *other)
{
	json_int_t a = json_integer_value(json_object_get(*(json_t *const *)one, "age_ns"));
	json_int_t b = json_integer_value(json_object_get(*(json_t *const *)other, "age_ns"));

	return a < b ? 1 : a > b ? -1 : 0;
}

static void pages_wait_table(FILE *out, const json_t *waits)
{
	size_t count = json_array_size(waits), i;
	_cleanup_free_ json_t **sorted = calloc(count, sizeof(*sorted));
	json_t *wait;

	if (!sorted)
		return;
	json_array_foreach(waits, i, wait)
		sorted[i] = wait;
	qsort(sorted, count, sizeof(*sorted), pages_compare);
	fputs("<div class=\"scroll\"><table>\n<thead><tr><th>Task</th><th>Pid</th><th>State</th><th>Waits</th><th>For</th>"
	      "<th>Workload</th></tr></thead>\n<tbody>\n",
	      out);
	for (i = 0; i < count && i < WAITS_MOST; i++)
		pages_wait(out, sorted[i]);
	fputs("</tbody></table></div>\n", out);
}

static void pages_waits(FILE *out, const json_t *document)
{
	const json_t *waits = json_object_get(document, "waits");
	size_t count = json_array_size(waits);

	fputs("<h2>Waits</h2>\n", out);
	if (count)
		pages_wait_table(out, waits);
	else
		fputs("<p>Nothing waits for a GPU.</p>\n", out);
	if (count > WAITS_MOST)
		fprintf(out, "<p class=\"dim\">%zu more are in /v1/waits.</p>\n", count - WAITS_MOST);
}

/* ---- reports ---------------------------------------------------------------------------------------------- */

/* Of one state, *@number of the first one's graph in the document; returns how many there are. */
static size_t pages_reports_of(FILE *out, const json_t *reports, bool active, size_t most, size_t *number)
{
	json_int_t now_ns = active ? (json_int_t)gw_now_mono_ns() : 0;
	size_t count = 0, i;
	json_t *report;

	json_array_foreach(reports, i, report)
		if (pages_is(report, "state", "active") == active && count++ < most)
			gw_page_report(out, report, now_ns, (*number)++);
	if (count > most)
		fprintf(out, "<p class=\"dim\">%zu more are in /v1/reports.</p>\n", count - most);
	return count;
}

static void pages_reports(FILE *out, const json_t *reports)
{
	size_t number = 0, active;

	fputs("<h2>Reports</h2>\n", out);
	active = pages_reports_of(out, reports, true, ACTIVE_MOST, &number);
	if (!active)
		fputs("<p>None is active.</p>\n", out);
	if (json_array_size(reports) == active)
		return;
	fprintf(out, "<details><summary>%zu that ended</summary>\n", json_array_size(reports) - active);
	pages_reports_of(out, reports, false, ENDED_MOST, &number);
	fputs("</details>\n", out);
}

/* ---- pages --------------------------------------------------------------------------------------------------- */

/* The look at a boot may take longer than anybody waits who wants to see what is now. */
static void pages_boot(FILE *out, struct gw_source *source)
{
	_cleanup_json_ json_t *order = gw_source_get_soon(source, GW_DOCUMENT_PROBE_ORDER);
	size_t findings = json_array_size(json_object_get(order, "reports"));

	fputs("<h2>Boot</h2>\n", out);
	if (!order) {
		fputs("<p>How drivers came up is not known yet: <a href=\"boot\">ask and wait for it</a>.</p>\n", out);
		return;
	}
	gw_picture_boot(out, order, LANES_NOW);
	fprintf(out, "<p><a href=\"boot\">All devices, and %zu finding%s</a></p>\n", findings,
		findings == 1 ? "" : "s");
}

/* What is now: all documents or none, as half of them would look as if the rest were over. */
static void pages_now_body(FILE *out, struct gw_source *source, bool *answered)
{
	static const enum gw_document wanted[] = { GW_DOCUMENT_STATUS, GW_DOCUMENT_REPORTS, GW_DOCUMENT_WAITS };
	json_t *documents[GW_DOCUMENTS] = { NULL };
	char message[GW_SOURCE_MESSAGE];

	*answered = true;
	for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]) && *answered; i++) {
		documents[wanted[i]] = gw_source_get(source, wanted[i], message);
		*answered = documents[wanted[i]];
	}
	if (*answered) {
		pages_health(out, documents[GW_DOCUMENT_REPORTS]);
		pages_status(out, documents[GW_DOCUMENT_STATUS]);
		pages_waits(out, documents[GW_DOCUMENT_WAITS]);
		pages_reports(out, documents[GW_DOCUMENT_REPORTS]);
		pages_boot(out, source);
	} else {
		pages_silent(out, message);
	}
	for (size_t i = 0; i < GW_DOCUMENTS; i++)
		json_decref(documents[i]);
}

static void pages_boot_body(FILE *out, struct gw_source *source, bool *answered)
{
	char message[GW_SOURCE_MESSAGE];
	_cleanup_json_ json_t *order = gw_source_get(source, GW_DOCUMENT_PROBE_ORDER, message);
	const json_t *missing = json_object_get(order, "missing");
	json_t *item;
	size_t i;

	*answered = order;
	if (!order) {
		pages_silent(out, message);
		return;
	}
	gw_picture_boot(out, order, LANES_MOST);
	json_array_foreach(missing, i, item)
		pages_text(out, "p", gw_json_string(item, "text"));
	fputs("<h2>Findings</h2>\n", out);
	if (!json_array_size(json_object_get(order, "reports")))
		fputs("<p>None.</p>\n", out);
	json_array_foreach(json_object_get(order, "reports"), i, item)
		if (i < ACTIVE_MOST)
			gw_page_report(out, item, 0, i);
}

static char *pages_make(struct gw_source *source, const char *title, const char *heading, bool *answered,
			void (*body)(FILE *out, struct gw_source *source, bool *answered))
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return NULL;
	gw_page_begin(out, title, GW_PAGES_SCRIPT + 1, header);
	fprintf(out, "<h1>%s</h1>\n", heading);
	body(out, source, answered);
	gw_page_end(out);
	if (fclose(out) == 0)
		return text;
	free(text);
	return NULL;
}

char *gw_pages_now(struct gw_source *source, bool *answered)
{
	return pages_make(source, "gpuwatch", "Who waits for the GPU", answered, pages_now_body);
}

char *gw_pages_boot(struct gw_source *source, bool *answered)
{
	return pages_make(source, "Boot - gpuwatch", "How drivers came up in this boot", answered, pages_boot_body);
}

char *gw_pages_script(void)
{
	return strdup(script);
}
