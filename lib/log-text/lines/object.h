/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Objects of `journalctl -o json` that were wrapped on their way. */
#ifndef GPUWATCH_LIB_LOG_TEXT_LINES_OBJECT_H
#define GPUWATCH_LIB_LOG_TEXT_LINES_OBJECT_H

#include <stdbool.h>
#include <stddef.h>

/* Longer ones are left out; an entry has a message of at most 1024 bytes and some thirty short fields. */
#define GW_LOG_OBJECT_SIZE 8192

struct gw_log_object {
	char text[GW_LOG_OBJECT_SIZE];
	size_t length; /* 0 = none has begun */
};

/* Whether a line begins an object with a field. */
bool gw_log_object_begins(const char *text, size_t length);

/*
 * gw_log_object_take - one line of a text that perhaps has such objects
 * @blank: the line before was broken off at a blank, which is lost
 *
 * Returns whether the line is a piece of an object that goes on. Else it is to be read as what @text is then: the line itself, or the
 * object that it ends, good until the next call.
 */
bool gw_log_object_take(struct gw_log_object *object, const char **text, size_t *length, bool blank);

#endif
