/* SPDX-License-Identifier: GPL-2.0-or-later */
/* gpuwatch-cli probe-order: how this boot, a saved one, or a kernel image brings its drivers up. */
#include "cli/command/probe-order.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/boot/compare.h"
#include "cli/boot/kept.h"
#include "cli/boot/order.h"
#include "cli/boot/record-once.h"
#include "cli/command/link-order.h"
#include "cli/lib/boot-evidence.h"
#include "cli/lib/error.h"
#include "cli/lib/fetch.h"
#include "cli/lib/file.h"
#include "cli/lib/journal-lines.h"
#include "cli/lib/json-field.h"
#include "cli/lib/order.h"
#include "cli/lib/output.h"
#include "cli/lib/text.h"
#include "cli/log/source.h"
#include "cli/svg/timeline.h"
#include "lib/base/cleanup.h"
#include "lib/boot/compare/compare.h"

/* ---- where the document comes from ------------------------------------------ */

#define PROBE_ORDER_NOTICE "gpuwatchd looks at the boot, for two minutes at most; Ctrl-C ends the waiting"

/* Returns EXIT_NOTHING and the document, or the exit code after one line about why there is none. */
static int probe_order_ask(const struct cli *cli, json_t **ret)
{
	_cleanup_client_ struct gw_client client;
	int r;

	fetch_notice(PROBE_ORDER_NOTICE);
	r = gw_client_open(&client, &cli->target);
	if (r == GW_CLIENT_OK)
		r = gw_client_call(&client, ret, "GetProbeOrder", "");
	fetch_notice_end();
	return r == GW_CLIENT_OK ? EXIT_NOTHING : fetch_failed(&client, r);
}

static int probe_order_read(const char *path, bool expectation, json_t **ret)
{
	_cleanup_free_ char *data = NULL, *message = NULL;
	size_t size;
	int r = log_source_bytes(path, EVIDENCE_LIMIT, &data, &size);

	if (r != EXIT_NOTHING)
		return r;
	*ret = evidence_document(data, size, &message);
	if (!*ret && expectation)
		*ret = gw_boot_expectation(data, size);
	if (*ret)
		return EXIT_NOTHING;
	return file_reject(path, message);
}

static int probe_order_get(const struct cli *cli, json_t **ret)
{
	return cli_has(cli, OPTION_FROM) ? probe_order_read(cli->from, false, ret) : probe_order_ask(cli, ret);
}

/* ---- what becomes of it ------------------------------------------------------ */

/* Written whole, then put there: half an image shows nothing. */
static int probe_order_print_image(const struct cli *cli, const json_t *order)
{
	const char *path = cli->timeline ? cli->timeline : "-";
	_cleanup_free_ char *image = NULL;
	size_t size;
	FILE *stream = text_stream(&image, &size);
	int r;

	svg_timeline(stream, order, cli_has(cli, OPTION_ALL));
	text_finish(stream);
	r = file_write_public(path, cli_has(cli, OPTION_FORCE), image, size);
	if (r == EXIT_NOTHING && strcmp(path, "-") != 0)
		terminal_print(&cli->terminal, "%s: %zu devices, open it in a browser\n", path,
			       json_array_size(field_array(order, "devices")));
	return r;
}

/* On a terminal, into a pipe, or into the journal. */
static void probe_order_print_text(const struct cli *cli, const json_t *order)
{
	struct terminal terminal = cli->terminal;
	struct journal_lines journal;

	if (journal_lines_open(&journal, terminal.out)) {
		terminal.out = journal.stream;
		terminal.journal = &journal;
	}
	render_order(&terminal, order, cli_has(cli, OPTION_ALL));
	journal_lines_close(&journal);
}

static int probe_order_print(const struct cli *cli, json_t *order)
{
	if (cli_has(cli, OPTION_TIMELINE)) {
		json_clean(order);
		return probe_order_print_image(cli, order);
	}
	output_clean(cli, order);
	if (cli_has(cli, OPTION_JSON))
		output_json(cli, order, false);
	else if (cli_has(cli, OPTION_KTAP))
		render_order_ktap(&cli->terminal, order);
	else
		probe_order_print_text(cli, order);
	return EXIT_NOTHING;
}

static int probe_order_show(const struct cli *cli)
{
	_cleanup_json_ json_t *order = NULL;
	int r = probe_order_get(cli, &order);

	if (r == EXIT_NOTHING)
		r = probe_order_print(cli, order);
	if (r != EXIT_NOTHING)
		return r;
	return order_lost(order) > 0 ? EXIT_FOUND : EXIT_NOTHING;
}

/* ---- --compare ------------------------------------------------------------------ */

/* What is compared with --compare's file: the second file, else the boot that is shown without --compare. */
static int probe_order_get_after(const struct cli *cli, json_t **ret)
{
	return cli->argument ? probe_order_read(cli->argument, true, ret) : probe_order_get(cli, ret);
}

static int probe_order_get_before(const struct cli *cli, const json_t *after, json_t **ret)
{
	return kept_is_directory(cli->compare) ? kept_last_good(cli->compare, field_string(after, "boot_id"), ret)
					       : probe_order_read(cli->compare, true, ret);
}

/* A list of what must be bound is what a boot is held against, whichever comes first. */
static int probe_order_sort_lists(const struct cli *cli, json_t **before, json_t **after)
{
	json_t *list = *after;

	if (*field_string(list, "schema"))
		return EXIT_NOTHING;
	if (!*field_string(*before, "schema"))
		return file_reject(cli->argument, "is a list of what must be bound, as the first file is: no boot");
	*after = *before;
	*before = list;
	return EXIT_NOTHING;
}

static void probe_order_print_compare(const struct cli *cli, json_t *compare)
{
	output_clean(cli, compare);
	if (cli_has(cli, OPTION_JSON))
		output_json(cli, compare, false);
	else if (cli_has(cli, OPTION_KTAP))
		render_compare_ktap(&cli->terminal, compare);
	else
		render_compare(&cli->terminal, compare, cli_has(cli, OPTION_ALL));
}

static int probe_order_compare(const struct cli *cli)
{
	_cleanup_json_ json_t *before = NULL, *after = NULL, *compare = NULL;
	int r = probe_order_get_after(cli, &after);

	r = r ?: probe_order_get_before(cli, after, &before);
	r = r ?: probe_order_sort_lists(cli, &before, &after);
	if (r != EXIT_NOTHING)
		return r;
	compare = gw_boot_compare(before, after);
	if (!compare)
		out_of_memory();
	probe_order_print_compare(cli, compare);
	return compare_is_worse(compare) ? EXIT_FOUND : EXIT_NOTHING;
}

/* ---- --save -------------------------------------------------------------------- */

static int probe_order_save_evidence(const struct cli *cli, int fd)
{
	_cleanup_free_ char *data = NULL, *message = NULL;
	_cleanup_json_ json_t *order = NULL;
	size_t size;
	int r = file_read_fd(fd, EVIDENCE_LIMIT, &data, &size);

	if (r < 0) {
		complain("cannot read the daemon's evidence: %s", strerror(-r));
		return EXIT_UNREACHABLE;
	}
	/* Whatever cannot be analysed must be known now: the boot does not come again. */
	order = evidence_document(data, size, &message);
	if (!order) {
		complain("the daemon's evidence cannot be used: %s", message);
		return EXIT_UNREACHABLE;
	}
	if (kept_is_directory(cli->save))
		return kept_add(cli->save, field_string(order, "boot_id"), data, size);
	r = file_write(cli->save, cli_has(cli, OPTION_FORCE), data, size);
	if (r == EXIT_NOTHING)
		output_saved(cli, cli->save, size, "for " PROGRAM " probe-order --from on any machine", NULL);
	return r;
}

static int probe_order_save(const struct cli *cli)
{
	_cleanup_client_ struct gw_client client = { 0 };
	int fd, r;

	fetch_notice(PROBE_ORDER_NOTICE);
	r = gw_client_open(&client, &cli->target);
	if (r == GW_CLIENT_OK)
		r = gw_client_call_file(&client, &fd, "SaveBoot");
	fetch_notice_end();
	if (r != GW_CLIENT_OK)
		return fetch_failed(&client, r);
	r = probe_order_save_evidence(cli, fd);
	close(fd);
	return r;
}

/* ---- --reboot-and-record ----------------------------------------------------------- */

static int probe_order_record_once(const struct cli *cli)
{
	bool here = !cli_has(cli, OPTION_ROOT), dry = cli_has(cli, OPTION_DRY_RUN);
	int r = record_once(&cli->terminal, here ? "" : cli->root, dry);

	if (r != EXIT_NOTHING || !here || dry)
		return r;
	terminal_print(&cli->terminal, "reboots; then `" PROGRAM " probe-order` shows that boot\n");
	output_flush(stdout);
	execlp("systemctl", "systemctl", "reboot", (char *)NULL);
	complain("cannot run systemctl reboot: %s; the next boot is recorded, whoever begins it", strerror(errno));
	return EXIT_FILE;
}

int command_probe_order(const struct cli *cli)
{
	const char *output = cli_has(cli, OPTION_SAVE) ? cli->save : cli->timeline;
	int r;

	if (cli_has(cli, OPTION_TIMELINE) && !output && isatty(STDOUT_FILENO)) {
		complain("an image is not for a terminal: redirect standard output, or give --timeline=FILE");
		return EXIT_USAGE;
	}
	r = output && !(cli_has(cli, OPTION_SAVE) && kept_is_directory(output))
		    ? file_check_free(output, cli_has(cli, OPTION_FORCE))
		    : EXIT_NOTHING;
	if (r != EXIT_NOTHING)
		return r;
	if (cli_has(cli, OPTION_RECORD_ONCE))
		return probe_order_record_once(cli);
	if (cli_has(cli, OPTION_VMLINUX))
		return command_link_order(cli);
	if (cli_has(cli, OPTION_SAVE))
		return probe_order_save(cli);
	if (cli_has(cli, OPTION_COMPARE))
		return probe_order_compare(cli);
	return probe_order_show(cli);
}
