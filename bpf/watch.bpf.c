// SPDX-License-Identifier: GPL-2.0-only
/*
 * What is attached on every kernel, as one object: for each object libbpf reads
 * all types of the kernel and looks for those that it needs, which is most of
 * what a start of the daemon takes.
 */
#include "fence.c"
#include "lock.c"
#include "notifier.c"
#include "reclaim.c"
#include "srcu.c"
#include "work.c"

#include "iter.c"
