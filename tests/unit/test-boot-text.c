/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Boots of which only a kernel log is known, as people paste it. */
#include "build-boot.h"
#include "lib/boot/evidence/log-text.h"

#define TEST(name) static void name(void **state)

static struct machine *machine_of_text(const char *text)
{
	struct machine *m = calloc(1, sizeof(*m));

	assert_non_null(m);
	assert_int_equal(gw_depends_new(&m->depends), 0);
	assert_int_equal(gw_boot_evidence_new(&m->evidence, m->depends), 0);
	assert_int_equal(gw_boot_evidence_add_log(m->evidence, text, strlen(text), NULL, NULL), 0);
	assert_int_equal(gw_boot_analyse(&m->boot, m->evidence), 0);
	m->n_reports = gw_boot_reports(m->boot, &m->reports);
	return m;
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(log_of_every_format),
		cmocka_unit_test(wrapped_lines_are_put_together),
		cmocka_unit_test(text_without_times_has_an_order_and_no_time),
		cmocka_unit_test(last_boot_of_several_counts),
		cmocka_unit_test(text_that_is_no_log),
		cmocka_unit_test(all_that_gave_up_for_no_recorded_reason_are_one_report),
		cmocka_unit_test(nodes_of_one_pmic_are_one_cause),
		cmocka_unit_test(nodes_of_two_devices_are_two_causes),
		cmocka_unit_test(node_is_resolved_to_the_device_that_failed),
		cmocka_unit_test(line_long_before_a_failure_is_not_its_reason),
		cmocka_unit_test(devices_that_wait_for_each_other),
		cmocka_unit_test(circle_that_a_drivers_words_close),
		cmocka_unit_test(chain_is_no_circle),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
