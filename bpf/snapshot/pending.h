/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * TIMER records: what modules have yet to come, a timer's function or a delayed work item. The kernel's timer wheels have
 * some buckets for each CPU; of each wheel the map of those that are in use is read, and then only these.
 *
 * A look reads 9 words for each wheel, of which each CPU has two or three, and some 40 ns for each pending timer. High-resolution
 * timers are in trees, eight for each CPU. There are more of them, one for each task that naps: they are read where somebody asks who
 * sleeps in modules.
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

/* Stands for those that there was no room for. */
static __always_inline void emit_rest(struct output *out)
{
	struct gw_timer_record rest = { .header = { .type = GW_RECORD_TIMER, .size = sizeof(rest) } };

	emit(out, &rest, sizeof(rest));
}

static __noinline int emit_timers(struct output *out)
{
	struct wheel_walk walk = { .out = out };

	if (&timer_bases)
		bpf_loop(CPUS_MAX, walk_cpu, &walk, 0);
	if (walk.left_out)
		emit_rest(out);
	return 0;
}

/* ---- high-resolution timers ----------------------------------------------------------------------- */

#define TREES_MAX 8	    /* of a CPU */
#define TREE_STEPS_MAX 4096 /* some three for each timer */
#define EACH_EMITTED 64	    /* of more, one stands for those of the same function behind it */

struct tree_walk {
	struct output *out;
	u64 trees; /* of one CPU */
	u64 node, from;
	u64 last_function;
	u32 emitted;
	u32 left_out;
};

static __always_inline void emit_hrtimer(struct tree_walk *walk)
{
	struct hrtimer *timer = (void *)walk->node;
	struct gw_timer_record record = {
		.header = { .type = GW_RECORD_TIMER, .size = sizeof(record) },
		.timer = walk->node,
		.function = (u64)BPF_CORE_READ(timer, function),
	};

	if (!is_of_module(record.function) || (walk->emitted >= EACH_EMITTED && record.function == walk->last_function))
		return;
	if (walk->emitted >= TIMERS_EMITTED) {
		walk->left_out = 1;
		return;
	}
	walk->emitted++;
	walk->last_function = record.function;
	emit(walk->out, &record, sizeof(record));
}

/* Down to the left, then the node itself, down to the right, and up. */
static long walk_step(u32 i, void *context)
{
	struct tree_walk *walk = context;
	u64 node = walk->node, from = walk->from, parent;
	struct rb_node links = {};

	if (!node)
		return 1;
	bpf_probe_read_kernel(&links, sizeof(links), (void *)node);
	parent = links.__rb_parent_color & ~3UL;
	walk->from = node;
	if (from == parent && links.rb_left) {
		walk->node = (u64)links.rb_left;
		return 0;
	}
	if (from == parent || from == (u64)links.rb_left) {
		walk->node = node;
		emit_hrtimer(walk);
		if (links.rb_right) {
			walk->node = (u64)links.rb_right;
			return 0;
		}
	}
	walk->node = parent;
	return 0;
}

static long walk_tree(u32 i, void *context)
{
	struct tree_walk *walk = context;
	u64 tree = walk->trees + i * bpf_core_type_size(struct hrtimer_clock_base);

	if (i >=
	    bpf_core_field_size(struct hrtimer_cpu_base, clock_base) / bpf_core_type_size(struct hrtimer_clock_base))
		return 1;
	walk->from = 0;
	walk->node = read_u64(tree + bpf_core_field_offset(struct hrtimer_clock_base, active));
	bpf_loop(TREE_STEPS_MAX, walk_step, walk, 0);
	if (walk->node)
		walk->left_out = 1;
	return 0;
}

static long walk_trees(u32 cpu, void *context)
{
	struct tree_walk *walk = context;
	const void *base = bpf_per_cpu_ptr(&hrtimer_bases, cpu);

	if (!base)
		return 1;
	walk->out->scratch->words[0] = (u64)base;
	walk->trees = *(volatile u64 *)&walk->out->scratch->words[0] +
		      bpf_core_field_offset(struct hrtimer_cpu_base, clock_base);
	bpf_loop(TREES_MAX, walk_tree, walk, 0);
	return 0;
}

static __noinline int emit_hrtimers(struct output *out)
{
	struct tree_walk walk = { .out = out };

	if (&hrtimer_bases)
		bpf_loop(CPUS_MAX, walk_trees, &walk, 0);
	if (walk.left_out)
		emit_rest(out);
	return 0;
}

#endif
