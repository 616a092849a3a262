/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The kernel's messages of this boot in the system journal, as a text. */
#ifndef GPUWATCH_CLI_LOG_JOURNAL_H
#define GPUWATCH_CLI_LOG_JOURNAL_H

#include <stddef.h>

/* Returns 0 and a buffer owned by the caller, or the exit code after a line on stderr. */
int log_journal_read(char **ret, size_t *size);

#endif
