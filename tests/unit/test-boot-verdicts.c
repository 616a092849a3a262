/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Each class of kind probe-order: when it is reported, and above all when it is not. */
#include "build-boot.h"

#define TEST(name) static void name(void **state)

static const char gpu_needs_mmu[] = "[gpu-mmu]\n"
				    "Consumer=Orion GPU\n"
				    "ConsumerDrivers=orion-gpu\n"
				    "Supplier=Orion MMU\n"
				    "SupplierDrivers=orion-mmu\n"
				    "SupplierModules=orion_mmu\n"
				    "Feature=protected playback\n"
				    "FeaturePath=/dev/protected\n"
				    "Why=The driver looks for the MMU once.\n"
				    "Source=drivers/orion/gpu.c\n";

static const char gpu_needs_pasid[] = "[gpu-pasid]\n"
				      "Consumer=Orion GPU\n"
				      "ConsumerInitcalls=orion_gpu_init\n"
				      "ConsumerModules=orion_gpu\n"
				      "Supplier=Orion PASID\n"
				      "SupplierInitcalls=orion_pasid_init\n"
				      "SupplierModules=orion_pasid\n"
				      "Why=The driver asks for it in its init function.\n"
				      "Source=drivers/orion/pasid.c\n";

/* A GPU and its MMU as they are after a boot that went well. */
static void both_bound(struct machine *m)
{
	device(m, "gpu.0", "orion-gpu", "orion_gpu");
	device(m, "mmu.0", "orion-mmu", "orion_mmu");
}

/* ---- probed-before-supplier ------------------------------------------------------------------------------ */

TEST(consumer_that_bound_first_is_reported)
{
	struct machine *m = machine_new();
	const struct gw_report *r;

	table(m, gpu_needs_mmu);
	both_bound(m);
	path(m, "/dev/protected", false);
	probe(m, "gpu.0", "orion-gpu", 1000, 1100, 0, 10);
	probe(m, "mmu.0", "orion-mmu", 3000, 3204, 0, 11);
	analyse(m);
	r = the_report(m, GW_CLASS_PROBED_BEFORE_SUPPLIER);
	assert_string_equal(gw_confidence_name(r->confidence), "proven");
	assert_string_equal(
		r->summary,
		"gpu.0 (driver orion-gpu) bound before its supplier mmu.0 (driver orion-mmu) was there: protected playback is missing");
	assert_contains(r->explanation, "from 3.000 s to 3.204 s");
	assert_contains(r->explanation, "The driver looks for the MMU once.");
	assert_contains(r->advice, "softdep orion_gpu pre: orion_mmu");
	assert_string_equal(order_text(r, "effect"), "lost");
	assert_string_equal(order_text(r, "device"), "gpu.0");
	assert_string_equal(order_text(r, "supplier"), "mmu.0");
	assert_int_equal(order_number(r, "supplier_ready_ns"), 3204 * MS);
	assert_true(r->formed_mono_ns == 1100 * MS && r->detected_mono_ns == 3204 * MS);
	machine_free(m);
}

TEST(report_keeps_the_time_when_it_was_detected_first_unless_it_formed_later)
{
	struct machine *m = machine_new();
	json_t *order;

	table(m, gpu_needs_mmu);
	both_bound(m);
	path(m, "/dev/protected", false);
	probe(m, "gpu.0", "orion-gpu", 1000, 1100, 0, 10);
	probe(m, "mmu.0", "orion-mmu", 3000, 3204, 0, 11);
	analyse(m);
	gw_boot_keep_detection(m->boot, 0, 1700000000000000000, 1099 * MS);
	assert_true(the_report(m, GW_CLASS_PROBED_BEFORE_SUPPLIER)->detected_mono_ns == 3204 * MS);
	gw_boot_keep_detection(m->boot, 0, 1700000000000000000, 2000 * MS);
	assert_true(the_report(m, GW_CLASS_PROBED_BEFORE_SUPPLIER)->detected_mono_ns == 2000 * MS);
	order = document(m);
	assert_string_equal(
		json_string_value(json_object_get(json_array_get(json_object_get(order, "reports"), 0), "detected_at")),
		"2023-11-14T22:13:20.000000Z");
	json_decref(order);
	machine_free(m);
}

TEST(consumer_that_came_second_is_healthy)
{
	struct machine *m = machine_new();

	table(m, gpu_needs_mmu);
	both_bound(m);
	path(m, "/dev/protected", true);
	probe(m, "mmu.0", "orion-mmu", 1000, 1100, 0, 11);
	probe(m, "gpu.0", "orion-gpu", 1100, 1200, 0, 10);
	analyse(m);
	assert_silent(m);
	machine_free(m);
}

TEST(consumer_that_deferred_and_bound_later_is_healthy)
{
	struct machine *m = machine_new();

	table(m, gpu_needs_mmu);
	both_bound(m);
	probe(m, "gpu.0", "orion-gpu", 1000, 1001, DEFERRED, 10);
	probe(m, "gpu.0", "orion-gpu", 2000, 2001, DEFERRED, 10);
	probe(m, "mmu.0", "orion-mmu", 3000, 3100, 0, 11);
	probe(m, "gpu.0", "orion-gpu", 3200, 3300, 0, 12);
	analyse(m);
	assert_silent(m);
	machine_free(m);
}

TEST(supplier_that_was_bound_before_recording_began_is_not_accused)
{
	struct machine *m = machine_new();

	table(m, gpu_needs_mmu);
	both_bound(m); /* the MMU's probe was not seen */
	probe(m, "gpu.0", "orion-gpu", 5000, 5100, 0, 10);
	analyse(m);
	assert_silent(m);
	machine_free(m);
}

TEST(supplier_that_was_unbound_first_had_been_bound_before)
{
	struct machine *m = machine_new();

	table(m, gpu_needs_mmu);
	both_bound(m);
	probe(m, "gpu.0", "orion-gpu", 5000, 5100, 0, 10);
	happens(m, GW_BOOT_UNBIND, 6000, "mmu.0", "orion-mmu");
	probe(m, "mmu.0", "orion-mmu", 7000, 7100, 0, 11);
	analyse(m);
	assert_silent(m);
	machine_free(m);
}

TEST(supplier_that_was_bound_again_was_there)
{
	struct machine *m = machine_new();

	table(m, gpu_needs_mmu);
	both_bound(m);
	probe(m, "mmu.0", "orion-mmu", 1000, 1100, 0, 11);
	probe(m, "gpu.0", "orion-gpu", 5000, 5100, 0, 10);
	happens(m, GW_BOOT_UNBIND, 6000, "mmu.0", "orion-mmu");
	probe(m, "mmu.0", "orion-mmu", 7000, 7100, 0, 11);
	analyse(m);
	assert_silent(m);
	machine_free(m);
}

TEST(supplier_that_was_away_when_the_consumer_came_is_reported)
{
	struct machine *m = machine_new();

	table(m, gpu_needs_mmu);
	both_bound(m);
	probe(m, "mmu.0", "orion-mmu", 1000, 1100, 0, 11);
	happens(m, GW_BOOT_UNBIND, 2000, "mmu.0", "orion-mmu");
	probe(m, "gpu.0", "orion-gpu", 5000, 5100, 0, 10);
	probe(m, "mmu.0", "orion-mmu", 7000, 7100, 0, 11);
	analyse(m);
	the_report(m, GW_CLASS_PROBED_BEFORE_SUPPLIER);
	machine_free(m);
}

TEST(consumer_that_was_bound_again_is_resolved)
{
	struct machine *m = machine_new();
	const struct gw_report *r;
	char id[32];

	table(m, gpu_needs_mmu);
	both_bound(m);
	path(m, "/dev/protected", true);
	probe(m, "gpu.0", "orion-gpu", 1000, 1100, 0, 10);
	probe(m, "mmu.0", "orion-mmu", 3000, 3100, 0, 11);
	analyse(m);
	snprintf(id, sizeof(id), "%s", the_report(m, GW_CLASS_PROBED_BEFORE_SUPPLIER)->id);
	happens(m, GW_BOOT_UNBIND, 4000, "gpu.0", "orion-gpu");
	probe(m, "gpu.0", "orion-gpu", 4100, 4200, 0, 10);
	analyse(m);
	r = the_report(m, GW_CLASS_PROBED_BEFORE_SUPPLIER);
	assert_string_equal(r->id, id);
	assert_int_equal(r->state, GW_STATE_RESOLVED);
	assert_true(r->resolved_mono_ns == 4200 * MS);
	machine_free(m);
}

TEST(driver_that_rejects_a_device_is_no_consumer_of_it)
{
	struct machine *m = machine_new();

	table(m, gpu_needs_mmu);
	device(m, "gpu.0", "", "");
	device(m, "mmu.0", "orion-mmu", "orion_mmu");
	probe(m, "gpu.0", "orion-gpu", 1000, 1100, -ENODEV, 10);
	probe(m, "mmu.0", "orion-mmu", 3000, 3100, 0, 11);
	analyse(m);
	assert_silent(m);
	machine_free(m);
}

TEST(one_of_two_possible_suppliers_is_enough)
{
	struct machine *m = machine_new();

	table(m, gpu_needs_mmu);
	both_bound(m);
	device(m, "mmu.1", "orion-mmu", "orion_mmu");
	probe(m, "mmu.1", "orion-mmu", 500, 600, 0, 11);
	probe(m, "gpu.0", "orion-gpu", 1000, 1100, 0, 10);
	probe(m, "mmu.0", "orion-mmu", 3000, 3100, 0, 11);
	analyse(m);
	assert_silent(m);
	machine_free(m);
}

TEST(firmware_supplier_that_came_late_is_reported_with_fw_devlink)
{
	struct machine *m = machine_new();
	const struct gw_report *r;

	needs_by_firmware(device(m, "gpu.0", "orion-gpu", "orion_gpu"), "iommus", "/soc/mmu", "mmu.0");
	device(m, "mmu.0", "orion-mmu", "orion_mmu");
	probe(m, "gpu.0", "orion-gpu", 1000, 1100, 0, 10);
	probe(m, "mmu.0", "orion-mmu", 3000, 3100, 0, 11);
	analyse(m);
	r = the_report(m, GW_CLASS_PROBED_BEFORE_SUPPLIER);
	assert_contains(r->advice, "fw_devlink.strict=1");
	assert_contains(r->explanation, "\"iommus\"");
	assert_string_equal(order_text(r, "source"), "iommus");
	machine_free(m);
}

TEST(ends_of_a_graph_and_cycles_are_no_order)
{
	struct machine *m = machine_new();
	json_t *gpu = device(m, "gpu.0", "orion-gpu", ""), *panel = device(m, "panel", "orion-panel", "");

	needs_by_firmware(gpu, "remote-endpoint", "/panel", "panel");
	needs_by_firmware(panel, "clocks", "/gpu", "gpu.0");
	needs_by_firmware(gpu, "resets", "/panel", "panel");
	probe(m, "gpu.0", "orion-gpu", 1000, 1100, 0, 10);
	probe(m, "panel", "orion-panel", 3000, 3100, 0, 11);
	analyse(m);
	assert_silent(m);
	machine_free(m);
}

TEST(link_that_the_consumer_made_itself_is_no_order)
{
	struct machine *m = machine_new();

	both_bound(m);
	probe(m, "gpu.0", "orion-gpu", 1000, 1100, 0, 10);
	link_made(m, 1050, "gpu.0", "mmu.0", 1u << 1);
	probe(m, "mmu.0", "orion-mmu", 3000, 3100, 0, 11);
	analyse(m);
	assert_silent(m);
	machine_free(m);
}

TEST(link_made_before_the_probe_is_an_order)
{
	struct machine *m = machine_new();

	both_bound(m);
	link_made(m, 900, "gpu.0", "mmu.0", 1u << 0);
	probe(m, "gpu.0", "orion-gpu", 1000, 1100, 0, 10);
	probe(m, "mmu.0", "orion-mmu", 3000, 3100, 0, 11);
	analyse(m);
	assert_string_equal(order_text(the_report(m, GW_CLASS_PROBED_BEFORE_SUPPLIER), "source"), "device-link");
	machine_free(m);
}

/* snd_hda_intel's link to its GPU is made by a PCI quirk, for runtime power management alone. */
TEST(links_for_power_management_or_sync_state_are_no_order)
{
	struct machine *m = machine_new();

	both_bound(m);
	device(m, "hda.0", "orion-hda", "");
	link_made(m, 900, "gpu.0", "mmu.0", 1u << 7);
	link_made(m, 900, "hda.0", "mmu.0", 1u << 0 | 1u << 2);
	assert_int_equal(
		json_array_append_new(m->links, json_pack("{s:s, s:s, s:s, s:b, s:b}", "supplier", "platform:mmu.0",
							  "consumer", "platform:hda.0", "status", "not tracked",
							  "runtime_pm", 1, "sync_state_only", 0)),
		0);
	probe(m, "gpu.0", "orion-gpu", 1000, 1100, 0, 10);
	probe(m, "hda.0", "orion-hda", 1000, 1100, 0, 10);
	probe(m, "mmu.0", "orion-mmu", 3000, 3100, 0, 11);
	analyse(m);
	assert_silent(m);
	machine_free(m);
}

/* ---- probe-overlap ----------------------------------------------------------------------------------------- */

TEST(consumer_beside_a_supplier_that_is_being_probed_is_reported)
{
	struct machine *m = machine_new();
	const struct gw_report *r;

	table(m, gpu_needs_mmu);
	both_bound(m);
	probe(m, "mmu.0", "orion-mmu", 1000, 3000, 0, 11);
	probe(m, "gpu.0", "orion-gpu", 1500, 1600, 0, 10);
	analyse(m);
	r = the_report(m, GW_CLASS_PROBE_OVERLAP);
	assert_contains(r->summary, "gpu.0 (driver orion-gpu) was probed while its supplier mmu.0");
	assert_string_equal(order_text(r, "effect"), "lost");
	machine_free(m);
}

TEST(consumer_that_deferred_beside_its_supplier_is_healthy)
{
	struct machine *m = machine_new();

	table(m, gpu_needs_mmu);
	both_bound(m);
	probe(m, "mmu.0", "orion-mmu", 1000, 3000, 0, 11);
	probe(m, "gpu.0", "orion-gpu", 1500, 1600, DEFERRED, 10);
	probe(m, "gpu.0", "orion-gpu", 3000, 3100, 0, 10);
	analyse(m);
	assert_silent(m);
	machine_free(m);
}

TEST(consumer_that_failed_beside_its_supplier_is_reported)
{
	struct machine *m = machine_new();

	table(m, gpu_needs_mmu);
	device(m, "gpu.0", "", "");
	device(m, "mmu.0", "orion-mmu", "orion_mmu");
	probe(m, "mmu.0", "orion-mmu", 1000, 3000, 0, 11);
	probe(m, "gpu.0", "orion-gpu", 1500, 1600, -EIO, 10);
	analyse(m);
	assert_contains(the_report(m, GW_CLASS_PROBE_OVERLAP)->summary, "gpu.0 (driver orion-gpu) failed (-EIO) while");
	machine_free(m);
}

TEST(probe_inside_of_another_one_of_the_same_thread_is_no_overlap)
{
	struct machine *m = machine_new();

	table(m, gpu_needs_mmu);
	both_bound(m);
	probe(m, "gpu.0", "orion-gpu", 1500, 1600, 0, 11);
	probe(m, "mmu.0", "orion-mmu", 1000, 3000, 0, 11); /* it makes the GPU's device and probes it */
	analyse(m);
	assert_silent(m);
	machine_free(m);
}

TEST(consumer_that_waited_inside_of_its_probe_is_healthy)
{
	struct machine *m = machine_new();

	table(m, gpu_needs_mmu);
	both_bound(m);
	probe(m, "gpu.0", "orion-gpu", 1000, 4000, 0, 10); /* it had the MMU's module loaded */
	probe(m, "mmu.0", "orion-mmu", 2000, 3000, 0, 11);
	analyse(m);
	assert_silent(m);
	machine_free(m);
}

/* ---- deferred-forever -------------------------------------------------------------------------------------- */

static void waits_for_mmu(struct machine *m)
{
	device(m, "gpu.0", "", "");
	assert_int_equal(json_object_set_new(device(m, "mmu.0", "", ""), "modalias", json_string("platform:orion-mmu")),
			 0);
	link_made(m, 900, "gpu.0", "mmu.0", 1u << 1);
	probe(m, "gpu.0", "orion-gpu", 1000, 1001, DEFERRED, 10);
	is_deferred(m, "gpu.0", "supplier mmu.0 not ready");
}

TEST(missing_driver_is_named_with_its_module)
{
	struct machine *m = machine_new();
	const struct gw_report *r;

	waits_for_mmu(m);
	module(m, "orion_mmu", "available");
	json_object_set_new(m->candidates, "platform:orion-mmu", json_pack("[s]", "orion-mmu"));
	analyse(m);
	r = the_report(m, GW_CLASS_DEFERRED_FOREVER);
	assert_string_equal(r->summary, "gpu.0 (driver orion-gpu) waits for mmu.0: module orion_mmu is not loaded");
	assert_contains(r->advice, "modprobe orion_mmu");
	assert_string_equal(order_text(r, "supplier_module"), "orion_mmu");
	assert_string_equal(order_text(r, "result_name"), "-EPROBE_DEFER");
	assert_int_equal(order_number(r, "retries"), 1);
	assert_int_equal(order_number(r, "lost_ns"), (60000 - 1001) * MS);
	machine_free(m);
}

TEST(blacklisted_module_is_said_to_be)
{
	struct machine *m = machine_new();

	waits_for_mmu(m);
	cmdline(m, "quiet modprobe.blacklist=radeon,orion-mmu rw");
	module(m, "orion_mmu", "available");
	json_object_set_new(m->candidates, "platform:orion-mmu", json_pack("[s]", "orion_mmu"));
	analyse(m);
	assert_contains(the_report(m, GW_CLASS_DEFERRED_FOREVER)->summary, "module orion_mmu is blacklisted");
	machine_free(m);
}

/* modprobe's lists add up, of the kernel's own the last one counts, and what is given to init is nobody's. */
TEST(blacklists_are_those_of_modprobe_and_the_kernel)
{
	static const struct {
		const char *line;
		bool blacklisted;
	} cases[] = {
		{ "modprobe.blacklist=orion-mmu modprobe.blacklist=radeon", true },
		{ "module_blacklist=radeon,orion_mmu", true },
		{ "module-blacklist=orion_mmu", true },
		{ "module_blacklist=orion_mmu module_blacklist=radeon", false },
		{ "xmodule_blacklist=orion_mmu", false },
		{ "modprobe.blacklist=orion_mmu2,orion", false },
		{ "ro -- module_blacklist=orion_mmu", false },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct machine *m = machine_new();
		const char *summary;

		waits_for_mmu(m);
		cmdline(m, cases[i].line);
		module(m, "orion_mmu", "available");
		json_object_set_new(m->candidates, "platform:orion-mmu", json_pack("[s]", "orion_mmu"));
		analyse(m);
		summary = the_report(m, GW_CLASS_DEFERRED_FOREVER)->summary;
		assert_contains(summary, cases[i].blacklisted ? "module orion_mmu is blacklisted"
							      : "module orion_mmu is not loaded");
		machine_free(m);
	}
}

TEST(driver_that_does_not_exist_is_not_to_be_loaded)
{
	struct machine *m = machine_new();
	const struct gw_report *r;

	waits_for_mmu(m);
	analyse(m);
	r = the_report(m, GW_CLASS_DEFERRED_FOREVER);
	assert_contains(r->summary, "for which there is no driver");
	assert_null(strstr(r->advice, "modprobe"));
	machine_free(m);
}

TEST(root_of_a_chain_is_what_is_missing)
{
	struct machine *m = machine_new();
	const struct gw_report *r;

	device(m, "gpu.0", "", "");
	device(m, "mmu.0", "", "");
	device(m, "clock.0", "", "");
	link_made(m, 900, "gpu.0", "mmu.0", 1u << 1);
	link_made(m, 900, "mmu.0", "clock.0", 1u << 1);
	probe(m, "gpu.0", "orion-gpu", 1000, 1001, DEFERRED, 10);
	probe(m, "mmu.0", "orion-mmu", 1010, 1011, DEFERRED, 10);
	probe(m, "clock.0", "orion-clock", 1020, 1021, -ETIMEDOUT, 10);
	is_deferred(m, "gpu.0", "");
	is_deferred(m, "mmu.0", "");
	analyse(m);
	r = the_report(m, GW_CLASS_DEFERRED_FOREVER); /* one, for both */
	assert_contains(r->summary, "and 1 more device wait for clock.0, whose probe ended with -ETIMEDOUT");
	assert_int_equal(order_number(r, "devices"), 2);
	assert_string_equal(r->root_node, "device:platform:clock.0");
	machine_free(m);
}

TEST(supplier_that_firmware_names_and_that_is_no_device)
{
	struct machine *m = machine_new();
	const struct gw_report *r;

	device(m, "gpu.0", "", "");
	probe(m, "gpu.0", "orion-gpu", 1000, 1001, DEFERRED, 10);
	is_deferred(m, "gpu.0", "wait for supplier /soc/iommu@9000000");
	analyse(m);
	r = the_report(m, GW_CLASS_DEFERRED_FOREVER);
	assert_contains(r->summary, "waits for /soc/iommu@9000000");
	assert_contains(r->explanation, "is a node of the firmware");
	machine_free(m);
}

TEST(short_wait_is_part_of_a_boot)
{
	struct machine *m = machine_new();

	waits_for_mmu(m);
	m->host.taken_mono_ns = 9000 * MS;
	analyse(m);
	assert_silent(m);
	machine_free(m);
}

TEST(short_wait_after_the_timeout_is_long_enough)
{
	struct machine *m = machine_new();

	waits_for_mmu(m);
	happens(m, GW_BOOT_DEFER_TIMEOUT, 8000, "", "");
	m->host.taken_mono_ns = 9000 * MS;
	analyse(m);
	assert_int_equal(the_report(m, GW_CLASS_DEFERRED_FOREVER)->confidence, GW_CONFIDENCE_PROVEN);
	machine_free(m);
}

TEST(long_wait_that_ended_is_resolved)
{
	struct machine *m = machine_new();
	const struct gw_report *r;
	char id[32];

	waits_for_mmu(m);
	analyse(m);
	snprintf(id, sizeof(id), "%s", the_report(m, GW_CLASS_DEFERRED_FOREVER)->id);
	json_array_clear(m->deferred);
	json_array_clear(m->devices);
	both_bound(m);
	probe(m, "mmu.0", "orion-mmu", 61000, 61100, 0, 11);
	probe(m, "gpu.0", "orion-gpu", 61200, 61300, 0, 12);
	m->host.taken_mono_ns = 62000 * MS;
	analyse(m);
	r = the_report(m, GW_CLASS_DEFERRED_FOREVER);
	assert_string_equal(r->id, id);
	assert_int_equal(r->state, GW_STATE_RESOLVED);
	assert_true(r->resolved_mono_ns == 61300 * MS);
	machine_free(m);
}

/* ---- deferral-timeout -------------------------------------------------------------------------------------- */

TEST(consumer_that_failed_when_time_was_up)
{
	struct machine *m = machine_new();
	const struct gw_report *r;

	table(m, gpu_needs_mmu);
	device(m, "gpu.0", "", "");
	device(m, "mmu.0", "orion-mmu", "orion_mmu");
	cmdline(m, "deferred_probe_timeout=8");
	probe(m, "gpu.0", "orion-gpu", 1000, 1001, DEFERRED, 10);
	happens(m, GW_BOOT_DEFER_TIMEOUT, 10000, "", "");
	probe(m, "gpu.0", "orion-gpu", 10001, 10002, -ETIMEDOUT, 12);
	probe(m, "mmu.0", "orion-mmu", 14000, 14100, 0, 11);
	analyse(m);
	r = the_report(m, GW_CLASS_DEFERRAL_TIMEOUT);
	assert_string_equal(
		r->summary,
		"gpu.0 (driver orion-gpu) failed (-ETIMEDOUT) for want of mmu.0 after the deferred-probe timeout");
	assert_contains(r->advice, "deferred_probe_timeout=18");
	assert_contains(r->explanation, "mmu.0 bound at 14.100 s, when nobody waited any more.");
	machine_free(m);
}

/* The advice is that plus what was too little: 4.1 s, and a few. */
TEST(timeout_is_the_last_that_the_kernel_understood)
{
	struct machine *m = machine_new();

	table(m, gpu_needs_mmu);
	device(m, "gpu.0", "", "");
	device(m, "mmu.0", "orion-mmu", "orion_mmu");
	cmdline(m,
		"dyndbg=\"deferred_probe_timeout=1\" deferred_probe_timeout=2 deferred-probe-timeout=8 deferred_probe_timeout=9s");
	probe(m, "gpu.0", "orion-gpu", 1000, 1001, DEFERRED, 10);
	happens(m, GW_BOOT_DEFER_TIMEOUT, 10000, "", "");
	probe(m, "gpu.0", "orion-gpu", 10001, 10002, -ETIMEDOUT, 12);
	probe(m, "mmu.0", "orion-mmu", 14000, 14100, 0, 11);
	analyse(m);
	assert_contains(the_report(m, GW_CLASS_DEFERRAL_TIMEOUT)->advice, "deferred_probe_timeout=18");
	machine_free(m);
}

/* Three times the largest timeout that there can be is more than an int. */
TEST(advice_about_the_largest_timeout_does_not_overflow)
{
	struct machine *m = machine_new();

	device(m, "gpu.0", "", "");
	cmdline(m, "deferred_probe_timeout=2147483647");
	probe(m, "gpu.0", "orion-gpu", 1000, 1001, DEFERRED, 10);
	happens(m, GW_BOOT_DEFER_TIMEOUT, 10000, "", "");
	probe(m, "gpu.0", "orion-gpu", 10001, 10002, -ETIMEDOUT, 12);
	analyse(m);
	assert_contains(the_report(m, GW_CLASS_DEFERRAL_TIMEOUT)->advice, "deferred_probe_timeout=6442450941");
	machine_free(m);
}

TEST(consumer_that_came_up_without_when_time_was_up)
{
	struct machine *m = machine_new();
	const struct gw_report *r;

	needs_by_firmware(device(m, "gpu.0", "orion-gpu", "orion_gpu"), "iommus", "/soc/mmu", "mmu.0");
	device(m, "mmu.0", "orion-mmu", "orion_mmu");
	probe(m, "gpu.0", "orion-gpu", 1000, 1001, DEFERRED, 10);
	happens(m, GW_BOOT_DEFER_TIMEOUT, 10000, "", "");
	probe(m, "gpu.0", "orion-gpu", 10001, 10100, 0, 12);
	probe(m, "mmu.0", "orion-mmu", 14000, 14100, 0, 11);
	analyse(m);
	r = the_report(m, GW_CLASS_DEFERRAL_TIMEOUT);
	assert_contains(r->summary, "came up without mmu.0");
	assert_string_equal(order_text(r, "effect"), "lost");
	machine_free(m);
}

/* The log's clock is ahead: what it says lies behind the attempt that said it. Nobody but the kernel knows when time was up. */
TEST(dependency_that_the_kernel_said_to_ignore)
{
	struct machine *m = machine_new();
	const struct gw_report *r;

	needs_by_firmware(device(m, "gpu.0", "orion-gpu", "orion_gpu"), "iommus", "/soc/mmu", "mmu.0");
	device(m, "mmu.0", "", "");
	probe(m, "gpu.0", "orion-gpu", 1000, 1001, DEFERRED, 10);
	probe(m, "gpu.0", "orion-gpu", 10001, 10100, 0, 12);
	kmsg(m, 1, 10350, "orion-gpu gpu.0: deferred probe timeout, ignoring dependency");
	analyse(m);
	assert_int_equal(m->n_reports, 1);
	r = the_report(m, GW_CLASS_DEFERRAL_TIMEOUT);
	assert_contains(r->summary, "came up without mmu.0");
	assert_contains(r->explanation, "10.100 s");
	machine_free(m);
}

/* deferred_probe_timeout=0, or a module that is loaded when all is over. */
TEST(dependency_that_was_ignored_without_waiting)
{
	struct machine *m = machine_new();
	const struct gw_report *r;

	needs_by_firmware(device(m, "gpu.0", "orion-gpu", "orion_gpu"), "iommus", "/soc/mmu", "mmu.0");
	device(m, "mmu.0", "orion-mmu", "orion_mmu");
	probe(m, "gpu.0", "orion-gpu", 30000, 30100, 0, 12);
	kmsg(m, 1, 30050, "orion-gpu gpu.0: deferred probe timeout, ignoring dependency");
	probe(m, "mmu.0", "orion-mmu", 40000, 40100, 0, 13);
	analyse(m);
	r = the_report(m, GW_CLASS_DEFERRAL_TIMEOUT);
	assert_contains(r->explanation, "did not wait for suppliers any more");
	assert_contains(r->explanation, "mmu.0 bound at 40.100 s");
	assert_contains(r->advice, "deferred_probe_timeout=46: the supplier came 10.1 s too late");
	machine_free(m);
}

TEST(log_clock_is_what_the_scheduler_says_it_is)
{
	struct machine *m = machine_new();
	const struct gw_report *r;
	json_t *json, *settings;

	assert_int_equal(json_object_set_new(m->state, "log_offset_ns", json_integer(-(json_int_t)(300 * MS))), 0);
	is_deferred(m, "gpu.0", "");
	needs_by_firmware(device(m, "gpu.0", "", ""), "clocks", "/soc/clock", "clock.0");
	device(m, "clock.0", "", "");
	probe(m, "gpu.0", "orion-gpu", 1000, 1001, DEFERRED, 10);
	kmsg(m, 1, 10300, "platform gpu.0: deferred probe pending: orion-gpu: no clock");
	analyse(m);
	r = the_report(m, GW_CLASS_DEFERRED_FOREVER);
	assert_int_equal(r->formed_mono_ns, 1001 * MS);
	json = document(m);
	settings = json_object_get(json, "settings");
	assert_int_equal(json_integer_value(json_object_get(settings, "timeout_expired_ns")), 10000 * MS);
	json_decref(json);
	machine_free(m);
}

TEST(supplier_that_came_in_time_for_a_patient_consumer)
{
	struct machine *m = machine_new();

	table(m, gpu_needs_mmu);
	both_bound(m);
	probe(m, "gpu.0", "orion-gpu", 5000, 5001, DEFERRED, 10);
	happens(m, GW_BOOT_DEFER_TIMEOUT, 4000, "", "");
	probe(m, "mmu.0", "orion-mmu", 14000, 14100, 0, 11);
	probe(m, "gpu.0", "orion-gpu", 14200, 14300, 0, 12);
	analyse(m);
	assert_silent(m);
	machine_free(m);
}

TEST(hardware_that_timed_out_is_no_deferral)
{
	struct machine *m = machine_new();

	table(m, gpu_needs_mmu);
	device(m, "gpu.0", "", "");
	device(m, "mmu.0", "orion-mmu", "orion_mmu");
	probe(m, "mmu.0", "orion-mmu", 500, 600, 0, 11);
	probe(m, "gpu.0", "orion-gpu", 1000, 3000, -ETIMEDOUT, 10);
	happens(m, GW_BOOT_DEFER_TIMEOUT, 10000, "", "");
	analyse(m);
	assert_silent(m);
	machine_free(m);
}

/* ---- deferral-storm ----------------------------------------------------------------------------------------- */

static void storm(struct machine *m, unsigned int devices, unsigned int retries, uint64_t ms_each)
{
	uint64_t now = 1000;

	for (unsigned int i = 0; i < retries; i++) {
		for (unsigned int k = 0; k < devices; k++, now += ms_each + 1) {
			char name[32];

			snprintf(name, sizeof(name), "gpu.%u", k);
			probe(m, name, "orion-gpu", now, now + ms_each, DEFERRED, 10);
		}
	}
	probe(m, "mmu.0", "orion-mmu", now, now, 0, 11);
	for (unsigned int k = 0; k < devices; k++) {
		char name[32];

		snprintf(name, sizeof(name), "gpu.%u", k);
		device(m, name, "orion-gpu", "orion_gpu");
		now++;
		probe(m, name, "orion-gpu", now, now, 0, 10);
	}
	m->host.taken_mono_ns = (now + 1000) * MS;
	analyse(m);
}

TEST(fifty_devices_deferring_twenty_times)
{
	struct machine *m = machine_new();
	const struct gw_report *r;

	storm(m, 50, 20, 0);
	r = the_report(m, GW_CLASS_DEFERRAL_STORM);
	assert_int_equal(order_number(r, "retries"), 1000);
	assert_int_equal(order_number(r, "devices"), 50);
	assert_string_equal(order_text(r, "effect"), "slow");
	machine_free(m);
}

TEST(one_slow_device_deferring_often)
{
	struct machine *m = machine_new();

	storm(m, 1, 12, 20);
	assert_int_equal(order_number(the_report(m, GW_CLASS_DEFERRAL_STORM), "lost_ns"), 12 * 20 * MS);
	machine_free(m);
}

TEST(healthy_boots_with_deferrals_are_no_storm)
{
	struct machine *m = machine_new();

	storm(m, 100, 3, 0); /* many devices, a few retries each */
	assert_silent(m);
	machine_free(m);
	m = machine_new();
	storm(m, 1, 30, 1); /* often, but it costs nothing */
	assert_silent(m);
	machine_free(m);
}

/* ---- initcall-order ------------------------------------------------------------------------------------------ */

static void image(struct machine *m, const char *first, const char *second, enum gw_initcall_level second_level)
{
	const struct gw_initcall list[] = {
		{ .function = "pci_iommu_init", .module = "pci_dma", .level = GW_INITCALL_ROOTFS },
		{ .function = first, .module = "", .level = GW_INITCALL_DEVICE },
		{ .function = "other_init", .module = "", .level = GW_INITCALL_DEVICE },
		{ .function = second, .module = "", .level = second_level },
	};

	assert_int_equal(gw_boot_evidence_set_initcalls(m->evidence, list, 4), 0);
}

static void calls(struct machine *m, const char *first, const char *second)
{
	char text[128];

	kmsg(m, 0, 0, "Linux version 6.1.0");
	snprintf(text, sizeof(text), "calling  %s+0x0/0x10 @ 1", first);
	kmsg(m, 1, 1000, text);
	snprintf(text, sizeof(text), "initcall %s+0x0/0x10 returned 0 after 1000 usecs", first);
	kmsg(m, 2, 1001, text);
	snprintf(text, sizeof(text), "calling  %s+0x0/0x10 @ 1", second);
	kmsg(m, 3, 1002, text);
	snprintf(text, sizeof(text), "initcall %s+0x0/0x10 returned 0 after 1000 usecs", second);
	kmsg(m, 4, 1003, text);
}

TEST(same_level_is_fragile)
{
	struct machine *m = machine_new();
	const struct gw_report *r;

	table(m, gpu_needs_pasid);
	image(m, "orion_pasid_init", "orion_gpu_init", GW_INITCALL_DEVICE);
	calls(m, "orion_pasid_init", "orion_gpu_init");
	analyse(m);
	r = the_report(m, GW_CLASS_INITCALL_ORDER);
	assert_string_equal(order_text(r, "effect"), "fragile");
	assert_contains(r->summary, "only because of the order of linking");
	assert_contains(r->advice, "make orion_gpu_init a late_initcall()");
	machine_free(m);
}

TEST(reversed_order_is_reported_as_lost)
{
	struct machine *m = machine_new();
	const struct gw_report *r;

	table(m, gpu_needs_pasid);
	image(m, "orion_gpu_init", "orion_pasid_init", GW_INITCALL_DEVICE);
	calls(m, "orion_gpu_init", "orion_pasid_init");
	analyse(m);
	r = the_report(m, GW_CLASS_INITCALL_ORDER);
	assert_string_equal(order_text(r, "effect"), "lost");
	assert_int_equal(r->confidence, GW_CONFIDENCE_PROVEN);
	assert_string_equal(
		r->summary,
		"Orion GPU (orion_gpu_init) was initialised before Orion PASID (orion_pasid_init), which it needs");
	machine_free(m);
}

TEST(later_level_is_clean)
{
	struct machine *m = machine_new();

	table(m, gpu_needs_pasid);
	image(m, "orion_pasid_init", "orion_gpu_init", GW_INITCALL_LATE);
	calls(m, "orion_pasid_init", "orion_gpu_init");
	analyse(m);
	assert_silent(m);
	machine_free(m);
}

TEST(image_alone_tells_the_order_of_calls_that_were_not_recorded)
{
	struct machine *m = machine_new();

	table(m, gpu_needs_pasid);
	image(m, "orion_gpu_init", "orion_pasid_init", GW_INITCALL_DEVICE);
	analyse(m);
	assert_int_equal(the_report(m, GW_CLASS_INITCALL_ORDER)->confidence, GW_CONFIDENCE_PROBABLE);
	machine_free(m);
}

TEST(consumer_built_in_before_its_suppliers_module)
{
	struct machine *m = machine_new();

	table(m, gpu_needs_pasid);
	image(m, "orion_gpu_init", "unrelated_init", GW_INITCALL_DEVICE);
	calls(m, "orion_gpu_init", "unrelated_init");
	module_init(m, "orion_pasid", 5000, 5001);
	analyse(m);
	assert_contains(the_report(m, GW_CLASS_INITCALL_ORDER)->advice, "Build both in");
	machine_free(m);
}

TEST(modules_in_the_wrong_order)
{
	struct machine *m = machine_new();
	const struct gw_report *r;

	table(m, gpu_needs_pasid);
	module_init(m, "orion_gpu", 4000, 4001);
	module_init(m, "orion_pasid", 5000, 5001);
	analyse(m);
	r = the_report(m, GW_CLASS_INITCALL_ORDER);
	assert_contains(r->advice, "softdep orion_gpu pre: orion_pasid");
	assert_string_equal(r->root_node, "driver:orion_pasid");
	machine_free(m);
}

TEST(modules_in_the_right_order_or_loaded_again_are_healthy)
{
	struct machine *m = machine_new();

	table(m, gpu_needs_pasid);
	module_init(m, "orion_pasid", 3000, 3001);
	module_init(m, "orion_gpu", 4000, 4001);
	analyse(m);
	assert_silent(m);
	machine_free(m);
	m = machine_new();
	table(m, gpu_needs_pasid);
	module_init(m, "orion_gpu", 4000, 4001);
	module_init(m, "orion_pasid", 5000, 5001);
	module_init(m, "orion_gpu", 6000, 6001);
	analyse(m);
	assert_silent(m);
	machine_free(m);
}

TEST(supplier_loaded_from_within_the_consumers_init_was_waited_for)
{
	struct machine *m = machine_new();

	table(m, gpu_needs_pasid);
	happens(m, GW_BOOT_MODULE_BEGIN, 4000, "orion_gpu", "");
	module_init(m, "orion_pasid", 5000, 5001);
	happens(m, GW_BOOT_MODULE_END, 6000, "orion_gpu", "");
	analyse(m);
	assert_silent(m);
	machine_free(m);
}

/* ---- silent-absence ------------------------------------------------------------------------------------------- */

TEST(feature_that_is_missing_with_a_supplier_that_never_came)
{
	struct machine *m = machine_new();
	const struct gw_report *r;

	table(m, gpu_needs_mmu);
	device(m, "gpu.0", "orion-gpu", "orion_gpu");
	module(m, "orion_mmu", "available");
	path(m, "/dev/protected", false);
	probe(m, "gpu.0", "orion-gpu", 1000, 1100, 0, 10);
	analyse(m);
	r = the_report(m, GW_CLASS_SILENT_ABSENCE);
	assert_string_equal(
		r->summary,
		"gpu.0 (driver orion-gpu) came up without protected playback: module orion_mmu is not loaded");
	assert_contains(r->advice, "softdep orion_gpu pre: orion_mmu");
	assert_string_equal(order_text(r, "feature"), "protected playback");
	machine_free(m);
}

TEST(feature_that_is_there_or_not_known_is_not_missing)
{
	struct machine *m = machine_new();

	table(m, gpu_needs_mmu);
	device(m, "gpu.0", "orion-gpu", "orion_gpu");
	probe(m, "gpu.0", "orion-gpu", 1000, 1100, 0, 10);
	analyse(m); /* the path was not looked at */
	assert_silent(m);
	path(m, "/dev/protected", true);
	analyse(m);
	assert_silent(m);
	machine_free(m);
}

TEST(optional_supplier_that_is_not_on_this_machine)
{
	struct machine *m = machine_new();
	char text[1024];

	snprintf(text, sizeof(text), "%sOptional=yes\n", gpu_needs_mmu);
	table(m, text);
	device(m, "gpu.0", "orion-gpu", "orion_gpu");
	module(m, "orion_mmu", "available");
	path(m, "/dev/protected", false);
	analyse(m);
	assert_silent(m);
	machine_free(m);
}

TEST(absence_is_told_once_by_the_order_that_caused_it)
{
	struct machine *m = machine_new();

	table(m, gpu_needs_mmu);
	both_bound(m);
	path(m, "/dev/protected", false);
	probe(m, "gpu.0", "orion-gpu", 1000, 1100, 0, 10);
	probe(m, "mmu.0", "orion-mmu", 3000, 3100, 0, 11);
	analyse(m);
	the_report(m, GW_CLASS_PROBED_BEFORE_SUPPLIER);
	machine_free(m);
}

TEST(absence_that_was_put_right_is_resolved)
{
	struct machine *m = machine_new();
	const struct gw_report *r;
	char id[32];

	table(m, gpu_needs_mmu);
	device(m, "gpu.0", "orion-gpu", "orion_gpu");
	module(m, "orion_mmu", "available");
	path(m, "/dev/protected", false);
	probe(m, "gpu.0", "orion-gpu", 1000, 1100, 0, 10);
	analyse(m);
	snprintf(id, sizeof(id), "%s", the_report(m, GW_CLASS_SILENT_ABSENCE)->id);
	happens(m, GW_BOOT_UNBIND, 5000, "gpu.0", "orion-gpu");
	probe(m, "mmu.0", "orion-mmu", 6000, 6100, 0, 11);
	probe(m, "gpu.0", "orion-gpu", 7000, 7100, 0, 10);
	json_array_clear(m->devices);
	both_bound(m);
	path(m, "/dev/protected", true);
	analyse(m);
	r = the_report(m, GW_CLASS_SILENT_ABSENCE);
	assert_string_equal(r->id, id);
	assert_int_equal(r->state, GW_STATE_RESOLVED);
	assert_true(r->resolved_mono_ns == 7100 * MS);
	machine_free(m);
}

static const char gpu_needs_group[] = "[gpu-iommu]\n"
				      "Consumer=Orion GPU\n"
				      "ConsumerDrivers=orion-gpu\n"
				      "Supplier=Orion IOMMU\n"
				      "SupplierInitcalls=orion_iommu_init\n"
				      "Feature=DMA protection\n"
				      "FeatureIOMMUGroup=yes\n"
				      "Why=DMA is not confined without.\n"
				      "Source=drivers/iommu\n";

static void iommu(struct machine *m, int groups)
{
	assert_int_equal(
		json_object_set_new(m->state, "iommu", json_pack("{s:[s], s:i}", "units", "orion", "groups", groups)),
		0);
}

TEST(device_without_a_group_although_others_have_one)
{
	struct machine *m = machine_new();

	table(m, gpu_needs_group);
	device(m, "gpu.0", "orion-gpu", "orion_gpu");
	iommu(m, 12);
	analyse(m);
	assert_contains(the_report(m, GW_CLASS_SILENT_ABSENCE)->explanation, "no IOMMU group");
	machine_free(m);
}

/* Both are bound, and nobody said a word; this machine has no other device with a group. */
TEST(master_that_its_iommu_did_not_take)
{
	struct machine *m = machine_new();
	const struct gw_report *r;
	json_t *gpu = device(m, "gpu.0", "orion-gpu", "orion_gpu");

	needs_by_firmware(gpu, "iommus", "/soc/mmu", "mmu.0");
	device(m, "mmu.0", "orion-mmu", "orion_mmu");
	probe(m, "mmu.0", "orion-mmu", 1000, 1100, 0, 10);
	probe(m, "gpu.0", "orion-gpu", 2000, 2100, 0, 12);
	iommu(m, 0);
	analyse(m);
	r = the_report(m, GW_CLASS_SILENT_ABSENCE);
	assert_string_equal(r->summary, "gpu.0 (driver orion-gpu) came up without its IOMMU mmu.0");
	assert_string_equal(order_text(r, "feature"), "IOMMU");
	cmdline(m, "iommu=off");
	analyse(m);
	assert_silent(m);
	cmdline(m, "");
	json_object_set_new(gpu, "iommu_group", json_integer(0));
	analyse(m);
	assert_silent(m);
	machine_free(m);
}

/* A clock makes no groups. */
TEST(supplier_that_is_no_iommu_makes_no_group)
{
	struct machine *m = machine_new();

	needs_by_firmware(device(m, "codec.0", "orion-codec", "orion_codec"), "clocks", "/soc/clock", "clock.0");
	device(m, "clock.0", "orion-clock", "orion_clock");
	iommu(m, 3);
	analyse(m);
	assert_silent(m);
	machine_free(m);
}

TEST(machine_without_groups_or_with_the_iommu_switched_off)
{
	struct machine *m = machine_new();

	table(m, gpu_needs_group);
	device(m, "gpu.0", "orion-gpu", "orion_gpu");
	iommu(m, 0);
	analyse(m);
	assert_silent(m);
	/* vfio without an IOMMU */
	assert_int_equal(json_object_set_new(m->state, "iommu", json_pack("{s:[], s:i}", "units", "groups", 1)), 0);
	analyse(m);
	assert_silent(m);
	iommu(m, 12);
	cmdline(m, "amd_iommu=off");
	analyse(m);
	assert_silent(m);
	machine_free(m);
}

/* What the kernel's handlers make of it: arch/x86/kernel/pci-dma.c, drivers/iommu/{amd,intel}. */
TEST(iommu_is_off_as_the_kernel_has_it)
{
	static const struct {
		const char *line;
		bool off;
	} cases[] = {
		{ "iommu=force,off", true },
		{ "iommu=off iommu=pt", true },
		{ "iommu=soft", true },
		{ "amd-iommu=fullflush,off amd_iommu=on", true },
		{ "intel_iommu=on,igfx_off", false },
		{ "intel_iommu=on intel_iommu=off", true },
		{ "intel_iommu=off intel_iommu=on", false },
		{ "iommu=pt", false },
		{ "xiommu=off x=iommu=off", false },
		{ "dyndbg=\"iommu=off amd_iommu=off\"", false },
		{ "ro -- iommu=off", false },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct machine *m = machine_new();

		table(m, gpu_needs_group);
		device(m, "gpu.0", "orion-gpu", "orion_gpu");
		iommu(m, 12);
		cmdline(m, cases[i].line);
		analyse(m);
		if (m->n_reports != !cases[i].off)
			print_error("with %s:\n", cases[i].line);
		if (cases[i].off)
			assert_silent(m);
		else
			the_report(m, GW_CLASS_SILENT_ABSENCE);
		machine_free(m);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(consumer_that_bound_first_is_reported),
		cmocka_unit_test(report_keeps_the_time_when_it_was_detected_first_unless_it_formed_later),
		cmocka_unit_test(consumer_that_came_second_is_healthy),
		cmocka_unit_test(consumer_that_deferred_and_bound_later_is_healthy),
		cmocka_unit_test(supplier_that_was_bound_before_recording_began_is_not_accused),
		cmocka_unit_test(supplier_that_was_unbound_first_had_been_bound_before),
		cmocka_unit_test(supplier_that_was_bound_again_was_there),
		cmocka_unit_test(supplier_that_was_away_when_the_consumer_came_is_reported),
		cmocka_unit_test(consumer_that_was_bound_again_is_resolved),
		cmocka_unit_test(driver_that_rejects_a_device_is_no_consumer_of_it),
		cmocka_unit_test(one_of_two_possible_suppliers_is_enough),
		cmocka_unit_test(firmware_supplier_that_came_late_is_reported_with_fw_devlink),
		cmocka_unit_test(ends_of_a_graph_and_cycles_are_no_order),
		cmocka_unit_test(link_that_the_consumer_made_itself_is_no_order),
		cmocka_unit_test(link_made_before_the_probe_is_an_order),
		cmocka_unit_test(links_for_power_management_or_sync_state_are_no_order),
		cmocka_unit_test(consumer_beside_a_supplier_that_is_being_probed_is_reported),
		cmocka_unit_test(consumer_that_deferred_beside_its_supplier_is_healthy),
		cmocka_unit_test(consumer_that_failed_beside_its_supplier_is_reported),
		cmocka_unit_test(probe_inside_of_another_one_of_the_same_thread_is_no_overlap),
		cmocka_unit_test(consumer_that_waited_inside_of_its_probe_is_healthy),
		cmocka_unit_test(missing_driver_is_named_with_its_module),
		cmocka_unit_test(blacklisted_module_is_said_to_be),
		cmocka_unit_test(blacklists_are_those_of_modprobe_and_the_kernel),
		cmocka_unit_test(driver_that_does_not_exist_is_not_to_be_loaded),
		cmocka_unit_test(root_of_a_chain_is_what_is_missing),
		cmocka_unit_test(supplier_that_firmware_names_and_that_is_no_device),
		cmocka_unit_test(short_wait_is_part_of_a_boot),
		cmocka_unit_test(short_wait_after_the_timeout_is_long_enough),
		cmocka_unit_test(long_wait_that_ended_is_resolved),
		cmocka_unit_test(consumer_that_failed_when_time_was_up),
		cmocka_unit_test(timeout_is_the_last_that_the_kernel_understood),
		cmocka_unit_test(advice_about_the_largest_timeout_does_not_overflow),
		cmocka_unit_test(consumer_that_came_up_without_when_time_was_up),
		cmocka_unit_test(dependency_that_the_kernel_said_to_ignore),
		cmocka_unit_test(dependency_that_was_ignored_without_waiting),
		cmocka_unit_test(log_clock_is_what_the_scheduler_says_it_is),
		cmocka_unit_test(supplier_that_came_in_time_for_a_patient_consumer),
		cmocka_unit_test(hardware_that_timed_out_is_no_deferral),
		cmocka_unit_test(fifty_devices_deferring_twenty_times),
		cmocka_unit_test(one_slow_device_deferring_often),
		cmocka_unit_test(healthy_boots_with_deferrals_are_no_storm),
		cmocka_unit_test(same_level_is_fragile),
		cmocka_unit_test(reversed_order_is_reported_as_lost),
		cmocka_unit_test(later_level_is_clean),
		cmocka_unit_test(image_alone_tells_the_order_of_calls_that_were_not_recorded),
		cmocka_unit_test(consumer_built_in_before_its_suppliers_module),
		cmocka_unit_test(modules_in_the_wrong_order),
		cmocka_unit_test(modules_in_the_right_order_or_loaded_again_are_healthy),
		cmocka_unit_test(supplier_loaded_from_within_the_consumers_init_was_waited_for),
		cmocka_unit_test(feature_that_is_missing_with_a_supplier_that_never_came),
		cmocka_unit_test(feature_that_is_there_or_not_known_is_not_missing),
		cmocka_unit_test(optional_supplier_that_is_not_on_this_machine),
		cmocka_unit_test(absence_is_told_once_by_the_order_that_caused_it),
		cmocka_unit_test(absence_that_was_put_right_is_resolved),
		cmocka_unit_test(device_without_a_group_although_others_have_one),
		cmocka_unit_test(master_that_its_iommu_did_not_take),
		cmocka_unit_test(supplier_that_is_no_iommu_makes_no_group),
		cmocka_unit_test(machine_without_groups_or_with_the_iommu_switched_off),
		cmocka_unit_test(iommu_is_off_as_the_kernel_has_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
