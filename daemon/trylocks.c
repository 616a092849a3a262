/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Four breakpoints on each CPU that a followed task was seen on. */
#include "daemon/trylocks.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <linux/perf_event.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "bpf/abi/shared.h"

/* As many as a CPU of x86 has breakpoints. A ww_mutex without a context is tried by mutex_trylock(). */
static const struct {
	const char *function, *program;
} trylocks_table[] = {
	{ "mutex_trylock", "mutex_tried" },
	{ "down_read_trylock", "read_tried" },
	{ "down_write_trylock", "write_tried" },
	{ "down_trylock", "semaphore_tried" },
};
#define FUNCTIONS (sizeof(trylocks_table) / sizeof(trylocks_table[0]))

/* Calls in which a followed task has tried nothing: it does something else. */
#define PATIENCE 8

/* Calls that a task is followed further for: one that naps is caught awake now and then. */
#define MISSED_MAX 4

/* It may go from one CPU to another and back. */
#define ITS_CPUS 2

struct followed {
	uint64_t task;
	unsigned int calls, missed; /* that it was followed for; the last ones in a row that did not name it */
	uint32_t cpus[ITS_CPUS];    /* the last one first */
};

struct gw_trylocks {
	struct gw_perf *perf;
	int programs[FUNCTIONS];
	int tries;
	struct followed list[GW_SAMPLED_MAX];
	size_t count;
	int events[GW_SAMPLED_MAX * ITS_CPUS * FUNCTIONS];
	size_t n_events;
	uint32_t cpus[GW_SAMPLED_MAX * ITS_CPUS]; /* that have breakpoints */
	size_t n_cpus;
};

/* What a daemon that was killed followed. */
static void trylocks_clear(int tries)
{
	uint64_t task;

	while (bpf_map_get_next_key(tries, NULL, &task) == 0 && bpf_map_delete_elem(tries, &task) == 0)
		;
}

int gw_trylocks_new(struct gw_trylocks **ret, struct gw_perf *perf, const struct bpf_object *object, int tries)
{
	struct gw_trylocks *trylocks = calloc(1, sizeof(*trylocks));

	if (!trylocks)
		return -ENOMEM;
	trylocks->perf = perf;
	trylocks->tries = tries;
	trylocks_clear(tries);
	for (size_t i = 0; i < FUNCTIONS; i++)
		trylocks->programs[i] =
			bpf_program__fd(bpf_object__find_program_by_name(object, trylocks_table[i].program));
	*ret = trylocks;
	return 0;
}

void gw_trylocks_free(struct gw_trylocks *trylocks)
{
	if (!trylocks)
		return;
	gw_trylocks_follow(trylocks, NULL, NULL, 0);
	free(trylocks);
}

bool gw_trylocks_name(const char *function)
{
	for (size_t i = 0; i < FUNCTIONS; i++)
		if (strcmp(trylocks_table[i].function, function) == 0)
			return true;
	return false;
}

static void trylocks_end_breakpoints(struct gw_trylocks *trylocks)
{
	while (trylocks->n_events > 0)
		close(trylocks->events[--trylocks->n_events]);
	trylocks->n_cpus = 0;
}

static void trylocks_breakpoint(struct gw_trylocks *trylocks, const struct gw_kallsyms *kallsyms, uint32_t cpu,
				size_t function)
{
	struct gw_perf_event breakpoint = { .kind = GW_PERF_BREAKPOINT, .cpu = cpu };
	struct gw_symbol symbol;
	int event;

	if (!gw_kallsyms_find(kallsyms, trylocks_table[function].function, &symbol))
		return;
	breakpoint.address = symbol.address;
	strcpy(breakpoint.function, trylocks_table[function].function);
	event = gw_perf_open(trylocks->perf, &breakpoint);
	if (event < 0)
		return;
	if (ioctl(event, PERF_EVENT_IOC_SET_BPF, trylocks->programs[function]) == 0 &&
	    ioctl(event, PERF_EVENT_IOC_ENABLE, 0) == 0)
		trylocks->events[trylocks->n_events++] = event;
	else
		close(event);
}

static void trylocks_begin_breakpoints(struct gw_trylocks *trylocks, const struct gw_kallsyms *kallsyms, uint32_t cpu)
{
	for (size_t i = 0; i < trylocks->n_cpus; i++)
		if (trylocks->cpus[i] == cpu)
			return;
	trylocks->cpus[trylocks->n_cpus++] = cpu;
	for (size_t i = 0; i < FUNCTIONS; i++)
		trylocks_breakpoint(trylocks, kallsyms, cpu, i);
}

static void trylocks_forget_others(struct gw_trylocks *trylocks, const struct gw_sampled_task *tasks, size_t count)
{
	size_t kept = 0;

	for (size_t i = 0; i < trylocks->count; i++) {
		bool wanted = false;

		trylocks->list[i].calls++;
		for (size_t j = 0; j < count; j++)
			wanted |= tasks[j].address == trylocks->list[i].task;
		trylocks->list[i].missed = wanted ? 0 : trylocks->list[i].missed + 1;
		if (tasks && trylocks->list[i].missed <= MISSED_MAX)
			trylocks->list[kept++] = trylocks->list[i];
		else
			bpf_map_delete_elem(trylocks->tries, &trylocks->list[i].task);
	}
	trylocks->count = kept;
}

/* NULL: there is no room for another one. */
static struct followed *trylocks_entry(struct gw_trylocks *trylocks, const struct gw_sampled_task *task)
{
	static const struct gw_tries none = { .count = 0 };

	for (size_t i = 0; i < trylocks->count; i++)
		if (trylocks->list[i].task == task->address)
			return &trylocks->list[i];
	if (trylocks->count == GW_SAMPLED_MAX ||
	    bpf_map_update_elem(trylocks->tries, &task->address, &none, BPF_ANY) < 0)
		return NULL;
	trylocks->list[trylocks->count] = (struct followed){ .task = task->address, .cpus = { task->cpu, task->cpu } };
	return &trylocks->list[trylocks->count++];
}

static void trylocks_move(struct followed *followed, uint32_t cpu)
{
	if (followed->cpus[0] == cpu)
		return;
	followed->cpus[1] = followed->cpus[0];
	followed->cpus[0] = cpu;
}

static bool trylocks_is_patient(const struct gw_trylocks *trylocks, const struct followed *followed)
{
	struct gw_tries seen;

	if (followed->calls < PATIENCE)
		return true;
	return bpf_map_lookup_elem(trylocks->tries, &followed->task, &seen) == 0 && seen.count > 0;
}

void gw_trylocks_follow(struct gw_trylocks *trylocks, const struct gw_kallsyms *kallsyms,
			const struct gw_sampled_task *tasks, size_t count)
{
	trylocks_end_breakpoints(trylocks);
	trylocks_forget_others(trylocks, tasks, count);
	for (size_t i = 0; i < count; i++) {
		struct followed *followed = trylocks_entry(trylocks, &tasks[i]);

		if (followed)
			trylocks_move(followed, tasks[i].cpu);
	}
	for (size_t i = 0; i < trylocks->count; i++)
		for (size_t cpu = 0; trylocks_is_patient(trylocks, &trylocks->list[i]) && cpu < ITS_CPUS; cpu++)
			trylocks_begin_breakpoints(trylocks, kallsyms, trylocks->list[i].cpus[cpu]);
}
