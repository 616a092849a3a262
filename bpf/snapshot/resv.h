/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * RESV records: of which buffer a ww_mutex is the dma_resv. Without lockdep a ww_mutex does not show its class, and
 * dma_resv_lock() is inlined into whoever calls it. But what a dma_resv lies in points to it.
 */
#ifndef GPUWATCH_BPF_SNAPSHOT_RESV_H
#define GPUWATCH_BPF_SNAPSHOT_RESV_H

#include "bpf/snapshot/device.h"

/* The lock is the first member of a dma_resv. */
static __noinline u64 resv_gem_object(u64 lock)
{
	u64 object = lock - control.layout.gem_own_resv;

	if (control.layout.gem_own_resv < 0 || read_member(object, control.layout.gem_resv) != lock)
		return 0;
	return object;
}

/* Where its exporter has none, dma_buf_export() appends one. */
static __noinline u64 resv_dma_buf(u64 lock)
{
	struct dma_buf *buffer = (void *)(lock - bpf_core_type_size(struct dma_buf));

	return (u64)BPF_CORE_READ(buffer, resv) == lock ? (u64)buffer : 0;
}

static __noinline int emit_resv(struct output *out, u64 lock)
{
	struct gw_resv_record record = {
		.header = { .type = GW_RECORD_RESV, .size = sizeof(record) },
		.lock = lock,
		.object = resv_gem_object(lock),
		.kind = GW_RESV_GEM,
	};

	if (record.object) {
		record.device = read_member(record.object, control.layout.gem_device);
	} else {
		record.object = resv_dma_buf(lock);
		record.kind = GW_RESV_DMA_BUF;
	}
	if (!record.object)
		return 0;
	emit(out, &record, sizeof(record));
	if (record.device)
		emit_drm_device(out, record.device);
	return 0;
}

#endif
