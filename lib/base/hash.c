/* SPDX-License-Identifier: GPL-2.0-or-later */
/* FNV-1a, 64 bits. */
#include "lib/base/hash.h"

#include <string.h>

#define HASH_PRIME UINT64_C(0x100000001b3)

uint64_t gw_hash_bytes(uint64_t state, const void *data, size_t size)
{
	const unsigned char *bytes = data;

	for (size_t i = 0; i < size; i++)
		state = (state ^ bytes[i]) * HASH_PRIME;
	return state;
}

uint64_t gw_hash_string(uint64_t state, const char *string)
{
	return gw_hash_bytes(state, string, strlen(string) + 1);
}

uint64_t gw_hash_number(uint64_t state, uint64_t value)
{
	for (int i = 0; i < 8; i++, value >>= 8)
		state = (state ^ (value & 0xff)) * HASH_PRIME;
	return state;
}

/* The last step of splitmix64. */
uint64_t gw_hash_spread(uint64_t key)
{
	key = (key ^ key >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	key = (key ^ key >> 27) * UINT64_C(0x94d049bb133111eb);
	return key ^ key >> 31;
}
