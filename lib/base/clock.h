/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The clocks and units of time that the daemon's edge uses. */
#ifndef GPUWATCH_LIB_BASE_CLOCK_H
#define GPUWATCH_LIB_BASE_CLOCK_H

#include <stdint.h>
#include <time.h>

#define GW_NSEC_PER_USEC 1000ULL
#define GW_NSEC_PER_MSEC 1000000ULL
#define GW_NSEC_PER_SEC 1000000000ULL
#define GW_USEC_PER_MSEC 1000ULL
#define GW_USEC_PER_SEC 1000000ULL

/* CLOCK_MONOTONIC, the clock of every record, in ns. */
static inline uint64_t gw_now_mono_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * GW_NSEC_PER_SEC + (uint64_t)now.tv_nsec;
}

#endif
