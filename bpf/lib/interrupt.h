/* SPDX-License-Identifier: GPL-2.0-only */
/* Whether a program runs on behalf of the current task, or of an interrupt on top of it. */
#ifndef GPUWATCH_BPF_LIB_INTERRUPT_H
#define GPUWATCH_BPF_LIB_INTERRUPT_H

#include "bpf/lib/kernel.h"

/* 0: the task itself; else the bits of preempt_count that say what it is. */
static __always_inline u32 interrupt_level(struct task_struct *task)
{
	u32 count;

	if (&pcpu_hot)
		count = ((struct pcpu_hot *)bpf_this_cpu_ptr(&pcpu_hot))->preempt_count;
	else if (&__preempt_count)
		count = *(int *)bpf_this_cpu_ptr(&__preempt_count);
	else if (bpf_core_field_exists(task->thread_info.preempt_count))
		count = task->thread_info.preempt_count;
	else
		count = 0;
	return count & (HARDIRQ_NMI_MASK | SOFTIRQ_OFFSET);
}

#endif
