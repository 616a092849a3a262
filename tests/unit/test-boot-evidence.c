/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Evidence as it comes: from several sources, with gaps, by clocks that are wrong; and the document that is made of it.
 */
#include "build-boot.h"
#include "lib/boot/evidence/load.h"
#include "operations.h"

#define TEST(name) static void name(void **state)

static const char everything[] = "[all]\n"
				 "Consumer=Orion GPU\n"
				 "ConsumerDrivers=*\n"
				 "ConsumerInitcalls=*\n"
				 "ConsumerModules=*\n"
				 "Supplier=Nobody\n"
				 "SupplierInitcalls=nobody\n"
				 "Why=To have everything shown.\n"
				 "Source=tests\n";

static json_t *looked_at(struct machine *m)
{
	analyse(m);
	return document(m);
}

static const json_t *find_named(const json_t *array, const char *name)
{
	const json_t *item;
	size_t i;

	json_array_foreach((json_t *)array, i, item)
		if (strcmp(json_string_value(json_object_get(item, "name")), name) == 0)
			return item;
	fail_msg("no %s", name);
	return NULL;
}

static json_int_t number(const json_t *object, const char *key)
{
	if (!json_is_integer(json_object_get(object, key)))
		fail_msg("no number %s", key);
	return json_integer_value(json_object_get(object, key));
}

static const char *text(const json_t *object, const char *key)
{
	const char *value = json_string_value(json_object_get(object, key));

	if (!value)
		fail_msg("no text %s", key);
	return value;
}

static const json_t *missing_part(const json_t *order, const char *part)
{
	const json_t *item;
	size_t i;

	json_array_foreach(json_object_get(order, "missing"), i, item)
		if (strcmp(text(item, "part"), part) == 0)
			return item;
	return NULL;
}

static size_t probes_of(const json_t *order, const char *device)
{
	const json_t *spans = json_object_get(find_named(json_object_get(order, "devices"), device), "spans"), *span;
	size_t count = 0, i;

	json_array_foreach((json_t *)spans, i, span)
		count += strcmp(text(span, "kind"), "probe") == 0;
	return count;
}

/* The same probe in the log, by a clock that is @behind_ms behind. */
static void logged(struct machine *m, uint64_t sequence, const char *device, uint64_t end_ms, uint64_t behind_ms,
		   int result)
{
	char line[128];

	snprintf(line, sizeof(line), "probe of %s returned %d after 1000 usecs", device, result);
	kmsg(m, sequence, end_ms - behind_ms, line);
}

/* ---- several sources --------------------------------------------------------------------------------------- */

TEST(probe_that_two_sources_saw_is_one)
{
	struct machine *m = machine_new();
	json_t *order;

	table(m, everything);
	kmsg(m, 0, 0, "Linux version 6.12");
	for (int i = 0; i < 4; i++) {
		char name[16];

		snprintf(name, sizeof(name), "gpu.%d", i);
		probe(m, name, "orion-gpu", 1000 + 500 * (uint64_t)i, 1001 + 500 * (uint64_t)i, 0, 10);
		logged(m, 1 + (uint64_t)i, name, 1001 + 500 * (uint64_t)i, 300, 0);
	}
	probe(m, "mmu.0", "orion-mmu", 8000, 8001, DEFERRED, 10);
	probe(m, "mmu.0", "orion-mmu", 8010, 8011, DEFERRED, 10);
	probe(m, "mmu.0", "orion-mmu", 8020, 8021, 0, 10);
	logged(m, 5, "mmu.0", 8001, 300, 517);
	logged(m, 6, "mmu.0", 8011, 300, 517);
	logged(m, 7, "mmu.0", 8021, 300, 0);
	order = looked_at(m);
	assert_int_equal(number(json_object_get(order, "summary"), "probes"), 7);
	assert_int_equal(number(json_object_get(order, "summary"), "deferrals"), 2);
	assert_int_equal(probes_of(order, "mmu.0"), 3);
	assert_null(missing_part(order, "clock"));
	json_decref(order);
	machine_free(m);
}

TEST(times_of_the_log_are_brought_onto_the_other_clock)
{
	struct machine *m = machine_new();
	const json_t *row;
	json_t *order;

	table(m, everything);
	kmsg(m, 0, 0, "Linux version 6.12");
	kmsg(m, 1, 400, "calling  orion_init+0x0/0x10 @ 1");
	kmsg(m, 2, 401, "initcall orion_init+0x0/0x10 returned 0 after 1000 usecs");
	for (int i = 0; i < 5; i++) {
		char name[16];

		snprintf(name, sizeof(name), "gpu.%d", i);
		probe(m, name, "orion-gpu", i == 2 ? 1150 : 1000, i == 2 ? 1151 : 1001, 0,
		      10); /* one witness is wrong */
		logged(m, 3 + (uint64_t)i, name, 1001, 300, 0);
	}
	order = looked_at(m);
	row = find_named(json_object_get(order, "rows"), "orion_init");
	assert_int_equal(number(row, "time_ns"), 700 * MS);
	assert_string_equal(text(row, "source"), "kmsg");
	json_decref(order);
	machine_free(m);
}

TEST(evidence_may_come_in_any_order_and_twice)
{
	struct machine *m = machine_new();
	json_t *order;

	table(m, everything);
	for (int i = 0; i < 2; i++) {
		kmsg(m, 2, 401, "initcall orion_init+0x0/0x10 returned 0 after 1000 usecs");
		kmsg(m, 1, 400, "calling  orion_init+0x0/0x10 @ 1");
		kmsg(m, 0, 0, "Linux version 6.12");
	}
	order = looked_at(m);
	assert_int_equal(number(json_object_get(order, "summary"), "initcalls"), 1);
	assert_null(missing_part(order, "kernel log"));
	json_decref(order);
	machine_free(m);
}

TEST(devices_of_one_name_on_two_buses_are_kept_apart)
{
	struct machine *m = machine_new();
	json_t *order, *other;

	table(m, everything);
	device(m, "gpu.0", "orion-gpu", "");
	other = device(m, "gpu.0", "other", "");
	json_object_set_new(other, "bus", json_string("pci"));
	probe(m, "gpu.0", "orion-gpu", 1000, 1001, 0, 10);
	logged(m, 1, "gpu.0", 5000, 0, -5); /* of which of them? */
	order = looked_at(m);
	assert_int_equal(probes_of(order, "gpu.0"), 1);
	json_decref(order);
	machine_free(m);
}

/* ---- gaps ---------------------------------------------------------------------------------------------------- */

TEST(boot_that_was_all_seen_is_complete)
{
	struct machine *m = machine_new();
	json_t *order;

	kmsg(m, 0, 0, "Linux version 6.12");
	kmsg(m, 1, 400, "calling  orion_init+0x0/0x10 @ 1");
	kmsg(m, 2, 401, "initcall orion_init+0x0/0x10 returned 0 after 1000 usecs");
	order = looked_at(m);
	assert_true(json_is_true(json_object_get(order, "complete")));
	json_decref(order);
	machine_free(m);
}

TEST(boot_without_initcall_debug_says_what_to_do)
{
	struct machine *m = machine_new();
	const json_t *gap;
	json_t *order;

	cmdline(m, "quiet");
	json_object_set_new(m->lost, "attached_ns", json_integer(3204 * MS));
	order = looked_at(m);
	assert_true(json_is_false(json_object_get(order, "complete")));
	gap = missing_part(order, "early probes");
	assert_non_null(gap);
	assert_int_equal(number(gap, "to_ns"), 3204 * MS);
	assert_contains(text(gap, "text"), "before 3.204 s");
	assert_contains(text(gap, "remedy"), "initcall_debug");
	assert_non_null(missing_part(order, "initcalls"));
	json_decref(order);
	machine_free(m);
}

TEST(log_that_has_wrapped_and_one_with_holes)
{
	struct machine *m = machine_new();
	json_t *order;

	kmsg(m, 1200, 2000, "calling  orion_init+0x0/0x10 @ 1");
	kmsg(m, 1201, 2001, "initcall orion_init+0x0/0x10 returned 0 after 1000 usecs");
	order = looked_at(m);
	assert_contains(text(missing_part(order, "kernel log"), "text"), "first 1200 records");
	assert_contains(text(missing_part(order, "initcalls"), "remedy"), "log_buf_len=16M");
	json_decref(order);
	cmdline(m, "initcall_debug=0 noinitcall_debug");
	order = looked_at(m);
	assert_contains(text(missing_part(order, "initcalls"), "remedy"), "initcall_debug log_buf_len=8M");
	json_decref(order);
	kmsg(m, 0, 0, "Linux version 6.12");
	order = looked_at(m);
	assert_contains(text(missing_part(order, "kernel log"), "text"), "1199 records of the kernel log are missing");
	json_decref(order);
	machine_free(m);
}

TEST(dropped_events_and_garbage_are_counted)
{
	struct machine *m = machine_new();
	json_t *order;

	json_object_set_new(m->lost, "events", json_integer(17));
	json_object_set_new(m->lost, "unreadable",
			    json_pack("[s]", "/sys/kernel/debug/devices_deferred: Permission denied"));
	json_object_set_new(m->lost, "probes", json_pack("[s]", "really_probe: no such function"));
	assert_int_equal(gw_boot_evidence_add_kmsg(m->evidence, "\x01\xff garbage", 10), 0);
	assert_int_equal(gw_boot_evidence_load(m->evidence, "{broken", 7), -EBADMSG);
	order = looked_at(m);
	assert_contains(text(missing_part(order, "events"), "text"), "17 events were dropped");
	assert_contains(text(missing_part(order, "damaged records"), "text"), "2 records");
	assert_contains(text(missing_part(order, "state"), "text"), "devices_deferred: Permission denied");
	assert_contains(text(missing_part(order, "programs"), "text"), "really_probe");
	json_decref(order);
	machine_free(m);
}

TEST(begin_without_end_and_end_without_begin)
{
	struct machine *m = machine_new();
	json_t *order;

	table(m, everything);
	happens(m, GW_BOOT_PROBE_BEGIN, 1000, "gpu.0", "orion-gpu");
	happens(m, GW_BOOT_PROBE_END, 2000, "gpu.1", "orion-gpu");
	happens(m, GW_BOOT_PROBE_BEGIN, 3000, "gpu.0", "orion-gpu"); /* it must have ended in between */
	happens(m, GW_BOOT_PROBE_END, 3100, "gpu.0", "orion-gpu");
	happens(m, GW_BOOT_MODULE_END, 4000, "orion", "");
	order = looked_at(m);
	assert_int_equal(probes_of(order, "gpu.0"), 2);
	assert_string_equal(text(json_array_get(json_object_get(order, "rows"), 0), "outcome"), "running");
	assert_contains(text(missing_part(order, "ends"), "text"), "1 probe or initcall began and did not end");
	json_decref(order);
	machine_free(m);
}

/* ---- clocks -------------------------------------------------------------------------------------------------- */

TEST(clock_that_jumps_back_does_not_turn_the_order_round)
{
	static const char needs[] = "[a]\nConsumer=B\nConsumerInitcalls=b_init\nSupplier=A\nSupplierInitcalls=a_init\n"
				    "Why=So.\nSource=tests\n";
	struct machine *m = machine_new();
	json_t *order;

	table(m, needs);
	kmsg(m, 0, 0, "Linux version 6.12");
	kmsg(m, 1, 5000, "calling  a_init+0x0/0x10 @ 1");
	kmsg(m, 2, 5001, "initcall a_init+0x0/0x10 returned 0 after 1000 usecs");
	kmsg(m, 3, 1000, "calling  b_init+0x0/0x10 @ 1");
	kmsg(m, 4, 1001, "initcall b_init+0x0/0x10 returned 0 after 1000 usecs");
	order = looked_at(m);
	assert_silent(m);
	assert_non_null(missing_part(order, "clock"));
	json_decref(order);
	machine_free(m);
}

TEST(clock_that_jumps_beyond_now_is_brought_back)
{
	struct machine *m = machine_new();
	json_t *order;

	table(m, everything);
	kmsg(m, 0, 0, "Linux version 6.12");
	kmsg(m, 1, 5000, "calling  a_init+0x0/0x10 @ 1");
	kmsg(m, 2, 9000000, "initcall a_init+0x0/0x10 returned 0 after 1000 usecs");
	kmsg(m, 3, 9000001, "calling  b_init+0x0/0x10 @ 1");
	kmsg(m, 4, 9000002, "initcall b_init+0x0/0x10 returned 0 after 1000 usecs");
	order = looked_at(m);
	assert_true(number(find_named(json_object_get(order, "rows"), "b_init"), "end_ns") < 60000 * (json_int_t)MS);
	assert_non_null(missing_part(order, "clock"));
	json_decref(order);
	machine_free(m);
}

TEST(verdict_by_a_clock_that_jumped_is_not_proven)
{
	struct machine *m = machine_new();

	table(m,
	      "[a]\nConsumer=B\nConsumerInitcalls=b_init\nSupplier=A\nSupplierInitcalls=a_init\nWhy=So.\nSource=tests\n");
	kmsg(m, 0, 0, "Linux version 6.12");
	kmsg(m, 1, 5000, "calling  b_init+0x0/0x10 @ 1");
	kmsg(m, 2, 5001, "initcall b_init+0x0/0x10 returned 0 after 1000 usecs");
	kmsg(m, 3, 1000, "calling  a_init+0x0/0x10 @ 1");
	kmsg(m, 4, 1001, "initcall a_init+0x0/0x10 returned 0 after 1000 usecs");
	analyse(m);
	assert_int_equal(the_report(m, GW_CLASS_INITCALL_ORDER)->confidence, GW_CONFIDENCE_PROBABLE);
	machine_free(m);
}

/* Of one device, as a source has it. */
static void bound_at(struct machine *m, enum gw_boot_source source, uint64_t sequence, const char *device, uint64_t ns)
{
	struct gw_boot_event e = { .type = GW_BOOT_PROBE_END, .source = source, .sequence = sequence, .time_ns = ns };

	memcpy(e.subject, device, strlen(device));
	add(m, &e);
}

/* Files may have any number in them. Under UBSan: what is computed with them does not overflow. */
TEST(times_that_no_clock_has_are_computed_with)
{
	static const uint64_t times[] = { 0, 1, INT64_MAX - 1, INT64_MAX, (uint64_t)INT64_MAX + 1, UINT64_MAX };
	static const json_int_t offsets[] = { INT64_MIN, INT64_MIN + 1, -1, 0, INT64_MAX };

	for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
		for (size_t k = 0; k < sizeof(times) / sizeof(times[0]); k++) {
			struct machine *m = machine_new();

			/* The two clocks are as far apart as can be, by one witness and by several. */
			for (unsigned int n = 0; n < 4; n++) {
				char name[8];

				snprintf(name, sizeof(name), "gpu.%u", n);
				bound_at(m, GW_BOOT_FROM_BPF, n, name, times[i]);
				bound_at(m, GW_BOOT_FROM_KMSG, n, name, times[k]);
				bound_at(m, GW_BOOT_FROM_TRACE, n, name, times[k]);
				analyse(m);
			}
			machine_free(m);
		}
	}
	for (size_t i = 0; i < sizeof(offsets) / sizeof(offsets[0]); i++) {
		struct machine *m = machine_new();

		json_object_set_new(m->state, "log_offset_ns", json_integer(offsets[i]));
		bound_at(m, GW_BOOT_FROM_BPF, 0, "mmu.0", 1);
		for (size_t k = 0; k < sizeof(times) / sizeof(times[0]); k++)
			bound_at(m, GW_BOOT_FROM_KMSG, k, "gpu.0", times[k]);
		analyse(m);
		machine_free(m);
	}
}

/* To and fro: the shifts of a clock that jumps back time and again do not add up to more than there is. */
TEST(clock_that_jumps_as_far_as_can_be_again_and_again)
{
	static const uint64_t nows[] = { 0, 1, INT64_MAX, UINT64_MAX };

	for (size_t i = 0; i < sizeof(nows) / sizeof(nows[0]); i++) {
		struct machine *m = machine_new();
		json_t *order;

		m->host.taken_mono_ns = nows[i];
		for (uint64_t n = 0; n < 12; n++)
			bound_at(m, GW_BOOT_FROM_KMSG, n, "gpu.0", n % 2 ? 0 : (uint64_t)INT64_MAX - 100 * MS);
		for (uint64_t n = 12; n < 24; n++)
			bound_at(m, GW_BOOT_FROM_KMSG, n, "gpu.0", n % 3 ? 1 : UINT64_MAX);
		order = looked_at(m);
		assert_non_null(missing_part(order, "clock"));
		json_decref(order);
		machine_free(m);
	}
}

/* ---- files ----------------------------------------------------------------------------------------------------- */

static void load(struct gw_boot_evidence *evidence, const char *line)
{
	assert_int_equal(gw_boot_evidence_load(evidence, line, strlen(line)), 0);
}

TEST(evidence_file_gives_the_same_reports)
{
	struct gw_boot_evidence *evidence;
	const struct gw_report *const *reports;
	struct gw_boot *boot;
	json_t *order;

	assert_int_equal(gw_boot_evidence_new(&evidence, NULL), 0);
	load(evidence,
	     "{\"schema\":\"gpuwatch.boot.v1\",\"boot_id\":\"b\",\"kernel\":\"6.12.1\",\"machine\":\"x86_64\",\"taken_at\":\"2026-11-21T13:28:30.123456Z\",\"taken_mono_ns\":9000000000,\"later\":[]}");
	load(evidence,
	     "{\"table\":\"[a]\\nConsumer=B\\nConsumerInitcalls=b_init\\nSupplier=A\\nSupplierInitcalls=a_init\\n"
	     "Why=So.\\nSource=tests\\n\",\"name\":\"t\"}");
	load(evidence,
	     "{\"initcalls\":[{\"function\":\"b_init\",\"module\":\"b\",\"level\":\"device\",\"address\":1},{\"function\":\"a_init\",\"module\":\"a\",\"level\":\"device\",\"address\":2},{\"function\":5}]}");
	load(evidence, "{\"something of a later version\":1}");
	load(evidence, "{\"kmsg\":\"7,1,5000000,-;calling  b_init+0x0/0x10 @ 1\"}");
	load(evidence,
	     "{\"event\":{\"type\":\"initcall-end\",\"source\":\"trace\",\"time_ns\":5001000000,\"subject\":\"b_init\"}}");
	load(evidence, "{\"lost\":{}}");
	load(evidence, "{\"state\":{}}");
	assert_int_equal(gw_boot_evidence_load(evidence, "{\"event\":{}}", 12), -EBADMSG);
	assert_int_equal(gw_boot_evidence_load(evidence, "{\"state\":5}", 11), -EBADMSG);
	assert_int_equal(gw_boot_evidence_load(evidence, "[]", 2), -EBADMSG);
	assert_int_equal(gw_boot_analyse(&boot, evidence), 0);
	assert_int_equal(gw_boot_reports(boot, &reports), 1);
	assert_int_equal(reports[0]->class, GW_CLASS_INITCALL_ORDER);
	order = gw_boot_json(boot);
	assert_string_equal(text(order, "taken_at"), "2026-11-21T13:28:30.123456Z");
	assert_string_equal(text(order, "kernel"), "6.12.1");
	json_decref(order);
	gw_boot_free(boot);
	gw_boot_evidence_free(evidence);
}

TEST(nothing_at_all_is_a_boot_of_which_all_is_missing)
{
	struct machine *m = machine_new();
	json_t *order;

	cmdline(m, "");
	json_object_del(m->lost, "attached_ns");
	order = looked_at(m);
	assert_silent(m);
	assert_contains(text(missing_part(order, "early probes"), "text"), "No probe was recorded.");
	json_decref(order);
	machine_free(m);
}

/* ---- the document ----------------------------------------------------------------------------------------------- */

TEST(rows_are_in_order_and_know_in_which_call_they_ran)
{
	struct machine *m = machine_new();
	const json_t *rows, *init, *probed;
	struct gw_boot_event e;
	json_t *order;

	table(m, everything);
	event(m, &e, GW_BOOT_MODULE_BEGIN, 4000, "orion_gpu", "");
	e.pid = 10;
	add(m, &e);
	probe(m, "gpu.0", "orion-gpu", 4100, 4200, 0, 10);
	probe(m, "other", "other", 4110, 4190, 0, 11); /* beside it */
	happens(m, GW_BOOT_MODULE_END, 4300, "orion_gpu", "");
	order = looked_at(m);
	rows = json_object_get(order, "rows");
	assert_int_equal(json_array_size(rows), 3);
	init = json_array_get(rows, 0);
	probed = json_array_get(rows, 1);
	assert_string_equal(text(init, "kind"), "module");
	assert_string_equal(text(probed, "parent"), text(init, "id"));
	assert_int_equal(number(probed, "depth"), 1);
	assert_string_equal(text(probed, "outcome"), "bound");
	assert_true(json_is_null(json_object_get(json_array_get(rows, 2), "parent")));
	json_decref(order);
	machine_free(m);
}

TEST(spans_show_the_wait_between_probes)
{
	struct machine *m = machine_new();
	const json_t *gpu, *spans;
	json_t *order;

	table(m, everything);
	device(m, "gpu.0", "orion-gpu", "");
	probe(m, "gpu.0", "orion-gpu", 1000, 1001, DEFERRED, 10);
	probe(m, "gpu.0", "orion-gpu", 3000, 3100, 0, 10);
	order = looked_at(m);
	gpu = find_named(json_object_get(order, "devices"), "gpu.0");
	spans = json_object_get(gpu, "spans");
	assert_int_equal(json_array_size(spans), 3);
	assert_string_equal(text(json_array_get(spans, 0), "result_name"), "-EPROBE_DEFER");
	assert_string_equal(text(json_array_get(spans, 1), "kind"), "deferred");
	assert_int_equal(number(json_array_get(spans, 1), "end_ns"), 3000 * MS);
	assert_int_equal(number(gpu, "ready_ns"), 3100 * MS);
	assert_int_equal(number(gpu, "lost_ns"), (3100 - 1001) * MS);
	json_decref(order);
	machine_free(m);
}

TEST(tree_is_a_chain_of_parties)
{
	struct machine *m = machine_new();
	const json_t *gpu, *pasid, *iommu;
	json_t *order;

	table(m,
	      "[gpu]\nConsumer=GPU\nConsumerInitcalls=gpu_init\nSupplier=PASID\nSupplierInitcalls=pasid_init\nWhy=a.\nSource=a\n"
	      "[pasid]\nConsumer=PASID\nConsumerInitcalls=pasid_init\nSupplier=IOMMU\nSupplierInitcalls=iommu_init\nWhy=a.\n"
	      "Source=a\n");
	kmsg(m, 0, 0, "Linux version 6.12");
	kmsg(m, 1, 1000, "calling  iommu_init+0x0/0x10 @ 1");
	kmsg(m, 2, 1001, "initcall iommu_init+0x0/0x10 returned 0 after 1000 usecs");
	kmsg(m, 3, 1002, "calling  pasid_init+0x0/0x10 @ 1");
	kmsg(m, 4, 1003, "initcall pasid_init+0x0/0x10 returned -19 after 1000 usecs");
	kmsg(m, 5, 1004, "calling  gpu_init+0x0/0x10 @ 1");
	kmsg(m, 6, 1005, "initcall gpu_init+0x0/0x10 returned 0 after 1000 usecs");
	order = looked_at(m);
	assert_int_equal(json_array_size(json_object_get(order, "tree")), 1);
	gpu = find_named(json_object_get(order, "tree"), "GPU");
	pasid = find_named(json_object_get(gpu, "children"), "PASID");
	iommu = find_named(json_object_get(pasid, "children"), "IOMMU");
	assert_string_equal(text(gpu, "role"), "consumer");
	assert_string_equal(text(pasid, "state"), "failed");
	assert_contains(text(pasid, "note"), "-ENODEV");
	assert_string_equal(text(iommu, "state"), "ready");
	assert_int_equal(number(iommu, "ready_ns"), 1001 * MS);
	json_decref(order);
	machine_free(m);
}

TEST(settings_are_those_of_the_command_line)
{
	struct machine *m = machine_new();
	const json_t *settings;
	json_t *order;

	cmdline(m,
		"root=/dev/vda fw_devlink=on fw_devlink.strict=1 deferred_probe_timeout=-1 iommu=pt initcall_debug\n");
	order = looked_at(m);
	settings = json_object_get(order, "settings");
	assert_string_equal(text(settings, "fw_devlink"), "on");
	assert_true(json_is_true(json_object_get(settings, "fw_devlink_strict")));
	assert_int_equal(number(settings, "deferred_probe_timeout_s"), -1);
	assert_string_equal(text(settings, "iommu"), "pt");
	assert_true(json_is_true(json_object_get(settings, "initcall_debug")));
	assert_true(json_is_null(json_object_get(settings, "timeout_expired_ns")));
	json_decref(order);
	machine_free(m);
}

TEST(settings_that_are_given_twice_or_wrong)
{
	struct machine *m = machine_new();
	const json_t *settings;
	json_t *order;

	cmdline(m,
		"fw_devlink=off fw_devlink=\"permissive\" fw-devlink.strict=on fw_devlink.strict deferred_probe_timeout=5 deferred_probe_timeout=x initcall_debug=0 -- iommu=pt");
	order = looked_at(m);
	settings = json_object_get(order, "settings");
	assert_string_equal(text(settings, "fw_devlink"), "permissive");
	assert_true(json_is_true(json_object_get(settings, "fw_devlink_strict")));
	assert_int_equal(number(settings, "deferred_probe_timeout_s"), 5);
	assert_string_equal(text(settings, "iommu"), "");
	assert_true(json_is_false(json_object_get(settings, "initcall_debug")));
	json_decref(order);
	machine_free(m);
}

/* ---- what kernels really print
 * --------------------------------------------------------------------------------------- */

static void load_log(struct machine *m, const char *path)
{
	FILE *file = fopen(path, "r");
	char line[1024];

	assert_non_null(file);
	while (fgets(line, sizeof(line), file))
		assert_int_equal(gw_boot_evidence_add_kmsg(m->evidence, line, strcspn(line, "\n")), 0);
	fclose(file);
}

/* Each probe of the log is one attempt, whatever other lines there are about it. */
static void assert_log(const char *path, json_int_t probes, const char *module)
{
	struct machine *m = machine_new();
	const json_t *summary, *row;
	json_t *order;

	table(m, everything);
	load_log(m, path);
	order = looked_at(m);
	assert_silent(m);
	summary = json_object_get(order, "summary");
	assert_int_equal(number(summary, "probes"), probes);
	if (module) {
		row = find_named(json_object_get(order, "rows"), module);
		assert_string_equal(text(row, "kind"), "module");
		assert_string_equal(text(row, "outcome"), "ok");
		assert_true(number(row, "end_ns") > number(row, "time_ns"));
	}
	json_decref(order);
	machine_free(m);
}

TEST(logs_of_real_kernels)
{
	assert_log("tests/unit/boot-kmsg-6.1.txt", 18, "amdgpu");
	assert_log("tests/unit/boot-kmsg-6.12.txt", 27, NULL);
	assert_log("tests/unit/boot-kmsg-7.2.txt", 27, "amdgpu");
}

/* ---- size
 * ------------------------------------------------------------------------------------------------------------ */

/* Each is deferred four times, by BPF and the log, and bound; all need one supplier, and each its neighbour. */
static struct machine *crowd(unsigned int devices)
{
	struct machine *m = machine_new();
	uint64_t sequence = 0;

	table(m, everything);
	for (unsigned int i = 0; i < devices; i++) {
		char name[32], supplier[32];

		snprintf(name, sizeof(name), "gpu.%u", i);
		snprintf(supplier, sizeof(supplier), "gpu.%u", i ? i - 1 : devices);
		needs_by_firmware(device(m, name, "orion-gpu", "orion_gpu"), "clocks", "/soc/clock", "mmu.0");
		link_made(m, 10, name, supplier, 0);
		for (unsigned int k = 0; k < 5; k++) {
			probe(m, name, "orion-gpu", 1000 + 1000 * k + i % 1000, 1001 + 1000 * k + i % 1000,
			      k < 4 ? DEFERRED : 0, 10);
			logged(m, sequence++, name, 1001 + 1000 * k + i % 1000, 0, k < 4 ? 517 : 0);
		}
	}
	return m;
}

static uint64_t cost_of(unsigned int devices)
{
	struct machine *m = crowd(devices);
	uint64_t begin = operations();
	json_t *order;

	gw_boot_evidence_set_host(m->evidence, &m->host);
	assert_int_equal(gw_boot_evidence_set_state(m->evidence, m->state), 0);
	assert_int_equal(gw_boot_analyse(&m->boot, m->evidence), 0);
	order = gw_boot_json(m->boot);
	assert_non_null(order);
	json_decref(order);
	machine_free(m);
	return operations() - begin;
}

/* As many modules as names on the command line's blacklist. */
static uint64_t cost_of_blacklist(unsigned int modules)
{
	struct machine *m = machine_new();
	char *line = NULL, name[32];
	uint64_t begin;
	size_t size;
	FILE *stream = open_memstream(&line, &size);

	fputs("modprobe.blacklist=x", stream);
	for (unsigned int i = 0; i < modules; i++) {
		fprintf(stream, ",y%u", i);
		snprintf(name, sizeof(name), "m%u", i);
		module(m, name, "live");
	}
	fclose(stream);
	cmdline(m, line);
	begin = operations();
	analyse(m);
	begin = operations() - begin;
	machine_free(m);
	free(line);
	return begin;
}

TEST(twice_the_modules_and_the_blacklist_take_about_twice_the_work)
{
	uint64_t once = cost_of_blacklist(1000), twice = cost_of_blacklist(2000);

	if (twice > 3 * once)
		fail_msg("%llu operations, then %llu", (unsigned long long)once, (unsigned long long)twice);
}

/* Eight thousand patterns on three thousand devices is nobody's machine. */
TEST(table_with_too_many_patterns_for_the_devices_is_refused)
{
	struct machine *m = crowd(3000);
	char *text = NULL;
	size_t size;
	FILE *stream = open_memstream(&text, &size);

	for (unsigned int i = 0; i < 4000; i++)
		fprintf(stream,
			"[entry-%u]\nConsumer=c\nConsumerDrivers=c%u*\nSupplier=s\nSupplierDrivers=s%u*\nWhy=Because.\nSource=x\n",
			i, i, i);
	fclose(stream);
	table(m, text);
	free(text);
	gw_boot_evidence_set_host(m->evidence, &m->host);
	assert_int_equal(gw_boot_evidence_set_state(m->evidence, m->state), 0);
	assert_int_equal(gw_boot_analyse(&m->boot, m->evidence), -E2BIG);
	machine_free(m);
}

TEST(twice_the_devices_take_about_twice_the_work)
{
	uint64_t few = cost_of(1500), many = cost_of(3000);

	print_message("%llu, %llu operations\n", (unsigned long long)few, (unsigned long long)many);
	assert_true(few > 1500);
	assert_true(many < few * 5 / 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(probe_that_two_sources_saw_is_one),
		cmocka_unit_test(times_of_the_log_are_brought_onto_the_other_clock),
		cmocka_unit_test(evidence_may_come_in_any_order_and_twice),
		cmocka_unit_test(devices_of_one_name_on_two_buses_are_kept_apart),
		cmocka_unit_test(boot_that_was_all_seen_is_complete),
		cmocka_unit_test(boot_without_initcall_debug_says_what_to_do),
		cmocka_unit_test(log_that_has_wrapped_and_one_with_holes),
		cmocka_unit_test(dropped_events_and_garbage_are_counted),
		cmocka_unit_test(begin_without_end_and_end_without_begin),
		cmocka_unit_test(clock_that_jumps_back_does_not_turn_the_order_round),
		cmocka_unit_test(clock_that_jumps_beyond_now_is_brought_back),
		cmocka_unit_test(verdict_by_a_clock_that_jumped_is_not_proven),
		cmocka_unit_test(times_that_no_clock_has_are_computed_with),
		cmocka_unit_test(clock_that_jumps_as_far_as_can_be_again_and_again),
		cmocka_unit_test(evidence_file_gives_the_same_reports),
		cmocka_unit_test(nothing_at_all_is_a_boot_of_which_all_is_missing),
		cmocka_unit_test(rows_are_in_order_and_know_in_which_call_they_ran),
		cmocka_unit_test(spans_show_the_wait_between_probes),
		cmocka_unit_test(tree_is_a_chain_of_parties),
		cmocka_unit_test(settings_are_those_of_the_command_line),
		cmocka_unit_test(settings_that_are_given_twice_or_wrong),
		cmocka_unit_test(logs_of_real_kernels),
		cmocka_unit_test(twice_the_modules_and_the_blacklist_take_about_twice_the_work),
		cmocka_unit_test(table_with_too_many_patterns_for_the_devices_is_refused),
		cmocka_unit_test(twice_the_devices_take_about_twice_the_work),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
