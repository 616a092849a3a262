/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What user space may ask of the lab module: ioctls of /dev/gpulab for scenarios that need a process, and of the
 * DRM device "gpulab" for fences that user space waits for through syncobj and sync_file.
 */
#ifndef GPULAB_UAPI_H
#define GPULAB_UAPI_H

#ifdef __KERNEL__
#include <drm/drm.h>
#include <linux/ioctl.h>
#include <linux/types.h>
#else
#include "drm_abi.h"
#endif

#define GPULAB_COMMAND_MAX 128

/**
 * struct gpulab_start - run a scenario whose participants include the calling process
 * @command: what would be written to the debugfs file "start", NUL-terminated
 * @address: page-aligned start of the range to register an interval notifier on (notifier-cycle only)
 * @length: length of that range in bytes
 * @victims: out: how many threads the process should register with %GPULAB_IOC_VICTIM
 */
struct gpulab_start {
	char command[GPULAB_COMMAND_MAX];
	__u64 address;
	__u64 length;
	__u32 victims;
	__u32 pad;
};

/* Start the scenario; it is bound to this open file and ends when the file is closed, at the latest. */
#define GPULAB_IOC_START _IOWR('L', 1, struct gpulab_start)
/* Return when every participant is in its blocking call; -EINTR when a signal came first. */
#define GPULAB_IOC_WAIT_FORMED _IO('L', 2)
/* The calling thread says that its next system call will block: it is a victim. */
#define GPULAB_IOC_VICTIM _IO('L', 3)
/* Release what GPULAB_IOC_START left held by this process (leaked-lock/user-*, leaked-section/user-*). */
#define GPULAB_IOC_UNLOCK _IO('L', 4)
/* Return when the scenario is being stopped; -EINTR when a signal came first. */
#define GPULAB_IOC_WAIT_STOPPED _IO('L', 5)
/* The calling thread signals so many fences (the argument), or with 0 the one that is waited for (trust/pipe-fault, /syncobj-point). */
#define GPULAB_IOC_SIGNAL _IO('L', 6)

/* The calling process plays its part in the kernel and returns when that is over; -ERESTARTSYS when a signal ended it. */
#define GPULAB_IOC_ENTER _IO('L', 7)

/**
 * struct gpulab_attach - put a new lab fence into a syncobj
 * @handle: syncobj handle of this DRM file
 * @delay_ms: the fence is signalled by a thread after so many milliseconds
 * @context: out: the fence's context
 * @seqno: out: the fence's sequence number
 */
struct gpulab_attach {
	__u32 handle;
	__u32 delay_ms;
	__u64 context;
	__u64 seqno;
};

#define GPULAB_DRM_ATTACH 0x00
#define DRM_IOCTL_GPULAB_ATTACH DRM_IOWR(DRM_COMMAND_BASE + GPULAB_DRM_ATTACH, struct gpulab_attach)

#endif
