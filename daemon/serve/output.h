/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Lines on standard output, for --standalone. Whoever should read them may have
 * stopped to: then they wait here, and those that do not fit are counted, but
 * the daemon does not wait.
 */
#ifndef GPUWATCH_DAEMON_SERVE_OUTPUT_H
#define GPUWATCH_DAEMON_SERVE_OUTPUT_H

#include <stdint.h>

#include <systemd/sd-event.h>

struct gw_output;

/* @fd: stays the caller's, and as it is: others may have it, too. Returns 0 or -errno. */
int gw_output_new(struct gw_output **ret, sd_event *event, int fd);

/* Writes what fits, and drops the rest. */
void gw_output_free(struct gw_output *output);

/* A line, without its end; it comes out whole or not at all. */
void gw_output_line(struct gw_output *output, const char *line);

/* Lines that were dropped. */
uint64_t gw_output_lost(const struct gw_output *output);

#endif
