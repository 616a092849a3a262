#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Makes each hang given as argument, one after the other, and leaves what the daemon reported of it and what the kernel
# logged about it, for explain-verify.py: once as its detectors and `echo w` show it, once with `echo t` and `echo l`, and
# once with a table of all threads, too.
# What a scenario is expected to be stands in the table `hangs`; what is not in it is a deadlock of its own name. --all KERNEL
# [PATTERN...]: all hangs of that table and all deadlocks that the lab offers, or those that fit.
. /cases/lib.sh

# expected SCENARIO: "KIND CLASS"
expected() {
	row=$(grep -m 1 "^${1%% *}[ 	]" /cases/hangs | cut -f 2,3 | tr '\t' ' ')
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

# What `ps -eLo pid,tid,stat,wchan:32,comm` prints: which process a thread belongs to, which no kernel before 6.8 logs.
threads() {
	printf '%7s %7s %s %-32s %s\n' PID TID STAT WCHAN COMMAND
	for thread in /proc/[0-9]*/task/[0-9]*; do
		process=${thread#/proc/}
		read -r line <"$thread/stat" || continue
		line=${line##*) } wchan=''
		read -r wchan <"$thread/wchan" || [ -n "$wchan" ] || continue # it has no line's end
		read -r comm <"$thread/comm" || continue
		[ "$wchan" != 0 ] || wchan=-
		printf '%7s %7s %-4s %-32s %s\n' "${process%%/*}" "${thread##*/}" "${line%% *}" "${wchan:--}" "$comm"
	done 2>/dev/null
}

# Until the kernel's own detectors have reported all of them, and then all tasks once more.
one() {
	dir=$OUT/$(echo "${1%% *}" | tr / .)
	mkdir -p "$dir"
	before=$(lines)
	dmesg -c >/dev/null
	# shellcheck disable=SC2086 # words
	lab_start $1
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
	{
		cat "$dir/all.txt"
		threads
	} >"$dir/threads.txt"
	lab_stop "$1"
}

# fits SCENARIO PATTERN...
fits() {
	spec=${1%% *}
	shift
	for pattern; do
		# shellcheck disable=SC2254 # it is a pattern
		case $spec in
		$pattern) return 0 ;;
		esac
	done
	return 1
}

# Those of the table that hang on this kernel, then what else the lab offers and no-deadlock does not name.
all_hangs() (
	set -f
	sed '/^#/d; s/^rt:.*//; s/^'"$1"'://' /cases/no-deadlock | cut -f 1 >"$OUT/left-out"
	awk -F '\t' -v kernel="$1" '!/^#/ && $2 != "healthy" && (!$8 || index("," $8 ",", "," kernel ",")) { print $1 }' /cases/hangs
	while read -r offered; do
		# shellcheck disable=SC2046 # words
		fits "$offered" $(cat "$OUT/left-out") || cut -f 1 /cases/hangs | cut -d ' ' -f 1 | grep -qxF "$offered" || echo "$offered"
	done <"$LAB/scenarios"
)

load_lab || exit 1
start_daemon || exit 1
dmesg -n 1
echo 1 >/proc/sys/kernel/sysrq
echo 3 >/proc/sys/kernel/hung_task_timeout_secs
echo 1 >/proc/sys/kernel/hung_task_check_interval_secs
echo -1 >/proc/sys/kernel/hung_task_warnings
echo 2 >/proc/sys/kernel/watchdog_thresh
echo 3 >/sys/module/rcupdate/parameters/rcu_cpu_stall_timeout
if [ "$1" = --all ]; then
	all_hangs "$2" >"$OUT/hangs"
	shift 2
else
	printf '%s\n' "$@" >"$OUT/hangs"
	set -- '*'
fi
[ $# -gt 0 ] || set -- '*'
while read -r row <&3; do
	! fits "$row" "$@" || one "$row"
done 3<"$OUT/hangs"
stop_daemon
verdict
