/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The evidence of how drivers came up in one boot, from all sources, as it
 * comes in. Pure, like all of lib/boot: whoever reads files and kernels gives
 * what is in them.
 */
#ifndef GPUWATCH_LIB_BOOT_EVIDENCE_EVIDENCE_H
#define GPUWATCH_LIB_BOOT_EVIDENCE_EVIDENCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "lib/boot/evidence/event.h"
#include "lib/boot/evidence/initcalls.h"
#include "lib/boot/evidence/names.h"
#include "lib/boot/table/dependencies.h"

/* Events that are kept; what comes later is counted, so that a daemon that runs for years does not grow. */
#define GW_BOOT_EVENTS_MAX (1u << 20)

/* Of the machine and the boot that evidence is about. */
struct gw_boot_host {
	char boot_id[40];
	char kernel[65]; /* uname -r */
	char machine[16];
	uint64_t taken_real_ns; /* CLOCK_REALTIME and CLOCK_MONOTONIC of the moment when the state was read */
	uint64_t taken_mono_ns;
};

/* An event with its names as numbers: a fifth of the size. */
struct gw_boot_fact {
	uint64_t time_ns, duration_ns; /* up to GW_BOOT_TIME_MAX */
	uint64_t sequence, flags;
	uint32_t subject, other, bus; /* of names */
	uint32_t note;		      /* of a failure in the kernel log: the line before it, 0 = none */
	uint32_t pid;
	int32_t result;
	uint8_t type;	/* enum gw_boot_event_type */
	uint8_t source; /* enum gw_boot_source */
};

/* That there was a record of the kernel log, whether it is an event or not. */
struct gw_boot_kmsg_mark {
	uint64_t sequence, time_ns;
};

/* A built-in initcall, of the running kernel. */
struct gw_boot_builtin {
	uint32_t function, module; /* of names */
	uint8_t level;		   /* enum gw_initcall_level */
};

/* Of a kernel log that came as a text. */
struct gw_boot_log {
	uint64_t lines; /* messages */
	bool given;
	bool timed;	    /* its lines have times: else they are positions */
	bool time_of_day;   /* these are of day, and count from the first line on */
	uint32_t boots;	    /* in the text: the last one counts */
	uint64_t known;	    /* lines that the kernel printed: by their times, or by what they say */
	char *command_line; /* NULL = not in it */
};

/* The line of the kernel log before the one that is being added. */
struct gw_boot_line {
	char text[256];
	uint64_t time_ns;
};

/* Filled by the functions below, read by the model. */
struct gw_boot_evidence {
	const struct gw_depends *given; /* the caller's table */
	struct gw_depends *carried; /* the table that came with the evidence: it replaces the caller's; NULL = none */
	struct gw_boot_host host;
	struct gw_boot_names names;
	struct gw_boot_fact *facts;
	size_t n_facts, allocated_facts;
	uint64_t dropped_facts;		 /* beyond GW_BOOT_EVENTS_MAX */
	struct gw_boot_kmsg_mark *marks; /* one per record of the kernel log */
	size_t n_marks, allocated_marks;
	uint64_t malformed; /* records of the kernel log, lines of the file */
	struct gw_boot_builtin *builtins;
	size_t n_builtins;
	json_t *state, *lost; /* NULL = not given */
	json_t *previous;     /* of gw_boot_evidence_set_previous(), NULL = none */
	struct gw_boot_log log;
	struct gw_boot_line before;
};

/* @depends may be NULL: none. It must outlive the evidence. Returns 0 or -ENOMEM. */
int gw_boot_evidence_new(struct gw_boot_evidence **ret, const struct gw_depends *depends);
void gw_boot_evidence_free(struct gw_boot_evidence *evidence);

void gw_boot_evidence_set_host(struct gw_boot_evidence *evidence, const struct gw_boot_host *host);

/* Evidence may come in any order and from several sources about the same thing. Returns 0 or -ENOMEM. */
int gw_boot_evidence_add_event(struct gw_boot_evidence *evidence, const struct gw_boot_event *event);

/* A raw record of /dev/kmsg; counts what is malformed and where numbers are missing. Returns 0 or -ENOMEM. */
int gw_boot_evidence_add_kmsg(struct gw_boot_evidence *evidence, const char *text, size_t size);

/*
 * gw_boot_evidence_add_message - a message of the kernel log, without what stands in front of it
 * @event: its time, sequence and pid are set, the rest is set here
 *
 * Returns 1 if it was an event, 0 if it was something else, or -ENOMEM.
 */
int gw_boot_evidence_add_message(struct gw_boot_evidence *evidence, const char *message, struct gw_boot_event *event);

/* The initcalls built into the running kernel. Copied. Returns 0 or -ENOMEM. */
int gw_boot_evidence_set_initcalls(struct gw_boot_evidence *evidence, const struct gw_initcall *list, size_t count);

/*
 * gw_boot_evidence_set_state - the system at the moment host.taken_mono_ns; replaces an earlier one
 * @state: an object, of which a new reference is taken; fields that could not be read are absent:
 *
 * cmdline		text of /proc/cmdline
 * log_offset_ns	CLOCK_MONOTONIC minus the kernel log's clock
 * devices[]		all devices that a driver could bind to:
 *     name, bus
 *     path		of sysfs, below /sys/devices
 *     driver		"" = none
 *     module		of the driver, "" = built in
 *     modalias
 *     iommu_group	-1 = none
 *     iommu		name of the unit that serves it; absent = none
 *     of_node		node of the device tree; absent = none
 *     suppliers[]	whom firmware names:
 *         node		of the supplier
 *         property	that names it
 *         device	made from that node, "" = none
 *         optional	true: the kernel only waits for it with fw_devlink.strict=1
 * links[]		device links:
 *     supplier		"bus:name"
 *     consumer		"bus:name"
 *     status		"not tracked", "dormant", "available", "consumer probing", "active", "supplier unbinding",
 *			"unknown"
 *     auto_remove_on	as sysfs has it
 *     runtime_pm	true, false
 *     sync_state_only	true, false
 * deferred[]		debugfs' devices_deferred:
 *     device		its name
 *     reason		"" = none given
 * iommu
 *     units[]		names in /sys/class/iommu
 *     groups		number of groups
 * kfd
 *     class		whether there is /sys/class/kfd
 *     device_node	whether there is /dev/kfd
 *     nodes[]		node, simd_count, cpu_cores_count, vendor_id, device_id, location_id
 * paths		{PATH: whether it exists}, for each path that the table of dependencies names
 * modules[]		what is loaded, and all that the rest of the state or the table names:
 *     name
 *     state		"live", "coming", "going", "builtin", "available" (a file that is not loaded)
 *     depends[]	names
 *     softdep_pre[]	names
 *     softdep_post[]	names
 *     blacklisted	true: by a file of modprobe.d; absent otherwise
 * candidates		{MODALIAS or OF COMPATIBLE: [modules that claim it]}, of devices and suppliers without driver
 *
 * Whoever fills this in must not read waiting_for_supplier of sysfs: that takes the device lock, which a probe holds
 * while it removes the file and waits for its readers, so that both hang for good (seen on 6.12). The reasons of
 * deferrals and the links have the same in them.
 *
 * Returns 0 or -EBADMSG when it is not an object.
 */
int gw_boot_evidence_set_state(struct gw_boot_evidence *evidence, json_t *state);

/*
 * gw_boot_evidence_set_lost - what is known to be missing from the evidence
 * @lost: an object, of which a new reference is taken:
 *
 * events	dropped records of the ring buffer
 * attached_ns	CLOCK_MONOTONIC since when events were recorded
 * kmsg		records that the log buffer had overwritten
 * trace	why the boot's trace events are not there, "" = they are
 * unreadable[]	"path: reason"
 * probes[]	"name: reason", of programs of boot.bpf.c that are not attached
 *
 * Returns 0 or -EBADMSG when it is not an object.
 */
int gw_boot_evidence_set_lost(struct gw_boot_evidence *evidence, json_t *lost);

/*
 * gw_boot_evidence_set_previous - what is kept of the boot before
 * @previous: an object, of which a new reference is taken: boot_id, and cards[] as in gpuwatch.probe-order.v1
 *
 * Returns 0 or -EBADMSG when it is not an object.
 */
int gw_boot_evidence_set_previous(struct gw_boot_evidence *evidence, json_t *previous);

/* All entries of the table, whether they hold for this kernel or not: see gw_dependency_for_kernel(). */
size_t gw_boot_evidence_dependencies(const struct gw_boot_evidence *evidence, const struct gw_dependency **ret);

/* The kernel command line, for lib/base/command-line.h; NULL = not known. */
const char *gw_boot_evidence_command_line(const struct gw_boot_evidence *evidence);

static inline const char *gw_boot_evidence_name(const struct gw_boot_evidence *evidence, uint32_t number)
{
	return gw_boot_names_text(&evidence->names, number);
}

#endif
