/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The part of the DRM system call interface that labuser uses. Debian's kernel headers for user space leave the DRM
 * ones to libdrm, which lacks vgem's; this ABI never changes.
 */
#ifndef DRM_ABI_H
#define DRM_ABI_H

#include <linux/types.h>
#include <stddef.h>
#include <sys/ioctl.h>

#define DRM_COMMAND_BASE 0x40
#define DRM_IOWR(nr, type) _IOWR('d', nr, type)

struct drm_version {
	int version_major, version_minor, version_patchlevel;
	size_t name_len;
	char *name;
	size_t date_len;
	char *date;
	size_t desc_len;
	char *desc;
};
#define DRM_IOCTL_VERSION DRM_IOWR(0x00, struct drm_version)

struct drm_prime_handle {
	__u32 handle, flags;
	__s32 fd;
};
#define DRM_IOCTL_PRIME_HANDLE_TO_FD DRM_IOWR(0x2d, struct drm_prime_handle)

struct drm_mode_create_dumb {
	__u32 height, width, bpp, flags;
	__u32 handle, pitch; /* out */
	__u64 size; /* out */
};
#define DRM_IOCTL_MODE_CREATE_DUMB DRM_IOWR(0xb2, struct drm_mode_create_dumb)

struct drm_syncobj_create {
	__u32 handle, flags;
};
#define DRM_IOCTL_SYNCOBJ_CREATE DRM_IOWR(0xbf, struct drm_syncobj_create)

#define DRM_SYNCOBJ_HANDLE_TO_FD_FLAGS_EXPORT_SYNC_FILE (1 << 0)
/* Without the timeline point that 6.16 appended; the kernel takes both sizes. */
struct drm_syncobj_handle {
	__u32 handle, flags;
	__s32 fd;
	__u32 pad;
};
#define DRM_IOCTL_SYNCOBJ_HANDLE_TO_FD DRM_IOWR(0xc1, struct drm_syncobj_handle)

#define DRM_SYNCOBJ_WAIT_FLAGS_WAIT_FOR_SUBMIT (1 << 1)
/* Without the deadline that 6.6 appended; the kernel takes both sizes. */
struct drm_syncobj_wait {
	__u64 handles;
	__s64 timeout_nsec; /* absolute, CLOCK_MONOTONIC */
	__u32 count_handles, flags, first_signaled, pad;
};
#define DRM_IOCTL_SYNCOBJ_WAIT DRM_IOWR(0xc3, struct drm_syncobj_wait)

struct drm_syncobj_transfer {
	__u32 src_handle, dst_handle;
	__u64 src_point, dst_point;
	__u32 flags, pad;
};
#define DRM_IOCTL_SYNCOBJ_TRANSFER DRM_IOWR(0xcc, struct drm_syncobj_transfer)

/* Without the deadline that 6.6 appended; the kernel takes both sizes. */
struct drm_syncobj_timeline_wait {
	__u64 handles, points;
	__s64 timeout_nsec; /* absolute, CLOCK_MONOTONIC */
	__u32 count_handles, flags, first_signaled, pad;
};
#define DRM_IOCTL_SYNCOBJ_TIMELINE_WAIT DRM_IOWR(0xca, struct drm_syncobj_timeline_wait)

#define VGEM_FENCE_WRITE 0x1
struct drm_vgem_fence_attach {
	__u32 handle, flags, out_fence, pad;
};
#define DRM_IOCTL_VGEM_FENCE_ATTACH DRM_IOWR(DRM_COMMAND_BASE + 0x1, struct drm_vgem_fence_attach)

struct drm_vgem_fence_signal {
	__u32 fence, flags;
};
#define DRM_IOCTL_VGEM_FENCE_SIGNAL _IOW('d', DRM_COMMAND_BASE + 0x2, struct drm_vgem_fence_signal)

#endif
