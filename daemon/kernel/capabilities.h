/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whether this process may load BPF programs and attach them: capabilities, lockdown, perf restrictions. */
#ifndef GPUWATCH_DAEMON_KERNEL_CAPABILITIES_H
#define GPUWATCH_DAEMON_KERNEL_CAPABILITIES_H

#include <stdbool.h>
#include <stddef.h>

/* Whether a CAP_* is effective; CAP_SYS_ADMIN also stands for CAP_BPF and CAP_PERFMON, as in the kernel. */
bool gw_has_capability(int capability);

/*
 * Whether Debian's and Ubuntu's kernel.perf_event_paranoid=3 keeps perf events, which kprobes and
 * classic tracepoints are attached with, from everybody without CAP_SYS_ADMIN.
 */
bool gw_perf_restricted(void);

/*
 * gw_bpf_refused - one line for people: that the kernel refuses BPF, and what stands in the way
 * @error: -errno that it gave
 * @why: what is known besides, "" = nothing
 *
 * Returns @error.
 */
int gw_bpf_refused(int error, const char *why, char *message, size_t size);

/*
 * Whether this process sees the PIDs of the whole machine. In a PID namespace of its own the iterators walk that one's
 * tasks alone, and every other task looks gone.
 */
bool gw_in_initial_pid_namespace(void);

#endif
