/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The configuration: the language of gpuwatchd.conf, then the files that hold it. */
#include "daemon/config.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "lib/base/cleanup.h"

#define FILE_SIZE_MAX (1 << 20)
#define NAMES_MAX 256 /* drop-ins per directory */

const char *const gw_config_directories[] = { "/etc", "/run", "/usr/lib", NULL };

/* ---- complaints -------------------------------------------------------------- */

struct parser {
	struct gw_config *config;
	const char *file;
	unsigned line;
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
	{ "Reports", "KeepResolved", TYPE_COUNT, MEMBER(keep_resolved), 0, 100000, "a number from 0 to 100000" },
	{ "Recording", "BufferSize", TYPE_SIZE, MEMBER(recording_bytes), 1 << 20, 1 << 30, "a size from 1M to 1G" },
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
	}
	return false;
}

static void reset_value(struct gw_config *config, const struct key *key)
{
	const struct gw_config defaults = GW_CONFIG_DEFAULT;

	memcpy((char *)config + key->offset, (const char *)&defaults + key->offset, member_size(key->type));
}

/* ---- lines ---------------------------------------------------------------------- */

static char *strip(char *s)
{
	size_t length;

	s += strspn(s, " \t\r");
	length = strlen(s);
	while (length > 0 && strchr(" \t\r", s[length - 1]))
		s[--length] = '\0';
	return s;
}

static void parse_assignment(struct parser *parser, const char *section, char *line)
{
	const struct key *key;
	char *name, *value, *equals = strchr(line, '=');

	if (!equals) {
		complain(parser, GW_CONFIG_ERROR, "'%s' is neither [Section] nor Key=Value", line);
		return;
	}
	*equals = '\0';
	name = strip(line);
	value = strip(equals + 1);
	if (!section[0]) {
		complain(parser, GW_CONFIG_ERROR, "'%s=' stands before any [Section]", name);
		return;
	}
	if (!known_section(section)) /* has been complained about */
		return;
	key = find_key(section, name);
	if (!key)
		complain(parser, GW_CONFIG_WARNING, "unknown key '%s' in section [%s], ignored", name, section);
	else if (!value[0])
		reset_value(parser->config, key);
	else if (!set_value(parser->config, key, value))
		complain(parser, GW_CONFIG_ERROR, "%s=%s: expected %s", name, value, key->expected);
}

static void parse_section(struct parser *parser, char *line, char *section, size_t size)
{
	size_t length = strlen(line);

	section[0] = '\0';
	if (line[length - 1] != ']' || length < 3 || length - 2 >= size) {
		complain(parser, GW_CONFIG_ERROR, "'%s' is not a [Section]", line);
		snprintf(section, size, "?"); /* its keys are not complained about again */
		return;
	}
	memcpy(section, line + 1, length - 2);
	section[length - 2] = '\0';
	if (!known_section(section))
		complain(parser, GW_CONFIG_WARNING, "unknown section [%s], ignored", section);
}

static void parse_line(struct parser *parser, char *line, char *section, size_t size)
{
	line = strip(line);
	if (!line[0] || line[0] == '#' || line[0] == ';')
		return;
	if (line[0] == '[')
		parse_section(parser, line, section, size);
	else
		parse_assignment(parser, section, line);
}

int gw_config_parse(struct gw_config *config, const char *file, const char *text, size_t size,
		    gw_config_complain complaint, void *userdata)
{
	struct parser parser = { .config = config, .file = file, .complain = complaint, .userdata = userdata };
	char section[64] = "", line[1024];

	while (size > 0) {
		const char *end = memchr(text, '\n', size);
		size_t length = end ? (size_t)(end - text) : size;

		parser.line++;
		if (length >= sizeof(line)) {
			complain(&parser, GW_CONFIG_ERROR, "line is longer than %zu bytes", sizeof(line) - 1);
		} else if (memchr(text, '\0', length)) {
			complain(&parser, GW_CONFIG_ERROR, "line contains a NUL byte");
		} else {
			memcpy(line, text, length);
			line[length] = '\0';
			parse_line(&parser, line, section, sizeof(section));
		}
		text += length + (end ? 1 : 0);
		size -= length + (end ? 1 : 0);
	}
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

/* Returns the bytes read into @text, or -errno. */
static ssize_t read_whole(const char *file, char *text, size_t size)
{
	_cleanup_close_ int fd = open(file, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	size_t got = 0;

	if (fd < 0)
		return -errno;
	for (;;) {
		ssize_t n = read(fd, text + got, size - got);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			return (ssize_t)got;
		got += (size_t)n;
		if (got == size)
			return -EFBIG;
	}
}

/* Returns 1 when the file does not exist, else as gw_config_load() does. */
static int load_file(struct gw_config *config, const char *file, gw_config_complain complaint, void *userdata)
{
	struct parser parser = { .file = file, .complain = complaint, .userdata = userdata };
	_cleanup_free_ char *text = malloc(FILE_SIZE_MAX);
	ssize_t size;

	if (!text)
		return -ENOMEM;
	size = read_whole(file, text, FILE_SIZE_MAX);
	if (size == -ENOENT)
		return 1;
	if (size < 0) {
		complain(&parser, GW_CONFIG_ERROR, "cannot be read: %s", strerror((int)-size));
		return (int)size;
	}
	return gw_config_parse(config, file, text, (size_t)size, complaint, userdata);
}

struct names {
	char *name[NAMES_MAX];
	size_t count;
};

static void names_clear(struct names *names)
{
	for (size_t i = 0; i < names->count; i++)
		free(names->name[i]);
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static int names_add(struct names *names, const char *name)
{
	for (size_t i = 0; i < names->count; i++)
		if (strcmp(names->name[i], name) == 0)
			return 0;
	if (names->count == NAMES_MAX)
		return -E2BIG;
	names->name[names->count] = strdup(name);
	return names->name[names->count] ? (names->count++, 0) : -ENOMEM;
}

/* Adds the names of the directory's *.conf files. A directory that does not exist has none. */
static int names_collect(struct names *names, const char *directory)
{
	struct dirent *entry;
	DIR *stream = opendir(directory);
	int r = 0;

	if (!stream)
		return errno == ENOENT || errno == ENOTDIR ? 0 : -errno;
	while (r == 0 && (entry = readdir(stream))) {
		size_t length = strlen(entry->d_name);

		if (entry->d_name[0] != '.' && length > 5 && strcmp(entry->d_name + length - 5, ".conf") == 0)
			r = names_add(names, entry->d_name);
	}
	closedir(stream);
	return r;
}

/* Loads the first of @directories that has the file. */
static int load_first(struct gw_config *config, const char *const *directories, const char *name,
		      gw_config_complain complaint, void *userdata)
{
	char path[PATH_MAX];
	int r = 1;

	for (; *directories && r == 1; directories++) {
		snprintf(path, sizeof(path), "%s/gpuwatch/%s", *directories, name);
		r = load_file(config, path, complaint, userdata);
	}
	return r;
}

int gw_config_load(struct gw_config *config, const char *const *directories, gw_config_complain complaint,
		   void *userdata)
{
	struct parser parser = { .complain = complaint, .userdata = userdata };
	_cleanup_(names_clear) struct names names = { .count = 0 };
	char path[PATH_MAX], drop_in[NAME_MAX + 32];
	int r, result;

	*config = GW_CONFIG_DEFAULT;
	result = load_first(config, directories, "gpuwatchd.conf", complaint, userdata);
	if (result == 1)
		result = 0;
	for (const char *const *directory = directories; *directory; directory++) {
		snprintf(path, sizeof(path), "%s/gpuwatch/gpuwatchd.conf.d", *directory);
		r = names_collect(&names, path);
		if (r < 0) {
			parser.file = path;
			complain(&parser, GW_CONFIG_ERROR, "cannot be read: %s", strerror(-r));
			return r;
		}
	}
	qsort(names.name, names.count, sizeof(names.name[0]), compare_names);
	for (size_t i = 0; i < names.count; i++) {
		snprintf(drop_in, sizeof(drop_in), "gpuwatchd.conf.d/%s", names.name[i]);
		r = load_first(config, directories, drop_in, complaint, userdata);
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
	r = load_file(config, file, complaint, userdata);
	if (r == 1) {
		complain(&parser, GW_CONFIG_ERROR, "no such file");
		return -ENOENT;
	}
	return r < 0 ? r : gw_config_check(config, complaint, userdata);
}
