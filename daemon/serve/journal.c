/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The journal: structured entries, sent without ever waiting for journald. */
#include "daemon/serve/journal.h"

#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <syslog.h>

#include "lib/base/cleanup.h"
#include "lib/base/files.h"
#include "lib/base/log.h"
#include "lib/base/text.h"

/* As in systemd/gpuwatch.catalog. */
#define MESSAGE_DETECTED "2dbbb678527b4a8bae9e0b75c575e934"
#define MESSAGE_CHANGED "bc9fdac965914d19b506377ccf02c2f7"
#define MESSAGE_RESOLVED "93fc6fc3a1f64098aa86d4cfde9b7cfe"
#define MESSAGE_DEGRADED "92498455dede4ae392f665380e4a2a19"
#define MESSAGE_ORDER_DETECTED "e0449527194f4e7fb0d9677869dcd02d"
#define MESSAGE_ORDER_CHANGED "0853c242758a4bc39af6ca14cdc109fb"
#define MESSAGE_ORDER_RESOLVED "db718b2c449c4ec1b1d970b7cc4aa020"

#define QUEUE_MAX 64

struct entry {
	char *data;
	size_t size;
};

struct gw_journal {
	struct sockaddr_un address;
	struct gw_mask mask;
	sd_event *event;
	int fd;			   /* connected datagram socket, -1 = nobody listens */
	sd_event_source *writable; /* enabled while entries are queued */
	struct entry queue[QUEUE_MAX];
	size_t queued;
	uint64_t lost;
};

/* ---- entries -------------------------------------------------------------------- */

/* One field in the protocol's binary form, which takes any value. */
static void journal_add_field(FILE *stream, const char *name, const char *value)
{
	size_t length = value ? strlen(value) : 0;
	uint64_t size = htole64(length);

	fprintf(stream, "%s\n", name);
	fwrite(&size, sizeof(size), 1, stream);
	if (length > 0)
		fwrite(value, length, 1, stream);
	fputc('\n', stream);
}

/* The group adm reads the journal, and whoever gets a copy of it: without the kernel's addresses. */
static int journal_add_masked(const struct gw_mask *mask, FILE *stream, const char *name, const char *value)
{
	_cleanup_free_ char *masked = strdup(value ? value : "");

	if (!masked)
		return -ENOMEM;
	gw_mask_apply(mask, masked);
	journal_add_field(stream, name, masked);
	return 0;
}

/* Fields as pairs of name and value, ended by a NULL. */
static int journal_entry_make(const struct gw_mask *mask, struct entry *entry, int priority, ...)
{
	const char *name;
	va_list fields;
	FILE *stream = open_memstream(&entry->data, &entry->size);
	int r = 0;

	if (!stream)
		return -ENOMEM;
	fprintf(stream, "PRIORITY=%d\nSYSLOG_IDENTIFIER=gpuwatchd\n", priority);
	va_start(fields, priority);
	while (r >= 0 && (name = va_arg(fields, const char *)))
		r = journal_add_masked(mask, stream, name, va_arg(fields, const char *));
	va_end(fields);
	if (fclose(stream) == 0 && r >= 0)
		return 0;
	free(gw_steal(entry->data));
	return -ENOMEM;
}

/* ---- the wire --------------------------------------------------------------------- */

/* Entries too large for a datagram travel as a sealed memfd. */
static int journal_send_as_file(int fd, const struct entry *entry)
{
	_cleanup_close_ int file = memfd_create("gpuwatch-entry", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	union {
		struct cmsghdr header;
		char space[CMSG_SPACE(sizeof(int))];
	} control = { 0 };
	struct msghdr message = { .msg_control = &control, .msg_controllen = sizeof(control) };
	int r;

	if (file < 0)
		return -errno;
	r = gw_fd_write(file, entry->data, entry->size);
	if (r < 0)
		return r;
	if (fcntl(file, F_ADD_SEALS, F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE) < 0)
		return -errno;
	control.header.cmsg_level = SOL_SOCKET;
	control.header.cmsg_type = SCM_RIGHTS;
	control.header.cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(&control.header), &file, sizeof(int));
	return sendmsg(fd, &message, MSG_DONTWAIT | MSG_NOSIGNAL) < 0 ? -errno : 0;
}

static int journal_try_send(int fd, const struct entry *entry)
{
	if (send(fd, entry->data, entry->size, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0)
		return 0;
	return errno == EMSGSIZE || errno == ENOBUFS ? journal_send_as_file(fd, entry) : -errno;
}

static int journal_on_writable(sd_event_source *source, int fd, uint32_t revents, void *userdata);

static void journal_disconnect(struct gw_journal *journal)
{
	journal->writable = sd_event_source_disable_unref(journal->writable);
	if (journal->fd >= 0)
		close(gw_steal_fd(&journal->fd));
}

static int journal_reconnect(struct gw_journal *journal)
{
	int r;

	journal_disconnect(journal);
	journal->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (journal->fd < 0)
		return -errno;
	if (connect(journal->fd, (struct sockaddr *)&journal->address, sizeof(journal->address)) < 0) {
		r = -errno;
		journal_disconnect(journal);
		return r;
	}
	r = sd_event_add_io(journal->event, &journal->writable, journal->fd, EPOLLOUT, journal_on_writable, journal);
	if (r >= 0)
		r = sd_event_source_set_enabled(journal->writable, SD_EVENT_OFF);
	if (r < 0)
		journal_disconnect(journal);
	return r;
}

static bool journal_is_absent(int error)
{
	return error == -ENOENT || error == -ECONNREFUSED || error == -ENOTCONN || error == -ECONNRESET;
}

/* Sends now, over a fresh connection if journald went away in between. */
static int journal_send(struct gw_journal *journal, const struct entry *entry)
{
	int r = journal->fd < 0 ? -ENOTCONN : journal_try_send(journal->fd, entry);

	if (!journal_is_absent(r))
		return r;
	r = journal_reconnect(journal);
	return r < 0 ? r : journal_try_send(journal->fd, entry);
}

/* ---- the queue ---------------------------------------------------------------------- */

static void journal_drop_first(struct gw_journal *journal)
{
	free(journal->queue[0].data);
	journal->queued--;
	memmove(journal->queue, journal->queue + 1, journal->queued * sizeof(journal->queue[0]));
}

static void journal_enqueue(struct gw_journal *journal, const struct entry *entry)
{
	if (journal->queued == QUEUE_MAX) { /* the newest matters most */
		journal_drop_first(journal);
		journal->lost++;
	}
	journal->queue[journal->queued++] = *entry;
	sd_event_source_set_enabled(journal->writable, SD_EVENT_ON);
}

/* Sends what is queued, as far as it goes. */
static void journal_flush(struct gw_journal *journal)
{
	while (journal->queued > 0) {
		int r = journal_send(journal, &journal->queue[0]);

		if (r == -EAGAIN)
			break;
		journal_drop_first(journal);
		if (r < 0)
			journal->lost++;
	}
	if (journal->writable)
		sd_event_source_set_enabled(journal->writable, journal->queued > 0 ? SD_EVENT_ON : SD_EVENT_OFF);
}

static int journal_on_writable(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
	journal_flush(userdata);
	return 0;
}

/* Takes the entry over. */
static int journal_submit(struct gw_journal *journal, struct entry *entry)
{
	int r;

	journal_flush(journal);
	r = journal->queued > 0 ? -EAGAIN : journal_send(journal, entry);
	if (r == -EAGAIN) {
		journal_enqueue(journal, entry);
		return 0;
	}
	free(entry->data);
	if (journal_is_absent(r))
		return 0;
	return r < 0 ? r : 1;
}

/* ---- entries of reports ----------------------------------------------------------------------- */

static const char *journal_message_id(enum gw_kind kind, enum gw_news news)
{
	bool order = kind == GW_KIND_PROBE_ORDER;

	switch (news) {
	case GW_NEWS_DETECTED:
		return order ? MESSAGE_ORDER_DETECTED : MESSAGE_DETECTED;
	case GW_NEWS_CHANGED:
		return order ? MESSAGE_ORDER_CHANGED : MESSAGE_CHANGED;
	case GW_NEWS_RESOLVED:
		break;
	}
	return order ? MESSAGE_ORDER_RESOLVED : MESSAGE_RESOLVED;
}

static int journal_report_priority(const struct gw_reported *report)
{
	if (report->state == GW_STATE_RESOLVED)
		return LOG_NOTICE;
	/* journald syncs to disk at once what is crit or worse */
	return report->kind == GW_KIND_DEADLOCK && report->confidence == GW_CONFIDENCE_PROVEN ? LOG_CRIT : LOG_WARNING;
}

static int journal_report(struct gw_journal *journal, const struct gw_reported *report, enum gw_news news)
{
	struct gw_text message = { .data = NULL };
	_cleanup_free_ char *line = NULL;
	struct entry entry;
	int r;

	gw_text_add(&message, "%s%s", news == GW_NEWS_RESOLVED ? "Resolved: " : "", report->summary);
	line = gw_text_finish(&message);
	if (!line)
		return -ENOMEM;
	r = journal_entry_make(&journal->mask, &entry, journal_report_priority(report), "MESSAGE_ID",
			       journal_message_id(report->kind, news), "MESSAGE", line, "GPUWATCH_ID", report->id,
			       "GPUWATCH_KIND", gw_kind_name(report->kind), "GPUWATCH_CLASS",
			       gw_class_name(report->class), "GPUWATCH_STATE", gw_state_name(report->state),
			       "GPUWATCH_CONFIDENCE", gw_confidence_name(report->confidence), "GPUWATCH_ADVICE",
			       report->advice, "GPUWATCH_REPORT", report->json, NULL);
	return r < 0 ? r : journal_submit(journal, &entry);
}

static void journal_on_report(const struct gw_reported *report, enum gw_news news, void *userdata)
{
	int r = journal_report(userdata, report, news);

	if (r < 0)
		log_warning("Writing report %s to the journal failed: %s", report->id, strerror(-r));
}

int gw_journal_follow(struct gw_journal *journal, struct gw_reports *reports)
{
	return gw_reports_subscribe(reports, journal_on_report, journal);
}

int gw_journal_degraded(struct gw_journal *journal, const char *message, const char *json)
{
	struct entry entry;
	int r;

	r = journal_entry_make(&journal->mask, &entry, LOG_WARNING, "MESSAGE_ID", MESSAGE_DEGRADED, "MESSAGE", message,
			       "GPUWATCH_PROBES", json, NULL);
	return r < 0 ? r : journal_submit(journal, &entry);
}

uint64_t gw_journal_lost(const struct gw_journal *journal)
{
	return journal->lost;
}

/* ---- life --------------------------------------------------------------------------------- */

int gw_journal_new(struct gw_journal **ret, sd_event *event, const char *socket_path, const struct gw_mask *mask)
{
	struct gw_journal *journal;

	if (strlen(socket_path) >= sizeof(journal->address.sun_path))
		return -ENAMETOOLONG;
	journal = calloc(1, sizeof(*journal));
	if (!journal)
		return -ENOMEM;
	journal->fd = -1;
	journal->mask = *mask;
	journal->address.sun_family = AF_UNIX;
	strcpy(journal->address.sun_path, socket_path);
	journal->event = sd_event_ref(event);
	journal_reconnect(journal);
	*ret = journal;
	return 0;
}

void gw_journal_free(struct gw_journal *journal)
{
	if (!journal)
		return;
	journal_flush(journal);
	journal_disconnect(journal);
	while (journal->queued > 0)
		journal_drop_first(journal);
	sd_event_unref(journal->event);
	free(journal);
}
