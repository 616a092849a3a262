#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Makes each hang given as argument, one after the other, and leaves what the daemon reported of it and what the kernel
# logged about it, for explain-verify.py: once as its detectors and `echo w` show it, once with `echo t` and `echo l`.
# What a scenario is expected to be stands in the table `hangs`; what is not in it is a deadlock of its own name.
. /cases/lib.sh

# expected SCENARIO: "KIND CLASS"
expected() {
	row=$(grep -m 1 "^$1[ 	]" /cases/hangs | cut -f 2,3 | tr '\t' ' ')
	echo "${row:-deadlock ${1%%/*}}"
}
lines() {
	wc -l <"$OUT/reports.jsonl"
}
# reported KIND CLASS
reported() {
	tail -n "+$((before + 1))" "$OUT/reports.jsonl" | grep -q "\"kind\": *\"$1\", *\"class\": *\"$2\", *\"state\": *\"active\""
}
keep_log() {
	sleep 0.5
	dmesg >"$dir/$1"
}

# Until the kernel's own detectors have reported all of them, and then all tasks once more.
one() {
	dir=$OUT/$(echo "$1" | tr / .)
	mkdir -p "$dir"
	before=$(lines)
	dmesg -c >/dev/null
	lab_start "$1"
	# shellcheck disable=SC2046 # two words
	check "$1: a $(expected "$1") is reported" wait_until 20 reported $(expected "$1")
	sleep 6
	for kind in deadlocks stalls; do
		gpuwatch-cli $kind --json
	done | jq -s add >"$dir/active.json"
	keep_log hung.txt
	echo w >/proc/sysrq-trigger
	keep_log log.txt
	echo l >/proc/sysrq-trigger
	echo t >/proc/sysrq-trigger
	keep_log all.txt
	lab_stop "$1"
}

load_lab || exit 1
start_daemon || exit 1
dmesg -n 1
echo 1 >/proc/sys/kernel/sysrq
echo 3 >/proc/sys/kernel/hung_task_timeout_secs
echo 1 >/proc/sys/kernel/hung_task_check_interval_secs
echo -1 >/proc/sys/kernel/hung_task_warnings
echo 2 >/proc/sys/kernel/watchdog_thresh
echo 3 >/sys/module/rcupdate/parameters/rcu_cpu_stall_timeout
for spec; do
	one "$spec"
done
stop_daemon
verdict
