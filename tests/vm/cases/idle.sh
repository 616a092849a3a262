#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# When nothing waits the daemon sleeps, and still finds who is stuck without a wait that it tracks; heavy fence traffic without waits does
# not wake it and sends nothing through the ring buffer.
. /cases/lib.sh

counter() {
	gpuwatch-cli status --json | jq -r ".counters.$1"
}

# Voluntary context switches of the daemon, all threads: how often it woke up.
switches() {
	cat /proc/"$daemon"/task/*/status | awk '/^voluntary_ctxt_switches/ { n += $2 } END { print n }'
}

load_lab || exit 1
start_daemon || exit 1
sleep 6 # the looks at the start are over

before=$(switches)
sleep 10
woke=$(($(switches) - before))
echo "idle: $woke wake-ups in 10 s"
check "at most one wake-up per second when nothing waits" [ "$woke" -le 10 ]

# The process sleeps in a driver's ioctl, and nobody waits for it: no program of the daemon runs.
stalls() {
	[ "$(gpuwatch-cli stalls --all --json | jq "[.[] | select(.state == \"$1\")] | length")" -eq "$2" ]
}
reported() {
	grep -q '"kind": *"stall"' "$OUT/reports.jsonl"
}
labuser driver-sleep/uninterruptible seconds=90 victims=0 >"$OUT/labuser.log" 2>&1 &
began=$(mono)
check "a task that is stuck in a driver wakes nobody, and is reported within half a minute" wait_until 35 reported
echo "reported after $(echo "$(mono) $began" | awk '{ print $1 - $2 }') s"
check "where it sleeps is named" grep -q 'sleep_enter' "$OUT/reports.jsonl"
check "the lab stops it" lab_stop driver-sleep
check "it is resolved" wait_until 12 stalls active 0

wakes=$(counter wakes)
dropped=$(counter dropped_events)
echo 100000 >"$LAB/bench"
cat "$LAB/bench"
woke=$(($(counter wakes) - wakes))
# A million fences that nobody sleeps for send nothing. While waits that sleep come one after the other the daemon looks each half
# threshold, and each look arms the event once more. The time that they took is at most twice that of the best repetitions.
sleeping=$(awk '{ of[$1] = $2 } END { print int((of["slept_ns"] + of["contended_ns"]) * of["sleeps"] * of["repetitions"] / 1e6) }' "$LAB/bench")
echo "ring buffer events: $woke, over $sleeping ms of waits that sleep"
check "no ring buffer event but one per look while somebody sleeps" [ "$woke" -le $((2 + 2 * sleeping / 250)) ]
check "nothing dropped" [ "$(counter dropped_events)" -eq "$dropped" ]
stop_daemon
verdict
