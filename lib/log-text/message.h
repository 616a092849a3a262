/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From a text to the kernel's messages, in order of time: line ends of all kinds, journald's JSON and export formats,
 * lines that were wrapped on their way, texts that show the newest line first.
 */
#ifndef GPUWATCH_LIB_LOG_TEXT_MESSAGE_H
#define GPUWATCH_LIB_LOG_TEXT_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/log-text/lines/line.h"

/* Longer messages are cut; the kernel's own limit is 1024. */
#define GW_LOG_MESSAGE_SIZE 2048

struct gw_log_message {
	char text[GW_LOG_MESSAGE_SIZE]; /* without blanks around it, control characters replaced by blanks */
	size_t length;
	struct gw_log_line origin; /* its time, caller and host; text is not valid */
};

/* Called for each message, in order of time; not 0 ends the reading. */
typedef int (*gw_log_message_found)(const struct gw_log_message *message, void *userdata);

/* Told now and then how many bytes of all have been read; may be NULL. */
typedef void (*gw_log_progress)(size_t done, size_t all, void *userdata);

/*
 * gw_log_messages - all messages of a text
 * @newest_first: set to whether the text shows the newest line first
 *
 * Returns 0, -ENOMEM, or what @found returned.
 */
int gw_log_messages(const char *text, size_t size, gw_log_message_found found, gw_log_progress progress, void *userdata,
		    bool *newest_first);

#endif
