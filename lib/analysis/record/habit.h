/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who signals a timeline by habit, and who did it once in a while, as a reset or its operator does. */
#ifndef GPUWATCH_LIB_ANALYSIS_RECORD_HABIT_H
#define GPUWATCH_LIB_ANALYSIS_RECORD_HABIT_H

#include <stdbool.h>
#include <stdint.h>

#include "bpf/abi/records.h"

/* So many signals are a habit. Fewer prove nothing: the first of a timeline often comes from whoever set it up. */
#define GW_HABITUAL_SIGNALS 4

/* The fences that it signalled as done. Who gives a fence an error retires it: that is no habit, however often. */
uint64_t gw_habit(const struct gw_signaller *signaller);

bool gw_habit_is_interrupt(const struct gw_signaller *signaller);

/*
 * Whether signaller @index of the timeline has too few signals, beside another one's habit, to be expected again: it
 * only retired fences; or it has less than a habit, and somebody else has many more. The latest signaller must be
 * outweighed by more, for it may be the next one. An interrupt that signalled is the device, however seldom.
 */
bool gw_habit_is_occasional(const struct gw_timeline *timeline, uint32_t index);

#endif
