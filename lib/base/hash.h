/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * FNV-1a, 64 bits: identities of findings and builds, and keys of hash tables.
 * The values are the same on every machine and in every version, as identifiers
 * of reports and the names of directories below bpffs are made of them. It does
 * not withstand somebody who looks for two texts with one hash.
 *
 * Each function continues @state, which begins as GW_HASH_START, and returns
 * the new one.
 */
#ifndef GPUWATCH_LIB_BASE_HASH_H
#define GPUWATCH_LIB_BASE_HASH_H

#include <stddef.h>
#include <stdint.h>

#define GW_HASH_START UINT64_C(0xcbf29ce484222325)

/* @size bytes at @data, which may be NULL if there are none. */
uint64_t gw_hash_bytes(uint64_t state, const void *data, size_t size);

/* A string with the NUL that ends it: "ab" and "c" give another state than "a" and "bc". */
uint64_t gw_hash_string(uint64_t state, const char *string);

/* The eight bytes of @value, the lowest first. */
uint64_t gw_hash_number(uint64_t state, uint64_t value);

/* Spreads a key, e.g. an address, over all bits, for tables that use the lowest ones. No two keys give one value. */
uint64_t gw_hash_spread(uint64_t key);

#endif
