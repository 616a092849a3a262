/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Addresses and what they are called. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/system/kallsyms.h"

static struct gw_kallsyms *table_with(enum gw_kallsyms_what what, const char *text)
{
	char path[] = "/tmp/kallsyms.XXXXXX";
	struct gw_kallsyms *table;
	int fd = mkstemp(path);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
	assert_int_equal(gw_kallsyms_read(&table, path, what), 0);
	unlink(path);
	return table;
}

static struct gw_kallsyms *table_of(const char *text)
{
	return table_with(GW_KALLSYMS_LIVE, text);
}

static const char *name_at(struct gw_kallsyms *table, uint64_t address)
{
	struct gw_symbol symbol;

	return gw_kallsyms_at(table, address, &symbol) ? symbol.name : "";
}

static void test_lock_is_not_called_by_its_class_key(void **state)
{
	struct gw_kallsyms *table = table_of("ffffffffc0001000 b __key.21\t[gpu]\n"
					     "ffffffffc0001000 b reset_lock\t[gpu]\n"
					     "ffffffffc0002000 b __key\t[gpu]\n"
					     "ffffffffc0002000 B gpu_mutex\t[gpu]\n"
					     "ffffffffc0003000 b __keyring\t[gpu]\n");

	(void)state;
	assert_string_equal(name_at(table, 0xffffffffc0001000), "reset_lock");
	assert_string_equal(name_at(table, 0xffffffffc0002000), "gpu_mutex");
	assert_string_equal(name_at(table, 0xffffffffc0003000), "__keyring");
	gw_kallsyms_free(table);
}

static void test_what_nothing_is_ever_in_is_left_out(void **state)
{
	struct gw_kallsyms *table = table_of("ffffffff81000000 T before\n"
					     "ffffffff81000f00 t __pfx_gpu_wait\n"
					     "ffffffff81001000 T gpu_wait\n"
					     "ffffffff81002000 T __SCT__cond_resched\n"
					     "ffffffff82000000 D gpu_lock\n"
					     "ffffffff82000040 d __SCK__might_resched\n"
					     "ffffffff82000080 d TRACE_SYSTEM_HW\n"
					     "ffffffff820000c0 r __func__.7\n");
	struct gw_symbol symbol;

	(void)state;
	assert_int_equal(gw_kallsyms_count(table), 3);
	assert_string_equal(name_at(table, 0xffffffff81000f08), "before");
	assert_true(gw_kallsyms_find(table, "gpu_wait", &symbol));
	assert_int_equal(symbol.address, 0xffffffff81001000);
	gw_kallsyms_free(table);
}

/* The memory is another's now: what lies there is no function that ended long ago. */
static void test_what_was_freed_after_the_start_is_left_out(void **state)
{
	static const char text[] = "ffffffff81000000 T before\n"
				   "ffffffff81001000 T __init_begin\n"
				   "ffffffff81001000 T start_kernel\n"
				   "ffffffff81002000 d __initcall__kmod_gpu__7_8_gpu_init6\n"
				   "ffffffff81003000 R __init_end\n"
				   "ffffffff81003040 D gpu_lock\n"
				   "ffffffffc0003000 t gpu_wait\t[gpu]\n";
	struct gw_kallsyms *live = table_of(text), *all = table_with(GW_KALLSYMS_INIT, text);
	struct gw_symbol symbol;

	(void)state;
	assert_int_equal(gw_kallsyms_count(live), 5);
	assert_string_equal(name_at(live, 0xffffffff81002008), "__init_begin");
	assert_string_equal(name_at(live, 0xffffffff81003048), "gpu_lock");
	assert_string_equal(name_at(live, 0xffffffffc0003008), "gpu_wait");
	assert_false(gw_kallsyms_find(live, "start_kernel", &symbol));
	assert_int_equal(gw_kallsyms_count(all), 7);
	assert_true(gw_kallsyms_find(all, "start_kernel", &symbol));
	gw_kallsyms_free(live);
	gw_kallsyms_free(all);
}

/* Their places are kept: what comes behind is not taken for the function before them. */
static void test_derived_functions_of_rust_go_by_their_crate(void **state)
{
	struct gw_kallsyms *table = table_of(
		"ffffffff81000000 T before\n"
		"ffffffff81000100 T _RNvXs3_NtNtCs2lKf6AS60Zg_4core3num5errorNtB5_13ParseIntErrorNtNtB9_3fmt7Display3fmt\n"
		"ffffffff81000200 t _RNvXsf_NtCsabc_8bindings16bindings_helperNtB5_4pageNtNtCsdef_4core3fmt5Debug3fmt\n"
		"ffffffff81000300 T _RNvMs_NtCsghi_6kernel4syncNtB4_5Mutex4lock\n"
		"ffffffff81000400 T _RNv\n");

	(void)state;
	assert_string_equal(name_at(table, 0xffffffff81000108), "core");
	assert_string_equal(name_at(table, 0xffffffff81000208), "bindings");
	assert_string_equal(name_at(table, 0xffffffff81000308), "_RNvMs_NtCsghi_6kernel4syncNtB4_5Mutex4lock");
	assert_string_equal(name_at(table, 0xffffffff81000408), "_RNv");
	gw_kallsyms_free(table);
}

static void test_symbols_of_modules_are_found_in_whatever_order(void **state)
{
	struct gw_kallsyms *table = table_of("0000000000001000 A per_cpu\n"
					     "ffffffff81000000 T kernel\n"
					     "ffffffff81000100 t kernel_too\n"
					     "ffffffffc0200000 t later\t[gpu]\n"
					     "ffffffffc0100000 t sooner.isra.0\t[sched]\n"
					     "ffffffffc0200100 t last\t[gpu]");
	struct gw_symbol symbol;

	(void)state;
	assert_int_equal(gw_kallsyms_count(table), 5);
	assert_string_equal(name_at(table, 0xffffffff81000108), "kernel_too");
	assert_string_equal(name_at(table, 0xffffffffc0100010), "sooner.isra.0");
	assert_string_equal(name_at(table, 0xffffffffc0200010), "later");
	assert_true(gw_kallsyms_find(table, "sooner", &symbol));
	assert_string_equal(symbol.module, "sched");
	assert_true(symbol.is_code);
	assert_true(gw_kallsyms_find(table, "last", &symbol));
	assert_string_equal(symbol.module, "gpu");
	gw_kallsyms_free(table);
}

static void test_other_lines_are_skipped(void **state)
{
	struct gw_kallsyms *table = table_of("\n"
					     "ffffffff81000000\n"
					     "ffffffff81000000 T\n"
					     "ffffffff81000000 T \n"
					     "1ffffffff81000000 T seventeen_digits\n"
					     "no address\n"
					     "ffffffff81000000 T short.3\n");

	(void)state;
	assert_int_equal(gw_kallsyms_count(table), 1);
	assert_string_equal(name_at(table, 0xffffffff81000000), "short.3");
	gw_kallsyms_free(table);
}

/* More than is read at once. */
static void test_many_symbols(void **state)
{
	enum { COUNT = 5000, LINE = 64 };
	char *text = calloc(COUNT, LINE), *at = text, name[32];
	struct gw_kallsyms *table;
	struct gw_symbol symbol;

	(void)state;
	for (int i = 0; i < COUNT; i++)
		at += snprintf(at, LINE, "%016llx t function_%d%s\n", 0xffffffff81000000ULL + 16ULL * (unsigned)i, i,
			       i % 3 ? "" : "\t[gpu]");
	table = table_of(text);
	free(text);
	assert_int_equal(gw_kallsyms_count(table), COUNT);
	for (int i = 0; i < COUNT; i++) {
		snprintf(name, sizeof(name), "function_%d", i);
		assert_string_equal(name_at(table, 0xffffffff81000000ULL + 16ULL * (unsigned)i + 3), name);
		gw_kallsyms_at(table, 0xffffffff81000000ULL + 16ULL * (unsigned)i, &symbol);
		assert_string_equal(symbol.module, i % 3 ? "" : "gpu");
	}
	gw_kallsyms_free(table);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_nothing_is_ever_in_is_left_out),
		cmocka_unit_test(test_what_was_freed_after_the_start_is_left_out),
		cmocka_unit_test(test_derived_functions_of_rust_go_by_their_crate),
		cmocka_unit_test(test_lock_is_not_called_by_its_class_key),
		cmocka_unit_test(test_symbols_of_modules_are_found_in_whatever_order),
		cmocka_unit_test(test_other_lines_are_skipped),
		cmocka_unit_test(test_many_symbols),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
