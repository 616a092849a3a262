/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One line on stderr. */
#include "cli/lib/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#include "lib/base/cleanup.h"
#include "lib/base/text.h"

_Noreturn void out_of_memory(void)
{
	static const char line[] = PROGRAM ": out of memory: the machine has no more, or the file needs over 480 MiB\n";
	ssize_t written = write(STDERR_FILENO, line, sizeof(line) - 1);

	(void)written;
	_exit(EXIT_MEMORY);
}

void complain(const char *format, ...)
{
	_cleanup_free_ char *text = NULL;
	va_list arguments;
	int length;

	va_start(arguments, format);
	length = vasprintf(&text, format, arguments);
	va_end(arguments);
	if (length < 0)
		out_of_memory();
	gw_text_sanitize(text);
	fprintf(stderr, PROGRAM ": %s\n", text);
}
