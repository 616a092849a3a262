/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The observer of the boot. */
#include "daemon/boot/observer.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "daemon/boot/gather.h"
#include "daemon/boot/log.h"
#include "daemon/boot/save.h"
#include "daemon/boot/worker.h"
#include "lib/base/clock.h"
#include "lib/base/log.h"
#include "lib/boot/boot.h"
#include "lib/system/dependency-files.h"

/* Events come in bursts: one wake-up for all that come within this time. */
#define BURST_USEC (250 * GW_USEC_PER_MSEC)
/* Nothing happened for so long: time to say what it led to. */
#define QUIET_USEC (3 * GW_USEC_PER_SEC)
/* But not later than this, even if it goes on. */
#define PATIENCE_USEC (60 * GW_USEC_PER_SEC)
#define ACCURACY_USEC (250 * GW_USEC_PER_MSEC)

/* Requests are numbered from one. */
struct task {
	uint64_t asked;	   /* the last request */
	uint64_t begun;	   /* the last one that the last job answers */
	uint64_t answered; /* the last one that was answered */
};

struct gw_boot_observer {
	struct gw_boot_observer_options options;
	char pins[300]; /* directory of our pins, "" = nothing is pinned */
	char why[512];	/* why nothing is recorded, "" = it is */
	struct gw_boot_programs *programs;
	struct gw_boot_log *log;
	char log_path[300], kmsg_path[300];
	struct gw_depends *depends;
	struct gw_boot_told *told;
	struct gw_probe_info row; /* instead of the programs' */
	struct gw_boot_observer_events events;
	void *userdata;
	sd_event *event;
	sd_event_source *readable; /* the ring buffer; off while a burst is awaited */
	sd_event_source *burst;	   /* timers */
	sd_event_source *quiet;
	sd_event_source *begin; /* off while there is nothing to do */
	struct gw_worker *worker;
	bool working;	      /* the worker has not answered yet */
	enum gw_boot_job job; /* that it does */
	struct task tasks[GW_BOOT_JOBS];
	uint64_t impatient_usec; /* when the quiet is over, come what may; 0 = nothing happened */
};

static const char *boot_id(const struct gw_boot_observer *observer)
{
	return gw_loader_host(observer->options.loader)->boot_id;
}

/* ---- events -------------------------------------------------------------------------------- */

static int on_record(const struct gw_boot_record *record, void *userdata)
{
	struct gw_boot_observer *observer = userdata;
	int r = gw_boot_log_add(observer->log, record);

	if (r < 0)
		log_warning("An event of the boot could not be logged: %s", strerror(-r));
	return 0;
}

/* Returns the number of records or -errno. */
static int drain(struct gw_boot_observer *observer)
{
	int r = observer->programs ? gw_boot_programs_read(observer->programs, on_record, observer) : 0;

	if (r < 0)
		log_warning("Reading the events of the boot failed: %s", strerror(-r));
	return r;
}

static int start_timer(sd_event_source *timer, uint64_t after_usec)
{
	int r = sd_event_source_set_time_relative(timer, after_usec);

	return r < 0 ? r : sd_event_source_set_enabled(timer, SD_EVENT_ONESHOT);
}

/* Something happened: what it led to is to be seen when it is over. */
static void await_quiet(struct gw_boot_observer *observer, uint64_t after_usec)
{
	uint64_t now = gw_now_mono_ns() / GW_NSEC_PER_USEC;

	if (!observer->impatient_usec)
		observer->impatient_usec = now + PATIENCE_USEC;
	if (now + after_usec > observer->impatient_usec)
		after_usec = observer->impatient_usec > now ? observer->impatient_usec - now : 0;
	start_timer(observer->quiet, after_usec);
}

static int on_readable(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
	struct gw_boot_observer *observer = userdata;

	sd_event_source_set_enabled(source, SD_EVENT_OFF);
	return start_timer(observer->burst, BURST_USEC);
}

static int on_burst(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct gw_boot_observer *observer = userdata;

	if (drain(observer) > 0)
		await_quiet(observer, QUIET_USEC);
	return sd_event_source_set_enabled(observer->readable, SD_EVENT_ON);
}

/* ---- jobs: in another process, see worker.h ------------------------------------------------- */

static int add_host(const struct gw_boot_host *host, void *userdata)
{
	gw_boot_evidence_set_host(userdata, host);
	return 0;
}

static int add_event(const struct gw_boot_event *event, void *userdata)
{
	return gw_boot_evidence_add_event(userdata, event);
}

static int add_kmsg(const char *text, size_t size, void *userdata)
{
	return gw_boot_evidence_add_kmsg(userdata, text, size);
}

static int add_initcalls(const struct gw_initcall *list, size_t count, void *userdata)
{
	return gw_boot_evidence_set_initcalls(userdata, list, count);
}

static int add_state(json_t *state, void *userdata)
{
	return gw_boot_evidence_set_state(userdata, state);
}

static int add_lost(json_t *lost, void *userdata)
{
	return gw_boot_evidence_set_lost(userdata, lost);
}

static int open_sources(const struct gw_boot_observer *observer, struct gw_boot_sources *ret)
{
	*ret = (struct gw_boot_sources){
		.log = observer->log,
		.programs = observer->programs,
		.kmsg_log = observer->log ? observer->kmsg_path : NULL,
		.kallsyms = gw_loader_kallsyms(observer->options.loader),
		.depends = observer->depends,
		.boot_id = boot_id(observer),
		.why = observer->why,
	};
	return observer->log ? gw_boot_log_reopen(observer->log, observer->log_path) : 0;
}

/* The reports, a line end, the whole, and a NUL byte. */
static int put_look(const struct gw_boot_observer *observer, json_t *order, FILE *output)
{
	json_t *reports = json_object_get(order, "reports");

	gw_boot_told_keep_detection(observer->told, reports);
	if (json_dumpf(reports, output, JSON_COMPACT | JSON_ENSURE_ASCII) < 0 || putc('\n', output) == EOF ||
	    json_dumpf(order, output, JSON_COMPACT | JSON_ENSURE_ASCII) < 0 || putc('\0', output) == EOF)
		return -ENOMEM;
	return 0;
}

static int look(FILE *output, void *userdata)
{
	static const struct gw_boot_sink sink = {
		.host = add_host,
		.event = add_event,
		.kmsg = add_kmsg,
		.initcalls = add_initcalls,
		.state = add_state,
		.lost = add_lost,
	};
	const struct gw_boot_observer *observer = userdata;
	struct gw_boot_evidence *evidence;
	struct gw_boot_sources from;
	struct gw_boot *boot = NULL;
	json_t *order = NULL;
	int r;

	r = open_sources(observer, &from);
	if (r >= 0)
		r = gw_boot_evidence_new(&evidence, observer->depends);
	if (r < 0)
		return r;
	r = gw_boot_gather(&from, &sink, evidence);
	if (r >= 0)
		r = gw_boot_analyse(&boot, evidence);
	if (r >= 0)
		order = gw_boot_json(boot);
	if (r >= 0)
		r = order ? put_look(observer, order, output) : -ENOMEM;
	json_decref(order);
	gw_boot_free(boot);
	gw_boot_evidence_free(evidence);
	return r;
}

static int save(FILE *output, void *userdata)
{
	struct gw_boot_sources from;
	int r = open_sources(userdata, &from);

	return r < 0 ? r : gw_boot_save(&from, output);
}

/* ---- having jobs done ------------------------------------------------------------------------ */

/* The answer to all requests of a kind up to the one that was the last when the job began. */
static void answer(struct gw_boot_observer *observer, struct gw_boot_answer *answer)
{
	struct task *task = &observer->tasks[answer->job];

	answer->ticket = task->answered = task->begun;
	if (answer->error)
		log_warning("%s", answer->error);
	observer->events.answered(answer, observer->userdata);
}

static void answer_error(struct gw_boot_observer *observer, enum gw_boot_job job, int error)
{
	struct gw_boot_answer failed = { .job = job, .evidence = -1 };
	char message[256];

	if (error == -ETIMEDOUT)
		snprintf(
			message, sizeof(message),
			"Looking at the boot was given up after %d s: a file below /sys hangs, or the machine is very busy",
			(int)(GW_BOOT_LIMIT_USEC / GW_USEC_PER_SEC));
	else if (error == -EBUSY)
		snprintf(message, sizeof(message), "An earlier look at the boot still hangs in the kernel, process %d",
			 (int)gw_worker_pid(observer->worker));
	else if (error == -EIO)
		snprintf(message, sizeof(message), "The process that looks at the boot broke down");
	else
		snprintf(message, sizeof(message), "Looking at the boot failed: %s", strerror(-error));
	failed.error = message;
	answer(observer, &failed);
}

static int tell(struct gw_boot_observer *observer, const char *reports, size_t size)
{
	json_t *json = json_loadb(reports, size, 0, NULL);
	int r;

	if (!json)
		return -ENOMEM;
	r = gw_boot_told_update(observer->told, json, gw_now_mono_ns(), observer->events.report, observer->userdata);
	if (r < 0)
		log_warning("What was told of the boot could not be noted, a restart will tell it again: %s",
			    strerror(-r));
	json_decref(json);
	return 0;
}

/* Takes over what put_look() wrote. */
static int take_look(struct gw_boot_observer *observer, int output)
{
	struct gw_boot_answer looked = { .job = GW_BOOT_LOOK, .evidence = -1 };
	struct stat st;
	char *text, *end;
	int r;

	if (fstat(output, &st) < 0 || st.st_size == 0)
		return -EIO;
	text = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_SHARED, output, 0);
	if (text == MAP_FAILED)
		return -errno;
	end = memchr(text, '\n', (size_t)st.st_size);
	r = end ? tell(observer, text, (size_t)(end - text)) : -EIO;
	if (r >= 0) {
		looked.order = end + 1;
		answer(observer, &looked);
	}
	munmap(text, (size_t)st.st_size);
	return r;
}

static int take_save(struct gw_boot_observer *observer, int output)
{
	struct gw_boot_answer saved = { .job = GW_BOOT_SAVE, .evidence = output };

	if (fcntl(output, F_ADD_SEALS, F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE) < 0)
		return -errno;
	answer(observer, &saved);
	return 0;
}

static void on_done(int error, int output, void *userdata)
{
	struct gw_boot_observer *observer = userdata;
	int r = error;

	observer->working = false;
	if (r >= 0)
		r = observer->job == GW_BOOT_LOOK ? take_look(observer, output) : take_save(observer, output);
	if (r < 0)
		answer_error(observer, observer->job, r);
	sd_event_source_set_enabled(observer->begin, SD_EVENT_ONESHOT);
}

static int begin(struct gw_boot_observer *observer, enum gw_boot_job job)
{
	struct gw_worker_options options = {
		.name = "gpuwatchd-boot",
		.limit_usec = GW_BOOT_LIMIT_USEC,
		.job = job == GW_BOOT_LOOK ? look : save,
		.done = on_done,
		.userdata = observer,
	};
	int r;

	if (observer->worker && gw_worker_pid(observer->worker) > 0)
		return -EBUSY;
	gw_worker_free(observer->worker);
	observer->worker = NULL;
	drain(observer);
	observer->job = job;
	r = gw_worker_start(&observer->worker, observer->event, &options);
	observer->working = r >= 0;
	return r;
}

static int on_begin(sd_event_source *source, void *userdata)
{
	struct gw_boot_observer *observer = userdata;

	for (enum gw_boot_job job = 0; job < GW_BOOT_JOBS && !observer->working; job++) {
		struct task *task = &observer->tasks[job];
		int r;

		if (task->answered == task->asked)
			continue;
		task->begun = task->asked;
		r = begin(observer, job);
		if (r < 0)
			answer_error(observer, job, r);
	}
	return 0;
}

uint64_t gw_boot_observer_ask(struct gw_boot_observer *observer, enum gw_boot_job job)
{
	sd_event_source_set_enabled(observer->begin, SD_EVENT_ONESHOT);
	return ++observer->tasks[job].asked;
}

static int on_quiet(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct gw_boot_observer *observer = userdata;

	observer->impatient_usec = 0;
	gw_boot_observer_ask(observer, GW_BOOT_LOOK);
	return 0;
}

/* ---- asking ------------------------------------------------------------------------------------- */

const struct gw_boot_told *gw_boot_observer_told(const struct gw_boot_observer *observer)
{
	return observer->told;
}

size_t gw_boot_observer_rows(const struct gw_boot_observer *observer, const struct gw_probe_info **ret)
{
	if (observer->programs)
		return gw_boot_programs_rows(observer->programs, ret);
	*ret = &observer->row;
	return 1;
}

void gw_boot_observer_counters(const struct gw_boot_observer *observer, struct gw_boot_observer_counters *ret)
{
	struct gw_boot_log_info info = { 0 };

	if (observer->log)
		gw_boot_log_info(observer->log, &info);
	*ret = (struct gw_boot_observer_counters){
		.events = info.records,
		.dropped = info.dropped,
		.left_out = info.left_out,
		.started_ns = info.first_ns,
	};
	if (observer->programs)
		ret->dropped += gw_boot_programs_counters(observer->programs)->dropped;
}

/* ---- life ------------------------------------------------------------------------------------------ */

static void complain(const char *message, void *userdata)
{
	log_warning("%s", message);
}

int gw_boot_observer_reload(struct gw_boot_observer *observer)
{
	struct gw_depends *depends;
	int r = gw_depends_load(&depends, NULL, NULL, complain, NULL);

	if (r < 0)
		return r;
	gw_depends_free(observer->depends);
	observer->depends = depends;
	if (observer->quiet)
		await_quiet(observer, QUIET_USEC);
	return 0;
}

static int open_files(struct gw_boot_observer *observer)
{
	const char *directory = observer->options.run_directory;
	char told[300];
	int r;

	snprintf(observer->log_path, sizeof(observer->log_path), "%s/boot.log", directory);
	snprintf(observer->kmsg_path, sizeof(observer->kmsg_path), "%s/boot.kmsg", directory);
	snprintf(told, sizeof(told), "%s/boot.told", directory);
	r = gw_boot_log_open(&observer->log, observer->log_path, boot_id(observer));
	if (r < 0)
		snprintf(observer->why, sizeof(observer->why), "%s: %s", observer->log_path,
			 r == -EWOULDBLOCK ? "another gpuwatchd has it" : strerror(-r));
	return gw_boot_told_new(&observer->told, observer->log ? told : NULL, boot_id(observer));
}

/* What cannot be done is remembered as the reason. */
static void open_programs(struct gw_boot_observer *observer)
{
	struct gw_boot_programs_options options = {
		.directory = observer->pins[0] ? observer->pins : NULL,
		.btf_path = observer->options.btf_path,
		.kallsyms = gw_loader_kallsyms(observer->options.loader),
	};
	struct gw_boot_others others = { 0 };
	struct gw_boot_log_info info;
	int r = 0;

	gw_boot_log_info(observer->log, &info);
	others.next = info.next;
	if (options.directory)
		r = gw_boot_programs_read_others(options.directory, &others, on_record, observer);
	options.first = others.next;
	gw_boot_log_add_dropped(observer->log, others.dropped);
	if (r < 0)
		log_warning("What another build recorded of the boot could not be read: %s", strerror(-r));
	if (gw_boot_programs_open(&observer->programs, &options, observer->why, sizeof(observer->why)) < 0)
		return;
	gw_boot_log_set_started(observer->log, gw_boot_programs_counters(observer->programs)->started_ns);
}

static void describe_absence(struct gw_boot_observer *observer)
{
	log_warning("How drivers come up is not recorded: %s", observer->why);
	observer->row = (struct gw_probe_info){
		.name = "boot",
		.target = "really_probe and others",
		.module = "",
		.lost = "how drivers come up from now on",
		.patch = "",
		.state = GW_PROBE_FAILED,
		.why = observer->why,
	};
}

static int add_timer(struct gw_boot_observer *observer, sd_event_source **timer, sd_event_time_handler_t handler)
{
	int r = sd_event_add_time_relative(observer->event, timer, CLOCK_MONOTONIC, 0, ACCURACY_USEC, handler,
					   observer);

	return r < 0 ? r : sd_event_source_set_enabled(*timer, SD_EVENT_OFF);
}

static int add_sources(struct gw_boot_observer *observer)
{
	int r = add_timer(observer, &observer->burst, on_burst);

	if (r >= 0)
		r = add_timer(observer, &observer->quiet, on_quiet);
	if (r >= 0)
		r = sd_event_add_defer(observer->event, &observer->begin, on_begin, observer);
	if (r >= 0)
		r = sd_event_source_set_enabled(observer->begin, SD_EVENT_OFF);
	if (r >= 0 && observer->programs)
		r = sd_event_add_io(observer->event, &observer->readable, gw_boot_programs_fd(observer->programs),
				    EPOLLIN, on_readable, observer);
	if (r >= 0)
		await_quiet(observer, QUIET_USEC);
	return r;
}

static int start(struct gw_boot_observer *observer)
{
	int r = 0;

	if (observer->options.pin_directory)
		r = gw_boot_programs_directory(observer->options.pin_directory, observer->pins, sizeof(observer->pins));
	if (r >= 0)
		r = open_files(observer);
	if (r < 0)
		return r;
	if (observer->log)
		open_programs(observer);
	if (!observer->programs)
		describe_absence(observer);
	drain(observer);
	r = gw_boot_observer_reload(observer);
	return r < 0 ? r : add_sources(observer);
}

int gw_boot_observer_new(struct gw_boot_observer **ret, sd_event *event, const struct gw_boot_observer_options *options,
			 const struct gw_boot_observer_events *events, void *userdata)
{
	struct gw_boot_observer *observer = calloc(1, sizeof(*observer));
	int r;

	if (!observer)
		return -ENOMEM;
	observer->options = *options;
	observer->events = *events;
	observer->userdata = userdata;
	observer->event = sd_event_ref(event);
	r = start(observer);
	if (r < 0) {
		gw_boot_observer_free(observer);
		return r;
	}
	*ret = observer;
	return 0;
}

int gw_boot_observer_unpin(struct gw_boot_observer *observer)
{
	if (!observer->programs)
		return 0;
	drain(observer);
	gw_boot_log_add_dropped(observer->log, gw_boot_programs_counters(observer->programs)->dropped);
	return gw_boot_programs_unpin(observer->programs);
}

void gw_boot_observer_free(struct gw_boot_observer *observer)
{
	if (!observer)
		return;
	drain(observer);
	sd_event_source_disable_unref(observer->readable);
	sd_event_source_disable_unref(observer->burst);
	sd_event_source_disable_unref(observer->quiet);
	sd_event_source_disable_unref(observer->begin);
	gw_worker_free(observer->worker);
	gw_boot_programs_free(observer->programs);
	gw_boot_log_close(observer->log);
	gw_depends_free(observer->depends);
	gw_boot_told_free(observer->told);
	sd_event_unref(observer->event);
	free(observer);
}
