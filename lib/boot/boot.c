/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Evidence in. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/boot/evidence/evidence.h"
#include "lib/boot/model/model.h"

int gw_boot_new(struct gw_boot **ret, const struct gw_depends *depends)
{
	struct gw_boot *boot = calloc(1, sizeof(*boot));

	if (!boot)
		return -ENOMEM;
	boot->given = depends;
	*ret = boot;
	return 0;
}

static void free_reports(struct gw_boot *boot)
{
	for (size_t i = 0; i < boot->n_reports; i++)
		gw_report_free(boot->reports[i]);
	free(boot->reports);
	boot->reports = NULL;
	boot->n_reports = 0;
}

void gw_boot_free(struct gw_boot *boot)
{
	if (!boot)
		return;
	free_reports(boot);
	gw_boot_model_free(boot->model);
	gw_depends_free(boot->carried);
	gw_boot_names_deinit(&boot->names);
	free(boot->facts);
	free(boot->marks);
	free(boot->builtins);
	json_decref(boot->state);
	json_decref(boot->lost);
	free(boot);
}

void gw_boot_set_host(struct gw_boot *boot, const struct gw_boot_host *host)
{
	boot->host = *host;
}

size_t gw_boot_dependencies(const struct gw_boot *boot, const struct gw_dependency **ret)
{
	const struct gw_depends *depends = boot->carried ? boot->carried : boot->given;

	return depends ? gw_depends_list(depends, ret) : 0;
}

/* Room for one more of @size bytes each. Returns the array, or NULL. */
static void *reserve(void *array, size_t count, size_t *allocated, size_t size)
{
	size_t wanted = *allocated ? *allocated * 2 : 256;

	if (count < *allocated)
		return array;
	array = reallocarray(array, wanted, size);
	if (array)
		*allocated = wanted;
	return array;
}

int gw_boot_add_event(struct gw_boot *boot, const struct gw_boot_event *event)
{
	struct gw_boot_fact fact = {
		.time_ns = event->time_ns,
		.sequence = event->sequence,
		.duration_ns = event->duration_ns,
		.flags = event->flags,
		.pid = event->pid,
		.result = event->result,
		.type = (uint8_t)event->type,
		.source = (uint8_t)event->source,
	};
	void *facts;

	if (event->type == GW_BOOT_NONE || event->type >= GW_BOOT_EVENT_TYPES || event->source >= GW_BOOT_SOURCES)
		return 0;
	if (boot->n_facts >= GW_BOOT_EVENTS_MAX) {
		boot->dropped_facts++;
		return 0;
	}
	fact.subject = gw_boot_names_add(&boot->names, event->subject);
	fact.other = gw_boot_names_add(&boot->names, event->other);
	fact.bus = gw_boot_names_add(&boot->names, event->bus);
	facts = reserve(boot->facts, boot->n_facts, &boot->allocated_facts, sizeof(fact));
	if (!facts || fact.subject == GW_BOOT_NOT_FOUND || fact.other == GW_BOOT_NOT_FOUND ||
	    fact.bus == GW_BOOT_NOT_FOUND)
		return -ENOMEM;
	boot->facts = facts;
	boot->facts[boot->n_facts++] = fact;
	return 0;
}

static int mark_record(struct gw_boot *boot, uint64_t sequence, uint64_t time_ns)
{
	void *marks = reserve(boot->marks, boot->n_marks, &boot->allocated_marks, sizeof(*boot->marks));

	if (!marks)
		return -ENOMEM;
	boot->marks = marks;
	boot->marks[boot->n_marks++] = (struct gw_boot_kmsg_mark){ sequence, time_ns };
	return 0;
}

int gw_boot_add_kmsg(struct gw_boot *boot, const char *text, size_t size)
{
	struct gw_boot_event event;
	uint64_t sequence;
	int r = gw_boot_event_from_kmsg(&event, &sequence, text, size);

	if (r < 0) {
		boot->malformed++;
		return 0;
	}
	if (boot->n_marks < GW_BOOT_EVENTS_MAX && mark_record(boot, sequence, event.time_ns) < 0)
		return -ENOMEM;
	return r == 1 ? gw_boot_add_event(boot, &event) : 0;
}

int gw_boot_set_initcalls(struct gw_boot *boot, const struct gw_initcall *list, size_t count)
{
	struct gw_boot_builtin *builtins = calloc(count ? count : 1, sizeof(*builtins));
	bool failed = !builtins;

	for (size_t i = 0; !failed && i < count; i++) {
		builtins[i].function = gw_boot_names_add(&boot->names, list[i].function);
		builtins[i].module = gw_boot_names_add(&boot->names, list[i].module);
		builtins[i].level = (uint8_t)list[i].level;
		failed = builtins[i].function == GW_BOOT_NOT_FOUND || builtins[i].module == GW_BOOT_NOT_FOUND;
	}
	if (failed) {
		free(builtins);
		return -ENOMEM;
	}
	free(boot->builtins);
	boot->builtins = builtins;
	boot->n_builtins = count;
	return 0;
}

static int replace_object(json_t **where, json_t *object)
{
	if (!json_is_object(object))
		return -EBADMSG;
	json_incref(object);
	json_decref(*where);
	*where = object;
	return 0;
}

int gw_boot_set_state(struct gw_boot *boot, json_t *state)
{
	return replace_object(&boot->state, state);
}

int gw_boot_set_lost(struct gw_boot *boot, json_t *lost)
{
	return replace_object(&boot->lost, lost);
}

int gw_boot_analyse(struct gw_boot *boot, const struct gw_report *const **reports, size_t *count)
{
	int r;

	free_reports(boot);
	gw_boot_model_free(boot->model);
	boot->model = NULL;
	r = gw_boot_model_new(&boot->model, boot);
	r = r ?: gw_boot_judge(boot->model, &boot->reports, &boot->n_reports);
	if (r < 0)
		return r;
	*reports = (const struct gw_report *const *)boot->reports;
	*count = boot->n_reports;
	return 0;
}
