/* SPDX-License-Identifier: GPL-2.0-or-later */
/* OnDeadlock=: for which reports a unit is asked for, how often, and what root makes of what it is asked. */
#include "build-reports.h"

#include <errno.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "daemon/serve/on-deadlock.h"
#include "daemon/start-unit.h"
#include "lib/base/log.h"

#define TEST(name) static void name(void **state)
#define SOCKET "build/unit/test-on-deadlock.socket"
#define MSEC 1000000ULL
#define UNIT "gpuwatch-bundle@.service"

/* A store, and the socket at which systemd would listen. */
struct machine {
	sd_event *event;
	struct gw_reports *reports;
	struct gw_on_deadlock *on_deadlock;
	int listener;
};

static int listen_at(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	unlink(path);
	strcpy(address.sun_path, path);
	assert_return_code(bind(fd, (struct sockaddr *)&address, sizeof(address)), errno);
	assert_return_code(listen(fd, 8), errno);
	return fd;
}

static struct machine machine_new(const char *unit, uint64_t interval_ns)
{
	struct machine machine = { .listener = listen_at(SOCKET) };

	assert_return_code(sd_event_new(&machine.event), 0);
	assert_int_equal(gw_reports_new(&machine.reports, 8), 0);
	assert_int_equal(gw_on_deadlock_new(&machine.on_deadlock, machine.event, machine.reports, SOCKET), 0);
	gw_on_deadlock_set(machine.on_deadlock, unit, interval_ns);
	return machine;
}

static void machine_free(struct machine *machine)
{
	gw_reports_free(machine->reports);
	gw_on_deadlock_free(machine->on_deadlock);
	sd_event_unref(machine->event);
	close(machine->listener);
	unlink(SOCKET);
}

static void machine_put(struct machine *machine, const char *id, enum gw_state state, enum gw_confidence confidence)
{
	struct gw_reported *report = reported(id, state, "A waits for B");

	report->confidence = confidence;
	assert_int_equal(gw_reports_put(machine->reports, report), 0);
}

static void machine_proves(struct machine *machine, const char *id)
{
	machine_put(machine, id, GW_STATE_ACTIVE, GW_CONFIDENCE_PROVEN);
}

static void machine_runs(struct machine *machine, uint64_t usec)
{
	assert_return_code(sd_event_run(machine->event, usec), 0);
}

/* The id that was asked for next; "" = none. */
static const char *asked(struct machine *machine)
{
	static char id[64];
	int fd = accept(machine->listener, NULL, NULL);
	ssize_t n;

	if (fd < 0)
		return "";
	n = recv(fd, id, sizeof(id) - 1, 0);
	assert_true(n > 0);
	id[n] = '\0';
	close(fd);
	return id;
}

/* ---- the daemon ------------------------------------------------------------------------ */

TEST(proven_deadlock_is_asked_for_once)
{
	struct machine machine = machine_new(UNIT, 1);

	machine_proves(&machine, "d-1");
	machine_proves(&machine, "d-1"); /* one more victim */
	machine_put(&machine, "d-1", GW_STATE_RESOLVED, GW_CONFIDENCE_PROVEN);
	assert_string_equal(asked(&machine), "d-1");
	assert_string_equal(asked(&machine), "");
	machine_proves(&machine, "d-1"); /* again */
	assert_string_equal(asked(&machine), "d-1");
	machine_free(&machine);
}

TEST(nothing_is_asked_for_by_default)
{
	struct machine machine = machine_new("", 1);

	machine_proves(&machine, "d-1");
	assert_string_equal(asked(&machine), "");
	machine_free(&machine);
}

TEST(hint_waits_until_it_is_probable)
{
	struct machine machine = machine_new(UNIT, 1);

	machine_put(&machine, "d-1", GW_STATE_ACTIVE, GW_CONFIDENCE_HINT);
	assert_string_equal(asked(&machine), "");
	machine_put(&machine, "d-1", GW_STATE_ACTIVE, GW_CONFIDENCE_PROBABLE);
	assert_string_equal(asked(&machine), "d-1");
	machine_proves(&machine, "d-1");
	assert_string_equal(asked(&machine), "");
	machine_free(&machine);
}

TEST(what_is_no_deadlock_is_not_asked_for)
{
	struct machine machine = machine_new(UNIT, 1);

	machine_proves(&machine, "p-1");
	assert_string_equal(asked(&machine), "");
	machine_free(&machine);
}

TEST(next_deadlock_waits_for_its_turn)
{
	struct machine machine = machine_new(UNIT, 50 * MSEC);

	machine_proves(&machine, "d-1");
	machine_proves(&machine, "d-2");
	machine_proves(&machine, "d-3");
	machine_put(&machine, "d-2", GW_STATE_RESOLVED, GW_CONFIDENCE_PROVEN);
	assert_string_equal(asked(&machine), "d-1");
	assert_string_equal(asked(&machine), "");
	machine_runs(&machine, 5000000);
	assert_string_equal(asked(&machine), "d-3");
	machine_runs(&machine, 100000);
	assert_string_equal(asked(&machine), "");
	machine_free(&machine);
}

TEST(socket_that_is_missing_is_tried_again)
{
	struct machine machine = machine_new(UNIT, 50 * MSEC);

	unlink(SOCKET);
	machine_proves(&machine, "d-1");
	close(machine.listener);
	machine.listener = listen_at(SOCKET);
	machine_runs(&machine, 5000000);
	assert_string_equal(asked(&machine), "d-1");
	machine_free(&machine);
}

TEST(nobody_who_accepts_stops_the_daemon)
{
	struct machine machine = machine_new(UNIT, 1);
	char id[32];

	for (int i = 0; i < 200; i++) { /* more than wait in the socket, and more than are known at a time */
		snprintf(id, sizeof(id), "d-%x", (unsigned)i);
		machine_proves(&machine, id);
	}
	assert_string_equal(asked(&machine), "d-0");
	machine_free(&machine);
}

TEST(reload_turns_it_off)
{
	struct machine machine = machine_new(UNIT, 50 * MSEC);

	machine_proves(&machine, "d-1");
	machine_proves(&machine, "d-2");
	gw_on_deadlock_set(machine.on_deadlock, "", 50 * MSEC);
	assert_string_equal(asked(&machine), "d-1");
	machine_runs(&machine, 100000);
	assert_string_equal(asked(&machine), "");
	machine_free(&machine);
}

/* ---- root ------------------------------------------------------------------------------- */

TEST(instance_is_the_id)
{
	char unit[256], small[20];

	assert_int_equal(gw_start_unit_name(unit, sizeof(unit), UNIT, "d-1f3a9c02e455"), 0);
	assert_string_equal(unit, "gpuwatch-bundle@d-1f3a9c02e455.service");
	assert_int_equal(gw_start_unit_name(small, sizeof(small), UNIT, "d-1f3a9c02e455"), -ENAMETOOLONG);
}

TEST(what_is_no_id_is_refused)
{
	static const char *const ids[] = { "",
					   "d",
					   "d-",
					   "-1",
					   "d-1.service",
					   "d-1\n",
					   "d-1/../x",
					   "D-1",
					   "d-1 -1",
					   "d-G",
					   "d-00000000000000000000000000000000" };
	char unit[256];

	for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++)
		assert_int_equal(gw_start_unit_name(unit, sizeof(unit), UNIT, ids[i]), -EINVAL);
	assert_int_equal(gw_start_unit_name(unit, sizeof(unit), "reboot.target", "d-1"), -EINVAL);
}

/* Returns what root makes of a message. */
static int served(const char *message, size_t size)
{
	int ends[2], r;

	assert_return_code(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends), errno);
	assert_int_equal(send(ends[0], message, size, 0), size);
	close(ends[0]);
	gw_log_set_level(LOG_EMERG);
	r = gw_start_unit_serve(ends[1], UNIT);
	gw_log_set_level(LOG_INFO);
	close(ends[1]);
	return r;
}

TEST(message_that_is_no_id_starts_nothing)
{
	static const char *const messages[] = { "d-1;reboot", "d-0000000000000000000000000000001234" };

	for (size_t i = 0; i < sizeof(messages) / sizeof(messages[0]); i++)
		assert_int_equal(served(messages[i], strlen(messages[i])), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(proven_deadlock_is_asked_for_once),
		cmocka_unit_test(nothing_is_asked_for_by_default),
		cmocka_unit_test(hint_waits_until_it_is_probable),
		cmocka_unit_test(what_is_no_deadlock_is_not_asked_for),
		cmocka_unit_test(next_deadlock_waits_for_its_turn),
		cmocka_unit_test(socket_that_is_missing_is_tried_again),
		cmocka_unit_test(nobody_who_accepts_stops_the_daemon),
		cmocka_unit_test(reload_turns_it_off),
		cmocka_unit_test(instance_is_the_id),
		cmocka_unit_test(what_is_no_id_is_refused),
		cmocka_unit_test(message_that_is_no_id_starts_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
