/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where the daemon is to be found: its names on D-Bus, and the socket that needs no bus. Documented in gpuwatchd(8). */
#ifndef GPUWATCH_LIB_BASE_BUS_NAMES_H
#define GPUWATCH_LIB_BASE_BUS_NAMES_H

#define GW_BUS_NAME "org.gpuwatch1"
#define GW_BUS_PATH "/org/gpuwatch1"
#define GW_BUS_INTERFACE "org.gpuwatch1.Manager"

/* Every error of the daemon's own begins with this; other errors are the bus's. */
#define GW_BUS_ERROR_PREFIX "org.gpuwatch1.Error."
#define GW_BUS_ERROR_NO_SUCH_REPORT GW_BUS_ERROR_PREFIX "NoSuchReport"

/* Serves the same interface at the same path, peer to peer. */
#define GW_PRIVATE_SOCKET "/run/gpuwatch/private"

#endif
