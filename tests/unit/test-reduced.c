/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Of a kernel's types, those that an object uses. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "daemon/kernel/btf/reduced.h"

#define BITS(bytes) ((bytes)*8)

/* Numbers in the kernel's types: in the order in which kernel_types() adds them. */
enum { INT = 1, NODE, NODE_POINTER, WORDS, INNER, INNER_ALIAS, USED, UNUSED, CALLBACK, CALLBACK_POINTER };

/*
 * struct node; struct inner { int words[4]; }; struct used { struct node *next; inner_alias inner; int (*call)(); int last; };
 * struct unused { struct node *next; };
 */
static struct btf *kernel_types(void)
{
	struct btf *btf = btf__new_empty();

	assert_non_null(btf);
	btf__set_pointer_size(btf, 8);
	assert_int_equal(btf__add_int(btf, "int", 4, BTF_INT_SIGNED), INT);
	assert_int_equal(btf__add_struct(btf, "node", 8), NODE);
	assert_int_equal(btf__add_ptr(btf, NODE), NODE_POINTER);
	assert_int_equal(btf__add_array(btf, INT, INT, 4), WORDS);
	assert_int_equal(btf__add_struct(btf, "inner", 16), INNER);
	assert_int_equal(btf__add_field(btf, "words", WORDS, 0, 0), 0);
	assert_int_equal(btf__add_typedef(btf, "inner_alias", INNER), INNER_ALIAS);
	assert_int_equal(btf__add_struct(btf, "used", 40), USED);
	assert_int_equal(btf__add_field(btf, "next", NODE_POINTER, 0, 0), 0);
	assert_int_equal(btf__add_field(btf, "inner", INNER_ALIAS, BITS(8), 0), 0);
	assert_int_equal(btf__add_field(btf, "call", CALLBACK_POINTER, BITS(24), 0), 0);
	assert_int_equal(btf__add_field(btf, "last", INT, BITS(32), 0), 0);
	assert_int_equal(btf__add_struct(btf, "unused", 8), UNUSED);
	assert_int_equal(btf__add_field(btf, "next", NODE_POINTER, 0, 0), 0);
	assert_int_equal(btf__add_func_proto(btf, INT), CALLBACK);
	assert_int_equal(btf__add_ptr(btf, CALLBACK), CALLBACK_POINTER);
	return btf;
}

static struct btf *reduced_for(const char *used)
{
	struct btf *kernel = kernel_types(), *user = btf__new_empty(), *reduced = NULL;
	const struct btf *users[] = { user };

	assert_int_equal(btf__add_struct(user, used, 0), 1);
	assert_int_equal(gw_btf_reduce(kernel, users, 1, &reduced), 0);
	btf__free(user);
	btf__free(kernel);
	return reduced;
}

static const struct btf_member *member(const struct btf *btf, const struct btf_type *type, uint32_t i, const char *name)
{
	assert_true(i < btf_vlen(type));
	assert_string_equal(btf__name_by_offset(btf, btf_members(type)[i].name_off), name);
	return &btf_members(type)[i];
}

static void test_keeps_the_layout(void **state)
{
	struct btf *reduced = reduced_for("used");
	int id = btf__find_by_name_kind(reduced, "used", BTF_KIND_STRUCT);
	const struct btf_type *used = btf__type_by_id(reduced, (uint32_t)id), *inner;

	assert_true(id > 0);
	assert_int_equal(used->size, 40);
	assert_int_equal(member(reduced, used, 3, "last")->offset, BITS(32));
	assert_int_equal(btf__resolve_size(reduced, member(reduced, used, 1, "inner")->type), 16);
	inner = btf__type_by_id(reduced, (uint32_t)btf__resolve_type(reduced, member(reduced, used, 1, "inner")->type));
	assert_string_equal(btf__name_by_offset(reduced, inner->name_off), "inner");
	assert_int_equal(btf__resolve_size(reduced, member(reduced, inner, 0, "words")->type), 16);
	btf__free(reduced);
}

static void test_leaves_out_the_rest(void **state)
{
	struct btf *reduced = reduced_for("used");
	const struct btf_type *used =
		btf__type_by_id(reduced, (uint32_t)btf__find_by_name_kind(reduced, "used", BTF_KIND_STRUCT));

	assert_true(btf__find_by_name_kind(reduced, "unused", BTF_KIND_STRUCT) < 0);
	assert_true(btf__find_by_name_kind(reduced, "node", BTF_KIND_STRUCT) < 0);
	for (uint32_t i = 0; i <= 2; i += 2) {
		const struct btf_type *pointer = btf__type_by_id(reduced, btf_members(used)[i].type);

		assert_true(btf_is_ptr(pointer));
		assert_int_equal(pointer->type, 0);
	}
	btf__free(reduced);
}

static void test_flavors_are_their_type(void **state)
{
	struct btf *reduced = reduced_for("used___of_6_1");

	assert_true(btf__find_by_name_kind(reduced, "used", BTF_KIND_STRUCT) > 0);
	btf__free(reduced);
}

static void test_nothing_used(void **state)
{
	struct btf *reduced = reduced_for("of_no_kernel");

	assert_int_equal(btf__type_cnt(reduced), 1); /* void */
	btf__free(reduced);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_keeps_the_layout),
		cmocka_unit_test(test_leaves_out_the_rest),
		cmocka_unit_test(test_flavors_are_their_type),
		cmocka_unit_test(test_nothing_used),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
