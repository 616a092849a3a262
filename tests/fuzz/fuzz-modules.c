/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Takes arbitrary bytes as an index of modules, which libkmod reads if it is sound; tests/fuzz/run builds and runs it. */
#include <string.h>

#include "tests/fuzz/directory.h"

#include "lib/system/modules/index.h"
#include "lib/system/modules/trie.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* An index without a key. */
static const uint8_t empty[] = { 0xb0, 0x07, 0xf4, 0x57, 0, 2, 0, 1, 0x20, 0, 0, 0 };

static const char *const names[] = { "modules.dep.bin", "modules.alias.bin", "modules.builtin.bin",
				     "modules.builtin.alias.bin" };
#define NAMES (sizeof(names) / sizeof(names[0]))

/* One index with these bytes; the others are empty. The last one is emptied again, the rest has stayed so. */
static void write_index(size_t which, const uint8_t *data, size_t size)
{
	static size_t written = NAMES;

	for (size_t i = 0; i < NAMES; i++)
		if (written == NAMES || (i == written && i != which))
			directory_write(names[i], empty, sizeof(empty));
	directory_write(names[which], data, size);
	written = which;
}

/*
 * The first byte shows which one it is. What judges the others, which are not sound, reads no file: one in sixteen of them is refused
 * as a file as well.
 */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct gw_module_index *index;

	bool sound;

	if (size == 0)
		return 0;
	sound = gw_trie_is_sound((const char *)data + 1, size - 1);
	if (!sound && data[0] / NAMES % 16 < 15)
		return 0;
	write_index(data[0] % NAMES, data + 1, size - 1);
	if (gw_module_index_open(&index, directory, -1) < 0) {
		if (sound)
			abort();
		return 0;
	}
	if (!sound)
		abort();
	gw_module_index_add(index, "amdgpu");
	gw_module_index_add(index, "drm");
	json_decref(gw_module_index_candidates(index, "pci:v00001002d0000731Fsv0sd0bc03sc00i00"));
	json_decref(gw_module_index_json(index));
	gw_module_index_close(index);
	return 0;
}
