/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Perf events for BPF programs: opened by this process or, where the kernel refuses it them, by the opener (opener.h). */
#ifndef GPUWATCH_DAEMON_PERF_PERF_H
#define GPUWATCH_DAEMON_PERF_PERF_H

#include "daemon/perf/event.h"

#define GW_PERF_SOCKET "/run/gpuwatch/perf"

struct gw_perf;

/*
 * @socket: where the opener can be had, kept by reference. It is connected to when it is first needed, and then kept: once
 * a machine hangs, nothing has to be started. Returns 0 or -ENOMEM.
 */
int gw_perf_new(struct gw_perf **ret, const char *socket);
void gw_perf_free(struct gw_perf *perf);

/*
 * gw_perf_open - open an event, disabled
 *
 * Returns a file descriptor that the caller owns; -EACCES or -EPERM: neither this process nor the opener may, or there is
 * no opener; -errno. Waits for the opener's answer for five seconds at most; after one that did not come, not for a minute.
 */
int gw_perf_open(struct gw_perf *perf, const struct gw_perf_event *event);

#endif
