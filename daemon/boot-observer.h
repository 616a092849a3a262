/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The observer of the boot: keeps what the programs record, and has it analysed
 * when somebody asks, and by itself once things have been quiet for a while
 * after the start or after something happened. Asleep otherwise.
 */
#ifndef GPUWATCH_BOOT_OBSERVER_H
#define GPUWATCH_BOOT_OBSERVER_H

#include <jansson.h>
#include <systemd/sd-event.h>

#include "boot-programs.h"
#include "boot-told.h"

struct gw_boot_observer;

struct gw_boot_observer_options {
	const char *pin_directory; /* of the daemon, NULL = nothing is pinned */
	const char *btf_path;	   /* NULL = the kernel's own */
	const char *run_directory; /* for what must outlive the daemon, e.g. /run/gpuwatch */
	const char *boot_id;
};

struct gw_boot_observer_events {
	gw_boot_tell report;		/* one is new, has changed or is resolved; must not call the observer */
	void (*looked)(void *userdata); /* after each look */
};

/*
 * gw_boot_observer_new - adopt or attach the programs, take over what they have recorded
 *
 * That nothing can be recorded is no error: it is said in the evidence, and in one line of the log. Strings of the
 * options must outlive the observer. Returns 0, -ENOMEM, or -errno of the event loop.
 */
int gw_boot_observer_new(struct gw_boot_observer **ret, sd_event *event,
			 const struct gw_boot_observer_options *options,
			 const struct gw_boot_observer_events *events, void *userdata);
void gw_boot_observer_free(struct gw_boot_observer *observer);

/* Reads the table of dependencies anew. Returns 0 or -ENOMEM. */
int gw_boot_observer_reload(struct gw_boot_observer *observer);

/* Takes the pins away. Returns 0 or -errno. */
int gw_boot_observer_unpin(struct gw_boot_observer *observer);

/* Looks now: gpuwatch.probe-order.v1, a new reference in @ret. Returns 0 or -errno. */
int gw_boot_observer_order(struct gw_boot_observer *observer, json_t **ret);

/* The evidence as it is now, see gw_boot_save(). */
int gw_boot_observer_save(struct gw_boot_observer *observer);

const struct gw_boot_told *gw_boot_observer_told(const struct gw_boot_observer *observer);

/* As gw_boot_programs_rows(); one row that says why when there are no programs. */
size_t gw_boot_observer_rows(const struct gw_boot_observer *observer, const struct gw_probe_info **ret);

struct gw_boot_observer_counters {
	uint64_t events;  /* in the log */
	uint64_t dropped; /* records that did not fit the ring buffer */
	uint64_t left_out; /* records that did not fit the log */
	uint64_t started_ns; /* CLOCK_MONOTONIC since when they are recorded, 0 = they are not */
};
void gw_boot_observer_counters(const struct gw_boot_observer *observer, struct gw_boot_observer_counters *ret);

#endif
