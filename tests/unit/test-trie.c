/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which indexes of modules libkmod may read. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lib/system/modules/trie.h"

#define TEST(name) static void name(void **state)

/* The root, behind some numbers, has places for two children, and neither child is there. */
static const char sound[] = "\xb0\x07\xf4\x57\0\2\0\1\x20\0\0\x1a"
			    "\0\0\0\0" /* nobody's */
			    "\0\0\0\1"
			    "\0\0"
			    "\0\0\0\0"
			    "ab\x20\0\0\0\x20\0\0\0";

#define ROOT 26		 /* where it is, */
#define CHILD (ROOT + 2) /* and the offset of its first child */

static bool is_sound_with(size_t at, const char *bytes, size_t count)
{
	char copy[sizeof(sound)];

	memcpy(copy, sound, sizeof(copy));
	memcpy(copy + at, bytes, count);
	return gw_trie_is_sound(copy, sizeof(copy));
}

TEST(index_whose_nodes_are_in_it_is_sound)
{
	assert_true(gw_trie_is_sound(sound, sizeof(sound)));
	assert_true(is_sound_with(CHILD, "\x40\0\0\x0c", 4)); /* a leaf of no values */
}

TEST(index_that_is_cut_is_not)
{
	for (size_t size = 8; size < ROOT + 10; size++)
		assert_false(gw_trie_is_sound(sound, size));
}

/* As libkmod refuses it itself: depmod leaves empty files. */
TEST(what_is_no_index_does_no_harm)
{
	assert_true(gw_trie_is_sound("", 0));
	assert_true(gw_trie_is_sound("text, and more of it", 20));
}

TEST(child_that_is_not_in_front_of_its_node_may_be_a_circle)
{
	assert_false(is_sound_with(CHILD, "\x20\0\0\x1a", 4));
	assert_false(is_sound_with(CHILD, "\x20\x10\0\0", 4));
}

TEST(letters_from_the_last_to_the_first_are_none)
{
	assert_false(is_sound_with(ROOT, "ba", 2));
	assert_false(is_sound_with(ROOT, "a\xff", 2));
}

/* libkmod compares the major one only. */
TEST(another_minor_version_is_looked_at_too)
{
	char copy[sizeof(sound)];

	memcpy(copy, sound, sizeof(copy));
	copy[7] = 9;
	assert_true(gw_trie_is_sound(copy, sizeof(copy)));
	assert_false(gw_trie_is_sound(copy, ROOT + 2));
}

TEST(values_that_are_more_than_the_file_has_are_not_there)
{
	assert_false(is_sound_with(CHILD, "\x40\0\0\x04", 4)); /* a number as big as a version */
}

/* Each of two children is the same leaf; a few levels of such nodes are read for hours. */
TEST(shared_node_is_not_sound)
{
	static const char shared[] = "\xb0\x07\xf4\x57\0\2\0\1\x20\0\0\x29"   /* the root is at 41 */
				     "\0\0\0\1\0\0\0\0a value of 20 bytes \0" /* at 12 */
				     "ab\x40\0\0\x0c\x40\0\0\x0c";
	char once[sizeof(shared)];

	assert_false(gw_trie_is_sound(shared, sizeof(shared) - 1));
	memcpy(once, shared, sizeof(once));
	memset(once + sizeof(once) - 5, 0, 4);
	assert_true(gw_trie_is_sound(once, sizeof(once) - 1));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(index_whose_nodes_are_in_it_is_sound),
		cmocka_unit_test(index_that_is_cut_is_not),
		cmocka_unit_test(what_is_no_index_does_no_harm),
		cmocka_unit_test(child_that_is_not_in_front_of_its_node_may_be_a_circle),
		cmocka_unit_test(letters_from_the_last_to_the_first_are_none),
		cmocka_unit_test(another_minor_version_is_looked_at_too),
		cmocka_unit_test(values_that_are_more_than_the_file_has_are_not_there),
		cmocka_unit_test(shared_node_is_not_sound),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
