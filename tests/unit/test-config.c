/* SPDX-License-Identifier: GPL-2.0-or-later */
/* gpuwatchd.conf: its language, and which files are read. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "daemon/config.h"

#define MSEC 1000000ULL
#define SEC 1000000000ULL

/* ---- helpers --------------------------------------------------------------------------- */

struct heard {
	char text[4096]; /* all complaints, one per line */
	unsigned errors, warnings;
};

static void hear(enum gw_config_severity severity, const char *message, void *userdata)
{
	struct heard *heard = userdata;
	size_t used = strlen(heard->text);

	assert_null(strchr(message, '\n'));
	snprintf(heard->text + used, sizeof(heard->text) - used, "%s\n", message);
	if (severity == GW_CONFIG_ERROR)
		heard->errors++;
	else
		heard->warnings++;
}

static int parse(struct gw_config *config, const char *text, struct heard *heard)
{
	size_t size = strlen(text);
	char *exact = malloc(size ? size : 1); /* without its NUL, so that ASan sees a read beyond it */
	int r;

	assert_non_null(exact);
	memcpy(exact, text, size);
	*heard = (struct heard){ 0 };
	*config = GW_CONFIG_DEFAULT;
	r = gw_config_parse(config, "x.conf", exact, size, hear, heard);
	free(exact);
	return r;
}

static void assert_good(const char *text, struct gw_config *config)
{
	struct heard heard;

	assert_int_equal(parse(config, text, &heard), 0);
	assert_string_equal(heard.text, "");
}

/* The text is refused, with exactly this complaint, and the value stays the default. */
static void assert_refused(const char *text, const char *complaint)
{
	const struct gw_config defaults = GW_CONFIG_DEFAULT;
	struct gw_config config;
	struct heard heard;

	assert_int_equal(parse(&config, text, &heard), -EINVAL);
	assert_string_equal(heard.text, complaint);
	assert_int_equal(heard.errors, 1);
	assert_memory_equal(&config, &defaults, sizeof(config));
}

/* ---- the language ---------------------------------------------------------------------- */

static void empty_text_is_the_defaults(void **state)
{
	const struct gw_config defaults = GW_CONFIG_DEFAULT;
	struct gw_config config;

	assert_good("", &config);
	assert_memory_equal(&config, &defaults, sizeof(config));
	assert_good("\n# comment\n; comment\n   \n[Watch]\n[Reports]", &config);
	assert_memory_equal(&config, &defaults, sizeof(config));
}

static void every_key_is_read(void **state)
{
	struct gw_config config;

	assert_good("[Watch]\nMinWaitSec=1s\nStallSec=1min\nSnapshotIntervalSec=100ms\n"
		    "GPUModules=vendor_gpu other*\n[Reports]\nKeepResolved=7\nOnDeadlock=gpuwatch-bundle@.service\n"
		    "OnDeadlockIntervalSec=5min\n[Recording]\nBufferSize=16M\n"
		    "[Export]\nStandaloneJSON=no\n[Pins]\nDirectory=/sys/fs/bpf/other\n",
		    &config);
	assert_int_equal(config.min_wait_ns, SEC);
	assert_int_equal(config.stall_ns, 60 * SEC);
	assert_int_equal(config.interval_ns, 100 * MSEC);
	assert_int_equal(config.keep_resolved, 7);
	assert_string_equal(config.on_deadlock, "gpuwatch-bundle@.service");
	assert_int_equal(config.on_deadlock_ns, 300 * SEC);
	assert_int_equal(config.recording_bytes, 16 << 20);
	assert_false(config.standalone_json);
	assert_string_equal(config.pin_directory, "/sys/fs/bpf/other");
	assert_string_equal(config.gpu_modules, "vendor_gpu other*");
}

static void spans_are_written_in_many_ways(void **state)
{
	static const struct {
		const char *text;
		uint64_t ns;
	} spans[] = {
		{ "500ms", 500 * MSEC },    { "2", 2 * SEC },
		{ "1.5s", 1500 * MSEC },    { "1 s 250 ms", 1250 * MSEC },
		{ "0.25", 250 * MSEC },	    { "200000us", 200 * MSEC },
		{ "1s500ms", 1500 * MSEC }, { "1.0000000009s", 1 * SEC },
		{ "0.5min", 30 * SEC },
	};
	struct gw_config config;
	char text[128];

	for (size_t i = 0; i < sizeof(spans) / sizeof(spans[0]); i++) {
		snprintf(text, sizeof(text), "[Watch]\nMinWaitSec = %s \n", spans[i].text);
		assert_good(text, &config);
		assert_int_equal(config.min_wait_ns, spans[i].ns);
	}
}

static void spans_that_are_none_are_refused(void **state)
{
	static const char *const values[] = { "fast",
					      "-1s",
					      "500 mss",
					      "1.s",
					      ".5s",
					      "s",
					      "1s,",
					      "0x10",
					      "1e3ms",
					      "1day",
					      "99ms",
					      "61s",
					      "0",
					      "18446744073709551616",
					      "99999999999999h",
					      "500ms # fast" };
	char text[128], complaint[256];

	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		snprintf(text, sizeof(text), "[Watch]\nMinWaitSec=%s\n", values[i]);
		snprintf(complaint, sizeof(complaint),
			 "x.conf:2: MinWaitSec=%s: expected a time span from 100ms to 60s\n", values[i]);
		assert_refused(text, complaint);
	}
}

static void other_bad_values_are_refused(void **state)
{
	assert_refused("[Reports]\nKeepResolved=many\n",
		       "x.conf:2: KeepResolved=many: expected a number from 0 to 100000\n");
	assert_refused("[Reports]\nKeepResolved=-1\n",
		       "x.conf:2: KeepResolved=-1: expected a number from 0 to 100000\n");
	assert_refused("[Reports]\nKeepResolved=100001\n",
		       "x.conf:2: KeepResolved=100001: expected a number from 0 to 100000\n");
	assert_refused("[Recording]\nBufferSize=8X\n", "x.conf:2: BufferSize=8X: expected a size from 256K to 1G\n");
	assert_refused("[Recording]\nBufferSize=8MB\n", "x.conf:2: BufferSize=8MB: expected a size from 256K to 1G\n");
	assert_refused("[Recording]\nBufferSize=20000000000G\n",
		       "x.conf:2: BufferSize=20000000000G: expected a size from 256K to 1G\n");
	assert_refused("[Export]\nStandaloneJSON=maybe\n", "x.conf:2: StandaloneJSON=maybe: expected yes or no\n");
	assert_refused("[Pins]\nDirectory=relative/path\n",
		       "x.conf:2: Directory=relative/path: expected an absolute path, or none\n");
}

static void unit_that_is_no_template_is_refused(void **state)
{
	static const char *const units[] = { "reboot.target", "@.service",     "a@b.service",
					     "a@.socket",     "../a@.service", "a b@.service",
					     "a@.service x",  "a@@.service",   "%n@.service" };
	struct gw_config config;
	char text[512], message[512];

	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		snprintf(text, sizeof(text), "[Reports]\nOnDeadlock=%s\n", units[i]);
		snprintf(
			message, sizeof(message),
			"x.conf:2: OnDeadlock=%s: expected a template unit like gpuwatch-bundle@.service, 200 characters at most, or none\n",
			units[i]);
		assert_refused(text, message);
	}
	snprintf(text, sizeof(text), "[Reports]\nOnDeadlock=%0200d@.service\n", 0);
	assert_int_equal(parse(&config, text, &(struct heard){ 0 }), -EINVAL);
	assert_good("[Reports]\nOnDeadlock=drain-node@.target\n", &config);
	assert_string_equal(config.on_deadlock, "drain-node@.target");
	assert_good("[Reports]\nOnDeadlock=a@.service\nOnDeadlock=none\n", &config);
	assert_string_equal(config.on_deadlock, "");
}

static void lines_that_are_none_are_refused(void **state)
{
	assert_refused("MinWaitSec=1s\n", "x.conf:1: 'MinWaitSec=' stands before any [Section]\n");
	assert_refused("[Watch]\nMinWaitSec\n", "x.conf:2: 'MinWaitSec' is neither [Section] nor Key=Value\n");
	assert_refused("[Watch\nMinWaitSec=1s\n", "x.conf:1: '[Watch' is not a [Section]\n");
	assert_refused("[]", "x.conf:1: '[]' is not a [Section]\n");
	assert_refused("[", "x.conf:1: '[' is not a [Section]\n");
}

static void long_and_binary_lines_are_refused(void **state)
{
	struct gw_config config = GW_CONFIG_DEFAULT;
	struct heard heard = { 0 };
	char line[5000];

	memset(line, 'a', sizeof(line));
	assert_int_equal(gw_config_parse(&config, "x.conf", line, sizeof(line), hear, &heard), -EINVAL);
	assert_string_equal(heard.text, "x.conf:1: line is longer than 1023 bytes\n");
	heard = (struct heard){ 0 };
	assert_int_equal(gw_config_parse(&config, "x.conf", "[Watch]\nMin\0Wait=1", 18, hear, &heard), -EINVAL);
	assert_string_equal(heard.text, "x.conf:2: line contains a NUL byte\n");
}

static void all_bad_lines_are_told_at_once(void **state)
{
	struct gw_config config;
	struct heard heard;

	assert_int_equal(parse(&config, "[Watch]\nMinWaitSec=x\nStallSec=20s\nStallSec=y\n", &heard), -EINVAL);
	assert_int_equal(heard.errors, 2);
	assert_int_equal(config.stall_ns, 20 * SEC);
}

/* A configuration for a newer version does not keep an older one from starting. */
static void unknown_names_are_only_warned_about(void **state)
{
	struct gw_config config;
	struct heard heard;

	assert_int_equal(parse(&config,
			       "[Watch]\nFutureSec=1s\nminwaitsec=2s\nMinWaitSec=1s\n[Future]\nA=b\nMinWaitSec=9s\n",
			       &heard),
			 0);
	assert_string_equal(heard.text, "x.conf:2: unknown key 'FutureSec' in section [Watch], ignored\n"
					"x.conf:3: unknown key 'minwaitsec' in section [Watch], ignored\n"
					"x.conf:5: unknown section [Future], ignored\n");
	assert_int_equal(config.min_wait_ns, SEC);
}

static void empty_value_restores_the_default(void **state)
{
	struct gw_config config;

	assert_good("[Watch]\nMinWaitSec=2s\nMinWaitSec=\n[Pins]\nDirectory=none\n", &config);
	assert_int_equal(config.min_wait_ns, 500 * MSEC);
	assert_string_equal(config.pin_directory, "");
	assert_good("[Pins]\nDirectory=none\nDirectory=\n", &config);
	assert_string_equal(config.pin_directory, GW_CONFIG_PIN_DIRECTORY);
}

static void lines_may_end_as_on_other_systems(void **state)
{
	struct gw_config config;

	assert_good("[Watch]\r\nMinWaitSec=1s\r\n", &config);
	assert_int_equal(config.min_wait_ns, SEC);
}

static void intervals_must_fit_each_other(void **state)
{
	struct gw_config config = GW_CONFIG_DEFAULT;
	struct heard heard = { 0 };

	assert_int_equal(gw_config_check(&config, hear, &heard), 0);
	config.min_wait_ns = 20 * SEC;
	assert_int_equal(gw_config_check(&config, hear, &heard), -EINVAL);
	assert_string_equal(heard.text, "StallSec= is shorter than MinWaitSec=\n");
	config = GW_CONFIG_DEFAULT;
	config.interval_ns = SEC;
	heard = (struct heard){ 0 };
	assert_int_equal(gw_config_check(&config, hear, &heard), -EINVAL);
	assert_string_equal(heard.text, "SnapshotIntervalSec= is longer than MinWaitSec=\n");
}

/* ---- the files ------------------------------------------------------------------------- */

struct tree {
	char root[64];
	char etc[128], run[128], lib[128];
	const char *directories[4];
};

static void run_command(const char *format, const char *argument)
{
	char command[512];

	snprintf(command, sizeof(command), format, argument);
	assert_int_equal(system(command), 0);
}

static int tree_setup(void **state)
{
	struct tree *tree = calloc(1, sizeof(*tree));

	assert_non_null(tree);
	strcpy(tree->root, "/tmp/test-config.XXXXXX");
	assert_non_null(mkdtemp(tree->root));
	snprintf(tree->etc, sizeof(tree->etc), "%s/etc", tree->root);
	snprintf(tree->run, sizeof(tree->run), "%s/run", tree->root);
	snprintf(tree->lib, sizeof(tree->lib), "%s/lib", tree->root);
	tree->directories[0] = tree->etc;
	tree->directories[1] = tree->run;
	tree->directories[2] = tree->lib;
	run_command(
		"cd %s && mkdir -p etc/gpuwatch/gpuwatchd.conf.d run/gpuwatch/gpuwatchd.conf.d lib/gpuwatch/gpuwatchd.conf.d",
		tree->root);
	*state = tree;
	return 0;
}

static int tree_teardown(void **state)
{
	struct tree *tree = *state;

	run_command("rm -rf %s", tree->root);
	free(tree);
	return 0;
}

static void put(const struct tree *tree, const char *name, const char *text)
{
	char path[256];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", tree->root, name);
	file = fopen(path, "w");
	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
}

static struct gw_config load_good(const struct tree *tree)
{
	struct gw_config config;
	struct heard heard = { 0 };

	assert_int_equal(gw_config_load(&config, tree->directories, hear, &heard), 0);
	assert_string_equal(heard.text, "");
	return config;
}

static void no_file_at_all_is_the_defaults(void **state)
{
	const struct gw_config defaults = GW_CONFIG_DEFAULT;
	struct tree *tree = *state;
	struct gw_config config = load_good(tree);

	assert_memory_equal(&config, &defaults, sizeof(config));
	run_command("cd %s && rm -r etc run", tree->root);
	config = load_good(tree);
	assert_memory_equal(&config, &defaults, sizeof(config));
}

static void first_main_file_wins(void **state)
{
	struct tree *tree = *state;

	put(tree, "lib/gpuwatch/gpuwatchd.conf", "[Watch]\nMinWaitSec=1s\nStallSec=5s\n");
	assert_int_equal(load_good(tree).min_wait_ns, SEC);
	put(tree, "etc/gpuwatch/gpuwatchd.conf", "[Watch]\nMinWaitSec=2s\n");
	assert_int_equal(load_good(tree).min_wait_ns, 2 * SEC);
	assert_int_equal(load_good(tree).stall_ns, 10 * SEC);
}

static void drop_ins_apply_by_name_whatever_their_directory(void **state)
{
	struct tree *tree = *state;

	put(tree, "etc/gpuwatch/gpuwatchd.conf", "[Watch]\nMinWaitSec=1s\nStallSec=30s\n");
	put(tree, "etc/gpuwatch/gpuwatchd.conf.d/10-a.conf", "[Watch]\nMinWaitSec=2s\n");
	put(tree, "lib/gpuwatch/gpuwatchd.conf.d/20-b.conf", "[Watch]\nMinWaitSec=3s\n");
	put(tree, "run/gpuwatch/gpuwatchd.conf.d/15-c.conf", "[Watch]\nMinWaitSec=4s\n");
	assert_int_equal(load_good(tree).min_wait_ns, 3 * SEC);
	assert_int_equal(load_good(tree).stall_ns, 30 * SEC);
}

static void same_name_masks(void **state)
{
	struct tree *tree = *state;

	put(tree, "lib/gpuwatch/gpuwatchd.conf.d/20-b.conf", "[Watch]\nMinWaitSec=3s\n");
	put(tree, "run/gpuwatch/gpuwatchd.conf.d/20-b.conf", "[Watch]\nStallSec=20s\n");
	assert_int_equal(load_good(tree).min_wait_ns, 500 * MSEC);
	assert_int_equal(load_good(tree).stall_ns, 20 * SEC);
	run_command("ln -s /dev/null %s/etc/gpuwatch/gpuwatchd.conf.d/20-b.conf", tree->root);
	assert_int_equal(load_good(tree).stall_ns, 10 * SEC);
}

static void other_files_are_left_alone(void **state)
{
	struct tree *tree = *state;

	put(tree, "etc/gpuwatch/gpuwatchd.conf.d/10-a.conf.bak", "nonsense\n");
	put(tree, "etc/gpuwatch/gpuwatchd.conf.d/.hidden.conf", "nonsense\n");
	put(tree, "etc/gpuwatch/gpuwatchd.conf.d/README", "nonsense\n");
	load_good(tree);
}

static void message_names_the_drop_in(void **state)
{
	struct tree *tree = *state;
	struct gw_config config;
	struct heard heard = { 0 };
	char expected[512];

	put(tree, "run/gpuwatch/gpuwatchd.conf.d/15-c.conf", "\n\n[Watch]\nStallSec=soon\n");
	assert_int_equal(gw_config_load(&config, tree->directories, hear, &heard), -EINVAL);
	snprintf(expected, sizeof(expected),
		 "%s/gpuwatch/gpuwatchd.conf.d/15-c.conf:4: StallSec=soon: expected a time span from 1s to 24h\n",
		 tree->run);
	assert_string_equal(heard.text, expected);
}

static void unreadable_file_is_an_error(void **state)
{
	struct tree *tree = *state;
	struct gw_config config;
	struct heard heard = { 0 };
	char expected[512];

	run_command("mkdir %s/etc/gpuwatch/gpuwatchd.conf", tree->root);
	assert_int_equal(gw_config_load(&config, tree->directories, hear, &heard), -EISDIR);
	snprintf(expected, sizeof(expected), "%s/gpuwatch/gpuwatchd.conf: cannot be read: Is a directory\n", tree->etc);
	assert_string_equal(heard.text, expected);
}

static void named_file_must_exist(void **state)
{
	struct tree *tree = *state;
	struct gw_config config;
	struct heard heard = { 0 };
	char path[256];

	snprintf(path, sizeof(path), "%s/mine.conf", tree->root);
	assert_int_equal(gw_config_load_file(&config, path, hear, &heard), -ENOENT);
	assert_non_null(strstr(heard.text, "mine.conf: no such file\n"));
	put(tree, "mine.conf", "[Watch]\nMinWaitSec=1s\n");
	assert_int_equal(gw_config_load_file(&config, path, hear, &heard), 0);
	assert_int_equal(config.min_wait_ns, SEC);
}

/* The example that is installed says the truth about the defaults. */
static void example_is_all_comments_and_true(void **state)
{
	const struct gw_config defaults = GW_CONFIG_DEFAULT;
	struct gw_config config;
	struct heard heard = { 0 };
	char text[8192], uncommented[8192] = "", *line, *save;
	FILE *file = fopen("systemd/gpuwatchd.conf", "r");
	size_t size;

	assert_non_null(file); /* tests run in the project's directory */
	size = fread(text, 1, sizeof(text) - 1, file);
	fclose(file);
	text[size] = '\0';
	assert_good(text, &config);
	assert_memory_equal(&config, &defaults, sizeof(config));
	for (line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		if (line[0] == '#' && line[1] != ' ')
			line++;
		strcat(strcat(uncommented, line), "\n");
	}
	assert_non_null(strstr(uncommented, "\nMinWaitSec=500ms\n"));
	assert_int_equal(gw_config_parse(&config, "example", uncommented, strlen(uncommented), hear, &heard), 0);
	assert_string_equal(heard.text, "");
	assert_memory_equal(&config, &defaults, sizeof(config));
}

#define with_tree(test) cmocka_unit_test_setup_teardown(test, tree_setup, tree_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(empty_text_is_the_defaults),
		cmocka_unit_test(every_key_is_read),
		cmocka_unit_test(spans_are_written_in_many_ways),
		cmocka_unit_test(spans_that_are_none_are_refused),
		cmocka_unit_test(other_bad_values_are_refused),
		cmocka_unit_test(unit_that_is_no_template_is_refused),
		cmocka_unit_test(lines_that_are_none_are_refused),
		cmocka_unit_test(long_and_binary_lines_are_refused),
		cmocka_unit_test(all_bad_lines_are_told_at_once),
		cmocka_unit_test(unknown_names_are_only_warned_about),
		cmocka_unit_test(empty_value_restores_the_default),
		cmocka_unit_test(lines_may_end_as_on_other_systems),
		cmocka_unit_test(intervals_must_fit_each_other),
		with_tree(no_file_at_all_is_the_defaults),
		with_tree(first_main_file_wins),
		with_tree(drop_ins_apply_by_name_whatever_their_directory),
		with_tree(same_name_masks),
		with_tree(other_files_are_left_alone),
		with_tree(message_names_the_drop_in),
		with_tree(unreadable_file_is_an_error),
		with_tree(named_file_must_exist),
		cmocka_unit_test(example_is_all_comments_and_true),
	};

	return cmocka_run_group_tests_name("config", tests, NULL, NULL);
}
