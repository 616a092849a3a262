/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A GPU that does not exist: amdgpu's and amdkfd's records of one, bound to QEMU's PCI test device, whose register
 * accesses amdgpu skips (adev->no_hw_access) and whose queue manager does nothing. What the drivers do on the way to the
 * hardware is theirs; what the hardware would do is not done.
 */
#ifndef GPUWATCH_STAND_IN_H
#define GPUWATCH_STAND_IN_H

struct amdgpu_device;

/* Makes the stand-in, registered as DRM device; the same one until stand_in_remove(). Returns it or an ERR_PTR. */
struct amdgpu_device *stand_in_add(void);

/* Returns the stand-in or NULL. */
struct amdgpu_device *stand_in(void);

/* Gives it amdgpu's memory manager, of system memory, and takes it away again. Returns 0 or an error. */
int stand_in_memory_start(struct amdgpu_device *adev);
void stand_in_memory_stop(struct amdgpu_device *adev);

/* Makes a buffer of four pages in that memory, whose memory the CPU has at *cpu. Returns 0 or an error. */
int stand_in_buffer(struct amdgpu_device *adev, void **buffer, void **cpu);
void stand_in_buffer_free(struct amdgpu_device *adev, void *buffer);

/* 7.2: what amdgpu of 6.1 does not trace. Returns 0 or an error. */
int stand_in_later(struct amdgpu_device *adev);

/* Removes it as amdgpu removes a device that was pulled out. */
int stand_in_remove(void);

#endif
