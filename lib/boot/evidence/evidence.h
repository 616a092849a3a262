/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is inside a boot: the evidence as it came in, and what the last analysis made of it. */
#ifndef GPUWATCH_LIB_BOOT_EVIDENCE_EVIDENCE_H
#define GPUWATCH_LIB_BOOT_EVIDENCE_EVIDENCE_H

#include <stdbool.h>

#include "lib/boot/boot.h"
#include "lib/boot/evidence/names.h"

/* An event with its names as numbers: a fifth of the size. */
struct gw_boot_fact {
	uint64_t time_ns, sequence, duration_ns, flags;
	uint32_t subject, other, bus; /* of names */
	uint32_t pid;
	int32_t result;
	uint8_t type;	/* enum gw_boot_event_type */
	uint8_t source; /* enum gw_boot_source */
};

/* Events that are kept; what comes later is counted, so that a daemon that runs for years does not grow. */
#define GW_BOOT_EVENTS_MAX (1u << 20)

struct gw_boot_kmsg_mark {
	uint64_t sequence, time_ns;
};

/* A built-in initcall, of the running kernel. */
struct gw_boot_builtin {
	uint32_t function, module;
	uint8_t level;
};

struct gw_boot_findings;
struct gw_boot_model;

struct gw_boot {
	const struct gw_depends *given; /* the caller's table */
	struct gw_depends *carried; /* the table that came with the evidence: it replaces the caller's; NULL = none */
	struct gw_boot_host host;
	struct gw_boot_names names;
	struct gw_boot_fact *facts;
	size_t n_facts, allocated_facts;
	uint64_t dropped_facts;		 /* beyond GW_BOOT_EVENTS_MAX */
	struct gw_boot_kmsg_mark *marks; /* one per record of the kernel log */
	size_t n_marks, allocated_marks;
	uint64_t malformed; /* records of the kernel log, lines of the file */
	struct gw_boot_builtin *builtins;
	size_t n_builtins;
	json_t *state, *lost; /* NULL = not given */

	/* The last analysis. */
	struct gw_boot_model *model;
	struct gw_report **reports;
	size_t n_reports;
};

static inline const char *gw_boot_name(const struct gw_boot *boot, uint32_t number)
{
	return gw_boot_names_text(&boot->names, number);
}

/* All entries that hold for this kernel or not; see gw_dependency_for_kernel(). */
size_t gw_boot_dependencies(const struct gw_boot *boot, const struct gw_dependency **ret);

#endif
