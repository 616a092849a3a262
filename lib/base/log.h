/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Ordinary messages of the daemon: one line each, to stderr. Under systemd that
 * is the journal, and the line carries its level as a <N> prefix.
 *
 * Never blocks on a journal that hangs: a message that does not fit is counted
 * and left out.
 */
#ifndef GPUWATCH_LIB_BASE_LOG_H
#define GPUWATCH_LIB_BASE_LOG_H

#include <syslog.h>

#include "lib/base/cleanup.h"

/* Finds out what stderr is. Call once, before the first message; until then everything up to LOG_INFO is printed. */
void gw_log_open(void);

/* Messages less urgent than this LOG_* value are left out. */
void gw_log_set_level(int level);

/* "err", "warning", "info", "debug", ... or a digit. Returns LOG_*, or -EINVAL. */
int gw_log_level_from_name(const char *name);

_printf_(2, 3) void gw_log(int level, const char *format, ...);

#define log_error(...) gw_log(LOG_ERR, __VA_ARGS__)
#define log_warning(...) gw_log(LOG_WARNING, __VA_ARGS__)
#define log_notice(...) gw_log(LOG_NOTICE, __VA_ARGS__)
#define log_info(...) gw_log(LOG_INFO, __VA_ARGS__)
#define log_debug(...) gw_log(LOG_DEBUG, __VA_ARGS__)

#endif
