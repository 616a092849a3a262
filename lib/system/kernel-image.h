/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The initcalls of a kernel that lies in a file: an ELF vmlinux with its symbol
 * table, System.map, or a copy of /proc/kallsyms. (Those of the running one: initcalls.h.)
 */
#ifndef GPUWATCH_LIB_SYSTEM_KERNEL_IMAGE_H
#define GPUWATCH_LIB_SYSTEM_KERNEL_IMAGE_H

#include "lib/boot/evidence/initcalls.h"

struct gw_kernel_image {
	struct gw_initcalls *initcalls;
	char *file;	  /* that the symbols came from: another one than asked for if that has none */
	char release[64]; /* "6.1.0-53-amd64"; "" = the file does not say */
};

/*
 * gw_kernel_image_read - the initcalls of a kernel
 * @error: set to one line, to be free()d: what is wrong with which file, and what to use instead
 *
 * A compressed image (vmlinuz, bzImage, Image.gz, EFI) has no symbols that could be read: then System.map or vmlinux
 * beside it (System.map-RELEASE for vmlinuz-RELEASE) is used. Debian ships neither for its kernels: its System.map is
 * in linux-image-RELEASE-dbg.
 *
 * Returns 0, -errno of reading, -ENODATA (no initcalls in it), -ENOEXEC (no file that is known here), or -ENOMEM
 * (@error may be NULL then).
 */
int gw_kernel_image_read(struct gw_kernel_image *ret, const char *path, char **error);
void gw_kernel_image_deinit(struct gw_kernel_image *image);

#endif
