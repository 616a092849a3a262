/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Messages in the encoding of Protocol Buffers (protobuf.dev/programming-guides/encoding), written field by field. */
#ifndef GPUWATCH_CLI_EXPORT_PROTOBUF_H
#define GPUWATCH_CLI_EXPORT_PROTOBUF_H

#include <stddef.h>
#include <stdint.h>

struct protobuf {
	unsigned char *data; /* malloc()ed, NULL while empty */
	size_t size, allocated;
};

/* Each ends the program when memory runs out. */
void protobuf_add_number(struct protobuf *message, unsigned field, uint64_t value);
void protobuf_add_string(struct protobuf *message, unsigned field, const char *string);
/* A message as a field of another one; @inner is empty afterwards. */
void protobuf_add_message(struct protobuf *message, unsigned field, struct protobuf *inner);

void protobuf_free(struct protobuf *message);

#endif
