/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Takes arbitrary bytes as a vmlinux, a System.map and /proc/kallsyms; tests/fuzz/run builds and runs it. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/fuzz/directory.h"

#include "lib/boot/evidence/initcalls.h"
#include "lib/system/kallsyms.h"
#include "lib/system/kernel-image.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_image(const char *path)
{
	struct gw_kernel_image image;
	const struct gw_initcall *list;
	char *error;

	if (gw_kernel_image_read(&image, path, &error) < 0) {
		if (error && strchr(error, '\n'))
			abort();
		free(error);
		return;
	}
	gw_initcalls_list(image.initcalls, &list);
	gw_kernel_image_deinit(&image);
}

static void read_table(const char *path)
{
	struct gw_kallsyms *table;
	struct gw_symbol symbol;

	if (gw_kallsyms_read(&table, path, GW_KALLSYMS_LIVE) < 0)
		return;
	for (size_t i = 0; i < gw_kallsyms_count(table); i++)
		gw_kallsyms_symbol(table, i, &symbol);
	gw_kallsyms_find(table, "schedule", &symbol);
	for (uint64_t address = 0xffffffff81000000; address < 0xffffffff81000100; address += 16)
		gw_kallsyms_at(table, address, &symbol);
	gw_kallsyms_free(table);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char path[sizeof(directory) + 8];

	directory_write("file", data, size);
	if (!path[0])
		snprintf(path, sizeof(path), "%s/file", directory);
	read_image(path);
	read_table(path);
	return 0;
}
