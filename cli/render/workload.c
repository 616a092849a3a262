/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The tasks of a report by what they belong to. */
#include "cli/render/workload.h"

#include <stdbool.h>

#include "cli/lib/error.h"
#include "cli/lib/json-field.h"
#include "cli/lib/text.h"

#define WORKLOADS_MOST 4 /* lines */
#define TASKS_MOST 3	 /* names in a line */

const char *workload_name(const json_t *object)
{
	return field_string(field_object(object, "workload"), "name");
}

static void workload_add(json_t *groups, const char *name, const json_t *node)
{
	json_t *group = json_object_get(groups, name);

	if (!group && json_object_set_new(groups, name, group = json_array()) < 0)
		out_of_memory();
	if (json_array_append(group, (json_t *)node) < 0)
		out_of_memory();
}

/* Name of a workload to its nodes, in the order of the report. */
static json_t *workload_groups(const json_t *report)
{
	json_t *groups = json_object(), *node;
	size_t i;

	if (!groups)
		out_of_memory();
	json_array_foreach(field_array(report, "nodes"), i, node)
		if (*workload_name(node))
			workload_add(groups, workload_name(node), node);
	return groups;
}

/* "NAME: compositor (pid 812), Xorg (pid 900), 7 more" */
static char *workload_line(const char *name, const json_t *group)
{
	size_t count = json_array_size(group), i;
	json_t *node;
	char *text = NULL;
	size_t size;
	FILE *stream = text_stream(&text, &size);

	fprintf(stream, "%s: ", name);
	json_array_foreach(group, i, node)
		if (i < TASKS_MOST)
			fprintf(stream, "%s%s", i ? ", " : "",
				field_string(node, field_given(node, "phrase") ? "phrase" : "id"));
	if (count > TASKS_MOST)
		fprintf(stream, ", %zu more", count - TASKS_MOST);
	text_finish(stream);
	return text;
}

void render_workloads(const struct terminal *terminal, const json_t *report)
{
	_cleanup_json_ json_t *groups = workload_groups(report);
	size_t count = json_object_size(groups), shown = 0;
	const char *name;
	json_t *group;

	json_object_foreach(groups, name, group) {
		_cleanup_free_ char *line = NULL;

		if (shown == WORKLOADS_MOST)
			break;
		line = workload_line(name, group);
		terminal_labelled(terminal, shown++ ? "" : "Workload", line);
	}
	if (count > WORKLOADS_MOST) {
		_cleanup_free_ char *more = text_format("%zu more", count - WORKLOADS_MOST);

		terminal_labelled(terminal, "", more);
	}
}
