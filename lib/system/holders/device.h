/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A GPU by any of its names: PCI address, card, render node, /dev/kfd, or the module of its driver; from sysfs alone. */
#ifndef GPUWATCH_LIB_SYSTEM_HOLDERS_DEVICE_H
#define GPUWATCH_LIB_SYSTEM_HOLDERS_DEVICE_H

#include <stdbool.h>
#include <stddef.h>

#include <jansson.h>

#define GW_DEVICE_NODES 32

struct gw_device {
	char name[64];			 /* of the device in sysfs, "0000:03:00.0"; "" = all of the module's */
	char driver[64];		 /* "" = none is bound */
	char module[64];		 /* of the driver; "" = built in, or no driver */
	char nodes[GW_DEVICE_NODES][64]; /* below /dev, "dri/card0"; may end with '*' */
	size_t n_nodes;
	bool nodes_cut; /* it has more */
};

/*
 * gw_device_find - the device of a name
 * @root: directory file descriptor of the root directory
 * @name: "0000:03:00.0", "03:00.0", "card0", "/dev/dri/renderD128", "/dev/kfd", "amdgpu"
 *
 * Opens no device. Returns 0, or -ENODEV when there is none of this name.
 */
int gw_device_find(struct gw_device *ret, int root, const char *name);

/* Whether what a process has open, the target of its /proc/PID/fd link, is a node of the device. */
bool gw_device_has_node(const struct gw_device *device, const char *link);

/* Modules that use the device's: "holders" of sysfs. A new array, NULL when out of memory. */
json_t *gw_device_module_users(const struct gw_device *device, int root);

/* The module's reference count; -1 where that cannot be read. */
long gw_device_module_count(const struct gw_device *device, int root);

/* The consoles that the kernel draws on the device's frame buffer: "vtcon1". A new array, NULL when out of memory. */
json_t *gw_device_consoles(const struct gw_device *device, int root);

#endif
