/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which drop-ins count, on directories made for it. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/base/drop-ins.h"

struct tree {
	char root[64];
	char paths[3][96];
	const char *directories[4];
	char unreadable[256];
	int error;
};

static int setup(void **state)
{
	static const char *const names[] = { "etc", "run", "lib" };
	struct tree *tree = calloc(1, sizeof(*tree));

	assert_non_null(tree);
	strcpy(tree->root, "/tmp/gpuwatch-test-XXXXXX");
	assert_non_null(mkdtemp(tree->root));
	for (size_t i = 0; i < 3; i++) {
		char below[128];

		snprintf(tree->paths[i], sizeof(tree->paths[i]), "%s/%s", tree->root, names[i]);
		snprintf(below, sizeof(below), "%s/x.d", tree->paths[i]);
		assert_int_equal(mkdir(tree->paths[i], 0700), 0);
		assert_int_equal(mkdir(below, 0700), 0);
		tree->directories[i] = tree->paths[i];
	}
	*state = tree;
	return 0;
}

static int teardown(void **state)
{
	struct tree *tree = *state;
	char command[128];
	int r;

	snprintf(command, sizeof(command), "rm -rf %s", tree->root);
	r = system(command);
	free(tree);
	return r;
}

static void put(const struct tree *tree, const char *name)
{
	char path[160];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", tree->root, name);
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	close(fd);
}

static void put_link(const struct tree *tree, const char *name, const char *target)
{
	char path[160];

	snprintf(path, sizeof(path), "%s/%s", tree->root, name);
	assert_int_equal(symlink(target, path), 0);
}

static void hear(const char *path, int error, void *userdata)
{
	struct tree *tree = userdata;

	snprintf(tree->unreadable, sizeof(tree->unreadable), "%s", path);
	tree->error = error;
}

/* Paths below the root, one by one. */
static void assert_found(struct tree *tree, const char *below, const char *expected)
{
	struct gw_drop_ins drop_ins;
	char found[1024] = "";

	assert_int_equal(gw_drop_ins_find(&drop_ins, tree->directories, below, hear, tree), 0);
	for (size_t i = 0; i < drop_ins.count; i++) {
		const struct gw_drop_in *item = &drop_ins.items[i];

		assert_string_equal(item->name, strrchr(item->path, '/') + 1);
		assert_int_equal(strncmp(item->path, tree->paths[item->directory], strlen(tree->paths[0])), 0);
		strcat(strcat(found, i ? " " : ""), item->path + strlen(tree->root) + 1);
	}
	assert_string_equal(found, expected);
	gw_drop_ins_deinit(&drop_ins);
	assert_int_equal(drop_ins.count, 0);
}

static void sorted_by_name_whatever_their_directory(void **state)
{
	struct tree *tree = *state;

	assert_found(tree, "x.d", "");
	put(tree, "etc/x.d/20-b.conf");
	put(tree, "lib/x.d/10-a.conf");
	put(tree, "run/x.d/30-c.conf");
	put(tree, "etc/x.d/9-d.conf");
	assert_found(tree, "x.d", "lib/x.d/10-a.conf etc/x.d/20-b.conf run/x.d/30-c.conf etc/x.d/9-d.conf");
}

static void first_directory_masks_the_others(void **state)
{
	struct tree *tree = *state;

	put(tree, "lib/x.d/10-a.conf");
	put(tree, "run/x.d/10-a.conf");
	put(tree, "run/x.d/20-b.conf");
	assert_found(tree, "x.d", "run/x.d/10-a.conf run/x.d/20-b.conf");
	put_link(tree, "etc/x.d/20-b.conf", "/dev/null");
	assert_found(tree, "x.d", "run/x.d/10-a.conf etc/x.d/20-b.conf");
	put_link(tree, "etc/x.d/10-a.conf", "nothing"); /* is there for nobody */
	assert_found(tree, "x.d", "run/x.d/10-a.conf etc/x.d/20-b.conf");
}

static void other_files_are_left_out(void **state)
{
	struct tree *tree = *state;

	put(tree, "etc/x.d/.hidden.conf");
	put(tree, "etc/x.d/10-a.conf~");
	put(tree, "etc/x.d/10-a.conf.bak");
	put(tree, "etc/x.d/.conf");
	put(tree, "etc/x.d/README");
	put(tree, "etc/y.conf");
	assert_found(tree, "x.d", "");
	assert_found(tree, "", "etc/y.conf");
}

static void as_many_as_there_are(void **state)
{
	struct tree *tree = *state;
	struct gw_drop_ins drop_ins;
	char name[32];

	for (int i = 0; i < 300; i++) {
		snprintf(name, sizeof(name), "run/x.d/%03d.conf", (i * 7) % 300);
		put(tree, name);
	}
	assert_int_equal(gw_drop_ins_find(&drop_ins, tree->directories, "x.d", hear, tree), 0);
	assert_int_equal(drop_ins.count, 300);
	for (size_t i = 1; i < drop_ins.count; i++)
		assert_true(strcmp(drop_ins.items[i - 1].name, drop_ins.items[i].name) < 0);
	gw_drop_ins_deinit(&drop_ins);
}

/* ELOOP, which root gets as well. */
static void what_cannot_be_read_is_named_and_the_rest_counts(void **state)
{
	struct tree *tree = *state;
	char path[128];

	put(tree, "lib/x.d/10-a.conf");
	snprintf(path, sizeof(path), "%s/run/x.d", tree->root);
	assert_int_equal(rmdir(path), 0);
	assert_int_equal(symlink("x.d", path), 0);
	assert_found(tree, "x.d", "lib/x.d/10-a.conf");
	assert_string_equal(tree->unreadable, path);
	assert_int_equal(tree->error, -ELOOP);
	assert_int_equal(unlink(path), 0);
	tree->error = 0;
	assert_found(tree, "x.d", "lib/x.d/10-a.conf"); /* a directory that is not there is no fault */
	assert_int_equal(tree->error, 0);
}

#define with_tree(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		with_tree(sorted_by_name_whatever_their_directory),
		with_tree(first_directory_masks_the_others),
		with_tree(other_files_are_left_out),
		with_tree(as_many_as_there_are),
		with_tree(what_cannot_be_read_is_named_and_the_rest_counts),
	};

	return cmocka_run_group_tests_name("drop-ins", tests, NULL, NULL);
}
