/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Options, help, and which command it is. */
#include "cli/program/program.h"

#include <getopt.h>
#include <locale.h>
#include <stddef.h>
#include <string.h>
#include <sys/resource.h>

#include "cli/lib/error.h"
#include "cli/lib/output.h"
#include "cli/lib/text.h"
#include "lib/base/bus-names.h"
#include "lib/base/cleanup.h"

/* ---- options ---------------------------------------------------------------- */

enum {
	LONG_ONLY = 256, /* above every character */
	LONG_VERSION,
	LONG_SOCKET,
	LONG_SYSTEM_BUS,
	LONG_PRIVATE,
	LONG_COLOR,
	LONG_NO_COLOR,
	LONG_WAITS,
	LONG_TIMELINES,
	LONG_FORCE,
	LONG_TIMELINE,
	LONG_SAVE,
	LONG_FROM,
	LONG_VMLINUX,
	LONG_MODULES,
	LONG_JOURNAL,
	LONG_MIN_AGE,
	LONG_COMPARE,
	LONG_KTAP,
	LONG_RECORD_ONCE,
	LONG_DRY_RUN,
	LONG_ROOT,
	LONG_FORMAT,
	LONG_REDACT,
	LONG_CLASS,
	LONG_OUTPUT,
	LONG_TEXTFILE,
	LONG_DOT,
	LONG_SVG,
	LONG_HTML,
};

static const struct option long_options[] = {
	{ "help", no_argument, NULL, 'h' },
	{ "version", no_argument, NULL, LONG_VERSION },
	{ "json", no_argument, NULL, 'j' },
	{ "socket", required_argument, NULL, LONG_SOCKET },
	{ "system-bus", no_argument, NULL, LONG_SYSTEM_BUS },
	{ "private", no_argument, NULL, LONG_PRIVATE },
	{ "color", required_argument, NULL, LONG_COLOR },
	{ "no-color", no_argument, NULL, LONG_NO_COLOR },
	{ "all", no_argument, NULL, 'a' },
	{ "follow", no_argument, NULL, 'f' },
	{ "watch", no_argument, NULL, 'w' },
	{ "waits", no_argument, NULL, LONG_WAITS },
	{ "timelines", no_argument, NULL, LONG_TIMELINES },
	{ "force", no_argument, NULL, LONG_FORCE },
	{ "timeline", optional_argument, NULL, LONG_TIMELINE },
	{ "save", required_argument, NULL, LONG_SAVE },
	{ "from", required_argument, NULL, LONG_FROM },
	{ "compare", required_argument, NULL, LONG_COMPARE },
	{ "ktap", no_argument, NULL, LONG_KTAP },
	{ "reboot-and-record", no_argument, NULL, LONG_RECORD_ONCE },
	{ "dry-run", no_argument, NULL, LONG_DRY_RUN },
	{ "root", required_argument, NULL, LONG_ROOT },
	{ "format", required_argument, NULL, LONG_FORMAT },
	{ "redact", no_argument, NULL, LONG_REDACT },
	{ "class", required_argument, NULL, LONG_CLASS },
	{ "output", required_argument, NULL, LONG_OUTPUT },
	{ "textfile", required_argument, NULL, LONG_TEXTFILE },
	{ "dot", no_argument, NULL, LONG_DOT },
	{ "svg", no_argument, NULL, LONG_SVG },
	{ "html", no_argument, NULL, LONG_HTML },
	{ "vmlinux", required_argument, NULL, LONG_VMLINUX },
	{ "modules", required_argument, NULL, LONG_MODULES },
	{ "journal", no_argument, NULL, LONG_JOURNAL },
	{ "min-age", required_argument, NULL, LONG_MIN_AGE },
	{ 0 },
};

#define NO_VALUE 0 /* no member of struct cli that holds a value begins there */
#define VALUE(member) offsetof(struct cli, member)

/* Options of single commands: their letter, bit, line of help, and where in struct cli their value goes. */
static const struct {
	int letter;
	unsigned bit;
	const char *name, *help;
	size_t value;
} command_options[] = {
	{ 'j', OPTION_JSON, "--json", "  -j, --json         print JSON instead of text", NO_VALUE },
	{ 'a', OPTION_ALL, "--all", "  -a, --all          all of it: those that have ended, every row", NO_VALUE },
	{ 'f', OPTION_FOLLOW, "--follow", "  -f, --follow       go on, print every change as it comes", NO_VALUE },
	{ 'w', OPTION_WATCH, "--watch", "  -w, --watch        show anew every second", NO_VALUE },
	{ LONG_FORCE, OPTION_FORCE, "--force", "      --force        replace FILE if it is there", NO_VALUE },
	{ LONG_WAITS, OPTION_WAITS, "--waits", "      --waits        show the last snapshot's waits instead",
	  NO_VALUE },
	{ LONG_TIMELINES, OPTION_TIMELINES, "--timelines",
	  "      --timelines    show the last snapshot's timelines instead", NO_VALUE },
	{ LONG_TIMELINE, OPTION_TIMELINE, "--timeline",
	  "      --timeline[=FILE]\n"
	  "                     draw it: an SVG image, to standard output or FILE",
	  VALUE(timeline) },
	{ LONG_SAVE, OPTION_SAVE, "--save",
	  "      --save FILE    save the daemon's evidence of the boot, for --from; in a\n"
	  "                     directory keep it beside that of the two boots before",
	  VALUE(save) },
	{ LONG_FROM, OPTION_FROM, "--from",
	  "      --from FILE    analyse what --save wrote or a kernel log, without daemon", VALUE(from) },
	{ LONG_COMPARE, OPTION_COMPARE, "--compare",
	  "      --compare FILE [FILE]\n"
	  "                     what changed since the boot in FILE, now or in the second\n"
	  "                     one: evidence, a log, what --json printed; or a list of\n"
	  "                     what must be bound, DEVICE [DRIVER] a line",
	  VALUE(compare) },
	{ LONG_KTAP, OPTION_KTAP, "--ktap", "      --ktap         print the result as KTAP, for test farms", NO_VALUE },
	{ LONG_FORMAT, OPTION_FORMAT, "--format",
	  "      --format=FORMAT of check: plain, nagios, npd, nhc, json; of export: json,\n"
	  "                     ndjson, prometheus, openmetrics, otlp-json, perfetto",
	  VALUE(format) },
	{ LONG_RECORD_ONCE, OPTION_RECORD_ONCE, "--reboot-and-record",
	  "      --reboot-and-record\n"
	  "                     boot once with \"initcall_debug log_buf_len=8M\", then as\n"
	  "                     before",
	  NO_VALUE },
	{ LONG_DRY_RUN, OPTION_DRY_RUN, "--dry-run", "      --dry-run      show what that would write, write nothing",
	  NO_VALUE },
	{ LONG_ROOT, OPTION_ROOT, "--root", "      --root DIR     prepare the system below DIR, and do not reboot",
	  VALUE(root) },
	{ LONG_CLASS, OPTION_CLASS, "--class", "      --class=NAME   what this class of reports means", VALUE(class) },
	{ LONG_REDACT, OPTION_REDACT, "--redact", "      --redact       without what names persons and their work",
	  NO_VALUE },
	{ LONG_OUTPUT, OPTION_OUTPUT, "--output", "      --output FILE  write to FILE instead, and replace it",
	  VALUE(output) },
	{ LONG_TEXTFILE, OPTION_TEXTFILE, "--textfile",
	  "      --textfile FILE\n"
	  "                     write metrics for the textfile collector of node_exporter;\n"
	  "                     also when the daemon does not answer, as gpuwatch_up 0",
	  VALUE(textfile) },
	{ LONG_SVG, OPTION_SVG, "--svg", "      --svg          draw who waits for whom: an SVG image", NO_VALUE },
	{ LONG_HTML, OPTION_HTML, "--html",
	  "      --html         a page: that picture, the waits over time, the stacks", NO_VALUE },
	{ LONG_DOT, OPTION_DOT, "--dot", "      --dot          the same as the picture, for Graphviz", NO_VALUE },
	{ LONG_VMLINUX, OPTION_VMLINUX, "--vmlinux",
	  "      --vmlinux FILE the order of initcalls of a kernel image or System.map", VALUE(vmlinux) },
	{ LONG_MODULES, OPTION_MODULES, "--modules",
	  "      --modules DIR  with --vmlinux: its modules (/lib/modules/VERSION)", VALUE(modules) },
	{ LONG_MIN_AGE, OPTION_MIN_AGE, "--min-age", "      --min-age TIME leave out younger ones: 500ms, 1.5s, 2min",
	  VALUE(min_age) },
	{ LONG_JOURNAL, OPTION_JOURNAL, "--journal", "      --journal      this boot's kernel messages", NO_VALUE },
};

#define COMMAND_OPTIONS (sizeof(command_options) / sizeof(command_options[0]))

static const char global_help[] = "      --socket=PATH  the daemon's private socket (" GW_PRIVATE_SOCKET ")\n"
				  "      --private      use the private socket only\n"
				  "      --system-bus   use the system bus only\n"
				  "      --color=WHEN   auto, always or never\n"
				  "      --no-color     the same as --color=never\n"
				  "  -h, --help         show this help\n"
				  "      --version      show the version\n";

static void help_print(const struct command *const commands[])
{
	printf("usage: " PROGRAM " [OPTION]... COMMAND [ARGUMENT]\n"
	       "\n"
	       "Shows what gpuwatchd found: who waits for the GPU, which loop or dead end that\n"
	       "is, what it blocks, and what to do.\n"
	       "\n"
	       "commands:\n");
	for (; *commands; commands++) {
		const struct command *command = *commands;
		_cleanup_free_ char *synopsis =
			text_format("%s %s", command->name, command->argument ? command->argument : "");

		printf("  %-14s %s\n", synopsis, command->brief);
	}
	printf("\noptions:\n  -j, --json         print JSON instead of text\n%s", global_help);
	printf("\nexit codes:\n"
	       "  0  nothing found\n"
	       "  1  found something: a deadlock (deadlocks, replay), a hang (explain),\n"
	       "     something lost (probe-order), somebody in the way (holders)\n"
	       "  2  wrong usage\n"
	       "  3  no usable answer from the daemon\n"
	       "  4  a file that cannot be used: not read, not understood, not written\n"
	       "  5  there is no such report (show)\n"
	       "  6  out of memory\n"
	       "check has its own: 0 healthy, 1 a problem, 2 unknown\n"
	       "\n`" PROGRAM " COMMAND --help` is about one command, gpuwatch-cli(1) about all.\n");
}

static void help_print_command(const struct command *command)
{
	printf("usage: " PROGRAM " %s [OPTION]...%s%s\n\n%s\noptions:\n", command->name, command->argument ? " " : "",
	       command->argument ? command->argument : "", command->help);
	for (size_t i = 0; i < COMMAND_OPTIONS; i++)
		if ((command->options | OPTION_JSON) & command_options[i].bit)
			puts(command_options[i].help);
	fputs(global_help, stdout);
}

/* What the command line asks for. */
struct request {
	struct cli cli;
	enum color_choice color;
	bool help, version;
};

static int usage_error(const char *format, ...) _printf_(1, 2);
static int usage_error(const char *format, ...)
{
	_cleanup_free_ char *text = NULL;
	va_list arguments;

	va_start(arguments, format);
	text = text_vformat(format, arguments);
	va_end(arguments);
	complain("%s (see " PROGRAM " --help)", text);
	return EXIT_USAGE;
}

static int option_set_color(struct request *request, const char *when)
{
	static const char *const names[] = {
		[COLOR_AUTO] = "auto",
		[COLOR_ALWAYS] = "always",
		[COLOR_NEVER] = "never",
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(names[i], when) == 0) {
			request->color = (enum color_choice)i;
			return 0;
		}
	return usage_error("--color takes auto, always or never, not \"%s\"", when);
}

static int option_set_route(struct request *request, enum gw_client_route route)
{
	if (request->cli.target.route != GW_CLIENT_ANY && request->cli.target.route != route)
		return usage_error("--system-bus and --private (or --socket) exclude each other");
	request->cli.target.route = route;
	return 0;
}

static int option_set_of_command(struct request *request, int letter)
{
	for (size_t i = 0; i < COMMAND_OPTIONS; i++)
		if (command_options[i].letter == letter) {
			request->cli.options |= command_options[i].bit;
			if (command_options[i].value != NO_VALUE)
				*(const char **)((char *)&request->cli + command_options[i].value) = optarg;
			return 0;
		}
	return usage_error("unknown option");
}

static int option_set(struct request *request, int letter)
{
	switch (letter) {
	case 'h':
		request->help = true;
		return 0;
	case LONG_VERSION:
		request->version = true;
		return 0;
	case LONG_SOCKET:
		request->cli.target.socket = optarg;
		return option_set_route(request, GW_CLIENT_PRIVATE);
	case LONG_SYSTEM_BUS:
		return option_set_route(request, GW_CLIENT_SYSTEM_BUS);
	case LONG_PRIVATE:
		return option_set_route(request, GW_CLIENT_PRIVATE);
	case LONG_COLOR:
		return option_set_color(request, optarg);
	case LONG_NO_COLOR:
		request->color = COLOR_NEVER;
		return 0;
	default:
		return option_set_of_command(request, letter);
	}
}

static int options_parse(struct request *request, int argc, char **argv)
{
	int letter, r = 0;

	opterr = 0;
	while (r == 0 && (letter = getopt_long(argc, argv, ":hjafw", long_options, NULL)) != -1) {
		if (letter == ':')
			return usage_error("%s needs a value", argv[optind - 1]);
		if (letter == '?' && optopt > 0 && optopt < LONG_ONLY)
			return usage_error("unknown option -%c", optopt);
		if (letter == '?')
			return usage_error("unknown option %s", argv[optind - 1]);
		r = option_set(request, letter);
	}
	return r;
}

/* ---- commands ---------------------------------------------------------------- */

static const struct command *command_find(const struct command *const commands[], const char *name)
{
	for (; *commands; commands++)
		if (strcmp((*commands)->name, name) == 0)
			return *commands;
	return NULL;
}

/* Options that make no sense together. */
static int options_check_pairs(unsigned options)
{
	static const struct {
		unsigned one, other;
		const char *text;
	} pairs[] = {
		{ OPTION_WAITS, OPTION_TIMELINES, "--waits and --timelines" },
		{ OPTION_TIMELINE, OPTION_JSON, "--timeline and --json" },
		{ OPTION_TIMELINE, OPTION_SAVE, "--timeline and --save" },
		{ OPTION_FROM, OPTION_SAVE, "--from and --save" },
		{ OPTION_VMLINUX, OPTION_TIMELINE, "--vmlinux and --timeline" },
		{ OPTION_VMLINUX, OPTION_SAVE, "--vmlinux and --save" },
		{ OPTION_VMLINUX, OPTION_FROM, "--vmlinux and --from" },
		{ OPTION_VMLINUX, OPTION_COMPARE, "--vmlinux and --compare" },
		{ OPTION_VMLINUX, OPTION_KTAP, "--vmlinux and --ktap" },
		{ OPTION_SAVE, OPTION_COMPARE, "--save and --compare" },
		{ OPTION_SAVE, OPTION_KTAP, "--save and --ktap" },
		{ OPTION_TIMELINE, OPTION_COMPARE, "--timeline and --compare" },
		{ OPTION_TIMELINE, OPTION_KTAP, "--timeline and --ktap" },
		{ OPTION_JSON, OPTION_KTAP, "--json and --ktap" },
		{ OPTION_RECORD_ONCE, OPTION_JSON, "--reboot-and-record and --json" },
		{ OPTION_RECORD_ONCE, OPTION_FROM, "--reboot-and-record and --from" },
		{ OPTION_RECORD_ONCE, OPTION_COMPARE, "--reboot-and-record and --compare" },
		{ OPTION_RECORD_ONCE, OPTION_SAVE, "--reboot-and-record and --save" },
		{ OPTION_RECORD_ONCE, OPTION_TIMELINE, "--reboot-and-record and --timeline" },
		{ OPTION_RECORD_ONCE, OPTION_VMLINUX, "--reboot-and-record and --vmlinux" },
		{ OPTION_TEXTFILE, OPTION_FORMAT, "--textfile and --format" },
		{ OPTION_TEXTFILE, OPTION_FOLLOW, "--textfile and --follow" },
		{ OPTION_TEXTFILE, OPTION_OUTPUT, "--textfile and --output" },
		{ OPTION_OUTPUT, OPTION_FOLLOW, "--output and --follow" },
		{ OPTION_SVG, OPTION_HTML, "--svg and --html" },
		{ OPTION_SVG, OPTION_DOT, "--svg and --dot" },
		{ OPTION_HTML, OPTION_DOT, "--html and --dot" },
		{ OPTION_SVG, OPTION_JSON, "--svg and --json" },
		{ OPTION_HTML, OPTION_JSON, "--html and --json" },
		{ OPTION_DOT, OPTION_JSON, "--dot and --json" },
		{ OPTION_WAITS, OPTION_SVG | OPTION_HTML | OPTION_DOT, "--waits and a picture of reports" },
		{ OPTION_TIMELINES, OPTION_SVG | OPTION_HTML | OPTION_DOT, "--timelines and a picture of reports" },
		{ OPTION_CLASS, OPTION_SVG | OPTION_HTML | OPTION_DOT, "--class and a picture of reports" },
	};

	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++)
		if ((options & pairs[i].one) && (options & pairs[i].other))
			return usage_error("%s exclude each other", pairs[i].text);
	if ((options & OPTION_MODULES) && !(options & OPTION_VMLINUX))
		return usage_error("--modules needs --vmlinux");
	if ((options & (OPTION_DRY_RUN | OPTION_ROOT)) && !(options & OPTION_RECORD_ONCE))
		return usage_error("--dry-run and --root need --reboot-and-record");
	return 0;
}

static int options_check(const struct command *command, unsigned options)
{
	for (size_t i = 0; i < COMMAND_OPTIONS; i++)
		if (options & command_options[i].bit & ~(command->options | OPTION_JSON))
			return usage_error("%s does not take %s", command->name, command_options[i].name);
	return options_check_pairs(options);
}

static bool arguments_are_many(const struct command *command)
{
	return command->argument && strstr(command->argument, "...");
}

/* Of the commands that take no list of them: the second boot of --compare is one, too. */
static int arguments_most(const struct command *command, unsigned options)
{
	return command->argument || (options & OPTION_COMPARE) ? 1 : 0;
}

static int arguments_check(const struct command *command, unsigned options, int count, char **arguments)
{
	int most = arguments_most(command, options);

	if (arguments_are_many(command) && (count > 0 || (options & (OPTION_JOURNAL | OPTION_CLASS))))
		return 0;
	if (command->argument && (count == 0 ? command->argument[0] != '[' : !*arguments[0]))
		return usage_error("%s needs %s", command->name, command->argument);
	if (count > most)
		return usage_error("%s: one argument too many: %s", command->name, arguments[most]);
	if (count > 0 && (options & OPTION_COMPARE) && (options & OPTION_FROM))
		return usage_error("--from and a second boot of --compare exclude each other");
	return 0;
}

static int command_run(struct request *request, const struct command *command, int count, char **arguments)
{
	int r = options_check(command, request->cli.options);

	if (r == 0)
		r = arguments_check(command, request->cli.options, count, arguments);
	if (r != 0)
		return r;
	request->cli.argument = arguments[0];
	request->cli.arguments = arguments;
	request->cli.n_arguments = count;
	terminal_init(&request->cli.terminal, stdout, request->color);
	return command->run(&request->cli);
}

static int request_dispatch(struct request *request, const struct command *const commands[], int count,
			    char **arguments)
{
	const struct command *command = count > 0 ? command_find(commands, arguments[0]) : NULL;

	if (request->version) {
		printf(PROGRAM " " GW_VERSION "\n");
		return EXIT_NOTHING;
	}
	if (count > 0 && !command)
		return usage_error("no such command: %s", arguments[0]);
	if (request->help) {
		if (command)
			help_print_command(command);
		else
			help_print(commands);
		return EXIT_NOTHING;
	}
	if (!command)
		return usage_error("which command?");
	return command_run(request, command, count - 1, arguments + 1);
}

#define MEMORY_MOST ((rlim_t)480 << 20) /* bytes; out_of_memory() names it, too */

/*
 * Files come from strangers, and no file that is one of ours needs nearly as much. What does ends with one line, before the
 * machine has to look for memory.
 */
static void memory_limit(void)
{
#ifndef __SANITIZE_ADDRESS__ /* which has mapped more than that already */
	struct rlimit limit;

	if (getrlimit(RLIMIT_DATA, &limit) < 0 || limit.rlim_cur <= MEMORY_MOST)
		return;
	limit.rlim_cur = MEMORY_MOST;
	setrlimit(RLIMIT_DATA, &limit);
#endif
}

int program_run(const struct command *const commands[], int argc, char **argv)
{
	struct request request = { .cli.target.socket = GW_PRIVATE_SOCKET };
	int r;

	memory_limit();
	setlocale(LC_ALL, "");
	/* Numbers are written the same everywhere: jansson and this program's own. */
	setlocale(LC_NUMERIC, "C");
	r = options_parse(&request, argc, argv);
	if (r == 0)
		r = request_dispatch(&request, commands, argc - optind, argv + optind);
	return output_flush(stdout) ? r : EXIT_FILE;
}
