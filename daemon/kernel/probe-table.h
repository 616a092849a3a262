/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The one table of probes: where programs attach, and what each is good for. */
#ifndef GPUWATCH_DAEMON_KERNEL_PROBE_TABLE_H
#define GPUWATCH_DAEMON_KERNEL_PROBE_TABLE_H

#include <stdbool.h>
#include <stddef.h>

#define GW_PROBE_PROGRAMS 6

/*
 * A probe's programs see begins and, last, the end: all are attached or none,
 * for a begin whose end is not seen would never be over. The kind of a hook is
 * its program's section. Functions of modules have kprobes, never fentry: a
 * trampoline holds the module, and nobody could unload the driver any more.
 */
struct gw_probe_definition {
	const char *name;     /* in the status, and in the names of its pins */
	const char *object;   /* that has its programs, see gw_objects_open() */
	const char *target;   /* what it attaches to, for people */
	const char *module;   /* NULL = the kernel; then the programs' sections name the target */
	const char *function; /* of the module, for kprobes: may carry a suffix in the kernel, see gw_kallsyms_find();
				 NULL with a module: its trace events */
	const char *programs[GW_PROBE_PROGRAMS];  /* begins, then the end */
	const char *otherwise[GW_PROBE_PROGRAMS]; /* instead, where the kernel lacks or refuses these */
	const char *needs;			  /* a probe, earlier in the table, without which it sees nothing */
	const char *
		patch; /* subject of the patch in kernel-patches/ that adds what it attaches to; NULL: stock kernels have it */
	const char *lost; /* what is not seen without it */
	bool required;	  /* without it nothing works */
};

/* All of them; @count: how many. */
const struct gw_probe_definition *gw_probe_table(size_t *count);

/* Whether a target of the table is this function, or what the compiler made of it (".constprop.0", ".part.0"). */
bool gw_probe_table_names(const char *function);

#endif
