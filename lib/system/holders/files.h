/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which processes have a device open. Reads the links of /proc/PID/fd and the name and state of a process: the kernel takes
 * spinlocks of the process for these, and neither its mmap_lock nor anything else that sleeps, so that a stuck process
 * holds nobody up.
 */
#ifndef GPUWATCH_LIB_SYSTEM_HOLDERS_FILES_H
#define GPUWATCH_LIB_SYSTEM_HOLDERS_FILES_H

#include <stdint.h>

#include <jansson.h>

#include "lib/system/holders/device.h"

/* Processes whose files are not seen, and what else may hold the driver of any device. */
struct gw_unseen_files {
	uint64_t refused;  /* processes of others, which only root may look at */
	uint64_t dma_bufs; /* open buffers; of which driver they are is not shown */
};

/*
 * gw_open_files_read - the processes that have a node of the device open
 * @root: directory file descriptor of the root directory
 *
 * Returns an array of {pid, comm, state, files: [{path, count}]}, by pid; NULL when out of memory.
 */
json_t *gw_open_files_read(const struct gw_device *device, int root, struct gw_unseen_files *unseen);

#endif
