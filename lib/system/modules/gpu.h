/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which of the loaded modules belong to GPUs: by what they use, or by patterns of names for those that do without DRM. */
#ifndef GPUWATCH_LIB_SYSTEM_MODULES_GPU_H
#define GPUWATCH_LIB_SYSTEM_MODULES_GPU_H

#include <stddef.h>

#define GW_GPU_MODULE_SIZE 56 /* MODULE_NAME_LEN of 64-bit kernels */

struct gw_gpu_modules {
	char (*names)[GW_GPU_MODULE_SIZE];
	size_t count, allocated;
};

/*
 * gw_gpu_modules_parse
 * @text: of /proc/modules, which lists of each module those that use its symbols
 * @patterns: of names, separated by spaces, as glob(7); "" = none
 *
 * A module counts when it uses symbols of drm, of one of DRM's other libraries (drm_*), ttm or gpu_sched, when it is one of
 * these, or when a pattern fits. Returns 0 or -ENOMEM.
 */
int gw_gpu_modules_parse(struct gw_gpu_modules *ret, const char *text, const char *patterns);

/* The same of this machine. Where /proc/modules cannot be read there are none. Returns 0, -ENOMEM or another -errno. */
int gw_gpu_modules_read(struct gw_gpu_modules *ret, const char *patterns);

void gw_gpu_modules_deinit(struct gw_gpu_modules *modules);

#endif
