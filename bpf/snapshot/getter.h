/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Names that a driver's getter returns, without calling it. Nearly all of them
 * are "return a constant" or "return a member of the fence": a handful of moves
 * and additions on two registers, which are followed here with probe reads. A
 * getter that does anything else has no name for us.
 */
#ifndef GPUWATCH_BPF_SNAPSHOT_GETTER_H
#define GPUWATCH_BPF_SNAPSHOT_GETTER_H

#include "bpf/abi/records.h"
#include "bpf/lib/kernel.h"

#define GETTER_STEPS 10

struct getter {
	u64 ip;
	u64 result;   /* %rax; x0 once it has returned */
	u64 argument; /* %rdi; x0 */
	bool returned;
};

#if defined(__TARGET_ARCH_x86)

/* The verifier wants aligned reads. */
static __always_inline s32 getter_number(const u8 *bytes)
{
	return bytes[0] | bytes[1] << 8 | bytes[2] << 16 | (u32)bytes[3] << 24;
}

/* Only the first argument and the result take part; NULL for other registers. */
static __always_inline u64 *getter_register(struct getter *state, u8 number)
{
	return number == 0 ? &state->result : number == 7 ? &state->argument : NULL;
}

/* mov or lea, from or of DISPLACEMENT(%register) or DISPLACEMENT(%rip). Returns the instruction's length, 0: not known.
 */
static __always_inline u32 getter_load(struct getter *state, const u8 *code, bool is_load)
{
	u8 mode = code[2] >> 6, base = code[2] & 7;
	u64 *to = getter_register(state, code[2] >> 3 & 7), *from = getter_register(state, base);
	s32 near = (s8)code[3], far = getter_number(code + 3);
	u32 length = mode == 0 && base != 5 ? 3 : mode == 1 ? 4 : 7;
	u64 address;

	if (!to || mode == 3 || (!from && !(mode == 0 && base == 5)))
		return 0;
	if (!from)
		address = state->ip + length + far;
	else
		address = *from + (length == 3 ? 0 : length == 4 ? near : far);
	if (is_load && bpf_probe_read_kernel(&address, sizeof(address), (void *)address))
		return 0;
	*to = address;
	return length;
}

/* Instructions with a 64-bit operand. */
static __always_inline u32 getter_wide(struct getter *state, const u8 *code)
{
	u64 *to = code[2] >= 0xc0 && code[2] < 0xc8 ? getter_register(state, code[2] & 7) : NULL;
	s32 immediate = getter_number(code + 3);

	switch (code[1]) {
	case 0x05: /* add immediate, %rax */
		state->result += (s64)getter_number(code + 2);
		return 6;
	case 0x8b: /* mov memory, register */
		return getter_load(state, code, true);
	case 0x8d: /* lea */
		return getter_load(state, code, false);
	case 0xc7: /* mov immediate, register */
		if (to)
			*to = (s64)immediate;
		return to ? 7 : 0;
	case 0x81: /* add immediate, register */
		if (to)
			*to += (s64)immediate;
		return to ? 7 : 0;
	case 0x83:
		if (to)
			*to += (s8)code[3];
		return to ? 4 : 0;
	case 0x89: /* mov %rdi, %rax */
		state->result = state->argument;
		return code[2] == 0xf8 ? 3 : 0;
	}
	return 0;
}

static long getter_step(u32 i, void *context)
{
	struct getter *state = context;
	u8 code[8] = {};
	u32 length = 0;

	if (bpf_probe_read_kernel(code, sizeof(code), (void *)state->ip))
		return 1;
	switch (code[0]) {
	case 0xc3: /* ret, or a jump to the return thunk that stands for it */
	case 0xe9:
		state->returned = true;
		return 1;
	case 0xf3: /* endbr64 */
		length = code[1] == 0x0f && code[2] == 0x1e ? 4 : 0;
		break;
	case 0xe8: /* ftrace's call at the entry */
		length = i < 2 ? 5 : 0;
		break;
	case 0x0f: /* nop; a sealed endbr64 is one, too */
		if (code[1] == 0x1f)
			length = code[2] == 0x00 ? 3 : code[2] == 0x40 ? 4 : code[2] == 0x44 ? 5 : 0;
		break;
	case 0x66:
		length = code[1] == 0x90 ? 2 : 0;
		break;
	case 0x48:
		length = getter_wide(state, code);
		break;
	}
	state->ip += length;
	return !length;
}

#elif defined(__TARGET_ARCH_arm64)

/* adrp: the page that is so many pages after the instruction's own. */
static __always_inline u64 getter_page(u64 ip, u32 code)
{
	s64 pages = (s32)((code >> 5 & 0x7ffff) << 13) >> 11;

	return (ip & ~0xfffULL) + (pages | (code >> 29 & 3)) * 4096;
}

/* Only x0 takes part: it is the first argument as well as the result. Arm Architecture Reference Manual, C4.1. */
static long getter_step(u32 i, void *context)
{
	struct getter *state = context;
	u64 *x0 = &state->argument;
	u32 code, immediate;

	if (bpf_probe_read_kernel(&code, sizeof(code), (void *)state->ip))
		return 1;
	immediate = code >> 10 & 0xfff;
	if (code == 0xd65f03c0) { /* ret */
		state->result = *x0;
		state->returned = true;
		return 1;
	} else if ((code & 0xfffff01f) == 0xd503201f || /* hint: nop, bti, paciasp */
		   code == 0xaa1e03e9 ||		/* mov x9, x30, before ftrace's call at the entry */
		   (i < 3 && (code & 0xfc000000) == 0x94000000)) {
		/* nothing happens to x0 */
	} else if ((code & 0x9f00001f) == 0x90000000) { /* adrp x0 */
		*x0 = getter_page(state->ip, code);
	} else if ((code & 0xffc003ff) == 0x91000000) { /* add x0, x0, immediate */
		*x0 += immediate;
	} else if ((code & 0xffc003ff) == 0xd1000000) { /* sub x0, x0, immediate */
		*x0 -= immediate;
	} else if ((code & 0xffc003ff) == 0xf9400000) { /* ldr x0, [x0, immediate] */
		if (bpf_probe_read_kernel(x0, sizeof(*x0), (void *)(*x0 + immediate * 8)))
			return 1;
	} else if ((code & 0xffe00fff) == 0xf8400000) { /* ldur x0, [x0, signed immediate] */
		s64 offset = (s32)(code << 11) >> 23;

		if (bpf_probe_read_kernel(x0, sizeof(*x0), (void *)(*x0 + offset)))
			return 1;
	} else {
		return 1;
	}
	state->ip += sizeof(code);
	return 0;
}

#else

static long getter_step(u32 i, void *context)
{
	return 1;
}

#endif

/* Reads what @function(@fence) would return into @name (GW_NAME_SIZE bytes); leaves it alone if that is not known. */
static __noinline int read_getter(u64 function, u64 fence, char *name)
{
	struct getter state = { .ip = function, .argument = fence };
	char text[GW_NAME_SIZE] = {};

	if (!function)
		return 0;
	bpf_loop(GETTER_STEPS, getter_step, &state, 0);
	if (!state.returned || bpf_probe_read_kernel_str(text, sizeof(text), (void *)state.result) <= 1)
		return 0;
	/* Whatever was read, it is no name if it begins like that. */
	if (text[0] <= ' ' || text[0] > '~')
		return 0;
	__builtin_memcpy(name, text, sizeof(text));
	return 1;
}

#endif
