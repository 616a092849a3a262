/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The writing side of a recording: what surrounds the records of a stream so
 * that gw_recording_parse() can tell a whole one from a damaged one.
 *
 *	gw_recording_begin(&writer, &header);	write header
 *	gw_recording_add(&writer, ...);		write the same bytes; repeat
 *	gw_recording_end(&writer, &end);	write end
 *
 * Nothing is written here: the caller owns the file. The first bytes added
 * must be the HOST record, which must not come again.
 */
#ifndef GPUWATCH_LIB_ANALYSIS_RECORD_RECORDING_H
#define GPUWATCH_LIB_ANALYSIS_RECORD_RECORDING_H

#include <stddef.h>
#include <stdint.h>

#include "bpf/abi/records.h"

/* Bytes of a recording that is read: judging one may take seven times its size. Who writes one leaves out the oldest snapshots. */
#define GW_RECORDING_MOST ((size_t)32 << 20)

struct gw_recording_writer {
	uint32_t crc; /* of the records so far */
	uint32_t snapshots;
};

void gw_recording_begin(struct gw_recording_writer *writer, struct gw_recording_header *ret);

/* @records: whole records, 8-byte aligned. Returns 0, or -EINVAL if their sizes do not add up to @size. */
int gw_recording_add(struct gw_recording_writer *writer, const void *records, size_t size);

void gw_recording_end(const struct gw_recording_writer *writer, struct gw_end_record *ret);

#endif
