/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Names by a table, addresses by their form. */
#include "cli/bundle/redact.h"

#include <ctype.h>
#include <regex.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/lib/error.h"
#include "cli/lib/json-field.h"
#include "cli/lib/text.h"

#define GROUPS 4 /* of a form, and the whole of it */

/* ---- names --------------------------------------------------------------------- */

static void redaction_add(struct redaction *redaction, const char *name, const char *kind)
{
	size_t count = json_object_size(redaction->names) + 1;
	_cleanup_free_ char *replacement = text_format("%s-%zu", kind, count);

	/* A number is a pid or a count somewhere else. */
	if (name[strspn(name, "0123456789")] == '\0' || json_object_get(redaction->names, name))
		return;
	if (json_object_set_new(redaction->names, name, json_string(replacement)) < 0)
		out_of_memory();
}

void redaction_init(struct redaction *redaction, const char *host)
{
	redaction->names = json_object();
	if (!redaction->names)
		out_of_memory();
	redaction_add(redaction, host, "host");
}

void redaction_clear(struct redaction *redaction)
{
	json_decref(redaction->names);
}

/* What is in the root cgroup is the kernel's own, and its names are worth reading. */
static void redaction_learn_task(struct redaction *redaction, const json_t *task)
{
	static const char *const fields[] = { "cgroup", "user_unit", "container", "pod", "name", "unit" };
	const json_t *workload = field_object(task, "workload");

	if (!workload)
		return;
	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
		redaction_add(redaction, field_string(workload, fields[i]), "workload");
	redaction_add(redaction, field_string(task, "comm"), "process");
}

static void redaction_learn_list(struct redaction *redaction, const json_t *list)
{
	json_t *entry;
	size_t i;

	json_array_foreach(list, i, entry) {
		redaction_learn_task(redaction, entry);
		redaction_learn_list(redaction, field_array(entry, "nodes"));
	}
}

void redaction_learn(struct redaction *redaction, const char *text, size_t size)
{
	_cleanup_json_ json_t *document = json_loadb(text, size, 0, NULL);

	redaction_learn_list(redaction, document);
	redaction_learn_list(redaction, field_array(document, "waits"));
}

/* ---- replacing ------------------------------------------------------------------- */

static bool redaction_is_word(char c)
{
	return isalnum((unsigned char)c) || c == '_';
}

/* The longest name that stands at @at as a whole word; NULL for none. */
static const char *redaction_name_at(const struct redaction *redaction, const char *text, const char *at,
				     size_t *length)
{
	const char *name, *found = NULL;
	json_t *replacement;

	*length = 0;
	if (at > text && redaction_is_word(at[-1]) && redaction_is_word(*at))
		return NULL;
	json_object_foreach(redaction->names, name, replacement) {
		size_t size = strlen(name);

		if (size <= *length || strncmp(at, name, size) != 0 ||
		    (redaction_is_word(name[size - 1]) && redaction_is_word(at[size])))
			continue;
		*length = size;
		found = json_string_value(replacement);
	}
	return found;
}

static char *redaction_replace_names(const struct redaction *redaction, const char *text)
{
	char *result = NULL;
	size_t size, length;
	FILE *stream = text_stream(&result, &size);

	for (const char *at = text; *at;) {
		const char *replacement = redaction_name_at(redaction, text, at, &length);

		if (replacement)
			fputs(replacement, stream);
		else
			fputc(*at, stream);
		at += replacement ? length : 1;
	}
	text_finish(stream);
	return result;
}

/* Every match of a form, of which only the last group is replaced; what stands before it stays. */
static char *redaction_replace_form(const char *text, const char *form, const char *replacement)
{
	char *result = NULL;
	regmatch_t match[GROUPS], *last;
	regex_t compiled;
	size_t size;
	FILE *stream;

	if (regcomp(&compiled, form, REG_EXTENDED | REG_ICASE | REG_NEWLINE) != 0)
		out_of_memory();
	stream = text_stream(&result, &size);
	while (regexec(&compiled, text, GROUPS, match, 0) == 0 && compiled.re_nsub < GROUPS) {
		last = &match[compiled.re_nsub];
		if (last->rm_eo <= 0)
			break;
		fprintf(stream, "%.*s%s", (int)last->rm_so, text, replacement);
		text += last->rm_eo;
	}
	fputs(text, stream);
	text_finish(stream);
	regfree(&compiled);
	return result;
}

char *redaction_apply(const struct redaction *redaction, const char *text, size_t size, size_t *ret_size)
{
	static const struct {
		const char *form, *replacement;
	} forms[] = {
		{ "(^|[^0-9a-f:])([0-9a-f]{2}:[0-9a-f]{2}:[0-9a-f]{2}:[0-9a-f]{2}:[0-9a-f]{2}:[0-9a-f]{2})",
		  "xx:xx:xx:xx:xx:xx" },
		{ "(^|[^0-9.])([0-9]{1,3}\\.[0-9]{1,3}\\.[0-9]{1,3}\\.[0-9]{1,3})", "x.x.x.x" },
		{ "(serial ?(number)?[:=] *)([^ ,\"]+)", "" },
		{ "(Comm: )([^ ]+)", "process" },
		{ "(INFO: task )([^ :]+)", "process" },
		{ "(\"(slurm|flux)_job\": \")([^\"]+)", "job" },
		{ "(Command line: )(.+)", "…" },
		{ "(/home/)([^/ \"]+)", "user" },
	};
	char *current = redaction_replace_names(redaction, text);

	(void)size;
	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		char *next = redaction_replace_form(current, forms[i].form, forms[i].replacement);

		free(current);
		current = next;
	}
	*ret_size = strlen(current);
	return current;
}
