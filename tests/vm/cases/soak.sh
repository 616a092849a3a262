#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Looks for lies: makes random topologies of the lab, several at once, for so many seconds, and leaves what was true and what was
# reported for soak-verify.py. A seed makes the same topologies again.
#
# usage: soak.sh SECONDS SEED [AT-ONCE]     (at most 4 at once: one of four seeds may have a section that holds up unplugs)
. /cases/lib.sh

seconds=$1 seed=$2 at_once=${3:-3}
FORMS=8 # seconds for the longest row to form, and for what is dead in it to be reported

# What the daemon has of the kernel and of memory: descriptors by kind, resident KiB.
holdings() {
	find "/proc/$daemon/fd" -type l -exec readlink {} \; | sed 's/[0-9]*$//; s/\[[0-9]*\]//' | sort | uniq -c
}
resident() {
	sed -n 's/^VmRSS:[^0-9]*\([0-9]*\).*/\1/p' "/proc/$daemon/status"
}
none_active() {
	[ "$(gpuwatch-cli stalls --json | jq length)" -eq 0 ] && [ "$(gpuwatch-cli deadlocks --json | jq length)" -eq 0 ]
}

# The process of a topology prints its pid when that stands.
started() {
	grep -q ^pid= "$OUT/started"
}

# batch: as many topologies at once, and what is true of them before they are released.
batch() {
	for _ in $(seq "$at_once"); do
		labuser random/any seed="$seed" >"$OUT/started" 2>&1 &
		wait_until 20 started || fail "seed $seed starts"
		seed=$((seed + 1))
	done
	sleep "$FORMS"
	jq -c --argjson until "$(mono)" '. + { released_s: $until }' "$LAB/truth" >>"$OUT/truth.jsonl"
	echo random >"$LAB/stop" || fail "the lab stops"
	wait_until 8 none_active || fail "all is resolved after seed $seed"
	echo "$(mono) $(resident)" >>"$OUT/memory"
}

load_lab || exit 1
start_daemon || exit 1
read_clock
began=$now
batch
holdings >"$OUT/holdings.before"
memory=$(resident)
while read_clock && [ "$now" -lt $((began + seconds * 100)) ]; do batch; done
holdings >"$OUT/holdings.after"
check "no descriptor, map or link is leaked" cmp "$OUT/holdings.before" "$OUT/holdings.after"
grown=$(($(resident) - memory))
# What is kept of snapshots fits what was set aside at the start; documents of resolved reports are what comes to it.
check "memory grows by little more ($grown KiB)" [ "$grown" -lt 4096 ]
gpuwatch-cli status | sed -n '/Counters/,/^$/p'
stop_daemon
check "rmmod gpulab" rmmod gpulab
echo "next seed: $seed"
verdict
