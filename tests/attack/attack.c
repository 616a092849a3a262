/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A member of the group that wants to hurt the daemon: usage: attack SOCKET SECONDS. All at once and without end: connects as
 * often as it can and says nothing, announces messages of 128 MiB, calls everything and reads no answer, and keeps each file
 * that it is given.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <systemd/sd-bus.h>

static struct sockaddr_un address = { .sun_family = AF_UNIX };

static int connect_raw(void)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd >= 0 && connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0)
		return fd;
	if (fd >= 0)
		close(fd);
	usleep(1000);
	return -1;
}

static void stay_silent(void)
{
	while (connect_raw() >= 0)
		;
	for (int fd = 3; fd < 1000; fd++)
		close(fd);
	usleep(10000);
}

static void announce(void)
{
	static const char attack[] =
		"\0AUTH EXTERNAL\r\nDATA\r\nBEGIN\r\nl\1\0\1\0\0\0\7\1\0\0\0\10\0\0\0\1\1o\0\0\0\0\0";
	int fd = connect_raw();

	if (fd < 0)
		return;
	send(fd, attack, sizeof(attack) - 1, MSG_NOSIGNAL);
	usleep(20000);
	close(fd);
}

static sd_bus *connect_bus(void)
{
	char where[160];
	sd_bus *bus = NULL;

	snprintf(where, sizeof(where), "unix:path=%s", address.sun_path);
	if (sd_bus_new(&bus) < 0 || sd_bus_set_address(bus, where) < 0 || sd_bus_negotiate_fds(bus, 1) < 0 ||
	    sd_bus_start(bus) < 0)
		return sd_bus_unref(bus);
	return bus;
}

static void call_and_not_read(void)
{
	static const char *const methods[] = { "GetStatus", "ListTimelines", "ListWaits", "GetProbeOrder", "GetKfd" };
	sd_bus *bus = connect_bus();
	time_t end = time(NULL) + 5;

	for (unsigned int i = 0; bus && time(NULL) < end; i++) {
		sd_bus_message *call = NULL;

		if (sd_bus_message_new_method_call(bus, &call, NULL, "/org/gpuwatch1", "org.gpuwatch1.Manager",
						   methods[i % 5]) < 0 ||
		    sd_bus_send(bus, call, NULL) < 0)
			end = 0;
		sd_bus_message_unref(call);
	}
	sd_bus_unref(bus);
}

static void keep_files(void)
{
	sd_bus *bus = connect_bus();

	for (int i = 0; bus && i < 500; i++) {
		sd_bus_message *reply = NULL;
		int fd;

		if (sd_bus_call_method(bus, NULL, "/org/gpuwatch1", "org.gpuwatch1.Manager",
				       i % 2 ? "Record" : "SaveBoot", NULL, &reply, "") >= 0 &&
		    sd_bus_message_read(reply, "h", &fd) > 0)
			fcntl(fd, F_DUPFD, 3);
		else
			usleep(10000);
		sd_bus_message_unref(reply);
	}
	sd_bus_unref(bus);
}

int main(int argc, char **argv)
{
	static void (*const ways[])(void) = { stay_silent,	 announce,	    announce,
					      call_and_not_read, call_and_not_read, keep_files };
	pid_t pids[sizeof(ways) / sizeof(ways[0])];

	if (argc != 3 || strlen(argv[1]) >= sizeof(address.sun_path)) {
		fprintf(stderr, "usage: attack SOCKET SECONDS\n");
		return 2;
	}
	strcpy(address.sun_path, argv[1]);
	for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
		pids[i] = fork();
		while (pids[i] == 0)
			ways[i]();
	}
	sleep((unsigned int)atoi(argv[2]));
	for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++)
		if (pids[i] > 0)
			kill(pids[i], SIGKILL);
	return 0;
}
