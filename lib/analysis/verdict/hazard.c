/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From HAZARD records to reports. */
#include "lib/analysis/verdict/hazard.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "lib/analysis/words/json.h"
#include "lib/analysis/words/names.h"
#include "lib/base/hash.h"
#include "lib/base/json.h"
#include "lib/base/text.h"

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

/* ---- who did it -------------------------------------------------------------------------- */

/* Functions that do what they are asked to, and not the ones to blame; a * stands for any ending. */
static const char *const servants[] = {
	/* how a program gets to see an event */
	"bpf_trace_run*",
	"__bpf_trace_*",
	"__traceiter_*",
	"bpf_get_stack*",
	"__dma_fence_hazard_*",
	/* allocators */
	"__kmalloc*",
	"kmalloc*",
	"__do_kmalloc_node",
	"kmem_cache_alloc*",
	"__kmem_cache_alloc*",
	"slab_alloc*",
	"__slab_alloc*",
	"___slab_alloc",
	"allocate_slab",
	"new_slab",
	"alloc_slab_page",
	"refill_*",
	"alloc_from_pcs*",
	"__pcs_*",
	"krealloc*",
	"kvmalloc*",
	"__kvmalloc*",
	"kmemdup*",
	"kstrdup*",
	"__alloc_pages*",
	"alloc_pages*",
	"__alloc_frozen_pages*",
	"alloc_frozen_pages*",
	"__folio_alloc*",
	"folio_alloc*",
	"get_page_from_freelist",
	"__get_free_pages",
	"get_free_pages*",
	"get_zeroed_page*",
	"vmalloc*",
	"__vmalloc*",
	"vzalloc*",
	"prep_new_page",
	"post_alloc_hook",
	/* locks */
	"ww_mutex_lock*",
	"__ww_mutex_lock*",
	"__mmap_lock_do_trace_*",
	"mmap_read_lock*",
	"mmap_write_lock*",
	"down_read*",
	"down_write*",
	/* waits */
	"dma_fence_wait*",
	"dma_fence_default_wait",
	"dma_resv_wait_timeout",
};

static bool hazard_is_servant(const char *function)
{
	for (size_t i = 0; i < LENGTH(servants); i++)
		if (gw_function_is(function, servants[i]))
			return true;
	return false;
}

/* The innermost frame that asked for it: its index, or stack_depth if there is none. */
static uint32_t hazard_culprit_at(const struct gw_snapshot *snapshot, const struct gw_hazard *hazard)
{
	for (uint32_t i = 0; i < hazard->stack_depth; i++) {
		const struct gw_symbol_record *symbol = gw_snapshot_symbol(snapshot, hazard->stack[i]);

		if (!symbol || !hazard_is_servant(symbol->name))
			return i;
	}
	return hazard->stack_depth;
}

/* What a wait for a fence allocates is no second hazard beside the wait. */
static bool hazard_is_part_of_wait(const struct gw_snapshot *snapshot, const struct gw_hazard *hazard)
{
	uint32_t end = hazard_culprit_at(snapshot, hazard);

	for (uint32_t i = 0; hazard->rule == GW_HAZARD_RECLAIM && i < end; i++)
		if (gw_function_is(gw_snapshot_symbol(snapshot, hazard->stack[i])->name, "dma_fence_wait*"))
			return true;
	return false;
}

/* Where the function of an address begins; without a symbol the address itself. */
static uint64_t hazard_function_at(const struct gw_snapshot *snapshot, uint64_t address)
{
	const struct gw_symbol_record *symbol = gw_snapshot_symbol(snapshot, address);

	return symbol ? address - symbol->offset : address;
}

static uint64_t hazard_key(const struct gw_snapshot *snapshot, const struct gw_hazard *hazard)
{
	uint32_t at = hazard_culprit_at(snapshot, hazard);
	uint64_t culprit = at < hazard->stack_depth ? hazard_function_at(snapshot, hazard->stack[at]) : 0;
	uint64_t key = gw_hash_number(GW_HASH_START, hazard->rule);

	return gw_hash_number(gw_hash_number(key, hazard_function_at(snapshot, hazard->section_ip)), culprit);
}

/* ---- the same path once ---------------------------------------------------------------------- */

static int hazard_compare_keys(const void *a, const void *b)
{
	const struct gw_hazard_finding *x = a, *y = b;

	if (x->key != y->key)
		return x->key < y->key ? -1 : 1;
	return x->first_ns < y->first_ns ? -1 : x->first_ns > y->first_ns;
}

static int hazard_compare_times(const void *a, const void *b)
{
	const struct gw_hazard_finding *x = a, *y = b;

	if (x->first_ns != y->first_ns)
		return x->first_ns < y->first_ns ? -1 : 1;
	return x->key < y->key ? -1 : x->key > y->key;
}

static size_t hazard_merge(struct gw_hazard_finding *findings, size_t count)
{
	size_t kept = 0;

	qsort(findings, count, sizeof(*findings), hazard_compare_keys);
	for (size_t i = 0; i < count; i++) {
		struct gw_hazard_finding *known = kept > 0 ? &findings[kept - 1] : NULL;

		if (!known || known->key != findings[i].key) {
			findings[kept++] = findings[i];
			continue;
		}
		known->count += findings[i].count;
		if (findings[i].last->last_ns > known->last->last_ns)
			known->last = findings[i].last;
	}
	qsort(findings, kept, sizeof(*findings), hazard_compare_times);
	return kept;
}

int gw_hazards_find(const struct gw_snapshot *snapshot, struct gw_hazard_finding **ret, size_t *count)
{
	const struct gw_hazard_record *const *records;
	size_t n = gw_snapshot_hazards(snapshot, &records);

	*ret = NULL;
	*count = 0;
	if (n == 0)
		return 0;
	*ret = calloc(n, sizeof(**ret));
	if (!*ret)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++) {
		const struct gw_hazard *hazard = &records[i]->hazard;

		if (!hazard_is_part_of_wait(snapshot, hazard))
			(*ret)[(*count)++] = (struct gw_hazard_finding){
				.last = hazard,
				.key = hazard_key(snapshot, hazard),
				.count = hazard->count,
				.first_ns = hazard->first_ns,
			};
	}
	*count = hazard_merge(*ret, *count);
	return 0;
}

/* ---- the report ---------------------------------------------------------------------------------- */

static const struct rule {
	enum gw_class class;
	const char *does;	 /* completes "foo() ..." */
	const char *explanation; /* completes "It ...", after what it did */
	const char *advice;
} rules[GW_HAZARD_RULES] = {
	[GW_HAZARD_RECLAIM] = {
		GW_CLASS_SIGNALLING_RECLAIM,
		"allocates memory that may have to be reclaimed first",
		"reclaim runs shrinkers and MMU notifiers, and these may wait for fences; one of them may be the fence that this section must signal",
		"For the driver's developers: allocate before the section begins, or with GFP_NOWAIT or GFP_ATOMIC and a way to go on when that fails. GFP_NOFS and GFP_NOIO are no help: MMU notifiers run there, too.",
	},
	[GW_HAZARD_WW_LOCK] = {
		GW_CLASS_SIGNALLING_RESV,
		"takes a dma_resv lock",
		"whoever holds a dma_resv lock may wait for fences; one of them may be the fence that this section must signal",
		"For the driver's developers: take the lock before the job is submitted; in the section, rely on the references and fences that the job holds.",
	},
	[GW_HAZARD_MMAP_LOCK] = {
		GW_CLASS_SIGNALLING_MMAP_LOCK,
		"takes mmap_lock",
		"whoever holds mmap_lock may be in an MMU notifier that waits for fences; one of them may be the fence that this section must signal",
		"For the driver's developers: do not touch user memory or its mappings in the section; pin or map what is needed before, and use mmu_interval_notifier for the rest.",
	},
	[GW_HAZARD_FENCE_WAIT] = {
		GW_CLASS_SIGNALLING_FENCE_WAIT,
		"waits for a fence",
		"the fence that this section must signal then depends on another fence, of which its waiters have no record; two such sections can wait for each other",
		"For the driver's developers: make the other fence a dependency of the job, so that it is signalled before the section begins.",
	},
};

static const struct rule *hazard_rule_of(const struct gw_hazard *hazard)
{
	return &rules[hazard->rule];
}

static void hazard_add_function(struct gw_text *text, const struct gw_snapshot *snapshot, uint64_t address)
{
	const struct gw_symbol_record *symbol = gw_snapshot_symbol(snapshot, address);

	if (!symbol)
		gw_text_add(text, "0x%016" PRIx64, address);
	else if (symbol->module[0])
		gw_text_add(text, "%s() of %s", symbol->name, symbol->module);
	else
		gw_text_add(text, "%s()", symbol->name);
}

static void hazard_add_culprit(struct gw_text *text, const struct gw_snapshot *snapshot, const struct gw_hazard *hazard)
{
	uint32_t at = hazard_culprit_at(snapshot, hazard);

	if (at < hazard->stack_depth)
		hazard_add_function(text, snapshot, hazard->stack[at]);
	else
		gw_text_add(text, "Code without a symbol");
}

static char *hazard_summary(const struct gw_snapshot *snapshot, const struct gw_hazard_finding *finding)
{
	struct gw_text text = { .data = NULL };

	hazard_add_culprit(&text, snapshot, finding->last);
	gw_text_add(&text, " %s, inside the fence-signalling section that ", hazard_rule_of(finding->last)->does);
	hazard_add_function(&text, snapshot, finding->last->section_ip);
	gw_text_add(&text, " began");
	return gw_text_finish(&text);
}

static char *hazard_explanation(const struct gw_snapshot *snapshot, const struct gw_hazard_finding *finding)
{
	const struct gw_hazard *hazard = finding->last;
	struct gw_text text = { .data = NULL };

	gw_text_add(&text, "Between dma_fence_begin_signalling() and dma_fence_end_signalling(), where ");
	hazard_add_function(&text, snapshot, hazard->section_ip);
	gw_text_add(&text, " has promised to signal a fence soon, ");
	hazard_add_culprit(&text, snapshot, hazard);
	gw_text_add(&text, " %s: %s. Seen %" PRIu64 " time%s, the last time in ", hazard_rule_of(hazard)->does,
		    hazard_rule_of(hazard)->explanation, finding->count, finding->count == 1 ? "" : "s");
	gw_name_task(&text, hazard->comm, hazard->pid, hazard->tgid);
	if (hazard->rule == GW_HAZARD_RECLAIM && hazard->flags)
		gw_text_add(&text, ", gfp mask 0x%" PRIx32, hazard->flags);
	gw_text_add(&text, ". Nothing is stuck by it yet.");
	return gw_text_finish(&text);
}

static json_t *hazard_task_phrase(const struct gw_hazard *hazard)
{
	struct gw_text text = { .data = NULL };

	gw_name_task(&text, hazard->comm, hazard->pid, hazard->tgid);
	return gw_text_json(&text);
}

/* As gw_name_phrase() has it for a node: a hazard's objects are no nodes of a graph. */
static json_t *hazard_object_phrase(const struct gw_hazard *hazard)
{
	struct gw_text text = { .data = NULL };

	switch (hazard->rule) {
	case GW_HAZARD_WW_LOCK:
		gw_name_lock(&text, "ww_mutex", "", hazard->object, 0);
		break;
	case GW_HAZARD_MMAP_LOCK:
		gw_name_lock(&text, "rwsem", "", hazard->object, hazard->object);
		break;
	case GW_HAZARD_FENCE_WAIT:
		gw_name_fence(&text, hazard->context, hazard->seqno, hazard->object);
		break;
	default:
		gw_name_reclaim(&text);
	}
	return gw_text_json(&text);
}

static json_t *hazard_task_json(const struct gw_snapshot *snapshot, const struct gw_hazard *hazard)
{
	return json_pack("{s:o, s:s, s:o, s:i, s:i, s:o, s:s, s:o, s:o, s:o, s:s}", "id",
			 json_sprintf("task:%" PRIu32, hazard->pid), "type", "task", "phrase",
			 hazard_task_phrase(hazard), "pid", (int)hazard->pid, "tgid", (int)hazard->tgid, "comm",
			 gw_json_text(hazard->comm), "state", "R", "since_mono_ns", gw_json_number(hazard->section_ns),
			 "address", gw_json_address(hazard->task), "stack",
			 gw_json_stack(snapshot, hazard->stack, hazard->stack_depth), "note",
			 "is inside a fence-signalling section");
}

static json_t *hazard_lock_json(const struct gw_hazard *hazard, const char *lock_type, const char *symbol)
{
	return json_pack("{s:o, s:s, s:o, s:o, s:s, s:s}", "id",
			 json_sprintf("lock:0x%016" PRIx64, (uint64_t)hazard->object), "type", "lock", "phrase",
			 hazard_object_phrase(hazard), "address", gw_json_address(hazard->object), "lock_type",
			 lock_type, "symbol", symbol);
}

static json_t *hazard_object_json(const struct gw_hazard *hazard)
{
	switch (hazard->rule) {
	case GW_HAZARD_WW_LOCK:
		return hazard_lock_json(hazard, "ww_mutex", "");
	case GW_HAZARD_MMAP_LOCK:
		return hazard_lock_json(hazard, "rwsem", "mmap_lock");
	case GW_HAZARD_FENCE_WAIT:
		return json_pack("{s:o, s:s, s:o, s:o, s:o, s:o, s:s, s:s, s:s}", "id",
				 json_sprintf("fence:0x%016" PRIx64, (uint64_t)hazard->object), "type", "fence",
				 "phrase", hazard_object_phrase(hazard), "address", gw_json_address(hazard->object),
				 "context", gw_json_number(hazard->context), "seqno", gw_json_number(hazard->seqno),
				 "driver", "", "timeline", "", "ops", "");
	default:
		return json_pack("{s:o, s:s, s:o, s:o, s:o}", "id", json_sprintf("reclaim:%" PRIu32, hazard->pid),
				 "type", "reclaim", "phrase", hazard_object_phrase(hazard), "task",
				 gw_json_address(hazard->task), "since_mono_ns", gw_json_number(hazard->last_ns));
	}
}

/* Task, what it must not touch, and the edge between them. */
static int hazard_render_json(struct gw_report *report, const struct gw_snapshot *snapshot,
			      const struct gw_hazard *hazard)
{
	json_t *task = hazard_task_json(snapshot, hazard), *object = hazard_object_json(hazard);

	if (task && object) {
		report->edges =
			json_pack("[{s:O, s:O, s:s, s:o, s:s, s:s}]", "from", json_object_get(task, "id"), "to",
				  json_object_get(object, "id"), "relation", "needs-in-section", "since_mono_ns",
				  gw_json_number(hazard->last_ns), "evidence", "tracepoint", "confidence", "proven");
		report->root_node = strdup(json_string_value(json_object_get(task, "id")));
	}
	report->nodes = json_pack("[o, o]", task, object);
	report->cycle = json_array();
	report->victims = json_array();
	return report->nodes && report->edges && report->cycle && report->victims && report->root_node ? 0 : -ENOMEM;
}

int gw_hazard_render(struct gw_report **ret, const struct gw_snapshot *snapshot,
		     const struct gw_hazard_finding *finding)
{
	struct gw_report *report = calloc(1, sizeof(*report));

	if (!report)
		return -ENOMEM;
	report->kind = GW_KIND_HAZARD;
	report->class = hazard_rule_of(finding->last)->class;
	report->confidence = GW_CONFIDENCE_PROVEN;
	report->key = finding->key;
	report->formed_mono_ns = finding->first_ns;
	report->summary = hazard_summary(snapshot, finding);
	report->explanation = hazard_explanation(snapshot, finding);
	report->advice = strdup(hazard_rule_of(finding->last)->advice);
	if (hazard_render_json(report, snapshot, finding->last) < 0 || !report->summary || !report->explanation ||
	    !report->advice) {
		gw_report_free(report);
		return -ENOMEM;
	}
	*ret = report;
	return 0;
}
