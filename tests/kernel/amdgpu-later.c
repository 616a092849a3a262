// SPDX-License-Identifier: GPL-2.0-or-later
/* What amdgpu of 7.2 traces on the stand-in, and amdgpu of 6.1 does not: recoveries, TLB flushes, evictions of user queues. */
#include "amdgpu.h"
#include "amdgpu_eviction_fence.h"
#include "amdgpu_reset.h"
#include "amdgpu_userq.h"
#include "amdgpu_vm.h"

#include "drive.h"
#include "stand-in.h"

/* The recovery of a GPU that is no longer on the bus gives up when it sees that. */
static int recover(struct amdgpu_device *adev)
{
	typeof(&amdgpu_device_gpu_recover) recover_gpu = DRIVE_SYMBOL(amdgpu_device_gpu_recover);
	struct amdgpu_reset_context context = { .src = AMDGPU_RESET_SRC_USER, .reset_req_dev = adev };
	int ret;

	if (!recover_gpu)
		return -ENOENT;
	adev->pdev->error_state = pci_channel_io_perm_failure;
	ret = recover_gpu(adev, NULL, &context);
	adev->pdev->error_state = pci_channel_io_normal;
	return ret == -ENODEV ? 0 : -EEXIST;
}

/* A TLB flush that waits for an update of page tables; this GPU needs nothing for the flush itself. */
static int flush_tlb(struct amdgpu_device *adev)
{
	typeof(&amdgpu_vm_tlb_fence_create) create = DRIVE_SYMBOL(amdgpu_vm_tlb_fence_create);
	static const struct amdgpu_gmc_funcs gmc_funcs;
	struct amdgpu_vm *vm = kzalloc(sizeof(*vm), GFP_KERNEL);
	struct dma_fence *update = drive_fence(), *flush = update;
	long ret = -ENOMEM;

	if (create && vm && update) {
		adev->gmc.gmc_funcs = &gmc_funcs;
		vm->pasid = 77;
		vm->tlb_fence_context = dma_fence_context_alloc(1);
		/* It keeps the reference to the update. */
		dma_fence_get(update);
		create(adev, vm, &flush);
		dma_fence_signal(update);
		ret = dma_fence_wait(flush, false);
		dma_fence_put(flush);
		adev->gmc.gmc_funcs = NULL;
	}
	dma_fence_put(update);
	kfree(vm);
	return ret;
}

/* Somebody waits for the eviction of a process that has no queues; a restore that comes when the next fence is armed leaves it. */
static int evict_queues(struct amdgpu_device *adev)
{
	typeof(&amdgpu_userq_mgr_init) userq_init = DRIVE_SYMBOL(amdgpu_userq_mgr_init);
	typeof(&amdgpu_evf_mgr_init) init = DRIVE_SYMBOL(amdgpu_evf_mgr_init);
	typeof(&amdgpu_evf_mgr_rearm) rearm = DRIVE_SYMBOL(amdgpu_evf_mgr_rearm);
	typeof(&amdgpu_evf_mgr_flush_suspend) flush = DRIVE_SYMBOL(amdgpu_evf_mgr_flush_suspend);
	typeof(&amdgpu_evf_mgr_fini) fini = DRIVE_SYMBOL(amdgpu_evf_mgr_fini);
	struct amdgpu_fpriv *fpriv = kzalloc(sizeof(*fpriv), GFP_KERNEL);
	/* No buffer is locked. */
	struct drm_exec exec = { 0 };
	int ret = -ENOMEM;

	if (!fpriv || !userq_init || !init || !rearm || !flush || !fini)
		goto out;
	userq_init(&fpriv->userq_mgr, NULL, adev);
	init(&fpriv->evf_mgr);
	/* As for a process that goes: the eviction does not ask for the restore. */
	fpriv->evf_mgr.shutdown = true;
	ret = rearm(&fpriv->evf_mgr, &exec);
	if (!ret) {
		flush(&fpriv->evf_mgr);
		ret = rearm(&fpriv->evf_mgr, &exec);
		schedule_delayed_work(&fpriv->userq_mgr.resume_work, 0);
		flush_delayed_work(&fpriv->userq_mgr.resume_work);
		flush(&fpriv->evf_mgr);
	}
	fini(&fpriv->evf_mgr);
out:
	kfree(fpriv);
	return ret;
}

int stand_in_later(struct amdgpu_device *adev)
{
	return recover(adev) ?: flush_tlb(adev) ?: evict_queues(adev);
}
