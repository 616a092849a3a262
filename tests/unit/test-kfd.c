/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The inventory of KFD, read from a made-up /sys. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/system/kfd-sysfs.h"
#include "lib/system/kfd.h"

#define TEST(name) static void name(void **state)

struct tree {
	char root[64];
};

/* Makes a file below the root, with the directories above it. */
static void put(const struct tree *tree, const char *path, const char *text)
{
	char name[512];
	FILE *file;

	snprintf(name, sizeof(name), "%s/%s", tree->root, path);
	for (char *slash = strchr(name + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		mkdir(name, 0755);
		*slash = '/';
	}
	file = fopen(name, "w");
	assert_non_null(file);
	fputs(text, file);
	fclose(file);
}

static void tree_new(struct tree *tree)
{
	snprintf(tree->root, sizeof(tree->root), "/tmp/test-kfd.XXXXXX");
	assert_non_null(mkdtemp(tree->root));
}

static void tree_free(const struct tree *tree)
{
	char command[128];

	snprintf(command, sizeof(command), "rm -rf '%s'", tree->root);
	assert_int_equal(system(command), 0);
}

static json_t *inventory(const struct tree *tree)
{
	const struct gw_kfd_maps maps = { .processes = -1, .queues = -1 };
	json_t *json = gw_kfd_complete(gw_kfd_read(tree->root), &maps, 1000);

	assert_non_null(json);
	assert_string_equal(json_string_value(json_object_get(json, "schema")), "gpuwatch.kfd.v1");
	return json;
}

static json_int_t number(const json_t *object, const char *key)
{
	assert_true(json_is_integer(json_object_get(object, key)));
	return json_integer_value(json_object_get(object, key));
}

TEST(machine_without_kfd_has_an_empty_inventory)
{
	struct tree tree;
	json_t *json;

	tree_new(&tree);
	json = inventory(&tree);
	assert_true(json_is_false(json_object_get(json, "device_node")));
	assert_true(json_is_false(json_object_get(json, "events")));
	assert_int_equal(json_array_size(json_object_get(json, "devices")), 0);
	assert_int_equal(json_array_size(json_object_get(json, "processes")), 0);
	json_decref(json);
	tree_free(&tree);
}

#define KFD "sys/class/kfd/kfd/"

TEST(devices_come_in_the_order_of_their_nodes)
{
	struct tree tree;
	json_t *json, *gpu;

	tree_new(&tree);
	put(&tree, "dev/kfd", "");
	for (int node = 10; node >= 0; node--) {
		char path[128];

		snprintf(path, sizeof(path), KFD "topology/nodes/%d/properties", node);
		put(&tree, path,
		    node ? "simd_count 440\nvendor_id 4098\ndevice_id 29704\nlocation_id 768\n"
			 : "cpu_cores_count 64\nsimd_count 0\n");
		snprintf(path, sizeof(path), KFD "topology/nodes/%d/gpu_id", node);
		put(&tree, path, node ? "51110\n" : "0\n");
	}
	put(&tree, KFD "topology/nodes/10/name", "aldebaran\n");
	put(&tree, KFD "topology/nodes/10/mem_banks/0/properties", "heap_type 1\nsize_in_bytes 68702699520\n");
	put(&tree, KFD "topology/nodes/10/mem_banks/1/properties", "heap_type 2\nsize_in_bytes 480\n");
	json = inventory(&tree);
	assert_true(json_is_true(json_object_get(json, "device_node")));
	assert_int_equal(json_array_size(json_object_get(json, "devices")), 11);
	assert_int_equal(number(json_array_get(json_object_get(json, "devices"), 0), "cpu_cores"), 64);
	gpu = json_array_get(json_object_get(json, "devices"), 10);
	assert_int_equal(number(gpu, "node"), 10);
	assert_int_equal(number(gpu, "gpu_id"), 51110);
	assert_int_equal(number(gpu, "simds"), 440);
	assert_int_equal(number(gpu, "vendor_id"), 0x1002);
	assert_int_equal(number(gpu, "memory_bytes"), 68702700000);
	assert_string_equal(json_string_value(json_object_get(gpu, "name")), "aldebaran");
	json_decref(json);
	tree_free(&tree);
}

struct seen {
	uint64_t numbers[8];
	int errors[8];
	size_t count, stop_after;
};

static int see_node(uint64_t number, int directory, const char *properties, int error, void *userdata)
{
	struct seen *seen = userdata;
	uint64_t value;

	assert_true(seen->count < 8);
	seen->numbers[seen->count] = number;
	seen->errors[seen->count++] = error;
	assert_int_equal(gw_kfd_property(properties, "simd_count", &value), error == 0);
	assert_int_equal(value, error ? 0 : 440);
	return seen->count == seen->stop_after ? -EUCLEAN : 0;
}

TEST(nodes_are_the_numbers_alone_and_one_may_be_unreadable)
{
	struct tree tree;
	struct seen seen = { .count = 0 }, two = { .stop_after = 2 };
	int root;

	tree_new(&tree);
	put(&tree, KFD "topology/nodes/10/properties", "simd_count 440\n");
	put(&tree, KFD "topology/nodes/9/properties", "cpu_cores_count 4\nsimd_count 440");
	put(&tree, KFD "topology/nodes/2/gpu_id", "0\n");
	put(&tree, KFD "topology/nodes/3x/properties", "simd_count 440\n");
	put(&tree, KFD "topology/nodes/generation_id", "1\n");
	root = open(tree.root, O_PATH | O_DIRECTORY | O_CLOEXEC);
	assert_int_equal(gw_kfd_each_node(root, see_node, &seen), 0);
	assert_int_equal(seen.count, 3);
	assert_int_equal(seen.numbers[0], 2);
	assert_int_equal(seen.numbers[1], 9);
	assert_int_equal(seen.numbers[2], 10);
	assert_int_equal(seen.errors[0], -ENOENT);
	assert_int_equal(gw_kfd_each_node(root, see_node, &two), -EUCLEAN);
	assert_int_equal(two.count, 2);
	close(root);
	tree_free(&tree);
}

TEST(property_is_a_whole_word)
{
	uint64_t value;

	assert_false(gw_kfd_property("simd_count_more 7\nxsimd_count 8\n", "simd_count", &value));
	assert_int_equal(value, 0);
	assert_true(gw_kfd_property("x 1\nsimd_count 18446744073709551615\n", "simd_count", &value));
	assert_true(value == UINT64_MAX);
	assert_false(gw_kfd_property("", "simd_count", &value));
}

TEST(processes_with_queues_memory_and_evictions)
{
	struct tree tree;
	json_t *json, *process, *queue;

	tree_new(&tree);
	put(&tree, KFD "proc/812/pasid", "32770\n");
	put(&tree, KFD "proc/812/vram_51110", "4096\n");
	put(&tree, KFD "proc/812/stats_51110/evicted_ms", "250\n");
	put(&tree, KFD "proc/812/queues/0/gpuid", "51110\n");
	put(&tree, KFD "proc/812/queues/0/type", "0\n");
	put(&tree, KFD "proc/812/queues/0/size", "8192\n");
	put(&tree, KFD "proc/812/queues/3/gpuid", "51110\n");
	put(&tree, KFD "proc/812/queues/3/type", "1\n");
	put(&tree, KFD "proc/99/pasid", "32769\n");
	json = inventory(&tree);
	assert_int_equal(json_array_size(json_object_get(json, "processes")), 2);
	process = json_array_get(json_object_get(json, "processes"), 1);
	assert_int_equal(number(process, "pid"), 812);
	assert_int_equal(number(process, "pasid"), 32770);
	assert_int_equal(number(json_object_get(process, "vram_bytes"), "51110"), 4096);
	assert_int_equal(number(json_object_get(process, "evicted_ms"), "51110"), 250);
	/* Without events nobody knows. */
	assert_null(json_object_get(process, "pinned_bytes"));
	assert_null(json_object_get(json, "pinned_elsewhere_bytes"));
	queue = json_array_get(json_object_get(process, "queues"), 1);
	assert_int_equal(number(queue, "id"), 3);
	assert_string_equal(json_string_value(json_object_get(queue, "type")), "sdma");
	assert_int_equal(number(queue, "size"), 0);
	json_decref(json);
	tree_free(&tree);
}

/* Makes an attribute that has two bytes for whoever reads it first. Returns the end to see whether they are there. */
static int put_fifo(const struct tree *tree, const char *path)
{
	char name[256];
	int fd;

	snprintf(name, sizeof(name), "%s/%s", tree->root, path);
	assert_int_equal(mkfifo(name, 0600), 0);
	fd = open(name, O_RDWR | O_NONBLOCK);
	assert_int_equal(write(fd, "9\n", 2), 2);
	return fd;
}

static void assert_unread(int fd)
{
	char text[4];

	assert_int_equal(read(fd, text, sizeof(text)), 2);
	close(fd);
}

/* Reading them would make the driver wait for the hardware. */
TEST(attributes_that_ask_the_hardware_are_not_read)
{
	struct tree tree;
	int sdma, occupancy;
	json_t *json;

	tree_new(&tree);
	put(&tree, KFD "proc/7/pasid", "1\n");
	put(&tree, KFD "proc/7/stats_1/evicted_ms", "0\n");
	sdma = put_fifo(&tree, KFD "proc/7/sdma_1");
	occupancy = put_fifo(&tree, KFD "proc/7/stats_1/cu_occupancy");
	json = inventory(&tree);
	assert_int_equal(json_array_size(json_object_get(json, "processes")), 1);
	assert_unread(sdma);
	assert_unread(occupancy);
	json_decref(json);
	tree_free(&tree);
}

TEST(garbage_is_read_as_nothing)
{
	struct tree tree;
	json_t *json;

	tree_new(&tree);
	put(&tree, KFD "proc/notapid/pasid", "1\n");
	put(&tree, KFD "proc/12/pasid", "\xff\xfe");
	put(&tree, KFD "proc/12/queues/0/type", "99\n");
	put(&tree, KFD "topology/nodes/0/properties", "simd_count\nvendor_id x\n\n\n");
	json = inventory(&tree);
	assert_int_equal(json_array_size(json_object_get(json, "processes")), 1);
	assert_int_equal(number(json_array_get(json_object_get(json, "processes"), 0), "pasid"), 0);
	assert_int_equal(number(json_array_get(json_object_get(json, "devices"), 0), "simds"), 0);
	json_decref(json);
	tree_free(&tree);
}

int main(void)
{
#define T(name) cmocka_unit_test(name)
	const struct CMUnitTest tests[] = {
		T(machine_without_kfd_has_an_empty_inventory),
		T(devices_come_in_the_order_of_their_nodes),
		T(nodes_are_the_numbers_alone_and_one_may_be_unreadable),
		T(property_is_a_whole_word),
		T(processes_with_queues_memory_and_evictions),
		T(attributes_that_ask_the_hardware_are_not_read),
		T(garbage_is_read_as_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
