/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Lines of the kernel log as 6.1, 6.12 and 7.2 print them. */
#include "build-boot.h"
#include "lib/boot/evidence/kmsg.h"

#define TEST(name) static void name(void **state)

/* Parses "PRIORITY,SEQUENCE,USEC,FLAGS;..." */
static int parse(struct gw_boot_event *e, const char *text)
{
	uint64_t sequence = UINT64_MAX;
	int r = gw_boot_event_from_kmsg(e, &sequence, text, strlen(text));

	if (r == 1)
		assert_true(sequence == e->sequence);
	return r;
}

static struct gw_boot_event parsed(const char *text)
{
	struct gw_boot_event e;

	if (parse(&e, text) != 1)
		fail_msg("not an event: %s", text);
	assert_int_equal(e.source, GW_BOOT_FROM_KMSG);
	return e;
}

static void assert_event(const struct gw_boot_event *e, enum gw_boot_event_type type, const char *subject,
			 const char *other)
{
	assert_int_equal(e->type, type);
	assert_string_equal(e->subject, subject);
	assert_string_equal(e->other, other);
}

TEST(initcall_begins_and_ends)
{
	struct gw_boot_event e = parsed("7,400,769459,-;calling  pci_iommu_init+0x0/0x3f @ 1");

	assert_event(&e, GW_BOOT_INITCALL_BEGIN, "pci_iommu_init", "");
	assert_int_equal(e.pid, 1);
	assert_true(e.time_ns == 769459000 && e.sequence == 400);
	e = parsed("7,401,769499,-;initcall pci_iommu_init+0x0/0x3f returned -19 after 40 usecs");
	assert_event(&e, GW_BOOT_INITCALL_END, "pci_iommu_init", "");
	assert_int_equal(e.result, -19);
	assert_true(e.duration_ns == 40000);
}

TEST(initcall_of_a_module_names_it)
{
	struct gw_boot_event e = parsed("7,3103,7199744,-;calling  amdgpu_init+0x0/0x1000 [amdgpu] @ 117");

	assert_event(&e, GW_BOOT_INITCALL_BEGIN, "amdgpu_init", "amdgpu");
	assert_int_equal(e.pid, 117);
	e = parsed("7,3109,7206747,-;initcall amdgpu_init+0x0/0x1000 [amdgpu] returned 0 after 5795 usecs");
	assert_event(&e, GW_BOOT_INITCALL_END, "amdgpu_init", "amdgpu");
}

TEST(initcall_events_of_tp_printk)
{
	struct gw_boot_event e = parsed("4,3104,7201400,-;initcall_start: func=amdgpu_init+0x0/0x1000 [amdgpu]");

	assert_event(&e, GW_BOOT_INITCALL_BEGIN, "amdgpu_init", "amdgpu");
	e = parsed("4,3110,7208155,-;initcall_finish: func=amdgpu_init+0x0/0x1000 [amdgpu] ret=-5");
	assert_event(&e, GW_BOOT_INITCALL_END, "amdgpu_init", "amdgpu");
	assert_int_equal(e.result, -5);
}

TEST(probe_result_of_a_driver_is_printed_positive)
{
	struct gw_boot_event e = parsed("7,2310,2158706,-;probe of PNP0103:00 returned 19 after 32670 usecs");

	assert_event(&e, GW_BOOT_PROBE_END, "PNP0103:00", "");
	assert_int_equal(e.result, -19);
	assert_true(e.duration_ns == 32670000);
	assert_int_equal(parsed("7,1,2,-;probe of gpu returned 517 after 0 usecs").result, DEFERRED);
	assert_int_equal(parsed("7,1,2,-;probe of gpu returned -517 after 0 usecs").result, DEFERRED);
}

TEST(duration_of_nothing_is_one_that_is_given)
{
	assert_true(parsed("7,1,2,-;probe of gpu returned 0 after 0 usecs").duration_ns > 0);
}

TEST(dynamic_debug_names_the_driver)
{
	struct gw_boot_event e = parsed(
		"7,359,769459,-;bus: 'platform': really_probe: probing driver reg-dummy with device reg-dummy.0");

	assert_event(&e, GW_BOOT_PROBE_BEGIN, "reg-dummy.0", "reg-dummy");
	assert_string_equal(e.bus, "platform");
	e = parsed("7,364,777304,-;bus: 'platform': really_probe: bound device reg-dummy.0 to driver reg-dummy");
	assert_event(&e, GW_BOOT_PROBE_END, "reg-dummy.0", "reg-dummy");
	e = parsed(
		"7,2008,2104984,-;pci 0000:00:01.0: bus: 'pci': really_probe: probing driver virtio-pci with device\n"
		" SUBSYSTEM=pci\n DEVICE=+pci:0000:00:01.0");
	assert_event(&e, GW_BOOT_PROBE_BEGIN, "0000:00:01.0", "virtio-pci");
	e = parsed(
		"7,2015,2116965,-;virtio-pci 0000:00:01.0: bus: 'pci': really_probe: bound device to driver virtio-pci");
	assert_event(&e, GW_BOOT_PROBE_END, "0000:00:01.0", "virtio-pci");
	assert_string_equal(e.bus, "pci");
}

TEST(failed_probe_names_driver_and_error)
{
	struct gw_boot_event e = parsed("4,10,20,-;orion-mmu: probe of orion-mmu.0 failed with error -110");

	assert_event(&e, GW_BOOT_PROBE_END, "orion-mmu.0", "orion-mmu");
	assert_int_equal(e.result, -ETIMEDOUT);
	e = parsed("3,10,20,-;orion-mmu orion-mmu.0: probe with driver orion-mmu failed with error -110\n"
		   " SUBSYSTEM=platform\n DEVICE=+platform:orion-mmu.0");
	assert_event(&e, GW_BOOT_PROBE_END, "orion-mmu.0", "orion-mmu");
	assert_int_equal(e.result, -ETIMEDOUT);
	assert_string_equal(e.bus, "platform");
}

TEST(rejected_match_is_an_end)
{
	struct gw_boot_event e =
		parsed("7,2300,2128198,-;hpet_acpi PNP0103:00: probe with driver hpet_acpi rejects match -19");

	assert_event(&e, GW_BOOT_PROBE_END, "PNP0103:00", "hpet_acpi");
	assert_int_equal(e.result, -ENODEV);
	e = parsed("7,2300,2128198,-;hpet_acpi: probe of PNP0103:00 rejects match -19");
	assert_event(&e, GW_BOOT_PROBE_END, "PNP0103:00", "hpet_acpi");
	assert_int_equal(e.result, -ENODEV);
}

TEST(deferral_and_its_reasons)
{
	struct gw_boot_event e = parsed("7,1,2,-;platform gpu.0: Added to deferred list");

	assert_event(&e, GW_BOOT_DEFER, "gpu.0", "");
	e = parsed("7,1,2,-;platform gpu.0: error -EPROBE_DEFER: wait for supplier /soc/iommu@9000000");
	assert_event(&e, GW_BOOT_SUPPLIER_WAIT, "gpu.0", "/soc/iommu@9000000");
	e = parsed("7,1,2,-;platform gpu.0: error -EPROBE_DEFER: supplier iommu.0 not ready");
	assert_event(&e, GW_BOOT_SUPPLIER_WAIT, "gpu.0", "iommu.0");
	e = parsed("7,1,2,-;orion-gpu gpu.0: error -EPROBE_DEFER: no clock yet");
	assert_event(&e, GW_BOOT_DEFER_REASON, "gpu.0", "no clock yet");
	e = parsed("7,1,2,-;platform gpu.0: Removed from deferred list");
	assert_event(&e, GW_BOOT_UNDEFER, "gpu.0", "");
}

TEST(timeout_of_deferral)
{
	struct gw_boot_event e = parsed("6,1,2,-;platform gpu.0: deferred probe pending");

	assert_event(&e, GW_BOOT_DEFER_TIMEOUT, "gpu.0", "");
	assert_int_equal(e.result, 0);
	e = parsed("4,1,2,-;platform gpu.0: deferred probe pending: platform: wait for supplier /soc/iommu");
	assert_event(&e, GW_BOOT_DEFER_TIMEOUT, "gpu.0", "platform: wait for supplier /soc/iommu");
	e = parsed("4,1,2,-;orion-gpu gpu.0: deferred probe timeout, ignoring dependency");
	assert_event(&e, GW_BOOT_DEFER_TIMEOUT, "gpu.0", "orion-gpu");
	assert_int_equal(e.result, -ETIMEDOUT);
	e = parsed("7,1,2,-;Extended deferred probe timeout by 10 secs");
	assert_event(&e, GW_BOOT_DEFER_EXTEND, "", "");
	assert_int_equal(e.result, 10);
}

TEST(links)
{
	struct gw_boot_event e = parsed("7,1,2,-;platform gpu.0: Linked as a consumer to iommu.0");

	assert_event(&e, GW_BOOT_LINK_ADD, "gpu.0", "iommu.0");
	e = parsed("7,1,2,-;platform gpu.0: Linked as a sync state only consumer to iommu.0");
	assert_true(e.flags & 1u << 7);
}

TEST(events_of_our_patches)
{
	struct gw_boot_event e = parsed("4,1,2,-;driver_probe_begin: dev=gpu.0 drv=orion gpu bus=platform");

	assert_event(&e, GW_BOOT_PROBE_BEGIN, "gpu.0", "orion gpu");
	assert_string_equal(e.bus, "platform");
	e = parsed("4,1,2,-;driver_probe_end: dev=gpu.0 drv=orion gpu result=-517");
	assert_event(&e, GW_BOOT_PROBE_END, "gpu.0", "orion gpu");
	assert_int_equal(e.result, DEFERRED);
	e = parsed("4,1,2,-;device_link_supplier_wait: consumer=gpu.0 supplier=iommu.0 flags=0x40 status=0");
	assert_event(&e, GW_BOOT_SUPPLIER_WAIT, "gpu.0", "iommu.0");
	e = parsed("4,1,2,-;device_link_fwnode_wait: consumer=gpu.0 supplier=iommu@9000000");
	assert_event(&e, GW_BOOT_SUPPLIER_WAIT, "gpu.0", "iommu@9000000");
	e = parsed("4,1,2,-;driver_deferred_probe_timeout_extend: timeout=12s");
	assert_event(&e, GW_BOOT_DEFER_EXTEND, "", "");
	assert_int_equal(e.result, 12);
	e = parsed("4,1,2,-;driver_deferred_probe_trigger: pending=3");
	assert_event(&e, GW_BOOT_DEFER_TRIGGER, "", "");
}

TEST(thread_of_the_printer_where_the_kernel_says_it)
{
	assert_int_equal(parsed("7,1,2,-,caller=T412;probe of gpu returned 0 after 3 usecs").pid, 412);
	assert_int_equal(parsed("7,1,2,-,caller=C1;probe of gpu returned 0 after 3 usecs").pid, 0);
}

TEST(other_lines_are_no_events)
{
	static const char *const others[] = {
		"6,1,0,-;Linux version 6.12",
		"7,118,0,-;entering initcall level: console",
		"6,215,681382,-;node 0 deferred pages initialised in 36ms",
		"7,1,2,-;probe of nothing",
		"7,1,2,-;probe of x returned y after z usecs",
		"7,1,2,-;calling  ",
		"7,1,2,-;calling  f",
		"7,1,2,-;initcall ",
		"7,1,2,-;initcall blacklisted",
		"7,1,2,-;",
		"7,1,2,-;: ",
		"7,1,2,-;a b: ",
		"7,1,2,-;bus: '",
		"7,1,2,-;bus: 'x': really_probe: ",
		"7,1,2,-;driver_probe_begin: ",
	};
	struct gw_boot_event e;

	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		if (parse(&e, others[i]) != 0)
			fail_msg("an event: %s", others[i]);
}

TEST(what_user_space_wrote_is_no_event)
{
	struct gw_boot_event e;

	/* Facility 1, user-level messages: whatever a program writes to /dev/kmsg. */
	assert_int_equal(parse(&e, "15,1,2,-;probe of gpu returned -5 after 3 usecs"), 0);
}

TEST(garbage_is_said_to_be_garbage)
{
	static const char *const garbage[] = { "",
					       ",",
					       "7",
					       "7,1",
					       "7,1,",
					       "7,1,2",
					       "7,1,2,-",
					       "x,1,2,-;calling  f+0x0 @ 1",
					       "7,99999999999999999999999,2",
					       "\xff\xfe;" };
	struct gw_boot_event e;

	for (size_t i = 0; i < sizeof(garbage) / sizeof(garbage[0]); i++)
		assert_int_equal(parse(&e, garbage[i]), -EBADMSG);
}

TEST(sequence_is_known_even_of_a_broken_record)
{
	struct gw_boot_event e;
	uint64_t sequence = 0;

	assert_int_equal(gw_boot_event_from_kmsg(&e, &sequence, "7,42,x", 6), -EBADMSG);
	assert_true(sequence == 42);
}

TEST(long_names_are_cut_and_say_so)
{
	char text[400] = "7,1,2,-;probe of ";

	memset(text + strlen(text), 'n', 200);
	strcat(text, " returned 0 after 1 usecs");
	assert_true(parsed(text).flags & GW_BOOT_F_CUT);
	assert_int_equal(strlen(parsed(text).subject), GW_BOOT_NAME_SIZE - 1);
}

TEST(reasons_are_not_cut)
{
	static const char reason[] =
		"platform: wait for supplier /soc@0/interconnect-bus@1000000/rsc@2000000/regulators-of-the-second-pmic/ldo17";
	char text[400];

	snprintf(text, sizeof(text), "4,1,2,-;platform gpu.0: deferred probe pending: %s", reason);
	assert_string_equal(parsed(text).other, reason);
	assert_false(parsed(text).flags & GW_BOOT_F_CUT);
}

TEST(probe_that_names_its_driver)
{
	struct gw_boot_event e = parsed("7,1,2,-;probe of gpu.0 with driver orion-gpu returned 517 after 7 usecs");

	assert_event(&e, GW_BOOT_PROBE_END, "gpu.0", "orion-gpu");
	assert_int_equal(e.result, DEFERRED);
	assert_true(e.duration_ns == 7000);
}

static void assert_words(const char *message, enum gw_boot_event_type type, const char *subject, const char *other,
			 int32_t result)
{
	struct gw_boot_event e = { .type = GW_BOOT_NONE };

	if (gw_boot_event_from_message(&e, message) != 1)
		fail_msg("not an event: %s", message);
	assert_event(&e, type, subject, other);
	assert_int_equal(e.result, result);
}

TEST(words_of_drivers)
{
	assert_words("orion-gpu gpu.0: Direct firmware load for orion/a.bin failed with error -2",
		     GW_BOOT_FIRMWARE_MISSING, "gpu.0", "orion/a.bin", -ENOENT);
	assert_words("orion-gpu 0000:03:00.0: firmware: failed to load orion/a.bin (-2)", GW_BOOT_FIRMWARE_MISSING,
		     "0000:03:00.0", "orion/a.bin", -ENOENT);
	assert_words("orion-drm soc:gpu: failed to bind a000.hdmi (ops orion_hdmi_ops [orion]): -517",
		     GW_BOOT_COMPONENT_BIND, "soc:gpu", "a000.hdmi", DEFERRED);
	assert_words("orion-drm soc:gpu: bound a000.hdmi (ops orion_hdmi_ops)", GW_BOOT_COMPONENT_BIND, "soc:gpu",
		     "a000.hdmi", 0);
	assert_words("orion-drm soc:gpu: master bind failed: -22", GW_BOOT_AGGREGATE_BIND, "soc:gpu", "orion-drm",
		     -EINVAL);
	assert_words("orion-drm soc:gpu: adev bind failed: -22", GW_BOOT_AGGREGATE_BIND, "soc:gpu", "orion-drm",
		     -EINVAL);
	assert_words("orion-gpu 0000:03:00.0: BAR 0: can't reserve [mem 0xe0000000-0xefffffff 64bit pref]",
		     GW_BOOT_RESOURCE_BUSY, "0000:03:00.0",
		     "BAR 0: can't reserve [mem 0xe0000000-0xefffffff 64bit pref]", -EBUSY);
	assert_words("[drm] Initialized orion 1.2.0 20240101 for 0000:03:00.0 on minor 1", GW_BOOT_DRM_MINOR,
		     "0000:03:00.0", "orion", 1);
	assert_words("kfd kfd: amdgpu: skipped device 1002:67e3, PCI rejects atomics 730<0", GW_BOOT_KFD_SKIPPED,
		     "1002:67e3", "PCI rejects atomics 730<0", 0);
	assert_words("orion_gpu: Unknown symbol orion_mmu_get (err -2)", GW_BOOT_SYMBOL_MISSING, "orion_gpu",
		     "orion_mmu_get", -ENOENT);
	assert_words("Waiting for root device /dev/mmcblk0p2...", GW_BOOT_ROOT_WAIT, "", "/dev/mmcblk0p2", 0);
	assert_words("EXT4-fs (vda1): mounted filesystem 6c2c ro with ordered data mode.", GW_BOOT_ROOT_MOUNTED, "",
		     "EXT4-fs (vda1): mounted filesystem 6c2c ro with ordered data mode.", 0);
}

TEST(words_that_only_look_like_them)
{
	struct gw_boot_event e = { .type = GW_BOOT_NONE };

	assert_int_equal(gw_boot_event_from_message(&e, "orion-gpu gpu.0: Direct firmware load for orion/a.bin"), 0);
	assert_int_equal(gw_boot_event_from_message(&e, "[drm] Initialized orion"), 0);
	assert_int_equal(gw_boot_event_from_message(&e, "kfd kfd: added device 1002:67df"), 0);
	assert_int_equal(gw_boot_event_from_message(&e, "orion-gpu gpu.0: BAR 0: assigned [mem 0xe0000000-0xefffffff]"),
			 0);
	assert_int_equal(gw_boot_event_from_message(&e, ""), 0);
}

/* ---- events as JSON ---------------------------------------------------------------------------------- */

TEST(event_survives_json)
{
	struct gw_boot_event e = parsed("7,400,769459,-,caller=T9;probe of gpu.0 returned 517 after 40 usecs"), again;
	json_t *json;

	e.object = 0xffff888100000000ULL;
	json = gw_boot_event_json(&e);
	assert_non_null(json);
	memset(&again, 0xff, sizeof(again));
	assert_int_equal(gw_boot_event_from_json(&again, json), 0);
	assert_memory_equal(&again, &e, sizeof(e));
	json_decref(json);
}

TEST(record_of_bpf_without_terminators_is_cut)
{
	struct gw_boot_record record = { .type = GW_BOOT_PROBE_END, .time_ns = 5, .result = -517 };
	struct gw_boot_event e;

	memset(record.subject, 'a', sizeof(record.subject));
	memset(record.bus, 'b', sizeof(record.bus));
	gw_boot_event_from_record(&e, &record);
	assert_int_equal(strlen(e.subject), GW_BOOT_NAME_SIZE - 1);
	assert_int_equal(strlen(e.bus), sizeof(e.bus) - 1);
	record.type = 12345;
	gw_boot_event_from_record(&e, &record);
	assert_int_equal(e.type, GW_BOOT_NONE);
}

TEST(json_that_is_no_event_is_refused)
{
	static const char *const broken[] = { "{}", "{\"type\":\"probe-end\",\"source\":\"bpf\"}",
					      "{\"type\":\"x\",\"source\":\"bpf\",\"time_ns\":1}",
					      "{\"type\":\"probe-end\",\"source\":5,\"time_ns\":1}", "[]" };
	struct gw_boot_event e;

	for (size_t i = 0; i < sizeof(broken) / sizeof(broken[0]); i++) {
		json_t *json = json_loads(broken[i], 0, NULL);

		assert_int_equal(gw_boot_event_from_json(&e, json), -EBADMSG);
		json_decref(json);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(initcall_begins_and_ends),
		cmocka_unit_test(initcall_of_a_module_names_it),
		cmocka_unit_test(initcall_events_of_tp_printk),
		cmocka_unit_test(probe_result_of_a_driver_is_printed_positive),
		cmocka_unit_test(duration_of_nothing_is_one_that_is_given),
		cmocka_unit_test(dynamic_debug_names_the_driver),
		cmocka_unit_test(failed_probe_names_driver_and_error),
		cmocka_unit_test(rejected_match_is_an_end),
		cmocka_unit_test(deferral_and_its_reasons),
		cmocka_unit_test(timeout_of_deferral),
		cmocka_unit_test(reasons_are_not_cut),
		cmocka_unit_test(probe_that_names_its_driver),
		cmocka_unit_test(words_of_drivers),
		cmocka_unit_test(words_that_only_look_like_them),
		cmocka_unit_test(links),
		cmocka_unit_test(events_of_our_patches),
		cmocka_unit_test(thread_of_the_printer_where_the_kernel_says_it),
		cmocka_unit_test(other_lines_are_no_events),
		cmocka_unit_test(what_user_space_wrote_is_no_event),
		cmocka_unit_test(garbage_is_said_to_be_garbage),
		cmocka_unit_test(sequence_is_known_even_of_a_broken_record),
		cmocka_unit_test(long_names_are_cut_and_say_so),
		cmocka_unit_test(event_survives_json),
		cmocka_unit_test(record_of_bpf_without_terminators_is_cut),
		cmocka_unit_test(json_that_is_no_event_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
