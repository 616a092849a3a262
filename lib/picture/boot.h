/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How the devices of a boot came up, on a line of time, as a piece of a page. */
#ifndef GPUWATCH_LIB_PICTURE_BOOT_H
#define GPUWATCH_LIB_PICTURE_BOOT_H

#include <stdio.h>

#include <jansson.h>

/* Of a gpuwatch.probe-order.v1: a lane for each device, @most of them, those with findings first. */
void gw_picture_boot(FILE *out, const json_t *order, size_t most);

#endif
