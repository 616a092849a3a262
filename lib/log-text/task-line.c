/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Names and numbers of tasks. */
#include "lib/log-text/task-line.h"

#include <stdlib.h>
#include <string.h>

#include "lib/log-text/lines/scan.h"

static void task_line_copy(char *ret, const char *from, size_t length)
{
	while (length > 0 && from[length - 1] == ' ')
		length--;
	if (length > GW_LOG_COMM_SIZE - 1)
		length = GW_LOG_COMM_SIZE - 1;
	memcpy(ret, from, length);
	ret[length] = '\0';
}

/* "Xorg:cs0:812" up to @end. */
static bool task_line_name(struct gw_log_name *name, const char *start, const char *end, char separator)
{
	size_t length = gw_scan_name_number(start, (size_t)(end - start), separator, &name->pid);

	if (length == 0)
		return false;
	/* Some kernels of phones have it in quotes, of a name that has none elsewhere. */
	if (length > 2 && *start == '"' && start[length - 1] == '"') {
		start++;
		length -= 2;
	}
	task_line_copy(name->comm, start, length);
	return true;
}

/* ---- hung tasks -------------------------------------------------------------------------- */

bool gw_log_hung_parse(const char *text, struct gw_log_name *name, uint32_t *seconds)
{
	const char *start = gw_scan_after(text, "INFO: task "), *end, *number;

	end = start ? strstr(start, " blocked") : NULL;
	if (!end || !task_line_name(name, start, end, ':'))
		return false;
	number = end + strlen(" blocked");
	/* A mail that is wrapped and put together again may lack a blank. */
	gw_scan_spaces(&number);
	if (gw_scan_word(&number, "in I/O wait"))
		gw_scan_spaces(&number);
	return gw_scan_word(&number, "for more than ") && gw_scan_number(&number, seconds) &&
	       gw_scan_word(&number, " seconds");
}

static bool task_line_access(const char **text, enum gw_log_access *access)
{
	if (gw_scan_word(text, " <reader>"))
		*access = GW_LOG_ACCESS_READ;
	else if (gw_scan_word(text, " <writer>"))
		*access = GW_LOG_ACCESS_WRITE;
	else
		return false;
	return true;
}

static bool task_line_lock(const char *text, struct gw_log_blocked *ret, const char **rest)
{
	static const struct {
		const char *name;
		enum gw_log_lock_kind kind;
	} kinds[] = {
		{ "a mutex", GW_LOG_LOCK_MUTEX },
		{ "a semaphore", GW_LOG_LOCK_SEMAPHORE },
		{ "an rw-semaphore", GW_LOG_LOCK_RWSEM },
		{ "a rw-semaphore", GW_LOG_LOCK_RWSEM },
	};

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		*rest = text;
		ret->kind = kinds[i].kind;
		if (gw_scan_word(rest, kinds[i].name))
			return true;
	}
	return false;
}

/*
 * The owner's name ends with its number, before "." or " <writer>", and of a semaphore alone at the end of the text: elsewhere the rest
 * was cut off, and what is there of "kworker/u8:5:9780" is perhaps another number.
 */
static bool task_line_owner(const char *start, struct gw_log_blocked *ret)
{
	const char *end = start + strlen(start), *access = strstr(start, " <");
	bool whole = ret->kind == GW_LOG_LOCK_SEMAPHORE || strchr(start, '.');

	if (access && task_line_access(&access, &ret->owner_access)) {
		end = strstr(start, " <");
		whole = true;
	}
	if (!whole)
		return false;
	while (end > start && (end[-1] == '.' || end[-1] == ' '))
		end--;
	return task_line_name(&ret->owner, start, end, ':');
}

bool gw_log_blocked_parse(const char *text, struct gw_log_blocked *ret)
{
	const char *start = gw_scan_after(text, "INFO: task "), *on = start ? strstr(start, " blocked on ") : NULL;
	const char *end = on, *rest;

	*ret = (struct gw_log_blocked){ .has_owner = false };
	if (!on || !task_line_lock(on + strlen(" blocked on "), ret, &rest))
		return false;
	if (end - start > 3 && strncmp(end - 3, " is", 3) == 0)
		end -= 3;
	if (end - start > 9 && end[-1] == '>') {
		const char *access = end - 9;

		if (task_line_access(&access, &ret->waiter_access))
			end -= 9;
	}
	if (!task_line_name(&ret->waiter, start, end, ':'))
		return false;
	if (gw_scan_word(&rest, ", but the owner is not found"))
		return true;
	ret->last_holder =
		gw_scan_word(&rest, " likely last held by task ") || gw_scan_word(&rest, ", likely last held by task ");
	ret->has_owner = ret->last_holder || gw_scan_word(&rest, " likely owned by task ") ||
			 gw_scan_word(&rest, " owned by task ");
	/* Number 0 is no task's that can hold anything: the number was cut off. */
	return ret->has_owner && task_line_owner(rest, ret) && ret->owner.pid != 0;
}

/* ---- listings ------------------------------------------------------------------------------ */

/* "pid:   812", "pid:812"; @from: where the fields begin. */
static bool task_line_field(const char *from, const char *key, uint32_t *ret)
{
	const char *at = gw_scan_after(from, key);

	if (!at)
		return false;
	gw_scan_spaces(&at);
	if (!gw_scan_number(&at, ret))
		return false;
	/* A number that goes on behind a blank was cut there. */
	gw_scan_spaces(&at);
	return !gw_scan_is_digit(*at);
}

static bool task_line_is_state(char c)
{
	return c && strchr("RSDTtXZPIWKM", c);
}

static bool task_line_new_listing(const char *text, struct gw_log_listing *ret)
{
	const char *fields, *state;

	if (!gw_scan_word(&text, "task:"))
		return false;
	fields = strstr(text, " state:");
	if (!fields)
		return false;
	state = fields + strlen(" state:");
	gw_scan_spaces(&state);
	if (!task_line_is_state(*state) || !task_line_field(state, " pid:", &ret->name.pid))
		return false;
	task_line_copy(ret->name.comm, text, (size_t)(fields - text));
	ret->state = *state;
	ret->tgid = ret->ppid = 0;
	if (strstr(state, " tgid:") && !task_line_field(state, " tgid:", &ret->tgid))
		return false;
	return task_line_field(state, " ppid:", &ret->ppid) || strstr(state, " flags:");
}

#define FIELDS_MAX 12

struct task_line_field {
	const char *at;
	size_t length;
};

/* The last fields of a line, last first. */
static size_t task_line_last_fields(const char *text, struct task_line_field *fields)
{
	const char *end = text + strlen(text);
	size_t count = 0;

	while (count < FIELDS_MAX) {
		const char *start;

		while (end > text && end[-1] == ' ')
			end--;
		for (start = end; start > text && start[-1] != ' '; start--)
			;
		if (start == end)
			break;
		fields[count++] = (struct task_line_field){ start, (size_t)(end - start) };
		end = start;
	}
	return count;
}

static bool task_line_all(const struct task_line_field *field, bool (*is)(char), uint32_t *ret)
{
	for (size_t i = 0; i < field->length; i++)
		if (!is(field->at[i]))
			return false;
	if (ret) {
		const char *at = field->at;

		return gw_scan_number(&at, ret);
	}
	return field->length > 0;
}

/* "Xorg            D 0000001d9a59cb9c     0  1379   1183 0x00400084", also without the address. */
static bool task_line_old_listing(const char *text, struct gw_log_listing *ret)
{
	struct task_line_field fields[FIELDS_MAX];
	size_t count = task_line_last_fields(text, fields), state = 4;
	uint32_t stack;

	if (count < 6 || fields[0].length < 3 || memcmp(fields[0].at, "0x", 2) != 0 ||
	    !task_line_all(&fields[1], gw_scan_is_digit, &ret->ppid) ||
	    !task_line_all(&fields[2], gw_scan_is_digit, &ret->name.pid) ||
	    !task_line_all(&fields[3], gw_scan_is_digit, &stack))
		return false;
	if (fields[state].length >= 8 && task_line_all(&fields[state], gw_scan_is_hex, NULL))
		state++;
	else if (count > 7 && fields[4].length == 4 && memcmp(fields[4].at, "task", 4) == 0 && fields[5].length == 7 &&
		 memcmp(fields[5].at, "running", 7) == 0)
		state += 2;
	if (count <= state + 1 || fields[state].length != 1 || !task_line_is_state(*fields[state].at))
		return false;
	ret->state = *fields[state].at;
	ret->tgid = 0;
	task_line_copy(ret->name.comm, text, (size_t)(fields[state].at - text));
	return true;
}

bool gw_log_listing_parse(const char *text, struct gw_log_listing *ret)
{
	return task_line_new_listing(text, ret) || task_line_old_listing(text, ret);
}

/* ---- CPUs ------------------------------------------------------------------------------------ */

/* The name ends before what the kernel prints about itself. */
static void task_line_comm(char *ret, const char *start)
{
	static const char *const ends[] = { " Not tainted", " Tainted:", " Kdump:", " G  ", "    " };
	const char *end = start + strlen(start);

	/* Wrapped behind it. */
	if (end - start > 4 && strcmp(end - 4, " Not") == 0)
		end -= 4;
	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		const char *at = strstr(start, ends[i]);

		if (at && at < end)
			end = at;
	}
	task_line_copy(ret, start, (size_t)(end - start));
}

bool gw_log_cpu_parse(const char *text, struct gw_log_name *name)
{
	const char *comm;

	name->pid = 0;
	if (strncmp(text, "Pid: ", 5) == 0) {
		comm = gw_scan_after(text, ", comm: ");
		if (!comm || !task_line_field(text, "Pid:", &name->pid))
			return false;
		task_line_comm(name->comm, comm);
		return true;
	}
	comm = gw_scan_after(text, " Comm: ");
	if (!comm || (strncmp(text, "CPU: ", 5) != 0 && strncmp(text, "Oops: ", 6) != 0))
		return false;
	task_line_field(text, " PID:", &name->pid);
	task_line_comm(name->comm, comm);
	return true;
}

bool gw_log_soft_lockup_parse(const char *text, struct gw_log_name *name, uint32_t *seconds)
{
	const char *stuck = gw_scan_after(text, "BUG: soft lockup - CPU#"), *start, *end;

	if (!stuck)
		return false;
	*seconds = 0;
	task_line_field(stuck, "stuck for ", seconds);
	start = strchr(stuck, '[');
	end = start ? strrchr(start, ']') : NULL;
	return end && task_line_name(name, start + 1, end, ':');
}

bool gw_log_work_parse(const char *text, struct gw_log_work *ret)
{
	const char *at = text;

	*ret = (struct gw_log_work){ .module = "" };
	if (!gw_scan_word(&at, "Workqueue: "))
		return false;
	gw_scan_spaces(&at);
	ret->workqueue = at;
	while (*at && *at != ' ')
		at++;
	ret->workqueue_length = (size_t)(at - ret->workqueue);
	gw_scan_spaces(&at);
	/* A name of more than one word. */
	while (*at && !gw_scan_is_letter(*at) && *at != '_')
		at++;
	ret->function = at;
	while (gw_scan_is_symbol(*at))
		at++;
	ret->function_length = (size_t)(at - ret->function);
	gw_scan_spaces(&at);
	if (*at != '[')
		return true;
	ret->module = ++at;
	while (*at && *at != ']' && *at != ' ')
		at++;
	ret->module_length = (size_t)(at - ret->module);
	return true;
}

/* ---- busy workqueues ---------------------------------------------------------------------------- */

bool gw_log_queue_parse(const char *text, const char **name, size_t *length)
{
	const char *at = text, *end;

	if (!gw_scan_word(&at, "workqueue "))
		return false;
	end = strstr(at, ": flags=");
	*name = at;
	*length = end ? (size_t)(end - at) : 0;
	return end && end > at;
}

bool gw_log_pool_parse(const char *text, uint32_t *pool, bool *one_cpu)
{
	const char *at = text, *cpus = gw_scan_after(text, ": cpus="), *flags = gw_scan_after(text, " flags=0x");
	uint32_t cpu;

	if (!gw_scan_word(&at, "pwq ") || !gw_scan_number(&at, pool) || !cpus || !flags || cpus > flags)
		return false;
	/* POOL_DISASSOCIATED: its CPU is gone. */
	*one_cpu = gw_scan_number(&cpus, &cpu) && *cpus == ' ' && (strtoul(flags, NULL, 16) & 4) == 0;
	return true;
}

bool gw_log_items_parse(const char **text, enum gw_log_item_state *state)
{
	static const struct {
		const char *word;
		enum gw_log_item_state state;
	} words[] = {
		{ "in-flight:", GW_LOG_ITEM_RUNS },
		{ "pending:", GW_LOG_ITEM_PENDING },
		{ "inactive:", GW_LOG_ITEM_HELD_BACK },
		{ "delayed:", GW_LOG_ITEM_HELD_BACK }, /* before 5.15 */
	};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (!gw_scan_word(text, words[i].word))
			continue;
		*state = words[i].state;
		return true;
	}
	return false;
}

/* "31:", "31(RESCUER):", and how often an item of that function follows: "3*". */
static void task_line_item_number(const char **text, uint32_t *pid)
{
	const char *at = *text;
	uint32_t number;

	if (!gw_scan_number(&at, &number))
		return;
	gw_scan_word(&at, "(RESCUER)");
	if (*at == ':')
		*pid = number;
	if (*at == ':' || *at == '*')
		*text = at + 1;
}

bool gw_log_item_next(const char **text, struct gw_log_item_text *ret)
{
	const char *at = *text + strspn(*text, " ,");

	*ret = (struct gw_log_item_text){ .module = "" };
	if (gw_scan_word(&at, "BAR(")) {
		ret->barrier = gw_scan_number(&at, &ret->pid) && *at == ')';
		*text = at + ret->barrier;
		return ret->barrier;
	}
	task_line_item_number(&at, &ret->pid);
	ret->function = at;
	while (gw_scan_is_symbol(*at))
		at++;
	ret->function_length = (size_t)(at - ret->function);
	if (*at == ' ' && at[1] == '[') {
		ret->module = at += 2;
		ret->module_length = strcspn(at, "] ");
		at += strcspn(at, "]");
		at += *at == ']';
	}
	/* How long it has been running, since 6.19: " for 8s". */
	if (gw_scan_word(&at, " for "))
		at += strcspn(at, " ,");
	*text = at;
	return ret->function_length > 0;
}

bool gw_log_exited_parse(const char *text, struct gw_log_name *name)
{
	const char *start = text, *end;

	if (!gw_scan_word(&start, "note: "))
		return false;
	end = strstr(start, "] exited with ");
	if (!end)
		return false;
	return task_line_name(name, start, end, '[');
}

/* ---- lists of held locks ----------------------------------------------------------------------- */

bool gw_log_holder_parse(const char *text, struct gw_log_name *name)
{
	const char *at = text, *end;
	uint32_t locks;

	if (!gw_scan_number(&at, &locks) || !gw_scan_word(&at, " lock"))
		return false;
	gw_scan_word(&at, "s");
	if (!gw_scan_word(&at, " held by "))
		return false;
	end = strrchr(at, ':');
	/* "1 lock held by a/7/#0:" names the list's first lock, too. */
	if (end && end - at > 3 && end[-2] == '#' && end[-3] == '/')
		end -= 3;
	return end && task_line_name(name, at, end, '/');
}

bool gw_log_lockdep_parse(const char *text, struct gw_log_name *name)
{
	const char *end = strstr(text, " is trying to acquire lock");

	return end && task_line_name(name, text, end, '/');
}

bool gw_log_held_parse(const char *text, struct gw_log_held *ret, size_t *name_length, const char **function)
{
	const char *at = text, *end;

	*ret = (struct gw_log_held){ .address = 0 };
	if (*at++ != '#' || !gw_scan_number(&at, &ret->index) || *at++ != ':')
		return false;
	gw_scan_spaces(&at);
	if (gw_scan_is_hex(*at))
		gw_scan_hex(&at, &ret->address);
	gw_scan_spaces(&at);
	if (*at++ != '(')
		return false;
	end = strstr(at, "){");
	if (!end)
		end = strstr(at, "), at: ");
	if (!end)
		return false;
	ret->name = at;
	*name_length = (size_t)(end - at);
	*function = gw_scan_after(end, "at: ");
	return true;
}
