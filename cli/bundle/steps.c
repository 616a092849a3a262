/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One function a file; nothing in here has to come back. */
#include "cli/bundle/steps.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "cli/command/explain.h"
#include "cli/lib/error.h"
#include "cli/lib/file.h"
#include "cli/lib/json-field.h"
#include "cli/lib/text.h"
#include "lib/base/files.h"
#include "lib/base/units.h"
#include "lib/client/client.h"
#include "lib/system/kmsg.h"

#define PLAIN_FILE ((size_t)1 << 20) /* bytes of a file of the machine's */
#define KEPT_RECORDS 4000	     /* of the kernel's log: the last ones */

/* ---- the daemon's ------------------------------------------------------------ */

static int step_fail(FILE *out, const char *reason)
{
	fprintf(out, "%s", reason);
	return -1;
}

static int step_json(FILE *out, const json_t *json)
{
	return json_dumpf(json, out, JSON_INDENT(1) | JSON_ENSURE_ASCII) < 0 || fputc('\n', out) < 0 ? -1 : 0;
}

static int step_call(const struct cli *cli, FILE *out, const char *method)
{
	_cleanup_client_ struct gw_client client;
	_cleanup_json_ json_t *answer = NULL;
	int r = gw_client_open(&client, &cli->target);

	if (r == GW_CLIENT_OK)
		r = gw_client_call(&client, &answer, method, "");
	return r == GW_CLIENT_OK ? step_json(out, answer) : step_fail(out, client.outcome.message);
}

static int step_status(const struct cli *cli, FILE *out)
{
	return step_call(cli, out, "GetStatus");
}

static int step_timelines(const struct cli *cli, FILE *out)
{
	return step_call(cli, out, "ListTimelines");
}

static int step_kfd(const struct cli *cli, FILE *out)
{
	return step_call(cli, out, "GetKfd");
}

static int step_probe_order(const struct cli *cli, FILE *out)
{
	return step_call(cli, out, "GetProbeOrder");
}

static int step_waits(const struct cli *cli, FILE *out)
{
	_cleanup_client_ struct gw_client client;
	_cleanup_json_ json_t *waits = NULL;
	int r = gw_client_open(&client, &cli->target);

	if (r == GW_CLIENT_OK)
		r = gw_client_call(&client, &waits, "ListAllWaits", "t", (uint64_t)0);
	return r == GW_CLIENT_OK ? step_json(out, waits) : step_fail(out, client.outcome.message);
}

static int step_reports(const struct cli *cli, FILE *out)
{
	static const char *const kinds[] = { "deadlock", "livelock", "stall", "hazard" };
	_cleanup_client_ struct gw_client client;
	_cleanup_json_ json_t *all = json_array();
	int r = gw_client_open(&client, &cli->target);

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]) && r == GW_CLIENT_OK; i++) {
		_cleanup_json_ json_t *some = NULL;

		r = gw_client_call(&client, &some, "ListReports", "sb", kinds[i], true);
		if (r == GW_CLIENT_OK && json_array_extend(all, some) < 0)
			out_of_memory();
	}
	return r == GW_CLIENT_OK ? step_json(out, all) : step_fail(out, client.outcome.message);
}

/* A file that the daemon hands out: all of it. */
static int step_call_file(const struct cli *cli, FILE *out, const char *method, size_t limit)
{
	_cleanup_client_ struct gw_client client;
	_cleanup_free_ char *data = NULL;
	size_t size;
	int r = gw_client_open(&client, &cli->target), fd;

	if (r == GW_CLIENT_OK)
		r = gw_client_call_file(&client, &fd, method);
	if (r != GW_CLIENT_OK)
		return step_fail(out, client.outcome.message);
	r = file_read_fd(fd, limit, &data, &size);
	if (r < 0)
		return step_fail(out, strerror(-r));
	return fwrite(data, 1, size, out) == size ? 0 : -1;
}

static int step_recording(const struct cli *cli, FILE *out)
{
	return step_call_file(cli, out, "Record", (size_t)64 << 20);
}

static int step_boot(const struct cli *cli, FILE *out)
{
	return step_call_file(cli, out, "SaveBoot", (size_t)64 << 20);
}

/* ---- the kernel's log --------------------------------------------------------- */

struct kept {
	char *records[KEPT_RECORDS];
	size_t next;
};

/* "6,339,5140900,-;text": what user space has written has a facility, and is left out. */
static int step_on_record(const char *text, size_t size, void *userdata)
{
	struct kept *kept = userdata;
	char **place = &kept->records[kept->next % KEPT_RECORDS];

	if (strtoul(text, NULL, 10) > 7)
		return 0;
	free(*place);
	*place = strndup(text, size);
	kept->next++;
	return *place ? 0 : -ENOMEM;
}

static int step_kernel_log(const struct cli *cli, FILE *out)
{
	struct kept kept = { .next = 0 };
	struct gw_kmsg *kmsg;
	int r = gw_kmsg_open(&kmsg, NULL);

	if (r < 0)
		return step_fail(out, strerror(-r));
	r = gw_kmsg_read(kmsg, step_on_record, &kept);
	gw_kmsg_close(kmsg);
	for (size_t i = 0; i < KEPT_RECORDS; i++) {
		char *record = kept.records[(kept.next + i) % KEPT_RECORDS];

		if (record)
			fputs(record, out); /* with the end of its line */
		free(record);
	}
	return r < 0 ? step_fail(out, strerror(-r)) : 0;
}

/* What `gpuwatch-cli explain` makes of it. */
static int step_explain(const struct cli *cli, FILE *out)
{
	int fd = memfd_create("kernel.log", 0), r;
	FILE *log = fd < 0 ? NULL : fdopen(fd, "w");
	char path[32];
	struct cli explain = *cli;
	char *arguments[] = { path, NULL };

	if (!log || step_kernel_log(cli, log) < 0 || fflush(log) != 0)
		return step_fail(out, "the kernel's log cannot be read");
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	explain.terminal.out = out;
	explain.options = OPTION_JSON;
	explain.argument = path;
	explain.arguments = arguments;
	explain.n_arguments = 1;
	r = command_explain(&explain);
	fclose(log);
	return r == EXIT_FOUND || r == EXIT_NOTHING ? 0 : -1;
}

/* ---- the machine --------------------------------------------------------------- */

static int step_copy(FILE *out, const char *path)
{
	_cleanup_free_ char *text = NULL;
	size_t size;
	int r = gw_file_whole(AT_FDCWD, path, PLAIN_FILE, &text, &size);

	if (r < 0)
		return step_fail(out, strerror(-r));
	return fwrite(text, 1, size, out) == size ? 0 : -1;
}

static int step_modules(const struct cli *cli, FILE *out)
{
	(void)cli;
	return step_copy(out, "/proc/modules");
}

static int step_command_line(const struct cli *cli, FILE *out)
{
	(void)cli;
	return step_copy(out, "/proc/cmdline");
}

/* Without the name of the machine. */
static int step_version(const struct cli *cli, FILE *out)
{
	struct utsname system;

	(void)cli;
	if (uname(&system) < 0)
		return -1;
	fprintf(out, "gpuwatch-cli %s\n%s %s %s %s\n", GW_VERSION, system.sysname, system.release, system.version,
		system.machine);
	/* An initramfs has none. */
	return access("/etc/os-release", F_OK) < 0 ? 0 : step_copy(out, "/etc/os-release");
}

static void step_print_attribute(FILE *out, int directory, const char *node, const char *attribute)
{
	char path[256], value[128];

	snprintf(path, sizeof(path), "%.64s/device/%.64s", node, attribute);
	if (gw_file_text(directory, path, value, sizeof(value)) > 0)
		fprintf(out, " %s=%s", attribute, value);
}

/* By attributes that the kernel keeps itself: "uevent" would wait for the device's lock. */
static int step_devices(const struct cli *cli, FILE *out)
{
	static const char *const attributes[] = { "vendor", "device", "subsystem_vendor", "subsystem_device",
						  "revision" };
	DIR *stream = gw_directory_list(AT_FDCWD, "/sys/class/drm");
	struct dirent *entry;

	(void)cli;
	while (stream && (entry = gw_directory_next(stream))) {
		char path[256], name[64], driver[64] = "";

		snprintf(path, sizeof(path), "%.64s/device", entry->d_name);
		if (strchr(entry->d_name, '-') || gw_link_name(dirfd(stream), path, name, sizeof(name)) < 0)
			continue;
		snprintf(path, sizeof(path), "%.64s/device/driver", entry->d_name);
		gw_link_name(dirfd(stream), path, driver, sizeof(driver));
		fprintf(out, "%s %s driver=%s", entry->d_name, name, driver);
		for (size_t i = 0; i < sizeof(attributes) / sizeof(attributes[0]); i++)
			step_print_attribute(out, dirfd(stream), entry->d_name, attributes[i]);
		fputc('\n', out);
	}
	if (stream)
		closedir(stream);
	return 0;
}

/* ---- all of it ------------------------------------------------------------------ */

#define PERSONAL_TASKS "names and numbers of processes, cgroups with numbers of users, jobs, pods and containers"

static const struct gather_step steps[] = {
	{ .name = "version.txt", .run = step_version, .personal = "" },
	{ .name = "modules.txt", .run = step_modules, .personal = "" },
	{ .name = "devices.txt", .run = step_devices, .personal = "" },
	{ .name = "status.json", .run = step_status, .personal = "" },
	{ .name = "timelines.json", .run = step_timelines, .personal = "names of processes" },
	{ .name = "kfd.json", .run = step_kfd, .personal = "names and numbers of processes" },
	{ .name = "reports.json", .run = step_reports, .personal = PERSONAL_TASKS },
	{ .name = "waits.json", .run = step_waits, .personal = PERSONAL_TASKS },
	{ .name = "explained.json", .run = step_explain, .personal = "names and numbers of processes" },
	{ .name = "kernel.log",
	  .run = step_kernel_log,
	  .personal = "whatever drivers print: names of processes and hosts, addresses of networks, serial numbers" },
	/* These cannot be redacted: they are read by programs, or are written by persons. */
	{ .name = "probe-order.json", .run = step_probe_order, .personal = "the kernel's command line" },
	{ .name = "boot.jsonl", .run = step_boot, .personal = "the kernel's log and command line" },
	{ .name = "command-line.txt", .run = step_command_line, .personal = "whatever the kernel was started with" },
	{ .name = "recording.gpuwatch", .run = step_recording, .personal = "names and numbers of processes" },
};

#define STEPS (sizeof(steps) / sizeof(steps[0]))
#define NOT_REDACTABLE 4

struct gather_step *bundle_steps(size_t *count)
{
	struct gather_step *copy = malloc(sizeof(steps));

	if (!copy)
		out_of_memory();
	memcpy(copy, steps, sizeof(steps));
	*count = STEPS;
	return copy;
}

size_t bundle_steps_redactable(void)
{
	return STEPS - NOT_REDACTABLE;
}
