// SPDX-License-Identifier: GPL-2.0-only
/*
 * What is attached on every kernel, as one object: for each object libbpf reads
 * all types of the kernel and looks for those that it needs, which is most of
 * what a start of the daemon takes.
 */
#include "bpf/watch/fence.c"
#include "bpf/watch/lock.c"
#include "bpf/watch/notifier.c"
#include "bpf/watch/reclaim.c"
#include "bpf/watch/srcu.c"
#include "bpf/watch/work.c"

#include "bpf/snapshot/iter.c"
