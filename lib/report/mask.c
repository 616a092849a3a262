/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Kernel addresses in text that many may read. */
#include "lib/report/mask.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "lib/base/cleanup.h"

#define ADDRESS_DIGITS 16
#define NUMBER_MASK UINT64_C(0xffffffffffff) /* what is no address of the kernel */

/* ---- SipHash-2-4 of eight bytes (Aumasson, Bernstein) ---------------------------------------- */

static uint64_t mask_rotate(uint64_t value, int bits)
{
	return value << bits | value >> (64 - bits);
}

static void mask_rounds(uint64_t v[4], int count)
{
	while (count-- > 0) {
		v[0] += v[1];
		v[2] += v[3];
		v[1] = mask_rotate(v[1], 13) ^ v[0];
		v[3] = mask_rotate(v[3], 16) ^ v[2];
		v[0] = mask_rotate(v[0], 32);
		v[2] += v[1];
		v[0] += v[3];
		v[1] = mask_rotate(v[1], 17) ^ v[2];
		v[3] = mask_rotate(v[3], 21) ^ v[0];
		v[2] = mask_rotate(v[2], 32);
	}
}

static uint64_t mask_hash(const struct gw_mask *mask, uint64_t number)
{
	const uint64_t words[] = { number, UINT64_C(8) << 56 };
	uint64_t v[4] = {
		mask->key[0] ^ UINT64_C(0x736f6d6570736575),
		mask->key[1] ^ UINT64_C(0x646f72616e646f6d),
		mask->key[0] ^ UINT64_C(0x6c7967656e657261),
		mask->key[1] ^ UINT64_C(0x7465646279746573),
	};

	for (size_t i = 0; i < 2; i++) {
		v[3] ^= words[i];
		mask_rounds(v, 2);
		v[0] ^= words[i];
	}
	v[2] ^= 0xff;
	mask_rounds(v, 4);
	return v[0] ^ v[1] ^ v[2] ^ v[3];
}

/* ---- the key ----------------------------------------------------------------------------------- */

static int mask_read_key(struct gw_mask *mask, const char *path)
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	struct gw_mask found;

	if (fd < 0)
		return -errno;
	if (read(fd, &found, sizeof(found)) != sizeof(found))
		return -EIO;
	*mask = found;
	return 0;
}

static int mask_write_key(const struct gw_mask *mask, const char *path)
{
	_cleanup_close_ int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);

	if (fd < 0)
		return -errno;
	return write(fd, mask, sizeof(*mask)) == sizeof(*mask) ? 0 : -EIO;
}

int gw_mask_load(struct gw_mask *mask, const char *path)
{
	if (mask_read_key(mask, path) == 0)
		return 0;
	if (getrandom(mask, sizeof(*mask), GRND_NONBLOCK) != sizeof(*mask))
		return -EIO;
	return mask_write_key(mask, path);
}

/* ---- text --------------------------------------------------------------------------------------- */

/* Whether sixteen digits are there, no more, and the number is in the kernel's half. */
static bool mask_is_address(const char *digits)
{
	for (size_t i = 0; i < ADDRESS_DIGITS; i++)
		if (!isxdigit((unsigned char)digits[i]))
			return false;
	return strncasecmp(digits, "ffff", 4) == 0 && !isxdigit((unsigned char)digits[ADDRESS_DIGITS]);
}

void gw_mask_apply(const struct gw_mask *mask, char *text)
{
	char digits[ADDRESS_DIGITS + 1];

	while ((text = strstr(text, "0x"))) {
		text += 2;
		if (!mask_is_address(text))
			continue;
		snprintf(digits, sizeof(digits), "%016llx",
			 (unsigned long long)(mask_hash(mask, strtoull(text, NULL, 16)) & NUMBER_MASK));
		memcpy(text, digits, ADDRESS_DIGITS);
		text += ADDRESS_DIGITS;
	}
}
