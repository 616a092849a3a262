/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A frame from left to right. */
#include "lib/log-text/frame.h"

#include <string.h>

#include "lib/log-text/lines/scan.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Names longer than the kernel's own limit (KSYM_NAME_LEN) are none. */
#define SYMBOL_MAX 512

/* Words that stand alone on a line within a stack, and are no functions. */
static const char *const no_functions[] = { "bad", "Code", "Stack", "ESP", "EIP" };

/* "#3  ", and what gdb prints behind it, "0xffffffff81234567 in ". */
static void frame_number(const char **text)
{
	const char *at = *text;
	uint32_t number;
	uint64_t address;

	if (*at++ != '#' || !gw_scan_number(&at, &number) || *at != ' ')
		return;
	gw_scan_spaces(&at);
	*text = at;
	if (strncmp(at, "0xffff", 6) == 0 && gw_scan_word(&at, "0x") && gw_scan_hex(&at, &address) &&
	    gw_scan_word(&at, " in "))
		*text = at;
}

/* "[<ffffffff81234567>] ", "[<0>] ", "[ffffffff81234567] ", and with crash's number, "#3 [ffff…] ". */
static void frame_address(const char **text)
{
	const char *at;
	uint64_t address;

	frame_number(text);
	at = *text;
	if (*at++ != '[')
		return;
	if (*at == '<')
		at++;
	if (!gw_scan_hex(&at, &address) || (*at == '>' && *++at == '\0') || *at != ']')
		return;
	*text = at + 1;
	gw_scan_spaces(text);
}

/* What the compiler put behind a name says nothing about what the function does. */
static size_t frame_name_length(const char *name, size_t length)
{
	const char *dot = memchr(name + 1, '.', length - 1);

	return dot && length > 1 ? (size_t)(dot - name) : length;
}

static bool frame_name(struct gw_log_frame_text *frame, const char **text)
{
	const char *start = *text, *at = start;

	if (!gw_scan_is_letter(*at) && *at != '_')
		return false;
	while (gw_scan_is_symbol(*at) && at - start < SYMBOL_MAX)
		at++;
	/* A word of a stack's contents is no name. */
	if (at - start < 3 || (at - start >= 8 && strspn(start, "0123456789abcdef") >= (size_t)(at - start)))
		return false;
	frame->function = start;
	frame->function_length = frame_name_length(start, (size_t)(at - start));
	*text = at;
	return true;
}

/* "+0x1a/0x340"; in crash's form " at ffffffff81234567". */
static bool frame_offset(const char **text, bool *past_end)
{
	const char *at = *text;
	uint64_t number, length;

	if (gw_scan_word(&at, " at ffff") && gw_scan_hex(&at, &number)) {
		*text = at;
		return true;
	}
	if (!gw_scan_word(&at, "+0x") || !gw_scan_hex(&at, &number))
		return false;
	/* Without its length it is perhaps cut, or a trace of perf. */
	if (!gw_scan_word(&at, "/0x") || !gw_scan_hex(&at, &length))
		return false;
	*past_end = number && number == length;
	*text = at;
	return true;
}

/* "+0x1a" at the end of a line: the rest was cut off. */
static bool frame_cut_offset(const char **text)
{
	const char *at = *text;
	uint64_t number;

	if (!gw_scan_word(&at, "+0x") || !gw_scan_hex(&at, &number) || (*at == '/' && strncmp(at, "/0x", 3) == 0))
		return false;
	if (*at == '/')
		at++;
	if (*at != '\0')
		return false;
	*text = at;
	return true;
}

/* "[amdgpu]", "[amdgpu 0123456789abcdef]", "[nvidia(PO)]". */
static bool frame_module(struct gw_log_frame_text *frame, const char **text)
{
	const char *at = *text, *start, *end;
	size_t length;

	if (*at != '[')
		return false;
	start = ++at;
	while (gw_scan_is_letter(*at) || gw_scan_is_digit(*at) || *at == '_' || *at == '-')
		at++;
	if (at == start || !strchr(" ](", *at) || *at == '\0')
		return false;
	length = (size_t)(at - start);
	end = strchr(at, ']');
	/* Cut within its build id, or behind the name; "[Wed Ju" is the beginning of another line. */
	if (!end && !(*at == ' ' && at[1 + strspn(at + 1, "0123456789abcdef")] == '\0'))
		return false;
	frame->module = start;
	frame->module_length = length;
	*text = end ? end + 1 : at + strlen(at);
	return true;
}

/* "drivers/gpu/drm/drm_drv.c:450" */
static bool frame_place(const char **text)
{
	const char *at = *text, *dot = NULL;
	uint32_t line;

	while (gw_scan_is_symbol(*at) || *at == '/' || *at == '-' || *at == '+') {
		if (*at == '.')
			dot = at;
		at++;
	}
	if (!dot || *at != ':' || (dot[1] != 'c' && dot[1] != 'h' && dot[1] != 'S' && dot[1] != 'r'))
		return false;
	at++;
	if (*at != '?' && !gw_scan_number(&at, &line))
		return false;
	*text = at;
	return true;
}

/* "(kernel/sched/core.c:5357 kernel/sched/core.c:6961 (discriminator 1))" */
static bool frame_places(const char **text)
{
	const char *at = *text;

	if (*at++ != '(' || !frame_place(&at))
		return false;
	for (int open = 1; *at && open > 0; at++)
		open += (*at == '(') - (*at == ')');
	*text = at;
	return true;
}

/* gdb's "(lock=0xffff888003a41a00) at kernel/locking/mutex.c:285". */
static bool frame_arguments(const char **text)
{
	const char *at = *text, *place;

	if (*at != '(' || !(place = gw_scan_after(at, ") at ")) || !frame_place(&place) || *place != '\0')
		return false;
	*text = place;
	return true;
}

/* Behind the places decode_stacktrace.sh leaves the module's brackets out. */
static void frame_bare_module(struct gw_log_frame_text *frame, const char **text)
{
	const char *at = *text;

	while (gw_scan_is_letter(*at) || gw_scan_is_digit(*at) || *at == '_')
		at++;
	if (at == *text || *at != '\0')
		return;
	frame->module = *text;
	frame->module_length = (size_t)(at - *text);
	*text = at;
}

/* Marks of how it was unwound: "(T)", "(P)", "(PL)". */
static void frame_marks(const char **text)
{
	const char *at = *text;

	if (*at++ != '(')
		return;
	while (*at >= 'A' && *at <= 'Z')
		at++;
	if (*at == ')')
		*text = at + 1;
}

static void frame_rest(struct gw_log_frame_text *frame, const char **text)
{
	gw_scan_spaces(text);
	if (frame_places(text)) {
		frame->certain = true;
		gw_scan_spaces(text);
		frame_bare_module(frame, text);
	}
	frame->certain |= frame_arguments(text);
	if (gw_scan_word(text, "[inline]"))
		frame->inlined = true;
	if (frame_module(frame, text))
		gw_scan_spaces(text);
	frame->certain |= frame_place(text);
	gw_scan_spaces(text);
	if (gw_scan_word(text, "[inline]"))
		frame->inlined = true;
	frame_marks(text);
	gw_scan_spaces(text);
}

static bool frame_is_no_function(const struct gw_log_frame_text *frame)
{
	for (size_t i = 0; i < COUNT(no_functions); i++)
		if (strlen(no_functions[i]) == frame->function_length &&
		    memcmp(no_functions[i], frame->function, frame->function_length) == 0)
			return true;
	return false;
}

/* 32-bit ARM: "(f [m]) from [<c0a39a24>] (g+0x1/0x2)", since 5.18 "f [m] from g+0x1/0x2": the caller has a line of its own. */
static bool frame_caller(struct gw_log_frame_text *frame, const char **text)
{
	struct gw_log_frame_text caller = { .module = "" }, here = { .module = "" };
	const char *at = *text;
	bool past_end;

	if (*at == ' ' && at[1] == '[') {
		at++;
		if (!frame_module(&here, &at))
			return false;
	}
	if (*at == ')')
		at++;
	if (!gw_scan_word(&at, " from "))
		return false;
	frame_address(&at);
	if (*at == '(')
		at++;
	if (!frame_name(&caller, &at) || !frame_offset(&at, &past_end))
		return false;
	gw_scan_spaces(&at);
	frame_module(&caller, &at);
	frame->caller = caller.function;
	frame->caller_length = caller.function_length;
	frame->caller_module = caller.module;
	frame->caller_module_length = caller.module_length;
	if (here.module_length) {
		frame->module = here.module;
		frame->module_length = here.module_length;
	}
	*text = at + strlen(at);
	return true;
}

bool gw_log_frame_parse(struct gw_log_frame_text *ret, const char *text)
{
	*ret = (struct gw_log_frame_text){ .reliable = true, .module = "", .caller = "", .caller_module = "" };
	gw_scan_spaces(&text);
	frame_address(&text);
	if (*text == '?') {
		text++;
		ret->reliable = false;
	}
	gw_scan_spaces(&text);
	frame_address(&text);
	if (*text == '(' && text[1] != '\0')
		text++;
	if (!frame_name(ret, &text))
		return false;
	ret->certain = frame_offset(&text, &ret->past_end);
	if (*text == ' ' && text[1] == '[') {
		const char *at = text + 1;

		if (frame_module(ret, &at) && *at == ')')
			text = at;
	}
	if (frame_caller(ret, &text))
		return ret->certain = true;
	if (!ret->certain && *text != '\0' && *text != ' ' && !frame_cut_offset(&text))
		return false;
	frame_rest(ret, &text);
	if (*text != '\0' && !ret->certain)
		return false;
	/* "+0x1/0x2" is followed by nothing but what was read above, or by what came of the next line. */
	ret->certain |= ret->module_length > 0;
	return !frame_is_no_function(ret);
}

bool gw_log_frame_register(struct gw_log_frame_text *ret, const char *text)
{
	uint64_t segment;

	if (gw_scan_word(&text, "RIP: ") || gw_scan_word(&text, "EIP: ")) {
		const char *at = text;

		if (gw_scan_hex(&at, &segment) && *at == ':')
			text = at + 1;
		if (segment != 0x10 && *at == ':')
			return false;
		/* Old kernels print "[<addr>]  [<addr>] f+0x1/0x2". */
		frame_address(&text);
		return gw_log_frame_parse(ret, text) && ret->certain;
	}
	if (gw_scan_word(&text, "pc : ") || gw_scan_word(&text, "PC is at "))
		return gw_log_frame_parse(ret, text) && ret->certain;
	return false;
}

bool gw_log_frame_is_module(const char *text)
{
	struct gw_log_frame_text frame = { .module = "" };

	return frame_module(&frame, &text) && *text == '\0' && frame.module_length > 1;
}
