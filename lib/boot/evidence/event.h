/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A thing that happened during boot, wherever it is known from. Pure: no I/O, no clock. */
#ifndef GPUWATCH_LIB_BOOT_EVIDENCE_EVENT_H
#define GPUWATCH_LIB_BOOT_EVIDENCE_EVENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "bpf/abi/boot-records.h"

/* Where an event comes from; also says which clock its time is of. */
enum gw_boot_source {
	GW_BOOT_FROM_BPF,   /* CLOCK_MONOTONIC */
	GW_BOOT_FROM_KMSG,  /* printk's clock: near CLOCK_MONOTONIC, not the same */
	GW_BOOT_FROM_TRACE, /* a trace buffer's clock (local by default): like printk's */
	GW_BOOT_SOURCES
};

/* Bytes of a text that an event has: a supplier's path, a reason, or a file's name. */
#define GW_BOOT_TEXT_SIZE 512

struct gw_boot_event {
	uint64_t time_ns;     /* of its source's clock, since boot */
	uint64_t sequence;    /* within its source */
	uint64_t object;      /* address, 0 = not known */
	uint64_t duration_ns; /* *_END: as the source gives it; 0 = not given */
	uint64_t flags;	      /* as in struct gw_boot_record */
	enum gw_boot_event_type type;
	enum gw_boot_source source;
	uint32_t pid; /* 0 = not known */
	int32_t result;
	char comm[16];
	char subject[GW_BOOT_NAME_SIZE];
	char other[GW_BOOT_TEXT_SIZE]; /* of BPF's records the first GW_BOOT_NAME_SIZE - 1 bytes */
	char bus[16];
};

/* 292 years: no clock is later. Times of evidence are cut to it, so that the difference of any two fits into an int64_t. */
#define GW_BOOT_TIME_MAX ((uint64_t)INT64_MAX)

/*
 * In a text without times the lines' order takes the place of times: positions from here on, so far apart that two are not
 * taken for one event.
 */
#define GW_BOOT_POSITIONS (UINT64_C(1) << 62)
#define GW_BOOT_POSITION_STEP UINT64_C(10000000)

static inline bool gw_boot_is_position(uint64_t time_ns)
{
	return time_ns >= GW_BOOT_POSITIONS && time_ns <= GW_BOOT_TIME_MAX;
}

/* The JSON name: "bpf", "kmsg", "trace". Never NULL for a valid value. */
const char *gw_boot_source_name(enum gw_boot_source source);

void gw_boot_event_from_record(struct gw_boot_event *ret, const struct gw_boot_record *record);

/* New reference, NULL when out of memory. */
json_t *gw_boot_event_json(const struct gw_boot_event *event);

/* Returns 0 or -EBADMSG. */
int gw_boot_event_from_json(struct gw_boot_event *ret, const json_t *json);

#endif
