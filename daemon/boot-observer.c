/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The observer of the boot. */
#include "boot-observer.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>

#include "boot-gather.h"
#include "boot-log.h"
#include "boot-save.h"
#include "cleanup.h"
#include "clock.h"
#include "kmsg-log.h"
#include "log.h"
#include "system/depends-files.h"
#include "system/kernel-image.h"

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
	struct gw_kmsg_log *kmsg;
	struct gw_kernel_image image; /* initcalls of the running kernel */
	bool no_initcalls;	      /* they cannot be had */
	struct gw_depends *depends;
	struct gw_boot_told *told;
	struct gw_probe_info row; /* instead of the programs' */
	struct gw_boot_observer_events events;
	void *userdata;
	sd_event *event;
	sd_event_source *readable; /* the ring buffer; off while a burst is awaited */
	sd_event_source *burst;	   /* timers */
	sd_event_source *quiet;
	uint64_t impatient_usec; /* when the quiet is over, come what may; 0 = nothing happened */
};

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

/* ---- looking ---------------------------------------------------------------------------------- */

static int add_host(const struct gw_boot_host *host, void *userdata)
{
	gw_boot_set_host(userdata, host);
	return 0;
}

static int add_event(const struct gw_boot_event *event, void *userdata)
{
	return gw_boot_add_event(userdata, event);
}

static int add_kmsg(const char *text, size_t size, void *userdata)
{
	return gw_boot_add_kmsg(userdata, text, size);
}

static int add_initcalls(const struct gw_initcall *list, size_t count, void *userdata)
{
	return gw_boot_set_initcalls(userdata, list, count);
}

static int add_state(json_t *state, void *userdata)
{
	return gw_boot_set_state(userdata, state);
}

static int add_lost(json_t *lost, void *userdata)
{
	return gw_boot_set_lost(userdata, lost);
}

/* Not at the start, which has enough to do. */
static void read_initcalls(struct gw_boot_observer *observer)
{
	_cleanup_free_ char *error = NULL;

	if (observer->image.initcalls || observer->no_initcalls)
		return;
	observer->no_initcalls = gw_kernel_image_read(&observer->image, NULL, &error) < 0;
	if (observer->no_initcalls)
		log_info("The kernel's initcalls are not known: %s", error ? error : "no memory");
}

static struct gw_boot_sources sources(struct gw_boot_observer *observer)
{
	read_initcalls(observer);
	return (struct gw_boot_sources){
		.log = observer->log,
		.programs = observer->programs,
		.kmsg = observer->kmsg,
		.initcalls = observer->image.initcalls,
		.depends = observer->depends,
		.boot_id = observer->options.boot_id,
		.why = observer->why,
	};
}

static int analyse(struct gw_boot_observer *observer, struct gw_boot *boot, json_t **ret)
{
	static const struct gw_boot_sink sink = {
		.host = add_host,
		.event = add_event,
		.kmsg = add_kmsg,
		.initcalls = add_initcalls,
		.state = add_state,
		.lost = add_lost,
	};
	struct gw_boot_sources from = sources(observer);
	const struct gw_report *const *reports;
	size_t count;
	int r;

	r = gw_boot_gather(&from, &sink, boot);
	if (r >= 0)
		r = gw_boot_analyse(boot, &reports, &count);
	if (r < 0)
		return r;
	*ret = gw_boot_json(boot);
	return *ret ? 0 : -ENOMEM;
}

static void tell(struct gw_boot_observer *observer, json_t *order)
{
	int r = gw_boot_told_update(observer->told, json_object_get(order, "reports"), gw_now_mono_ns(),
				    observer->events.report, observer->userdata);

	if (r < 0)
		log_warning("What was told of the boot could not be noted, a restart will tell it again: %s",
			    strerror(-r));
}

int gw_boot_observer_order(struct gw_boot_observer *observer, json_t **ret)
{
	struct gw_boot *boot;
	json_t *order;
	int r;

	drain(observer);
	r = gw_boot_new(&boot, observer->depends);
	if (r < 0)
		return r;
	r = analyse(observer, boot, &order);
	gw_boot_free(boot);
	if (r < 0)
		return r;
	tell(observer, order);
	observer->events.looked(observer->userdata);
	*ret = order;
	return 0;
}

static int on_quiet(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct gw_boot_observer *observer = userdata;
	json_t *order;
	int r;

	observer->impatient_usec = 0;
	r = gw_boot_observer_order(observer, &order);
	if (r < 0)
		log_warning("Looking at the order of the boot failed: %s", strerror(-r));
	else
		json_decref(order);
	return 0;
}

int gw_boot_observer_save(struct gw_boot_observer *observer)
{
	struct gw_boot_sources from = sources(observer);

	drain(observer);
	return gw_boot_save(&from);
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

static void run_path(const struct gw_boot_observer *observer, const char *name, char *path, size_t size)
{
	snprintf(path, size, "%s/%s", observer->options.run_directory, name);
}

static int open_files(struct gw_boot_observer *observer)
{
	const char *boot_id = observer->options.boot_id;
	char path[300];
	int r;

	run_path(observer, "boot.log", path, sizeof(path));
	r = gw_boot_log_open(&observer->log, path, boot_id);
	if (r < 0)
		snprintf(observer->why, sizeof(observer->why), "%s: %s", path,
			 r == -EWOULDBLOCK ? "another gpuwatchd has it" : strerror(-r));
	run_path(observer, "boot.kmsg", path, sizeof(path));
	r = observer->log ? gw_kmsg_log_open(&observer->kmsg, path, boot_id, NULL) : 0;
	if (r < 0)
		log_warning("%s: %s", path, strerror(-r));
	run_path(observer, "boot.told", path, sizeof(path));
	return gw_boot_told_new(&observer->told, observer->log ? path : NULL, boot_id);
}

/* What cannot be done is remembered as the reason. */
static void open_programs(struct gw_boot_observer *observer)
{
	struct gw_boot_programs_options options = {
		.directory = observer->pins[0] ? observer->pins : NULL,
		.btf_path = observer->options.btf_path,
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
	int r = sd_event_add_time_relative(observer->event, timer, CLOCK_MONOTONIC, 0, ACCURACY_USEC, handler, observer);

	return r < 0 ? r : sd_event_source_set_enabled(*timer, SD_EVENT_OFF);
}

static int add_sources(struct gw_boot_observer *observer)
{
	int r = add_timer(observer, &observer->burst, on_burst);

	if (r >= 0)
		r = add_timer(observer, &observer->quiet, on_quiet);
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

int gw_boot_observer_new(struct gw_boot_observer **ret, sd_event *event,
			 const struct gw_boot_observer_options *options,
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
	gw_boot_programs_free(observer->programs);
	gw_boot_log_close(observer->log);
	gw_kmsg_log_close(observer->kmsg);
	gw_kernel_image_deinit(&observer->image);
	gw_depends_free(observer->depends);
	gw_boot_told_free(observer->told);
	sd_event_unref(observer->event);
	free(observer);
}
