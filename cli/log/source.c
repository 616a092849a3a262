/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Bytes of logs. */
#include "cli/log/source.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <zlib.h>

#include "cli/lib/error.h"
#include "cli/lib/file.h"
#include "cli/lib/text.h"
#include "lib/base/array.h"
#include "lib/base/cleanup.h"
#include "lib/base/files.h"
#include "lib/log-text/lines/utf16.h"

#define GUNZIP_STEP 65536 /* bytes that there is room for at least */

extern char **environ;

/* Several packed files in a row are one. */
static int log_source_gunzip(const char *data, size_t size, size_t limit, char **ret, size_t *unpacked)
{
	z_stream stream = { .next_in = (Bytef *)data, .avail_in = (uInt)size };
	_cleanup_free_ char *text = NULL;
	size_t got = 0, room = 0, whole = 0;
	int r;

	if (inflateInit2(&stream, 16 + MAX_WBITS) != Z_OK)
		return -ENOMEM;
	do {
		if (gw_array_reserve(text, got, room, GUNZIP_STEP) < 0) {
			r = Z_MEM_ERROR;
			break;
		}
		stream.next_out = (Bytef *)text + got;
		stream.avail_out = (uInt)(room - got);
		r = inflate(&stream, Z_NO_FLUSH);
		got = room - stream.avail_out;
		whole = r == Z_STREAM_END ? got : whole;
		if (r == Z_STREAM_END && stream.avail_in)
			r = inflateReset(&stream);
	} while (r == Z_OK && got <= limit);
	inflateEnd(&stream);
	if (r == Z_MEM_ERROR)
		return -ENOMEM;
	if (got > limit)
		return -EFBIG;
	/* What was cut off at its end is still worth reading, and so is what stands before garbage. */
	if (r != Z_STREAM_END && (r != Z_BUF_ERROR || got == 0)) {
		if (whole == 0)
			return -EBADMSG;
		got = whole;
	}
	*ret = gw_steal(text);
	*unpacked = got;
	return 0;
}

/* @output: a pipe, from which no more is read than a log may have: a few bytes unpack to as many as they like. */
static int log_source_spawn(const char *program, int input, int output, pid_t *ret)
{
	char *arguments[] = { (char *)program, (char *)"-dc", NULL };
	posix_spawn_file_actions_t actions;
	int r;

	if (posix_spawn_file_actions_init(&actions) != 0)
		return -ENOMEM;
	posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO);
	posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
	posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
	r = posix_spawnp(ret, program, &actions, NULL, arguments, environ);
	posix_spawn_file_actions_destroy(&actions);
	return -r;
}

/* The other formats have programs that every system has which writes them. */
static int log_source_run(const char *program, const char *data, size_t size, size_t limit, char **ret,
			  size_t *unpacked)
{
	_cleanup_close_ int input = memfd_create("gpuwatch-log", MFD_CLOEXEC), output = -1;
	int ends[2], status, r;
	pid_t pid;

	if (input < 0)
		return -ENOMEM;
	r = gw_fd_write(input, data, size);
	if (r < 0)
		return r;
	lseek(input, 0, SEEK_SET);
	if (pipe2(ends, O_CLOEXEC) < 0)
		return -errno;
	output = ends[0];
	r = log_source_spawn(program, input, ends[1], &pid);
	close(ends[1]);
	if (r < 0)
		return r;
	r = gw_fd_whole(output, limit, ret, unpacked);
	if (r < 0)
		kill(pid, SIGKILL);
	if (waitpid(pid, &status, 0) < 0)
		status = 0;
	if (r == 0 && *unpacked == 0 && status != 0) {
		free(*ret);
		return -EBADMSG;
	}
	return r;
}

/* The first bytes of what these programs write. */
static const char *log_source_program(const char *data, size_t size)
{
	static const struct {
		const char *bytes;
		size_t length;
		const char *program;
	} formats[] = {
		{ "\xfd"
		  "7zXZ",
		  5, "xz" },
		{ "\x5d\0\0", 3, "xz" }, /* of its predecessor, LZMA */
		{ "\x28\xb5\x2f\xfd", 4, "zstd" },
		{ "BZh", 3, "bzip2" },
		{ "\x04\x22\x4d\x18", 4, "lz4" },
	};

	for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++)
		if (size > formats[i].length && memcmp(data, formats[i].bytes, formats[i].length) == 0)
			return formats[i].program;
	return NULL;
}

static int log_source_unpack(const char *path, size_t limit, char **data, size_t *size)
{
	const char *program = log_source_program(*data, *size);
	char *text = NULL;
	size_t unpacked = 0;
	int r;

	if (*size > 2 && memcmp(*data, "\x1f\x8b", 2) == 0)
		r = log_source_gunzip(*data, *size, limit, &text, &unpacked);
	else if (program)
		r = log_source_run(program, *data, *size, limit, &text, &unpacked);
	else
		return 0;
	free(*data);
	*data = NULL;
	if (r == -ENOENT) {
		_cleanup_free_ char *why =
			text_format("it is packed, and there is no program %s to unpack it", program);

		return file_reject(path, why);
	}
	if (r == -ENOMEM)
		out_of_memory();
	if (r == -EFBIG) {
		_cleanup_free_ char *why =
			text_format("it has more than %zu MiB unpacked: unpack it, and give a part of it", limit >> 20);

		return file_reject(path, why);
	}
	if (r < 0)
		return file_reject(path, "it is packed, and cannot be unpacked");
	*data = text;
	*size = unpacked;
	return 0;
}

/* A text has next to no control characters but those of a terminal; a console's capture may have a few. */
static bool log_source_is_text(const char *data, size_t size)
{
	size_t looked_at = size < 65536 ? size : 65536, strange = 0;

	for (size_t i = 0; i < looked_at; i++)
		strange += (unsigned char)data[i] < 0x20 && (!data[i] || !strchr("\a\b\t\n\v\f\r\x1b", data[i]));
	return strange <= looked_at / 50;
}

/* What Windows saved, or its terminal. */
static int log_source_decode(char **data, size_t *size)
{
	char *decoded;
	int r = gw_log_utf16_decode(*data, size, &decoded);

	if (r < 0)
		out_of_memory();
	if (decoded) {
		free(*data);
		*data = decoded;
	}
	return 0;
}

int log_source_bytes(const char *path, size_t limit, char **ret, size_t *size)
{
	int r = file_read(path, limit, ret, size);

	r = r ?: log_source_unpack(path, limit < LOG_UNPACKED_LIMIT ? limit : LOG_UNPACKED_LIMIT, ret, size);
	return r ?: log_source_decode(ret, size);
}

int log_source_file(const char *path, char **ret, size_t *size)
{
	int r = log_source_bytes(path, LOG_LIMIT, ret, size);

	if (r != 0)
		return r;
	if (*size == 0)
		r = file_reject(path, "it is empty");
	else if (*size > 8 && memcmp(*ret, "GPUWATCH", 8) == 0)
		r = file_reject(path, "this is a recording, not a kernel log: use gpuwatch-cli replay");
	else if (!log_source_is_text(*ret, *size))
		r = file_reject(path, "this is not a text");
	if (r != 0) {
		free(*ret);
		*ret = NULL;
	}
	return r;
}
