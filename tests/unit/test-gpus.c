/* SPDX-License-Identifier: GPL-2.0-or-later */
/* GPUs by name, on a machine made of sysfs' links. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "lib/system/devices/gpus.h"

/* Two GPUs of KFD, a display controller without a render node, a device that its driver has left; a connector. */
static const char machine[] =
	"cd %s && set -e\n"
	"gpu() { mkdir -p sys/devices/$1/drm sys/class/drm; for node in $2; do mkdir sys/devices/$1/drm/$node\n"
	"    ln -s ../../../$1 sys/devices/$1/drm/$node/device; ln -s ../../devices/$1/drm/$node sys/class/drm/$node; done; }\n"
	"node() { mkdir -p sys/class/kfd/kfd/topology/nodes/$1\n"
	"  printf 'simd_count %%s\\ndrm_render_minor %%s\\nhive_id 0\\n' $2 $3 >sys/class/kfd/kfd/topology/nodes/$1/properties; }\n"
	"mkdir -p sys/bus/pci/drivers/amdgpu sys/bus/pci/drivers/ast sys/module/amdgpu\n"
	"ln -s ../../../../module/amdgpu sys/bus/pci/drivers/amdgpu/module\n"
	"gpu 0000:c3:00.0 'card10 renderD129'; gpu 0000:03:00.0 'card2 renderD128'; gpu 0000:01:00.0 card1; gpu gone.0 'card0 renderD130'\n"
	"for a in c3 03; do ln -s ../../bus/pci/drivers/amdgpu sys/devices/0000:$a:00.0/driver; done\n"
	"ln -s ../../bus/pci/drivers/ast sys/devices/0000:01:00.0/driver\n"
	"mkdir sys/class/drm/card2-HDMI-A-1 sys/class/drm/version\n"
	"node 0 0 0; node 1 440 128; node 2 440 129; node 3 440 99\n";

static char root_path[] = "/tmp/test-gpus.XXXXXX";
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

static void gpus_have_all_their_names(void **state)
{
	static const struct gw_gpu want[] = {
		{ "gone.0", "", "", 0, 130, -1 },
		{ "0000:01:00.0", "ast", "", 1, -1, -1 },
		{ "0000:03:00.0", "amdgpu", "amdgpu", 2, 128, 1 },
		{ "0000:c3:00.0", "amdgpu", "amdgpu", 10, 129, 2 },
	};
	struct gw_gpus gpus;

	gw_gpus_read(&gpus, root);
	assert_int_equal(gpus.count, sizeof(want) / sizeof(want[0]));
	assert_false(gpus.cut);
	for (size_t i = 0; i < gpus.count; i++) {
		assert_string_equal(gpus.items[i].name, want[i].name);
		assert_string_equal(gpus.items[i].driver, want[i].driver);
		assert_string_equal(gpus.items[i].module, want[i].module);
		assert_int_equal(gpus.items[i].card, want[i].card);
		assert_int_equal(gpus.items[i].render, want[i].render);
		assert_int_equal(gpus.items[i].kfd_node, want[i].kfd_node);
	}
}

static void machine_without_any_has_none(void **state)
{
	int directory = open("/proc/self/fdinfo", O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct gw_gpus gpus = { .count = 7 };

	gw_gpus_read(&gpus, directory);
	assert_int_equal(gpus.count, 0);
	close(directory);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(gpus_have_all_their_names),
		cmocka_unit_test(machine_without_any_has_none),
	};

	return cmocka_run_group_tests(tests, machine_make, machine_remove);
}
