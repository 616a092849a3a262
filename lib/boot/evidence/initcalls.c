/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The initcalls of a kernel, from the names of the symbols of their table. */
#include "lib/boot/evidence/initcalls.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/array.h"

struct gw_initcalls {
	struct gw_initcall *list; /* strings of each: one allocation, which function points to */
	size_t count, allocated;
	bool sorted;
};

static const char *const level_names[] = {
	[GW_INITCALL_EARLY] = "early",	   [GW_INITCALL_PURE] = "pure",
	[GW_INITCALL_CORE] = "core",	   [GW_INITCALL_POSTCORE] = "postcore",
	[GW_INITCALL_ARCH] = "arch",	   [GW_INITCALL_SUBSYS] = "subsys",
	[GW_INITCALL_FS] = "fs",	   [GW_INITCALL_ROOTFS] = "rootfs",
	[GW_INITCALL_DEVICE] = "device",   [GW_INITCALL_LATE] = "late",
	[GW_INITCALL_CONSOLE] = "console",
};

/* What __define_initcall() appends to the function's name; digits are looked at by themselves. */
static const struct {
	const char *suffix;
	enum gw_initcall_level level;
} named_levels[] = {
	{ "early", GW_INITCALL_EARLY },
	{ "rootfs", GW_INITCALL_ROOTFS },
	{ "con", GW_INITCALL_CONSOLE },
};

static const enum gw_initcall_level numbered_levels[] = {
	GW_INITCALL_PURE,   GW_INITCALL_CORE, GW_INITCALL_POSTCORE, GW_INITCALL_ARCH,
	GW_INITCALL_SUBSYS, GW_INITCALL_FS,   GW_INITCALL_DEVICE,   GW_INITCALL_LATE,
};

const char *gw_initcall_level_name(enum gw_initcall_level level)
{
	return (unsigned int)level < GW_INITCALL_LEVELS ? level_names[level] : "unknown";
}

int gw_initcalls_new(struct gw_initcalls **ret)
{
	*ret = calloc(1, sizeof(**ret));
	return *ret ? 0 : -ENOMEM;
}

void gw_initcalls_free(struct gw_initcalls *initcalls)
{
	if (!initcalls)
		return;
	for (size_t i = 0; i < initcalls->count; i++)
		free((char *)initcalls->list[i].function);
	free(initcalls->list);
	free(initcalls);
}

/* ---- the symbol's name ------------------------------------------------------------------- */

static bool initcall_is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Takes the level off the end of FUNCTIONLEVEL; returns the function's length, 0 if there is no level. */
static size_t initcall_split_level(const char *text, size_t length, struct gw_initcall *ret)
{
	for (size_t i = 0; i < sizeof(named_levels) / sizeof(named_levels[0]); i++) {
		size_t n = strlen(named_levels[i].suffix);

		if (length > n && memcmp(text + length - n, named_levels[i].suffix, n) == 0) {
			ret->level = named_levels[i].level;
			return length - n;
		}
	}
	if (length > 2 && text[length - 1] == 's' && initcall_is_digit(text[length - 2])) {
		ret->sync = true;
		length--;
	}
	if (length < 2 || text[length - 1] < '0' || text[length - 1] > '7')
		return 0;
	ret->level = numbered_levels[text[length - 1] - '0'];
	return length - 1;
}

/* What follows "__COUNTER_LINE_" in MODULE__COUNTER_LINE_FUNCTIONLEVEL; NULL if it is not there. */
static const char *initcall_after_numbers(const char *text, size_t *module_length)
{
	for (const char *s = strstr(text, "__"); s; s = strstr(s + 1, "__")) {
		const char *at = s + 2;
		size_t counter = strspn(at, "0123456789"), line;

		if (!counter || at[counter] != '_')
			continue;
		at += counter + 1;
		line = strspn(at, "0123456789");
		if (!line || at[line] != '_')
			continue;
		*module_length = (size_t)(s - text);
		return at + line + 1;
	}
	return NULL;
}

/* Function and module, as one allocation. */
static int initcall_set_names(struct gw_initcall *ret, const char *function, size_t function_length, const char *module,
			      size_t module_length)
{
	char *names = malloc(function_length + module_length + 2);

	if (!names)
		return -ENOMEM;
	memcpy(names, function, function_length);
	names[function_length] = '\0';
	memcpy(names + function_length + 1, module, module_length);
	names[function_length + 1 + module_length] = '\0';
	ret->function = names;
	ret->module = names + function_length + 1;
	return 0;
}

static int initcall_parse_symbol(struct gw_initcall *ret, const char *symbol)
{
	const char *module = "", *function;
	size_t module_length = 0, length;

	if (strncmp(symbol, "__initcall_", 11) != 0)
		return 0;
	function = symbol + 11;
	if (strncmp(function, "_kmod_", 6) == 0) {
		module = function + 6;
		function = initcall_after_numbers(module, &module_length);
		if (!function)
			return 0;
	}
	/* Link-time optimisation appends a dot and more. */
	length = initcall_split_level(function, strcspn(function, "."), ret);
	if (!length)
		return 0;
	return initcall_set_names(ret, function, length, module, module_length) < 0 ? -ENOMEM : 1;
}

/* ---- the list -------------------------------------------------------------------------------- */

int gw_initcalls_add(struct gw_initcalls *initcalls, const char *symbol, uint64_t address)
{
	struct gw_initcall initcall = { .address = address };
	int r;

	if (gw_array_reserve(initcalls->list, initcalls->count, initcalls->allocated, 1) < 0)
		return -ENOMEM;
	r = initcall_parse_symbol(&initcall, symbol);
	if (r <= 0)
		return r;
	initcalls->list[initcalls->count++] = initcall;
	initcalls->sorted = false;
	return 1;
}

/*
 * Within a level the table's order counts. Where addresses are hidden (all are 0) the order of adding stands in for
 * it: /proc/kallsyms is in the order of addresses even then.
 */
static bool initcall_runs_before(const struct gw_initcall *a, const struct gw_initcall *b)
{
	if (a->level != b->level)
		return a->level < b->level;
	if (a->sync != b->sync)
		return b->sync;
	return a->address < b->address;
}

/* A merge sort: equal ones stay in the order in which they were added. */
static void initcall_merge_sort(struct gw_initcall *list, struct gw_initcall *spare, size_t count)
{
	size_t middle = count / 2, left = 0, right = middle;

	if (count < 2)
		return;
	initcall_merge_sort(list, spare, middle);
	initcall_merge_sort(list + middle, spare, count - middle);
	for (size_t i = 0; i < count; i++) {
		bool take_right = left == middle || (right < count && initcall_runs_before(&list[right], &list[left]));

		spare[i] = take_right ? list[right++] : list[left++];
	}
	memcpy(list, spare, count * sizeof(*list));
}

size_t gw_initcalls_list(struct gw_initcalls *initcalls, const struct gw_initcall **ret)
{
	if (!initcalls->sorted && initcalls->count) {
		struct gw_initcall *spare = calloc(initcalls->count, sizeof(*spare));

		if (!spare) {
			*ret = NULL;
			return 0;
		}
		initcall_merge_sort(initcalls->list, spare, initcalls->count);
		free(spare);
		initcalls->sorted = true;
	}
	*ret = initcalls->list;
	return initcalls->count;
}
