/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the kernel logged, as sd-journal has it. */
#include "cli/log/journal.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <systemd/sd-id128.h>
#include <systemd/sd-journal.h>

#include "cli/lib/error.h"
#include "cli/lib/text.h"

static bool log_journal_field(sd_journal *journal, const char *name, const char **value, size_t *length)
{
	const void *data;
	size_t size, skip = strlen(name) + 1;

	if (sd_journal_get_data(journal, name, &data, &size) < 0 || size < skip)
		return false;
	*value = (const char *)data + skip;
	*length = size - skip;
	return true;
}

/* As the kernel prints it: "[   12.345678] text". */
static void log_journal_entry(sd_journal *journal, FILE *stream)
{
	const char *message, *time;
	size_t length, digits;
	char number[24];
	uint64_t us;

	if (!log_journal_field(journal, "MESSAGE", &message, &length))
		return;
	if (log_journal_field(journal, "_SOURCE_MONOTONIC_TIMESTAMP", &time, &digits) && digits < sizeof(number)) {
		memcpy(number, time, digits);
		number[digits] = '\0';
		us = strtoull(number, NULL, 10);
		fprintf(stream, "[%5" PRIu64 ".%06" PRIu64 "] ", us / 1000000, us % 1000000);
	}
	fprintf(stream, "%.*s\n", (int)(length < 4096 ? length : 4096), message);
}

static int log_journal_open(sd_journal **journal)
{
	char match[64] = "_BOOT_ID=", id[SD_ID128_STRING_MAX];
	sd_id128_t boot;
	int r = sd_journal_open(journal, SD_JOURNAL_LOCAL_ONLY | SD_JOURNAL_SYSTEM);

	if (r < 0)
		return r;
	r = sd_id128_get_boot(&boot);
	if (r < 0)
		return r;
	strcat(match, sd_id128_to_string(boot, id));
	r = sd_journal_add_match(*journal, match, 0);
	return r < 0 ? r : sd_journal_add_match(*journal, "_TRANSPORT=kernel", 0);
}

int log_journal_read(char **ret, size_t *size)
{
	sd_journal *journal = NULL;
	FILE *stream;
	int r = log_journal_open(&journal);

	if (r < 0) {
		complain("cannot read the journal: %s", strerror(-r));
		sd_journal_close(journal);
		return EXIT_FILE;
	}
	stream = text_stream(ret, size);
	while (sd_journal_next(journal) > 0)
		log_journal_entry(journal, stream);
	text_finish(stream);
	sd_journal_close(journal);
	if (*size)
		return 0;
	free(*ret);
	*ret = NULL;
	complain("the journal has no kernel messages of this boot that may be read: run as root, or use dmesg");
	return EXIT_FILE;
}
