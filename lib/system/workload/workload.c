/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Goes through a cgroup's path part by part; each part is one of a few forms that a runtime or scheduler gives its cgroups. */
#include "lib/system/workload/workload.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/json.h"
#include "lib/base/text.h"

#define ID_WHOLE 64 /* digits of a container's id */
#define ID_MIN 32   /* where more than the digits shows that it is one */
#define UID_LENGTH 36

/* ---- parts ---------------------------------------------------------------- */

/* @size bytes of @text, cut to what fits. */
static void workload_copy(char *ret, size_t room, const char *text, size_t size)
{
	if (size >= room)
		size = room - 1;
	memcpy(ret, text, size);
	ret[size] = '\0';
}

#define workload_set(field, text, size) workload_copy((field), sizeof(field), (text), (size))

/* The part without this suffix: its length; 0 if it has another end, or nothing before it. */
static size_t workload_before(const char *part, const char *suffix)
{
	size_t size = strlen(part), end = strlen(suffix);

	return size > end && strcmp(part + size - end, suffix) == 0 ? size - end : 0;
}

static bool workload_is_id(const char *text, size_t size)
{
	for (size_t i = 0; i < size; i++)
		if (!isdigit((unsigned char)text[i]) && !(text[i] >= 'a' && text[i] <= 'f'))
			return false;
	return size >= ID_MIN;
}

/* ---- containers ------------------------------------------------------------- */

static void workload_set_container(struct gw_workload *workload, const char *runtime, const char *id, size_t size)
{
	workload_set(workload->runtime, runtime, strlen(runtime));
	workload_set(workload->container, id, size);
}

/* "docker-ID.scope" and the like, from systemd; "kubepods-….slice:cri-containerd:ID" from a runtime that was given both. */
static bool workload_read_scope(struct gw_workload *workload, const char *part)
{
	static const struct {
		const char *prefix, *runtime;
	} prefixes[] = {
		{ "docker-", "docker" },      { "cri-containerd-", "containerd" },
		{ "nerdctl-", "containerd" }, { "crio-", "cri-o" },
		{ "libpod-", "podman" },      { "cri-containerd:", "containerd" },
		{ "crio:", "cri-o" },	      { "docker:", "docker" },
		{ "libpod:", "podman" },      { "nerdctl:", "containerd" },
	};
	const char *colon = strchr(part, ':'), *name = colon ? colon + 1 : part;
	size_t size = colon ? strlen(name) : workload_before(name, ".scope");

	for (size_t i = 0; size && i < sizeof(prefixes) / sizeof(prefixes[0]); i++) {
		const char *id = gw_text_after(name, prefixes[i].prefix);

		if (id && id < name + size && workload_is_id(id, size - (size_t)(id - name))) {
			workload_set_container(workload, prefixes[i].runtime, id, size - (size_t)(id - name));
			return true;
		}
	}
	return false;
}

/* Without systemd: "/docker/ID", "/libpod_parent/libpod-ID", "/kubepods/burstable/podUID/ID", and LXC's names. */
static bool workload_read_directory(struct gw_workload *workload, const char *part, const char *parent)
{
	const char *podman = gw_text_after(part, "libpod-"), *crio = gw_text_after(part, "crio-");
	const char *lxc = gw_text_after(part, "lxc.payload.");

	if (lxc && *lxc) {
		workload_set_container(workload, "lxc", lxc, strlen(lxc));
		return true;
	}
	if (podman && workload_is_id(podman, strlen(podman))) {
		workload_set_container(workload, "podman", podman, strlen(podman));
		return true;
	}
	if (crio && workload_is_id(crio, strlen(crio))) {
		workload_set_container(workload, "cri-o", crio, strlen(crio));
		return true;
	}
	if (!*parent || strlen(part) != ID_WHOLE || !workload_is_id(part, ID_WHOLE))
		return false;
	workload_set_container(workload, strcmp(parent, "docker") == 0 ? "docker" : "", part, ID_WHOLE);
	return true;
}

/* ---- pods ------------------------------------------------------------------- */

/* Systemd's names have '_' for '-' in there. A static pod's UID is a hash without dashes. */
static bool workload_read_uid(struct gw_workload *workload, const char *uid, size_t size)
{
	char text[UID_LENGTH + 1];

	if (size != UID_LENGTH && size != 32)
		return false;
	workload_copy(text, sizeof(text), uid, size);
	for (size_t i = 0; i < size; i++) {
		bool dash = size == UID_LENGTH && (i == 8 || i == 13 || i == 18 || i == 23);

		if (dash ? text[i] != '_' && text[i] != '-' : !isxdigit((unsigned char)text[i]))
			return false;
		if (dash)
			text[i] = '-';
	}
	workload_set(workload->pod, text, size);
	return true;
}

/* "kubepods-burstable-podUID.slice", perhaps with the name of the cluster's own parent before; or "podUID". */
static bool workload_read_pod(struct gw_workload *workload, const char *part)
{
	size_t size = strcspn(part, ":");
	const char *kube = strstr(part, "kubepods"), *uid = gw_text_after(part, "pod");

	if (kube && size > 6 && strncmp(part + size - 6, ".slice", 6) == 0) {
		uid = strstr(kube, "-pod");
		return uid && uid + 4 < part + size &&
		       workload_read_uid(workload, uid + 4, (size_t)(part + size - 6 - (uid + 4)));
	}
	return uid && workload_read_uid(workload, uid, strlen(uid));
}

/* ---- jobs ------------------------------------------------------------------- */

static bool workload_read_slurm(struct gw_workload *workload, const char *part, bool slurm)
{
	const char *job = gw_text_after(part, "job_"), *step = gw_text_after(part, "step_");

	if (slurm && job && isdigit((unsigned char)*job)) {
		workload_set(workload->slurm_job, job, strlen(job));
		return true;
	}
	if (slurm && step && *step && *workload->slurm_job) {
		workload_set(workload->slurm_step, step, strlen(step));
		return true;
	}
	return false;
}

/* What is below it is Slurm's: "slurmstepd.scope", "NODE_slurmstepd.scope"; "slurm", "slurm_NODE" in version 1. */
static bool workload_is_slurm(const char *part)
{
	size_t size = workload_before(part, "slurmstepd.scope");

	return strcmp(part, "slurmstepd.scope") == 0 || (size && part[size - 1] == '_') || strcmp(part, "slurm") == 0 ||
	       gw_text_after(part, "slurm_");
}

/* "imp-shell-0-fH5gHAKUjYM.service", a unit of Flux's own user manager. */
static bool workload_read_flux(struct gw_workload *workload, const char *part)
{
	const char *shell = gw_text_after(part, "imp-shell-"), *job;
	size_t size = workload_before(part, ".service");

	if (!shell)
		shell = gw_text_after(part, "shell-");
	if (!shell || !size)
		return false;
	job = shell + strspn(shell, "0123456789");
	if (job == shell || job[0] != '-' || job[1] != 'f' || job + 2 >= part + size)
		return false;
	workload_set(workload->flux_job, job + 1, (size_t)(part + size - (job + 1)));
	return true;
}

/* ---- units ------------------------------------------------------------------ */

static bool workload_is_unit(const char *part)
{
	return workload_before(part, ".service") || workload_before(part, ".scope");
}

/* The first one is the system's; what follows below a user's manager is that one's. */
static void workload_read_unit(struct gw_workload *workload, const char *part)
{
	if (!workload_is_unit(part))
		return;
	if (!*workload->unit)
		workload_set(workload->unit, part, strlen(part));
	else if (gw_text_after(workload->unit, "user@") && !*workload->user_unit && strcmp(part, "init.scope") != 0)
		workload_set(workload->user_unit, part, strlen(part));
}

/* ---- the path ------------------------------------------------------------------ */

static void workload_read_part(struct gw_workload *workload, const char *part, const char *parent, bool slurm)
{
	workload_read_unit(workload, part);
	workload_read_pod(workload, part);
	if (workload_read_slurm(workload, part, slurm) || workload_read_flux(workload, part) ||
	    workload_read_scope(workload, part))
		return;
	workload_read_directory(workload, part, parent);
}

void gw_workload_parse(struct gw_workload *ret, const char *path)
{
	char part[256], parent[256] = "";
	bool slurm = false;

	*ret = (struct gw_workload){ 0 };
	while (*path) {
		size_t size;

		path += strspn(path, "/");
		size = strcspn(path, "/");
		if (size == 0)
			break;
		/* Systemd puts a '_' before a name that the kernel has for itself. */
		workload_set(part, path + (*path == '_'), size - (*path == '_'));
		workload_read_part(ret, part, parent, slurm);
		slurm |= workload_is_slurm(part);
		memcpy(parent, part, sizeof(parent));
		path += size;
	}
}

/* ---- for others -------------------------------------------------------------- */

/* What a person asks for first: the job, else the pod, else the container, else the unit. */
static void workload_name(const struct gw_workload *workload, const char *path, struct gw_text *text)
{
	if (*workload->slurm_job)
		gw_text_add(text, "Slurm job %s%s%s", workload->slurm_job, *workload->slurm_step ? " step " : "",
			    workload->slurm_step);
	else if (*workload->flux_job)
		gw_text_add(text, "Flux job %s", workload->flux_job);
	else if (*workload->pod)
		gw_text_add(text, "pod %s", workload->pod);
	else if (*workload->container)
		gw_text_add(text, "%s%scontainer %.12s", workload->runtime, *workload->runtime ? " " : "",
			    workload->container);
	else if (*workload->user_unit)
		gw_text_add(text, "%s of %s", workload->user_unit, workload->unit);
	else if (*workload->unit)
		gw_text_add(text, "%s", workload->unit);
	else
		gw_text_add(text, "cgroup %s", path);
}

json_t *gw_workload_json(const struct gw_workload *workload, const char *path)
{
	const struct {
		const char *key, *value;
	} fields[] = {
		{ "unit", workload->unit },
		{ "user_unit", workload->user_unit },
		{ "runtime", workload->runtime },
		{ "container", workload->container },
		{ "pod", workload->pod },
		{ "slurm_job", workload->slurm_job },
		{ "slurm_step", workload->slurm_step },
		{ "flux_job", workload->flux_job },
	};
	struct gw_text name = { .data = NULL };
	json_t *json = json_object();
	bool failed = !json;

	workload_name(workload, path, &name);
	gw_json_put(json, "name", gw_text_json(&name), &failed);
	gw_json_put(json, "cgroup", gw_json_text(path), &failed);
	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
		if (*fields[i].value)
			gw_json_put(json, fields[i].key, gw_json_text(fields[i].value), &failed);
	return gw_json_unless(json, failed);
}
