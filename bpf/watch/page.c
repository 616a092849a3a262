/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Locks of pages, and pages that are being migrated: who waits for them. Nothing in the kernel records who holds one.
 *
 * These functions are called when the lock could not be had at once, in page faults and the like; waits for pages that
 * are being read from a disk do not pass here.
 */
#include "bpf/lib/wait.h"

static __always_inline int page_begin(void *hook, u64 object, u64 address)
{
	struct gw_wait wait = {
		.kind = GW_WAIT_PAGE,
		.object = object,
		.context = address,
	};

	wait_begin(hook, &wait);
	return 0;
}

SEC("fentry/__folio_lock")
int BPF_PROG(page_lock_start, void *folio)
{
	return page_begin(ctx, (u64)folio, 0);
}

SEC("fexit/__folio_lock")
int BPF_PROG(page_lock_end, void *folio)
{
	wait_end(GW_WAIT_PAGE, (u64)folio);
	return 0;
}

SEC("fentry/__folio_lock_killable")
int BPF_PROG(page_lock_killable_start, void *folio)
{
	return page_begin(ctx, (u64)folio, 0);
}

SEC("fexit/__folio_lock_killable")
int BPF_PROG(page_lock_killable_end, void *folio)
{
	wait_end(GW_WAIT_PAGE, (u64)folio);
	return 0;
}

SEC("fentry/__folio_lock_or_retry")
int BPF_PROG(page_lock_fault_start, void *folio)
{
	return page_begin(ctx, (u64)folio, 0);
}

SEC("fexit/__folio_lock_or_retry")
int BPF_PROG(page_lock_fault_end, void *folio)
{
	wait_end(GW_WAIT_PAGE, (u64)folio);
	return 0;
}

SEC("fentry/migration_entry_wait")
int BPF_PROG(migration_wait_start, void *mm, void *pmd, unsigned long address)
{
	return page_begin(ctx, (u64)mm, address & ~0xfffUL);
}

SEC("fexit/migration_entry_wait")
int BPF_PROG(migration_wait_end, void *mm)
{
	wait_end(GW_WAIT_PAGE, (u64)mm);
	return 0;
}
