/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From when on a wait is looked at or reported, and how much is kept: what an operator may choose. */
#ifndef GPUWATCH_LIB_ANALYSIS_VERDICT_POLICY_H
#define GPUWATCH_LIB_ANALYSIS_VERDICT_POLICY_H

#include <stddef.h>
#include <stdint.h>

#include "lib/base/units.h"

struct gw_policy {
	uint64_t min_wait_ns; /* younger waits are not looked at (default 500 ms) */
	uint64_t stall_ns;    /* a GPU wait older than this is reported as a stall (default 10 s) */
	size_t keep_resolved; /* resolved reports kept in memory (default 128) */
};

#define GW_POLICY_DEFAULT                                                                                              \
	((struct gw_policy){                                                                                           \
		.min_wait_ns = 500 * GW_NSEC_PER_MSEC, .stall_ns = 10 * GW_NSEC_PER_SEC, .keep_resolved = 128 })

#endif
