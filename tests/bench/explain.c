/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What reading a kernel log costs, and judging what it says.
 *
 * usage: explain MOST
 *
 * From 10,000 to MOST bytes of log, see measure.h.
 */
#include "tests/bench/measure.h"

#include <string.h>

#include "lib/explain/explain.h"
#include "lib/log-text/read.h"

#define BYTES_LEAST 10000

struct log {
	char *text;
	size_t size, most;
	uint32_t line;
};

/* A line with the time of its own that it has in a log. */
static void log_line(struct log *log, const char *format, uint32_t a, uint32_t b)
{
	char text[192];
	int length;

	log->line++;
	length = snprintf(text, sizeof(text), "[%5u.%06u] ", log->line / 1000, log->line % 1000 * 1000);
	/* NOLINTNEXTLINE(clang-diagnostic-format-nonliteral) */
	length += snprintf(text + length, sizeof(text) - (size_t)length, format, a, b);
	text[length++] = '\n';
	if (log->size + (size_t)length > log->most)
		length = (int)(log->most - log->size);
	memcpy(log->text + log->size, text, (size_t)length);
	log->size += (size_t)length;
}

/* Nothing hangs: what drivers, the network and the system's manager say. */
static void explain_quiet(struct log *log)
{
	uint32_t i = log->line;

	log_line(log, "amdgpu 0000:%02x:00.0: amdgpu: ring comp_1.%u.0 uses VM inv eng 4 on hub 0", i % 8, i % 4);
	log_line(log, "usb 1-%u: new high-speed USB device number %u using xhci_hcd", i % 4, i);
	log_line(log, "e1000e 0000:00:1f.6 eno%u: NIC Link is Up %u Mbps Full Duplex, Flow Control: Rx/Tx", i % 4,
		 1000);
	log_line(log, "systemd[1]: Started session-%u.scope - Session %u of User builder.", i, i);
	log_line(log, "audit: type=1400 audit(1700000000.%u:%u): apparmor=\"STATUS\" operation=\"profile_load\"",
		 i % 1000, i);
}

static void explain_stack(struct log *log, const char *outermost)
{
	static const char *const frames[] = {
		"__schedule+0x3f2/0x11c0",
		"schedule+0x5a/0xd0",
		"schedule_preempt_disabled+0x11/0x20",
		"__mutex_lock.constprop.0+0x36b/0x680",
		"drm_gem_object_lookup+0x32/0x70 [drm]",
	};
	static const char *const below[] = { "drm_ioctl_kernel+0xb4/0x100 [drm]", "drm_ioctl+0x215/0x480 [drm]",
					     "__x64_sys_ioctl+0x8d/0xd0", "do_syscall_64+0x55/0xb0",
					     "entry_SYSCALL_64_after_hwframe+0x6e/0xd8" };

	log_line(log, "Call Trace:", 0, 0);
	log_line(log, " <TASK>", 0, 0);
	for (size_t i = 0; i < sizeof(frames) / sizeof(frames[0]); i++)
		log_line(log, frames[i], 0, 0);
	log_line(log, outermost, 0, 0);
	for (size_t i = 0; i < sizeof(below) / sizeof(below[0]); i++)
		log_line(log, below[i], 0, 0);
	log_line(log, " </TASK>", 0, 0);
}

/* Reports of hung tasks: two, each of which has the mutex that the other one wants. */
static void explain_hung(struct log *log)
{
	uint32_t pid = 1000 + log->line;

	for (uint32_t i = 0; i < 2; i++) {
		log_line(log, "INFO: task client:%u blocked for more than %u seconds.", pid + i, 120);
		log_line(log, "      Not tainted 6.12.95 #1", 0, 0);
		log_line(log, "task:client          state:D stack:0     pid:%-5u tgid:%-5u ppid:1", pid + i, pid + i);
		explain_stack(log, "amdgpu_cs_ioctl+0x91/0x1f0 [amdgpu]");
		log_line(log, "INFO: task client:%u is blocked on a mutex likely owned by task client:%u.", pid + i,
			 pid + 1 - i);
	}
}

static void (*const explain_shapes[])(struct log *log) = { explain_quiet, explain_hung };
static const char *const explain_names[] = { "quiet", "hung" };

static uint64_t explain_work(size_t shape, uint32_t count, uint64_t *before_kib)
{
	struct log log = { .text = malloc(count), .most = count };
	struct gw_explanation explanation;
	struct gw_log_model model;
	uint64_t begin;

	if (!log.text)
		exit(1);
	while (log.size < log.most)
		explain_shapes[shape](&log);
	*before_kib = measure_kib();
	begin = measure_now();
	if (gw_log_read(&model, log.text, log.size, NULL, NULL) || gw_explain_log(&explanation, &model) ||
	    (explanation.count > 0) != (explain_shapes[shape] == explain_hung))
		exit(1);
	return measure_now() - begin;
}

int main(int argc, char **argv)
{
	return measure_main(argc, argv, explain_work, explain_names, sizeof(explain_names) / sizeof(explain_names[0]),
			    BYTES_LEAST);
}
