/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The process that starts the unit of OnDeadlock= for a daemon that may not: root does, without any capability. Which unit
 * that is, it reads in the configuration itself, where root alone can write; the daemon names the report.
 */
#ifndef GPUWATCH_DAEMON_START_UNIT_H
#define GPUWATCH_DAEMON_START_UNIT_H

#include <stddef.h>

#define GW_START_UNIT_SOCKET "/run/gpuwatch/start-unit"
#define GW_START_UNIT_ID_MAX 31 /* characters of a report's id */

/*
 * gw_start_unit_name - the instance of a template
 * @template: "NAME@.service"
 * @id: of a report; anything else is refused, whoever sent it
 *
 * Returns 0, -EINVAL: @id is no id, or -ENAMETOOLONG.
 */
int gw_start_unit_name(char *ret, size_t size, const char *template, const char *id);

/*
 * gw_start_unit_serve - read an id from a socket and have systemd start the unit, without waiting for it
 * @connection: SOCK_SEQPACKET; its one message is the id, without an end
 *
 * Returns 0 or -errno, having reported either in one line.
 */
int gw_start_unit_serve(int connection, const char *template);

#endif
