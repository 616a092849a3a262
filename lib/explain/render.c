/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reports of a text. */
#include "lib/explain/render.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/analysis/verdict/render.h"
#include "lib/analysis/words/json.h"
#include "lib/analysis/words/names.h"
#include "lib/base/hash.h"
#include "lib/base/json.h"
#include "lib/base/text.h"
#include "lib/base/units.h"
#include "lib/explain/judge.h"
#include "lib/explain/open.h"
#include "lib/explain/partner.h"
#include "lib/explain/snapshot.h"

/* A detector repeats itself while a CPU stays where it is: after so long it would have. */
#define SOFT_LOCKUP_REPEATS_S 60
#define HARD_LOCKUP_REPEATS_S 1

/* So does the one for hung tasks, every two minutes, ten times: five silent rounds before that show an end. */
#define HUNG_TASK_REPEATS_S 600
#define HUNG_TASK_REPORTS 10
#define HUNG_TASK_ROUND_S 120

/* Events of one report. */
#define EVENTS_MAX 32

enum text_render_end {
	TEXT_RENDER_STANDS,
	TEXT_RENDER_BY_ITSELF,
	TEXT_RENDER_BY_REBOOT,
};

struct text_render {
	const struct gw_text_graph *graph;
	const struct gw_finding *finding;
	struct gw_report *report;
	struct gw_subsystem fault;
	enum text_render_end end;
};

static const struct gw_actor *text_render_root(const struct text_render *render)
{
	return gw_text_graph_actor(render->graph, render->finding->root);
}

static const struct gw_log_task *text_render_task(const struct text_render *render, const struct gw_actor *actor)
{
	return &render->graph->scene->model->tasks[actor->task];
}

static void text_render_name(struct gw_text *text, const struct gw_log_task *task)
{
	gw_name_task(text, task->comm, task->pid, 0);
}

static int text_render_replace(char **text, struct gw_text *with)
{
	char *finished = gw_text_finish(with);

	if (!finished)
		return -ENOMEM;
	free(*text);
	*text = finished;
	return 0;
}

/* ---- whose fault ---------------------------------------------------------------------------------------- */

static bool text_render_is_not_the_gpu(const struct text_render *render)
{
	return render->fault.kind != GW_SUBSYSTEM_GPU && render->fault.kind != GW_SUBSYSTEM_UNKNOWN &&
	       render->fault.kind != GW_SUBSYSTEM_OTHER;
}

static void text_render_add_fault(struct gw_text *text, const struct gw_subsystem *fault)
{
	const char *kind = gw_subsystem_kind_name(fault->kind);

	gw_text_add(text, "%s", kind);
	if (*fault->name && strcmp(fault->name, kind) != 0)
		gw_text_add(text, " (%s)", fault->name);
}

static int text_render_subsystem(struct text_render *render)
{
	render->report->subsystem = json_pack("{s:s, s:o}", "kind", gw_subsystem_kind_name(render->fault.kind), "name",
					      gw_json_text(render->fault.name));
	return render->report->subsystem ? 0 : -ENOMEM;
}

/* ---- what recovered --------------------------------------------------------------------------------------- */

static int64_t text_render_last_busy_us(const struct text_render *render, const struct gw_actor *actor, uint32_t *count)
{
	const struct gw_log_model *model = render->graph->scene->model;
	int64_t last_us = -1;

	*count = 0;
	for (uint32_t s = model->tasks[actor->task].first_sample; s != GW_LOG_NONE; s = model->samples[s].next) {
		if (model->samples[s].kind == GW_LOG_SAMPLE_CPU || model->samples[s].kind == GW_LOG_SAMPLE_BUSY)
			last_us = model->samples[s].time_us;
		*count += model->samples[s].kind == GW_LOG_SAMPLE_BUSY;
	}
	return last_us;
}

static bool text_render_had_hard_lockup(const struct text_render *render)
{
	const struct gw_scene *scene = render->graph->scene;

	for (uint32_t i = 0; i < scene->model->n_events; i++)
		if (scene->model->events[i].incident == scene->incident &&
		    scene->model->events[i].kind == GW_LOG_EVENT_HARD_LOCKUP)
			return true;
	return false;
}

/* When the last of these tasks was reported as hung; -1: none of them was, or times are not printed. */
static int64_t text_render_last_hung_us(const struct text_render *render, const struct gw_index_list *nodes)
{
	const struct gw_log_model *model = render->graph->scene->model;
	int64_t last_us = -1;

	for (uint32_t i = 0; i < nodes->count; i++) {
		const struct gw_actor *actor = gw_text_graph_actor(render->graph, nodes->items[i]);

		if (!actor || !actor->blocked)
			continue;
		for (uint32_t s = model->tasks[actor->task].first_sample; s != GW_LOG_NONE; s = model->samples[s].next)
			if (model->samples[s].time_us > last_us)
				last_us = model->samples[s].time_us;
	}
	return last_us;
}

static uint32_t text_render_hung_reports(const struct gw_scene *scene)
{
	uint32_t reports = 0;

	for (uint32_t i = 0; i < scene->model->n_tasks; i++)
		if (scene->model->tasks[i].incident == scene->incident)
			reports += scene->model->tasks[i].rounds;
	return reports;
}

/* A round of the detector lasts for less than this, */
#define ROUND_US (5 * (int64_t)GW_USEC_PER_SEC)
/* and the one before it is not as long ago as that. */
#define TWO_ROUNDS_US (200 * (int64_t)GW_USEC_PER_SEC)

/*
 * The detector stops after ten reports of one boot, in the midst of a round, and a text may begin behind the first ones: a last round with
 * fewer tasks than the one before shows no more than that it stopped.
 */
static bool text_render_stopped_in_round(const struct gw_scene *scene)
{
	const struct gw_log_model *model = scene->model;
	int64_t last_us = -1;
	uint32_t last = 0, before = 0;

	for (uint32_t pass = 0; pass < 2; pass++) {
		for (uint32_t i = 0; i < model->n_samples; i++) {
			const struct gw_log_sample *sample = &model->samples[i];

			if (sample->kind != GW_LOG_SAMPLE_HUNG ||
			    model->tasks[sample->task].incident != scene->incident)
				continue;
			if (pass == 0 && sample->time_us > last_us)
				last_us = sample->time_us;
			if (pass == 0 || last_us - sample->time_us > TWO_ROUNDS_US)
				continue;
			last += last_us - sample->time_us < ROUND_US;
			before += last_us - sample->time_us >= ROUND_US;
		}
	}
	return last < before;
}

static bool text_render_hung_is_over(const struct text_render *render)
{
	const struct gw_scene *scene = render->graph->scene;
	int64_t last_us = text_render_last_hung_us(render, &render->finding->chain);
	uint32_t reports = text_render_hung_reports(scene);

	return last_us >= 0 && reports > 0 && reports < HUNG_TASK_REPORTS && !text_render_stopped_in_round(scene) &&
	       gw_scene_end_us(scene) - last_us > HUNG_TASK_REPEATS_S * (int64_t)GW_USEC_PER_SEC &&
	       gw_scene_end_us(scene) - last_us < GW_ANOTHER_LOG_US;
}

/* Nothing inside the machine ends a loop of locks that is proven: that the detector fell silent shows nothing. */
static bool text_render_stands_for_ever(const struct text_render *render)
{
	return render->finding->kind == GW_KIND_DEADLOCK && render->finding->confidence == GW_CONFIDENCE_PROVEN;
}

/* The log goes on, and the detector does not repeat itself; nor are those who wait for it reported after that. */
static bool text_render_ended_by_itself(const struct text_render *render)
{
	const struct gw_actor *actor = text_render_root(render);
	int64_t last_us, limit_s;
	uint32_t count;

	if (text_render_stands_for_ever(render))
		return false;
	if (render->finding->class != GW_CLASS_BUSY_HOLDER)
		return render->finding->root != render->graph->device && text_render_hung_is_over(render);
	if (!actor)
		return false;
	last_us = text_render_last_busy_us(render, actor, &count);
	limit_s = text_render_had_hard_lockup(render) ? HARD_LOCKUP_REPEATS_S : SOFT_LOCKUP_REPEATS_S;
	if (text_render_last_hung_us(render, &render->finding->chain) > last_us ||
	    text_render_last_hung_us(render, &render->finding->victims) > last_us)
		return false;
	return last_us >= 0 && gw_scene_end_us(render->graph->scene) - last_us > limit_s * (int64_t)GW_USEC_PER_SEC;
}

/* A task of the chain hangs in that incident, too: it is the same boot, of which the text has an excerpt first. */
static bool text_render_hangs_in(const struct text_render *render, uint32_t incident)
{
	const struct gw_log_model *model = render->graph->scene->model;

	for (uint32_t i = 0; i < render->finding->chain.count; i++) {
		const struct gw_actor *actor = gw_text_graph_actor(render->graph, render->finding->chain.items[i]);
		const struct gw_log_task *of = actor ? &model->tasks[actor->task] : NULL;

		for (uint32_t t = 0; of && t < model->n_tasks; t++)
			if (model->tasks[t].incident == incident && model->tasks[t].pid == of->pid &&
			    model->tasks[t].comm == of->comm && model->tasks[t].first_sample != GW_LOG_NONE)
				return true;
	}
	return false;
}

/* Another boot follows in the text; where nothing shows that it is a later one, it goes on for longer without this hang. */
static bool text_render_was_booted_anew(const struct text_render *render)
{
	const struct gw_scene *scene = render->graph->scene;
	const struct gw_log_incident *span = &scene->model->spans[scene->incident], *next;
	int64_t longer_us;

	if (span->rebooted || span->next == GW_LOG_NONE)
		return span->rebooted;
	next = &scene->model->spans[span->next];
	longer_us = next->last_us - span->last_us;
	return next->booted && span->last_us >= 0 && longer_us > 0 && longer_us < GW_ANOTHER_LOG_US &&
	       !text_render_hangs_in(render, span->next);
}

static enum text_render_end text_render_find_end(const struct text_render *render)
{
	if (text_render_ended_by_itself(render))
		return TEXT_RENDER_BY_ITSELF;
	return text_render_was_booted_anew(render) ? TEXT_RENDER_BY_REBOOT : TEXT_RENDER_STANDS;
}

/* ---- words ------------------------------------------------------------------------------------------------------ */

/* Where a task on a CPU is: what its subsystem was found by, else the innermost function that means something. */
static const struct gw_log_frame *text_render_busy_place(const struct text_render *render, const struct gw_actor *actor)
{
	const struct gw_log_frame *frames;
	bool interrupt;
	uint32_t count = gw_scene_busy_frames(render->graph->scene, actor, &frames, &interrupt);

	for (uint32_t i = 0; i < count; i++) {
		struct gw_subsystem found = gw_scene_subsystem(render->graph->scene, &frames[i]);

		if (frames[i].reliable == actor->wait.reliable && frames[i].interrupt == interrupt &&
		    (!actor->idle || found.kind != GW_SUBSYSTEM_UNKNOWN) &&
		    strncmp(frames[i].function, "__pfx_", 6) != 0 && !gw_scene_is_helper(frames[i].function) &&
		    found.kind == render->fault.kind && strcmp(found.name, render->fault.name) == 0)
			return &frames[i];
	}
	return gw_scene_place(render->graph->scene, actor);
}

static int text_render_busy(struct text_render *render)
{
	const struct gw_actor *actor = text_render_root(render);
	const struct gw_log_task *task = text_render_task(render, actor);
	const struct gw_log_frame *place = text_render_busy_place(render, actor);
	struct gw_text summary = { .data = NULL }, cause = { .data = NULL };
	bool over = render->end == TEXT_RENDER_BY_ITSELF;
	bool once = !actor->busy && actor->seen_running < 2 && render->finding->n_victims == 0;

	text_render_name(&summary, task);
	gw_text_add(&summary, " %s%s%s%s",
		    over   ? "did not leave its CPU for a while"
		    : once ? "was on a CPU when somebody looked"
			   : "does not leave its CPU",
		    place ? ": it is in " : "", place ? place->function : "", place ? "()" : "");
	if (render->finding->n_victims)
		gw_text_add(&summary, "; %" PRIu32 " other task%s blocked", render->finding->n_victims,
			    render->finding->n_victims == 1 ? " is" : "s are");
	gw_text_add(&cause, "%s ",
		    actor->busy		      ? "The kernel's own detector found"
		    : actor->seen_running > 1 ? "Each look found"
					      : "One look found");
	text_render_name(&cause, task);
	gw_text_add(&cause, " on a CPU%s.",
		    actor->busy			      ? " that it did not leave"
		    : render->finding->n_victims == 0 ? ""
						      : ", while others wait for it");
	if (place)
		gw_text_add(
			&cause, " It is in %s()%s%s%s.", place->function, *place->module ? " of module " : "",
			place->module,
			over ? "; the log goes on afterwards, and the detector does not repeat itself: it ended by itself"
			     : "");
	if (text_render_replace(&render->report->summary, &summary) < 0)
		return -ENOMEM;
	return text_render_replace(&render->report->explanation, &cause);
}

static int text_render_retry(struct text_render *render)
{
	const struct gw_actor *actor = text_render_root(render);
	const struct gw_log_task *task = text_render_task(render, actor);
	const struct gw_log_frame *place = gw_scene_place(render->graph->scene, actor);
	struct gw_text summary = { .data = NULL };

	text_render_name(&summary, task);
	gw_text_add(&summary, " sleeps for short times%s%s%s, while others have long waited for it",
		    place ? " in " : "", place ? place->function : "", place ? "()" : "");
	return text_render_replace(&render->report->summary, &summary);
}

/* Whether code of a GPU's driver is on the stack of anybody, or a driver reported something of its device. */
static bool text_render_shows_gpu(const struct gw_scene *scene)
{
	for (uint32_t i = 0; i < scene->n_actors; i++)
		if (scene->actors[i].gpu.kind == GW_SUBSYSTEM_GPU)
			return true;
	for (uint32_t i = 0; i < scene->model->n_events; i++)
		if (scene->model->events[i].incident == scene->incident &&
		    scene->model->events[i].kind >= GW_LOG_EVENT_JOB_TIMEOUT &&
		    scene->model->events[i].kind <= GW_LOG_EVENT_DEVCOREDUMP)
			return true;
	return false;
}

/* Nothing names whose fault it is, and what there is to see has nothing of a GPU. */
static int text_render_clear(struct text_render *render)
{
	const struct gw_actor *actor = text_render_root(render);
	struct gw_text cause = { .data = NULL };

	if ((render->fault.kind != GW_SUBSYSTEM_UNKNOWN && render->fault.kind != GW_SUBSYSTEM_OTHER) || !actor ||
	    actor->sample == GW_LOG_NONE || text_render_shows_gpu(render->graph->scene))
		return 0;
	gw_text_add(&cause, "%s No function of a GPU's driver is on any stack here.", render->report->explanation);
	return text_render_replace(&render->report->explanation, &cause);
}

/* "Not the GPU's: memory (reclaim). " in front of the summary. */
static int text_render_acquit(struct text_render *render)
{
	struct gw_text summary = { .data = NULL };

	if (!text_render_is_not_the_gpu(render))
		return 0;
	gw_text_add(&summary, "Not the GPU's but ");
	text_render_add_fault(&summary, &render->fault);
	gw_text_add(&summary, ": %s", render->report->summary);
	return text_render_replace(&render->report->summary, &summary);
}

/* Who died in the driver whose lock is waited for may have left it locked. */
static int text_render_dead(struct text_render *render)
{
	const struct gw_scene *scene = render->graph->scene;
	const struct gw_actor *root = text_render_root(render);
	struct gw_text cause = { .data = NULL };

	if (render->finding->kind != GW_KIND_STALL || render->finding->class != GW_CLASS_LONG_WAIT || !root ||
	    !root->blocked || !gw_text_wait_is_lock(root->wait.kind) || root->driver.kind == GW_SUBSYSTEM_UNKNOWN)
		return 0;
	for (uint32_t i = 0; i < scene->n_actors; i++) {
		const struct gw_actor *dead = &scene->actors[i];
		const struct gw_log_frame *place = gw_scene_place(scene, dead);

		if (!dead->died || !place || !gw_partner_same_driver(root, dead))
			continue;
		gw_text_add(&cause, "%s ", render->report->explanation);
		text_render_name(&cause, text_render_task(render, dead));
		gw_text_add(&cause, " died in %s()%s%s%s and may have left that lock locked.", place->function,
			    *place->module ? " [" : "", place->module, *place->module ? "]" : "");
		return text_render_replace(&render->report->explanation, &cause);
	}
	return 0;
}

static void text_render_advise_device(struct gw_text *text, const struct gw_text_graph *graph)
{
	const struct gw_scene *scene = graph->scene;

	if (graph->relapses && scene->relapse.kind == GW_LOG_EVENT_FLIP_TIMEOUT)
		gw_text_add(
			text,
			"Switch the display off and on (another virtual console, or its cable), then restart the display server.");
	else if (scene->iommu_silent)
		gw_text_add(
			text,
			"It waits until each device has answered an invalidation: look for a device that failed before that (errors of PCI Express, a GPU that fell off the bus). A reboot ends it.");
	else if (graph->relapses && scene->relapse.kind == GW_LOG_EVENT_FIRMWARE)
		gw_text_add(
			text,
			"End the programs that use the GPU, then reset it if its driver offers that, or reboot: whoever calls the driver meanwhile waits, too.");
	else if (graph->relapses)
		gw_text_add(
			text,
			"Each reset ends one job, and the next one hangs again: end the program that submits them, then load the driver anew or reboot.");
	else if (scene->needs_reboot)
		gw_text_add(text, "The driver asks for a reboot.");
	else if (scene->needs_reset && !scene->device_lost && !scene->wedged)
		gw_text_add(
			text,
			"The driver asks for a reset: end the programs that use the GPU, then nvidia-smi --gpu-reset.");
	else if (scene->device_lost)
		gw_text_add(
			text,
			"Reset the GPU if its driver offers that (nvidia-smi --gpu-reset), else power the machine off and on; look for errors of PCI Express (AER) and of power.");
	else if (graph->stands)
		gw_text_add(
			text,
			"Look once more, as a job that merely takes long looks the same. If it stays so: end the program that submitted it, or reset the GPU (amdgpu: read amdgpu_gpu_recover beside amdgpu_fence_info), or reboot.");
	else
		gw_text_add(text, "Unbind and bind the driver, or reboot.");
}

/* Nobody on this machine holds it up. */
static void text_render_advise_silence(struct gw_text *text, const struct gw_actor *actor)
{
	if (actor && strncmp(actor->driver.name, "virtio", 6) == 0)
		gw_text_add(
			text,
			"Look at the host: whatever shows this virtual machine's display there does not take the commands of the GPU.");
	else
		gw_text_add(
			text,
			"The device does not answer its driver: look for what the driver reported before that. A reset of the device or a reboot ends it.");
}

/* Of a CPU whose stack the log does not have only the rest of it can show what it did. */
static void text_render_advise_busy(struct gw_text *text, const struct text_render *render)
{
	const struct gw_actor *actor = text_render_root(render);

	gw_text_add(text, "A reboot ends this, if it does not end by itself. ");
	if (actor && actor->sample != GW_LOG_NONE)
		gw_text_add(
			text,
			"For the driver's developers: look for a loop without bound around the function named here.");
	else
		gw_text_add(text, "The stack of that CPU, below the detector's line in the log, shows where it was.");
}

static int text_render_advise(struct text_render *render)
{
	struct gw_text text = { .data = NULL };
	const char *for_developers =
		render->report->advice ? strstr(render->report->advice, "For the developers") : NULL;

	if (render->end == TEXT_RENDER_BY_ITSELF)
		gw_text_add(&text, "Nothing has to be done now: it ended by itself.");
	else if (render->end == TEXT_RENDER_BY_REBOOT)
		gw_text_add(&text, "Nothing has to be done now: the machine was booted again after that.%s%s",
			    for_developers ? " " : "", for_developers ? for_developers : "");
	else if (text_render_is_not_the_gpu(render) && render->finding->kind != GW_KIND_DEADLOCK)
		gw_text_add(&text, "Look at what the root cause waits for; no GPU driver is to blame.");
	else if (render->finding->root == render->graph->device)
		text_render_advise_device(&text, render->graph);
	else if (render->finding->kind == GW_KIND_LIVELOCK)
		text_render_advise_busy(&text, render);
	else if (render->finding->class == GW_CLASS_SILENT_DEVICE)
		text_render_advise_silence(&text, text_render_root(render));
	else if (render->finding->kind == GW_KIND_STALL)
		gw_text_add(&text, "The log does not prove a deadlock. See below for what would show more.");
	else
		return 0;
	return text_render_replace(&render->report->advice, &text);
}

/* Of a chain without a loop everybody but its end is a victim. */
static int text_render_victims(struct text_render *render)
{
	const struct gw_index_list *chain = &render->finding->chain;
	size_t at = 0;

	for (uint32_t i = 0; render->finding->kind != GW_KIND_DEADLOCK && i < chain->count; i++) {
		const struct gw_actor *actor = gw_text_graph_actor(render->graph, chain->items[i]);

		if (!actor || chain->items[i] == render->finding->root)
			continue;
		if (json_array_insert_new(render->report->victims, at++,
					  gw_json_id(&render->graph->graph.nodes[chain->items[i]])) < 0)
			return -ENOMEM;
		render->report->victims_total++;
	}
	return 0;
}

/* ---- what the log has besides, and has not ------------------------------------------------------------------------- */

static json_t *text_render_event(const struct gw_log_event *event, uint32_t count)
{
	json_t *json = json_pack("{s:s, s:i, s:o}", "kind", gw_log_event_name(event->kind), "count", (int)count, "text",
				 gw_json_text(event->text));

	if (json && *event->device && json_object_set_new(json, "device", gw_json_text(event->device)) < 0) {
		json_decref(json);
		return NULL;
	}
	return json;
}

/* Each kind once, with its last text: several timeouts of a ring are one piece of news. */
static json_t *text_render_events(const struct gw_scene *scene)
{
	const struct gw_log_model *model = scene->model;
	uint32_t counts[GW_LOG_EVENTS] = { 0 }, last[GW_LOG_EVENTS] = { 0 };
	json_t *events = json_array();

	for (uint32_t i = 0; i < model->n_events; i++) {
		if (model->events[i].incident != scene->incident ||
		    (model->events[i].kind == GW_LOG_EVENT_WORKQUEUE_LOCKUP && model->events[i].number == 0))
			continue;
		counts[model->events[i].kind]++;
		last[model->events[i].kind] = i;
	}
	for (int kind = 0; events && kind < GW_LOG_EVENTS; kind++) {
		if (counts[kind] == 0 || kind == GW_LOG_EVENT_SYSRQ || kind == GW_LOG_EVENT_BOOT ||
		    kind == GW_LOG_EVENT_HUNG_TASK || kind == GW_LOG_EVENT_BARE_STACK)
			continue;
		if (json_array_append_new(events, text_render_event(&model->events[last[kind]], counts[kind])) < 0) {
			json_decref(events);
			return NULL;
		}
	}
	return events;
}

static bool text_render_is_open(const struct text_render *render)
{
	enum gw_class classes[GW_OPEN_CLASSES_MAX];

	return gw_open_classes(render->graph, render->finding, classes) > 0;
}

static void text_render_add_missing(json_t *missing, bool *failed, struct gw_text *text)
{
	char *sentence = gw_text_finish(text);

	*failed |= !sentence || json_array_append_new(missing, json_string(sentence)) < 0;
	free(sentence);
}

/* amdgpu's rings show whether the GPU gets on, and are not in the log yet. */
static bool text_render_asks_for_rings(const struct text_render *render)
{
	const struct gw_actor *actor = text_render_root(render);

	return actor && actor->wait.kind == GW_TEXT_WAIT_FENCE && strcmp(actor->gpu.name, "amdgpu") == 0 &&
	       render->graph->scene->model->n_rings == 0;
}

/* "Who has that lock: `gpuwatch-cli record FILE` while it stands."; every task is perhaps in the log already. */
static void text_render_ask(const struct text_render *render, struct gw_text *text)
{
	gw_text_add(text, "%s: `gpuwatch-cli record FILE` while it stands%s%s.",
		    gw_open_question(render->graph, render->finding),
		    render->graph->scene->all_listed
			    ? ""
			    : ", or `echo t > /proc/sysrq-trigger` and the kernel log after it",
		    text_render_asks_for_rings(render)
			    ? "; `cat /sys/kernel/debug/dri/*/amdgpu_fence_info`, twice, shows whether the GPU gets on"
			    : "");
}

/* A loop of retries without what it tries for, the stack of a task of the chain, and the holder that nobody names. */
static json_t *text_render_missing(const struct text_render *render)
{
	json_t *missing = json_array();
	bool failed = !missing;

	if (render->finding->kind == GW_KIND_DEADLOCK || render->report->class == GW_CLASS_SILENT_DEVICE ||
	    (render->finding->kind == GW_KIND_LIVELOCK && !text_render_is_open(render)))
		return missing;
	for (uint32_t i = 0; i < render->finding->chain.count && !failed; i++) {
		const struct gw_actor *actor = gw_text_graph_actor(render->graph, render->finding->chain.items[i]);
		struct gw_text text = { .data = NULL };

		if (!actor || actor->sample != GW_LOG_NONE)
			continue;
		gw_text_add(&text,
			    "Where %s (pid %" PRIu32 ") is: `cat /proc/%" PRIu32
			    "/stack` as root, or `echo w > /proc/sysrq-trigger` and the kernel log after it.",
			    text_render_task(render, actor)->comm, text_render_task(render, actor)->pid,
			    text_render_task(render, actor)->pid);
		text_render_add_missing(missing, &failed, &text);
	}
	if (!failed && json_array_size(missing) == 0 && !text_render_is_not_the_gpu(render)) {
		struct gw_text text = { .data = NULL };

		text_render_ask(render, &text);
		text_render_add_missing(missing, &failed, &text);
	}
	return gw_json_unless(missing, failed);
}

static json_t *text_render_may_be(const struct text_render *render)
{
	enum gw_class classes[GW_OPEN_CLASSES_MAX];
	unsigned count = gw_open_classes(render->graph, render->finding, classes);
	json_t *names = json_array();

	for (unsigned i = 0; names && i < count && !text_render_is_not_the_gpu(render); i++) {
		if (json_array_append_new(names, json_string(gw_class_name(classes[i]))) < 0) {
			json_decref(names);
			return NULL;
		}
	}
	return names;
}

static int text_render_log(struct text_render *render)
{
	const struct gw_actor *actor = text_render_root(render);
	uint32_t rounds = actor ? text_render_task(render, actor)->rounds : 0;

	render->report->log = json_pack("{s:i, s:i, s:o, s:o, s:o}", "incident", (int)render->graph->scene->incident,
					"rounds", (int)rounds, "events", text_render_events(render->graph->scene),
					"missing", text_render_missing(render), "may_be", text_render_may_be(render));
	return render->report->log ? 0 : -ENOMEM;
}

/* ---- ends ---------------------------------------------------------------------------------------------------------- */

static uint64_t text_render_later_ns(uint64_t ns, int64_t us)
{
	return us > 0 && (uint64_t)us * GW_NSEC_PER_USEC > ns ? (uint64_t)us * GW_NSEC_PER_USEC : ns;
}

/*
 * It was seen for the last time when the last of its tasks was, whatever else hung later; a round of the detector behind that it was over.
 * Where only its victims were reported, or who does not leave a CPU, the last task of the incident has to do.
 */
static void text_render_date_end(struct text_render *render)
{
	struct gw_report *report = render->report;
	int64_t last_us = text_render_last_hung_us(render, &render->finding->chain);

	report->resolved_mono_ns = render->graph->scene->now_ns;
	if (last_us <= 0 || render->finding->class == GW_CLASS_BUSY_HOLDER)
		return;
	report->detected_mono_ns = (uint64_t)last_us * GW_NSEC_PER_USEC;
	report->resolved_mono_ns = report->detected_mono_ns + HUNG_TASK_ROUND_S * GW_NSEC_PER_SEC;
}

/* ---- identity -------------------------------------------------------------------------------------------------------- */

/* Whose words an event is. */
static const char *text_render_driver_of(const char *text)
{
	static const char *const drivers[][2] = {
		{ "amdgpu", "amdgpu" },
		{ "NVRM", "nvidia" },
		{ "nvidia", "nvidia" },
		{ "i915", "i915" },
		{ "xe ", "xe" },
		{ "nouveau", "nouveau" },
		{ "radeon", "radeon" },
		{ "panthor", "panthor" },
		{ "panfrost", "panfrost" },
		{ "etnaviv", "etnaviv" },
		{ "msm", "msm" },
		{ "adreno", "msm" },
		{ "v3d", "v3d" },
		{ "vc4", "vc4" },
		{ "lima", "lima" },
		{ "mali ", "mali" },
		{ "virtio", "virtio" },
		{ "AMD-Vi", "amd-iommu" },
		{ "DMAR", "intel-iommu" },
		{ "arm-smmu", "arm-smmu" },
	};

	for (size_t i = 0; i < sizeof(drivers) / sizeof(drivers[0]); i++)
		if (strstr(text, drivers[i][0]))
			return drivers[i][1];
	return "";
}

/* The events that a report without any function is about: the device's, or that of the detector. */
static bool text_render_is_about(const struct text_render *render, const struct gw_log_event *event)
{
	if (render->finding->root == render->graph->device)
		return event->kind >= GW_LOG_EVENT_JOB_TIMEOUT && event->kind <= GW_LOG_EVENT_DEVCOREDUMP;
	return event->kind >= GW_LOG_EVENT_SOFT_LOCKUP && event->kind <= GW_LOG_EVENT_RCU_STALL;
}

/* Where no function shows where it hangs: the class, whose words, and what kind of news is the last one. */
static void text_render_sign_events(struct text_render *render)
{
	const struct gw_scene *scene = render->graph->scene;
	const struct gw_log_event *last = NULL;
	uint64_t hash;

	for (uint32_t i = 0; i < scene->model->n_events; i++)
		if (scene->model->events[i].incident == scene->incident &&
		    text_render_is_about(render, &scene->model->events[i]))
			last = &scene->model->events[i];
	if (!last || render->report->signature[0])
		return;
	hash = gw_hash_string(GW_HASH_START, gw_class_name(render->finding->class));
	hash = gw_hash_string(hash, text_render_driver_of(last->text));
	hash = gw_hash_string(hash, gw_log_event_name(last->kind));
	snprintf(render->report->signature, sizeof(render->report->signature), "%016" PRIx64, hash);
}

static void text_render_identify(struct text_render *render)
{
	struct gw_report *report = render->report;
	const struct gw_scene *scene = render->graph->scene;
	const struct gw_actor *actor = text_render_root(render);
	uint64_t key = gw_hash_number(report->key ? report->key : GW_HASH_START, scene->incident);

	snprintf(report->id, sizeof(report->id), "%c-%012" PRIx64, gw_kind_name(report->kind)[0],
		 key & UINT64_C(0xffffffffffff));
	report->detected_mono_ns = scene->now_ns;
	/* Where it waits for nothing that has a name, its wait is all that there is. */
	if (report->formed_mono_ns == 0 && actor && actor->blocked)
		report->formed_mono_ns = gw_text_since_ns(scene, actor);
	text_render_sign_events(render);
	render->end = text_render_find_end(render);
	report->state = render->end == TEXT_RENDER_STANDS ? GW_STATE_ACTIVE : GW_STATE_RESOLVED;
	report->resolved_mono_ns = 0;
	if (render->end == TEXT_RENDER_BY_ITSELF)
		text_render_date_end(render);
	else if (render->end == TEXT_RENDER_BY_REBOOT)
		report->resolved_mono_ns = text_render_later_ns(scene->now_ns, gw_scene_end_us(scene));
}

int gw_text_render(struct gw_report **ret, const struct gw_text_graph *graph, const struct gw_finding *finding)
{
	struct text_render render = { .graph = graph, .finding = finding, .fault = gw_text_fault(graph, finding) };
	struct gw_finding as_stall = *finding;
	int r;

	/* The engine has no words for what only a log shows. */
	if (as_stall.kind == GW_KIND_LIVELOCK)
		as_stall.kind = GW_KIND_STALL;
	r = gw_render(&render.report, &graph->graph, &as_stall);
	if (r < 0)
		return r;
	render.report->kind = finding->kind;
	text_render_identify(&render);
	r = text_render_subsystem(&render);
	r = r ?: text_render_victims(&render);
	if (finding->class == GW_CLASS_BUSY_HOLDER)
		r = r ?: text_render_busy(&render);
	else if (finding->class == GW_CLASS_RETRY_LOOP)
		r = r ?: text_render_retry(&render);
	r = r ?: text_render_acquit(&render);
	r = r ?: text_render_clear(&render);
	r = r ?: text_render_dead(&render);
	r = r ?: text_render_advise(&render);
	r = r ?: text_render_log(&render);
	if (r < 0)
		gw_report_free(render.report);
	else
		*ret = render.report;
	return r;
}

/* ---- lockdep ------------------------------------------------------------------------------------------------------------- */

/* Where the lock was taken: behind lockdep's own functions and those of the lock. */
static const struct gw_log_frame *text_render_lockdep_place(const struct gw_scene *scene,
							    const struct gw_log_sample *sample)
{
	static const char *const own[] = { "dump_stack",     "print_",	       "check_",	   "validate_chain",
					   "__lock_acquire", "lock_acquire",   "mark_lock",	   "__mutex_lock",
					   "mutex_lock",     "__ww_mutex",     "ww_mutex_lock",	   "down_",
					   "__down_",	     "_raw_spin",      "__might_",	   "fs_reclaim",
					   "lock_map_acq",   "dump_backtrace", "unwind_backtrace", "show_stack" };

	for (uint32_t i = 0; i < sample->n_frames; i++) {
		const struct gw_log_frame *frame = &scene->model->frames[sample->first_frame + i];
		bool is_own = !frame->reliable;

		for (size_t k = 0; k < sizeof(own) / sizeof(own[0]) && !is_own; k++)
			is_own = strncmp(frame->function, own[k], strlen(own[k])) == 0;
		if (!is_own)
			return frame;
	}
	return NULL;
}

static int text_render_lockdep_words(struct gw_report *report, const struct gw_scene *scene,
				     const struct gw_log_sample *sample)
{
	const struct gw_log_task *task = &scene->model->tasks[sample->task];
	struct gw_text summary = { .data = NULL }, cause = { .data = NULL }, advice = { .data = NULL };
	const struct gw_log_frame *place = text_render_lockdep_place(scene, sample);

	gw_text_add(&summary, "lockdep: an order of locks that could deadlock; nothing hangs");
	gw_text_add(
		&cause,
		"%s (pid %" PRIu32
		") takes a lock%s%s%s in an order that could deadlock with another path. The kernel found that by its rules; no task is stuck in it.",
		task->comm, task->pid, place ? " in " : "", place ? place->function : "", place ? "()" : "");
	gw_text_add(
		&advice,
		"No action is needed on this machine. The driver's developers can use the whole text of lockdep's report.");
	report->summary = gw_text_finish(&summary);
	report->explanation = gw_text_finish(&cause);
	report->advice = gw_text_finish(&advice);
	return report->summary && report->explanation && report->advice ? 0 : -ENOMEM;
}

/* The task as a node: it went on, so nothing is known of it but its name. */
static int text_render_lockdep_task(struct gw_report *report, const struct gw_log_task *task)
{
	struct gw_text id = { .data = NULL }, phrase = { .data = NULL };
	char *words, comm[16];

	snprintf(comm, sizeof(comm), "%.15s", task->comm);
	gw_text_add(&id, "task:%" PRIu32, task->pid);
	gw_text_add(&phrase, "%s (pid %" PRIu32 ")", comm, task->pid);
	report->root_node = gw_text_finish(&id);
	words = gw_text_finish(&phrase);
	if (report->root_node && words)
		report->nodes =
			json_pack("[{s:s, s:s, s:o, s:I, s:I, s:o, s:s, s:i, s:o, s:[]}]", "id", report->root_node,
				  "type", "task", "phrase", gw_json_text(words), "pid", (json_int_t)task->pid, "tgid",
				  (json_int_t)task->tgid, "comm", gw_json_text(comm), "state", "", "since_mono_ns", 0,
				  "address", gw_json_address(0), "stack");
	free(words);
	return report->nodes ? 0 : -ENOMEM;
}

struct gw_report *gw_text_render_lockdep(const struct gw_scene *scene, const struct gw_log_event *event,
					 const struct gw_log_sample *sample)
{
	struct gw_report *report = calloc(1, sizeof(*report));

	if (!report)
		return NULL;
	report->kind = GW_KIND_HAZARD;
	report->class = GW_CLASS_LOCK_ORDER;
	report->confidence = GW_CONFIDENCE_HINT;
	report->key = gw_hash_number(gw_hash_string(GW_HASH_START, event->text), event->line);
	report->detected_mono_ns = scene->now_ns;
	snprintf(report->id, sizeof(report->id), "h-%012" PRIx64, report->key & UINT64_C(0xffffffffffff));
	report->log = json_pack("{s:i, s:i, s:o, s:[]}", "incident", (int)scene->incident, "rounds", 0, "events",
				text_render_events(scene), "missing");
	if (!report->log || text_render_lockdep_words(report, scene, sample) < 0 ||
	    text_render_lockdep_task(report, &scene->model->tasks[sample->task]) < 0) {
		gw_report_free(report);
		return NULL;
	}
	return report;
}
