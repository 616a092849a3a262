// SPDX-License-Identifier: GPL-2.0
/*
 * The vault: no device and no driver. Its init function looks for an MMU once; without one /dev/orion-vault is not
 * there, for good.
 */
#include <linux/fs.h>
#include <linux/miscdevice.h>
#include <linux/module.h>

#include "orion.h"

static const struct file_operations vault_fops = { .owner = THIS_MODULE };
static struct miscdevice vault = { .minor = MISC_DYNAMIC_MINOR, .name = "orion-vault", .fops = &vault_fops };
static bool open_for_business;

static int __init orion_vault_init(void)
{
	int r = 0;

	orion_log("init-begin", THIS_MODULE->name, "", 0);
	if (orion_any_mmu_ready()) {
		r = misc_register(&vault);
		open_for_business = !r;
	}
	orion_log("init-end", THIS_MODULE->name, "", r);
	return r;
}
module_init(orion_vault_init);

static void __exit orion_vault_exit(void)
{
	if (open_for_business)
		misc_deregister(&vault);
}
module_exit(orion_vault_exit);

MODULE_DESCRIPTION("Orion board: vault");
MODULE_LICENSE("GPL");
