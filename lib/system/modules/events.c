/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Kernel modules that come and go: uevents of the kernel's own netlink group. */
#include "lib/system/modules/events.h"

#include <errno.h>
#include <linux/filter.h>
#include <linux/netlink.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/base/cleanup.h"

#define KERNEL_GROUP 1 /* of NETLINK_KOBJECT_UEVENT; 2 is udev's */

/* Skips @found instructions if there is "/module/" at @offset, else @otherwise. */
#define WHEN_MODULE_AT(offset, found, otherwise)                                                                       \
	BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offset),                                                                    \
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0x2f6d6f64 /* "/mod" */, 0, (otherwise) + 2),                      \
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (offset) + 4),                                                      \
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0x756c652f /* "ule/" */, found, otherwise)

int gw_module_events_filter(int fd)
{
	static struct sock_filter code[] = {
		WHEN_MODULE_AT(sizeof("add@") - 1, 4, 0),
		WHEN_MODULE_AT(sizeof("remove@") - 1, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, UINT32_MAX),
		BPF_STMT(BPF_RET | BPF_K, 0),
	};
	static const struct sock_fprog program = { .len = sizeof(code) / sizeof(code[0]), .filter = code };

	return setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program)) < 0 ? -errno : 0;
}

int gw_module_events_open(void)
{
	_cleanup_close_ int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_KOBJECT_UEVENT);
	struct sockaddr_nl address = { .nl_family = AF_NETLINK, .nl_groups = KERNEL_GROUP };

	if (fd >= 0)
		gw_module_events_filter(fd); /* without it they are only more */
	if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0)
		return -errno;
	return gw_steal_fd(&fd);
}

/* "ACTION@/module/NAME" and NUL-terminated KEY=VALUE strings. Returns whether it is about a module. */
static bool module_event_parse(const char *message, size_t size, char *name)
{
	static const char prefix[] = "/module/";
	const char *path = memchr(message, '@', size);

	if (!path || message[size - 1])
		return false;
	path++;
	/* Deeper paths are about a module's holders and drivers. */
	if (strncmp(path, prefix, strlen(prefix)) != 0 || strchr(path + strlen(prefix), '/'))
		return false;
	snprintf(name, 64, "%s", path + strlen(prefix));
	return true;
}

int gw_module_events_next(int fd, char *name)
{
	struct sockaddr_nl from = {};
	char message[8192];
	struct iovec part = { message, sizeof(message) };
	struct msghdr header = { .msg_name = &from, .msg_namelen = sizeof(from), .msg_iov = &part, .msg_iovlen = 1 };
	ssize_t size;

	for (;;) {
		size = recvmsg(fd, &header, MSG_DONTWAIT);
		if (size < 0 && errno == EINTR)
			continue;
		if (size < 0)
			return errno == EAGAIN ? 0 : -errno;
		/* Only the kernel itself sends from port 0. */
		if (size > 0 && !from.nl_pid && module_event_parse(message, size, name))
			return 1;
	}
}

bool gw_module_loaded(const char *name)
{
	char path[128];

	snprintf(path, sizeof(path), "/sys/module/%s", name);
	return access(path, F_OK) == 0;
}
