/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who holds a GPU, on a machine made of files: sysfs' links, and processes with open nodes. */
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
#include <unistd.h>

#include "lib/base/json.h"
#include "lib/system/holders/device.h"
#include "lib/system/holders/files.h"

/* Two GPUs of one driver, a third without any; a frame buffer on the first; three processes, one with a hostile name. */
static const char machine[] =
	"cd %s && set -e\n"
	"gpu() { mkdir -p sys/devices/pci0/$1/drm/$2 sys/devices/pci0/$1/drm/$3 sys/bus/pci/devices sys/class/drm\n"
	"  ln -s ../../../devices/pci0/$1 sys/bus/pci/devices/$1\n"
	"  for node in $2 $3; do ln -s ../../../$1 sys/devices/pci0/$1/drm/$node/device\n"
	"    ln -s ../../devices/pci0/$1/drm/$node sys/class/drm/$node; done; }\n"
	"mkdir -p sys/bus/pci/drivers/amdgpu sys/module/amdgpu/holders/amdxcp sys/class/graphics sys/class/kfd/kfd sys/module/plain\n"
	"ln -s ../../../../module/amdgpu sys/bus/pci/drivers/amdgpu/module\n"
	"gpu 0000:03:00.0 card0 renderD128; gpu 0000:43:00.0 card1 renderD129; gpu 0000:83:00.0 card2 renderD130\n"
	"for a in 03 43; do ln -s ../../../bus/pci/drivers/amdgpu sys/devices/pci0/0000:$a:00.0/driver; done\n"
	"gpu vkms.0 card3 renderD131; mkdir -p sys/module/vkms; echo 1 >sys/module/vkms/refcnt\n"
	"mkdir -p sys/class/drm/card0-DP-1; echo 3 >sys/module/amdgpu/refcnt\n"
	"mkdir sys/devices/pci0/0000:03:00.0/fb0; ln -s ../../0000:03:00.0 sys/devices/pci0/0000:03:00.0/fb0/device\n"
	"ln -s ../../devices/pci0/0000:03:00.0/fb0 sys/class/graphics/fb0\n"
	"mkdir -p sys/class/vtconsole/vtcon0 sys/class/vtconsole/vtcon1\n"
	"echo 1 >sys/class/vtconsole/vtcon0/bind; echo '(S) dummy device' >sys/class/vtconsole/vtcon0/name\n"
	"echo 1 >sys/class/vtconsole/vtcon1/bind; echo '(M) frame buffer device' >sys/class/vtconsole/vtcon1/name\n"
	"mkdir -p proc/1/fd proc/812/fd proc/900/fd proc/self/fd\n"
	"echo 'systemd' >proc/1/comm; echo '1 (systemd) S 0' >proc/1/stat; ln -s /dev/null proc/1/fd/0\n"
	"echo 'x) D (' >proc/812/comm; echo '812 (x) D () R 1' >proc/812/stat\n"
	"ln -s /dev/dri/card0 proc/812/fd/3; ln -s /dev/dri/card0 proc/812/fd/4; ln -s /dmabuf:tex proc/812/fd/5\n"
	"ln -s /dev/dri/card01 proc/812/fd/6; ln -s /dev/dri/renderD129 proc/812/fd/7\n"
	"echo train >proc/900/comm; echo '900 (train) D 1' >proc/900/stat\n"
	"ln -s '/dev/dri/card0 (deleted)' proc/900/fd/3; ln -s /dev/kfd proc/900/fd/4\n";

static char root_path[] = "/tmp/test-holders.XXXXXX";
static int root = -1;

static int machine_make(void **state)
{
	char command[sizeof(machine) + sizeof(root_path)];

	if (!mkdtemp(root_path))
		return -1;
	snprintf(command, sizeof(command), machine, root_path);
	root = system(command) == 0 ? open(root_path, O_PATH | O_DIRECTORY | O_CLOEXEC) : -1;
	return root < 0 ? -1 : 0;
}

static int machine_remove(void **state)
{
	char command[64];

	close(root);
	snprintf(command, sizeof(command), "rm -r %s", root_path);
	return system(command);
}

static struct gw_device found(const char *name)
{
	struct gw_device device;

	assert_int_equal(gw_device_find(&device, root, name), 0);
	return device;
}

static void names_lead_to_one_device(void **state)
{
	static const char *const names[] = { "0000:03:00.0", "03:00.0", "card0", "/dev/dri/card0", "renderD128" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		struct gw_device device = found(names[i]);

		assert_string_equal(device.name, "0000:03:00.0");
		assert_string_equal(device.driver, "amdgpu");
		assert_string_equal(device.module, "amdgpu");
		assert_int_equal(device.n_nodes, 3); /* and KFD's */
	}
	assert_string_equal(found("card3").module, "vkms");
	assert_int_equal(found("vkms").n_nodes, 2);
	assert_string_equal(found("card2").driver, "");
	assert_string_equal(found("card2").module, "");
	assert_int_equal(found("card2").n_nodes, 2);
	assert_int_equal(found("amdgpu").n_nodes, 5);
	assert_string_equal(found("/dev/kfd").module, "amdgpu");
	assert_int_equal(found("plain").n_nodes, 0);
}

static void what_is_no_device_is_refused(void **state)
{
	static const char *const names[] = { "", "/", "card9", "card0-DP-1", "0000:99:00.0", "nothing", "..", "card" };
	struct gw_device device;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		assert_int_equal(gw_device_find(&device, root, names[i]), -ENODEV);
}

static void open_nodes_are_counted(void **state)
{
	struct gw_device device = found("card0");
	struct gw_unseen_files unseen;
	json_t *holders = gw_open_files_read(&device, root, &unseen), *files;

	assert_int_equal(json_array_size(holders), 2);
	assert_string_equal(gw_json_string(json_array_get(holders, 0), "comm"), "x) D (");
	assert_string_equal(gw_json_string(json_array_get(holders, 0), "state"), "R");
	files = json_object_get(json_array_get(holders, 0), "files");
	assert_int_equal(json_array_size(files), 1);
	assert_int_equal(json_integer_value(json_object_get(json_array_get(files, 0), "count")), 2);
	assert_string_equal(gw_json_string(json_array_get(holders, 1), "state"), "D");
	assert_int_equal(json_array_size(json_object_get(json_array_get(holders, 1), "files")), 2);
	assert_int_equal(unseen.dma_bufs, 1);
	json_decref(holders);
}

static void another_gpus_files_are_not_its(void **state)
{
	struct gw_device device = found("card2");
	struct gw_unseen_files unseen;
	json_t *holders = gw_open_files_read(&device, root, &unseen);

	assert_int_equal(json_array_size(holders), 0);
	json_decref(holders);
}

static void kernel_holds_modules_and_consoles(void **state)
{
	struct gw_device device = found("card0"), other = found("card1");
	json_t *users = gw_device_module_users(&device, root), *consoles = gw_device_consoles(&device, root);

	assert_int_equal(gw_device_module_count(&device, root), 3);
	assert_int_equal(json_array_size(users), 1);
	assert_int_equal(json_array_size(consoles), 1);
	assert_string_equal(json_string_value(json_array_get(consoles, 0)), "vtcon1");
	json_decref(users);
	json_decref(consoles);
	consoles = gw_device_consoles(&other, root);
	assert_int_equal(json_array_size(consoles), 0);
	json_decref(consoles);
	device = found("card2");
	assert_int_equal(gw_device_module_count(&device, root), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_lead_to_one_device),
		cmocka_unit_test(what_is_no_device_is_refused),
		cmocka_unit_test(open_nodes_are_counted),
		cmocka_unit_test(another_gpus_files_are_not_its),
		cmocka_unit_test(kernel_holds_modules_and_consoles),
	};

	return cmocka_run_group_tests_name("holders", tests, machine_make, machine_remove);
}
