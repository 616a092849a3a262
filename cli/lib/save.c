/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Writing the files that a command was asked for. */
#include "cli/lib/save.h"

#include <errno.h>
#include <string.h>

#include "cli/lib/error.h"
#include "cli/lib/file.h"

bool save_possible(const struct cli *cli, const char *path)
{
	if (cli_has(cli, OPTION_FORCE) || strcmp(path, "-") == 0 || !file_is_there(path))
		return true;
	complain("%s is there already: --force replaces it", path);
	return false;
}

int save_file(const struct cli *cli, const char *path, const void *data, size_t size)
{
	int r = file_write(path, cli_has(cli, OPTION_FORCE), data, size);

	if (r == -EEXIST)
		complain("%s is there already: --force replaces it", path);
	else if (r < 0)
		complain("cannot write %s: %s", path, strerror(-r));
	return r < 0 ? EXIT_TROUBLE : EXIT_NOTHING;
}
