/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which picture, and where it goes. */
#include "cli/render/picture.h"

#include "cli/lib/file.h"
#include "cli/lib/text.h"
#include "lib/base/cleanup.h"
#include "lib/picture/picture.h"

bool picture_is_wanted(const struct cli *cli)
{
	return cli_has(cli, OPTION_DOT | OPTION_SVG | OPTION_HTML);
}

int picture_write(const struct cli *cli, const json_t *reports, uint64_t now_ns)
{
	_cleanup_free_ char *text = NULL;
	size_t size;
	FILE *stream = text_stream(&text, &size);

	if (cli_has(cli, OPTION_DOT))
		gw_picture_dot(stream, reports, (json_int_t)now_ns);
	else if (cli_has(cli, OPTION_SVG))
		gw_picture_svg(stream, reports, (json_int_t)now_ns);
	else
		gw_picture_html(stream, reports, (json_int_t)now_ns);
	text_finish(stream);
	return file_write(cli->output ? cli->output : "-", true, text, size);
}
