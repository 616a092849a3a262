/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * gpuwatchd --record-boot: begins to record the boot and ends at once. Made for
 * the initramfs, where nothing else is there yet: no bus, no configuration, no
 * users, perhaps no bpffs.
 */
#ifndef GPUWATCH_DAEMON_BOOT_RECORD_H
#define GPUWATCH_DAEMON_BOOT_RECORD_H

#include "daemon/perf/perf.h"

/*
 * gw_boot_record - load, attach and pin the programs that record the boot
 * @directory: on a bpffs
 * @btf_path: the kernel's BTF, NULL = /sys/kernel/btf/vmlinux
 * @perf: has the events for kprobes
 *
 * Mounts /sys/fs/bpf when @directory lies there and no bpffs does. Returns 0, also when it has been done already, or
 * -errno after one line about what is wrong.
 */
int gw_boot_record(const char *directory, const char *btf_path, struct gw_perf *perf);

#endif
