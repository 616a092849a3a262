/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A job's request as a line of JSON, with the known reports behind it. */
#include "daemon/boot/request.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include "lib/base/cleanup.h"
#include "lib/base/files.h"
#include "lib/base/json.h"

#define SIZE_MAX_BYTES (256u << 20)

static json_t *request_json(const struct gw_boot_request *request)
{
	return json_pack("{s:i, s:s, s:s, s:s*, s:s, s:b, s:b, s:o, s:o, s:O}", "job", (int)request->job, "boot_id",
			 request->boot_id, "run_directory", request->run_directory, "state_directory",
			 request->state_directory, "why", request->why, "logged", request->logged, "recorded",
			 request->recorded, "dropped", gw_json_number(request->dropped), "started_ns",
			 gw_json_number(request->started_ns), "missing", request->missing);
}

int gw_boot_request_write(const struct gw_boot_request *request, const struct gw_reports *reports)
{
	_cleanup_close_ int fd = memfd_create("gpuwatchd-boot-request", MFD_CLOEXEC);
	_cleanup_fclose_ FILE *file = fd < 0 ? NULL : fdopen(dup(fd), "w");
	json_t *line = request_json(request);
	int r = !file ? -errno : line && json_dumpf(line, file, JSON_COMPACT) == 0 ? 0 : -ENOMEM;

	json_decref(line);
	if (r >= 0 && putc('\n', file) == EOF)
		r = -ENOMEM;
	if (r >= 0)
		r = gw_reports_write(reports, GW_KIND_PROBE_ORDER, file);
	if (r >= 0 && fflush(file) != 0)
		r = -errno;
	return r < 0 ? r : gw_steal_fd(&fd);
}

static int request_parse(struct gw_boot_request *ret, json_t *line)
{
	json_int_t dropped, started_ns;
	int job, logged, recorded;

	ret->state_directory = NULL;
	if (json_unpack(line, "{s:i, s:s, s:s, s?s, s:s, s:b, s:b, s:I, s:I, s:o}", "job", &job, "boot_id",
			&ret->boot_id, "run_directory", &ret->run_directory, "state_directory", &ret->state_directory,
			"why", &ret->why, "logged", &logged, "recorded", &recorded, "dropped", &dropped, "started_ns",
			&started_ns, "missing", &ret->missing) < 0 ||
	    job < 0 || job >= GW_BOOT_JOBS)
		return -EBADMSG;
	ret->job = (enum gw_boot_job)job;
	ret->logged = logged;
	ret->recorded = recorded;
	ret->dropped = (uint64_t)dropped;
	ret->started_ns = (uint64_t)started_ns;
	return 0;
}

static int request_read_reports(struct gw_reports *reports, const char *text, size_t size)
{
	struct gw_reported *report;
	int r = 0;

	while (size > 0 && (r = gw_reported_read(&report, &text, &size)) > 0)
		if (gw_reports_restore(reports, report) < 0)
			return -ENOMEM;
	return r < 0 ? r : 0;
}

int gw_boot_request_read(struct gw_boot_request *ret, json_t **storage, struct gw_reports *reports, int file)
{
	_cleanup_free_ char *text = NULL;
	const char *end;
	json_t *line;
	size_t size;
	int r = gw_fd_whole(file, SIZE_MAX_BYTES, &text, &size);

	if (r < 0)
		return r;
	end = memchr(text, '\n', size);
	line = end ? json_loadb(text, (size_t)(end - text), 0, NULL) : NULL;
	r = line ? request_parse(ret, line) : -EBADMSG;
	if (r >= 0)
		r = request_read_reports(reports, end + 1, size - (size_t)(end + 1 - text));
	if (r < 0)
		json_decref(line);
	else
		*storage = line;
	return r;
}
