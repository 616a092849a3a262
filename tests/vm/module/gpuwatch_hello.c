// SPDX-License-Identifier: GPL-2.0-or-later
/* The harness's own test module: says hello, or dies or warns when it is asked to. */
#include <linux/module.h>

static char *mode = "hello";
module_param(mode, charp, 0);
MODULE_PARM_DESC(mode, "hello, warn or panic");

static int __init hello_init(void)
{
	pr_info("gpuwatch_hello: hello\n");
	WARN(!strcmp(mode, "warn"), "gpuwatch_hello: as asked");
	if (!strcmp(mode, "panic"))
		panic("gpuwatch_hello: as asked");
	return 0;
}

static void __exit hello_exit(void)
{
}

module_init(hello_init);
module_exit(hello_exit);
MODULE_DESCRIPTION("Test module of the virtual machine harness");
MODULE_LICENSE("GPL");
