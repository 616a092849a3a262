/* SPDX-License-Identifier: GPL-2.0-only */
/* LOCK records: who holds a lock, as the lock itself says; and SEMAPHORE records. */
#ifndef GPUWATCH_BPF_SNAPSHOT_LOCK_H
#define GPUWATCH_BPF_SNAPSHOT_LOCK_H

#include "bpf/lib/semaphore.h"
#include "bpf/snapshot/resv.h"

static __always_inline u32 lock_kind(u32 flags)
{
	if (flags & GW_LOCK_F_MUTEX)
		return GW_LOCK_MUTEX;
	if (flags & GW_LOCK_F_PERCPU)
		return GW_LOCK_PERCPU_RWSEM;
	if (flags & (GW_LOCK_F_READ | GW_LOCK_F_WRITE))
		return GW_LOCK_RWSEM;
	if (flags & GW_LOCK_F_RT)
		return GW_LOCK_RT_MUTEX;
	/* __down_common() alone gives none. */
	return flags ? GW_LOCK_UNKNOWN : GW_LOCK_SEMAPHORE;
}

/* A writer that waits for readers to leave has the rt_mutex already: it holds the lock only once readers says so. */
static __always_inline void read_rwbase(struct gw_lock_record *record)
{
	struct rwbase_rt *lock = (void *)record->address;
	u32 readers = BPF_CORE_READ(lock, readers.counter);

	if (readers != RWBASE_WRITER_BIAS) {
		record->readers = readers & ~RWBASE_READER_BIAS;
		return;
	}
	record->owner = (u64)BPF_CORE_READ(lock, rtmutex.owner) & ~1UL;
	if (record->owner)
		record->owner_kind = GW_OWNER_EXCLUSIVE;
}

static __always_inline void read_rwsem(struct gw_lock_record *record)
{
	struct rw_semaphore *sem = (void *)record->address;
	s64 count = BPF_CORE_READ(sem, count.counter);
	u64 owner = BPF_CORE_READ(sem, owner.counter) & ~LOCK_OWNER_FLAGS;

	/* Two words of one lock: if it changed hands between them, neither says anything. */
	if (count != (s64)BPF_CORE_READ(sem, count.counter) ||
	    owner != (BPF_CORE_READ(sem, owner.counter) & ~LOCK_OWNER_FLAGS))
		return;

	/* A reader that failed to get in sets the sign bit (RWSEM_FLAG_READFAIL). */
	record->readers = ((u64)count << 1 >> 1) >> RWSEM_READER_SHIFT;
	record->owner = owner;
	if (count & RWSEM_WRITER_LOCKED)
		record->owner_kind = GW_OWNER_EXCLUSIVE;
	else if (record->readers)
		record->owner_kind = GW_OWNER_READER_HINT;
	else
		record->owner = 0;
}

#define PERCPU_CPUS_MAX 1024

struct percpu_sum {
	struct output *out;
	u64 counter; /* address that stands for that of each CPU */
	s32 sum;
};

/* From the run queues, of which both addresses are known, to where a CPU has what is its own. */
static long add_readers_of_cpu(u32 cpu, void *context)
{
	struct percpu_sum *sum = context;
	const void *its = bpf_per_cpu_ptr(&runqueues, cpu);
	volatile u64 *words = (volatile u64 *)sum->out->scratch->words;
	s32 readers = 0;

	if (!its)
		return 1;
	/* Read back as mere numbers, which the verifier lets one subtract. */
	words[0] = (u64)its;
	words[1] = (u64)&runqueues;
	bpf_probe_read_kernel(&readers, sizeof(readers), (void *)(sum->counter + words[0] - words[1]));
	sum->sum += readers;
	return 0;
}

/*
 * The writer is named while it waits for readers to leave, which keeps everybody else out, too. How many readers there are shows
 * their sum alone: one may have come on one CPU, and left on another.
 */
static __always_inline void read_percpu_rwsem(struct output *out, struct gw_lock_record *record)
{
	struct percpu_rw_semaphore *sem = (void *)record->address;
	struct percpu_sum sum = { .out = out, .counter = (u64)BPF_CORE_READ(sem, read_count) };

	record->owner = (u64)BPF_CORE_READ(sem, writer.task);
	if (!record->owner || !sum.counter || !&runqueues)
		return;
	bpf_loop(PERCPU_CPUS_MAX, add_readers_of_cpu, &sum, 0);
	record->readers = sum.sum > 0 ? sum.sum : 0;
}

/* As the programs saw it taken; one that they have not seen, as the kernel remembers it. */
static __always_inline void read_semaphore(struct gw_lock_record *record)
{
	struct semaphore___last_holder *remembered = (void *)record->address;
	struct semaphore *semaphore = (void *)record->address;
	struct gw_semaphore *seen = bpf_map_lookup_elem(&semaphores, &record->address);

	if (BPF_CORE_READ(semaphore, count))
		return;
	if (seen)
		record->owner = seen->holder;
	else if (bpf_core_field_exists(remembered->last_holder))
		record->owner = BPF_CORE_READ(remembered, last_holder);
	if (record->owner)
		record->owner_kind = GW_OWNER_LAST_HOLDER;
}

static __always_inline void read_owner(struct output *out, struct gw_lock_record *record, u32 flags)
{
	void *lock = (void *)record->address;

	switch (record->kind) {
	case GW_LOCK_MUTEX:
		/* On PREEMPT_RT it is an rt_mutex, and its events say so. */
		if (!bpf_core_field_exists(struct mutex, owner))
			return;
		record->owner = BPF_CORE_READ((struct mutex *)lock, owner.counter) & ~LOCK_OWNER_FLAGS;
		break;
	case GW_LOCK_RT_MUTEX:
		record->owner = (u64)BPF_CORE_READ((struct rt_mutex_base *)lock, owner) & ~1UL;
		break;
	case GW_LOCK_PERCPU_RWSEM:
		read_percpu_rwsem(out, record);
		break;
	case GW_LOCK_RWSEM:
		if (flags & GW_LOCK_F_RT) {
			if (bpf_core_type_exists(struct rwbase_rt))
				read_rwbase(record);
			return;
		}
		if (bpf_core_field_exists(struct rw_semaphore, count))
			read_rwsem(record);
		return;
	case GW_LOCK_SEMAPHORE:
		read_semaphore(record);
		return;
	}
	if (record->owner)
		record->owner_kind = GW_OWNER_EXCLUSIVE;
}

static __always_inline void emit_semaphore(struct output *out, u64 address)
{
	struct gw_semaphore_record record = {
		.header = { .type = GW_RECORD_SEMAPHORE, .size = sizeof(record) },
	};
	struct gw_semaphore *seen = bpf_map_lookup_elem(&semaphores, &address);

	if (!seen)
		return;
	record.semaphore = *seen;
	emit(out, &record, sizeof(record));
}

/* @flags: GW_LOCK_F_*, as contention_begin gave them. */
static __noinline int emit_lock(struct output *out, u64 address, u32 flags)
{
	struct gw_lock_record *record = &out->scratch->lock;
	struct task_struct *owner;

	__builtin_memset(record, 0, sizeof(*record));
	record->header.type = GW_RECORD_LOCK;
	record->header.size = sizeof(*record);
	record->address = address;
	record->kind = lock_kind(flags);
	read_owner(out, record, flags);
	owner = (void *)record->owner;
	if (owner)
		record->owner_pid = BPF_CORE_READ(owner, pid);
	emit(out, record, sizeof(*record));
	if (record->kind == GW_LOCK_SEMAPHORE)
		emit_semaphore(out, address);
	if (record->kind == GW_LOCK_MUTEX || record->kind == GW_LOCK_RT_MUTEX)
		emit_resv(out, address);
	return 0;
}

#endif
