/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whose a function is, and that a loop of locks counts where a GPU driver is in it. */
#include "tests/unit/build-snapshot.h"

#include "lib/analysis/record/subsystem.h"

static void assert_subsystem(const char *function, const char *module, enum gw_subsystem_kind kind, const char *name)
{
	struct gw_subsystem found = gw_subsystem_of(function, module);

	assert_int_equal(found.kind, kind);
	assert_string_equal(found.name, name);
}

static void test_modules(void **state)
{
	(void)state;
	assert_subsystem("anything", "amdgpu", GW_SUBSYSTEM_GPU, "amdgpu");
	assert_subsystem("anything", "nvidia_modeset", GW_SUBSYSTEM_GPU, "nvidia");
	assert_subsystem("anything", "rockchipdrm", GW_SUBSYSTEM_GPU, "rockchipdrm");
	assert_subsystem("anything", "drm_kms_helper", GW_SUBSYSTEM_GPU, "drm");
	assert_subsystem("anything", "nfsv4", GW_SUBSYSTEM_NFS, "nfs");
	assert_subsystem("anything", "dm_crypt", GW_SUBSYSTEM_BLOCK, "dm_crypt");
	assert_subsystem("anything", "never_heard_of", GW_SUBSYSTEM_OTHER, "never_heard_of");
	/* A driver of something else is not a GPU's because its function is called so. */
	assert_subsystem("drm_like_name", "never_heard_of", GW_SUBSYSTEM_OTHER, "never_heard_of");
}

static void test_functions(void **state)
{
	(void)state;
	assert_subsystem("dma_fence_default_wait", "", GW_SUBSYSTEM_GPU, "drm");
	assert_subsystem("virtio_gpu_queue_fenced_ctrl_buffer", "", GW_SUBSYSTEM_GPU, "virtio_gpu");
	assert_subsystem("nfs_wait_bit_killable", "", GW_SUBSYSTEM_NFS, "nfs");
	assert_subsystem("balance_pgdat", "", GW_SUBSYSTEM_MEMORY, "reclaim");
	assert_subsystem("__refrigerator", "", GW_SUBSYSTEM_FREEZER, "freezer");
	assert_subsystem("mutex_lock", "", GW_SUBSYSTEM_UNKNOWN, "");
}

/* Two tasks take two mutexes in both orders; no fence. */
static struct world *crossed(const char *frames)
{
	struct world *w = world_new();
	struct gw_task_record *a = user_task(w, 101, "a"), *b = user_task(w, 102, "b");
	struct gw_lock_record *of_a = lock_of(w, GW_LOCK_MUTEX, a), *of_b = lock_of(w, GW_LOCK_MUTEX, b);

	stack(w, a, frames);
	stack(w, b, frames);
	waits_for_lock(w, a, of_b, GW_LOCK_F_MUTEX);
	waits_for_lock(w, b, of_a, GW_LOCK_F_MUTEX);
	look(w, 2);
	return w;
}

static void test_locks_of_gpu(void **state)
{
	struct world *w = crossed("mutex_lock drm_ioctl do_syscall_64");

	(void)state;
	assert_deadlock(w, GW_CLASS_LOCK_CYCLE, GW_CONFIDENCE_PROVEN, "101 102", "");
	world_free(w);
}

static void test_locks_of_others(void **state)
{
	struct world *w = crossed("mutex_lock nfs_file_write do_syscall_64");

	(void)state;
	assert_silent(w);
	world_free(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_modules),
		cmocka_unit_test(test_functions),
		cmocka_unit_test(test_locks_of_gpu),
		cmocka_unit_test(test_locks_of_others),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
