#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# The daemon starts after the deadlock has formed: it still reports the stall,
# from stacks, and says what it cannot know.
. /cases/lib.sh

# The stall reports that name the pid of a participant.
stalls_naming() {
	gpuwatch-cli stalls --json | jq "[.[] | select(.state == \"active\")
		| select([.nodes[] | select(.type == \"task\") | .pid] | index($1))] | length"
}
named() {
	[ "$(stalls_naming "$1")" -ge 1 ]
}
said() {
	[ "$(gpuwatch-cli stalls --all --json | jq -r '.[].root_cause.explanation' | grep -c 'no record of this wait')" -ge 1 ]
}
# The wait's age, which only the scheduler's clock shows, against the lab's record of when it began.
age_is_true() {
	asked=$(mono)
	gpuwatch-cli waits --json >"$OUT/waits.json"
	jq -e --argjson pid "$1" --argjson from "$asked" --argjson to "$(mono)" --slurpfile truth "$LAB/truth" '
		($truth[0].participants[] | select(.pid == $pid) | .since_mono_ns / 1e9) as $since |
		.waits[] | select(.pid == $pid and (.known_since | not)) | .age_ns / 1e9 |
		. <= $to - $since + 0.02 and . >= $from - $since - 0.2' "$OUT/waits.json" >/dev/null
}
stalls_over() {
	[ "$(count stalls active)" -eq 0 ]
}

load_lab || exit 1
echo "${1:-fence-lock-cycle/mutex}" >"$LAB/start"
sleep 3
waiter=$(jq -r '.participants[] | select(.role == "holder") | .pid' "$LAB/truth")
start_daemon || exit 1
if wait_until 15 named "$waiter"; then
	ok "a stall names the waiter"
else
	fail "a stall names the waiter"
	gpuwatch-cli waits
	gpuwatch-cli deadlocks
fi
check "it says that it has no record of the wait" said
check "the wait's age is true" age_is_true "$waiter"
gpuwatch-cli stalls
lab_stop "${1:-fence-lock-cycle/mutex}"
check "resolved after release" wait_until 10 stalls_over
stop_daemon
verdict
