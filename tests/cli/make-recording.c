/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Writes a recording to standard output:
 *
 *   make-recording deadlock   compositor waits for a fence and holds the mutex that its signaller waits for
 *   make-recording quiet      the same two, and the signaller waits for nothing
 *   make-recording once       the deadlock in one snapshot only
 *   make-recording version    of another layout version
 *   make-recording endian     of the other byte order
 *   make-recording none       without a snapshot
 *   make-recording tiny N     of so many snapshots, with nothing in them
 *   make-recording queue N    with so many tasks that wait for that mutex
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bpf/abi/records.h"
#include "lib/analysis/record/recording.h"

#define SECOND UINT64_C(1000000000)
#define COMPOSITOR UINT64_C(0xffff888100001000)
#define WORKER UINT64_C(0xffff888100002000)
#define FENCE UINT64_C(0xffff888100003000)
#define MUTEX UINT64_C(0xffff888100004000)
#define QUEUE UINT64_C(0xffff888200000000)

#define HEADER(name, record)                                                                                           \
	{                                                                                                              \
		.type = (name), .size = sizeof(record)                                                                 \
	}

static struct gw_recording_writer writer;

static void put(const void *record, size_t size)
{
	if (gw_recording_add(&writer, record, size) < 0 || fwrite(record, size, 1, stdout) != 1)
		abort();
}

static void put_host(void)
{
	struct gw_host_record host = {
		.header = HEADER(GW_RECORD_HOST, host),
		.layout_version = GW_LAYOUT_VERSION,
		.attached_ns = SECOND,
		.release = "6.12.95-test",
		.boot_id = "7c7d6d4e-6a3b-4f0e-9d9b-2d8f3a1c5e10",
		.machine = "x86_64",
	};

	put(&host, sizeof(host));
}

static struct gw_task_record task(uint64_t address, uint32_t pid, const char *comm, struct gw_wait wait)
{
	struct gw_task_record record = {
		.header = { .type = GW_RECORD_TASK, .size = offsetof(struct gw_task_record, stack) },
		.address = address,
		.start_ns = SECOND,
		.pid = pid,
		.tgid = pid,
		.state = 2,
		.switches = 7,
		.user_syscall = ~UINT64_C(0),
		.watch = { .waits = { wait }, .depth = wait.kind != GW_WAIT_NONE },
	};

	snprintf(record.comm, sizeof(record.comm), "%s", comm);
	return record;
}

static void put_compositor(void)
{
	struct gw_wait wait = {
		.kind = GW_WAIT_FENCE, .object = FENCE, .since_ns = 98 * SECOND, .context = 17, .seqno = 42
	};
	struct gw_task_record record = task(COMPOSITOR, 812, "compositor", wait);
	struct gw_fence_record fence = {
		.header = HEADER(GW_RECORD_FENCE, fence),
		.address = FENCE,
		.context = 17,
		.seqno = 42,
		.driver = "amdgpu",
		.timeline = "sdma0",
	};

	put(&record, offsetof(struct gw_task_record, stack));
	put(&fence, sizeof(fence));
}

static void put_worker(int waits)
{
	struct gw_wait wait = {
		.kind = GW_WAIT_LOCK, .flags = GW_LOCK_F_MUTEX, .object = MUTEX, .since_ns = 99 * SECOND
	};
	struct gw_task_record record = task(WORKER, 77, "signal-thread", waits ? wait : (struct gw_wait){ 0 });
	struct gw_lock_record lock = {
		.header = HEADER(GW_RECORD_LOCK, lock),
		.address = MUTEX,
		.owner = COMPOSITOR,
		.kind = GW_LOCK_MUTEX,
		.owner_kind = GW_OWNER_EXCLUSIVE,
		.owner_pid = 812,
	};

	if (!waits)
		record.state = 0;
	put(&record, offsetof(struct gw_task_record, stack));
	if (waits)
		put(&lock, sizeof(lock));
}

static void put_queue(unsigned count)
{
	struct gw_wait wait = {
		.kind = GW_WAIT_LOCK, .flags = GW_LOCK_F_MUTEX, .object = MUTEX, .since_ns = 99 * SECOND
	};

	for (unsigned i = 0; i < count; i++) {
		struct gw_task_record record = task(QUEUE + UINT64_C(0x1000) * i, 10000 + i, "victim", wait);

		put(&record, offsetof(struct gw_task_record, stack));
	}
}

static void put_timeline(void)
{
	struct gw_timeline_record record = {
		.header = HEADER(GW_RECORD_TIMELINE, record),
		.timeline =
			{
				.context = 17,
				.seqno = 41,
				.signallers = {{.task = WORKER,
						.start_ns = SECOND,
						.count = 812,
						.pid = 77,
						.kind = GW_SIGNALLER_TASK,
						.comm = "signal-thread"}},
			},
		.driver = "amdgpu",
		.name = "sdma0",
	};

	put(&record, sizeof(record));
}

static void put_snapshot_head(unsigned sequence)
{
	struct gw_snapshot_record head = {
		.header = HEADER(GW_RECORD_SNAPSHOT, head),
		.sequence = sequence,
		.mono_ns = 100 * SECOND + sequence * SECOND / 4,
		.real_ns = UINT64_C(1763720343) * SECOND + sequence * SECOND / 4,
	};

	put(&head, sizeof(head));
}

static void put_snapshot(unsigned sequence, int waits, unsigned queue)
{
	put_snapshot_head(sequence);
	put_compositor();
	put_worker(waits);
	put_queue(queue);
	put_timeline();
}

int main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "deadlock";
	unsigned number = argc > 2 ? (unsigned)strtoul(argv[2], NULL, 10) : 0;
	unsigned snapshots = strcmp(what, "once") == 0 ? 1 : strcmp(what, "none") == 0 ? 0 : 4;
	int tiny = strcmp(what, "tiny") == 0;
	struct gw_recording_header header;
	struct gw_end_record end;

	gw_recording_begin(&writer, &header);
	if (strcmp(what, "version") == 0)
		header.version += 1000;
	if (strcmp(what, "endian") == 0)
		header.byte_order = 0x04030201;
	fwrite(&header, sizeof(header), 1, stdout);
	put_host();
	for (unsigned i = 0; tiny && i < number; i++)
		put_snapshot_head(i);
	for (unsigned i = 0; !tiny && i < snapshots; i++)
		put_snapshot(i, strcmp(what, "quiet") != 0, number);
	gw_recording_end(&writer, &end);
	fwrite(&end, sizeof(end), 1, stdout);
	return fclose(stdout) != 0;
}
