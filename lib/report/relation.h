/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The relations of a report's edges in words: the same on every screen and in every picture. */
#ifndef GPUWATCH_LIB_REPORT_RELATION_H
#define GPUWATCH_LIB_REPORT_RELATION_H

#include <jansson.h>

/*
 * "waits for", "to be signalled by", ...: what stands between the phrases of the nodes @from and @to of this @edge. Static, or
 * the relation itself, which belongs to @edge, where this version does not know it. The nodes may be NULL.
 */
const char *gw_relation_phrase(const json_t *edge, const json_t *from, const json_t *to);

#endif
