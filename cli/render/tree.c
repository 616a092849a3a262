/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who needs whom: each consumer with its suppliers below it. */
#include "cli/render/tree.h"

#include <stdlib.h>
#include <string.h>
#include <sys/param.h>

#include "cli/lib/error.h"
#include "cli/lib/json-field.h"
#include "cli/lib/text.h"
#include "cli/render/table.h"
#include "lib/base/array.h"
#include "lib/base/cleanup.h"

#define LINES_MOST 40	/* without --all */
#define DEPTH_MOST 16	/* a chain that is longer, or a loop, ends here */
#define NOTE_COLUMNS 24 /* a note that would get less goes onto lines of its own */
#define GAP 2

struct tree_line {
	char *rail;	  /* before the name: "│  ├─ " */
	char *rail_after; /* before what follows on the next lines */
	char *name, *ready, *origin;
	const char *note;
	const char *state;
};

struct tree_lines {
	const struct terminal *terminal;
	struct tree_line *list;
	size_t count, room;
	size_t name, state, ready, origin; /* columns of the widest ones */
};

/* ---- the lines ---------------------------------------------------------------- */

/* "radeon  (0000:01:00.0)": what it is, and what it is in this machine. */
static char *tree_name_text(const json_t *node)
{
	const char *name = field_string(node, "name"), *role = field_string(node, "role");

	/* That they are consumers and suppliers is what the tree shows. */
	if (strcmp(role, "consumer") == 0 || strcmp(role, "supplier") == 0)
		role = "";
	if (!*name)
		return text_format("%s", role);
	return text_format(*role && strcmp(role, name) != 0 ? "%s (%s)" : "%s", name, role);
}

/* How it is known that this is needed. */
static char *tree_origin_text(const json_t *node)
{
	const char *origin = field_string(node, "origin");

	return text_format(*origin ? STYLE_DIM "[%s]" STYLE_END : "%s", origin);
}

static struct tree_line *tree_line_new(struct tree_lines *lines)
{
	if (gw_array_reserve(lines->list, lines->count, lines->room, 1) < 0)
		out_of_memory();
	return &lines->list[lines->count++];
}

static size_t tree_columns(const struct tree_lines *lines, const char *text)
{
	return terminal_columns(lines->terminal, text, strlen(text));
}

static void tree_measure_line(struct tree_lines *lines, const struct tree_line *line)
{
	lines->name = MAX(lines->name, tree_columns(lines, line->rail) + tree_columns(lines, line->name));
	lines->state = MAX(lines->state, tree_columns(lines, line->state));
	lines->ready = MAX(lines->ready, tree_columns(lines, line->ready));
	lines->origin = MAX(lines->origin, tree_columns(lines, line->origin));
}

/* @below: the rail of the lines below the parent; NULL for a consumer. */
static void tree_add_node(struct tree_lines *lines, const json_t *node, const char *below, bool last, unsigned depth)
{
	const json_t *children = field_array(node, "children");
	size_t i, count = depth < DEPTH_MOST ? json_array_size(children) : 0;
	_cleanup_free_ char *rail = text_format("%s%s", below ? below : "", !below ? "" : last ? "   " : "│  ");
	struct tree_line *line = tree_line_new(lines);

	*line = (struct tree_line){
		.rail = text_format("%s%s", below ? below : "",
				    !below ? ""
				    : last ? "╰─ "
					   : "├─ "),
		.rail_after = text_format("%s%s", rail, count ? "│  " : "   "),
		.name = tree_name_text(node),
		.state = field_string(node, "state"),
		.ready = field_given(node, "ready_ns") ? text_moment(field_number(node, "ready_ns"))
						       : text_format("%s", ""),
		.origin = tree_origin_text(node),
		.note = field_string(node, "note"),
	};
	tree_measure_line(lines, line);
	for (i = 0; i < count; i++)
		tree_add_node(lines, json_array_get(children, i), rail, i + 1 == count, depth + 1);
}

static void tree_lines_clear(struct tree_lines *lines)
{
	for (size_t i = 0; i < lines->count; i++) {
		free(lines->list[i].rail);
		free(lines->list[i].rail_after);
		free(lines->list[i].name);
		free(lines->list[i].ready);
		free(lines->list[i].origin);
	}
	free(lines->list);
}
#define _cleanup_lines_ _cleanup_(tree_lines_clear)

/* ---- printing -------------------------------------------------------------------- */

static const char *tree_state_style(const char *state)
{
	static const struct {
		const char *state, *style;
	} styles[] = {
		{ "ready", STYLE_GREEN },    { "absent", STYLE_ALERT }, { "deferred", STYLE_YELLOW },
		{ "fragile", STYLE_YELLOW }, { "failed", STYLE_ALERT },
	};

	for (size_t i = 0; i < sizeof(styles) / sizeof(styles[0]); i++)
		if (strcmp(styles[i].state, state) == 0)
			return styles[i].style;
	return "";
}

/* The rail of a line's further lines, up to @column. */
static void tree_print_rail(const struct tree_lines *lines, const struct tree_line *line, size_t column)
{
	size_t rail = tree_columns(lines, line->rail_after) + GAP;

	terminal_print(lines->terminal, "%*s%s%*s", GAP, "", line->rail_after, (int)(column > rail ? column - rail : 0),
		       "");
}

/* Text in the columns from @column on; @begun: the first line is printed up to @begun, 0 = it has the rail, too. */
static void tree_print_wrapped(const struct tree_lines *lines, const struct tree_line *line, const char *text,
			       size_t column, size_t begun)
{
	while (*text) {
		size_t from = begun ? begun : column, width = lines->terminal->width;
		size_t room = width > from + NOTE_COLUMNS / 2 ? width - from : NOTE_COLUMNS / 2;
		const char *next;
		size_t bytes = terminal_chunk(lines->terminal, text, room, &next);

		while (bytes > 0 && text[bytes - 1] == ' ')
			bytes--;
		if (!begun)
			tree_print_rail(lines, line, column);
		terminal_print(lines->terminal, "%.*s" STYLE_END "\n", (int)bytes, text);
		begun = 0;
		text = next;
	}
}

/* The text, and blanks up to the next cell unless it is the last one. */
static void tree_print_cell(const struct tree_lines *lines, const char *style, const char *text, size_t width,
			    bool last)
{
	size_t used = tree_columns(lines, text);

	if (width == 0)
		return;
	terminal_print(lines->terminal, "%s%s" STYLE_END "%*s", style, text,
		       (int)(last ? 0 : GAP + (width > used ? width - used : 0)), "");
}

/* "  ├─ AMD IOMMUv2  absent  1.103 s  [table]  <note>" */
static void tree_print_aligned(const struct tree_lines *lines, const struct tree_line *line, size_t width)
{
	bool beside = *line->note && width + GAP + NOTE_COLUMNS <= lines->terminal->width;
	bool origin = beside || *line->origin, ready = origin || *line->ready;

	terminal_print(lines->terminal, "%*s%s", GAP, "", line->rail);
	tree_print_cell(lines, "", line->name, lines->name - tree_columns(lines, line->rail), false);
	tree_print_cell(lines, tree_state_style(line->state), line->state, lines->state, !ready);
	if (ready)
		tree_print_cell(lines, "", line->ready, lines->ready, !origin);
	if (origin)
		tree_print_cell(lines, "", line->origin, lines->origin, !beside);
	terminal_put(lines->terminal, beside ? "" : "\n");
	tree_print_wrapped(lines, line, line->note,
			   beside ? width + GAP : tree_columns(lines, line->rail_after) + GAP + GAP,
			   beside ? width + GAP : 0);
}

/* The same without columns, on as many lines as it takes. */
static void tree_print_narrow(const struct tree_lines *lines, const struct tree_line *line)
{
	_cleanup_free_ char *text =
		text_format("%s%s  %s%s" STYLE_END "%s%s%s%s%s%s", line->rail, line->name,
			    tree_state_style(line->state), line->state, *line->ready ? "  " : "", line->ready,
			    *line->origin ? "  " : "", line->origin, *line->note ? "  " : "", line->note);

	terminal_print(lines->terminal, "%*s", GAP, "");
	tree_print_wrapped(lines, line, text, tree_columns(lines, line->rail_after) + GAP, GAP);
}

static void tree_print_lines(const struct tree_lines *lines)
{
	size_t width = GAP + lines->name + GAP + lines->state + (lines->ready ? GAP + lines->ready : 0) +
		       (lines->origin ? GAP + lines->origin : 0);

	for (size_t i = 0; i < lines->count; i++)
		if (width <= lines->terminal->width)
			tree_print_aligned(lines, &lines->list[i], width);
		else
			tree_print_narrow(lines, &lines->list[i]);
}

/* ---- which consumers ------------------------------------------------------------------ */

static bool tree_all_ready(const json_t *node, unsigned depth)
{
	json_t *child;
	size_t i;

	if (!field_is(node, "state", "ready"))
		return false;
	if (depth < DEPTH_MOST)
		json_array_foreach(field_array(node, "children"), i, child)
			if (!tree_all_ready(child, depth + 1))
				return false;
	return true;
}

static size_t tree_count_lines(const json_t *node, unsigned depth)
{
	size_t count = 1, i;
	json_t *child;

	if (depth < DEPTH_MOST)
		json_array_foreach(field_array(node, "children"), i, child)
			count += tree_count_lines(child, depth + 1);
	return count;
}

/* Marks the consumers that are shown, those with something amiss first; returns how many are not. */
static size_t tree_choose(const json_t *tree, bool *shown, bool all)
{
	size_t left = all ? SIZE_MAX : LINES_MOST, hidden = json_array_size(tree), i;
	json_t *node;

	for (int ready = 0; ready <= 1; ready++)
		json_array_foreach(tree, i, node) {
			size_t count = tree_count_lines(node, 0);

			if (tree_all_ready(node, 0) != ready || (count > left && left < LINES_MOST))
				continue;
			shown[i] = true;
			hidden--;
			left -= count < left ? count : left;
		}
	return hidden;
}

void render_tree(const struct terminal *terminal, const json_t *tree, bool all)
{
	_cleanup_lines_ struct tree_lines lines = { .terminal = terminal };
	_cleanup_free_ bool *shown = calloc(json_array_size(tree) + 1, sizeof(bool));
	size_t i, hidden;
	json_t *node;

	if (!shown)
		out_of_memory();
	if (json_array_size(tree) == 0)
		return;
	hidden = tree_choose(tree, shown, all);
	json_array_foreach(tree, i, node)
		if (shown[i])
			tree_add_node(&lines, node, NULL, true, 0);
	terminal_put(terminal, "\n" STYLE_BOLD "Who needs whom" STYLE_END "\n");
	tree_print_lines(&lines);
	table_more(terminal, hidden, "consumer");
}
