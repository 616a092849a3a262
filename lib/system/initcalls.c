/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The initcalls of the running kernel, from its symbol table. */
#include "lib/system/initcalls.h"

int gw_initcalls_read(struct gw_initcalls **ret, const struct gw_kallsyms *kallsyms)
{
	size_t count = gw_kallsyms_count(kallsyms);
	struct gw_initcalls *initcalls;
	int r = gw_initcalls_new(&initcalls);

	if (r < 0)
		return r;
	for (size_t i = 0; r >= 0 && i < count; i++) {
		struct gw_symbol symbol;

		gw_kallsyms_symbol(kallsyms, i, &symbol);
		if (!symbol.module[0])
			r = gw_initcalls_add(initcalls, symbol.name, symbol.address);
	}
	if (r < 0) {
		gw_initcalls_free(initcalls);
		return r;
	}
	*ret = initcalls;
	return 0;
}
