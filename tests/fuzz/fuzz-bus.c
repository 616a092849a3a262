/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Takes arbitrary bytes as what a peer of the private socket sends, in pieces as long as the first byte says, and compares what
 * passes with what a second reading of the whole stream allows; tests/fuzz/run builds and runs it.
 */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/serve/intake.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* As sd-bus sees it: no message may be announced that is longer than what has passed with it. */
static void check_message(const uint8_t *message, size_t size)
{
	uint64_t body, fields;

	if (size < 16 || size > GW_INTAKE_MAX)
		abort();
	if (message[0] == 'l') {
		body = message[4] | message[5] << 8 | message[6] << 16 | (uint64_t)message[7] << 24;
		fields = message[12] | message[13] << 8 | message[14] << 16 | (uint64_t)message[15] << 24;
	} else {
		body = message[7] | message[6] << 8 | message[5] << 16 | (uint64_t)message[4] << 24;
		fields = message[15] | message[14] << 8 | message[13] << 16 | (uint64_t)message[12] << 24;
	}
	if (16 + (fields + 7) / 8 * 8 + body != size)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct gw_intake intake = { 0 };
	size_t piece = size ? 1 + data[0] : 1, from = 1, have = 0;
	uint8_t buffer[GW_INTAKE_MAX];

	while (from < size || have > 0) {
		size_t more = size - from < piece ? size - from : piece;
		bool running = intake.running;
		long passed;

		more = more < sizeof(buffer) - have ? more : sizeof(buffer) - have;
		memcpy(buffer + have, data + from, more);
		from += more;
		have += more;
		passed = gw_intake_next(&intake, buffer, have);
		if (passed == -EMSGSIZE || passed == -EPROTO)
			return 0;
		if (passed < 0 || (size_t)passed > have || intake.authenticated > 1024)
			abort();
		if (passed == 0 && have == sizeof(buffer))
			abort(); /* it would wait for ever */
		if (passed > 0 && running)
			check_message(buffer, (size_t)passed);
		if (passed > 0 && !running && intake.running && memcmp(buffer + passed - 7, "BEGIN\r\n", 7) != 0)
			abort();
		have -= (size_t)passed;
		memmove(buffer, buffer + passed, have);
		if (passed == 0 && more == 0)
			break;
	}
	return 0;
}
