/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The two clocks that records and reports carry, read in nanoseconds. */
#ifndef GPUWATCH_LIB_BASE_CLOCK_H
#define GPUWATCH_LIB_BASE_CLOCK_H

#include <stdint.h>

#include "lib/base/units.h"

/* CLOCK_MONOTONIC, the clock of every record: ns since boot, without the time in suspend. Safe in signal handlers. */
uint64_t gw_now_mono_ns(void);

/* CLOCK_REALTIME: ns since the epoch, in UTC. Safe in signal handlers. */
uint64_t gw_now_real_ns(void);

#endif
