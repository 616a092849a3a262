/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A job in a process of its own: what may take long, or hang in the kernel,
 * without the event loop waiting for it. The process runs a program anew: one
 * that was only forked would have the daemon's memory, which is locked and
 * would have to be copied page by page. It has none of the daemon's files, and
 * ends with the daemon.
 */
#ifndef GPUWATCH_DAEMON_BOOT_WORKER_H
#define GPUWATCH_DAEMON_BOOT_WORKER_H

#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

#include <systemd/sd-event.h>

struct gw_worker;

/*
 * The job ended, or its time is over. @error: 0; what the job returned; -EIO if it broke down; -ETIMEDOUT. @output: a
 * memfd, valid during the call. Must not free the worker.
 */
typedef void (*gw_worker_done)(int error, int output, void *userdata);

struct gw_worker_options {
	const char *name;     /* of the process: up to 15 characters */
	const char *argument; /* this program is run with it, "=" and our process id, and then calls gw_worker_main() */
	int input;	      /* a file that the job reads from its start; not owned, used during the call */
	uint64_t limit_usec;  /* then it is killed */
	gw_worker_done done;
	void *userdata;
};

/*
 * gw_worker_start - run a job
 *
 * The event loop calls done() once; a worker that was killed may hang in the kernel after that, see gw_worker_pid().
 * To be called where SIGCHLD is blocked. Returns 0 or -errno.
 */
int gw_worker_start(struct gw_worker **ret, sd_event *event, const struct gw_worker_options *options);

/* Its process, 0 if it is gone. */
pid_t gw_worker_pid(const struct gw_worker *worker);

/* Kills it if it is still there; done() is not called any more. */
void gw_worker_free(struct gw_worker *worker);

/* ---- in the other process ---- */

/* Does the job: of all files only @input, @output and the standard ones are open. Returns 0 or -errno. */
typedef int (*gw_worker_job)(int input, FILE *output);

/* In the process that gw_worker_start() made. @daemon: ours, from the argument. Returns the exit status. */
int gw_worker_main(pid_t daemon, gw_worker_job job);

#endif
