/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whether a task that is inside of something has gone on without leaving it: back to user space, or to wait for its next
 * work item.
 */
#ifndef GPUWATCH_LIB_ANALYSIS_RECORD_LEFT_H
#define GPUWATCH_LIB_ANALYSIS_RECORD_LEFT_H

#include "lib/analysis/record/snapshot.h"
#include "lib/report/report.h"

/*
 * @before: the snapshot before, NULL = there is none.
 * Returns static text that completes "it ...", with *@confidence; NULL: nothing shows that it has.
 */
const char *gw_left_behind(const struct gw_snapshot *now, const struct gw_snapshot *before,
			   const struct gw_task_record *task, enum gw_confidence *confidence);

/* Whether the owner that a lock records is gone, or does something that has nothing to do with the lock. */
bool gw_left_lock(const struct gw_snapshot *now, const struct gw_lock_record *lock);

/* Whether it was in user mode at some time since the snapshot before. */
bool gw_left_for_user_mode(const struct gw_snapshot *before, const struct gw_task_record *task);

#endif
