/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The look at the boot. */
#include "daemon/boot/look.h"

#include <errno.h>
#include <string.h>

#include "daemon/boot/kept/cards.h"
#include "lib/base/array.h"
#include "lib/base/json.h"
#include "lib/base/log.h"
#include "lib/boot/boot.h"

/* ---- in the other process ------------------------------------------------------------------ */

static int look_add_host(const struct gw_boot_host *host, void *userdata)
{
	gw_boot_evidence_set_host(userdata, host);
	return 0;
}

static int look_add_event(const struct gw_boot_event *event, void *userdata)
{
	return gw_boot_evidence_add_event(userdata, event);
}

static int look_add_kmsg(const char *text, size_t size, void *userdata)
{
	return gw_boot_evidence_add_kmsg(userdata, text, size);
}

static int look_add_initcalls(const struct gw_initcall *list, size_t count, void *userdata)
{
	return gw_boot_evidence_set_initcalls(userdata, list, count);
}

static int look_add_state(json_t *state, void *userdata)
{
	return gw_boot_evidence_set_state(userdata, state);
}

static int look_add_previous(json_t *previous, void *userdata)
{
	return gw_boot_evidence_set_previous(userdata, previous);
}

static int look_add_lost(json_t *lost, void *userdata)
{
	return gw_boot_evidence_set_lost(userdata, lost);
}

static void look_keep_detection(struct gw_boot *boot, const struct gw_reports *reports,
				const struct gw_report *const *list, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const struct gw_reported *known = gw_reports_find(reports, list[i]->id);

		if (known)
			gw_boot_keep_detection(boot, i, known->detected_real_ns, known->detected_mono_ns);
	}
}

static int look_write_report(const struct gw_report *report, const json_t *json, FILE *output)
{
	struct gw_reported *reported;
	int r = gw_reported_new(&reported, report, json);

	if (r < 0)
		return r;
	r = gw_reported_write(reported, output);
	gw_reported_free(reported);
	return r;
}

static int look_write(const struct gw_report *const *list, size_t count, const json_t *order, FILE *output)
{
	const json_t *reports = json_object_get(order, "reports"), *summary = json_object_get(order, "summary");
	int r = 0;

	for (size_t i = 0; i < count && r >= 0; i++)
		r = look_write_report(list[i], json_array_get(reports, i), output);
	if (r >= 0 &&
	    (putc('\n', output) == EOF || json_dumpf(summary, output, JSON_COMPACT) < 0 || putc('\n', output) == EOF ||
	     json_dumpf(order, output, JSON_COMPACT | JSON_ENSURE_ASCII) < 0 || putc('\0', output) == EOF))
		r = -ENOMEM;
	return r;
}

/* For the next boot. That it cannot be kept takes nothing away from this one. */
static void look_keep_cards(const struct gw_boot_request *request, const json_t *order)
{
	int r = request->state_directory
			? gw_cards_keep(request->state_directory, request->boot_id, json_object_get(order, "cards"))
			: 0;

	if (r < 0)
		log_warning("The cards of this boot cannot be kept in %s: %s", request->state_directory, strerror(-r));
}

static int look_judge(const struct gw_boot_sources *sources, struct gw_boot_evidence *evidence,
		      const struct gw_reports *reports, FILE *output)
{
	const struct gw_report *const *list;
	struct gw_boot *boot;
	json_t *order;
	size_t count;
	int r = gw_boot_analyse(&boot, evidence);

	if (r < 0)
		return r;
	count = gw_boot_reports(boot, &list);
	look_keep_detection(boot, reports, list, count);
	order = gw_boot_json(boot);
	r = order ? look_write(list, count, order, output) : -ENOMEM;
	look_keep_cards(sources->request, order);
	json_decref(order);
	gw_boot_free(boot);
	return r;
}

int gw_boot_look(const struct gw_boot_sources *sources, const struct gw_reports *reports, FILE *output)
{
	static const struct gw_boot_sink sink = {
		.host = look_add_host,
		.event = look_add_event,
		.kmsg = look_add_kmsg,
		.initcalls = look_add_initcalls,
		.state = look_add_state,
		.previous = look_add_previous,
		.lost = look_add_lost,
	};
	struct gw_boot_evidence *evidence;
	int r = gw_boot_evidence_new(&evidence, sources->depends);

	if (r < 0)
		return r;
	r = gw_boot_gather(sources, &sink, evidence);
	if (r >= 0)
		r = look_judge(sources, evidence, reports, output);
	gw_boot_evidence_free(evidence);
	return r;
}

/* ---- in the daemon ------------------------------------------------------------------------- */

struct list {
	struct gw_reported **items;
	size_t count, allocated;
};

static int look_list_add(struct list *list, struct gw_reported *report)
{
	if (gw_array_reserve(list->items, list->count, list->allocated, 1) < 0)
		return -ENOMEM;
	list->items[list->count++] = report;
	return 0;
}

static int look_read_reports(struct list *list, const char **text, size_t *size)
{
	struct gw_reported *report;
	int r;

	while ((r = gw_reported_read(&report, text, size)) > 0) {
		r = look_list_add(list, report);
		if (r < 0) {
			gw_reported_free(report);
			break;
		}
	}
	return r;
}

/* Between the reports and the document, on a line of its own. */
static int look_read_summary(json_t **summary, const char **text, size_t *size)
{
	const char *begin = *text + 1, *end;

	if (*size == 0 || **text != '\n')
		return -EBADMSG;
	end = memchr(begin, '\n', *size - 1);
	*summary = end ? json_loadb(begin, (size_t)(end - begin), 0, NULL) : NULL;
	if (!*summary)
		return -EBADMSG;
	*size -= (size_t)(end + 1 - *text);
	*text = end + 1;
	return 0;
}

int gw_boot_look_take(struct gw_reports *reports, const char *text, size_t size, uint64_t now_ns,
		      struct gw_boot_looked *ret)
{
	_cleanup_json_ json_t *summary = NULL;
	struct list list = { .items = NULL };
	int r = size > 0 && text[size - 1] == '\0' ? look_read_reports(&list, &text, &size) : -EBADMSG;

	if (r >= 0)
		r = look_read_summary(&summary, &text, &size);
	if (r >= 0) {
		*ret = (struct gw_boot_looked){ .summary = gw_steal(summary), .order = text };
		r = gw_reports_put_all(reports, GW_KIND_PROBE_ORDER, list.items, list.count, now_ns);
	} else {
		for (size_t i = 0; i < list.count; i++)
			gw_reported_free(list.items[i]);
	}
	free(list.items);
	return r;
}
