/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Units of time in one another, for pure code too: reading a clock is clock.h's. */
#ifndef GPUWATCH_LIB_BASE_UNITS_H
#define GPUWATCH_LIB_BASE_UNITS_H

#include <stdint.h>

#define GW_NSEC_PER_USEC UINT64_C(1000)
#define GW_NSEC_PER_MSEC UINT64_C(1000000)
#define GW_NSEC_PER_SEC UINT64_C(1000000000)
#define GW_USEC_PER_MSEC UINT64_C(1000)
#define GW_USEC_PER_SEC UINT64_C(1000000)

#endif
