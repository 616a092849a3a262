/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a driver's getter of a name returns, from its machine code. Nearly all
 * of them are "return a constant" or "return a member of the fence": a handful
 * of moves and additions on two registers. Pure: no I/O, any bytes are safe.
 */
#ifndef GPUWATCH_DAEMON_KERNEL_GETTER_H
#define GPUWATCH_DAEMON_KERNEL_GETTER_H

#include <stdint.h>

#include "bpf/abi/shared.h"

/*
 * gw_getter_decode_x86, gw_getter_decode_arm64 - from code to steps
 * @getter: its code is given; state, from_fence and steps are set
 * @address: of the function
 *
 * GW_GETTER_OPAQUE: the function does anything else.
 */
void gw_getter_decode_x86(struct gw_getter *getter, uint64_t address);
void gw_getter_decode_arm64(struct gw_getter *getter, uint64_t address);

/* The one for the machine that this runs on. */
void gw_getter_decode(struct gw_getter *getter, uint64_t address);

#endif
