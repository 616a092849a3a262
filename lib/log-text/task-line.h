/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The lines of a kernel log that name a task. A name may hold anything, colons, slashes and blanks too: the number is
 * always the last one.
 */
#ifndef GPUWATCH_LIB_LOG_TEXT_TASK_LINE_H
#define GPUWATCH_LIB_LOG_TEXT_TASK_LINE_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/log-text/model.h"

/* As long as the longest name of a worker, whose work function the kernel appends. */
#define GW_LOG_COMM_SIZE 64

struct gw_log_name {
	char comm[GW_LOG_COMM_SIZE];
	uint32_t pid;
};

struct gw_log_listing {
	struct gw_log_name name;
	uint32_t tgid, ppid; /* 0 = not printed */
	char state;
};

struct gw_log_blocked {
	struct gw_log_name waiter, owner;
	bool has_owner, last_holder;
	enum gw_log_lock_kind kind;
	enum gw_log_access waiter_access, owner_access;
};

struct gw_log_work {
	const char *workqueue, *function, *module; /* in the line */
	size_t workqueue_length, function_length, module_length;
};

/* "INFO: task Xorg:812 blocked for more than 120 seconds." */
bool gw_log_hung_parse(const char *text, struct gw_log_name *name, uint32_t *seconds);

/* "INFO: task a:1 <reader> blocked on an rw-semaphore likely owned by task b:2 <writer>" */
bool gw_log_blocked_parse(const char *text, struct gw_log_blocked *ret);

/* "task:Xorg state:D stack:0 pid:812 …", and before 5.10 "Xorg            D    0   812    1 0x00000004". */
bool gw_log_listing_parse(const char *text, struct gw_log_listing *ret);

/* "CPU: 3 UID: 0 PID: 812 Comm: Xorg Tainted: …", "Pid: 46, comm: kswapd0 Not tainted"; pid 0 = not in it. */
bool gw_log_cpu_parse(const char *text, struct gw_log_name *name);

/* "watchdog: BUG: soft lockup - CPU#2 stuck for 67s! [kswapd0:46]"; seconds 0 = not in it. */
bool gw_log_soft_lockup_parse(const char *text, struct gw_log_name *name, uint32_t *seconds);

/* "Workqueue: events drm_sched_job_timedout [gpu_sched]" */
bool gw_log_work_parse(const char *text, struct gw_log_work *ret);

/* "workqueue events_unbound: flags=0x2", of "Showing busy workqueues"; @name points into @text. */
bool gw_log_queue_parse(const char *text, const char **name, size_t *length);

/* "in-flight: …", "pending: …", "inactive: …"; moves @text to the first item. */
bool gw_log_items_parse(const char **text, enum gw_log_item_state *state);

/* "  pwq 6: cpus=1 node=0 flags=0x0 nice=0 active=2": the pool's number, and whether its workers run on that one CPU only. */
bool gw_log_pool_parse(const char *text, uint32_t *pool, bool *one_cpu);

/* An item of such a line, or who waits for the one before it. */
struct gw_log_item_text {
	uint32_t pid; /* of the worker that runs it, of who waits; 0 = not printed */
	bool barrier; /* "BAR(812)": 812 waits for the item before; else these: */
	const char *function, *module;
	size_t function_length, module_length;
};

/* Moves @text behind the item. False: there is none. */
bool gw_log_item_next(const char **text, struct gw_log_item_text *ret);

/* "note: kworker/0:1[7] exited with irqs disabled" */
bool gw_log_exited_parse(const char *text, struct gw_log_name *name);

/* "3 locks held by Xorg/812:" */
bool gw_log_holder_parse(const char *text, struct gw_log_name *name);

/* "Xorg/812 is trying to acquire lock:" */
bool gw_log_lockdep_parse(const char *text, struct gw_log_name *name);

/* " #1: ffff88… (&dev->mutex){+.+.}-{3:3}, at: f+0x1/0x2 [m]"; @name points into @text. */
bool gw_log_held_parse(const char *text, struct gw_log_held *ret, size_t *name_length, const char **function);

#endif
