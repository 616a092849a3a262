/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Takes snapshots: runs the iterator, follows what its records point to in
 * further passes, and adds what user space alone knows (symbols, timelines).
 */
#include "daemon/kernel/reader.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/kernel/dedupe.h"
#include "daemon/kernel/getter.h"
#include "lib/base/array.h"
#include "lib/base/cleanup.h"
#include "lib/base/clock.h"

#define PASSES_MAX 6 /* a chain of owners that are not blocked themselves is short */
#define READ_SIZE (256 * 1024)
#define MODULE_TAIL 65536 /* behind the beginning of a module's last function */

/* A set of addresses: sorted when asked for, appended to otherwise. */
struct addresses {
	uint64_t *list;
	size_t count, room;
};

struct buffer {
	char *data;
	size_t size, room;
};

/* The timelines that fences belong to, and whose they are. */
struct origin {
	uint64_t context, ops;
};

struct origins {
	struct origin *list;
	size_t count, room;
};

struct gw_reader {
	bool saw_fault;		 /* of a device */
	bool saw_readers;	 /* of a lock that somebody waits for */
	struct addresses owners; /* of locks that one task has for itself */
	struct gw_reader_source source;
	uint64_t sequence;
	struct buffer out;	 /* kept from one snapshot to the next: no allocation when it matters */
	struct addresses have;	 /* tasks with a TASK record */
	struct addresses wanted; /* of the coming pass */
	struct addresses asked;	 /* of all passes */
	struct addresses code;	 /* to be resolved to symbols */
	struct origins origins;	 /* of fences */
};

/* ---- growing things ---------------------------------------------------------------- */

static int addresses_add(struct addresses *set, uint64_t address)
{
	if (gw_array_reserve(set->list, set->count, set->room, 1) < 0)
		return -ENOMEM;
	set->list[set->count++] = address;
	return 0;
}

static int addresses_compare(const void *a, const void *b)
{
	uint64_t left = *(const uint64_t *)a, right = *(const uint64_t *)b;

	return left < right ? -1 : left > right;
}

static int origins_add(struct origins *set, uint64_t context, uint64_t ops)
{
	if (gw_array_reserve(set->list, set->count, set->room, 1) < 0)
		return -ENOMEM;
	set->list[set->count++] = (struct origin){ .context = context, .ops = ops };
	return 0;
}

/* By context; of one context, what has ops comes first. */
static int origins_compare(const void *a, const void *b)
{
	const struct origin *left = a, *right = b;

	if (left->context != right->context)
		return left->context < right->context ? -1 : 1;
	return (left->ops == 0) - (right->ops == 0);
}

/* Sorts and makes unique; zero is not an address. */
static void addresses_settle(struct addresses *set)
{
	size_t i, kept = 0;

	if (!set->count)
		return;
	qsort(set->list, set->count, sizeof(*set->list), addresses_compare);
	for (i = 0; i < set->count; i++) {
		if (set->list[i] && (!kept || set->list[kept - 1] != set->list[i]))
			set->list[kept++] = set->list[i];
	}
	set->count = kept;
}

static bool addresses_have(const struct addresses *settled, uint64_t address)
{
	return settled->count &&
	       bsearch(&address, settled->list, settled->count, sizeof(address), addresses_compare) != NULL;
}

/* Appends a record, zeroed but for its header; valid until the next one. NULL: out of memory. */
static void *buffer_add_record(struct buffer *buffer, uint32_t type, size_t size)
{
	struct gw_record *record;

	if (gw_array_reserve(buffer->data, buffer->size, buffer->room, size) < 0)
		return NULL;
	record = (struct gw_record *)(buffer->data + buffer->size);
	memset(record, 0, size);
	record->type = type;
	record->size = size;
	buffer->size += size;
	return record;
}

/* The record at @offset, NULL behind the last or if it is not whole. */
static const struct gw_record *buffer_record(const struct buffer *buffer, size_t offset)
{
	const struct gw_record *record = (const struct gw_record *)(buffer->data + offset);

	if (buffer->size - offset < sizeof(*record) || record->size < sizeof(*record) ||
	    record->size > buffer->size - offset || record->size % 8)
		return NULL;
	return record;
}

/* ---- the reader --------------------------------------------------------------------- */

int gw_reader_new(struct gw_reader **ret, const struct gw_reader_source *source)
{
	struct gw_reader *reader = calloc(1, sizeof(*reader));

	if (!reader)
		return -ENOMEM;
	reader->source = *source;
	gw_reader_forget_code(reader); /* another daemon's */
	*ret = reader;
	return 0;
}

void gw_reader_free(struct gw_reader *reader)
{
	if (!reader)
		return;
	free(reader->out.data);
	free(reader->have.list);
	free(reader->owners.list);
	free(reader->wanted.list);
	free(reader->asked.list);
	free(reader->code.list);
	free(reader->origins.list);
	free(reader);
}

/* Runs the iterator once and appends what it writes. */
static int reader_run_pass(struct gw_reader *reader, int iterator, enum gw_query_mode mode)
{
	_cleanup_close_ int fd = -1;
	ssize_t size;
	int r;

	reader->source.control->query.mode = mode;
	if (mode != GW_QUERY_WANTED)
		reader->source.control->standing_waits = 0;
	fd = bpf_iter_create(iterator);
	if (fd < 0)
		return -errno;
	for (;;) {
		r = gw_array_reserve(reader->out.data, reader->out.size, reader->out.room, READ_SIZE);
		if (r < 0)
			return r;
		size = read(fd, reader->out.data + reader->out.size, READ_SIZE);
		if (size < 0 && (errno == EINTR || errno == EAGAIN))
			continue;
		if (size <= 0)
			return size < 0 ? -errno : 0;
		reader->out.size += size;
	}
}

/*
 * Who signals a fence's timeline, or, if that has never been seen, who signals the others of its driver: *@inherited.
 */
static const struct gw_timeline *reader_find_timeline(const struct gw_reader *reader, const struct origin *origin,
						      struct gw_timeline *copy, bool *inherited)
{
	const struct gw_timeline *slot = &reader->source.timelines[origin->context & (GW_TIMELINE_SLOTS - 1)];

	*inherited = false;
	if (slot->context == origin->context)
		return slot;
	if (reader->source.evicted >= 0 && bpf_map_lookup_elem(reader->source.evicted, &origin->context, copy) == 0)
		return copy;
	if (!origin->ops || reader->source.drivers < 0 ||
	    bpf_map_lookup_elem(reader->source.drivers, &origin->ops, copy) < 0)
		return NULL;
	copy->context = origin->context;
	*inherited = true;
	return copy;
}

/* ---- what a record points to ---------------------------------------------------------- */

static int reader_want(struct gw_reader *reader, uint64_t address)
{
	return addresses_add(&reader->wanted, address);
}

static int reader_note_task(struct gw_reader *reader, const struct gw_task_record *task)
{
	uint32_t i;
	int r;

	r = addresses_add(&reader->have, task->address);
	for (i = 0; r >= 0 && i < task->stack_depth && i < GW_STACK_DEPTH; i++)
		r = addresses_add(&reader->code, task->stack[i]);
	for (i = 0; r >= 0 && i < task->watch.depth && i < GW_WAIT_DEPTH; i++) {
		const struct gw_wait *wait = &task->watch.waits[i];

		/* Workers are found by what they execute, and stopped threads by their address. */
		if (wait->kind == GW_WAIT_WORK || wait->kind == GW_WAIT_WORKQUEUE || wait->kind == GW_WAIT_TASK ||
		    wait->kind == GW_WAIT_PARK || wait->kind == GW_WAIT_THREAD_WORK)
			r = reader_want(reader, wait->object);
		else if (wait->kind == GW_WAIT_LOCK || wait->kind == GW_WAIT_TRYLOCK)
			r = addresses_add(&reader->code, wait->object);
	}
	if (r >= 0)
		r = addresses_add(&reader->code, task->watch.sections.work_function);
	return r;
}

static int reader_note_signallers(struct gw_reader *reader, const struct origin *origin)
{
	struct gw_timeline copy;
	bool inherited;
	const struct gw_timeline *timeline = reader_find_timeline(reader, origin, &copy, &inherited);
	size_t i;
	int r = 0;

	for (i = 0; timeline && r >= 0 && i < GW_SIGNALLERS; i++) {
		const struct gw_signaller *who = &timeline->signallers[i];

		if (who->kind == GW_SIGNALLER_TASK)
			r = reader_want(reader, who->task);
		else if (who->kind == GW_SIGNALLER_WORK)
			r = reader_want(reader, who->work);
		if (r >= 0)
			r = addresses_add(&reader->code, who->function);
	}
	return r;
}

static int reader_note_fence(struct gw_reader *reader, const struct gw_fence_record *fence)
{
	struct origin origin = { .context = fence->context, .ops = fence->ops };
	int r = origins_add(&reader->origins, origin.context, origin.ops);

	if (r >= 0)
		r = reader_note_signallers(reader, &origin);
	if (r >= 0)
		r = reader_want(reader, fence->sched_task);
	if (r >= 0)
		r = reader_want(reader, fence->sched_work);
	if (r >= 0)
		r = addresses_add(&reader->code, fence->ops);
	if (r >= 0)
		r = addresses_add(&reader->code, fence->ops_driver);
	return r;
}

static int reader_note_work(struct gw_reader *reader, const struct gw_work_record *work)
{
	int r = addresses_add(&reader->code, work->function);

	if (r >= 0)
		r = reader_want(reader, work->worker);
	/* What an item waits behind in its queue. */
	if (r >= 0 && work->place == GW_WORK_INACTIVE)
		r = reader_want(reader, work->workqueue);
	return r;
}

static int reader_note_inner(struct gw_reader *reader, const struct gw_inner_record *inner)
{
	int r = 0;

	for (size_t i = 0; i < GW_INNER_DEPTH && r >= 0; i++)
		r = addresses_add(&reader->code, inner->addresses[i]);
	return r;
}

static int reader_note_pool(struct gw_reader *reader, const struct gw_pool_record *pool)
{
	int r = reader_want(reader, pool->manager);

	return r < 0 ? r : reader_want(reader, pool->rescuer);
}

static int reader_note_lock(struct gw_reader *reader, const struct gw_lock_record *lock)
{
	if ((lock->kind == GW_LOCK_RWSEM || lock->kind == GW_LOCK_PERCPU_RWSEM) && lock->readers > 0)
		reader->saw_readers = true;
	if (lock->owner_kind == GW_OWNER_EXCLUSIVE && addresses_add(&reader->owners, lock->owner) < 0)
		return -ENOMEM;
	return reader_want(reader, lock->owner);
}

static int reader_note_record(struct gw_reader *reader, const struct gw_record *record)
{
	switch (record->type) {
	case GW_RECORD_TASK:
		return reader_note_task(reader, (const struct gw_task_record *)record);
	case GW_RECORD_FENCE:
		return reader_note_fence(reader, (const struct gw_fence_record *)record);
	case GW_RECORD_LOCK:
		return reader_note_lock(reader, (const struct gw_lock_record *)record);
	case GW_RECORD_RESET:
		return reader_want(reader, ((const struct gw_reset_record *)record)->work);
	case GW_RECORD_POOL:
		return reader_note_pool(reader, (const struct gw_pool_record *)record);
	case GW_RECORD_WORK:
		return reader_note_work(reader, (const struct gw_work_record *)record);
	case GW_RECORD_TIMER:
		return addresses_add(&reader->code, ((const struct gw_timer_record *)record)->function);
	case GW_RECORD_INNER:
		return reader_note_inner(reader, (const struct gw_inner_record *)record);
	case GW_RECORD_FAULT:
		reader->saw_fault = true;
		return 0;
	}
	return 0;
}

/* Looks at the records from @offset on. */
static int reader_note_records(struct gw_reader *reader, size_t offset)
{
	const struct gw_record *record;
	int r = 0;

	while (r >= 0 && (record = buffer_record(&reader->out, offset))) {
		r = reader_note_record(reader, record);
		offset += record->size;
	}
	return r;
}

/* ---- further passes --------------------------------------------------------------------- */

static void reader_clear_wanted(struct gw_reader *reader)
{
	uint64_t key;

	while (bpf_map_get_next_key(reader->source.wanted, NULL, &key) == 0)
		bpf_map_delete_elem(reader->source.wanted, &key);
}

/* Leaves in the list of what is wanted what was neither given nor asked for yet. */
static void reader_settle_wanted(struct gw_reader *reader)
{
	size_t kept = 0;

	addresses_settle(&reader->wanted);
	addresses_settle(&reader->have);
	addresses_settle(&reader->asked);
	for (size_t i = 0; i < reader->wanted.count; i++) {
		uint64_t address = reader->wanted.list[i];

		if (!addresses_have(&reader->have, address) && !addresses_have(&reader->asked, address))
			reader->wanted.list[kept++] = address;
	}
	reader->wanted.count = kept;
}

/* Fills the kernel's map with what is wanted, as far as it holds that; the rest stays wanted. Returns how many, or -errno. */
static int reader_fill_wanted(struct gw_reader *reader)
{
	uint64_t *list = reader->wanted.list;
	uint8_t yes = 1;
	size_t count;

	reader_settle_wanted(reader);
	count = reader->wanted.count < GW_WANTED_MAX ? reader->wanted.count : GW_WANTED_MAX;
	for (size_t i = 0; i < count; i++) {
		if (bpf_map_update_elem(reader->source.wanted, &list[i], &yes, BPF_ANY) < 0)
			return -errno;
		if (addresses_add(&reader->asked, list[i]) < 0)
			return -ENOMEM;
	}
	reader->wanted.count -= count;
	if (count)
		memmove(list, list + count, reader->wanted.count * sizeof(*list));
	return count;
}

/* ---- what user space adds ------------------------------------------------------------------ */

static int reader_add_symbol(struct gw_reader *reader, uint64_t address)
{
	struct gw_symbol_record *record;
	struct gw_symbol symbol;

	if (!*reader->source.kallsyms || !gw_kallsyms_at(*reader->source.kallsyms, address, &symbol))
		return 0;
	record = buffer_add_record(&reader->out, GW_RECORD_SYMBOL, sizeof(*record));
	if (!record)
		return -ENOMEM;
	record->address = address;
	record->offset = address - symbol.address;
	strncpy(record->module, symbol.module, sizeof(record->module) - 1);
	strncpy(record->name, symbol.name, sizeof(record->name) - 1);
	return 0;
}

/*
 * BPF trampolines, most of them our own, are no part of what the kernel does.
 * In a table that was read before they were made, they are in no symbol.
 */
static bool reader_is_trampoline(struct gw_reader *reader, uint64_t address)
{
	struct gw_symbol symbol;

	/* ftrace and kprobes call theirs modules, too: __builtin__ftrace, __builtin__kprobes. */
	return !gw_kallsyms_at(*reader->source.kallsyms, address, &symbol) || !symbol.is_code ||
	       strcmp(symbol.module, "bpf") == 0 || strncmp(symbol.module, "__builtin__", 11) == 0;
}

/*
 * A function with an fexit program is called by the trampoline that its own
 * entry called: so it is on the stack twice.
 */
#define ENTRY_SIZE 16 /* the entry's call, and what may be before it */

static bool reader_is_own_entry(struct gw_reader *reader, uint64_t inner, uint64_t outer)
{
	struct gw_symbol first, second;

	return gw_kallsyms_at(*reader->source.kallsyms, inner, &first) &&
	       gw_kallsyms_at(*reader->source.kallsyms, outer, &second) && first.address == second.address &&
	       outer - second.address < ENTRY_SIZE;
}

static void reader_clean_stack(struct gw_reader *reader, __u64 *stack, __u32 *depth)
{
	uint32_t i, kept = 0;

	for (i = 0; i < *depth && i < GW_STACK_DEPTH; i++) {
		if (!reader_is_trampoline(reader, stack[i]) &&
		    !(kept && reader_is_own_entry(reader, stack[kept - 1], stack[i])))
			stack[kept++] = stack[i];
	}
	*depth = kept;
}

static void reader_clean_stacks(struct gw_reader *reader)
{
	const struct gw_record *record;
	size_t offset = 0;

	if (!*reader->source.kallsyms || gw_kallsyms_hidden(*reader->source.kallsyms))
		return;
	for (; (record = buffer_record(&reader->out, offset)); offset += record->size) {
		struct gw_task_record *task = (struct gw_task_record *)record;
		struct gw_hazard *hazard = &((struct gw_hazard_record *)record)->hazard;

		if (record->type == GW_RECORD_TASK)
			reader_clean_stack(reader, task->stack, &task->stack_depth);
		else if (record->type == GW_RECORD_HAZARD)
			reader_clean_stack(reader, hazard->stack, &hazard->stack_depth);
	}
}

/* Where those were that have been sampled since the look before. */
static int reader_fill_samples(struct gw_reader *reader)
{
	const struct gw_record *record;
	int r = 0;

	for (size_t offset = 0; r >= 0 && (record = buffer_record(&reader->out, offset)); offset += record->size) {
		struct gw_running_record *running = (struct gw_running_record *)record;

		if (record->type != GW_RECORD_RUNNING)
			continue;
		gw_sampler_fill(reader->source.sampler, *reader->source.kallsyms, running);
		for (uint32_t i = 0; r >= 0 && i < running->stack_depth; i++)
			r = addresses_add(&reader->code, running->stack[i]);
	}
	return r;
}

static int reader_add_symbols(struct gw_reader *reader)
{
	size_t i;
	int r = 0;

	reader_clean_stacks(reader);
	addresses_settle(&reader->code);
	for (i = 0; r >= 0 && i < reader->code.count; i++)
		r = reader_add_symbol(reader, reader->code.list[i]);
	return r;
}

static int reader_add_module(struct gw_reader *reader, const char *name)
{
	struct gw_module_record *record = buffer_add_record(&reader->out, GW_RECORD_MODULE, sizeof(*record));

	if (!record)
		return -ENOMEM;
	record->flags = *name ? GW_MODULE_F_GPU : 0;
	strncpy(record->name, name, sizeof(record->name) - 1);
	return 0;
}

static int reader_add_modules(struct gw_reader *reader)
{
	const struct gw_gpu_modules *modules = reader->source.gpu_modules;
	int r = modules->count ? 0 : reader_add_module(reader, "");

	for (size_t i = 0; i < modules->count && r == 0; i++)
		r = reader_add_module(reader, modules->names[i]);
	return r;
}

static int reader_add_gpus(struct gw_reader *reader)
{
	const struct gw_gpus *gpus = reader->source.gpus;

	for (size_t i = 0; i < gpus->count; i++) {
		const struct gw_gpu *gpu = &gpus->items[i];
		struct gw_gpu_record *record = buffer_add_record(&reader->out, GW_RECORD_GPU, sizeof(*record));

		if (!record)
			return -ENOMEM;
		record->card = gpu->card;
		record->render = gpu->render;
		record->kfd_node = gpu->kfd_node;
		strncpy(record->name, gpu->name, sizeof(record->name) - 1);
		strncpy(record->driver, gpu->driver, sizeof(record->driver) - 1);
		strncpy(record->module, gpu->module, sizeof(record->module) - 1);
	}
	return 0;
}

static int reader_add_timeline(struct gw_reader *reader, const struct gw_timeline *timeline, bool inherited)
{
	struct gw_timeline_record *record = buffer_add_record(&reader->out, GW_RECORD_TIMELINE, sizeof(*record));
	struct gw_fence_names names;
	size_t i;
	int r = 0;

	if (!record)
		return -ENOMEM;
	record->timeline = *timeline;
	record->inherited = inherited;
	if (reader->source.names >= 0 && bpf_map_lookup_elem(reader->source.names, &timeline->context, &names) == 0) {
		memcpy(record->driver, names.driver, sizeof(record->driver));
		memcpy(record->name, names.timeline, sizeof(record->name));
	}
	for (i = 0; r >= 0 && i < GW_SIGNALLERS; i++)
		r = addresses_add(&reader->code, timeline->signallers[i].function);
	if (r >= 0)
		r = addresses_add(&reader->code, timeline->ops);
	return r;
}

static int reader_add_all_timelines(struct gw_reader *reader)
{
	size_t i;
	int r = 0;

	for (i = 0; r >= 0 && i < GW_TIMELINE_SLOTS; i++) {
		if (reader->source.timelines[i].context)
			r = reader_add_timeline(reader, &reader->source.timelines[i], false);
	}
	return r;
}

static int reader_add_driver(struct gw_reader *reader, uint64_t ops)
{
	struct gw_driver_record *record = buffer_add_record(&reader->out, GW_RECORD_DRIVER, sizeof(*record));

	if (!record)
		return -ENOMEM;
	record->ops = ops;
	for (size_t i = 0; i < GW_TIMELINE_SLOTS; i++) {
		const struct gw_timeline *slot = &reader->source.timelines[i];

		for (size_t s = 0; slot->ops == ops && s < GW_SIGNALLERS; s++)
			record->signals += slot->signallers[s].count;
	}
	return 0;
}

/* Whether a device goes on beside its page fault is seen by all timelines of its driver. */
static int reader_add_drivers(struct gw_reader *reader)
{
	struct addresses ops = { .list = NULL };
	int r = 0;

	for (size_t i = 0; r >= 0 && i < reader->origins.count; i++)
		r = addresses_add(&ops, reader->origins.list[i].ops);
	addresses_settle(&ops);
	for (size_t i = 0; r >= 0 && i < ops.count; i++)
		r = reader_add_driver(reader, ops.list[i]);
	free(ops.list);
	return r;
}

/* Timelines that fences refer to; those of the table are there already if @all. */
static int reader_add_timelines(struct gw_reader *reader, bool all)
{
	struct origins *set = &reader->origins;
	const struct gw_timeline *timeline;
	struct gw_timeline copy;
	bool inherited;
	size_t i;
	int r = 0;

	if (reader->saw_fault)
		r = reader_add_drivers(reader);
	if (r >= 0 && all)
		r = reader_add_all_timelines(reader);

	if (set->count)
		qsort(set->list, set->count, sizeof(*set->list), origins_compare);
	for (i = 0; r >= 0 && i < set->count; i++) {
		if (!set->list[i].context || (i && set->list[i - 1].context == set->list[i].context))
			continue;
		timeline = reader_find_timeline(reader, &set->list[i], &copy, &inherited);
		if (timeline && (timeline == &copy || !all))
			r = reader_add_timeline(reader, timeline, inherited);
	}
	return r;
}

static int reader_add_hazard(struct gw_reader *reader, const struct gw_hazard *hazard)
{
	struct gw_hazard_record *record = buffer_add_record(&reader->out, GW_RECORD_HAZARD, sizeof(*record));
	uint32_t i;
	int r;

	if (!record)
		return -ENOMEM;
	record->hazard = *hazard;
	r = addresses_add(&reader->code, hazard->section_ip);
	for (i = 0; r >= 0 && i < hazard->stack_depth && i < GW_STACK_DEPTH; i++)
		r = addresses_add(&reader->code, hazard->stack[i]);
	return r;
}

/* All that were seen since the programs were attached: few, and in no order. */
static int reader_add_hazards(struct gw_reader *reader)
{
	struct gw_hazard_key key, *previous = NULL;
	struct gw_hazard hazard;
	int r = 0;

	while (r >= 0 && reader->source.hazards >= 0 &&
	       bpf_map_get_next_key(reader->source.hazards, previous, &key) == 0) {
		if (bpf_map_lookup_elem(reader->source.hazards, &key, &hazard) == 0)
			r = reader_add_hazard(reader, &hazard);
		previous = &key;
	}
	return r;
}

static int reader_add_section(struct gw_reader *reader, const struct gw_section *section)
{
	struct gw_section_record *record = buffer_add_record(&reader->out, GW_RECORD_SECTION, sizeof(*record));

	if (!record)
		return -ENOMEM;
	record->section = *section;
	if (section->kind == GW_SECTION_DRM && reader->source.control->left_elsewhere_ns >= section->since_ns)
		record->section.flags |= GW_SECTION_F_LEFT_ELSEWHERE;
	return 0;
}

/* An unplug that began after them has returned: so these sections were over. */
static bool reader_section_is_over(const struct gw_reader *reader, const struct gw_section *section)
{
	return section->kind == GW_SECTION_DRM && section->since_ns < reader->source.control->unplugged_ns;
}

/* Sections of tasks that are gone. Those that are over are forgotten on the way. */
static int reader_add_sections(struct gw_reader *reader)
{
	uint64_t key, next, *previous = NULL;
	struct gw_section section;
	int r = 0;

	while (r >= 0 && reader->source.sections >= 0 &&
	       bpf_map_get_next_key(reader->source.sections, previous, &next) == 0) {
		if (bpf_map_lookup_elem(reader->source.sections, &next, &section) == 0) {
			if (!reader_section_is_over(reader, &section))
				r = reader_add_section(reader, &section);
			else if (bpf_map_delete_elem(reader->source.sections, &next) == 0)
				continue; /* from the same key as before */
		}
		key = next;
		previous = &key;
	}
	return r;
}

/* ---- the snapshot --------------------------------------------------------------------------- */

/*
 * Finds out what the getters return whose code the pass has met for the first
 * time. Returns how many there are of which that is known now.
 */
static unsigned int reader_learn_getters(struct gw_reader *reader)
{
	const int map = reader->source.getters;
	uint64_t function, *previous = NULL;
	struct gw_getter getter;
	unsigned int learned = 0;

	while (map >= 0 && bpf_map_get_next_key(map, previous, &function) == 0) {
		previous = &function;
		if (bpf_map_lookup_elem(map, &function, &getter) < 0 || getter.state != GW_GETTER_ASKED)
			continue;
		gw_getter_decode(&getter, function);
		if (bpf_map_update_elem(map, &function, &getter, BPF_EXIST) == 0)
			learned += getter.state == GW_GETTER_KNOWN;
	}
	return learned;
}

void gw_reader_forget_code(struct gw_reader *reader)
{
	uint64_t function;

	while (reader->source.getters >= 0 && bpf_map_get_next_key(reader->source.getters, NULL, &function) == 0)
		if (bpf_map_delete_elem(reader->source.getters, &function) < 0)
			return;
}

/* A pass whose fences are named; the first one may have to be done again for that. */
static int reader_run_named_pass(struct gw_reader *reader, int iterator, enum gw_query_mode mode)
{
	size_t offset = reader->out.size;
	int r = reader_run_pass(reader, iterator, mode);

	if (r < 0 || !reader_learn_getters(reader))
		return r;
	reader->out.size = offset;
	return reader_run_pass(reader, iterator, mode);
}

/* Where modules' code lies. Returns false if that cannot be read, or there is none. */
static bool reader_find_modules(struct gw_reader *reader)
{
	struct gw_query *query = &reader->source.control->query;
	const struct gw_kallsyms *kallsyms = *reader->source.kallsyms;
	size_t count = kallsyms && !gw_kallsyms_hidden(kallsyms) ? gw_kallsyms_count(kallsyms) : 0;
	struct gw_symbol symbol;

	query->modules_begin = UINT64_MAX;
	query->modules_end = 0;
	for (size_t i = 0; i < count; i++) {
		gw_kallsyms_symbol(kallsyms, i, &symbol);
		if (!symbol.is_code || !*symbol.module || strcmp(symbol.module, "bpf") == 0 ||
		    strncmp(symbol.module, "__builtin__", 11) == 0)
			continue;
		if (symbol.address < query->modules_begin)
			query->modules_begin = symbol.address;
		if (symbol.address >= query->modules_end)
			query->modules_end = symbol.address + MODULE_TAIL;
	}
	return query->modules_end != 0;
}

/* Somebody waits for a lock whose owner neither waits nor executes a work item: it may have left the lock to another task. */
static bool reader_saw_left_lock(struct gw_reader *reader)
{
	addresses_settle(&reader->have);
	for (size_t i = 0; i < reader->owners.count; i++)
		if (reader->owners.list[i] && !addresses_have(&reader->have, reader->owners.list[i]))
			return true;
	return false;
}

/* The kernel records one reader of a lock alone: the others may sleep interruptibly. So may whoever was left a lock. */
static int reader_add_readers(struct gw_reader *reader, int iterator, enum gw_sleepers sleepers)
{
	bool needed = sleepers == GW_SLEEPERS_IN_MODULES || reader->saw_readers || reader_saw_left_lock(reader);

	if (!needed || !reader_find_modules(reader))
		return 0;
	((struct gw_snapshot_record *)reader->out.data)->full = GW_SLEEPERS_IN_MODULES;
	return reader_run_pass(reader, iterator, GW_QUERY_READERS);
}

/* 0: all that the records point to was asked for, too. */
static int reader_run_passes(struct gw_reader *reader, int iterator, enum gw_sleepers sleepers)
{
	enum gw_query_mode mode = sleepers == GW_SLEEPERS_ALL ? GW_QUERY_FULL : GW_QUERY_BLOCKED;
	size_t offset = reader->out.size;
	int r, i;

	for (i = 0; i < PASSES_MAX; i++) {
		r = reader_run_named_pass(reader, iterator, mode);
		if (r < 0)
			return r;
		r = reader_note_records(reader, offset);
		offset = reader->out.size;
		if (r >= 0 && mode == GW_QUERY_BLOCKED)
			r = reader_add_readers(reader, iterator, sleepers);
		if (r >= 0)
			r = reader_note_records(reader, offset);
		if (r < 0)
			return r;
		offset = reader->out.size;
		reader_clear_wanted(reader);
		r = reader_fill_wanted(reader);
		if (r <= 0)
			return r;
		mode = GW_QUERY_WANTED;
	}
	/* What was not asked for is not gone. */
	return -E2BIG;
}

static void reader_start(struct gw_reader *reader, uint64_t min_wait_ns)
{
	reader->out.size = 0;
	reader->have.count = 0;
	reader->owners.count = 0;
	reader->wanted.count = 0;
	reader->asked.count = 0;
	reader->code.count = 0;
	reader->origins.count = 0;
	reader->saw_fault = false;
	reader->saw_readers = false;
	reader->source.control->query.now_ns = gw_now_mono_ns();
	reader->source.control->query.min_wait_ns = min_wait_ns;
	reader_clear_wanted(reader);
}

static int reader_give(struct gw_reader *reader, void **data, size_t *size)
{
	char *grown = realloc(*data, *size + reader->out.size);

	if (!grown)
		return -ENOMEM;
	memcpy(grown + *size, reader->out.data, reader->out.size);
	*data = grown;
	*size += reader->out.size;
	return 0;
}

int gw_reader_snapshot(struct gw_reader *reader, int iterator, enum gw_sleepers sleepers, bool timelines,
		       uint64_t min_wait_ns, void **data, size_t *size)
{
	struct gw_snapshot_record *head;
	int r, incomplete;

	reader_start(reader, min_wait_ns);
	head = buffer_add_record(&reader->out, GW_RECORD_SNAPSHOT, sizeof(*head));
	if (!head)
		return -ENOMEM;
	head->sequence = ++reader->sequence;
	head->mono_ns = reader->source.control->query.now_ns;
	head->real_ns = gw_now_real_ns();
	head->full = sleepers == GW_SLEEPERS_ALL ? GW_SLEEPERS_ALL : GW_SLEEPERS_NONE;
	incomplete = reader_run_passes(reader, iterator, sleepers);
	if (incomplete == -ENOMEM || reader->out.size == sizeof(*head))
		return incomplete < 0 ? incomplete : -EIO;
	r = gw_dedupe(reader->out.data, reader->out.size, &reader->out.size);
	if (r >= 0)
		r = reader_add_timelines(reader, timelines);
	if (r >= 0)
		r = reader_add_hazards(reader);
	if (r >= 0 && reader->source.sampler)
		r = reader_fill_samples(reader);
	if (r >= 0)
		r = reader_add_sections(reader);
	if (r >= 0)
		r = reader_add_symbols(reader);
	if (r >= 0)
		r = reader_add_modules(reader);
	if (r >= 0)
		r = reader_add_gpus(reader);
	if (r < 0)
		return r;
	((struct gw_snapshot_record *)reader->out.data)->incomplete = incomplete < 0;
	return reader_give(reader, data, size);
}
