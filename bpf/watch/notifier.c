/* SPDX-License-Identifier: GPL-2.0-only */
/* MMU notifiers: who runs invalidate callbacks of which mm, and who waits for them to end. */
#include "bpf/lib/section.h"
#include "bpf/lib/wait.h"

SEC("fentry/__mmu_notifier_invalidate_range_start")
int BPF_PROG(notifier_start, struct mmu_notifier_range *range)
{
	struct gw_sections *sections = sections_for_begin();

	if (!sections)
		return 0;
	/* Nested: a callback that frees memory of its own. The outermost mm counts. */
	if (sections->notifier_depth++)
		return 0;
	sections->notifier_mm = (u64)range->mm;
	sections->notifier_since_ns = bpf_ktime_get_ns();
	return 0;
}

SEC("fexit/__mmu_notifier_invalidate_range_start")
int BPF_PROG(notifier_end, struct mmu_notifier_range *range)
{
	struct gw_sections *sections = sections_for_end();
	u64 ns;

	if (!sections || !sections->notifier_depth)
		return 0;
	/* The outermost call's mm: even if an inner end was missed, nothing is left. */
	if (--sections->notifier_depth && sections->notifier_mm != (u64)range->mm)
		return 0;
	ns = bpf_ktime_get_ns() - sections->notifier_since_ns;
	if (ns >= GW_INVALIDATION_NS)
		duration_measure(GW_WAIT_TIME_OF(GW_DURATION_INVALIDATION, 0), ns);
	sections->notifier_depth = 0;
	sections->notifier_mm = 0;
	return 0;
}

static __always_inline int invalidation_wait_begin(void *hook, struct mmu_interval_notifier *notifier)
{
	struct gw_wait wait = {
		.kind = GW_WAIT_NOTIFIER,
		.object = (u64)notifier->mm,
	};

	wait_begin(hook, &wait);
	return 0;
}

SEC("fentry/mmu_interval_read_begin")
int BPF_PROG(interval_read_start, struct mmu_interval_notifier *notifier)
{
	return invalidation_wait_begin(ctx, notifier);
}

SEC("fexit/mmu_interval_read_begin")
int BPF_PROG(interval_read_end, struct mmu_interval_notifier *notifier)
{
	wait_end(GW_WAIT_NOTIFIER, (u64)notifier->mm);
	return 0;
}

/* Waits, too, if invalidations run: the notifier is taken out when they have ended. */
SEC("fentry/mmu_interval_notifier_remove")
int BPF_PROG(interval_remove_start, struct mmu_interval_notifier *notifier)
{
	return invalidation_wait_begin(ctx, notifier);
}

SEC("fexit/mmu_interval_notifier_remove")
int BPF_PROG(interval_remove_end, struct mmu_interval_notifier *notifier)
{
	wait_end(GW_WAIT_NOTIFIER, (u64)notifier->mm);
	return 0;
}
