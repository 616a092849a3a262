/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whether this process may load BPF programs and attach them: capabilities, lockdown, perf restrictions. */
#include "daemon/kernel/capabilities.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "lib/base/cleanup.h"
#include "lib/base/files.h"

#define PROC_PID_INIT_INO 0xeffffffcu /* include/linux/proc_ns.h */

bool gw_has_capability(int capability)
{
	_cleanup_free_ char *line = NULL;
	unsigned long long effective = 0;
	size_t room = 0;
	_cleanup_fclose_ FILE *file = fopen("/proc/self/status", "re");

	while (file && getline(&line, &room, file) > 0) {
		if (sscanf(line, "CapEff: %llx", &effective) == 1)
			break;
	}
	if (capability == CAP_BPF || capability == CAP_PERFMON)
		effective |= (effective >> CAP_SYS_ADMIN & 1) << capability;
	return effective >> capability & 1;
}

/* Whether the kernel is locked down so far that programs may not read its memory. */
static bool capabilities_locked_down(void)
{
	char text[128] = "";

	gw_file_text(AT_FDCWD, "/sys/kernel/security/lockdown", text, sizeof(text));
	return strstr(text, "[confidentiality]") != NULL;
}

bool gw_perf_restricted(void)
{
	char text[16] = "";

	gw_file_text(AT_FDCWD, "/proc/sys/kernel/perf_event_paranoid", text, sizeof(text));
	return atoi(text) > 2 && !gw_has_capability(CAP_SYS_ADMIN);
}

int gw_bpf_refused(int error, const char *why, char *message, size_t size)
{
	const char *what = NULL;

	if (error == -EPERM || error == -EACCES) {
		if (capabilities_locked_down())
			what = "the kernel is locked down (confidentiality)";
		else if (!gw_has_capability(CAP_BPF))
			what = "the capability CAP_BPF is missing";
		else if (!gw_has_capability(CAP_PERFMON))
			what = "the capability CAP_PERFMON is missing";
	}
	if (what)
		snprintf(message, size, "the kernel refuses BPF: %s", what);
	else
		snprintf(message, size, "the kernel refuses BPF: %s (%s)", *why ? why : "no reason given",
			 strerror(-error));
	return error;
}

bool gw_in_initial_pid_namespace(void)
{
	struct stat status;

	return stat("/proc/self/ns/pid", &status) < 0 || status.st_ino == PROC_PID_INIT_INO;
}
