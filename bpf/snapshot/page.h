/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * For which page a task waits where no program saw that begin. The functions of mm/filemap.c that wait for one are inlined into
 * each other, so that there is not always one to hook; but whoever waits has a struct wait_page_queue on its stack.
 */
#ifndef GPUWATCH_BPF_SNAPSHOT_PAGE_H
#define GPUWATCH_BPF_SNAPSHOT_PAGE_H

#include "bpf/snapshot/output.h"

/* In words: struct wait_page_queue { folio, bit_nr, wait { flags, private, func, entry } } */
#define PAGE_BIT 1
#define PAGE_TASK 3
#define PAGE_FUNCTION 4
#define PAGE_NEXT 5
#define PAGE_LOCKED 0 /* enum pageflags: PG_locked */

struct page_search {
	const struct scratch *scratch;
	u64 task;
	u64 stack; /* where the words were read from */
	u64 folio;
};

static long try_page(u32 i, void *context)
{
	struct page_search *search = context;
	const u64 *words = search->scratch->words;

	if (i >= TIMER_WORDS - PAGE_NEXT)
		return 1;
	if (words[i + PAGE_FUNCTION] != control.symbols.wake_page_function || words[i + PAGE_TASK] != search->task ||
	    (u32)words[i + PAGE_BIT] != PAGE_LOCKED)
		return 0;
	/* Off the queue again: what is left of a wait that is over. */
	if (words[i + PAGE_NEXT] == search->stack + (i + PAGE_NEXT) * 8)
		return 0;
	search->folio = words[i];
	return 1;
}

/* After read_sleep(), which has read the task's stack where it shows whether there is a timer. @stack: from where. */
static __noinline int read_page_wait(struct scratch *scratch, u64 stack)
{
	struct gw_task_record *record = &scratch->task;
	struct gw_wait *wait = &record->watch.waits[0];
	struct page_search search = { .scratch = scratch, .task = record->address, .stack = stack };

	if (record->watch.depth || !(record->state & TASK_UNINTERRUPTIBLE) || !control.symbols.wake_page_function ||
	    !(record->flags & (GW_TASK_F_TIMER | GW_TASK_F_NO_TIMER)))
		return 0;
	bpf_loop(TIMER_WORDS, try_page, &search, 0);
	if (!search.folio)
		return 0;
	__builtin_memset(wait, 0, sizeof(*wait));
	wait->kind = GW_WAIT_PAGE;
	wait->flags = GW_WAIT_F_ON_STACK;
	wait->object = search.folio;
	wait->since_ns = record->last_ran_ns;
	record->watch.depth = 1;
	return 0;
}

#endif
