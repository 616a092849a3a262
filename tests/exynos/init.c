// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The only process of the guest: loads the driver of the device, waits for longer than the deferred probe timeout that the
 * test sets, and then loads that of the IOMMU. Built with the kernel's nolibc.
 */
#define SECONDS_OF_A_SLOW_BOOT 8

static void load(const char *path)
{
	int fd = open(path, O_RDONLY, 0);
	long ret = my_syscall3(__NR_finit_module, fd, "", 0);

	printf("init: %s: %d\n", path, (int)ret);
	close(fd);
}

int main(void)
{
	mkdir("/dev", 0755);
	mknod("/dev/console", S_IFCHR | 0600, makedev(5, 1));
	for (int i = 0; i < 3; i++)
		open("/dev/console", O_RDWR, 0);
	load("/master.ko");
	sleep(SECONDS_OF_A_SLOW_BOOT);
	printf("init: late\n");
	load("/exynos-iommu.ko");
	sleep(2);
	printf("init: done\n");
	reboot(LINUX_REBOOT_CMD_POWER_OFF);
	return 0;
}
