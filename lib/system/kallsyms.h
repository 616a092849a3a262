/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The kernel's symbol table, /proc/kallsyms: names to addresses and back. A copy of the moment it was read. */
#ifndef GPUWATCH_LIB_SYSTEM_KALLSYMS_H
#define GPUWATCH_LIB_SYSTEM_KALLSYMS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct gw_kallsyms;

enum gw_kallsyms_what {
	GW_KALLSYMS_LIVE, /* what is there as long as the kernel runs */
	GW_KALLSYMS_INIT, /* and what was there while it started: its memory has become somebody else's */
};

/*
 * gw_kallsyms_read - read a symbol table
 * @path: NULL = /proc/kallsyms
 *
 * Lines that are not symbols are skipped. Returns 0 or -errno; a table whose
 * addresses the kernel hides (kptr_restrict, no CAP_SYSLOG) is read without
 * error: see gw_kallsyms_hidden().
 */
int gw_kallsyms_read(struct gw_kallsyms **ret, const char *path, enum gw_kallsyms_what what);
void gw_kallsyms_free(struct gw_kallsyms *table);

/* Whether all addresses are zero: names are known to exist, and nothing else. */
bool gw_kallsyms_hidden(const struct gw_kallsyms *table);

size_t gw_kallsyms_count(const struct gw_kallsyms *table);

/* A symbol; strings belong to the table. */
struct gw_symbol {
	uint64_t address;
	const char *name;
	const char *module; /* "" = the kernel itself */
	bool is_code;	    /* in a text section, by the symbol's type */
};

/* The @index-th of gw_kallsyms_count(), in no order. */
void gw_kallsyms_symbol(const struct gw_kallsyms *table, size_t index, struct gw_symbol *ret);

/*
 * gw_kallsyms_find - by name, or with a suffix that the compiler gave it (".constprop.0", ".isra.0")
 *
 * The exact name is preferred; ".cold" parts are not functions and never
 * found. A symbol that several modules have: the first one. Returns whether
 * there is one.
 */
bool gw_kallsyms_find(const struct gw_kallsyms *table, const char *name, struct gw_symbol *ret);

/*
 * gw_kallsyms_at - the symbol that @address lies in
 *
 * That is the nearest one at or before it, if it is in the same range of
 * addresses (the kernel's image, a module). Returns whether there is one.
 */
bool gw_kallsyms_at(const struct gw_kallsyms *table, uint64_t address, struct gw_symbol *ret);

#endif
