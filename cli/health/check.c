/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who asks about a sick machine must get an answer. A process of its own asks the daemon, and may hang with it; this one only
 * waits for a pipe, with a limit. The other one has none of its output, so that nobody waits for that either.
 */
#include "cli/health/check.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/health/health.h"
#include "cli/lib/error.h"
#include "cli/lib/json-field.h"
#include "cli/lib/text.h"
#include "lib/base/clock.h"
#include "lib/base/files.h"
#include "lib/base/units.h"

#define CHECK_TIME (800 * GW_NSEC_PER_MSEC)
#define CHECK_ANSWER ((size_t)64 << 10) /* bytes of the document that are read at most */

/* ---- the process that may hang ------------------------------------------- */

static const char *check_reason(const struct gw_client *client, int result)
{
	if (result == GW_CLIENT_FOREIGN)
		return "gpuwatchd is of another version: systemctl restart gpuwatchd";
	switch (client->outcome.error) {
	case -EACCES:
		return "permission denied: run it as root or in the group gpuwatch";
	case -ETIMEDOUT:
		return "gpuwatchd does not answer: systemctl status gpuwatchd";
	case -ECONNREFUSED:
		return "gpuwatchd is not running: systemctl start gpuwatchd";
	default:
		return "gpuwatchd failed to answer: systemctl status gpuwatchd";
	}
}

/* The private socket first: it is the way that does not lead through a bus, which might hang. */
static int check_open(struct gw_client *client, const struct gw_client_target *target)
{
	struct gw_client_target first = *target;
	int r;

	if (target->route != GW_CLIENT_ANY)
		return gw_client_open(client, target);
	first.route = GW_CLIENT_PRIVATE;
	r = gw_client_open(client, &first);
	if (r == GW_CLIENT_OK)
		return r;
	gw_client_close(client);
	return gw_client_open(client, target);
}

static int check_add_reports(struct gw_client *client, json_t *reports, const json_t *status, const char *kind)
{
	_cleanup_json_ json_t *some = NULL;
	int r;

	if (!field_number(field_object(status, "active_reports"), kind))
		return GW_CLIENT_OK;
	r = gw_client_call(client, &some, "ListReports", "sb", kind, false);
	if (r == GW_CLIENT_OK && json_array_extend(reports, some) < 0)
		out_of_memory();
	return r;
}

static json_t *check_ask(const struct gw_client_target *target)
{
	_cleanup_client_ struct gw_client client;
	_cleanup_json_ json_t *status = NULL, *reports = json_array();
	int r = check_open(&client, target);

	if (!reports)
		out_of_memory();
	if (r == GW_CLIENT_OK)
		r = gw_client_call(&client, &status, "GetStatus", "");
	if (r == GW_CLIENT_OK)
		r = check_add_reports(&client, reports, status, "deadlock");
	if (r == GW_CLIENT_OK)
		r = check_add_reports(&client, reports, status, "livelock");
	return r == GW_CLIENT_OK ? health_judge(status, reports, gw_now_mono_ns())
				 : health_unknown(check_reason(&client, r));
}

static _Noreturn void check_answer(const struct gw_client_target *target, int pipe)
{
	_cleanup_json_ json_t *health = NULL;
	_cleanup_free_ char *text = NULL;

	close(STDIN_FILENO);
	close(STDOUT_FILENO);
	close(STDERR_FILENO);
	health = check_ask(target);
	text = health_line(health, HEALTH_JSON);
	_exit(gw_fd_write(pipe, text, strlen(text)) < 0 ? EXIT_MEMORY : EXIT_NOTHING);
}

/* ---- the process that answers -------------------------------------------- */

/* What comes until the end or the limit; owned by the caller. */
static char *check_read(int pipe, uint64_t deadline)
{
	char *text = calloc(1, CHECK_ANSWER);
	size_t size = 0;

	if (!text)
		out_of_memory();
	while (size < CHECK_ANSWER - 1) {
		struct pollfd ready = { .fd = pipe, .events = POLLIN };
		uint64_t now = gw_now_mono_ns();
		ssize_t n;

		if (now >= deadline || poll(&ready, 1, (int)((deadline - now) / GW_NSEC_PER_MSEC) + 1) <= 0)
			break;
		n = read(pipe, text + size, CHECK_ANSWER - 1 - size);
		if (n <= 0)
			break;
		size += (size_t)n;
	}
	return text;
}

static json_t *check_wait(pid_t asker, int pipe, uint64_t deadline)
{
	_cleanup_free_ char *text = check_read(pipe, deadline);
	json_t *health = json_loads(text, 0, NULL);

	/* One that is stuck in the kernel stays behind until that lets it go; nobody waits for it. */
	kill(asker, SIGKILL);
	waitpid(asker, NULL, WNOHANG);
	if (health)
		return health;
	return health_unknown(gw_now_mono_ns() >= deadline
				      ? "gpuwatchd does not answer in 0.8 s: systemctl status gpuwatchd"
				      : "gpuwatchd could not be asked: gpuwatch-cli status");
}

static json_t *check_health(const struct cli *cli)
{
	uint64_t deadline = gw_now_mono_ns() + CHECK_TIME;
	int ends[2];
	pid_t asker;

	if (pipe(ends) < 0)
		return health_unknown("no pipe to ask gpuwatchd through: out of file descriptors");
	asker = fork();
	if (asker == 0) {
		close(ends[0]);
		check_answer(&cli->target, ends[1]);
	}
	close(ends[1]);
	return asker < 0 ? health_unknown("no process to ask gpuwatchd: out of processes or memory")
			 : check_wait(asker, ends[0], deadline);
}

int command_check(const struct cli *cli)
{
	enum health_format format = cli_has(cli, OPTION_JSON) ? HEALTH_JSON : HEALTH_PLAIN;
	_cleanup_json_ json_t *health = NULL;
	_cleanup_free_ char *line = NULL;

	if (cli->format && !health_format_read(cli->format, &format)) {
		complain("--format takes plain, nagios, npd, nhc or json, not \"%s\"", cli->format);
		return EXIT_USAGE;
	}
	health = check_health(cli);
	json_clean(health);
	line = health_line(health, format);
	terminal_print(&cli->terminal, "%s\n", line);
	return health_exit_code(health, format);
}
