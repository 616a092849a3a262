/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The table of known hangs: which reports an entry is about, and what a bad file comes to. */
/* clang-format off: cmocka wants these first */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
/* clang-format on */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/report/known.h"

#define TEST(name) static void name(void **state)

#define ENTRY                                                                                                          \
	"[orion-flush]\n"                                                                                              \
	"Class=workqueue-cycle lock-cycle\n"                                                                           \
	"Modules=orion other\n"                                                                                        \
	"Functions=orion_flush* orion_retire_work\n"                                                                   \
	"Kernels=6.6-6.11\n"                                                                                           \
	"What=Closing a file flushes the work that retires jobs.\n"                                                    \
	"FixedIn=orion 2.4\n"

struct heard {
	int count;
	char last[512];
};

static void hear(const char *message, void *userdata)
{
	struct heard *heard = userdata;

	heard->count++;
	snprintf(heard->last, sizeof(heard->last), "%s", message);
}

static struct gw_known *table(const char *text)
{
	struct gw_known *known;

	assert_int_equal(gw_known_new(&known), 0);
	assert_int_equal(gw_known_parse(known, "table", text, strlen(text), NULL, NULL), 0);
	return known;
}

static json_t *report(const char *class, const char *kernel, const char *frame_a, const char *frame_b)
{
	json_t *json = json_pack("{s:s, s:s, s:[{s:s, s:[s, s]}, {s:s}, {s:s, s:[s]}]}", "class", class, "kernel",
				 kernel, "nodes", "id", "task:1", "stack", "__flush_work+0x1a/0x40", frame_a, "id",
				 "lock:2", "id", "task:3", "stack", frame_b);

	assert_non_null(json);
	return json;
}

/* The id of the entry that is about the report, "" = none. */
static const char *known_id(const struct gw_known *known, json_t *json)
{
	const char *id;

	assert_int_equal(gw_known_annotate(known, json), 0);
	id = json_string_value(json_object_get(json_object_get(json, "known"), "id"));
	return id ? id : "";
}

static void assert_known(const char *text, const char *class, const char *kernel, const char *frame_a,
			 const char *frame_b, const char *id)
{
	struct gw_known *known = table(text);
	json_t *json = report(class, kernel, frame_a, frame_b);

	assert_string_equal(known_id(known, json), id);
	json_decref(json);
	gw_known_free(known);
}

#define FLUSH "orion_flush_all.isra.0+0x10/0x80 [orion]"
#define RETIRE "orion_retire_work+0x22/0x60 [orion]"

TEST(entry_is_about_a_report_of_its_shape)
{
	struct gw_known *known = table(ENTRY);
	json_t *json = report("workqueue-cycle", "6.8.0-45-generic", FLUSH, RETIRE), *object;

	assert_string_equal(known_id(known, json), "orion-flush");
	object = json_object_get(json, "known");
	assert_string_equal(json_string_value(json_object_get(object, "fixed_in")), "orion 2.4");
	assert_string_equal(json_string_value(json_object_get(object, "link")), "");
	json_decref(json);
	gw_known_free(known);
}

TEST(everything_that_is_given_has_to_hold)
{
	assert_known(ENTRY, "workqueue-cycle", "6.8.1", FLUSH, RETIRE, "orion-flush");
	assert_known(ENTRY, "reset-cycle", "6.8.1", FLUSH, RETIRE, "");
	assert_known(ENTRY, "workqueue-cycle", "6.12.1", FLUSH, RETIRE, "");
	assert_known(ENTRY, "workqueue-cycle", "", FLUSH, RETIRE, "");
	assert_known(ENTRY, "workqueue-cycle", "6.8.1", FLUSH, "schedule+0x1/0x2", "");
	assert_known(ENTRY, "workqueue-cycle", "6.8.1", "orion_flush+0x1/0x2", "orion_retire_work+0x1/0x2", "");
	assert_known(ENTRY, "workqueue-cycle", "6.8.1", "reorion_flush+0x1/0x2 [orion]", RETIRE, "");
}

TEST(later_entry_replaces_and_removes)
{
	assert_known(ENTRY "[orion-flush]\nModules=orion\nWhat=Something else.\n", "reset-cycle", "", FLUSH, RETIRE,
		     "orion-flush");
	assert_known(ENTRY "[orion-flush]\n", "workqueue-cycle", "6.8.1", FLUSH, RETIRE, "");
	assert_known("[all]\nModules=*\nWhat=Anything.\n" ENTRY, "workqueue-cycle", "6.8.1", FLUSH, RETIRE, "all");
}

TEST(bad_lines_are_named_and_their_entry_left_out)
{
	static const struct {
		const char *text, *complaint;
	} bad[] = {
		{ "Class=lock-cycle\n", "stands in no section" },
		{ "[a]\nWhat=x\n", "neither Functions= nor Modules=" },
		{ "[a]\nModules=x\n", "has no What=" },
		{ "[a]\nModules=x\nWhat=y\nClass=deadlock\n", "is no class" },
		{ "[a]\nModules=x\nWhat=y\nKernels=new\n", "range of versions" },
		{ "[a]\nModules=x\nWhat=y\nWhat=z\n", "given twice" },
		{ "[a]\nModules=x\nWhat=y\nColour=red\n", "no key" },
		{ "[a]\nModules=x\nWhat=\n", "is empty" },
		{ "[a\n", "neither [NAME] nor KEY=VALUE" },
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct heard heard = { 0 };
		struct gw_known *known;
		json_t *json = report("lock-cycle", "6.8.1", "f+0x1/0x2 [x]", "g+0x1/0x2 [x]");

		assert_int_equal(gw_known_new(&known), 0);
		assert_true(gw_known_parse(known, "table", bad[i].text, strlen(bad[i].text), hear, &heard) > 0);
		if (!strstr(heard.last, bad[i].complaint))
			fail_msg("no \"%s\" in \"%s\"", bad[i].complaint, heard.last);
		assert_string_equal(known_id(known, json), "");
		json_decref(json);
		gw_known_free(known);
	}
}

static struct gw_known *installed(void)
{
	char text[65536];
	struct heard heard = { 0 };
	struct gw_known *known;
	FILE *file = fopen("data/known-hangs.conf", "r");
	size_t size;

	assert_non_null(file);
	size = fread(text, 1, sizeof(text), file);
	fclose(file);
	assert_true(size > 0 && size < sizeof(text));
	assert_int_equal(gw_known_new(&known), 0);
	if (gw_known_parse(known, "known-hangs.conf", text, size, hear, &heard) != 0)
		fail_msg("%s", heard.last);
	return known;
}

TEST(installed_table_is_good)
{
	gw_known_free(installed());
}

/* One shape for each entry, and one that lacks a part of it. */
TEST(installed_entries_are_about_their_hangs)
{
	static const struct {
		const char *id, *class, *frame_a, *frame_b;
	} shapes[] = {
		{ "amdgpu-reset-restore", "reset-cycle", "drm_sched_job_timedout+0x6a/0x130 [gpu_sched]",
		  "restore_process_worker+0x3f/0x120 [amdgpu]" },
		{ "amdgpu-reset-restore-svm", "reset-cycle", "drm_sched_job_timedout+0x6a/0x130 [gpu_sched]",
		  "svm_range_restore_work+0x3f/0x120 [amdgpu]" },
		{ "amdkfd-exit-restore", "workqueue-cycle", "kfd_process_notifier_release+0x10/0x20 [amdgpu]",
		  "svm_range_restore_work+0x3f/0x120 [amdgpu]" },
		{ "nvidia-difr-prefetch", "busy-holder", "nvDIFRPrefetchSurfaces+0x1/0x2 [nvidia_modeset]",
		  "down+0x1/0x2" },
		{ "nvidia-modeset-room", "retry-loop", "nvEvoMakeRoom+0x1/0x2 [nvidia_modeset]",
		  "nvkms_ioctl+0x1/0x2 [nvidia_modeset]" },
		{ "nvidia-modeset", "long-wait", "nvkms_ioctl+0x1/0x2 [nvidia_modeset]", "down+0x1/0x2" },
		{ "nvidia-memory-type", "busy-holder", "nv_set_memory_type.constprop.0+0x1/0x2 [nvidia]",
		  "down_write+0x1/0x2" },
		{ "nvidia-init-two-gpus", "long-wait", "rmapiLockAcquire+0x294/0x360 [nvidia]",
		  "kgspInitRm_IMPL+0xcad/0x1680 [nvidia]" },
		{ "nvidia-uvm-suspend", "long-wait", "_raw_q_flush+0x87/0x110 [nvidia_uvm]",
		  "uvm_suspend+0x17b/0x1a0 [nvidia_uvm]" },
		{ "nvidia-uvm-spin", "busy-holder", "uvm_spin_loop+0x1/0x2 [nvidia_uvm]", "schedule+0x1/0x2" },
		{ "v3d-reset-stop", "long-wait", "drm_sched_stop+0x13c/0x220 [gpu_sched]",
		  "v3d_gpu_reset_for_timeout.isra.0+0x68/0x120 [v3d]" },
		{ "msm-recovery-reclaim", "reclaim-cycle", "recover_worker+0x1c0/0x638",
		  "msm_gem_shrinker_scan+0x1cc/0x2e8" },
		{ "nvidia-unbind", "retry-loop", "nv_pci_remove_helper+0x1/0x2 [nvidia]", "msleep+0x1/0x2" },
		{ "amdkfd-restore-swapped", "busy-holder", "svm_range_restore_work+0xe5/0x390 [amdgpu]",
		  "hmm_range_fault+0x3c/0xb0" },
		{ "", "long-wait", "svm_range_restore_work+0xe5/0x390 [amdgpu]", "hmm_range_fault+0x3c/0xb0" },
		{ "", "reclaim-cycle", "recover_worker+0x1c0/0x638", "etnaviv_gem_shrink+0x1/0x2" },
		{ "", "long-wait", "drm_sched_stop+0x13c/0x220 [gpu_sched]", "v3d_open+0x68/0x120 [v3d]" },
		{ "", "long-wait", "rmapiLockAcquire+0x294/0x360 [nvidia]", "nvidia_ioctl+0x1/0x2 [nvidia]" },
		{ "", "fence-lock-cycle", "uvm_spin_loop+0x1/0x2 [nvidia_uvm]", "schedule+0x1/0x2" },
	};
	struct gw_known *known = installed();

	for (size_t i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++) {
		json_t *json = report(shapes[i].class, "6.12.1", shapes[i].frame_a, shapes[i].frame_b);

		assert_string_equal(known_id(known, json), shapes[i].id);
		json_decref(json);
	}
	gw_known_free(known);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(entry_is_about_a_report_of_its_shape),
		cmocka_unit_test(everything_that_is_given_has_to_hold),
		cmocka_unit_test(later_entry_replaces_and_removes),
		cmocka_unit_test(bad_lines_are_named_and_their_entry_left_out),
		cmocka_unit_test(installed_table_is_good),
		cmocka_unit_test(installed_entries_are_about_their_hangs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
