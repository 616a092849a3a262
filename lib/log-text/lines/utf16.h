/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Texts in UTF-16, as programs of Windows save what they received from a terminal or a serial line. */
#ifndef GPUWATCH_LIB_LOG_TEXT_LINES_UTF16_H
#define GPUWATCH_LIB_LOG_TEXT_LINES_UTF16_H

#include <stddef.h>

/*
 * gw_log_utf16_decode - a text of UTF-16, in either order of bytes, with its mark or without, as UTF-8
 * @size: bytes of @text; of *ret afterwards, if there is one
 * @ret: NULL if the text is none; the caller's
 *
 * Returns 0 or -ENOMEM.
 */
int gw_log_utf16_decode(const char *text, size_t *size, char **ret);

#endif
