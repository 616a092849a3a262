/* SPDX-License-Identifier: GPL-2.0-or-later */
/* gpuwatch-cli deadlocks, stalls and hazards: the list, and the changes as they come. */
#include "cli/command/reports.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cli/command/waits.h"
#include "cli/lib/error.h"
#include "cli/lib/fetch.h"
#include "cli/lib/json-field.h"
#include "cli/lib/output.h"
#include "cli/lib/text.h"
#include "cli/render/report.h"
#include "cli/render/status.h"
#include "cli/render/waits.h"
#include "lib/base/cleanup.h"
#include "lib/base/units.h"

/* Younger waits are of every machine that works. */
#define MIN_AGE_NS (2 * GW_NSEC_PER_SEC)

struct report_kind {
	const char *name;  /* of the JSON; "" = all kinds */
	const char *other; /* a second kind that is shown with it, NULL = none */
	const char *none;  /* "No deadlock" */
	bool found;	   /* an active one makes the exit code EXIT_FOUND */
	bool of_now;	   /* what is older than @min_age_ns at this moment, too */
	bool waits;	   /* that there is none of it is only half the answer while waits stand unexplained */
	uint64_t min_age_ns;
};

static int reports_call(struct gw_client *client, json_t **ret, const struct report_kind *kind, bool all)
{
	int r = kind->of_now ? gw_client_call(client, ret, "ListStalls", "tb", kind->min_age_ns / GW_NSEC_PER_USEC, all)
			     : GW_CLIENT_FOREIGN;

	/* A daemon of an earlier version. */
	return r == GW_CLIENT_FOREIGN ? gw_client_call(client, ret, "ListReports", "sb", kind->name, all) : r;
}

static bool reports_any_active(const json_t *reports)
{
	json_t *report;
	size_t i;

	json_array_foreach(reports, i, report)
		if (report_is_active(report))
			return true;
	return false;
}

/* ---- nothing found ------------------------------------------------------- */

/* Whoever asks for one kind should hear of the others. Owned by the caller. */
static char *reports_others_text(const struct report_kind *kind, const json_t *status)
{
	static const struct {
		const char *kind, *command;
	} others[] = { { "deadlock", "deadlocks" }, { "livelock", "stalls" }, { "stall", "stalls" } };
	const json_t *active = field_object(status, "active_reports");

	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		uint64_t count = field_number(active, others[i].kind);

		if (count > 0 && strcmp(others[i].kind, kind->name) != 0 &&
		    (!kind->other || strcmp(others[i].kind, kind->other) != 0))
			return text_format(" %" PRIu64 " %s%s active: gpuwatch-cli %s.", count, others[i].kind,
					   count > 1 ? "s are" : " is", others[i].command);
	}
	return text_format("%s", "");
}

/* Owned by the caller. */
static char *reports_none_text(const struct report_kind *kind, const json_t *waits, const json_t *status)
{
	_cleanup_free_ char *summary = waits_summary(waits), *unexplained = waits_unexplained(waits),
			    *others = reports_others_text(kind, status);

	if (json_is_false(json_object_get(waits, "ready")))
		return text_format("%s so far: gpuwatchd has not finished its first look. Ask again in a few seconds.",
				   kind->none);
	if (kind->waits && unexplained)
		return text_format("%s found; %s: gpuwatch-cli waits --all%s%s", kind->none, unexplained,
				   *others ? "." : "", others);
	if (kind->waits && *others)
		return text_format("%s.%s", kind->none, others);
	return text_format("%s. %c%s.", kind->none, summary[0] == 'n' ? 'N' : summary[0], summary + 1);
}

/* A plain answer has what it rests on: how much there is to see, and what cannot be seen. */
static void reports_print_none(const struct cli *cli, struct gw_client *client, const struct report_kind *kind)
{
	_cleanup_json_ json_t *waits = NULL, *status = NULL;
	_cleanup_free_ char *text = NULL;
	size_t failed;

	if (waits_call_all(client, &waits, 0) != GW_CLIENT_OK ||
	    gw_client_call(client, &status, "GetStatus", "") != GW_CLIENT_OK) {
		terminal_print(&cli->terminal, "%s.\n" STYLE_YELLOW "%s" STYLE_END "\n", kind->none,
			       client->outcome.message);
		return;
	}
	text = reports_none_text(kind, waits, status);
	failed = status_failed_probes(status);
	terminal_print(&cli->terminal, "%s\n", text);
	if (failed)
		terminal_print(&cli->terminal,
			       STYLE_YELLOW
			       "Part of the kernel is not watched, %zu probe%s failed: gpuwatch-cli status" STYLE_END
			       "\n",
			       failed, failed == 1 ? "" : "s");
}

/* ---- a list -------------------------------------------------------------- */

static void reports_print(const struct cli *cli, const json_t *reports)
{
	struct report_view view;

	report_view_live(&view, &cli->terminal);
	render_report_list(&view, reports);
}

static int reports_list(const struct cli *cli, const struct report_kind *kind)
{
	_cleanup_client_ struct gw_client client;
	_cleanup_json_ json_t *reports = NULL;
	int r;

	fetch_notice(FETCH_NOTICE);
	r = gw_client_open(&client, &cli->target);
	if (r == GW_CLIENT_OK)
		r = reports_call(&client, &reports, kind, cli_has(cli, OPTION_ALL));
	fetch_notice_end();
	if (r != GW_CLIENT_OK)
		return fetch_failed(&client, r);
	output_clean(cli, reports);
	if (cli_has(cli, OPTION_JSON))
		output_json(cli, reports, false);
	else if (json_array_size(reports) == 0)
		reports_print_none(cli, &client, kind);
	else
		reports_print(cli, reports);
	return kind->found && reports_any_active(reports) ? EXIT_FOUND : EXIT_NOTHING;
}

/* ---- changes as they come ------------------------------------------------ */

struct follower {
	const struct cli *cli;
	const struct report_kind *kind;
	json_t *known; /* id to what was last printed of it */
};

/* What makes a change worth printing: equal texts, nothing new. Owned by the caller. */
static char *follower_fingerprint(const json_t *report)
{
	return text_format("%s %s %zu", field_string(report, "state"), field_string(report, "confidence"),
			   json_array_size(field_array(report, "victims")));
}

static bool follower_is_news(struct follower *follower, const json_t *report)
{
	_cleanup_free_ char *now = follower_fingerprint(report);
	const char *id = field_string(report, "id");
	const char *before = field_string(follower->known, id);
	bool ended = *before && !report_is_active(report);

	if (strcmp(before, now) == 0)
		return false;
	/* One that ended does not come back under its name: forget it, the daemon runs for months. */
	if (ended)
		json_object_del(follower->known, id);
	else if (json_object_set_new(follower->known, id, json_string(now)) < 0)
		out_of_memory();
	return true;
}

static void follower_print_change(struct follower *follower, const json_t *report)
{
	const struct terminal *terminal = &follower->cli->terminal;
	struct report_view view;
	struct tm local;
	char clock[16];
	time_t now = time(NULL);

	report_view_live(&view, terminal);
	strftime(clock, sizeof(clock), "%H:%M:%S", localtime_r(&now, &local));
	terminal_print(terminal, STYLE_DIM "%s" STYLE_END "  ", clock);
	if (report_is_active(report))
		render_report_chain(&view, report);
	else
		render_report_end(&view, report);
	terminal_put(terminal, report_is_active(report) ? "\n" : "");
}

static bool follower_wants(const struct report_kind *kind, const json_t *report)
{
	return !*kind->name || report_is_kind(report, kind->name) ||
	       (kind->other && report_is_kind(report, kind->other));
}

static void follower_on_report(json_t *report, void *userdata)
{
	struct follower *follower = userdata;

	if (!follower_wants(follower->kind, report) || !follower_is_news(follower, report))
		return;
	output_clean(follower->cli, report);
	if (cli_has(follower->cli, OPTION_JSON))
		output_json(follower->cli, report, true);
	else
		follower_print_change(follower, report);
	if (!output_flush(follower->cli->terminal.out))
		exit(EXIT_FILE);
}

/* Whoever sits at a terminal should see that it works. */
static void follower_print_none(const struct follower *follower)
{
	const struct cli *cli = follower->cli;

	if (!cli->terminal.height || cli_has(cli, OPTION_JSON))
		return;
	terminal_print(&cli->terminal, STYLE_DIM "%s so far. Ctrl-C ends." STYLE_END "\n", follower->kind->none);
	fflush(cli->terminal.out);
}

/* What stands already, or changed while there was no connection. */
static int follower_catch_up(struct follower *follower, struct gw_client *client)
{
	_cleanup_json_ json_t *reports = NULL;
	bool again = json_object_size(follower->known) > 0;
	int r = reports_call(client, &reports, follower->kind, again || cli_has(follower->cli, OPTION_ALL));
	json_t *report;
	size_t i;

	json_array_foreach(reports, i, report) {
		bool known = json_object_get(follower->known, field_string(report, "id"));

		/* After a gap the list has old history, too. */
		if (report_is_active(report) || known || !again)
			follower_on_report(report, follower);
	}
	if (r == GW_CLIENT_OK && json_array_size(reports) == 0)
		follower_print_none(follower);
	return r;
}

/* One connection, until it ends. *@reached says whether it was ever there. */
static int follower_connect(struct follower *follower, struct gw_client *client, bool *reached)
{
	int r = gw_client_open(client, &follower->cli->target);

	if (r == GW_CLIENT_OK)
		r = gw_client_subscribe(client, follower_on_report, follower);
	if (r == GW_CLIENT_OK && *reached)
		complain("the daemon is back");
	if (r == GW_CLIENT_OK)
		r = follower_catch_up(follower, client);
	if (r != GW_CLIENT_OK)
		return r;
	*reached = true;
	return gw_client_follow(client);
}

static int reports_follow(const struct cli *cli, const struct report_kind *kind)
{
	_cleanup_json_ json_t *known = json_object();
	struct follower follower = { .cli = cli, .kind = kind, .known = known };
	bool reached = false, complained = false;

	if (!known)
		out_of_memory();
	for (;;) {
		_cleanup_client_ struct gw_client client;
		int r = follower_connect(&follower, &client, &reached);

		if (!reached || r == GW_CLIENT_REFUSED || r == GW_CLIENT_FOREIGN)
			return fetch_failed(&client, r);
		if (!complained || client.bus)
			complain("%s; waiting for it to come back", client.outcome.message);
		complained = true;
		nanosleep(&(struct timespec){ .tv_sec = 1 }, NULL);
	}
}

static int reports_run(const struct cli *cli, const struct report_kind *kind)
{
	return cli_has(cli, OPTION_FOLLOW) ? reports_follow(cli, kind) : reports_list(cli, kind);
}

int command_deadlocks(const struct cli *cli)
{
	return reports_run(
		cli, &(struct report_kind){ .name = "deadlock", .none = "No deadlock", .found = true, .waits = true });
}

int command_stalls(const struct cli *cli)
{
	struct report_kind kind = {
		.name = "stall",
		.other = "livelock",
		.none = "No stall",
		.of_now = !cli_has(cli, OPTION_FOLLOW),
		.waits = true,
	};
	int r = waits_min_age(cli, MIN_AGE_NS, &kind.min_age_ns);

	return r == 0 ? reports_run(cli, &kind) : r;
}

int command_hazards(const struct cli *cli)
{
	return reports_run(cli, &(struct report_kind){ .name = "hazard", .none = "No hazard" });
}

int reports_follow_all(const struct cli *cli)
{
	struct cli as_json = *cli;

	as_json.options |= OPTION_JSON | OPTION_ALL;
	return reports_follow(&as_json, &(struct report_kind){ .name = "", .none = "No report" });
}
