/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Evidence from a kernel log as people paste it, in all formats that lib/log-text reads. */
#ifndef GPUWATCH_LIB_BOOT_EVIDENCE_LOG_TEXT_H
#define GPUWATCH_LIB_BOOT_EVIDENCE_LOG_TEXT_H

#include "lib/boot/evidence/evidence.h"
#include "lib/log-text/message.h"

/*
 * gw_boot_evidence_add_log - what a text says about a boot
 * @text: need not end with a NUL, and may hold any bytes
 * @progress: may be NULL; called from this thread
 *
 * Of several boots in it the last one counts. Sets evidence->log, whose known is 0 if the text is no kernel log. Returns 0 or
 * -ENOMEM.
 */
int gw_boot_evidence_add_log(struct gw_boot_evidence *evidence, const char *text, size_t size, gw_log_progress progress,
			     void *userdata);

#endif
