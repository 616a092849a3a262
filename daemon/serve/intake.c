/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a peer of the private socket may send. */
#include "daemon/serve/intake.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>

#define AUTHENTICATION_MAX 1024
#define HEADER_SIZE 16 /* of a message: up to the length of the array of fields */

/* Up to and including the end of the line, 0 if there is none. */
static size_t intake_line(const char *data, size_t size)
{
	const char *end = memmem(data, size, "\r\n", 2);

	return end ? (size_t)(end - data) + 2 : 0;
}

/* D-Bus specification, "Authentication Protocol": a NUL byte, then lines; after BEGIN come messages. */
static long intake_authentication(struct gw_intake *intake, const char *data, size_t size)
{
	size_t done = 0, line;

	if (intake->authenticated == 0 && size > 0 && data[0] != '\0')
		return -EPROTO;
	while (!intake->running && (line = intake_line(data + done, size - done))) {
		const size_t begin = intake->authenticated == 0 && done == 0; /* behind the NUL */

		intake->running = line - begin == sizeof("BEGIN\r\n") - 1 &&
				  memcmp(data + done + begin, "BEGIN\r\n", sizeof("BEGIN\r\n") - 1) == 0;
		done += line;
	}
	if (intake->authenticated + (done ? done : size) > AUTHENTICATION_MAX)
		return -EMSGSIZE;
	intake->authenticated += done;
	return (long)done;
}

static uint32_t intake_number(const unsigned char *bytes, bool little)
{
	return little ? bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 | (uint32_t)bytes[3] << 24
		      : bytes[3] | (uint32_t)bytes[2] << 8 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[0] << 24;
}

/* D-Bus specification, "Message Format": byte order, body's length at 4, the fields' at 12; they are padded to 8. */
static long intake_message(const unsigned char *data, size_t size)
{
	uint64_t length;
	bool little;

	if (size < HEADER_SIZE)
		return 0;
	little = data[0] == 'l';
	if (!little && data[0] != 'B')
		return -EPROTO;
	length = HEADER_SIZE + (((uint64_t)intake_number(data + 12, little) + 7) & ~7ULL) +
		 intake_number(data + 4, little);
	if (length > GW_INTAKE_MAX)
		return -EMSGSIZE;
	return size < length ? 0 : (long)length;
}

long gw_intake_next(struct gw_intake *intake, const void *data, size_t size)
{
	return intake->running ? intake_message(data, size) : intake_authentication(intake, data, size);
}
