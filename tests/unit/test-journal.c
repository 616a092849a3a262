/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Entries for a journald that reads, does not read, comes late, goes away and comes back. */
#include "build-reports.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "daemon/serve/journal.h"

static const struct gw_mask mask = { { 1, 2 } };

#define TEST(name) static void name(void **state)
#define QUEUE_MAX 64 /* as in journal.c */
#define FIELD_MAX (4 << 20)

/* A journald: a socket, and the entry that was read from it last. */
struct scene {
	char directory[32];
	struct sockaddr_un address;
	int fd;
	sd_event *event;
	struct gw_journal *journal;
	struct gw_reports *reports;
	struct heard heard;
	char *entry;
	size_t size;
	bool as_file;
};

static void journald_start(struct scene *scene)
{
	scene->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	assert_true(scene->fd >= 0);
	assert_int_equal(bind(scene->fd, (struct sockaddr *)&scene->address, sizeof(scene->address)), 0);
}

static void journald_stop(struct scene *scene)
{
	close(scene->fd);
	assert_int_equal(unlink(scene->address.sun_path), 0);
}

static struct scene *scene_new(bool with_journald)
{
	struct scene *scene = calloc(1, sizeof(*scene));

	assert_non_null(scene);
	strcpy(scene->directory, "/tmp/test-journal.XXXXXX");
	assert_non_null(mkdtemp(scene->directory));
	scene->address.sun_family = AF_UNIX;
	snprintf(scene->address.sun_path, sizeof(scene->address.sun_path), "%s/socket", scene->directory);
	scene->fd = -1;
	if (with_journald)
		journald_start(scene);
	scene->entry = malloc(FIELD_MAX);
	assert_non_null(scene->entry);
	assert_true(sd_event_new(&scene->event) >= 0);
	assert_int_equal(gw_journal_new(&scene->journal, scene->event, scene->address.sun_path, &mask), 0);
	scene->reports = reports_heard(100000, &scene->heard);
	assert_int_equal(gw_journal_follow(scene->journal, scene->reports), 0);
	return scene;
}

static void scene_free(struct scene *scene)
{
	gw_journal_free(scene->journal);
	gw_reports_free(scene->reports);
	sd_event_unref(scene->event);
	close(scene->fd);
	unlink(scene->address.sun_path);
	assert_int_equal(rmdir(scene->directory), 0);
	free(scene->entry);
	free(scene);
}

static void put(struct scene *scene, const char *id, enum gw_state state, const char *summary)
{
	assert_int_equal(gw_reports_put(scene->reports, reported(id, state, summary)), 0);
}

static void put_number(struct scene *scene, unsigned number)
{
	char id[16];

	snprintf(id, sizeof(id), "d-%u", number);
	put(scene, id, GW_STATE_ACTIVE, "x");
}

/* Reads the next entry. Returns false if there is none now. */
static bool journald_read(struct scene *scene)
{
	char control[CMSG_SPACE(sizeof(int))];
	struct iovec part = { .iov_base = scene->entry, .iov_len = FIELD_MAX };
	struct msghdr message = {
		.msg_iov = &part, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof(control)
	};
	ssize_t n = recvmsg(scene->fd, &message, MSG_CMSG_CLOEXEC);
	const struct cmsghdr *header = n < 0 ? NULL : CMSG_FIRSTHDR(&message);
	int file;

	if (n < 0) {
		assert_int_equal(errno, EAGAIN);
		return false;
	}
	scene->as_file = header != NULL;
	if (header) {
		memcpy(&file, CMSG_DATA(header), sizeof(file));
		assert_int_equal(fcntl(file, F_GET_SEALS),
				 F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE); /* or journald refuses it */
		n = pread(file, scene->entry, FIELD_MAX, 0);
		close(file);
	}
	assert_true(n > 0 && n < FIELD_MAX);
	scene->size = (size_t)n;
	return true;
}

/* A field of the last entry, in the protocol's binary form. Valid until the next call. */
static const char *field(const struct scene *scene, const char *name)
{
	static char *value;
	char key[64];
	const char *at;
	uint64_t length;
	size_t size = (size_t)snprintf(key, sizeof(key), "\n%s\n", name);

	at = memmem(scene->entry, scene->size, key, size);
	assert_non_null(at);
	memcpy(&length, at + size, sizeof(length));
	assert_true(at + size + sizeof(length) + length < scene->entry + scene->size);
	free(value);
	value = strndup(at + size + sizeof(length), length);
	assert_int_equal(strlen(value), length);
	return value;
}

static unsigned number_of(const struct scene *scene)
{
	return (unsigned)strtoul(field(scene, "GPUWATCH_ID") + 2, NULL, 10);
}

static bool begins(const struct scene *scene, const char *text)
{
	return scene->size > strlen(text) && memcmp(scene->entry, text, strlen(text)) == 0;
}

/* ---- entries ------------------------------------------------------------------------------ */

TEST(entry_of_each_change_has_its_message_id_and_priority)
{
	struct scene *scene = scene_new(true);

	put(scene, "d-1", GW_STATE_ACTIVE, "A waits for B");
	assert_true(journald_read(scene));
	assert_true(begins(scene, "PRIORITY=2\nSYSLOG_IDENTIFIER=gpuwatchd\n"));
	assert_string_equal(field(scene, "MESSAGE_ID"), "2dbbb678527b4a8bae9e0b75c575e934");
	assert_string_equal(field(scene, "MESSAGE"), "A waits for B");
	assert_string_equal(field(scene, "GPUWATCH_KIND"), "deadlock");
	assert_string_equal(field(scene, "GPUWATCH_CLASS"), "fence-lock-cycle");
	assert_string_equal(field(scene, "GPUWATCH_STATE"), "active");
	assert_string_equal(field(scene, "GPUWATCH_CONFIDENCE"), "proven");
	assert_string_equal(field(scene, "GPUWATCH_ADVICE"), "Read the log.");
	assert_string_equal(field(scene, "GPUWATCH_REPORT"), gw_reports_find(scene->reports, "d-1")->json);
	put(scene, "d-1", GW_STATE_ACTIVE, "A waits for mutex 0xffff888100004000");
	assert_true(journald_read(scene));
	assert_null(strstr(field(scene, "MESSAGE"), "0xffff"));
	assert_non_null(strstr(field(scene, "MESSAGE"), "A waits for mutex 0x0000"));
	assert_string_equal(field(scene, "MESSAGE_ID"), "bc9fdac965914d19b506377ccf02c2f7");
	put(scene, "d-1", GW_STATE_RESOLVED, "A waits for B");
	assert_true(journald_read(scene));
	assert_true(begins(scene, "PRIORITY=5\n"));
	assert_string_equal(field(scene, "MESSAGE_ID"), "93fc6fc3a1f64098aa86d4cfde9b7cfe");
	assert_string_equal(field(scene, "MESSAGE"), "Resolved: A waits for B");
	assert_false(journald_read(scene));
	scene_free(scene);
}

TEST(reports_about_the_boot_have_ids_of_their_own)
{
	static const char *const ids[] = { "e0449527194f4e7fb0d9677869dcd02d", "0853c242758a4bc39af6ca14cdc109fb",
					   "db718b2c449c4ec1b1d970b7cc4aa020" };
	struct scene *scene = scene_new(true);

	put(scene, "p-1", GW_STATE_ACTIVE, "lost");
	put(scene, "p-1", GW_STATE_ACTIVE, "lost for good");
	put(scene, "p-1", GW_STATE_RESOLVED, "lost for good");
	for (size_t i = 0; i < 3; i++) {
		assert_true(journald_read(scene));
		assert_string_equal(field(scene, "MESSAGE_ID"), ids[i]);
	}
	scene_free(scene);
}

TEST(text_with_line_ends_and_of_any_length_arrives_whole)
{
	struct scene *scene = scene_new(true);
	char *summary = malloc(70001);

	memset(summary, 'x', 70000);
	summary[70000] = '\0';
	memcpy(summary, "two\nlines=", 10);
	put(scene, "d-1", GW_STATE_ACTIVE, summary);
	assert_true(journald_read(scene));
	assert_true(strncmp(field(scene, "MESSAGE"), "two", 3) == 0);
	assert_int_equal(strlen(field(scene, "MESSAGE")), 70000);
	free(summary);
	scene_free(scene);
}

TEST(entry_too_large_for_a_datagram_comes_as_a_file)
{
	struct scene *scene = scene_new(true);
	struct gw_reported *report = reported("d-1", GW_STATE_ACTIVE, "x");

	free(report->json);
	report->json = malloc(2 << 20);
	memset(report->json, 'y', (2 << 20) - 1);
	report->json[(2 << 20) - 1] = '\0';
	assert_int_equal(gw_reports_put(scene->reports, report), 0);
	assert_true(journald_read(scene));
	assert_true(scene->as_file);
	assert_int_equal(strlen(field(scene, "GPUWATCH_REPORT")), (2 << 20) - 1);
	put(scene, "d-2", GW_STATE_ACTIVE, "x");
	assert_true(journald_read(scene));
	assert_false(scene->as_file);
	scene_free(scene);
}

TEST(missing_probes_are_an_entry)
{
	struct scene *scene = scene_new(true);

	assert_int_equal(gw_journal_degraded(scene->journal, "1 of 9 probes", "[]"), 1);
	assert_true(journald_read(scene));
	assert_true(begins(scene, "PRIORITY=4\n"));
	assert_string_equal(field(scene, "GPUWATCH_PROBES"), "[]");
	scene_free(scene);
}

/* ---- the queue ---------------------------------------------------------------------------- */

/* Puts so many that the socket and the queue are full. */
#define MANY 3000

TEST(journald_that_does_not_read_is_not_waited_for_and_misses_the_oldest)
{
	struct scene *scene = scene_new(true);
	unsigned received = 0, last = 0, in_socket = 0;

	for (unsigned i = 0; i < MANY; i++)
		put_number(scene, i);
	assert_true(gw_journal_lost(scene->journal) > 0);
	while (journald_read(scene)) { /* what the kernel took */
		assert_int_equal(number_of(scene), in_socket);
		last = in_socket++;
	}
	received = in_socket;
	do { /* then the queue, from the event loop */
		assert_true(sd_event_run(scene->event, 0) >= 0);
		while (journald_read(scene)) {
			assert_true(number_of(scene) > last);
			last = number_of(scene);
			received++;
		}
	} while (last < MANY - 1);
	assert_int_equal(received, in_socket + QUEUE_MAX);
	assert_int_equal(gw_journal_lost(scene->journal), MANY - received);

	/* All is as before, and the loop is idle. */
	assert_int_equal(sd_event_run(scene->event, 0), 0);
	put_number(scene, MANY);
	assert_true(journald_read(scene));
	assert_int_equal(number_of(scene), MANY);
	scene_free(scene);
}

/* No later entry takes it along. */
TEST(last_entry_is_sent_when_journald_reads_again)
{
	struct scene *scene = scene_new(true);
	unsigned fit = 0;

	for (unsigned i = 0; i < MANY; i++)
		put_number(scene, i);
	while (journald_read(scene))
		fit++;
	scene_free(scene);

	scene = scene_new(true);
	for (unsigned i = 0; i < fit + 1; i++)
		put_number(scene, i);
	for (unsigned i = 0; i < fit; i++)
		assert_true(journald_read(scene));
	assert_false(journald_read(scene));
	assert_true(sd_event_run(scene->event, 0) > 0);
	assert_true(journald_read(scene));
	assert_int_equal(number_of(scene), fit);
	scene_free(scene);
}

TEST(entry_never_overtakes_queued_ones)
{
	struct scene *scene = scene_new(true);
	unsigned i = 0, expected = 0;

	while (sd_event_run(scene->event, 0) == 0 && gw_journal_lost(scene->journal) == 0 && i < MANY)
		put_number(scene, i++);
	for (int round = 0; round < 50; round++) {
		assert_true(journald_read(scene));
		put_number(scene, i++); /* there is room in the socket now, but others were first */
	}
	expected = number_of(scene);
	while (journald_read(scene))
		assert_int_equal(number_of(scene), ++expected);
	scene_free(scene);
}

TEST(daemon_that_ends_sends_what_it_can_and_frees_the_rest)
{
	struct scene *scene = scene_new(true);

	for (unsigned i = 0; i < MANY; i++)
		put_number(scene, i);
	scene_free(scene);
}

/* ---- coming and going ---------------------------------------------------------------------- */

TEST(no_journald_is_no_error_and_one_that_comes_gets_the_next_entry)
{
	struct scene *scene = scene_new(false);

	put_number(scene, 1);
	assert_int_equal(gw_journal_degraded(scene->journal, "x", "[]"), 0);
	assert_int_equal(gw_journal_lost(scene->journal), 0);
	journald_start(scene);
	put_number(scene, 2);
	assert_true(journald_read(scene));
	assert_int_equal(number_of(scene), 2);
	assert_false(journald_read(scene));
	scene_free(scene);
}

TEST(journald_that_was_restarted_gets_the_next_entry)
{
	struct scene *scene = scene_new(true);

	put_number(scene, 1);
	assert_true(journald_read(scene));
	journald_stop(scene);
	put_number(scene, 2);
	journald_start(scene);
	put_number(scene, 3);
	assert_true(journald_read(scene));
	assert_int_equal(number_of(scene), 3);
	scene_free(scene);
}

TEST(journald_that_was_restarted_gets_what_was_queued)
{
	struct scene *scene = scene_new(true);
	unsigned received = 0;
	uint64_t lost;

	for (unsigned i = 0; i < MANY; i++)
		put_number(scene, i);
	lost = gw_journal_lost(scene->journal);
	journald_stop(scene);
	journald_start(scene);
	put_number(scene, MANY);
	for (; received <= QUEUE_MAX; received++) {
		while (!journald_read(scene))
			assert_true(sd_event_run(scene->event, 0) > 0);
		assert_int_equal(number_of(scene), MANY - QUEUE_MAX + received);
	}
	assert_int_equal(gw_journal_lost(scene->journal), lost);
	assert_int_equal(sd_event_run(scene->event, 0), 0);
	scene_free(scene);
}

TEST(queue_for_a_journald_that_does_not_come_back_is_lost_by_number)
{
	struct scene *scene = scene_new(true);
	uint64_t lost;

	for (unsigned i = 0; i < MANY; i++)
		put_number(scene, i);
	lost = gw_journal_lost(scene->journal);
	journald_stop(scene);
	put_number(scene, MANY);
	assert_int_equal(gw_journal_lost(scene->journal), lost + QUEUE_MAX);
	journald_start(scene);
	put_number(scene, MANY + 1);
	assert_true(journald_read(scene));
	assert_int_equal(number_of(scene), MANY + 1);
	scene_free(scene);
}

TEST(path_that_does_not_fit_is_refused)
{
	struct gw_journal *journal;
	char path[200];
	sd_event *event;

	memset(path, 'x', sizeof(path) - 1);
	path[sizeof(path) - 1] = '\0';
	assert_true(sd_event_new(&event) >= 0);
	assert_int_equal(gw_journal_new(&journal, event, path, &mask), -ENAMETOOLONG);
	sd_event_unref(event);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(entry_of_each_change_has_its_message_id_and_priority),
		cmocka_unit_test(reports_about_the_boot_have_ids_of_their_own),
		cmocka_unit_test(text_with_line_ends_and_of_any_length_arrives_whole),
		cmocka_unit_test(entry_too_large_for_a_datagram_comes_as_a_file),
		cmocka_unit_test(missing_probes_are_an_entry),
		cmocka_unit_test(journald_that_does_not_read_is_not_waited_for_and_misses_the_oldest),
		cmocka_unit_test(last_entry_is_sent_when_journald_reads_again),
		cmocka_unit_test(entry_never_overtakes_queued_ones),
		cmocka_unit_test(daemon_that_ends_sends_what_it_can_and_frees_the_rest),
		cmocka_unit_test(no_journald_is_no_error_and_one_that_comes_gets_the_next_entry),
		cmocka_unit_test(journald_that_was_restarted_gets_the_next_entry),
		cmocka_unit_test(journald_that_was_restarted_gets_what_was_queued),
		cmocka_unit_test(queue_for_a_journald_that_does_not_come_back_is_lost_by_number),
		cmocka_unit_test(path_that_does_not_fit_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
