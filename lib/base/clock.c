/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The two clocks that records and reports carry, read in nanoseconds. */
#include "lib/base/clock.h"

#include <time.h>

static uint64_t clock_ns(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now); /* Linux has both clocks, and the pointer is good: it cannot fail */
	return (uint64_t)now.tv_sec * GW_NSEC_PER_SEC + (uint64_t)now.tv_nsec;
}

uint64_t gw_now_mono_ns(void)
{
	return clock_ns(CLOCK_MONOTONIC);
}

uint64_t gw_now_real_ns(void)
{
	return clock_ns(CLOCK_REALTIME);
}
