/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Styles, widths and wrapping for whatever stdout is. */
#include "cli/lib/terminal.h"

#include <langinfo.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <wchar.h>

#include "cli/lib/journal-lines.h"
#include "cli/lib/text.h"
#include "lib/base/cleanup.h"

#define WIDTH_DEFAULT 80
#define WIDTH_LEAST 40
#define PROSE_MOST 100 /* longer lines are hard to read */

static unsigned terminal_environment_columns(void)
{
	const char *columns = getenv("COLUMNS");
	unsigned long value = columns ? strtoul(columns, NULL, 10) : 0;

	return value > 0 && value < 10000 ? (unsigned)value : 0;
}

void terminal_measure(struct terminal *terminal)
{
	int fd = fileno(terminal->out);
	bool screen = fd >= 0 && isatty(fd);
	struct winsize size = { 0 };
	unsigned width;

	if (screen && ioctl(fd, TIOCGWINSZ, &size) < 0)
		size = (struct winsize){ 0 };
	width = screen && size.ws_col ? size.ws_col : terminal_environment_columns();
	terminal->limited = screen || width > 0;
	terminal->height = screen ? size.ws_row : 0;
	if (width == 0)
		width = WIDTH_DEFAULT;
	terminal->width = width < WIDTH_LEAST ? WIDTH_LEAST : width;
}

static bool character_is_style(char c)
{
	return (c >= *STYLE_END && c <= *STYLE_YELLOW) || c == *STYLE_CYAN || c == *STYLE_ALERT;
}

static bool terminal_wants_color(FILE *out, enum color_choice choice)
{
	const char *no_color = getenv("NO_COLOR"), *term = getenv("TERM");
	int fd = fileno(out);

	if (choice != COLOR_AUTO)
		return choice == COLOR_ALWAYS;
	if ((no_color && *no_color) || !term || strcmp(term, "dumb") == 0)
		return false;
	return fd >= 0 && isatty(fd);
}

void terminal_init(struct terminal *terminal, FILE *out, enum color_choice color)
{
	*terminal = (struct terminal){ .out = out };
	terminal->utf8 = strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
	terminal->color = terminal_wants_color(out, color);
	terminal_measure(terminal);
}

const char *terminal_sequence(const struct terminal *terminal, char style)
{
	static const char *const sequences[] = {
		[1] = "\033[0m",  [2] = "\033[1m",  [3] = "\033[2m",   [4] = "\033[31m",
		[5] = "\033[32m", [6] = "\033[33m", [14] = "\033[36m", [15] = "\033[1;31m",
	};

	if (!terminal->color || !character_is_style(style))
		return "";
	return sequences[(int)style];
}

/* What stands for the characters that this program itself writes. */
static const char *character_ascii(const char *character, size_t bytes)
{
	static const struct {
		const char *utf8, *ascii;
	} substitutes[] = {
		{ "→", "->" }, { "←", "<-" }, { "─", "-" },   { "│", "|" }, { "╭", "," }, { "╰", "`" },
		{ "├", "|" },  { "▶", ">" },  { "…", "..." }, { "·", "-" }, { "×", "x" }, { "✗", "x" },
		{ "“", "\"" }, { "”", "\"" }, { "’", "'" },   { "–", "-" }, { "µ", "u" },
	};

	for (size_t i = 0; i < sizeof(substitutes) / sizeof(substitutes[0]); i++)
		if (strlen(substitutes[i].utf8) == bytes && memcmp(substitutes[i].utf8, character, bytes) == 0)
			return substitutes[i].ascii;
	return "?";
}

/* Bytes of the UTF-8 character that begins here: trusts nothing, never passes the end. */
static size_t character_bytes(const char *text)
{
	unsigned char first = (unsigned char)text[0];
	size_t bytes = first < 0xc0 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;

	for (size_t i = 1; i < bytes; i++)
		if (((unsigned char)text[i] & 0xc0) != 0x80)
			return i;
	return bytes;
}

static bool character_is_hard_blank(const char *character, size_t bytes)
{
	return bytes == strlen(HARD_BLANK) && memcmp(character, HARD_BLANK, bytes) == 0;
}

static size_t character_columns(const struct terminal *terminal, const char *text, size_t bytes)
{
	wchar_t wide;
	int columns;

	if (character_is_style(text[0]))
		return 0;
	if (bytes == 1)
		return 1;
	if (character_is_hard_blank(text, bytes))
		return 1;
	if (!terminal->utf8)
		return strlen(character_ascii(text, bytes));
	if (mbrtowc(&wide, text, bytes, &(mbstate_t){ 0 }) > bytes)
		return 1;
	columns = wcwidth(wide);
	return columns < 0 ? 1 : (size_t)columns;
}

static void terminal_put_characters(const struct terminal *terminal, FILE *out, bool styles, const char *text,
				    size_t bytes)
{
	for (size_t i = 0, n; i < bytes; i += n) {
		n = character_bytes(text + i);
		if (character_is_style(text[i]))
			fputs(styles ? terminal_sequence(terminal, text[i]) : "", out);
		else if (character_is_hard_blank(text + i, n))
			fputs(styles ? " " : HARD_BLANK, out);
		else if (n > 1 && !terminal->utf8)
			fputs(character_ascii(text + i, n), out);
		else
			fwrite(text + i, 1, n, out);
	}
}

void terminal_put(const struct terminal *terminal, const char *text)
{
	terminal_put_characters(terminal, terminal->out, true, text, strlen(text));
}

void terminal_print(const struct terminal *terminal, const char *format, ...)
{
	_cleanup_free_ char *text = NULL;
	va_list arguments;

	va_start(arguments, format);
	text = text_vformat(format, arguments);
	va_end(arguments);
	terminal_put(terminal, text);
}

size_t terminal_columns(const struct terminal *terminal, const char *text, size_t bytes)
{
	size_t columns = 0;

	for (size_t i = 0, n; i < bytes && text[i]; i += n) {
		n = character_bytes(text + i);
		columns += character_columns(terminal, text + i, n);
	}
	return columns;
}

size_t terminal_chunk(const struct terminal *terminal, const char *text, size_t columns, const char **next)
{
	size_t used = 0, blank = 0, i = 0, n;

	for (; text[i] && text[i] != '\n'; i += n) {
		n = character_bytes(text + i);
		used += character_columns(terminal, text + i, n);
		if (text[i] == ' ')
			blank = i;
		if (used > columns && i > 0)
			break;
	}
	if (text[i] && text[i] != '\n' && text[i] != ' ' && blank > 0)
		i = blank;
	*next = text + i;
	if (**next == '\n')
		(*next)++;
	else
		*next += strspn(*next, " ");
	return i;
}

void terminal_paragraph(const struct terminal *terminal, const char *label, unsigned indent, const char *text)
{
	unsigned width = terminal->width < PROSE_MOST ? terminal->width : PROSE_MOST;
	size_t room = width > indent + 20 ? width - indent : 20;
	size_t used = terminal_columns(terminal, label, strlen(label));

	if (!*text)
		return;
	terminal_put(terminal, label);
	do {
		const char *next;
		size_t bytes = terminal_chunk(terminal, text, room, &next);

		fprintf(terminal->out, "%*s", (int)(indent > used ? indent - used : 0), "");
		terminal_put_characters(terminal, terminal->out, true, text, bytes);
		fputc('\n', terminal->out);
		text = next;
		used = 0;
	} while (*text);
}

void terminal_priority(const struct terminal *terminal, int priority)
{
	if (terminal->journal)
		journal_lines_priority(terminal->journal, priority);
}

void terminal_labelled(const struct terminal *terminal, const char *label, const char *text)
{
	_cleanup_free_ char *styled = text_format("  " STYLE_BOLD "%s" STYLE_END, label);

	terminal_paragraph(terminal, styled, LABEL_COLUMNS, text);
}

char *terminal_plain(const struct terminal *terminal, const char *text)
{
	char *plain = NULL;
	size_t size = 0;
	FILE *stream = text_stream(&plain, &size);

	terminal_put_characters(terminal, stream, false, text, strlen(text));
	text_finish(stream);
	return plain;
}
