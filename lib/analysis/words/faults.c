/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A row for each task that handles a fault, blocked or not. */
#include "lib/analysis/words/faults.h"

#include <stdlib.h>

#include "lib/analysis/build/build.h"
#include "lib/analysis/words/chain.h"
#include "lib/analysis/words/json.h"
#include "lib/base/json.h"

static void faults_put_wait(json_t *row, const struct gw_graph *graph, const struct gw_task_record *task, bool *failed)
{
	uint32_t index = gw_graph_find(graph, GW_NODE_TASK, task->address, task->start_ns);
	const struct gw_node *object = index == GW_NO_NODE ? NULL : gw_chain_object(graph, index);
	char *chain;

	if (!object)
		return;
	chain = gw_chain_line(graph, index);
	gw_json_put(row, "waits_for", gw_json_phrase(graph, object), failed);
	gw_json_put(row, "chain", chain ? json_string(chain) : NULL, failed);
	free(chain);
}

/* @address: of a task with a TASK or PRESENT record */
static json_t *faults_row(const struct gw_graph *graph, uint64_t address, const struct gw_fault *fault)
{
	const struct gw_task_record *task = gw_snapshot_task(graph->snapshot, address);
	const struct gw_present_record *present = gw_snapshot_present(graph->snapshot, address);
	uint64_t now_ns = gw_snapshot_head(graph->snapshot)->mono_ns;
	uint32_t state = task ? task->state : present->state;
	json_t *row = json_object();
	bool failed = !row;

	gw_json_put(row, "handler_pid", gw_json_number(task ? task->pid : present->pid), &failed);
	gw_json_put(row, "comm", gw_json_text(task ? task->comm : present->comm), &failed);
	gw_json_put(row, "state", json_string(gw_state_letter(state)), &failed);
	gw_json_put(row, "since_mono_ns", gw_json_number(fault->since_ns), &failed);
	if (fault->since_ns && fault->since_ns <= now_ns)
		gw_json_put(row, "age_ns", gw_json_number(now_ns - fault->since_ns), &failed);
	gw_json_put_fault(row, fault, &failed);
	if (task)
		faults_put_wait(row, graph, task, &failed);
	return gw_json_unless(row, failed);
}

static int faults_add(json_t *rows, const struct gw_graph *graph, uint64_t address)
{
	struct gw_fault fault;

	if (!gw_snapshot_task(graph->snapshot, address) && !gw_snapshot_present(graph->snapshot, address))
		return 0;
	if (!gw_fault_of(graph->snapshot, address, &fault))
		return 0;
	return json_array_append_new(rows, faults_row(graph, address, &fault));
}

static json_t *faults_array(const struct gw_graph *graph)
{
	const struct gw_task_record *const *tasks;
	const struct gw_fault_record *const *records;
	size_t n_tasks = gw_snapshot_tasks(graph->snapshot, &tasks),
	       n_records = gw_snapshot_faults(graph->snapshot, &records);
	json_t *rows = json_array();
	int r = rows ? 0 : -1;

	for (size_t i = 0; i < n_tasks && r == 0; i++)
		r = faults_add(rows, graph, tasks[i]->address);
	for (size_t i = 0; i < n_records && r == 0; i++)
		if (!gw_snapshot_task(graph->snapshot, records[i]->task))
			r = faults_add(rows, graph, records[i]->task);
	return gw_json_unless(rows, r != 0);
}

json_t *gw_faults_json(const struct gw_snapshot *now)
{
	struct gw_graph graph;
	json_t *faults = NULL;

	if (gw_graph_build(&graph, now, NULL, NULL, NULL) == 0)
		faults = faults_array(&graph);
	gw_graph_deinit(&graph);
	return json_pack("{s:s, s:o, s:o}", "schema", "gpuwatch.faults.v1", "taken_at",
			 gw_json_time(gw_snapshot_head(now)->real_ns), "faults", faults);
}
