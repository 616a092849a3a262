// SPDX-License-Identifier: GPL-2.0
/*
 * An IOMMU without hardware: it takes masters by their "iommus" property and gives each a group, and all addresses
 * pass unchanged. With slow_ms it does what real ones do wrong, namely to serve masters while its own probe is still at
 * work; with refuse it wants none of them.
 */
#include <linux/delay.h>
#include <linux/iommu.h>
#include <linux/module.h>
#include <linux/of.h>
#include <linux/of_platform.h>
#include <linux/platform_device.h>

static unsigned int slow_ms;
module_param(slow_ms, uint, 0444);
MODULE_PARM_DESC(slow_ms, "time that the probe takes after the IOMMU has been registered, in ms");

static bool refuse;
module_param(refuse, bool, 0444);
MODULE_PARM_DESC(refuse, "take no masters");

struct dtlab_iommu {
	struct iommu_device iommu;
};

static int dtlab_iommu_attach(struct iommu_domain *domain, struct device *dev)
{
	return 0;
}

static const struct iommu_domain_ops dtlab_identity_ops = {
	.attach_dev = dtlab_iommu_attach,
};

static struct iommu_domain dtlab_identity = {
	.type = IOMMU_DOMAIN_IDENTITY,
	.ops = &dtlab_identity_ops,
};

static int dtlab_iommu_default_domain(struct device *dev)
{
	return IOMMU_DOMAIN_IDENTITY;
}

static struct iommu_device *dtlab_iommu_probe_device(struct device *dev)
{
	struct dtlab_iommu *unit = dev_iommu_priv_get(dev);

	return unit && !refuse ? &unit->iommu : ERR_PTR(-ENODEV);
}

static int dtlab_iommu_of_xlate(struct device *dev, const struct of_phandle_args *args)
{
	struct platform_device *supplier = of_find_device_by_node(args->np);
	u32 id = args->args[0];

	if (!supplier)
		return -ENODEV;
	dev_iommu_priv_set(dev, platform_get_drvdata(supplier));
	put_device(&supplier->dev);
	return iommu_fwspec_add_ids(dev, &id, 1);
}

static const struct iommu_ops dtlab_iommu_ops = {
	.owner = THIS_MODULE,
	.identity_domain = &dtlab_identity,
	.def_domain_type = dtlab_iommu_default_domain,
	.probe_device = dtlab_iommu_probe_device,
	.device_group = generic_device_group,
	.of_xlate = dtlab_iommu_of_xlate,
};

static int dtlab_iommu_probe(struct platform_device *pdev)
{
	struct dtlab_iommu *unit = devm_kzalloc(&pdev->dev, sizeof(*unit), GFP_KERNEL);
	int r;

	if (!unit)
		return -ENOMEM;
	platform_set_drvdata(pdev, unit);
	r = iommu_device_sysfs_add(&unit->iommu, &pdev->dev, NULL, "%s", dev_name(&pdev->dev));
	if (r)
		return r;
	r = iommu_device_register(&unit->iommu, &dtlab_iommu_ops, &pdev->dev);
	if (r)
		iommu_device_sysfs_remove(&unit->iommu);
	msleep(slow_ms);
	return r;
}

static const struct of_device_id dtlab_iommu_match[] = { { .compatible = "gpuwatch,lab-iommu" }, {} };
MODULE_DEVICE_TABLE(of, dtlab_iommu_match);

/* As IOMMU drivers do: once there, it stays. */
static struct platform_driver dtlab_iommu_driver = {
	.probe = dtlab_iommu_probe,
	.driver = {
		.name = "dtlab-iommu",
		.of_match_table = dtlab_iommu_match,
		.suppress_bind_attrs = true,
	},
};
builtin_platform_driver(dtlab_iommu_driver);

MODULE_DESCRIPTION("gpuwatch's tests: an IOMMU of the device tree");
MODULE_LICENSE("GPL");
