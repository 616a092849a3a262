// SPDX-License-Identifier: GPL-2.0-or-later
/* Memory of the stand-in: a buffer that KFD pins, which a notifier of the calling process's memory invalidates. */
#include <linux/mm.h>

#include "amdgpu.h"
#include "amdgpu_amdkfd.h"
#include "amdgpu_ttm.h"

#include "drive.h"
#include "stand-in.h"

/* Later kernels have other names for the same. */
#if DRIVE_7_2
#include "amdgpu_hmm.h"
#define amdgpu_mn_register amdgpu_hmm_register
#define amdgpu_mn_unregister amdgpu_hmm_unregister
#define amdgpu_amdkfd_alloc_gtt_mem amdgpu_amdkfd_alloc_kernel_mem
#define amdgpu_amdkfd_free_gtt_mem amdgpu_amdkfd_free_kernel_mem
#else
#include "amdgpu_mn.h"
#endif

#define PAGES 4

static struct amdgpu_bo *buffer;

/* Pages are bound to no GART, because there is none. */
int stand_in_memory_start(struct amdgpu_device *adev)
{
	struct ttm_device_funcs *funcs = drive_symbol("amdgpu_bo_driver");
	typeof(&amdgpu_gtt_mgr_init) gtt_init = DRIVE_SYMBOL(amdgpu_gtt_mgr_init);
	int ret;

	if (!funcs || !gtt_init)
		return -ENOENT;
	adev->gmc.gart_size = 64 << 20;
#if DRIVE_7_2
	ret = ttm_device_init(&adev->mman.bdev, funcs, adev->dev, adev->ddev.anon_inode->i_mapping,
			      adev->ddev.vma_offset_manager, 0);
#else
	ret = ttm_device_init(&adev->mman.bdev, funcs, adev->dev, adev->ddev.anon_inode->i_mapping,
			      adev->ddev.vma_offset_manager, false, false);
#endif
	return ret ?: gtt_init(adev, adev->gmc.gart_size);
}

void stand_in_memory_stop(struct amdgpu_device *adev)
{
	typeof(&amdgpu_gtt_mgr_fini) gtt_fini = DRIVE_SYMBOL(amdgpu_gtt_mgr_fini);

	if (!gtt_fini)
		return;
	gtt_fini(adev);
	ttm_device_fini(&adev->mman.bdev);
}

int stand_in_buffer(struct amdgpu_device *adev, void **memory, void **cpu)
{
	typeof(&amdgpu_amdkfd_alloc_gtt_mem) alloc = DRIVE_SYMBOL(amdgpu_amdkfd_alloc_gtt_mem);
	u64 gpu;

	if (!alloc)
		return -ENOENT;
#if DRIVE_7_2
	return alloc(adev, PAGES * PAGE_SIZE, AMDGPU_GEM_DOMAIN_GTT, memory, &gpu, cpu, false);
#else
	return alloc(adev, PAGES * PAGE_SIZE, memory, &gpu, cpu, false);
#endif
}

void stand_in_buffer_free(struct amdgpu_device *adev, void *memory)
{
	typeof(&amdgpu_amdkfd_free_gtt_mem) put = DRIVE_SYMBOL(amdgpu_amdkfd_free_gtt_mem);

	if (put)
		put(adev, &memory);
}

static int take(struct amdgpu_device *adev, unsigned long address)
{
	typeof(&amdgpu_mn_register) watch = DRIVE_SYMBOL(amdgpu_mn_register);
	void *cpu, *memory;
	int ret;

	if (!watch)
		return -ENOENT;
	ret = stand_in_memory_start(adev) ?: stand_in_buffer(adev, &memory, &cpu);
	if (ret)
		return ret;
	buffer = memory;
	/* Whose reservation the notifier waits for; in life that is the root of the address space. */
	buffer->parent = buffer;
	memset(cpu, 0x5a, PAGES * PAGE_SIZE);
	return watch(buffer, address);
}

static int give_back(struct amdgpu_device *adev)
{
	typeof(&amdgpu_mn_unregister) unwatch = DRIVE_SYMBOL(amdgpu_mn_unregister);

	if (!buffer || !unwatch)
		return -ENOENT;
	unwatch(buffer);
	buffer->parent = NULL;
	stand_in_buffer_free(adev, buffer);
	buffer = NULL;
	stand_in_memory_stop(adev);
	return 0;
}

/* The argument: "take ADDRESS" of four pages of the process, later "give". */
int drive_memory(const char *arg)
{
	struct amdgpu_device *adev = stand_in_add();
	unsigned long address;

	if (IS_ERR(adev))
		return PTR_ERR(adev);
	if (arg && sscanf(arg, "take %lx", &address) == 1)
		return take(adev, address);
	if (arg && !strcmp(arg, "give"))
		return give_back(adev);
	return -EINVAL;
}
