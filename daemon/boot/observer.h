/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The observer of the boot: keeps what the programs record, and has it analysed
 * when somebody asks, and by itself once things have been quiet for a while
 * after the start or after something happened. Asleep otherwise. The system is
 * looked at in a process of its own, one at a time: files in /sys may make
 * their readers wait for drivers, and these are the machines where drivers hang.
 */
#ifndef GPUWATCH_DAEMON_BOOT_OBSERVER_H
#define GPUWATCH_DAEMON_BOOT_OBSERVER_H

#include <jansson.h>

#include <systemd/sd-event.h>

#include "daemon/boot/jobs.h"
#include "daemon/kernel/boot-programs.h"
#include "daemon/kernel/loader.h"
#include "daemon/serve/reports.h"
#include "lib/base/units.h"

struct gw_boot_observer;

#define GW_BOOT_LIMIT_USEC (50 * GW_USEC_PER_SEC) /* a job that takes longer is given up */

/* The daemon's program is run with this and a process id for a job: gw_worker_main(), gw_boot_run(). */
#define GW_BOOT_JOB_OPTION "--boot-job"

struct gw_boot_observer_options {
	struct gw_perf *perf;
	const char *pin_directory;	/* of the daemon, NULL = nothing is pinned */
	const char *btf_path;		/* NULL = the kernel's own */
	const char *run_directory;	/* for what must outlive the daemon, e.g. /run/gpuwatch */
	const char *state_directory;	/* for what must outlive the boot, NULL = nothing is kept */
	const struct gw_loader *loader; /* for the kernel's symbols, and the boot id */
	struct gw_reports *reports;	/* where reports about the boot are put, and restored after a restart */
};

/* What came of a job. Valid during the call. */
struct gw_boot_answer {
	enum gw_boot_job job;
	uint64_t ticket;   /* it answers this request and all before it */
	const char *error; /* one line for people; NULL = it went well, and: */
	const char *order; /* GW_BOOT_LOOK: gpuwatch.probe-order.v1 */
	int evidence;	   /* GW_BOOT_SAVE: a sealed memfd */
	const json_t *kfd; /* GW_BOOT_KFD: as of gw_kfd_read() */
};

/* Called after each job. */
typedef void (*gw_boot_answered)(const struct gw_boot_answer *answer, void *userdata);

/*
 * gw_boot_observer_new - adopt or attach the programs, take over what they have recorded
 *
 * That nothing can be recorded is no error: it is said in the evidence, and in one line of the log. Strings of the
 * options must outlive the observer. Returns 0, -ENOMEM, or -errno of the event loop.
 */
int gw_boot_observer_new(struct gw_boot_observer **ret, sd_event *event, const struct gw_boot_observer_options *options,
			 gw_boot_answered answered, void *userdata);
void gw_boot_observer_free(struct gw_boot_observer *observer);

/* Reads the table of dependencies anew. Returns 0 or -ENOMEM. */
int gw_boot_observer_reload(struct gw_boot_observer *observer);

/* When it is freed, the pins go, too: see gw_loader_unpin(). */
void gw_boot_observer_unpin(struct gw_boot_observer *observer);

/*
 * gw_boot_observer_ask - have a job done that begins after now
 *
 * Returns its ticket; answered() is called from the event loop, within GW_BOOT_LIMIT_USEC for each job that is to be done.
 */
uint64_t gw_boot_observer_ask(struct gw_boot_observer *observer, enum gw_boot_job job);

/* As gw_boot_programs_rows(); one row that says why when there are no programs. */
size_t gw_boot_observer_rows(const struct gw_boot_observer *observer, const struct gw_probe_info **ret);

/* The summary of gpuwatch.probe-order.v1 as of the last look, borrowed until the next one; NULL = there was none yet. */
const json_t *gw_boot_observer_summary(const struct gw_boot_observer *observer);

struct gw_boot_observer_counters {
	uint64_t events;     /* in the log */
	uint64_t dropped;    /* records that did not fit the ring buffer */
	uint64_t left_out;   /* records that did not fit the log */
	uint64_t started_ns; /* CLOCK_MONOTONIC since when they are recorded, 0 = they are not */
};
void gw_boot_observer_counters(const struct gw_boot_observer *observer, struct gw_boot_observer_counters *ret);

#endif
