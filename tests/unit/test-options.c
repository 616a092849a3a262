/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The command line of gpuwatchd: what each option does, and what is refused with one line. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "daemon/options.h"
#include "lib/base/log.h"

#define TEST(name) static void name(void **state)
#define MOST_ARGUMENTS 8

struct outcome {
	int result;
	struct gw_options options;
	char out[4096], err[4096];
};

/* Sends a file descriptor elsewhere. Returns what it was. */
static int divert(int fd, int to)
{
	int before = dup(fd);

	assert_true(before >= 0 && dup2(to, fd) == fd);
	return before;
}

static void take_back(int fd, int before, int diverted, char *text, size_t size)
{
	ssize_t n = pread(diverted, text, size - 1, 0);

	assert_true(n >= 0 && dup2(before, fd) == fd);
	text[n] = '\0';
	close(before);
	close(diverted);
}

/* Parses words apart by spaces. */
static struct outcome parse(const char *words)
{
	static char copy[256];
	char *arguments[MOST_ARGUMENTS + 2] = { "gpuwatchd" }, *rest = NULL;
	int count = 1, out = memfd_create("out", 0), err = memfd_create("err", 0), out_before, err_before;
	struct outcome outcome;

	assert_true(snprintf(copy, sizeof(copy), "%s", words) < (int)sizeof(copy));
	for (char *word = strtok_r(copy, " ", &rest); word && count <= MOST_ARGUMENTS;
	     word = strtok_r(NULL, " ", &rest))
		arguments[count++] = word;
	optind = 0; /* getopt begins anew */
	fflush(NULL);
	out_before = divert(STDOUT_FILENO, out);
	err_before = divert(STDERR_FILENO, err);
	outcome.result = gw_options_parse(&outcome.options, count, arguments);
	fflush(NULL);
	take_back(STDOUT_FILENO, out_before, out, outcome.out, sizeof(outcome.out));
	take_back(STDERR_FILENO, err_before, err, outcome.err, sizeof(outcome.err));
	return outcome;
}

static void assert_refused(const char *words, const char *because)
{
	struct outcome outcome = parse(words);

	assert_int_equal(outcome.result, -EINVAL);
	assert_string_equal(outcome.out, "");
	assert_non_null(strstr(outcome.err, because));
	assert_ptr_equal(strchr(outcome.err, '\n'), outcome.err + strlen(outcome.err) - 1); /* one line */
}

TEST(no_option_is_the_daemon_as_installed)
{
	struct outcome outcome = parse("");

	assert_int_equal(outcome.result, 1);
	assert_string_equal(outcome.options.private_socket, "/run/gpuwatch/private");
	assert_null(outcome.options.config);
	assert_null(outcome.options.pin_directory);
	assert_null(outcome.options.btf);
	assert_false(outcome.options.standalone || outcome.options.no_pin || outcome.options.keep_pins ||
		     outcome.options.unpin || outcome.options.record_boot);
	assert_string_equal(outcome.out, "");
	assert_string_equal(outcome.err, "");
}

TEST(each_option_sets_its_own)
{
	struct outcome outcome =
		parse("--standalone --config=a --private-socket=b --pin-directory c --btf=d --keep-pins");

	assert_int_equal(outcome.result, 1);
	assert_true(outcome.options.standalone && outcome.options.keep_pins);
	assert_false(outcome.options.no_pin || outcome.options.unpin || outcome.options.record_boot);
	assert_string_equal(outcome.options.config, "a");
	assert_string_equal(outcome.options.private_socket, "b");
	assert_string_equal(outcome.options.pin_directory, "c");
	assert_string_equal(outcome.options.btf, "d");
	outcome = parse("--unpin");
	assert_true(outcome.options.unpin && !outcome.options.record_boot && !outcome.options.keep_pins);
	outcome = parse("--record-boot");
	assert_true(outcome.options.record_boot && !outcome.options.unpin && !outcome.options.no_pin);
	outcome = parse("--no-pin");
	assert_true(outcome.options.no_pin && !outcome.options.keep_pins);
}

TEST(option_that_comes_twice_counts_the_last_time)
{
	assert_string_equal(parse("--config=a --config=b").options.config, "b");
}

TEST(help_shows_every_option_and_is_all_that_is_done)
{
	static const char *const options[] = {
		"--help",  "--version",		"--standalone",	    "--config=",	  "--log-level=",
		"--btf=",  "--private-socket=", "--pin-directory=", "--no-pin",		  "--keep-pins",
		"--unpin", "--record-boot",	"--boot-job=",	    "--open-perf-events", "--start-unit"
	};
	struct outcome outcome = parse("--help --unpin");

	assert_int_equal(outcome.result, 0);
	for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++)
		assert_non_null(strstr(outcome.out, options[i]));
	assert_int_equal(parse("-h").result, 0);
	assert_int_equal(parse("--version").result, 0);
	assert_string_equal(parse("--version").out, "gpuwatchd " GW_VERSION "\n");
}

TEST(what_is_not_understood_is_refused_in_one_line)
{
	assert_refused("--nonsense", "nonsense");
	assert_refused("-x", "x");
	assert_refused("--config", "config");
	assert_refused("--standalone=yes", "standalone");
	assert_refused("--boot-job=0", "--boot-job=0: not a process");
	assert_refused("--boot-job=x", "--boot-job=x: not a process");
	assert_refused("start", "unexpected argument 'start'");
	assert_refused("--standalone -- --unpin", "unexpected argument '--unpin'");
}

TEST(pins_and_no_pins_contradict_each_other)
{
	static const char *const others[] = { "--pin-directory=/x", "--keep-pins", "--unpin", "--record-boot" };
	char words[64];

	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		snprintf(words, sizeof(words), "--no-pin %s", others[i]);
		assert_refused(words, "--no-pin contradicts");
		snprintf(words, sizeof(words), "%s --no-pin", others[i]);
		assert_refused(words, "--no-pin contradicts");
	}
}

TEST(log_level_is_set_or_refused)
{
	assert_refused("--log-level=loud", "--log-level=loud");
	assert_refused("--log-level=", "--log-level=");
	assert_refused("--log-level=8", "--log-level=8");
	assert_int_equal(parse("--log-level=err").result, 1);
	assert_string_equal(parse("--log-level=info --help").err, "");
	gw_log_set_level(LOG_INFO);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_option_is_the_daemon_as_installed),
		cmocka_unit_test(each_option_sets_its_own),
		cmocka_unit_test(option_that_comes_twice_counts_the_last_time),
		cmocka_unit_test(help_shows_every_option_and_is_all_that_is_done),
		cmocka_unit_test(what_is_not_understood_is_refused_in_one_line),
		cmocka_unit_test(pins_and_no_pins_contradict_each_other),
		cmocka_unit_test(log_level_is_set_or_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
