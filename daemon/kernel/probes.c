/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Probes: the one table of where programs attach and what each is good for;
 * and their states.
 */
#include "daemon/kernel/probes.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <bpf/btf.h>

#include "daemon/kernel/capabilities.h"
#include "lib/system/modules.h"

#define ELEMENTS(array) (sizeof(array) / sizeof((array)[0]))
#define PROGRAMS_MAX 6

/*
 * A probe's programs see begins and, last, the end: all are attached or none,
 * for a begin whose end is not seen would never be over. The kind of a hook is
 * its program's section. Functions of modules have kprobes, never fentry: a
 * trampoline holds the module, and nobody could unload his driver any more.
 * With a module and without a function: trace events that may be in a module.
 */
struct definition {
	const char *name;
	const char *object;
	const char *target;		    /* for people */
	const char *module;		    /* "" = the kernel; then the programs' sections name the target */
	const char *function;		    /* kprobes: may carry a suffix in the kernel, see gw_kallsyms_find() */
	const char *programs[PROGRAMS_MAX]; /* begins, then the end */
	const char *lost;
};

/* clang-format off */
static const struct definition definitions[] = {
	{ "snapshot", "watch", "iter/task", "", NULL, { "snapshot_tasks" }, "everything: no snapshot can be taken" },
	{ "fence_wait", "watch", "tp_btf/dma_fence_wait_start, tp_btf/dma_fence_wait_end", "", NULL,
	  { "fence_wait_start", "fence_wait_end" }, "waits for a fence" },
	{ "fence_signaled", "watch", "tp_btf/dma_fence_signaled", "", NULL, { "fence_signaled" },
	  "who signals a timeline" },
	{ "fence_wait_any", "watch", "fentry+fexit/dma_fence_wait_any_timeout", "", NULL,
	  { "fence_wait_any_start", "fence_wait_any_end" }, "waits for one of several fences" },
	{ "fence_names", "names", "tp/dma_fence/dma_fence_enable_signal", "", NULL, { "fence_names" },
	  "names of some drivers' timelines" },
	{ "syncobj_wait", "watch", "kprobe+kretprobe/drm_syncobj_array_wait_timeout", "drm",
	  "drm_syncobj_array_wait_timeout", { "syncobj_wait_start", "syncobj_wait_end" }, "DRM sync object waits" },
	{ "poll", "watch", "fentry/sync_file_poll, fentry/dma_buf_poll, fentry/poll_freewait", "", NULL,
	  { "sync_file_poll_start", "dma_buf_poll_start", "poll_end" }, "poll(2) on a sync_file or dma_buf" },
	{ "lock_wait", "watch", "tp_btf/contention_begin, tp_btf/contention_end", "", NULL,
	  { "lock_wait_start", "lock_wait_end" }, "waits for a mutex, ww_mutex or rwsem" },
	{ "notifier", "watch", "fentry+fexit/__mmu_notifier_invalidate_range_start", "", NULL,
	  { "notifier_start", "notifier_end" }, "who runs invalidate callbacks of which mm" },
	{ "interval_read", "watch", "fentry+fexit/mmu_interval_read_begin", "", NULL,
	  { "interval_read_start", "interval_read_end" }, "waits for an invalidation to end" },
	{ "reclaim", "watch", "tp_btf/mm_vmscan_direct_reclaim_begin+end", "", NULL, { "reclaim_start", "reclaim_end" },
	  "who is in direct reclaim" },
	{ "memcg_reclaim", "watch", "tp_btf/mm_vmscan_memcg_reclaim_begin+end", "", NULL,
	  { "memcg_reclaim_start", "memcg_reclaim_end" }, "who is in a memory cgroup's reclaim" },
	{ "srcu_wait", "watch", "fentry+fexit/__synchronize_srcu", "", NULL, { "srcu_wait_start", "srcu_wait_end" },
	  "waits for SRCU readers" },
	{ "drm_section", "watch", "kprobe/drm_dev_enter, kprobe/drm_dev_exit", "drm", "drm_dev_enter",
	  { "drm_section_start", "drm_section_end" }, "who keeps drm_dev_unplug() waiting" },
	{ "drm_unplug", "watch", "kprobe+kretprobe/drm_dev_unplug", "drm", "drm_dev_unplug",
	  { "drm_unplug_start", "drm_unplug_end" }, "which device is being unplugged" },
	{ "work", "watch", "tp_btf/workqueue_execute_start", "", NULL, { "work_start" }, "since when a work item runs" },
	{ "flush_work", "watch", "fentry+fexit/flush_work", "", NULL, { "flush_work_start", "flush_work_end" },
	  "flush_work()" },
	{ "cancel_work", "watch", "fentry+fexit/__flush_work", "", NULL, { "cancel_work_start", "cancel_work_end" },
	  "cancel_work_sync() and flush_delayed_work()" },
	{ "flush_workqueue", "watch", "fentry+fexit/__flush_workqueue", "", NULL,
	  { "flush_workqueue_start", "flush_workqueue_end" }, "flush, drain and destroy_workqueue()" },
	{ "completion_wait", "watch", "fentry+fexit/wait_for_completion", "", NULL,
	  { "completion_wait_start", "completion_wait_end" }, "waits for a completion" },
	{ "completion_wait_killable", "watch", "fentry+fexit/wait_for_completion_killable", "", NULL,
	  { "completion_wait_killable_start", "completion_wait_killable_end" }, "killable waits for a completion" },
	{ "kthread_stop", "watch", "fentry+fexit/kthread_stop", "", NULL, { "kthread_stop_start", "kthread_stop_end" },
	  "waits for a kernel thread to stop" },
	{ "amdgpu_fault", "fault", "kprobe+kretprobe/amdgpu_vm_handle_fault", "amdgpu", "amdgpu_vm_handle_fault",
	  { "fault_start", "fault_end" }, "who handles a GPU page fault" },
	{ "signalling", "signalling", "tp_btf/dma_fence_begin_signalling, tp_btf/dma_fence_end_signalling", "", NULL,
	  { "signalling_start", "signalling_end" }, "who is inside a fence-signalling section: all hazards" },
	{ "hazard_reclaim", "signalling", "tp_btf/kmalloc, tp_btf/kmem_cache_alloc, tp_btf/mm_page_alloc", "", NULL,
	  { "hazard_kmalloc", "hazard_cache_alloc", "hazard_page_alloc" },
	  "hazards: allocations that may reclaim, in a signalling section" },
	{ "hazard_ww_lock", "signalling", "fentry/ww_mutex_lock, fentry/ww_mutex_lock_interruptible", "", NULL,
	  { "hazard_ww_lock", "hazard_ww_lock_interruptible" }, "hazards: dma_resv locks in a signalling section" },
	{ "hazard_mmap_lock", "signalling", "tp_btf/mmap_lock_start_locking, fentry/down_read, fentry/down_write", "", NULL,
	  { "hazard_mmap_locking", "hazard_down_read", "hazard_down_read_killable", "hazard_down_write",
	    "hazard_down_write_killable", "hazard_mmap_locked" },
	  "hazards: mmap_lock in a signalling section" },
	{ "hazard_fence_wait", "signalling", "tp_btf/dma_fence_wait_start, fentry/dma_fence_wait_any_timeout", "", NULL,
	  { "hazard_fence_wait", "hazard_fence_wait_any" }, "hazards: waits for a fence in a signalling section" },
	{ "kfd_processes", "kfd", "raw_tp/kfd_process_create+bind_device+destroy_end", "amdgpu", NULL,
	  { "kfd_process_create", "kfd_process_bind", "kfd_process_destroy" }, "when KFD processes began, with their PASIDs" },
	{ "kfd_queues", "kfd", "raw_tp/kfd_queue_create+destroy_end", "amdgpu", NULL,
	  { "kfd_queue_create", "kfd_queue_destroy" }, "when KFD queues were created" },
	{ "kfd_evictions", "kfd", "raw_tp/kfd_queues_evict_end+restore_end", "amdgpu", NULL,
	  { "kfd_evicted", "kfd_restored" }, "which KFD processes are evicted, and for how long they were" },
	{ "kfd_evict_worker", "kfd", "raw_tp/kfd_evict_worker_begin+end", "amdgpu", NULL,
	  { "kfd_evict_start", "kfd_evict_end" }, "whose queues a worker evicts" },
	{ "kfd_restore_worker", "kfd", "raw_tp/kfd_restore_worker_begin+end", "amdgpu", NULL,
	  { "kfd_restore_start", "kfd_restore_end" }, "whose queues a worker restores, and how long that takes" },
	{ "kfd_svm_fault", "kfd", "raw_tp/kfd_svm_fault_begin+end", "amdgpu", NULL, { "kfd_fault_start", "kfd_fault_end" },
	  "GPU page faults with process and address" },
	{ "ppr_fault", "kfd", "raw_tp/amd_iommu_v2_fault_begin+end", "amdgpu", NULL, { "ppr_fault_start", "ppr_fault_end" },
	  "GPU page faults that come through the IOMMU" },
	{ "iopf", "iopf", "raw_tp/iommu_sva_handle_iopf_begin+end", "", NULL, { "iopf_start", "iopf_end" },
	  "I/O page faults of shared virtual addresses" },
	{ "kfd_pinned", "kfd", "raw_tp/kfd_pin_bo, raw_tp/kfd_unpin_bo", "amdgpu", NULL, { "kfd_pin", "kfd_unpin" },
	  "memory that KFD has pinned, by process" },
};
/* clang-format on */

/* Probes of what the patches in kernel-patches/ add. */
static const struct patched {
	const char *probe;
	const char *needs; /* a probe, earlier in the table, without which it sees nothing; NULL = none */
	const char *event; /* of the kernel itself, which says whether the patch is there; NULL = it is in a module */
	const char *patch; /* its subject */
} patched[] = {
	{ "signalling", NULL, "dma_fence_begin_signalling",
	  "dma-buf: Trace fence signalling sections without lockdep" },
	{ "hazard_reclaim", "signalling", NULL, "dma-buf: Trace fence signalling sections without lockdep" },
	{ "hazard_ww_lock", "signalling", NULL, "dma-buf: Trace fence signalling sections without lockdep" },
	{ "hazard_mmap_lock", "signalling", NULL, "dma-buf: Trace fence signalling sections without lockdep" },
	{ "hazard_fence_wait", "signalling", NULL, "dma-buf: Trace fence signalling sections without lockdep" },
	{ "kfd_processes", NULL, NULL, "drm/amdkfd: Trace the life of processes" },
	{ "kfd_queues", NULL, NULL, "drm/amdkfd: Trace the creation and destruction of queues" },
	{ "kfd_evictions", NULL, NULL, "drm/amdkfd: Trace the eviction and restore of queues" },
	{ "kfd_evict_worker", NULL, NULL, "drm/amdkfd: Trace the evict and restore workers" },
	{ "kfd_restore_worker", NULL, NULL, "drm/amdkfd: Trace the evict and restore workers" },
	{ "kfd_svm_fault", NULL, NULL, "drm/amdkfd: Trace GPU page faults" },
	{ "ppr_fault", NULL, NULL, "iommu/amd: Trace IOMMUv2 page requests" },
	{ "iopf", NULL, "iommu_sva_handle_iopf_begin", "iommu: Trace I/O page faults" },
	{ "kfd_pinned", NULL, NULL, "drm/amdkfd: Trace pinned memory" },
};

struct probe {
	const struct definition *definition;
	const struct patched *patched; /* NULL: stock kernels have what it is attached to */
	struct bpf_link *links[PROGRAMS_MAX];
	uint64_t address; /* of the module's function that it is attached to */
	enum gw_probe_state state;
	int error;
	char why[160];
};

struct gw_probes {
	struct probe list[ELEMENTS(definitions)];
	struct gw_probe_info rows[ELEMENTS(definitions)];
	size_t row_count;
};

static const struct patched *find_patched(const char *probe)
{
	for (size_t i = 0; i < ELEMENTS(patched); i++)
		if (strcmp(patched[i].probe, probe) == 0)
			return &patched[i];
	return NULL;
}

int gw_probes_new(struct gw_probes **ret)
{
	struct gw_probes *probes = calloc(1, sizeof(*probes));
	size_t i;

	if (!probes)
		return -ENOMEM;
	for (i = 0; i < ELEMENTS(definitions); i++) {
		probes->list[i].definition = &definitions[i];
		probes->list[i].patched = find_patched(definitions[i].name);
		probes->list[i].state = GW_PROBE_WAITING;
	}
	*ret = probes;
	return 0;
}

static bool is_attached(const struct probe *probe)
{
	return probe->state == GW_PROBE_ATTACHED || probe->state == GW_PROBE_ADOPTED;
}

static void detach(struct probe *probe)
{
	size_t i;

	for (i = 0; i < ELEMENTS(probe->links); i++) {
		bpf_link__destroy(probe->links[i]);
		probe->links[i] = NULL;
	}
}

void gw_probes_free(struct gw_probes *probes)
{
	size_t i;

	if (!probes)
		return;
	for (i = 0; i < ELEMENTS(probes->list); i++)
		detach(&probes->list[i]);
	free(probes);
}

/*
 * The pin of a link: probes may share a program, so it is named after the
 * probe. A module that was loaded anew has its functions elsewhere: then the
 * pinned link is a dead one, and its name does not fit.
 */
static void pin_name(const struct probe *probe, size_t i, char *name, size_t size)
{
	if (probe->address)
		snprintf(name, size, "%s_%zu@%" PRIx64, probe->definition->name, i, probe->address);
	else
		snprintf(name, size, "%s_%zu", probe->definition->name, i);
}

static void drop_pins(const struct probe *probe, struct gw_pins *pins)
{
	char name[64];
	size_t i;

	for (i = 0; pins && i < ELEMENTS(probe->links); i++) {
		snprintf(name, sizeof(name), "%s_%zu", probe->definition->name, i);
		gw_pins_drop_link(pins, name);
	}
}

/* Takes over the links that an earlier daemon left, if all of them are there. */
static bool adopt(struct probe *probe, struct gw_pins *pins)
{
	char name[96];
	size_t i;

	if (!pins)
		return false;
	for (i = 0; i < ELEMENTS(probe->links); i++) {
		if (!probe->definition->programs[i])
			continue;
		pin_name(probe, i, name, sizeof(name));
		probe->links[i] = gw_pins_open_link(pins, name);
		if (libbpf_get_error(probe->links[i])) {
			probe->links[i] = NULL;
			detach(probe);
			return false;
		}
	}
	probe->state = GW_PROBE_ADOPTED;
	return true;
}

static int fail(struct probe *probe, int error, const char *why)
{
	if (why)
		snprintf(probe->why, sizeof(probe->why), "%s", why);
	probe->error = error == -ENOENT ? 0 : -error;
	probe->state = error == -ENOENT ? GW_PROBE_ABSENT : GW_PROBE_FAILED;
	return error;
}

static struct bpf_link *attach_program(const struct bpf_program *program, const char *function)
{
	const char *section = bpf_program__section_name(program);

	if (function)
		return bpf_program__attach_kprobe(program, strncmp(section, "kretprobe/", 10) == 0, function);
	return bpf_program__attach(program);
}

/* drm_section has its two ends at different functions: a kprobe's section names its function. */
static const char *function_of(const struct bpf_program *program, const struct gw_kallsyms *kallsyms,
			       struct gw_symbol *symbol)
{
	const char *function = strchr(bpf_program__section_name(program), '/');

	if (!function || !gw_kallsyms_find(kallsyms, function + 1, symbol))
		return NULL;
	return symbol->name;
}

/* Raw tracepoints are looked up by name when they are attached, not before. */
static int lacks_tracepoint(struct probe *probe, const struct bpf_program *program)
{
	char why[160];

	snprintf(why, sizeof(why), "this kernel has no %s", strchr(bpf_program__section_name(program), '/') + 1);
	return fail(probe, -ENOENT, why);
}

static int refuse_attach(struct probe *probe, int error, const char *program)
{
	const char *reason = error == -EACCES && gw_perf_restricted()
				     ? "kernel.perf_event_paranoid is above 2, that needs CAP_SYS_ADMIN"
				     : strerror(-error);
	char why[160];

	snprintf(why, sizeof(why), "cannot attach %s: %s", program, reason);
	/* Not ENOENT, which is the row's word for "not on this kernel". */
	return fail(probe, error == -ENOENT ? -ENXIO : error, why);
}

static int attach_one(struct probe *probe, size_t i, const struct gw_probe_context *context)
{
	const struct definition *definition = probe->definition;
	const char *function = NULL;
	struct bpf_program *program;
	struct gw_symbol symbol;
	char why[160], name[96];
	int r;

	r = gw_objects_program(context->objects, definition->object, definition->programs[i], &program, why,
			       sizeof(why));
	if (r < 0)
		return fail(probe, r, why);
	if (definition->function) {
		function = function_of(program, context->kallsyms, &symbol);
		if (!function)
			return fail(probe, -ENOENT, "its function is not there");
	}
	probe->links[i] = attach_program(program, function);
	if (!probe->links[i] && errno == ENOENT && bpf_program__type(program) == BPF_PROG_TYPE_RAW_TRACEPOINT)
		return lacks_tracepoint(probe, program);
	if (!probe->links[i])
		return refuse_attach(probe, -errno, definition->programs[i]);
	if (!context->pins)
		return 0;
	pin_name(probe, i, name, sizeof(name));
	r = gw_pins_put_link(context->pins, name, probe->links[i]);
	if (r < 0) {
		snprintf(why, sizeof(why), "attached, but cannot be pinned: %s", strerror(-r));
		snprintf(probe->why, sizeof(probe->why), "%s", why);
	}
	return 0;
}

/* The end first: nothing may begin whose end is not seen. */
static int attach(struct probe *probe, const struct gw_probe_context *context)
{
	int i, r;

	probe->why[0] = '\0';
	probe->error = 0;
	if (adopt(probe, context->pins))
		return 0;
	for (i = ELEMENTS(probe->links) - 1; i >= 0; i--) {
		r = probe->definition->programs[i] ? attach_one(probe, i, context) : 0;
		if (r < 0) {
			detach(probe);
			drop_pins(probe, context->pins);
			return r;
		}
	}
	probe->state = GW_PROBE_ATTACHED;
	return 0;
}

/* The module is not there (any more), or is but has no such function. */
static void leave(struct probe *probe, const struct gw_probe_context *context)
{
	const struct definition *definition = probe->definition;

	detach(probe);
	drop_pins(probe, context->pins);
	probe->address = 0;
	probe->error = 0;
	probe->why[0] = '\0';
	probe->state = GW_PROBE_WAITING;
	if (definition->function && gw_modules_loaded(definition->module)) {
		probe->state = GW_PROBE_ABSENT;
		snprintf(probe->why, sizeof(probe->why), "%s has no function %s here", definition->module,
			 definition->function);
	}
}

static void update_module_probe(struct probe *probe, const struct gw_probe_context *context)
{
	struct gw_symbol symbol;

	if (!gw_kallsyms_find(context->kallsyms, probe->definition->function, &symbol)) {
		leave(probe, context);
		return;
	}
	if (is_attached(probe) && probe->address == symbol.address)
		return;
	if (is_attached(probe))
		leave(probe, context);
	probe->address = symbol.address;
	attach(probe, context);
}

/*
 * Trace events of a module hold it, unlike kprobes: only kernels with our
 * patches have such events, and who built one wants to see them.
 */
static void update_module_events(struct probe *probe, const struct gw_probe_context *context)
{
	if (!gw_modules_loaded(probe->definition->module))
		leave(probe, context);
	else if (probe->state == GW_PROBE_WAITING)
		attach(probe, context);
}

static const struct probe *find_probe(const struct gw_probes *probes, const char *name)
{
	size_t i;

	for (i = 0; i < ELEMENTS(probes->list); i++) {
		if (strcmp(probes->list[i].definition->name, name) == 0)
			return &probes->list[i];
	}
	return NULL;
}

static void add_row(struct gw_probes *probes, const struct probe *probe)
{
	probes->rows[probes->row_count++] = (struct gw_probe_info){
		.name = probe->definition->name,
		.target = probe->definition->target,
		.module = probe->definition->module,
		.lost = probe->definition->lost,
		.patch = probe->patched ? probe->patched->patch : "",
		.state = probe->state,
		.error = probe->error,
		.why = probe->why,
	};
}

/* Attaching what sees nothing would cost something and give nothing. */
static bool lacks_needed(const struct gw_probes *probes, struct probe *probe)
{
	const char *needs = probe->patched ? probe->patched->needs : NULL;

	if (!needs || is_attached(find_probe(probes, needs)))
		return false;
	snprintf(probe->why, sizeof(probe->why), "needs %s", needs);
	probe->state = GW_PROBE_ABSENT;
	return true;
}

/* Known without loading anything. */
static bool lacks_event(struct probe *probe, const struct gw_probe_context *context)
{
	const char *event = probe->patched ? probe->patched->event : NULL;
	char type[80];

	if (!event || !context->btf)
		return false;
	snprintf(type, sizeof(type), "btf_trace_%s", event);
	if (btf__find_by_name_kind(context->btf, type, BTF_KIND_TYPEDEF) > 0)
		return false;
	snprintf(probe->why, sizeof(probe->why), "this kernel has no %s", event);
	probe->state = GW_PROBE_ABSENT;
	return true;
}

int gw_probes_update(struct gw_probes *probes, const struct gw_probe_context *context)
{
	int changed = 0;
	size_t i;

	probes->row_count = 0;
	for (i = 0; i < ELEMENTS(probes->list); i++) {
		struct probe *probe = &probes->list[i];
		const struct definition *definition = probe->definition;
		enum gw_probe_state before = probe->state;

		if (definition->function)
			update_module_probe(probe, context);
		else if (definition->module[0])
			update_module_events(probe, context);
		else if (before == GW_PROBE_WAITING && !lacks_needed(probes, probe) && !lacks_event(probe, context))
			attach(probe, context);
		changed += probe->state != before;
		add_row(probes, probe);
	}
	return changed;
}

size_t gw_probes_rows(const struct gw_probes *probes, const struct gw_probe_info **ret)
{
	*ret = probes->rows;
	return probes->row_count;
}

int gw_probes_missing(const struct gw_probes *probes, const char **why)
{
	/* Without signals there are no timelines. */
	static const char *const needed[] = { "snapshot", "fence_signaled" };
	size_t i;

	for (i = 0; i < ELEMENTS(needed); i++) {
		const struct probe *probe = find_probe(probes, needed[i]);

		if (is_attached(probe))
			continue;
		*why = probe->why;
		return probe->error ? -probe->error : -ENOENT;
	}
	return 0;
}

int gw_probes_iterator(const struct gw_probes *probes)
{
	return bpf_link__fd(find_probe(probes, "snapshot")->links[0]);
}

bool gw_probes_want_module(const struct gw_probes *probes, const char *module)
{
	size_t i;

	for (i = 0; i < ELEMENTS(probes->list); i++) {
		if (strcmp(probes->list[i].definition->module, module) == 0)
			return true;
	}
	return false;
}
