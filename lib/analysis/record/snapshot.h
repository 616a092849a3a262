/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A snapshot: the records of one look at the kernel, checked and indexed.
 *
 * Parsing is the only way from bytes to a snapshot, live and from a file, and
 * it trusts nothing: sizes, counts, enumerations and strings are checked, so
 * that whoever holds a struct gw_snapshot may follow it without checks.
 */
#ifndef GPUWATCH_LIB_ANALYSIS_RECORD_SNAPSHOT_H
#define GPUWATCH_LIB_ANALYSIS_RECORD_SNAPSHOT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bpf/abi/records.h"
#include "lib/analysis/record/index.h"

struct gw_snapshot; /* opaque; owns a copy of its records */

/* How parsing ended. Negative values are -errno and fatal (only -ENOMEM). */
enum gw_parse_result {
	GW_PARSE_OK = 0,
	GW_PARSE_TRUNCATED, /* ends inside a record, or without the END record */
	GW_PARSE_CORRUPT,   /* a record contradicts itself, or the checksum is wrong */
	GW_PARSE_FOREIGN,   /* not a recording, other byte order, or another layout version */
};

/* A record stream whose snapshots are made one by one: each takes some 2 KB besides, however little there is in it. */
struct gw_stream;

/*
 * gw_stream_open - check a record stream
 * @data, @size, @whole, @offset: as for gw_stream_parse()
 * @ret: on GW_PARSE_OK the stream, owned by the caller (gw_stream_close())
 *
 * Returns an enum gw_parse_result or -ENOMEM.
 */
int gw_stream_open(struct gw_stream **ret, const void *data, size_t size, bool whole, size_t *offset);

/* Like gw_stream_open() for a recording file's bytes, header included. */
int gw_recording_open(struct gw_stream **ret, const void *data, size_t size, size_t *offset);

size_t gw_stream_count(const struct gw_stream *stream);

/* Makes the snapshot @at < count, owned by the caller (gw_snapshot_free()); it may outlive the stream. Returns 0 or -ENOMEM. */
int gw_stream_snapshot(const struct gw_stream *stream, size_t at, struct gw_snapshot **ret);

void gw_stream_close(struct gw_stream *stream);

/*
 * gw_stream_parse - index every snapshot of a record stream, at once
 * @data, @size: the records, header of a recording file not included; bytes
 *	need not be aligned and may be freed afterwards. Must begin with a HOST
 *	record; an END record is required iff @whole.
 * @ret, @ret_count: on GW_PARSE_OK an array of snapshots in order, owned by the
 *	caller (gw_snapshots_free()); each carries the stream's host record.
 * @offset: where parsing stopped, for the error message; may be NULL.
 *
 * Returns an enum gw_parse_result or -ENOMEM.
 */
int gw_stream_parse(const void *data, size_t size, bool whole, struct gw_snapshot ***ret, size_t *ret_count,
		    size_t *offset);

/* Like gw_stream_parse() for a recording file's bytes, header included. */
int gw_recording_parse(const void *data, size_t size, struct gw_snapshot ***ret, size_t *ret_count, size_t *offset);

void gw_snapshot_free(struct gw_snapshot *snapshot);
void gw_snapshots_free(struct gw_snapshot **snapshots, size_t count);

const struct gw_host_record *gw_snapshot_host(const struct gw_snapshot *snapshot);
const struct gw_snapshot_record *gw_snapshot_head(const struct gw_snapshot *snapshot);

/* Arrays of all records of one type, in stream order; each task, work item and timeline once. Valid as long as the snapshot. */
size_t gw_snapshot_tasks(const struct gw_snapshot *snapshot, const struct gw_task_record *const **ret);
/* Sorted by address; of one fence the first record is the one that counts. */
struct gw_index_range gw_snapshot_fences(const struct gw_snapshot *snapshot);
struct gw_index_range gw_snapshot_resets(const struct gw_snapshot *snapshot);
size_t gw_snapshot_locks(const struct gw_snapshot *snapshot, const struct gw_lock_record *const **ret);
size_t gw_snapshot_works(const struct gw_snapshot *snapshot, const struct gw_work_record *const **ret);
size_t gw_snapshot_timelines(const struct gw_snapshot *snapshot, const struct gw_timeline_record *const **ret);
size_t gw_snapshot_hazards(const struct gw_snapshot *snapshot, const struct gw_hazard_record *const **ret);
size_t gw_snapshot_sections(const struct gw_snapshot *snapshot, const struct gw_section_record *const **ret);
size_t gw_snapshot_timers(const struct gw_snapshot *snapshot, const struct gw_timer_record *const **ret);

size_t gw_snapshot_faults(const struct gw_snapshot *snapshot, const struct gw_fault_record *const **ret);

/* Tasks that have no TASK record. */
size_t gw_snapshot_all_present(const struct gw_snapshot *snapshot, const struct gw_present_record *const **ret);

/* Whether its process has, or had, other threads. */
bool gw_snapshot_has_siblings(const struct gw_snapshot *snapshot, const struct gw_task_record *task);

/* Of the kernel log, oldest first of those about tasks and of those about GPUs. */
size_t gw_snapshot_words(const struct gw_snapshot *snapshot, const struct gw_word_record *const **ret);

/* The clock of the kernel log beside CLOCK_MONOTONIC; NULL: it was not recorded. */
const struct gw_clock_record *gw_snapshot_clock(const struct gw_snapshot *snapshot);

size_t gw_snapshot_symbols(const struct gw_snapshot *snapshot, const struct gw_symbol_record *const **ret);

/* Look-ups by address or context in O(log n); NULL if the snapshot has none. */
const struct gw_task_record *gw_snapshot_task(const struct gw_snapshot *snapshot, uint64_t address);
const struct gw_present_record *gw_snapshot_present(const struct gw_snapshot *snapshot, uint64_t address);
const struct gw_fence_record *gw_snapshot_fence(const struct gw_snapshot *snapshot, uint64_t address);
const struct gw_lock_record *gw_snapshot_lock(const struct gw_snapshot *snapshot, uint64_t address);
const struct gw_running_record *gw_snapshot_running(const struct gw_snapshot *snapshot, uint64_t task);
const struct gw_resv_record *gw_snapshot_resv(const struct gw_snapshot *snapshot, uint64_t lock);
const struct gw_pool_record *gw_snapshot_pool(const struct gw_snapshot *snapshot, uint64_t pwq);
const struct gw_inner_record *gw_snapshot_inner(const struct gw_snapshot *snapshot, uint64_t task);
const struct gw_alarm_record *gw_snapshot_alarm(const struct gw_snapshot *snapshot, uint64_t task);
const struct gw_semaphore *gw_snapshot_semaphore(const struct gw_snapshot *snapshot, uint64_t address);
const struct gw_work_record *gw_snapshot_work(const struct gw_snapshot *snapshot, uint64_t work);

/* All of its WORK records: an item that is executed may be queued again. */
struct gw_index_range gw_snapshot_places(const struct gw_snapshot *snapshot, uint64_t work);
const struct gw_timeline_record *gw_snapshot_timeline(const struct gw_snapshot *snapshot, uint64_t context);
/* A scheduler's timeout handler. */
const struct gw_reset_record *gw_snapshot_reset(const struct gw_snapshot *snapshot, uint64_t scheduler);
/* By the address of its dma_fence_ops. */
const struct gw_driver_record *gw_snapshot_driver(const struct gw_snapshot *snapshot, uint64_t ops);
/* What a task does for a GPU; NULL if nothing is known. */
const struct gw_activity *gw_snapshot_activity(const struct gw_snapshot *snapshot, uint64_t task);
/* The section that a task is in, or was in when it exited; its names of the device. NULL if there is none on record. */
const struct gw_section *gw_snapshot_section(const struct gw_snapshot *snapshot, uint64_t task);
const struct gw_device *gw_snapshot_device(const struct gw_snapshot *snapshot, uint64_t address);
/* The page fault that a task handles. */
const struct gw_fault_record *gw_snapshot_fault(const struct gw_snapshot *snapshot, uint64_t task);
const struct gw_symbol_record *gw_snapshot_symbol(const struct gw_snapshot *snapshot, uint64_t address);

/* The cards of the machine. */
size_t gw_snapshot_gpus(const struct gw_snapshot *snapshot, const struct gw_gpu_record *const **ret);

/* Whether it was recorded which modules drive GPUs, if only that none does. */
bool gw_snapshot_has_modules(const struct gw_snapshot *snapshot);

/* Whether any module was recorded as one that drives a GPU. */
bool gw_snapshot_has_gpu_module(const struct gw_snapshot *snapshot);

/* Whether a module was recorded as one that drives a GPU. */
bool gw_snapshot_module_is_gpu(const struct gw_snapshot *snapshot, const char *name);

/*
 * Whether a symbol is a function: its name, or what it begins with if @pattern ends with '*'. What compilers append does
 * not count: ".isra.0", ".constprop.0", ".part.0", ".cold".
 */
bool gw_function_is(const char *symbol, const char *pattern);

/* Whether any frame of the task's stack is in that function. */
bool gw_snapshot_stack_has(const struct gw_snapshot *snapshot, const struct gw_task_record *task, const char *name);

#endif
