/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How KFD lays out /sys/class/kfd/kfd. */
#include "lib/system/kfd-sysfs.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/array.h"
#include "lib/base/files.h"

#define PROPERTIES_SIZE 8192

struct numbers {
	uint64_t *items;
	size_t count, allocated;
};

static bool kfd_parse_number(const char *name, uint64_t *ret)
{
	char *end;

	*ret = strtoull(name, &end, 10);
	return *name >= '0' && *name <= '9' && !*end;
}

static int kfd_list_numbers(DIR *stream, struct numbers *numbers)
{
	struct dirent *entry;
	uint64_t number;

	while ((entry = gw_directory_next(stream))) {
		if (!kfd_parse_number(entry->d_name, &number))
			continue;
		if (gw_array_reserve(numbers->items, numbers->count, numbers->allocated, 1) < 0)
			return -ENOMEM;
		numbers->items[numbers->count++] = number;
	}
	return 0;
}

static int kfd_compare_numbers(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

static int kfd_visit(int directory, uint64_t number, gw_kfd_entry entry, void *userdata)
{
	_cleanup_close_ int own = -1;
	char name[24];

	snprintf(name, sizeof(name), "%" PRIu64, number);
	own = gw_directory_open(directory, name);
	return own < 0 ? 0 : entry(number, own, userdata);
}

int gw_kfd_each(int directory, const char *path, gw_kfd_entry entry, void *userdata)
{
	_cleanup_closedir_ DIR *stream = gw_directory_list(directory, path);
	struct numbers numbers = { .count = 0 };
	int r = stream ? kfd_list_numbers(stream, &numbers) : 0;

	if (numbers.count)
		qsort(numbers.items, numbers.count, sizeof(*numbers.items), kfd_compare_numbers);
	for (size_t i = 0; i < numbers.count && r == 0; i++)
		r = kfd_visit(dirfd(stream), numbers.items[i], entry, userdata);
	free(numbers.items);
	return r;
}

uint64_t gw_kfd_number(int directory, const char *path)
{
	char value[32];

	return gw_file_text(directory, path, value, sizeof(value)) > 0 ? strtoull(value, NULL, 0) : 0;
}

struct nodes {
	gw_kfd_node node;
	void *userdata;
};

static int kfd_visit_node(uint64_t number, int directory, void *userdata)
{
	const struct nodes *nodes = userdata;
	char text[PROPERTIES_SIZE] = "";
	ssize_t r = gw_file_text(directory, "properties", text, sizeof(text));

	return nodes->node(number, directory, text, r < 0 ? (int)r : 0, nodes->userdata);
}

int gw_kfd_each_node(int root, gw_kfd_node node, void *userdata)
{
	return gw_kfd_each(root, GW_KFD_CLASS "/topology/nodes", kfd_visit_node, &(struct nodes){ node, userdata });
}

bool gw_kfd_property(const char *properties, const char *key, uint64_t *ret)
{
	size_t length = strlen(key);

	*ret = 0;
	for (const char *line = properties; line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (strncmp(line, key, length) == 0 && line[length] == ' ') {
			*ret = strtoull(line + length, NULL, 10);
			return true;
		}
	}
	return false;
}
