/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * KFD: which processes and queues there are, what they have pinned, when their
 * queues were evicted and came back; who handles a GPU page fault, evicts or
 * restores right now. All from the trace events of kernel-patches/.
 *
 * Raw tracepoints, attached by name: the events may be in a module, and their
 * arguments are plain values.
 */
#include "bpf/abi/kfd-records.h"
#include "bpf/patched/activity.h"

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, GW_KFD_PROCESSES_MAX);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, u32);
	__type(value, struct gw_kfd_process);
} kfd_processes SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, GW_KFD_QUEUES_MAX);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct gw_kfd_queue_key);
	__type(value, struct gw_kfd_queue);
} kfd_queues SEC(".maps");

/* PASID to pid: page faults know no process. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, GW_KFD_PROCESSES_MAX);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, u32);
	__type(value, u32);
} kfd_pasids SEC(".maps");

/* ---- processes ---------------------------------------------------------------- */

/* Makes the entry if the process is older than the programs. */
static __always_inline struct gw_kfd_process *process_of(u32 pid, u32 pasid)
{
	struct gw_kfd_process *process = bpf_map_lookup_elem(&kfd_processes, &pid);

	if (!process) {
		struct gw_kfd_process new = { .pid = pid };

		bpf_map_update_elem(&kfd_processes, &pid, &new, BPF_NOEXIST);
		process = bpf_map_lookup_elem(&kfd_processes, &pid);
	}
	if (process && pasid && process->pasid != pasid) {
		process->pasid = pasid;
		bpf_map_update_elem(&kfd_pasids, &pasid, &pid, BPF_ANY);
	}
	return process;
}

static __always_inline struct gw_kfd_process *process_of_pasid(u32 pasid)
{
	u32 *pid = bpf_map_lookup_elem(&kfd_pasids, &pasid);

	return pid ? bpf_map_lookup_elem(&kfd_processes, pid) : NULL;
}

/* (pid, pasid, ret); a process of newer kernels may have several contexts */
SEC("raw_tp/kfd_process_create")
int kfd_process_create(struct bpf_raw_tracepoint_args *ctx)
{
	u32 pid = ctx->args[0], pasid = ctx->args[1];
	struct gw_kfd_process *process;

	if ((s32)ctx->args[2])
		return 0;
	process = process_of(pid, pasid);
	if (!process || __sync_fetch_and_add(&process->contexts, 1))
		return 0;
	process->created_ns = bpf_ktime_get_ns();
	bpf_get_current_comm(process->comm, sizeof(process->comm));
	return 0;
}

/* (pid, pasid, gpu_id, ret) */
SEC("raw_tp/kfd_process_bind_device")
int kfd_process_bind(struct bpf_raw_tracepoint_args *ctx)
{
	struct gw_kfd_process *process = process_of(ctx->args[0], ctx->args[1]);

	if (process && !(s32)ctx->args[3])
		__sync_fetch_and_add(&process->bound_devices, 1);
	return 0;
}

/* (pid, pasid); its queues have had their own events by then */
SEC("raw_tp/kfd_process_destroy_end")
int kfd_process_destroy(struct bpf_raw_tracepoint_args *ctx)
{
	u32 pid = ctx->args[0], pasid = ctx->args[1];
	struct gw_kfd_process *process = bpf_map_lookup_elem(&kfd_processes, &pid);

	if (process && process->contexts > 1) {
		__sync_fetch_and_add(&process->contexts, -1);
		return 0;
	}
	bpf_map_delete_elem(&kfd_processes, &pid);
	bpf_map_delete_elem(&kfd_pasids, &pasid);
	return 0;
}

/* ---- queues --------------------------------------------------------------------- */

/* (pid, pasid, gpu_id, qid, type, queue_size, ret) */
SEC("raw_tp/kfd_queue_create")
int kfd_queue_create(struct bpf_raw_tracepoint_args *ctx)
{
	struct gw_kfd_queue_key key = { .pid = ctx->args[0], .qid = ctx->args[3] };
	struct gw_kfd_queue queue = {
		.created_ns = bpf_ktime_get_ns(),
		.size = ctx->args[5],
		.gpu_id = ctx->args[2],
		.type = ctx->args[4],
	};

	if (!(s32)ctx->args[6] && process_of(key.pid, ctx->args[1]))
		bpf_map_update_elem(&kfd_queues, &key, &queue, BPF_ANY);
	return 0;
}

/* (pid, pasid, qid, ret) */
SEC("raw_tp/kfd_queue_destroy_end")
int kfd_queue_destroy(struct bpf_raw_tracepoint_args *ctx)
{
	struct gw_kfd_queue_key key = { .pid = ctx->args[0], .qid = ctx->args[2] };

	if (!(s32)ctx->args[3])
		bpf_map_delete_elem(&kfd_queues, &key);
	return 0;
}

/* ---- evictions ------------------------------------------------------------------- */

/* (pid, pasid, gpu_id, trigger, ret): one device's queues have been taken off the hardware */
SEC("raw_tp/kfd_queues_evict_end")
int kfd_evicted(struct bpf_raw_tracepoint_args *ctx)
{
	struct gw_kfd_process *process = process_of(ctx->args[0], ctx->args[1]);

	if (!process || (s32)ctx->args[4])
		return 0;
	process->eviction_trigger = ctx->args[3];
	if (__sync_fetch_and_add(&process->evicted_devices, 1) == 0) {
		process->evicted_since_ns = bpf_ktime_get_ns();
		process->evictions++;
	}
	return 0;
}

/* (pid, pasid, gpu_id, ret) */
SEC("raw_tp/kfd_queues_restore_end")
int kfd_restored(struct bpf_raw_tracepoint_args *ctx)
{
	struct gw_kfd_process *process = process_of(ctx->args[0], ctx->args[1]);
	u64 evicted_ns;

	if (!process || (s32)ctx->args[3] || !process->evicted_devices)
		return 0;
	if (__sync_fetch_and_add(&process->evicted_devices, -1) != 1)
		return 0;
	evicted_ns = bpf_ktime_get_ns() - process->evicted_since_ns;
	process->evicted_since_ns = 0;
	process->evicted_ns += evicted_ns;
	duration_measure(GW_WAIT_TIME_OF(GW_DURATION_EVICTION, 0), evicted_ns);
	if (evicted_ns > process->longest_evicted_ns)
		process->longest_evicted_ns = evicted_ns;
	return 0;
}

/* ---- what a task does for KFD --------------------------------------------------------- */

static __always_inline int worker_begin(struct bpf_raw_tracepoint_args *ctx, u32 kind)
{
	struct task_entry *entry = activity_begin(kind);

	if (!entry)
		return 0;
	entry->activity.pid = ctx->args[0];
	entry->activity.pasid = ctx->args[1];
	return 0;
}

/* (pid, pasid) */
SEC("raw_tp/kfd_evict_worker_begin")
int kfd_evict_start(struct bpf_raw_tracepoint_args *ctx)
{
	return worker_begin(ctx, GW_ACTIVITY_EVICTION);
}

SEC("raw_tp/kfd_evict_worker_end")
int kfd_evict_end(struct bpf_raw_tracepoint_args *ctx)
{
	activity_end(GW_ACTIVITY_EVICTION);
	return 0;
}

SEC("raw_tp/kfd_restore_worker_begin")
int kfd_restore_start(struct bpf_raw_tracepoint_args *ctx)
{
	return worker_begin(ctx, GW_ACTIVITY_RESTORE);
}

/* (pid, pasid, ret): with an error it will be tried again */
SEC("raw_tp/kfd_restore_worker_end")
int kfd_restore_end(struct bpf_raw_tracepoint_args *ctx)
{
	u64 took_ns = activity_end(GW_ACTIVITY_RESTORE);
	struct gw_kfd_process *process = process_of(ctx->args[0], ctx->args[1]);

	if (!process)
		return 0;
	process->restore_ns += took_ns;
	if ((s32)ctx->args[2]) {
		process->restore_failures++;
	} else {
		process->restores++;
		process->restore_failures = 0;
	}
	return 0;
}

static __always_inline int fault_begin(u32 device, u32 pasid, u64 address)
{
	u32 *pid = bpf_map_lookup_elem(&kfd_pasids, &pasid);

	return fault_activity(device, pasid, address, pid ? *pid : 0);
}

/* (pasid, gpu_id, address, write_fault) */
SEC("raw_tp/kfd_svm_fault_begin")
int kfd_fault_start(struct bpf_raw_tracepoint_args *ctx)
{
	return fault_begin(ctx->args[1], ctx->args[0], ctx->args[2]);
}

SEC("raw_tp/kfd_svm_fault_end")
int kfd_fault_end(struct bpf_raw_tracepoint_args *ctx)
{
	u64 took_ns = activity_end(GW_ACTIVITY_FAULT);
	struct gw_kfd_process *process = process_of_pasid(ctx->args[0]);

	if (!process)
		return 0;
	__sync_fetch_and_add(&process->page_faults, 1);
	__sync_fetch_and_add(&process->page_fault_ns, took_ns);
	return 0;
}

/* (sbdf, pasid, address, tag, flags): a page request that came through the IOMMU */
SEC("raw_tp/amd_iommu_v2_fault_begin")
int ppr_fault_start(struct bpf_raw_tracepoint_args *ctx)
{
	return fault_begin(ctx->args[0], ctx->args[1], ctx->args[2]);
}

SEC("raw_tp/amd_iommu_v2_fault_end")
int ppr_fault_end(struct bpf_raw_tracepoint_args *ctx)
{
	u64 took_ns = activity_end(GW_ACTIVITY_FAULT);
	struct gw_kfd_process *process = process_of_pasid(ctx->args[1]);

	if (!process)
		return 0;
	__sync_fetch_and_add(&process->page_faults, 1);
	__sync_fetch_and_add(&process->page_fault_ns, took_ns);
	return 0;
}

/* ---- pinned memory -------------------------------------------------------------------------- */

/* (bo, pid, bytes, domain, ret) */
SEC("raw_tp/kfd_pin_bo")
int kfd_pin(struct bpf_raw_tracepoint_args *ctx)
{
	struct gw_kfd_process *process = process_of(ctx->args[1], 0);

	if (!process || (s32)ctx->args[4])
		return 0;
	__sync_fetch_and_add(&process->pinned_bytes, ctx->args[2]);
	if (process->pinned_bytes > process->pinned_peak_bytes)
		process->pinned_peak_bytes = process->pinned_bytes;
	return 0;
}

/* (bo, pid, bytes, domain); what was pinned before the programs came is not counted */
SEC("raw_tp/kfd_unpin_bo")
int kfd_unpin(struct bpf_raw_tracepoint_args *ctx)
{
	struct gw_kfd_process *process = process_of(ctx->args[1], 0);

	if (process && process->pinned_bytes >= ctx->args[2])
		__sync_fetch_and_add(&process->pinned_bytes, -ctx->args[2]);
	return 0;
}
