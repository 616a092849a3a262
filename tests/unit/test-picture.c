/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tests of reports as pictures: who is drawn, and where. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lib/picture/layout.h"
#include "lib/picture/svg.h"
#include "lib/picture/waits.h"

/* ---- reports --------------------------------------------------------------------------------------- */

/* Nodes and edges as words: "a b c", "a>b b>c c>a". */
static json_t *report_of(const char *nodes, const char *edges, const char *cycle)
{
	json_t *report = json_pack("{s:[], s:[], s:[], s:[]}", "nodes", "edges", "cycle", "victims");
	char words[512], *word, *rest;

	snprintf(words, sizeof(words), "%s", nodes);
	for (word = strtok_r(words, " ", &rest); word; word = strtok_r(NULL, " ", &rest))
		json_array_append_new(json_object_get(report, "nodes"),
				      json_pack("{s:s, s:s}", "id", word, "type", "task"));
	snprintf(words, sizeof(words), "%s", edges);
	for (word = strtok_r(words, " ", &rest); word; word = strtok_r(NULL, " ", &rest)) {
		char *to = strchr(word, '>');

		*to = '\0';
		json_array_append_new(json_object_get(report, "edges"), json_pack("{s:s, s:s, s:s}", "from", word, "to",
										  to + 1, "relation", "waits-for"));
	}
	snprintf(words, sizeof(words), "%s", cycle);
	for (word = strtok_r(words, " ", &rest); word; word = strtok_r(NULL, " ", &rest))
		json_array_append_new(json_object_get(report, "cycle"), json_string(word));
	return report;
}

static const struct gw_picture_box *box_of(const struct gw_picture *picture, const char *id)
{
	for (size_t i = 0; i < picture->box_count; i++)
		if (strcmp(gw_picture_phrase(picture->boxes[i].node), id) == 0)
			return &picture->boxes[i];
	return NULL;
}

/* Laid out; the report has to be freed after it. */
static void drawn(struct gw_picture *picture, const json_t *report)
{
	assert_int_equal(gw_picture_init(picture, report), 0);
	assert_int_equal(gw_picture_lay_out(picture), 0);
}

/* ---- what holds of every layout ------------------------------------------------------------------------ */

static bool boxes_touch(const struct gw_picture_box *one, const struct gw_picture_box *other)
{
	return fabs(one->x - other->x) < GW_PICTURE_BOX_WIDTH + 1 &&
	       fabs(one->y - other->y) < GW_PICTURE_BOX_HEIGHT + 1;
}

static bool is_on_side(const struct gw_picture_box *box, double x, double y, bool lower)
{
	return x > box->x && x < box->x + GW_PICTURE_BOX_WIDTH &&
	       fabs(y - box->y - (lower ? GW_PICTURE_BOX_HEIGHT : 0)) < 0.01;
}

/* Its links hang together, from the lower side of one box to the upper side of the other. */
static void check_arrow(const struct gw_picture *picture, const struct gw_picture_arrow *arrow)
{
	const struct gw_picture_box *upper = &picture->boxes[arrow->upward ? arrow->to : arrow->from];
	const struct gw_picture_box *lower = &picture->boxes[arrow->upward ? arrow->from : arrow->to];
	const struct gw_picture_link *links = &picture->links[arrow->first_link];

	assert_true(upper == lower || upper->layer < lower->layer);
	if (!arrow->links)
		return;
	assert_true(is_on_side(upper, links[0].x1, links[0].y1, true));
	assert_true(is_on_side(lower, links[arrow->links - 1].x2, links[arrow->links - 1].y2, false));
	for (size_t i = 1; i < arrow->links; i++)
		assert_true(fabs(links[i].x1 - links[i - 1].x2) < 0.01);
}

static void check_layout(const char *nodes, const char *edges, const char *cycle)
{
	json_t *report = report_of(nodes, edges, cycle);
	struct gw_picture picture;

	drawn(&picture, report);
	for (size_t i = 0; i < picture.box_count; i++) {
		const struct gw_picture_box *box = &picture.boxes[i];

		assert_true(box->x >= 0 && box->x + GW_PICTURE_BOX_WIDTH <= picture.width);
		assert_true(box->y >= 0 && box->y + GW_PICTURE_BOX_HEIGHT <= picture.height);
		for (size_t j = 0; j < i; j++)
			assert_false(boxes_touch(box, &picture.boxes[j]));
	}
	for (size_t i = 0; i < picture.arrow_count; i++)
		check_arrow(&picture, &picture.arrows[i]);
	gw_picture_deinit(&picture);
	json_decref(report);
}

static void test_layouts(void **state)
{
	check_layout("", "", "");
	check_layout("a", "", "");
	check_layout("a", "a>a", "a");
	check_layout("a b", "a>b b>a", "a b");
	check_layout("a b c d e", "a>b b>c c>d d>e e>a", "a b c d e");
	check_layout("a b c d e v w x", "a>b b>c c>d d>e e>a v>b w>b x>d", "a b c d e");
	/* Two loops that share a node, an arrow over four layers, one that crosses others, and one twice. */
	check_layout("a b c d e f", "a>b b>c c>a c>d d>e e>c a>e f>a a>f b>d b>d", "a b c");
	check_layout("a b c d", "a>d b>d c>d d>nobody nobody>a", "");
}

/* All graphs of five nodes that a small generator gives. */
static void test_random_layouts(void **state)
{
	uint32_t seed = 1;

	for (int round = 0; round < 500; round++) {
		char edges[512] = "";
		size_t length = 0;

		for (int i = 0; i < 14; i++) {
			seed = seed * 1664525 + 1013904223;
			length += (size_t)snprintf(edges + length, sizeof(edges) - length, "%c>%c ",
						   'a' + (seed >> 16) % 8, 'a' + (seed >> 24) % 8);
		}
		check_layout("a b c d e f g h", edges, "");
	}
}

/* ---- who stands where ---------------------------------------------------------------------------------------- */

static void test_loop_is_straight(void **state)
{
	json_t *report = report_of("a b c d v", "a>b b>c c>d d>a v>c", "a b c d");
	struct gw_picture picture;

	drawn(&picture, report);
	for (size_t i = 0; i < 4; i++) {
		assert_true(picture.boxes[i].in_loop);
		assert_int_equal(picture.boxes[i].layer, i);
		assert_true(fabs(picture.boxes[i].x - picture.boxes[0].x) < GW_PICTURE_BOX_WIDTH / 2);
		assert_true(picture.arrows[i].in_loop);
		assert_int_equal(picture.arrows[i].upward, i == 3);
	}
	assert_false(picture.arrows[4].in_loop);
	/* A victim stands just above what it waits for. */
	assert_int_equal(box_of(&picture, "v")->layer, 1);
	gw_picture_deinit(&picture);
	json_decref(report);
}

/* The last of a way to a dead end needs nobody: no arrow back is invented. */
static void test_dead_end(void **state)
{
	json_t *report = report_of("a b c", "a>b b>c", "a b c");
	struct gw_picture picture;

	drawn(&picture, report);
	assert_int_equal(picture.arrow_count, 2);
	assert_true(picture.arrows[0].in_loop && picture.arrows[1].in_loop);
	gw_picture_deinit(&picture);
	json_decref(report);
}

static void test_crowd(void **state)
{
	json_t *report = report_of("l a b c d e o p", "a>l b>l c>l d>l e>l l>o p>o", "");
	struct gw_picture picture;

	drawn(&picture, report);
	/* The fourth and the fifth went in with the third. */
	assert_int_equal(picture.box_count, 6);
	assert_int_equal(picture.arrow_count, 5);
	assert_int_equal(box_of(&picture, "c")->more, 2);
	assert_int_equal(box_of(&picture, "b")->more, 0);
	assert_null(box_of(&picture, "d"));
	assert_non_null(box_of(&picture, "p"));
	gw_picture_deinit(&picture);
	json_decref(report);
}

/* Who else is waited for, or is the root cause, is nobody of a crowd. */
static void test_no_crowd(void **state)
{
	json_t *report = report_of("l a b c d e v", "a>l b>l c>l d>l e>l v>d", "");
	struct gw_picture picture;

	json_object_set_new(report, "root_cause", json_pack("{s:s}", "node", "e"));
	drawn(&picture, report);
	assert_int_equal(picture.box_count, 7);
	assert_true(box_of(&picture, "e")->culprit);
	gw_picture_deinit(&picture);
	json_decref(report);
}

/* Whether the line of time has that of the waits of a, b and c, which last from 1 s to 2 s. */
static bool waits_have(const char *edges, const char *part)
{
	json_t *report = report_of("a b c", edges, "a b c"), *edge;
	char *text = NULL;
	size_t size, i;
	FILE *out = open_memstream(&text, &size);
	bool found;

	json_array_foreach(json_object_get(report, "edges"), i, edge)
		json_object_set_new(edge, "since_mono_ns", json_integer(1000000000));
	gw_picture_waits(out, report, 2000000000);
	fclose(out);
	found = strstr(text, part) != NULL;
	free(text);
	json_decref(report);
	return found;
}

static void test_waits_of_a_dead_end_are_in_no_loop(void **state)
{
	assert_true(waits_have("a>b b>c", "(in the chain)"));
	assert_false(waits_have("a>b b>c", "(in the loop)"));
	assert_true(waits_have("a>b b>c c>a", "(in the loop)"));
	assert_false(waits_have("a>b b>c c>a", "(in the chain)"));
}

/* ---- text ------------------------------------------------------------------------------------------------------ */

static void test_escape(void **state)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	gw_svg_escape(out, "<a&'\"\x1b[1m\xc2\x9b\xe2\x80\xae\xef\xbf\xbfé\n");
	gw_svg_escape(out, NULL);
	fclose(out);
	assert_string_equal(text, "&lt;a&amp;&#39;&quot;\xef\xbf\xbd[1m\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbdé\n");
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_layouts),
		cmocka_unit_test(test_random_layouts),
		cmocka_unit_test(test_loop_is_straight),
		cmocka_unit_test(test_dead_end),
		cmocka_unit_test(test_crowd),
		cmocka_unit_test(test_no_crowd),
		cmocka_unit_test(test_waits_of_a_dead_end_are_in_no_loop),
		cmocka_unit_test(test_escape),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
