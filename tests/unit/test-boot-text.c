/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Boots of which only a kernel log is known, as people paste it. */
#include "build-boot.h"
#include "lib/boot/compare/compare.h"
#include "lib/boot/evidence/load.h"
#include "lib/boot/evidence/log-text.h"

#define TEST(name) static void name(void **state)

/* For tests/fuzz. */
static void keep_text(const char *text)
{
	const char *directory = getenv("GPUWATCH_CORPUS");
	static unsigned number;
	char path[4096];
	FILE *file;

	if (!directory)
		return;
	snprintf(path, sizeof(path), "%s/boot-%u", directory, number++);
	file = fopen(path, "w");
	assert_non_null(file);
	fputs(text, file);
	fclose(file);
}

/* @cards: of the boot before, JSON; NULL = nothing is kept of it. */
static struct machine *machine_after(const char *text, const char *cards)
{
	struct machine *m = calloc(1, sizeof(*m));
	char line[1024];

	keep_text(text);
	assert_non_null(m);
	assert_int_equal(gw_depends_new(&m->depends), 0);
	assert_int_equal(gw_boot_evidence_new(&m->evidence, m->depends), 0);
	assert_int_equal(gw_boot_evidence_add_log(m->evidence, text, strlen(text), NULL, NULL), 0);
	snprintf(line, sizeof(line), "{\"previous\": {\"boot_id\": \"before\", \"cards\": %s}}", cards ? cards : "[]");
	assert_int_equal(cards ? gw_boot_evidence_load(m->evidence, line, strlen(line)) : 0, 0);
	assert_int_equal(gw_boot_analyse(&m->boot, m->evidence), 0);
	m->n_reports = gw_boot_reports(m->boot, &m->reports);
	return m;
}

static struct machine *machine_of_text(const char *text)
{
	return machine_after(text, NULL);
}

static const struct gw_report *only_report(struct machine *m, enum gw_class class)
{
	if (m->n_reports != 1)
		fail_msg("%zu reports, the first: %s", m->n_reports, m->n_reports ? m->reports[0]->summary : "");
	return the_report(m, class);
}

/* ---- formats ------------------------------------------------------------------------------------------------ */

#define GAVE_UP(time) time "orion-mmu 1000.mmu: deferred probe timeout, ignoring dependency\n"
#define FAILED(time) time "orion-mmu 1000.mmu: probe with driver orion-mmu failed with error -110\n"

TEST(log_of_every_format)
{
	static const char *const prefixes[] = {
		"",
		"[   19.380623] ",
		"[   19.380623][  T47] ",
		"<4>[   19.380623] ",
		"kern  :warn  : [   19.380623] ",
		"4,812,19380623,-;",
		"[Sat Nov 21 13:28:30 2026] ",
		"Nov 21 13:28:30 board kernel: ",
		"2026-11-21T13:28:30.123456+01:00 board kernel: [   19.380623] ",
		"> [   19.380623] ",
	};

	for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++) {
		char text[400];
		struct machine *m;

		snprintf(text, sizeof(text),
			 "%sorion-mmu 1000.mmu: deferred probe timeout, ignoring dependency\r\n"
			 "%sorion-mmu 1000.mmu: probe with driver orion-mmu failed with error -110\r\n",
			 prefixes[i], prefixes[i]);
		m = machine_of_text(text);
		assert_string_equal(order_text(only_report(m, GW_CLASS_DEFERRAL_TIMEOUT), "device"), "1000.mmu");
		machine_free(m);
	}
}

TEST(wrapped_lines_are_put_together)
{
	struct machine *m = machine_of_text(
		"[   19.380623] orion-mmu 1000.mmu: deferred probe time\n"
		"out, ignoring dependency\n"
		"[   19.380624] orion-mmu 1000.mmu: probe with driver\n"
		"orion-mmu failed with error -110\n"
		"[   20.000000] platform 2000.gpu: deferred probe pending: platform: wait for supplier /soc/pm\n"
		"ic@66/ldo3\n");

	assert_int_equal(m->n_reports, 2);
	assert_string_equal(order_text(m->reports[0], "result_name"), "-ETIMEDOUT");
	assert_string_equal(order_text(m->reports[1], "supplier"), "/soc/pmic@66/ldo3");
	machine_free(m);
}

TEST(lines_of_one_length_without_times_are_lines)
{
	struct machine *m = machine_of_text(
		"platform 1000.a: deferred probe pending: platform: wait for supplier /soc/pmic@66/ldo1\n"
		"platform 2000.b: deferred probe pending: platform: wait for supplier /soc/pmic@66/ldo2\n"
		"platform 3000.c: deferred probe pending: platform: wait for supplier /soc/pmic@66/ldo3\n"
		"platform 4000.d: deferred probe pending: platform: wait for supplier /soc/pmic@66/ldo4\n");

	assert_int_equal(order_number(only_report(m, GW_CLASS_DEFERRED_FOREVER), "devices"), 4);
	machine_free(m);
}

TEST(text_without_times_has_an_order_and_no_time)
{
	struct machine *m = machine_of_text(GAVE_UP("") FAILED(""));
	const struct gw_report *r = only_report(m, GW_CLASS_DEFERRAL_TIMEOUT);

	assert_contains(r->explanation, "had expired by line 1");
	assert_true(r->formed_mono_ns == 0);
	assert_true(json_is_null(json_object_get(r->probe_order, "end_ns")));
	machine_free(m);
}

TEST(last_boot_of_several_counts)
{
	struct machine *m = machine_of_text(GAVE_UP("[   19.0] ") FAILED(
		"[   19.1] ") "[    0.000000] Linux version 6.12.1 (builder@host) #1\n"
			      "[    2.000000] orion-mmu 1000.mmu: bound 3000.part (ops orion_ops)\n");
	json_t *order = document(m);

	assert_int_equal(m->n_reports, 0);
	assert_string_equal(json_string_value(json_object_get(order, "kernel")), "6.12.1");
	json_decref(order);
	machine_free(m);
}

TEST(text_that_is_no_log)
{
	struct machine *m = machine_of_text("Dear all,\n\nmy GPU does not work: what can I do?\n");

	assert_true(m->evidence->log.known == 0);
	assert_int_equal(m->n_reports, 0);
	machine_free(m);
}

/* ---- one cause is one report ------------------------------------------------------------------------------------ */

TEST(all_that_gave_up_for_no_recorded_reason_are_one_report)
{
	struct machine *m = machine_of_text(GAVE_UP("[   19.1] ") FAILED(
		"[   19.2] ") "[   19.3] orion-mmu 2000.mmu: deferred probe timeout, ignoring dependency\n"
			      "[   19.4] orion-mmu 2000.mmu: probe with driver orion-mmu failed with error -22\n"
			      "[   19.5] platform 5000.usb: deferred probe pending: platform: wait for supplier /soc/mmu@2000/port\n"
			      "[   19.6] platform sound: deferred probe pending: (reason unknown)\n");
	const struct gw_report *r = only_report(m, GW_CLASS_DEFERRAL_TIMEOUT);

	assert_int_equal(order_number(r, "devices"), 2);
	assert_contains(r->explanation, "No record names what was waited for.");
	assert_contains(r->explanation, "how long it is on this kernel is not in the log");
	assert_contains(r->explanation, "Still waiting for them: 5000.usb.");
	assert_contains(r->explanation, "which no record names: sound.");
	machine_free(m);
}

TEST(one_whose_end_is_not_in_the_log_goes_with_the_others)
{
	struct machine *m = machine_of_text(
		"[   19.0] orion-mmu 2000.mmu: deferred probe timeout, ignoring dependency\n" GAVE_UP("[   19.1] ")
			FAILED("[   19.2] "));
	const struct gw_report *r = only_report(m, GW_CLASS_DEFERRAL_TIMEOUT);

	assert_string_equal(order_text(r, "device"), "1000.mmu");
	assert_int_equal(order_number(r, "devices"), 2);
	machine_free(m);
	m = machine_of_text("[   19.0] orion-mmu 2000.mmu: deferred probe timeout, ignoring dependency\n");
	assert_contains(only_report(m, GW_CLASS_DEFERRAL_TIMEOUT)->explanation,
			"How that probe ended is not in the log.");
	machine_free(m);
}

TEST(nodes_of_one_pmic_are_one_cause)
{
	struct machine *m = machine_of_text(
		"[   14.1] platform 3000.dsi: deferred probe pending: platform: wait for supplier /soc/i2c@7000/pmic@66/regulators/LDO6\n"
		"[   14.2] platform 4000.gpu: deferred probe pending: platform: wait for supplier /soc/i2c@7000/pmic@66/regulators/BUCK3\n"
		"[   14.3] platform 5000.rtc: deferred probe pending: platform: wait for supplier /soc/i2c@7000/pmic@66/clocks\n"
		"[   14.4] platform bus-a: deferred probe pending: (reason unknown)\n");
	const struct gw_report *r = only_report(m, GW_CLASS_DEFERRED_FOREVER);

	assert_string_equal(order_text(r, "supplier"), "/soc/i2c@7000/pmic@66");
	assert_int_equal(order_number(r, "devices"), 3);
	assert_contains(r->explanation, "4000.gpu");
	assert_null(strstr(r->summary, "does not exist"));
	machine_free(m);
}

TEST(nodes_of_two_devices_are_two_causes)
{
	struct machine *m = machine_of_text(
		"[   14.1] platform 3000.dsi: deferred probe pending: platform: wait for supplier /soc/pmic@66/ldo1\n"
		"[   14.2] platform 4000.gpu: deferred probe pending: platform: wait for supplier /soc/clocks@9000/gpu\n");

	assert_int_equal(m->n_reports, 2);
	machine_free(m);
}

TEST(node_is_resolved_to_the_device_that_failed)
{
	struct machine *m = machine_of_text(
		"[    1.864934] PM: always-on domain gx is not on\n"
		"[    1.865011] orion-cc 3000.clock-controller: probe with driver orion-cc failed with error -22\n"
		"[   14.1] platform 4000.gpu: deferred probe pending: platform: wait for supplier /soc/clock-controller@3000/gx\n"
		"[   14.2] platform 5000.mmu: deferred probe pending: platform: supplier 3000.clock-controller not ready\n");
	const struct gw_report *r = only_report(m, GW_CLASS_DEFERRED_FOREVER);

	assert_string_equal(order_text(r, "supplier"), "3000.clock-controller");
	assert_contains(r->summary, "whose probe ended with -EINVAL");
	assert_contains(r->explanation, "\"PM: always-on domain gx is not on\"");
	machine_free(m);
}

TEST(line_long_before_a_failure_is_not_its_reason)
{
	struct machine *m = machine_of_text(
		"[    1.2] orion: ready\n"
		"[    1.865011] orion-cc 3000.clock-controller: probe with driver orion-cc failed with error -22\n"
		"[   14.2] platform 5000.mmu: deferred probe pending: platform: supplier 3000.clock-controller not ready\n");

	assert_null(strstr(only_report(m, GW_CLASS_DEFERRED_FOREVER)->explanation, "orion: ready"));
	machine_free(m);
}

/* ---- circles ---------------------------------------------------------------------------------------------------- */

TEST(devices_that_wait_for_each_other)
{
	struct machine *m = machine_of_text(
		"[   13.1] platform 1000.a: deferred probe pending: platform: supplier 2000.b not ready\n"
		"[   13.2] platform 2000.b: deferred probe pending: platform: supplier 3000.c not ready\n"
		"[   13.3] platform 3000.c: deferred probe pending: platform: wait for supplier /soc/a@1000/port\n"
		"[   13.4] platform 4000.d: deferred probe pending: platform: supplier 3000.c not ready\n");
	const struct gw_report *r = only_report(m, GW_CLASS_DEFERRED_FOREVER);

	assert_string_equal(r->summary, "1000.a, 2000.b and 3000.c wait for each other");
	assert_int_equal(order_number(r, "devices"), 4);
	assert_string_equal(gw_confidence_name(r->confidence), "probable");
	machine_free(m);
}

TEST(circle_that_a_drivers_words_close)
{
	struct machine *m = machine_of_text(
		"[   13.1] platform remote: deferred probe pending: orion-remote: Failed to register smd-edge\n"
		"[   13.2] platform 1000.mailbox: deferred probe pending: platform: supplier 2000.clock not ready\n"
		"[   13.3] platform 2000.clock: deferred probe pending: platform: wait for supplier /remote/smd-edge/clocks\n");
	const struct gw_report *r = only_report(m, GW_CLASS_DEFERRED_FOREVER);

	assert_contains(r->summary, "wait for each other");
	assert_string_equal(gw_confidence_name(r->confidence), "hint");
	machine_free(m);
}

TEST(chain_is_no_circle)
{
	struct machine *m = machine_of_text(
		"[   13.1] platform remote: deferred probe pending: orion-remote: no clock\n"
		"[   13.2] platform 1000.mailbox: deferred probe pending: platform: supplier 2000.clock not ready\n"
		"[   13.3] platform 2000.clock: deferred probe pending: platform: wait for supplier /remote/smd-edge/clocks\n");

	assert_null(strstr(only_report(m, GW_CLASS_DEFERRED_FOREVER)->summary, "each other"));
	machine_free(m);
}

/* ---- what drivers report ---------------------------------------------------------------------------------------- */

#define NO_FIRMWARE "[    3.1] orion-gpu 4000.gpu: Direct firmware load for orion/a.bin failed with error -2\n"

TEST(firmware_without_which_the_probe_failed)
{
	struct machine *m = machine_of_text(
		"[    3.0] orion-gpu 4000.gpu: Direct firmware load for orion/optional.bin failed with error -2\n" NO_FIRMWARE
		"[    3.2] orion-gpu: probe of 4000.gpu failed with error -2\n");
	const struct gw_report *r = only_report(m, GW_CLASS_FIRMWARE_MISSING);

	assert_string_equal(order_text(r, "feature"), "orion/a.bin");
	assert_string_equal(gw_confidence_name(r->confidence), "proven");
	assert_contains(r->advice, "into the initramfs");
	machine_free(m);
}

/* The log ends before the driver core reports the probe; or the device came up after all. */
TEST(firmware_without_which_the_driver_gave_up)
{
	struct machine *m =
		machine_of_text(NO_FIRMWARE "[    3.2] orion-gpu 4000.gpu: orion-gpu: Fatal error during GPU init\n");
	const struct gw_report *r = only_report(m, GW_CLASS_FIRMWARE_MISSING);

	assert_string_equal(gw_confidence_name(r->confidence), "probable");
	assert_contains(r->summary, "did not come up without its firmware orion/a.bin");
	assert_contains(r->explanation, "its driver gave up at 3.200 s");
	machine_free(m);
	m = machine_of_text(NO_FIRMWARE "[    3.2] orion-gpu 4000.gpu: Fatal error during GPU init\n"
					"[    9.0] [drm] Initialized orion-gpu 1.0.0 for 4000.gpu on minor 0\n");
	assert_silent(m);
	machine_free(m);
	/* Another one's failure. */
	m = machine_of_text(NO_FIRMWARE "[    3.2] orion-gpu 5000.gpu: Fatal error during GPU init\n");
	assert_string_equal(order_text(only_report(m, GW_CLASS_PROBE_FAILED), "device"), "5000.gpu");
	machine_free(m);
}

/* A guest's device that something of the host still has; each line is repeated when the guest looks at it. */
TEST(memory_that_a_guest_does_not_get)
{
	struct machine *m = machine_of_text(
		"[   40.1] vfio-pci 0000:42:00.0: BAR 3: can't reserve [mem 0x90000000-0x91ffffff 64bit pref]\n"
		"[   40.2] vfio-pci 0000:42:00.0: BAR 3: can't reserve [mem 0x90000000-0x91ffffff 64bit pref]\n");
	const struct gw_report *r = only_report(m, GW_CLASS_TAKEN_BY_OTHER);

	assert_contains(r->summary, "0000:42:00.0 was not given to a guest: its memory is another one's");
	assert_contains(r->advice, "/proc/iomem");
	machine_free(m);
	m = machine_of_text("[   40.1] orion-gpu 0000:42:00.0: BAR 3: can't reserve [mem 0x90000000-0x91ffffff]\n");
	assert_silent(m);
	machine_free(m);
}

TEST(firmware_that_is_nowhere)
{
	struct machine *m = machine_of_text(
		"[    2.0] EXT4-fs (vda1): mounted filesystem 6c2c ro with ordered data mode.\n" NO_FIRMWARE
		"[    3.2] orion-gpu 4000.gpu: probe with driver orion-gpu failed with error -22\n");
	const struct gw_report *r = only_report(m, GW_CLASS_FIRMWARE_MISSING);

	assert_string_equal(gw_confidence_name(r->confidence), "probable");
	assert_contains(r->advice, "Install the package");
	machine_free(m);
}

TEST(optional_firmware_is_silent)
{
	struct machine *m = machine_of_text(NO_FIRMWARE);

	assert_silent(m);
	machine_free(m);
	m = machine_of_text(NO_FIRMWARE
			    "[    3.2] probe of 4000.gpu with driver orion-gpu returned 0 after 200 usecs\n");
	assert_silent(m);
	machine_free(m);
	/* It came later. */
	m = machine_of_text(NO_FIRMWARE
			    "[    3.2] orion-gpu: probe of 4000.gpu failed with error -2\n"
			    "[   30.0] probe of 4000.gpu with driver orion-gpu returned 0 after 200 usecs\n");
	assert_silent(m);
	machine_free(m);
}

TEST(failure_long_after_is_not_for_want_of_firmware)
{
	struct machine *m =
		machine_of_text(NO_FIRMWARE "[  300.2] orion-gpu: probe of 4000.gpu failed with error -22\n");

	only_report(m, GW_CLASS_PROBE_FAILED);
	machine_free(m);
}

TEST(symbols_that_nothing_gives)
{
	struct machine *m = machine_of_text("[    3.1] orion_gpu: Unknown symbol orion_mmu_get (err -2)\n"
					    "[    3.1] orion_gpu: Unknown symbol orion_mmu_put (err -2)\n");
	const struct gw_report *r = only_report(m, GW_CLASS_SYMBOLS_MISSING);

	assert_string_equal(order_text(r, "module"), "orion_gpu");
	assert_contains(r->explanation, "orion_mmu_get, orion_mmu_put.");
	machine_free(m);
}

/* The symbol is there, and does not fit: the module is of another kernel, and modprobe does not help. */
TEST(symbols_of_another_kernel)
{
	static const char *const texts[] = {
		"[    3.1] orion_gpu: no symbol version for orion_mmu_get\n"
		"[    3.1] orion_gpu: Unknown symbol orion_mmu_get (err -22)\n",
		"[    3.1] orion_gpu: disagrees about version of symbol orion_mmu_get\n"
		"[    3.1] orion_gpu: Unknown symbol orion_mmu_get (err -22)\n",
		"[    3.1] orion_gpu: Unknown symbol orion_mmu_get (err -22)\n",
	};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct machine *m = machine_of_text(texts[i]);
		const struct gw_report *r = only_report(m, GW_CLASS_SYMBOLS_MISSING);

		assert_string_equal(order_text(r, "result_name"), "-EINVAL");
		assert_contains(r->advice, "for this very kernel");
		assert_contains(r->explanation, "for its symbols: orion_mmu_get. No record");
		machine_free(m);
	}
}

TEST(module_that_was_loaded_after_all)
{
	struct machine *m = machine_of_text(
		"[    3.1] orion_gpu: Unknown symbol orion_mmu_get (err -2)\n"
		"[    4.1] calling  orion_gpu_init+0x0/0x1000 [orion_gpu] @ 117\n"
		"[    4.2] initcall orion_gpu_init+0x0/0x1000 [orion_gpu] returned 0 after 5795 usecs\n");

	assert_silent(m);
	machine_free(m);
}

TEST(gpu_that_kfd_refuses)
{
	struct machine *m = machine_of_text("[    2.4] kfd kfd: added device 1002:66af\n"
					    "[    4.2] kfd kfd: skipped device 1002:67df, PCI rejects atomics\n");
	const struct gw_report *r = only_report(m, GW_CLASS_KFD_REFUSED);

	assert_string_equal(order_text(r, "device"), "1002:67df");
	assert_contains(r->summary, "PCI rejects atomics");
	assert_contains(r->explanation, "no matter of order");
	machine_free(m);
}

TEST(gpu_that_kfd_takes)
{
	struct machine *m = machine_of_text("[    2.4] kfd kfd: amdgpu: added device 1002:66af\n");

	assert_silent(m);
	machine_free(m);
}

#define BAR_TAKEN "[    3.1] orion-gpu 0000:03:00.0: BAR 0: can't reserve [mem 0xe0000000-0xefffffff 64bit pref]\n"

TEST(bar_that_a_framebuffer_has)
{
	struct machine *m = machine_of_text(
		"[    1.1] [drm] Initialized simpledrm 1.0.0 20200625 for simple-framebuffer.0 on minor 0\n" BAR_TAKEN
		"[    3.2] orion-gpu: probe of 0000:03:00.0 failed with error -16\n");

	assert_contains(only_report(m, GW_CLASS_TAKEN_BY_OTHER)->explanation,
			"simple-framebuffer.0 has the frame buffer");
	machine_free(m);
}

TEST(bar_that_the_driver_does_without)
{
	struct machine *m = machine_of_text(
		BAR_TAKEN "[    3.2] probe of 0000:03:00.0 with driver orion-gpu returned 0 after 900 usecs\n");

	assert_silent(m);
	machine_free(m);
}

#define PART_FAILS(time, result)                                                                                       \
	time "orion-drm soc:gpu: failed to bind 9000.hdmi (ops orion_hdmi_ops): " result "\n" time                     \
	     "orion-drm soc:gpu: master bind failed: " result "\n"

TEST(aggregate_whose_part_fails)
{
	struct machine *m = machine_of_text(PART_FAILS("[    2.0] ", "-22"));
	const struct gw_report *r = only_report(m, GW_CLASS_SILENT_ABSENCE);

	assert_contains(r->summary, "soc:gpu (driver orion-drm) did not come up: it could not bind 9000.hdmi");
	machine_free(m);
	m = machine_of_text(PART_FAILS("[    2.0] ", "-517") "[   30.0] orion: something\n");
	assert_contains(only_report(m, GW_CLASS_DEFERRED_FOREVER)->summary, "waits for 9000.hdmi");
	machine_free(m);
}

TEST(aggregate_that_came_up_after_three_tries)
{
	struct machine *m =
		machine_of_text(PART_FAILS("[    2.0] ", "-517") PART_FAILS("[    3.0] ", "-517") PART_FAILS(
			"[   24.0] ", "-517") "[   25.0] orion-drm soc:gpu: bound 9000.hdmi (ops orion_hdmi_ops)\n"
					      "[  300.0] orion: something\n");

	assert_silent(m);
	machine_free(m);
}

TEST(bridges_lose_nothing)
{
	static const char waits[] =
		"[  126.1] pci 0000:00:00.0: deferred probe pending: pci: wait for supplier /interrupt-controller@0\n";
	char text[600];
	struct machine *m;

	snprintf(text, sizeof(text), "[  116.0] [drm] Initialized orion 3.1.0 for 0000:01:00.0 on minor 0\n%s", waits);
	m = machine_of_text(text);
	assert_string_equal(order_text(only_report(m, GW_CLASS_DEFERRED_FOREVER), "effect"), "fragile");
	machine_free(m);
	m = machine_of_text(waits);
	assert_string_equal(order_text(only_report(m, GW_CLASS_DEFERRED_FOREVER), "effect"), "lost");
	machine_free(m);
}

TEST(root_device_that_does_not_come)
{
	struct machine *m = machine_of_text(
		GAVE_UP("[   19.1] ") FAILED("[   19.2] ") "[   19.4] Waiting for root device /dev/mmcblk0p2...\n");

	assert_contains(only_report(m, GW_CLASS_DEFERRAL_TIMEOUT)->explanation,
			"waits for its root device /dev/mmcblk0p2");
	machine_free(m);
	m = machine_of_text("[   15.4] Waiting for root device /dev/mmcblk0p2...\n"
			    "[   16.0] VFS: Mounted root (ext4 filesystem) readonly on device 179:2.\n" GAVE_UP(
				    "[   19.1] ") FAILED("[   19.2] "));
	assert_null(strstr(only_report(m, GW_CLASS_DEFERRAL_TIMEOUT)->explanation, "root device"));
	machine_free(m);
	m = machine_of_text("[    1.4] Waiting for root device /dev/mmcblk0p2...\n"
			    "[   11.5] platform 1000.mmc: deferred probe pending\n");
	assert_contains(only_report(m, GW_CLASS_DEFERRED_FOREVER)->explanation,
			"waits for its root device /dev/mmcblk0p2");
	machine_free(m);
}

/* ---- two boots -------------------------------------------------------------------------------------------------- */

static json_t *compared(const char *before, const char *after)
{
	struct machine *a = machine_of_text(before), *b = machine_of_text(after);
	json_t *first = document(a), *second = document(b), *compare = gw_boot_compare(first, second);
	const char *path = getenv("GPUWATCH_REPORTS");
	FILE *file = path ? fopen(path, "a") : NULL;

	assert_non_null(compare);
	if (file) {
		json_dumpf(compare, file, JSON_COMPACT);
		fputc('\n', file);
		fclose(file);
	}
	json_decref(first);
	json_decref(second);
	machine_free(a);
	machine_free(b);
	return compare;
}

static const char *state_of(const json_t *compare, const char *device)
{
	json_t *entry;
	size_t i;

	json_array_foreach(json_object_get(compare, "devices"), i, entry)
		if (strcmp(json_string_value(json_object_get(entry, "device")), device) == 0)
			return json_string_value(json_object_get(entry, "state"));
	return "";
}

#define CARD(time, driver, device, minor)                                                                              \
	time "[drm] Initialized " driver " 1.0.0 20240101 for " device " on minor " minor "\n"

TEST(cards_that_changed_places)
{
	json_t *compare = compared(CARD("[ 16.1] ", "orion", "display.0", "0") CARD("[ 16.2] ", "vega", "gpu.0", "1"),
				   CARD("[ 16.1] ", "vega", "gpu.0", "0") CARD("[ 16.2] ", "orion", "display.0", "1"));
	json_t *reports = json_object_get(compare, "reports"), *report = json_array_get(reports, 0);

	assert_int_equal(json_array_size(json_object_get(compare, "cards")), 2);
	assert_int_equal(json_array_size(reports), 1);
	assert_string_equal(json_string_value(json_object_get(report, "class")), "minor-order");
	assert_contains(json_string_value(json_object_get(report, "summary")), "card0 is gpu.0 (driver vega)");
	assert_string_equal(state_of(compare, "gpu.0"), "same");
	json_decref(compare);
}

TEST(cards_that_kept_their_places)
{
	json_t *compare =
		compared(CARD("[ 16.1] ", "orion", "display.0", "0"), CARD("[ 17.0] ", "orion", "display.0", "0"));

	assert_int_equal(json_array_size(json_object_get(compare, "cards")), 0);
	assert_int_equal(json_array_size(json_object_get(compare, "reports")), 0);
	json_decref(compare);
}

#define ORION_FIRST                                                                                                    \
	"[{\"minor\": 0, \"driver\": \"orion\", \"device\": \"display.0\"}, {\"minor\": 1, \"driver\": \"vega\", \"device\": \"gpu.0\"}]"

/* Without anybody asking for a comparison. */
TEST(cards_of_the_last_boot)
{
	struct machine *m = machine_after(
		CARD("[ 16.1] ", "vega", "gpu.0", "0") CARD("[ 16.2] ", "orion", "display.0", "1"), ORION_FIRST);
	const struct gw_report *report = only_report(m, GW_CLASS_MINOR_ORDER);

	assert_contains(report->summary,
			"card0 is gpu.0 (driver vega), and was display.0 (driver orion) in the last boot");
	assert_string_equal(order_text(report, "effect"), "fragile");
	machine_free(m);
	m = machine_after(CARD("[ 16.1] ", "orion", "display.0", "0") CARD("[ 16.2] ", "vega", "gpu.0", "1"),
			  ORION_FIRST);
	assert_int_equal(m->n_reports, 0);
	machine_free(m);
	/* One that is not there, or not yet, is no other one. */
	m = machine_after(CARD("[ 16.1] ", "orion", "display.0", "0"), ORION_FIRST);
	assert_int_equal(m->n_reports, 0);
	machine_free(m);
}

#define PROBED_MMU "[    1.1] probe of 1000.mmu with driver orion-mmu returned 0 after 1234 usecs\n"

TEST(device_that_is_missing_now)
{
	json_t *compare = compared(CARD("[  3.1] ", "orion", "4000.gpu", "0"),
				   NO_FIRMWARE "[    3.2] orion-gpu: probe of 4000.gpu failed with error -2\n");

	assert_string_equal(state_of(compare, "4000.gpu"), "missing");
	json_decref(compare);
	/* A log that does not name it does not show that it is missing. */
	compare = compared(CARD("[  3.1] ", "orion", "4000.gpu", "0"), "[    3.2] orion: something\n");
	assert_string_equal(state_of(compare, "4000.gpu"), "not-seen");
	json_decref(compare);
	/* One that has every probe does, if it is not cut. */
	compare = compared(CARD("[  3.1] ", "orion", "4000.gpu", "0"),
			   "[    0.0] Linux version 6.12.1 (builder@host) #1\n" PROBED_MMU);
	assert_string_equal(state_of(compare, "4000.gpu"), "missing");
	json_decref(compare);
	compare = compared(CARD("[  3.1] ", "orion", "4000.gpu", "0"), PROBED_MMU);
	assert_string_equal(state_of(compare, "4000.gpu"), "not-seen");
	json_decref(compare);
}

TEST(list_of_what_must_be_bound)
{
	static const char list[] = "# the board\n*.gpu orion\n*.gpu vega\n\n*.mmu   # any driver\n";
	struct machine *m = machine_of_text(CARD("[  3.1] ", "orion", "4000.gpu", "0"));
	json_t *expected = gw_boot_expectation(list, strlen(list)), *order = document(m), *compare;

	assert_non_null(expected);
	compare = gw_boot_compare(expected, order);
	assert_int_equal(json_array_size(json_object_get(compare, "devices")), 3);
	for (size_t i = 0; i < 3; i++) {
		static const char *const states[] = { "same", "other-driver", "not-seen" };
		json_t *entry = json_array_get(json_object_get(compare, "devices"), i);

		assert_string_equal(json_string_value(json_object_get(entry, "state")), states[i]);
	}
	json_decref(compare);
	json_decref(expected);
	json_decref(order);
	machine_free(m);
	assert_null(gw_boot_expectation("Dear all, what must be bound?\n", 30));
	assert_null(gw_boot_expectation("orion: ready\n", 13));
	assert_null(gw_boot_expectation("# nothing\n", 10));
}

/* DRM's name of a driver is the beginning of its own. */
TEST(drivers_by_either_name)
{
	static const char list[] = "4000.gpu orion-drm\n4000.gpu orion_mdp\n4000.gpu orionfb\n";
	static const char *const states[] = { "same", "same", "other-driver" };
	struct machine *m = machine_of_text(CARD("[  3.1] ", "orion", "4000.gpu", "0"));
	json_t *expected = gw_boot_expectation(list, strlen(list)), *order = document(m), *compare;

	compare = gw_boot_compare(expected, order);
	for (size_t i = 0; i < 3; i++)
		assert_string_equal(json_string_value(json_object_get(
					    json_array_get(json_object_get(compare, "devices"), i), "state")),
				    states[i]);
	json_decref(compare);
	json_decref(expected);
	json_decref(order);
	machine_free(m);
}

/* Each driver has a reason of its own: it is no reason that "no record names". */
TEST(reasons_of_those_that_wait_as_well)
{
	struct machine *m = machine_of_text(
		"[   13.0] platform ff960000.dsi: deferred probe pending: orion-dsi: Failed to attach panel\n"
		"[   13.0] platform display-subsystem: deferred probe pending: orion-drm: wait for supplier /dsi@ff960000\n"
		"[   13.0] platform ff9a0000.gpu: deferred probe pending: panfrost: Failed to get regulators\n"
		"[   13.0] platform ff650000.vpu: deferred probe pending: (reason unknown)\n");
	const struct gw_report *r = only_report(m, GW_CLASS_DEFERRED_FOREVER);

	assert_contains(r->explanation, "ff9a0000.gpu (panfrost: Failed to get regulators).");
	machine_free(m);
}

/* ---- failures of their own ------------------------------------------------------------------------------------------ */

TEST(gpu_whose_driver_failed)
{
	struct machine *m =
		machine_of_text("[    0.286298] orion_iommu ff930300.iommu: Failed to get clk 'aclk': -2\n"
				"[    0.286638] orion_iommu: probe of ff930300.iommu failed with error -2\n"
				"[    0.287299] orion_iommu: probe of ff940300.iommu failed with error -2\n"
				"[   12.390718] amdgpu 0000:83:00.0: amdgpu: Fatal error during GPU init\n"
				"[   12.490718] amdgpu 0000:83:00.0: probe with driver amdgpu failed with error -12\n");
	const struct gw_report *r;

	assert_int_equal(m->n_reports, 2);
	r = m->reports[0];
	assert_int_equal(r->class, GW_CLASS_PROBE_FAILED);
	assert_string_equal(r->summary, "ff930300.iommu (driver orion_iommu) and 1 more device failed (-ENOENT)");
	assert_contains(r->explanation, "Failed to get clk 'aclk': -2");
	r = m->reports[1];
	assert_int_equal(r->class, GW_CLASS_PROBE_FAILED);
	assert_string_equal(r->summary, "0000:83:00.0 (driver amdgpu) failed (-ENOMEM)");
	assert_contains(r->explanation, "Fatal error during GPU init");
	assert_int_equal(r->confidence, GW_CONFIDENCE_PROBABLE);
	machine_free(m);
}

/* What came up after all, what no GPU's driver failed on (although its name may begin so), frame buffers that give way, and what is none of a driver's own. */
TEST(failures_that_are_no_loss)
{
	struct machine *m = machine_of_text(
		"[    1.396563] panfrost ffa30000.gpu: probe with driver panfrost failed with error -22\n"
		"[    3.707319] [drm] Initialized panfrost 1.0.0 20180908 for ffa30000.gpu on minor 3\n"
		"[    4.000000] orion-leds leds.0: probe with driver orion-leds failed with error -22\n"
		"[    4.100000] simple-framebuffer simple-framebuffer.0: probe with driver simple-framebuffer failed with error -16\n"
		"[    4.200000] hyperv_fb 0000:00:08.0: probe with driver hyperv_fb failed with error -19\n"
		"[    4.300000] i915 0000:00:02.0: probe with driver i915 failed with error -517\n"
		"[    4.400000] nouveau 0000:01:00.0: probe with driver nouveau failed with error -19\n"
		"[    5.300000] nvidia 0000:01:00.0: probe with driver nvidia rejects match -19\n"
		"[    5.400000] nvidia-gpu 0000:01:00.3: probe with driver nvidia-gpu failed with error -110\n"
		"[    5.500000] msm_serial 78b0000.serial: probe with driver msm_serial failed with error -22\n"
		"[    5.600000] arm-smmu-v3-pmcg arm-smmu-v3-pmcg.7: probe with driver arm-smmu-v3-pmcg failed with error -22\n");

	assert_int_equal(m->n_reports, 0);
	machine_free(m);
}

TEST(part_fails_with_the_whole)
{
	struct machine *m =
		machine_of_text("[    7.258289] rockchip-drm display-subsystem: master bind failed: -12\n"
				"[    7.265388] rockchip-vop: probe of ff940000.vop failed with error -12\n");

	only_report(m, GW_CLASS_SILENT_ABSENCE);
	machine_free(m);
}

/* Whoever waits for what failed has the report. */
TEST(failure_that_others_wait_for_is_theirs)
{
	struct machine *m = machine_of_text(
		"[    0.286638] orion-iommu: probe of 3da0000.iommu failed with error -22\n"
		"[   12.300000] platform 3d00000.gpu: deferred probe pending: platform: supplier 3da0000.iommu not ready\n");
	const struct gw_report *r = only_report(m, GW_CLASS_DEFERRED_FOREVER);

	assert_contains(r->summary, "3da0000.iommu, whose probe ended with -EINVAL");
	machine_free(m);
}

TEST(part_without_its_firmware)
{
	struct machine *m = machine_of_text(
		"[    4.203000] adreno 3d00000.gpu: Direct firmware load for qcom/a660_sqe.fw failed with error -2\n"
		"[    4.206000] msm_dpu ae01000.display: failed to bind 3d00000.gpu (ops a3xx_ops [msm]): -19\n"
		"[    4.207000] msm_dpu ae01000.display: adev bind failed: -19\n"
		"[    4.208000] adreno 3d00000.gpu: probe with driver adreno failed with error -19\n");
	const struct gw_report *r = only_report(m, GW_CLASS_FIRMWARE_MISSING);

	assert_contains(r->summary, "3d00000.gpu, which did not get its firmware qcom/a660_sqe.fw");
	machine_free(m);
}

/* A part that does without its firmware, and waits for something else. */
TEST(firmware_is_not_why_a_part_is_deferred)
{
	struct machine *m = machine_of_text(
		"[    4.203000] adreno 3d00000.gpu: Direct firmware load for qcom/a660_sqe.fw failed with error -2\n"
		"[    4.206000] msm_dpu ae01000.display: failed to bind 3d00000.gpu (ops a3xx_ops [msm]): -517\n"
		"[    4.207000] msm_dpu ae01000.display: adev bind failed: -517\n"
		"[   40.000000] platform 5000.late: deferred probe pending: (reason unknown)\n");

	for (size_t i = 0; i < m->n_reports; i++)
		assert_int_not_equal(m->reports[i]->class, GW_CLASS_FIRMWARE_MISSING);
	machine_free(m);
}

TEST(nvidia_driver_that_came_second)
{
	static const char words[] = "[   12.210000] NVRM: The NVIDIA probe routine was not called for 2 device(s).\n";
	struct machine *m = machine_of_text(words);
	const struct gw_report *r = only_report(m, GW_CLASS_TAKEN_BY_OTHER);
	char text[400];

	assert_contains(r->summary, "did not get 2 of its GPUs");
	machine_free(m);
	snprintf(text, sizeof(text), "%s[   20.0] [drm] Initialized nvidia-drm 0.0.0 for 0000:01:00.0 on minor 0\n",
		 words);
	m = machine_of_text(text);
	assert_int_equal(m->n_reports, 0);
	machine_free(m);
}

TEST(nvidia_driver_that_failed)
{
	static const char words[] = "[    6.554916] NVRM: The NVIDIA probe routine failed for 2 device(s).\n"
				    "[    6.554922] NVRM: None of the NVIDIA devices were initialized.\n";
	struct machine *m = machine_of_text(words);
	const struct gw_report *r = only_report(m, GW_CLASS_PROBE_FAILED);
	char text[400];

	assert_contains(r->summary, "failed on 2 of its GPUs");
	machine_free(m);
	snprintf(text, sizeof(text), "%s[   20.0] [drm] Initialized nvidia-drm 0.0.0 for 0000:01:00.0 on minor 0\n",
		 words);
	m = machine_of_text(text);
	assert_int_equal(m->n_reports, 0);
	machine_free(m);
}

TEST(nvidia_device_of_a_guest)
{
	struct machine *m =
		machine_of_text("[   12.2] NVRM: GPU 0000:01:00.0 is already bound to vfio-pci.\n"
				"[   12.2] NVRM: The NVIDIA probe routine was not called for 1 device(s).\n");
	const struct gw_report *r = only_report(m, GW_CLASS_TAKEN_BY_OTHER);

	assert_contains(r->summary, "0000:01:00.0 is already bound to vfio-pci");
	assert_contains(r->explanation, "vfio-pci was bound first.");
	assert_contains(r->advice, "keeps it for a guest");
	assert_null(strstr(r->advice, "nouveau"));
	machine_free(m);
	m = machine_of_text("[   12.2] NVRM: The NVIDIA probe routine was not called for 1 device(s).\n");
	assert_contains(only_report(m, GW_CLASS_TAKEN_BY_OTHER)->advice, "If it is nouveau");
	machine_free(m);
}

/* What no format describes is learnt from the lines with which a boot begins. */
TEST(fronts_of_vendors)
{
	static const char *const fronts[] = { "2026-02-07 11:04:2%d.123 [INF] kernel - ",
					      "<6>[    1.10000%d]  (2)[1:swapper/0]" };

	(void)state;
	for (size_t i = 0; i < sizeof(fronts) / sizeof(fronts[0]); i++) {
		static const char *const lines[] = {
			"Linux version 6.12.1 (builder@host) #1",
			"Machine model: brix",
			"Kernel command line: root=/dev/brix",
			"platform 4000.gpu: deferred probe pending: platform: supplier 2000.clock not ready",
			"orion-clock 2000.clock: probe with driver orion-clock failed with error -22",
		};
		char text[2048];
		size_t length = 0;
		struct machine *m;
		json_t *order;

		for (size_t k = 0; k < sizeof(lines) / sizeof(lines[0]); k++) {
			length += (size_t)snprintf(text + length, sizeof(text) - length, fronts[i], (int)k);
			length += (size_t)snprintf(text + length, sizeof(text) - length, "%s\n", lines[k]);
		}
		m = machine_of_text(text);
		assert_contains(only_report(m, GW_CLASS_DEFERRED_FOREVER)->summary, "4000.gpu waits for 2000.clock");
		order = document(m);
		assert_string_equal(json_string_value(json_object_get(order, "kernel")), "6.12.1");
		json_decref(order);
		machine_free(m);
	}
}

/* A cluster's collector has the node's name, the facility and the level in front. */
TEST(nodes_of_a_cluster)
{
	struct machine *m = machine_of_text(
		"10.1.0.7: kern: warning: [2026-01-14T11:16:10.461233972Z]: amdgpu 0000:00:01.0: Direct firmware load for amdgpu/brix_pfp.bin failed with error -2\n"
		" SUBSYSTEM=pci\n DEVICE=+pci:0000:00:01.0\n"
		"10.1.0.7: kern:     err: [2026-01-14T11:16:10.461280972Z]: amdgpu 0000:00:01.0: amdgpu: Fatal error during GPU init\n");
	const struct gw_report *r = only_report(m, GW_CLASS_FIRMWARE_MISSING);

	assert_contains(r->summary, "0000:00:01.0 did not come up without its firmware amdgpu/brix_pfp.bin");
	machine_free(m);
}

/* ---- one supplier, several names ------------------------------------------------------------------------------------- */

TEST(supplier_by_name_and_by_node_is_one)
{
	struct machine *m = machine_of_text(
		"[   12.300000] platform 3da0000.iommu: deferred probe pending: platform: supplier 3d90000.clock-controller not ready\n"
		"[   12.310000] platform 3d6a000.gmu: deferred probe pending: platform: wait for supplier /soc@0/clock-controller@3d90000\n"
		"[   12.320000] platform 3d00000.gpu: deferred probe pending: platform: wait for supplier /soc@0/iommu@3da0000\n");
	const struct gw_report *r = only_report(m, GW_CLASS_DEFERRED_FOREVER);

	assert_string_equal(order_text(r, "supplier"), "3d90000.clock-controller");
	assert_int_equal(order_number(r, "devices"), 3);
	machine_free(m);
}

TEST(list_of_debugfs)
{
	struct machine *m = machine_of_text("vdd-gpu      pwm-regulator: Failed to get PWM\n"
					    "ff700000.gpu platform: supplier vdd-gpu not ready\n");
	const struct gw_report *r = only_report(m, GW_CLASS_DEFERRED_FOREVER);

	assert_contains(r->explanation, "pwm-regulator: Failed to get PWM");
	assert_int_equal(order_number(r, "devices"), 2);
	machine_free(m);
	m = machine_of_text("[    0.000000]  node   0: [mem 0x1000-0x9efff]\n"
			    "[    0.100000] Zone  ranges: none\n"
			    "node   0: [mem 0x1000-0x9efff]\n");
	assert_int_equal(m->n_reports, 0);
	machine_free(m);
}

/* Lines of the initramfs, without times, before the first of the kernel and behind the last. */
TEST(lines_without_times_are_of_the_same_boot)
{
	struct machine *m = machine_of_text("Loading, please wait...\n"
					    "[   13.028331] platform fdc20000.io-domains: deferred probe pending\n"
					    "[   13.029947] platform fe2b0000.mmc: deferred probe pending\n"
					    "Begin: Waiting for root file system ... done.\n");

	assert_int_equal(m->evidence->log.boots, 1);
	assert_int_equal(order_number(only_report(m, GW_CLASS_DEFERRED_FOREVER), "devices"), 2);
	machine_free(m);
}

/* A log of dates only begins at the time 0. */
TEST(failure_in_the_first_second_of_a_journal)
{
	struct machine *m = machine_of_text(
		"Mar 05 08:35:40 host kernel: amdgpu 0000:01:00.0: amdgpu_device_ip_init failed\n"
		"Mar 05 08:35:40 host kernel: amdgpu 0000:01:00.0: probe with driver amdgpu failed with error -12\n");

	assert_string_equal(order_text(only_report(m, GW_CLASS_PROBE_FAILED), "device"), "0000:01:00.0");
	machine_free(m);
}

TEST(driver_cores_words_without_the_bus)
{
	struct machine *m =
		machine_of_text("1800000.gpu: deferred things\n"
				"ff500000.i2c: deferred probe pending: wait for supplier /soc/pmic@66/ldo1\n"
				"gpio-keys:    deferred probe pending: wait for supplier /soc/pmic@66/ldo2\n");

	assert_int_equal(order_number(only_report(m, GW_CLASS_DEFERRED_FOREVER), "devices"), 2);
	machine_free(m);
}

TEST(bus_of_a_device_is_no_driver)
{
	struct machine *m =
		machine_of_text("[   36.081752] amba 20010000.etf: deferred probe timeout, ignoring dependency\n");

	assert_string_equal(order_text(only_report(m, GW_CLASS_DEFERRAL_TIMEOUT), "driver"), "");
	machine_free(m);
}

TEST(nodes_of_one_controller_without_address_are_one_cause)
{
	struct machine *m = machine_of_text(
		"[   12.0] platform 1000.i2c: deferred probe pending: platform: wait for supplier /pinctrl/i2c1/xfer\n"
		"[   12.0] platform keys: deferred probe pending: platform: wait for supplier /pinctrl/pwr-key\n");

	assert_string_equal(order_text(only_report(m, GW_CLASS_DEFERRED_FOREVER), "supplier"), "/pinctrl");
	machine_free(m);
	m = machine_of_text(
		"[   12.0] platform 1000.i2c: deferred probe pending: platform: wait for supplier /soc/hdmi-supply\n"
		"[   12.0] platform keys: deferred probe pending: platform: wait for supplier /soc/key-supply\n");
	assert_int_equal(m->n_reports, 2);
	machine_free(m);
}

#define MSM "msm_dpu ae01000.display-controller: "
#define LACKS MSM "[drm:adreno_request_fw [msm]] *ERROR* failed to load a702_sqe.fw\n"

TEST(gpu_that_is_without_its_firmware)
{
	struct machine *m = machine_of_text(
		"[    9.381794] [drm] Initialized msm 1.13.0 for ae01000.display-controller on minor 0\n"
		"[    9.399750] " LACKS);
	const struct gw_report *report = only_report(m, GW_CLASS_FIRMWARE_MISSING);

	assert_string_equal(order_text(report, "feature"), "a702_sqe.fw");
	assert_int_equal(report->confidence, GW_CONFIDENCE_HINT);
	machine_free(m);
	m = machine_of_text("[    5.0] EXT4-fs (mmcblk0p2): mounted filesystem with ordered data mode.\n"
			    "[    9.399750] " LACKS);
	assert_int_equal(only_report(m, GW_CLASS_FIRMWARE_MISSING)->confidence, GW_CONFIDENCE_PROBABLE);
	machine_free(m);
}

/* It came later; the driver goes on without a word of error; or what it could not load is no file. */
TEST(gpu_that_got_its_firmware)
{
	static const char *const texts[] = {
		"[    2.0] " LACKS "[   12.0] " MSM
		"[drm:adreno_request_fw [msm]] loaded qcom/a702_sqe.fw from new location\n",
		"[    2.0] " MSM "Direct firmware load for qcom/a702_sqe.fw failed with error -2\n",
		"[    2.0] " MSM "[drm:dpu_kms_init [msm]] *ERROR* failed to load adreno gpu\n",
	};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct machine *m = machine_of_text(texts[i]);

		assert_int_equal(m->n_reports, 0);
		machine_free(m);
	}
}

#define PUT_OFF(time)                                                                                                  \
	time "msm ae00000.mdss: bound ae01000.mdp (ops dpu_ops [msm])\n" time                                          \
	     "msm ae00000.mdss: failed to bind ae94000.dsi (ops dsi_ops [msm]): -517\n" time                           \
	     "msm ae00000.mdss: master bind failed: -517\n"

TEST(log_in_which_an_aggregate_is_put_off_again_and_again)
{
	struct machine *m = machine_of_text(PUT_OFF("[   50.584868] ") PUT_OFF("[   50.591398] ") PUT_OFF(
		"[   50.595557] ") "[   50.599250] msm ae00000.mdss: bound ae01000.mdp (ops dpu_ops [msm])\n");
	const struct gw_report *report = only_report(m, GW_CLASS_DEFERRED_FOREVER);

	assert_int_equal(report->confidence, GW_CONFIDENCE_HINT);
	assert_string_equal(order_text(report, "supplier"), "ae94000.dsi");
	machine_free(m);
	m = machine_of_text(PUT_OFF("[    5.584868] ") PUT_OFF("[    5.591398] ") PUT_OFF(
		"[    5.595557] ") "[    5.599250] msm ae00000.mdss: bound ae94000.dsi (ops dsi_ops [msm])\n");
	assert_int_equal(m->n_reports, 0);
	machine_free(m);
	m = machine_of_text(PUT_OFF("[    5.584868] ") PUT_OFF("[    5.591398] "));
	assert_int_equal(m->n_reports, 0);
	machine_free(m);
}

/* A mail as it is sent: long lines are broken, "=" and other bytes are numbers. */
TEST(mail_that_is_not_decoded)
{
	struct machine *m = machine_of_text("    2023-04-27T14:18:04.0  + export 'TESTRUN_ID=3D1_bootrr'\n"
					    "    2023-04-27T14:18:04.1  / # /lava-1209979/bin<4>[   42.177792] etna=\n"
					    "viv-gpu 1800000.gpu: deferred probe timeout, ignoring dependency\n"
					    "    2023-04-27T14:18:04.2  <4>[   42.185516] etnaviv-gpu: probe of 180=\n"
					    "0000.gpu failed with error -110 =\n"
					    "\n");

	assert_string_equal(order_text(only_report(m, GW_CLASS_DEFERRAL_TIMEOUT), "driver"), "etnaviv-gpu");
	machine_free(m);
	/* A log with what looks like it, and one "=" that does not. */
	m = machine_of_text("[    0.000000] Command line: root=UUID=3D quiet=\n"
			    "[    4.825127] amdgpu 0000:01:00.0: probe with driver amdgpu failed with error -12\n");
	assert_string_equal(order_text(only_report(m, GW_CLASS_PROBE_FAILED), "device"), "0000:01:00.0");
	machine_free(m);
}

/* A log may end, or be cut, before what component.c prints of the whole. */
TEST(part_that_fails_for_good)
{
	static const char *const healthy[] = {
		"orion-drm soc:gpu: failed to bind 1000.kms (ops orion_ops): -517\n",
		"orion-drm soc:gpu: failed to bind 1000.kms (ops orion_ops): -22\n"
		"orion-drm soc:gpu: bound 1000.kms (ops orion_ops)\n",
		"orion-drm soc:gpu: failed to bind 1000.kms (ops orion_ops): -22\n"
		"[drm] Initialized orion-drm 1.0.0 20260101 for soc:gpu on minor 0\n",
	};
	struct machine *m = machine_of_text("orion-drm soc:gpu: bound 2000.plane (ops orion_ops)\n"
					    "orion-drm soc:gpu: failed to bind 1000.kms (ops orion_ops): -22\n");
	const struct gw_report *r = only_report(m, GW_CLASS_SILENT_ABSENCE);

	assert_string_equal(order_text(r, "device"), "soc:gpu");
	assert_string_equal(order_text(r, "supplier"), "1000.kms");
	assert_string_equal(r->summary, "soc:gpu did not come up: it could not bind 1000.kms");
	machine_free(m);
	for (size_t i = 0; i < sizeof(healthy) / sizeof(healthy[0]); i++) {
		m = machine_of_text(healthy[i]);
		assert_int_equal(m->n_reports, 0);
		machine_free(m);
	}
}

#define IS_CARD(time) time "[drm] Initialized orion 1.6.0 20260101 for 0000:00:02.0 on minor 0\n"

TEST(gpu_that_its_driver_keeps_without_its_engines)
{
	static const char *const words[] = {
		"[drm] *ERROR* GT0: Failed to initialize GPU, declaring it wedged!",
		"Failed to initialize GPU, declaring it wedged!",
		"disabling GPU acceleration",
		"DRM: failed to create kernel channel, -22",
	};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		const struct gw_report *r;
		struct machine *m;
		char text[1000];

		snprintf(text, sizeof(text),
			 "[    5.1] orion 0000:00:02.0: Direct firmware load for orion/guc.bin failed with error -2\n"
			 "[    5.2] orion 0000:00:02.0: %s\n%s",
			 words[i], IS_CARD("[    5.3] "));
		m = machine_of_text(text);
		r = only_report(m, GW_CLASS_SILENT_ABSENCE);
		assert_string_equal(order_text(r, "device"), "0000:00:02.0");
		assert_string_equal(order_text(r, "driver"), "orion");
		assert_contains(r->explanation, "it asked for orion/guc.bin in vain");
		machine_free(m);
	}
}

TEST(gpu_that_uses_its_engines)
{
	/* Bound again, and well; and cards that hang later. */
	struct machine *m = machine_of_text("[    5.2] orion 0000:00:02.0: disabling GPU acceleration\n" IS_CARD(
		"[    5.3] ") IS_CARD("[   65.3] "));

	assert_int_equal(m->n_reports, 0);
	machine_free(m);
	m = machine_of_text(IS_CARD("[    5.3] ") "[  500.0] orion 0000:00:02.0: disabling GPU acceleration\n");
	assert_int_equal(m->n_reports, 0);
	machine_free(m);
	m = machine_of_text(IS_CARD(
		"[    5.3] ") "[  500.0] orion 0000:00:02.0: [drm] Resetting chip for stopped heartbeat on rcs0\n"
			      "[  500.1] orion 0000:00:02.0: [drm] GPU acceleration is enabled\n");
	assert_int_equal(m->n_reports, 0);
	machine_free(m);
}

#define OPTIONAL(time, device, words) time "orion-dmac " device ": " words "\n"
#define WAITED "deferred probe timeout, ignoring dependency"
#define ASSUMED "ignoring dependency for device, assuming no driver"

/* The date and the host are cut off, as by journalctl piped through a script. */
TEST(gpu_that_its_driver_gave_up)
{
	struct machine *m = machine_of_text(
		"kernel: xe 0000:0c:00.0: Direct firmware load for orion/display.bin failed with error -2\n"
		"kernel: xe 0000:0c:00.0: Direct firmware load for orion/guc.bin failed with error -2\n"
		"kernel: xe 0000:0c:00.0: [drm] *ERROR* Tile0: GT0: Failed to initialize uC (-ENOENT)\n");

	assert_string_equal(order_text(only_report(m, GW_CLASS_FIRMWARE_MISSING), "feature"), "orion/guc.bin");
	machine_free(m);
	m = machine_of_text("amdgpu 0000:03:00.0: Fatal error during GPU init\n");
	assert_string_equal(only_report(m, GW_CLASS_PROBE_FAILED)->summary,
			    "0000:03:00.0 did not come up: its driver amdgpu gave it up");
	machine_free(m);
	/* Bound after all. */
	m = machine_of_text("[    3.1] amdgpu 0000:03:00.0: Fatal error during GPU init\n"
			    "[    9.1] [drm] Initialized amdgpu 3.40.0 20150101 for 0000:03:00.0 on minor 0\n");
	assert_int_equal(m->n_reports, 0);
	machine_free(m);
	/* Once, where the driver core reports it, too. */
	m = machine_of_text("[    3.1] amdgpu 0000:03:00.0: Fatal error during GPU init\n"
			    "[    3.2] amdgpu 0000:03:00.0: probe with driver amdgpu failed with error -22\n");
	assert_string_equal(order_text(only_report(m, GW_CLASS_PROBE_FAILED), "result_name"), "-EINVAL");
	machine_free(m);
}

/* Asked for in the driver's own words, of which the kernel printed nothing; without it the driver gave up, or did not. */
TEST(firmware_in_the_drivers_words)
{
	static const struct {
		const char *text, *feature;
		size_t reports;
	} logs[] = {
		{ "[    4.0] amdgpu 0000:43:00.0: gfx9: Failed to load firmware \"orion/rlc.bin\"\n"
		  "[    4.1] amdgpu 0000:43:00.0: amdgpu: Fatal error during GPU init\n",
		  "orion/rlc.bin", 1 },
		{ "[    4.0] xe 0000:43:00.0: [drm] GT0: GuC firmware orion/guc.bin: fetch failed -ENOENT\n"
		  "[    4.1] xe 0000:43:00.0: [drm] *ERROR* Tile0: GT0: Failed to initialize uC (-ENOENT)\n",
		  "orion/guc.bin", 1 },
		{ "[    4.0] amdgpu 0000:43:00.0: psp v11.0: Failed to load firmware \"orion/ta.bin\"\n"
		  "[    4.3] [drm] Initialized amdgpu 3.40.0 20150101 for 0000:43:00.0 on minor 0\n",
		  NULL, 0 },
		{ "[    4.0] xe 0000:43:00.0: [drm] GT0: GuC firmware orion/guc.bin version 70.1\n", NULL, 0 },
	};

	for (size_t i = 0; i < sizeof(logs) / sizeof(logs[0]); i++) {
		struct machine *m = machine_of_text(logs[i].text);

		assert_int_equal(m->n_reports, logs[i].reports);
		if (logs[i].feature)
			assert_string_equal(order_text(only_report(m, GW_CLASS_FIRMWARE_MISSING), "feature"),
					    logs[i].feature);
		machine_free(m);
	}
}

/* In words of two other drivers; one that was wedged later has come up. */
TEST(gpu_that_others_gave_up)
{
	static const struct {
		const char *text, *device;
	} logs[] = {
		{ "[   81.9] NVRM: GPU 0000:01:00.0: RmInitAdapter failed! (0x62:0x40:2168)\n", "0000:01:00.0" },
		{ "[   10.5] xe 0000:03:00.0: [drm] *ERROR* CRITICAL: Xe has declared device 0000:03:00.0 as wedged.\n",
		  "0000:03:00.0" },
		{ "[   81.9] NVRM: GPU 0000:01:00.0: RmInitAdapter succeeded\n", NULL },
		{ "[    3.1] [drm] Initialized xe 1.1.0 for 0000:03:00.0 on minor 0\n"
		  "[   57.5] xe 0000:03:00.0: [drm] *ERROR* CRITICAL: Xe has declared device 0000:03:00.0 as wedged.\n",
		  NULL },
	};

	for (size_t i = 0; i < sizeof(logs) / sizeof(logs[0]); i++) {
		struct machine *m = machine_of_text(logs[i].text);

		if (logs[i].device)
			assert_string_equal(order_text(only_report(m, GW_CLASS_PROBE_FAILED), "device"),
					    logs[i].device);
		else
			assert_int_equal(m->n_reports, 0);
		machine_free(m);
	}
}

/* A kernel without the IOMMU's driver: what does without an IOMMU has lost nothing but time, if that. */
TEST(dependency_that_the_kernel_takes_for_optional)
{
	struct machine *m = machine_of_text(OPTIONAL("[   16.1] ", "7000.dma", WAITED)
						    OPTIONAL("[   16.2] ", "8000.dma", WAITED) IS_CARD("[   17.0] "));
	const struct gw_report *r = only_report(m, GW_CLASS_DEFERRAL_TIMEOUT);

	assert_string_equal(order_text(r, "effect"), "slow");
	assert_int_equal(order_number(r, "devices"), 2);
	assert_contains(r->explanation, "which goes on and has no failure of it");
	machine_free(m);
	m = machine_of_text(OPTIONAL("[    2.7] ", "7000.dma", ASSUMED) IS_CARD("[   17.0] "));
	assert_int_equal(m->n_reports, 0);
	machine_free(m);
}

/* One that fails, one of which nothing more is known, and a GPU, which has an IOMMU for a reason. */
TEST(dependency_that_is_not_optional)
{
	static const char *const texts[] = {
		OPTIONAL(
			"[   16.1] ", "7000.dma",
			WAITED) "[   16.2] orion-dmac: probe of 7000.dma failed with error -22\n" IS_CARD("[   17.0] "),
		OPTIONAL("[   16.1] ", "7000.dma", WAITED),
		OPTIONAL("[    2.7] ", "7000.gpu", ASSUMED) IS_CARD("[   17.0] "),
	};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct machine *m = machine_of_text(texts[i]);

		assert_string_equal(order_text(only_report(m, GW_CLASS_DEFERRAL_TIMEOUT), "effect"), "lost");
		machine_free(m);
	}
}

/* A failure is that of whom it is reported, and of nobody who went on beside it. */
TEST(one_failed_and_others_went_on)
{
	static const struct {
		const char *text, *lost;
		int slow;
	} logs[] = {
		{ OPTIONAL(
			  "[   12.0] ", "7000.dma",
			  WAITED) "[   12.1] orion-dmac: probe of 7000.dma failed with error -22\n" OPTIONAL("[   12.2] ",
													     "8000.dma",
													     WAITED)
			  OPTIONAL("[   12.3] ", "9000.dma", WAITED) IS_CARD("[   17.0] "),
		  "7000.dma", 2 },
		{ GAVE_UP("[   12.0] ") FAILED("[   12.1] ") OPTIONAL("[   12.2] ", "8000.dma", WAITED)
			  IS_CARD("[   17.0] "),
		  "1000.mmu", 1 },
		{ OPTIONAL(
			  "", "7000.dma",
			  WAITED) "orion-dmac 7000.dma: probe with driver orion-dmac failed with error -22\n" OPTIONAL("",
														       "8000.dma",
														       WAITED)
			  OPTIONAL("", "9000.dma", WAITED) "orion-dmac 9000.dma: 8 channels\n",
		  "7000.dma", 2 },
	};

	for (size_t i = 0; i < sizeof(logs) / sizeof(logs[0]); i++) {
		struct machine *m = machine_of_text(logs[i].text);
		unsigned lost = 0, slow = 0;

		assert_int_equal(m->n_reports, 2);
		for (size_t k = 0; k < 2; k++) {
			const struct gw_report *r = m->reports[k];

			assert_int_equal(r->class, GW_CLASS_DEFERRAL_TIMEOUT);
			if (strcmp(order_text(r, "effect"), "lost") == 0) {
				lost++;
				assert_string_equal(order_text(r, "device"), logs[i].lost);
				assert_int_equal(order_number(r, "devices"), 1);
			} else {
				slow++;
				assert_int_equal(order_number(r, "devices"), logs[i].slow);
				assert_contains(r->summary, "went on without");
				assert_int_equal(r->confidence, GW_CONFIDENCE_HINT);
			}
		}
		assert_int_equal(lost, 1);
		assert_int_equal(slow, 1);
		machine_free(m);
	}
}

/* What people quote in the middle of a sentence ends with its mark. */
TEST(line_between_quote_marks)
{
	struct machine *m = machine_of_text("One of the last messages is:\n"
					    "'platform soc:gpu: deferred probe pending: (reason unknown)'\n"
					    "which I suspect is related.\n");
	const struct gw_report *r = only_report(m, GW_CLASS_DEFERRED_FOREVER);

	assert_string_equal(order_text(r, "device"), "soc:gpu");
	assert_null(strstr(r->explanation, "suspect"));
	assert_null(strstr(r->explanation, "reason"));
	machine_free(m);
	m = machine_of_text(
		"`[   44.7] vfio-pci 0000:05:00.0: BAR 0: can't reserve [mem 0xd0000000-0xdfffffff 64bit pref]`\n"
		"try another kernel, or do without it\n");
	assert_null(strstr(only_report(m, GW_CLASS_TAKEN_BY_OTHER)->explanation, "try another"));
	machine_free(m);
}

/* Behind a log with times, perhaps quoted. */
TEST(list_of_debugfs_behind_a_log)
{
	struct machine *m = machine_of_text("> [    1.157011] orion-power 303a0000.power: no link\n"
					    "\n"
					    "and then\n"
					    "> $ cat /sys/kernel/debug/devices_deferred\n"
					    "> gpio-leds       platform: wait for supplier ledgrp\n"
					    "> 5000.gpu\tplatform: supplier 303a0000.power not ready\n"
					    "\n"
					    "I have no idea.  What next: wait for a supplier?\n"
					    "5000.gpu  orion: works with the old kernel\n");

	assert_int_equal(m->n_reports, 2);
	assert_string_equal(order_text(m->reports[0], "supplier"), "ledgrp");
	assert_string_equal(order_text(m->reports[1], "supplier"), "303a0000.power");
	machine_free(m);
}

/* Whoever is listed first stands for all: what they wait for says why it waits. */
TEST(supplier_that_says_why_it_waits)
{
	static const char consumer[] =
		"[   20.1] platform sound: deferred probe pending: platform: supplier 1000.pinctrl not ready\n";
	char text[400];
	const struct gw_report *r;
	struct machine *m;

	snprintf(
		text, sizeof(text),
		"%s[   20.2] platform 1000.pinctrl: deferred probe pending: orion-pinctrl: Failed to get clk 'audio'\n",
		consumer);
	m = machine_of_text(text);
	r = only_report(m, GW_CLASS_DEFERRED_FOREVER);
	assert_string_equal(r->summary, "sound and 1 more device wait for 1000.pinctrl, which waits itself");
	assert_contains(r->explanation, "the kernel's reason: orion-pinctrl: Failed to get clk 'audio'.");
	assert_null(strstr(r->advice, "has no driver"));
	machine_free(m);
	snprintf(text, sizeof(text), "%s[   20.2] platform 1000.pinctrl: deferred probe pending: (reason unknown)\n",
		 consumer);
	m = machine_of_text(text);
	assert_contains(only_report(m, GW_CLASS_DEFERRED_FOREVER)->explanation,
			"do not show why 1000.pinctrl is not there");
	machine_free(m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(log_of_every_format),
		cmocka_unit_test(wrapped_lines_are_put_together),
		cmocka_unit_test(lines_of_one_length_without_times_are_lines),
		cmocka_unit_test(text_without_times_has_an_order_and_no_time),
		cmocka_unit_test(last_boot_of_several_counts),
		cmocka_unit_test(text_that_is_no_log),
		cmocka_unit_test(all_that_gave_up_for_no_recorded_reason_are_one_report),
		cmocka_unit_test(one_whose_end_is_not_in_the_log_goes_with_the_others),
		cmocka_unit_test(one_failed_and_others_went_on),
		cmocka_unit_test(symbols_of_another_kernel),
		cmocka_unit_test(gpu_that_others_gave_up),
		cmocka_unit_test(firmware_in_the_drivers_words),
		cmocka_unit_test(nodes_of_one_pmic_are_one_cause),
		cmocka_unit_test(nodes_of_two_devices_are_two_causes),
		cmocka_unit_test(node_is_resolved_to_the_device_that_failed),
		cmocka_unit_test(line_long_before_a_failure_is_not_its_reason),
		cmocka_unit_test(devices_that_wait_for_each_other),
		cmocka_unit_test(circle_that_a_drivers_words_close),
		cmocka_unit_test(chain_is_no_circle),
		cmocka_unit_test(firmware_without_which_the_probe_failed),
		cmocka_unit_test(firmware_without_which_the_driver_gave_up),
		cmocka_unit_test(memory_that_a_guest_does_not_get),
		cmocka_unit_test(firmware_that_is_nowhere),
		cmocka_unit_test(optional_firmware_is_silent),
		cmocka_unit_test(failure_long_after_is_not_for_want_of_firmware),
		cmocka_unit_test(symbols_that_nothing_gives),
		cmocka_unit_test(module_that_was_loaded_after_all),
		cmocka_unit_test(gpu_that_kfd_refuses),
		cmocka_unit_test(gpu_that_kfd_takes),
		cmocka_unit_test(bar_that_a_framebuffer_has),
		cmocka_unit_test(bar_that_the_driver_does_without),
		cmocka_unit_test(aggregate_whose_part_fails),
		cmocka_unit_test(aggregate_that_came_up_after_three_tries),
		cmocka_unit_test(bridges_lose_nothing),
		cmocka_unit_test(root_device_that_does_not_come),
		cmocka_unit_test(cards_that_changed_places),
		cmocka_unit_test(cards_that_kept_their_places),
		cmocka_unit_test(cards_of_the_last_boot),
		cmocka_unit_test(device_that_is_missing_now),
		cmocka_unit_test(list_of_what_must_be_bound),
		cmocka_unit_test(drivers_by_either_name),
		cmocka_unit_test(reasons_of_those_that_wait_as_well),
		cmocka_unit_test(gpu_whose_driver_failed),
		cmocka_unit_test(failures_that_are_no_loss),
		cmocka_unit_test(part_fails_with_the_whole),
		cmocka_unit_test(failure_that_others_wait_for_is_theirs),
		cmocka_unit_test(part_without_its_firmware),
		cmocka_unit_test(firmware_is_not_why_a_part_is_deferred),
		cmocka_unit_test(nvidia_driver_that_came_second),
		cmocka_unit_test(nvidia_driver_that_failed),
		cmocka_unit_test(nvidia_device_of_a_guest),
		cmocka_unit_test(fronts_of_vendors),
		cmocka_unit_test(nodes_of_a_cluster),
		cmocka_unit_test(supplier_by_name_and_by_node_is_one),
		cmocka_unit_test(list_of_debugfs),
		cmocka_unit_test(lines_without_times_are_of_the_same_boot),
		cmocka_unit_test(failure_in_the_first_second_of_a_journal),
		cmocka_unit_test(driver_cores_words_without_the_bus),
		cmocka_unit_test(bus_of_a_device_is_no_driver),
		cmocka_unit_test(nodes_of_one_controller_without_address_are_one_cause),
		cmocka_unit_test(gpu_that_is_without_its_firmware),
		cmocka_unit_test(gpu_that_got_its_firmware),
		cmocka_unit_test(log_in_which_an_aggregate_is_put_off_again_and_again),
		cmocka_unit_test(mail_that_is_not_decoded),
		cmocka_unit_test(part_that_fails_for_good),
		cmocka_unit_test(gpu_that_its_driver_keeps_without_its_engines),
		cmocka_unit_test(gpu_that_uses_its_engines),
		cmocka_unit_test(gpu_that_its_driver_gave_up),
		cmocka_unit_test(dependency_that_the_kernel_takes_for_optional),
		cmocka_unit_test(dependency_that_is_not_optional),
		cmocka_unit_test(line_between_quote_marks),
		cmocka_unit_test(list_of_debugfs_behind_a_log),
		cmocka_unit_test(supplier_that_says_why_it_waits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
