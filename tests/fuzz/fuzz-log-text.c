/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reads arbitrary bytes as a kernel log, walks all of what came out, and explains it; if their number is odd, as the log of a boot, which
 * it judges: one of both for each input, as each costs as much as the other. tests/fuzz/run builds and runs it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/boot/boot.h"
#include "lib/boot/compare/compare.h"
#include "lib/boot/evidence/log-text.h"
#include "lib/explain/explain.h"
#include "lib/log-text/read.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void fuzz_check(bool fine)
{
	if (!fine)
		abort();
}

static void fuzz_task(const struct gw_log_model *model, uint32_t index)
{
	const struct gw_log_task *task = &model->tasks[index];
	uint32_t samples = 0;

	fuzz_check(task->incident < model->incidents);
	fuzz_check(strlen(task->comm) + strlen(task->workqueue) + strlen(task->work_function) < 8192);
	for (uint32_t s = task->first_sample; s != GW_LOG_NONE; s = model->samples[s].next) {
		const struct gw_log_sample *sample = &model->samples[s];

		fuzz_check(++samples <= model->n_samples && sample->task == index);
		fuzz_check(sample->first_frame + sample->n_frames <= model->n_frames);
		for (uint32_t i = 0; i < sample->n_frames; i++)
			fuzz_check(model->frames[sample->first_frame + i].function[0] != '\0');
	}
}

/* Every report must be valid JSON. */
static void fuzz_explain(const struct gw_log_model *model)
{
	struct gw_explanation explanation;

	fuzz_check(gw_explain_log(&explanation, model) == 0);
	for (size_t i = 0; i < explanation.count; i++) {
		json_t *json = gw_report_json(explanation.reports[i], "", model->release);
		char *text = json ? json_dumps(json, 0) : NULL;

		fuzz_check(text != NULL);
		free(text);
		json_decref(json);
	}
	gw_explanation_deinit(&explanation);
}

static void fuzz_boot(const char *text, size_t size)
{
	struct gw_boot_evidence *evidence;
	struct gw_boot *boot;
	json_t *order, *compare, *expected = gw_boot_expectation(text, size);

	fuzz_check(gw_boot_evidence_new(&evidence, NULL) == 0);
	fuzz_check(gw_boot_evidence_add_log(evidence, text, size, NULL, NULL) == 0);
	fuzz_check(gw_boot_analyse(&boot, evidence) == 0);
	order = gw_boot_json(boot);
	compare = gw_boot_compare(expected ? expected : order, order);
	fuzz_check(order != NULL && compare != NULL);
	json_decref(compare);
	json_decref(expected);
	json_decref(order);
	gw_boot_free(boot);
	gw_boot_evidence_free(evidence);
}

static void fuzz_log(const char *text, size_t size)
{
	struct gw_log_model model;

	fuzz_check(gw_log_read(&model, text, size, NULL, NULL) == 0);
	for (uint32_t i = 0; i < model.n_tasks; i++)
		fuzz_task(&model, i);
	for (uint32_t i = 0; i < model.n_blockers; i++)
		fuzz_check(model.blockers[i].waiter < model.n_tasks &&
			   (model.blockers[i].owner == GW_LOG_NONE || model.blockers[i].owner < model.n_tasks));
	for (uint32_t i = 0; i < model.n_held; i++)
		fuzz_check(model.held[i].task < model.n_tasks && model.held[i].name && model.held[i].function);
	for (uint32_t i = 0; i < model.n_events; i++)
		fuzz_check(gw_log_event_name(model.events[i].kind) && strlen(model.events[i].text) < 4096);
	fuzz_explain(&model);
	gw_log_model_deinit(&model);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size % 2)
		fuzz_boot((const char *)data, size);
	else
		fuzz_log((const char *)data, size);
	return 0;
}
