/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The configuration: the language of gpuwatchd.conf, then the files that hold it. */
#include "daemon/config.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "lib/base/cleanup.h"
#include "lib/base/drop-ins.h"
#include "lib/base/files.h"
#include "lib/base/ini.h"

#define FILE_SIZE_MAX (1 << 20)

const char *const gw_config_directories[] = { "/etc", "/run", "/usr/lib", NULL };
const char *const gw_config_lasting_directories[] = { "/etc", "/usr/lib", NULL };

/* ---- complaints -------------------------------------------------------------- */

struct parser {
	struct gw_config *config;
	const char *file;
	unsigned line;
	char section[64];
	gw_config_complain complain;
	void *userdata;
	bool failed;
};

_printf_(3, 4) static void complain(struct parser *parser, enum gw_config_severity severity, const char *format, ...)
{
	char message[1024];
	va_list arguments;
	int n = 0;

	if (severity == GW_CONFIG_ERROR)
		parser->failed = true;
	if (!parser->complain)
		return;
	if (parser->line > 0)
		n = snprintf(message, sizeof(message), "%s:%u: ", parser->file, parser->line);
	else if (parser->file)
		n = snprintf(message, sizeof(message), "%s: ", parser->file);
	if (n < 0 || (size_t)n >= sizeof(message))
		n = 0;
	va_start(arguments, format);
	vsnprintf(message + n, sizeof(message) - (size_t)n, format, arguments);
	va_end(arguments);
	parser->complain(severity, message, parser->userdata);
}

/* ---- values ------------------------------------------------------------------- */

/* Digits up to the first other character. Returns NULL when there are none or too many. */
static const char *parse_digits(const char *s, uint64_t *ret)
{
	uint64_t value = 0;

	if (!isdigit((unsigned char)*s))
		return NULL;
	for (; isdigit((unsigned char)*s); s++)
		if (__builtin_mul_overflow(value, 10, &value) ||
		    __builtin_add_overflow(value, (uint64_t)(*s - '0'), &value))
			return NULL;
	*ret = value;
	return s;
}

static const struct {
	const char *name;
	uint64_t ns;
} time_units[] = {
	{ "us", GW_NSEC_PER_USEC },	  { "usec", GW_NSEC_PER_USEC },	   { "ms", GW_NSEC_PER_MSEC },
	{ "msec", GW_NSEC_PER_MSEC },	  { "s", GW_NSEC_PER_SEC },	   { "sec", GW_NSEC_PER_SEC },
	{ "", GW_NSEC_PER_SEC }, /* systemd's default unit */
	{ "m", 60 * GW_NSEC_PER_SEC },	  { "min", 60 * GW_NSEC_PER_SEC }, { "h", 3600 * GW_NSEC_PER_SEC },
	{ "hr", 3600 * GW_NSEC_PER_SEC },
};

static bool time_unit(const char *name, size_t length, uint64_t *ret)
{
	for (size_t i = 0; i < sizeof(time_units) / sizeof(time_units[0]); i++)
		if (strlen(time_units[i].name) == length && memcmp(time_units[i].name, name, length) == 0) {
			*ret = time_units[i].ns;
			return true;
		}
	return false;
}

/* "500ms", "1.5s", "1min 30s", a bare number is seconds; as systemd.time(7) has it, without the units of days. */
static bool parse_span(const char *s, uint64_t *ret)
{
	uint64_t total = 0;

	do {
		uint64_t whole, unit, part, fraction = 0, scale = 1;
		const char *name;

		s = parse_digits(s, &whole);
		if (!s)
			return false;
		if (*s == '.') {
			if (!isdigit((unsigned char)*++s))
				return false;
			for (; isdigit((unsigned char)*s); s++)
				if (scale < 1000000) { /* a millionth is enough */
					fraction = fraction * 10 + (uint64_t)(*s - '0');
					scale *= 10;
				}
		}
		s += strspn(s, " \t");
		name = s;
		s += strspn(s, "abcdefghijklmnopqrstuvwxyz");
		if (!time_unit(name, (size_t)(s - name), &unit) || __builtin_mul_overflow(whole, unit, &part) ||
		    __builtin_add_overflow(part, fraction * (unit / 1000) / scale * 1000, &part) ||
		    __builtin_add_overflow(total, part, &total))
			return false;
		s += strspn(s, " \t");
	} while (*s);
	*ret = total;
	return true;
}

static bool parse_bool(const char *s, bool *ret)
{
	static const char *const yes[] = { "1", "yes", "y", "true", "t", "on" };
	static const char *const no[] = { "0", "no", "n", "false", "f", "off" };

	for (size_t i = 0; i < sizeof(yes) / sizeof(yes[0]); i++) {
		if (strcasecmp(s, yes[i]) == 0) {
			*ret = true;
			return true;
		}
		if (strcasecmp(s, no[i]) == 0) {
			*ret = false;
			return true;
		}
	}
	return false;
}

/* Bytes, with K, M or G to the base 1024. */
static bool parse_size(const char *s, uint64_t *ret)
{
	static const char suffixes[] = "KMG";
	const char *suffix;
	uint64_t value, factor = 1;

	s = parse_digits(s, &value);
	if (!s)
		return false;
	if (*s) {
		suffix = strchr(suffixes, *s);
		if (!suffix || s[1])
			return false;
		factor = 1024ULL << (10 * (suffix - suffixes));
	}
	return !__builtin_mul_overflow(value, factor, ret);
}

/* ---- keys ----------------------------------------------------------------------- */

enum type {
	TYPE_SPAN,  /* uint64_t, ns */
	TYPE_COUNT, /* size_t */
	TYPE_SIZE,  /* size_t, bytes */
	TYPE_BOOL,
	TYPE_DIRECTORY,
	TYPE_PATTERNS, /* char[256], names of modules separated by spaces */
	TYPE_TEMPLATE, /* char[256], a template of systemd's units */
};

struct key {
	const char *section;
	const char *name;
	enum type type;
	size_t offset;	      /* of its member in struct gw_config */
	uint64_t least, most; /* allowed values */
	const char *expected; /* what a good value looks like, for messages */
};

#define MEMBER(name) offsetof(struct gw_config, name)

static const struct key keys[] = {
	{ "Watch", "MinWaitSec", TYPE_SPAN, MEMBER(min_wait_ns), 100 * GW_NSEC_PER_MSEC, 60 * GW_NSEC_PER_SEC,
	  "a time span from 100ms to 60s" },
	{ "Watch", "StallSec", TYPE_SPAN, MEMBER(stall_ns), GW_NSEC_PER_SEC, 24 * 3600 * GW_NSEC_PER_SEC,
	  "a time span from 1s to 24h" },
	{ "Watch", "SnapshotIntervalSec", TYPE_SPAN, MEMBER(interval_ns), 50 * GW_NSEC_PER_MSEC, 10 * GW_NSEC_PER_SEC,
	  "a time span from 50ms to 10s" },
	{ "Watch", "GPUModules", TYPE_PATTERNS, MEMBER(gpu_modules), 0, 0,
	  "patterns of module names, separated by spaces, 255 characters at most, or none" },
	{ "Reports", "KeepResolved", TYPE_COUNT, MEMBER(keep_resolved), 0, 100000, "a number from 0 to 100000" },
	{ "Reports", "OnDeadlock", TYPE_TEMPLATE, MEMBER(on_deadlock), 0, 0,
	  "a template unit like gpuwatch-bundle@.service, 200 characters at most, or none" },
	{ "Reports", "OnDeadlockIntervalSec", TYPE_SPAN, MEMBER(on_deadlock_ns), GW_NSEC_PER_SEC,
	  24 * 3600 * GW_NSEC_PER_SEC, "a time span from 1s to 24h" },
	{ "Recording", "BufferSize", TYPE_SIZE, MEMBER(recording_bytes), 256 << 10, 1 << 30, "a size from 256K to 1G" },
	{ "Export", "StandaloneJSON", TYPE_BOOL, MEMBER(standalone_json), 0, 0, "yes or no" },
	{ "Pins", "Directory", TYPE_DIRECTORY, MEMBER(pin_directory), 0, 0, "an absolute path, or none" },
};

static bool known_section(const char *section)
{
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (strcmp(keys[i].section, section) == 0)
			return true;
	return false;
}

static const struct key *find_key(const char *section, const char *name)
{
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (strcmp(keys[i].section, section) == 0 && strcmp(keys[i].name, name) == 0)
			return &keys[i];
	return NULL;
}

static size_t member_size(enum type type)
{
	switch (type) {
	case TYPE_SPAN:
		return sizeof(uint64_t);
	case TYPE_COUNT:
	case TYPE_SIZE:
		return sizeof(size_t);
	case TYPE_BOOL:
		return sizeof(bool);
	case TYPE_DIRECTORY:
		return sizeof(((struct gw_config *)NULL)->pin_directory);
	case TYPE_PATTERNS:
		return sizeof(((struct gw_config *)NULL)->gpu_modules);
	case TYPE_TEMPLATE:
		return sizeof(((struct gw_config *)NULL)->on_deadlock);
	}
	return 0;
}

static bool set_directory(char *member, const char *value)
{
	if (strcmp(value, "none") == 0)
		value = "";
	else if (value[0] != '/')
		return false;
	if (strlen(value) >= member_size(TYPE_DIRECTORY))
		return false;
	strcpy(member, value);
	return true;
}

static bool set_patterns(char *member, const char *value)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_*?[]- \t";

	if (value[strspn(value, allowed)] || strlen(value) >= member_size(TYPE_PATTERNS))
		return false;
	strcpy(member, strcmp(value, "none") == 0 ? "" : value);
	return true;
}

/* systemd allows 255 characters with the instance, a report's id, in it. */
static bool set_template(char *member, const char *value)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789:_-.\\@";
	const char *at = strchr(value, '@');

	if (strcmp(value, "none") == 0) {
		member[0] = '\0';
		return true;
	}
	if (!at || at == value || (strcmp(at, "@.service") != 0 && strcmp(at, "@.target") != 0))
		return false;
	if (value[strspn(value, allowed)] || strlen(value) > 200)
		return false;
	strcpy(member, value);
	return true;
}

static bool in_range(const struct key *key, uint64_t value)
{
	return value >= key->least && value <= key->most;
}

/* Returns false when the value is not one for this key; the member is unchanged then. */
static bool set_value(struct gw_config *config, const struct key *key, const char *value)
{
	void *member = (char *)config + key->offset;
	uint64_t number;

	switch (key->type) {
	case TYPE_SPAN:
		if (!parse_span(value, &number) || !in_range(key, number))
			return false;
		*(uint64_t *)member = number;
		return true;
	case TYPE_COUNT: {
		const char *end = parse_digits(value, &number);

		if (!end || *end || !in_range(key, number))
			return false;
		*(size_t *)member = (size_t)number;
		return true;
	}
	case TYPE_SIZE:
		if (!parse_size(value, &number) || !in_range(key, number))
			return false;
		*(size_t *)member = (size_t)number;
		return true;
	case TYPE_BOOL:
		return parse_bool(value, member);
	case TYPE_DIRECTORY:
		return set_directory(member, value);
	case TYPE_PATTERNS:
		return set_patterns(member, value);
	case TYPE_TEMPLATE:
		return set_template(member, value);
	}
	return false;
}

static void reset_value(struct gw_config *config, const struct key *key)
{
	const struct gw_config defaults = GW_CONFIG_DEFAULT;

	memcpy((char *)config + key->offset, (const char *)&defaults + key->offset, member_size(key->type));
}

/* ---- lines ---------------------------------------------------------------------- */

static const struct gw_ini_rules rules = { .line_max = 1023 };

static void config_section(struct parser *parser, const struct gw_ini_line *line)
{
	if (line->kind == GW_INI_NO_SECTION || strlen(line->name) >= sizeof(parser->section)) {
		complain(parser, GW_CONFIG_ERROR, "'%s' is not a [Section]", line->text);
		strcpy(parser->section, "?"); /* its keys are not complained about again */
		return;
	}
	strcpy(parser->section, line->name);
	if (!known_section(parser->section))
		complain(parser, GW_CONFIG_WARNING, "unknown section [%s], ignored", parser->section);
}

static void config_assignment(struct parser *parser, const char *name, const char *value)
{
	const struct key *key;

	if (!parser->section[0]) {
		complain(parser, GW_CONFIG_ERROR, "'%s=' stands before any [Section]", name);
		return;
	}
	if (!known_section(parser->section)) /* has been complained about */
		return;
	key = find_key(parser->section, name);
	if (!key)
		complain(parser, GW_CONFIG_WARNING, "unknown key '%s' in section [%s], ignored", name, parser->section);
	else if (!value[0])
		reset_value(parser->config, key);
	else if (!set_value(parser->config, key, value))
		complain(parser, GW_CONFIG_ERROR, "%s=%s: expected %s", name, value, key->expected);
}

static int config_line(const struct gw_ini_line *line, void *userdata)
{
	struct parser *parser = userdata;

	parser->line = line->number;
	switch (line->kind) {
	case GW_INI_SECTION:
	case GW_INI_NO_SECTION:
		config_section(parser, line);
		break;
	case GW_INI_ASSIGNMENT:
		config_assignment(parser, line->name, line->value);
		break;
	case GW_INI_NO_LINE:
		complain(parser, GW_CONFIG_ERROR, "'%s' is neither [Section] nor Key=Value", line->text);
		break;
	case GW_INI_TOO_LONG:
		complain(parser, GW_CONFIG_ERROR, "line is longer than %zu bytes", rules.line_max);
		break;
	case GW_INI_NOT_PRINTABLE:
		complain(parser, GW_CONFIG_ERROR, "line contains a NUL byte");
		break;
	}
	return 0;
}

int gw_config_parse(struct gw_config *config, const char *file, const char *text, size_t size,
		    gw_config_complain complaint, void *userdata)
{
	struct parser parser = { .config = config, .file = file, .complain = complaint, .userdata = userdata };

	gw_ini_read(text, size, &rules, config_line, &parser);
	return parser.failed ? -EINVAL : 0;
}

int gw_config_check(const struct gw_config *config, gw_config_complain complaint, void *userdata)
{
	struct parser parser = { .complain = complaint, .userdata = userdata };

	if (config->stall_ns < config->min_wait_ns)
		complain(&parser, GW_CONFIG_ERROR, "StallSec= is shorter than MinWaitSec=");
	if (config->interval_ns > config->min_wait_ns)
		complain(&parser, GW_CONFIG_ERROR, "SnapshotIntervalSec= is longer than MinWaitSec=");
	return parser.failed ? -EINVAL : 0;
}

/* ---- files ---------------------------------------------------------------------- */

/* Returns 1 when the file does not exist, else as gw_config_load() does. */
static int config_load_file(struct gw_config *config, const char *file, gw_config_complain complaint, void *userdata)
{
	struct parser parser = { .file = file, .complain = complaint, .userdata = userdata };
	_cleanup_free_ char *text = NULL;
	size_t size;
	int r = gw_file_whole(AT_FDCWD, file, FILE_SIZE_MAX, &text, &size);

	if (r == -ENOENT)
		return 1;
	if (r < 0) {
		complain(&parser, GW_CONFIG_ERROR, "cannot be read: %s", strerror(-r));
		return r;
	}
	return gw_config_parse(config, file, text, size, complaint, userdata);
}

/* Loads the first of @directories that has the main file. */
static int config_load_main(struct gw_config *config, const char *const *directories, gw_config_complain complaint,
			    void *userdata)
{
	char path[PATH_MAX];
	int r = 1;

	for (; *directories && r == 1; directories++) {
		snprintf(path, sizeof(path), "%s/gpuwatch/gpuwatchd.conf", *directories);
		r = config_load_file(config, path, complaint, userdata);
	}
	return r < 0 ? r : 0;
}

struct unreadable {
	struct parser parser;
	int error; /* of the first directory */
};

static void config_unreadable(const char *path, int error, void *userdata)
{
	struct unreadable *unreadable = userdata;

	unreadable->parser.file = path;
	complain(&unreadable->parser, GW_CONFIG_ERROR, "cannot be read: %s", strerror(-error));
	unreadable->error = unreadable->error ? unreadable->error : error;
}

int gw_config_load(struct gw_config *config, const char *const *directories, gw_config_complain complaint,
		   void *userdata)
{
	struct unreadable unreadable = { .parser = { .complain = complaint, .userdata = userdata } };
	_cleanup_(gw_drop_ins_deinit) struct gw_drop_ins drop_ins = { .count = 0 };
	int r, result;

	*config = GW_CONFIG_DEFAULT;
	result = config_load_main(config, directories, complaint, userdata);
	r = gw_drop_ins_find(&drop_ins, directories, "gpuwatch/gpuwatchd.conf.d", config_unreadable, &unreadable);
	if (r < 0 || unreadable.error < 0)
		return r < 0 ? r : unreadable.error;
	for (size_t i = 0; i < drop_ins.count; i++) {
		r = config_load_file(config, drop_ins.items[i].path, complaint, userdata);
		if (r < 0 && result == 0)
			result = r;
	}
	return result < 0 ? result : gw_config_check(config, complaint, userdata);
}

int gw_config_load_file(struct gw_config *config, const char *file, gw_config_complain complaint, void *userdata)
{
	struct parser parser = { .file = file, .complain = complaint, .userdata = userdata };
	int r;

	*config = GW_CONFIG_DEFAULT;
	r = config_load_file(config, file, complaint, userdata);
	if (r == 1) {
		complain(&parser, GW_CONFIG_ERROR, "no such file");
		return -ENOENT;
	}
	return r < 0 ? r : gw_config_check(config, complaint, userdata);
}
