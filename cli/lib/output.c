/* SPDX-License-Identifier: GPL-2.0-or-later */
/* JSON, documents, what was saved, and the end of standard output. */
#include "cli/lib/output.h"

#include <errno.h>
#include <string.h>

#include "cli/lib/error.h"
#include "cli/lib/json-field.h"
#include "cli/lib/text.h"
#include "lib/base/cleanup.h"

void output_json(const struct cli *cli, const json_t *json, bool one_line)
{
	size_t form = one_line ? JSON_COMPACT : JSON_INDENT(2);

	/* Control characters are escaped by JSON itself, DEL and C1 are not: plain ASCII is safe everywhere. */
	if (json_dumpf(json, cli->terminal.out, form | JSON_ENCODE_ANY | JSON_ENSURE_ASCII) == 0)
		fputc('\n', cli->terminal.out);
}

void output_clean(const struct cli *cli, json_t *json)
{
	if (!cli_has(cli, OPTION_JSON))
		json_clean(json);
}

void output_document(const struct cli *cli, json_t *json, void (*render)(const struct terminal *, const json_t *))
{
	output_clean(cli, json);
	if (cli_has(cli, OPTION_JSON))
		output_json(cli, json, false);
	else
		render(&cli->terminal, json);
}

static void output_saved_json(const struct cli *cli, const char *path, size_t size, const json_t *details)
{
	_cleanup_json_ json_t *json = json_pack("{s:s%, s:I}", "file", path, strlen(path), "size", (json_int_t)size);

	/* A path that is no UTF-8 has no JSON. */
	if (!json || (details && json_object_update(json, (json_t *)details) < 0))
		return;
	output_json(cli, json, false);
}

void output_saved(const struct cli *cli, const char *path, size_t size, const char *note, json_t *details)
{
	bool to_stdout = strcmp(path, "-") == 0;
	_cleanup_free_ char *bytes = text_size(size);
	_cleanup_json_ json_t *owned = details;

	if (cli_has(cli, OPTION_JSON) && !to_stdout)
		output_saved_json(cli, path, size, owned);
	else
		fprintf(to_stdout ? stderr : cli->terminal.out, "%s: %s, %s\n", to_stdout ? PROGRAM : path, bytes,
			note);
}

bool output_flush(FILE *out)
{
	int error = fflush(out) != 0 ? errno : 0;

	if (error == 0 && !ferror(out))
		return true;
	/* What failed earlier has left no reason behind. */
	if (error != EPIPE)
		complain("cannot write to standard output%s%s", error ? ": " : "", error ? strerror(error) : "");
	return false;
}
