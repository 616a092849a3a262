/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the BPF programs cannot find out by themselves: member offsets of
 * modules' types, from their BTF, and addresses of symbols.
 */
#ifndef GPUWATCH_DAEMON_KERNEL_BTF_LAYOUT_H
#define GPUWATCH_DAEMON_KERNEL_BTF_LAYOUT_H

#include "bpf/abi/boot-records.h"
#include "bpf/abi/shared.h"
#include "daemon/kernel/btf/types.h"
#include "lib/system/kallsyms.h"

/*
 * gw_layout_read - offsets of the modules that are loaded now
 * @kernel: its own types, among which those of code that is built in are
 * @ret: every member is set; -1 where there is nothing
 */
void gw_layout_read(struct gw_layout *ret, const struct gw_types *kernel);

/* Addresses of the symbols that programs compare with; 0 where there is none. */
void gw_layout_symbols(struct gw_symbols *ret, const struct gw_kallsyms *kallsyms);

/*
 * gw_layout_fault_queues - the queues of page faults of the drivers that are loaded now
 * @ret: GW_FAULT_QUEUES of them; function 0 where there is no such driver
 */
void gw_layout_fault_queues(struct gw_fault_queue *ret, const struct gw_types *kernel,
			    const struct gw_kallsyms *kallsyms);

/* The same for the programs that record the boot. */
void gw_layout_boot_symbols(struct gw_boot_symbols *ret, const struct gw_kallsyms *kallsyms);

/* Byte offset of a member of one of the kernel's own types, or -1. Members of anonymous structs and unions count. */
int gw_layout_offset(const struct gw_types *kernel, const char *type, const char *member);

#endif
