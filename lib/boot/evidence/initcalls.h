/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The initcalls built into a kernel, in the order in which it runs them: from
 * the symbols __initcall__kmod_MODULE__COUNTER_LINE_FUNCTIONLEVEL (5.10 and
 * later) or __initcall_FUNCTIONLEVEL (before), which lie in that order. The
 * symbols may come from System.map, an ELF symbol table or /proc/kallsyms.
 *
 * Pure.
 */
#ifndef GPUWATCH_LIB_BOOT_EVIDENCE_INITCALLS_H
#define GPUWATCH_LIB_BOOT_EVIDENCE_INITCALLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* include/linux/init.h */
enum gw_initcall_level {
	GW_INITCALL_EARLY, /* before SMP */
	GW_INITCALL_PURE,
	GW_INITCALL_CORE,
	GW_INITCALL_POSTCORE,
	GW_INITCALL_ARCH,
	GW_INITCALL_SUBSYS,
	GW_INITCALL_FS,
	GW_INITCALL_ROOTFS,
	GW_INITCALL_DEVICE, /* module_init() of what is built in */
	GW_INITCALL_LATE,
	GW_INITCALL_CONSOLE, /* run by the console code, not in this order */
	GW_INITCALL_LEVELS
};

struct gw_initcall {
	const char *function;
	const char *module; /* KBUILD_MODNAME: what it would be as a module; "" = not known */
	enum gw_initcall_level level;
	bool sync;	  /* runs after the asynchronous ones of its level (level suffix s) */
	uint64_t address; /* of its entry in the table: sorts them */
};

struct gw_initcalls;

int gw_initcalls_new(struct gw_initcalls **ret);
void gw_initcalls_free(struct gw_initcalls *initcalls);

/* Takes a symbol; those that are no initcalls are left alone. Returns 1 if it was one, 0 if not, or -ENOMEM. */
int gw_initcalls_add(struct gw_initcalls *initcalls, const char *symbol, uint64_t address);

/* Sorted in the order in which they run; valid until the next add. */
size_t gw_initcalls_list(struct gw_initcalls *initcalls, const struct gw_initcall **ret);

/* "device", "late", ... */
const char *gw_initcall_level_name(enum gw_initcall_level level);

#endif
