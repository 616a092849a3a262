/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Lines become messages. Each byte is looked at a bounded number of times. */
#include "lib/log-text/message.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/array.h"
#include "lib/base/cleanup.h"
#include "lib/log-text/boot-line.h"
#include "lib/log-text/frame.h"
#include "lib/log-text/lines/front.h"
#include "lib/log-text/lines/journal.h"
#include "lib/log-text/lines/mail.h"
#include "lib/log-text/lines/object.h"
#include "lib/log-text/lines/pstore.h"
#include "lib/log-text/lines/scan.h"
#include "lib/log-text/shape.h"

/* Pieces that one message can have been wrapped into. */
#define PIECES_MAX 8

/* Lines that are looked at to find out in which order they stand. */
#define ORDER_LINES 200000

/* Bytes between two calls of the progress callback. */
#define PROGRESS_STEP ((size_t)1 << 20)

struct message_reader {
	const char *text;
	size_t size;
	gw_log_message_found found;
	gw_log_progress progress;
	void *userdata;
	size_t reported;
	struct gw_log_message pending; /* length 0 = none */
	int pieces;
	char joined[GW_LOG_MESSAGE_SIZE], plain[GW_LOG_MESSAGE_SIZE];
	struct gw_log_object object;
	struct gw_log_entry entry;
	struct gw_log_front front;
	bool inside_entry;
	bool prefixed;	   /* any line has something in front */
	bool torn;	   /* the newest line stands first, and of wrapped ones the last piece */
	bool spaced;	   /* each line is followed by a blank one, which then says nothing */
	size_t full_width; /* lines of so many bytes were broken off there, wherever that was; 0 = at blanks, if at all */
	bool full, blank; /* the line before was one of them; ended with a blank */
	bool bare;	  /* the line before had nothing but what stands in front */
};

/* ---- lines of the text --------------------------------------------------------------------- */

static bool message_is_end(char c)
{
	return c == '\n' || c == '\r';
}

/* The line at @offset, which moves behind its end. */
static size_t message_line(const char *text, size_t size, size_t *offset, const char **ret)
{
	size_t start = *offset, end = start;

	while (end < size && !message_is_end(text[end]))
		end++;
	*offset = end < size ? end + 1 : end;
	/* Two characters are one end, as in "\r\n". */
	if (end + 1 < size && message_is_end(text[end + 1]) && text[end + 1] != text[end])
		*offset = end + 2;
	*ret = text + start;
	return end - start;
}

/* ---- blank lines ------------------------------------------------------------------------------------ */

/* Nothing, but for quote marks. */
static bool message_is_blank(const char *text, size_t length)
{
	while (length > 0 && (text[length - 1] == ' ' || text[length - 1] == '\t' || text[length - 1] == '>'))
		length--;
	return length == 0;
}

/* Lines below which there is a blank one, so that it is no chance. */
#define SPACED_MIN 8

static bool message_is_spaced(const char *text, size_t size)
{
	size_t offset = 0, spaced = 0, written = 0;
	bool blank = true;

	for (int lines = 0; offset < size && lines < ORDER_LINES; lines++) {
		const char *start;
		size_t length = message_line(text, size, &offset, &start);
		bool before = blank;

		/* There a blank line ends an entry. */
		if (gw_log_entry_begins(start, length))
			return false;
		blank = message_is_blank(start, length);
		written += !blank;
		spaced += blank && !before;
	}
	return spaced >= SPACED_MIN && spaced >= written - written / 10;
}

/* ---- joining what was wrapped ------------------------------------------------------------------ */

static int message_flush(struct message_reader *reader)
{
	struct gw_log_message *message = &reader->pending;
	int r = 0;

	if (message->length)
		r = reader->found(message, reader->userdata);
	message->length = 0;
	reader->pieces = 0;
	return r;
}

/* Copies a line's text behind what is there, with control characters made blanks. */
static size_t message_append(char *text, size_t length, const struct gw_log_line *line)
{
	for (size_t i = 0; i < line->length && length < GW_LOG_MESSAGE_SIZE - 1; i++) {
		unsigned char c = (unsigned char)line->text[i];

		text[length++] = c < 0x20 || c == 0x7f ? ' ' : (char)c;
	}
	text[length] = '\0';
	return length;
}

static bool message_try(struct message_reader *reader, const struct gw_log_line *line, const char *between)
{
	size_t length = reader->pending.length;

	memcpy(reader->joined, reader->pending.text, length);
	if (*between && length < GW_LOG_MESSAGE_SIZE - 1)
		reader->joined[length++] = *between;
	message_append(reader->joined, length, line);
	return gw_log_shape_of(reader->joined) == GW_LOG_SHAPE_COMPLETE;
}

static void message_join(struct message_reader *reader, const struct gw_log_line *line, const char *between)
{
	message_try(reader, line, between);
	reader->pending.length = strlen(reader->joined);
	memcpy(reader->pending.text, reader->joined, reader->pending.length + 1);
	reader->pieces++;
}

/* The rest of a frame: its module, or the end of its offset. */
static bool message_is_rest_of_frame(const struct message_reader *reader, const char *line)
{
	struct gw_log_frame_text frame;
	const char *at = line;
	uint64_t number;

	if (!gw_log_frame_parse(&frame, reader->pending.text) || !frame.certain || frame.module_length)
		return false;
	if (gw_log_frame_is_module(line))
		return true;
	return gw_scan_hex(&at, &number) && at - line < 5 &&
	       (*at == '\0' || (*at == ' ' && gw_log_frame_is_module(at + 1)));
}

/* A piece of a message that is known as little as it is: only where messages have something in front. */
static bool message_goes_on(const struct message_reader *reader, const char *line)
{
	if (reader->pending.origin.prefixed || (gw_log_begins_boot_line(reader->pending.text) && *line == '/'))
		return true;
	return gw_log_shape_of(reader->pending.text) == GW_LOG_SHAPE_BEGUN &&
	       ((*line >= 'a' && *line <= 'z') || gw_scan_is_digit(*line) || *line == '(' || *line == '*');
}

/* The line before reached the edge: what is here belongs to it, unless both stand for themselves. */
static bool message_continue_full(struct message_reader *reader, const struct gw_log_line *line, const char *text)
{
	const char *between = reader->blank ? " " : "";

	/* Some lines are broken at a blank, and are as long as the others by chance. */
	if (!message_try(reader, line, between) && message_try(reader, line, " "))
		between = " ";
	if (!reader->pending.origin.prefixed && gw_log_shape_of(text) != GW_LOG_SHAPE_UNKNOWN &&
	    (gw_log_shape_of(reader->pending.text) == GW_LOG_SHAPE_COMPLETE || !message_try(reader, line, between)))
		return false;
	message_join(reader, line, between);
	return true;
}

/* Adds the line to the pending message if it is a piece of it. Two names, one below the other, are two frames. */
static bool message_continue(struct message_reader *reader, const struct gw_log_line *line)
{
	char text[GW_LOG_MESSAGE_SIZE];

	if (line->prefixed || reader->pending.length == 0 || reader->pending.origin.quoted ||
	    reader->pieces >= PIECES_MAX)
		return false;
	message_append(text, 0, line);
	if (gw_log_begins_boot_line(text))
		return false;
	if (reader->full)
		return message_continue_full(reader, line, text);
	if (message_is_rest_of_frame(reader, text)) {
		message_join(reader, line, gw_scan_is_hex(*text) ? "" : " ");
		return true;
	}
	if (gw_log_shape_of(reader->pending.text) == GW_LOG_SHAPE_COMPLETE)
		return false;
	if (message_try(reader, line, " "))
		message_join(reader, line, " ");
	else if (message_try(reader, line, "") &&
		 (strstr(text, "+0x") || gw_log_shape_of(text) != GW_LOG_SHAPE_COMPLETE))
		message_join(reader, line, "");
	else if (gw_log_shape_of(text) == GW_LOG_SHAPE_UNKNOWN && message_goes_on(reader, text))
		message_join(reader, line, " ");
	else
		return false;
	return true;
}

static int message_take(struct message_reader *reader, const struct gw_log_line *line)
{
	int r;

	if (line->foreign)
		return 0;
	/* The marks around a block of code are nobody's. */
	if (!line->prefixed && line->length >= 3 && memcmp(line->text, "```", 3) == 0)
		return message_flush(reader);
	if (line->length == 0 && !line->prefixed)
		return message_flush(reader);
	if (message_continue(reader, line))
		return 0;
	r = message_flush(reader);
	/* Wrapped right behind what stands in front. */
	if (line->prefixed || !reader->bare)
		reader->pending.origin = *line;
	reader->pending.origin.text = NULL;
	reader->bare = line->prefixed && line->length == 0;
	reader->pending.length = message_append(reader->pending.text, 0, line);
	return r;
}

/* What stands for one character in HTML, and the blank at which no mail is wrapped; 0 = nothing does. Moves @at to its end. */
static char message_entity(const char *text, size_t length, size_t *at)
{
	static const struct {
		const char *name;
		char character;
	} entities[] = { { "&lt;", '<' },   { "&gt;", '>' },   { "&amp;", '&' },   { "&quot;", '"' },
			 { "&#39;", '\'' }, { "&nbsp;", ' ' }, { "\xc2\xa0", ' ' } };

	for (size_t i = 0; i < sizeof(entities) / sizeof(entities[0]); i++) {
		size_t size = strlen(entities[i].name);

		if (length - *at < size || memcmp(text + *at, entities[i].name, size) != 0)
			continue;
		*at += size - 1;
		return entities[i].character;
	}
	return 0;
}

/* Quote marks in front of an object, and the dash of a list of YAML, as LAVA has it; those of other lines are read with their prefix. */
static void message_unquote(const char **text, size_t *length)
{
	size_t at = 0;

	while (at < *length && ((*text)[at] == '>' || (*text)[at] == ' ' || (*text)[at] == '-'))
		at++;
	if (at == *length || (*text)[at] != '{')
		return;
	*text += at;
	*length -= at;
}

/* What sets colours on a terminal, and how programs print that which do not pass it on; how long it is, 0 = it is none. */
static size_t message_colour(const char *text, size_t length)
{
	static const char *const begins[] = { "\x1b[", "^[[", "#033[", "\\033[", "\\x1b[", "\\u001b[", "\\e[" };

	for (size_t i = 0; i < sizeof(begins) / sizeof(begins[0]); i++) {
		size_t at = strlen(begins[i]);

		if (length < at || memcmp(text, begins[i], at) != 0)
			continue;
		while (at < length && (gw_scan_is_digit(text[at]) || text[at] == ';'))
			at++;
		/* A terminal knows others, too: they end with a letter. */
		if (*text == 0x1b)
			while (at < length && !gw_scan_is_letter(text[at]))
				at++;
		else if (at < length && text[at] != 'm')
			return 0;
		return at < length ? at + 1 : at;
	}
	return 0;
}

/* A tag of a web page; the kernel has its own between such marks, and none of these names. @breaks: a line ends there. */
static size_t message_tag(const char *text, size_t length, bool *breaks)
{
	static const struct {
		const char *name;
		bool breaks;
	} tags[] = { { "pre", false },	{ "code", false }, { "span", false }, { "tt", false }, { "font", false },
		     { "samp", false }, { "br", true },	   { "p", true },     { "div", true }, { "li", true } };
	const char *end = length && *text == '<' ? memchr(text, '>', length) : NULL;
	const char *name = end && text[1] == '/' ? text + 2 : text + 1;

	for (size_t i = 0; end && i < sizeof(tags) / sizeof(tags[0]); i++) {
		size_t size = strlen(tags[i].name);

		if ((size_t)(end - name) < size || memcmp(name, tags[i].name, size) != 0 || !strchr("> /", name[size]))
			continue;
		*breaks = tags[i].breaks;
		return (size_t)(end - text) + 1;
	}
	return 0;
}

static bool message_has_marks(const char *text, size_t length)
{
	for (size_t i = 0; i < length; i++)
		if (text[i] == 0x1b || text[i] == '&' ||
		    (text[i] == '<' && i + 1 < length && strchr("/pcstfbdl", text[i + 1])) ||
		    (unsigned char)text[i] == 0xc2 || (text[i] == '[' && i > 0 && strchr("[3be", text[i - 1])))
			return true;
	return false;
}

/* The line without what sets colours on a terminal, and with the characters that a web page has names for, in @plain. */
static void message_plain(char plain[GW_LOG_MESSAGE_SIZE], const char **text, size_t *length)
{
	const char *from;
	size_t kept = 0;

	message_unquote(text, length);
	from = *text;
	if (!message_has_marks(from, *length))
		return;
	for (size_t i = 0; i < *length && kept < GW_LOG_MESSAGE_SIZE; i++) {
		bool stands = from[i] == '&' || (unsigned char)from[i] == 0xc2;
		char character = stands ? message_entity(from, *length, &i) : 0;
		bool breaks = false;
		size_t colour = message_colour(from + i, *length - i) ?: message_tag(from + i, *length - i, &breaks);

		if (colour)
			i += colour - 1;
		if (colour && breaks && kept > 0)
			plain[kept++] = '\n';
		else if (colour)
			continue;
		else
			plain[kept++] = character ? character : from[i];
	}
	*text = plain;
	*length = kept;
}

/* The line, behind what all lines of this text have in front. */
static void message_parse(const struct message_reader *reader, struct gw_log_line *line, const char *text,
			  size_t length)
{
	size_t front = gw_log_front_length(&reader->front, text, length);

	gw_log_line_parse(line, text + front, length - front);
	line->prefixed |= front > 0;
}

/* A message of several lines is one entry of a collector, and one line of rsyslog. How long the first one is, and what follows it. */
static size_t message_first_of(const struct gw_log_line *line, size_t *end)
{
	for (size_t i = 0; i < line->length; i++) {
		*end = line->text[i] == '\n' ? 1 : 0;
		if (line->length - i >= 4 && memcmp(line->text + i, "#012", 4) == 0)
			*end = 4;
		if (*end)
			return i;
	}
	*end = 0;
	return line->length;
}

static int message_take_all(struct message_reader *reader, const struct gw_log_line *line)
{
	struct gw_log_line rest = *line;
	int r = 0;

	for (bool first = true; r == 0 && (first || rest.length); first = false) {
		struct gw_log_line one = rest, own;
		size_t end;

		one.length = message_first_of(&rest, &end);
		rest.text += one.length + end;
		rest.length -= one.length + end;
		one.prefixed |= end > 0 || !first;
		if (!first) {
			message_parse(reader, &own, one.text, one.length);
			one.text = own.text;
			one.length = own.length;
			one = own.prefixed ? own : one;
		}
		r = message_take(reader, &one);
	}
	return r;
}

static int message_physical(struct message_reader *reader, const char *text, size_t length)
{
	enum gw_log_entry_result entry;
	struct gw_log_line line;
	size_t width = length;
	int r;

	if (reader->spaced && message_is_blank(text, length))
		return 0;
	message_plain(reader->plain, &text, &length);
	if (gw_log_object_take(&reader->object, &text, &length, !reader->full)) {
		reader->full = reader->full_width && width == reader->full_width;
		return 0;
	}
	entry = gw_log_entry_line(&reader->entry, text, length, &reader->inside_entry);
	if (entry == GW_LOG_ENTRY_MORE)
		return 0;
	if (entry == GW_LOG_ENTRY_WHOLE)
		return message_take_all(reader, &reader->entry.line);
	message_parse(reader, &line, text, length);
	reader->blank |= length && (*text == ' ' || *text == '\t');
	r = message_take_all(reader, &line);
	reader->full = reader->full_width && length == reader->full_width;
	reader->blank = length && (text[length - 1] == ' ' || text[length - 1] == '\t');
	return r;
}

/* ---- order ----------------------------------------------------------------------------------------- */

struct message_order {
	uint32_t up, down;    /* times */
	uint32_t forth, back; /* stacks that begin with their heading, or end with it */
	int64_t last_us, wall_us;
	bool heading, frame; /* what the line before it was */
	bool prefixed;	     /* any line has something in front */
	/* Lines that go on below, and those of them that are as long as the longest line. */
	uint32_t broken, full;
	size_t longest, length; /* of all; of the line before it */
	/* Lines with something in front that stand right above a piece, and right below one, and how long these are together. */
	size_t above, above_length, below, below_length;
	bool piece; /* the line before it */
};

/* What was wrapped is longer than what was not: so are the lines that the pieces are of. */
static void message_order_pieces(struct message_order *order, const struct gw_log_line *line, size_t length)
{
	bool piece = line->length && !line->prefixed;

	if (piece && !order->piece && order->length) {
		order->above++;
		order->above_length += order->length;
	}
	if (!piece && line->prefixed && order->piece) {
		order->below++;
		order->below_length += length;
	}
	order->piece = piece;
}

static bool message_order_is_torn(const struct message_order *order)
{
	return order->prefixed && order->below && order->above &&
	       order->below_length / order->below > order->above_length / order->above;
}

static void message_order_time(struct message_order *order, const struct gw_log_line *line)
{
	int64_t time = line->time_us >= 0 ? line->time_us : line->wall_us;
	int64_t *last = line->time_us >= 0 ? &order->last_us : &order->wall_us;

	if (time < 0)
		return;
	if (*last >= 0 && time != *last)
		(*(time > *last ? &order->up : &order->down))++;
	*last = time;
}

static void message_order_stack(struct message_order *order, const struct gw_log_line *line)
{
	char text[256];
	size_t length = line->length < sizeof(text) - 1 ? line->length : sizeof(text) - 1;
	struct gw_log_frame_text frame;
	bool heading, is_frame;

	memcpy(text, line->text, length);
	text[length] = '\0';
	heading = strncmp(text, "Call Trace:", 11) == 0 || strncmp(text, "Call trace:", 11) == 0 ||
		  strcmp(text, "<TASK>") == 0;
	is_frame = !heading && gw_log_frame_parse(&frame, text) && frame.certain;
	if (heading && order->frame)
		order->back++;
	if (is_frame && order->heading)
		order->forth++;
	order->heading = heading;
	order->frame = is_frame;
}

/* Whoever breaks lines at blanks leaves them ragged; a terminal breaks all of them at its edge. */
static void message_order_width(struct message_order *order, const struct gw_log_line *line, size_t length)
{
	if (line->length && !line->prefixed && order->length) {
		order->broken++;
		order->full += order->length == order->longest;
	}
	if (length > order->longest) {
		order->longest = length;
		order->full = 0;
	}
	order->length = line->length ? length : 0;
}

static size_t message_full_width(const struct message_order *order)
{
	if (order->full < 2 || (order->prefixed && order->full < order->broken - order->broken / 5))
		return 0;
	return order->longest;
}

static bool message_is_newest_first(const struct message_order *order)
{
	if (order->up >= 4 && order->up / 4 >= order->down)
		return false;
	if (order->back != order->forth)
		return order->back > order->forth;
	return order->down >= 3 && order->down / 2 > order->up;
}

/* Blank lines and pieces that were wrapped off say nothing. */
static bool message_find_order(struct message_reader *reader)
{
	struct message_order order = { .last_us = -1, .wall_us = -1 };
	char plain[GW_LOG_MESSAGE_SIZE];
	struct gw_log_object object = { .length = 0 };
	struct gw_log_entry entry;
	bool inside = false;
	size_t offset = 0;

	memset(&entry, 0, sizeof(entry));
	for (int lines = 0; offset < reader->size && lines < ORDER_LINES; lines++) {
		const char *start;
		size_t length = message_line(reader->text, reader->size, &offset, &start), width = length;
		struct gw_log_line line;
		bool piece;

		if (reader->spaced && message_is_blank(start, length))
			continue;
		message_plain(plain, &start, &length);
		message_parse(reader, &line, start, length);
		line.prefixed |= gw_log_object_begins(start, length);
		piece = object.length || gw_log_object_begins(start, length);
		message_order_pieces(&order, &line, piece ? width : length);
		message_order_width(&order, &line, piece ? width : length);
		if (gw_log_object_take(&object, &start, &length, false))
			continue;
		if (gw_log_entry_line(&entry, start, length, &inside) == GW_LOG_ENTRY_WHOLE)
			line = entry.line;
		if (line.length == 0 || line.foreign)
			continue;
		order.prefixed |= line.prefixed;
		if (order.prefixed && !line.prefixed)
			continue;
		message_order_time(&order, &line);
		message_order_stack(&order, &line);
	}
	reader->prefixed = order.prefixed;
	reader->full_width = message_full_width(&order);
	reader->torn = message_order_is_torn(&order);
	return message_is_newest_first(&order);
}

/* ---- what stands in front ----------------------------------------------------------------------------- */

/* Messages of each kind that are looked at. */
#define FRONT_LINES 64

static void message_note_front(struct message_reader *reader, const char *at, const char *words, unsigned kind)
{
	const char *start = at, *end = reader->text + reader->size, *message;
	char plain[GW_LOG_MESSAGE_SIZE];
	size_t length;

	while (start > reader->text && at - start < GW_LOG_MESSAGE_SIZE && !message_is_end(start[-1]))
		start--;
	while (at < end && !message_is_end(*at) && at - start < GW_LOG_MESSAGE_SIZE)
		at++;
	length = (size_t)(at - start);
	message_plain(plain, &start, &length);
	message = gw_log_object_begins(start, length) ? NULL : memmem(start, length, words, strlen(words));
	if (message)
		gw_log_front_note(&reader->front, start, length, message, kind);
}

static void message_find_front(struct message_reader *reader)
{
	static const char *const words[] = { "INFO: task ",
					     "Call Trace:",
					     "Call trace:",
					     "Workqueue: ",
					     "\"echo 0 > /proc/sys/kernel/hung",
					     "Linux version ",
					     "Kernel command line: ",
					     "Command line: ",
					     "Machine model: ",
					     "VFS: Mounted root ",
					     "Freeing unused kernel " };
	const char *end = reader->text + reader->size;

	for (unsigned kind = 0; kind < sizeof(words) / sizeof(words[0]); kind++) {
		const char *at = reader->text;

		for (int lines = 0; lines < FRONT_LINES && at < end; lines++) {
			at = memmem(at, (size_t)(end - at), words[kind], strlen(words[kind]));
			if (!at)
				break;
			message_note_front(reader, at, words[kind], kind);
			at += strlen(words[kind]);
		}
	}
	gw_log_front_decide(&reader->front);
}

/* ---- reading ---------------------------------------------------------------------------------------- */

static void message_report(struct message_reader *reader, size_t done)
{
	if (!reader->progress || (done < reader->size && done - reader->reported < PROGRESS_STEP))
		return;
	reader->reported = done;
	reader->progress(done, reader->size, reader->userdata);
}

static int message_read_range(struct message_reader *reader, size_t offset, size_t end)
{
	int r = 0;

	while (offset < end && r == 0) {
		const char *start;
		size_t length = message_line(reader->text, end, &offset, &start);

		r = message_physical(reader, start, length);
	}
	return r;
}

static int message_read_forwards(struct message_reader *reader)
{
	int r = 0;

	for (size_t offset = 0; offset < reader->size && r == 0;) {
		const char *start;
		size_t length = message_line(reader->text, reader->size, &offset, &start);

		r = message_physical(reader, start, length);
		message_report(reader, offset);
	}
	if (r == 0 && reader->inside_entry && reader->entry.filled)
		r = message_take_all(reader, &reader->entry.line);
	return r ?: message_flush(reader);
}

/* Where messages begin: at lines with something in front, or at every line. malloc()ed. */
static size_t *message_starts(const struct message_reader *reader, size_t *count)
{
	size_t allocated = 0, *starts = NULL;
	char plain[GW_LOG_MESSAGE_SIZE];

	*count = 0;
	if (gw_array_reserve(starts, 0, allocated, 1) < 0)
		return NULL;
	for (size_t offset = 0; offset < reader->size;) {
		size_t at = offset, length;
		struct gw_log_line line;
		const char *start;

		length = message_line(reader->text, reader->size, &offset, &start);
		if (reader->spaced && message_is_blank(start, length))
			continue;
		message_plain(plain, &start, &length);
		message_parse(reader, &line, start, length);
		if (!reader->torn && reader->prefixed && !line.prefixed && *count && line.length && *start != '{')
			continue;
		if (gw_array_reserve(starts, *count, allocated, 1) < 0) {
			free(starts);
			return NULL;
		}
		starts[(*count)++] = at;
	}
	return starts;
}

static int message_read_backwards(struct message_reader *reader)
{
	size_t count, end = reader->size, *starts = message_starts(reader, &count);
	int r = starts ? 0 : -ENOMEM;

	for (size_t i = count; i > 0 && r == 0; i--) {
		r = message_read_range(reader, starts[i - 1], end);
		if (r == 0 && !reader->torn)
			r = message_flush(reader);
		end = starts[i - 1];
		message_report(reader, reader->size - end);
	}
	free(starts);
	return r ?: message_flush(reader);
}

int gw_log_messages(const char *text, size_t size, gw_log_message_found found, gw_log_progress progress, void *userdata,
		    bool *newest_first)
{
	struct message_reader *reader = calloc(1, sizeof(*reader));
	_cleanup_free_ char *decoded = NULL, *ordered = NULL;
	int r = reader ? gw_log_mail_decode(text, &size, &decoded) : -ENOMEM;

	text = decoded ? decoded : text;
	if (r < 0 || gw_log_pstore_order(text, &size, &ordered) < 0) {
		free(reader);
		return -ENOMEM;
	}
	text = ordered ? ordered : text;
	if (size >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0) {
		text += 3; /* a byte order mark */
		size -= 3;
	}
	reader->text = text;
	reader->size = size;
	reader->found = found;
	reader->progress = progress;
	reader->userdata = userdata;
	reader->spaced = message_is_spaced(text, size);
	message_find_front(reader);
	*newest_first = message_find_order(reader);
	r = *newest_first ? message_read_backwards(reader) : message_read_forwards(reader);
	free(reader);
	return r;
}
