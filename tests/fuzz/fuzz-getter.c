/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Decodes arbitrary bytes as getters of both machines; tests/fuzz/run builds and runs it. */
#include <stdlib.h>
#include <string.h>

#include "daemon/kernel/getter.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void decode(void (*decode)(struct gw_getter *getter, uint64_t address), const uint8_t *data, size_t size)
{
	struct gw_getter getter = { .state = GW_GETTER_ASKED };

	memcpy(getter.code, data, size < sizeof(getter.code) ? size : sizeof(getter.code));
	decode(&getter, 0xffffffffc0401230ULL);
	if ((getter.state != GW_GETTER_KNOWN && getter.state != GW_GETTER_OPAQUE) ||
	    getter.step_count > GW_GETTER_STEPS_MAX)
		abort();
	/* Each step but the last ends with a load: else it would be one with the next. */
	for (uint32_t i = 0; i + 1 < getter.step_count; i++)
		if (!getter.steps[i].load)
			abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	decode(gw_getter_decode_x86, data, size);
	decode(gw_getter_decode_arm64, data, size);
	return 0;
}
