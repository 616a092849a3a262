/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reports and waits as a trace. */
#include "cli/export/perfetto.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>

#include "cli/lib/error.h"
#include "cli/lib/json-field.h"
#include "cli/lib/text.h"
#include "lib/base/hash.h"

/* Numbers of fields, by the message that has them: protos/perfetto/trace of Perfetto. */
enum {
	TRACE_PACKET = 1,
	PACKET_CLOCK_SNAPSHOT = 6,
	PACKET_TIMESTAMP = 8,
	PACKET_SEQUENCE = 10,
	PACKET_TRACK_EVENT = 11,
	PACKET_CLOCK = 58,
	PACKET_TRACK = 60,
	SNAPSHOT_CLOCKS = 1,
	SNAPSHOT_PRIMARY = 2,
	CLOCK_ID = 1,
	CLOCK_TIMESTAMP = 2,
	TRACK_UUID = 1,
	TRACK_NAME = 2,
	TRACK_THREAD = 4,
	TRACK_PARENT = 5,
	THREAD_PID = 1,
	THREAD_TID = 2,
	THREAD_NAME = 5,
	EVENT_ANNOTATION = 4,
	EVENT_TYPE = 9,
	EVENT_TRACK = 11,
	EVENT_CATEGORY = 22,
	EVENT_NAME = 23,
	ANNOTATION_STRING = 6,
	ANNOTATION_NAME = 10,
};

enum event_type {
	EVENT_BEGIN = 1,
	EVENT_END = 2,
	EVENT_INSTANT = 3,
};

#define CLOCK_OF_REPORTS 3 /* BUILTIN_CLOCK_MONOTONIC */
#define SEQUENCE 1	   /* all packets come from one writer */

struct trace {
	struct protobuf *out;
	json_t *seen;	 /* tracks and slices that are there: a wait may stand in several reports */
	uint64_t now_ns; /* CLOCK_MONOTONIC: where waits that stand end in the picture */
};

/* ---- packets ------------------------------------------------------------------------------ */

static void trace_add_packet(struct trace *trace, uint64_t time_ns, unsigned field, struct protobuf *inner)
{
	struct protobuf packet = { .data = NULL };

	if (time_ns) {
		protobuf_add_number(&packet, PACKET_TIMESTAMP, time_ns);
		protobuf_add_number(&packet, PACKET_CLOCK, CLOCK_OF_REPORTS);
	}
	protobuf_add_number(&packet, PACKET_SEQUENCE, SEQUENCE);
	protobuf_add_message(&packet, field, inner);
	protobuf_add_message(trace->out, TRACE_PACKET, &packet);
}

/* The reports' clock is that of the trace: nothing has to be converted. */
static void trace_add_clock(struct trace *trace)
{
	struct protobuf clock = { .data = NULL }, snapshot = { .data = NULL };

	protobuf_add_number(&clock, CLOCK_ID, CLOCK_OF_REPORTS);
	protobuf_add_number(&clock, CLOCK_TIMESTAMP, trace->now_ns);
	protobuf_add_message(&snapshot, SNAPSHOT_CLOCKS, &clock);
	protobuf_add_number(&snapshot, SNAPSHOT_PRIMARY, CLOCK_OF_REPORTS);
	trace_add_packet(trace, 0, PACKET_CLOCK_SNAPSHOT, &snapshot);
}

static void event_annotate(struct protobuf *event, const char *name, const char *value)
{
	struct protobuf annotation = { .data = NULL };

	if (!*value)
		return;
	protobuf_add_string(&annotation, ANNOTATION_NAME, name);
	protobuf_add_string(&annotation, ANNOTATION_STRING, value);
	protobuf_add_message(event, EVENT_ANNOTATION, &annotation);
}

/* Without its name, which an end does not have. */
static struct protobuf event_new(enum event_type type, uint64_t track, const char *category)
{
	struct protobuf event = { .data = NULL };

	protobuf_add_number(&event, EVENT_TYPE, type);
	protobuf_add_number(&event, EVENT_TRACK, track);
	protobuf_add_string(&event, EVENT_CATEGORY, category);
	return event;
}

/* ---- tracks --------------------------------------------------------------------------------- */

/* True the first time. */
static bool trace_sees(struct trace *trace, uint64_t key)
{
	char text[24];

	snprintf(text, sizeof(text), "%llx", (unsigned long long)key);
	if (json_object_get(trace->seen, text))
		return false;
	if (json_object_set_new(trace->seen, text, json_true()) < 0)
		out_of_memory();
	return true;
}

/* Of a group "GPU timelines" or the like, which is made with its first track. Returns the track. */
static uint64_t trace_add_track(struct trace *trace, const char *group, const char *name)
{
	uint64_t parent = gw_hash_string(GW_HASH_START, group), uuid = name ? gw_hash_string(parent, name) : parent;
	struct protobuf track = { .data = NULL };

	if (name)
		trace_add_track(trace, group, NULL);
	if (!trace_sees(trace, uuid))
		return uuid;
	protobuf_add_number(&track, TRACK_UUID, uuid);
	protobuf_add_string(&track, TRACK_NAME, name ? name : group);
	if (name)
		protobuf_add_number(&track, TRACK_PARENT, parent);
	trace_add_packet(trace, 0, PACKET_TRACK, &track);
	return uuid;
}

/* Of a task, as a thread of its process. @task: a node of a report, or a row of the waits. */
static uint64_t trace_add_task(struct trace *trace, const json_t *task)
{
	uint64_t pid = field_number(task, "tgid"), tid = field_number(task, "pid");
	uint64_t uuid = gw_hash_number(gw_hash_string(GW_HASH_START, "task"), tid);
	struct protobuf track = { .data = NULL }, thread = { .data = NULL };

	if (!trace_sees(trace, uuid))
		return uuid;
	protobuf_add_number(&thread, THREAD_PID, pid ? pid : tid);
	protobuf_add_number(&thread, THREAD_TID, tid);
	protobuf_add_string(&thread, THREAD_NAME, field_string(task, "comm"));
	protobuf_add_number(&track, TRACK_UUID, uuid);
	protobuf_add_message(&track, TRACK_THREAD, &thread);
	trace_add_packet(trace, 0, PACKET_TRACK, &track);
	return uuid;
}

/* ---- slices and marks ------------------------------------------------------------------------- */

static void trace_add_slice(struct trace *trace, uint64_t track, const char *category, const char *name,
			    uint64_t begin_ns, uint64_t end_ns)
{
	struct protobuf event;

	if (!begin_ns || !trace_sees(trace, gw_hash_number(gw_hash_string(track, category), begin_ns)))
		return;
	event = event_new(EVENT_BEGIN, track, category);
	protobuf_add_string(&event, EVENT_NAME, name);
	trace_add_packet(trace, begin_ns, PACKET_TRACK_EVENT, &event);
	event = event_new(EVENT_END, track, category);
	trace_add_packet(trace, end_ns > begin_ns ? end_ns : begin_ns + 1, PACKET_TRACK_EVENT, &event);
}

/* As Perfetto itself names what it makes of the kernel's events of fences: "fence-gfx_0.0.0-17". */
static uint64_t trace_add_fence(struct trace *trace, const json_t *fence)
{
	_cleanup_free_ char *timeline =
		text_format("fence-%s-%" PRIu64, field_string(fence, "timeline"), field_number(fence, "context"));

	/* A track of its own for each: slices of one track would have to lie within each other. */
	return trace_add_track(trace, timeline, field_string(fence, "phrase"));
}

/* A wait is a slice of its task, and what is waited for has one as long of its own: a fence below its timeline, a device. */
static void trace_add_edge(struct trace *trace, const json_t *report, const json_t *edge, uint64_t end_ns)
{
	const json_t *from = field_node(report, field_string(edge, "from")),
		     *to = field_node(report, field_string(edge, "to"));
	uint64_t begin_ns = field_number(edge, "since_mono_ns");
	const char *phrase = field_string(to, "phrase");

	if (!field_is(from, "type", "task") || !begin_ns)
		return;
	trace_add_slice(trace, trace_add_task(trace, from), "wait", phrase, begin_ns, end_ns);
	if (field_is(to, "type", "fence"))
		trace_add_slice(trace, trace_add_fence(trace, to), "fence", field_string(from, "phrase"), begin_ns,
				end_ns);
	else if (field_is(to, "type", "device"))
		trace_add_slice(trace, trace_add_track(trace, "Devices", phrase), "device",
				field_string(from, "phrase"), begin_ns, end_ns);
}

static void trace_add_report(struct trace *trace, const json_t *report)
{
	uint64_t resolved_ns = field_number(report, "resolved_mono_ns");
	const json_t *cause = field_object(report, "root_cause");
	uint64_t track = trace_add_track(trace, "gpuwatch reports", field_string(report, "kind"));
	struct protobuf event = event_new(EVENT_INSTANT, track, "report");
	json_t *edge;
	size_t i;

	protobuf_add_string(&event, EVENT_NAME, field_string(report, "class"));
	event_annotate(&event, "id", field_string(report, "id"));
	event_annotate(&event, "state", field_string(report, "state"));
	event_annotate(&event, "confidence", field_string(report, "confidence"));
	event_annotate(&event, "summary", field_string(report, "summary"));
	event_annotate(&event, "root cause", field_string(cause, "explanation"));
	event_annotate(&event, "advice", field_string(cause, "advice"));
	trace_add_packet(trace, field_number(report, "detected_mono_ns"), PACKET_TRACK_EVENT, &event);
	json_array_foreach(field_array(report, "edges"), i, edge)
		trace_add_edge(trace, report, edge, resolved_ns ? resolved_ns : trace->now_ns);
}

static void trace_add_wait(struct trace *trace, const json_t *wait)
{
	const char *phrase = field_string(wait, "phrase"), *function = field_string(wait, "function");
	uint64_t begin_ns = field_number(wait, "since_mono_ns");

	trace_add_slice(trace, trace_add_task(trace, wait), "wait", *phrase ? phrase : function, begin_ns,
			begin_ns + field_number(wait, "age_ns"));
}

/* The latest moment that is in the documents. */
static uint64_t perfetto_now(const json_t *reports, const json_t *waits)
{
	uint64_t now_ns = 0, time_ns;
	json_t *item;
	size_t i;

	json_array_foreach(field_array(waits, "waits"), i, item) {
		time_ns = field_number(item, "since_mono_ns") + field_number(item, "age_ns");
		now_ns = time_ns > now_ns ? time_ns : now_ns;
	}
	json_array_foreach(reports, i, item) {
		time_ns = field_number(item, "detected_mono_ns");
		now_ns = time_ns > now_ns ? time_ns : now_ns;
	}
	return now_ns;
}

void perfetto_write(struct protobuf *out, const json_t *reports, const json_t *waits)
{
	_cleanup_json_ json_t *seen = json_object();
	struct trace trace = { .out = out, .seen = seen, .now_ns = perfetto_now(reports, waits) };
	json_t *item;
	size_t i;

	if (!seen)
		out_of_memory();
	trace_add_clock(&trace);
	json_array_foreach(reports, i, item)
		trace_add_report(&trace, item);
	json_array_foreach(field_array(waits, "waits"), i, item)
		trace_add_wait(&trace, item);
}
