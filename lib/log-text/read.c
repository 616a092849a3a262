/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Messages in order of time, each read in the light of those before it: a frame belongs to the task that was named
 * last. Where the kernel prints who wrote a line (CONFIG_PRINTK_CALLER), each writer has a place of its own, so that
 * reports printed at the same time are told apart.
 */
#include "lib/log-text/read.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/log-text/capture.h"
#include "lib/log-text/event.h"
#include "lib/log-text/frame.h"
#include "lib/log-text/lines/scan.h"
#include "lib/log-text/ps-table.h"
#include "lib/log-text/ring.h"
#include "lib/log-text/task-line.h"

/* Writers that are told apart at a time; direct-mapped. */
#define PLACES 64

/* Stacks without a name that are kept. */
#define UNNAMED_MAX 64

/* Machines whose lines are mixed. */
#define HOSTS_MAX 16

enum read_block {
	READ_BLOCK_NONE,
	READ_BLOCK_LOCKDEP,
	READ_BLOCK_BUSY, /* a lockup, whose task is still to be named */
	READ_BLOCK_RCU,
	READ_BLOCK_CPU,
	READ_BLOCK_DETECTOR, /* whom the CPU ran that found that RCU's own thread gets no time */
	READ_BLOCK_OOPS,
	READ_BLOCK_WARNING,
	READ_BLOCK_POOL,    /* workers that run, of a pool that gets nowhere for busy_s */
	READ_BLOCK_FREEZER, /* who refused to freeze for busy_s */
};

/* Where a writer is in what it prints. */
struct read_place {
	uint64_t caller;
	enum read_block block;
	uint32_t task, sample; /* whom frames belong to, GW_LOG_NONE = nobody */
	uint32_t holder;       /* whose list of locks it is */
	uint32_t busy_s;
	const char *workqueue; /* whose items follow, NULL = none's */
	uint32_t pool;	       /* of the workers that execute them */
	bool one_cpu;	       /* on which they run */
	bool interrupt;	       /* between <IRQ> and </IRQ> */
	bool stack;	       /* the line before was part of a stack */
	bool deep;	       /* and one of its frames came */
	bool unnamed;	       /* nobody knows whose it is */
	bool ended;	       /* </TASK> has come */
	bool called;	       /* the sample's last frame is the caller that the line before named */
	bool left;	       /* the kernel reports that these locks were not released */
};

/* What is next of a ring. */
enum read_ring {
	READ_RING_NOTHING,
	READ_RING_SIGNALLED,
	READ_RING_EMITTED,
};

struct read_host {
	uint64_t host;
	uint32_t incident;
};

struct log_reader {
	struct gw_log_model *model;
	struct read_place places[PLACES], *place;
	struct gw_log_columns columns;
	struct read_host hosts[HOSTS_MAX];
	uint32_t n_hosts, incident;
	uint32_t tasks_before, events_before; /* the incident */
	uint32_t boot_before; /* the incident that this one is another boot behind, GW_LOG_NONE = none */
	uint32_t listings;    /* of busy workqueues */
	uint32_t readings;    /* of rings */
	enum read_ring ring;
	bool prefixed;	 /* the message has something in front, as in a log that nobody shortened */
	uint32_t bare;	 /* lines in a row that are the name of a function, and nothing else */
	bool bare_waits; /* one of them waits */
	const char *bare_first;
	uint32_t stalled_s; /* how long the pool of the last "workqueue lockup" has been stuck */
	uint32_t loose;	    /* frames that belong to nobody */
	uint32_t unnamed;   /* stacks that no line names the task of */
	int64_t boot_us;    /* time since boot of the message before */
	int64_t time_us;
	int64_t wall_us, wall_before_us; /* of the message, and of the one before, as far as they have one */
	int64_t boot_wall_us;		 /* of the last message of boot_before */
	int64_t end_before_us;		 /* the end of the incident before this message */
	int64_t start_us;		 /* by the clock on the wall, when the time since boot was 0 */
	int64_t delta_from_us;		 /* time of the message before, -1 = it has none */
	bool clocks;			 /* start_us is known: a line had both times */
	bool overtaken;			 /* the message before is younger: another CPU printed at the same time */
	bool wrapped; /* the message before ends where a function's name follows, and it is no frame */
	gw_log_progress progress;
	void *userdata;
};

/* ---- incidents and places ---------------------------------------------------------------------- */

static void read_leave(struct read_place *place)
{
	*place = (struct read_place){
		.caller = place->caller, .task = GW_LOG_NONE, .sample = GW_LOG_NONE, .holder = GW_LOG_NONE
	};
}

static int read_new_incident(struct log_reader *reader)
{
	if (gw_log_add_incident(reader->model) < 0)
		return -ENOMEM;
	reader->incident = reader->model->incidents - 1;
	/* Seconds since another start, or of another clock. */
	reader->model->last_us = -1;
	reader->tasks_before = reader->model->n_tasks;
	reader->events_before = reader->model->n_events;
	reader->loose = 0;
	for (int i = 0; i < PLACES; i++)
		read_leave(&reader->places[i]);
	return 0;
}

/* The first host is the incident that began without one. */
static int read_host(struct log_reader *reader, uint64_t host)
{
	int r = 0;

	for (uint32_t i = 0; i < reader->n_hosts; i++) {
		if (reader->hosts[i].host != host)
			continue;
		reader->incident = reader->hosts[i].incident;
		return 0;
	}
	if (reader->n_hosts == HOSTS_MAX)
		return 0;
	if (reader->n_hosts > 0) {
		r = read_new_incident(reader);
		reader->boot_before = GW_LOG_NONE;
	}
	reader->hosts[reader->n_hosts++] = (struct read_host){ host, reader->incident };
	return r;
}

static void read_forget_end(struct log_reader *reader)
{
	reader->model->last_us = reader->model->spans[reader->incident].last_us = -1;
}

/* Whether something was seen in this boot yet: a task, or a word of a driver. */
static bool read_has_begun(const struct log_reader *reader)
{
	const struct gw_log_model *model = reader->model;

	if (model->n_tasks != reader->tasks_before)
		return true;
	for (uint32_t i = reader->events_before; i < model->n_events; i++)
		if (model->events[i].kind >= GW_LOG_EVENT_JOB_TIMEOUT &&
		    model->events[i].kind <= GW_LOG_EVENT_RCU_STALL)
			return true;
	return false;
}

/* Another boot, as it seems. */
static int read_boot(struct log_reader *reader)
{
	uint32_t before = reader->incident;

	reader->clocks = false;
	if (!read_has_begun(reader)) {
		reader->events_before = reader->model->n_events;
		read_forget_end(reader);
		return 0;
	}
	if (read_new_incident(reader) < 0)
		return -ENOMEM;
	reader->boot_before = before;
	reader->boot_wall_us = reader->wall_before_us;
	reader->model->spans[before].next = reader->incident;
	for (uint32_t i = 0; i < reader->n_hosts; i++)
		reader->hosts[i].incident = reader->incident;
	return 0;
}

/*
 * "Linux version": a boot, and one after what comes before it in the text, if that has such a line, too, or an earlier date. Otherwise the log
 * of the whole boot may stand below an excerpt of the same boot.
 */
static int read_kernel_begins(struct log_reader *reader)
{
	struct gw_log_incident *spans;
	uint32_t before = reader->incident;
	int r = read_boot(reader);

	if (r < 0)
		return r;
	spans = reader->model->spans;
	if (reader->incident != before) {
		spans[before].last_us = reader->end_before_us;
		spans[reader->incident].last_us = reader->time_us;
	}
	spans[reader->incident].booted = true;
	if (reader->boot_before != GW_LOG_NONE &&
	    (spans[reader->boot_before].booted ||
	     (reader->boot_wall_us >= 0 && reader->wall_us > reader->boot_wall_us)))
		spans[reader->boot_before].rebooted = true;
	return 0;
}

/* journalctl's mark leaves no doubt. */
static int read_boot_mark(struct log_reader *reader)
{
	uint32_t before = reader->incident;
	int r = read_boot(reader);

	if (r == 0 && reader->incident != before)
		reader->model->spans[before].rebooted = true;
	reader->boot_us = -1;
	return r;
}

/* Printing takes its time before it takes its place in the log; longer than that no CPU is held up in between. */
#define OVERTAKEN_MAX_US 10000

/*
 * syslog has the kernel's lines with both times, and those of other programs between them with one. Before the first line that has
 * both, there is no way from the one to the other: what is known of the end of the log then is forgotten.
 */
static int64_t read_clock(struct log_reader *reader, const struct gw_log_line *origin)
{
	/* dmesg -e prints how much later than the line before. */
	if (origin->delta_us >= 0 && origin->time_us < 0 && origin->wall_us < 0)
		return reader->delta_from_us >= 0 ? reader->delta_from_us + origin->delta_us : -1;
	if (origin->time_us >= 0) {
		if (origin->wall_us >= 0 && !reader->clocks)
			read_forget_end(reader);
		if (origin->wall_us >= 0) {
			reader->start_us = origin->wall_us - origin->time_us;
			reader->clocks = true;
		}
		return origin->time_us;
	}
	if (!reader->clocks || origin->wall_us < 0)
		return origin->wall_us;
	return origin->wall_us >= reader->start_us ? origin->wall_us - reader->start_us : -1;
}

/* Parts of a report may have been put together in another order; what begins anew near zero is another boot. */
static int read_time(struct log_reader *reader, const struct gw_log_line *origin)
{
	struct gw_log_incident *span;
	int r = 0;

	if (origin->wall_us >= 0) {
		reader->wall_before_us = reader->wall_us;
		reader->wall_us = origin->wall_us;
	}
	reader->overtaken = origin->time_us >= 0 && origin->time_us < reader->boot_us &&
			    reader->boot_us - origin->time_us < OVERTAKEN_MAX_US;
	if (origin->time_us >= 0) {
		if (reader->boot_us >= 60000000 && origin->time_us < reader->boot_us / 4)
			r = read_boot(reader);
		reader->boot_us = origin->time_us;
	}
	reader->time_us = reader->delta_from_us = read_clock(reader, origin);
	if (reader->time_us > reader->model->last_us)
		reader->model->last_us = reader->time_us;
	span = &reader->model->spans[reader->incident];
	reader->end_before_us = span->last_us;
	if (reader->time_us > span->last_us)
		span->last_us = reader->time_us;
	return r;
}

static int read_origin(struct log_reader *reader, const struct gw_log_line *origin)
{
	struct read_place *place = &reader->places[(origin->caller ^ origin->caller >> 56) % PLACES];
	int r = origin->host ? read_host(reader, origin->host) : 0;

	r = r ?: read_time(reader, origin);
	if (place->caller != origin->caller) {
		place->caller = origin->caller;
		read_leave(place);
	}
	reader->place = place;
	reader->prefixed = origin->prefixed;
	reader->model->messages++;
	reader->model->spans[reader->incident].last_line = ++reader->model->last_line;
	return r;
}

/* ---- tasks and samples --------------------------------------------------------------------------- */

/* Makes the task the one that what follows is about. */
static int read_task(struct log_reader *reader, const struct gw_log_name *name, uint32_t *ret)
{
	int r = gw_log_task(reader->model, reader->incident, name->pid, name->comm, ret);

	return r == -ENOSPC ? 0 : r;
}

static int read_sample(struct log_reader *reader, uint32_t task, enum gw_log_sample_kind kind, char state,
		       uint32_t seconds)
{
	struct gw_log_sample sample = {
		.kind = kind,
		.task = task,
		.state = state,
		.blocked_s = seconds,
		.time_us = reader->time_us,
	};
	struct read_place *place = reader->place;

	place->task = task;
	place->sample = GW_LOG_NONE;
	place->holder = GW_LOG_NONE;
	place->block = READ_BLOCK_NONE;
	place->interrupt = false;
	place->ended = false;
	place->unnamed = false;
	place->left = false;
	place->stack = true;
	if (task == GW_LOG_NONE)
		return 0;
	return gw_log_add_sample(reader->model, &sample, &place->sample);
}

static const char *read_intern(struct log_reader *reader, const char *text, size_t length)
{
	return gw_log_intern(reader->model, text, length);
}

static int read_hung(struct log_reader *reader, const struct gw_log_name *name, uint32_t seconds)
{
	uint32_t task;
	int r = read_task(reader, name, &task);

	if (r < 0 || task == GW_LOG_NONE)
		return r;
	reader->model->tasks[task].rounds++;
	if (reader->model->n_events)
		reader->model->events[reader->model->n_events - 1].task = task;
	return read_sample(reader, task, GW_LOG_SAMPLE_HUNG, 'D', seconds);
}

/* The listing right below a hung-task report's, or a lockup's, first line is part of it. */
static bool read_goes_on(const struct log_reader *reader, uint32_t task)
{
	const struct read_place *place = reader->place;

	return place->task == task && place->sample != GW_LOG_NONE &&
	       reader->model->samples[place->sample].n_frames == 0;
}

/*
 * A stall of RCU lists tasks, too: the one that a CPU runs ("Task dump for CPU 2:") or that was preempted in a section, and its own thread
 * when that got no time.
 */
static bool read_is_stalling(const struct log_reader *reader, const struct gw_log_listing *listing)
{
	return reader->place->block == READ_BLOCK_RCU && listing->state == 'R' &&
	       strncmp(listing->name.comm, "rcu_", 4) != 0;
}

/* Of the task that was just reported; somebody has perhaps changed one of its two names before the log was pasted. */
static bool read_is_reported(const struct log_reader *reader, uint32_t pid)
{
	const struct read_place *place = reader->place;

	return place->task != GW_LOG_NONE && pid && reader->model->tasks[place->task].pid == pid &&
	       read_goes_on(reader, place->task) && reader->model->samples[place->sample].kind == GW_LOG_SAMPLE_HUNG;
}

static int read_listing(struct log_reader *reader, const struct gw_log_listing *listing)
{
	enum read_block block = reader->place->block;
	bool stalls = read_is_stalling(reader, listing) || (block == READ_BLOCK_POOL && listing->state == 'R');
	bool refuses = block == READ_BLOCK_FREEZER && listing->state == 'D';
	uint32_t task = reader->place->task;
	uint32_t seconds = refuses || block == READ_BLOCK_POOL ? reader->place->busy_s : 0;
	struct gw_log_task *about;
	int r = read_is_reported(reader, listing->name.pid) ? 0 : read_task(reader, &listing->name, &task);

	if (r < 0 || task == GW_LOG_NONE)
		return r;
	about = &reader->model->tasks[task];
	about->tgid = listing->tgid ? listing->tgid : about->tgid;
	about->ppid = listing->ppid ? listing->ppid : about->ppid;
	about->kernel = about->ppid == 2 || about->pid == 2;
	if (read_goes_on(reader, task)) {
		reader->model->samples[reader->place->sample].state = listing->state;
		reader->place->stack = true;
		return 0;
	}
	r = read_sample(reader, task,
			stalls			       ? GW_LOG_SAMPLE_BUSY
			: refuses		       ? GW_LOG_SAMPLE_HUNG
			: block == READ_BLOCK_DETECTOR ? GW_LOG_SAMPLE_CPU
						       : GW_LOG_SAMPLE_LISTED,
			listing->state, seconds);
	/* What the CPUs do comes behind the list, and the next one that refuses behind the first. */
	if (block == READ_BLOCK_RCU || block == READ_BLOCK_FREEZER || block == READ_BLOCK_POOL)
		reader->place->block = block;
	return r;
}

/* A number with a line for each frame is one stack; a listing that was cut short belongs to the report above it. */
static bool read_capture_goes_on(const struct log_reader *reader, const struct gw_log_capture *capture)
{
	const struct gw_log_task *task;

	if (reader->place->task == GW_LOG_NONE || reader->place->sample == GW_LOG_NONE)
		return false;
	task = &reader->model->tasks[reader->place->task];
	if (capture->frame)
		return task->pid == capture->name.pid;
	return read_goes_on(reader, reader->place->task) &&
	       (capture->name.pid ? task->pid == capture->name.pid : strcmp(task->comm, capture->name.comm) == 0);
}

static int read_frame(struct log_reader *reader, const struct gw_log_frame_text *text);

/* Tasks that were named last, among which one without a number is looked for. */
#define RECENT_TASKS 16

/* A listing without a number is of the task of that name that was reported as hung before, without a stack, if there is one. */
static struct gw_log_name read_capture_name(const struct log_reader *reader, const struct gw_log_capture *capture)
{
	const struct gw_log_model *model = reader->model;
	uint32_t end = model->n_tasks, begin = end > RECENT_TASKS ? end - RECENT_TASKS : 0;
	struct gw_log_name name = capture->name;

	for (uint32_t i = begin; i < end && capture->name.pid == 0; i++) {
		const struct gw_log_task *task = &model->tasks[i];

		if (task->incident == reader->incident && task->rounds && task->last_sample != GW_LOG_NONE &&
		    model->samples[task->last_sample].n_frames == 0 && strcmp(task->comm, name.comm) == 0)
			name.pid = name.pid ? UINT32_MAX : task->pid;
	}
	return name.pid == UINT32_MAX ? capture->name : name;
}

static int read_capture(struct log_reader *reader, const struct gw_log_capture *capture)
{
	struct gw_log_frame_text frame;
	uint32_t task;
	int r = 0;

	if (!read_capture_goes_on(reader, capture)) {
		struct gw_log_name name = read_capture_name(reader, capture);

		r = read_task(reader, &name, &task);
		r = r ?: read_sample(reader, task, GW_LOG_SAMPLE_LISTED, capture->state, 0);
	} else if (capture->state) {
		reader->model->samples[reader->place->sample].state = capture->state;
	}
	if (r == 0 && capture->frame && gw_log_frame_parse(&frame, capture->frame))
		r = read_frame(reader, &frame);
	return r;
}

static int read_work(struct log_reader *reader, const struct gw_log_work *work)
{
	struct gw_log_task *task;

	if (reader->place->task == GW_LOG_NONE)
		return 0;
	task = &reader->model->tasks[reader->place->task];
	task->workqueue = read_intern(reader, work->workqueue, work->workqueue_length);
	task->work_function = read_intern(reader, work->function, work->function_length);
	task->work_module = read_intern(reader, work->module, work->module_length);
	task->kernel = true;
	return task->workqueue && task->work_function && task->work_module ? 0 : -ENOMEM;
}

static int read_blocked(struct log_reader *reader, const struct gw_log_blocked *blocked)
{
	struct gw_log_blocker blocker = {
		.owner = GW_LOG_NONE,
		.kind = blocked->kind,
		.waiter_access = blocked->waiter_access,
		.owner_access = blocked->owner_access,
		.last_holder = blocked->last_holder,
	};
	int r = read_task(reader, &blocked->waiter, &blocker.waiter);

	if (r == 0 && blocked->has_owner)
		r = read_task(reader, &blocked->owner, &blocker.owner);
	if (r < 0 || blocker.waiter == GW_LOG_NONE)
		return r;
	read_leave(reader->place);
	return gw_log_add_blocker(reader->model, &blocker);
}

/* ---- what CPUs did ---------------------------------------------------------------------------------- */

static enum gw_log_sample_kind read_cpu_kind(enum read_block block)
{
	switch (block) {
	case READ_BLOCK_BUSY:
	case READ_BLOCK_RCU:
		return GW_LOG_SAMPLE_BUSY;
	case READ_BLOCK_OOPS:
		return GW_LOG_SAMPLE_OOPS;
	case READ_BLOCK_CPU:
		return GW_LOG_SAMPLE_CPU;
	default:
		return GW_LOG_SAMPLE_LOCKDEP;
	}
}

/* Reports name the task that a CPU runs in a line of its own, behind their heading. */
static int read_cpu(struct log_reader *reader, const struct gw_log_name *name)
{
	enum read_block block = reader->place->block;
	uint32_t task, seconds = reader->place->busy_s;
	int r = read_task(reader, name, &task);

	if (r < 0 || task == GW_LOG_NONE || read_goes_on(reader, task))
		return r;
	r = read_sample(reader, task, read_cpu_kind(block), 'R', seconds);
	if (block == READ_BLOCK_OOPS)
		reader->model->tasks[task].died = true;
	if (block == READ_BLOCK_LOCKDEP || block == READ_BLOCK_RCU)
		reader->place->block = block;
	return r;
}

static int read_soft_lockup(struct log_reader *reader, const struct gw_log_name *name, uint32_t seconds)
{
	uint32_t task;
	int r = read_task(reader, name, &task);

	return r ?: read_sample(reader, task, GW_LOG_SAMPLE_BUSY, 'R', seconds);
}

/* ---- stacks -------------------------------------------------------------------------------------------- */

/* What watches a function stands between it and its caller, and is neither. */
static bool read_is_watcher(const struct gw_log_frame_text *text)
{
	static const char *const begin[] = {
		"bpf_trampoline_", "bpf_prog_",		 "__bpf_prog_",		 "__bpf_tramp_", "ftrace_trampoline",
		"arch_rethook_",   "rethook_trampoline", "kretprobe_trampoline", "__kretprobe_"
	};

	for (size_t i = 0; i < sizeof(begin) / sizeof(begin[0]); i++) {
		const char *function = text->function;

		if (gw_scan_word(&function, begin[i]))
			return true;
	}
	/*
	 * The kernel looks the address before a return address up: that of a trampoline lies in the function before it, and so does
	 * a pointer to a function that lies on the stack. Where functions have a prefix, that one is named.
	 */
	return text->past_end && (text->reliable || strncmp(text->function, "__pfx_", 6) != 0);
}

/* A stack whose heading was left behind: in what order it stands is known, and whose it is is not. */
static int read_unnamed(struct log_reader *reader, const struct gw_log_frame_text *text, const char *line)
{
	struct gw_log_name name = { .pid = 0 };
	struct read_place *place = reader->place;
	bool fresh = place->sample == GW_LOG_NONE && !place->deep && place->block == READ_BLOCK_NONE;
	uint32_t task;
	int r;

	if (place->unnamed && place->sample != GW_LOG_NONE && reader->model->samples[place->sample].n_frames) {
		const struct gw_log_sample *sample = &reader->model->samples[place->sample];

		fresh = gw_log_capture_ends(reader->model->frames[sample->first_frame + sample->n_frames - 1].function);
	}
	if (!fresh || !text->certain || !text->reliable || !gw_log_capture_begins(line, text->function) ||
	    reader->unnamed == UNNAMED_MAX)
		return 0;
	snprintf(name.comm, sizeof(name.comm), "unnamed task %u", ++reader->unnamed);
	r = read_task(reader, &name, &task);
	if (r < 0 || task == GW_LOG_NONE)
		return r;
	reader->model->tasks[task].unnamed = true;
	r = read_sample(reader, task, GW_LOG_SAMPLE_LISTED, 0, 0);
	place->unnamed = true;
	return r;
}

/* The line before has named the function of this one, as what it was called from. */
static bool read_has_frame(const struct log_reader *reader, const char *function)
{
	const struct gw_log_model *model = reader->model;
	const struct gw_log_sample *sample = &model->samples[reader->place->sample];

	return reader->place->called && sample->n_frames > 0 &&
	       model->frames[sample->first_frame + sample->n_frames - 1].function == function;
}

/* The last line's caller has no line of its own. */
static int read_caller(struct log_reader *reader, const struct gw_log_frame_text *text)
{
	struct gw_log_frame frame = {
		.function = read_intern(reader, text->caller, text->caller_length),
		.module = read_intern(reader, text->caller_module, text->caller_module_length),
		.reliable = text->reliable,
		.interrupt = reader->place->interrupt,
	};

	if (!frame.function || !frame.module)
		return -ENOMEM;
	reader->place->called = *frame.function;
	return reader->place->called ? gw_log_add_frame(reader->model, reader->place->sample, &frame) : 0;
}

static int read_frame(struct log_reader *reader, const struct gw_log_frame_text *text)
{
	struct read_place *place = reader->place;
	int r = 0;
	struct gw_log_frame frame = {
		.function = read_intern(reader, text->function, text->function_length),
		.module = read_intern(reader, text->module, text->module_length),
		.reliable = text->reliable,
		.inlined = text->inlined,
		.interrupt = place->interrupt,
	};

	if (!frame.function || !frame.module)
		return -ENOMEM;
	place->stack = true;
	place->deep |= text->reliable;
	if (place->sample == GW_LOG_NONE || !*frame.function || read_is_watcher(text))
		return 0;
	reader->model->samples[place->sample].torn |= place->ended || (reader->overtaken && !place->caller);
	if (!read_has_frame(reader, frame.function))
		r = gw_log_add_frame(reader->model, place->sample, &frame);
	return r ?: read_caller(reader, text);
}

static bool read_mark(struct log_reader *reader, const char *text)
{
	struct read_place *place = reader->place;

	if (strncmp(text, "<IRQ>", 5) == 0 || strncmp(text, "<NMI>", 5) == 0)
		place->interrupt = true;
	else if (strncmp(text, "</IRQ>", 6) == 0 || strncmp(text, "</NMI>", 6) == 0 || strncmp(text, "<EOI>", 5) == 0)
		place->interrupt = false;
	else if (strncmp(text, "Call Trace:", 11) != 0 && strncmp(text, "Call trace:", 11) != 0 &&
		 strncmp(text, "<TASK>", 6) != 0 && strncmp(text, "</TASK>", 7) != 0)
		return false;
	place->stack = strncmp(text, "</TASK>", 7) != 0;
	place->ended |= !place->stack;
	return true;
}

/* Before Linux 4.9 a mark has the frame behind it: "<EOI>  [<ffffffff810aab10>] f+0x1/0x2". */
static int read_marked_frame(struct log_reader *reader, const char *text)
{
	const char *at = gw_scan_after(text, "> ");
	struct gw_log_frame_text frame;

	if (!at)
		return 0;
	gw_scan_spaces(&at);
	return gw_log_frame_parse(&frame, at) && frame.certain ? read_frame(reader, &frame) : 0;
}

/* ---- locks --------------------------------------------------------------------------------------------- */

static int read_holder(struct log_reader *reader, const struct gw_log_name *name)
{
	reader->place->task = reader->place->sample = GW_LOG_NONE;
	reader->place->stack = false;
	return read_task(reader, name, &reader->place->holder);
}

static const char *read_function(struct log_reader *reader, const char *text)
{
	struct gw_log_frame_text frame;

	if (!text || !gw_log_frame_parse(&frame, text))
		return "";
	return read_intern(reader, frame.function, frame.function_length);
}

/* A lock has a line for each inlined function; the last one is the function that has an address. */
static int read_held(struct log_reader *reader, struct gw_log_held *held, size_t length, const char *function)
{
	struct gw_log_model *model = reader->model;
	struct gw_log_held *last = model->n_held ? &model->held[model->n_held - 1] : NULL;

	held->task = reader->place->holder;
	held->lockdep = reader->place->block == READ_BLOCK_LOCKDEP;
	held->left = reader->place->left;
	held->name = read_intern(reader, held->name, length);
	held->function = read_function(reader, function);
	if (!held->name || !held->function)
		return -ENOMEM;
	if (held->task == GW_LOG_NONE)
		return 0;
	if (last && last->task == held->task && last->index == held->index && last->address == held->address) {
		if (*held->function)
			last->function = held->function;
		return 0;
	}
	return gw_log_add_held(model, held);
}

/* lockdep names its task twice: above the locks, and above the stack, which may be cut off. */
static int read_lockdep(struct log_reader *reader, const struct gw_log_name *name)
{
	uint32_t task;
	int r = read_task(reader, name, &task);

	if (r < 0 || task == GW_LOG_NONE)
		return r;
	r = read_sample(reader, task, GW_LOG_SAMPLE_LOCKDEP, 'R', 0);
	reader->place->sample = GW_LOG_NONE;
	reader->place->block = READ_BLOCK_LOCKDEP;
	return r;
}

/* ---- busy workqueues --------------------------------------------------------------------------------------- */

/* Only numbers are printed there: a task whose name comes later, or never. */
static int read_number(struct log_reader *reader, uint32_t pid, uint32_t *ret)
{
	struct gw_log_name name = { .pid = pid };

	*ret = GW_LOG_NONE;
	return pid ? read_task(reader, &name, ret) : 0;
}

static int read_queue(struct log_reader *reader, const char *name, size_t length)
{
	read_leave(reader->place);
	reader->place->workqueue = read_intern(reader, name, length);
	return reader->place->workqueue ? 0 : -ENOMEM;
}

static int read_item(struct log_reader *reader, const struct gw_log_item_text *text, enum gw_log_item_state state)
{
	struct gw_log_item item = {
		.incident = reader->incident,
		.listing = reader->listings,
		.workqueue = reader->place->workqueue,
		.function = read_intern(reader, text->function, text->function_length),
		.module = read_intern(reader, text->module, text->module_length),
		.state = state,
		.pool = reader->place->pool,
		.one_cpu = reader->place->one_cpu,
		.flusher = GW_LOG_NONE,
	};
	int r = read_number(reader, text->pid, &item.worker);

	if (!item.function || !item.module)
		return -ENOMEM;
	return r ?: gw_log_add_item(reader->model, &item);
}

static int read_items(struct log_reader *reader, const char *text, enum gw_log_item_state state)
{
	struct gw_log_model *model = reader->model;
	struct gw_log_item_text item;
	uint32_t before = model->n_items;
	int r = 0;

	while (r == 0 && reader->place->workqueue && gw_log_item_next(&text, &item))
		if (!item.barrier)
			r = read_item(reader, &item, state);
		else if (model->n_items > before)
			r = read_number(reader, item.pid, &model->items[model->n_items - 1].flusher);
	return r;
}

static bool read_busy_queues(struct log_reader *reader, const char *text, int *r)
{
	enum gw_log_item_state state;
	const char *name, *items = text;
	size_t length;

	if (gw_log_queue_parse(text, &name, &length))
		*r = read_queue(reader, name, length);
	else if (reader->place->workqueue && gw_log_pool_parse(text, &reader->place->pool, &reader->place->one_cpu))
		*r = 0;
	else if (gw_log_items_parse(&items, &state))
		*r = read_items(reader, items, state);
	else
		return false;
	return true;
}

/* ---- rings ------------------------------------------------------------------------------------------------- */

/* A ring that does not come after the one before begins another reading, or that of another GPU. */
static int read_ring_heading(struct log_reader *reader, const struct gw_log_ring_text *line)
{
	struct gw_log_model *model = reader->model;
	struct gw_log_ring ring = { .incident = reader->incident, .number = line->number };
	uint32_t before = model->n_rings;
	int r;

	if (before == 0 || model->rings[before - 1].number >= line->number)
		reader->readings++;
	ring.reading = reader->readings;
	ring.name = read_intern(reader, line->name, strlen(line->name));
	r = ring.name ? gw_log_add_ring(model, &ring) : -ENOMEM;
	reader->ring = model->n_rings > before ? READ_RING_SIGNALLED : READ_RING_NOTHING;
	return r;
}

/* Of its several pairs the first one is that of the jobs. */
static bool read_ring(struct log_reader *reader, const char *text, int *r)
{
	struct gw_log_ring_text line;
	struct gw_log_ring *ring;

	if (!gw_log_ring_parse(text, &line))
		return false;
	if (line.line == GW_LOG_RING_HEADING) {
		*r = read_ring_heading(reader, &line);
		return true;
	}
	if (reader->ring == READ_RING_NOTHING)
		return true;
	ring = &reader->model->rings[reader->model->n_rings - 1];
	if (reader->ring == READ_RING_SIGNALLED && line.line == GW_LOG_RING_SIGNALLED) {
		ring->signalled = line.seqno;
		reader->ring = READ_RING_EMITTED;
		return true;
	}
	if (reader->ring == READ_RING_EMITTED && line.line == GW_LOG_RING_EMITTED) {
		ring->emitted = line.seqno;
		ring->whole = true;
	}
	reader->ring = READ_RING_NOTHING;
	return true;
}

/* ---- tables of ps ---------------------------------------------------------------------------------------- */

static int read_row(struct log_reader *reader, const struct gw_log_row *row)
{
	struct gw_log_frame frame = { .module = "", .reliable = true };
	uint32_t task;
	int r;

	if (!row->wchan[0])
		return 0;
	r = read_task(reader, &row->name, &task);
	if (r < 0 || task == GW_LOG_NONE)
		return r;
	reader->model->tasks[task].tgid = row->tgid;
	r = read_sample(reader, task, GW_LOG_SAMPLE_TABLE, row->state, 0);
	frame.function = read_intern(reader, row->wchan, strcspn(row->wchan, "."));
	if (r == 0 && !frame.function)
		r = -ENOMEM;
	if (r == 0 && reader->place->sample != GW_LOG_NONE)
		r = gw_log_add_frame(reader->model, reader->place->sample, &frame);
	read_leave(reader->place);
	return r;
}

static bool read_table(struct log_reader *reader, const char *text, int *r)
{
	struct gw_log_row row;

	if (gw_log_columns_parse(text, &reader->columns))
		return true;
	if (!gw_log_row_parse(text, &reader->columns, &row) &&
	    (reader->prefixed || !gw_log_row_without_heading(text, &row))) {
		reader->columns.count = 0;
		return false;
	}
	*r = read_row(reader, &row);
	return true;
}

/* ---- events ------------------------------------------------------------------------------------------------ */

/*
 * An expedited grace period may complain after 20 ms already (CONFIG_RCU_EXP_CPU_STALL_TIMEOUT); of these jiffies there are 100 to 1000 in
 * a second.
 */
#define SHORT_STALL_JIFFIES 1000

/* "detected expedited stalls on CPUs/tasks: { 8-... } 11 jiffies s: 225": a CPU that was busy for a moment. */
static bool read_is_short_stall(const struct gw_log_event *event)
{
	const char *after =
		event->kind == GW_LOG_EVENT_RCU_STALL ? gw_scan_after(event->text, " expedited stalls on ") : NULL;
	const char *count = after ? gw_scan_after(after, "} ") : NULL;
	uint32_t jiffies;

	return count && gw_scan_number(&count, &jiffies) && gw_scan_word(&count, " jiffies") &&
	       jiffies < SHORT_STALL_JIFFIES;
}

static void read_block(struct log_reader *reader, const struct gw_log_event *event)
{
	static const enum read_block blocks[GW_LOG_EVENTS] = {
		[GW_LOG_EVENT_HARD_LOCKUP] = READ_BLOCK_BUSY, [GW_LOG_EVENT_SOFT_LOCKUP] = READ_BLOCK_BUSY,
		[GW_LOG_EVENT_RCU_STALL] = READ_BLOCK_RCU,    [GW_LOG_EVENT_LOCKDEP] = READ_BLOCK_LOCKDEP,
		[GW_LOG_EVENT_OOPS] = READ_BLOCK_OOPS,	      [GW_LOG_EVENT_PANIC] = READ_BLOCK_WARNING,
		[GW_LOG_EVENT_SYSRQ] = READ_BLOCK_WARNING,
	};
	struct read_place *place = reader->place;

	if (blocks[event->kind] == READ_BLOCK_NONE || strstr(event->text, "kthread starved for"))
		return;
	/* The heading of an oops has several lines; an oops within a report ends that one. */
	read_leave(place);
	place->block = read_is_short_stall(event)	      ? READ_BLOCK_WARNING
		       : strstr(event->text, "All QSes seen") ? READ_BLOCK_DETECTOR
							      : blocks[event->kind];
	place->busy_s = event->number;
}

/* "Process information: process Xorg pid 2104 thread Xorg:cs0 pid 4123", after the timeout of its job. */
static int read_process(struct log_reader *reader, const char *text)
{
	struct gw_log_model *model = reader->model;
	const char *process = gw_scan_after(text, "rocess information: process "), *thread, *pid;
	struct gw_log_name name = { .pid = 0 };
	uint32_t tgid, task;
	int r;

	process = process ? gw_scan_after(process, " pid ") : NULL;
	thread = process && gw_scan_number(&process, &tgid) ? gw_scan_after(process, " thread ") : NULL;
	pid = thread ? gw_scan_after(thread, " pid ") : NULL;
	if (!pid || pid - thread >= GW_LOG_COMM_SIZE || model->n_events == 0 || !gw_scan_number(&pid, &name.pid) ||
	    name.pid == 0)
		return 0;
	memcpy(name.comm, thread, strcspn(thread, " "));
	r = read_task(reader, &name, &task);
	if (r == 0 && task != GW_LOG_NONE) {
		model->tasks[task].tgid = tgid;
		model->events[model->n_events - 1].task = task;
	}
	return r;
}

static int read_event(struct log_reader *reader, const char *text)
{
	struct gw_log_event event;
	const char *device;
	size_t length;

	if (!gw_log_event_parse(&event, text, &device, &length))
		return read_process(reader, text);
	if (event.kind == GW_LOG_EVENT_BOOT && read_kernel_begins(reader) < 0)
		return -ENOMEM;
	if (event.kind == GW_LOG_EVENT_WORKQUEUE_LOCKUP && event.number)
		reader->stalled_s = event.number;
	event.incident = reader->incident;
	event.time_us = reader->time_us;
	event.line = reader->model->last_line;
	event.device = device ? read_intern(reader, device, length) : "";
	event.text = read_intern(reader, text, strlen(text));
	if (!event.device || !event.text)
		return -ENOMEM;
	read_block(reader, &event);
	return gw_log_add_event(reader->model, &event);
}

/* Names of functions in a row, so that they are a stack that somebody typed or cut out. */
#define BARE_MIN 4

static bool read_is_bare(const char *text)
{
	size_t length = strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789_");

	return length >= 5 && text[length] == '\0' && (gw_scan_is_letter(text[0]) || text[0] == '_') &&
	       strchr(text, '_');
}

static bool read_waits(const char *function)
{
	static const char *const words[] = { "schedule", "mutex_lock", "rwsem_", "spin_lock", "_wait", "wait_for_" };

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strstr(function, words[i]))
			return true;
	return false;
}

static int read_add_bare(struct log_reader *reader)
{
	struct gw_log_event event = { .kind = GW_LOG_EVENT_BARE_STACK, .task = GW_LOG_NONE, .device = "" };

	event.incident = reader->incident;
	event.time_us = reader->time_us;
	event.line = reader->model->last_line;
	event.text = reader->bare_first;
	return gw_log_add_event(reader->model, &event);
}

/* Of no task: it shows nothing but that somebody saw something hang. */
static int read_bare(struct log_reader *reader, const char *text)
{
	if (reader->prefixed || !read_is_bare(text)) {
		reader->bare = 0;
		return 0;
	}
	if (reader->bare++ == 0) {
		reader->bare_waits = false;
		reader->bare_first = read_intern(reader, text, strlen(text));
	}
	reader->bare_waits |= read_waits(text);
	if (!reader->bare_first)
		return -ENOMEM;
	return reader->bare == BARE_MIN && reader->bare_waits ? read_add_bare(reader) : 0;
}

/* "Tainted: G        W   6.1.0-18-amd64 #1", "Not tainted 6.7.0", "Linux version 6.1.0". */
static int read_release(struct log_reader *reader, const char *text)
{
	const char *at = gw_scan_after(text, "ainted"), *end;

	if (!at)
		at = gw_scan_after(text, "Linux version");
	if (!at || *reader->model->release)
		return 0;
	for (; *at; at++)
		if (at[-1] == ' ' && gw_scan_is_digit(*at) &&
		    (at[1] == '.' || (gw_scan_is_digit(at[1]) && at[2] == '.')))
			break;
	end = at + strcspn(at, " ");
	reader->model->release = read_intern(reader, at, (size_t)(end - at));
	return reader->model->release ? 0 : -ENOMEM;
}

/* ---- one message --------------------------------------------------------------------------------------------- */

/* Lines that name a task. Returns whether it is one. */
static bool read_task_line(struct log_reader *reader, const char *text, int *r)
{
	struct gw_log_blocked blocked;
	struct gw_log_listing listing;
	struct gw_log_capture capture;
	struct gw_log_name name;
	uint32_t seconds, task;

	if (gw_log_hung_parse(text, &name, &seconds))
		*r = read_hung(reader, &name, seconds);
	else if (gw_log_blocked_parse(text, &blocked))
		*r = read_blocked(reader, &blocked);
	else if (gw_log_listing_parse(text, &listing))
		*r = read_listing(reader, &listing);
	else if (gw_log_soft_lockup_parse(text, &name, &seconds))
		*r = read_soft_lockup(reader, &name, seconds);
	else if (gw_log_cpu_parse(text, &name))
		*r = read_cpu(reader, &name);
	else if (reader->place->block == READ_BLOCK_LOCKDEP && gw_log_lockdep_parse(text, &name))
		*r = read_lockdep(reader, &name);
	else if (gw_log_capture_parse(text, &capture) ||
		 (!reader->prefixed && gw_log_capture_short_listing(text, &capture)))
		*r = read_capture(reader, &capture);
	else if (gw_log_exited_parse(text, &name)) {
		*r = read_task(reader, &name, &task);
		if (task != GW_LOG_NONE)
			reader->model->tasks[task].died = true;
	} else {
		return false;
	}
	return true;
}

/* A stack of which somebody's search left some lines, and not the one that names the task. */
static int read_loose(struct log_reader *reader, const struct gw_log_frame_text *frame)
{
	const struct read_place *place = reader->place;

	if (!frame->certain || place->sample != GW_LOG_NONE || place->block != READ_BLOCK_NONE)
		return 0;
	if (reader->loose++ == 0)
		reader->bare_first = read_intern(reader, frame->function, frame->function_length);
	if (!reader->bare_first)
		return -ENOMEM;
	return reader->loose == BARE_MIN ? read_add_bare(reader) : 0;
}

/* Lines that belong to the task named before. */
static bool read_detail(struct log_reader *reader, const char *text, int *r)
{
	struct gw_log_frame_text frame;
	struct gw_log_work work;
	struct gw_log_name name;
	struct gw_log_held held;
	const char *function;
	size_t length;

	if (gw_log_work_parse(text, &work))
		*r = read_work(reader, &work);
	else if (gw_log_holder_parse(text, &name))
		*r = read_holder(reader, &name);
	else if (gw_log_held_parse(text, &held, &length, &function))
		*r = read_held(reader, &held, length, function);
	else if (read_mark(reader, text))
		*r = read_marked_frame(reader, text);
	else if (read_busy_queues(reader, text, r))
		reader->place->stack = false;
	else if (gw_log_frame_register(&frame, text))
		*r = read_frame(reader, &frame);
	else if (gw_log_frame_parse(&frame, text) && (frame.certain || reader->place->stack))
		*r = read_unnamed(reader, &frame, text) ?: read_loose(reader, &frame) ?: read_frame(reader, &frame);
	else
		return false;
	return true;
}

/* lockdep's checks on the way to user space, at the end of a task and of a work item; a list of its locks follows. */
static bool read_leaves_locks(const char *text)
{
	return strstr(text, " is leaving the kernel with locks still held!") ||
	       strstr(text, " still has locks held!") || strncmp(text, "BUG: workqueue leaked ", 22) == 0;
}

/*
 * "Freezing user space processes failed after 20.008 seconds (2 tasks refusing to freeze, wq_busy=0):", and a listing of these. Who sleeps
 * without interruption then is found as a detector finds it: it could not be asked all the time.
 */
static bool read_refusals(struct read_place *place, const char *text)
{
	const char *after = gw_scan_after(text, " failed after ");
	uint32_t seconds;

	if (strncmp(text, "Freezing ", 9) != 0 || !after || !gw_scan_number(&after, &seconds) ||
	    !strstr(after, " refusing to freeze"))
		return false;
	read_leave(place);
	place->block = READ_BLOCK_FREEZER;
	place->busy_s = seconds;
	return true;
}

/*
 * "Showing backtraces of running workers in stalled CPU-bound worker pools:", and a listing of these: none of them has left its CPU since the
 * pool got somewhere.
 */
static bool read_stalled_pool(struct log_reader *reader, const char *text)
{
	if (strncmp(text, "Showing backtraces of running workers", 37) != 0)
		return false;
	read_leave(reader->place);
	reader->place->block = READ_BLOCK_POOL;
	reader->place->busy_s = reader->stalled_s;
	return true;
}

/* Headings that end what was before. */
static void read_heading(struct log_reader *reader, const char *text)
{
	struct read_place *place = reader->place;

	if (read_refusals(place, text) || read_stalled_pool(reader, text))
		return;

	if (strncmp(text, "NMI backtrace for cpu", 21) == 0) {
		enum read_block block = place->block;

		read_leave(place);
		place->block = block == READ_BLOCK_RCU ? READ_BLOCK_RCU : READ_BLOCK_CPU;
	} else if (strncmp(text, "Showing busy workqueues", 23) == 0) {
		read_leave(place);
		reader->listings++;
	} else if (strncmp(text, "---[ end", 8) == 0 || strncmp(text, "Showing all locks", 17) == 0 ||
		   strncmp(text, "=======", 7) == 0) {
		read_leave(place);
	} else if (strncmp(text, "WARNING: CPU:", 13) == 0) {
		read_leave(place);
		place->block = READ_BLOCK_WARNING;
	} else if (read_leaves_locks(text)) {
		read_leave(place);
		place->left = true;
	}
}

/* "hardirqs last disabled at (0): [<ffffffc010074960>]", and copy_process+0x54c/0x12b8 in the next line: where that was, not where it is. */
static bool read_is_wrapped(struct log_reader *reader, const char *text)
{
	bool wrapped = reader->wrapped;
	struct gw_log_frame_text frame;

	reader->wrapped = (strncmp(text, "hardirqs last ", 14) == 0 || strncmp(text, "softirqs last ", 14) == 0) &&
			  !strstr(text, "+0x");
	return wrapped && gw_log_frame_parse(&frame, text) && frame.certain;
}

static int read_message(const struct gw_log_message *message, void *userdata)
{
	struct log_reader *reader = userdata;
	const char *text = message->text;
	int r;

	if (message->origin.boot)
		return read_boot_mark(reader);
	r = read_origin(reader, &message->origin);
	if (r < 0)
		return r;
	if (read_is_wrapped(reader, text))
		return 0;
	if (read_detail(reader, text, &r))
		return r;
	reader->place->stack = reader->place->deep = false;
	if (read_ring(reader, text, &r))
		return r;
	read_heading(reader, text);
	/* What a report is about comes before whom. */
	r = strncmp(text, "task:", 5) == 0 ? 0 : read_event(reader, text);
	if (r == 0 && !read_task_line(reader, text, &r))
		read_table(reader, text, &r);
	r = r ?: read_bare(reader, text);
	return r ?: read_release(reader, text);
}

static void read_progress(size_t done, size_t all, void *userdata)
{
	struct log_reader *reader = userdata;

	reader->progress(done, all, reader->userdata);
}

int gw_log_read(struct gw_log_model *ret, const char *text, size_t size, gw_log_progress progress, void *userdata)
{
	struct log_reader *reader = calloc(1, sizeof(*reader));
	int r = gw_log_model_init(ret);

	if (r < 0 || !reader) {
		free(reader);
		return -ENOMEM;
	}
	reader->model = ret;
	reader->boot_us = reader->wall_us = reader->wall_before_us = reader->delta_from_us = -1;
	reader->boot_before = GW_LOG_NONE;
	reader->progress = progress;
	reader->userdata = userdata;
	for (int i = 0; i < PLACES; i++)
		read_leave(&reader->places[i]);
	r = gw_log_messages(text, size, read_message, progress ? read_progress : NULL, reader, &ret->newest_first);
	free(reader);
	return r;
}
