// SPDX-License-Identifier: GPL-2.0-or-later
/* Devices that defer, wait for suppliers, come up late, and one that never does. */
#include <linux/delay.h>
#include <linux/fwnode.h>
#include <linux/platform_device.h>
#include <linux/property.h>

#include "drive.h"

/* The id of a consumer whose driver can do without its supplier. */
#define OPTIONAL 4

static bool supplier_ready;

static int consumer_probe(struct platform_device *pdev)
{
	/* The way of subsystems that can do without: the core tells them when to. */
	int ret = pdev->id == OPTIONAL ? driver_deferred_probe_check_state(&pdev->dev) : -EPROBE_DEFER;

	return supplier_ready ? 0 : dev_err_probe(&pdev->dev, ret, "no supplier yet\n");
}

static struct platform_driver consumer_driver = {
	.probe = consumer_probe,
	.driver.name = "gwdrive-consumer",
};

static int supplier_probe(struct platform_device *pdev)
{
	return 0;
}

static struct platform_driver supplier_driver = {
	.probe = supplier_probe,
	.driver.name = "gwdrive-supplier",
};

/* The driver itself defers, once; a later success of another probe makes the core try again. */
static int defer_once(void)
{
	struct platform_device *consumer, *supplier;
	int ret = platform_driver_register(&consumer_driver);

	if (ret)
		return ret;
	consumer = platform_device_register_simple("gwdrive-consumer", 0, NULL, 0);
	ret = PTR_ERR_OR_ZERO(consumer);
	if (ret)
		goto out;
	supplier_ready = true;
	ret = platform_driver_register(&supplier_driver);
	if (ret)
		goto remove_consumer;
	supplier = platform_device_register_simple("gwdrive-supplier", 0, NULL, 0);
	msleep(200);
	ret = consumer->dev.driver ? PTR_ERR_OR_ZERO(supplier) : -EBUSY;
	if (!IS_ERR(supplier))
		platform_device_unregister(supplier);
	platform_driver_unregister(&supplier_driver);
remove_consumer:
	platform_device_unregister(consumer);
out:
	supplier_ready = false;
	platform_driver_unregister(&consumer_driver);
	return ret;
}

/* A device link to a supplier that has no driver. */
static int wait_for_link(void)
{
	struct platform_device *supplier, *consumer;
	int ret = -ENOMEM;

	supplier = platform_device_register_simple("gwdrive-nobody", 0, NULL, 0);
	if (IS_ERR(supplier))
		return PTR_ERR(supplier);
	consumer = platform_device_alloc("gwdrive-consumer", 1);
	if (!consumer)
		goto out;
	/* A link needs two devices that are known; the driver comes after it. */
	ret = platform_device_add(consumer);
	if (ret) {
		platform_device_put(consumer);
		goto out;
	}
	supplier_ready = true;
	ret = device_link_add(&consumer->dev, &supplier->dev, DL_FLAG_AUTOREMOVE_CONSUMER) ? 0 : -ENODEV;
	if (!ret)
		ret = platform_driver_register(&consumer_driver);
	if (!ret) {
		ret = consumer->dev.driver ? -EEXIST : 0;
		platform_driver_unregister(&consumer_driver);
	}
	platform_device_unregister(consumer);
	supplier_ready = false;
out:
	platform_device_unregister(supplier);
	return ret;
}

/* Firmware says that a device needs another one, which does not exist yet. */
static int wait_for_fwnode(void)
{
	typeof(&fwnode_link_add) link_add = DRIVE_SYMBOL(fwnode_link_add);
	struct fwnode_handle *needs = fwnode_create_software_node(NULL, NULL);
	struct fwnode_handle *needed = fwnode_create_software_node(NULL, NULL);
	struct platform_device_info info = { .name = "gwdrive-consumer", .id = 2, .fwnode = needs };
	struct platform_device *consumer;
	int ret = -ENOENT;

	if (IS_ERR(needs) || IS_ERR(needed) || !link_add)
		return ret;
	supplier_ready = true;
#if DRIVE_7_2
	ret = link_add(needs, needed, 0);
#else
	ret = link_add(needs, needed);
#endif
	ret = ret ?: platform_driver_register(&consumer_driver);
	if (ret)
		goto out;
	consumer = platform_device_register_full(&info);
	ret = PTR_ERR_OR_ZERO(consumer);
	if (!ret) {
		ret = consumer->dev.driver ? -EEXIST : 0;
		platform_device_unregister(consumer);
	}
	platform_driver_unregister(&consumer_driver);
out:
	supplier_ready = false;
	fwnode_remove_software_node(needed);
	fwnode_remove_software_node(needs);
	return ret;
}

/* A link that firmware has suggested, and that the core relaxes at the timeout. */
static int inferred_link(void)
{
	struct platform_device *supplier = platform_device_register_simple("gwdrive-nobody", 1, NULL, 0);
	struct platform_device *consumer = platform_device_register_simple("gwdrive-consumer", 5, NULL, 0);

	if (IS_ERR(supplier) || IS_ERR(consumer))
		return -ENODEV;
	return device_link_add(&consumer->dev, &supplier->dev, DL_FLAG_INFERRED) ? 0 : -EINVAL;
}

/* These stay deferred until the timeout of deferred probing: the caller waits for that. */
static int stay_deferred(void)
{
	int ret = inferred_link() ?: platform_driver_register(&consumer_driver);

	if (ret)
		return ret;
	return PTR_ERR_OR_ZERO(platform_device_register_simple("gwdrive-consumer", 3, NULL, 0))
		       ?: PTR_ERR_OR_ZERO(platform_device_register_simple("gwdrive-consumer", OPTIONAL, NULL, 0));
}

int drive_driver_core(void)
{
	return defer_once() ?: wait_for_link() ?: wait_for_fwnode() ?: stay_deferred();
}
