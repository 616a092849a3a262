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
gpuwatch-cli stalls
lab_stop "${1:-fence-lock-cycle/mutex}"
check "resolved after release" wait_until 10 stalls_over
stop_daemon
verdict
