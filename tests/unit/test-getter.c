/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Getters of names as compilers make them: what they return is found in their code, or it is not known. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "daemon/kernel/getter.h"

#define FUNCTION 0xffffffffc0401230ULL
#define FENCE 0xffff888012340000ULL

typedef void (*decode_fn)(struct gw_getter *getter, uint64_t address);

static struct gw_getter decoded(decode_fn decode, const void *code, size_t size)
{
	struct gw_getter getter = { .state = GW_GETTER_ASKED };

	assert_true(size <= sizeof(getter.code));
	memcpy(getter.code, code, size);
	decode(&getter, FUNCTION);
	return getter;
}

/* A piece of kernel memory in which each pointer is its own address and one thousand. */
static uint64_t memory_at(uint64_t address)
{
	return address + 1000;
}

/* What the program does with the steps. */
static uint64_t followed(const struct gw_getter *getter)
{
	uint64_t value = getter->from_fence ? FENCE : 0;

	assert_int_equal(getter->state, GW_GETTER_KNOWN);
	assert_true(getter->step_count <= GW_GETTER_STEPS_MAX);
	for (uint32_t i = 0; i < getter->step_count; i++) {
		value += getter->steps[i].add;
		if (getter->steps[i].load)
			value = memory_at(value);
	}
	return value;
}

#define X86(...)                                                                                                       \
	decoded(gw_getter_decode_x86, (const uint8_t[]){ __VA_ARGS__ }, sizeof((const uint8_t[]){ __VA_ARGS__ }))
#define ARM64(...)                                                                                                     \
	decoded(gw_getter_decode_arm64, (const uint32_t[]){ __VA_ARGS__ }, sizeof((const uint32_t[]){ __VA_ARGS__ }))

/* endbr64; nopl 0(%rax,%rax,1), where ftrace would call; the displacement of jmp __x86_return_thunk does not matter */
#define X86_ENTRY 0xf3, 0x0f, 0x1e, 0xfa, 0x0f, 0x1f, 0x44, 0x00, 0x00
#define X86_TRACED 0xf3, 0x0f, 0x1e, 0xfa, 0xe8, 0x11, 0x22, 0x33, 0x44
#define X86_RETURN 0xe9, 0x01, 0x02, 0x03, 0x04
#define X86_RET 0xc3

/* bti c; nop; nop */
#define ARM64_ENTRY 0xd503245f, 0xd503201f, 0xd503201f
#define ARM64_RET 0xd65f03c0

static void assert_constant(struct gw_getter getter, uint64_t address)
{
	assert_int_equal(followed(&getter), address);
	assert_int_equal(getter.from_fence, 0);
}

static void assert_member(struct gw_getter getter, uint64_t address)
{
	assert_int_equal(followed(&getter), address);
	assert_int_equal(getter.from_fence, 1);
}

static void assert_opaque(struct gw_getter getter)
{
	assert_int_equal(getter.state, GW_GETTER_OPAQUE);
}

static void test_x86_constant(void **state)
{
	/* mov $0xffffffff82345678, %rax */
	assert_constant(X86(X86_ENTRY, 0x48, 0xc7, 0xc0, 0x78, 0x56, 0x34, 0x82, X86_RETURN), 0xffffffff82345678ULL);
	assert_constant(X86(X86_TRACED, 0x48, 0xc7, 0xc0, 0x78, 0x56, 0x34, 0x82, X86_RET), 0xffffffff82345678ULL);
	/* lea -0x100(%rip), %rax: relative to the next instruction */
	assert_constant(X86(0x48, 0x8d, 0x05, 0x00, 0xff, 0xff, 0xff, X86_RET), FUNCTION + 7 - 0x100);
	/* mov 0x100(%rip), %rax */
	assert_constant(X86(0x48, 0x8b, 0x05, 0x00, 0x01, 0x00, 0x00, X86_RET), memory_at(FUNCTION + 7 + 0x100));
}

static void test_x86_member(void **state)
{
	/* lea 0x48(%rdi), %rax */
	assert_member(X86(X86_ENTRY, 0x48, 0x8d, 0x47, 0x48, X86_RETURN), FENCE + 0x48);
	/* mov 0x40(%rdi), %rax; add $0x10, %rax */
	assert_member(X86(X86_ENTRY, 0x48, 0x8b, 0x47, 0x40, 0x48, 0x83, 0xc0, 0x10, X86_RET),
		      memory_at(FENCE + 0x40) + 0x10);
	/* mov -0x8(%rdi), %rdi; mov 0x12345(%rdi), %rax; mov (%rax), %rax */
	assert_member(X86(0x48, 0x8b, 0x7f, 0xf8, 0x48, 0x8b, 0x87, 0x45, 0x23, 0x01, 0x00, 0x48, 0x8b, 0x00, X86_RET),
		      memory_at(memory_at(memory_at(FENCE - 8) + 0x12345)));
	/* mov %rdi, %rax; add $0x200, %rax */
	assert_member(X86(0x48, 0x89, 0xf8, 0x48, 0x05, 0x00, 0x02, 0x00, 0x00, X86_RET), FENCE + 0x200);
}

static void test_x86_opaque(void **state)
{
	assert_opaque(X86(X86_RET));				   /* returns whatever was there */
	assert_opaque(X86(X86_ENTRY, X86_RETURN));		   /* goes on in another function */
	assert_opaque(X86(0x55, 0x48, 0x89, 0xe5, 0x5d, X86_RET)); /* push %rbp */
	assert_opaque(X86(0x48, 0x8b, 0x46, 0x40, X86_RET));	   /* mov 0x40(%rsi), %rax */
	assert_opaque(X86(0x48, 0x8b, 0x44, 0x24, 0x08, X86_RET)); /* mov 0x8(%rsp), %rax */
	assert_opaque(X86(0x48, 0x83, 0xc0, 0x10, X86_RET));	   /* add to what is not known */
	assert_opaque(X86(0x48, 0x8d, 0x47, 0x48, 0xcc));	   /* never returns */
	assert_opaque(X86(X86_ENTRY, 0xe8, 0, 0, 0, 0, X86_RET));  /* calls */
	assert_opaque(decoded(gw_getter_decode_x86, "", 0));	   /* could not be read */
}

/* More loads than there are steps for. */
static void test_x86_too_long(void **state)
{
	assert_member(X86(0x48, 0x8b, 0x07, 0x48, 0x8b, 0x00, 0x48, 0x8b, 0x00, 0x48, 0x8b, 0x00, X86_RET),
		      memory_at(memory_at(memory_at(memory_at(FENCE)))));
	assert_opaque(
		X86(0x48, 0x8b, 0x07, 0x48, 0x8b, 0x00, 0x48, 0x8b, 0x00, 0x48, 0x8b, 0x00, 0x48, 0x8b, 0x00, X86_RET));
	/* and more instructions than a getter has */
	assert_opaque(X86(0x66, 0x90, 0x66, 0x90, 0x66, 0x90, 0x66, 0x90, 0x66, 0x90, 0x66, 0x90, 0x66, 0x90, 0x66,
			  0x90, 0x66, 0x90, 0x48, 0x8d, 0x47, 0x48, X86_RET));
}

static void test_arm64_constant(void **state)
{
	/* adrp x0, two pages on; add x0, x0, #0x345 */
	assert_constant(ARM64(ARM64_ENTRY, 0xd0000000, 0x910d1400, ARM64_RET), (FUNCTION & ~0xfffULL) + 0x2000 + 0x345);
	/* adrp x0, one page back */
	assert_constant(ARM64(0xf0ffffe0, ARM64_RET), (FUNCTION & ~0xfffULL) - 0x1000);
}

static void test_arm64_member(void **state)
{
	/* paciasp; mov x9, x30; bl; add x0, x0, #0x48 */
	assert_member(ARM64(0xd503233f, 0xaa1e03e9, 0x94000010, 0x91012000, ARM64_RET), FENCE + 0x48);
	/* ldr x0, [x0, #0x40]; sub x0, x0, #0x10 */
	assert_member(ARM64(0xf9402000, 0xd1004000, ARM64_RET), memory_at(FENCE + 0x40) - 0x10);
	/* ldur x0, [x0, #-8]; ldr x0, [x0] */
	assert_member(ARM64(0xf85f8000, 0xf9400000, ARM64_RET), memory_at(memory_at(FENCE - 8)));
}

static void test_arm64_opaque(void **state)
{
	assert_opaque(ARM64(0xf9402020, ARM64_RET));		  /* ldr x0, [x1, #0x40] */
	assert_opaque(ARM64(0xf9402001, 0xaa0103e0, ARM64_RET));  /* by way of x1 */
	assert_opaque(ARM64(ARM64_ENTRY, 0x94000010, ARM64_RET)); /* calls */
	assert_opaque(ARM64(0x91012000, 0x14000010));		  /* goes on elsewhere */
}

static void test_own_machine(void **state)
{
#if defined(__x86_64__)
	struct gw_getter getter = X86(0x48, 0x8d, 0x47, 0x48, X86_RET);
#else
	struct gw_getter getter = ARM64(0x91012000, ARM64_RET);
#endif
	getter.state = GW_GETTER_ASKED;
	gw_getter_decode(&getter, FUNCTION);
	assert_member(getter, FENCE + 0x48);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_x86_constant),   cmocka_unit_test(test_x86_member),
		cmocka_unit_test(test_x86_opaque),     cmocka_unit_test(test_x86_too_long),
		cmocka_unit_test(test_arm64_constant), cmocka_unit_test(test_arm64_member),
		cmocka_unit_test(test_arm64_opaque),   cmocka_unit_test(test_own_machine),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
