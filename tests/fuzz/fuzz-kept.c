/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Takes arbitrary bytes as the files that the daemon keeps and reads back; tests/fuzz/run builds and runs it. */
#include <string.h>

#include "tests/fuzz/directory.h"

#include "daemon/boot/kept/kmsg-log.h"
#include "daemon/boot/kept/log.h"
#include "daemon/boot/kept/reported.h"
#include "daemon/boot/request.h"
#include "lib/boot/evidence/event.h"

#define BOOT "b"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char path[512];

static int on_record(const struct gw_boot_record *record, void *userdata)
{
	struct gw_boot_event event;

	gw_boot_event_from_record(&event, record);
	return 0;
}

static int on_line(const char *text, size_t size, void *userdata)
{
	if (memchr(text, '\0', size))
		abort();
	return 0;
}

static void read_log(void)
{
	struct gw_boot_log *log, *copy;

	if (gw_boot_log_open_copy(&copy, path, BOOT) == 0) {
		gw_boot_log_each(copy, on_record, NULL);
		gw_boot_log_close(copy);
	}
	if (gw_boot_log_open(&log, path, BOOT) < 0)
		return;
	gw_boot_log_each(log, on_record, NULL);
	gw_boot_log_close(log);
}

/* "0,7,1;text" is what the kernel has. */
static void read_kmsg(void)
{
	struct gw_kmsg_log *log;

	if (gw_kmsg_log_open(&log, path, BOOT, "/dev/null") < 0)
		return;
	gw_kmsg_log_each(log, on_line, NULL);
	gw_kmsg_log_close(log);
}

static void read_reports(bool request)
{
	struct gw_boot_request read;
	struct gw_reports *reports;
	json_t *storage;
	int fd;

	if (gw_reports_new(&reports, 8) < 0)
		abort();
	if (!request)
		gw_boot_reported_load(reports, path, BOOT);
	fd = request ? open(path, O_RDONLY | O_CLOEXEC) : -1;
	if (fd >= 0 && gw_boot_request_read(&read, &storage, reports, fd) == 0)
		json_decref(storage);
	if (fd >= 0)
		close(fd);
	free(gw_reports_json(reports, NULL, true));
	gw_reports_free(reports);
}

/* The first byte is which file it is. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size == 0)
		return 0;
	directory_write("kept", data + 1, size - 1);
	if (!path[0])
		snprintf(path, sizeof(path), "%s/kept", directory);
	switch (data[0] % 4) {
	case 0:
		read_log();
		break;
	case 1:
		read_kmsg();
		break;
	default:
		read_reports(data[0] % 4 == 2);
		break;
	}
	return 0;
}
