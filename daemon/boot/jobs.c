/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The queue of jobs about the boot. */
#include "daemon/boot/jobs.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>

#include "lib/base/cleanup.h"

/* Requests are numbered from one. */
struct requests {
	uint64_t asked;	   /* the last one */
	uint64_t begun;	   /* the last one that the last job answers */
	uint64_t answered; /* the last one that was answered */
};

struct gw_boot_jobs {
	struct gw_boot_jobs_options options;
	sd_event *event;
	sd_event_source *begin; /* off while there is nothing to do */
	struct gw_worker *worker;
	bool working;		  /* the worker has not answered yet */
	enum gw_boot_job running; /* that it does */
	struct requests requests[GW_BOOT_JOBS];
};

/* Answers all requests of a kind up to the one that was the last when the job began. */
static void jobs_answer(struct gw_boot_jobs *jobs, enum gw_boot_job job, int error, int output)
{
	struct requests *requests = &jobs->requests[job];

	requests->answered = requests->begun;
	jobs->options.ended(job, requests->answered, error, output, jobs->options.userdata);
}

static void jobs_on_worker_done(int error, int output, void *userdata)
{
	struct gw_boot_jobs *jobs = userdata;

	jobs->working = false;
	jobs_answer(jobs, jobs->running, error, output);
	sd_event_source_set_enabled(jobs->begin, SD_EVENT_ONESHOT);
}

static int jobs_begin(struct gw_boot_jobs *jobs, enum gw_boot_job job)
{
	struct gw_worker_options options = {
		.name = "gpuwatchd-boot",
		.argument = jobs->options.argument,
		.limit_usec = jobs->options.limit_usec,
		.done = jobs_on_worker_done,
		.userdata = jobs,
	};
	_cleanup_close_ int input = -1;
	int r;

	if (gw_boot_jobs_hung(jobs) > 0)
		return -EBUSY;
	gw_worker_free(jobs->worker);
	jobs->worker = NULL;
	options.input = input = jobs->options.begins(job, jobs->options.userdata);
	if (input < 0)
		return input;
	jobs->running = job;
	r = gw_worker_start(&jobs->worker, jobs->event, &options);
	jobs->working = r >= 0;
	return r;
}

static int jobs_on_begin(sd_event_source *source, void *userdata)
{
	struct gw_boot_jobs *jobs = userdata;

	for (enum gw_boot_job job = 0; job < GW_BOOT_JOBS && !jobs->working; job++) {
		struct requests *requests = &jobs->requests[job];
		int r;

		if (requests->answered == requests->asked)
			continue;
		requests->begun = requests->asked;
		r = jobs_begin(jobs, job);
		if (r < 0)
			jobs_answer(jobs, job, r, -1);
	}
	return 0;
}

uint64_t gw_boot_jobs_ask(struct gw_boot_jobs *jobs, enum gw_boot_job job)
{
	sd_event_source_set_enabled(jobs->begin, SD_EVENT_ONESHOT);
	return ++jobs->requests[job].asked;
}

pid_t gw_boot_jobs_hung(const struct gw_boot_jobs *jobs)
{
	return jobs->worker && !jobs->working ? gw_worker_pid(jobs->worker) : 0;
}

/* ---- life ---------------------------------------------------------------------------------- */

int gw_boot_jobs_new(struct gw_boot_jobs **ret, sd_event *event, const struct gw_boot_jobs_options *options)
{
	struct gw_boot_jobs *jobs = calloc(1, sizeof(*jobs));
	int r;

	if (!jobs)
		return -ENOMEM;
	jobs->options = *options;
	jobs->event = sd_event_ref(event);
	r = sd_event_add_defer(event, &jobs->begin, jobs_on_begin, jobs);
	if (r >= 0)
		r = sd_event_source_set_enabled(jobs->begin, SD_EVENT_OFF);
	if (r < 0) {
		gw_boot_jobs_free(jobs);
		return r;
	}
	*ret = jobs;
	return 0;
}

void gw_boot_jobs_free(struct gw_boot_jobs *jobs)
{
	if (!jobs)
		return;
	sd_event_source_disable_unref(jobs->begin);
	gw_worker_free(jobs->worker);
	sd_event_unref(jobs->event);
	free(jobs);
}
