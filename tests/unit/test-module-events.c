/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Events of modules: the kernel queues no others, however many devices come and go. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/system/modules/events.h"

static int sockets[2];

static int set_up(void **state)
{
	if (socketpair(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0, sockets) < 0)
		return -1;
	return gw_module_events_filter(sockets[1]);
}

static int tear_down(void **state)
{
	close(sockets[0]);
	close(sockets[1]);
	return 0;
}

/* As the kernel sends it: the action and the path, then the variables, each with its NUL. */
static bool passes(const char *event)
{
	char message[256] = "", received[256];
	size_t size = strlen(event) + 1 + sizeof("SUBSYSTEM=x");

	strcpy(message, event);
	strcpy(message + strlen(event) + 1, "SUBSYSTEM=x");
	assert_int_equal(send(sockets[0], message, size, 0), size);
	return recv(sockets[1], received, sizeof(received), 0) == (ssize_t)size;
}

static void test_filter(void **state)
{
	assert_true(passes("add@/module/amdgpu"));
	assert_true(passes("remove@/module/amdgpu"));
	assert_true(passes("add@/module/a"));
	assert_false(passes("add@/devices/platform/gpulab.0"));
	assert_false(passes("remove@/devices/pci0000:00/0000:00:02.0"));
	assert_false(passes("add@/modules/amdgpu"));
	assert_false(passes("remove@/devices/module/x"));
	assert_false(passes("add@/"));
	assert_false(passes("@"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_filter),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
