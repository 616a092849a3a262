/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whom the nodes of the device tree name as suppliers, in the properties from
 * which the kernel itself makes device links (drivers/of/property.c). Read from
 * /sys/firmware/devicetree/base.
 *
 * Interrupts are left out: their controllers come up without a driver's probe.
 */
#ifndef GPUWATCH_LIB_SYSTEM_DEVICES_DEVICETREE_H
#define GPUWATCH_LIB_SYSTEM_DEVICES_DEVICETREE_H

#include <stdbool.h>
#include <stddef.h>

struct gw_devicetree;

/* @base: the directory of the root node. Returns 0, -ENOENT (this machine has none) or -errno. */
int gw_devicetree_open(struct gw_devicetree **ret, const char *base);
void gw_devicetree_close(struct gw_devicetree *tree);

/*
 * @node: of the supplier, "/soc/iommu@1000"; @optional: the kernel only waits for it with fw_devlink.strict=1.
 * Valid during the call. A negative value ends the reading and is returned.
 */
typedef int (*gw_devicetree_supplier)(const char *node, const char *property, bool optional, void *userdata);

/* Suppliers that are not available (status) are left out. Returns 0 or what the callback returned. */
int gw_devicetree_suppliers(const struct gw_devicetree *tree, const char *node, gw_devicetree_supplier supplier,
			    void *userdata);

/* The first name that the node is compatible with. Returns its length, or -errno. */
int gw_devicetree_compatible(const struct gw_devicetree *tree, const char *node, char *ret, size_t size);

#endif
