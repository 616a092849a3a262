/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Jobs in processes of their own: what they give, how they end, what they hold. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "daemon/boot/worker.h"

#define LONG_USEC UINT64_C(86400000000) /* no job of these tests reaches it, however slow the machine */
#define SHORT_USEC UINT64_C(1000)

struct outcome {
	sd_event *event;
	unsigned count;
	int error;
	char text[4096];
	int held; /* a file of ours that the job looks for */
};

static void on_done(int error, int output, void *userdata)
{
	struct outcome *outcome = userdata;
	ssize_t size = pread(output, outcome->text, sizeof(outcome->text) - 1, 0);

	assert_true(size >= 0);
	outcome->text[size] = '\0';
	outcome->error = error;
	outcome->count++;
}

static int greet(FILE *output, void *userdata)
{
	char name[16];

	prctl(PR_GET_NAME, name);
	fprintf(output, "hello from %s", name);
	return 0;
}

static int refuse(FILE *output, void *userdata)
{
	fprintf(output, "half");
	return -ENODATA;
}

static int crash(FILE *output, void *userdata)
{
	raise(SIGKILL);
	return 0;
}

static int hang(FILE *output, void *userdata)
{
	for (;;)
		pause();
	return 0;
}

/* Which of the daemon's files and blocked signals it has. */
static int list_held(FILE *output, void *userdata)
{
	const struct outcome *outcome = userdata;
	sigset_t blocked;

	sigprocmask(SIG_BLOCK, NULL, &blocked);
	fprintf(output, "%s %s", fcntl(outcome->held, F_GETFD) < 0 ? "closed" : "open",
		sigismember(&blocked, SIGTERM) ? "blocked" : "free");
	return 0;
}

static struct gw_worker *run(gw_worker_job job, uint64_t limit_usec, struct outcome *outcome)
{
	struct gw_worker_options options = {
		.name = "test-worker-job",
		.limit_usec = limit_usec,
		.job = job,
		.done = on_done,
		.userdata = outcome,
	};
	struct gw_worker *worker;

	assert_true(sd_event_new(&outcome->event) >= 0);
	assert_int_equal(gw_worker_start(&worker, outcome->event, &options), 0);
	assert_int_equal(outcome->count, 0); /* never before the loop */
	while (outcome->count == 0)
		assert_true(sd_event_run(outcome->event, UINT64_MAX) > 0);
	return worker;
}

static void finish(struct gw_worker *worker, struct outcome *outcome)
{
	gw_worker_free(worker);
	sd_event_unref(outcome->event);
}

static void test_output(void **state)
{
	struct outcome outcome = { 0 };
	struct gw_worker *worker = run(greet, LONG_USEC, &outcome);

	assert_int_equal(outcome.error, 0);
	assert_string_equal(outcome.text, "hello from test-worker-job");
	assert_int_equal(gw_worker_pid(worker), 0);
	finish(worker, &outcome);
}

static void test_error(void **state)
{
	struct outcome outcome = { 0 };
	struct gw_worker *worker = run(refuse, LONG_USEC, &outcome);

	assert_int_equal(outcome.error, -ENODATA);
	finish(worker, &outcome);
}

static void test_crash(void **state)
{
	struct outcome outcome = { 0 };
	struct gw_worker *worker = run(crash, LONG_USEC, &outcome);

	assert_int_equal(outcome.error, -EIO);
	finish(worker, &outcome);
}

static void test_limit(void **state)
{
	struct outcome outcome = { 0 };
	struct gw_worker *worker = run(hang, SHORT_USEC, &outcome);

	assert_int_equal(outcome.error, -ETIMEDOUT);
	/* It is told once, though the process ends only now. */
	while (gw_worker_pid(worker) > 0)
		assert_true(sd_event_run(outcome.event, UINT64_MAX) > 0);
	assert_int_equal(outcome.count, 1);
	finish(worker, &outcome);
}

static void test_holds_nothing(void **state)
{
	struct outcome outcome = { .held = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 20) };
	struct gw_worker *worker;
	sigset_t term;

	assert_true(outcome.held >= 20);
	sigemptyset(&term);
	sigaddset(&term, SIGTERM);
	sigprocmask(SIG_BLOCK, &term, NULL);
	worker = run(list_held, LONG_USEC, &outcome);
	assert_string_equal(outcome.text, "closed free");
	assert_true(fcntl(outcome.held, F_GETFD) >= 0);
	close(outcome.held);
	finish(worker, &outcome);
}

/* Waits, unless gw_worker_free() has taken its status already. */
static void await_death(pid_t pid)
{
	siginfo_t info;

	while (waitid(P_PID, (id_t)pid, &info, WEXITED) < 0 && errno == EINTR)
		;
	assert_int_equal(kill(pid, 0), -1);
}

static void test_freed_while_running(void **state)
{
	struct outcome outcome = { 0 };
	struct gw_worker_options options = {
		.name = "test-worker-job",
		.limit_usec = LONG_USEC,
		.job = hang,
		.done = on_done,
		.userdata = &outcome,
	};
	struct gw_worker *worker;
	pid_t pid;

	assert_true(sd_event_new(&outcome.event) >= 0);
	assert_int_equal(gw_worker_start(&worker, outcome.event, &options), 0);
	pid = gw_worker_pid(worker);
	assert_true(pid > 0);
	gw_worker_free(worker);
	await_death(pid);
	assert_true(sd_event_run(outcome.event, 0) >= 0);
	assert_int_equal(outcome.count, 0);
	sd_event_unref(outcome.event);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_output),	      cmocka_unit_test(test_error),
		cmocka_unit_test(test_crash),	      cmocka_unit_test(test_limit),
		cmocka_unit_test(test_holds_nothing), cmocka_unit_test(test_freed_while_running),
	};
	sigset_t child;

	sigemptyset(&child);
	sigaddset(&child, SIGCHLD);
	sigprocmask(SIG_BLOCK, &child, NULL);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
