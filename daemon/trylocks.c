/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Four breakpoints on each CPU that a followed task was seen on. */
#include "daemon/trylocks.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "bpf/abi/shared.h"
#include "daemon/breakpoints.h"
#include "daemon/perf/perf.h"

/* A ww_mutex without a context is tried by mutex_trylock(). */
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

_Static_assert(FUNCTIONS <= GW_BREAKPOINTS_MAX, "a CPU has not as many breakpoints");
_Static_assert(GW_SAMPLED_MAX *ITS_CPUS <= GW_BREAKPOINT_CPUS, "a CPU of each task has room");

struct gw_trylocks {
	struct gw_breakpoints *breakpoints;
	struct gw_breakpoint places[FUNCTIONS];
	int tries;
	struct followed list[GW_SAMPLED_MAX];
	size_t count;
	uint32_t cpus[GW_SAMPLED_MAX * ITS_CPUS]; /* that are to have breakpoints */
	size_t n_cpus;
};

/* What a daemon that was killed followed. */
static void trylocks_clear(int tries)
{
	uint64_t task;

	while (bpf_map_get_next_key(tries, NULL, &task) == 0 && bpf_map_delete_elem(tries, &task) == 0)
		;
}

int gw_trylocks_new(struct gw_trylocks **ret, const struct bpf_object *object, int tries)
{
	struct gw_trylocks *trylocks = calloc(1, sizeof(*trylocks));
	int r;

	if (!trylocks)
		return -ENOMEM;
	r = gw_breakpoints_new(&trylocks->breakpoints, GW_PERF_SOCKET);
	if (r < 0) {
		free(trylocks);
		return r;
	}
	trylocks->tries = tries;
	trylocks_clear(tries);
	for (size_t i = 0; i < FUNCTIONS; i++) {
		trylocks->places[i].function = trylocks_table[i].function;
		trylocks->places[i].program =
			bpf_program__fd(bpf_object__find_program_by_name(object, trylocks_table[i].program));
	}
	*ret = trylocks;
	return 0;
}

void gw_trylocks_free(struct gw_trylocks *trylocks)
{
	if (!trylocks)
		return;
	gw_trylocks_follow(trylocks, NULL, NULL, 0);
	gw_breakpoints_free(trylocks->breakpoints);
	free(trylocks);
}

bool gw_trylocks_name(const char *function)
{
	for (size_t i = 0; i < FUNCTIONS; i++)
		if (strcmp(trylocks_table[i].function, function) == 0)
			return true;
	return false;
}

/* Those of the kernel itself do not move while it runs. */
static void trylocks_find_functions(struct gw_trylocks *trylocks, const struct gw_kallsyms *kallsyms)
{
	struct gw_symbol symbol;

	for (size_t i = 0; i < FUNCTIONS; i++)
		if (!trylocks->places[i].address && gw_kallsyms_find(kallsyms, trylocks->places[i].function, &symbol))
			trylocks->places[i].address = symbol.address;
}

static void trylocks_add_cpu(struct gw_trylocks *trylocks, uint32_t cpu)
{
	for (size_t i = 0; i < trylocks->n_cpus; i++)
		if (trylocks->cpus[i] == cpu)
			return;
	trylocks->cpus[trylocks->n_cpus++] = cpu;
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
	trylocks_forget_others(trylocks, tasks, count);
	for (size_t i = 0; i < count; i++) {
		struct followed *followed = trylocks_entry(trylocks, &tasks[i]);

		if (followed)
			trylocks_move(followed, tasks[i].cpu);
	}
	trylocks->n_cpus = 0;
	for (size_t i = 0; i < trylocks->count; i++)
		for (size_t cpu = 0; trylocks_is_patient(trylocks, &trylocks->list[i]) && cpu < ITS_CPUS; cpu++)
			trylocks_add_cpu(trylocks, trylocks->list[i].cpus[cpu]);
	if (trylocks->n_cpus > 0)
		trylocks_find_functions(trylocks, kallsyms);
	gw_breakpoints_want(trylocks->breakpoints, trylocks->places, FUNCTIONS, trylocks->cpus, trylocks->n_cpus);
}
