/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * pstore keeps the end of a log in parts, and counts them from the end: "Panic#1 Part1" has the last lines. Whoever puts the files
 * together by their names has the end first.
 */
#ifndef GPUWATCH_LIB_LOG_TEXT_LINES_PSTORE_H
#define GPUWATCH_LIB_LOG_TEXT_LINES_PSTORE_H

#include <stddef.h>

/*
 * The text with the parts of each crash in order of time, without their headings; free() it. *@size: of the text, then of what is returned. *@ret is NULL if
 * there is nothing to change. Returns 0 or -ENOMEM.
 */
int gw_log_pstore_order(const char *text, size_t *size, char **ret);

#endif
