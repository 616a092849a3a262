/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Keeps the empty programs attached while a command runs: `empty COMMAND [ARG…]`. */
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/bench/empty.skel.h"

int main(int argc, char **argv)
{
	struct empty_bpf *empty;
	int status = 0;
	pid_t child;

	if (argc < 2) {
		fprintf(stderr, "usage: empty COMMAND [ARG...]\n");
		return 2;
	}
	empty = empty_bpf__open_and_load();
	if (!empty || empty_bpf__attach(empty)) {
		fprintf(stderr, "empty: cannot attach the empty programs\n");
		return 1;
	}
	child = fork();
	if (child == 0) {
		execvp(argv[1], argv + 1);
		_exit(127);
	}
	if (child < 0 || waitpid(child, &status, 0) < 0)
		status = 1;
	empty_bpf__destroy(empty);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}
