/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is read of the system: made-up trees of sysfs and of the device tree, a kernel log, a trace buffer. */
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

#include "operations.h"

#include "lib/system/kmsg.h"
#include "lib/system/state.h"
#include "lib/system/trace-buffer.h"

/* ---- a made-up root -------------------------------------------------------------------------------- */

struct tree {
	char root[64];
	int fd;
};

/* Makes the directories of a path; its last part is not one. */
static void make_parents(const struct tree *tree, const char *path)
{
	char part[512];

	for (const char *slash = strchr(path, '/'); slash; slash = strchr(slash + 1, '/')) {
		snprintf(part, sizeof(part), "%.*s", (int)(slash - path), path);
		if (mkdirat(tree->fd, part, 0755) < 0)
			assert_int_equal(errno, EEXIST);
	}
}

static void put_bytes(const struct tree *tree, const char *path, const void *bytes, size_t size)
{
	int fd;

	make_parents(tree, path);
	fd = openat(tree->fd, path, O_WRONLY | O_CREAT | O_TRUNC, 0644);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, bytes, size), size);
	close(fd);
}

static void put(const struct tree *tree, const char *path, const char *text)
{
	put_bytes(tree, path, text, strlen(text));
}

static void put_link(const struct tree *tree, const char *path, const char *target)
{
	make_parents(tree, path);
	assert_int_equal(symlinkat(target, tree->fd, path), 0);
}

static void put_directory(const struct tree *tree, const char *path)
{
	make_parents(tree, path);
	assert_int_equal(mkdirat(tree->fd, path, 0755), 0);
}

/* A device of the platform bus, as sysfs has it; driver and node may be NULL. */
static void put_device(const struct tree *tree, const char *name, const char *driver, const char *alias,
		       const char *node)
{
	char path[256], target[256];

	snprintf(path, sizeof(path), "sys/devices/platform/%s/modalias", name);
	put(tree, path, alias);
	if (driver) {
		snprintf(path, sizeof(path), "sys/devices/platform/%s/driver", name);
		snprintf(target, sizeof(target), "../../../bus/platform/drivers/%s", driver);
		put_link(tree, path, target);
	}
	if (node) {
		snprintf(path, sizeof(path), "sys/devices/platform/%s/of_node", name);
		snprintf(target, sizeof(target), "../../../firmware/devicetree/base%s", node);
		put_link(tree, path, target);
	}
	snprintf(path, sizeof(path), "sys/bus/platform/devices/%s", name);
	snprintf(target, sizeof(target), "../../../devices/platform/%s", name);
	put_link(tree, path, target);
}

static void run(const char *format, ...)
{
	char command[1024];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(command, sizeof(command), format, arguments);
	va_end(arguments);
	assert_int_equal(system(command), 0);
}

static int tree_setup(void **state)
{
	struct tree *tree = calloc(1, sizeof(*tree));

	assert_non_null(tree);
	strcpy(tree->root, "/tmp/test-boot-state.XXXXXX");
	assert_non_null(mkdtemp(tree->root));
	tree->fd = open(tree->root, O_PATH | O_DIRECTORY | O_CLOEXEC);
	put(tree, "proc/cmdline", "quiet deferred_probe_timeout=5\n");
	put(tree, "dev/kmsg", "");
	put(tree, "sys/kernel/debug/devices_deferred", "");
	put_directory(tree, "sys/class/devlink");
	put_directory(tree, "sys/module");
	put_directory(tree, "sys/bus");
	*state = tree;
	return 0;
}

static int tree_teardown(void **state)
{
	struct tree *tree = *state;

	close(tree->fd);
	run("rm -rf %s", tree->root);
	free(tree);
	return 0;
}

/* What could not be read is returned as one string: "PATH: reason;" */
static json_t *look(const struct tree *tree, const struct gw_depends *depends, char *unreadable, size_t size)
{
	json_t *state, *list = json_array(), *item;
	size_t i;

	assert_int_equal(gw_boot_state_read_from(&state, tree->root, "1.0", depends, list), 0);
	if (unreadable)
		unreadable[0] = '\0';
	json_array_foreach(list, i, item)
		if (unreadable)
			snprintf(unreadable + strlen(unreadable), size - strlen(unreadable), "%s;",
				 json_string_value(item));
	json_decref(list);
	return state;
}

static json_t *find(const json_t *list, const char *key, const char *value)
{
	json_t *item;
	size_t i;

	json_array_foreach((json_t *)list, i, item)
		if (strcmp(json_string_value(json_object_get(item, key)), value) == 0)
			return item;
	fail_msg("no %s '%s'", key, value);
	return NULL;
}

static void assert_json(const json_t *json, const char *expected)
{
	char *text = json_dumps(json, JSON_COMPACT | JSON_SORT_KEYS | JSON_ENCODE_ANY);

	assert_string_equal(text, expected);
	free(text);
}

/* ---- devices ------------------------------------------------------------------------------------------ */

static void devices_have_drivers_and_modules(void **state)
{
	struct tree *tree = *state;
	json_t *all, *devices;

	put(tree, "sys/module/gpu_mod/initstate", "live\n");
	put_directory(tree, "sys/module/builtin_mod");
	put_link(tree, "sys/bus/platform/drivers/gpu-drv/module", "../../../../module/gpu_mod");
	put_link(tree, "sys/bus/platform/drivers/old-drv/module", "../../../../module/builtin_mod");
	put_directory(tree, "sys/bus/platform/drivers/plain");
	put_device(tree, "gpu.0", "gpu-drv", "platform:gpu\n", NULL);
	put_link(tree, "sys/devices/platform/gpu.0/iommu_group", "../../../kernel/iommu_groups/12");
	put_device(tree, "old.0", "old-drv", "platform:old\n", NULL);
	put_device(tree, "plain.0", "plain", "", NULL);
	put_device(tree, "alone.0", NULL, "platform:alone\n", NULL);
	put_device(tree, "memory0", NULL, "", NULL);
	all = look(tree, NULL, NULL, 0);
	devices = json_object_get(all, "devices");
	assert_int_equal(json_array_size(devices), 4);
	assert_json(
		find(devices, "name", "gpu.0"),
		"{\"bus\":\"platform\",\"driver\":\"gpu-drv\",\"iommu_group\":12,\"modalias\":\"platform:gpu\",\"module\":\"gpu_mod\",\"name\":\"gpu.0\",\"path\":\"platform/gpu.0\"}");
	assert_string_equal(json_string_value(json_object_get(find(devices, "name", "old.0"), "module")), "");
	assert_string_equal(json_string_value(json_object_get(find(devices, "name", "plain.0"), "driver")), "plain");
	assert_json(
		find(devices, "name", "alone.0"),
		"{\"bus\":\"platform\",\"driver\":\"\",\"iommu_group\":-1,\"modalias\":\"platform:alone\",\"module\":\"\",\"name\":\"alone.0\",\"path\":\"platform/alone.0\"}");
	assert_json(json_object_get(all, "cmdline"), "\"quiet deferred_probe_timeout=5\"");
	json_decref(all);
}

static void garbage_of_the_kernel_becomes_text(void **state)
{
	struct tree *tree = *state;
	json_t *all, *device;
	char *long_alias = malloc(100000), *text;

	assert_non_null(long_alias);
	memset(long_alias, 'x', 99999);
	long_alias[99999] = '\0';
	put_device(tree, "bad\001\377name", NULL, "of:\377\002\n", NULL);
	put_device(tree, "long.0", NULL, long_alias, NULL);
	put_link(tree, "sys/bus/platform/devices/dangling", "../../../devices/nowhere");
	put(tree, "sys/bus/platform/devices/file", "no link");
	put_directory(tree, "sys/bus/empty");
	put(tree, "sys/bus/not-a-bus", "");
	put(tree, "sys/kernel/debug/devices_deferred", "no-tab\n\n\377\ttext\002\nlast-without-newline\tr");
	put_link(tree, "sys/class/devlink/no-dashes", "../../devices");
	all = look(tree, NULL, NULL, 0);
	assert_int_equal(json_array_size(json_object_get(all, "devices")), 2);
	device = find(json_object_get(all, "devices"), "name", "bad\?\?name");
	assert_string_equal(json_string_value(json_object_get(device, "modalias")), "of:\?\?");
	device = find(json_object_get(all, "devices"), "name", "long.0");
	assert_int_equal(json_string_length(json_object_get(device, "modalias")), 1023);
	assert_json(
		json_object_get(all, "deferred"),
		"[{\"device\":\"no-tab\",\"reason\":\"\"},{\"device\":\"?\",\"reason\":\"text?\"},{\"device\":\"last-without-newline\",\"reason\":\"r\"}]");
	assert_json(json_object_get(all, "links"), "[]");
	text = json_dumps(all, 0); /* fails on what is not UTF-8 */
	assert_non_null(text);
	free(text);
	free(long_alias);
	json_decref(all);
}

static uint64_t operations_of_a_look(const struct tree *tree, size_t devices)
{
	uint64_t begin = operations();
	json_t *all = look(tree, NULL, NULL, 0);

	assert_int_equal(json_array_size(json_object_get(all, "devices")), devices);
	json_decref(all);
	return operations() - begin;
}

/* Four times the devices are about four times the work, not sixteen. */
static void ten_thousand_devices_in_linear_time(void **state)
{
	struct tree *tree = *state;
	uint64_t few = 0, many;
	char name[64], alias[64];

	put_directory(tree, "sys/bus/platform/drivers/common");
	for (int i = 0; i < 10000; i++) {
		snprintf(name, sizeof(name), "device.%d", i);
		snprintf(alias, sizeof(alias), "platform:kind%d\n", i);
		put_device(tree, name, i % 2 ? "common" : NULL, alias, NULL);
		if (i == 2499)
			few = operations_of_a_look(tree, 2500);
	}
	many = operations_of_a_look(tree, 10000);
	print_message("2500 devices: %llu operations, 10000 devices: %llu\n", (unsigned long long)few,
		      (unsigned long long)many);
	assert_true(few > 2500);
	assert_true(many < 5 * few);
}

/* ---- the rest of sysfs ------------------------------------------------------------------------------------- */

static void put_devlink(const struct tree *tree, const char *name, const char *supplier, const char *status)
{
	char path[256], target[256];

	snprintf(path, sizeof(path), "sys/class/devlink/%s/supplier", name);
	snprintf(target, sizeof(target), "../../../platform/%s", supplier);
	put_link(tree, path, target);
	snprintf(path, sizeof(path), "sys/class/devlink/%s/status", name);
	put(tree, path, status);
	snprintf(path, sizeof(path), "sys/class/devlink/%s/auto_remove_on", name);
	put(tree, path, "consumer unbind\n");
	snprintf(path, sizeof(path), "sys/class/devlink/%s/runtime_pm", name);
	put(tree, path, "1\n");
	snprintf(path, sizeof(path), "sys/class/devlink/%s/sync_state_only", name);
	put(tree, path, "0\n");
}

static void links_are_split_by_their_supplier(void **state)
{
	struct tree *tree = *state;
	json_t *all, *links;

	put_devlink(tree, "platform:mmu--pci:0000:01:00.0", "mmu", "available\n");
	put_devlink(tree, "platform:odd--name--i2c:other--x", "odd--name", "dormant\n");
	all = look(tree, NULL, NULL, 0);
	links = json_object_get(all, "links");
	assert_int_equal(json_array_size(links), 2);
	assert_json(
		find(links, "supplier", "platform:mmu"),
		"{\"auto_remove_on\":\"consumer unbind\",\"consumer\":\"pci:0000:01:00.0\",\"runtime_pm\":true,\"status\":\"available\",\"supplier\":\"platform:mmu\",\"sync_state_only\":false}");
	assert_string_equal(
		json_string_value(json_object_get(find(links, "supplier", "platform:odd--name"), "consumer")),
		"i2c:other--x");
	json_decref(all);
}

static void deferred_devices_have_their_reason(void **state)
{
	struct tree *tree = *state;
	json_t *all;

	put(tree, "sys/kernel/debug/devices_deferred", "gpu.0\tgpu-drv: wait for supplier /soc/mmu\nother\t\n");
	all = look(tree, NULL, NULL, 0);
	assert_json(
		json_object_get(all, "deferred"),
		"[{\"device\":\"gpu.0\",\"reason\":\"gpu-drv: wait for supplier /soc/mmu\"},{\"device\":\"other\",\"reason\":\"\"}]");
	json_decref(all);
}

static void kfd_and_iommu_are_looked_at(void **state)
{
	struct tree *tree = *state;
	json_t *all = look(tree, NULL, NULL, 0);

	assert_json(json_object_get(all, "kfd"), "{\"class\":false,\"device_node\":false,\"nodes\":[]}");
	assert_json(json_object_get(all, "iommu"), "{\"groups\":0,\"units\":[]}");
	json_decref(all);
	put(tree, "dev/kfd", "");
	put(tree, "sys/class/kfd/kfd/topology/nodes/3/properties",
	    "cpu_cores_count 0\nsimd_count 128\nmem_banks_count 1\nvendor_id 4098\ndevice_id 29660\nlocation_id 768\n");
	put_directory(tree, "sys/class/iommu/ivhd0");
	put_directory(tree, "sys/kernel/iommu_groups/0");
	put_directory(tree, "sys/kernel/iommu_groups/1");
	all = look(tree, NULL, NULL, 0);
	assert_json(
		json_object_get(all, "kfd"),
		"{\"class\":true,\"device_node\":true,\"nodes\":[{\"cpu_cores_count\":0,\"device_id\":29660,\"location_id\":768,\"node\":3,\"simd_count\":128,\"vendor_id\":4098}]}");
	assert_json(json_object_get(all, "iommu"), "{\"groups\":2,\"units\":[\"ivhd0\"]}");
	json_decref(all);
}

static struct gw_depends *table(const char *text)
{
	struct gw_depends *depends;

	assert_int_equal(gw_depends_new(&depends), 0);
	assert_int_equal(gw_depends_parse(depends, "t", text, strlen(text), NULL, NULL), 0);
	return depends;
}

/* With PrivateDevices= a device node is not seen although it is there: that is no absence. */
static void private_dev_is_not_taken_for_absence(void **state)
{
	struct tree *tree = *state;
	struct gw_depends *depends = table("[a]\nConsumer=c\nConsumerModules=c\nSupplier=s\nSupplierModules=s\nWhy=w\n"
					   "Source=x\nFeature=f\nFeaturePath=/dev/kfd\n"
					   "[b]\nConsumer=c\nConsumerModules=c\nSupplier=s\nSupplierModules=s\nWhy=w\n"
					   "Source=x\nFeature=f\nFeaturePath=/sys/class/kfd\n");
	char unreadable[1024];
	json_t *all = look(tree, depends, NULL, 0);

	assert_json(json_object_get(all, "paths"), "{\"/dev/kfd\":false,\"/sys/class/kfd\":false}");
	json_decref(all);
	assert_int_equal(unlinkat(tree->fd, "dev/kmsg", 0), 0);
	all = look(tree, depends, unreadable, sizeof(unreadable));
	assert_json(json_object_get(all, "paths"), "{\"/sys/class/kfd\":false}");
	assert_json(json_object_get(all, "kfd"), "{\"class\":false,\"nodes\":[]}");
	assert_non_null(strstr(unreadable, "/dev/kfd: Permission denied;"));
	json_decref(all);
	put(tree, "dev/kfd", "");
	all = look(tree, depends, unreadable, sizeof(unreadable));
	assert_json(json_object_get(all, "paths"), "{\"/dev/kfd\":true,\"/sys/class/kfd\":false}");
	json_decref(all);
	gw_depends_free(depends);
}

static void what_cannot_be_read_is_told_and_left_out(void **state)
{
	struct tree *tree = *state;
	char unreadable[2048];
	json_t *all;

	run("cd %s && rm -r sys/kernel sys/class sys/bus proc sys/module", tree->root);
	put_directory(tree, "sys/kernel/debug/devices_deferred");
	all = look(tree, NULL, unreadable, sizeof(unreadable));
	assert_non_null(strstr(unreadable, "/proc/cmdline: No such file or directory;"));
	assert_non_null(strstr(unreadable, "/sys/kernel/debug/devices_deferred: Is a directory;"));
	assert_non_null(strstr(unreadable, "/sys/class/devlink: No such file or directory;"));
	assert_non_null(strstr(unreadable, "/sys/bus: No such file or directory;"));
	assert_non_null(strstr(unreadable, "/lib/modules/1.0/modules.dep.bin: No such file or directory;"));
	assert_null(json_object_get(all, "cmdline"));
	assert_null(json_object_get(all, "deferred"));
	assert_null(json_object_get(all, "links"));
	assert_null(json_object_get(all, "modules"));
	json_decref(all);
}

/* ---- device tree -------------------------------------------------------------------------------------------- */

static void put_cells(const struct tree *tree, const char *node, const char *property, size_t count, ...)
{
	unsigned char bytes[256];
	char path[256];
	va_list cells;

	va_start(cells, count);
	for (size_t i = 0; i < count; i++) {
		unsigned int cell = va_arg(cells, unsigned int);

		bytes[i * 4] = (unsigned char)(cell >> 24);
		bytes[i * 4 + 1] = (unsigned char)(cell >> 16);
		bytes[i * 4 + 2] = (unsigned char)(cell >> 8);
		bytes[i * 4 + 3] = (unsigned char)cell;
	}
	va_end(cells);
	snprintf(path, sizeof(path), "sys/firmware/devicetree/base%s/%s", node, property);
	put_bytes(tree, path, bytes, count * 4);
}

static void put_compatible(const struct tree *tree, const char *node, const char *compatible)
{
	char path[256];

	snprintf(path, sizeof(path), "sys/firmware/devicetree/base%s/compatible", node);
	put_bytes(tree, path, compatible, strlen(compatible) + 1);
}

/* A GPU with an MMU of two arguments, a clock of none, a regulator inside of a chip, and more that is not to be named. */
static void put_soc(const struct tree *tree)
{
	put_cells(tree, "/soc/mmu@1", "phandle", 1, 1);
	put_cells(tree, "/soc/mmu@1", "#iommu-cells", 1, 2);
	put_compatible(tree, "/soc/mmu@1", "acme,mmu");
	put_cells(tree, "/soc/clock", "phandle", 1, 2);
	put_cells(tree, "/soc/clock", "#clock-cells", 1, 0);
	put_compatible(tree, "/soc/clock", "acme,clock");
	put_cells(tree, "/soc/i2c/chip@3/regulator-a", "phandle", 1, 3);
	put_cells(tree, "/soc/off", "phandle", 1, 4);
	put(tree, "sys/firmware/devicetree/base/soc/off/status", "disabled");
	put_cells(tree, "/soc/gpu@9/opp", "phandle", 1, 5);
	put_cells(tree, "/soc/gpu@9", "phandle", 1, 9);
	put_cells(tree, "/soc/gpu@9", "iommus", 6, 1, 7, 7, 1, 8, 8);
	put_cells(tree, "/soc/gpu@9", "clocks", 2, 2, 2);
	put_cells(tree, "/soc/gpu@9", "core-supply", 1, 3);
	put_cells(tree, "/soc/gpu@9", "resets", 1, 4);
	put_cells(tree, "/soc/gpu@9", "phys", 1, 5);
	put_cells(tree, "/soc/gpu@9", "memory-region", 1, 2);
	put_cells(tree, "/soc/gpu@9", "reg", 1, 1);
	put_device(tree, "9.gpu", NULL, "of:NgpuT(null)Cacme,gpu\n", "/soc/gpu@9");
	put_device(tree, "1.mmu", NULL, "of:NmmuT(null)Cacme,mmu\n", "/soc/mmu@1");
	put_device(tree, "3-chip", "chip", "i2c:chip\n", "/soc/i2c/chip@3");
	put_device(tree, "3-chip-child", NULL, "platform:chip-child\n", "/soc/i2c/chip@3");
}

/* "PROPERTY:NODE:DEVICE " for each, sorted: the order of a directory is no order. */
static void suppliers_of(const json_t *all, const char *name, char *ret, size_t size)
{
	const json_t *suppliers = json_object_get(find(json_object_get(all, "devices"), "name", name), "suppliers");
	static const char *const properties[] = { "clocks", "core-supply", "iommu",  "iommu-map",    "iommus",
						  "phys",   "reg",	   "resets", "memory-region" };
	json_t *supplier;
	size_t i;

	ret[0] = '\0';
	for (size_t k = 0; k < sizeof(properties) / sizeof(properties[0]); k++)
		json_array_foreach((json_t *)suppliers, i, supplier)
			if (strcmp(json_string_value(json_object_get(supplier, "property")), properties[k]) == 0)
				snprintf(ret + strlen(ret), size - strlen(ret), "%s:%s:%s%s ", properties[k],
					 json_string_value(json_object_get(supplier, "node")),
					 json_string_value(json_object_get(supplier, "device")),
					 json_is_true(json_object_get(supplier, "optional")) ? "?" : "");
}

static void suppliers_of_the_device_tree(void **state)
{
	struct tree *tree = *state;
	char suppliers[1024];
	json_t *all;

	put_soc(tree);
	all = look(tree, NULL, NULL, 0);
	suppliers_of(all, "9.gpu", suppliers, sizeof(suppliers));
	assert_string_equal(
		suppliers,
		"clocks:/soc/clock: clocks:/soc/clock: core-supply:/soc/i2c/chip@3/regulator-a:3-chip iommus:/soc/mmu@1:1.mmu? iommus:/soc/mmu@1:1.mmu? ");
	assert_string_equal(
		json_string_value(json_object_get(find(json_object_get(all, "devices"), "name", "9.gpu"), "of_node")),
		"/soc/gpu@9");
	assert_null(json_object_get(find(json_object_get(all, "devices"), "name", "1.mmu"), "suppliers"));
	json_decref(all);
}

static void iommu_map_has_four_cells(void **state)
{
	struct tree *tree = *state;
	char suppliers[1024];
	json_t *all;

	put_soc(tree);
	put_cells(tree, "/soc/pcie", "iommu-map", 8, 0, 1, 0, 0x100, 0x100, 1, 0x100, 0x100);
	put_device(tree, "pcie", NULL, "of:NpcieT(null)C\n", "/soc/pcie");
	all = look(tree, NULL, NULL, 0);
	suppliers_of(all, "pcie", suppliers, sizeof(suppliers));
	assert_string_equal(suppliers, "iommu-map:/soc/mmu@1:1.mmu? iommu-map:/soc/mmu@1:1.mmu? ");
	json_decref(all);
}

/* Firmware is not to be trusted either: lengths that do not fit, phandles of nobody, cells beyond reason, nodes 100 deep. */
static void garbage_in_the_device_tree(void **state)
{
	struct tree *tree = *state;
	char suppliers[1024], path[1024] = "sys/firmware/devicetree/base";
	json_t *all;

	put_soc(tree);
	put(tree, "sys/firmware/devicetree/base/soc/gpu@9/clocks", "abc");
	put(tree, "sys/firmware/devicetree/base/soc/gpu@9/pwms", "");
	put_cells(tree, "/soc/gpu@9", "iommus", 2, 1, 7);
	put_cells(tree, "/soc/gpu@9", "resets", 3, 77, 1, 1);
	put_cells(tree, "/soc/gpu@9", "phys", 3, 1, 1, 1);
	put_cells(tree, "/soc/mmu@1", "#phy-cells", 1, 0xffffffff);
	put_cells(tree, "/soc/gpu@9", "iommu-map", 3, 0, 1, 0);
	put_directory(tree, "sys/firmware/devicetree/base/soc/gpu@9/leds");
	for (int i = 0; i < 100; i++)
		strcat(path, "/n");
	strcat(path, "/phandle");
	put(tree, path, "\0\0\0\1");
	all = look(tree, NULL, NULL, 0);
	suppliers_of(all, "9.gpu", suppliers, sizeof(suppliers));
	assert_string_equal(
		suppliers,
		"core-supply:/soc/i2c/chip@3/regulator-a:3-chip iommu-map:/soc/mmu@1:1.mmu? iommus:/soc/mmu@1:1.mmu? ");
	json_decref(all);
}

/* The unit that serves a device is a supplier when a driver made it; AMD's and Intel's are nobody's. */
static void iommu_units_of_drivers_are_suppliers(void **state)
{
	struct tree *tree = *state;
	char suppliers[1024];
	json_t *all;

	put_device(tree, "smmu.0", "arm-smmu-v3", "platform:smmu\n", NULL);
	put_device(tree, "gpu.0", NULL, "platform:gpu\n", NULL);
	put_device(tree, "gpu.1", NULL, "platform:gpu\n", NULL);
	put_link(tree, "sys/class/iommu/smmu3.1", "../../devices/platform/smmu.0/iommu/smmu3.1");
	put_link(tree, "sys/devices/platform/smmu.0/iommu/smmu3.1/device", "../../../smmu.0");
	put_link(tree, "sys/devices/platform/gpu.0/iommu", "../smmu.0/iommu/smmu3.1");
	put_directory(tree, "sys/devices/virtual/iommu/ivhd0");
	put_link(tree, "sys/class/iommu/ivhd0", "../../devices/virtual/iommu/ivhd0");
	put_link(tree, "sys/devices/platform/gpu.1/iommu", "../../virtual/iommu/ivhd0");
	all = look(tree, NULL, NULL, 0);
	suppliers_of(all, "gpu.0", suppliers, sizeof(suppliers));
	assert_string_equal(suppliers, "iommu:smmu3.1:smmu.0? ");
	assert_null(json_object_get(find(json_object_get(all, "devices"), "name", "gpu.1"), "suppliers"));
	json_decref(all);
}

/* ---- modules ----------------------------------------------------------------------------------------------------- */

static void put_module(const struct tree *tree, const char *name, const char *information)
{
	char path[256], source[512];

	snprintf(path, sizeof(path), "src/%s.c", name);
	snprintf(source, sizeof(source),
		 "__attribute__((section(\".modinfo\"), used)) static const char information[] = \"%s\";\n",
		 information);
	put(tree, path, source);
	run("mkdir -p %s/lib/modules/1.0/kernel && cc -c -o %s/lib/modules/1.0/kernel/%s.ko %s/src/%s.c", tree->root,
	    tree->root, name, tree->root, name);
}

static void put_modules(const struct tree *tree)
{
	put_module(tree, "acme-gpu", "alias=of:N*T*Cacme,gpu\\0depends=acme_mmu\\0softdep=pre: acme-fw extra");
	put_module(tree, "acme_mmu", "alias=of:N*T*Cacme,mmu");
	put_module(tree, "acme_clk", "alias=of:N*T*Cacme,clock");
	put_module(tree, "acme_other", "alias=of:N*T*Cacme,gpu\\0softdep=post: acme_mmu");
	put(tree, "lib/modules/1.0/modules.builtin", "kernel/acme_core.ko\n");
	put(tree, "lib/modules/1.0/modules.order", "");
	run("/sbin/depmod -b %s 1.0 2>/dev/null", tree->root); /* warns of lists that only a kernel's build makes */
}

static void modules_are_those_that_are_asked_for(void **state)
{
	struct tree *tree = *state;
	struct gw_depends *depends = table("[a]\nConsumer=c\nConsumerModules=acme-core\nSupplier=s\n"
					   "SupplierModules=never_was acme_ot*\nWhy=w\nSource=x\n");
	json_t *all;

	put_modules(tree);
	put(tree, "sys/module/acme_gpu/initstate", "coming\n");
	put(tree, "sys/module/out_of_tree/initstate", "live\n");
	put_directory(tree, "sys/module/printk");
	all = look(tree, depends, NULL, 0);
	/* acme_mmu comes with acme_gpu; acme_other is only a pattern, and nobody's candidate. */
	assert_json(
		json_object_get(all, "modules"),
		"[{\"depends\":[],\"name\":\"acme_core\",\"softdep_post\":[],\"softdep_pre\":[],\"state\":\"builtin\"},{\"depends\":[],\"name\":\"acme_gpu\",\"softdep_post\":[],\"softdep_pre\":[\"acme_fw\",\"extra\"],\"state\":\"coming\"},{\"depends\":[],\"name\":\"out_of_tree\",\"softdep_post\":[],\"softdep_pre\":[],\"state\":\"live\"}]");
	json_decref(all);
	gw_depends_free(depends);
}

static void candidates_of_what_has_no_driver(void **state)
{
	struct tree *tree = *state;
	json_t *all, *candidates, *gpu;
	const char *first;

	put_modules(tree);
	put_soc(tree);
	put_device(tree, "second.gpu", NULL, "of:NgpuT(null)Cacme,gpu\n", NULL);
	put_device(tree, "unknown", NULL, "of:NxT(null)Cnobody,x\n", NULL);
	put_device(tree, "bound", "some", "of:NclkT(null)Cacme,mmu\n", NULL);
	all = look(tree, NULL, NULL, 0);
	candidates = json_object_get(all, "candidates");
	assert_int_equal(json_object_size(candidates), 3);
	/* the clock has no device, so it goes by what it is compatible with */
	assert_json(json_object_get(candidates, "acme,clock"), "[\"acme_clk\"]");
	assert_json(json_object_get(candidates, "of:NmmuT(null)Cacme,mmu"), "[\"acme_mmu\"]");
	gpu = json_object_get(candidates, "of:NgpuT(null)Cacme,gpu");
	assert_int_equal(json_array_size(gpu), 2); /* depmod gives them no order */
	first = json_string_value(json_array_get(gpu, 0));
	assert_string_equal(json_string_value(json_array_get(gpu, 1)),
			    strcmp(first, "acme_gpu") == 0 ? "acme_other" : "acme_gpu");
	assert_string_equal(
		json_string_value(json_object_get(find(json_object_get(all, "modules"), "name", "acme_clk"), "state")),
		"available");
	assert_json(json_object_get(find(json_object_get(all, "modules"), "name", "acme_other"), "softdep_post"),
		    "[\"acme_mmu\"]");
	json_decref(all);
}

/* ---- the kernel log --------------------------------------------------------------------------------------------------- */

/* A pipe keeps each write apart, as /dev/kmsg does its records. */
struct log {
	int writer;
	char path[64];
	int reader;
};

static int log_setup(void **state)
{
	struct log *log = calloc(1, sizeof(*log));
	int ends[2];

	assert_non_null(log);
	assert_int_equal(pipe2(ends, O_DIRECT | O_CLOEXEC), 0);
	log->reader = ends[0];
	log->writer = ends[1];
	snprintf(log->path, sizeof(log->path), "/proc/self/fd/%d", ends[0]);
	*state = log;
	return 0;
}

static int log_teardown(void **state)
{
	struct log *log = *state;

	close(log->reader);
	close(log->writer);
	free(log);
	return 0;
}

struct records {
	char text[1024];
	int stop_after;
};

static int keep(const char *text, size_t size, void *userdata)
{
	struct records *records = userdata;

	snprintf(records->text + strlen(records->text), sizeof(records->text) - strlen(records->text), "%.*s|",
		 (int)size, text);
	return records->stop_after && --records->stop_after == 0 ? -ECANCELED : 0;
}

static void say(const struct log *log, const char *record)
{
	assert_int_equal(write(log->writer, record, strlen(record)), strlen(record));
}

static void records_come_one_by_one_without_waiting(void **state)
{
	struct records records = { .text = "" };
	struct log *log = *state;
	struct gw_kmsg *kmsg;

	assert_int_equal(gw_kmsg_open(&kmsg, log->path), 0);
	assert_int_equal(gw_kmsg_read(kmsg, keep, &records), 0);
	assert_string_equal(records.text, "");
	say(log, "6,0,100,-;one");
	say(log, "6,1,200,-;two\n SUBSYSTEM=pci\n");
	assert_int_equal(gw_kmsg_read(kmsg, keep, &records), 0);
	assert_string_equal(records.text, "6,0,100,-;one|6,1,200,-;two\n SUBSYSTEM=pci\n|");
	say(log, "6,2,300,-;three");
	records.text[0] = '\0';
	assert_int_equal(gw_kmsg_read(kmsg, keep, &records), 0);
	assert_string_equal(records.text, "6,2,300,-;three|");
	gw_kmsg_close(kmsg);
	gw_kmsg_close(NULL);
}

static void callback_can_end_the_reading(void **state)
{
	struct records records = { .text = "", .stop_after = 1 };
	struct log *log = *state;
	struct gw_kmsg *kmsg;

	assert_int_equal(gw_kmsg_open(&kmsg, log->path), 0);
	say(log, "6,0,1,-;a");
	say(log, "6,1,1,-;b");
	assert_int_equal(gw_kmsg_read(kmsg, keep, &records), -ECANCELED);
	assert_int_equal(gw_kmsg_read(kmsg, keep, &records), 0);
	assert_string_equal(records.text, "6,0,1,-;a|6,1,1,-;b|");
	gw_kmsg_close(kmsg);
	assert_int_equal(gw_kmsg_open(&kmsg, "/nonexistent"), -ENOENT);
}

/* ---- the trace buffer ------------------------------------------------------------------------------------------------------ */

static int keep_event(const struct gw_boot_event *event, void *userdata)
{
	json_t *json = gw_boot_event_json(event);
	char *text = userdata;

	snprintf(text + strlen(text), 2048 - strlen(text), "%llu %u %s %s %s %s %d\n",
		 (unsigned long long)event->time_ns, event->pid, event->comm,
		 json_string_value(json_object_get(json, "type")), event->subject, event->other, event->result);
	json_decref(json);
	return 0;
}

#define HEAD "# tracer: nop\n#\n# entries-in-buffer/entries-written: %s   #P:2\n#\n"
#define BEGINNING "          <idle>-0       [000] ...1.     0.100000: initcall_level: level=console\n"

static void put_trace(const struct tree *tree, const char *path, const char *entries, const char *lines)
{
	char text[4096];

	snprintf(text, sizeof(text), HEAD "%s", entries, lines);
	put(tree, path, text);
}

static void read_trace(const struct tree *tree, char *events, struct gw_trace_seen *seen)
{
	char path[128];

	events[0] = '\0';
	snprintf(path, sizeof(path), "%s/tracing", tree->root);
	assert_int_equal(gw_trace_buffer_read(path, keep_event, events, seen), 0);
}

static void trace_lines_are_events(void **state)
{
	struct gw_trace_seen seen;
	char events[2048];

	put(*state, "tracing/trace_clock", "[local] global counter mono\n");
	put_trace(
		*state, "tracing/trace", "9/9",
		BEGINNING
		"       swapper/0-1       [000] .....     0.214643: initcall_start: func=con_init+0x0/0x22c\n"
		"       swapper/0-1       [001] .....     1.000001: initcall_finish: func=con_init+0x0/0x22c ret=-19\n"
		" kworker/u4:2-[x]-42  (-----) [001] d..1.   2.5: driver_deferred_probe_add: dev=gpu.1\n"
		"          insmod-43      [001] d..1.   2.6: initcall_start: func=f+0x0/0x1 [mod]\n"
		"          insmod-43      [001] d..1.   2.7: initcall_finish: func=0xffffffffc0402010 ret=0\n"
		"        modprobe-77      [000]     3.000000: module_request: pci:v1 wait=0 call_site=x\n"
		"           rmmod-78      [000] .....     3.100000: module_free: mod\n"
		"            bash-79      [000] .....     4.000000: sched_switch: prev_comm=x initcall_start: func=no\n"
		"            bash-79      [000] .....     4.000000: tracing_mark_write: initcall_start: func=no+0x0/0x1\n"
		"       swapper/0-1       [000] .....     5.000000: driver_probe_begin: dev=gpu.0 drv=gpu-drv bus=platform\n"
		"CPU:1 [LOST 3 EVENTS]\n");
	read_trace(*state, events, &seen);
	assert_string_equal(events, "214643000 1 swapper/0 initcall-begin con_init  0\n"
				    "1000001000 1 swapper/0 initcall-end con_init  -19\n"
				    "2500000000 42 kworker/u4:2-[x defer gpu.1  0\n"
				    "3000000000 77 modprobe module-request pci:v1  0\n"
				    "3100000000 78 rmmod module-free mod  0\n"
				    "5000000000 1 swapper/0 probe-begin gpu.0 gpu-drv 0\n");
	assert_int_equal(seen.events, 6);
	assert_int_equal(seen.others, 5);
	assert_int_equal(seen.malformed, 0);
	assert_int_equal(seen.first_ns, 100000000);
	assert_string_equal(seen.missing, "");
}

/* What a kernel does whose clock turns out to be unstable: it empties the buffer while late initcalls run. */
static void buffer_that_begins_late_says_so(void **state)
{
	struct gw_trace_seen seen;
	char events[2048];

	put_trace(
		*state, "tracing/trace", "1/1",
		"       swapper/0-1       [000] .....     2.702419: initcall_finish: func=late_trace_init+0x0/0x9c ret=0\n");
	read_trace(*state, events, &seen);
	assert_int_equal(seen.events, 1);
	assert_non_null(strstr(seen.missing, "begins at 2702 ms"));
	assert_non_null(strstr(seen.missing, "trace_clock=global"));
}

static void what_is_missing_is_told(void **state)
{
	struct gw_trace_seen seen;
	char events[2048];

	read_trace(*state, events, &seen);
	assert_non_null(strstr(seen.missing, "/tracing: No such file or directory"));
	put_trace(*state, "tracing/trace", "0/0", "");
	read_trace(*state, events, &seen);
	assert_non_null(strstr(seen.missing, "boot with trace_event=initcall:* trace_clock=global"));
	put_trace(*state, "tracing/trace", "2/50",
		  BEGINNING "       swapper/0-1       [000] .....     0.214643: initcall_start: func=f+0x0/0x22c\n");
	read_trace(*state, events, &seen);
	assert_int_equal(seen.lost, 48);
	assert_non_null(strstr(seen.missing, "trace_buf_size="));
	put(*state, "tracing/trace_clock", "local global [counter] mono\n");
	read_trace(*state, events, &seen);
	assert_string_equal(events, "");
	assert_non_null(strstr(seen.missing, "'counter'"));
	put(*state, "tracing/trace_clock", "[mono]\n");
	put(*state, "tracing/options/pause-on-trace", "1\n");
	read_trace(*state, events, &seen);
	assert_string_equal(events, "");
	assert_non_null(strstr(seen.missing, "pause-on-trace"));
}

static void own_instance_is_read_too(void **state)
{
	struct gw_trace_seen seen;
	char events[2048];

	put_trace(*state, "tracing/instances/gpuwatch/trace", "2/2",
		  BEGINNING "       swapper/0-1       [000] .....     0.300000: initcall_start: func=g+0x0/0x22c\n");
	put_trace(*state, "tracing/trace", "0/0", "");
	read_trace(*state, events, &seen);
	assert_string_equal(events, "300000000 1 swapper/0 initcall-begin g  0\n");
	assert_string_equal(seen.missing, "");
}

static void garbage_in_the_trace(void **state)
{
	struct gw_trace_seen seen;
	char events[2048];

	put_trace(*state, "tracing/trace", "x/y",
		  "[000] 1.0: initcall_start: func=f+0x0/0x1\n"
		  "x-1 [000] .....  : initcall_start: func=f+0x0/0x1\n"
		  "x-1 [000] ..... 99999999999999.5: initcall_start: func=f+0x0/0x1\n"
		  "x-1 [000] ..... 1.: initcall_start: func=f+0x0/0x1\n"
		  "-1 [000] ..... 1.5: initcall_start: func=\n"
		  "-- (( [0 [] [[\n"
		  "x-1 [0");
	read_trace(*state, events, &seen);
	assert_string_equal(events, "");
	assert_int_equal(seen.malformed, 6);
	assert_int_equal(seen.others, 1);
}

#define with_tree(test) cmocka_unit_test_setup_teardown(test, tree_setup, tree_teardown)
#define with_log(test) cmocka_unit_test_setup_teardown(test, log_setup, log_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		with_tree(devices_have_drivers_and_modules),
		with_tree(garbage_of_the_kernel_becomes_text),
		with_tree(ten_thousand_devices_in_linear_time),
		with_tree(links_are_split_by_their_supplier),
		with_tree(deferred_devices_have_their_reason),
		with_tree(kfd_and_iommu_are_looked_at),
		with_tree(private_dev_is_not_taken_for_absence),
		with_tree(what_cannot_be_read_is_told_and_left_out),
		with_tree(suppliers_of_the_device_tree),
		with_tree(iommu_map_has_four_cells),
		with_tree(garbage_in_the_device_tree),
		with_tree(iommu_units_of_drivers_are_suppliers),
		with_tree(modules_are_those_that_are_asked_for),
		with_tree(candidates_of_what_has_no_driver),
		with_log(records_come_one_by_one_without_waiting),
		with_log(callback_can_end_the_reading),
		with_tree(trace_lines_are_events),
		with_tree(buffer_that_begins_late_says_so),
		with_tree(what_is_missing_is_told),
		with_tree(own_instance_is_read_too),
		with_tree(garbage_in_the_trace),
	};

	return cmocka_run_group_tests_name("boot-state", tests, NULL, NULL);
}
