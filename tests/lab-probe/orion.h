/* SPDX-License-Identifier: GPL-2.0 */
/* What the drivers of the board share: the register of MMUs that are ready, and the log of what really happened. */
#ifndef ORION_H
#define ORION_H

#include <linux/device.h>
#include <linux/module.h>
#include <linux/platform_device.h>

/* The property by which a device names the MMU that it needs. */
#define ORION_MMUS "orion,mmus"

/* Makes @dev known as a ready MMU until it is unbound. Returns 0 or -ENOMEM. */
int devm_orion_mmu_register(struct device *dev);

/* 1 = the MMU that @dev needs is ready, or it needs none; 0 = it is not ready. */
int orion_mmu_ready(struct device *dev);

/* Whether any MMU is ready, for those who are no device themselves. */
bool orion_any_mmu_ready(void);

/* Returns -EPROBE_DEFER with a reason unless the MMU that @dev needs is ready. */
int orion_mmu_defer(struct device *dev);

/* Writes a line into the log, with CLOCK_MONOTONIC: "event" of a device or, with @driver, of a module. */
void orion_log(const char *event, const char *subject, const char *driver, int result);

/* Runs a probe function with a line before and after it; returns its result. */
int orion_probe(struct platform_device *pdev, int (*probe)(struct device *dev));

/* A directory for all of the board's files in debugfs. */
struct dentry *orion_debugfs(void);

/* Registers a driver with a line before and after it. */
static inline int orion_driver_register(struct platform_driver *driver)
{
	int r;

	orion_log("init-begin", THIS_MODULE->name, driver->driver.name, 0);
	r = platform_driver_register(driver);
	orion_log("init-end", THIS_MODULE->name, driver->driver.name, r);
	return r;
}

/* What a driver module consists of besides its probe function. */
#define orion_module_driver(variable)                                                                                  \
	static int __init variable##_init(void)                                                                        \
	{                                                                                                              \
		return orion_driver_register(&(variable));                                                             \
	}                                                                                                              \
	module_init(variable##_init);                                                                                  \
	static void __exit variable##_exit(void)                                                                       \
	{                                                                                                              \
		platform_driver_unregister(&(variable));                                                               \
	}                                                                                                              \
	module_exit(variable##_exit)

#endif
