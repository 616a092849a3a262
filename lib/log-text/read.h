/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A kernel log as people paste it, from text to model. Pure: no I/O, no clock. Time grows with the size of the text
 * alone, memory with what is kept of it.
 */
#ifndef GPUWATCH_LIB_LOG_TEXT_READ_H
#define GPUWATCH_LIB_LOG_TEXT_READ_H

#include "lib/log-text/message.h"
#include "lib/log-text/model.h"

/*
 * gw_log_read - what a text says
 * @ret: initialised and filled; gw_log_model_deinit() it, also after an error
 * @text: need not end with a NUL, and may hold any bytes
 * @progress: may be NULL; called from this thread
 *
 * Returns 0, or -ENOMEM. A text without a kernel's messages gives an empty model.
 */
int gw_log_read(struct gw_log_model *ret, const char *text, size_t size, gw_log_progress progress, void *userdata);

#endif
