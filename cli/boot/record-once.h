/* SPDX-License-Identifier: GPL-2.0-or-later */
/* probe-order --reboot-and-record: the kernel line of the next boot alone, so that the kernel logs how it brings drivers up. */
#ifndef GPUWATCH_CLI_BOOT_RECORD_ONCE_H
#define GPUWATCH_CLI_BOOT_RECORD_ONCE_H

#include <stdbool.h>

#include "cli/lib/terminal.h"

/* What is added to the kernel line. */
#define RECORD_PARAMETERS "initcall_debug log_buf_len=8M"

/*
 * record_once - have the boot loader boot a copy of this boot's entry once, with RECORD_PARAMETERS in its kernel line
 * @root: "" = this system; else a directory that stands for its root
 * @dry: show what would be written, write nothing
 *
 * GRUB (next_entry in its environment block) and systemd-boot (LoaderEntryOneShot) go back by themselves; the copy is removed
 * by systemd-tmpfiles in the next boot. Returns EXIT_NOTHING, or EXIT_FILE after one line on stderr: then nothing is changed
 * that makes another boot differ.
 */
int record_once(const struct terminal *terminal, const char *root, bool dry);

#endif
