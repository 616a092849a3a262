#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# The driver core's own events, on a kernel with our patches: from the first initcall out of the trace buffer, for which the
# kernel was started with trace_event=initcall:*,driver_core:* trace_clock=global, and from then on by BPF.
. /cases/lib.sh

TRACING=/sys/kernel/tracing
BOARD=/sys/kernel/debug/orion/board

# ask FILTER: of the events that were saved.
ask() {
	jq -r ".event? // empty | $1" "$OUT/boot.jsonl"
}

# traced_same EVENT FILTER: as many lines of this event are in the kernel's buffer as events that the filter selects.
traced_same() {
	kernel=$(grep -c " $1: " /tmp/trace)
	ours=$(ask "select(.source == \"trace\") | select($2) | .subject" | wc -l)
	echo "$1: $kernel in the trace buffer, $ours in the evidence"
	[ "$kernel" -gt 0 ] && [ "$kernel" -eq "$ours" ]
}

# live TYPE SUBJECT: how often BPF saw it.
live() {
	ask "select(.source == \"bpf\" and .type == \"$1\" and .subject == \"$2\") | 1" | wc -l
}

load() {
	insmod "/lab-probe/orion_$1.ko" || fail "load $1"
}

mount | grep -q ' /sys/kernel/tracing ' || mount -t tracefs tracefs $TRACING
echo 0 >$TRACING/tracing_on
cat $TRACING/trace >/tmp/trace
start_daemon --no-pin || exit 1
check "all rows of the recorder are attached" [ "$(gpuwatch-cli status --json |
	jq -r '[.probes[] | select(.name | startswith("boot_")) | select(.state != "attached") | .name] - ["boot_of_xlate"] | join(" ")')" = "" ]
for name in core board; do load $name; done
echo "add orion-mmu.0" >$BOARD
echo "add orion-display.0 needs=orion-mmu.0" >$BOARD
echo "add orion-camera.0 needs=orion-mmu.0 link=managed" >$BOARD
for name in camera display mmu; do load $name; done
bound() {
	[ -e "/sys/bus/platform/devices/$1/driver" ]
}
check "the display comes up" wait_until 20 bound orion-display.0
check "the camera comes up" wait_until 20 bound orion-camera.0
check "the evidence can be saved" gpuwatch-cli probe-order --save="$OUT/boot.jsonl"
gpuwatch-cli probe-order >"$OUT/probe-order.txt"

check "each probe's begin" traced_same driver_probe_begin '.type == "probe-begin"'
check "and end" traced_same driver_probe_end '.type == "probe-end"'
check "each initcall's begin" traced_same initcall_start '.type == "initcall-begin"'
check "a driver that came up before user space" \
	[ "$(ask 'select(.source == "trace" and .type == "probe-end" and (.result // 0) == 0) | .subject' | wc -l)" -ge 5 ]
sed -nE 's/.* driver_probe_end: dev=(.*) drv=.* result=(.*)/\1 \2/p' /tmp/trace | sort >/tmp/ended
ask 'select(.source == "trace" and .type == "probe-end") | "\(.subject) \(.result // 0)"' | sort >/tmp/ended.ours
check "with the same results" diff /tmp/ended /tmp/ended.ours
check "BPF saw the display's probe put off" [ "$(live defer orion-display.0)" -ge 1 ]
check "and tried again" [ "$(live defer-retry orion-display.0)" -ge 1 ]
check "and each of its probes begin and end" [ "$(live probe-begin orion-display.0)" -ge 2 ]
check "none is left open" [ "$(live probe-begin orion-display.0)" -eq "$(live probe-end orion-display.0)" ]
check "and what the camera had to wait for" [ "$(ask 'select(.source == "bpf" and .type == "supplier-wait" and
	.subject == "orion-camera.0") | .other' | sort -u)" = orion-mmu.0 ]
stop_daemon
verdict
