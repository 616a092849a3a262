/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Names that a driver's getter returns, without calling it: by the steps that
 * user space has found in its code (daemon/kernel/getter.h). A getter that is
 * met for the first time has no name; the daemon looks again.
 */
#ifndef GPUWATCH_BPF_SNAPSHOT_GETTER_H
#define GPUWATCH_BPF_SNAPSHOT_GETTER_H

#include "bpf/snapshot/output.h"

/* Of timelines whose names are settled. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 2048);
	__type(key, u64);
	__type(value, struct gw_fence_names);
} names SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, GW_GETTERS_MAX);
	__type(key, u64);
	__type(value, struct gw_getter);
} getters SEC(".maps");

/* At the end of a module's code is less than all of it: then half will do. Returns whether it was copied. */
static __noinline int ask_getter(u64 function)
{
	struct gw_getter getter = { .state = GW_GETTER_ASKED };
	const void *code = (const void *)function;

	if (bpf_probe_read_kernel(getter.code, sizeof(getter.code), code) &&
	    bpf_probe_read_kernel(getter.code, sizeof(getter.code) / 2, code))
		return 0;
	return !bpf_map_update_elem(&getters, &function, &getter, BPF_NOEXIST);
}

/* What it returns for this fence; 0: not known. */
static __always_inline u64 follow_getter(const struct gw_getter *getter, u64 fence)
{
	u64 value = getter->from_fence ? fence : 0;
	u32 i;

	for (i = 0; i < GW_GETTER_STEPS_MAX; i++) {
		if (i >= getter->step_count)
			break;
		value += getter->steps[i].add;
		if (getter->steps[i].load)
			value = read_u64(value);
	}
	return value;
}

/*
 * Reads what @function(@fence) would return into @name (GW_NAME_SIZE bytes);
 * leaves it alone if that is not known. Returns whether that can change.
 */
static __noinline int read_getter(u64 function, u64 fence, char *name)
{
	struct gw_getter *getter = bpf_map_lookup_elem(&getters, &function);
	char text[GW_NAME_SIZE] = {};
	u64 address;

	if (!getter)
		return ask_getter(function);
	if (getter->state != GW_GETTER_KNOWN)
		return getter->state == GW_GETTER_ASKED;
	address = follow_getter(getter, fence);
	if (!address || bpf_probe_read_kernel_str(text, sizeof(text), (const void *)address) <= 1)
		return 0;
	/* Whatever was read, it is no name if it begins like that. */
	if (text[0] > ' ' && text[0] <= '~')
		__builtin_memcpy(name, text, sizeof(text));
	return 0;
}

#endif
