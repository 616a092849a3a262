/* SPDX-License-Identifier: GPL-2.0-or-later */
/* /sys/class/kfd and the maps of kfd.bpf.c, put together. */
#include "lib/system/kfd.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "bpf/abi/kfd-records.h"
#include "lib/base/files.h"
#include "lib/base/json.h"
#include "lib/system/kfd-sysfs.h"

/* ---- devices ---------------------------------------------------------------------------- */

static json_int_t kfd_property(const char *properties, const char *key)
{
	uint64_t value;

	gw_kfd_property(properties, key, &value);
	return (json_int_t)value;
}

static int kfd_add_bank(uint64_t number, int directory, void *userdata)
{
	char properties[4096] = "";

	gw_file_text(directory, "properties", properties, sizeof(properties));
	*(json_int_t *)userdata += kfd_property(properties, "size_in_bytes");
	return 0;
}

static int kfd_add_device(uint64_t number, int directory, const char *properties, int error, void *userdata)
{
	json_int_t memory = 0;
	char name[64];

	if (gw_file_text(directory, "name", name, sizeof(name)) < 0)
		name[0] = '\0';
	gw_kfd_each(directory, "mem_banks", kfd_add_bank, &memory);
	json_array_append_new(userdata,
			      json_pack("{s:I, s:I, s:o, s:I, s:I, s:I, s:I, s:I, s:I}", "node", (json_int_t)number,
					"gpu_id", (json_int_t)gw_kfd_number(directory, "gpu_id"), "name",
					gw_json_text(name), "vendor_id", kfd_property(properties, "vendor_id"),
					"device_id", kfd_property(properties, "device_id"), "location_id",
					kfd_property(properties, "location_id"), "cpu_cores",
					kfd_property(properties, "cpu_cores_count"), "simds",
					kfd_property(properties, "simd_count"), "memory_bytes", memory));
	return 0;
}

/* ---- processes as /sys shows them ---------------------------------------------------------- */

/* Names of enum kfd_queue_type in include/uapi/linux/kfd_ioctl.h and its values inside of the driver. */
static const char *kfd_queue_type(uint64_t type)
{
	static const char *const names[] = { "compute", "sdma", "hiq", "diq", "sdma-xgmi" };

	return type < sizeof(names) / sizeof(names[0]) ? names[type] : "unknown";
}

static int kfd_add_queue(uint64_t number, int queue, void *userdata)
{
	json_array_append_new(userdata, json_pack("{s:I, s:I, s:s, s:I, s:i}", "id", (json_int_t)number, "gpu_id",
						  (json_int_t)gw_kfd_number(queue, "gpuid"), "type",
						  kfd_queue_type(gw_kfd_number(queue, "type")), "size",
						  (json_int_t)gw_kfd_number(queue, "size"), "created_ns", 0));
	return 0;
}

/*
 * vram_GPU and stats_GPU/evicted_ms. Their neighbours sdma_GPU and cu_occupancy
 * would make the driver ask the hardware, and wait for it.
 */
static void kfd_add_attributes(int process, json_t *object)
{
	_cleanup_closedir_ DIR *dir = gw_directory_list(process, ".");
	json_t *vram = json_object(), *evicted = json_object();
	struct dirent *entry;

	while (dir && (entry = gw_directory_next(dir))) {
		char path[300];

		if (strncmp(entry->d_name, "vram_", 5) == 0)
			json_object_set_new(vram, entry->d_name + 5,
					    json_integer((json_int_t)gw_kfd_number(process, entry->d_name)));
		if (strncmp(entry->d_name, "stats_", 6) != 0)
			continue;
		snprintf(path, sizeof(path), "%s/evicted_ms", entry->d_name);
		json_object_set_new(evicted, entry->d_name + 6, json_integer((json_int_t)gw_kfd_number(process, path)));
	}
	json_object_set_new(object, "vram_bytes", vram);
	json_object_set_new(object, "evicted_ms", evicted);
}

static json_t *kfd_new_process(uint64_t pid, uint64_t pasid)
{
	return json_pack("{s:I, s:s, s:I, s:i, s:{}, s:{}, s:[]}", "pid", (json_int_t)pid, "comm", "", "pasid",
			 (json_int_t)pasid, "created_ns", 0, "vram_bytes", "evicted_ms", "queues");
}

static int kfd_add_process(uint64_t number, int directory, void *userdata)
{
	json_t *object = kfd_new_process(number, gw_kfd_number(directory, "pasid"));

	if (!object)
		return -ENOMEM;
	kfd_add_attributes(directory, object);
	gw_kfd_each(directory, "queues", kfd_add_queue, json_object_get(object, "queues"));
	return json_array_append_new(userdata, object) < 0 ? -ENOMEM : 0;
}

/* ---- what the events add ----------------------------------------------------------------------- */

static json_t *kfd_find_process(const json_t *processes, uint32_t pid)
{
	json_t *process;
	size_t i;

	json_array_foreach(processes, i, process)
		if (json_integer_value(json_object_get(process, "pid")) == pid)
			return process;
	return NULL;
}

static void kfd_put(json_t *object, const char *key, uint64_t value)
{
	json_object_set_new(object, key, json_integer((json_int_t)value));
}

static void kfd_enrich(json_t *object, const struct gw_kfd_process *known)
{
	char comm[sizeof(known->comm)];

	snprintf(comm, sizeof(comm), "%s", known->comm);
	json_object_set_new(object, "comm", json_string(comm) ?: json_string("?"));
	kfd_put(object, "created_ns", known->created_ns);
	kfd_put(object, "bound_devices", known->bound_devices);
	json_object_set_new(object, "evicted", json_boolean(known->evicted_devices > 0));
	kfd_put(object, "evicted_since_ns", known->evicted_since_ns);
	kfd_put(object, "evictions", known->evictions);
	kfd_put(object, "evicted_ns", known->evicted_ns);
	kfd_put(object, "longest_evicted_ns", known->longest_evicted_ns);
	kfd_put(object, "eviction_trigger", known->eviction_trigger);
	kfd_put(object, "restores", known->restores);
	kfd_put(object, "restore_ns", known->restore_ns);
	kfd_put(object, "restore_failures", known->restore_failures);
	kfd_put(object, "pinned_bytes", known->pinned_bytes);
	kfd_put(object, "pinned_peak_bytes", known->pinned_peak_bytes);
	kfd_put(object, "page_faults", known->page_faults);
	kfd_put(object, "page_fault_ns", known->page_fault_ns);
}

/* Processes of the map. What only has pinned memory, and no PASID, is no process of KFD. */
static uint64_t kfd_merge_processes(json_t *processes, int map)
{
	uint32_t key, *previous = NULL;
	struct gw_kfd_process known;
	uint64_t elsewhere = 0;

	while (map >= 0 && bpf_map_get_next_key(map, previous, &key) == 0) {
		json_t *object = kfd_find_process(processes, key);

		previous = &key;
		if (bpf_map_lookup_elem(map, &key, &known) < 0)
			continue;
		if (!object && !known.pasid) {
			elsewhere += known.pinned_bytes;
			continue;
		}
		if (!object) {
			object = kfd_new_process(key, known.pasid);
			if (!object || json_array_append_new(processes, object) < 0)
				continue;
		}
		kfd_enrich(object, &known);
	}
	return elsewhere;
}

static json_t *kfd_find_queue(const json_t *queues, uint32_t qid)
{
	json_t *queue;
	size_t i;

	json_array_foreach(queues, i, queue)
		if (json_integer_value(json_object_get(queue, "id")) == qid)
			return queue;
	return NULL;
}

static void kfd_merge_queues(json_t *processes, int map)
{
	struct gw_kfd_queue_key key, *previous = NULL;
	struct gw_kfd_queue known;

	while (map >= 0 && bpf_map_get_next_key(map, previous, &key) == 0) {
		json_t *queues = json_object_get(kfd_find_process(processes, key.pid), "queues");
		json_t *queue = kfd_find_queue(queues, key.qid);

		previous = &key;
		if (!queues || bpf_map_lookup_elem(map, &key, &known) < 0)
			continue;
		if (queue) {
			kfd_put(queue, "created_ns", known.created_ns);
			continue;
		}
		json_array_append_new(queues,
				      json_pack("{s:I, s:I, s:s, s:I, s:I}", "id", (json_int_t)key.qid, "gpu_id",
						(json_int_t)known.gpu_id, "type", kfd_queue_type(known.type), "size",
						(json_int_t)known.size, "created_ns", (json_int_t)known.created_ns));
	}
}

json_t *gw_kfd_read(const char *root_path)
{
	_cleanup_close_ int root = gw_directory_open(AT_FDCWD, *root_path ? root_path : "/");
	json_t *json = json_pack("{s:s, s:b, s:[], s:[]}", "schema", "gpuwatch.kfd.v1", "device_node",
				 gw_path_exists(root, "dev/kfd"), "devices", "processes");

	if (!json)
		return NULL;
	gw_kfd_each_node(root, kfd_add_device, json_object_get(json, "devices"));
	gw_kfd_each(root, GW_KFD_CLASS "/proc", kfd_add_process, json_object_get(json, "processes"));
	return json;
}

json_t *gw_kfd_complete(json_t *json, const struct gw_kfd_maps *maps, uint64_t now_ns)
{
	json_t *processes = json_object_get(json, "processes");
	uint64_t elsewhere;

	if (!json)
		return NULL;
	kfd_put(json, "now_ns", now_ns);
	json_object_set_new(json, "events", json_boolean(maps->processes >= 0));
	elsewhere = kfd_merge_processes(processes, maps->processes);
	kfd_merge_queues(processes, maps->queues);
	if (maps->processes >= 0)
		kfd_put(json, "pinned_elsewhere_bytes", elsewhere);
	return json;
}
