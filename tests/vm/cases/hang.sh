#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Looking at the boot takes for ever: nobody else waits for it, and it holds nothing. Reading /proc of a stuck process takes for
# ever, too: no command does it.
. /cases/lib.sh

worker() {
	pidof gpuwatchd-boot
}

no_worker() {
	! worker >/dev/null
}

# It has its name from when it is sure to end with the daemon.
named() {
	[ "$(cat "/proc/$(worker)/comm" 2>/dev/null)" = gpuwatchd-boot ]
}

stopped() {
	grep -q '^State:.T' "/proc/$(worker)/status" 2>/dev/null
}

# Asks for the order of the boot, and stops the process that looks before it is done, in one of ten attempts.
hang() {
	for _ in $(seq 10); do
		wait_until 30 no_worker || return 1
		gpuwatch-cli probe-order --json >"$OUT/order.json" 2>"$OUT/order.err" &
		asker=$!
		until named; do kill -0 $asker 2>/dev/null || break; done
		kill -STOP "$(worker)" 2>/dev/null && wait_until 2 stopped && return
		wait $asker
	done
	return 1
}

answered() {
	code=0
	wait "$asker" || code=$?
	[ "$code" -eq "$1" ]
}

# One that had written all of its answer before it was stopped has not broken down: in one of three attempts it has not.
breaks_down() {
	for _ in 1 2 3; do
		hang || return 1
		kill -KILL "$(worker)"
		answered 3 && return
	done
	return 1
}

reported() {
	grep -q '"kind": *"deadlock".*"state": *"active"' "$OUT/reports.jsonl"
}

load_lab || exit 1
start_daemon || exit 1

check "a look hangs" hang
check "the daemon answers meanwhile" daemon_answers
lab_start fence-lock-cycle/mutex
check "it sees a deadlock meanwhile" wait_until 8 reported
lab_stop fence-lock-cycle/mutex
kill -CONT "$(worker)"
check "the look is answered when it goes on" answered 0
check "with a whole document" [ "$(jq -r .schema "$OUT/order.json")" = gpuwatch.probe-order.v1 ]

check "one that broke down is an error" breaks_down
check "which says so" grep -q "analysis of the boot failed: its process broke down" "$OUT/order.err"
check "the next one is answered" [ "$(gpuwatch-cli probe-order --json | jq -r .schema)" = gpuwatch.probe-order.v1 ]

check "a look hangs a third time" hang
hung=$(worker)
kill -KILL "$daemon"
check "it ends with the daemon" wait_until 10 [ ! -e "/proc/$hung" ]
check "who asked is told" answered 3
start_daemon || exit 1
check "the next daemon records the boot" \
	[ "$(gpuwatch-cli status --json | jq '[.probes[] | select(.why | test("another gpuwatchd"))] | length')" = 0 ]

# ---- /proc hangs ----------------------------------------------------------------------------------

# within HUNDREDTHS COMMAND...: its output is in /tmp/answer, its exit code in $code
within() {
	limit=$1 code=0
	shift
	read_clock
	begin=$now
	"$@" >/tmp/answer 2>&1 || code=$?
	read_clock
	echo "$*: exit code $code, $((now - begin))0 ms"
	[ $((now - begin)) -le "$limit" ]
}
reader_is_stuck() {
	grep -q '^State:.D' "/proc/$reader/status"
}
complete() {
	tar -xzOf /tmp/bundle.tar.gz gpuwatch-bundle/manifest.json |
		jq -e --arg name "$1" 'any(.files[]; .name == $name and .state == "complete")' >/dev/null
}

check "the daemon answers" daemon_answers
lab_start notifier-cycle/munmap
check "it sees a deadlock" wait_until 8 at_least deadlocks active 1
stuck=$(gpuwatch-cli deadlocks --json | jq -r '.[0].nodes[] | select(.comm == "labuser") | .pid' | head -n 1)
cat "/proc/$stuck/cmdline" >/dev/null &
reader=$!
check "reading /proc of the stuck process hangs" wait_until 5 reader_is_stuck
check "an answer for health checks within a second" within 100 gpuwatch-cli check
check "which is the deadlock" grep -q '^\[notifier-cycle\]' /tmp/answer
check "who is in the way within three seconds" within 300 gpuwatch-cli holders gpulab
check "the stuck process" grep -q "^$stuck *labuser" /tmp/answer
check "all tasks in D" within 300 gpuwatch-cli waits --all --min-age=0
check "the reader of /proc, too" grep -q "^$reader *cat" /tmp/answer
check "a bundle within five seconds" within 550 gpuwatch-cli bundle /tmp/bundle.tar.gz
for file in reports.json waits.json recording.gpuwatch kernel.log explained.json version.txt; do
	check "it has $file" complete $file
done
lab_stop notifier-cycle/munmap
stop_daemon
verdict
