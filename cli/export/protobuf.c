/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Variable-length numbers, and what is preceded by its length. */
#include "cli/export/protobuf.h"

#include <stdlib.h>
#include <string.h>

#include "cli/lib/error.h"
#include "lib/base/array.h"

enum {
	WIRE_NUMBER = 0,
	WIRE_BYTES = 2,
};

static void protobuf_add_bytes(struct protobuf *message, const void *data, size_t size)
{
	if (gw_array_reserve(message->data, message->size, message->allocated, size) < 0)
		out_of_memory();
	if (size > 0)
		memcpy(message->data + message->size, data, size);
	message->size += size;
}

/* Seven bits a byte, the lowest first; the eighth says that there is more. */
static void protobuf_add_varint(struct protobuf *message, uint64_t value)
{
	unsigned char bytes[10];
	size_t count = 0;

	do {
		bytes[count++] = (unsigned char)((value & 0x7f) | (value > 0x7f ? 0x80 : 0));
		value >>= 7;
	} while (value > 0);
	protobuf_add_bytes(message, bytes, count);
}

void protobuf_add_number(struct protobuf *message, unsigned field, uint64_t value)
{
	protobuf_add_varint(message, field << 3 | WIRE_NUMBER);
	protobuf_add_varint(message, value);
}

static void protobuf_add_sized(struct protobuf *message, unsigned field, const void *data, size_t size)
{
	protobuf_add_varint(message, field << 3 | WIRE_BYTES);
	protobuf_add_varint(message, size);
	protobuf_add_bytes(message, data, size);
}

void protobuf_add_string(struct protobuf *message, unsigned field, const char *string)
{
	protobuf_add_sized(message, field, string, strlen(string));
}

void protobuf_add_message(struct protobuf *message, unsigned field, struct protobuf *inner)
{
	protobuf_add_sized(message, field, inner->data, inner->size);
	protobuf_free(inner);
}

void protobuf_free(struct protobuf *message)
{
	free(message->data);
	*message = (struct protobuf){ .data = NULL };
}
