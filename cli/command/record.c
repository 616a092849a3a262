/* SPDX-License-Identifier: GPL-2.0-or-later */
/* gpuwatch-cli record: the daemon's snapshots into a file. */
#include "cli/command/record.h"

#include <string.h>
#include <unistd.h>

#include "cli/lib/error.h"
#include "cli/lib/fetch.h"
#include "cli/lib/file.h"
#include "cli/lib/recording.h"
#include "cli/lib/save.h"
#include "cli/lib/text.h"
#include "lib/base/cleanup.h"

static int record_read(int fd, char **data, size_t *size)
{
	int r = file_read_fd(fd, RECORDING_LIMIT, data, size);

	close(fd);
	if (r < 0)
		complain("cannot read the daemon's recording: %s", strerror(-r));
	return r;
}

/* What was saved, on stderr when the recording itself goes to stdout. */
static void record_print_saved(const struct cli *cli, size_t size, size_t snapshots)
{
	bool to_stdout = strcmp(cli->argument, "-") == 0;
	_cleanup_free_ char *bytes = text_size(size);

	if (cli_has(cli, OPTION_JSON) && !to_stdout) {
		_cleanup_json_ json_t *json =
			json_pack("{s:s%, s:I, s:I}", "file", cli->argument, strlen(cli->argument), "size",
				  (json_int_t)size, "snapshots", (json_int_t)snapshots);

		if (json)
			print_json(cli, json, false);
		return;
	}
	fprintf(to_stdout ? stderr : cli->terminal.out, "%s: %s, %zu snapshot%s\n", to_stdout ? PROGRAM : cli->argument,
		bytes, snapshots, snapshots == 1 ? "" : "s");
}

static int record_save(const struct cli *cli, const char *data, size_t size)
{
	_cleanup_recording_ struct recording recording;
	char message[256];
	int r;

	/* Whatever cannot be replayed must be known now, while the deadlock still stands. */
	if (recording_parse(&recording, data, size, message, sizeof(message)) < 0) {
		complain("the daemon's recording cannot be used: %s", message);
		return EXIT_TROUBLE;
	}
	r = save_file(cli, cli->argument, data, size);
	if (r == EXIT_NOTHING)
		record_print_saved(cli, size, recording.count);
	return r;
}

int command_record(const struct cli *cli)
{
	_cleanup_client_ struct client client = { 0 };
	_cleanup_free_ char *data = NULL;
	size_t size;
	int fd, r;

	if (strcmp(cli->argument, "-") == 0 && isatty(STDOUT_FILENO)) {
		complain("a recording is binary: redirect standard output, or give a file name");
		return EXIT_USAGE;
	}
	if (!save_possible(cli, cli->argument))
		return EXIT_TROUBLE;
	r = client_open(&client, &cli->target);
	if (r == CLIENT_OK)
		r = client_call_file(&client, &fd, "Record");
	if (r != CLIENT_OK)
		return fetch_failed(&client, r);
	if (record_read(fd, &data, &size) < 0)
		return EXIT_TROUBLE;
	return record_save(cli, data, size);
}
