/* SPDX-License-Identifier: GPL-2.0-or-later */
/* gpuwatch-cli record: the daemon's snapshots into a file. */
#include "cli/command/record.h"

#include <string.h>
#include <unistd.h>

#include "cli/lib/error.h"
#include "cli/lib/fetch.h"
#include "cli/lib/file.h"
#include "cli/lib/output.h"
#include "cli/lib/recording.h"
#include "cli/lib/text.h"
#include "lib/base/cleanup.h"

/* Whatever cannot be replayed must be known now, while the deadlock still stands. */
static int record_check(const char *data, size_t size, size_t *snapshots)
{
	_cleanup_recording_ struct recording recording;
	char message[256];

	if (recording_parse(&recording, data, size, message, sizeof(message)) < 0) {
		complain("the daemon's recording cannot be used: %s", message);
		return EXIT_UNREACHABLE;
	}
	*snapshots = recording.count;
	return EXIT_NOTHING;
}

static int record_save(const struct cli *cli, int fd)
{
	_cleanup_free_ char *data = NULL, *note = NULL;
	size_t size, snapshots;
	int r = file_read_fd(fd, GW_RECORDING_MOST, &data, &size);

	if (r < 0) {
		complain("cannot read the daemon's recording: %s", strerror(-r));
		return EXIT_UNREACHABLE;
	}
	r = record_check(data, size, &snapshots);
	if (r == EXIT_NOTHING)
		r = file_write(cli->argument, cli_has(cli, OPTION_FORCE), data, size);
	if (r != EXIT_NOTHING)
		return r;
	note = text_format("%zu snapshot%s", snapshots, snapshots == 1 ? "" : "s");
	output_saved(cli, cli->argument, size, note, json_pack("{s:I}", "snapshots", (json_int_t)snapshots));
	return EXIT_NOTHING;
}

int command_record(const struct cli *cli)
{
	_cleanup_client_ struct gw_client client = { 0 };
	int fd, r;

	if (strcmp(cli->argument, "-") == 0 && isatty(STDOUT_FILENO)) {
		complain("a recording is binary: redirect standard output, or give a file name");
		return EXIT_USAGE;
	}
	r = file_check_free(cli->argument, cli_has(cli, OPTION_FORCE));
	if (r != EXIT_NOTHING)
		return r;
	fetch_notice("gpuwatchd takes snapshots, for two minutes at most; Ctrl-C ends the waiting");
	r = gw_client_open(&client, &cli->target);
	if (r == GW_CLIENT_OK)
		r = gw_client_call_file(&client, &fd, "Record");
	fetch_notice_end();
	if (r != GW_CLIENT_OK)
		return fetch_failed(&client, r);
	r = record_save(cli, fd);
	close(fd);
	return r;
}
