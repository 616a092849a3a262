/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The queue of jobs about the boot: who is answered by which job, and what follows one that hangs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "daemon/boot/jobs.h"

#define TEST(name) static void name(void **state)
#define LONG_USEC UINT64_C(3600000000)
#define SHORT_USEC UINT64_C(1000)

struct scene {
	sd_event *event;
	struct gw_boot_jobs *jobs;
	unsigned begun;
	unsigned ended;
	char log[512];	    /* "look 2 = 0 text" of each that ended */
	bool again;	    /* ended() asks for a look once more */
	unsigned hang_from; /* jobs hang from this one on, 0 = none does */
	bool refuses;	    /* begins() fails */
};

/* In the other process: what the request asks for, then a number. */
static int do_job(int input, FILE *output)
{
	char request[32] = "", job = 0;
	unsigned number = 0;

	if (read(input, request, sizeof(request) - 1) <= 0 || sscanf(request, "%c %u", &job, &number) != 2)
		return -EBADMSG;
	while (job == 'h')
		pause();
	if (job == 's') {
		fprintf(output, "saved");
		return -ENODATA;
	}
	fprintf(output, "%u", number);
	return 0;
}

static int on_begins(enum gw_boot_job job, void *userdata)
{
	struct scene *scene = userdata;
	int input = memfd_create("test-boot-jobs", MFD_CLOEXEC);
	bool hangs = ++scene->begun >= scene->hang_from && scene->hang_from;

	assert_true(input >= 0);
	assert_true(dprintf(input, "%c %u", hangs ? 'h' : job == GW_BOOT_SAVE ? 's' : 'l', scene->begun) > 0);
	return scene->refuses ? -ENFILE : input;
}

static void on_ended(enum gw_boot_job job, uint64_t ticket, int error, int output, void *userdata)
{
	struct scene *scene = userdata;
	size_t length = strlen(scene->log);
	char text[64] = "";

	if (output >= 0)
		assert_true(pread(output, text, sizeof(text) - 1, 0) >= 0);
	snprintf(scene->log + length, sizeof(scene->log) - length, "%s%s %llu = %d %s", length ? ", " : "",
		 job == GW_BOOT_LOOK ? "look" : "save", (unsigned long long)ticket, error, text);
	scene->ended++;
	if (scene->again)
		gw_boot_jobs_ask(scene->jobs, GW_BOOT_LOOK);
	scene->again = false;
}

static struct scene *scene_new(uint64_t limit_usec)
{
	struct scene *scene = calloc(1, sizeof(*scene));
	struct gw_boot_jobs_options options = {
		.limit_usec = limit_usec,
		.argument = "--job",
		.begins = on_begins,
		.ended = on_ended,
		.userdata = scene,
	};

	assert_non_null(scene);
	assert_true(sd_event_new(&scene->event) >= 0);
	assert_int_equal(gw_boot_jobs_new(&scene->jobs, scene->event, &options), 0);
	return scene;
}

static void scene_free(struct scene *scene)
{
	gw_boot_jobs_free(scene->jobs);
	sd_event_unref(scene->event);
	free(scene);
}

static void await_ended(struct scene *scene, unsigned count)
{
	while (scene->ended < count)
		assert_true(sd_event_run(scene->event, UINT64_MAX) > 0);
}

TEST(nobody_asks_and_nothing_is_done)
{
	struct scene *scene = scene_new(LONG_USEC);

	assert_int_equal(sd_event_run(scene->event, 0), 0);
	assert_int_equal(scene->begun, 0);
	scene_free(scene);
}

TEST(one_job_answers_all_who_asked_before_it_began)
{
	struct scene *scene = scene_new(LONG_USEC);

	assert_int_equal(gw_boot_jobs_ask(scene->jobs, GW_BOOT_LOOK), 1);
	assert_int_equal(gw_boot_jobs_ask(scene->jobs, GW_BOOT_LOOK), 2);
	await_ended(scene, 1);
	assert_string_equal(scene->log, "look 2 = 0 1");
	assert_int_equal(sd_event_run(scene->event, 0), 1); /* the queue finds nothing more to do */
	assert_int_equal(sd_event_run(scene->event, 0), 0);
	assert_int_equal(scene->begun, 1);
	scene_free(scene);
}

/* What it saw may be older than the question. */
TEST(who_asks_while_a_job_runs_gets_the_next_one)
{
	struct scene *scene = scene_new(LONG_USEC);

	gw_boot_jobs_ask(scene->jobs, GW_BOOT_LOOK);
	while (scene->begun == 0)
		assert_true(sd_event_run(scene->event, UINT64_MAX) > 0);
	gw_boot_jobs_ask(scene->jobs, GW_BOOT_LOOK);
	gw_boot_jobs_ask(scene->jobs, GW_BOOT_SAVE);
	await_ended(scene, 3);
	assert_string_equal(scene->log, "look 1 = 0 1, look 2 = 0 2, save 1 = -61 saved");
	scene_free(scene);
}

TEST(who_asks_from_within_an_answer_is_answered)
{
	struct scene *scene = scene_new(LONG_USEC);

	scene->again = true;
	gw_boot_jobs_ask(scene->jobs, GW_BOOT_LOOK);
	await_ended(scene, 2);
	assert_string_equal(scene->log, "look 1 = 0 1, look 2 = 0 2");
	scene_free(scene);
}

TEST(one_that_hangs_is_given_up_and_the_next_one_is_done)
{
	struct scene *scene = scene_new(SHORT_USEC);

	scene->hang_from = 1;
	gw_boot_jobs_ask(scene->jobs, GW_BOOT_LOOK);
	await_ended(scene, 1);
	assert_string_equal(scene->log, "look 1 = -110 ");
	while (gw_boot_jobs_hung(scene->jobs) > 0) /* until it is dead */
		assert_true(sd_event_run(scene->event, UINT64_MAX) > 0);
	gw_boot_jobs_ask(scene->jobs, GW_BOOT_LOOK);
	await_ended(scene, 2);
	assert_int_equal(scene->begun, 2);
	scene_free(scene);
}

/* As one that hangs in the kernel, where SIGKILL does not end it: no second one beside it. */
TEST(while_a_killed_one_is_not_dead_others_are_refused)
{
	struct scene *scene = scene_new(SHORT_USEC);

	scene->hang_from = 1;
	scene->again = true; /* asks before the loop can see it dead */
	gw_boot_jobs_ask(scene->jobs, GW_BOOT_LOOK);
	await_ended(scene, 2);
	assert_string_equal(scene->log, "look 1 = -110 , look 2 = -16 ");
	assert_int_equal(scene->begun, 1);
	while (gw_boot_jobs_hung(scene->jobs) > 0)
		assert_true(sd_event_run(scene->event, UINT64_MAX) > 0);
	scene_free(scene);
}

TEST(freed_queue_answers_nobody_and_leaves_no_process)
{
	struct scene *scene = scene_new(LONG_USEC);

	scene->hang_from = 1;
	gw_boot_jobs_ask(scene->jobs, GW_BOOT_LOOK);
	while (scene->begun == 0)
		assert_true(sd_event_run(scene->event, UINT64_MAX) > 0);
	assert_int_equal(gw_boot_jobs_hung(scene->jobs), 0); /* it runs, and was not given up */
	gw_boot_jobs_free(scene->jobs);
	scene->jobs = NULL;
	assert_true(sd_event_run(scene->event, 0) >= 0);
	assert_int_equal(scene->ended, 0);
	scene_free(scene);
}

TEST(one_that_cannot_begin_is_answered)
{
	struct scene *scene = scene_new(LONG_USEC);

	scene->refuses = true;
	gw_boot_jobs_ask(scene->jobs, GW_BOOT_LOOK);
	await_ended(scene, 1);
	assert_string_equal(scene->log, "look 1 = -23 ");
	scene_free(scene);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nobody_asks_and_nothing_is_done),
		cmocka_unit_test(one_job_answers_all_who_asked_before_it_began),
		cmocka_unit_test(who_asks_while_a_job_runs_gets_the_next_one),
		cmocka_unit_test(who_asks_from_within_an_answer_is_answered),
		cmocka_unit_test(one_that_hangs_is_given_up_and_the_next_one_is_done),
		cmocka_unit_test(while_a_killed_one_is_not_dead_others_are_refused),
		cmocka_unit_test(one_that_cannot_begin_is_answered),
		cmocka_unit_test(freed_queue_answers_nobody_and_leaves_no_process),
	};
	sigset_t child;

	if (argc > 1)
		return gw_worker_main(atoi(strchr(argv[1], '=') + 1), do_job);
	sigemptyset(&child);
	sigaddset(&child, SIGCHLD);
	sigprocmask(SIG_BLOCK, &child, NULL);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
