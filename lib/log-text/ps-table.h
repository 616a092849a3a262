/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The output of ps, with the function that each task sleeps in: with a heading, and "pid name wchan=function". */
#ifndef GPUWATCH_LIB_LOG_TEXT_PS_TABLE_H
#define GPUWATCH_LIB_LOG_TEXT_PS_TABLE_H

#include <stdbool.h>

#include "lib/log-text/task-line.h"

#define GW_LOG_COLUMNS_MAX 24

enum gw_log_column {
	GW_LOG_COLUMN_OTHER,
	GW_LOG_COLUMN_PID,
	GW_LOG_COLUMN_TID,
	GW_LOG_COLUMN_STATE,
	GW_LOG_COLUMN_WCHAN,
	GW_LOG_COLUMN_NAME,
};

/* The heading that is in force. */
struct gw_log_columns {
	enum gw_log_column columns[GW_LOG_COLUMNS_MAX];
	int count; /* 0 = no table */
};

struct gw_log_row {
	struct gw_log_name name;
	uint32_t tgid;	/* 0 = not printed */
	char state;	/* 0 = not printed */
	char wchan[64]; /* "" = none */
};

/* Whether the line is the heading of a table with PIDs and WCHAN; then sets @ret. */
bool gw_log_columns_parse(const char *text, struct gw_log_columns *ret);

/* Whether the line is a row. */
bool gw_log_row_parse(const char *text, const struct gw_log_columns *columns, struct gw_log_row *ret);

/* A row of blocked tasks without a heading above it: number, state, and of the rest one word that is a function. */
bool gw_log_row_without_heading(const char *text, struct gw_log_row *ret);

#endif
