/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Header, checksum and END record of a recording. */
#include "lib/analysis/record/recording.h"

#include <errno.h>
#include <string.h>

#include <zlib.h>

void gw_recording_begin(struct gw_recording_writer *writer, struct gw_recording_header *ret)
{
	*writer = (struct gw_recording_writer){ .crc = (uint32_t)crc32_z(0, NULL, 0) };
	*ret = (struct gw_recording_header){ .version = GW_LAYOUT_VERSION, .byte_order = 0x01020304 };
	memcpy(ret->magic, GW_RECORDING_MAGIC, sizeof(ret->magic));
}

int gw_recording_add(struct gw_recording_writer *writer, const void *records, size_t size)
{
	uint32_t snapshots = 0;

	for (size_t offset = 0; offset < size;) {
		const struct gw_record *record = (const struct gw_record *)((const char *)records + offset);

		if (size - offset < sizeof(*record) || record->size < sizeof(*record) || record->size % 8 ||
		    record->size > size - offset)
			return -EINVAL;
		snapshots += record->type == GW_RECORD_SNAPSHOT;
		offset += record->size;
	}
	writer->snapshots += snapshots;
	if (size)
		writer->crc = (uint32_t)crc32_z(writer->crc, records, size);
	return 0;
}

void gw_recording_end(const struct gw_recording_writer *writer, struct gw_end_record *ret)
{
	*ret = (struct gw_end_record){
		.header = { .type = GW_RECORD_END, .size = sizeof(*ret) },
		.crc = writer->crc,
		.snapshots = writer->snapshots,
	};
}
