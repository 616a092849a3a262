/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Numbers of the kernel's own that stand in records, for the programs that
 * write them and the code that reads them: the same in every kernel that
 * gpuwatch supports, and in no header for user space. What differs between
 * kernels is relocated (bpf/lib/kernel.h) and never gets into a record.
 */
#ifndef GPUWATCH_BPF_ABI_KERNEL_CONSTANTS_H
#define GPUWATCH_BPF_ABI_KERNEL_CONSTANTS_H

/* task_struct.__state and exit_state, include/linux/sched.h. */
#define TASK_INTERRUPTIBLE 0x1u
#define TASK_UNINTERRUPTIBLE 0x2u
#define TASK_STOPPED 0x4u /* there: __TASK_STOPPED, as TASK_STOPPED has a second bit */
#define TASK_TRACED 0x8u  /* there: __TASK_TRACED, likewise */
#define TASK_DEAD 0x80u
#define TASK_WAKEKILL 0x100u
#define TASK_NOLOAD 0x400u
#define TASK_RTLOCK_WAIT 0x1000u
#define TASK_FROZEN 0x8000u /* since 6.1 */

/* task_struct.flags, include/linux/sched.h. */
#define PF_EXITING 0x4u
#define PF_WQ_WORKER 0x20u
#define PF_KTHREAD 0x200000u

/* include/uapi/asm-generic/signal.h; in a set of signals it is the bit before. */
#define SIGKILL_NUMBER 9

/* Low bits of task_struct.blocker, include/linux/hung_task.h (7.2). */
#define BLOCKER_TYPE_MUTEX 0
#define BLOCKER_TYPE_SEM 1
#define BLOCKER_TYPE_RWSEM_READER 2
#define BLOCKER_TYPE_RWSEM_WRITER 3
#define BLOCKER_TYPE_MASK 3ULL /* as wide as the pointer that it is taken from */

/* device_link.flags, include/linux/device.h. */
#define DL_FLAG_STATELESS (1u << 0)
#define DL_FLAG_PM_RUNTIME (1u << 2)
#define DL_FLAG_MANAGED (1u << 6)
#define DL_FLAG_SYNC_STATE_ONLY (1u << 7)

/* include/linux/errno.h: what a driver's probe returns to be tried again later. */
#define EPROBE_DEFER 517

/* enum rpm_status, include/linux/pm.h */
#define RPM_ACTIVE 0
#define RPM_RESUMING 1
#define RPM_SUSPENDED 2
#define RPM_SUSPENDING 3

#endif
