/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Keeps the empty programs attached while a command runs: `empty [--helpers] COMMAND [ARG…]`. */
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <linux/types.h>

#include "tests/bench/empty.skel.h"

/* Loads the empty programs, or of the hooks of waits those that call helpers. */
static void choose(struct bpf_object *object, bool helpers)
{
	struct bpf_program *program;

	bpf_object__for_each_program(program, object)
	{
		const char *name = bpf_program__name(program);
		bool of_waits = strcmp(name, "empty_signaled") != 0;

		bpf_program__set_autoload(program, !of_waits || !strncmp(name, "helpers_", 8) == helpers);
	}
}

int main(int argc, char **argv)
{
	bool helpers = argc > 1 && !strcmp(argv[1], "--helpers");
	struct empty_bpf *empty;
	int status = 0;
	pid_t child;

	argv += 1 + helpers;
	if (!argv[0]) {
		fprintf(stderr, "usage: empty [--helpers] COMMAND [ARG...]\n");
		return 2;
	}
	empty = empty_bpf__open();
	if (empty)
		choose(empty->obj, helpers);
	if (!empty || empty_bpf__load(empty) || empty_bpf__attach(empty)) {
		fprintf(stderr, "empty: cannot attach the empty programs\n");
		return 1;
	}
	child = fork();
	if (child == 0) {
		execvp(argv[0], argv);
		_exit(127);
	}
	if (child < 0 || waitpid(child, &status, 0) < 0)
		status = 1;
	empty_bpf__destroy(empty);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}
