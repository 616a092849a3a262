/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From a file to the document. */
#include "boot-evidence.h"

#include <string.h>

#include "daemon/core/boot.h"
#include "json-field.h"
#include "text.h"

static bool is_schema(const json_t *value, const char *schema)
{
	return strcmp(field_string(value, "schema"), schema) == 0;
}

/* The first line says what kind of file it is; a document may be spread over all lines, as --json prints it. */
static json_t *first_value(const char *data, size_t size)
{
	return json_loadb(data, size, JSON_DISABLE_EOF_CHECK, NULL);
}

json_t *evidence_document(const char *data, size_t size, char **message)
{
	_cleanup_json_ json_t *first = first_value(data, size);

	if (is_schema(first, GW_PROBE_ORDER_SCHEMA))
		return json_incref(first);
	if (size == 0)
		*message = text_format("is empty");
	else
		*message = text_format("is no evidence of a boot, as probe-order --save writes it");
	return NULL;
}
