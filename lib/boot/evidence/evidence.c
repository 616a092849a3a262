/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The evidence of a boot, as it comes in. */
#include "lib/boot/evidence/evidence.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bpf/abi/kernel-constants.h"
#include "lib/base/array.h"
#include "lib/boot/evidence/kmsg.h"

int gw_boot_evidence_new(struct gw_boot_evidence **ret, const struct gw_depends *depends)
{
	struct gw_boot_evidence *evidence = calloc(1, sizeof(*evidence));

	if (!evidence)
		return -ENOMEM;
	evidence->given = depends;
	*ret = evidence;
	return 0;
}

void gw_boot_evidence_free(struct gw_boot_evidence *evidence)
{
	if (!evidence)
		return;
	gw_depends_free(evidence->carried);
	gw_boot_names_deinit(&evidence->names);
	free(evidence->facts);
	free(evidence->marks);
	free(evidence->builtins);
	free(evidence->log.command_line);
	json_decref(evidence->state);
	json_decref(evidence->lost);
	json_decref(evidence->previous);
	free(evidence);
}

static uint64_t evidence_time(uint64_t ns)
{
	return ns < GW_BOOT_TIME_MAX ? ns : GW_BOOT_TIME_MAX;
}

void gw_boot_evidence_set_host(struct gw_boot_evidence *evidence, const struct gw_boot_host *host)
{
	evidence->host = *host;
	evidence->host.taken_real_ns = evidence_time(host->taken_real_ns);
	evidence->host.taken_mono_ns = evidence_time(host->taken_mono_ns);
}

size_t gw_boot_evidence_dependencies(const struct gw_boot_evidence *evidence, const struct gw_dependency **ret)
{
	const struct gw_depends *depends = evidence->carried ? evidence->carried : evidence->given;

	return depends ? gw_depends_list(depends, ret) : 0;
}

static int evidence_add(struct gw_boot_evidence *evidence, const struct gw_boot_event *event, const char *note)
{
	struct gw_boot_fact fact = {
		.time_ns = evidence_time(event->time_ns),
		.sequence = event->sequence,
		.duration_ns = evidence_time(event->duration_ns),
		.flags = event->flags,
		.pid = event->pid,
		.result = event->result,
		.type = (uint8_t)event->type,
		.source = (uint8_t)event->source,
	};

	if (event->type == GW_BOOT_NONE || event->type >= GW_BOOT_EVENT_TYPES || event->source >= GW_BOOT_SOURCES)
		return 0;
	if (evidence->n_facts >= GW_BOOT_EVENTS_MAX) {
		evidence->dropped_facts++;
		return 0;
	}
	fact.subject = gw_boot_names_add(&evidence->names, event->subject);
	fact.other = gw_boot_names_add(&evidence->names, event->other);
	fact.bus = gw_boot_names_add(&evidence->names, event->bus);
	fact.note = gw_boot_names_add(&evidence->names, note);
	if (fact.subject == GW_BOOT_NOT_FOUND || fact.other == GW_BOOT_NOT_FOUND || fact.bus == GW_BOOT_NOT_FOUND ||
	    fact.note == GW_BOOT_NOT_FOUND ||
	    gw_array_reserve(evidence->facts, evidence->n_facts, evidence->allocated_facts, 1) < 0)
		return -ENOMEM;
	evidence->facts[evidence->n_facts++] = fact;
	return 0;
}

int gw_boot_evidence_add_event(struct gw_boot_evidence *evidence, const struct gw_boot_event *event)
{
	return evidence_add(evidence, event, "");
}

/* Lines that are further apart have little to do with each other. */
#define NOTE_NS 5000000ULL
#define NOTE_OF_DEVICE_NS 1000000000ULL /* if it names the device */

/* Why a probe failed is often in the line before, of the driver or of what it asked. */
static const char *evidence_note(const struct gw_boot_evidence *evidence, const struct gw_boot_event *event)
{
	bool failed = event->type == GW_BOOT_PROBE_END && event->result < 0 && event->result != -EPROBE_DEFER &&
		      event->result != -ENODEV && event->result != -ENXIO;
	uint64_t before = evidence->before.time_ns,
		 most = strstr(evidence->before.text, event->subject) ? NOTE_OF_DEVICE_NS : NOTE_NS;

	return failed && before <= event->time_ns && event->time_ns - before <= most ? evidence->before.text : "";
}

/* @is_event: an event stands for itself; but a driver's own word that it does not come up may have the reason, too. */
static void evidence_keep_line(struct gw_boot_evidence *evidence, const char *message, size_t length, uint64_t time_ns,
			       bool is_event)
{
	snprintf(evidence->before.text, sizeof(evidence->before.text), "%.*s", is_event ? 0 : (int)length, message);
	evidence->before.time_ns = time_ns;
}

int gw_boot_evidence_add_message(struct gw_boot_evidence *evidence, const char *message, struct gw_boot_event *event)
{
	bool found = gw_boot_event_from_message(event, message) == 1;
	int r = 0;

	event->source = GW_BOOT_FROM_KMSG;
	event->flags &= ~(uint64_t)GW_BOOT_F_UNTIMED;
	if (found)
		r = evidence_add(evidence, event, evidence_note(evidence, event));
	evidence_keep_line(evidence, message, strlen(message), event->time_ns,
			   found && event->type != GW_BOOT_GIVEN_UP);
	return r < 0 ? r : found;
}

static int evidence_mark_record(struct gw_boot_evidence *evidence, uint64_t sequence, uint64_t time_ns)
{
	if (gw_array_reserve(evidence->marks, evidence->n_marks, evidence->allocated_marks, 1) < 0)
		return -ENOMEM;
	evidence->marks[evidence->n_marks++] = (struct gw_boot_kmsg_mark){ sequence, time_ns };
	return 0;
}

int gw_boot_evidence_add_kmsg(struct gw_boot_evidence *evidence, const char *text, size_t size)
{
	const char *message, *newline;
	struct gw_boot_event event;
	uint64_t sequence;
	bool found;
	int r = gw_boot_event_from_kmsg(&event, &sequence, text, size);

	if (r < 0) {
		evidence->malformed++;
		return 0;
	}
	if (evidence->n_marks < GW_BOOT_EVENTS_MAX && evidence_mark_record(evidence, sequence, event.time_ns) < 0)
		return -ENOMEM;
	message = memchr(text, ';', size);
	if (!message || strtoul(text, NULL, 10) >= GW_BOOT_KERNEL_PRIORITIES)
		return 0;
	found = r == 1;
	r = found ? evidence_add(evidence, &event, evidence_note(evidence, &event)) : 0;
	newline = memchr(message, '\n', (size_t)(text + size - message));
	evidence_keep_line(evidence, message + 1, (size_t)((newline ? newline : text + size) - message - 1),
			   event.time_ns, found && event.type != GW_BOOT_GIVEN_UP);
	return r;
}

int gw_boot_evidence_set_initcalls(struct gw_boot_evidence *evidence, const struct gw_initcall *list, size_t count)
{
	struct gw_boot_builtin *builtins = calloc(count ? count : 1, sizeof(*builtins));
	bool failed = !builtins;

	for (size_t i = 0; !failed && i < count; i++) {
		builtins[i].function = gw_boot_names_add(&evidence->names, list[i].function);
		builtins[i].module = gw_boot_names_add(&evidence->names, list[i].module);
		builtins[i].level = (uint8_t)list[i].level;
		failed = builtins[i].function == GW_BOOT_NOT_FOUND || builtins[i].module == GW_BOOT_NOT_FOUND;
	}
	if (failed) {
		free(builtins);
		return -ENOMEM;
	}
	free(evidence->builtins);
	evidence->builtins = builtins;
	evidence->n_builtins = count;
	return 0;
}

static int evidence_replace_object(json_t **where, json_t *object)
{
	if (!json_is_object(object))
		return -EBADMSG;
	json_incref(object);
	json_decref(*where);
	*where = object;
	return 0;
}

int gw_boot_evidence_set_state(struct gw_boot_evidence *evidence, json_t *state)
{
	return evidence_replace_object(&evidence->state, state);
}

int gw_boot_evidence_set_lost(struct gw_boot_evidence *evidence, json_t *lost)
{
	return evidence_replace_object(&evidence->lost, lost);
}

int gw_boot_evidence_set_previous(struct gw_boot_evidence *evidence, json_t *previous)
{
	return evidence_replace_object(&evidence->previous, previous);
}

const char *gw_boot_evidence_command_line(const struct gw_boot_evidence *evidence)
{
	const char *line = json_string_value(json_object_get(evidence->state, "cmdline"));

	return line ? line : evidence->log.command_line;
}
