// SPDX-License-Identifier: GPL-2.0-or-later
/* The stand-in of stand-in.h, and amdgpu's own events on it. */
#include <drm/drm_drv.h>
#include <linux/pci.h>

#include "amdgpu.h"
#include "amdgpu_ih.h"
#include "amdgpu_reset.h"
#include "amdgpu_vm.h"

#include "drive.h"
#include "stand-in.h"

/* QEMU's pci-testdev. */
#define TESTDEV_VENDOR 0x1b36
#define TESTDEV_DEVICE 0x0005

static struct amdgpu_device *gpu;

static const struct drm_driver driver = {
	.driver_features = DRIVER_GEM | DRIVER_RENDER,
	.name = "gwdrive",
	.desc = "GPU that does not exist",
#if !DRIVE_7_2
	.date = "20240101",
#endif
	.major = 1,
};

/* Newer interrupt handlers ask for them; there is nothing in them that they need. */
static const struct amdgpu_gfx_funcs gfx_funcs;

static int init_gpu(struct amdgpu_device *adev, struct pci_dev *pdev)
{
	typeof(&amdgpu_reset_create_reset_domain) reset_domain = DRIVE_SYMBOL(amdgpu_reset_create_reset_domain);

	adev->pdev = pdev;
	adev->dev = &pdev->dev;
	adev->no_hw_access = true;
	adev->asic_type = CHIP_NAVI10;
#if DRIVE_7_2
	adev->gfx.xcc_mask = 1;
#endif
	adev->gfx.funcs = &gfx_funcs;
	adev->ip_versions[GC_HWIP][0] = IP_VERSION(10, 1, 10);
	/* KFD takes no GPU that cannot compute. */
	adev->gfx.cu_info.number = 4;
	adev->gfx.cu_info.simd_per_cu = 2;
	adev->gfx.config.max_shader_engines = 1;
	adev->gfx.config.max_sh_per_se = 1;
	adev->gfx.config.max_cu_per_sh = 4;
	xa_init_flags(&adev->vm_manager.pasids, XA_FLAGS_LOCK_IRQ);
	mutex_init(&adev->notifier_lock);
	spin_lock_init(&adev->mmio_idx_lock);
	/* The end of a process waits for resets. */
	adev->reset_domain = reset_domain ? reset_domain(SINGLE_DEVICE, "gwdrive") : NULL;
	return adev->reset_domain ? 0 : -ENOMEM;
}

struct amdgpu_device *stand_in(void)
{
	return gpu;
}

struct amdgpu_device *stand_in_add(void)
{
	struct amdgpu_device *adev;
	struct pci_dev *pdev;
	int ret;

	if (gpu)
		return gpu;
	pdev = pci_get_device(TESTDEV_VENDOR, TESTDEV_DEVICE, NULL);
	if (!pdev)
		return ERR_PTR(-ENODEV);
	adev = devm_drm_dev_alloc(&pdev->dev, &driver, struct amdgpu_device, ddev);
	if (IS_ERR(adev)) {
		pci_dev_put(pdev);
		return adev;
	}
	ret = init_gpu(adev, pdev) ?: pci_enable_device(pdev) ?: drm_dev_register(&adev->ddev, 0);
	if (ret) {
		pci_dev_put(pdev);
		return ERR_PTR(ret);
	}
	pci_set_drvdata(pdev, &adev->ddev);
	gpu = adev;
	return gpu;
}

/* Its registers were never mapped, so amdgpu has nothing of the hardware to finish after it unplugged it. */
int stand_in_remove(void)
{
	void (*remove)(struct pci_dev *) = drive_symbol("amdgpu_pci_remove");
	struct pci_dev *pdev;

	if (!remove || !gpu)
		return -ENODEV;
	pdev = gpu->pdev;
	remove(pdev);
	pci_set_drvdata(pdev, NULL);
	gpu = NULL;
	pci_dev_put(pdev);
	return 0;
}

/* A page fault that may be retried, of a process that amdgpu does not know. */
static int fault(struct amdgpu_device *adev)
{
	int (*process)(struct amdgpu_device *, struct amdgpu_irq_src *, struct amdgpu_iv_entry *) =
		drive_symbol("gmc_v9_0_process_interrupt");
	struct amdgpu_iv_entry entry = {
		.ih = &adev->irq.ih1,
		.client_id = 0x1b,
		.pasid = 77,
		.timestamp = 1 << 20,
		.src_data = { 0x1234, 0x80 },
	};

	if (!process)
		return -ENOENT;
	process(adev, NULL, &entry);
	return 0;
}

/* The fences of a ring when the device is gone: they cannot be waited for and are completed by force. */
static int finish_fences(struct amdgpu_device *adev)
{
	typeof(&amdgpu_fence_driver_hw_fini) hw_fini = DRIVE_SYMBOL(amdgpu_fence_driver_hw_fini);
	void (*fallback)(struct timer_list *) = drive_symbol("amdgpu_fence_fallback");
	struct amdgpu_ring *ring = kzalloc(sizeof(*ring), GFP_KERNEL);
	u32 *memory = kzalloc(sizeof(*memory), GFP_KERNEL);
	struct dma_fence *none = NULL;

	if (!hw_fini || !fallback || !ring || !memory) {
		kfree(ring);
		kfree(memory);
		return -ENOMEM;
	}
	ring->adev = adev;
	strscpy(ring->name, "gwdrive", sizeof(ring->name));
	ring->fence_drv.initialized = true;
	ring->fence_drv.cpu_addr = memory;
	ring->fence_drv.fences = &none;
	spin_lock_init(&ring->fence_drv.lock);
	timer_setup(&ring->fence_drv.fallback_timer, fallback, 0);
	adev->rings[0] = ring;
	adev->ddev.unplugged = true;
	hw_fini(adev);
	adev->ddev.unplugged = false;
	adev->rings[0] = NULL;
	kfree(memory);
	kfree(ring);
	return 0;
}

#if DRIVE_7_2
/* The scheduler itself traces the dependencies of jobs. */
static int only_here(struct amdgpu_device *adev)
{
	return stand_in_later(adev);
}
#else
/* What a job with two dependencies will wait for. */
static int only_here(struct amdgpu_device *adev)
{
	typeof(&amdgpu_sync_fence) add = DRIVE_SYMBOL(amdgpu_sync_fence);
	typeof(&amdgpu_sync_free) release = DRIVE_SYMBOL(amdgpu_sync_free);
	typeof(&amdgpu_sync_trace_deps) trace = DRIVE_SYMBOL(amdgpu_sync_trace_deps);
	struct dma_fence *finished = drive_fence(), *first = drive_fence(), *second = drive_fence();
	struct amdgpu_sync sync;
	int ret = -ENOMEM;

	if (!add || !release || !trace || !finished || !first || !second)
		goto out;
	hash_init(sync.fences);
	ret = add(&sync, first) ?: add(&sync, second);
	trace(&sync, finished);
	release(&sync);
out:
	drive_fence_end(finished);
	drive_fence_end(first);
	drive_fence_end(second);
	return ret;
}
#endif

int drive_amdgpu(void)
{
	struct amdgpu_device *adev = stand_in_add();

	if (IS_ERR(adev))
		return PTR_ERR(adev);
	return fault(adev) ?: finish_fences(adev) ?: only_here(adev);
}
