/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The hash is FNV-1a as published, for that its values do not change with the version. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lib/base/hash.h"

/* http://www.isthe.com/chongo/src/fnv/test_fnv.c */
static void published_values(void **state)
{
	assert_true(gw_hash_bytes(GW_HASH_START, NULL, 0) == UINT64_C(0xcbf29ce484222325));
	assert_true(gw_hash_bytes(GW_HASH_START, "a", 1) == UINT64_C(0xaf63dc4c8601ec8c));
	assert_true(gw_hash_bytes(GW_HASH_START, "foobar", 6) == UINT64_C(0x85944171f73967e8));
	assert_true(gw_hash_bytes(GW_HASH_START, "\xff\x00\x00\x01", 4) == UINT64_C(0x6961196491cc682d));
}

static void bytes_may_come_in_pieces(void **state)
{
	assert_true(gw_hash_bytes(gw_hash_bytes(GW_HASH_START, "foo", 3), "bar", 3) ==
		    gw_hash_bytes(GW_HASH_START, "foobar", 6));
}

static void string_has_an_end(void **state)
{
	uint64_t one = gw_hash_string(gw_hash_string(GW_HASH_START, "ab"), "c");

	assert_true(gw_hash_string(GW_HASH_START, "foobar") == UINT64_C(0x34531ca7168b8f38)); /* "foobar\0" */
	assert_true(one == gw_hash_bytes(GW_HASH_START, "ab\0c", 5));
	assert_true(one != gw_hash_string(gw_hash_string(GW_HASH_START, "a"), "bc"));
	assert_true(one != gw_hash_string(GW_HASH_START, "abc"));
}

static void number_is_its_bytes_on_every_machine(void **state)
{
	static const unsigned char bytes[] = { 0x88, 0x77, 0x66, 0x55, 0x44, 0x33, 0x22, 0x11 };

	assert_true(gw_hash_number(GW_HASH_START, UINT64_C(0x1122334455667788)) ==
		    gw_hash_bytes(GW_HASH_START, bytes, sizeof(bytes)));
}

/* Addresses of one slab differ in few bits, none of them the lowest. */
static void neighbours_are_spread(void **state)
{
	unsigned char seen[256] = { 0 };
	size_t used = 0;

	for (uint64_t i = 0; i < 256; i++)
		seen[gw_hash_spread(UINT64_C(0xffff888012340000) + i * 1024) & 255] = 1;
	for (size_t i = 0; i < sizeof(seen); i++)
		used += seen[i];
	assert_in_range(used, 128, 256); /* 162 of 256 are expected by chance */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(published_values),	 cmocka_unit_test(bytes_may_come_in_pieces),
		cmocka_unit_test(string_has_an_end),	 cmocka_unit_test(number_is_its_bytes_on_every_machine),
		cmocka_unit_test(neighbours_are_spread),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
