/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A job about the boot, in its own process. */
#include "daemon/boot/run.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>

#include "daemon/boot/kept/kmsg-log.h"
#include "daemon/boot/look.h"
#include "daemon/boot/request.h"
#include "daemon/boot/save.h"
#include "lib/system/dependency-files.h"
#include "lib/system/kfd.h"

#define KEEP_RESOLVED SIZE_MAX /* all that the request has */

struct run {
	struct gw_boot_request request;
	char log_path[GW_BOOT_PATH_MAX], kmsg_path[GW_BOOT_PATH_MAX];
	struct gw_reports *reports; /* about the boot, that are known */
	struct gw_boot_log *log;
	struct gw_kallsyms *kallsyms;
	struct gw_depends *depends;
};

static void run_close(struct run *run)
{
	gw_depends_free(run->depends);
	gw_kallsyms_free(run->kallsyms);
	gw_boot_log_close(run->log);
}

/* The symbols may be hidden or not there: the evidence says so. */
static int run_open(struct run *run)
{
	const char *directory = run->request.run_directory;
	int r = 0;

	snprintf(run->log_path, sizeof(run->log_path), "%s/" GW_BOOT_LOG_NAME, directory);
	snprintf(run->kmsg_path, sizeof(run->kmsg_path), "%s/" GW_KMSG_LOG_NAME, directory);
	if (run->request.logged)
		r = gw_boot_log_open_copy(&run->log, run->log_path, run->request.boot_id);
	if (r >= 0)
		r = gw_depends_load(&run->depends, NULL, NULL, NULL, NULL);
	if (r >= 0 && gw_kallsyms_read(&run->kallsyms, NULL, GW_KALLSYMS_INIT) < 0)
		run->kallsyms = NULL;
	return r < 0 ? r : 0;
}

static int run_kfd(FILE *output)
{
	json_t *kfd = gw_kfd_read("");
	int r = kfd && json_dumpf(kfd, output, JSON_COMPACT) == 0 ? 0 : -ENOMEM;

	json_decref(kfd);
	return r;
}

static int run_boot(struct run *run, FILE *output)
{
	struct gw_boot_sources sources = { .request = &run->request };
	int r = run_open(run);

	if (r < 0)
		return r;
	sources.log = run->log;
	sources.kmsg_log = run->log ? run->kmsg_path : NULL;
	sources.kallsyms = run->kallsyms;
	sources.depends = run->depends;
	return run->request.job == GW_BOOT_LOOK ? gw_boot_look(&sources, run->reports, output)
						: gw_boot_save(&sources, output);
}

int gw_boot_run(int input, FILE *output)
{
	struct run run = { .log = NULL };
	json_t *storage = NULL;
	int r = gw_reports_new(&run.reports, KEEP_RESOLVED);

	if (r >= 0)
		r = gw_boot_request_read(&run.request, &storage, run.reports, input);
	if (r >= 0)
		r = run.request.job == GW_BOOT_KFD ? run_kfd(output) : run_boot(&run, output);
	run_close(&run);
	gw_reports_free(run.reports);
	json_decref(storage);
	return r;
}
