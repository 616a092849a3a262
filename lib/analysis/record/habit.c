/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Signallers weighed by count and recency. */
#include "lib/analysis/record/habit.h"

/* How many times as many signals another one must have: the latest signaller, and one before it. */
#define OUTWEIGHS_LATEST 8
#define OUTWEIGHS_EARLIER 4

uint64_t gw_habit(const struct gw_signaller *signaller)
{
	return signaller->count > signaller->errors ? signaller->count - signaller->errors : 0;
}

bool gw_habit_is_interrupt(const struct gw_signaller *signaller)
{
	return signaller->kind == GW_SIGNALLER_SOFTIRQ || signaller->kind == GW_SIGNALLER_HARDIRQ;
}

static uint64_t habit_of_others(const struct gw_timeline *timeline, uint32_t index)
{
	uint64_t most = 0;

	for (uint32_t i = 0; i < GW_SIGNALLERS; i++)
		if (i != index && timeline->signallers[i].kind != GW_SIGNALLER_NONE &&
		    gw_habit(&timeline->signallers[i]) > most)
			most = gw_habit(&timeline->signallers[i]);
	return most;
}

bool gw_habit_is_occasional(const struct gw_timeline *timeline, uint32_t index)
{
	const struct gw_signaller *signaller = &timeline->signallers[index];
	uint64_t habit = gw_habit(signaller), others = habit_of_others(timeline, index);

	/* An interrupt may come again, whatever it has brought: a timer that ends fences with errors, too. */
	if (others < GW_HABITUAL_SIGNALS || gw_habit_is_interrupt(signaller))
		return false;
	if (habit == 0)
		return true;
	if (habit >= GW_HABITUAL_SIGNALS)
		return false;
	return others / habit >= (index == 0 ? OUTWEIGHS_LATEST : OUTWEIGHS_EARLIER);
}
