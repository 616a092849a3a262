/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One document from the daemon to stdout. */
#include "cli/lib/fetch.h"

#include <stdio.h>
#include <unistd.h>

#include "cli/lib/error.h"
#include "cli/lib/output.h"

#define NOTICE_COLUMNS 79

int fetch_failed(const struct gw_client *client, int result)
{
	complain("%s", client->outcome.message);
	return result == GW_CLIENT_REFUSED ? EXIT_REFUSED : EXIT_UNREACHABLE;
}

void fetch_notice(const char *what)
{
	if (isatty(STDERR_FILENO))
		fprintf(stderr, "%.*s", NOTICE_COLUMNS, what);
}

void fetch_notice_end(void)
{
	if (isatty(STDERR_FILENO))
		fprintf(stderr, "\r%*s\r", NOTICE_COLUMNS, "");
}

int fetch_and_print(const struct cli *cli, const char *method, void (*render)(const struct terminal *, const json_t *))
{
	_cleanup_client_ struct gw_client client;
	_cleanup_json_ json_t *answer = NULL;
	int r;

	fetch_notice(FETCH_NOTICE);
	r = gw_client_open(&client, &cli->target);
	if (r == GW_CLIENT_OK)
		r = gw_client_call(&client, &answer, method, "");
	fetch_notice_end();
	if (r != GW_CLIENT_OK)
		return fetch_failed(&client, r);
	output_document(cli, answer, render);
	return EXIT_NOTHING;
}
