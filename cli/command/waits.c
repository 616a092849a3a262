/* SPDX-License-Identifier: GPL-2.0-or-later */
/* gpuwatch-cli waits, once or every second. */
#include "cli/command/waits.h"

#include <string.h>
#include <time.h>

#include "cli/lib/error.h"
#include "cli/lib/fetch.h"
#include "cli/lib/output.h"
#include "cli/lib/text.h"
#include "cli/render/waits.h"
#include "lib/base/cleanup.h"
#include "lib/base/units.h"

static void waits_render(const struct cli *cli, const struct terminal *terminal, const json_t *waits)
{
	if (cli_has(cli, OPTION_ALL))
		render_all_waits(terminal, waits);
	else
		render_waits(terminal, waits);
}

/* The waits as text, so that a screen can be painted over in one go. Owned by the caller. */
static char *watch_text(const struct cli *cli, json_t *waits)
{
	struct terminal memory = cli->terminal;
	_cleanup_free_ char *summary = waits_summary(waits);
	char *text = NULL;
	size_t size;

	memory.out = text_stream(&text, &size);
	terminal_print(&memory, STYLE_DIM "Every second: %s. Ctrl-C ends." STYLE_END "\n\n", summary);
	waits_render(cli, &memory, waits);
	text_finish(memory.out);
	return text;
}

/* Over the last screen, line by line, so that nothing flickers; cut at the height. */
static void watch_paint(const struct terminal *terminal, const char *text)
{
	unsigned lines = terminal->height > 1 ? terminal->height - 1 : 1;

	fputs("\033[H", terminal->out);
	for (; *text && lines > 0; lines--) {
		size_t bytes = strcspn(text, "\n");

		fprintf(terminal->out, "%.*s\033[K\n", (int)bytes, text);
		text += bytes + (text[bytes] == '\n');
	}
	fputs("\033[J", terminal->out);
}

static void watch_show(struct cli *cli, json_t *waits)
{
	_cleanup_free_ char *text = NULL;

	output_clean(cli, waits);
	terminal_measure(&cli->terminal);
	if (cli_has(cli, OPTION_JSON)) {
		output_json(cli, waits, true);
	} else if (cli->terminal.height == 0) {
		waits_render(cli, &cli->terminal, waits);
		fputc('\n', cli->terminal.out);
	} else {
		text = watch_text(cli, waits);
		watch_paint(&cli->terminal, text);
	}
}

/* Younger ones are of every machine that works; of what is tracked all are shown. */
#define ALL_MIN_AGE_NS (500 * GW_NSEC_PER_MSEC)

int waits_min_age(const struct cli *cli, uint64_t otherwise, uint64_t *ret)
{
	*ret = otherwise;
	if (!cli_has(cli, OPTION_MIN_AGE) || text_read_duration(cli->min_age, ret))
		return 0;
	complain("--min-age takes a time like 500ms, 2s or 1min, not \"%s\"", cli->min_age);
	return EXIT_USAGE;
}

int waits_call_all(struct gw_client *client, json_t **ret, uint64_t min_age_ns)
{
	int r = gw_client_call(client, ret, "ListAllWaits", "t", min_age_ns / GW_NSEC_PER_USEC);

	return r == GW_CLIENT_FOREIGN ? gw_client_call(client, ret, "ListWaits", "") : r;
}

static int waits_call(const struct cli *cli, struct gw_client *client, json_t **ret, uint64_t min_age_ns)
{
	if (cli_has(cli, OPTION_ALL))
		return waits_call_all(client, ret, min_age_ns);
	return gw_client_call(client, ret, "ListWaits", "");
}

static int waits_watch(struct cli cli, uint64_t min_age_ns)
{
	_cleanup_client_ struct gw_client client;
	int r = gw_client_open(&client, &cli.target);

	if (cli.terminal.height && !cli_has(&cli, OPTION_JSON))
		fputs("\033[2J", cli.terminal.out);
	for (;;) {
		_cleanup_json_ json_t *waits = NULL;

		if (r == GW_CLIENT_OK)
			r = waits_call(&cli, &client, &waits, min_age_ns);
		if (r != GW_CLIENT_OK)
			return fetch_failed(&client, r);
		watch_show(&cli, waits);
		if (!output_flush(cli.terminal.out))
			return EXIT_FILE;
		nanosleep(&(struct timespec){ .tv_sec = 1 }, NULL);
	}
}

static int waits_once(const struct cli *cli, uint64_t min_age_ns)
{
	_cleanup_client_ struct gw_client client;
	_cleanup_json_ json_t *waits = NULL;
	int r;

	fetch_notice(FETCH_NOTICE);
	r = gw_client_open(&client, &cli->target);
	if (r == GW_CLIENT_OK)
		r = waits_call(cli, &client, &waits, min_age_ns);
	fetch_notice_end();
	if (r != GW_CLIENT_OK)
		return fetch_failed(&client, r);
	output_document(cli, waits, cli_has(cli, OPTION_ALL) ? render_all_waits : render_waits);
	return EXIT_NOTHING;
}

int command_waits(const struct cli *cli)
{
	uint64_t min_age_ns;
	int r = waits_min_age(cli, ALL_MIN_AGE_NS, &min_age_ns);

	if (r == 0 && cli_has(cli, OPTION_MIN_AGE) && !cli_has(cli, OPTION_ALL)) {
		complain("waits takes --min-age with --all only (see " PROGRAM " --help)");
		r = EXIT_USAGE;
	}
	if (r != 0)
		return r;
	return cli_has(cli, OPTION_WATCH) ? waits_watch(*cli, min_age_ns) : waits_once(cli, min_age_ns);
}
