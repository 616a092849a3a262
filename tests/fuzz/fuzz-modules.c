/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Takes arbitrary bytes as an index of modules, which libkmod reads if it is sound; tests/fuzz/run builds and runs it. */
#include <string.h>

#include "tests/fuzz/directory.h"

#include "lib/system/modules/index.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* An index without a key. */
static const uint8_t empty[] = { 0xb0, 0x07, 0xf4, 0x57, 0, 2, 0, 1, 0x20, 0, 0, 0 };

/* The first byte shows which one it is. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const names[] = { "modules.dep.bin", "modules.alias.bin", "modules.builtin.bin",
					     "modules.builtin.alias.bin" };
	struct gw_module_index *index;

	if (size == 0)
		return 0;
	directory_make();
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		directory_write(names[i], empty, sizeof(empty));
	directory_write(names[data[0] % (sizeof(names) / sizeof(names[0]))], data + 1, size - 1);
	if (gw_module_index_open(&index, directory, -1) < 0)
		return 0;
	gw_module_index_add(index, "amdgpu");
	gw_module_index_add(index, "drm");
	json_decref(gw_module_index_candidates(index, "pci:v00001002d0000731Fsv0sd0bc03sc00i00"));
	json_decref(gw_module_index_json(index));
	gw_module_index_close(index);
	return 0;
}
