/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The last words of the kernel log that explain a hang: what drivers report about their GPU, and tasks that the kernel
 * reports as stuck or that died by an oops. The log is read when somebody asks and not before: nothing wakes up for it.
 */
#ifndef GPUWATCH_DAEMON_WATCH_WORDS_H
#define GPUWATCH_DAEMON_WATCH_WORDS_H

#include <stddef.h>

#include "bpf/abi/records.h"
#include "daemon/watch/resets.h"

/* Kept of those about tasks, and as many of those about GPUs. */
#define GW_WORDS_MAX 16

struct gw_words;

/* @path: NULL = /dev/kmsg. Returns 0 or -ENOMEM. That the log cannot be read is no error here: see gw_words_update(). */
int gw_words_new(struct gw_words **ret, const char *path);
void gw_words_free(struct gw_words *words);

/*
 * gw_words_update - take over what is new in the log
 *
 * Never blocks. What the kernel has written over since the last call is lost. Returns 0 or -errno (-EPERM: CAP_SYSLOG is
 * missing).
 */
int gw_words_update(struct gw_words *words);

/* One record as /dev/kmsg gives it; it is kept if it says something. */
void gw_words_add(struct gw_words *words, const char *record, size_t size);

/* How long resets took by the log so far. Belongs to @words. */
const struct gw_resets *gw_words_resets(const struct gw_words *words);

/* Appends the words as records to the malloc()ed *data of *size bytes. Returns 0 or -ENOMEM. */
int gw_words_append(const struct gw_words *words, void **data, size_t *size);

#endif
