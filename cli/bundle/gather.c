/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A process for each step, a file in memory for what it writes. */
#include "cli/bundle/gather.h"

#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "cli/lib/error.h"
#include "cli/lib/file.h"
#include "lib/base/clock.h"
#include "lib/base/units.h"

#define LARGEST ((size_t)96 << 20) /* bytes of one step's file */
#define POLL_NS (10 * GW_NSEC_PER_MSEC)

/* Nobody may wait for this process because it has one of the streams open. */
static _Noreturn void gather_child(const struct cli *cli, const struct gather_step *step)
{
	FILE *out = fdopen(step->file, "w");
	int r;

	prctl(PR_SET_PDEATHSIG, SIGKILL); /* an interrupted command leaves nobody behind who still asks */
	close(STDIN_FILENO);
	close(STDOUT_FILENO);
	close(STDERR_FILENO);
	r = out ? step->run(cli, out) : EXIT_MEMORY;
	_exit(out && fflush(out) == 0 && r == 0 ? EXIT_NOTHING : EXIT_FOUND);
}

static void gather_start(const struct cli *cli, struct gather_step *step)
{
	step->state = GATHER_CUT;
	step->file = memfd_create(step->name, MFD_CLOEXEC);
	step->pid = step->file < 0 ? -1 : fork();
	if (step->pid == 0)
		gather_child(cli, step);
}

/* Whether the step is over. */
static bool gather_ended(struct gather_step *step)
{
	int status;

	if (step->pid <= 0)
		return true;
	if (waitpid(step->pid, &status, WNOHANG) != step->pid)
		return false;
	step->state = WIFEXITED(status) && WEXITSTATUS(status) == 0 ? GATHER_COMPLETE
		      : WIFEXITED(status)			    ? GATHER_FAILED
								    : GATHER_CUT;
	step->pid = 0;
	return true;
}

static void gather_wait(struct gather_step *steps, size_t count, uint64_t deadline)
{
	size_t ended = 0;

	while (ended < count && gw_now_mono_ns() < deadline) {
		nanosleep(&(struct timespec){ .tv_nsec = (long)POLL_NS }, NULL);
		ended = 0;
		for (size_t i = 0; i < count; i++)
			ended += gather_ended(&steps[i]);
	}
	for (size_t i = 0; i < count; i++)
		if (steps[i].pid > 0)
			kill(steps[i].pid, SIGKILL);
}

void gather_all(const struct cli *cli, struct gather_step *steps, size_t count, uint64_t limit_ns)
{
	uint64_t deadline = gw_now_mono_ns() + limit_ns;

	for (size_t i = 0; i < count; i++)
		gather_start(cli, &steps[i]);
	gather_wait(steps, count, deadline);
	for (size_t i = 0; i < count; i++) {
		if (steps[i].file < 0 || file_read_fd(steps[i].file, LARGEST, &steps[i].data, &steps[i].size) < 0)
			steps[i].data = calloc(1, 1);
		if (!steps[i].data)
			out_of_memory();
	}
}

void gather_clear(struct gather_step *steps, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		free(steps[i].data);
		if (steps[i].file >= 0)
			close(steps[i].file);
	}
}
