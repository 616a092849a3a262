/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a bundle is made of: the daemon's answers, the kernel's log and what it says, the machine. */
#ifndef GPUWATCH_CLI_BUNDLE_STEPS_H
#define GPUWATCH_CLI_BUNDLE_STEPS_H

#include <stddef.h>

#include "cli/bundle/gather.h"

/* A table to be filled by gather_all(); *@count steps, of which those whose "personal" cannot be taken out come last. */
struct gather_step *bundle_steps(size_t *count);

/* Those that a redacted bundle has. */
size_t bundle_steps_redactable(void);

#endif
