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

/* The waits as text, so that a screen can be painted over in one go. Owned by the caller. */
static char *watch_text(const struct cli *cli, json_t *waits)
{
	struct terminal memory = cli->terminal;
	_cleanup_free_ char *summary = waits_summary(waits);
	char *text = NULL;
	size_t size;

	memory.out = text_stream(&text, &size);
	terminal_print(&memory, STYLE_DIM "Every second: %s. Ctrl-C ends." STYLE_END "\n\n", summary);
	render_waits(&memory, waits);
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
		render_waits(&cli->terminal, waits);
		fputc('\n', cli->terminal.out);
	} else {
		text = watch_text(cli, waits);
		watch_paint(&cli->terminal, text);
	}
}

static int waits_watch(struct cli cli)
{
	_cleanup_client_ struct client client;
	int r = client_open(&client, &cli.target);

	if (cli.terminal.height && !cli_has(&cli, OPTION_JSON))
		fputs("\033[2J", cli.terminal.out);
	for (;;) {
		_cleanup_json_ json_t *waits = NULL;

		if (r == CLIENT_OK)
			r = client_call(&client, &waits, "ListWaits", "");
		if (r != CLIENT_OK)
			return fetch_failed(&client, r);
		watch_show(&cli, waits);
		if (!output_flush(cli.terminal.out))
			return EXIT_FILE;
		nanosleep(&(struct timespec){ .tv_sec = 1 }, NULL);
	}
}

int command_waits(const struct cli *cli)
{
	if (cli_has(cli, OPTION_WATCH))
		return waits_watch(*cli);
	return fetch_and_print(cli, "ListWaits", render_waits);
}
