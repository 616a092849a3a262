/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The parser trusts nothing: whole, cut and mutilated streams. */
#include "build-snapshot.h"

#include <errno.h>

#include "lib/analysis/record/recording.h"
#include "lib/analysis/record/wait.h"

#define TEST(name) static void name(void **state)

/* A recording with every type of record, of @snapshots snapshots. */
static struct bytes recording(unsigned int snapshots)
{
	struct gw_recording_writer writer;
	struct gw_recording_header header;
	struct gw_end_record end;
	struct bytes file = { .data = NULL };
	struct world *w = world_new();
	struct classic c = classic(w, 101);

	present(w, 20, "idle");
	queued_inactive(w, 0xffff8880aaaa0000, "gpulab_work [gpulab]", 0xffff8880bbbb0000, 1);
	stack(w, c.holder, "schedule dma_fence_wait_timeout gpulab:holder_thread kthread");
	gw_recording_begin(&writer, &header);
	put(&file, &header, sizeof(header));
	assert_int_equal(gw_recording_add(&writer, &w->host, sizeof(w->host)), 0);
	put(&file, &w->host, sizeof(w->host));
	while (snapshots--) {
		struct bytes records = snapshot_bytes(w);

		assert_int_equal(gw_recording_add(&writer, records.data, records.size), 0);
		put(&file, records.data, records.size);
		free(records.data);
		w->now_ns += SECOND;
	}
	gw_recording_end(&writer, &end);
	put(&file, &end, sizeof(end));
	world_free(w);
	return file;
}

static int parse(const struct bytes *file)
{
	struct gw_snapshot **snapshots;
	size_t count, offset;
	int r = gw_recording_parse(file->data, file->size, &snapshots, &count, &offset);

	assert_true(offset <= file->size);
	if (r == GW_PARSE_OK)
		gw_snapshots_free(snapshots, count);
	return r;
}

/* The bytes of the first record of a type. */
static void *record_of_type(const struct bytes *file, uint32_t type)
{
	for (size_t at = sizeof(struct gw_recording_header); at < file->size;) {
		struct gw_record *record = (struct gw_record *)(file->data + at);

		if (record->type == type)
			return record;
		at += record->size;
	}
	fail_msg("no record of type %u", type);
	return NULL;
}

/* As a stream, without the checksum, which would hide the reason. */
static int parse_stream(const struct bytes *file)
{
	struct gw_snapshot **snapshots;
	size_t count, skip = sizeof(struct gw_recording_header);
	int r = gw_stream_parse(file->data + skip, file->size - skip - sizeof(struct gw_end_record), false, &snapshots,
				&count, NULL);

	if (r == GW_PARSE_OK)
		gw_snapshots_free(snapshots, count);
	return r;
}

TEST(whole_recording_gives_its_snapshots_in_order)
{
	struct bytes file = recording(3);
	struct gw_snapshot **snapshots;
	size_t count, offset;

	assert_int_equal(gw_recording_parse(file.data, file.size, &snapshots, &count, &offset), GW_PARSE_OK);
	assert_int_equal(count, 3);
	assert_int_equal(offset, file.size);
	for (size_t i = 0; i < count; i++) {
		assert_int_equal(gw_snapshot_head(snapshots[i])->sequence, i);
		assert_string_equal(gw_snapshot_host(snapshots[i])->release, "6.1.0-test");
	}
	/* Each of them outlives the others, and the file. */
	free(file.data);
	gw_snapshot_free(snapshots[0]);
	gw_snapshot_free(snapshots[2]);
	assert_int_equal(gw_snapshot_head(snapshots[1])->sequence, 1);
	gw_snapshot_free(snapshots[1]);
	free(snapshots);
}

TEST(recording_without_snapshots_is_whole)
{
	struct bytes file = recording(0);

	assert_int_equal(parse(&file), GW_PARSE_OK);
	free(file.data);
}

TEST(records_are_found_by_their_keys)
{
	struct world *w = world_new();
	struct classic c = classic(w, 101);
	struct gw_present_record *idle = present(w, 20, "idle");
	struct gw_work_record *work =
		queued_inactive(w, 0xffff8880aaaa0000, "gpulab_work [gpulab]", 0xffff8880bbbb0000, 1);
	struct gw_snapshot *snapshot = snapshot_of(w);
	const struct gw_task_record *const *tasks;

	assert_int_equal(gw_snapshot_tasks(snapshot, &tasks), 2);
	assert_int_equal(tasks[0]->pid, 101);
	assert_int_equal(gw_snapshot_task(snapshot, c.signaller->address)->pid, 102);
	assert_int_equal(gw_snapshot_present(snapshot, idle->address)->pid, 20);
	assert_int_equal(gw_snapshot_fence(snapshot, c.fence->address)->seqno, 7);
	assert_int_equal(gw_snapshot_lock(snapshot, c.lock->address)->owner_pid, 101);
	assert_int_equal(gw_snapshot_work(snapshot, work->work)->place, GW_WORK_INACTIVE);
	assert_string_equal(gw_snapshot_timeline(snapshot, c.ring->timeline.context)->name, "gfx");
	assert_string_equal(gw_snapshot_symbol(snapshot, work->function)->module, "gpulab");
	assert_null(gw_snapshot_task(snapshot, 0));
	assert_null(gw_snapshot_task(snapshot, UINT64_MAX));
	assert_null(gw_snapshot_present(snapshot, c.holder->address));
	gw_snapshot_free(snapshot);
	world_free(w);
}

TEST(first_of_several_records_with_one_address_counts)
{
	struct world *w = world_new();
	struct gw_task_record *first = kthread(w, 101, "first"), *second = kthread(w, 102, "second");
	const struct gw_task_record *const *tasks;
	struct gw_snapshot *snapshot;

	second->address = first->address;
	snapshot = snapshot_of(w);
	assert_int_equal(gw_snapshot_task(snapshot, first->address)->pid, 101);
	assert_int_equal(gw_snapshot_tasks(snapshot, &tasks), 1);
	assert_ptr_equal(tasks[0], gw_snapshot_task(snapshot, first->address));
	gw_snapshot_free(snapshot);
	look(w, 2);
	world_free(w);
}

TEST(function_is_found_on_a_stack_with_a_compilers_suffix_but_not_by_prefix)
{
	struct world *w = world_new();
	struct gw_task_record *task = kthread(w, 101, "task");
	struct gw_snapshot *snapshot;

	stack(w, task, "schedule __ww_mutex_lock.constprop.0 dma_fence_wait_timeout");
	snapshot = snapshot_of(w);
	task = (struct gw_task_record *)gw_snapshot_task(snapshot, task->address);
	assert_true(gw_snapshot_stack_has(snapshot, task, "__ww_mutex_lock"));
	assert_true(gw_snapshot_stack_has(snapshot, task, "schedule"));
	assert_false(gw_snapshot_stack_has(snapshot, task, "dma_fence_wait"));
	assert_false(gw_snapshot_stack_has(snapshot, task, "sched"));
	gw_snapshot_free(snapshot);
	world_free(w);
}

/* ---- damage ------------------------------------------------------------------------ */

TEST(file_cut_anywhere_is_truncated)
{
	struct bytes file = recording(2), cut = file;

	for (cut.size = 0; cut.size < file.size; cut.size++) {
		/* From exactly as much memory, so that reading past it is seen. */
		cut.data = memcpy(malloc(cut.size + 1), file.data, cut.size);
		cut.data = realloc(cut.data, cut.size ? cut.size : 1);
		assert_int_equal(parse(&cut), GW_PARSE_TRUNCATED);
		free(cut.data);
	}
	free(file.data);
}

TEST(any_bit_flipped_is_noticed)
{
	struct bytes file = recording(1);

	for (size_t at = 0; at < file.size; at++) {
		for (unsigned int bit = 0; bit < 8; bit++) {
			int r;

			file.data[at] ^= (char)(1 << bit);
			r = parse(&file);
			assert_true(r == GW_PARSE_TRUNCATED || r == GW_PARSE_CORRUPT || r == GW_PARSE_FOREIGN);
			file.data[at] ^= (char)(1 << bit);
		}
	}
	assert_int_equal(parse(&file), GW_PARSE_OK);
	free(file.data);
}

TEST(any_byte_changed_in_a_live_stream_never_crashes_the_analysis)
{
	struct bytes file = recording(2);
	size_t skip = sizeof(struct gw_recording_header), end = sizeof(struct gw_end_record);
	static const unsigned char values[] = { 0x00, 0x01, 0x80, 0xff };

	for (size_t at = skip; at < file.size - end; at++) {
		for (size_t v = 0; v < sizeof(values); v++) {
			char saved = file.data[at];
			struct gw_snapshot **snapshots;
			struct gw_analysis *analysis;
			size_t count;

			file.data[at] = (char)values[v];
			if (gw_stream_parse(file.data + skip, file.size - skip - end, false, &snapshots, &count,
					    NULL) == GW_PARSE_OK) {
				assert_int_equal(gw_analysis_new(&analysis, &GW_POLICY_DEFAULT), 0);
				for (size_t i = 0; i < count; i++)
					assert_int_equal(gw_analysis_step(analysis, snapshots[i], NULL, NULL), 0);
				gw_analysis_free(analysis);
				free(snapshots);
			}
			file.data[at] = saved;
		}
	}
	free(file.data);
}

TEST(text_file_is_foreign)
{
	struct bytes file = { .data = (char *)"Not a recording, but long enough to be one.", .size = 43 };

	assert_int_equal(parse(&file), GW_PARSE_FOREIGN);
}

TEST(empty_file_is_truncated)
{
	struct bytes file = { .data = (char *)"", .size = 0 };

	assert_int_equal(parse(&file), GW_PARSE_TRUNCATED);
}

TEST(other_byte_order_is_foreign)
{
	struct bytes file = recording(1);

	((struct gw_recording_header *)file.data)->byte_order = 0x04030201;
	assert_int_equal(parse(&file), GW_PARSE_FOREIGN);
	free(file.data);
}

TEST(other_layout_version_is_foreign_whatever_its_sizes)
{
	struct bytes file = recording(1);
	struct gw_host_record *host = record_of_type(&file, GW_RECORD_HOST);

	host->layout_version = GW_LAYOUT_VERSION + 1;
	host->header.size += 8;
	assert_int_equal(parse(&file), GW_PARSE_FOREIGN);
	free(file.data);
}

TEST(bytes_after_the_end_are_corrupt)
{
	struct bytes file = recording(1);

	put(&file, "12345678", 8);
	assert_int_equal(parse(&file), GW_PARSE_CORRUPT);
	free(file.data);
}

TEST(records_outside_a_snapshot_are_corrupt)
{
	struct world *w = world_new();
	struct gw_task_record *task = kthread(w, 101, "task");
	struct bytes file = { .data = NULL };

	put(&file, "GPUWATCHheader..", sizeof(struct gw_recording_header));
	put(&file, &w->host, sizeof(w->host));
	put_task(&file, task);
	put(&file, task, sizeof(struct gw_end_record)); /* stands in for the end that parse_stream() leaves out */
	assert_int_equal(parse_stream(&file), GW_PARSE_CORRUPT);
	free(file.data);
	world_free(w);
}

TEST(second_host_record_is_corrupt)
{
	struct bytes file = recording(1);
	struct gw_present_record *record = record_of_type(&file, GW_RECORD_PRESENT);

	record->header.type = GW_RECORD_HOST;
	assert_int_equal(parse_stream(&file), GW_PARSE_CORRUPT);
	free(file.data);
}

TEST(stack_deeper_than_its_record_is_corrupt)
{
	struct bytes file = recording(1);
	struct gw_task_record *task = record_of_type(&file, GW_RECORD_TASK);

	task->stack_depth++;
	assert_int_equal(parse_stream(&file), GW_PARSE_CORRUPT);
	task->stack_depth = GW_STACK_DEPTH + 1;
	assert_int_equal(parse_stream(&file), GW_PARSE_CORRUPT);
	free(file.data);
}

TEST(text_without_end_is_corrupt)
{
	struct bytes file = recording(1);
	struct gw_task_record *task = record_of_type(&file, GW_RECORD_TASK);

	memset(task->comm, 'x', sizeof(task->comm));
	assert_int_equal(parse_stream(&file), GW_PARSE_CORRUPT);
	free(file.data);
}

TEST(records_of_a_later_version_are_left_out)
{
	struct bytes file = recording(1);
	struct gw_fence_record *fence = record_of_type(&file, GW_RECORD_FENCE);

	fence->header.type = GW_RECORD_TYPES + 7;
	assert_int_equal(parse_stream(&file), GW_PARSE_OK);
	fence->header.size = 1 << 20;
	assert_int_equal(parse_stream(&file), GW_PARSE_TRUNCATED);
	free(file.data);
}

TEST(values_out_of_their_range_are_corrupt)
{
	struct bytes file = recording(1);
	struct gw_task_record *task = record_of_type(&file, GW_RECORD_TASK);
	struct gw_fence_record *fence = record_of_type(&file, GW_RECORD_FENCE);
	struct gw_lock_record *lock = record_of_type(&file, GW_RECORD_LOCK);
	struct gw_work_record *work = record_of_type(&file, GW_RECORD_WORK);
	struct gw_timeline_record *timeline = record_of_type(&file, GW_RECORD_TIMELINE);
	struct {
		uint32_t *field, bad;
	} fields[] = {
		{ &task->watch.depth, GW_WAIT_DEPTH + 1 },
		{ &task->watch.waits[0].kind, GW_WAIT_KINDS },
		{ &fence->kind, GW_FENCE_SCHED_FINISHED + 1 },
		{ &fence->member_count, GW_FENCE_MEMBERS + 1 },
		{ &lock->kind, GW_LOCK_KINDS },
		{ &lock->owner_kind, GW_OWNER_KINDS },
		{ &work->place, 0 },
		{ &work->place, GW_WORK_DELAYED + 1 },
		{ &timeline->timeline.signallers[0].kind, GW_SIGNALLER_HARDIRQ + 1 },
		{ &fence->header.type, 0x10000 },
		{ &fence->header.type, 0 },
		{ &fence->header.size, sizeof(*fence) + 4 },
		{ &fence->header.size, 0 },
		{ &fence->header.size, sizeof(*fence) - 8 },
	};

	assert_int_equal(parse_stream(&file), GW_PARSE_OK);
	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
		uint32_t good = *fields[i].field;

		*fields[i].field = fields[i].bad;
		assert_int_equal(parse_stream(&file), GW_PARSE_CORRUPT);
		*fields[i].field = good;
	}
	free(file.data);
}

TEST(waits_beyond_the_depth_are_left_over_and_not_looked_at)
{
	struct bytes file = recording(1);
	struct gw_task_record *task = record_of_type(&file, GW_RECORD_TASK);

	task->watch.waits[GW_WAIT_DEPTH - 1].kind = 0xdead;
	assert_int_equal(parse_stream(&file), GW_PARSE_OK);
	free(file.data);
}

TEST(writer_refuses_records_that_do_not_add_up)
{
	struct gw_recording_writer writer;
	struct gw_recording_header header;
	struct gw_record record = { .type = GW_RECORD_TASK, .size = 16 };

	gw_recording_begin(&writer, &header);
	assert_int_equal(gw_recording_add(&writer, &record, sizeof(record)), -EINVAL);
	record.size = 0;
	assert_int_equal(gw_recording_add(&writer, &record, sizeof(record)), -EINVAL);
	record.size = sizeof(record);
	assert_int_equal(gw_recording_add(&writer, &record, sizeof(record)), 0);
}

/* ---- the wait that counts -------------------------------------------------------------- */

TEST(completion_below_a_flush_is_the_flush)
{
	struct world *w = world_new();
	struct gw_task_record *task = kthread(w, 101, "task");
	struct gw_wait wait;

	assert_false(gw_task_wait(task, &wait));
	waits(w, task, GW_WAIT_WORK, 0x1000);
	waits(w, task, GW_WAIT_COMPLETION, 0x2000);
	assert_true(gw_task_wait(task, &wait));
	assert_int_equal(wait.kind, GW_WAIT_WORK);
	assert_int_equal(wait.object, 0x1000);
	waits(w, task, GW_WAIT_LOCK, 0x3000);
	assert_true(gw_task_wait(task, &wait));
	assert_int_equal(wait.kind, GW_WAIT_LOCK);
	world_free(w);
}

TEST(completion_below_a_fence_wait_is_a_completion)
{
	struct world *w = world_new();
	struct gw_task_record *task = kthread(w, 101, "task");
	struct gw_wait wait;

	waits(w, task, GW_WAIT_FENCE, 0x1000);
	waits(w, task, GW_WAIT_COMPLETION, 0x2000);
	assert_true(gw_task_wait(task, &wait));
	assert_int_equal(wait.kind, GW_WAIT_COMPLETION);
	world_free(w);
}

TEST(state_letters_are_those_of_ps)
{
	assert_string_equal(gw_state_letter(0), "R");
	assert_string_equal(gw_state_letter(1), "S");
	assert_string_equal(gw_state_letter(2), "D");
	assert_string_equal(gw_state_letter(0x102), "D"); /* TASK_KILLABLE */
	assert_string_equal(gw_state_letter(0x402), "I"); /* TASK_IDLE */
	assert_string_equal(gw_state_letter(0x80), "X");
}

#define T(name) cmocka_unit_test(name)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(whole_recording_gives_its_snapshots_in_order),
		T(recording_without_snapshots_is_whole),
		T(records_are_found_by_their_keys),
		T(first_of_several_records_with_one_address_counts),
		T(function_is_found_on_a_stack_with_a_compilers_suffix_but_not_by_prefix),
		T(file_cut_anywhere_is_truncated),
		T(any_bit_flipped_is_noticed),
		T(any_byte_changed_in_a_live_stream_never_crashes_the_analysis),
		T(text_file_is_foreign),
		T(empty_file_is_truncated),
		T(other_byte_order_is_foreign),
		T(other_layout_version_is_foreign_whatever_its_sizes),
		T(bytes_after_the_end_are_corrupt),
		T(records_outside_a_snapshot_are_corrupt),
		T(second_host_record_is_corrupt),
		T(stack_deeper_than_its_record_is_corrupt),
		T(text_without_end_is_corrupt),
		T(records_of_a_later_version_are_left_out),
		T(values_out_of_their_range_are_corrupt),
		T(waits_beyond_the_depth_are_left_over_and_not_looked_at),
		T(writer_refuses_records_that_do_not_add_up),
		T(completion_below_a_flush_is_the_flush),
		T(completion_below_a_fence_wait_is_a_completion),
		T(state_letters_are_those_of_ps),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
