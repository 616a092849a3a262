/* SPDX-License-Identifier: GPL-2.0-or-later */
/* /sys/class/kfd and the maps of kfd.bpf.c, put together. */
#include "lib/system/kfd.h"

#include <bpf/bpf.h>
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bpf/abi/kfd-records.h"
#include "lib/base/cleanup.h"

#define CLASS "/sys/class/kfd/kfd"
#define VALUE_MAX 4096

/* ---- files ------------------------------------------------------------------------------ */

/* Reads a short file below a directory. Returns its length without the last newline, or -errno. */
static ssize_t read_value(int directory, const char *name, char *value, size_t size)
{
	_cleanup_close_ int fd = openat(directory, name, O_RDONLY | O_CLOEXEC);
	ssize_t length;

	if (fd < 0)
		return -errno;
	length = read(fd, value, size - 1);
	if (length < 0)
		return -errno;
	value[length] = '\0';
	value[strcspn(value, "\n")] = '\0';
	return (ssize_t)strlen(value);
}

static uint64_t read_number(int directory, const char *name)
{
	char value[32];

	return read_value(directory, name, value, sizeof(value)) > 0 ? strtoull(value, NULL, 0) : 0;
}

static DIR *open_below(int directory, const char *name)
{
	int fd = openat(directory, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;

	if (!dir && fd >= 0)
		close(fd);
	return dir;
}

/* Calls @visit for each entry whose name is a number, in the order of the numbers. */
static void each_number(int directory, const char *name, void (*visit)(int directory, uint64_t number, void *userdata),
			void *userdata)
{
	_cleanup_closedir_ DIR *dir = open_below(directory, name);
	_cleanup_free_ uint64_t *numbers = NULL;
	size_t count = 0, allocated = 0;
	struct dirent *entry;

	while (dir && (entry = readdir(dir))) {
		if (!isdigit((unsigned char)entry->d_name[0]))
			continue;
		if (count == allocated) {
			uint64_t *more;

			allocated = allocated ? allocated * 2 : 16;
			more = reallocarray(numbers, allocated, sizeof(*numbers));
			if (!more)
				return;
			numbers = more;
		}
		numbers[count++] = strtoull(entry->d_name, NULL, 10);
	}
	for (size_t i = 1; i < count; i++)
		for (size_t j = i; j > 0 && numbers[j - 1] > numbers[j]; j--) {
			uint64_t swap = numbers[j];

			numbers[j] = numbers[j - 1];
			numbers[j - 1] = swap;
		}
	for (size_t i = 0; i < count; i++)
		visit(dirfd(dir), numbers[i], userdata);
}

/* ---- devices ---------------------------------------------------------------------------- */

/* "KEY VALUE" lines of a properties file. */
static uint64_t property(const char *properties, const char *key)
{
	size_t length = strlen(key);

	for (const char *line = properties; line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (strncmp(line, key, length) == 0 && line[length] == ' ')
			return strtoull(line + length, NULL, 10);
	}
	return 0;
}

static char *read_all(int directory, const char *name)
{
	_cleanup_close_ int fd = openat(directory, name, O_RDONLY | O_CLOEXEC);
	char *text = calloc(1, VALUE_MAX);
	ssize_t length = text && fd >= 0 ? read(fd, text, VALUE_MAX - 1) : -1;

	if (text && length >= 0)
		text[length] = '\0';
	return text;
}

static void add_bank(int directory, uint64_t number, void *userdata)
{
	char path[64];
	_cleanup_free_ char *properties = NULL;

	snprintf(path, sizeof(path), "%" PRIu64 "/properties", number);
	properties = read_all(directory, path);
	*(uint64_t *)userdata += properties ? property(properties, "size_in_bytes") : 0;
}

static void add_device(int directory, uint64_t number, void *userdata)
{
	_cleanup_free_ char *properties = NULL;
	_cleanup_close_ int node = -1;
	char path[32], name[64];
	uint64_t memory = 0;

	snprintf(path, sizeof(path), "%" PRIu64, number);
	node = openat(directory, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	properties = node < 0 ? NULL : read_all(node, "properties");
	if (!properties)
		return;
	if (read_value(node, "name", name, sizeof(name)) < 0)
		name[0] = '\0';
	each_number(node, "mem_banks", add_bank, &memory);
	json_array_append_new(userdata,
			      json_pack("{s:I, s:I, s:s, s:I, s:I, s:I, s:I, s:I, s:I}", "node", (json_int_t)number,
					"gpu_id", (json_int_t)read_number(node, "gpu_id"), "name", name, "vendor_id",
					(json_int_t)property(properties, "vendor_id"), "device_id",
					(json_int_t)property(properties, "device_id"), "location_id",
					(json_int_t)property(properties, "location_id"), "cpu_cores",
					(json_int_t)property(properties, "cpu_cores_count"), "simds",
					(json_int_t)property(properties, "simd_count"), "memory_bytes",
					(json_int_t)memory));
}

/* ---- processes as /sys shows them ---------------------------------------------------------- */

/* Names of enum kfd_queue_type in include/uapi/linux/kfd_ioctl.h and its values inside of the driver. */
static const char *queue_type(uint64_t type)
{
	static const char *const names[] = { "compute", "sdma", "hiq", "diq", "sdma-xgmi" };

	return type < sizeof(names) / sizeof(names[0]) ? names[type] : "unknown";
}

static void add_queue(int directory, uint64_t number, void *userdata)
{
	_cleanup_close_ int queue = -1;
	char path[32];

	snprintf(path, sizeof(path), "%" PRIu64, number);
	queue = openat(directory, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (queue < 0)
		return;
	json_array_append_new(userdata, json_pack("{s:I, s:I, s:s, s:I, s:i}", "id", (json_int_t)number, "gpu_id",
						  (json_int_t)read_number(queue, "gpuid"), "type",
						  queue_type(read_number(queue, "type")), "size",
						  (json_int_t)read_number(queue, "size"), "created_ns", 0));
}

/*
 * vram_GPU and stats_GPU/evicted_ms. Their neighbours sdma_GPU and cu_occupancy
 * would make the driver ask the hardware, and wait for it.
 */
static void add_attributes(int process, json_t *object)
{
	_cleanup_closedir_ DIR *dir = open_below(process, ".");
	json_t *vram = json_object(), *evicted = json_object();
	struct dirent *entry;

	while (dir && (entry = readdir(dir))) {
		char path[300];

		if (strncmp(entry->d_name, "vram_", 5) == 0)
			json_object_set_new(vram, entry->d_name + 5,
					    json_integer((json_int_t)read_number(process, entry->d_name)));
		if (strncmp(entry->d_name, "stats_", 6) != 0)
			continue;
		snprintf(path, sizeof(path), "%s/evicted_ms", entry->d_name);
		json_object_set_new(evicted, entry->d_name + 6, json_integer((json_int_t)read_number(process, path)));
	}
	json_object_set_new(object, "vram_bytes", vram);
	json_object_set_new(object, "evicted_ms", evicted);
}

static json_t *new_process(uint64_t pid, uint64_t pasid)
{
	return json_pack("{s:I, s:s, s:I, s:i, s:{}, s:{}, s:[]}", "pid", (json_int_t)pid, "comm", "", "pasid",
			 (json_int_t)pasid, "created_ns", 0, "vram_bytes", "evicted_ms", "queues");
}

static void add_process(int directory, uint64_t number, void *userdata)
{
	_cleanup_close_ int process = -1;
	json_t *object, *queues = json_array();
	char path[32];

	snprintf(path, sizeof(path), "%" PRIu64, number);
	process = openat(directory, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	object = process < 0 ? NULL : new_process(number, read_number(process, "pasid"));
	if (!object) {
		json_decref(queues);
		return;
	}
	add_attributes(process, object);
	each_number(process, "queues", add_queue, queues);
	json_object_set_new(object, "queues", queues);
	json_array_append_new(userdata, object);
}

/* ---- what the events add ----------------------------------------------------------------------- */

static json_t *find_process(const json_t *processes, uint32_t pid)
{
	json_t *process;
	size_t i;

	json_array_foreach(processes, i, process)
		if (json_integer_value(json_object_get(process, "pid")) == pid)
			return process;
	return NULL;
}

static void put(json_t *object, const char *key, uint64_t value)
{
	json_object_set_new(object, key, json_integer((json_int_t)value));
}

static void enrich(json_t *object, const struct gw_kfd_process *known)
{
	char comm[sizeof(known->comm)];

	snprintf(comm, sizeof(comm), "%s", known->comm);
	json_object_set_new(object, "comm", json_string(comm) ?: json_string("?"));
	put(object, "created_ns", known->created_ns);
	put(object, "bound_devices", known->bound_devices);
	json_object_set_new(object, "evicted", json_boolean(known->evicted_devices > 0));
	put(object, "evicted_since_ns", known->evicted_since_ns);
	put(object, "evictions", known->evictions);
	put(object, "evicted_ns", known->evicted_ns);
	put(object, "longest_evicted_ns", known->longest_evicted_ns);
	put(object, "eviction_trigger", known->eviction_trigger);
	put(object, "restores", known->restores);
	put(object, "restore_ns", known->restore_ns);
	put(object, "restore_failures", known->restore_failures);
	put(object, "pinned_bytes", known->pinned_bytes);
	put(object, "pinned_peak_bytes", known->pinned_peak_bytes);
	put(object, "page_faults", known->page_faults);
	put(object, "page_fault_ns", known->page_fault_ns);
}

/* Processes of the map. What only has pinned memory, and no PASID, is no process of KFD. */
static uint64_t merge_processes(json_t *processes, int map)
{
	uint32_t key, *previous = NULL;
	struct gw_kfd_process known;
	uint64_t elsewhere = 0;

	while (map >= 0 && bpf_map_get_next_key(map, previous, &key) == 0) {
		json_t *object = find_process(processes, key);

		previous = &key;
		if (bpf_map_lookup_elem(map, &key, &known) < 0)
			continue;
		if (!object && !known.pasid) {
			elsewhere += known.pinned_bytes;
			continue;
		}
		if (!object) {
			object = new_process(key, known.pasid);
			if (!object || json_array_append_new(processes, object) < 0)
				continue;
		}
		enrich(object, &known);
	}
	return elsewhere;
}

static json_t *find_queue(const json_t *queues, uint32_t qid)
{
	json_t *queue;
	size_t i;

	json_array_foreach(queues, i, queue)
		if (json_integer_value(json_object_get(queue, "id")) == qid)
			return queue;
	return NULL;
}

static void merge_queues(json_t *processes, int map)
{
	struct gw_kfd_queue_key key, *previous = NULL;
	struct gw_kfd_queue known;

	while (map >= 0 && bpf_map_get_next_key(map, previous, &key) == 0) {
		json_t *queues = json_object_get(find_process(processes, key.pid), "queues");
		json_t *queue = find_queue(queues, key.qid);

		previous = &key;
		if (!queues || bpf_map_lookup_elem(map, &key, &known) < 0)
			continue;
		if (queue) {
			put(queue, "created_ns", known.created_ns);
			continue;
		}
		json_array_append_new(queues,
				      json_pack("{s:I, s:I, s:s, s:I, s:I}", "id", (json_int_t)key.qid, "gpu_id",
						(json_int_t)known.gpu_id, "type", queue_type(known.type), "size",
						(json_int_t)known.size, "created_ns", (json_int_t)known.created_ns));
	}
}

json_t *gw_kfd_json(const struct gw_kfd_source *source, uint64_t now_ns)
{
	_cleanup_close_ int class = -1;
	char path[512];
	json_t *json;
	uint64_t elsewhere;

	snprintf(path, sizeof(path), "%s/dev/kfd", source->root);
	json = json_pack("{s:s, s:I, s:b, s:b, s:[], s:[]}", "schema", "gpuwatch.kfd.v1", "now_ns", (json_int_t)now_ns,
			 "device_node", access(path, F_OK) == 0, "events", source->processes >= 0, "devices",
			 "processes");
	if (!json)
		return NULL;
	snprintf(path, sizeof(path), "%s" CLASS, source->root);
	class = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (class >= 0) {
		each_number(class, "topology/nodes", add_device, json_object_get(json, "devices"));
		each_number(class, "proc", add_process, json_object_get(json, "processes"));
	}
	elsewhere = merge_processes(json_object_get(json, "processes"), source->processes);
	merge_queues(json_object_get(json, "processes"), source->queues);
	if (source->processes >= 0)
		put(json, "pinned_elsewhere_bytes", elsewhere);
	return json;
}
