/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Incident by incident: scene, graph, findings, reports. */
#include "lib/explain/explain.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/analysis/words/names.h"
#include "lib/base/json.h"
#include "lib/base/text.h"
#include "lib/explain/graph.h"
#include "lib/explain/judge.h"
#include "lib/explain/render.h"

/* Boots or machines of one text that are looked at: the last ones. */
#define INCIDENTS_MAX 64

static int explanation_add(struct gw_explanation *explanation, struct gw_report *report)
{
	struct gw_report **reports = reallocarray(explanation->reports, explanation->count + 1, sizeof(*reports));

	if (!reports || !report) {
		if (reports)
			explanation->reports = reports;
		gw_report_free(report);
		return -ENOMEM;
	}
	explanation->reports = reports;
	explanation->reports[explanation->count++] = report;
	return 0;
}

/*
 * The same text twice, from dmesg and from the journal, or an excerpt and the whole: its second boot has the same hang at the same time.
 * The index of the first report of it, or the count.
 */
static size_t explanation_find(const struct gw_explanation *explanation, const struct gw_report *report)
{
	size_t i;

	for (i = 0; i < explanation->count; i++) {
		const struct gw_report *other = explanation->reports[i];

		if (other->class == report->class && strcmp(other->root_node, report->root_node) == 0 &&
		    other->victims_total == report->victims_total && report->formed_mono_ns &&
		    other->formed_mono_ns == report->formed_mono_ns &&
		    strcmp(other->signature, report->signature) == 0 && strcmp(other->summary, report->summary) == 0)
			break;
	}
	return i;
}

/* What comes last in the text shows how it went on. */
static int explanation_take(struct gw_explanation *explanation, struct gw_report *report)
{
	size_t at = explanation_find(explanation, report);

	if (at == explanation->count)
		return explanation_add(explanation, report);
	gw_report_free(explanation->reports[at]);
	explanation->reports[at] = report;
	return 0;
}

static int explanation_findings(struct gw_explanation *explanation, const struct gw_text_graph *graph)
{
	struct gw_finding_list findings = { .items = NULL };
	int r = gw_text_judge(graph, &findings);

	for (size_t i = 0; i < findings.count && r == 0; i++) {
		struct gw_report *report;

		r = gw_text_render(&report, graph, &findings.items[i]);
		r = r ?: explanation_take(explanation, report);
	}
	gw_findings_deinit(&findings);
	return r;
}

/* ---- lockdep -------------------------------------------------------------------------------------------- */

/* The task that lockdep's report is about: seen right after it, with its stack unless the report is cut, and in the same log. */
static const struct gw_log_sample *explanation_lockdep_sample(const struct gw_scene *scene,
							      const struct gw_log_event *event)
{
	const struct gw_log_model *model = scene->model;
	const struct gw_log_sample *found = NULL;

	for (uint32_t i = 0; i < model->n_samples; i++) {
		const struct gw_log_sample *sample = &model->samples[i];

		if (sample->kind != GW_LOG_SAMPLE_LOCKDEP || model->tasks[sample->task].incident != scene->incident ||
		    sample->time_us < event->time_us || (event->time_us < 0 && sample->time_us >= 0))
			continue;
		if (sample->n_frames)
			return sample;
		found = found ? found : sample;
	}
	return found;
}

/* lockdep turns itself off after its first report, so one is all that there can be. */
static int explanation_lockdep(struct gw_explanation *explanation, const struct gw_scene *scene)
{
	const struct gw_log_model *model = scene->model;

	for (uint32_t i = 0; i < model->n_events; i++) {
		const struct gw_log_event *event = &model->events[i];
		const struct gw_log_sample *sample;
		const struct gw_actor *actor;

		if (event->kind != GW_LOG_EVENT_LOCKDEP || event->incident != scene->incident)
			continue;
		sample = explanation_lockdep_sample(scene, event);
		actor = sample ? gw_scene_actor(scene, sample->task) : NULL;
		/* It did come to that. */
		if (!sample || (actor && actor->blocked))
			return 0;
		return explanation_add(explanation, gw_text_render_lockdep(scene, event, sample));
	}
	return 0;
}

/* ---- what is no hang ---------------------------------------------------------------------------------------- */

/* A log that goes on for so long shows that a driver got on: it gives a job, a frame or a reset ten seconds at most. */
#define SETTLED_US ((int64_t)30 * 1000000)

/* What comes later than that after a timeout is another piece of news. */
#define FOLLOWS_US ((int64_t)120 * 1000000)

/* The same of a log without times. */
#define SETTLED_LINES 20

/* The detectors of lockups repeat themselves after that. */
#define LOCKUP_SETTLED_US ((int64_t)60 * 1000000)

/* RCU's does after three times its timeout, which is 21 seconds, or 60 in some distributions. */
#define STALL_SETTLED_US ((int64_t)190 * 1000000)

static int64_t explanation_settled_after_us(enum gw_log_event_kind kind)
{
	switch (kind) {
	case GW_LOG_EVENT_SOFT_LOCKUP:
	case GW_LOG_EVENT_HARD_LOCKUP:
	case GW_LOG_EVENT_WORKQUEUE_LOCKUP:
		return LOCKUP_SETTLED_US;
	case GW_LOG_EVENT_RCU_STALL:
		return STALL_SETTLED_US;
	default:
		return SETTLED_US;
	}
}

/* These print the end of each reset, too, whatever it is: that they fall silent shows that it has not come. */
static bool explanation_reports_end(const struct gw_log_event *event)
{
	return strstr(event->text, "amdgpu") || strncmp(event->text, "xe ", 3) == 0 || strstr(event->text, "[xe]");
}

/* The reset of such a driver of which the log has the beginning alone, or one that it does not try; NULL = none. */
static const struct gw_log_event *explanation_open_reset(const struct gw_scene *scene)
{
	const struct gw_log_model *model = scene->model;
	const struct gw_log_event *open = NULL;

	for (uint32_t i = 0; i < model->n_events; i++) {
		const struct gw_log_event *event = &model->events[i];

		if (event->incident != scene->incident)
			continue;
		if (event->kind == GW_LOG_EVENT_RESET_OFF)
			open = event;
		else if (event->kind == GW_LOG_EVENT_RESET_BEGIN)
			open = explanation_reports_end(event) ? event : open;
		else if (event->kind == GW_LOG_EVENT_RESET_SUCCESS || event->kind == GW_LOG_EVENT_RESET_FAILED)
			open = NULL;
	}
	return open;
}

/* Soon after it the GPU's firmware did not answer, and the log ends with that. */
static bool explanation_firmware_is_silent(const struct gw_scene *scene, const struct gw_log_event *event)
{
	const struct gw_log_model *model = scene->model;

	for (uint32_t i = 0; i < model->n_events; i++) {
		const struct gw_log_event *other = &model->events[i];

		if (other->incident == scene->incident && other->kind == GW_LOG_EVENT_FIRMWARE &&
		    other->time_us > event->time_us && other->time_us - event->time_us < FOLLOWS_US &&
		    gw_scene_end_us(scene) - other->time_us <= SETTLED_US)
			return true;
	}
	return false;
}

/* Whether what begins with the event is over: the driver reports it, the log goes on without another one, or nobody waits on. */
static bool explanation_is_settled(const struct gw_scene *scene, const struct gw_log_event *event)
{
	const struct gw_log_model *model = scene->model;
	bool lockup = explanation_settled_after_us(event->kind) != SETTLED_US;

	if (event->kind == GW_LOG_EVENT_RESET_SUCCESS || event->kind == GW_LOG_EVENT_FENCE_FALLBACK)
		return true;
	for (uint32_t i = 0; !lockup && i < model->n_events; i++)
		if (model->events[i].incident == scene->incident && model->events[i].line > event->line &&
		    model->events[i].kind == GW_LOG_EVENT_RESET_SUCCESS)
			return true;
	/* Nobody goes on by that. */
	if (event->kind == GW_LOG_EVENT_INIT_FAILED)
		return false;
	if (!lockup && (event->kind == GW_LOG_EVENT_RESET_OFF || explanation_open_reset(scene)))
		return false;
	/* Whoever waited gave up, and the log goes on, for how long nothing shows. */
	if (event->kind == GW_LOG_EVENT_FLIP_TIMEOUT && event->time_us < 0)
		return model->spans[scene->incident].last_line - event->line >= SETTLED_LINES;
	return event->time_us >= 0 &&
	       gw_scene_end_us(scene) - event->time_us > explanation_settled_after_us(event->kind) &&
	       (lockup || !explanation_firmware_is_silent(scene, event));
}

static int explanation_add_event(json_t *list, enum gw_log_event_kind kind, uint32_t count, const char *text)
{
	json_t *event = json_pack("{s:s, s:i, s:o}", "kind", gw_log_event_name(kind), "count", (int)count, "text",
				  gw_json_text(text));

	return json_array_append_new(list, event) < 0 ? -ENOMEM : 0;
}

/* Lines behind the one that reports the stall. */
static bool explanation_starves(const struct gw_log_event *event)
{
	return event->kind == GW_LOG_EVENT_RCU_STALL &&
	       (strstr(event->text, "All QSes seen") || strstr(event->text, "kthread starved for"));
}

/* What the driver's words do not show by themselves. */
static const char *explanation_remark(const struct gw_scene *scene, const struct gw_log_event *event)
{
	if (event->kind == GW_LOG_EVENT_RESET_BEGIN && explanation_open_reset(scene))
		return " (this reset has not ended in the log)";
	if (explanation_starves(event))
		return " (RCU's own thread gets no CPU)";
	return "";
}

static int explanation_add_open(struct gw_explanation *explanation, const struct gw_scene *scene,
				const struct gw_log_event *event, uint32_t count)
{
	struct gw_text text = { .data = NULL };
	char *words;
	int r;

	gw_text_add(&text, "%s%s", event->text, explanation_remark(scene, event));
	words = gw_text_finish(&text);
	r = words ? explanation_add_event(explanation->open, event->kind, count, words) : -ENOMEM;
	free(words);
	return r;
}

/* An oops does not print the parent of the task. */
static bool explanation_is_kernel_thread(const struct gw_scene *scene, const struct gw_actor *actor)
{
	static const char *const names[] = { "kworker/", "kswapd", "khugepaged", "kcompactd", "ksoftirqd/", "rcu_" };
	const struct gw_log_task *task = &scene->model->tasks[actor->task];

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strncmp(task->comm, names[i], strlen(names[i])) == 0)
			return true;
	return task->kernel;
}

/*
 * What it had stays taken, and nobody is seen to want it. A kernel thread that is gone does its work no more, whoever's code it died in: a
 * process that died in nobody's driver has left little behind.
 */
static int explanation_deaths(struct gw_explanation *explanation, const struct gw_scene *scene)
{
	int r = 0;

	for (uint32_t i = 0; i < scene->n_actors && r == 0; i++) {
		const struct gw_actor *actor = &scene->actors[i];
		const struct gw_log_frame *place = gw_scene_place(scene, actor);
		struct gw_text text = { .data = NULL };
		char *sentence;

		if (!actor->died ||
		    (actor->driver.kind == GW_SUBSYSTEM_UNKNOWN && !explanation_is_kernel_thread(scene, actor)))
			continue;
		gw_name_task(&text, scene->model->tasks[actor->task].comm, scene->model->tasks[actor->task].pid, 0);
		gw_text_add(&text, " died in %s()%s%s%s", place ? place->function : "an unknown function",
			    place && *place->module ? " [" : "", place ? place->module : "",
			    place && *place->module ? "]" : "");
		sentence = gw_text_finish(&text);
		r = sentence ? explanation_add_event(explanation->open, GW_LOG_EVENT_OOPS, 1, sentence) : -ENOMEM;
		free(sentence);
	}
	return r;
}

/* Somebody's words have functions, and of which task, and whether that hangs, they do not show. */
static int explanation_bare_stack(struct gw_explanation *explanation, const struct gw_scene *scene)
{
	const struct gw_log_model *model = scene->model;
	const struct gw_log_event *last = NULL;
	struct gw_text text = { .data = NULL };
	uint32_t count = 0;
	char *words;
	int r;

	for (uint32_t i = 0; i < model->n_tasks; i++)
		if (model->tasks[i].incident == scene->incident)
			return 0;
	for (uint32_t i = 0; i < model->n_events; i++) {
		if (model->events[i].incident != scene->incident || model->events[i].kind != GW_LOG_EVENT_BARE_STACK)
			continue;
		last = &model->events[i];
		count++;
	}
	if (!last)
		return 0;
	gw_text_add(&text, "functions of no task, the first of which is %s()", last->text);
	words = gw_text_finish(&text);
	r = words ? explanation_add_event(explanation->open, last->kind, count, words) : -ENOMEM;
	free(words);
	return r;
}

/* Of busy workqueues, which somebody asked for. */
static bool explanation_is_listing(const struct gw_log_event *event)
{
	return event->kind == GW_LOG_EVENT_WORKQUEUE_LOCKUP && event->number == 0;
}

/* Timeouts and the like after which nothing is reported to stand. */
static int explanation_events(struct gw_explanation *explanation, const struct gw_scene *scene)
{
	static const enum gw_log_event_kind kinds[] = { GW_LOG_EVENT_JOB_TIMEOUT,     GW_LOG_EVENT_GPU_HANG,
							GW_LOG_EVENT_FLIP_TIMEOUT,    GW_LOG_EVENT_RESET_BEGIN,
							GW_LOG_EVENT_INIT_FAILED,     GW_LOG_EVENT_RESET_OFF,
							GW_LOG_EVENT_RESET_SUCCESS,   GW_LOG_EVENT_FENCE_FALLBACK,
							GW_LOG_EVENT_FIRMWARE,	      GW_LOG_EVENT_SOFT_LOCKUP,
							GW_LOG_EVENT_HARD_LOCKUP,     GW_LOG_EVENT_RCU_STALL,
							GW_LOG_EVENT_WORKQUEUE_LOCKUP };
	const struct gw_log_model *model = scene->model;
	int r = 0;

	for (size_t k = 0; k < sizeof(kinds) / sizeof(kinds[0]) && r == 0; k++) {
		const struct gw_log_event *last = NULL;
		uint32_t count = 0;

		for (uint32_t i = 0; i < model->n_events; i++) {
			if (model->events[i].kind != kinds[k] || model->events[i].incident != scene->incident ||
			    explanation_is_listing(&model->events[i]))
				continue;
			last = &model->events[i];
			count += !explanation_starves(last);
		}
		count = count ?: !!last;
		if (!last)
			continue;
		if (!explanation_is_settled(scene, last))
			r = explanation_add_open(explanation, scene, last, count);
		else if (kinds[k] != GW_LOG_EVENT_RESET_BEGIN)
			r = explanation_add_event(explanation->recovered, kinds[k], count, last->text);
	}
	r = r ?: explanation_bare_stack(explanation, scene);
	return r ?: explanation_deaths(explanation, scene);
}

static int explanation_incident(struct gw_explanation *explanation, const struct gw_log_model *model, uint32_t incident)
{
	size_t before = explanation->count;
	struct gw_text_graph graph = { .snapshot = NULL };
	struct gw_scene scene;
	int r = gw_scene_init(&scene, model, incident);

	r = r ?: gw_text_graph_init(&graph, &scene);
	r = r ?: explanation_findings(explanation, &graph);
	if (r == 0 && explanation->count == before)
		r = explanation_events(explanation, &scene);
	r = r ?: explanation_lockdep(explanation, &scene);
	gw_text_graph_deinit(&graph);
	gw_scene_deinit(&scene);
	return r;
}

static int explanation_order(const void *a, const void *b)
{
	const struct gw_report *x = *(struct gw_report *const *)a, *y = *(struct gw_report *const *)b;

	return x->kind != y->kind ? (x->kind > y->kind) - (x->kind < y->kind)
				  : (x->victims_total < y->victims_total) - (x->victims_total > y->victims_total);
}

int gw_explain_log(struct gw_explanation *ret, const struct gw_log_model *model)
{
	uint32_t first = model->incidents > INCIDENTS_MAX ? model->incidents - INCIDENTS_MAX : 0;
	int r = 0;

	*ret = (struct gw_explanation){ .recovered = json_array(), .open = json_array() };
	if (!ret->recovered || !ret->open)
		return -ENOMEM;
	for (uint32_t incident = first; incident < model->incidents && r == 0; incident++)
		r = explanation_incident(ret, model, incident);
	if (ret->count)
		qsort(ret->reports, ret->count, sizeof(*ret->reports), explanation_order);
	return r;
}

void gw_explanation_deinit(struct gw_explanation *explanation)
{
	for (size_t i = 0; i < explanation->count; i++)
		gw_report_free(explanation->reports[i]);
	free(explanation->reports);
	json_decref(explanation->recovered);
	json_decref(explanation->open);
}
