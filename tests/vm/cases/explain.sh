#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Makes each deadlock given as argument, one after the other, and leaves what the
# daemon reported of it and what the kernel logged about it, for explain-verify.py.
. /cases/lib.sh

lines() {
	wc -l <"$OUT/reports.jsonl"
}
reported() {
	tail -n "+$((before + 1))" "$OUT/reports.jsonl" | grep -q "\"kind\": *\"deadlock\".*\"state\": *\"active\""
}

# Until the kernel's own detector has reported all of them, and then every blocked task once more.
one() {
	dir=$OUT/$(echo "$1" | tr / .)
	mkdir -p "$dir"
	before=$(lines)
	dmesg -c >/dev/null
	lab_start "$1"
	check "$1: a deadlock is reported" wait_until 20 reported
	sleep 6
	gpuwatch-cli deadlocks --json >"$dir/active.json"
	echo w >/proc/sysrq-trigger
	sleep 0.5
	dmesg >"$dir/log.txt"
	lab_stop "$1"
}

load_lab || exit 1
start_daemon || exit 1
echo 1 >/proc/sys/kernel/sysrq
echo 3 >/proc/sys/kernel/hung_task_timeout_secs
echo 1 >/proc/sys/kernel/hung_task_check_interval_secs
echo -1 >/proc/sys/kernel/hung_task_warnings
for spec; do
	one "$spec"
done
stop_daemon
verdict
