/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Direct reclaim: shrinkers and notifiers run in it. The tracepoints' arguments
 * differ between kernels and are not used.
 */
#include "bpf/lib/section.h"

static __always_inline int reclaim_begin(void)
{
	struct gw_sections *sections = sections_for_begin();

	if (sections && !sections->reclaim_since_ns)
		sections->reclaim_since_ns = bpf_ktime_get_ns();
	return 0;
}

static __always_inline int reclaim_over(void)
{
	struct gw_sections *sections = sections_for_end();

	if (sections)
		sections->reclaim_since_ns = 0;
	return 0;
}

SEC("tp_btf/mm_vmscan_direct_reclaim_begin")
int reclaim_start(void *ctx)
{
	return reclaim_begin();
}

SEC("tp_btf/mm_vmscan_direct_reclaim_end")
int reclaim_end(void *ctx)
{
	return reclaim_over();
}

SEC("tp_btf/mm_vmscan_memcg_reclaim_begin")
int memcg_reclaim_start(void *ctx)
{
	return reclaim_begin();
}

SEC("tp_btf/mm_vmscan_memcg_reclaim_end")
int memcg_reclaim_end(void *ctx)
{
	return reclaim_over();
}
