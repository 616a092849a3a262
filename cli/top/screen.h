/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The screen of gpuwatch-cli top: what is on which line. */
#ifndef GPUWATCH_CLI_TOP_SCREEN_H
#define GPUWATCH_CLI_TOP_SCREEN_H

#include <stdbool.h>

#include "cli/lib/terminal.h"
#include "cli/top/feed.h"

enum top_section { TOP_WAITS, TOP_TIMELINES, TOP_SECTIONS };

struct top_view {
	const struct terminal *terminal;
	enum top_section section;     /* that the keys move */
	unsigned first[TOP_SECTIONS]; /* row at the top of each; corrected by top_paint() */
	bool paused;
};

/* False when the terminal cannot be used: an unknown TERM. The screen is given back when the program ends. */
bool top_screen_open(const struct terminal *terminal);

/* Paints it all; ncurses sends what changed. */
void top_paint(struct top_view *view, const struct top_documents *documents);

#endif
