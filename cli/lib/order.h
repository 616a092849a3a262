/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reading gpuwatch.probe-order.v1 (lib/boot/document/probe-order.h): what its text and its image have in common.
 */
#ifndef GPUWATCH_CLI_LIB_ORDER_H
#define GPUWATCH_CLI_LIB_ORDER_H

#include <stddef.h>

#include <jansson.h>

#include "lib/base/cleanup.h"

/* How bad a report is, worst first. */
enum order_effect {
	ORDER_LOST,    /* a device or a feature is missing, or came up wrong */
	ORDER_FRAGILE, /* went well, but nothing holds it so */
	ORDER_SLOW,    /* time was lost, nothing else */
	ORDER_OTHER,   /* of a newer daemon */
	ORDER_OVER,    /* was so, and is not any more: what was missing has come */
	ORDER_EFFECTS
};

enum order_effect order_effect(const json_t *report);

/* "Lost", "Fragile", ... of a report, for people; "lost", "fragile", ... as a class in a style sheet. */
const char *order_effect_title(enum order_effect effect);
const char *order_effect_class(enum order_effect effect);

/* Reports of something that is lost now. */
size_t order_lost(const json_t *order);

/*
 * The reports as they are shown: numbered from 1, those of the worst effect
 * first, otherwise as the document has them.
 */
struct order_reports {
	const json_t **list; /* belong to the document */
	size_t count;
	json_t *numbers; /* id to number */
};

void order_reports_init(struct order_reports *reports, const json_t *order);
void order_reports_clear(struct order_reports *reports);

/* "1, 3": the numbers of the reports that @findings (an array of ids) names, cut; "" for none. Owned by the caller. */
char *order_numbers(const struct order_reports *reports, const json_t *findings);

/* The worst of them; ORDER_EFFECTS for none. */
enum order_effect order_worst(const struct order_reports *reports, const json_t *findings);

#define _cleanup_order_reports_ _cleanup_(order_reports_clear)

#endif
