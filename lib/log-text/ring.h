/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Lines of amdgpu_fence_info and radeon_fence_info in debugfs: what each ring was given, and what it has done of that. */
#ifndef GPUWATCH_LIB_LOG_TEXT_RING_H
#define GPUWATCH_LIB_LOG_TEXT_RING_H

#include <stdbool.h>
#include <stdint.h>

enum gw_log_ring_line {
	GW_LOG_RING_HEADING,   /* "--- ring 3 (comp_1.2.0) ---" */
	GW_LOG_RING_SIGNALLED, /* "Last signaled fence          0x0000002a" */
	GW_LOG_RING_EMITTED,   /* "Last emitted                 0x0000002c" */
};

struct gw_log_ring_text {
	enum gw_log_ring_line line;
	uint32_t number; /* HEADING */
	char name[32];	 /* HEADING; "" = not printed */
	uint64_t seqno;	 /* the others */
};

/* Whether the line is one of these; then sets @ret. */
bool gw_log_ring_parse(const char *text, struct gw_log_ring_text *ret);

#endif
