/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The reports of a gpuwatch.probe-order.v1: how bad they are, and their numbers. */
#include "cli/lib/order.h"

#include <stdlib.h>
#include <string.h>

#include "cli/lib/error.h"
#include "cli/lib/json-field.h"
#include "cli/lib/text.h"

#define NUMBERS_MOST 4 /* of reports, in one cell of a table */

enum order_effect order_effect(const json_t *report)
{
	static const char *const names[] = {
		[ORDER_LOST] = "lost",
		[ORDER_FRAGILE] = "fragile",
		[ORDER_SLOW] = "slow",
	};
	const char *effect = field_string(field_object(report, "probe_order"), "effect");

	if (field_is(report, "state", "resolved"))
		return ORDER_OVER;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(names[i], effect) == 0)
			return (enum order_effect)i;
	return ORDER_OTHER;
}

const char *order_effect_title(enum order_effect effect)
{
	static const char *const titles[] = {
		[ORDER_LOST] = "Lost",	   [ORDER_FRAGILE] = "Fragile", [ORDER_SLOW] = "Slow",
		[ORDER_OTHER] = "Finding", [ORDER_OVER] = "Over",
	};

	return titles[effect < ORDER_EFFECTS ? effect : ORDER_OTHER];
}

const char *order_effect_class(enum order_effect effect)
{
	static const char *const classes[] = {
		[ORDER_LOST] = "lost",	 [ORDER_FRAGILE] = "fragile", [ORDER_SLOW] = "slow",
		[ORDER_OTHER] = "other", [ORDER_OVER] = "over",
	};

	return classes[effect < ORDER_EFFECTS ? effect : ORDER_OTHER];
}

size_t order_lost(const json_t *order)
{
	const json_t *summary = field_object(order, "summary");
	size_t count = 0, i;
	json_t *report;

	if (field_given(summary, "lost"))
		return (size_t)field_number(summary, "lost");
	json_array_foreach(field_array(order, "reports"), i, report)
		count += order_effect(report) == ORDER_LOST;
	return count;
}

void order_reports_init(struct order_reports *reports, const json_t *order)
{
	const json_t *all = field_array(order, "reports");
	json_t *report;
	size_t i;

	*reports = (struct order_reports){
		.list = calloc(json_array_size(all) + 1, sizeof(*reports->list)),
		.numbers = json_object(),
	};
	if (!reports->list || !reports->numbers)
		out_of_memory();
	for (enum order_effect effect = 0; effect < ORDER_EFFECTS; effect++)
		json_array_foreach(all, i, report) {
			if (!json_is_object(report) || order_effect(report) != effect)
				continue;
			reports->list[reports->count++] = report;
			if (json_object_set_new(reports->numbers, field_string(report, "id"),
						json_integer((json_int_t)reports->count)) < 0)
				out_of_memory();
		}
}

void order_reports_clear(struct order_reports *reports)
{
	free(reports->list);
	json_decref(reports->numbers);
}

/* 0 when the document has no such report. */
static size_t order_number(const struct order_reports *reports, const json_t *id)
{
	return json_is_string(id) ? (size_t)field_number(reports->numbers, json_string_value(id)) : 0;
}

static int order_compare_numbers(const void *a, const void *b)
{
	const size_t *left = a, *right = b;

	return *left < *right ? -1 : *left > *right;
}

char *order_numbers(const struct order_reports *reports, const json_t *findings)
{
	size_t *numbers = calloc(json_array_size(findings) + 1, sizeof(*numbers)), count = 0, size, i;
	char *text = NULL;
	json_t *id;
	FILE *stream = text_stream(&text, &size);

	if (!numbers)
		out_of_memory();
	json_array_foreach(findings, i, id) {
		numbers[count] = order_number(reports, id);
		count += numbers[count] > 0;
	}
	qsort(numbers, count, sizeof(*numbers), order_compare_numbers);
	for (i = 0; i < count && i < NUMBERS_MOST; i++)
		fprintf(stream, "%s%zu", i ? ", " : "", numbers[i]);
	fputs(count > NUMBERS_MOST ? ", …" : "", stream);
	text_finish(stream);
	free(numbers);
	return text;
}

enum order_effect order_worst(const struct order_reports *reports, const json_t *findings)
{
	enum order_effect worst = ORDER_EFFECTS;
	json_t *id;
	size_t i;

	json_array_foreach(findings, i, id) {
		size_t number = order_number(reports, id);
		enum order_effect effect = number ? order_effect(reports->list[number - 1]) : ORDER_EFFECTS;

		worst = effect < worst ? effect : worst;
	}
	return worst;
}
