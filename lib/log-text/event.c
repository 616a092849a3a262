/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The table of words. They are those of the drivers from Linux 4.19 to 7.2, and of NVIDIA's; a message counts by the
 * first row that fits, so the narrower words stand first.
 */
#include "lib/log-text/event.h"

#include <string.h>

#include "lib/log-text/lines/scan.h"

struct event_words {
	const char *first;  /* must be in the message, */
	const char *second; /* behind it this, unless NULL, */
	const char *absent; /* and this nowhere, unless NULL */
	enum gw_log_event_kind kind;
};

static const struct event_words event_table[] = {
	{ "Linux version ", NULL, NULL, GW_LOG_EVENT_BOOT },
	{ "Showing busy workqueues", NULL, NULL, GW_LOG_EVENT_WORKQUEUE_LOCKUP },
	{ "workqueue lockup", NULL, NULL, GW_LOG_EVENT_WORKQUEUE_LOCKUP },
	{ "soft lockup", "CPU#", NULL, GW_LOG_EVENT_SOFT_LOCKUP },
	{ "hard LOCKUP", NULL, NULL, GW_LOG_EVENT_HARD_LOCKUP },
	{ "self-detected stall", NULL, NULL, GW_LOG_EVENT_RCU_STALL },
	{ "detected stalls on", NULL, NULL, GW_LOG_EVENT_RCU_STALL },
	{ "detected expedited stalls", NULL, NULL, GW_LOG_EVENT_RCU_STALL },
	/* All CPUs were quiet, and RCU's own thread did not run. */
	{ "All QSes seen", NULL, NULL, GW_LOG_EVENT_RCU_STALL },
	{ "kthread starved for", NULL, NULL, GW_LOG_EVENT_RCU_STALL },
	{ "possible circular locking dependency", NULL, NULL, GW_LOG_EVENT_LOCKDEP },
	{ "possible recursive locking detected", NULL, NULL, GW_LOG_EVENT_LOCKDEP },
	{ "possible irq lock inversion", NULL, NULL, GW_LOG_EVENT_LOCKDEP },
	{ "inconsistent lock state", NULL, NULL, GW_LOG_EVENT_LOCKDEP },
	{ "unsafe lock order detected", NULL, NULL, GW_LOG_EVENT_LOCKDEP },
	{ "Kernel panic", NULL, NULL, GW_LOG_EVENT_PANIC },
	{ "BUG: kernel NULL pointer", NULL, NULL, GW_LOG_EVENT_OOPS },
	{ "BUG: unable to handle", NULL, NULL, GW_LOG_EVENT_OOPS },
	{ "Unable to handle kernel", NULL, NULL, GW_LOG_EVENT_OOPS },
	{ "kernel BUG at ", NULL, NULL, GW_LOG_EVENT_OOPS },
	{ "general protection fault", NULL, "traps:", GW_LOG_EVENT_OOPS },
	{ "Oops: ", NULL, NULL, GW_LOG_EVENT_OOPS },
	{ "Oops - ", NULL, NULL, GW_LOG_EVENT_OOPS },
	{ "Out of memory: ", NULL, NULL, GW_LOG_EVENT_OUT_OF_MEMORY },
	{ "sysrq: ", NULL, NULL, GW_LOG_EVENT_SYSRQ },
	{ "SysRq : ", NULL, NULL, GW_LOG_EVENT_SYSRQ },
	{ "printk messages dropped", NULL, NULL, GW_LOG_EVENT_LOST },
	{ "Missed ", " kernel messages", NULL, GW_LOG_EVENT_LOST },
	{ "INFO: task ", "blocked for more than", NULL, GW_LOG_EVENT_HUNG_TASK },
	{ "Completion-Wait loop timed out", NULL, NULL, GW_LOG_EVENT_IOMMU },
	{ "Invalidation Time-out Error", NULL, NULL, GW_LOG_EVENT_IOMMU },
	{ "CMD_SYNC timeout", NULL, NULL, GW_LOG_EVENT_IOMMU },
	{ "TLB sync timed out", NULL, NULL, GW_LOG_EVENT_IOMMU },
	/* NVIDIA's */
	{ "recovery action changed", " to 0x2 (", NULL, GW_LOG_EVENT_NEEDS_REBOOT },
	/* Xid 119, "Timeout waiting for RPC from GSP", later "Timeout after 45s of waiting for RPC response from GPU0 GSP"; 109 */
	{ "NVRM: Xid ", "waiting for RPC", NULL, GW_LOG_EVENT_FIRMWARE },
	{ "NVRM: Xid ", "CTX SWITCH TIMEOUT", NULL, GW_LOG_EVENT_GPU_HANG },
	{ "NVRM: Xid ", NULL, NULL, GW_LOG_EVENT_XID },
	{ "NVRM: ", "RmInitAdapter failed", NULL, GW_LOG_EVENT_INIT_FAILED },
	/* nvidia-modeset waits for the display's engine */
	{ "Error while waiting for GPU progress", NULL, NULL, GW_LOG_EVENT_FLIP_TIMEOUT },
	{ "Idling display engine timed out", NULL, NULL, GW_LOG_EVENT_FLIP_TIMEOUT },
	{ "fallen off the bus", NULL, NULL, GW_LOG_EVENT_DEVICE_LOST },
	{ "GPU lost from the bus", NULL, NULL, GW_LOG_EVENT_DEVICE_LOST },
	{ "device lost from bus", NULL, NULL, GW_LOG_EVENT_DEVICE_LOST },
	{ "A GPU crash dump has been created", NULL, NULL, GW_LOG_EVENT_DEVCOREDUMP },
	/* Of all drivers */
	/* drm_dev_wedged_event(), with the way in which it recovered */
	{ "wedged, but recovered", NULL, NULL, GW_LOG_EVENT_RESET_SUCCESS },
	{ "wedged", NULL, "not wedged", GW_LOG_EVENT_WEDGED },
	{ "device lost", NULL, NULL, GW_LOG_EVENT_DEVICE_LOST },
	{ "flip_done timed out", NULL, NULL, GW_LOG_EVENT_FLIP_TIMEOUT },
	{ "commit wait timed out", NULL, NULL, GW_LOG_EVENT_FLIP_TIMEOUT },
	{ "Timed out waiting for commit", NULL, NULL, GW_LOG_EVENT_FLIP_TIMEOUT },
	{ "vblank wait timed out", NULL, NULL, GW_LOG_EVENT_FLIP_TIMEOUT },
	{ "frame done timeout", NULL, NULL, GW_LOG_EVENT_FLIP_TIMEOUT }, /* msm's */
	{ "wait for commit done returned -110", NULL, NULL, GW_LOG_EVENT_FLIP_TIMEOUT },
	/* A fence of another driver that is waited for with a limit, ten seconds in i915, and a framebuffer's five in amdgpu. */
	{ "Asynchronous wait on fence", "timed out", NULL, GW_LOG_EVENT_JOB_TIMEOUT },
	{ "Waiting for fences timed out", NULL, NULL, GW_LOG_EVENT_JOB_TIMEOUT },
	{ "Fence fallback timer expired", NULL, NULL, GW_LOG_EVENT_FENCE_FALLBACK },
	{ "devcoredump", NULL, NULL, GW_LOG_EVENT_DEVCOREDUMP },
	{ "core dump", NULL, NULL, GW_LOG_EVENT_DEVCOREDUMP },
	{ "timeout, but soft recovered", NULL, NULL, GW_LOG_EVENT_RESET_SUCCESS },
	/* amdgpu's "GPU reset succeeded, trying to resume" comes before the part that fails. */
	{ "reset", "succeeded, trying to resume", NULL, GW_LOG_EVENT_RESET_BEGIN },
	{ "reset", "succeeded", NULL, GW_LOG_EVENT_RESET_SUCCESS },
	{ "reset end with ret = 0", NULL, NULL, GW_LOG_EVENT_RESET_SUCCESS },
	{ "reset end with ret", NULL, NULL, GW_LOG_EVENT_RESET_FAILED },
	{ "reset", "failed", NULL, GW_LOG_EVENT_RESET_FAILED },
	{ "Failed to boot MCU after reset", NULL, NULL, GW_LOG_EVENT_RESET_FAILED }, /* panthor's */
	{ "GPU Recovery Failed", NULL, NULL, GW_LOG_EVENT_RESET_FAILED },	     /* amdgpu's */
	{ "cancelling all in-flight rendering", NULL, NULL,
	  GW_LOG_EVENT_WEDGED }, /* i915's, when a reset takes too long */
	{ "adreno_recover", "hw init failed", NULL, GW_LOG_EVENT_RESET_FAILED },
	{ "Failed to reset", NULL, NULL, GW_LOG_EVENT_RESET_FAILED },
	{ "Failed to initialise HW following reset", NULL, NULL, GW_LOG_EVENT_RESET_FAILED }, /* i915's */
	{ "Failed to hard-reset", NULL, NULL, GW_LOG_EVENT_RESET_FAILED },
	{ "GPU recovery failed", NULL, NULL, GW_LOG_EVENT_RESET_FAILED },
	/* After the machine slept, or the GPU alone; the second is the driver core's, of any driver. */
	{ "amdgpu_device_ip_resume failed", NULL, NULL, GW_LOG_EVENT_RESUME_FAILED },
	{ "failed to resume", "error -", NULL, GW_LOG_EVENT_RESUME_FAILED },
	{ "GPU recovery disabled", NULL, NULL, GW_LOG_EVENT_RESET_OFF }, /* amdgpu's, by a parameter */
	{ "reset done", NULL, NULL, GW_LOG_EVENT_RESET_SUCCESS },
	{ "Reset complete", NULL, NULL, GW_LOG_EVENT_RESET_SUCCESS },
	{ "reset begin", NULL, NULL, GW_LOG_EVENT_RESET_BEGIN },
	{ "reset started", NULL, NULL, GW_LOG_EVENT_RESET_BEGIN },
	{ "Resetting GPU", NULL, NULL, GW_LOG_EVENT_RESET_BEGIN },
	{ "Resetting chip", NULL, NULL, GW_LOG_EVENT_RESET_BEGIN },
	{ "Resetting rcs", NULL, NULL, GW_LOG_EVENT_RESET_BEGIN },
	{ "Resetting bcs", NULL, NULL, GW_LOG_EVENT_RESET_BEGIN },
	{ "Resetting v", NULL, NULL, GW_LOG_EVENT_RESET_BEGIN },
	/* nouveau's: the scheduler of channels could not switch, a channel does not become idle; it kills that and starts the engine anew */
	{ "gsp: rpc", "timeout", NULL, GW_LOG_EVENT_FIRMWARE },
	{ "gsp: Xid", "CTX SWITCH TIMEOUT", NULL, GW_LOG_EVENT_GPU_HANG },
	{ "rc engn", NULL, NULL, GW_LOG_EVENT_GPU_HANG },
	{ "recover hung GPU", NULL, NULL, GW_LOG_EVENT_RESET_BEGIN },	     /* etnaviv's */
	{ "CSG slot ", "progress timeout", NULL, GW_LOG_EVENT_JOB_TIMEOUT }, /* panthor's */
	{ "runlist ", "scheduled for recovery", NULL, GW_LOG_EVENT_RESET_BEGIN },
	{ "SCHED_ERROR", NULL, NULL, GW_LOG_EVENT_GPU_HANG },
	{ "sched error", NULL, NULL, GW_LOG_EVENT_GPU_HANG },
	{ "failed to idle channel", NULL, NULL, GW_LOG_EVENT_GPU_HANG },
	{ "GPU HANG", NULL, NULL, GW_LOG_EVENT_GPU_HANG },
	{ "ctxsw timeout error", NULL, NULL, GW_LOG_EVENT_GPU_HANG }, /* nvgpu's */
	{ "hangcheck", NULL, NULL, GW_LOG_EVENT_GPU_HANG },
	{ "GPU is probably locked", NULL, NULL, GW_LOG_EVENT_GPU_HANG },
	{ "Engine memory CAT error", NULL, NULL, GW_LOG_EVENT_GPU_HANG },
	{ "timeout waiting to drain ringbuffer", NULL, NULL, GW_LOG_EVENT_GPU_HANG }, /* msm's */
	{ "timeout waiting for space in ringbuffer", NULL, NULL, GW_LOG_EVENT_GPU_HANG },
	{ "timeout waiting for GPU to idle", NULL, NULL, GW_LOG_EVENT_GPU_HANG },
	/* radeon's */
	{ "ring ", "stalled for more than", NULL, GW_LOG_EVENT_JOB_TIMEOUT },
	{ "GPU lockup", NULL, NULL, GW_LOG_EVENT_GPU_HANG },
	{ "timed out waiting for forcewake", NULL, NULL, GW_LOG_EVENT_GPU_HANG },
	/* of ARM's own driver */
	{ "signal timeout detected", NULL, NULL, GW_LOG_EVENT_JOB_TIMEOUT },
	{ "Job Hard-Stopped", NULL, NULL, GW_LOG_EVENT_JOB_TIMEOUT },
	{ "Sending reset to GPU", NULL, NULL, GW_LOG_EVENT_GPU_HANG },
	{ "Cache clean timed out", NULL, NULL, GW_LOG_EVENT_GPU_HANG },
	{ "Wait for MCU power on failed", NULL, NULL, GW_LOG_EVENT_FIRMWARE },
	{ "job timeout", NULL, NULL, GW_LOG_EVENT_JOB_TIMEOUT },
	{ "gpu sched timeout", NULL, NULL, GW_LOG_EVENT_JOB_TIMEOUT },
	{ "timeout, signaled seq=", NULL, NULL, GW_LOG_EVENT_JOB_TIMEOUT },
	{ "ring ", " timeout", NULL, GW_LOG_EVENT_JOB_TIMEOUT },
	{ "Timedout job", NULL, NULL, GW_LOG_EVENT_JOB_TIMEOUT },
	{ "MES failed", NULL, NULL, GW_LOG_EVENT_FIRMWARE },
	{ "cp might be in an unrecoverable state", NULL, NULL, GW_LOG_EVENT_FIRMWARE },
	{ "qcm fence wait loop timeout", NULL, NULL, GW_LOG_EVENT_FIRMWARE },
	{ "timeout waiting for kiq fence", NULL, NULL, GW_LOG_EVENT_FIRMWARE },
	{ "GMU firmware initialization timed out", NULL, NULL, GW_LOG_EVENT_FIRMWARE },
	{ "Timeout waiting for GMU", NULL, NULL, GW_LOG_EVENT_FIRMWARE },
	{ "MES might be in unrecoverable state", NULL, NULL, GW_LOG_EVENT_FIRMWARE },
	{ "GuC", "timed out", NULL, GW_LOG_EVENT_FIRMWARE },
	{ "GUC: ", "timed out", NULL, GW_LOG_EVENT_FIRMWARE },
	{ "GSP", "timeout", NULL, GW_LOG_EVENT_FIRMWARE },
	{ "GSP Timeout", NULL, NULL, GW_LOG_EVENT_FIRMWARE },
	{ "NVRM: ", "Heartbeat timed out", NULL, GW_LOG_EVENT_FIRMWARE },
	{ "SMU: I'm not done with your previous command", NULL, NULL, GW_LOG_EVENT_FIRMWARE },
	{ "SMU: No response", NULL, NULL, GW_LOG_EVENT_FIRMWARE },
	{ "DMCUB error", NULL, NULL, GW_LOG_EVENT_FIRMWARE },
	{ "Error waiting for DMUB idle", NULL, NULL, GW_LOG_EVENT_FIRMWARE },
	/* xe's, which wait for GuC */
	{ "TLB invalidation fence timeout", NULL, NULL, GW_LOG_EVENT_FIRMWARE },
	{ "Timed out wait for G2H", NULL, NULL, GW_LOG_EVENT_FIRMWARE },
	{ "Schedule disable failed to respond", NULL, NULL, GW_LOG_EVENT_FIRMWARE },
};

#define EVENT_ROWS (sizeof(event_table) / sizeof(event_table[0]))

/* Other devices are reset, time out and get lost, too. */
static bool event_is_of_gpu(enum gw_log_event_kind kind, const char *text)
{
	static const char *const words[] = { "drm",	 "amdgpu",  "GPU",	  "gpu",    "i915",    "xe ",
					     "nouveau",	 "radeon",  "NVRM",	  "nvidia", "msm",     "adreno",
					     "panfrost", "panthor", "v3d",	  "vc4",    "etnaviv", "lima",
					     "pvr",	 "virtio",  "habanalabs", "mali ",  "kgsl" };

	switch (kind) {
	case GW_LOG_EVENT_RESET_BEGIN:
	case GW_LOG_EVENT_RESET_SUCCESS:
	case GW_LOG_EVENT_RESET_FAILED:
	case GW_LOG_EVENT_RESET_OFF:
	case GW_LOG_EVENT_RESUME_FAILED:
	case GW_LOG_EVENT_WEDGED:
	case GW_LOG_EVENT_DEVICE_LOST:
	case GW_LOG_EVENT_JOB_TIMEOUT:
		for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
			if (strstr(text, words[i]))
				return true;
		return false;
	default:
		return true;
	}
}

/* Words that begin anywhere in a message, row by row of those that share a first letter. A function's name reports nothing. */
static bool event_row_fits(const struct event_words *words, const char *text, const char *at)
{
	const char *behind = at;

	if (!gw_scan_word(&behind, words->first) || *behind == '_' || (words->second && !strstr(behind, words->second)))
		return false;
	return !words->absent || !strstr(text, words->absent);
}

/* Of the rows that fit the first one, GW_LOG_EVENTS if none does. */
static const struct event_words *event_find(const char *text)
{
	size_t best = EVENT_ROWS;
	char before = ' ';

	for (const char *at = text; *at && best > 0; before = *at++) {
		/* A word begins here. */
		if (!gw_scan_is_letter(*at) || gw_scan_is_letter(before) || before == '_')
			continue;
		for (size_t i = 0; i < best; i++)
			if (event_table[i].first[0] == *at && event_row_fits(&event_table[i], text, at))
				best = i;
	}
	return best < EVENT_ROWS ? &event_table[best] : NULL;
}

/* "0000:0c:00.0", and as NVIDIA prints it "0000:01:00". */
static size_t event_pci_address(const char *at)
{
	static const char pattern[] = "xxxx:xx:xx";
	size_t length = 0;

	for (; pattern[length]; length++)
		if (pattern[length] == ':' ? at[length] != ':' : !gw_scan_is_hex(at[length]))
			return 0;
	if (at[length] == '.' && gw_scan_is_digit(at[length + 1]))
		length += 2;
	return gw_scan_is_hex(at[length]) ? 0 : length;
}

static void event_device(const char *text, const char **device, size_t *length)
{
	char before = ' ';

	*device = NULL;
	*length = 0;
	for (const char *at = text; *at && !*device; before = *at++) {
		if (gw_scan_is_hex(before) || !gw_scan_is_hex(*at))
			continue;
		*length = event_pci_address(at);
		if (*length)
			*device = at;
	}
}

static void event_number(struct gw_log_event *event, const char *text)
{
	const char *at = NULL;

	if (event->kind == GW_LOG_EVENT_XID || event->kind == GW_LOG_EVENT_NEEDS_REBOOT)
		at = gw_scan_after(text, "): ");
	else if (event->kind == GW_LOG_EVENT_SOFT_LOCKUP || event->kind == GW_LOG_EVENT_WORKQUEUE_LOCKUP)
		at = gw_scan_after(text, "stuck for ");
	if (at)
		gw_scan_number(&at, &event->number);
}

/* A patch in the same mail has the words of the driver, too. */
static bool event_is_source(const char *text)
{
	return strstr(text, "(\"") || strstr(text, "\");") || strstr(text, "\\n\"") || strstr(text, "/*");
}

bool gw_log_event_parse(struct gw_log_event *ret, const char *text, const char **device, size_t *device_length)
{
	const struct event_words *words = event_find(text);

	if (!words || !event_is_of_gpu(words->kind, text) || event_is_source(text))
		return false;
	*ret = (struct gw_log_event){ .kind = words->kind, .task = GW_LOG_NONE, .device = "" };
	event_number(ret, text);
	/* 79 is the bus, whatever the text behind it says. */
	if (ret->kind == GW_LOG_EVENT_XID && ret->number == 79)
		ret->kind = GW_LOG_EVENT_DEVICE_LOST;
	event_device(text, device, device_length);
	return true;
}
