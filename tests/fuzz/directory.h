/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A directory in memory, for fuzzers of what is read from files: it lasts as long as the process. */
#ifndef GPUWATCH_TESTS_FUZZ_DIRECTORY_H
#define GPUWATCH_TESTS_FUZZ_DIRECTORY_H

#include <fcntl.h>
#include <ftw.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char directory[64];

static int directory_remove_one(const char *path, const struct stat *st, int type, struct FTW *where)
{
	return remove(path);
}

static void directory_remove(void)
{
	nftw(directory, directory_remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

/* Makes it at the first call. */
static void directory_make(void)
{
	if (directory[0])
		return;
	snprintf(directory, sizeof(directory), "/dev/shm/gpuwatch-fuzz.%d", (int)getpid());
	if (mkdir(directory, 0700) < 0)
		abort();
	atexit(directory_remove);
}

/*
 * A file of this name, which stays open: with the fuzzers that call it, opening and truncating one anew cost more than what they try.
 */
static int directory_file(const char *name)
{
	static struct {
		const char *name;
		int fd;
	} files[4];
	char path[512];
	size_t i = 0;

	while (files[i].name && strcmp(files[i].name, name) != 0)
		if (++i == sizeof(files) / sizeof(files[0]))
			abort();
	if (!files[i].name) {
		directory_make();
		snprintf(path, sizeof(path), "%s/%s", directory, name);
		files[i].name = name;
		files[i].fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	}
	return files[i].fd;
}

/* A file in it with this content. @name: a literal */
static void directory_write(const char *name, const uint8_t *data, size_t size)
{
	int fd = directory_file(name);

	if (pwrite(fd, data, size, 0) != (ssize_t)size || ftruncate(fd, (off_t)size) < 0)
		abort();
}

#endif
