/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Bytes of logs. */
#include "cli/log/source.h"

#include <errno.h>
#include <fcntl.h>
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
#include "lib/base/cleanup.h"
#include "lib/base/files.h"

extern char **environ;

static int log_source_gunzip(const char *data, size_t size, char **ret, size_t *unpacked)
{
	z_stream stream = { .next_in = (Bytef *)data, .avail_in = (uInt)size };
	size_t allocated = size * 4 + 65536;
	char *text = malloc(allocated);
	int r = text && inflateInit2(&stream, 16 + MAX_WBITS) == Z_OK ? Z_OK : Z_MEM_ERROR;

	while (r == Z_OK) {
		if (stream.total_out == allocated) {
			char *more = allocated < LOG_LIMIT ? realloc(text, allocated * 2) : NULL;

			if (!more)
				break;
			text = more;
			allocated *= 2;
		}
		stream.next_out = (Bytef *)text + stream.total_out;
		stream.avail_out = (uInt)(allocated - stream.total_out);
		r = inflate(&stream, Z_NO_FLUSH);
		/* Several packed files in a row are one. */
		if (r == Z_STREAM_END && stream.avail_in)
			r = inflateReset(&stream) == Z_OK ? Z_STREAM_END : Z_DATA_ERROR;
	}
	*unpacked = stream.total_out;
	inflateEnd(&stream);
	/* What was cut off at its end is still worth reading. */
	if (r != Z_STREAM_END && (r != Z_BUF_ERROR || *unpacked == 0)) {
		free(text);
		return -EBADMSG;
	}
	*ret = text;
	return 0;
}

/* The other formats have programs that every system has which writes them. */
static int log_source_run(const char *program, const char *data, size_t size, char **ret, size_t *unpacked)
{
	_cleanup_close_ int input = memfd_create("gpuwatch-log", MFD_CLOEXEC),
			    output = memfd_create("gpuwatch-log", MFD_CLOEXEC);
	char *arguments[] = { (char *)program, (char *)"-dc", NULL };
	posix_spawn_file_actions_t actions;
	int status, r;
	pid_t pid;

	if (input < 0 || output < 0 || posix_spawn_file_actions_init(&actions) != 0)
		return -ENOMEM;
	r = gw_fd_write(input, data, size);
	if (r < 0)
		return r;
	lseek(input, 0, SEEK_SET);
	posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO);
	posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
	posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
	r = posix_spawnp(&pid, program, &actions, NULL, arguments, environ);
	posix_spawn_file_actions_destroy(&actions);
	if (r != 0)
		return -r;
	if (waitpid(pid, &status, 0) < 0)
		return -errno;
	r = file_read_fd(output, LOG_LIMIT, ret, unpacked);
	if (r == 0 && *unpacked == 0 && status != 0) {
		free(*ret);
		return -EBADMSG;
	}
	return r;
}

static int log_source_unpack(const char *path, char **data, size_t *size)
{
	char *text = NULL;
	size_t unpacked = 0;
	const char *program = NULL;
	int r;

	if (*size > 2 && memcmp(*data, "\x1f\x8b", 2) == 0)
		r = log_source_gunzip(*data, *size, &text, &unpacked);
	else if ((program = *size > 6 && memcmp(*data,
						"\xfd"
						"7zXZ",
						5) == 0
				    ? "xz"
			    : *size > 4 && memcmp(*data, "\x28\xb5\x2f\xfd", 4) == 0 ? "zstd"
										     : NULL))
		r = log_source_run(program, *data, *size, &text, &unpacked);
	else
		return 0;
	free(*data);
	*data = NULL;
	if (r == -ENOENT) {
		_cleanup_free_ char *why =
			text_format("it is packed, and there is no program %s to unpack it", program);

		return file_reject(path, why);
	}
	if (r < 0)
		return file_reject(path, "it is packed, and cannot be unpacked");
	*data = text;
	*size = unpacked;
	return 0;
}

/* A text has next to no NUL bytes; a console's capture may have a few. */
static bool log_source_is_text(const char *data, size_t size)
{
	size_t looked_at = size < 65536 ? size : 65536, nul = 0;

	for (size_t i = 0; i < looked_at; i++)
		nul += data[i] == '\0';
	return nul <= looked_at / 50;
}

int log_source_bytes(const char *path, size_t limit, char **ret, size_t *size)
{
	int r = file_read(path, limit, ret, size);

	return r ?: log_source_unpack(path, ret, size);
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
