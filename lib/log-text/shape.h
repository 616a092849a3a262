/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whether a line stands for itself, or is perhaps a piece of one that was wrapped. */
#ifndef GPUWATCH_LIB_LOG_TEXT_SHAPE_H
#define GPUWATCH_LIB_LOG_TEXT_SHAPE_H

enum gw_log_shape {
	GW_LOG_SHAPE_UNKNOWN,  /* nothing that is known here */
	GW_LOG_SHAPE_BEGUN,    /* begins like something known, and its end is missing */
	GW_LOG_SHAPE_COMPLETE, /* something known, whole */
};

enum gw_log_shape gw_log_shape_of(const char *text);

#endif
