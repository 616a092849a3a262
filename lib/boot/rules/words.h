/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Words that several rules use, written into their texts. */
#ifndef GPUWATCH_LIB_BOOT_RULES_WORDS_H
#define GPUWATCH_LIB_BOOT_RULES_WORDS_H

#include "lib/boot/rules/finding.h"

/* "3.204 s", since boot; of a text without times "line 12". */
void gw_boot_write_time(struct gw_text *text, uint64_t time_ns);

/* What the kernel log had before an attempt failed, as a sentence that begins with a blank; or nothing. */
void gw_boot_write_note(struct gw_text *text, const struct gw_boot_model *model, const struct gw_boot_attempt *attempt);

/* "a, b and 3 more". */
void gw_boot_write_devices(struct gw_text *text, const struct gw_boot_model *model, const uint32_t *devices,
			   size_t count);

/* That the kernel waits for its root file system's device, as sentences that begin with a blank; or nothing. */
void gw_boot_write_root_wait(struct gw_text *text, const struct gw_boot_model *model);

/* "gpu0 (driver some_gpu)". */
void gw_boot_write_device(struct gw_text *text, const struct gw_boot_model *model, uint32_t device);

/* Why the one needs the other, as sentences that begin with a blank. */
void gw_boot_write_origin(struct gw_text *text, const struct gw_boot_finding *finding);

/* " and 3 more devices", if there are any. */
void gw_boot_write_group(struct gw_text *text, const struct gw_boot_finding *finding);

#endif
