/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Attempts to probe: begins and ends put together, several lines about one
 * attempt made one, and the same attempt seen by several sources counted once.
 */
#include "lib/boot/model/attempts.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/array.h"

/* Lines of one source about one attempt are this close. */
#define SAME_NS 2000000ULL
/* The end of an attempt as two sources see it: when their clocks are aligned, and when they are not. */
#define ALIGNED_NS 20000000ULL
#define UNALIGNED_NS 500000000ULL
/* Attempts within that time that are compared. */
#define COMPARED 16

bool gw_boot_attempt_rejected(const struct gw_boot_attempt *attempt)
{
	return attempt->ended && (attempt->result == -ENODEV || attempt->result == -ENXIO);
}

/* The facts of one device, by source and then by time. */
struct order {
	uint32_t device, fact;
	uint8_t source;
};

/* Attempts of one device from one source while they are put together. */
struct reading {
	struct gw_boot_model *model;
	uint32_t device;
	size_t first; /* attempts of this source begin here */
	bool put_off; /* the last one ended with -EPROBE_DEFER and is not yet on the list */
};

static struct gw_boot_attempt *attempts_add(struct reading *reading, const struct gw_boot_fact *fact)
{
	struct gw_boot_model *model = reading->model;

	if (gw_array_reserve(model->attempts, model->n_attempts, model->allocated_attempts, 1) < 0)
		return NULL;
	model->attempts[model->n_attempts] = (struct gw_boot_attempt){
		.begin_ns = GW_BOOT_UNKNOWN,
		.end_ns = GW_BOOT_UNKNOWN,
		.ready_ns = GW_BOOT_UNKNOWN,
		.until_ns = GW_BOOT_UNKNOWN,
		.device = reading->device,
		.pid = fact->pid,
		.sources = (uint8_t)(1u << fact->source),
	};
	return &model->attempts[model->n_attempts++];
}

static struct gw_boot_attempt *attempts_last_read(const struct reading *reading)
{
	struct gw_boot_model *model = reading->model;

	return model->n_attempts > reading->first ? &model->attempts[model->n_attempts - 1] : NULL;
}

static int attempts_read_begin(struct reading *reading, const struct gw_boot_fact *fact)
{
	struct gw_boot_attempt *last = attempts_last_read(reading);

	/* A device is not probed twice at a time: an open attempt is the same one, or its end was not seen. */
	if (last && !last->ended && fact->time_ns - last->begin_ns < SAME_NS &&
	    (!fact->pid || !last->pid || fact->pid == last->pid)) {
		last->driver = last->driver ? last->driver : fact->other;
		return 0;
	}
	last = attempts_add(reading, fact);
	if (!last)
		return -ENOMEM;
	last->begin_ns = fact->time_ns;
	last->driver = fact->other;
	return 0;
}

static uint64_t attempts_begin_of(const struct gw_boot_fact *end)
{
	if (!end->duration_ns)
		return GW_BOOT_UNKNOWN;
	return end->duration_ns < end->time_ns ? end->time_ns - end->duration_ns : 0;
}

/* Whether an end without a begin is another line about the last attempt. */
static bool attempts_end_again(const struct gw_boot_attempt *last, const struct gw_boot_fact *fact)
{
	if (!last || !last->ended || last->result != fact->result || (last->measured && fact->duration_ns))
		return false;
	/* A device is not probed twice at a time. */
	if (fact->duration_ns)
		return attempts_begin_of(fact) <= last->end_ns;
	return fact->time_ns - last->end_ns < SAME_NS;
}

static int attempts_read_end(struct reading *reading, const struct gw_boot_fact *fact)
{
	struct gw_boot_attempt *last = attempts_last_read(reading);
	uint64_t ready = reading->model->fact_ready[fact - reading->model->facts];

	if (!attempts_end_again(last, fact) && (!last || last->ended)) {
		last = attempts_add(reading, fact);
		if (!last)
			return -ENOMEM;
	}
	last->ended = true;
	last->measured |= fact->duration_ns != 0;
	last->result = fact->result;
	last->end_ns = fact->time_ns;
	if (ready != GW_BOOT_UNKNOWN && last->begin_ns <= ready)
		last->ready_ns = ready;
	if (last->begin_ns == GW_BOOT_UNKNOWN)
		last->begin_ns = attempts_begin_of(fact);
	last->driver = last->driver ? last->driver : fact->other;
	last->pid = last->pid ? last->pid : fact->pid;
	last->note = last->note ? last->note : fact->note;
	reading->put_off = fact->result == -EPROBE_DEFER;
	return 0;
}

/* Put on the deferred list, which comes after the end of the attempt that wanted it. */
static int attempts_read_deferral(struct reading *reading, const struct gw_boot_fact *fact)
{
	struct gw_boot_attempt *last = attempts_last_read(reading);

	if (reading->put_off) {
		reading->put_off = false;
		return 0;
	}
	if (!last || last->ended)
		last = attempts_add(reading, fact);
	if (!last)
		return -ENOMEM;
	last->ended = true;
	last->result = -EPROBE_DEFER;
	last->end_ns = fact->time_ns;
	return 0;
}

static int attempts_read_source(struct reading *reading, const struct order *order, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const struct gw_boot_fact *fact = &reading->model->facts[order[i].fact];
		int r = 0;

		if (fact->type == GW_BOOT_PROBE_BEGIN)
			r = attempts_read_begin(reading, fact);
		else if (fact->type == GW_BOOT_PROBE_END)
			r = attempts_read_end(reading, fact);
		else if (fact->type == GW_BOOT_DEFER)
			r = attempts_read_deferral(reading, fact);
		if (r < 0)
			return r;
	}
	return 0;
}

/* ---- the same attempt from several sources ----------------------------------------------------- */

static uint64_t attempt_moment(const struct gw_boot_attempt *attempt)
{
	return attempt->end_ns != GW_BOOT_UNKNOWN ? attempt->end_ns : attempt->begin_ns;
}

static uint64_t attempt_distance(uint64_t a, uint64_t b)
{
	return a > b ? a - b : b - a;
}

static bool attempt_is_same(const struct gw_boot_attempt *a, const struct gw_boot_attempt *b, uint64_t tolerance)
{
	if (a->ended && b->ended)
		return a->result == b->result && attempt_distance(a->end_ns, b->end_ns) <= tolerance;
	return a->begin_ns != GW_BOOT_UNKNOWN && b->begin_ns != GW_BOOT_UNKNOWN &&
	       attempt_distance(a->begin_ns, b->begin_ns) <= tolerance;
}

/* @better keeps what it knows. */
static void attempt_unite(struct gw_boot_attempt *better, const struct gw_boot_attempt *other)
{
	if (better->begin_ns == GW_BOOT_UNKNOWN)
		better->begin_ns = other->begin_ns;
	if (!better->ended) {
		better->ended = other->ended;
		better->result = other->result;
		better->end_ns = other->end_ns;
	}
	if (better->ready_ns == GW_BOOT_UNKNOWN)
		better->ready_ns = other->ready_ns;
	better->driver = better->driver ? better->driver : other->driver;
	better->pid = better->pid ? better->pid : other->pid;
	better->note = better->note ? better->note : other->note;
	better->sources |= other->sources;
}

/* The attempts from @second on came from another source than those before, from @first on; both are in order. */
static void attempts_unite_sources(struct gw_boot_model *model, size_t first, size_t second)
{
	uint64_t tolerance = model->aligned ? ALIGNED_NS : UNALIGNED_NS;
	size_t candidate = first, kept = second;

	for (size_t i = second; i < model->n_attempts; i++) {
		struct gw_boot_attempt *attempt = &model->attempts[i];
		size_t at;

		while (candidate < second &&
		       attempt_moment(&model->attempts[candidate]) + tolerance < attempt_moment(attempt))
			candidate++;
		for (at = candidate; at < second && at < candidate + COMPARED; at++)
			if (attempt_is_same(&model->attempts[at], attempt, tolerance))
				break;
		if (at < second && at < candidate + COMPARED &&
		    attempt_is_same(&model->attempts[at], attempt, tolerance)) {
			attempt_unite(&model->attempts[at], attempt);
			candidate = at + 1;
		} else {
			model->attempts[kept++] = *attempt;
		}
	}
	model->n_attempts = kept;
}

static int attempts_by_moment(const void *a, const void *b)
{
	uint64_t x = attempt_moment(a), y = attempt_moment(b);

	return x < y ? -1 : x > y;
}

static void attempts_sort_from(struct gw_boot_model *model, size_t first)
{
	if (model->n_attempts > first)
		gw_array_sort(model->attempts + first, model->n_attempts - first, sizeof(*model->attempts),
			      attempts_by_moment);
}

/* ---- the device ------------------------------------------------------------------------------ */

/* Until when each successful attempt's driver stayed. */
static void attempts_find_ends_of_bindings(struct gw_boot_model *model, struct gw_boot_device *device,
					   const struct order *order, size_t count)
{
	struct gw_boot_attempt *attempts = &model->attempts[device->first_attempt];

	for (uint32_t i = 0; i + 1 < device->n_attempts; i++) {
		uint64_t next = attempts[i + 1].begin_ns;

		if (gw_boot_attempt_bound(&attempts[i]))
			attempts[i].until_ns = next != GW_BOOT_UNKNOWN ? next : attempts[i + 1].end_ns;
	}
	for (size_t k = 0, i = 0; k < count; k++) {
		const struct gw_boot_fact *fact = &model->facts[order[k].fact];

		if (fact->type != GW_BOOT_UNBIND)
			continue;
		while (i + 1 < device->n_attempts && attempt_moment(&attempts[i + 1]) <= fact->time_ns)
			i++;
		if (i == 0 && (device->n_attempts == 0 || attempt_moment(&attempts[0]) > fact->time_ns))
			device->bound_before = true;
		if (i < device->n_attempts && attempt_moment(&attempts[i]) <= fact->time_ns &&
		    gw_boot_attempt_bound(&attempts[i]) && fact->time_ns <= attempts[i].until_ns) {
			attempts[i].until_ns = fact->time_ns;
			attempts[i].until_seen = true;
		}
	}
}

/* Where the kernel's own list of deferred devices is known, its reasons are the last ones. */
static void attempts_read_pending(const struct gw_boot_model *model, struct gw_boot_device *device,
				  const struct gw_boot_fact *fact)
{
	device->pending_ns = fact->time_ns;
	if (fact->other && strcmp(gw_boot_text(model, fact->other), "(reason unknown)") != 0 &&
	    !json_is_array(json_object_get(model->evidence->state, "deferred")))
		device->reason = fact->other;
}

/* What is not an attempt, but tells about the device's waiting. */
static void attempts_read_waiting(struct gw_boot_model *model, struct gw_boot_device *device, const struct order *order,
				  size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const struct gw_boot_fact *fact = &model->facts[order[i].fact];

		if (fact->type == GW_BOOT_DEFER_REASON && fact->other && !device->reason)
			device->reason = fact->other;
		else if (fact->type == GW_BOOT_SUPPLIER_WAIT && fact->other)
			device->awaited = fact->other;
		else if (fact->type == GW_BOOT_DEFER_TIMEOUT && fact->result == 0)
			attempts_read_pending(model, device, fact);
		else if (fact->type == GW_BOOT_DEFER_TIMEOUT && device->ignored_ns == GW_BOOT_UNKNOWN) {
			device->ignored_ns = fact->time_ns;
			device->assumed_none = fact->result == -ENODEV;
		}
	}
}

/* From a deferral to what ended it. Of several waits the one that lasts counts, or else the longest. */
static void attempts_find_wait(struct gw_boot_model *model, struct gw_boot_device *device)
{
	uint64_t from = GW_BOOT_UNKNOWN;

	for (uint32_t i = 0; i < device->n_attempts; i++) {
		const struct gw_boot_attempt *attempt = &model->attempts[device->first_attempt + i];

		if (gw_boot_attempt_deferred(attempt)) {
			from = from == GW_BOOT_UNKNOWN ? attempt->end_ns : from;
		} else if (attempt->ended && from != GW_BOOT_UNKNOWN) {
			uint64_t to = gw_boot_attempt_bound(attempt) ? attempt->end_ns : from;

			if (to - from > device->wait_to_ns - device->wait_from_ns) {
				device->wait_from_ns = from;
				device->wait_to_ns = to;
			}
			from = GW_BOOT_UNKNOWN;
		}
	}
	device->waiting = from != GW_BOOT_UNKNOWN;
	if (device->waiting)
		device->wait_from_ns = from;
}

/* The kernel's line alone shows that a device was deferred; since when is not known. */
static void attempts_find_pending(struct gw_boot_model *model, struct gw_boot_device *device,
				  const struct gw_boot_attempt *last)
{
	if (device->pending_ns == GW_BOOT_UNKNOWN || (last && last->end_ns > device->pending_ns) || device->known_now)
		return;
	if (!json_is_array(json_object_get(model->evidence->state, "deferred")))
		device->deferred = true;
	if (!device->waiting && device->deferred) {
		device->waiting = true;
		device->wait_from_ns = device->pending_ns;
	}
}

static void attempts_sum_up(struct gw_boot_model *model, struct gw_boot_device *device)
{
	const struct gw_boot_attempt *last = NULL;
	uint32_t driver = GW_BOOT_NO_NAME;

	for (uint32_t i = 0; i < device->n_attempts; i++) {
		const struct gw_boot_attempt *attempt = &model->attempts[device->first_attempt + i];

		last = attempt;
		driver = attempt->driver ? attempt->driver : driver;
		model->begun_only += !attempt->ended;
		model->ended_only += attempt->ended && attempt->begin_ns == GW_BOOT_UNKNOWN;
		if (!gw_boot_attempt_deferred(attempt))
			continue;
		device->retries++;
		if (device->first_deferred_ns == GW_BOOT_UNKNOWN)
			device->first_deferred_ns = attempt->end_ns;
		if (attempt->begin_ns < attempt->end_ns)
			device->futile_ns = gw_boot_time_sum(device->futile_ns, attempt->end_ns - attempt->begin_ns);
	}
	attempts_find_wait(model, device);
	attempts_find_pending(model, device, last);
	if (!last)
		return;
	if (!device->known_now || !device->driver)
		device->driver = driver ? driver : device->driver;
	/* The state lists every device with a driver: one that is not there has gone, whether that was seen or not. */
	if (!device->known_now)
		device->bound = gw_boot_attempt_bound(last) && !last->until_seen &&
				!json_is_array(json_object_get(model->evidence->state, "devices"));
	/* sysfs shows the driver from before its probe function is called. */
	else if (!last->ended)
		device->bound = false;
	/* Where the kernel's own list of them is known, it is the truth. */
	if (!json_is_array(json_object_get(model->evidence->state, "deferred")))
		device->deferred = (device->deferred || gw_boot_attempt_deferred(last)) && !device->bound;
}

/* The kernel log names no driver: of the attempt that bound the device it is the one that the state names. */
static void attempts_name_driver(struct gw_boot_model *model, const struct gw_boot_device *device)
{
	struct gw_boot_attempt *last =
		device->n_attempts ? &model->attempts[device->first_attempt + device->n_attempts - 1] : NULL;

	if (last && !last->driver && device->bound && gw_boot_attempt_bound(last))
		last->driver = device->driver;
}

/* Whether the device has an attempt that had not ended by then; clocks differ a little. */
static bool attempts_any_from(const struct gw_boot_model *model, uint32_t device, uint64_t time_ns)
{
	for (size_t i = model->devices[device].first_attempt; i < model->n_attempts; i++)
		if (!model->attempts[i].ended || model->attempts[i].end_ns + ALIGNED_NS >= time_ns)
			return true;
	return model->devices[device].known_now;
}

/* That a dependency is ignored is printed in the middle of a probe; perhaps nothing else is known of that. */
static int attempts_add_ignored(struct reading *reading, const struct order *order, size_t count)
{
	const struct gw_boot_fact *ignored = NULL;
	struct gw_boot_attempt *attempt;

	for (size_t i = 0; i < count && !ignored; i++) {
		const struct gw_boot_fact *fact = &reading->model->facts[order[i].fact];

		ignored = fact->type == GW_BOOT_DEFER_TIMEOUT && fact->result < 0 ? fact : NULL;
	}
	if (!ignored || attempts_any_from(reading->model, reading->device, ignored->time_ns))
		return 0;
	attempt = attempts_add(reading, ignored);
	if (!attempt)
		return -ENOMEM;
	attempt->begin_ns = ignored->time_ns;
	attempt->driver = ignored->other;
	return 0;
}

/* In a log the line with which a driver registers its DRM device is often all that shows that it has come up. */
static void attempts_read_drm(const struct gw_boot_model *model, struct gw_boot_device *device,
			      const struct order *order, size_t count)
{
	const struct gw_boot_attempt *last = gw_boot_attempts_last(model, device);

	for (size_t i = 0; i < count; i++) {
		const struct gw_boot_fact *fact = &model->facts[order[i].fact];

		if (fact->type != GW_BOOT_DRM_MINOR || device->known_now || !model->evidence->log.given ||
		    (last && last->ended && last->end_ns > fact->time_ns))
			continue;
		device->bound = true;
		device->deferred = false;
		device->driver = device->driver ? device->driver : fact->other;
	}
}

static int attempts_build_device(struct gw_boot_model *model, uint32_t index, const struct order *order, size_t count)
{
	struct gw_boot_device *device = &model->devices[index];
	struct reading reading = { .model = model, .device = index };

	device->first_attempt = (uint32_t)model->n_attempts;
	for (size_t from = 0, to; from < count; from = to) {
		for (to = from; to < count && order[to].source == order[from].source; to++)
			;
		reading.first = model->n_attempts;
		reading.put_off = false;
		if (attempts_read_source(&reading, &order[from], to - from) < 0)
			return -ENOMEM;
		attempts_sort_from(model, reading.first);
		attempts_unite_sources(model, device->first_attempt, reading.first);
		attempts_sort_from(model, device->first_attempt);
	}
	if (attempts_add_ignored(&reading, order, count) < 0)
		return -ENOMEM;
	device->n_attempts = (uint32_t)(model->n_attempts - device->first_attempt);
	attempts_find_ends_of_bindings(model, device, order, count);
	attempts_read_waiting(model, device, order, count);
	attempts_sum_up(model, device);
	attempts_read_drm(model, device, order, count);
	attempts_name_driver(model, device);
	return 0;
}

static int attempts_build_all(struct gw_boot_model *model, const struct order *order, size_t count)
{
	for (size_t from = 0, to; from < count; from = to) {
		for (to = from; to < count && order[to].device == order[from].device; to++)
			;
		if (attempts_build_device(model, order[from].device, &order[from], to - from) < 0)
			return -ENOMEM;
	}
	return 0;
}

/*
 * For each probe that went well the last time that its thread had all deferred devices tried again: the end of
 * driver_bound(), in which the device becomes available to its consumers.
 */
static int attempts_find_ready_times(struct gw_boot_model *model)
{
	struct gw_boot_map triggers = { .slots = NULL };
	int r = 0;

	for (size_t i = 0; i < model->n_facts && r == 0; i++) {
		const struct gw_boot_fact *fact = &model->facts[i];
		uint32_t trigger = GW_BOOT_NOTHING;

		if (fact->type == GW_BOOT_DEFER_TRIGGER && fact->pid)
			r = gw_boot_map_set(&triggers, gw_boot_pair(fact->pid, fact->source), (uint32_t)i);
		if (fact->type == GW_BOOT_PROBE_END && fact->result == 0 && fact->pid)
			trigger = gw_boot_map_get(&triggers, gw_boot_pair(fact->pid, fact->source));
		model->fact_ready[i] = trigger == GW_BOOT_NOTHING ? GW_BOOT_UNKNOWN : model->facts[trigger].time_ns;
	}
	gw_boot_map_deinit(&triggers);
	return r;
}

static size_t attempts_place(const struct gw_boot_model *model, size_t fact)
{
	return (size_t)model->fact_device[fact] * GW_BOOT_SOURCES + model->facts[fact].source;
}

/*
 * The facts of devices, put in order by counting: comparing them cost a tenth of all that a boot does. @places: an element for
 * each source of each device and one more, all zero. Returns how many there are.
 */
static size_t attempts_put_in_order(const struct gw_boot_model *model, struct order *order, uint32_t *places)
{
	size_t count = 0, all = model->n_devices * GW_BOOT_SOURCES;

	for (size_t i = 0; i < model->n_facts; i++) {
		if (model->fact_device[i] == GW_BOOT_NOTHING)
			continue;
		places[attempts_place(model, i) + 1]++;
		count++;
	}
	for (size_t i = 1; i < all; i++)
		places[i] += places[i - 1];
	for (size_t i = 0; i < model->n_facts; i++)
		if (model->fact_device[i] != GW_BOOT_NOTHING)
			order[places[attempts_place(model, i)]++] =
				(struct order){ model->fact_device[i], (uint32_t)i, model->facts[i].source };
	return count;
}

int gw_boot_attempts_build(struct gw_boot_model *model)
{
	struct order *order = calloc(model->n_facts + 1, sizeof(*order));
	uint32_t *places = calloc(model->n_devices * GW_BOOT_SOURCES + 1, sizeof(*places));
	int r = -ENOMEM;

	/* An array even if it stays empty: positions in it are pointers. */
	if (order && places && gw_array_reserve(model->attempts, model->n_attempts, model->allocated_attempts, 1) == 0)
		r = attempts_find_ready_times(model)
			    ?: attempts_build_all(model, order, attempts_put_in_order(model, order, places));
	free(order);
	free(places);
	return r;
}

/* ---- questions -------------------------------------------------------------------------------- */

const struct gw_boot_attempt *gw_boot_attempts_last(const struct gw_boot_model *model,
						    const struct gw_boot_device *device)
{
	return device->n_attempts ? &model->attempts[device->first_attempt + device->n_attempts - 1] : NULL;
}

const struct gw_boot_attempt *gw_boot_attempts_current(const struct gw_boot_model *model,
						       const struct gw_boot_device *device)
{
	for (uint32_t i = device->bound ? device->n_attempts : 0; i-- > 0;) {
		const struct gw_boot_attempt *attempt = &model->attempts[device->first_attempt + i];

		if (gw_boot_attempt_bound(attempt))
			return attempt->until_ns == GW_BOOT_UNKNOWN ? attempt : NULL;
	}
	return NULL;
}

/* The number of the device's attempts that had ended by then, or had begun if their end was not seen. */
static uint32_t attempts_count_until(const struct gw_boot_model *model, const struct gw_boot_device *device,
				     uint64_t time_ns)
{
	uint32_t low = 0, high = device->n_attempts;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (attempt_moment(&model->attempts[device->first_attempt + middle]) <= time_ns)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

bool gw_boot_attempts_bound_at(const struct gw_boot_model *model, const struct gw_boot_device *device, uint64_t time_ns)
{
	uint32_t count = attempts_count_until(model, device, time_ns);
	const struct gw_boot_attempt *last = count ? &model->attempts[device->first_attempt + count - 1] : NULL;
	const struct gw_boot_attempt *next = &model->attempts[device->first_attempt + count];

	if (count < device->n_attempts && gw_boot_attempt_bound(next) && next->ready_ns <= time_ns)
		return true;
	return last && gw_boot_attempt_bound(last) && time_ns <= last->until_ns;
}

bool gw_boot_attempts_probed_at(const struct gw_boot_model *model, const struct gw_boot_device *device,
				uint64_t time_ns)
{
	uint32_t next = attempts_count_until(model, device, time_ns);
	const struct gw_boot_attempt *attempt = &model->attempts[device->first_attempt + next];

	return next < device->n_attempts && attempt->begin_ns <= time_ns;
}

const struct gw_boot_attempt *gw_boot_attempts_next_bound(const struct gw_boot_model *model,
							  const struct gw_boot_device *device, uint64_t time_ns)
{
	for (uint32_t i = attempts_count_until(model, device, time_ns); i < device->n_attempts; i++) {
		const struct gw_boot_attempt *attempt = &model->attempts[device->first_attempt + i];

		if (gw_boot_attempt_bound(attempt))
			return attempt;
	}
	return NULL;
}

const struct gw_boot_attempt *gw_boot_attempts_last_before(const struct gw_boot_model *model,
							   const struct gw_boot_device *device, uint64_t time_ns)
{
	uint32_t count = attempts_count_until(model, device, time_ns);

	return count ? &model->attempts[device->first_attempt + count - 1] : NULL;
}
