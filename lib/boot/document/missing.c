/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The gaps. */
#include "lib/boot/document/missing.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/command-line.h"
#include "lib/base/text.h"
#include "lib/boot/document/json.h"
#include "lib/boot/rules/words.h"

#define RECORD_BOOT                                                                                                    \
	"Add the parameters of gpuwatch's boot snippet (initcall_debug log_buf_len=8M) to the kernel command line."

#define MORE_LOG "Give the kernel log more room: log_buf_len=16M on the kernel command line."

struct gaps {
	const struct gw_boot_model *model;
	json_t *array;
	bool failed;
};

/* Takes over @text. */
static void gaps_add(struct gaps *gaps, const char *part, uint64_t from_ns, uint64_t to_ns, struct gw_text *text,
		     const char *remedy)
{
	char *string = gw_text_finish(text);
	json_t *gap =
		string ? json_pack("{s:s, s:o, s:o, s:s, s:s}", "part", part, "from_ns", gw_boot_json_time(from_ns),
				   "to_ns", gw_boot_json_time(to_ns), "text", string, "remedy", remedy)
		       : NULL;

	free(string);
	if (json_array_append_new(gaps->array, gap) < 0)
		gaps->failed = true;
}

static const json_t *gaps_lost_field(const struct gaps *gaps, const char *key)
{
	return json_object_get(gaps->model->evidence->lost, key);
}

/* What was asked for and did not fit, or was not asked for. */
static const char *gaps_remedy(const struct gw_boot_model *model)
{
	bool wrapped = model->evidence->n_marks && model->kmsg_first > 0;

	return wrapped && gw_command_line_switch(gw_boot_evidence_command_line(model->evidence), "initcall_debug")
		       ? MORE_LOG
		       : RECORD_BOOT;
}

static void gaps_in_initcalls(struct gaps *gaps)
{
	const struct gw_boot_model *model = gaps->model;
	bool wrapped = model->evidence->n_marks && model->kmsg_first > 0;
	uint64_t until = model->initcalls_from_ns;
	struct gw_text text = { .data = NULL };

	if (until == 0)
		return;
	gw_text_add(&text, "The kernel's initcalls were not recorded");
	if (until != GW_BOOT_UNKNOWN && wrapped) {
		gw_text_add(&text, " before ");
		gw_boot_write_time(&text, until);
		gw_text_add(&text, ": the kernel log has wrapped");
	} else if (until != GW_BOOT_UNKNOWN) {
		gw_text_add(&text, " before ");
		gw_boot_write_time(&text, until);
	}
	gw_text_add(&text, ".");
	gaps_add(gaps, "initcalls", 0, until, &text, gaps_remedy(model));
}

static void gaps_in_probes(struct gaps *gaps)
{
	const struct gw_boot_model *model = gaps->model;
	struct gw_text text = { .data = NULL };

	if (model->seen_from_ns == 0)
		return;
	if (model->seen_from_ns == GW_BOOT_UNKNOWN) {
		gw_text_add(&text, "No probe was recorded.");
	} else {
		gw_text_add(&text, "Probes before ");
		gw_boot_write_time(&text, model->seen_from_ns);
		gw_text_add(&text, " were not recorded: what bound by then did so at an unknown time.");
	}
	gaps_add(gaps, "early probes", 0, model->seen_from_ns, &text, gaps_remedy(model));
}

static void gaps_in_kernel_log(struct gaps *gaps)
{
	const struct gw_boot_model *model = gaps->model;
	uint64_t overwritten = (uint64_t)json_integer_value(gaps_lost_field(gaps, "kmsg"));
	struct gw_text text = { .data = NULL };

	if (model->evidence->n_marks && model->kmsg_first > 0) {
		gw_text_add(&text, "The kernel log's first %" PRIu64 " records were overwritten before they were read.",
			    model->kmsg_first);
		gaps_add(gaps, "kernel log", 0, model->kmsg_first_ns, &text, MORE_LOG);
	}
	if (model->kmsg_missing > 0) {
		text = (struct gw_text){ .data = NULL };
		gw_text_add(&text, "%" PRIu64 " records of the kernel log are missing.", model->kmsg_missing);
		gaps_add(gaps, "kernel log", model->kmsg_gap_from_ns, model->kmsg_gap_to_ns, &text, MORE_LOG);
	}
	if (overwritten > 0 && model->kmsg_missing == 0 && model->kmsg_first == 0) {
		text = (struct gw_text){ .data = NULL };
		gw_text_add(&text, "%" PRIu64 " records of the kernel log were overwritten before they were read.",
			    overwritten);
		gaps_add(gaps, "kernel log", GW_BOOT_UNKNOWN, GW_BOOT_UNKNOWN, &text, MORE_LOG);
	}
}

static void gaps_by_damage(struct gaps *gaps)
{
	const struct gw_boot_model *model = gaps->model;
	struct gw_text text = { .data = NULL };

	if (model->evidence->malformed > 0) {
		gw_text_add(&text, "%" PRIu64 " record%s could not be understood and %s left out.",
			    model->evidence->malformed, model->evidence->malformed == 1 ? "" : "s",
			    model->evidence->malformed == 1 ? "was" : "were");
		gaps_add(gaps, "damaged records", GW_BOOT_UNKNOWN, GW_BOOT_UNKNOWN, &text,
			 "If this is a file, save the evidence again; if it lasts, report it with the file.");
	}
	if (model->clock_jumped) {
		text = (struct gw_text){ .data = NULL };
		gw_text_add(
			&text,
			"The kernel log's clock jumped: the times of its messages are not reliable, but their order is.");
		gaps_add(gaps, "clock", GW_BOOT_UNKNOWN, GW_BOOT_UNKNOWN, &text,
			 "Search the kernel log for \"clocksource\" and \"tsc\".");
	}
	if (!model->aligned) {
		text = (struct gw_text){ .data = NULL };
		gw_text_add(
			&text,
			"The kernel log and gpuwatch's records share no event: their clocks are assumed to be equal.");
		gaps_add(gaps, "clock", GW_BOOT_UNKNOWN, GW_BOOT_UNKNOWN, &text,
			 "Times of the two may differ by some ten milliseconds; no action is needed.");
	}
}

static void gaps_in_events(struct gaps *gaps)
{
	const struct gw_boot_model *model = gaps->model;
	uint64_t dropped =
		(uint64_t)json_integer_value(gaps_lost_field(gaps, "events")) + model->evidence->dropped_facts;
	struct gw_text text = { .data = NULL };

	if (dropped > 0) {
		gw_text_add(&text, "%" PRIu64 " events were dropped because there were too many.", dropped);
		gaps_add(gaps, "events", GW_BOOT_UNKNOWN, GW_BOOT_UNKNOWN, &text,
			 "Restart gpuwatchd to have it record what comes from now on.");
	}
	if (model->begun_only > 0) {
		text = (struct gw_text){ .data = NULL };
		gw_text_add(&text, "%" PRIu64 " probe%s or initcall%s began and did not end, or the end was not seen.",
			    model->begun_only, model->begun_only == 1 ? "" : "s", model->begun_only == 1 ? "" : "s");
		gaps_add(gaps, "ends", GW_BOOT_UNKNOWN, model->now_ns, &text, "If they still run, look again later.");
	}
}

static void gaps_add_list(struct gaps *gaps, const char *key, const char *part, const char *before, const char *remedy)
{
	const json_t *all = gaps_lost_field(gaps, key), *item;
	size_t i;

	json_array_foreach((json_t *)all, i, item) {
		struct gw_text text = { .data = NULL };

		if (!json_is_string(item))
			continue;
		gw_text_add(&text, "%s%s.", before, json_string_value(item));
		gaps_add(gaps, part, GW_BOOT_UNKNOWN, GW_BOOT_UNKNOWN, &text, remedy);
	}
}

static void gaps_in_state(struct gaps *gaps)
{
	const char *trace = json_string_value(gaps_lost_field(gaps, "trace"));
	struct gw_text text = { .data = NULL };

	if (!gaps->model->evidence->state) {
		gw_text_add(&text,
			    "The state of the system was not read, so the report cannot show what is missing now.");
		gaps_add(gaps, "state", GW_BOOT_UNKNOWN, gaps->model->now_ns, &text,
			 "Save the evidence on the machine itself.");
	}
	gaps_add_list(gaps, "unreadable", "state",
		      "Not readable: ", "Run gpuwatchd as its unit does, with debugfs mounted.");
	gaps_add_list(gaps, "probes", "programs",
		      "Not attached: ", "See gpuwatch-cli status for what is lost without it.");
	if (trace && *trace) {
		text = (struct gw_text){ .data = NULL };
		gw_text_add(&text, "The trace events of the boot: %s.", trace);
		gaps_add(gaps, "trace", 0, GW_BOOT_UNKNOWN, &text, RECORD_BOOT);
	}
}

static void gaps_of_text(struct gaps *gaps)
{
	const struct gw_boot_log *log = &gaps->model->evidence->log;
	struct gw_text text = { .data = NULL };

	if (!log->given)
		return;
	if (!log->timed || log->time_of_day) {
		gw_text_add(
			&text,
			log->timed
				? "The log has times of day: they count from its first line on, not from the boot's beginning."
				: "The log has no times: only the order of its lines is known.");
		gaps_add(gaps, "times", GW_BOOT_UNKNOWN, GW_BOOT_UNKNOWN, &text,
			 "Save the log with the kernel's own times, as dmesg prints them.");
	}
	if (log->boots > 1) {
		text = (struct gw_text){ .data = NULL };
		gw_text_add(&text, "The log has %" PRIu32 " boots: the last one is shown.", log->boots);
		gaps_add(gaps, "boots", GW_BOOT_UNKNOWN, GW_BOOT_UNKNOWN, &text, "Give the log of one boot alone.");
	}
}

json_t *gw_boot_missing_json(const struct gw_boot_model *model)
{
	struct gaps gaps = { .model = model, .array = json_array() };

	if (!gaps.array)
		return NULL;
	gaps_in_initcalls(&gaps);
	gaps_in_probes(&gaps);
	gaps_in_kernel_log(&gaps);
	gaps_by_damage(&gaps);
	gaps_in_events(&gaps);
	gaps_in_state(&gaps);
	gaps_of_text(&gaps);
	if (!gaps.failed)
		return gaps.array;
	json_decref(gaps.array);
	return NULL;
}
