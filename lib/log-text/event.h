/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The words of drivers and of the kernel's detectors that tell what happened to a GPU or a machine. */
#ifndef GPUWATCH_LIB_LOG_TEXT_EVENT_H
#define GPUWATCH_LIB_LOG_TEXT_EVENT_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/log-text/model.h"

/*
 * gw_log_event_parse - what a message reports, if anything
 * @ret: kind and number are set
 * @device: a PCI address in the text, NULL = none; @device_length its length
 *
 * Takes time in proportion to the message.
 */
bool gw_log_event_parse(struct gw_log_event *ret, const char *text, const char **device, size_t *device_length);

#endif
