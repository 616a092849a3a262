/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Broken rules of signalling sections become one report per code path; events of GPU faults and evictions become nodes. */
#include "bpf/abi/shared.h"
#include "build-snapshot.h"

#define TEST(name) static void name(void **state)

/* A rule broken @count times in a section that @section began; the stack as stack() has it. */
static struct gw_hazard *hazard(struct world *w, enum gw_hazard_rule rule, uint64_t count, const char *section,
				const char *frames)
{
	struct gw_hazard_record *record = new_record(w, GW_RECORD_HAZARD, sizeof(*record));
	struct gw_task_record shape = { .stack_depth = 0 };

	stack(w, &shape, frames);
	w->now_ns += 10 * MS;
	record->hazard = (struct gw_hazard){
		.rule = rule,
		.count = count,
		.first_ns = w->now_ns,
		.last_ns = w->now_ns,
		.section_ip = function(w, section),
		.section_ns = w->now_ns - 1 * MS,
		.object = new_address(w),
		.context = 41,
		.seqno = 7,
		.task = new_address(w),
		.pid = 300,
		.tgid = 300,
		.comm = "gfx",
		.stack_depth = shape.stack_depth,
	};
	memcpy(record->hazard.stack, shape.stack, sizeof(shape.stack));
	return &record->hazard;
}

static size_t hazards(const struct world *w, const struct gw_report **last)
{
	const struct gw_report *const *reports;
	size_t count = gw_analysis_reports(w->analysis, &reports), found = 0;

	for (size_t i = 0; i < count; i++) {
		if (reports[i]->kind != GW_KIND_HAZARD)
			continue;
		found++;
		*last = reports[i];
	}
	return found;
}

static const struct gw_report *only_hazard(const struct world *w)
{
	const struct gw_report *report = NULL;

	assert_int_equal(hazards(w, &report), 1);
	return report;
}

TEST(each_rule_has_its_class_at_the_first_look)
{
	static const struct {
		enum gw_hazard_rule rule;
		enum gw_class class;
		const char *frames, *object, *phrase;
	} rules[] = {
		{ GW_HAZARD_RECLAIM, GW_CLASS_SIGNALLING_RECLAIM, "__kmalloc amdgpu:amdgpu_run", "reclaim",
		  "direct reclaim" },
		{ GW_HAZARD_WW_LOCK, GW_CLASS_SIGNALLING_RESV, "ww_mutex_lock amdgpu:amdgpu_run", "lock",
		  "ww_mutex 0x" },
		{ GW_HAZARD_MMAP_LOCK, GW_CLASS_SIGNALLING_MMAP_LOCK, "down_read amdgpu:amdgpu_run", "lock",
		  "mmap_lock of mm 0x" },
		{ GW_HAZARD_FENCE_WAIT, GW_CLASS_SIGNALLING_FENCE_WAIT, "dma_fence_wait_timeout amdgpu:amdgpu_run",
		  "fence", "fence 41:7" },
	};

	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
		struct world *w = world_new();
		const struct gw_report *report;
		const json_t *object;
		const char *phrase;

		hazard(w, rules[i].rule, 1, "amdgpu_job [amdgpu]", rules[i].frames);
		look(w, 1);
		report = only_hazard(w);
		assert_int_equal(report->class, rules[i].class);
		assert_int_equal(report->confidence, GW_CONFIDENCE_PROVEN);
		assert_int_equal(strncmp(report->summary, "amdgpu_run() of amdgpu ", 23), 0);
		assert_non_null(strstr(report->summary, "amdgpu_job() of amdgpu began"));
		object = json_array_get(report->nodes, 1);
		assert_string_equal(json_string_value(json_object_get(object, "type")), rules[i].object);
		phrase = json_string_value(json_object_get(object, "phrase"));
		assert_int_equal(strncmp(phrase, rules[i].phrase, strlen(rules[i].phrase)), 0);
		assert_string_equal(json_string_value(json_object_get(json_array_get(report->nodes, 0), "phrase")),
				    "gfx (pid 300)");
		world_free(w);
	}
}

TEST(stacks_of_one_code_path_are_one_hazard)
{
	struct world *w = world_new();

	hazard(w, GW_HAZARD_RECLAIM, 3, "job", "__kmalloc run ioctl");
	hazard(w, GW_HAZARD_RECLAIM, 4, "job", "__alloc_pages new_slab ___slab_alloc __kmalloc run worker");
	look(w, 1);
	assert_non_null(strstr(only_hazard(w)->explanation, "Seen 7 times"));
	world_free(w);
}

/* What dma_fence_hazard tells: the stack begins in the kernel's check, and there is no gfp mask. */
TEST(check_of_the_kernel_is_not_to_blame)
{
	struct world *w = world_new();

	hazard(w, GW_HAZARD_RECLAIM, 1, "job",
	       "__dma_fence_hazard_check __dma_fence_hazard_alloc __kmem_cache_alloc_node kmalloc_trace run ioctl");
	look(w, 1);
	assert_int_equal(strncmp(only_hazard(w)->summary, "run() allocates", 15), 0);
	assert_null(strstr(only_hazard(w)->explanation, "gfp mask"));
	world_free(w);
}

TEST(gfp_mask_is_told_where_it_is_known)
{
	struct world *w = world_new();

	hazard(w, GW_HAZARD_RECLAIM, 1, "job", "__kmalloc run ioctl")->flags = 0xcc0;
	look(w, 1);
	assert_non_null(strstr(only_hazard(w)->explanation, ", gfp mask 0xcc0."));
	world_free(w);
}

TEST(another_function_or_section_is_another_hazard)
{
	struct world *w = world_new();
	const struct gw_report *report;

	hazard(w, GW_HAZARD_RECLAIM, 1, "job", "__kmalloc run ioctl");
	hazard(w, GW_HAZARD_RECLAIM, 1, "job", "__kmalloc walk ioctl");
	hazard(w, GW_HAZARD_RECLAIM, 1, "reset", "__kmalloc run ioctl");
	hazard(w, GW_HAZARD_WW_LOCK, 1, "job", "ww_mutex_lock run ioctl");
	look(w, 1);
	assert_int_equal(hazards(w, &report), 4);
	world_free(w);
}

TEST(what_a_wait_allocates_is_part_of_the_wait)
{
	struct world *w = world_new();

	hazard(w, GW_HAZARD_FENCE_WAIT, 1, "job", "dma_fence_wait_any_timeout run ioctl");
	hazard(w, GW_HAZARD_RECLAIM, 1, "job", "__kmalloc dma_fence_wait_any_timeout run ioctl");
	look(w, 1);
	assert_int_equal(only_hazard(w)->class, GW_CLASS_SIGNALLING_FENCE_WAIT);
	world_free(w);
}

TEST(hazard_is_told_again_when_it_became_many_more_only)
{
	struct world *w = world_new();
	struct gw_hazard *h = hazard(w, GW_HAZARD_RECLAIM, 5, "job", "__kmalloc run");
	size_t told;

	look(w, 1);
	told = w->n_changes;
	assert_int_equal(told, 1);
	h->count = 7;
	look(w, 1);
	assert_int_equal(w->n_changes, told);
	h->count = 8;
	look(w, 1);
	assert_int_equal(w->n_changes, told + 1);
	assert_false(gw_analysis_wants_more(w->analysis));
	world_free(w);
}

/* What the kernel's table had before stays reported, and it has others by now. */
TEST(hazards_beyond_those_that_there_is_room_for_are_counted)
{
	struct world *w = world_new();
	struct gw_hazard *h = hazard(w, GW_HAZARD_MMAP_LOCK, 1, "job", "down_read run");

	for (size_t i = 0; i < 4 * GW_HAZARDS_MAX; i++) {
		h->stack[0] = h->stack[1] = 0xffffffffc0001000ULL + 0x1000 * i;
		look(w, 1);
	}
	assert_int_equal(gw_analysis_left_out_hazards(w->analysis), 0);
	for (size_t i = 0; i < 3; i++) {
		h->stack[0] = h->stack[1] = 0xffffffffd0001000ULL + 0x1000 * i;
		look(w, 1);
	}
	assert_int_equal(gw_analysis_left_out_hazards(w->analysis), 1);
	assert_int_equal(count_reports(w, GW_KIND_HAZARD, GW_STATE_ACTIVE), 4 * GW_HAZARDS_MAX);
	world_free(w);
}

TEST(hazard_without_any_symbol_is_told_by_addresses)
{
	struct world *w = world_new();
	struct gw_hazard *h = hazard(w, GW_HAZARD_MMAP_LOCK, 1, "job", "down_read run");

	h->stack[0] = h->stack[1] = 0xffffffffc0001234ULL;
	h->section_ip = 0xffffffffc0005678ULL;
	look(w, 1);
	assert_non_null(strstr(only_hazard(w)->summary, "0xffffffffc0001234"));
	assert_non_null(strstr(only_hazard(w)->summary, "0xffffffffc0005678"));
	world_free(w);
}

TEST(hazard_with_nothing_but_allocator_on_its_stack)
{
	struct world *w = world_new();

	hazard(w, GW_HAZARD_RECLAIM, 1, "job", "__kmalloc");
	look(w, 1);
	assert_non_null(strstr(only_hazard(w)->summary, "Code without a symbol"));
	world_free(w);
}

TEST(damaged_hazard_is_no_snapshot)
{
	struct gw_snapshot **snapshots;
	size_t count;
	struct {
		struct gw_host_record host;
		struct gw_snapshot_record head;
		struct gw_hazard_record record;
	} stream = {
		.host = { .header = { GW_RECORD_HOST, sizeof(stream.host) }, .layout_version = GW_LAYOUT_VERSION },
		.head = { .header = { GW_RECORD_SNAPSHOT, sizeof(stream.head) } },
		.record = { .header = { GW_RECORD_HAZARD, sizeof(stream.record) } },
	};

	stream.record.hazard.rule = GW_HAZARD_RULES;
	assert_int_equal(gw_stream_parse(&stream, sizeof(stream), false, &snapshots, &count, NULL), GW_PARSE_CORRUPT);
	stream.record.hazard.rule = GW_HAZARD_RECLAIM;
	stream.record.hazard.stack_depth = GW_STACK_DEPTH + 1;
	assert_int_equal(gw_stream_parse(&stream, sizeof(stream), false, &snapshots, &count, NULL), GW_PARSE_CORRUPT);
	stream.record.hazard.stack_depth = 0;
	assert_int_equal(gw_stream_parse(&stream, sizeof(stream), false, &snapshots, &count, NULL), GW_PARSE_OK);
	gw_snapshots_free(snapshots, count);
}

/* ---- what a task does for a GPU --------------------------------------------------------- */

static struct gw_activity *activity(struct world *w, const struct gw_task_record *task, enum gw_activity_kind kind)
{
	struct gw_activity_record *record = new_record(w, GW_RECORD_ACTIVITY, sizeof(*record));

	record->task = task->address;
	record->activity = (struct gw_activity){
		.kind = kind,
		.pid = 4711,
		.pasid = 32769,
		.device = 0x300,
		.since_ns = w->now_ns,
		.address = 0x7f0012345000ULL,
	};
	return &record->activity;
}

static const json_t *node_of_type(const struct gw_report *report, const char *type)
{
	json_t *node;
	size_t i;

	json_array_foreach(report->nodes, i, node)
		if (strcmp(json_string_value(json_object_get(node, "type")), type) == 0)
			return node;
	fail_msg("no node of type %s", type);
	return NULL;
}

TEST(fault_node_says_whose_fault_it_is)
{
	struct world *w = world_new();
	struct classic c = classic(w, 101);
	const struct gw_report *report;

	c.holder->watch.sections.fault_since_ns = w->now_ns;
	activity(w, c.holder, GW_ACTIVITY_FAULT);
	look(w, 2);
	assert_deadlock(w, GW_CLASS_FAULT_PREEMPT, GW_CONFIDENCE_PROVEN, "101 102", "");
	report = the_report(w, GW_KIND_DEADLOCK);
	assert_int_equal(json_integer_value(json_object_get(node_of_type(report, "fault"), "pasid")), 32769);
	assert_string_equal(json_string_value(json_object_get(node_of_type(report, "fault"), "fault_address")),
			    "0x00007f0012345000");
	assert_non_null(strstr(report->explanation, "GPU page fault at 0x7f0012345000 of pid 4711 (PASID 32769)"));
	world_free(w);
}

TEST(evict_worker_in_a_loop_is_seen_as_an_eviction)
{
	struct world *w = world_new();
	struct classic c = classic(w, 101);
	const struct gw_report *report;

	activity(w, c.signaller, GW_ACTIVITY_EVICTION);
	look(w, 2);
	assert_deadlock(w, GW_CLASS_FENCE_LOCK_CYCLE, GW_CONFIDENCE_PROVEN, "101 102", "");
	report = the_report(w, GW_KIND_DEADLOCK);
	assert_int_equal(json_integer_value(json_object_get(node_of_type(report, "eviction"), "pid")), 4711);
	assert_non_null(strstr(report->explanation, "eviction of the KFD queues of pid 4711"));
	world_free(w);
}

int main(void)
{
#define T(name) cmocka_unit_test(name)
	const struct CMUnitTest tests[] = {
		T(each_rule_has_its_class_at_the_first_look),
		T(stacks_of_one_code_path_are_one_hazard),
		T(check_of_the_kernel_is_not_to_blame),
		T(gfp_mask_is_told_where_it_is_known),
		T(another_function_or_section_is_another_hazard),
		T(what_a_wait_allocates_is_part_of_the_wait),
		T(hazard_is_told_again_when_it_became_many_more_only),
		T(hazards_beyond_those_that_there_is_room_for_are_counted),
		T(hazard_without_any_symbol_is_told_by_addresses),
		T(hazard_with_nothing_but_allocator_on_its_stack),
		T(damaged_hazard_is_no_snapshot),
		T(fault_node_says_whose_fault_it_is),
		T(evict_worker_in_a_loop_is_seen_as_an_eviction),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
