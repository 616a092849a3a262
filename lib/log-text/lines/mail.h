/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Texts as mails carry them: quoted-printable (RFC 2045), where long lines are broken behind a "=" and bytes are "=3D". */
#ifndef GPUWATCH_LIB_LOG_TEXT_LINES_MAIL_H
#define GPUWATCH_LIB_LOG_TEXT_LINES_MAIL_H

#include <stddef.h>

/*
 * gw_log_mail_decode - what a quoted-printable text says
 * @size: bytes of @text; of *ret afterwards, if there is one
 * @ret: NULL if the text is none; the caller's
 *
 * Returns 0 or -ENOMEM.
 */
int gw_log_mail_decode(const char *text, size_t *size, char **ret);

#endif
