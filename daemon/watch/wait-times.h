/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How long waits for the GPU took that are over, as the programs counted them (bpf/lib/wait-time.h). */
#ifndef GPUWATCH_DAEMON_WATCH_WAIT_TIMES_H
#define GPUWATCH_DAEMON_WATCH_WAIT_TIMES_H

#include <jansson.h>

#include "daemon/kernel/loader.h"

/*
 * gw_wait_times_json - {bounds_ns: [...], waits: [{kind, driver, counts: [...], sum_ns}]}
 *
 * Each count is of the waits that took at most so many ns, and more than the bound before; there is one more, of those that
 * took longer than all. The driver is the module whose fence was waited for, "" where that is none or not known. Counts
 * begin with the programs, not with the daemon. New reference, NULL when out of memory.
 */
json_t *gw_wait_times_json(const struct gw_loader *loader);

#endif
