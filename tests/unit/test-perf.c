/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Perf events of a process that may not open any: what it gets from the opener, and what the opener refuses. */
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#include "daemon/perf/opener.h"
#include "daemon/perf/perf.h"

/* perf_event_open() fails with EACCES, as where kernel.perf_event_paranoid is 3. */
static int forbid_perf(void **state)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_perf_event_open, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EACCES),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = { .len = sizeof(code) / sizeof(code[0]), .filter = code };

	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) < 0
		       ? -1
		       : 0;
}

static bool allow_clocks(const struct gw_perf_event *event)
{
	return event->kind == GW_PERF_CLOCK;
}

/* ---- the opener ---- */

struct opener {
	pthread_t thread;
	int here, there;
	int result;
};

static void *opener_main(void *argument)
{
	struct opener *opener = argument;

	opener->result = gw_perf_serve(opener->there, allow_clocks);
	close(opener->there);
	return NULL;
}

static void opener_begin(struct opener *opener)
{
	int pair[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
	opener->here = pair[0];
	opener->there = pair[1];
	assert_int_equal(pthread_create(&opener->thread, NULL, opener_main, opener), 0);
}

static int opener_end(struct opener *opener)
{
	close(opener->here);
	pthread_join(opener->thread, NULL);
	return opener->result;
}

static int opener_answer(const struct opener *opener, const void *message, size_t size)
{
	int answer = 1;

	assert_int_equal(send(opener->here, message, size, 0), size);
	assert_int_equal(recv(opener->here, &answer, sizeof(answer), 0), sizeof(answer));
	return answer;
}

static void test_opener_refuses(void **state)
{
	const struct gw_perf_event probe = { .kind = GW_PERF_KPROBE, .function = "commit_creds" };
	const struct gw_perf_event clock = { .kind = GW_PERF_CLOCK, .interval_ns = 1000000 };
	struct gw_perf_event endless = { .kind = GW_PERF_KPROBE };
	char large[4096] = "";
	struct opener opener;

	memset(endless.function, 'x', sizeof(endless.function));
	opener_begin(&opener);
	assert_int_equal(opener_answer(&opener, &probe, sizeof(probe)), -EPERM);
	assert_int_equal(opener_answer(&opener, &probe, 3), -EBADMSG);
	assert_int_equal(opener_answer(&opener, large, sizeof(large)), -EBADMSG);
	assert_int_equal(opener_answer(&opener, &endless, sizeof(endless)), -EBADMSG);
	assert_int_equal(opener_answer(&opener, &clock, sizeof(clock)), -EACCES); /* allowed, but not by the kernel */
	assert_int_equal(opener_end(&opener), 0);
}

/* ---- who asks it ---- */

/* Answers so many connections with so many files each, and then does not. */
struct fake {
	pthread_t thread;
	char path[64];
	int listening;
	unsigned connections, answers;
	int error;
};

static void fake_answer(int connection, int error)
{
	char control[CMSG_SPACE(sizeof(int))] = "";
	struct iovec part = { &error, sizeof(error) };
	struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1 };
	struct cmsghdr *header = (struct cmsghdr *)control;
	const int file = STDIN_FILENO;

	if (error == 0) {
		message.msg_control = control;
		message.msg_controllen = sizeof(control);
		header->cmsg_level = SOL_SOCKET;
		header->cmsg_type = SCM_RIGHTS;
		header->cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(header), &file, sizeof(file));
	}
	sendmsg(connection, &message, MSG_NOSIGNAL);
}

static void *fake_main(void *argument)
{
	const struct fake *fake = argument;
	struct gw_perf_event event;

	for (unsigned i = 0; i < fake->connections; i++) {
		int connection = accept(fake->listening, NULL, NULL);

		for (unsigned j = 0; j < fake->answers && recv(connection, &event, sizeof(event), 0) > 0; j++)
			fake_answer(connection, fake->error);
		close(connection);
	}
	return NULL;
}

static void fake_begin(struct fake *fake)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	snprintf(fake->path, sizeof(fake->path), "/tmp/test-perf.%d", (int)getpid());
	strcpy(address.sun_path, fake->path);
	unlink(fake->path);
	fake->listening = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(fake->listening, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(listen(fake->listening, 4), 0);
	assert_int_equal(pthread_create(&fake->thread, NULL, fake_main, fake), 0);
}

static void fake_end(struct fake *fake)
{
	pthread_join(fake->thread, NULL);
	close(fake->listening);
	unlink(fake->path);
}

static const struct gw_perf_event event = { .kind = GW_PERF_CLOCK, .interval_ns = 1000000 };

static bool is_standard_input(int fd)
{
	struct stat ours, theirs;

	return fstat(STDIN_FILENO, &ours) == 0 && fstat(fd, &theirs) == 0 && ours.st_ino == theirs.st_ino &&
	       ours.st_dev == theirs.st_dev;
}

/* Its connection is kept, and made again when the opener has ended in between. */
static void test_opened_by_another(void **state)
{
	struct fake fake = { .connections = 2, .answers = 2 };
	struct gw_perf *perf;

	fake_begin(&fake);
	assert_int_equal(gw_perf_new(&perf, fake.path), 0);
	for (unsigned i = 0; i < 4; i++) {
		int fd = gw_perf_open(perf, &event);

		assert_true(fd >= 0);
		assert_true(is_standard_input(fd));
		close(fd);
	}
	gw_perf_free(perf);
	fake_end(&fake);
}

static void test_refused_by_another(void **state)
{
	struct fake fake = { .connections = 1, .answers = 1, .error = -ENOENT };
	struct gw_perf *perf;

	fake_begin(&fake);
	assert_int_equal(gw_perf_new(&perf, fake.path), 0);
	assert_int_equal(gw_perf_open(perf, &event), -ENOENT);
	gw_perf_free(perf);
	fake_end(&fake);
}

/* One that ends without an answer, each time it is asked: not asked for ever. */
static void test_opener_breaks_down(void **state)
{
	struct fake fake = { .connections = 1, .answers = 0 };
	struct gw_perf *perf;

	fake_begin(&fake);
	assert_int_equal(gw_perf_new(&perf, fake.path), 0);
	assert_int_equal(gw_perf_open(perf, &event), -EACCES);
	gw_perf_free(perf);
	fake_end(&fake);
}

static void test_no_opener(void **state)
{
	struct gw_perf *perf;

	assert_int_equal(gw_perf_new(&perf, "/nonexistent/perf"), 0);
	assert_int_equal(gw_perf_open(perf, &event), -EACCES);
	gw_perf_free(perf);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_opener_refuses),	   cmocka_unit_test(test_opened_by_another),
		cmocka_unit_test(test_refused_by_another), cmocka_unit_test(test_opener_breaks_down),
		cmocka_unit_test(test_no_opener),
	};

	return cmocka_run_group_tests(tests, forbid_perf, NULL);
}
