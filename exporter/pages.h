/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The exporter's pages for people. They work without a script; with theirs they stay up to date. */
#ifndef GPUWATCH_EXPORTER_PAGES_H
#define GPUWATCH_EXPORTER_PAGES_H

#include <stdbool.h>

#include "exporter/source.h"

/*
 * gw_pages_now - how the daemon is, who waits, the reports with their graphs, and the boot where that is known
 * gw_pages_boot - how the drivers came up
 * @answered: whether the daemon answered; the page tells if it did not
 *
 * Return the page, malloc()ed, or NULL when out of memory.
 */
char *gw_pages_now(struct gw_source *source, bool *answered);
char *gw_pages_boot(struct gw_source *source, bool *answered);

/* The pages' script, malloc()ed, NULL when out of memory; its path. */
#define GW_PAGES_SCRIPT "/gpuwatch.js"
char *gw_pages_script(void);

#endif
