/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A table of names and texts, which the Makefile makes of the pages. */
#include "cli/classes/classes.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/lib/error.h"
#include "cli/lib/text.h"

static const struct {
	const char *name, *text;
} class_pages[] = {
#include <class-pages.h>
};

#define PAGES (sizeof(class_pages) / sizeof(class_pages[0]))

static int classes_refuse(const char *name)
{
	char *names = NULL;
	size_t size;
	FILE *stream = text_stream(&names, &size);

	for (size_t i = 0; i < PAGES; i++)
		fprintf(stream, "%s%s", i ? " " : "", class_pages[i].name);
	text_finish(stream);
	complain("there is no class \"%s\"; there are: %s", name, names);
	free(names);
	return EXIT_USAGE;
}

/* A line of a page is a paragraph. */
static void classes_print_page(const struct terminal *terminal, const char *page)
{
	while (*page) {
		size_t size = strcspn(page, "\n");
		_cleanup_free_ char *line = text_format("%.*s", (int)size, page);

		if (size)
			terminal_paragraph(terminal, "", 0, line);
		else
			terminal_put(terminal, "\n");
		page += size + (page[size] == '\n');
	}
}

int classes_print(const struct cli *cli, const char *name)
{
	for (size_t i = 0; i < PAGES; i++)
		if (strcmp(class_pages[i].name, name) == 0) {
			classes_print_page(&cli->terminal, class_pages[i].text);
			return EXIT_NOTHING;
		}
	return classes_refuse(name);
}
