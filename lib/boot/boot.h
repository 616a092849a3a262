/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The boot: evidence of how drivers came up in, reports of kind probe-order
 * and the order for people out. Pure, like the rest of the core: the daemon,
 * the tests and `gpuwatch-cli probe-order --from FILE` give it the same
 * evidence and get the same answer.
 *
 * Evidence file (`--save FILE`): JSON lines, one object each, the first one
 * {"schema": "gpuwatch.boot.v1", "boot_id", "kernel", "machine", "taken_at",
 * "taken_mono_ns"}; then {"event": {...}} (boot-event.h), {"kmsg": "..."} (a
 * raw record of /dev/kmsg), {"state": {...}} (see gw_boot_set_state()),
 * {"initcalls": [{"function", "module", "level", "address"}]}, {"table": "the
 * text of a file of dependencies", "name": "..."} and {"lost": {...}} (see
 * gw_boot_set_lost()). Unknown objects and fields are left alone.
 */
#ifndef GPUWATCH_LIB_BOOT_BOOT_H
#define GPUWATCH_LIB_BOOT_BOOT_H

#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "lib/boot/evidence/event.h"
#include "lib/boot/evidence/initcalls.h"
#include "lib/boot/table/dependencies.h"
#include "lib/report/report.h"

#define GW_BOOT_SCHEMA "gpuwatch.boot.v1"
#define GW_PROBE_ORDER_SCHEMA "gpuwatch.probe-order.v1"

/* Of the machine and the boot that evidence is about. */
struct gw_boot_host {
	char boot_id[40];
	char kernel[65]; /* uname -r */
	char machine[16];
	uint64_t taken_real_ns; /* CLOCK_REALTIME and CLOCK_MONOTONIC of the moment when the state was looked at */
	uint64_t taken_mono_ns;
};

struct gw_boot;

/* @depends may be NULL: none. It must outlive the boot. */
int gw_boot_new(struct gw_boot **ret, const struct gw_depends *depends);
void gw_boot_free(struct gw_boot *boot);

void gw_boot_set_host(struct gw_boot *boot, const struct gw_boot_host *host);

/* Evidence may come in any order and from several sources about the same thing. Returns 0 or -ENOMEM. */
int gw_boot_add_event(struct gw_boot *boot, const struct gw_boot_event *event);

/* A raw record of /dev/kmsg; counts what is malformed and where numbers are missing. Returns 0 or -ENOMEM. */
int gw_boot_add_kmsg(struct gw_boot *boot, const char *text, size_t size);

/* The initcalls built into the running kernel. Copied. */
int gw_boot_set_initcalls(struct gw_boot *boot, const struct gw_initcall *list, size_t count);

/*
 * gw_boot_set_state - the system at the moment host.taken_mono_ns; replaces an earlier one
 * @state: a new reference is taken; fields that could not be read are absent:
 *	cmdline: text of /proc/cmdline
 *	log_offset_ns: CLOCK_MONOTONIC minus the kernel log's clock
 *	devices: [{name, bus, path (sysfs path below /sys/devices), driver ("" = none), modalias, iommu_group (-1 = none),
 *		waiting_for_supplier (bool, absent = the kernel does not say), of_node, module (of the driver, "" = built in),
 *		(do not read sysfs' waiting_for_supplier: it takes the device lock that a probe holds while it removes the file
 *		and waits for its readers, so both hang for good; seen on 6.12. Deferral reasons and links say the same)
 *		suppliers: [{node, property, device}] (what firmware names: the supplier's node, the property that does, and
 *		the name of the device made from that node, "" = none)}]
 *	links: [{supplier, consumer ("bus:name" each), status ("not tracked", "dormant", "available", "consumer probing",
 *		"active", "supplier unbinding", "unknown"), auto_remove_on, runtime_pm, sync_state_only}]
 *	deferred: [{device, reason}] (debugfs devices_deferred)
 *	iommu: {units: [names in /sys/class/iommu], groups: number of groups}
 *	kfd: {class: bool (/sys/class/kfd), device_node: bool (/dev/kfd), nodes: [{node, simd_count, cpu_cores_count,
 *		vendor_id, device_id, location_id}]}
 *	paths: {PATH: bool} (for every path that the table of dependencies names)
 *	modules: [{name, state ("live", "coming", "going", "builtin", "available" = a file not loaded), depends: [names],
 *		softdep_pre: [names], softdep_post: [names], blacklisted (bool, optional: by a file of modprobe.d)}] (what is loaded,
 *		and all that the rest of the state or the table names)
 *	candidates: {DEVICE MODALIAS or OF COMPATIBLE: [modules that claim it]} (of devices without driver and of suppliers
 *		that have no driver)
 *
 * Returns 0 or -EBADMSG when it is not an object.
 */
int gw_boot_set_state(struct gw_boot *boot, json_t *state);

/*
 * gw_boot_set_lost - what is known to be missing from the evidence
 * @lost: {events: dropped records of the ring buffer, attached_ns: CLOCK_MONOTONIC since when events were recorded,
 *	kmsg: records that the log buffer had overwritten, trace: "" or why the boot's trace events are not there,
 *	unreadable: ["path: reason", ...], probes: ["name: reason", ...] (programs of boot.bpf.c that are not attached)}
 */
int gw_boot_set_lost(struct gw_boot *boot, json_t *lost);

/*
 * gw_boot_load - one line of an evidence file
 *
 * Returns 0, -EBADMSG (the line is no evidence; goes on with the next), or -ENOMEM.
 */
int gw_boot_load(struct gw_boot *boot, const char *line, size_t size);

/*
 * gw_boot_analyse - from all that is known by now
 * @reports: set to an array of reports, oldest first, owned by the boot until it is freed or analyses again; a finding
 *	keeps its id (from what it is about, not from times) as evidence grows
 *
 * Time is O(n log n) in events and devices. Returns 0 or -ENOMEM.
 */
int gw_boot_analyse(struct gw_boot *boot, const struct gw_report *const **reports, size_t *count);

/*
 * gw_boot_json - the order for people and monitoring, after gw_boot_analyse()
 *
 * {schema: "gpuwatch.probe-order.v1", boot_id, kernel, taken_at, now_ns,
 *  complete: bool, missing: [{part, from_ns, to_ns, text, remedy}] (which parts of the boot were not seen, why, what to do),
 *  settings: {fw_devlink, fw_devlink_strict (bool), deferred_probe_timeout_s (-1 = never, null = not known), iommu,
 *	initcall_debug (bool), timeout_expired_ns (null = not known to have)},
 *  summary: {initcalls, probes, deferrals, devices, lost: number of reports of something lost},
 *  rows: [{id, time_ns, end_ns, kind: "initcall"|"module"|"probe", name, device, driver, bus, module, level, result,
 *	result_name ("-EPROBE_DEFER"), source, depth, parent (id of the row in which it ran, null), outcome: "bound"|"deferred"|
 *	"failed"|"rejected"|"running"|"ok"|"not-loaded", findings: [report ids]}] (in boot order; GPU, IOMMU, KFD and whatever
 *	a report or their chains of suppliers name),
 *  tree: [{id, name, role, state: "ready"|"absent"|"deferred"|"fragile"|"failed", ready_ns, note, origin: "device-link"|
 *	"firmware"|"module"|"softdep"|"table"|"", children: [...]}] (consumers, each with its suppliers below it),
 *  devices: [{name, bus, driver, spans: [{begin_ns, end_ns, kind: "probe"|"deferred"|"module"|"initcall", result,
 *	result_name, driver}], retries, lost_ns, ready_ns, findings}] (what --timeline draws, the same choice as rows),
 *  reports: [gpuwatch.report.v1, each with the object probe_order: {effect: "lost" (a device or a feature is missing, or came
 *	up wrong)|"fragile" (went well, but nothing holds it so)|"slow" (time was lost, nothing else), device, driver, bus,
 *	module (the consumer), supplier, supplier_driver, supplier_module, feature ("" where not known), begin_ns, end_ns (of
 *	the consumer's probe or initcall), supplier_begin_ns, supplier_ready_ns (null = not known, or never), result,
 *	result_name, retries, lost_ns, devices (how many share its fate; the report's nodes are all of them, up to 256),
 *	source (why it is known that one needs the other)}. Consumers that wait or waited for the same thing share a report;
 *	a feature that is missing because of an order is told by the report of that order, not as a silent-absence]}
 *
 * Times are ns since boot, CLOCK_MONOTONIC as far as it can be known. New reference, or NULL when out of memory.
 */
json_t *gw_boot_json(const struct gw_boot *boot);

/*
 * gw_boot_link_order_json - what only link order holds: initcalls of a kernel image against the table, no boot needed
 * @modules: as in gw_boot_set_state(), of a directory of modules; may be NULL: what is not built in is not known
 *
 * {schema: "gpuwatch.link-order.v1", kernel, initcalls: number,
 *  pairs: [{id, consumer {name, function, module, level, position}, supplier {...}, state: "ordered" (by level)|"fragile"
 *	(same level, right order)|"reversed"|"module" (a module on one side: module dependencies or softdeps order it)|
 *	"unordered" (modules that nothing orders)|"absent", held_by: "level"|"link order"|"depends"|"softdep"|"", why, source,
 *	advice}]}
 * Position is the index in the list. New reference, or NULL when out of memory.
 */
json_t *gw_boot_link_order_json(const struct gw_depends *depends, const struct gw_initcall *initcalls, size_t count,
				const char *kernel, const json_t *modules);

#endif
