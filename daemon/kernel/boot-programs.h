/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The programs that record the boot (bpf/boot.bpf.c): attached and pinned by
 * whoever comes first (the initramfs, a unit early in boot, the daemon), and
 * found there by all others. They need nobody: what they see stays in their
 * ring buffer until somebody reads it.
 *
 * The pins lie in DIRECTORY/VERSIONHASH: four hexadecimal digits of the
 * records' layout, then what tells builds apart. Another build of the same
 * layout can be read, though not adopted.
 */
#ifndef GPUWATCH_DAEMON_KERNEL_BOOT_PROGRAMS_H
#define GPUWATCH_DAEMON_KERNEL_BOOT_PROGRAMS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bpf/abi/boot-records.h"
#include "daemon/kernel/probe-info.h"
#include "daemon/perf/perf.h"
#include "lib/system/kallsyms.h"

struct gw_boot_programs;

/* Takes a record; returns 0 or -errno, which ends the reading. */
typedef int (*gw_boot_take)(const struct gw_boot_record *record, void *userdata);

struct gw_boot_programs_options {
	const char *directory;		    /* on a bpffs; NULL = do not pin */
	const char *btf_path;		    /* the kernel's BTF; NULL = /sys/kernel/btf/vmlinux */
	const struct gw_kallsyms *kallsyms; /* NULL: they are read when they are needed */
	struct gw_perf *perf;		    /* not owned, used during the call */
	uint64_t first;			    /* number of the first record, if they are not there already */
	bool keep_others; /* whoever records already is as good, another build, too, if we read its layout: see below */
};

/*
 * gw_boot_programs_open - adopt what is pinned, or load and attach
 * @message, @size: on failure one line for people
 *
 * What another build has pinned is ended first; gw_boot_programs_read_others()
 * should have been called before that. Programs that this kernel has nothing
 * for are left out: see gw_boot_programs_rows(). Returns 0; 1 with keep_others
 * if somebody records already, and nothing was done (nor @ret set); -errno when
 * nothing can be recorded.
 */
int gw_boot_programs_open(struct gw_boot_programs **ret, const struct gw_boot_programs_options *options, char *message,
			  size_t size);

/* Where they are pinned: beside the daemon's other pins, for those may go while these stay. Returns 0 or -ENAMETOOLONG. */
int gw_boot_programs_directory(const char *pin_directory, char *ret, size_t size);

/* Ends this process' part; what is pinned goes on recording. */
void gw_boot_programs_free(struct gw_boot_programs *programs);

/* What other builds left. */
struct gw_boot_others {
	uint64_t next;	  /* number of the next record to come; raised if theirs are higher */
	uint64_t dropped; /* records that did not fit their ring buffers */
};

/*
 * gw_boot_programs_read_others - read what other builds have recorded and nobody has read
 *
 * Ends those builds' programs first. Returns 0 or -errno; records in a layout that is not ours are lost.
 */
int gw_boot_programs_read_others(const char *directory, struct gw_boot_others *others, gw_boot_take take,
				 void *userdata);

/* The counters, in memory shared with the programs. */
const struct gw_boot_counters *gw_boot_programs_counters(const struct gw_boot_programs *programs);

/* File descriptor that polls readable when there are records; level-triggered, owned by the programs. */
int gw_boot_programs_fd(const struct gw_boot_programs *programs);

/* Gives all records that there are to @take, each then being gone from the buffer. Returns their number or -errno. */
int gw_boot_programs_read(struct gw_boot_programs *programs, gw_boot_take take, void *userdata);

/* One row per kind of event, for `gpuwatch-cli status`; strings belong to the programs. */
size_t gw_boot_programs_rows(const struct gw_boot_programs *programs, const struct gw_probe_info **ret);

/* When they are freed, all of their pins go, too: see gw_loader_unpin(). */
void gw_boot_programs_unpin(struct gw_boot_programs *programs);

#endif
