/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The yardstick of the benchmark: programs that do nothing, on the hooks that
 * a fence's life passes (signalled, wait start, wait end) and a lock that
 * somebody else has (contention begin, contention end).
 */
#include <linux/bpf.h> /* first: the types that the next one needs */

#include <bpf/bpf_helpers.h>

SEC("tp_btf/dma_fence_signaled")
int empty_signaled(void *ctx)
{
	return 0;
}

SEC("tp_btf/dma_fence_wait_start")
int empty_wait_start(void *ctx)
{
	return 0;
}

SEC("tp_btf/dma_fence_wait_end")
int empty_wait_end(void *ctx)
{
	return 0;
}

SEC("tp_btf/contention_begin")
int empty_contention_begin(void *ctx)
{
	return 0;
}

SEC("tp_btf/contention_end")
int empty_contention_end(void *ctx)
{
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
