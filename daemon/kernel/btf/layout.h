/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the BPF programs cannot find out by themselves: member offsets of
 * modules' types, from their BTF, and addresses of symbols.
 */
#ifndef GPUWATCH_DAEMON_KERNEL_BTF_LAYOUT_H
#define GPUWATCH_DAEMON_KERNEL_BTF_LAYOUT_H

#include <bpf/btf.h>
#include <bpf/libbpf.h>

#include "bpf/abi/boot-records.h"
#include "bpf/abi/shared.h"
#include "lib/system/kallsyms.h"

/*
 * gw_layout_open_btf - the kernel's types
 * @path: NULL = the running kernel's own
 * @message, @size: on failure one line for people
 *
 * Returns 0 or -errno; @ret is to be freed with btf__free().
 */
int gw_layout_open_btf(struct btf **ret, const char *path, char *message, size_t size);

/*
 * gw_layout_read - offsets of the modules that are loaded now
 * @vmlinux: the kernel's BTF, which has the types when the code is built in
 * @ret: every member is set; -1 where there is nothing
 */
void gw_layout_read(struct gw_layout *ret, struct btf *vmlinux);

/* Addresses of the symbols that programs compare with; 0 where there is none. */
void gw_layout_symbols(struct gw_symbols *ret, const struct gw_kallsyms *kallsyms);

/*
 * gw_layout_fault_queues - the queues of page faults of the drivers that are loaded now
 * @ret: GW_FAULT_QUEUES of them; function 0 where there is no such driver
 */
void gw_layout_fault_queues(struct gw_fault_queue *ret, struct btf *vmlinux, const struct gw_kallsyms *kallsyms);

/* The same for the programs that record the boot. */
void gw_layout_boot_symbols(struct gw_boot_symbols *ret, const struct gw_kallsyms *kallsyms);

/* Byte offset of a member of a type in @btf, or -1. Members of anonymous structs and unions count. */
int gw_layout_offset(const struct btf *btf, const char *type, const char *member);

#endif
