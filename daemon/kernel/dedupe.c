/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Removes duplicates from the records of a snapshot that was taken in several
 * passes: of what was met more than once, one record stays.
 */
#include "daemon/kernel/dedupe.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "bpf/abi/records.h"
#include "lib/base/array.h"

/* Sorted, the record to keep comes first among its duplicates. */
struct key {
	uint64_t address;
	uint32_t subject; /* records of one subject and address exclude each other */
	uint32_t rank;	  /* the lower one stays */
	uint32_t place;	  /* WORK: enum gw_work_place; an item may be in several */
	size_t offset;
};

struct keys {
	struct key *list;
	size_t count, room;
};

static bool dedupe_key(const struct gw_record *record, size_t offset, struct key *key)
{
	*key = (struct key){ .subject = record->type, .offset = offset };
	switch (record->type) {
	case GW_RECORD_TASK:
		key->address = ((const struct gw_task_record *)record)->address;
		return true;
	case GW_RECORD_PRESENT:
		key->address = ((const struct gw_present_record *)record)->address;
		key->subject = GW_RECORD_TASK;
		key->rank = 1;
		return true;
	case GW_RECORD_ACTIVITY:
		key->address = ((const struct gw_activity_record *)record)->task;
		return true;
	case GW_RECORD_SECTION:
		key->address = ((const struct gw_section_record *)record)->section.task;
		return true;
	case GW_RECORD_DEVICE:
		key->address = ((const struct gw_device_record *)record)->device.address;
		return true;
	case GW_RECORD_FAULT:
		key->address = ((const struct gw_fault_record *)record)->task;
		return true;
	case GW_RECORD_FENCE:
		key->address = ((const struct gw_fence_record *)record)->address;
		return true;
	case GW_RECORD_LOCK:
		key->address = ((const struct gw_lock_record *)record)->address;
		/* A record of some lock, of whatever kind, has no owner. */
		key->rank = ((const struct gw_lock_record *)record)->kind == GW_LOCK_UNKNOWN;
		return true;
	case GW_RECORD_RUNNING:
		key->address = ((const struct gw_running_record *)record)->task;
		return true;
	case GW_RECORD_SEMAPHORE:
		key->address = ((const struct gw_semaphore_record *)record)->semaphore.address;
		return true;
	case GW_RECORD_RESET:
		key->address = ((const struct gw_reset_record *)record)->scheduler;
		return true;
	case GW_RECORD_WORK:
		key->address = ((const struct gw_work_record *)record)->work;
		key->place = ((const struct gw_work_record *)record)->place;
		return true;
	}
	return false;
}

static int dedupe_compare(const void *a, const void *b)
{
	const struct key *left = a, *right = b;

#define COMPARE(field)                                                                                                 \
	do {                                                                                                           \
		if (left->field != right->field)                                                                       \
			return left->field < right->field ? -1 : 1;                                                    \
	} while (0)
	COMPARE(subject);
	COMPARE(address);
	COMPARE(place);
	COMPARE(rank);
	COMPARE(offset);
#undef COMPARE
	return 0;
}

static bool dedupe_is_redundant(const struct key *keys, size_t i)
{
	const struct key *key = &keys[i], *first = i ? &keys[i - 1] : NULL;

	if (!first || first->subject != key->subject || first->address != key->address)
		return false;
	/* IDLE is the last of the places: another one comes before it. */
	return first->place == key->place || key->place == GW_WORK_IDLE;
}

static int dedupe_collect(struct keys *keys, const char *data, size_t size)
{
	const struct gw_record *record;
	int r;

	for (size_t offset = 0; offset < size; offset += record->size) {
		record = (const struct gw_record *)(data + offset);
		r = gw_array_reserve(keys->list, keys->count, keys->room, 1);
		if (r < 0)
			return r;
		keys->count += dedupe_key(record, offset, &keys->list[keys->count]);
	}
	return 0;
}

/* Redundant records lose their type: that takes no room of its own. */
static void dedupe_mark(const struct keys *keys, char *data)
{
	for (size_t i = 0; i < keys->count; i++)
		if (dedupe_is_redundant(keys->list, i))
			((struct gw_record *)(data + keys->list[i].offset))->type = 0;
}

static size_t dedupe_compact(char *data, size_t size)
{
	size_t kept = 0, length;

	for (size_t offset = 0; offset < size; offset += length) {
		const struct gw_record *record = (const struct gw_record *)(data + offset);

		length = record->size;
		if (!record->type)
			continue;
		memmove(data + kept, record, length);
		kept += length;
	}
	return kept;
}

int gw_dedupe(void *data, size_t size, size_t *ret)
{
	struct keys keys = { 0 };
	int r = dedupe_collect(&keys, data, size);

	if (r >= 0) {
		if (keys.count)
			qsort(keys.list, keys.count, sizeof(*keys.list), dedupe_compare);
		dedupe_mark(&keys, data);
		*ret = dedupe_compact(data, size);
	}
	free(keys.list);
	return r;
}
