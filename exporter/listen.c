/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Addresses, and sockets that are bound to them. */
#include "exporter/listen.h"

#include <errno.h>
#include <netdb.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/base/cleanup.h"

#define BACKLOG 64

/* "[::1]:80" and "host:80", in two parts. */
static bool listen_split(char *address, const char **host, const char **port)
{
	char *colon = strrchr(address, ':');

	if (!colon || !colon[1])
		return false;
	*colon = '\0';
	*port = colon + 1;
	*host = address;
	if (*address == '[' && colon > address && colon[-1] == ']') {
		colon[-1] = '\0';
		*host = address + 1;
	} else if (strchr(address, ':')) {
		return false;
	}
	return true;
}

static int listen_bind(const struct addrinfo *info)
{
	int fd = socket(info->ai_family, info->ai_socktype | SOCK_CLOEXEC | SOCK_NONBLOCK, info->ai_protocol), error;
	const int on = 1;

	if (fd < 0)
		return -errno;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(fd, info->ai_addr, info->ai_addrlen) == 0 && listen(fd, BACKLOG) == 0)
		return fd;
	error = -errno;
	close(fd);
	return error;
}

int gw_listen_open(const char *address, char *message, size_t size)
{
	const struct addrinfo hints = { .ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE };
	_cleanup_free_ char *copy = strdup(address);
	struct addrinfo *info = NULL;
	const char *host, *port;
	int r;

	if (!copy || !listen_split(copy, &host, &port)) {
		snprintf(message, size, "%s is no address to listen on: 127.0.0.1:9844 is one", address);
		return -1;
	}
	r = getaddrinfo(*host ? host : NULL, port, &hints, &info);
	if (r != 0) {
		snprintf(message, size, "cannot listen on %s: %s", address,
			 r == EAI_SYSTEM ? strerror(errno) : gai_strerror(r));
		return -1;
	}
	r = listen_bind(info);
	freeaddrinfo(info);
	if (r >= 0)
		return r;
	snprintf(message, size, "cannot listen on %s: %s", address, strerror(-r));
	return -1;
}
