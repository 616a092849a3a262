// SPDX-License-Identifier: GPL-2.0
/*
 * Trace events of drivers whose hardware is not here: fired with arguments of our own, through whatever is registered
 * with their tracepoint. The drivers do not export theirs, so they are looked up by name.
 */
#include <linux/kprobes.h>
#include <linux/rcupdate.h>
#include <linux/tracepoint.h>

#include "lab.h"

typedef unsigned long (*lookup_fn)(const char *name);

static lookup_fn find_lookup(void)
{
	struct kprobe probe = { .symbol_name = "kallsyms_lookup_name" };
	lookup_fn lookup;

	if (register_kprobe(&probe))
		return NULL;
	lookup = (lookup_fn)probe.addr;
	unregister_kprobe(&probe);
	return lookup;
}

int lab_event_find(const char *name, struct tracepoint **ret)
{
	lookup_fn lookup = find_lookup();
	char symbol[96];

	if (!lookup)
		return -ENOENT;
	snprintf(symbol, sizeof(symbol), "__tracepoint_%s", name);
	*ret = (struct tracepoint *)lookup(symbol);
	return *ret ? 0 : -ENOENT;
}

void lab_event_fire(struct tracepoint *event, const u64 *args)
{
	/* More arguments than any event has: those on the stack belong to the function that is called. */
	typedef void (*probe_fn)(void *data, u64 a, u64 b, u64 c, u64 d, u64 e, u64 f, u64 g, u64 h);
	struct tracepoint_func *probe;

	preempt_disable_notrace();
	for (probe = rcu_dereference_raw(event->funcs); probe && probe->func; probe++)
		((probe_fn)probe->func)(probe->data, args[0], args[1], args[2], args[3], args[4], 0ULL, 0ULL, 0ULL);
	preempt_enable_notrace();
}
