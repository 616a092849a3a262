// SPDX-License-Identifier: GPL-2.0-or-later
/* gwdrive: the file that starts what the other files do. */
#include <linux/debugfs.h>
#include <linux/fs.h>
#include <linux/kprobes.h>
#include <linux/module.h>
#include <linux/pci.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "drive.h"

static struct dentry *file;
static unsigned long (*lookup_name)(const char *name);

void *drive_symbol(const char *name)
{
	void *address = (void *)lookup_name(name);

	if (!address)
		pr_err("gwdrive: this kernel has no %s\n", name);
	return address;
}

struct pci_dev *drive_card(void)
{
	return pci_get_class(PCI_CLASS_DISPLAY_VGA << 8, NULL);
}

static int start(char *name)
{
	char *arg = name;

	name = strsep(&arg, " ");
	if (!strcmp(name, "driver-core"))
		return drive_driver_core();
	if (!strcmp(name, "fences"))
		return drive_fences();
	if (!strcmp(name, "sched"))
		return drive_sched();
	if (!strcmp(name, "iommu"))
		return drive_iommu(arg);
	if (!strcmp(name, "radeon"))
		return drive_radeon(arg);
#if IS_ENABLED(CONFIG_HSA_AMD)
	if (!strcmp(name, "kfd-process"))
		return drive_kfd_process(arg);
	if (!strcmp(name, "kfd-device"))
		return drive_kfd_device(arg);
	if (!strcmp(name, "amdgpu"))
		return drive_amdgpu();
	if (!strcmp(name, "memory"))
		return drive_memory(arg);
#endif
	if (!strcmp(name, "hazards"))
		return drive_hazards(arg);
	if (!strcmp(name, "device"))
		return drive_device(arg);
	return -EINVAL;
}

static ssize_t start_write(struct file *filp, const char __user *data, size_t size, loff_t *offset)
{
	char *text = memdup_user_nul(data, size);
	int ret;

	if (IS_ERR(text))
		return PTR_ERR(text);
	ret = start(strim(text));
	kfree(text);
	return ret ?: size;
}

static const struct file_operations start_fops = {
	.owner = THIS_MODULE,
	.write = start_write,
};

/* Only a kprobe can still find the function that finds all others (commit 0bd476e6c671). */
static int find_lookup(void)
{
	struct kprobe probe = { .symbol_name = "kallsyms_lookup_name" };
	int ret = register_kprobe(&probe);

	if (ret)
		return ret;
	lookup_name = (void *)probe.addr;
	unregister_kprobe(&probe);
	return 0;
}

static int __init drive_init(void)
{
	int ret = find_lookup();

	if (ret)
		return ret;
	file = debugfs_create_file("gwdrive", 0200, NULL, NULL, &start_fops);
	return PTR_ERR_OR_ZERO(file);
}

static void __exit drive_exit(void)
{
	debugfs_remove(file);
}

module_init(drive_init);
module_exit(drive_exit);
MODULE_DESCRIPTION("Drives drivers of a test kernel from inside");
MODULE_LICENSE("GPL");
