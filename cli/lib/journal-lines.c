/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Priorities before lines. */
#include "cli/lib/journal-lines.h"

#include <inttypes.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <syslog.h>

#include "cli/lib/error.h"
#include "cli/lib/text.h"

/* "DEVICE:INODE", in decimal; systemd.exec(5). */
static bool journal_lines_is_journal(FILE *out)
{
	const char *stream = getenv("JOURNAL_STREAM");
	uintmax_t device, inode;
	struct stat status;

	if (!stream || sscanf(stream, "%ju:%ju", &device, &inode) != 2 || fstat(fileno(out), &status) < 0)
		return false;
	return status.st_dev == device && status.st_ino == inode;
}

static ssize_t journal_lines_write(void *cookie, const char *data, size_t size)
{
	struct journal_lines *lines = cookie;

	for (size_t i = 0; i < size; i++) {
		if (!lines->inside)
			fprintf(lines->below, "<%d>", lines->priority);
		fputc(data[i], lines->below);
		lines->inside = data[i] != '\n';
	}
	return (ssize_t)size;
}

bool journal_lines_open(struct journal_lines *lines, FILE *out)
{
	*lines = (struct journal_lines){ .below = out, .priority = LOG_INFO };
	if (!journal_lines_is_journal(out))
		return false;
	lines->stream = fopencookie(lines, "w", (cookie_io_functions_t){ .write = journal_lines_write });
	if (!lines->stream)
		out_of_memory();
	return true;
}

void journal_lines_close(struct journal_lines *lines)
{
	if (lines->stream)
		fclose(lines->stream);
	lines->stream = NULL;
}

void journal_lines_priority(struct journal_lines *lines, int priority)
{
	fflush(lines->stream);
	lines->priority = priority;
}
