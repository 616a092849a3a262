/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whose a function is, and that a loop of locks counts where a GPU driver is in it. */
#include "tests/unit/build-snapshot.h"

#include "lib/analysis/record/subsystem.h"
#include "lib/analysis/words/waits.h"
#include "lib/system/modules/gpu.h"

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
	assert_subsystem("anything", "kvmgt", GW_SUBSYSTEM_GPU, "i915");
	assert_subsystem("anything", "mali_kbase", GW_SUBSYSTEM_GPU, "mali");
	assert_subsystem("anything", "virtio_net", GW_SUBSYSTEM_NETWORK, "virtio_net");
	assert_subsystem("anything", "mt76_connac_lib", GW_SUBSYSTEM_NETWORK, "mt76");
	assert_subsystem("anything", "mmc_block", GW_SUBSYSTEM_BLOCK, "mmc");
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
	assert_subsystem("mnt_want_write", "", GW_SUBSYSTEM_FILE_SYSTEM, "freeze");
	assert_subsystem("lima_vm_bo_del", "", GW_SUBSYSTEM_GPU, "lima");
	assert_subsystem("a6xx_gmu_set_oob", "", GW_SUBSYSTEM_GPU, "msm");
	assert_subsystem("synchronize_net", "", GW_SUBSYSTEM_NETWORK, "network");
	assert_subsystem("p9_client_rpc", "", GW_SUBSYSTEM_NFS, "9p");
	assert_subsystem("intel_vgpu_emulate_mmio_write", "", GW_SUBSYSTEM_GPU, "i915");
	assert_subsystem("wait_current_trans", "", GW_SUBSYSTEM_FILE_SYSTEM, "btrfs");
	assert_subsystem("fanotify_handle_event", "", GW_SUBSYSTEM_FILE_SYSTEM, "fanotify");
	assert_subsystem("mdiobus_write", "", GW_SUBSYSTEM_NETWORK, "network");
	assert_subsystem("mutex_lock", "", GW_SUBSYSTEM_UNKNOWN, "");
}

/* Two tasks take two mutexes in both orders; no fence. */
static struct world *crossed(const char *frames, const char *module)
{
	struct world *w = world_new();
	struct gw_task_record *a = user_task(w, 101, "a"), *b = user_task(w, 102, "b");
	struct gw_lock_record *of_a = lock_of(w, GW_LOCK_MUTEX, a), *of_b = lock_of(w, GW_LOCK_MUTEX, b);

	gpu_module(w, module);
	stack(w, a, frames);
	stack(w, b, frames);
	waits_for_lock(w, a, of_b, GW_LOCK_F_MUTEX);
	waits_for_lock(w, b, of_a, GW_LOCK_F_MUTEX);
	look(w, 2);
	return w;
}

static void test_locks_of_gpu(void **state)
{
	struct world *w = crossed("mutex_lock drm_ioctl do_syscall_64", "");

	(void)state;
	assert_deadlock(w, GW_CLASS_LOCK_CYCLE, GW_CONFIDENCE_PROVEN, "101 102", "");
	world_free(w);
}

static void test_locks_of_others(void **state)
{
	struct world *w = crossed("mutex_lock nfs_file_write do_syscall_64", "");

	(void)state;
	assert_silent(w);
	world_free(w);
}

/* No table has its name: it counts by what it was recorded to use. */
static void test_locks_of_a_module_that_uses_drm(void **state)
{
	struct world *w = crossed("mutex_lock vendor:vendor_submit do_syscall_64", "vendor");

	(void)state;
	assert_deadlock(w, GW_CLASS_LOCK_CYCLE, GW_CONFIDENCE_PROVEN, "101 102", "");
	assert_string_equal(
		json_string_value(json_object_get(find_node(the_report(w, GW_KIND_DEADLOCK), "task:101"), "place")),
		"vendor_submit [vendor]");
	world_free(w);
}

static void test_locks_of_a_module_that_does_not(void **state)
{
	struct world *w = crossed("mutex_lock vendor:vendor_submit do_syscall_64", "other");

	(void)state;
	assert_silent(w);
	world_free(w);
}

/* Work that flushes itself is a bug, but nobody's GPU hangs by it. */
static void test_flush_of_others(void **state)
{
	struct world *w = world_new();
	const char *function_name = "r8152_work [r8152]";
	struct gw_task_record *kworker = worker(w, 102, 0xffff888000aa0000, function_name, 0xffff888000ab0000);

	(void)state;
	gpu_module(w, "vendor");
	waits(w, kworker, GW_WAIT_WORK, 0xffff888000aa0000)->context = function(w, function_name);
	look(w, 2);
	assert_silent(w);
	gpu_module(w, "r8152");
	look(w, 2);
	assert_int_equal(count_reports(w, GW_KIND_DEADLOCK, GW_STATE_ACTIVE), 0); /* a table has it as USB */
	world_free(w);
}

/* An item whose last call is a flush has no frame of its own on the stack. */
static void test_worker_without_a_frame(void **state)
{
	struct world *w = world_new();
	struct gw_task_record *kworker =
		worker(w, 102, 0xffff888000aa0000, "vendor_evict [vendor]", 0xffff888000ab0000);
	struct gw_snapshot *snapshot;
	json_t *waits_;
	const char *name;

	(void)state;
	gpu_module(w, "vendor");
	stack(w, kworker, "schedule_timeout __flush_work process_one_work worker_thread kthread");
	waits(w, kworker, GW_WAIT_WORK, 0xffff888000cc0000)->context = function(w, "vendor_ring [vendor]");
	snapshot = snapshot_of(w);
	waits_ = gw_waits_json(snapshot, GW_WAITS_TRACKED, 0);
	assert_int_equal(json_unpack(waits_, "{s:[{s:{s:s}}]}", "waits", "subsystem", "name", &name), 0);
	assert_string_equal(name, "vendor");
	json_decref(waits_);
	gw_snapshot_free(snapshot);
	world_free(w);
}

/* The freezer holds it where it slept, in a system call of its own. */
static void test_task_that_the_freezer_holds(void **state)
{
	struct world *w = world_new();
	struct gw_task_record *task = user_task(w, 101, "sleep");
	struct gw_snapshot *snapshot;
	json_t *waits_;
	const char *kind;

	(void)state;
	task->state = TASK_FROZEN;
	stack(w, task, "schedule do_nanosleep hrtimer_nanosleep do_syscall_64");
	snapshot = snapshot_of(w);
	waits_ = gw_waits_json(snapshot, GW_WAITS_ALL, 0);
	assert_int_equal(json_unpack(waits_, "{s:[{s:{s:s}}]}", "waits", "subsystem", "kind", &kind), 0);
	assert_string_equal(kind, "freezer");
	json_decref(waits_);
	gw_snapshot_free(snapshot);
	world_free(w);
}

static void test_modules_that_use_drm(void **state)
{
	static const char text[] = "vendor 16384 0 - Live 0x0\n"
				   "helper 8192 1 vendor, Live 0x0\n"
				   "drm 700416 3 drm_kms_helper,vendor,other_gpu, Live 0x0\n"
				   "drm_kms_helper 200704 1 third, Live 0x0\n"
				   "nvidia 1 1 nvidia_modeset, Live 0x0 (OE)\n"
				   "ext4 1 1 - Live 0x0\n";
	static const char *const wanted[] = { "drm", "drm_kms_helper", "vendor", "other_gpu", "third", "nvidia" };
	struct gw_gpu_modules modules;

	(void)state;
	assert_int_equal(gw_gpu_modules_parse(&modules, text, "nvidia* amdkfd"), 0);
	assert_int_equal(modules.count, sizeof(wanted) / sizeof(wanted[0]));
	for (size_t i = 0; i < modules.count; i++)
		assert_string_equal(modules.names[i], wanted[i]);
	gw_gpu_modules_deinit(&modules);
	assert_int_equal(gw_gpu_modules_parse(&modules, "odd\n \n\ndrm\ndrm 1", ""), 0);
	assert_int_equal(modules.count, 1);
	gw_gpu_modules_deinit(&modules);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_modules),
		cmocka_unit_test(test_functions),
		cmocka_unit_test(test_locks_of_gpu),
		cmocka_unit_test(test_locks_of_others),
		cmocka_unit_test(test_locks_of_a_module_that_uses_drm),
		cmocka_unit_test(test_locks_of_a_module_that_does_not),
		cmocka_unit_test(test_flush_of_others),
		cmocka_unit_test(test_worker_without_a_frame),
		cmocka_unit_test(test_task_that_the_freezer_holds),
		cmocka_unit_test(test_modules_that_use_drm),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
