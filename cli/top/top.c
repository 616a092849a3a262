/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Keys, and when to paint. */
#include "cli/top/top.h"

#include <curses.h>
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

#include "cli/lib/error.h"
#include "cli/top/feed.h"
#include "cli/top/screen.h"

#define AGES_MSEC 1000 /* ages count on while no answer comes */

static void top_move(struct top_view *view, int rows)
{
	unsigned *first = &view->first[view->section];

	*first = rows < 0 && *first < (unsigned)-rows ? 0 : (unsigned)((int)*first + rows);
}

/* False: the end. */
static bool top_on_key(struct top_view *view, int key)
{
	switch (key) {
	case 'q':
	case 'Q':
		return false;
	case '\t':
		view->section = (view->section + 1) % TOP_SECTIONS;
		break;
	case 'p':
		view->paused = !view->paused;
		break;
	case KEY_UP:
	case 'k':
		top_move(view, -1);
		break;
	case KEY_DOWN:
	case 'j':
		top_move(view, 1);
		break;
	case KEY_PPAGE:
		top_move(view, -10);
		break;
	case KEY_NPAGE:
		top_move(view, 10);
		break;
	case KEY_HOME:
		view->first[view->section] = 0;
		break;
	case KEY_END:
		view->first[view->section] = INT_MAX / 2;
		break;
	case KEY_RESIZE: /* the terminal may have moved lines by itself */
		clearok(curscr, TRUE);
		break;
	default:
		break;
	}
	return true;
}

static bool top_read_keys(struct top_view *view)
{
	int key;

	while ((key = getch()) != ERR)
		if (!top_on_key(view, key))
			return false;
	return true;
}

/* Until somebody ends it, or the terminal is gone. */
static void top_run(struct top_view *view, struct top_feed *feed)
{
	struct top_documents documents = { NULL };

	for (;;) {
		struct pollfd fds[] = { { .fd = STDIN_FILENO, .events = POLLIN },
					{ .fd = view->paused ? -1 : top_feed_fd(feed), .events = POLLIN } };

		top_paint(view, &documents);
		if (poll(fds, 2, AGES_MSEC) < 0 && errno != EINTR)
			break;
		if (fds[1].revents && !view->paused)
			top_feed_take(feed, &documents);
		/* Also after a signal: that the size changed is a key. */
		if (!top_read_keys(view) || (fds[0].revents & (POLLHUP | POLLERR)))
			break;
	}
	top_documents_clear(&documents);
}

int command_top(const struct cli *cli)
{
	struct top_view view = { .terminal = &cli->terminal };
	struct top_feed *feed;

	if (cli_has(cli, OPTION_JSON)) {
		complain("top does not take --json; gpuwatch-cli waits --watch --json does");
		return EXIT_USAGE;
	}
	if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO)) {
		complain("top needs a terminal; gpuwatch-cli waits --watch does not");
		return EXIT_USAGE;
	}
	if (!top_screen_open(&cli->terminal)) {
		complain("top cannot use this terminal: set TERM to what it is");
		return EXIT_USAGE;
	}
	feed = top_feed_new(&cli->target);
	if (!feed)
		out_of_memory();
	top_run(&view, feed);
	return EXIT_NOTHING;
}
