/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What nodes are called: ids for machines, short phrases for people. */
#ifndef GPUWATCH_LIB_ANALYSIS_WORDS_NAMES_H
#define GPUWATCH_LIB_ANALYSIS_WORDS_NAMES_H

#include "lib/analysis/graph/graph.h"
#include "lib/base/text.h"

/* Unique within a graph, the same in every snapshot: "task:812", "fence:0xffff…", "timeline:41". */
void gw_name_id(struct gw_text *text, const struct gw_node *node);

/* "render (pid 812)", "fence 41:7 (amdgpu gfx_0.0.0)", "mutex 0xffff…", "work item drm_sched_run_job_work". */
void gw_name_phrase(struct gw_text *text, const struct gw_graph *graph, const struct gw_node *node);

/* Parts of it, for what is no node of a graph. @tgid 0 = unknown; @symbol "" = none; @mm: whose mmap_lock it is, or 0. */
void gw_name_task(struct gw_text *text, const char *comm, uint32_t pid, uint32_t tgid);
/* @context 0 = not known. */
void gw_name_fence(struct gw_text *text, uint64_t context, uint64_t seqno, uint64_t address);
void gw_name_lock(struct gw_text *text, const char *lock_type, const char *symbol, uint64_t address, uint64_t mm);
void gw_name_reclaim(struct gw_text *text);

/* "symbol+0x1a", with " [module]" for a module's; "0x…" where no symbol is known. */
void gw_name_address(struct gw_text *text, const struct gw_snapshot *snapshot, uint64_t address);

/* "amdgpu_cs_ioctl [amdgpu]" */
void gw_name_function(struct gw_text *text, const struct gw_symbol_record *function);

/* The best names known of a fence, its job, or its timeline; "" where there is none. Valid as long as the snapshot. */
const char *gw_name_driver(const struct gw_graph *graph, const struct gw_node *node);
const char *gw_name_timeline(const struct gw_graph *graph, const struct gw_node *node);

/* The name of a workqueue or work item's workqueue, "" if unknown. */
const char *gw_name_workqueue(const struct gw_node *node);

/* The device whose scheduler a fence, its job or its timeline is of; NULL if it has no name on record. */
const struct gw_device *gw_name_fence_device(const struct gw_graph *graph, const struct gw_node *node);

/* What is known of the device at that address, NULL if it has no name on record. */
const struct gw_device *gw_name_find_device(const struct gw_snapshot *snapshot, uint64_t address);

#endif
