/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * TIMER records: what modules have yet to come, a timer's function or a delayed work item. The kernel's timer wheels have
 * some buckets for each CPU; of each wheel the map of those that are in use is read, and then only these.
 *
 * A look reads 9 words for each wheel, of which each CPU has two or three, and some 40 ns for each pending timer.
 */
#ifndef GPUWATCH_BPF_SNAPSHOT_PENDING_H
#define GPUWATCH_BPF_SNAPSHOT_PENDING_H

#include "bpf/snapshot/output.h"

#define CPUS_MAX 1024
#define WHEELS_MAX 8	   /* of a CPU */
#define TIMERS_EMITTED 127 /* and one that stands for the rest: they must fit the buffer of one task */
#define BUCKET_WALK_MAX 256

struct wheel_walk {
	struct output *out;
	u64 bases; /* of one CPU */
	u64 base;
	u64 word; /* of the map of buckets */
	u32 bucket;
	u32 emitted;
	u32 left_out; /* there are more than there was room for */
	u64 node;
};

/* The kernel's own text is one range; modules lie outside of it. */
static __always_inline bool is_of_module(u64 function)
{
	return function && control.symbols.text_begin &&
	       (function < control.symbols.text_begin || function >= control.symbols.text_end);
}

static __always_inline void emit_timer(struct wheel_walk *walk, struct timer_list *timer)
{
	struct delayed_work *delayed = container_of(timer, struct delayed_work, timer);
	struct kthread_delayed_work *queued = container_of(timer, struct kthread_delayed_work, timer);
	struct gw_timer_record record = {
		.header = { .type = GW_RECORD_TIMER, .size = sizeof(record) },
		.timer = (u64)timer,
		.function = (u64)BPF_CORE_READ(timer, function),
		.expires = BPF_CORE_READ(timer, expires),
	};

	if (record.function == control.symbols.delayed_work_timer_fn) {
		record.work = (u64)delayed;
		record.function = (u64)BPF_CORE_READ(delayed, work.func);
	} else if (record.function && record.function == control.symbols.kthread_timer_fn) {
		record.function = (u64)BPF_CORE_READ(queued, work.func);
	}
	if (!is_of_module(record.function))
		return;
	if (walk->emitted >= TIMERS_EMITTED) {
		walk->left_out = 1;
		return;
	}
	walk->emitted++;
	emit(walk->out, &record, sizeof(record));
}

static long walk_timer(u32 i, void *context)
{
	struct wheel_walk *walk = context;

	walk->node = read_u64(walk->node);
	if (!walk->node)
		return 1;
	emit_timer(walk, (void *)(walk->node - bpf_core_field_offset(struct timer_list, entry)));
	return 0;
}

static long walk_bucket(u32 bit, void *context)
{
	struct wheel_walk *walk = context;

	if (!(walk->word & (1ULL << (bit & 63))))
		return 0;
	walk->node = walk->base + bpf_core_field_offset(struct timer_base, vectors) + (u64)(walk->bucket + bit) * 8;
	bpf_loop(BUCKET_WALK_MAX, walk_timer, walk, 0);
	if (walk->node)
		walk->left_out = 1;
	return 0;
}

static long walk_buckets(u32 i, void *context)
{
	struct wheel_walk *walk = context;

	walk->word = read_u64(walk->base + bpf_core_field_offset(struct timer_base, pending_map) + i * 8);
	walk->bucket = i * 64;
	if (walk->word)
		bpf_loop(64, walk_bucket, walk, 0);
	return 0;
}

static long walk_wheel(u32 i, void *context)
{
	struct wheel_walk *walk = context;

	if ((s32)i >= control.layout.timer_wheels)
		return 1;
	walk->base = walk->bases + i * bpf_core_type_size(struct timer_base);
	bpf_loop(bpf_core_field_size(struct timer_base, pending_map) / 8, walk_buckets, walk, 0);
	return 0;
}

static long walk_cpu(u32 cpu, void *context)
{
	struct wheel_walk *walk = context;
	const void *bases = bpf_per_cpu_ptr(&timer_bases, cpu);

	if (!bases)
		return 1;
	/* Read back as a mere number: up to 6.1 the verifier refuses to add to what bpf_per_cpu_ptr() gives. */
	walk->out->scratch->words[0] = (u64)bases;
	walk->bases = *(volatile u64 *)&walk->out->scratch->words[0];
	bpf_loop(WHEELS_MAX, walk_wheel, walk, 0);
	return 0;
}

static __noinline int emit_timers(struct output *out)
{
	struct wheel_walk walk = { .out = out };

	if (&timer_bases)
		bpf_loop(CPUS_MAX, walk_cpu, &walk, 0);
	if (walk.left_out) {
		struct gw_timer_record rest = { .header = { .type = GW_RECORD_TIMER, .size = sizeof(rest) } };

		emit(out, &rest, sizeof(rest));
	}
	return 0;
}

#endif
