/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A perf event on the CPU of each task that spins, and the frames that its samples share. */
#include "daemon/sampler.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <linux/perf_event.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "lib/base/units.h"

#define SAMPLE_INTERVAL_NS (20 * GW_NSEC_PER_MSEC)

struct sampled {
	struct gw_sampled_task task;
	int event; /* negative: it is not sampled any more */
};

struct gw_sampler {
	struct gw_perf *perf;
	int program, samples;
	struct sampled list[GW_SAMPLED_MAX];
	size_t count;
};

int gw_sampler_new(struct gw_sampler **ret, struct gw_perf *perf, int program, int samples)
{
	struct gw_sampler *sampler = calloc(1, sizeof(*sampler));

	if (!sampler)
		return -ENOMEM;
	sampler->perf = perf;
	sampler->program = program;
	sampler->samples = samples;
	*ret = sampler;
	return 0;
}

static void sampler_stop(struct sampled *sampled)
{
	if (sampled->event >= 0)
		close(sampled->event);
	sampled->event = -1;
}

void gw_sampler_free(struct gw_sampler *sampler)
{
	if (!sampler)
		return;
	gw_sampler_follow(sampler, NULL, 0);
	free(sampler);
}

static int sampler_open_event(const struct gw_sampler *sampler, uint32_t cpu)
{
	const struct gw_perf_event clock = { .kind = GW_PERF_CLOCK, .cpu = cpu, .interval_ns = SAMPLE_INTERVAL_NS };
	int event = gw_perf_open(sampler->perf, &clock);

	if (event < 0)
		return event;
	if (ioctl(event, PERF_EVENT_IOC_SET_BPF, sampler->program) == 0 && ioctl(event, PERF_EVENT_IOC_ENABLE, 0) == 0)
		return event;
	close(event);
	return -EINVAL;
}

static bool sampler_has(const struct gw_sampled_task *tasks, size_t count, uint64_t address)
{
	for (size_t i = 0; i < count; i++)
		if (tasks[i].address == address)
			return true;
	return false;
}

static void sampler_forget_others(struct gw_sampler *sampler, const struct gw_sampled_task *tasks, size_t count)
{
	size_t kept = 0;

	for (size_t i = 0; i < sampler->count; i++) {
		struct sampled *sampled = &sampler->list[i];

		sampler_stop(sampled);
		if (sampler_has(tasks, count, sampled->task.address))
			sampler->list[kept++] = *sampled;
		else
			bpf_map_delete_elem(sampler->samples, &sampled->task.address);
	}
	sampler->count = kept;
}

static struct sampled *sampler_find(struct gw_sampler *sampler, uint64_t address)
{
	for (size_t i = 0; i < sampler->count; i++)
		if (sampler->list[i].task.address == address)
			return &sampler->list[i];
	return NULL;
}

static bool sampler_caught(const struct gw_sampler *sampler, uint64_t address)
{
	struct gw_samples samples;

	return bpf_map_lookup_elem(sampler->samples, &address, &samples) == 0 && samples.count > 0;
}

static void sampler_watch(const struct gw_sampler *sampler, struct sampled *sampled, const struct gw_sampled_task *task)
{
	sampled->task = *task;
	sampled->event = sampler_open_event(sampler, task->cpu);
}

static void sampler_begin(struct gw_sampler *sampler, const struct gw_sampled_task *task)
{
	static const struct gw_samples none = { .count = 0 };

	if (sampler->count < GW_SAMPLED_MAX &&
	    bpf_map_update_elem(sampler->samples, &task->address, &none, BPF_ANY) == 0)
		sampler_watch(sampler, &sampler->list[sampler->count++], task);
}

void gw_sampler_follow(struct gw_sampler *sampler, const struct gw_sampled_task *tasks, size_t count)
{
	sampler_forget_others(sampler, tasks, count);
	for (size_t i = 0; i < count; i++) {
		struct sampled *sampled = sampler_find(sampler, tasks[i].address);

		if (!sampled)
			sampler_begin(sampler, &tasks[i]);
		else if (!sampler_caught(sampler, tasks[i].address)) /* it moved to another CPU, or its own was busy */
			sampler_watch(sampler, sampled, &tasks[i]);
	}
}

/* ---- what samples have in common ------------------------------------------------------------- */

static uint64_t sampler_function(struct gw_kallsyms *kallsyms, const struct gw_sample *sample, uint32_t from_outside)
{
	struct gw_symbol symbol;

	if (from_outside >= sample->depth || sample->depth > GW_STACK_DEPTH)
		return 0;
	return gw_kallsyms_at(kallsyms, sample->stack[sample->depth - 1 - from_outside], &symbol) ? symbol.address : 0;
}

/* How many frames, from the outermost inwards, lie in the same functions in all samples. */
static uint32_t sampler_common(const struct gw_samples *samples, uint32_t count, struct gw_kallsyms *kallsyms)
{
	uint32_t common = 0;

	for (;; common++) {
		uint64_t function = sampler_function(kallsyms, &samples->list[0], common);

		if (!function)
			return common;
		for (uint32_t i = 1; i < count; i++)
			if (sampler_function(kallsyms, &samples->list[i], common) != function)
				return common;
	}
}

void gw_sampler_fill(const struct gw_sampler *sampler, struct gw_kallsyms *kallsyms, struct gw_running_record *record)
{
	struct gw_samples samples;
	const struct gw_sample *first = &samples.list[0];
	uint32_t count;

	if (!kallsyms || bpf_map_lookup_elem(sampler->samples, &record->task, &samples) < 0 || samples.count == 0)
		return;
	count = samples.count < GW_SAMPLES_MAX ? samples.count : GW_SAMPLES_MAX;
	record->samples = count;
	record->stack_depth = sampler_common(&samples, count, kallsyms);
	memcpy(record->stack, first->stack + first->depth - record->stack_depth,
	       record->stack_depth * sizeof(record->stack[0]));
}
