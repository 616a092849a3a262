// SPDX-License-Identifier: GPL-2.0-or-later
/* Memory of the stand-in: a buffer that KFD pins, which a notifier of the calling process's memory invalidates. */
#include <linux/mm.h>

#include "amdgpu.h"
#include "amdgpu_amdkfd.h"
#include "amdgpu_mn.h"
#include "amdgpu_ttm.h"

#include "drive.h"
#include "stand-in.h"

#define PAGES 4

static struct amdgpu_bo *buffer;

/* amdgpu's memory manager on system memory; pages are bound to no GART, because there is none. */
static int start_manager(struct amdgpu_device *adev)
{
	struct ttm_device_funcs *funcs = drive_symbol("amdgpu_bo_driver");
	typeof(&amdgpu_gtt_mgr_init) gtt_init = DRIVE_SYMBOL(amdgpu_gtt_mgr_init);
	int ret;

	if (!funcs || !gtt_init)
		return -ENOENT;
	adev->gmc.gart_size = 64 << 20;
	ret = ttm_device_init(&adev->mman.bdev, funcs, adev->dev, adev->ddev.anon_inode->i_mapping,
			      adev->ddev.vma_offset_manager, false, false);
	return ret ?: gtt_init(adev, adev->gmc.gart_size);
}

static int take(struct amdgpu_device *adev, unsigned long address)
{
	typeof(&amdgpu_amdkfd_alloc_gtt_mem) alloc = DRIVE_SYMBOL(amdgpu_amdkfd_alloc_gtt_mem);
	typeof(&amdgpu_mn_register) watch = DRIVE_SYMBOL(amdgpu_mn_register);
	void *cpu, *memory;
	u64 gpu;
	int ret;

	if (!alloc || !watch)
		return -ENOENT;
	ret = start_manager(adev) ?: alloc(adev, PAGES * PAGE_SIZE, &memory, &gpu, &cpu, false);
	if (ret)
		return ret;
	buffer = memory;
	memset(cpu, 0x5a, PAGES * PAGE_SIZE);
	return watch(buffer, address);
}

static int give_back(struct amdgpu_device *adev)
{
	typeof(&amdgpu_mn_unregister) unwatch = DRIVE_SYMBOL(amdgpu_mn_unregister);
	typeof(&amdgpu_amdkfd_free_gtt_mem) put = DRIVE_SYMBOL(amdgpu_amdkfd_free_gtt_mem);
	typeof(&amdgpu_gtt_mgr_fini) gtt_fini = DRIVE_SYMBOL(amdgpu_gtt_mgr_fini);
	void *memory = buffer;

	if (!buffer || !unwatch || !put || !gtt_fini)
		return -ENOENT;
	unwatch(buffer);
	put(adev, &memory);
	buffer = NULL;
	gtt_fini(adev);
	ttm_device_fini(&adev->mman.bdev);
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
