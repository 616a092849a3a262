#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Makes each deadlock of the lab, one after the other, or those given as arguments, and leaves what gpuwatch said about
# it for verify.py. Which of the lab's scenarios are no deadlocks here is in no-deadlock.
. /cases/lib.sh

# The daemon's standard output is the quickest witness: asking it costs the guest time.
lines() {
	wc -l <"$OUT/reports.jsonl"
}
reported() {
	tail -n "+$((before + 1))" "$OUT/reports.jsonl" | grep -q "\"kind\": *\"deadlock\".*\"state\": *\"$1\""
}

one() {
	dir=$OUT/$(echo "$1" | tr / .)
	mkdir -p "$dir"
	before=$(lines)
	lab_start "$1"
	check "$1: a deadlock is reported" wait_until 8 reported active
	mono >"$dir/seen_at"
	sleep 1.5 # victims come after the participants, and wait as long before they count
	cp "$LAB/truth" "$dir/truth.jsonl"
	gpuwatch-cli deadlocks --json >"$dir/active.json"
	gpuwatch-cli deadlocks >"$dir/active.txt"
	gpuwatch-cli waits --json >"$dir/waits.json"
	gpuwatch-cli record --force "$dir/recording" >/dev/null
	mono >"$dir/released_at"
	before=$(lines)
	lab_stop "$1"
	check "$1: resolved after release" wait_until 8 reported resolved
	gpuwatch-cli deadlocks --all --json >"$dir/resolved.json"
	check "$1: the lab let go" [ -z "$(cat "$LAB/truth")" ] # the file has no size
}

# taken_back: what was proven is so no longer once a thread of the driver sleeps for a time, which may end it: the report changes.
confidence() {
	tail -n "+$((before + 1))" "$OUT/reports.jsonl" | jq -se --arg wanted "$1" \
		'map(select(.class == "fence-lock-cycle")) | last | .state == "active" and .confidence == $wanted' >/dev/null
}
one_report_says_why() {
	tail -n "+$((before + 1))" "$OUT/reports.jsonl" | jq -se 'map(select(.kind == "deadlock")) |
		(map(.id) | unique | length) == 1 and
		(last.root_cause.explanation | contains("something may still end them"))' >/dev/null
}
taken_back() {
	before=$(lines)
	lab_start fence-lock-cycle/mutex
	check "a proof that is taken back: proven at first" wait_until 4 confidence proven
	lab_start "drm-section/sleeps seconds=60"
	check "a proof that is taken back: probable when somebody may end it" wait_until 20 confidence probable
	check "a proof that is taken back: one report, which says why" one_report_says_why
	before=$(lines)
	lab_stop fence-lock-cycle/mutex
	lab_stop drm-section/sleeps
	check "a proof that is taken back: resolved after release" wait_until 8 reported resolved
}

# The patterns of no-deadlock that fit a scenario.
# shellcheck disable=SC2254 # it is a pattern
left_out() {
	while read -r pattern reason; do
		case $1 in
		$pattern) echo "$pattern" ;;
		esac
	done <"$OUT/patterns"
}

# Those of this kernel, without what says so.
patterns() {
	case $(uname -r) in
	*-rt-*) rt=rt ;;
	*) rt=none ;;
	esac
	release=$(uname -r | sed 's/^\([0-9]*\.[0-9]*\)\..*/\1/')
	sed "/^#/d; s/^$rt://; s/^$release://; /^[a-z0-9.]*:/d" /cases/no-deadlock
}

# Every scenario that the lab offers and nobody has left out.
all_deadlocks() {
	patterns >"$OUT/patterns"
	while read -r offered; do
		[ -n "$(left_out "$offered" | tee -a "$OUT/fitting")" ] || echo "$offered"
	done <"$LAB/scenarios"
}

load_lab || exit 1
start_daemon || exit 1
if [ $# -eq 0 ]; then
	all_deadlocks >"$OUT/deadlocks"
	check "the lab offers deadlocks" [ "$(wc -l <"$OUT/deadlocks")" -gt 20 ]
	check "what is left out is there" [ "$(sort -u "$OUT/fitting" | wc -l)" -eq "$(wc -l <"$OUT/patterns")" ]
	# shellcheck disable=SC2046 # words
	set -- $(cat "$OUT/deadlocks") taken-back
fi
for spec; do
	case $spec in
	taken-back) taken_back ;;
	*) one "$spec" ;;
	esac
done
stop_daemon
check "rmmod gpulab" rmmod gpulab
verdict
