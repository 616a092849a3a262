/* SPDX-License-Identifier: GPL-2.0-or-later */
/* gpuwatchd --record-boot: begins to record the boot and ends at once. */
#include "daemon/boot/record.h"

#include <errno.h>
#include <linux/magic.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/vfs.h>

#include "daemon/kernel/boot-programs.h"
#include "lib/base/log.h"

#define BPFFS "/sys/fs/bpf"

/* As systemd mounts it later: it takes what it finds mounted as its own. */
static int record_mount_bpffs(const char *directory)
{
	struct statfs fs;

	if (strncmp(directory, BPFFS "/", strlen(BPFFS "/")) != 0)
		return 0;
	if (statfs(BPFFS, &fs) == 0 && (unsigned long)fs.f_type == BPF_FS_MAGIC)
		return 0;
	return mount("bpf", BPFFS, "bpf", MS_NOSUID | MS_NODEV | MS_NOEXEC, "mode=0700") < 0 ? -errno : 0;
}

int gw_boot_record(const char *directory, const char *btf_path, struct gw_perf *perf)
{
	struct gw_boot_programs_options options = {
		.directory = directory,
		.btf_path = btf_path,
		.perf = perf,
		.keep_others = true,
	};
	struct gw_boot_programs *programs = NULL;
	char message[512];
	int r;

	r = record_mount_bpffs(directory);
	if (r < 0) {
		log_error("Mounting a BPF file system on %s failed: %s", BPFFS, strerror(-r));
		return r;
	}
	r = gw_boot_programs_open(&programs, &options, message, sizeof(message));
	if (r < 0) {
		log_error("%s", message);
		return r;
	}
	gw_boot_programs_free(programs);
	return 0;
}
