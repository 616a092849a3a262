/* SPDX-License-Identifier: GPL-2.0-or-later */
/* gpuwatch.kfd.v1 for people: the devices, then each process with its queues. */
#include "cli/render/kfd.h"

#include <inttypes.h>

#include "cli/lib/json-field.h"
#include "cli/lib/text.h"
#include "cli/render/table.h"
#include "lib/base/cleanup.h"
#include "lib/base/units.h"

static void kfd_device_row(struct table *table, const json_t *device)
{
	_cleanup_free_ char *memory = text_size(field_number(device, "memory_bytes"));
	uint64_t gpu = field_number(device, "gpu_id");

	table_row(table);
	table_cell(table, "", "%" PRIu64, field_number(device, "node"));
	if (gpu)
		table_cell(table, "", "%" PRIu64, gpu);
	else
		table_cell(table, STYLE_DIM, "CPU");
	table_cell(table, "", "%s", *field_string(device, "name") ? field_string(device, "name") : "-");
	if (gpu)
		table_cell(table, "", "%04" PRIx64 ":%04" PRIx64, field_number(device, "vendor_id"),
			   field_number(device, "device_id"));
	else
		table_cell(table, STYLE_DIM, "-");
	table_cell(table, "", "%" PRIu64, gpu ? field_number(device, "simds") : field_number(device, "cpu_cores"));
	table_cell(table, "", "%s", memory);
}

static void kfd_print_devices(const struct terminal *terminal, const json_t *devices)
{
	static const struct column columns[] = {
		{ "NODE", COLUMN_NUMBER }, { "GPU ID", COLUMN_NUMBER },		{ "NAME", COLUMN_TEXT },
		{ "PCI", COLUMN_TEXT },	   { "SIMDS OR CORES", COLUMN_NUMBER }, { "MEMORY", COLUMN_NUMBER },
	};
	_cleanup_table_ struct table *table = table_new(terminal, columns, sizeof(columns) / sizeof(columns[0]));
	json_t *device;
	size_t i;

	json_array_foreach(devices, i, device)
		kfd_device_row(table, device);
	table_print(table, 0);
}

/* The sum of an object's numbers. */
static uint64_t kfd_sum(const json_t *numbers)
{
	const char *key;
	json_t *number;
	uint64_t total = 0;

	json_object_foreach((json_t *)numbers, key, number)
		total += (uint64_t)json_integer_value(number);
	return total;
}

/* How long its queues were off the hardware, and whether they are now. Owned by the caller. */
static char *kfd_evicted_text(const json_t *process, bool watched, uint64_t now_ns)
{
	uint64_t since = field_number(process, "evicted_since_ns"), total = field_number(process, "evicted_ns");
	_cleanup_free_ char *text = NULL;

	if (!watched) {
		text = text_duration_short(kfd_sum(field_object(process, "evicted_ms")) * GW_NSEC_PER_MSEC);
		return text_format("%s", text);
	}
	text = text_duration_short(since && now_ns > since ? now_ns - since : total);
	if (since)
		return text_format("now, for %s", text);
	return text_format("%s", field_number(process, "evictions") ? text : "-");
}

static void kfd_process_row(struct table *table, const json_t *process, bool events, uint64_t now_ns)
{
	_cleanup_free_ char *vram = text_size(kfd_sum(field_object(process, "vram_bytes")));
	_cleanup_free_ char *pinned = text_size(field_number(process, "pinned_bytes"));
	_cleanup_free_ char *restore = NULL;
	uint64_t restores = field_number(process, "restores"), failures = field_number(process, "restore_failures");
	bool watched = events && json_object_get(process, "evictions");
	_cleanup_free_ char *evicted = kfd_evicted_text(process, watched, now_ns);

	table_row(table);
	table_cell(table, "", "%" PRIu64, field_number(process, "pid"));
	table_cell(table, "", "%s", *field_string(process, "comm") ? field_string(process, "comm") : "-");
	table_cell(table, "", "%" PRIu64, field_number(process, "pasid"));
	table_cell(table, "", "%zu", json_array_size(field_array(process, "queues")));
	table_cell(table, "", "%s", vram);
	table_cell(table, "", "%s", watched ? pinned : "?");
	if (watched)
		table_cell(table, "", "%" PRIu64, field_number(process, "evictions"));
	else
		table_cell(table, STYLE_DIM, "?");
	table_cell(table, field_true(process, "evicted") ? STYLE_YELLOW : "", "%s", evicted);
	restore = text_duration_short(restores ? field_number(process, "restore_ns") / restores : 0);
	if (failures)
		table_cell(table, STYLE_RED, "failed %" PRIu64 " times", failures);
	else
		table_cell(table, "", "%s", !watched ? "?" : restores ? restore : "-");
}

static void kfd_print_processes(const struct terminal *terminal, const json_t *kfd)
{
	static const struct column columns[] = {
		{ "PID", COLUMN_NUMBER },	{ "COMMAND", COLUMN_CUT },    { "PASID", COLUMN_NUMBER },
		{ "QUEUES", COLUMN_NUMBER },	{ "VRAM", COLUMN_NUMBER },    { "PINNED", COLUMN_NUMBER },
		{ "EVICTIONS", COLUMN_NUMBER }, { "EVICTED", COLUMN_NUMBER }, { "RESTORE", COLUMN_NUMBER },
	};
	_cleanup_table_ struct table *table = table_new(terminal, columns, sizeof(columns) / sizeof(columns[0]));
	const json_t *processes = field_array(kfd, "processes");
	json_t *process;
	size_t i;

	if (json_array_size(processes) == 0) {
		terminal_put(terminal, "\nNo process uses KFD.\n");
		return;
	}
	json_array_foreach(processes, i, process)
		kfd_process_row(table, process, field_true(kfd, "events"), field_number(kfd, "now_ns"));
	terminal_put(terminal, "\n");
	table_print(table, 0);
}

static void kfd_queue_row(struct table *table, const json_t *process, const json_t *queue, uint64_t now_ns)
{
	uint64_t created = field_number(queue, "created_ns");
	_cleanup_free_ char *size = text_size(field_number(queue, "size"));
	_cleanup_free_ char *age = text_duration_short(created && now_ns > created ? now_ns - created : 0);

	table_row(table);
	table_cell(table, "", "%" PRIu64, field_number(process, "pid"));
	table_cell(table, "", "%" PRIu64, field_number(queue, "id"));
	table_cell(table, "", "%" PRIu64, field_number(queue, "gpu_id"));
	table_cell(table, "", "%s", field_string(queue, "type"));
	table_cell(table, "", "%s", size);
	table_cell(table, "", "%s", created ? age : "?");
}

static void kfd_print_queues(const struct terminal *terminal, const json_t *kfd)
{
	static const struct column columns[] = {
		{ "PID", COLUMN_NUMBER }, { "QUEUE", COLUMN_NUMBER }, { "GPU ID", COLUMN_NUMBER },
		{ "TYPE", COLUMN_TEXT },  { "SIZE", COLUMN_NUMBER },  { "AGE", COLUMN_NUMBER },
	};
	_cleanup_table_ struct table *table = table_new(terminal, columns, sizeof(columns) / sizeof(columns[0]));
	json_t *process, *queue;
	size_t i, j, count = 0;

	json_array_foreach(field_array(kfd, "processes"), i, process)
		json_array_foreach(field_array(process, "queues"), j, queue) {
			kfd_queue_row(table, process, queue, field_number(kfd, "now_ns"));
			count++;
		}
	if (count == 0)
		return;
	terminal_put(terminal, "\n");
	table_print(table, 0);
}

static void kfd_print_sources(const struct terminal *terminal, const json_t *kfd)
{
	if (field_number(kfd, "pinned_elsewhere_bytes")) {
		_cleanup_free_ char *size = text_size(field_number(kfd, "pinned_elsewhere_bytes"));

		terminal_print(terminal, "\nThe driver itself has pinned %s.\n", size);
	}
	if (!field_true(kfd, "events"))
		terminal_put(
			terminal,
			"\n" STYLE_DIM
			"From /sys/class/kfd alone: this kernel does not report pinned memory, evictions or restores (?)." STYLE_END
			"\n");
}

void render_kfd(const struct terminal *terminal, const json_t *kfd)
{
	const json_t *devices = field_array(kfd, "devices");

	if (json_array_size(devices) == 0 && !field_true(kfd, "device_node")) {
		terminal_put(terminal, "There is no KFD here: no amdgpu with HSA_AMD is loaded.\n");
		return;
	}
	if (!field_true(kfd, "device_node"))
		terminal_put(terminal, STYLE_YELLOW "There is no /dev/kfd." STYLE_END "\n");
	if (json_array_size(devices))
		kfd_print_devices(terminal, devices);
	kfd_print_processes(terminal, kfd);
	kfd_print_queues(terminal, kfd);
	kfd_print_sources(terminal, kfd);
}
