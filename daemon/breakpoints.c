/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is wanted, and a thread that makes it so. */
#include "daemon/breakpoints.h"

#include <errno.h>
#include <linux/perf_event.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "daemon/perf/perf.h"

#define STACK_SIZE (64 * 1024) /* all memory of the daemon is locked */
#define PATIENCE_SECONDS 1     /* for the thread's end */

struct wanted {
	struct gw_breakpoint list[GW_BREAKPOINTS_MAX];
	uint32_t cpus[GW_BREAKPOINT_CPUS];
	size_t count, n_cpus;
};

struct gw_breakpoints {
	pthread_t thread;
	pthread_mutex_t lock; /* of the next three; nobody waits for anything else while he has it */
	pthread_cond_t changed;
	struct wanted wanted;
	bool ended;

	struct gw_perf *perf; /* the thread's, as are those that follow */
	struct wanted set;
	int events[GW_BREAKPOINTS_MAX * GW_BREAKPOINT_CPUS];
	size_t n_events;
};

/* ---- the thread ------------------------------------------------------------------------------ */

static void breakpoints_take_away(struct gw_breakpoints *breakpoints)
{
	while (breakpoints->n_events > 0)
		close(breakpoints->events[--breakpoints->n_events]);
}

static void breakpoints_set_one(struct gw_breakpoints *breakpoints, const struct gw_breakpoint *breakpoint,
				uint32_t cpu)
{
	struct gw_perf_event wanted = { .kind = GW_PERF_BREAKPOINT, .cpu = cpu, .address = breakpoint->address };
	int event;

	strncpy(wanted.function, breakpoint->function, sizeof(wanted.function) - 1);
	event = breakpoint->address ? gw_perf_open(breakpoints->perf, &wanted) : -ENOENT;
	if (event < 0)
		return;
	if (ioctl(event, PERF_EVENT_IOC_SET_BPF, breakpoint->program) == 0 &&
	    ioctl(event, PERF_EVENT_IOC_ENABLE, 0) == 0)
		breakpoints->events[breakpoints->n_events++] = event;
	else
		close(event);
}

static void breakpoints_set(struct gw_breakpoints *breakpoints)
{
	const struct wanted *set = &breakpoints->set;

	breakpoints_take_away(breakpoints);
	for (size_t cpu = 0; cpu < set->n_cpus; cpu++)
		for (size_t i = 0; i < set->count; i++)
			breakpoints_set_one(breakpoints, &set->list[i], set->cpus[cpu]);
}

/* Waits until there is something to do; false: for the end. */
static bool breakpoints_wait(struct gw_breakpoints *breakpoints)
{
	bool ended;

	pthread_mutex_lock(&breakpoints->lock);
	while (!breakpoints->ended && memcmp(&breakpoints->wanted, &breakpoints->set, sizeof(breakpoints->set)) == 0)
		pthread_cond_wait(&breakpoints->changed, &breakpoints->lock);
	memcpy(&breakpoints->set, &breakpoints->wanted, sizeof(breakpoints->set));
	ended = breakpoints->ended;
	pthread_mutex_unlock(&breakpoints->lock);
	return !ended;
}

static void *breakpoints_thread(void *userdata)
{
	struct gw_breakpoints *breakpoints = userdata;

	while (breakpoints_wait(breakpoints))
		breakpoints_set(breakpoints);
	breakpoints_take_away(breakpoints);
	return NULL;
}

/* ---- the others ------------------------------------------------------------------------------- */

/* Signals are the event loop's. */
static int breakpoints_start(struct gw_breakpoints *breakpoints)
{
	pthread_attr_t attributes;
	sigset_t all, before;
	int r = pthread_attr_init(&attributes);

	if (r)
		return -r;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	r = pthread_attr_setstacksize(&attributes, STACK_SIZE);
	if (r == 0)
		r = pthread_create(&breakpoints->thread, &attributes, breakpoints_thread, breakpoints);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	pthread_attr_destroy(&attributes);
	return -r;
}

int gw_breakpoints_new(struct gw_breakpoints **ret, const char *socket)
{
	struct gw_breakpoints *breakpoints = calloc(1, sizeof(*breakpoints));
	int r;

	if (!breakpoints)
		return -ENOMEM;
	pthread_mutex_init(&breakpoints->lock, NULL);
	pthread_cond_init(&breakpoints->changed, NULL);
	r = gw_perf_new(&breakpoints->perf, socket);
	if (r >= 0)
		r = breakpoints_start(breakpoints);
	if (r < 0) {
		gw_perf_free(breakpoints->perf);
		free(breakpoints);
		return r;
	}
	*ret = breakpoints;
	return 0;
}

void gw_breakpoints_want(struct gw_breakpoints *breakpoints, const struct gw_breakpoint *list, size_t count,
			 const uint32_t *cpus, size_t n_cpus)
{
	struct wanted wanted;

	memset(&wanted, 0, sizeof(wanted)); /* padding, too: it is compared as bytes */
	for (size_t i = 0; i < count && n_cpus > 0; i++) {
		wanted.list[i].function = list[i].function;
		wanted.list[i].address = list[i].address;
		wanted.list[i].program = list[i].program;
	}
	wanted.count = n_cpus ? count : 0;
	wanted.n_cpus = n_cpus;
	for (size_t i = 0; i < n_cpus; i++)
		wanted.cpus[i] = cpus[i];
	pthread_mutex_lock(&breakpoints->lock);
	memcpy(&breakpoints->wanted, &wanted, sizeof(wanted));
	pthread_cond_signal(&breakpoints->changed);
	pthread_mutex_unlock(&breakpoints->lock);
}

void gw_breakpoints_free(struct gw_breakpoints *breakpoints)
{
	struct timespec until;

	if (!breakpoints)
		return;
	pthread_mutex_lock(&breakpoints->lock);
	breakpoints->ended = true;
	pthread_cond_signal(&breakpoints->changed);
	pthread_mutex_unlock(&breakpoints->lock);
	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += PATIENCE_SECONDS;
	if (pthread_timedjoin_np(breakpoints->thread, NULL, &until) != 0)
		return;
	pthread_mutex_destroy(&breakpoints->lock);
	pthread_cond_destroy(&breakpoints->changed);
	gw_perf_free(breakpoints->perf);
	free(breakpoints);
}
