/* SPDX-License-Identifier: GPL-2.0-only */
/* RESET records: when a scheduler's timeout handler ends what the hardware does not, or where it is held up. */
#ifndef GPUWATCH_BPF_SNAPSHOT_RESET_H
#define GPUWATCH_BPF_SNAPSHOT_RESET_H

#include "bpf/snapshot/output.h"
#include "bpf/snapshot/tick.h"
#include "bpf/snapshot/work.h"

#define TIMEOUT_NEVER LONG_MAX /* MAX_SCHEDULE_TIMEOUT */

static __always_inline u64 timeout_ns(long jiffies)
{
	return jiffies >= TIMEOUT_NEVER ? GW_TIMEOUT_NEVER : jiffies * tick_ns();
}

/* When the timer of a delayed work item fires; never in the past. */
static __always_inline u64 timer_expires_ns(struct delayed_work *work)
{
	s64 left;

	if (!BPF_CORE_READ(work, timer.entry.pprev))
		return 0;
	left = BPF_CORE_READ(work, timer.expires) - bpf_jiffies64();
	return control.query.now_ns + (left > 0 ? left : 0) * tick_ns();
}

static __noinline int emit_reset(struct output *out, u64 scheduler)
{
	const struct gw_layout *layout = &control.layout;
	struct gw_reset_record record = {
		.header = { .type = GW_RECORD_RESET, .size = sizeof(record) },
		.scheduler = scheduler,
	};
	u64 pending = scheduler + layout->scheduler_pending_list;
	struct delayed_work *work = (void *)(scheduler + layout->scheduler_work_tdr);

	if (!scheduler || layout->scheduler_work_tdr < 0 || layout->scheduler_timeout < 0)
		return 0;
	record.work = (u64)work;
	record.timeout_ns = timeout_ns(read_member(scheduler, layout->scheduler_timeout));
	record.expires_ns = timer_expires_ns(work);
	record.jobs = layout->scheduler_pending_list >= 0 && read_u64(pending) != pending;
	bpf_probe_read_kernel_str(record.name, sizeof(record.name),
				  (void *)read_member(scheduler, layout->scheduler_name));
	emit_item(out, record.work);
	record.place = out->scratch->work.place;
	emit(out, &record, sizeof(record));
	return 0;
}

#endif
