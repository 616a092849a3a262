#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Rules of fence-signalling sections, each broken once on a kernel that tells who is in one: each gives its report and
# no other; what is allowed in a section gives none.
. /cases/lib.sh

hazards() {
	gpuwatch-cli hazards --json
}
reported() {
	[ "$(hazards | jq length)" -gt 0 ]
}

# is_told FILE FUNCTION: the only report in the file says all that there is to say.
is_told() {
	jq -e --arg function "$2" '.[0] |
		.confidence == "proven" and .kind == "hazard" and .state == "active" and
		(.summary | contains("signal_one() of gpulab began") and test("^(" + $function + ")")) and
		any(.nodes[] | select(.type == "task") | .stack[]; test("signal_one\\+.*\\[gpulab\\]")) and
		(.root_cause.explanation | contains("Seen 8 times"))' "$1" >/dev/null
}

# breach VARIANT CLASS FUNCTION: the lab breaks the rule; one report of that class, by that function or one inlined in it.
breach() {
	breach_name="hazard/$1"
	start_daemon || return
	echo "$breach_name" >"$LAB/start" || fail "$breach_name starts"
	echo all >"$LAB/stop"
	check "$breach_name is reported" wait_until 5 reported
	hazards >"$OUT/$1.json"
	check "$breach_name: one report, of class $2" \
		[ "$(jq -r '[.[].class] | join(" ")' "$OUT/$1.json")" = "$2" ]
	check "$breach_name: proven, with the section, the function and its stack" is_told "$OUT/$1.json" "$3"
	stop_daemon
}

load_lab || exit 1
breach kmalloc signalling-reclaim signal_one
breach nofs signalling-reclaim signal_one
breach pages signalling-reclaim signal_one
breach resv signalling-resv-lock signal_one
breach mmap-read signalling-mmap-lock "signal_one|lock_mmap"
breach mmap-write signalling-mmap-lock "signal_one|lock_mmap"
breach fence signalling-fence-wait "signal_one|wait_for_another"
breach fence-any signalling-fence-wait "signal_one|wait_for_another"
breach nested signalling-reclaim "signal_one|nested"

start_daemon || exit 1
echo hazard/harmless >"$LAB/start" || fail "hazard/harmless starts"
echo all >"$LAB/stop"
sleep 3
check "what is allowed in a section is no hazard" [ "$(hazards | jq length)" -eq 0 ]
echo hazard/kmalloc >"$LAB/start"
wait_until 5 reported || fail "a hazard after the harmless ones"
hazards | jq -r '.[0].id' >"$OUT/id"
kill -9 "$daemon"
wait "$daemon"
start_daemon || exit 1
check "a hazard outlives the daemon" wait_until 5 reported
check "under the same id" [ "$(hazards | jq -r '.[0].id')" = "$(cat "$OUT/id")" ]
check "status names what sees hazards" [ "$(gpuwatch-cli status --json |
	jq '[.probes[] | select(.patch != "" and .state != "attached" and .state != "adopted")] | length')" -eq 0 ]
stop_daemon
verdict
