/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The way to the daemon without libsystemd: as much of D-Bus as one call over the private socket takes, which hands over nothing
 * but strings and numbers. Each call has a connection of its own. There is no system bus, no file descriptor, no signal here.
 */
#include "lib/client/client.h"

#include <endian.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "lib/base/bus-names.h"
#include "lib/base/files.h"
#include "lib/base/json.h"
#include "lib/client/method.h"

#define CLIENT_TIME 10			 /* seconds for each read and write */
#define CALL_MOST ((size_t)4096)	 /* bytes of a call: a name and an argument */
#define ANSWER_MOST ((uint32_t)64 << 20) /* bytes of an answer */

/* D-Bus specification, "Message format". */
enum message_type { MESSAGE_CALL = 1, MESSAGE_RETURN = 2, MESSAGE_ERROR = 3 };
enum message_field { FIELD_PATH = 1, FIELD_INTERFACE = 2, FIELD_MEMBER = 3, FIELD_SIGNATURE = 8 };
#define MESSAGE_NO_AUTO_START 2
#define MESSAGE_ORDER (BYTE_ORDER == LITTLE_ENDIAN ? 'l' : 'B')

struct message_head {
	uint8_t order, type, flags, version;
	uint32_t body_size, serial, fields_size;
};

/* ---- the connection ------------------------------------------------------------ */

static int client_connect(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	struct timeval limit = { .tv_sec = CLIENT_TIME };
	int fd, r = 0;

	if (strlen(path) >= sizeof(address.sun_path))
		return -ENAMETOOLONG;
	strcpy(address.sun_path, path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	if (setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit)) < 0 ||
	    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit)) < 0 ||
	    connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0) {
		r = -errno;
		close(fd);
	}
	return r < 0 ? r : fd;
}

static int client_send(int fd, const void *data, size_t size)
{
	return send(fd, data, size, MSG_NOSIGNAL) == (ssize_t)size ? 0 : errno == EPIPE ? -ECONNRESET : -errno;
}

/* All of @size bytes, in the time that there is for each part. */
static int client_receive(int fd, void *data, size_t size)
{
	ssize_t n = 1;

	for (char *at = data; size > 0 && n > 0; at += n, size -= (size_t)n)
		n = recv(fd, at, size, 0);
	return n > 0 ? 0 : n == 0 ? -ECONNRESET : -errno;
}

/* Up to the end of the line, which is cut to fit. */
static int client_receive_line(int fd, char *line, size_t size)
{
	size_t length = 0;
	char character = '\0';
	int r = 0;

	while (character != '\n' && (r = client_receive(fd, &character, 1)) == 0)
		if (length < size - 1)
			line[length++] = character;
	line[length] = '\0';
	return r;
}

/* By what the kernel has the daemon know of this process: a number would be another one in a user namespace. */
static int client_authenticate(int fd)
{
	static const char request[] = "\0AUTH EXTERNAL\r\nDATA\r\nBEGIN\r\n";
	char line[128];
	int r = client_send(fd, request, sizeof(request) - 1);

	if (r == 0)
		r = client_receive_line(fd, line, sizeof(line)); /* "DATA": which user? */
	if (r == 0)
		r = client_receive_line(fd, line, sizeof(line));
	return r < 0 ? r : strncmp(line, "OK ", 3) == 0 ? 0 : -EACCES;
}

/* ---- messages ------------------------------------------------------------------- */

struct message {
	uint8_t data[CALL_MOST];
	size_t size;
	bool full;
};

static void message_put(struct message *message, const void *data, size_t size, size_t alignment)
{
	size_t at = (message->size + alignment - 1) / alignment * alignment;

	if (message->full || at + size > sizeof(message->data)) {
		message->full = true;
		return;
	}
	memcpy(message->data + at, data, size);
	message->size = at + size;
}

static void message_put_number(struct message *message, uint32_t number)
{
	message_put(message, &number, sizeof(number), sizeof(number));
}

static void message_put_string(struct message *message, const char *text)
{
	message_put_number(message, (uint32_t)strlen(text));
	message_put(message, text, strlen(text) + 1, 1);
}

/* A structure of a number and a variant: of type @type, which is how long its value's length is. */
static void message_put_field(struct message *message, enum message_field field, char type, const char *value)
{
	const uint8_t signature[] = { (uint8_t)field, 1, (uint8_t)type, 0 }, length = (uint8_t)strlen(value);

	message_put(message, signature, sizeof(signature), 8);
	if (type != 'g') {
		message_put_string(message, value);
		return;
	}
	message_put(message, &length, sizeof(length), 1);
	message_put(message, value, strlen(value) + 1, 1);
}

static void message_put_arguments(struct message *message, const char *types, va_list arguments)
{
	for (; *types; types++)
		if (*types == 's')
			message_put_string(message, va_arg(arguments, const char *));
		else /* a truth value */
			message_put_number(message, (uint32_t)va_arg(arguments, int));
}

static void message_make(struct message *message, const char *method, const char *types, va_list arguments)
{
	struct message_head head = {
		.order = MESSAGE_ORDER,
		.type = MESSAGE_CALL,
		.flags = MESSAGE_NO_AUTO_START,
		.version = 1,
		.serial = 1,
	};
	size_t body;

	*message = (struct message){ .size = sizeof(head) };
	message_put_field(message, FIELD_PATH, 'o', GW_BUS_PATH);
	message_put_field(message, FIELD_INTERFACE, 's', GW_BUS_INTERFACE);
	message_put_field(message, FIELD_MEMBER, 's', method);
	if (*types)
		message_put_field(message, FIELD_SIGNATURE, 'g', types);
	head.fields_size = (uint32_t)(message->size - sizeof(head));
	message_put(message, "", 0, 8);
	body = message->size;
	message_put_arguments(message, types, arguments);
	head.body_size = (uint32_t)(message->size - body);
	memcpy(message->data, &head, sizeof(head));
}

/* What the daemon sends. */
struct answer {
	struct message_head head;
	char *rest;  /* fields, then the body; NUL-terminated */
	size_t body; /* where that begins */
};

/* The string that the body begins with; "" if there is none. */
static const char *answer_text(const struct answer *answer)
{
	uint32_t length;

	if (answer->head.body_size <= sizeof(length))
		return "";
	memcpy(&length, answer->rest + answer->body, sizeof(length));
	return length < answer->head.body_size - sizeof(length) ? answer->rest + answer->body + sizeof(length) : "";
}

static bool answer_names(const struct answer *answer, const char *name)
{
	return memmem(answer->rest, answer->head.fields_size, name, strlen(name));
}

static int answer_receive(int fd, struct answer *answer)
{
	size_t size;
	int r = client_receive(fd, &answer->head, sizeof(answer->head));

	if (r < 0)
		return r;
	if (answer->head.order != MESSAGE_ORDER || answer->head.body_size > ANSWER_MOST ||
	    answer->head.fields_size > ANSWER_MOST)
		return -EBADMSG;
	answer->body = ((size_t)answer->head.fields_size + 7) / 8 * 8;
	size = answer->body + answer->head.body_size;
	answer->rest = calloc(1, size + 1);
	return answer->rest ? client_receive(fd, answer->rest, size) : -ENOMEM;
}

/* Signals may come before it. */
static int answer_wait(int fd, struct answer *answer)
{
	int r;

	do {
		free(answer->rest);
		*answer = (struct answer){ 0 };
		r = answer_receive(fd, answer);
	} while (r == 0 && answer->head.type != MESSAGE_RETURN && answer->head.type != MESSAGE_ERROR);
	return r;
}

/* ---- calls ---------------------------------------------------------------------- */

int gw_client_open(struct gw_client *client, const struct gw_client_target *target)
{
	*client = (struct gw_client){ .target = *target, .private = true };
	if (target->route != GW_CLIENT_SYSTEM_BUS)
		return GW_CLIENT_OK; /* whether the daemon is there is seen by the first call */
	client->outcome.error = -ECONNREFUSED;
	return gw_client_fail(&client->outcome, GW_CLIENT_UNREACHABLE,
			      "this build has no way to the system bus: use --private");
}

void gw_client_close(struct gw_client *client)
{
	(void)client; /* no connection outlives its call */
}

static int client_fail_answer(struct gw_client *client, const struct answer *answer, const char *method)
{
	if (answer_names(answer, ".UnknownMethod") || answer_names(answer, ".UnknownInterface"))
		return gw_client_fail_foreign(&client->outcome, "the daemon has no %s()", method);
	if (answer_names(answer, ".InvalidArgs"))
		return gw_client_fail_foreign(&client->outcome, "the daemon has another %s()", method);
	return gw_client_fail(&client->outcome,
			      answer_names(answer, GW_BUS_ERROR_PREFIX) ? GW_CLIENT_REFUSED : GW_CLIENT_UNREACHABLE,
			      "%s", *answer_text(answer) ? answer_text(answer) : "the daemon refuses to answer");
}

static int client_read(struct gw_client *client, json_t **ret, const struct answer *answer, const char *method)
{
	_cleanup_json_ json_t *document = NULL;
	int r;

	if (answer->head.type == MESSAGE_ERROR)
		return client_fail_answer(client, answer, method);
	document = json_loads(answer_text(answer), JSON_DECODE_ANY, NULL);
	r = gw_client_method_check(&client->outcome, gw_client_method_find(method), document);
	if (r == GW_CLIENT_OK)
		*ret = gw_steal(document);
	return r;
}

int gw_client_call(struct gw_client *client, json_t **ret, const char *method, const char *types, ...)
{
	_cleanup_close_ int fd = client_connect(client->target.socket);
	struct answer answer = { 0 };
	struct message message;
	va_list arguments;
	int r = fd < 0 ? fd : client_authenticate(fd);

	va_start(arguments, types);
	message_make(&message, method, types, arguments);
	va_end(arguments);
	if (r == 0)
		r = message.full ? -EMSGSIZE : client_send(fd, message.data, message.size);
	if (r == 0)
		r = answer_wait(fd, &answer);
	r = r < 0 ? gw_client_fail_attempts(&client->outcome, client->target.socket,
					    &(struct gw_client_attempts){ .private = r })
		  : client_read(client, ret, &answer, method);
	free(answer.rest);
	return r;
}

int gw_client_call_file(struct gw_client *client, int *ret, const char *method)
{
	(void)ret;
	return gw_client_fail(&client->outcome, GW_CLIENT_UNREACHABLE, "this build receives no files, as %s() sends",
			      method);
}
