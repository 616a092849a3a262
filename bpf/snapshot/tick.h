/* SPDX-License-Identifier: GPL-2.0-only */
/* How long a jiffy is. */
#ifndef GPUWATCH_BPF_SNAPSHOT_TICK_H
#define GPUWATCH_BPF_SNAPSHOT_TICK_H

#include "bpf/lib/state.h"

/* What the clock source that counts them advances by. 0 = not known. */
static __always_inline u64 tick_ns(void)
{
	struct clocksource *jiffies = (void *)control.symbols.clocksource_jiffies;

	return jiffies ? BPF_CORE_READ(jiffies, mult) >> BPF_CORE_READ(jiffies, shift) : 0;
}

#endif
