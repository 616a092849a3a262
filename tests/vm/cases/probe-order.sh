#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Brings the board of tests/lab-probe up in right and wrong orders, one part per boot, and keeps what gpuwatch says
# about it for probe-order-verify.py, which knows what is right.
#
# usage: probe-order.sh links|timeout|table|stress
#
# Leaves in /out, per step:
#   expect             what must be reported, a line each: CLASS DEVICE [KEY=VALUE]...; nothing else may be
#   truth.jsonl        the board's own log of the step
#   probe-order.json   gpuwatch-cli probe-order --json, and its exit code in code
#   looked_at          CLOCK_MONOTONIC seconds at that time
#   boot.jsonl         the evidence, as gpuwatch-cli probe-order --save has it, where there is something to be reported
# and final.json, boot.jsonl of the end of the boot.
. /cases/lib.sh

BOARD=/sys/kernel/debug/orion/board
BOARD_LOG=/sys/kernel/debug/orion/log

board() {
	echo "$*" >$BOARD || fail "the board: $*"
}

# load MODULE [PARAMETER]…, by file: no alias, no softdep, no wait for anything else.
load() {
	load_name=$1
	shift
	insmod "/lab-probe/orion_$load_name.ko" "$@" || fail "load $load_name"
}

unload() {
	for unload_name; do
		rmmod "orion_$unload_name" || fail "unload $unload_name"
	done
}

# All that is deferred has been tried again: the board's log does not grow any more.
settle() {
	while :; do
		settle_lines=$(wc -l <$BOARD_LOG)
		usleep 300000
		[ "$(wc -l <$BOARD_LOG)" != "$settle_lines" ] || return
	done
}

# step NAME: what happens from now on is its truth, until look.
step() {
	STEP=$OUT/$1
	mkdir -p "$STEP"
	: >"$STEP/expect"
	echo >$BOARD_LOG
}

expect() {
	echo "$*" >>"$STEP/expect"
}

# Every line of expect, without what follows CLASS and DEVICE, has a report by now.
all_reported() {
	gpuwatch-cli probe-order --json >"$STEP/probe-order.json" 2>"$STEP/error"
	echo $? >"$STEP/code"
	# What has been asked in vain is answered nevertheless: a busy daemon is left in peace for a while.
	[ "$(cat "$STEP/code")" -le 1 ] || {
		sleep 15
		return 1
	}
	[ ! -s "$STEP/expect" ] || jq -e --rawfile expected "$STEP/expect" \
		'[.reports[] | .class as $class | .nodes[] | "\($class) \(.name)"] as $reported |
		 [$expected | split("\n")[] | select(. != "") | split(" ")[:2] | join(" ")] - $reported == []' \
		"$STEP/probe-order.json" >/dev/null
}

# look [SECONDS]: what gpuwatch says, at the latest after so many seconds.
# shellcheck disable=SC2120 # the parts give it
look() {
	read_clock
	look_until=$((now + ${1:-10} * 100))
	until all_reported; do
		read_clock
		[ "$now" -lt "$look_until" ] || break
		sleep 2 # each look is work for the daemon
	done
	mono >"$STEP/looked_at"
	cat $BOARD_LOG >"$STEP/truth.jsonl"
	[ ! -s "$STEP/expect" ] || gpuwatch-cli probe-order --save="$STEP/boot.jsonl" >/dev/null 2>"$STEP/error" ||
		fail "the evidence of $STEP can be saved: $(cat "$STEP/error")"
}

# look_again NAME LINE…: a later look at the same devices, with other expectations.
look_again() {
	again_truth=$STEP/truth.jsonl
	STEP=$OUT/$1
	mkdir -p "$STEP"
	: >"$STEP/expect"
	shift
	for again_line; do
		expect "$again_line"
	done
	sleep 1
	# shellcheck disable=SC2119
	look
	[ -s "$again_truth" ] || fail "$STEP: the step before has no truth"
}

# A daemon that knows nothing of what was before: as after a boot.
start_fresh_daemon() {
	rm -f /run/gpuwatch/boot.*
	START_SECONDS=180
	start_daemon --no-pin || exit 1
}

# What a user would write who knows the board.
install_table() {
	mkdir -p /etc/gpuwatch/dependencies.d
	cp /cases/orion.conf /etc/gpuwatch/dependencies.d/
}

remove_table() {
	rm /etc/gpuwatch/dependencies.d/orion.conf
}

start_board() {
	load core
	load board
}

# What every part ends with: the evidence of the boot, small, and an orderly end.
finish() {
	check "the evidence of this boot can be saved" wait_until 60 gpuwatch-cli probe-order --force --save="$OUT/boot.jsonl"
	gpuwatch-cli probe-order --json >"$OUT/final.json" 2>/dev/null
	check "the daemon lives" daemon_answers
	stop_daemon
	check "the daemon ended well" [ $? -eq 0 ]
	verdict
}

part=$1
shift
# shellcheck source=/dev/null # one of them
. "/cases/probe-order-$part.sh"
