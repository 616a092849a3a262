/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The counter of operations: the compiler calls it at the beginning of each block (-fsanitize-coverage=trace-pc). */
#include "tests/unit/operations.h"

static uint64_t count;

void __sanitizer_cov_trace_pc(void);

void __sanitizer_cov_trace_pc(void)
{
	count++;
}

uint64_t operations(void)
{
	return count;
}
