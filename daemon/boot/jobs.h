/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The queue of jobs about the boot: each in a process of its own (worker.h),
 * one at a time. A job answers all who asked for it before it began; who asks
 * later gets one that begins after that.
 */
#ifndef GPUWATCH_DAEMON_BOOT_JOBS_H
#define GPUWATCH_DAEMON_BOOT_JOBS_H

#include <stdint.h>

#include "daemon/boot/worker.h"

struct gw_boot_jobs;

enum gw_boot_job {
	GW_BOOT_LOOK, /* analyse the boot, and report what is new */
	GW_BOOT_SAVE, /* its evidence, see gw_boot_save() */
	GW_BOOT_KFD,  /* no matter of the boot, but it can hang as well: what sysfs has about KFD, see gw_kfd_read() */
	GW_BOOT_JOBS
};

struct gw_boot_jobs_options {
	uint64_t limit_usec;  /* a job that takes longer is given up */
	const char *argument; /* of the process, as in gw_worker_options */
	int (*begins)(enum gw_boot_job job,
		      void *userdata); /* returns its input, a file that is closed then, or -errno */
	/*
	 * After it. @error: as of gw_worker_done, or -EBUSY: an earlier job still hangs in the kernel, see
	 * gw_boot_jobs_hung(); or -errno of beginning it. @output: a memfd, -1 if there is none. @ticket: all requests up to
	 * this one are answered. May ask, must not free the queue.
	 */
	void (*ended)(enum gw_boot_job job, uint64_t ticket, int error, int output, void *userdata);
	void *userdata; /* of all */
};

/* To be called where SIGCHLD is blocked. Returns 0 or -errno. */
int gw_boot_jobs_new(struct gw_boot_jobs **ret, sd_event *event, const struct gw_boot_jobs_options *options);

/* Kills what runs; ended() is not called any more. */
void gw_boot_jobs_free(struct gw_boot_jobs *jobs);

/* Has a job done that begins after now, from the event loop. Returns the ticket of this request. */
uint64_t gw_boot_jobs_ask(struct gw_boot_jobs *jobs, enum gw_boot_job job);

/* The process of a job that was given up and is still there, 0 if there is none. */
pid_t gw_boot_jobs_hung(const struct gw_boot_jobs *jobs);

#endif
