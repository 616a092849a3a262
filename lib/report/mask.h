/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Kernel addresses in text that many may read: each is replaced by a number that
 * stands for it until the next boot, and shows nothing of where the kernel is.
 */
#ifndef GPUWATCH_LIB_REPORT_MASK_H
#define GPUWATCH_LIB_REPORT_MASK_H

#include <stdint.h>

struct gw_mask {
	uint64_t key[2];
};

/*
 * gw_mask_load - the key of this boot
 * @path: in a directory that is empty after a boot; the file is made if it is not there, for its owner alone
 *
 * The mask can be used whatever is returned: 0, or -errno when the key is for this process only.
 */
int gw_mask_load(struct gw_mask *mask, const char *path);

/* Replaces the addresses of the kernel's half in @text, in place: the same address by the same 48-bit number. */
void gw_mask_apply(const struct gw_mask *mask, char *text);

#endif
