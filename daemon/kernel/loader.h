/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The loader: opens the BPF objects, attaches every probe that this kernel
 * has, follows modules as they come and go, pins what must outlive the
 * daemon, and reads snapshots.
 */
#ifndef GPUWATCH_DAEMON_KERNEL_LOADER_H
#define GPUWATCH_DAEMON_KERNEL_LOADER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/kernel/probe-info.h"
#include "daemon/sampler.h"
#include "lib/analysis/record/snapshot.h"
#include "lib/system/devices/gpus.h"

struct gw_loader;

struct gw_loader_options {
	const char *pin_directory; /* on a bpffs, e.g. /sys/fs/bpf/gpuwatch; NULL = do not pin */
	const char *btf_path;	   /* kernel BTF file; NULL = /sys/kernel/btf/vmlinux */
	const char *gpu_modules;   /* patterns of names, see lib/system/modules/gpu.h; NULL = none */
	struct gw_perf *perf;	   /* not owned */
};

/*
 * gw_loader_new - open, load and attach
 * @message, @size: on failure one line for people: what failed, why, what to do
 *
 * Optional probes that cannot be attached do not fail the call. Returns 0,
 * or -errno when nothing useful can be watched (no BTF, no permission, ...).
 */
int gw_loader_new(struct gw_loader **ret, const struct gw_loader_options *options, char *message, size_t size);

/* Detaches this process; pinned programs go on watching. */
void gw_loader_free(struct gw_loader *loader);

/*
 * When it is freed, the pins go, too, and with them the programs. The pins are the last that keeps these then: the kernel
 * ends them in workers of its own, which takes it some seconds, and the caller does not wait.
 */
void gw_loader_unpin(struct gw_loader *loader);

size_t gw_loader_probes(const struct gw_loader *loader, const struct gw_probe_info **ret);

/*
 * Two file descriptors for the caller's event loop (level-triggered EPOLLIN),
 * owned by the loader: wake-ups from BPF (a wait began while armed) and kernel
 * module events. On readability call the matching function.
 */
int gw_loader_wake_fd(const struct gw_loader *loader);
int gw_loader_drain(struct gw_loader *loader); /* number of wake events, or -errno */
/* Whether a drained event told of a new hazard since the last call: the next look shows it. */
bool gw_loader_saw_hazard(struct gw_loader *loader);
int gw_loader_module_fd(const struct gw_loader *loader);
int gw_loader_follow_modules(struct gw_loader *loader); /* 1 if probes changed, 0, or -errno */

/* Ask for one wake event at the next wait that begins; without it BPF stays silent. */
void gw_loader_arm(struct gw_loader *loader);

/* Whether programs and maps outlive this process. */
bool gw_loader_pinned(const struct gw_loader *loader);

/* Tracked waits that stand at this moment (fence, lock, flush, SRCU, ...): cheap, no system call. */
uint64_t gw_loader_active_waits(const struct gw_loader *loader);

/*
 * gw_loader_map - a map of the programs
 * @value_size: bytes of its values, as the caller has them in mind
 *
 * Returns a file descriptor that the loader owns; -ENOENT: there is none; -EPROTO: its values have another size.
 */
int gw_loader_map(const struct gw_loader *loader, const char *name, size_t value_size);

struct gw_loader_counters {
	uint64_t wakes;		    /* events received */
	uint64_t missed_waits;	    /* waits that did not fit a task's record */
	uint64_t dropped_events;    /* ring buffer full */
	uint64_t evicted_timelines; /* slots taken over by another context */
	uint64_t dropped_hazards;   /* kinds of hazards beyond those that fit */
};
void gw_loader_counters(const struct gw_loader *loader, struct gw_loader_counters *ret);

/* These tasks spin: until the next call, their stacks are sampled, and the next snapshots show where. */
void gw_loader_sample(struct gw_loader *loader, const struct gw_sampled_task *tasks, size_t count);

/*
 * These tasks spin or nap: until the next call, the locks that they try to take are recorded, and the next snapshots have them.
 * Without tasks, nothing is left behind.
 */
void gw_loader_follow_tries(struct gw_loader *loader, const struct gw_sampled_task *tasks, size_t count);

/*
 * gw_loader_snapshot - look at the kernel now
 * @sleepers: who has a stack beside those in tracked waits; all of them: finds waits older than the programs
 * @min_wait_ns: tasks whose tracked wait is younger need no record; 0 = all
 * @data, @size: appended to; malloc()ed, owned by the caller: records from
 *	SNAPSHOT on, with the symbols they need; the stream's HOST record comes
 *	from gw_loader_host().
 * @timelines: also append every used timeline slot, not only those that fences refer to
 *
 * Returns 0 or -errno. A partly failed snapshot is marked incomplete.
 */
int gw_loader_snapshot(struct gw_loader *loader, enum gw_sleepers sleepers, bool timelines, uint64_t min_wait_ns,
		       void **data, size_t *size);

/* The GPUs of the machine, at most ten seconds old; valid until the next snapshot. */
const struct gw_gpus *gw_loader_gpus(struct gw_loader *loader);

const struct gw_host_record *gw_loader_host(const struct gw_loader *loader);

/* The kernel's symbols, NULL if they could not be read; valid until modules are followed. */
const struct gw_kallsyms *gw_loader_kallsyms(const struct gw_loader *loader);

/* The symbol that an address lies in, as long as that table is valid; false: it is in none. */
bool gw_loader_symbol(const struct gw_loader *loader, uint64_t address, struct gw_symbol *ret);

#endif
