/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Lanes in HTML. */
#include "lib/picture/boot.h"

#include <stdbool.h>
#include <string.h>

#include "lib/base/json.h"
#include "lib/base/units.h"
#include "lib/picture/svg.h"

#define SPANS_MOST 200 /* of a lane: who is retried for minutes has thousands */

struct boot {
	json_int_t begin_ns, end_ns; /* of what is shown */
};

static json_int_t boot_time(const json_t *span, const char *key)
{
	return json_integer_value(json_object_get(span, key));
}

static void boot_measure(struct boot *boot, const json_t *devices)
{
	json_t *device, *span;
	size_t i, j;

	json_array_foreach(devices, i, device)
		json_array_foreach(json_object_get(device, "spans"), j, span) {
			json_int_t begin = boot_time(span, "begin_ns"), end = boot_time(span, "end_ns");

			if (begin > 0 && (!boot->begin_ns || begin < boot->begin_ns))
				boot->begin_ns = begin;
			boot->end_ns = end > boot->end_ns ? end : boot->end_ns;
		}
}

/* How a span looks, and what it is called. */
static const char *boot_outcome(const json_t *span)
{
	if (strcmp(gw_json_string(span, "kind"), "deferred") == 0)
		return "waiting";
	if (strcmp(gw_json_string(span, "result_name"), "-EPROBE_DEFER") == 0)
		return "deferred";
	return json_integer_value(json_object_get(span, "result")) < 0 ? "failed" : "done";
}

static void boot_span(FILE *out, const struct boot *boot, const json_t *span)
{
	json_int_t begin = boot_time(span, "begin_ns"), end = boot_time(span, "end_ns");
	double whole = (double)(boot->end_ns - boot->begin_ns);

	if (begin < boot->begin_ns || begin > boot->end_ns)
		return;
	end = end < begin ? begin : end;
	fprintf(out, "<i class=\"%s\" style=\"left:%.3f%%;width:%.3f%%\" title=\"%s, %.3f s to %.3f s ",
		boot_outcome(span), 100 * (double)(begin - boot->begin_ns) / whole, 100 * (double)(end - begin) / whole,
		boot_outcome(span), (double)begin / GW_NSEC_PER_SEC, (double)end / GW_NSEC_PER_SEC);
	gw_svg_escape(out, gw_json_string(span, "result_name"));
	fputs("\"></i>", out);
}

static void boot_lane(FILE *out, const struct boot *boot, const json_t *device)
{
	json_int_t retries = json_integer_value(json_object_get(device, "retries"));
	json_t *span;
	size_t i;

	fputs("<li>", out);
	gw_svg_escape(out, gw_json_string(device, "name"));
	fputs(" <span class=\"dim\">", out);
	gw_svg_escape(out, gw_json_string(device, "driver"));
	fputs(json_is_true(json_object_get(device, "bound")) ? ", bound" : ", not bound", out);
	if (retries > 0)
		fprintf(out, ", deferred %lld time%s", (long long)retries, retries == 1 ? "" : "s");
	fputs("</span><div class=\"track lane\">", out);
	json_array_foreach(json_object_get(device, "spans"), i, span)
		if (i < SPANS_MOST)
			boot_span(out, boot, span);
	fputs("</div></li>\n", out);
}

static bool boot_has_findings(const json_t *device)
{
	return json_array_size(json_object_get(device, "findings")) > 0;
}

static size_t boot_lanes(FILE *out, const struct boot *boot, const json_t *devices, bool findings, size_t room)
{
	json_t *device;
	size_t i, count = 0;

	json_array_foreach(devices, i, device)
		if (boot_has_findings(device) == findings && count < room) {
			boot_lane(out, boot, device);
			count++;
		}
	return count;
}

void gw_picture_boot(FILE *out, const json_t *order, size_t most)
{
	const json_t *devices = json_object_get(order, "devices");
	struct boot boot = { 0 };
	size_t count;

	boot_measure(&boot, devices);
	if (!boot.begin_ns || boot.end_ns <= boot.begin_ns)
		return;
	fprintf(out,
		"<p class=\"dim\">From %.3f s to %.3f s after boot. Solid: a probe that went well; hatched: one that was deferred; "
		"hollow: waits for the next; striped: failed.</p>\n<div class=\"waits\">\n<ol>\n",
		(double)boot.begin_ns / GW_NSEC_PER_SEC, (double)boot.end_ns / GW_NSEC_PER_SEC);
	count = boot_lanes(out, &boot, devices, true, most);
	count += boot_lanes(out, &boot, devices, false, most - count);
	fputs("</ol>\n</div>\n", out);
	if (json_array_size(devices) > count)
		fprintf(out, "<p class=\"dim\">%zu more devices are not shown.</p>\n",
			json_array_size(devices) - count);
}
