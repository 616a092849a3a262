/* SPDX-License-Identifier: GPL-2.0-or-later */
/* gpuwatch-cli timelines: one document of the daemon. */
#include "cli/command/timelines.h"

#include "cli/lib/fetch.h"
#include "cli/render/waits.h"

int command_timelines(const struct cli *cli)
{
	return fetch_and_print(cli, "ListTimelines", render_timelines);
}
