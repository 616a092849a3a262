/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The least action that ends what a finding shows, and whether it will work. */
#ifndef GPUWATCH_LIB_ANALYSIS_WORDS_ACTION_H
#define GPUWATCH_LIB_ANALYSIS_WORDS_ACTION_H

#include <jansson.h>

#include "lib/analysis/graph/finding.h"
#include "lib/base/text.h"

/* From the least one to the one that costs most. */
enum gw_action_code {
	GW_ACTION_WAIT,
	GW_ACTION_CONTINUE,  /* a process that a signal has stopped */
	GW_ACTION_CLOSE,     /* a process that is not stuck itself: it may end as it likes */
	GW_ACTION_KILL,	     /* a process whose wait a signal ends */
	GW_ACTION_GPU_RESET, /* of the device whose fence it is */
	GW_ACTION_UNBIND,    /* that device from its driver, which has no reset that would end it */
	GW_ACTION_REBOOT,
};

enum gw_works {
	GW_WORKS_YES, /* by the states of the waits and the shape of the loop */
	GW_WORKS_UNKNOWN,
	GW_WORKS_NO, /* likewise */
};

struct gw_action {
	enum gw_action_code code;
	enum gw_works works;
	uint32_t node;	    /* CONTINUE, CLOSE, KILL: the task, else GW_NO_NODE */
	const char *driver; /* GPU_RESET: of the device, "" = not known */
	const char *device; /* GPU_RESET, UNBIND: its name on its bus, "" = not known */
	bool fence;	    /* GPU_RESET: it is for a fence */
	uint32_t timeouts;  /* UNBIND, REBOOT: so often the timeout handler has run in vain; 0: that is not why */
};

struct gw_action gw_action_of(const struct gw_graph *graph, const struct gw_finding *finding);

/* Adds one sentence or two: what to do, why that is the least, and whether it is sure. */
void gw_action_sentence(struct gw_text *text, const struct gw_graph *graph, const struct gw_action *action);

/*
 * {code, works, sentence}, of "continue", "close" and "kill" also {pid}, of "gpu-reset" and "unbind" {driver, device}, {command} where one
 * does it, and smaller: [{code, works, sentence}] with lesser actions that do not end it: a new reference, NULL when out of
 * memory.
 */
json_t *gw_action_json(const struct gw_graph *graph, const struct gw_finding *finding);

#endif
