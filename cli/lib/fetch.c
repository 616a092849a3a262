/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One document from the daemon to stdout. */
#include "cli/lib/fetch.h"

#include "cli/lib/error.h"
#include "cli/lib/json-field.h"

void print_json(const struct cli *cli, const json_t *json, bool one_line)
{
	size_t form = one_line ? JSON_COMPACT : JSON_INDENT(2);

	/* Control characters are escaped by JSON itself, DEL and C1 are not: plain ASCII is safe everywhere. */
	if (json_dumpf(json, cli->terminal.out, form | JSON_ENCODE_ANY | JSON_ENSURE_ASCII) == 0)
		fputc('\n', cli->terminal.out);
}

int fetch_failed(const struct client *client, int result)
{
	complain("%s", client->message);
	return result == CLIENT_REFUSED ? EXIT_TROUBLE : EXIT_UNREACHABLE;
}

void fetch_clean(const struct cli *cli, json_t *json)
{
	if (!cli_has(cli, OPTION_JSON))
		json_clean(json);
}

void fetch_print(const struct cli *cli, json_t *json, void (*render)(const struct terminal *, const json_t *))
{
	fetch_clean(cli, json);
	if (cli_has(cli, OPTION_JSON))
		print_json(cli, json, false);
	else
		render(&cli->terminal, json);
}

int fetch_and_print(const struct cli *cli, const char *method, void (*render)(const struct terminal *, const json_t *))
{
	_cleanup_client_ struct client client;
	_cleanup_json_ json_t *answer = NULL;
	int r = client_open(&client, &cli->target);

	if (r == CLIENT_OK)
		r = client_call(&client, &answer, method, "");
	if (r != CLIENT_OK)
		return fetch_failed(&client, r);
	fetch_print(cli, answer, render);
	return EXIT_NOTHING;
}
