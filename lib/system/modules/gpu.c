/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Lines of /proc/modules: "NAME SIZE REFERENCES USER,USER, STATE ADDRESS", with "-" for no user. */
#include "lib/system/modules/gpu.h"

#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/array.h"
#include "lib/base/cleanup.h"
#include "lib/base/files.h"

#define TEXT_MAX (1 << 20)

static bool gpu_modules_have(const struct gw_gpu_modules *modules, const char *name)
{
	for (size_t i = 0; i < modules->count; i++)
		if (strcmp(modules->names[i], name) == 0)
			return true;
	return false;
}

static int gpu_modules_add(struct gw_gpu_modules *modules, const char *name)
{
	if (!*name || strlen(name) >= GW_GPU_MODULE_SIZE || gpu_modules_have(modules, name))
		return 0;
	if (gw_array_reserve(modules->names, modules->count, modules->allocated, 1) < 0)
		return -ENOMEM;
	strcpy(modules->names[modules->count++], name);
	return 0;
}

/* Whoever uses one of these drives a GPU, or helps to. */
static bool gpu_modules_is_core(const char *name)
{
	return strcmp(name, "drm") == 0 || strncmp(name, "drm_", 4) == 0 || strcmp(name, "ttm") == 0 ||
	       strcmp(name, "gpu_sched") == 0;
}

static int gpu_modules_add_users(struct gw_gpu_modules *modules, char *users)
{
	char *user;
	int r = 0;

	while (r == 0 && (user = strsep(&users, ",")))
		if (strcmp(user, "-") != 0)
			r = gpu_modules_add(modules, user);
	return r;
}

/* @patterns: cut up by this. */
static bool gpu_modules_fit(char *patterns, const char *name)
{
	char *pattern;

	while ((pattern = strsep(&patterns, " \t")))
		if (*pattern && fnmatch(pattern, name, 0) == 0)
			return true;
	return false;
}

static int gpu_modules_line(struct gw_gpu_modules *modules, char *line, const char *patterns)
{
	_cleanup_free_ char *copy = strdup(patterns);
	char *name = strsep(&line, " ");
	int r = 0;

	if (!copy)
		return -ENOMEM;
	if (gpu_modules_is_core(name) || gpu_modules_fit(copy, name))
		r = gpu_modules_add(modules, name);
	if (r < 0 || !gpu_modules_is_core(name))
		return r;
	strsep(&line, " "); /* its size */
	strsep(&line, " "); /* references */
	return line ? gpu_modules_add_users(modules, strsep(&line, " ")) : 0;
}

int gw_gpu_modules_parse(struct gw_gpu_modules *ret, const char *text, const char *patterns)
{
	_cleanup_free_ char *copy = strdup(text);
	char *rest = copy, *line;
	int r = copy ? 0 : -ENOMEM;

	*ret = (struct gw_gpu_modules){ .count = 0 };
	while (r == 0 && (line = strsep(&rest, "\n")))
		r = gpu_modules_line(ret, line, patterns);
	if (r < 0)
		gw_gpu_modules_deinit(ret);
	return r;
}

int gw_gpu_modules_read(struct gw_gpu_modules *ret, const char *patterns)
{
	_cleanup_free_ char *text = NULL;
	size_t size;
	int r = gw_file_whole(AT_FDCWD, "/proc/modules", TEXT_MAX, &text, &size);

	*ret = (struct gw_gpu_modules){ .count = 0 };
	return r < 0 ? r : gw_gpu_modules_parse(ret, text, patterns);
}

void gw_gpu_modules_deinit(struct gw_gpu_modules *modules)
{
	free(modules->names);
	*modules = (struct gw_gpu_modules){ .count = 0 };
}
