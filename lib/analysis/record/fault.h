/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Page faults of devices: which task handles one, of which device, for which process, and how that is known. The one
 * table of handlers is here; what the iterators read out of kernel structures comes as FAULT records.
 */
#ifndef GPUWATCH_LIB_ANALYSIS_RECORD_FAULT_H
#define GPUWATCH_LIB_ANALYSIS_RECORD_FAULT_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/analysis/record/snapshot.h"

struct gw_fault {
	uint64_t since_ns;   /* when the task began to handle it, 0 = unknown */
	uint64_t device;     /* struct device, 0 = unknown */
	uint64_t address;    /* in the process's memory, 0 = unknown */
	uint64_t mm;	     /* of the process, 0 = unknown */
	uint32_t pid, pasid; /* of the process, 0 = unknown */
	bool sole;	     /* the driver is known to have no other device */
	const char *name;    /* of the device, "" = unknown */
	const char *driver;  /* its driver's, "" = unknown */
	const char *module;  /* that the driver is in, "" = unknown */
	/* the handler that is on the stack or is the work item's function, NULL = none was found */
	const char *function;
	const char *seen; /* how: "iopf-queue", "iommu-v2", "driver-queue", "hook", "event", "stack" */
};

/*
 * gw_fault_of - the page fault that a task handles
 * @task: address of its task_struct; it need not have a TASK record
 *
 * A hook's word alone does not count if the whole stack shows no handler: the end was missed. Returns false if the task
 * handles none, as far as is known.
 */
bool gw_fault_of(const struct gw_snapshot *snapshot, uint64_t task, struct gw_fault *ret);

#endif
