/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A job in a process of its own. */
#include "daemon/boot/worker.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "daemon/memory.h"
#include "lib/base/clock.h"
#include "lib/base/log.h"

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

/* A job that hangs must hold nothing of the daemon: no lock, no socket, no program attached to the kernel. */
static int worker_leave_daemon(const struct gw_worker_options *options, pid_t daemon, int output)
{
	sigset_t none;

	if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 || prctl(PR_SET_NAME, options->name) < 0)
		return -errno;
	if (getppid() != daemon)
		return -EOWNERDEAD;
	if (output != OUTPUT_FD && dup2(output, OUTPUT_FD) < 0)
		return -errno;
	if (close_range(OUTPUT_FD + 1, ~0U, 0) < 0)
		return -errno;
	sigemptyset(&none);
	return sigprocmask(SIG_SETMASK, &none, NULL) < 0 ? -errno : 0;
}

/* The exit status is the error. */
__attribute__((noreturn)) static void worker_run(const struct gw_worker_options *options, pid_t daemon, int output)
{
	int r = worker_leave_daemon(options, daemon, output);
	FILE *file = r < 0 ? NULL : fdopen(OUTPUT_FD, "w");

	if (r >= 0 && !file)
		r = -errno;
	if (r >= 0)
		r = options->job(file, options->userdata);
	if (file && fflush(file) != 0 && r >= 0)
		r = -errno;
	_exit(r < 0 ? (-r & 0xff) : 0);
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

static int worker_fork(struct gw_worker *worker, sd_event *event)
{
	pid_t daemon = getpid();
	int r;

	worker->output = memfd_create(worker->options.name, MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (worker->output < 0)
		return -errno;
	worker->pid = fork();
	if (worker->pid < 0) {
		worker->pid = 0;
		return -errno;
	}
	if (worker->pid == 0)
		worker_run(&worker->options, daemon, worker->output);
	r = gw_memory_lock_again();
	if (r < 0)
		log_warning("Locking memory after starting a process failed: %s", strerror(-r));
	r = sd_event_add_child(event, &worker->child, worker->pid, WEXITED, worker_on_end, worker);
	if (r >= 0)
		r = sd_event_add_time_relative(event, &worker->limit, CLOCK_MONOTONIC, worker->options.limit_usec,
					       ACCURACY_USEC, worker_on_limit, worker);
	return r;
}

int gw_worker_start(struct gw_worker **ret, sd_event *event, const struct gw_worker_options *options)
{
	struct gw_worker *worker = calloc(1, sizeof(*worker));
	int r;

	if (!worker)
		return -ENOMEM;
	worker->options = *options;
	r = worker_fork(worker, event);
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
