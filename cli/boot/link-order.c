/* SPDX-License-Identifier: GPL-2.0-or-later */
/* gpuwatch.link-order.v1 for people: which pairs of a kernel's drivers come up in order, and by what. */
#include "cli/boot/link-order.h"

#include <inttypes.h>
#include <string.h>

#include "cli/lib/json-field.h"
#include "cli/lib/text.h"
#include "cli/render/table.h"
#include "lib/base/cleanup.h"

#define NORMAL_COLUMNS 72 /* from this width on there is a column for levels */

/* Pairs from the worst state to those that need no word; a state that this version does not know comes first. */
static const struct pair_state {
	const char *name, *style;
	bool amiss; /* worth a paragraph with advice */
	bool quiet; /* only with --all */
} states[] = {
	{ "reversed", STYLE_ALERT, true, false },   { "fragile", STYLE_YELLOW, true, false },
	{ "unordered", STYLE_YELLOW, true, false }, { "ordered", STYLE_GREEN, false, false },
	{ "module", STYLE_GREEN, false, false },    { "absent", STYLE_DIM, false, true },
};

#define STATES (sizeof(states) / sizeof(states[0]))

static const struct pair_state *pair_state(const json_t *pair)
{
	static const struct pair_state unknown = { "", STYLE_BOLD, true, false };
	const char *state = field_string(pair, "state");

	for (size_t i = 0; i < STATES; i++)
		if (strcmp(states[i].name, state) == 0)
			return &states[i];
	return &unknown;
}

static size_t pairs_count_state(const json_t *pairs, const char *state)
{
	size_t count = 0, i;
	json_t *pair;

	json_array_foreach(pairs, i, pair)
		count += field_is(pair, "state", state);
	return count;
}

/* ---- the table ------------------------------------------------------------------ */

static const char *party_name(const json_t *party)
{
	const char *name = field_string(party, "name");

	return *name ? name : field_string(party, "function");
}

/* "rootfs, device": when the supplier and the consumer come up; what is a module comes with user space. */
static char *pair_levels_text(const json_t *supplier, const json_t *consumer)
{
	const char *first = field_string(supplier, "level"), *second = field_string(consumer, "level");
	bool first_module = !*first && field_given(supplier, "module");
	bool second_module = !*second && field_given(consumer, "module");

	return text_format("%s, %s",
			   *first	  ? first
			   : first_module ? "module"
					  : "-",
			   *second	   ? second
			   : second_module ? "module"
					   : "-");
}

static void pair_row(struct table *table, const json_t *pair, bool levels)
{
	const json_t *consumer = field_object(pair, "consumer"), *supplier = field_object(pair, "supplier");
	_cleanup_free_ char *text = pair_levels_text(supplier, consumer);

	table_row(table);
	table_cell(table, "", "%s", party_name(supplier));
	table_cell(table, "", "%s", party_name(consumer));
	if (levels)
		table_cell(table, "", "%s", text);
	table_cell(table, pair_state(pair)->style, "%s", field_string(pair, "state"));
	table_cell(table, "", "%s", field_string(pair, "held_by"));
}

static void pairs_print_table(const struct terminal *terminal, const json_t *pairs, bool all)
{
	static const struct column wide[] = {
		{ "SUPPLIER", COLUMN_WRAP }, { "CONSUMER", COLUMN_WRAP }, { "LEVELS", COLUMN_TEXT },
		{ "ORDER", COLUMN_TEXT },    { "HELD BY", COLUMN_TEXT },
	};
	static const struct column narrow[] = {
		{ "SUPPLIER", COLUMN_WRAP },
		{ "CONSUMER", COLUMN_WRAP },
		{ "ORDER", COLUMN_TEXT },
		{ "HELD BY", COLUMN_WRAP },
	};
	bool levels = !terminal->limited || terminal->width >= NORMAL_COLUMNS;
	_cleanup_table_ struct table *table = table_new(terminal, levels ? wide : narrow, levels ? 5 : 4);
	json_t *pair;
	size_t i;

	json_array_foreach(pairs, i, pair)
		if (all || !pair_state(pair)->quiet)
			pair_row(table, pair, levels);
	table_print(table, 2);
}

/* ---- what to do about it ----------------------------------------------------------- */

/* "radeon_init() is call 412, of the device level" */
static char *party_place_text(const json_t *party)
{
	const char *function = field_string(party, "function");

	if (!*function)
		return text_format("%s", party_name(party));
	return text_format("%s() is call %" PRIu64 ", of the %s level", function, field_number(party, "position") + 1,
			   field_string(party, "level"));
}

static void pair_print_advice(const struct terminal *terminal, const json_t *pair)
{
	const json_t *consumer = field_object(pair, "consumer"), *supplier = field_object(pair, "supplier");
	_cleanup_free_ char *first = party_place_text(supplier), *second = party_place_text(consumer);
	_cleanup_free_ char *places = text_format("%s; %s", first, second);
	_cleanup_free_ char *title =
		text_format("%s%s" STYLE_END "  %s after %s", pair_state(pair)->style, field_string(pair, "state"),
			    party_name(consumer), party_name(supplier));

	terminal_put(terminal, "\n");
	terminal_paragraph(terminal, "", 0, title);
	if (field_given(consumer, "function") && field_given(supplier, "function"))
		terminal_labelled(terminal, "Calls", places);
	terminal_labelled(terminal, "Why", field_string(pair, "why"));
	terminal_labelled(terminal, "Known from", field_string(pair, "source"));
	terminal_labelled(terminal, "Advice", field_string(pair, "advice"));
}

/* ---- all of it ------------------------------------------------------------------------ */

static void pairs_print_conclusion(const struct terminal *terminal, const json_t *link_order, const json_t *pairs)
{
	size_t reversed = pairs_count_state(pairs, "reversed"), fragile = pairs_count_state(pairs, "fragile");
	size_t unordered = pairs_count_state(pairs, "unordered");
	const char *kernel = field_string(link_order, "kernel");
	_cleanup_free_ char *origin = text_format(STYLE_DIM "%s%s%" PRIu64 " initcalls are built in." STYLE_END, kernel,
						  *kernel ? ": " : "", field_number(link_order, "initcalls"));
	_cleanup_free_ char *text =
		text_format("%s%zu of %zu pairs in the wrong order" STYLE_END
			    ", %zu in order by the link order alone, %zu not ordered.",
			    reversed ? STYLE_ALERT : STYLE_GREEN, reversed, json_array_size(pairs), fragile, unordered);

	terminal_paragraph(terminal, "", 0, origin);
	terminal_paragraph(terminal, "", 0, text);
}

void render_link_order(const struct terminal *terminal, const json_t *link_order, bool all)
{
	const json_t *pairs = field_array(link_order, "pairs");
	size_t quiet = 0, i;
	json_t *pair;

	json_array_foreach(pairs, i, pair)
		quiet += pair_state(pair)->quiet;
	pairs_print_conclusion(terminal, link_order, pairs);
	if (json_array_size(pairs) > (all ? 0 : quiet)) {
		terminal_put(terminal, "\n");
		pairs_print_table(terminal, pairs, all);
	}
	if (!all)
		table_more(terminal, quiet, "absent pair");
	json_array_foreach(pairs, i, pair)
		if (pair_state(pair)->amiss)
			pair_print_advice(terminal, pair);
}
