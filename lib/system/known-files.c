/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Files into a table. */
#include "lib/system/known-files.h"

#include <errno.h>
#include <unistd.h>

#include "lib/system/data-files.h"

#ifndef GW_DATADIR
#define GW_DATADIR "/usr/share"
#endif

static const char known_installed[] = GW_DATADIR "/gpuwatch/known-hangs.conf";

static const char *const known_directories[] = { "/etc/gpuwatch/known-hangs.d", "/run/gpuwatch/known-hangs.d", NULL };

struct known_loading {
	struct gw_known *known;
	gw_known_complain complain;
	void *userdata;
	int errors;
};

static int known_files_parse(const char *name, const char *text, size_t size, void *userdata)
{
	struct known_loading *loading = userdata;
	int errors = gw_known_parse(loading->known, name, text, size, loading->complain, loading->userdata);

	if (errors < 0)
		return errors;
	loading->errors += errors;
	return 0;
}

static void known_files_pass_on(const char *message, void *userdata)
{
	struct known_loading *loading = userdata;

	if (loading->complain)
		loading->complain(message, loading->userdata);
}

int gw_known_load(struct gw_known **ret, gw_known_complain complain, void *userdata)
{
	struct known_loading loading = { .complain = complain, .userdata = userdata };
	const char *installed = access(known_installed, F_OK) == 0 ? known_installed : NULL;
	int r = gw_known_new(&loading.known);

	if (r < 0)
		return r;
	r = gw_data_files_each(installed, known_directories, known_files_parse, known_files_pass_on, &loading);
	if (r < 0) {
		gw_known_free(loading.known);
		return r;
	}
	*ret = loading.known;
	return r + loading.errors;
}

const char *gw_known_installed(bool *ret)
{
	*ret = access(known_installed, F_OK) == 0;
	return known_installed;
}
