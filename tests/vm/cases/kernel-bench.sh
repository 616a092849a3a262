#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# What a fence costs on this kernel, in instructions (the guest's clock counts them, see run --icount): with nothing
# attached, with all trace events of fences on, and with gpuwatch. One line each: WHAT UNWAITED WAITED.
#
# usage: kernel-bench.sh [FENCES]
#
# By hand only: its figures are for the patches. `make kernel-bench`.
. /cases/lib.sh

fences=${1:-200000}

measure() {
	echo "$fences" >"$LAB/bench" || exit 1
	awk -v what="$1" '/^unwaited_ns/ { u = $2 } /^waited_ns/ { w = $2 } END { print what, u, w }' "$LAB/bench"
}

load_lab || exit 1
measure nothing
echo 1 >/sys/kernel/tracing/events/dma_fence/enable
measure events
echo 0 >/sys/kernel/tracing/events/dma_fence/enable
measure nothing-again
start_daemon --no-pin >&2 || exit 1
measure gpuwatch
stop_daemon
