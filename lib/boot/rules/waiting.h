/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Devices that wait, or waited, for their suppliers: what for, and those that wait for the same together. */
#ifndef GPUWATCH_LIB_BOOT_RULES_WAITING_H
#define GPUWATCH_LIB_BOOT_RULES_WAITING_H

#include <sys/types.h>

#include "lib/boot/rules/finding.h"

/* The need of the device that was not met at that moment (GW_BOOT_UNKNOWN: now), or NULL. */
const struct gw_boot_need *gw_boot_wait_unmet(const struct gw_boot_model *model, const struct gw_boot_device *device,
					      uint64_t at);

/* The need at the end of the chain of suppliers that wait themselves; any of a circle's. NULL: not known what for. */
const struct gw_boot_need *gw_boot_wait_root(const struct gw_boot_model *model, uint32_t device, uint64_t at);

/*
 * gw_boot_wait_circle - the devices that wait for each other, as the chain of suppliers that begins with @device leads to
 * @ret: set to an array owned by the caller, in order, beginning with that of the lowest index; NULL = there is no circle
 *
 * Returns their number or -ENOMEM.
 */
ssize_t gw_boot_wait_circle(const struct gw_boot_model *model, uint32_t device, uint32_t **ret);

/* A device that waits. */
struct gw_boot_waiter {
	uint32_t device;
	uint64_t since_ns; /* the first stands for all, and stays the first when others follow */
	uint32_t cause;	   /* name of what is missing; 0 = not known */
	bool failed;	   /* those that came up without it have another story */
	const struct gw_boot_need *need;
};

/* Reports waiters of one cause; 0 or -ENOMEM. */
typedef int (*gw_boot_waiters_rule)(const struct gw_boot_model *model, struct gw_boot_findings *findings,
				    const struct gw_boot_waiter *waiters, size_t count);

/* Sorts the waiters, and has @rule report each group of them that waits for the same. Returns 0 or -ENOMEM. */
int gw_boot_waiters_report(const struct gw_boot_model *model, struct gw_boot_findings *findings,
			   struct gw_boot_waiter *waiters, size_t count, gw_boot_waiters_rule rule);

/* A finding about all of them: its consumer, its group, and their retries and the longest wait. 0 or -ENOMEM. */
int gw_boot_waiters_fill(const struct gw_boot_model *model, struct gw_boot_finding *finding,
			 const struct gw_boot_waiter *waiters, size_t count);

/* Writes why the finding's supplier is not there, and what to do. */
void gw_boot_write_missing(const struct gw_boot_model *model, struct gw_boot_finding *finding);

#endif
