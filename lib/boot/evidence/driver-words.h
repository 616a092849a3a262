/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Events from what drivers, and the loaders of their firmware and modules, print. */
#ifndef GPUWATCH_LIB_BOOT_EVIDENCE_DRIVER_WORDS_H
#define GPUWATCH_LIB_BOOT_EVIDENCE_DRIVER_WORDS_H

#include "lib/boot/evidence/event.h"

/* Sets type, subject, other and result. Returns 1 if the message is such an event, else 0 and @event is not to be used. */
int gw_boot_driver_words(struct gw_boot_event *event, const char *message);

#endif
