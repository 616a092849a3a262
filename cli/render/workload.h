/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whose the tasks of a report are: units, containers, pods, jobs. */
#ifndef GPUWATCH_CLI_RENDER_WORKLOAD_H
#define GPUWATCH_CLI_RENDER_WORKLOAD_H

#include <jansson.h>

#include "cli/lib/terminal.h"

/* "Workload  Slurm job 12 step 0: compositor (pid 812)", a line for each; nothing when no task's is known. */
void render_workloads(const struct terminal *terminal, const json_t *report);

/* What a node or wait belongs to, in a phrase: "" when that is not known. Belongs to @object. */
const char *workload_name(const json_t *object);

#endif
