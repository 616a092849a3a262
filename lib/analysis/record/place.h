/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where a sleeping task is, by its stack, and what can end its sleep, by its state: for tasks whose wait nobody tracks. */
#ifndef GPUWATCH_LIB_ANALYSIS_RECORD_PLACE_H
#define GPUWATCH_LIB_ANALYSIS_RECORD_PLACE_H

#include "lib/analysis/record/snapshot.h"

/* Functions on a task's stack; NULL where none is known, always for one that runs. Valid as long as the snapshot. */
struct gw_place {
	/*
	 * The innermost one that means something: not the scheduler's, nor of the wait for a lock, a completion, a timer. Of a
	 * worker without any, its work item's.
	 */
	const struct gw_symbol_record *function;
	/* The innermost one of a GPU driver that calls it; NULL if that is the function itself. */
	const struct gw_symbol_record *driver;
};

struct gw_place gw_place_of(const struct gw_snapshot *snapshot, const struct gw_task_record *task);

/* The same of a task whose CPU was sampled: where it spins. */
struct gw_place gw_place_of_samples(const struct gw_snapshot *snapshot, const struct gw_running_record *running);

/* Which signals end the sleep of a task, by its state. */
enum gw_signals {
	GW_SIGNALS_NONE,
	GW_SIGNALS_FATAL, /* TASK_KILLABLE */
	GW_SIGNALS_ANY,	  /* TASK_INTERRUPTIBLE */
};

enum gw_signals gw_place_signals(const struct gw_task_record *task);

/* Whether the task sleeps in a way that SIGKILL ends, as the OOM killer sends it: not the first process, which is never chosen. */
bool gw_place_may_be_killed(const struct gw_task_record *task);

/* What of the process's own may send one that ends the sleep. Whoever else may is a person, or another process. */
enum gw_alarm {
	GW_ALARM_NONE,	   /* nothing: no signal ends the sleep, or none is to come */
	GW_ALARM_UNREAD,   /* nobody has read it, or not all of it */
	GW_ALARM_CPU_TIME, /* a timer or limit of CPU time, which other threads use up */
	GW_ALARM_THREADS,  /* another thread, which may watch over this one, and end the process */
	GW_ALARM_TIMER,	   /* one of alarm(), setitimer() or timer_create() */
	GW_ALARM_PENDING,  /* it is sent already */
};

/* @expires_ns: of a TIMER, when it fires; 0 = not known */
enum gw_alarm gw_place_alarm(const struct gw_snapshot *snapshot, const struct gw_task_record *task,
			     uint64_t *expires_ns);

/* Whether it was killed, and sleeps on: it cannot end before its wait does. */
bool gw_place_outlasts_kill(const struct gw_task_record *task);

/* For JSON: "none", "fatal", "any". */
const char *gw_signals_name(enum gw_signals signals);

#endif
