/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The evidence of the last boots, in a directory: BOOT_ID.jsonl. */
#ifndef GPUWATCH_CLI_BOOT_KEPT_H
#define GPUWATCH_CLI_BOOT_KEPT_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

/* Boots that are kept. */
#define KEPT_MAX 3

bool kept_is_directory(const char *path);

/*
 * kept_add - keep a boot's evidence, and no more than the last KEPT_MAX boots'
 * @evidence: as the daemon gives it
 *
 * Returns EXIT_NOTHING or EXIT_FILE, after a line on stderr.
 */
int kept_add(const char *directory, const char *boot_id, const void *evidence, size_t size);

/*
 * kept_last_good - the document of the last kept boot that lost nothing, else of the last one
 * @boot_id: of the boot that it is to be compared with, which is left out
 *
 * Returns EXIT_NOTHING and a new reference, or EXIT_FILE after a line on stderr.
 */
int kept_last_good(const char *directory, const char *boot_id, json_t **ret);

#endif
