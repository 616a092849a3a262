/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How much work the tested code does, as a count: of the blocks of its code
 * that were run, on whatever machine and however busy. Not of those in
 * libraries and in the tests.
 */
#ifndef GPUWATCH_TESTS_UNIT_OPERATIONS_H
#define GPUWATCH_TESTS_UNIT_OPERATIONS_H

#include <stdint.h>

/* Since the program began. */
uint64_t operations(void);

#endif
