/* SPDX-License-Identifier: GPL-2.0-or-later */
/* org.gpuwatch1.Manager as clients see it, through the private socket: methods, properties, signals, and bad clients. */
#include "fake-kernel.h"

#include "build-reports.h"

#include <fcntl.h>
#include <malloc.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>

#include "daemon/memory.h"
#include "daemon/serve/bus-api.h"
#include "daemon/serve/private-socket.h"
#include "daemon/watch/scheduler.h"
#include "daemon/watch/watch.h"
#include "lib/base/bus-names.h"
#include "lib/base/cleanup.h"

#define TEST(name) static void name(void **state)
#define PENDING_MAX 4 /* CALLS_OF_PEER_MAX in private-socket.c */
#define PEERS_MAX 32  /* as there */

/* A whole daemon but for the kernel, and one client. */
struct scene {
	char directory[32], path[64];
	sd_event *event;
	struct gw_loader *loader;
	struct gw_reports *reports;
	struct gw_watch *watch;
	struct gw_scheduler *scheduler;
	struct gw_boot_observer boot;
	struct gw_status status;
	struct gw_bus_api *api;
	struct gw_private_socket *socket;
	struct gw_memory memory;
	sd_bus *client;
	unsigned signals; /* ReportChanged that the client got */
	unsigned properties_changed;
	char last[64]; /* id and state of the last one */
};

/* ---- the client ---------------------------------------------------------------------------- */

static sd_bus *connect_client(struct scene *scene)
{
	char address[80];
	sd_bus *client;

	snprintf(address, sizeof(address), "unix:path=%s", scene->path);
	assert_int_equal(sd_bus_new(&client), 0);
	assert_true(sd_bus_set_address(client, address) >= 0);
	assert_true(sd_bus_start(client) >= 0);
	assert_true(sd_bus_attach_event(client, scene->event, 0) >= 0);
	return client;
}

static int on_report_changed(sd_bus_message *message, void *userdata, sd_bus_error *error)
{
	const char *id, *kind, *class, *state, *json;
	struct scene *scene = userdata;

	assert_true(sd_bus_message_read(message, "sssss", &id, &kind, &class, &state, &json) >= 0);
	snprintf(scene->last, sizeof(scene->last), "%s %s", id, state);
	scene->signals++;
	return 0;
}

static int on_properties_changed(sd_bus_message *message, void *userdata, sd_bus_error *error)
{
	struct scene *scene = userdata;

	scene->properties_changed++;
	return 0;
}

static int on_reply(sd_bus_message *reply, void *userdata, sd_bus_error *error)
{
	*(sd_bus_message **)userdata = sd_bus_message_ref(reply);
	return 1;
}

static void await(struct scene *scene, sd_bus_message *const *reply)
{
	while (!*reply)
		assert_true(sd_event_run(scene->event, UINT64_MAX) > 0);
}

/* Sends a call; *reply is set when the answer comes. */
#define begin_call(scene, client, reply, interface, member, ...)                                                       \
	assert_true(sd_bus_call_method_async(client, NULL, NULL, GW_BUS_PATH, interface, member, on_reply, reply,      \
					     __VA_ARGS__) >= 0)

static void expect_error(struct scene *scene, sd_bus_message *reply, const char *name)
{
	const sd_bus_error *error = sd_bus_message_get_error(reply);

	assert_non_null(error);
	assert_string_equal(error->name, name);
	sd_bus_message_unref(reply);
}

/* The string that a method answers with. Owned by the caller. */
#define call_string(scene, member, ...)                                                                                \
	({                                                                                                             \
		sd_bus_message *_reply = NULL;                                                                         \
		const char *_text = NULL;                                                                              \
		char *_copy;                                                                                           \
		begin_call(scene, (scene)->client, &_reply, GW_BUS_INTERFACE, member, __VA_ARGS__);                    \
		await(scene, &_reply);                                                                                 \
		assert_null(sd_bus_message_get_error(_reply));                                                         \
		assert_true(sd_bus_message_read(_reply, "s", &_text) >= 0);                                            \
		_copy = strdup(_text);                                                                                 \
		sd_bus_message_unref(_reply);                                                                          \
		_copy;                                                                                                 \
	})

#define call_error(scene, name, interface, member, ...)                                                                \
	do {                                                                                                           \
		sd_bus_message *_reply = NULL;                                                                         \
		begin_call(scene, (scene)->client, &_reply, interface, member, __VA_ARGS__);                           \
		await(scene, &_reply);                                                                                 \
		expect_error(scene, _reply, name);                                                                     \
	} while (0)

/* ---- the daemon ---------------------------------------------------------------------------- */

static void on_looked(void *userdata)
{
	struct scene *scene = userdata;

	gw_bus_api_looked(scene->api);
}

static void scene_add_parts(struct scene *scene)
{
	struct gw_pace pace = { .min_wait_ns = 10 * MS, .interval_ns = 5 * MS };
	struct gw_policy policy = GW_POLICY_DEFAULT;
	struct gw_bus_api_parts parts = { .boot = &scene->boot, .status = &scene->status };

	assert_int_equal(gw_reports_new(&scene->reports, 100000), 0);
	assert_int_equal(gw_watch_new(&scene->watch, scene->loader, scene->reports, NULL, &policy, 1 << 20), 0);
	assert_int_equal(gw_scheduler_new(&scene->scheduler, scene->event, scene->watch, &pace, on_looked, scene), 0);
	gw_status_init(&scene->status);
	scene->status.boot = &scene->boot;
	scene->status.reports = scene->reports;
	scene->status.standalone = true;
	parts.watch = scene->watch;
	parts.scheduler = scene->scheduler;
	parts.reports = scene->reports;
	assert_int_equal(gw_bus_api_new(&scene->api, scene->event, &parts), 0);
}

static struct scene *scene_new(void)
{
	struct scene *scene = calloc(1, sizeof(*scene));
	char message[256];

	assert_non_null(scene);
	strcpy(scene->directory, "/tmp/test-bus-api.XXXXXX");
	assert_non_null(mkdtemp(scene->directory));
	snprintf(scene->path, sizeof(scene->path), "%s/private", scene->directory);
	assert_true(sd_event_new(&scene->event) >= 0);
	scene->loader = fake_kernel_new();
	scene_add_parts(scene);
	assert_int_equal(gw_private_socket_new(&scene->socket, scene->path, 0, message, sizeof(message)), 0);
	assert_true(gw_private_socket_serve(scene->socket, scene->event, scene->api, &scene->memory) >= 0);
	scene->client = connect_client(scene);
	assert_true(sd_bus_match_signal(scene->client, NULL, NULL, GW_BUS_PATH, GW_BUS_INTERFACE, "ReportChanged",
					on_report_changed, scene) >= 0);
	assert_true(sd_bus_match_signal(scene->client, NULL, NULL, GW_BUS_PATH, "org.freedesktop.DBus.Properties",
					"PropertiesChanged", on_properties_changed, scene) >= 0);
	free(call_string(scene, "GetStatus", "")); /* it is connected */
	return scene;
}

static void scene_free(struct scene *scene)
{
	sd_bus_close_unref(scene->client);
	gw_private_socket_free(scene->socket);
	gw_bus_api_free(scene->api);
	gw_scheduler_free(scene->scheduler);
	gw_watch_free(scene->watch);
	gw_reports_free(scene->reports);
	fake_kernel_free(scene->loader);
	sd_event_unref(scene->event);
	assert_int_equal(rmdir(scene->directory), 0); /* the socket is gone */
	free(scene);
}

static void put_report(struct scene *scene, const char *id, enum gw_state state)
{
	assert_int_equal(gw_reports_put(scene->reports, reported(id, state, "x")), 0);
}

/* ---- properties ---------------------------------------------------------------------------- */

/* The value of a number among all properties. */
static uint64_t property_number(sd_bus_message *reply, const char *wanted)
{
	uint64_t found = UINT64_MAX;
	const char *name, *type;

	assert_true(sd_bus_message_rewind(reply, true) >= 0);
	assert_true(sd_bus_message_enter_container(reply, 'a', "{sv}") >= 0);
	while (sd_bus_message_enter_container(reply, 'e', "sv") > 0) {
		assert_true(sd_bus_message_read(reply, "s", &name) > 0);
		assert_true(sd_bus_message_peek_type(reply, NULL, &type) > 0);
		if (strcmp(name, wanted) == 0 && type[0] == 't') {
			assert_true(sd_bus_message_read(reply, "v", "t", &found) > 0);
		} else if (strcmp(name, wanted) == 0 && type[0] == 'u') {
			uint32_t number;

			assert_true(sd_bus_message_read(reply, "v", "u", &number) > 0);
			found = number;
		} else {
			assert_true(sd_bus_message_skip(reply, "v") > 0);
		}
		assert_true(sd_bus_message_exit_container(reply) >= 0);
	}
	return found;
}

/* One that the vtable has and the code does not would be an error here, and once was the last one's value. */
TEST(every_property_has_a_value_of_its_own)
{
	struct scene *scene = scene_new();
	sd_bus_message *reply = NULL;
	char *release;

	scene->loader->counters = (struct gw_loader_counters){ .missed_waits = 11, .dropped_events = 22 };
	scene->status.wakeups = 33;
	put_report(scene, "d-1", GW_STATE_ACTIVE);
	put_report(scene, "p-1", GW_STATE_ACTIVE);
	put_report(scene, "d-2", GW_STATE_RESOLVED);
	begin_call(scene, scene->client, &reply, "org.freedesktop.DBus.Properties", "GetAll", "s", GW_BUS_INTERFACE);
	await(scene, &reply);
	assert_null(sd_bus_message_get_error(reply));
	assert_int_equal(property_number(reply, "MissedWaits"), 11);
	assert_int_equal(property_number(reply, "DroppedEvents"), 22);
	assert_int_equal(property_number(reply, "WakeUps"), 33);
	assert_int_equal(property_number(reply, "ActiveReports"), 2);
	assert_int_equal(property_number(reply, "Snapshots"), gw_watch_snapshots(scene->watch));
	assert_true(sd_bus_message_unref(reply) == NULL);
	reply = NULL;
	begin_call(scene, scene->client, &reply, "org.freedesktop.DBus.Properties", "Get", "ss", GW_BUS_INTERFACE,
		   "KernelRelease");
	await(scene, &reply);
	assert_true(sd_bus_message_read(reply, "v", "s", &release) > 0);
	assert_string_equal(release, "6.1.0-test");
	sd_bus_message_unref(reply);
	scene_free(scene);
}

TEST(unknown_property_is_an_error)
{
	struct scene *scene = scene_new();

	call_error(scene, "org.freedesktop.DBus.Error.UnknownProperty", "org.freedesktop.DBus.Properties", "Get", "ss",
		   GW_BUS_INTERFACE, "Nonsense");
	call_error(scene, "org.freedesktop.DBus.Error.UnknownMethod", GW_BUS_INTERFACE, "Nonsense", "");
	scene_free(scene);
}

TEST(status_has_what_the_last_look_at_the_boot_counted)
{
	struct scene *scene = scene_new();
	json_t *summary = json_pack("{s:i, s:i}", "deferred", 1, "lost", 2);
	char *text = call_string(scene, "GetStatus", "");
	json_t *status = json_loads(text, 0, NULL);

	assert_true(json_is_null(json_object_get(status, "boot"))); /* there was none yet */
	free(text);
	json_decref(status);
	scene->boot.summary = summary;
	text = call_string(scene, "GetStatus", "");
	status = json_loads(text, 0, NULL);
	assert_true(json_equal(json_object_get(status, "boot"), summary));
	free(text);
	json_decref(status);
	json_decref(summary);
	scene_free(scene);
}

/* ---- reports ------------------------------------------------------------------------------- */

TEST(reports_are_listed_by_kind_and_state_and_found_by_id)
{
	struct scene *scene = scene_new();
	char *text;
	json_t *array;

	put_report(scene, "d-1", GW_STATE_ACTIVE);
	put_report(scene, "d-2", GW_STATE_RESOLVED);
	put_report(scene, "p-3", GW_STATE_ACTIVE);
	text = call_string(scene, "ListReports", "sb", "", true);
	array = json_loads(text, 0, NULL);
	assert_int_equal(json_array_size(array), 3);
	json_decref(array);
	free(text);
	text = call_string(scene, "ListReports", "sb", "deadlock", false);
	array = json_loads(text, 0, NULL);
	assert_int_equal(json_array_size(array), 1);
	assert_string_equal(json_string_value(json_object_get(json_array_get(array, 0), "id")), "d-1");
	json_decref(array);
	free(text);
	text = call_string(scene, "GetReport", "s", "p-3");
	assert_string_equal(text, gw_reports_find(scene->reports, "p-3")->json);
	free(text);
	call_error(scene, GW_BUS_ERROR_NO_SUCH_REPORT, GW_BUS_INTERFACE, "GetReport", "s", "d-9");
	call_error(scene, "org.freedesktop.DBus.Error.InvalidArgs", GW_BUS_INTERFACE, "ListReports", "sb", "deadlocks",
		   true);
	scene_free(scene);
}

TEST(change_is_a_signal_and_so_is_the_number_of_active_reports)
{
	struct scene *scene = scene_new();

	put_report(scene, "d-1", GW_STATE_ACTIVE);
	free(call_string(scene, "GetStatus", "")); /* signals come before its answer */
	assert_int_equal(scene->signals, 1);
	assert_string_equal(scene->last, "d-1 active");
	assert_int_equal(scene->properties_changed, 1);
	put_report(scene, "d-1", GW_STATE_ACTIVE);
	free(call_string(scene, "GetStatus", ""));
	assert_int_equal(scene->signals, 2);
	assert_int_equal(scene->properties_changed, 1);
	put_report(scene, "d-1", GW_STATE_RESOLVED);
	free(call_string(scene, "GetStatus", ""));
	assert_string_equal(scene->last, "d-1 resolved");
	assert_int_equal(scene->properties_changed, 2);
	scene_free(scene);
}

/* From the kernel's records to the signal, and back when the wait ends. */
TEST(deadlock_goes_the_whole_way)
{
	struct scene *scene = scene_new();
	struct classic c = classic(scene->loader->world, 101);
	char *text;

	scene->loader->active_waits = 2;
	assert_int_equal(write(scene->loader->wake, &(uint64_t){ 1 }, 8), 8);
	while (scene->signals == 0)
		assert_true(sd_event_run(scene->event, UINT64_MAX) > 0);
	text = call_string(scene, "ListReports", "sb", "deadlock", false);
	assert_non_null(strstr(text, "\"confidence\":\"proven\""));
	free(text);
	waits_no_more(c.holder);
	while (scene->signals == 1)
		assert_true(sd_event_run(scene->event, UINT64_MAX) > 0);
	assert_non_null(strstr(scene->last, "resolved"));
	scene_free(scene);
}

/* A person does not wait until a stall is old enough for everybody. */
TEST(stalls_of_this_moment_are_listed_by_age)
{
	struct scene *scene = scene_new();
	struct world *w = scene->loader->world;
	struct gw_timeline_record *ring = timeline(w, "gfx");
	char *text;

	signalled_by_interrupt(ring, GW_SIGNALLER_HARDIRQ);
	waits_for_fence(w, kthread(w, 101, "waiter"), fence(w, ring, 7));
	w->now_ns += 3 * SECOND;
	text = call_string(scene, "ListStalls", "tb", (uint64_t)60000000, false);
	assert_string_equal(text, "[]");
	free(text);
	text = call_string(scene, "ListStalls", "tb", (uint64_t)2000000, false);
	assert_non_null(strstr(text, "\"class\":\"long-wait\""));
	free(text);
	text = call_string(scene, "ListReports", "sb", "stall", false);
	assert_string_equal(text, "[]");
	free(text);
	text = call_string(scene, "ListAllWaits", "t", (uint64_t)0);
	assert_non_null(strstr(text, "\"ready\""));
	assert_non_null(strstr(text, "\"comm\":\"waiter\""));
	free(text);
	scene_free(scene);
}

TEST(snapshot_that_fails_is_an_error_of_the_call)
{
	struct scene *scene = scene_new();

	scene->loader->fails = -EACCES;
	call_error(scene, "org.freedesktop.DBus.Error.AccessDenied", GW_BUS_INTERFACE, "ListWaits", "");
	call_error(scene, "org.freedesktop.DBus.Error.AccessDenied", GW_BUS_INTERFACE, "ListTimelines", "");
	scene->loader->fails = 0;
	free(call_string(scene, "ListWaits", ""));
	scene_free(scene);
}

/* ---- the status ----------------------------------------------------------------------------- */

TEST(status_has_every_probe_and_every_limitation_whole)
{
	struct scene *scene = scene_new();
	json_t *status, *limitations, *line;
	char *text, *why = malloc(3001);
	bool whole = false;
	size_t i;

	memset(why, 'x', 3000);
	why[3000] = '\0';
	scene->loader->probes[1].why = why;
	put_report(scene, "d-1", GW_STATE_ACTIVE);
	put_report(scene, "p-1", GW_STATE_ACTIVE);
	text = call_string(scene, "GetStatus", "");
	status = json_loads(text, 0, NULL);
	assert_non_null(status);
	assert_int_equal(json_array_size(json_object_get(status, "probes")), 3);
	assert_int_equal(json_integer_value(json_object_get(json_object_get(status, "active_reports"), "deadlock")), 1);
	assert_int_equal(json_integer_value(json_object_get(json_object_get(status, "active_reports"), "probe-order")),
			 1);
	limitations = json_object_get(status, "limitations");
	json_array_foreach(limitations, i, line)
		whole |= strstr(json_string_value(line), why) != NULL;
	assert_true(whole);
	json_decref(status);
	free(text);
	free(why);
	scene_free(scene);
}

/* ---- answers that come later ----------------------------------------------------------------- */

TEST(recording_is_answered_after_two_looks_at_everything)
{
	struct scene *scene = scene_new();
	sd_bus_message *reply = NULL;
	struct stat st;
	int fd;

	begin_call(scene, scene->client, &reply, GW_BUS_INTERFACE, "Record", "");
	await(scene, &reply);
	assert_null(sd_bus_message_get_error(reply));
	assert_true(sd_bus_message_read(reply, "h", &fd) > 0);
	assert_int_equal(fstat(fd, &st), 0);
	assert_true(st.st_size > 0);
	assert_int_equal(gw_scheduler_requested(scene->scheduler), 0);
	sd_bus_message_unref(reply);
	scene_free(scene);
}

TEST(recording_is_answered_although_every_look_fails)
{
	struct scene *scene = scene_new();
	sd_bus_message *reply = NULL;

	scene->loader->fails = -EIO;
	begin_call(scene, scene->client, &reply, GW_BUS_INTERFACE, "Record", "");
	await(scene, &reply);
	sd_bus_message_unref(reply);
	scene_free(scene);
}

static void answer_look(struct scene *scene, uint64_t ticket, const char *error)
{
	struct gw_boot_answer answer = {
		.job = GW_BOOT_LOOK, .ticket = ticket, .error = error, .order = "{}", .evidence = -1
	};

	gw_bus_api_boot_answered(scene->api, &answer);
}

TEST(order_of_the_boot_answers_who_asked_before_the_look_began)
{
	struct scene *scene = scene_new();
	sd_bus_message *first = NULL, *second = NULL, *save = NULL;
	const char *order;

	begin_call(scene, scene->client, &first, GW_BUS_INTERFACE, "GetProbeOrder", "");
	begin_call(scene, scene->client, &second, GW_BUS_INTERFACE, "GetProbeOrder", "");
	begin_call(scene, scene->client, &save, GW_BUS_INTERFACE, "SaveBoot", "");
	free(call_string(scene, "GetStatus", "")); /* they have arrived */
	assert_int_equal(scene->boot.asked[GW_BOOT_LOOK], 2);
	answer_look(scene, 1, NULL);
	await(scene, &first);
	assert_true(sd_bus_message_read(first, "s", &order) > 0);
	assert_string_equal(order, "{}");
	free(call_string(scene, "GetStatus", ""));
	assert_null(second);
	assert_null(save);
	answer_look(scene, 2, "It hangs");
	await(scene, &second);
	expect_error(scene, second, "org.freedesktop.DBus.Error.Failed");
	assert_null(save);
	sd_bus_message_unref(first);
	scene_free(scene);
}

/* Sysfs may hang: another process reads it, and what it has read is answered. */
TEST(kfd_is_answered_when_it_has_been_read)
{
	struct scene *scene = scene_new();
	struct gw_boot_answer answer = { .job = GW_BOOT_KFD, .ticket = 1, .evidence = -1 };
	sd_bus_message *reply = NULL;
	json_t *kfd = json_pack("{s:s, s:b, s:[], s:[]}", "schema", "gpuwatch.kfd.v1", "device_node", 0, "devices",
				"processes");
	const char *text;

	begin_call(scene, scene->client, &reply, GW_BUS_INTERFACE, "GetKfd", "");
	free(call_string(scene, "GetStatus", "")); /* it has arrived, and nobody waits for it */
	assert_null(reply);
	assert_int_equal(scene->boot.asked[GW_BOOT_KFD], 1);
	answer.kfd = kfd;
	gw_bus_api_boot_answered(scene->api, &answer);
	await(scene, &reply);
	assert_true(sd_bus_message_read(reply, "s", &text) > 0);
	assert_non_null(strstr(text, "\"events\":"));
	assert_non_null(strstr(text, "\"now_ns\":"));
	sd_bus_message_unref(reply);
	json_decref(kfd);
	scene_free(scene);
}

TEST(calls_that_wait_are_bounded)
{
	struct scene *scene = scene_new();
	sd_bus_message *replies[PENDING_MAX] = { NULL };

	for (size_t i = 0; i < PENDING_MAX; i++)
		begin_call(scene, scene->client, &replies[i], GW_BUS_INTERFACE, "GetProbeOrder", "");
	call_error(scene, "org.freedesktop.DBus.Error.LimitsExceeded", GW_BUS_INTERFACE, "GetProbeOrder", "");
	answer_look(scene, PENDING_MAX, NULL);
	for (size_t i = 0; i < PENDING_MAX; i++) {
		await(scene, &replies[i]);
		sd_bus_message_unref(replies[i]);
	}
	scene_free(scene);
}

TEST(client_that_leaves_takes_its_calls_along)
{
	struct scene *scene = scene_new();
	sd_bus *client = connect_client(scene);
	sd_bus_message *replies[PENDING_MAX] = { NULL };

	begin_call(scene, client, &replies[0], GW_BUS_INTERFACE, "ListTimelines", "");
	for (size_t i = 1; i < PENDING_MAX; i++)
		begin_call(scene, client, &replies[i], GW_BUS_INTERFACE, "GetProbeOrder", "");
	while (scene->boot.asked[GW_BOOT_LOOK] < PENDING_MAX - 1)
		assert_true(sd_event_run(scene->event, UINT64_MAX) > 0);
	sd_bus_close_unref(client);
	free(call_string(scene, "GetStatus", ""));
	/* There is room for it, and it takes longer than the other one has left. */
	free(call_string(scene, "ListTimelines", ""));
	answer_look(scene, PENDING_MAX, NULL);
	for (size_t i = 0; i < PENDING_MAX; i++)
		assert_null(replies[i]);
	scene_free(scene);
}

/* ---- bad clients ------------------------------------------------------------------------------ */

/* What it leaves unread is memory of the daemon. */
TEST(client_that_does_not_read_gets_no_more_signals_and_harms_nobody)
{
	struct scene *scene = scene_new();
	sd_bus *second = connect_client(scene);
	sd_bus_message *reply = NULL;

	begin_call(scene, second, &reply, GW_BUS_INTERFACE, "GetStatus", "");
	await(scene, &reply);
	sd_bus_message_unref(reply);
	sd_bus_detach_event(scene->client); /* it sleeps */
	for (unsigned i = 0; i < 20000; i++) {
		put_report(scene, "d-1", GW_STATE_ACTIVE);
		if (i % 1000 == 0) {
			reply = NULL;
			begin_call(scene, second, &reply, GW_BUS_INTERFACE, "GetStatus", "");
			await(scene, &reply);
			sd_bus_message_unref(reply);
		}
	}
	assert_true(sd_bus_attach_event(scene->client, scene->event, 0) >= 0);
	free(call_string(scene, "GetStatus", ""));
	assert_in_range(scene->signals, 256, 19999);
	put_report(scene, "d-1", GW_STATE_RESOLVED); /* it reads again, and gets what is new */
	free(call_string(scene, "GetStatus", ""));
	assert_string_equal(scene->last, "d-1 resolved");
	sd_bus_close_unref(second);
	scene_free(scene);
}

/* A connection that has authenticated and will say what a test wants, by hand. */
static int connect_by_hand(struct scene *scene)
{
	static const char hello[] = "\0AUTH EXTERNAL\r\nDATA\r\nBEGIN\r\n";
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);

	strcpy(address.sun_path, scene->path);
	assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(write(fd, hello, sizeof(hello) - 1), sizeof(hello) - 1);
	return fd;
}

static size_t heap_size(void)
{
	return mallinfo2().arena + mallinfo2().hblkhd;
}

/* Rounds of the loop until nothing is left to do. */
static void settle(struct scene *scene)
{
	while (sd_event_run(scene->event, 20 * GW_USEC_PER_MSEC) > 0)
		;
}

static bool is_closed(int fd)
{
	char answer[256];
	ssize_t size;

	while ((size = read(fd, answer, sizeof(answer))) > 0)
		;
	return size == 0 || errno == ECONNRESET;
}

/* Sixteen bytes of header announce 128 MiB, for which nobody is to make room. */
TEST(message_that_is_announced_too_long_closes_the_connection)
{
	static const unsigned char header[24] = { 'l', 1, 0, 1, 0, 0, 0, 7, 1, 0, 0, 0, 8 };
	struct scene *scene = scene_new();
	size_t before = heap_size();
	int fds[8];

	for (size_t i = 0; i < 8; i++) {
		fds[i] = connect_by_hand(scene);
		assert_int_equal(write(fds[i], header, sizeof(header)), sizeof(header));
	}
	settle(scene);
	for (size_t i = 0; i < 8; i++) {
		assert_true(is_closed(fds[i]));
		close(fds[i]);
	}
	assert_true(heap_size() < before + (4 << 20));
	free(call_string(scene, "GetStatus", ""));
	scene_free(scene);
}

/* What is hidden behind a BEGIN that does not begin anything is no way around that. */
TEST(nothing_is_passed_on_before_the_authentication_is_over)
{
	static const char hello[] = "\0BEGIN\r\n",
			  rest[] = "l\1\0\1\x40\0\0\0\1\0\0\0\0\0\0\0AUTH EXTERNAL\r\nBEGIN\r\nl\1\0\1\0\0\0\7";
	struct scene *scene = scene_new();
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
	char answer[64] = "";

	strcpy(address.sun_path, scene->path);
	assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(write(fd, hello, sizeof(hello) - 1), sizeof(hello) - 1);
	assert_int_equal(write(fd, rest, sizeof(rest) - 1), sizeof(rest) - 1);
	settle(scene);
	assert_true(read(fd, answer, sizeof(answer) - 1) > 0);
	assert_string_equal(answer, "ERROR\r\n");
	assert_int_equal(read(fd, answer, sizeof(answer)), -1);
	close(fd);
	scene_free(scene);
}

/* Thousands of calls whose answers it does not read: it gets no second one before it has the first. */
TEST(answers_that_are_not_read_do_not_pile_up)
{
	struct scene *scene = scene_new();
	sd_bus *deaf = connect_client(scene);
	sd_bus_message *reply = NULL, *replies[2000] = { NULL };
	size_t before;

	begin_call(scene, deaf, &reply, GW_BUS_INTERFACE, "GetStatus", "");
	await(scene, &reply);
	sd_bus_message_unref(reply);
	for (size_t i = 0; i < 500; i++)
		put_report(scene, "d-1", GW_STATE_ACTIVE);
	sd_bus_detach_event(deaf);
	for (size_t i = 0; i < 2000; i++)
		begin_call(scene, deaf, &replies[i], GW_BUS_INTERFACE, "GetStatus", "");
	before = heap_size();
	sd_bus_flush(deaf);
	settle(scene);
	assert_true(heap_size() < before + (4 << 20));
	free(call_string(scene, "GetStatus", ""));
	sd_bus_close_unref(deaf);
	scene_free(scene);
}

TEST(connections_are_bounded_and_free_places_are_used_again)
{
	struct scene *scene = scene_new();
	sd_bus_message *replies[PEERS_MAX] = { NULL };
	sd_bus *clients[PEERS_MAX];

	for (size_t i = 0; i < PEERS_MAX; i++) { /* one more than there are places for */
		clients[i] = connect_client(scene);
		begin_call(scene, clients[i], &replies[i], GW_BUS_INTERFACE, "GetStatus", "");
	}
	for (size_t i = 0; i < PEERS_MAX; i++)
		await(scene, &replies[i]);
	for (size_t i = 0; i < PEERS_MAX; i++) {
		assert_int_equal(sd_bus_message_is_method_error(replies[i], NULL), i == PEERS_MAX - 1);
		sd_bus_message_unref(replies[i]);
	}
	sd_bus_close_unref(clients[0]);
	free(call_string(scene, "GetStatus", ""));
	clients[0] = connect_client(scene);
	replies[0] = NULL;
	begin_call(scene, clients[0], &replies[0], GW_BUS_INTERFACE, "GetStatus", "");
	await(scene, &replies[0]);
	assert_null(sd_bus_message_get_error(replies[0]));
	sd_bus_message_unref(replies[0]);
	for (size_t i = 0; i < PEERS_MAX; i++)
		sd_bus_close_unref(clients[i]);
	scene_free(scene);
}

/* Hundreds that connect and say nothing: whoever comes behind them is not kept waiting for a round of the loop for each. */
TEST(queue_of_connections_takes_few_rounds)
{
	struct scene *scene = scene_new();
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fds[500];

	strcpy(address.sun_path, scene->path);
	for (size_t i = 0; i < 500; i++) {
		fds[i] = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
		assert_int_equal(connect(fds[i], (struct sockaddr *)&address, sizeof(address)), 0);
	}
	for (size_t i = 0; i < 40; i++)
		sd_event_run(scene->event, 0);
	assert_true(is_closed(fds[499]));
	for (size_t i = 0; i < 500; i++)
		close(fds[i]);
	settle(scene);
	free(call_string(scene, "GetStatus", ""));
	scene_free(scene);
}

/* ---- the path -------------------------------------------------------------------------------- */

/* In another process, while this one's loop runs. */
static bool second_daemon_is_refused(struct scene *scene)
{
	struct gw_private_socket *second;
	char message[256] = "";
	int status;
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0)
		_exit(gw_private_socket_new(&second, scene->path, 10000, message, sizeof(message)) == -EADDRINUSE &&
				      strstr(message, "another gpuwatchd")
			      ? 0
			      : 1);
	while (waitpid(pid, &status, WNOHANG) == 0)
		sd_event_run(scene->event, 10 * GW_USEC_PER_MSEC);
	return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

/* Nobody runs the first one's loop: it hangs. Its end does not take the second one's path away. */
TEST(socket_of_a_daemon_that_hangs_is_taken_over)
{
	struct scene *scene = scene_new();
	struct gw_private_socket *second;
	char message[256];
	struct stat st;

	assert_int_equal(gw_private_socket_new(&second, scene->path, 50, message, sizeof(message)), 0);
	gw_private_socket_free(gw_steal(scene->socket));
	assert_int_equal(stat(scene->path, &st), 0);
	gw_private_socket_free(second);
	scene_free(scene);
}

TEST(path_belongs_to_one_daemon_and_what_a_dead_one_left_is_replaced)
{
	struct scene *scene = scene_new();
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	struct gw_private_socket *second;
	char path[80], message[256];
	struct stat st;
	int fd;

	assert_true(second_daemon_is_refused(scene));
	assert_int_equal(stat(scene->path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0660);

	snprintf(path, sizeof(path), "%s/second", scene->directory);
	strcpy(address.sun_path, path);
	fd = socket(AF_UNIX, SOCK_STREAM, 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	close(fd); /* killed: its socket stays */
	assert_int_equal(gw_private_socket_new(&second, path, 0, message, sizeof(message)), 0);
	gw_private_socket_free(second);
	assert_int_equal(stat(path, &st), -1);

	fd = open(path, O_CREAT | O_WRONLY, 0600);
	close(fd);
	assert_int_equal(gw_private_socket_new(&second, path, 0, message, sizeof(message)), -EEXIST);
	assert_int_equal(unlink(path), 0); /* it was not taken away */
	scene_free(scene);
}

TEST(path_that_does_not_fit_is_refused)
{
	struct gw_private_socket *socket;
	char path[200], message[512];

	memset(path, '/', sizeof(path) - 1);
	path[sizeof(path) - 1] = '\0';
	assert_int_equal(gw_private_socket_new(&socket, path, 0, message, sizeof(message)), -ENAMETOOLONG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_property_has_a_value_of_its_own),
		cmocka_unit_test(status_has_what_the_last_look_at_the_boot_counted),
		cmocka_unit_test(unknown_property_is_an_error),
		cmocka_unit_test(reports_are_listed_by_kind_and_state_and_found_by_id),
		cmocka_unit_test(change_is_a_signal_and_so_is_the_number_of_active_reports),
		cmocka_unit_test(deadlock_goes_the_whole_way),
		cmocka_unit_test(stalls_of_this_moment_are_listed_by_age),
		cmocka_unit_test(snapshot_that_fails_is_an_error_of_the_call),
		cmocka_unit_test(status_has_every_probe_and_every_limitation_whole),
		cmocka_unit_test(recording_is_answered_after_two_looks_at_everything),
		cmocka_unit_test(recording_is_answered_although_every_look_fails),
		cmocka_unit_test(order_of_the_boot_answers_who_asked_before_the_look_began),
		cmocka_unit_test(kfd_is_answered_when_it_has_been_read),
		cmocka_unit_test(calls_that_wait_are_bounded),
		cmocka_unit_test(client_that_leaves_takes_its_calls_along),
		cmocka_unit_test(client_that_does_not_read_gets_no_more_signals_and_harms_nobody),
		cmocka_unit_test(message_that_is_announced_too_long_closes_the_connection),
		cmocka_unit_test(nothing_is_passed_on_before_the_authentication_is_over),
		cmocka_unit_test(answers_that_are_not_read_do_not_pile_up),
		cmocka_unit_test(connections_are_bounded_and_free_places_are_used_again),
		cmocka_unit_test(queue_of_connections_takes_few_rounds),
		cmocka_unit_test(socket_of_a_daemon_that_hangs_is_taken_over),
		cmocka_unit_test(path_belongs_to_one_daemon_and_what_a_dead_one_left_is_replaced),
		cmocka_unit_test(path_that_does_not_fit_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
