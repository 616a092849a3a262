/* SPDX-License-Identifier: GPL-2.0-or-later */
/* gpuwatch-cli status: one document of the daemon. */
#include "cli/command/status.h"

#include "cli/lib/fetch.h"
#include "cli/render/status.h"

int command_status(const struct cli *cli)
{
	return fetch_and_print(cli, "GetStatus", render_status);
}
