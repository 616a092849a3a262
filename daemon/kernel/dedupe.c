/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Tidies the records of a snapshot that was taken in several passes: of what
 * was met more than once, one record stays.
 */
#include "daemon/kernel/dedupe.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "bpf/abi/records.h"
#include "lib/base/cleanup.h"

/* Sorted, the record to keep comes first among those that say the same. */
struct key {
	uint64_t address;
	uint32_t subject; /* records of one subject and address exclude each other */
	uint32_t rank;	  /* the lower one stays */
	uint32_t place;	  /* WORK: enum gw_work_place; different places are different statements */
	size_t offset;
};

static bool make_key(const struct gw_record *record, size_t offset, struct key *key)
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
	case GW_RECORD_FENCE:
		key->address = ((const struct gw_fence_record *)record)->address;
		return true;
	case GW_RECORD_LOCK:
		key->address = ((const struct gw_lock_record *)record)->address;
		/* Whoever only knows that it is some lock knows no owner. */
		key->rank = ((const struct gw_lock_record *)record)->kind == GW_LOCK_UNKNOWN;
		return true;
	case GW_RECORD_WORK:
		key->address = ((const struct gw_work_record *)record)->work;
		key->place = ((const struct gw_work_record *)record)->place;
		return true;
	}
	return false;
}

static int compare_keys(const void *a, const void *b)
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

static bool is_redundant(const struct key *keys, size_t i)
{
	const struct key *key = &keys[i], *first = i ? &keys[i - 1] : NULL;

	if (!first || first->subject != key->subject || first->address != key->address)
		return false;
	/* IDLE is the last of the places: another one comes before it. */
	return first->place == key->place || key->place == GW_WORK_IDLE;
}

int gw_tidy(void *data, size_t size, size_t *ret)
{
	_cleanup_free_ struct key *keys = NULL;
	size_t offset, kept = 0, count = 0, room = 0, i;
	struct gw_record *record;

	for (offset = 0; offset < size; offset += record->size) {
		record = (struct gw_record *)((char *)data + offset);
		if (count == room) {
			struct key *more;

			room = room ? room * 2 : 4096;
			more = reallocarray(keys, room, sizeof(*keys));
			if (!more)
				return -ENOMEM;
			keys = more;
		}
		count += make_key(record, offset, &keys[count]);
	}
	if (count)
		qsort(keys, count, sizeof(*keys), compare_keys);
	for (i = 0; i < count; i++) {
		if (is_redundant(keys, i))
			((struct gw_record *)((char *)data + keys[i].offset))->type = 0;
	}
	for (offset = 0; offset < size; offset += room) {
		record = (struct gw_record *)((char *)data + offset);
		room = record->size;
		if (!record->type)
			continue;
		memmove((char *)data + kept, record, room);
		kept += room;
	}
	*ret = kept;
	return 0;
}
