/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A word is about a task by its pid, and about a GPU by its driver's name. What drivers report recovers mostly, and the next
 * hang of the same driver is another one: a message counts from shortly before the oldest of the chain's waits began. What
 * is older counts only where it lasts, and says that it is older.
 */
#include "lib/analysis/words/kernel-log.h"

#include <string.h>

#include "lib/analysis/record/subsystem.h"
#include "lib/analysis/words/names.h"
#include "lib/analysis/words/word.h"
#include "lib/base/hash.h"
#include "lib/base/json.h"
#include "lib/base/units.h"

/* Words are about a hang from so long before its oldest wait began: what goes wrong comes before who waits for it. */
#define BEFORE_US (2 * GW_USEC_PER_SEC)

/* A work item that waits began before it waits: a reset reports itself first. But some items run for hours. */
#define WORK_BEFORE_US (60 * GW_USEC_PER_SEC)

/* Of the drivers in a chain; of more the first ones count. */
#define DRIVERS_MAX 8

/* Whose words are asked for, and from when on they count. */
struct klog {
	const struct gw_graph *graph;
	const struct gw_finding *finding;
	/* CLOCK_MONOTONIC: the oldest wait; and the oldest work item that waits, if older */
	uint64_t began_us, work_us;
	/* that the chain's nodes have to do with */
	const char *drivers[DRIVERS_MAX];
	size_t n_drivers;
};

/* ---- since when, and whose ------------------------------------------------------------- */

/* 0: it does not wait, or nobody knows since when. */
static uint64_t klog_began_us(const struct gw_node *node)
{
	if (node->type != GW_NODE_TASK || !node->task)
		return 0;
	if (node->spell)
		return node->spell->since_ns / GW_NSEC_PER_USEC;
	if (!gw_task_sleeps(node->task))
		return 0;
	return (node->since_ns ? node->since_ns : node->task->last_ran_ns) / GW_NSEC_PER_USEC;
}

static void klog_add_wait(struct klog *klog, uint32_t index)
{
	const struct gw_node *node = &klog->graph->nodes[index];
	uint64_t began = klog_began_us(node), work;

	if (began == 0)
		return;
	klog->began_us = began < klog->began_us ? began : klog->began_us;
	work = node->task->watch.sections.work_since_ns / GW_NSEC_PER_USEC;
	if (work && work + WORK_BEFORE_US >= began && work < klog->work_us)
		klog->work_us = work;
}

/* The driver that a node has to do with, "" if it is none or not known. */
static const char *klog_driver(const struct gw_graph *graph, const struct gw_node *node)
{
	struct gw_subsystem subsystem;

	if (node->type == GW_NODE_DEVICE) {
		const struct gw_device *device = gw_name_find_device(graph->snapshot, node->address);

		return device ? device->driver : "";
	}
	if (node->type != GW_NODE_TASK)
		return gw_name_driver(graph, node);
	if (!node->task)
		return "";
	subsystem = gw_subsystem_of_task(graph->snapshot, node->task);
	return subsystem.kind == GW_SUBSYSTEM_GPU && !subsystem.generic ? subsystem.name : "";
}

static void klog_add_driver(struct klog *klog, uint32_t index)
{
	const char *driver = klog_driver(klog->graph, &klog->graph->nodes[index]);

	for (size_t i = 0; i < klog->n_drivers; i++)
		if (strcmp(klog->drivers[i], driver) == 0)
			return;
	if (driver[0] && klog->n_drivers < DRIVERS_MAX)
		klog->drivers[klog->n_drivers++] = driver;
}

/* Jobs may wait for each other without any task: then whoever waits for them shows since when. */
static struct klog klog_of(const struct gw_graph *graph, const struct gw_finding *finding)
{
	uint64_t now_us = gw_snapshot_head(graph->snapshot)->mono_ns / GW_NSEC_PER_USEC;
	struct klog klog = { .graph = graph, .finding = finding, .began_us = now_us, .work_us = now_us };

	for (uint32_t i = 0; i < finding->chain.count; i++) {
		klog_add_wait(&klog, finding->chain.items[i]);
		klog_add_driver(&klog, finding->chain.items[i]);
	}
	for (uint32_t i = 0; i < finding->victims.count && klog.began_us == now_us; i++)
		klog_add_wait(&klog, finding->victims.items[i]);
	return klog;
}

static bool klog_is_since(const struct klog *klog, const struct gw_word_record *word, uint64_t since_us)
{
	return gw_word_latest_us(klog->graph->snapshot, word) >= since_us;
}

static bool klog_is_recent(const struct klog *klog, const struct gw_word_record *word)
{
	return klog_is_since(klog, word, klog->work_us) ||
	       gw_word_latest_us(klog->graph->snapshot, word) + BEFORE_US >= klog->began_us;
}

/* How long before the oldest wait began it was logged, at the least; 0 = it belongs to this hang. */
static uint64_t klog_before_us(const struct klog *klog, const struct gw_word_record *word)
{
	return klog_is_recent(klog, word) ? 0 : klog->began_us - gw_word_latest_us(klog->graph->snapshot, word);
}

/* ---- about a task -------------------------------------------------------------------- */

static uint32_t klog_task(const struct klog *klog, const struct gw_word_record *word)
{
	const struct gw_finding *finding = klog->finding;

	for (uint32_t i = 0; i < finding->chain.count; i++)
		if (gw_word_is_about(klog->graph->snapshot, word, &klog->graph->nodes[finding->chain.items[i]]))
			return finding->chain.items[i];
	return GW_NO_NODE;
}

/* An oops stays. That a task was stuck is about this wait only if it was logged since that began. */
static bool klog_task_counts(const struct klog *klog, uint32_t node, const struct gw_word_record *word,
			     enum gw_log_event_kind kind)
{
	uint64_t began_us = klog_began_us(&klog->graph->nodes[node]);

	return kind == GW_LOG_EVENT_OOPS || klog_is_since(klog, word, began_us ? began_us : klog->began_us);
}

/* ---- about a GPU --------------------------------------------------------------------- */

static bool klog_is_in_word(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

/* Whether the text has the name, as a word of its own. */
static bool klog_has(const char *text, const char *name)
{
	size_t length = strlen(name);

	for (const char *at = strstr(text, name); at && length > 0; at = strstr(at + 1, name))
		if ((at == text || !klog_is_in_word(at[-1])) && !klog_is_in_word(at[length]))
			return true;
	return false;
}

/* The resource manager of NVIDIA's modules has a name of its own in the log. */
static bool klog_has_driver(const char *text, const char *driver)
{
	return klog_has(text, driver) || (strncmp(driver, "nvidia", strlen("nvidia")) == 0 && klog_has(text, "NVRM"));
}

/* Whether the text names a device, and none of those whose fences the chain has. */
static bool klog_is_other_device(const struct klog *klog, const struct gw_word_record *word)
{
	const struct gw_finding *finding = klog->finding;
	bool other = false;

	for (uint32_t i = 0; i < finding->chain.count; i++) {
		const struct gw_device *device =
			gw_name_fence_device(klog->graph, &klog->graph->nodes[finding->chain.items[i]]);

		if (!device)
			continue;
		if (!gw_word_is_of_other_device(word, device->name))
			return false;
		other = true;
	}
	return other;
}

/* A driver's oops by the stack, whoever it was; other messages by their text. */
static bool klog_is_about_gpu(const struct klog *klog, const struct gw_word_record *word)
{
	for (size_t i = 0; i < klog->n_drivers; i++)
		if (klog_has_driver(word->pid ? word->module : word->text, klog->drivers[i]))
			return !klog_is_other_device(klog, word);
	return false;
}

/* Trouble that lasts until a reset ends it. */
static bool klog_lasts(enum gw_log_event_kind kind)
{
	return kind == GW_LOG_EVENT_WEDGED || kind == GW_LOG_EVENT_DEVICE_LOST || kind == GW_LOG_EVENT_NEEDS_REBOOT ||
	       kind == GW_LOG_EVENT_RESET_FAILED;
}

static bool klog_is_over(const struct klog *klog, const struct gw_word_record *word)
{
	const struct gw_word_record *const *words;
	size_t count = gw_snapshot_words(klog->graph->snapshot, &words);
	struct gw_log_event event;

	for (size_t i = 0; i < count; i++)
		if (words[i]->log_us > word->log_us && gw_word_parse(words[i], &event) &&
		    event.kind == GW_LOG_EVENT_RESET_SUCCESS && klog_is_about_gpu(klog, words[i]))
			return true;
	return false;
}

/* The memory of the owner at the end of the chain shows another task's pid, or none, by now. */
static bool klog_misses_owner(const struct klog *klog)
{
	const struct gw_finding *finding = klog->finding;
	const struct gw_node *last;

	if (finding->chain.count == 0)
		return false;
	last = &klog->graph->nodes[finding->chain.items[finding->chain.count - 1]];
	return last->type == GW_NODE_TASK && last->gone && !gw_word_of_oops(klog->graph, last);
}

static bool klog_gpu_counts(const struct klog *klog, const struct gw_word_record *word, enum gw_log_event_kind kind)
{
	bool recent = klog_is_recent(klog, word);

	if (kind == GW_LOG_EVENT_OOPS)
		return klog_is_about_gpu(klog, word) && (recent || klog_misses_owner(klog));
	/* Whom a message is about takes longest to find out. */
	if (word->pid || (!recent && !klog_lasts(kind)) || !klog_is_about_gpu(klog, word))
		return false;
	return recent || !klog_is_over(klog, word);
}

/* ---- cited ---------------------------------------------------------------------------- */

/* In order of time; of too many the oldest goes. */
static size_t klog_insert(struct gw_cited *list, size_t count, const struct gw_cited *cited)
{
	size_t at = count;

	if (count == GW_CITED_MAX && cited->word->log_us < list[0].word->log_us)
		return count;
	if (count == GW_CITED_MAX)
		memmove(list, list + 1, --count * sizeof(*list));
	for (at = count; at > 0 && list[at - 1].word->log_us > cited->word->log_us; at--)
		list[at] = list[at - 1];
	list[at] = *cited;
	return count + 1;
}

static bool klog_counts(const struct klog *klog, struct gw_cited *cited)
{
	struct gw_log_event event;

	if (!gw_word_parse(cited->word, &event))
		return false;
	cited->kind = event.kind;
	cited->node = klog_task(klog, cited->word);
	cited->before_us = klog_before_us(klog, cited->word);
	cited->may_be_owner = cited->node == GW_NO_NODE && event.kind == GW_LOG_EVENT_OOPS && klog_misses_owner(klog);
	if (cited->node != GW_NO_NODE && klog_task_counts(klog, cited->node, cited->word, event.kind))
		return true;
	return klog_gpu_counts(klog, cited->word, event.kind);
}

size_t gw_kernel_log_cited(const struct gw_graph *graph, const struct gw_finding *finding, struct gw_cited *ret)
{
	const struct gw_word_record *const *words;
	size_t n_words = graph->from_text ? 0 : gw_snapshot_words(graph->snapshot, &words), count = 0;
	struct klog klog;

	if (n_words)
		klog = klog_of(graph, finding);
	for (size_t i = 0; i < n_words; i++) {
		struct gw_cited cited = { .word = words[i] };

		if (klog_counts(&klog, &cited))
			count = klog_insert(ret, count, &cited);
	}
	return count;
}

uint64_t gw_kernel_log_fingerprint(const struct gw_graph *graph, const struct gw_finding *finding)
{
	struct gw_cited cited[GW_CITED_MAX];
	size_t count = gw_kernel_log_cited(graph, finding, cited);
	uint64_t kinds = 0, tasks = 0;

	for (size_t i = 0; i < count; i++) {
		kinds |= UINT64_C(1) << cited[i].kind;
		tasks |= cited[i].word->pid ? gw_hash_spread(cited[i].word->pid) : 0;
	}
	return count ? gw_hash_number(gw_hash_number(GW_HASH_START, kinds), tasks) : 0;
}

static void klog_put_task(json_t *json, const struct gw_graph *graph, const struct gw_cited *cited, bool *failed)
{
	struct gw_text id = { .data = NULL };

	gw_json_put(json, "pid", gw_json_number(cited->word->pid), failed);
	gw_json_put(json, "comm", gw_json_text(cited->word->comm), failed);
	if (cited->word->module[0])
		gw_json_put(json, "module", gw_json_text(cited->word->module), failed);
	if (cited->node == GW_NO_NODE)
		return;
	gw_name_id(&id, &graph->nodes[cited->node]);
	gw_json_put(json, "node", gw_text_json(&id), failed);
}

static json_t *klog_json(const struct gw_graph *graph, const struct gw_cited *cited)
{
	json_t *json = json_pack("{s:o, s:s, s:o}", "log_us", gw_json_number(cited->word->log_us), "kind",
				 gw_log_event_name(cited->kind), "text", gw_json_text(cited->word->text));
	bool failed = !json;

	if (!failed && cited->before_us)
		gw_json_put(json, "before_us", gw_json_number(cited->before_us), &failed);
	if (!failed && cited->word->pid)
		klog_put_task(json, graph, cited, &failed);
	return gw_json_unless(json, failed);
}

json_t *gw_kernel_log_json(const struct gw_graph *graph, const struct gw_finding *finding)
{
	struct gw_cited cited[GW_CITED_MAX];
	size_t count = gw_kernel_log_cited(graph, finding, cited);
	json_t *array = json_array();

	for (size_t i = 0; array && i < count; i++) {
		if (json_array_append_new(array, klog_json(graph, &cited[i])) < 0) {
			json_decref(array);
			return NULL;
		}
	}
	return array;
}
