/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The report store: what is news and what is not, what is kept, and what survives a restart. */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "build-reports.h"

#include "daemon/boot/kept/reported.h"
#include "daemon/boot/look.h"
#include "daemon/serve/detected.h"
#include "lib/base/json.h"

#define TEST(name) static void name(void **state)
#define PATH "build/unit/test-reports.file"
#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

static void put(struct gw_reports *reports, const char *id, enum gw_state state, const char *summary)
{
	assert_int_equal(gw_reports_put(reports, reported(id, state, summary)), 0);
}

/* Ids apart by spaces; one that ends with "!" is resolved. All have the same summary. */
static int put_all(struct gw_reports *reports, const char *ids, const char *summary)
{
	struct gw_reported *list[64];
	size_t count = 0;
	char copy[1024], *rest = NULL;

	snprintf(copy, sizeof(copy), "%s", ids);
	for (char *id = strtok_r(copy, " ", &rest); id; id = strtok_r(NULL, " ", &rest)) {
		bool over = id[strlen(id) - 1] == '!';

		if (over)
			id[strlen(id) - 1] = '\0';
		list[count++] = reported(id, over ? GW_STATE_RESOLVED : GW_STATE_ACTIVE, summary);
	}
	return gw_reports_put_all(reports, GW_KIND_PROBE_ORDER, list, count, 9000);
}

/* ---- one at a time ----------------------------------------------------------------------- */

TEST(report_is_detected_changed_resolved_and_detected_again)
{
	struct heard heard;
	struct gw_reports *reports = reports_heard(8, &heard);

	put(reports, "d-1", GW_STATE_ACTIVE, "A waits for B");
	assert_heard(&heard, "+d-1");
	assert_int_equal(gw_reports_active(reports), 1);
	put(reports, "d-1", GW_STATE_ACTIVE, "A waits for B"); /* it has one more victim: the producer's business */
	assert_heard(&heard, "~d-1");
	put(reports, "d-1", GW_STATE_RESOLVED, "A waits for B");
	assert_heard(&heard, "-d-1");
	assert_int_equal(gw_reports_active(reports), 0);
	put(reports, "d-1", GW_STATE_ACTIVE, "A waits for B");
	assert_heard(&heard, "+d-1");
	assert_string_equal(listed(reports, true), "d-1");
	gw_reports_free(reports);
}

/* A counter for monitoring never falls: what is kept of resolved reports does. */
TEST(each_report_is_counted_when_it_is_detected)
{
	struct gw_reports *reports;
	struct gw_detected *detected;
	json_t *list;

	assert_int_equal(gw_reports_new(&reports, 0), 0);
	assert_int_equal(gw_detected_new(&detected, reports), 0);
	put(reports, "d-1", GW_STATE_ACTIVE, "A waits for B");
	put(reports, "d-1", GW_STATE_ACTIVE, "A waits for C"); /* changed */
	put(reports, "d-1", GW_STATE_RESOLVED, "A waits for C");
	put(reports, "d-1", GW_STATE_ACTIVE, "A waits for B");
	put(reports, "d-2", GW_STATE_ACTIVE, "D waits for E");
	put(reports, "p-1", GW_STATE_ACTIVE, "F is deferred");
	list = gw_detected_json(detected);
	assert_int_equal(json_array_size(list), 2);
	assert_int_equal(json_integer_value(json_object_get(json_array_get(list, 0), "count")), 3);
	assert_string_equal(gw_json_string(json_array_get(list, 0), "class"), "fence-lock-cycle");
	assert_int_equal(json_integer_value(json_object_get(json_array_get(list, 1), "count")), 1);
	assert_string_equal(gw_json_string(json_array_get(list, 1), "kind"), "probe-order");
	json_decref(list);
	gw_reports_free(reports);
	gw_detected_free(detected);
}

TEST(subscribers_hear_in_the_order_of_their_subscription_and_only_from_then_on)
{
	struct heard first, second = { "" };
	struct gw_reports *reports = reports_heard(8, &first);

	put(reports, "d-1", GW_STATE_ACTIVE, "x");
	assert_int_equal(gw_reports_subscribe(reports, hear, &second), 0);
	assert_int_equal(gw_reports_subscribe(reports, hear, &second), 0);
	put(reports, "d-2", GW_STATE_ACTIVE, "x");
	assert_heard(&first, "+d-1 +d-2");
	assert_heard(&second, "+d-2 +d-2");
	gw_reports_free(reports);
}

TEST(lists_have_active_ones_first_and_newest_first)
{
	enum gw_kind stall = GW_KIND_STALL, order = GW_KIND_PROBE_ORDER;
	struct heard heard;
	struct gw_reports *reports = reports_heard(8, &heard);
	char *json;

	put(reports, "d-1", GW_STATE_ACTIVE, "x");
	put(reports, "d-2", GW_STATE_RESOLVED, "x");
	put(reports, "p-3", GW_STATE_ACTIVE, "x");
	put(reports, "d-4", GW_STATE_RESOLVED, "x");
	assert_string_equal(listed(reports, true), "p-3 d-1 d-4 d-2");
	assert_string_equal(listed(reports, false), "p-3 d-1");
	json = gw_reports_json(reports, &stall, true);
	assert_string_equal(json, "[]");
	free(json);
	json = gw_reports_json(reports, &order, true);
	assert_non_null(strstr(json, "p-3"));
	assert_null(strstr(json, "d-1"));
	free(json);
	assert_int_equal(gw_reports_active_of(reports, GW_KIND_PROBE_ORDER), 1);
	assert_int_equal(gw_reports_active_of(reports, GW_KIND_STALL), 0);
	assert_null(gw_reports_find(reports, "d-5"));
	assert_string_equal(gw_reports_find(reports, "p-3")->summary, "x");
	gw_reports_free(reports);
}

TEST(oldest_resolved_ones_go_when_there_are_too_many_and_active_ones_never)
{
	struct heard heard;
	struct gw_reports *reports = reports_heard(2, &heard);

	for (int i = 0; i < 6; i++) {
		char id[16];

		snprintf(id, sizeof(id), "d-%d", i);
		put(reports, id, GW_STATE_ACTIVE, "x");
	}
	for (int i = 0; i < 5; i++) {
		char id[16];

		snprintf(id, sizeof(id), "d-%d", i);
		put(reports, id, GW_STATE_RESOLVED, "x");
	}
	assert_string_equal(listed(reports, true), "d-5 d-4 d-3");
	gw_reports_set_keep_resolved(reports, 0);
	assert_string_equal(listed(reports, true), "d-5");
	heard.text[0] = '\0';
	put(reports, "d-5", GW_STATE_RESOLVED, "x");
	assert_heard(&heard, "-d-5");
	assert_string_equal(listed(reports, true), "");
	gw_reports_free(reports);
}

/* ---- all of a kind ------------------------------------------------------------------------ */

TEST(list_that_reads_as_before_is_no_news)
{
	struct heard heard;
	struct gw_reports *reports = reports_heard(8, &heard);

	assert_int_equal(put_all(reports, "p-1 p-2", "lost"), 2);
	assert_heard(&heard, "+p-1 +p-2");
	assert_int_equal(put_all(reports, "p-2 p-1", "lost"), 0);
	assert_heard(&heard, "");
	assert_int_equal(put_all(reports, "p-1 p-2", "lost for good"), 2);
	assert_heard(&heard, "~p-1 ~p-2");
	gw_reports_free(reports);
}

TEST(what_a_list_has_no_longer_is_resolved_once_also_in_its_json)
{
	struct heard heard;
	struct gw_reports *reports = reports_heard(8, &heard);
	json_t *json;

	put_all(reports, "p-1 p-2", "lost");
	heard.text[0] = '\0';
	assert_int_equal(put_all(reports, "p-2", "lost"), 1);
	assert_heard(&heard, "-p-1");
	assert_int_equal(gw_reports_find(reports, "p-1")->resolved_mono_ns, 9000);
	json = json_loads(gw_reports_find(reports, "p-1")->json, 0, NULL);
	assert_string_equal(json_string_value(json_object_get(json, "state")), "resolved");
	assert_int_equal(json_integer_value(json_object_get(json, "resolved_mono_ns")), 9000);
	json_decref(json);
	assert_int_equal(put_all(reports, "p-2", "lost"), 0);
	assert_heard(&heard, "");
	assert_int_equal(put_all(reports, "p-1 p-2", "lost"), 1);
	assert_heard(&heard, "+p-1");
	gw_reports_free(reports);
}

TEST(lists_leave_reports_of_other_kinds_alone)
{
	struct heard heard;
	struct gw_reports *reports = reports_heard(8, &heard);

	put(reports, "d-1", GW_STATE_ACTIVE, "x");
	heard.text[0] = '\0';
	assert_int_equal(put_all(reports, "", "lost"), 0);
	assert_heard(&heard, "");
	assert_int_equal(gw_reports_active(reports), 1);
	gw_reports_free(reports);
}

TEST(what_was_over_before_anybody_heard_of_it_is_history)
{
	struct heard heard;
	struct gw_reports *reports = reports_heard(8, &heard);

	assert_int_equal(put_all(reports, "p-1!", "was late"), 0);
	assert_heard(&heard, "");
	assert_string_equal(listed(reports, true), "p-1");
	gw_reports_free(reports);
}

/* A boot with many resolved reports must neither push out those of the watch, nor lose its own. */
TEST(resolved_ones_that_a_list_still_has_are_kept_and_push_none_out)
{
	struct heard heard;
	struct gw_reports *reports = reports_heard(1, &heard);

	put(reports, "d-1", GW_STATE_RESOLVED, "x");
	for (int i = 0; i < 3; i++)
		put_all(reports, "p-1! p-2! p-3!", "was late");
	assert_string_equal(listed(reports, true), "p-3 p-2 p-1 d-1");
	put_all(reports, "p-3!", "was late");
	assert_string_equal(listed(reports, true), "p-3 p-2");
	gw_reports_free(reports);
}

/* ---- as text ------------------------------------------------------------------------------ */

static char *written(const struct gw_reported *report, size_t *size)
{
	char *text = NULL;
	FILE *stream = open_memstream(&text, size);

	assert_int_equal(gw_reported_write(report, stream), 0);
	fclose(stream);
	return text;
}

TEST(report_comes_out_of_its_text_as_it_went_in)
{
	struct gw_reported *in = reported("p-1", GW_STATE_RESOLVED, "line\nand \"quote\" \xc3\xa9"), *out;
	size_t size;
	char *text = written(in, &size);
	const char *rest = text;

	assert_int_equal(gw_reported_read(&out, &rest, &size), 1);
	assert_int_equal(size, 0);
	assert_string_equal(out->id, in->id);
	assert_int_equal(out->kind, in->kind);
	assert_int_equal(out->class, in->class);
	assert_int_equal(out->state, in->state);
	assert_int_equal(out->confidence, in->confidence);
	assert_int_equal(out->detected_real_ns, in->detected_real_ns);
	assert_int_equal(out->detected_mono_ns, in->detected_mono_ns);
	assert_int_equal(out->formed_mono_ns, in->formed_mono_ns);
	assert_int_equal(out->resolved_mono_ns, in->resolved_mono_ns);
	assert_string_equal(out->advice, in->advice);
	assert_string_equal(out->json, in->json);
	assert_int_equal(gw_reported_read(&out, &rest, &size), 0);
	gw_reported_free(in);
	gw_reported_free(out);
	free(text);
}

TEST(text_that_is_cut_anywhere_is_no_report)
{
	struct gw_reported *in = reported("p-1", GW_STATE_ACTIVE, "x"), *out;
	size_t whole;
	char *text = written(in, &whole);

	for (size_t cut = 1; cut < whole; cut++) {
		const char *rest = text;
		size_t size = cut;

		assert_int_equal(gw_reported_read(&out, &rest, &size), -EBADMSG);
		assert_int_equal(size, 0);
	}
	gw_reported_free(in);
	free(text);
}

/* As a newer version may have left them. */
TEST(unknown_class_is_no_report_and_what_follows_is_one)
{
	struct gw_reported *in = reported("p-1", GW_STATE_ACTIVE, "x"), *out;
	size_t size;
	char *text = written(in, &size), *both = NULL, *class = strstr(text, "deferred-forever");
	const char *rest;

	memcpy(class, "deferred-eternal", 16);
	assert_true(asprintf(&both, "%s%s", text, text) > 0);
	memcpy(strstr(both + size, "deferred-eternal"), "deferred-forever", 16);
	rest = both;
	size *= 2;
	assert_int_equal(gw_reported_read(&out, &rest, &size), -EBADMSG);
	assert_int_equal(gw_reported_read(&out, &rest, &size), 1);
	assert_int_equal(out->class, GW_CLASS_DEFERRED_FOREVER);
	gw_reported_free(in);
	gw_reported_free(out);
	free(text);
	free(both);
}

TEST(every_name_leads_back_to_its_value)
{
	for (int kind = 0; kind <= GW_KIND_PROBE_ORDER; kind++)
		assert_int_equal(gw_kind_from_name(gw_kind_name(kind)), kind);
	for (int class = 0; class <= GW_CLASS_SILENT_ABSENCE; class ++)
		assert_int_equal(gw_class_from_name(gw_class_name(class)), class);
	for (int value = 0; value <= GW_STATE_RESOLVED; value++)
		assert_int_equal(gw_state_from_name(gw_state_name(value)), value);
	for (int value = 0; value <= GW_CONFIDENCE_PROVEN; value++)
		assert_int_equal(gw_confidence_from_name(gw_confidence_name(value)), value);
	assert_int_equal(gw_kind_from_name(""), -1);
	assert_int_equal(gw_class_from_name("lock"), -1);
	assert_int_equal(gw_confidence_from_name("Proven"), -1);
}

/* ---- what another process found ------------------------------------------------------------ */

/* Takes what a worker would write of these reports; only the first @size bytes of it if not 0. */
static int take(struct gw_reports *reports, const char *id, size_t size)
{
	struct gw_reported *report = reported(id, GW_STATE_ACTIVE, "lost");
	char *text = NULL;
	struct gw_boot_looked looked = { .summary = NULL };
	size_t whole;
	FILE *stream = open_memstream(&text, &whole);
	int r;

	assert_int_equal(gw_reported_write(report, stream), 0);
	fprintf(stream, "\n{\"lost\":3}\n{\"order\":1}");
	putc('\0', stream);
	fclose(stream);
	r = gw_boot_look_take(reports, text, size ? size : whole, 9000, &looked);
	if (r >= 0) {
		assert_string_equal(looked.order, "{\"order\":1}");
		assert_int_equal(json_integer_value(json_object_get(looked.summary, "lost")), 3);
		json_decref(looked.summary);
	} else {
		assert_null(looked.order);
		assert_null(looked.summary);
	}
	gw_reported_free(report);
	free(text);
	return r;
}

TEST(answer_of_a_worker_is_taken_whole_or_not_at_all)
{
	struct heard heard;
	struct gw_reports *reports = reports_heard(8, &heard);

	assert_int_equal(take(reports, "p-1", 0), 1);
	assert_heard(&heard, "+p-1");
	assert_int_equal(take(reports, "p-1", 0), 0);
	for (size_t size = 1; size < 400; size++)
		assert_int_equal(take(reports, "p-2", size), -EBADMSG);
	assert_heard(&heard, ""); /* what a broken answer does not name is not over */
	assert_int_equal(gw_reports_active(reports), 1);
	gw_reports_free(reports);
}

/* ---- a restart ------------------------------------------------------------------------------ */

static void put_file(const char *text)
{
	FILE *file = fopen(PATH, "w");

	assert_non_null(file);
	fputs(text, file);
	fclose(file);
}

TEST(restart_reports_nothing_twice_and_resolves_what_is_over)
{
	struct heard heard;
	struct gw_reports *reports = reports_heard(8, &heard);

	put_all(reports, "p-1 p-2 p-3!", "lost");
	put(reports, "d-1", GW_STATE_ACTIVE, "not of the boot");
	assert_int_equal(gw_boot_reported_save(reports, PATH, "boot-a"), 0);
	gw_reports_free(reports);

	reports = reports_heard(8, &heard);
	assert_int_equal(gw_boot_reported_load(reports, PATH, "boot-a"), 0);
	assert_heard(&heard, "");
	assert_string_equal(listed(reports, true), "p-2 p-1 p-3");
	assert_int_equal(put_all(reports, "p-1 p-3!", "lost"), 1);
	assert_heard(&heard, "-p-2");
	gw_reports_free(reports);
}

TEST(file_of_another_boot_says_nothing_of_this_one)
{
	struct heard heard;
	struct gw_reports *reports = reports_heard(8, &heard);

	put_all(reports, "p-1", "lost");
	assert_int_equal(gw_boot_reported_save(reports, PATH, "boot-a"), 0);
	gw_reports_free(reports);

	reports = reports_heard(8, &heard);
	assert_int_equal(gw_boot_reported_load(reports, PATH, "boot-b"), 0);
	assert_string_equal(listed(reports, true), "");
	unlink(PATH);
	assert_int_equal(gw_boot_reported_load(reports, PATH, "boot-a"), 0);
	gw_reports_free(reports);
}

TEST(file_that_is_damaged_gives_what_is_whole_in_it)
{
	static const char *const useless[] = {
		"",
		"no json\n",
		"{\"boot_id\":\"boot-a\"}\n",
		"{\"schema\":\"gpuwatch.reported.v2\",\"boot_id\":\"boot-a\"}\n",
		"{\"schema\":\"gpuwatch.reported.v1\",\"boot_id\":\"boot-a\"}",
	};
	struct heard heard;
	struct gw_reports *reports = reports_heard(8, &heard);
	struct stat st;

	for (size_t i = 0; i < LENGTH(useless); i++) {
		put_file(useless[i]);
		assert_int_equal(gw_boot_reported_load(reports, PATH, "boot-a"), -EBADMSG);
	}
	put_all(reports, "p-1 p-2", "lost");
	assert_int_equal(gw_boot_reported_save(reports, PATH, "boot-a"), 0);
	gw_reports_free(reports);

	assert_int_equal(stat(PATH, &st), 0);
	assert_int_equal(truncate(PATH, st.st_size - 1), 0);
	reports = reports_heard(8, &heard);
	assert_int_equal(gw_boot_reported_load(reports, PATH, "boot-a"), -EBADMSG);
	assert_string_equal(listed(reports, true), "p-1");
	gw_reports_free(reports);
}

TEST(file_that_cannot_be_written_leaves_the_old_one)
{
	struct heard heard;
	struct gw_reports *reports = reports_heard(8, &heard);

	put_all(reports, "p-1", "lost");
	assert_int_equal(gw_boot_reported_save(reports, PATH, "boot-a"), 0);
	mkdir(PATH ".new", 0700);
	assert_int_equal(gw_boot_reported_save(reports, PATH, "boot-b"), -EISDIR);
	rmdir(PATH ".new");
	gw_reports_free(reports);

	reports = reports_heard(8, &heard);
	assert_int_equal(gw_boot_reported_load(reports, PATH, "boot-a"), 0);
	assert_string_equal(listed(reports, true), "p-1");
	gw_reports_free(reports);
	unlink(PATH);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(report_is_detected_changed_resolved_and_detected_again),
		cmocka_unit_test(each_report_is_counted_when_it_is_detected),
		cmocka_unit_test(subscribers_hear_in_the_order_of_their_subscription_and_only_from_then_on),
		cmocka_unit_test(lists_have_active_ones_first_and_newest_first),
		cmocka_unit_test(oldest_resolved_ones_go_when_there_are_too_many_and_active_ones_never),
		cmocka_unit_test(list_that_reads_as_before_is_no_news),
		cmocka_unit_test(what_a_list_has_no_longer_is_resolved_once_also_in_its_json),
		cmocka_unit_test(lists_leave_reports_of_other_kinds_alone),
		cmocka_unit_test(what_was_over_before_anybody_heard_of_it_is_history),
		cmocka_unit_test(resolved_ones_that_a_list_still_has_are_kept_and_push_none_out),
		cmocka_unit_test(report_comes_out_of_its_text_as_it_went_in),
		cmocka_unit_test(text_that_is_cut_anywhere_is_no_report),
		cmocka_unit_test(unknown_class_is_no_report_and_what_follows_is_one),
		cmocka_unit_test(every_name_leads_back_to_its_value),
		cmocka_unit_test(answer_of_a_worker_is_taken_whole_or_not_at_all),
		cmocka_unit_test(restart_reports_nothing_twice_and_resolves_what_is_over),
		cmocka_unit_test(file_of_another_boot_says_nothing_of_this_one),
		cmocka_unit_test(file_that_is_damaged_gives_what_is_whole_in_it),
		cmocka_unit_test(file_that_cannot_be_written_leaves_the_old_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
