/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The object "watch": what is attached on every kernel, and the iterator that
 * reads it out. It is one object, which includes the sources of bpf/watch/ and
 * bpf/snapshot/: for each object libbpf reads all types of the kernel and looks
 * for those that it needs, which is most of what a start of the daemon takes.
 * What is attached on some machines only is an object of its own
 * (bpf/watch/ and bpf/patched/ *.bpf.c).
 */
#include "bpf/watch/entity.c"
#include "bpf/watch/fence.c"
#include "bpf/watch/lock.c"
#include "bpf/watch/notifier.c"
#include "bpf/watch/page.c"
#include "bpf/watch/power.c"
#include "bpf/watch/reclaim.c"
#include "bpf/watch/semaphore.c"
#include "bpf/watch/srcu.c"
#include "bpf/watch/work.c"

#include "bpf/snapshot/iter.c"
