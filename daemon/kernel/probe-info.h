/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What `gpuwatch-cli status` shows of a probe. */
#ifndef GPUWATCH_DAEMON_KERNEL_PROBE_INFO_H
#define GPUWATCH_DAEMON_KERNEL_PROBE_INFO_H

enum gw_probe_state {
	GW_PROBE_ATTACHED, /* by this process */
	GW_PROBE_ADOPTED,  /* attached earlier, found pinned */
	GW_PROBE_WAITING,  /* its module is not loaded */
	GW_PROBE_ABSENT,   /* this kernel has no such function or tracepoint */
	GW_PROBE_FAILED,   /* the kernel refused it: see error and why */
};

/* One row of `gpuwatch-cli status`. The strings belong to whoever gave the row, and last until its probes are updated. */
struct gw_probe_info {
	const char *name;   /* e.g. "fence_wait" */
	const char *target; /* e.g. "tp_btf/dma_fence_wait_start", "kprobe/drm_dev_enter" */
	const char *module; /* "" = the kernel itself */
	const char *lost;   /* what is not seen without it, one phrase */
	const char *patch;  /* "": stock kernels have it; else the kernel patch that adds what it is attached to */
	enum gw_probe_state state;
	int error;	 /* errno of FAILED, else 0 */
	const char *why; /* one line for FAILED and ABSENT, else "" */
};

#endif
