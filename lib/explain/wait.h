/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a task waits for, from the functions it sleeps in. */
#ifndef GPUWATCH_LIB_EXPLAIN_WAIT_H
#define GPUWATCH_LIB_EXPLAIN_WAIT_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/log-text/model.h"

enum gw_text_wait_kind {
	GW_TEXT_WAIT_UNKNOWN, /* no stack */
	GW_TEXT_WAIT_MUTEX,
	GW_TEXT_WAIT_WW_MUTEX,
	GW_TEXT_WAIT_RWSEM_READ,
	GW_TEXT_WAIT_RWSEM_WRITE,
	GW_TEXT_WAIT_SEMAPHORE,
	GW_TEXT_WAIT_PERCPU_RWSEM,
	GW_TEXT_WAIT_FENCE,
	GW_TEXT_WAIT_WORK, /* flushes or cancels it */
	GW_TEXT_WAIT_WORKQUEUE,
	GW_TEXT_WAIT_COMPLETION,
	GW_TEXT_WAIT_RUNTIME_PM,
	GW_TEXT_WAIT_SRCU,
	GW_TEXT_WAIT_PAGE,     /* page lock, writeback, migration entry */
	GW_TEXT_WAIT_NOTIFIER, /* for invalidations of MMU notifiers to end */
	GW_TEXT_WAIT_THREAD,   /* kthread_stop(), kthread_park() */
	GW_TEXT_WAIT_SLEEP,    /* for a time: it looks again afterwards */
	GW_TEXT_WAIT_IO,
	GW_TEXT_WAIT_EVENT, /* in a function of its own */
	GW_TEXT_WAIT_SPIN,  /* on a CPU: for a spinlock, or for another CPU to answer */
};

struct gw_text_wait {
	enum gw_text_wait_kind kind;
	const char *function; /* the outermost one that is part of waiting, "" = none */
	uint32_t caller;      /* index of the first frame of the sample that is not; n_frames = there is none */
	bool reliable;	      /* else only frames with '?' say so */
	bool mixed;	      /* a wait for a fence is called by another wait: two stacks, printed at once */
	bool timed;	      /* ends by itself and is perhaps begun again */
};

struct gw_text_wait gw_text_wait_of(const struct gw_log_model *model, const struct gw_log_sample *sample);

/* Whether the stack is that of a task which ran, and did not go to sleep itself. */
bool gw_text_wait_is_preempted(const struct gw_log_model *model, const struct gw_log_sample *sample);

bool gw_text_wait_is_lock(enum gw_text_wait_kind kind);

#endif
