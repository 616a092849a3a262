/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Directories of modules are read by libkmod, which Debian has no static library of: --modules fails here, and nothing else asks. */
#include "lib/system/modules/index.h"

#include <errno.h>

int gw_module_index_open(struct gw_module_index **ret, const char *directory, int loaded)
{
	(void)directory;
	(void)loaded;
	*ret = NULL;
	return -EOPNOTSUPP;
}

void gw_module_index_close(struct gw_module_index *index)
{
	(void)index; /* there is none */
}

int gw_module_index_add_table(struct gw_module_index *index, const struct gw_depends *depends)
{
	(void)index;
	(void)depends;
	return 0;
}

json_t *gw_module_index_json(struct gw_module_index *index)
{
	(void)index;
	return json_array();
}
