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
#include "lib/base/log.h"

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
	sd_event *event;
	int fd;			   /* connected datagram socket, -1 = nobody listens */
	sd_event_source *writable; /* enabled while entries are queued */
	struct entry queue[QUEUE_MAX];
	size_t queued;
	uint64_t lost;
	char (*active)[sizeof(((struct gw_report *)NULL)->id)]; /* reports announced and not resolved */
	size_t active_count;
};

/* ---- entries -------------------------------------------------------------------- */

/* One field in the protocol's binary form, which takes any value. */
static void add_field(FILE *stream, const char *name, const char *value)
{
	size_t length = value ? strlen(value) : 0;
	uint64_t size = htole64(length);

	fprintf(stream, "%s\n", name);
	fwrite(&size, sizeof(size), 1, stream);
	if (length > 0)
		fwrite(value, length, 1, stream);
	fputc('\n', stream);
}

/* Fields as pairs of name and value, ended by a NULL. */
static int entry_make(struct entry *entry, int priority, ...)
{
	const char *name;
	va_list fields;
	FILE *stream = open_memstream(&entry->data, &entry->size);

	if (!stream)
		return -ENOMEM;
	fprintf(stream, "PRIORITY=%d\nSYSLOG_IDENTIFIER=gpuwatchd\n", priority);
	va_start(fields, priority);
	while ((name = va_arg(fields, const char *)))
		add_field(stream, name, va_arg(fields, const char *));
	va_end(fields);
	if (fclose(stream) == 0)
		return 0;
	free(gw_steal(entry->data));
	return -ENOMEM;
}

/* ---- the wire --------------------------------------------------------------------- */

/* Entries too large for a datagram travel as a sealed memfd. */
static int send_as_file(int fd, const struct entry *entry)
{
	_cleanup_close_ int file = memfd_create("gpuwatch-entry", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	union {
		struct cmsghdr header;
		char space[CMSG_SPACE(sizeof(int))];
	} control = { 0 };
	struct msghdr message = { .msg_control = &control, .msg_controllen = sizeof(control) };

	if (file < 0)
		return -errno;
	for (size_t done = 0; done < entry->size;) {
		ssize_t n = write(file, entry->data + done, entry->size - done);

		if (n < 0)
			return -errno;
		done += (size_t)n;
	}
	if (fcntl(file, F_ADD_SEALS, F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE) < 0)
		return -errno;
	control.header.cmsg_level = SOL_SOCKET;
	control.header.cmsg_type = SCM_RIGHTS;
	control.header.cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(&control.header), &file, sizeof(int));
	return sendmsg(fd, &message, MSG_DONTWAIT | MSG_NOSIGNAL) < 0 ? -errno : 0;
}

static int try_send(int fd, const struct entry *entry)
{
	if (send(fd, entry->data, entry->size, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0)
		return 0;
	return errno == EMSGSIZE || errno == ENOBUFS ? send_as_file(fd, entry) : -errno;
}

static int on_writable(sd_event_source *source, int fd, uint32_t revents, void *userdata);

static void disconnect(struct gw_journal *journal)
{
	journal->writable = sd_event_source_disable_unref(journal->writable);
	if (journal->fd >= 0)
		close(gw_steal_fd(&journal->fd));
}

static int reconnect(struct gw_journal *journal)
{
	int r;

	disconnect(journal);
	journal->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (journal->fd < 0)
		return -errno;
	if (connect(journal->fd, (struct sockaddr *)&journal->address, sizeof(journal->address)) < 0) {
		r = -errno;
		disconnect(journal);
		return r;
	}
	r = sd_event_add_io(journal->event, &journal->writable, journal->fd, EPOLLOUT, on_writable, journal);
	if (r >= 0)
		r = sd_event_source_set_enabled(journal->writable, SD_EVENT_OFF);
	if (r < 0)
		disconnect(journal);
	return r;
}

static bool nobody_listens(int error)
{
	return error == -ENOENT || error == -ECONNREFUSED || error == -ENOTCONN || error == -ECONNRESET;
}

/* Sends now, over a fresh connection if journald went away in between. */
static int send_now(struct gw_journal *journal, const struct entry *entry)
{
	int r = journal->fd < 0 ? -ENOTCONN : try_send(journal->fd, entry);

	if (!nobody_listens(r))
		return r;
	r = reconnect(journal);
	return r < 0 ? r : try_send(journal->fd, entry);
}

/* ---- the queue ---------------------------------------------------------------------- */

static void drop_first(struct gw_journal *journal)
{
	free(journal->queue[0].data);
	journal->queued--;
	memmove(journal->queue, journal->queue + 1, journal->queued * sizeof(journal->queue[0]));
}

static void enqueue(struct gw_journal *journal, const struct entry *entry)
{
	if (journal->queued == QUEUE_MAX) { /* the oldest tells least about now */
		drop_first(journal);
		journal->lost++;
	}
	journal->queue[journal->queued++] = *entry;
	sd_event_source_set_enabled(journal->writable, SD_EVENT_ON);
}

/* Sends what is queued, as far as it goes. */
static void flush(struct gw_journal *journal)
{
	while (journal->queued > 0) {
		int r = send_now(journal, &journal->queue[0]);

		if (r == -EAGAIN)
			break;
		drop_first(journal);
		if (r < 0)
			journal->lost++;
	}
	if (journal->writable)
		sd_event_source_set_enabled(journal->writable, journal->queued > 0 ? SD_EVENT_ON : SD_EVENT_OFF);
}

static int on_writable(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
	flush(userdata);
	return 0;
}

/* Takes the entry over. */
static int submit(struct gw_journal *journal, struct entry *entry)
{
	int r;

	flush(journal);
	r = journal->queued > 0 ? -EAGAIN : send_now(journal, entry);
	if (r == -EAGAIN) {
		enqueue(journal, entry);
		return 0;
	}
	free(entry->data);
	if (nobody_listens(r))
		return 0;
	return r < 0 ? r : 1;
}

/* ---- what is said ----------------------------------------------------------------------- */

static bool forget(struct gw_journal *journal, const char *id)
{
	for (size_t i = 0; i < journal->active_count; i++)
		if (strcmp(journal->active[i], id) == 0) {
			memcpy(journal->active[i], journal->active[--journal->active_count], sizeof(*journal->active));
			return true;
		}
	return false;
}

/* Returns false if the report was known before. */
static bool remember(struct gw_journal *journal, const char *id)
{
	void *active;
	bool known = forget(journal, id);

	active = realloc(journal->active, (journal->active_count + 1) * sizeof(*journal->active));
	if (active) {
		journal->active = active;
		memcpy(journal->active[journal->active_count++], id, sizeof(*journal->active));
	}
	return !known;
}

static const char *message_id(struct gw_journal *journal, const struct gw_report *report)
{
	bool order = report->kind == GW_KIND_PROBE_ORDER;

	if (report->state == GW_STATE_RESOLVED) {
		forget(journal, report->id);
		return order ? MESSAGE_ORDER_RESOLVED : MESSAGE_RESOLVED;
	}
	if (remember(journal, report->id))
		return order ? MESSAGE_ORDER_DETECTED : MESSAGE_DETECTED;
	return order ? MESSAGE_ORDER_CHANGED : MESSAGE_CHANGED;
}

void gw_journal_know(struct gw_journal *journal, const char *id)
{
	remember(journal, id);
}

static int report_priority(const struct gw_report *report)
{
	if (report->state == GW_STATE_RESOLVED)
		return LOG_NOTICE;
	/* journald syncs to disk at once what is crit or worse */
	return report->kind == GW_KIND_DEADLOCK && report->confidence == GW_CONFIDENCE_PROVEN ? LOG_CRIT : LOG_WARNING;
}

int gw_journal_report(struct gw_journal *journal, const struct gw_report *report, const char *json)
{
	char message[1024];
	struct entry entry;
	int r;

	snprintf(message, sizeof(message), "%s%s", report->state == GW_STATE_RESOLVED ? "Resolved: " : "",
		 report->summary ? report->summary : "");
	r = entry_make(&entry, report_priority(report), "MESSAGE_ID", message_id(journal, report), "MESSAGE", message,
		       "GPUWATCH_ID", report->id, "GPUWATCH_KIND", gw_kind_name(report->kind), "GPUWATCH_CLASS",
		       gw_class_name(report->class), "GPUWATCH_STATE", gw_state_name(report->state),
		       "GPUWATCH_CONFIDENCE", gw_confidence_name(report->confidence), "GPUWATCH_ADVICE", report->advice,
		       "GPUWATCH_REPORT", json, NULL);
	return r < 0 ? r : submit(journal, &entry);
}

int gw_journal_degraded(struct gw_journal *journal, const char *message, const char *json)
{
	struct entry entry;
	int r;

	r = entry_make(&entry, LOG_WARNING, "MESSAGE_ID", MESSAGE_DEGRADED, "MESSAGE", message, "GPUWATCH_PROBES", json,
		       NULL);
	return r < 0 ? r : submit(journal, &entry);
}

uint64_t gw_journal_lost(const struct gw_journal *journal)
{
	return journal->lost;
}

/* ---- life --------------------------------------------------------------------------------- */

int gw_journal_new(struct gw_journal **ret, sd_event *event, const char *socket_path)
{
	struct gw_journal *journal;

	if (strlen(socket_path) >= sizeof(journal->address.sun_path))
		return -ENAMETOOLONG;
	journal = calloc(1, sizeof(*journal));
	if (!journal)
		return -ENOMEM;
	journal->fd = -1;
	journal->address.sun_family = AF_UNIX;
	strcpy(journal->address.sun_path, socket_path);
	journal->event = sd_event_ref(event);
	reconnect(journal);
	*ret = journal;
	return 0;
}

void gw_journal_free(struct gw_journal *journal)
{
	if (!journal)
		return;
	flush(journal);
	disconnect(journal);
	while (journal->queued > 0)
		drop_first(journal);
	sd_event_unref(journal->event);
	free(journal->active);
	free(journal);
}
