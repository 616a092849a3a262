/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The GPUs of the machine, as sysfs has them, for what is called after one of them. */
#ifndef GPUWATCH_LIB_ANALYSIS_WORDS_GPUS_H
#define GPUWATCH_LIB_ANALYSIS_WORDS_GPUS_H

#include "lib/analysis/record/snapshot.h"

/* The one whose device has that name; NULL if none has. Valid as long as the snapshot. */
const struct gw_gpu_record *gw_gpu_named(const struct gw_snapshot *snapshot, const char *name);

/* The only one of a driver, by the driver's name or its module's; NULL if there are none or several. */
const struct gw_gpu_record *gw_gpu_of_driver(const struct gw_snapshot *snapshot, const char *driver);

#endif
