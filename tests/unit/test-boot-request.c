/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Requests for jobs about the boot: what the daemon writes is what the job's process reads. */
#include <errno.h>
#include <sys/mman.h>

#include "tests/unit/build-reports.h"

#include "daemon/boot/request.h"

static struct gw_boot_request request_make(void)
{
	return (struct gw_boot_request){
		.job = GW_BOOT_SAVE,
		.boot_id = "f0a1",
		.run_directory = "/run/gpuwatch",
		.why = "a \"reason\"",
		.logged = true,
		.dropped = 7,
		.started_ns = 1234567890123,
		.missing = json_pack("[s]", "boot_defer: refused"),
	};
}

static void test_read_as_written(void **state)
{
	struct gw_boot_request request = request_make(), read;
	struct gw_reports *reports, *again;
	json_t *storage;
	int file;

	assert_int_equal(gw_reports_new(&reports, SIZE_MAX), 0);
	assert_int_equal(gw_reports_new(&again, SIZE_MAX), 0);
	for (unsigned i = 0; i < 3; i++) {
		char id[8];

		snprintf(id, sizeof(id), "p%u", i);
		gw_reports_restore(reports, reported(id, i ? GW_STATE_RESOLVED : GW_STATE_ACTIVE, "late"));
	}
	gw_reports_put(reports, reported("deadlock", GW_STATE_ACTIVE, "not the boot's"));
	file = gw_boot_request_write(&request, reports);
	assert_true(file >= 0);
	assert_int_equal(lseek(file, 0, SEEK_SET), 0);
	assert_int_equal(gw_boot_request_read(&read, &storage, again, file), 0);
	assert_int_equal(read.job, GW_BOOT_SAVE);
	assert_string_equal(read.boot_id, request.boot_id);
	assert_string_equal(read.run_directory, request.run_directory);
	assert_string_equal(read.why, request.why);
	assert_true(read.logged);
	assert_false(read.recorded);
	assert_int_equal(read.dropped, 7);
	assert_int_equal(read.started_ns, 1234567890123);
	assert_true(json_equal(read.missing, request.missing));
	for (unsigned i = 0; i < 3; i++) {
		char id[8];

		snprintf(id, sizeof(id), "p%u", i);
		assert_non_null(gw_reports_find(again, id));
		assert_int_equal(gw_reports_find(again, id)->detected_mono_ns, 5000);
	}
	assert_null(gw_reports_find(again, "deadlock"));
	json_decref(storage);
	json_decref(request.missing);
	gw_reports_free(reports);
	gw_reports_free(again);
	close(file);
}

static int read_text(const char *text)
{
	struct gw_boot_request read;
	struct gw_reports *reports;
	json_t *storage;
	int file = memfd_create("request", MFD_CLOEXEC), r;

	assert_int_equal(gw_reports_new(&reports, SIZE_MAX), 0);
	assert_int_equal(write(file, text, strlen(text)), strlen(text));
	assert_int_equal(lseek(file, 0, SEEK_SET), 0);
	r = gw_boot_request_read(&read, &storage, reports, file);
	gw_reports_free(reports);
	close(file);
	return r;
}

static void test_refuses_what_is_none(void **state)
{
	assert_int_equal(read_text(""), -EBADMSG);
	assert_int_equal(read_text("{}\n"), -EBADMSG);
	assert_int_equal(read_text("{\"job\":0"), -EBADMSG);
	assert_int_equal(read_text("{\"job\":3,\"boot_id\":\"\",\"run_directory\":\"\",\"why\":\"\",\"logged\":true,"
				   "\"recorded\":true,\"dropped\":0,\"started_ns\":0,\"missing\":[]}\n"),
			 -EBADMSG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_read_as_written),
		cmocka_unit_test(test_refuses_what_is_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
