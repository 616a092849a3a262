/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Attaches the loader in a guest, prints what became of each probe, and dumps
 * snapshots as text, for eyes and for scripts that compare.
 *
 *   probe-smoke [--pin DIR] [--btf FILE] [--full] [--min-wait MS] [--snapshots N]
 *		 [--interval MS] [--timelines] [--unpin] [--quiet] [--programs]
 */
#include <bpf/bpf.h>
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "daemon/loader.h"

static const char *const states[] = { "attached", "adopted", "waiting", "absent", "failed" };
static const char *const waits[] = { "none", "fence", "fence-any", "syncobj",	 "poll",     "lock",
				     "srcu", "work",  "workqueue", "completion", "notifier", "task" };
static const char *const fences[] = { "plain", "array", "chain", "scheduled", "finished" };
static const char *const locks[] = { "unknown", "mutex", "rwsem", "percpu-rwsem", "rt-mutex" };
static const char *const owners[] = { "none", "exclusive", "reader-hint" };
static const char *const places[] = { "?", "executing", "inactive", "queued", "idle" };
static const char *const signallers[] = { "none", "task", "work", "softirq", "hardirq" };

#define NAME(table, value) ((value) < sizeof(table) / sizeof((table)[0]) ? (table)[value] : "?")

static void print_rows(const struct gw_loader *loader)
{
	const struct gw_probe_info *rows;
	size_t count = gw_loader_probes(loader, &rows), i;

	for (i = 0; i < count; i++)
		printf("probe %-24s %-9s %-8s %s%s%s\n", rows[i].name, NAME(states, rows[i].state), rows[i].module,
		       rows[i].target, *rows[i].why ? ": " : "", rows[i].why);
}

static const void *find(const char *data, size_t size, uint32_t type, uint64_t address)
{
	size_t offset = 0;

	while (offset + sizeof(struct gw_record) <= size) {
		const struct gw_record *record = (const void *)(data + offset);

		if (record->type == type && *(const uint64_t *)(record + 1) == address)
			return record;
		offset += record->size;
	}
	return NULL;
}

static void print_symbol(const char *data, size_t size, uint64_t address)
{
	const struct gw_symbol_record *symbol = find(data, size, GW_RECORD_SYMBOL, address);

	if (symbol)
		printf(" %s+%#" PRIx64 "%s%s%s", symbol->name, (uint64_t)symbol->offset, *symbol->module ? "[" : "",
		       symbol->module, *symbol->module ? "]" : "");
	else
		printf(" %#" PRIx64, address);
}

static void print_task(const char *data, size_t size, const struct gw_task_record *task, uint64_t now)
{
	const struct gw_sections *in = &task->watch.sections;
	uint32_t i;

	printf("task %u/%u %s %#" PRIx64 " state=%#x flags=%#x utime=%" PRIu64 " switches=%" PRIu64 " ip=%#" PRIx64
	       " syscall=%" PRId64 " cgroup=%" PRIu64 "\n",
	       task->pid, task->tgid, task->comm, (uint64_t)task->address, task->state, task->flags,
	       (uint64_t)task->utime_ns, (uint64_t)task->switches, (uint64_t)task->user_ip, (int64_t)task->user_syscall,
	       (uint64_t)task->cgroup_id);
	for (i = 0; i < task->watch.depth && i < GW_WAIT_DEPTH; i++) {
		const struct gw_wait *wait = &task->watch.waits[i];

		printf("  waits %s %#" PRIx64 " flags=%#x context=%" PRIu64 " seqno=%" PRIu64 " count=%u for %" PRId64
		       " ms\n",
		       NAME(waits, wait->kind), (uint64_t)wait->object, wait->flags, (uint64_t)wait->context,
		       (uint64_t)wait->seqno, wait->count, (int64_t)(now - wait->since_ns) / 1000000);
	}
	if (in->notifier_mm)
		printf("  in notifier mm=%#" PRIx64 "\n", (uint64_t)in->notifier_mm);
	if (in->reclaim_since_ns)
		printf("  in reclaim\n");
	if (in->drm_device)
		printf("  in drm section of %#" PRIx64 " depth %u\n", (uint64_t)in->drm_device, in->drm_depth);
	if (in->unplug_device)
		printf("  unplugs %#" PRIx64 "\n", (uint64_t)in->unplug_device);
	if (in->fault_since_ns)
		printf("  in a fault handler\n");
	if (in->work) {
		printf("  executes %#" PRIx64, (uint64_t)in->work);
		print_symbol(data, size, in->work_function);
		printf(" for %" PRId64 " ms\n", in->work_since_ns ? (int64_t)(now - in->work_since_ns) / 1000000 : -1);
	}
	if (task->blocker)
		printf("  blocker %#" PRIx64 " type %u\n", (uint64_t)task->blocker, task->blocker_type);
	printf("  stack:");
	for (i = 0; i < task->stack_depth && i < GW_STACK_DEPTH; i++)
		print_symbol(data, size, task->stack[i]);
	printf("\n");
}

static void print_fence(const char *data, size_t size, const struct gw_fence_record *fence)
{
	uint32_t i;

	printf("  fence %#" PRIx64 " %s %" PRIu64 ":%" PRIu64 " flags=%#x driver='%s' timeline='%s'",
	       (uint64_t)fence->address, NAME(fences, fence->kind), (uint64_t)fence->context, (uint64_t)fence->seqno,
	       fence->flags, fence->driver, fence->timeline);
	print_symbol(data, size, fence->ops);
	print_symbol(data, size, fence->ops_driver);
	if (fence->scheduler)
		printf(" scheduler=%#" PRIx64 " task=%#" PRIx64 " work=%#" PRIx64 " dependency=%#" PRIx64,
		       (uint64_t)fence->scheduler, (uint64_t)fence->sched_task, (uint64_t)fence->sched_work,
		       (uint64_t)fence->dependency);
	for (i = 0; i < fence->member_count && i < GW_FENCE_MEMBERS; i++)
		printf(" [%#" PRIx64 "]", (uint64_t)fence->members[i]);
	printf("\n");
}

static void print_work(const char *data, size_t size, const struct gw_work_record *work)
{
	printf("  work %#" PRIx64 " %s position=%u active=%u/%u queue='%s' worker=%#" PRIx64, (uint64_t)work->work,
	       NAME(places, work->place), work->position, work->nr_active, work->max_active, work->name,
	       (uint64_t)work->worker);
	print_symbol(data, size, work->function);
	printf("\n");
}

static void print_timeline(const char *data, size_t size, const struct gw_timeline_record *record)
{
	int i;

	printf("timeline %" PRIu64 " seqno=%" PRIu64 " changes=%" PRIu64 " '%s' '%s'",
	       (uint64_t)record->timeline.context, (uint64_t)record->timeline.seqno, (uint64_t)record->timeline.changes,
	       record->driver, record->name);
	for (i = 0; i < GW_SIGNALLERS; i++) {
		const struct gw_signaller *who = &record->timeline.signallers[i];

		if (!who->kind)
			continue;
		printf(" %s(%u %s x%" PRIu64 ")", NAME(signallers, who->kind), who->pid, who->comm,
		       (uint64_t)who->count);
		if (who->function)
			print_symbol(data, size, who->function);
	}
	printf("\n");
}

static void print_snapshot(const char *data, size_t size)
{
	size_t offset = 0, present = 0;
	uint64_t now = 0;

	while (offset + sizeof(struct gw_record) <= size) {
		const struct gw_record *record = (const void *)(data + offset);
		const struct gw_lock_record *lock = (const void *)record;

		switch (record->type) {
		case GW_RECORD_SNAPSHOT:
			now = ((const struct gw_snapshot_record *)record)->mono_ns;
			printf("snapshot incomplete=%u\n", ((const struct gw_snapshot_record *)record)->incomplete);
			break;
		case GW_RECORD_TASK:
			print_task(data, size, (const void *)record, now);
			break;
		case GW_RECORD_PRESENT:
			present++;
			break;
		case GW_RECORD_FENCE:
			print_fence(data, size, (const void *)record);
			break;
		case GW_RECORD_LOCK:
			printf("  lock %#" PRIx64 " %s owner=%#" PRIx64 " (%u) %s readers=%u\n",
			       (uint64_t)lock->address, NAME(locks, lock->kind), (uint64_t)lock->owner, lock->owner_pid,
			       NAME(owners, lock->owner_kind), lock->readers);
			break;
		case GW_RECORD_WORK:
			print_work(data, size, (const void *)record);
			break;
		case GW_RECORD_TIMELINE:
			print_timeline(data, size, (const void *)record);
			break;
		}
		if (record->size < sizeof(*record) || record->size > size - offset) {
			printf("BROKEN RECORD at %zu\n", offset);
			exit(1);
		}
		offset += record->size;
	}
	printf("present %zu, %zu bytes\n", present, size);
}

/* What the verifier had to do for each program that is loaded: its time grows with it. */
static void print_programs(void)
{
	uint32_t id = 0;

	while (bpf_prog_get_next_id(id, &id) == 0) {
		struct bpf_prog_info info = {};
		uint32_t size = sizeof(info);
		int fd = bpf_prog_get_fd_by_id(id);

		if (fd >= 0 && bpf_obj_get_info_by_fd(fd, &info, &size) == 0)
			printf("program %-18s verified %u instructions, %u bytes\n", info.name, info.verified_insns,
			       info.jited_prog_len);
		if (fd >= 0)
			close(fd);
	}
}

static double seconds(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec + time.tv_nsec / 1e9;
}

/* Sleeps, but lets the loader handle what happens meanwhile. */
static void serve(struct gw_loader *loader, double duration)
{
	struct pollfd fds[] = { { gw_loader_wake_fd(loader), POLLIN, 0 }, { gw_loader_module_fd(loader), POLLIN, 0 } };
	double end = seconds() + duration, left;
	int r;

	while ((left = end - seconds()) > 0) {
		if (poll(fds, 2, left * 1000 + 1) <= 0)
			continue;
		if (fds[0].revents && (r = gw_loader_drain(loader)) > 0)
			printf("woken %d\n", r);
		if (fds[1].revents && (r = gw_loader_follow_modules(loader)) != 0) {
			printf("modules changed: %d\n", r);
			print_rows(loader);
		}
	}
}

int main(int argc, char **argv)
{
	static const struct option options[] = { { "pin", required_argument, NULL, 'p' },
						 { "btf", required_argument, NULL, 'b' },
						 { "full", no_argument, NULL, 'f' },
						 { "min-wait", required_argument, NULL, 'm' },
						 { "snapshots", required_argument, NULL, 'n' },
						 { "interval", required_argument, NULL, 'i' },
						 { "timelines", no_argument, NULL, 't' },
						 { "unpin", no_argument, NULL, 'u' },
						 { "quiet", no_argument, NULL, 'q' },
						 { "programs", no_argument, NULL, 'P' },
						 {} };
	struct gw_loader_options how = {};
	bool full = false, timelines = false, unpin = false, quiet = false, programs = false;
	int snapshots = 1, interval = 1000, min_wait = 500, c, r, i;
	struct gw_loader_counters counters;
	struct gw_loader *loader;
	char message[256];
	double begin;

	while ((c = getopt_long(argc, argv, "", options, NULL)) >= 0) {
		switch (c) {
		case 'p':
			how.pin_directory = optarg;
			break;
		case 'b':
			how.btf_path = optarg;
			break;
		case 'f':
			full = true;
			break;
		case 'm':
			min_wait = atoi(optarg);
			break;
		case 'n':
			snapshots = atoi(optarg);
			break;
		case 'i':
			interval = atoi(optarg);
			break;
		case 't':
			timelines = true;
			break;
		case 'u':
			unpin = true;
			break;
		case 'q':
			quiet = true;
			break;
		case 'P':
			programs = true;
			break;
		default:
			return 2;
		}
	}
	setvbuf(stdout, NULL, _IOLBF, 0);
	begin = seconds();
	r = gw_loader_new(&loader, &how, message, sizeof(message));
	if (r < 0) {
		printf("loader: %s (%d)\n", message, r);
		return 1;
	}
	printf("loaded in %.2f s\n", seconds() - begin);
	print_rows(loader);
	if (programs)
		print_programs();
	for (i = 0; i < snapshots; i++) {
		void *data = NULL;
		size_t size = 0;

		gw_loader_arm(loader);
		serve(loader, interval / 1e3);
		begin = seconds();
		r = gw_loader_snapshot(loader, full, timelines, min_wait * 1000000ULL, &data, &size);
		printf("snapshot took %.3f s: %d, active waits %" PRIu64 "\n", seconds() - begin, r,
		       gw_loader_active_waits(loader));
		if (r >= 0 && !quiet)
			print_snapshot(data, size);
		free(data);
	}
	gw_loader_counters(loader, &counters);
	printf("wakes %" PRIu64 " missed %" PRIu64 " dropped %" PRIu64 " evicted %" PRIu64 "\n", counters.wakes,
	       counters.missed_waits, counters.dropped_events, counters.evicted_timelines);
	if (unpin)
		printf("unpin: %d\n", gw_loader_unpin(loader));
	gw_loader_free(loader);
	return 0;
}
