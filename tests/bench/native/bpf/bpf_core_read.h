/* SPDX-License-Identifier: GPL-2.0-or-later */
/* CO-RE for programs that run where their types are as they were compiled. */
#ifndef GPUWATCH_TESTS_BENCH_NATIVE_BPF_CORE_READ_H
#define GPUWATCH_TESTS_BENCH_NATIVE_BPF_CORE_READ_H

#include <stddef.h>

#include <bpf/bpf_helpers.h>

#define bpf_core_field_exists(...) 1
#define bpf_core_field_offset(type, member) offsetof(type, member)
#define bpf_core_enum_value(type, value) (value)

#define NATIVE_READ(from, member)                                                                                      \
	({                                                                                                             \
		typeof((from)->member) value_ = 0;                                                                     \
		bpf_probe_read_kernel(&value_, sizeof(value_), &(from)->member);                                       \
		value_;                                                                                                \
	})
#define NATIVE_READ2(from, a, b) NATIVE_READ(NATIVE_READ(from, a), b)
#define NATIVE_PICK(from, a, b, name, ...) name
#define BPF_CORE_READ(...) NATIVE_PICK(__VA_ARGS__, NATIVE_READ2, NATIVE_READ)(__VA_ARGS__)

#endif
