/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Fence-signalling sections, and what must not be done in them: allocate memory
 * that may have to be reclaimed, take a dma_resv lock or mmap_lock, wait for
 * another fence (Documentation/driver-api/dma-buf.rst, "DMA Fence Cross-Driver
 * Contract"). Needs the tracepoints of kernel-patches/: without them nobody can
 * tell who is inside. Kernels that have dma_fence_hazard look for the first
 * three by themselves, and then one event stands for all that they would pass.
 *
 * While no task is in a section, everything here returns after one load.
 */
#include "bpf/lib/interrupt.h"
#include "bpf/lib/wait.h"

#define GFP_DIRECT_RECLAIM 0x400u /* ___GFP_DIRECT_RECLAIM, the same from 4.4 to 7.2 */
#define PF_MEMALLOC 0x800	  /* may use the reserves, and never reclaims */

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, GW_HAZARDS_MAX);
	__uint(map_flags, BPF_F_NO_PREALLOC); /* hardly ever is there one */
	__type(key, struct gw_hazard_key);
	__type(value, struct gw_hazard);
} hazards SEC(".maps");

/* A hazard is too large for the stack: each CPU puts one together here. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct gw_hazard);
} hazard_draft SEC(".maps");

/* ---- sections ----------------------------------------------------------------- */

/*
 * An interrupt's sections are not its task's, and what happens in them cannot
 * sleep: they are left alone.
 */
SEC("tp_btf/dma_fence_begin_signalling")
int BPF_PROG(signalling_start, unsigned long ip)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct task_entry *entry;

	if (interrupt_level(task))
		return 0;
	entry = bpf_task_storage_get(&tasks, task, NULL, BPF_LOCAL_STORAGE_GET_F_CREATE);
	if (!entry || entry->signalling_depth++)
		return 0;
	entry->signalling_ip = ip;
	entry->signalling_ns = bpf_ktime_get_ns();
	__sync_fetch_and_add(&control.signalling, 1);
	return 0;
}

SEC("tp_btf/dma_fence_end_signalling")
int BPF_PROG(signalling_end)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct task_entry *entry;

	if (!control.signalling || interrupt_level(task))
		return 0;
	entry = bpf_task_storage_get(&tasks, task, NULL, 0);
	if (entry && entry->signalling_depth && !--entry->signalling_depth)
		__sync_fetch_and_add(&control.signalling, -1);
	return 0;
}

/* The section that the current task is in, or NULL. */
static __always_inline struct task_entry *current_section(void)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct task_entry *entry;

	if (!control.signalling || interrupt_level(task))
		return NULL;
	entry = bpf_task_storage_get(&tasks, task, NULL, 0);
	return entry && entry->signalling_depth ? entry : NULL;
}

/* ---- rules --------------------------------------------------------------------- */

static __always_inline void describe_task(struct gw_hazard *hazard)
{
	struct task_struct *task = bpf_get_current_task_btf();

	hazard->task = (u64)task;
	hazard->start_ns = task->start_time;
	hazard->pid = task->pid;
	hazard->tgid = task->tgid;
	bpf_probe_read_kernel_str(hazard->comm, sizeof(hazard->comm), task->comm);
}

static __always_inline u64 hash_stack(const struct gw_hazard *hazard)
{
	u64 hash = 0xcbf29ce484222325ULL;
	u32 i;

	for (i = 0; i < GW_STACK_DEPTH; i++)
		hash = (hash ^ (i < hazard->stack_depth ? hazard->stack[i] : 0)) * 0x100000001b3ULL;
	return hash;
}

/* Seen before: who did it last, and how often it was. */
static __always_inline void count_again(struct gw_hazard *known, const struct gw_hazard *now)
{
	__sync_fetch_and_add(&known->count, 1);
	known->last_ns = now->last_ns;
	known->section_ns = now->section_ns;
	known->object = now->object;
	known->context = now->context;
	known->seqno = now->seqno;
	known->task = now->task;
	known->start_ns = now->start_ns;
	known->pid = now->pid;
	known->tgid = now->tgid;
	__builtin_memcpy(known->comm, now->comm, sizeof(known->comm));
}

static __noinline int keep(const struct gw_hazard *hazard)
{
	struct gw_hazard_key key = {};
	struct gw_hazard *known;

	if (!hazard)
		return 0;
	key.rule = hazard->rule;
	key.section_ip = hazard->section_ip;
	key.stack_hash = hash_stack(hazard);
	known = bpf_map_lookup_elem(&hazards, &key);
	if (known) {
		count_again(known, hazard);
		return 0;
	}
	if (bpf_map_update_elem(&hazards, &key, hazard, BPF_NOEXIST))
		__sync_fetch_and_add(&control.dropped_hazards, 1);
	else
		send_event(GW_EVENT_HAZARD);
	return 0;
}

/* What was done against which rule; the rest of a hazard is found here. */
struct hazard_act {
	u32 rule, flags;
	u64 object, context, seqno;
};

static __always_inline int hazard_seen(void *ctx, const struct task_entry *section, const struct hazard_act *act)
{
	u32 zero = 0;
	struct gw_hazard *hazard = bpf_map_lookup_elem(&hazard_draft, &zero);
	long size;

	if (!hazard)
		return 0;
	__builtin_memset(hazard, 0, sizeof(*hazard));
	hazard->rule = act->rule;
	hazard->flags = act->flags;
	hazard->object = act->object;
	hazard->context = act->context;
	hazard->seqno = act->seqno;
	hazard->count = 1;
	hazard->first_ns = hazard->last_ns = bpf_ktime_get_ns();
	hazard->section_ip = section->signalling_ip;
	hazard->section_ns = section->signalling_ns;
	describe_task(hazard);
	size = bpf_get_stack(ctx, hazard->stack, sizeof(hazard->stack), 0);
	hazard->stack_depth = size > 0 ? size / sizeof(hazard->stack[0]) : 0;
	return keep(hazard);
}

/*
 * Also GFP_NOFS and GFP_NOIO: reclaim without file systems still runs MMU
 * notifiers, which may wait for fences.
 */
static __always_inline int allocated(void *ctx, u32 gfp)
{
	struct hazard_act act = { .rule = GW_HAZARD_RECLAIM, .flags = gfp };
	const struct task_entry *section;

	if (!(gfp & GFP_DIRECT_RECLAIM))
		return 0;
	section = current_section();
	if (!section || bpf_get_current_task_btf()->flags & PF_MEMALLOC)
		return 0;
	return hazard_seen(ctx, section, &act);
}

SEC("tp_btf/kmalloc")
int BPF_PROG(hazard_kmalloc, unsigned long call_site, const void *object, u64 asked, u64 given, u32 gfp)
{
	return control.signalling ? allocated(ctx, gfp) : 0;
}

SEC("tp_btf/kmem_cache_alloc")
int BPF_PROG(hazard_cache_alloc, unsigned long call_site, const void *object, void *cache, u32 gfp)
{
	return control.signalling ? allocated(ctx, gfp) : 0;
}

SEC("tp_btf/mm_page_alloc")
int BPF_PROG(hazard_page_alloc, void *page, u32 order, u32 gfp)
{
	return control.signalling ? allocated(ctx, gfp) : 0;
}

static __always_inline int ww_locked(void *ctx, void *lock)
{
	const struct task_entry *section = current_section();
	struct hazard_act act = { .rule = GW_HAZARD_WW_LOCK, .object = (u64)lock };

	return section ? hazard_seen(ctx, section, &act) : 0;
}

/* Taken when it was free, it passes no tracepoint. */
SEC("fentry/ww_mutex_lock")
int BPF_PROG(hazard_ww_lock, void *lock)
{
	return control.signalling ? ww_locked(ctx, lock) : 0;
}

SEC("fentry/ww_mutex_lock_interruptible")
int BPF_PROG(hazard_ww_lock_interruptible, void *lock)
{
	return control.signalling ? ww_locked(ctx, lock) : 0;
}

/*
 * The tracepoint knows the mm, and is passed by mmap_read_trylock(), too, which
 * is allowed: the function that it is followed by tells.
 */
SEC("tp_btf/mmap_lock_start_locking")
int BPF_PROG(hazard_mmap_locking, void *mm)
{
	struct task_entry *section = control.signalling ? current_section() : NULL;

	if (section)
		section->mmap_locking = (u64)mm;
	return 0;
}

static __always_inline int locked(void *ctx)
{
	struct task_entry *section = current_section();
	struct hazard_act act = { .rule = GW_HAZARD_MMAP_LOCK };

	if (!section || !section->mmap_locking)
		return 0;
	act.object = section->mmap_locking;
	section->mmap_locking = 0;
	return hazard_seen(ctx, section, &act);
}

SEC("fentry/down_read")
int hazard_down_read(void *ctx)
{
	return control.signalling ? locked(ctx) : 0;
}

SEC("fentry/down_read_killable")
int hazard_down_read_killable(void *ctx)
{
	return control.signalling ? locked(ctx) : 0;
}

SEC("fentry/down_write")
int hazard_down_write(void *ctx)
{
	return control.signalling ? locked(ctx) : 0;
}

SEC("fentry/down_write_killable")
int hazard_down_write_killable(void *ctx)
{
	return control.signalling ? locked(ctx) : 0;
}

/* Got it, whichever way. */
SEC("tp_btf/mmap_lock_acquire_returned")
int hazard_mmap_locked(void *ctx)
{
	struct task_entry *section = control.signalling ? current_section() : NULL;

	if (section)
		section->mmap_locking = 0;
	return 0;
}

/* ---- rules that the kernel checks -------------------------------------------------- */

/*
 * dma_fence_hazard of the patched kernel (CONFIG_DMA_FENCE_HAZARD). Not its waits:
 * it tells of those for fences that are not signalled yet, and that is luck. Raw,
 * because 6.1 gives no typed program an argument that is a const void *.
 */
enum kernel_rule {
	KERNEL_RULE_MMAP_LOCK = 1,
	KERNEL_RULE_RESV_LOCK,
	KERNEL_RULE_RECLAIM,
};

static __always_inline int told(void *ctx, u32 rule, const void *object)
{
	const struct task_entry *section = current_section();
	struct hazard_act act = { .rule = rule, .object = (u64)object };

	return section ? hazard_seen(ctx, section, &act) : 0;
}

SEC("raw_tp/dma_fence_hazard")
int BPF_PROG(hazard_told_reclaim, u32 rule, const void *object)
{
	return rule == KERNEL_RULE_RECLAIM ? told(ctx, GW_HAZARD_RECLAIM, object) : 0;
}

SEC("raw_tp/dma_fence_hazard")
int BPF_PROG(hazard_told_resv_lock, u32 rule, const void *object)
{
	return rule == KERNEL_RULE_RESV_LOCK ? told(ctx, GW_HAZARD_WW_LOCK, object) : 0;
}

SEC("raw_tp/dma_fence_hazard")
int BPF_PROG(hazard_told_mmap_lock, u32 rule, const void *object)
{
	return rule == KERNEL_RULE_MMAP_LOCK ? told(ctx, GW_HAZARD_MMAP_LOCK, object) : 0;
}

/* ---- waits ---------------------------------------------------------------------------- */

static __always_inline int fence_waited(void *ctx, struct dma_fence *fence)
{
	const struct task_entry *section = current_section();
	struct hazard_act act = {
		.rule = GW_HAZARD_FENCE_WAIT,
		.object = (u64)fence,
	};

	if (!section)
		return 0;
	act.context = BPF_CORE_READ(fence, context);
	act.seqno = BPF_CORE_READ(fence, seqno);
	return hazard_seen(ctx, section, &act);
}

/* Whether the fence is signalled already is luck. */
SEC("tp_btf/dma_fence_wait_start")
int BPF_PROG(hazard_fence_wait, struct dma_fence *fence)
{
	return control.signalling ? fence_waited(ctx, fence) : 0;
}

SEC("fentry/dma_fence_wait_any_timeout")
int hazard_fence_wait_any(void *ctx)
{
	struct dma_fence *first = NULL;
	u64 fences = 0;

	if (!control.signalling || bpf_get_func_arg(ctx, 0, &fences))
		return 0;
	bpf_probe_read_kernel(&first, sizeof(first), (void *)fences);
	return first ? fence_waited(ctx, first) : 0;
}
