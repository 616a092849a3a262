/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Drives drivers of a test kernel from inside: one function per subject, called when its name is written to
 * /sys/kernel/debug/gwdrive, in the context of the writer. Each returns 0 or the error that the write gets.
 */
#ifndef GPUWATCH_DRIVE_H
#define GPUWATCH_DRIVE_H

#include <linux/stringify.h>
#include <linux/types.h>
#include <linux/version.h>

/* Whether this is the newer of the two kernels that have a series; the other is 6.1. */
#define DRIVE_7_2 (LINUX_VERSION_CODE >= KERNEL_VERSION(7, 2, 0))

struct dma_fence;
struct pci_dev;

/*
 * Returns the address of a function or variable of the kernel that is not exported. Drivers keep most of what they do
 * to themselves; what is called here is named in docs/kernel-events.md.
 */
void *drive_symbol(const char *name);

/* Returns the PCI device of the emulated graphics card, referenced, or NULL. */
struct pci_dev *drive_card(void);

/* Returns a new fence of a context of its own, or NULL. */
struct dma_fence *drive_fence(void);

/* Signals a fence and drops the caller's reference; NULL is none. */
void drive_fence_end(struct dma_fence *fence);

int drive_driver_core(void);
int drive_fences(void);
int drive_sched(void);
int drive_iommu(const char *arg);
int drive_radeon(const char *arg);
int drive_kfd_process(const char *arg);
int drive_kfd_device(const char *arg);
int drive_amdgpu(void);
int drive_memory(const char *arg);
int drive_hazards(const char *arg);
int drive_device(const char *arg);

/* The name may be a macro that stands for another one. */
#define DRIVE_SYMBOL(name) ((typeof(&name))drive_symbol(__stringify(name)))

#endif
