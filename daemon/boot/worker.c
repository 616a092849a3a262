/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A job in a process of its own. */
#include "daemon/boot/worker.h"

#include <errno.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/base/clock.h"

#define OUTPUT_FD 3
#define ACCURACY_USEC (100 * GW_USEC_PER_MSEC)

struct gw_worker {
	struct gw_worker_options options;
	pid_t pid;
	int output;
	bool finished; /* done() was called */
	sd_event_source *child, *limit;
};

/* ---- in the other process ---------------------------------------------------------------- */

/* It may have ended before this was asked for. */
static int worker_end_with(pid_t daemon)
{
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0)
		return -errno;
	return getppid() == daemon ? 0 : -EOWNERDEAD;
}

/* The exit status is the error. */
int gw_worker_main(pid_t daemon, gw_worker_job job)
{
	int r = worker_end_with(daemon);
	FILE *file = r < 0 ? NULL : fdopen(OUTPUT_FD, "w");

	prctl(PR_SET_NAME, program_invocation_name);
	if (r >= 0 && !file)
		r = -errno;
	if (r >= 0)
		r = job(STDIN_FILENO, file);
	if (file && fclose(file) != 0 && r >= 0)
		r = -errno;
	return r < 0 ? (-r & 0xff) : 0;
}

/* ---- in the daemon -------------------------------------------------------------------------- */

static void worker_finish(struct gw_worker *worker, int error)
{
	if (worker->finished)
		return;
	worker->finished = true;
	sd_event_source_set_enabled(worker->limit, SD_EVENT_OFF);
	worker->options.done(error, worker->output, worker->options.userdata);
	close(worker->output);
	worker->output = -1;
}

static int worker_on_end(sd_event_source *source, const siginfo_t *info, void *userdata)
{
	struct gw_worker *worker = userdata;

	worker->pid = 0;
	worker_finish(worker, info->si_code == CLD_EXITED ? -info->si_status : -EIO);
	return 0;
}

static int worker_on_limit(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct gw_worker *worker = userdata;

	kill(worker->pid, SIGKILL);
	worker_finish(worker, -ETIMEDOUT);
	return 0;
}

/* A job that hangs must hold nothing of the daemon: no lock, no socket, no program attached to the kernel. */
static int worker_set_files(posix_spawn_file_actions_t *actions, int input, int output)
{
	int r = posix_spawn_file_actions_adddup2(actions, input, STDIN_FILENO);

	if (r == 0)
		r = posix_spawn_file_actions_adddup2(actions, output, OUTPUT_FD);
	return r != 0 ? r : posix_spawn_file_actions_addclosefrom_np(actions, OUTPUT_FD + 1);
}

static int worker_set_signals(posix_spawnattr_t *attributes)
{
	sigset_t none, all;
	int r;

	sigemptyset(&none);
	sigfillset(&all);
	r = posix_spawnattr_setsigmask(attributes, &none);
	if (r == 0)
		r = posix_spawnattr_setsigdefault(attributes, &all);
	return r != 0 ? r : posix_spawnattr_setflags(attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
}

/* Shares the daemon's memory until it has a program of its own: nothing of it is copied. */
static int worker_spawn(struct gw_worker *worker, posix_spawn_file_actions_t *actions, posix_spawnattr_t *attributes)
{
	char argument[64];
	char *const arguments[] = { (char *)worker->options.name, argument, NULL };
	int r = worker_set_files(actions, worker->options.input, worker->output);

	snprintf(argument, sizeof(argument), "%s=%d", worker->options.argument, (int)getpid());
	if (r == 0)
		r = worker_set_signals(attributes);
	if (r == 0)
		r = posix_spawn(&worker->pid, "/proc/self/exe", actions, attributes, arguments, environ);
	if (r != 0)
		worker->pid = 0;
	return -r;
}

static int worker_begin(struct gw_worker *worker)
{
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	int r;

	worker->output = memfd_create(worker->options.name, MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (worker->output < 0 || lseek(worker->options.input, 0, SEEK_SET) < 0)
		return -errno;
	if (posix_spawn_file_actions_init(&actions) != 0)
		return -ENOMEM;
	if (posix_spawnattr_init(&attributes) != 0) {
		posix_spawn_file_actions_destroy(&actions);
		return -ENOMEM;
	}
	r = worker_spawn(worker, &actions, &attributes);
	posix_spawnattr_destroy(&attributes);
	posix_spawn_file_actions_destroy(&actions);
	return r;
}

static int worker_watch(struct gw_worker *worker, sd_event *event)
{
	int r = sd_event_add_child(event, &worker->child, worker->pid, WEXITED, worker_on_end, worker);

	return r < 0 ? r
		     : sd_event_add_time_relative(event, &worker->limit, CLOCK_MONOTONIC, worker->options.limit_usec,
						  ACCURACY_USEC, worker_on_limit, worker);
}

int gw_worker_start(struct gw_worker **ret, sd_event *event, const struct gw_worker_options *options)
{
	struct gw_worker *worker = calloc(1, sizeof(*worker));
	int r;

	if (!worker)
		return -ENOMEM;
	worker->options = *options;
	worker->output = -1;
	r = worker_begin(worker);
	if (r >= 0)
		r = worker_watch(worker, event);
	if (r < 0) {
		gw_worker_free(worker);
		return r;
	}
	*ret = worker;
	return 0;
}

pid_t gw_worker_pid(const struct gw_worker *worker)
{
	return worker->pid;
}

/* One that hangs in the kernel is not waited for. */
void gw_worker_free(struct gw_worker *worker)
{
	if (!worker)
		return;
	sd_event_source_disable_unref(worker->child);
	sd_event_source_disable_unref(worker->limit);
	if (worker->pid > 0) {
		kill(worker->pid, SIGKILL);
		waitpid(worker->pid, NULL, WNOHANG);
	}
	if (worker->output >= 0)
		close(worker->output);
	free(worker);
}
