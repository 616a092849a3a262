/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Columns are told apart by blanks; only the name of a command may have some of its own. */
#include "lib/log-text/ps-table.h"

#include <stdio.h>
#include <string.h>

#include "lib/log-text/lines/scan.h"

struct word {
	const char *at;
	size_t length;
};

static struct word ps_table_word(const char **text)
{
	struct word word;

	gw_scan_spaces(text);
	word.at = *text;
	while (**text && **text != ' ' && **text != '\t')
		(*text)++;
	word.length = (size_t)(*text - word.at);
	return word;
}

static bool ps_table_is(struct word word, const char *name)
{
	return strlen(name) == word.length && memcmp(word.at, name, word.length) == 0;
}

static enum gw_log_column ps_table_column(struct word word)
{
	static const struct {
		const char *name;
		enum gw_log_column column;
	} names[] = {
		{ "PID", GW_LOG_COLUMN_PID },	  { "TID", GW_LOG_COLUMN_TID },	     { "LWP", GW_LOG_COLUMN_TID },
		{ "SPID", GW_LOG_COLUMN_TID },	  { "S", GW_LOG_COLUMN_STATE },	     { "STAT", GW_LOG_COLUMN_STATE },
		{ "WCHAN", GW_LOG_COLUMN_WCHAN }, { "COMMAND", GW_LOG_COLUMN_NAME }, { "CMD", GW_LOG_COLUMN_NAME },
		{ "COMM", GW_LOG_COLUMN_NAME },	  { "UCMD", GW_LOG_COLUMN_NAME },
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (ps_table_is(word, names[i].name))
			return names[i].column;
	return GW_LOG_COLUMN_OTHER;
}

bool gw_log_columns_parse(const char *text, struct gw_log_columns *ret)
{
	struct gw_log_columns columns = { .count = 0 };
	bool pid = false, wchan = false;

	while (columns.count < GW_LOG_COLUMNS_MAX) {
		struct word word = ps_table_word(&text);
		enum gw_log_column column;

		if (word.length == 0)
			break;
		column = ps_table_column(word);
		pid |= column == GW_LOG_COLUMN_PID || column == GW_LOG_COLUMN_TID;
		wchan |= column == GW_LOG_COLUMN_WCHAN;
		columns.columns[columns.count++] = column;
	}
	if (!pid || !wchan)
		return false;
	*ret = columns;
	return true;
}

static bool ps_table_number(struct word word, uint32_t *ret)
{
	const char *at = word.at;

	return gw_scan_number(&at, ret) && at == word.at + word.length;
}

static bool ps_table_wchan(struct gw_log_row *row, struct word word)
{
	/* It runs, or the kernel does not tell. */
	if (ps_table_is(word, "-") || ps_table_is(word, "0") || ps_table_is(word, "*"))
		return true;
	for (size_t i = 0; i < word.length; i++)
		if (!gw_scan_is_symbol(word.at[i]))
			return false;
	if (word.length == 0 || word.length >= sizeof(row->wchan) || gw_scan_is_digit(*word.at) || *word.at == '.')
		return false;
	memcpy(row->wchan, word.at, word.length);
	row->wchan[word.length] = '\0';
	return true;
}

/* "  1204 postgres: writer  wchan=folio_wait_bit_common" */
static bool ps_table_labelled(const char *text, struct gw_log_row *ret)
{
	const char *wchan = strstr(text, "wchan="), *at = text, *end = wchan;

	if (!wchan || !ps_table_number(ps_table_word(&at), &ret->name.pid))
		return false;
	gw_scan_spaces(&at);
	while (end > at && end[-1] == ' ')
		end--;
	snprintf(ret->name.comm, sizeof(ret->name.comm), "%.*s", end > at ? (int)(end - at) : 0, at);
	wchan += strlen("wchan=");
	return ps_table_wchan(ret, ps_table_word(&wchan));
}

/* "D", "Ds+", "D<l" */
static bool ps_table_is_blocked(struct word word)
{
	if (word.length == 0 || word.length > 6 || *word.at != 'D')
		return false;
	for (size_t i = 1; i < word.length; i++)
		if (!strchr("<NLsl+", word.at[i]))
			return false;
	return true;
}

/* "folio_wait_bit_common", and not "nvidia-smi", "pts/0", "python3". */
static bool ps_table_is_function(struct word word)
{
	if (word.length < 4 || !memchr(word.at, '_', word.length))
		return false;
	for (size_t i = 0; i < word.length; i++)
		if (*word.at == '_' || !gw_scan_is_symbol(word.at[i]) || word.at[i] == '.')
			return false;
	return gw_scan_is_letter(*word.at);
}

/*
 * "  88123 D+   rwsem_down_read_slowpath nvidia-smi", the columns in either order: grep left the heading out. Two words that
 * could be the function are one too many.
 */
bool gw_log_row_without_heading(const char *text, struct gw_log_row *ret)
{
	struct word word, name = { .length = 0 };
	unsigned functions = 0;

	*ret = (struct gw_log_row){ .state = 'D' };
	if (!ps_table_number(ps_table_word(&text), &ret->name.pid) || !ps_table_is_blocked(ps_table_word(&text)))
		return false;
	for (word = ps_table_word(&text); word.length; word = ps_table_word(&text)) {
		if (ps_table_is_function(word)) {
			functions++;
			ps_table_wchan(ret, word);
		} else if (name.length == 0) {
			name = word;
		}
	}
	ret->tgid = ret->name.pid;
	snprintf(ret->name.comm, sizeof(ret->name.comm), "%.*s", (int)(name.length < 1024 ? name.length : 1024),
		 name.length ? name.at : "");
	return functions == 1 && ret->wchan[0];
}

static void ps_table_name(struct gw_log_row *row, const char **text, struct word word, bool last)
{
	size_t length = last ? strlen(word.at) : word.length;

	/* Kernel threads are in brackets. */
	if (length > 2 && word.at[0] == '[' && word.at[length - 1] == ']') {
		word.at++;
		length -= 2;
	}
	snprintf(row->name.comm, sizeof(row->name.comm), "%.*s", (int)(length < 1024 ? length : 1024), word.at);
	if (last)
		*text += strlen(*text);
}

static bool ps_table_take(struct gw_log_row *row, enum gw_log_column column, struct word word)
{
	uint32_t number;

	switch (column) {
	case GW_LOG_COLUMN_PID:
		if (!ps_table_number(word, &number))
			return false;
		row->tgid = number;
		if (row->name.pid == 0)
			row->name.pid = number;
		return true;
	case GW_LOG_COLUMN_TID:
		return ps_table_number(word, &row->name.pid);
	case GW_LOG_COLUMN_STATE:
		row->state = *word.at;
		return gw_scan_is_letter(*word.at) && word.length < 8;
	case GW_LOG_COLUMN_WCHAN:
		return ps_table_wchan(row, word);
	default:
		return true;
	}
}

bool gw_log_row_parse(const char *text, const struct gw_log_columns *columns, struct gw_log_row *ret)
{
	*ret = (struct gw_log_row){ .state = 0 };
	if (ps_table_labelled(text, ret))
		return true;
	for (int i = 0; i < columns->count; i++) {
		struct word word = ps_table_word(&text);

		if (word.length == 0)
			return false;
		if (columns->columns[i] == GW_LOG_COLUMN_NAME)
			ps_table_name(ret, &text, word, i + 1 == columns->count);
		else if (!ps_table_take(ret, columns->columns[i], word))
			return false;
	}
	return columns->count > 0;
}
