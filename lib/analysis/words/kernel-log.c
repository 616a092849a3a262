/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A word is about a task by its pid, and about a GPU by its driver's name. */
#include "lib/analysis/words/kernel-log.h"

#include <string.h>

#include "lib/analysis/record/subsystem.h"
#include "lib/analysis/words/names.h"
#include "lib/analysis/words/word.h"
#include "lib/base/hash.h"
#include "lib/base/json.h"
#include "lib/base/units.h"

/* So long before a hang formed a GPU's trouble may belong to it. */
#define BEFORE_US (60 * GW_USEC_PER_SEC)

/* ---- about a task -------------------------------------------------------------------- */

static uint32_t klog_task(const struct gw_graph *graph, const struct gw_finding *finding,
			  const struct gw_word_record *word)
{
	for (uint32_t i = 0; i < finding->chain.count; i++)
		if (gw_word_is_about(word, &graph->nodes[finding->chain.items[i]]))
			return finding->chain.items[i];
	return GW_NO_NODE;
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

/* A driver's oops by the stack, whoever it was; other messages by their text. */
static bool klog_names_node(const struct gw_graph *graph, const struct gw_node *node, const struct gw_word_record *word)
{
	const char *driver = klog_driver(graph, node);

	return driver[0] && klog_has_driver(word->pid ? word->module : word->text, driver);
}

/* Trouble that lasts, whenever it began. */
static bool klog_lasts(enum gw_log_event_kind kind)
{
	return kind == GW_LOG_EVENT_WEDGED || kind == GW_LOG_EVENT_DEVICE_LOST || kind == GW_LOG_EVENT_NEEDS_REBOOT ||
	       kind == GW_LOG_EVENT_RESET_FAILED || kind == GW_LOG_EVENT_OOPS;
}

static bool klog_is_recent(const struct gw_finding *finding, const struct gw_word_record *word,
			   enum gw_log_event_kind kind)
{
	return klog_lasts(kind) || finding->formed_ns / GW_NSEC_PER_USEC <= gw_word_latest_us(word) + BEFORE_US;
}

static bool klog_is_about_gpu(const struct gw_graph *graph, const struct gw_finding *finding,
			      const struct gw_word_record *word, enum gw_log_event_kind kind)
{
	if ((word->pid && kind != GW_LOG_EVENT_OOPS) || !klog_is_recent(finding, word, kind))
		return false;
	for (uint32_t i = 0; i < finding->chain.count; i++)
		if (klog_names_node(graph, &graph->nodes[finding->chain.items[i]], word))
			return true;
	return false;
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

size_t gw_kernel_log_cited(const struct gw_graph *graph, const struct gw_finding *finding, struct gw_cited *ret)
{
	const struct gw_word_record *const *words;
	size_t n_words = graph->from_text ? 0 : gw_snapshot_words(graph->snapshot, &words), count = 0;

	for (size_t i = 0; i < n_words; i++) {
		struct gw_cited cited = { .word = words[i], .node = klog_task(graph, finding, words[i]) };
		struct gw_log_event event;

		if (!gw_word_parse(words[i], &event))
			continue;
		cited.kind = event.kind;
		if (cited.node != GW_NO_NODE || klog_is_about_gpu(graph, finding, words[i], event.kind))
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

static json_t *klog_json(const struct gw_graph *graph, const struct gw_cited *cited)
{
	json_t *json = json_pack("{s:o, s:s, s:o}", "log_us", gw_json_number(cited->word->log_us), "kind",
				 gw_log_event_name(cited->kind), "text", gw_json_text(cited->word->text));
	struct gw_text id = { .data = NULL };
	bool failed = false;

	if (!json || cited->word->pid == 0)
		return json;
	gw_json_put(json, "pid", gw_json_number(cited->word->pid), &failed);
	gw_json_put(json, "comm", gw_json_text(cited->word->comm), &failed);
	if (cited->word->module[0])
		gw_json_put(json, "module", gw_json_text(cited->word->module), &failed);
	if (cited->node != GW_NO_NODE) {
		gw_name_id(&id, &graph->nodes[cited->node]);
		gw_json_put(json, "node", gw_text_json(&id), &failed);
	}
	if (!failed)
		return json;
	json_decref(json);
	return NULL;
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
