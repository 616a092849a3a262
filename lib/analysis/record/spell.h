/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Spells: from look to look a task ran in the kernel, or slept for short times, and did not come out of what it was
 * doing: the same system call, the same work item. Its waits, if it has any, change; the spell is what stands.
 */
#ifndef GPUWATCH_LIB_ANALYSIS_RECORD_SPELL_H
#define GPUWATCH_LIB_ANALYSIS_RECORD_SPELL_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/analysis/record/snapshot.h"

enum gw_spell_kind {
	GW_SPELL_RUNS, /* on a CPU, or waiting for one, at each look */
	GW_SPELL_NAPS, /* slept at some of them, each time with a timer, and ran in between */
};

struct gw_spell {
	uint64_t task, start_ns; /* struct task_struct, its start time */
	enum gw_spell_kind kind;
	uint32_t looks;	   /* that it has lasted for, after the first one */
	uint64_t since_ns; /* CLOCK_MONOTONIC of the first look: it may have begun before */
	uint64_t exec_ns;  /* CPU time since then, where it was seen running */
	uint64_t switches; /* context switches since then */
	uint32_t doubts;   /* looks in a row that did not show it, though the task ran in between */
	uint64_t grown_ns; /* CPU time since the look before */
	uint64_t
		object; /* fence or semaphore for which it slept at each look at which it slept, with a timeout; 0 = at none */
};

/* It slept for something else, or for several of them. */
#define GW_SPELL_NO_OBJECT UINT64_MAX

/* Of fewer looks nothing follows. */
#define GW_SPELL_LOOKS 2

struct gw_spells {
	struct gw_spell *list; /* in order of the task's address */
	size_t count;
};

/*
 * gw_spells_update - what the tasks of @now have done since @before
 * @spells: those of @before; become those of @now. All zeroes at first; gw_spells_deinit() it
 * @before: NULL: nothing is known
 *
 * Returns 0 or -ENOMEM, when there are none.
 */
int gw_spells_update(struct gw_spells *spells, const struct gw_snapshot *now, const struct gw_snapshot *before);
void gw_spells_deinit(struct gw_spells *spells);

/* The spell of a task, if it has lasted for GW_SPELL_LOOKS; else NULL. @spells may be NULL. */
const struct gw_spell *gw_spells_find(const struct gw_spells *spells, const struct gw_task_record *task);

#endif
