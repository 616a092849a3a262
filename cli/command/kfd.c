/* SPDX-License-Identifier: GPL-2.0-or-later */
/* gpuwatch-cli kfd: one document of the daemon. */
#include "cli/command/kfd.h"

#include "cli/lib/fetch.h"
#include "cli/render/kfd.h"

int command_kfd(const struct cli *cli)
{
	return fetch_and_print(cli, "GetKfd", render_kfd);
}
