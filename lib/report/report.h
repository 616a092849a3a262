/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A report: what gpuwatch says about one finding, in the terms of the JSON
 * schema gpuwatch.report.v1 (docs/report.schema.json).
 */
#ifndef GPUWATCH_LIB_REPORT_REPORT_H
#define GPUWATCH_LIB_REPORT_REPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#define GW_REPORT_SCHEMA "gpuwatch.report.v1"

enum gw_kind {
	GW_KIND_DEADLOCK,
	GW_KIND_LIVELOCK,
	GW_KIND_STALL,
	GW_KIND_HAZARD,
	GW_KIND_PROBE_ORDER,
};

enum gw_class {
	GW_CLASS_FENCE_LOCK_CYCLE,
	GW_CLASS_NOTIFIER_CYCLE,
	GW_CLASS_RECLAIM_CYCLE,
	GW_CLASS_FAULT_PREEMPT,
	GW_CLASS_UNPLUG_SRCU,
	GW_CLASS_SCHED_DEP_CYCLE,
	GW_CLASS_WORKQUEUE_CYCLE,
	GW_CLASS_ORPHANED_FENCE,
	GW_CLASS_LEAKED_LOCK,
	GW_CLASS_LEAKED_SECTION,
	GW_CLASS_LOCK_CYCLE,
	GW_CLASS_RESET_CYCLE,
	GW_CLASS_RUNTIME_PM_CYCLE,
	GW_CLASS_BUSY_HOLDER, /* these of kind livelock */
	GW_CLASS_RETRY_LOOP,
	GW_CLASS_LONG_WAIT, /* these of kind stall */
	GW_CLASS_SILENT_DEVICE,
	GW_CLASS_SIGNALLING_RECLAIM, /* these of kind hazard */
	GW_CLASS_SIGNALLING_RESV,
	GW_CLASS_SIGNALLING_MMAP_LOCK,
	GW_CLASS_SIGNALLING_FENCE_WAIT,
	GW_CLASS_LOCK_ORDER,
	GW_CLASS_INITCALL_ORDER, /* these of kind probe-order */
	GW_CLASS_PROBED_BEFORE_SUPPLIER,
	GW_CLASS_PROBE_OVERLAP,
	GW_CLASS_DEFERRAL_TIMEOUT,
	GW_CLASS_DEFERRED_FOREVER,
	GW_CLASS_DEFERRAL_STORM,
	GW_CLASS_SILENT_ABSENCE,
	GW_CLASS_FIRMWARE_MISSING,
	GW_CLASS_SYMBOLS_MISSING,
	GW_CLASS_KFD_REFUSED,
	GW_CLASS_TAKEN_BY_OTHER,
	GW_CLASS_MINOR_ORDER,
	GW_CLASS_PAGE_LOCK_CYCLE, /* of kind deadlock; reports' ids follow from the values of the others */
	GW_CLASS_PROBE_FAILED,	  /* of kind probe-order */
};

enum gw_state {
	GW_STATE_ACTIVE,
	GW_STATE_RESOLVED,
};

/* Ordered: a verdict is as strong as its weakest edge, and never "proven" from one snapshot. */
enum gw_confidence {
	GW_CONFIDENCE_HINT,
	GW_CONFIDENCE_PROBABLE,
	GW_CONFIDENCE_PROVEN,
};

/* JSON values of the enumerations; never NULL for a valid value. */
const char *gw_kind_name(enum gw_kind kind);
const char *gw_class_name(enum gw_class class);
const char *gw_state_name(enum gw_state state);
const char *gw_confidence_name(enum gw_confidence confidence);

/* The other way: the value of a name, or -1 when no value has it. */
int gw_kind_from_name(const char *name);
int gw_class_from_name(const char *name);
int gw_state_from_name(const char *name);
int gw_confidence_from_name(const char *name);

/*
 * A finding in one form for all its consumers. All strings and JSON values are
 * owned by the report.
 */
struct gw_report {
	char id[32]; /* stable while the finding lasts, e.g. "d-1f3a9c02e455"; set by the store */
	enum gw_kind kind;
	enum gw_class class;
	enum gw_state state;
	enum gw_confidence confidence;
	uint64_t key;		   /* identity of the finding: equal for the same participants and objects */
	uint64_t detected_real_ns; /* CLOCK_REALTIME, when first seen */
	uint64_t detected_mono_ns; /* CLOCK_MONOTONIC, the same moment */
	uint64_t formed_mono_ns;   /* when the last participant began its wait; 0 = unknown */
	uint64_t resolved_mono_ns; /* 0 while active */
	char *summary;
	char *root_node;
	char *explanation;
	char *advice;
	json_t *action;	      /* object, of root_cause: see lib/analysis/words/action.h; NULL = was not judged */
	json_t *nodes;	      /* array of objects */
	json_t *edges;	      /* array of objects */
	json_t *cycle;	      /* array of node ids in order */
	json_t *victims;      /* array of node ids */
	size_t victims_total; /* victims may be cut */
	size_t chain_total;   /* nodes of the chain where the middle of it is left out; 0 = nothing is */
	json_t *probe_order;  /* object, of kind probe-order only: see lib/boot/document/report.h */
	json_t *subsystem;    /* object: whose fault it is; NULL = was not judged */
	json_t *kernel_log;   /* array of objects: see lib/analysis/words/kernel-log.h; NULL = the log was not read */
	json_t *log;	      /* object, of what was read in a kernel log only: see lib/explain/explain.h */
	char signature[17];   /* of its shape, the same on every machine; "" = none */
};

void gw_report_free(struct gw_report *report);

/* Sets the id that follows from kind and key: the same for the same finding, whoever makes the report. */
void gw_report_identify(struct gw_report *report);

/* Called for each report that is new, changed (confidence, victims) or resolved; must not call back. */
typedef void (*gw_report_changed)(const struct gw_report *report, void *userdata);

/*
 * gw_report_json - the report as a gpuwatch.report.v1 object
 * @boot_id, @kernel: of the machine the report is about
 *
 * Returns a new reference, or NULL when out of memory.
 */
json_t *gw_report_json(const struct gw_report *report, const char *boot_id, const char *kernel);

/*
 * Whose it is, of a report as JSON: the driver or file system that its chain ends in, else that of a fence or device in it;
 * of one on the boot, the driver that came up wrong. "" = none. Belongs to @report.
 */
const char *gw_report_driver(const json_t *report);

#endif
