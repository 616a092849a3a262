/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From a file's lines to the document, by the core. */
#include "cli/lib/boot-evidence.h"

#include <errno.h>
#include <string.h>

#include "cli/lib/error.h"
#include "cli/lib/json-field.h"
#include "cli/lib/text.h"
#include "lib/base/cleanup.h"
#include "lib/boot/boot.h"
#include "lib/boot/document/probe-order.h"
#include "lib/boot/evidence/load.h"
#include "lib/boot/evidence/log-text.h"
#include "lib/boot/table/dependencies.h"
#include "lib/system/dependency-files.h"

static void evidence_free(struct gw_boot_evidence **evidence)
{
	gw_boot_evidence_free(*evidence);
}

static void evidence_depends_free(struct gw_depends **depends)
{
	gw_depends_free(*depends);
}

/* As a tree it takes ten times its size. */
#define DOCUMENT_LIMIT ((size_t)24 << 20)

/* The first line says what kind of file it is; a document may be spread over all lines, as --json prints it. */
static json_t *evidence_first_value(const char *data, size_t size, bool *too_large)
{
	size_t most = size < DOCUMENT_LIMIT ? size : DOCUMENT_LIMIT;
	json_error_t error;
	json_t *value = json_loadb(data, most, JSON_DISABLE_EOF_CHECK, &error);

	*too_large = !value && most < size && error.position >= (int)most - 1;
	return value;
}

/* Returns how many lines there were, or a negative error; *@bad is how many of them are no evidence. */
static ssize_t evidence_load_lines(struct gw_boot_evidence *evidence, const char *data, size_t size, size_t *bad)
{
	const char *end = data + size;
	ssize_t lines = 0;

	*bad = 0;
	while (data < end) {
		const char *newline = memchr(data, '\n', (size_t)(end - data)), *stop = newline ? newline : end;
		int r = stop > data ? gw_boot_evidence_load(evidence, data, (size_t)(stop - data)) : 0;

		if (r < 0 && r != -EBADMSG)
			return r;
		*bad += r == -EBADMSG;
		lines += stop > data;
		data = stop + 1;
	}
	return lines;
}

static json_t *evidence_analyse(struct gw_boot_evidence *evidence, char **message)
{
	struct gw_boot *boot = NULL;
	json_t *document = NULL;
	int r = gw_boot_analyse(&boot, evidence);

	if (r == -E2BIG) {
		*message = text_format("is too large: its table has too many patterns for so many devices");
		return NULL;
	}
	if (r == 0)
		document = gw_boot_json(boot);
	gw_boot_free(boot);
	if (!document)
		out_of_memory();
	return document;
}

/* With the table of dependencies of this machine, for evidence that brings none. */
static struct gw_boot_evidence *evidence_new(struct gw_depends **depends)
{
	struct gw_boot_evidence *evidence;

	if (gw_depends_load(depends, NULL, NULL, NULL, NULL) < 0 || gw_boot_evidence_new(&evidence, *depends) < 0)
		out_of_memory();
	return evidence;
}

static json_t *evidence_load(const char *data, size_t size, char **message)
{
	_cleanup_(evidence_depends_free) struct gw_depends *depends = NULL;
	_cleanup_(evidence_free) struct gw_boot_evidence *evidence = evidence_new(&depends);
	ssize_t lines;
	size_t bad;

	lines = evidence_load_lines(evidence, data, size, &bad);
	if (lines < 0)
		out_of_memory();
	/* A torn last line is what a full disk leaves; much more than that is no evidence. */
	if (bad > 1 + (size_t)lines / 100) {
		*message = text_format("damaged: %zu of %zd lines are no evidence", bad, lines);
		return NULL;
	}
	return evidence_analyse(evidence, message);
}

/* A kernel log; NULL: it is none, or *@message has what is wrong. */
static json_t *evidence_load_log(const char *data, size_t size, char **message)
{
	_cleanup_(evidence_depends_free) struct gw_depends *depends = NULL;
	_cleanup_(evidence_free) struct gw_boot_evidence *evidence = evidence_new(&depends);

	if (gw_boot_evidence_add_log(evidence, data, size, NULL, NULL) < 0)
		out_of_memory();
	return evidence->log.known ? evidence_analyse(evidence, message) : NULL;
}

/* A document that --json printed; an older or newer one of this version has at least these. */
static json_t *evidence_load_document(json_t *document, char **message)
{
	if (field_array(document, "reports") && field_array(document, "rows"))
		return json_incref(document);
	*message = text_format("damaged: the document has no reports or no rows");
	return NULL;
}

/* Whether both are versions of one schema: "gpuwatch.NAME.vN". */
static bool evidence_is_other_version(const char *schema, const char *ours)
{
	size_t length = (size_t)(strrchr(ours, '.') + 1 - ours);

	return strncmp(schema, ours, length) == 0;
}

static char *evidence_foreign_message(const char *schema, size_t size)
{
	if (size == 0)
		return text_format("is empty");
	if (evidence_is_other_version(schema, GW_BOOT_SCHEMA))
		return text_format("is of schema %s, this program reads " GW_BOOT_SCHEMA, schema);
	if (evidence_is_other_version(schema, GW_PROBE_ORDER_SCHEMA))
		return text_format("is of schema %s, this program reads " GW_PROBE_ORDER_SCHEMA, schema);
	return text_format("is no boot evidence, as probe-order --save writes it, and no kernel log");
}

json_t *evidence_document(const char *data, size_t size, char **message)
{
	bool too_large;
	_cleanup_json_ json_t *first = evidence_first_value(data, size, &too_large);
	json_t *document = NULL;

	*message = NULL;
	if (too_large) {
		*message = text_format("is too large: its first value has no end within %zu MiB", DOCUMENT_LIMIT >> 20);
		return NULL;
	}
	if (field_is(first, "schema", GW_BOOT_SCHEMA))
		return evidence_load(data, size, message);
	if (field_is(first, "schema", GW_PROBE_ORDER_SCHEMA))
		return evidence_load_document(first, message);
	/* A journal has entries in JSON, too, but they have no schema. */
	if (!json_is_object(json_array_get(first, 0)) && !*field_string(first, "schema"))
		document = evidence_load_log(data, size, message);
	if (!document && !*message)
		*message = evidence_foreign_message(field_string(first, "schema"), size);
	return document;
}
