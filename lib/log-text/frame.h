/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One line of a kernel stack, in all forms: with address, offsets, module, build id, '?', "(file:line)",
 * "file:line [inline]"; x86's and arm64's marks; a register line's "RIP: 0010:function".
 */
#ifndef GPUWATCH_LIB_LOG_TEXT_FRAME_H
#define GPUWATCH_LIB_LOG_TEXT_FRAME_H

#include <stdbool.h>
#include <stddef.h>

struct gw_log_frame_text {
	const char *function, *module;
	size_t function_length, module_length; /* the function's without a compiler's suffix */
	/* 32-bit ARM's lines name the caller, too; "" = this one does not. Mostly it has a line of its own, the next one. */
	const char *caller, *caller_module;
	size_t caller_length, caller_module_length;
	bool reliable, inlined;
	bool past_end; /* its offset is the function's length: the return trampoline that lies behind that function */
	bool certain;  /* nothing but a stack frame looks like this: it has an offset, a place in a file or a module */
};

/* Whether the line, without blanks around it, is one. A bare name is one that is not certain. */
bool gw_log_frame_parse(struct gw_log_frame_text *ret, const char *text);

/* The function that a CPU was in, from "RIP: 0010:f+0x1/0x2 [m]", "pc : f+0x1/0x2". False: none, or user space. */
bool gw_log_frame_register(struct gw_log_frame_text *ret, const char *text);

/* Whether a line is what was wrapped off a frame's end: "[amdgpu]". */
bool gw_log_frame_is_module(const char *text);

#endif
