/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From what a kernel log says to reports: the live engine's classes, chains and words, as far as a text bears them. */
#ifndef GPUWATCH_LIB_EXPLAIN_EXPLAIN_H
#define GPUWATCH_LIB_EXPLAIN_EXPLAIN_H

#include "lib/log-text/model.h"
#include "lib/report/report.h"

struct gw_explanation {
	struct gw_report **reports; /* deadlocks first, then the other kinds; hazards last */
	size_t count;
	json_t *recovered; /* events that ended by themselves and left nothing behind */
	json_t *open;	   /* events of which the log shows no end, and nobody who is stuck for them */
};

/* Returns 0 or -ENOMEM; deinit it in any case. */
int gw_explain_log(struct gw_explanation *ret, const struct gw_log_model *model);
void gw_explanation_deinit(struct gw_explanation *explanation);

#endif
