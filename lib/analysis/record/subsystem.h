/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which part of the kernel a function belongs to: a GPU driver and which, or what else can make a task wait. The same
 * answer for a live stack and for one in a log.
 */
#ifndef GPUWATCH_LIB_ANALYSIS_RECORD_SUBSYSTEM_H
#define GPUWATCH_LIB_ANALYSIS_RECORD_SUBSYSTEM_H

#include <stdbool.h>

#include "lib/analysis/record/snapshot.h"

enum gw_subsystem_kind {
	GW_SUBSYSTEM_UNKNOWN, /* says nothing: locks, the scheduler, work queues, system calls */
	GW_SUBSYSTEM_GPU,
	GW_SUBSYSTEM_NFS,
	GW_SUBSYSTEM_FUSE,
	GW_SUBSYSTEM_FILE_SYSTEM,
	GW_SUBSYSTEM_BLOCK,
	GW_SUBSYSTEM_MEMORY,
	GW_SUBSYSTEM_FREEZER,
	GW_SUBSYSTEM_USB,
	GW_SUBSYSTEM_NETWORK,
	GW_SUBSYSTEM_BUS, /* I2C, SPI, clocks, GPIO, regulators */
	GW_SUBSYSTEM_POWER,
	GW_SUBSYSTEM_OTHER, /* a module that is none of these */
	GW_SUBSYSTEM_KINDS
};

struct gw_subsystem {
	enum gw_subsystem_kind kind;
	/* driver or file system; the kind's own name where there is none. Static, or @module itself */
	const char *name;
	bool generic; /* GPU: of DRM's core, which any driver uses */
};

/* @module: "" = built in, or not known: then the function's name decides. */
struct gw_subsystem gw_subsystem_of(const char *function, const char *module);

/* The same of an address, with what the snapshot has of its modules: one that no table names may drive a GPU. */
struct gw_subsystem gw_subsystem_of_symbol(const struct gw_snapshot *snapshot, const struct gw_symbol_record *symbol);

/* In what a task sleeps, by its stack; unknown for one that runs. */
struct gw_subsystem gw_subsystem_of_task(const struct gw_snapshot *snapshot, const struct gw_task_record *task);

/* Whether a function of a GPU driver, by its name, resets the GPU or handles the timeout of a job. */
bool gw_subsystem_resets(const char *function);
/* The same of a work item, by its function: nothing but a handler is called after a timeout. */
bool gw_subsystem_item_resets(const char *function);

/* For JSON and people: "gpu", "nfs", "fuse", "file-system", "block", "memory", ... */
const char *gw_subsystem_kind_name(enum gw_subsystem_kind kind);

#endif
