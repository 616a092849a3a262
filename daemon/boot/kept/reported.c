/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The file with the reports about this boot. */
#include "daemon/boot/kept/reported.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "lib/base/files.h"

#define SCHEMA "gpuwatch.reported.v1"
#define SIZE_MAX_BYTES (256u << 20)

/* ---- reading ------------------------------------------------------------------------------- */

/* Takes the first line. Returns 1, 0 (of another boot) or -EBADMSG. */
static int reported_check_first(const char **text, size_t *size, const char *boot_id)
{
	const char *end = memchr(*text, '\n', *size), *schema, *of_boot;
	json_t *line = end ? json_loadb(*text, (size_t)(end - *text), 0, NULL) : NULL;
	int r = -EBADMSG;

	if (json_unpack(line, "{s:s, s:s}", "schema", &schema, "boot_id", &of_boot) == 0)
		r = strcmp(of_boot, boot_id) != 0 ? 0 : strcmp(schema, SCHEMA) == 0 ? 1 : -EBADMSG;
	json_decref(line);
	if (r > 0) {
		*size -= (size_t)(end + 1 - *text);
		*text = end + 1;
	}
	return r;
}

/* What is restored is handed on as it is: here is the last chance to see that it is JSON. Takes the report over. */
static int reported_restore(struct gw_reports *reports, struct gw_reported *report)
{
	json_t *json = json_loads(report->json, 0, NULL);
	bool usable = json_is_object(json) && report->kind == GW_KIND_PROBE_ORDER;

	json_decref(json);
	if (usable)
		return gw_reports_restore(reports, report);
	gw_reported_free(report);
	return -EBADMSG;
}

static int reported_parse(struct gw_reports *reports, const char *text, size_t size, const char *boot_id)
{
	int r = reported_check_first(&text, &size, boot_id), result = r < 0 ? r : 0;
	struct gw_reported *report;

	if (r <= 0)
		return r;
	while (size > 0 && r != 0 && result != -ENOMEM) {
		r = gw_reported_read(&report, &text, &size);
		if (r > 0)
			r = reported_restore(reports, report) ?: 1;
		if (r < 0)
			result = r;
	}
	return result;
}

int gw_boot_reported_load(struct gw_reports *reports, const char *path, const char *boot_id)
{
	_cleanup_free_ char *text = NULL;
	size_t size;
	int r = gw_file_whole(AT_FDCWD, path, SIZE_MAX_BYTES, &text, &size);

	if (r < 0)
		return r == -ENOENT ? 0 : r;
	return reported_parse(reports, text, size, boot_id);
}

/* ---- writing ------------------------------------------------------------------------------- */

static int reported_write(const struct gw_reports *reports, const char *path, const char *boot_id)
{
	FILE *file = fopen(path, "we");
	int r;

	if (!file)
		return -errno;
	r = fprintf(file, "{\"schema\":\"" SCHEMA "\",\"boot_id\":\"%s\"}\n", boot_id) < 0 ? -errno : 0;
	if (r >= 0)
		r = gw_reports_write(reports, GW_KIND_PROBE_ORDER, file);
	if (fclose(file) != 0 && r >= 0)
		r = -errno;
	return r;
}

int gw_boot_reported_save(const struct gw_reports *reports, const char *path, const char *boot_id)
{
	char new[PATH_MAX];
	int r;

	if ((size_t)snprintf(new, sizeof(new), "%s.new", path) >= sizeof(new))
		return -ENAMETOOLONG;
	r = reported_write(reports, new, boot_id);
	if (r >= 0 && rename(new, path) < 0)
		r = -errno;
	if (r < 0)
		unlink(new);
	return r;
}
