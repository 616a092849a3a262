/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * I/O page faults of shared virtual addresses, from the trace events of
 * kernel-patches/: what a GPU's page requests go through since IOMMUv2 has
 * gone (6.7).
 */
#include "bpf/patched/activity.h"

/* (dev, pasid, grpid, fault_count): a group of faults, each with its own address */
SEC("raw_tp/iommu_sva_handle_iopf_begin")
int iopf_start(struct bpf_raw_tracepoint_args *ctx)
{
	return fault_activity(0, ctx->args[1], 0, 0);
}

SEC("raw_tp/iommu_sva_handle_iopf_end")
int iopf_end(struct bpf_raw_tracepoint_args *ctx)
{
	activity_end(GW_ACTIVITY_FAULT);
	return 0;
}
