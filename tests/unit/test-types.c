/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Types of the kernel, by name, and what programs attach to. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include <errno.h>

#include "daemon/kernel/btf/types.h"

#define MANY 1000

/* Numbers of types, in the order in which types_of_kernel() adds them. */
enum { INT = 1, PROTO, WAIT_STRUCT, WAIT_FUNCTION, WAIT_AGAIN, TRACEPOINT, ITERATOR, FIRST_OF_MANY };

static struct gw_types *types_of_kernel(void)
{
	struct btf *btf = btf__new_empty();
	struct gw_types *types;
	char name[32];

	assert_int_equal(btf__add_int(btf, "int", 4, BTF_INT_SIGNED), INT);
	assert_int_equal(btf__add_func_proto(btf, INT), PROTO);
	assert_int_equal(btf__add_struct(btf, "gpu_wait", 8), WAIT_STRUCT);
	assert_int_equal(btf__add_func(btf, "gpu_wait", BTF_FUNC_GLOBAL, PROTO), WAIT_FUNCTION);
	assert_int_equal(btf__add_func(btf, "gpu_wait", BTF_FUNC_STATIC, PROTO), WAIT_AGAIN);
	assert_int_equal(btf__add_typedef(btf, "btf_trace_gpu_signaled", PROTO), TRACEPOINT);
	assert_int_equal(btf__add_func(btf, "bpf_iter_task", BTF_FUNC_GLOBAL, PROTO), ITERATOR);
	for (int i = 0; i < MANY; i++) {
		snprintf(name, sizeof(name), "function_%d", i);
		assert_int_equal(btf__add_func(btf, name, BTF_FUNC_GLOBAL, PROTO), FIRST_OF_MANY + i);
	}
	assert_int_equal(gw_types_new(&types, btf), 0);
	return types;
}

/* As libbpf finds them, which goes through all. */
static void test_finds_what_libbpf_finds(void **state)
{
	struct gw_types *types = types_of_kernel();
	const struct btf *btf = gw_types_all(types);

	for (uint32_t id = 1; id < btf__type_cnt(btf); id++) {
		const struct btf_type *type = btf__type_by_id(btf, id);
		const char *name = btf__name_by_offset(btf, type->name_off);

		if (btf_is_func(type) || btf_is_struct(type) || btf_is_typedef(type))
			assert_int_equal(gw_types_find(types, name, btf_kind(type)),
					 btf__find_by_name_kind(btf, name, btf_kind(type)));
	}
	assert_int_equal(gw_types_find(types, "gpu_wait", BTF_KIND_FUNC), WAIT_FUNCTION);
	assert_int_equal(gw_types_find(types, "gpu_wait", BTF_KIND_STRUCT), WAIT_STRUCT);
	gw_types_free(types);
}

static void test_of_another_kind_or_name(void **state)
{
	struct gw_types *types = types_of_kernel();

	assert_int_equal(gw_types_find(types, "gpu_wait", BTF_KIND_TYPEDEF), -ENOENT);
	assert_int_equal(gw_types_find(types, "gpu_wai", BTF_KIND_FUNC), -ENOENT);
	assert_int_equal(gw_types_find(types, "", BTF_KIND_FUNC), -ENOENT);
	gw_types_free(types);
}

static void test_targets_of_sections(void **state)
{
	struct gw_types *types = types_of_kernel();

	assert_int_equal(gw_types_target(types, "fentry/gpu_wait"), WAIT_FUNCTION);
	assert_int_equal(gw_types_target(types, "fexit/function_7"), FIRST_OF_MANY + 7);
	assert_int_equal(gw_types_target(types, "tp_btf/gpu_signaled"), TRACEPOINT);
	assert_int_equal(gw_types_target(types, "iter/task"), ITERATOR);
	assert_int_equal(gw_types_target(types, "fentry/no_such_function"), -ENOENT);
	assert_int_equal(gw_types_target(types, "tp_btf/gpu_wait"), -ENOENT);
	assert_int_equal(gw_types_target(types, "kprobe/gpu_wait"), 0);
	assert_int_equal(gw_types_target(types, "raw_tp/gpu_signaled"), 0);
	assert_int_equal(gw_types_target(types, "perf_event"), 0);
	gw_types_free(types);
}

static void test_no_types(void **state)
{
	struct gw_types *types;
	char message[256] = "";

	assert_int_equal(gw_types_new(&types, btf__new_empty()), 0);
	assert_int_equal(gw_types_find(types, "gpu_wait", BTF_KIND_FUNC), -ENOENT);
	gw_types_free(types);
	assert_true(gw_types_open(&types, "/proc/self/no-such-file", message, sizeof(message)) < 0);
	assert_string_not_equal(message, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_finds_what_libbpf_finds),
		cmocka_unit_test(test_of_another_kind_or_name),
		cmocka_unit_test(test_targets_of_sections),
		cmocka_unit_test(test_no_types),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
