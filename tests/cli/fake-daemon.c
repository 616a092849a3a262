/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * org.gpuwatch1 with canned answers, so that the client is tested without a
 * kernel that has anything to say.
 *
 *   fake-daemon DIRECTORY SOCKET   serve the files of DIRECTORY on a private socket
 *   fake-daemon DIRECTORY --bus    on the system bus
 *   fake-daemon DIRECTORY SOCKET --mute   accept connections and never answer
 *   fake-daemon DIRECTORY SOCKET --slow   connect, then never answer a call
 *   fake-daemon DIRECTORY SOCKET --old    other arguments and another signal, and no KFD
 *
 * A line "ready" on stdout says that it can be asked. On SIGUSR1 it sends
 * ReportChanged with DIRECTORY/changed.json.
 */
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <jansson.h>
#include <systemd/sd-bus.h>
#include <systemd/sd-event.h>

/* Not of lib/base/bus-names.h: these names are a promise to other programs, and a change of them has to fail here. */
#define OBJECT "/org/gpuwatch1"
#define INTERFACE "org.gpuwatch1.Manager"
#define PEERS 512 /* connections that it takes in its life */
#define CANNED_SIZE ((size_t)64 << 20)

struct fake {
	sd_event *event;
	const char *directory;
	bool mute, slow, old;
	sd_bus *buses[PEERS];
	size_t count;
};

static void check(int r, const char *what)
{
	if (r >= 0)
		return;
	fprintf(stderr, "fake-daemon: %s: %s\n", what, strerror(-r));
	exit(1);
}

/* A file of the directory, whole and NUL-terminated; NULL if there is none. */
static char *read_canned(const struct fake *fake, const char *name, size_t *size)
{
	char path[4096], *data = calloc(1, CANNED_SIZE);
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", fake->directory, name);
	file = fopen(path, "r");
	if (!file) {
		free(data);
		return NULL;
	}
	*size = fread(data, 1, CANNED_SIZE - 1, file);
	fclose(file);
	return data;
}

static int reply_file(struct fake *fake, sd_bus_message *call, const char *name)
{
	size_t size;
	char *text = read_canned(fake, name, &size);
	int r;

	if (!text)
		return -ENOENT;
	r = sd_bus_reply_method_return(call, "s", text);
	free(text);
	return r;
}

static int on_simple(sd_bus_message *call, void *userdata, sd_bus_error *error)
{
	struct fake *fake = userdata;
	const char *method = sd_bus_message_get_member(call);

	if (fake->slow)
		return 1; /* taken, never answered */
	return reply_file(fake, call,
			  strcmp(method, "GetStatus") == 0	 ? "status.json"
			  : strcmp(method, "ListWaits") == 0	 ? "waits.json"
			  : strcmp(method, "ListAllWaits") == 0	 ? "all-waits.json"
			  : strcmp(method, "ListFaults") == 0	 ? "faults.json"
			  : strcmp(method, "GetKfd") == 0	 ? "kfd.json"
			  : strcmp(method, "GetProbeOrder") == 0 ? "probe-order.json"
								 : "timelines.json");
}

static json_t *load_json(struct fake *fake, const char *name)
{
	size_t size;
	char *text = read_canned(fake, name, &size);
	json_t *value = text ? json_loads(text, 0, NULL) : NULL;

	free(text);
	return value;
}

/* Those of the list, and those of the boot. */
static json_t *load_reports(struct fake *fake)
{
	json_t *reports = load_json(fake, "reports.json"), *order = load_json(fake, "probe-order.json");

	if (!reports)
		reports = json_array();
	json_array_extend(reports, json_object_get(order, "reports"));
	json_decref(order);
	return reports;
}

static const char *field(const json_t *report, const char *key)
{
	const char *value = json_string_value(json_object_get(report, key));

	return value ? value : "";
}

static int reply_value(sd_bus_message *call, const json_t *value)
{
	char *text = json_dumps(value, 0);
	int r = sd_bus_reply_method_return(call, "s", text);

	free(text);
	return r;
}

static int on_list(sd_bus_message *call, void *userdata, sd_bus_error *error)
{
	struct fake *fake = userdata;
	json_t *reports = load_reports(fake), *chosen = json_array(), *report;
	const char *kind;
	int all, r;
	size_t i;

	if (fake->slow)
		return 1;
	check(sd_bus_message_read(call, "sb", &kind, &all), "arguments of ListReports");
	json_array_foreach(reports, i, report)
		if ((!*kind || strcmp(field(report, "kind"), kind) == 0) &&
		    (all || strcmp(field(report, "state"), "resolved") != 0))
			json_array_append(chosen, report);
	r = reply_value(call, chosen);
	json_decref(chosen);
	json_decref(reports);
	return r;
}

/* Those of both kinds: all of them are 2 seconds old. */
static int on_stalls(sd_bus_message *call, void *userdata, sd_bus_error *error)
{
	struct fake *fake = userdata;
	json_t *reports = load_reports(fake), *chosen = json_array(), *report;
	uint64_t min_age;
	int all, r;
	size_t i;

	if (fake->slow)
		return 1;
	check(sd_bus_message_read(call, "tb", &min_age, &all), "arguments of ListStalls");
	json_array_foreach(reports, i, report)
		if ((strcmp(field(report, "kind"), "stall") == 0 || strcmp(field(report, "kind"), "livelock") == 0) &&
		    (all || strcmp(field(report, "state"), "resolved") != 0) && min_age <= 2000000)
			json_array_append(chosen, report);
	r = reply_value(call, chosen);
	json_decref(chosen);
	json_decref(reports);
	return r;
}

static int on_get(sd_bus_message *call, void *userdata, sd_bus_error *error)
{
	json_t *reports = load_reports(userdata), *report;
	const char *id;
	size_t i;
	int r = 0;

	check(sd_bus_message_read(call, "s", &id), "arguments of GetReport");
	json_array_foreach(reports, i, report)
		if (strcmp(field(report, "id"), id) == 0)
			r = reply_value(call, report);
	json_decref(reports);
	return r ? r : sd_bus_error_setf(error, "org.gpuwatch1.Error.NoSuchReport", "There is no report '%s'", id);
}

static int on_file(sd_bus_message *call, void *userdata, sd_bus_error *error)
{
	bool boot = strcmp(sd_bus_message_get_member(call), "SaveBoot") == 0;
	size_t size;
	char *data = read_canned(userdata, boot ? "boot.jsonl" : "recording.gpuwatch", &size);
	int fd = memfd_create("recording", MFD_CLOEXEC), r;

	if (!data || fd < 0 || write(fd, data, size) != (ssize_t)size)
		return -EIO;
	r = sd_bus_reply_method_return(call, "h", fd);
	close(fd);
	free(data);
	return r;
}

static const sd_bus_vtable vtable[] = {
	SD_BUS_VTABLE_START(SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_METHOD("GetStatus", "", "s", on_simple, SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_METHOD("ListWaits", "", "s", on_simple, SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_METHOD("ListAllWaits", "t", "s", on_simple, SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_METHOD("ListStalls", "tb", "s", on_stalls, SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_METHOD("ListFaults", "", "s", on_simple, SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_METHOD("ListTimelines", "", "s", on_simple, SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_METHOD("GetKfd", "", "s", on_simple, SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_METHOD("ListReports", "sb", "s", on_list, SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_METHOD("GetReport", "s", "s", on_get, SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_METHOD("GetProbeOrder", "", "s", on_simple, SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_METHOD("Record", "", "h", on_file, SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_METHOD("SaveBoot", "", "h", on_file, SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_SIGNAL("ReportChanged", "sssss", 0),
	SD_BUS_VTABLE_END,
};

/* What a daemon of another version might have. */
static const sd_bus_vtable old_vtable[] = {
	SD_BUS_VTABLE_START(SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_METHOD("GetStatus", "", "s", on_simple, SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_METHOD("ListReports", "b", "s", on_list, SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_METHOD("Record", "", "s", on_simple, SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_VTABLE_END,
};

static int on_signal(sd_event_source *source, const struct signalfd_siginfo *info, void *userdata)
{
	struct fake *fake = userdata;
	size_t size;
	char *text = read_canned(fake, "changed.json", &size);
	json_t *report = json_loads(text, 0, NULL);

	for (size_t i = 0; i < fake->count; i++)
		sd_bus_emit_signal(fake->buses[i], OBJECT, INTERFACE, "ReportChanged", "sssss", field(report, "id"),
				   field(report, "kind"), field(report, "class"), field(report, "state"), text);
	json_decref(report);
	free(text);
	return 0;
}

static void serve(struct fake *fake, sd_bus *bus)
{
	check(sd_bus_add_object_vtable(bus, NULL, OBJECT, INTERFACE, fake->old ? old_vtable : vtable, fake), "object");
	check(sd_bus_attach_event(bus, fake->event, SD_EVENT_PRIORITY_NORMAL), "event loop");
	fake->buses[fake->count++] = bus;
}

static int on_connection(sd_event_source *source, int listening, uint32_t events, void *userdata)
{
	struct fake *fake = userdata;
	int fd = accept4(listening, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	sd_bus *bus;

	if (fd < 0 || fake->mute || fake->count == PEERS)
		return 0;
	check(sd_bus_new(&bus), "connection");
	check(sd_bus_set_fd(bus, fd, fd), "descriptor");
	check(sd_bus_set_server(bus, true, (sd_id128_t){ .qwords = { 1, 2 } }), "server");
	check(sd_bus_negotiate_fds(bus, true), "descriptors");
	check(sd_bus_set_sender(bus, "org.gpuwatch1"), "sender");
	check(sd_bus_start(bus), "start");
	serve(fake, bus);
	return 0;
}

static void open_socket(struct fake *fake, const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	unlink(path);
	check(bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0 ? -errno : 0, path);
	check(listen(fd, 16) < 0 ? -errno : 0, path);
	check(sd_event_add_io(fake->event, NULL, fd, EPOLLIN, on_connection, fake), "listen");
}

static void open_bus(struct fake *fake)
{
	sd_bus *bus;

	check(sd_bus_open_system(&bus), "system bus");
	serve(fake, bus);
	check(sd_bus_request_name(bus, "org.gpuwatch1", 0), "name");
}

int main(int argc, char **argv)
{
	struct fake fake = { .directory = argv[1] };
	sigset_t mask;

	if (argc < 3)
		return 2;
	fake.mute = argc > 3 && strcmp(argv[3], "--mute") == 0;
	fake.slow = argc > 3 && strcmp(argv[3], "--slow") == 0;
	fake.old = argc > 3 && strcmp(argv[3], "--old") == 0;
	sigemptyset(&mask);
	sigaddset(&mask, SIGUSR1);
	sigprocmask(SIG_BLOCK, &mask, NULL);
	check(sd_event_new(&fake.event), "event loop");
	check(sd_event_add_signal(fake.event, NULL, SIGUSR1, on_signal, &fake), "signal");
	if (strcmp(argv[2], "--bus") == 0)
		open_bus(&fake);
	else
		open_socket(&fake, argv[2]);
	puts("ready");
	fflush(stdout);
	return sd_event_loop(fake.event) < 0;
}
