/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What people call the GPUs of this machine: the device on its bus, its driver, its card, render node and node of KFD. */
#ifndef GPUWATCH_LIB_SYSTEM_DEVICES_GPUS_H
#define GPUWATCH_LIB_SYSTEM_DEVICES_GPUS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define GW_GPUS_MAX 64

/* Numbers are -1 where there is none. */
struct gw_gpu {
	char name[32];	 /* of the device in sysfs, "0000:03:00.0" */
	char driver[32]; /* "" = none is bound */
	char module[56]; /* of the driver; "" = built in, or no driver */
	int32_t card;	 /* N of /dev/dri/cardN */
	int32_t render;	 /* of /dev/dri/renderDN */
	int32_t kfd_node;
};

struct gw_gpus {
	struct gw_gpu items[GW_GPUS_MAX];
	size_t count;
	bool cut; /* there are more */
};

/*
 * gw_gpus_read
 * @root: directory file descriptor of the root directory
 *
 * Reads links of sysfs, and of KFD's nodes the properties, which KFD prints without taking a lock: a device or driver that is
 * stuck holds nobody up. By the number of the card.
 */
void gw_gpus_read(struct gw_gpus *ret, int root);

#endif
