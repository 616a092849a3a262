/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Checking and indexing of record streams. */
#include "lib/analysis/record/snapshot.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <zlib.h>

#include "lib/analysis/record/index.h"
#include "lib/base/array.h"

/* No layout will ever have more types: a larger one is not a record's. */
#define RECORD_TYPES_EVER 255

/* The bytes of a stream, shared by its snapshots; 64-bit words because the records need that alignment. */
struct buffer {
	size_t references;
	uint64_t words[];
};

struct gw_snapshot {
	struct buffer *buffer;
	const struct gw_host_record *host;
	const struct gw_snapshot_record *head;
	const void **records;	       /* of all types, one type after the other, in stream order */
	size_t first[GW_RECORD_TYPES]; /* of a type, in records */
	size_t counts[GW_RECORD_TYPES];
	size_t n_gpu_modules;			/* of the MODULE records, which begin with them, sorted by name */
	struct gw_index index[GW_RECORD_TYPES]; /* by address, or what else identifies a record of that type */
	struct gw_index threads;		/* by process: the records of tasks that are not its first */
};

/* Where a snapshot lies in its stream, found by the first pass. */
struct extent {
	const struct gw_snapshot_record *head;
	const char *end;
};

struct gw_stream {
	struct buffer *buffer;
	const struct gw_host_record *host;
	struct extent *extents;
	size_t count;
};

struct parser {
	const char *data;
	size_t size, offset;
	bool whole, ended;
	const struct gw_host_record *host;
	struct extent *extents;
	size_t count, allocated;
};

/* ---- checks of single records --------------------------------------------- */

#define TEXT_OK(array) (memchr((array), '\0', sizeof(array)) != NULL)

static int snapshot_check_host(const void *record)
{
	const struct gw_host_record *host = record;

	if (host->layout_version != GW_LAYOUT_VERSION)
		return GW_PARSE_FOREIGN;
	if (!TEXT_OK(host->release) || !TEXT_OK(host->boot_id) || !TEXT_OK(host->machine))
		return GW_PARSE_CORRUPT;
	return GW_PARSE_OK;
}

static int snapshot_check_task(const void *record)
{
	const struct gw_task_record *task = record;

	if (task->stack_depth > GW_STACK_DEPTH || task->watch.depth > GW_WAIT_DEPTH || !TEXT_OK(task->comm))
		return GW_PARSE_CORRUPT;
	if (task->header.size < offsetof(struct gw_task_record, stack) + task->stack_depth * sizeof(task->stack[0]))
		return GW_PARSE_CORRUPT;
	for (uint32_t i = 0; i < task->watch.depth; i++)
		if (task->watch.waits[i].kind >= GW_WAIT_KINDS)
			return GW_PARSE_CORRUPT;
	return GW_PARSE_OK;
}

static int snapshot_check_fence(const void *record)
{
	const struct gw_fence_record *fence = record;

	if (fence->kind > GW_FENCE_SCHED_FINISHED || fence->member_count > GW_FENCE_MEMBERS)
		return GW_PARSE_CORRUPT;
	if (!TEXT_OK(fence->driver) || !TEXT_OK(fence->timeline))
		return GW_PARSE_CORRUPT;
	return GW_PARSE_OK;
}

static int snapshot_check_lock(const void *record)
{
	const struct gw_lock_record *lock = record;

	return lock->kind >= GW_LOCK_KINDS || lock->owner_kind >= GW_OWNER_KINDS ? GW_PARSE_CORRUPT : GW_PARSE_OK;
}

static int snapshot_check_work(const void *record)
{
	const struct gw_work_record *work = record;

	if (work->place < GW_WORK_EXECUTING || work->place > GW_WORK_DELAYED || !TEXT_OK(work->name))
		return GW_PARSE_CORRUPT;
	return GW_PARSE_OK;
}

static int snapshot_check_reset(const void *record)
{
	const struct gw_reset_record *reset = record;

	return reset->place > GW_WORK_DELAYED || !TEXT_OK(reset->name) ? GW_PARSE_CORRUPT : GW_PARSE_OK;
}

static int snapshot_check_timeline(const void *record)
{
	const struct gw_timeline_record *timeline = record;

	if (!TEXT_OK(timeline->driver) || !TEXT_OK(timeline->name))
		return GW_PARSE_CORRUPT;
	for (size_t i = 0; i < GW_SIGNALLERS; i++) {
		const struct gw_signaller *signaller = &timeline->timeline.signallers[i];

		if (signaller->kind > GW_SIGNALLER_HARDIRQ || !TEXT_OK(signaller->comm))
			return GW_PARSE_CORRUPT;
	}
	return GW_PARSE_OK;
}

static int snapshot_check_hazard(const void *record)
{
	const struct gw_hazard *hazard = &((const struct gw_hazard_record *)record)->hazard;

	if (hazard->rule == 0 || hazard->rule >= GW_HAZARD_RULES || hazard->stack_depth > GW_STACK_DEPTH ||
	    !TEXT_OK(hazard->comm))
		return GW_PARSE_CORRUPT;
	return GW_PARSE_OK;
}

static int snapshot_check_device_body(const struct gw_device *device)
{
	return device->kind < GW_DEVICE_KINDS && TEXT_OK(device->name) && TEXT_OK(device->driver) ? GW_PARSE_OK
												  : GW_PARSE_CORRUPT;
}

static int snapshot_check_device(const void *record)
{
	return snapshot_check_device_body(&((const struct gw_device_record *)record)->device);
}

static int snapshot_check_section(const void *record)
{
	const struct gw_section *section = &((const struct gw_section_record *)record)->section;

	if (section->kind == 0 || section->kind >= GW_SECTION_KINDS || !TEXT_OK(section->comm))
		return GW_PARSE_CORRUPT;
	return snapshot_check_device_body(&section->device);
}

static int snapshot_check_fault(const void *record)
{
	const struct gw_fault_record *fault = record;

	if (fault->source >= GW_FAULT_SOURCES || !TEXT_OK(fault->module))
		return GW_PARSE_CORRUPT;
	return snapshot_check_device_body(&fault->device);
}

static int snapshot_check_gpu(const void *record)
{
	const struct gw_gpu_record *gpu = record;

	return TEXT_OK(gpu->name) && TEXT_OK(gpu->driver) && TEXT_OK(gpu->module) ? GW_PARSE_OK : GW_PARSE_CORRUPT;
}

static int snapshot_check_word(const void *record)
{
	const struct gw_word_record *word = record;

	return TEXT_OK(word->comm) && TEXT_OK(word->module) && TEXT_OK(word->text) ? GW_PARSE_OK : GW_PARSE_CORRUPT;
}

static int snapshot_check_present(const void *record)
{
	return TEXT_OK(((const struct gw_present_record *)record)->comm) ? GW_PARSE_OK : GW_PARSE_CORRUPT;
}

static int snapshot_check_resv(const void *record)
{
	uint32_t kind = ((const struct gw_resv_record *)record)->kind;

	return kind > 0 && kind < GW_RESV_KINDS ? GW_PARSE_OK : GW_PARSE_CORRUPT;
}

static int snapshot_check_activity(const void *record)
{
	uint32_t kind = ((const struct gw_activity_record *)record)->activity.kind;

	return kind > GW_ACTIVITY_NONE && kind < GW_ACTIVITY_KINDS ? GW_PARSE_OK : GW_PARSE_CORRUPT;
}

static int snapshot_check_running(const void *record)
{
	return ((const struct gw_running_record *)record)->stack_depth > GW_STACK_DEPTH ? GW_PARSE_CORRUPT
											: GW_PARSE_OK;
}

static int snapshot_check_symbol(const void *record)
{
	const struct gw_symbol_record *symbol = record;

	return TEXT_OK(symbol->module) && TEXT_OK(symbol->name) ? GW_PARSE_OK : GW_PARSE_CORRUPT;
}

static int snapshot_check_module(const void *record)
{
	return TEXT_OK(((const struct gw_module_record *)record)->name) ? GW_PARSE_OK : GW_PARSE_CORRUPT;
}

/* What this version knows of a type of records. */
struct record_type {
	size_t size; /* of its structure, 0 = nothing is known of the type */
	size_t key;  /* where a record has the __u64 that it is looked up by, 0 = nobody looks it up */
	int (*check)(const void *record); /* returns an enum gw_parse_result; NULL: nothing in it can be wrong */
};

#define TYPE(structure, member, check)                                                                                 \
	{                                                                                                              \
		sizeof(struct structure), offsetof(struct structure, member), check                                    \
	}
#define TYPE_WITHOUT_KEY(structure, check)                                                                             \
	{                                                                                                              \
		sizeof(struct structure), 0, check                                                                     \
	}

static const struct record_type record_types[GW_RECORD_TYPES] = {
	[GW_RECORD_HOST] = TYPE_WITHOUT_KEY(gw_host_record, snapshot_check_host),
	[GW_RECORD_SNAPSHOT] = TYPE_WITHOUT_KEY(gw_snapshot_record, NULL),
	[GW_RECORD_TASK] = TYPE(gw_task_record, address, snapshot_check_task),
	[GW_RECORD_PRESENT] = TYPE(gw_present_record, address, snapshot_check_present),
	[GW_RECORD_FENCE] = TYPE(gw_fence_record, address, snapshot_check_fence),
	[GW_RECORD_LOCK] = TYPE(gw_lock_record, address, snapshot_check_lock),
	[GW_RECORD_WORK] = TYPE(gw_work_record, work, snapshot_check_work),
	[GW_RECORD_TIMELINE] = TYPE(gw_timeline_record, timeline.context, snapshot_check_timeline),
	[GW_RECORD_SYMBOL] = TYPE(gw_symbol_record, address, snapshot_check_symbol),
	[GW_RECORD_END] = TYPE_WITHOUT_KEY(gw_end_record, NULL),
	[GW_RECORD_HAZARD] = TYPE_WITHOUT_KEY(gw_hazard_record, snapshot_check_hazard),
	[GW_RECORD_ACTIVITY] = TYPE(gw_activity_record, task, snapshot_check_activity),
	[GW_RECORD_MODULE] = TYPE_WITHOUT_KEY(gw_module_record, snapshot_check_module),
	[GW_RECORD_RUNNING] = TYPE(gw_running_record, task, snapshot_check_running),
	[GW_RECORD_SEMAPHORE] = TYPE(gw_semaphore_record, semaphore.address, NULL),
	[GW_RECORD_RESET] = TYPE(gw_reset_record, scheduler, snapshot_check_reset),
	[GW_RECORD_DEVICE] = TYPE(gw_device_record, device.address, snapshot_check_device),
	[GW_RECORD_SECTION] = TYPE(gw_section_record, section.task, snapshot_check_section),
	[GW_RECORD_FAULT] = TYPE(gw_fault_record, task, snapshot_check_fault),
	[GW_RECORD_DRIVER] = TYPE(gw_driver_record, ops, NULL),
	[GW_RECORD_TIMER] = TYPE_WITHOUT_KEY(gw_timer_record, NULL),
	[GW_RECORD_WORD] = TYPE_WITHOUT_KEY(gw_word_record, snapshot_check_word),
	[GW_RECORD_INNER] = TYPE(gw_inner_record, task, NULL),
	[GW_RECORD_GPU] = TYPE_WITHOUT_KEY(gw_gpu_record, snapshot_check_gpu),
	[GW_RECORD_CLOCK] = TYPE_WITHOUT_KEY(gw_clock_record, NULL),
	[GW_RECORD_RESV] = TYPE(gw_resv_record, lock, snapshot_check_resv),
	[GW_RECORD_POOL] = TYPE(gw_pool_record, pwq, NULL),
	[GW_RECORD_ALARM] = TYPE(gw_alarm_record, task, NULL),
};

static size_t snapshot_known_size(uint32_t type)
{
	return type < GW_RECORD_TYPES ? record_types[type].size : 0;
}

static int snapshot_check_body(const struct gw_record *record)
{
	const struct record_type *type = &record_types[record->type];

	return type->check ? type->check(record) : GW_PARSE_OK;
}

/* Only a task record may be shorter than its structure: it is cut to the depth of its stack. */
static bool snapshot_size_ok(const struct gw_record *record)
{
	if (record->type == GW_RECORD_TASK)
		return record->size >= offsetof(struct gw_task_record, stack) &&
		       record->size <= sizeof(struct gw_task_record);
	return record->size == snapshot_known_size(record->type);
}

/* ---- first pass: check, find the snapshots --------------------------------- */

static int snapshot_begin(struct parser *parser, const struct gw_record *record)
{
	if (gw_array_reserve(parser->extents, parser->count, parser->allocated, 1) < 0)
		return -ENOMEM;
	parser->extents[parser->count++] = (struct extent){ .head = (const struct gw_snapshot_record *)record };
	return GW_PARSE_OK;
}

static int snapshot_check_end(struct parser *parser, const struct gw_end_record *end)
{
	uLong crc = crc32_z(0, (const Bytef *)parser->data, parser->offset);

	if (end->crc != crc || end->snapshots != parser->count || parser->offset + end->header.size != parser->size)
		return GW_PARSE_CORRUPT;
	parser->ended = true;
	return GW_PARSE_OK;
}

/* Where a record may stand: HOST first and only there, everything else within a snapshot. */
static int snapshot_place_record(struct parser *parser, const struct gw_record *record)
{
	if ((parser->offset == 0) != (record->type == GW_RECORD_HOST))
		return GW_PARSE_CORRUPT;
	switch (record->type) {
	case GW_RECORD_HOST:
		parser->host = (const struct gw_host_record *)record;
		return GW_PARSE_OK;
	case GW_RECORD_SNAPSHOT:
		return snapshot_begin(parser, record);
	case GW_RECORD_END:
		return snapshot_check_end(parser, (const struct gw_end_record *)record);
	default:
		return parser->count == 0 ? GW_PARSE_CORRUPT : GW_PARSE_OK;
	}
}

/* A later version added its type: what it has to say is left out. */
static int snapshot_skip_record(struct parser *parser, const struct gw_record *record)
{
	if (parser->count == 0 || record->type > RECORD_TYPES_EVER)
		return GW_PARSE_CORRUPT;
	if (record->size > parser->size - parser->offset)
		return GW_PARSE_TRUNCATED;
	parser->offset += record->size;
	parser->extents[parser->count - 1].end = parser->data + parser->offset;
	return GW_PARSE_OK;
}

static int snapshot_next_record(struct parser *parser)
{
	const struct gw_record *record = (const struct gw_record *)(parser->data + parser->offset);
	size_t left = parser->size - parser->offset;
	int r;

	if (left < sizeof(*record))
		return GW_PARSE_TRUNCATED;
	if (record->type == 0 || record->size < sizeof(*record) || record->size % 8)
		return GW_PARSE_CORRUPT;
	if (!snapshot_known_size(record->type))
		return snapshot_skip_record(parser, record);
	/* Before the size: another layout may well have other sizes. */
	if (record->type == GW_RECORD_HOST && parser->offset == 0 && left >= sizeof(*record) + sizeof(uint32_t) &&
	    ((const struct gw_host_record *)record)->layout_version != GW_LAYOUT_VERSION)
		return GW_PARSE_FOREIGN;
	if (!snapshot_size_ok(record))
		return GW_PARSE_CORRUPT;
	if (record->size > left)
		return GW_PARSE_TRUNCATED;
	r = snapshot_check_body(record);
	if (r == GW_PARSE_OK)
		r = snapshot_place_record(parser, record);
	if (r != GW_PARSE_OK)
		return r;
	parser->offset += record->size;
	if (record->type != GW_RECORD_END && parser->count > 0)
		parser->extents[parser->count - 1].end = parser->data + parser->offset;
	return GW_PARSE_OK;
}

static int snapshot_scan(struct parser *parser)
{
	do {
		int r = snapshot_next_record(parser);

		if (r != GW_PARSE_OK)
			return r;
	} while (parser->offset < parser->size);
	return parser->whole && !parser->ended ? GW_PARSE_TRUNCATED : GW_PARSE_OK;
}

/* ---- second pass: index ----------------------------------------------------- */

static uint64_t snapshot_record_key(const struct gw_record *record)
{
	size_t offset = record_types[record->type].key;

	return offset ? *(const __u64 *)((const char *)record + offset) : 0;
}

static int snapshot_allocate(struct gw_snapshot *snapshot, const struct extent *extent)
{
	size_t counts[GW_RECORD_TYPES] = { 0 }, count = 0;

	for (const char *at = (const char *)(extent->head + 1); at < extent->end;
	     at += ((const struct gw_record *)at)->size)
		if (snapshot_known_size(((const struct gw_record *)at)->type))
			counts[((const struct gw_record *)at)->type]++;
	for (size_t type = 0; type < GW_RECORD_TYPES; type++) {
		snapshot->first[type] = count;
		count += counts[type];
	}
	snapshot->records = calloc(count ? count : 1, sizeof(*snapshot->records));
	return snapshot->records ? 0 : -ENOMEM;
}

static int snapshot_add_thread(struct gw_snapshot *snapshot, const struct gw_record *record)
{
	const struct gw_task_record *task = (const void *)record;
	const struct gw_present_record *present = (const void *)record;

	if (record->type == GW_RECORD_TASK && task->tgid != task->pid)
		return gw_index_add(&snapshot->threads, task->tgid, record);
	if (record->type == GW_RECORD_PRESENT && present->tgid != present->pid)
		return gw_index_add(&snapshot->threads, present->tgid, record);
	return 0;
}

static int snapshot_add_record(struct gw_snapshot *snapshot, const struct gw_record *record)
{
	if (!snapshot_known_size(record->type))
		return 0;
	snapshot->records[snapshot->first[record->type] + snapshot->counts[record->type]++] = record;
	return gw_index_add(&snapshot->index[record->type], snapshot_record_key(record), record)
		       ?: snapshot_add_thread(snapshot, record);
}

/* Of several records of one thing, the first is what a look-up finds: the others are not listed, either. */
static void snapshot_list_once(struct gw_snapshot *snapshot, enum gw_record_type type)
{
	const void **list = &snapshot->records[snapshot->first[type]];
	size_t kept = 0;

	for (size_t i = 0; i < snapshot->counts[type]; i++)
		if (gw_index_first(&snapshot->index[type], snapshot_record_key(list[i])) == list[i])
			list[kept++] = list[i];
	snapshot->counts[type] = kept;
}

static int snapshot_compare_modules(const void *a, const void *b)
{
	const struct gw_module_record *const *x = a, *const *y = b;

	return strcmp((*x)->name, (*y)->name);
}

/* The GPU's alone are asked for: by name. */
static void snapshot_sort_modules(struct gw_snapshot *snapshot)
{
	const void **list = &snapshot->records[snapshot->first[GW_RECORD_MODULE]];
	size_t gpus = 0;

	for (size_t i = 0; i < snapshot->counts[GW_RECORD_MODULE]; i++)
		if (((const struct gw_module_record *)list[i])->flags & GW_MODULE_F_GPU)
			list[gpus++] = list[i];
	gw_array_sort(list, gpus, sizeof(*list), snapshot_compare_modules);
	snapshot->n_gpu_modules = gpus;
}

static int snapshot_new(struct gw_snapshot **ret, struct buffer *buffer, const struct gw_host_record *host,
			const struct extent *extent)
{
	struct gw_snapshot *snapshot = calloc(1, sizeof(*snapshot));
	const char *at;
	int r;

	if (!snapshot)
		return -ENOMEM;
	snapshot->buffer = buffer;
	buffer->references++;
	snapshot->host = host;
	snapshot->head = extent->head;
	r = snapshot_allocate(snapshot, extent);
	for (at = (const char *)(extent->head + 1); r == 0 && at < extent->end;
	     at += ((const struct gw_record *)at)->size)
		r = snapshot_add_record(snapshot, (const struct gw_record *)at);
	for (size_t type = 0; r == 0 && type < GW_RECORD_TYPES; type++)
		r = gw_index_finish(&snapshot->index[type]);
	r = r ?: gw_index_finish(&snapshot->threads);
	if (r < 0) {
		gw_snapshot_free(snapshot);
		return r;
	}
	snapshot_list_once(snapshot, GW_RECORD_TASK);
	snapshot_list_once(snapshot, GW_RECORD_WORK);
	snapshot_list_once(snapshot, GW_RECORD_TIMELINE);
	snapshot_sort_modules(snapshot);
	*ret = snapshot;
	return 0;
}

static void snapshot_buffer_unref(struct buffer *buffer)
{
	if (buffer && --buffer->references == 0)
		free(buffer);
}

/* ---- interface ---------------------------------------------------------------- */

int gw_stream_open(struct gw_stream **ret, const void *data, size_t size, bool whole, size_t *offset)
{
	struct gw_stream *stream = calloc(1, sizeof(*stream));
	struct parser parser = { .size = size, .whole = whole };
	int r;

	if (!stream || !(stream->buffer = malloc(sizeof(*stream->buffer) + size))) {
		free(stream);
		return -ENOMEM;
	}
	stream->buffer->references = 1;
	if (size)
		memcpy(stream->buffer->words, data, size);
	parser.data = (const char *)stream->buffer->words;
	r = snapshot_scan(&parser);
	if (offset)
		*offset = parser.offset;
	stream->host = parser.host;
	stream->extents = parser.extents;
	stream->count = parser.count;
	if (r == GW_PARSE_OK)
		*ret = stream;
	else
		gw_stream_close(stream);
	return r;
}

size_t gw_stream_count(const struct gw_stream *stream)
{
	return stream->count;
}

int gw_stream_snapshot(const struct gw_stream *stream, size_t at, struct gw_snapshot **ret)
{
	return snapshot_new(ret, stream->buffer, stream->host, &stream->extents[at]);
}

void gw_stream_close(struct gw_stream *stream)
{
	if (!stream)
		return;
	snapshot_buffer_unref(stream->buffer);
	free(stream->extents);
	free(stream);
}

static int stream_snapshots(const struct gw_stream *stream, struct gw_snapshot ***ret, size_t *ret_count)
{
	struct gw_snapshot **snapshots = calloc(stream->count ? stream->count : 1, sizeof(*snapshots));

	if (!snapshots)
		return -ENOMEM;
	for (size_t i = 0; i < stream->count; i++) {
		if (gw_stream_snapshot(stream, i, &snapshots[i]) < 0) {
			gw_snapshots_free(snapshots, i);
			return -ENOMEM;
		}
	}
	*ret = snapshots;
	*ret_count = stream->count;
	return 0;
}

int gw_stream_parse(const void *data, size_t size, bool whole, struct gw_snapshot ***ret, size_t *ret_count,
		    size_t *offset)
{
	struct gw_stream *stream;
	int r = gw_stream_open(&stream, data, size, whole, offset);

	if (r != GW_PARSE_OK)
		return r;
	r = stream_snapshots(stream, ret, ret_count);
	gw_stream_close(stream);
	return r;
}

int gw_recording_open(struct gw_stream **ret, const void *data, size_t size, size_t *offset)
{
	struct gw_recording_header header = { .version = 0 };
	size_t have = size < sizeof(header) ? size : sizeof(header);
	size_t magic = have < sizeof(header.magic) ? have : sizeof(header.magic);
	int r;

	if (have)
		memcpy(&header, data, have);
	if (offset)
		*offset = 0;
	if (memcmp(header.magic, GW_RECORDING_MAGIC, magic) != 0)
		return GW_PARSE_FOREIGN;
	if (have < sizeof(header))
		return GW_PARSE_TRUNCATED;
	if (header.byte_order != 0x01020304 || header.version != GW_LAYOUT_VERSION)
		return GW_PARSE_FOREIGN;
	r = gw_stream_open(ret, (const char *)data + sizeof(header), size - sizeof(header), true, offset);
	if (offset)
		*offset += sizeof(header);
	return r;
}

int gw_recording_parse(const void *data, size_t size, struct gw_snapshot ***ret, size_t *ret_count, size_t *offset)
{
	struct gw_stream *stream;
	int r = gw_recording_open(&stream, data, size, offset);

	if (r != GW_PARSE_OK)
		return r;
	r = stream_snapshots(stream, ret, ret_count);
	gw_stream_close(stream);
	return r;
}

void gw_snapshot_free(struct gw_snapshot *snapshot)
{
	if (!snapshot)
		return;
	for (size_t type = 0; type < GW_RECORD_TYPES; type++)
		gw_index_deinit(&snapshot->index[type]);
	gw_index_deinit(&snapshot->threads);
	free(snapshot->records);
	snapshot_buffer_unref(snapshot->buffer);
	free(snapshot);
}

void gw_snapshots_free(struct gw_snapshot **snapshots, size_t count)
{
	for (size_t i = 0; snapshots && i < count; i++)
		gw_snapshot_free(snapshots[i]);
	free(snapshots);
}

const struct gw_host_record *gw_snapshot_host(const struct gw_snapshot *snapshot)
{
	return snapshot->host;
}

const struct gw_snapshot_record *gw_snapshot_head(const struct gw_snapshot *snapshot)
{
	return snapshot->head;
}

static const void *const *snapshot_list(const struct gw_snapshot *snapshot, enum gw_record_type type)
{
	return &snapshot->records[snapshot->first[type]];
}

size_t gw_snapshot_tasks(const struct gw_snapshot *snapshot, const struct gw_task_record *const **ret)
{
	*ret = (const struct gw_task_record *const *)snapshot_list(snapshot, GW_RECORD_TASK);
	return snapshot->counts[GW_RECORD_TASK];
}

size_t gw_snapshot_works(const struct gw_snapshot *snapshot, const struct gw_work_record *const **ret)
{
	*ret = (const struct gw_work_record *const *)snapshot_list(snapshot, GW_RECORD_WORK);
	return snapshot->counts[GW_RECORD_WORK];
}

size_t gw_snapshot_timelines(const struct gw_snapshot *snapshot, const struct gw_timeline_record *const **ret)
{
	*ret = (const struct gw_timeline_record *const *)snapshot_list(snapshot, GW_RECORD_TIMELINE);
	return snapshot->counts[GW_RECORD_TIMELINE];
}

size_t gw_snapshot_hazards(const struct gw_snapshot *snapshot, const struct gw_hazard_record *const **ret)
{
	*ret = (const struct gw_hazard_record *const *)snapshot_list(snapshot, GW_RECORD_HAZARD);
	return snapshot->counts[GW_RECORD_HAZARD];
}

size_t gw_snapshot_faults(const struct gw_snapshot *snapshot, const struct gw_fault_record *const **ret)
{
	*ret = (const struct gw_fault_record *const *)snapshot_list(snapshot, GW_RECORD_FAULT);
	return snapshot->counts[GW_RECORD_FAULT];
}

size_t gw_snapshot_symbols(const struct gw_snapshot *snapshot, const struct gw_symbol_record *const **ret)
{
	*ret = (const struct gw_symbol_record *const *)snapshot_list(snapshot, GW_RECORD_SYMBOL);
	return snapshot->counts[GW_RECORD_SYMBOL];
}

size_t gw_snapshot_gpus(const struct gw_snapshot *snapshot, const struct gw_gpu_record *const **ret)
{
	*ret = (const struct gw_gpu_record *const *)snapshot_list(snapshot, GW_RECORD_GPU);
	return snapshot->counts[GW_RECORD_GPU];
}

bool gw_snapshot_has_modules(const struct gw_snapshot *snapshot)
{
	return snapshot->counts[GW_RECORD_MODULE] > 0;
}

bool gw_snapshot_has_gpu_module(const struct gw_snapshot *snapshot)
{
	return snapshot->n_gpu_modules > 0;
}

bool gw_snapshot_module_is_gpu(const struct gw_snapshot *snapshot, const char *name)
{
	const void *const *modules = snapshot_list(snapshot, GW_RECORD_MODULE);
	size_t low = 0, high = snapshot->n_gpu_modules;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = strcmp(name, ((const struct gw_module_record *)modules[middle])->name);

		if (order == 0)
			return true;
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return false;
}

size_t gw_snapshot_sections(const struct gw_snapshot *snapshot, const struct gw_section_record *const **ret)
{
	*ret = (const struct gw_section_record *const *)snapshot_list(snapshot, GW_RECORD_SECTION);
	return snapshot->counts[GW_RECORD_SECTION];
}

size_t gw_snapshot_all_present(const struct gw_snapshot *snapshot, const struct gw_present_record *const **ret)
{
	*ret = (const struct gw_present_record *const *)snapshot_list(snapshot, GW_RECORD_PRESENT);
	return snapshot->counts[GW_RECORD_PRESENT];
}

size_t gw_snapshot_words(const struct gw_snapshot *snapshot, const struct gw_word_record *const **ret)
{
	*ret = (const struct gw_word_record *const *)snapshot_list(snapshot, GW_RECORD_WORD);
	return snapshot->counts[GW_RECORD_WORD];
}

const struct gw_clock_record *gw_snapshot_clock(const struct gw_snapshot *snapshot)
{
	size_t count = snapshot->counts[GW_RECORD_CLOCK];

	return count ? snapshot_list(snapshot, GW_RECORD_CLOCK)[count - 1] : NULL;
}

struct gw_index_range gw_snapshot_fences(const struct gw_snapshot *snapshot)
{
	const struct gw_index *index = &snapshot->index[GW_RECORD_FENCE];

	return (struct gw_index_range){ .members = index->entries, .count = index->count };
}

struct gw_index_range gw_snapshot_resets(const struct gw_snapshot *snapshot)
{
	const struct gw_index *index = &snapshot->index[GW_RECORD_RESET];

	return (struct gw_index_range){ .members = index->entries, .count = index->count };
}

size_t gw_snapshot_locks(const struct gw_snapshot *snapshot, const struct gw_lock_record *const **ret)
{
	*ret = (const struct gw_lock_record *const *)snapshot_list(snapshot, GW_RECORD_LOCK);
	return snapshot->counts[GW_RECORD_LOCK];
}

size_t gw_snapshot_timers(const struct gw_snapshot *snapshot, const struct gw_timer_record *const **ret)
{
	*ret = (const struct gw_timer_record *const *)snapshot_list(snapshot, GW_RECORD_TIMER);
	return snapshot->counts[GW_RECORD_TIMER];
}

static const void *snapshot_find(const struct gw_snapshot *snapshot, enum gw_record_type type, uint64_t key)
{
	return gw_index_first(&snapshot->index[type], key);
}

const struct gw_task_record *gw_snapshot_task(const struct gw_snapshot *snapshot, uint64_t address)
{
	return snapshot_find(snapshot, GW_RECORD_TASK, address);
}

bool gw_snapshot_has_siblings(const struct gw_snapshot *snapshot, const struct gw_task_record *task)
{
	return task->pid != task->tgid || gw_index_first(&snapshot->threads, task->tgid);
}

const struct gw_present_record *gw_snapshot_present(const struct gw_snapshot *snapshot, uint64_t address)
{
	return snapshot_find(snapshot, GW_RECORD_PRESENT, address);
}

const struct gw_fence_record *gw_snapshot_fence(const struct gw_snapshot *snapshot, uint64_t address)
{
	return snapshot_find(snapshot, GW_RECORD_FENCE, address);
}

const struct gw_lock_record *gw_snapshot_lock(const struct gw_snapshot *snapshot, uint64_t address)
{
	return snapshot_find(snapshot, GW_RECORD_LOCK, address);
}

const struct gw_work_record *gw_snapshot_work(const struct gw_snapshot *snapshot, uint64_t work)
{
	return snapshot_find(snapshot, GW_RECORD_WORK, work);
}

struct gw_index_range gw_snapshot_places(const struct gw_snapshot *snapshot, uint64_t work)
{
	return gw_index_find(&snapshot->index[GW_RECORD_WORK], work);
}

const struct gw_reset_record *gw_snapshot_reset(const struct gw_snapshot *snapshot, uint64_t scheduler)
{
	return snapshot_find(snapshot, GW_RECORD_RESET, scheduler);
}

const struct gw_driver_record *gw_snapshot_driver(const struct gw_snapshot *snapshot, uint64_t ops)
{
	return snapshot_find(snapshot, GW_RECORD_DRIVER, ops);
}

const struct gw_inner_record *gw_snapshot_inner(const struct gw_snapshot *snapshot, uint64_t task)
{
	return snapshot_find(snapshot, GW_RECORD_INNER, task);
}

const struct gw_resv_record *gw_snapshot_resv(const struct gw_snapshot *snapshot, uint64_t lock)
{
	return snapshot_find(snapshot, GW_RECORD_RESV, lock);
}

const struct gw_pool_record *gw_snapshot_pool(const struct gw_snapshot *snapshot, uint64_t pwq)
{
	return snapshot_find(snapshot, GW_RECORD_POOL, pwq);
}

const struct gw_alarm_record *gw_snapshot_alarm(const struct gw_snapshot *snapshot, uint64_t task)
{
	return snapshot_find(snapshot, GW_RECORD_ALARM, task);
}

const struct gw_activity *gw_snapshot_activity(const struct gw_snapshot *snapshot, uint64_t task)
{
	const struct gw_activity_record *record = snapshot_find(snapshot, GW_RECORD_ACTIVITY, task);

	return record ? &record->activity : NULL;
}

const struct gw_section *gw_snapshot_section(const struct gw_snapshot *snapshot, uint64_t task)
{
	const struct gw_section_record *record = snapshot_find(snapshot, GW_RECORD_SECTION, task);

	return record ? &record->section : NULL;
}

const struct gw_device *gw_snapshot_device(const struct gw_snapshot *snapshot, uint64_t address)
{
	const struct gw_device_record *record = snapshot_find(snapshot, GW_RECORD_DEVICE, address);

	return record ? &record->device : NULL;
}

const struct gw_running_record *gw_snapshot_running(const struct gw_snapshot *snapshot, uint64_t task)
{
	return snapshot_find(snapshot, GW_RECORD_RUNNING, task);
}

const struct gw_semaphore *gw_snapshot_semaphore(const struct gw_snapshot *snapshot, uint64_t address)
{
	const struct gw_semaphore_record *record = snapshot_find(snapshot, GW_RECORD_SEMAPHORE, address);

	return record ? &record->semaphore : NULL;
}

const struct gw_timeline_record *gw_snapshot_timeline(const struct gw_snapshot *snapshot, uint64_t context)
{
	return snapshot_find(snapshot, GW_RECORD_TIMELINE, context);
}

const struct gw_fault_record *gw_snapshot_fault(const struct gw_snapshot *snapshot, uint64_t task)
{
	return snapshot_find(snapshot, GW_RECORD_FAULT, task);
}

const struct gw_symbol_record *gw_snapshot_symbol(const struct gw_snapshot *snapshot, uint64_t address)
{
	return snapshot_find(snapshot, GW_RECORD_SYMBOL, address);
}

/* Nearly always they differ in one of the first letters. */
bool gw_function_is(const char *symbol, const char *pattern)
{
	while (*pattern && *symbol == *pattern) {
		symbol++;
		pattern++;
	}
	return *pattern == '*' || (!*pattern && (!*symbol || *symbol == '.'));
}

bool gw_snapshot_stack_has(const struct gw_snapshot *snapshot, const struct gw_task_record *task, const char *name)
{
	for (uint32_t i = 0; i < task->stack_depth; i++) {
		const struct gw_symbol_record *symbol = gw_snapshot_symbol(snapshot, task->stack[i]);

		if (symbol && gw_function_is(symbol->name, name))
			return true;
	}
	return false;
}
