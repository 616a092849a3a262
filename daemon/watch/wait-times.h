/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How long waits for the GPU and the like took that are over, as the programs counted them (bpf/lib/duration.h). */
#ifndef GPUWATCH_DAEMON_WATCH_WAIT_TIMES_H
#define GPUWATCH_DAEMON_WATCH_WAIT_TIMES_H

#include <jansson.h>

#include "daemon/kernel/loader.h"
#include "daemon/watch/resets.h"
#include "lib/system/workload/cgroups.h"

/*
 * gw_wait_times_json - {bounds_ns: [...], waits: [...], page_faults: [...], invalidations: [...], evictions: [...], resets: [...]}
 *
 * Each row has counts and sum_ns, and what it is of: waits a kind; all but resets the driver and the workload, of a job or a pod
 * job_id or pod_uid, too; resets see gw_resets_json(). Each count is of those that took at most so many ns, and more than the
 * bound before; there is one more, of those that took longer than all. The driver is the module whose fence was waited for,
 * "" where that is none or not known. Of the workloads GW_CGROUPS_MAX at a time have rows of their own, "other" has the
 * rest; "" is who has none. When there are so many, those that are gone make room, and are "other" from then on. Counts begin
 * with the programs, those of resets with the kernel's log. New reference, NULL when out of memory.
 */
json_t *gw_wait_times_json(const struct gw_loader *loader, struct gw_cgroups *cgroups, const struct gw_resets *resets);

#endif
