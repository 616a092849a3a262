// SPDX-License-Identifier: GPL-2.0
/*
 * The screen: a driver for the PCI card that the emulator draws on. It does not ask the frame buffer that the firmware left
 * to give way, and wants the card's memory for itself. With framebuffer=1 there is such a frame buffer, which the kernel's own
 * driver takes first. With kfd=1 it reports of the card what KFD does of one that it does not use. With result=R its probe
 * returns that.
 */
#include <linux/module.h>
#include <linux/pci.h>
#include <linux/platform_data/simplefb.h>
#include <linux/platform_device.h>

#include "orion.h"

#define WIDTH 640
#define HEIGHT 480
#define STRIDE (WIDTH * 4)

static bool framebuffer, kfd;
module_param(framebuffer, bool, 0444);
module_param(kfd, bool, 0444);
static int result;
module_param(result, int, 0444);

static const struct pci_device_id screen_ids[] = { { PCI_DEVICE(0x1234, 0x1111) }, {} };
static struct platform_device *left;

/* Nothing of it is managed: pcim_enable_device() has the kernel refuse memory without a word since 6.11. */
static int screen_probe(struct pci_dev *pci, const struct pci_device_id *id)
{
	int r = result ?: pci_enable_device(pci);

	if (r)
		return r;
	orion_log("probe-begin", pci_name(pci), "", 0);
	r = pci_request_region(pci, 0, "orion-screen");
	orion_log("probe-end", pci_name(pci), "", r);
	if (r)
		pci_disable_device(pci);
	return r;
}

static void screen_remove(struct pci_dev *pci)
{
	pci_release_region(pci, 0);
	pci_disable_device(pci);
}

static struct pci_driver screen_driver = {
	.name = "orion-drm",
	.id_table = screen_ids,
	.probe = screen_probe,
	.remove = screen_remove,
};

/* What sysfb_create_simplefb() makes of a screen that the firmware set up. */
static int screen_left_by_firmware(struct pci_dev *pci)
{
	struct simplefb_platform_data data = {
		.width = WIDTH, .height = HEIGHT, .stride = STRIDE, .format = "x8r8g8b8"
	};
	struct resource memory = DEFINE_RES_MEM(pci_resource_start(pci, 0), STRIDE * HEIGHT);
	struct platform_device_info info = {
		.name = "simple-framebuffer",
		.res = &memory,
		.num_res = 1,
		.data = &data,
		.size_data = sizeof(data),
	};

	left = platform_device_register_full(&info);
	return PTR_ERR_OR_ZERO(left);
}

static int __init orion_screen_init(void)
{
	struct pci_dev *pci = pci_get_device(0x1234, 0x1111, NULL);
	int r = 0;

	if (!pci)
		return -ENODEV;
	if (framebuffer)
		r = screen_left_by_firmware(pci);
	if (kfd)
		pr_info("kfd kfd: amdgpu: skipped device %04x:%04x, PCI rejects atomics 730<0\n", pci->vendor,
			pci->device);
	pci_dev_put(pci);
	r = r ?: pci_register_driver(&screen_driver);
	if (r && left)
		platform_device_unregister(left);
	return r;
}
module_init(orion_screen_init);

static void __exit orion_screen_exit(void)
{
	pci_unregister_driver(&screen_driver);
	if (left)
		platform_device_unregister(left);
}
module_exit(orion_screen_exit);

MODULE_DESCRIPTION("Orion board: screen");
MODULE_LICENSE("GPL");
