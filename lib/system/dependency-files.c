/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The files of the table of dependencies. */
#include "lib/system/dependency-files.h"

#ifndef GW_DATADIR
#define GW_DATADIR "/usr/share"
#endif

const char gw_depends_table[] = GW_DATADIR "/gpuwatch/dependencies.conf";

const char *const gw_depends_directories[] = {
	"/etc/gpuwatch/dependencies.d",
	"/run/gpuwatch/dependencies.d",
	NULL,
};

int gw_depends_files_each(const char *table, const char *const *directories, gw_data_file file,
			  gw_depends_complain complaint, void *userdata)
{
	return gw_data_files_each(table ? table : gw_depends_table, directories ? directories : gw_depends_directories,
				  file, complaint, userdata);
}

/* ---- into a table ------------------------------------------------------------------------------------- */

struct loading {
	struct gw_depends *depends;
	gw_depends_complain complain;
	void *userdata;
	int errors;
};

static int depends_files_parse(const char *name, const char *text, size_t size, void *userdata)
{
	struct loading *loading = userdata;
	int errors = gw_depends_parse(loading->depends, name, text, size, loading->complain, loading->userdata);

	if (errors < 0)
		return errors;
	loading->errors += errors;
	return 0;
}

static void depends_files_pass_on(const char *message, void *userdata)
{
	struct loading *loading = userdata;

	if (loading->complain)
		loading->complain(message, loading->userdata);
}

int gw_depends_load(struct gw_depends **ret, const char *table, const char *const *directories,
		    gw_depends_complain complaint, void *userdata)
{
	struct loading loading = { .complain = complaint, .userdata = userdata };
	int r = gw_depends_new(&loading.depends);

	if (r < 0)
		return r;
	r = gw_depends_files_each(table, directories, depends_files_parse, depends_files_pass_on, &loading);
	if (r < 0) {
		gw_depends_free(loading.depends);
		return r;
	}
	*ret = loading.depends;
	return r + loading.errors;
}
