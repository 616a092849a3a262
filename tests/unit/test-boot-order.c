/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The finer points of order: when a supplier is ready, who shares a report, and what a kernel image alone tells. */
#include "build-boot.h"
#include "lib/boot/document/link-order.h"

#define TEST(name) static void name(void **state)

static const char gpu_needs_mmu[] = "[gpu-mmu]\n"
				    "Consumer=Orion GPU\n"
				    "ConsumerDrivers=orion-gpu\n"
				    "ConsumerModules=orion-gpu\n"
				    "ConsumerInitcalls=orion_gpu_init\n"
				    "Supplier=Orion MMU\n"
				    "SupplierDrivers=orion-mmu\n"
				    "SupplierModules=orion-mmu\n"
				    "SupplierInitcalls=orion_mmu_init\n"
				    "Why=The driver looks for the MMU once.\n"
				    "Source=drivers/orion/gpu.c\n";

/* ---- ready ------------------------------------------------------------------------------------------------- */

/* driver_bound() has deferred devices tried again, and another processor does it, before really_probe() has returned.
 */
static void supplier_lets_go(struct machine *m, bool trigger_seen, int32_t pid_of_trigger)
{
	struct gw_boot_event e;

	table(m, gpu_needs_mmu);
	device(m, "gpu.0", "orion-gpu", "");
	device(m, "mmu.0", "orion-mmu", "");
	probe(m, "gpu.0", "orion-gpu", 1000, 1001, DEFERRED, 10);
	event(m, &e, GW_BOOT_PROBE_BEGIN, 2000, "mmu.0", "orion-mmu");
	e.pid = 11;
	add(m, &e);
	if (trigger_seen) {
		event(m, &e, GW_BOOT_DEFER_TRIGGER, 2100, "", "");
		e.pid = (uint32_t)pid_of_trigger;
		add(m, &e);
	}
	probe(m, "gpu.0", "orion-gpu", 2110, 2120, 0, 12);
	event(m, &e, GW_BOOT_PROBE_END, 2130, "mmu.0", "orion-mmu");
	e.pid = 11;
	add(m, &e);
}

TEST(consumer_that_was_let_go_by_its_supplier_is_healthy)
{
	struct machine *m = machine_new();

	supplier_lets_go(m, true, 11);
	analyse(m);
	assert_silent(m);
	machine_free(m);
}

TEST(consumer_that_was_let_go_is_healthy_also_where_only_probes_are_seen)
{
	struct machine *m = machine_new();

	supplier_lets_go(m, false, 0);
	analyse(m);
	assert_silent(m);
	machine_free(m);
}

/* Somebody else's driver_bound(): the supplier was not ready then. */
TEST(consumer_that_looked_too_early_is_not_excused_by_a_trigger)
{
	struct machine *m = machine_new();
	struct gw_boot_event e;

	table(m, gpu_needs_mmu);
	device(m, "gpu.0", "orion-gpu", "");
	device(m, "mmu.0", "orion-mmu", "");
	event(m, &e, GW_BOOT_DEFER_TRIGGER, 2100, "", "");
	e.pid = 99;
	add(m, &e);
	probe(m, "mmu.0", "orion-mmu", 2000, 4000, 0, 11);
	probe(m, "gpu.0", "orion-gpu", 2110, 2120, 0, 12);
	analyse(m);
	the_report(m, GW_CLASS_PROBE_OVERLAP);
	machine_free(m);
}

TEST(driver_link_without_the_end_of_a_probe_is_no_binding)
{
	struct machine *m = machine_new();
	struct gw_boot_event e;
	json_t *order;

	table(m, gpu_needs_mmu);
	device(m, "gpu.0", "orion-gpu", "");
	event(m, &e, GW_BOOT_PROBE_BEGIN, 59000, "gpu.0", "orion-gpu");
	snprintf(e.bus, sizeof(e.bus), "platform");
	add(m, &e);
	analyse(m);
	order = document(m);
	assert_true(json_is_false(json_object_get(json_array_get(json_object_get(order, "devices"), 0), "bound")));
	json_decref(order);
	machine_free(m);
}

TEST(softdep_that_was_not_kept)
{
	struct machine *m = machine_new();
	const struct gw_report *r;

	device(m, "gpu.0", "orion-gpu", "orion_gpu");
	device(m, "mmu.0", "orion-mmu", "orion_mmu");
	json_array_append_new(m->modules, json_pack("{s:s, s:s, s:[s]}", "name", "orion_gpu", "state", "live",
						    "softdep_pre", "orion-mmu"));
	module(m, "orion_mmu", "live");
	probe(m, "gpu.0", "orion-gpu", 1000, 1001, 0, 10);
	probe(m, "mmu.0", "orion-mmu", 2000, 2001, 0, 11);
	analyse(m);
	r = the_report(m, GW_CLASS_PROBED_BEFORE_SUPPLIER);
	assert_string_equal(order_text(r, "source"), "softdep");
	machine_free(m);
}

TEST(module_of_a_driver_without_a_device_may_come_at_any_time)
{
	struct machine *m = machine_new();

	table(m, gpu_needs_mmu);
	module_init(m, "orion_gpu", 1000, 1001);
	module_init(m, "orion_mmu", 2000, 2001);
	analyse(m);
	assert_silent(m);
	machine_free(m);
}

/* Nothing but initcall_debug's lines, as when gpuwatch came late: neither drivers nor buses are in them. */
TEST(kernel_log_alone_tells_the_order)
{
	struct machine *m = machine_new();

	table(m, gpu_needs_mmu);
	device(m, "gpu.0", "orion-gpu", "orion_gpu");
	device(m, "mmu.0", "orion-mmu", "orion_mmu");
	json_object_set_new(m->lost, "attached_ns", json_integer(30000 * (json_int_t)MS));
	kmsg(m, 0, 0, "Linux version 6.12");
	kmsg(m, 1, 1000, "calling  orion_gpu_init+0x0/0x10 [orion_gpu] @ 80");
	kmsg(m, 2, 1100, "probe of gpu.0 returned 0 after 90000 usecs");
	kmsg(m, 3, 1101, "initcall orion_gpu_init+0x0/0x10 [orion_gpu] returned 0 after 101000 usecs");
	kmsg(m, 4, 2000, "calling  orion_mmu_init+0x0/0x10 [orion_mmu] @ 81");
	kmsg(m, 5, 2100, "probe of mmu.0 returned 0 after 90000 usecs");
	kmsg(m, 6, 2101, "initcall orion_mmu_init+0x0/0x10 [orion_mmu] returned 0 after 101000 usecs");
	analyse(m);
	assert_int_equal(the_report(m, GW_CLASS_PROBED_BEFORE_SUPPLIER)->confidence, GW_CONFIDENCE_PROVEN);
	machine_free(m);
}

/* ---- groups -------------------------------------------------------------------------------------------------- */

TEST(many_consumers_of_one_supplier_share_a_report)
{
	struct machine *m = machine_new();
	const struct gw_report *r;

	table(m, gpu_needs_mmu);
	for (unsigned int i = 0; i < 40; i++) {
		char name[32];

		snprintf(name, sizeof(name), "gpu.%u", i);
		device(m, name, "orion-gpu", "");
		probe(m, name, "orion-gpu", 1000 + i, 1001 + i, 0, 10);
	}
	device(m, "mmu.0", "orion-mmu", "");
	probe(m, "mmu.0", "orion-mmu", 3000, 3100, 0, 11);
	analyse(m);
	r = the_report(m, GW_CLASS_PROBED_BEFORE_SUPPLIER);
	assert_contains(r->summary, "gpu.0 (driver orion-gpu) and 39 more devices bound before its supplier");
	assert_int_equal(order_number(r, "devices"), 40);
	assert_int_equal(json_array_size(r->nodes), 41);
	machine_free(m);
}

TEST(who_failed_at_the_timeout_and_who_came_up_without_are_told_apart)
{
	struct machine *m = machine_new();

	table(m, gpu_needs_mmu);
	device(m, "gpu.0", "orion-gpu", "");
	device(m, "gpu.1", "", "");
	device(m, "mmu.0", "orion-mmu", "");
	for (unsigned int i = 0; i < 2; i++) {
		const char *name = i ? "gpu.1" : "gpu.0";

		probe(m, name, "orion-gpu", 1000 + i, 1000 + i, DEFERRED, 10);
		probe(m, name, "orion-gpu", 11000 + i, 11000 + i, i ? -ETIMEDOUT : 0, 10);
	}
	happens(m, GW_BOOT_DEFER_TIMEOUT, 10000, "", "");
	probe(m, "mmu.0", "orion-mmu", 20000, 20100, 0, 11);
	analyse(m);
	assert_int_equal(m->n_reports, 2);
	assert_contains(m->reports[0]->summary, "gpu.0 (driver orion-gpu) came up without mmu.0");
	assert_contains(m->reports[1]->summary, "gpu.1 (driver orion-gpu) failed (-ETIMEDOUT)");
	assert_string_not_equal(m->reports[0]->id, m->reports[1]->id);
	machine_free(m);
}

TEST(names_that_events_cut_are_found_again)
{
	static const char longest[] = "soc@0:bus@30000000:mipi_dsi@30a00000:panel@0:port@1:endpoint@2:gpu@3";
	struct machine *m = machine_new();

	assert_true(sizeof(longest) > GW_BOOT_NAME_SIZE);
	needs_by_firmware(device(m, longest, "orion-gpu", ""), "iommus", "/soc/mmu", "mmu.0");
	device(m, "mmu.0", "orion-mmu", "");
	probe(m, longest, "orion-gpu", 1000, 1100, 0, 10);
	probe(m, "mmu.0", "orion-mmu", 3000, 3100, 0, 11);
	analyse(m);
	the_report(m, GW_CLASS_PROBED_BEFORE_SUPPLIER);
	machine_free(m);
}

/* ---- the image ------------------------------------------------------------------------------------------------- */

static void assert_pair(const char *text, const struct gw_initcall *list, size_t count, const json_t *modules,
			const char *state, const char *held_by)
{
	struct machine *m = machine_new();
	const json_t *pair;
	json_t *order;

	table(m, text);
	order = gw_boot_link_order_json(m->depends, list, count, "6.1.0", modules);
	assert_non_null(order);
	if (getenv("GPUWATCH_REPORTS"))
		append_json(order, getenv("GPUWATCH_REPORTS"));
	pair = json_array_get(json_object_get(order, "pairs"), 0);
	assert_string_equal(json_string_value(json_object_get(pair, "state")), state);
	assert_string_equal(json_string_value(json_object_get(pair, "held_by")), held_by);
	json_decref(order);
	machine_free(m);
}

static struct gw_initcall call(const char *function, enum gw_initcall_level level)
{
	return (struct gw_initcall){ .function = function, .module = "", .level = level };
}

TEST(image_holds_pairs_by_level_by_linking_or_not_at_all)
{
	const struct gw_initcall by_level[] = { call("orion_mmu_init", GW_INITCALL_ROOTFS),
						call("orion_gpu_init", GW_INITCALL_DEVICE) };
	const struct gw_initcall by_linking[] = { call("orion_mmu_init", GW_INITCALL_DEVICE),
						  call("orion_gpu_init", GW_INITCALL_DEVICE) };
	const struct gw_initcall reversed[] = { call("orion_gpu_init", GW_INITCALL_DEVICE),
						call("orion_mmu_init", GW_INITCALL_DEVICE) };

	assert_pair(gpu_needs_mmu, by_level, 2, NULL, "ordered", "level");
	assert_pair(gpu_needs_mmu, by_linking, 2, NULL, "fragile", "link order");
	assert_pair(gpu_needs_mmu, reversed, 2, NULL, "reversed", "");
	assert_pair(gpu_needs_mmu, by_level, 1, NULL, "absent", "");
}

TEST(image_and_modules)
{
	const struct gw_initcall mmu = call("orion_mmu_init", GW_INITCALL_DEVICE),
				 gpu = call("orion_gpu_init", GW_INITCALL_LATE);
	json_t *modules = json_pack("[{s:s, s:s}, {s:s, s:s}]", "name", "orion_gpu", "state", "available", "name",
				    "orion_mmu", "state", "available");
	json_t *consumer = json_array_get(modules, 0);

	assert_pair(gpu_needs_mmu, &mmu, 1, modules, "ordered", "level");
	assert_pair(gpu_needs_mmu, &gpu, 1, modules, "reversed", "");
	assert_pair(gpu_needs_mmu, NULL, 0, modules, "unordered", "");
	json_object_set_new(consumer, "softdep_pre", json_pack("[s]", "orion-mmu"));
	assert_pair(gpu_needs_mmu, NULL, 0, modules, "module", "softdep");
	json_object_set_new(consumer, "depends", json_pack("[s]", "orion_core"));
	json_array_append_new(modules, json_pack("{s:s, s:s, s:[s]}", "name", "orion_core", "state", "available",
						 "depends", "orion_mmu"));
	assert_pair(gpu_needs_mmu, NULL, 0, modules, "module", "depends");
	json_decref(modules);
}

TEST(entries_for_other_kernels_are_left_out)
{
	struct machine *m = machine_new();
	char text[1024];
	json_t *order;

	snprintf(text, sizeof(text), "%sKernels=3.19-4.14\n", gpu_needs_mmu);
	table(m, text);
	order = gw_boot_link_order_json(m->depends, NULL, 0, "6.1.0", NULL);
	assert_int_equal(json_array_size(json_object_get(order, "pairs")), 0);
	json_decref(order);
	order = gw_boot_link_order_json(NULL, NULL, 0, "", NULL);
	assert_int_equal(json_array_size(json_object_get(order, "pairs")), 0);
	json_decref(order);
	machine_free(m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(consumer_that_was_let_go_by_its_supplier_is_healthy),
		cmocka_unit_test(consumer_that_was_let_go_is_healthy_also_where_only_probes_are_seen),
		cmocka_unit_test(consumer_that_looked_too_early_is_not_excused_by_a_trigger),
		cmocka_unit_test(driver_link_without_the_end_of_a_probe_is_no_binding),
		cmocka_unit_test(softdep_that_was_not_kept),
		cmocka_unit_test(kernel_log_alone_tells_the_order),
		cmocka_unit_test(module_of_a_driver_without_a_device_may_come_at_any_time),
		cmocka_unit_test(many_consumers_of_one_supplier_share_a_report),
		cmocka_unit_test(who_failed_at_the_timeout_and_who_came_up_without_are_told_apart),
		cmocka_unit_test(names_that_events_cut_are_found_again),
		cmocka_unit_test(image_holds_pairs_by_level_by_linking_or_not_at_all),
		cmocka_unit_test(image_and_modules),
		cmocka_unit_test(entries_for_other_kernels_are_left_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
