/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Runtime power management: who changes the power state of a device, or waits for somebody else to have changed it. The
 * two functions that do either have a tracepoint at their beginning and a common one at their end.
 *
 * A call that has nothing to do, as nearly all have, costs two loads here.
 */
#include "bpf/lib/wait.h"

/* include/linux/pm_runtime.h: of the flags of a call. An asynchronous one queues a work item and returns. */
#define RPM_ASYNC 0x01

static __always_inline int power_begin(void *hook, struct device *device, int flags, s32 nothing_to_do)
{
	s32 status = BPF_CORE_READ(device, power.runtime_status);
	struct gw_wait wait = {
		.kind = GW_WAIT_POWER_CALL,
		.object = (u64)device,
	};

	if (status == nothing_to_do || (flags & RPM_ASYNC))
		return 0;
	if (status == RPM_RESUMING || status == RPM_SUSPENDING)
		wait.kind = GW_WAIT_POWER;
	wait_begin(hook, &wait);
	return 0;
}

SEC("tp_btf/rpm_resume")
int BPF_PROG(power_resume_start, struct device *device, int flags)
{
	return power_begin(ctx, device, flags, RPM_ACTIVE);
}

SEC("tp_btf/rpm_suspend")
int BPF_PROG(power_suspend_start, struct device *device, int flags)
{
	return power_begin(ctx, device, flags, RPM_SUSPENDED);
}

SEC("tp_btf/rpm_return_int")
int BPF_PROG(power_end, struct device *device)
{
	wait_end(GW_WAIT_POWER, (u64)device);
	wait_end(GW_WAIT_POWER_CALL, (u64)device);
	return 0;
}
