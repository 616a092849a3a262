/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who needs whom: the tree of a gpuwatch.probe-order.v1, with its heading. */
#ifndef GPUWATCH_CLI_RENDER_TREE_H
#define GPUWATCH_CLI_RENDER_TREE_H

#include <stdbool.h>

#include <jansson.h>

#include "cli/lib/terminal.h"

/* @all: also what is cut from long boots. */
void render_tree(const struct terminal *terminal, const json_t *tree, bool all);

#endif
