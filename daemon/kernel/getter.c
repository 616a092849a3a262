/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a driver's getter of a name returns, from its machine code. Nearly all
 * of them are "return a constant" or "return a member of the fence": a handful
 * of moves and additions on two registers. Pure: no I/O, any bytes are safe.
 */
#include "daemon/kernel/getter.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#define INSTRUCTIONS_MAX 10

/* What a register holds, as a way to get it. */
struct value {
	bool known;
	bool from_fence; /* steps begin with the fence's address, else with 0 */
	unsigned int count;
	struct gw_getter_step steps[GW_GETTER_STEPS_MAX];
};

/* A getter that is followed from its first instruction on. */
struct machine {
	const uint8_t *code;
	uint64_t address;      /* of the first instruction */
	unsigned int offset;   /* of the present one */
	unsigned int number;   /* of instructions before it */
	struct value result;   /* %rax; x0 once it has returned */
	struct value argument; /* %rdi; x0 */
	bool returned;
};

/* ---- values ------------------------------------------------------------------------- */

static struct value value_constant(uint64_t constant)
{
	return (struct value){ .known = true, .count = 1, .steps = { { .add = constant } } };
}

/* The step to change: a new one behind a load. NULL: too many, and the value is not known any more. */
static struct gw_getter_step *value_step(struct value *value)
{
	if (value->count && !value->steps[value->count - 1].load)
		return &value->steps[value->count - 1];
	if (value->count == GW_GETTER_STEPS_MAX) {
		value->known = false;
		return NULL;
	}
	value->steps[value->count] = (struct gw_getter_step){ 0 };
	return &value->steps[value->count++];
}

static void value_add(struct value *value, int64_t number)
{
	struct gw_getter_step *step = value_step(value);

	if (step)
		step->add += (uint64_t)number;
}

static void value_load(struct value *value)
{
	struct gw_getter_step *step = value_step(value);

	if (step)
		step->load = 1;
}

/* Little-endian. */
static int32_t getter_number(const uint8_t *bytes)
{
	return (int32_t)(bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 | (uint32_t)bytes[3] << 24);
}

/* ---- x86-64 ---------------------------------------------------------------------------- */

/* Only the first argument and the result take part; NULL for other registers. */
static struct value *x86_register(struct machine *machine, uint8_t number)
{
	return number == 0 ? &machine->result : number == 7 ? &machine->argument : NULL;
}

/*
 * mov or lea, from or of DISPLACEMENT(%register) or DISPLACEMENT(%rip). As all
 * below, returns the instruction's length, 0: not one of ours.
 */
static unsigned int x86_load(struct machine *machine, const uint8_t *code, bool is_load)
{
	uint8_t mode = code[2] >> 6, base = code[2] & 7;
	struct value *to = x86_register(machine, code[2] >> 3 & 7), *from = x86_register(machine, base), value;
	bool relative = mode == 0 && base == 5;
	unsigned int length = mode == 0 && !relative ? 3 : mode == 1 ? 4 : 7;

	if (!to || mode == 3 || (!from && !relative))
		return 0;
	if (relative) {
		value = value_constant(machine->address + machine->offset + length + getter_number(code + 3));
	} else {
		value = *from;
		value_add(&value, length == 3 ? 0 : length == 4 ? (int8_t)code[3] : getter_number(code + 3));
	}
	if (is_load)
		value_load(&value);
	*to = value;
	return length;
}

/* Instructions with a 64-bit operand. */
static unsigned int x86_wide(struct machine *machine, const uint8_t *code)
{
	struct value *to = code[2] >= 0xc0 && code[2] < 0xc8 ? x86_register(machine, code[2] & 7) : NULL;

	switch (code[1]) {
	case 0x05: /* add immediate, %rax */
		value_add(&machine->result, getter_number(code + 2));
		return 6;
	case 0x8b: /* mov memory, register */
		return x86_load(machine, code, true);
	case 0x8d: /* lea */
		return x86_load(machine, code, false);
	case 0xc7: /* mov immediate, register */
		if (to)
			*to = value_constant((uint64_t)getter_number(code + 3));
		return to ? 7 : 0;
	case 0x81: /* add immediate, register */
		if (to)
			value_add(to, getter_number(code + 3));
		return to ? 7 : 0;
	case 0x83:
		if (to)
			value_add(to, (int8_t)code[3]);
		return to ? 4 : 0;
	case 0x89: /* mov %rdi, %rax */
		machine->result = machine->argument;
		return code[2] == 0xf8 ? 3 : 0;
	}
	return 0;
}

static unsigned int x86_step(struct machine *machine, const uint8_t *code)
{
	switch (code[0]) {
	case 0xc3: /* ret, or a jump to the return thunk that stands for it */
	case 0xe9:
		machine->returned = true;
		return 0;
	case 0xf3: /* endbr64 */
		return code[1] == 0x0f && code[2] == 0x1e ? 4 : 0;
	case 0xe8: /* ftrace's call at the entry */
		return machine->number < 2 ? 5 : 0;
	case 0x0f: /* nop; a sealed endbr64 is one, too */
		if (code[1] == 0x1f)
			return code[2] == 0x00 ? 3 : code[2] == 0x40 ? 4 : code[2] == 0x44 ? 5 : 0;
		return 0;
	case 0x66:
		return code[1] == 0x90 ? 2 : 0;
	case 0x48:
		return x86_wide(machine, code);
	}
	return 0;
}

/* ---- arm64 ------------------------------------------------------------------------------- */

/* adrp: the page that is so many pages after the instruction's own. */
static uint64_t arm64_page(uint64_t address, uint32_t code)
{
	int64_t pages = (int32_t)((code >> 5 & 0x7ffff) << 13) >> 11;

	return (address & ~0xfffULL) + (uint64_t)(pages | (code >> 29 & 3)) * 4096;
}

/* Only x0 takes part: it is the first argument as well as the result. Arm Architecture Reference Manual, C4.1. */
static unsigned int arm64_step(struct machine *machine, const uint8_t *bytes)
{
	struct value *x0 = &machine->argument;
	uint32_t code = (uint32_t)getter_number(bytes), immediate = code >> 10 & 0xfff;

	if (code == 0xd65f03c0) { /* ret */
		machine->result = *x0;
		machine->returned = true;
		return 0;
	}
	if ((code & 0xfffff01f) == 0xd503201f || /* hint: nop, bti, paciasp */
	    code == 0xaa1e03e9 ||		 /* mov x9, x30, before ftrace's call at the entry */
	    (machine->number < 3 && (code & 0xfc000000) == 0x94000000)) {
		/* nothing happens to x0 */
	} else if ((code & 0x9f00001f) == 0x90000000) { /* adrp x0 */
		*x0 = value_constant(arm64_page(machine->address + machine->offset, code));
	} else if ((code & 0xffc003ff) == 0x91000000) { /* add x0, x0, immediate */
		value_add(x0, immediate);
	} else if ((code & 0xffc003ff) == 0xd1000000) { /* sub x0, x0, immediate */
		value_add(x0, -(int64_t)immediate);
	} else if ((code & 0xffc003ff) == 0xf9400000) { /* ldr x0, [x0, immediate] */
		value_add(x0, immediate * 8);
		value_load(x0);
	} else if ((code & 0xffe00fff) == 0xf8400000) { /* ldur x0, [x0, signed immediate] */
		value_add(x0, (int32_t)(code << 11) >> 23);
		value_load(x0);
	} else {
		return 0;
	}
	return sizeof(code);
}

/* ---- decoding ------------------------------------------------------------------------------- */

static void getter_decode(struct gw_getter *getter, uint64_t address,
			  unsigned int (*step)(struct machine *machine, const uint8_t *code))
{
	struct machine machine = {
		.code = getter->code,
		.address = address,
		.argument = { .known = true, .from_fence = true },
	};
	unsigned int length = 1;

	/* An instruction and what is read of it at once are eight bytes at most. */
	while (length && machine.number < INSTRUCTIONS_MAX && machine.offset + 8 <= GW_GETTER_CODE) {
		length = step(&machine, machine.code + machine.offset);
		machine.offset += length;
		machine.number++;
	}
	getter->state = machine.returned && machine.result.known ? GW_GETTER_KNOWN : GW_GETTER_OPAQUE;
	getter->from_fence = machine.result.from_fence;
	getter->step_count = machine.result.count;
	memcpy(getter->steps, machine.result.steps, sizeof(getter->steps));
}

void gw_getter_decode_x86(struct gw_getter *getter, uint64_t address)
{
	getter_decode(getter, address, x86_step);
}

void gw_getter_decode_arm64(struct gw_getter *getter, uint64_t address)
{
	getter_decode(getter, address, arm64_step);
}

void gw_getter_decode(struct gw_getter *getter, uint64_t address)
{
#if defined(__x86_64__)
	gw_getter_decode_x86(getter, address);
#elif defined(__aarch64__)
	gw_getter_decode_arm64(getter, address);
#else
	getter->state = GW_GETTER_OPAQUE;
#endif
}
