/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Ordinary messages of the daemon, to stderr, with a level prefix when that is the journal. */
#include "lib/base/log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>

/* The one exception to "no global state": every file may say something. */
static struct {
	int level;
	bool prefixed;
	bool is_socket;
	unsigned lost;
} log_state = { .level = LOG_INFO };

/* Whether stderr is the stream that $JOURNAL_STREAM names, see systemd.exec(5). */
static bool stderr_is_journal(const struct stat *st)
{
	const char *stream = getenv("JOURNAL_STREAM");
	uintmax_t device, inode;

	return stream && sscanf(stream, "%ju:%ju", &device, &inode) == 2 && st->st_dev == (dev_t)device &&
	       st->st_ino == (ino_t)inode;
}

void gw_log_open(void)
{
	struct stat st;

	if (fstat(STDERR_FILENO, &st) < 0)
		return;
	log_state.prefixed = stderr_is_journal(&st);
	log_state.is_socket = S_ISSOCK(st.st_mode);
}

void gw_log_set_level(int level)
{
	log_state.level = level;
}

int gw_log_level_from_name(const char *name)
{
	static const char *const names[] = { "emerg", "alert", "crit", "err", "warning", "notice", "info", "debug" };

	for (int level = LOG_EMERG; level <= LOG_DEBUG; level++)
		if (strcmp(name, names[level]) == 0 || (name[0] == '0' + level && !name[1]))
			return level;
	return -EINVAL;
}

/* A line is written whole or not at all; to a socket without waiting. */
static bool put(const char *line, size_t length)
{
	ssize_t n;

	do
		n = log_state.is_socket ? send(STDERR_FILENO, line, length, MSG_DONTWAIT | MSG_NOSIGNAL)
					: write(STDERR_FILENO, line, length);
	while (n < 0 && errno == EINTR);
	return n >= 0;
}

void gw_log(int level, const char *format, ...)
{
	char line[2048];
	va_list arguments;
	int n, start = 0, saved = errno;

	if (level > log_state.level)
		return;
	if (log_state.prefixed)
		start = snprintf(line, sizeof(line), "<%d>", level);
	va_start(arguments, format);
	n = vsnprintf(line + start, sizeof(line) - 1 - (size_t)start, format, arguments);
	va_end(arguments);
	if (n >= 0) {
		size_t length = strlen(line);

		line[length++] = '\n';
		if (!put(line, length))
			log_state.lost++;
		else if (log_state.lost > 0) {
			n = snprintf(line, sizeof(line), "%s%u messages before this one were lost\n",
				     log_state.prefixed ? "<4>" : "", log_state.lost);
			if (put(line, (size_t)n))
				log_state.lost = 0;
		}
	}
	errno = saved;
}
