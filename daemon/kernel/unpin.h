/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Takes the BPF programs of a daemon that is gone out of the kernel. */
#ifndef GPUWATCH_DAEMON_KERNEL_UNPIN_H
#define GPUWATCH_DAEMON_KERNEL_UNPIN_H

/*
 * Removes the pins of all builds in @directory, and the directory if it is empty
 * then. What is not named as a pin stays.
 * What a living daemon holds open stays attached until it ends. Returns 0 (also
 * when there is nothing), -ENOTSUP if the directory is not on a bpffs, or -errno.
 */
int gw_unpin(const char *directory);

#endif
