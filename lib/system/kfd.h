/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The inventory of KFD: devices, processes, queues, pinned memory, evictions.
 * From /sys/class/kfd on every kernel, and from the maps of kfd.bpf.c where the
 * kernel has the trace events of kernel-patches/.
 */
#ifndef GPUWATCH_LIB_SYSTEM_KFD_H
#define GPUWATCH_LIB_SYSTEM_KFD_H

#include <stdint.h>

#include <jansson.h>

/* File descriptors of the programs' maps, negative = not there. */
struct gw_kfd_maps {
	int processes, queues;
};

/*
 * gw_kfd_read - what sysfs has at this moment
 * @root_path: "" for the running system; else a directory that has sys/ and dev/
 *
 * Can take as long as the driver holds its locks. Reads no attribute that waits for the hardware. Returns a new reference, or
 * NULL when out of memory.
 */
json_t *gw_kfd_read(const char *root_path);

/*
 * gw_kfd_complete - and what the programs have recorded
 * @json: of gw_kfd_read(), taken over; may be NULL
 * @now_ns: CLOCK_MONOTONIC
 *
 * {schema: "gpuwatch.kfd.v1", now_ns, device_node: bool (/dev/kfd), events: bool (whether trace events are watched),
 *  devices: [{node, gpu_id (0 = a CPU), name, vendor_id, device_id, location_id, cpu_cores, simds, memory_bytes}],
 *  processes: [{pid, comm ("" = not known), pasid, created_ns (0 = not known), vram_bytes: {GPU_ID: n},
 *	evicted_ms: {GPU_ID: n}, queues: [{id, gpu_id, type, size, created_ns}],
 *	with events also: evicted (bool), evicted_since_ns, evictions, evicted_ns, longest_evicted_ns, eviction_trigger,
 *	restores, restore_ns, restore_failures, pinned_bytes, pinned_peak_bytes, page_faults, page_fault_ns,
 *	bound_devices}],
 *  pinned_elsewhere_bytes (with events: pinned by tasks that are no KFD process, as the driver's own)}
 *
 * Returns @json.
 */
json_t *gw_kfd_complete(json_t *json, const struct gw_kfd_maps *maps, uint64_t now_ns);

#endif
