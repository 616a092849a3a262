/* SPDX-License-Identifier: GPL-2.0-or-later */
/* gpuwatch-cli timelines, gpuwatch-cli faults: one document of the daemon each. */
#include "cli/command/timelines.h"

#include "cli/lib/fetch.h"
#include "cli/render/waits.h"

int command_timelines(const struct cli *cli)
{
	return fetch_and_print(cli, "ListTimelines", render_timelines);
}

int command_faults(const struct cli *cli)
{
	return fetch_and_print(cli, "ListFaults", render_faults);
}
