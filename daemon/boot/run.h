/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the process of a job about the boot does. */
#ifndef GPUWATCH_DAEMON_BOOT_RUN_H
#define GPUWATCH_DAEMON_BOOT_RUN_H

#include <stdio.h>

/* Does what the request in @input asks for, see request.h; @output gets what gw_boot_answer is made of. Returns 0 or -errno. */
int gw_boot_run(int input, FILE *output);

#endif
