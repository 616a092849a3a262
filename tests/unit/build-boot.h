/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Builds a boot out of what happened in it, and asks what is said about it. Times are milliseconds since boot. */
#ifndef GPUWATCH_TESTS_BUILD_BOOT_H
#define GPUWATCH_TESTS_BUILD_BOOT_H

/* clang-format off: cmocka wants these first */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
/* clang-format on */
#include <errno.h>
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "lib/boot/boot.h"

#define MS 1000000ULL
#define DEFERRED (-517)

/* A machine on which everything is recorded from the first moment on. */
struct machine {
	struct gw_boot_evidence *evidence;
	struct gw_boot *boot; /* NULL = not analysed yet */
	struct gw_depends *depends;
	struct gw_boot_host host;
	json_t *state, *devices, *links, *deferred, *modules, *paths, *candidates;
	json_t *lost;
	uint64_t sequence;
	const struct gw_report *const *reports;
	size_t n_reports;
};

static inline struct machine *machine_new(void)
{
	struct machine *m = calloc(1, sizeof(*m));

	assert_non_null(m);
	assert_int_equal(gw_depends_new(&m->depends), 0);
	assert_int_equal(gw_boot_evidence_new(&m->evidence, m->depends), 0);
	m->host = (struct gw_boot_host){
		.boot_id = "0f3c2b1a",
		.kernel = "6.12.95+deb12-amd64",
		.machine = "x86_64",
		.taken_real_ns = 1763731710000000000ULL,
		.taken_mono_ns = 60000 * MS,
	};
	m->devices = json_array();
	m->links = json_array();
	m->deferred = json_array();
	m->modules = json_array();
	m->paths = json_object();
	m->candidates = json_object();
	m->state = json_pack("{s:s, s:o, s:o, s:o, s:o, s:o, s:o}", "cmdline", "initcall_debug quiet", "devices",
			     m->devices, "links", m->links, "deferred", m->deferred, "modules", m->modules, "paths",
			     m->paths, "candidates", m->candidates);
	m->lost = json_pack("{s:I}", "attached_ns", (json_int_t)1);
	assert_non_null(m->state);
	assert_non_null(m->lost);
	return m;
}

static inline void machine_free(struct machine *m)
{
	gw_boot_free(m->boot);
	gw_boot_evidence_free(m->evidence);
	gw_depends_free(m->depends);
	json_decref(m->state);
	json_decref(m->lost);
	free(m);
}

/* ---- what happened ------------------------------------------------------------------------------- */

static inline struct gw_boot_event *event(struct machine *m, struct gw_boot_event *event, enum gw_boot_event_type type,
					  uint64_t ms, const char *subject, const char *other)
{
	*event = (struct gw_boot_event){ .type = type, .time_ns = ms * MS, .sequence = m->sequence++ };
	memcpy(event->subject, subject, strnlen(subject, sizeof(event->subject) - 1)); /* cut, as BPF does */
	memcpy(event->other, other, strnlen(other, sizeof(event->other) - 1));
	return event;
}

static inline void add(struct machine *m, const struct gw_boot_event *event)
{
	assert_int_equal(gw_boot_evidence_add_event(m->evidence, event), 0);
}

/* As BPF sees it; @pid: the thread. */
static inline void probe(struct machine *m, const char *device, const char *driver, uint64_t from_ms, uint64_t to_ms,
			 int32_t result, uint32_t pid)
{
	struct gw_boot_event e;

	event(m, &e, GW_BOOT_PROBE_BEGIN, from_ms, device, driver);
	e.pid = pid;
	snprintf(e.bus, sizeof(e.bus), "platform");
	add(m, &e);
	event(m, &e, GW_BOOT_PROBE_END, to_ms, device, driver);
	e.pid = pid;
	e.result = result;
	snprintf(e.bus, sizeof(e.bus), "platform");
	add(m, &e);
	if (result != DEFERRED)
		return;
	event(m, &e, GW_BOOT_DEFER, to_ms, device, "");
	snprintf(e.bus, sizeof(e.bus), "platform");
	add(m, &e);
}

static inline void happens(struct machine *m, enum gw_boot_event_type type, uint64_t ms, const char *subject,
			   const char *other)
{
	struct gw_boot_event e;

	event(m, &e, type, ms, subject, other);
	if (type != GW_BOOT_MODULE_BEGIN && type != GW_BOOT_MODULE_END)
		snprintf(e.bus, sizeof(e.bus), "platform");
	add(m, &e);
}

static inline void link_made(struct machine *m, uint64_t ms, const char *consumer, const char *supplier, uint64_t flags)
{
	struct gw_boot_event e;

	event(m, &e, GW_BOOT_LINK_ADD, ms, consumer, supplier);
	e.flags = flags;
	snprintf(e.bus, sizeof(e.bus), "platform");
	add(m, &e);
}

static inline void module_init(struct machine *m, const char *module, uint64_t from_ms, uint64_t to_ms)
{
	happens(m, GW_BOOT_MODULE_BEGIN, from_ms, module, "");
	happens(m, GW_BOOT_MODULE_END, to_ms, module, "");
}

static inline void kmsg(struct machine *m, uint64_t sequence, uint64_t ms, const char *message)
{
	char text[512];
	int length = snprintf(text, sizeof(text), "7,%" PRIu64 ",%" PRIu64 ",-;%s", sequence, ms * 1000, message);

	assert_int_equal(gw_boot_evidence_add_kmsg(m->evidence, text, (size_t)length), 0);
}

/* ---- how it is now ---------------------------------------------------------------------------------- */

/* @driver: "" = none. */
static inline json_t *device(struct machine *m, const char *name, const char *driver, const char *module)
{
	json_t *json = json_pack("{s:s, s:s, s:s, s:s, s:s, s:i}", "name", name, "bus", "platform", "driver", driver,
				 "module", module, "modalias", "platform:none", "iommu_group", -1);

	assert_non_null(json);
	assert_int_equal(json_array_append_new(m->devices, json), 0);
	return json;
}

static inline void is_deferred(struct machine *m, const char *name, const char *reason)
{
	assert_int_equal(json_array_append_new(m->deferred, json_pack("{s:s, s:s}", "device", name, "reason", reason)),
			 0);
}

static inline void module(struct machine *m, const char *name, const char *state)
{
	assert_int_equal(json_array_append_new(m->modules, json_pack("{s:s, s:s}", "name", name, "state", state)), 0);
}

static inline void path(struct machine *m, const char *name, bool exists)
{
	assert_int_equal(json_object_set_new(m->paths, name, json_boolean(exists)), 0);
}

static inline void cmdline(struct machine *m, const char *text)
{
	assert_int_equal(json_object_set_new(m->state, "cmdline", json_string(text)), 0);
}

static inline void needs_by_firmware(json_t *consumer, const char *property, const char *node, const char *supplier)
{
	json_t *suppliers = json_object_get(consumer, "suppliers");

	if (!suppliers) {
		suppliers = json_array();
		assert_int_equal(json_object_set_new(consumer, "suppliers", suppliers), 0);
	}
	assert_int_equal(json_array_append_new(suppliers, json_pack("{s:s, s:s, s:s}", "node", node, "property",
								    property, "device", supplier)),
			 0);
}

static inline void complain(const char *message, void *userdata)
{
	fail_msg("the table: %s", message);
}

static inline void table(struct machine *m, const char *text)
{
	assert_int_equal(gw_depends_parse(m->depends, "table", text, strlen(text), complain, NULL), 0);
}

/* ---- what is said ------------------------------------------------------------------------------------ */

static inline void append_json(json_t *json, const char *path)
{
	FILE *file = fopen(path, "a");

	assert_non_null(file);
	json_dumpf(json, file, JSON_COMPACT);
	fputc('\n', file);
	fclose(file);
}

/* The document, held against its schema by tests/unit/check-schema. Owned by the caller. */
static inline json_t *document(struct machine *m)
{
	json_t *json = gw_boot_json(m->boot);

	assert_non_null(json);
	if (getenv("GPUWATCH_REPORTS"))
		append_json(json, getenv("GPUWATCH_REPORTS"));
	return json;
}

static inline void analyse(struct machine *m)
{
	gw_boot_evidence_set_host(m->evidence, &m->host);
	assert_int_equal(gw_boot_evidence_set_state(m->evidence, m->state), 0);
	assert_int_equal(gw_boot_evidence_set_lost(m->evidence, m->lost), 0);
	gw_boot_free(m->boot);
	assert_int_equal(gw_boot_analyse(&m->boot, m->evidence), 0);
	m->n_reports = gw_boot_reports(m->boot, &m->reports);
	json_decref(document(m));
}

static inline const char *order_text(const struct gw_report *report, const char *key)
{
	const char *value = json_string_value(json_object_get(report->probe_order, key));

	assert_non_null(value);
	return value;
}

static inline json_int_t order_number(const struct gw_report *report, const char *key)
{
	assert_true(json_is_integer(json_object_get(report->probe_order, key)));
	return json_integer_value(json_object_get(report->probe_order, key));
}

/* The only report; shows all of them if there is another number. */
static inline const struct gw_report *the_report(const struct machine *m, enum gw_class class)
{
	for (size_t i = 0; i < m->n_reports && m->n_reports != 1; i++)
		print_error("%s: %s\n", gw_class_name(m->reports[i]->class), m->reports[i]->summary);
	assert_int_equal(m->n_reports, 1);
	assert_string_equal(gw_class_name(m->reports[0]->class), gw_class_name(class));
	assert_int_equal(m->reports[0]->kind, GW_KIND_PROBE_ORDER);
	return m->reports[0];
}

static inline void assert_silent(const struct machine *m)
{
	for (size_t i = 0; i < m->n_reports; i++)
		print_error("%s: %s\n%s\n", gw_class_name(m->reports[i]->class), m->reports[i]->summary,
			    m->reports[i]->explanation);
	assert_int_equal(m->n_reports, 0);
}

static inline void assert_contains(const char *text, const char *words)
{
	if (!strstr(text, words))
		print_error("no \"%s\" in: %s\n", words, text);
	assert_non_null(strstr(text, words));
}

#endif
