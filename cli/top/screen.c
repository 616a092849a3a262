/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Painting with ncurses. Tables are those of the other commands, as text. */
#include "cli/top/screen.h"

#include <curses.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#include "cli/lib/error.h"
#include "cli/lib/json-field.h"
#include "cli/lib/text.h"
#include "cli/render/waits.h"
#include "lib/base/clock.h"
#include "lib/base/units.h"

#define LINE_MOST 1024 /* characters; no screen is wider */
#define BOTH_LINES 9   /* from so many on both tables have a row */
#define REPORTS_MOST 6 /* lines; `gpuwatch-cli deadlocks` has all */

enum pair {
	PAIR_BAD = 1,
	PAIR_WARN,
	PAIR_GOOD,
};

/* ---- the terminal ------------------------------------------------------------------------------------ */

static void screen_close(void)
{
	endwin();
}

bool top_screen_open(const struct terminal *terminal)
{
	/* The size is the terminal's, which may change, whatever COLUMNS was exported as. */
	unsetenv("COLUMNS");
	unsetenv("LINES");
	if (!newterm(NULL, stdout, stdin))
		return false;
	atexit(screen_close);
	cbreak();
	noecho();
	curs_set(0);
	keypad(stdscr, TRUE);
	nodelay(stdscr, TRUE);
	set_escdelay(50);
	if (terminal->color && has_colors() && start_color() == OK) {
		use_default_colors();
		init_pair(PAIR_BAD, COLOR_RED, -1);
		init_pair(PAIR_WARN, COLOR_YELLOW, -1);
		init_pair(PAIR_GOOD, COLOR_GREEN, -1);
	}
	return true;
}

/* Bold stands for it where there is no colour. */
static attr_t screen_attribute(const struct top_view *view, enum pair pair)
{
	bool color = view->terminal->color && has_colors();

	return color ? COLOR_PAIR(pair) | (pair == PAIR_BAD ? A_BOLD : 0) : pair == PAIR_GOOD ? A_NORMAL : A_BOLD;
}

/* One line, cut at the edge of the screen. */
static void screen_put(int y, attr_t attribute, const char *text)
{
	wchar_t wide[LINE_MOST];
	size_t length = mbstowcs(wide, text, LINE_MOST - 1);
	int columns = 0;

	if (y >= LINES || length == (size_t)-1)
		return;
	wide[length < LINE_MOST - 1 ? length : LINE_MOST - 1] = L'\0';
	for (length = 0; wide[length]; length++) {
		int width = wcwidth(wide[length]);

		if (width < 0 || columns + width > COLS)
			break;
		columns += width;
	}
	attrset(attribute);
	mvaddnwstr(y, 0, wide, (int)length);
	/* Bars go from edge to edge; the last cell of the screen cannot be written without scrolling it. */
	for (; attribute & A_REVERSE && columns < COLS - (y == LINES - 1); columns++)
		addch(' ');
	attrset(A_NORMAL);
}

/* ---- above: how it is ------------------------------------------------------------------------------------ */

static int paint_head(const struct top_view *view, const struct top_documents *documents)
{
	_cleanup_free_ char *summary = waits_summary(documents->waits), *line = NULL;
	_cleanup_free_ char *age = documents->taken_ns ? text_duration(gw_now_mono_ns() - documents->taken_ns) : NULL;

	line = text_format("gpuwatch top  %s  %s%s", field_string(documents->status, "kernel"),
			   documents->status ? summary : "", view->paused ? "  PAUSED" : "");
	screen_put(0, A_BOLD, line);
	if (*documents->message) {
		_cleanup_free_ char *silent =
			text_format("%s%s%s", age ? age : "", age ? " old: " : "", documents->message);

		screen_put(1, screen_attribute(view, PAIR_BAD), silent);
	} else if (!documents->status) {
		screen_put(1, A_NORMAL, "asking gpuwatchd");
	}
	return *documents->message || !documents->status ? 2 : 1;
}

static attr_t report_attribute(const struct top_view *view, const json_t *report)
{
	bool bad = field_is(report, "kind", "deadlock") || field_is(report, "kind", "livelock");

	return screen_attribute(view, bad ? PAIR_BAD : PAIR_WARN);
}

static void paint_report(const struct top_view *view, const json_t *report, int y)
{
	uint64_t begin = field_number(report, "formed_mono_ns"), now = gw_now_mono_ns();
	_cleanup_free_ char *age = text_duration_short(now > begin ? now - begin : 0), *line = NULL;

	line = text_format("%-11s %-9s %-14s %s", field_string(report, "kind"), begin ? age : "",
			   field_string(report, "id"), field_string(report, "summary"));
	screen_put(y, report_attribute(view, report), line);
}

/* Returns the next line. */
static int paint_reports(const struct top_view *view, const json_t *reports, int y)
{
	size_t count = json_array_size(reports), room = LINES > 16 ? REPORTS_MOST : 2, i;
	_cleanup_free_ char *more = NULL;
	json_t *report;

	if (!count) {
		screen_put(y, screen_attribute(view, PAIR_GOOD), "no report is active");
		return y + 1;
	}
	json_array_foreach(reports, i, report)
		if (i < room)
			paint_report(view, report, y++);
	if (count <= room)
		return y;
	more = text_format("%zu more: gpuwatch-cli deadlocks, stalls, hazards, probe-order", count - room);
	screen_put(y, A_NORMAL, more);
	return y + 1;
}

/* ---- below: tables --------------------------------------------------------------------------------------- */

/* Descending. */
static int rows_by_age(const void *one, const void *other)
{
	uint64_t a = field_number(*(json_t *const *)one, "age_ns"), b = field_number(*(json_t *const *)other, "age_ns");

	return a < b ? 1 : a > b ? -1 : 0;
}

static int rows_by_rate(const void *one, const void *other)
{
	double a = field_real(*(json_t *const *)one, "rate_per_s"),
	       b = field_real(*(json_t *const *)other, "rate_per_s");

	return a < b ? 1 : a > b ? -1 : 0;
}

/* The document with its list in another order; a new reference. */
static json_t *rows_sorted(const json_t *document, const char *list, int (*compare)(const void *, const void *))
{
	const json_t *rows = field_array(document, list);
	size_t count = json_array_size(rows), i;
	_cleanup_free_ json_t **sorted = calloc(count + 1, sizeof(*sorted));
	json_t *copy = json_object(), *array = json_array(), *row;

	if (!sorted || !copy || !array)
		out_of_memory();
	json_array_foreach(rows, i, row)
		sorted[i] = row;
	qsort(sorted, count, sizeof(*sorted), compare);
	for (i = 0; i < count; i++)
		if (json_array_append(array, sorted[i]) < 0)
			out_of_memory();
	if (json_object_set_new(copy, list, array) < 0)
		out_of_memory();
	return copy;
}

/* As the command of that name prints it. Owned by the caller. */
static char *section_text(const struct top_view *view, const struct top_documents *documents, enum top_section section)
{
	bool waits = section == TOP_WAITS;
	_cleanup_json_ json_t *sorted = waits ? rows_sorted(documents->waits, "waits", rows_by_age)
					      : rows_sorted(documents->timelines, "timelines", rows_by_rate);
	struct terminal memory = { .width = (unsigned)COLS, .limited = true, .utf8 = view->terminal->utf8 };
	char *text = NULL;
	size_t size;

	memory.out = text_stream(&text, &size);
	if (waits)
		render_waits(&memory, sorted);
	else
		render_timelines(&memory, sorted);
	text_finish(memory.out);
	return text;
}

static unsigned section_count_lines(const char *text)
{
	unsigned lines = 0;

	for (; (text = strchr(text, '\n')); text++)
		lines++;
	return lines;
}

/* The header stays, the rows below it from @first on. */
static void paint_section(struct top_view *view, enum top_section section, const char *text, int y, int height)
{
	static const char *const names[] = { [TOP_WAITS] = "waits by age", [TOP_TIMELINES] = "timelines by rate" };
	unsigned lines = section_count_lines(text), room = height > 2 ? (unsigned)height - 2 : 0;
	unsigned rows = lines ? lines - 1 : 0, *first = &view->first[section], line = 0;
	_cleanup_free_ char *title = NULL;

	if (*first + room > rows)
		*first = rows > room ? rows - room : 0;
	title = text_format("%s %s%s", view->section == section ? ">" : " ", names[section],
			    rows > room ? ", more below or above" : "");
	screen_put(y++, A_REVERSE, title);
	for (const char *end; (end = strchr(text, '\n')); text = end + 1, line++) {
		_cleanup_free_ char *row = strndup(text, (size_t)(end - text));

		if (!row)
			out_of_memory();
		if (line == 0 || (line > *first && line <= *first + room))
			screen_put(y++, line == 0 ? A_BOLD : A_NORMAL, row);
	}
}

/* The waits get what they need, the timelines a third at least; where that is too little, one of them gets all. */
static void paint_sections(struct top_view *view, const struct top_documents *documents, int y, int rest)
{
	_cleanup_free_ char *waits = section_text(view, documents, TOP_WAITS);
	_cleanup_free_ char *timelines = section_text(view, documents, TOP_TIMELINES);
	int wanted = (int)section_count_lines(waits) + 2;
	int height = wanted > rest * 2 / 3 ? rest * 2 / 3 : wanted;

	if (rest >= BOTH_LINES) {
		paint_section(view, TOP_WAITS, waits, y, height);
		paint_section(view, TOP_TIMELINES, timelines, y + height, rest - height);
	} else if (rest > 0) {
		paint_section(view, view->section, view->section == TOP_WAITS ? waits : timelines, y, rest);
	}
}

void top_paint(struct top_view *view, const struct top_documents *documents)
{
	int y;

	erase();
	y = paint_head(view, documents);
	/* While nothing is known, an empty table would look as if nothing waited. */
	if (documents->status) {
		y = paint_reports(view, documents->reports, y) + 1;
		paint_sections(view, documents, y, LINES - 1 - y);
	}
	move(LINES - 1, 0);
	clrtoeol();
	screen_put(LINES - 1, A_REVERSE, "q quit  Tab other table  Up Down PgUp PgDn Home End move  p pause");
	refresh();
}
