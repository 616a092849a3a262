/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The kernel's symbol table, /proc/kallsyms: names to addresses and back. A copy of the moment it was read. */
#include "lib/system/kallsyms.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/array.h"
#include "lib/base/cleanup.h"
#include "lib/base/hash.h"

#define SYMBOL_MAX 512 /* KSYM_NAME_LEN */
#define MODULE_MAX 56  /* MODULE_NAME_LEN */
#define ADDRESS_DIGITS 16
#define ADDRESS_BITS 48 /* the others are copies of the highest of these: addresses are canonical */
#define NAME_BITS 25
#define HASH_BITS 7
#define READ_SIZE (64 << 10)
#define GAP_MAX (64 << 10) /* an address this far behind the last symbol before it is in none */

/* A hundred thousand of them stay in memory: no byte more than needed. */
struct entry {
	uint64_t address : ADDRESS_BITS;
	uint64_t module : 15; /* index in modules */
	uint64_t is_code : 1;
	uint32_t name : NAME_BITS; /* offset in names */
	uint32_t hash : HASH_BITS; /* of the name up to its first dot: most others are told apart by it alone */
} __attribute__((packed, aligned(4)));

struct gw_kallsyms {
	struct entry *entries; /* by address; where all are hidden, in the order of the file */
	size_t count, room;
	char *names; /* all strings, NUL-terminated; "" at 0 */
	size_t names_size, names_room;
	uint32_t *modules; /* offsets in names; [0] is "" */
	size_t module_count;
	bool visible; /* some address is not zero */
	bool skips;   /* until __init_end */
	enum gw_kallsyms_what what;
};

/* Shifting to the right copies the highest bit. */
static uint64_t kallsyms_canonical(uint64_t address)
{
	return (uint64_t)((int64_t)(address << (64 - ADDRESS_BITS)) >> (64 - ADDRESS_BITS));
}

static uint64_t kallsyms_address(const struct entry *entry)
{
	return kallsyms_canonical(entry->address);
}

static int kallsyms_add_string(struct gw_kallsyms *table, const char *string, size_t length, uint32_t *ret)
{
	size_t size = length + 1;

	if (gw_array_reserve(table->names, table->names_size, table->names_room, size) < 0)
		return -ENOMEM;
	memcpy(table->names + table->names_size, string, size);
	*ret = table->names_size;
	table->names_size += size;
	return 0;
}

/* Symbols of a module come one after the other: its name is stored once per run. */
static int kallsyms_add_module(struct gw_kallsyms *table, const char *module, struct entry *entry)
{
	size_t last = table->module_count - 1;
	uint32_t *modules;

	if (!*module || strcmp(table->names + table->modules[last], module) == 0) {
		entry->module = *module ? last : 0;
		return 0;
	}
	if (table->module_count > INT16_MAX)
		return -E2BIG;
	modules = reallocarray(table->modules, table->module_count + 1, sizeof(*modules));
	if (!modules)
		return -ENOMEM;
	table->modules = modules;
	entry->module = table->module_count;
	return kallsyms_add_string(table, module, strlen(module), &modules[table->module_count++]);
}

/* Of the name without what the compiler appends, e.g. ".isra.0". */
static uint32_t kallsyms_hash_name(const char *name)
{
	return gw_hash_spread(gw_hash_bytes(GW_HASH_START, name, strcspn(name, "."))) & ((1U << HASH_BITS) - 1);
}

static int kallsyms_add_entry(struct gw_kallsyms *table, uint64_t address, char type, const char *name, size_t length,
			      const char *module)
{
	struct entry entry = { .address = address,
			       .hash = kallsyms_hash_name(name),
			       .is_code = type == 't' || type == 'T' || type == 'w' || type == 'W' };
	uint32_t at;
	int r;

	if (gw_array_reserve(table->entries, table->count, table->room, 1) < 0)
		return -ENOMEM;
	r = kallsyms_add_string(table, name, length, &at);
	if (r >= 0)
		r = kallsyms_add_module(table, module, &entry);
	if (r < 0)
		return r;
	if (at >> NAME_BITS)
		return -E2BIG;
	entry.name = at;
	table->entries[table->count++] = entry;
	table->visible |= address != 0;
	return 0;
}

/*
 * A struct lock_class_key has no size without lockdep: its address is that of whatever follows, and a lock there would be
 * called "__key.21".
 */
static bool kallsyms_is_empty_object(const char *name, size_t length)
{
	static const char key[] = "__key";

	return length >= strlen(key) && strncmp(name, key, strlen(key)) == 0 &&
	       (length == strlen(key) || name[strlen(key)] == '.');
}

/*
 * What no task, lock or fence is ever in: the padding before each function, static calls, keys and strings, the tables of exports, of
 * types, and of trace events. A third of all names on some kernels.
 */
static bool kallsyms_is_needless(const char *name)
{
	static const char *const prefixes[] = {
		"__pfx_",
		"__SCT__",
		"__SCK__",
		"__ksymtab_",
		"__kstrtab",
		"__flags_",
		"__BTF_ID__",
		"__func__",
		"__UNIQUE_ID_",
		"__already_done",
		"__compound_literal",
		"__TRACE_SYSTEM_",
		"TRACE_SYSTEM_",
		"security_hook_active_",
		"__tpstrtab_",
		"__param_str_",
		"__event_",
		"__syscall_meta_",
		"event_class_",
		"event_enter_",
		"event_exit_",
		"print_fmt_",
		"trace_event_fields_",
		"trace_event_type_funcs_",
		"types__",
		"args__",
		"dev_attr_",
		"__msg.",
	};

	for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++)
		if (*name == *prefixes[i] && strncmp(name, prefixes[i], strlen(prefixes[i])) == 0)
			return true;
	return false;
}

/* Freed when the kernel has started: the symbols behind __init_begin, and the kernel's own are in order. */
static bool kallsyms_was_freed(struct gw_kallsyms *table, const char *name)
{
	bool freed = table->skips;

	if (table->what == GW_KALLSYMS_INIT || *name != '_')
		return freed;
	if (strcmp(name, "__init_begin") == 0)
		table->skips = true;
	else if (strcmp(name, "__init_end") == 0)
		freed = table->skips = false;
	return freed;
}

/*
 * The crate of @name, a function of Rust ("_RNvXs3_NtNtCs2lKf6AS60Zg_4core3num5error..."), if it is one of those that only derive
 * methods for each type of C, or are the language's own: thousands, with names of a hundred bytes, in which no task sleeps. Else NULL.
 */
static const char *kallsyms_rust_crate(const char *name)
{
	static const char *const crates[] = { "4core", "8bindings", "4uapi" };
	const char *root = name[0] == '_' && name[1] == 'R' ? strstr(name, "Cs") : NULL;

	root = root ? strchr(root, '_') : NULL;
	for (size_t i = 0; root && i < sizeof(crates) / sizeof(crates[0]); i++)
		if (strncmp(root + 1, crates[i], strlen(crates[i])) == 0)
			return crates[i] + 1;
	return NULL;
}

static uint64_t kallsyms_parse_address(char **line)
{
	uint64_t address = 0;

	for (;; (*line)++) {
		const char c = **line;

		if (c >= '0' && c <= '9')
			address = address << 4 | (uint64_t)(c - '0');
		else if (c >= 'a' && c <= 'f')
			address = address << 4 | (uint64_t)(c - 'a' + 10);
		else
			return address;
	}
}

/* What stands in brackets behind the name, NULL if that is too long. */
static const char *kallsyms_parse_module(char *text)
{
	char *module;

	while (*text == ' ' || *text == '\t')
		text++;
	if (*text != '[')
		return "";
	module = text + 1;
	module[strcspn(module, "]")] = '\0';
	return strlen(module) < MODULE_MAX ? module : NULL;
}

/* Per-CPU and absolute symbols ('A', 'a') have offsets for addresses; "$d" and "$x" tell data from code in arm64's objects. */
static bool kallsyms_is_wanted(struct gw_kallsyms *table, char type, const char *name, size_t length)
{
	return !kallsyms_was_freed(table, name) && type != 'A' && type != 'a' && *name != '$' &&
	       !kallsyms_is_needless(name) && !kallsyms_is_empty_object(name, length);
}

/*
 * One line: "ffffffff81000000 T _text", or with "\t[module]" behind it.
 *
 * There are two hundred thousand of them: functions that take a set of characters are too slow here.
 */
static int kallsyms_parse_line(struct gw_kallsyms *table, char *line)
{
	char *type = line, *name, *end;
	uint64_t address = kallsyms_parse_address(&type);
	const char *module = "", *crate;
	size_t length;

	if (type == line || type - line > ADDRESS_DIGITS || type[0] != ' ' || !type[1] || type[2] != ' ')
		return 0;
	name = end = type + 3;
	while (*end && *end != ' ' && *end != '\t')
		end++;
	length = (size_t)(end - name);
	if (!length || length >= SYMBOL_MAX || address != kallsyms_canonical(address))
		return 0;
	if (*end) {
		*end = '\0';
		module = kallsyms_parse_module(end + 1);
	}
	if (!module || !kallsyms_is_wanted(table, type[1], name, length))
		return 0;
	crate = kallsyms_rust_crate(name);
	return kallsyms_add_entry(table, address, type[1], crate ? crate : name, crate ? strlen(crate) : length,
				  module);
}

/* The lines of @text that are there as a whole; how many bytes they are, or negative. */
static ssize_t kallsyms_parse_lines(struct gw_kallsyms *table, char *text, size_t size)
{
	char *line = text, *end;
	int r = 0;

	while (r >= 0 && (end = memchr(line, '\n', size - (size_t)(line - text)))) {
		*end = '\0';
		r = kallsyms_parse_line(table, line);
		line = end + 1;
	}
	return r < 0 ? r : line - text;
}

static int kallsyms_read_lines(struct gw_kallsyms *table, int fd)
{
	_cleanup_free_ char *buffer = malloc(READ_SIZE + 1);
	size_t kept = 0;
	ssize_t size;

	if (!buffer)
		return -ENOMEM;
	while ((size = read(fd, buffer + kept, READ_SIZE - kept)) > 0) {
		size_t there = kept + (size_t)size;
		ssize_t parsed = kallsyms_parse_lines(table, buffer, there);

		if (parsed < 0)
			return (int)parsed;
		kept = there - (size_t)parsed;
		memmove(buffer, buffer + parsed, kept);
		if (kept == READ_SIZE)
			kept = 0; /* that is no line of symbols */
	}
	if (size < 0)
		return -errno;
	buffer[kept] = '\0';
	return kallsyms_parse_line(table, buffer);
}

/* Of several symbols at one address the first in the table comes first: the names' offsets tell. */
static int kallsyms_compare_entries(const void *a, const void *b)
{
	const struct entry *left = a, *right = b;

	if (left->address != right->address)
		return kallsyms_address(left) < kallsyms_address(right) ? -1 : 1;
	return left->name < right->name ? -1 : left->name > right->name;
}

/* The kernel's own symbols are in order, and below those of modules, which are not. */
static void kallsyms_sort(struct gw_kallsyms *table)
{
	size_t first = 0;

	while (first < table->count && !table->entries[first].module)
		first++;
	gw_array_sort(table->entries + first, table->count - first, sizeof(*table->entries), kallsyms_compare_entries);
	gw_array_sort(table->entries, table->count, sizeof(*table->entries), kallsyms_compare_entries);
}

/* The table is kept as long as the daemon runs: no room for more than there is. */
static void kallsyms_shrink(struct gw_kallsyms *table)
{
	struct entry *entries = reallocarray(table->entries, table->count + 1, sizeof(*entries));
	char *names = realloc(table->names, table->names_size);

	if (entries) {
		table->entries = entries;
		table->room = table->count + 1;
	}
	if (names) {
		table->names = names;
		table->names_room = table->names_size;
	}
}

int gw_kallsyms_read(struct gw_kallsyms **ret, const char *path, enum gw_kallsyms_what what)
{
	_cleanup_close_ int fd = open(path ? path : "/proc/kallsyms", O_RDONLY | O_CLOEXEC);
	struct gw_kallsyms *table;
	int r;

	if (fd < 0)
		return -errno;
	table = calloc(1, sizeof(*table));
	if (!table)
		return -ENOMEM;
	table->modules = calloc(1, sizeof(*table->modules));
	table->module_count = 1;
	table->what = what;
	r = table->modules ? kallsyms_add_string(table, "", 0, table->modules) : -ENOMEM;
	if (r >= 0)
		r = kallsyms_read_lines(table, fd);
	if (r < 0) {
		gw_kallsyms_free(table);
		return r;
	}
	kallsyms_shrink(table);
	kallsyms_sort(table);
	*ret = table;
	return 0;
}

void gw_kallsyms_free(struct gw_kallsyms *table)
{
	if (!table)
		return;
	free(table->entries);
	free(table->modules);
	free(table->names);
	free(table);
}

bool gw_kallsyms_hidden(const struct gw_kallsyms *table)
{
	return !table->visible;
}

size_t gw_kallsyms_count(const struct gw_kallsyms *table)
{
	return table->count;
}

static void kallsyms_fill_symbol(const struct gw_kallsyms *table, const struct entry *entry, struct gw_symbol *ret)
{
	ret->address = kallsyms_address(entry);
	ret->name = table->names + entry->name;
	ret->module = table->names + table->modules[entry->module];
	ret->is_code = entry->is_code;
}

void gw_kallsyms_symbol(const struct gw_kallsyms *table, size_t index, struct gw_symbol *ret)
{
	kallsyms_fill_symbol(table, &table->entries[index], ret);
}

bool gw_kallsyms_find(const struct gw_kallsyms *table, const char *name, struct gw_symbol *ret)
{
	const struct entry *variant = NULL;
	size_t length = strlen(name), i;
	uint32_t hash = kallsyms_hash_name(name);

	for (i = 0; i < table->count; i++) {
		const char *candidate = table->names + table->entries[i].name;

		if (table->entries[i].hash != hash || strncmp(candidate, name, length) != 0)
			continue;
		if (!candidate[length]) {
			kallsyms_fill_symbol(table, &table->entries[i], ret);
			return true;
		}
		if (!variant && candidate[length] == '.' && !strstr(candidate + length, ".cold"))
			variant = &table->entries[i];
	}
	if (!variant)
		return false;
	kallsyms_fill_symbol(table, variant, ret);
	return true;
}

bool gw_kallsyms_at(const struct gw_kallsyms *table, uint64_t address, struct gw_symbol *ret)
{
	size_t low = 0, high = table->count;

	if (!table->visible)
		return false;
	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (kallsyms_address(&table->entries[middle]) <= address)
			low = middle + 1;
		else
			high = middle;
	}
	if (!low || !table->entries[low - 1].address || address - kallsyms_address(&table->entries[low - 1]) > GAP_MAX)
		return false;
	for (low--; low && table->entries[low - 1].address == table->entries[low].address; low--)
		;
	kallsyms_fill_symbol(table, &table->entries[low], ret);
	return true;
}
