/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The table of probes and the BPF objects in the daemon belong together: nothing is named that is not there. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "daemon/kernel/objects.h"
#include "daemon/kernel/probe-table.h"

static const struct gw_probe_definition *table;
static size_t count;
static struct gw_objects *objects;

static int set_up(void **state)
{
	table = gw_probe_table(&count);
	return gw_objects_new(&objects, NULL);
}

static int tear_down(void **state)
{
	gw_objects_free(objects);
	return 0;
}

static struct bpf_object *open_object(const char *name)
{
	struct bpf_object *object = NULL;
	struct gw_refusal refusal = { .why = "" };

	if (gw_objects_open(objects, name, &object, &refusal) != 0)
		fail_msg("object %s: %s", name, refusal.why);
	return object;
}

static const char *section_of(const struct gw_probe_definition *probe, const char *program)
{
	const struct bpf_program *found = bpf_object__find_program_by_name(open_object(probe->object), program);

	if (!found)
		fail_msg("%s: object %s has no program %s", probe->name, probe->object, program);
	return bpf_program__section_name(found);
}

/* Calls @check for each program of each probe. */
static void each_program(void (*check)(const struct gw_probe_definition *probe, const char *program))
{
	for (size_t i = 0; i < count; i++) {
		for (size_t j = 0; j < GW_PROBE_PROGRAMS && table[i].programs[j]; j++)
			check(&table[i], table[i].programs[j]);
		for (size_t j = 0; j < GW_PROBE_PROGRAMS && table[i].otherwise[j]; j++)
			check(&table[i], table[i].otherwise[j]);
	}
}

static void test_complete(void **state)
{
	assert_true(count > 0);
	for (size_t i = 0; i < count; i++) {
		assert_non_null(table[i].name);
		assert_non_null(table[i].target);
		assert_non_null(table[i].lost);
		assert_non_null(table[i].programs[0]);
		/* Of one set, and no other. */
		assert_int_not_equal(gw_objects_has(GW_OBJECTS_WATCH, table[i].object),
				     gw_objects_has(GW_OBJECTS_BOOT, table[i].object));
	}
}

static void test_names_are_unique(void **state)
{
	for (size_t i = 0; i < count; i++)
		for (size_t j = 0; j < i; j++)
			assert_string_not_equal(table[i].name, table[j].name);
}

/* A probe is attached after the one that it needs. */
static void test_needed_comes_first(void **state)
{
	for (size_t i = 0; i < count; i++) {
		size_t needed = 0;

		if (!table[i].needs)
			continue;
		while (needed < i && strcmp(table[needed].name, table[i].needs) != 0)
			needed++;
		if (needed == i)
			fail_msg("%s needs %s, which is not before it", table[i].name, table[i].needs);
	}
}

/* Loading it must never keep the module from being removed. */
static void check_hook(const struct gw_probe_definition *probe, const char *program)
{
	const char *section = section_of(probe, program);
	bool kprobe = strncmp(section, "kprobe/", 7) == 0 || strncmp(section, "kretprobe/", 10) == 0;

	assert_non_null(strchr(section, '/'));
	if (probe->function && !kprobe)
		fail_msg("%s: %s is at a function of %s, but is no kprobe", probe->name, program, probe->module);
	if (probe->module && !probe->function && strncmp(section, "raw_tp/", 7) != 0)
		fail_msg("%s: %s is at events of %s, but is no raw tracepoint", probe->name, program, probe->module);
	/* The kernel makes a classic event's record for whoever is attached: that of dma_fence calls into the driver. */
	if (strncmp(section, "tp/", 3) == 0 || strncmp(section, "tracepoint/", 11) == 0)
		fail_msg("%s: %s is at a classic trace event", probe->name, program);
	if (probe->function && !probe->module)
		fail_msg("%s: a function of no module", probe->name);
}

static void test_hooks(void **state)
{
	each_program(check_hook);
}

/* The opener of perf events opens what the table names, and nothing else. */
static void check_kprobe_is_named(const struct gw_probe_definition *probe, const char *program)
{
	const char *section = section_of(probe, program);

	if (strncmp(section, "kprobe/", 7) != 0 && strncmp(section, "kretprobe/", 10) != 0)
		return;
	if (!gw_probe_table_names(strchr(section, '/') + 1))
		fail_msg("%s: no target names %s", probe->name, section);
}

static void test_kprobes_are_named(void **state)
{
	each_program(check_kprobe_is_named);
	assert_true(gw_probe_table_names("drm_dev_unplug.part.0"));
	assert_false(gw_probe_table_names("drm_dev_unplu"));
	assert_false(gw_probe_table_names("commit_creds"));
	assert_false(gw_probe_table_names(""));
	assert_false(gw_probe_table_names(".isra.0"));
}

static const char *wanted_object, *wanted_program;
static bool wanted_found;

static void look_for_wanted(const struct gw_probe_definition *probe, const char *program)
{
	wanted_found |= strcmp(probe->object, wanted_object) == 0 && strcmp(program, wanted_program) == 0;
}

/* A program that no probe has would never be attached. */
static void test_every_program_is_used(void **state)
{
	struct bpf_program *program;

	for (size_t i = 0; i < count; i++) {
		struct bpf_object *object = open_object(table[i].object);

		bpf_object__for_each_program(program, object)
		{
			wanted_object = table[i].object;
			wanted_program = bpf_program__name(program);
			wanted_found = false;
			each_program(look_for_wanted);
			if (!wanted_found)
				fail_msg("no probe has program %s of object %s", wanted_program, wanted_object);
		}
	}
}

static void test_unknown_object(void **state)
{
	struct bpf_object *object;
	struct gw_refusal refusal;

	assert_true(gw_objects_open(objects, "none", &object, &refusal) < 0);
	assert_string_not_equal(refusal.why, "");
	assert_null(refusal.program);
}

/* The boot's pins are adopted by builds whose other programs differ. */
static void test_hashes_are_apart(void **state)
{
	assert_int_not_equal(gw_objects_hash(GW_OBJECTS_WATCH), gw_objects_hash(GW_OBJECTS_BOOT));
	assert_int_equal(gw_objects_hash(GW_OBJECTS_BOOT), gw_objects_hash(GW_OBJECTS_BOOT));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_complete),	   cmocka_unit_test(test_names_are_unique),
		cmocka_unit_test(test_needed_comes_first), cmocka_unit_test(test_hooks),
		cmocka_unit_test(test_kprobes_are_named),  cmocka_unit_test(test_every_program_is_used),
		cmocka_unit_test(test_unknown_object),	   cmocka_unit_test(test_hashes_are_apart),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
