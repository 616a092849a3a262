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
#include <sys/mman.h>
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

/* ---- in the other process ---- */

static int greet(FILE *output)
{
	char name[16];

	prctl(PR_GET_NAME, name);
	fprintf(output, "hello from %s", name);
	return 0;
}

static int refuse(FILE *output)
{
	fprintf(output, "half");
	return -ENODATA;
}

static int crash(FILE *output)
{
	raise(SIGKILL);
	return 0;
}

static int hang(FILE *output)
{
	for (;;)
		pause();
	return 0;
}

/* Which files, blocked and ignored signals it has. */
static int list_held(FILE *output)
{
	struct sigaction pipe;
	sigset_t blocked;

	for (int fd = 0; fd < 1024; fd++)
		if (fcntl(fd, F_GETFD) >= 0)
			fprintf(output, "%d ", fd);
	sigprocmask(SIG_BLOCK, NULL, &blocked);
	sigaction(SIGPIPE, NULL, &pipe);
	fprintf(output, "%s %s", sigismember(&blocked, SIGTERM) ? "blocked" : "free",
		pipe.sa_handler == SIG_IGN ? "ignored" : "default");
	return 0;
}

static int of_the_daemon; /* as all of its memory */

static int show_memory(FILE *output)
{
	fprintf(output, "%d", of_the_daemon);
	return 0;
}

static int do_job(int input, FILE *output)
{
	static const struct {
		const char *name;
		int (*run)(FILE *output);
	} jobs[] = { { "greet", greet }, { "refuse", refuse },	{ "crash", crash },
		     { "hang", hang },	 { "list", list_held }, { "memory", show_memory } };
	char name[16] = "";

	if (read(input, name, sizeof(name) - 1) <= 0)
		return -EBADMSG;
	for (size_t i = 0; i < sizeof(jobs) / sizeof(jobs[0]); i++)
		if (strcmp(jobs[i].name, name) == 0)
			return jobs[i].run(output);
	return -EBADMSG;
}

/* ---- in this one ---- */

static int input_with(const char *text)
{
	int input = memfd_create("test-worker", MFD_CLOEXEC);

	assert_true(input >= 0);
	assert_int_equal(write(input, text, strlen(text)), strlen(text));
	return input;
}

static struct gw_worker *start(const char *job, uint64_t limit_usec, struct outcome *outcome)
{
	struct gw_worker_options options = {
		.name = "test-worker-job",
		.argument = "--job",
		.input = input_with(job),
		.limit_usec = limit_usec,
		.done = on_done,
		.userdata = outcome,
	};
	struct gw_worker *worker;

	assert_true(sd_event_new(&outcome->event) >= 0);
	assert_int_equal(gw_worker_start(&worker, outcome->event, &options), 0);
	close(options.input);
	return worker;
}

static struct gw_worker *run(const char *job, uint64_t limit_usec, struct outcome *outcome)
{
	struct gw_worker *worker = start(job, limit_usec, outcome);

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
	struct gw_worker *worker = run("greet", LONG_USEC, &outcome);

	assert_int_equal(outcome.error, 0);
	assert_string_equal(outcome.text, "hello from test-worker-job");
	assert_int_equal(gw_worker_pid(worker), 0);
	finish(worker, &outcome);
}

static void test_error(void **state)
{
	struct outcome outcome = { 0 };
	struct gw_worker *worker = run("refuse", LONG_USEC, &outcome);

	assert_int_equal(outcome.error, -ENODATA);
	finish(worker, &outcome);
}

static void test_crash(void **state)
{
	struct outcome outcome = { 0 };
	struct gw_worker *worker = run("crash", LONG_USEC, &outcome);

	assert_int_equal(outcome.error, -EIO);
	finish(worker, &outcome);
}

static void test_limit(void **state)
{
	struct outcome outcome = { 0 };
	struct gw_worker *worker = run("hang", SHORT_USEC, &outcome);

	assert_int_equal(outcome.error, -ETIMEDOUT);
	/* It is told once, though the process ends only now. */
	while (gw_worker_pid(worker) > 0)
		assert_true(sd_event_run(outcome.event, UINT64_MAX) > 0);
	assert_int_equal(outcome.count, 1);
	finish(worker, &outcome);
}

static void test_holds_nothing(void **state)
{
	struct outcome outcome = { 0 };
	struct gw_worker *worker;
	sigset_t term;
	int held = fcntl(STDIN_FILENO, F_DUPFD, 20); /* not even close-on-exec */

	assert_true(held >= 20);
	sigemptyset(&term);
	sigaddset(&term, SIGTERM);
	sigprocmask(SIG_BLOCK, &term, NULL);
	signal(SIGPIPE, SIG_IGN);
	worker = run("list", LONG_USEC, &outcome);
	assert_string_equal(outcome.text, "0 1 2 3 free default");
	close(held);
	finish(worker, &outcome);
}

/* A child that shares our pages makes the kernel copy each that we write to, and the copies are not locked. */
static void test_shares_no_memory(void **state)
{
	struct outcome outcome = { 0 };
	struct gw_worker *worker;

	of_the_daemon = 1;
	worker = run("memory", LONG_USEC, &outcome);
	assert_string_equal(outcome.text, "0");
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
	struct gw_worker *worker = start("hang", LONG_USEC, &outcome);
	pid_t pid;

	pid = gw_worker_pid(worker);
	assert_true(pid > 0);
	gw_worker_free(worker);
	await_death(pid);
	assert_true(sd_event_run(outcome.event, 0) >= 0);
	assert_int_equal(outcome.count, 0);
	sd_event_unref(outcome.event);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_output),
		cmocka_unit_test(test_error),
		cmocka_unit_test(test_crash),
		cmocka_unit_test(test_limit),
		cmocka_unit_test(test_holds_nothing),
		cmocka_unit_test(test_freed_while_running),
		cmocka_unit_test(test_shares_no_memory),
	};
	sigset_t child;

	if (argc > 1)
		return gw_worker_main(atoi(strchr(argv[1], '=') + 1), do_job);
	sigemptyset(&child);
	sigaddset(&child, SIGCHLD);
	sigprocmask(SIG_BLOCK, &child, NULL);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
