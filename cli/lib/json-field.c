/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Forgiving access to JSON fields, and the cleaning of foreign strings. */
#include "cli/lib/json-field.h"

#include <stdlib.h>
#include <string.h>

#include "cli/lib/error.h"
#include "cli/lib/text.h"
#include "lib/base/json.h"
#include "lib/base/text.h"

const char *field_string(const json_t *object, const char *key)
{
	return gw_json_string(object, key);
}

bool field_is(const json_t *object, const char *key, const char *text)
{
	return strcmp(field_string(object, key), text) == 0;
}

const json_t *field_node(const json_t *report, const char *id)
{
	json_t *node;
	size_t i;

	json_array_foreach(field_array(report, "nodes"), i, node)
		if (field_is(node, "id", id))
			return node;
	return NULL;
}

uint64_t field_number(const json_t *object, const char *key)
{
	const json_t *value = json_object_get(object, key);

	return json_is_integer(value) && json_integer_value(value) > 0 ? (uint64_t)json_integer_value(value) : 0;
}

double field_real(const json_t *object, const char *key)
{
	return json_number_value(json_object_get(object, key));
}

bool field_true(const json_t *object, const char *key)
{
	return json_is_true(json_object_get(object, key));
}

json_t *field_array(const json_t *object, const char *key)
{
	json_t *value = json_object_get(object, key);

	return json_is_array(value) ? value : NULL;
}

json_t *field_object(const json_t *object, const char *key)
{
	json_t *value = json_object_get(object, key);

	return json_is_object(value) ? value : NULL;
}

bool field_given(const json_t *object, const char *key)
{
	const json_t *value = json_object_get(object, key);

	return value && !json_is_null(value) && !(json_is_string(value) && json_string_length(value) == 0);
}

char *field_text(const json_t *value)
{
	if (json_is_string(value))
		return text_format("%s", json_string_value(value));
	if (json_is_integer(value))
		return text_format("%" JSON_INTEGER_FORMAT, json_integer_value(value));
	if (json_is_real(value))
		return text_format("%.1f", json_real_value(value));
	if (json_is_boolean(value))
		return text_format("%s", json_is_true(value) ? "yes" : "no");
	return text_format("%s", "");
}

static void json_clean_string(json_t *string)
{
	const char *from = json_string_value(string);
	char *clean = text_format("%s", from), *to = clean;

	while (*from) {
		size_t unsafe = gw_text_unsafe(from);

		*to++ = unsafe ? (*from == '\n' || *from == '\t' ? ' ' : '?') : *from;
		from += unsafe ? unsafe : 1;
	}
	*to = '\0';
	if (json_string_set(string, clean) < 0)
		out_of_memory();
	free(clean);
}

static bool json_key_is_clean(const char *key)
{
	for (; *key; key++)
		if (gw_text_unsafe(key))
			return false;
	return true;
}

static void json_clean_object(json_t *object)
{
	const char *key;
	json_t *value;
	void *next;

	json_object_foreach_safe(object, next, key, value)
	{
		if (json_key_is_clean(key))
			json_clean(value);
		else
			json_object_del(object, key);
	}
}

void json_clean(json_t *json)
{
	json_t *value;
	size_t i;

	if (json_is_string(json))
		json_clean_string(json);
	else if (json_is_object(json))
		json_clean_object(json);
	else
		json_array_foreach(json, i, value)
			json_clean(value);
}
