/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From a line that begins with a brace to one that ends with one. */
#include "lib/log-text/lines/object.h"

#include <string.h>

bool gw_log_object_begins(const char *text, size_t length)
{
	return length > 2 && text[0] == '{' && (text[1] == '"' || (text[1] == ' ' && text[2] == '"'));
}

static bool object_ends(const char *text, size_t length)
{
	while (length > 0 && (text[length - 1] == ' ' || text[length - 1] == ','))
		length--;
	return length > 0 && text[length - 1] == '}';
}

static bool object_append(struct gw_log_object *object, const char *text, size_t length)
{
	if (length > sizeof(object->text) - object->length)
		return false;
	memcpy(object->text + object->length, text, length);
	object->length += length;
	return true;
}

bool gw_log_object_take(struct gw_log_object *object, const char **text, size_t *length, bool blank)
{
	bool begins = gw_log_object_begins(*text, *length);

	if (begins)
		object->length = 0;
	else if (object->length == 0)
		return false;
	if (begins && object_ends(*text, *length))
		return false;
	if ((!begins && blank && !object_append(object, " ", 1)) || !object_append(object, *text, *length)) {
		object->length = 0;
		return false;
	}
	if (!object_ends(*text, *length))
		return true;
	*text = object->text;
	*length = object->length;
	object->length = 0;
	return false;
}
