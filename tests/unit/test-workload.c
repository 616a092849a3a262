/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whose a task is: paths of cgroups as systemd, container runtimes, Kubernetes, Slurm and Flux make them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/json.h"
#include "lib/system/workload/cgroups.h"
#include "lib/system/workload/workload.h"

#define ID "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define UID "6f2a1c3e-90ab-4cde-8f01-23456789abcd"
#define UID_ "6f2a1c3e_90ab_4cde_8f01_23456789abcd"

static struct gw_workload parsed(const char *path)
{
	struct gw_workload workload;

	gw_workload_parse(&workload, path);
	return workload;
}

static void assert_name(const char *path, const char *name)
{
	struct gw_workload workload = parsed(path);
	json_t *json = gw_workload_json(&workload, path);

	assert_string_equal(gw_json_string(json, "name"), name);
	json_decref(json);
}

static void assert_container(const char *path, const char *runtime, const char *pod)
{
	struct gw_workload workload = parsed(path);

	assert_string_equal(workload.container, ID);
	assert_string_equal(workload.runtime, runtime);
	assert_string_equal(workload.pod, pod);
}

static void units_are_systemds(void **state)
{
	struct gw_workload workload = parsed("/system.slice/ollama.service");

	assert_string_equal(workload.unit, "ollama.service");
	assert_string_equal(workload.container, "");
	workload = parsed("/user.slice/user-1000.slice/user@1000.service/app.slice/app-gnome-train-42.scope");
	assert_string_equal(workload.unit, "user@1000.service");
	assert_string_equal(workload.user_unit, "app-gnome-train-42.scope");
	workload = parsed("/user.slice/user-1000.slice/session-3.scope");
	assert_string_equal(workload.unit, "session-3.scope");
	assert_name("/user.slice/user-1000.slice/user@1000.service/app.slice/a.service",
		    "a.service of user@1000.service");
	assert_name("/system.slice/ollama.service/worker", "ollama.service");
	assert_name("/mine", "cgroup /mine");
}

static void containers_have_their_runtime(void **state)
{
	assert_container("/system.slice/docker-" ID ".scope", "docker", "");
	assert_container("/docker/" ID, "docker", "");
	assert_container("/machine.slice/libpod-" ID ".scope/container", "podman", "");
	assert_container("/user.slice/user-1000.slice/user@1000.service/user.slice/libpod-" ID ".scope", "podman", "");
	assert_container("/libpod_parent/libpod-" ID, "podman", "");
	assert_container("/system.slice/nerdctl-" ID ".scope", "containerd", "");
	assert_container("/default/" ID, "", "");
	assert_string_equal(parsed("/lxc.payload.web/system.slice/nginx.service").container, "web");
	assert_name("/docker/" ID, "docker container 0123456789ab");
}

static void pods_have_their_uid(void **state)
{
	assert_container("/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod" UID_
			 ".slice/cri-containerd-" ID ".scope",
			 "containerd", UID);
	assert_container("/kubepods.slice/kubepods-pod" UID_ ".slice/crio-" ID ".scope/container", "cri-o", UID);
	assert_container("/kubepods/besteffort/pod" UID "/" ID, "", UID);
	assert_container("/kubelet.slice/kubelet-kubepods.slice/kubelet-kubepods-besteffort.slice/"
			 "kubelet-kubepods-besteffort-pod" UID_ ".slice/cri-containerd-" ID ".scope",
			 "containerd", UID);
	assert_container("/system.slice/containerd.service/kubepods-burstable-pod" UID_ ".slice:cri-containerd:" ID,
			 "containerd", UID);
	assert_string_equal(parsed("/kubepods/pod0123456789abcdef0123456789abcdef/" ID).pod,
			    "0123456789abcdef0123456789abcdef");
	assert_name("/kubepods/besteffort/pod" UID "/" ID, "pod " UID);
}

static void jobs_are_slurms_and_fluxs(void **state)
{
	struct gw_workload workload = parsed("/system.slice/slurmstepd.scope/job_4711/step_0/user/task_3");

	assert_string_equal(workload.slurm_job, "4711");
	assert_string_equal(workload.slurm_step, "0");
	assert_name("/system.slice/gpu07_slurmstepd.scope/job_12/step_batch/user/task_0", "Slurm job 12 step batch");
	assert_name("/slurm/uid_1000/job_12/step_extern", "Slurm job 12 step extern");
	assert_name("/slurm_gpu07/uid_1000/job_12", "Slurm job 12");
	/* Podman in a job: both. */
	workload = parsed("/system.slice/slurmstepd.scope/job_5/step_0/user/task_0/libpod-" ID ".scope");
	assert_string_equal(workload.slurm_job, "5");
	assert_string_equal(workload.runtime, "podman");
	assert_name("/user.slice/user-500.slice/user@500.service/app.slice/imp-shell-0-fH5gHAKUjYM.service",
		    "Flux job fH5gHAKUjYM");
}

/* What looks like one of them and is none. */
static void strangers_are_nobodys(void **state)
{
	assert_string_equal(parsed("/mine/job_12/step_0").slurm_job, "");
	assert_string_equal(parsed("/system.slice/slurmstepd.scope/job_x").slurm_job, "");
	assert_string_equal(parsed("/system.slice/docker-short.scope").container, "");
	assert_string_equal(parsed("/system.slice/docker.service").container, "");
	assert_string_equal(parsed("/machine.slice/libpod-conmon-" ID ".scope").container, "");
	assert_string_equal(parsed("/system.slice/crio-conmon-" ID ".scope").container, "");
	assert_string_equal(parsed("/" ID).container, "");
	assert_string_equal(parsed("/kubepods/podcast").pod, "");
	assert_string_equal(parsed("/kubepods.slice/kubepods-pod" UID_ "x.slice").pod, "");
	assert_string_equal(parsed("/system.slice/shell-0-f.service").flux_job, "");
	assert_string_equal(parsed("/system.slice/shell-x-fAB.service").flux_job, "");
	assert_string_equal(parsed("").unit, "");
	assert_string_equal(parsed("////").unit, "");
}

static void long_and_hostile_paths_are_cut(void **state)
{
	char path[4096];
	struct gw_workload workload;
	json_t *json;

	memset(path, 'a', sizeof(path) - 1);
	path[0] = '/';
	path[sizeof(path) - 1] = '\0';
	gw_workload_parse(&workload, path);
	assert_string_equal(workload.unit, "");
	workload = parsed("/a\033[2J\n.service");
	json = gw_workload_json(&workload, "/a\033[2J\n.service");
	assert_string_equal(gw_json_string(json, "unit"), "a?[2J?.service");
	json_decref(json);
}

/* ---- ids ------------------------------------------------------------------ */

static uint64_t make_directory(const char *root, const char *path)
{
	char full[512];
	struct stat status;

	snprintf(full, sizeof(full), "%s%s", root, path);
	assert_int_equal(mkdir(full, 0700), 0);
	assert_int_equal(stat(full, &status), 0);
	return status.st_ino;
}

static json_t *nodes_of(const uint64_t *ids, size_t count)
{
	json_t *list = json_array();

	for (size_t i = 0; i < count; i++)
		json_array_append_new(list, json_pack("{s:I}", "cgroup_id", (json_int_t)ids[i]));
	return list;
}

static const char *workload_at(const json_t *list, size_t i)
{
	return gw_json_string(json_object_get(json_array_get(list, i), "workload"), "name");
}

static void ids_are_inodes_of_directories(void **state)
{
	char root[] = "/tmp/test-workload.XXXXXX", command[160];
	struct gw_cgroups *cgroups;
	uint64_t ids[3] = { 0 };
	json_t *list;

	assert_non_null(mkdtemp(root));
	make_directory(root, "/system.slice");
	ids[0] = make_directory(root, "/system.slice/a.service");
	ids[1] = make_directory(root, "/mine");
	ids[2] = UINT32_MAX; /* of none */
	assert_int_equal(gw_cgroups_new(&cgroups, root), 0);
	list = nodes_of(ids, 3);
	assert_int_equal(gw_cgroups_annotate(cgroups, list), 0);
	assert_string_equal(workload_at(list, 0), "a.service");
	assert_string_equal(workload_at(list, 1), "cgroup /mine");
	assert_string_equal(workload_at(list, 2), "");
	assert_true(gw_cgroups_lives(cgroups, ids[0]) && gw_cgroups_lives(cgroups, ids[1]));
	assert_false(gw_cgroups_lives(cgroups, ids[2]));
	json_decref(list);

	/* One of the same name is another one. */
	snprintf(command, sizeof(command), "mv %s/mine %s/others; mkdir %s/mine", root, root, root);
	assert_int_equal(system(command), 0);
	assert_false(gw_cgroups_lives(cgroups, ids[1]));

	/* What was found is remembered. */
	snprintf(command, sizeof(command), "rm -r %s", root);
	assert_int_equal(system(command), 0);
	list = nodes_of(ids, 1);
	assert_int_equal(gw_cgroups_annotate(cgroups, list), 0);
	assert_string_equal(workload_at(list, 0), "a.service");
	assert_false(gw_cgroups_lives(cgroups, ids[0]));
	json_decref(list);
	assert_int_equal(gw_cgroups_annotate(cgroups, NULL), 0);
	gw_cgroups_free(cgroups);
}

static void more_ids_than_are_kept(void **state)
{
	char root[] = "/tmp/test-workload.XXXXXX", name[32], command[64];
	struct gw_cgroups *cgroups;
	uint64_t ids[300];
	size_t named = 0;
	json_t *list;

	assert_non_null(mkdtemp(root));
	for (size_t i = 0; i < 300; i++) {
		snprintf(name, sizeof(name), "/%zu.service", i);
		ids[i] = make_directory(root, name);
	}
	assert_int_equal(gw_cgroups_new(&cgroups, root), 0);
	list = nodes_of(ids, 300);
	assert_int_equal(gw_cgroups_annotate(cgroups, list), 0);
	for (size_t i = 0; i < 300; i++)
		named += *workload_at(list, i) != '\0';
	assert_int_equal(named, 256);
	json_decref(list);
	list = nodes_of(ids + 290, 10);
	assert_int_equal(gw_cgroups_annotate(cgroups, list), 0);
	assert_string_equal(workload_at(list, 9), "299.service");
	json_decref(list);
	gw_cgroups_free(cgroups);
	snprintf(command, sizeof(command), "rm -r %s", root);
	assert_int_equal(system(command), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(units_are_systemds),
		cmocka_unit_test(containers_have_their_runtime),
		cmocka_unit_test(pods_have_their_uid),
		cmocka_unit_test(jobs_are_slurms_and_fluxs),
		cmocka_unit_test(strangers_are_nobodys),
		cmocka_unit_test(long_and_hostile_paths_are_cut),
		cmocka_unit_test(ids_are_inodes_of_directories),
		cmocka_unit_test(more_ids_than_are_kept),
	};

	return cmocka_run_group_tests_name("workload", tests, NULL, NULL);
}
