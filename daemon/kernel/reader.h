/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Takes snapshots: runs the iterator, follows what its records point to in
 * further passes, and adds what user space alone knows (symbols, timelines).
 */
#ifndef GPUWATCH_DAEMON_KERNEL_READER_H
#define GPUWATCH_DAEMON_KERNEL_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bpf/abi/shared.h"
#include "daemon/sampler.h"
#include "lib/system/devices/gpus.h"
#include "lib/system/kallsyms.h"
#include "lib/system/modules/gpu.h"

struct gw_reader;

/*
 * The kernel's side. Nothing is owned; all must outlive the reader.
 * @timelines: GW_TIMELINE_SLOTS of them, mapped
 * @wanted, @evicted, @drivers, @names, @getters, @hazards, @sections: file descriptors of maps, negative = not there
 * @kallsyms: where the current symbol table is kept, which may be exchanged between snapshots
 * @gpu_modules: which modules drive GPUs, likewise; @gpus: what the GPUs are called
 */
struct gw_reader_source {
	struct gw_control *control;
	const struct gw_timeline *timelines;
	int wanted, evicted, drivers, names, getters, hazards, sections;
	const struct gw_sampler *sampler; /* NULL = there is none */
	struct gw_kallsyms **kallsyms;
	const struct gw_gpu_modules *gpu_modules;
	const struct gw_gpus *gpus;
};

int gw_reader_new(struct gw_reader **ret, const struct gw_reader_source *source);
void gw_reader_free(struct gw_reader *reader);

/* Modules came or went: where their code was may be something else now. */
void gw_reader_forget_code(struct gw_reader *reader);

/* As gw_loader_snapshot(). @iterator: link of the iterator. */
int gw_reader_snapshot(struct gw_reader *reader, int iterator, enum gw_sleepers sleepers, bool timelines,
		       uint64_t min_wait_ns, void **data, size_t *size);

#endif
