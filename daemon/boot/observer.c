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
#include <unistd.h>

#include "daemon/boot/kept/log.h"
#include "daemon/boot/kept/reported.h"
#include "daemon/boot/look.h"
#include "daemon/boot/request.h"
#include "lib/base/clock.h"
#include "lib/base/json.h"
#include "lib/base/log.h"
#include "lib/system/dependency-files.h"

/* Events come in bursts: one wake-up for all that come within this time. */
#define BURST_USEC (250 * GW_USEC_PER_MSEC)
/* Nothing happened for so long: time to say what it led to. */
#define QUIET_USEC (3 * GW_USEC_PER_SEC)
/* But not later than this, even if it goes on. */
#define PATIENCE_USEC (60 * GW_USEC_PER_SEC)
#define ACCURACY_USEC (250 * GW_USEC_PER_MSEC)

struct gw_boot_observer {
	struct gw_boot_observer_options options;
	char pins[300]; /* directory of our pins, "" = nothing is pinned */
	char why[512];	/* why nothing is recorded, "" = it is */
	struct gw_boot_programs *programs;
	struct gw_boot_log *log;
	char log_path[GW_BOOT_PATH_MAX], reported_path[GW_BOOT_PATH_MAX];
	struct gw_probe_info row; /* instead of the programs' */
	gw_boot_answered answered;
	void *userdata;
	sd_event *event;
	sd_event_source *readable; /* the ring buffer; off while a burst is awaited */
	sd_event_source *burst;	   /* timers */
	sd_event_source *quiet;
	struct gw_boot_jobs *jobs;
	json_t *summary;	 /* of the last look; NULL = there was none */
	uint64_t impatient_usec; /* when the quiet is over, come what may; 0 = nothing happened */
};

static const char *observer_boot_id(const struct gw_boot_observer *observer)
{
	return gw_loader_host(observer->options.loader)->boot_id;
}

/* ---- events -------------------------------------------------------------------------------- */

static int observer_on_record(const struct gw_boot_record *record, void *userdata)
{
	struct gw_boot_observer *observer = userdata;
	int r = gw_boot_log_add(observer->log, record);

	if (r < 0)
		log_warning("An event of the boot could not be logged: %s", strerror(-r));
	return 0;
}

/* Returns the number of records or -errno. */
static int observer_drain(struct gw_boot_observer *observer)
{
	int r = observer->programs ? gw_boot_programs_read(observer->programs, observer_on_record, observer) : 0;

	if (r < 0)
		log_warning("Reading the events of the boot failed: %s", strerror(-r));
	return r;
}

static int observer_start_timer(sd_event_source *timer, uint64_t after_usec)
{
	int r = sd_event_source_set_time_relative(timer, after_usec);

	return r < 0 ? r : sd_event_source_set_enabled(timer, SD_EVENT_ONESHOT);
}

/* Something happened: what it led to is to be seen when it is over. */
static void observer_await_quiet(struct gw_boot_observer *observer, uint64_t after_usec)
{
	uint64_t now = gw_now_mono_ns() / GW_NSEC_PER_USEC;

	if (!observer->impatient_usec)
		observer->impatient_usec = now + PATIENCE_USEC;
	if (now + after_usec > observer->impatient_usec)
		after_usec = observer->impatient_usec > now ? observer->impatient_usec - now : 0;
	observer_start_timer(observer->quiet, after_usec);
}

static int observer_on_readable(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
	struct gw_boot_observer *observer = userdata;

	sd_event_source_set_enabled(source, SD_EVENT_OFF);
	return observer_start_timer(observer->burst, BURST_USEC);
}

static int observer_on_burst(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct gw_boot_observer *observer = userdata;

	if (observer_drain(observer) > 0)
		observer_await_quiet(observer, QUIET_USEC);
	return sd_event_source_set_enabled(observer->readable, SD_EVENT_ON);
}

/* ---- jobs: in this process ------------------------------------------------------------------ */

static void observer_answer_error(struct gw_boot_observer *observer, struct gw_boot_answer *failed, int error)
{
	const char *what = failed->job == GW_BOOT_KFD ? "Reading KFD's topology" : "The analysis of the boot";
	char message[256];

	if (error == -ETIMEDOUT)
		snprintf(message, sizeof(message),
			 "%s was given up after %d s: a file below /sys hangs, or the machine is very busy", what,
			 (int)(GW_BOOT_LIMIT_USEC / GW_USEC_PER_SEC));
	else if (error == -EBUSY)
		snprintf(message, sizeof(message), "An earlier look below /sys still hangs in the kernel, process %d",
			 (int)gw_boot_jobs_hung(observer->jobs));
	else if (error == -EIO)
		snprintf(message, sizeof(message), "%s failed: its process broke down", what);
	else
		snprintf(message, sizeof(message), "%s failed: %s", what, strerror(-error));
	log_warning("%s", message);
	failed->error = message;
	observer->answered(failed, observer->userdata);
}

static void observer_save_reported(const struct gw_boot_observer *observer)
{
	int r = observer->log ? gw_boot_reported_save(observer->options.reports, observer->reported_path,
						      observer_boot_id(observer))
			      : 0;

	if (r < 0)
		log_warning("Writing %s failed, a restart will report the boot again: %s", observer->reported_path,
			    strerror(-r));
}

/* Takes over what observer_run_look() wrote. */
static int observer_take_look(struct gw_boot_observer *observer, int output, struct gw_boot_answer *answer)
{
	struct gw_boot_looked looked = { .summary = NULL };
	struct stat st;
	char *text;
	int r;

	if (fstat(output, &st) < 0 || st.st_size == 0)
		return -EIO;
	text = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_SHARED, output, 0);
	if (text == MAP_FAILED)
		return -errno;
	r = gw_boot_look_take(observer->options.reports, text, (size_t)st.st_size, gw_now_mono_ns(), &looked);
	if (looked.summary) {
		json_decref(observer->summary);
		observer->summary = looked.summary;
	}
	answer->order = looked.order;
	if (r > 0)
		observer_save_reported(observer);
	if (r >= 0)
		observer->answered(answer, observer->userdata);
	munmap(text, (size_t)st.st_size);
	return r;
}

static int observer_take_save(struct gw_boot_observer *observer, int output, struct gw_boot_answer *answer)
{
	if (fcntl(output, F_ADD_SEALS, F_SEAL_SEAL | F_SEAL_GROW | F_SEAL_WRITE) < 0)
		return -errno;
	answer->evidence = output;
	observer->answered(answer, observer->userdata);
	return 0;
}

static int observer_take_kfd(struct gw_boot_observer *observer, int output, struct gw_boot_answer *answer)
{
	json_t *kfd = lseek(output, 0, SEEK_SET) < 0 ? NULL : json_loadfd(output, 0, NULL);

	if (!kfd)
		return -EIO;
	answer->kfd = kfd;
	observer->answered(answer, observer->userdata);
	json_decref(kfd);
	return 0;
}

static int observer_take(struct gw_boot_observer *observer, int output, struct gw_boot_answer *answer)
{
	switch (answer->job) {
	case GW_BOOT_LOOK:
		return observer_take_look(observer, output, answer);
	case GW_BOOT_SAVE:
		return observer_take_save(observer, output, answer);
	case GW_BOOT_KFD:
		return observer_take_kfd(observer, output, answer);
	case GW_BOOT_JOBS:
		break;
	}
	return -EINVAL;
}

/* Lines about those that this kernel has and refuses, or ought to have. */
static json_t *observer_missing_programs(const struct gw_boot_programs *programs)
{
	const struct gw_probe_info *rows;
	size_t count = programs ? gw_boot_programs_rows(programs, &rows) : 0;
	json_t *lines = json_array();

	for (size_t i = 0; lines && i < count; i++)
		if (rows[i].state == GW_PROBE_FAILED || (rows[i].state == GW_PROBE_ABSENT && !rows[i].patch[0]))
			gw_json_add_line(lines, "%s: %s", rows[i].name, rows[i].why);
	return lines;
}

static int observer_on_job_begins(enum gw_boot_job job, void *userdata)
{
	struct gw_boot_observer *observer = userdata;
	struct gw_boot_request request = {
		.job = job,
		.boot_id = observer_boot_id(observer),
		.run_directory = observer->options.run_directory,
		.state_directory = observer->options.state_directory,
		.why = observer->why,
		.logged = observer->log != NULL,
		.recorded = observer->programs != NULL,
	};
	int r;

	observer_drain(observer);
	if (observer->programs) {
		request.dropped = gw_boot_programs_counters(observer->programs)->dropped;
		request.started_ns = gw_boot_programs_counters(observer->programs)->started_ns;
	}
	request.missing = observer_missing_programs(observer->programs);
	r = request.missing ? gw_boot_request_write(&request, observer->options.reports) : -ENOMEM;
	json_decref(request.missing);
	return r;
}

static void observer_on_job_ended(enum gw_boot_job job, uint64_t ticket, int error, int output, void *userdata)
{
	struct gw_boot_observer *observer = userdata;
	struct gw_boot_answer answer = { .job = job, .ticket = ticket, .evidence = -1 };
	int r = error;

	if (r >= 0)
		r = observer_take(observer, output, &answer);
	if (r < 0)
		observer_answer_error(observer, &answer, r);
}

uint64_t gw_boot_observer_ask(struct gw_boot_observer *observer, enum gw_boot_job job)
{
	return gw_boot_jobs_ask(observer->jobs, job);
}

static int observer_on_quiet(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct gw_boot_observer *observer = userdata;

	observer->impatient_usec = 0;
	gw_boot_observer_ask(observer, GW_BOOT_LOOK);
	return 0;
}

/* ---- asking ------------------------------------------------------------------------------------- */

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

const json_t *gw_boot_observer_summary(const struct gw_boot_observer *observer)
{
	return observer->summary;
}

/* ---- life ------------------------------------------------------------------------------------------ */

static void observer_on_bad_table(const char *message, void *userdata)
{
	log_warning("%s", message);
}

int gw_boot_observer_reload(struct gw_boot_observer *observer)
{
	struct gw_depends *depends;
	int r = gw_depends_load(&depends, NULL, NULL, observer_on_bad_table, NULL);

	if (r < 0)
		return r;
	gw_depends_free(depends);
	if (observer->quiet)
		observer_await_quiet(observer, QUIET_USEC);
	return 0;
}

static void observer_restore_reported(struct gw_boot_observer *observer)
{
	int r = gw_boot_reported_load(observer->options.reports, observer->reported_path, observer_boot_id(observer));

	if (r < 0)
		log_warning("Reading %s failed, reports about the boot may come again: %s", observer->reported_path,
			    strerror(-r));
}

static void observer_open_files(struct gw_boot_observer *observer)
{
	const char *directory = observer->options.run_directory;
	int r;

	snprintf(observer->log_path, sizeof(observer->log_path), "%s/" GW_BOOT_LOG_NAME, directory);
	snprintf(observer->reported_path, sizeof(observer->reported_path), "%s/boot.reported", directory);
	r = gw_boot_log_open(&observer->log, observer->log_path, observer_boot_id(observer));
	if (r < 0)
		snprintf(observer->why, sizeof(observer->why), "%s: %s", observer->log_path,
			 r == -EWOULDBLOCK ? "another gpuwatchd has it" : strerror(-r));
	else
		observer_restore_reported(observer);
}

/* What cannot be done is remembered as the reason. */
static void observer_open_programs(struct gw_boot_observer *observer)
{
	struct gw_boot_programs_options options = {
		.directory = observer->pins[0] ? observer->pins : NULL,
		.btf_path = observer->options.btf_path,
		.perf = observer->options.perf,
		.kallsyms = gw_loader_kallsyms(observer->options.loader),
	};
	struct gw_boot_others others = { 0 };
	struct gw_boot_log_info info;
	int r = 0;

	gw_boot_log_info(observer->log, &info);
	others.next = info.next;
	if (options.directory)
		r = gw_boot_programs_read_others(options.directory, &others, observer_on_record, observer);
	options.first = others.next;
	gw_boot_log_add_dropped(observer->log, others.dropped);
	if (r < 0)
		log_warning("The boot record of another build cannot be read: %s", strerror(-r));
	if (gw_boot_programs_open(&observer->programs, &options, observer->why, sizeof(observer->why)) < 0)
		return;
	gw_boot_log_set_started(observer->log, gw_boot_programs_counters(observer->programs)->started_ns);
}

static void observer_describe_absence(struct gw_boot_observer *observer)
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

static int observer_add_timer(struct gw_boot_observer *observer, sd_event_source **timer,
			      sd_event_time_handler_t handler)
{
	int r = sd_event_add_time_relative(observer->event, timer, CLOCK_MONOTONIC, 0, ACCURACY_USEC, handler,
					   observer);

	return r < 0 ? r : sd_event_source_set_enabled(*timer, SD_EVENT_OFF);
}

static int observer_add_jobs(struct gw_boot_observer *observer)
{
	struct gw_boot_jobs_options options = {
		.limit_usec = GW_BOOT_LIMIT_USEC,
		.argument = GW_BOOT_JOB_OPTION,
		.begins = observer_on_job_begins,
		.ended = observer_on_job_ended,
		.userdata = observer,
	};

	return gw_boot_jobs_new(&observer->jobs, observer->event, &options);
}

static int observer_add_sources(struct gw_boot_observer *observer)
{
	int r = observer_add_timer(observer, &observer->burst, observer_on_burst);

	if (r >= 0)
		r = observer_add_timer(observer, &observer->quiet, observer_on_quiet);
	if (r >= 0)
		r = observer_add_jobs(observer);
	if (r >= 0 && observer->programs)
		r = sd_event_add_io(observer->event, &observer->readable, gw_boot_programs_fd(observer->programs),
				    EPOLLIN, observer_on_readable, observer);
	if (r >= 0)
		observer_await_quiet(observer, QUIET_USEC);
	return r;
}

static int observer_start(struct gw_boot_observer *observer)
{
	int r = 0;

	if (observer->options.pin_directory)
		r = gw_boot_programs_directory(observer->options.pin_directory, observer->pins, sizeof(observer->pins));
	if (r < 0)
		return r;
	observer_open_files(observer);
	if (observer->log)
		observer_open_programs(observer);
	if (!observer->programs)
		observer_describe_absence(observer);
	observer_drain(observer);
	r = gw_boot_observer_reload(observer);
	return r < 0 ? r : observer_add_sources(observer);
}

int gw_boot_observer_new(struct gw_boot_observer **ret, sd_event *event, const struct gw_boot_observer_options *options,
			 gw_boot_answered answered, void *userdata)
{
	struct gw_boot_observer *observer = calloc(1, sizeof(*observer));
	int r;

	if (!observer)
		return -ENOMEM;
	observer->options = *options;
	observer->answered = answered;
	observer->userdata = userdata;
	observer->event = sd_event_ref(event);
	r = observer_start(observer);
	if (r < 0) {
		gw_boot_observer_free(observer);
		return r;
	}
	*ret = observer;
	return 0;
}

void gw_boot_observer_unpin(struct gw_boot_observer *observer)
{
	if (!observer->programs)
		return;
	observer_drain(observer);
	gw_boot_log_add_dropped(observer->log, gw_boot_programs_counters(observer->programs)->dropped);
	gw_boot_programs_unpin(observer->programs);
}

void gw_boot_observer_free(struct gw_boot_observer *observer)
{
	if (!observer)
		return;
	observer_drain(observer);
	sd_event_source_disable_unref(observer->readable);
	sd_event_source_disable_unref(observer->burst);
	sd_event_source_disable_unref(observer->quiet);
	gw_boot_jobs_free(observer->jobs);
	gw_boot_programs_free(observer->programs);
	gw_boot_log_close(observer->log);
	json_decref(observer->summary);
	sd_event_unref(observer->event);
	free(observer);
}
