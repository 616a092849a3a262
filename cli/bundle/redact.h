/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Taking out of texts what names persons, machines and their work, by the same replacement in all of them. */
#ifndef GPUWATCH_CLI_BUNDLE_REDACT_H
#define GPUWATCH_CLI_BUNDLE_REDACT_H

#include <stddef.h>

#include <jansson.h>

#include "lib/base/cleanup.h"

struct redaction {
	json_t *names; /* what is replaced: text to replacement */
};

void redaction_init(struct redaction *redaction, const char *host);

/* Learns the names of user processes, and of their workloads, from the JSON of reports and waits; other texts teach nothing. */
void redaction_learn(struct redaction *redaction, const char *text, size_t size);

/*
 * A new text, owned by the caller: the names that were learned, as whole words; addresses of networks, serial numbers, home
 * directories and what the kernel's log calls processes by.
 */
char *redaction_apply(const struct redaction *redaction, const char *text, size_t size, size_t *ret_size);

void redaction_clear(struct redaction *redaction);
#define _cleanup_redaction_ _cleanup_(redaction_clear)

#endif
